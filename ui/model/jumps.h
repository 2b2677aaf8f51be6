/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_JUMPS_H
#define PM_JUMPS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Where one was: the places that were left by a jump, the newest last, and those marked with a
 * letter. Pure; the addresses may be gone by the time one comes back.
 */
enum { JUMPS_MAX = 64, BOOKMARKS = 26, PLACE_VIEWS = 8 };

struct place {
	uint8_t view[PLACE_VIEWS], depth; /* the views one above the other: enum view_id */
	bool followed;            /* left by following a pointer: Esc comes back, not only ^O */
	uint64_t region, at, top; /* at: the byte or page under the cursor; top: of the screen */
	unsigned zoom;
};

struct jumps {
	struct place v[JUMPS_MAX];
	int n;
	int base; /* of those before it Esc knows nothing: a view was opened since */
	struct place bookmark[BOOKMARKS];
	uint32_t bookmarked; /* a bit for each bookmark that is set */
};

/* Full, the list forgets the oldest. A place that is where the last one was is not kept twice. */
void jumps_push(struct jumps *j, const struct place *p);

/* The newest, taken off the list; false: there is none. */
bool jumps_pop(struct jumps *j, struct place *out);

/* From now on jumps_followed counts anew. */
void jumps_rebase(struct jumps *j);

/* How many pointers were followed since. */
int jumps_followed(const struct jumps *j);

/* The bookmark of a letter, NULL if it is not set or no letter. */
void jumps_bookmark(struct jumps *j, char letter, const struct place *p);
const struct place *jumps_bookmarked(const struct jumps *j, char letter);

#endif
