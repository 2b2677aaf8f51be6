/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --pages: one row per page, in bounded memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "batch/batch_state.h"
#include "query/seek.h"
#include "target/walk.h"

struct batch_dump {
	struct batch *b;
	struct out *out;
	const enum column_id *ids;
	size_t n;
	struct filter_facts x; /* of the region that is being dumped */
	struct batch_filter filter;
	uint64_t rows;
	unsigned needs; /* of the columns */
	unsigned more; /* needed for columns of pages that pass, read after filtering; 0: nothing */
	struct err *err;
	bool failed;
};

static void
batch_dump_page(struct batch_dump *d, uint64_t addr, const struct page *pg)
{
	struct page_row row = {.addr = addr,
	                       .pg = pg,
	                       .v = d->x.v,
	                       .swaps = &d->b->t.source->meta.swaps,
	                       .page_size = d->b->t.page_size,
	                       .written_known = d->x.written_known,
	                       .track = d->x.track,
	                       .source = d->b->t.source};
	struct value values[COL_COUNT];

	for (size_t c = 0; c < d->n; c++)
		values[c] = page_value(d->ids[c], &row);
	out_row(d->out, values);
	d->rows++;
}

static int
batch_dump_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct batch_dump *d = arg;
	bool marked = d->b->watched && !d->b->o->range;

	/* --watch marks empty pages, too: that does not bring them into RAM or swap */
	for (size_t i = 0; i < n; i++)
		if (!marked || pages[i].state != STATE_UFFD)
			batch_dump_page(d, addr + i * d->b->t.page_size, &pages[i]);
	return ferror(stdout);
}

/* Stores the indices of the pages that pass in `passed`; returns how many. */
static size_t
batch_pass(struct batch_dump *d, uint64_t addr, const struct page *pages, size_t n,
           uint16_t passed[PAGE_BATCH])
{
	struct filter_facts x = d->x;
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		x.pg = &pages[i];
		x.addr = addr + i * x.page_size;
		if (batch_passes(&d->filter, &x))
			passed[k++] = (uint16_t)i;
	}
	return k;
}

/*
 * Reads what the columns show for the pages that passed, and filters again, because they may have
 * changed by then.
 */
static int
batch_dump_passed(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct batch_dump *d = arg;
	struct filter_facts x = d->x;
	uint16_t passed[PAGE_BATCH];
	size_t k = batch_pass(d, addr, pages, n, passed), first = k ? passed[0] : 0;
	struct page *again;

	if (!k)
		return 0;
	n = passed[k - 1] + 1u - first;
	again = memcpy(mem_alloc(n * sizeof(*again)), pages + first, n * sizeof(*again));
	addr += first * x.page_size;
	if (d->more && walk_again(&d->b->t, x.v, addr, d->more, again, n, d->err) < 0) {
		d->failed = true;
		k = 0;
	}
	for (size_t i = 0; i < k; i++) {
		x.pg = &again[passed[i] - first];
		x.addr = addr + (passed[i] - first) * x.page_size;
		if (!d->more || batch_passes(&d->filter, &x))
			batch_dump_page(d, x.addr, x.pg);
	}
	free(again);
	return d->failed || ferror(stdout);
}

/* What to read for the region before filtering; false: none of its pages can pass. */
static bool
batch_filter_needs_of(struct batch_dump *d, bool gaps, unsigned *needs)
{
	unsigned need = filter_needs(&d->filter.f) & PAGE_NEED_ALL;

	if (filter_most(&d->filter.f, &d->x) == TRUTH_NO)
		return false;
	if (gaps && source_readable(d->b->t.source, d->x.v))
		gaps = filter_of_gaps(&d->filter.f, &d->x);
	*needs = need | (gaps ? PAGE_NEED_GAPS | (d->needs & PAGE_NEED_CACHE) : 0);
	d->more = d->needs & ~need & ~(unsigned)PAGE_NEED_CACHE ? d->needs | need : 0;
	return true;
}

static int
batch_dump_region(struct batch_dump *d, const struct vma *v, uint64_t from, uint64_t to,
                  struct err *err)
{
	struct walk_fns fns = {.pages = d->filter.on ? batch_dump_passed : batch_dump_pages};
	struct walk_options o = {.needs = d->needs | (d->b->o->range ? PAGE_NEED_GAPS : 0)};
	int r;

	d->x = seek_facts(d->filter.on ? &d->filter.f : NULL, &d->b->t, v);
	if (d->filter.on && !batch_filter_needs_of(d, d->b->o->range, &o.needs))
		return 0;
	if (!(o.needs & PAGE_NEED_GAPS))
		o.needs &= ~(unsigned)PAGE_NEED_CACHE; /* it only matters for gaps */
	r = walk_pages(&d->b->t, v, u64_max(from, v->start), u64_min(to, v->end), &o, &fns, d, err);
	return d->failed ? -1 : r;
}

int
batch_pages(struct batch *b, struct err *err)
{
	enum column_id ids[COL_COUNT];
	struct out_shape shape = batch_shape(b->o, "pages", false);
	struct batch_dump d = {.b = b, .ids = ids, .err = err};
	uint64_t start, end;
	unsigned needs;
	int r = 0;

	if (batch_columns(b->o, SET_PAGE, ids, &d.n, err) < 0 ||
	    batch_filter(b, FILTER_PAGE, &d.filter, err) < 0 ||
	    batch_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	needs = columns_needs(ids, d.n);
	d.needs = needs & PAGE_NEED_ALL;
	if ((needs | filter_needs(&d.filter.f)) & NEED_WRITES)
		batch_know_written(b);
	d.out = out_begin(&shape, ids, NULL, d.n);
	for (size_t i = vma_lower_bound(&b->vmas, start);
	     r == 0 && i < b->vmas.n && b->vmas.v[i].start < end; i++)
		r = batch_dump_region(&d, &b->vmas.v[i], start, end, err);
	if (r == 0 && !d.rows && !d.filter.on)
		buf_str(b->note, b->o->range ? "no page is there" : "no page is in RAM or swap");
	d.filter.passed = d.rows;
	batch_note_filter(b, &d.filter, "page");
	if (out_end(d.out, r < 0 ? &(struct err){0} : err) < 0 || r < 0)
		return -1;
	return 0;
}
