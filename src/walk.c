/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "walk.h"

#include <stdlib.h>

#include "cache.h"
#include "flags.h"
#include "kabi.h"
#include "numa.h"
#include "util.h"

struct pages_walk {
	struct target *t;
	const struct vma *v;
	const struct walk_options *o;
	const struct walk_fns *fns;
	void *arg;
	struct err *err;
	uint64_t at; /* all before it has been told */
	struct page *batch; /* room for PAGE_BATCH */
	struct cache cache;
	bool failed;
	bool asked; /* of the gap that is told, the page cache */
};

/* What the empty entry of a page says: where the page table does not show all, nothing. */
static void
judge_empty(const struct pages_walk *w, struct page *pg)
{
	if (vma_hides_pages(w->v))
		*pg = (struct page){.state = STATE_UNREADABLE, .kind = KIND_COUNT};
}

static int
read_batch(struct pages_walk *w, uint64_t addr, struct page *pages, size_t n, uint64_t cats)
{
	struct target *t = w->t;
	unsigned want = w->o->want;

	if (page_read(&t->pm, &t->frames, addr, pages, n, want, w->err) < 0)
		return -1;
	if (want & PAGE_WANT_NODE)
		numa_nodes(&t->proc, addr, t->pm.page_size, pages, n);
	for (size_t i = 0; i < n; i++) {
		pages[i].cats = (uint16_t)cats;
		page_judge(&pages[i], w->v, t->swaps.n);
		if (pages[i].state == STATE_NONE)
			judge_empty(w, &pages[i]);
	}
	return 0;
}

/* The pages of a gap one by one: of those that have come since, what they are now. */
static int
tell_gap_pages(struct pages_walk *w, uint64_t start, uint64_t end, enum state s)
{
	struct page *pages = w->batch;
	size_t size = w->t->pm.page_size;

	for (uint64_t at = start; at < end;) {
		size_t n = u64_min((end - at) / size, PAGE_BATCH);

		if (read_batch(w, at, pages, n, 0) < 0) {
			w->failed = true;
			return 1;
		}
		for (size_t i = 0; i < n; i++) {
			if (pages[i].state != STATE_NONE)
				continue;
			pages[i].state = (uint8_t)s;
			if (w->asked)
				pages[i].known |= PAGE_CACHE_ASKED;
			if (s == STATE_CACHED)
				pages[i].known |= PAGE_CACHED;
		}
		if (w->fns->pages(w->arg, at, pages, n))
			return 1;
		at += n * size;
	}
	return 0;
}

static int
tell_gap_of(struct pages_walk *w, uint64_t start, uint64_t end, enum state s)
{
	if (vma_hides_pages(w->v))
		s = STATE_UNREADABLE;
	if (w->o->want & PAGE_WANT_GAPS)
		return tell_gap_pages(w, start, end, s);
	return w->fns->gap ? w->fns->gap(w->arg, start, end, s) : 0;
}

/* A gap of a file, told in stretches of pages that are in the page cache and that are not. */
static int
tell_cached(struct pages_walk *w, uint64_t end)
{
	while (w->at < end) {
		unsigned facts;
		uint64_t to = cache_run(&w->cache, w->at, end, &facts);

		w->asked = facts & CACHE_ASKED;
		if (tell_gap_of(w, w->at, to, w->asked && facts & CACHE_RESIDENT ? STATE_CACHED : STATE_NONE))
			return 1;
		w->at = to;
		if (w->at < end && pagemap_stopped(&w->t->pm))
			return 1;
	}
	return 0;
}

static int
tell_gap(struct pages_walk *w, uint64_t end)
{
	int r = 0;

	if (w->at < end)
		r = w->cache.got ? tell_cached(w, end) : tell_gap_of(w, w->at, end, STATE_NONE);
	w->at = end;
	return r;
}

static int
walk_run(void *arg, const struct pm_run *run)
{
	struct pages_walk *w = arg;
	struct page *pages = w->batch;
	size_t size = w->t->pm.page_size;

	if (tell_gap(w, run->start))
		return 1;
	while (w->at < run->end) {
		size_t n = u64_min((run->end - w->at) / size, PAGE_BATCH);
		uint64_t at = w->at;

		if (read_batch(w, at, pages, n, run->cats) < 0) {
			w->failed = true;
			return 1;
		}
		w->at += n * size;
		if (w->fns->pages(w->arg, at, pages, n))
			return 1;
	}
	return 0;
}

static int
walk_runs(struct pages_walk *w, uint64_t start, uint64_t end)
{
	static const uint64_t any = PM_CAT_PRESENT | PM_CAT_SWAPPED;
	const struct walk_options *o = w->o;
	struct target *t = w->t;
	int r;

	if (o->want & PAGE_WANT_CACHE &&
	    (!o->cache_max || (end - start) / t->pm.page_size <= o->cache_max))
		cache_open(&w->cache, t, w->v, start, end, FILE_WANT_RESIDENT);
	r = pagemap_runs(&t->pm, start, end, any, any | PM_CAT_PFNZERO | PM_CAT_HUGE, walk_run, w, w->err);
	if (r == 0)
		r = tell_gap(w, end);
	cache_close(&w->cache);
	return r;
}

int
walk_pages(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
           const struct walk_options *o, const struct walk_fns *fns, void *arg, struct err *err)
{
	struct pages_walk w = {.t = t, .v = v, .o = o, .fns = fns, .arg = arg, .err = err, .at = start};
	int r;

	w.batch = mem_alloc(PAGE_BATCH * sizeof(*w.batch));
	r = pagemap_readable(&t->pm, v) ? walk_runs(&w, start, end) : tell_gap_of(&w, start, end, STATE_UNREADABLE);
	free(w.batch);
	return w.failed ? -1 : r;
}

int
walk_again(struct target *t, const struct vma *v, uint64_t addr, unsigned want, struct page *pages,
           size_t n, struct err *err)
{
	enum { GAP = PAGE_CACHED | PAGE_CACHE_ASKED };
	struct walk_options o = {.want = want};
	struct pages_walk w = {.t = t, .v = v, .o = &o, .err = err};
	struct {
		uint16_t known, cats;
	} old[PAGE_BATCH];

	for (size_t i = 0; i < n; i++) {
		old[i].known = pages[i].known;
		old[i].cats = pages[i].cats;
	}
	if (read_batch(&w, addr, pages, n, 0) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!old[i].known)
			pages[i].known = 0; /* not readable is not empty */
		if (!(pages[i].word & (PM_PRESENT | PM_SWAPPED)))
			pages[i].known |= old[i].known & GAP;
		pages[i].cats = old[i].cats;
		page_judge(&pages[i], v, t->swaps.n);
	}
	return 0;
}

int
walk_some(struct target *t, const struct vma *v, uint64_t addr, unsigned want, struct page *out, size_t n,
          struct err *err)
{
	struct walk_options o = {.want = want};
	struct pages_walk w = {.t = t, .v = v, .o = &o, .err = err};

	return read_batch(&w, addr, out, n, 0);
}

int
walk_page(struct target *t, const struct vma *v, uint64_t addr, unsigned want, struct page *out,
          struct err *err)
{
	struct walk_options o = {.want = want};
	struct pages_walk w = {.t = t, .v = v, .o = &o, .err = err};
	size_t size = t->pm.page_size;
	unsigned facts = 0;

	if (read_batch(&w, addr, out, 1, 0) < 0)
		return -1;
	if (out->state != STATE_NONE || !(want & PAGE_WANT_CACHE))
		return 0;
	if (cache_open(&w.cache, t, v, addr, addr + size, FILE_WANT_RESIDENT))
		cache_run(&w.cache, addr, addr + size, &facts);
	if (facts & CACHE_ASKED && facts & CACHE_RESIDENT) {
		out->known |= PAGE_CACHED;
		out->state = STATE_CACHED;
	}
	cache_close(&w.cache);
	return 0;
}

struct counts {
	uint64_t *by_state;
	size_t page_size;
};

static int
count_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct counts *c = arg;

	(void)addr;
	for (size_t i = 0; i < n; i++)
		c->by_state[pages[i].state]++;
	return 0;
}

static int
count_gap(void *arg, uint64_t start, uint64_t end, enum state s)
{
	struct counts *c = arg;

	c->by_state[s] += (end - start) / c->page_size;
	return 0;
}

int
walk_count(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
           const struct walk_options *o, uint64_t by_state[STATE_COUNT], struct err *err)
{
	static const struct walk_fns fns = {count_pages, count_gap};
	struct counts c = {by_state, t->pm.page_size};

	return walk_pages(t, v, start, end, o, &fns, &c, err);
}
