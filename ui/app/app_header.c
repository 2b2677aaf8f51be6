/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first line: where we are, and badges: live or not, the epoch, the privileges. */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "base/util.h"
#include "model/picker.h"
#include "term/fit.h"
#include "term/paint.h"
#include "views/breadcrumb.h"
#include "views/lacks.h"
#include "views/view.h"

enum {
	SMALL_COLS = 60,
	SIGN_COLS = 20, /* of a sign: how writes are detected, growth, DAMON, a recording */
	COMM_MOST = 20,
};

/* A click on it presses the key that belongs to it. */
static int
header_badge(int y, int x, enum role role, const char *text, enum action action)
{
	int width = (int)fit_width(text, strlen(text));

	x -= width + 1;
	paint_text(y, x, x + width, role, "%s", text);
	zone_key(y, x, x + width, action);
	return x - 1;
}

/* What stands at the right of the first line: from right to left. */
struct header_signs {
	struct header_sign {
		enum role role;
		enum action action; /* a click does that */
		bool edge;          /* a column closer to the right than the others */
		char text[64];
	} v[6];
	size_t n;
	struct header_sign *grown; /* the one about growth; NULL: none */
};

static struct header_sign *
header_add(struct header_signs *h, enum role role, enum action action, const char *text)
{
	struct header_sign *s = &h->v[h->n++];

	*s = (struct header_sign){.role = role, .action = action};
	snprintf(s->text, sizeof(s->text), "%s", text);
	return s;
}

/* Where their column begins: what is left of it is for others. */
static int
header_left(const struct header_signs *h, int cols)
{
	for (size_t i = 0; i < h->n; i++)
		cols -= (int)fit_width(h->v[i].text, strlen(h->v[i].text)) + 2 + !h->v[i].edge;
	return cols;
}

/* Leaves out the leftmost of those that say what is usual. false: there is none. */
static bool
header_drop_dim(struct header_signs *h)
{
	size_t i = h->n;

	while (i && h->v[i - 1].role != ROLE_HEADER_DIM)
		i--;
	if (!i)
		return false;
	memmove(h->v + i - 1, h->v + i, (--h->n - (i - 1)) * sizeof(h->v[0]));
	h->grown -= h->grown && h->grown > &h->v[i - 1];
	return true;
}

static int
header_draw_signs(const struct header_signs *h, int right)
{
	for (size_t i = 0; i < h->n; i++)
		right = header_badge(0, right - !h->v[i].edge, h->v[i].role, h->v[i].text,
		                     h->v[i].action);
	return right;
}

/* The intervals; of what may be read less often, its own: counting all regions, or a long list. */
static void
header_live_text(const struct app *a, char *out, size_t size)
{
	uint64_t live = a->t.request.interval_ns, list = a->t.s ? a->t.s->regions_every_ns : 0;
	uint64_t counts = a->t.s ? a->t.s->counts_every_ns : 0;
	int n = snprintf(out, size, "● live %.1fs", (double)live / 1e9);

	if (counts > live)
		snprintf(out + n, size - (size_t)n, ", counts %.1fs", (double)counts / 1e9 + 0.05);
	else if (list > live)
		snprintf(out + n, size - (size_t)n, ", regions %.1fs", (double)list / 1e9 + 0.05);
}

/* Of a recording: a dot if each new sample is shown as it comes. */
static const char *
header_replay_word(const struct app *a)
{
	return app_plays(a)               ? app_play_text(a)
	       : !a->t.s->timeline->grows ? "recorded"
	       : a->t.request.at_ns       ? "being recorded"
	                                  : "● being recorded";
}

/* The time of the sample of a recording, and its number. */
static void
header_replay_text(const struct app *a, char *out, size_t size)
{
	const struct timeline *t = a->t.s->timeline;
	size_t i = timeline_find(t, a->t.s->time_ns);
	char time[TIMELINE_TEXT];

	snprintf(out, size, "%s %s, %zu of %zu", header_replay_word(a),
	         timeline_text(t, i, time), i + 1, t->n);
}

static void
header_state_text(const struct app *a, char *out, size_t size, enum role *role)
{
	uint64_t now = time_ns(), busy = sampler_busy_ns(a->t.sampler);
	uint64_t waited = busy ? now - u64_min(now, busy) : 0;

	*role = ROLE_HEADER;
	if (a->t.s && a->t.s->timeline) {
		*role = app_plays(a) ? ROLE_HEADER_HOT : ROLE_HEADER;
		header_replay_text(a, out, size);
	} else if (a->t.back) {
		*role = ROLE_HEADER_HOT;
		snprintf(out, size, "%.1f s ago (%zu of %zu)%s",
		         (double)(a->t.s->time_ns - app_shown(a)->time_ns) / 1e9, a->t.back,
		         a->t.history.n,
		         history_stop_after(&a->t.history, app_shown(a)->time_ns) ? ", then stopped"
		                                                                  : "");
	} else if (a->t.s && a->t.s->ended) {
		*role = ROLE_BANNER;
		if (a->o->term.calm)
			snprintf(out, size, " ended ");
		else
			snprintf(out, size, " ended %.0f s ago ",
			         (double)(a->ui.now - a->t.s->ended_ns) / 1e9);
	} else if (waited > WAITING_MS * TIME_MS) {
		*role = ROLE_HEADER_HOT;
		snprintf(out, size, "waiting for the %s %.0f s",
		         a->t.owner == TRACK_DEMO && !a->t.s ? "demo" : "kernel",
		         (double)waited / 1e9);
	} else if (a->t.paused) {
		*role = ROLE_HEADER_HOT;
		snprintf(out, size, "paused");
	} else if (!a->t.request.interval_ns) {
		snprintf(out, size, "%s refreshes", key_of(ACT_REFRESH, 'R'));
	} else {
		header_live_text(a, out, size);
	}
}

/* Columns, less those of signs beyond the second: with more of them, each is shorter. */
static int
header_room(const struct app *a, const struct sample *s)
{
	int signs = (s->clears > 0) + (s->regions && s->regions->totals.grown.known) +
	            (s->accesses || s->accesses_on) + a->t.s->recorded.on;

	return a->ui.cols - (signs > 2 ? SIGN_COLS * (signs - 2) : 0);
}

/*
 * How writes are detected, and since when; the tracker's name if there is room, or if it detects
 * none.
 */
static void
header_track_text(const struct app *a, const struct sample *s, char *out, size_t size)
{
	unsigned caps = tracker_caps(s->tracker);
	bool named = header_room(a, s) >= 100 || caps & TRACKER_CHANGES;
	const char *label = named ? tracker_words(s->tracker)->label : "";
	int n = snprintf(out, size, "%s%s", label, label[0] ? " " : "");

	if (s->auto_clear_ns)
		snprintf(out + n, size - (size_t)n, "AUTO-CLEAR %.3gs%s",
		         (double)s->auto_clear_ns / 1e9,
		         caps & TRACKER_LOSSLESS ? "" : ", sampled");
	else if (a->o->term.calm)
		snprintf(out + n, size - (size_t)n, "epoch %u", s->clears);
	else
		snprintf(out + n, size - (size_t)n, "epoch %u +%.0fs", s->clears,
		         (double)(a->ui.now - s->clear_ns) / 1e9);
}

/* How long ago the baseline was, or how much later. */
static void
header_growth_age(const struct app *a, const struct sample *s, char *out, size_t size)
{
	bool still = s->ended || s->timeline;
	uint64_t now = still ? s->regions->time_ns : sample_clock(s, a->ui.now);
	uint64_t since = s->regions->totals.grown.since_ns;

	out[0] = '\0';
	if (!a->o->term.calm && !strstr(s->compared, " to "))
		snprintf(out, size, since > now ? ", %.0fs later" : " %.0fs",
		         (double)(u64_max(now, since) - u64_min(now, since)) / 1e9);
}

/*
 * What came in and went since the baseline, and its age if there is room beside the epoch, in about
 * so many columns.
 */
static void
header_growth_text(const struct app *a, const struct sample *s, int room, char *out, size_t size)
{
	enum { LEAST = 6, MOST = 26 };
	const struct totals_grown *g = &s->regions->totals.grown;
	bool roomy = header_room(a, s) >= 100 || !s->clears;
	const char *what = s->compared[0] ? s->compared : roomy ? "growth" : "grew";
	char age[32] = "", pages[32], gained[8], lost[8];
	struct buf cut = {0};
	int left;

	snprintf(pages, sizeof(pages), " +%s -%s", size_text(gained, g->gained * s->page_size),
	         size_text(lost, g->lost * s->page_size));
	if (roomy)
		header_growth_age(a, s, age, sizeof(age));
	left = room - (int)strlen(pages);
	if ((int)u64_min(strlen(what), MOST) + (int)strlen(age) > left)
		age[0] = '\0';
	left = left < LEAST ? LEAST : left < MOST ? left : MOST;
	fit_cut_end(&cut, what, (size_t)left);
	snprintf(out, size, "%s%s%s", cut.s, age, pages);
	buf_free(&cut);
}

/* That DAMON samples, and the age of what it saw. */
static void
header_damon_text(const struct app *a, const struct sample *s, char *out, size_t size)
{
	struct buf age = {0};

	if (s->accesses && !a->o->term.calm)
		lens_add_age(&a->ui, s, &age);
	snprintf(out, size, "%s%s%s", header_room(a, s) >= 100 ? "sampled by DAMON" : "DAMON",
	         age.len ? " " : "", age.len ? age.s : "");
	buf_free(&age);
}

/* The size of the recording, and its age, as they are now, whichever sample is on screen. */
static void
header_record_text(const struct app *a, char *out, size_t size)
{
	const struct sample_recorded *is = &a->t.s->recorded;
	uint64_t now = sample_clock(a->t.s, time_ns()), since = is->since_ns;
	char bytes[8];

	size_text(bytes, is->bytes);
	if (a->t.paused)
		snprintf(out, size, " REC paused %s ", bytes);
	else if (a->o->term.calm)
		snprintf(out, size, " REC %s ", bytes);
	else
		snprintf(out, size, " REC %s %.0fs ", bytes,
		         (double)(now - u64_min(now, since)) / 1e9);
}

/* Cuts at a blank: half an address, or half the permissions, would read as another. */
static void
header_breadcrumb(int x, int right, const char *text)
{
	size_t room = right > x ? (size_t)(right - x) : 0, n = strlen(text);
	size_t sign = strlen(CRUMB_SIGN) - 1;
	struct buf cut = {0};

	while (n && fit_width(text, n) > room)
		while (n && text[--n] != ' ')
			;
	n -= n && text[n - 1] == ',';
	if (n > sign && !memcmp(text + n - sign, CRUMB_SIGN, sign))
		n -= sign; /* it leads nowhere now */
	if (n)
		buf_add(&cut, text, n);
	else
		fit_cut(&cut, text, room);
	paint_text(0, x, right, ROLE_HEADER, "%s", cut.s ? cut.s : "");
	buf_free(&cut);
}

/* Whether the breadcrumb, which matters more than "all is well", needs the room. */
static bool
header_is_small(const struct app *a, const struct sample *s, bool grown)
{
	int room = s ? header_room(a, s) : a->ui.cols;

	return room < SMALL_COLS || (room < 100 && grown && s->clears);
}

static void
header_find_signs(const struct app *a, const struct sample *s, struct header_signs *h)
{
	/* B has it in its own lines: its title needs the room, unless the screen is wide */
	bool grown = s && s->regions && s->regions->totals.grown.known &&
	             (a->ui.cols >= 120 || ui_view(&a->ui) != VIEW_BY);
	bool small = header_is_small(a, s, grown);
	enum role role;
	char text[64];

	if (s && s->regions && s->regions->counted && (s->frames_hidden || !small))
		header_add(h, s->frames_hidden ? ROLE_HEADER_HOT : ROLE_HEADER_DIM,
		           ACT_CAPABILITIES, s->frames_hidden ? "no PFN" : "root")
		    ->edge = true;
	if (s && s->clears) {
		header_track_text(a, s, text, sizeof(text));
		header_add(h, ROLE_HEADER_HOT, ACT_NONE, text);
	} else if (s && s->can_track == TRACK_NO && a->ui.cols >= 100) {
		header_add(h, ROLE_HEADER_DIM, ACT_CAPABILITIES, "no soft-dirty");
	}
	if (grown) {
		header_growth_text(a, s, a->ui.cols, text, sizeof(text));
		h->grown = header_add(h, ROLE_HEADER_HOT, ACT_NONE, text);
	}
	if (s && (s->accesses || s->accesses_on)) {
		header_damon_text(a, s, text, sizeof(text));
		header_add(h, ROLE_HEADER_HOT, ACT_SAMPLE, text);
	}
	if (a->t.s && a->t.s->recorded.on) {
		header_record_text(a, text, sizeof(text));
		header_add(h, ROLE_BANNER, ACT_RECORD, text);
	}
	header_state_text(a, text, sizeof(text), &role);
	if (role != ROLE_HEADER || !small)
		header_add(h, role, a->t.request.interval_ns ? ACT_PAUSE : ACT_REFRESH, text);
}

/* Shortens the leftmost sign by `lack` columns: its second part goes, then the rest is cut. */
static void
header_shorten(struct header_signs *h, int lack)
{
	enum { LEAST = 6 };
	struct header_sign *sign = &h->v[h->n - 1];
	int width = (int)fit_width(sign->text, strlen(sign->text)), left = width - lack;
	char *part = strrchr(sign->text, ',');
	struct buf cut = {0};

	if (part)
		*part = '\0';
	if (left < LEAST) {
		h->n--;
		return;
	}
	fit_cut_end(&cut, sign->text, (size_t)left);
	snprintf(sign->text, sizeof(sign->text), "%s", cut.s ? cut.s : "");
	buf_free(&cut);
}

/* Makes room for so many columns at the left: without what is usual, then with fewer words. */
static void
header_make_room(const struct app *a, const struct sample *s, int least, struct header_signs *h)
{
	int lack, width;

	while ((lack = least - header_left(h, a->ui.cols)) > 0 && header_drop_dim(h))
		;
	if (lack > 0 && h->grown) {
		width = (int)fit_width(h->grown->text, strlen(h->grown->text));
		header_growth_text(a, s, width - lack, h->grown->text, sizeof(h->grown->text));
	}
	lack = least - header_left(h, a->ui.cols);
	if (lack > 0 && h->n)
		header_shorten(h, lack);
}

/* The process: its PID is never cut, and its name is marked where it is. */
static int
header_process(int x, int right, const char *comm, const char *pid)
{
	int least = (int)strlen(pid) + 1, room = right - x - least;
	struct buf name = {0};

	if (room > 1) {
		fit_cut_end(&name, comm, room < COMM_MOST ? (size_t)room : COMM_MOST);
		x = paint_text(0, x, right, ROLE_HEADER, "%s ", name.s);
	}
	buf_free(&name);
	return paint_text(0, x, right, ROLE_HEADER, "%s" CRUMB_SIGN, pid);
}

static void
header_of_target(struct app *a)
{
	enum { TITLE = 7, NAME_LEAST = 8 };
	const struct sample *s = app_shown(a);
	struct buf breadcrumb = {0}, comm = {0};
	struct header_signs signs = {0};
	int right, width, x = 1;
	char pid[16];

	if (s)
		text_escape(&comm, s->comm, strlen(s->comm), !paint_utf8());
	if (!comm.len)
		buf_str(&comm, "process");
	snprintf(pid, sizeof(pid), "%d", (int)a->t.pid);
	width = (int)u64_min(fit_width(comm.s, comm.len), COMM_MOST);
	header_find_signs(a, s, &signs);
	header_make_room(a, s, x + (width < NAME_LEAST ? width : NAME_LEAST) + 1 + (int)strlen(pid),
	                 &signs);
	paint_fill(0, 0, a->ui.cols, ROLE_HEADER);
	right = header_draw_signs(&signs, a->ui.cols);
	if (!header_is_small(a, s, signs.grown) &&
	    (!s || header_room(a, s) >= 100 || !s->timeline || !timeline_dated(s->timeline)) &&
	    x + TITLE + width + 1 + (int)strlen(pid) <= right)
		x = paint_text(0, x, right, ROLE_HEADER, "pmtop  ");
	x = header_process(x, right, comm.s, pid);
	a->ui.breadcrumb_room = right - x;
	if (s || ui_is_bare(&a->ui))
		view_of(ui_view(&a->ui))->breadcrumb(&a->ui, s, &breadcrumb);
	header_breadcrumb(x, right, breadcrumb.s ? breadcrumb.s : "");
	buf_free(&breadcrumb);
	buf_free(&comm);
}

static void
header_of_list(const struct app *a)
{
	const struct picker *p = picker_of(&a->ui);
	const struct processes *list = a->choose.list;
	size_t shown = p->rows_n - (p->rows_n && p->rows[0] == PICK_DEMO);
	uint64_t now = time_ns(), waited = now - u64_min(now, a->choose.asked_ns);
	int right = a->ui.cols, x;
	struct buf breadcrumb = {0};
	char text[64];

	paint_fill(0, 0, a->ui.cols, ROLE_HEADER);
	if (list->live)
		right = header_badge(0, right, list->frames ? ROLE_HEADER_DIM : ROLE_HEADER_HOT,
		                   list->frames ? "root" : "no PFN", ACT_NONE);
	if (shown == list->n)
		snprintf(text, sizeof(text), "%zu process%s", list->n, list->n == 1 ? "" : "es");
	else
		snprintf(text, sizeof(text), "%zu of %zu process%s", shown, list->n,
		         list->n == 1 ? "" : "es");
	if (!app_answered(a) && waited > WAITING_MS * TIME_MS)
		snprintf(text, sizeof(text), "waiting for the kernel %.0f s", (double)waited / 1e9);
	if (a->ui.cols >= 60)
		right = header_badge(0, right - 1, ROLE_HEADER, text, ACT_NONE);
	view_of(ui_view(&a->ui))->breadcrumb(&a->ui, NULL, &breadcrumb);
	x = paint_text(0, 1, right, ROLE_HEADER, "pmtop" CRUMB_SIGN);
	header_breadcrumb(x, right, breadcrumb.s ? breadcrumb.s : "");
	buf_free(&breadcrumb);
}

void
app_header(struct app *a)
{
	if (a->choose.lister)
		header_of_list(a);
	else
		header_of_target(a);
}
