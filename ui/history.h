/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HISTORY_H
#define PM_HISTORY_H

#include "sample.h"

/*
 * The samples of the last minute, for rewinding: bounded in time and in bytes, whichever is reached
 * first. Samples are immutable and share their large parts, so keeping one is cheap.
 */
struct history {
	struct sample **v; /* oldest first; owned */
	size_t n, cap, bytes;
};

/* Takes `s` over. */
void history_push(struct history *h, struct sample *s);

/* The sample `back` steps before the newest that was pushed, from 1; the oldest if there are fewer. */
const struct sample *history_at(const struct history *h, size_t back);
void history_free(struct history *h);

/* About how much memory one holds. */
size_t history_size(const struct sample *s);

#endif
