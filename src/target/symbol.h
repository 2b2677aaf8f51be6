/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SYMBOL_H
#define PM_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "kernel/vma.h"
#include "target/target.h"

/* Whether this build knows symbols (elfutils was there). */
bool symbol_supported(void);

/* Whether it demangles those of C++ and Rust (libiberty was there). */
bool symbol_demangled(void);

/*
 * The mapping of the file that may have a name for what lies at addr: the one that holds it, the
 * one that ends where .bss begins, or the vdso. NULL: none may; so it is of a file of which no code
 * is mapped.
 */
const struct vma *symbol_source(const struct vma_list *vmas, uint64_t addr);

/*
 * The symbol at addr ("malloc+0x1c"), of C++ and Rust demangled; then `mangled` (NULL: not wanted)
 * has the name in the file. false if there is none to be had. The helper reads the file
 * the target maps; of the target's memory nothing but the first page of its vdso is read, and no
 * server is asked for debug information.
 */
bool symbol_at(struct target *t, const struct vma_list *vmas, uint64_t addr, struct buf *out,
               struct buf *mangled);

#endif
