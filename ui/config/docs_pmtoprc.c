/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The manual of the configuration file, printed as man/pmtoprc.5. */
#include <stdio.h>
#include <string.h>

#include "config/docs_parts.h"
#include "config/settings.h"
#include "term/keys.h"
#include "term/user_keymap.h"

static void
docs_pmtoprc_settings(void)
{
	size_t n;
	const struct setting *s = setting_table(&n);

	printf(".SH DESCRIPTION\n"
	       "\\fI$XDG_CONFIG_HOME/pmtop/pmtoprc\\fR (\\fI~/.config/pmtop/pmtoprc\\fR by "
	       "default) configures the screen with lines of \\fINAME = VALUE\\fR. A comment is a "
	       "line that begins with #, or follows a ; after a value. The command line takes "
	       "precedence. Answers without the screen do not depend on the file, and pmtop "
	       "never writes it. The screen reports errors with their line numbers and applies "
	       "the rest; \\fB!\\fR shows all messages.\n.PP\n"
	       "\\fBpmtop \\-\\-print\\-config\\fR prints a template: all settings and keys, as "
	       "comments.\n.SH SETTINGS\n");
	for (size_t i = 0; i < n; i++) {
		struct buf term = {0}, text = {0};

		buf_fmt(&term, "%s = %s", s[i].name, s[i].values);
		buf_fmt(&text, "%s%s%s%s", s[i].help, s[i].usual[0] ? " (" : "", s[i].usual,
		        s[i].usual[0] ? ")" : "");
		docs_item(term.s, text.s);
		buf_free(&term);
		buf_free(&text);
	}
}

/*
 * The row that says best what the action does: of the list or the grid, or the first. NULL: letters
 * are typed wherever it is.
 */
static const struct key_row *
docs_pmtoprc_row(const struct key_row *all, size_t n, enum action action)
{
	const struct key_row *best = NULL;

	for (size_t i = 0; i < n; i++) {
		if (all[i].action != action || key_view_types(all[i].views[0]))
			continue;
		if (strchr(all[i].views, 'R') || strchr(all[i].views, 'G'))
			return &all[i];
		if (!best)
			best = &all[i];
	}
	return best;
}

/* Adds those of a row's keys that are not in the text yet. */
static void
docs_pmtoprc_add(const char *keys, struct buf *text)
{
	for (size_t n; *keys; keys += n + (keys[n] == ' ')) {
		bool had = false;

		n = strcspn(keys, " ");
		for (const char *s = text->len ? text->s : ""; *s; s += strspn(s, " ")) {
			size_t len = strcspn(s, " ");

			had |= len == n && !strncmp(s, keys, n);
			s += len;
		}
		if (!had)
			buf_fmt(text, "%s%.*s", text->len ? " " : "", (int)n, keys);
	}
}

/* What the action does, as best says; if views differ in that, what it does in each. */
static void
docs_pmtoprc_words(const struct key_row *all, size_t n, const struct key_row *best,
                   struct buf *text)
{
	bool one = strchr(best->views, 'R') || strchr(best->views, 'G');
	size_t same = 0, rows = 0;

	for (size_t i = 0; i < n && !one; i++)
		if (all[i].action == best->action && !key_view_types(all[i].views[0])) {
			rows++;
			same += !strcmp(all[i].words, best->words);
		}
	if (same == rows) {
		buf_str(text, best->words);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (all[i].action == best->action && !key_view_types(all[i].views[0]))
			buf_fmt(text, "%s%s: %s", text->len ? "; " : "",
			        key_view_name(all[i].views[0]), all[i].words);
}

/* The action's name, what it does, and its keys in any view. */
static void
docs_pmtoprc_action(const struct key_row *all, size_t n, enum action action)
{
	const struct key_row *k = docs_pmtoprc_row(all, n, action);
	struct buf keys = {0}, text = {0};
	char name[KEY_NAME_SIZE];

	if (!k)
		return;
	key_action_name(k, name, sizeof(name));
	for (size_t i = 0; i < n; i++)
		if (all[i].action == action && !key_view_types(all[i].views[0]))
			docs_pmtoprc_add(all[i].keys, &keys);
	docs_pmtoprc_words(all, n, k, &text);
	buf_fmt(&text, " (%s)", keys.s);
	docs_item(name, text.s);
	buf_free(&keys);
	buf_free(&text);
}

static void
docs_pmtoprc_keys(void)
{
	size_t n;
	const struct key_row *k = key_usual(&n);

	printf(".SH KEYS\nA section \\fB[keys]\\fR replaces the keys of an action, by the action's "
	       "name: \\fBclear = c ^K\\fR, or \\fBrewind = none\\fR. A section "
	       "\\fB[keys VIEW]\\fR applies to a single view, one of");
	for (const char *v = key_views(); *v; v++)
		printf("%s %s", v == key_views() ? "" : ",", key_view_name(*v));
	printf(". A key cannot have two meanings in one view.\n.PP\n"
	       "A key is a character, ^X, F1 to F12, or one of Enter Esc Tab S\\-Tab Space "
	       "Backspace Del Up Down Left Right Home End PgUp PgDn. The actions, with the keys "
	       "that they have in some view without a configuration:\n");
	for (unsigned action = 0; action < ACT_COUNT; action++)
		docs_pmtoprc_action(k, n, (enum action)action);
}

void
docs_pmtoprc(void)
{
	docs_title("PMTOPRC", 5, "File formats", "man-rc");
	printf(".SH NAME\npmtoprc \\- configuration of the screen of pmtop\n"
	       ".SH SYNOPSIS\n.I $XDG_CONFIG_HOME/pmtop/pmtoprc\n");
	docs_pmtoprc_settings();
	docs_pmtoprc_keys();
	printf(".SH EXAMPLE\n.EX\n"
	       "theme = light\n"
	       "columns = rss swap grown mapping\n"
	       "sort = rss\n"
	       "[keys]\n"
	       "quit = ^Q\n"
	       ".EE\n"
	       ".SH \"SEE ALSO\"\n.BR pmtop (1),\n.BR pmtop\\-query (7)\n");
}
