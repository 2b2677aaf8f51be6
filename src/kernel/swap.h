/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SWAP_H
#define PM_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/kabi.h"
#include "kernel/proc.h"

/*
 * The swap devices: the lines of /proc/swaps, in the order of the types in page-table entries
 * (unless an earlier one was removed).
 */
struct swaps {
	unsigned n;
	int error;   /* the errno if the file could not be read; 0 also where there is none */
	bool in_use; /* one of them has pages, or may have */
	char *name[PM_SWAP_TYPES]; /* as the kernel wrote it (octal escapes for blanks); owned */
};

/*
 * Reads them. Where the file cannot be read those of an earlier call stay; where there were none,
 * in_use is `unread`. `s` must be zeroed, or from an earlier call.
 */
void swaps_read(struct swaps *s, const struct proc *p, bool unread);
void swaps_free(struct swaps *s);

/* How many devices there may be: n, but not 0 where they are not known. */
static inline unsigned
swaps_types(const struct swaps *s)
{
	return s->error && !s->n ? PM_SWAP_TYPES_SURE : s->n;
}

/*
 * Whether the word of a page that is not present but "swapped" (bit 62) is a swap entry. The bit is
 * also set for guards, markers, migrating and broken pages. Without CAP_SYS_ADMIN the type reads as
 * zero: then it is a swap entry if there is any device.
 */
bool swap_holds(unsigned devices, uint64_t word);

#endif
