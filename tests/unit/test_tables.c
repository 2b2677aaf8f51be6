/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is declared once must be declared right: keys, options, columns, questions. */
#include <ctype.h>
#include <strings.h>

#include "config/options.h"
#include "fake.h"
#include "kernel/kabi.h"
#include "query/query.h"
#include "table/columns.h"
#include "tap.h"
#include "term/keys.h"
#include "term/term.h"
#include "views/view.h"

static const char *views; /* their letters */

/* Calls fn for each key of a row; false as soon as one call is. */
static bool
each_key(const struct key_row *row, bool (*fn)(const struct key_row *row, int code))
{
	for (const char *s = row->keys; *s;) {
		size_t n = strcspn(s, " ");

		if (!fn(row, key_code(s, n)))
			return false;
		s += n + strspn(s + n, " ");
	}
	return true;
}

static bool
is_code(const struct key_row *row, int code)
{
	(void)row;
	return code > 0 && code < TERM_LAST;
}

/* The key does what its row says in each of its views: no other row has taken it. */
static bool
is_alone(const struct key_row *row, int code)
{
	for (const char *v = views; *v; v++)
		if (key_row_in(row, *v) && key_action(code, *v) != row->action &&
		    !(row->action == ACT_LENS && key_action(code, *v) == (enum action)(ACT_LENS + (code == 'A' ? 10 : (code - '0' + 9) % 10))))
			return false;
	return true;
}

static void
test_keys(void)
{
	size_t n;
	const struct key_row *k = key_table(&n);

	for (size_t i = 0; i < n; i++) {
		ok(each_key(&k[i], is_code) && k[i].keys[0], k[i].keys);
		ok(each_key(&k[i], is_alone), "its keys mean one thing in each view");
		ok(k[i].words[0] && k[i].group < GROUP_COUNT && k[i].action != ACT_NONE, k[i].words);
		ok(!strcmp(k[i].views, "*") || (k[i].views[0] && strspn(k[i].views, views) == strlen(k[i].views)),
		   "its views exist");
	}
	for (int a = ACT_NONE + 1; a < ACT_COUNT; a++) {
		bool found = false;
		char name[40];

		for (size_t i = 0; i < n; i++)
			found |= (int)k[i].action == a || (k[i].action == ACT_LENS && a > ACT_LENS && a <= ACT_LENS_LAST);
		snprintf(name, sizeof(name), "action %d has a key", a);
		ok(found, name);
	}
	for (const char *v = views; *v; v++)
		ok(key_view_named(key_view_name(*v)) == *v, key_view_name(*v));
	ok(!key_view_named("views"), "there is no other view");
	for (unsigned g = 0; g < GROUP_COUNT; g++)
		ok(key_group_name((enum key_group)g)[0], key_group_name((enum key_group)g));
}

static void
test_key_names(void)
{
	static const struct {
		const char *name;
		int want;
	} rows[] = {
	    {"a", 'a'},         {"^L", 12},           {"^B", 2},          {"Enter", '\r'}, {"Esc", 27},
	    {"Tab", '\t'},      {"S-Tab", TERM_BTAB}, {"Up", TERM_UP},    {"F1", TERM_F0 + 1},
	    {"F10", TERM_F0 + 10}, {"Space", ' '},    {"PgDn", TERM_PGDN}, {"F", 'F'},
	    {"Ente", -1},       {"Enterx", -1},       {"", -1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[32];

		snprintf(name, sizeof(name), "key %s", rows[i].name);
		is_u64((uint64_t)(int64_t)key_code(rows[i].name, strlen(rows[i].name)),
		       (uint64_t)(int64_t)rows[i].want, name);
		if (key_name(rows[i].want, name, sizeof(name)))
			is_str(name, rows[i].name, "and its name");
		else
			ok(rows[i].want < 0, "and only what is no key has no name");
	}
	ok(key_action('q', 'R') == ACT_CLOSE && key_action(27, 'R') == ACT_STAY, "Esc never quits");
	ok(key_action('~', 'R') == ACT_NONE && key_action(TERM_RESIZE, 'G') == ACT_NONE,
	   "what is no key does nothing");
}

static void
test_hints(void)
{
	size_t n;
	const struct key_row *k = key_table(&n);

	for (const char *v = views; *v; v++) {
		size_t width = 0, hints = 0;
		char name[40];

		for (size_t i = 0; i < n; i++) {
			if (!k[i].hint[0] || !key_row_in(&k[i], *v))
				continue;
			if (k[i].action == ACT_CLOSE && *v != 'R')
				continue; /* Esc says it already */
			if (k[i].action == ACT_WHO)
				continue; /* the first to be dropped, where there is no room */
			if ((k[i].action == ACT_NEXT_CHANGE && *v == 'B') ||
			    (k[i].action == ACT_BY && *v == 'R'))
				continue; /* so is the one; the other takes the map's place */
			width += (hints++ ? 2 : 0) + strcspn(k[i].keys, " ") + 1 + strlen(k[i].hint);
		}
		snprintf(name, sizeof(name), "the hints of view %c fit 80 columns", *v);
		ok(hints > 0 && width <= 80, name);
	}
}

static void
test_views(void)
{
	char letters[VIEW_COUNT + 1] = "";

	for (unsigned i = 0; i < VIEW_COUNT; i++) {
		const struct view *v = view_of((enum view_id)i);
		const struct view_row *row = view_row((enum view_id)i);

		ok(v && row->title[0] && v->draw && v->act && v->say && v->breadcrumb && v->settle &&
		       strchr(views, row->letter) && !strchr(letters, row->letter),
		   row->title);
		letters[i] = row->letter;
		if (v == &view_picker)
			continue; /* test_typing */
		ok(key_action(27, row->letter) != ACT_NONE && key_action('q', row->letter) == ACT_CLOSE &&
		       key_action('Q', row->letter) == ACT_QUIT,
		   "Esc, q and Q work there");
	}
}

/* Where letters are typed none may be a key, and there is a way out without one. */
static void
test_typing(void)
{
	bool typed = true;

	for (int k = ' '; k < 256; k++)
		typed &= k == 127 || key_action(k, 'S') == ACT_NONE;
	ok(typed, "every letter can be typed into the filter");
	ok(key_action(27, 'S') == ACT_BACK && key_action(TERM_F0 + 10, 'S') == ACT_QUIT &&
	       key_action(TERM_BACKSPACE, 'S') == ACT_ERASE && key_action(TERM_F0 + 1, 'S') == ACT_HELP,
	   "and other keys leave, erase and help");
}

/* bug: Q did nothing while a question was open */
static void
test_consent(void)
{
	for (const char *v = "YZFAD"; *v; v++)
		ok(strchr(views, *v) && key_action(27, *v) == ACT_BACK && key_action('n', *v) == ACT_BACK &&
		       key_action('q', *v) == ACT_BACK && key_action('Q', *v) == ACT_QUIT,
		   "Esc, n and q leave a question, Q the program");
}

static void
test_options(void)
{
	static const char *const required[] = {
	    "list", "pages", "query", "output", "output-all", "noheadings", "json", "csv", "raw", "bytes",
	    "sort", "grid", "columns", "zoom", "capabilities", "interval", "frames", "size", "color",
	    "theme", "ascii", "read-only", "proc-root", "version", "help", "demo", "summary", "filter",
	};
	size_t n;
	const struct option_row *o = option_table(&n);
	bool unique = true, texts = true;

	for (size_t i = 0; i < n; i++) {
		texts &= o[i].name[0] && o[i].help[0] && o[i].arg && strlen(o[i].help) < 80 &&
		         (!o[i].letter || isalnum((unsigned char)o[i].letter));
		for (size_t k = 0; k < i; k++)
			unique &= strcmp(o[i].name, o[k].name) != 0 && (!o[i].letter || o[i].letter != o[k].letter);
	}
	ok(unique, "no option's name or letter is another's");
	ok(texts, "every option has words");
	for (size_t r = 0; r < ARRAY_LEN(required); r++) {
		bool found = false;

		for (size_t i = 0; i < n; i++)
			found |= !strcmp(o[i].name, required[r]) && o[i].group != OPTION_HIDDEN;
		ok(found, required[r]);
	}
	for (unsigned g = 0; g < OPTION_HIDDEN; g++)
		ok(option_group_name((enum option_group)g)[0], option_group_name((enum option_group)g));
}

static bool
has_title(enum column_set set, const char *title)
{
	for (unsigned i = 0; i < COL_COUNT; i++)
		if (column_row((enum column_id)i)->set == set &&
		    !strcmp(column_row((enum column_id)i)->title, title))
			return true;
	return false;
}

static void
test_column_titles(void)
{
	bool unique = true, texts = true;

	for (unsigned i = 0; i < COL_COUNT; i++) {
		const struct column *a = column_row((enum column_id)i);

		texts &= a->title[0] && a->help[0] && a->width > 0;
		for (const char *c = a->title; *c; c++)
			texts &= isupper((unsigned char)*c) || *c == '-' || *c == '%' || *c == '/' || *c == '+';
		for (unsigned k = 0; k < i; k++) {
			const struct column *b = column_row((enum column_id)k);

			unique &= a->set != b->set || strcasecmp(a->title, b->title) != 0;
		}
	}
	ok(unique, "no title is another's");
	ok(texts, "every column has a title in upper case, and words");
}

static void
test_columns_required(void)
{
	static const char *const page[] = {
	    "ADDRESS", "STATE", "PRESENT", "SWAPPED", "FILE", "EXCLUSIVE", "SOFT-DIRTY", "UFFD-WP", "GUARD",
	    "PFN", "SWAP-TYPE", "SWAP-OFFSET", "MAPCOUNT", "KPF", "FLAGS", "MEMCG", "NODE", "MAPPING",
	};
	static const char *const region[] = {
	    "START", "END", "SIZE", "PERM", "OFFSET", "DEV", "INODE", "TYPE", "RSS", "PSS", "SWAP", "ANON",
	    "WRITTEN", "REFERENCED", "THP", "MAPPING",
	};

	for (size_t i = 0; i < ARRAY_LEN(page); i++)
		ok(has_title(SET_PAGE, page[i]), page[i]);
	for (size_t i = 0; i < ARRAY_LEN(region); i++)
		ok(has_title(SET_REGION, region[i]), region[i]);
}

static void
test_columns_parse(void)
{
	static const struct {
		const char *list;
		enum column_set set;
		size_t n; /* 0: refused */
	} rows[] = {
	    {"START", SET_REGION, 1},        {"start,rss,Mapping", SET_REGION, 3}, {"%", SET_REGION, 1},
	    {"soft-dirty,pfn", SET_PAGE, 2}, {"address", SET_REGION, 0},           {"start", SET_PAGE, 0},
	    {"", SET_REGION, 0},             {"start,", SET_REGION, 0},            {",", SET_PAGE, 0},
	    {"start,end,pages,categories,mapping", SET_RUN, 5}, {"cats", SET_PAGE, 1},
	    {"pfn", SET_RUN, 0},             {"address", SET_RUN, 0},              {"pages", SET_PAGE, 0},
	    {"starts", SET_REGION, 0},       {"star", SET_REGION, 0},
	};
	enum column_id ids[ROW_MOST];
	struct buf many = {0};
	struct err err;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		int r = columns_parse(rows[i].set, rows[i].list, ids, &n, &err);

		ok(rows[i].n ? r == 0 && n == rows[i].n : r == -1 && err.status == ERR_USAGE && err.how[0],
		   rows[i].list[0] ? rows[i].list : "(no column)");
	}
	for (unsigned i = 0; i < COL_COUNT + 5; i++)
		buf_str(&many, i ? ",pfn" : "pfn");
	ok(columns_parse(SET_PAGE, many.s, ids, &n, &err) == -1, "more columns than there are");
	buf_free(&many);
	columns_all(SET_PAGE, false, ids, &n);
	ok(n >= 18 && ids[0] == COL_PAGE_ADDRESS, "all columns of a page");
	columns_all(SET_PAGE, true, ids, &n);
	ok(n == 6 && ids[5] == COL_PAGE_MAPPING, "the usual ones");
	columns_all(SET_RUN, true, ids, &n);
	ok(n == 4 && ids[0] == COL_RUN_START && ids[3] == COL_PAGE_STATE, "those of runs");
	ok(column_named(SET_REGION, "pages", 5) == COL_COUNT, "a picture is no column of --list");
	ok(column_named(SET_REGION, "dirty", 5) == COL_REGION_WRITTEN, "a name that a column once had");
}

/* Every column of an empty row: what is not known is empty, and comes last. */
static void
test_unknown(void)
{
	struct vma v = {.start = 0x1000, .end = 0x3000, .name = "", .type = VMA_ANON};
	struct region r = {.known = false};
	struct page pg = {0};
	struct swaps swaps = {0};
	struct region_row rr = {.writer = "insert", .v = &v, .r = &r, .page_size = 4096};
	struct page_row pr = {.addr = 0x1000, .pg = &pg, .v = &v, .swaps = &swaps, .page_size = 4096};
	static const enum column_id unknown[] = {
	    COL_REGION_RSS, COL_REGION_PSS, COL_REGION_SWAP, COL_REGION_ANON, COL_REGION_WRITTEN,
	    COL_REGION_REFERENCED, COL_REGION_THP, COL_REGION_PERCENT, COL_PAGE_PRESENT, COL_PAGE_PFN,
	    COL_PAGE_SWAP_TYPE, COL_PAGE_MAPCOUNT, COL_PAGE_KPF, COL_PAGE_FLAGS, COL_PAGE_MEMCG,
	    COL_PAGE_NODE, COL_PAGE_GUARD, COL_PAGE_WRITTEN, COL_PAGE_WORD, COL_PAGE_PHYSICAL,
	    COL_PAGE_SWAP_DEVICE, COL_PAGE_ORDER, COL_PAGE_FOLIO, COL_PAGE_FILE_OFFSET, COL_REGION_COPIED,
	    COL_REGION_HUGETLB,
	};

	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		const struct column *c = column_row(unknown[i]);
		struct value x = c->set == SET_REGION ? region_value(unknown[i], &rr) : page_value(unknown[i], &pr);
		struct value zero = {.kind = VALUE_NUMBER, .n = 0};
		struct buf b = {0};

		value_text(&x, false, false, &b);
		ok(x.kind == VALUE_UNKNOWN && b.len == 0 && value_compare(&x, &zero) > 0 &&
		       value_compare(&zero, &x) < 0,
		   c->title);
		buf_free(&b);
	}
}

/* All that can be known of a region and of a page, but for what these needs would have read. */
static struct value
value_without(enum column_id id, unsigned needs)
{
	static const struct vma v = {.start = 0x1000, .end = 0x3000, .name = "/a", .inode = 7, .type = VMA_FILE};
	struct region r = {.known = !(needs & NEED_COUNTS), .grown = true, .gained = 1, .rss = 2, .written = 1, .rated = true, .rate = 1};
	static const struct smaps_entry smaps = {.known = UINT64_MAX, .flags = "rd"};
	static struct swaps swaps = {.n = 1};
	static const struct {
		unsigned need, known;
	} read[] = {
	    {PAGE_NEED_FLAGS, PAGE_FLAGS},   {PAGE_NEED_COUNT, PAGE_COUNT}, {PAGE_NEED_CGROUP, PAGE_CGROUP},
	    {PAGE_NEED_FOLIO, PAGE_FOLIO},   {PAGE_NEED_NODE, PAGE_NODE},   {PAGE_NEED_CATS, PAGE_CATS},
	};
	bool swapped = id == COL_PAGE_SWAP_TYPE || id == COL_PAGE_SWAP_OFFSET || id == COL_PAGE_SWAP_DEVICE;
	struct page pg = {.word = swapped ? PM_SWAPPED | 32 : PM_PRESENT | 5, .known = PAGE_WORD};
	struct page_row pr = {.addr = 0x1000, .pg = &pg, .v = &v, .swaps = &swaps, .page_size = 4096,
	                      .written_known = !(needs & NEED_WRITES)};
	struct region_row rr = {.writer = "insert", .v = &v, .r = &r, .page_size = 4096,
	                        .smaps = needs & NEED_SMAPS ? NULL : &smaps,
	                        .touched_known = !(needs & NEED_TOUCHED),
	                        .dirty_known = !(needs & NEED_WRITES),
	                        .huge_known = !(needs & NEED_HUGE),
	                        .ksm_known = !(needs & NEED_KSM)};
	struct watch_row wr = {.interval = 1, .ms = 1, .pages = 1, .known = true, .v = &v, .page_size = 4096};

	struct share sh = {.page_size = 4096, .pid = 7, .parent = 1};
	struct share_peer peer = {.pid = 8, .parent = 7, .comm = "sharer"};
	struct writer writer = {.words = (char *)"insert", .in = (char *)"db", .tid = 9, .pages = 1};
	struct cause_row cr = {.interval = 1, .ms = 1, .pages = 1, .cost_ns = 1, .w = &writer, .page_size = 4096};
	struct growth_row gr = {.interval = 1, .ms = 1, .n = {3, 1, 1}, .v = &v, .page_size = 4096};
	struct brought_row br = {.interval = 1, .ms = 1, .pages = 1, .fresh = 1, .w = &writer, .page_size = 4096};
	struct touched_row tr = {.interval = 1, .ms = 1, .cost_ns = 1, .touched = 1, .rss = 2, .known = true, .v = &v};
	struct share_row sr = {.p = &peer, .of = &sh};
	const struct diff_region dr = {.of = {&v, &v, 1, 2, REGION_DIFF_MOVED},
	                               .n = {.swap_known = true, .written_known = true, .contents_known = true},
	                               .known = true};
	const struct span span = {0x1000, 0x3000, 0x1000, &v, &v, 0};
	struct heatmap_row heat_at = {0x1000, 0x3000, 2, 0, 1};
	struct heatmap_column heat_column[] = {{0, 0, 1, 2, 0, 0}, {1, 1, 2, 3, 0, 1}};
	struct heatmap_cell heat_cell[] = {{1, 1, true}, {2, 2, true}};
	const struct heatmap heat = {.page_size = 4096, .rows = 1, .cols = 2, .row = &heat_at,
	                             .column = heat_column, .cell = heat_cell, .made_ns = 3};
	struct heat_row hr = {.h = &heat, .col = 1, .mapping = "heap +1"};
	const struct page_run run = {0x1000, 0x3000, 0x1000, PAGE_DIFF_MOVED, STATE_ANON, STATE_ANON};

	for (size_t i = 0; i < ARRAY_LEN(read); i++)
		pg.known |= needs & read[i].need ? 0 : read[i].known;
	switch (column_row(id)->set) {
	case SET_REGION: return region_value(id, &rr);
	case SET_PAGE: return page_value(id, &pr);
	case SET_RUN: return run_value(id, &(struct run_row){0x1000, 0x3000, 4096});
	case SET_WATCH: return watch_value(id, &wr);
	case SET_CAUSE: return cause_value(id, &cr);
	case SET_GROWTH: return growth_value(id, &gr);
	case SET_BROUGHT: return brought_value(id, &br);
	case SET_TOUCHED: return touched_value(id, &tr);
	case SET_SHARE: return share_value(id, &sr);
	case SET_DIFF: return diff_value(id, &(struct diff_row){&dr, &dr.n, 4096});
	case SET_DIFFER: return differ_value(id, &(struct differ_row){&span, &run, 5, 6, 4096});
	case SET_HEAT: return heat_value(id, &hr);
	case SET_LIST: break;
	}
	return (struct value){.kind = VALUE_UNKNOWN};
}

/* A row says what its values are, and what must be read for them. */
static void
test_column_rows(void)
{
	static const unsigned alone[] = {PAGE_NEED_FLAGS, PAGE_NEED_COUNT, PAGE_NEED_CGROUP, PAGE_NEED_FOLIO,
	                                 PAGE_NEED_NODE,  PAGE_NEED_CATS,  NEED_WRITES,     NEED_SMAPS,
	                                 NEED_COUNTS,     NEED_TOUCHED};

	for (unsigned i = 0; i < COL_COUNT; i++) {
		const struct column *c = column_row((enum column_id)i);
		bool needs = true;

		if (c->set == SET_LIST)
			continue;
		if (!ok(value_without(c->id, 0).kind == c->type, c->title))
			continue;
		for (size_t k = 0; k < ARRAY_LEN(alone) && c->id != COL_PAGE_STATE; k++)
			needs &= (value_without(c->id, alone[k]).kind == VALUE_UNKNOWN) == !!(c->needs & alone[k]);
		ok(needs, "it is not known without what it needs, and needs nothing else");
		if (c->needs & (NEED_HUGE | NEED_KSM))
			ok(value_without(c->id, NEED_HUGE | NEED_KSM).kind == c->type &&
			       value_without(c->id, NEED_HUGE | NEED_KSM | NEED_SMAPS).kind == VALUE_UNKNOWN,
			   "smaps tells it, too");
	}
}

/* Where a value comes from is added to the help by its needs. */
static void
test_column_help(void)
{
	struct buf b = {0};

	column_help(column_row(COL_REGION_PSS), &b);
	is_str(b.s, "RSS with each shared page divided by its sharers (smaps)", "of smaps");
	b.len = 0;
	column_help(column_row(COL_REGION_KSM), &b);
	is_str(b.s, "in pages merged by KSM (kpageflags)", "of the frames");
	b.len = 0;
	column_help(column_row(COL_REGION_RSS), &b);
	is_str(b.s, "in RAM, counted from the page tables", "of what is read anyway: nothing");
	buf_free(&b);
}

static void
test_questions(void)
{
	size_t n;
	const struct query_form *f = query_forms(&n);

	for (size_t i = 0; i < n; i++) {
		struct query q;
		struct err err;

		ok(query_parse(f[i].example, 4096, &q, &err) == 0, f[i].form);
	}
}

int
main(void)
{
	tap_start();
	views = key_views();
	test_keys();
	test_key_names();
	test_hints();
	test_views();
	test_typing();
	test_consent();
	test_options();
	test_column_titles();
	test_column_rows();
	test_column_help();
	test_columns_required();
	test_columns_parse();
	test_unknown();
	test_questions();
	return tap_done();
}
