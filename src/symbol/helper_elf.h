/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_ELF_H
#define PM_HELPER_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An ELF file as far as names need it: its loaded segments and its symbols. Addresses are the
 * file's own. Only the reader, which has nothing to lose, may look into one.
 */
enum { ELF_SEGMENTS_MAX = 64 };
enum elf_segment_flag { ELF_EXEC = 1, ELF_WRITE = 2, ELF_READ = 4 }; /* p_flags */

struct elf_segment {
	uint64_t offset, vaddr, file_size, mem_size;
	uint32_t flags;
};

struct elf_symbol {
	uint64_t value, end; /* the first address behind it */
	uint64_t reach;      /* the highest end up to this one in the order */
	const char *name;
	uint8_t rank;        /* of several at one place the lowest is the name */
};

struct elf_symbols {
	struct elf_symbol *v; /* ascending by value, then by rank */
	size_t n, cap;
};

struct elf_file {
	struct elf_segment segments[ELF_SEGMENTS_MAX];
	size_t segments_n;
	bool fixed;      /* it lies where it says (ET_EXEC) */
	uint16_t machine;
	struct elf_symbols sized, labels; /* labels: without a size */
	char *names[3];  /* what the names point into; owned */
	size_t names_n;
};

/*
 * From an open file, or from memory (NULL: from fd). false: it is none, or says nonsense.
 * elf_file_free all the same.
 */
bool elf_file_read(struct elf_file *f, int fd, char *image, size_t size);
void elf_file_free(struct elf_file *f);

/* The symbol that holds addr; NULL: none does. */
const struct elf_symbol *elf_symbol_at(const struct elf_file *f, uint64_t addr);

#endif
