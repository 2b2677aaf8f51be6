/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Processes by their name. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/proc.h"

enum { COMM_SIZE = 16 }; /* TASK_COMM_LEN: a name is cut to one less */

static bool
proc_is_base_name(const char *path, const char *name)
{
	const char *slash = strrchr(path, '/');

	return !strcmp(slash ? slash + 1 : path, name);
}

/* Its program, whatever its name; hidden from us for some processes. */
static bool
proc_runs(int dir, const char *name)
{
	static const char gone[] = " (deleted)";
	const size_t gone_n = sizeof(gone) - 1;
	char path[4096];
	size_t n = file_link(dir, "exe", path, sizeof(path));

	if (n == 0)
		return false;
	if (proc_is_base_name(path, name))
		return true;
	if (n > gone_n && !strcmp(path + n - gone_n, gone))
		path[n - gone_n] = '\0';
	return proc_is_base_name(path, name);
}

/*
 * Whether `comm` is a truncated word of the command line: an interpreter's script, or a title
 * written over the command line, which continues after the name.
 */
static bool
proc_is_cut_from(const char *comm, const char *word, const char *name)
{
	size_t n = strlen(name);

	if (n < COMM_SIZE || strlen(comm) != COMM_SIZE - 1 || strncmp(comm, name, COMM_SIZE - 1))
		return false;
	return proc_is_base_name(word, name) || (!strncmp(word, name, n) && strchr(": ", word[n]));
}

/*
 * By comm, and the base names of argv[0] and of the program. Not by other words of the command
 * line: these name what a process works on.
 */
static bool
proc_is_named(int dir, const char *name)
{
	char comm[64], words[8192];
	int fd;
	ssize_t n;

	if (!file_read_small(dir, "comm", comm, sizeof(comm)))
		return false;
	comm[strcspn(comm, "\n")] = '\0';
	if (!strcmp(comm, name) || proc_runs(dir, name))
		return true;
	fd = file_open(dir, "cmdline", O_RDONLY);
	n = fd < 0 ? 0 : read(fd, words, sizeof(words) - 1);
	if (fd >= 0)
		close(fd);
	n = n > 0 ? n : 0;
	words[n] = '\0';
	for (const char *w = words; w < words + n; w += strlen(w) + 1)
		if ((w == words && proc_is_base_name(w, name)) || proc_is_cut_from(comm, w, name))
			return true;
	return false;
}

static int
proc_by_number(const void *a, const void *b)
{
	return *(const pid_t *)a < *(const pid_t *)b ? -1 : 1;
}

/*
 * Fills in the PIDs of processes called `name`, without pmtop itself. -1 with errno: not known, for
 * a shortage of descriptors.
 */
static int
proc_find_in(int root, const char *name, pid_t **pids, size_t *n)
{
	size_t cap = 0;
	int fd = fcntl(root, F_DUPFD_CLOEXEC, 0), shortage = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	if (!d)
		return -1;
	while ((e = file_next(d))) {
		const char *end;
		uint64_t pid;
		int dir;

		if (!parse_u64(e->d_name, 10, &end, &pid) || *end || (pid_t)pid == getpid())
			continue;
		errno = 0;
		dir = file_open(root, e->d_name, O_PATH | O_DIRECTORY);
		if (dir >= 0 && proc_is_named(dir, name)) {
			*pids = vec_room(*pids, *n, &cap, sizeof(**pids));
			(*pids)[(*n)++] = (pid_t)pid;
		}
		shortage = file_is_shortage(errno) ? errno : shortage;
		if (dir >= 0)
			close(dir);
	}
	closedir(d);
	errno = shortage;
	if (shortage)
		return -1;
	vec_sort(*pids, *n, sizeof(**pids), proc_by_number);
	return 0;
}

int
proc_find_all(const char *root, const char *name, pid_t **pids, size_t *n, struct err *err)
{
	bool live;
	int fd = proc_open_root(root, &live, err), r, sys;

	*pids = NULL;
	*n = 0;
	if (fd < 0)
		return -1;
	r = proc_find_in(fd, name, pids, n);
	sys = errno;
	close(fd);
	if (r == 0)
		return 0;
	free(*pids);
	errno = sys;
	return err_sys(err, NULL, "cannot search for %s", name);
}

static int
proc_refuse_several(const char *name, const pid_t *pids, size_t n, struct err *err)
{
	enum { SHOWN = 16 };
	struct buf list = {0};

	buf_str(&list, "choose one:");
	for (size_t i = 0; i < n && i < SHOWN; i++)
		buf_fmt(&list, " %d", (int)pids[i]);
	if (n > SHOWN)
		buf_str(&list, " ...");
	err_set(err, ERR_TARGET, "several processes have that name", list.s, "%s is ambiguous",
	        name);
	buf_free(&list);
	return -1;
}

int
proc_find(const char *root, const char *name, pid_t *pid, size_t *found, struct err *err)
{
	pid_t *pids;
	size_t n;
	int r = proc_find_all(root, name, &pids, &n, err);

	if (found)
		*found = r < 0 ? 0 : n;
	if (r < 0)
		return -1;
	if (n == 0)
		r = err_set(err, ERR_TARGET, "no process has that name",
		            "`ps -e` lists the processes; give a PID", "cannot find %s", name);
	else if (n > 1)
		r = proc_refuse_several(name, pids, n, err);
	else
		*pid = pids[0];
	free(pids);
	return r;
}
