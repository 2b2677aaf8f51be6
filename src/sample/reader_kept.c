/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a reader keeps of its scans: the recording, and what differs. */
#include "sample/reader_parts.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/util.h"

void
reader_stop_keeping(struct reader *l)
{
	if (l->keeper)
		keeper_stop(l->keeper, KEEPER_SHORTLY, NULL, &l->draft.recorded_err);
	l->keeper = NULL;
	l->draft.recorded = (struct sample_recorded){0};
}

/* It ends with the process; the sample says so, unless the file did not take all. */
void
reader_end_keeping(struct reader *l)
{
	bool on = l->keeper;
	char how[64];

	proc_how_it_ended(l->t.source->meta.pid, how, sizeof(how));
	if (on)
		keeper_say_end(l->keeper, how, NULL);
	reader_stop_keeping(l);
	l->draft.recorded.to_end = on && !l->draft.recorded_err.what[0];
}

/* Ends it, with err if the file did not take all. */
static int
reader_record_no_more(struct reader *l, struct err *err)
{
	bool on = l->keeper;

	reader_stop_keeping(l);
	*err = l->draft.recorded_err;
	if (err->what[0])
		return -1;
	return on ? 0
	          : err_set(err, ERR_USAGE, "nothing is being recorded", NULL,
	                    "cannot end the recording");
}

/* A file that cannot be opened leaves the recording that is under way as it is. */
int
reader_record(struct reader *l, const char *path, bool overwrite, struct err *err)
{
	struct recorder_options o = {.path = path,
	                             .how = overwrite ? SCHEMA_OVERWRITE : SCHEMA_NEW};
	struct keeper *k = path[0] ? keeper_start(&o, &l->t, KEEPER_SHORTLY, err) : NULL;

	l->draft.recorded_err.what[0] = '\0';
	if (!path[0])
		return reader_record_no_more(l, err);
	if (!k)
		return -1;
	reader_stop_keeping(l);
	l->keeper = k;
	l->draft.recorded =
	    (struct sample_recorded){.on = true, .since_ns = source_now(l->t.source)};
	return 0;
}

/* The next sample of the recording says that some are missing before it. */
void
reader_resume_keeping(struct reader *l)
{
	uint64_t ns = l->draft.regions ? source_now(l->t.source) - l->draft.regions->time_ns : 0;
	char text[64];

	if (!l->keeper || ns <= l->now.interval_ns)
		return;
	snprintf(text, sizeof(text), "paused: nothing was sampled for %.0f s", (double)ns / 1e9);
	keeper_say(l->keeper, text);
}

/* What cannot be recorded ends the recording: the sample says so. */
static void
reader_keep(struct reader *l, struct regions *rs)
{
	uint64_t interval = l->now.interval_ns ? l->now.interval_ns : TIME_SECOND;

	if (keeper_end(l->keeper, rs, interval, &l->draft.recorded_err) < 0)
		reader_stop_keeping(l);
	else
		l->draft.recorded.bytes = keeper_so_far(l->keeper).bytes;
}

void
reader_set_difference(struct reader *l, struct difference *d)
{
	difference_unref(l->draft.diff);
	l->draft.diff = d;
	snprintf(l->draft.compared, sizeof(l->draft.compared), "%s", l->comparison.words);
}

/* Nothing is compared any more; the snapshots stay. */
void
reader_end_comparison(struct reader *l)
{
	comparison_end(&l->comparison);
	reader_set_difference(l, NULL);
}

int
reader_snap(struct reader *l, const char *name, char *said, size_t size, struct err *err)
{
	char text[64];
	int r;

	l->t.source->stop = l->host.stopping;
	r = comparison_snap(&l->comparison, &l->t, name, said, size, err);
	l->t.source->stop = l->host.superseded;
	snprintf(text, sizeof(text), TIMELINE_SNAPSHOT "%.40s", name);
	if (r == 0 && l->keeper)
		keeper_say(l->keeper, text);
	return r;
}

/* Of a recording: opens it once more, at that time. */
static int
reader_compare_at(struct reader *l, const struct command *c, struct err *err)
{
	struct source *past = l->host.again(l->host.arg, err);
	int r;

	if (!past)
		return -1;
	past->stop = l->host.stopping;
	past->stop_arg = l->host.arg;
	r = comparison_begin_at(&l->comparison, &l->t, past, c->end, c->text, (unsigned)c->at, err);
	if (r < 0)
		reader_set_difference(l, NULL);
	return r;
}

int
reader_compare(struct reader *l, const struct command *c, struct err *err)
{
	l->compares_anew = true;
	return l->draft.timeline
	           ? reader_compare_at(l, c, err)
	           : comparison_begin(&l->comparison, &l->t, c->text, (unsigned)c->at, err);
}

/* Scans all regions, for all who listen. */
int
reader_measure(struct reader *l, struct regions *rs)
{
	/* without an interval no other scan may follow that has what this one leaves out */
	uint64_t patience = l->now.interval_ns ? 0 : TIME_SECOND;
	struct difference *d;
	int r;

	if (l->keeper)
		keeper_begin(l->keeper, patience);
	if (!l->draft.timeline)
		past_listen(&l->past, &l->t);
	comparison_listen(&l->comparison, &l->t, rs);
	r = regions_measure_again(rs, &l->t, l->draft.regions, &l->draft.trouble);
	d = comparison_unlisten(&l->comparison, &l->t, r == 0);
	if (!l->draft.timeline)
		past_unlisten(&l->past, rs->time_ns, r == 0);
	if (l->keeper)
		reader_keep(l, r == 0 ? rs : NULL);
	if (d || !l->comparison.baseline)
		reader_set_difference(l, d);
	return r;
}
