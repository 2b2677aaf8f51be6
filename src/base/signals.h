/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SIGNALS_H
#define PM_SIGNALS_H

#include <stddef.h>

/*
 * At the start of the program, whatever it inherited: no signal is blocked, SIGCHLD is not ignored
 * (else the kernel keeps no status of our children), nor is SIGALRM, which is ours. See signal(7).
 */
void signals_begin(void);

/*
 * Calls `handler`, during which all signals are blocked, for each of the n signals; SIG_DFL ends
 * that. SIGHUP that is ignored, as nohup does, stays ignored; others, that a shell ignores for what
 * runs in the background, are handled all the same: `kill -INT` is how a script ends a recording.
 */
void signals_handle(const int *sig, size_t n, void (*handler)(int));

#endif
