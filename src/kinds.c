/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kinds.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kabi.h"
#include "util.h"

/* A device of no mount we know of. */
struct kinds_page {
	uint32_t major, minor;
	bool huge;
};

/* --- the kernel's own file systems, which no list of mounts has ------------------------------------------ */

/* Takes the descriptor over. */
static void
learn(struct kinds *k, int fd, enum vma_type type, enum vma_behind behind)
{
	struct stat st;

	if (fd >= 0 && k->own_n < KINDS_OWN && fstat(fd, &st) == 0)
		k->own[k->own_n++] = (struct kinds_own){major(st.st_dev), minor(st.st_dev), (uint8_t)type, (uint8_t)behind};
	if (fd >= 0)
		close(fd);
}

void
kinds_learn(struct kinds *k)
{
	enum { SMALLEST = 14, LARGEST = 34 }; /* huge pages of 16 KiB to 16 GiB; each size has a file system */

	learn(k, memfd_create("pmtop", MFD_CLOEXEC), VMA_SHM, VMA_BEHIND_SHMEM);
	learn(k, memfd_create("pmtop", MFD_CLOEXEC | MFD_HUGETLB), VMA_HUGETLB, VMA_BEHIND_SHMEM);
	for (unsigned size = SMALLEST; size <= LARGEST; size++)
		learn(k, memfd_create("pmtop", MFD_CLOEXEC | MFD_HUGETLB | size << MAP_HUGE_SHIFT), VMA_HUGETLB,
		      VMA_BEHIND_SHMEM);
	learn(k, (int)syscall(SYS_memfd_secret, O_CLOEXEC), VMA_SHM, VMA_BEHIND_SECRET);
}

static const struct kinds_own *
own_by_device(const struct kinds *k, const struct vma *v)
{
	for (size_t i = 0; i < k->own_n; i++)
		if (k->own[i].major == v->dev_major && k->own[i].minor == v->dev_minor)
			return &k->own[i];
	return NULL;
}

/* --- mounts ------------------------------------------------------------------------------------------ */

static void
read_mounts(struct kinds *k, const struct proc *p)
{
	uint64_t begin = time_ns();
	int self = p->live ? open(PROC_ROOT "/self", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;

	mounts_free(&k->theirs);
	mounts_free(&k->ours);
	mounts_read(&k->theirs, p->dir);
	if (self >= 0) {
		mounts_read(&k->ours, self);
		close(self);
	}
	k->pages_n = 0;
	k->read_ns = time_ns();
	k->cost_ns = k->read_ns - begin;
}

/* A number that changes when other files are mapped. */
static uint64_t
devices_of(const struct vma_list *vmas)
{
	uint64_t sum = 1;

	for (size_t i = 0; i < vmas->n; i++)
		if (vma_has_file(&vmas->v[i]))
			sum = (sum ^ vmas->v[i].inode ^ (uint64_t)vmas->v[i].dev_major << 52 ^
			       (uint64_t)vmas->v[i].dev_minor << 32) * UINT64_C(0x9e3779b97f4a7c15);
	return sum;
}

/* Long lists are read less often: their reading stays below a 50th of the time. */
static void
refresh_mounts(struct kinds *k, const struct proc *p, const struct vma_list *vmas)
{
	static const uint64_t least = UINT64_C(500000000);
	enum { SHARE = 50 };
	uint64_t seen = devices_of(vmas);

	if (k->read_ns && (seen == k->seen || time_ns() - k->read_ns < u64_max(least, SHARE * k->cost_ns)))
		return;
	read_mounts(k, p);
	k->seen = seen;
}

/* --- one region ---------------------------------------------------------------------------------------- */

/*
 * Of a file on a mount that nobody shows us (another namespace's, or taken away since), the size of its
 * pages says whether they are of the hugetlb pool. Linux 6.11 tells.
 */
static bool
has_huge_pages(struct kinds *k, int maps, const struct vma *v)
{
	struct pm_procmap_query q = {.size = sizeof(q), .query_addr = v->start};
	struct kinds_page one = {.major = v->dev_major, .minor = v->dev_minor};

	for (size_t i = 0; i < k->pages_n; i++)
		if (k->pages[i].major == one.major && k->pages[i].minor == one.minor)
			return k->pages[i].huge;
	one.huge = ioctl(maps, PM_IOC_QUERY, &q) == 0 && q.vma_page_size > (uint64_t)sysconf(_SC_PAGESIZE);
	k->pages = vec_room(k->pages, k->pages_n, &k->pages_cap, sizeof(*k->pages));
	k->pages[k->pages_n++] = one;
	return one.huge;
}

/* Privately, /dev/zero is anonymous memory: the kernel forgets the file. */
static void
judge_node(struct vma *v)
{
	if (v->perm & VMA_SHARED || strcmp(v->name, "/dev/zero"))
		v->type = VMA_DEVICE;
	else
		v->type = v->perm & (VMA_READ | VMA_WRITE | VMA_EXEC) ? VMA_ANON : VMA_RESERVE;
}

static void
judge_mount(const struct mount *m, struct vma *v)
{
	switch ((enum mount_kind)m->kind) {
	case MOUNT_DISK:
	case MOUNT_REMOTE: v->type = VMA_FILE; return;
	case MOUNT_MEMORY:
		v->type = VMA_SHM;
		v->behind = VMA_BEHIND_TMPFS;
		return;
	case MOUNT_RAMFS:
		v->type = VMA_SHM;
		v->behind = VMA_BEHIND_RAMFS;
		return;
	case MOUNT_HUGETLB: v->type = VMA_HUGETLB; return;
	case MOUNT_NODES: judge_node(v); return;
	case MOUNT_DRIVER: v->type = VMA_DEVICE; return;
	}
}

static void
judge(struct kinds *k, int maps, struct vma *v)
{
	const struct kinds_own *own = own_by_device(k, v);
	const struct mount *m = own ? NULL : mounts_by_device(&k->theirs, v->dev_major, v->dev_minor);

	if (own) {
		v->type = own->type;
		v->behind = own->behind;
		return;
	}
	if (v->name[0] != '/')
		return; /* what the kernel calls so is so: a file's name begins with / */
	if (!m)
		m = mounts_by_device(&k->ours, v->dev_major, v->dev_minor);
	if (m)
		judge_mount(m, v);
	else if (k->own_n) /* whatever has the name of the kernel's own would be on a device of its own */
		v->type = has_huge_pages(k, maps, v) ? VMA_HUGETLB : v->type == VMA_DEVICE ? VMA_DEVICE : VMA_FILE;
	else if (!strncmp(v->name, "/secretmem", strlen("/secretmem")))
		v->behind = VMA_BEHIND_SECRET;
}

void
kinds_judge(struct kinds *k, const struct proc *p, int maps, struct vma_list *vmas)
{
	refresh_mounts(k, p, vmas);
	for (size_t i = 0; i < vmas->n; i++)
		if (vma_has_file(&vmas->v[i]))
			judge(k, maps, &vmas->v[i]);
}

bool
kinds_is_remote(const struct kinds *k, const struct vma *v)
{
	const struct mount *m = mounts_by_device(&k->theirs, v->dev_major, v->dev_minor);

	if (!m)
		m = mounts_by_device(&k->ours, v->dev_major, v->dev_minor);
	return m ? m->kind == MOUNT_REMOTE : !k->theirs.known;
}

void
kinds_forget(struct kinds *k)
{
	mounts_free(&k->theirs);
	mounts_free(&k->ours);
	free(k->pages);
	k->pages = NULL;
	k->pages_n = k->pages_cap = 0;
	k->read_ns = 0;
}
