/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_COMMANDS_H
#define PM_COMMANDS_H

#include "sample/reader.h"

/*
 * Carries out a command that the answerer does not take; its result is among the reader's.
 * COMMAND_LOOK is the caller's affair.
 */
void command_carry_out(struct reader *l, const struct command *c);

/* Whether nothing can be done: the process has ended, or has no regions; r->err says so then. */
bool command_is_in_vain(const struct reader *l, struct result *r);

/* What it does shows in a look afterwards, and not before. */
bool command_takes_look(enum command_kind kind);

/* Clears again, if an auto-clear is wanted and its time has come; after a whole look. */
void command_auto_clear(struct reader *l);

/* The tracker, as the request has it; probed if nobody has yet, which takes a fork. */
void command_choose(struct reader *l);

#endif
