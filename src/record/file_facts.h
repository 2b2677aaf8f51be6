/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILE_FACTS_H
#define PM_FILE_FACTS_H

#include "page/extents.h"
#include "target/target.h"

/*
 * What the file of a region says of its pages, mapped or not: which are in the page cache, have
 * data, or are in swap; and how long it is (target/cache.h).
 */
struct file_facts {
	uint64_t start;  /* of the region */
	uint64_t size;   /* bytes of the file */
	unsigned known;  /* enum file_ask: which of the sets are known */
	struct extents set[3]; /* by bit of enum file_ask; their state is 1 */
};
void file_facts_free(struct file_facts *f);

/* false: nothing is known. Reads nothing of the file. */
bool file_facts_read(struct target *t, const struct vma *v, struct file_facts *out);

/* As a blob. false: it is none. */
void file_facts_pack(const struct file_facts *f, size_t page_size, struct buf *out);
bool file_facts_unpack(const void *data, size_t n, size_t page_size, struct file_facts *out);

/* As source_ops has them, of pages from start on. */
void file_facts_fill(const struct file_facts *f, uint64_t start, uint64_t end, size_t page_size,
                     struct file_pages *out);

#endif
