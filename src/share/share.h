/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SHARE_H
#define PM_SHARE_H

#include "share/share_key.h"
#include "target/target.h"

/*
 * Who shares memory. A frame is shared if the page table of another process has it, too; a page in
 * swap, if another has the same place in swap. Processes that use one address space count once. All
 * results are of about one moment: pages that changed while they were searched for are left out.
 */

/* What was read, and what was not. */
struct share_reach {
	enum share_method method;
	unsigned processes; /* whose page tables were read, besides the target's */
	unsigned refused;   /* that we cannot read */
	bool unsure;        /* it is not known whether processes use one address space */
	pid_t twin;         /* a process that uses the target's address space; 0: none */
	unsigned twins;     /* the number of such processes */
};

/* --- the sharers of one page ------------------------------------------------------------------ */

/* A place where a process maps the page. */
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
	uint64_t count_after;    /* the same after the search: processes come and go */
	bool averaged;           /* not known: it is an average over a large folio */
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
	uint64_t pages[SHARE_KINDS]; /* pages of the range that some process shares */
	/* freed with the range: anonymous pages that nobody else has */
	uint64_t freed, freed_swap;
	/* mappings of frames that others map as well: by the kernel's count; found */
	uint64_t mapped, found;
	uint64_t uncounted;     /* frames in RAM whose map count is not known */
	uint64_t changed;       /* pages left out because they changed meanwhile */
	uint64_t kernel;        /* pages of the kernel's own, which all processes map */
	uint64_t hidden;        /* pages that may be shared: their frames are hidden from us */
	struct share_reach reach;
};

/* For [start, end). NULL with err, or if the source's `stop` ended it. */
struct share *share_sum(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
                        struct err *err);

/* The same, with no more than `most` pages searched for at once. */
struct share *share_sum_by(struct target *t, const struct vma_list *vmas, uint64_t start,
                           uint64_t end, size_t most, struct err *err);
void share_free(struct share *sh);

/* Pages freed once the target and this process have ended: they are in no third. */
static inline uint64_t
share_pair(const struct share *sh, const struct share_peer *p)
{
	return sh->freed + p->both;
}

/* "parent", "child", "sibling", or "". */
const char *share_relation(const struct share *sh, const struct share_peer *p);

#endif
