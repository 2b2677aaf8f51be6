/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_H
#define PM_BATCH_H

#include <sys/types.h>

#include "options.h"
#include "util.h"

/*
 * The answers without a screen: --list, --pages, --summary, --query, --grid, --capabilities, on
 * stdout. `note` is what should be said beside the answer; empty: nothing.
 */
int batch_run(const struct options *o, pid_t pid, struct buf *note, struct err *err);

#endif
