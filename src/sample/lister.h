/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LISTER_H
#define PM_LISTER_H

#include "kernel/processes.h"

/*
 * The thread that lists the processes of a proc root, so that the screen does not wait for a
 * process whose files block. The latest list wins.
 */
struct lister;

/* Makes a list every interval; 0: only on request. Returns at once. */
struct lister *lister_start(const char *root, uint64_t interval_ns, struct err *err);

/* Readable when there is a new list. */
int lister_fd(const struct lister *l);

/* The newest list, the caller's to free; NULL if there is none since the last call. */
struct processes *lister_take(struct lister *l);

/* Requests a list now; its `request` will be at least what this returns. */
uint64_t lister_refresh(struct lister *l);

/* false with err: the root could not be opened, and the thread has ended. */
bool lister_opened(struct lister *l, struct err *err);

/* Ends the thread; one that is stuck in the kernel is left behind. l must not be used again. */
void lister_stop(struct lister *l);

#endif
