/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_OTHERS_H
#define PM_OTHERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "kernel/pagemap.h"
#include "kernel/proc.h"
#include "kernel/vma.h"

/*
 * The other processes of the target's proc root, opened for a moment to read their page tables and
 * regions. Descriptors keep each one's identity: once it ends, reads return nothing.
 */
struct other {
	pid_t pid;
	pid_t tid;  /* the thread that shows its memory: pid, unless its main thread has ended */
	int leader; /* directory of pid */
	int dir;    /* directory of tid */
	struct pagemap pm;
	unsigned windows; /* read since the last pause */
};

struct other_name {
	pid_t parent;
	char comm[64]; /* not safe to print raw */
};

/*
 * The PIDs of all processes but the target, ascending: kernel threads and pmtop among them. The
 * caller frees them. -1 with err.
 */
int others_list(const struct proc *p, pid_t **pids, size_t *n, struct err *err);

/*
 * Opens its page tables, with the settings of `like`. false: it has ended or has no memory (a
 * kernel thread); or, with *refused, we may not, or it is silent (silent.h); or errno is a shortage
 * (file.h). true: there is a descriptor left for its regions or its name, too.
 */
bool other_open(struct other *o, const struct proc *p, pid_t pid, const struct pagemap *like,
                bool *refused);
void other_close(struct other *o);

/* As pagemap_words, without an error: 0 if it has ended. Pauses now and then for its mmap_lock. */
size_t other_words(struct other *o, uint64_t addr, uint64_t *words, size_t n);

/* Its regions, with types by name alone. false: none, it has ended. */
bool other_regions(const struct other *o, struct vma_list *out);
bool other_name(const struct other *o, struct other_name *out);

/*
 * Whether two threads use one address space (kcmp). OTHERS_SAME: they do; OTHERS_LESS and
 * OTHERS_MORE: not, and the order is that of all address spaces.
 */
enum others_order { OTHERS_LESS, OTHERS_SAME, OTHERS_MORE, OTHERS_UNKNOWN };
enum others_order others_compare(const struct proc *p, pid_t a, pid_t b);

/*
 * Whether KSM may have merged pages, of whatever process. It merges none in its first scan, which
 * only notes their contents.
 */
bool others_merge(void);

#endif
