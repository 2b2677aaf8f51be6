/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/clear_refs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* The write succeeds and does nothing if the directory's task no longer has the memory. */
static int
clear_refs_try(int dir, const char *what)
{
	int fd = file_open(dir, "clear_refs", O_WRONLY), r = -1, sys;

	if (fd >= 0 && write(fd, what, strlen(what)) == (ssize_t)strlen(what))
		r = 0;
	sys = errno;
	if (fd >= 0)
		close(fd);
	errno = sys;
	return r;
}

int
clear_refs_write(const struct proc *p, const char *what)
{
	enum { TRIES = 4 }; /* a thread may be exiting, in a process whose main thread has exited */
	int r = -1, sys = ESRCH;

	for (int i = 0; i < TRIES; i++) {
		int dir = proc_dir(p);
		bool lives;

		r = dir < 0 ? -1 : clear_refs_try(dir, what);
		sys = errno;
		lives = dir >= 0 && (!p->live || proc_has_memory(dir));
		if (dir >= 0)
			close(dir);
		if (lives || file_is_shortage(sys))
			break;
		r = -1;
		sys = ESRCH;
	}
	errno = sys;
	return r;
}
