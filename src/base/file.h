/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILE_H
#define PM_FILE_H

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * Opening files by name: the target's in its proc root, the user's in their directories. Others may
 * have put anything there: a FIFO without a writer, a device, an endless file. So this is the only
 * file that opens by name: regular files only, without blocking, and reads are bounded. What is
 * opened in a directory of the kernel's /proc is opened with the capabilities that it takes
 * (rights.h), and nothing else is.
 */
enum {
	/* errno, as err_sys words it: not a regular file; larger than FILE_MOST */
	FILE_ODD = EMEDIUMTYPE,
	FILE_HUGE = EXFULL,
	/* largest file read whole, in bytes; kernel-made files are exempt */
	FILE_MOST = 256 << 20,
};

static inline bool
file_is_odd(int error)
{
	return error == FILE_ODD || error == EISDIR;
}

/* The failure is a shortage of descriptors or memory and says nothing about the file. */
static inline bool
file_is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/*
 * Like openat, close-on-exec. -1 sets errno: FILE_ODD or EISDIR if it is not a regular file; with
 * O_NOFOLLOW a symbolic link is not one either. Directories (O_DIRECTORY) and O_PATH handles skip
 * the check.
 */
int file_open(int dir, const char *name, int flags);

/*
 * Reads from the current offset to the end and appends to `b`. 0, or -1 with errno: FILE_HUGE
 * beyond FILE_MOST.
 */
int file_read_all(int fd, struct buf *b);

/*
 * Appends what one read returns; *all, 0 at first, sums up. 1; 0: the end; -1 as file_read_all.
 */
int file_read_some(int fd, struct buf *b, size_t *all);

/* Whether the rest of a file is small enough for file_read_all; false sets errno to FILE_HUGE. */
bool file_fits(int fd);

/*
 * Reads the beginning of a small file in a directory, NUL-terminated. false: unreadable or empty.
 */
bool file_read_small(int dir, const char *name, char *out, size_t size);

/* Writes all of it, by as many writes as it takes. false: not all, and errno says why. */
bool file_write_all(int fd, const void *data, size_t len);

/*
 * Before anything is written to a standard file: if that is a pipe which does not wait for its
 * reader (O_NONBLOCK), `fd` becomes a description of our own which does. Whoever shares the old one
 * keeps it as it is. A pipe that may not be opened, and a socket, stay.
 */
void file_make_wait(int fd);

/* Where a symbolic link in a directory leads, NUL-terminated; its length, 0 if not known. */
size_t file_link(int dir, const char *name, char *out, size_t size);

/*
 * Where a file of the user's is, if `name` is a symbolic link to it; else `name` itself. The kernel
 * follows the link, so that it can refuse what others left in a shared directory. SQLite takes it
 * for a file, whatever its name. `out` has PATH_MAX bytes.
 */
void file_follow(const char *name, char *out);

/* After a fork: keeps those two descriptors, as another one may keep something from ending. */
void file_keep_only(int a, int b);

/* As readdir. */
struct dirent *file_next(DIR *d);

/*
 * Creates a file that only its owner can read. Without `replace` the name must not exist; with it,
 * a temporary file beside the old one is renamed over it, so that a complete file is there at any
 * moment. Symbolic links are not followed. Begin returns a descriptor, or -1 with errno; the caller
 * closes it. End publishes the file if it is `good` and removes it if not: 0, or -1 with errno.
 */
struct file_new {
	bool replace;
	char path[PATH_MAX], made[PATH_MAX];
};
int file_new_begin(struct file_new *f, const char *path, bool replace);
int file_new_end(struct file_new *f, bool good);

#endif
