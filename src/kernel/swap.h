/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SWAP_H
#define PM_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/kabi.h"
#include "kernel/proc.h"

/*
 * The swap devices: the lines of /proc/swaps, in the order of the types in page-table entries (as
 * long as none was taken out of use before the others).
 */
struct swaps {
	unsigned n;
	bool in_use; /* something is in one of them, or may be: it is not known */
	char *name[PM_SWAP_TYPES]; /* as the kernel wrote it (octal escapes for blanks); owned */
};

/*
 * Reads them anew; none where the file cannot be read, and then in_use is `unread`. `s` is zeroed,
 * or was read before.
 */
void swaps_read(struct swaps *s, const struct proc *p, bool unread);
void swaps_parse(struct swaps *s, const char *text);
void swaps_free(struct swaps *s);

/*
 * Whether the word of a page that is not present but "swapped" (bit 62) names a place in swap.
 * The bit alone also stands for guards, markers, migrating and broken pages. Without
 * CAP_SYS_ADMIN the type reads as zero: then a device at all is what is asked for.
 */
bool swap_holds(unsigned devices, uint64_t word);

#endif
