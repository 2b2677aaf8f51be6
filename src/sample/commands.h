/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_COMMANDS_H
#define PM_COMMANDS_H

#include "sample/reader.h"

/*
 * Errands: what is asked for once and carried out once (a clear, a page read in, a search, a
 * question), each with its outcome in the draft. The draft says which step was the last.
 */
void command_clear(struct reader *l);
void command_fault(struct reader *l);
void command_find(struct reader *l);
void command_ask(struct reader *l);

/* Clears again, if an auto-clear is wanted and its time has come; after a whole look. */
void command_auto_clear(struct reader *l);

/* The tracker, as the request has it; probed if nobody has yet, which takes a fork. */
void command_choose(struct reader *l);

#endif
