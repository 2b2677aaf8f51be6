/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pages of a recording, as of its sample. */
#include "record/source_recording_parts.h"

#include <string.h>

#include "base/util.h"
#include "kernel/kabi.h"
#include "page/state.h"

/*
 * The categories of a run in region v, with what the scan of a live process is not asked for: its
 * pages are a file's, unless they may be private copies; without write protection by userfaultfd
 * they read as written.
 */
static uint64_t
source_recording_cats(const struct source_recording *k, const struct vma *v, uint32_t state)
{
	bool of_file = v && (vma_has_file(v) || v->type == VMA_KERNEL) && !state_copies(v);
	bool file = of_file && state & PM_CAT_PRESENT;

	return state | (file ? PM_CAT_FILE : 0) | (k->scan & PM_CAT_WRITTEN);
}

/* What the page table says, without frames. */
static uint64_t
source_recording_bare(uint64_t cats)
{
	return (cats & PM_CAT_PRESENT ? PM_PRESENT : 0) | (cats & PM_CAT_SWAPPED ? PM_SWAPPED : 0) |
	       (cats & PM_CAT_FILE ? PM_FILE : 0) | (cats & PM_CAT_GUARD ? PM_GUARD : 0);
}

/* The word of a block, if it is of the same page as far as can be seen. */
static uint64_t
source_recording_word(const struct block *b, size_t i, uint64_t cats)
{
	static const uint64_t same = PM_PRESENT | PM_SWAPPED;
	uint64_t bare = source_recording_bare(cats), is = b ? b->words[i] : 0;

	return (is & same) == (bare & same) ? is : bare;
}

/* The pages of one run, as far as they are asked for. */
static void
source_recording_words_of(struct source_recording *k, const struct extent *run, uint64_t addr,
                          uint64_t *words, size_t n)
{
	size_t page_size = k->base.meta.page_size;
	uint64_t from = u64_max(addr, run->start), to = u64_min(run->end, addr + n * page_size);
	const struct vma *v = vma_at(&k->vmas, from);

	for (uint64_t at = from; at < to; at += page_size) {
		const struct block *b = recording_block(k->r, at);

		if (v && at >= v->end)
			v = vma_at(&k->vmas, at);
		words[(at - addr) / page_size] =
		    source_recording_word(b, (size_t)(at / page_size % BLOCK_PAGES),
		                          source_recording_cats(k, v, run->state));
	}
}

ssize_t
source_recording_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n,
                       struct err *err)
{
	struct source_recording *k = source_recording_of(s);
	const struct extents *e = recording_pages(k->r);
	uint64_t end = addr + n * s->meta.page_size;

	(void)err;
	if (addr >> 63) /* no address of a process: the page table does not reach it */
		return 0;
	memset(words, 0, n * sizeof(*words));
	for (size_t i = extents_first(e, addr); i < e->n && e->v[i].start < end; i++)
		source_recording_words_of(k, &e->v[i], addr, words, n);
	return (ssize_t)n;
}

static bool
source_recording_fits(const struct pm_match *m, uint64_t cats)
{
	return (!m->any || cats & m->any) && !(m->all & ~cats) && !(cats & m->none);
}

/* Joins runs that are alike in the categories that are asked for. */
struct source_recording_join {
	struct pm_run run;
	pagemap_run_fn *fn;
	void *arg;
};

static int
source_recording_pass(struct source_recording_join *j, const struct pm_run *next)
{
	int r = 0;

	if (next && j->run.end == next->start && j->run.cats == next->cats) {
		j->run.end = next->end;
		return 0;
	}
	if (j->run.end)
		r = j->fn(j->arg, &j->run);
	j->run = next ? *next : (struct pm_run){0};
	return r;
}

static int
source_recording_piece(struct source_recording_join *j, const struct pm_match *match, uint64_t ask,
                       uint64_t start, uint64_t end, uint64_t cats)
{
	if (start >= end || !source_recording_fits(match, cats))
		return 0;
	return source_recording_pass(j, &(struct pm_run){start, end, cats & ask});
}

/* Whether it is not known what was written in region v: no tracker watched it. */
static bool
source_recording_unsure(struct source_recording *k, const struct vma *v)
{
	return !recording_writes(k->r)->on || !v ||
	       recording_doubt(k->r, v->start) != DOUBT_NONE;
}

/*
 * A run of region v, with what the tracker says: its pages with a stamp of this epoch are marked.
 */
static int
source_recording_marked(struct source_recording *k, struct source_recording_join *j,
                        const struct pm_match *match, uint64_t ask, const struct vma *v,
                        uint64_t start, uint64_t end, uint64_t cats)
{
	static const uint64_t unsure = PM_CAT_WRITTEN | PM_CAT_UNSURE;
	bool present = cats & (PM_CAT_PRESENT | PM_CAT_SWAPPED);
	static const uint64_t marks = PM_CAT_SOFT_DIRTY | PM_CAT_WRITTEN | PM_CAT_WPALLOWED;
	const struct recording_writes *w = recording_writes(k->r);
	uint64_t mark = w->on ? track_cats(&(struct track){.tracker = w->tracker}) : 0;
	struct stamps_at at = stamps_begin(recording_stamps(k->r), start, end);
	struct track_stamp s;

	if (ask & PM_CAT_UNSURE && source_recording_unsure(k, v))
		return source_recording_piece(j, match, ask, start, end,
		                              cats | (present ? unsure : 0));
	if (!((ask | match->any | match->all | match->none) & marks) || !mark)
		return source_recording_piece(j, match, ask, start, end, cats);
	while (stamps_next(&at, &s)) {
		if (s.epoch != w->epoch)
			continue;
		if (source_recording_piece(j, match, ask, start, s.start, cats & ~mark) ||
		    source_recording_piece(j, match, ask, s.start, s.end, cats | mark))
			return 1;
		start = s.end;
	}
	return source_recording_piece(j, match, ask, start, end, cats & ~mark);
}

/* The gap before a run is one of pages without a category. */
int
source_recording_runs(const struct source *s, uint64_t start, uint64_t end,
                      const struct pm_match *match, uint64_t cats, pagemap_run_fn *fn, void *arg,
                      struct err *err)
{
	struct source_recording *k = source_recording_of(s);
	const struct extents *e = recording_pages(k->r);
	struct source_recording_join j = {.fn = fn, .arg = arg};
	uint64_t at = start;

	(void)err;
	if (s->meta.scan && (cats & s->meta.scan) == s->meta.scan) /* all that is known */
		cats |= PM_CAT_WRITTEN | PM_CAT_UNSURE;
	for (size_t i = extents_first(e, start); at < end; i++) {
		uint64_t from = i < e->n ? u64_min(e->v[i].start, end) : end;
		uint64_t to = i < e->n ? u64_min(e->v[i].end, end) : end;

		if (source_recording_piece(&j, match, cats, at, from, 0))
			return 1;
		for (at = u64_max(at, from); at < to;) {
			const struct vma *v = vma_at(&k->vmas, at);
			uint64_t till = v ? u64_min(v->end, to) : to;

			if (source_recording_marked(k, &j, match, cats, v, at, till,
			                            source_recording_cats(k, v, e->v[i].state)))
				return 1;
			at = till;
		}
		if (source_stopped(s))
			return 1;
	}
	return source_recording_pass(&j, NULL);
}

void
source_recording_frames(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n,
                        uint64_t *out, bool *ok)
{
	const struct recording *r = source_recording_of(s)->r;

	for (size_t i = 0; i < n; i++) {
		out[i] = 0;
		ok[i] = recording_frame(r, pfn[i], file, &out[i]);
	}
}

void
source_recording_nodes(const struct source *s, uint64_t addr, int *out, size_t n)
{
	struct recording *r = source_recording_of(s)->r;
	size_t page_size = s->meta.page_size;

	for (size_t i = 0; i < n; i++, addr += page_size) {
		const struct block *b = recording_block(r, addr);

		out[i] = b ? b->nodes[addr / page_size % BLOCK_PAGES] : -1;
	}
}
