/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SYMBOL_H
#define PM_SYMBOL_H

#include <stdbool.h>
#include <stdint.h>

#include "proc.h"
#include "util.h"
#include "vma.h"

/* Whether this build knows symbols (elfutils was there). */
bool symbol_supported(void);

/*
 * The symbol at addr, from the symbol tables of the file mapped there ("malloc+0x1c"); false if
 * there is none to be had. Reads the file the target maps, never the target's memory, and asks no
 * server for debug information.
 */
bool symbol_at(const struct proc *p, const struct vma_list *vmas, uint64_t addr, struct buf *out);

#endif
