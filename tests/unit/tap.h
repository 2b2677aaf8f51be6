/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TAP_H
#define PM_TAP_H

/* The Test Anything Protocol in a header: ok(), is_*() and done(). */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int tap_count, tap_failed;

static inline void
tap_start(void)
{
	setvbuf(stdout, NULL, _IOLBF, 0); /* a sanitizer may end us: what was said must be out */
}

static inline bool
tap_ok(bool pass, const char *file, int line, const char *name)
{
	printf("%sok %d - %s\n", pass ? "" : "not ", ++tap_count, name);
	if (!pass) {
		tap_failed++;
		printf("# at %s:%d\n", file, line);
	}
	return pass;
}

#define ok(cond, name) tap_ok((cond), __FILE__, __LINE__, (name))

#define is_u64(got, want, name) \
	do { \
		uint64_t tap_g = (got), tap_w = (want); \
		if (!ok(tap_g == tap_w, (name))) \
			printf("# got %#" PRIx64 ", want %#" PRIx64 "\n", tap_g, tap_w); \
	} while (0)

#define is_str(got, want, name) \
	do { \
		const char *tap_g = (got), *tap_w = (want); \
		if (!ok(tap_g && strcmp(tap_g, tap_w) == 0, (name))) \
			printf("# got  %s\n# want %s\n", tap_g ? tap_g : "(null)", tap_w); \
	} while (0)

static inline int
tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failed ? 1 : 0;
}

#endif
