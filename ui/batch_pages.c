/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --pages: one row a page, in memory that does not grow. */
#include <stdio.h>

#include "batch_state.h"
#include "util.h"
#include "walk.h"

struct dump {
	struct batch *b;
	struct out *out;
	const enum column_id *ids;
	size_t n;
	const struct vma *v;
	bool written; /* bit 55 of this region's pages means written */
};

static int
dump_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct dump *d = arg;
	struct page_row row = {.v = d->v, .swaps = &d->b->t.swaps, .page_size = d->b->t.pm.page_size,
	                       .written_known = d->written, .live = d->b->t.proc.live};
	struct value values[COL_COUNT];

	for (size_t i = 0; i < n; i++) {
		row.addr = addr + i * row.page_size;
		row.pg = &pages[i];
		for (size_t c = 0; c < d->n; c++)
			values[c] = page_value(d->ids[c], &row);
		out_row(d->out, values);
	}
	return ferror(stdout);
}

static int
dump_region(struct dump *d, const struct walk_options *o, uint64_t start, uint64_t end, bool written,
            struct err *err)
{
	static const struct walk_fns fns = {.pages = dump_pages};
	const struct smaps_entry *sm = written ? smaps_find(&d->b->smaps, d->v->start) : NULL;

	d->written = sm && !smaps_newborn(sm);
	return walk_pages(&d->b->t, d->v, start, end, o, &fns, d, err);
}

/* What a column costs beyond the page table. */
static unsigned
page_wants(const enum column_id *ids, size_t n)
{
	static const struct {
		enum column_id id;
		unsigned want;
	} costs[] = {
	    {COL_PAGE_STATE, PAGE_WANT_FLAGS | PAGE_WANT_CACHE}, {COL_PAGE_KPF, PAGE_WANT_FLAGS},
	    {COL_PAGE_FLAGS, PAGE_WANT_FLAGS},                   {COL_PAGE_MAPCOUNT, PAGE_WANT_COUNT},
	    {COL_PAGE_MEMCG, PAGE_WANT_CGROUP},                  {COL_PAGE_ORDER, PAGE_WANT_FOLIO},
	    {COL_PAGE_FOLIO, PAGE_WANT_FOLIO},                   {COL_PAGE_NODE, PAGE_WANT_NODE},
	};
	unsigned want = 0;

	for (size_t i = 0; i < ARRAY_LEN(costs); i++)
		if (batch_has_column(ids, n, costs[i].id))
			want |= costs[i].want;
	return want;
}

int
batch_pages(struct batch *b, struct err *err)
{
	static const enum column_id usual[] = {COL_PAGE_ADDRESS, COL_PAGE_STATE, COL_PAGE_PFN,
	                                       COL_PAGE_MAPCOUNT, COL_PAGE_FLAGS, COL_PAGE_MAPPING};
	enum column_id ids[COL_COUNT];
	struct out_shape shape = batch_shape(b->o, "pages", false);
	struct dump d = {.b = b, .ids = ids};
	struct walk_options o = {0};
	uint64_t start, end;
	bool written;
	int r = 0;

	if (batch_columns(b->o, SET_PAGE, usual, ARRAY_LEN(usual), ids, &d.n, err) < 0 ||
	    batch_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	o.want = page_wants(ids, d.n) | (b->o->range ? PAGE_WANT_GAPS : 0);
	written = batch_has_column(ids, d.n, COL_PAGE_WRITTEN) && batch_need_written(b);
	d.out = out_begin(&shape, ids, NULL, d.n);
	for (size_t i = vma_lower_bound(&b->vmas, start); r == 0 && i < b->vmas.n && b->vmas.v[i].start < end; i++) {
		d.v = &b->vmas.v[i];
		r = dump_region(&d, &o, u64_max(start, d.v->start), u64_min(end, d.v->end), written, err);
	}
	if (out_end(d.out, r < 0 ? &(struct err){0} : err) < 0 || r < 0)
		return -1;
	return 0;
}
