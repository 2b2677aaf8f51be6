/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/user_keymap.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "term/keys.h"
#include "term/term.h"

enum { ROWS_MAX = 1024, LENS_KEYS = ACT_LENS_LAST - ACT_LENS + 1 };

/* The rows of keys.def, split by view, and the index of the binding that set their keys. */
static struct {
	struct key_row row[ROWS_MAX];
	int by[ROWS_MAX]; /* -1: default keys */
	size_t n;
} keymap_own;

bool
key_view_types(char view)
{
	return view == 'S' || view == 'T'; /* a name; a column's letter */
}

/* The next name in a list of keys, NULL at its end. */
static const char *
user_keymap_next_name(const char **s, size_t *len)
{
	const char *name = *s + strspn(*s, " ");

	*len = strcspn(name, " ");
	*s = name + *len;
	return *len ? name : NULL;
}

/* --- one binding ------------------------------------------------------------------------------ */

/* Why a key cannot be bound: the terminal or term.c uses it otherwise. */
static const char *
user_keymap_taken(int code)
{
	static const struct {
		char control;
		const char *why;
	} rows[] = {
	    {'C', "it ends every program"},        {'\\', "it ends every program"},
	    {'Z', "it suspends every program"},    {'S', "it stops a terminal's output"},
	    {'Q', "it resumes a terminal's output"},
	    {'H', "terminals send it for Backspace"}, {'J', "terminals send it for Enter"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (code == (rows[i].control & 0x1f))
			return rows[i].why;
	return NULL;
}

static int
user_keymap_check_key(const char *name, size_t len, char view, struct err *err)
{
	int code = key_code(name, len), shown = len > 40 ? 40 : (int)len;

	if (code < 0)
		return err_set(err, ERR_USAGE, "unknown key",
		               "keys are a character, ^X, F1 to F12, Enter Esc Tab S-Tab Space "
		               "Backspace, Up Down "
		               "Left Right Home End PgUp PgDn, or none",
		               "key %.*s", shown, name);
	if (code < ' ' && user_keymap_taken(code))
		return err_set(err, ERR_USAGE, user_keymap_taken(code), "choose another key",
		               "key %.*s", shown, name);
	if (view && key_view_types(view) && code >= ' ' && code < 256)
		return err_set(err, ERR_USAGE, "letters are typed there", "use ^X or a named key",
		               "key %.*s", shown, name);
	return 0;
}

int
user_keymap_check(const struct key_binding *b, struct err *err)
{
	const char *s = b->keys, *name;
	size_t len, n, keys = 0;
	const struct key_row *rows = key_usual(&n);
	bool there = !b->view;

	for (size_t i = 0; i < n; i++)
		there |= rows[i].action == b->action && b->view && key_row_in(&rows[i], b->view);
	if (!there)
		return err_set(err, ERR_USAGE, "it does nothing in this view", "leave it out",
		               "no such action here");
	for (; (name = user_keymap_next_name(&s, &len)); keys++)
		if (user_keymap_check_key(name, len, b->view, err) < 0)
			return -1;
	if (b->action == ACT_LENS && keys > LENS_KEYS)
		return err_set(err, ERR_USAGE, "there are eleven lenses, one key each",
		               "give eleven, in order", "%zu keys", keys);
	return 0;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
user_keymap_spread(void)
{
	static char letters[KEY_VIEWS][2];
	const char *views = key_views();
	size_t n;
	const struct key_row *rows = key_usual(&n);

	keymap_own.n = 0;
	for (size_t i = 0; i < n; i++)
		for (size_t v = 0; views[v]; v++) {
			if (!key_row_in(&rows[i], views[v]) || keymap_own.n == ROWS_MAX)
				continue;
			letters[v][0] = views[v];
			keymap_own.row[keymap_own.n] = rows[i];
			keymap_own.row[keymap_own.n].views = letters[v];
			keymap_own.by[keymap_own.n++] = -1;
		}
}

/* In each view the first row of the action gets the keys; its other rows lose theirs. */
static void
user_keymap_apply(const struct key_binding *b, int index)
{
	char done[KEY_VIEWS + 1] = "";

	for (size_t i = 0; i < keymap_own.n; i++) {
		char view = keymap_own.row[i].views[0];

		if (keymap_own.row[i].action != b->action ||
		    (b->view ? view != b->view : key_view_types(view)))
			continue;
		keymap_own.row[i].keys = strchr(done, view) ? "" : b->keys;
		keymap_own.by[i] = index;
		if (!strchr(done, view))
			done[strlen(done)] = view;
	}
}

/* A key that two rows of one view share, or NULL. */
static const char *
user_keymap_common(const struct key_row *a, const struct key_row *b, size_t *len)
{
	const char *s = a->keys, *name;

	if (a->views[0] != b->views[0] || a->action == b->action)
		return NULL;
	while ((name = user_keymap_next_name(&s, len))) {
		const char *t = b->keys, *other;
		size_t n;

		while ((other = user_keymap_next_name(&t, &n)))
			if (key_code(other, n) == key_code(name, *len))
				return name;
	}
	return NULL;
}

/*
 * Of two rows with a common key, the one to refuse: a binding rather than a default, the later of
 * two.
 */
static size_t
user_keymap_later(const struct key_binding *b, size_t i, size_t k)
{
	if (keymap_own.by[i] < 0 || keymap_own.by[k] < 0)
		return keymap_own.by[i] < 0 ? k : i;
	return b[keymap_own.by[i]].line > b[keymap_own.by[k]].line ? i : k;
}

static int
user_keymap_find_clash(const struct key_binding *b, char *view, struct err *err)
{
	for (size_t i = 0; i < keymap_own.n; i++)
		for (size_t k = 0; k < i; k++) {
			size_t len, loses, keeps;
			const char *key =
			    keymap_own.by[i] < 0 && keymap_own.by[k] < 0
				? NULL
				: user_keymap_common(&keymap_own.row[i], &keymap_own.row[k], &len);
			char name[KEY_NAME_SIZE];

			if (!key)
				continue;
			loses = user_keymap_later(b, i, k);
			keeps = loses == i ? k : i;
			key_action_name(&keymap_own.row[keeps], name, sizeof(name));
			*view = keymap_own.row[loses].views[0];
			err_set(err, ERR_USAGE, "a key means one thing in a view",
			        "choose another key, or give that "
			        "action another one, too",
			        "key %.*s means %s", (int)len, key, name);
			return keymap_own.by[loses];
		}
	return -1;
}

int
user_keymap(struct key_binding *b, size_t n, char *view, struct err *err)
{
	int bad;

	user_keymap_spread();
	for (int one = 0; one <= 1; one++)
		for (size_t i = 0; i < n; i++)
			if (!b[i].refused && (b[i].view != 0) == one)
				user_keymap_apply(&b[i], (int)i);
	key_table_set(keymap_own.row, keymap_own.n);
	bad = user_keymap_find_clash(b, view, err);
	if (bad >= 0)
		b[bad].refused = true;
	return bad;
}
