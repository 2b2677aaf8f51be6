/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What is registered with a userfaultfd.
 *
 * A registered range must not end where the target may map memory later: a boundary put there by us
 * would split a newer mapping in two, and the target's mremap() of it would fail. So whole runs are
 * registered, with all gaps, from one region that never changes (code, constants) to the next; but
 * only the scope is armed and reported. Code and constants can be written, too (mprotect, a
 * debugger): what is not registered is not known. They are registered if the scope covers them or
 * once they are writable; what is registered stays so when it becomes read-only again.
 */
#include "track/tracker_uffd.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "kernel/kabi.h"

static const uint64_t LARGE = UINT64_C(1) << 30; /* larger regions are released in such chunks */
/* seldom, because regions that are registered separately stay separate */
static const uint64_t FOLLOW_NS = UINT64_C(2000000000);
enum {
	ISOLATE = 65536,   /* regions that cannot be registered are mostly small: tried first */
	MORE_VMAS = 512,   /* watch no new regions once the target has this many more than before */
	MOST_VMAS = 32765, /* half of the kernel's limit */
};

/* --- planning --------------------------------------------------------------------------------- */

bool
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

bool
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

bool
uffd_in_scope(const struct track *t, const struct vma *v, uint64_t *start, uint64_t *end)
{
	*start = v->start;
	*end = v->end;
	return !uffd_is_foreign(v) && track_in_scope(t, start, end);
}

/* --- registering ------------------------------------------------------------------------------ */

static int
uffd_try_register(const struct uffd *u, uint64_t start, uint64_t end)
{
	struct pm_uffdio_register area = {
	    .start = start, .len = end - start, .mode = PM_UFFD_MODE_WP};

	pagemap_await(u->held.pagemap);
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

void
uffd_register_all(struct uffd *u, const struct track *t, const struct vma_list *vmas)
{
	if (!uffd_register_runs(u, t, vmas, true, true) &&
	    !uffd_register_runs(u, t, vmas, true, false))
		uffd_register_runs(u, t, vmas, false, false);
	uffd_remember_areas(u, t, vmas);
	u->followed_ns = time_ns();
}

bool
uffd_is_recent(const struct uffd *u)
{
	return u->followed_ns && time_ns() - u->followed_ns < FOLLOW_NS;
}

bool
uffd_has_room(const struct uffd *u, const struct vma_list *vmas)
{
	return vmas->n <= u->vmas_before + MORE_VMAS && vmas->n <= MOST_VMAS;
}

/* --- taking and releasing --------------------------------------------------------------------- */

void
uffd_release(void *own)
{
	struct uffd *u = own;

	for (size_t i = 0; u->fd >= 0 && i < u->areas.n; i++) {
		const struct track_range *a = &u->areas.v[i];
		uint64_t step = a->end - a->start > LARGE ? UFFD_CHUNK : a->end - a->start;

		for (uint64_t at = a->start; at < a->end; at += step) {
			struct pm_uffdio_range part = {at, u64_min(step, a->end - at)};

			pagemap_await(u->held.pagemap);
			ioctl(u->fd, PM_IOC_UFFD_UNREGISTER, &part);
		}
	}
	if (u->fd >= 0)
		close(u->fd);
	uffd_let_go(&u->held);
	free(u->barred.v);
	free(u->areas.v);
	free(u->late.v);
	free(u);
}

int
uffd_open(struct track *t, const struct proc *p, const struct vma_list *vmas,
                     struct err *err)
{
	struct uffd *u = mem_alloc(sizeof(*u));
	struct pm_uffdio_api api = {.api = PM_UFFD_API, .features = PM_UFFD_FEATURES};

	u->fd = u->held.pagemap = u->held.line = -1;
	u->vmas_before = vmas->n;
	if (inject_userfaultfd(p, &u->fd, &t->injected, err) < 0) {
		uffd_release(u);
		return -1;
	}
	if (uffd_hold(&u->held, u->fd, p) < 0 || ioctl(u->fd, PM_IOC_UFFD_API, &api) < 0) {
		err_sys(err, "give --tracker hash", "cannot watch by userfaultfd");
		uffd_release(u);
		return -1;
	}
	t->own = u;
	return 0;
}
