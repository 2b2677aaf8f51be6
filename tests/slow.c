/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A kernel that keeps its readers waiting, for tests: loaded before the program (LD_PRELOAD), it
 * lets no FILE be opened as long as there is a FILE.slow beside it; and no smaps as long as there is
 * the file that $SLOW_SMAPS names: beside a real process's none can be made. Nor does the demo start
 * as long as there is the file that $SLOW_DEMO names.
 */
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

static void
wait_while_there(const char *mark)
{
	while (access(mark, F_OK) == 0)
		poll(NULL, 0, 10);
}

static void
wait_while_slow(int dir, const char *name)
{
	const char *slow = getenv("SLOW_SMAPS");
	char link[64], folder[PATH_MAX / 2] = "", mark[PATH_MAX];
	ssize_t n = 0;

	if (name[0] != '/' && dir != AT_FDCWD) {
		snprintf(link, sizeof(link), "/proc/self/fd/%d", dir);
		n = readlink(link, folder, sizeof(folder) - 2);
		folder[n > 0 ? n : 0] = n > 0 ? '/' : '\0';
	}
	if (slow && !strcmp(name, "smaps"))
		wait_while_there(slow);
	if (snprintf(mark, sizeof(mark), "%s%s.slow", folder, name) < (int)sizeof(mark))
		wait_while_there(mark);
}

static int
slow_openat(int dir, const char *name, int flags, mode_t mode)
{
	wait_while_slow(dir, name);
	return (int)syscall(SYS_openat, dir, name, flags, mode);
}

int openat64(int dir, const char *name, int flags, ...);
int __openat64_2(int dir, const char *name, int flags);

int
openat64(int dir, const char *name, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = (mode_t)va_arg(ap, int);
		va_end(ap);
	}
	return slow_openat(dir, name, flags, mode);
}

int
__openat64_2(int dir, const char *name, int flags)
{
	return slow_openat(dir, name, flags, 0);
}

int execve(const char *path, char *const argv[], char *const env[]);

int
execve(const char *path, char *const argv[], char *const env[])
{
	const char *slow = getenv("SLOW_DEMO");

	if (slow && argv[0] && argv[1] && !strcmp(argv[1], "--demo-target"))
		wait_while_there(slow);
	return (int)syscall(SYS_execve, path, argv, env);
}
