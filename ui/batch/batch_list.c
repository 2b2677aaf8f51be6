/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --list: one row per region. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "batch/batch_state.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "table/groups.h"
#include "target/attribution.h"
#include "target/region.h"
#include "target/walk.h"
#include "target/writes.h"

/*
 * Which regions must be counted: those that pass the filter, if a column shows a count, and those
 * of which only the counts decide whether they do.
 */
static bool *
batch_to_count(const struct vma_list *vmas, const struct batch_filter *filter, size_t page_size,
               bool shown)
{
	bool *which = mem_alloc(vmas->n * sizeof(*which));

	for (size_t i = 0; i < vmas->n; i++) {
		enum truth passes = filter->on
		                        ? filter_by_maps(&filter->f, &vmas->v[i], page_size)
		                        : TRUTH_YES;

		which[i] = passes == TRUTH_UNKNOWN || (passes == TRUTH_YES && shown);
	}
	return which;
}

static struct region_row
list_row(const struct batch *b, const struct regions *rs, size_t i, bool dirty)
{
	const struct vma *v = &rs->vmas.v[i];
	const struct smaps_entry *sm = b->has_smaps ? smaps_find(&b->smaps, v->start) : NULL;

	return (struct region_row){.v = v,
	                           .r = regions_at(rs, i),
	                           .smaps = sm,
	                           .page_size = b->t.page_size,
	                           .blind = b->blind,
	                           .touched_known = b->t.touched.clears > 0,
	                           .huge_known = b->t.source->meta.scan & PM_CAT_HUGE,
	                           .dirty_known =
	                               dirty && (b->watched || (sm && !smaps_newborn(sm)))};
}

struct ksm_count {
	uint64_t n;
	bool hidden;
};

static int
batch_count_ksm(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct ksm_count *c = arg;

	(void)addr;
	for (size_t i = 0; i < n; i++) {
		c->n += pages[i].state == STATE_KSM;
		c->hidden |= pages[i].word & PM_PRESENT &&
		             !(pages[i].known & (PAGE_FLAGS | PAGE_NO_RECORD | PAGE_RACED));
		c->hidden |= (pages[i].known & PAGE_NO_KSM) != 0;
	}
	return 0;
}

/* Counts the pages merged by KSM, which takes the frames' flags. */
static void
batch_add_ksm(struct batch *b, struct region_row *row)
{
	static const struct walk_options o = {.needs = PAGE_NEED_FLAGS};
	static const struct walk_fns fns = {.pages = batch_count_ksm};
	struct ksm_count c = {0};
	struct err ignored;

	row->ksm_known =
	    row->r->known &&
	    walk_pages(&b->t, row->v, row->v->start, row->v->end, &o, &fns, &c, &ignored) == 0 &&
	    !c.hidden;
	row->ksm = c.n;
}

/* Reads smaps and soft-dirty if columns or the filter need them. */
static int
batch_read_more(struct batch *b, unsigned needs, bool *dirty, struct err *err)
{
	bool scans = b->t.source->meta.scan & PM_CAT_HUGE;
	bool smaps = b->blind || needs & NEED_SMAPS || (needs & NEED_HUGE && !scans);

	if (smaps && batch_need_smaps(b, err) < 0)
		return -1;
	*dirty = needs & NEED_WRITES && batch_need_written(b);
	return 0;
}

struct batch_list {
	struct region_row *v;
	size_t n;
	struct smaps_entry *sums; /* of groups: rows point there */
};

/* Of a process since the clear; of a recording in the interval that ends at its sample. */
static void
batch_set_rates(struct batch *b, struct regions *rs)
{
	struct source *s = b->t.source;
	struct writes_log log = {0};
	struct timeline *line;

	if (!source_is_past(s)) {
		writes_mean(&b->t.track, rs);
		return;
	}
	line = s->ops->time->line(s);
	writes_recall(&log, &b->t.track, s, line, rs);
	writes_log_free(&log);
	timeline_unref(line);
}

/* From smaps where the flags are hidden, on kernels whose smaps has it. */
static void
batch_add_ksm_by_smaps(struct batch *b, struct batch_list *rows)
{
	struct err ignored;

	for (size_t i = 0; i < rows->n; i++) {
		struct region_row *row = &rows->v[i];

		if (!row->ksm_known && !row->smaps && batch_need_smaps(b, &ignored) == 0)
			row->smaps = smaps_find(&b->smaps, row->v->start);
	}
}

static void
batch_list_sort(struct batch_list *rows, enum column_id by, bool up)
{
	struct batch_key *keys = mem_alloc(rows->n * sizeof(*keys));
	struct region_row *sorted = mem_alloc(rows->n * sizeof(*sorted));

	for (size_t i = 0; i < rows->n; i++)
		keys[i] = (struct batch_key){region_value(by, &rows->v[i]), i};
	batch_sort(keys, rows->n, up);
	for (size_t i = 0; i < rows->n; i++)
		sorted[i] = rows->v[keys[i].at];
	free(keys);
	free(rows->v);
	rows->v = sorted;
}

/* The regions that pass the filter. */
static void
batch_choose_rows(struct batch *b, const struct regions *rs, struct batch_filter *filter,
                  bool dirty, bool ksm, struct batch_list *out)
{
	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct region_row row = list_row(b, rs, i, dirty);
		struct filter_facts x = {.v = row.v,
		                         .r = row.r,
		                         .page_size = row.page_size,
		                         .smaps = row.smaps,
		                         .huge_known = row.huge_known,
		                         .written_known = row.dirty_known};

		if (filter->on && !batch_passes(filter, &x))
			continue;
		if (ksm)
			batch_add_ksm(b, &row);
		out->v[out->n++] = row;
	}
}

/* Adds a region to the row of its group. */
static void
batch_sum_row(struct region_row *sum, const struct region_row *r, const struct group *g)
{
	bool first = !sum->v;

	if (first)
		*sum = *r;
	else
		sum->ksm += r->ksm;
	sum->v = &g->v;
	sum->r = &g->sum;
	sum->regions = g->n;
	sum->writer = NULL;
	sum->dirty_known &= r->dirty_known;
	sum->ksm_known &= r->ksm_known;
}

/* Replaces the rows of regions by one row per group. Its smaps is that of all regions, or none. */
static void
batch_sum_up(const struct regions *rs, const struct groups *gs, const struct batch_list *from,
             struct batch_list *to)
{
	bool *lacks = mem_alloc(gs->n * sizeof(*lacks));

	for (size_t i = 0; i < from->n; i++) {
		const struct region_row *r = &from->v[i];
		size_t g = gs->of[r->v - rs->vmas.v];

		if (r->smaps)
			smaps_add(&to->sums[g], r->smaps, !to->v[g].v);
		lacks[g] |= !r->smaps;
		batch_sum_row(&to->v[g], r, &gs->g[g]);
	}
	to->n = gs->n;
	for (size_t g = 0; g < gs->n; g++)
		to->v[g].smaps = lacks[g] ? NULL : &to->sums[g];
	free(lacks);
}

static void
batch_group_rows(const struct regions *rs, enum grouping by, struct groups *gs,
                 struct batch_list *rows)
{
	bool *in = mem_alloc(rs->vmas.n * sizeof(*in));
	struct batch_list sums = {0};

	for (size_t i = 0; i < rows->n; i++)
		in[rows->v[i].v - rs->vmas.v] = true;
	groups_make(gs, rs, by, in, NULL, NULL);
	sums.v = mem_alloc(gs->n * sizeof(*sums.v));
	sums.sums = mem_alloc(gs->n * sizeof(*sums.sums));
	batch_sum_up(rs, gs, rows, &sums);
	free(rows->v);
	*rows = sums;
	free(in);
}

static void
batch_list_print_rows(const struct batch_list *rows, const struct out_shape *shape,
                      const enum column_id *ids, size_t n, struct out **out)
{
	*out = out_begin(shape, ids, NULL, n);
	for (size_t i = 0; i < rows->n; i++) {
		struct value v[ROW_MOST];

		for (size_t c = 0; c < n; c++)
			v[c] = region_value(ids[c], &rows->v[i]);
		out_row(*out, v);
	}
}

/* Chooses the columns and the sort column. */
static int
batch_list_columns(const struct options *o, enum column_id ids[ROW_MOST], size_t *n,
                   enum column_id *sort, bool *up, struct err *err)
{
	static const enum column_id sums[] = {COL_REGION_REGIONS, COL_REGION_SIZE,
	                                      COL_REGION_RSS,     COL_REGION_SWAP,
	                                      COL_REGION_TYPE,    COL_REGION_MAPPING};

	if (batch_columns(o, SET_REGION, ids, n, err) < 0)
		return -1;
	if (o->grouping != GROUPING_NONE && !o->output && !o->output_all) {
		memcpy(ids, sums, sizeof(sums));
		*n = ARRAY_LEN(sums);
	}
	*sort = COL_REGION_START;
	*up = true;
	return o->sort ? batch_parse_sort(o->sort, SET_REGION, sort, up, err) : 0;
}

bool
batch_list_needs_writers(const struct options *o)
{
	enum column_id ids[ROW_MOST], sort;
	struct err ignored;
	bool up;
	size_t n;

	return batch_list_columns(o, ids, &n, &sort, &up, &ignored) == 0 &&
	       (columns_needs(ids, n) | columns_needs(&sort, 1)) & NEED_WRITER;
}

/* Which function was the first to write most of each region, if page faults were watched. */
static struct attribution *
batch_add_writers(struct batch *b, const struct regions *rs, struct batch_list *rows)
{
	const struct attribution_of by = {.by = WRITERS_BY_FUNCTION};
	struct codes codes = {0};
	struct attribution *a;

	if (!b->t.causes)
		return NULL;
	a = attribution_make(&b->t, &codes, rs, &by);
	codes_free(&codes);
	for (size_t i = 0; i < rows->n; i++) {
		const struct attribution_row *r = attribution_leader(a, rows->v[i].v->start);

		rows->v[i].writer = r ? r->w.words : NULL;
	}
	return a;
}

/* Whether what it shows rests on how often pages are mapped. */
static bool
list_counts_mappings(const enum column_id *ids, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == COL_REGION_PSS || ids[i] == COL_REGION_USS ||
		    ids[i] == COL_REGION_SHARED || ids[i] == COL_REGION_LOCKED)
			return true;
	return false;
}

int
batch_list(struct batch *b, struct err *err)
{
	enum column_id ids[ROW_MOST], sort;
	bool up, dirty, grouped = b->o->grouping != GROUPING_NONE;
	unsigned needs;
	size_t n;
	struct batch_filter filter;
	struct out_shape shape = batch_shape(b->o, "regions", true);
	struct groups gs = {0};
	struct batch_list rows;
	struct attribution *writers = NULL;
	struct regions *rs;
	struct out *out;
	bool *which;
	int r;

	if (batch_list_columns(b->o, ids, &n, &sort, &up, err) < 0 ||
	    batch_filter(b, FILTER_REGION, &filter, err) < 0)
		return -1;
	needs = columns_needs(ids, n) | columns_needs(&sort, 1) | filter_needs(&filter.f);
	if (batch_read_more(b, needs, &dirty, err) < 0)
		return -1;
	rs = regions_new(b->vmas, source_now(b->t.source));
	b->vmas = (struct vma_list){0};
	/* growth takes a scan of all */
	which = b->t.growth ? NULL : batch_to_count(&rs->vmas, &filter, b->t.page_size,
	                                            needs & NEED_COUNTS);
	r = b->blind ? 0 : regions_measure(rs, &b->t, which, err);
	free(which);
	if (r < 0) {
		regions_unref(rs);
		return -1;
	}
	if (batch_check_alive(b, err) < 0) {
		regions_unref(rs);
		return -1;
	}
	if (b->watched)
		batch_set_rates(b, rs);
	rows = (struct batch_list){.v = mem_alloc(rs->vmas.n * sizeof(*rows.v))};
	batch_choose_rows(b, rs, &filter, dirty, needs & NEED_KSM, &rows);
	if (needs & NEED_KSM)
		batch_add_ksm_by_smaps(b, &rows);
	if (needs & NEED_WRITER)
		writers = batch_add_writers(b, rs, &rows);
	if (grouped)
		batch_group_rows(rs, b->o->grouping, &gs, &rows);
	if (b->o->sort || grouped)
		batch_list_sort(&rows, sort, up);
	batch_list_print_rows(&rows, &shape, ids, n, &out);
	batch_note_filter(b, &filter, "region", "");
	if (list_counts_mappings(ids, n))
		batch_note_averages(b);
	free(rows.v);
	free(rows.sums);
	groups_free(&gs);
	attribution_unref(writers);
	regions_unref(rs);
	return out_end(out, err);
}
