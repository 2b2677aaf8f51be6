/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "batch_grid.h"
#include "batch_state.h"
#include "probe.h"
#include "query.h"

struct out_shape
batch_shape(const struct options *o, const char *name, bool whole)
{
	return (struct out_shape){.format = o->format, .noheadings = o->noheadings, .bytes = o->bytes,
	                          .ascii = o->ascii, .whole = whole, .name = name};
}

int
batch_columns(const struct options *o, enum column_set set, const enum column_id *usual, size_t usual_n,
               enum column_id ids[COL_COUNT], size_t *n, struct err *err)
{
	if (o->output_all) {
		columns_all(set, ids, n);
		return 0;
	}
	if (o->output)
		return columns_parse(set, o->output, ids, n, err);
	memcpy(ids, usual, usual_n * sizeof(*ids));
	*n = usual_n;
	return 0;
}

bool
batch_has_column(const enum column_id *ids, size_t n, enum column_id id)
{
	for (size_t i = 0; i < n; i++)
		if (ids[i] == id)
			return true;
	return false;
}

int
batch_filter(const struct batch *b, enum filter_scope scope, struct batch_filter *out, struct err *err)
{
	*out = (struct batch_filter){.on = b->o->filter != NULL};
	return out->on ? filter_parse(b->o->filter, scope, b->t.pm.page_size, &out->f, err) : 0;
}

bool
batch_passes(struct batch_filter *bf, const struct filter_facts *x)
{
	enum truth t = filter_eval(&bf->f, x);

	if (t == TRUTH_UNKNOWN) {
		bf->left_out++;
		bf->why |= filter_why(&bf->f, x);
	}
	bf->passed += t == TRUTH_YES;
	return t == TRUTH_YES;
}

void
batch_note_filter(struct batch *b, const struct batch_filter *bf, const char *one)
{
	const struct track *t = &b->t.track;
	bool watched = t->gen && track_way_caps(t->way) & TRACK_RANGES;
	const struct {
		enum filter_why why;
		const char *text;
	} reasons[] = {
	    {FILTER_WHY_HIDDEN, "is hidden (needs CAP_SYS_ADMIN)"},
	    {FILTER_WHY_WRITTEN, watched ? "is not known (it is not watched there)" : "is not known (soft-dirty does not tell there)"},
	    {FILTER_WHY_OTHER, "is not known (`pmtop --capabilities` tells what cannot be read)"},
	};
	const char *sep = "";

	if (bf->on && !bf->passed && !bf->left_out)
		buf_fmt(b->note, "no %s passes the filter", one);
	if (!bf->left_out)
		return;
	buf_fmt(b->note, "%llu %s%s left out: whether %s ", (unsigned long long)bf->left_out, one,
	        bf->left_out > 1 ? "s" : "", bf->left_out > 1 ? "they match" : "it matches");
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (bf->why & reasons[i].why) {
			buf_fmt(b->note, "%s%s", sep, reasons[i].text);
			sep = ", or ";
		}
}

int
batch_need_smaps(struct batch *b, struct err *err)
{
	int r;

	if (b->has_smaps)
		return 0;
	r = smaps_read_process(&b->t.proc, &b->smaps, err);
	b->has_smaps = r == 0;
	return r;
}

bool
batch_need_written(struct batch *b)
{
	struct err ignored;

	if (b->watched)
		return true;
	track_probe(&b->t.track, &b->t.proc, &b->t.pm);
	if (b->t.track.status[TRACK_SOFT_DIRTY].can != TRACK_YES || batch_need_smaps(b, &ignored) < 0)
		return false;
	track_choose(&b->t.track, TRACK_SOFT_DIRTY);
	b->t.track.gen = 1;
	return true;
}

bool
batch_written_known(const struct batch *b, const struct vma *v)
{
	const struct smaps_entry *e = b->watched ? NULL : smaps_find(&b->smaps, v->start);

	return b->watched ? track_doubt(&b->t.track, v->start) == DOUBT_NONE : e && !smaps_newborn(e);
}

int
batch_range(struct batch *b, const char *text, uint64_t *start, uint64_t *end, struct err *err)
{
	struct query q;

	*start = 0;
	*end = UINT64_MAX;
	if (!text)
		return 0;
	if (query_parse(text, b->t.pm.page_size, &q, err) < 0 ||
	    query_range(&q, &b->vmas, b->t.pm.page_size, start, end, err) < 0)
		return -1;
	if (vma_lower_bound(&b->vmas, *start) == b->vmas.n ||
	    b->vmas.v[vma_lower_bound(&b->vmas, *start)].start >= *end)
		return err_set(err, ERR_TARGET, "nothing is mapped there", "`pmtop --list` shows what is",
		               "no pages in %.60s", text);
	return 0;
}

/* --- --capabilities --------------------------------------------------------------------------- */

static struct value
text_value(const char *s)
{
	return (struct value){.kind = VALUE_TEXT, .s = s};
}

static int
show_capabilities(struct batch *b, struct err *err)
{
	static const char *const titles[] = {"SOURCE", "AVAILABLE", "GIVES", "DETAIL", "REMEDY"};
	struct out_shape shape = batch_shape(b->o, "capabilities", true);
	size_t n;
	const struct cap *caps = probe_all(&b->t, &n);
	struct out *out = out_begin(&shape, NULL, titles, ARRAY_LEN(titles));

	for (size_t i = 0; i < n; i++) {
		struct value v[ARRAY_LEN(titles)] = {
		    text_value(caps[i].name), text_value(caps[i].ok ? "yes" : "no"), text_value(caps[i].gives),
		    text_value(caps[i].detail), caps[i].how ? text_value(caps[i].how) : (struct value){0},
		};

		out_row(out, v);
	}
	return out_end(out, err);
}

/* --- all -------------------------------------------------------------------------------------- */

static int
show_grid(struct batch *b, struct err *err)
{
	uint64_t start, end;
	struct grid_text_options g = {.columns = b->o->columns, .zoom = b->o->zoom, .lens = b->o->lens, .ascii = b->o->ascii,
	                              .whole = !b->o->range};

	if (batch_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	return batch_grid(&b->t, &b->vmas, start, end, &g, err);
}

static int
answer(struct batch *b, struct err *err)
{
	if (b->o->watch_ns && b->o->mode != MODE_WATCH && batch_watch_once(b, err) < 0)
		return -1;
	switch (b->o->mode) {
	case MODE_LIST: return batch_list(b, err);
	case MODE_PAGES: return batch_pages(b, err);
	case MODE_SUMMARY: return batch_summary(b, err);
	case MODE_WATCH: return batch_watch(b, err);
	case MODE_QUERY: return batch_query(b, err);
	case MODE_GRID: return show_grid(b, err);
	case MODE_CAPABILITIES: return show_capabilities(b, err);
	case MODE_SCREEN:
	case MODE_VERSION:
	case MODE_HELP:
	case MODE_PRINT: break;
	}
	return 0;
}

/* Whoever reads us no more ends us as is usual, but not before a target that is watched is let go. */
static void
hold_pipe(int how)
{
	sigset_t pipe;

	sigemptyset(&pipe);
	sigaddset(&pipe, SIGPIPE);
	sigprocmask(how, &pipe, NULL);
}

int
batch_run(const struct options *o, pid_t pid, void (*tell)(const char *text), struct buf *note,
          struct err *err)
{
	struct batch b = {.o = o, .note = note, .tell = tell};
	int r = target_open(&b.t, o->proc_root, pid, err);

	if (o->watch_ns)
		hold_pipe(SIG_BLOCK);
	b.t.track.owner = o->demo ? TRACK_DEMO : o->command ? TRACK_LAUNCHED : TRACK_FOREIGN;
	b.t.track.choice = o->tracker;
	b.t.track.allow = o->allow_inject;
	if (r == 0)
		r = target_open_pages(&b.t, err);
	if (r == 0)
		r = target_regions(&b.t, &b.vmas, err);
	if (r == 0 && !b.vmas.n)
		r = err_set(err, ERR_TARGET, "it has no memory any more", "choose a running process",
		            "nothing to show for process %d (%s)", (int)pid, b.t.proc.comm);
	if (r == 0)
		r = answer(&b, err);
	vma_free(&b.vmas);
	smaps_free(&b.smaps);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = err_sys(err, NULL, "cannot write to standard output");
	target_close(&b.t);
	if (o->watch_ns)
		hold_pipe(SIG_UNBLOCK);
	return r;
}
