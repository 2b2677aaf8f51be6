/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "cache.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mounts.h"
#include "util.h"

/* Whether the file system asks somebody else for what it has; not known: rather not. */
static bool
is_remote(const struct proc *p, const struct vma *v)
{
	const struct mount *where;
	struct mounts m;
	bool remote;

	if (!mounts_read(&m, p))
		return true;
	where = mounts_by_device(&m, v->dev_major, v->dev_minor);
	remote = where && where->kind == MOUNT_REMOTE;
	mounts_free(&m);
	return remote;
}

static bool
is_file(int fd, const struct vma *v)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_ino == v->inode;
}

/*
 * The file behind the region: through map_files, which is exact and for root, or by its name as the
 * process sees it. O_PATH first: to open a device would be to use it.
 */
static int
open_file(const struct proc *p, const struct vma *v)
{
	struct buf name = {0};
	char self[40];
	int path, fd;

	buf_fmt(&name, "map_files/%llx-%llx", (unsigned long long)v->start, (unsigned long long)v->end);
	path = proc_file(p, name.s, O_PATH);
	if (!is_file(path, v) && v->name[0] == '/') {
		if (path >= 0)
			close(path);
		name.len = 0;
		buf_fmt(&name, "root%s", v->name);
		path = proc_file(p, name.s, O_PATH);
	}
	buf_free(&name);
	snprintf(self, sizeof(self), PROC_ROOT "/self/fd/%d", path);
	fd = is_file(path, v) ? open(self, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) : -1;
	if (path >= 0)
		close(path);
	return fd;
}

/* A page past the file's end is in no cache: who is told it is, is told nothing. */
static bool
is_told_truth(int fd, size_t page_size)
{
	struct stat st;
	unsigned char in = 1;
	off_t past;
	void *p;

	if (fstat(fd, &st) < 0)
		return false;
	past = (st.st_size + (off_t)page_size) & ~((off_t)page_size - 1);
	p = mmap(NULL, page_size, PROT_NONE, MAP_PRIVATE, fd, past);
	if (p == MAP_FAILED)
		return false;
	if (mincore(p, page_size, &in) < 0)
		in = 1;
	munmap(p, page_size);
	return !(in & 1);
}

bool
cache_open(struct cache *c, const struct proc *p, const struct vma *v, uint64_t start, uint64_t end,
           size_t page_size)
{
	int fd;

	*c = (struct cache){.start = start, .size = end - start};
	if (!p->live || !v->inode || start >= end || (v->type != VMA_FILE && v->type != VMA_SHM) ||
	    is_remote(p, v))
		return false;
	fd = open_file(p, v);
	if (fd >= 0 && is_told_truth(fd, page_size)) {
		void *at = mmap(NULL, c->size, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE, fd,
		                (off_t)(v->offset + (start - v->start)));

		c->at = at == MAP_FAILED ? NULL : at;
	}
	if (fd >= 0)
		close(fd);
	return c->at != NULL;
}

void
cache_close(struct cache *c)
{
	if (c->at)
		munmap(c->at, c->size);
	*c = (struct cache){0};
}

bool
cache_pages(const struct cache *c, uint64_t addr, unsigned char *in, size_t n, size_t page_size)
{
	uint64_t at = addr - c->start;

	return c->at && addr >= c->start && at + n * page_size <= c->size &&
	       mincore(c->at + at, n * page_size, in) == 0;
}
