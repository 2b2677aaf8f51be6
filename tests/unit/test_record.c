/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings: changes against one byte per page, and what goes into a blob comes out of it. */
#include <stdlib.h>
#include <string.h>

#include "kernel/kabi.h"
#include "kernel/flags.h"
#include "record/block.h"
#include "record/extents.h"
#include "record/pack.h"
#include "tap.h"

enum { PAGE = 4096, MANY = 600 };

static unsigned seed = 11;

static unsigned
random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

/* --- moments and changes ------------------------------------------------------------------------ */

/* Pages in up to 3 states, in runs of up to `longest`. */
static void
fill(struct extents *e, uint8_t *is, unsigned longest)
{
	memset(is, 0, MANY);
	for (unsigned at = 0; at < MANY;) {
		unsigned to = at + 1 + random_below(longest), state = random_below(4);

		to = to > MANY ? MANY : to;
		memset(is + at, (int)state, to - at);
		if (state)
			extents_add(e, (uint64_t)at * PAGE, (uint64_t)to * PAGE, state);
		at = to;
	}
}

static unsigned
state_at(const struct extents *e, unsigned page)
{
	uint64_t addr = (uint64_t)page * PAGE;
	size_t i = extents_first(e, addr);

	return i < e->n && e->v[i].start <= addr ? e->v[i].state : 0;
}

static bool
is_proper(const struct extents *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].start >= e->v[i].end ||
		    (i && (e->v[i].start < e->v[i - 1].end ||
		           (e->v[i].start == e->v[i - 1].end && e->v[i].state == e->v[i - 1].state))))
			return false;
	return true;
}

static bool
is_of(const struct extents *e, const uint8_t *is)
{
	for (unsigned i = 0; i < MANY; i++)
		if (state_at(e, i) != is[i])
			return false;
	return is_proper(e);
}

static void
test_changes(void)
{
	uint8_t a[MANY], b[MANY], c[MANY];
	unsigned wrong = 0, improper = 0, more = 0;

	for (unsigned round = 0; round < 300; round++) {
		struct extents x = {0}, y = {0}, z = {0}, first = {0}, second = {0};
		unsigned changed = 0, pages = 0;

		fill(&x, a, 1 + round % 40);
		fill(&y, b, 1 + round % 7);
		fill(&z, c, 2 + round % 90);
		extents_compare(&x, &y, &first);
		extents_compare(&y, &z, &second);
		improper += !is_proper(&first) || !is_proper(&second);
		for (unsigned i = 0; i < MANY; i++)
			changed += a[i] != b[i];
		for (size_t i = 0; i < first.n; i++)
			pages += (unsigned)((first.v[i].end - first.v[i].start) / PAGE);
		more += pages != changed;
		extents_unite(&first, &second);
		wrong += !is_of(&x, a);
		extents_apply(&x, &first);
		wrong += !is_of(&x, c);
		extents_apply(&y, &second);
		wrong += !is_of(&y, c);
		extents_free(&x);
		extents_free(&y);
		extents_free(&z);
		extents_free(&first);
		extents_free(&second);
	}
	is_u64(wrong, 0, "a change makes of a moment the later one, alone and united with the next");
	is_u64(improper, 0, "changes are ascending runs that differ from their neighbours");
	is_u64(more, 0, "and have no page that did not change");
}

/* --- blobs -------------------------------------------------------------------------------------- */

static void
test_numbers(void)
{
	static const uint64_t v[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX, 5, UINT64_MAX - 1, 0};
	struct buf raw = {0}, out = {0};
	struct unpack u;
	uint64_t before = 0;
	unsigned wrong = 0;

	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		pack_number(&raw, v[i]);
		pack_step(&raw, v[i], before);
		before = v[i];
	}
	pack_close(&raw, &out);
	ok(unpack_open(&u, out.s, out.len), "what was packed can be unpacked");
	before = 0;
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		wrong += unpack_number(&u) != v[i];
		before = unpack_step(&u, before);
		wrong += before != v[i];
	}
	is_u64(wrong, 0, "numbers and steps come out as they went in");
	ok(!u.bad && unpack_number(&u) == 0 && u.bad, "behind the last one there is none");
	unpack_free(&u);
	ok(!unpack_open(&u, "not packed", 10), "other data is refused");
	unpack_free(&u);
	ok(!unpack_open(&u, out.s, out.len / 2), "so is half of it");
	unpack_free(&u);
	buf_free(&raw);
	buf_free(&out);
}

static bool
are_same(const struct extents *a, const struct extents *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (a->v[i].start != b->v[i].start || a->v[i].end != b->v[i].end || a->v[i].state != b->v[i].state)
			return false;
	return a->n == b->n;
}

static void
test_runs(void)
{
	unsigned wrong = 0;
	struct extents end = {0}, got = {0};
	struct buf out = {0};

	for (unsigned round = 0; round < 100; round++) {
		struct extents set = {0}, is = {0};
		struct buf packed = {0};

		for (uint64_t at = 0; at < MANY; at += 1 + random_below(1 + round))
			extents_add(&set, at * 3 * PAGE, (at * 3 + 1 + random_below(3)) * PAGE, 7);
		pack_runs(&set, PAGE, &packed);
		wrong += !unpack_runs(packed.s, packed.len, PAGE, 7, &is) || !are_same(&is, &set);
		for (size_t cut = 0; cut < packed.len; cut += 7) {
			struct extents none = {0};

			unpack_runs(packed.s, cut, PAGE, 7, &none);
			extents_free(&none);
		}
		extents_free(&set);
		extents_free(&is);
		buf_free(&packed);
	}
	is_u64(wrong, 0, "runs come out as they went in");
	extents_add(&end, UINT64_MAX - 2 * PAGE + 1, UINT64_MAX - PAGE + 1, 1);
	pack_runs(&end, PAGE, &out);
	ok(unpack_runs(out.s, out.len, PAGE, 1, &got) && got.v[0].end == UINT64_MAX - PAGE + 1,
	   "up to the last page but one");
	extents_free(&got);
	ok(!unpack_runs(out.s, out.len, 1 << 24, 1, &got), "runs that would wrap around are refused");
	extents_free(&got);
	extents_free(&end);
	buf_free(&out);
}

static void
test_block(void)
{
	struct block *b = calloc(2, sizeof(*b)), *is = b + 1;
	struct buf out = {0};
	unsigned wrong = 0;

	block_begin(b, 0x7f0000123000, PAGE);
	is_u64(b->start, 0x7f0000000000, "a block lies at a multiple of its size");
	for (unsigned i = 0; i < BLOCK_PAGES; i += 1 + i % 3) {
		uint64_t pfn = 0x1000 + random_below(1 << 20);

		b->words[i] = i % 5 ? PM_PRESENT | pfn : PM_SWAPPED | (uint64_t)i << 5 | 3;
		b->nodes[i] = (int16_t)(i % 4 - 1);
		if (i % 5) {
			b->v = vec_room(b->v, b->n, &b->cap, sizeof(*b->v));
			b->v[b->n++] = (struct block_frame){pfn, {random_below(99), UINT64_MAX, i}, 5};
			b->v = vec_room(b->v, b->n, &b->cap, sizeof(*b->v));
			b->v[b->n++] = (struct block_frame){pfn, {0, i, 0}, 2};
		}
	}
	block_end(b);
	for (size_t i = 0; i < b->n; i++)
		wrong += b->v[i].known != 7 || (i && b->v[i].pfn <= b->v[i - 1].pfn);
	is_u64(wrong, 0, "what is known of a frame is together");
	block_pack(b, &out);
	block_begin(is, 0x7f0000123000, PAGE);
	ok(block_unpack(is, out.s, out.len), "a block can be unpacked");
	for (size_t i = 0; is->n == b->n && i < b->n; i++)
		wrong += is->v[i].pfn != b->v[i].pfn || is->v[i].known != b->v[i].known ||
		         memcmp(is->v[i].value, b->v[i].value, sizeof(b->v[i].value)) != 0;
	ok(!memcmp(is->words, b->words, sizeof(b->words)) &&
	       !memcmp(is->nodes, b->nodes, sizeof(b->nodes)) && is->n == b->n && !wrong,
	   "and is the same");
	ok(block_frame(is, b->v[3].pfn) == &is->v[3] && !block_frame(is, 1), "a frame is found");
	for (size_t cut = 0; cut < out.len; cut += 3)
		wrong += block_unpack(is, out.s, cut);
	is_u64(wrong, 0, "a part of it is none");
	block_free(b);
	block_free(is);
	free(b);
	buf_free(&out);
}

int
main(void)
{
	tap_start();
	test_changes();
	test_numbers();
	test_runs();
	test_block();
	return tap_done();
}
