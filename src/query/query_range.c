/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The address range of a query. */
#include "query/query.h"

#include <string.h>

#include "base/util.h"

static int
query_no_range(uint64_t from, uint64_t to, const struct query *q, struct err *err)
{
	err_set(err, ERR_USAGE, "its end is not above its start",
	        "write START..END or START..+LENGTH", "%#llx..%#llx is not a range",
	        (unsigned long long)from, (unsigned long long)to);
	err->column = q->to.column;
	return -1;
}

static int
range_is(uint64_t *start, uint64_t *end, uint64_t from, uint64_t to, size_t page_size,
         const struct query *q, struct err *err)
{
	uint64_t mask = ~(uint64_t)(page_size - 1), first = from & mask;
	uint64_t last =
	    to > UINT64_MAX - page_size ? UINT64_MAX & mask : (to + page_size - 1) & mask;

	/* the last page of a 64-bit address space has no representable end */
	if (from >= to || first >= last)
		return query_no_range(from, to, q, err);
	*start = first;
	*end = last;
	return 0;
}

static uint64_t
query_length_end(const struct query *q, uint64_t from)
{
	return q->to.addr > UINT64_MAX - from ? UINT64_MAX : from + q->to.addr;
}

/* Both ends of a range, as written. */
static int
query_stretch_ends(const struct query *q, const struct vma_list *vmas, uint64_t *from, uint64_t *to,
                   struct err *err)
{
	struct query_place pair = {.column = q->from.column, .digits = strlen(q->pair)};
	const struct vma *v;
	uint64_t start, end;

	strcpy(pair.written, q->pair);
	if (q->pair[0] && query_resolve(&pair, vmas, &start, &v, err) < 0)
		return -1; /* it is ambiguous */
	if (query_resolve(&q->from, vmas, &start, &v, err) < 0 ||
	    (!q->to_is_length && query_resolve(&q->to, vmas, &end, &v, err) < 0))
		return -1;
	*from = start;
	*to = q->to_is_length ? query_length_end(q, start) : end;
	return 0;
}

bool
query_is_page(const struct query *q)
{
	return !q->is_range && !q->one_region &&
	       (!q->from.name[0] || q->from.has_offset || q->from.in_file);
}

int
query_range_in(const struct query *q, const struct vma_list *vmas, size_t page_size,
               uint64_t *start, uint64_t *end, struct err *err)
{
	uint64_t from, to;
	const struct vma *v;

	if (q->is_range) {
		if (query_stretch_ends(q, vmas, &from, &to, err) < 0)
			return -1;
		return range_is(start, end, from, to, page_size, q, err);
	}
	if (query_resolve(&q->from, vmas, &from, &v, err) < 0)
		return -1;
	if (v && (q->kind == QUERY_REGION || q->one_region))
		return range_is(start, end, v->start, v->end, page_size, q, err);
	if (v && !query_is_page(q)) {
		query_mapping_of(vmas, v, &from, &to);
		return range_is(start, end, from, to, page_size, q, err);
	}
	return range_is(start, end, from, from == UINT64_MAX ? from : from + 1, page_size, q, err);
}

int
query_range(const struct query *q, const struct vma_list *vmas, size_t page_size,
            uint64_t *start, uint64_t *end, struct err *err)
{
	if (q->kind == QUERY_BYTES || !q->from.column || q->text[0]) {
		bool hex = q->kind == QUERY_BYTES;

		err_set(err, ERR_USAGE,
		        hex ? "hex selects bytes, but this takes pages" : "it names no addresses",
		        hex ? "leave out hex" : "write START..END, or a mapping's name",
		        "this is not a range");
		err->column = q->column;
		return -1;
	}
	return query_range_in(q, vmas, page_size, start, end, err);
}

int
query_bytes(const struct query *q, const struct vma_list *vmas, uint64_t *start, uint64_t *end,
            struct err *err)
{
	const struct vma *v;
	uint64_t from, to;

	if (q->is_range) {
		if (query_stretch_ends(q, vmas, &from, &to, err) < 0)
			return -1;
	} else {
		if (query_resolve(&q->from, vmas, &from, &v, err) < 0)
			return -1;
		to = from + u64_min(QUERY_BYTES_ALONE, v ? v->end - from : UINT64_MAX - from);
	}
	if (from >= to)
		return query_no_range(from, to, q, err);
	*start = from;
	*end = to;
	return 0;
}
