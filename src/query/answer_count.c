/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answers about the pages that match a filter: how many, by what, and where. */
#include "query/answer_query.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "page/state.h"
#include "query/seek.h"
#include "target/walk.h"
#include "target/writers_page.h"

/* A group of pages: those that share a key. */
struct count_group {
	uint64_t key, pages;
	const struct vma *v; /* the first region with such pages */
	char *words;         /* of what wrote them; else NULL */
};

/* A run of neighbours that match. */
struct count_run {
	uint64_t start, end;
};
enum { RUNS_MAX = 1000 };
enum { COUNT_WRITERS = 16 << 20 }; /* bytes of sets of candidates */

struct count {
	struct target *t;
	const struct vma_list *vmas;
	struct seek seek;
	struct filter f;
	enum query_by by;
	uint64_t pages, unknown;
	unsigned why; /* enum filter_why of the unknown ones */
	struct count_group *group; /* by ascending key */
	size_t groups, groups_cap, last;
	struct chains writers; /* the sets of those that wrote, by key */
	struct codes codes;
	uint64_t no_key; /* pages without a group: not known */
	bool want_runs;
	struct count_run *run;
	size_t runs, runs_cap;
	uint64_t runs_more;
};

/* --- keys: what a page is counted by ---------------------------------------------------------- */

/* A page with its region; addr UINT64_MAX: one of many without a page. */
struct count_page {
	struct target *t;
	uint64_t addr;
	const struct vma *v;
	const struct page *pg;
	struct chains *writers; /* sets of those that wrote */
	struct codes *codes;
	const struct vma_list *vmas;
};

#define KEY(id, known, value) \
	static bool count_key_##id(const struct count_page *p, uint64_t *key) \
	{ \
		const struct vma *v = p->v; \
		const struct page *pg = p->pg; \
\
		(void)v; \
		(void)pg; \
		*key = (value); \
		return (known); \
	}
KEY(VMA, true, v->start)
KEY(TYPE, true, v->type)
KEY(FILE, true, v->start) /* joined by name at the end */
KEY(STATE, true, pg->state)
KEY(ORDER, pg->known & PAGE_FOLIO, pg->order)
KEY(NODE, pg->known & PAGE_NODE, (uint64_t)pg->node)
KEY(MAPCOUNT, pg->known & PAGE_COUNT, pg->count)
KEY(MEMCG, pg->known & PAGE_CGROUP, pg->cgroup)
#undef KEY

/* The number of the set of those that may have written it, or: */
#define NO_FAULT UINT64_MAX
#define ONLY_READS (UINT64_MAX - 1)

static bool
count_key_writer(const struct count_page *p, uint64_t *key)
{
	uint64_t set[CAUSES_MOST];
	struct writers_last is;

	if (p->addr == UINT64_MAX || !writers_last(p->t, p->codes, p->vmas, p->addr, &is))
		return false;
	for (size_t i = 0; i < is.n; i++)
		set[i] = (uint64_t)is.by[i].chain << 32 | is.by[i].thread;
	*key = is.n      ? chains_number(p->writers, set, is.n, 0, !is.all)
	       : is.reads ? ONLY_READS
	                  : NO_FAULT;
	return true;
}
#define count_key_FUNCTION count_key_writer
#define count_key_THREAD count_key_writer
#define count_key_CHAIN count_key_writer

static bool
count_key(enum query_by by, const struct count_page *p, uint64_t *key)
{
#define B(id, n, w, h) [QUERY_BY_##id] = count_key_##id,
	static bool (*const keys[])(const struct count_page *, uint64_t *) = {
#include "query/query_by.def"
	};

	return keys[by](p, key);
}

static void
count_add_to_group(struct count *c, uint64_t addr, const struct page *pg, uint64_t pages)
{
	const struct vma *v = c->seek.x.v;
	const struct count_page p = {c->t, addr, v, pg, &c->writers, &c->codes, c->vmas};
	uint64_t key;
	size_t i;

	if (!count_key(c->by, &p, &key)) {
		c->no_key += pages;
		return;
	}
	if (c->last < c->groups && c->group[c->last].key == key) {
		c->group[c->last].pages += pages;
		return;
	}
	i = vec_above(c->group, c->groups, sizeof(*c->group), offsetof(struct count_group, key),
	              key);
	if (!i || c->group[i - 1].key != key) {
		c->group = vec_room(c->group, c->groups, &c->groups_cap, sizeof(*c->group));
		memmove(c->group + i + 1, c->group + i, (c->groups++ - i) * sizeof(*c->group));
		c->group[i++] = (struct count_group){.key = key, .v = v};
	}
	c->last = i - 1;
	c->group[c->last].pages += pages;
}

/* --- the walk --------------------------------------------------------------------------------- */

static void
count_add_to_run(struct count *c, uint64_t start, uint64_t end)
{
	if (c->runs && c->run[c->runs - 1].end == start && !c->runs_more) {
		c->run[c->runs - 1].end = end;
	} else if (c->runs == RUNS_MAX) {
		c->runs_more++;
	} else {
		c->run = vec_room(c->run, c->runs, &c->runs_cap, sizeof(*c->run));
		c->run[c->runs++] = (struct count_run){start, end};
	}
}

static void
count_unknown(struct count *c, uint64_t pages)
{
	c->unknown += pages;
	c->why |= filter_why(&c->f, &c->seek.x);
}

static int
count_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct count *c = arg;
	size_t size = c->t->page_size;

	for (size_t i = 0; i < n; i++) {
		enum truth t = seek_page(&c->seek, addr + i * size, &pages[i]);

		if (t == TRUTH_UNKNOWN)
			count_unknown(c, 1);
		if (t != TRUTH_YES)
			continue;
		c->pages++;
		if (c->by)
			count_add_to_group(c, addr + i * size, &pages[i], 1);
		if (c->want_runs)
			count_add_to_run(c, addr + i * size, addr + (i + 1) * size);
	}
	return 0;
}

static int
count_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct count *c = arg;
	struct seek_gap gap;

	seek_gap(&c->seek, start, end, each, &gap);
	if (gap.unknown)
		count_unknown(c, gap.unknown);
	c->pages += gap.yes;
	if (gap.yes && c->by)
		count_add_to_group(c, UINT64_MAX, each, gap.yes);
	if (gap.yes && c->want_runs)
		count_add_to_run(c, gap.first, gap.last + c->t->page_size);
	return 0;
}

/* Whether pages that share a region and categories share their group, too. */
static bool
count_is_of_runs(const struct count *c)
{
	bool by_region = c->by == QUERY_BY_NOTHING || c->by == QUERY_BY_VMA ||
	                 c->by == QUERY_BY_TYPE || c->by == QUERY_BY_FILE;

	return by_region && seek_is_of_runs(&c->f, c->t);
}

static int
count_region(struct count *c, const struct vma *v, uint64_t lo, uint64_t hi, struct err *err)
{
	struct walk_options o = {.needs = (filter_needs(&c->f) | query_by_row(c->by)->needs) &
	                                  PAGE_NEED_ALL};
	struct walk_fns fns = {.pages = count_pages,
	                       .run = count_is_of_runs(c) ? count_gap : NULL};

	seek_narrow(&c->f, c->t, &o);
	seek_begin(&c->seek, &c->f, c->t, v);
	if (filter_most(&c->f, &c->seek.x) == TRUTH_NO) {
		progress_add(c->t->progress, hi - lo);
		return 0;
	}
	if (!source_readable(c->t->source, v) || filter_of_gaps(&c->f, &c->seek.x))
		fns.gap = count_gap;
	return walk_pages(c->t, v, lo, hi, &o, &fns, c, err);
}

/* Returns as walk_pages: 1 if it was stopped. */
static int
count_all(struct count *c, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	uint64_t start = 0, end = UINT64_MAX;
	int r = 0;

	if ((q->in && query_range_in(q, vmas, c->t->page_size, &start, &end, err) < 0) ||
	    filter_parse(q->text, FILTER_PAGE, c->t->page_size, &c->f, err) < 0)
		return -1;
	c->by = q->by;
	progress_begin(c->t->progress, vma_mapped(vmas, start, end));
	for (size_t i = vma_lower_bound(vmas, start);
	     r == 0 && i < vmas->n && vmas->v[i].start < end; i++) {
		const struct vma *v = &vmas->v[i];

		r = count_region(c, v, u64_max(start, v->start), u64_min(end, v->end), err);
	}
	return r;
}

static void
count_free(struct count *c)
{
	for (size_t i = 0; i < c->groups; i++)
		free(c->group[i].words);
	free(c->group);
	free(c->run);
	chains_free(&c->writers);
	codes_free(&c->codes);
}

/* --- groups as rows --------------------------------------------------------------------------- */

static const char *
count_name(const struct count_group *g)
{
	return g->words ? g->words : vma_shown_name(g->v);
}

static int
count_by_name(const void *a, const void *b)
{
	return strcmp(count_name(a), count_name(b));
}

static bool
count_is_by_writer(enum query_by by)
{
	return by == QUERY_BY_FUNCTION || by == QUERY_BY_THREAD || by == QUERY_BY_CHAIN;
}

static enum writers_by
count_writers_by(enum query_by by)
{
	return by == QUERY_BY_FUNCTION ? WRITERS_BY_FUNCTION
	       : by == QUERY_BY_THREAD ? WRITERS_BY_THREAD
	                               : WRITERS_BY_CHAIN;
}

static char *
count_writer_words(struct count *c, uint64_t who)
{
	struct buf b = {0};
	struct writer w;

	writer_name(c->t, &c->codes, c->vmas, count_writers_by(c->by), (uint32_t)(who >> 32),
	            (uint32_t)who, &w);
	text_escape(&b, w.words, strlen(w.words), false);
	if (w.tid && !w.nameless)
		buf_fmt(&b, " (thread %d)", (int)w.tid);
	if (*w.in && *w.in != '[')
		buf_str(&b, " in ");
	if (*w.in && *w.in != '[')
		text_escape(&b, w.in, strlen(w.in), false);
	writer_free(&w);
	return b.s;
}

/* Several may agree: on the function, or on the thread. */
static char *
count_writers_words(struct count *c, uint64_t key)
{
	struct chain set;
	char *words, *other;
	bool agree;

	if (key == NO_FAULT || key == ONLY_READS)
		return mem_strdup(key == NO_FAULT ? "no fault seen" : WRITERS_READS);
	set = chains_at(&c->writers, (uint32_t)key);
	words = count_writer_words(c, set.frames[0]);
	agree = !set.cut;
	for (size_t i = 1; i < set.n && agree; i++) {
		other = count_writer_words(c, set.frames[i]);
		agree = !strcmp(words, other);
		free(other);
	}
	if (agree)
		return words;
	free(words);
	return mem_strdup("several candidates");
}

static void
count_name_writers(struct count *c)
{
	for (size_t i = 0; i < c->groups; i++)
		c->group[i].words = count_writers_words(c, c->group[i].key);
}

/* Equal sizes are ordered by key. */
static int
count_by_pages(const void *a, const void *b)
{
	const struct count_group *x = a, *y = b;

	if (x->pages != y->pages)
		return x->pages < y->pages ? 1 : -1;
	return (x->key > y->key) - (x->key < y->key);
}

static void
count_join_names(struct count *c)
{
	size_t n = 0;

	vec_sort(c->group, c->groups, sizeof(*c->group), count_by_name);
	for (size_t i = 0; i < c->groups; i++)
		if (n && !count_by_name(&c->group[n - 1], &c->group[i])) {
			c->group[n - 1].pages += c->group[i].pages;
			free(c->group[i].words);
		} else {
			c->group[n++] = c->group[i];
		}
	c->groups = n;
}

static void
count_words(const struct count *c, const struct count_group *g, struct buf *out)
{
	const char *name = vma_shown_name(g->v);

	switch (c->by) {
	case QUERY_BY_VMA:
	case QUERY_BY_FILE:
		text_escape(out, name, strlen(name), false);
		break;
	case QUERY_BY_TYPE:
		buf_str(out, vma_type_name((enum vma_type)g->key));
		break;
	case QUERY_BY_STATE:
		buf_str(out, state_row((enum state)g->key)->name);
		break;
	case QUERY_BY_ORDER:
	case QUERY_BY_NODE:
	case QUERY_BY_MAPCOUNT:
		buf_dec(out, g->key);
		break;
	case QUERY_BY_MEMCG:
		if (!g->key)
			buf_str(out, "none");
		else if (!c->t->source->ops->cgroup(c->t->source, g->key, out))
			buf_fmt(out, "inode %llu", (unsigned long long)g->key);
		break;
	case QUERY_BY_FUNCTION:
	case QUERY_BY_THREAD:
	case QUERY_BY_CHAIN:
		buf_str(out, g->words);
		break;
	case QUERY_BY_NOTHING:
	case QUERY_BYS:
		break;
	}
}

static const struct answer_column *
count_columns(enum query_by by, size_t *n)
{
	static const struct answer_column vma[] = {{"START", ANSWER_TEXT},
	                                           {"MAPPING", ANSWER_TEXT},
	                                           {"PAGES", ANSWER_NUMBER},
	                                           {"SIZE", ANSWER_SIZE}};
#define B(id, n, w, h) \
	[QUERY_BY_##id] = {{#id, ANSWER_TEXT}, {"PAGES", ANSWER_NUMBER}, {"SIZE", ANSWER_SIZE}},
	static const struct answer_column rows[][3] = {
#include "query/query_by.def"
	};

	*n = by == QUERY_BY_VMA ? ARRAY_LEN(vma) : ARRAY_LEN(rows[by]);
	return by == QUERY_BY_VMA ? vma : rows[by];
}

static void
count_add_row(const struct count *c, struct answer *a, struct buf *words, uint64_t pages)
{
	answer_cell(a, words);
	answer_cell_number(a, pages);
	answer_cell_number(a, pages * c->t->page_size);
}

static void
count_add_groups(struct count *c, struct answer *a)
{
	struct buf b = {0};
	size_t n;
	const struct answer_column *columns = count_columns(c->by, &n);

	if (count_is_by_writer(c->by))
		count_name_writers(c);
	if (c->by == QUERY_BY_FILE || count_is_by_writer(c->by))
		count_join_names(c);
	vec_sort(c->group, c->groups, sizeof(*c->group), count_by_pages);
	answer_table(a, "groups", columns, n);
	a->table.places = c->by == QUERY_BY_VMA;
	for (size_t i = 0; i < c->groups; i++) {
		if (c->by == QUERY_BY_VMA)
			answer_cell_hex(a, true, c->group[i].key);
		count_words(c, &c->group[i], &b);
		count_add_row(c, a, &b, c->group[i].pages);
	}
	if (c->no_key)
		count_add_row(c, a, &b, c->no_key);
}

/* --- answers ---------------------------------------------------------------------------------- */

static void
count_say_unknown(const struct count *c, const char *what, struct buf *line)
{
	buf_fmt(line, "%llu %s not known: ", (unsigned long long)c->unknown, what);
	filter_why_words(c->why, tracker_why_unknown(&c->t->track), source_lack(c->t->source),
	                 line);
}

/* What was asked rests on map counts, and those of large folios are averages. */
static void
count_say_averages(const struct count *c, struct buf *line)
{
	const struct source *s = c->t->source;

	if ((c->by == QUERY_BY_MAPCOUNT || filter_needs(&c->f) & PAGE_NEED_COUNT) &&
	    s->ops->others->averages(s) == TRUTH_YES)
		buf_str(line, "; map counts of large folios are averages");
}

static void
count_add_unknown(const struct count *c, struct answer *a, struct buf *line)
{
	answer_add_number(a, "unknown", c->unknown);
	if (!c->unknown)
		return;
	buf_str(line, "; ");
	count_say_unknown(c, c->unknown == 1 ? "more is" : "more are", line);
}

struct answer *
answer_count(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	struct count c = {.t = t, .vmas = vmas};
	struct answer *a = NULL;
	struct buf b = {0};
	char text[8];

	if (count_is_by_writer(q->by) && answer_lacks_writers(t, err) < 0)
		return NULL;
	chains_init(&c.writers, COUNT_WRITERS);
	if (count_all(&c, vmas, q, err) == 0) {
		a = answer_new();
		a->filter = mem_strdup(q->text);
		answer_add_number(a, "pages", c.pages);
		answer_add_number(a, "bytes", c.pages * t->page_size);
		buf_fmt(&b, "%llu page%s (%s) match%s", (unsigned long long)c.pages,
		        plural(c.pages), size_text(text, c.pages * t->page_size),
		        c.pages == 1 ? "es" : "");
		count_say_averages(&c, &b);
		count_add_unknown(&c, a, &b);
		a->line = b.s;
		if (c.by)
			count_add_groups(&c, a);
	}
	count_free(&c);
	return a;
}

static void
count_add_runs(const struct count *c, const struct vma_list *vmas, struct answer *a)
{
	static const struct answer_column columns[] = {{"START", ANSWER_TEXT},
	                                               {"END", ANSWER_TEXT},
	                                               {"PAGES", ANSWER_NUMBER},
	                                               {"WHERE", ANSWER_TEXT}};
	struct buf b = {0};

	answer_table(a, "runs", columns, ARRAY_LEN(columns));
	a->table.more = c->runs_more;
	a->table.places = true;
	for (size_t i = 0; i < c->runs; i++) {
		const struct count_run *r = &c->run[i];
		const struct vma *v = vma_at(vmas, r->start);

		answer_cell_hex(a, true, r->start);
		answer_cell_hex(a, true, r->end);
		answer_cell_number(a, (r->end - r->start) / c->t->page_size);
		if (v)
			query_place_text(vmas, v, r->start, false, false, &b);
		answer_cell(a, &b);
	}
}

struct answer *
answer_find(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	struct count c = {.t = t, .want_runs = true};
	int r = count_all(&c, vmas, q, err);
	struct answer *a = NULL;
	struct buf b = {0};
	char text[8];

	if (r == 0 && !c.pages) {
		if (c.unknown)
			count_say_unknown(&c, c.unknown == 1 ? "page is" : "pages are", &b);
		err_set(err, ERR_TARGET,
		        q->in ? "none in that range" : "none in the process",
		        b.s ? b.s : "`count present by state` counts what there is",
		        "no page matches %.100s", q->text);
		buf_free(&b);
	} else if (r == 0) {
		a = answer_new();
		a->filter = mem_strdup(q->text);
		a->has_place = true;
		a->place = c.run[0].start;
		answer_add_number(a, "pages", c.pages);
		answer_add_number(a, "bytes", c.pages * t->page_size);
		buf_fmt(&b, "%llu page%s (%s) in %llu run%s", (unsigned long long)c.pages,
		        plural(c.pages), size_text(text, c.pages * t->page_size),
		        (unsigned long long)(c.runs + c.runs_more), plural(c.runs + c.runs_more));
		count_say_averages(&c, &b);
		count_add_unknown(&c, a, &b);
		a->line = b.s;
		count_add_runs(&c, vmas, a);
	}
	count_free(&c);
	return a;
}
