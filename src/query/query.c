/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/query_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/guess.h"
#include "base/pattern.h"
#include "base/util.h"
#include "filter/filter.h"
#include "kernel/kabi.h"

#define ROW(i, w, f, e, c, h) \
	{.kind = QUERY_##i, .word = (w), .form = (f), .example = (e), .cost = (c), .help = (h)},
#define Q(i, w, f, e, r, a, c, h) ROW(i, w, f, e, c, h)
#define F(i, w, f, e, h) ROW(i, w, f, e, "", h)
#define S(i, w, f, e, h) ROW(i, w, f, e, "", h)
static const struct query_form query_rows[] = {
#include "query/query.def"
};

const struct query_form *
query_forms(size_t *n)
{
	*n = ARRAY_LEN(query_rows);
	return query_rows;
}

static const char query_no_frame[] = "frame numbers start at 1 and have 55 bits";

static bool
query_is_frame(uint64_t pfn)
{
	return pfn && pfn <= PM_PFN_MASK;
}

static int
query_read_frame(struct lex *r, struct query *q, struct err *err)
{
	const char *from = r->at;

	if (query_read_hex(r, "a page frame number", &q->pfn, err) < 0)
		return -1;
	return query_is_frame(q->pfn)
	           ? 0
	           : lex_fail(r, from, query_no_frame, "give another, such as pfn:1a422", err);
}

static int
query_read_physical(struct lex *r, struct query *q, struct err *err)
{
	const char *from = r->at;
	uint64_t v;

	if (query_read_hex(r, "a physical address", &v, err) < 0)
		return -1;
	q->pfn = v / r->page_size;
	q->in_frame = v % r->page_size;
	return query_is_frame(q->pfn) ? 0
	                              : lex_fail(r, from, query_no_frame,
	                                         "give another, such as phys:1a422000", err);
}

/* DEVICE+OFFSET: the offset in pages, as the answer about a swapped page has it. */
static int
query_read_swap(struct lex *r, struct query *q, struct err *err)
{
	size_t n = strcspn(r->at, " \t"), device = n;

	while (device && r->at[device] != '+')
		device--;
	if (!device || device >= sizeof(q->device) ||
	    !lex_hex(r->at + device + 1, n - device - 1, &q->swap_offset))
		return lex_fail(r, r->at, "a swap device and a page of it are expected here",
		                "such as swap:0+1a2b or swap:/dev/sda2+1a2b", err);
	if (!q->swap_offset || q->swap_offset > PM_PFN_MASK >> 5) /* 0: its header */
		return lex_fail(r, r->at + device + 1, "pages of swap start at 1 and have 50 bits",
		                "give another, such as swap:0+1a2b", err);
	memcpy(q->device, r->at, device);
	q->device[device] = '\0';
	r->at += n;
	return 0;
}

/* --- pages ------------------------------------------------------------------------------------ */

#define B(id, n, w, h) [QUERY_BY_##id] = {.name = (n), .help = (h), .needs = (w)},
static const struct query_by_row query_bys[] = {
#include "query/query_by.def"
};

const struct query_by_row *
query_by_row(enum query_by by)
{
	return &query_bys[by];
}

/* Skips this word and the blanks after it; false: another word is there. */
static bool
query_eat_whole(struct lex *r, const char *word)
{
	if (query_token_length(r->at) != strlen(word) || !lex_eat_text(r, word))
		return false;
	lex_skip_blanks(r);
	return true;
}

/* "not counted by", "choose from": one of the n names; -1 with err, and the nearest. */
static int
query_read_choice(struct lex *r, const char *const *names, size_t n, const char *what,
                  struct err *err)
{
	size_t len = query_token_length(r->at);
	char name[24], why[64];
	struct guess g = {.name = name, .best = 3};

	for (size_t i = 0; i < n; i++)
		if (query_eat_whole(r, names[i]))
			return (int)i;
	snprintf(name, sizeof(name), "%.*s", (int)len, r->at);
	snprintf(g.how, sizeof(g.how), "choose from");
	for (size_t i = 0; i < n; i++) {
		size_t end = strlen(g.how);

		snprintf(g.how + end, sizeof(g.how) - end, "%s %s", i ? "," : "", names[i]);
	}
	for (size_t i = 0; i < n; i++)
		guess_try(&g, names[i], strlen(names[i]));
	snprintf(why, sizeof(why), len ? "%s \"%s\"" : "expected a word here", what, name);
	return lex_fail(r, r->at, why, g.how, err);
}

/* `most`: the last key that is possible. */
static int
query_read_by(struct lex *r, struct query *q, enum query_by most, struct err *err)
{
	const char *names[QUERY_BYS];
	int i;

	for (unsigned by = QUERY_BY_NOTHING + 1; by <= most; by++)
		names[by - 1] = query_bys[by].name;
	i = query_read_choice(r, names, most,
	                      q->kind == QUERY_SUM ? "regions are not summed by"
	                                           : "pages are not counted by",
	                      err);
	if (i < 0)
		return -1;
	q->by = (enum query_by)(i + 1);
	return 0;
}

/* Keeps the text from `from` to r->at. */
static int
query_keep_text(const struct lex *r, const char *from, struct query *q, struct err *err)
{
	size_t n = (size_t)(r->at - from);

	while (n && strchr(" \t", from[n - 1]))
		n--;
	if (n >= sizeof(q->text))
		return lex_fail(r, from, "this is too long", "shorten it", err);
	memcpy(q->text, from, n);
	return 0;
}

/* [in RANGE] and [by KEY], in any order; `most`: the last key that is possible, if any is. */
static int
query_read_in_by(struct lex *r, struct query *q, enum query_by most, struct err *err)
{
	for (;;) {
		lex_skip_blanks(r);
		if (!q->in && query_eat_whole(r, "in")) {
			if (query_read_stretch(r, q, err) < 0)
				return -1;
			q->in = true;
		} else if (most && !q->by && query_eat_whole(r, "by")) {
			if (query_read_by(r, q, most, err) < 0)
				return -1;
		} else {
			return 0;
		}
	}
}

/* PATTERN [in RANGE] */
static int
query_read_search(struct lex *r, struct query *q, struct err *err)
{
	const char *from = r->at;
	struct pattern p;
	size_t end;

	q->kind = QUERY_SEARCH;
	if (query_eat_whole(r, "ptr")) {
		/* a pointer to any place, not only to an address in hex as in other patterns */
		if (query_read_place(r, &q->pointer, err) < 0 ||
		    query_keep_text(r, from, q, err) < 0)
			return -1;
		return query_read_in_by(r, q, QUERY_BY_NOTHING, err);
	}
	if (pattern_parse_part(r->text, (size_t)(from - r->text), 8, &p, &end, err) < 0)
		return -1;
	r->at = r->text + end;
	if (query_keep_text(r, from, q, err) < 0)
		return -1;
	lex_skip_blanks(r);
	q->in = query_eat_whole(r, "in");
	return q->in ? query_read_stretch(r, q, err) : 0;
}

/* PAGES [in RANGE] [by KEY], where PAGES is a filter of pages; or bytes PATTERN [in RANGE]. */
static int
query_read_pages(struct lex *r, struct query *q, struct err *err)
{
	const char *from = r->at;
	struct filter f;

	if (q->kind == QUERY_FIND && query_eat_whole(r, "bytes"))
		return query_read_search(r, q, err);
	if (filter_parse_part(r, FILTER_PAGE, NULL, &f, err) < 0 ||
	    query_keep_text(r, from, q, err) < 0)
		return -1;
	return query_read_in_by(r, q, q->kind == QUERY_COUNT ? QUERY_BYS - 1 : QUERY_BY_NOTHING,
	                        err);
}

#define U(id, name, h) [QUERY_SUM_##id] = (name),
static const char *const query_sums[] = {
#include "query/query_sum.def"
};

const char *
query_sum_name(enum query_sum sum)
{
	return query_sums[sum];
}

const char *
query_sum_help(enum query_sum sum)
{
#define U(id, n, help) [QUERY_SUM_##id] = (help),
	static const char *const helps[] = {
#include "query/query_sum.def"
	};

	return helps[sum];
}

/* FIELD [of PREDICATE] [in RANGE] [by KEY], where PREDICATE is a filter of regions. */
static int
query_read_sum(struct lex *r, struct query *q, struct err *err)
{
	int i = query_read_choice(r, query_sums, QUERY_SUMS, "regions have no sum of", err);
	struct filter f;
	const char *from;

	if (i < 0)
		return -1;
	q->sum = (enum query_sum)i;
	lex_skip_blanks(r);
	if (query_eat_whole(r, "of")) {
		from = r->at;
		if (filter_parse_part(r, FILTER_REGION, NULL, &f, err) < 0 ||
		    query_keep_text(r, from, q, err) < 0)
			return -1;
	}
	return query_read_in_by(r, q, QUERY_BY_FILE, err);
}

bool
query_when_has(const char *s, size_t n)
{
	return lex_is_one_of("present swapped thp written rss swap size", s, n);
}

/* PREDICATE [in RANGE], where PREDICATE is a filter of regions. */
static int
query_read_when(struct lex *r, struct query *q, struct err *err)
{
	static const struct filter_only only = {
	    .has = query_when_has,
	    .why = "only rss, swap, thp, written and size are known of every sample",
	    .how = "examples: when rss>1g, when written>4m in heap",
	};
	const char *from = r->at;
	struct filter f;

	if (filter_parse_part(r, FILTER_REGION, &only, &f, err) < 0 ||
	    query_keep_text(r, from, q, err) < 0)
		return -1;
	return query_read_in_by(r, q, QUERY_BY_NOTHING, err);
}

static bool
query_read_measure(struct lex *r, const struct lex_unit *units, uint64_t *out)
{
	size_t n = query_token_length(r->at);

	if (!lex_measure(r->at, n, units, out))
		return false;
	r->at += n;
	return true;
}

/* BITS [DOWNTIME]: decimal units, as links are sold. */
static int
query_read_migrate(struct lex *r, struct query *q, struct err *err)
{
	static const struct lex_unit bits[] = {{"", 1},
	                                       {"k", 1000},
	                                       {"m", 1000000},
	                                       {"g", 1000000000},
	                                       {"t", UINT64_C(1000000000000)},
	                                       {NULL, 0}};
	static const struct lex_unit times[] = {{"ms", TIME_MS}, {"s", TIME_SECOND}, {NULL, 0}};
	int col = lex_column(r, r->at);

	q->link.downtime_ns = MIGRATE_DOWNTIME_MS * times[0].by;
	if (!query_read_measure(r, bits, &q->link.bits) || !q->link.bits)
		return lex_bad(r->text, col, "expected the link's speed in bits per second here",
		               "examples: migrate 10g, migrate 2.5g, migrate 100m", err);
	lex_skip_blanks(r);
	if (*r->at && !query_read_measure(r, times, &q->link.downtime_ns))
		return lex_fail(r, r->at, "this is not a downtime", "examples: 300ms, 1.5s", err);
	return 0;
}

static int
query_read_from(struct lex *r, struct query *q, struct err *err)
{
	return query_read_place(r, &q->from, err);
}

static int
query_read_where(struct lex *r, struct query *q, struct err *err)
{
	if (query_read_stretch(r, q, err) < 0)
		return -1;
	q->kind = q->is_range ? QUERY_RANGE : QUERY_ADDR;
	q->from.alone = !q->is_range;
	return 0;
}

/* Nothing, which is the whole process, or a stretch. */
static int
query_read_who(struct lex *r, struct query *q, struct err *err)
{
	return *r->at ? query_read_stretch(r, q, err) : 0;
}

/* [PLACE or RANGE] [by KEY] */
static int
query_read_writers(struct lex *r, struct query *q, struct err *err)
{
	const char *names[WRITERS_BY_COUNT];
	bool by = query_eat_whole(r, "by");
	const char *from;
	int i;

	if (!by && *r->at) {
		if (query_read_stretch(r, q, err) < 0)
			return -1;
		lex_skip_blanks(r);
		from = r->at;
		by = query_eat_whole(r, "by");
		if (by && query_is_page(q))
			return lex_fail(r, from, "one page has its writers by time",
			                "such as writers heap by thread", err);
	}
	for (unsigned k = 0; k < WRITERS_BY_COUNT; k++)
		names[k] = writers_by_words((enum writers_by)k)->name;
	i = by ? query_read_choice(r, names, WRITERS_BY_COUNT, "writers have no", err) : 0;
	q->writers_by = i < 0 ? WRITERS_BY_FUNCTION : (enum writers_by)i;
	return i < 0 ? -1 : 0;
}

/* [for TIME]; without it q->for_ns stays. */
static int
query_read_for(struct lex *r, struct query *q, struct err *err)
{
	static const struct lex_unit times[] = {
	    {"", TIME_SECOND}, {"ms", TIME_MS}, {"s", TIME_SECOND}, {NULL, 0}};

	if (!query_eat_whole(r, "for"))
		return 0;
	if (!query_read_measure(r, times, &q->for_ns) || q->for_ns > 3600 * TIME_SECOND)
		return lex_fail(r, r->at, "this is not a time of up to an hour",
		                "examples: for 300ms, for 10s", err);
	return 0;
}

/* [PLACE [BYTES] [for TIME]] or off [PLACE] */
static int
query_read_watchpoint(struct lex *r, struct query *q, struct err *err)
{
	static const struct lex_unit bytes[] = {{"", 1}, {NULL, 0}};
	const char *from;
	uint64_t n = 0;

	q->for_ns = TIME_SECOND;
	q->off = query_eat_whole(r, "off");
	if (!*r->at)
		return 0;
	if (query_read_place(r, &q->from, err) < 0)
		return -1;
	lex_skip_blanks(r);
	from = r->at;
	if (!q->off && query_read_measure(r, bytes, &n) && n != 1 && n != 2 && n != 4 && n != 8)
		return lex_fail(r, from, "a watchpoint has 1, 2, 4 or 8 bytes",
		                "such as watchpoint counter 8", err);
	q->bytes = (unsigned)n;
	lex_skip_blanks(r);
	return q->off ? 0 : query_read_for(r, q, err);
}

/* [for TIME] */
static int
query_read_accesses(struct lex *r, struct query *q, struct err *err)
{
	static const char *const names[] = {"vma"};

	q->for_ns = 3 * TIME_SECOND;
	if (query_read_for(r, q, err) < 0)
		return -1;
	lex_skip_blanks(r);
	q->by = QUERY_BY_NOTHING;
	if (!query_eat_whole(r, "by"))
		return 0;
	q->by = QUERY_BY_VMA;
	return query_read_choice(r, names, ARRAY_LEN(names), "there is no table by", err) < 0 ? -1
	                                                                                    : 0;
}

/* [PLACE or RANGE] [by function] */
static int
query_read_unshared(struct lex *r, struct query *q, struct err *err)
{
	static const char *const names[] = {"function"};
	bool by = query_eat_whole(r, "by");

	if (!by && *r->at) {
		if (query_read_stretch(r, q, err) < 0)
			return -1;
		lex_skip_blanks(r);
		by = query_eat_whole(r, "by");
	}
	if (by && query_read_choice(r, names, ARRAY_LEN(names), "there is no table by", err) < 0)
		return -1;
	q->by = by ? QUERY_BY_FUNCTION : QUERY_BY_NOTHING;
	return 0;
}

/* growth [by region|function|thread|chain] */
static int
query_read_growth(struct lex *r, struct query *q, struct err *err)
{
	const char *names[WRITERS_BY_COUNT];
	int i = WRITERS_BY_REGION;

	for (unsigned k = 0; k < WRITERS_BY_COUNT; k++)
		names[k] = writers_by_words((enum writers_by)k)->name;
	if (query_eat_whole(r, "by"))
		i = query_read_choice(r, names, WRITERS_BY_COUNT, "growth is not by", err);
	q->writers_by = i < 0 ? WRITERS_BY_REGION : (enum writers_by)i;
	return i < 0 ? -1 : 0;
}

/* [read] */
static int
query_read_arenas(struct lex *r, struct query *q, struct err *err)
{
	(void)err;
	q->read = query_eat_whole(r, "read");
	return 0;
}

static int
query_read_nothing(struct lex *r, struct query *q, struct err *err)
{
	(void)r;
	(void)q;
	(void)err;
	return 0;
}

/* All of it is the program's to read. */
/* A name up to the end of the line. */
static int
query_read_symbols(struct lex *r, struct query *q, struct err *err)
{
	const char *from = r->at;

	if (!*from)
		return lex_fail(r, from, "the beginning of a name is missing",
		                "such as symbols mallo or symbols std::vec", err);
	r->at += strlen(from);
	return query_keep_text(r, from, q, err);
}

static int
query_read_rest(struct lex *r, struct query *q, struct err *err)
{
	(void)err;
	q->rest = (size_t)(r->at - r->text);
	r->at += strlen(r->at);
	return 0;
}

/* A word that an offset or `..` follows is a name. */
static bool
query_eat_verb(struct lex *r, const char *word)
{
	if (word[strlen(word) - 1] == ':')
		return lex_eat_text(r, word);
	return strchr(" \t", r->at[query_token_length(r->at)]) && query_eat_whole(r, word);
}

static int
query_read_query(struct lex *r, struct query *q, struct err *err)
{
	static const struct {
		enum query_kind kind;
		const char *word;
		int (*read)(struct lex *, struct query *, struct err *);
	} rows[] = {
#define Q(id, word, f, e, reads, a, c, h) {QUERY_##id, word, reads},
#include "query/query.def"
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].word[0] && query_eat_verb(r, rows[i].word)) {
			q->kind = rows[i].kind;
			return rows[i].read(r, q, err);
		}
	return query_read_where(r, q, err);
}

/* A mapping's name with a blank, or a verb with a typo. */
static int
query_fail_rest(struct lex *r, const struct query *q, struct err *err)
{
	struct guess g = {.name = q->from.name, .best = 3};
	const struct query_form *forms;
	char how[192];
	size_t n;

	forms = query_forms(&n);
	for (size_t i = 0; q->kind == QUERY_ADDR && i < n; i++)
		guess_try(&g, forms[i].word, strlen(forms[i].word));
	snprintf(how, sizeof(how), "%s%squote names with blanks: \"my file\"+0x10", g.how,
	         g.how[0] ? " else " : "");
	return lex_fail(r, r->at, "unexpected text here", how, err);
}

int
query_parse_rest(struct lex *r, struct query *q, struct err *err)
{
	struct query made = {.kind = QUERY_ADDR};

	lex_skip_blanks(r);
	made.column = lex_column(r, r->at);
	if (query_read_query(r, &made, err) < 0)
		return -1;
	lex_skip_blanks(r);
	if (*r->at)
		return query_fail_rest(r, &made, err);
	*q = made;
	return 0;
}

int
query_parse(const char *text, size_t page_size, struct query *q, struct err *err)
{
	struct lex r = {.text = text, .at = text, .page_size = page_size};

	return query_parse_rest(&r, q, err);
}

enum query_group
query_group(enum query_kind kind)
{
	static const enum query_group groups[] = {
#define Q(id, ...) [QUERY_##id] = QUERY_ANSWER,
#define S(id, ...) [QUERY_##id] = QUERY_OF_SCREEN,
#include "query/query.def"
	};

	return kind == QUERY_ADDR || kind == QUERY_RANGE || kind == QUERY_REGION ||
	               kind == QUERY_FRAME || kind == QUERY_PHYS || kind == QUERY_SWAP
	           ? QUERY_PLACE
	           : groups[kind];
}

bool
query_changes(enum query_kind kind)
{
	return kind == QUERY_CLEAR || kind == QUERY_ACCESSES;
}

const char *
query_group_name(enum query_group g)
{
	static const char *const names[QUERY_GROUPS] = {
	    [QUERY_PLACE] = "Places and ranges",
	    [QUERY_ANSWER] = "Answers",
	    [QUERY_OF_SCREEN] = "Verbs of the screen",
	};

	return names[g];
}
