/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pread.h"

#include <sys/syscall.h>
#include <unistd.h>

ssize_t
pread_plain(int fd, void *to, size_t n, uint64_t at)
{
	return syscall(SYS_pread64, fd, to, n, (off_t)at);
}
