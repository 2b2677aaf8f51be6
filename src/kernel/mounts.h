/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_MOUNTS_H
#define PM_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The mounts a process sees (/proc/PID/mountinfo, Documentation/filesystems/proc.rst 3.5). The
 * device is the file system's, the number that maps has too; stat's may be another (btrfs). To read
 * the list asks no file system anything, so that none can keep us waiting.
 */
enum mount_kind {
	MOUNT_DISK,    /* files that are elsewhere than in memory; also all that is not known */
	MOUNT_REMOTE,  /* somebody else has them: a server, which may be slow or gone */
	MOUNT_MEMORY,  /* files that are in memory, or in swap, and nowhere else */
	MOUNT_RAMFS,   /* the same, and never in swap */
	MOUNT_HUGETLB, /* the same, in pages of the hugetlb pool */
	MOUNT_NODES,   /* mostly devices; what else is there is in memory */
	MOUNT_DRIVER,  /* no files but the kernel's own: what can be mapped is a driver's */
};

struct mount {
	uint64_t id; /* mnt_id of fdinfo, stx_mnt_id of statx */
	uint32_t dev_major, dev_minor;
	uint8_t kind;       /* enum mount_kind */
	const char *type;   /* "ext4", "fuse.sshfs" */
	const char *point;  /* where, as the process has it. Neither is safe to print raw */
};

struct mounts {
	struct mount *v; /* ascending by device */
	size_t n, cap;
	char *text;      /* what the names point into; owned */
	bool known;      /* the list was read, and whole */
};

/*
 * Parses the text of a mountinfo file; takes `text` (malloc'ed, NUL-terminated) over. Lines that
 * are not understood are left out, and then the list is not known to be whole.
 */
void mounts_parse(struct mounts *m, char *text);

/*
 * Reads those of a process; dir: its folder in a proc root. false: they cannot be read, and there
 * are none.
 */
bool mounts_read(struct mounts *m, int dir);
void mounts_free(struct mounts *m);

/* A mount of the file system, or NULL: the one at /dev if there is one. */
const struct mount *mounts_by_device(const struct mounts *m, uint32_t major, uint32_t minor);

/* The mount with this number, or NULL. */
const struct mount *mounts_by_id(const struct mounts *m, uint64_t id);

#endif
