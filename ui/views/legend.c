/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/legend.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "model/pages.h"
#include "page/state.h"
#include "term/fit.h"
#include "term/paint.h"
#include "term/zones.h"
#include "views/cells.h"
#include "views/lacks.h"
#include "views/strips.h"
#include "views/view.h"

/* The steps of heat in the legend: words and samples, in their order. */
struct heats {
	struct {
		enum role role;
		char text[16];
	} part[HEAT_COUNT + 1];
	size_t n;
};

static void __attribute__((format(printf, 3, 4)))
legend_add_part(struct heats *h, enum role role, const char *fmt, ...)
{
	va_list ap;

	h->part[h->n].role = role;
	va_start(ap, fmt);
	vsnprintf(h->part[h->n++].text, sizeof(h->part[0].text), fmt, ap);
	va_end(ap);
}

/* One sample for all steps if they look the same or there is no room. */
static void
legend_one_heat(struct heats *h, const struct ui *ui, const char *word)
{
	char sign = cells_few_colors() ? (char)cells_heat_glyph(ui, HEAT_NOW) : ' ';

	h->n = 0;
	legend_add_part(h, strips_heat_role(ui, HEAT_NOW), " %c ", sign);
	legend_add_part(h, ROLE_TEXT, " %s ", word);
}

/* word "": the line has it already. */
static void
legend_all_heats(struct heats *h, const struct ui *ui, const char *word)
{
	static const char *const ages[HEAT_COUNT] = {NULL, "now", "2s", "5s", "12s", "30s"};
	static const char *const counts[HEAT_COUNT] = {NULL, "16+", "8", "4", "2", "1"};
	bool count = ui_by_count(ui);

	h->n = 0;
	if (word[0])
		legend_add_part(h, ROLE_TEXT, count ? "%s in " : "%s ", word);
	for (enum heat step = HEAT_NOW; step < HEAT_COUNT; step++) {
		const char *text = count ? counts[step] : ages[step];
		char glyph = (char)cells_heat_glyph(ui, step);

		if (cells_few_colors() && !count)
			legend_add_part(h, strips_heat_role(ui, step), "%c%s ", glyph, text);
		else if (cells_few_colors() && step == HEAT_NOW)
			legend_add_part(h, strips_heat_role(ui, step), "%c %s ", glyph, text);
		else
			legend_add_part(h, strips_heat_role(ui, step), " %s ", text);
	}
	legend_add_part(h, ROLE_TEXT, count ? " epochs " : " ");
}

static int
legend_do_heats_width(const struct heats *h)
{
	int width = 0;

	for (size_t i = 0; i < h->n; i++)
		width += (int)strlen(h->part[i].text);
	return width;
}

static void
legend_make_heats(struct heats *h, const struct ui *ui, const struct sample *s, int room)
{
	const char *word = tracker_words(s->tracker)->verb;

	legend_all_heats(h, ui, word);
	if (ui_view(ui) == VIEW_REGIONS && legend_do_heats_width(h) > room)
		legend_all_heats(h, ui, ""); /* its line begins with "writes" */
	if ((!ui_by_count(ui) && paint_heat(HEAT_NOW) == paint_heat(HEAT_30S)) ||
	    legend_do_heats_width(h) > room)
		legend_one_heat(h, ui, word);
	if (legend_do_heats_width(h) > room)
		h->n = 0;
}

int
legend_heats_width(const struct ui *ui, const struct sample *s, int room)
{
	struct heats h;

	if (!s->clears || lens_needs_pages(ui->lens))
		return 0;
	legend_make_heats(&h, ui, s, room);
	return legend_do_heats_width(&h);
}

int
legend_heats(const struct ui *ui, const struct sample *s, int y, int x, int right)
{
	struct heats h;

	if (!s->clears || lens_needs_pages(ui->lens))
		return x;
	legend_make_heats(&h, ui, s, right - x);
	for (size_t i = 0; i < h.n; i++)
		x = paint_text(y, x, right, h.part[i].role, "%s", h.part[i].text);
	return x;
}

/*
 * A click on a class filters by it, as if typed; a second click shows all pages again. Only states
 * have filter words.
 */
static unsigned
legend_hit_state(struct ui *ui, const struct sample *s, const struct touch *t)
{
	struct pages *pages = ui->pages;
	char text[sizeof(pages->filter)];

	(void)s;
	if (t->drag)
		return FX_NONE;
	snprintf(text, sizeof(text), "state=%s", state_row((enum state)t->value)->name);
	if (strcmp(pages->filter, text))
		memcpy(pages->filter, text, sizeof(text));
	else
		pages->filter[0] = '\0';
	return FX_NONE;
}

/* How much of what is on screen the filter matches. */
static int
legend_draw_filter(const struct ui *ui, const struct window *w, int y, int x)
{
	struct cell sum = {0};
	struct buf text = {0};

	mosaic_sum(&w->cells, &sum);
	text_escape(&text, ui->pages->filter, strlen(ui->pages->filter), !paint_utf8());
	x = paint_text(y, x, ui->cols, ROLE_HOT, "%s: %s%llu of %llu match", text.s,
	               window_has_estimates(w) ? "about " : "",
	               (unsigned long long)sum.match, (unsigned long long)cell_pages(&sum));
	if (w->unknown)
		x = paint_text(y, x, ui->cols, ROLE_HOT, ", %llu not known",
		               (unsigned long long)w->unknown);
	buf_free(&text);
	return x + 2;
}

const char legend_averages[] = "of large folios an average";

/* Whether zoomed cells show digits among the letters. */
static bool
legend_has_tenths(const struct ui *ui, const struct window *w)
{
	struct cell cell;
	char c;

	if (!w || w->lens != LENS_STATE || !cells_in_letters(ui) || !ui->pages->grid.zoom)
		return false;
	for (size_t i = 0; i < w->cells.n; i++) {
		cell = window_cell(w, i);
		c = cell_letter(&cell, w->lens);
		if (c >= '1' && c <= '9')
			return true;
	}
	return false;
}

void
legend_draw(const struct ui *ui, const struct sample *s, int y)
{
	struct cell sum = {0};
	const struct window *w = s->window;
	enum lens l = w ? w->lens : ui->lens;
	int x = paint_text(y, 0, ui->cols, ROLE_STRONG, "%c %s ", lens_row(l)->digit,
	                   lens_row(l)->name);
	struct buf lacks = {0}, warns = {0};

	if (w)
		mosaic_sum(&w->cells, &sum);
	if (w && w->filtered && ui->pages->filter[0])
		x = legend_draw_filter(ui, w, y, x);
	if (w && w->averages)
		x = paint_text(y, x, ui->cols, ROLE_HOT, "%s ", legend_averages);
	if (l == ui->lens && lens_lacks(ui, s, &lacks))
		x = paint_text(y, fit_draw_cut(y, x, ui->cols, ROLE_HOT, lacks.s), ui->cols,
		               ROLE_HOT, " ");
	if (l == ui->lens && lens_warns(ui, s, &warns))
		x = paint_text(y, x, ui->cols, ROLE_HOT, "%s ", warns.s);
	buf_free(&lacks);
	buf_free(&warns);
	if (legend_has_tenths(ui, w))
		x = paint_text(y, x, ui->cols, ROLE_TEXT, "1-9 tenths in RAM ");
	if (!lens_needs_pages(l))
		x = legend_heats(ui, s, y, x, ui->cols);
	for (unsigned c = 0; c < lens_classes(l) && x + 6 < ui->cols; c++) {
		int from = x;

		if (!sum.n[c])
			continue;
		paint_glyph(y, x, paint_class_role(l, c), cells_glyph(lens_class(l, c).letter));
		x = paint_text(y, x + 1, ui->cols, ROLE_TEXT, " ");
		x = fit_draw_cut(y, x, ui->cols, ROLE_TEXT, lens_class(l, c).name);
		x = paint_text(y, x, ui->cols, ROLE_TEXT, " ");
		if (l == LENS_STATE)
			zone_add(&(struct zone){.y = y,
			                        .x = from,
			                        .bottom = y + 1,
			                        .right = x - 1,
			                        .value = c,
			                        .hit = legend_hit_state});
	}
}
