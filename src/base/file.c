/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/rights.h"
#include "base/util.h"

/*
 * Takes up what a file of /proc takes, in a directory: a path from the root may be one that
 * somebody else gave. Returns whether they must be put back.
 */
static bool
file_take_rights(int dir, const char *name)
{
	struct statfs fs;

	if (!rights_are_aside() || dir < 0 || name[0] == '/' || fstatfs(dir, &fs) < 0 ||
	    fs.f_type != PROC_SUPER_MAGIC)
		return false;
	rights_take(rights_of_file(name));
	return true;
}

static void
file_leave_rights(bool taken)
{
	if (taken)
		rights_leave();
}

/* false sets errno */
static bool
file_is_regular(int stat_failed, const struct stat *st)
{
	if (stat_failed)
		return false;
	errno = S_ISDIR(st->st_mode) ? EISDIR : FILE_ODD;
	return S_ISREG(st->st_mode);
}

/*
 * stat before the open, because merely opening some devices has effects; fstat after it, because
 * the name may have been replaced in between.
 */
static int
file_do_open(int dir, const char *name, int flags)
{
	int fd, error, at = flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	struct stat st;

	if (flags & (O_PATH | O_DIRECTORY))
		return openat(dir, name, flags | O_CLOEXEC);
	if (!file_is_regular(fstatat(dir, name, &st, at), &st))
		return -1;
	fd = openat(dir, name, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || file_is_regular(fstat(fd, &st), &st))
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
file_open(int dir, const char *name, int flags)
{
	bool taken = file_take_rights(dir, name);
	int fd = file_do_open(dir, name, flags);

	file_leave_rights(taken);
	return fd;
}

/* Kernel-made files (/proc, /sys): stat reports 0 bytes, only reading finds their length. */
static bool
file_is_kernels(int fd)
{
	struct statfs fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

bool
file_fits(int fd)
{
	struct stat st;

	if (file_is_kernels(fd) || fstat(fd, &st) < 0 || st.st_size <= FILE_MOST)
		return true;
	errno = FILE_HUGE;
	return false;
}

int
file_read_some(int fd, struct buf *b, size_t *all)
{
	enum { CHUNK = 8192 }; /* the kernel returns at most a page of its own files per read */
	ssize_t n;

	if (!*all && !file_fits(fd))
		return -1;
	do
		n = read(fd, buf_room(b, CHUNK), CHUNK);
	while (n < 0 && errno == EINTR);
	buf_grew(b, n > 0 ? (size_t)n : 0);
	*all += n > 0 ? (size_t)n : 0;
	if (n > 0 && *all > FILE_MOST && !file_is_kernels(fd)) {
		errno = FILE_HUGE;
		return -1;
	}
	return n > 0 ? 1 : (int)n;
}

int
file_read_all(int fd, struct buf *b)
{
	size_t all = 0;
	int r;

	while ((r = file_read_some(fd, b, &all)) > 0)
		;
	if (r == 0 && !b->len)
		buf_free(b);
	return r;
}

bool
file_read_small(int dir, const char *name, char *out, size_t size)
{
	bool taken = file_take_rights(dir, name); /* some are checked at each read */
	int fd = file_do_open(dir, name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);
	int sys = errno;

	file_leave_rights(taken);
	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	errno = n == 0 ? ENODATA : sys;
	return n > 0;
}

bool
file_write_all(int fd, const void *data, size_t len)
{
	for (const char *at = data; len > 0;) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno != EINTR)
			return false;
		at += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return true;
}

void
file_make_wait(int fd)
{
	int flags = fcntl(fd, F_GETFL), own;
	struct stat st;
	char link[40];

	if (flags < 0 || !(flags & O_NONBLOCK) || fstat(fd, &st) < 0 || !S_ISFIFO(st.st_mode))
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	own = open(link, O_WRONLY | O_NONBLOCK | O_CLOEXEC); /* fails without a reader */
	if (own < 0)
		return;
	if (fcntl(own, F_SETFL, flags & ~O_NONBLOCK) == 0)
		dup2(own, fd);
	close(own);
}

size_t
file_link(int dir, const char *name, char *out, size_t size)
{
	bool taken = file_take_rights(dir, name);
	ssize_t n = readlinkat(dir, name, out, size - 1);

	file_leave_rights(taken);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

void
file_follow(const char *name, char *out)
{
	/* ":memory:" and "file:..." are no files for SQLite */
	const char *here = name[0] == ':' || !strncmp(name, "file:", 5) ? "./" : "";
	struct stat st;
	char link[40];
	int fd = -1;

	snprintf(out, PATH_MAX, "%s%s", here, name);
	if (lstat(name, &st) < 0 || !S_ISLNK(st.st_mode) ||
	    (fd = open(name, O_PATH | O_CLOEXEC)) < 0)
		return;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	if (!file_link(AT_FDCWD, link, out, PATH_MAX) || lstat(out, &st) < 0)
		snprintf(out, PATH_MAX, "%s%s", here, name);
	close(fd);
}

void
file_keep_only(int a, int b)
{
	unsigned lo = (unsigned)(a < b ? a : b), hi = (unsigned)(a < b ? b : a);

	if (lo > 0)
		syscall(SYS_close_range, 0u, lo - 1, 0u);
	if (hi > lo + 1)
		syscall(SYS_close_range, lo + 1, hi - 1, 0u);
	syscall(SYS_close_range, hi + 1, ~0u, 0u);
}

struct dirent *
file_next(DIR *d)
{
	bool taken = file_take_rights(dirfd(d), ""); /* /proc may hide others' processes */
	struct dirent *e = readdir(d);

	file_leave_rights(taken);
	return e;
}

int
file_new_begin(struct file_new *f, const char *path, bool replace)
{
	int n = snprintf(f->made, sizeof(f->made), replace ? "%s.XXXXXX" : "%s", path);

	if (n < 0 || (size_t)n >= sizeof(f->made)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	f->replace = replace;
	snprintf(f->path, sizeof(f->path), "%s", path);
	return replace ? mkostemp(f->made, O_CLOEXEC)
	               : open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
}

int
file_new_end(struct file_new *f, bool good)
{
	int error;

	if (good && (!f->replace || rename(f->made, f->path) == 0))
		return 0;
	error = errno;
	unlink(f->made);
	errno = error;
	return good ? -1 : 0;
}
