/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LAUNCH_H
#define PM_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Starts `argv` with its output kept aside (the screen is pmtop's) in a file whose name goes to
 * `output`. Returns when it has been executed: 0 and its PID, or -1. It is the user's own process:
 * it goes on when pmtop ends.
 */
int launch(char **argv, pid_t *pid, char *output, size_t size, struct err *err);

/*
 * Removes the output if there is none, and nobody who could still write any: neither the command
 * nor what it has left behind. *empty: there is none so far.
 */
bool launch_drop_output(const char *output, bool *empty);

/*
 * " with exit status 3", " by signal 9 (Killed)"; "" if it is not known (yet). Can be asked again.
 */
void launch_how_it_ended(pid_t pid, char *out, size_t size);

#endif
