/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CODE_LINK_H
#define PM_CODE_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Whether what follows in a call chain is the caller. The kernel follows frame pointers: a function
 * that sets up none leaves that of its caller in place, so that its caller is missing in the chain,
 * and nothing in the chain shows it. The code does, in part: of x86, and of other machines nothing
 * is known. All of it is pure.
 */
enum {
	CODE_LINK_BEGIN = 48, /* bytes from the beginning of a function that are of use */
	CODE_LINK_REST = 32,  /* bytes from an instruction on */
	CODE_LINK_CALL = 5,   /* bytes before a return address */
};

/*
 * Whether the function that begins with these bytes has set up its frame where its offset is
 * `offset`. false: it has not, or that is not certain.
 */
bool code_link_frame(const uint8_t *begin, size_t n, uint64_t offset);

/* Whether the code from an instruction on may return without the frame: that is gone already. */
bool code_link_ends(const uint8_t *rest, size_t n);

/* What was called before the return address `after`; 0: it is not in the code. */
uint64_t code_link_call(const uint8_t before[CODE_LINK_CALL], uint64_t after);

/* Whether a thread begins in that function: nothing of the program's is above it. */
bool code_link_is_entry(const char *function);

#endif
