/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RC_H
#define PM_RC_H

#include "config/options.h"
#include "term/user_keymap.h"

/*
 * pmtoprc: the user's settings for the screen. Read once, before the command line, which overrides
 * it; never written. Errors are reported with file and line, and the rest still applies: the user
 * gets a screen. Answers for scripts do not depend on it.
 */
struct rc {
	char path[4096]; /* "" if there is no path for it */
	struct rc_problem {
		unsigned line; /* 0: about the file as a whole */
		char *text; /* "/home/me/.config/pmtop/pmtoprc:12: theme = blue: ...": what, why,
		               how */
	} * problem;        /* sorted by line */
	size_t problems, problem_cap;
	struct key_binding *binding;
	size_t bindings, binding_cap;
};

/*
 * Reads $XDG_CONFIG_HOME/pmtop/pmtoprc (default ~/.config), if it exists; its key names stay valid
 * until rc_free.
 */
void rc_read(struct rc *rc, struct options *o);

/* The same for a text; `name` replaces the file name in messages. */
void rc_read_text(struct rc *rc, struct options *o, const char *name, const char *text);

void rc_free(struct rc *rc);

/* An example pmtoprc: every setting and key with its default, commented out. */
void rc_example(struct buf *out);

#endif
