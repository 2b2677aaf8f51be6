/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ERRAND_H
#define PM_ERRAND_H

#include "sample/look.h"

/*
 * Errands: what is asked for once and carried out once (a clear, a page read in, a search, a
 * question), each with its outcome in the draft. The draft says which step was the last.
 */
void errand_clear(struct look *l);
void errand_fault(struct look *l);
void errand_find(struct look *l);
void errand_ask(struct look *l);

/* Clears again, if a pulse is wanted and its time has come; after a whole look. */
void errand_pulse(struct look *l);

/* The tracker, as the want has it; probed if nobody has yet, which takes a fork. */
void errand_choose(struct look *l);

#endif
