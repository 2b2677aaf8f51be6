/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The prompt: its lines, and what they do. */
#include "app/app_state.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "model/by.h"
#include "model/dump.h"
#include "model/here.h"
#include "model/list.h"
#include "model/pages.h"
#include "query/settle.h"
#include "term/paint.h"
#include "term/prompt.h"
#include "views/list_typed.h"
#include "views/view.h"
#include "views/view_help.h"

enum { ESC_MS = 25 }; /* Esc alone, or the start of a sequence */

static bool
app_is_filter(int kind)
{
	return kind == PROMPT_FILTER || kind == PROMPT_PAGE_FIND || kind == PROMPT_PAGE_FILTER;
}

void
app_prompt(struct app *a, int kind)
{
	char range[48], name[64];
	uint64_t lo, hi;

	a->prompt.error[0] = '\0';
	prompt_open((enum prompt_kind)kind,
	            kind == PROMPT_ASK || app_is_filter(kind) ? app_word_at : NULL, a);
	if (kind == PROMPT_ASK &&
	    ui_range(&a->ui, &lo, &hi)) { /* most likely the question is about the range */
		snprintf(range, sizeof(range), "%llx..%llx", (unsigned long long)lo,
		         (unsigned long long)hi);
		prompt_reopen(range, 0);
	} else if (kind == PROMPT_WRITE) {
		app_report_name(a, name, sizeof(name));
		prompt_reopen(name, 0);
	}
	if (kind == PROMPT_FIND || kind == PROMPT_FILTER)
		list_typed_begin(&a->ui);
	if (kind == PROMPT_FILTER)
		prompt_reopen(a->ui.list->filter.text, 0);
	else if (kind == PROMPT_PAGE_FILTER)
		prompt_reopen(a->ui.pages->filter, 0);
}

/* Reopens the prompt with the line. The ^ shows the column. */
static void
app_prompt_refuse(struct app *a, const char *line, const struct err *e)
{
	snprintf(a->prompt.error, sizeof(a->prompt.error), "%s%s%s", e->why, e->how[0] ? "; " : "",
	         e->how);
	a->prompt.error_at = e->column > 0 ? (size_t)e->column - 1 : 0;
	prompt_reopen(line, e->column);
}

static void
app_show_bytes_at(struct app *a, uint64_t start)
{
	if (ui_view(&a->ui) == VIEW_HEX) {
		ui_hex_jump(&a->ui, start);
	} else {
		ui_go(&a->ui, app_shown(a), start);
		ui_hex(&a->ui, start);
	}
}

/* Opens the hex view at the start of a range of bytes. */
static bool
app_show_bytes(struct app *a, const struct query *q, struct err *err)
{
	const struct sample *s = app_shown(a);
	uint64_t start, end;

	if (query_bytes(q, &s->regions->vmas, &start, &end, err) < 0)
		return false;
	if (!vma_at(&s->regions->vmas, start)) {
		err_set(err, ERR_USAGE, "nothing is mapped there", NULL, "no bytes at %llx",
		        (unsigned long long)start);
		err->column = q->from.column;
		return false;
	}
	app_show_bytes_at(a, start);
	return true;
}

/* What the regions alone show of it. */
static bool
app_resolves(struct app *a, const struct query *q, struct err *err)
{
	const struct vma_list *vmas = &a->t.s->regions->vmas;
	uint64_t addr, end;
	const struct vma *v;

	if (q->kind == QUERY_ADDR)
		return query_resolve(&q->from, vmas, &addr, &v, err) == 0;
	if (q->kind == QUERY_RANGE)
		return query_range(q, vmas, a->t.s->page_size, &addr, &end, err) == 0;
	return q->kind != QUERY_BYTES || app_show_bytes(a, q, err);
}

/* Errors that show without asking the kernel are reported at once, and the line stays open. */
static void
app_ask(struct app *a, const char *line)
{
	const struct sample *s = a->t.s;
	struct here here = {.text = ""};
	struct command c = {.kind = COMMAND_ASK};
	struct query q;
	struct err err;
	bool due = false;

	if (!line[0])
		return;
	if (!s || !s->regions) {
		app_toast(a, ROLE_HOT, "nothing read yet");
		return;
	}
	if (here_read(&a->ui, line, &here, &err) < 0) {
		app_prompt_refuse(a, line, &err);
		return;
	}
	if (query_parse(here.text, s->page_size, &q, &err) < 0 ||
	    (query_group(q.kind) == QUERY_OF_SCREEN
	         ? app_verb(a, &q, here.text, &err) < 0
	         : !(due = settle_is_due(&q, &s->regions->vmas)) && !app_resolves(a, &q, &err))) {
		err.column = here_column(&here, err.column);
		app_prompt_refuse(a, line, &err);
		return;
	}
	prompt_remember(line);
	if (query_group(q.kind) == QUERY_OF_SCREEN)
		return;
	if (q.kind == QUERY_BYTES && !due)
		return;
	if (q.kind ==
	    QUERY_CLEAR) { /* the same as the key, with its scan afterwards and its refusals */
		app_clear(a);
		return;
	}
	if (query_changes(q.kind) && a->o->read_only) {
		app_refuses_change(a);
		return;
	}
	snprintf(c.text, sizeof(c.text), "%s", here.text);
	a->prompt.asked_at = a->status.keys;
	app_command(a, &c);
}

/*
 * Errors that only the process reveals are shown in the line, too; but not if keys were pressed
 * since, because they would be typed into it.
 */
void
app_prompt_answered(struct app *a, struct result *r)
{
	bool going = r->command.serial == a->t.going;
	char line[sizeof(r->command.text) + 8];

	if (!r->answer)
		a->t.asking = 0; /* there is nothing to consent to */
	if (!r->answer && r->err.column && a->prompt.asked_at == a->status.keys) {
		snprintf(line, sizeof(line), "%s%s", going ? "goto " : "", r->command.text);
		r->err.column += going ? (int)strlen("goto ") : 0;
		app_prompt(a, PROMPT_ASK);
		app_prompt_refuse(a, line, &r->err);
	} else if (!r->answer) {
		app_toast_err(a, &r->err);
	} else if (going && r->answer->has_place) {
		app_go(a, r->answer->place);
	} else if (r->answer->bytes) {
		app_show_bytes_at(a, r->answer->bytes->start);
	} else {
		app_close_panel(a);
		a->toast.until = 0; /* of what was done before: the panel would cover half of it */
		a->t.panel = r->answer;
		r->answer = NULL;
		if (a->t.panel->table.times)
			app_when(a, a->t.panel);
		snprintf(a->t.asked, sizeof(a->t.asked), "%s", r->command.text);
	}
}

static void
app_set_interval(struct app *a, const char *line)
{
	char *end;
	double secs = strtod(line, &end);

	if (!line[0])
		return;
	if (*end || !(secs >= 0 && secs <= 3600) || (secs > 0 && secs < 0.05)) {
		snprintf(a->prompt.error, sizeof(a->prompt.error),
		         "from 0.05 to 3600 seconds, or 0: only on request");
		a->prompt.error_at = 0;
		prompt_reopen(line, 0);
		return;
	}
	a->t.request.interval_ns = (uint64_t)(secs * 1e9);
	app_post(a);
}

/* An empty line takes what the prompt offers. */
static void
app_set_auto_clear(struct app *a, const char *line)
{
	const char *text = *line ? line : "1";
	struct lex r = {.text = text, .at = text};
	struct err err;

	if (app_auto_clear(a, &r, &err) < 0)
		app_prompt_refuse(a, line, &err);
}

/* An empty line repeats the last search. */
static void
app_find(struct app *a, const char *line)
{
	if (!app_shown(a))
		return;
	list_find_typed(&a->ui, app_shown(a), line);
	if (!line[0]) {
		list_typed_cancel(&a->ui);
		if (list_find(&a->ui, app_shown(a), 1) == FX_NOT_FOUND)
			app_not_found(a);
	} else if (!a->ui.list->found_n) {
		app_not_found(a);
	}
}

static void
app_filter(struct app *a, const char *line)
{
	struct err err;

	if (app_shown(a) && list_filter_typed(&a->ui, app_shown(a), line, &err) < 0)
		app_prompt_refuse(a, line, &err);
}

/* A filter of pages. false: the line was refused. */
static bool
app_take_page_filter(struct app *a, const char *line, char out[PAGE_FILTER])
{
	struct lex r = {.text = line, .at = line};
	struct err err;

	if (app_read_page_filter(a, &r, out, &err) == 0)
		return true;
	app_prompt_refuse(a, line, &err);
	return false;
}

/* The search of the hex view; an empty line repeats the last one. */
static void
app_find_bytes(struct app *a, const char *line)
{
	struct pattern p;
	struct err err;

	if (line[strspn(line, " \t")]) {
		if ((strlen(line) >= sizeof(a->ui.dump->find)
		         ? err_set(&err, ERR_USAGE, "the line is too long",
		                   "search for fewer bytes", "cannot read it")
		         : pattern_parse(line, sizeof(void *), &p, &err)) < 0) {
			app_prompt_refuse(a, line, &err);
			return;
		}
		snprintf(a->ui.dump->find, sizeof(a->ui.dump->find), "%.255s", line);
	}
	if (a->ui.dump->find[0] && app_shown(a))
		app_seek(a, false);
}

static void
app_write_to(struct app *a, const char *line)
{
	struct lex r = {.text = line, .at = line};
	char path[512];
	struct err err;

	if (line[0] &&
	    (app_read_file(&r, path, sizeof(path), &err) < 0 || app_report(a, path, &err) < 0))
		app_prompt_refuse(a, line, &err);
}

static void
app_find_writer(struct app *a, const char *line)
{
	if (!app_shown(a))
		return;
	by_find_typed(&a->ui, app_shown(a), line);
	if (line[0] && !by_of(&a->ui)->found_n)
		app_not_found(a);
}

static void
app_cut_blanks(char *line)
{
	size_t n = strlen(line);

	while (n && line[n - 1] == ' ')
		line[--n] = '\0';
}

static void
app_prompt_entered(struct app *a)
{
	char line[512];

	snprintf(line, sizeof(line), "%s", prompt_line());
	switch (prompt_kind()) {
	case PROMPT_ASK:
		app_cut_blanks(line); /* as Tab leaves one behind a word */
		app_ask(a, line);
		break;
	case PROMPT_INTERVAL:
		app_set_interval(a, line);
		break;
	case PROMPT_AUTO_CLEAR:
		app_set_auto_clear(a, line);
		break;
	case PROMPT_WRITE:
		app_write_to(a, line);
		break;
	case PROMPT_FIND:
		app_find(a, line);
		break;
	case PROMPT_FIND_WRITER:
		app_find_writer(a, line);
		break;
	case PROMPT_FIND_HELP:
		view_help_find(&a->ui, line);
		break;
	case PROMPT_FILTER:
		app_filter(a, line);
		break;
	case PROMPT_PAGE_FILTER:
		if (app_shown(a))
			app_take_page_filter(a, line, a->ui.pages->filter);
		break;
	case PROMPT_PAGE_FIND: /* an empty line repeats the last search */
		if (app_shown(a) &&
		    (!line[0] || app_take_page_filter(a, line, a->ui.pages->find)) &&
		    a->ui.pages->find[0])
			app_seek(a, false);
		break;
	case PROMPT_BYTE_FIND:
		app_find_bytes(a, line);
		break;
	}
}

static bool
app_more_typed(struct app *a)
{
	struct pollfd p = {.fd = term_fd(&a->term), .events = POLLIN};

	return term_has_byte() || poll(&p, 1, ESC_MS) > 0;
}

/*
 * The list follows what is typed. A filter that does not parse yet changes nothing; the reason is
 * shown beside it.
 */
static void
app_follow(struct app *a)
{
	struct err err = {0};
	struct pattern p;
	struct filter f;

	a->prompt.typing[0] = '\0';
	if (prompt_kind() == PROMPT_FIND_HELP)
		view_help_find(&a->ui, prompt_line());
	if (!app_shown(a))
		return;
	if (prompt_kind() == PROMPT_FIND_WRITER)
		by_find_typed(&a->ui, app_shown(a), prompt_line());
	else if (prompt_kind() == PROMPT_FIND)
		list_find_typed(&a->ui, app_shown(a), prompt_line());
	else if (prompt_kind() == PROMPT_FILTER &&
	         list_filter_typed(&a->ui, app_shown(a), prompt_line(), &err) < 0)
		err_why(&err, a->prompt.typing, sizeof(a->prompt.typing));
	else if ((prompt_kind() == PROMPT_PAGE_FIND || prompt_kind() == PROMPT_PAGE_FILTER) &&
	         prompt_line()[0] &&
	         filter_parse(prompt_line(), FILTER_PAGE, app_shown(a)->page_size, &f, &err) < 0)
		err_why(&err, a->prompt.typing, sizeof(a->prompt.typing));
	else if (prompt_kind() == PROMPT_BYTE_FIND && prompt_line()[0] &&
	         pattern_parse(prompt_line(), sizeof(void *), &p, &err) < 0)
		err_why(&err, a->prompt.typing, sizeof(a->prompt.typing));
}

static void
app_cancel(struct app *a)
{
	if (prompt_kind() == PROMPT_FIND || prompt_kind() == PROMPT_FILTER)
		list_typed_cancel(&a->ui);
	if (prompt_kind() == PROMPT_FIND_WRITER)
		by_find_cancel(&a->ui);
	if (prompt_kind() == PROMPT_FIND_HELP)
		view_help_find(&a->ui, "");
}

bool
app_prompt_cancel(struct app *a)
{
	if (!prompt_is_open())
		return false;
	a->prompt.error[0] = '\0';
	prompt_close();
	app_cancel(a);
	a->stale = true;
	return true;
}

void
app_prompt_key(struct app *a, int byte)
{
	a->prompt.error[0] = '\0';
	if (byte == 27 && !app_more_typed(a)) {
		if (!prompt_cancel_search())
			app_prompt_cancel(a);
		return;
	}
	switch (prompt_feed(byte)) {
	case PROMPT_DONE:
		app_prompt_entered(a);
		break;
	case PROMPT_CANCELLED:
		app_cancel(a);
		break;
	case PROMPT_EDITING:
		app_follow(a);
		break;
	}
}
