/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "folio.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "flags.h"
#include "kabi.h"
#include "util.h"

/* The word in brackets is the one that holds; "inherit" leaves it to the setting above. */
static bool
is_off(int dir, const char *name, bool inherits)
{
	char text[128] = "";
	int fd = file_open(dir, name, O_RDONLY);
	ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;

	if (fd >= 0)
		close(fd);
	return n > 0 && (strstr(text, "[never]") || (inherits && strstr(text, "[inherit]")));
}

static bool
has_sizes_between(int dir, DIR *d, bool off, unsigned huge_kib)
{
	const struct dirent *e;

	while ((e = readdir(d))) {
		char name[300];
		uint64_t kib;
		const char *end;

		if (strncmp(e->d_name, "hugepages-", 10) || !parse_u64(e->d_name + 10, 10, &end, &kib) || kib == huge_kib)
			continue;
		snprintf(name, sizeof(name), "%s/enabled", e->d_name);
		if (!is_off(dir, name, off))
			return true;
	}
	return false;
}

enum folio_sizes
folio_sizes(const char *sys)
{
	int dir = open(sys, O_RDONLY | O_DIRECTORY | O_CLOEXEC), copy = dir >= 0 ? dup(dir) : -1;
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	enum folio_sizes out = FOLIOS_ANY;
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	unsigned huge = (unsigned)((page << page_huge_order(page)) / 1024);
	char name[64];
	bool off;

	if (d) {
		snprintf(name, sizeof(name), "hugepages-%ukB/enabled", huge);
		off = is_off(dir, "enabled", false);
		if (!has_sizes_between(dir, d, off, huge))
			out = off && (is_off(dir, name, true) || faccessat(dir, name, F_OK, 0) < 0) ? FOLIOS_SMALL : FOLIOS_HUGE;
	}
	if (d)
		closedir(d);
	else if (copy >= 0)
		close(copy);
	if (dir >= 0)
		close(dir);
	return out;
}

/* A huge page lies at a multiple of its size, within one region. */
static bool
fits_huge(const struct vma *v, uint64_t addr, size_t page_size)
{
	uint64_t size = (uint64_t)page_size << page_huge_order(page_size), start = addr & ~(size - 1);

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
	return *sizes == FOLIOS_SMALL || (*sizes == FOLIOS_HUGE && !fits_huge(v, addr, pm->page_size));
}
