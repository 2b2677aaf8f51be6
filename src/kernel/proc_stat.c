/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/proc_stat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

/* The fields of stat that are read, by their numbers in proc(5). */
enum { PPID = 4, FLAGS = 9, MINFLT = 10, MAJFLT = 12, THREADS = 20, START = 22 };

/* comm may hold blanks and parentheses, so the fields are counted from the last `)`. */
bool
proc_stat_parse(const char *text, struct proc_stat *f)
{
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	uint64_t v[START + 1];
	char *at;

	if (!open || !close || close < open || close[1] != ' ' || !close[2])
		return false;
	at = (char *)close + 3;
	for (int i = PPID; i <= START; i++) {
		char *from = at;

		v[i] = strtoull(from, &at, 10);
		if (at == from)
			return false;
	}
	*f = (struct proc_stat){.state = close[2],
	                          .ppid = (unsigned)v[PPID],
	                          .flags = (unsigned)v[FLAGS],
	                          .minflt = v[MINFLT],
	                          .majflt = v[MAJFLT],
	                          .threads = (unsigned)v[THREADS],
	                          .starttime = v[START]};
	snprintf(f->comm, sizeof(f->comm), "%.*s", (int)(close - open - 1), open + 1);
	return true;
}

bool
proc_stat_read(int dir, struct proc_stat *f)
{
	char text[2048];

	errno = 0;
	return file_read_small(dir, "stat", text, sizeof(text)) && proc_stat_parse(text, f);
}

bool
proc_stat_has_memory(const struct proc_stat *f, const char *statm)
{
	return f->state != 'Z' && f->state != 'X' && strncmp(statm, "0 ", 2) != 0;
}
