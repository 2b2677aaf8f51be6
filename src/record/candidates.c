/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/candidates.h"

#include <stdlib.h>
#include <string.h>

#include "record/pack.h"

void
candidates_free(struct candidates *c)
{
	for (size_t i = 0; i < c->n; i++)
		extents_free(&c->v[i].pages);
	free(c->v);
	*c = (struct candidates){0};
}

struct extents *
candidates_at(struct candidates *c, uint64_t who)
{
	size_t i =
	    vec_above(c->v, c->n, sizeof(*c->v), offsetof(struct candidates_of, who), who);

	if (i && c->v[i - 1].who == who)
		return &c->v[i - 1].pages;
	c->v = vec_room(c->v, c->n, &c->cap, sizeof(*c->v));
	memmove(c->v + i + 1, c->v + i, (c->n++ - i) * sizeof(*c->v));
	c->v[i] = (struct candidates_of){.who = who};
	return &c->v[i].pages;
}

/* All pages: the state is the place of their set, and 1. Without those in `without`. */
static struct extents
candidates_all(const struct candidates *c, const struct extents *without)
{
	struct extents all = {0};

	for (size_t i = 0; i < c->n; i++) {
		struct extents one = {0};

		for (size_t k = 0; k < c->v[i].pages.n; k++)
			extents_add(&one, c->v[i].pages.v[k].start, c->v[i].pages.v[k].end,
			            (uint32_t)i + 1);
		extents_unite(&all, &one);
		extents_free(&one);
	}
	extents_apply(&all, without);
	return all;
}

/* What is written in both, and not in `in`: as a change, in which it is gone. */
static struct extents
candidates_elsewhere(const struct extents *in, const struct extents *both)
{
	struct extents change = {0}, out = {0};

	extents_compare(in, both, &change);
	for (size_t i = 0; i < change.n; i++)
		extents_add(&out, change.v[i].start, change.v[i].end, EXTENT_GONE);
	extents_free(&change);
	return out;
}

int
candidates_unite(struct candidates *c, const struct candidates *later,
                 const struct candidates_unite *how, struct err *err)
{
	struct extents no_write = candidates_elsewhere(how->written, how->both),
		       nor_later = candidates_elsewhere(how->later_written, how->both),
		       is = candidates_all(c, &no_write), then = candidates_all(later, &nor_later);
	struct extents_pair p = {.x = &is, .y = &then};
	struct candidates out = {0};
	int got = 0;

	while (got == 0 && extents_next(&p)) {
		uint64_t a = p.a ? c->v[p.a->state - 1].who : 0;
		uint64_t b = p.b ? later->v[p.b->state - 1].who : 0, who = p.a ? a : b;

		if (p.a && p.b && a != b)
			got = how->who(how->arg, a, b, &who, err);
		extents_add(candidates_at(&out, who), p.start, p.end, 1);
	}
	extents_free(&no_write);
	extents_free(&nor_later);
	extents_free(&is);
	extents_free(&then);
	candidates_free(c);
	*c = out;
	return got;
}

/* --- places among the written pages --------------------------------------------------------- */

/* The pages of a set that were written, by their places among these, in bytes; and the others. */
static void
candidates_split(const struct extents *pages, const struct extents *written, struct extents *places,
                 struct extents *others)
{
	uint64_t before = 0; /* bytes of the written runs before j */
	size_t j = 0;

	for (size_t i = 0; i < pages->n; i++) {
		uint64_t at = pages->v[i].start, end = pages->v[i].end;

		while (at < end) {
			const struct extent *w;
			uint64_t to;

			for (; j < written->n && written->v[j].end <= at; j++)
				before += written->v[j].end - written->v[j].start;
			w = j < written->n && written->v[j].start < end ? &written->v[j] : NULL;
			if (!w || w->start > at) {
				to = w ? w->start : end;
				extents_add(others, at, to, 1);
			} else {
				to = u64_min(end, w->end);
				extents_add(places, before + at - w->start,
				            before + to - w->start, 1);
			}
			at = to;
		}
	}
}

/* The pages at these places. false: there are no such. */
static bool
candidates_join(const struct extents *places, const struct extents *written, struct extents *out)
{
	uint64_t before = 0;
	size_t j = 0;

	for (size_t i = 0; i < places->n; i++) {
		uint64_t at = places->v[i].start, end = places->v[i].end;

		while (at < end) {
			uint64_t size, from, to;

			if (j == written->n)
				return false;
			size = written->v[j].end - written->v[j].start;
			if (at >= before + size) {
				before += size;
				j++;
				continue;
			}
			to = u64_min(end, before + size);
			from = written->v[j].start - before;
			extents_add(out, from + at, from + to, 1);
			at = to;
		}
	}
	return true;
}

uint64_t
candidates_written(const struct candidates_of *of, const struct extents *written)
{
	uint64_t bytes = 0;
	size_t j = 0;

	for (size_t i = 0; i < of->pages.n; i++) {
		const struct extent *e = &of->pages.v[i];

		while (j < written->n && written->v[j].end <= e->start)
			j++;
		for (size_t k = j; k < written->n && written->v[k].start < e->end; k++)
			bytes += u64_min(written->v[k].end, e->end) -
			         u64_max(written->v[k].start, e->start);
	}
	return bytes;
}

/* --- blobs ---------------------------------------------------------------------------------- */

void
candidates_pack(const struct candidates *c, const struct extents *written, size_t page_size,
                struct buf *out)
{
	struct buf raw = {0};
	uint64_t last = 0;

	pack_number(&raw, c->n);
	for (size_t i = 0; i < c->n; last = c->v[i++].who) {
		struct extents places = {0}, others = {0};

		candidates_split(&c->v[i].pages, written, &places, &others);
		pack_number(&raw, c->v[i].who - last);
		pack_add_runs(&places, page_size, &raw);
		pack_add_runs(&others, page_size, &raw);
		extents_free(&places);
		extents_free(&others);
	}
	pack_close(&raw, out);
	buf_free(&raw);
}

static bool
candidates_take(struct unpack *u, const struct extents *written, size_t page_size,
                struct extents *out)
{
	struct extents places = {0}, others = {0}, pages = {0};
	bool ok = unpack_take_runs(u, page_size, 1, &places) &&
	          unpack_take_runs(u, page_size, 1, &others) &&
	          candidates_join(&places, written, &pages);

	if (ok) {
		extents_unite(&pages, &others);
		extents_unite(out, &pages);
	}
	extents_free(&places);
	extents_free(&others);
	extents_free(&pages);
	return ok;
}

bool
candidates_unpack(const void *data, size_t n, const struct extents *written, size_t page_size,
                  struct candidates *out)
{
	struct unpack u;
	bool ok = unpack_open(&u, data, n);
	uint64_t many = ok ? unpack_number(&u) : 0, who = 0;

	ok = ok && !u.bad && many <= u.n;
	for (uint64_t i = 0; ok && i < many; i++) {
		who += unpack_number(&u);
		ok = candidates_take(&u, written, page_size, candidates_at(out, who));
	}
	unpack_free(&u);
	return ok;
}
