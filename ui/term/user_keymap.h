/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KEYS_OWN_H
#define PM_KEYS_OWN_H

#include <stdbool.h>

#include "base/err.h"
#include "term/keys.h"

/* Keys for an action in the place of its usual ones. */
struct key_binding {
	/* its letter; 0: every view with the action, but those where letters are typed */
	char view;
	enum action action;
	char *keys;     /* as in keys.def; "": none */
	unsigned line;  /* where it was asked for; the later one gives way */
	bool refused;   /* it does not hold */
};

/* Whether letters are typed in the view: there, a key of one letter would be none. */
bool key_view_types(char view);

/* Whether the action can have these keys in the view (0 as above). */
int user_keymap_check(const struct key_binding *b, struct err *err);

/*
 * Puts bindings into force: those of one view before those of all, wherever they stand. One that
 * takes a key which means something else in the same view is refused: its index is returned with
 * err and that view's letter; to be called until it returns -1. The table keeps b[].keys.
 */
int user_keymap(struct key_binding *b, size_t n, char *view, struct err *err);

#endif
