/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TIERS_H
#define PM_TIERS_H

#include <stddef.h>

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

/* What this process has, and what would give it more ("": it has all). */
void tiers_say(char *what, size_t what_size, char *more, size_t more_size);

#endif
