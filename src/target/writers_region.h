/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_WRITERS_REGION_H
#define PM_WRITERS_REGION_H

#include "target/writers.h"

/* Pages that the tracker saw written, each once in every epoch of the range. */
uint64_t writers_written(const struct target *t, const struct causes_range *of);

/*
 * Replaces the rows by those of regions: of their pages, how many have one candidate for who wrote
 * them (`pages`), several (`maybe`), and none (`rest`).
 */
void writers_turn_to_regions(struct target *t, struct codes *codes, const struct vma_list *vmas,
                             const struct causes_range *of, struct writers *w);

#endif
