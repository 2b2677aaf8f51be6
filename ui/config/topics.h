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
 * All that a word means: queries, words and fields of filters, columns, states, flags, lenses,
 * settings, trackers. "": all queries. -1: nothing; the error has the nearest word.
 */
int topics_find(const char *word, struct topics *out, struct err *err);
void topics_free(struct topics *t);

#endif
