/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "groups.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

const char *
grouping_name(enum grouping by)
{
	static const char *const names[GROUPING_COUNT] = {"address", "file", "type"};

	return names[by];
}

/* What its file is called; stacks of threads and their guards are one file each, so to speak. */
static const char *
key_of(const struct vma *v, enum grouping by)
{
	if (by == GROUPING_TYPE)
		return vma_type_name((enum vma_type)v->type);
	if (!strncmp(v->name, "[stack:", 7))
		return "[stacks of threads]";
	if (v->type == VMA_GUARD)
		return "[guards of stacks]";
	return vma_shown_name(v);
}

struct member {
	const char *key;
	size_t at; /* of the region */
};

static int
by_key(const void *pa, const void *pb)
{
	const struct member *a = pa, *b = pb;
	int c = strcmp(a->key, b->key);

	return c ? c : (a->at > b->at) - (a->at < b->at);
}

static uint64_t
hash_of(const char *s)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325); /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * UINT64_C(0x100000001b3);
	return h;
}

static void
add_region(struct group *g, const struct vma *v, const struct region *r)
{
	g->v.end += vma_size(v);
	g->sum.known |= r->known;
	g->sum.doubt |= r->doubt; /* which of them does not matter */
	g->sum.rss += r->rss;
	g->sum.swap += r->swap;
	g->sum.hugetlb += r->hugetlb;
	g->sum.anon += r->anon;
	g->sum.copied += r->copied;
	g->sum.thp += r->thp;
	g->sum.written += r->written;
	g->sum.newest_ns = u64_max(g->sum.newest_ns, r->newest_ns);
	g->n++;
}

void
groups_make(struct groups *out, const struct regions *rs, enum grouping by, const bool *in)
{
	size_t n = 0;
	struct member *m = mem_alloc(rs->vmas.n * sizeof(*m));

	*out = (struct groups){.g = mem_alloc(rs->vmas.n * sizeof(*out->g)),
	                       .of = mem_alloc(rs->vmas.n * sizeof(*out->of))};
	for (size_t i = 0; i < rs->vmas.n; i++)
		if (!in || in[i])
			m[n++] = (struct member){key_of(&rs->vmas.v[i], by), i};
	qsort(m, n, sizeof(*m), by_key);
	for (size_t i = 0; i < n; i++) {
		const struct vma *v = &rs->vmas.v[m[i].at];

		if (!out->n || strcmp(out->g[out->n - 1].key, m[i].key)) {
			struct group *g = &out->g[out->n++];

			*g = (struct group){.key = m[i].key, .hash = hash_of(m[i].key), .v = *v, .sum.lens = LENS_COUNT};
			g->v.end = v->start;
			g->v.name = m[i].key;
		}
		add_region(&out->g[out->n - 1], v, &rs->r[m[i].at]);
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
