/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/timeline.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/util.h"

/* Seconds that a time may be outside of the samples: clocks are shown in whole ones. */
#define TIMELINE_SLACK 1.0

struct timeline *
timeline_ref(struct timeline *t)
{
	if (t)
		refs_take(&t->refs);
	return t;
}

void
timeline_unref(struct timeline *t)
{
	if (!t || !refs_drop(&t->refs))
		return;
	for (size_t i = 0; i < t->said_n; i++)
		free(t->said[i].text);
	free(t->said);
	free(t);
}

size_t
timeline_find(const struct timeline *t, uint64_t time_ns)
{
	size_t i =
	    vec_above(t->v, t->n, sizeof(*t->v), offsetof(struct timeline_tick, time_ns), time_ns);

	return i ? i - 1 : 0;
}

/* "12:30" or "12:30:05.5", in seconds of a day. false: it is no such time. */
static bool
timeline_parse_clock(const char *text, double *out)
{
	unsigned hour, minute;
	double second = 0;
	int used = 0;

	if (sscanf(text, "%2u:%2u%n", &hour, &minute, &used) != 2 || hour > 23 || minute > 59)
		return false;
	if (text[used] && (sscanf(text, "%2u:%2u:%lf%n", &hour, &minute, &second, &used) != 3 ||
	                   text[used] || !(second >= 0 && second < 61)))
		return false;
	*out = hour * 3600 + minute * 60 + second;
	return true;
}

/* Seconds from the first tick. false: it is no time. */
static bool
timeline_parse_seconds(const struct timeline *t, const char *text, double *out)
{
	char *end;

	if (timeline_parse_clock(text, out)) {
		*out -= t->day_s;
		*out += *out <= -TIMELINE_SLACK ? 86400 : 0; /* past midnight */
		return true;
	}
	*out = strtod(text + (text[0] == '+'), &end);
	return end > text && *out >= 0 && *out < 1e9 && (!*end || !strcmp(end, "s"));
}

/* When the snapshot of that name was taken, the newest. false: there is none. */
static bool
timeline_snapshot(const struct timeline *t, const char *name, uint64_t *time_ns)
{
	size_t skip = strlen(TIMELINE_SNAPSHOT);
	bool found = false;

	for (size_t i = 0; i < t->said_n; i++)
		if (!strncmp(t->said[i].text, TIMELINE_SNAPSHOT, skip) &&
		    !strcmp(t->said[i].text + skip, name)) {
			*time_ns = t->v[t->said[i].tick].time_ns;
			found = true;
		}
	return found;
}

static int
timeline_no_time(const char *text, struct err *err)
{
	return err_set(err, ERR_USAGE, "it is not a time, nor the name of a snapshot",
	               "give 12:30:05, +90s from the beginning, start or end",
	               "cannot go to \"%.60s\"", text);
}

static int
timeline_outside(const struct timeline *t, const char *text, struct err *err)
{
	double last = (double)(t->v[t->n - 1].time_ns - t->v[0].time_ns) / 1e9;
	char why[128], from[16], to[16];

	snprintf(why, sizeof(why), "the recording goes from %s to %s, which is +%.3fs",
	         timeline_text(t, 0, from), timeline_text(t, t->n - 1, to), last);
	return err_set(err, ERR_USAGE, why, "give a time between, start or end",
	               "cannot go to \"%.60s\"", text);
}

int
timeline_parse(const struct timeline *t, const char *text, uint64_t *time_ns, struct err *err)
{
	double last = (double)(t->v[t->n - 1].time_ns - t->v[0].time_ns) / 1e9;
	double seconds;

	if (!strcmp(text, "start") || !strcmp(text, "end")) {
		*time_ns = t->v[text[0] == 's' ? 0 : t->n - 1].time_ns;
		return 0;
	}
	if (!timeline_parse_seconds(t, text, &seconds))
		return timeline_snapshot(t, text, time_ns) ? 0 : timeline_no_time(text, err);
	if (seconds >= last + TIMELINE_SLACK)
		return timeline_outside(t, text, err);
	/* a hair later: what is typed was rounded */
	*time_ns = t->v[0].time_ns + (uint64_t)((seconds <= 0 ? 0 : seconds + 0.0005) * 1e9);
	return 0;
}

const char *
timeline_clock(const struct timeline *t, uint64_t time_ns, char out[16])
{
	double at = t->day_s + ((double)time_ns - (double)t->v[0].time_ns) / 1e9 + 86400;
	unsigned s = (unsigned)(uint64_t)at % 86400;

	snprintf(out, 16, "%02u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
	return out;
}

const char *
timeline_text(const struct timeline *t, size_t i, char out[16])
{
	return timeline_clock(t, t->v[i].time_ns, out);
}
