/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/file.h"

static struct flock
hold_lock(void)
{
	return (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 1};
}

int
hold_take(const char *path, int *fd)
{
	struct flock l = hold_lock();
	int error;

	*fd = file_open(AT_FDCWD, path, O_RDWR);
	if (*fd < 0)
		return -1;
	if (fcntl(*fd, F_OFD_SETLK, &l) == 0)
		return 0;
	error = errno;
	close(*fd);
	*fd = -1;
	errno = error;
	return error == EAGAIN || error == EACCES ? 1 : -1;
}

bool
hold_is_taken(int fd)
{
	struct flock l = hold_lock();

	return fcntl(fd, F_OFD_GETLK, &l) == 0 && l.l_type != F_UNLCK;
}
