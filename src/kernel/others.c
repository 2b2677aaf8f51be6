/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/others.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"
#include "base/util.h"
#include "kernel/silent.h"

enum { WINDOWS = 16 }; /* reads of 4 MiB of address space each, between two pauses */

static int
others_by_pid(const void *a, const void *b)
{
	const pid_t *p = a, *q = b;

	return (*p > *q) - (*p < *q);
}

int
others_list(const struct proc *p, pid_t **pids, size_t *n, struct err *err)
{
	int fd = openat(p->root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;
	size_t cap = 0;

	*pids = NULL;
	*n = 0;
	if (!d) {
		int r = err_sys(err, NULL, "cannot list the processes");

		if (fd >= 0)
			close(fd);
		return r;
	}
	while ((e = file_next(d))) {
		const char *end;
		uint64_t pid;

		if (!parse_u64(e->d_name, 10, &end, &pid) || *end || pid > INT32_MAX ||
		    (pid_t)pid == p->pid)
			continue;
		*pids = vec_room(*pids, *n, &cap, sizeof(**pids));
		(*pids)[(*n)++] = (pid_t)pid;
	}
	closedir(d);
	vec_sort(*pids, *n, sizeof(**pids), others_by_pid);
	silent_find(p->root, *pids, *n);
	return 0;
}

/* --- one -------------------------------------------------------------------------------------- */

/* The link count of its task directory is that of the threads, and two. */
static bool
others_has_threads(int dir)
{
	struct stat st;

	return fstatat(dir, "task", &st, 0) == 0 && st.st_nlink > 3;
}

/* A thread that has ended has no page tables: newer kernels do not open them, older read none. */
static bool
other_open_pagemap(struct other *o)
{
	uint64_t word;

	o->pm.fd = file_open(o->dir, "pagemap", O_RDONLY);
	if (o->pm.fd < 0 || pread(o->pm.fd, &word, sizeof(word), 0) == sizeof(word))
		return o->pm.fd >= 0;
	close(o->pm.fd);
	o->pm.fd = -1;
	errno = ESRCH;
	return false;
}

/* errno: why not. */
static bool
other_open_pages(struct other *o)
{
	if (other_open_pagemap(o) || errno != ESRCH || !others_has_threads(o->leader))
		return o->pm.fd >= 0;
	o->dir = proc_living_thread(o->leader, &o->tid);
	if (o->dir < 0) {
		o->dir = o->leader;
		errno = file_is_shortage(errno) ? errno : ESRCH;
		return false;
	}
	return other_open_pagemap(o);
}

/* Regions and names that cannot be opened look like those of what has ended. */
static bool
other_has_room(const struct other *o)
{
	int fd = fcntl(o->dir, F_DUPFD_CLOEXEC, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

bool
other_open(struct other *o, const struct proc *p, pid_t pid, const struct pagemap *like,
           bool *refused)
{
	char name[16];
	int sys;

	snprintf(name, sizeof(name), "%d", (int)pid);
	*o = (struct other){.pid = pid, .tid = pid, .pm = *like};
	o->pm.fd = o->pm.maps = -1;
	o->pm.inverts = false;
	o->leader = o->dir = -1;
	*refused = silent_is(pid);
	if (*refused)
		return false;
	o->leader = o->dir = file_open(p->root, name, O_PATH | O_DIRECTORY);
	if (o->leader < 0)
		return false;
	if (other_open_pages(o) && other_has_room(o))
		return true;
	sys = errno;
	/* what we may not open may be a kernel thread, which has nothing to open */
	*refused = (sys == EACCES || sys == EPERM) && proc_has_memory(o->dir);
	other_close(o);
	errno = sys;
	return false;
}

void
other_close(struct other *o)
{
	pagemap_close(&o->pm);
	if (o->dir >= 0 && o->dir != o->leader)
		close(o->dir);
	if (o->leader >= 0)
		close(o->leader);
	o->leader = o->dir = -1;
}

size_t
other_words(struct other *o, uint64_t addr, uint64_t *words, size_t n)
{
	struct err ignored;
	ssize_t got = pagemap_words(&o->pm, addr, words, n, &ignored);

	if (n > 1 && ++o->windows % WINDOWS == 0)
		pagemap_breathe();
	return got > 0 ? (size_t)got : 0;
}

bool
other_regions(const struct other *o, struct vma_list *out)
{
	int fd = file_open(o->dir, "maps", O_RDONLY);
	struct err ignored;
	bool ok = fd >= 0 && vma_read(fd, out, &ignored) == 0 && out->n;

	if (!ok)
		*out = (struct vma_list){0};
	if (fd >= 0)
		close(fd);
	return ok;
}

bool
other_name(const struct other *o, struct other_name *out)
{
	return proc_name(o->leader, &out->parent, out->comm, sizeof(out->comm));
}

bool
others_merge(void)
{
	char scans[32];

	return !file_read_small(AT_FDCWD, "/sys/kernel/mm/ksm/full_scans", scans, sizeof(scans)) ||
	       strcmp(scans, "0\n") != 0;
}

enum others_order
others_compare(const struct proc *p, pid_t a, pid_t b)
{
	/* the numbers of another PID namespace, or of a folder, mean nothing to system calls */
	long r = p->ours ? RIGHTS_FOR(RIGHTS_TRACE, syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0)) : -1;

	return r == 0 ? OTHERS_SAME : r == 1 ? OTHERS_LESS : r == 2 ? OTHERS_MORE : OTHERS_UNKNOWN;
}
