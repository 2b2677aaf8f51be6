/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/zones.h"

#include "term/keys.h"

static struct zone zones[ZONES_MAX];
static size_t zones_n;

void
zones_begin(void)
{
	zones_n = 0;
}

void
zone_add(const struct zone *z)
{
	if (zones_n < ZONES_MAX && z->bottom > z->y && z->right > z->x)
		zones[zones_n++] = *z;
}

void
zone_key(int y, int x, int right, enum action action)
{
	zone_add(&(struct zone){.y = y, .x = x, .bottom = y + 1, .right = right, .action = action});
}

void
zone_cover(int y, int x, int bottom, int right)
{
	zone_add(&(struct zone){.y = y, .x = x, .bottom = bottom, .right = right, .covers = true});
}

const struct zone *
zone_at(int y, int x)
{
	for (size_t i = zones_n; i-- > 0;) {
		const struct zone *z = &zones[i];

		if (y >= z->y && y < z->bottom && x >= z->x && x < z->right)
			return z;
	}
	return NULL;
}

static int
zone_within(int at, int from, int end)
{
	return at < from ? 0 : at >= end ? end - from - 1 : at - from;
}

struct touch
zone_touch(const struct zone *z, int y, int x)
{
	return (struct touch){.dy = zone_within(y, z->y, z->bottom),
	                      .dx = zone_within(x, z->x, z->right),
	                      .rows = z->bottom - z->y,
	                      .cols = z->right - z->x,
	                      .value = z->value};
}
