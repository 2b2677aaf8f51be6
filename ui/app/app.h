/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_APP_H
#define PM_APP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "config/rc.h"
#include "model/list_columns.h"
#include "model/pages.h"
#include "table/groups.h"
#include "term/paint.h"
#include "term/term.h"
#include "track/track.h"

/* The screen: what it shows, how often it samples, what it may do. */
struct app_options {
	const char *root;      /* proc root */
	pid_t pid;             /* 0: the user chooses from a list, or: */
	const char *recording; /* the file of a recording; NULL */
	const char *at;        /* the time of it to begin at; NULL: its end */
	const char *filter;    /* of that list; NULL: none */
	uint64_t interval_ns;  /* 0: sample only on request */
	enum theme theme;
	struct term_options term;
	bool read_only;
	enum track_owner owner; /* of pid */
	int ready;              /* of the demo, which is starting (demo_await) */
	unsigned tracker;       /* enum tracker, or TRACKER_AUTO */
	bool attribution;      /* watch who writes, ... */
	unsigned budget;       /* ... for no more than this (target.h) */
	bool allow_inject;     /* a system call may be run in the target */
	/* the only part to watch, as typed at the prompt; NULL: everything */
	const char *scope;
	enum lens lens;        /* the initial lens */
	enum grouping grouping;
	/* benchmark: render this many frames off-screen and print the figures */
	unsigned frames;
	enum letters letters;  /* the initial letters */
	struct list_columns columns;
	int sort;
	bool invert;
	bool hints;            /* the last row shows key hints */
	const struct rc *rc;   /* its errors are shown at the start */
	const char *notice;    /* a message for the start; NULL: none */
};

/* Runs until the user quits. 0, or -1 with err; the terminal is restored in both cases. */
int app_run(const struct app_options *o, struct err *err);

#endif
