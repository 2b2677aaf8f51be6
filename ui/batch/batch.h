/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_H
#define PM_BATCH_H

#include <sys/types.h>

#include "base/util.h"
#include "config/options.h"

/*
 * The answers without a screen: --list, --pages, --summary, --query, --grid, --capabilities, on
 * stdout. `note` is what should be said beside the answer; empty: nothing. tell says at once what
 * befalls the target meanwhile; its text may hold anything.
 */
int batch_run(const struct options *o, pid_t pid, void (*tell)(const char *text), struct buf *note,
              struct err *err);

#endif
