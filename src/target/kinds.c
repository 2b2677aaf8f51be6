/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/kinds.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "kernel/kabi.h"

#define NR_MEMFD_SECRET 447 /* of some machines only, and so are the headers' words for it */

/* An answer of the helper about a file. */
struct kinds_node {
	uint64_t inode;
	uint32_t major, minor;
	bool known;
	struct file_node node;
};

/* --- the kernel's internal mounts, which are in no list --------------------------------------- */

/* Closes the descriptor. */
static void
kinds_learn_one(struct kinds *k, int fd, enum vma_type type, enum vma_behind behind)
{
	struct stat st;

	if (fd >= 0 && k->own_n < KINDS_OWN && fstat(fd, &st) == 0)
		k->own[k->own_n++] = (struct kinds_own){major(st.st_dev), minor(st.st_dev),
		                                        (uint8_t)type, (uint8_t)behind};
	if (fd >= 0)
		close(fd);
}

void
kinds_learn(struct kinds *k)
{
	/* huge pages of 16 KiB to 16 GiB; each size has a file system */
	enum { SMALLEST = 14, LARGEST = 34 };

	k->learnt = true;
	kinds_learn_one(k, memfd_create("pmtop", MFD_CLOEXEC), VMA_SHM, VMA_BEHIND_SHMEM);
	kinds_learn_one(k, memfd_create("pmtop", MFD_CLOEXEC | MFD_HUGETLB), VMA_HUGETLB,
	                VMA_BEHIND_SHMEM);
	for (unsigned size = SMALLEST; size <= LARGEST; size++)
		kinds_learn_one(
		    k, memfd_create("pmtop", MFD_CLOEXEC | MFD_HUGETLB | size << MAP_HUGE_SHIFT),
		    VMA_HUGETLB, VMA_BEHIND_SHMEM);
	kinds_learn_one(k, (int)syscall(NR_MEMFD_SECRET, O_CLOEXEC), VMA_SHM, VMA_BEHIND_SECRET);
}

static const struct kinds_own *
kinds_own_by_device(const struct kinds *k, const struct vma *v)
{
	for (size_t i = 0; i < k->own_n; i++)
		if (k->own[i].major == v->dev_major && k->own[i].minor == v->dev_minor)
			return &k->own[i];
	return NULL;
}

/* --- mounts ----------------------------------------------------------------------------------- */

static void
kinds_read_mounts(struct kinds *k, const struct proc *p)
{
	uint64_t begin = time_ns();
	int self = k->learnt ? open(PROC_ROOT "/self", O_PATH | O_DIRECTORY | O_CLOEXEC) : -1;
	int dir = proc_dir(p);

	mounts_free(&k->theirs);
	mounts_free(&k->ours);
	mounts_read(&k->theirs, dir);
	if (dir >= 0)
		close(dir);
	if (self >= 0) {
		mounts_read(&k->ours, self);
		close(self);
	}
	k->nodes_n = 0;
	k->read_ns = time_ns();
	k->cost_ns = k->read_ns - begin;
}

/* A hash that changes when other files are mapped. */
static uint64_t
kinds_devices_of(const struct vma_list *vmas)
{
	uint64_t sum = 1;

	for (size_t i = 0; i < vmas->n; i++)
		if (vma_has_file(&vmas->v[i]))
			sum = (sum ^ vmas->v[i].inode ^ (uint64_t)vmas->v[i].dev_major << 52 ^
			       (uint64_t)vmas->v[i].dev_minor << 32) * UINT64_C(0x9e3779b97f4a7c15);
	return sum;
}

/*
 * Reads the mounts again when other files are mapped, or the list was incomplete; for at most a
 * 50th of the time.
 */
static void
kinds_refresh_mounts(struct kinds *k, const struct proc *p, const struct vma_list *vmas)
{
	static const uint64_t least = UINT64_C(500000000);
	enum { SHARE = 50 };
	uint64_t seen = kinds_devices_of(vmas);

	if (k->read_ns && ((seen == k->seen && k->theirs.known) ||
	                   time_ns() - k->read_ns < u64_max(least, SHARE * k->cost_ns)))
		return;
	kinds_read_mounts(k, p);
	k->seen = seen;
}

/* --- one region ------------------------------------------------------------------------------- */

/* The context of kinds_judge. */
struct judge {
	struct kinds *k;
	struct helper *helper;
	const struct proc *p;
	const struct vma_list *vmas;
	int maps;
	size_t page_size;
};

static const struct kinds_node *
kinds_ask_node(const struct judge *j, const struct vma *v)
{
	struct kinds *k = j->k;
	struct kinds_node one = {.inode = v->inode, .major = v->dev_major, .minor = v->dev_minor};

	for (size_t i = 0; i < k->nodes_n; i++)
		if (k->nodes[i].inode == one.inode && k->nodes[i].major == one.major &&
		    k->nodes[i].minor == one.minor)
			return &k->nodes[i];
	one.known = j->helper && helper_node(j->helper, j->p, v, &one.node);
	k->nodes = vec_room(k->nodes, k->nodes_n, &k->nodes_cap, sizeof(*k->nodes));
	k->nodes[k->nodes_n] = one;
	return &k->nodes[k->nodes_n++];
}

/*
 * For a file on a mount we cannot see (in another namespace, or unmounted): its page size shows
 * whether it is in the hugetlb pool, from Linux 6.11 on.
 */
static bool
kinds_has_huge_pages(const struct judge *j, const struct vma *v)
{
	struct pm_procmap_query q = {.size = sizeof(q), .query_addr = v->start};

	return ioctl(j->maps, PM_IOC_QUERY, &q) == 0 && q.vma_page_size > j->page_size;
}

static void
kinds_set(struct vma *v, enum vma_type type, enum vma_behind behind)
{
	v->type = (uint8_t)type;
	v->behind = (uint8_t)behind;
}

/* A private mapping of /dev/zero is anonymous memory. */
static void
kinds_judge_device(struct vma *v, bool zero)
{
	if (v->perm & VMA_SHARED || !zero)
		kinds_set(v, VMA_DEVICE, VMA_BEHIND_UNKNOWN);
	else
		kinds_set(v, v->perm & (VMA_READ | VMA_WRITE | VMA_EXEC) ? VMA_ANON : VMA_RESERVE,
		          VMA_BEHIND_UNKNOWN);
}

/* false: that does not decide it. */
static bool
kinds_judge_node(const struct file_node *n, struct vma *v)
{
	enum { MEMORY_MAJOR = 1, ZERO_MINOR = 5, AIO_RING_MAGIC = 0xa10a10a1 };

	/* no file type: an anonymous inode of some part of the kernel */
	if (!(n->mode & S_IFMT)) {
		kinds_set(v, n->fs == AIO_RING_MAGIC ? VMA_KERNEL : VMA_DEVICE, VMA_BEHIND_UNKNOWN);
		return true;
	}
	if (S_ISCHR(n->mode)) {
		kinds_judge_device(v, n->dev_major == MEMORY_MAJOR && n->dev_minor == ZERO_MINOR);
		return true;
	}
	if (S_ISBLK(n->mode)) /* the page cache of a disk */
		kinds_set(v, VMA_FILE, VMA_BEHIND_UNKNOWN);
	else if (n->fs == HUGETLBFS_MAGIC)
		kinds_set(v, VMA_HUGETLB, VMA_BEHIND_UNKNOWN);
	else if (n->fs == TMPFS_MAGIC)
		kinds_set(v, VMA_SHM, VMA_BEHIND_TMPFS);
	else if (n->fs == RAMFS_MAGIC)
		kinds_set(v, VMA_SHM, VMA_BEHIND_RAMFS);
	else
		return false;
	return true;
}

/* The data of a program lies above its code: not worth asking the helper. */
static bool
kinds_is_program(const struct vma_list *vmas, const struct vma *v)
{
	for (const struct vma *at = v; at > vmas->v; at--) {
		const struct vma *below = at - 1;

		if (below->end != at->start || below->inode != v->inode ||
		    below->dev_major != v->dev_major || below->dev_minor != v->dev_minor)
			return false;
		if ((below->perm & (VMA_EXEC | VMA_WRITE)) == VMA_EXEC)
			return true;
	}
	return false;
}

/* A device may be in any directory, and a file in a directory of devices. */
static bool
kinds_may_be_device(const struct judge *j, const struct mount *m, const struct vma *v)
{
	switch ((enum mount_kind)m->kind) {
	case MOUNT_NODES: return true;
	case MOUNT_MEMORY:
	case MOUNT_RAMFS: return !(v->perm & VMA_SHARED);
	case MOUNT_DISK:
		return !(v->perm & VMA_SHARED) &&
		       (strstr(v->name, "/dev/") ||
		        (v->perm & VMA_WRITE && !kinds_is_program(j->vmas, v)));
	case MOUNT_REMOTE:
	case MOUNT_HUGETLB:
	case MOUNT_DRIVER: break;
	}
	return false;
}

static void
kinds_judge_mount(const struct judge *j, const struct mount *m, struct vma *v)
{
	const struct kinds_node *node = kinds_may_be_device(j, m, v) ? kinds_ask_node(j, v) : NULL;

	if (node && node->known && kinds_judge_node(&node->node, v))
		return;
	switch ((enum mount_kind)m->kind) {
	case MOUNT_DISK:
	case MOUNT_REMOTE: kinds_set(v, VMA_FILE, VMA_BEHIND_UNKNOWN); return;
	case MOUNT_MEMORY: kinds_set(v, VMA_SHM, VMA_BEHIND_TMPFS); return;
	case MOUNT_RAMFS: kinds_set(v, VMA_SHM, VMA_BEHIND_RAMFS); return;
	case MOUNT_HUGETLB: kinds_set(v, VMA_HUGETLB, VMA_BEHIND_UNKNOWN); return;
	case MOUNT_NODES: kinds_judge_device(v, !strcmp(v->name, "/dev/zero")); return;
	case MOUNT_DRIVER: kinds_set(v, VMA_DEVICE, VMA_BEHIND_UNKNOWN); return;
	}
}

/* On a device of no known mount. */
static void
kinds_judge_unknown(const struct judge *j, struct vma *v)
{
	const struct kinds_node *node;

	if (!j->k->own_n) { /* a fixture: the names must do */
		if (!strncmp(v->name, "/secretmem", strlen("/secretmem")))
			v->behind = VMA_BEHIND_SECRET;
		return;
	}
	node = kinds_ask_node(j, v);
	if (node->known && kinds_judge_node(&node->node, v))
		return;
	if (kinds_has_huge_pages(j, v))
		kinds_set(v, VMA_HUGETLB, VMA_BEHIND_UNKNOWN);
	/* a kernel-internal file would be on a known internal mount */
	else if (v->type != VMA_DEVICE && v->type != VMA_KERNEL)
		kinds_set(v, VMA_FILE, VMA_BEHIND_UNKNOWN);
}

/* The mount, of the process or of ours; NULL: of neither. */
static const struct mount *
kinds_mount_of(const struct kinds *k, const struct vma *v)
{
	const struct mount *m = mounts_by_device(&k->theirs, v->dev_major, v->dev_minor);

	return m ? m : mounts_by_device(&k->ours, v->dev_major, v->dev_minor);
}

static void
kinds_judge_one(const struct judge *j, struct vma *v)
{
	const struct kinds *k = j->k;
	const struct kinds_own *own = kinds_own_by_device(k, v);
	const struct mount *m;

	if (own) {
		kinds_set(v, (enum vma_type)own->type, (enum vma_behind)own->behind);
		return;
	}
	if (v->name[0] != '/')
		return; /* the kernel's own names are reliable: a file's begins with / */
	m = kinds_mount_of(k, v);
	if (m)
		kinds_judge_mount(j, m, v);
	else
		kinds_judge_unknown(j, v);
}

void
kinds_judge(struct kinds *k, struct helper *h, const struct proc *p, int maps,
            size_t page_size, struct vma_list *vmas)
{
	struct judge j = {k, h, p, vmas, maps, page_size};

	kinds_refresh_mounts(k, p, vmas);
	for (size_t i = 0; i < vmas->n; i++)
		if (vma_has_file(&vmas->v[i]))
			kinds_judge_one(&j, &vmas->v[i]);
}

bool
kinds_is_remote(const struct kinds *k, const struct vma *v)
{
	const struct mount *m = kinds_mount_of(k, v);

	return m ? m->kind == MOUNT_REMOTE : !k->theirs.known;
}

void
kinds_forget(struct kinds *k)
{
	mounts_free(&k->theirs);
	mounts_free(&k->ours);
	free(k->nodes);
	k->nodes = NULL;
	k->nodes_n = k->nodes_cap = 0;
	k->read_ns = 0;
}
