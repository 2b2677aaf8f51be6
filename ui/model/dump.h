/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DUMP_H
#define PM_DUMP_H

#include <stdint.h>

/* What the person has done to the bytes on screen. */
struct dump {
	uint64_t top;   /* address of the first row */
	unsigned rows;
	char find[256]; /* what / looked for last, as pattern.h has it */
};

#endif
