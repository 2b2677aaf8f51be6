/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PATTERN_H
#define PM_PATTERN_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Bytes to look for, as somebody types them; one after the other, with or without blanks between:
 *   "text"        its bytes; in it \n \t \r \0 \\ \" and \xHH
 *   de ad beef    bytes in hex, two digits each, in this order
 *   0x7ffe1234    a number as this machine has it in memory: on x86 the lowest byte first
 */
enum { PATTERN_MAX = 64 };
struct pattern {
	uint8_t byte[PATTERN_MAX];
	size_t n;
};

/* -1 with err, its column the sign that is wrong. An empty pattern is an error. */
int pattern_parse(const char *text, struct pattern *out, struct err *err);

#endif
