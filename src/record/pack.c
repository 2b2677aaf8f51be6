/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/pack.h"

#include <stdlib.h>
#include <zstd.h>

/* The most that a blob may hold once it is unpacked. */
enum { PACK_MOST = 64 << 20 };

enum { PACK_NUMBER = 10 }; /* bytes of a number, at most */

/* Returns where the next one goes. */
static char *
pack_put(char *at, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*at++ = (char)(v | 0x80);
	*at++ = (char)v;
	return at;
}

/* Signed, with the sign in the lowest bit: differences wrap around. */
static char *
pack_put_step(char *at, uint64_t v, uint64_t before)
{
	uint64_t d = v - before;

	return pack_put(at, d << 1 ^ (d >> 63 ? UINT64_MAX : 0));
}

void
pack_number(struct buf *b, uint64_t v)
{
	char *at = buf_room(b, PACK_NUMBER);

	buf_grew(b, (size_t)(pack_put(at, v) - at));
}

void
pack_step(struct buf *b, uint64_t v, uint64_t before)
{
	char *at = buf_room(b, PACK_NUMBER);

	buf_grew(b, (size_t)(pack_put_step(at, v, before) - at));
}

/* To make one takes ten times as long as to pack a few kilobytes by it: it is kept. */
static _Thread_local ZSTD_CCtx *pack_by;

void
pack_close(const struct buf *raw, struct buf *out)
{
	size_t most = ZSTD_compressBound(raw->len);

	if (!pack_by)
		pack_by = ZSTD_createCCtx();
	buf_grew(out, ZSTD_compressCCtx(pack_by, buf_room(out, most), most, raw->s ? raw->s : "",
	                                raw->len, 3));
}

void
pack_end(void)
{
	ZSTD_freeCCtx(pack_by);
	pack_by = NULL;
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

/* Those of a scan, by address; each but the first is packed as what follows the one before it. */
struct pack_scan {
	struct track_stamp first, last; /* end 0: there is none */
	struct buf rest;
};

static void
pack_stamp(struct buf *raw, const struct track_stamp *s, const struct track_stamp *last)
{
	char *begin = buf_room(raw, 6 * PACK_NUMBER), *at = begin;

	at = pack_put_step(at, s->start / STAMPS_PAGE, last->end / STAMPS_PAGE);
	at = pack_put(at, (s->end - s->start) / STAMPS_PAGE);
	at = pack_put(at, s->epoch - last->epoch);
	at = pack_put_step(at, s->time_ns, last->time_ns);
	at = pack_put(at, s->count);
	at = pack_put(at, s->recent);
	buf_grew(raw, (size_t)(at - begin));
}

/* There may be hundreds of thousands, of which each is written once. */
static struct pack_scan *
pack_gather(const struct stamps *s, uint64_t *n)
{
	struct pack_scan *v = mem_alloc((s->scans_n + 1) * sizeof(*v));
	struct stamps_at at = stamps_begin(s, 0, UINT64_MAX);
	struct track_stamp is;

	for (*n = 0; stamps_next(&at, &is); ++*n) {
		struct pack_scan *scan = &v[at.which];

		if (scan->last.end)
			pack_stamp(&scan->rest, &is, &scan->last);
		else
			scan->first = is;
		scan->last = is;
	}
	return v;
}

/* In the order in which they can be put: by scan, which is by epoch, then by time; by address. */
void
pack_stamps(const struct stamps *s, struct buf *out)
{
	struct track_stamp first = {0};
	const struct track_stamp *last = &first;
	struct buf raw = {0};
	uint64_t n;
	struct pack_scan *v = pack_gather(s, &n);

	pack_number(&raw, n);
	for (size_t i = 0; i < s->scans_n; i++) {
		if (!v[i].last.end)
			continue;
		pack_stamp(&raw, &v[i].first, last);
		buf_add(&raw, v[i].rest.s, v[i].rest.len);
		buf_free(&v[i].rest);
		last = &v[i].last;
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
