/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/heatmap_layout.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/util.h"
#include "page/extents.h"
#include "page/state.h"

bool
heatmap_same(const struct heatmap_of *a, const struct heatmap_of *b)
{
	return a->lo == b->lo && a->hi == b->hi && a->first == b->first && a->last == b->last &&
	       a->rows == b->rows && a->cols == b->cols && a->by_region == b->by_region;
}

struct heatmap *
heatmap_ref(struct heatmap *h)
{
	if (h)
		refs_take(&h->refs);
	return h;
}

void
heatmap_unref(struct heatmap *h)
{
	if (!h || !refs_drop(&h->refs))
		return;
	free(h->row);
	free(h->column);
	free(h->cell);
	free(h);
}

/* --- making one ------------------------------------------------------------------------------- */

/*
 * Where the rows lie is known only once all times were seen. What they said is kept meanwhile, as
 * far as there is room: else they are gone through twice.
 */
struct heatmap_kept {
	struct extents pages, written; /* pages: of the last time of a column, and of `since` */
	uint64_t rss;
	bool written_known;
};

struct heatmap_job {
	const struct heatmap_from *from;
	struct heatmap *h;
	struct extents all; /* what was there at some time */
	uint64_t lo, hi;
	uint64_t *count;    /* of each row */
	size_t since;       /* the time before the first; or the first, if it is that of all */
	size_t at;          /* the next time */
	unsigned col;       /* its column */
	struct heatmap_kept *kept; /* by time; NULL: they did not fit */
	size_t kept_n, kept_bytes;
};

static void
heatmap_drop(struct heatmap_job *j)
{
	for (size_t i = 0; i < j->kept_n; i++) {
		extents_free(&j->kept[i].pages);
		extents_free(&j->kept[i].written);
	}
	free(j->kept);
	j->kept = NULL;
	j->kept_n = 0;
}

static uint64_t
heatmap_in_ram(const struct heatmap *h, const struct extents *e)
{
	uint64_t pages = 0;

	for (size_t i = 0; i < e->n; i++)
		if (state_cats_in_ram(e->v[i].state))
			pages += (e->v[i].end - e->v[i].start) / h->page_size;
	return pages;
}

/* What of it is in the range. */
static void
heatmap_copy(const struct heatmap_job *j, const struct extents *from, struct extents *to)
{
	for (size_t i = extents_first(from, j->lo); i < from->n && from->v[i].start < j->hi; i++)
		extents_add(to, u64_max(from->v[i].start, j->lo), u64_min(from->v[i].end, j->hi),
		            from->v[i].state);
}

/* The next time, and its column. Whether it is the last of it. */
static bool
heatmap_is_last(struct heatmap_job *j)
{
	const struct heatmap *h = j->h;
	size_t at = j->at++;

	while (h->column[j->col].last < at)
		j->col++;
	return at == h->column[j->col].last;
}

static void
heatmap_keep(struct heatmap_job *j, const struct source_moment *m)
{
	bool since = j->at == j->since, last = heatmap_is_last(j);
	struct heatmap_kept *k = &j->kept[j->kept_n++];

	k->written_known = m->written_known;
	if (m->written_known)
		heatmap_copy(j, m->written, &k->written);
	if (since || last) {
		heatmap_copy(j, m->pages, &k->pages);
		k->rss = heatmap_in_ram(j->h, m->pages);
	}
	j->kept_bytes += (k->written.cap + k->pages.cap) * sizeof(struct extent);
	if (j->kept_bytes > (j->from->room ? j->from->room : HEATMAP_ROOM))
		heatmap_drop(j);
}

/* What was there, as one state. */
static int
heatmap_see(void *arg, const struct source_moment *m)
{
	struct heatmap_job *j = arg;
	struct extents plain = {0};

	for (size_t i = extents_first(m->pages, j->lo);
	     i < m->pages->n && m->pages->v[i].start < j->hi; i++)
		extents_add(&plain, u64_max(m->pages->v[i].start, j->lo),
		            u64_min(m->pages->v[i].end, j->hi), 1);
	extents_unite(&j->all, &plain);
	extents_free(&plain);
	if (j->kept)
		heatmap_keep(j, m);
	progress_add(j->from->progress, 1);
	return 0;
}

/* Pages by row: all of the runs, or those in RAM. */
static void
heatmap_count(struct heatmap_job *j, const struct extents *e, bool in_ram)
{
	struct heatmap *h = j->h;
	unsigned row = 0;

	memset(j->count, 0, h->rows * sizeof(*j->count));
	for (size_t i = extents_first(e, h->row[0].start); i < e->n; i++) {
		uint64_t at = u64_max(e->v[i].start, h->row[0].start);

		if (in_ram && !state_cats_in_ram(e->v[i].state))
			continue;
		while (at < e->v[i].end) {
			uint64_t till;

			while (row < h->rows && h->row[row].end <= at)
				row++;
			if (row == h->rows)
				return;
			at = u64_max(at, h->row[row].start);
			till = u64_min(e->v[i].end, h->row[row].end);
			if (till > at)
				j->count[row] += (till - at) / h->page_size;
			at = u64_max(at, till);
			if (till == e->v[i].end)
				break;
		}
	}
}

/* Notes what there was where the first column begins; `written` is of an interval before it. */
static bool
heatmap_put_since(struct heatmap_job *j, const struct heatmap_kept *is)
{
	struct heatmap *h = j->h;

	if (j->at != j->since)
		return false;
	heatmap_count(j, &is->pages, true);
	for (unsigned r = 0; r < h->rows; r++)
		h->row[r].before = j->count[r];
	return h->column[0].last > j->since;
}

/* Adds what was at one time; `rss`: all pages in RAM. */
static void
heatmap_put(struct heatmap_job *j, const struct heatmap_kept *is)
{
	struct heatmap *h = j->h;
	bool only = heatmap_put_since(j, is), last = heatmap_is_last(j);

	if (only)
		return;
	if (is->written_known)
		heatmap_count(j, &is->written, false);
	for (unsigned r = 0; r < h->rows; r++) {
		struct heatmap_cell *k = &h->cell[(size_t)r * h->cols + j->col];

		k->written += is->written_known ? j->count[r] : 0;
		k->written_known |= is->written_known;
	}
	if (last) {
		h->column[j->col].rss = is->rss;
		heatmap_count(j, &is->pages, true);
		for (unsigned r = 0; r < h->rows; r++)
			h->cell[(size_t)r * h->cols + j->col].rss = j->count[r];
	}
}

static int
heatmap_add(void *arg, const struct source_moment *m)
{
	struct heatmap_job *j = arg;
	struct heatmap_kept is = {.pages = *m->pages,
	                          .rss = heatmap_in_ram(j->h, m->pages),
	                          .written_known = m->written_known};

	if (m->written_known)
		is.written = *m->written;
	heatmap_put(j, &is);
	progress_add(j->from->progress, 1);
	return 0;
}

/* The times once more, or what was kept of them. */
static int
heatmap_again(struct heatmap_job *j, struct err *err)
{
	const struct heatmap_from *from = j->from;

	j->at = j->since;
	j->col = 0;
	if (!j->kept)
		return from->walk(from->arg, j->since, j->h->last, heatmap_add, j, err);
	for (size_t i = 0; i < j->kept_n; i++)
		heatmap_put(j, &j->kept[i]);
	progress_add(from->progress, j->kept_n);
	return 0;
}

static void
heatmap_find_most(struct heatmap *h)
{
	double most = 0, v;

	for (unsigned r = 0; r < h->rows; r++)
		for (unsigned c = 0; c < h->cols; c++)
			if (heatmap_value(h, HEATMAP_WRITES, r, c, &v) && v > most)
				most = v;
	h->most = (uint64_t)ceil(most);
}

static int
heatmap_fill(struct heatmap_job *j, struct err *err)
{
	const struct heatmap_from *from = j->from;
	struct heatmap *h = j->h;
	int r = 0;

	heatmap_lay_columns(h, from->time_ns);
	j->at = j->since;
	if (h->of.by_region)
		heatmap_lay_regions(h, from->vmas);
	else
		j->kept = mem_alloc((h->last - j->since + 1) * sizeof(*j->kept));
	if (!h->of.by_region)
		r = from->walk(from->arg, j->since, h->last, heatmap_see, j, err);
	if (r)
		return r;
	if (!h->of.by_region)
		heatmap_lay_rows(h, &j->all, from->vmas);
	if (!h->rows) {
		h->cols = 0;
		return 0;
	}
	h->cell = mem_alloc((size_t)h->rows * h->cols * sizeof(*h->cell));
	j->count = mem_alloc(h->rows * sizeof(*j->count));
	r = heatmap_again(j, err);
	if (r == 0)
		heatmap_find_most(h);
	return r;
}

struct heatmap *
heatmap_make(const struct heatmap_from *from, const struct heatmap_of *of, struct err *err)
{
	struct heatmap *h = mem_alloc(sizeof(*h));
	struct heatmap_job j = {
	    .from = from, .h = h, .lo = of->lo, .hi = of->hi ? of->hi : UINT64_MAX};
	int r;

	h->refs = 1;
	h->of = *of;
	h->page_size = from->page_size;
	h->times = from->times;
	h->last = u64_min(of->last, from->times - 1);
	h->first = u64_min(of->first, h->last);
	h->made_ns = from->time_ns[from->times - 1];
	j.since = h->first - (h->first > 0);
	progress_begin(from->progress, (of->by_region ? 1 : 2) * (h->last - j.since + 1));
	r = heatmap_fill(&j, err);
	heatmap_drop(&j);
	extents_free(&j.all);
	free(j.count);
	if (r == 0)
		return h;
	heatmap_unref(h);
	return NULL;
}

static int
heatmap_walk_source(void *arg, size_t from, size_t to, source_moment_fn *fn, void *fn_arg,
                    struct err *err)
{
	struct source *s = arg;

	return s->ops->time->walk(s, from, to, fn, fn_arg, err);
}

struct heatmap *
heatmap_of_source(struct source *s, struct progress *p, const struct vma_list *vmas,
                  const struct heatmap_of *of, struct err *err)
{
	struct timeline *line = s->ops->time->line(s);
	uint64_t *times = mem_alloc(line->n * sizeof(*times));
	struct heatmap_from from = {.time_ns = times,
	                            .times = line->n,
	                            .page_size = s->meta.page_size,
	                            .walk = heatmap_walk_source,
	                            .arg = s,
	                            .progress = p,
	                            .vmas = vmas};
	struct heatmap *h;

	for (size_t i = 0; i < line->n; i++)
		times[i] = line->v[i].time_ns;
	h = heatmap_make(&from, of, err);
	timeline_unref(line);
	free(times);
	return h;
}

/* --- what it shows ---------------------------------------------------------------------------- */

static const char *const heatmap_names[] = {"writes", "RAM", "growth"};

const char *
heatmap_name(enum heatmap_what what)
{
	return heatmap_names[what];
}

bool
heatmap_value(const struct heatmap *h, enum heatmap_what what, unsigned row, unsigned col,
              double *out)
{
	const struct heatmap_cell *k = &h->cell[(size_t)row * h->cols + col];
	const struct heatmap_column *c = &h->column[col];

	switch (what) {
	case HEATMAP_WRITES:
		*out = c->time_ns > c->since_ns
		           ? (double)k->written * 1e9 / (double)(c->time_ns - c->since_ns)
		           : 0;
		return k->written_known && c->since_ns;
	case HEATMAP_RSS: *out = (double)k->rss; return true;
	case HEATMAP_GROWTH:
		*out = (double)k->rss - (double)(col ? k[-1].rss : h->row[row].before);
		return c->since_ns;
	case HEATMAP_WHATS: break;
	}
	return false;
}

const struct heatmap_cell *
heatmap_region(const struct heatmap *h, uint64_t start, uint64_t end)
{
	const size_t key = offsetof(struct heatmap_row, start);
	size_t i = vec_above(h->row, h->rows, sizeof(*h->row), key, start);

	if (!i || h->row[i - 1].start != start) {
		i = vec_above(h->row, h->rows, sizeof(*h->row), key, end - 1);
		if (!i || h->row[i - 1].end != end)
			return NULL;
	}
	return &h->cell[(i - 1) * h->cols];
}

double
heatmap_least(const struct heatmap *h, enum heatmap_what what, int step)
{
	double most = h->most > 1 ? (double)h->most : 1;

	if (what != HEATMAP_WRITES)
		return (double)(step - 1) / HEATMAP_STEPS;
	return step <= 1 ? 0 : most / pow(most > 1024 ? 4 : 2, HEATMAP_STEPS + 1 - step);
}

bool
heatmap_step(const struct heatmap *h, enum heatmap_what what, unsigned row, unsigned col, int *out)
{
	double v, size;
	int step = 0;

	if (!heatmap_value(h, what, row, col, &v))
		return false;
	size = fabs(v) / (what == HEATMAP_WRITES ? 1 : (double)h->row[row].pages);
	while (size > 0 && step < HEATMAP_STEPS && size > heatmap_least(h, what, step + 1))
		step++;
	*out = v < 0 ? -step : step;
	return true;
}
