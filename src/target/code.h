/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CODE_H
#define PM_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "cause/causes.h"
#include "target/target.h"

/*
 * Names of the code that call chains lead through. An address without a symbol is named by its
 * place in its file (FILE@OFFSET), or in hex: nothing is guessed.
 */
struct code {
	uint64_t addr;   /* of a store that is known: its own, not where the code stopped */
	char *name;      /* the function, demangled; not safe to print raw */
	uint64_t offset; /* of addr in it; 0 also if there is no function */
	const char *in;  /* the base name of its file; "": none. Not safe to print raw */
	bool known;      /* it has a symbol */
	char **inlined;  /* functions inlined there, the innermost first; equally unsafe */
	size_t inlined_n;
	bool kernel;
	bool runs;       /* it is where code is mapped */
	bool framed;     /* whoever called it is what comes next in a chain */
	bool reads;      /* its instruction reads memory and writes none */
	uint32_t store;  /* stopped behind a store: which that was (enum instruction_store) */
	bool returns;    /* it is a return address */
	uint64_t called; /* if so: what was called before it; 0: not known */
	struct code_key {
		uint64_t addr; /* as in the chain */
		enum code_what { CODE_HERE, CODE_RETURNS, CODE_STORED } what;
	} key;
};

/* The names found so far, which stay even if the code is unmapped. Starts zeroed. */
struct codes {
	struct code **v; /* by hash of the address */
	size_t n, size;
};
void codes_free(struct codes *c);

/*
 * The code at a place of a chain: frame 0 is an instruction, the others are return addresses, which
 * may be those of the next line: the call before is meant. Valid until codes_free.
 */
const struct code *code_at(struct codes *c, struct target *t, const struct vma_list *vmas,
                           const struct causes_chain *chain, size_t frame);

/*
 * Whether the instruction at the head of a chain of `of` only reads memory: it has faulted on a
 * page, but not written it. false: it may have.
 */
bool code_reads(struct codes *c, struct target *t, const struct vma_list *vmas, struct causes *of,
                uint32_t chain);

/*
 * The instruction that stored, at the head of a watchpoint's chain: "memtable_insert+0x4c", "call
 * of memtable_insert", "read (system call)"; "before memtable_insert+0x50": it is not known.
 */
void code_store(struct codes *c, struct target *t, const struct vma_list *vmas,
                const struct causes_chain *chain, struct buf *out);

/*
 * "memtable_insert", "memtable_insert+0x4c" with `offset`, "read (system call)": what wrote, in one
 * word: the function at the head of a chain; of the kernel, the system call, or else the function
 * that called it.
 */
void code_leaf(struct codes *c, struct target *t, const struct vma_list *vmas,
               const struct causes_chain *chain, bool offset, struct buf *out);

/*
 * The functions of a chain, the instruction first ("memtable_insert+0x4c" with `offsets`); before
 * each those that were inlined there: "parse_line (inlined)". What could not be unwound is a frame
 * of its own: "[callers not known]" at the end if that is not where a thread begins, and "[caller
 * not known]" where one may be missing: see code_link.h. Not safe to print raw.
 */
struct code_frames {
	char **v;
	size_t n, cap;
	size_t inlined; /* how many come before the function that the instruction is in */
};
void code_frames(struct codes *c, struct target *t, const struct vma_list *vmas,
                 const struct causes_chain *chain, bool offsets, struct code_frames *out);
void code_frames_free(struct code_frames *f);

/*
 * The same as tools for flame graphs read them: the root first, with ";" between them.
 */
void code_folded(struct codes *c, struct target *t, const struct vma_list *vmas,
                 const struct causes_chain *chain, struct buf *out);

/* A part of such a line: a name, without what separates the parts. */
void code_folded_part(struct buf *out, const char *name);

#endif
