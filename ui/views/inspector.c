/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/inspector.h"

#include <stdio.h>
#include <stdlib.h>

#include "model/pages.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/page_card.h"
#include "views/cells.h"
#include "views/ruler.h"
#include "views/writes_card.h"

enum { PANE_MIN = 36, OVER_WIDTH = 38 };

/* The columns of the pane; `edge` is the line between it and the cells. */
struct inspector_pane {
	int x, right, edge;
};

/* The column after the cells. */
static int
inspector_cells_end(const struct ui *ui)
{
	return ruler_gutter(ui) + (int)ui->pages->grid.row_cells;
}

static bool
inspector_has_room(const struct ui *ui)
{
	return ui->cols - inspector_cells_end(ui) - 1 >= PANE_MIN;
}

/* Whether the pane shows the numbers of writes, as in the writes lens. */
static bool
inspector_has_numbers(const struct ui *ui)
{
	return inspector_has_room(ui) && ui->lens == LENS_WRITES;
}

bool
inspector_shown(const struct ui *ui)
{
	const struct pages *pages = ui->pages;

	if (inspector_has_numbers(ui))
		return pages->pane_page;
	return inspector_has_room(ui) ? !pages->pane_away : pages->pane_over;
}

void
inspector_toggle(struct ui *ui)
{
	struct pages *pages = ui->pages;
	bool *which = inspector_has_numbers(ui) ? &pages->pane_page
	              : inspector_has_room(ui)  ? &pages->pane_away
	                                        : &pages->pane_over;

	*which = !*which;
}

/* Where it covers cells, it leaves the one under the cursor and the two before it visible. */
static struct inspector_pane
inspector_find_pane(const struct ui *ui)
{
	int width = ui->cols * 3 / 5 < OVER_WIDTH ? ui->cols * 3 / 5 : OVER_WIDTH,
	    x = ruler_gutter(ui);
	size_t i = 0;

	if (inspector_has_room(ui))
		return (struct inspector_pane){inspector_cells_end(ui) + 3, ui->cols,
		                               inspector_cells_end(ui) + 1};
	if (grid_cell_at(&ui->pages->grid, ui->cursor, &i))
		x += (int)(i % ui->pages->grid.row_cells);
	if (x < ui->cols - width - 1)
		return (struct inspector_pane){ui->cols - width + 2, ui->cols, ui->cols - width};
	return (struct inspector_pane){1, width - 2, width - 1};
}

static void
inspector_make_counts_card(struct card *card, const struct ui *ui, const char *head, enum lens l,
                           const struct cell *c, bool sampled)
{
	const char *about = sampled ? "about " : "";

	char size[8];

	card->n = 0;
	card_head(card, head);
	card_add(card, ROLE_TEXT, "", NULL, "%llu page%s, %s", (unsigned long long)cell_pages(c),
	         plural(cell_pages(c)), size_text(size, cell_pages(c) * ui->pages->grid.page_size));
	if (sampled)
		card_add(card, ROLE_HOT, "", NULL, "by samples, not counted yet");
	card_gap(card);
	for (unsigned k = 0; k < lens_classes(l); k++)
		if (c->n[k])
			card_add(card, ROLE_TEXT, lens_class(l, k).name, NULL, "%s%6llu page%s",
			         about, (unsigned long long)c->n[k], plural(c->n[k]));
	if (c->written)
		card_add(card, ROLE_HOT, "written", NULL, "%6llu page%s",
		         (unsigned long long)c->written, plural(c->written));
}

void
inspector_say_uncounted(const struct ui *ui, struct buf *out)
{
	if (ui->sum_read == ONCE_CANCELLED)
		buf_fmt(out, "not counted; %s counts", key_of(ACT_REFRESH, ui_letter(ui)));
	else
		buf_str(out, "counting");
}

/* A range: its pages by class, or why they are not known. */
static void
inspector_make_range_card(struct card *card, const struct ui *ui, const struct sample *s,
                          uint64_t lo, uint64_t hi)
{
	const struct range_sum *r = &s->range;
	struct buf text = {0};
	char head[48], size[8];

	snprintf(head, sizeof(head), "Range %llx..%llx", (unsigned long long)lo,
	         (unsigned long long)hi);
	if (r->lo == lo && r->hi == hi && !s->range_err.what[0]) {
		inspector_make_counts_card(card, ui, head, r->lens, &r->cell, false);
		return;
	}
	card_head(card, head);
	card_add(card, ROLE_TEXT, "", NULL, "%llu page%s, %s",
	         (unsigned long long)((hi - lo) / s->page_size), plural((hi - lo) / s->page_size),
	         size_text(size, hi - lo));
	card_gap(card);
	if (r->lo == lo && r->hi == hi)
		buf_fmt(&text, "%s: %s", s->range_err.what, s->range_err.why);
	else
		inspector_say_uncounted(ui, &text);
	card_add_text(card, ROLE_DIM, text.s);
	buf_free(&text);
}

/* The sampler's answer about this very page, if it has arrived. */
static const struct answer *
inspector_find_more(const struct sample *s, uint64_t addr)
{
	return s->card && s->card_kind == CARD_PAGE && s->card->has_page && s->card->place == addr
	           ? s->card
	           : NULL;
}

/* The card of the range, or of the cell under the cursor. false: not read yet, or there is none. */
static bool
inspector_make_card(struct card *card, const struct ui *ui, const struct sample *s)
{
	const struct vma *v = ui_vma(ui, s, NULL);
	struct found_cell f;
	struct page pg;
	char head[48];
	uint64_t lo, hi;
	size_t i;

	if (!v)
		return false;
	if (ui_range(ui, &lo, &hi)) {
		inspector_make_range_card(card, ui, s, lo, hi);
		return true;
	}
	if (!grid_cell_at(&ui->pages->grid, ui->cursor, &i) || !cells_find(ui, s, i, &f) ||
	    !grid_cell_range(&ui->pages->grid, i, &lo, &hi))
		return false;
	if (window_page(s->window, f.i, &pg)) {
		card->symbol = s->card_whole ? ONCE_DONE : ui->card_read;
		page_card(card, s, v, lo, &pg, f.c.newest_ns, ui->now, inspector_find_more(s, lo));
	} else {
		snprintf(head, sizeof(head), "Cell %012llx", (unsigned long long)lo);
		inspector_make_counts_card(card, ui, head, s->window->lens, &f.c,
		                           window_is_sampled(s->window, f.i));
	}
	return true;
}

void
inspector_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct inspector_pane p = inspector_find_pane(ui);
	struct card *card;
	uint64_t lo, hi;

	if (!inspector_shown(ui) && !inspector_has_numbers(ui))
		return;
	zone_cover(top, p.x < p.edge ? 0 : p.edge, bottom, p.x < p.edge ? p.edge + 1 : p.right);
	for (int y = top; y < bottom; y++) {
		paint_fill(y, p.x < p.edge ? 0 : p.edge, p.x < p.edge ? p.edge : p.right,
		           ROLE_TEXT);
		paint_glyph(y, p.edge, ROLE_DIM, L'│');
	}
	card = card_new();
	card->width = p.right - p.x - 1;
	card->rows = bottom - top;
	if (!inspector_shown(ui) && !ui_range(ui, &lo, &hi))
		writes_card(card, ui, s, WRITES_ALL, bottom - top);
	else if (!inspector_make_card(card, ui, s))
		card->n = 0;
	card_squeeze(card, bottom - top);
	card_draw(card, 0, top, bottom, p.x, p.right);
	free(card);
}
