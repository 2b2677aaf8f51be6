/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RIGHTS_H
#define PM_RIGHTS_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * The capabilities of pmtop (capabilities(7)), if it has some without being root: those of its
 * file, or of its caller. They are set aside at the start: permitted, but not effective. A thread
 * takes up those that a call needs, and puts them back after it. What pmtop starts has none of
 * them. Root keeps its own in force: without them it would still own root's files.
 */

#ifndef CAP_PERFMON /* Linux 5.8 */
#define CAP_PERFMON 38
#endif

/* Sets of capabilities: a bit each. */
#define RIGHT(capability) (UINT64_C(1) << (capability))
/* to look at a process; to learn what it shares, and to trace it */
#define RIGHTS_LOOK  (RIGHT(CAP_PERFMON) | RIGHT(CAP_SYS_PTRACE))
#define RIGHTS_TRACE RIGHT(CAP_SYS_PTRACE)
/* to open its page tables */
#define RIGHTS_TABLES (RIGHT(CAP_DAC_READ_SEARCH) | RIGHT(CAP_SYS_PTRACE))

/* Call it first, in the only thread. Those of root stay in force. */
void rights_set_aside(void);

/* Whether this process has it, in force or set aside. */
bool rights_have(unsigned capability);

/* Whether some are set aside: whether to take them up makes a difference. */
bool rights_are_aside(void);

/* Those of `which` that were set aside are in force in this thread until rights_leave. */
void rights_take(uint64_t which);

/* Preserves errno. */
void rights_leave(void);

/* One call that needs them: evaluates to its result, a number. */
#define RIGHTS_FOR(which, call) rights_after((rights_take(which), (long)(call)))
long rights_after(long result);

/* For a process that we have forked: takes some for all its life, or gives up all there are. */
void rights_hold(uint64_t which);
void rights_give_up(void);

/* What it takes to open a file of /proc, read it, or follow it: "pagemap", "71/task/72/syscall". */
uint64_t rights_of_file(const char *name);

#endif
