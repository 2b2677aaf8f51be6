/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/walk.h"

#include <stdlib.h>

#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "target/cache.h"
#include "target/page_huge.h"
#include "target/page_read.h"

struct pages_walk {
	struct target *t;
	const struct vma *v;
	const struct walk_options *o;
	const struct walk_fns *fns;
	void *arg;
	struct err *err;
	uint64_t at; /* everything before it has been reported */
	struct page *batch; /* room for PAGE_BATCH */
	uint64_t words[PAGE_BATCH]; /* of these pages */
	struct page_huge *huge; /* room for PAGE_HUGE_BATCH; NULL: they are read page by page */
	bool huge_asked;
	uint64_t start, end; /* of the walk */
	struct cache cache;
	bool asked_file; /* at the first gap: where all is mapped it has nothing to say */
	uint64_t past; /* the first address past the end of the file; UINT64_MAX: not known */
	bool query;     /* query the page cache, and not only the file's length */
	bool failed;
};

/* Where the page table does not show all pages, an empty entry means nothing. */
static void
walk_judge_empty(const struct pages_walk *w, struct page *pg)
{
	if (vma_hides_pages(w->v))
		*pg = (struct page){.state = STATE_UNREADABLE, .kind = KIND_COUNT};
}

static void
walk_add_nodes(const struct source *s, uint64_t addr, struct page *pages, size_t n)
{
	int nodes[PAGE_BATCH];

	s->ops->nodes(s, addr, nodes, n);
	for (size_t i = 0; i < n; i++)
		if (pages[i].word & PM_PRESENT && nodes[i] >= 0) {
			pages[i].node = (int16_t)nodes[i];
			pages[i].known |= PAGE_NODE;
		}
}

struct walk_cats {
	uint64_t addr, end;
	size_t page_size;
	struct page *pages;
};

static int
walk_note_cats(void *arg, const struct pm_run *run)
{
	struct walk_cats *c = arg;

	for (uint64_t at = u64_max(run->start, c->addr); at < u64_min(run->end, c->end);
	     at += c->page_size) {
		struct page *pg = &c->pages[(at - c->addr) / c->page_size];

		pg->cats = (uint16_t)run->cats;
		pg->known |= PAGE_CATS;
	}
	return 0;
}

/* The scan passes over memory without struct pages, whose categories stay unknown. */
static int
walk_add_cats(const struct source *s, uint64_t addr, struct page *pages, size_t n,
              struct err *err)
{
	size_t size = s->meta.page_size;
	struct walk_cats c = {addr, addr + n * size, size, pages};

	if (!s->meta.scan)
		return 0;
	return source_runs(s, addr, c.end, 0, s->meta.scan, walk_note_cats, &c, err);
}

/* Neighbours are mostly alike. */
static void
walk_judge(const struct pages_walk *w, struct page *pages, size_t n, uint64_t cats)
{
	const struct page *before = NULL;

	for (size_t i = 0; i < n; i += 1u + pages[i].followers) {
		struct page *pg = &pages[i];

		if (!(pg->known & PAGE_CATS))
			pg->cats = (uint16_t)cats;
		pg->like = before && page_is_like(before, pg);
		if (pg->like) {
			pg->state = before->state;
			pg->kind = before->kind;
		} else {
			page_judge(pg, w->v, swaps_types(&w->t->source->meta.swaps));
			if (pg->state == STATE_NONE)
				walk_judge_empty(w, pg);
		}
		before = pg;
	}
}

static int
walk_read_batch(struct pages_walk *w, uint64_t addr, struct page *pages, size_t n, unsigned needs,
                uint64_t cats)
{
	struct target *t = w->t;

	if (page_read_runs(t->source, addr, pages, w->words, n, needs, w->err) < 0)
		return -1;
	if (needs & PAGE_NEED_NODE)
		walk_add_nodes(t->source, addr, pages, n);
	if (needs & PAGE_NEED_CATS && walk_add_cats(t->source, addr, pages, n, w->err) < 0)
		return -1;
	walk_judge(w, pages, n, cats);
	return 0;
}

/* --- facts from the file about absent pages --------------------------------------------------- */

/* Its length always; its pages, from the first gap on, if there are not too many. */
static void
walk_ask_file(struct pages_walk *w, uint64_t gap)
{
	const struct vma *v = w->v;
	uint64_t size, page = w->t->page_size, most = w->o->cache_max;
	unsigned needs = FILE_ASK_RESIDENT;

	w->asked_file = true;
	w->past = UINT64_MAX;
	w->query = v->type != VMA_HUGETLB && (!most || (w->end - w->start) / page <= most);
	if (vma_swaps_unseen(v) && w->t->source->meta.swaps.in_use)
		needs |= FILE_ASK_DATA | FILE_ASK_SWAPPED;
	if (!(w->o->needs & PAGE_NEED_CACHE) ||
	    !cache_open(&w->cache, w->t, v, gap, w->end, w->query ? needs : 0))
		return;
	if (cache_size(&w->cache, &size)) {
		size = (size + page - 1) & ~(page - 1);
		w->past = size <= v->offset                ? v->start
		          : size - v->offset < vma_size(v) ? v->start + (size - v->offset)
		                                           : v->end;
	}
}

/*
 * Of shared memory. Before Linux 6.5: data that is not in the page cache is in swap; pages in the
 * swap cache count as cached there.
 */
static unsigned
walk_know_swap(const struct pages_walk *w, unsigned facts)
{
	if (!w->t->source->meta.swaps.in_use)
		return PAGE_OUT_ASKED;
	if (facts & CACHE_SWAPPED_ASKED)
		return PAGE_OUT_ASKED | (facts & CACHE_SWAPPED ? PAGE_OUT : 0);
	if (!(facts & CACHE_DATA_ASKED) || (facts & CACHE_DATA && !(facts & CACHE_ASKED)))
		return 0;
	return PAGE_OUT_ASKED | (facts & CACHE_DATA && !(facts & CACHE_RESIDENT) ? PAGE_OUT : 0);
}

/*
 * Sets *each for the pages from `at` on, which have no entry in the page table. Returns the end of
 * the pages for which it is valid.
 */
static uint64_t
walk_know_gap(struct pages_walk *w, uint64_t at, uint64_t end, struct page *each)
{
	unsigned facts = 0;
	bool sized;

	if (!w->asked_file)
		walk_ask_file(w, at);
	sized = w->past != UINT64_MAX;
	*each = (struct page){.known = PAGE_WORD | (sized ? PAGE_SIZE_ASKED : 0)};
	if (at >= w->past) {
		each->known |= PAGE_PAST_END | PAGE_CACHE_ASKED;
	} else {
		end = u64_min(end, w->past);
		if (w->query && w->cache.got)
			end = cache_run(&w->cache, at, end, &facts);
		each->known |= (facts & CACHE_ASKED ? PAGE_CACHE_ASKED : 0) |
		               (facts & CACHE_RESIDENT ? PAGE_CACHED : 0);
		each->known |= vma_swaps_unseen(w->v) ? walk_know_swap(w, facts) : 0;
	}
	page_judge(each, w->v, swaps_types(&w->t->source->meta.swaps));
	if (each->state == STATE_NONE)
		walk_judge_empty(w, each);
	return end;
}

/* Reports the pages of a gap one by one; some may exist by now. */
static int
walk_report_gap_pages(struct pages_walk *w, uint64_t start, uint64_t end, const struct page *each)
{
	struct page *pages = w->batch;
	size_t size = w->t->page_size;

	for (uint64_t at = start; at < end;) {
		size_t n = u64_min((end - at) / size, PAGE_BATCH);

		if (walk_read_batch(w, at, pages, n, w->o->needs, 0) < 0) {
			w->failed = true;
			return 1;
		}
		for (size_t i = 0; i < n; i++) {
			if (pages[i].state != STATE_NONE)
				continue;
			pages[i].known |= each->known & PAGE_OF_GAP;
			page_judge(&pages[i], w->v, swaps_types(&w->t->source->meta.swaps));
		}
		if (w->fns->pages(w->arg, at, pages, n))
			return 1;
		at += n * size;
	}
	return 0;
}

static int
walk_report_gap_of(struct pages_walk *w, uint64_t start, uint64_t end, const struct page *each)
{
	if (w->o->needs & PAGE_NEED_GAPS)
		return walk_report_gap_pages(w, start, end, each);
	return w->fns->gap ? w->fns->gap(w->arg, start, end, each) : 0;
}

/* Reports a gap in ranges of uniform pages. */
static int
walk_report_gap(struct pages_walk *w, uint64_t end)
{
	while (w->at < end) {
		struct page each;
		uint64_t to = walk_know_gap(w, w->at, end, &each);

		if (walk_report_gap_of(w, w->at, to, &each))
			return 1;
		progress_add(w->t->progress, to - w->at);
		w->at = to;
		if (w->at < end && source_stopped(w->t->source))
			return 1;
	}
	return 0;
}

static int
walk_report_run(struct pages_walk *w, const struct pm_run *run)
{
	uint64_t c = run->cats;
	bool all = w->o->needs & PAGE_NEED_CATS;
	struct page each = {.word = (c & PM_CAT_PRESENT ? PM_PRESENT : 0) |
	                            (c & PM_CAT_SWAPPED ? PM_SWAPPED : 0) |
	                            (c & PM_CAT_GUARD ? PM_GUARD : 0) |
	                            (c & PM_CAT_WRITTEN ? 0 : PM_UFFD_WP),
	                    .cats = (uint16_t)c,
	                    .known = PAGE_WORD | (all ? PAGE_CATS : 0)};

	w->at = run->end;
	progress_add(w->t->progress, run->end - run->start);
	return w->fns->run(w->arg, run->start, run->end, &each);
}

/* Of a batch: runs of pages that are alike, and between them the others. */
static int
walk_report_batch(struct pages_walk *w, uint64_t addr, const struct page *pages, size_t n)
{
	size_t size = w->t->page_size;

	for (size_t i = 0, k; i < n; i += k) {
		const struct page *first = &pages[i];

		if (first->followers) {
			k = 1u + first->followers;
			if (w->fns->alike(w->arg, addr + i * size, first, w->words + i, k))
				return 1;
			continue;
		}
		for (k = 1; i + k < n && !pages[i + k].followers;)
			k++;
		if (w->fns->pages(w->arg, addr + i * size, first, k))
			return 1;
	}
	return 0;
}

/* Whether pages that are alike need not be read one by one. */
static bool
walk_takes_alike(const struct pages_walk *w, uint64_t cats)
{
	return w->fns->alike && !(cats & PM_CAT_HUGE) &&
	       !(w->o->needs & (PAGE_NEED_NODE | PAGE_NEED_CATS | PAGE_NEED_CGROUP));
}

/* Whether all are there, and none of them is, or may be, part of a huge page. */
static bool
walk_is_dense(const struct page *pages, size_t n)
{
	static const uint64_t other = KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL | KPF_HUGE | KPF_THP |
	                              KPF_NOPAGE | KPF_ZERO_PAGE;

	for (size_t i = 0; i < n; i += 1u + pages[i].followers)
		if (!(pages[i].word & PM_PRESENT) || !(pages[i].known & PAGE_FLAGS) ||
		    pages[i].kpf & other)
			return false;
	return true;
}

/* The pages up to `end`, in batches; `dense`: as far as they are. */
static int
walk_report_pages(struct pages_walk *w, uint64_t end, uint64_t cats, bool dense)
{
	unsigned needs = w->o->needs | (walk_takes_alike(w, cats) ? PAGE_NEED_RUNS : 0);
	struct page *pages = w->batch;
	size_t size = w->t->page_size;

	while (w->at < end) {
		size_t n = u64_min((end - w->at) / size, PAGE_BATCH);
		uint64_t at = w->at;

		if (walk_read_batch(w, at, pages, n, needs, cats) < 0) {
			w->failed = true;
			return 1;
		}
		if (dense && !walk_is_dense(pages, n))
			return 0;
		w->at += n * size;
		progress_add(w->t->progress, n * size);
		if (walk_report_batch(w, at, pages, n))
			return 1;
		if (w->at < end && source_stopped(w->t->source))
			return 1; /* a run may be as long as its region */
	}
	return 0;
}

/* --- huge pages ------------------------------------------------------------------------------- */

/*
 * Whether huge pages are read as a whole: not for what is asked page by page, nor where memory is
 * broken, which may be any page of one.
 */
static bool
walk_takes_huge(struct pages_walk *w)
{
	unsigned needs = w->o->needs;

	if (w->huge_asked)
		return w->huge;
	w->huge_asked = true;
	if (needs & (PAGE_NEED_FLAGS | PAGE_NEED_FOLIO) &&
	    !(needs & (PAGE_NEED_NODE | PAGE_NEED_CATS)) &&
	    !w->t->source->ops->broken(w->t->source))
		w->huge = mem_alloc(PAGE_HUGE_BATCH * sizeof(*w->huge));
	return w->huge;
}

/* As pages, in batches. */
static int
walk_spread_huge(struct pages_walk *w, uint64_t addr, const struct page_huge *huge, size_t n)
{
	struct page *pages = w->batch;
	size_t k;

	for (size_t done = 0; done < n; done += k) {
		k = u64_min(n - done, PAGE_BATCH);
		for (size_t i = 0; i < k; i++) {
			pages[i] = huge->tail;
			pages[i].word = huge->head.word + done + i;
		}
		if (!done)
			pages[0] = huge->head;
		if (w->fns->pages(w->arg, addr + done * w->t->page_size, pages, k))
			return 1;
	}
	return 0;
}

static int
walk_report_huge(struct pages_walk *w, struct page_huge *huge, uint64_t span, uint64_t cats)
{
	uint64_t at = w->at;

	huge->head.cats = huge->tail.cats = (uint16_t)cats;
	page_judge(&huge->head, w->v, swaps_types(&w->t->source->meta.swaps));
	page_judge(&huge->tail, w->v, swaps_types(&w->t->source->meta.swaps));
	w->at += span;
	progress_add(w->t->progress, span);
	if (w->fns->huge)
		return w->fns->huge(w->arg, at, &huge->head, &huge->tail);
	return walk_spread_huge(w, at, huge, span / w->t->page_size);
}

/* A run of huge pages, its ends apart. */
static int
walk_report_huge_run(struct pages_walk *w, const struct pm_run *run)
{
	uint64_t span = (uint64_t)w->t->page_size << folio_huge_order(w->t->page_size);
	const struct source *s = w->t->source;

	while (w->at < run->end) {
		uint64_t next = w->at / span * span + span;
		size_t n = w->at % span ? 0 : u64_min((run->end - w->at) / span, PAGE_HUGE_BATCH);

		n = n ? page_read_huge(s, w->at, n, w->o->needs, w->huge) : 0;
		if (!n && walk_report_pages(w, u64_min(next, run->end), run->cats, false))
			return 1;
		for (size_t i = 0; i < n; i++)
			if (walk_report_huge(w, &w->huge[i], span, run->cats))
				return 1;
		if (w->at < run->end && source_stopped(s))
			return 1;
	}
	return 0;
}

static int
walk_run(void *arg, const struct pm_run *run)
{
	struct pages_walk *w = arg;

	if (walk_report_gap(w, run->start))
		return 1;
	if (w->fns->run)
		return walk_report_run(w, run);
	if (run->cats & PM_CAT_HUGE && walk_takes_huge(w))
		return walk_report_huge_run(w, run);
	return walk_report_pages(w, run->end, run->cats, false);
}

/*
 * Whether to read the pages as long as all are there, before a scan that says which are: of large
 * regions all often are, and one that is not costs a batch in vain.
 */
static bool
walk_tries_dense(const struct pages_walk *w, const struct pm_match *match)
{
	enum { LEAST = 1 << 14 };

	return (w->end - w->start) / w->t->page_size >= LEAST && !w->fns->run && !w->o->cats &&
	       !(match->all | match->none) && w->o->needs & PAGE_NEED_FLAGS &&
	       !(w->o->needs & PAGE_NEED_CATS);
}

static int
walk_runs(struct pages_walk *w, uint64_t end)
{
	const struct source *s = w->t->source;
	static const uint64_t any = PM_CAT_PRESENT | PM_CAT_SWAPPED;
	bool gap_pages = w->o->needs & PAGE_NEED_GAPS;
	struct pm_match match = w->fns->gap || gap_pages ? (struct pm_match){0} : w->o->match;
	uint64_t cats = any | PM_CAT_PFNZERO | PM_CAT_HUGE | w->o->cats;
	int r = 0;

	match.any = w->fns->run && gap_pages ? 0 : any;
	if (walk_tries_dense(w, &match))
		r = walk_report_pages(w, end, PM_CAT_PRESENT, true);
	if (r == 0 && w->at < end)
		r = source_runs_matching(s, w->at, end, &match, cats, walk_run, w, w->err);
	if (r == 0)
		r = walk_report_gap(w, end);
	cache_close(&w->cache);
	return r;
}

int
walk_pages(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
           const struct walk_options *o, const struct walk_fns *fns, void *arg, struct err *err)
{
	struct pages_walk w = {
	    .t = t, .v = v, .o = o, .fns = fns, .arg = arg, .err = err, .at = start,
	    .start = start, .end = end};
	struct page nothing = {.state = STATE_UNREADABLE, .kind = KIND_COUNT};
	int r;

	w.batch = mem_resize(NULL, PAGE_BATCH * sizeof(*w.batch)); /* never read unwritten */
	if (source_readable(t->source, v)) {
		r = walk_runs(&w, end);
	} else {
		r = walk_report_gap_of(&w, start, end, &nothing);
		progress_add(t->progress, end - start);
	}
	free(w.batch);
	free(w.huge);
	return w.failed ? -1 : r;
}

int
walk_again(struct target *t, const struct vma *v, uint64_t addr, unsigned needs, struct page *pages,
           size_t n, struct err *err)
{
	struct walk_options o = {.needs = needs};
	struct pages_walk w = {.t = t, .v = v, .o = &o, .err = err};
	struct {
		uint32_t known;
		uint16_t cats;
	} old[PAGE_BATCH];

	for (size_t i = 0; i < n; i++) {
		old[i].known = pages[i].known;
		old[i].cats = pages[i].cats;
	}
	if (walk_read_batch(&w, addr, pages, n, needs, 0) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (!old[i].known)
			pages[i].known = 0; /* not readable is not empty */
		if (!(pages[i].word & (PM_PRESENT | PM_SWAPPED)))
			pages[i].known |= old[i].known & PAGE_OF_GAP;
		if (!(pages[i].known & PAGE_CATS))
			pages[i].cats = old[i].cats;
		page_judge(&pages[i], v, swaps_types(&t->source->meta.swaps));
	}
	return 0;
}

int
walk_some(struct target *t, const struct vma *v, uint64_t addr, unsigned needs, struct page *out,
          size_t n, struct err *err)
{
	struct walk_options o = {.needs = needs};
	size_t size = t->page_size;
	struct pages_walk w = {
	    .t = t, .v = v, .o = &o, .err = err, .start = addr, .end = addr + n * size};
	uint64_t known = 0; /* `each` is valid up to here */
	struct page each = {0};

	if (walk_read_batch(&w, addr, out, n, needs, 0) < 0)
		return -1;
	for (size_t i = 0; i < n && needs & PAGE_NEED_CACHE; i++) {
		uint64_t at = addr + i * size;

		if (out[i].state != STATE_NONE || !vma_has_file(v))
			continue;
		if (at >= known)
			known = walk_know_gap(&w, at, w.end, &each);
		out[i].known |= each.known & PAGE_OF_GAP;
		page_judge(&out[i], v, swaps_types(&t->source->meta.swaps));
	}
	cache_close(&w.cache);
	return 0;
}

int
walk_page(struct target *t, const struct vma *v, uint64_t addr, unsigned needs, struct page *out,
          struct err *err)
{
	return walk_some(t, v, addr, needs, out, 1, err);
}

struct counts {
	uint64_t *by_state;
	size_t page_size;
};

static int
walk_count_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct counts *c = arg;

	(void)addr;
	for (size_t i = 0; i < n; i++)
		c->by_state[pages[i].state]++;
	return 0;
}

static int
walk_count_alike(void *arg, uint64_t addr, const struct page *first, const uint64_t *words,
                 size_t n)
{
	struct counts *c = arg;

	(void)addr, (void)words;
	c->by_state[first->state] += n;
	return 0;
}

static int
walk_count_huge(void *arg, uint64_t addr, const struct page *head, const struct page *tail)
{
	struct counts *c = arg;

	(void)addr;
	c->by_state[head->state]++;
	c->by_state[tail->state] += (1u << head->order) - 1;
	return 0;
}

static int
walk_count_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct counts *c = arg;

	c->by_state[each->state] += (end - start) / c->page_size;
	return 0;
}

int
walk_count(struct target *t, const struct vma *v, uint64_t start, uint64_t end,
           const struct walk_options *o, uint64_t by_state[STATE_COUNT], struct err *err)
{
	static const struct walk_fns fns = {.pages = walk_count_pages, .huge = walk_count_huge,
	                                    .alike = walk_count_alike, .gap = walk_count_gap};
	struct counts c = {by_state, t->page_size};

	return walk_pages(t, v, start, end, o, &fns, &c, err);
}
