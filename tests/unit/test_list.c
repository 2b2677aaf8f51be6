/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The list of regions: which columns, in which order of rows, of which regions. No terminal. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"
#include "fake.h"
#include "model/list_columns.h"
#include "model/list_filter.h"
#include "model/list_changes.h"
#include "model/list_rows.h"
#include "model/list_sort.h"
#include "tap.h"
#include "term/keys.h"
#include "term/paint.h"
#include "target/accesses.h"
#include "views/lacks.h"
#include "views/view.h"

/* --- columns ---------------------------------------------------------------------------------- */

static void
test_column_table(void)
{
	bool in_order = true, letters = true, widths = true, words = true;

	for (size_t i = 0; i < LIST_COLUMNS; i++) {
		const struct column *c = list_column_row(i);
		const char *title = list_column_title(c);

		in_order &= !i || !c->place || c->place > list_column_row(i - 1)->place;
		letters &= !c->letter || (key_action(c->letter, 'T') == ACT_NONE);
		widths &= c->id == COL_REGION_MAPPING || (int)strlen(title) <= c->width;
		words &= !(c->place && c->place < LIST_MORE && list_column_needs_smaps(c->id, NULL)) &&
		         (c->letter || list_is_picture(c->id));
		for (size_t k = 0; k < i; k++)
			letters &= !c->letter || (c->letter != list_column_row(k)->letter &&
			                          strcasecmp(title, list_column_title(list_column_row(k))) != 0);
	}
	ok(in_order, "each place is one column's, and the menus are in their order");
	ok(widths, "headings fit their columns");
	ok(words, "every column but a picture can be sorted by, and the usual ones read no smaps");
	ok(letters, "no letter and no title is another's, nor is a letter a key of the menu");
}

static const char *
layout_text(const struct list_columns *c, int cols, uint64_t empty)
{
	static struct buf b;
	struct list_layout l = list_columns_layout(c, cols, empty);

	b.len = 0;
	buf_str(&b, "");
	for (size_t i = 0; i < l.n; i++)
		if (l.at[i].column->id == COL_LIST_PAGES)
			buf_fmt(&b, "PAGES:%d ", l.at[i].width);
		else
			buf_fmt(&b, "%s ", list_column_title(l.at[i].column));
	return b.s;
}

static void
test_shedding(void)
{
	static const struct {
		int cols;
		const char *want;
	} rows[] = {
	    {200, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN MINUTE WR/S PAGES:24 MAPPING "},
	    {132, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN MINUTE WR/S PAGES:24 MAPPING "},
	    {131, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN WR/S PAGES:24 MAPPING "},
	    {110, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN WR/S PAGES:24 MAPPING "},
	    {109, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN WR/S PAGES:12 MAPPING "},
	    {86, "ADDRESS SIZE PERM TYPE RSS % SWAP WRITTEN PAGES:12 MAPPING "},
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
		is_str(layout_text(&usual, rows[i].cols, list_columns_needing(NEED_BASELINE | NEED_TOUCHED | NEED_ACCESSES | NEED_DIFF)),
		       rows[i].want,
		       name);
	}
}

/* GROWN, which comes and goes, takes room only while it is there. */
static void
test_baseline(void)
{
	static const struct {
		int cols;
		const char *want;
	} rows[] = {
	    {140, "ADDRESS SIZE PERM TYPE RSS % SWAP GROWN WRITTEN MINUTE WR/S PAGES:24 MAPPING "},
	    {80, "ADDRESS SIZE PERM RSS % GROWN WRITTEN PAGES:12 MAPPING "},
	    {60, "ADDRESS SIZE PERM RSS GROWN WRITTEN MAPPING "},
	    {48, "ADDRESS SIZE RSS GROWN MAPPING "},
	    {40, "ADDRESS SIZE RSS MAPPING "},
	};
	struct list_columns usual = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[40];

		snprintf(name, sizeof(name), "with a baseline, at %d", rows[i].cols);
		is_str(layout_text(&usual, rows[i].cols, list_columns_needing(NEED_TOUCHED | NEED_ACCESSES | NEED_DIFF)),
		       rows[i].want, name);
	}
}

/* bug: empty SWAP, WRITTEN and WR/S took room from the names. */
static void
test_empty_columns(void)
{
	static const enum column_id taken[] = {COL_REGION_SWAP, COL_REGION_WRITTEN, COL_LIST_MINUTE,
	                            COL_REGION_RATE};
	uint64_t base = list_columns_needing(NEED_BASELINE | NEED_TOUCHED | NEED_ACCESSES | NEED_DIFF), empty = base;
	struct list_columns usual = {0}, chosen = {0};
	struct list_layout l_far;
	struct err err;
	bool stay = true, wider = true;

	for (size_t i = 0; i < ARRAY_LEN(taken); i++)
		empty |= list_column_bit(taken[i]);
	is_str(layout_text(&usual, 80, empty), "ADDRESS SIZE PERM RSS % PAGES:12 MAPPING ",
	       "at 80 none comes in their place");
	is_str(layout_text(&usual, 132, empty), "ADDRESS SIZE PERM TYPE RSS % PAGES:24 MAPPING ",
	       "nor at 132");
	for (int cols = 30; cols < 250; cols++) {
		struct list_layout all = list_columns_layout(&usual, cols, base),
				   l = list_columns_layout(&usual, cols, empty);

		for (size_t i = 0; i < l.n; i++)
			stay &= list_layout_of(&all, l.at[i].column->id) &&
			        (l.at[i].x == all.at[i].x || i > 4);
		wider &= list_layout_of(&l, COL_REGION_MAPPING)->width >=
		         list_layout_of(&all, COL_REGION_MAPPING)->width;
	}
	ok(stay, "what is shown, and where it begins, is as if they were there");
	usual.far = true;
	l_far = list_columns_layout(&usual, 80, empty);
	ok(l_far.at[0].width == FAR_DIGITS && l_far.at[1].x == 1 + FAR_DIGITS + 1,
	   "far addresses have room for their digits");
	usual.far = false;
	ok(wider, "their room is the names'");
	ok(list_columns_toggle(&chosen, COL_REGION_INODE), "another column is chosen");
	is_str(layout_text(&chosen, 100, empty),
	       "ADDRESS SIZE PERM TYPE RSS % PAGES:12 INODE MAPPING ", "they stay away");
	ok(list_columns_toggle(&chosen, COL_REGION_SWAP) &&
	       list_columns_toggle(&chosen, COL_REGION_SWAP),
	   "one is asked for");
	is_str(layout_text(&chosen, 100, empty),
	       "ADDRESS SIZE PERM TYPE RSS % PAGES:12 INODE SWAP MAPPING ",
	       "it comes, empty or not");
	ok(list_columns_parse("address,swap", &chosen, &err) == 0, "so do those that are listed");
	is_str(layout_text(&chosen, 100, empty), "ADDRESS SWAP ",
	       "though there is nothing in them");
}

static void
test_chosen_shedding(void)
{
	struct list_columns c = {0};
	struct err err;
	bool inside = true;

	ok(list_columns_parse("pages,mapping,swap,type,address", &c, &err) == 0, "a list of columns");
	is_str(layout_text(&c, 80, 0), "PAGES:12 SWAP TYPE ADDRESS MAPPING ",
	       "they stand as they were chosen, the name last");
	is_str(layout_text(&c, 50, 0), "PAGES:8 SWAP TYPE ADDRESS MAPPING ",
	       "narrow: the strip first");
	is_str(layout_text(&c, 40, 0), "PAGES:8 SWAP TYPE MAPPING ", "then the last one");
	is_str(layout_text(&c, 10, 0), "PAGES:8 MAPPING ", "the first one and the name stay");
	for (int cols = 1; cols < 300; cols++) {
		struct list_layout l = list_columns_layout(&c, cols, 0);

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
	    {"%,START,ADDRESS", 9, "ADDRESS twice"},
	};
	struct list_columns c = {0}, before;
	struct buf text = {0};
	struct err err;

	list_columns_spell(&c);
	for (size_t i = 0; i < c.n; i++)
		buf_fmt(&text, "%s%s", i ? "," : "", list_column_title(column_row((enum column_id)c.id[i])));
	is_str(text.s,
	       "ADDRESS,SIZE,PERM,TYPE,RSS,%,SWAP,TOUCHED,ACCESSED,GROWN,WRITTEN,MINUTE,WR/S,"
	       "BECAME,+RSS,+SWAP,+WRITTEN,CHANGED,MOVED,REWRITTEN,PAGES,MAPPING",
	       "the usual columns by name");
	ok(list_columns_parse(text.s, &c, &err) == 0 && c.n == 22, "and read again");
	ok(list_columns_parse(" Start  dirty, pages ", &c, &err) == 0 && c.n == 3 &&
	       c.id[1] == COL_REGION_WRITTEN,
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

	ok(list_columns_toggle(&c, COL_REGION_PERM) && !list_columns_has(&c, COL_REGION_PERM) && c.n == 21,
	   "one of the usual columns goes, the others stay");
	ok(list_columns_toggle(&c, COL_REGION_INODE) && c.id[c.n - 2] == COL_REGION_INODE, "a new one stands before the name");
	ok(list_columns_move(&c, COL_REGION_INODE, -1) && c.id[c.n - 3] == COL_REGION_INODE, "it moves");
	ok(!list_columns_move(&c, COL_REGION_MAPPING, -1) && !list_columns_move(&c, COL_REGION_START, -1) &&
	       !list_columns_move(&c, COL_REGION_PERM, 1),
	   "but not past an end, not the name, and not what is not there");
	ok(list_columns_parse("rss", &c, &err) == 0 && !list_columns_toggle(&c, COL_REGION_RSS) && c.n == 1,
	   "the last one cannot be taken away");
}

/* --- what came and went ----------------------------------------------------------------------- */

static struct sample
sample_of(const char *maps, uint64_t time_ns)
{
	struct sample s = {.page_size = 4096};
	struct vma_list l = {0};
	size_t odd;

	vma_parse(&l, mem_strdup(maps), &odd);
	s.regions = regions_new(l, time_ns);
	regions_sum_up(s.regions, LENS_STATE);
	return s;
}

/* The marks as "+start ... -start ..."; they have seen `was` at 1 s. */
static const char *
marks_text(const char *was, const char *is)
{
	static struct buf b;
	struct sample before = sample_of(was, UINT64_C(1000000000)), after = sample_of(is, UINT64_C(2000000000));
	struct list_changes m = {0};

	b.len = 0;
	buf_str(&b, "");
	list_changes_update(&m, &before, before.regions->time_ns);
	list_changes_update(&m, &after, after.regions->time_ns);
	for (size_t i = 0; i < m.born_n; i++)
		buf_fmt(&b, "+%llx ", (unsigned long long)m.born[i].start);
	for (size_t i = 0; i < m.gone_n; i++)
		buf_fmt(&b, "-%llx ", (unsigned long long)m.gone[i].in->vmas.v[m.gone[i].at].start);
	list_changes_free(&m);
	regions_unref(before.regions);
	regions_unref(after.regions);
	return b.s;
}

#define ANON(range) range " rw-p 00000000 00:00 0 \n"
#define LIBC(range) range " r--p 00000000 08:01 77 /lib/libc.so\n"

static void
test_marks(void)
{
	is_str(marks_text(ANON("1000-2000"), ANON("1000-2000") ANON("5000-6000")), "+5000 ", "a region that came");
	is_str(marks_text(ANON("1000-2000") ANON("5000-6000"), ANON("5000-6000")), "-1000 ", "a region that went");
	is_str(marks_text(ANON("1000-2000"), LIBC("1000-2000")), "+1000 -1000 ", "a file in the place of memory");
	is_str(marks_text(ANON("3000-5000"), ANON("1000-5000")), "", "a stack that grew");
	is_str(marks_text(ANON("1000-5000"), ANON("1000-2000") "2000-3000 r--p 00000000 00:00 0 \n" ANON("3000-5000")),
	       "", "one that was split");
	is_str(marks_text(ANON("1000-2000") ANON("2000-3000"), ANON("1000-3000")), "", "two that have become one");
	is_str(marks_text(ANON("1000-9000"), ANON("1000-2000") ANON("8000-9000")), "", "a hole is no region");
	is_str(marks_text("", ANON("1000-2000")), "+1000 ", "the first region of all");
}

static void
test_marks_end(void)
{
	struct sample a = sample_of(ANON("1000-2000"), 1000), b = sample_of(LIBC("1000-2000"), 2000);
	struct list_changes m = {0};

	ok(!list_changes_update(&m, &a, 1000) && list_changes_wait_ms(&m, 1000) < 0, "at first nothing is new");
	ok(list_changes_update(&m, &b, 2000) && list_changes_born(&m, 0x1000) && list_changes_gone(&m, 0x1000), "two marks");
	is_u64((uint64_t)list_changes_wait_ms(&m, 2000), 3001, "they stay for three seconds");
	ok(!list_changes_update(&m, &b, UINT64_C(3000002000)) && list_changes_gone(&m, 0x1000), "to the last of them");
	ok(list_changes_update(&m, &b, UINT64_C(3001002000)) && !list_changes_born(&m, 0x1000) && !list_changes_gone(&m, 0x1000) &&
	       list_changes_wait_ms(&m, UINT64_C(3001002000)) < 0,
	   "then they are gone, without a new look");
	list_changes_update(&m, &a, 1000);
	ok(!m.born_n && !m.gone_n, "looking back in time marks nothing");
	b.execs = 1;
	list_changes_update(&m, &b, 2000);
	ok(!m.born_n && !m.gone_n, "nor does a new program");
	list_changes_free(&m);
	regions_unref(a.regions);
	regions_unref(b.regions);
}

/* --- filters ---------------------------------------------------------------------------------- */

static void
test_filter(void)
{
	static const struct {
		const char *typed, *means; /* NULL: an error */
		const char *in;            /* a letter for each region that passes */
	} rows[] = {
	    {"", "", "abc"},
	    {"   ", "", "abc"},
	    {"libc", "name~libc", "b"},
	    {" LIBC ", "name~LIBC", "b"},
	    {"Java heap", "name~\"Java heap\"", "c"},
	    {"[anon", "name~\"[anon\"", "c"},
	    {"it's", "name~\"it's\"", ""},
	    {"say \"", "name~'say \"'", ""},
	    {"file", "file", "b"},
	    {"anon & perm~w", "anon & perm~w", "ac"},
	    {"size>1p", "size>1p", "c"},
	    {"rss", "name~rss", ""},
	    {"rss>", NULL, "abc"},
	    {"!", NULL, "abc"},
	    {"(libc", NULL, "abc"},
	    {"both ' and \"", NULL, "abc"},
	};
	struct sample s = sample_of(ANON("1000-2000") LIBC("2000-3000") "3000-5000 rw-p 00000000 00:00 0 [anon:Java heap]\n", 1);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct list_filter f = {0};
		struct err err;
		int r = list_filter_set(&f, rows[i].typed, 4096, &err);
		size_t unknown, n = 0;
		bool *in = list_filter_run(&f, &s, &unknown);
		char got[8] = "";

		for (size_t k = 0; k < 3; k++)
			if (!in || in[k])
				got[n++] = "abc"[k];
		ok(rows[i].means ? r == 0 && !strcmp(f.text, rows[i].means) : r < 0 && err.column > 0, rows[i].typed);
		is_str(got, rows[i].in, "passes");
		free(in);
	}
	regions_unref(s.regions);
}

/* --- order ------------------------------------------------------------------------------------ */

enum { PAGES_A = 10, PAGES_B = 19, PAGES_C = 550 };

/* "c b a": the rows by the last digit of their starts. */
static const char *
rows_text(struct ui *ui, struct sample *s, bool counted, const uint64_t rss[3])
{
	static char text[8];
	size_t n = 0;

	s->serial++;
	s->regions->counted = counted;
	for (size_t i = 0; i < 3; i++) {
		regions_edit(s->regions, i)->known = rss[i] != 0;
		regions_edit(s->regions, i)->rss = rss[i];
	}
	rows_settle(ui, s);
	for (size_t i = 0; i < ui->list->order_n && n < sizeof(text) - 1; i++)
		text[n++] = (char)('a' + (ui->list->order[i] >> 12) / 2);
	text[n] = '\0';
	return text;
}

/* bug: 76K was above 2.2M for five seconds if `s r` was pressed before all was counted. */
static void
test_order_of_counts(void)
{
	static const uint64_t none[3] = {0}, some[3] = {0, PAGES_B, 0},
			      all[3] = {PAGES_A, PAGES_B, PAGES_C},
			      later[3] = {PAGES_C, PAGES_B, PAGES_A},
			      same[3] = {PAGES_A, PAGES_A, PAGES_A};
	struct sample s = sample_of(ANON("1000-2000") LIBC("2000-4000") ANON("4000-5000"), 1);
	struct list list = {.sort = COL_REGION_RSS};
	struct ui ui = {.list = &list, .now = 2, .touched_ns = 1};

	is_str(rows_text(&ui, &s, false, none), "abc", "nothing is counted");
	is_str(rows_text(&ui, &s, false, some), "bac", "some is");
	is_u64(ui.region, 0x2000, "the cursor is at the top");
	is_str(rows_text(&ui, &s, true, all), "cba",
	       "all is: this is the order that was asked for");
	is_u64(ui.region, 0x4000, "and the cursor is at its top");
	is_str(rows_text(&ui, &s, true, later), "cba", "which holds");
	ui.now = UINT64_C(6000000000);
	is_str(rows_text(&ui, &s, true, later), "abc", "for a while");
	rows_anew(&ui);
	ui.touched_ns = ui.now;
	is_str(rows_text(&ui, &s, true, same), "abc", "values that do not differ make no order");
	is_str(rows_text(&ui, &s, true, all), "cba", "to be held");
	rows_free(&list);
	regions_unref(s.regions);
}

/* bug: nothing explained why [heap] had several rows while userfaultfd watched. */
static void
test_parted(void)
{
	static const struct {
		const char *maps, *what;
		bool parted;
	} rows[] = {
	    {"1000-2000 rw-p 00000000 00:00 0 [heap]\n2000-4000 rw-p 00000000 00:00 0 [heap]\n",
	     "a heap that grew", true},
	    {"1000-2000 rw-p 00000000 00:00 0 [heap]\n3000-4000 rw-p 00000000 00:00 0 [heap]\n",
	     "with a gap", false},
	    {LIBC("1000-2000") ANON("2000-4000"), "a file, and what lies behind it", false},
	    {"1000-2000 rw-s 00000000 08:01 77 /a\n2000-4000 rw-s 00001000 08:01 77 /a\n",
	     "a file that goes on", true},
	    {"1000-2000 rw-s 00000000 08:01 77 /a\n2000-4000 rw-s 00000000 08:01 77 /a\n",
	     "mapped again", false},
	};
	static const struct term term = {.utf8 = true};

	paint_open(&term, THEME_MONO);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct sample s = sample_of(rows[i].maps, 1);
		struct list list = {.sort = COL_REGION_START};
		struct ui ui = {.list = &list, .region = 0x1000, .cols = 300};
		struct buf out = {0};

		rows_settle(&ui, &s);
		view_regions.say(&ui, &s, &out);
		ok(!strstr(out.s, "several rows"), "nobody watches");
		s.clears = 1;
		s.tracker = TRACKER_UFFD;
		out.len = 0;
		view_regions.say(&ui, &s, &out);
		ok(!strstr(out.s, "; in several rows: userfaultfd keeps new memory apart from "
		                  "watched memory") == !rows[i].parted,
		   rows[i].what);
		buf_free(&out);
		rows_free(&list);
		regions_unref(s.regions);
	}
}

/* A value of that kind, often the same; seldom one that is not known. */
static struct value
some_value(enum value_kind kind, uint64_t *seed)
{
	static const char *const names[] = {"/usr/lib/one", "/usr/lib/two", "/usr/lib", "", "/usr/li", "\xff\xfe"};
	struct value v = {.kind = fake_below(seed, 16) ? kind : VALUE_UNKNOWN, .n = fake_below(seed, 1000),
	                  .of = 1 + fake_below(seed, 1 << 20)};

	if (v.kind == VALUE_UNKNOWN)
		return (struct value){.kind = VALUE_UNKNOWN};
	if (v.kind == VALUE_CHANGE)
		v.n -= 500;
	if (v.kind == VALUE_PERCENT)
		v.n = fake_below(seed, v.of + 1);
	if (v.kind == VALUE_TEXT && fake_below(seed, 2))
		v.s = names[fake_below(seed, ARRAY_LEN(names))];
	else if (v.kind == VALUE_TEXT)
		snprintf(v.t, sizeof(v.t), "text number %u", (unsigned)fake_below(seed, 50));
	return v;
}

/* Rows are in the order of value_compare, those that are not known last, and the same by row. */
static bool
sorts_well(enum value_kind kind, size_t n, bool down, bool up_rows)
{
	static struct value v[2000];
	static struct sort_key keys[2000];
	uint64_t seed = 1 + kind;
	bool right = true;

	for (size_t i = 0; i < n; i++) {
		v[i] = some_value(kind, &seed);
		if (up_rows && v[i].kind == VALUE_UNKNOWN && i % 2)
			v[i] = some_value(kind, &seed);
		keys[i] = sort_key_of(&v[i], up_rows ? i : n - 1 - i, down);
	}
	sort_keys(keys, n, down);
	for (size_t i = 1; i < n; i++) {
		uint64_t a = keys[i - 1].row, b = keys[i].row;
		const struct value *x = &v[up_rows ? a : n - 1 - a], *y = &v[up_rows ? b : n - 1 - b];
		int c = value_compare(x, y);

		if (down && x->kind != VALUE_UNKNOWN && y->kind != VALUE_UNKNOWN)
			c = -c;
		right &= c < 0 || (c == 0 && a < b);
	}
	return right;
}

static void
test_sorting(void)
{
	static const enum value_kind kinds[] = {VALUE_NUMBER, VALUE_SIZE, VALUE_TEXT, VALUE_PERCENT, VALUE_CHANGE};
	static struct sort_key keys[1000];
	bool right = true;

	for (size_t k = 0; k < ARRAY_LEN(kinds); k++)
		for (unsigned i = 0; i < 8; i++)
			right &= sorts_well(kinds[k], i & 4 ? 2000 : 20, i & 1, i & 2);
	ok(right, "any column in either order, few rows and many");
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		keys[i] = sort_key_of(&(struct value){.kind = VALUE_SIZE, .n = (i * 7919) % 1000 << (i % 3 * 20)}, i, false);
	sort_keys(keys, ARRAY_LEN(keys), false);
	right = true;
	for (size_t i = 1; i < ARRAY_LEN(keys); i++)
		right &= keys[i - 1].n < keys[i].n || (keys[i - 1].n == keys[i].n && keys[i - 1].row < keys[i].row);
	ok(right, "many numbers, all known");
}

/* How old what DAMON saw is, by the state of the process. */
static void
test_age(void)
{
	struct accesses seen = {.time_ns = UINT64_C(5000000000)};
	struct sample s = {.accesses = &seen, .time_ns = seen.time_ns, .made_ns = seen.time_ns};
	struct ui ui = {.now = seen.time_ns};
	struct buf out = {0};

	lens_add_age(&ui, &s, &out);
	is_str(out.s, "just now", "an age");
	ui.now += UINT64_C(7000000000);
	out.len = 0;
	lens_add_age(&ui, &s, &out);
	is_str(out.s, "7 s ago", "it grows");
	s.ended = true;
	out.len = 0;
	lens_add_age(&ui, &s, &out);
	is_str(out.s, "before it ended", "bug: what was seen of a process that has ended was always just now");
	buf_free(&out);
}

int
main(void)
{
	tap_start();
	test_column_table();
	test_shedding();
	test_baseline();
	test_empty_columns();
	test_chosen_shedding();
	test_column_names();
	test_choosing();
	test_marks();
	test_marks_end();
	test_filter();
	test_order_of_counts();
	test_parted();
	test_sorting();
	test_age();
	return tap_done();
}
