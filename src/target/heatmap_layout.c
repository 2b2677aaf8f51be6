/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/heatmap_layout.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* --- rows ------------------------------------------------------------------------------------- */

struct heatmap_layout {
	struct heatmap *h;
	const struct extents *all; /* what was there at some time */
	const struct vma_list *vmas;
	struct heatmap_part {
		uint64_t end;   /* where those of another name begin */
		uint64_t pages; /* that were there */
	} *part;
	size_t parts_n;
};

/* Where memory begins that is mapped under another name than at that address. */
static uint64_t
layout_name_ends(const struct vma_list *vmas, uint64_t at)
{
	size_t first = vmas ? vma_lower_bound(vmas, at) : 0, i = first;

	if (!vmas || first == vmas->n)
		return UINT64_MAX;
	if (vmas->v[first].start > at) /* not mapped now */
		return vmas->v[first].start;
	while (i < vmas->n && !strcmp(vmas->v[i].name, vmas->v[first].name))
		i++;
	return i < vmas->n ? vmas->v[i].start : UINT64_MAX;
}

/* Counts the pages that were there, by name and all. */
static void
layout_find_parts(struct heatmap_layout *j)
{
	struct heatmap *h = j->h;
	size_t cap = 0;

	for (size_t i = 0; i < j->all->n; i++)
		for (uint64_t at = j->all->v[i].start, till; at < j->all->v[i].end; at = till) {
			if (!j->parts_n || j->part[j->parts_n - 1].end <= at) {
				j->part = vec_room(j->part, j->parts_n, &cap, sizeof(*j->part));
				j->part[j->parts_n++] = (struct heatmap_part){
				    .end = layout_name_ends(j->vmas, at)};
			}
			till = u64_min(j->all->v[i].end, j->part[j->parts_n - 1].end);
			j->part[j->parts_n - 1].pages += (till - at) / h->page_size;
			h->pages += (till - at) / h->page_size;
		}
}

/* How many rows these take if a row has at most that many pages, all under one name. */
static uint64_t
layout_rows_of(const struct heatmap_layout *j, uint64_t each)
{
	uint64_t rows = 0;

	for (size_t i = 0; i < j->parts_n; i++)
		rows += (j->part[i].pages + each - 1) / each;
	return rows;
}

/* The least that suffices, of rows that end with each name or of others. */
static uint64_t
layout_each(const struct heatmap_layout *j, bool apart)
{
	uint64_t low = (j->h->pages + j->h->of.rows - 1) / j->h->of.rows, high = j->h->pages;

	while (apart && low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (layout_rows_of(j, middle) <= j->h->of.rows)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

/* Adds pages from there to the last row, or to a new one. Returns how many it took. */
static uint64_t
layout_add_pages(struct heatmap *h, uint64_t at, uint64_t pages, bool new_row)
{
	struct heatmap_row *r;

	if (!h->rows || new_row || h->row[h->rows - 1].pages == h->each)
		h->row[h->rows++].start = at;
	r = &h->row[h->rows - 1];
	pages = u64_min(pages, h->each - r->pages);
	r->pages += pages;
	r->end = at + pages * h->page_size;
	return pages;
}

static void
layout_rows(struct heatmap_layout *j)
{
	struct heatmap *h = j->h;
	size_t part = 0, row_part = 0;
	bool apart = j->parts_n <= h->of.rows / 2;

	h->each = layout_each(j, apart);
	h->row = mem_alloc(((size_t)h->of.rows + 1) * sizeof(*h->row));
	for (size_t i = 0; i < j->all->n; i++)
		for (uint64_t at = j->all->v[i].start; at < j->all->v[i].end;) {
			unsigned rows = h->rows;
			uint64_t n;

			while (j->part[part].end <= at)
				part++;
			n = (u64_min(j->all->v[i].end, j->part[part].end) - at) / h->page_size;
			if (!n) /* of a session with smaller pages */
				break;
			at += layout_add_pages(h, at, n, apart && part != row_part) *
			      h->page_size;
			h->row[h->rows - 1].more += h->rows == rows && part != row_part;
			row_part = part;
		}
}

void
heatmap_lay_rows(struct heatmap *h, const struct extents *all, const struct vma_list *vmas)
{
	struct heatmap_layout j = {.h = h, .all = all, .vmas = vmas};

	layout_find_parts(&j);
	if (h->pages && h->of.rows)
		layout_rows(&j);
	free(j.part);
}

void
heatmap_lay_regions(struct heatmap *h, const struct vma_list *vmas)
{
	h->row = mem_alloc((vmas->n + 1) * sizeof(*h->row));
	for (size_t i = 0; i < vmas->n; i++)
		h->row[h->rows++] =
		    (struct heatmap_row){.start = vmas->v[i].start,
		                         .end = vmas->v[i].end,
		                         .pages = vma_size(&vmas->v[i]) / h->page_size};
}

/* --- columns ---------------------------------------------------------------------------------- */

/* Whether each time is about as long after the one before it as the others. */
static bool
layout_is_even(const struct heatmap *h, const uint64_t *t)
{
	uint64_t least = UINT64_MAX, most = 0;

	for (size_t i = h->first + !h->first; i <= h->last; i++) {
		least = u64_min(least, t[i] - t[i - 1]);
		most = u64_max(most, t[i] - t[i - 1]);
	}
	return most / 2 <= least;
}

/* The slot of a time: the first time of all has one of its own. */
static unsigned
layout_slot(const struct heatmap *h, uint64_t at)
{
	return at <= h->slots_ns ? 0 : 1 + (unsigned)((at - h->slots_ns - 1) / h->slot_ns);
}

static void
layout_slots(struct heatmap *h, const uint64_t *t)
{
	uint64_t since = h->first ? t[h->first - 1] : t[0];
	unsigned n = h->of.cols - !h->first;

	h->slots = h->of.cols;
	h->slot_ns = u64_max((t[h->last] - since + n - 1) / n, 1);
	h->slots_ns = since + (h->first ? h->slot_ns : 0);
}

static void
layout_add_column(struct heatmap *h, const uint64_t *t, size_t first, size_t last, unsigned slot)
{
	uint64_t since = first ? t[first - 1] : last ? t[0] : 0;

	h->column[h->cols++] = (struct heatmap_column){.first = first,
	                                               .last = last,
	                                               .since_ns = since,
	                                               .time_ns = t[last],
	                                               .slot = slot};
}

/*
 * Times of a column follow one another. Where they are even, all columns have about as many; else
 * a column has those of a slot, and covers the slots before it that have none.
 */
void
heatmap_lay_columns(struct heatmap *h, const uint64_t *t)
{
	size_t n = h->last - h->first + 1, first = h->first;

	h->slots = (unsigned)u64_min(h->of.cols, n);
	h->column = mem_alloc(((size_t)h->of.cols + 1) * sizeof(*h->column));
	if (h->of.by_region || h->of.cols < 2 || layout_is_even(h, t)) {
		for (unsigned c = 0; c < h->slots; c++)
			layout_add_column(h, t, h->first + c * n / h->slots,
			                  h->first + (c + 1) * n / h->slots - 1, c);
		return;
	}
	layout_slots(h, t);
	for (size_t i = h->first; i <= h->last; i++) {
		unsigned slot = layout_slot(h, t[i]);

		if (i < h->last && layout_slot(h, t[i + 1]) == slot)
			continue;
		layout_add_column(h, t, first, i, slot);
		first = i + 1;
	}
}

uint64_t
heatmap_slot_time(const struct heatmap *h, unsigned slot)
{
	if (!h->slot_ns)
		return h->column[slot].time_ns;
	return u64_min(h->slots_ns + slot * h->slot_ns, h->column[h->cols - 1].time_ns);
}

unsigned
heatmap_slot_column(const struct heatmap *h, unsigned slot)
{
	unsigned c = 0;

	while (c + 1 < h->cols && h->column[c].slot < slot)
		c++;
	return c;
}

unsigned
heatmap_column_begins(const struct heatmap *h, unsigned col)
{
	return col ? h->column[col - 1].slot + 1 : 0;
}
