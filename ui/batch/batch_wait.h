/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_WAIT_H
#define PM_BATCH_WAIT_H

#include "batch/batch_state.h"
#include "target/region.h"

/* An exec is noticed within this time: no event announces it. */
#define BATCH_BEAT_NS UINT64_C(100000000)

/*
 * From open to close the first SIGINT, SIGTERM or SIGHUP ends the interval, which is reported; the
 * next one ends pmtop. Returns the descriptor to wait for.
 */
int batch_signals_open(void);
void batch_signals_close(int signals);

/*
 * Waits until `until` (CLOCK_MONOTONIC), or for an exec. false: interrupted, or the target is gone.
 */
bool batch_wait_until(const struct batch *b, int signals, uint64_t until);

/* 1: the address space is gone: it is empty or, if the process has been reaped, unreadable. */
int batch_read_regions(struct target *t, struct vma_list *out, struct err *err);

/* Scans all regions. NULL with *r: 1 the address space is gone, -1 with err. */
struct regions *batch_measure(struct target *t, int *r, struct err *err);

/* The error: it has ended or executed a new program, so that it cannot be `what`. */
int batch_refuse_gone(const struct target *t, const char *what, struct err *err);

int batch_flush(struct err *err);

#endif
