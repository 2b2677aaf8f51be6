/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A recording that is played: one sample after the other, at the pace of its times. */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"

/* A gap between two samples takes no longer than this: some are hours long. */
static const uint64_t PLAY_GAP_NS = UINT64_C(5000000000);

/* How much faster than it was recorded; 0: each sample as soon as the one before is on screen. */
static const struct {
	const char *word, *shown;
	unsigned by;
} play_speeds[] = {{"1x", "playing", 1}, {"10x", "playing 10x", 10}, {"max", "playing fast", 0}};

static const struct timeline *
play_line(const struct app *a)
{
	return a->t.s ? a->t.s->timeline : NULL;
}

static size_t
play_at(const struct app *a)
{
	const struct timeline *t = play_line(a);

	return a->t.request.at_ns ? timeline_find(t, a->t.request.at_ns) : t->n - 1;
}

/* When sample i + 1 is due, after sample i was at `due`. */
static uint64_t
play_after(const struct app *a, size_t i, uint64_t due)
{
	const struct timeline *t = play_line(a);
	uint64_t gap = u64_min(t->v[i + 1].time_ns - t->v[i].time_ns, PLAY_GAP_NS);
	unsigned by = play_speeds[a->t.play.speed].by;

	return by ? due + gap / by : due;
}

bool
app_plays(const struct app *a)
{
	return a->t.play.on && play_line(a);
}

const char *
app_play_text(const struct app *a)
{
	return play_speeds[a->t.play.speed].shown;
}

int
app_play_wait_ms(const struct app *a)
{
	size_t at = play_at(a);
	uint64_t now = time_ns(), due;

	if (!app_answered(a) || at + 1 >= play_line(a)->n)
		return -1;
	due = play_after(a, at, a->t.play.due_ns);
	return due <= now ? 0 : (int)((due - now) / TIME_MS) + 1;
}

/* At the end it begins anew. */
static void
play_start(struct app *a)
{
	char text[3 * KEY_NAME_SIZE + 80];

	if (play_at(a) + 1 == play_line(a)->n)
		app_travel_to_tick(a, 0);
	a->t.play.on = true;
	a->t.play.due_ns = time_ns();
	snprintf(text, sizeof(text), "%s stops it, %s changes the speed",
	         key_of(ACT_PAUSE, 'R'), key_of(ACT_SPEED, 'R'));
	app_toast(a, ROLE_TEXT, text);
}

void
app_toggle_play(struct app *a)
{
	if (a->t.play.on)
		a->t.play.on = false;
	else
		play_start(a);
}

static void
play_set_speed(struct app *a, unsigned speed)
{
	a->t.play.speed = speed;
	a->t.play.due_ns = time_ns();
}

void
app_cycle_speed(struct app *a)
{
	char text[80];

	if (!play_line(a)) {
		app_toast(a, ROLE_TEXT, "only a recording can be played: pmtop FILE");
		return;
	}
	play_set_speed(a, (a->t.play.speed + 1) % ARRAY_LEN(play_speeds));
	snprintf(text, sizeof(text), "speed: %s",
	         play_speeds[a->t.play.speed].by ? play_speeds[a->t.play.speed].word
	                                         : "as fast as it goes");
	app_toast(a, ROLE_TEXT, text);
}

int
app_play(struct app *a, struct lex *r, struct err *err)
{
	unsigned i = 0;
	bool off;
	size_t n;

	lex_skip_blanks(r);
	n = strcspn(r->at, " \t");
	off = lex_is_one_of("off", r->at, n);
	while (n && !off && i < ARRAY_LEN(play_speeds) &&
	       !lex_is_one_of(play_speeds[i].word, r->at, n))
		i++;
	if (i == ARRAY_LEN(play_speeds) || r->at[n + strspn(r->at + n, " \t")])
		return lex_fail(r, r->at, "expected 1x, 10x, max or off here",
		                "max: as fast as it goes", err);
	if (!play_line(a))
		return err_set(err, ERR_USAGE, "this is a process, not a recording",
		               "open a recording: pmtop FILE", "cannot play it");
	a->t.play.on = false;
	if (off)
		return 0;
	play_set_speed(a, i);
	play_start(a);
	return 0;
}

/* Samples that are overdue are left out, so that the pace is kept. */
void
app_play_on(struct app *a)
{
	const struct timeline *t = play_line(a);
	size_t at, to;
	uint64_t now = time_ns();

	if (!app_plays(a) || !app_answered(a))
		return;
	at = to = play_at(a);
	while (to + 1 < t->n && play_after(a, to, a->t.play.due_ns) <= now &&
	       (to == at || play_speeds[a->t.play.speed].by))
		a->t.play.due_ns = play_after(a, to++, a->t.play.due_ns);
	if (to != at)
		app_travel_to_tick(a, to);
	if (to + 1 < t->n)
		return;
	a->t.play.on = false;
	app_toast_place(a, t->grows ? "this is the newest sample: the next ones will be shown"
	                            : "this is the last sample: it was played to its end");
}
