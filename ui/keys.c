/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "keys.h"

#include <stdlib.h>
#include <string.h>

#include "term.h"
#include "util.h"

#define K(act, k, v, g, h, w) \
	{.action = ACT_##act, .keys = (k), .views = (v), .group = GROUP_##g, .hint = (h), .words = (w)},
static const struct key_row rows[] = {
#include "keys.def"
};
#undef K

const struct key_row *
key_table(size_t *n)
{
	*n = ARRAY_LEN(rows);
	return rows;
}

const char *
key_group_name(enum key_group g)
{
	static const char *const names[GROUP_COUNT] = {"Move", "Look", "Track writes", "Ask", "Leave"};

	return names[g];
}

int
key_row_in(const struct key_row *row, char view)
{
	return row->views[0] == '*' || strchr(row->views, view) != NULL;
}

int
key_code(const char *name, size_t len)
{
	static const struct {
		const char *name;
		int code;
	} named[] = {
	    {"Up", TERM_UP},     {"Down", TERM_DOWN}, {"Left", TERM_LEFT}, {"Right", TERM_RIGHT},
	    {"PgUp", TERM_PGUP}, {"PgDn", TERM_PGDN}, {"Home", TERM_HOME}, {"End", TERM_END},
	    {"Enter", '\r'},     {"Esc", 27},         {"Tab", '\t'},       {"S-Tab", TERM_BTAB},
	    {"Backspace", TERM_BACKSPACE},            {"Space", ' '},
	};

	if (len == 1)
		return (unsigned char)name[0];
	if (len == 2 && name[0] == '^')
		return name[1] & 0x1f;
	if (len >= 2 && name[0] == 'F' && name[1] >= '1' && name[1] <= '9')
		return TERM_F0 + atoi(name + 1);
	for (size_t i = 0; i < ARRAY_LEN(named); i++)
		if (strlen(named[i].name) == len && !strncmp(named[i].name, name, len))
			return named[i].code;
	return -1;
}

/* Which of the row's keys it is, from 0; -1: none. */
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
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int at = key_row_in(&rows[i], view) ? key_in_row(&rows[i], key) : -1;

		if (at >= 0)
			return rows[i].action == ACT_LENS ? (enum action)(ACT_LENS + at) : rows[i].action;
	}
	return ACT_NONE;
}
