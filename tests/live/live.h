/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LIVE_H
#define PM_LIVE_H

/* Shared by the test processes: include it first, for what it defines. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* This kernel, or these privileges, have no such process. */
static inline _Noreturn void
cannot(const char *what)
{
	printf("cannot: %s: %s\n", what, strerror(errno));
	exit(3);
}

static inline int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

#endif
