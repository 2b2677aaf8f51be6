/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "inspector.h"

#include <stdio.h>

#include "card.h"
#include "cells.h"
#include "paint.h"
#include "ruler.h"

enum { PANE_MIN = 36 };

static int
pane_x(const struct ui *ui)
{
	int x = ruler_gutter(ui) + (int)ui->grid.row_cells + 1;

	return ui->cols - x >= PANE_MIN ? x : 0;
}

static void
make_cell_card(struct card *card, const struct ui *ui, enum lens l, const struct cell *c, uint64_t lo)
{
	char size[8], head[48];

	card->n = 0;
	snprintf(head, sizeof(head), "Cell %012llx", (unsigned long long)lo);
	card_head(card, head);
	card_add(card, ROLE_TEXT, "", NULL, "%llu pages, %s", (unsigned long long)cell_pages(c),
	         size_text(size, cell_pages(c) * ui->grid.page_size));
	card_gap(card);
	for (unsigned k = 0; k < lens_classes(l); k++)
		if (c->n[k])
			card_add(card, ROLE_TEXT, lens_class(l, k).name, NULL, "%6llu pages",
			         (unsigned long long)c->n[k]);
	if (c->written)
		card_add(card, ROLE_HOT, "written", NULL, "%6llu pages", (unsigned long long)c->written);
}

void
inspector_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct vma *v = ui_vma(ui, s, NULL);
	int x = pane_x(ui);
	const struct page *pg = NULL;
	const struct cell *c;
	struct card card;
	uint64_t lo, hi;
	size_t i;

	if (!x)
		return;
	for (int y = top; y < bottom; y++)
		paint_glyph(y, x, ROLE_DIM, L'│');
	if (!v || !grid_cell_at(&ui->grid, ui->cursor, &i) || !(c = cells_find(ui, s, i, &pg)) ||
	    !grid_cell_range(&ui->grid, i, &lo, &hi))
		return;
	card.width = ui->cols - x - 3;
	if (pg)
		card_make(&card, s, v, lo, pg, c->newest_ns, ui->now, NULL);
	else
		make_cell_card(&card, ui, s->window->lens, c, lo);
	card_draw(&card, 0, top, bottom, x + 2, ui->cols);
}
