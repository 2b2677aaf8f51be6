/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who writes: functions, threads, call chains or regions, ranked by the pages that they were the
 * first to write after each clear; or, since a baseline, by the pages that they brought in.
 */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "model/by.h"
#include "model/pages.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "views/by_table.h"
#include "views/breadcrumb.h"
#include "views/view.h"

enum { HEAD_ROWS = 3 }; /* two lines of sums, the headings */

static const struct attribution_row *
view_by_row(const struct ui *ui, const struct sample *s)
{
	return attribution_find(by_reading(ui, s), by_of(ui)->key);
}

static void
view_by_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct by_view *v = by_of(ui);
	int room = bottom - top - HEAD_ROWS;
	size_t at;

	ui->lit.key = 0;
	by_settle(ui, s);
	room -= by_table_chain_rows(ui, s, room);
	v->rows = (size_t)(room > 1 ? room : 1);
	at = by_position(ui);
	if (at < v->top)
		v->top = at;
	if (at >= v->top + v->rows)
		v->top = at - v->rows + 1;
	if (v->top + v->rows > v->n)
		v->top = v->n > v->rows ? v->n - v->rows : 0;
}

/* --- drawing ---------------------------------------------------------------------------------- */

/* How many pages were written, and of how many the writer is known. */
static void
view_by_draw_sums(const struct ui *ui, const struct sample *s, const struct attribution *a, int y)
{
	struct buf text = {0};
	char n[8], share[8];
	uint64_t ns = a->time_ns - u64_min(a->time_ns, a->totals.since_ns);

	buf_fmt(&text, "%s page%s written in %.0f s%s: ", count_text(n, a->written),
	        plural(a->written), (double)ns / 1e9,
	        s->auto_clear_ns || s->timeline ? ", each once per epoch" : ", each once");
	buf_fmt(&text, "%s %% have one writer",
	        percent_text(share, a->one, u64_max(a->written, 1)));
	if (a->some)
		buf_fmt(&text, ", %s %% candidates",
		        percent_text(share, a->some, u64_max(a->written, 1)));
	fit_draw_cut(y, 1, ui->cols, ROLE_TEXT, text.s);
	buf_free(&text);
}

/* Why it is not known who brought memory in. */
static const char *
view_by_unwatched(const struct sample *s, const struct attribution *a)
{
	return s->timeline && a->totals.watch.why.why[0] ? a->totals.watch.why.why
	                                                 : "page faults are not watched";
}

/* How many pages came in, and of how many it is known who brought them. */
static void
view_by_draw_gained(const struct ui *ui, const struct sample *s, const struct attribution *a, int y)
{
	struct buf text = {0};
	char n[8], share[8];
	uint64_t ns = a->time_ns - u64_min(a->time_ns, a->since_ns),
		 all = u64_max(a->written, 1);

	buf_fmt(&text, "+%s", size_text(n, a->written * s->page_size));
	buf_fmt(&text, " -%s in %.0f s since the baseline", size_text(n, a->lost * s->page_size),
	        (double)ns / 1e9);
	if (a->totals.watch.on && a->written)
		buf_fmt(&text, ": the code that brought in %s %% is known",
		        percent_text(share, a->one, all));
	else if (!a->totals.watch.on)
		buf_fmt(&text, ": by code not known, %s", view_by_unwatched(s, a));
	if (a->some)
		buf_fmt(&text, ", candidates for %s %%", percent_text(share, a->some, all));
	fit_draw_cut(y, 1, ui->cols, ROLE_TEXT, text.s);
	buf_free(&text);
}

/* Why the table soon stands still, and what helps: from column x on. */
static void
view_by_draw_once(const struct ui *ui, int y, int x)
{
	const char *why = "; each page faults once per clear", *key = key_of(ACT_AUTO_CLEAR, 'B');
	struct buf how = {0};

	buf_fmt(&how, "; %s repeats the clear", key);
	if (x + (int)(strlen(why) + how.len) <= ui->cols)
		x = paint_text(y, x, ui->cols, ROLE_DIM, "%s", why);
	if (x + (int)how.len <= ui->cols)
		paint_text(y, x, ui->cols, ROLE_DIM, "%s", how.s);
	buf_free(&how);
}

/* How old that is, what it costs, and what it does not see. */
static void
view_by_draw_watch(const struct ui *ui, const struct sample *s, const struct attribution *a, int y)
{
	const struct causes_totals *t = &a->totals;
	const struct writes_cost *k = &s->writes.cost;
	uint64_t now = ui->now, then = a->told_ns ? a->told_ns : a->time_ns;
	int x = 1;
	char n[8];

	x = paint_text(y, x, ui->cols, ROLE_DIM, "counted %.0f s ago",
	               (double)(now - u64_min(now, then)) / 1e9);
	if (k->watched_known)
		x = paint_text(y, x, ui->cols, ROLE_DIM, ", %s faults/s watched",
		               count_text(n, k->watched));
	if (t->lost)
		x = paint_text(y, x, ui->cols, ROLE_HOT, ", %s lost", count_text(n, t->lost));
	if (t->watch.period > 1)
		x = paint_text(y, x, ui->cols, ROLE_HOT, ", 1 of %llu sampled",
		               (unsigned long long)t->watch.period);
	if (t->watch.unwatched)
		x = paint_text(y, x, ui->cols, ROLE_HOT, ", %zu threads not watched",
		               t->watch.unwatched);
	if (!t->watch.kernel && t->watch.on)
		x = paint_text(y, x, ui->cols, ROLE_HOT, ", not system calls");
	if (t->forgotten_ns && !a->of.grown)
		x = paint_text(y, x, ui->cols, ROLE_DIM, ", older than %.0f s in sums only",
		               (double)(now - u64_min(now, t->forgotten_ns)) / 1e9);
	if (!s->auto_clear_ns && !a->of.grown && !s->timeline)
		view_by_draw_once(ui, y, x);
}

/* Why there is no table of growth. */
static void
view_by_draw_no_growth(const struct ui *ui, const struct sample *s, int y, int bottom)
{
	struct buf text = {0};

	if (!s->regions || !s->regions->totals.grown.known)
		buf_fmt(&text,
		        "press %s: pages that come in from then on are counted, by the code that "
		        "touches them first",
		        key_of(ACT_BASELINE, 'B'));
	else if (s->attribution_err.what[0])
		buf_fmt(&text, "%s: %s", s->attribution_err.what, s->attribution_err.why);
	else if (s->ended)
		buf_str(&text, "the process ended before this was counted");
	else
		buf_str(&text, "looking up the names of functions");
	fit_draw_lines(y, bottom, ui->cols, ROLE_DIM, text.s);
	buf_free(&text);
}

/* Why there is no table. */
static void
view_by_draw_none(const struct ui *ui, const struct sample *s, int y, int bottom)
{
	struct buf text = {0}, why = {0};

	if (s->unattributed)
		buf_fmt(&text, "not watched: %s", s->unattributed);
	else if (!s->clears && s->timeline)
		buf_str(&text, "writes were not recorded by then; record with --tracker auto");
	else if (!s->clears)
		buf_fmt(&text,
		        "press %s: from then on each page's first write is a page fault, which "
		        "tells the function, the thread and the callers that wrote it",
		        key_of(ACT_CLEAR, 'B'));
	else if (!sample_is_attributed(s, &why))
		buf_fmt(&text, "not watched: %s", why.s);
	else if (s->attribution_err.what[0])
		buf_fmt(&text, "%s: %s", s->attribution_err.what, s->attribution_err.why);
	else if (s->ended)
		buf_str(&text, "the process ended before this was counted");
	else
		buf_str(&text, "looking up the names of functions");
	fit_draw_lines(y, bottom, ui->cols, ROLE_DIM, text.s);
	buf_free(&text);
	buf_free(&why);
}

static void
view_by_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	const struct attribution *a = by_reading(ui, s);
	bool grown = by_is_grown(ui, s);
	int chain;

	if (grown && (!a || !s->regions->totals.grown.known)) {
		view_by_draw_no_growth(ui, s, top, bottom);
		return;
	}
	if (!grown && (!a || !s->clears || !s->causes.watch.on)) {
		view_by_draw_none(ui, s, top, bottom);
		return;
	}
	(grown ? view_by_draw_gained : view_by_draw_sums)(ui, s, a, top);
	view_by_draw_watch(ui, s, a, top + 1);
	by_table_headings(ui, top + HEAD_ROWS - 1);
	chain = by_table_chain_rows(ui, s, bottom - top - HEAD_ROWS);
	by_table_rows(ui, s, top + HEAD_ROWS, bottom - chain);
	by_table_chain(ui, s, bottom - chain, bottom);
	if (!by_of(ui)->n)
		fit_draw_lines(top + HEAD_ROWS, bottom, ui->cols, ROLE_DIM,
		               grown ? "nothing came in since the baseline"
		                     : "nothing written since the clear");
}

static void
view_by_say_none(const struct sample *s, const struct attribution_row *r, struct buf *out)
{
	if (s->causes.watch.period > 1) {
		buf_fmt(out, "written, but none of their %s is in the sample",
		        r->reads ? "stores" : "faults");
		return;
	}
	buf_str(out, r->reads ? "written, but only code that reads faulted"
	                      : "written without a fault");
	buf_str(out, ": by a device or another process");
	if (!s->causes.watch.kernel)
		buf_str(out, ", or by a system call (these need CAP_PERFMON)");
}

static void
view_by_say_region(const struct attribution_row *r, struct buf *out)
{
	buf_fmt(out, ": %llu page%s with one writer", (unsigned long long)r->w.pages,
	        plural(r->w.pages));
	if (r->w.maybe)
		buf_fmt(out, ", %llu with several candidates", (unsigned long long)r->w.maybe);
}

static void
view_by_say_writer(const struct attribution_row *r, struct buf *out)
{
	unsigned long long pages = r->w.pages, maybe = r->w.maybe;

	if (!pages && maybe) {
		buf_fmt(out, ": perhaps first to write %llu page%s", maybe, plural(maybe));
		return;
	}
	buf_fmt(out, ": first to write %llu page%s", pages, plural(pages));
	if (maybe)
		buf_fmt(out, ", perhaps %llu more", maybe);
}

/* What is not a row of code: what no fault explains, or what was lost. */
static void
view_by_say_no_gain(const struct sample *s, const struct attribution *a,
                    const struct attribution_row *r, struct buf *out)
{
	const struct causes_watch *w = &a->totals.watch;

	if (r->lost) {
		buf_str(out, "in RAM or swap at the baseline, and no longer; LOST in the list has "
		             "it by region");
		return;
	}
	if (!w->on) {
		buf_str(out, view_by_unwatched(s, a));
		return;
	}
	if (w->period > 1) {
		buf_str(out, "came in, but none of their faults is in the sample");
		return;
	}
	buf_str(out, "came in without a fault that was seen: by MAP_POPULATE or mlock");
	if (!w->kernel)
		buf_str(out, ", or by a system call (these need CAP_PERFMON)");
}

static void
view_by_say_gained(const struct attribution_row *r, unsigned by, struct buf *out)
{
	buf_fmt(out, ": %s %llu page%s",
	        by == ATTRIBUTION_BY_REGION ? "gained" : "brought in",
	        (unsigned long long)r->w.pages, plural(r->w.pages));
	if (r->w.maybe)
		buf_fmt(out, ", perhaps %llu more", (unsigned long long)r->w.maybe);
}

static void
view_by_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct attribution_row *r = view_by_row(ui, s);
	unsigned by = by_of(ui)->by;

	if (!r)
		return;
	if (r->none && by_is_grown(ui, s)) {
		view_by_say_no_gain(s, by_reading(ui, s), r, out);
		return;
	}
	if (r->none) {
		view_by_say_none(s, r, out);
		return;
	}
	if (by == ATTRIBUTION_BY_REGION)
		buf_fmt(out, "%llx ", (unsigned long long)r->at);
	by_table_words(r, by, out);
	if (by_is_grown(ui, s))
		view_by_say_gained(r, by, out);
	else if (by == ATTRIBUTION_BY_REGION)
		view_by_say_region(r, out);
	else
		view_by_say_writer(r, out);
}

static void
view_by_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	static const char *const what[] = {[WRITERS_BY_FUNCTION] = "by function",
	                                   [WRITERS_BY_THREAD] = "by thread",
	                                   [WRITERS_BY_CHAIN] = "by call chain",
	                                   [ATTRIBUTION_BY_REGION] = "by region"};
	const struct by_view *v = by_of(ui);
	struct buf text = {0};
	bool grown = by_is_grown(ui, s);
	char part[48];

	if (v->of) {
		buf_str(out, "callers");
		buf_str(&text, " of ");
		text_escape(&text, v->of_words, strlen(v->of_words), !paint_utf8());
		breadcrumb_add(out, ui, text.s);
	} else {
		snprintf(part, sizeof(part), "%s %s", grown ? "grown" : "written", what[v->by]);
		/* what is ranked says more than since when */
		buf_str(out, (int)strlen(part) <= ui->breadcrumb_room ? part : what[v->by]);
	}
	if (v->n > v->rows && s && by_reading(ui, s)) {
		snprintf(part, sizeof(part), ", rows %zu-%zu of %zu", v->top + 1,
		         (size_t)u64_min(v->top + v->rows, v->n), v->n);
		breadcrumb_add(out, ui, part);
	}
	buf_free(&text);
}

/* --- keys ------------------------------------------------------------------------------------- */

/* The grid lights the pages of the row, and says whose they are: of a call chain, its head. */
static void
view_by_light(struct ui *ui, const struct sample *s, const struct attribution_row *r)
{
	const char *more = paint_utf8() ? " < …" : " < ...";

	ui->lit.key = r->key;
	ui->lit.by = by_of(ui)->by;
	ui->lit.grown = by_is_grown(ui, s);
	if (ui->lit.by == ATTRIBUTION_BY_REGION)
		snprintf(ui->lit.words, sizeof(ui->lit.words), "%s",
		         ui->lit.grown ? "gained" : "written");
	else
		snprintf(ui->lit.words, sizeof(ui->lit.words), "by %.80s%s",
		         r->chain.n ? r->chain.v[0] : r->w.words, r->chain.n > 1 ? more : "");
}

/* The pages of the row in the grid, lit; the others are dim. */
static void
view_by_open(struct ui *ui, const struct sample *s, const struct attribution_row *r)
{
	const struct vma *v = r && s->regions ? vma_at(&s->regions->vmas, r->at) : NULL;

	if (!v)
		return;
	ui_leave(ui);
	ui->region = v->start;
	ui->cursor = ui->byte = r->at & ~(uint64_t)(s->page_size - 1);
	ui->pages->grid.zoom = 0;
	ui->pages->grid.top = UINT64_MAX; /* scrolls until the page is in the first row */
	view_by_light(ui, s, r);
	ui_push(ui, VIEW_GRID);
}

static unsigned
view_by_act(struct ui *ui, const struct sample *s, enum action a)
{
	struct by_view *v = by_of(ui);
	const struct attribution_row *r = view_by_row(ui, s);
	long at = (long)by_position(ui), page = (long)v->rows;

	switch ((int)a) {
	case ACT_UP: by_move_to(ui, at - 1); break;
	case ACT_DOWN: by_move_to(ui, at + 1); break;
	case ACT_PAGE_UP: by_move_to(ui, at - page); break;
	case ACT_PAGE_DOWN: by_move_to(ui, at + page); break;
	case ACT_HALF_UP: by_move_to(ui, at - page / 2); break;
	case ACT_HALF_DOWN: by_move_to(ui, at + page / 2); break;
	case ACT_FIRST: by_move_to(ui, 0); break;
	case ACT_LAST: by_move_to(ui, (long)v->n - 1); break;
	case ACT_LEFT: by_table_scroll(ui, s, -UI_SIDEWAYS); break;
	case ACT_RIGHT: by_table_scroll(ui, s, UI_SIDEWAYS); break;
	case ACT_SORT: by_sort(ui, (v->sort + 1) % BY_COLUMNS); break;
	case ACT_SORT_BACK: by_sort(ui, (v->sort + BY_COLUMNS - 1) % BY_COLUMNS); break;
	case ACT_INVERT: by_sort(ui, v->sort); break;
	case ACT_GROUP: by_turn(ui); break;
	case ACT_NEXT_CHANGE: by_choose(ui, !by_is_grown(ui, s)); break;
	case ACT_CALLERS:
		if (v->by == WRITERS_BY_FUNCTION && r && !r->none)
			by_chains_of(ui, r);
		break;
	case ACT_OPEN: view_by_open(ui, s, r); break;
	case ACT_FIND: by_find_begin(ui); return FX_FIND;
	case ACT_FIND_NEXT: return by_find(ui, s, 1) ? FX_NONE : FX_NOT_FOUND;
	case ACT_FIND_BACK: return by_find(ui, s, -1) ? FX_NONE : FX_NOT_FOUND;
	}
	return FX_NONE;
}

static const char *
view_by_hint(const struct ui *ui, const struct sample *s, enum action a)
{
	const struct attribution_row *r = view_by_row(ui, s);

	if (a == ACT_NEXT_CHANGE && by_is_grown(ui, s))
		return "written";
	if (a == ACT_OPEN && (!r || !r->at))
		return "";
	if (a == ACT_CALLERS && (!r || r->none || by_of(ui)->by != WRITERS_BY_FUNCTION))
		return "";
	return NULL;
}

/* From the callers of a function back to all functions. */
static bool
view_by_back(struct ui *ui)
{
	struct by_view *v = by_of(ui);
	uint64_t of = v->of;

	if (!of)
		return false;
	by_chains_of(ui, NULL);
	v->key = of;
	return true;
}

static void
view_by_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	r->by_on = true;
	r->by.by = by_of(ui)->by;
	r->by.grown = by_is_grown(ui, s);
}

const struct view view_by = {
    .size = sizeof(struct by_view),
    .drop = by_free,
    .draw = view_by_draw, .act = view_by_act, .say = view_by_say,
    .hint = view_by_hint, .breadcrumb = view_by_breadcrumb, .settle = view_by_settle,
    .back = view_by_back,
    .report = report_by,
    .find = PROMPT_FIND_WRITER,
    .needs = view_by_needs,
};
