/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/columns.h"

#include <stdio.h>
#include <string.h>

#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "page/state.h"

#define columns_unknown ((struct value){.kind = VALUE_UNKNOWN})

static struct value
columns_number(uint64_t n)
{
	return (struct value){.kind = VALUE_NUMBER, .n = n};
}

static struct value
columns_hex(uint64_t n)
{
	return (struct value){.kind = VALUE_HEX, .n = n};
}

static struct value
columns_size(uint64_t bytes)
{
	return (struct value){.kind = VALUE_SIZE, .n = bytes};
}

/* Signed: bytes more, or fewer. */
static struct value
columns_change(uint64_t more, uint64_t fewer)
{
	return (struct value){.kind = VALUE_CHANGE, .n = more - fewer};
}

static struct value
columns_flags(uint64_t bits)
{
	return (struct value){.kind = VALUE_FLAGS, .n = bits};
}

static struct value
columns_categories(uint64_t bits)
{
	return (struct value){.kind = VALUE_CATEGORIES, .n = bits};
}

static struct value
columns_outside(const char *s)
{
	return (struct value){.kind = VALUE_TEXT, .s = s};
}

static struct value
columns_ours(const char *s)
{
	struct value v = {.kind = VALUE_TEXT};

	size_t n = strlen(s);

	memcpy(v.t, s, u64_min(n, sizeof(v.t) - 1));
	return v;
}

/* --- of memory over time ---------------------------------------------------------------------- */

static const struct heatmap_row *
columns_heat_at(const struct heat_row *row)
{
	return &row->h->row[row->row];
}

static const struct heatmap_cell *
columns_heat_cell(const struct heat_row *row)
{
	return &row->h->cell[(size_t)row->row * row->h->cols + row->col];
}

static struct value
columns_heat_time(const struct heat_row *row, uint64_t ns)
{
	char text[TIMELINE_TEXT];

	if (!ns)
		return columns_unknown;
	if (!row->line)
		snprintf(text, sizeof(text), "-%.3f", (double)(row->h->made_ns - ns) / 1e9);
	else if (row->exact)
		timeline_exact(ns, text);
	else
		timeline_clock_ms(row->line, ns, text);
	return columns_ours(text);
}

static struct value
columns_heat_rate(const struct heat_row *row)
{
	double pages;

	if (!heatmap_value(row->h, HEATMAP_WRITES, row->row, row->col, &pages))
		return columns_unknown;
	return columns_size((uint64_t)(pages * (double)row->h->page_size + 0.5));
}

static struct value
columns_heat_grown(const struct heat_row *row)
{
	int64_t size = (int64_t)row->h->page_size;
	double pages;

	if (!heatmap_value(row->h, HEATMAP_GROWTH, row->row, row->col, &pages))
		return columns_unknown;
	return columns_change((uint64_t)((int64_t)pages * size), 0);
}

/* --- of regions ------------------------------------------------------------------------------- */

/* Facts that need not be the same for all regions of a group are unknown for the group. */
static struct value
columns_of_one(const struct region_row *row, struct value v)
{
	return row->regions ? columns_unknown : v;
}

static struct value
columns_pages(const struct region_row *row, uint64_t n)
{
	return row->r->known ? columns_size(n * row->page_size) : columns_unknown;
}

static struct value
columns_percent(uint64_t n, uint64_t of)
{
	return (struct value){.kind = VALUE_PERCENT, .n = of ? n : 0, .of = of ? of : 1};
}

static struct value
columns_share(const struct region_row *row, uint64_t n, uint64_t of)
{
	return row->r->known ? columns_percent(n, of) : columns_unknown;
}

/* Of an interval of that many milliseconds; unknown if it was none. */
static struct value
columns_cost(uint64_t ns, uint64_t ms)
{
	return ms ? columns_percent(u64_min(ns, ms * 1000000), ms * 1000000) : columns_unknown;
}

static struct value
columns_perm(const struct vma *v)
{
	char perm[5];

	vma_perm_text(v, perm);
	return columns_ours(perm);
}

static struct value
columns_device(const struct vma *v)
{
	struct value x = columns_ours("");

	snprintf(x.t, sizeof(x.t), "%02x:%02x", v->dev_major, v->dev_minor);
	return x;
}

/* Whether smaps was read and this kernel reports that field. */
static bool
columns_smaps(const struct region_row *row, unsigned what)
{
	return row->smaps && row->smaps->known & what;
}

static struct value
columns_rss(const struct region_row *row)
{
	if (row->blind && row->smaps)
		return columns_size(row->smaps->uss + row->smaps->shared);
	return columns_pages(row, row->r->rss);
}

/* From smaps, if it was read for another column and neither page table nor file decides. */
static struct value
columns_swap(const struct region_row *row)
{
	if (!row->blind && !row->r->swap_unsure)
		return columns_pages(row, row->r->swap);
	return columns_smaps(row, SMAPS_SWAP) ? columns_size(row->smaps->swap) : columns_unknown;
}

static struct value
columns_touched(const struct region_row *row)
{
	return row->touched_known && row->smaps && touched_counts(row->v, row->smaps)
	           ? columns_size(row->smaps->referenced)
	           : columns_unknown;
}

/*
 * DAMON's regions also have pages that are not in RAM, which are not accessed. Of a group it is not
 * known: between its regions there are others.
 */
static struct value
columns_accessed(const struct region_row *row)
{
	const struct vma *v = row->v;
	uint64_t seen;

	if (row->regions || !accesses_of(row->accesses, v->start, v->end, &seen))
		return columns_unknown;
	return columns_size(row->r->known ? u64_min(seen, row->r->rss * row->page_size) : seen);
}

static struct value
columns_written(const struct region_row *row)
{
	return row->dirty_known && !row->r->doubt ? columns_pages(row, row->r->written)
	                                          : columns_unknown;
}

static struct value
columns_unwritten(const struct region_row *row)
{
	uint64_t there = row->r->rss + row->r->swap - row->r->unseen;

	if (!row->dirty_known || row->r->doubt || row->r->part)
		return columns_unknown;
	return columns_pages(row, there - u64_min(there, row->r->written));
}

static struct value
columns_rate(const struct region_row *row)
{
	return row->r->known && row->r->rated && !row->r->doubt
	           ? columns_size(rate_bytes(row->r->rate, row->page_size))
	           : columns_unknown;
}

/* PAGEMAP_SCAN reports which pages are mapped huge; older kernels only have it in smaps. */
static struct value
columns_thp(const struct region_row *row)
{
	if (row->huge_known)
		return columns_pages(row, row->r->thp);
	return row->smaps ? columns_size(row->smaps->thp) : columns_unknown;
}

static struct value
columns_thp_share(const struct region_row *row)
{
	struct value thp = columns_thp(row);

	return thp.kind == VALUE_UNKNOWN
	           ? columns_unknown
	           : columns_share(row, thp.n, row->r->rss * row->page_size);
}

static struct value
columns_ksm(const struct region_row *row)
{
	if (row->ksm_known)
		return columns_pages(row, row->ksm);
	return columns_smaps(row, SMAPS_KSM) ? columns_size(row->smaps->ksm) : columns_unknown;
}

static struct value
columns_grown(const struct region_row *row)
{
	size_t size = row->page_size;

	return row->r->grown && row->r->known
	           ? columns_change(row->r->gained * size, row->r->lost * size)
	           : columns_unknown;
}

/* --- of pages --------------------------------------------------------------------------------- */

static struct value
columns_bit(const struct page_row *row, uint64_t mask)
{
	return row->pg->known & PAGE_WORD ? columns_number(row->pg->word & mask ? 1 : 0)
	                                  : columns_unknown;
}

static struct value
columns_uffd_wp(const struct page_row *row)
{
	return row->pg->known & PAGE_NO_WP ? columns_unknown : columns_bit(row, PM_UFFD_WP);
}

static struct value
columns_page_written(const struct page_row *row)
{
	uint64_t w = row->pg->word;

	if (row->track && track_time(row->track, row->addr))
		return columns_number(1);
	if (!row->written_known || !(row->pg->known & PAGE_WORD))
		return columns_unknown;
	if (row->track)
		return track_reaches(row->track, row->addr) ? columns_number(0) : columns_unknown;
	return columns_number(w & PM_SOFT_DIRTY && w & (PM_PRESENT | PM_SWAPPED) ? 1 : 0);
}

/* Without privilege, type and offset read as zero; offset 0 of a device is never a page. */
static bool
columns_in_swap(const struct page_row *row)
{
	uint64_t w = row->pg->word;

	return row->pg->known & PAGE_WORD && !(w & PM_PRESENT) && w & PM_SWAPPED && w & PM_PFN_MASK;
}

static struct value
columns_swap_device(const struct page_row *row)
{
	unsigned type = PM_SWAP_TYPE(row->pg->word);

	if (!columns_in_swap(row) || type >= row->swaps->n)
		return columns_unknown;
	return columns_outside(row->swaps->name[type]);
}

/* Needs a walk of the cgroup tree, so the last result is cached for the neighbours. */
static struct value
columns_memcg(const struct page_row *row)
{
	static uint64_t last;
	static struct buf path;

	if (!row->pg->cgroup)
		return columns_ours("none");
	if (row->pg->cgroup != last) {
		last = row->pg->cgroup;
		path.len = 0;
		if (!row->source || !row->source->ops->cgroup(row->source, last, &path))
			buf_fmt(&path, "inode:%llu", (unsigned long long)last);
	}
	return columns_outside(path.s);
}

/* --- of sharers ------------------------------------------------------------------------------- */

static struct value
columns_shared(const struct share_row *row, enum share_kind kind)
{
	bool by_file = row->of->reach.method == SHARE_BY_FILE;
	bool hidden = by_file && kind != SHARE_FILE && kind != SHARE_SHM;

	return hidden ? columns_unknown : columns_size(row->p->pages[kind] * row->of->page_size);
}

/* In RAM. */
static struct value
columns_shared_all(const struct share_row *row)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < SHARE_SWAP; k++)
		n += row->p->pages[k];
	return columns_size(n * row->of->page_size);
}

/* --- of differences --------------------------------------------------------------------------- */

static struct value
columns_diff(const struct diff_row *row, uint64_t is, uint64_t was)
{
	return row->r && !row->r->known ? columns_unknown
	                                : columns_change(is * row->page_size, was * row->page_size);
}

/* No page in the same frame, or in another, is known only if all frames are. */
static struct value
columns_differ(const struct diff_row *row, enum page_diff kind)
{
	const uint64_t *n = row->n->pages;
	bool frames = kind == PAGE_DIFF_MOVED || kind == PAGE_DIFF_SAME;

	if ((row->r && !row->r->known) || (frames && !n[kind] && n[PAGE_DIFF_UNKNOWN]) ||
	    (kind == PAGE_DIFF_REWRITTEN && !row->n->contents_known))
		return columns_unknown;
	return columns_size(n[kind] * row->page_size);
}

/* --- of regions, compared with another moment ------------------------------------------------ */

static struct value
columns_became(const struct region_row *row)
{
	const struct diff_region *r = row->became;

	if (!r)
		return columns_unknown;
	return columns_ours(r->of.kind == REGION_DIFF_SAME ? "" : region_diff_name(r->of.kind));
}

static struct diff_row
columns_diff_of(const struct region_row *row)
{
	return (struct diff_row){row->became, row->compared, row->page_size};
}

static struct value
columns_compared(const struct region_row *row, enum page_diff kind)
{
	struct diff_row d = columns_diff_of(row);

	return d.n ? columns_differ(&d, kind) : columns_unknown;
}

static struct value
columns_more_rss(const struct region_row *row)
{
	struct diff_row d = columns_diff_of(row);

	return d.n ? columns_diff(&d, d.n->rss_is, d.n->rss_was) : columns_unknown;
}

static struct value
columns_more_swap(const struct region_row *row)
{
	struct diff_row d = columns_diff_of(row);

	return d.n && d.n->swap_known ? columns_diff(&d, d.n->swap_is, d.n->swap_was)
	                              : columns_unknown;
}

static struct value
columns_more_written(const struct region_row *row)
{
	const struct diff_counts *n = row->compared;

	return n && n->written_known ? columns_size(n->written * row->page_size) : columns_unknown;
}

static inline void
columns_put(struct value *out, struct value v)
{
	out->kind = v.kind;
	out->n = v.n;
	out->of = v.of;
	out->s = v.s;
	if (v.kind == VALUE_TEXT)
		memcpy(out->t, v.t, sizeof(out->t));
}

/* --- the table -------------------------------------------------------------------------------- */

/* Each row's value as a function: columns_region_RSS, columns_page_PFN, columns_watch_MS. */
#define COLUMNS_VALUE(set, id, made) \
	static struct value columns_##set##_##id(const struct set##_row *row) \
	{ \
		return made; \
	}
#define R(id, t, w, ty, h, made, ...) COLUMNS_VALUE(region, id, made)
#define L(id, t, w, ty, h, made, ...) \
	static struct value columns_list_##id(const struct region_row *row) \
	{ \
		(void)row; \
		return made; \
	}
/* of pages: in place and by its members, because copying it whole is most of what it costs */
#define P(id, t, w, ty, h, made, ...) \
	static void columns_page_##id(const struct page_row *row, struct value *out) \
	{ \
		columns_put(out, made); \
	}
#define N(id, t, w, ty, h, made, ...) COLUMNS_VALUE(run, id, made)
#define W(id, t, w, ty, h, made, ...) COLUMNS_VALUE(watch, id, made)
#define C(id, t, w, ty, h, made, ...) COLUMNS_VALUE(cause, id, made)
#define G(id, t, w, ty, h, made, ...) COLUMNS_VALUE(growth, id, made)
#define B(id, t, w, ty, h, made, ...) COLUMNS_VALUE(brought, id, made)
#define T(id, t, w, ty, h, made, ...) COLUMNS_VALUE(touched, id, made)
#define S(id, t, w, ty, h, made, ...) COLUMNS_VALUE(share, id, made)
#define D(id, t, w, ty, h, made, ...) COLUMNS_VALUE(diff, id, made)
#define E(id, t, w, ty, h, made, ...) COLUMNS_VALUE(differ, id, made)
#define H(id, t, w, ty, h, made, ...) COLUMNS_VALUE(heat, id, made)
#include "table/columns.def"

#define COLUMNS_ROW(s, i, t, w, ty, h, ...) \
	{.set = SET_##s, .id = COL_##s##_##i, .title = (t), .width = (w), .type = VALUE_##ty, \
	 .help = (h), __VA_ARGS__},
#define R(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(REGION, i, t, w, ty, h, .of_region = columns_region_##i, __VA_ARGS__)
#define L(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(LIST, i, t, w, ty, h, .of_region = columns_list_##i, __VA_ARGS__)
#define P(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(PAGE, i, t, w, ty, h, .of_page = columns_page_##i, __VA_ARGS__)
#define N(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(RUN, i, t, w, ty, h, .of_run = columns_run_##i, __VA_ARGS__)
#define W(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(WATCH, i, t, w, ty, h, .of_watch = columns_watch_##i, __VA_ARGS__)
#define C(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(CAUSE, i, t, w, ty, h, .of_cause = columns_cause_##i, __VA_ARGS__)
#define G(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(GROWTH, i, t, w, ty, h, .of_growth = columns_growth_##i, __VA_ARGS__)
#define B(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(BROUGHT, i, t, w, ty, h, .of_brought = columns_brought_##i, __VA_ARGS__)
#define T(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(TOUCHED, i, t, w, ty, h, .of_touched = columns_touched_##i, __VA_ARGS__)
#define S(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(SHARE, i, t, w, ty, h, .of_share = columns_share_##i, __VA_ARGS__)
#define D(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(DIFF, i, t, w, ty, h, .of_diff = columns_diff_##i, __VA_ARGS__)
#define E(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(DIFFER, i, t, w, ty, h, .of_differ = columns_differ_##i, __VA_ARGS__)
#define H(i, t, w, ty, h, v, ...) \
	COLUMNS_ROW(HEAT, i, t, w, ty, h, .of_heat = columns_heat_##i, __VA_ARGS__)
static const struct column columns_rows[COL_COUNT] = {
#include "table/columns.def"
};

const struct column *
column_row(enum column_id id)
{
	return &columns_rows[id];
}

void
column_help(const struct column *c, struct buf *out)
{
	buf_fmt(out, "%s%s", c->help,
	        c->needs & NEED_SMAPS ? " (smaps)"
	        : c->needs & NEED_KSM ? " (kpageflags)"
	                              : "");
}

unsigned
columns_needs(const enum column_id *ids, size_t n)
{
	unsigned needs = 0;

	for (size_t i = 0; i < n; i++)
		needs |= columns_rows[ids[i]].needs;
	return needs;
}

struct value
region_value(enum column_id id, const struct region_row *row)
{
	return columns_rows[id].of_region(row);
}

struct value
page_value(enum column_id id, const struct page_row *row)
{
	struct value v;

	columns_rows[id].of_page(row, &v);
	return v;
}

void
page_values(const enum column_id *ids, size_t n, const struct page_row *row, struct value *out)
{
	for (size_t i = 0; i < n; i++)
		columns_rows[ids[i]].of_page(row, &out[i]);
}

struct value
run_value(enum column_id id, const struct run_row *row)
{
	return columns_rows[id].of_run(row);
}

struct value
watch_value(enum column_id id, const struct watch_row *row)
{
	return columns_rows[id].of_watch(row);
}

struct value
cause_value(enum column_id id, const struct cause_row *row)
{
	return columns_rows[id].of_cause(row);
}

struct value
growth_value(enum column_id id, const struct growth_row *row)
{
	return columns_rows[id].of_growth(row);
}

struct value
brought_value(enum column_id id, const struct brought_row *row)
{
	return columns_rows[id].of_brought(row);
}

struct value
touched_value(enum column_id id, const struct touched_row *row)
{
	return columns_rows[id].of_touched(row);
}

struct value
share_value(enum column_id id, const struct share_row *row)
{
	return columns_rows[id].of_share(row);
}

struct value
diff_value(enum column_id id, const struct diff_row *row)
{
	return columns_rows[id].of_diff(row);
}

struct value
differ_value(enum column_id id, const struct differ_row *row)
{
	return columns_rows[id].of_differ(row);
}

struct value
heat_value(enum column_id id, const struct heat_row *row)
{
	return columns_rows[id].of_heat(row);
}
