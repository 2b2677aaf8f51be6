/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of regions: which columns, in which order of rows, of which regions. No terminal. */
#include <stdlib.h>
#include <strings.h>

#include "keys.h"
#include "list_columns.h"
#include "tap.h"
#include "util.h"

/* --- columns ------------------------------------------------------------------------------------------ */

static bool
is_in_list(int id)
{
	for (size_t i = 0; i < LIST_COLUMNS; i++)
		if (list_column_row(i)->id == id)
			return true;
	return false;
}

static void
test_column_table(void)
{
	bool all = true, letters = true, widths = true, words = true;

	for (int i = 0; i < COL_COUNT; i++)
		all &= column_row((enum column_id)i)->set != SET_REGION || is_in_list(i);
	ok(all, "every column of a region can be chosen, or it is said why not");
	for (size_t i = 0; i < LIST_COLUMNS; i++) {
		const struct list_column *c = list_column_row(i);

		widths &= c->id == COL_REGION_MAPPING || (int)strlen(c->title) <= c->width;
		words &= list_column_help(c->id)[0] && !(c->usual && c->lacks[0]);
		for (size_t k = 0; k < i; k++)
			letters &= !c->letter || (c->letter != list_column_row(k)->letter &&
			                          strcasecmp(c->title, list_column_row(k)->title) != 0);
	}
	ok(widths, "headings fit their columns");
	ok(words, "every column is explained, and the usual ones can be filled");
	ok(letters, "no letter and no title is another's");
}

static const char *
layout_text(const struct list_columns *c, int cols)
{
	static struct buf b;
	struct list_layout l = list_columns_layout(c, cols);

	b.len = 0;
	buf_str(&b, "");
	for (size_t i = 0; i < l.n; i++)
		if (l.at[i].column->id == LIST_PAGES)
			buf_fmt(&b, "PAGES:%d ", l.at[i].width);
		else
			buf_fmt(&b, "%s ", l.at[i].column->title);
	return b.s;
}

static void
test_shedding(void)
{
	static const struct {
		int cols;
		const char *want;
	} rows[] = {
	    {200, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN PAGES:24 MAPPING "},
	    {110, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN PAGES:24 MAPPING "},
	    {109, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN PAGES:12 MAPPING "},
	    {80, "ADDRESS SIZE PERM RSS % SWAP WRITTEN PAGES:12 MAPPING "},
	    {74, "ADDRESS SIZE PERM RSS % WRITTEN PAGES:12 MAPPING "},
	    {68, "ADDRESS SIZE PERM RSS % WRITTEN PAGES:8 MAPPING "},
	    {64, "ADDRESS SIZE PERM RSS WRITTEN PAGES:8 MAPPING "},
	    {60, "ADDRESS SIZE PERM RSS WRITTEN MAPPING "},
	    {50, "ADDRESS SIZE PERM RSS MAPPING "},
	    {40, "ADDRESS SIZE RSS MAPPING "},
	    {20, "ADDRESS SIZE RSS MAPPING "},
	};
	struct list_columns usual = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[40];

		snprintf(name, sizeof(name), "the usual columns at %d", rows[i].cols);
		is_str(layout_text(&usual, rows[i].cols), rows[i].want, name);
	}
}

static void
test_chosen_shedding(void)
{
	struct list_columns c = {0};
	struct err err;
	bool inside = true;

	ok(list_columns_parse("pages,mapping,swap,type,address", &c, &err) == 0, "a list of columns");
	is_str(layout_text(&c, 80), "PAGES:12 SWAP TYPE ADDRESS MAPPING ", "they stand as they were chosen, the name last");
	is_str(layout_text(&c, 50), "PAGES:8 SWAP TYPE ADDRESS MAPPING ", "narrow: the strip first");
	is_str(layout_text(&c, 40), "PAGES:8 SWAP TYPE MAPPING ", "then the last one");
	is_str(layout_text(&c, 10), "PAGES:8 MAPPING ", "the first one and the name stay");
	for (int cols = 1; cols < 300; cols++) {
		struct list_layout l = list_columns_layout(&c, cols);

		for (size_t i = 1; i < l.n; i++)
			inside &= l.at[i].x == l.at[i - 1].x + l.at[i - 1].width + 1;
		inside &= cols < 40 || l.at[l.n - 1].x + l.at[l.n - 1].width <= cols;
	}
	ok(inside, "columns stand beside each other at every width");
	is_u64((uint64_t)list_columns_next(&c, COL_REGION_SWAP, 1), COL_REGION_TYPE, "the next one to sort by");
	is_u64((uint64_t)list_columns_next(&c, COL_REGION_MAPPING, 1), COL_REGION_SWAP, "round the end, past the strip");
	is_u64((uint64_t)list_columns_next(&c, COL_REGION_SWAP, -1), COL_REGION_MAPPING, "and back");
	is_u64((uint64_t)list_columns_next(&c, COL_REGION_INODE, 1), COL_REGION_SWAP, "from one that is not shown");
}

static void
test_column_names(void)
{
	static const struct {
		const char *text;
		int column;
		const char *what;
	} wrong[] = {
	    {"address,addres", 9, "no column \"addres\""},
	    {"rss rss", 5, "RSS twice"},
	    {"size,pss", 6, "the list cannot fill PSS"},
	    {"%,START,ADDRESS", 9, "ADDRESS twice"},
	};
	struct list_columns c = {0}, before;
	struct buf text = {0};
	struct err err;

	list_columns_text(&c, &text);
	is_str(text.s, "ADDRESS,SIZE,PERM,TYPE,RSS,%,SWAP,WRITTEN,PAGES,MAPPING", "the usual columns by name");
	ok(list_columns_parse(text.s, &c, &err) == 0 && c.n == 10, "and read again");
	ok(list_columns_parse(" Start  dirty, pages ", &c, &err) == 0 && c.n == 3 && c.id[1] == COL_REGION_DIRTY,
	   "names of --list -o are known, blanks are as good as commas");
	before = c;
	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		ok(list_columns_parse(wrong[i].text, &c, &err) < 0 && err.column == wrong[i].column, wrong[i].text);
		is_str(err.what, wrong[i].what, "and it is said what");
	}
	ok(!memcmp(&before, &c, sizeof(c)), "an error changes nothing");
	ok(list_columns_parse("", &c, &err) == 0 && c.n == 0, "no names: the usual ones");
	buf_free(&text);
}

static void
test_choosing(void)
{
	struct list_columns c = {0};
	struct err err;

	ok(list_columns_toggle(&c, COL_REGION_PERM) && !list_columns_has(&c, COL_REGION_PERM) && c.n == 9,
	   "one of the usual columns goes, the others stay");
	ok(list_columns_toggle(&c, COL_REGION_INODE) && c.id[c.n - 2] == COL_REGION_INODE, "a new one stands before the name");
	ok(list_columns_move(&c, COL_REGION_INODE, -1) && c.id[c.n - 3] == COL_REGION_INODE, "it moves");
	ok(!list_columns_move(&c, COL_REGION_MAPPING, -1) && !list_columns_move(&c, COL_REGION_START, -1) &&
	       !list_columns_move(&c, COL_REGION_PERM, 1),
	   "but not past an end, not the name, and not what is not there");
	ok(list_columns_parse("rss", &c, &err) == 0 && !list_columns_toggle(&c, COL_REGION_RSS) && c.n == 1,
	   "the last one cannot be taken away");
}

int
main(void)
{
	tap_start();
	test_column_table();
	test_shedding();
	test_chosen_shedding();
	test_column_names();
	test_choosing();
	return tap_done();
}
