/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/kallsyms.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"

struct kallsym {
	uint64_t addr;
	size_t name; /* in names */
};

void
kallsyms_take(struct kallsyms *k, const char *line)
{
	const char *end;
	uint64_t addr;
	size_t len;

	/* ADDRESS TYPE NAME [MODULE] */
	if (!parse_u64(line, 16, &end, &addr) || !addr || *end != ' ' || !end[1] ||
	    !strchr("tTwW", end[1]) || end[2] != ' ')
		return;
	len = strcspn(end + 3, " \t\n");
	k->v = vec_room(k->v, k->n, &k->cap, sizeof(*k->v));
	k->v[k->n++] = (struct kallsym){addr, k->names_len};
	while (k->names_cap <= k->names_len + len)
		k->names = vec_room(k->names, k->names_cap, &k->names_cap, 1);
	memcpy(k->names + k->names_len, end + 3, len);
	k->names[k->names_len + len] = '\0';
	k->names_len += len + 1;
}

static int
kallsyms_by_addr(const void *pa, const void *pb)
{
	const struct kallsym *a = pa, *b = pb;

	return (a->addr > b->addr) - (a->addr < b->addr);
}

static void
kallsyms_read(struct kallsyms *k)
{
	int fd = file_open(AT_FDCWD, "/proc/kallsyms", O_RDONLY);
	FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;
	char *line = NULL;
	size_t cap = 0;

	k->read = true;
	if (fd >= 0 && !f)
		close(fd);
	while (f && getline(&line, &cap, f) > 0)
		kallsyms_take(k, line);
	free(line);
	if (f)
		fclose(f);
	vec_sort(k->v, k->n, sizeof(*k->v), kallsyms_by_addr);
}

const char *
kallsyms_at(struct kallsyms *k, uint64_t addr)
{
	size_t i;

	if (!k->read)
		kallsyms_read(k);
	i = vec_above(k->v, k->n, sizeof(*k->v), offsetof(struct kallsym, addr), addr);
	return i ? k->names + k->v[i - 1].name : NULL;
}

void
kallsyms_free(struct kallsyms *k)
{
	free(k->v);
	free(k->names);
	*k = (struct kallsyms){0};
}

const char *
kallsyms_call(const char *function)
{
	/* how the entries of system calls begin, by architecture (SYSCALL_DEFINE) */
	static const char *const begins[] = {"__x64_sys_", "__ia32_sys_", "__arm64_sys_",
	                                     "__riscv_sys_", "__s390x_sys_", "__se_sys_",
	                                     "__do_sys_", "ksys_", "sys_"};

	for (size_t i = 0; i < ARRAY_LEN(begins); i++) {
		size_t n = strlen(begins[i]);

		if (!strncmp(function, begins[i], n) && function[n])
			return function + n;
	}
	return NULL;
}
