/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RECORDING_H
#define PM_RECORDING_H

#include "kernel/smaps.h"
#include "kernel/thread.h"
#include "kernel/vma.h"
#include "record/block.h"
#include "record/file_facts.h"
#include "page/extents.h"
#include "target/source.h"
#include "target/timeline.h"
#include "track/track.h"

/*
 * A recording that is read, at one of its samples. It may hold anything: what does not fit together
 * is an error or not known, never followed. One thread at a time uses it.
 */
struct recording;

/* NULL with err. It is at its last sample. */
struct recording *recording_open(const char *path, struct err *err);
void recording_close(struct recording *r);

/*
 * Reads what was recorded since. RECORDING_OTHERS: samples were dropped, and the numbers of those
 * that are left are others; it is at the one that took the place of its own, and knows nothing of
 * it before it goes there.
 */
enum recording_growth { RECORDING_SAME, RECORDING_LONGER, RECORDING_OTHERS };
enum recording_growth recording_grow(struct recording *r);

/* All its samples, at least one; a reference for the caller. */
struct timeline *recording_timeline(struct recording *r);

/* The number of the sample that it is at, from 0. */
size_t recording_at(const struct recording *r);

/* Goes to the i-th sample. -1 with err: it cannot be read. */
int recording_seek(struct recording *r, size_t i, struct err *err);

/*
 * Calls fn for the samples [from, to], ascending, and stays at its own; i: the sample. 1: fn ended
 * it; -1 with err.
 */
typedef int recording_fn(void *arg, size_t i, const struct extents *pages,
                         const struct extents *written);
int recording_walk(struct recording *r, size_t from, size_t to, recording_fn *fn, void *arg,
                   struct err *err);

/* The highest end of any region that ever began in [start, end); 0: there was none. */
uint64_t recording_reach(struct recording *r, uint64_t start, uint64_t end);

/* Of the session: its process, its page size, and what `meta` has; 0 and NULL: it has none. */
pid_t recording_pid(const struct recording *r);
const char *recording_name(const struct recording *r);
size_t recording_page_size(const struct recording *r);
uint64_t recording_number(struct recording *r, const char *key);
/* The caller frees it. */
char *recording_text(struct recording *r, const char *key);

/* Calls fn for what --capabilities said of the session; texts are valid in the call. */
typedef void recording_cap_fn(void *arg, const char *name, const char *gives, bool ok,
                              const char *detail, const char *how);
void recording_caps(struct recording *r, recording_cap_fn *fn, void *arg);

/* --- at the sample -------------------------------------------------------------------------- */

/* The regions, as vma_read has them; -1 with err. */
int recording_regions(struct recording *r, struct vma_list *out, struct err *err);
void recording_threads(struct recording *r, struct threads *out);

/* smaps as of the last time that it was read, and when that was; 0: it was not. */
void recording_smaps(struct recording *r, struct smaps *out);
uint64_t recording_smaps_time(const struct recording *r);

/* The track of writes, as it was; ... */
struct recording_writes {
	bool on; /* they were tracked: */
	unsigned tracker, clears;
	uint32_t epoch, first_epoch;
	uint64_t clear_ns, first_ns;
};
const struct recording_writes *recording_writes(const struct recording *r);

/* When its epochs began, the last n of them, by epoch % n. */
void recording_epochs(const struct recording *r, uint64_t *began, size_t n);

/*
 * ... when pages were written, which is read only then: if it is damaged, they were not tracked;
 * and why it is not known of the region that starts there.
 */
const struct stamps *recording_stamps(struct recording *r);
enum track_doubt recording_doubt(struct recording *r, uint64_t region);

/* How many pages of each region were written since sample `from`, by sample (source_time). */
size_t recording_wrote(struct recording *r, size_t from, struct source_wrote **out);

/* What was known of the code at addr (source_ops); whether the session has page faults at all. */
bool recording_code(struct recording *r, uint64_t addr, bool returns, struct source_code *out);
bool recording_has_faults(struct recording *r);

/*
 * Who wrote, by then: since the first epoch of t, which is the track at the sample. Of the newest
 * samples page by page, of those before in sums. false: it was not recorded; then *why.
 */
bool recording_recall(struct recording *r, const struct track *t, struct causes *into,
                      struct err *why);

/* The same, if it has all up to the sample before. false: it begins anew. */
bool recording_recall_next(struct recording *r, const struct track *t, struct causes *into);

/*
 * After these: what was written in the samples that went page by page, with how often; and how many
 * pages in those before. What was written before the session's first sample is in neither.
 */
const struct stamps *recording_written(struct recording *r);
uint64_t recording_written_before(const struct recording *r);

/*
 * Who brought in what came since that time and was there at the sample; what it says is of `into`.
 * The caller frees it.
 */
struct growth_told *recording_brought(struct recording *r, uint64_t since_ns, struct causes *into);

/* When its session began. */
uint64_t recording_began(const struct recording *r);

const struct extents *recording_pages(const struct recording *r);

/* What the file of the region that starts there said last. false: it was not recorded. */
bool recording_file(struct recording *r, uint64_t region, struct file_facts *out);

/*
 * What was in the page at addr, by then; the caller frees it. NULL: it was not recorded. *any: the
 * contents of some pages of the session were.
 */
uint8_t *recording_bytes(struct recording *r, uint64_t addr, bool *any);

/* The next page from addr on with contents in any sample; UINT64_MAX: there is none. */
uint64_t recording_next_bytes(struct recording *r, uint64_t addr);

/* The newest block with the page at addr; NULL: there is none. */
const struct block *recording_block(struct recording *r, uint64_t addr);

/* What the blocks that were asked for know of a frame. false: nothing. */
bool recording_frame(const struct recording *r, uint64_t pfn, enum frame_file file, uint64_t *out);

#endif
