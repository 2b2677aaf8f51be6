/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "track/ranges.h"

#include <stdlib.h>

#include "base/util.h"

void
ranges_add(struct track_ranges *r, uint64_t start, uint64_t end)
{
	r->v = vec_room(r->v, r->n, &r->cap, sizeof(*r->v));
	r->v[r->n++] = (struct track_range){start, end};
}

size_t
ranges_first_after(const struct track_ranges *r, uint64_t addr)
{
	return vec_above(r->v, r->n, sizeof(*r->v), offsetof(struct track_range, end), addr);
}

bool
ranges_cover(const struct track_ranges *r, uint64_t start, uint64_t end)
{
	size_t i = ranges_first_after(r, start);

	for (; start < end && i < r->n && r->v[i].start <= start; i++)
		start = r->v[i].end;
	return start >= end;
}

bool
ranges_meet(const struct track_ranges *r, uint64_t start, uint64_t end)
{
	size_t i = ranges_first_after(r, start);

	return i < r->n && r->v[i].start < end;
}

struct track_range
ranges_next(const struct track_ranges *r, uint64_t start, uint64_t end)
{
	size_t i = ranges_first_after(r, start);

	if (i == r->n || r->v[i].start >= end)
		return (struct track_range){end, end};
	return (struct track_range){u64_max(r->v[i].start, start), u64_min(r->v[i].end, end)};
}

void
ranges_put(struct track_ranges *r, uint64_t start, uint64_t end)
{
	size_t i = ranges_first_after(r, start);

	ranges_add(r, 0, 0);
	for (size_t k = r->n - 1; k > i; k--)
		r->v[k] = r->v[k - 1];
	r->v[i] = (struct track_range){start, end};
}

struct track_ranges
ranges_cut(const struct track_ranges *r, const struct track_ranges *in, bool inside)
{
	struct track_ranges out = {0};

	for (size_t i = 0; i < r->n; i++)
		for (uint64_t at = r->v[i].start; at < r->v[i].end;) {
			struct track_range next = ranges_next(in, at, r->v[i].end);
			struct track_range part =
			    inside ? next : (struct track_range){at, next.start};

			if (part.start < part.end)
				ranges_add(&out, part.start, part.end);
			at = next.end;
		}
	return out;
}

void
ranges_become(struct track_ranges *r, struct track_ranges other)
{
	free(r->v);
	*r = other;
}
