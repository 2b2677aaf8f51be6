/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_LINES_H
#define PM_HELPER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/helper.h"

/*
 * The place in the source of the code at addr, an address of the file's own, from its debug
 * information. The name is that of the compiler, at most `size` bytes. false: none is known.
 */
bool lines_find(int fd, uint64_t addr, char *name, size_t size, uint32_t *line);

/* The functions inlined there. false: the debug information is not about that code. */
bool lines_inlined(int fd, uint64_t addr, struct helper_inlined *out);

#endif
