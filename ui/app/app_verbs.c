/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The verbs of the prompt that do something to the screen: what keys do, in words. */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/guess.h"
#include "base/util.h"
#include "config/settings.h"
#include "config/topics.h"
#include "model/by.h"
#include "model/list.h"
#include "model/list_rows.h"
#include "model/pages.h"
#include "query/settle.h"
#include "term/paint.h"
#include "views/list_typed.h"
#include "views/view.h"
#include "views/view_grid.h"
#include "views/view_help.h"

/* --- arguments -------------------------------------------------------------------------------- */

/* The error of a function that was given only the rest of the line. */
static int
app_verb_fail(const struct lex *r, struct err *err)
{
	err->column = err->column ? err->column + lex_column(r, r->at) - 1 : lex_column(r, r->at);
	return -1;
}

static int
app_verb_end(struct lex *r, struct err *err)
{
	lex_skip_blanks(r);
	return *r->at ? lex_fail(r, r->at, "unexpected text here", NULL, err) : 0;
}

static bool
app_verb_is(const struct lex *r, const char *words)
{
	return lex_is_one_of(words, r->at, strcspn(r->at, " \t"));
}

static int
app_verb_expected(const struct lex *r, const char *what, const char *how, struct err *err)
{
	char why[96];

	snprintf(why, sizeof(why), "expected %s here", what);
	return lex_fail(r, r->at, why, how, err);
}

static void
app_verb_show_list(struct app *a)
{
	if (ui_view(&a->ui) == VIEW_REGIONS)
		return;
	ui_leave(&a->ui);
	a->ui.depth = 0;
}

/* --- settings --------------------------------------------------------------------------------- */

static void
app_set_look(struct app *a, const struct options *o, enum setting_id id)
{
	if (id == SETTING_THEME)
		a->own.theme = o->theme;
	if (id == SETTING_CALM)
		a->own.term.calm = a->term.calm = o->calm;
	paint_again(&a->term, a->o->theme);
}

/* What the options say of this setting is done now. */
static void
app_set_now(struct app *a, const struct options *o, enum setting_id id)
{
	struct ui *ui = &a->ui;

	switch (id) {
	case SETTING_CALM:
	case SETTING_THEME: app_set_look(a, o, id); break;
	case SETTING_INTERVAL:
		a->t.request.interval_ns = o->interval_ns;
		app_post(a);
		break;
	case SETTING_COLUMNS: ui->list->columns = o->list_columns; break;
	case SETTING_SORT: rows_sort(ui, o->list_sort, o->list_invert); break;
	case SETTING_GROUP: rows_group_by(ui, o->grouping); break;
	case SETTING_LENS: ui->lens = o->lens; break;
	case SETTING_LETTERS: ui->pages->letters = o->letters; break;
	case SETTING_HINTS: a->own.hints = o->hints; break;
	case SETTING_READ_ONLY: a->own.read_only = o->read_only; break;
	case SETTING_ATTRIBUTION:
		a->own.attribution = a->t.request.attribution = !o->no_attribution;
		app_post(a);
		break;
	case SETTING_COLOR:
	case SETTING_ASCII:
	case SETTING_MOUSE:
	case SETTINGS: break;
	}
}

/* What protects the target is not taken back by a line. */
static int
app_set_refuse(const struct app *a, const struct options *o, enum setting_id id, struct err *err)
{
	const char *name = setting_table(NULL)[id].name;

	if (!setting_table(NULL)[id].any_time)
		return err_set(err, ERR_USAGE, "it is read only at the start",
		               "set it in pmtoprc, or as an option", "cannot set %s", name);
	if (id == SETTING_READ_ONLY && a->o->read_only && !o->read_only)
		return err_set(err, ERR_USAGE, "pmtop stays read-only until it ends",
		               "start it again without", "cannot set %s", name);
	return 0;
}

/* The rest of the line is the value of the setting. */
static int
app_set(struct app *a, struct lex *r, const char *name, struct err *err)
{
	struct options o = {0};
	enum setting_id id = setting_named(name);

	if (setting_take(&o, name, r->at, err) < 0 ||
	    (id < SETTINGS && app_set_refuse(a, &o, id, err) < 0))
		return app_verb_fail(r, err);
	app_set_now(a, &o, id);
	return 0;
}

static int
app_verb_SET(struct app *a, struct lex *r, struct err *err)
{
	char name[64];
	size_t n = strcspn(r->at, " \t=");

	if (!n || n >= sizeof(name))
		return app_verb_expected(r, "a setting", "such as set letters=all", err);
	snprintf(name, sizeof(name), "%.*s", (int)n, r->at);
	if (setting_named(name) == SETTINGS) {
		struct options ignored = {0};

		setting_take(&ignored, name, "", err);
		return app_verb_fail(r, err);
	}
	r->at += n;
	lex_skip_blanks(r);
	if (!lex_eat_sign(r, '='))
		return app_verb_expected(r, "= and a value",
		                         setting_table(NULL)[setting_named(name)].values, err);
	lex_skip_blanks(r);
	return app_set(a, r, name, err);
}

static int
app_verb_SORT(struct app *a, struct lex *r, struct err *err)
{
	if (app_set(a, r, "sort", err) < 0)
		return -1;
	app_verb_show_list(a);
	return 0;
}

static int
app_verb_GROUP(struct app *a, struct lex *r, struct err *err)
{
	struct lex off = {.text = "address", .at = "address"};

	if (app_set(a, app_verb_is(r, "off") ? &off : r, "group", err) < 0)
		return -1;
	app_verb_show_list(a);
	return 0;
}

static int
app_verb_BY(struct app *a, struct lex *r, struct err *err)
{
	unsigned by = 0;
	bool grown, written;

	while (by <= ATTRIBUTION_BY_REGION && !lex_eat_word(r, by_name(by)))
		by++;
	if (by > ATTRIBUTION_BY_REGION)
		return app_verb_expected(r, "function, thread, chain or region",
		                         "such as by function", err);
	lex_skip_blanks(r);
	grown = lex_eat_word(r, "grown");
	written = !grown && lex_eat_word(r, "written");
	if (app_verb_end(r, err) < 0)
		return -1;
	ui_show(&a->ui, VIEW_BY);
	if (grown || written)
		by_choose(&a->ui, grown);
	by_rank(&a->ui, by);
	return 0;
}

static int
app_verb_BASELINE(struct app *a, struct lex *r, struct err *err)
{
	bool off = lex_eat_word(r, "off");

	if (app_verb_end(r, err) < 0)
		return -1;
	if (!off) {
		app_set_baseline(a);
		return 0;
	}
	if (!a->t.request.baseline)
		return err_set(err, ERR_USAGE, "there is no baseline", NULL, "cannot end it");
	a->t.request.baseline = 0;
	app_post(a);
	app_toast(a, ROLE_TEXT, "the baseline has ended: growth is no longer counted");
	return 0;
}

static int
app_verb_SNAP(struct app *a, struct lex *r, struct err *err)
{
	return app_snap(a, r, err);
}

static int
app_verb_DIFF(struct app *a, struct lex *r, struct err *err)
{
	return app_diff(a, r, err);
}

static int
app_verb_AT(struct app *a, struct lex *r, struct err *err)
{
	bool past = a->t.s->timeline;

	lex_skip_blanks(r);
	if (app_travel_to(a, r->at, err) < 0)
		return past ? app_verb_fail(r, err) : -1;
	return 0;
}

static int
app_verb_PLAY(struct app *a, struct lex *r, struct err *err)
{
	return app_play(a, r, err);
}

static int
app_verb_RECORD(struct app *a, struct lex *r, struct err *err)
{
	bool quoted;
	char path[512];

	lex_skip_blanks(r);
	if (!r->at[0])
		return lex_fail(r, r->at, "a file is expected", "for example: record pages.pmtop",
		                err);
	quoted = r->at[0] == '"';
	if (app_read_file(r, path, sizeof(path), err) < 0)
		return -1;
	app_record(a, quoted || strcmp(path, "off") ? path : "");
	return 0;
}

static int
app_verb_LENS(struct app *a, struct lex *r, struct err *err)
{
	return app_set(a, r, "lens", err);
}

/* --- places and pages ------------------------------------------------------------------------- */

/* Whether the regions alone say where it is, or that it is nowhere: *r, as query_resolve. */
static bool
app_verb_knows(const struct app *a, const struct query *q, uint64_t *addr, int *r, struct err *err)
{
	const struct vma_list *vmas = &a->t.s->regions->vmas;
	const struct vma *v = NULL;

	*r = 0;
	if ((q->kind != QUERY_ADDR && q->kind != QUERY_RANGE && q->kind != QUERY_REGION) ||
	    settle_is_due(q, vmas))
		return false;
	*r = query_resolve(&q->from, vmas, addr, &v, err);
	return *r < 0 || v;
}

static int
app_verb_GOTO(struct app *a, struct lex *r, struct err *err)
{
	struct command c = {.kind = COMMAND_ASK};
	const char *from = r->at;
	struct query q;
	uint64_t addr;
	int known;

	if (query_parse_rest(r, &q, err) < 0)
		return -1;
	if (query_group(q.kind) != QUERY_PLACE)
		return lex_fail(r, from, "this is not a place",
		                "examples: goto heap+0x10, goto main, goto pfn:1a422b", err);
	if (app_verb_knows(a, &q, &addr, &known, err)) {
		if (known == 0)
			app_go(a, addr);
		return known;
	}
	snprintf(c.text, sizeof(c.text), "%s", from);
	a->prompt.asked_at = a->status.keys;
	app_command(a, &c);
	a->t.going = a->t.newest[COMMAND_ASK];
	return 0;
}

int
app_read_page_filter(struct app *a, struct lex *r, char *out, struct err *err)
{
	struct filter f;

	lex_skip_blanks(r);
	if (strlen(r->at) >= PAGE_FILTER)
		return lex_fail(r, r->at, "the filter is too long", "shorten it", err);
	if (*r->at && filter_parse(r->at, FILTER_PAGE, app_shown(a)->page_size, &f, err) < 0)
		return app_verb_fail(r, err);
	snprintf(out, PAGE_FILTER, "%s", r->at);
	return 0;
}

static int
app_verb_seek(struct app *a, struct lex *r, bool back, struct err *err)
{
	if (*r->at && app_read_page_filter(a, r, a->ui.pages->find, err) < 0)
		return -1;
	return app_seek_page(a, back) ? 0
	                              : app_verb_expected(r, "a filter of pages",
	                                                  "such as next swapped", err);
}

static int
app_verb_NEXT(struct app *a, struct lex *r, struct err *err)
{
	return app_verb_seek(a, r, false, err);
}

static int
app_verb_PREV(struct app *a, struct lex *r, struct err *err)
{
	return app_verb_seek(a, r, true, err);
}

static int
app_verb_FILTER(struct app *a, struct lex *r, struct err *err)
{
	enum view_on on = view_row(ui_view(&a->ui))->on;
	bool off = app_verb_is(r, "off");

	if (!*r->at)
		return app_verb_expected(r, "a filter", "or off: no filter", err);
	if (off)
		r->at += strlen(r->at);
	if (on == ON_PAGE || on == ON_BYTE)
		return app_read_page_filter(a, r, a->ui.pages->filter, err);
	app_verb_show_list(a);
	list_typed_begin(&a->ui);
	if (list_filter_typed(&a->ui, app_shown(a), r->at, err) < 0)
		return app_verb_fail(r, err);
	return 0;
}

static int
app_verb_BOOKMARK(struct app *a, struct lex *r, struct err *err)
{
	char letter = *r->at;

	if (letter < 'a' || letter > 'z')
		return app_verb_expected(r, "a letter, a to z,", "such as bookmark a", err);
	r->at++;
	if (app_verb_end(r, err) < 0)
		return -1;
	app_set_bookmark(a, letter);
	return 0;
}

/* --- the rest --------------------------------------------------------------------------------- */

/* N pages a cell: its logarithm; -1: no power of two, or too many. */
static int
app_zoom_of(struct lex *r)
{
	uint64_t n;
	const char *end;
	int zoom = 0;

	if (!parse_u64(r->at, 10, &end, &n) || !n || n & (n - 1) || (*end && !strchr(" \t", *end)))
		return -1;
	r->at = end;
	while (n >> zoom > 1)
		zoom++;
	return zoom <= GRID_ZOOM_MAX ? zoom : -1;
}

static int
app_verb_ZOOM(struct app *a, struct lex *r, struct err *err)
{
	bool grid = ui_view(&a->ui) == VIEW_GRID, fit = lex_eat_word(r, "fit");
	int step = fit ? 0 : lex_eat_word(r, "in") ? 1 : lex_eat_word(r, "out") ? -1 : 0;
	int zoom = fit || step ? -1 : app_zoom_of(r);

	if (!fit && !step && zoom < 0)
		return app_verb_expected(r, "in, out, fit or a power of two",
		                         "such as zoom 8: 8 pages a cell", err);
	if (app_verb_end(r, err) < 0)
		return -1;
	if (!grid && (zoom >= 0 || ui_view(&a->ui) != VIEW_MAP))
		return lex_bad(r->text, 1, "only the pages of a region and the map have a zoom",
		               "goto PLACE shows pages", err);
	if (zoom >= 0)
		view_grid_set_zoom(&a->ui, (unsigned)zoom);
	else if (fit && grid)
		view_grid_set_zoom(&a->ui, grid_fit(&a->ui.pages->grid));
	else
		view_of(ui_view(&a->ui))
		    ->act(&a->ui, app_shown(a), fit        ? ACT_ZOOM_FIT
		                                : step > 0 ? ACT_ZOOM_IN
		                                           : ACT_ZOOM_OUT);
	return 0;
}

int
app_auto_clear(struct app *a, struct lex *r, struct err *err)
{
	static const struct lex_unit units[] = {
	    {"", TIME_SECOND}, {"s", TIME_SECOND}, {"ms", TIME_MS}, {NULL, 0}};
	size_t n = strcspn(r->at, " \t");
	uint64_t ns = 0;

	if (!lex_is_one_of("off", r->at, n) &&
	    (!lex_measure(r->at, n, units, &ns) || ns > 600 * TIME_SECOND ||
	     (ns && ns < TIME_SECOND / 4)))
		return lex_fail(r, r->at, "from 0.25 to 600 seconds, or 0: stop clearing", NULL,
		                err);
	r->at += n;
	if (app_verb_end(r, err) < 0)
		return -1;
	if (ns && !app_take_scope(a))
		return 0;
	a->t.request.auto_clear_ns = ns;
	app_post(a);
	return 0;
}

static int
app_verb_AUTO(struct app *a, struct lex *r, struct err *err)
{
	return app_refuses_change(a) ? 0 : app_auto_clear(a, r, err);
}

static int
app_verb_WRITE(struct app *a, struct lex *r, struct err *err)
{
	struct lex from = *r;
	char path[512];

	if (!*r->at)
		return app_verb_expected(r, "a file", "such as write pages.csv", err);
	if (app_read_file(r, path, sizeof(path), err) < 0)
		return -1;
	return app_report(a, path, err) < 0 ? app_verb_fail(&from, err) : 0;
}

static void
app_add_topic(struct answer *to, const struct topic *t)
{
	struct buf text = {0};

	buf_fmt(&text, "%s: %s", t->name, t->help);
	answer_add(to, t->kind, &text);
}

static int
app_verb_HELP(struct app *a, struct lex *r, struct err *err)
{
	struct topics found;
	struct buf line = {0};

	if (!*r->at) {
		view_help_open(&a->ui);
		return 0;
	}
	if (topics_find(r->at, &found, err) < 0)
		return app_verb_fail(r, err);
	app_close_panel(a);
	a->t.panel = answer_new();
	buf_fmt(&line, "help on %s", r->at);
	a->t.panel->line = line.s;
	for (size_t i = 0; i < found.n; i++)
		app_add_topic(a->t.panel, &found.v[i]);
	topics_free(&found);
	return 0;
}

static int
app_verb_TOUCH(struct app *a, struct lex *r, struct err *err)
{
	if (app_verb_end(r, err) < 0)
		return -1;
	app_verb_show_list(a);
	app_touch(a);
	return 0;
}

static int
app_verb_SAMPLE(struct app *a, struct lex *r, struct err *err)
{
	if (app_verb_end(r, err) < 0)
		return -1;
	app_sample(a);
	return 0;
}

static int
app_verb_QUIT(struct app *a, struct lex *r, struct err *err)
{
	if (app_verb_end(r, err) < 0)
		return -1;
	a->quit = true;
	return 0;
}

int
app_verb(struct app *a, const struct query *q, const char *text, struct err *err)
{
	static int (*const verbs[])(struct app *, struct lex *, struct err *) = {
#define Q(id, ...) [QUERY_##id] = NULL,
#define S(id, ...) [QUERY_##id] = app_verb_##id,
#include "query/query.def"
	};
	struct lex r = {.text = text, .at = text + q->rest, .page_size = a->t.s->page_size};

	return verbs[q->kind](a, &r, err);
}
