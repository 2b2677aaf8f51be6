/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What was mapped since the clear. New private memory is blank, unless mremap() moved it there with
 * its pages, which takes them from where memory has disappeared. So if private memory with pages
 * not known to be written disappears between two scans, new memory counts as blank only if its
 * frames prove that no page was moved there.
 */
#include "track/tracker_ops.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/util.h"

/* --- mappings --------------------------------------------------------------------------------- */

/* The only pages there are those that were written there. */
static bool
track_newer_is_memory(const struct vma *v)
{
	return !vma_has_file(v) && !(v->perm & VMA_SHARED) && v->type != VMA_KERNEL &&
	       v->type != VMA_DEVICE && v->type != VMA_HUGETLB && v->type != VMA_SHM &&
	       v->type != VMA_FILE;
}

static void
track_newer_remember(struct track *t, const struct vma_list *vmas)
{
	t->maps.n = t->memory.n = 0;
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];

		ranges_add(&t->maps, v->start, v->end);
		/* it may be /dev/zero */
		if (track_newer_is_memory(v) || (v->type == VMA_DEVICE && !(v->perm & VMA_SHARED)))
			ranges_add(&t->memory, v->start, v->end);
	}
}

/*
 * What is noted of a region: all of it, but of one that has more pages than there is room for, by
 * the last scan, the beginning.
 */
static struct track_range
track_newer_part(const struct track *t, const struct pagemap *pm, struct track_range r)
{
	uint64_t rest = track_rest(t, r.start), some = MOVED_SOME * (uint64_t)pm->page_size;

	if (rest != UINT64_MAX && rest > MOVED_MOST && r.end - r.start > some)
		r.end = r.start + some;
	return r;
}

/*
 * Notes the frames of regions that may have unwritten pages, after a clear of all; where the others
 * go does not matter.
 */
static void
track_newer_note_frames(struct track *t, const struct pagemap *pm, bool anew)
{
	struct track_ranges some = {0};

	for (size_t i = 0; i < t->memory.n; i++) {
		struct track_range r = track_newer_part(t, pm, t->memory.v[i]);

		if (anew || track_rest(t, r.start))
			ranges_add(&some, r.start, r.end);
	}
	moved_note(&t->moved, pm, &some, anew);
	free(some.v);
}

/*
 * Reads the maps after the clear; what was mapped before it has yet to be scanned, so nothing is
 * known of its pages.
 */
void
newer_begin(struct track *t, const struct proc *p, const struct pagemap *pm)
{
	int fd = proc_file(p, "maps", O_RDONLY);
	struct vma_list vmas = {0};
	struct err ignored;

	t->newer.n = t->blank.n = t->maps.n = t->memory.n = 0;
	if (fd < 0 || vma_read(fd, &vmas, &ignored) < 0)
		vmas.n = 0; /* the next scan will be the first */
	if (fd >= 0)
		close(fd);
	track_newer_remember(t, &vmas);
	track_newer_note_frames(t, pm, true);
	for (size_t i = 0; i < t->scanned_n; i++)
		t->scanned[i].rest = UINT64_MAX;
	vma_free(&vmas);
}

/* Whether pages not written since the clear may have been moved away from there. */
enum left { LEFT_NONE, LEFT_NOTED /* they may, but their frames are known */, LEFT_SOME };

static enum left
track_newer_left_from(const struct track *t, const struct track_ranges *gone)
{
	enum left left = LEFT_NONE;

	for (size_t i = 0; i < gone->n; i++) {
		struct track_range part = gone->v[i];
		size_t k = ranges_first_after(&t->memory, part.start);
		bool any = false;

		for (; k < t->memory.n && t->memory.v[k].start < part.end; k++)
			any |= track_rest(t, t->memory.v[k].start) > 0;
		if (any && !moved_knows(t->moved, part.start, part.end))
			return LEFT_SOME;
		left = any ? LEFT_NOTED : left;
	}
	return left;
}

/*
 * Pages may also have been moved there from memory that is still mapped (MREMAP_DONTUNMAP): only
 * frames reveal that, if they are visible.
 */
static void
track_newer_add(struct track *t, const struct pagemap *pm, const struct vma *v, uint64_t start,
                    uint64_t end, enum left left)
{
	ranges_put(&t->newer, start, end);
	if (track_newer_is_memory(v) && left != LEFT_SOME &&
	    ((left == LEFT_NONE && moved_is_empty(t->moved)) ||
	     moved_none(t->moved, pm, start, end)))
		ranges_put(&t->blank, start, end);
	moved_forget(t->moved, start, end);
}

void
newer_follow(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
            const struct track_ranges *replaced)
{
	struct track_ranges now = {0}, gone, old;
	enum left left, other;

	for (size_t i = 0; i < vmas->n; i++)
		ranges_add(&now, vmas->v[i].start, vmas->v[i].end);
	if (t->maps.n) {
		gone = ranges_cut(&t->memory, &now, false);
		left = track_newer_left_from(t, &gone);
		other = track_newer_left_from(t, replaced);
		left = other > left ? other : left;
		old = ranges_cut(&t->maps, replaced, false);
		ranges_become(&t->newer, ranges_cut(&t->newer, &now, true));
		ranges_become(&t->newer, ranges_cut(&t->newer, replaced, false));
		ranges_become(&t->blank, ranges_cut(&t->blank, &now, true));
		ranges_become(&t->blank, ranges_cut(&t->blank, replaced, false));
		for (size_t i = 0; i < vmas->n; i++)
			for (uint64_t at = vmas->v[i].start, end = vmas->v[i].end; at < end;) {
				struct track_range next = ranges_next(&old, at, end);

				if (at < next.start)
					track_newer_add(t, pm, &vmas->v[i], at, next.start,
					                    left);
				at = next.end;
			}
		free(gone.v);
		free(old.v);
	}
	free(now.v);
	track_newer_remember(t, vmas);
	if (!t->auto_clear) /* in auto-clear the clear that follows at once does it */
		track_newer_note_frames(t, pm, false);
}
