/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SMAPS_H
#define PM_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/util.h"
#include "kernel/proc.h"

/*
 * What only /proc/PID/smaps can tell (Documentation/filesystems/proc.rst 1.1). It makes the kernel
 * walk every page table under the target's lock, so it is read when it is asked for, never to
 * refresh a screen.
 */
struct smaps_entry {
	uint64_t start;
	uint64_t pss, referenced, locked, thp, ksm; /* bytes */
	uint64_t uss, shared,
	    lazyfree;      /* mapped by nobody else; by others, too; may be dropped (MADV_FREE) */
	uint64_t swap;     /* shared memory as well, which leaves nothing in the page table */
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

/* One reading of it, shared by all who look at it. */
struct smaps_look {
	int refs;
	struct smaps smaps;
	uint64_t time_ns, cost_ns;
};
struct smaps_look *smaps_look_ref(struct smaps_look *l);
void smaps_look_unref(struct smaps_look *l);

/* Parse text (pure). */
void smaps_parse(struct smaps *s, const char *text);
int smaps_read(int fd, struct smaps *s, struct err *err);

/* Of the process; the end of a thread that it is read through is no failure. */
int smaps_read_process(const struct proc *p, struct smaps *s, struct err *err);
void smaps_free(struct smaps *s);

/* One more at its end. */
void smaps_append(struct smaps *s, const struct smaps_entry *e);

/* The entry of the region that starts at `start`, NULL if there is none. */
const struct smaps_entry *smaps_find(const struct smaps *s, uint64_t start);

/*
 * The entry of one region. The kernel has no way to ask for one alone: what comes before it is
 * read and passed over, what comes after it is not read.
 */
int smaps_read_one(int fd, uint64_t start, struct smaps_entry *out, struct err *err);

/* The same of a process, again if the thread ended that it was read through. */
int smaps_read_region(const struct proc *p, uint64_t start, struct smaps_entry *out,
                      struct err *err);

/* Whether its VmFlags have the code ("sd"). */
bool smaps_has(const struct smaps_entry *e, const char *code);

/* Adds e up in sum, as far as it can be: flags are each region's own. first: sum is empty so far.
 */
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
