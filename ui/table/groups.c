/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/arena.h"

const char *
grouping_name(enum grouping by)
{
	static const char *const names[GROUPING_COUNT] = {"address", "file", "type"};

	return names[by];
}

static const char groups_stacks[] = "[stacks]", groups_arenas[] = "[arenas]";

static const char *
group_key(const struct vma_list *l, size_t i, enum grouping by)
{
	const struct vma *v = &l->v[i];
	size_t heaps;

	if (by == GROUPING_TYPE)
		return vma_type_name((enum vma_type)v->type);
	if (!strncmp(v->name, "[stack:", 7) || v->type == VMA_GUARD)
		return groups_stacks;
	if (arena_part(l, i, &heaps))
		return groups_arenas;
	return vma_shown_name(v);
}

/* How many units of its group it is: a stack, or heaps of malloc, but not a guard. */
static size_t
groups_units(const struct vma_list *l, size_t i, const char *key)
{
	size_t heaps = 0;

	if (key == groups_stacks)
		return l->v[i].type != VMA_GUARD;
	if (key == groups_arenas)
		arena_part(l, i, &heaps);
	return heaps;
}

bool
group_is_arenas(const struct group *g)
{
	return g->key == groups_arenas;
}

void
group_title(const struct group *g, struct buf *out)
{
	if (g->units)
		buf_fmt(out, "%.*s (%zu)", (int)strlen(g->key) - 2, g->key + 1, g->units);
	else
		buf_str(out, g->key);
}

/* Our own keys are shared strings, and so are the names of neighbours. */
static int
groups_compare(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(a, b);
}

static uint64_t
groups_hash_of(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

uint64_t
group_hash_of(const struct vma_list *vmas, size_t i, enum grouping by)
{
	return groups_hash_of(group_key(vmas, i, by));
}

static void
groups_add_region(struct group *g, const struct vma *v, const struct region *r)
{
	g->v.end += vma_size(v);
	g->sum.known |= r->known;
	if (!g->sum.doubt && (r->unknown || r->doubt == DOUBT_OUTSIDE))
		g->sum.doubt = r->doubt; /* which one does not matter */
	g->sum.unknown += r->unknown;
	g->sum.rss += r->rss;
	g->sum.swap += r->swap;
	g->sum.unseen += r->unseen;
	g->sum.swap_unsure |= r->swap_unsure;
	g->sum.hugetlb += r->hugetlb;
	g->sum.anon += r->anon;
	g->sum.copied += r->copied;
	g->sum.thp += r->thp;
	g->sum.written += r->written;
	g->sum.grown |= r->grown;
	g->sum.gained += r->gained;
	g->sum.lost += r->lost;
	g->sum.rated |= r->rated;
	g->sum.rate += r->rated ? r->rate : 0;
	g->sum.newest_ns = u64_max(g->sum.newest_ns, r->newest_ns);
	g->n++;
}

/* call after groups_add_region */
static void
groups_add_smaps(struct group *g, const struct smaps_entry *e)
{
	if (e)
		smaps_add(&g->smaps, e, g->n == 1);
	g->has_smaps = e && (g->n == 1 || g->has_smaps);
}

/* Groups being made, in the order in which they are met. */
struct groups_work {
	struct groups *out;
	uint32_t *table; /* open addressing, by hash: group + 1; 0: free */
	size_t size, last;
};

static void
groups_grow(struct groups_work *w)
{
	enum { LEAST = 64 };
	const struct groups *gs = w->out;

	if (gs->n * 2 < w->size)
		return;
	free(w->table);
	w->size = w->size ? w->size * 2 : LEAST;
	w->table = mem_alloc(w->size * sizeof(*w->table));
	for (size_t g = 0; g < gs->n; g++) {
		size_t i = gs->g[g].hash & (w->size - 1);

		while (w->table[i])
			i = (i + 1) & (w->size - 1);
		w->table[i] = (uint32_t)g + 1;
	}
}

/* The group of a key, which may be a new one, of region v. */
static size_t
groups_find(struct groups_work *w, const char *key, const struct vma *v)
{
	struct groups *gs = w->out;
	uint64_t hash;
	size_t i;

	if (gs->n && gs->g[w->last].key == key)
		return w->last;
	groups_grow(w);
	hash = groups_hash_of(key);
	for (i = hash & (w->size - 1); w->table[i]; i = (i + 1) & (w->size - 1)) {
		const struct group *g = &gs->g[w->table[i] - 1];

		if (g->hash == hash && !groups_compare(g->key, key))
			return w->last = w->table[i] - 1;
	}
	gs->g[gs->n] =
	    (struct group){.key = key, .hash = hash, .v = *v, .compared = diff_nothing};
	gs->g[gs->n].v.end = v->start;
	gs->g[gs->n].v.name = key;
	w->table[i] = (uint32_t)++gs->n;
	return w->last = gs->n - 1;
}

static int
groups_by_key(const void *pa, const void *pb, void *arg)
{
	const size_t *a = pa, *b = pb;
	const struct group *g = arg;

	return groups_compare(g[*a].key, g[*b].key);
}

/* By key. */
static void
groups_order(struct groups *gs, const bool *in, size_t regions)
{
	size_t *order = mem_alloc((gs->n + 1) * sizeof(*order));
	size_t *to = mem_alloc((gs->n + 1) * sizeof(*to));
	struct group *g = mem_alloc((gs->n + 1) * sizeof(*g));

	for (size_t k = 0; k < gs->n; k++)
		order[k] = k;
	qsort_r(order, gs->n, sizeof(*order), groups_by_key, gs->g);
	for (size_t k = 0; k < gs->n; k++) {
		g[k] = gs->g[order[k]];
		to[order[k]] = k;
	}
	for (size_t i = 0; i < regions; i++)
		if (!in || in[i])
			gs->of[i] = to[gs->of[i]];
	free(order);
	free(to);
	free(gs->g);
	gs->g = g;
}

/* One that was mapped at neither moment adds nothing. */
static void
groups_add_difference(struct group *g, const struct diff_region *r)
{
	if (r)
		diff_add(&g->compared, r);
}

void
groups_make(struct groups *out, const struct regions *rs, enum grouping by, const bool *in,
            const struct smaps *smaps, const struct difference *d)
{
	struct groups_work w = {.out = out};

	*out = (struct groups){.g = mem_alloc(rs->vmas.n * sizeof(*out->g)),
	                       .of = mem_alloc(rs->vmas.n * sizeof(*out->of))};
	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct vma *v = &rs->vmas.v[i];
		const char *key = !in || in[i] ? group_key(&rs->vmas, i, by) : NULL;
		struct group *g;
		size_t units;

		if (!key)
			continue;
		out->of[i] = groups_find(&w, key, v);
		g = &out->g[out->of[i]];
		groups_add_region(g, v, regions_at(rs, i));
		g->older |= regions_is_older(rs, regions_at(rs, i));
		groups_add_smaps(g, smaps ? smaps_find(smaps, v->start) : NULL);
		groups_add_difference(g, d ? difference_of(d, v->start) : NULL);
		units = groups_units(&rs->vmas, i, key);
		g->units += units;
		if (units)
			g->v.type = v->type; /* not the type of a guard */
	}
	groups_order(out, in, rs->vmas.n);
	free(w.table);
}

void
groups_free(struct groups *gs)
{
	free(gs->g);
	free(gs->of);
	*gs = (struct groups){0};
}
