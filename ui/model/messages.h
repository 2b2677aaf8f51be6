/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MESSAGES_H
#define PM_MESSAGES_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

/*
 * The message log, newest last: messages are on screen for some seconds, and here as long as pmtop
 * runs. A full log drops the oldest.
 */
enum { MESSAGES_MAX = 200 };

struct message {
	time_t when;     /* when it was last shown, in wall-clock time */
	unsigned times;  /* repeated in succession */
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
