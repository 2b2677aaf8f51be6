/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "track/notes.h"

#include <stdlib.h>
#include <string.h>

#include "track/stamps_parts.h"

/* Leaves in all notes: 5 MB. */
enum { NOTES_LEAVES = 1 << 16 };

void
notes_clear(struct notes *k)
{
	for (size_t i = 0; i < k->n; i++)
		free((struct stamps_pages *)k->v[i].v);
	*k = (struct notes){0};
}

/* --- adding --------------------------------------------------------------------------------- */

/* The bits of a leaf, to be added to: the last one, or a new one. */
static uint64_t *
notes_leaf(struct notes *k, uint64_t leaf)
{
	struct stamps_seen *to = &k->v[k->n - 1];
	struct stamps_pages *v = (struct stamps_pages *)to->v;

	if (to->n && v[to->n - 1].leaf == leaf)
		return v[to->n - 1].bits;
	to->v = v = vec_room(v, to->n, &k->leaves[k->n - 1], sizeof(*v));
	v[to->n] = (struct stamps_pages){.leaf = leaf};
	k->pages++;
	return v[to->n++].bits;
}

static void
notes_add_run(struct notes *k, uint64_t from, uint64_t to)
{
	for (uint64_t w = from / WORD; w * WORD < to; w++)
		notes_leaf(k, w / WORDS)[w % WORDS] |= stamps_mask(w, from, to);
}

/* Whether pages from this one on may be added to the last note, of that scan. */
static bool
notes_goes_on(const struct notes *k, uint64_t page, uint32_t epoch, uint64_t now)
{
	const struct stamps_seen *last = k->n ? &k->v[k->n - 1] : NULL;

	return last && last->epoch == epoch && last->time_ns == now &&
	       last->v[last->n - 1].leaf <= page / LEAF;
}

/* Leaves that the runs may take: those of a large one are not worth a bit for each page. */
static uint64_t
notes_size(const struct pm_run *runs, size_t n)
{
	uint64_t most = 0;

	for (size_t i = 0; i < n; i++)
		most += (runs[i].end - runs[i].start) / PAGE / LEAF + 1;
	return most;
}

bool
notes_add(struct notes *k, const struct pm_run *runs, size_t n, uint32_t epoch, uint64_t now)
{
	bool more = n && notes_goes_on(k, runs[0].start / PAGE, epoch, now);

	if (k->pages + notes_size(runs, n) > NOTES_LEAVES)
		return false;
	if (n && !more) {
		if (k->n == NOTES_MOST || (k->n && k->v[k->n - 1].epoch >= epoch))
			return false;
		k->leaves[k->n] = 0;
		k->v[k->n++] = (struct stamps_seen){.epoch = epoch, .time_ns = now};
	}
	for (size_t i = 0; i < n; i++)
		notes_add_run(k, runs[i].start / PAGE, runs[i].end / PAGE);
	k->epoch = epoch;
	return true;
}

/* --- asking --------------------------------------------------------------------------------- */

/* The first leaf that may have pages from this one on. */
static size_t
notes_first(const struct stamps_seen *is, uint64_t from)
{
	size_t i = vec_above(is->v, is->n, sizeof(*is->v), offsetof(struct stamps_pages, leaf),
	                     from / LEAF);

	return i - (i > 0);
}

static bool
notes_meet(const struct stamps_seen *is, uint64_t from, uint64_t to)
{
	for (size_t i = notes_first(is, from); i < is->n && is->v[i].leaf * LEAF < to; i++)
		for (unsigned w = 0; w < WORDS; w++)
			if (is->v[i].bits[w] & stamps_mask(is->v[i].leaf * WORDS + w, from, to))
				return true;
	return false;
}

uint64_t
notes_newest(const struct notes *k, uint64_t start, uint64_t end)
{
	for (size_t i = k->n; i-- > 0;)
		if (notes_meet(&k->v[i], start / PAGE, end / PAGE))
			return k->v[i].time_ns;
	return 0;
}

uint64_t
notes_bytes(const struct notes *k, uint64_t start, uint64_t end, uint32_t epoch)
{
	uint64_t from = start / PAGE, to = end / PAGE, n = 0;
	const struct stamps_seen *is = k->v + k->n;
	stamps_plane in;

	while (is > k->v && is[-1].epoch >= epoch)
		is--;
	if (is == k->v + k->n || is->epoch != epoch)
		return 0;
	for (size_t i = notes_first(is, from); i < is->n && is->v[i].leaf * LEAF < to; i++) {
		stamps_mask_leaf(in, is->v[i].leaf, from, to);
		for (unsigned w = 0; w < WORDS; w++)
			in[w] &= is->v[i].bits[w];
		n += stamps_size(in);
	}
	return n * PAGE;
}

bool
notes_has(const struct notes *k, uint64_t addr, uint32_t epoch)
{
	for (size_t i = k->n; i-- > 0 && k->v[i].epoch >= epoch;)
		if (k->v[i].epoch == epoch)
			return notes_meet(&k->v[i], addr / PAGE, addr / PAGE + 1);
	return false;
}

void
notes_last(const struct notes *k, struct extents *out)
{
	const struct stamps_seen *is = &k->v[k->n - 1];

	for (size_t i = 0; i < is->n; i++)
		for (unsigned w = 0; w < WORDS; w++)
			stamps_add_bits(is->v[i].leaf * WORDS + w, is->v[i].bits[w], out);
}
