/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/past.h"

#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/util.h"
#include "kernel/kabi.h"

struct past_scan {
	int refs;
	uint64_t time_ns;
	struct extents change; /* since the one before; of the first: all */
	struct extents written;
	bool written_known;
};

static void
past_unref(struct past_scan *s)
{
	if (!refs_drop(&s->refs))
		return;
	extents_free(&s->change);
	extents_free(&s->written);
	free(s);
}

void
past_free(struct past *p)
{
	for (size_t i = 0; i < p->n; i++)
		past_unref(p->v[i]);
	free(p->v);
	extents_free(&p->now);
	extents_free(&p->next);
	*p = (struct past){0};
}

static size_t
past_size(const struct past_scan *s)
{
	return sizeof(*s) + (s->change.cap + s->written.cap) * sizeof(struct extent);
}

/* --- thinning --------------------------------------------------------------------------------- */

/* The one of the older half whose neighbours are closest; the first stays. */
static size_t
past_choose(const struct past *p)
{
	size_t best = 1;
	uint64_t least = UINT64_MAX;

	for (size_t i = 1; i <= p->n / 2; i++) {
		uint64_t gap = p->v[i + 1]->time_ns - p->v[i - 1]->time_ns;

		if (gap < least) {
			least = gap;
			best = i;
		}
	}
	return best;
}

/* A scan that others may hold is not changed: a new one takes the place of two. */
static void
past_drop_one(struct past *p)
{
	static const struct extents none;
	size_t at = past_choose(p);
	struct past_scan *a = p->v[at], *b = p->v[at + 1], *s = mem_alloc(sizeof(*s));

	*s = (struct past_scan){.refs = 1,
	                        .time_ns = b->time_ns,
	                        .written_known = b->written_known};
	extents_compare(&none, &a->change, &s->change);
	extents_unite(&s->change, &b->change);
	extents_compare(&none, &a->written, &s->written);
	extents_unite(&s->written, &b->written);
	p->bytes += past_size(s) - past_size(a) - past_size(b);
	past_unref(a);
	past_unref(b);
	p->v[at] = s;
	memmove(p->v + at + 1, p->v + at + 2, (p->n - at - 2) * sizeof(*p->v));
	p->n--;
}

/* --- a scan ----------------------------------------------------------------------------------- */

static int
past_hear(void *arg, const struct pm_run *run)
{
	static const uint64_t keep = PM_CAT_PRESENT | PM_CAT_SWAPPED | PM_CAT_PFNZERO;
	struct past *p = arg;

	if (p->next.n < PAST_RUNS)
		extents_add(&p->next, run->start, run->end, (uint32_t)(run->cats & keep));
	return p->then ? p->then(p->then_arg, run) : 0;
}

void
past_listen(struct past *p, struct target *t)
{
	p->t = t;
	p->then = t->each_run;
	p->then_arg = t->each_run_arg;
	t->each_run = past_hear;
	t->each_run_arg = p;
	extents_free(&p->next);
}

static void
past_add_written(const struct past *p, struct past_scan *s)
{
	uint64_t since = p->n ? p->v[p->n - 1]->time_ns : 0;
	const struct track *t = &p->t->track;

	s->written_known = t->clears && p->clears && p->n;
	if (s->written_known)
		track_since(t, since, &s->written);
}

static void
past_add(struct past *p, uint64_t time_ns)
{
	struct past_scan *s = mem_alloc(sizeof(*s));

	s->refs = 1;
	s->time_ns = time_ns;
	past_add_written(p, s);
	extents_compare(&p->now, &p->next, &s->change);
	extents_free(&p->now);
	p->now = p->next;
	p->next = (struct extents){0};
	p->clears = p->t->track.clears;
	p->v = vec_room(p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n++] = s;
	p->bytes += past_size(s);
	while (p->n > 3 && (p->bytes > PAST_BYTES || p->n > PAST_SCANS))
		past_drop_one(p);
}

void
past_unlisten(struct past *p, uint64_t time_ns, bool whole)
{
	p->t->each_run = p->then;
	p->t->each_run_arg = p->then_arg;
	if (whole && p->next.n < PAST_RUNS && (!p->n || time_ns > p->v[p->n - 1]->time_ns))
		past_add(p, time_ns);
	extents_free(&p->next);
	p->t = NULL;
}

void
past_copy(struct past *to, const struct past *from)
{
	*to = (struct past){.n = from->n, .cap = from->n, .bytes = from->bytes};
	to->v = mem_alloc((from->n + 1) * sizeof(*to->v));
	for (size_t i = 0; i < from->n; i++) {
		to->v[i] = from->v[i];
		refs_take(&to->v[i]->refs);
	}
}

/* --- what it says ----------------------------------------------------------------------------- */

static int
past_walk(void *arg, size_t from, size_t to, source_moment_fn *fn, void *fn_arg, struct err *err)
{
	const struct past *p = arg;
	struct extents pages = {0};
	int r = 0;

	(void)err;
	for (size_t i = 0; r == 0 && i <= to; i++) {
		const struct past_scan *s = p->v[i];
		struct source_moment m = {s->time_ns, &pages, &s->written, s->written_known};

		extents_apply(&pages, &s->change);
		if (i >= from)
			r = fn(fn_arg, &m);
	}
	extents_free(&pages);
	return r;
}

struct heatmap *
past_heatmap(const struct past *p, size_t page_size, struct progress *progress,
             const struct vma_list *vmas, const struct heatmap_of *of, struct err *err)
{
	uint64_t *times = mem_alloc((p->n + 1) * sizeof(*times));
	struct heatmap_from from = {.time_ns = times,
	                            .times = p->n,
	                            .page_size = page_size,
	                            .walk = past_walk,
	                            .arg = (void *)(uintptr_t)p,
	                            .progress = progress,
	                            .vmas = vmas};
	struct heatmap *h = NULL;

	for (size_t i = 0; i < p->n; i++)
		times[i] = p->v[i]->time_ns;
	if (p->n)
		h = heatmap_make(&from, of, err);
	else
		err_set(err, ERR_TARGET, "there was no scan yet", NULL, "no picture of the past");
	free(times);
	return h;
}
