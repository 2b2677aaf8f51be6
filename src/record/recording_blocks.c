/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frames at the sample: blocks that were asked for. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "record/recording_parts.h"

/* After so many, of some 25 KB each, those are forgotten that nobody has asked for in this round.
 */
enum { RECORDING_ROUND = 2048 };

void
recording_forget(struct recording *r, bool all)
{
	struct recording_blocks *k = &r->blocks;
	size_t n = 0;

	frame_looks_free(&r->frames);
	for (size_t i = 0; i < k->n; i++) {
		struct recording_held *h = &k->v[i];

		if (!all && h->round == k->round) {
			if (h->block)
				frame_looks_add(&r->frames, h->block);
			k->v[n++] = *h;
		} else if (h->block) {
			block_free(h->block);
			free(h->block);
		}
	}
	k->n = n;
	k->loaded = 0;
	k->round++;
}

bool
recording_frame(const struct recording *r, uint64_t pfn, enum frame_file file, uint64_t *out)
{
	return frame_looks_find(&r->frames, pfn, file, out);
}

/*
 * When it was read: columns 1 of its row, and 3 if it was the same later. That was by the sample if
 * it was before the next one (column 4).
 */
static void
recording_date_block(const struct recording *r, struct block *b, sqlite3_stmt *s)
{
	uint64_t again = statements_number(&r->s, RECORDING_BLOCK, 3);
	uint64_t next = statements_number(&r->s, RECORDING_BLOCK, 4);

	b->time_ns = statements_number(&r->s, RECORDING_BLOCK, 1);
	b->again_ns = 0;
	if (again > b->time_ns && (again < next || sqlite3_column_type(s, 4) == SQLITE_NULL))
		b->time_ns = again;
	else if (again > b->time_ns)
		b->again_ns = again + r->clock_ns;
	b->time_ns += r->clock_ns;
}

/* NULL: there is none, or it is damaged, which is the same: its frames are not known. */
static struct block *
recording_load_block(struct recording *r, uint64_t start)
{
	sqlite3_stmt *s = STATEMENTS_BIND(&r->s, RECORDING_BLOCK, start,
	                                  (uint64_t)r->samples[r->at].id,
	                                  (uint64_t)recording_first_id(r));
	struct block *b = NULL;
	struct err ignored;

	if (statements_step(&r->s, RECORDING_BLOCK, &ignored) > 0) {
		b = mem_alloc(sizeof(*b));
		block_begin(b, start, r->page_size);
		recording_date_block(r, b, s);
		if (!block_unpack(b, sqlite3_column_blob(s, 2),
		                  (size_t)sqlite3_column_bytes(s, 2))) {
			block_free(b);
			free(b);
			b = NULL;
		}
	}
	statements_reset(&r->s, RECORDING_BLOCK);
	return b;
}

const struct block *
recording_block(struct recording *r, uint64_t addr)
{
	uint64_t start = addr - addr % (BLOCK_PAGES * r->page_size);
	struct recording_blocks *k = &r->blocks;
	size_t i =
	    vec_above(k->v, k->n, sizeof(*k->v), offsetof(struct recording_held, start), start);

	if (i && k->v[i - 1].start == start) {
		k->v[i - 1].round = k->round;
		return k->v[i - 1].block;
	}
	if (k->loaded++ == RECORDING_ROUND) {
		recording_forget(r, false);
		return recording_block(r, addr);
	}
	k->v = vec_room(k->v, k->n, &k->cap, sizeof(*k->v));
	memmove(k->v + i + 1, k->v + i, (k->n++ - i) * sizeof(*k->v));
	k->v[i] = (struct recording_held){start, recording_load_block(r, start), k->round};
	if (k->v[i].block)
		frame_looks_add(&r->frames, k->v[i].block);
	return k->v[i].block;
}
