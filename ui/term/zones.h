/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ZONES_H
#define PM_ZONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term/keys.h"

/*
 * The clickable zones of the screen: rectangles left by the drawing of the frame, each with a key's
 * action or a function. Later zones cover earlier ones. There is one table, cleared for each frame.
 */
struct ui;
struct sample;
struct touch;

/* Changes `ui` as a key would; returns effects. The sample may be newer than the one drawn. */
typedef unsigned zone_hit(struct ui *ui, const struct sample *s, const struct touch *t);

struct zone {
	int y, x, bottom, right; /* first row and column; first row and column after it */
	enum action action;      /* of a key; ACT_NONE: none */
	zone_hit *hit;           /* called before that; NULL: none */
	uint64_t value;          /* argument of hit */
	bool opens;              /* a double click does what Enter does */
	bool covers;             /* only covers the zones below */
};

struct touch {
	int dy, dx;     /* position in the zone, clamped to it */
	int rows, cols; /* size of the zone */
	/* dragged from elsewhere in the zone; the first move since the press */
	bool drag, begins;
	uint64_t value;
};

enum { ZONES_MAX = 512 };

void zones_begin(void);

/* Zones beyond ZONES_MAX are ignored. */
void zone_add(const struct zone *z);

/* Part of a row that acts as a key. */
void zone_key(int y, int x, int right, enum action action);

/* Covers zones without being one. */
void zone_cover(int y, int x, int bottom, int right);

/* The topmost zone at a position, or NULL. Valid until the next frame. */
const struct zone *zone_at(int y, int x);

/* Converts a position to zone coordinates, clamped to the zone. */
struct touch zone_touch(const struct zone *z, int y, int x);

#endif
