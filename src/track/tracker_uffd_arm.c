/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Write protection of what is registered: arming, and what was written since. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "base/clock.h"
#include "base/util.h"
#include "kernel/kabi.h"
#include "page/state.h"
#include "track/tracker_uffd.h"

static const uint64_t MARK_ROOM = UINT64_C(256) << 20; /* limits the markers on empty pages */
enum { VEC = 256 }; /* half the kernel's own batch: two of them go on a stack */

/* --- one region ------------------------------------------------------------------------------- */

/*
 * The zero page, and a file's own page in a private mapping (FILE is not requested for others),
 * were faulted in by a read: fresh pages are not protected.
 */
bool
uffd_written(uint64_t cats)
{
	return (cats & UFFD_CATS) == UFFD_CATS && !(cats & (PM_CAT_PFNZERO | PM_CAT_FILE));
}

/* Stamps what was written until now. */
static void
uffd_harvest(struct track *t, const struct vma *v, const struct pm_scan_region *vec, int n,
             uint64_t now)
{
	struct pm_run runs[VEC];
	size_t k = 0;

	for (int i = 0; i < n; i++)
		if (uffd_written(vec[i].categories | UFFD_CATS))
			runs[k++] = (struct pm_run){vec[i].start, vec[i].end, 0};
	track_harvest(t, v->start, runs, k, now);
}

/*
 * Write-protects the written pages. Selecting only pages, never holes, keeps the kernel from
 * filling empty page tables with markers. With `harvest`, a time (auto-clear), the same call
 * reports what it protects again. In a private file mapping only copies can have been written.
 */
static int
uffd_protect(struct track *t, const struct pagemap *pm, const struct vma *v, uint64_t start,
             uint64_t end, uint64_t harvest, struct err *err)
{
	uint64_t guard = pm->scan & PM_CAT_GUARD;
	struct pm_scan_region vec[VEC];

	while (start < end) {
		struct pm_scan_arg arg = {.size = sizeof(arg),
		                          .flags = PM_SCAN_WP_MATCHING,
		                          .start = start,
		                          .end = u64_min(end, start + UFFD_CHUNK),
		                          .category_inverted = guard,
		                          .category_mask = UFFD_CATS | guard,
		                          .category_anyof_mask = PM_CAT_PRESENT | PM_CAT_SWAPPED};
		int n;

		if (harvest) {
			arg.vec = (uintptr_t)vec;
			arg.vec_len = VEC;
			arg.return_mask = PM_CAT_PFNZERO | (state_copies(v) ? PM_CAT_FILE : 0);
		}
		n = ioctl(pm->fd, PM_IOC_SCAN, &arg);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EFAULT)
			return 0; /* past the user's address space */
		if (n < 0 && errno == ESRCH)
			return err_set(err, ERR_TARGET,
			               "the process has ended, or executed another program",
			               "open it again", "cannot watch its memory");
		if (n < 0)
			return err_sys(err, NULL, "cannot write-protect the pages at %#llx",
			               (unsigned long long)start);
		if (harvest)
			uffd_harvest(t, v, vec, n, harvest);
		if (arg.walk_end <= start)
			return 0;
		start = arg.walk_end;
	}
	return 0;
}

/*
 * A page of a shared mapping that is first read is mapped unprotected, as if it had been written.
 * So empty pages are marked, too; that also keeps the kernel from mapping huge pages of a file,
 * which it protects as a whole or not at all. A marker takes as much page table as a page does and
 * is read at each scan, so MARK_ROOM limits it.
 */
static void
uffd_mark_empty(const struct uffd *u, uint64_t start, uint64_t end)
{
	while (start < end) {
		struct pm_uffdio_writeprotect part = {
		    .start = start, .len = u64_min(UFFD_CHUNK, end - start), .mode = PM_UFFD_WP_ON};

		/* pages that cannot be marked are reported as before */
		pagemap_await(u->held.pagemap);
		ioctl(u->fd, PM_IOC_UFFD_WP, &part);
		start += part.len;
	}
}

/*
 * Whether the region is registered for asynchronous protection: a scan that requires it succeeds.
 * It also succeeds where nothing is mapped any more.
 */
static bool
uffd_is_watched(const struct pagemap *pm, const struct vma *v)
{
	struct pm_scan_region ignored;
	struct pm_scan_arg arg = {.size = sizeof(arg),
	                          .flags = PM_SCAN_CHECK_WPASYNC,
	                          .start = v->start,
	                          .end = v->start + pm->page_size,
	                          .vec = (uintptr_t)&ignored,
	                          .vec_len = 1,
	                          .category_anyof_mask = PM_CAT_PRESENT,
	                          .return_mask = PM_CAT_PRESENT};

	return ioctl(pm->fd, PM_IOC_SCAN, &arg) >= 0;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
uffd_forget_unmapped(struct track_ranges *r, const struct vma_list *vmas)
{
	size_t n = 0;

	for (size_t i = 0; i < r->n; i++) {
		size_t k = vma_lower_bound(vmas, r->v[i].start);

		if (k < vmas->n && vmas->v[k].start < r->v[i].end)
			r->v[n++] = r->v[i];
	}
	r->n = n;
}

/* How uffd_arm works. */
struct arming {
	/* what was armed before is reported, as written by this time, and armed again; 0: not */
	uint64_t harvest;
	/* what was armed before; NULL: everything if `harvest`, else nothing */
	const struct track_ranges *kept;
	bool marks; /* there is room for markers on empty pages */
};

/*
 * If the range was blank when it was mapped, every page there was written; of other ranges nothing
 * is known yet.
 */
static void
uffd_note_late(struct track *t, uint64_t start, uint64_t end, uint64_t harvest)
{
	if (ranges_cover(&t->blank, start, end))
		return;
	track_drop(t, start, end); /* the stamps belong to an earlier mapping */
	if (!harvest)
		ranges_put(&t->unsure, start, end);
}

static int
uffd_arm_region(struct track *t, const struct pagemap *pm, const struct vma *v, uint64_t start,
                uint64_t end, const struct arming *how, struct err *err)
{
	bool before = how->kept ? ranges_cover(how->kept, start, end) : how->harvest;

	if (before)
		return how->harvest ? uffd_protect(t, pm, v, start, end, how->harvest, err) : 0;
	if (how->kept) {
		ranges_add(&uffd_of(t)->late, start, end);
		uffd_note_late(t, start, end, how->harvest);
	}
	if (how->marks)
		uffd_mark_empty(t->own, start, end);
	return uffd_protect(t, pm, v, start, end, 0, err);
}

/* Arms what is watched, registered by us, and in scope. */
static int
uffd_arm(struct track *t, const struct pagemap *pm, const struct vma_list *vmas, struct arming how,
         struct err *err)
{
	const struct uffd *u = t->own;
	struct track_ranges armed = {0};
	uint64_t start, end, room = u ? MARK_ROOM : 0;
	int r = 0;

	for (size_t i = 0; i < vmas->n && r == 0; i++) {
		const struct vma *v = &vmas->v[i];

		if (!uffd_in_scope(t, v, &start, &end) ||
		    uffd_is_barred(v, u ? &u->barred : NULL) || !uffd_is_watched(pm, v))
			continue;
		how.marks = v->perm & VMA_SHARED && end - start <= room;
		room -= how.marks ? end - start : 0;
		r = uffd_arm_region(t, pm, v, start, end, &how, err);
		ranges_add(&armed, start, end);
	}
	free(t->cleared.v);
	t->cleared = armed;
	return r;
}

static bool
uffd_is_moved(const struct track *t)
{
	return t->own && memcmp(&uffd_of(t)->scope, &t->scope, sizeof(t->scope)) != 0;
}

/*
 * Registered a moment ago, or no room for more: an auto-clear clears only what is watched already.
 */
static bool
uffd_is_followed(const struct uffd *u, const struct vma_list *vmas)
{
	return u->followed_ns && (uffd_is_recent(u) || !uffd_has_room(u, vmas));
}

/*
 * Collects what was armed and still is: a mapping that replaced one is not registered. false:
 * something is missing.
 */
static bool
uffd_still_armed(const struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
                 struct track_ranges *kept)
{
	uint64_t start, end;
	bool all = true;

	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];

		if (!uffd_in_scope(t, v, &start, &end) || uffd_is_barred(v, &uffd_of(t)->barred))
			continue;
		if (uffd_is_watched(pm, v)) /* what a region has grown by was written since */
			ranges_add(kept, start, end);
		else if (!uffd_is_stable(t, v))
			all = false;
	}
	return all;
}

void
uffd_lost(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
          struct track_ranges *out)
{
	struct track_ranges left = {0};

	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];
		bool watched = ranges_meet(&t->cleared, v->start, v->end) && uffd_is_watched(pm, v);

		for (uint64_t at = v->start; at < v->end;) {
			struct track_range r = ranges_next(&t->cleared, at, v->end);

			if (r.start < r.end)
				ranges_add(watched ? &left : out, r.start, r.end);
			at = r.end;
		}
	}
	free(t->cleared.v);
	t->cleared = left;
}

int
uffd_arm_all(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
             struct err *err)
{
	bool adds = t->auto_clear && t->clears && !uffd_is_moved(t);
	struct arming how = {.harvest = adds ? time_ns() : 0};
	struct track_ranges kept = {0};
	struct uffd *u = t->own;
	int r;

	if (u && (uffd_is_moved(t) || !uffd_is_followed(u, vmas))) {
		if (how.harvest) {
			uffd_still_armed(t, pm, vmas, &kept);
			how.kept = &kept;
		}
		uffd_register_all(u, t, vmas);
	}
	if (u) {
		u->scope = t->scope;
		t->unsure.n = 0;
		u->late.n = how.harvest ? u->late.n : 0;
		uffd_forget_unmapped(&u->late, vmas);
	}
	r = uffd_arm(t, pm, vmas, how, err);
	free(kept.v);
	return r;
}

void
uffd_arm_more(struct track *t, const struct pagemap *pm, const struct vma_list *vmas)
{
	struct uffd *u = t->own;
	struct track_ranges kept = {0};
	struct err ignored;

	if (uffd_has_room(u, vmas) && !uffd_still_armed(t, pm, vmas, &kept)) {
		uffd_register_all(u, t, vmas);
		uffd_forget_unmapped(&u->late, vmas);
		uffd_forget_unmapped(&t->unsure, vmas);
		uffd_arm(t, pm, vmas, (struct arming){.kept = &kept}, &ignored);
	}
	free(kept.v);
}
