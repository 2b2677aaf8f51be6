/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/target.h"

#include <errno.h>
#include <stdlib.h>

#include "base/util.h"
#include "target/growth.h"

void
target_take(struct target *t, struct source *s)
{
	*t = (struct target){
	    .source = s, .page_size = s->meta.page_size, .budget = TARGET_BUDGET};
}

int
target_open(struct target *t, const char *root, pid_t pid, struct err *err)
{
	struct source *s = source_open(root, pid, err);

	*t = (struct target){0};
	if (!s)
		return -1;
	target_take(t, s);
	return 0;
}

int
target_open_pages(struct target *t, struct err *err)
{
	return t->source->ops->open_pages(t->source, err);
}

/* Drops the facts about the address space besides its pages. */
static void
target_forget_more(struct target *t)
{
	threads_free(&t->threads);
	free(t->caps);
	t->caps = NULL;
	t->touched = (struct touched){0};
	accesses_unref(t->accesses);
	t->accesses = NULL;
}

/* One of the two is no longer needed. */
static void
target_end_faults(struct target *t, struct causes **which)
{
	causes_unref(*which);
	*which = NULL;
	if (!t->causes && !t->brought)
		t->source->ops->faults->unwatch(t->source);
}

void
target_stop_growing(struct target *t)
{
	growth_free(t->growth);
	t->growth = NULL;
	if (!t->brought)
		return;
	causes_keep_newest(t->brought, false);
	target_end_faults(t, &t->brought);
}

int
target_reopen(struct target *t, struct err *err)
{
	int r;

	track_forget(&t->track);
	target_forget_more(t);
	watchpoints_drop(&t->watchpoints, t->source, UINT64_MAX);
	target_stop_growing(t);
	r = t->source->ops->reopen(t->source, err);
	if (t->causes) {
		causes_forget(t->causes);
		causes_set_watch(t->causes, &(struct causes_watch){0});
	}
	causes_unref(t->family);
	t->family = NULL;
	return r;
}

void
target_close(struct target *t)
{
	track_free(&t->track);
	target_forget_more(t);
	free(t->unshared);
	t->unshared = NULL;
	if (t->source) {
		watchpoints_drop(&t->watchpoints, t->source, UINT64_MAX);
		t->source->ops->close(t->source);
	}
	t->source = NULL;
	causes_unref(t->causes);
	causes_unref(t->brought);
	t->causes = t->brought = NULL;
	causes_unref(t->family);
	t->family = NULL;
	growth_free(t->growth);
	t->growth = NULL;
}

bool
target_is_alive(const struct target *t)
{
	return t->source->ops->alive(t->source);
}

int
target_regions(struct target *t, struct vma_list *out, struct err *err)
{
	struct source *s = t->source;

	if (s->ops->regions(s, out, err) < 0)
		return -1;
	if (!out->n)
		return 0;
	s->ops->threads(s, &t->threads, out->n != t->regions);
	threads_label(&t->threads, out);
	t->regions = out->n;
	return 0;
}

int
target_no_memory(const struct target *t, struct err *err)
{
	err_set(err, ERR_TARGET, "it no longer has any memory", "choose a running process",
	        "nothing to show for process %d (%s)", (int)t->source->meta.pid,
	        t->source->meta.comm);
	err->sys = ESRCH;
	return -1;
}

void
target_probe_trackers(struct target *t)
{
	t->source->ops->writes->probe(t->source, &t->track);
}

/* Starts the watch, unless it is on. Returns what it fills, with a reference for the caller. */
static struct causes *
target_need_faults(struct target *t, int *r, struct err *err)
{
	enum { CAUSES_BYTES = 64 << 20 };
	struct causes_watch none = {0};
	struct causes_totals is;
	struct causes *c = causes_ref(t->causes ? t->causes : t->brought);

	if (!c) {
		c = causes_new(t->page_size, CAUSES_BYTES);
		causes_keep_writes(c, false);
	}
	causes_totals(c, &is);
	*r = is.watch.on ? 0 : t->source->ops->faults->watch(t->source, c, t->budget, err);
	if (*r == 0)
		return c;
	none.why = *err;
	causes_set_watch(c, &none);
	return c;
}

int
target_watch_faults(struct target *t, struct err *err)
{
	int r;
	struct causes *c = target_need_faults(t, &r, err);

	causes_unref(t->causes);
	t->causes = c;
	causes_keep_writes(c, true);
	return r;
}

uint64_t
target_watch_ns(const struct target *t, uint64_t pages)
{
	struct causes_totals is = {0};

	if (t->causes)
		causes_totals(t->causes, &is);
	return is.watch.on ? pages * CAUSES_COST_NS / u64_max(is.watch.period, 1) : 0;
}

int
target_watch_family(struct target *t, const pid_t *pids, size_t n, struct err *err)
{
	enum { FAMILY_BYTES = 16 << 20 };
	struct causes_watch none = {0};

	t->family = causes_new(t->page_size, FAMILY_BYTES);
	if (t->no_faults)
		err_set(err, ERR_TARGET, "attribution is switched off",
		        "leave out --no-attribution", "cannot watch page faults");
	else if (!t->source->ops->faults->family(t->source, pids, n, t->family, t->budget,
	                                          err))
		return 0;
	none.why = *err;
	causes_set_watch(t->family, &none);
	return -1;
}

void
target_stop_faults(struct target *t)
{
	t->source->ops->faults->unwatch(t->source);
}

void
target_unwatch_faults(struct target *t)
{
	if (!t->causes)
		return;
	causes_keep_writes(t->causes, false);
	target_end_faults(t, &t->causes);
}

void
target_grow(struct target *t, bool explain)
{
	struct err kept; /* by t->brought */
	struct causes *c;
	int r;

	if (!t->growth)
		t->growth = growth_new(t->page_size);
	t->growth->due = true;
	t->growth->fixed = false;
	if (!explain)
		return;
	c = target_need_faults(t, &r, &kept);
	causes_unref(t->brought);
	t->brought = c;
	causes_keep_newest(c, r == 0);
}

void
target_grow_from(struct target *t, struct growth_scan *base)
{
	target_stop_growing(t);
	t->growth = growth_new(t->page_size);
	growth_compare(t->growth, base);
}

void
target_take_faults(struct target *t)
{
	if (t->causes || t->brought)
		t->source->ops->faults->drain(t->source);
}

int
target_clear(struct target *t, const struct vma_list *vmas, struct err *err)
{
	const struct source_ops *ops = t->source->ops;
	uint64_t begin;
	int r;

	if (!t->causes)
		return ops->writes->clear(t->source, &t->track, vmas, err);
	ops->faults->drain(t->source);
	causes_before_clear(t->causes, &t->track);
	begin = source_now(t->source);
	r = ops->writes->clear(t->source, &t->track, vmas, err);
	ops->faults->drain(t->source);
	causes_after_clear(t->causes, &t->track, begin);
	return r;
}

void
target_follow(struct target *t, const struct vma_list *vmas)
{
	t->source->ops->writes->follow(t->source, &t->track, vmas);
}

bool
target_hazard(const struct target *t, const struct vma_list *vmas, struct buf *out)
{
	return t->source->ops->writes->hazard(t->source, &t->track, vmas, out);
}

struct smaps_reading *
target_smaps(const struct target *t, struct err *err)
{
	const struct source *s = t->source;
	struct smaps_reading *l = mem_alloc(sizeof(*l));

	l->refs = 1;
	l->time_ns = source_now(s);
	progress_begin(t->progress, t->regions);
	if (s->ops->smaps(s, t->progress, &l->smaps, err) != 0) {
		free(l);
		return NULL;
	}
	l->cost_ns = source_now(s) - l->time_ns;
	return l;
}
