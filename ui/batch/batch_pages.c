/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --pages: one row per page, or per run of them, in bounded memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "batch/batch_runs.h"
#include "batch/batch_state.h"
#include "query/seek.h"
#include "target/cache.h"
#include "target/walk.h"

struct batch_dump {
	struct batch *b;
	struct out *out;
	const enum column_id *ids;
	size_t n;
	struct filter_facts x; /* of the region that is being dumped */
	struct page_row row; /* of the page that is */
	struct batch_filter filter;
	uint64_t pages; /* dumped */
	uint64_t stopped; /* the first address after the last of --max-pages; 0: not there yet */
	struct batch_runs runs; /* with --runs */
	bool whole_gaps; /* gaps come as a whole */
	bool whole_runs; /* so do the scan's runs, without their words */
	unsigned needs; /* of the columns */
	unsigned more; /* needed for columns of pages that pass, read after filtering; 0: nothing */
	struct err *err;
	bool failed;
};

/* n pages from addr, all like pg. Returns whether to end the dump. */
static bool
batch_dump_alike(struct batch_dump *d, uint64_t addr, uint64_t n, const struct page *pg)
{
	struct value values[ROW_MOST];
	uint64_t most = d->b->o->max_pages;

	d->row.addr = addr;
	d->row.pg = pg;
	if (most && n >= most - d->pages) {
		n = most - d->pages;
		d->stopped = addr + n * d->row.page_size;
	}
	d->pages += n;
	if (d->b->o->runs) {
		batch_runs_add(&d->runs, &d->row, addr + n * d->row.page_size);
	} else {
		page_values(d->ids, d->n, &d->row, values);
		out_row(d->out, values);
	}
	return d->stopped;
}

static int
batch_dump_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct batch_dump *d = arg;

	return batch_dump_alike(d, start, (end - start) / d->row.page_size, each) || ferror(stdout);
}

static int
batch_dump_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct batch_dump *d = arg;
	bool marked = d->b->watched && !d->b->o->range;
	size_t size = d->row.page_size;

	/* --watch marks empty pages, too: that does not bring them into RAM or swap */
	for (size_t i = 0; i < n; i++)
		if ((!marked || pages[i].state != STATE_UFFD) &&
		    batch_dump_alike(d, addr + i * size, 1, &pages[i]))
			return 1;
	return ferror(stdout); /* asked for each page, it is a tenth of all */
}

static int
batch_dump_followers(void *arg, uint64_t addr, const struct page *first, const uint64_t *words,
                     size_t n)
{
	struct batch_dump *d = arg;
	struct page pg = *first;

	for (size_t i = 0; i < n; i++) {
		pg.word = words[i];
		pg.folio = pg.known & PAGE_FOLIO ? page_pfn(&pg) : 0;
		if (batch_dump_alike(d, addr + i * d->row.page_size, 1, &pg))
			return 1;
	}
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
	for (size_t i = 0; i < k && !d->stopped; i++) {
		x.pg = &again[passed[i] - first];
		x.addr = addr + (passed[i] - first) * x.page_size;
		if (!d->more || batch_passes(&d->filter, &x))
			batch_dump_alike(d, x.addr, 1, x.pg);
	}
	free(again);
	return d->failed || d->stopped || ferror(stdout);
}

/* The scan's run, whose categories are all that filter and columns need. */
static int
batch_dump_run(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	struct batch_dump *d = arg;
	struct filter_facts x = d->x;
	uint64_t left_out = d->filter.left_out;

	x.pg = each;
	if (!d->filter.on || batch_passes(&d->filter, &x))
		return batch_dump_gap(d, start, end, each);
	if (d->filter.left_out > left_out)
		d->filter.left_out = left_out + (end - start) / x.page_size;
	return 0;
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

/* Whether no column shows what only the word or the scan of an empty entry does. */
static bool
batch_sees_whole_gaps(const struct batch_dump *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->ids[i] == COL_PAGE_SOFT_DIRTY || d->ids[i] == COL_PAGE_CATEGORIES)
			return false;
	return d->b->o->runs && !d->filter.on;
}

/* Whether the kernel's scan shows all that the columns and the filter need. */
static bool
batch_sees_whole_runs(const struct batch_dump *d)
{
	for (size_t i = 0; i < d->n; i++)
		if (column_row(d->ids[i])->set != SET_RUN && d->ids[i] != COL_PAGE_CATEGORIES &&
		    d->ids[i] != COL_PAGE_MAPPING)
			return false;
	return d->b->o->runs && !d->b->watched && d->b->t.source->meta.scan &&
	       (!d->filter.on || seek_is_of_runs(&d->filter.f, &d->b->t));
}

static int
batch_dump_region(struct batch_dump *d, const struct vma *v, uint64_t from, uint64_t to,
                  struct err *err)
{
	bool gaps = d->b->o->range != NULL;
	struct walk_fns fns = {.pages = d->filter.on ? batch_dump_passed : batch_dump_pages,
	                       .alike = d->filter.on ? NULL : batch_dump_followers,
	                       .gap = gaps && d->whole_gaps ? batch_dump_gap : NULL,
	                       .run = d->whole_runs ? batch_dump_run : NULL};
	struct walk_options o = {.needs = d->needs | (gaps && !fns.gap ? PAGE_NEED_GAPS : 0)};
	int r;

	d->x = seek_facts(d->filter.on ? &d->filter.f : NULL, &d->b->t, v);
	d->row = (struct page_row){.v = v,
	                           .swaps = &d->b->t.source->meta.swaps,
	                           .page_size = d->b->t.page_size,
	                           .written_known = d->x.written_known,
	                           .track = d->x.track,
	                           .source = d->b->t.source};
	if (d->filter.on && !batch_filter_needs_of(d, gaps, &o.needs))
		return 0;
	if (d->filter.on)
		seek_narrow(&d->filter.f, &d->b->t, &o);
	if (d->whole_runs && d->needs & PAGE_NEED_CATS) {
		o.needs |= PAGE_NEED_CATS;
		o.cats = d->b->t.source->meta.scan;
	}
	if (!(o.needs & PAGE_NEED_GAPS) && !fns.gap)
		o.needs &= ~(unsigned)PAGE_NEED_CACHE; /* it only matters for gaps */
	r = walk_pages(&d->b->t, v, u64_max(from, v->start), u64_min(to, v->end), &o, &fns, d, err);
	batch_runs_end(&d->runs); /* runs do not cross region borders */
	return d->failed ? -1 : r;
}

/* What standard error says at the end. */
static void
batch_dump_note(struct batch_dump *d)
{
	struct batch *b = d->b;

	if (!d->pages && !d->filter.on)
		buf_str(b->note, b->o->range ? "no page is there" : "no page is in RAM or swap");
	d->filter.passed = d->pages;
	batch_note_filter(b, &d->filter, "page", b->o->range ? "" : " in RAM or swap");
	if ((d->needs | (d->filter.on ? filter_needs(&d->filter.f) : 0)) & PAGE_NEED_COUNT)
		batch_note_averages(b);
	if (d->stopped)
		buf_fmt(b->note, "%sstopped at %#llx, after %llu page%s (--max-pages)",
		        b->note->len ? "; " : "", (unsigned long long)d->stopped,
		        (unsigned long long)d->pages, plural(d->pages));
}

/* The rest of the document: with --max-pages, where the dump stopped. */
static void
batch_dump_end_json(const struct batch_dump *d, struct json *j)
{
	char at[24];

	snprintf(at, sizeof(at), "%#llx", (unsigned long long)d->stopped);
	json_key(j, "stopped_at");
	if (d->stopped)
		json_string(j, at);
	else
		json_null(j);
	json_close(j);
	json_flush(j, stdout);
	json_free(j);
}

static int
batch_dump_all(struct batch_dump *d, const struct out_shape *shape, uint64_t start, uint64_t end,
               struct err *err)
{
	struct batch *b = d->b;
	int r = 0;

	d->out = out_begin(shape, d->ids, NULL, d->n);
	d->runs = (struct batch_runs){.out = d->out, .ids = d->ids, .n = d->n};
	for (size_t i = vma_lower_bound(&b->vmas, start);
	     r == 0 && i < b->vmas.n && b->vmas.v[i].start < end; i++)
		r = batch_dump_region(d, &b->vmas.v[i], start, end, err);
	batch_dump_note(d);
	return out_end(d->out, r < 0 ? &(struct err){0} : err) < 0 || r < 0 ? -1 : 0;
}

int
batch_pages(struct batch *b, struct err *err)
{
	enum column_id ids[ROW_MOST];
	struct out_shape shape = batch_shape(b->o, b->o->runs ? "runs" : "pages", false);
	struct batch_dump d = {.b = b, .ids = ids, .err = err};
	struct json doc = {0};
	uint64_t start, end;
	unsigned needs;
	int r;

	shape.many = true;
	if (batch_columns(b->o, b->o->runs ? SET_RUN : SET_PAGE, ids, &d.n, err) < 0 ||
	    batch_filter(b, FILTER_PAGE, &d.filter, err) < 0 ||
	    batch_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	needs = columns_needs(ids, d.n);
	d.needs = needs & PAGE_NEED_ALL;
	if (needs & PAGE_NEED_CACHE)
		cache_expect(&b->t, &b->vmas, start, end);
	d.whole_gaps = batch_sees_whole_gaps(&d);
	d.whole_runs = batch_sees_whole_runs(&d);
	if ((needs | filter_needs(&d.filter.f)) & NEED_WRITES)
		batch_know_written(b);
	if (b->o->max_pages && b->o->format == FORMAT_JSON) {
		shape.json = &doc;
		json_object(&doc, JSON_LINES);
	}
	r = batch_dump_all(&d, &shape, start, end, err);
	if (shape.json)
		batch_dump_end_json(&d, &doc);
	return r;
}
