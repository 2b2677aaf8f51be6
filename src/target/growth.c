/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/growth.h"

#include <stdlib.h>

#include "base/refs.h"
#include "base/util.h"
#include "kernel/folio_sizes.h"

/* --- its life --------------------------------------------------------------------------------- */

static void
growth_unref(struct growth_scan *s)
{
	if (!s || !refs_drop(&s->refs))
		return;
	for (size_t i = 0; i < s->places; i++)
		free((char *)(uintptr_t)s->place[i].name);
	free(s->place);
	pageset_free(&s->there);
	pageset_free(&s->huge);
	free(s);
}

static struct growth_scan *
growth_ref(struct growth_scan *s)
{
	if (s)
		refs_take(&s->refs);
	return s;
}

struct growth *
growth_new(size_t page_size)
{
	struct growth *g = mem_alloc(sizeof(*g));

	g->page_size = page_size;
	return g;
}

void
growth_keep(struct growth *g, struct lens_keeper *kept)
{
	if (kept)
		kept->take(kept);
	if (g->kept)
		g->kept->drop(g->kept);
	g->kept = kept;
}

void
growth_tell(struct growth *g, struct growth_told *told)
{
	if (g->told)
		free(g->told->v);
	free(g->told);
	g->told = told;
}

struct growth *
growth_copy(const struct growth *g)
{
	struct growth *copy;

	if (!g)
		return NULL;
	copy = mem_copy(g, sizeof(*g));
	growth_ref(copy->base);
	growth_ref(copy->before);
	growth_ref(copy->now);
	if (copy->kept)
		copy->kept->take(copy->kept);
	if (g->told) {
		copy->told = mem_copy(g->told, sizeof(*g->told));
		copy->told->v = mem_copy(g->told->v, g->told->n * sizeof(*g->told->v));
	}
	return copy;
}

void
growth_free(struct growth *g)
{
	if (!g)
		return;
	growth_unref(g->base);
	growth_unref(g->before);
	growth_unref(g->now);
	growth_keep(g, NULL);
	growth_tell(g, NULL);
	free(g);
}

/* --- scans ------------------------------------------------------------------------------------ */

struct growth_scan *
growth_begin(const struct growth *g, uint64_t now)
{
	struct growth_scan *s;

	if (!g || g->fixed || (!g->due && !g->base))
		return NULL;
	s = mem_alloc(sizeof(*s));
	s->refs = 1;
	s->time_ns = now;
	s->there.page_size = s->huge.page_size = g->page_size;
	return s;
}

void
growth_add(struct growth_scan *s, uint64_t start, uint64_t end, bool huge)
{
	pageset_add(&s->there, start, end);
	if (huge)
		pageset_add(&s->huge, start, end);
}

void
growth_drop(struct growth_scan *s)
{
	growth_unref(s);
}

static void
growth_keep_places(struct growth_scan *s, const struct vma_list *vmas)
{
	s->place = mem_alloc((vmas->n + 1) * sizeof(*s->place));
	for (; s->places < vmas->n; s->places++) {
		s->place[s->places] = vmas->v[s->places];
		s->place[s->places].name = mem_strdup(vmas->v[s->places].name);
	}
}

struct growth_scan *
growth_scan_of(size_t page_size, uint64_t time_ns, const struct vma_list *vmas)
{
	struct growth_scan *s = mem_alloc(sizeof(*s));

	s->refs = 1;
	s->time_ns = time_ns;
	s->there.page_size = s->huge.page_size = page_size;
	growth_keep_places(s, vmas);
	return s;
}

void
growth_compare(struct growth *g, struct growth_scan *base)
{
	growth_unref(g->base);
	growth_unref(g->before);
	growth_unref(g->now);
	g->base = base;
	g->before = g->now = NULL;
	g->due = g->fixed = false;
	growth_keep(g, NULL);
}

void
growth_fix(struct growth *g, struct growth_scan *now)
{
	growth_unref(g->before);
	growth_unref(g->now);
	g->before = NULL;
	g->now = now;
	g->fixed = true;
}

void
growth_end(struct growth *g, struct growth_scan *s, const struct vma_list *vmas, struct causes *c)
{
	if (!s)
		return;
	growth_unref(g->before);
	g->before = NULL;
	if (g->due) {
		growth_unref(g->base);
		growth_unref(g->now);
		growth_keep_places(s, vmas);
		growth_keep(g, NULL);
		g->base = growth_ref(s);
		g->due = false;
		if (c)
			causes_baseline(c, &s->there);
	} else {
		g->before = g->now;
	}
	g->now = s;
	if (c)
		causes_resident(c, &s->there, s->time_ns, g->armed);
}

/* --- counts ----------------------------------------------------------------------------------- */

void
growth_count(const struct growth *g, uint64_t start, uint64_t end, struct growth_count *out)
{
	const struct pageset *base = &g->base->there, *now = &g->now->there;

	*out = (struct growth_count){.gained = pageset_minus(now, base, NULL, start, end),
	                             .lost = pageset_minus(base, now, NULL, start, end)};
	if (g->before)
		out->fresh = pageset_minus(now, base, &g->before->there, start, end);
}

bool
growth_is_new(const struct growth *g, uint64_t addr)
{
	return pageset_has(&g->now->there, addr) && !pageset_has(&g->base->there, addr);
}

/* --- by region -------------------------------------------------------------------------------- */

static void
growth_add_place(struct growth_places *to, const struct growth_place *one)
{
	if (!one->n.gained && !one->n.lost)
		return;
	to->v = vec_room(to->v, to->n, &to->cap, sizeof(*to->v));
	to->v[to->n++] = *one;
}

static int
growth_by_pages(const void *pa, const void *pb)
{
	const struct growth_place *a = pa, *b = pb;

	if (a->n.gained != b->n.gained)
		return a->n.gained < b->n.gained ? 1 : -1;
	if (a->n.lost != b->n.lost)
		return a->n.lost < b->n.lost ? 1 : -1;
	return (a->v->start > b->v->start) - (a->v->start < b->v->start);
}

/* Pages of a region of the baseline that were lost where nothing is mapped any more. */
static uint64_t
growth_gone(const struct growth *g, const struct vma_list *vmas, const struct vma *was)
{
	uint64_t at = was->start, pages = 0;

	for (size_t k = vma_lower_bound(vmas, at); at < was->end; k++) {
		uint64_t to = k < vmas->n ? u64_min(vmas->v[k].start, was->end) : was->end;

		if (to > at)
			pages += pageset_minus(&g->base->there, &g->now->there, NULL, at, to);
		at = k < vmas->n ? vmas->v[k].end : was->end;
	}
	return pages;
}

void
growth_places(const struct growth *g, const struct vma_list *vmas, struct growth_places *out)
{
	*out = (struct growth_places){0};
	for (size_t i = 0; i < vmas->n; i++) {
		struct growth_place one = {.v = &vmas->v[i]};

		growth_count(g, one.v->start, one.v->end, &one.n);
		growth_add_place(out, &one);
	}
	for (size_t i = 0; i < g->base->places; i++) {
		const struct vma *was = &g->base->place[i];

		growth_add_place(out, &(struct growth_place){
					  was, {.lost = growth_gone(g, vmas, was)}, true});
	}
	vec_sort(out->v, out->n, sizeof(*out->v), growth_by_pages);
}

/* --- causes ----------------------------------------------------------------------------------- */

/* How many bytes around it, at a multiple of them, a fault may have brought in. */
static uint64_t
growth_reach(const struct growth *g, const struct vma_list *vmas, uint64_t addr)
{
	enum { AROUND = 64 << 10 }; /* fault_around_bytes, unless somebody changed it */
	const struct vma *v;

	if (pageset_has(&g->now->huge, addr))
		return g->page_size << folio_huge_order(g->page_size);
	v = vma_at(vmas, addr);
	if (v && v->type == VMA_FILE && !(v->perm & VMA_WRITE))
		return u64_max(AROUND, g->page_size);
	return g->page_size;
}

static int
growth_by_addr(const void *pa, const void *pb)
{
	const struct newest_fault *a = pa, *b = pb;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

static bool
growth_same_cause(const struct newest_fault *a, const struct newest_fault *b)
{
	return a->chain == b->chain && a->thread == b->thread && !a->several && !b->several;
}

/* Faults [i, j) are those of [start, end). */
static void
growth_give_faults(const struct growth *g, const struct newest_fault *v, size_t i, size_t j,
                   uint64_t start, uint64_t end, growth_fault_fn *fn, void *arg)
{
	bool same = true;

	for (size_t k = i + 1; k < j; k++)
		same = same && growth_same_cause(&v[i], &v[k]);
	for (size_t k = i; k < j; k++) {
		uint64_t lo = v[k].addr & ~((uint64_t)g->page_size - 1), hi = lo + g->page_size;
		struct growth_part is = {.chain = v[k].chain,
		                         .thread = v[k].thread,
		                         .several = v[k].several,
		                         .start = same ? start : lo,
		                         .end = same ? end : hi};

		growth_count(g, is.start, is.end, &is.n);
		fn(arg, &is);
		if (same)
			break;
	}
}

static int
growth_by_cause(const void *pa, const void *pb)
{
	const struct growth_sum *a = pa, *b = pb;

	if (a->chain != b->chain)
		return a->chain < b->chain ? -1 : 1;
	return (a->thread > b->thread) - (a->thread < b->thread);
}

static void
growth_join(struct growth_causes *s)
{
	size_t n = 0;

	vec_sort(s->v, s->n, sizeof(*s->v), growth_by_cause);
	for (size_t i = 0; i < s->n; i++) {
		if (!n || growth_by_cause(&s->v[n - 1], &s->v[i]) != 0) {
			s->v[n++] = s->v[i];
			continue;
		}
		s->v[n - 1].pages += s->v[i].pages;
		s->v[n - 1].maybe += s->v[i].maybe;
		s->v[n - 1].fresh += s->v[i].fresh;
	}
	s->n = n;
}

/* Those that may be of one fault together. */
static void
growth_give_all(const struct growth *g, const struct vma_list *vmas, const struct newest_fault *v,
                size_t n, growth_fault_fn *fn, void *arg)
{
	for (size_t i = 0, j; i < n; i = j) {
		uint64_t reach = growth_reach(g, vmas, v[i].addr), start = v[i].addr & ~(reach - 1),
		         end = start + reach;
		const struct vma *in = vma_at(vmas, v[i].addr);

		if (in) {
			start = u64_max(start, in->start);
			end = u64_min(end, in->end);
		}
		for (j = i + 1; j < n && v[j].addr < end; j++)
			;
		growth_give_faults(g, v, i, j, start, end, fn, arg);
	}
}

uint64_t
growth_parts(const struct growth *g, struct causes *c, const struct vma_list *vmas,
             growth_fault_fn *fn, void *arg)
{
	uint64_t dropped = 0;
	size_t n;
	struct newest_fault *v;

	if (!c || g->told)
		return 0;
	v = causes_newest_faults(c, &g->base->there, &g->now->there, &n, &dropped);
	vec_sort(v, n, sizeof(*v), growth_by_addr);
	growth_give_all(g, vmas, v, n, fn, arg);
	free(v);
	return dropped;
}

static void
growth_add_part(void *arg, const struct growth_part *is)
{
	struct growth_causes *out = arg;
	struct growth_sum *s;

	out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
	s = &out->v[out->n++];
	*s = (struct growth_sum){.chain = is->chain, .thread = is->thread, .fresh = is->n.fresh};
	*(is->several ? &s->maybe : &s->pages) = is->n.gained;
	*(is->several ? &out->some : &out->one) += is->n.gained;
}

/* Sums that may be older than the scan: what has gone since is still in them. */
static void
growth_take_told(const struct growth *g, struct growth_causes *out)
{
	const struct growth_told *told = g->told;

	out->v = mem_copy(told->v, told->n * sizeof(*told->v));
	out->n = told->n;
	for (size_t i = 0; i < out->n; i++) {
		out->one += out->v[i].pages;
		out->some += out->v[i].maybe;
		if (g->before == g->base)
			out->v[i].fresh = out->v[i].pages + out->v[i].maybe;
	}
	out->none = out->count.gained - u64_min(out->one + out->some, out->count.gained);
	out->none_fresh = g->before == g->base ? out->none : 0;
}

void
growth_totals(const struct growth *g, struct causes *c, struct causes_totals *out)
{
	*out = (struct causes_totals){0};
	if (g->told)
		*out = (struct causes_totals){.watch = g->told->watch, .lost = g->told->lost};
	else if (c)
		causes_totals(c, out);
}

void
growth_explain(const struct growth *g, struct causes *c, const struct vma_list *vmas,
               struct growth_causes *out)
{
	uint64_t fresh = 0;

	*out = (struct growth_causes){0};
	growth_count(g, 0, UINT64_MAX, &out->count);
	out->none = out->count.gained;
	out->none_fresh = out->count.fresh;
	if (c && g->told)
		growth_take_told(g, out);
	if (!c || g->told)
		return;
	out->dropped = growth_parts(g, c, vmas, growth_add_part, out);
	growth_join(out);
	for (size_t i = 0; i < out->n; i++)
		fresh += out->v[i].fresh;
	out->none = out->count.gained - out->one - out->some;
	out->none_fresh = out->count.fresh - fresh;
}
