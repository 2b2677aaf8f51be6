/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KEYS_H
#define PM_KEYS_H

#include <stddef.h>

/* What a key does: the A and V rows of keys.def. */
#define A(id, does, when) ACT_##id,
#define V(id) ACT_##id,
enum action {
	ACT_NONE,
#include "term/keys.def"
	ACT_LENS_LAST = ACT_LENS + 8, /* the keys of its row, one after the other */
	ACT_COUNT
};

enum key_group { GROUP_MOVE, GROUP_LOOK, GROUP_WRITE, GROUP_ASK, GROUP_LEAVE, GROUP_COUNT };

struct key_row {
	enum action action;
	const char *name; /* as in keys.def: FIND_NEXT */
	const char *keys, *views;
	enum key_group group;
	const char *hint, *words;
};

enum { KEY_VIEWS_MAX = 20, KEY_NAME_SIZE = 32 };

/* The rows that hold: those of keys.def (key_usual), or those set in their place (NULL: none). */
const struct key_row *key_table(size_t *n);
const struct key_row *key_usual(size_t *n);
void key_table_set(const struct key_row *own, size_t n);

const char *key_group_name(enum key_group g);

/* The letters of all views, as keys.def has them; their names where keys are chosen. 0: no such
 * view. */
const char *key_views(void);
const char *key_view_name(char letter);
const char *key_view_title(char letter); /* for the manual */
char key_view_named(const char *name);

/* Whether a row works in the view with this letter; one that was left without a key does not. */
int key_row_in(const struct key_row *row, char view);

/* "find-next": an action's name, where keys are chosen; of KEY_NAME_SIZE. -1: no such action. */
void key_action_name(const struct key_row *row, char *out, size_t size);
int key_action_named(const char *name);

/* The first key that does this in the view, for texts that tell of a key; good for four calls. */
const char *key_of(enum action action, char view);

/* What key (see term.h) does there; ACT_NONE: nothing. */
enum action key_action(int key, char view);

/* "Enter" -> '\r'; -1: no such key. */
int key_code(const char *name, size_t len);

#endif
