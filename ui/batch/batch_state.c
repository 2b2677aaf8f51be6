/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch/batch_state.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "query/settle.h"
#include "record/source_recording.h"

struct out_shape
batch_shape(const struct options *o, const char *name, bool whole)
{
	return (struct out_shape){.format = o->format,
	                          .noheadings = o->noheadings,
	                          .bytes = o->bytes,
	                          .ascii = o->ascii,
	                          .whole = whole,
	                          .name = name};
}

int
batch_columns(const struct options *o, enum column_set set, enum column_id ids[ROW_MOST],
              size_t *n, struct err *err)
{
	if (o->output && !o->output_all)
		return columns_parse(set, o->output, ids, n, err);
	columns_all(set, !o->output_all, ids, n);
	return 0;
}

int
batch_filter(const struct batch *b, enum filter_scope scope, struct batch_filter *out,
             struct err *err)
{
	*out = (struct batch_filter){.on = b->o->filter != NULL};
	return out->on ? filter_parse(b->o->filter, scope, b->t.page_size, &out->f, err) : 0;
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
batch_note_filter(struct batch *b, const struct batch_filter *bf, const char *one,
                  const char *where)
{
	if (b->note->len && bf->on && (!bf->passed || bf->left_out))
		buf_str(b->note, "; ");
	if (bf->on && !bf->passed && !bf->left_out)
		buf_fmt(b->note, "no %s%s matches the filter", one, where);
	if (!bf->left_out)
		return;
	buf_fmt(b->note, "%llu %s%s left out; whether %s is not known: ",
	        (unsigned long long)bf->left_out, one, bf->left_out > 1 ? "s" : "",
	        bf->left_out > 1 ? "they match" : "it matches");
	filter_why_words(bf->why, tracker_why_unknown(&b->t.track), source_lack(b->t.source),
	                 b->note);
}

int
batch_check_alive(const struct batch *b, struct err *err)
{
	const struct source_meta *m = &b->t.source->meta;

	if (target_is_alive(&b->t))
		return 0;
	err_set(err, ERR_TARGET, "it has ended or executed another program",
	        "choose a running process, or try again", "cannot read process %d (%s) to the end",
	        (int)m->pid, m->comm);
	err->sys = ESRCH;
	return -1;
}

void
batch_note_averages(struct batch *b)
{
	if (b->t.source->ops->others->averages(b->t.source) == TRUTH_YES)
		buf_fmt(b->note,
		        "%sthis kernel counts the mappings of large folios, not of their pages: "
		        "how often such a page is mapped is an average, and PSS, USS and SHARED "
		        "are estimates",
		        b->note->len ? "; " : "");
}

int
batch_need_smaps(struct batch *b, struct err *err)
{
	int r;

	if (b->has_smaps)
		return 0;
	r = b->t.source->ops->smaps(b->t.source, NULL, &b->smaps, err);
	b->has_smaps = r == 0;
	return r;
}

bool
batch_need_written(struct batch *b)
{
	struct err ignored;

	if (b->watched)
		return true;
	target_probe_trackers(&b->t);
	if (b->t.track.status[tracker_lasting()].can != TRACK_YES ||
	    batch_need_smaps(b, &ignored) < 0)
		return false;
	track_choose(&b->t.track, tracker_lasting());
	b->t.track.clears = 1;
	return true;
}

void
batch_know_written(struct batch *b)
{
	if (b->watched || !batch_need_written(b))
		return;
	b->t.bits_only = true;
	for (size_t i = 0; i < b->vmas.n; i++) {
		uint64_t start = b->vmas.v[i].start;
		const struct smaps_entry *e = smaps_find(&b->smaps, start);

		track_set_doubt(&b->t.track, start,
		                e && !smaps_newborn(e) ? DOUBT_NONE : DOUBT_NEW, UINT64_MAX);
	}
}

int
batch_range(struct batch *b, const char *text, uint64_t *start, uint64_t *end, struct err *err)
{
	struct query q;

	*start = 0;
	*end = UINT64_MAX;
	if (!text)
		return 0;
	if (query_parse(text, b->t.page_size, &q, err) < 0)
		return -1;
	q.from.alone = false;
	if (settle_query(&b->t, &b->vmas, &q, err) < 0 ||
	    query_range(&q, &b->vmas, b->t.page_size, start, end, err) < 0)
		return -1;
	if (vma_lower_bound(&b->vmas, *start) == b->vmas.n ||
	    b->vmas.v[vma_lower_bound(&b->vmas, *start)].start >= *end)
		return err_set(err, ERR_TARGET, "nothing is mapped there",
		               "`pmtop --list` shows what is", "no pages in %.60s", text);
	return 0;
}

/* --- recordings ------------------------------------------------------------------------------- */

static int
batch_go(struct source *s, const char *when, struct err *err)
{
	struct timeline *line = s->ops->time->line(s);
	uint64_t time;
	int r = timeline_parse(line, when, &time, err);

	timeline_unref(line);
	return r == 0 ? s->ops->time->go(s, time, err) : r;
}

int
batch_open_recording(struct target *t, const char *path, const char *at, struct err *err)
{
	struct source *s;

	*t = (struct target){0};
	s = source_recording_open(path, err);
	if (!s)
		return -1;
	target_take(t, s);
	return at ? batch_go(s, at, err) : 0;
}

int
batch_open(struct target *t, const struct options *o, pid_t pid, struct err *err)
{
	return o->recording ? batch_open_recording(t, o->target, o->at, err)
	                    : target_open(t, o->proc_root, pid, err);
}

/* --- order ------------------------------------------------------------------------------------ */

int
batch_parse_sort(const char *text, enum column_set set, enum column_id *id, bool *up,
                 struct err *err)
{
	enum column_id ids[ROW_MOST];
	bool other = text[0] == '-';
	size_t n;

	if (columns_parse(set, text + other, ids, &n, err) < 0)
		return -1;
	if (n != 1)
		return err_set(err, ERR_USAGE, "one column at a time", "give one column",
		               "--sort %.60s", text);
	*id = ids[0];
	*up = other;
	return 0;
}

static int
batch_by_key_down(const void *pa, const void *pb)
{
	const struct batch_key *a = pa, *b = pb;
	int c = value_compare(&a->key, &b->key);

	if (a->key.kind != VALUE_UNKNOWN && b->key.kind != VALUE_UNKNOWN)
		c = -c;
	return c ? c : (a->at > b->at) - (a->at < b->at);
}

static int
batch_by_key_up(const void *pa, const void *pb)
{
	const struct batch_key *a = pa, *b = pb;
	int c = value_compare(&a->key, &b->key);

	return c ? c : (a->at > b->at) - (a->at < b->at);
}

void
batch_sort(struct batch_key *keys, size_t n, bool up)
{
	vec_sort(keys, n, sizeof(*keys), up ? batch_by_key_up : batch_by_key_down);
}
