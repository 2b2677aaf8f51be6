/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory over time: addresses down, times across. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "target/heatmap.h"
#include "term/fit.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/view.h"

struct heat_view {
	enum heatmap_what what;
	bool chosen;       /* the user chose `what` */
	bool opened;       /* if not, it was chosen when the view was opened */
	struct heatmap_of of;
	unsigned row, col; /* the cell under the cursor */
};

/* The rows of the frame: what the steps mean; below the cells the times. */
enum { HEAT_LEFT = 15, HEAT_WIDE = 110, HEAT_NAME = 16, HEAT_FRAME = 2 };

static struct heat_view *
view_heat_of(const struct ui *ui)
{
	return ui->own[VIEW_HEAT];
}

/* Two rows in a line of the screen, by the colours of its halves; needs colours for both. */
static bool
view_heat_halves(void)
{
	enum theme t = paint_theme();

	return paint_utf8() && (t == THEME_DARK || t == THEME_LIGHT);
}

static int
view_heat_left(const struct ui *ui)
{
	return HEAT_LEFT + (ui->cols >= HEAT_WIDE ? HEAT_NAME : 0);
}

/* How many columns of the screen a slot takes. */
static int
view_heat_wide(const struct ui *ui, const struct heatmap *h)
{
	int room = ui->cols - view_heat_left(ui) - 1;

	return h->slots && (int)h->slots <= room ? room / (int)h->slots : 1;
}

static int
view_heat_per(void)
{
	return view_heat_halves() ? 2 : 1;
}

/* --- cells ------------------------------------------------------------------------------------ */

static enum role
view_heat_role(int step)
{
	return step < 0 ? ROLE_SET_6 : paint_heat_role((enum heat)(HEATMAP_STEPS + 1 - step));
}

/* Both halves of a character in their colours; a half without one is that of the screen. */
static void
view_heat_pair(int y, int x, int up, int down)
{
	if (up && down)
		paint_block(y, x, view_heat_role(up), view_heat_role(down), L'▀');
	else if (up || down)
		paint_block(y, x, view_heat_role(up ? up : down), ROLE_TEXT, up ? L'▀' : L'▄');
	else
		paint_glyph(y, x, ROLE_DIM, L'·');
}

static void
view_heat_bar(int y, int x, int step)
{
	if (step < 0)
		paint_glyph(y, x, ROLE_ACCENT, 'v');
	else if (step)
		paint_glyph(y, x, ROLE_HOT, paint_eighth((unsigned)step * 8 / HEATMAP_STEPS));
	else
		paint_glyph(y, x, ROLE_DIM, paint_utf8() ? L'·' : '.');
}

static void
view_heat_cell(const struct heatmap *h, enum heatmap_what what, unsigned row, unsigned col, int y,
               int x)
{
	int up = 0, down = 0;
	bool known = heatmap_step(h, what, row, col, &up);

	if (view_heat_halves() && row + 1 < h->rows)
		known |= heatmap_step(h, what, row + 1, col, &down);
	if (!known)
		paint_glyph(y, x, ROLE_DIM, '?');
	else if (view_heat_halves())
		view_heat_pair(y, x, up, down);
	else
		view_heat_bar(y, x, up);
}

/* --- the frame -------------------------------------------------------------------------------- */

/* Whether two columns may be of the same second. */
static bool
view_heat_fine(const struct heatmap *h)
{
	for (unsigned c = 1; c < h->cols; c++)
		if (h->column[c].time_ns - h->column[c - 1].time_ns < TIME_SECOND)
			return true;
	return h->slot_ns && h->slot_ns < TIME_SECOND;
}

/* "12:30:05" of a recording, "12:30:05.441" if seconds do not tell; else how long ago. */
static const char *
view_heat_time(const struct sample *s, const struct heatmap *h, uint64_t ns,
               char out[TIMELINE_TEXT])
{
	if (!s->timeline)
		return ago_text(out, ns, s->regions->time_ns);
	return view_heat_fine(h) ? timeline_clock_ms(s->timeline, ns, out)
	                         : timeline_clock(s->timeline, ns, out);
}

static void
view_heat_step_text(const struct heatmap *h, enum heatmap_what what, int step, char out[16])
{
	double least = heatmap_least(h, what, step);
	char size[8];

	if (what == HEATMAP_WRITES)
		snprintf(out, 16, ">%s", size_text(size, (uint64_t)(least * (double)h->page_size)));
	else
		snprintf(out, 16, ">%.0f%%", least * 100);
}

/* The length of a slot in seconds. */
static double
view_heat_column_s(const struct heatmap *h)
{
	if (h->slot_ns)
		return (double)h->slot_ns / 1e9;
	return h->cols < 2 ? 0
	                   : (double)(h->column[h->cols - 1].time_ns - h->column[0].time_ns) / 1e9 /
	                         (h->cols - 1);
}

/* As much of it as there is room for; and what is shown where samples are farther apart. */
static void
view_heat_scale(const struct ui *ui, const struct heatmap *h, int y, int x)
{
	static const char *const longer[] = {", longer samples: on average",
	                                     ", longer samples: at their end",
	                                     ", longer samples: in total"};
	const char *words = h->slot_ns ? longer[view_heat_of(ui)->what] : "";
	char size[8], row[24], column[24];

	snprintf(row, sizeof(row), "row %s", size_text(size, h->each * h->page_size));
	snprintf(column, sizeof(column), ", column %.3gs", view_heat_column_s(h));
	if (x + (int)strlen(row) < ui->cols)
		x = paint_text(y, x, ui->cols, ROLE_DIM, "%s", row);
	else
		return;
	if (x + (int)strlen(column) < ui->cols)
		x = paint_text(y, x, ui->cols, ROLE_DIM, "%s", column);
	else
		return;
	if (x + (int)strlen(words) < ui->cols)
		paint_text(y, x, ui->cols, ROLE_DIM, "%s", words);
}

static void
view_heat_legend(const struct ui *ui, const struct heatmap *h, int y)
{
	static const char *const words[] = {"newly written/s", "in RAM, of the row",
	                                    "change of RAM, of the row"};
	enum heatmap_what what = view_heat_of(ui)->what;
	int x = paint_text(y, 1, ui->cols, ROLE_STRONG, "%s", words[what]) + 2;
	char text[16];

	for (int step = 1; step <= HEATMAP_STEPS; step++) {
		view_heat_step_text(h, what, step, text);
		if (view_heat_halves())
			paint_block(y, x, view_heat_role(step), view_heat_role(step), L'▀');
		else
			view_heat_bar(y, x, step);
		x = paint_text(y, x + 2, ui->cols, ROLE_DIM, "%s", text) + 2;
	}
	if (what == HEATMAP_GROWTH) {
		if (view_heat_halves())
			paint_block(y, x, view_heat_role(-1), view_heat_role(-1), L'▀');
		else
			view_heat_bar(y, x, -1);
		x = paint_text(y, x + 2, ui->cols, ROLE_DIM, "less") + 2;
	}
	view_heat_scale(ui, h, y, x);
}

static void
view_heat_times(const struct ui *ui, const struct sample *s, const struct heatmap *h, int y)
{
	int left = view_heat_left(ui), wide = view_heat_wide(ui, h), x = left;
	char text[TIMELINE_TEXT];

	paint_text(y, 1, left, ROLE_DIM, "%s", s->timeline ? "time" : "ago");
	for (unsigned slot = 0; slot < h->slots; slot++) {
		int at = left + (int)slot * wide;

		view_heat_time(s, h, heatmap_slot_time(h, slot), text);
		if (at < x || at + (int)strlen(text) > ui->cols)
			continue;
		paint_text(y, at, ui->cols, ROLE_DIM, "%s", text);
		x = at + (int)strlen(text) + 3;
	}
}

/* The address of a line; on a wide screen also the mapping, where it begins. */
static void
view_heat_label(const struct ui *ui, const struct sample *s, const struct heatmap *h, unsigned row,
                int y)
{
	const struct vma *v = vma_at(&s->regions->vmas, h->row[row].start);
	unsigned before = row ? row - (unsigned)view_heat_per() : 0;
	struct buf name = {0};

	paint_text(y, 1, HEAT_LEFT, ROLE_DIM, "%012llx", (unsigned long long)h->row[row].start);
	if (ui->cols < HEAT_WIDE || !v ||
	    (row && vma_at(&s->regions->vmas, h->row[before].start) == v))
		return;
	fit_name_cut(&name, v, HEAT_NAME - (h->row[row].more ? 5 : 1));
	if (h->row[row].more)
		buf_fmt(&name, " +%u", h->row[row].more);
	paint_text(y, HEAT_LEFT - 1, HEAT_LEFT + HEAT_NAME - 1, ROLE_TEXT, "%s", name.s);
	buf_free(&name);
}

static unsigned
view_heat_hit(struct ui *ui, const struct sample *s, const struct touch *t)
{
	const struct heatmap *h = s->heat;

	if (!h || !h->rows || h->of.by_region)
		return FX_NONE;
	view_heat_of(ui)->row =
	    (unsigned)u64_min((uint64_t)(t->dy * view_heat_per()), h->rows - 1);
	view_heat_of(ui)->col =
	    heatmap_slot_column(h, (unsigned)(t->dx / view_heat_wide(ui, h)));
	return FX_NONE;
}

static void
view_heat_draw_row(const struct heatmap *h, enum heatmap_what what, unsigned row, int y, int left,
                   int wide)
{
	int x = left;

	for (unsigned c = 0; c < h->cols; c++)
		for (; x < left + (int)(h->column[c].slot + 1) * wide; x++)
			view_heat_cell(h, what, row, c, y, x);
}

static void
view_heat_draw_cells(const struct ui *ui, const struct sample *s, int top)
{
	const struct heatmap *h = s->heat;
	const struct heat_view *k = view_heat_of(ui);
	int left = view_heat_left(ui), wide = view_heat_wide(ui, h), per = view_heat_per();
	int y = top, cy = top + (int)k->row / per;
	int cx = left + (int)heatmap_column_begins(h, k->col) * wide;

	for (unsigned r = 0; r < h->rows; r += (unsigned)per, y++) {
		view_heat_label(ui, s, h, r, y);
		view_heat_draw_row(h, k->what, r, y, left, wide);
	}
	zone_add(&(struct zone){.y = top,
	                        .x = left,
	                        .bottom = y,
	                        .right = left + (int)h->slots * wide,
	                        .hit = view_heat_hit,
	                        .opens = true});
	for (int x = cx; x < left + (int)(h->column[k->col].slot + 1) * wide; x++)
		paint_choose(cy, x);
	paint_cursor(cy, cx);
}

static void
view_heat_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct heatmap *h = s->heat;

	if (!s->regions)
		return;
	if (h && h->of.by_region)
		h = NULL;
	if (s->heat_err.what[0]) {
		fit_draw_cut(top + 1, 2, ui->cols, ROLE_HOT, s->heat_err.why);
		return;
	}
	if (!h || !h->rows) {
		fit_draw_cut(top + 1, 2, ui->cols, ROLE_DIM,
		             h          ? "no page was in RAM or in swap there"
		             : s->ended ? "the process has ended, and its past was not asked for"
		                        : "going through the past");
		return;
	}
	if (!heatmap_same(&h->of, &view_heat_of(ui)->of) &&
	    (int)h->rows > (bottom - top - HEAT_FRAME) * view_heat_per())
		return; /* of a larger screen; another comes */
	view_heat_legend(ui, h, top);
	view_heat_draw_cells(ui, s, top + 1);
	view_heat_times(ui, s, h, bottom - 1);
}

/* --- what is under the cursor ----------------------------------------------------------------- */

/* NULL: there is none. */
static const struct heatmap *
view_heat_map(const struct sample *s)
{
	return s->regions && s->heat && s->heat->rows && !s->heat->of.by_region ? s->heat : NULL;
}

static void
view_heat_say_value(const struct heatmap *h, const struct heat_view *k, struct buf *out)
{
	const struct heatmap_row *r = &h->row[k->row];
	char size[8], all[8];
	double v;
	bool known = heatmap_value(h, k->what, k->row, k->col, &v);

	size_text(size, (uint64_t)((v < 0 ? -v : v) * (double)h->page_size));
	size_text(all, r->pages * h->page_size);
	switch (k->what) {
	case HEATMAP_WRITES:
		if (known)
			buf_fmt(out, "%s/s of %s newly written", size, all);
		else
			buf_str(out, "writes not known");
		break;
	case HEATMAP_RSS: buf_fmt(out, "%s of %s in RAM", size, all); break;
	case HEATMAP_GROWTH:
		if (known && v == 0)
			buf_fmt(out, "no change, of %s", all);
		else if (known)
			buf_fmt(out, "%s%s in RAM, of %s", size, v < 0 ? " less" : " more", all);
		else
			buf_str(out, "nothing before to compare");
		break;
	case HEATMAP_WHATS: break;
	}
}

static void
view_heat_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct heat_view *k = view_heat_of(ui);
	const struct heatmap *h = view_heat_map(s);
	const struct heatmap_column *c;
	const struct vma *v;
	char from[TIMELINE_TEXT], to[TIMELINE_TEXT];

	if (!h || k->row >= h->rows || k->col >= h->cols)
		return;
	c = &h->column[k->col];
	v = vma_at(&s->regions->vmas, h->row[k->row].start);
	buf_fmt(out, "%llx-%llx ", (unsigned long long)h->row[k->row].start,
	        (unsigned long long)h->row[k->row].end);
	if (v)
		fit_name_cut(out, v, 24);
	else
		buf_str(out, "not mapped now");
	if (h->row[k->row].more)
		buf_fmt(out, " and %u more", h->row[k->row].more);
	if (c->since_ns && k->what != HEATMAP_RSS && ui->cols >= 120)
		buf_fmt(out, ", %s to %s: ", view_heat_time(s, h, c->since_ns, from),
		        view_heat_time(s, h, c->time_ns, to));
	else
		buf_fmt(out, ", %s: ", view_heat_time(s, h, c->time_ns, to));
	view_heat_say_value(h, k, out);
}

static void
view_heat_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct heatmap *h = view_heat_map(s);

	buf_fmt(out, "heat of %s", heatmap_name(view_heat_of(ui)->what));
	if (h && (view_heat_of(ui)->of.hi || view_heat_of(ui)->of.last != SIZE_MAX))
		buf_str(out, ", part of it");
}

/* --- actions ---------------------------------------------------------------------------------- */

static void
view_heat_enter(struct ui *ui)
{
	struct heat_view *k = view_heat_of(ui);

	k->of = (struct heatmap_of){.last = SIZE_MAX};
	k->opened = false;
	k->col = 1 << 20; /* the newest */
}

/* Whether writes were recorded, or are watched. */
static bool
view_heat_knows_writes(const struct sample *s)
{
	for (size_t i = 0; s->timeline && i < s->timeline->n; i++)
		if (s->timeline->v[i].written_known)
			return true;
	return !s->timeline && s->clears;
}

static void
view_heat_choose(struct heat_view *k, const struct sample *s)
{
	if (k->opened || !s->regions)
		return;
	k->opened = true;
	if (!k->chosen)
		k->what = view_heat_knows_writes(s) ? HEATMAP_WRITES : HEATMAP_RSS;
}

static void
view_heat_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct heat_view *k = view_heat_of(ui);
	const struct heatmap *h = view_heat_map(s);
	int rows = bottom - top - HEAT_FRAME, cols = ui->cols - view_heat_left(ui) - 1;

	view_heat_choose(k, s);
	k->of.rows = rows > 0 ? (unsigned)(rows * view_heat_per()) : 1;
	k->of.cols = cols > 0 ? (unsigned)cols : 1;
	if (!h)
		return;
	k->row = (unsigned)u64_min(k->row, h->rows - 1);
	k->col = (unsigned)u64_min(k->col, h->cols - 1);
}

static void
view_heat_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	(void)s;
	r->heat_on = view_heat_of(ui)->of.rows > 0;
	r->heat = view_heat_of(ui)->of;
}

/* Half of the rows, those around the cursor. */
static void
view_heat_narrow(struct heat_view *k, const struct heatmap *h)
{
	unsigned n = h->rows / 2 ? h->rows / 2 : 1;
	unsigned first = k->row > n / 2 ? k->row - n / 2 : 0;

	if (h->rows < 2)
		return;
	if (first + n > h->rows)
		first = h->rows - n;
	k->of.lo = h->row[first].start;
	k->of.hi = h->row[first + n - 1].end;
	k->row = (k->row - first) * 2;
}

/* Half of the times, those around the cursor. */
static void
view_heat_sooner(struct heat_view *k, const struct heatmap *h)
{
	size_t n = (h->last - h->first + 1) / 2, at = h->column[k->col].last;
	size_t first = at > h->first + n / 2 ? at - n / 2 : h->first;

	if (n < 2)
		return;
	if (first + n - 1 > h->last)
		first = h->last + 1 - n;
	k->of.first = first;
	k->of.last = first + n - 1;
	k->col = (unsigned)((at - first) * h->of.cols / n);
}

/* Twice as many, around them. */
static void
view_heat_longer(struct heat_view *k, const struct heatmap *h)
{
	size_t n = h->last - h->first + 1, first = h->first > n / 2 ? h->first - n / 2 : 0;

	k->of.first = first;
	k->of.last = first + 2 * n - 1 < h->times - 1 ? first + 2 * n - 1 : SIZE_MAX;
	if (k->of.last == SIZE_MAX && 2 * n >= h->times)
		k->of.first = 0;
}

/* To the pages there; of a recording, as they were at that time. */
static unsigned
view_heat_open(struct ui *ui, const struct sample *s, const struct heatmap *h)
{
	struct heat_view *k = view_heat_of(ui);
	bool there = vma_at(&s->regions->vmas, h->row[k->row].start);

	ui->tick = h->column[k->col].last;
	if (there)
		ui_go(ui, s, h->row[k->row].start);
	return s->timeline ? FX_TRAVEL : there ? FX_NONE : FX_NOT_FOUND;
}

static unsigned
view_heat_move(struct ui *ui, const struct sample *s, const struct heatmap *h, enum action a)
{
	struct heat_view *k = view_heat_of(ui);

	switch ((int)a) {
	case ACT_UP: k->row -= k->row > 0; break;
	case ACT_DOWN: k->row += k->row + 1 < h->rows; break;
	case ACT_LEFT: k->col -= k->col > 0; break;
	case ACT_RIGHT: k->col += k->col + 1 < h->cols; break;
	case ACT_PAGE_UP: k->row -= (unsigned)u64_min(k->row, 10); break;
	case ACT_PAGE_DOWN: k->row = (unsigned)u64_min(k->row + 10, h->rows - 1); break;
	case ACT_FIRST: k->col = 0; break;
	case ACT_LAST: k->col = h->cols - 1; break;
	case ACT_ZOOM_IN: view_heat_narrow(k, h); break;
	case ACT_ZOOM_OUT: k->of.lo = k->of.hi = 0; break;
	case ACT_COLUMN_ON: view_heat_sooner(k, h); break;
	case ACT_COLUMN_BACK: view_heat_longer(k, h); break;
	case ACT_OPEN: return view_heat_open(ui, s, h);
	}
	return FX_NONE;
}

static unsigned
view_heat_act(struct ui *ui, const struct sample *s, enum action a)
{
	struct heat_view *k = view_heat_of(ui);
	const struct heatmap *h = view_heat_map(s);

	k->chosen |= a == ACT_NEXT_CHANGE || a == ACT_LAST_CHANGE;
	if (a == ACT_NEXT_CHANGE)
		k->what = (enum heatmap_what)((k->what + 1) % HEATMAP_WHATS);
	else if (a == ACT_LAST_CHANGE)
		k->what = (enum heatmap_what)((k->what + HEATMAP_WHATS - 1) % HEATMAP_WHATS);
	else if (a == ACT_ZOOM_FIT)
		k->of = (struct heatmap_of){
		    .last = SIZE_MAX, .rows = k->of.rows, .cols = k->of.cols};
	else if (h && k->row < h->rows && k->col < h->cols)
		return view_heat_move(ui, s, h, a);
	return FX_NONE;
}

const struct view view_heat = {
    .size = sizeof(struct heat_view),
    .enter = view_heat_enter,
    .draw = view_heat_draw, .act = view_heat_act, .say = view_heat_say,
    .breadcrumb = view_heat_breadcrumb, .settle = view_heat_settle, .needs = view_heat_needs,
    .report = report_heat,
};
