/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

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

	if (by == GROUPING_TYPE)
		return vma_type_name((enum vma_type)v->type);
	if (!strncmp(v->name, "[stack:", 7) || v->type == VMA_GUARD)
		return groups_stacks;
	if (vma_arena(l, i))
		return groups_arenas;
	return vma_shown_name(v);
}

/* Whether the region is a unit that its group counts, and not, for example, a guard. */
static bool
groups_is_unit(const struct vma_list *l, size_t i, const char *key)
{
	return (key == groups_stacks && l->v[i].type != VMA_GUARD) ||
	       (key == groups_arenas && vma_arena(l, i) == VMA_ARENA_USED);
}

void
group_title(const struct group *g, struct buf *out)
{
	if (g->units)
		buf_fmt(out, "%.*s (%zu)", (int)strlen(g->key) - 2, g->key + 1, g->units);
	else
		buf_str(out, g->key);
}

struct member {
	const char *key;
	size_t at; /* index of the region */
};

/* Our own keys are shared strings, and so are the names of neighbours. */
static int
groups_compare(const char *a, const char *b)
{
	return a == b ? 0 : strcmp(a, b);
}

static int
groups_by_key(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;
	int c = groups_compare(a->key, b->key);

	return c ? c : (a->at > b->at) - (a->at < b->at);
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
	g->sum.older |= r->older;
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

void
groups_make(struct groups *out, const struct regions *rs, enum grouping by, const bool *in,
            const struct smaps *smaps)
{
	size_t n = 0;
	struct member *m = mem_alloc(rs->vmas.n * sizeof(*m));

	*out = (struct groups){.g = mem_alloc(rs->vmas.n * sizeof(*out->g)),
	                       .of = mem_alloc(rs->vmas.n * sizeof(*out->of))};
	for (size_t i = 0; i < rs->vmas.n; i++)
		if (!in || in[i])
			m[n++] = (struct member){group_key(&rs->vmas, i, by), i};
	qsort(m, n, sizeof(*m), groups_by_key);
	for (size_t i = 0; i < n; i++) {
		const struct vma *v = &rs->vmas.v[m[i].at];

		if (!out->n || groups_compare(out->g[out->n - 1].key, m[i].key)) {
			struct group *g = &out->g[out->n++];

			*g = (struct group){.key = m[i].key,
			                    .hash = groups_hash_of(m[i].key),
			                    .v = *v};
			g->v.end = v->start;
			g->v.name = m[i].key;
		}
		groups_add_region(&out->g[out->n - 1], v, &rs->r[m[i].at]);
		groups_add_smaps(&out->g[out->n - 1], smaps ? smaps_find(smaps, v->start) : NULL);
		if (groups_is_unit(&rs->vmas, m[i].at, m[i].key)) {
			out->g[out->n - 1].units++;
			out->g[out->n - 1].v.type = v->type; /* not the type of a guard */
		}
		out->of[m[i].at] = out->n - 1;
	}
	free(m);
}

void
groups_free(struct groups *gs)
{
	free(gs->g);
	free(gs->of);
	*gs = (struct groups){0};
}
