/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer with bytes: the range requested, how much of it is in RAM, and the bytes. */
#include "query/answer_query.h"

#include "target/bytes.h"

static uint64_t
answer_count_read(const struct bytes *b)
{
	uint64_t n = 0;
	uint8_t ignored;

	for (uint64_t at = b->start; at < b->end; at++)
		n += bytes_at(b, at, &ignored);
	return n;
}

struct answer *
answer_bytes(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	struct buf line = {0};
	uint64_t start, end, n;
	const struct vma *v;
	struct answer *a;
	struct bytes *b;

	if (query_bytes(q, vmas, &start, &end, err) < 0)
		return NULL;
	if (end - start > BYTES_MAX) {
		err_set(err, ERR_USAGE, "at most 64 KiB at a time",
		        "give START..+64k or less", "too many bytes: %llu",
		        (unsigned long long)(end - start));
		err->column = q->from.column;
		return NULL;
	}
	b = bytes_read(t, vmas, start, end, NULL, err);
	if (!b)
		return NULL;
	v = vma_at(vmas, start);
	n = answer_count_read(b);
	a = answer_new();
	a->bytes = b;
	a->has_place = v != NULL;
	a->place = start;
	answer_add_hex(a, "start", start);
	answer_add_hex(a, "end", end);
	answer_add_name(a, "mapping", v ? vma_shown_name(v) : "");
	answer_add_number(a, "bytes_read", n);
	answer_add_number(a, "pointer_bytes", b->word);
	if (v)
		answer_place(&line, vmas, v, start);
	else
		buf_fmt(&line, "0x%llx, not mapped", (unsigned long long)start);
	buf_fmt(&line, ": %llu byte%s", (unsigned long long)(end - start),
	        plural(end - start));
	if (n < end - start)
		buf_fmt(&line, ", %llu of them read", (unsigned long long)n);
	a->line = line.s;
	return a;
}
