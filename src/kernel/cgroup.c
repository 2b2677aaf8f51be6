/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Version 1 first: if both are mounted, it has the memory controller. */
static const char *const cgroup_mounts[] = {"/sys/fs/cgroup/memory", "/sys/fs/cgroup",
                                            "/sys/fs/cgroup/unified"};

/* Depth first below `dir` (taken over); the path grows and shrinks with the walk. */
static bool
cgroup_search(int dir, uint64_t inode, struct buf *path)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;
	bool found = false;

	if (!d) {
		close(dir);
		return false;
	}
	while (!found && (e = readdir(d))) {
		size_t len = path->len;
		int sub;

		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		buf_fmt(path, "/%s", e->d_name);
		found = e->d_ino == inode;
		sub = found ? -1 : openat(dirfd(d), e->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (sub >= 0)
			found = cgroup_search(sub, inode, path);
		if (!found) {
			path->len = len;
			path->s[len] = '\0';
		}
	}
	closedir(d);
	return found;
}

bool
cgroup_path(uint64_t inode, struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(cgroup_mounts); i++) {
		struct buf path = {0};
		struct stat st;
		int dir = open(cgroup_mounts[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		bool found = dir >= 0 && fstat(dir, &st) == 0 && st.st_ino == inode;

		if (found) {
			buf_str(out, "/");
			close(dir);
			return true;
		}
		if (dir >= 0 && cgroup_search(dir, inode, &path)) {
			buf_str(out, path.s);
			found = true;
		}
		buf_free(&path);
		if (found)
			return true;
	}
	return false;
}
