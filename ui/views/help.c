/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/help.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "config/settings.h"
#include "filter/filter.h"
#include "kernel/processes.h"
#include "model/here.h"
#include "page/state.h"
#include "query/query.h"
#include "term/keys.h"
#include "term/mouse.h"
#include "term/paint.h"
#include "track/track.h"

/* --- entries ---------------------------------------------------------------------------------- */

static struct help_entry *
help_add(struct help *h, enum role role, const char *left, const char *right)
{
	struct help_entry *e = &h->entry[h->n < HELP_ENTRIES - 1 ? h->n++ : HELP_ENTRIES - 1];

	*e = (struct help_entry){.role = role, .right = right};
	snprintf(e->left, sizeof(e->left), "%s", left);
	return e;
}

/* A heading, with a blank line before it. */
static void
help_head(struct help *h, const char *text)
{
	if (h->n)
		help_add(h, ROLE_TEXT, "", "");
	help_add(h, ROLE_ACCENT, text, "");
}

/* A paragraph. */
static void
help_paragraph(struct help *h, const char *text)
{
	help_add(h, ROLE_TEXT, "", text);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void
help_add_keys(struct help *h, char view, bool recorded)
{
	size_t n;
	const struct key_row *k = key_table(&n);

	for (enum key_group g = GROUP_MOVE; g < GROUP_COUNT; g++) {
		bool headed = false;

		for (size_t i = 0; i < n; i++) {
			if (k[i].group != g || !key_row_in(&k[i], view) ||
			    (recorded && key_is_live(k[i].action)))
				continue;
			if (!headed)
				help_head(h, key_group_name(g));
			headed = true;
			help_add(h, ROLE_STRONG, k[i].keys, k[i].words);
		}
	}
	/* a signal, not a key */
	help_add(h, ROLE_STRONG, "^C", "cancel what is running or being typed; else quit");
}

/* --- what is seen ----------------------------------------------------------------------------- */

static void
help_add_classes(struct help *h, enum lens lens)
{
	for (unsigned c = 0; c < lens_classes(lens); c++) {
		bool state = lens == LENS_STATE;
		char left[32];
		struct help_entry *e;

		snprintf(left, sizeof(left), "  %s", state ? state_row((enum state)c)->name : "");
		e = help_add(h, ROLE_STRONG, left,
		             state ? state_row((enum state)c)->help : lens_class(lens, c).name);
		e->glyph = (wchar_t)lens_class(lens, c).letter;
		e->glyph_role = paint_class_role(lens, c);
	}
}

/* The classes of the current lens. */
static void
help_add_legend(struct help *h, enum lens lens)
{
	char text[32];

	snprintf(text, sizeof(text), "Pages: %s", lens_row(lens)->name);
	help_head(h, text);
	help_add_classes(h, lens);
}

static void
help_add_heat(struct help *h)
{
	static const char *const ages[HEAT_COUNT] = {[HEAT_NOW] = "at most half a second ago",
	                                             [HEAT_2S] = "up to 2 s ago",
	                                             [HEAT_5S] = "up to 5 s ago",
	                                             [HEAT_12S] = "up to 12 s ago",
	                                             [HEAT_30S] =
	                                                 "longer ago, until the next clear"};

	help_head(h, "Written");
	for (enum heat step = HEAT_NOW; step < HEAT_COUNT; step++) {
		struct help_entry *e = help_add(h, ROLE_STRONG, "  written", ages[step]);

		e->glyph = step == HEAT_NOW ? L'#' : step <= HEAT_5S ? L'+' : L'-';
		e->glyph_role = paint_heat_role(step);
	}
}

static void
help_add_lenses(struct help *h)
{
	for (unsigned l = 0; l < LENS_COUNT; l++) {
		const struct lens_row *row = lens_row((enum lens)l);
		char left[40];

		snprintf(left, sizeof(left), "%c %s", row->digit, row->name);
		help_head(h, left);
		help_paragraph(h, row->question);
		if (l == LENS_WRITES)
			continue; /* its classes are the states, which have a page of their own */
		help_add_classes(h, (enum lens)l);
	}
}

static void
help_add_bytes(struct help *h)
{
	help_head(h, "Bytes");
	help_add(h, ROLE_BYTE_ZERO, "00", "zero");
	help_add(h, ROLE_BYTE_TEXT, "41", "text");
	help_add(h, ROLE_BYTE_FF, "ff", "all bits set");
	help_add(h, ROLE_BYTE_REST, "1b", "anything else");
	help_add(h, ROLE_HEAT_NOW, "2a", "seen to change, the brighter the more recently");
	help_add(h, ROLE_NONE, "..",
	         "not read: a page that is not in RAM, or must not be read");
}

/* The words of the process list about access to each process. */
static void
help_add_access(struct help *h)
{
	help_head(h, "Access");
	for (unsigned a = ACCESS_FULL; a < ACCESS_COUNT; a++)
		help_add(h, ROLE_STRONG, access_name((enum access)a), access_help((enum access)a));
}

/* --- what can be said ------------------------------------------------------------------------- */

static void
help_add_questions(struct help *h)
{
	size_t n, here_n;
	const struct query_form *q = query_forms(&n);
	const struct here_form *here;

	for (enum query_group g = 0; g < QUERY_GROUPS; g++) {
		help_head(h, query_group_name(g));
		for (size_t i = 0; i < n; i++)
			if (query_group(q[i].kind) == g)
				help_add(h, ROLE_STRONG, q[i].form, q[i].help);
		here = here_forms(&here_n);
		for (size_t i = 0; g == QUERY_PLACE && i < here_n; i++)
			help_add(h, ROLE_STRONG, here[i].form, here[i].help);
	}
}

static void
help_add_filter(struct help *h)
{
	size_t n;
	const struct filter_row *rows = filter_table(&n);

	help_head(h, "Filter");
	help_paragraph(h,
	          "Only regions for which the expression is true are shown. It consists of words, "
	          "and of fields compared with a value by = != < <= > >= or ~; ! (not) binds "
	          "tighter than & (and), that tighter than | (or); parentheses group. "
	          "perm~rwx | size>=2m & name~libc");
	for (size_t i = 0; i < n; i++)
		if (rows[i].scope & FILTER_REGION)
			help_add(h, ROLE_STRONG, rows[i].names, rows[i].help);
}

static void
help_add_writes(struct help *h)
{
	help_head(h, "Writes");
	help_paragraph(h,
	          "A clear forgets earlier writes and write-protects every page. The next write to "
	          "a page takes one short fault and turns the page warm: the brighter, the more "
	          "recent. This costs the target one fault per page, once, and a pause of some "
	          "milliseconds for the clear.");
	help_paragraph(h,
	          "Userfaultfd may split a mapping into several regions, for example when [heap] "
	          "grows: the kernel does not merge new memory with watched memory, nor what "
	          "--scope watches with the rest. They stay split after the watch.");
	help_paragraph(h,
	          "A huge page is tracked as a whole: one byte written counts as all of it.");
	help_paragraph(h,
	          "The time from one auto-clear to the next is an epoch. A page's epochs are "
	          "shown oldest first: a block is one in which it was written, a dot one in "
	          "which it was not.");
	help_paragraph(h, "Nothing is cleared unless you ask. Before the first clear, nothing is "
	             "known about writes: the kernel reports every new page as written.");
	help_add_heat(h);
	help_head(h, "Trackers");
	for (unsigned w = 0; w < TRACKERS; w++)
		help_add(h, ROLE_STRONG, tracker_words((enum tracker)w)->name,
		         tracker_words((enum tracker)w)->help);
}

static void
help_add_mouse(struct help *h)
{
	size_t n;
	const struct mouse_row *m = mouse_table(&n);

	help_head(h, "Mouse");
	for (size_t i = 0; i < n; i++)
		help_add(h, ROLE_STRONG, m[i].gesture, m[i].words);
}

static void
help_add_settings(struct help *h)
{
	size_t n;
	const struct setting *s = setting_table(&n);

	help_head(h, "Settings");
	help_paragraph(h, "Your own settings and keys go into $XDG_CONFIG_HOME/pmtop/pmtoprc "
	             "(~/.config by default); `pmtop --print-config` prints a template.");
	for (size_t i = 0; i < n; i++)
		help_add(h, ROLE_STRONG, s[i].name, s[i].help);
}

/* What the words of the table of writers mean. */
static void
help_add_by(struct help *h)
{
	help_head(h, "Who wrote");
	help_add(h, ROLE_STRONG, "PAGES/S",
	         "pages of which it was the first writer, in the last 5 s; empty: not known");
	help_add(h, ROLE_STRONG, "PAGES",
	         "the same since the clear; with auto-clear in each epoch");
	help_add(h, ROLE_STRONG, "MAYBE",
	         "pages that several faulted on, or of which not all faults were watched: "
	         "one of them wrote, and which is not known");
	help_add(h, ROLE_STRONG, WRITERS_READS,
	         "only code that reads faulted on them: written as with no fault seen");
	help_add(h, ROLE_STRONG, "no fault seen",
	         "written by a device, another process, or a system call that is not watched");
	help_add(h, ROLE_STRONG, "not sampled",
	         "more faults than --budget allows: these pages' were not watched");
	help_paragraph(h, "Only the first write to a page after each clear is a page fault: who "
	                  "writes the page again before the next clear is not known.");
}

/* What the picture of memory over time means. */
static void
help_add_past(struct help *h)
{
	help_head(h, "Heat");
	help_paragraph(h, "Addresses go down and times across. Every page that was in RAM or in "
	                  "swap at some time has its place, and rows have as many pages each: "
	                  "gaps take no room. A cell with two colours is of two rows.");
	help_add(h, ROLE_STRONG, "writes",
	         "how much of the row was newly written a second: each page once per clear");
	help_add(h, ROLE_STRONG, "rss", "how much of the row was in RAM at the end of the column");
	help_add(h, ROLE_STRONG, "growth", "how much more, or less, than in the column before");
	help_add(h, ROLE_DIM, "?", "not known");
	help_paragraph(h, "Of a process these are the scans since pmtop began, at most 1000 in 16 "
	                  "MiB: then older ones are joined where they lie closest together.");
}

/* --- pages ------------------------------------------------------------------------------------ */

/*
 * Pages about a view have the letter of its keys, the others a name; `add` adds what is not in the
 * tables.
 */
static const struct {
	char letter;
	const char *name;
	void (*add)(struct help *h);
} help_pages[] = {
    {'R', NULL, NULL},
    {'G', NULL, NULL},
    {'P', NULL, NULL},
    {'X', NULL, help_add_bytes},
    {'V', NULL, NULL},
    {'M', NULL, NULL},
    {'W', NULL, help_add_writes},
    {'B', NULL, help_add_by},
    {'E', NULL, help_add_past},
    {'C', NULL, NULL},
    {'L', NULL, NULL},
    {'S', NULL, help_add_access},
    {'T', NULL, NULL},
    {'U', NULL, NULL},
    {0, "lenses", help_add_lenses},
    {0, "questions", help_add_questions},
    {0, "filter", help_add_filter},
    {0, "mouse", help_add_mouse},
    {0, "settings", help_add_settings},
    {'H', NULL, NULL},
};

const char *
help_page_name(size_t page)
{
	if (page >= ARRAY_LEN(help_pages))
		return NULL;
	return help_pages[page].letter ? key_view_name(help_pages[page].letter)
	                               : help_pages[page].name;
}

size_t
help_page_of(char letter)
{
	size_t page = 0;

	while (page + 1 < ARRAY_LEN(help_pages) && help_pages[page].letter != letter)
		page++;
	return page;
}

void
help_make(struct help *h, size_t page, enum lens lens, bool recorded)
{
	if (help_pages[page].letter)
		help_add_keys(h, help_pages[page].letter, recorded);
	if (help_pages[page].letter && strchr("RGM", help_pages[page].letter))
		help_add_legend(h, lens);
	if (help_pages[page].add)
		help_pages[page].add(h);
}
