/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Travel in a recording; and recording. */
#include "app/app_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/util.h"
#include "record/source_recording.h"

/* As request.at_ns: at its end it stays there, whatever is recorded meanwhile. */
static uint64_t
app_at_ns(const struct timeline *t, uint64_t time_ns)
{
	return time_ns < t->v[t->n - 1].time_ns ? time_ns : 0;
}

static void
app_go_to(struct app *a, uint64_t time_ns)
{
	a->t.request.at_ns = app_at_ns(a->t.s->timeline, time_ns);
	app_place_changes(a);
	app_post(a);
}

int
app_time_given(const char *path, const char *when, uint64_t *at_ns, struct err *err)
{
	struct source *s = source_recording_open(path, err);
	struct timeline *line;
	int r;

	if (!s)
		return -1;
	line = s->ops->time->line(s);
	r = timeline_parse(line, when, at_ns, err);
	if (r == 0)
		*at_ns = app_at_ns(line, *at_ns);
	timeline_unref(line);
	s->ops->close(s);
	return r;
}

/* The sample that was asked for last. */
static size_t
app_time_at(const struct app *a)
{
	const struct timeline *t = a->t.s->timeline;

	return a->t.request.at_ns ? timeline_find(t, a->t.request.at_ns) : t->n - 1;
}

void
app_travel_to_tick(struct app *a, size_t i)
{
	app_go_to(a, a->t.s->timeline->v[i].time_ns);
}

void
app_travel(struct app *a, int steps)
{
	const struct timeline *t = a->t.s->timeline;
	size_t at = app_time_at(a);
	size_t to =
	    steps < 0 ? at - u64_min(at, (uint64_t)-steps) : u64_min(at + (size_t)steps, t->n - 1);

	a->t.play.on = false;
	if (to == at)
		app_toast_place(
		    a, steps < 0  ? "this is the first sample"
		       : t->grows ? "this is the newest sample: the next ones will be shown"
		                  : "this is the last sample");
	else
		app_travel_to_tick(a, to);
}

int
app_moment(const struct app *a, const char *text, uint64_t *time_ns, struct err *err)
{
	for (size_t i = 0; i < a->t.moments_n; i++)
		if (!strcmp(a->t.moments[i].name, text)) {
			*time_ns = a->t.moments[i].time_ns;
			return 0;
		}
	return timeline_parse(a->t.s->timeline, text, time_ns, err);
}

bool
app_name_moment(struct app *a, const char *name)
{
	size_t i = 0;

	while (i < a->t.moments_n && strcmp(a->t.moments[i].name, name))
		i++;
	if (i == ARRAY_LEN(a->t.moments))
		return false;
	a->t.moments_n += i == a->t.moments_n;
	snprintf(a->t.moments[i].name, sizeof(a->t.moments[i].name), "%s", name);
	a->t.moments[i].time_ns = a->t.s->time_ns;
	return true;
}

int
app_keep_moment(struct app *a, const char *name, struct err *err)
{
	uint64_t old_ns;
	bool old = app_moment(a, name, &old_ns, err) == 0;
	char text[224];

	if (!app_name_moment(a, name))
		return err_set(err, ERR_USAGE, "no more can be kept",
		               "give one of their names again", "cannot keep snapshot %.40s", name);
	snprintf(text, sizeof(text), "%s%s%sthis sample is %.40s; `diff %.40s` compares with it",
	         old ? "snapshot " : "", old ? name : "", old ? " replaced: " : "", name, name);
	app_toast(a, ROLE_TEXT, text);
	return 0;
}

int
app_travel_to(struct app *a, const char *when, struct err *err)
{
	const struct timeline *t = a->t.s ? a->t.s->timeline : NULL;
	uint64_t time_ns;

	if (!t)
		return err_set(err, ERR_USAGE, "this is a process, not a recording",
		               "open a recording: pmtop FILE", "cannot go to another time");
	if (app_moment(a, when, &time_ns, err) < 0)
		return -1;
	app_go_to(a, time_ns);
	return 0;
}

/* --- a search over time ----------------------------------------------------------------------- */

/* Samples [*first, *last] of a row of the answer, as far as the timeline goes. */
static void
app_when_row(const struct answer *of, size_t row, const struct timeline *t, size_t *first,
             size_t *last)
{
	char *const *cell = of->table.cell + (row + 1) * of->table.columns - 2;
	uint64_t id = strtoull(cell[0], NULL, 10);
	size_t above = vec_above(t->v, t->n, sizeof(*t->v), offsetof(struct timeline_tick, id), id);

	*first = above ? above - 1 : 0;
	*last = u64_min(*first + (size_t)strtoull(cell[1], NULL, 10), t->n) - 1;
}

/* The next sample after `at`, or the one before. false: there is none. */
static bool
app_when_find(const struct answer *of, size_t at, const struct timeline *t, bool back, size_t *to)
{
	bool found = false;
	size_t first, last;

	for (size_t i = 0; i < of->table.n / of->table.columns; i++) {
		app_when_row(of, i, t, &first, &last);
		if (back && first < at) {
			*to = u64_min(last, at - 1);
			found = true;
		} else if (!back && !found && last > at) {
			*to = first > at ? first : at + 1;
			found = true;
		}
	}
	return found;
}

static void
app_when_go(struct app *a, bool back)
{
	const struct timeline *t = a->t.s ? a->t.s->timeline : NULL;
	char text[2 * KEY_NAME_SIZE + 64];
	size_t to = 0;

	if (!t || !a->t.when) {
		app_toast(a, ROLE_TEXT, "no search over time yet: `when rss>1g`, in a recording");
		return;
	}
	if (app_when_find(a->t.when, app_time_at(a), t, back, &to)) {
		a->t.play.on = false;
		app_travel_to_tick(a, to);
		return;
	}
	snprintf(text, sizeof(text), "in no %s sample; %s searches %s", back ? "earlier" : "later",
	         key_of(back ? ACT_WHEN_NEXT : ACT_WHEN_BACK, 'R'), back ? "on" : "back");
	app_toast_place(a, text);
}

void
app_when_next(struct app *a)
{
	app_when_go(a, false);
}

void
app_when_back(struct app *a)
{
	app_when_go(a, true);
}

void
app_when(struct app *a, struct answer *of)
{
	answer_unref(a->t.when);
	a->t.when = answer_ref(of);
	app_when_go(a, false);
}

/* --- messages --------------------------------------------------------------------------------- */

/* Those that it does not have yet. */
static void
app_log_recorded(struct app *a, const struct timeline *t)
{
	for (; a->t.said_n < t->said_n; a->t.said_n++)
		messages_add(&a->messages, ROLE_HOT, t->said[a->t.said_n].text,
		             (time_t)(t->v[t->said[a->t.said_n].tick].time_ns / 1000000000));
}

void
app_recorded_messages(struct app *a)
{
	const struct timeline *t = a->t.s->timeline;
	size_t tick = t ? timeline_find(t, a->t.s->time_ns) : 0;

	if (!t)
		return;
	app_log_recorded(a, t);
	if (!t->said_n || a->t.said_of == tick + 1)
		return;
	a->t.said_of = tick + 1;
	for (size_t i = 0; i < t->said_n; i++)
		if (t->said[i].tick == tick)
			app_toast_logged(a, ROLE_HOT, t->said[i].text);
}

/* --- recording -------------------------------------------------------------------------------- */

/* Who looks back has not asked for a pause: samples are taken again. */
static void
app_record_on(struct app *a)
{
	if (!a->t.rewound || !a->t.back)
		return;
	a->t.paused = a->t.rewound = a->t.request.paused = false;
	app_post(a);
}

void
app_record(struct app *a, const char *path)
{
	struct command c = {.kind = COMMAND_RECORD};

	if (a->t.s && a->t.s->timeline) {
		app_toast(a, ROLE_HOT, "this is a recording already");
		return;
	}
	if (path[0] && a->t.s && a->t.s->ended) {
		app_toast(a, ROLE_HOT, "cannot record: the process has ended");
		return;
	}
	if (path[0])
		app_record_on(a);
	snprintf(c.text, sizeof(c.text), "%s", path);
	app_command(a, &c);
}

/* The name says what it is of, and when it began. */
void
app_toggle_record(struct app *a)
{
	char path[128], when[32];
	time_t now = time(NULL);
	struct tm tm;

	if (a->t.s && a->t.s->recorded.on) {
		app_record(a, "");
		return;
	}
	localtime_r(&now, &tm);
	strftime(when, sizeof(when), "%Y%m%d-%H%M%S", &tm);
	snprintf(path, sizeof(path), "pmtop-%d-%s.pmtop", (int)a->t.pid, when);
	app_record(a, path);
}
