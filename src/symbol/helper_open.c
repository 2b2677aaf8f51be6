/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The only way to open a file of the target. The target chose its name, and by now it may be a
 * device that an open would trigger, a FIFO that blocks for a writer, or a link to another user's
 * file. So it is examined through an O_PATH descriptor, which opens nothing, and opened only if it
 * is a regular file and the one that is mapped.
 */
#include "symbol/helper_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/util.h"
#include "kernel/mounts.h"

#ifndef OVERLAYFS_SUPER_MAGIC
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#endif

/* Kernel-made files look regular, but reading some has side effects. */
static bool
helper_is_kernels(const struct statfs *fs)
{
	static const unsigned long kinds[] = {
	    PROC_SUPER_MAGIC, SYSFS_MAGIC,        DEBUGFS_MAGIC,       TRACEFS_MAGIC,
	    SECURITYFS_MAGIC, CGROUP_SUPER_MAGIC, CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC};

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if ((unsigned long)fs->f_type == kinds[i])
			return true;
	return false;
}

/*
 * overlayfs reports an inode number combined with its layer number in the high bits; maps has it
 * without (before 6.8).
 */
static bool
helper_is_inode(const struct stat *st, const struct statfs *fs, uint64_t inode)
{
	return st->st_ino == inode ||
	       ((unsigned long)fs->f_type == OVERLAYFS_SUPER_MAGIC &&
	        (uint32_t)st->st_ino == (uint32_t)inode);
}

static bool
helper_is_regular(int fd, struct stat *st, struct statfs *fs)
{
	if (fstat(fd, st) < 0 || !S_ISREG(st->st_mode))
		return false;
	/* fall back to no type: only kernel-made files and overlayfs depend on it */
	if (fstatfs(fd, fs) < 0)
		*fs = (struct statfs){0};
	return !helper_is_kernels(fs);
}

static bool
helper_is_file(int fd, const struct helper_ask *ask)
{
	struct statfs fs;
	struct stat st;

	return helper_is_regular(fd, &st, &fs) && helper_is_inode(&st, &fs, ask->inode);
}

/* The kernel's own link to the very file, for those permitted to follow it. */
static int
helper_find_by_mapping(const struct helper_map *map)
{
	char path[64];

	snprintf(path, sizeof(path), "map_files/%llx-%llx", (unsigned long long)map->start,
	         (unsigned long long)map->end);
	return openat(HELPER_DIR, path, O_PATH | O_CLOEXEC);
}

/*
 * Whether it is on the device that maps names: by its mount, since stat reports btrfs subvolumes
 * with device numbers of their own. Before Linux 6.8 maps names the file below an overlayfs: there
 * the inode must suffice.
 */
static bool
helper_is_on_device(int fd, const struct helper_ask *ask)
{
	const struct mount *mount;
	const struct mounts *mounts;
	struct statx st;

	if (statx(fd, "", AT_EMPTY_PATH | AT_NO_AUTOMOUNT, STATX_MNT_ID, &st) < 0 ||
	    !(st.stx_mask & STATX_MNT_ID) || !(mounts = helper_mounts()))
		return false;
	mount = mounts_by_id(mounts, st.stx_mnt_id);
	return mount &&
	       ((mount->dev_major == ask->dev_major && mount->dev_minor == ask->dev_minor) ||
	        !strcmp(mount->type, "overlay"));
}

/*
 * maps gives names from our root, as the link to the target's root does: returns the part below
 * that root.
 */
static const char *
helper_below_root(const char *name)
{
	char root[PATH_MAX];
	ssize_t n = readlinkat(HELPER_DIR, "root", root, sizeof(root));
	bool begins = n > 1 && n < (ssize_t)sizeof(root) && !strncmp(name, root, (size_t)n);

	return begins && name[n] == '/' ? name + n : name;
}

/*
 * By its name as the target sees it, confined to the target's root. `ours`: who may not follow the
 * link to that looks below its own root; what is there may be another file.
 */
static int
helper_find_path(const char *name, bool ours)
{
	struct open_how how = {.flags = O_PATH | O_CLOEXEC,
	                       .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	int root = openat(HELPER_DIR, "root", O_PATH | O_DIRECTORY | O_CLOEXEC), fd;

	if (root < 0 && ours && errno == EACCES)
		root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -1;
	fd = (int)syscall(SYS_openat2, root, helper_below_root(name), &how, sizeof(how));
	close(root);
	return fd;
}

static int
helper_find_by_name(const struct helper_ask *ask, const char *name)
{
	int fd = helper_find_path(name, true);

	if (fd >= 0 && helper_is_on_device(fd, ask))
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}

/*
 * maps writes a newline as \012, but a name may also contain those four characters. false: neither
 * occurs.
 */
static bool
helper_unescape(const char *name, char *out)
{
	bool any = false;

	for (; *name; out++) {
		bool newline = !strncmp(name, "\\012", 4);

		*out = newline ? '\n' : *name;
		name += newline ? 4 : 1;
		any |= newline;
	}
	*out = '\0';
	return any;
}

static int
open_again(int path)
{
	enum { HOW = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY };
	char self[40];
	int fd;

	snprintf(self, sizeof(self), PROC_ROOT "/self/fd/%d", path);
	/* permitted to the owner: leave no trace in the access time */
	fd = open(self, HOW | O_NOATIME);
	return fd < 0 ? open(self, HOW) : fd;
}

static int
open_found(int path, const struct helper_ask *ask)
{
	int fd = path >= 0 && helper_is_file(path, ask) ? open_again(path) : -1;

	if (path >= 0)
		close(path);
	return fd;
}

static bool
helper_stat_at(int path, const struct helper_ask *ask, struct file_node *out)
{
	struct statfs fs = {0};
	struct stat st;
	bool ok = path >= 0 && fstat(path, &st) == 0;

	if (ok && fstatfs(path, &fs) < 0)
		fs = (struct statfs){0};
	ok = ok && helper_is_inode(&st, &fs, ask->inode);
	if (ok)
		*out = (struct file_node){st.st_mode, major(st.st_rdev), minor(st.st_rdev),
		                          (unsigned long)fs.f_type};
	if (path >= 0)
		close(path);
	return ok;
}

bool
helper_stat(const struct helper_ask *ask, struct file_node *out)
{
	return helper_stat_at(helper_find_by_mapping(&ask->map), ask, out) ||
	       (ask->name[0] && helper_stat_at(helper_find_by_name(ask, ask->name), ask, out));
}

uint64_t
helper_id_of(int fd)
{
	struct stat st;
	uint64_t h = 0, parts[6];

	if (fstat(fd, &st) < 0)
		return 0;
	parts[0] = st.st_dev;
	parts[1] = st.st_ino;
	parts[2] = (uint64_t)st.st_size;
	parts[3] = (uint64_t)st.st_ctim.tv_sec;
	parts[4] = (uint64_t)st.st_ctim.tv_nsec;
	parts[5] = 1;
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		h = (h ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return h ? h : 1;
}

uint64_t
helper_id(const struct helper_map *map)
{
	int fd = helper_find_by_mapping(map);
	uint64_t id = fd < 0 ? 0 : helper_id_of(fd);

	if (fd >= 0)
		close(fd);
	return id;
}

int
helper_open(const struct helper_ask *ask)
{
	int fd = open_found(helper_find_by_mapping(&ask->map), ask);
	char name[PATH_MAX];

	if (fd < 0 && ask->name[0])
		fd = open_found(helper_find_by_name(ask, ask->name), ask);
	if (fd < 0 && ask->name[0] && helper_unescape(ask->name, name))
		fd = open_found(helper_find_by_name(ask, name), ask);
	return fd;
}

int
helper_open_path(const char *path)
{
	int found = helper_find_path(path, false), fd;
	struct statfs fs;
	struct stat st;

	if (found < 0)
		return -1;
	fd = helper_is_regular(found, &st, &fs) ? open_again(found) : -1;
	close(found);
	return fd;
}

/* The last number of "NSpid:", and the second of "Uid:" in the target's status. */
static bool
helper_read_status(unsigned long *pid, unsigned long *uid)
{
	int fd = openat(HELPER_DIR, "status", O_RDONLY | O_CLOEXEC);
	ssize_t got;
	char text[4096];
	const char *ids, *end;

	if (fd < 0)
		return false;
	got = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[got > 0 ? got : 0] = '\0';
	ids = strstr(text, "\nUid:");
	if (!ids || sscanf(ids, "\nUid: %*u %lu", uid) != 1)
		return false;
	ids = strstr(text, "\nNSpid:");
	if (!ids)
		return false;
	end = ids + 1 + strcspn(ids + 1, "\n");
	while (end[-1] != '\t' && end[-1] != ' ' && end[-1] != ':')
		end--;
	return sscanf(end, "%lu", pid) == 1;
}

int
helper_open_perf_map(void)
{
	enum { SIZE_MAX_MAP = 64 << 20 };
	unsigned long pid, uid;
	struct stat st;
	char path[48];
	int fd;

	if (!helper_read_status(&pid, &uid))
		return -1;
	snprintf(path, sizeof(path), "/tmp/perf-%lu.map", pid);
	fd = helper_open_path(path);
	if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_uid == uid || st.st_uid == 0) &&
	    st.st_size <= SIZE_MAX_MAP)
		return fd;
	if (fd >= 0)
		close(fd);
	return -1;
}
