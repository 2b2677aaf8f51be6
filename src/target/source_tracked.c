/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes, by the trackers, which use the files of the process. */
#include "target/source_root.h"


static void
source_tracked_probe(struct source *s, struct track *t)
{
	const struct source_root *r = source_root_of(s);

	track_probe(t, &r->proc, &r->pm);
}

static int
source_tracked_clear(struct source *s, struct track *t, const struct vma_list *vmas,
                     struct err *err)
{
	const struct source_root *r = source_root_of(s);

	return track_clear(t, &r->proc, &r->pm, vmas, err);
}

static void
source_tracked_follow(struct source *s, struct track *t, const struct vma_list *vmas)
{
	const struct source_root *r = source_root_of(s);

	track_follow(t, &r->proc, &r->pm, vmas);
}

static struct track_verdict
source_tracked_judge(struct source *s, struct track *t, const struct track_scan *scan)
{
	return track_judge(t, &source_root_of(s)->proc, scan);
}

static bool
source_tracked_hazard(struct source *s, const struct track *t, const struct vma_list *vmas,
                      struct buf *out)
{
	return track_hazard(t, &source_root_of(s)->proc, vmas, out);
}

static bool
source_tracked_costs(struct source *s, const struct track *t, struct buf *question,
                     track_cost_fn *fn, void *arg)
{
	return track_costs(t, &source_root_of(s)->proc, question, fn, arg);
}

static int
source_tracked_unblock(struct source *s, struct track *t, struct err *err)
{
	return track_unblock(t, &source_root_of(s)->proc, err);
}

const struct source_writes source_tracked = {
    .probe = source_tracked_probe,
    .clear = source_tracked_clear,
    .follow = source_tracked_follow,
    .judge = source_tracked_judge,
    .hazard = source_tracked_hazard,
    .costs = source_tracked_costs,
    .unblock = source_tracked_unblock,
};
