/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FUZZY_H
#define PM_FUZZY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Matching as fzy does it: the characters of `typed` are met in `text` in that order, small or
 * capital. The score says how well, so that what a person means comes first: characters side by
 * side, at the beginning of a part of a path, of a word, behind a dot, as a capital; little left
 * out between them, and before and behind. Text that is just what was typed is above all.
 */
enum { FUZZY_NONE = -(1 << 28), FUZZY_EXACT = 1 << 28 };

/*
 * The score, of the best of several ways to meet them; FUZZY_NONE: there is none. `hit` (NULL: not
 * wanted) has an element for each byte of text: whether a character that was met begins there. Of a
 * long text the first 1024 characters count; if it is met only with the rest, the score is the
 * lowest there is.
 */
int fuzzy_score(const char *typed, const char *text, bool *hit);

#endif
