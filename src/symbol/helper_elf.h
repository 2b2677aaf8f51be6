/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_ELF_H
#define PM_HELPER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An ELF file as far as naming needs it: its loaded segments and its symbols. Addresses are the
 * file's own. Only the reader, which has no privileges to lose, may parse one.
 */
enum { ELF_SEGMENTS_MAX = 64, ELF_ID_MAX = 32 };
enum elf_segment_flag { ELF_EXEC = 1, ELF_WRITE = 2, ELF_READ = 4 }; /* p_flags */

struct elf_segment {
	uint64_t offset, vaddr, file_size, mem_size;
	uint32_t flags;
};

struct elf_symbol {
	uint64_t value, end; /* the first address after it */
	uint64_t reach;      /* the highest end of all symbols up to this one */
	const char *name;
	uint8_t rank; /* of several at one address the lowest rank wins */
	bool local;
	bool old; /* an older version of an exported symbol, kept for programs linked with it */
};

struct elf_symbols {
	struct elf_symbol *v; /* sorted by value, then by rank */
	size_t n, cap;
};

/* What a file says of the file that holds its debug information. */
struct elf_debug {
	uint8_t id[ELF_ID_MAX]; /* the build ID, the same in both */
	uint32_t id_n;          /* 0: none */
	char link[256];         /* the file's name; "": none */
	uint32_t crc;           /* its checksum, which counts if there is no build ID */
};

enum { ELF_NAMES_MAX = 6 };
struct elf_file {
	struct elf_segment segments[ELF_SEGMENTS_MAX];
	size_t segments_n;
	bool fixed; /* not relocatable (ET_EXEC) */
	uint16_t machine;
	struct elf_symbols sized, labels; /* labels: symbols without a size */
	struct elf_symbols threads;       /* thread-local variables, whose values are offsets */
	char *names[ELF_NAMES_MAX]; /* string tables that the names point into; owned */
	size_t names_size[ELF_NAMES_MAX], names_n;
	/* which tables it has: .dynsym; .gnu_debugdata, which is of functions; .symtab */
	bool exported, packed, all;
	struct elf_debug debug; /* where its other symbols may be */
	/* by name (helper_names.c); owned. NULL: not built yet */
	uint32_t *heads, *next;
	size_t heads_n;
	bool mangled; /* some names are */
};

/*
 * Parses an open file, or an image in memory (NULL: use fd). false: not a valid ELF file. Call
 * elf_file_free in any case.
 */
bool elf_file_read(struct elf_file *f, int fd, char *image, size_t size);
void elf_file_free(struct elf_file *f);

/* Whether f says which file holds its debug information. */
bool elf_file_has_debug(const struct elf_file *f);

/*
 * Whether an open file is the debug file of f: it has the same build ID; or, if f has none, the
 * checksum that f gives, for which all of it is read.
 */
bool elf_file_is_debug(const struct elf_file *f, int fd);

/* Adds the symbols of its debug file. false: it cannot be read, and f is as it was. */
bool elf_file_add(struct elf_file *f, int fd);

/* Sorts symbols that were added otherwise. */
void elf_file_order(struct elf_file *f);

/* Memory in use, in bytes. */
size_t elf_file_size(const struct elf_file *f);

/* The symbol that contains addr, or NULL. */
const struct elf_symbol *elf_symbol_at(const struct elf_file *f, uint64_t addr);

#endif
