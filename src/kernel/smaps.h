/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SMAPS_H
#define PM_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/progress.h"
#include "base/util.h"
#include "kernel/proc.h"

/*
 * Facts that only /proc/PID/smaps has (Documentation/filesystems/proc.rst 1.1). For it the kernel
 * walks every page table under the target's mmap lock, so it is read only on request, never to
 * refresh the screen.
 */
struct smaps_entry {
	uint64_t start;
	uint64_t pss, referenced, locked, thp, ksm; /* bytes */
	uint64_t uss, shared,
	    lazyfree;      /* mapped by no one else; by others, too; may be dropped (MADV_FREE) */
	uint64_t swap;     /* with shared memory, which has no entry in the page table */
	uint64_t pkey;     /* protection key */
	uint64_t known;    /* SMAPS_*: fields that this kernel has */
	bool thp_eligible;
	char flags[64 * 3]; /* VmFlags as the kernel wrote them, a blank between two: 64 at most */
};
enum {
	SMAPS_LOCKED = 1, SMAPS_KSM = 2, SMAPS_THP_ELIGIBLE = 4, SMAPS_FLAGS = 8,
	SMAPS_LAZYFREE = 16, SMAPS_PKEY = 32, SMAPS_SWAP = 64
};

struct smaps {
	struct smaps_entry *v; /* ascending */
	size_t n, cap;
};

/* One reading of it, reference-counted. */
struct smaps_reading {
	int refs;
	struct smaps smaps;
	uint64_t time_ns, cost_ns;
};
struct smaps_reading *smaps_reading_ref(struct smaps_reading *l);
void smaps_reading_unref(struct smaps_reading *l);

/* Parse text (pure). */
void smaps_parse(struct smaps *s, const char *text);

/*
 * Who waits for a reading, NULL: nobody. `progress` advances by one for each region. `stop` is
 * called between reads, which give a few regions each; true abandons the reading. NULL: never.
 */
struct smaps_host {
	struct progress *progress;
	bool (*stop)(void *arg);
	void *arg;
};

/* These return 1 if they were abandoned, -1 with err. */
int smaps_read(int fd, const struct smaps_host *host, struct smaps *s, struct err *err);

/* Of the process; tries again if the thread it is read through ends. */
int smaps_read_process(const struct proc *p, const struct smaps_host *host, struct smaps *s,
                       struct err *err);
void smaps_free(struct smaps *s);

/* Appends an entry. */
void smaps_append(struct smaps *s, const struct smaps_entry *e);

/* The entry of the region that starts at `start`, NULL if there is none. */
const struct smaps_entry *smaps_find(const struct smaps *s, uint64_t start);

/*
 * The entry of one region. The kernel cannot give one alone: reads and skips those before it, and
 * stops after it.
 */
int smaps_read_one(int fd, const struct smaps_host *host, uint64_t start, struct smaps_entry *out,
                   struct err *err);

/* The same of a process; tries again if the thread it is read through ends. */
int smaps_read_region(const struct proc *p, const struct smaps_host *host, uint64_t start,
                      struct smaps_entry *out, struct err *err);

/* Whether its VmFlags have the code ("sd"). */
bool smaps_has(const struct smaps_entry *e, const char *code);

/* Adds e to sum, without what cannot be summed, such as flags. first: sum is still empty. */
void smaps_add(struct smaps_entry *sum, const struct smaps_entry *e, bool first);

/* VmFlags sd: the region was mapped since the clear, so that every page reads as soft-dirty. */
bool smaps_newborn(const struct smaps_entry *e);

struct vmflag {
	char code[3];
	const char *since, *words;
};
const struct vmflag *smaps_flags(size_t *n);

/* Its codes that have no row in vmflags.def, a blank between two. */
void smaps_odd_flags(const struct smaps_entry *e, struct buf *out);

#endif
