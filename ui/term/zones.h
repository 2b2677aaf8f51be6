/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ZONES_H
#define PM_ZONES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "term/keys.h"

/*
 * What on the screen can be clicked: rectangles that the frame's drawing leaves behind, each with
 * the action of a key or with what it does itself. What is drawn later lies above. Like the frame
 * there is one table, and it begins anew with each frame.
 */
struct ui;
struct sample;
struct touch;

/* Changes `ui` as a key would; returns effects. The sample may be newer than the one that was
 * drawn. */
typedef unsigned zone_hit(struct ui *ui, const struct sample *s, const struct touch *t);

struct zone {
	int y, x, bottom, right; /* the first row and column, and those after the last */
	enum action action;      /* of a key, ACT_NONE: none */
	zone_hit *hit;           /* before that; NULL: nothing */
	uint64_t value;          /* for hit */
	bool opens;              /* a double click does what Enter does */
	bool covers;             /* nothing but in the way of what lies below */
};

struct touch {
	int dy, dx;              /* in the zone, never outside */
	int rows, cols;          /* of the zone */
	/* the button went down elsewhere in the zone; this is the first move since */
	bool drag, begins;
	uint64_t value;
};

enum { ZONES_MAX = 512 };

void zones_begin(void);

/* Beyond ZONES_MAX none is taken. */
void zone_add(const struct zone *z);

/* A part of a row that stands for a key. */
void zone_key(int y, int x, int right, enum action action);

/* What is drawn over zones, and is none. */
void zone_cover(int y, int x, int bottom, int right);

/* The topmost at a place, NULL: none. It is gone with the next frame. */
const struct zone *zone_at(int y, int x);

/* The place as the zone's own; one outside is the nearest inside. */
struct touch zone_touch(const struct zone *z, int y, int x);

#endif
