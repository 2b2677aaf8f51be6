/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_PROC_STAT_H
#define PM_PROC_STAT_H

#include <stdbool.h>
#include <stdint.h>

/* What is read of /proc/PID/stat (Documentation/filesystems/proc.rst 1.2, proc(5)). */
struct proc_stat {
	char comm[64];
	char state;
	unsigned ppid, flags, threads;
	uint64_t minflt, majflt, starttime;
};

/* false: the text is none of that file. */
bool proc_stat_parse(const char *text, struct proc_stat *f);

/* Of a folder of /proc. false with errno, 0 if the text is none of that file. */
bool proc_stat_read(int dir, struct proc_stat *f);

/* Whether it has memory, by the text of statm, too: of one that is exiting that begins with 0. */
bool proc_stat_has_memory(const struct proc_stat *f, const char *statm);

#endif
