/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/list_bars.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "model/list_rows.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/view.h"

enum {
	WORDS_FROM = 110,
	WORDS = 32
}; /* a screen this wide has room for words beside the bars; their columns */

struct segment {
	const char *label, *filter;
	enum role role;
	uint64_t bytes;
	uint64_t rss, swap; /* in bytes, for a type of region */
	size_t regions;
	int x, to;          /* columns of the screen */
};

enum { SEGMENTS = VMA_TYPES + 6 };

struct bar {
	struct segment seg[SEGMENTS];
	size_t n;
	bool types; /* of region types: each segment shows what is in RAM and in swap */
};

/* --- what is in them -------------------------------------------------------------------------- */

static void
list_bars_add(struct bar *b, const struct segment *s)
{
	if (s->bytes)
		b->seg[b->n++] = *s;
}

static void
list_make_ram(struct bar *b, const struct sample *s)
{
	static const struct {
		enum state state;
		const char *label, *filter;
	} parts[] = {
	    {STATE_ANON, "anon", "anon>0"},
	    {STATE_THP_HEAD, "thp", "thp"},
	    {STATE_HUGETLB, "hugetlb", "hugetlb>0"},
	    {STATE_FILE, "file", "file & present"},
	    {STATE_SHMEM, "shm", "shm & present"},
	    {STATE_DEVICE, "dev", "(device | kernel) & present"},
	};

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		uint64_t bytes = s->regions->totals.rss_by_state[parts[i].state] * s->page_size;

		list_bars_add(b, &(struct segment){.label = parts[i].label,
		                                   .filter = parts[i].filter,
		                                   .role = paint_state_role(parts[i].state),
		                                   .bytes = bytes});
	}
}

static void
list_make_virt(struct bar *b, const struct sample *s)
{
	static const struct {
		enum vma_type type;
		enum role role;
		const char *label;
	} parts[] = {
	    {VMA_ANON, ROLE_ANON, "anon"},        {VMA_HEAP, ROLE_ANON, "heap"},
	    {VMA_STACK, ROLE_ANON, "stack"},      {VMA_HUGETLB, ROLE_HUGETLB, "hugetlb"},
	    {VMA_FILE, ROLE_FILE, "file"},        {VMA_SHM, ROLE_SHMEM, "shm"},
	    {VMA_DEVICE, ROLE_RAMP_0, "device"},  {VMA_KERNEL, ROLE_RAMP_0, "kernel"},
	    {VMA_RESERVE, ROLE_RAMP_0, "reserve"}, {VMA_GUARD, ROLE_RAMP_0, "guard"},
	};

	b->types = true;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		const struct type_sum *t = &s->regions->totals.types[parts[i].type];

		list_bars_add(b, &(struct segment){.label = parts[i].label,
		                                   .filter = parts[i].label,
		                                   .role = parts[i].role,
		                                   .bytes = t->size,
		                                   .rss = t->ram * s->page_size,
		                                   .swap = t->swap * s->page_size,
		                                   .regions = t->regions});
	}
}

/* One column per segment; the rest in proportion to their sizes. */
static void
list_lay(struct bar *b, int from, int to)
{
	uint64_t sum = 0, done = 0;
	int room = to - from - (int)b->n, x = from;

	for (size_t i = 0; i < b->n; i++)
		sum += b->seg[i].bytes;
	for (size_t i = 0; i < b->n; i++) {
		done += b->seg[i].bytes;
		b->seg[i].x = x;
		x = from + (int)i + 1 +
		    (int)((double)done / (double)sum * (room > 0 ? room : 0) + 0.5);
		b->seg[i].to = x < to ? x : to;
	}
}

static int
bar_end(const struct ui *ui)
{
	return ui->cols >= WORDS_FROM ? ui->cols - WORDS - 2 : ui->cols - 2;
}

static void
list_make(const struct ui *ui, const struct sample *s, struct bar b[LIST_BARS])
{
	memset(b, 0, LIST_BARS * sizeof(*b));
	if (!s->regions || !s->regions->vmas.n)
		return;
	list_make_ram(&b[0], s);
	list_make_virt(&b[1], s);
	for (int i = 0; i < LIST_BARS; i++)
		list_lay(&b[i], BAR_LABEL, bar_end(ui));
}

/* The selected segment of both bars; NULL: none. */
static const struct segment *
list_chosen(const struct ui *ui, const struct bar b[LIST_BARS])
{
	size_t i = ui->list->segment - 1;

	if (!ui->list->segment)
		return NULL;
	if (i < b[0].n)
		return &b[0].seg[i];
	return i - b[0].n < b[1].n ? &b[1].seg[i - b[0].n] : NULL;
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* Without colours, signs replace them: in RAM, in swap, neither. */
static void
list_fill_part(int y, int x, int to, enum role role)
{
	wchar_t sign = role == ROLE_BAR_REST  ? L'·'
	               : role == ROLE_SWAPPED ? L's'
	               : paint_utf8()         ? L'▒'
	                                      : L'#';

	paint_fill(y, x, to, role);
	for (; paint_theme() == THEME_MONO && x < to; x++)
		paint_over(y, x, sign);
}

/* Text in the colours of its background, after a blank; all of it or nothing. */
static bool
list_draw_words_on(int y, int x, int to, const char *text)
{
	if (x + 1 + (int)strlen(text) > to)
		return false;
	for (paint_over(y, x++, L' '); *text; x++, text++)
		paint_over(y, x, (wchar_t)*text);
	return true;
}

/* Columns of a segment: [x, ram) in RAM, [ram, swap) in swap, [swap, to) neither. */
struct grounds {
	int x, ram, swap, to;
};

/* Its name and size, or its name: on one background (RAM, or neither), or else across all. */
static void
list_draw_label(const struct segment *g, const struct grounds *at, int y)
{
	char text[40], size[8];

	snprintf(text, sizeof(text), "%s %s", g->label, size_text(size, g->bytes));
	if (!list_draw_words_on(y, at->x, at->ram, text) &&
	    !list_draw_words_on(y, at->swap, at->to, text) &&
	    !list_draw_words_on(y, at->x, at->ram, g->label) &&
	    !list_draw_words_on(y, at->swap, at->to, g->label) &&
	    !list_draw_words_on(y, at->x, at->to, text))
		list_draw_words_on(y, at->x, at->to, g->label);
}

/*
 * The segment of a region type: RAM, swap, neither. Each part that exists has a column if there is
 * room; a single column shows a block if any of it exists.
 */
static struct grounds
list_fill(const struct bar *b, const struct segment *g, int y)
{
	int width = g->to - g->x, ram, both;
	/* shared memory may be mapped more than once */
	uint64_t there = u64_min(g->rss + g->swap, g->bytes);

	if (!b->types) {
		list_fill_part(y, g->x, g->to, g->role);
		return (struct grounds){g->x, g->to, g->to, g->to};
	}
	if (width == 1 && there && there < g->bytes) {
		paint_block(y, g->x, g->rss ? g->role : ROLE_SWAPPED, ROLE_BAR_REST,
		            paint_eighth(eighths(there, g->bytes)));
		return (struct grounds){g->x, g->x, g->x, g->to};
	}
	both = (int)steps(there, g->bytes, (unsigned)width);
	ram = (int)steps(g->rss, there, (unsigned)both);
	if (ram == both && g->swap && both > 1)
		ram--;
	list_fill_part(y, g->x, g->x + ram, g->role);
	list_fill_part(y, g->x + ram, g->x + both, ROLE_SWAPPED);
	list_fill_part(y, g->x + both, g->to, ROLE_BAR_REST);
	return (struct grounds){g->x, g->x + ram, g->x + both, g->to};
}

static void
list_draw_segment(const struct bar *b, const struct segment *g, bool is_chosen, int y)
{
	struct grounds at;

	if (g->x >= g->to)
		return; /* a narrow screen has fewer columns than segments */
	at = list_fill(b, g, y);
	if (is_chosen) {
		paint_fill(y, g->x, g->to, ROLE_CURSOR);
		at = (struct grounds){g->x, g->to, g->to, g->to};
	}
	list_draw_words_on(y, at.ram, at.swap, "swap");
	list_draw_label(g, &at, y);
}

static void
list_draw_bar(int y, const char *title, uint64_t total, const struct bar *b,
              const struct segment *mark)
{
	char size[8];

	paint_text(y, 0, BAR_LABEL, ROLE_DIM, "%-5s", title);
	paint_text(y, 5, BAR_LABEL, ROLE_STRONG, "%5s", size_text(size, total));
	for (size_t i = 0; i < b->n; i++)
		list_draw_segment(b, &b->seg[i], &b->seg[i] == mark, y);
	if (mark && mark >= b->seg && mark < b->seg + b->n)
		paint_cursor(y, mark->x);
}

static void
list_draw_words(const struct ui *ui, const struct sample *s, int y)
{
	const struct totals *t = &s->regions->totals;
	uint64_t there = (t->rss + t->swap) * s->page_size;
	int x = ui->cols - WORDS;
	char size[8];

	if (ui->cols < WORDS_FROM || !s->regions->counted)
		return;
	if (t->swap)
		paint_text(y, x, ui->cols, ROLE_DIM, "%s%s in swap",
		           t->swap_unsure ? "at least " : "",
		           size_text(size, t->swap * s->page_size));
	paint_text(y + 1, x, ui->cols, ROLE_DIM, "%s in neither, %zu region%s",
	           size_text(size, t->size - u64_min(t->size, there)), s->regions->vmas.n,
	           plural(s->regions->vmas.n));
}

/* The segment in column x of bar 0 or 1; 0: none. */
static size_t
list_bars_at(const struct ui *ui, const struct sample *s, int bar, int x)
{
	struct bar b[LIST_BARS];

	list_make(ui, s, b);
	for (size_t i = 0; i < b[bar].n; i++)
		if (x >= b[bar].seg[i].x && x < b[bar].seg[i].to)
			return i + 1 + (bar ? b[0].n : 0);
	return 0;
}

/* A click selects the segment and applies it, as Tab and Enter do. */
static unsigned
list_hit_bar(struct ui *ui, const struct sample *s, const struct touch *t)
{
	size_t segment = t->drag ? 0 : list_bars_at(ui, s, (int)t->value, t->dx);

	if (!segment)
		return FX_NONE;
	ui->list->segment = segment;
	list_bars_filter(ui, s);
	return FX_NONE;
}

void
list_bars_draw(const struct ui *ui, const struct sample *s, int y)
{
	struct bar b[LIST_BARS];
	const struct segment *mark;

	list_make(ui, s, b);
	mark = list_chosen(ui, b);
	for (int i = 0; i < LIST_BARS; i++)
		zone_add(&(struct zone){.y = y + i,
		                        .bottom = y + i + 1,
		                        .right = ui->cols,
		                        .value = (uint64_t)i,
		                        .hit = list_hit_bar});
	list_draw_bar(y, "RAM", s->regions->totals.rss * s->page_size, &b[0], mark);
	if (!s->regions->counted)
		paint_text(y, 0, ui->cols, ROLE_DIM, "%-12s%s", "RAM", "counting");
	list_draw_bar(y + 1, "VIRT", s->regions->totals.size, &b[1], mark);
	list_draw_words(ui, s, y);
}

/* --- use -------------------------------------------------------------------------------------- */

void
list_bars_step(struct ui *ui, const struct sample *s, int step)
{
	struct bar b[LIST_BARS];
	size_t n;

	list_make(ui, s, b);
	n = b[0].n + b[1].n + 1; /* and no segment */
	ui->list->segment = (ui->list->segment + n + (size_t)step) % n;
}

void
list_bars_filter(struct ui *ui, const struct sample *s)
{
	struct bar b[LIST_BARS];
	const struct segment *g;
	struct err err;

	list_make(ui, s, b);
	g = list_chosen(ui, b);
	ui->list->segment = 0;
	if (g && list_filter_set(&ui->list->filter, g->filter, s->page_size, &err) == 0)
		rows_anew(ui);
}

void
list_bars_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	struct bar b[LIST_BARS];
	const struct segment *g;
	uint64_t rss = s->regions->totals.rss * s->page_size;
	char size[8], ram[8];

	list_make(ui, s, b);
	g = list_chosen(ui, b);
	if (!g)
		return;
	buf_fmt(out, "%s: %s ", g->label, size_text(size, g->bytes));
	if (!g->regions && rss)
		buf_fmt(out, "in RAM, %s%%", percent_text(ram, g->bytes, rss));
	else if (g->regions) {
		buf_fmt(out, "in %zu region%s, %s in RAM", g->regions, plural(g->regions),
		        size_text(ram, g->rss));
		if (g->swap)
			buf_fmt(out, ", %s in swap", size_text(ram, g->swap));
	}
	buf_str(out, "; Enter shows only these regions");
}
