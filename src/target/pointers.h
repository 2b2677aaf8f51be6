/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_POINTERS_H
#define PM_POINTERS_H

#include "target/bytes.h"

/*
 * Looks up what the pointers among the bytes point to, as far as files tell, for budget_ns at most;
 * `before` has what was looked up already. Only while nobody else has b.
 */
void pointers_find(struct bytes *b, struct target *t, const struct vma_list *vmas,
                   const struct bytes *before, uint64_t budget_ns);

/* The symbol that a pointer among them points to, not safe to print raw. NULL: none, or not looked
 * up. */
const char *pointers_name(const struct bytes *b, uint64_t value);

#endif
