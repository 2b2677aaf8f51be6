/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FUZZY_H
#define PM_FUZZY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Matching as fzy does it: the characters of `typed` must occur in `text` in order; case is
 * ignored. Adjacent characters score high, and so do those at the start of a path component or a
 * word, after a dot, and capitals; gaps cost a little. An exact match scores highest.
 */
enum { FUZZY_NONE = -(1 << 28), FUZZY_EXACT = 1 << 28 };

/*
 * Returns the best score of all possible matches, or FUZZY_NONE if there is no match. `hit` (may be
 * NULL) has one element per byte of text: whether a matched character begins there. Only the first
 * 1024 characters are scored; text that matches only beyond them gets the lowest score.
 */
int fuzzy_score(const char *typed, const char *text, bool *hit);

#endif
