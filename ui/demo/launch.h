/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LAUNCH_H
#define PM_LAUNCH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/*
 * Starts `argv` with its output redirected to a file (the screen is pmtop's), whose name is stored
 * in `output`. Returns once it has been executed: 0 and its PID, or -1. The process is the user's:
 * it continues when pmtop ends.
 */
int launch(char **argv, pid_t *pid, char *output, size_t size, struct err *err);

/*
 * Removes the output file if it is empty and nobody can still write to it: neither the command nor
 * processes it left behind. *empty: it is empty so far.
 */
bool launch_drop_output(const char *output, bool *empty);

/* As proc_how_it_ended, of one whose memory is gone: waits for its end, which is near. */
void launch_how_it_ends(pid_t pid, char *out, size_t size);

/* Waits until it has ended, but not longer than that. */
void launch_await_end(pid_t pid, int ms);

/*
 * Nothing was seen of the process, and err says why. If that is its end (ESRCH), err then says how
 * it ended: "WHAT process 123 (NAME): it has ended with exit status 0 ...". Always returns -1.
 */
int launch_refuse_ended(pid_t pid, const char *name, const char *what, struct err *err);

#endif
