/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TRUTH_H
#define PM_TRUTH_H

#include <stdbool.h>

/*
 * Three-valued logic (Kleene's strong logic), because facts may be hidden: what depends on an
 * unknown fact is unknown, and so is its negation.
 */
enum truth { TRUTH_NO, TRUTH_UNKNOWN, TRUTH_YES };

static inline enum truth
truth(bool b)
{
	return b ? TRUTH_YES : TRUTH_NO;
}

static inline enum truth
truth_and(enum truth a, enum truth b)
{
	return a < b ? a : b;
}

static inline enum truth
truth_or(enum truth a, enum truth b)
{
	return a > b ? a : b;
}

static inline enum truth
truth_not(enum truth t)
{
	return (enum truth)(TRUTH_YES - t);
}

#endif
