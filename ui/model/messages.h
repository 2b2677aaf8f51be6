/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MESSAGES_H
#define PM_MESSAGES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * What the person was told, the newest last: a message is on screen for some seconds, and here for
 * as long as pmtop runs. Full, the log forgets the oldest.
 */
enum { MESSAGES_MAX = 200 };

struct message {
	time_t when;     /* the last time, by the clock on the wall */
	unsigned times;  /* told in succession */
	int role;        /* enum role */
	char *text;
};

struct messages {
	struct message v[MESSAGES_MAX];
	size_t n;
};

void messages_add(struct messages *m, int role, const char *text, time_t when);
void messages_free(struct messages *m);

#endif
