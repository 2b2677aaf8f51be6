/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SHARE_H
#define PM_SHARE_H

#include "share/share_key.h"
#include "target/target.h"

/*
 * With whom memory is shared. A frame is shared if the page table of another process has it, too;
 * a page in swap, if it has the same place in swap. Processes that use one address space count
 * once. All of it is of about one moment: what changed before the end is left out.
 */

/* What was looked at, and what not. */
struct share_reach {
	enum share_way way;
	unsigned processes; /* whose page tables were read, besides the target's */
	unsigned refused;   /* which we may not look at */
	bool unsure;        /* whether processes use one address space could not be found out */
	pid_t twin;         /* a process that uses the target's address space; 0: none */
	unsigned twins;     /* how many do */
};

/* --- the sharers of one page ------------------------------------------------------------------ */

/* Where a process maps it. */
struct share_place {
	pid_t pid;
	char comm[64]; /* as all names here: not safe to print raw */
	uint64_t addr; /* of the page */
	struct vma v;  /* its region; the name is owned */
	bool has_vma;
};

struct share_places {
	struct page page;        /* the target's */
	uint64_t addr;
	struct share_place *v;   /* the target's own first; then by PID and address */
	size_t n, cap;
	uint64_t count;          /* how often it is mapped; 0: not known */
	bool averaged;           /* not known, as it is an average over a large folio */
	struct share_reach reach;
};

/* NULL with err: nothing is mapped there, it is not in RAM or in swap, or it changed meanwhile. */
struct share_places *share_places(struct target *t, const struct vma_list *vmas, uint64_t addr,
                                  struct err *err);
void share_places_free(struct share_places *p);

/* --- a range, by process ---------------------------------------------------------------------- */

struct share_peer {
	pid_t pid, parent;
	char comm[64];
	uint64_t pages[SHARE_KINDS]; /* in both; each frame once */
	uint64_t both; /* of them anonymous, in RAM, and in no other process */
};

struct share {
	size_t page_size;
	bool whole;              /* the range is the whole process */
	pid_t pid, parent;       /* of the target */
	struct share_peer *v; /* by pages, most first */
	size_t n, cap;
	uint64_t pages[SHARE_KINDS]; /* of the range, that one of them shares */
	/* what would be freed with the range: anonymous pages that nobody else has */
	uint64_t freed, freed_swap;
	uint64_t mapped, found; /* mappings of frames that others map as well: by count; found */
	uint64_t uncounted;     /* frames in RAM whose map count is not known */
	uint64_t changed;       /* pages left out, because they changed meanwhile */
	uint64_t hidden;        /* pages that may be shared: their frames are hidden from us */
	struct share_reach reach;
};

/* Of [start, end). NULL with err, or if the source's `stop` ended it. */
struct share *share_sum(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
                        struct err *err);
void share_free(struct share *sh);

/* "parent", "child", "sibling", or "". */
const char *share_relation(const struct share *sh, const struct share_peer *p);

#endif
