/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_JUMPS_H
#define PM_JUMPS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The jump list, newest last, and the bookmarks. Pure; an address may be unmapped by the time the
 * user returns to it.
 */
enum { JUMPS_MAX = 64, BOOKMARKS = 26, PLACE_VIEWS = 8 };

struct place {
	uint8_t view[PLACE_VIEWS], depth; /* the views one above the other: enum view_id */
	bool followed;            /* left by following a pointer: Esc returns, too, not only ^O */
	uint64_t region, at, top; /* at: the byte or page under the cursor; top: of the screen */
	unsigned zoom;
};

struct jumps {
	struct place v[JUMPS_MAX];
	int n;
	int base; /* Esc does not return to those before it: a view was opened since */
	struct place bookmark[BOOKMARKS];
	uint32_t bookmarked; /* a bit for each bookmark that is set */
};

/* If the list is full, drops the oldest. The same place twice in a row is kept once. */
void jumps_push(struct jumps *j, const struct place *p);

/* Removes the newest; false: there is none. */
bool jumps_pop(struct jumps *j, struct place *out);

/* Restarts the count of jumps_followed. */
void jumps_rebase(struct jumps *j);

/* How many pointers were followed since jumps_rebase. */
int jumps_followed(const struct jumps *j);

/* Sets and returns the bookmark of a letter; NULL: not set, or not a letter. */
void jumps_bookmark(struct jumps *j, char letter, const struct place *p);
const struct place *jumps_bookmarked(const struct jumps *j, char letter);

#endif
