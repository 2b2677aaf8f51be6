/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/columns.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "kernel/cgroup.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "page/state.h"

#define C(s, i, t, w, a, h) \
	{.set = SET_##s, .id = #i, .title = (t), .width = (w), .right = #a[0] == 'R', .help = (h)},
static const struct column rows[COL_COUNT] = {
#include "table/columns.def"
};
#undef C

const struct column *
column_row(enum column_id id)
{
	return &rows[id];
}

/* --- values ----------------------------------------------------------------------------------- */

static const struct value unknown = {.kind = VALUE_UNKNOWN};

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

static struct value
columns_bytes_of(uint64_t bytes)
{
	return (struct value){.kind = VALUE_SIZE, .n = bytes};
}

static struct value
columns_share(uint64_t n, uint64_t of)
{
	return (struct value){.kind = VALUE_PERCENT, .n = of ? n : 0, .of = of ? of : 1};
}

static struct value
columns_pages(const struct region_row *row, uint64_t n)
{
	return row->r->known ? columns_bytes_of(n * row->page_size) : unknown;
}

static struct value
region_value_START(const struct region_row *r)
{
	return columns_hex(r->v->start);
}
static struct value
region_value_SIZE(const struct region_row *r)
{
	return columns_bytes_of(vma_size(r->v));
}
static struct value
region_value_RSS(const struct region_row *r)
{
	return columns_pages(r, r->r->rss);
}
static struct value
region_value_ANON(const struct region_row *r)
{
	return columns_pages(r, r->r->anon);
}
static struct value
region_value_COPIED(const struct region_row *r)
{
	return columns_pages(r, r->r->copied);
}
static struct value
region_value_HUGETLB(const struct region_row *r)
{
	return columns_pages(r, r->r->hugetlb);
}
static struct value
region_value_MAPPING(const struct region_row *r)
{
	return columns_outside(r->v->name);
}

/* What regions need not have in common is not told of a group of them. */
static struct value
region_value_END(const struct region_row *row)
{
	return row->regions ? unknown : columns_hex(row->v->end);
}

static struct value
region_value_OFFSET(const struct region_row *row)
{
	return row->regions ? unknown : columns_hex(row->v->offset);
}

static struct value
region_value_INODE(const struct region_row *row)
{
	return row->regions ? unknown : columns_number(row->v->inode);
}

static struct value
region_value_REGIONS(const struct region_row *row)
{
	return columns_number(row->regions ? row->regions : 1);
}

static struct value
region_value_PERM(const struct region_row *row)
{
	char perm[5];

	if (row->regions)
		return unknown;
	vma_perm_text(row->v, perm);
	return columns_ours(perm);
}

static struct value
region_value_DEV(const struct region_row *row)
{
	struct value v = columns_ours("");

	if (row->regions)
		return unknown;
	snprintf(v.t, sizeof(v.t), "%02x:%02x", row->v->dev_major, row->v->dev_minor);
	return v;
}

static struct value
region_value_TYPE(const struct region_row *row)
{
	return columns_ours(vma_type_name((enum vma_type)row->v->type));
}

static struct value
region_value_PERCENT(const struct region_row *row)
{
	return row->r->known ? columns_share(row->r->rss, vma_size(row->v) / row->page_size)
	                     : unknown;
}

static struct value
region_value_WRITTEN(const struct region_row *row)
{
	return row->dirty_known && !row->r->doubt ? columns_pages(row, row->r->written) : unknown;
}

static struct value
region_value_RATE(const struct region_row *row)
{
	return row->r->rate != RATE_UNKNOWN && !row->r->doubt ? columns_pages(row, row->r->rate)
	                                                      : unknown;
}

static struct value
region_value_PSS(const struct region_row *row)
{
	return row->smaps ? columns_bytes_of(row->smaps->pss) : unknown;
}

static struct value
region_value_USS(const struct region_row *row)
{
	return row->smaps ? columns_bytes_of(row->smaps->uss) : unknown;
}

static struct value
region_value_SHARED(const struct region_row *row)
{
	return row->smaps ? columns_bytes_of(row->smaps->shared) : unknown;
}

static struct value
region_value_LAZYFREE(const struct region_row *row)
{
	return row->smaps && row->smaps->known & SMAPS_LAZYFREE
	           ? columns_bytes_of(row->smaps->lazyfree)
	           : unknown;
}

static struct value
region_value_PKEY(const struct region_row *row)
{
	return row->smaps && row->smaps->known & SMAPS_PKEY ? columns_number(row->smaps->pkey)
	                                                    : unknown;
}

/* What neither page table nor file tells, smaps does, if it was read for another column. */
static struct value
region_value_SWAP(const struct region_row *row)
{
	if (!row->r->swap_unsure)
		return columns_pages(row, row->r->swap);
	return row->smaps && row->smaps->known & SMAPS_SWAP ? columns_bytes_of(row->smaps->swap)
	                                                    : unknown;
}

static struct value
region_value_UNWRITTEN(const struct region_row *row)
{
	uint64_t there = row->r->rss + row->r->swap - row->r->unseen;

	if (!row->dirty_known || row->r->doubt || row->r->part)
		return unknown;
	return columns_pages(row, there - u64_min(there, row->r->written));
}

static struct value
region_value_REFERENCED(const struct region_row *row)
{
	return row->smaps ? columns_bytes_of(row->smaps->referenced) : unknown;
}

/* PAGEMAP_SCAN tells which pages are mapped huge; older kernels tell in smaps only. */
static struct value
region_value_THP(const struct region_row *row)
{
	if (row->huge_known)
		return columns_pages(row, row->r->thp);
	return row->smaps ? columns_bytes_of(row->smaps->thp) : unknown;
}

static struct value
region_value_THP_PERCENT(const struct region_row *row)
{
	struct value thp = region_value_THP(row);
	uint64_t rss = row->r->rss * row->page_size;

	if (thp.kind == VALUE_UNKNOWN || !row->r->known)
		return unknown;
	return columns_share(thp.n, rss);
}

static struct value
region_value_KSM(const struct region_row *row)
{
	if (row->ksm_known)
		return columns_pages(row, row->ksm);
	return row->smaps && row->smaps->known & SMAPS_KSM ? columns_bytes_of(row->smaps->ksm)
	                                                   : unknown;
}

static struct value
region_value_LOCKED(const struct region_row *row)
{
	return row->smaps && row->smaps->known & SMAPS_LOCKED ? columns_bytes_of(row->smaps->locked)
	                                                      : unknown;
}

static struct value
region_value_THPELIGIBLE(const struct region_row *row)
{
	return row->smaps && row->smaps->known & SMAPS_THP_ELIGIBLE
	           ? columns_number(row->smaps->thp_eligible)
	           : unknown;
}

static struct value
region_value_VMFLAGS(const struct region_row *row)
{
	return row->smaps && row->smaps->known & SMAPS_FLAGS ? columns_outside(row->smaps->flags)
	                                                     : unknown;
}

static struct value
columns_bit(const struct page_row *row, uint64_t mask)
{
	return row->pg->known & PAGE_WORD ? columns_number(row->pg->word & mask ? 1 : 0) : unknown;
}

static struct value page_value_ADDRESS(const struct page_row *r) { return columns_hex(r->addr); }
static struct value
page_value_PRESENT(const struct page_row *r)
{
	return columns_bit(r, PM_PRESENT);
}
static struct value
page_value_SWAPPED(const struct page_row *r)
{
	return columns_bit(r, PM_SWAPPED);
}
static struct value page_value_FILE(const struct page_row *r) { return columns_bit(r, PM_FILE); }
static struct value
page_value_EXCLUSIVE(const struct page_row *r)
{
	return columns_bit(r, PM_EXCLUSIVE);
}
static struct value
page_value_SOFT_DIRTY(const struct page_row *r)
{
	return columns_bit(r, PM_SOFT_DIRTY);
}
static struct value
page_value_UFFD_WP(const struct page_row *r)
{
	return columns_bit(r, PM_UFFD_WP);
}
static struct value
page_value_MAPPING(const struct page_row *r)
{
	return columns_outside(r->v->name);
}

static struct value
page_value_STATE(const struct page_row *row)
{
	return columns_ours(state_row((enum state)row->pg->state)->name);
}

static struct value
page_value_WRITTEN(const struct page_row *row)
{
	uint64_t w = row->pg->word;

	if (row->track && track_at(row->track, row->addr))
		return columns_number(1);
	if (!row->written_known || !(row->pg->known & PAGE_WORD))
		return unknown;
	if (row->track)
		return track_reaches(row->track, row->addr) ? columns_number(0) : unknown;
	return columns_number(w & PM_SOFT_DIRTY && w & (PM_PRESENT | PM_SWAPPED) ? 1 : 0);
}

static struct value
page_value_GUARD(const struct page_row *row)
{
	if (!(row->pg->known & PAGE_WORD))
		return unknown;
	return columns_number(row->pg->state == STATE_GUARD ? 1 : 0);
}

static struct value
page_value_PFN(const struct page_row *row)
{
	return page_pfn(row->pg) ? columns_hex(page_pfn(row->pg)) : unknown;
}

/* Type and offset read as zero without the privilege; offset 0 of a device is never a page. */
static bool
columns_has_swap_place(const struct page_row *row)
{
	uint64_t w = row->pg->word;

	return row->pg->known & PAGE_WORD && !(w & PM_PRESENT) && w & PM_SWAPPED && w & PM_PFN_MASK;
}

static struct value
page_value_SWAP_TYPE(const struct page_row *row)
{
	return columns_has_swap_place(row) ? columns_number(PM_SWAP_TYPE(row->pg->word)) : unknown;
}

static struct value
page_value_SWAP_OFFSET(const struct page_row *row)
{
	return columns_has_swap_place(row) ? columns_number(PM_SWAP_OFFSET(row->pg->word))
	                                   : unknown;
}

static struct value
page_value_SWAP_DEVICE(const struct page_row *row)
{
	unsigned type = PM_SWAP_TYPE(row->pg->word);

	return columns_has_swap_place(row) && type < row->swaps->n
	           ? columns_outside(row->swaps->name[type])
	           : unknown;
}

static struct value
page_value_WORD(const struct page_row *row)
{
	return row->pg->known & PAGE_WORD ? columns_hex(row->pg->word) : unknown;
}

static struct value
page_value_PHYSICAL(const struct page_row *row)
{
	return page_pfn(row->pg) ? columns_hex(page_pfn(row->pg) * row->page_size) : unknown;
}

static struct value
page_value_FILE_OFFSET(const struct page_row *row)
{
	return vma_has_file(row->v) ? columns_hex(row->addr - row->v->start + row->v->offset)
	                            : unknown;
}

static struct value
page_value_ORDER(const struct page_row *row)
{
	return row->pg->known & PAGE_FOLIO ? columns_number(row->pg->order) : unknown;
}

static struct value
page_value_FOLIO(const struct page_row *row)
{
	return row->pg->known & PAGE_FOLIO ? columns_hex(row->pg->folio) : unknown;
}

static struct value
page_value_MAPCOUNT(const struct page_row *row)
{
	return row->pg->known & PAGE_COUNT ? columns_number(row->pg->count) : unknown;
}

static struct value
page_value_KPF(const struct page_row *row)
{
	return row->pg->known & PAGE_FLAGS ? columns_hex(row->pg->kpf) : unknown;
}

static struct value
page_value_FLAGS(const struct page_row *row)
{
	return row->pg->known & PAGE_FLAGS
	           ? (struct value){.kind = VALUE_FLAGS, .n = page_types_plain(row->pg->kpf)}
	           : unknown;
}

static struct value
page_value_FLAGS_RAW(const struct page_row *row)
{
	const struct page *pg = row->pg;

	return pg->known & PAGE_FLAGS
	           ? (struct value){.kind = VALUE_FLAGS, .n = page_types_raw(pg->kpf, pg->word)}
	           : unknown;
}

/* Looked up by walking the cgroup tree, so the last answer is kept for the neighbours. */
static struct value
page_value_MEMCG(const struct page_row *row)
{
	static uint64_t last;
	static struct buf path;

	if (!(row->pg->known & PAGE_CGROUP))
		return unknown;
	if (!row->pg->cgroup)
		return columns_ours("none");
	if (row->pg->cgroup != last) {
		last = row->pg->cgroup;
		path.len = 0;
		if (!row->live || !cgroup_path(last, &path))
			buf_fmt(&path, "inode:%llu", (unsigned long long)last);
	}
	return columns_outside(path.s);
}

static struct value
page_value_NODE(const struct page_row *row)
{
	return row->pg->known & PAGE_NODE ? columns_number((uint64_t)row->pg->node) : unknown;
}

static struct value
watch_value_INTERVAL(const struct watch_row *r)
{
	return columns_number(r->interval);
}
static struct value watch_value_MS(const struct watch_row *r) { return columns_number(r->ms); }
static struct value
watch_value_PAGES(const struct watch_row *r)
{
	return r->known ? columns_number(r->pages) : unknown;
}
static struct value
watch_value_START(const struct watch_row *r)
{
	return r->v ? columns_hex(r->v->start) : unknown;
}
static struct value
watch_value_END(const struct watch_row *r)
{
	return r->v ? columns_hex(r->v->end) : unknown;
}
static struct value
watch_value_MAPPING(const struct watch_row *r)
{
	return r->v ? columns_outside(r->v->name) : columns_ours("total");
}

static struct value
watch_value_UNKNOWN(const struct watch_row *r)
{
	return columns_bytes_of(r->unknown * r->page_size);
}

static struct value
watch_value_BYTES(const struct watch_row *r)
{
	return r->known ? columns_bytes_of(r->pages * r->page_size) : unknown;
}

static struct value
watch_value_RATE(const struct watch_row *r)
{
	return r->known && r->ms ? columns_bytes_of(r->pages * r->page_size * 1000 / r->ms)
	                         : unknown;
}

/* One table of functions for each set, made from columns.def; the other set's rows stay empty. */
#define GET_REGION(set, id) GET_REGION_##set(id)
#define GET_REGION_REGION(id) region_value_##id
#define GET_REGION_PAGE(id) NULL
#define GET_REGION_WATCH(id) NULL
#define GET_PAGE(set, id) GET_PAGE_##set(id)
#define GET_PAGE_REGION(id) NULL
#define GET_PAGE_PAGE(id) page_value_##id
#define GET_PAGE_WATCH(id) NULL
#define GET_WATCH(set, id) GET_WATCH_##set(id)
#define GET_WATCH_REGION(id) NULL
#define GET_WATCH_PAGE(id) NULL
#define GET_WATCH_WATCH(id) watch_value_##id

struct value
region_value(enum column_id id, const struct region_row *row)
{
#define C(set, i, t, w, a, h) GET_REGION(set, i),
	static struct value (*const get[COL_COUNT])(const struct region_row *) = {
#include "table/columns.def"
	};
#undef C
	return get[id](row);
}

struct value
page_value(enum column_id id, const struct page_row *row)
{
#define C(set, i, t, w, a, h) GET_PAGE(set, i),
	static struct value (*const get[COL_COUNT])(const struct page_row *) = {
#include "table/columns.def"
	};
#undef C
	return get[id](row);
}

struct value
watch_value(enum column_id id, const struct watch_row *row)
{
#define C(set, i, t, w, a, h) GET_WATCH(set, i),
	static struct value (*const get[COL_COUNT])(const struct watch_row *) = {
#include "table/columns.def"
	};
#undef C
	return get[id](row);
}

/* --- as text ---------------------------------------------------------------------------------- */

void
value_text(const struct value *v, bool bytes, bool ascii, struct buf *out)
{
	char size[8];

	switch (v->kind) {
	case VALUE_UNKNOWN:
		return;
	case VALUE_TEXT:
		if (v->s)
			text_escape(out, v->s, strlen(v->s), ascii);
		else
			buf_str(out, v->t);
		return;
	case VALUE_NUMBER:
		buf_dec(out, v->n);
		return;
	case VALUE_HEX:
		buf_add(out, "0x", 2);
		buf_hex(out, v->n);
		return;
	case VALUE_PERCENT:
		if (bytes)
			buf_fmt(out, "%.15g", percent(v->n, v->of));
		else
			buf_str(out, percent_text(size, v->n, v->of));
		return;
	case VALUE_FLAGS:
		page_types_letters(out, v->n);
		return;
	case VALUE_SIZE:
		if (bytes)
			buf_dec(out, v->n);
		else
			buf_str(out, size_text(size, v->n));
	}
}

static int
columns_compare_shares(const struct value *a, const struct value *b)
{
	__uint128_t x = (__uint128_t)a->n * b->of, y = (__uint128_t)b->n * a->of;

	return (x > y) - (x < y);
}

int
value_compare(const struct value *a, const struct value *b)
{
	if ((a->kind == VALUE_UNKNOWN) != (b->kind == VALUE_UNKNOWN))
		return a->kind == VALUE_UNKNOWN ? 1 : -1;
	if (a->kind == VALUE_TEXT)
		return strcmp(a->s ? a->s : a->t, b->s ? b->s : b->t);
	if (a->kind == VALUE_PERCENT)
		return columns_compare_shares(a, b);
	return (a->n > b->n) - (a->n < b->n);
}

/* --- names of columns ------------------------------------------------------------------------- */

void
columns_all(enum column_set set, enum column_id ids[COL_COUNT], size_t *n)
{
	*n = 0;
	for (unsigned i = 0; i < COL_COUNT; i++)
		if (rows[i].set == set)
			ids[(*n)++] = (enum column_id)i;
}

static bool
columns_is_name(const char *of, const char *name, size_t len)
{
	return strlen(of) == len && !strncasecmp(of, name, len);
}

/* Names that columns once had: they go on to be understood. */
static enum column_id
columns_once_named(enum column_set set, const char *name, size_t len)
{
	static const struct {
		const char *name;
		enum column_id id;
	} old[] = {
	    {"DIRTY", COL_REGION_WRITTEN}, {"RATE", COL_REGION_RATE}, {"RATE", COL_WATCH_RATE},
	};

	for (size_t i = 0; i < ARRAY_LEN(old); i++)
		if (rows[old[i].id].set == set && columns_is_name(old[i].name, name, len))
			return old[i].id;
	return COL_COUNT;
}

enum column_id
column_named(enum column_set set, const char *name, size_t len)
{
	for (unsigned i = 0; i < COL_COUNT; i++)
		if (rows[i].set == set && columns_is_name(rows[i].title, name, len))
			return (enum column_id)i;
	return columns_once_named(set, name, len);
}

static int
columns_no_such_column(enum column_set set, const char *name, size_t len, struct err *err)
{
	struct buf how = {0};

	buf_str(&how, "choose from");
	for (unsigned i = 0; i < COL_COUNT; i++)
		if (rows[i].set == set)
			buf_fmt(&how, "%s%s", i && rows[i - 1].set == set ? "," : " ",
			        rows[i].title);
	err_set(err, ERR_USAGE,
	        set == SET_REGION ? "regions have no such column"
	        : set == SET_PAGE ? "pages have no such column"
	                          : "--watch has no such column",
	        how.s, "no column \"%.*s\"", len > 40 ? 40 : (int)len, name);
	buf_free(&how);
	return -1;
}

int
columns_parse(enum column_set set, const char *list, enum column_id ids[COL_COUNT], size_t *n,
              struct err *err)
{
	enum column_id got[COL_COUNT];
	size_t got_n = 0;

	for (const char *s = list;; s++) {
		size_t len = strcspn(s, ",");
		enum column_id id = column_named(set, s, len);

		if (id == COL_COUNT)
			return columns_no_such_column(set, s, len, err);
		if (got_n == COL_COUNT)
			return err_set(err, ERR_USAGE, "there are fewer than that",
			               "name each column once", "too many columns");
		got[got_n++] = id;
		s += len;
		if (!*s)
			break;
	}
	memcpy(ids, got, got_n * sizeof(*ids));
	*n = got_n;
	return 0;
}
