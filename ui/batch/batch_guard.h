/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BATCH_GUARD_H
#define PM_BATCH_GUARD_H

#include <sys/types.h>

/*
 * Answers end even if the kernel does not answer: a read of a process waits for ever if a thread of
 * it holds its mmap_lock and never lets go. A thread of ours watches the calling one, and calls
 * silent(seconds, pid) once that has been in one and the same system call, asleep so that no
 * signal wakes it, for 15 s; it does not count what is written to standard output and error.
 */
void batch_guard(void (*silent)(unsigned seconds, pid_t pid), pid_t pid);

#endif
