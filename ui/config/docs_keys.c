/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The keys of each view, for the manual. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config/docs_parts.h"
#include "term/keys.h"
#include "term/mouse.h"

/* The main views of a target. Menus, questions and the process list have few keys of their own. */
static const char docs_main_views[] = "RVGPXMWCHL";

/*
 * Whether that view has the same keys for the same action, in this row or in one with another hint.
 */
static bool
docs_same_in(const struct key_row *k, char view)
{
	size_t n;
	const struct key_row *all = key_table(&n);

	for (size_t i = 0; i < n; i++)
		if (key_row_in(&all[i], view) && !strcmp(all[i].keys, k->keys) &&
		    !strcmp(all[i].words, k->words))
			return true;
	return false;
}

/* Listed once, instead of in the section of each view. */
static bool
docs_is_common_key(const struct key_row *k)
{
	size_t views = 0;

	for (const char *v = docs_main_views; *v; v++)
		views += docs_same_in(k, *v);
	return views > strlen(docs_main_views) / 2;
}

static bool
docs_is_first(const struct key_row *all, const struct key_row *k)
{
	for (; all < k; all++)
		if (!strcmp(all->keys, k->keys) && !strcmp(all->words, k->words))
			return false;
	return true;
}

static void
docs_common_key(const struct key_row *k)
{
	struct buf text = {0};
	const char *sep = " (not in ";

	buf_str(&text, k->words);
	for (const char *v = docs_main_views; *v; v++)
		if (!docs_same_in(k, *v)) {
			buf_fmt(&text, "%s%s", sep, key_view_name(*v));
			sep = ", ";
		}
	buf_str(&text, *sep == ',' ? ")" : "");
	docs_item(k->keys, text.s);
	buf_free(&text);
}

static void
docs_keys_of(char view)
{
	size_t n, own = 0;
	const struct key_row *k = key_table(&n);
	const char *title = key_view_title(view);

	printf(".SS \"%c%s (%s)\"\n", toupper((unsigned char)title[0]), title + 1,
	       key_view_name(view));
	for (enum key_group g = GROUP_MOVE; g < GROUP_COUNT; g++)
		for (size_t i = 0; i < n; i++)
			if (k[i].group == g && strchr(k[i].views, view) &&
			    !(strchr(docs_main_views, view) && docs_is_common_key(&k[i]))) {
				docs_item(k[i].keys, k[i].words);
				own++;
			}
	if (!own)
		printf("No keys of its own.\n");
}

void
docs_keys(void)
{
	size_t n, gestures;
	const struct key_row *k = key_table(&n);
	const struct mouse_row *m = mouse_table(&gestures);

	printf(".SH KEYS\nThe keys that most views share come first, then a section per view. "
	       "The name in brackets is the view's in pmtoprc. \\fB?\\fR lists all keys of the "
	       "view on screen.\n.PP\nDuring a slow command (a question, a search, a page read "
	       "with \\fBR\\fR, smaps, a card, the counts of a range) every key still works, and "
	       "the status line shows the progress. Esc or ^C cancels the command, or closes "
	       "the prompt; if there is neither, ^C quits.\n"
	       ".SS \"Most views\"\n");
	for (enum key_group g = GROUP_MOVE; g < GROUP_COUNT; g++)
		for (size_t i = 0; i < n; i++)
			if (k[i].group == g && docs_is_common_key(&k[i]) && docs_is_first(k, &k[i]))
				docs_common_key(&k[i]);
	for (const char *v = key_views(); *v; v++)
		docs_keys_of(*v);
	printf(".SS Mouse\n");
	for (size_t i = 0; i < gestures; i++)
		docs_item(m[i].gesture, m[i].words);
}
