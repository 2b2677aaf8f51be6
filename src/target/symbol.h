/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SYMBOL_H
#define PM_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "kernel/vma.h"
#include "symbol/helper.h"
#include "target/target.h"

/* Whether this build knows symbols (elfutils was there). */
bool symbol_supported(void);

/* Whether it demangles those of C++ and Rust (libiberty was there). */
bool symbol_demangled(void);

/* Whether it reads instructions of x86 (Zydis was there). */
bool symbol_decodes(void);

/*
 * The instruction at addr, from the file that is mapped there. `stored`: what stored before a
 * watchpoint stopped there, as well. false: not known, as where the code was changed in memory.
 */
bool symbol_instruction(struct target *t, const struct vma_list *vmas, uint64_t addr, bool stored,
                        struct helper_instruction *out);

/*
 * The mapping of the file that may have a name for addr: the one that contains it, the one that
 * ends where .bss begins, or the vdso. NULL: none, as for a file that has no code mapped.
 */
const struct vma *symbol_source(const struct vma_list *vmas, uint64_t addr);

/* What else is known of a symbol. The caller frees the texts, which are not safe to print raw. */
struct symbol_more {
	struct buf mangled; /* its name in the file, if it is another */
	struct buf source;  /* where in the source the code at the address is; empty: not known */
	uint32_t line;
};

/*
 * The symbol at addr ("malloc+0x1c"), demangled if it is C++ or Rust; `more` (NULL: not needed)
 * takes longer. false: there is none. The helper reads the file the target
 * maps; of the target's memory only the first page of its vdso is read, and no server is asked for
 * debug information.
 */
bool symbol_at(struct target *t, const struct vma_list *vmas, uint64_t addr, struct buf *out,
               struct symbol_more *more);

/* The same for code, and the functions that were inlined there. */
bool symbol_code(struct target *t, const struct vma_list *vmas, uint64_t addr, struct buf *out,
                 struct helper_inlined *inlined);

/* The places of a name, in one or more files that the process has loaded. */
struct symbol_place {
	uint64_t addr;
	const struct vma *code; /* a mapping of its file */
	char *name;             /* demangled; not safe to print raw; owned */
	bool jit;               /* it is in no file: FILE!SYMBOL does not find it */
};

enum { SYMBOL_PLACES = 8 };
struct symbol_places {
	struct symbol_place v[SYMBOL_PLACES]; /* by address */
	size_t n, more;                       /* `more` did not fit */
	size_t files;                         /* number of files searched */
	/* files without symbols, or with exported ones only: the first, and their number */
	const struct vma *stripped;
	size_t stripped_n;
	char near[SYMBOL_NAME_MAX]; /* the nearest name if there is none; not safe to print raw */
	uint32_t far;               /* as in helper_matches */
	const struct vma *unread; /* the first file that could not be read, or not in time */
	bool late;                /* not in time */
	const struct vma *thread_local; /* the first file with such a variable of that name */
};

/*
 * Finds the symbols called `name` (as in the file or demangled, with or without parameters) in all
 * files that vmas have code of, or in the one called `file` (NULL: all). Call symbol_places_free.
 */
void symbol_find(struct target *t, const struct vma_list *vmas, const char *file, const char *name,
                 struct symbol_places *out);
/*
 * After a search without a result: SYMBOL_ENDING adds the C++ and Rust symbols whose last parts are
 * `name`; SYMBOL_NEAR fills out->near and out->thread_local.
 */
void symbol_find_more(struct target *t, const struct vma_list *vmas, const char *file,
                      const char *name, enum symbol_how how, struct symbol_places *out);
void symbol_places_free(struct symbol_places *p);

/*
 * Calls `each` for the symbols that begin with `prefix`, as in the file or demangled; at most
 * SYMBOL_MATCHES of a file. v is a mapping of code of its file. Returns how many more there are.
 */
typedef void symbol_each_fn(void *arg, const struct vma *v, const struct helper_match *m);
size_t symbol_begun(struct target *t, const struct vma_list *vmas, const char *prefix,
                    symbol_each_fn *each, void *arg);

#endif
