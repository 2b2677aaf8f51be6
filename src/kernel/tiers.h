/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TIERS_H
#define PM_TIERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The tiers of privilege between a user and root: capabilities that pmtop's file may have
 * (setcap(8)), in an order in which each shows more (tiers.def).
 */
struct tier {
	unsigned capability;
	const char *name;   /* "CAP_PERFMON" */
	const char *gives;  /* what it shows of others' processes */
};
const struct tier *tiers_table(size_t *n);

/* "sudo setcap cap_perfmon,cap_dac_read_search+p $(command -v pmtop)": the first n; returns out. */
const char *tiers_line(size_t n, char *out, size_t size);

/*
 * If pmtop has capabilities without being root, but lacks one of `needed` (rights.h): the first
 * that it lacks, and the line for it. NULL: what helps is to be root, or the owner. Of this thread,
 * until the next call.
 */
const char *tiers_lack(uint64_t needed);

/* Whether pmtop's user namespace is not the first one: its root is not root to the kernel. */
bool tiers_are_inner(void);

/* What this process has, and what would give it more ("": it has all). */
void tiers_say(char *what, size_t what_size, char *more, size_t more_size);

#endif
