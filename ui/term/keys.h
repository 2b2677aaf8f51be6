/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KEYS_H
#define PM_KEYS_H

#include <stddef.h>

/* What a key does: the first column of keys.def, each once. */
enum action {
	ACT_NONE,
	ACT_HELP,
	ACT_OPEN,
	ACT_GO,
	ACT_ZOOM_IN,
	ACT_ZOOM_OUT,
	ACT_ZOOM_FIT,
	ACT_SORT,
	ACT_SORT_BACK,
	ACT_INVERT,
	ACT_SORT_MENU,
	ACT_COLUMNS,
	ACT_TOGGLE,
	ACT_COLUMN_BACK,
	ACT_COLUMN_ON,
	ACT_USUAL,
	ACT_FILTER,
	ACT_FIND,
	ACT_FIND_NEXT,
	ACT_FIND_BACK,
	ACT_CLEAR,
	ACT_PAUSE,
	ACT_ASK,
	ACT_LETTERS,
	ACT_INTERVAL,
	ACT_REFRESH,
	ACT_REDRAW,
	ACT_UP,
	ACT_DOWN,
	ACT_LEFT,
	ACT_RIGHT,
	ACT_PAGE_UP,
	ACT_PAGE_DOWN,
	ACT_HALF_UP,
	ACT_HALF_DOWN,
	ACT_FIRST,
	ACT_LAST,
	ACT_NEXT_CHANGE,
	ACT_LAST_CHANGE,
	ACT_NEXT_REGION,
	ACT_LAST_REGION,
	ACT_INFO,
	ACT_CAPABILITIES,
	ACT_GROUP,
	ACT_PULSE,
	ACT_REWIND,
	ACT_FORWARD,
	ACT_HEX,
	ACT_WRITES,
	ACT_READ_PAGE,
	ACT_INSPECT,
	ACT_RANGE,
	ACT_COPY,
	ACT_WRITE,
	ACT_FOLLOW,
	ACT_JUMP_BACK,
	ACT_MARK,
	ACT_MARK_GO,
	ACT_MAP,
	ACT_LINEAR,
	ACT_MESSAGES,
	ACT_AGREE,
	ACT_AGREE_ALL,
	ACT_CONTENTS,
	ACT_LENS,
	ACT_LENS_LAST = ACT_LENS + 8, /* the keys of its row, one after the other */
	ACT_ERASE,
	ACT_BACK,
	ACT_STAY,
	ACT_CLOSE,
	ACT_QUIT,
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
