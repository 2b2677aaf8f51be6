/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The owner of everything on the screen: the loop that waits for keys, samples, signals and the
 * target's end; the frame around the views; the effects that views ask for. It never reads /proc.
 *
 *   row 0        where we are, and badges: live or not, the mark, the privileges
 *   1 .. n-3     the view
 *   n-2          what is under the cursor, in words; or a message
 *   n-1          hints, or the prompt
 */
#include "app.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "prompt.h"
#include "query.h"
#include "sampler.h"
#include "util.h"
#include "view.h"

static const uint64_t MS = 1000000;
enum {
	OPEN_WAIT_MS = 80,   /* how long the first picture may keep the screen waiting */
	WAITING_MS = 1000,   /* from when on the header says that the kernel makes us wait */
	FADE_MS = 500,       /* how often colours that fade are drawn again */
	TOAST_MS = 4000,
	ESC_MS = 25,         /* Esc alone, or the start of a sequence */
	MIN_ROWS = 6, MIN_COLS = 30,
};

struct app {
	const struct app_options *o;
	struct sampler *sampler;
	struct term term;
	struct ui ui;
	struct want want;
	struct sample *s;       /* the newest; NULL before the first */
	bool paused, quit;

	char toast[512];
	enum role toast_role;
	uint64_t toast_until;

	struct answer *panel;   /* the answer on screen */
	char panel_title[512];
	uint64_t asked;         /* the `ask` whose answer is awaited, 0 none */
	char prompt_error[512];
	int prompt_error_at;
	char **words;           /* completion */
	size_t words_n, words_cap;

	uint64_t clear_seen;
	unsigned execs_seen;
	bool ended_seen, end_told;
	uint64_t wanted_at;     /* when the newest want was made */
	unsigned frame, keys;
	int status_fd;          /* tests wait on it; -1 */
	int signals;
};

static void
toast(struct app *a, enum role role, const char *text)
{
	snprintf(a->toast, sizeof(a->toast), "%s", text);
	a->toast_role = role;
	a->toast_until = time_ns() + TOAST_MS * MS;
}

static void
toast_err(struct app *a, const struct err *e)
{
	char line[700];

	toast(a, ROLE_HOT, err_line(e, line, sizeof(line)));
}

/* --- wants -------------------------------------------------------------------------------------------- */

static void
post(struct app *a)
{
	sampler_want(a->sampler, &a->want);
	a->wanted_at = time_ns();
}

/* Tells the sampler what the screen shows now, if that is something else than before. */
static void
post_view(struct app *a)
{
	enum view_id v = ui_view(&a->ui);
	bool grid = v == VIEW_GRID || v == VIEW_PAGE, card = v == VIEW_PAGE;
	struct want *w = &a->want;

	if (v == VIEW_HELP)
		return;
	if (grid && !a->ui.grid.rows)
		grid = false;
	if (w->grid_on == grid && w->card_on == card && (!grid || grid_same(&w->grid, &a->ui.grid)) &&
	    (!card || w->card == a->ui.cursor))
		return;
	w->grid_on = grid;
	w->card_on = card;
	w->grid = a->ui.grid;
	w->card = a->ui.cursor;
	post(a);
}

static bool
is_answered(const struct app *a)
{
	return a->s && a->s->complete && a->s->want_serial == a->want.serial &&
	       (a->s->can_track != TRACK_UNKNOWN || a->s->ended);
}

/* --- drawing ------------------------------------------------------------------------------------------ */

static int
draw_badge(int y, int x, enum role role, const char *text)
{
	int width = (int)ui_width(text);

	x -= width + 1;
	paint_text(y, x, x + width, role, "%s", text);
	return x - 1;
}

static void
state_badge(const struct app *a, char *out, size_t size, enum role *role)
{
	uint64_t waited = a->ui.now - u64_min(a->ui.now, a->wanted_at);

	*role = ROLE_HEADER;
	if (a->s && a->s->ended) {
		*role = ROLE_BANNER;
		snprintf(out, size, " ended %.0f s ago ", (double)(a->ui.now - a->s->ended_ns) / 1e9);
	} else if (!is_answered(a) && waited > WAITING_MS * MS) {
		*role = ROLE_HEADER_HOT;
		snprintf(out, size, "waiting for the kernel %.0f s", (double)waited / 1e9);
	} else if (a->paused) {
		*role = ROLE_HEADER_HOT;
		snprintf(out, size, "paused");
	} else if (!a->want.interval_ns) {
		snprintf(out, size, "r looks again");
	} else {
		snprintf(out, size, "● live %.1fs", (double)a->want.interval_ns / 1e9);
	}
}

static void
draw_header(const struct app *a)
{
	const struct sample *s = a->s;
	struct buf crumb = {0}, comm = {0};
	int right = a->ui.cols, x;
	enum role role;
	char text[64];

	paint_fill(0, 0, a->ui.cols, ROLE_HEADER);
	if (s)
		right = draw_badge(0, right, s->frames_hidden ? ROLE_HEADER_HOT : ROLE_HEADER_DIM,
		                   s->frames_hidden ? "no PFN" : "root");
	if (s && s->gen) {
		snprintf(text, sizeof(text), "gen %u +%.0fs", s->gen, (double)(a->ui.now - s->mark_ns) / 1e9);
		right = draw_badge(0, right - 1, ROLE_HEADER_HOT, text);
	} else if (s && s->can_track == TRACK_NO && a->ui.cols >= 100) {
		right = draw_badge(0, right - 1, ROLE_HEADER_DIM, "no soft-dirty");
	}
	state_badge(a, text, sizeof(text), &role);
	right = draw_badge(0, right - 1, role, text);
	if (s) {
		text_escape(&comm, s->comm, strlen(s->comm), !paint_utf8());
		view_of(ui_view(&a->ui))->crumb(&a->ui, s, &crumb);
	}
	x = paint_text(0, 1, right, ROLE_HEADER, "pmtop  ");
	x = paint_text(0, x, right, ROLE_HEADER, "%s %d › ", comm.s ? comm.s : "process", (int)a->o->pid);
	paint_text(0, x, right, ROLE_HEADER, "%s", crumb.s ? crumb.s : "");
	buf_free(&crumb);
	buf_free(&comm);
}

static void
draw_hints(const struct app *a, int y)
{
	size_t n;
	const struct key_row *k = key_table(&n);
	char view = a->panel ? 'O' : view_of(ui_view(&a->ui))->letter;
	int x = 0;

	for (size_t i = 0; i < n; i++) {
		int len = (int)strcspn(k[i].keys, " ");

		if (!k[i].hint[0] || !key_row_in(&k[i], view))
			continue;
		if (k[i].action == ACT_CLOSE && a->ui.depth)
			continue; /* Esc says it already */
		if (x + len + 1 + (int)strlen(k[i].hint) > a->ui.cols)
			break;
		x = paint_text(y, x, a->ui.cols, ROLE_ACCENT, "%.*s", len, k[i].keys);
		x = paint_text(y, x + 1, a->ui.cols, ROLE_TEXT, "%s", k[i].hint) + 2;
	}
}

/* What the line would mean, while it is typed. */
static void
draw_preview(const struct app *a, int y, int x)
{
	const struct sample *s = a->s;
	struct query q;
	struct err err;
	uint64_t addr;
	const struct vma *v;
	struct buf name = {0};
	char perm[5];

	if (prompt_kind() != PROMPT_ASK || !s || !s->regions || !prompt_line()[0] ||
	    query_parse(prompt_line(), s->page_size, &q, &err) < 0 || q.kind != QUERY_ADDR ||
	    query_resolve(&q.from, &s->regions->vmas, &addr, &v, &err) < 0)
		return;
	if (v) {
		vma_perm_text(v, perm);
		ui_name_cut(&name, v, 32);
	}
	paint_text(y, x, a->ui.cols, ROLE_DIM, "-> %llx %s %s", (unsigned long long)addr, v ? perm : "",
	           v ? name.s : "not mapped");
	buf_free(&name);
}

static void
draw_prompt(const struct app *a, int y)
{
	static const char *const signs[] = {[PROMPT_ASK] = ":", [PROMPT_FIND] = "/",
	                                    [PROMPT_INTERVAL] = "seconds between looks: "};
	const char *sign = signs[prompt_kind()];
	int x = paint_text(y, 0, a->ui.cols, ROLE_ACCENT, "%s", sign);

	paint_cursor(y, x + prompt_column() < a->ui.cols ? x + prompt_column() : a->ui.cols - 1);
	x = paint_text(y, x, a->ui.cols, ROLE_TEXT, "%s", prompt_line());
	draw_preview(a, y, x + 3);
	if (a->prompt_error[0]) {
		int at = (int)strlen(sign) + a->prompt_error_at - 1;

		paint_fill(y - 1, 0, a->ui.cols, ROLE_TEXT);
		if (at > a->ui.cols - 30)
			at = a->ui.cols > 30 ? a->ui.cols - 30 : 0;
		paint_text(y - 1, at, a->ui.cols, ROLE_HOT, "^ %s", a->prompt_error);
	} else if (prompt_candidates()[0]) {
		paint_fill(y - 1, 0, a->ui.cols, ROLE_TEXT);
		paint_text(y - 1, 1, a->ui.cols, ROLE_TEXT, "%s", prompt_candidates());
	}
}

/* A long message takes the row above as well, broken at a blank. */
static void
draw_toast(const struct app *a, int y)
{
	int room = a->ui.cols - 2, cut = room;

	if ((int)ui_width(a->toast) <= room) {
		paint_text(y, 0, a->ui.cols, a->toast_role, " %s", a->toast);
		return;
	}
	while (cut > room / 2 && a->toast[cut] != ' ')
		cut--;
	for (int i = y - 1; i <= y; i++)
		paint_fill(i, 0, a->ui.cols, ROLE_TEXT);
	paint_text(y - 1, 0, a->ui.cols, a->toast_role, " %.*s", cut, a->toast);
	paint_text(y, 0, a->ui.cols, a->toast_role, " %s", a->toast + cut + (a->toast[cut] == ' '));
}

static void
draw_say(const struct app *a, int y)
{
	struct buf text = {0};

	if (a->ui.now < a->toast_until) {
		draw_toast(a, y);
		return;
	}
	if (a->s->trouble.what[0])
		buf_fmt(&text, "%s: %s", a->s->trouble.what, a->s->trouble.why);
	else
		view_of(ui_view(&a->ui))->say(&a->ui, a->s, &text);
	paint_text(y, 1, a->ui.cols, ROLE_TEXT, "%s", text.s ? text.s : "");
	buf_free(&text);
}

static void
draw_panel(const struct app *a, int bottom)
{
	const struct answer *p = a->panel;
	int rows = (int)p->n + 1, top, cols = a->ui.cols;

	if (rows > bottom - 2)
		rows = bottom - 2;
	top = bottom - rows;
	paint_fill(top, 0, cols, ROLE_HEADER);
	paint_text(top, 1, cols, ROLE_HEADER, "%s", a->panel_title);
	for (int i = 0; i + 1 < rows; i++) {
		const struct fact *f = &p->f[i];
		int y = top + 1 + i, x;

		paint_fill(y, 0, cols, ROLE_TEXT);
		paint_text(y, 2, 17, ROLE_DIM, "%s", f->key);
		x = paint_text(y, 17, cols, ROLE_TEXT, "%s", f->value);
		if (f->note)
			paint_text(y, x + (f->value[0] ? 1 : 0), cols, ROLE_DIM, "%s", f->note);
	}
}

static void
draw_small(const struct app *a)
{
	paint_text(0, 0, a->ui.cols, ROLE_TEXT, "%dx%d: pmtop needs", a->ui.cols, a->ui.rows);
	paint_text(1, 0, a->ui.cols, ROLE_TEXT, "%dx%d; q quits", MIN_COLS, MIN_ROWS);
}

static void
write_status(struct app *a)
{
	char line[96];
	int n;

	if (a->status_fd < 0)
		return;
	n = snprintf(line, sizeof(line), "frame=%u keys=%u idle=%d size=%dx%d\n", a->frame, a->keys,
	             is_answered(a) && !a->asked, a->ui.cols, a->ui.rows);
	if (write(a->status_fd, line, (size_t)n) < 0)
		a->status_fd = -1;
}

static void
draw(struct app *a)
{
	const struct sample *s = a->s;
	int bottom;

	a->ui.rows = a->term.rows;
	a->ui.cols = a->term.cols;
	a->ui.now = time_ns();
	bottom = a->ui.rows - 2;
	paint_begin(&a->term);
	if (a->ui.rows < MIN_ROWS || a->ui.cols < MIN_COLS) {
		draw_small(a);
	} else if (!s) {
		draw_header(a);
		paint_text(1, 1, a->ui.cols, ROLE_DIM, "opening process %d", (int)a->o->pid);
		draw_hints(a, a->ui.rows - 1);
	} else {
		const struct view *v = view_of(ui_view(&a->ui));

		v->settle(&a->ui, s, 1, bottom);
		draw_header(a);
		v->draw(&a->ui, s, 1, bottom);
		draw_say(a, bottom);
		if (a->panel)
			draw_panel(a, bottom);
		if (prompt_is_open())
			draw_prompt(a, a->ui.rows - 1);
		else
			draw_hints(a, a->ui.rows - 1);
	}
	paint_flush();
	a->frame++;
}

/* --- the prompt ---------------------------------------------------------------------------------------- */

static const char *
word_at(void *arg, size_t i)
{
	struct app *a = arg;

	return i < a->words_n ? a->words[i] : NULL;
}

static void
add_word(struct app *a, const char *word)
{
	for (size_t i = 0; i < a->words_n; i++)
		if (!strcmp(a->words[i], word))
			return;
	a->words = vec_room(a->words, a->words_n, &a->words_cap, sizeof(*a->words));
	a->words[a->words_n++] = mem_strdup(word);
}

static void
free_words(struct app *a)
{
	for (size_t i = 0; i < a->words_n; i++)
		free(a->words[i]);
	free(a->words);
	a->words = NULL;
	a->words_n = a->words_cap = 0;
}

/* The verbs, and the mappings' names; not more than anybody would read through. */
static void
gather_words(struct app *a)
{
	const struct sample *s = a->s;
	const struct query_form *q;
	size_t n;
	char name[128];

	free_words(a);
	q = query_forms(&n);
	for (size_t i = 0; i < n; i++)
		if (q[i].word[0])
			add_word(a, q[i].word);
	for (size_t i = 0; s && s->regions && i < s->regions->vmas.n && a->words_n < 1000; i++)
		if (query_name_of(&s->regions->vmas.v[i], name, sizeof(name)) && !strpbrk(name, " \t\033"))
			add_word(a, name);
}

static void
open_prompt(struct app *a, enum prompt_kind kind)
{
	if (kind == PROMPT_ASK)
		gather_words(a);
	a->prompt_error[0] = '\0';
	prompt_open(kind, kind == PROMPT_ASK ? word_at : NULL, a);
}

static void
prompt_refuse(struct app *a, const char *line, const struct err *e)
{
	snprintf(a->prompt_error, sizeof(a->prompt_error), "%s%s%s", e->why, e->how[0] ? "; " : "", e->how);
	a->prompt_error_at = e->column > 0 ? e->column : 1;
	prompt_reopen(line, e->column);
}

/* What can be seen to be wrong without asking the kernel is said at once, with the line kept. */
static void
ask(struct app *a, const char *line)
{
	const struct sample *s = a->s;
	struct query q;
	struct err err;
	uint64_t addr, end;
	const struct vma *v;

	if (!line[0])
		return;
	if (!s || !s->regions) {
		toast(a, ROLE_HOT, "nothing has been read yet");
		return;
	}
	if (query_parse(line, s->page_size, &q, &err) < 0 ||
	    (q.kind == QUERY_ADDR && query_resolve(&q.from, &s->regions->vmas, &addr, &v, &err) < 0) ||
	    (q.kind == QUERY_RANGE && query_range(&q, &s->regions->vmas, s->page_size, &addr, &end, &err) < 0)) {
		prompt_refuse(a, line, &err);
		return;
	}
	prompt_remember(line);
	if (q.kind == QUERY_CLEAR && a->o->read_only) {
		toast(a, ROLE_HOT, "--read-only: nothing that changes the target is done");
		return;
	}
	snprintf(a->want.question, sizeof(a->want.question), "%s", line);
	a->asked = ++a->want.ask;
	post(a);
}

static void
set_interval(struct app *a, const char *line)
{
	char *end;
	double secs = strtod(line, &end);

	if (!line[0])
		return;
	if (*end || !(secs >= 0 && secs <= 3600) || (secs > 0 && secs < 0.05)) {
		snprintf(a->prompt_error, sizeof(a->prompt_error),
		         "from 0.05 to 3600 seconds, or 0: only when asked");
		a->prompt_error_at = 1;
		prompt_reopen(line, 1);
		return;
	}
	a->want.interval_ns = (uint64_t)(secs * 1e9);
	post(a);
}

static void
prompt_entered(struct app *a)
{
	char line[512];

	snprintf(line, sizeof(line), "%s", prompt_line());
	switch (prompt_kind()) {
	case PROMPT_ASK:
		ask(a, line);
		break;
	case PROMPT_INTERVAL:
		set_interval(a, line);
		break;
	case PROMPT_FIND:
		snprintf(a->ui.find, sizeof(a->ui.find), "%.127s", line);
		if (a->s)
			view_regions.act(&a->ui, a->s, ACT_FIND_NEXT);
		break;
	}
}

static bool
more_typed(struct app *a)
{
	struct pollfd p = {.fd = term_fd(&a->term), .events = POLLIN};

	return poll(&p, 1, ESC_MS) > 0;
}

static void
prompt_key(struct app *a, int byte)
{
	a->prompt_error[0] = '\0';
	if (byte == 27 && !more_typed(a)) {
		prompt_close();
		return;
	}
	if (prompt_feed(byte) == PROMPT_DONE)
		prompt_entered(a);
}

/* --- keys --------------------------------------------------------------------------------------------- */

static void
close_panel(struct app *a)
{
	answer_unref(a->panel);
	a->panel = NULL;
}

/* No more looks by the clock; what comes into view is still read. */
static void
toggle_pause(struct app *a)
{
	a->paused = !a->paused;
	a->want.paused = a->paused;
	post(a);
}

static void
do_effects(struct app *a, unsigned fx)
{
	if (fx & FX_CLEAR) {
		if (a->o->read_only) {
			toast(a, ROLE_HOT, "--read-only: nothing that changes the target is done");
		} else {
			a->want.clear++;
			post(a);
		}
	}
	if (fx & FX_REFRESH) {
		a->want.refresh++;
		post(a);
	}
	if (fx & FX_PROMPT)
		open_prompt(a, PROMPT_ASK);
	if (fx & FX_FIND)
		open_prompt(a, PROMPT_FIND);
	if (fx & FX_INTERVAL)
		open_prompt(a, PROMPT_INTERVAL);
	if (fx & FX_PAUSE)
		toggle_pause(a);
	if (fx & FX_REDRAW)
		term_redraw();
	if (fx & FX_QUIT)
		a->quit = true;
}

/* What means the same in every view; the rest is the view's. */
static unsigned
act(struct app *a, enum action action)
{
	struct ui *ui = &a->ui;

	switch ((int)action) {
	case ACT_QUIT: return FX_QUIT;
	case ACT_REDRAW: return FX_REDRAW;
	case ACT_CLEAR: return FX_CLEAR;
	case ACT_PAUSE: return FX_PAUSE;
	case ACT_REFRESH: return FX_REFRESH;
	case ACT_INTERVAL: return FX_INTERVAL;
	case ACT_ASK: return FX_PROMPT;
	case ACT_STAY: toast(a, ROLE_TEXT, "q quits"); return FX_NONE;
	case ACT_HELP:
		ui->help_top = 0;
		ui_push(ui, VIEW_HELP);
		return FX_NONE;
	case ACT_BACK:
	case ACT_CLOSE:
		if (a->panel)
			close_panel(a);
		else if (ui->depth)
			ui_pop(ui);
		else if (action == ACT_CLOSE)
			return FX_QUIT;
		return FX_NONE;
	case ACT_GO:
		if (a->panel && a->panel->has_place && a->s && !ui_go(ui, a->s, a->panel->place))
			toast(a, ROLE_HOT, "nothing is mapped there any more");
		close_panel(a);
		return FX_NONE;
	}
	return a->s ? view_of(ui_view(ui))->act(ui, a->s, action) : FX_NONE;
}

static void
key(struct app *a, int k)
{
	char view = a->panel ? 'O' : view_of(ui_view(&a->ui))->letter;
	enum action action = key_action(k, view);

	a->keys++;
	a->ui.touched_ns = time_ns();
	if (action == ACT_NONE && a->panel) { /* any other key belongs to the view below */
		close_panel(a);
		action = key_action(k, view_of(ui_view(&a->ui))->letter);
	}
	if (action != ACT_NONE)
		do_effects(a, act(a, action));
}

/* Handles all that was typed. */
static void
read_keys(struct app *a)
{
	int k;

	while (!a->quit && (k = term_key(&a->term, prompt_is_open())) != TERM_NONE) {
		if (k == TERM_RESIZE) {
			term_measure(&a->term);
			continue;
		}
		if (prompt_is_open()) {
			prompt_key(a, k);
			a->keys++;
		} else {
			key(a, k);
		}
		if (a->s) /* the next key must find the grid where this one put it */
			view_of(ui_view(&a->ui))->settle(&a->ui, a->s, 1, a->ui.rows - 2);
	}
}

/* --- samples ------------------------------------------------------------------------------------------ */

static void
notice_clear(struct app *a)
{
	char text[256];

	if (a->s->cleared == a->clear_seen)
		return;
	a->clear_seen = a->s->cleared;
	if (a->s->clear_err.what[0]) {
		toast_err(a, &a->s->clear_err);
		return;
	}
	snprintf(text, sizeof(text),
	         "gen %u: soft-dirty cleared in %.1f ms; the next write to each of %llu pages costs a fault",
	         a->s->gen, (double)a->s->mark_cost_ns / 1e6,
	         (unsigned long long)(a->s->regions ? a->s->regions->totals.rss : 0));
	toast(a, ROLE_HOT, text);
}

static void
notice_answer(struct app *a)
{
	if (!a->asked || a->s->asked != a->asked)
		return;
	a->asked = 0;
	if (!a->s->answer) {
		toast_err(a, &a->s->answer_err);
		return;
	}
	close_panel(a);
	a->panel = answer_ref(a->s->answer);
	snprintf(a->panel_title, sizeof(a->panel_title), "%s", a->s->answer->line);
}

static void
notice_life(struct app *a)
{
	char text[160];

	if (a->s->execs != a->execs_seen) {
		a->execs_seen = a->s->execs;
		a->ui.region = 0;
		a->ui.depth = 0;
		free(a->ui.order);
		a->ui.order = NULL;
		snprintf(text, sizeof(text), "process %d executed a new program: now %s", (int)a->s->pid,
		         a->s->comm);
		toast(a, ROLE_BANNER, text);
	}
	if (a->s->ended && !a->ended_seen) {
		a->ended_seen = true;
		snprintf(text, sizeof(text), "process %d has ended: this is the last that was seen",
		         (int)a->s->pid);
		toast(a, ROLE_BANNER, text);
	}
}

static int
take_sample(struct app *a, struct err *err)
{
	struct sample *got = sampler_take(a->sampler);

	if (!got)
		return sampler_opened(a->sampler, err) ? 0 : -1;
	sample_free(a->s);
	a->s = got;
	notice_clear(a);
	notice_answer(a);
	notice_life(a);
	return 0;
}

/* --- the loop ----------------------------------------------------------------------------------------- */

/* How long nothing need be drawn if nothing happens; -1: for ever. */
static int
wait_ms(const struct app *a)
{
	uint64_t now = time_ns();

	if (!is_answered(a))
		return WAITING_MS / 2;
	if (now < a->toast_until)
		return (int)((a->toast_until - now) / MS) + 1;
	if (!a->want.interval_ns)
		return -1;
	if (a->s && a->s->regions && a->s->regions->totals.written)
		return FADE_MS;
	return a->s && (a->s->ended || a->s->gen) ? 1000 : -1;
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static int
loop(struct app *a, struct err *err)
{
	enum { TTY, SAMPLE, SIGNALS, PIDFD, FDS };

	while (!a->quit) {
		struct pollfd fds[FDS] = {
		    [TTY] = {term_fd(&a->term), POLLIN, 0},
		    [SAMPLE] = {sampler_fd(a->sampler), POLLIN, 0},
		    [SIGNALS] = {a->signals, POLLIN, 0},
		    [PIDFD] = {a->s && !a->end_told ? sampler_pidfd(a->sampler) : -1, POLLIN, 0},
		};

		draw(a);
		post_view(a);
		write_status(a);
		poll(fds, FDS, wait_ms(a));
		if (fds[SIGNALS].revents)
			a->quit = true;
		if (fds[TTY].revents & (POLLHUP | POLLERR))
			a->quit = true; /* the terminal is gone */
		if (fds[SAMPLE].revents && take_sample(a, err) < 0)
			return -1;
		if (fds[PIDFD].revents) {
			a->end_told = true; /* the sampler finds out more and says it */
			a->want.refresh++;
			post(a);
		}
		read_keys(a); /* also when poll was interrupted: a resize */
	}
	return 0;
}

static int
wait_for_sample(struct app *a, int ms, struct err *err)
{
	struct pollfd p = {.fd = sampler_fd(a->sampler), .events = POLLIN};

	if (poll(&p, 1, ms) > 0)
		return take_sample(a, err);
	return 0;
}

/* Draws into nothing as fast as the samples come, and tells what it cost. */
static int
run_headless(struct app *a, struct err *err)
{
	uint64_t begin = time_ns(), first = 0, drawing = 0;

	while (a->frame < a->o->frames) {
		uint64_t t;

		if (wait_for_sample(a, first && a->want.interval_ns ? (int)(a->want.interval_ns / MS) : -1, err) < 0)
			return -1;
		t = time_ns();
		draw(a);
		post_view(a);
		drawing += time_ns() - t;
		if (!first)
			first = time_ns() - begin;
		if (a->s && a->s->ended)
			break;
		if (!a->want.interval_ns && is_answered(a)) {
			a->want.refresh++;
			post(a);
		}
	}
	printf("frames %u first_ms %.1f draw_us_per_frame %.1f wall_ms %.1f\n", a->frame,
	       (double)first / 1e6, (double)drawing / 1e3 / u64_max(a->frame, 1),
	       (double)(time_ns() - begin) / 1e6);
	return 0;
}

static int
run_screen(struct app *a, struct err *err)
{
	const char *status = getenv("PMTOP_STATUS_FILE");
	int r;

	if (wait_for_sample(a, OPEN_WAIT_MS, err) < 0)
		return -1;
	a->status_fd = status ? open(status, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
	a->signals = open_signals();
	if (term_open(&a->term, &a->o->term, err) < 0)
		return -1;
	paint_open(&a->term, a->o->theme);
	prompt_setup();
	if (a->term.notice[0])
		toast(a, ROLE_HOT, a->term.notice);
	else if (a->o->notice)
		toast(a, ROLE_TEXT, a->o->notice);
	r = loop(a, err);
	prompt_close();
	paint_close();
	term_close(&a->term);
	return r;
}

static int
run_frames(struct app *a, struct err *err)
{
	int r;

	if (term_open(&a->term, &a->o->term, err) < 0)
		return -1;
	paint_open(&a->term, a->o->theme);
	r = run_headless(a, err);
	paint_close();
	term_close(&a->term);
	return r;
}

int
app_run(const struct app_options *o, struct err *err)
{
	struct app a = {.o = o, .status_fd = -1, .signals = -1};
	int r;

	a.want.interval_ns = o->interval_ns;
	a.sampler = sampler_start(o->root, o->pid, err);
	if (!a.sampler)
		return -1;
	post(&a);
	r = o->frames ? run_frames(&a, err) : run_screen(&a, err);
	sampler_stop(a.sampler);
	sample_free(a.s);
	close_panel(&a);
	free_words(&a);
	free(a.ui.order);
	return r;
}
