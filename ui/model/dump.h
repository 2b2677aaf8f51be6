/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DUMP_H
#define PM_DUMP_H

#include <stdint.h>

/* The state of the hex view. */
struct dump {
	uint64_t top;   /* address of the first row */
	unsigned rows;
	char find[256]; /* the last search: a pattern (pattern.h) */
};

#endif
