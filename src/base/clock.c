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
clock_read(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * TIME_SECOND + (uint64_t)ts.tv_nsec;
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
	return clock_read(CLOCK_MONOTONIC);
}

uint64_t
time_spent_ns(void)
{
	return clock_file ? 0 : clock_read(CLOCK_THREAD_CPUTIME_ID);
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
	uint64_t now = time_ns(), until = clock_read(CLOCK_MONOTONIC) + (at > now ? at - now : 0);

	return (struct timespec){(time_t)(until / 1000000000), (long)(until % 1000000000)};
}
