/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_INSTRUCTION_H
#define PM_HELPER_INSTRUCTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "symbol/helper.h"
#include "symbol/helper_elf.h"

/* Instructions of x86: what their encoding says. Only the reader decodes those of a file. */
struct instruction {
	uint8_t length;
	enum instruction_does does;
	bool branches; /* what runs next need not be behind it: */
	int64_t to;    /* ... but so far from its own address; 0: not known */
	bool repeats;  /* it is interrupted in the midst of its work (rep) */
};

/* The one that n bytes begin with. false: none that is known, or this build does not decode. */
bool instruction_read(const uint8_t *code, size_t n, uint16_t machine, struct instruction *out);

/*
 * The one at the address `own` of an open file; `stored`: which one a watchpoint has seen that
 * stopped there, as well. At most 64 KiB are decoded. false: not known.
 */
bool instruction_find(const struct elf_file *f, int fd, uint64_t own, bool stored,
                      struct helper_instruction *out);

#endif
