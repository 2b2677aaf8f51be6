/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_STAMPS_H
#define PM_STAMPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/pagemap.h"
#include "page/extents.h"

enum { STAMPS_PAGE = 4096 }; /* a page of the kernel may consist of several */

/*
 * When each page was seen written, and in which epochs. Addresses are in bytes; memory follows the
 * written pages, never the address space: pages that are alike and adjacent are one part, else 512
 * neighbours share one, with a bit for each written page, for each bit that is not the same for all
 * of them. That is a bit for each epoch remembered, at most, and once epochs are forgotten one for
 * each digit of how many they were and, for pages that were written in none since, of when it was.
 */
struct track_stamp {
	uint64_t start, end; /* pages that were first seen written ... */
	uint64_t time_ns;    /* ... at this time (CLOCK_MONOTONIC) */
	uint32_t epoch;      /* the last epoch in which they were written */
	uint32_t count;      /* the number of epochs in which they were written */
	/* bit n: written in the n-th epoch before `epoch`, among the last 32 of all epochs */
	uint32_t recent;
};

struct stamps {
	struct stamps_part *v; /* ascending, disjoint */
	size_t n, cap;
	uint32_t epoch;        /* the newest that was stamped; 32 are remembered */
	struct stamps_scan *scans; /* those that pages have stamps of, ascending */
	size_t scans_n, scans_cap, scans_most;
};

void stamps_free(struct stamps *s);
void stamps_clear(struct stamps *s); /* drops all stamps */

/* Replaces what `to` holds by the stamps of [start, end). */
void stamps_copy(struct stamps *to, const struct stamps *from, uint64_t start, uint64_t end);

/*
 * A scan of [start, end), at `now`, saw the n runs (ascending) as written. Pages stamped in this
 * epoch keep their stamps, others get one; pages outside the runs keep theirs, or lose them.
 * Returns how many bytes were stamped. Neither epoch nor time may be less than in an earlier scan.
 */
uint64_t stamps_update(struct stamps *s, uint64_t start, uint64_t end, const struct pm_run *runs,
                       size_t n, bool keep, uint32_t epoch, uint64_t now);
void stamps_drop(struct stamps *s, uint64_t start, uint64_t end);

/* Of 512 pages, beginning with page 512 * leaf, those that a scan saw written. */
struct stamps_pages {
	uint64_t leaf, bits[8];
};

/*
 * Updates by several scans, as by one after the other: each is of an epoch in which nothing was
 * stamped yet, and keeps what it did not see. Their leaves ascend.
 */
struct stamps_seen {
	const struct stamps_pages *v;
	size_t n;
	uint32_t epoch;
	uint64_t time_ns;
};
enum { STAMPS_MANY = 16 }; /* more than these are done in turns */
void stamps_update_many(struct stamps *s, const struct stamps_seen *seen, size_t n);

/* Goes on to an epoch in which nothing was seen; the time of the last scan that saw something. */
void stamps_reach_epoch(struct stamps *s, uint32_t epoch);
uint64_t stamps_last(const struct stamps *s);

/* Adds one as it is. Its epoch and time are not less than those that were added before. */
void stamps_put(struct stamps *s, const struct track_stamp *stamp);

/* Bytes of [start, end) with a stamp; ... that were written in `epoch`, of the last 32. */
uint64_t stamps_bytes(const struct stamps *s, uint64_t start, uint64_t end);
uint64_t stamps_bytes_in(const struct stamps *s, uint64_t start, uint64_t end, uint32_t epoch);

/* Whether the page at addr was. */
bool stamps_has(const struct stamps *s, uint64_t addr, uint32_t epoch);

/* Adds the pages that were stamped after a time, with state 1, to `out`, which is empty. */
void stamps_since(const struct stamps *s, uint64_t time_ns, struct extents *out);

/* The newest time, and the largest count, of [start, end); 0: no stamp. */
uint64_t stamps_newest(const struct stamps *s, uint64_t start, uint64_t end);
uint32_t stamps_most(const struct stamps *s, uint64_t start, uint64_t end);

/*
 * The stamps of [start, end), cut to it, in ascending order: neighbours may have equal ones. It is
 * valid until the stamps change.
 */
struct stamps_at {
	const struct stamps *s;
	size_t i, which; /* the part it is in, and the scan it came from */
	uint64_t page, end;
	uint64_t word, written; /* the word of pages that was decoded */
	uint64_t past[64], scan[64];
	uint32_t first[32]; /* the place of the first scan of each epoch before the newest, and 1 */
};
struct stamps_at stamps_begin(const struct stamps *s, uint64_t start, uint64_t end);
bool stamps_next(struct stamps_at *at, struct track_stamp *out);

#endif
