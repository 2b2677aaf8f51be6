/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CONTENTS_H
#define PM_CONTENTS_H

#include "target/target.h"

/*
 * The contents of a range of memory, only if its user asked for them: the pages that are in RAM and
 * differ from those of the moment before. Reading a page marks it as used, as the process would.
 */
enum { CONTENTS_MOST = 1 << 20 }; /* bytes of the range, at most */

struct contents_page {
	uint64_t addr;
	uint8_t *data; /* a page; NULL: it is not in RAM any more, or cannot be read */
};

struct contents_list {
	struct contents_page *v; /* ascending; owned */
	size_t n, cap;
};
void contents_list_free(struct contents_list *l);

struct contents;
struct contents *contents_new(uint64_t start, uint64_t end, size_t page_size);
void contents_free(struct contents *c);

/* Adds what is new. What cannot be read is left out. */
void contents_take(struct contents *c, struct target *t, const struct vma_list *vmas,
                   struct contents_list *out);

#endif
