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
#include <unistd.h>

#define PAGE ((int)sysconf(_SC_PAGESIZE))

/* This kernel, or these privileges, have no such process. */
static inline _Noreturn void
cannot(const char *what)
{
	printf("cannot: %s: %s\n", what, strerror(errno));
	exit(3);
}

/* Of a huge page, in pages. */
static inline size_t
huge_pages(void)
{
	FILE *f = fopen("/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", "r");
	size_t size = 0;

	if (f) {
		if (fscanf(f, "%zu", &size) != 1)
			size = 0;
		fclose(f);
	}
	return (size ? size : (size_t)2 << 20) / (size_t)PAGE;
}

static inline int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

#endif
