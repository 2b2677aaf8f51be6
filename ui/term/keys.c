/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/keys.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "term/term.h"

#define K(act, k, v, g, h, w) \
	{.action = ACT_##act, \
	 .name = #act,        \
	 .keys = (k),         \
	 .views = (v),        \
	 .group = GROUP_##g,  \
	 .hint = (h),         \
	 .words = (w)},
static const struct key_row keys_rows[] = {
#include "term/keys.def"
};

static const struct key_row *keys_table = keys_rows;
static size_t keys_table_n = ARRAY_LEN(keys_rows);

const struct key_row *
key_table(size_t *n)
{
	*n = keys_table_n;
	return keys_table;
}

const struct key_row *
key_usual(size_t *n)
{
	*n = ARRAY_LEN(keys_rows);
	return keys_rows;
}

void
key_table_set(const struct key_row *own, size_t n)
{
	keys_table = own ? own : keys_rows;
	keys_table_n = own ? n : ARRAY_LEN(keys_rows);
}

static const struct {
	char letter;
	const char *name, *title;
} keys_views[] = {
#define V(id, object, letter, name, title, on) {letter, name, title},
#define Q(letter, name, title) {letter, name, title},
#include "term/views.def"
};

bool
key_is_live(enum action action)
{
	enum { ALWAYS, TARGET, LIVE };
	static const int when[ACT_COUNT] = {
#define A(id, does, when) [ACT_##id] = when,
#define L(id) [ACT_##id] = LIVE,
#include "term/keys.def"
	};

	return when[action] == LIVE;
}

const char *
key_views(void)
{
	static char letters[ARRAY_LEN(keys_views) + 1];

	for (size_t i = 0; i < ARRAY_LEN(keys_views); i++)
		letters[i] = keys_views[i].letter;
	return letters;
}

static size_t
key_view_at(char letter)
{
	size_t i = 0;

	while (i + 1 < ARRAY_LEN(keys_views) && keys_views[i].letter != letter)
		i++;
	return i;
}

const char *
key_view_name(char letter)
{
	return keys_views[key_view_at(letter)].name;
}

const char *
key_view_title(char letter)
{
	return keys_views[key_view_at(letter)].title;
}

char
key_view_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys_views); i++)
		if (!strcmp(keys_views[i].name, name))
			return keys_views[i].letter;
	return 0;
}

void
key_action_name(const struct key_row *row, char *out, size_t size)
{
	size_t i = 0;

	for (; row->name[i] && i + 1 < size; i++)
		out[i] = row->name[i] == '_' ? '-' : (char)tolower((unsigned char)row->name[i]);
	out[i] = '\0';
}

int
key_action_named(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(keys_rows); i++) {
		char own[KEY_NAME_SIZE];

		key_action_name(&keys_rows[i], own, sizeof(own));
		if (!strcmp(own, name))
			return (int)keys_rows[i].action;
	}
	return -1;
}

const char *
key_of(enum action action, char view)
{
	static char texts[4][KEY_NAME_SIZE];
	static unsigned turn;
	char *text = texts[turn++ % ARRAY_LEN(texts)];

	snprintf(text, KEY_NAME_SIZE, "(no key)");
	for (size_t i = 0; i < keys_table_n; i++)
		if (keys_table[i].action == action && key_row_in(&keys_table[i], view)) {
			snprintf(text, KEY_NAME_SIZE, "%.*s", (int)strcspn(keys_table[i].keys, " "),
			         keys_table[i].keys);
			break;
		}
	return text;
}

const char *
key_group_name(enum key_group g)
{
	static const char *const names[GROUP_COUNT] = {"Move", "View", "Track writes", "Ask",
	                                               "Leave"};

	return names[g];
}

int
key_row_in(const struct key_row *row, char view)
{
	return row->keys[0] && (row->views[0] == '*' || strchr(row->views, view) != NULL);
}

static const struct {
	const char *name;
	int code;
} keys_named[] = {
    {"Up", TERM_UP},     {"Down", TERM_DOWN}, {"Left", TERM_LEFT}, {"Right", TERM_RIGHT},
    {"PgUp", TERM_PGUP}, {"PgDn", TERM_PGDN}, {"Home", TERM_HOME}, {"End", TERM_END},
    {"Enter", '\r'},     {"Esc", 27},         {"Tab", '\t'},       {"S-Tab", TERM_BTAB},
    {"Backspace", TERM_BACKSPACE},            {"Space", ' '},
};

int
key_code(const char *name, size_t len)
{
	if (len == 1)
		return (unsigned char)name[0];
	if (len == 2 && name[0] == '^')
		return name[1] & 0x1f;
	if (len >= 2 && name[0] == 'F' && strspn(name + 1, "0123456789") >= len - 1) {
		int f = atoi(name + 1);

		return f >= 1 && f <= 12 && name[1] != '0' ? TERM_F0 + f : -1;
	}
	for (size_t i = 0; i < ARRAY_LEN(keys_named); i++)
		if (strlen(keys_named[i].name) == len && !strncmp(keys_named[i].name, name, len))
			return keys_named[i].code;
	return -1;
}

bool
key_name(int code, char *out, size_t size)
{
	for (size_t i = 0; i < ARRAY_LEN(keys_named); i++)
		if (keys_named[i].code == code) {
			snprintf(out, size, "%s", keys_named[i].name);
			return true;
		}
	if (code > TERM_F0 && code <= TERM_F0 + 12)
		snprintf(out, size, "F%d", code - TERM_F0);
	else if (code > 0 && code < ' ')
		snprintf(out, size, "^%c", code + '@');
	else if (code > ' ' && code < 127)
		snprintf(out, size, "%c", code);
	else
		return false;
	return true;
}

/* The index of the key in the row, or -1. */
static int
key_in_row(const struct key_row *row, int key)
{
	int i = 0;

	for (const char *s = row->keys; *s; i++) {
		size_t n = strcspn(s, " ");

		if (key_code(s, n) == key)
			return i;
		s += n + strspn(s + n, " ");
	}
	return -1;
}

enum action
key_action(int key, char view)
{
	for (size_t i = 0; i < keys_table_n; i++) {
		int at = key_row_in(&keys_table[i], view) ? key_in_row(&keys_table[i], key) : -1;

		if (at >= 0)
			return keys_table[i].action == ACT_LENS ? (enum action)(ACT_LENS + at)
			                                   : keys_table[i].action;
	}
	return ACT_NONE;
}
