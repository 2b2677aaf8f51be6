/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROC_BAR_H
#define PM_PROC_BAR_H

#include "kernel/proc.h"

/*
 * Why the files of a process (`dir`: its directory) are refused to us, as far as can be known, and
 * the remedy: without names, or with its user `uid`. Returns out. Preserves errno, which is that of
 * the refusal: a process that frees its memory has no such files any more (ESRCH).
 */
enum proc_bar {
	PROC_BAR_OTHER, PROC_BAR_ROOT, PROC_BAR_USER, PROC_BAR_SETID, PROC_BAR_DUMP, PROC_BAR_CAPS,
	PROC_BAR_NAMESPACE, PROC_BAR_ENDED
};
enum proc_bar proc_bar(int dir);
enum proc_bar proc_bar_of(const struct proc *p);
const char *proc_bar_help(enum proc_bar b);

/* The same where any of the capabilities `needed` (rights.h) would do: see tiers_lack. */
const char *proc_bar_how(enum proc_bar b, uint64_t needed);
const char *proc_refused_how(enum proc_bar b, unsigned uid, uint64_t needed, char *out,
                             size_t size);

/* The remedy for its memory (mem, ptrace), which yama restricts as well. */
const char *proc_memory_how(const struct proc *p);

#endif
