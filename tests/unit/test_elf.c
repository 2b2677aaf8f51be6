/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Names from ELF files: which symbol holds an address, and files that are wrong on purpose. */
#include "config.h"

#include "tap.h"

#ifdef HAVE_LIBDW

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LZMA
#include <lzma.h>
#endif

#include "kernel/vma.h"
#include "symbol/helper_crc.h"
#include "symbol/helper_elf.h"
#include "symbol/helper_known.h"
#include "symbol/helper_lines.h"
#include "symbol/helper_names.h"
#include "symbol/helper_parts.h"
#include "target/symbol.h"

/* --- a file as we want it --------------------------------------------------------------------- */

enum { TEXT = 1, DATA, THREAD, SYMTAB, STRTAB, PACKED, NAMES, SECTIONS };
enum { TEXT_AT = 0x1000, TEXT_SIZE = 0x800, DATA_AT = 0x3000, DATA_SIZE = 0x400, ROOM = 1 << 20 };

struct made {
	char *image;
	size_t size;
	Elf64_Shdr *sections;
	Elf64_Sym *symbols;
};

static const struct {
	const char *name;
	uint64_t value, size;
	unsigned char type, bind;
	uint16_t section;
} symbols[] = {
    {"", 0, 0, 0, 0, 0},
    {"file.c", 0, 0, STT_FILE, STB_LOCAL, SHN_ABS},
    {"__function", 0x1000, 0x40, STT_FUNC, STB_GLOBAL, TEXT},
    {"function", 0x1000, 0x40, STT_FUNC, STB_WEAK, TEXT},
    {"local_alias", 0x1000, 0x40, STT_FUNC, STB_LOCAL, TEXT},
    {"outer", 0x1100, 0x100, STT_FUNC, STB_GLOBAL, TEXT},
    {"inner", 0x1120, 0x10, STT_FUNC, STB_LOCAL, TEXT},
    {"label_in_outer", 0x11f0, 0, STT_NOTYPE, STB_LOCAL, TEXT},
    {"label", 0x1300, 0, STT_NOTYPE, STB_GLOBAL, TEXT},
    {"$x", 0x1310, 0, STT_NOTYPE, STB_LOCAL, TEXT},
    {"after", 0x1400, 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"last", 0x17f0, 0, STT_FUNC, STB_GLOBAL, TEXT},
    {"resolver", 0x1500, 0x20, STT_GNU_IFUNC, STB_GLOBAL, TEXT},
    {"table", 0x3000, 0x100, STT_OBJECT, STB_GLOBAL, DATA},
    {"mark", 0x3200, 0, STT_NOTYPE, STB_GLOBAL, DATA},
    {"end", 0x3400, 0, STT_NOTYPE, STB_GLOBAL, DATA},
    {"too_long", 0x33f0, 0x1000, STT_OBJECT, STB_GLOBAL, DATA},
    {"elsewhere", 0x1600, 0x10, STT_FUNC, STB_GLOBAL, DATA},
    {"thread", 0x1700, 0x10, STT_TLS, STB_GLOBAL, THREAD},
    {"absolute", 0x1720, 0x10, STT_NOTYPE, STB_GLOBAL, SHN_ABS},
    {"_ZN2ns4callEic", 0x1440, 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"_ZN2ns4callEv", 0x1450, 0x10, STT_FUNC, STB_LOCAL, TEXT},
    {"_ZN2ns5aloneEv", 0x1460, 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"_ZZN2ns5aloneEvE5count", 0x3280, 4, STT_OBJECT, STB_LOCAL, DATA},
    {"_Z5aloneRKSs", 0x1470, 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"_Znwm", 0x1480, 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"_ZNK2nspliEi", 0x1488, 0x1, STT_FUNC, STB_GLOBAL, TEXT}, /* no name that can be demangled */
    {"_ZN2ns4pairIiLc0EEEvv", 0x1490, 0x10, STT_FUNC, STB_WEAK, TEXT},
    {"_RNvMNtCs1_1r6shapesNtB2_6Circle4area", 0x14a0, 0x10, STT_FUNC, STB_LOCAL, TEXT},
    {"versioned@@V2", 0x14b0, 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"versioned@V1", 0x14c0, 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"ancient@V1", 0x14d0, 0x10, STT_FUNC, STB_GLOBAL, TEXT},
    {"undefined", 0x1740, 0x10, STT_FUNC, STB_GLOBAL, SHN_UNDEF},
};
enum { SYMBOLS = sizeof(symbols) / sizeof(*symbols) };

static void
section(struct made *m, unsigned i, Elf64_Shdr s)
{
	m->sections[i] = s;
}

static uint64_t
append(struct made *m, const void *from, size_t n)
{
	uint64_t at = (m->size + 7) & ~UINT64_C(7);

	if (at + n > ROOM)
		abort();
	if (from)
		memcpy(m->image + at, from, n);
	m->size = at + n;
	return at;
}

static void
make_symbols(struct made *m)
{
	uint64_t strings = append(m, NULL, 1024),
		 table = append(m, NULL, SYMBOLS * sizeof(Elf64_Sym)), used = 1;

	m->symbols = (void *)(m->image + table);
	for (size_t i = 0; i < SYMBOLS; i++) {
		m->symbols[i] =
		    (Elf64_Sym){.st_name = (Elf64_Word)used,
		                .st_value = symbols[i].value,
		                .st_size = symbols[i].size,
		                .st_shndx = symbols[i].section,
		                .st_info = ELF64_ST_INFO(symbols[i].bind, symbols[i].type)};
		strcpy(m->image + strings + used, symbols[i].name);
		used += strlen(symbols[i].name) + 1;
	}
	section(m, STRTAB,
	        (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = strings, .sh_size = used});
	section(m, SYMTAB,
	        (Elf64_Shdr){.sh_type = SHT_SYMTAB,
	                     .sh_offset = table,
	                     .sh_link = STRTAB,
	                     .sh_size = SYMBOLS * sizeof(Elf64_Sym),
	                     .sh_entsize = sizeof(Elf64_Sym)});
}

/* `packed`: what .gnu_debugdata holds; NULL: there is none. */
static struct made
make(unsigned machine, const void *packed, size_t packed_size)
{
	static const char names[] = "\0.gnu_debugdata";
	struct made m = {.image = calloc(1, ROOM), .size = sizeof(Elf64_Ehdr)};
	uint64_t segments, at;
	Elf64_Phdr *p;

	segments = append(&m, NULL, 2 * sizeof(Elf64_Phdr));
	at = append(&m, NULL, SECTIONS * sizeof(Elf64_Shdr));
	m.sections = (void *)(m.image + at);
	*(Elf64_Ehdr *)m.image = (Elf64_Ehdr){
	    .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
	    .e_type = ET_DYN,
	    .e_machine = (Elf64_Half)machine,
	    .e_version = EV_CURRENT,
	    .e_phoff = segments,
	    .e_shoff = at,
	    .e_ehsize = sizeof(Elf64_Ehdr),
	    .e_phentsize = sizeof(Elf64_Phdr),
	    .e_phnum = 2,
	    .e_shentsize = sizeof(Elf64_Shdr),
	    .e_shnum = SECTIONS,
	    .e_shstrndx = NAMES};
	p = (void *)(m.image + segments);
	p[0] = (Elf64_Phdr){PT_LOAD, PF_R | PF_X, 0, 0, 0, TEXT_AT + TEXT_SIZE, TEXT_AT + TEXT_SIZE,
	                    4096};
	p[1] = (Elf64_Phdr){PT_LOAD, PF_R | PF_W, DATA_AT,        DATA_AT,
	                    DATA_AT, DATA_SIZE,   DATA_SIZE + 64, 4096};
	section(&m, TEXT, (Elf64_Shdr){.sh_type = SHT_NOBITS, .sh_flags = SHF_ALLOC | SHF_EXECINSTR,
	                               .sh_addr = TEXT_AT, .sh_size = TEXT_SIZE});
	section(&m, DATA,
	        (Elf64_Shdr){.sh_type = SHT_NOBITS,
	                     .sh_flags = SHF_ALLOC | SHF_WRITE,
	                     .sh_addr = DATA_AT,
	                     .sh_size = DATA_SIZE});
	section(&m, THREAD,
	        (Elf64_Shdr){.sh_type = SHT_NOBITS,
	                     .sh_flags = SHF_ALLOC | SHF_TLS,
	                     .sh_addr = 0x1700,
	                     .sh_size = 0x100});
	make_symbols(&m);
	at = append(&m, names, sizeof(names));
	section(&m, NAMES,
	        (Elf64_Shdr){.sh_type = SHT_STRTAB, .sh_offset = at, .sh_size = sizeof(names)});
	if (packed)
		section(&m, PACKED,
		        (Elf64_Shdr){.sh_name = 1,
		                     .sh_type = SHT_PROGBITS,
		                     .sh_size = packed_size,
		                     .sh_offset = append(&m, packed, packed_size)});
	return m;
}

/* --- names ------------------------------------------------------------------------------------ */

static void
is_named(const struct elf_file *f, uint64_t addr, const char *want)
{
	const struct elf_symbol *s = elf_symbol_at(f, addr);
	const char *name = s ? s->name : "(none)";

	if (!ok(!strcmp(name, want), "what is at an address"))
		printf("# %#llx: %s, wanted %s\n", (unsigned long long)addr, name, want);
}

static void
test_names(void)
{
	struct made m = make(EM_X86_64, NULL, 0);
	struct elf_file f;

	ok(elf_file_read(&f, -1, m.image, m.size), "a file is read");
	ok(f.segments_n == 2 && f.segments[1].mem_size == DATA_SIZE + 64 && !f.fixed,
	   "with its segments");
	is_named(&f, 0x1000, "function"); /* of its names the plain one */
	is_named(&f, 0x103f, "function");
	is_named(&f, 0x1040, "(none)"); /* no further than its size */
	is_named(&f, 0x1100, "outer");
	is_named(&f, 0x1120, "inner");
	is_named(&f, 0x1130, "outer"); /* behind the inner one */
	is_named(&f, 0x11f8, "outer");
	is_named(&f, 0x1200, "(none)"); /* and not the label within */
	is_named(&f, 0x1300, "label");
	is_named(&f, 0x13ff, "$x"); /* on this machine a name like any other */
	is_named(&f, 0x1408, "after");
	is_named(&f, 0x1410, "(none)");
	is_named(&f, 0x1510, "resolver");
	is_named(&f, 0x17ff, "last");
	is_named(&f, 0x1800, "(none)"); /* another section begins */
	is_named(&f, 0x3080, "table");
	is_named(&f, 0x3200, "mark");
	is_named(&f, 0x3201, "(none)"); /* a label of data is one byte */
	is_named(&f, 0x33f8, "too_long");
	is_named(&f, 0x3400, "(none)");
	is_named(&f, 0x1608, "(none)"); /* not in the section it names */
	is_named(&f, 0x1708, "(none)"); /* a thread's: an offset */
	is_named(&f, 0x1728, "(none)");
	is_named(&f, 0x1748, "(none)");
	is_named(&f, 0, "(none)");
	is_named(&f, UINT64_MAX, "(none)");
	elf_file_free(&f);
	free(m.image);
	m = make(EM_AARCH64, NULL, 0);
	ok(elf_file_read(&f, -1, m.image, m.size), "a file of another machine");
	is_named(&f, 0x13ff, "label"); /* its mapping symbols are no names */
	elf_file_free(&f);
	free(m.image);
}

/* --- from a name ------------------------------------------------------------------------------ */

static void
test_find(void)
{
	static const struct {
		const char *name;
		uint64_t first, second; /* ascending; 0: none */
		bool demangled;         /* takes libiberty */
	} rows[] = {
	    {"function", 0x1000, 0, false},
	    {"local_alias", 0x1000, 0, false},
	    {"label_in_outer", 0x11f0, 0, false}, /* it names no address, but is one */
	    {"end", 0x3400, 0, false},            /* behind its section */
	    {"table", 0x3000, 0, false},
	    {"thread", 0, 0, false},
	    {"absolute", 0, 0, false},
	    {"undefined", 0, 0, false},
	    {"functio", 0, 0, false},
	    {"", 0, 0, false},
	    {"_ZN2ns4callEic", 0x1440, 0, false},
	    {"ns::call", 0x1440, 0x1450, true},
	    {"ns::call(int, char)", 0x1440, 0, true},
	    {" ns::call( int,char ) ", 0x1440, 0, true},
	    {"ns::call()", 0x1450, 0, true},
	    {"call", 0, 0, true},
	    {"ns::alone", 0x1460, 0, true}, /* and not its variable */
	    {"ns::alone()::count", 0x3280, 0, true},
	    {"alone", 0x1470, 0, true},
	    {"alone(std::string const&)", 0x1470, 0, true},
	    {"alone(std::stringconst&)", 0, 0, true}, /* this blank separates words */
	    {"operator new", 0x1480, 0, true},
	    {"operator new(unsigned long)", 0x1480, 0, true},
	    {"r::shapes::Circle::area", 0x14a0, 0, true},
	    {"<r::shapes::Circle>::area", 0x14a0, 0, true},
	    {"versioned", 0x14b0, 0, false}, /* the current one */
	    {"versioned@@V2", 0x14b0, 0, false},
	    {"versioned@V1", 0x14c0, 0, false},
	    {"ancient", 0x14d0, 0, false},
	};
	struct made m = make(EM_X86_64, NULL, 0);
	struct elf_file f;

	elf_file_read(&f, -1, m.image, m.size);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct names n;
		uint64_t a, b;

		if (rows[i].demangled && !symbol_demangled())
			continue;
		names_find(&f, rows[i].name, &n);
		a = n.n ? n.v[0]->value : 0;
		b = n.n > 1 ? n.v[1]->value : 0;
		if (!ok(n.n <= 2 && !n.more &&
		            ((a == rows[i].first && b == rows[i].second) ||
		             (b && b == rows[i].first && a == rows[i].second)),
		        rows[i].name[0] ? rows[i].name : "no name"))
			printf("# %zu: %#llx %#llx\n", n.n, (unsigned long long)a, (unsigned long long)b);
	}
	elf_file_free(&f);
	free(m.image);
}

static void
test_near(void)
{
	static const struct {
		const char *name, *near;
	} rows[] = {{"functoin", "function"}, {"tabble", "table"},
	            {"zzzzzzzz", ""},         {"versione", "versioned"}};
	struct made m = make(EM_X86_64, NULL, 0);
	struct elf_file f;
	struct names n;
	char near[64];

	elf_file_read(&f, -1, m.image, m.size);
	names_find(&f, "any", &n);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		names_near(&f, rows[i].name, near, sizeof(near));
		if (!ok(!strcmp(near, rows[i].near), rows[i].name))
			printf("# %s\n", near);
	}
	elf_file_free(&f);
	free(m.image);
}

/* By the last parts of a name; and variables that have no one address. */
static void
test_ending(void)
{
	static const struct {
		const char *name;
		size_t n;
		uint64_t first;
	} rows[] = {
	    {"call", 2, 0x1440},
	    {"call()", 1, 0x1450},
	    {"alone", 1, 0x1460}, /* and not its variable, nor ::alone, which is called so */
	    {"count", 1, 0x3280},
	    {"area", 1, 0x14a0},
	    {"Circle::area", 1, 0x14a0},
	    {"pair", 1, 0x1490}, /* a template, and a return type before it */
	    {"all", 0, 0},
	    {"rea", 0, 0},
	    {"function", 0, 0},
	    {"_ZN2ns5aloneEv", 0, 0},
	    {"", 0, 0},
	};
	struct made m = make(EM_X86_64, NULL, 0);
	struct elf_file f;
	struct names n;

	elf_file_read(&f, -1, m.image, m.size);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows) && symbol_demangled(); i++) {
		bool found = false;

		names_ending(&f, rows[i].name, &n);
		for (size_t k = 0; k < n.n; k++)
			found |= n.v[k]->value == rows[i].first;
		if (!ok(n.n == rows[i].n && !n.more && found == (n.n > 0), rows[i].name))
			printf("# %zu\n", n.n);
	}
	ok(names_is_thread_local(&f, "thread") && !names_is_thread_local(&f, "table") &&
	       !names_is_thread_local(&f, "threa"),
	   "a thread-local variable is known as such");
	elf_file_free(&f);
	free(m.image);
}

/* What a client knows of a file's names: never that it lacks one that it has. */
static void
test_filter(void)
{
	static const char *const has[] = {"function", "table", "versioned", "versioned@@V2", "versioned@V1", "_ZN2ns4callEic"};
	struct made m = make(EM_X86_64, NULL, 0);
	struct helper_filter *filter = mem_alloc(sizeof(*filter));
	struct known known = {0};
	struct known_file *k;
	struct helper_map maps[4];
	struct elf_file f;
	struct vma v = {.start = 4096, .end = 8192, .inode = 7, .name = "/f"};
	size_t lacks = 0, at = 0;
	bool all = true;
	uint64_t id;

	elf_file_read(&f, -1, m.image, m.size);
	ok(names_filter(&f, filter) && filter->size == 64 && filter->mangled, "a filter");
	k = known_at(&known, &v);
	filter->id = 5;
	known_take(k, filter);
	for (size_t i = 0; i < sizeof(has) / sizeof(*has); i++)
		all &= !known_lacks(k, has[i], SYMBOL_CALLED);
	ok(all, "it has what the file has");
	ok(!known_lacks(k, "nosuch", SYMBOL_CALLED) && !known_lacks(k, "nosuch", SYMBOL_ENDING),
	   "another name may be that of a mangled one");
	for (int i = 0; i < 100; i++) {
		char name[16];

		snprintf(name, sizeof(name), "_Z%dno", i);
		lacks += known_lacks(k, name, SYMBOL_CALLED);
	}
	ok(lacks > 90, "most of what it lacks is excluded");
	k->mangled = false;
	ok(known_lacks(k, "nosuch", SYMBOL_CALLED) && known_lacks(k, "nosuch", SYMBOL_ENDING), "without mangled names");
	ok(known_at(&known, &v) == k && known.n == 1, "the same mapping");
	v.offset = 4096;
	ok(known_at(&known, &v)->asked == 0 && known.n == 2, "another part of the file is another");
	ok(known_maps(&known, &at, maps, 4) == 1 && at == 2 && maps[0].start == 4096, "what is to be checked");
	k = &known.v[0];
	id = 5;
	known_check(&known, 0, 2, &id);
	ok(known_lacks(k, "nosuch", SYMBOL_CALLED), "it is the same");
	id = 6;
	known_check(&known, 0, 2, &id);
	ok(!known_lacks(k, "nosuch", SYMBOL_CALLED) && !k->unknowable, "it was changed");
	known_take(k, filter);
	known_check(&known, 0, 2, NULL);
	ok(!known_lacks(k, "nosuch", SYMBOL_CALLED) && k->unknowable, "it cannot be checked");
	filter->size = 100;
	known_take(k, filter);
	ok(!k->bits && k->unknowable, "a size that is none");
	for (uint64_t i = 0; i < 1000; i++) {
		v.offset = i << 12;
		known_at(&known, &v);
	}
	ok(known.n <= 512, "no more than some hundred files");
	known_free(&known);
	elf_file_free(&f);
	free(m.image);
	free(filter);
}

/* --- wrong on purpose ------------------------------------------------------------------------- */

static void
read_all(char *image, size_t size)
{
	struct elf_file f;

	if (elf_file_read(&f, -1, image, size))
		for (uint64_t at = 0; at < 0x4000; at += 0x80)
			elf_symbol_at(&f, at);
	elf_file_free(&f);
}

static char *
copy_of(const struct made *m, size_t size)
{
	return memcpy(malloc(size), m->image, size); /* exactly: a read past it is found out */
}

static void
test_cut(void)
{
	struct made m = make(EM_X86_64, NULL, 0);

	for (size_t n = 1; n < m.size; n++) {
		char *part = copy_of(&m, n);

		read_all(part, n);
		free(part);
	}
	ok(true, "cut off anywhere");
	free(m.image);
}

static void
test_mutated(void)
{
	struct made m = make(EM_X86_64, NULL, 0);
	uint32_t x = 1;

	for (unsigned i = 0; i < 20000; i++) {
		char *image = copy_of(&m, m.size);

		for (unsigned k = 0; k < 1 + i % 4; k++) {
			x = x * 1664525 + 1013904223;
			image[(x >> 8) % m.size] = (char)(i & 1 ? 0xff : x);
		}
		read_all(image, m.size);
		free(image);
	}
	ok(true, "with other bytes anywhere");
	free(m.image);
}

static void
test_nonsense(void)
{
	struct made m = make(EM_X86_64, NULL, 0);
	Elf64_Ehdr *head = (void *)m.image;
	struct elf_file f;

	m.sections[SYMTAB].sh_link = SYMTAB;
	read_all(m.image, m.size);
	m.sections[SYMTAB].sh_link = 0xffffffff;
	read_all(m.image, m.size);
	m.sections[SYMTAB].sh_size = UINT64_MAX & ~UINT64_C(23);
	read_all(m.image, m.size);
	head->e_shnum = 0; /* then the first section has the number */
	m.sections[0].sh_size = UINT64_MAX;
	read_all(m.image, m.size);
	ok(true, "counts and links that lead nowhere");
	((Elf64_Phdr *)(m.image + head->e_phoff))[0].p_filesz = UINT64_MAX;
	ok(!elf_file_read(&f, -1, m.image, m.size), "a segment that goes round");
	elf_file_free(&f);
	head->e_type = ET_REL;
	ok(!elf_file_read(&f, -1, m.image, m.size), "what is no program");
	elf_file_free(&f);
	free(m.image);
}

/* --- packed symbols --------------------------------------------------------------------------- */

#ifdef HAVE_LZMA

static size_t
pack(const void *from, size_t n, uint8_t *to, size_t room)
{
	size_t size = 0;

	if (lzma_easy_buffer_encode(1, LZMA_CHECK_CRC32, NULL, from, n, to, &size, room) != LZMA_OK)
		abort();
	return size;
}

static void
test_packed(void)
{
	enum { BOMB = 64 << 20, PACKED_ROOM = 1 << 19 };
	struct made inner = make(EM_X86_64, NULL, 0), m;
	uint8_t *packed = malloc(PACKED_ROOM);
	char *zeros = calloc(1, BOMB);
	struct elf_file f;

	m = make(EM_X86_64, packed, pack(inner.image, inner.size, packed, PACKED_ROOM));
	m.sections[SYMTAB].sh_type = SHT_PROGBITS; /* stripped */
	ok(elf_file_read(&f, -1, m.image, m.size), "with packed symbols");
	is_named(&f, 0x1120, "inner");
	elf_file_free(&f);
	free(m.image);
	m = make(EM_X86_64, packed, pack(zeros, BOMB, packed, PACKED_ROOM));
	ok(elf_file_read(&f, -1, m.image, m.size), "with 64 MB of packed nothing");
	is_named(&f, 0x1120, "inner");
	elf_file_free(&f);
	free(m.image);
	m = make(EM_X86_64, "\xfd" "7zXZ\0, it says", 16);
	ok(elf_file_read(&f, -1, m.image, m.size), "with packed nonsense");
	is_named(&f, 0x1120, "inner");
	elf_file_free(&f);
	free(m.image);
	free(inner.image);
	free(packed);
	free(zeros);
}

#else

static void
test_packed(void)
{
}

#endif

/* Of files that are not loaded as a program, shared memory above all, nothing is read. */
static void
test_sources(void)
{
	static const char maps[] = "400000-401000 r--p 00000000 08:01 7 /bin/x\n"
	                           "401000-402000 r-xp 00001000 08:01 7 /bin/x\n"
	                           "402000-403000 rw-p 00002000 08:01 7 /bin/x\n"
	                           "403000-404000 rw-p 00000000 00:00 0\n"
	                           "500000-501000 r--p 00000000 08:02 7 /srv/same-inode\n"
	                           "600000-601000 rw-s 00000000 00:01 9 /memfd:data (deleted)\n"
	                           "601000-602000 rw-p 00000000 00:00 0\n";
	struct vma_list l;
	size_t odd;

	vma_parse(&l, mem_strdup(maps), &odd);
	ok(symbol_source(&l, 0x400000) == &l.v[0] && symbol_source(&l, 0x402010) == &l.v[2],
	   "a program's parts");
	ok(symbol_source(&l, 0x403010) == &l.v[2], "what lies behind its last");
	ok(!symbol_source(&l, 0x500000), "no file without code");
	ok(!symbol_source(&l, 0x600000) && !symbol_source(&l, 0x601000),
	   "no shared memory, nor what lies behind it");
	vma_free(&l);
}

/* --- inlined functions ------------------------------------------------------------------------ */

#define INLINED static inline __attribute__((always_inline)) int
#define DEEPER(name, next) INLINED name(int x) { return next(x) + 1; }
#define PLACE(label, x) __asm__ volatile(".globl " #label "\n" #label ": nop" : "+r"(x))

extern const char place_shallow[], place_deep[], place_none[];

INLINED
leaf_shallow(int x)
{
	PLACE(place_shallow, x);
	return x;
}

INLINED
leaf_deep(int x)
{
	PLACE(place_deep, x);
	return x;
}

DEEPER(middle_shallow, leaf_shallow)
DEEPER(deep_9, leaf_deep)
DEEPER(deep_8, deep_9)
DEEPER(deep_7, deep_8)
DEEPER(deep_6, deep_7)
DEEPER(deep_5, deep_6)
DEEPER(deep_4, deep_5)
DEEPER(deep_3, deep_4)
DEEPER(deep_2, deep_3)
DEEPER(deep_1, deep_2)

#ifdef __clang__
#define OUT_OF_LINE __attribute__((noinline))
#else
#define OUT_OF_LINE __attribute__((noinline, noclone))
#endif

static OUT_OF_LINE int
physical(int x)
{
	PLACE(place_none, x);
	return middle_shallow(x) + deep_1(x);
}

static int
take_bias(struct dl_phdr_info *info, size_t size, void *bias)
{
	(void)size;
	*(uint64_t *)bias = info->dlpi_addr;
	return 1; /* the first is the program */
}

static void
test_inlined(void)
{
	struct helper_inlined in;
	uint64_t bias = 0;
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	dl_iterate_phdr(take_bias, &bias);
	if (physical(1) && !lines_inlined(fd, (uintptr_t)place_none - bias, &in)) {
		ok(true, "# SKIP compiled without debug information");
		close(fd);
		return;
	}
	ok(!in.n && !in.more, "where nothing is inlined");
	ok(lines_inlined(fd, (uintptr_t)place_shallow - bias, &in) && in.n == 2 && !in.more &&
	       !memcmp(in.names, "leaf_shallow\0middle_shallow", sizeof("leaf_shallow\0middle_shallow")),
	   "one in the other, the innermost first");
	ok(lines_inlined(fd, (uintptr_t)place_deep - bias, &in) && in.n == SYMBOL_INLINED &&
	       in.more == 2 && !memcmp(in.names, "leaf_deep\0deep_9", sizeof("leaf_deep\0deep_9")),
	   "more than fit: the innermost, and how many are left out");
	ok(!lines_inlined(fd, 1, &in) && !in.n, "where no code is");
	close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	ok(!lines_inlined(fd, (uintptr_t)place_deep - bias, &in) && !in.n, "a file without any");
	close(fd);
}

/* --- names as they were written --------------------------------------------------------------- */

#ifdef HAVE_LIBIBERTY

static void
test_demangle(void)
{
	static const struct {
		const char *in, *want; /* NULL: as it is */
	} rows[] = {
	    {"main", NULL},
	    {"i", NULL}, /* a type, in the words of the mangling */
	    {"", NULL},
	    {"_", NULL},
	    {"_Z", NULL},
	    {"_ZN3foo", NULL},
	    {"_start", NULL},
	    {"_ZNSt6vectorIiSaIiEE9push_backEOi", "std::vector<int, std::allocator<int> >::push_back(int&&)"},
	    {"_ZTV3Foo", "vtable for Foo"},
	    {"_ZN3fooC1Ev.cold", "foo::foo() [clone .cold]"},
	    {"_ZN3foo3barEv@@V1", "foo::bar()@@V1"},
	    {"_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"},
	    {"_RNvNtCs1234_7mycrate3foo3bar", "mycrate::foo::bar"},
	};
	char out[128];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		bool any = helper_demangle(rows[i].in, out, sizeof(out));

		ok(any == (rows[i].want != NULL), rows[i].in);
		is_str(out, rows[i].want ? rows[i].want : "", rows[i].in);
	}
}

/* Each argument is a pair of the one before: 2^N names, of which no end is waited for. */
static void
test_demangle_bomb(void)
{
	static const char digits[] = "123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	static char out[SYMBOL_DEMANGLED_MAX];
	char name[SYMBOL_NAME_MAX] = "_Z1f1pI1aS0_E"; /* p is S_ then, a S0_, and the pair S1_ */
	size_t n = strlen(name);

	n += (size_t)snprintf(name + n, sizeof(name) - n, "S_IS1_S1_E");
	ok(helper_demangle(name, out, sizeof(out)), "a pair of pairs");
	is_str(out, "f(p<a, a>, p<p<a, a>, p<a, a> >)", "in full");
	for (size_t i = 1; digits[i]; i++)
		n += (size_t)snprintf(name + n, sizeof(name) - n, "S_IS%c_S%c_E", digits[i], digits[i]);
	ok(!helper_demangle(name, out, sizeof(out)) && !out[0], "a text without end is left alone");
	ok(helper_demangle("_Z1fv", out, sizeof(out)) && !strcmp(out, "f()"), "and the next one is demangled");
	memset(name, 'a', sizeof(name) - 1);
	memcpy(name, "_Z500", 5);
	name[sizeof(name) - 1] = '\0';
	ok(!helper_demangle(name, out, 64), "one that is too long");
}

#else

static void
test_demangle(void)
{
	char out[16];

	ok(!helper_demangle("_Z1fv", out, sizeof(out)) && !out[0], "built without libiberty");
}

static void
test_demangle_bomb(void)
{
}

#endif

static void
test_crc(void)
{
	static const char text[] = "123456789";

	ok(crc_add(0, text, 9) == 0xcbf43926 && crc_add(crc_add(0, text, 2), text + 2, 7) == 0xcbf43926,
	   "the checksum of a debug file is that of zlib");
}

int
main(void)
{
	tap_start();
	test_crc();
	test_demangle();
	test_demangle_bomb();
	test_sources();
	test_inlined();
	test_names();
	test_find();
	test_near();
	test_ending();
	test_filter();
	test_cut();
	test_mutated();
	test_nonsense();
	test_packed();
	return tap_done();
}

#else

int
main(void)
{
	printf("1..0 # SKIP built without elfutils\n");
	return 0;
}

#endif
