/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_GROUPS_H
#define PM_GROUPS_H

#include "diff/difference.h"
#include "kernel/smaps.h"
#include "target/region.h"

/*
 * Regions grouped by file or by type. Thread stacks with their guards count as one file, and so do
 * malloc's arenas: they make up half of a large program's list.
 */
enum grouping { GROUPING_NONE, GROUPING_FILE, GROUPING_TYPE, GROUPING_COUNT };

const char *grouping_name(enum grouping by); /* "address", "file", "type" */

struct group {
	const char *key;   /* points into the regions, or is static */
	uint64_t hash;     /* of key: identifies the group across samples */
	struct vma v;      /* start of the first region; end - start is the sum of the sizes */
	struct region sum;
	bool older;               /* of the counts, some are */
	size_t n;                 /* number of regions */
	struct smaps_entry smaps; /* the sum, if smaps has every region: */
	bool has_smaps;
	struct diff_counts compared; /* the sum, if a difference was given */
	size_t units; /* stacks or arenas in it; 0: another kind of group */
};

struct groups {
	struct group *g;   /* by key */
	size_t n;
	size_t *of;        /* the group of each region */
};

/* For those of rs, which must outlive it, that are `in` (NULL: all). smaps and d may be NULL. */
void groups_make(struct groups *out, const struct regions *rs, enum grouping by, const bool *in,
                 const struct smaps *smaps, const struct difference *d);

/* The hash of the group that region i would be in. */
uint64_t group_hash_of(const struct vma_list *vmas, size_t i, enum grouping by);

/* "stacks (61)" for a group of units, its key for others; as unsafe to print as that. */
void group_title(const struct group *g, struct buf *out);

/* Whether it is that of malloc's arenas. */
bool group_is_arenas(const struct group *g);
void groups_free(struct groups *gs);

#endif
