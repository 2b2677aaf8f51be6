/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PERF_BAR_H
#define PM_PERF_BAR_H

#include <stdbool.h>

#include "base/err.h"
#include "kernel/proc.h"

/* Why the kernel refuses performance events (perf_event_open), and what helps. */
struct perf_bar {
	int error;      /* errno */
	int paranoid;   /* kernel.perf_event_paranoid; -1: there is none, or it is not readable */
	bool filtered;  /* a seccomp filter is on pmtop */
	bool capable;   /* pmtop has CAP_PERFMON or CAP_SYS_ADMIN, ... */
	bool admin;     /* ... the latter: kernels that know levels above 2 take no less there */
	bool inside;    /* ... but in a user namespace, where they count for nothing here */
	bool root;      /* its user ID is 0 there */
	const char *target; /* why another process is refused to us; NULL: it is one of ours */
};

/* In words that stay valid. */
struct perf_words {
	const char *why, *how; /* how NULL: there is no remedy */
};

/* why NULL: errno alone says it. Pure. */
struct perf_words perf_bar_words(const struct perf_bar *b);

/* For errno, of an event of process p (NULL: of our own). */
struct perf_words perf_bar_find(const struct proc *p);

/* The error "cannot watch WHAT" for it. Returns -1. */
int perf_bar_refuse(const struct proc *p, const char *what, struct err *err);

#endif
