/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_GUESS_H
#define PM_GUESS_H

#include <stddef.h>

/*
 * "Did you mean": of the words tried, the nearest to an unknown name. `best` bounds the edit
 * distance (each nearer word lowers it); `how` is the advice if no word was near.
 */
struct guess {
	const char *name;
	size_t best;
	char how[128];
};

void guess_try(struct guess *g, const char *word, size_t n);

#endif
