/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was stamped since some time, of many pages that mostly were not. */
#include "track/stamps_parts.h"

#include <string.h>

/* The pages of a leaf whose scan has at least that number: all of them at once, bit by bit. */
static void
stamps_newer(const struct stamps_part *p, uint32_t least, stamps_plane out)
{
	stamps_plane equal;

	memcpy(equal, p->planes[0], sizeof(equal));
	memset(out, 0, sizeof(stamps_plane));
	for (unsigned b = BITS; b-- > 0;) {
		uint32_t bit = UINT32_C(1) << b;
		uint64_t all = p->all[SCAN] & bit ? UINT64_MAX : 0;
		const uint64_t *stored;

		if (!((p->stored[SCAN] | (p->all[SCAN] ^ least)) & bit))
			continue; /* as that number has it */
		stored = p->stored[SCAN] & bit ? p->planes[stamps_index(p, SCAN, b)] : NULL;
		for (unsigned w = 0; w < WORDS; w++) {
			uint64_t is = stored ? stored[w] : all;

			out[w] |= least & bit ? 0 : equal[w] & is;
			equal[w] &= least & bit ? is : ~is;
		}
	}
	for (unsigned w = 0; w < WORDS; w++)
		out[w] |= equal[w];
}

static void
stamps_add_bits(uint64_t word, uint64_t bits, struct extents *out)
{
	while (bits) {
		unsigned from = (unsigned)__builtin_ctzll(bits);
		uint64_t rest = ~(bits >> from);
		unsigned n = rest ? (unsigned)__builtin_ctzll(rest) : WORD;
		uint64_t page = word * WORD + from;

		extents_add(out, page * PAGE, (page + n) * PAGE, 1);
		bits &= from + n < WORD ? UINT64_MAX << (from + n) : 0;
	}
}

static void
stamps_add_newer(const struct stamps_part *p, uint32_t least, struct extents *out)
{
	stamps_plane newer;

	if ((p->all[SCAN] | p->stored[SCAN]) < least)
		return;
	if (!p->planes) {
		extents_add(out, p->page * PAGE, stamps_end(p) * PAGE, 1);
		return;
	}
	stamps_newer(p, least, newer);
	for (unsigned w = 0; w < WORDS; w++)
		stamps_add_bits(p->page / WORD + w, newer[w], out);
}

void
stamps_since(const struct stamps *s, uint64_t time_ns, struct extents *out)
{
	size_t first = s->scans_n;

	while (first > 0 && s->scans[first - 1].time_ns > time_ns)
		first--;
	if (first == s->scans_n)
		return;
	for (size_t i = 0; i < s->n; i++)
		stamps_add_newer(&s->v[i], (uint32_t)s->scans[first].id, out);
}
