/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "list_bars.h"

#include <string.h>

#include "util.h"

struct segment {
	const char *label;
	enum role role;
	uint64_t bytes;
};

static void
draw_bar(const struct ui *ui, int y, const char *title, uint64_t total,
         const struct segment *seg, size_t n)
{
	int x = BAR_LABEL, width = ui->cols - BAR_LABEL - 2;
	uint64_t sum = 0, done = 0;
	char size[8];

	paint_text(y, 0, BAR_LABEL, ROLE_DIM, "%-5s", title);
	paint_text(y, 5, BAR_LABEL, ROLE_STRONG, "%5s", size_text(size, total));
	for (size_t i = 0; i < n; i++)
		sum += seg[i].bytes;
	for (size_t i = 0; i < n && sum; i++) {
		int to;

		if (!seg[i].bytes)
			continue;
		done += seg[i].bytes;
		to = BAR_LABEL + (int)((double)done / (double)sum * width + 0.5);
		if (to <= x)
			continue;
		paint_fill(y, x, to, seg[i].role);
		if (to - x > (int)strlen(seg[i].label) + 7)
			paint_text(y, x + 1, to, seg[i].role, "%s %s", seg[i].label,
			           size_text(size, seg[i].bytes));
		else if (to - x > (int)strlen(seg[i].label))
			paint_text(y, x, to, seg[i].role, "%s", seg[i].label);
		x = to;
	}
}

static void
draw_ram(const struct ui *ui, const struct sample *s, int y)
{
	static const struct {
		enum state state;
		const char *label;
	} parts[] = {
	    {STATE_ANON, "anon"}, {STATE_THP_HEAD, "thp"},    {STATE_HUGETLB, "hugetlb"},
	    {STATE_FILE, "file"}, {STATE_SHMEM, "shm"},       {STATE_DEVICE, "dev"},
	};
	struct segment seg[ARRAY_LEN(parts)];
	const struct totals *t = &s->regions->totals;

	for (size_t i = 0; i < ARRAY_LEN(parts); i++)
		seg[i] = (struct segment){parts[i].label, paint_state_role(parts[i].state),
		                          t->rss_by_state[parts[i].state] * s->page_size};
	draw_bar(ui, y, "RAM", t->rss * s->page_size, seg, ARRAY_LEN(seg));
	if (!s->regions->counted)
		paint_text(y, 0, ui->cols, ROLE_DIM, "%-12s%s", "RAM", "counting");
}

static void
draw_virt(const struct ui *ui, const struct sample *s, int y)
{
	const struct totals *t = &s->regions->totals;
	const uint64_t *by = t->size_by_type;
	uint64_t there = (t->rss + t->swap) * s->page_size;
	const struct segment seg[] = {
	    {"in RAM or swap", ROLE_ANON, u64_min(there, t->size)},
	    {"reserved", ROLE_GUARD, by[VMA_RESERVE]},
	    {"not touched", ROLE_HEADER_DIM,
	     t->size - u64_min(t->size, u64_min(there, t->size) + by[VMA_RESERVE])},
	};

	draw_bar(ui, y, "VIRT", t->size, seg, ARRAY_LEN(seg));
}

void
list_bars_draw(const struct ui *ui, const struct sample *s, int y)
{
	draw_ram(ui, s, y);
	draw_virt(ui, s, y + 1);
}
