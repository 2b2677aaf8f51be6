/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Tracking the pages on screen without the kernel's help: by their differences from the previous
 * scan. Each page has a signature; two known signatures that differ are a change.
 */
#include <stdlib.h>

#include "base/util.h"
#include "track/tracker_ops.h"

struct seen {
	uint64_t start; /* address of the first page */
	uint64_t *v;    /* one signature per page; 0: not known */
	size_t n, page_size;
};

/* Moves the window to `start` and keeps the signatures that are still inside. */
static void
seen_move(struct seen *s, uint64_t start, size_t n, size_t page_size)
{
	uint64_t *v = mem_alloc(n * sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		uint64_t at = start + i * page_size;

		if (at >= s->start && (at - s->start) / page_size < s->n)
			v[i] = s->v[(at - s->start) / page_size];
	}
	free(s->v);
	*s = (struct seen){start, v, n, page_size};
}

struct seen_changes {
	struct pm_run *v;
	size_t n, cap;
};

static void
seen_change(struct seen_changes *c, uint64_t start, uint64_t end)
{
	if (c->n && c->v[c->n - 1].end == start) {
		c->v[c->n - 1].end = end;
		return;
	}
	c->v = vec_room(c->v, c->n, &c->cap, sizeof(*c->v));
	c->v[c->n++] = (struct pm_run){start, end, 0};
}

void
track_compare(struct track *t, const struct vma *v, uint64_t start, size_t page_size,
              const uint64_t *is, size_t n, uint64_t now)
{
	struct seen_changes c = {0};
	struct seen *seen;

	if (!t->own)
		t->own = mem_alloc(sizeof(*seen));
	seen = t->own;
	seen_move(seen, start, n, page_size);
	for (size_t i = 0; i < n; i++) {
		uint64_t was = seen->v[i], at = start + i * page_size;

		if (was && is[i] && is[i] != SEEN_AS_BEFORE && was != is[i])
			seen_change(&c, at, at + page_size);
		if (is[i] != SEEN_AS_BEFORE)
			seen->v[i] = is[i];
	}
	t->epoch++;
	t->began[(t->epoch + 1) % TRACK_EPOCHS] =
	    now; /* changes found by the next scan happened after this one */
	track_add(t, v->start, c.v, c.n, now);
	free(c.v);
}

bool
seen_reaches(const struct track *t, uint64_t addr)
{
	const struct seen *s = t->own;

	return s && s->n && addr >= s->start && (addr - s->start) / s->page_size < s->n &&
	       s->v[(addr - s->start) / s->page_size];
}

void *
seen_copy(const void *own)
{
	const struct seen *s = own;
	struct seen *to = mem_alloc(sizeof(*to));

	*to = *s;
	to->v = mem_copy(s->v, s->n * sizeof(*s->v));
	return to;
}

int
seen_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
           const struct vma_list *vmas, struct err *err)
{
	struct seen *s = t->own;

	(void)p, (void)pm, (void)vmas, (void)err;
	if (s)
		s->n = 0;
	return 0;
}

struct track_verdict
seen_doubt(struct track *t, const struct proc *p, const struct track_scan *scan)
{
	bool any = track_bytes(t, scan->vma->start, scan->vma->end);

	(void)p;
	return (struct track_verdict){.doubt = any ? DOUBT_NONE : DOUBT_OUTSIDE, .part = true};
}

void
seen_release(void *own)
{
	struct seen *s = own;

	free(s->v);
	free(s);
}

uint64_t
seen_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}
