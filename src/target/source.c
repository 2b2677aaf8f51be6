/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/source_root.h"

struct source *
source_open(const char *root, pid_t pid, struct err *err)
{
	struct proc proc;

	if (proc_open(&proc, root, pid, err) < 0) {
		proc_close(&proc);
		return NULL;
	}
	return proc.live ? source_proc_open(&proc, err) : source_dir_open(&proc, err);
}
