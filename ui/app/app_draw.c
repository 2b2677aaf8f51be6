/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The frame around the views.
 *
 *   row 0        where we are, and badges: live or not, the epoch, the privileges
 *   1 .. n-3     the view
 *   n-2          what is under the cursor, in words; or a message; below it, of a recording, its
 *                timeline
 *   n-1          hints, or the prompt
 */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "model/by.h"
#include "model/here.h"
#include "model/list.h"
#include "query/settle.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "term/prompt.h"
#include "views/timebar.h"
#include "views/view.h"

enum {
	MIN_ROWS = 6,
	MIN_COLS = 30,
	CHOOSE_COLS = 20,
	HINTS_MAX = 32,
};

/* The hints of the view, with its own words for them; returns their number. */
static int
app_find_hints(const struct app *a, struct key_row out[HINTS_MAX])
{
	const struct view *v = view_of(ui_view(&a->ui));
	char view = app_letter(a);
	size_t n;
	const struct key_row *k = key_table(&n);
	int found = 0;

	for (size_t i = 0; i < n && found < HINTS_MAX; i++) {
		const char *own = v->hint && view == ui_letter(&a->ui)
		                      ? v->hint(&a->ui, app_shown(a), k[i].action)
		                      : NULL;
		const char *word = own                                   ? own
		                   : k[i].action == ACT_GO && a->t.panel ? app_panel_goal(a)
		                                                         : k[i].hint;

		if (view == 'Y' && k[i].action == ACT_CONSENT && !app_may_consent_to_region(a))
			continue;
		/* if two keys go back, Esc is enough */
		if (!k[i].hint[0] || !word[0] || !key_row_in(&k[i], view) ||
		    (k[i].action == ACT_CLOSE && (a->ui.depth || a->t.panel)))
			continue;
		out[found] = k[i];
		out[found++].hint = word;
	}
	return found;
}

static int
app_hint_width(const struct key_row *k)
{
	return (int)strcspn(k->keys, " ") + 1 + (int)strlen(k->hint);
}

/* If there is no room for all, the last ones are dropped, but never the way back. */
static int
app_fit_hints(struct key_row hint[HINTS_MAX], int n, int cols)
{
	int total = -2;

	for (int i = 0; i < n; i++)
		total += app_hint_width(&hint[i]) + 2;
	while (n > 1 && total > cols) {
		bool out = hint[n - 1].action == ACT_BACK || hint[n - 1].action == ACT_CLOSE;

		total -= app_hint_width(&hint[n - 1 - out]) + 2;
		if (out)
			hint[n - 2] = hint[n - 1];
		n--;
	}
	return n;
}

static void
draw_hints(const struct app *a)
{
	struct key_row hint[HINTS_MAX];
	int n = a->o->hints ? app_fit_hints(hint, app_find_hints(a, hint), a->ui.cols) : 0;
	int x = 0, y = a->ui.rows - 1;

	for (int i = 0; i < n; i++) {
		int from = x;

		x = paint_text(y, x, a->ui.cols, ROLE_ACCENT, "%.*s",
		               (int)strcspn(hint[i].keys, " "), hint[i].keys);
		x = paint_text(y, x + 1, a->ui.cols, ROLE_TEXT, "%s", hint[i].hint) + 2;
		zone_key(y, from, x - 2, hint[i].action);
	}
}

/* A message; a long one takes the row above as well, broken at a blank. */
static void
draw_message(const struct app *a, int y, enum role role, int x, const char *text)
{
	int room = a->ui.cols - x - 1;
	size_t cut;

	paint_fill(y, 0, a->ui.cols, ROLE_TEXT);
	if ((int)fit_width(text, strlen(text)) <= room) {
		paint_text(y, x, a->ui.cols, role, "%s", text);
		return;
	}
	cut = fit_line(text, (size_t)room);
	paint_fill(y - 1, 0, a->ui.cols, ROLE_TEXT);
	paint_text(y - 1, x, a->ui.cols, role, "%.*s", (int)cut, text);
	paint_text(y, x, a->ui.cols, role, "%s", text + cut + (text[cut] == ' '));
}

/* The question's place or range, and for goto the one it goes to. false: it has none. */
static bool
app_preview_parse(const struct app *a, struct query *q)
{
	struct here here;
	struct err err;
	struct lex rest;

	if (here_read(&a->ui, prompt_line(), &here, &err) < 0 ||
	    query_parse(here.text, app_shown(a)->page_size, q, &err) < 0)
		return false;
	if (q->kind == QUERY_GOTO) {
		rest = (struct lex){.text = here.text, .at = here.text + q->rest,
		                    .page_size = app_shown(a)->page_size};
		if (query_parse_rest(&rest, q, &err) < 0)
			return false;
	}
	return q->from.column;
}

static void
draw_preview_range(const struct app *a, int y, int x, uint64_t start, uint64_t end)
{
	char size[24];

	if (end - start < 1024) /* of hex: others take pages */
		snprintf(size, sizeof(size), "%llu bytes", (unsigned long long)(end - start));
	else
		size_text(size, end - start);
	paint_text(y, x, a->ui.cols, ROLE_DIM, "-> %llx..%llx %s", (unsigned long long)start,
	           (unsigned long long)end, size);
}

/* What the line would do, while it is typed: no memory is read, and no file. */
static void
draw_preview(const struct app *a, int y, int x)
{
	const struct sample *s = app_shown(a);
	struct query q;
	struct err err;
	uint64_t addr, end;
	const struct vma *v;
	struct buf text = {0};
	char perm[5];

	if (prompt_kind() != PROMPT_ASK || !s || !s->regions || !prompt_line()[0] ||
	    !app_preview_parse(a, &q))
		return;
	if (settle_is_due(&q, &s->regions->vmas)) { /* symbols are not looked up meanwhile */
		paint_text(y, x, a->ui.cols, ROLE_DIM, "-> Enter looks it up");
		return;
	}
	if (q.is_range) {
		if ((q.kind == QUERY_BYTES
		         ? query_bytes(&q, &s->regions->vmas, &addr, &end, &err)
		         : query_range_in(&q, &s->regions->vmas, s->page_size, &addr, &end,
		                          &err)) == 0)
			draw_preview_range(a, y, x, addr, end);
		return;
	}
	if (query_resolve(&q.from, &s->regions->vmas, &addr, &v, &err) < 0)
		return;
	buf_fmt(&text, "-> %llx ", (unsigned long long)addr);
	if (v) {
		vma_perm_text(v, perm);
		buf_fmt(&text, "%s ", perm);
		fit_name_cut(&text, v, 32);
	} else {
		buf_str(&text, "not mapped");
	}
	fit_draw_cut(y, x, a->ui.cols, ROLE_DIM, text.s);
	buf_free(&text);
}

static void
draw_found(const struct ui *ui, int y, int x, size_t found, size_t of)
{
	if (!of)
		paint_text(y, x, ui->cols, ROLE_HOT, "-> no match");
	else
		paint_text(y, x, ui->cols, ROLE_DIM, "-> %zu of %zu", found, of);
}

/* How the line changes the list, while it is typed. */
static void
draw_effect(const struct app *a, int y, int x)
{
	const struct ui *ui = &a->ui;
	const struct sample *s = app_shown(a);

	if (!prompt_line()[0] || !s || !s->regions)
		return;
	if (prompt_kind() == PROMPT_FIND)
		draw_found(ui, y, x, ui->list->found, ui->list->found_n);
	else if (prompt_kind() == PROMPT_FIND_WRITER)
		draw_found(ui, y, x, by_of(ui)->found, by_of(ui)->found_n);
	else if (a->prompt.typing[0])
		fit_draw_cut(y, paint_text(y, x, ui->cols, ROLE_DIM, "-> "), ui->cols, ROLE_DIM,
		             a->prompt.typing);
	else if (prompt_kind() == PROMPT_FILTER)
		paint_text(y, x, ui->cols, ROLE_DIM, "-> %zu of %zu region%s", ui->list->shown,
		           s->regions->vmas.n, plural(s->regions->vmas.n));
}

/* A caret above the error; the message goes after it, or before or above it if there is no room. */
static void
draw_error(const struct app *a, int y, int caret)
{
	char text[sizeof(a->prompt.error) + 2];
	int width = (int)fit_width(a->prompt.error, strlen(a->prompt.error));

	snprintf(text, sizeof(text), "^ %s", a->prompt.error);
	if (caret + width + 3 <= a->ui.cols || caret < a->ui.cols / 2) {
		draw_message(a, y, ROLE_HOT, caret, text);
		return;
	}
	paint_fill(y, 0, a->ui.cols, ROLE_TEXT);
	paint_text(y, caret, a->ui.cols, ROLE_HOT, "^");
	if (width < caret)
		paint_text(y, caret - width - 1, caret, ROLE_HOT, "%s", a->prompt.error);
	else
		draw_message(a, y - 1, ROLE_HOT, 1, a->prompt.error);
}

/* The prompt's sign, dropped on a small screen. Returns the column where the input begins. */
static int
draw_sign(int y, int cols, const char *sign)
{
	enum { LINE_LEAST = 12 };
	int width = (int)strlen(sign), x = width < cols - LINE_LEAST ? width : cols - LINE_LEAST;

	paint_fill(y, 0, cols, ROLE_TEXT);
	fit_draw_cut(y, 0, x < width ? x - 1 : x, ROLE_ACCENT, sign);
	return x;
}

/* What Tab leaves to choose from, above the prompt in row y: each word with what it means. */
static void
draw_candidates(const struct app *a, int y)
{
	enum { ROWS_MAX = 10 };
	size_t n, width = 0;
	const struct prompt_word *const *words = prompt_candidates(&n);
	int rows = (int)u64_min(n, u64_min(ROWS_MAX, (uint64_t)(y - 1))), top = y - rows;
	char more[48];

	for (size_t i = 0; i < n; i++)
		width = u64_max(width, fit_width(words[i]->text, strlen(words[i]->text)));
	width = u64_min(width, (uint64_t)a->ui.cols / 3);
	for (int i = 0; i < rows; i++) {
		bool last = i == rows - 1 && (size_t)rows < n;

		paint_fill(top + i, 0, a->ui.cols, ROLE_HEADER);
		snprintf(more, sizeof(more), "%zu more: type on", n - (size_t)i);
		fit_draw_cut(top + i, 1, last ? a->ui.cols : (int)width + 1, ROLE_HEADER,
		             last ? more : words[i]->text);
		if (!last)
			fit_draw_cut(top + i, (int)width + 3, a->ui.cols, ROLE_HEADER_DIM,
			             words[i]->help);
	}
}

static void
draw_search(const struct app *a, int y, const char *text, bool found)
{
	struct buf b = {0};

	buf_fmt(&b, "history: \"%s\"%s   ^R older, Enter takes it, Esc leaves", text,
	        text[0] && !found ? " not found" : "");
	paint_fill(y, 0, a->ui.cols, ROLE_HEADER);
	fit_draw_cut(y, 1, a->ui.cols, ROLE_HEADER, b.s);
	buf_free(&b);
}

static void
draw_prompt(const struct app *a, int y)
{
	static const char *const signs[] = {[PROMPT_ASK] = ":",
	                                    [PROMPT_FIND] = "/",
	                                    [PROMPT_FIND_HELP] = "/",
	                                    [PROMPT_FIND_WRITER] = "/",
	                                    [PROMPT_FILTER] = "filter: ",
	                                    [PROMPT_INTERVAL] = "seconds between samples: ",
	                                    [PROMPT_AUTO_CLEAR] =
	                                        "seconds between clears (0: stop): ",
	                                    [PROMPT_WRITE] = "write to .txt .ansi .csv .json: ",
	                                    [PROMPT_PAGE_FIND] = "/",
	                                    [PROMPT_BYTE_FIND] = "/",
	                                    [PROMPT_PAGE_FILTER] = "filter: "};
	const char *line = prompt_line();
	bool found;
	int from = draw_sign(y, a->ui.cols, signs[prompt_kind()]), x;
	size_t skip =
	    fit_skip(line, prompt_point(),
	             /* of a long line, the part around the cursor */
	             (size_t)(a->ui.cols - from - 1));

	paint_cursor(y, from + (int)fit_width(line + skip, prompt_point() - skip));
	x = paint_text(y, from, a->ui.cols, ROLE_TEXT, "%s", line + skip);
	draw_preview(a, y, x + 3);
	draw_effect(a, y, x + 3);
	if (a->prompt.error[0]) {
		size_t wrong = u64_min(strlen(line), a->prompt.error_at);

		draw_error(a, y - 1,
		           from + (wrong > skip ? (int)fit_width(line + skip, wrong - skip) : 0));
	} else if (prompt_searched(&found)) {
		draw_search(a, y - 1, prompt_searched(&found), found);
	} else {
		draw_candidates(a, y);
	}
}

/* Whether there is a message that is recent and applies to what is on screen. */
static bool
app_has_toast(const struct app *a)
{
	return time_ns() < a->toast.until && (!a->toast.view || a->toast.view == app_letter(a)) &&
	       (a->toast.lens == LENS_COUNT || a->toast.lens == a->ui.lens);
}

static void
draw_say(const struct app *a, int y)
{
	struct buf text = {0};

	if (!a->t.awaited && app_say_work(a, &text)) {
		fit_draw_cut(y, 1, a->ui.cols, ROLE_HOT, text.s);
		buf_free(&text);
		return;
	}
	if (!a->t.awaited && app_has_toast(a)) {
		draw_message(a, y, a->toast.role, 1, a->toast.text);
		return;
	}
	if (a->t.awaited)
		app_say_awaited(a, &text);
	else if (app_shown(a) && app_shown(a)->trouble.what[0])
		buf_fmt(&text, "%s: %s", app_shown(a)->trouble.what, app_shown(a)->trouble.why);
	else
		view_of(ui_view(&a->ui))->say(&a->ui, app_shown(a), &text);
	fit_draw_cut(y, 1, a->ui.cols, ROLE_TEXT, text.s);
	buf_free(&text);
}

/* The question shows costs only: skips the facts about trackers. */
static int
app_count_costs(const struct answer *p)
{
	int n = 0;

	while (n < (int)p->n && strcmp(p->f[n].key, tracker_words((enum tracker)0)->name) != 0)
		n++;
	return n;
}

/* The question; below it all costs, if the user asked for them. */
static void
draw_question(const struct app *a, int bottom)
{
	const struct answer *p = a->t.panel;
	const char *question = p->question ? p->question : p->line;
	int cols = a->ui.cols, lines = app_panel_head(question, cols);
	int facts = a->t.explains ? app_count_costs(p) : 0;
	int rows = lines + facts < bottom - 2 ? lines + facts : bottom - 2, top = bottom - rows;

	zone_cover(top, 0, bottom, cols);
	for (int y = top; y < top + lines && y < bottom; y++)
		paint_fill(y, 0, cols, ROLE_HEADER);
	top = fit_draw_lines(top, bottom, cols, ROLE_HEADER, question);
	app_panel_draw_facts(p, facts, top, bottom, cols);
}

static int
app_least_cols(const struct app *a)
{
	return a->choose.lister ? CHOOSE_COLS : MIN_COLS;
}

static void
draw_small(const struct app *a)
{
	paint_text(0, 0, a->term.cols, ROLE_TEXT, "%dx%d: pmtop needs", a->term.cols, a->term.rows);
	paint_text(1, 0, a->term.cols, ROLE_TEXT, "%dx%d; %s quits", app_least_cols(a), MIN_ROWS,
	           a->choose.lister ? key_of(ACT_BACK, 'S') : key_of(ACT_CLOSE, 'R'));
}

/*
 * Views are laid out for at least the smallest supported screen: on a smaller one they are not
 * drawn, but keys still arrive.
 */
void
app_settle(struct app *a)
{
	const struct sample *s = app_shown(a);

	a->ui.rows = a->term.rows > MIN_ROWS ? a->term.rows : MIN_ROWS;
	a->ui.cols = a->term.cols > app_least_cols(a) ? a->term.cols : app_least_cols(a);
	if (s || ui_is_bare(&a->ui))
		view_settle(&a->ui, s, 1, app_bottom(a));
}

/* The time for ages on screen: it runs on in a live sample and stands still in an earlier one. */
static uint64_t
draw_now(const struct app *a, const struct sample *s)
{
	if (!s)
		return time_ns();
	return a->t.back || a->o->term.calm ? s->time_ns : sample_clock(s, time_ns());
}

void
app_draw(struct app *a)
{
	const struct sample *s = app_shown(a);
	const struct view *v = view_of(ui_view(&a->ui));
	int bottom;

	a->ui.now = draw_now(a, s);
	app_see_work(a);
	app_once_show(a);
	app_settle(a);
	bottom = app_bottom(a);
	paint_begin(&a->term);
	zones_begin();
	if (a->term.rows < MIN_ROWS || a->term.cols < app_least_cols(a)) {
		draw_small(a);
	} else {
		app_header(a);
		if (s || ui_is_bare(&a->ui)) {
			v->draw(&a->ui, s, 1, bottom);
			draw_say(a, bottom);
			if (app_timebar(a))
				timebar_draw(s, bottom + 1, a->ui.cols);
		} else {
			paint_text(1, 1, a->ui.cols, ROLE_DIM, "%s process %d",
			           a->t.owner == TRACK_DEMO ? "starting the demo," : "opening",
			           (int)a->t.pid);
		}
		if (a->t.panel && a->t.asking)
			draw_question(a, bottom);
		else if (a->t.panel)
			app_panel_draw(a, bottom);
		if (prompt_is_open())
			draw_prompt(a, a->ui.rows - 1);
		else
			draw_hints(a);
	}
	a->status.cells = paint_flush();
	a->stale = false;
	a->status.frame++;
}
