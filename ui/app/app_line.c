/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last lines: messages; the prompt, what it would do, its errors, what Tab can choose from. */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "model/by.h"
#include "model/here.h"
#include "model/list.h"
#include "query/settle.h"
#include "term/fit.h"
#include "term/paint.h"
#include "term/prompt.h"

/* A message from column x on, its last line in row y: a long one takes rows above as well. */
void
app_draw_message(const struct app *a, int y, enum role role, int x, const char *text)
{
	int room = a->ui.cols - x, rows = app_panel_head(text, room), last = y;

	for (y = rows < last ? last - rows + 1 : 1; *text && y <= last; y++) {
		size_t len = fit_line(text, (size_t)(room - 1));

		paint_fill(y, 0, a->ui.cols, ROLE_TEXT);
		paint_text(y, x, a->ui.cols, role, "%.*s", (int)len, text);
		text += len + (text[len] == ' ');
	}
}

/* The question's place or range, and for goto the one it goes to. false: it has none. */
static bool
line_preview_parse(const struct app *a, struct query *q)
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
line_draw_preview_range(const struct app *a, int y, int x, uint64_t start, uint64_t end)
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
line_draw_preview(const struct app *a, int y, int x)
{
	const struct sample *s = app_shown(a);
	struct query q;
	struct err err;
	uint64_t addr, end;
	const struct vma *v;
	struct buf text = {0};
	char perm[5];

	if (prompt_kind() != PROMPT_ASK || !s || !s->regions || !prompt_line()[0] ||
	    !line_preview_parse(a, &q))
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
			line_draw_preview_range(a, y, x, addr, end);
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
line_draw_found(const struct ui *ui, int y, int x, size_t found, size_t of)
{
	if (!of)
		paint_text(y, x, ui->cols, ROLE_HOT, "-> no match");
	else
		paint_text(y, x, ui->cols, ROLE_DIM, "-> %zu of %zu", found, of);
}

/* How the line changes the list, while it is typed. */
static void
line_draw_effect(const struct app *a, int y, int x)
{
	const struct ui *ui = &a->ui;
	const struct sample *s = app_shown(a);

	if (!prompt_line()[0] || !s || !s->regions)
		return;
	if (prompt_kind() == PROMPT_FIND)
		line_draw_found(ui, y, x, ui->list->found, ui->list->found_n);
	else if (prompt_kind() == PROMPT_FIND_WRITER)
		line_draw_found(ui, y, x, by_of(ui)->found, by_of(ui)->found_n);
	else if (a->prompt.typing[0])
		fit_draw_cut(y, paint_text(y, x, ui->cols, ROLE_DIM, "-> "), ui->cols, ROLE_DIM,
		             a->prompt.typing);
	else if (prompt_kind() == PROMPT_FILTER)
		paint_text(y, x, ui->cols, ROLE_DIM, "-> %zu of %zu region%s", ui->list->shown,
		           s->regions->vmas.n, plural(s->regions->vmas.n));
}

/*
 * A caret above the error; the message goes after it, in two rows if need be; or before or above
 * it if there is no room.
 */
static void
line_draw_error(const struct app *a, int y, int caret)
{
	enum { ROWS = 2 };
	char text[sizeof(a->prompt.error) + 2];
	int width = (int)fit_width(a->prompt.error, strlen(a->prompt.error));

	snprintf(text, sizeof(text), "^ %s", a->prompt.error);
	if (caret + width + 3 <= a->ui.cols ||
	    (caret < a->ui.cols / 2 && app_panel_head(text, a->ui.cols - caret) <= ROWS)) {
		app_draw_message(a, y, ROLE_HOT, caret, text);
		return;
	}
	paint_fill(y, 0, a->ui.cols, ROLE_TEXT);
	paint_text(y, caret, a->ui.cols, ROLE_HOT, "^");
	if (width < caret)
		paint_text(y, caret - width - 1, caret, ROLE_HOT, "%s", a->prompt.error);
	else
		app_draw_message(a, y - 1, ROLE_HOT, 1, a->prompt.error);
}

/* The prompt's sign, dropped on a small screen. Returns the column where the input begins. */
static int
line_draw_sign(int y, int cols, const char *sign)
{
	enum { LINE_LEAST = 12 };
	int width = (int)strlen(sign), x = width < cols - LINE_LEAST ? width : cols - LINE_LEAST;

	paint_fill(y, 0, cols, ROLE_TEXT);
	fit_draw_cut(y, 0, x < width ? x - 1 : x, ROLE_ACCENT, sign);
	return x;
}

/* What Tab leaves to choose from, above the prompt in row y: each word with what it means. */
static void
line_draw_candidates(const struct app *a, int y)
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
line_draw_search(const struct app *a, int y, const char *text, bool found)
{
	struct buf b = {0};

	buf_fmt(&b, "history: \"%s\"%s   ^R older, Enter takes it, Esc leaves", text,
	        text[0] && !found ? " not found" : "");
	paint_fill(y, 0, a->ui.cols, ROLE_HEADER);
	fit_draw_cut(y, 1, a->ui.cols, ROLE_HEADER, b.s);
	buf_free(&b);
}

void
app_draw_prompt(const struct app *a, int y)
{
	static const char *const signs[] = {[PROMPT_ASK] = ":",
	                                    [PROMPT_FIND] = "/",
	                                    [PROMPT_FIND_HELP] = "/",
	                                    [PROMPT_FIND_WRITER] = "/",
	                                    [PROMPT_FILTER] = "filter: ",
	                                    [PROMPT_INTERVAL] = "seconds between samples: ",
	                                    [PROMPT_AUTO_CLEAR] =
	                                        "seconds between clears (Enter: 1, 0: stop): ",
	                                    [PROMPT_WRITE] = "write to .txt .ansi .csv .json: ",
	                                    [PROMPT_PAGE_FIND] = "/",
	                                    [PROMPT_BYTE_FIND] = "/",
	                                    [PROMPT_PAGE_FILTER] = "filter: "};
	const char *line = prompt_line();
	bool found;
	int from = line_draw_sign(y, a->ui.cols, signs[prompt_kind()]), x;
	size_t skip =
	    fit_skip(line, prompt_point(),
	             /* of a long line, the part around the cursor */
	             (size_t)(a->ui.cols - from - 1));

	paint_cursor(y, from + (int)fit_width(line + skip, prompt_point() - skip));
	x = paint_text(y, from, a->ui.cols, ROLE_TEXT, "%s", line + skip);
	line_draw_preview(a, y, x + 3);
	line_draw_effect(a, y, x + 3);
	if (a->prompt.error[0]) {
		size_t wrong = u64_min(strlen(line), a->prompt.error_at);

		line_draw_error(a, y - 1,
		           from + (wrong > skip ? (int)fit_width(line + skip, wrong - skip) : 0));
	} else if (prompt_searched(&found)) {
		line_draw_search(a, y - 1, prompt_searched(&found), found);
	} else {
		line_draw_candidates(a, y);
	}
}
