/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Whether pages were moved. mremap() moves pages with their frames, so a page in a frame that no
 * page had at the previous scan has not been moved (unless the kernel migrated all pages moved with
 * it in the same moment). A page in a known frame may have been moved, or the frame was reused.
 * Only a bounded amount of memory is noted, and only as often as is cheap.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "track/tracker_ops.h"

enum { SHARE = 20, DIGITS = 256, FEW = 24 };

struct moved {
	struct track_ranges noted; /* regions of which all frames are noted */
	uint32_t *frame;           /* ascending, once one was looked for */
	size_t n, cap;
	bool sorted;
	uint64_t time_ns, cost_ns; /* when they were noted, and how long that took */
};

/* In half the memory: above 16 TiB two frames may look the same, and one that is new as noted. */
static uint32_t
moved_short(uint64_t pfn)
{
	return (uint32_t)(pfn ^ pfn >> 32);
}

static void
moved_sort_few(uint32_t *v, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		uint32_t is = v[i];
		size_t k = i;

		for (; k && v[k - 1] > is; k--)
			v[k] = v[k - 1];
		v[k] = is;
	}
}

/* In place, by one digit after the other: qsort(3) would take as much memory again. */
static void
moved_sort(uint32_t *v, size_t n, unsigned shift)
{
	size_t at[DIGITS], end[DIGITS], from = 0;

	if (n <= FEW) {
		moved_sort_few(v, n);
		return;
	}
	memset(end, 0, sizeof(end));
	for (size_t i = 0; i < n; i++)
		end[v[i] >> shift & (DIGITS - 1)]++;
	for (unsigned d = 0; d < DIGITS; from = end[d++]) {
		at[d] = from;
		end[d] += from;
	}
	for (unsigned d = 0; d < DIGITS; d++)
		while (at[d] < end[d]) {
			uint32_t is = v[at[d]];
			size_t *to = &at[is >> shift & (DIGITS - 1)];

			v[at[d]] = v[*to];
			v[(*to)++] = is;
		}
	for (unsigned d = 0; shift && d < DIGITS; d++)
		moved_sort(v + (d ? end[d - 1] : 0), end[d] - (d ? end[d - 1] : 0), shift - 8);
}

/*
 * Visits the frames of a range; fn returns false to stop. The result is false if it did, or if some
 * frames are not known.
 */
struct moved_visit {
	const struct pagemap *pm;
	struct moved *m;
	bool (*fn)(struct moved *m, uint64_t pfn);
	bool complete;
};

static int
moved_visit_run(void *arg, const struct pm_run *run)
{
	struct moved_visit *v = arg;
	uint64_t words[512];
	struct err ignored;

	for (uint64_t at = run->start; at < run->end && !(run->cats & PM_CAT_PFNZERO);) {
		size_t max = u64_min((run->end - at) / v->pm->page_size, ARRAY_LEN(words));
		ssize_t n = pagemap_words(v->pm, at, words, max, &ignored);

		for (ssize_t i = 0; i < n; i++) {
			if (words[i] & PM_GUARD || !(words[i] & (PM_PRESENT | PM_SWAPPED)))
				continue;
			if (!(words[i] & PM_PRESENT) || !(words[i] & PM_PFN_MASK) ||
			    !v->fn(v->m, words[i] & PM_PFN_MASK))
				v->complete = false; /* in swap, or hidden from us */
		}
		if (n <= 0)
			v->complete = false;
		if (!v->complete)
			return 1;
		at += (uint64_t)n * v->pm->page_size;
	}
	return 0;
}

/* In pieces: a run is told once it ends, which may be far behind what there is room for. */
static bool
moved_visit(struct moved *m, const struct pagemap *pm, uint64_t start, uint64_t end,
            bool (*fn)(struct moved *, uint64_t))
{
	static const uint64_t piece = UINT64_C(64) << 20;
	uint64_t any = PM_CAT_PRESENT | PM_CAT_SWAPPED;
	struct moved_visit v = {.pm = pm, .m = m, .fn = fn, .complete = true};
	struct err ignored;

	for (uint64_t at = start, to; v.complete && at < end; at = to) {
		at = pagemap_next(pm, at, end);
		to = end - at > piece ? at + piece : end;
		v.complete = pagemap_runs(pm, at, to, &(struct pm_match){.any = any},
		                          any | PM_CAT_PFNZERO, moved_visit_run, &v,
		                          &ignored) == 0 &&
		             v.complete;
	}
	return v.complete;
}

static bool
track_moved_note(struct moved *m, uint64_t pfn)
{
	m->frame = vec_room(m->frame, m->n, &m->cap, sizeof(*m->frame));
	m->frame[m->n++] = moved_short(pfn);
	return m->n < MOVED_MOST;
}

static bool
moved_is_new(struct moved *m, uint64_t pfn)
{
	uint32_t is = moved_short(pfn);
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (m->frame[mid] < is)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo == m->n || m->frame[lo] != is;
}

void
moved_note(struct moved **to, const struct pagemap *pm, const struct track_ranges *memory,
           bool anew)
{
	uint64_t begin = time_ns();
	struct moved *m = *to;
	bool full = false;

	if (m && begin - m->time_ns < SHARE * m->cost_ns) {
		m->noted.n = anew ? 0 : m->noted.n;
		return;
	}
	if (!m)
		m = *to = mem_alloc(sizeof(*m));
	m->n = m->noted.n = 0;
	for (size_t i = 0; i < memory->n && !full; i++) {
		size_t before = m->n;

		if (moved_visit(m, pm, memory->v[i].start, memory->v[i].end, track_moved_note))
			ranges_add(&m->noted, memory->v[i].start, memory->v[i].end);
		full = m->n == MOVED_MOST;
		if (full)
			m->n = u64_min(m->n, before + MOVED_SOME);
	}
	if (m->cap / 4 > m->n) {
		m->cap = 2 * m->n;
		m->frame = mem_resize(m->frame, m->cap * sizeof(*m->frame));
	}
	m->sorted = false; /* mostly none is looked for before the next notes */
	m->time_ns = time_ns();
	m->cost_ns = m->time_ns - begin;
}

void
moved_forget(struct moved *m, uint64_t start, uint64_t end)
{
	if (m && ranges_meet(&m->noted, start, end))
		m->noted.n = 0;
}

bool
moved_knows(const struct moved *m, uint64_t start, uint64_t end)
{
	return m && ranges_cover(&m->noted, start, end);
}

bool
moved_is_empty(const struct moved *m)
{
	return !m || !m->n;
}

bool
moved_none(struct moved *m, const struct pagemap *pm, uint64_t start, uint64_t end)
{
	if (!m)
		return false;
	if (!m->sorted)
		moved_sort(m->frame, m->n, 24);
	m->sorted = true;
	return moved_visit(m, pm, start, end, moved_is_new);
}

void
moved_free(struct moved *m)
{
	if (!m)
		return;
	free(m->noted.v);
	free(m->frame);
	free(m);
}
