/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SILENT_H
#define PM_SILENT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Silent processes: those whose page tables and regions cannot be read at the moment, because a
 * thread of theirs holds their mmap_lock and does not let go, as a mapping of a file does on a
 * network file system that hangs. Whoever reads one waits with it, perhaps for ever.
 *
 * silent_find tries each of the processes of a proc root (a descriptor) in a thread of ours, and
 * remembers those that do not answer in time; it is left behind with that one, which is silent
 * until the thread's call returns. Any thread may call both.
 */
void silent_find(int root, const pid_t *pids, size_t n);
bool silent_is(pid_t pid);

#endif
