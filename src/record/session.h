/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SESSION_H
#define PM_SESSION_H

#include "target/target.h"

/*
 * What a recording keeps of one program of a process as a whole, of the machine and of pmtop
 * itself. It lives on its own: the target may go on meanwhile.
 */
struct session {
	pid_t pid;
	char comm[64];
	uint64_t time_ns; /* when it began; and by the calendar, in UTC: */
	char began[32];
	size_t page_size;
	struct session_fact {
		char *key;
		char *text; /* NULL: a number */
		uint64_t number;
		bool name; /* text names files of the user's */
	} * v;
	size_t n, cap;
	struct cap *caps; /* what the kernel and our privileges allow */
	size_t caps_n;
};

/* Tries what is allowed, which takes a few ms. */
struct session *session_new(struct target *t);
void session_free(struct session *s);

#endif
