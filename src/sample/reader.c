/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/reader_parts.h"

#include <stdio.h>

#include "base/util.h"
#include "kernel/flags.h"
#include "target/page_read.h"

/* What a recording may have several of. */
static void
reader_describe_process(struct reader *l)
{
	struct sample *d = &l->draft;

	d->pid = l->t.source->meta.pid;
	d->has_nodes = l->t.source->meta.nodes;
	d->huge_known = l->t.source->meta.scan & PM_CAT_HUGE;
	snprintf(d->comm, sizeof(d->comm), "%s", l->t.source->meta.comm);
}

/* Takes in what was recorded since. Whether its line is another. */
static bool
reader_take_line(struct reader *l)
{
	struct source *s = l->t.source;
	struct timeline *old = l->draft.timeline;

	if (!s->ops->time)
		return false;
	s->ops->time->grow(s);
	l->draft.timeline = s->ops->time->line(s);
	timeline_unref(old);
	return l->draft.timeline != old;
}

void
reader_go(struct reader *l)
{
	struct source *s = l->t.source;
	const struct timeline *t;

	track_forget(&l->t.track);
	writes_log_free(&l->writes);
	l->writes = (struct writes_log){0};
	reader_forget_moment(l);
	reader_take_line(l);
	t = l->draft.timeline;
	if (t && s->ops->time->go(s, l->now.at_ns ? l->now.at_ns : t->v[t->n - 1].time_ns,
	                          &l->draft.trouble) == 0)
		reader_describe_process(l);
}

enum reader_growth
reader_grow(struct reader *l)
{
	uint64_t was = source_now(l->t.source);
	const struct timeline *t;

	if (!reader_take_line(l))
		return READER_SAME;
	t = l->draft.timeline;
	if (source_now(l->t.source) == was && (l->now.at_ns || t->v[t->n - 1].time_ns == was))
		return READER_LONGER;
	reader_go(l);
	return READER_MOVED;
}

/* Facts that do not change. */
static void
reader_describe_target(struct reader *l)
{
	struct sample *d = &l->draft;

	reader_describe_process(l);
	d->page_size = l->t.page_size;
	if (l->t.source->ops->time)
		d->timeline = l->t.source->ops->time->line(l->t.source);
}

/* Whether page frames are hidden from us, by the first page in RAM. */
static bool
reader_frames_are_hidden(struct reader *l)
{
	const struct vma_list *vmas = &l->draft.regions->vmas;
	struct page pg;
	struct err ignored;

	if (!source_has(l->t.source, FRAME_FLAGS))
		return true;
	for (size_t i = 0; i < vmas->n; i++)
		if (page_read(l->t.source, vmas->v[i].start, &pg, 1, 0, &ignored) == 0 &&
		    pg.known & PAGE_WORD && pg.word & PM_PRESENT)
			return page_hidden(&pg);
	return false;
}

void
reader_open(struct reader *l, struct source *s, enum track_owner owner)
{
	target_take(&l->t, s);
	s->stop = l->host.superseded;
	s->stop_arg = l->host.arg;
	l->t.track.owner = owner;
	reader_describe_target(l);
}

int
reader_begin(struct reader *l, struct err *err)
{
	enum { TRIES = 8 }; /* programs that execute one another */

	for (int i = 0; i < TRIES && !l->draft.regions && !l->draft.ended; i++)
		l->draft.regions = reader_read_maps(l);
	if (l->draft.regions)
		l->host.publish(l->host.arg, false);
	if (target_open_pages(&l->t, err) < 0)
		return -1;
	if (!l->draft.regions && !l->draft.ended && !l->draft.trouble.what[0])
		return target_no_memory(&l->t, err);
	l->draft.huge_known = l->t.source->meta.scan & PM_CAT_HUGE;
	if (l->draft.regions)
		l->draft.frames_hidden = reader_frames_are_hidden(l);
	return 0;
}

void
reader_close(struct reader *l)
{
	timeline_unref(l->draft.timeline);
	regions_unref(l->draft.regions);
	window_unref(l->draft.window);
	answer_unref(l->draft.card);
	answer_unref(l->symbol);
	bytes_unref(l->draft.bytes);
	results_free(&l->done);
	smaps_reading_unref(l->draft.smaps);
	attribution_unref(l->draft.attribution);
	heatmap_unref(l->draft.heat);
	accesses_unref(l->draft.accesses);
	past_free(&l->past);
	writes_log_free(&l->writes);
	reader_stop_keeping(l);
	difference_unref(l->draft.diff);
	comparison_drop(&l->comparison);
	target_close(&l->t);
}
