/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_READER_PARTS_H
#define PM_READER_PARTS_H

#include "sample/reader.h"

/*
 * What the files of the reader share. STALE_S: how often a quiet target is read in full: reclaim,
 * KSM and migration change pages without a fault in the target.
 */
enum { STALE_S = 5 };

/* reader_kept.c: a scan of all regions, for all who listen. Returns as regions_measure. */
int reader_measure(struct reader *l, struct regions *rs);
void reader_stop_keeping(struct reader *l);
void reader_end_keeping(struct reader *l); /* the process has ended */
void reader_resume_keeping(struct reader *l); /* after a pause, in which nothing was recorded */
/* Takes what differs; NULL: nothing is known. Ends the comparison; the snapshots stay. */
void reader_set_difference(struct reader *l, struct difference *d);
void reader_end_comparison(struct reader *l);

/* reader_maps.c: reads maps into a new list, or takes one just read; NULL: nothing to read now. */
struct regions *reader_read_maps(struct reader *l);
struct regions *reader_take_maps(struct reader *l);
void reader_set_regions(struct reader *l, struct regions *rs);
/*
 * Whether the list need not be read again: it is younger than `every`, and if it is a long one, the
 * rows on screen are as they were.
 */
bool reader_list_serves(const struct reader *l, uint64_t every);
/* Whether the regions are as they were; read as often as the sample says. */
bool reader_regions_stay(struct reader *l);

/* Counts the strip again; keeps the previous one if nothing has changed; or if it can. */
enum reader_strip { STRIP_NEW, STRIP_IF_QUIET, STRIP_OLD };

/* reader_window.c: reads the requested window. false: abandoned. */
bool reader_fill_window(struct reader *l, const struct vma_list *vmas, enum reader_strip strip);

/* reader_request.c: drops what commands have read of the previous program. */
void reader_forget_once(struct reader *l);
/* Of them, what is of one time of a recording, and would not be read again for another. */
void reader_forget_moment(struct reader *l);
/* Reads the facts on screen that need no command. */
void reader_read_card(struct reader *l, const struct vma_list *vmas);
void reader_read_bytes(struct reader *l, const struct vma_list *vmas);

#endif
