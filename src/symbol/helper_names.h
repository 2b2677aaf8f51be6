/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_NAMES_H
#define PM_HELPER_NAMES_H

#include "symbol/helper_elf.h"

/*
 * Symbols of a file by name. The first question builds the index: the names as they are in the
 * file, by hash. Demangled names are not kept: those that may be meant are found by a part that
 * both forms contain, and demangled to see.
 */
enum { NAMES_MAX = 32 };
struct names {
	const struct elf_symbol *v[NAMES_MAX]; /* one for each address */
	size_t n, more;                        /* `more` did not fit */
};

/*
 * All symbols called `wanted`: as in the file, with or without its version, or demangled, with or
 * without parameters. Older versions of a symbol count only if there is no current one.
 */
void names_find(struct elf_file *f, const char *wanted, struct names *out);

/*
 * Those whose demangled name ends in `wanted`, which is one or more of its parts, with or without
 * parameters or arguments of a template: f for one::f(int) and one::f<int>.
 */
void names_ending(struct elf_file *f, const char *wanted, struct names *out);

/* Sets the bits of all names. false: there are too many. */
struct helper_filter;
bool names_filter(struct elf_file *f, struct helper_filter *out);

/* Whether a thread-local variable is called so, in either way. */
bool names_is_thread_local(const struct elf_file *f, const char *wanted);

/* Symbols whose name begins with `prefix`: as in the file, or demangled. */
void names_begun(const struct elf_file *f, const char *prefix, struct names *out);

/*
 * Writes the name nearest to an unknown one to `size` bytes; "": none is near. Returns the distance
 * in letters.
 */
uint32_t names_near(const struct elf_file *f, const char *wanted, char *out, size_t size);

#endif
