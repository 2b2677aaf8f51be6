/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_JIT_H
#define PM_HELPER_JIT_H

#include "symbol/helper_names.h"

/*
 * /tmp/perf-PID.map, in which a program that compiles code at run time (JVM, node) says what it put
 * where: lines "START SIZE NAME", in hex, the newest last. Its symbols are those of a file that is
 * loaded at 0.
 */
bool jit_read(struct elf_file *f, int fd, size_t size);

/* The newest symbol that contains addr, or NULL: code is freed, and its place used again. */
const struct elf_symbol *jit_symbol_at(const struct elf_file *f, uint64_t addr);

/*
 * Those whose names end in `wanted`, but for what compilers add: f for "int Type.f(int)" of a JVM,
 * and "JS:*f /srv/app.js:1:20" of node.
 */
void jit_ending(const struct elf_file *f, const char *wanted, struct names *out);

#endif
