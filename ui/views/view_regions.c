/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The list of regions: two bars (what is in RAM, what the address space is used for), the line of
 * writes, and one row per region with its page strip. The cursor stays on its region, not on its
 * row.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "model/list_rows.h"
#include "model/pages.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "views/breadcrumb.h"
#include "views/lacks.h"
#include "views/legend.h"
#include "views/list_bars.h"
#include "views/list_menu.h"
#include "views/list_table.h"
#include "views/list_typed.h"
#include "views/spark.h"
#include "views/strips.h"
#include "views/view.h"
#include "views/writes_line.h"

/*
 * The rows above the list: two bars, the line of writes, that of what is touched, the headings;
 * only these if no two regions had room below all of it.
 */
static int
view_regions_head(const struct sample *s, int room)
{
	int all = LIST_BARS + 2 + (s->touched.clears > 0);

	return room < all + 2 ? 1 : all;
}

/* Whether any lies above what 4-level page tables reach; the kernel's half does not count. */
static bool
view_regions_are_far(const struct vma_list *l)
{
	size_t n = l->n;

	while (n && l->v[n - 1].start >> 63)
		n--;
	return n && (l->v[n - 1].end - 1) >> 48;
}

static void
view_regions_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct list *list = ui->list;
	int head = view_regions_head(s, bottom - top);
	size_t rows = (size_t)(bottom - top > head ? bottom - top - head : 1), at;

	ui->lit.key = 0;
	list->auto_clear = s->writes.cleared && s->writes.auto_clear;
	list->had_swap |= s->regions && s->regions->totals.swap > 0;
	list->had_writes |= s->clears > 0;
	list->grows = s->regions && s->regions->totals.grown.known;
	list->touched = s->touched.clears > 0;
	list->accessed = s->accesses != NULL;
	list->differs = list->grows && s->diff;
	list->differs_written = list->differs && s->diff->same.n.written_known;
	list->differs_contents = list->differs && s->diff->total.contents_known;
	list->differs_swap =
	    list->differs && (s->diff->total.swap_was || s->diff->total.swap_is);
	list->rows = rows;
	list->columns.far = s->regions && view_regions_are_far(&s->regions->vmas);
	if (!s->regions || !s->regions->vmas.n)
		return;
	rows_settle(ui, s);
	at = rows_position(ui);
	if (at < list->top)
		list->top = at;
	if (at >= list->top + rows)
		list->top = at - rows + 1;
	if (list->top + rows > list->order_n)
		list->top = list->order_n > rows ? list->order_n - rows : 0;
}

/* --- drawing ---------------------------------------------------------------------------------- */

static void
view_regions_draw_writes(const struct ui *ui, const struct sample *s, int y)
{
	struct buf text = {0};

	paint_text(y, 0, BAR_LABEL, ROLE_DIM, "writes");
	if (s->clears && s->can_track == TRACK_YES)
		legend_heats(ui, s, y, writes_line_draw(ui, s, y, BAR_LABEL) + 2, ui->cols);
	else if (s->can_track == TRACK_YES || s->can_track == TRACK_ASK)
		buf_fmt(&text, "press %s: pages written from then on light up",
		        key_of(ACT_CLEAR, 'R'));
	else if (s->can_track == TRACK_NO)
		buf_fmt(&text, "not visible: %s", s->track_why);
	fit_draw_cut(y, BAR_LABEL, ui->cols, ROLE_DIM, text.s);
	buf_free(&text);
}

/* What the process had in RAM, over all the time that is known, if there is room for it. */
static void
view_regions_draw_history(const struct ui *ui, const struct sample *s, int y, int x)
{
	static const char label[] = "RAM over time ";
	const struct heatmap *h = s->heat && s->heat->of.by_region ? s->heat : NULL;
	int at = ui->cols - LIST_HISTORY - 1, label_at = at - (int)strlen(label);
	uint64_t rss[LIST_HISTORY];
	unsigned n = 0;

	if (!h || label_at < x)
		return;
	for (; n < h->cols && n < LIST_HISTORY; n++)
		rss[n] = h->column[n].rss;
	paint_text(y, label_at, at, ROLE_DIM, "%s", label);
	spark_draw(rss, n, y, at);
}

/* Instead of the writes: what the strips show now. */
static void
view_regions_draw_lens(const struct ui *ui, const struct sample *s, int y)
{
	const struct lens_row *l = lens_row(ui->lens);
	struct buf lacks = {0}, question = {0}, warns = {0};
	bool lacking;
	int x;

	if (s->diff && ui->lens == LENS_GROWTH)
		buf_fmt(&question, "what differs %s?", s->compared);
	else
		buf_str(&question, l->question);
	paint_text(y, 0, BAR_LABEL, ROLE_DIM, "lens %c", l->digit);
	x = paint_text(y, BAR_LABEL, ui->cols, ROLE_ACCENT, "%s", l->name);
	if (s->regions->totals.lens == ui->lens && s->regions->totals.estimated)
		x = paint_text(y, x, ui->cols, ROLE_HOT, " sampled");
	if (lens_warns(ui, s, &warns))
		x = paint_text(y, x, ui->cols, ROLE_HOT, " %s", warns.s);
	if (ui->lens == LENS_SHARING && s->averages)
		x = paint_text(y, x, ui->cols, ROLE_HOT, ", %s", legend_averages);
	lacking = lens_lacks(ui, s, &lacks);
	/* if there is no room for question and legend, only the legend */
	if (!lacking &&
	    x + 3 + (int)strlen(question.s) + strips_legend_width(s, ui->lens) <= ui->cols)
		x = paint_text(y, x, ui->cols, ROLE_TEXT, ": %s", question.s);
	if (lacking)
		fit_draw_cut(y, paint_text(y, x, ui->cols, ROLE_HOT, ": "), ui->cols, ROLE_HOT,
		             lacks.s);
	else
		x = strips_legend(s, ui->lens, y, x + 1, ui->cols);
	if (!lacking && ui->lens == LENS_GROWTH)
		view_regions_draw_history(ui, s, y, x);
	buf_free(&lacks);
	buf_free(&question);
	buf_free(&warns);
}

/* What was touched in all since the clear of the referenced bits, by the last reading of smaps. */
static void
view_regions_draw_touched(const struct ui *ui, const struct sample *s, int y)
{
	const struct touched_sum *sum = &s->touched_sum;
	struct buf text = {0};
	char a[8], b[8], share[8];
	int x = BAR_LABEL;

	paint_text(y, 0, BAR_LABEL, ROLE_DIM, "touched");
	if (!touched_is_in(&s->touched, s->smaps)) {
		fit_draw_cut(y, x, ui->cols, ROLE_DIM,
		             s->smaps_err.what[0] ? s->smaps_err.why : "reading smaps");
		return;
	}
	x = paint_text(y, x, ui->cols, ROLE_HOT, "%s", size_text(a, sum->touched));
	buf_fmt(&text, " of %s in RAM, %s%%, at least, in %.0f s", size_text(b, sum->rss),
	        percent_text(share, sum->touched, sum->rss ? sum->rss : 1),
	        (double)(s->smaps->time_ns - s->touched.clear_ns) / 1e9);
	if (sum->unknown)
		buf_fmt(&text, "; %zu region%s not known", sum->unknown, plural(sum->unknown));
	fit_draw_cut(y, x, ui->cols, ROLE_TEXT, text.s);
	buf_free(&text);
}

static void
view_regions_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	int head = view_regions_head(s, bottom - top);

	if (!s->regions)
		return;
	if (head > 1) {
		list_bars_draw(ui, s, top);
		if (lens_needs_pages(ui->lens))
			view_regions_draw_lens(ui, s, top + LIST_BARS);
		else
			view_regions_draw_writes(ui, s, top + LIST_BARS);
		if (s->touched.clears)
			view_regions_draw_touched(ui, s, top + LIST_BARS + 1);
	}
	list_table_headings(ui, top + head - 1);
	list_table_rows(ui, s, top + head, bottom);
}

/* The sentence about a group: its regions and their size. */
static void
view_regions_say_group(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct group *g = rows_group(rows_groups(ui, s), s, ui->region);
	struct buf title = {0};
	char a[8], b[8];

	if (g) {
		group_title(g, &title);
		text_escape(out, title.s, title.len, !paint_utf8());
		buf_fmt(out, ": %zu region%s, %s, %s in RAM; Enter %s them%s", g->n, plural(g->n),
		        size_text(a, vma_size(&g->v)), size_text(b, g->sum.rss * s->page_size),
		        rows_is_open(ui, g) ? "folds" : "shows",
		        group_is_arenas(g) ? ", :arenas their holes" : "");
	}
	buf_free(&title);
}

static void
view_regions_say_gone(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct list *list = ui->list;
	const struct list_gone *g =
	    list_changes_gone(&list->changes, ui->region & ~(uint64_t)ROW_GONE);
	const struct vma *v = g ? &g->in->vmas.v[g->at] : NULL;
	char size[8];

	if (!v)
		return;
	buf_fmt(out, "%llx ", (unsigned long long)v->start);
	fit_name(out, v);
	buf_fmt(out, " %s: the process has unmapped it%s%s", size_text(size, vma_size(v)),
	        g->of ? " " : "", g->of ? s->compared : "");
}

/* What differs from the moment that is compared with. */
static void
view_regions_say_diff(const struct diff_region *r, struct buf *out)
{
	static const enum page_diff kinds[] = {PAGE_DIFF_GAINED, PAGE_DIFF_LOST, PAGE_DIFF_CHANGED,
	                                       PAGE_DIFF_MOVED, PAGE_DIFF_REWRITTEN};
	const char *sep = "";

	if (r->of.kind != REGION_DIFF_SAME) {
		buf_str(out, region_diff_name(r->of.kind));
		sep = ", ";
	}
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		uint64_t n = r->n.pages[kinds[i]];

		if (!n)
			continue;
		buf_fmt(out, "%s%llu page%s %s", sep, (unsigned long long)n, plural(n),
		        page_diff_name(kinds[i]));
		sep = ", ";
	}
	if (r->n.written)
		buf_fmt(out, "%s%llu page%s written", sep, (unsigned long long)r->n.written,
		        plural(r->n.written));
}

/* The facts of a region after its name. */
static void
view_regions_say_facts(const struct ui *ui, const struct sample *s, const struct vma *v,
                       const struct region *r, struct buf *out)
{
	char a[8], b[8], perm[5];
	const struct diff_region *d = s->diff ? difference_of(s->diff, v->start) : NULL;

	vma_perm_text(v, perm);
	buf_fmt(out, " %s %s%s: ", size_text(a, vma_size(v)), perm,
	        list_changes_born(&ui->list->changes, v->start) ? ", mapped just now" : "");
	if (d && diff_region_differs(d)) {
		view_regions_say_diff(d, out);
		buf_fmt(out, " %s", s->compared);
		return;
	}
	if (!r->known)
		buf_str(out, s->regions->counted ? "the kernel shows no page table for it"
		                                 : "not counted yet");
	else if (r->hugetlb)
		buf_fmt(out, "%s of hugetlb pages", size_text(b, r->hugetlb * s->page_size));
	else if (!r->rss && !r->swap)
		buf_str(out, v->type == VMA_RESERVE ? "reserved address space, no access"
		                                    : "nothing in RAM or swap now");
	else
		buf_fmt(out, "%s in RAM", size_text(b, r->rss * s->page_size));
	if (r->thp)
		buf_fmt(out, " (%s in huge pages)", size_text(b, r->thp * s->page_size));
	if (r->swap)
		buf_fmt(out, ", %s%s swapped", r->swap_unsure ? "at least " : "",
		        size_text(b, r->swap * s->page_size));
	if (s->clears && r->written)
		buf_fmt(out, ", %llu page%s %s", (unsigned long long)r->written, plural(r->written),
		        tracker_caps(s->tracker) & TRACKER_CHANGES ? "seen to change" : "written");
	if (s->clears && r->doubt)
		buf_fmt(out, "%s %s", r->written ? ";" : ",",
		        track_doubt_words((enum track_doubt)r->doubt));
	if (regions_is_older(s->regions, r))
		buf_fmt(out, "; counted %.1f s ago",
		        (double)(s->time_ns - s->regions->all_ns) / 1e9);
}

/*
 * Why one mapping has several rows: the kernel does not merge what userfaultfd watches with the
 * rest.
 */
static void
view_regions_say_parted(const struct sample *s, const struct vma *v, struct buf *out)
{
	const struct vma *first = s->regions->vmas.v, *last = first + s->regions->vmas.n - 1;

	if (!s->clears || !(tracker_caps(s->tracker) & TRACKER_RANGES))
		return;
	if ((v > first && vma_goes_on(v - 1, v)) || (v < last && vma_goes_on(v, v + 1)))
		buf_fmt(out, "; in several rows: %s keeps new memory apart from watched memory",
		        tracker_words(s->tracker)->label);
}

/* A long name is cut so that the facts after it fit. */
static void
view_regions_say_region(const struct ui *ui, const struct sample *s, const struct vma *v,
                        const struct region *r, struct buf *out)
{
	enum { NAME_LEAST = 16 };
	struct buf facts = {0};
	int room;

	view_regions_say_facts(ui, s, v, r, &facts);
	view_regions_say_parted(s, v, &facts);
	buf_fmt(out, "%llx ", (unsigned long long)v->start);
	room = ui->cols - 1 - (int)(out->len + facts.len);
	fit_name_cut(out, v, room < NAME_LEAST ? NAME_LEAST : (size_t)room);
	buf_str(out, facts.s);
	buf_free(&facts);
}

static void
view_regions_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct list *list = ui->list;
	const struct region *r;
	const struct vma *v = ui_vma(ui, s, &r);

	if (list->segment && s->regions)
		list_bars_say(ui, s, out);
	else if (row_is_gone(ui->region))
		view_regions_say_gone(ui, s, out);
	else if (v && list->order_n && row_is_group(ui->region))
		view_regions_say_group(ui, s, out);
	else if (v && list->order_n)
		view_regions_say_region(ui, s, v, r, out);
}

/* The age of smaps, which are not read in each scan; nor were they for each sample. */
static void
view_regions_breadcrumb_smaps(const struct ui *ui, const struct sample *s, struct buf *out)
{
	if (s->timeline && s->smaps)
		buf_str(out, s->smaps->smaps.n ? "" : ", no smaps then");
	else if (s->smaps)
		buf_fmt(out, ", smaps %.0f s old%s",
		        (double)(ui->now - u64_min(ui->now, s->smaps->time_ns)) / 1e9,
		        s->averages ? ": PSS, USS, SHARED estimated by folio" : "");
	else if (s->smaps_err.what[0])
		buf_fmt(out, ", %s: %s", s->smaps_err.what, s->smaps_err.why);
}

/* A filter that was cut without a sign would read as another filter. */
static void
view_regions_breadcrumb_filter(const struct ui *ui, struct buf *out)
{
	enum { LEAST = 12 };
	int left = ui->breadcrumb_room - (int)fit_width(out->s, out->len);
	struct buf text = {0};

	buf_str(&text, " where ");
	text_escape(&text, ui->list->filter.text, strlen(ui->list->filter.text), !paint_utf8());
	if (left >= LEAST || left >= (int)fit_width(text.s, text.len))
		fit_cut_end(out, text.s, (size_t)left);
	buf_free(&text);
}

static void
view_regions_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct list *list = ui->list;
	struct list_layout l = list_layout(ui);
	char part[48];

	if (list->filter.text[0])
		buf_fmt(out, "%zu of %zu ", list->shown, s->regions ? s->regions->vmas.n : 0);
	buf_str(out, "regions");
	if (list->grouping) {
		snprintf(part, sizeof(part), " by %s", grouping_name(list->grouping));
		breadcrumb_add(out, ui, part);
	}
	if (list->filter.text[0])
		view_regions_breadcrumb_filter(ui, out);
	if (!list_layout_of(&l, list->sort)) { /* no heading has the sort mark */
		snprintf(part, sizeof(part), "%s %s%s", list->grouping ? "," : " by",
		         list_column_title(column_row(list->sort)),
		         list_sorts_down(ui->list) ? "▼" : "▲");
		breadcrumb_add(out, ui, part);
	}
	if (list->order_n > list->rows && list->rows && list->order) {
		snprintf(part, sizeof(part), ", rows %zu-%zu of %zu", list->top + 1,
		         (size_t)u64_min(list->top + list->rows, list->order_n), list->order_n);
		breadcrumb_add(out, ui, part);
	}
	if (list_needs_smaps(ui, s))
		view_regions_breadcrumb_smaps(ui, s, out);
}

/* --- keys ------------------------------------------------------------------------------------- */

static void
view_regions_move_to(struct ui *ui, long at)
{
	struct list *list = ui->list;

	if (!list->order_n)
		return;
	if (at < 0)
		at = 0;
	if ((size_t)at >= list->order_n)
		at = (long)list->order_n - 1;
	ui->region = list->order[at];
}

/* Once a segment is selected, Enter applies to it; any other key ends the selection. */
static bool
view_regions_act_on_bars(struct ui *ui, const struct sample *s, enum action a)
{
	if (a == ACT_NEXT_CHANGE || a == ACT_LAST_CHANGE) {
		list_bars_step(ui, s, a == ACT_NEXT_CHANGE ? 1 : -1);
		return true;
	}
	if (ui->list->segment && a == ACT_OPEN) {
		list_bars_filter(ui, s);
		return true;
	}
	ui->list->segment = 0;
	return false;
}

static unsigned
view_regions_act(struct ui *ui, const struct sample *s, enum action a)
{
	struct list *list = ui->list;
	long at = (long)rows_position(ui), page = (long)list->rows;

	if (!s->regions)
		return FX_NONE;
	if (view_regions_act_on_bars(ui, s, a))
		return FX_NONE;
	switch ((int)a) {
	case ACT_UP: view_regions_move_to(ui, at - 1); break;
	case ACT_DOWN: view_regions_move_to(ui, at + 1); break;
	case ACT_PAGE_UP: view_regions_move_to(ui, at - page); break;
	case ACT_PAGE_DOWN: view_regions_move_to(ui, at + page); break;
	case ACT_HALF_UP: view_regions_move_to(ui, at - page / 2); break;
	case ACT_HALF_DOWN: view_regions_move_to(ui, at + page / 2); break;
	case ACT_FIRST: view_regions_move_to(ui, 0); break;
	case ACT_LAST: view_regions_move_to(ui, (long)list->order_n); break;
	case ACT_LEFT: list_scroll(ui, -1); break;
	case ACT_RIGHT: list_scroll(ui, 1); break;
	case ACT_SORT_MENU: ui_push(ui, VIEW_SORT); break;
	case ACT_COLUMNS: ui_push(ui, VIEW_COLUMNS); break;
	case ACT_SORT:
		rows_sort(ui, list_columns_next(&list->columns, list->sort, 1), false);
		break;
	case ACT_SORT_BACK:
		rows_sort(ui, list_columns_next(&list->columns, list->sort, -1), false);
		break;
	case ACT_INVERT: rows_sort(ui, list->sort, !list->invert); break;
	case ACT_FIND: return FX_FIND;
	case ACT_FIND_NEXT: return list_find(ui, s, 1);
	case ACT_FIND_BACK: return list_find(ui, s, -1);
	case ACT_FILTER: return FX_FILTER;
	case ACT_INFO:
		if (!row_is_group(ui->region) && ui_vma(ui, s, NULL))
			ui_push(ui, VIEW_REGION);
		break;
	case ACT_GROUP: rows_group_by(ui, (list->grouping + 1) % GROUPING_COUNT); break;
	case ACT_OPEN: {
		const struct vma *v = ui_vma(ui, s, NULL);

		if (row_is_group(ui->region)) {
			rows_fold(ui, s);
		} else if (v) {
			ui->cursor = v->start;
			ui->pages->grid = (struct grid){0};
			ui_push(ui, VIEW_GRID);
		}
		break;
	}
	}
	return FX_NONE;
}

static void
view_regions_drop(void *own)
{
	rows_free(own);
}

/* Where it takes long to count all regions, those on screen come first. */
static void
view_regions_needs_rows(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	enum { MANY = 1000 };
	const struct list *list = ui->list;
	struct screen_rows *rows = &r->rows;

	if (!s || !s->regions ||
	    !(s->counts_every_ns || (lens_needs_pages(ui->lens) && s->regions->vmas.n > MANY)))
		return;
	for (size_t i = 0; i < list->rows && list->top + i < list->order_n; i++) {
		uint64_t row = list->order[list->top + i];

		if (!row_is_group(row) && !row_is_gone(row) && rows->n < SCREEN_ROWS)
			rows->at[rows->n++] = row;
	}
}

static void
view_regions_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	view_regions_needs_rows(ui, s, r);
	r->smaps_on = list_needs_smaps(ui, s);
	r->touched_on = list_shows_touched(ui, s);
	r->by_on = list_needs_writers(ui);
	r->by.by = WRITERS_BY_FUNCTION;
	r->heat_on = list_needs_history(ui) || ui->lens == LENS_GROWTH;
	if (r->heat_on)
		r->heat = (struct heatmap_of){
		    .last = SIZE_MAX, .cols = LIST_HISTORY, .by_region = true};
}

/*
 * Once writes are tracked, who wrote comes before the map if there is no room for both; what leads
 * to differences, before all that leads elsewhere.
 */
static const char *
view_regions_hint(const struct ui *ui, const struct sample *s, enum action a)
{
	enum { WIDE = 92 };
	bool tracked = s && s->clears && !s->unattributed;
	const struct group *g;

	if (a == ACT_OPEN && s && s->regions && row_is_group(ui->region)) {
		g = rows_group(rows_groups(ui, s), s, ui->region);
		return g && rows_is_open(ui, g) ? "fold" : "unfold";
	}
	if (s && s->diff && (a == ACT_MAP || a == ACT_WHO || a == ACT_CLEAR || a == ACT_BY))
		return "";
	if (a == ACT_FIND_NEXT || a == ACT_STAY)
		return !s || !s->diff ? NULL : a == ACT_STAY ? "end diff" : "difference";
	if (a == ACT_BY && !tracked)
		return "";
	if (!tracked || ui->cols >= WIDE)
		return NULL;
	return a == ACT_BY ? "writer" : a == ACT_MAP ? "" : NULL;
}

const struct view view_regions = {
    .size = sizeof(struct list),
    .drop = view_regions_drop,
    .draw = view_regions_draw,
    .act = view_regions_act,
    .say = view_regions_say,
    .hint = view_regions_hint,
    .breadcrumb = view_regions_breadcrumb,
    .settle = view_regions_settle,
    .report = report_regions,
    .find = PROMPT_FIND,
    .filter = PROMPT_FILTER,
    .needs = view_regions_needs,
};
