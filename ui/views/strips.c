/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/strips.h"

#include <string.h>

#include "base/util.h"
#include "term/paint.h"

enum role
strips_heat_role(const struct ui *ui, enum heat h)
{
	return ui_by_count(ui) && h ? (enum role)(ROLE_HEAT_NOW + (int)h - HEAT_NOW)
	                            : paint_heat_role(h);
}

struct strip_cell
strips_at(const struct ui *ui, const struct strip_cell *strip, unsigned i, unsigned width)
{
	unsigned from = i * LIST_STRIP / width, to = (i + 1) * LIST_STRIP / width;
	struct strip_cell got = strip[from];
	unsigned sum = 0, n = 0;

	got.heat = 0;
	for (unsigned k = from; k < to || k == from; k++) {
		uint8_t heat;

		sum += strip[k].height;
		n++;
		if (strip[k].lit > got.lit || (strip[k].lit == got.lit &&
		                               strip[k].height > got.height)) {
			got.height = strip[k].height;
			got.cls = strip[k].cls;
			got.lit = strip[k].lit;
		}
		heat = ui_by_count(ui) ? strip[k].often : strip[k].heat;
		if (heat && (!got.heat || heat < got.heat))
			got.heat = heat;
	}
	got.height = (uint8_t)steps(sum, 8 * n, STRIP_HIGH);
	return got;
}

void
strips_draw(const struct ui *ui, const struct strip_cell *c, enum lens l, int y, int x)
{
	bool warm = c->heat && !lens_needs_pages(l);

	if (!c->height)
		paint_glyph(y, x, ROLE_NONE, L'·');
	else
		paint_block(y, x,
		            warm ? strips_heat_role(ui, (enum heat)c->heat)
		                 : paint_class_role(l, c->cls),
		            ROLE_TEXT, paint_eighth(c->height));
}

/* The cells of all strips, by class. */
static void
strips_count(const struct sample *s, enum lens l, size_t n[CLASS_MAX])
{
	const struct totals *t = &s->regions->totals;

	memset(n, 0, CLASS_MAX * sizeof(*n));
	if (t->lens == l)
		memcpy(n, t->cells, sizeof(t->cells));
}

static int
strips_width(enum lens l, const size_t n[CLASS_MAX])
{
	int width = 0;

	for (unsigned c = 0; c < lens_classes(l); c++)
		width += n[c] ? (int)strlen(lens_class(l, c).name) + 3 : 0;
	return width;
}

int
strips_legend_width(const struct sample *s, enum lens l)
{
	size_t n[CLASS_MAX];

	strips_count(s, l, n);
	return strips_width(l, n);
}

static void
strips_drop_rarest(size_t n[CLASS_MAX])
{
	size_t *least = NULL;

	for (unsigned c = 0; c < CLASS_MAX; c++)
		if (n[c] && (!least || n[c] < *least))
			least = &n[c];
	if (least)
		*least = 0;
}

int
strips_legend(const struct sample *s, enum lens l, int y, int x, int right)
{
	size_t n[CLASS_MAX];
	int width;

	strips_count(s, l, n);
	while ((width = strips_width(l, n)) &&
	       x + width > right + 1) /* the blank at the end may be cut */
		strips_drop_rarest(n);
	for (unsigned c = 0; c < lens_classes(l); c++) {
		if (!n[c])
			continue;
		paint_glyph(y, x, paint_class_role(l, c), (wchar_t)lens_class(l, c).letter);
		x = paint_text(y, x + 1, right, ROLE_DIM, " %s ", lens_class(l, c).name);
	}
	return x;
}
