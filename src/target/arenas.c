/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/arenas.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/kabi.h"
#include "target/arenas_parts.h"
#include "target/region.h"

/* libc.so.6, or libc-2.30.so as it was called before glibc 2.34; musl's is libc.musl-ARCH.so.1. */
static bool
arenas_is_libc(const struct vma *v)
{
	size_t n;
	const char *base = path_base(v->name, &n);

	return vma_is_file(v) && ((n == 9 && !strncmp(base, "libc.so.6", 9)) ||
	                          (n > 7 && !strncmp(base, "libc-2.", 7)));
}

static bool
arenas_is_huge(const struct vma *v)
{
	return vma_is_anon_huge(v) && v->perm & VMA_WRITE && !(v->perm & VMA_SHARED);
}

/* --- pages ------------------------------------------------------------------------------------ */

struct arenas_gaps {
	struct arenas_heap *h;
	size_t page_size;
	uint64_t last; /* the end of the pages before; 0: there are none yet */
};

static int
arenas_note_run(void *arg, const struct pm_run *run)
{
	enum { SMALL = 64 << 10, LARGE = 1 << 20 };
	struct arenas_gaps *g = arg;
	uint64_t hole = g->last ? run->start - g->last : 0;
	enum arenas_hole is = hole < SMALL   ? ARENAS_HOLE_64K
	                      : hole < LARGE ? ARENAS_HOLE_1M
	                                     : ARENAS_HOLE_ABOVE;

	g->h->hole[is] += hole / g->page_size;
	g->h->holes += hole > 0;
	g->last = run->end;
	return 0;
}

int
arenas_pages(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
             uint64_t *rss, uint64_t *swap, struct err *err)
{
	int r = 0;

	for (size_t i = vma_lower_bound(vmas, start); r == 0 && i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];
		struct region part;

		if (v->start >= end)
			break;
		r = region_measure_part(t, v, u64_max(start, v->start), u64_min(end, v->end),
		                        &part, err);
		*rss += r == 0 ? part.rss : 0;
		*swap += r == 0 ? part.swap : 0;
	}
	return r;
}

static int
arenas_measure(struct target *t, const struct vma_list *vmas, struct arenas_heap *h,
               struct err *err)
{
	struct arenas_gaps g = {.h = h, .page_size = t->page_size};
	uint64_t any = PM_CAT_PRESENT | PM_CAT_SWAPPED;
	int r = arenas_pages(t, vmas, h->start, h->end, &h->rss, &h->swap, err);

	return r ? r
	         : source_runs(t->source, h->start, h->end, any, any, arenas_note_run, &g, err);
}

/* --- heaps ------------------------------------------------------------------------------------ */

static void
arenas_add(struct arenas *a, const struct arenas_heap *h)
{
	a->v = vec_room(a->v, a->n, &a->cap, sizeof(*a->v));
	a->v[a->n++] = *h;
}

/* [heap], in one piece, however its parts differ. */
static void
arenas_add_brk(struct arenas *a, const struct vma *v)
{
	struct arenas_heap *last = a->n ? &a->v[a->n - 1] : NULL;

	if (last && last->brk && last->end == v->start)
		last->end = last->limit = v->end;
	else
		arenas_add(a, &(struct arenas_heap){
		                  .start = v->start, .end = v->end, .limit = v->end, .brk = true});
}

void
arenas_list(const struct vma_list *vmas, bool any, struct arenas *out)
{
	struct arena_slots slots;
	size_t s = 0;

	*out = (struct arenas){0};
	arena_find(vmas, any, &slots);
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];

		if (!out->libc && arenas_is_libc(v))
			out->libc = v;
		if (v->type == VMA_HEAP)
			arenas_add_brk(out, v);
		out->hugetlb += arenas_is_huge(v) ? vma_size(v) : 0;
		for (; s < slots.n && slots.v[s].start < v->end; s++)
			arenas_add(out, &(struct arenas_heap){.start = slots.v[s].start,
			                                      .end = slots.v[s].used,
			                                      .limit = slots.v[s].end,
			                                      .by = slots.v[s].by});
	}
	out->more = slots.more;
	arena_free(&slots);
}

int
arenas_count(struct target *t, const struct vma_list *vmas, struct arenas *a, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < a->n; i++)
		r = arenas_measure(t, vmas, &a->v[i], err);
	return r;
}

int
arenas_find(struct target *t, const struct vma_list *vmas, struct arenas *out, struct err *err)
{
	arenas_list(vmas, false, out);
	return arenas_count(t, vmas, out, err);
}

void
arenas_free(struct arenas *a)
{
	free(a->v);
	*a = (struct arenas){0};
}
