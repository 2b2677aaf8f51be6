/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#ifdef HAVE_LIBDW

#include "symbol/helper_lines.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "symbol/helper_parts.h"

enum {
	LINES_FILES = 16,         /* a call chain leads through several */
	LINES_RANGES = 1 << 18,   /* of code, in a file */
	LINES_UNIT = 1 << 21,     /* entries of a unit, read in search of its functions */
	LINES_FUNCTION = 1 << 16, /* entries of a function, read in search of a part */
	LINES_DEEP = 64,          /* entries in entries */
};

/* What the code in ranges of addresses belongs to: its entry in .debug_info. */
struct lines_ranges {
	struct lines_range {
		uint64_t start, end;
		Dwarf_Off at;
	} *v;
	size_t n, cap;
};

/* Debug information of the last files, mapped: what is not looked at is not read. */
struct lines_file {
	dev_t dev;
	ino_t ino;
	struct timespec changed;
	uint64_t used; /* last use; 0: free */
	Elf *elf;
	Dwarf *dwarf; /* NULL: it has none */
	struct lines_ranges units; /* if it was asked for: */
	bool units_read;
	struct lines_ranges functions; /* of the units in `read` */
	struct {
		Dwarf_Off *v;
		size_t n, cap;
	} read;
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
	free(oldest->units.v);
	free(oldest->functions.v);
	free(oldest->read.v);
	dwarf_end(oldest->dwarf);
	elf_end(oldest->elf);
	*oldest = (struct lines_file){
	    .dev = st->st_dev, .ino = st->st_ino, .changed = st->st_ctim};
	return oldest;
}

/* NULL: the file has no debug information. */
static struct lines_file *
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
	return f->dwarf ? f : NULL;
}

/* --- units and functions ---------------------------------------------------------------------- */

static void
lines_add_ranges(struct lines_ranges *to, Dwarf_Die *die)
{
	Dwarf_Addr base, start, end;

	for (ptrdiff_t at = 0; to->n < LINES_RANGES;) {
		at = dwarf_ranges(die, at, &base, &start, &end);
		if (at <= 0)
			return;
		if (!start) /* the linker has left it out */
			continue;
		to->v = vec_room(to->v, to->n, &to->cap, sizeof(*to->v));
		to->v[to->n++] = (struct lines_range){start, end, dwarf_dieoffset(die)};
	}
}

static bool
lines_range_at(const struct lines_ranges *r, Dwarf *d, uint64_t addr, Dwarf_Die *out)
{
	for (size_t i = 0; i < r->n; i++)
		if (addr >= r->v[i].start && addr < r->v[i].end)
			return dwarf_offdie(d, r->v[i].at, out);
	return false;
}

/* The unit that addr belongs to: by .debug_aranges, which some compilers omit, or by asking. */
static bool
lines_unit(struct lines_file *f, uint64_t addr, Dwarf_Die *out)
{
	Dwarf_Off at = 0, next;
	size_t head;

	if (dwarf_addrdie(f->dwarf, addr, out))
		return true;
	for (; !f->units_read && dwarf_nextcu(f->dwarf, at, &next, &head, NULL, NULL, NULL) == 0;
	     at = next)
		if (dwarf_offdie(f->dwarf, at + head, out))
			lines_add_ranges(&f->units, out);
	f->units_read = true;
	return lines_range_at(&f->units, f->dwarf, addr, out);
}

/* Finds the functions in an entry; `left` counts the entries that may still be read. */
static void
lines_add_functions(struct lines_file *f, Dwarf_Die *in, unsigned deep, unsigned *left)
{
	Dwarf_Die child;

	if (deep == LINES_DEEP || dwarf_child(in, &child) != 0)
		return;
	do {
		if (!*left)
			return;
		--*left;
		if (dwarf_tag(&child) == DW_TAG_subprogram)
			lines_add_ranges(&f->functions, &child);
		lines_add_functions(f, &child, deep + 1, left);
	} while (dwarf_siblingof(&child, &child) == 0);
}

/* Each unit is read once: some have many functions, and no index to them. */
static void
lines_read_unit(struct lines_file *f, Dwarf_Die *unit)
{
	Dwarf_Off at = dwarf_dieoffset(unit);
	unsigned left = LINES_UNIT;

	for (size_t i = 0; i < f->read.n; i++)
		if (f->read.v[i] == at)
			return;
	f->read.v = vec_room(f->read.v, f->read.n, &f->read.cap, sizeof(*f->read.v));
	f->read.v[f->read.n++] = at;
	lines_add_functions(f, unit, 0, &left);
}

/* --- inlined functions ------------------------------------------------------------------------ */

/* The part of a function, or of such a part, that addr is in. */
static bool
lines_part_at(Dwarf_Die *in, uint64_t addr, unsigned *left, Dwarf_Die *out)
{
	Dwarf_Die child;

	if (dwarf_child(in, &child) != 0)
		return false;
	do {
		int tag = dwarf_tag(&child);

		if (!*left)
			return false;
		--*left;
		if ((tag == DW_TAG_inlined_subroutine || tag == DW_TAG_lexical_block ||
		     tag == DW_TAG_try_block || tag == DW_TAG_catch_block) &&
		    dwarf_haspc(&child, addr) == 1) {
			*out = child;
			return true;
		}
	} while (dwarf_siblingof(&child, &child) == 0);
	return false;
}

static const char *
lines_name(Dwarf_Die *die)
{
	static const unsigned where[] = {DW_AT_linkage_name, DW_AT_MIPS_linkage_name, DW_AT_name};
	Dwarf_Attribute attr;
	const char *name = NULL;

	for (size_t i = 0; i < ARRAY_LEN(where) && !name; i++)
		name = dwarf_formstring(dwarf_attr_integrate(die, where[i], &attr));
	return name ? name : "";
}

/* false: there is no room. */
static bool
lines_add_inlined(struct helper_inlined *out, size_t *used, const char *name)
{
	char demangled[SYMBOL_DEMANGLED_MAX];
	size_t n;

	if (helper_demangle(name, demangled, sizeof(demangled)))
		name = demangled;
	n = strlen(name) + 1;
	if (out->n == SYMBOL_INLINED || n > sizeof(out->names) - *used)
		return false;
	memcpy(out->names + *used, name, n);
	*used += n;
	out->n++;
	return true;
}

bool
lines_inlined(int fd, uint64_t addr, struct helper_inlined *out)
{
	struct lines_file *f = lines_open(fd);
	Dwarf_Die unit, part, inlined[LINES_DEEP];
	unsigned n = 0, left = LINES_FUNCTION;
	size_t used = 0;

	memset(out, 0, sizeof(*out));
	if (!f)
		return false;
	if (!lines_range_at(&f->functions, f->dwarf, addr, &part)) {
		if (!lines_unit(f, addr, &unit))
			return false;
		lines_read_unit(f, &unit);
		if (!lines_range_at(&f->functions, f->dwarf, addr, &part))
			return true;
	}
	while (n < LINES_DEEP && lines_part_at(&part, addr, &left, &part))
		if (dwarf_tag(&part) == DW_TAG_inlined_subroutine)
			inlined[n++] = part;
	for (out->more = n; out->more; out->more--)
		if (!lines_add_inlined(out, &used, lines_name(&inlined[out->more - 1])))
			break;
	return true;
}

/* --- places in the source --------------------------------------------------------------------- */

bool
lines_find(int fd, uint64_t addr, char *name, size_t size, uint32_t *line)
{
	struct lines_file *f = lines_open(fd);
	Dwarf_Die unit;
	Dwarf_Line *at;
	const char *source;
	int n;

	if (!f || !lines_unit(f, addr, &unit))
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
