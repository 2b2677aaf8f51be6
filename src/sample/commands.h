/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_COMMANDS_H
#define PM_COMMANDS_H

#include "sample/reader.h"

/*
 * Carries out a command that the answerer does not take, and adds its result to the reader's.
 * COMMAND_REFRESH only gets its result: the caller scans.
 */
void command_carry_out(struct reader *l, const struct command *c);

/* Whether nothing can be done, because the process has ended or has no regions: see r->err. */
bool command_is_impossible(const struct reader *l, struct result *r);

/* Whether its effect shows only in a scan after it. */
bool command_needs_scan(const struct command *c);

/* After a complete scan: clears again if the auto-clear is due. */
void command_auto_clear(struct reader *l);

/* Chooses the tracker of the request; probes it first if necessary, which takes a fork. */
void command_choose(struct reader *l);

#endif
