/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_NOTES_H
#define PM_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "page/extents.h"
#include "track/stamps.h"

/*
 * What clears reported as written and has no stamp yet: a note for each clear, of an epoch of its
 * own, with a bit for each page. To make the stamps of several notes at once takes a fraction of
 * the time.
 */
enum { NOTES_MOST = 8 };

struct notes {
	struct stamps_seen v[NOTES_MOST]; /* ascending; their pages are owned */
	size_t n, leaves[NOTES_MOST]; /* for how many there is room */
	size_t pages;   /* leaves in all of them */
	uint32_t epoch; /* the newest that was scanned, if that is newer than those of the stamps */
};

/*
 * Notes the n runs, which ascend, of a scan at `now`. false: nothing was noted, make the stamps
 * first; there are enough notes, or these runs are not after those of the same scan.
 */
bool notes_add(struct notes *k, const struct pm_run *runs, size_t n, uint32_t epoch, uint64_t now);
void notes_clear(struct notes *k); /* its memory is freed */

/* When a page of [start, end) was noted last; 0: none was. */
uint64_t notes_newest(const struct notes *k, uint64_t start, uint64_t end);

/* Bytes of [start, end) that were noted in an epoch. */
uint64_t notes_bytes(const struct notes *k, uint64_t start, uint64_t end, uint32_t epoch);

/* Whether the page at addr was noted in an epoch. */
bool notes_has(const struct notes *k, uint64_t addr, uint32_t epoch);

/* Adds the pages of the last note, with state 1, to `out`, which is empty. */
void notes_last(const struct notes *k, struct extents *out);

#endif
