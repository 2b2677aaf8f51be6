/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config/rc.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/guess.h"
#include "base/text.h"
#include "base/util.h"
#include "config/settings.h"
#include "term/keys.h"

enum {
	FILE_SIZE = 65536, /* maximum size of the file */
	LINE_SIZE = 190,   /* inih splits lines of 200 bytes */
	PROBLEMS_MAX = 100,
};

/* --- errors ----------------------------------------------------------------------------------- */

static void
rc_complain(struct rc *rc, unsigned line, const struct err *e)
{
	struct buf text = {0}, safe = {0};
	char words[720];

	if (rc->problems == PROBLEMS_MAX)
		return;
	buf_str(&text, rc->path);
	if (line)
		buf_fmt(&text, ":%u", line);
	buf_fmt(&text, ": %s", err_line(e, words, sizeof(words)));
	text_escape(&safe, text.s, text.len, false);
	rc->problem = vec_room(rc->problem, rc->problems, &rc->problem_cap, sizeof(*rc->problem));
	rc->problem[rc->problems++] = (struct rc_problem){line, safe.s};
	buf_free(&text);
}

/* --- names and values ------------------------------------------------------------------------- */

/* The text being parsed and the position in it. */
struct reading {
	struct rc *rc;
	struct options *o;
	const char *at;
	unsigned line;
	bool *bad;        /* lines with syntax errors: inih gets blank lines instead */
	bool only_lines;  /* first pass: only finds bad lines, sets nothing */
	char section[64]; /* the last section reported as unknown */
};

static int
rc_no_action(const char *name, struct err *err)
{
	struct guess g = {.name = name, .best = 4, .how = "`pmtop --print-config` lists them"};
	size_t n;
	const struct key_row *k = key_usual(&n);

	for (size_t i = 0; i < n; i++) {
		char other[KEY_NAME_SIZE];

		key_action_name(&k[i], other, sizeof(other));
		guess_try(&g, other, strlen(other));
	}
	return err_set(err, ERR_USAGE, "no key action has that name", g.how, "%.60s", name);
}

/*
 * A later binding of the same action and view replaces the earlier one, so there are never more
 * bindings than rows of keys.
 */
static void
rc_add_binding(struct rc *rc, const struct key_binding *b)
{
	size_t i = 0;

	while (i < rc->bindings &&
	       (rc->binding[i].view != b->view || rc->binding[i].action != b->action))
		i++;
	if (i < rc->bindings) {
		free(rc->binding[i].keys);
	} else {
		rc->binding =
		    vec_room(rc->binding, rc->bindings, &rc->binding_cap, sizeof(*rc->binding));
		rc->bindings++;
	}
	rc->binding[i] = *b;
}

static int
rc_take_binding(struct reading *r, char view, const char *name, const char *keys, struct err *err)
{
	int action = key_action_named(name);
	struct key_binding b = {.view = view, .action = (enum action)action, .line = r->line};

	if (action < 0)
		return rc_no_action(name, err);
	if (!keys[0])
		return err_set(err, ERR_USAGE, "the key is missing", "give its keys, or none",
		               "%.40s =", name);
	b.keys = mem_strdup(strcmp(keys, "none") ? keys : "");
	for (char *s = b.keys; *s; s++)
		if (*s == '\t')
			*s = ' ';
	if (user_keymap_check(&b, err) < 0) {
		free(b.keys);
		return -1;
	}
	rc_add_binding(r->rc, &b);
	return 0;
}

static int
rc_no_section(const char *section, struct err *err)
{
	struct buf how = {0};

	buf_str(&how,
	        "settings go before the first section, keys under [keys], keys of one view under "
	        "[keys VIEW]:");
	for (const char *v = key_views(); *v; v++)
		buf_fmt(&how, " %s", key_view_name(*v));
	err_set(err, ERR_USAGE, "unknown section", how.s, "[%.60s]", section);
	buf_free(&how);
	return -1;
}

/* Handles one `name = value`; reports an error at once and continues. */
static int
rc_handle(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;
	char view = 0;
	struct err err;
	int bad;

	if (r->only_lines || (section[0] && !strcmp(section, r->section)))
		return 1;
	if (!strncmp(section, "keys ", 5))
		view = key_view_named(section + 5);
	if (!section[0]) {
		bad = setting_take(r->o, name, value, &err);
	} else if (!strcmp(section, "keys") || view) {
		bad = rc_take_binding(r, view, name, value, &err);
	} else {
		snprintf(r->section, sizeof(r->section), "%s", section);
		bad = rc_no_section(section, &err);
	}
	if (bad < 0)
		rc_complain(r->rc, r->line, &err);
	return 1;
}

/* --- lines ------------------------------------------------------------------------------------ */

/*
 * inih's line reader; counts lines, which inih does not report. Strips leading blanks, which would
 * make inih continue the previous value.
 */
static char *
rc_next_line(char *line, int size, void *user)
{
	struct reading *r = user;
	size_t n = strcspn(r->at, "\n"), blanks = strspn(r->at, " \t");
	size_t keep = r->bad[r->line] || blanks > n ? 0 : n - blanks;

	if (!*r->at)
		return NULL;
	if (keep >= (size_t)size)
		keep = (size_t)size - 1;
	memcpy(line, r->at + blanks, keep);
	line[keep] = '\0';
	r->at += n + (r->at[n] == '\n');
	r->line++;
	return line;
}

static int
rc_parse(struct reading *r, const char *text, bool only_lines)
{
	r->at = text;
	r->line = 0;
	r->only_lines = only_lines;
	return ini_parse_stream(rc_next_line, r, rc_handle, r);
}

static void
rc_find_long_lines(struct reading *r, const char *text)
{
	struct err err;
	unsigned line = 0;

	for (const char *s = text; *s; line++) {
		size_t n = strcspn(s, "\n");

		if (n >= LINE_SIZE) {
			err_set(&err, ERR_USAGE, "line too long", "a line has at most 189 bytes",
			        "%.40s...", s);
			rc_complain(r->rc, line + 1, &err);
			r->bad[line] = true;
		}
		s += n + (s[n] == '\n');
	}
}

/* inih reports only the first line with a syntax error: repeats without the lines found so far. */
static void
rc_find_bad_lines(struct reading *r, const char *text)
{
	struct err err;
	int line;

	rc_find_long_lines(r, text);
	while ((line = rc_parse(r, text, true)) > 0 && !r->bad[line - 1] &&
	       r->rc->problems < PROBLEMS_MAX) {
		err_set(&err, ERR_USAGE, "neither NAME = VALUE nor [SECTION]",
		        "a comment begins with #", "invalid line");
		rc_complain(r->rc, (unsigned)line, &err);
		r->bad[line - 1] = true;
	}
}

static void
rc_bind_keys(struct rc *rc)
{
	struct err err, e;
	char view;
	int i;

	while (rc->bindings && (i = user_keymap(rc->binding, rc->bindings, &view, &err)) >= 0) {
		const char *name = key_view_name(view);

		err_set(&e, ERR_USAGE, err.why, err.how, "in the %s view %s", name, err.what);
		rc_complain(rc, rc->binding[i].line, &e);
	}
}

/* Sorts problems by line; stable. */
static void
rc_sort_problems(struct rc *rc)
{
	for (size_t i = 1; i < rc->problems; i++)
		for (size_t k = i; k && rc->problem[k - 1].line > rc->problem[k].line; k--) {
			struct rc_problem p = rc->problem[k];

			rc->problem[k] = rc->problem[k - 1];
			rc->problem[k - 1] = p;
		}
}

void
rc_read_text(struct rc *rc, struct options *o, const char *name, const char *text)
{
	struct reading r = {.rc = rc, .o = o, .bad = mem_alloc((strlen(text) + 2) * sizeof(bool))};

	snprintf(rc->path, sizeof(rc->path), "%s", name);
	rc_find_bad_lines(&r, text);
	rc_parse(&r, text, false);
	free(r.bad);
	rc_bind_keys(rc);
	rc_sort_problems(rc);
}

/* --- the file --------------------------------------------------------------------------------- */

static bool
rc_find_path(char *out, size_t size)
{
	const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	int n = -1;

	if (config && config[0] == '/')
		n = snprintf(out, size, "%s/pmtop/pmtoprc", config);
	else if (home && home[0] == '/')
		n = snprintf(out, size, "%s/.config/pmtop/pmtoprc", home);
	return n > 0 && (size_t)n < size;
}

/* Refuses what is not a regular file: a FIFO without a writer must not block pmtop. */
static int
rc_read_file(const char *path, char *text, struct err *err)
{
	static const char how[] = "correct it, or start pmtop with --no-config";
	int fd = file_open(AT_FDCWD, path, O_RDONLY);
	struct stat st;
	ssize_t n;

	if (fd < 0 && !file_is_odd(errno))
		return err_sys(err, how, "cannot read it");
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size >= FILE_SIZE) {
		if (fd >= 0)
			close(fd);
		return err_set(err, ERR_USAGE, "it is not a regular file smaller than 64 KiB", how,
		               "cannot read it");
	}
	n = read(fd, text, FILE_SIZE - 1);
	if (n < 0)
		err_sys(err, how, "cannot read it");
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	if (n >= 0 && strlen(text) != (size_t)n)
		return err_set(err, ERR_USAGE, "it contains a null byte", how, "cannot read it");
	return n < 0 ? -1 : 0;
}

void
rc_read(struct rc *rc, struct options *o)
{
	char path[sizeof(rc->path)], *text;
	struct err err;

	*rc = (struct rc){0};
	if (!rc_find_path(path, sizeof(path)) || (access(path, F_OK) < 0 && errno == ENOENT))
		return;
	text = mem_alloc(FILE_SIZE);
	if (rc_read_file(path, text, &err) == 0) {
		rc_read_text(rc, o, path, text);
	} else {
		snprintf(rc->path, sizeof(rc->path), "%s", path);
		rc_complain(rc, 0, &err);
	}
	free(text);
}

void
rc_free(struct rc *rc)
{
	key_table_set(NULL, 0);
	for (size_t i = 0; i < rc->problems; i++)
		free(rc->problem[i].text);
	free(rc->problem);
	for (size_t i = 0; i < rc->bindings; i++)
		free(rc->binding[i].keys);
	free(rc->binding);
	*rc = (struct rc){0};
}

/* --- an example ------------------------------------------------------------------------------- */

/* The default keys of an action in a view, from all its rows there. */
static void
rc_usual_keys(struct buf *out, enum action action, char view)
{
	size_t n;
	const struct key_row *k = key_usual(&n);

	bool first = true;

	buf_str(out, "");
	for (size_t i = 0; i < n; i++)
		if (k[i].action == action && key_row_in(&k[i], view)) {
			buf_fmt(out, "%s%s", first ? "" : " ", k[i].keys);
			first = false;
		}
}

static bool
rc_same_keys(enum action action, char view, char other)
{
	struct buf a = {0}, b = {0};
	bool same;

	rc_usual_keys(&a, action, view);
	rc_usual_keys(&b, action, other);
	same = a.len && !strcmp(a.s, b.s);
	buf_free(&a);
	buf_free(&b);
	return same;
}

/*
 * The view whose keys for the action most views share, except those where letters are typed. 0:
 * none.
 */
static char
rc_first_view(enum action action)
{
	char best = 0;
	int most = 0;

	for (const char *v = key_views(); *v; v++) {
		int n = 0;

		for (const char *w = key_views(); *w; w++)
			n += rc_same_keys(action, *v, *w);
		if (n > most && !key_view_types(*v)) {
			most = n;
			best = *v;
		}
	}
	return best;
}

/*
 * The actions of a section. View 0: with the keys of most views; else those whose keys differ in
 * that view.
 */
static void
rc_example_keys(struct buf *out, char view)
{
	enum action seen[ACT_COUNT];
	size_t n, seen_n = 0;
	const struct key_row *k = key_usual(&n);
	bool headed = !view;

	for (size_t i = 0; i < n; i++) {
		char most = rc_first_view(k[i].action), at = view ? view : most,
		     name[KEY_NAME_SIZE];
		bool skip = !at || !key_row_in(&k[i], at) ||
		            (view && rc_same_keys(k[i].action, view, most));

		for (size_t j = 0; j < seen_n; j++)
			skip |= seen[j] == k[i].action;
		if (skip)
			continue;
		seen[seen_n++] = k[i].action;
		key_action_name(&k[i], name, sizeof(name));
		if (!headed)
			buf_fmt(out, "\n#[keys %s]\n", key_view_name(view));
		headed = true;
		buf_fmt(out, "# %s\n#%s = ", k[i].words, name);
		rc_usual_keys(out, k[i].action, at);
		buf_str(out, "\n");
	}
}

void
rc_example(struct buf *out)
{
	size_t n;
	const struct setting *s = setting_table(&n);

	buf_str(out, "# Configures the screen of pmtop. pmtop reads this from\n"
	             "# $XDG_CONFIG_HOME/pmtop/pmtoprc, by default ~/.config/pmtop/pmtoprc, and "
	             "never writes it.\n"
	             "# The command line takes precedence; --no-config ignores the file; answers "
	             "without the screen do\n"
	             "# not depend on it. All values below are the defaults.\n");
	for (size_t i = 0; i < n; i++)
		buf_fmt(out, "\n# %s (%s)\n#%s =%s%s\n", s[i].help, s[i].values, s[i].name,
		        s[i].usual[0] ? " " : "", s[i].usual);
	buf_str(out, "\n# Keys, by the name of the action; they replace those listed here. A key "
	             "is a character, ^X,\n"
	             "# F1 to F12, or named as below; none: no key. Keys of a single view go under "
	             "[keys VIEW].\n#[keys]\n");
	rc_example_keys(out, 0);
	for (const char *v = key_views(); *v; v++)
		rc_example_keys(out, *v);
}
