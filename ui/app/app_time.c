/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Travel in a recording; and recording. */
#include "app/app_state.h"

#include <stdio.h>
#include <time.h>

#include "base/util.h"

static void
app_go_to(struct app *a, uint64_t time_ns)
{
	a->t.request.at_ns = time_ns;
	app_post(a);
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
	size_t at = a->t.request.at_ns ? timeline_find(t, a->t.request.at_ns) : t->n - 1;
	size_t to =
	    steps < 0 ? at - u64_min(at, (uint64_t)-steps) : u64_min(at + (size_t)steps, t->n - 1);

	a->t.play.on = false;
	if (to == at)
		app_toast(a, ROLE_TEXT,
		          steps < 0 ? "this is the first sample" : "this is the last sample");
	else
		app_travel_to_tick(a, to);
}

int
app_travel_to(struct app *a, const char *when, struct err *err)
{
	const struct timeline *t = a->t.s ? a->t.s->timeline : NULL;
	uint64_t time_ns;

	if (!t)
		return err_set(err, ERR_USAGE, "this is a process, not a recording",
		               "open a recording: pmtop FILE", "cannot go to another time");
	if (!timeline_parse(t, when, &time_ns))
		return err_set(err, ERR_USAGE, "it is not a time",
		               "type 12:30:05, +90s from the beginning, start or end", "\"%.60s\"",
		               when);
	app_go_to(a, time_ns);
	return 0;
}

/* --- recording -------------------------------------------------------------------------------- */

void
app_record(struct app *a, const char *path)
{
	struct command c = {.kind = COMMAND_RECORD};

	if (a->t.s && a->t.s->timeline) {
		app_toast(a, ROLE_HOT, "this is a recording already");
		return;
	}
	snprintf(c.text, sizeof(c.text), "%s", path);
	app_command(a, &c);
}

/* The name says what it is of, and when it began. */
void
app_toggle_record(struct app *a)
{
	char path[128], when[32], text[192];
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
	snprintf(text, sizeof(text), "recording in %s; %s ends it", path, key_of(ACT_RECORD, 'R'));
	if (a->t.s && !a->t.s->timeline)
		app_toast(a, ROLE_TEXT, text);
}
