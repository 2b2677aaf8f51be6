/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"

#include <fcntl.h>
#include <stddef.h>

#include "base/file.h"
#include "base/util.h"

static const char *clock_file;

void
time_from(const char *file)
{
	clock_file = file;
}

static uint64_t
clock_true_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t
time_ns(void)
{
	char text[32];
	const char *end;
	uint64_t ms;

	if (clock_file && file_read_small(AT_FDCWD, clock_file, text, sizeof(text)) &&
	    parse_u64(text, 10, &end, &ms))
		return ms * 1000000;
	return clock_true_ns();
}

struct timespec
time_calendar(void)
{
	struct timespec now;
	uint64_t ns;

	clock_gettime(CLOCK_REALTIME, &now);
	if (!clock_file)
		return now;
	ns = time_ns();
	return (struct timespec){(time_t)(ns / TIME_SECOND), (long)(ns % TIME_SECOND)};
}

struct timespec
time_deadline(uint64_t at)
{
	uint64_t now = time_ns(), until = clock_true_ns() + (at > now ? at - now : 0);

	return (struct timespec){(time_t)(until / 1000000000), (long)(until % 1000000000)};
}
