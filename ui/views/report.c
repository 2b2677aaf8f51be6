/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/report.h"

#include <string.h>

#include "model/by.h"
#include "model/dump.h"
#include "model/list_rows.h"
#include "model/pages.h"
#include "table/heat_rows.h"
#include "table/out.h"
#include "views/cells.h"
#include "views/hex.h"

static struct value
report_number(uint64_t n)
{
	return (struct value){.kind = VALUE_NUMBER, .n = n};
}

static struct value
report_rate(bool known, uint64_t rate)
{
	return (struct value){.kind = known ? VALUE_RATE : VALUE_UNKNOWN, .n = rate};
}

static struct value
report_address(uint64_t n)
{
	return (struct value){.kind = VALUE_HEX, .n = n};
}

static struct value
report_text(const char *s)
{
	return (struct value){.kind = VALUE_TEXT, .s = s};
}

static struct out *
report_begin(FILE *to, enum format format, const char *name, const enum column_id *ids,
             const char *const *titles, size_t n)
{
	struct out_shape shape = {.format = format, .bytes = true, .name = name, .to = to};

	return out_begin(&shape, ids, titles, n);
}

/* --- regions ---------------------------------------------------------------------------------- */

/* Each region in the order of the list, without headings of groups and without the strip. */
int
report_regions(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
               struct err *err)
{
	const struct list *list = ui->list;
	struct list_columns chosen = list->columns;
	enum column_id ids[LIST_COLUMNS];
	struct out *o;
	size_t n = 0;

	list_columns_spell(&chosen);
	for (size_t i = 0; i < chosen.n; i++)
		if (!list_is_picture(chosen.id[i]) &&
		    (s->diff || !(column_row(chosen.id[i])->needs & NEED_DIFF)))
			ids[n++] = (enum column_id)chosen.id[i];
	o = report_begin(to, format, "regions", ids, NULL, n);
	for (size_t i = 0; i < s->regions->vmas.n; i++) {
		size_t at = i;
		struct region_row row;
		struct value values[LIST_COLUMNS];

		if (!list->grouping && i < list->order_n) {
			const struct vma *v = vma_at(&s->regions->vmas, list->order[i]);

			if (v)
				at = (size_t)(v - s->regions->vmas.v);
		}
		row = rows_facts(s, at);
		for (size_t c = 0; c < n; c++)
			values[c] = region_value(ids[c], &row);
		out_row(o, values);
	}
	return out_end(o, err);
}

/* --- the grid --------------------------------------------------------------------------------- */

/* Cell i of the screen, if it is in the range or there is no range. */
static bool
report_next_cell(const struct ui *ui, const struct sample *s, size_t i, struct found_cell *out,
                 uint64_t *lo, uint64_t *hi)
{
	uint64_t from, to;

	if (!grid_cell_range(&ui->pages->grid, i, lo, hi) ||
	    (ui_range(ui, &from, &to) && (*lo < from || *hi > to)))
		return false;
	return cells_find(ui, s, i, out);
}

static int
report_write_pages(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
                   struct err *err)
{
	static const enum column_id ids[] = {COL_PAGE_ADDRESS,  COL_PAGE_STATE,  COL_PAGE_PFN,
	                                     COL_PAGE_MAPCOUNT, COL_PAGE_FLAGS,  COL_PAGE_WORD,
	                                     COL_PAGE_WRITTEN,  COL_PAGE_MAPPING};
	const struct region *r;
	const struct vma *v = ui_vma(ui, s, &r);
	struct out *o = report_begin(to, format, "pages", ids, NULL, ARRAY_LEN(ids));
	struct found_cell f;
	struct page pg;
	uint64_t lo, hi;

	for (size_t i = 0; v && i < (size_t)ui->pages->grid.rows * ui->pages->grid.row_cells; i++) {
		struct page_row row = {.v = v, .page_size = s->page_size};
		struct value values[ARRAY_LEN(ids)];

		if (!report_next_cell(ui, s, i, &f, &lo, &hi) ||
		    !window_page(s->window, f.i, &pg))
			continue;
		row.addr = lo;
		row.pg = &pg;
		for (size_t k = 0; k < ARRAY_LEN(ids); k++)
			values[k] = page_value(ids[k], &row);
		values[6] = s->clears && r->doubt == DOUBT_NONE
		                ? report_number(f.c.written)
		                : (struct value){.kind = VALUE_UNKNOWN};
		out_row(o, values);
	}
	return out_end(o, err);
}

/* What is only estimated is not known. */
static int
report_write_cells(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
                   struct err *err)
{
	enum { FIXED = 4 };
	enum lens l = s->window ? s->window->lens : ui->lens;
	const char *titles[CLASS_MAX + FIXED] = {"ADDRESS", "PAGES", "LETTER", "WRITTEN"};
	struct value values[CLASS_MAX + FIXED];
	struct found_cell f;
	const struct cell *c = &f.c;
	struct out *o;
	uint64_t lo, hi;
	bool known;

	for (unsigned k = 0; k < lens_classes(l); k++)
		titles[FIXED + k] = lens_class(l, k).name;
	o = report_begin(to, format, "cells", NULL, titles, FIXED + lens_classes(l));
	for (size_t i = 0; i < (size_t)ui->pages->grid.rows * ui->pages->grid.row_cells; i++) {
		if (!report_next_cell(ui, s, i, &f, &lo, &hi))
			continue;
		values[0] = report_address(lo);
		known = !window_is_sampled(s->window, f.i);
		values[1] = report_number(cell_pages(c));
		values[2] = known ? (struct value){.kind = VALUE_TEXT, .t = {cell_letter(c, l)}}
		                  : (struct value){.kind = VALUE_UNKNOWN};
		values[3] =
		    s->clears ? report_number(c->written) : (struct value){.kind = VALUE_UNKNOWN};
		for (unsigned k = 0; k < lens_classes(l); k++)
			values[FIXED + k] = known ? report_number(c->n[k])
			                          : (struct value){.kind = VALUE_UNKNOWN};
		out_row(o, values);
	}
	return out_end(o, err);
}

int
report_grid(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
            struct err *err)
{
	return ui->pages->grid.zoom ? report_write_cells(ui, s, format, to, err)
	                            : report_write_pages(ui, s, format, to, err);
}

/* --- bytes, cards ----------------------------------------------------------------------------- */

/* Rows without bytes contain the reason. */
int
report_bytes(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
             struct err *err)
{
	static const char *const titles[] = {"ADDRESS", "BYTES", "TEXT", "WHY"};
	struct out *o = report_begin(to, format, "bytes", NULL, titles, ARRAY_LEN(titles));
	uint64_t lo = ui->dump->top, hi = lo + (uint64_t)ui->dump->rows * BYTES_ROW, from, until;

	if (ui_range(ui, &from, &until)) {
		lo = u64_max(lo, from & ~(uint64_t)(BYTES_ROW - 1));
		hi = u64_min(hi, until);
	}
	for (uint64_t row = lo; row < hi && bytes_page(s->bytes, row); row += BYTES_ROW) {
		const struct bytes_page *p = bytes_page(s->bytes, row);
		struct value values[ARRAY_LEN(titles)] = {[0] = report_address(row)};
		struct buf hex = {0}, chars = {0}, why = {0};
		uint8_t byte;

		for (unsigned i = 0; i < BYTES_ROW; i++) {
			if (!bytes_at(s->bytes, row + i, &byte))
				continue;
			buf_fmt(&hex, "%02x", byte);
			buf_fmt(&chars, "%c", byte_class(byte) == BYTE_TEXT ? byte : '.');
		}
		if (p->kind != BYTES_READ)
			bytes_why(p, &why);
		values[1] = hex.len ? report_text(hex.s) : (struct value){.kind = VALUE_UNKNOWN};
		values[2] = hex.len ? report_text(chars.s) : (struct value){.kind = VALUE_UNKNOWN};
		values[3] = why.len ? report_text(why.s) : (struct value){.kind = VALUE_UNKNOWN};
		out_row(o, values);
		buf_free(&hex);
		buf_free(&chars);
		buf_free(&why);
	}
	return out_end(o, err);
}

int
report_card(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
            struct err *err)
{
	static const char *const titles[] = {"FACT", "VALUE", "NOTE"};
	struct out *o = report_begin(to, format, "facts", NULL, titles, ARRAY_LEN(titles));

	(void)ui;
	for (size_t i = 0; s->card && i < s->card->n; i++) {
		const struct fact *f = &s->card->f[i];
		struct value values[ARRAY_LEN(titles)] = {[0] = report_text(f->key)};

		values[1] =
		    f->value[0] ? report_text(f->value) : (struct value){.kind = VALUE_UNKNOWN};
		values[2] = f->note ? report_text(f->note) : (struct value){.kind = VALUE_UNKNOWN};
		out_row(o, values);
	}
	return out_end(o, err);
}

static void
report_put_rate(struct out *o, const char *name, bool known, uint64_t rate)
{
	out_row(o, (struct value[]){report_text(name), report_rate(known, rate),
	                            {.kind = VALUE_UNKNOWN}});
}

static void
report_put_fact(struct out *o, const char *name, bool known, uint64_t n, const char *note)
{
	struct value values[] = {report_text(name),
	                         known ? report_number(n) : (struct value){.kind = VALUE_UNKNOWN},
	                         note ? report_text(note) : (struct value){.kind = VALUE_UNKNOWN}};

	out_row(o, values);
}

/* The numbers of the writes, then the hottest pages, one address each. */
int
report_writes(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
              struct err *err)
{
	static const char *const titles[] = {"FACT", "VALUE", "NOTE"};
	const struct writes *w = &s->writes;
	struct out *o = report_begin(to, format, "writes", NULL, titles, ARRAY_LEN(titles));
	uint64_t now = 0, peak = 0, mean = 0;
	bool rate = rate_now(&w->rate, &now) && rate_peak(&w->rate, &peak, &mean);
	char name[48];

	(void)ui;
	report_put_fact(o, "measured_ms", w->cleared, w->measured_ns / 1000000,
	                w->auto_clear ? "each page once per epoch" : "each page once");
	report_put_fact(o, "epochs", w->cleared, w->epochs, NULL);
	report_put_rate(o, "pages_per_second", w->cleared && rate, now);
	report_put_rate(o, "pages_per_second_peak", w->cleared && rate, peak);
	report_put_rate(o, "pages_per_second_mean", w->cleared && rate, mean);
	for (unsigned i = 0; i < WRITES_WINDOWS; i++) {
		snprintf(name, sizeof(name), "unique_pages_%us", writes_window_s[i]);
		report_put_fact(o, name, w->cleared && w->unique[i] != RATE_UNKNOWN, w->unique[i],
		                NULL);
	}
	report_put_fact(o, "pages_not_known", w->cleared, w->unknown.pages,
	                "written or not: in unwatched or new regions");
	report_put_fact(o, "regions_not_known", w->cleared, w->unknown.regions, NULL);
	report_put_fact(o, "pages_never_written", w->cleared, w->never, "of RSS");
	report_put_fact(o, "pages_to_send", true, w->to_send, "by a live migration");
	report_put_fact(o, "clear_us", w->cleared, w->cost.clear_ns / 1000, NULL);
	report_put_fact(o, "scan_us", true, w->cost.scan_ns / 1000, NULL);
	report_put_fact(o, "faults_per_second", w->cost.faults_known, w->cost.faults, NULL);
	report_put_fact(o, "faults_per_second_before", w->cost.before_known, w->cost.faults_before,
	                NULL);
	for (unsigned i = 0; i < w->hot_n; i++) {
		struct value values[ARRAY_LEN(titles)] = {report_text("hot"),
		                                          report_address(w->hot[i].start)};

		snprintf(name, sizeof(name), "%llu bytes in %u epoch%s",
		         (unsigned long long)(w->hot[i].end - w->hot[i].start), w->hot[i].count,
		         plural(w->hot[i].count));
		values[2] = report_text(name);
		out_row(o, values);
	}
	return out_end(o, err);
}

/* The rows in the order of the screen. */
int
report_by(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
          struct err *err)
{
	static const char *const titles[] = {"PAGES_S", "PAGES", "MAYBE", "WRITER", "IN", "TID"};
	const struct attribution *a = by_reading(ui, s);
	struct out *o = report_begin(to, format, "writers", NULL, titles, ARRAY_LEN(titles));

	for (size_t i = 0; a && i < by_of(ui)->n; i++) {
		const struct attribution_row *r = attribution_find(a, by_of(ui)->order[i]);
		struct value values[ARRAY_LEN(titles)] = {0};

		if (!r)
			continue;
		if (r->rate != RATE_UNKNOWN)
			values[0] = report_rate(true, r->rate);
		values[1] = report_number(r->w.pages);
		values[2] = report_number(r->w.maybe);
		values[3] = report_text(r->w.words);
		values[4] = report_text(r->w.in);
		if (r->w.tid)
			values[5] = report_number((uint64_t)r->w.tid);
		out_row(o, values);
	}
	return out_end(o, err);
}

/* The cells of the picture, with all that it can show. */
int
report_heat(const struct ui *ui, const struct sample *s, enum format format, FILE *to,
            struct err *err)
{
	struct out_shape shape = {.format = format, .bytes = true, .name = "cells", .to = to};
	const struct heatmap *h = s->heat && !s->heat->of.by_region ? s->heat : NULL;
	enum column_id ids[ROW_MOST];
	size_t n;

	(void)ui;
	columns_all(SET_HEAT, true, ids, &n);
	return heat_rows(h, s->timeline, s->regions ? &s->regions->vmas : NULL, ids, n, &shape,
	                 err);
}
