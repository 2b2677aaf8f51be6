/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "page/pick.h"

/* A number that looks random, from the address and the slot (splitmix64). */
static uint64_t
pick_number(uint64_t addr, unsigned slot)
{
	uint64_t z = addr + (slot + 1) * UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* A new page replaces an earlier pick as often as it is one among all seen so far. */
void
pick_add(struct pick *p, unsigned slots, uint64_t addr, uint64_t pages, size_t page_size, bool huge)
{
	p->seen += pages;
	for (unsigned i = 0; i < slots && pages; i++) {
		uint64_t n = pick_number(addr, i) % p->seen;

		if (n >= pages)
			continue;
		p->slot[i].at = addr + n * page_size;
		p->slot[i].huge = huge;
	}
}

/* The product alone could overflow. */
static uint64_t
pick_before(const struct pick *p, unsigned i, unsigned slots)
{
	return p->seen / slots * i + p->seen % slots * i / slots;
}

uint64_t
pick_share(const struct pick *p, unsigned i, unsigned slots)
{
	return pick_before(p, i + 1, slots) - pick_before(p, i, slots);
}
