/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What was stamped since some time, of many pages that mostly were not. */
#include "track/stamps_parts.h"

#include <string.h>

/* The stamps that are looked for: those of scans from a number on. */
struct stamps_later {
	uint32_t scan;
	uint32_t past; /* the bits of the epochs that began with one of these */
};

/* The pages of a leaf whose number of a scan is at least that: all of them at once, bit by bit. */
static void
stamps_later_scans(const struct stamps_view *v, uint32_t least, stamps_plane out)
{
	const struct stamps_part *p = v->p;
	stamps_plane equal, stored[BITS];

	stamps_packed(v, SCAN, stored);
	memset(equal, 0xff, sizeof(equal));
	memset(out, 0, sizeof(stamps_plane));
	for (unsigned b = BITS; b-- > 0;) {
		uint32_t bit = UINT32_C(1) << b;
		stamps_plane is;

		if (!((p->stored[SCAN] | (p->all[SCAN] ^ least)) & bit))
			continue; /* as that number has it */
		memset(is, p->all[SCAN] & bit ? 0xff : 0, sizeof(is));
		if (p->stored[SCAN] & bit)
			memcpy(is, stored[b], sizeof(is));
		for (unsigned w = 0; w < WORDS; w++) {
			out[w] |= least & bit ? 0 : equal[w] & is[w];
			equal[w] &= least & bit ? is[w] : ~is[w];
		}
	}
	for (unsigned w = 0; w < WORDS; w++)
		out[w] |= equal[w];
}

/* The pages of a leaf with such stamps. */
static void
stamps_later_pages(const struct stamps_part *p, struct stamps_later later, stamps_plane out)
{
	struct stamps_view v = stamps_look(p);
	struct stamps_way way;
	stamps_plane packed;

	memcpy(out, v.written, sizeof(stamps_plane));
	if (p->all[PAST] & later.past)
		return;
	way = stamps_way(v.written);
	stamps_later_scans(&v, later.scan, packed);
	for (uint32_t past = p->stored[PAST] & later.past; past; past &= past - 1) {
		stamps_plane is;

		stamps_packed_past(&v, (unsigned)__builtin_ctz(past), is);
		for (unsigned w = 0; w < WORDS; w++)
			packed[w] |= is[w];
	}
	stamps_spread(&way, packed, out);
}

void
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
stamps_add_later(const struct stamps_part *p, struct stamps_later later, struct extents *out)
{
	stamps_plane pages;

	if ((p->all[SCAN] | p->stored[SCAN]) < later.scan &&
	    !((p->all[PAST] | p->stored[PAST]) & later.past))
		return;
	if (!p->planes) {
		extents_add(out, p->page * PAGE, stamps_end(p) * PAGE, 1);
		return;
	}
	stamps_later_pages(p, later, pages);
	for (unsigned w = 0; w < WORDS; w++)
		stamps_add_bits(p->page / WORD + w, pages[w], out);
}

void
stamps_since(const struct stamps *s, uint64_t time_ns, struct extents *out)
{
	size_t first = s->scans_n, at;
	struct stamps_later later = {0};

	while (first > 0 && s->scans[first - 1].time_ns > time_ns)
		first--;
	if (first == s->scans_n)
		return;
	later.scan = (uint32_t)s->scans[first].id;
	for (uint32_t k = 0; k < EPOCHS && k <= s->epoch; k++) {
		at = stamps_first_scan(s, s->epoch - k);
		if (at >= first && at < s->scans_n && s->scans[at].epoch == s->epoch - k)
			later.past |= UINT32_C(1) << (s->epoch - k) % EPOCHS;
	}
	for (size_t i = 0; i < s->n; i++)
		stamps_add_later(&s->v[i], later, out);
}
