/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Of the other processes a recording knows nothing. */
#include "record/source_recording_parts.h"

#include "base/util.h"

static int
source_recording_list(struct source *s, pid_t **pids, size_t *n, struct err *err)
{
	(void)s;
	*pids = NULL;
	*n = 0;
	return source_recording_refuse(err, "look at other processes");
}

static struct other *
source_recording_begin(struct source *s, pid_t pid, bool *refused)
{
	(void)s, (void)pid;
	*refused = false;
	return NULL;
}

static void
source_recording_end(struct other *o)
{
	(void)o;
}

static size_t
source_recording_room(struct source *s)
{
	(void)s;
	return 0;
}

static size_t
source_recording_others_words(struct source *s, struct other *o, uint64_t addr, uint64_t *words,
                              size_t n)
{
	struct err ignored;

	return o ? 0 : (size_t)source_recording_words(s, addr, words, n, &ignored);
}

static uint64_t
source_recording_next(struct source *s, const struct other *o, uint64_t addr, uint64_t end)
{
	const struct extents *e = recording_pages(source_recording_of(s)->r);
	size_t i = extents_first(e, addr);

	return o || i == e->n ? end : u64_min(end, u64_max(addr, e->v[i].start));
}

static bool
source_recording_others_regions(struct source *s, const struct other *o, struct vma_list *out)
{
	(void)s, (void)o, (void)out;
	return false;
}

static bool
source_recording_name(struct source *s, const struct other *o, struct other_name *out)
{
	(void)s, (void)o, (void)out;
	return false;
}

static enum others_order
source_recording_compare(struct source *s, pid_t a, pid_t b)
{
	(void)s, (void)a, (void)b;
	return OTHERS_UNKNOWN;
}

static enum truth
source_recording_averages(const struct source *s)
{
	/* 1 + enum truth; 0: older recordings do not say */
	uint64_t said = recording_number(source_recording_of(s)->r, "averages");

	return said ? (enum truth)(said - 1) : TRUTH_UNKNOWN;
}

static bool
source_recording_most(struct source *s, uint64_t pages, struct mapmax *out)
{
	(void)s, (void)pages, (void)out;
	return false;
}

static bool
source_recording_merges(struct source *s)
{
	(void)s;
	return true;
}

const struct source_others source_recording_others = {
    .list = source_recording_list,
    .begin = source_recording_begin,
    .end = source_recording_end,
    .room = source_recording_room,
    .words = source_recording_others_words,
    .next = source_recording_next,
    .regions = source_recording_others_regions,
    .name = source_recording_name,
    .compare = source_recording_compare,
    .averages = source_recording_averages,
    .most = source_recording_most,
    .merges = source_recording_merges,
};
