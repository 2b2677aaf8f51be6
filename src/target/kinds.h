/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_KINDS_H
#define PM_KINDS_H

#include "kernel/mounts.h"
#include "kernel/proc.h"
#include "kernel/vma.h"
#include "symbol/helper.h"

/*
 * The kind of memory behind a mapped file: by the device in maps, not by the file, and not by its
 * name alone, because any directory may be called /dev/shm. The device belongs to a mount of the
 * process (or of ours: a file may come from another namespace), or to one of the kernel's internal
 * mounts, found with files of our own there. Where devices and files mix, or the mount is not
 * known, the helper calls stat. Otherwise the name decides.
 */
enum { KINDS_OWN = 32 };

struct kinds {
	struct kinds_own {
		uint32_t major, minor;
		uint8_t type, behind; /* enum vma_type, enum vma_behind */
	} own[KINDS_OWN];
	size_t own_n;
	bool learnt; /* kinds_learn was called: our mounts may be the target's, too */
	struct mounts theirs, ours;
	uint64_t read_ns, cost_ns; /* when the mounts were read, and how long it took */
	uint64_t seen;             /* a hash of the devices then: it changes with the mounts */
	struct kinds_node *nodes;  /* answers of the helper, one per file */
	size_t nodes_n, nodes_cap;
};

/* Finds the kernel's internal mounts; only if the target is a process of this kernel. */
void kinds_learn(struct kinds *k);

/*
 * Sets `type` and `behind` of all regions. maps: the descriptor they were read from; h: NULL if no
 * file may be accessed.
 */
void kinds_judge(struct kinds *k, struct helper *h, const struct proc *p, int maps,
                 size_t page_size, struct vma_list *vmas);

/* Whether the file of a region is on a server, which may not answer; true if not known. */
bool kinds_is_remote(const struct kinds *k, const struct vma *v);

/* Frees and resets what depends on the address space: after exec, and at the end. */
void kinds_forget(struct kinds *k);

#endif
