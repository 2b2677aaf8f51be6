/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes by asynchronous userfaultfd write protection (Documentation/admin-guide/mm/pagemap.rst).
 *
 * A registered range must not end where the target may map memory later: a boundary put there by us
 * would split a newer mapping in two, and the target's mremap() of it would fail. So whole runs are
 * registered, with all gaps, from one region that never changes (code, constants) to the next; but
 * only the scope is armed and reported. Code and constants can be written, too (mprotect, a
 * debugger): what is not registered is not known. They are registered if the scope covers them or
 * once they are writable; what is registered stays so when it becomes read-only again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "kernel/kabi.h"
#include "page/state.h"
#include "track/inject.h"
#include "track/tracker_ops.h"

static const uint64_t CHUNK = UINT64_C(256) << 20; /* bytes per call: bounds time under mmap_lock */
static const uint64_t LARGE = UINT64_C(1) << 30;   /* larger regions are released in such chunks */
static const uint64_t MARK_ROOM = UINT64_C(256) << 20; /* limits the markers on empty pages */
/* seldom, because regions that are registered separately stay separate */
static const uint64_t FOLLOW_NS = UINT64_C(2000000000);
static const uint64_t UFFD_CATS = PM_CAT_WRITTEN | PM_CAT_WPALLOWED;
enum {
	VEC = 256,         /* half the kernel's own batch: two of them go on a stack */
	ISOLATE = 65536,   /* regions that cannot be registered are mostly small: tried first */
	MORE_VMAS = 512,   /* watch no new regions once the target has this many more than before */
	MOST_VMAS = 32765, /* half of the kernel's limit */
};

struct uffd {
	int fd;
	struct track_ranges barred; /* regions that cannot be registered */
	struct track_ranges areas;  /* regions that are registered */
	/* mapped after the first clear: writes before they were armed ... */
	struct track_ranges late;
	struct track_ranges unsure; /* ... are not known; the subset armed after the last clear */
	size_t vmas_before;
	uint64_t followed_ns;
	struct track_range scope; /* at the last clear */
};

static struct uffd *
uffd_of(const struct track *t)
{
	return t->own;
}

/* --- planning --------------------------------------------------------------------------------- */

static bool
uffd_is_barred(const struct vma *v, const struct track_ranges *barred)
{
	for (size_t i = 0; barred && i < barred->n; i++)
		if (barred->v[i].start == v->start && barred->v[i].end == v->end)
			return true;
	return false;
}

/* Owned by the kernel or a driver. */
static bool
uffd_is_foreign(const struct vma *v)
{
	return v->type == VMA_KERNEL || v->type == VMA_DEVICE;
}

/* It never moves, and the scope does not name it. */
static bool
uffd_is_stable(const struct track *t, const struct vma *v)
{
	uint64_t start = v->start, end = v->end;
	bool named = t->scope.start < t->scope.end && track_in_scope(t, &start, &end);

	return uffd_is_foreign(v) || (vma_has_file(v) && !(v->perm & VMA_WRITE) && !named);
}

void
uffd_plan(const struct vma_list *vmas, const struct track *scope, const struct track_ranges *barred,
          struct track_ranges *out)
{
	uint64_t start = vmas->n ? vmas->v[0].start : 0, end = 0;

	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];

		if (!uffd_is_stable(scope, v) && !uffd_is_barred(v, barred)) {
			end = v->end;
			continue;
		}
		if (end > start)
			ranges_add(out, start, v->start);
		start = v->end;
	}
	if (end > start)
		ranges_add(out, start, end);
}

/* Clips the region to what can be watched. false: nothing. */
static bool
uffd_in_scope(const struct track *t, const struct vma *v, uint64_t *start, uint64_t *end)
{
	*start = v->start;
	*end = v->end;
	return !uffd_is_foreign(v) && track_in_scope(t, start, end);
}

/* The same, if it should be watched. */
static bool
uffd_is_wanted(const struct track *t, const struct vma *v, uint64_t *start, uint64_t *end)
{
	return uffd_in_scope(t, v, start, end) && !uffd_is_stable(t, v);
}

/* --- registering ------------------------------------------------------------------------------ */

static int
uffd_try_register(const struct uffd *u, uint64_t start, uint64_t end)
{
	struct pm_uffdio_register area = {
	    .start = start, .len = end - start, .mode = PM_UFFD_MODE_WP};

	return ioctl(u->fd, PM_IOC_UFFD_REGISTER, &area);
}

/*
 * A region that cannot be registered fails its whole run: finds it by registering them one by one,
 * small ones first.
 */
static void
uffd_isolate(struct uffd *u, const struct vma_list *vmas, const struct track_range *run, bool small)
{
	for (size_t i = vma_lower_bound(vmas, run->start);
	     i < vmas->n && vmas->v[i].start < run->end; i++) {
		const struct vma *v = &vmas->v[i];

		if ((vma_size(v) <= ISOLATE) != small || uffd_is_barred(v, &u->barred))
			continue;
		if (uffd_try_register(u, v->start, v->end) < 0 && errno != ESRCH)
			ranges_add(&u->barred, v->start, v->end);
	}
}

static bool
uffd_register_runs(struct uffd *u, const struct track *t, const struct vma_list *vmas, bool find,
                   bool small)
{
	struct track_ranges runs = {0};
	uint64_t start, end;
	bool all = true;

	uffd_plan(vmas, t, &u->barred, &runs);
	for (size_t i = 0; i < runs.n; i++) {
		if (!uffd_in_scope(t, &(struct vma){.start = runs.v[i].start, .end = runs.v[i].end},
		                   &start, &end) ||
		    uffd_try_register(u, runs.v[i].start, runs.v[i].end) == 0)
			continue;
		all = false;
		if (find)
			uffd_isolate(u, vmas, &runs.v[i], small);
	}
	free(runs.v);
	return all;
}

static void
uffd_remember_areas(struct uffd *u, const struct track *t, const struct vma_list *vmas)
{
	uint64_t start, end;

	u->areas.n = 0;
	for (size_t i = 0; i < vmas->n; i++)
		if (uffd_in_scope(t, &vmas->v[i], &start, &end))
			ranges_add(&u->areas, vmas->v[i].start, vmas->v[i].end);
}

static void
uffd_register_all(struct uffd *u, const struct track *t, const struct vma_list *vmas)
{
	if (!uffd_register_runs(u, t, vmas, true, true) &&
	    !uffd_register_runs(u, t, vmas, true, false))
		uffd_register_runs(u, t, vmas, false, false);
	uffd_remember_areas(u, t, vmas);
	u->followed_ns = time_ns();
}

/* --- arming ----------------------------------------------------------------------------------- */

/*
 * The zero page, and a file's own page in a private mapping (FILE is not requested for others),
 * were faulted in by a read: fresh pages are not protected.
 */
static bool
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
	track_add(t, v->start, runs, k, now);
}

/*
 * Write-protects the written pages. Selecting only pages, never holes, keeps the kernel from
 * filling empty page tables with markers. With `harvest` (auto-clear) the same call reports what it
 * protects again. In a private file mapping only copies can have been written.
 */
static int
uffd_protect(struct track *t, const struct pagemap *pm, const struct vma *v, uint64_t start,
             uint64_t end, bool harvest, struct err *err)
{
	uint64_t guard = pm->scan & PM_CAT_GUARD, now = time_ns();
	struct pm_scan_region vec[VEC];

	while (start < end) {
		struct pm_scan_arg arg = {.size = sizeof(arg),
		                          .flags = PM_SCAN_WP_MATCHING,
		                          .start = start,
		                          .end = u64_min(end, start + CHUNK),
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
			return err_set(err, ERR_TARGET, "it has ended, or executed another program",
			               "open it again", "cannot watch its memory");
		if (n < 0)
			return err_sys(err, NULL, "cannot write-protect the pages at %#llx",
			               (unsigned long long)start);
		if (harvest)
			uffd_harvest(t, v, vec, n, now);
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
		    .start = start, .len = u64_min(CHUNK, end - start), .mode = PM_UFFD_WP_ON};

		/* pages that cannot be marked are reported as before */
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

/* Releases the target as it was, in steps that do not stall it. */
static void
uffd_release(void *own)
{
	struct uffd *u = own;

	for (size_t i = 0; u->fd >= 0 && i < u->areas.n; i++) {
		const struct track_range *a = &u->areas.v[i];
		uint64_t step = a->end - a->start > LARGE ? CHUNK : a->end - a->start;

		for (uint64_t at = a->start; at < a->end; at += step) {
			struct pm_uffdio_range part = {at, u64_min(step, a->end - at)};

			ioctl(u->fd, PM_IOC_UFFD_UNREGISTER, &part);
		}
	}
	if (u->fd >= 0)
		close(u->fd);
	free(u->barred.v);
	free(u->areas.v);
	free(u->late.v);
	free(u->unsure.v);
	free(u);
}

/* --- taking part ------------------------------------------------------------------------------ */

static int
uffd_take_descriptor(struct track *t, const struct proc *p, const struct vma_list *vmas,
                     struct err *err)
{
	struct uffd *u = mem_alloc(sizeof(*u));
	struct pm_uffdio_api api = {.api = PM_UFFD_API, .features = PM_UFFD_FEATURES};

	u->fd = -1;
	u->vmas_before = vmas->n;
	if (inject_userfaultfd(p, &u->fd, &t->injected, err) < 0) {
		uffd_release(u);
		return -1;
	}
	if (ioctl(u->fd, PM_IOC_UFFD_API, &api) < 0) {
		err_sys(err, "give --tracker hash", "cannot watch by userfaultfd");
		uffd_release(u);
		return -1;
	}
	t->own = u;
	return 0;
}

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
	bool harvest; /* what was armed before is reported, and armed again */
	/* what was armed before; NULL: everything if `harvest`, else nothing */
	const struct track_ranges *kept;
	bool marks; /* there is room for markers on empty pages */
};

/*
 * If the range was blank when it was mapped, every page there was written; of other ranges nothing
 * is known yet.
 */
static void
uffd_note_late(struct track *t, uint64_t start, uint64_t end, bool harvest)
{
	if (ranges_cover(&t->blank, start, end))
		return;
	track_drop(t, start, end); /* the stamps belong to an earlier mapping */
	if (!harvest)
		ranges_add(&uffd_of(t)->unsure, start, end);
}

static int
uffd_arm_region(struct track *t, const struct pagemap *pm, const struct vma *v, uint64_t start,
                uint64_t end, const struct arming *how, struct err *err)
{
	bool before = how->kept ? ranges_cover(how->kept, start, end) : how->harvest;

	if (before)
		return how->harvest ? uffd_protect(t, pm, v, start, end, true, err) : 0;
	if (how->kept) {
		ranges_add(&uffd_of(t)->late, start, end);
		uffd_note_late(t, start, end, how->harvest);
	}
	if (how->marks)
		uffd_mark_empty(t->own, start, end);
	return uffd_protect(t, pm, v, start, end, false, err);
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

/* Whether the target has room for more regions, so that newer mappings may be registered. */
static bool
uffd_has_room(const struct uffd *u, const struct vma_list *vmas)
{
	return vmas->n <= u->vmas_before + MORE_VMAS && vmas->n <= MOST_VMAS;
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
	return u->followed_ns &&
	       (time_ns() - u->followed_ns < FOLLOW_NS || !uffd_has_room(u, vmas));
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

/*
 * Collects what was armed and no longer is, because another mapping has replaced it; removes it
 * from the clear.
 */
static void
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

/*
 * A clear. In auto-clear the writes since the last one are reported, and memory armed for the first
 * time in between is reported from now on.
 */
static int
uffd_arm_all(struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
             struct err *err)
{
	struct arming how = {.harvest = t->auto_clear && t->clears && !uffd_is_moved(t)};
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
		u->unsure.n = 0;
		u->late.n = how.harvest ? u->late.n : 0;
		uffd_forget_unmapped(&u->late, vmas);
	}
	r = uffd_arm(t, pm, vmas, how, err);
	free(kept.v);
	return r;
}

/* Whether there is a page in a registered region, whoever registered it. */
static bool
uffd_has_watched_page(const struct pagemap *pm, uint64_t start, uint64_t end)
{
	struct pm_scan_region ignored;
	struct pm_scan_arg arg = {.size = sizeof(arg),
	                          .start = start,
	                          .end = end,
	                          .vec = (uintptr_t)&ignored,
	                          .vec_len = 1,
	                          .max_pages = 1,
	                          .category_mask = PM_CAT_WPALLOWED,
	                          .category_anyof_mask = PM_CAT_PRESENT | PM_CAT_SWAPPED,
	                          .return_mask = PM_CAT_WPALLOWED};

	return ioctl(pm->fd, PM_IOC_SCAN, &arg) > 0;
}

static int
uffd_refuse_nothing(struct err *err)
{
	return err_set(
	    err, ERR_TARGET, "the kernel can protect no part of it: read-only, or a driver's",
	    "choose memory that the process writes", "nothing there can be watched by userfaultfd");
}

/*
 * Refusals that need no access to the target. Two watchers of one region would each see only part
 * of the writes.
 */
static int
uffd_refuse(const struct track *t, const struct pagemap *pm, const struct vma_list *vmas,
            struct err *err)
{
	uint64_t start, end;
	bool any = false;

	for (size_t i = 0; i < vmas->n; i++) {
		if (!uffd_is_wanted(t, &vmas->v[i], &start, &end))
			continue;
		any = true;
		if (uffd_has_watched_page(pm, start, end))
			return err_set(err, ERR_TARGET,
			               "it is already watched, perhaps by another pmtop",
			               "end that first, or use another tracker",
			               "cannot watch the memory at %#llx by userfaultfd",
			               (unsigned long long)start);
	}
	return any ? 0 : uffd_refuse_nothing(err);
}

static int
uffd_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
           const struct vma_list *vmas, struct err *err)
{
	int r = 0;

	if (t->owner != TRACK_DEMO && !t->own &&
	    (uffd_refuse(t, pm, vmas, err) < 0 || uffd_take_descriptor(t, p, vmas, err) < 0))
		return -1;
	r = uffd_arm_all(t, pm, vmas, err);
	if (r == 0 && !t->cleared.n)
		r = uffd_refuse_nothing(err);
	/* drop the descriptor: a later clear needs consent of its own */
	if (r < 0 && !t->clears && t->own) {
		uffd_release(t->own);
		t->own = NULL;
	}
	return r;
}

/* --- following the target --------------------------------------------------------------------- */

/* The target's own use of userfaultfd takes precedence. */
static void
uffd_give_way(struct track *t)
{
	t->status[TRACKER_UFFD].can = t->can = TRACK_NO;
	track_cannot(&t->status[TRACKER_UFFD],
	             "the process now uses userfaultfd itself, so the watch ended",
	             "use another tracker");
	snprintf(t->why, sizeof(t->why), "%s", t->status[TRACKER_UFFD].why);
	snprintf(t->how, sizeof(t->how), "%s", t->status[TRACKER_UFFD].how);
}

/* Watches what was mapped since. false: the target must be released. */
static bool
uffd_watch_more(struct track *t, const struct proc *p, const struct pagemap *pm,
                const struct vma_list *vmas)
{
	struct uffd *u = t->own;
	struct track_ranges kept = {0};
	struct err ignored;

	if (!u || time_ns() - u->followed_ns < FOLLOW_NS)
		return true;
	u->followed_ns = time_ns();
	if (inject_in_use(p) >= 0) {
		uffd_give_way(t);
		return false;
	}
	if (uffd_has_room(u, vmas) && !uffd_still_armed(t, pm, vmas, &kept)) {
		uffd_register_all(u, t, vmas);
		uffd_forget_unmapped(&u->late, vmas);
		uffd_forget_unmapped(&u->unsure, vmas);
		uffd_arm(t, pm, vmas, (struct arming){.kept = &kept}, &ignored);
	}
	free(kept.v);
	return true;
}

static bool
uffd_follow(struct track *t, const struct proc *p, const struct pagemap *pm,
            const struct vma_list *vmas)
{
	struct track_ranges replaced = {0};

	uffd_lost(t, pm, vmas, &replaced);
	for (size_t i = 0; i < replaced.n; i++)
		track_drop(t, replaced.v[i].start, replaced.v[i].end);
	newer_follow(t, pm, vmas, &replaced);
	free(replaced.v);
	return uffd_watch_more(t, p, pm, vmas);
}

/* --- judging a scan --------------------------------------------------------------------------- */

/*
 * Whether a read-only shared mapping was made from a read-only descriptor, so that it can never
 * become writable.
 */
static bool
uffd_is_sealed(const struct proc *p, const struct vma *v)
{
	char name[64];
	struct stat st;

	if (!(v->perm & VMA_SHARED) || v->perm & VMA_WRITE)
		return false;
	snprintf(name, sizeof(name), "map_files/%llx-%llx", (unsigned long long)v->start,
	         (unsigned long long)v->end);
	return fstatat(p->leader, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode) &&
	       !(st.st_mode & S_IWUSR);
}

/* Linear: the ranges are unsorted. */
static bool
uffd_has_some(const struct track_ranges *r, const struct vma *v)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->v[i].start < v->end && r->v[i].end > v->start)
			return true;
	return false;
}

static enum track_doubt
uffd_doubt_of(const struct track *t, const struct proc *p, const struct track_scan *scan)
{
	const struct vma *v = scan->vma;

	if (tracker_is_hidden(scan))
		return DOUBT_UNWATCHED;
	if (!scan->in_scope)
		return DOUBT_OUTSIDE;
	if (scan->watched) /* known since it was armed, which may have been after the last clear */
		return t->own && uffd_has_some(&uffd_of(t)->unsure, v) ? DOUBT_NEW : DOUBT_NONE;
	if (!scan->there)
		return DOUBT_NONE;
	if (ranges_meet(&t->newer, v->start, v->end))
		return DOUBT_NEW;
	if (v->perm & VMA_WRITE)
		return DOUBT_UNWATCHED;
	return uffd_is_sealed(p, v) ? DOUBT_NONE : DOUBT_READONLY;
}

static struct track_verdict
uffd_doubt(struct track *t, const struct proc *p, const struct track_scan *scan)
{
	const struct vma *v = scan->vma;
	struct track_verdict is = {
	    .doubt = uffd_doubt_of(t, p, scan),
	    .exact = scan->watched,
	    .late = t->own && uffd_has_some(&uffd_of(t)->late, v),
	};

	/* what we watched stays known until something else is mapped there */
	if (is.doubt == DOUBT_UNWATCHED && t->own)
		track_drop(t, v->start, v->end);
	return is;
}

/* --- the proof -------------------------------------------------------------------------------- */

/* Bit n: page n of the three was written. -1: the scan failed. */
static int
uffd_own_written(int pagemap, const volatile char *p, size_t page_size, uint64_t flags)
{
	struct pm_scan_region vec[8];
	struct pm_scan_arg arg = {.size = sizeof(arg),
	                          .flags = flags,
	                          .start = (uintptr_t)p,
	                          .end = (uintptr_t)p + 3 * page_size,
	                          .vec = (uintptr_t)vec,
	                          .vec_len = ARRAY_LEN(vec),
	                          .category_mask = PM_CAT_WRITTEN | PM_CAT_WPALLOWED,
	                          .category_anyof_mask = PM_CAT_PRESENT | PM_CAT_SWAPPED,
	                          .return_mask = PM_CAT_WRITTEN};
	int n = ioctl(pagemap, PM_IOC_SCAN, &arg), bits = 0;

	for (int i = 0; i < n; i++)
		for (unsigned k = 0; k < 3; k++)
			if (vec[i].start <= (uintptr_t)p + k * page_size &&
			    vec[i].end > (uintptr_t)p + k * page_size)
				bits |= 1 << k;
	return n < 0 ? -1 : bits;
}

/*
 * Two fresh pages and an absent one: armed, written, reported and armed in one step, written again.
 * As track_try; 3: out of descriptors.
 */
static int
uffd_round_trip(void)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	struct pm_uffdio_api api = {.api = PM_UFFD_API, .features = PM_UFFD_FEATURES};
	struct pm_uffdio_register area = {.len = 3 * page_size, .mode = PM_UFFD_MODE_WP};
	int pagemap = open(PROC_ROOT "/self/pagemap", O_RDONLY | O_CLOEXEC);
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | PM_UFFD_USER_MODE);
	volatile char *p =
	    mmap(NULL, area.len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd < 0 || pagemap < 0 || p == MAP_FAILED)
		return errno == EMFILE || errno == ENFILE ? 3 : 2;
	p[0] = p[page_size] = 1;
	area.start = (uintptr_t)p;
	if (ioctl(fd, PM_IOC_UFFD_API, &api) < 0 || ioctl(fd, PM_IOC_UFFD_REGISTER, &area) < 0)
		return 1;
	if (uffd_own_written(pagemap, p, page_size, PM_SCAN_WP_MATCHING) < 0 ||
	    uffd_own_written(pagemap, p, page_size, 0) != 0)
		return 1;
	p[0] = 2;
	if (uffd_own_written(pagemap, p, page_size, PM_SCAN_WP_MATCHING) != 1 ||
	    uffd_own_written(pagemap, p, page_size, 0) != 0)
		return 1;
	p[page_size] = 2;
	return uffd_own_written(pagemap, p, page_size, 0) == 2 ? 0 : 1;
}

/* A descriptor opened like ours is closed on exec, so it still belongs to this program. */
static void
uffd_note_stray(struct track *t, const struct inject_stray *before, const struct inject_stray *now)
{
	t->stray = *now;
	t->stray_seen_ns = time_ns();
	if (!inject_same_stray(before, now))
		t->stray_ns = t->stray_seen_ns;
}

static bool
uffd_probe(struct track_status *s, struct track *t, const struct proc *p, const struct pagemap *pm)
{
	struct inject_stray before = t->stray;
	struct inject_plan plan;
	struct err err;
	int tried, planned;

	t->stray = (struct inject_stray){0};
	if (!p->live)
		return track_cannot(s, "a directory does not change", "choose a running process");
	if ((pm->scan & UFFD_CATS) != UFFD_CATS)
		return track_cannot(s,
		                    "this kernel has no asynchronous write protection (Linux 6.7)",
		                    "use a newer kernel");
	s->proof = "works: the demo sets it up itself";
	if (t->owner == TRACK_DEMO)
		return true;
	s->proof = "works on a page of pmtop's own; runs one system call in the process, with your "
	           "consent";
	tried = track_try(uffd_round_trip);
	if (tried == TRY_NO_CHILD)
		return track_cannot_try(s);
	if (tried == 3)
		return track_cannot(s, "pmtop is out of file descriptors",
		                    "raise its limit (ulimit -n)");
	if (tried)
		return track_cannot(s,
		                    "userfaultfd failed here: tried on a page of pmtop's own",
		                    "check that it is built in (CONFIG_USERFAULTFD) and allowed");
	planned = inject_plan(p, &plan, &err);
	uffd_note_stray(t, &before, &plan.stray);
	return planned == 0 || track_cannot(s, err.why, err.how);
}

const struct tracker_ops uffd_ops = {
    .words =
	{
	    .name = "uffd",
	    .label = "userfaultfd",
	    .help = "asynchronous write protection (Linux 6.7): read and re-armed in one step, so "
		    "no write is lost; runs one system call in the process",
	    .gives = "written pages, without soft-dirty",
	    .verb = "written",
	    .cleared = "armed",
	    .price = TRACK_WRITE_WORDS,
	    .unknown = "not watched",
	    .why_unknown = "it is not watched",
	    .costs = uffd_prices,
	},
    .caps = TRACKER_LOSSLESS | TRACKER_RANGES,
    .cats = PM_CAT_WRITTEN | PM_CAT_WPALLOWED,
    .probe = uffd_probe,
    .clear = uffd_clear,
    .follow = uffd_follow,
    .written = uffd_written,
    .doubt = uffd_doubt,
    .release = uffd_release,
    .costs = uffd_costs,
};
