/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_GUESS_H
#define PM_GUESS_H

#include <stddef.h>

/*
 * "Did you mean": of the words tried, the nearest to a name that is none. `best` bounds the letters
 * that may differ (it is lowered by each nearer word); `how` is what to say if none was near.
 */
struct guess {
	const char *name;
	size_t best;
	char how[128];
};

void guess_try(struct guess *g, const char *word, size_t n);

#endif
