/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/folio_sizes.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"

unsigned
folio_huge_order(size_t page_size)
{
#if defined(__powerpc64__)
	/* tables share a page: 2 MiB; of POWER8 and older 16 MiB, which begin where these do */
	if (page_size == 65536)
		return 5;
#endif
	return (unsigned)__builtin_ctzll(page_size / sizeof(uint64_t));
}

/* The bracketed word is the active setting; "inherit" defers to the setting above. */
static bool
folio_sizes_is_off(int dir, const char *name, bool inherits)
{
	char text[128];

	return file_read_small(dir, name, text, sizeof(text)) &&
	       (strstr(text, "[never]") || (inherits && strstr(text, "[inherit]")));
}

static bool
folio_sizes_has_between(DIR *d, bool off, unsigned huge_kib)
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
		if (!folio_sizes_is_off(dirfd(d), name, off))
			return true;
	}
	return false;
}

enum folio_sizes
folio_sizes(const char *sys, size_t page_size)
{
	DIR *d = opendir(sys);
	enum folio_sizes out = FOLIOS_ANY;
	unsigned huge = (unsigned)((page_size << folio_huge_order(page_size)) / 1024);
	char name[64];
	bool off;
	int dir;

	if (!d)
		return FOLIOS_ANY;
	dir = dirfd(d);
	off = folio_sizes_is_off(dir, "enabled", false);
	snprintf(name, sizeof(name), "hugepages-%ukB/enabled", huge);
	if (!folio_sizes_has_between(d, off, huge))
		out = off && (folio_sizes_is_off(dir, name, true) ||
		              faccessat(dir, name, F_OK, 0) < 0)
		          ? FOLIOS_SMALL
		          : FOLIOS_HUGE;
	closedir(d);
	return out;
}
