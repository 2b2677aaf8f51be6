/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/attribution.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/rate.h"
#include "base/refs.h"

enum { RATE_S = 5 }; /* rates are of so many seconds */
enum { NONE_KEY = 2, READS_KEY = 6 }; /* those of the others are odd; growth has another */

/* --- counts by number ------------------------------------------------------------------------- */

struct attribution_tally {
	uint64_t *key, *n; /* key: + 1; 0: free */
	size_t size, used;
};

static void
attribution_tally_free(struct attribution_tally *t)
{
	free(t->key);
	free(t->n);
	*t = (struct attribution_tally){0};
}

static size_t
attribution_tally_place(const struct attribution_tally *t, uint64_t key)
{
	size_t mask = t->size - 1, i = key * UINT64_C(0x9e3779b97f4a7c15) >> 24 & mask;

	while (t->key[i] && t->key[i] != key + 1)
		i = (i + 1) & mask;
	return i;
}

static void
attribution_tally_grow(struct attribution_tally *t)
{
	enum { LEAST = 256 };
	struct attribution_tally old = *t;

	if (t->used * 2 < t->size)
		return;
	t->size = t->size ? t->size * 2 : LEAST;
	t->key = mem_alloc(t->size * sizeof(*t->key));
	t->n = mem_alloc(t->size * sizeof(*t->n));
	for (size_t i = 0; i < old.size; i++) {
		size_t to = old.key[i] ? attribution_tally_place(t, old.key[i] - 1) : 0;

		if (!old.key[i])
			continue;
		t->key[to] = old.key[i];
		t->n[to] = old.n[i];
	}
	free(old.key);
	free(old.n);
}

/* Its count, which is 0 if it is new. */
static uint64_t *
attribution_tally_at(struct attribution_tally *t, uint64_t key)
{
	size_t i;

	attribution_tally_grow(t);
	i = attribution_tally_place(t, key);
	t->used += !t->key[i];
	t->key[i] = key + 1;
	return &t->n[i];
}

/* --- a reading -------------------------------------------------------------------------------- */

static void
attribution_row_free(struct attribution_row *r)
{
	writer_free(&r->w);
	code_frames_free(&r->chain);
}

struct attribution *
attribution_ref(struct attribution *a)
{
	if (a)
		refs_take(&a->refs);
	return a;
}

void
attribution_unref(struct attribution *a)
{
	if (!a || !refs_drop(&a->refs))
		return;
	for (size_t i = 0; i < a->n; i++)
		attribution_row_free(&a->v[i]);
	free(a->v);
	free(a->lit);
	free(a->leader);
	free(a);
}

bool
attribution_same(const struct attribution_of *a, const struct attribution_of *b)
{
	return a->by == b->by && a->grown == b->grown && a->lit == b->lit && a->lo == b->lo &&
	       a->hi == b->hi;
}

static uint64_t
attribution_hash(uint64_t h, const char *text)
{
	do
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	while (*text++);
	return h;
}

uint64_t
attribution_key(const struct writer *w)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	h = attribution_hash(attribution_hash(h, w->words), w->in);
	return (h ^ (uint64_t)w->tid) * UINT64_C(0x100000001b3) | 1;
}

/* --- its rows --------------------------------------------------------------------------------- */

struct attribution_work {
	struct target *t;
	struct codes *codes;
	const struct regions *rs;
	struct attribution *a;
	uint64_t from_ns, to_ns; /* rates are of the faults in this time, ... */
	uint32_t from, to;       /* ... and in these epochs, `to` not included */
	bool sampled;            /* not every fault in them was watched */
	struct attribution_tally row;     /* by key: the row + 1 */
	struct attribution_tally by;      /* by chain and thread: the row + 1 */
	struct attribution_tally lately;  /* by row: pages since from_ns */
	struct attribution_tally cells;   /* by row and region: pages */
	struct attribution_tally sure;    /* ... of which it surely was the writer */
	struct attribution_tally first;   /* ... the first of them */
	/* by region: the same of all rows */
	struct attribution_tally regions, maybe, lately_in, first_in;
	size_t cap, lit_cap;
};

/* By region, functions are named first. */
static enum writers_by
attribution_by(const struct attribution *a)
{
	return a->of.by == ATTRIBUTION_BY_REGION ? WRITERS_BY_FUNCTION
	                                         : (enum writers_by)a->of.by;
}

static void
attribution_take_rows(struct attribution_work *w, struct writers *of)
{
	struct attribution *a = w->a;

	a->written = of->written;
	a->one = of->one;
	a->some = of->some;
	a->none = of->none;
	a->reads = of->reads;
	a->totals = of->totals;
	w->cap = of->n + 1;
	a->v = mem_alloc(w->cap * sizeof(*a->v));
	for (; a->n < of->n; a->n++) {
		a->v[a->n] = (struct attribution_row){.w = of->v[a->n], .rate = RATE_UNKNOWN};
		a->v[a->n].key = attribution_key(&a->v[a->n].w);
		*attribution_tally_at(&w->row, a->v[a->n].key) = a->n + 1;
		of->v[a->n].words = of->v[a->n].in = NULL;
	}
}

static void
attribution_name_chain(const struct attribution_work *w, const struct cause_by *by,
                       struct attribution_row *r)
{
	struct causes_chain chain;
	struct writer leaf;

	if (r->chain.n)
		return;
	writer_name(w->t, w->codes, &w->rs->vmas, WRITERS_BY_FUNCTION, by->chain, by->thread,
	            &leaf);
	r->leaf = attribution_key(&leaf);
	writer_free(&leaf);
	causes_chain(w->t->causes, by->chain, &chain);
	code_frames(w->codes, w->t, &w->rs->vmas, &chain, true, &r->chain);
	free(chain.frames);
}

/*
 * The row of a candidate, + 1; 0: it is new since the rows were counted; UINT64_MAX: it is none, as
 * its code only reads.
 */
static uint64_t
attribution_row_of(struct attribution_work *w, const struct cause_by *by)
{
	uint64_t *row = attribution_tally_at(&w->by, (uint64_t)by->chain << 32 | by->thread);
	struct writer is;

	if (*row)
		return *row;
	if (code_reads(w->codes, w->t, &w->rs->vmas, w->t->causes, by->chain))
		return *row = UINT64_MAX;
	writer_name(w->t, w->codes, &w->rs->vmas, attribution_by(w->a), by->chain, by->thread, &is);
	*row = *attribution_tally_at(&w->row, attribution_key(&is));
	writer_free(&is);
	if (*row && w->a->of.by == WRITERS_BY_CHAIN)
		attribution_name_chain(w, by, &w->a->v[*row - 1]);
	return *row;
}

/* --- lately ----------------------------------------------------------------------------------- */

/*
 * The last epochs that are over: pages fault soon after a clear, so that a part of an epoch has
 * another rate.
 */
static void
attribution_rate_epochs(struct attribution_work *w)
{
	const struct track *t = &w->t->track;
	uint32_t e = t->epoch - 1;

	w->to = t->epoch;
	w->to_ns = t->began[w->to % TRACK_EPOCHS];
	while (e > t->first_epoch && w->to - e < TRACK_EPOCHS - 1 &&
	       t->began[(e - 1) % TRACK_EPOCHS] + RATE_S * TIME_SECOND >= w->to_ns)
		e--;
	w->from = e;
	w->from_ns = t->began[e % TRACK_EPOCHS];
}

/* Lately: but not before the clear, nor where faults are forgotten. */
static void
attribution_begin_rates(struct attribution_work *w)
{
	const struct causes_totals *t = &w->a->totals;
	uint64_t now = w->a->time_ns;

	if (w->t->track.auto_clear && w->t->track.epoch > w->t->track.first_epoch) {
		attribution_rate_epochs(w);
		return;
	}
	w->from = w->t->track.first_epoch;
	w->to = UINT32_MAX;
	w->to_ns = now;
	w->from_ns = u64_max(now - u64_min(now, RATE_S * TIME_SECOND),
	                     u64_max(t->since_ns, t->forgotten_ns));
}

static bool
attribution_is_late(const struct attribution_work *w, const struct cause_page *p)
{
	return p->epoch >= w->from && p->epoch < w->to &&
	       (p->time_ns >= w->from_ns || w->to != UINT32_MAX);
}

/* --- its pages -------------------------------------------------------------------------------- */

static void
attribution_light(struct attribution_work *w, uint64_t addr)
{
	struct attribution *a = w->a;

	if (addr < a->of.lo || addr >= a->of.hi)
		return;
	a->lit = vec_room(a->lit, a->lit_n, &w->lit_cap, sizeof(*a->lit));
	a->lit[a->lit_n++] = addr;
}

static void
attribution_count_first(struct attribution_tally *t, uint64_t key, uint64_t addr)
{
	uint64_t *first = attribution_tally_at(t, key);

	*first = *first ? u64_min(*first, addr) : addr;
}

static void
attribution_count_row(struct attribution_work *w, uint64_t row, bool sure,
                      const struct cause_page *p, uint64_t addr, size_t region)
{
	uint64_t cell = row << 32 | region;

	if (sure && attribution_is_late(w, p))
		++*attribution_tally_at(&w->lately, row);
	if (w->a->v[row].key == w->a->of.lit)
		attribution_light(w, addr);
	if (region == SIZE_MAX)
		return;
	++*attribution_tally_at(&w->cells, cell);
	*attribution_tally_at(&w->sure, cell) += sure;
	attribution_count_first(&w->first, cell, addr);
}

static uint64_t
attribution_region_key(const struct attribution_work *w, size_t region)
{
	return w->rs->vmas.v[region].start | 1;
}

static void
attribution_count_region(struct attribution_work *w, size_t region, bool sure,
                         const struct cause_page *p, uint64_t addr)
{
	++*attribution_tally_at(sure ? &w->regions : &w->maybe, region);
	if (w->a->of.by == ATTRIBUTION_BY_REGION &&
	    attribution_region_key(w, region) == w->a->of.lit)
		attribution_light(w, addr);
	if (attribution_is_late(w, p))
		++*attribution_tally_at(&w->lately_in, region);
	attribution_count_first(&w->first_in, region, addr);
}

/*
 * A page whose candidates are all in one row was written by that. What wrote most of a region is
 * told by a sample of the faults, too.
 */
static void
attribution_count(struct attribution_work *w, const struct cause_page *p, size_t region)
{
	uint64_t row[CAUSES_MOST], addr = p->addr - p->addr % w->t->page_size;
	size_t n = 0, writers = 0;

	if (p->time_ns > w->a->time_ns)
		return; /* since the scan */
	for (size_t i = 0, k; i < p->n; i++) {
		uint64_t is = attribution_row_of(w, &p->by[i]);

		if (is == UINT64_MAX)
			continue;
		writers++;
		for (k = 0; k < n && row[k] != is - 1; k++)
			;
		if (is && k == n)
			row[n++] = is - 1;
	}
	for (size_t i = 0; i < n; i++)
		attribution_count_row(w, row[i], n == 1 && p->all, p, addr, region);
	if (region != SIZE_MAX && (writers || !p->all))
		attribution_count_region(w, region, writers == 1 && p->all && !p->sampled, p,
		                         addr);
}

static void
attribution_walk(struct attribution_work *w, const struct causes_range *of)
{
	enum { MOST = 1024 };
	struct cause_page *p = mem_alloc(MOST * sizeof(*p));
	const struct vma_list *vmas = &w->rs->vmas;
	const struct vma *v = NULL;
	uint64_t from = 0;

	while (from != UINT64_MAX && !source_stopped(w->t->source)) {
		size_t n = causes_pages(w->t->causes, &w->t->track, of, &from, p, MOST);

		for (size_t i = 0; i < n; i++) {
			if (!v || p[i].addr < v->start || p[i].addr >= v->end)
				v = vma_at(vmas, p[i].addr);
			attribution_count(w, &p[i], v ? (size_t)(v - vmas->v) : SIZE_MAX);
		}
	}
	free(p);
}

static int
attribution_by_number(const void *pa, const void *pb)
{
	const uint64_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

static void
attribution_settle_lit(struct attribution *a)
{
	size_t n = 0;

	vec_sort(a->lit, a->lit_n, sizeof(*a->lit), attribution_by_number);
	for (size_t i = 0; i < a->lit_n; i++)
		if (!n || a->lit[n - 1] != a->lit[i])
			a->lit[n++] = a->lit[i];
	a->lit_n = n;
}

/* Of each row the region with most of its pages, of each region the row that surely wrote most. */
static void
attribution_settle_places(struct attribution_work *w)
{
	struct attribution *a = w->a;
	uint64_t *most = mem_alloc((a->n + 1) * sizeof(*most));
	struct attribution_leader *leader = mem_alloc((w->rs->vmas.n + 1) * sizeof(*leader));

	for (size_t i = 0; i < w->cells.size; i++) {
		uint64_t cell = w->cells.key[i] - 1, pages = w->cells.n[i], sure;
		size_t row = cell >> 32, region = cell & UINT32_MAX;

		if (!w->cells.key[i])
			continue;
		sure = *attribution_tally_at(&w->sure, cell);
		if (pages > most[row]) {
			most[row] = pages;
			a->v[row].at = *attribution_tally_at(&w->first, cell);
		}
		if (sure > leader[region].pages)
			leader[region] = (struct attribution_leader){
			    w->rs->vmas.v[region].start, sure, a->v[row].key};
	}
	free(most);
	for (size_t i = 0; i < w->rs->vmas.n; i++) /* which are ascending */
		if (leader[i].pages)
			leader[a->leaders++] = leader[i];
	a->leader = leader;
}

/* Of a sample of the faults it is not known. */
static uint64_t
attribution_rate(const struct attribution_work *w, uint64_t pages)
{
	static const uint64_t LEAST_NS = 400 * TIME_MS;
	uint64_t ns = w->to_ns - u64_min(w->to_ns, w->from_ns);

	return ns < LEAST_NS || w->sampled ? RATE_UNKNOWN : rate_of(pages, ns);
}

static void
attribution_settle_rates(struct attribution_work *w)
{
	for (size_t i = 0; i < w->a->n; i++) {
		w->a->v[i].lately = *attribution_tally_at(&w->lately, i);
		w->a->v[i].rate = attribution_rate(w, w->a->v[i].lately);
	}
}

/* --- by region -------------------------------------------------------------------------------- */

static struct attribution_row
attribution_region_row(struct attribution_work *w, size_t region)
{
	const struct vma *v = &w->rs->vmas.v[region];
	const struct attribution_row *leader = attribution_leader(w->a, v->start);

	return (struct attribution_row){
	    .w = {.words = mem_strdup(vma_shown_name(v)),
	          .in = mem_strdup(leader ? leader->w.words : ""),
	          .pages = *attribution_tally_at(&w->regions, region),
	          .maybe = *attribution_tally_at(&w->maybe, region)},
	    .key = attribution_region_key(w, region),
	    .at = *attribution_tally_at(&w->first_in, region),
	    .lately = *attribution_tally_at(&w->lately_in, region),
	    .rate = attribution_rate(w, *attribution_tally_at(&w->lately_in, region)),
	};
}

/* Instead of functions: the regions, each with the function that wrote most of it. */
static void
attribution_turn_to_regions(struct attribution_work *w)
{
	struct attribution *a = w->a;
	struct attribution_row *v = NULL;
	size_t n = 0;

	w->cap = 0;
	for (size_t i = 0; i < w->first_in.size; i++) {
		if (!w->first_in.key[i])
			continue;
		v = vec_room(v, n, &w->cap, sizeof(*v));
		v[n++] = attribution_region_row(w, w->first_in.key[i] - 1);
	}
	for (size_t i = 0; i < a->n; i++)
		attribution_row_free(&a->v[i]);
	free(a->v);
	a->v = v;
	a->n = n;
	a->leaders = 0;
}

/* --- all -------------------------------------------------------------------------------------- */

static int
attribution_by_pages(const void *pa, const void *pb)
{
	const struct attribution_row *a = pa, *b = pb;

	if (a->w.pages != b->w.pages)
		return a->w.pages < b->w.pages ? 1 : -1;
	if (a->w.maybe != b->w.maybe)
		return a->w.maybe < b->w.maybe ? 1 : -1;
	return (a->key > b->key) - (a->key < b->key);
}

void
attribution_order(struct attribution *a)
{
	vec_sort(a->v, a->n, sizeof(*a->v), attribution_by_pages);
}

static void
attribution_add_row(struct attribution_work *w, uint64_t key, const char *words, uint64_t pages)
{
	struct attribution *a = w->a;

	if (!pages)
		return;
	a->v = vec_room(a->v, a->n, &w->cap, sizeof(*a->v));
	a->v[a->n++] = (struct attribution_row){
	    .w = {.words = mem_strdup(words), .in = mem_strdup(""), .pages = pages},
	    .key = key,
	    .rate = RATE_UNKNOWN,
	    .none = true,
	    .reads = key == READS_KEY};
}

static void
attribution_add_none(struct attribution_work *w, const struct writers *of)
{
	struct buf none = {0};

	writers_none(of->sampled, &none);
	attribution_order(w->a);
	attribution_add_row(w, READS_KEY, WRITERS_READS, w->a->reads);
	attribution_add_row(w, NONE_KEY, none.s, w->a->none);
	buf_free(&none);
}

static void
attribution_work_free(struct attribution_work *w)
{
	struct attribution_tally *all[] = {&w->row,       &w->by,       &w->lately, &w->cells,
	                                   &w->sure,      &w->first,    &w->regions, &w->maybe,
	                                   &w->lately_in, &w->first_in};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		attribution_tally_free(all[i]);
}

struct attribution *
attribution_make(struct target *t, struct codes *codes, const struct regions *rs,
                 const struct attribution_of *of)
{
	struct attribution *a = mem_alloc(sizeof(*a));
	struct attribution_work w = {.t = t, .codes = codes, .rs = rs, .a = a};
	const struct causes_range all = {.from = t->track.first_epoch, .to = t->track.epoch};
	uint64_t begin = source_now(t->source);
	struct writers rows;

	a->refs = 1;
	a->of = *of;
	a->time_ns = rs->time_ns;
	writers_make(t, codes, &rs->vmas, attribution_by(a), &all, UINT64_MAX, &rows);
	attribution_take_rows(&w, &rows);
	attribution_begin_rates(&w);
	w.sampled = causes_sampled(t->causes, w.from, w.to - 1, NULL);
	attribution_walk(&w, &all);
	attribution_settle_lit(a);
	attribution_settle_places(&w);
	attribution_settle_rates(&w);
	if (of->by == ATTRIBUTION_BY_REGION)
		attribution_turn_to_regions(&w);
	attribution_add_none(&w, &rows);
	attribution_work_free(&w);
	writers_free(&rows);
	a->cost_ns = source_now(t->source) - begin;
	return a;
}

bool
attribution_is_lit(const struct attribution *a, uint64_t lo, uint64_t hi)
{
	size_t i = 0, n = a->lit_n;

	while (i < n) {
		size_t mid = i + (n - i) / 2;

		if (a->lit[mid] < lo)
			i = mid + 1;
		else
			n = mid;
	}
	return i < a->lit_n && a->lit[i] < hi;
}

const struct attribution_row *
attribution_find(const struct attribution *a, uint64_t key)
{
	for (size_t i = 0; a && i < a->n; i++)
		if (a->v[i].key == key)
			return &a->v[i];
	return NULL;
}

static int
attribution_by_start(const void *pa, const void *pb)
{
	const struct attribution_leader *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

const struct attribution_row *
attribution_leader(const struct attribution *a, uint64_t start)
{
	const struct attribution_leader key = {.start = start}, *l = NULL;

	if (a && a->leaders && attribution_by(a) == WRITERS_BY_FUNCTION)
		l = bsearch(&key, a->leader, a->leaders, sizeof(key), attribution_by_start);
	return l ? attribution_find(a, l->key) : NULL;
}
