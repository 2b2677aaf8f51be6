/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The target's writes: their rate, the number of pages, the hottest pages, and what a migration
 * would take.
 */
#include "term/fit.h"

#include "term/keys.h"
#include "term/paint.h"
#include "views/scroll.h"
#include "views/view.h"
#include "views/writes_card.h"

struct writes_view {
	struct scroll_view scroll;
	uint64_t hot; /* address of the hot page or region under the cursor */
};

static struct writes_view *
view_writes_of(const struct ui *ui)
{
	return ui->own[VIEW_WRITES];
}

/* A screen this wide has room for two cards with a gap between them. */
enum { TWO_FROM = 150, GAP = 3 };

/* How much is written, and where; on a narrow screen in one card: `sums` is empty. */
struct cards {
	struct card sums, places;
	int x; /* column of `places` */
};

/* Valid until the next call; large for a stack, and only one thread draws. */
static const struct cards *
view_writes_make(const struct ui *ui, const struct sample *s, int rows)
{
	static struct cards cards;
	struct cards *c = &cards;
	bool two = ui->cols >= TWO_FROM;

	c->x = two ? ui->cols / 2 + GAP : 2;
	c->sums.n = 0;
	c->sums.width = c->x - 2 - GAP;
	c->places.width = ui->cols - c->x - 1;
	if (two)
		writes_card(&c->sums, ui, s, WRITES_SUMS, rows);
	writes_card(&c->places, ui, s, two ? WRITES_PLACES : WRITES_ALL, rows);
	return c;
}

static struct scroll
view_writes_page_of(const struct cards *c, int rows)
{
	return (struct scroll){c->places.n > c->sums.n ? c->places.n : c->sums.n, rows, 1};
}

/* The line of the hot page or region under the cursor; -1: there is none. */
static int
view_writes_selected(const struct ui *ui, const struct card *c)
{
	int first = -1;

	for (int i = 0; i < c->n; i++) {
		if (c->line[i].at && first < 0)
			first = i;
		if (c->line[i].at && c->line[i].at == view_writes_of(ui)->hot)
			return i;
	}
	return first;
}

static void
view_writes_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct scroll_view *scroll = scroll_of(ui);
	const struct cards *c;
	int y, at, shown;

	if (!s->regions)
		return;
	c = view_writes_make(ui, s, bottom - top);
	at = view_writes_selected(ui, &c->places);
	shown = scroll_rows(view_writes_page_of(c, bottom - top));
	card_draw(&c->sums, scroll->top, top, top + shown, 2, c->x - GAP);
	card_draw(&c->places, scroll->top, top, top + shown, c->x, ui->cols);
	scroll_draw(ui, top, scroll->top, view_writes_page_of(c, bottom - top));
	y = top + at - scroll->top;
	if (at < 0 || y < top || y >= top + shown)
		return;
	paint_text(y, c->x - 1, c->x, ROLE_ACCENT, "›");
	paint_shade(y, c->x - 1, ui->cols, ROLE_SELECT);
	paint_cursor(y, c->x - 1);
}

static void
view_writes_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct scroll_view *scroll = scroll_of(ui);
	int rows = bottom - top, at;
	const struct cards *c;

	if (!s->regions)
		return;
	c = view_writes_make(ui, s, rows);
	at = view_writes_selected(ui, &c->places);
	if (at >= 0) {
		int shown = scroll_rows(view_writes_page_of(c, rows));

		view_writes_of(ui)->hot = c->places.line[at].at;
		if (at < scroll->top)
			scroll->top = at;
		if (at >= scroll->top + shown)
			scroll->top = at - shown + 1;
	}
	scroll->top = scroll_top(scroll->top, view_writes_page_of(c, rows));
}

static void
view_writes_say_hot(const struct ui *ui, const struct sample *s, const struct hot *h,
                    struct buf *out)
{
	char size[8];

	buf_fmt(out, "%llx ", (unsigned long long)h->start);
	fit_name_cut(out, vma_at(&s->regions->vmas, view_writes_of(ui)->hot), 24);
	buf_fmt(out, ": %s written in %u of %u epoch%s, %d of the last 32; Enter goes there",
	        size_text(size, h->end - h->start), h->count, s->writes.epochs,
	        plural(s->writes.epochs), __builtin_popcount(h->recent));
}

static void
view_writes_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct writes *w = &s->writes;
	uint64_t at = view_writes_of(ui)->hot;
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, at) : NULL;

	for (unsigned i = 0; i < w->hot_n && w->auto_clear && v; i++)
		if (w->hot[i].start == view_writes_of(ui)->hot)
			view_writes_say_hot(ui, s, &w->hot[i], out);
	if (!out->len && v && view_writes_of(ui)->hot & 1) {
		buf_fmt(out, "%llx ", (unsigned long long)v->start);
		fit_name_cut(out, v, 48);
		buf_str(out, ": Enter shows its pages");
	}
	if (!out->len && w->cleared && !w->auto_clear)
		buf_fmt(out,
		        "without %s each page counts once: the rate falls while the process keeps "
		        "writing", key_of(ACT_AUTO_CLEAR, 'W'));
}

static void
view_writes_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)ui;
	(void)s;
	buf_str(out, "writes");
}

/* Moves to the next hot page or region on the card, or, without any, by a line. */
static void
view_writes_move(struct ui *ui, const struct sample *s, int step)
{
	const struct cards *c;
	int at;

	c = view_writes_make(ui, s, ui->rows - 3);
	at = view_writes_selected(ui, &c->places);
	for (int i = at + step; at >= 0 && i >= 0 && i < c->places.n; i += step)
		if (c->places.line[i].at) {
			view_writes_of(ui)->hot = c->places.line[i].at;
			return;
		}
	scroll_of(ui)->top += step; /* the lines beyond it must be reachable, too */
}

static bool
view_writes_has_place(const struct ui *ui, const struct sample *s)
{
	const struct cards *c;

	if (!s->regions)
		return false;
	c = view_writes_make(ui, s, ui->rows - 3);
	return view_writes_selected(ui, &c->places) >= 0;
}

/* Without writes, there is nothing to go to. */
static const char *
view_writes_hint(const struct ui *ui, const struct sample *s, enum action a)
{
	return a == ACT_OPEN && !view_writes_has_place(ui, s) ? "" : NULL;
}

static unsigned
view_writes_act(struct ui *ui, const struct sample *s, enum action a)
{
	if (!s->regions)
		return FX_NONE;
	switch ((int)a) {
	case ACT_UP: view_writes_move(ui, s, -1); break;
	case ACT_DOWN: view_writes_move(ui, s, 1); break;
	case ACT_OPEN:
		if (view_writes_has_place(ui, s))
			ui_go(ui, s, view_writes_of(ui)->hot);
		break;
	default:
		card_act(&scroll_of(ui)->top, ui->rows - 4, a);
	}
	return FX_NONE;
}

const struct view view_writes = {
    .size = sizeof(struct writes_view),
    .enter = scroll_enter,
    .draw = view_writes_draw, .act = view_writes_act, .say = view_writes_say,
    .hint = view_writes_hint, .breadcrumb = view_writes_breadcrumb, .settle = view_writes_settle,
    .report = report_writes,
};
