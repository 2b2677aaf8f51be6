/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KEEPER_H
#define PM_KEEPER_H

#include "record/recorder.h"

/*
 * Records a target that somebody else scans: the samples of a screen. It belongs to the thread of
 * the target, which waits while a sample is written.
 */
struct keeper;

/* NULL with err. */
struct keeper *keeper_start(const struct recorder_options *o, struct target *t, struct err *err);
void keeper_stop(struct keeper *k);

/* Around the scan of all regions. rs NULL: it was abandoned. */
void keeper_begin(struct keeper *k);
/* -1 with err: it is not in the file. `interval_ns`: to the next; a part of it may be used. */
int keeper_end(struct keeper *k, struct regions *rs, uint64_t interval_ns, struct err *err);

/* The target is another program now. */
int keeper_exec(struct keeper *k, struct err *err);

uint64_t keeper_bytes(const struct keeper *k);

#endif
