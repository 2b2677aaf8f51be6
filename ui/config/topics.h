/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TOPICS_H
#define PM_TOPICS_H

#include <stddef.h>

#include "base/err.h"

/* What the tables say of a word: `help WORD`, at the prompt and with -e. */
struct topic {
	const char *kind; /* static: "filter word" */
	char *name, *help;
};
struct topics {
	struct topic *v;
	size_t n, cap;
};

/*
 * All that a word means: queries, words and fields of filters, types of region, what is counted by
 * and summed, columns, states, flags, lenses and their classes, settings, trackers, keys. "": all
 * queries. -1: nothing; the error has the nearest word.
 */
int topics_find(const char *word, struct topics *out, struct err *err);

/* Everything that there is help on, except for keys. */
void topics_all(struct topics *out);
void topics_free(struct topics *t);

#endif
