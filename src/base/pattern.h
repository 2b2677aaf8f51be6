/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PATTERN_H
#define PM_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A byte pattern as the user types it: a sequence of these items, blanks between them optional:
 *   "text"        its bytes; escapes: \n \t \r \0 \\ \" \xHH
 *   de ad beef    bytes in hex, two digits each, in this order
 *   0x7ffe1234    a number in this machine's byte order: on x86 the lowest byte first
 *   u32 42        the same, of 1, 2, 4 or 8 bytes: u8 u16 u32 u64; decimal, or hex after 0x
 *   ptr 7ffe1234  a pointer to that address (hex)
 */
enum { PATTERN_MAX = 64 };
struct pattern {
	uint8_t byte[PATTERN_MAX];
	size_t n;
};

/*
 * word: the bytes of a pointer. -1 with err, its column the offending character. An empty pattern
 * is an error.
 */
int pattern_parse(const char *text, unsigned word, struct pattern *out, struct err *err);

/* The same for a pattern that begins at text[from] and ends before the word `in`, at *end. */
int pattern_parse_part(const char *text, size_t from, unsigned word, struct pattern *out,
                       size_t *end, struct err *err);

#endif
