/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PAGE_IDLE_H
#define PM_PAGE_IDLE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The bitmap of idle page tracking: a bit for each frame, in words of 64, which are read whole
 * (Documentation/admin-guide/mm/idle_page_tracking.rst). A frame is idle if it was not used since
 * somebody marked it by a write to the bitmap. pmtop only reads it.
 */
#define PAGE_IDLE_BITMAP "/sys/kernel/mm/page_idle/bitmap"

/* false: the file has no such frame, or cannot be read. */
bool page_idle_read(int fd, uint64_t pfn, bool *idle);

#endif
