/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILE_H
#define PM_FILE_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * Files by their names: of the target in its proc root, of the person in their folders. Whatever
 * stands there may be another thing, put there by others: a pipe that nobody fills, a device, a
 * file without end. So one function opens, regular files alone and without waiting, and what is
 * read has a bound.
 */
enum {
	FILE_ODD = EMEDIUMTYPE, /* errno: it is no regular file (err_sys has words for it) */
	FILE_MOST = 256 << 20,  /* bytes of one read whole; what the kernel makes has no bound */
};

static inline bool
file_is_odd(int error)
{
	return error == FILE_ODD || error == EISDIR;
}

/* What fails for a shortage of descriptors or memory tells nothing of the file. */
static inline bool
file_is_shortage(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOMEM;
}

/*
 * As openat, closed on exec. -1 with errno; FILE_ODD, or EISDIR, if it is no regular file.
 * O_NOFOLLOW: a symbolic link is none either. Folders (O_DIRECTORY) and mere handles (O_PATH) are
 * opened as they are.
 */
int file_open(int dir, const char *name, int flags);

/*
 * Read a whole file from where it stands; appends to `b`. 0, or -1 with errno: EFBIG past
 * FILE_MOST.
 */
int file_read_all(int fd, struct buf *b);

/*
 * Whether what is left of a file may be read to its end, as file_read_all does; false with EFBIG.
 */
bool file_fits(int fd);

/*
 * The beginning of a small file in a folder, NUL-terminated. false: it cannot be read, or is empty.
 */
bool file_read_small(int dir, const char *name, char *out, size_t size);

/*
 * A file of that name for its owner alone, written anew: where none was, or beside the one it is to
 * `replace`, which is whole at any moment. No link is followed. Begin returns a descriptor, or -1
 * with errno; end puts the file in its place if it is `good`, and away if not: 0, or -1 with errno.
 * The descriptor stays the caller's.
 */
struct file_new {
	bool replace;
	char path[PATH_MAX], made[PATH_MAX];
};
int file_new_begin(struct file_new *f, const char *path, bool replace);
int file_new_end(struct file_new *f, bool good);

#endif
