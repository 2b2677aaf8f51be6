/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --list: one row a region. */
#include <stdlib.h>
#include <string.h>

#include "batch_state.h"
#include "flags.h"
#include "kabi.h"
#include "region.h"
#include "util.h"
#include "walk.h"

struct list_line {
	struct value key;
	size_t at;
};

static int
by_key_down(const void *pa, const void *pb)
{
	const struct list_line *a = pa, *b = pb;
	int c = value_compare(&a->key, &b->key);

	if (a->key.kind != VALUE_UNKNOWN && b->key.kind != VALUE_UNKNOWN)
		c = -c;
	return c ? c : (a->at > b->at) - (a->at < b->at);
}

static int
by_key_up(const void *pa, const void *pb)
{
	const struct list_line *a = pa, *b = pb;
	int c = value_compare(&a->key, &b->key);

	return c ? c : (a->at > b->at) - (a->at < b->at);
}

/* --sort COLUMN, or -COLUMN upwards. */
static int
parse_sort(const char *text, enum column_id *id, bool *up, struct err *err)
{
	enum column_id ids[COL_COUNT];
	size_t n;

	*up = text[0] == '-';
	if (columns_parse(SET_REGION, text + *up, ids, &n, err) < 0)
		return -1;
	if (n != 1)
		return err_set(err, ERR_USAGE, "one column at a time", "give one column", "--sort %.60s", text);
	*id = ids[0];
	return 0;
}

static struct region_row
list_row(const struct batch *b, const struct regions *rs, size_t i, bool dirty)
{
	const struct vma *v = &rs->vmas.v[i];
	const struct smaps_entry *sm = b->has_smaps ? smaps_find(&b->smaps, v->start) : NULL;

	return (struct region_row){.v = v, .r = &rs->r[i], .smaps = sm, .page_size = b->t.pm.page_size,
	                           .huge_known = b->t.pm.scan & PM_CAT_HUGE,
	                           .dirty_known = dirty && sm && !smaps_newborn(sm)};
}

/* Whether one of the columns needs smaps, which is dear. */
static bool
wants_smaps(const struct batch *b, const enum column_id *ids, size_t n)
{
	static const enum column_id dear[] = {COL_REGION_PSS, COL_REGION_REFERENCED, COL_REGION_LOCKED,
	                                      COL_REGION_THPELIGIBLE, COL_REGION_VMFLAGS};

	for (size_t i = 0; i < ARRAY_LEN(dear); i++)
		if (batch_has_column(ids, n, dear[i]))
			return true;
	return !(b->t.pm.scan & PM_CAT_HUGE) && batch_has_column(ids, n, COL_REGION_THP);
}

struct ksm_count {
	uint64_t n;
	bool hidden;
};

static int
count_ksm(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct ksm_count *c = arg;

	(void)addr;
	for (size_t i = 0; i < n; i++) {
		c->n += pages[i].state == STATE_KSM;
		c->hidden |= pages[i].word & PM_PRESENT && !(pages[i].known & (PAGE_FLAGS | PAGE_NO_RECORD | PAGE_RACED));
		c->hidden |= (pages[i].known & PAGE_NO_KSM) != 0;
	}
	return 0;
}

/* The pages merged by KSM, which only the frames' flags tell. */
static void
add_ksm(struct batch *b, struct region_row *row)
{
	static const struct walk_options o = {.want = PAGE_WANT_FLAGS};
	static const struct walk_fns fns = {.pages = count_ksm};
	struct ksm_count c = {0};
	struct err ignored;

	row->ksm_known = row->r->known &&
	                 walk_pages(&b->t, row->v, row->v->start, row->v->end, &o, &fns, &c, &ignored) == 0 && !c.hidden;
	row->ksm = c.n;
}

/* smaps and soft-dirty, where columns or the filter need them. */
static int
read_more(struct batch *b, const enum column_id *ids, size_t n, enum column_id sort, unsigned wants,
          bool *dirty, struct err *err)
{
	bool smaps = wants_smaps(b, ids, n) || wants_smaps(b, &sort, 1) ||
	             (wants & FILTER_WANT_HUGE && !(b->t.pm.scan & PM_CAT_HUGE));

	if (smaps && batch_need_smaps(b, err) < 0)
		return -1;
	*dirty = (batch_has_column(ids, n, COL_REGION_DIRTY) || wants & FILTER_WANT_WRITTEN) &&
	         batch_need_written(b);
	return 0;
}

/* The regions that pass the filter, in their order; returns how many. */
static size_t
choose_lines(struct batch *b, const struct regions *rs, struct batch_filter *filter, enum column_id sort,
             bool dirty, struct list_line *lines)
{
	size_t n = 0;

	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct region_row row = list_row(b, rs, i, dirty);
		struct filter_facts x = {.v = row.v, .r = row.r, .page_size = row.page_size, .smaps = row.smaps,
		                         .huge_known = row.huge_known, .written_known = row.dirty_known};

		if (filter->on && !batch_passes(filter, &x))
			continue;
		if (sort == COL_REGION_KSM)
			add_ksm(b, &row);
		lines[n++] = (struct list_line){region_value(sort, &row), i};
	}
	return n;
}

int
batch_list(struct batch *b, struct err *err)
{
	static const enum column_id usual[] = {
	    COL_REGION_START, COL_REGION_END,  COL_REGION_SIZE, COL_REGION_PERM,
	    COL_REGION_TYPE,  COL_REGION_RSS,  COL_REGION_SWAP, COL_REGION_MAPPING,
	};
	enum column_id ids[COL_COUNT], sort = COL_REGION_START;
	size_t n, lines_n;
	bool up = true, dirty, ksm;
	struct batch_filter filter;
	struct out_shape shape = batch_shape(b->o, "regions", true);
	struct list_line *lines;
	struct regions *rs;
	struct out *out;

	if (batch_columns(b->o, SET_REGION, usual, ARRAY_LEN(usual), ids, &n, err) < 0 ||
	    (b->o->sort && parse_sort(b->o->sort, &sort, &up, err) < 0) ||
	    batch_filter(b, FILTER_REGION, &filter, err) < 0 ||
	    read_more(b, ids, n, sort, filter_wants(&filter.f), &dirty, err) < 0)
		return -1;
	ksm = batch_has_column(ids, n, COL_REGION_KSM);
	rs = regions_new(b->vmas);
	b->vmas = (struct vma_list){0};
	if (regions_measure(rs, &b->t, err) < 0) {
		regions_unref(rs);
		return -1;
	}
	lines = mem_alloc(rs->vmas.n * sizeof(*lines));
	lines_n = choose_lines(b, rs, &filter, sort, dirty, lines);
	if (b->o->sort)
		qsort(lines, lines_n, sizeof(*lines), up ? by_key_up : by_key_down);
	out = out_begin(&shape, ids, NULL, n);
	for (size_t i = 0; i < lines_n; i++) {
		struct region_row row = list_row(b, rs, lines[i].at, dirty);
		struct value v[COL_COUNT];

		if (ksm)
			add_ksm(b, &row);
		for (size_t c = 0; c < n; c++)
			v[c] = region_value(ids[c], &row);
		out_row(out, v);
	}
	batch_note_left_out(b, &filter, "region");
	free(lines);
	regions_unref(rs);
	return out_end(out, err);
}

