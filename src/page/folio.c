/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/folio.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"

/* The bracketed word is the active setting; "inherit" defers to the setting above. */
static bool
folio_is_off(int dir, const char *name, bool inherits)
{
	char text[128];

	return file_read_small(dir, name, text, sizeof(text)) &&
	       (strstr(text, "[never]") || (inherits && strstr(text, "[inherit]")));
}

static bool
folio_has_sizes_between(DIR *d, bool off, unsigned huge_kib)
{
	const struct dirent *e;

	while ((e = readdir(d))) {
		char name[300];
		uint64_t kib;
		const char *end;

		if (strncmp(e->d_name, "hugepages-", 10) ||
		    !parse_u64(e->d_name + 10, 10, &end, &kib) || kib == huge_kib)
			continue;
		snprintf(name, sizeof(name), "%s/enabled", e->d_name);
		if (!folio_is_off(dirfd(d), name, off))
			return true;
	}
	return false;
}

enum folio_sizes
folio_sizes(const char *sys)
{
	DIR *d = opendir(sys);
	enum folio_sizes out = FOLIOS_ANY;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned huge = (unsigned)((page << page_huge_order(page)) / 1024);
	char name[64];
	bool off;
	int dir;

	if (!d)
		return FOLIOS_ANY;
	dir = dirfd(d);
	off = folio_is_off(dir, "enabled", false);
	snprintf(name, sizeof(name), "hugepages-%ukB/enabled", huge);
	if (!folio_has_sizes_between(d, off, huge))
		out = off && (folio_is_off(dir, name, true) || faccessat(dir, name, F_OK, 0) < 0)
		          ? FOLIOS_SMALL
		          : FOLIOS_HUGE;
	closedir(d);
	return out;
}

/* Whether a huge page fits here: aligned to its size, inside the region. */
static bool
folio_fits_huge(const struct vma *v, uint64_t addr, size_t page_size)
{
	uint64_t size = (uint64_t)page_size << page_huge_order(page_size);
	uint64_t start = addr & ~(size - 1);

	return start >= v->start && start + size <= v->end;
}

bool
folio_is_small(const struct page *pg, const struct vma *v, uint64_t addr, const struct pagemap *pm,
               enum folio_sizes *sizes)
{
	static const uint64_t large = KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL | KPF_THP | KPF_HUGE;

	if (pg->known & PAGE_FLAGS && pg->word & PM_PRESENT)
		return !(pg->kpf & (large | KPF_ZERO_PAGE));
	if (!(pm->scan & PM_CAT_PFNZERO) && pg->word & PM_PRESENT && !(pg->word & PM_EXCLUSIVE))
		return false; /* it may be the zero page */
	if (*sizes == FOLIOS_UNREAD)
		*sizes = folio_sizes(FOLIO_SETTINGS);
	return *sizes == FOLIOS_SMALL ||
	       (*sizes == FOLIOS_HUGE && !folio_fits_huge(v, addr, pm->page_size));
}
