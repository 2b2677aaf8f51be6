/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/pack.h"

#include <stdlib.h>
#include <zstd.h>

/* The most that a blob may hold once it is unpacked. */
enum { PACK_MOST = 64 << 20 };

void
pack_number(struct buf *b, uint64_t v)
{
	char bytes[10];
	size_t n = 0;

	for (; v >= 0x80; v >>= 7)
		bytes[n++] = (char)(v | 0x80);
	bytes[n++] = (char)v;
	buf_add(b, bytes, n);
}

/* Signed, with the sign in the lowest bit: differences wrap around. */
void
pack_step(struct buf *b, uint64_t v, uint64_t before)
{
	uint64_t d = v - before;

	pack_number(b, d << 1 ^ (d >> 63 ? UINT64_MAX : 0));
}

void
pack_close(const struct buf *raw, struct buf *out)
{
	size_t most = ZSTD_compressBound(raw->len);

	buf_grew(out, ZSTD_compress(buf_room(out, most), most, raw->s ? raw->s : "", raw->len, 3));
}

bool
unpack_open(struct unpack *u, const void *data, size_t n)
{
	unsigned long long size = ZSTD_getFrameContentSize(data, n);

	*u = (struct unpack){0};
	if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR || size > PACK_MOST)
		return false;
	u->raw = mem_alloc(size + 1);
	u->n = (size_t)size;
	return ZSTD_decompress(u->raw, u->n, data, n) == u->n;
}

void
unpack_free(struct unpack *u)
{
	free(u->raw);
	*u = (struct unpack){0};
}

uint64_t
unpack_number(struct unpack *u)
{
	uint64_t v = 0;

	for (unsigned shift = 0; shift < 64 && u->at < u->n; shift += 7) {
		unsigned char byte = u->raw[u->at++];

		v |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return v;
	}
	u->bad = true;
	return 0;
}

uint64_t
unpack_step(struct unpack *u, uint64_t before)
{
	uint64_t v = unpack_number(u);

	return before + (v >> 1 ^ (v & 1 ? UINT64_MAX : 0));
}

/* --- runs ----------------------------------------------------------------------------------- */

/* Column by column: what is alike lies together. */
void
pack_add_runs(const struct extents *e, size_t page_size, struct buf *raw)
{
	uint64_t end = 0;

	pack_number(raw, e->n);
	for (size_t i = 0; i < e->n; i++) {
		pack_number(raw, (e->v[i].start - end) / page_size);
		end = e->v[i].end;
	}
	for (size_t i = 0; i < e->n; i++)
		pack_number(raw, (e->v[i].end - e->v[i].start) / page_size);
}

void
pack_runs(const struct extents *e, size_t page_size, struct buf *out)
{
	struct buf raw = {0};

	pack_add_runs(e, page_size, &raw);
	pack_close(&raw, out);
	buf_free(&raw);
}

bool
unpack_take_runs(struct unpack *u, size_t page_size, uint32_t state, struct extents *out)
{
	uint64_t n = unpack_number(u), end = 0;
	struct unpack lengths = *u;

	if (u->bad || n > u->n)
		return false;
	for (uint64_t i = 0; i < n; i++)
		unpack_number(&lengths);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t gap = unpack_number(u), pages = unpack_number(&lengths), start, bytes;

		if (lengths.bad || !pages || __builtin_mul_overflow(gap, page_size, &gap) ||
		    __builtin_mul_overflow(pages, page_size, &bytes) ||
		    __builtin_add_overflow(end, gap, &start) ||
		    __builtin_add_overflow(start, bytes, &end))
			return false;
		extents_add(out, start, end, state);
	}
	u->at = lengths.at;
	return !lengths.bad;
}

bool
unpack_runs(const void *data, size_t n, size_t page_size, uint32_t state, struct extents *out)
{
	struct unpack u;
	bool ok = unpack_open(&u, data, n) && unpack_take_runs(&u, page_size, state, out);

	unpack_free(&u);
	return ok;
}

/* --- stamps --------------------------------------------------------------------------------- */

static int
pack_by_time(const void *pa, const void *pb)
{
	const struct track_stamp *a = pa, *b = pb;

	if (a->epoch != b->epoch)
		return a->epoch < b->epoch ? -1 : 1;
	if (a->time_ns != b->time_ns)
		return a->time_ns < b->time_ns ? -1 : 1;
	return (a->start > b->start) - (a->start < b->start);
}

/* In the order in which they can be put: by epoch, then by time. */
void
pack_stamps(const struct stamps *s, struct buf *out)
{
	struct stamps_at at = stamps_begin(s, 0, UINT64_MAX);
	struct track_stamp *v = NULL, last = {0};
	size_t n = 0, cap = 0;
	struct buf raw = {0};

	for (v = vec_room(v, n, &cap, sizeof(*v)); stamps_next(&at, &v[n]);
	     v = vec_room(v, n, &cap, sizeof(*v)))
		n++;
	vec_sort(v, n, sizeof(*v), pack_by_time);
	pack_number(&raw, n);
	for (size_t i = 0; i < n; last = v[i++]) {
		pack_step(&raw, v[i].start / STAMPS_PAGE, last.end / STAMPS_PAGE);
		pack_number(&raw, (v[i].end - v[i].start) / STAMPS_PAGE);
		pack_number(&raw, v[i].epoch - last.epoch);
		pack_step(&raw, v[i].time_ns, last.time_ns);
		pack_number(&raw, v[i].count);
		pack_number(&raw, v[i].recent);
	}
	free(v);
	pack_close(&raw, out);
	buf_free(&raw);
}

static bool
pack_read_stamp(struct unpack *u, struct track_stamp *s)
{
	uint64_t was = s->time_ns, epoch = s->epoch, pages;

	s->start = unpack_step(u, s->end / STAMPS_PAGE);
	pages = unpack_number(u);
	epoch += unpack_number(u);
	s->time_ns = unpack_step(u, was);
	s->count = (uint32_t)unpack_number(u);
	s->recent = (uint32_t)unpack_number(u);
	if (u->bad || !pages || epoch > UINT32_MAX || (epoch == s->epoch && s->time_ns < was) ||
	    __builtin_mul_overflow(s->start, STAMPS_PAGE, &s->start) ||
	    __builtin_mul_overflow(pages, STAMPS_PAGE, &pages) ||
	    __builtin_add_overflow(s->start, pages, &s->end))
		return false;
	s->epoch = (uint32_t)epoch;
	return true;
}

bool
unpack_stamps(const void *data, size_t n, uint64_t later_ns, struct stamps *out)
{
	struct track_stamp s = {0};
	struct unpack u;
	bool ok = unpack_open(&u, data, n);
	uint64_t many = ok ? unpack_number(&u) : 0;

	ok = ok && !u.bad && many <= u.n;
	for (uint64_t i = 0; ok && i < many; i++) {
		ok = pack_read_stamp(&u, &s);
		if (ok) {
			struct track_stamp later = s;

			later.time_ns += later_ns;
			stamps_put(out, &later);
		}
	}
	unpack_free(&u);
	return ok;
}
