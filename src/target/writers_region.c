/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/writers_region.h"

#include <stdlib.h>

/* Pages of [start, end), each counted in every epoch in which it was written. */
static uint64_t
writers_written_ever(const struct target *t, struct stamps_at stamps)
{
	struct track_stamp s;
	uint64_t sum = 0;

	while (stamps_next(&stamps, &s))
		sum += (s.end - s.start) / t->page_size * s.count;
	return sum;
}

/*
 * The same of a recording: in every interval whose faults are known. Two that were thinned to one
 * are one.
 */
static uint64_t
writers_written_by_then(const struct target *t, const struct causes_range *of)
{
	const struct stamps *by_page;
	uint64_t before = t->source->ops->time->written(t->source, &by_page);
	uint64_t end = of->end ? of->end : UINT64_MAX;

	return (of->end ? 0 : before) +
	       writers_written_ever(t, stamps_begin(by_page, of->start, end));
}

/* The same in the epochs of the range, as far as stamps remember. */
uint64_t
writers_written(const struct target *t, const struct causes_range *of)
{
	uint64_t end = of->end ? of->end : UINT64_MAX, sum = 0;

	if (source_is_past(t->source))
		return writers_written_by_then(t, of);
	if (of->from <= t->track.first_epoch && of->to >= t->track.epoch)
		return writers_written_ever(t, track_stamps(&t->track, of->start, end));
	for (uint32_t e = of->from; e <= of->to && e - of->from < 32; e++)
		sum += track_bytes_in(&t->track, of->start, end, e) / t->page_size;
	return sum;
}

/* Code that only reads is no candidate. */
static void
writers_count_page(struct target *t, struct codes *codes, const struct vma_list *vmas,
                   struct writer *row, const struct cause_page *p)
{
	const struct vma *v = vma_at(vmas, p->addr);
	size_t n = 0;

	for (uint32_t i = 0; v && i < p->n; i++)
		n += !code_reads(codes, t, vmas, t->causes, p->by[i].chain);
	if (n == 1 && p->all && !p->sampled)
		row[v - vmas->v].pages++;
	else if (n)
		row[v - vmas->v].maybe++;
}

static void
writers_count_pages(struct target *t, struct codes *codes, const struct vma_list *vmas,
                    const struct causes_range *of, struct writer *row)
{
	enum { MOST = 1024 };
	struct cause_page *p = mem_alloc(MOST * sizeof(*p));
	uint64_t from = 0;

	while (from != UINT64_MAX && !source_stopped(t->source)) {
		size_t n = causes_pages(t->causes, &t->track, of, &from, p, MOST);

		for (size_t i = 0; i < n; i++)
			writers_count_page(t, codes, vmas, row, &p[i]);
	}
	free(p);
}

/* Written in a region and in the range; 0: they have nothing in common. */
static uint64_t
writers_written_in(const struct target *t, const struct vma *v, struct causes_range of)
{
	of.start = u64_max(of.start, v->start);
	of.end = of.end ? u64_min(of.end, v->end) : v->end;
	return of.start < of.end ? writers_written(t, &of) : 0;
}

static int
writers_region_order(const void *pa, const void *pb)
{
	const struct writer *a = pa, *b = pb;
	uint64_t of_a = a->pages + a->maybe + a->rest, of_b = b->pages + b->maybe + b->rest;

	if (of_a != of_b)
		return of_a < of_b ? 1 : -1;
	return (a->start > b->start) - (a->start < b->start);
}

void
writers_turn_to_regions(struct target *t, struct codes *codes, const struct vma_list *vmas,
                        const struct causes_range *of, struct writers *w)
{
	struct writer *row = mem_alloc((vmas->n + 1) * sizeof(*row));
	size_t kept = 0;

	writers_count_pages(t, codes, vmas, of, row);
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];
		struct writer r = row[i];
		uint64_t seen = r.pages + r.maybe;

		r.rest = u64_max(writers_written_in(t, v, *of), seen) - seen;
		if (!seen && !r.rest)
			continue;
		r.start = v->start;
		r.end = v->end;
		r.words = mem_strdup(vma_shown_name(v));
		r.in = mem_strdup("");
		row[kept++] = r;
	}
	vec_sort(row, kept, sizeof(*row), writers_region_order);
	for (size_t i = 0; i < w->n; i++) {
		free(w->v[i].words);
		free(w->v[i].in);
	}
	free(w->v);
	w->v = row;
	w->n = kept;
}
