/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MOUNTS_H
#define PM_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The mounts a process sees (/proc/PID/mountinfo, Documentation/filesystems/proc.rst 3.5). The
 * device is that of the file system, as in maps; stat may report another (btrfs). Reading the list
 * calls no file system, so none can block us.
 */
enum mount_kind {
	MOUNT_DISK,    /* files that are not only in memory; also everything not known */
	MOUNT_REMOTE,  /* files of a server, which may be slow or gone */
	MOUNT_MEMORY,  /* files that are only in memory or swap */
	MOUNT_RAMFS,   /* the same, never in swap */
	MOUNT_HUGETLB, /* the same, in pages of the hugetlb pool */
	MOUNT_NODES,   /* mostly devices; other files are in memory */
	MOUNT_DRIVER,  /* only the kernel's own files: mappings are a driver's */
};

struct mount {
	uint64_t id; /* mnt_id of fdinfo, stx_mnt_id of statx */
	uint32_t dev_major, dev_minor;
	uint8_t kind;       /* enum mount_kind */
	const char *type;   /* "ext4", "fuse.sshfs" */
	const char *point;  /* as the process sees it. Neither is safe to print raw */
};

struct mounts {
	struct mount *v; /* ascending by device */
	size_t n, cap;
	char *text;      /* what the names point into; owned */
	bool known;      /* the list was read completely */
};

/*
 * Parses the text of a mountinfo file; takes over `text` (malloc'ed, NUL-terminated). Leaves out
 * lines that it does not understand; then the list is not `known`.
 */
void mounts_parse(struct mounts *m, char *text);

/*
 * Reads those of a process; dir: its directory in a proc root. false: not readable, the list is
 * empty.
 */
bool mounts_read(struct mounts *m, int dir);

/* The same from an open mountinfo file, from its start. */
bool mounts_read_file(struct mounts *m, int fd);
void mounts_free(struct mounts *m);

/* A mount of the file system, preferably at /dev; NULL: none. */
const struct mount *mounts_by_device(const struct mounts *m, uint32_t major, uint32_t minor);

/* The mount with this number, or NULL. */
const struct mount *mounts_by_id(const struct mounts *m, uint64_t id);

#endif
