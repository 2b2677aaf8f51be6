/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/attribution_grown.h"

#include <stdlib.h>

#include "base/clock.h"
#include "target/brought.h"

enum { NONE_KEY = 2, LOST_KEY = 4 }; /* those of the others are odd */

/* Of a row: the region that is walked, and the one with most of its pages. */
struct grown_place {
	uint64_t region, pages, first;
	uint64_t most;
};

struct grown {
	struct target *t;
	struct codes *codes;
	const struct vma_list *vmas;
	struct attribution *a;
	struct growth_causes is; /* by chain and thread, in order; and the row of each: */
	size_t *row;
	struct grown_place *place; /* by row */
	uint64_t *leads;           /* by region: the most pages that one row has */
	size_t *leader;            /* ... and that row */
	size_t cap, lit_cap;
};

/* --- rows ------------------------------------------------------------------------------------- */

static enum writers_by
grown_by(const struct attribution *a)
{
	return a->of.by == ATTRIBUTION_BY_REGION ? WRITERS_BY_FUNCTION
	                                         : (enum writers_by)a->of.by;
}

/* The call chain of a row, and the function at its head. */
static void
grown_name_chain(struct grown *g, const struct growth_sum *of, struct attribution_row *r)
{
	struct causes_chain chain;
	struct writer leaf;

	writer_name(g->t, g->codes, g->vmas, WRITERS_BY_FUNCTION, of->chain, of->thread, &leaf);
	r->leaf = attribution_key(&leaf);
	writer_free(&leaf);
	causes_chain(g->t->brought, of->chain, &chain);
	code_frames(g->codes, g->t, g->vmas, &chain, true, &r->chain);
	free(chain.frames);
}

/* The row of a chain and a thread, which several may have. */
static size_t
grown_row(struct grown *g, const struct growth_sum *of)
{
	struct attribution *a = g->a;
	struct writer w;
	uint64_t key;
	size_t i = 0;

	writer_name(g->t, g->codes, g->vmas, grown_by(a), of->chain, of->thread, &w);
	key = attribution_key(&w);
	while (i < a->n && a->v[i].key != key)
		i++;
	if (i < a->n) {
		writer_free(&w);
		return i;
	}
	a->v = vec_room(a->v, a->n, &g->cap, sizeof(*a->v));
	a->v[a->n++] = (struct attribution_row){.w = w, .key = key, .rate = RATE_UNKNOWN};
	if (a->of.by == WRITERS_BY_CHAIN)
		grown_name_chain(g, of, &a->v[i]);
	return i;
}

static void
grown_make_rows(struct grown *g)
{
	g->row = mem_alloc((g->is.n + 1) * sizeof(*g->row));
	for (size_t i = 0; i < g->is.n; i++) {
		const struct growth_sum *of = &g->is.v[i];
		struct attribution_row *r;

		if (!of->pages && !of->maybe)
			continue;
		g->row[i] = grown_row(g, of);
		r = &g->a->v[g->row[i]];
		r->w.pages += of->pages;
		r->w.maybe += of->maybe;
	}
}

/* --- places ----------------------------------------------------------------------------------- */

static int
grown_by_cause(const void *pa, const void *pb)
{
	const struct growth_sum *a = pa, *b = pb;

	if (a->chain != b->chain)
		return a->chain < b->chain ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

/* Lights the new pages of a stretch; returns the first. */
static uint64_t
grown_light(struct grown *g, const struct growth_part *is, bool lit)
{
	struct attribution *a = g->a;
	uint64_t first = 0;

	for (uint64_t at = is->start; at < is->end && (lit || !first); at += g->t->page_size) {
		if (!growth_is_new(g->t->growth, at))
			continue;
		first = first ? first : at;
		if (!lit || at < a->of.lo || at >= a->of.hi)
			continue;
		a->lit = vec_room(a->lit, a->lit_n, &g->lit_cap, sizeof(*a->lit));
		a->lit[a->lit_n++] = at;
	}
	return first;
}

/* Stretches come in ascending order, so those of a region come together. */
static void
grown_place(struct grown *g, size_t row, const struct growth_part *is, uint64_t first)
{
	struct grown_place *p = &g->place[row];
	const struct vma *v = vma_at(g->vmas, is->start);
	size_t region = v ? (size_t)(v - g->vmas->v) : 0;

	if (!v)
		return;
	if (p->region != region + 1)
		*p = (struct grown_place){region + 1, 0, first, p->most};
	p->pages += is->n.gained;
	if (p->pages > p->most) {
		p->most = p->pages;
		g->a->v[row].at = p->first;
	}
	if (p->pages > g->leads[region] && !is->several) {
		g->leads[region] = p->pages;
		g->leader[region] = row;
	}
}

static void
grown_take_part(void *arg, const struct growth_part *is)
{
	struct grown *g = arg;
	const struct growth_sum key = {.chain = is->chain, .thread = is->thread}, *of;
	size_t row;

	if (!is->n.gained || !g->is.n)
		return;
	of = bsearch(&key, g->is.v, g->is.n, sizeof(key), grown_by_cause);
	if (!of)
		return; /* since they were summed up */
	row = g->row[of - g->is.v];
	grown_place(g, row, is, grown_light(g, is, g->a->v[row].key == g->a->of.lit));
}

static void
grown_find_places(struct grown *g)
{
	g->place = mem_alloc((g->a->n + 1) * sizeof(*g->place));
	g->leads = mem_alloc((g->vmas->n + 1) * sizeof(*g->leads));
	g->leader = mem_alloc((g->vmas->n + 1) * sizeof(*g->leader));
	growth_parts(g->t->growth, g->t->brought, g->vmas, grown_take_part, g);
}

/* --- by region -------------------------------------------------------------------------------- */

static uint64_t
grown_first_in(const struct grown *g, const struct vma *v)
{
	uint64_t size = g->t->page_size, lo = v->start, hi = v->end; /* it is in [lo, hi) */

	while (hi - lo > size) {
		uint64_t mid = lo + (hi - lo) / size / 2 * size;
		struct growth_count c;

		growth_count(g->t->growth, lo, mid, &c);
		*(c.gained ? &hi : &lo) = mid;
	}
	return lo;
}

/* Lights what a region gained. */
static void
grown_light_region(struct grown *g, const struct vma *v)
{
	uint64_t step = 512 * g->t->page_size;

	for (uint64_t at = v->start, end; at < v->end; at = end) {
		struct growth_part is = {.start = at};

		is.end = end = v->end - at > step ? at + step : v->end;
		growth_count(g->t->growth, at, end, &is.n);
		if (is.n.gained)
			grown_light(g, &is, true);
	}
}

/* Instead of functions: the regions that gained pages, each with the function that brought most. */
static void
grown_turn_to_regions(struct grown *g)
{
	struct attribution *a = g->a;
	struct attribution_row *v = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < g->vmas->n; i++) {
		const struct vma *of = &g->vmas->v[i];
		struct growth_count c;

		growth_count(g->t->growth, of->start, of->end, &c);
		if (!c.gained)
			continue;
		if ((of->start | 1) == a->of.lit)
			grown_light_region(g, of);
		v = vec_room(v, n, &cap, sizeof(*v));
		v[n++] = (struct attribution_row){
		    .w = {.words = mem_strdup(vma_shown_name(of)),
		          .in = mem_strdup(g->leads[i] ? a->v[g->leader[i]].w.words : ""),
		          .pages = c.gained},
		    .key = of->start | 1,
		    .at = grown_first_in(g, of),
		    .rate = RATE_UNKNOWN};
	}
	for (size_t i = 0; i < a->n; i++) {
		writer_free(&a->v[i].w);
		code_frames_free(&a->v[i].chain);
	}
	free(a->v);
	a->v = v;
	a->n = n;
	g->cap = cap;
}

/* --- all -------------------------------------------------------------------------------------- */

static void
grown_add_row(struct grown *g, uint64_t key, const char *words, uint64_t pages)
{
	struct attribution *a = g->a;

	if (!pages)
		return;
	a->v = vec_room(a->v, a->n, &g->cap, sizeof(*a->v));
	a->v[a->n++] = (struct attribution_row){
	    .w = {.words = mem_strdup(words), .in = mem_strdup(""), .pages = pages},
	    .key = key,
	    .rate = RATE_UNKNOWN,
	    .none = true,
	    .lost = key == LOST_KEY};
}

static void
grown_settle_rates(struct attribution *a)
{
	uint64_t ns = a->time_ns - u64_min(a->time_ns, a->since_ns);

	for (size_t i = 0; i < a->n && ns >= TIME_SECOND; i++)
		a->v[i].rate = rate_of(a->v[i].w.pages, ns);
}

static void
grown_settle(struct grown *g)
{
	struct attribution *a = g->a;
	uint64_t period = a->totals.watch.period;
	struct buf none = {0};

	a->written = g->is.count.gained;
	a->lost = g->is.count.lost;
	a->one = g->is.one;
	a->some = g->is.some;
	a->none = g->is.none;
	if (a->of.by == ATTRIBUTION_BY_REGION)
		grown_turn_to_regions(g);
	grown_settle_rates(a);
	attribution_order(a);
	brought_none(g->t->growth, period > 1 ? period : 0, &none);
	if (a->of.by != ATTRIBUTION_BY_REGION)
		grown_add_row(g, NONE_KEY, none.s, a->none);
	buf_free(&none);
	grown_add_row(g, LOST_KEY, "lost since the baseline", a->lost);
}

struct attribution *
attribution_make_grown(struct target *t, struct codes *codes, const struct regions *rs,
                       const struct attribution_of *of)
{
	struct attribution *a = mem_alloc(sizeof(*a));
	struct grown g = {.t = t, .codes = codes, .vmas = &rs->vmas, .a = a};
	uint64_t begin = source_now(t->source);

	a->refs = 1;
	a->of = *of;
	a->time_ns = t->growth->now->time_ns;
	a->since_ns = t->growth->base->time_ns;
	a->told_ns = t->growth->told ? t->growth->told->time_ns : 0;
	growth_totals(t->growth, t->brought, &a->totals);
	growth_explain(t->growth, t->brought, g.vmas, &g.is);
	grown_make_rows(&g);
	grown_find_places(&g);
	grown_settle(&g);
	free(g.is.v);
	free(g.row);
	free(g.place);
	free(g.leads);
	free(g.leader);
	a->cost_ns = source_now(t->source) - begin;
	return a;
}
