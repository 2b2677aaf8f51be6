/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_METRICS_H
#define PM_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/util.h"
#include "kernel/vma.h"

/* Facts of processes as metrics (metrics.def), in the text format of Prometheus. */
struct metric_type {
	uint64_t regions;
	uint64_t size, ram, swap, written; /* bytes; written: in the last interval */
	bool swap_unsure;                  /* more may be in swap */
	bool watched;                      /* `written` is known of a part of it, at least */
};

struct metric_facts {
	pid_t pid;
	char comm[64]; /* as it came */
	bool readable; /* the rest is known: */
	struct metric_type all, types[VMA_TYPES];
	uint64_t rss, anon, huge; /* bytes */
	bool huge_known;
	double seconds;   /* of the interval in which writes were watched; 0: there was none */
	uint64_t unknown; /* bytes that may have been written in it */
	double scan_seconds, clear_seconds;
};

/* Appends the metrics of n processes. */
void metrics_text(const struct metric_facts *m, size_t n, struct buf *out);

/* Of the documents: the i-th row of the table; NULL: the end. */
struct metric_row {
	const char *name, *labels, *help; /* "pmtop_swap_bytes", "pid,comm" */
};
const struct metric_row *metric_row(size_t i);

#endif
