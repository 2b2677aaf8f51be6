/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/page_idle.h"

#include <unistd.h>

bool
page_idle_read(int fd, uint64_t pfn, bool *idle)
{
	uint64_t word;

	if (pread(fd, &word, sizeof(word), (off_t)(pfn / 64 * sizeof(word))) != sizeof(word))
		return false;
	*idle = word >> pfn % 64 & 1;
	return true;
}
