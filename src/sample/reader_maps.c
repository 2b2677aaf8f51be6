/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The regions: read again after an exec, and shared as long as they stay the same. */
#include "sample/reader_parts.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"

enum {
	FRESH_MS = 100,  /* the first list of regions need not be read again this soon */
	MAPS_LONG = 2000, /* a list of as many regions takes long */
	MAPS_QUIET_MS = 500, /* a quiet target's is read no more often: only mprotect changes it */
	ROWS_SHARE = 20, /* of the time, one part is for a long list that changes on screen */
};

void
reader_set_regions(struct reader *l, struct regions *rs)
{
	regions_unref(l->draft.regions);
	l->draft.regions = rs;
}

bool
reader_is_alive(struct reader *l)
{
	return target_is_alive(&l->t);
}

/*
 * The address space read as empty, or not at all. After an exec, opens the new one; after the end
 * of the process, records it. In between (exiting, or exec of a program we may not read) the next
 * heartbeat tries again. true: there is nothing to read now.
 */
static bool
reader_address_space_gone(struct reader *l, struct vma_list *vmas)
{
	enum proc_life life = l->t.source->ops->life(l->t.source);

	if (life != PROC_RUNNING) {
		l->draft.trouble.what[0] = '\0';
		l->draft.ended = life == PROC_ENDED;
		l->draft.ended_ns = life == PROC_ENDED ? source_now(l->t.source) : 0;
		if (l->draft.ended)
			reader_end_keeping(l);
		return true;
	}
	if (target_reopen(&l->t, &l->draft.trouble) < 0 ||
	    target_regions(&l->t, vmas, &l->draft.trouble) < 0 || !vmas->n)
		return true;
	l->draft.trouble.what[0] = '\0';
	l->draft.execs++;
	reader_forget_once(l);
	comparison_drop(&l->comparison);
	reader_set_difference(l, NULL);
	l->t.track.can = TRACK_UNKNOWN; /* probe again for the new program */
	l->now.auto_clear_ns = 0;
	bytes_unref(l->draft.bytes); /* of another address space: nothing to compare with */
	l->draft.bytes = NULL;
	snprintf(l->draft.comm, sizeof(l->draft.comm), "%s", l->t.source->meta.comm);
	reader_copy_tracker(l);
	if (l->keeper)
		keeper_exec(l->keeper);
	return false;
}

static bool
reader_same_region(const struct vma *a, const struct vma *b)
{
	return a->start == b->start && a->end == b->end && a->perm == b->perm &&
	       a->offset == b->offset && a->inode == b->inode && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && a->type == b->type && a->behind == b->behind &&
	       !strcmp(a->name, b->name);
}

static bool
reader_same_regions(const struct vma_list *a, const struct vma_list *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!reader_same_region(&a->v[i], &b->v[i]))
			return false;
	return true;
}

/* The regions now; a long list takes long to read, and holds the target up. */
static int
reader_regions_now(struct reader *l, struct vma_list *out, struct err *err)
{
	uint64_t spent = source_spent(l->t.source);
	int r = target_regions(&l->t, out, err);

	l->maps_ns = source_now(l->t.source);
	l->maps_cost_ns = out->n < MAPS_LONG ? 0 : source_spent(l->t.source) - spent;
	return r;
}

/* A list that is as before is kept only once. */
static struct regions *
reader_make_regions(struct reader *l, struct vma_list *vmas)
{
	struct regions *old = l->draft.regions;
	uint64_t now = source_now(l->t.source);

	if (!old || !reader_same_regions(vmas, &old->vmas))
		return regions_new(*vmas, now);
	vma_free(vmas);
	return regions_again(old, now);
}

/* Reads maps into a new list; NULL: there is nothing to read now. */
struct regions *
reader_read_maps(struct reader *l)
{
	struct vma_list vmas;

	/* without page tables: a program that could not be opened when it was executed */
	if (reader_regions_now(l, &vmas, &l->draft.trouble) < 0 || !vmas.n ||
	    (l->draft.regions && !l->t.source->meta.open)) {
		vma_free(&vmas);
		if (reader_address_space_gone(l, &vmas)) {
			vma_free(&vmas);
			return NULL;
		}
	}
	l->draft.swap_devices = swaps_types(&l->t.source->meta.swaps);
	return reader_make_regions(l, &vmas);
}

/* The list that was read for the first picture serves the first scan as well. */
struct regions *
reader_take_maps(struct reader *l)
{
	struct regions *old = l->draft.regions;
	uint64_t now = source_now(l->t.source);

	if (old && !old->counted && now - l->maps_ns < FRESH_MS * TIME_MS && reader_is_alive(l))
		return regions_again(old, now);
	return reader_read_maps(l);
}

static bool
reader_rows_stay(const struct reader *l)
{
	const struct screen_rows *rows = &l->now.screen.rows;
	const struct source *s = l->t.source;

	for (unsigned k = 0; s->ops->stays && k < rows->n; k++) {
		const struct vma *v = vma_at(&l->draft.regions->vmas, rows->at[k]);

		if (v && !s->ops->stays(s, v))
			return false;
	}
	return true;
}

bool
reader_list_serves(const struct reader *l, uint64_t every)
{
	uint64_t age = source_now(l->t.source) - l->maps_ns;

	if (age >= every || !l->maps_cost_ns || age < ROWS_SHARE * l->maps_cost_ns)
		return age < every;
	return reader_rows_stay(l);
}

/* Whether the regions are as they were; read as often as the sample says. */
bool
reader_regions_stay(struct reader *l)
{
	uint64_t every = u64_max(l->draft.regions_every_ns, MAPS_QUIET_MS * TIME_MS);
	struct vma_list vmas;
	struct err ignored;
	bool same;

	if (reader_list_serves(l, every))
		return true;
	if (reader_regions_now(l, &vmas, &ignored) < 0)
		return false;
	same = reader_same_regions(&vmas, &l->draft.regions->vmas);
	vma_free(&vmas);
	return same;
}
