/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CLOCK_H
#define PM_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * Nanoseconds of CLOCK_MONOTONIC; after time_from (before there are threads) what FILE says, in
 * milliseconds, for tests and pictures: what ages there ages by their word alone. NULL: the true
 * clock.
 */
uint64_t time_ns(void);
void time_from(const char *file);

/* The same moment by CLOCK_MONOTONIC, for waits: they take their time while the clock stands. */
struct timespec time_deadline(uint64_t at);

#endif
