/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_H
#define PM_BATCH_H

#include <sys/types.h>

#include "base/util.h"
#include "config/options.h"

/*
 * The answers without a screen: --list, --pages, --summary, --query, --grid, --capabilities, on
 * stdout. `note` receives what to print beside the answer; empty: nothing. `report` prints events
 * of the target at once; its text is not escaped.
 */
int batch_run(const struct options *o, pid_t pid, void (*report)(const char *text),
              struct buf *note, struct err *err);

/* --diff: the same of two targets, which it finds itself. */
int batch_diff(const struct options *o, struct buf *note, struct err *err);

#endif
