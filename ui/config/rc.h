/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RC_H
#define PM_RC_H

#include "config/options.h"
#include "term/user_keymap.h"

/*
 * pmtoprc: what a person wants the screen to be like. It is read once, before the command line,
 * which counts for more; nothing ever writes it. What is wrong in it is told with file and line,
 * and the rest holds: a screen is still wanted. Answers for scripts do not depend on it.
 */
struct rc {
	char path[4096];            /* "" if there is no place for it */
	struct rc_problem {
		unsigned line;      /* 0: the file */
		char *text; /* "/home/me/.config/pmtop/pmtoprc:12: theme = blue: ...": what, why,
		               how */
	} *problem;                 /* in the order of the lines */
	size_t problems, problem_cap;
	struct key_binding *binding;
	size_t bindings, binding_cap;
};

/* $XDG_CONFIG_HOME/pmtop/pmtoprc (~/.config by default), if there is one; its keys hold until
 * rc_free. */
void rc_read(struct rc *rc, struct options *o);

/* The same of a text; `name` stands for the file in what is told. */
void rc_read_text(struct rc *rc, struct options *o, const char *name, const char *text);

void rc_free(struct rc *rc);

/* A pmtoprc that changes nothing: every setting and every key as it usually is, as comments. */
void rc_example(struct buf *out);

#endif
