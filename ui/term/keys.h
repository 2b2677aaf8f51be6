/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KEYS_H
#define PM_KEYS_H

#include <stdbool.h>
#include <stddef.h>

/* What keys can do: the A and V rows of keys.def. */
#define A(id, does, when) ACT_##id,
#define V(id) ACT_##id,
enum action {
	ACT_NONE,
#include "term/keys.def"
	ACT_LENS_LAST = ACT_LENS + 10, /* one action per key of its row */
	ACT_COUNT
};

enum key_group { GROUP_MOVE, GROUP_VIEW, GROUP_WRITE, GROUP_ASK, GROUP_LEAVE, GROUP_COUNT };

struct key_row {
	enum action action;
	const char *name; /* as in keys.def: FIND_NEXT */
	const char *keys, *views;
	enum key_group group;
	const char *hint, *words;
};

enum { KEY_NAME_SIZE = 32 };
enum {
	KEY_VIEWS = 0 /* how many there are */
#define V(id, object, letter, name, title, on) + 1
#define Q(letter, name, title) + 1
#include "term/views.def"
};

/* The rows in force: those of keys.def (key_usual), or their replacement (NULL: none). */
const struct key_row *key_table(size_t *n);
const struct key_row *key_usual(size_t *n);
void key_table_set(const struct key_row *own, size_t n);

const char *key_group_name(enum key_group g);

/* The letters of all views in keys.def; a view's name in pmtoprc; a view by its name, 0: none. */
const char *key_views(void);
const char *key_view_name(char letter);
const char *key_view_title(char letter); /* for the manual */
char key_view_named(const char *name);

/* Whether it works only of a process: not in a recording. */
bool key_is_live(enum action action);

/* Whether a row works in this view; a row that lost its keys does not. */
int key_row_in(const struct key_row *row, char view);

/*
 * An action's name in pmtoprc, such as "find-next"; out has KEY_NAME_SIZE bytes. The action of that
 * name, or -1.
 */
void key_action_name(const struct key_row *row, char *out, size_t size);
int key_action_named(const char *name);

/*
 * The first key with this action in the view, for texts that mention a key. Static: the last four
 * results are valid.
 */
const char *key_of(enum action action, char view);

/* The action of a key (see term.h) in the view, or ACT_NONE. */
enum action key_action(int key, char view);

/* "Enter" -> '\r'; -1: no such key. */
int key_code(const char *name, size_t len);

/* The reverse; out has KEY_NAME_SIZE bytes. false: the key has no name. */
bool key_name(int code, char *out, size_t size);

#endif
