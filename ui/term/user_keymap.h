/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KEYS_OWN_H
#define PM_KEYS_OWN_H

#include <stdbool.h>

#include "base/err.h"
#include "term/keys.h"

/* A binding: keys for an action, in place of its default keys. */
struct key_binding {
	/* the view's letter; 0: all views with the action, except those where letters are typed */
	char view;
	enum action action;
	char *keys;     /* as in keys.def; "": none */
	/* its line in the file; of two conflicting bindings the later one is refused */
	unsigned line;
	bool refused; /* it is not in force */
};

/* Whether letters are typed in the view, so that single letters cannot be keys there. */
bool key_view_types(char view);

/* Whether the action can have these keys in the view (0 as above). */
int user_keymap_check(const struct key_binding *b, struct err *err);

/*
 * Applies the bindings, those of one view before those of all views, whatever their order. One
 * whose key already has another meaning in a view is refused: returns its index with err and that
 * view's letter. Call again until it returns -1. The table keeps b[].keys.
 */
int user_keymap(struct key_binding *b, size_t n, char *view, struct err *err);

#endif
