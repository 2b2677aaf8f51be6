/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was written by the sample of a recording, and by whom: nothing can be watched any more. */
#include "record/source_recording_parts.h"

#include <stdio.h>

#include "base/util.h"

static void
source_recording_probe(struct source *s, struct track *t)
{
	const struct recording_writes *w = recording_writes(source_recording_of(s)->r);

	t->can = w->on ? TRACK_YES : TRACK_NO;
	t->tracker = w->on ? (enum tracker)w->tracker : tracker_lasting();
	snprintf(t->why, sizeof(t->why), "%s", w->on ? "" : "writes were not recorded");
	snprintf(t->how, sizeof(t->how), "%s", w->on ? "" : "record with --tracker auto");
}

static int
source_recording_clear(struct source *s, struct track *t, const struct vma_list *vmas,
                       struct err *err)
{
	(void)s, (void)t, (void)vmas;
	return source_recording_refuse(err, "clear the write marks");
}

/* The page faults by then. */
static void
source_recording_recall(struct source_recording *k, const struct track *t)
{
	struct causes_watch none = {0};
	size_t now = recording_at(k->r) + 1;
	bool next = k->recalled && k->recalled + 1 == now;

	if (!k->into || k->recalled == now)
		return;
	k->recalled = now;
	if (next && t->clears && recording_recall_next(k->r, t, k->into))
		return;
	if (!t->clears)
		err_set(&none.why, ERR_TARGET, "writes were not recorded by then",
		        "record with --tracker auto", "cannot tell which code wrote");
	else if (recording_recall(k->r, t, k->into, &none.why))
		return;
	causes_forget(k->into);
	causes_set_watch(k->into, &none);
}

static void
source_recording_follow_track(struct source *s, struct track *t, const struct vma_list *vmas)
{
	struct source_recording *k = source_recording_of(s);
	const struct recording_writes *w = recording_writes(k->r);

	(void)vmas;
	if (k->followed == recording_at(k->r) + 1)
		return;
	k->followed = recording_at(k->r) + 1;
	recording_stamps(k->r); /* before it is asked whether they are known */
	source_recording_probe(s, t);
	t->clears = w->on ? w->clears : 0;
	if (!w->on)
		return;
	t->auto_clear = w->clears > 1;
	t->epoch = w->epoch;
	t->first_epoch = w->first_epoch;
	t->clear_ns = w->clear_ns;
	t->first_ns = w->first_ns;
	recording_epochs(k->r, t->began, TRACK_EPOCHS);
	stamps_copy(&t->stamps, recording_stamps(k->r), 0, UINT64_MAX);
}

static void
source_recording_follow(struct source *s, struct track *t, const struct vma_list *vmas)
{
	source_recording_follow_track(s, t, vmas);
	source_recording_recall(source_recording_of(s), t);
}

static struct track_verdict
source_recording_judge(struct source *s, struct track *t, const struct track_scan *scan)
{
	enum track_doubt d = recording_doubt(source_recording_of(s)->r, scan->vma->start);

	(void)t;
	return (struct track_verdict){.doubt = d, .exact = d == DOUBT_NONE};
}

static bool
source_recording_hazard(struct source *s, const struct track *t, const struct vma_list *vmas,
                        struct buf *out)
{
	(void)s, (void)t, (void)vmas, (void)out;
	return false;
}

static bool
source_recording_costs(struct source *s, const struct track *t, struct buf *question,
                       track_cost_fn *fn, void *arg)
{
	(void)s, (void)t, (void)question, (void)fn, (void)arg;
	return false;
}

static int
source_recording_unblock(struct source *s, struct track *t, struct err *err)
{
	(void)s, (void)t;
	return source_recording_refuse(err, "change the process");
}

const struct source_writes source_recording_writes = {
    .probe = source_recording_probe,
    .clear = source_recording_clear,
    .follow = source_recording_follow,
    .judge = source_recording_judge,
    .hazard = source_recording_hazard,
    .costs = source_recording_costs,
    .unblock = source_recording_unblock,
};

/* Nothing can be watched: what was is put into `into` by `follow`. */
static int
source_recording_watch(struct source *s, struct causes *into, unsigned budget, struct err *err)
{
	struct source_recording *k = source_recording_of(s);

	(void)budget;
	if (!s->meta.faults)
		return err_set(err, ERR_TARGET, "page faults were not recorded",
		               "record with --tracker auto, where page faults may be watched",
		               "cannot tell which code wrote");
	causes_unref(k->into);
	k->into = causes_ref(into);
	k->recalled = 0;
	return 0;
}

void
source_recording_unwatch(struct source *s)
{
	struct source_recording *k = source_recording_of(s);

	causes_unref(k->into);
	k->into = NULL;
}

static int
source_recording_family(struct source *s, const pid_t *pids, size_t n, struct causes *into,
                        unsigned budget, struct err *err)
{
	(void)s, (void)pids, (void)n, (void)into, (void)budget;
	return source_recording_refuse(err, "watch page faults");
}

static void
source_recording_nothing(struct source *s)
{
	(void)s;
}

static struct stores *
source_recording_stores(struct source *s, uint64_t addr, unsigned bytes, unsigned budget,
                        struct causes *into, struct err *err)
{
	(void)s, (void)addr, (void)bytes, (void)budget, (void)into;
	source_recording_refuse(err, "watch stores");
	return NULL;
}

static void
source_recording_stores_read(struct stores *s, struct stores_times *out)
{
	(void)s, (void)out;
}

static void
source_recording_stores_end(struct stores *s)
{
	(void)s;
}

static struct growth_told *
source_recording_brought(struct source *s, uint64_t since_ns, struct causes *into)
{
	return recording_brought(source_recording_of(s)->r, since_ns, into);
}

static void
source_recording_wait(struct source *s, uint64_t ns)
{
	(void)s, (void)ns;
}

static const char *
source_recording_kernel(struct source *s, uint64_t addr)
{
	(void)s, (void)addr;
	return NULL;
}

const struct source_faults source_recording_faults = {
    .watch = source_recording_watch,
    .family = source_recording_family,
    .drain = source_recording_nothing,
    .unwatch = source_recording_unwatch,
    .stores = source_recording_stores,
    .stores_read = source_recording_stores_read,
    .stores_end = source_recording_stores_end,
    .brought = source_recording_brought,
    .wait = source_recording_wait,
    .kernel = source_recording_kernel,
};
