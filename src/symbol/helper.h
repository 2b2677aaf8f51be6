/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_H
#define PM_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/proc.h"
#include "kernel/vma.h"

/*
 * The helper: a process of ours that touches the files a target has mapped, so that pmtop never
 * does. An open, a stat or a read of such a file may take for ever (a FUSE server that hangs leaves
 * the caller where no signal reaches it), and what is in it was written to be misread as likely as
 * not. So each question has a deadline, and a helper that is late or dies is killed, never waited
 * for, and another is started for the next question. A file that made helpers late four times, or a
 * file system that did it eight times, is not asked about again.
 *
 * It is this very program, executed again from /proc/self/exe. Who asks has threads, and what a
 * fork of them may do before an exec is next to nothing; a process forked before there were threads
 * would need one more to look after it. An exec also leaves behind our memory, which is no business
 * of a misread file, and makes a limit on memory mean what it says. It costs some milliseconds,
 * once.
 *
 * Each target has its own, started by the first question: it holds the target's directory in /proc,
 * and a PID that was given away again means nothing to it. One thread at a time may ask.
 */
struct helper;

/* First thing in main: is the helper, and does not return, if this process was started as one. */
void helper_main(int argc, char **argv);

struct helper *helper_new(void);  /* starts nothing yet */
void helper_free(struct helper *h);

/* What lies behind a mapping that has a name: a device, a file, and on which file system. */
struct file_node {
	uint32_t mode;                   /* as st_mode */
	uint32_t dev_major, dev_minor;   /* of a device: which */
	uint64_t fs;                     /* as f_type of statfs; 0: not told */
};

/* Looks at it, and opens nothing. false: nothing could be learnt. */
bool helper_node(struct helper *h, const struct proc *p, const struct vma *v,
                 struct file_node *out);

/*
 * Whether the last question found no answer in time, or was not asked because others of that file
 * had not.
 */
bool helper_is_late(const struct helper *h);

/* What the files behind mappings say of their pages. */
enum { FILE_PAGES = 1 << 16 };
enum file_ask { FILE_ASK_RESIDENT = 1, FILE_ASK_DATA = 2, FILE_ASK_SWAPPED = 4 };

struct file_pages {
	uint64_t start, end;    /* addresses; of the rest, if end is lower, ask again */
	uint64_t size;          /* of the file, in bytes */
	unsigned known;         /* enum file_ask: which of these could be learnt */
	uint64_t resident[FILE_PAGES / 64]; /* bit i: page i from start on is in the page cache */
	uint64_t data[FILE_PAGES / 64];     /* it has data; in shared memory, resident or in swap */
	uint64_t swapped[FILE_PAGES / 64];  /* of shared memory: in swap, perhaps cached, too */
};

/*
 * Asks about the pages of [start, end), which lies in region v of p. Nothing is read, faulted in or
 * counted as used. Of files of others the kernel calls every page resident: then that is not known.
 * false: nothing could be learnt of the file.
 */
bool helper_pages(struct helper *h, const struct proc *p, const struct vma *v, uint64_t start,
                  uint64_t end, unsigned needs, struct file_pages *out);

/*
 * The symbol at addr, by the file that v maps there, or maps right below (.bss goes on behind the
 * file's last mapping): of the instance of the file that is loaded there whole, and not of a copy
 * that was mapped to be read. `vmas` are all of p. false: there is none, or it is not known.
 */
enum { SYMBOL_NAME_MAX = 512, SYMBOL_DEMANGLED_MAX = 2048 };
struct helper_symbol {
	uint64_t offset; /* of addr in it */
	char name[SYMBOL_NAME_MAX]; /* from the file: not safe to print raw */
	char demangled[SYMBOL_DEMANGLED_MAX]; /* neither is this; "": it says nothing else */
};
bool helper_symbol(struct helper *h, const struct proc *p, const struct vma_list *vmas,
                   const struct vma *v, uint64_t addr, struct helper_symbol *out);

/* The same in the vdso v, whose first page is known. */
bool helper_symbol_vdso(struct helper *h, const struct proc *p, const struct vma *v,
                        const uint8_t *page, size_t page_size, uint64_t addr,
                        struct helper_symbol *out);

/*
 * Reads a byte of v at addr through `mem`, the target's memory, so that the target has the page:
 * its file may be one that hangs, or somebody may have to answer for it (userfaultfd) who does not.
 * Returns errno, 0: done; ETIMEDOUT: not in time, and it may come yet; EAGAIN: no helper can be
 * started.
 */
int helper_fault(struct helper *h, const struct proc *p, const struct vma *v, int mem,
                 uint64_t addr);

#endif
