/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KINDS_H
#define PM_KINDS_H

#include "kernel/mounts.h"
#include "kernel/proc.h"
#include "kernel/vma.h"
#include "symbol/helper.h"

/*
 * What kind of memory a mapping of a file is: asked of the device that maps names, never of the
 * file, and never of its name alone, for anybody may call a folder /dev/shm. The device is that of
 * a mount of the process's (or of ours: a file may come from another namespace), or of one that the
 * kernel keeps to itself, learnt from files of our own there. Where both devices and files may be,
 * or nobody knows the mount, the helper looks. What is left is what its name says.
 */
enum { KINDS_OWN = 32 };

struct kinds {
	struct kinds_own {
		uint32_t major, minor;
		uint8_t type, behind; /* enum vma_type, enum vma_behind */
	} own[KINDS_OWN];
	size_t own_n;
	bool learnt; /* of the running kernel, whose mounts of ours may be the target's, too */
	struct mounts theirs, ours;
	uint64_t read_ns, cost_ns; /* when the mounts were read, and what it took */
	uint64_t seen;             /* of the devices then: when others come, mounts may have */
	struct kinds_node *nodes;  /* what the helper was asked about, once each */
	size_t nodes_n, nodes_cap;
};

/* What the kernel keeps to itself; only where the target is a process of this kernel. */
void kinds_learn(struct kinds *k);

/*
 * Sets type and `behind` of all regions. maps: the descriptor they were read from; h: NULL if no
 * file may be asked about.
 */
void kinds_judge(struct kinds *k, struct helper *h, const struct proc *p, int maps,
                 size_t page_size, struct vma_list *vmas);

/* Whether a server has the file of a region, which may be slow or gone; not known: rather so. */
bool kinds_is_remote(const struct kinds *k, const struct vma *v);

/* After exec, or for good. */
void kinds_forget(struct kinds *k);

#endif
