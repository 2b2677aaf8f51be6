/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_H
#define PM_HELPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "kernel/proc.h"
#include "kernel/vma.h"

/*
 * The helper: a process of ours that touches the files a target has mapped, so that pmtop never
 * does. An open, a stat or a read of such a file may block for ever (a hung FUSE server blocks the
 * caller where no signal helps), and the contents may be crafted to be misparsed. So each question
 * has a deadline; a helper that is late or dies is killed, never waited for, and the next question
 * starts another. A file that made helpers late four times, or a file system that did so eight
 * times, is not asked about again.
 *
 * It is this program, executed again from /proc/self/exe. The caller is multithreaded, so a plain
 * fork could do next to nothing before an exec; and a process forked before the threads started
 * would need another one to supervise it. The exec also drops our memory, which a malicious file
 * must not reach, and makes a memory limit meaningful. It costs a few milliseconds, once.
 *
 * Each target has its own helper, started by the first question: it holds the target's directory in
 * /proc, so a reused PID cannot confuse it. Only one thread at a time may ask.
 */
struct helper;

/* Call first in main: if this process was started as a helper, runs it and does not return. */
void helper_main(int argc, char **argv);

/*
 * Starts nothing yet. `stop` is called during a long wait for an answer: true ends the wait, and
 * what was asked is not known. NULL: it lasts to the deadline.
 */
struct helper *helper_new(bool (*stop)(void *arg), void *arg);

/* Starts it without waiting, so that the first question does not have to. */
void helper_begin(struct helper *h, const struct proc *p);
void helper_free(struct helper *h);

/* What a named mapping refers to: a device or a file, and on which file system. */
struct file_node {
	uint32_t mode;                   /* as st_mode */
	uint32_t dev_major, dev_minor;   /* the device's numbers, if it is one */
	uint64_t fs;                     /* f_type of statfs; 0: not known */
};

/* Stats the mapped file without opening it. false: nothing is known. */
bool helper_node(struct helper *h, const struct proc *p, const struct vma *v,
                 struct file_node *out);

/*
 * Whether the last question timed out, or was not asked because earlier ones about that file did.
 */
bool helper_is_late(const struct helper *h);

/*
 * 0; or -1 with err: the last question was not asked, because no helper could be started for want
 * of a process or a descriptor. Then nothing is known of the file.
 */
int helper_bar(const struct helper *h, struct err *err);

/* What mapped files report about their pages. */
enum { FILE_PAGES = 1 << 16 };
enum file_ask { FILE_ASK_RESIDENT = 1, FILE_ASK_DATA = 2, FILE_ASK_SWAPPED = 4 };

struct file_pages {
	/* addresses; if `end` is lower than requested, ask again for the rest */
	uint64_t start, end;
	uint64_t size;                      /* file size in bytes */
	unsigned known;                     /* the enum file_ask bits that are valid */
	uint64_t resident[FILE_PAGES / 64]; /* bit i: page i from `start` on is in the page cache */
	uint64_t data[FILE_PAGES / 64];     /* it has data; in shared memory: resident or in swap */
	/* shared memory: in swap, perhaps in the swap cache, too */
	uint64_t swapped[FILE_PAGES / 64];
};

/*
 * Asks about the pages of [start, end) in region v of p. Reads and faults in nothing and does not
 * mark pages as used. For files of other users the kernel reports every page as resident: then that
 * is not known. false: nothing is known.
 */
bool helper_pages(struct helper *h, const struct proc *p, const struct vma *v, uint64_t start,
                  uint64_t end, unsigned needs, struct file_pages *out);

/*
 * Reads n bytes of the file of v, as it would be mapped at `start`: beyond its end there are zeros.
 * false: not all of them could be read.
 */
enum { FILE_BYTES = 1 << 16 }; /* of an answer */
bool helper_bytes(struct helper *h, const struct proc *p, const struct vma *v, uint64_t start,
                  size_t n, uint8_t *to);

/*
 * The symbol at addr, from the file that v maps there or directly below (.bss continues after the
 * file's last mapping): of the instance that is loaded there as a whole, not of a copy mapped for
 * reading. `vmas` are all regions of p; NULL: v is code that the program compiled itself, whose
 * name is in /tmp/perf-PID.map. `needs`: what else, which takes longer. false: none, or not known.
 */
enum { SYMBOL_NAME_MAX = 512, SYMBOL_DEMANGLED_MAX = 2048, SYMBOL_INLINED = 8 };
enum symbol_needs {
	SYMBOL_NEEDS_LINE = 1,    /* its place in the source */
	SYMBOL_NEEDS_INLINED = 2, /* the functions inlined there */
};

/* Functions that the compiler inlined, one in another, at an address. */
struct helper_inlined {
	uint32_t n;    /* names, each with its end; the innermost first; "": not known */
	uint32_t more; /* around those; they did not fit */
	char names[2 * SYMBOL_DEMANGLED_MAX]; /* demangled; unsafe like the others */
};

struct helper_symbol {
	uint64_t offset;            /* of addr from the symbol */
	char name[SYMBOL_NAME_MAX]; /* from the file: not safe to print raw */
	char demangled[SYMBOL_DEMANGLED_MAX]; /* equally unsafe; "": the same as name */
	uint32_t line;                        /* of `source`; 0: not known */
	char source[SYMBOL_NAME_MAX];         /* a file's name, as the compiler wrote it; unsafe */
	struct helper_inlined inlined;        /* none: or not known */
};
bool helper_symbol(struct helper *h, const struct proc *p, const struct vma_list *vmas,
                   const struct vma *v, uint64_t addr, unsigned needs,
                   struct helper_symbol *out);

/* The same in the vdso v, given its first page. */
bool helper_symbol_vdso(struct helper *h, const struct proc *p, const struct vma *v,
                        const uint8_t *page, size_t page_size, uint64_t addr,
                        struct helper_symbol *out);

/*
 * What an instruction does to memory, by its encoding. One that only reads cannot have written,
 * whatever its operands are.
 */
enum instruction_does { INSTRUCTION_UNKNOWN, INSTRUCTION_READS, INSTRUCTION_WRITES };

/*
 * Which instruction stored if a watchpoint stopped behind the store: the one before it, which is
 * `length` bytes long; the one it stopped at itself, in the midst of its repetitions; or a call of
 * the function that begins there.
 */
enum instruction_store { STORE_UNKNOWN, STORE_BEFORE, STORE_REPEATED, STORE_CALL };

struct helper_instruction {
	uint32_t does;  /* enum instruction_does */
	uint32_t store; /* enum instruction_store */
	uint32_t length;
};

/* Whether this build decodes instructions (Zydis and elfutils were there). */
bool helper_decodes(void);

/*
 * The instruction at addr in the file of v, which is loaded there; `stored`: and what stored. From
 * the file, not from memory. false: not known.
 */
bool helper_instruction(struct helper *h, const struct proc *p, const struct vma_list *vmas,
                        const struct vma *v, uint64_t addr, bool stored,
                        struct helper_instruction *out);

/*
 * Symbols of one name in one loaded file. A name is found as the file has it or demangled, with or
 * without its parameters.
 */
enum symbol_tables {
	SYMBOLS_NONE,     /* the file has none */
	SYMBOLS_ELSEWHERE, /* this mapping is a copy: the file is not loaded as a program here */
	SYMBOLS_EXPORTED, /* stripped: only those that other files may use */
	SYMBOLS_ALL,
};

/* Which names are meant. */
enum symbol_how {
	SYMBOL_CALLED, /* that name */
	SYMBOL_NEAR,   /* without a match, the nearest one, too: takes longer */
	SYMBOL_BEGUN,  /* those that begin so */
	SYMBOL_ENDING, /* those of C++ and Rust whose last parts it is: f for one::f(int) */
};

struct helper_match {
	uint64_t addr, size; /* in the target's memory */
	bool local;          /* local to its file */
	char name[SYMBOL_NAME_MAX];           /* neither is safe to print raw */
	char demangled[SYMBOL_DEMANGLED_MAX]; /* "": the same as name */
};

enum { SYMBOL_MATCHES = 8 };
struct helper_matches {
	uint32_t n, more;    /* by address; `more`: how many did not fit */
	uint32_t tables;     /* enum symbol_tables */
	char near[SYMBOL_NAME_MAX]; /* without a match: the nearest name; "": none is near */
	uint32_t far; /* its distance in letters */
	bool thread_local; /* SYMBOL_NEAR: a thread-local variable is called so */
	struct helper_match v[SYMBOL_MATCHES];
};

/*
 * Finds `name` in the file of v, a mapping of code, as it is loaded there. Without `vmas` as for
 * helper_symbol. true: out is valid, but may be without a match; false: not known.
 */
bool helper_find(struct helper *h, const struct proc *p, const struct vma_list *vmas,
                 const struct vma *v, const char *name, enum symbol_how how,
                 struct helper_matches *out);

/* The same in the vdso v, given its first page. */
bool helper_find_vdso(struct helper *h, const struct proc *p, const struct vma *v,
                      const uint8_t *page, size_t page_size, const char *name, enum symbol_how how,
                      struct helper_matches *out);

/*
 * Reads a byte of v at addr through `mem`, the target's memory, so that the page is faulted in: its
 * file may hang, or its userfaultfd handler may not respond. Returns errno, 0: done; ETIMEDOUT: not
 * in time, but it may still happen; EAGAIN: no helper can be started.
 */
int helper_fault(struct helper *h, const struct proc *p, const struct vma *v, int mem,
                 uint64_t addr);

#endif
