/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Writes by asynchronous userfaultfd write protection (Documentation/admin-guide/mm/pagemap.rst):
 * whether it works here, the watch from clear to clear, and what a scan then says.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/rights.h"
#include "base/util.h"
#include "kernel/kabi.h"
#include "track/inject.h"
#include "track/tracker_uffd.h"

/* --- the clear -------------------------------------------------------------------------------- */

/* The same, if it should be watched. */
static bool
uffd_is_wanted(const struct track *t, const struct vma *v, uint64_t *start, uint64_t *end)
{
	return uffd_in_scope(t, v, start, end) && !uffd_is_stable(t, v);
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
uffd_refuse_nothing(const struct track *t, const struct vma_list *vmas, struct err *err)
{
	bool mapped = t->scope.start >= t->scope.end ||
	              vma_mapped(vmas, t->scope.start, t->scope.end);

	return err_set(err, ERR_TARGET,
	               mapped ? "the kernel can protect no part of it: read-only, or a driver's"
	                      : "it is not mapped",
	               "choose memory that the process writes",
	               "nothing there can be watched by userfaultfd");
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
	return any ? 0 : uffd_refuse_nothing(t, vmas, err);
}

static int
uffd_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
           const struct vma_list *vmas, struct err *err)
{
	int r = 0;

	if (t->owner != TRACK_DEMO && !t->own &&
	    (uffd_refuse(t, pm, vmas, err) < 0 || uffd_open(t, p, vmas, err) < 0))
		return -1;
	r = uffd_arm_all(t, pm, vmas, err);
	if (r == 0 && !t->cleared.n)
		r = uffd_refuse_nothing(t, vmas, err);
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

	if (!u || uffd_is_recent(u))
		return true;
	u->followed_ns = time_ns();
	if (inject_in_use(p) >= 0) {
		uffd_give_way(t);
		return false;
	}
	uffd_arm_more(t, pm, vmas);
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
	long failed;

	if (!(v->perm & VMA_SHARED) || v->perm & VMA_WRITE)
		return false;
	snprintf(name, sizeof(name), "map_files/%llx-%llx", (unsigned long long)v->start,
	         (unsigned long long)v->end);
	failed = RIGHTS_FOR(rights_of_file(name),
	                    fstatat(p->leader, name, &st, AT_SYMLINK_NOFOLLOW));
	return !failed && S_ISLNK(st.st_mode) && !(st.st_mode & S_IWUSR);
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
		return ranges_meet(&t->unsure, v->start, v->end) ? DOUBT_NEW : DOUBT_NONE;
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
 * As track_try.
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
		return errno == EMFILE || errno == ENFILE ? TRY_SHORTAGE : 2;
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
	if (tried == TRY_SHORTAGE)
		return track_cannot_open(s);
	if (tried)
		return track_cannot(s,
		                    "userfaultfd failed here: tried on a page of pmtop's own",
		                    "check that it is built in (CONFIG_USERFAULTFD) and that no "
		                    "seccomp filter (as in a container) forbids it");
	planned = inject_plan(p, &plan, &err);
	uffd_note_stray(t, &before, &plan.stray);
	return planned == 0 || track_cannot(s, err.why, err.how);
}

static int
uffd_unblock(const struct proc *p, struct track *t, struct err *err)
{
	return inject_close(p, &t->stray, err);
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
	    .consent = "runs one system call in it",
	    .why_unknown = "not watched",
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
    .unblock = uffd_unblock,
};
