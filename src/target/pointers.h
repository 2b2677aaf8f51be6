/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_POINTERS_H
#define PM_POINTERS_H

#include "target/bytes.h"

/*
 * Looks up the symbols that pointers among the bytes point to, for at most budget_ns; reuses those
 * of `before`. Only before b is shared.
 */
void pointers_find(struct bytes *b, struct target *t, const struct vma_list *vmas,
                   const struct bytes *before, uint64_t budget_ns);

/* The symbol a pointer points to, not safe to print raw. NULL: none, or not looked up. */
const char *pointers_name(const struct bytes *b, uint64_t value);

#endif
