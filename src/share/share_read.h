/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SHARE_READ_H
#define PM_SHARE_READ_H

#include "share/share.h"

/*
 * Reads the words of n pages from addr of a process (NULL: the target). Bit 56 is that of the page
 * itself, where counts can be read. Returns how many it has read.
 */
size_t share_words(struct source *s, struct other *o, uint64_t addr, uint64_t *words, size_t n);

/* The words of n pages from addr; at most SHARE_BATCH. Non-zero ends the reading. */
enum { SHARE_BATCH = 1024 };
typedef int share_words_fn(void *arg, uint64_t addr, const uint64_t *words, size_t n);

/*
 * Reads all of [start, end) of a process (NULL: the target) except empty ranges. 1: fn or stop
 * ended it.
 */
int share_read(struct source *s, struct other *o, uint64_t start, uint64_t end, share_words_fn *fn,
               void *arg);

/*
 * Calls fn once for each address space except the target's, however many processes use it. Non-zero
 * ends the visit. fn may keep the process, which it then ends itself, by making *o NULL. Fills in
 * the members of `reach` about processes. 1: fn or stop ended it; -1 with err.
 */
typedef int share_visit_fn(void *arg, struct other **o);
int share_visit(struct target *t, struct share_reach *reach, share_visit_fn *fn, void *arg,
                struct err *err);

#endif
