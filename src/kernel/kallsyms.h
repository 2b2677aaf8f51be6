/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KALLSYMS_H
#define PM_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The functions of the running kernel by address: /proc/kallsyms, which shows addresses only to the
 * privileged (sysctl kernel.kptr_restrict). Takes a few MiB once it was read.
 */
struct kallsyms {
	bool read;
	struct kallsym *v; /* ascending */
	size_t n, cap;
	char *names;
	size_t names_len, names_cap;
};

/* The function that contains addr; reads them all the first time. NULL: not known. */
const char *kallsyms_at(struct kallsyms *k, uint64_t addr);

void kallsyms_free(struct kallsyms *k);

/* Takes one line of the file; those that are no functions are left out. Pure. */
void kallsyms_take(struct kallsyms *k, const char *line);

/*
 * The system call that a kernel function is the entry of, "read" for "__x64_sys_read"; NULL: it is
 * none. Points into `function`.
 */
const char *kallsyms_call(const char *function);

#endif
