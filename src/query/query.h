/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_QUERY_H
#define PM_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/util.h"
#include "kernel/vma.h"
#include "target/migrate.h"

/*
 * The language of the prompt, of -e and of RANGE arguments. Parsing is pure and knows no process;
 * resolving turns names into addresses with the regions at hand. Errors carry the column.
 */
#define Q(id, ...) QUERY_##id,
enum query_kind {
#include "query/query.def"
};

/* A place as it was written: an address, or an offset into a mapping. */
struct query_place {
	char name[256]; /* "" : absolute */
	bool has_offset;
	uint64_t addr;  /* the address, or the offset from the mapping's base */
	char written[256]; /* all, if it, or `digits` of it, may be a mapping's name; else "" */
	size_t digits;  /* of an address without 0x and of less than 8 digits: how many; else 0 */
	char told[256]; /* of NAME START+OFFSET: that name, which the region there must have */
	int column;     /* where it stands in the text, from 1 */
};

struct query {
	enum query_kind kind;
	bool is_range;               /* QUERY_RANGE; QUERY_BYTES: from A to B, as for that */
	struct query_place from, to; /* to: of a range. from.column 0: it is about no place */
	bool to_is_length;           /* to.addr is a length in bytes */
	uint64_t pfn;                /* QUERY_FRAME, QUERY_PHYS */
	uint64_t in_frame;           /* QUERY_PHYS: offset in that frame */
	struct migrate_link link;    /* QUERY_MIGRATE */
};

int query_parse(const char *text, size_t page_size, struct query *q, struct err *err);

/*
 * The address of a place; *v the region that holds it, NULL if none does. What is an address or
 * NAME+OFFSET and a mapping's name, too, is ambiguous. An offset counts from where the file's first
 * byte is, or would be, as debuggers count: of several mappings of a file the first that has code,
 * else the first; of what has no file from its first region.
 */
int query_resolve(const struct query_place *at, const struct vma_list *vmas, uint64_t *addr,
                  const struct vma **v, struct err *err);

/*
 * The bytes a query means as a range, page-aligned outwards: a name alone is the whole region, an
 * address its page.
 */
int query_range(const struct query *q, const struct vma_list *vmas, size_t page_size,
                uint64_t *start, uint64_t *end, struct err *err);

/* Those of QUERY_BYTES, exactly; a place alone is 256 of them, as far as its region goes. */
enum { QUERY_BYTES_ALONE = 256 };
int query_bytes(const struct query *q, const struct vma_list *vmas, uint64_t *start, uint64_t *end,
                struct err *err);

struct query_form {
	const char *word, *form, *example, *help;
};
const struct query_form *query_forms(size_t *n);

/*
 * A short name of a region, to complete ("heap", "libc.so.6"); false: it has none that reads back
 * as it is.
 */
bool query_name_of(const struct vma *v, char *out, size_t size);

/*
 * What addresses in region v are told by, as NAME+OFFSET or START+OFFSET: `name` (the caller's to
 * free) is whole or short, in quotes where it has to be, and safe to print; offsets count from
 * `at`. Not named: no name leads back here (it has none, several have it, another mapping of the
 * file goes by it).
 */
struct query_base {
	struct buf name;
	uint64_t at;
	bool named;
};
struct query_base query_base_of(const struct vma_list *vmas, const struct vma *v, bool whole,
                                bool ascii);

/* The place addr, in region v, by that: query_resolve finds it again. Whether it is named. */
bool query_place_text(const struct vma_list *vmas, const struct vma *v, uint64_t addr, bool whole,
                      bool ascii, struct buf *out);
void query_start_text(const struct vma *v, uint64_t addr, struct buf *out); /* START+OFFSET */

#endif
