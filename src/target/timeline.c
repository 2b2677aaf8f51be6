/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/timeline.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/refs.h"
#include "base/util.h"

/* A time may be outside of the samples by less than this. */
#define TIMELINE_SLACK TIME_SECOND

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

/* --- what a time is typed as ------------------------------------------------------------------ */

/* A clock time as it was typed: it means all of its last second, or of the last digit after it. */
struct timeline_typed {
	struct tm tm; /* the day is that of the recording's first sample, unless */
	bool dated;
	bool zoned; /* then it is so much east of Greenwich: */
	int east_s;
	uint64_t part_ns, unit_ns; /* of a second; how long the last digit is */
};

/* A number of up to so many digits. false: there is none. */
static bool
timeline_take_number(const char **at, int digits, int *out)
{
	const char *p = *at;

	*out = 0;
	while (p - *at < digits && isdigit((unsigned char)*p))
		*out = *out * 10 + (*p++ - '0');
	if (p == *at)
		return false;
	*at = p;
	return true;
}

static bool
timeline_take(const char **at, const char *any_of)
{
	if (!**at || !strchr(any_of, **at))
		return false;
	++*at;
	return true;
}

/* "2026-12-01", and one of these, or NULL: then nothing; if it is none, nothing is taken. */
static bool
timeline_take_date(const char **at, const char *any_of, struct timeline_typed *c)
{
	const char *p = *at;
	int year, month, day;

	if (!timeline_take_number(&p, 4, &year) || !timeline_take(&p, "-") ||
	    !timeline_take_number(&p, 2, &month) || !timeline_take(&p, "-") ||
	    !timeline_take_number(&p, 2, &day) || (any_of ? !timeline_take(&p, any_of) : *p))
		return false;
	c->dated = true;
	c->tm.tm_year = year - 1900;
	c->tm.tm_mon = month - 1;
	c->tm.tm_mday = day;
	*at = p;
	return true;
}

/* ".441" after the seconds, or nothing. */
static bool
timeline_take_part(const char **at, struct timeline_typed *c)
{
	int digit, digits = 0;

	if (!timeline_take(at, "."))
		return true;
	for (; timeline_take_number(at, 1, &digit); digits++)
		if (c->unit_ns > 1) {
			c->unit_ns /= 10;
			c->part_ns += (uint64_t)digit * c->unit_ns;
		}
	return digits > 0;
}

/* "12:30", "12:30:05" or "12:30:05.441". */
static bool
timeline_take_clock(const char **at, struct timeline_typed *c)
{
	c->tm.tm_sec = 0;
	c->unit_ns = TIME_SECOND;
	if (!timeline_take_number(at, 2, &c->tm.tm_hour) || !timeline_take(at, ":") ||
	    !timeline_take_number(at, 2, &c->tm.tm_min))
		return false;
	if (timeline_take(at, ":") && (!timeline_take_number(at, 2, &c->tm.tm_sec) ||
	                               !timeline_take_part(at, c)))
		return false;
	return c->tm.tm_hour <= 23 && c->tm.tm_min <= 59 && c->tm.tm_sec <= 60;
}

/* "Z", "+01:00" or "+0100", after a time with a date. */
static bool
timeline_take_zone(const char **at, struct timeline_typed *c)
{
	bool west = **at == '-';
	int hours = 0, minutes = 0;

	c->zoned = true;
	if (timeline_take(at, "Z"))
		return true;
	if (!timeline_take(at, "+-") || !timeline_take_number(at, 2, &hours))
		return false;
	timeline_take(at, ":");
	timeline_take_number(at, 2, &minutes);
	c->east_s = (west ? -1 : 1) * (hours * 3600 + minutes * 60);
	return true;
}

/* So many days later. false: there is no such time. */
static bool
timeline_resolve(const struct timeline_typed *c, int days, uint64_t *ns)
{
	struct tm tm = c->tm;
	time_t s;

	tm.tm_mday += days;
	tm.tm_isdst = -1;
	s = c->zoned ? timegm(&tm) - c->east_s : mktime(&tm);
	if (s < 0 || (!days && (tm.tm_mon != c->tm.tm_mon || tm.tm_mday != c->tm.tm_mday)))
		return false;
	*ns = (uint64_t)s * TIME_SECOND + c->part_ns;
	return true;
}

/* From when to when it is. false: it is no such time. */
static bool
timeline_parse_clock(const struct timeline *t, const char *text, uint64_t *from, uint64_t *to)
{
	time_t first = (time_t)(t->v[0].time_ns / TIME_SECOND);
	struct timeline_typed c = {0};

	localtime_r(&first, &c.tm);
	timeline_take_date(&text, " T", &c);
	if (!timeline_take_clock(&text, &c) ||
	    (c.dated && *text && !timeline_take_zone(&text, &c)) || *text ||
	    !timeline_resolve(&c, 0, from))
		return false;
	if (!c.dated && *from + TIMELINE_SLACK <= t->v[0].time_ns) /* past midnight */
		timeline_resolve(&c, 1, from);
	*to = *from + c.unit_ns - 1;
	return true;
}

/* A day, from its beginning to its end. */
static bool
timeline_parse_day(const char *text, uint64_t *from, uint64_t *to)
{
	struct timeline_typed c = {0};

	return timeline_take_date(&text, NULL, &c) && timeline_resolve(&c, 0, from) &&
	       timeline_resolve(&c, 1, to);
}

/* "+90s" from the first sample, or the sample that timeline_since cut to that. */
static bool
timeline_parse_span(const struct timeline *t, const char *text, uint64_t *from, uint64_t *to)
{
	uint64_t span;
	size_t i;

	if (!duration_parse(text + (text[0] == '+'), &span))
		return false;
	*from = *to = t->v[0].time_ns + span;
	i = timeline_find(t, *from) + 1;
	if (t->v[i - 1].time_ns < *from && i < t->n && t->v[i].time_ns - *from < TIME_MS)
		*to = t->v[i].time_ns;
	return true;
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
	               "give 12:30:05, 2026-12-01T12:30:05, +90s or +2h from the beginning, start "
	               "or end",
	               "cannot go to \"%.60s\"", text);
}

static int
timeline_outside(const struct timeline *t, const char *text, struct err *err)
{
	char why[192], from[TIMELINE_TEXT], to[TIMELINE_TEXT], last[TIMELINE_TEXT];

	snprintf(why, sizeof(why), "the recording goes from %s to %s, which is %ss",
	         timeline_text(t, 0, from), timeline_text(t, t->n - 1, to),
	         timeline_since(t, t->n - 1, last));
	return err_set(err, ERR_USAGE, why, "give a time between, start or end",
	               "cannot go to \"%.60s\"", text);
}

/* The first sample of that day, or after it. */
static int
timeline_go_to_day(const struct timeline *t, const char *text, uint64_t from, uint64_t to,
                   uint64_t *time_ns, struct err *err)
{
	size_t i = from ? vec_above(t->v, t->n, sizeof(*t->v),
	                            offsetof(struct timeline_tick, time_ns), from - 1)
	                : 0;

	if (to <= t->v[0].time_ns || i == t->n)
		return timeline_outside(t, text, err);
	*time_ns = t->v[i].time_ns;
	return 0;
}

bool
timeline_is_time(const char *text)
{
	uint64_t ignored, other;

	return !strcmp(text, "start") || !strcmp(text, "end") ||
	       timeline_parse_day(text, &ignored, &other) ||
	       duration_parse(text + (text[0] == '+'), &ignored);
}

int
timeline_parse(const struct timeline *t, const char *text, uint64_t *time_ns, struct err *err)
{
	uint64_t first = t->v[0].time_ns, last = t->v[t->n - 1].time_ns, from, to;

	if (!strcmp(text, "start") || !strcmp(text, "end")) {
		*time_ns = text[0] == 's' ? first : last;
		return 0;
	}
	if (timeline_parse_day(text, &from, &to))
		return timeline_go_to_day(t, text, from, to, time_ns, err);
	if (!timeline_parse_clock(t, text, &from, &to) && !timeline_parse_span(t, text, &from, &to))
		return timeline_snapshot(t, text, time_ns) ? 0 : timeline_no_time(text, err);
	if (to + TIMELINE_SLACK <= first || from >= last + TIMELINE_SLACK)
		return timeline_outside(t, text, err);
	*time_ns = u64_max(to, first);
	return 0;
}

/* --- what a time is shown as ------------------------------------------------------------------ */

static struct tm
timeline_local(uint64_t time_ns)
{
	time_t s = (time_t)(time_ns / TIME_SECOND);
	struct tm tm = {0};

	localtime_r(&s, &tm);
	return tm;
}

/* With a date if there is something to put after it. */
static void
timeline_write(uint64_t time_ns, char after_date, bool ms, char out[TIMELINE_TEXT])
{
	struct tm tm = timeline_local(time_ns);
	size_t n = 0;

	if (after_date) {
		n = strftime(out, TIMELINE_TEXT, "%F", &tm);
		out[n++] = after_date;
	}
	n += strftime(out + n, TIMELINE_TEXT - n, "%T", &tm);
	if (ms)
		snprintf(out + n, TIMELINE_TEXT - n, ".%03u", (unsigned)(time_ns / TIME_MS % 1000));
}

bool
timeline_dated(const struct timeline *t)
{
	struct tm a = timeline_local(t->v[0].time_ns), b = timeline_local(t->v[t->n - 1].time_ns);

	return a.tm_yday != b.tm_yday || a.tm_year != b.tm_year;
}

const char *
timeline_clock(const struct timeline *t, uint64_t time_ns, char out[TIMELINE_TEXT])
{
	timeline_write(time_ns, timeline_dated(t) ? ' ' : '\0', false, out);
	return out;
}

const char *
timeline_clock_ms(const struct timeline *t, uint64_t time_ns, char out[TIMELINE_TEXT])
{
	timeline_write(time_ns, timeline_dated(t) ? ' ' : '\0', true, out);
	return out;
}

const char *
timeline_exact(uint64_t time_ns, char out[TIMELINE_TEXT])
{
	struct tm tm = timeline_local(time_ns);
	char zone[8] = "+0000";
	size_t n;

	timeline_write(time_ns, 'T', true, out);
	strftime(zone, sizeof(zone), "%z", &tm);
	n = strlen(out);
	snprintf(out + n, TIMELINE_TEXT - n, "%.3s:%.2s", zone, zone + 3);
	return out;
}

const char *
timeline_text(const struct timeline *t, size_t i, char out[TIMELINE_TEXT])
{
	return timeline_clock(t, t->v[i].time_ns, out);
}

const char *
timeline_word(const struct timeline *t, size_t i, char out[TIMELINE_TEXT])
{
	uint64_t ns = t->v[i].time_ns;
	bool last = i + 1 == t->n || t->v[i + 1].time_ns / TIME_SECOND > ns / TIME_SECOND;

	timeline_write(ns, timeline_dated(t) ? 'T' : '\0', !last, out);
	return out;
}

const char *
timeline_since(const struct timeline *t, size_t i, char out[TIMELINE_TEXT])
{
	uint64_t ms = (t->v[i].time_ns - t->v[0].time_ns) / TIME_MS;

	snprintf(out, TIMELINE_TEXT, "+%llu.%03u", (unsigned long long)(ms / 1000),
	         (unsigned)(ms % 1000));
	return out;
}
