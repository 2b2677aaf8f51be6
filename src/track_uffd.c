/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes by asynchronous userfaultfd write protection (Documentation/admin-guide/mm/pagemap.rst). */
#include <errno.h>
#include <sys/ioctl.h>

#include "kabi.h"
#include "track_ways.h"
#include "util.h"

static const uint64_t CHUNK = UINT64_C(256) << 20; /* bytes a call: bounds the time under mmap_lock */

bool
uffd_probe(struct track *t, const struct pagemap *pm)
{
	static const uint64_t need = PM_CAT_WRITTEN | PM_CAT_WPALLOWED;

	if ((pm->scan & need) == need)
		return true;
	return track_cannot(t, "this kernel has neither soft-dirty nor asynchronous write protection (Linux 6.7)",
	                    "use one that has either");
}

/*
 * Protects every page that is written, and there: asking for pages alone, never for holes, keeps
 * the kernel from filling empty page tables with markers.
 */
static int
protect(const struct pagemap *pm, uint64_t start, uint64_t end, struct err *err)
{
	uint64_t guard = pm->scan & PM_CAT_GUARD;

	while (start < end) {
		struct pm_scan_arg arg = {.size = sizeof(arg), .flags = PM_SCAN_WP_MATCHING, .start = start,
		                          .end = u64_min(end, start + CHUNK), .category_inverted = guard,
		                          .category_mask = PM_CAT_WRITTEN | PM_CAT_WPALLOWED | guard,
		                          .category_anyof_mask = PM_CAT_PRESENT | PM_CAT_SWAPPED};
		int n = ioctl(pm->fd, PM_IOC_SCAN, &arg);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EFAULT)
			return 0; /* past the user's address space */
		if (n < 0)
			return err_sys(err, NULL, "cannot write-protect the pages at %#llx", (unsigned long long)start);
		if (arg.walk_end <= start)
			return 0;
		start = arg.walk_end;
	}
	return 0;
}

int
uffd_clear(const struct pagemap *pm, const struct vma_list *vmas, struct err *err)
{
	for (size_t i = 0; i < vmas->n; i++)
		if (protect(pm, vmas->v[i].start, vmas->v[i].end, err) < 0)
			return -1;
	return 0;
}
