/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --record: a sample each interval, into a file. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>

#include "base/clock.h"
#include "batch/batch_state.h"
#include "batch/batch_wait.h"
#include "demo/launch.h"
#include "record/keeper.h"
#include "record/source_recording.h"

/* Before as many samples it is tried. */
enum { RECORD_TRIES = 20 };

struct record {
	struct batch *b;
	struct keeper *to;
	int signals;
	uint64_t until, next; /* on our clock */
	bool writes;          /* they are tracked */
	bool replaces;        /* a recording */
	bool small;           /* it was said that --max-size is */
	unsigned tries;       /* so many more to track those of another program */
};

/* --- writes --------------------------------------------------------------------------------- */

/* Only if a tracker was asked for: a clear changes the process. */
static int
record_begin_writes(struct record *k, struct err *err)
{
	struct batch *b = k->b;
	struct err kept; /* by the causes, and thus in the file */

	if (!b->o->tracker_given)
		return 0;
	if (batch_prepare(b, err) < 0)
		return -1;
	if (!b->o->no_attribution) {
		target_watch_faults(&b->t, &kept);
		causes_keep_past(b->t.causes, false);
	}
	k->writes = target_clear(&b->t, &b->vmas, err) == 0;
	if (k->writes)
		return 0;
	k->tries = b->t.track.owner != TRACK_FOREIGN ? RECORD_TRIES : 0;
	return k->tries ? 0 : -1; /* what just began has nothing to watch yet */
}

/* Who brings memory in: with page faults that are watched anyway, or as it was asked for. */
static void
record_begin_growth(struct record *k)
{
	const struct options *o = k->b->o;

	if ((o->tracker_given || o->grow_ns) && !o->no_attribution)
		target_grow(&k->b->t, true);
}

/*
 * A command that we started may execute another: its script's interpreter does. Consent of others
 * was for the old one.
 */
static void
record_begin_again(struct record *k)
{
	bool had = k->writes || k->tries;

	k->writes = false;
	k->tries = 0;
	record_begin_growth(k);
	if (had && k->b->t.track.owner != TRACK_FOREIGN)
		k->tries = RECORD_TRIES;
	else if (had)
		k->b->report("it executed a new program, whose writes are not recorded");
}

static void
record_try_again(struct record *k)
{
	struct target *t = &k->b->t;
	struct buf text = {0};
	struct err why = {0};
	unsigned left = k->tries - 1;

	t->track.can = TRACK_UNKNOWN;
	vma_free(&k->b->vmas);
	if (target_regions(t, &k->b->vmas, &why) == 0)
		record_begin_writes(k, &why);
	k->tries = k->writes ? 0 : left;
	if (k->writes || left)
		return;
	buf_fmt(&text, "its writes are not recorded: %s", why.why);
	k->b->report(text.s);
	keeper_say(k->to, text.s);
	buf_free(&text);
}

/* --- contents ------------------------------------------------------------------------------- */

/* Only those that were asked for: [*start, *end). */
static int
record_contents(struct batch *b, uint64_t *start, uint64_t *end, struct err *err)
{
	const char *range = b->o->with_bytes;

	*start = *end = 0;
	if (!range)
		return 0;
	if (batch_range(b, range, start, end, err) < 0)
		return -1;
	if (*end - *start > CONTENTS_MOST)
		return err_set(err, ERR_USAGE, "it is more than 1 MiB",
		               "give less: START..+64K, for example", "--with-bytes %.100s", range);
	return 0;
}

/* --- its end -------------------------------------------------------------------------------- */

/* The process executed another program, which is recorded in a session of its own, or ended: 1. */
static int
record_follow(struct record *k, struct err *err)
{
	struct target *t = &k->b->t;
	struct pollfd end = {t->source->meta.end_fd, POLLIN, 0};
	uint64_t until = time_ns() + UINT64_C(20) * BATCH_BEAT_NS;

	for (;;) {
		enum proc_life life = t->source->ops->life(t->source);
		int r;

		if (life == PROC_ENDED || (life == PROC_ENDING && time_ns() > until))
			return 1;
		r = target_reopen(t, err);
		if (r == 0)
			break;
		if (time_ns() > until)
			return -1;
		poll(&end, 1, 10);
	}
	keeper_exec(k->to);
	record_begin_again(k);
	return 0;
}

static void
record_say_end(struct record *k)
{
	const struct batch *b = k->b;
	char how[64] = "";

	if (b->o->command)
		launch_how_it_ends(b->t.source->meta.pid, how, sizeof(how));
	keeper_say_end(k->to, how, b->note);
	buf_str(b->note, "; ");
}

/* Once it is closed, of which this was the size. */
static void
record_say_size(const struct record *k, const struct keeper_ends *ends, struct buf *out)
{
	char size[8];

	buf_fmt(out, "%ju sample%s in %s, %s", (uintmax_t)ends->kept, plural(ends->kept),
	        k->b->o->record, size_text(size, ends->bytes));
	if (ends->kept > ends->samples)
		buf_fmt(out, "; %ju of them new", (uintmax_t)ends->samples);
	else if (ends->kept < ends->samples)
		buf_fmt(out, "; %ju were taken, and older ones thinned (--max-size)",
		        (uintmax_t)ends->samples);
}

/*
 * The samples before a failure are there, unless the file is not; before the first, what was to be
 * replaced.
 */
static void
record_say_kept(const struct record *k, const struct keeper_ends *ends, struct err *err)
{
	struct buf how = {0};

	if (ends->gone || (!ends->samples && !k->replaces))
		return;
	buf_fmt(&how, "%s%s", err->how, err->how[0] ? "; " : "");
	if (ends->samples) {
		record_say_size(k, ends, &how);
		err->sys = 0; /* something was seen */
	} else {
		buf_str(&how, "the old recording is still there");
	}
	snprintf(err->how, sizeof(err->how), "%s", how.s);
	buf_free(&how);
}

/* false: only one more sample is to come, the last. */
static bool
record_wait(const struct record *k)
{
	uint64_t until = k->until ? u64_min(k->next, k->until) : k->next;

	/* what ended may have executed another program */
	return (batch_wait_until(k->b, k->signals, until) || !target_is_alive(&k->b->t)) &&
	       (!k->until || time_ns() < k->until);
}

/* The recorder says it in the file. */
static void
record_say_least(struct record *k, uint64_t least)
{
	struct buf text = {0};

	if (!least || k->small)
		return;
	k->small = true;
	recorder_least_text(k->b->o->max_size, least, &text);
	k->b->report(text.s);
	buf_free(&text);
}

static int
record_all(struct record *k, struct err *err)
{
	const struct options *o = k->b->o;
	bool last = false;
	int r;

	for (;;) {
		if (k->tries)
			record_try_again(k);
		r = keeper_take(k->to, o->interval_ns, last, k->writes, err);
		if (r > 0)
			r = record_follow(k, err);
		if (r || last)
			break;
		record_say_least(k, keeper_so_far(k->to).least);
		k->next = u64_max(k->next + o->interval_ns, time_ns());
		last = !record_wait(k);
	}
	if (r > 0)
		record_say_end(k);
	return r < 0 ? -1 : 0;
}

/* Without a sample no file was made. */
static int
record_refuse_ended(const struct record *k, struct err *err)
{
	static const char what[] = "no sample was taken of";
	const struct source_meta *m = &k->b->t.source->meta;

	err_set(err, ERR_TARGET, "it has ended", NULL, "%s process %d (%s)", what, (int)m->pid,
	        m->comm);
	err->sys = ESRCH;
	return k->b->o->command ? launch_refuse_ended(m->pid, k->b->o->command[0], what, err) : -1;
}

static int
record_to(struct record *k, const struct recorder_options *to, uint64_t start, uint64_t end,
          struct err *err)
{
	struct keeper_ends ends;
	struct err kept;
	int r;

	k->to = keeper_start(to, &k->b->t, KEEPER_PATIENCE, err);
	if (!k->to) {
		record_say_kept(k, &(struct keeper_ends){0}, err);
		return -1;
	}
	if (start < end)
		keeper_contents(k->to, start, end);
	r = record_all(k, err);
	if (keeper_stop(k->to, KEEPER_PATIENCE, &ends, &kept) < 0 && r == 0) {
		*err = kept;
		r = -1;
	}
	if (!ends.samples && (r == 0 || err->sys == ESRCH))
		r = record_refuse_ended(k, err);
	record_say_least(k, ends.least);
	if (r == 0)
		record_say_size(k, &ends, k->b->note);
	else
		record_say_kept(k, &ends, err);
	return r;
}

/* Whether it may be recorded there; else options that would help are named, too. */
static int
record_check(const struct recorder_options *to, struct err *err)
{
	struct recorder_options other = *to;
	struct err ignored;
	bool append, overwrite;

	if (recorder_check(to, err) == 0)
		return 0;
	other.how = SCHEMA_APPEND;
	append = recorder_check(&other, &ignored) == 0;
	other.how = SCHEMA_OVERWRITE;
	overwrite = recorder_check(&other, &ignored) == 0;
	if (to->how == SCHEMA_NEW && overwrite)
		snprintf(err->how, sizeof(err->how), "give another name, or add %s--overwrite",
		         append ? "--append or " : "");
	return -1;
}

/* All that may be refused is asked for before the file is made, or an old one is replaced. */
int
batch_record(struct batch *b, struct err *err)
{
	const struct options *o = b->o;
	struct recorder_options to = {.path = o->record,
	                              .how = o->append      ? SCHEMA_APPEND
	                                     : o->overwrite ? SCHEMA_OVERWRITE
	                                                    : SCHEMA_NEW,
	                              .anonymous = o->anonymous,
	                              .max_size = o->max_size};
	struct record k = {
	    .b = b,
	    .next = time_ns(),
	    .until = o->for_ns ? time_ns() + o->for_ns : 0,
	    .replaces = o->overwrite && source_recording_is(o->record),
	};
	uint64_t start, end;
	int r;

	if (record_check(&to, err) < 0 || record_contents(b, &start, &end, err) < 0)
		return -1;
	k.signals = batch_signals_open();
	b->t.no_screen = true;
	record_begin_growth(&k);
	r = record_begin_writes(&k, err);
	if (r == 0)
		r = record_to(&k, &to, start, end, err);
	batch_signals_close(k.signals);
	return r;
}
