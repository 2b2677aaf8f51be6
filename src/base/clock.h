/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CLOCK_H
#define PM_CLOCK_H

#include <stdint.h>
#include <time.h>

/* in nanoseconds, as all times are */
#define TIME_MS UINT64_C(1000000)
#define TIME_SECOND UINT64_C(1000000000)

/*
 * CLOCK_MONOTONIC in nanoseconds. After time_from, which must be called before any thread starts,
 * the file holds the time in milliseconds instead, so that tests and screenshots control every age.
 * NULL restores the real clock.
 */
uint64_t time_ns(void);
void time_from(const char *file);

/* CPU time of the calling thread; always 0 after time_from. */
uint64_t time_spent_ns(void);

/* The time by the calendar, since 1970; after time_from that of the file, too. */
struct timespec time_calendar(void);

/*
 * The CLOCK_MONOTONIC deadline for `at`, for timed waits: they use real time even while time_ns
 * stands still.
 */
struct timespec time_deadline(uint64_t at);

#endif
