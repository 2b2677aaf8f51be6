/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/strip.h"

#include <stdlib.h>

#include "base/util.h"

uint64_t
strip_start(const struct strip *s, unsigned share)
{
	return s->pages * share / s->width; /* of 2^52 pages at most, in STRIP_MAX shares */
}

void
strip_begin(struct strip *s, uint64_t pages, unsigned width)
{
	s->pages = pages;
	s->width = (unsigned)u64_min(width, pages);
	s->share = NULL;
	s->lit = CLASS_MAX;
	s->last_lo = s->last_hi = 0;
}

void
strip_free(struct strip *s)
{
	free(s->share);
	s->share = NULL;
}

unsigned
strip_share_of(const struct strip *s, uint64_t p)
{
	unsigned i = (unsigned)(p * s->width / s->pages);

	while (i + 1 < s->width && strip_start(s, i + 1) <= p)
		i++;
	return i;
}

void
strip_add(struct strip *s, uint64_t from, uint64_t to, unsigned cls)
{
	if (s->share && from >= s->last_lo && to <= s->last_hi && to - from < UINT32_MAX / 2) {
		s->share[s->last][cls] += (uint32_t)(to - from);
		return;
	}
	if (!s->width)
		return;
	if (!s->share)
		s->share = mem_alloc(s->width * sizeof(*s->share));
	for (unsigned i = strip_share_of(s, from); i < s->width; i++) {
		uint64_t lo = strip_start(s, i), hi = strip_start(s, i + 1);

		if (lo >= to)
			break;
		s->last = i;
		s->last_lo = lo;
		s->last_hi = hi;
		s->share[i][cls] +=
		    (uint32_t)u64_min(u64_min(hi, to) - u64_max(lo, from), UINT32_MAX / 2);
	}
}

unsigned
strip_share(const struct strip *s, unsigned i, unsigned width)
{
	return i * s->width / width;
}

static struct strip_cell
strip_cell_of(const struct strip *s, unsigned k)
{
	struct strip_cell out = {0};
	uint64_t sum = 0, best = 0;

	for (unsigned c = 0; c < CLASS_MAX; c++) {
		sum += s->share[k][c];
		if (s->share[k][c] > best) {
			best = s->share[k][c];
			out.cls = c & (CLASS_MAX - 1);
		}
	}
	if (s->lit != CLASS_MAX && s->share[k][s->lit]) {
		out.cls = s->lit & (CLASS_MAX - 1);
		out.lit = 1;
	}
	out.height = eighths(sum, strip_start(s, k + 1) - strip_start(s, k)) & 15;
	return out;
}

void
strip_finish(const struct strip *s, struct strip_cell *out, unsigned width)
{
	for (unsigned i = 0, done = 0; i < width; i++) {
		unsigned k = strip_share(s, i, width);

		if (!s->share)
			out[i] = (struct strip_cell){0};
		else if (i && k == done) /* more columns than pages */
			out[i] = out[i - 1];
		else
			out[i] = strip_cell_of(s, k);
		done = k;
	}
}
