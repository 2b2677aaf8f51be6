/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#ifdef HAVE_LIBDW

#include "symbol/helper_lines.h"

#include <elfutils/libdw.h>
#include <gelf.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Debug information of the last files, mapped: what is not looked at is not read. */
enum { LINES_FILES = 4 };
struct lines_file {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
	uint64_t used; /* last use; 0: free */
	Elf *elf;
	Dwarf *dwarf; /* NULL: it has none */
};

static __attribute__((noreturn)) void
lines_end_without_memory(void)
{
	_exit(1); /* as for the rest of the reader */
}

/* The file's place among them; if it is not there, that of the one not used for longest. */
static struct lines_file *
lines_place(const struct stat *st)
{
	static struct lines_file files[LINES_FILES];
	struct lines_file *oldest = files;

	for (size_t i = 0; i < LINES_FILES; i++) {
		struct lines_file *f = &files[i];

		if (f->used && f->dev == st->st_dev && f->ino == st->st_ino &&
		    !memcmp(&f->changed, &st->st_ctim, sizeof(f->changed)))
			return f;
		if (f->used < oldest->used)
			oldest = f;
	}
	dwarf_end(oldest->dwarf);
	elf_end(oldest->elf);
	*oldest = (struct lines_file){
	    .dev = st->st_dev, .ino = st->st_ino, .changed = st->st_ctim};
	return oldest;
}

static Dwarf *
lines_open(int fd)
{
	static uint64_t turn;
	struct lines_file *f;
	struct stat st;

	if (fstat(fd, &st) < 0)
		return NULL;
	f = lines_place(&st);
	if (!f->used) {
		elf_version(EV_CURRENT);
		f->elf = elf_begin(fd, ELF_C_READ_MMAP, NULL);
		if (f->elf && elf_kind(f->elf) == ELF_K_ELF)
			f->dwarf = dwarf_begin_elf(f->elf, DWARF_C_READ, NULL);
		if (f->dwarf)
			dwarf_new_oom_handler(f->dwarf, lines_end_without_memory);
	}
	f->used = ++turn;
	return f->dwarf;
}

/* The unit that addr belongs to: by .debug_aranges, which some compilers omit, or by asking. */
static bool
lines_unit(Dwarf *d, uint64_t addr, Dwarf_Die *out)
{
	Dwarf_Off at = 0, next;
	size_t head;

	if (dwarf_addrdie(d, addr, out))
		return true;
	for (; dwarf_nextcu(d, at, &next, &head, NULL, NULL, NULL) == 0; at = next)
		if (dwarf_offdie(d, at + head, out) && dwarf_haspc(out, addr) == 1)
			return true;
	return false;
}

bool
lines_find(int fd, uint64_t addr, char *name, size_t size, uint32_t *line)
{
	Dwarf *d = lines_open(fd);
	Dwarf_Die unit;
	Dwarf_Line *at;
	const char *source;
	int n;

	if (!d || !lines_unit(d, addr, &unit))
		return false;
	at = dwarf_getsrc_die(&unit, addr);
	source = at ? dwarf_linesrc(at, NULL, NULL) : NULL;
	if (!source || strlen(source) >= size || dwarf_lineno(at, &n) < 0 || n <= 0)
		return false;
	strcpy(name, source);
	*line = (uint32_t)n;
	return true;
}

#endif
