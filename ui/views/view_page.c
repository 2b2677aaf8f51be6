/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One page: every bit in words, its frame, its flags. */
#include <stdio.h>

#include "query/answer_page.h"
#include "term/keys.h"
#include "term/paint.h"
#include "views/page_card.h"
#include "views/breadcrumb.h"
#include "views/scroll.h"
#include "views/view.h"

struct page_view {
	struct scroll_view scroll;
	bool all; /* shows the bits that are not set in words as well */
};

static struct page_view *
view_page_of(const struct ui *ui)
{
	return ui->own[VIEW_PAGE];
}

static bool
view_page_make(const struct ui *ui, const struct sample *s, struct card *c)
{
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, ui->cursor) : NULL;

	if (!v || !s->card || s->card_kind != CARD_PAGE || !s->card->has_page ||
	    s->card->place != ui->cursor)
		return false;
	c->width = ui->cols - 2;
	c->rows = ui->rows - 3;
	c->all = view_page_of(ui)->all;
	c->symbol = s->card_whole ? ONCE_DONE : ui->card_read;
	page_card(c, s, v, ui->cursor, &s->card->page, s->card->written_ns, ui->now, s->card);
	return true;
}

static void
view_page_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	card_view_draw(view_page_make, ui, s, top, bottom, "reading the page");
}

static void
view_page_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	view_grid.settle(ui, s, top, bottom); /* the grid is below it and follows the cursor */
	card_view_settle(view_page_make, ui, s, bottom - top);
}

/* The card's sentence, but by the time of the card's lines, which runs on. */
static void
view_page_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct answer *is = s->card;
	const struct vma *v = s->regions ? vma_at(&s->regions->vmas, ui->cursor) : NULL;

	if (!is || is->place != ui->cursor)
		return;
	if (v && is->has_page) {
		answer_place(out, &s->regions->vmas, v, ui->cursor);
		buf_str(out, ": ");
		page_sentence(out, &is->page, tracker_words(s->tracker)->verb, s->clears,
		              is->written_ns, ui->now);
	} else if (is->line) {
		buf_str(out, is->line);
	}
}

static void
view_page_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	char page[48];

	snprintf(page, sizeof(page), CRUMB_SIGN "page %llx", (unsigned long long)ui->cursor);
	breadcrumb_region(out, ui, s, page);
}

static unsigned
view_page_act(struct ui *ui, const struct sample *s, enum action a)
{
	if (a == ACT_HEX) {
		ui_hex(ui, ui_exact(ui));
	} else if (a == ACT_OPEN) {
		view_page_of(ui)->all = !view_page_of(ui)->all;
	} else if (a == ACT_INFO) {
		ui_push(ui, VIEW_REGION);
	} else if (!card_act(&scroll_of(ui)->top, ui->rows - 4, a) &&
	           (a == ACT_NEXT_REGION || a == ACT_LAST_REGION)) {
		view_grid.act(ui, s, a);
	}
	return FX_NONE;
}

/* If all bits fit, there is nothing to unfold. */
static const char *
view_page_hint(const struct ui *ui, const struct sample *s, enum action a)
{
	static struct card c; /* large for a stack; only one thread draws */

	if (a != ACT_OPEN || (view_page_make(ui, s, &c) && c.folded))
		return NULL;
	return view_page_of(ui)->all ? "fewer bits" : "";
}

static void
view_page_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	view_grid.needs(ui, s, r); /* which is below it */
	r->card_on = CARD_PAGE;
	r->card = ui->cursor;
}

const struct view view_page = {
    .size = sizeof(struct page_view),
    .enter = scroll_enter,
    .draw = view_page_draw, .act = view_page_act, .say = view_page_say,
    .hint = view_page_hint, .breadcrumb = view_page_breadcrumb, .settle = view_page_settle,
    .report = report_card,
    .needs = view_page_needs,
};
