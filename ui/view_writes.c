/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The target's writes: how fast, how many pages, which are the hottest, and what follows from it. */
#include <stdlib.h>

#include "paint.h"
#include "view.h"
#include "writes_card.h"

static struct card *
make(const struct ui *ui, const struct sample *s, int rows)
{
	struct card *c = card_new();

	c->width = ui->cols - 3;
	writes_card(c, ui, s, rows);
	return c;
}

/* The line of the hot page under the cursor; -1: there is none. */
static int
selected(const struct ui *ui, const struct card *c)
{
	int first = -1;

	for (int i = 0; i < c->n; i++) {
		if (c->line[i].at && first < 0)
			first = i;
		if (c->line[i].at && c->line[i].at == ui->hot)
			return i;
	}
	return first;
}

static void
draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct card *c;
	bool chosen;
	int y;

	if (!s->regions)
		return;
	c = make(ui, s, bottom - top);
	y = top + selected(ui, c) - ui->card_top;
	chosen = selected(ui, c) >= 0 && y >= top && y < bottom;
	if (chosen)
		paint_fill(y, 0, ui->cols, ROLE_TEXT);
	card_draw(c, ui->card_top, top, bottom, 2, ui->cols);
	if (chosen) {
		paint_text(y, 1, 2, ROLE_ACCENT, "›");
		paint_shade(y, 1, ui->cols, ROLE_SELECT);
		paint_cursor(y, 1);
	}
	free(c);
}

static void
settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	int rows = bottom - top, at;
	struct card *c;

	if (!s->regions)
		return;
	c = make(ui, s, rows);
	at = selected(ui, c);
	if (at >= 0) {
		ui->hot = c->line[at].at;
		if (at < ui->card_top)
			ui->card_top = at;
		if (at >= ui->card_top + rows)
			ui->card_top = at - rows + 1;
	}
	if (ui->card_top > c->n - rows)
		ui->card_top = c->n - rows;
	if (ui->card_top < 0)
		ui->card_top = 0;
	free(c);
}

static void
say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct writes *w = &s->writes;
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, ui->hot) : NULL;
	char size[8];

	for (unsigned i = 0; i < w->hot_n && w->pulse && v; i++) {
		const struct hot *h = &w->hot[i];

		if (h->start != ui->hot)
			continue;
		buf_fmt(out, "%llx ", (unsigned long long)h->start);
		ui_name_cut(out, v, 24);
		buf_fmt(out, ": %s written in %u of %u generations, %d of the last 32; Enter goes there",
		        size_text(size, h->end - h->start), h->count, w->gens, __builtin_popcount(h->recent));
	}
	if (!out->len && w->marked && !w->pulse)
		buf_str(out, "without C each page counts once: the rate falls though the process writes on");
}

static void
crumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)ui;
	(void)s;
	buf_str(out, "writes");
}

/* To the next hot page on the card, or, where there is none, by a line. */
static void
move(struct ui *ui, const struct sample *s, int step)
{
	struct card *c = make(ui, s, ui->rows - 3);
	int at = selected(ui, c);

	if (at < 0)
		ui->card_top += step;
	else if (at + step >= 0 && at + step < c->n && c->line[at + step].at)
		ui->hot = c->line[at + step].at;
	else
		ui->card_top += step; /* what lies beyond is to be seen as well */
	free(c);
}

static unsigned
act(struct ui *ui, const struct sample *s, enum action a)
{
	const struct writes *w = &s->writes;

	if (!s->regions)
		return FX_NONE;
	switch ((int)a) {
	case ACT_UP: move(ui, s, -1); break;
	case ACT_DOWN: move(ui, s, 1); break;
	case ACT_OPEN:
		if (w->pulse && w->hot_n)
			ui_go(ui, s, ui->hot);
		break;
	default:
		card_act(&ui->card_top, ui->rows - 3, a);
	}
	return FX_NONE;
}

const struct view view_writes = {
    .name = "writes", .letter = 'W', .draw = draw, .act = act, .say = say, .crumb = crumb,
    .settle = settle,
};
