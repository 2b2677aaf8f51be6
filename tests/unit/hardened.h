/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HARDENED_H
#define PM_HARDENED_H

#include <unistd.h>

/* For a test with a pread of its own: what a build with _FORTIFY_SOURCE calls instead. */
ssize_t __pread64_chk(int fd, void *to, size_t n, off_t at, size_t room);

ssize_t
__pread64_chk(int fd, void *to, size_t n, off_t at, size_t room)
{
	return n <= room ? pread(fd, to, n, at) : -1;
}

#endif
