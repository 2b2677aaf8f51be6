/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch/batch_grid.h"
#include "batch/batch_state.h"
#include "demo/launch.h"
#include "target/probe.h"
#include "target/region.h"

static struct value
batch_text_value(const char *s)
{
	return (struct value){.kind = VALUE_TEXT, .s = s};
}

static int
batch_show_capabilities(struct batch *b, struct err *err)
{
	static const char *const titles[] = {"SOURCE", "AVAILABLE", "GIVES", "DETAIL", "REMEDY"};
	struct out_shape shape = batch_shape(b->o, "capabilities", true);
	size_t n;
	const struct cap *caps = probe_all(&b->t, &n);
	struct out *out = out_begin(&shape, NULL, titles, ARRAY_LEN(titles));

	for (size_t i = 0; i < n; i++) {
		struct value v[ARRAY_LEN(titles)] = {
		    batch_text_value(caps[i].name),
		    batch_text_value(caps[i].ok ? "yes" : "no"),
		    batch_text_value(caps[i].gives),
		    batch_text_value(caps[i].detail),
		    caps[i].how[0] ? batch_text_value(caps[i].how) : (struct value){0},
		};

		out_row(out, v);
	}
	return out_end(out, err);
}

/* --- all -------------------------------------------------------------------------------------- */

static int
batch_show_grid(struct batch *b, struct err *err)
{
	uint64_t start, end;
	struct grid_text_options g = {.columns = b->o->columns,
	                              .zoom = b->o->zoom,
	                              .lens = b->o->lens,
	                              .ascii = b->o->ascii,
	                              .whole = !b->o->range};

	if (batch_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	if (b->o->lens == LENS_SHARING)
		batch_note_averages(b);
	return batch_grid(&b->t, &b->vmas, start, end, &g, err);
}

/* The interval of --watch, before another answer. */
static int
batch_let_pass(struct batch *b, struct err *err)
{
	bool writes = true;

	if (b->o->mode == MODE_QUERY && batch_query_first(b, &writes, err) < 0)
		return -1;
	return writes ? batch_watch_once(b, err) : batch_watch_wait(b, err);
}

static int
batch_answer(struct batch *b, struct err *err)
{
	if (b->o->watch_ns && b->o->mode != MODE_WATCH && batch_let_pass(b, err) < 0)
		return -1;
	if (b->o->grow_ns && b->o->mode != MODE_GROW && b->o->mode != MODE_RECORD &&
	    batch_grow_once(b, err) < 0)
		return -1;
	if (b->o->touched_ns && b->o->mode != MODE_TOUCHED && batch_touched_once(b, err) < 0)
		return -1;
	switch (b->o->mode) {
	case MODE_LIST: return batch_list(b, err);
	case MODE_PAGES: return batch_pages(b, err);
	case MODE_SUMMARY: return batch_summary(b, err);
	case MODE_WATCH: return batch_watch(b, err);
	case MODE_GROW: return batch_grow(b, err);
	case MODE_TOUCHED: return batch_touched(b, err);
	case MODE_RECORD: return batch_record(b, err);
	case MODE_EXPORT: return batch_export(b, err);
	case MODE_QUERY: return batch_query(b, err);
	case MODE_HEAT: return batch_heat(b, err);
	case MODE_GRID: return batch_show_grid(b, err);
	case MODE_WHO: return batch_who(b, err);
	case MODE_CAPABILITIES: return batch_show_capabilities(b, err);
	case MODE_METRICS: /* of several processes */
	case MODE_DIFF: /* of two targets: batch_diff */
	case MODE_SCREEN:
	case MODE_VERSION:
	case MODE_HELP:
	case MODE_PRINT: break;
	}
	return 0;
}

/* Of what has been printed, whether it was all. */
static int
batch_check_printed(struct batch *b, struct err *err)
{
	const struct source_meta *m = &b->t.source->meta;
	char how[64] = "", why[96];

	if (batch_check_alive(b, err) == 0)
		return 0;
	err->sys = 0; /* something was seen */
	if (b->o->command && b->t.source->ops->life(b->t.source) != PROC_RUNNING)
		launch_how_it_ends(m->pid, how, sizeof(how));
	if (!how[0])
		return -1;
	snprintf(why, sizeof(why), "it has ended%s", how);
	return err_set(err, ERR_TARGET, why, NULL, "cannot read process %d (%s) to the end",
	               (int)m->pid, m->comm);
}

/*
 * Answers that are read as a whole before they are printed are read again if another program was
 * executed meanwhile. The rest has been printed in part.
 */
static int
batch_answer_whole(struct batch *b, bool *again, struct err *err)
{
	bool whole = b->o->mode == MODE_LIST || b->o->mode == MODE_SUMMARY ||
	             b->o->mode == MODE_QUERY;
	int r = batch_answer(b, err);

	if (b->o->mode == MODE_WATCH || b->o->mode == MODE_GROW || b->o->mode == MODE_RECORD ||
	    b->o->mode == MODE_TOUCHED || b->o->mode == MODE_CAPABILITIES)
		return r;
	if (!whole && (r == 0 || err->sys == ESRCH))
		return batch_check_printed(b, err) < 0 ? -1 : r;
	if (r == 0 || err->sys != ESRCH || batch_check_alive(b, err) == 0)
		return r;
	*again = whole && !b->o->watch_ns && !b->o->grow_ns && !b->o->touched_ns;
	return -1;
}

/* A closed pipe ends pmtop as usual, but only after a watched target is released. */
static void
batch_hold_pipe(int how)
{
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigprocmask(how, &pipe, NULL);
}

/* What was written by the sample of a recording: a scan tells what is known of each region. */
static int
batch_recall(struct batch *b, struct err *err)
{
	struct vma_list vmas;
	struct regions *rs;
	struct err ignored;
	int r;

	if (target_regions(&b->t, &vmas, err) < 0)
		return -1;
	rs = regions_new(vmas, source_now(b->t.source));
	if (!b->t.no_faults)
		target_watch_faults(&b->t, &ignored);
	target_follow(&b->t, &rs->vmas);
	b->watched = b->t.track.clears > 0;
	r = b->watched ? regions_measure(rs, &b->t, NULL, err) : 0;
	regions_unref(rs);
	return r;
}

/*
 * Without the page tables, which take more rights than maps, a list of regions says what it can,
 * and --capabilities why that is so.
 */
static int
batch_open_pages(struct batch *b, struct err *err)
{
	const struct options *o = b->o;
	char why[sizeof(*err)];

	if (target_open_pages(&b->t, err) == 0)
		return 0;
	b->blind = (o->mode == MODE_LIST || o->mode == MODE_CAPABILITIES) && !o->watch_ns &&
	           !o->grow_ns && (err->sys == EACCES || err->sys == EPERM);
	if (!b->blind)
		return -1;
	if (o->mode == MODE_LIST)
		buf_fmt(b->note,
		        "%s (RSS and SWAP are from smaps; what else they say is not known)",
		        err_line(err, why, sizeof(why)));
	return 0;
}

/* A recording stays as it is. */
static int
batch_check_past(const struct options *o, struct err *err)
{
	bool watches = o->mode == MODE_WATCH || o->watch_given;

	if (!o->recording || (o->mode != MODE_RECORD && !o->grow_given && !watches))
		return 0;
	if (o->mode == MODE_RECORD)
		return err_set(err, ERR_USAGE, "it is a recording already",
		               "copy the file, or record a running process",
		               "cannot record %.160s", o->target);
	if (watches)
		return err_set(err, ERR_USAGE, "it is a recording, which stays as it is",
		               "leave --watch out: -e writers and --heat say what was written",
		               "cannot watch %.160s", o->target);
	return err_set(err, ERR_USAGE, "it is a recording, which stays as it is",
	               "leave out =SECONDS: its baseline is its first sample",
	               "cannot wait for %.160s to grow", o->target);
}

static int
batch_try(const struct options *o, pid_t pid, void (*report)(const char *text), struct buf *note,
          bool *again, struct err *err)
{
	struct batch b = {.o = o, .note = note, .report = report};
	int r = batch_open(&b.t, o, pid, err);

	*again = false;
	b.t.track.owner = o->demo ? TRACK_DEMO : o->command ? TRACK_LAUNCHED : TRACK_FOREIGN;
	b.t.track.choice = o->tracker;
	b.t.budget = o->budget;
	b.t.no_faults = o->no_attribution;
	b.t.track.allow = o->allow_inject;
	if (r == 0)
		r = batch_open_pages(&b, err);
	if (r == 0)
		r = target_regions(&b.t, &b.vmas, err);
	if (r == 0 && o->recording && o->mode != MODE_HEAT)
		r = batch_recall(&b, err);
	*again = r == 0 && !b.vmas.n;
	if (*again)
		r = target_no_memory(&b.t, err);
	if (r == 0)
		r = batch_answer_whole(&b, again, err);
	vma_free(&b.vmas);
	smaps_free(&b.smaps);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = err_sys(err, NULL, "cannot write to standard output");
	target_close(&b.t);
	return r;
}

int
batch_run(const struct options *o, pid_t pid, void (*report)(const char *text), struct buf *note,
          struct err *err)
{
	enum { TRIES = 8 }; /* programs that execute one another */
	bool again;
	int r;

	if (batch_check_past(o, err) < 0)
		return -1;
	if (o->mode == MODE_METRICS)
		return batch_metrics(o, pid, report, note, err);
	if (o->watch_ns)
		batch_hold_pipe(SIG_BLOCK);
	for (int i = 0; i < TRIES; i++) {
		r = batch_try(o, pid, report, note, &again, err);
		if (!again)
			break;
	}
	if (o->watch_ns)
		batch_hold_pipe(SIG_UNBLOCK);
	return r;
}
