/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_H
#define PM_BATCH_H

#include <sys/types.h>

#include "options.h"

/* The answers without a screen: --list, --pages, --summary, --query, --grid, --capabilities, on stdout. */
int batch_run(const struct options *o, pid_t pid, struct err *err);

#endif
