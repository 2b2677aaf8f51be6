/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MOMENT_H
#define PM_MOMENT_H

#include "record/block.h"
#include "page/extents.h"
#include "record/contents.h"
#include "record/file_facts.h"
#include "record/suspects.h"
#include "target/region.h"
#include "target/target.h"

/* The track of writes, as it was before a clear. */
struct moment_track {
	unsigned clears; /* 0: writes were not tracked */
	enum tracker tracker;
	uint32_t epoch, first_epoch;
	uint64_t clear_ns, first_ns;
	struct stamps stamps; /* of a whole moment */
};

/*
 * All that a recording keeps of one sample of a target, which may go on meanwhile. Memory follows
 * runs of pages and the blocks whose frames were read for it.
 */
struct moment {
	struct regions *regions; /* counted */
	struct extents pages;    /* all that exist */
	struct extents written;  /* state 1: written since the moment before; if it is known: */
	bool written_known;
	bool whole; /* all its pages are kept, else what changed since the one before it */
	struct moment_track track;
	struct thread *threads;
	size_t threads_n;
	struct smaps_reading *smaps;   /* NULL: not read for it */
	struct block *blocks;          /* read for it, ascending */
	size_t blocks_n, blocks_cap;
	struct moment_cgroup { /* memory cgroups that no moment had before; owned */
		uint64_t inode;
		char *path;
	} * cgroups;
	size_t cgroups_n, cgroups_cap;
	struct suspects_news causes; /* who wrote */
	struct contents_list contents;
	struct file_facts *files; /* of regions that were asked, ascending; owned */
	size_t files_n, files_cap;
	char **said; /* messages since the one before it; owned */
	size_t said_n, said_cap;
};

/* Adds a message. */
void moment_say(struct moment *m, const char *text);

void moment_free(struct moment *m);

/* What makes them. */
struct moments {
	struct target *t;
	uint64_t taken_ns;    /* until when the last one has what was written; 0: there is none */
	unsigned clears;      /* by then */
	struct extents pages; /* of the last one */
	/* the blocks that have pages, ascending; owned */
	struct moments_block {
		uint64_t start;
		uint64_t changed, read; /* in which moment last, by their count from 1; 0: never */
	} * blocks;
	size_t blocks_n, blocks_cap;
	uint64_t count;    /* of moments */
	uint64_t *cgroups; /* their inodes; owned */
	size_t cgroups_n, cgroups_cap;
	size_t next; /* the block at which the sweep goes on */
	uint64_t next_file; /* the region whose file is asked first */
	struct moment_track before; /* the clear that was part of the scan; clears 0: none was */
	struct suspects *suspects;
	struct contents *contents; /* NULL: contents of memory are not kept */
};
void moments_begin(struct moments *k, struct target *t);
void moments_free(struct moments *k);

/*
 * A moment is made around a scan of all regions: `out` hears of the pages from listen to unlisten;
 * its `regions` are set by the caller before finish. That reads frames for about budget_ns
 * (UINT64_MAX: of all pages): blocks that changed come first, then the others in turn. Free it in
 * any case.
 */
void moments_listen(struct moments *k, struct moment *out);
void moments_unlisten(struct moments *k);

/*
 * Such a scan, which follows the track. `clear`: a clear of the writes follows; if it adds to the
 * stamps, it is part of the scan (`before`), else it is left to the caller, after finish. 1: the
 * address space is gone, or `stop` of the source ended it; -1 with err. *rs: a reference for the
 * caller, even if only the clear failed; NULL: there was no scan.
 */
int moments_scan(struct moments *k, bool clear, struct regions **rs, struct err *err);

void moments_finish(struct moments *k, uint64_t budget_ns, bool smaps, struct moment *m);

#endif
