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

/* The screen: what it shows, how often it looks, what it may do. */
struct app_options {
	const char *root;      /* proc root */
	pid_t pid;             /* 0: let the person choose one */
	const char *filter;    /* to choose with; NULL none */
	uint64_t interval_ns;  /* 0: look only when asked */
	enum theme theme;
	struct term_options term;
	bool read_only;
	enum track_owner owner; /* of pid */
	unsigned tracker;       /* enum tracker, or TRACKER_AUTO */
	bool allow_inject;     /* a system call may be run in the target */
	/* what is to be watched alone, as the prompt would read it; NULL: everything */
	const char *scope;
	enum lens lens;        /* to begin with */
	enum grouping grouping;
	unsigned frames;       /* headless: so many frames, then the figures on stdout */
	enum letters letters;  /* these to begin with, too */
	struct list_columns columns;
	int sort;
	bool invert;
	bool hints;            /* the last line shows keys */
	const struct rc *rc;   /* what was wrong in it is told at the start */
	const char *notice;    /* told once at the start; NULL none */
};

/* Runs until the person quits. 0, or -1 with err; the terminal is as it was in either case. */
int app_run(const struct app_options *o, struct err *err);

#endif
