/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#ifdef HAVE_LIBDW

#include "symbol/helper_elf.h"

#include <gelf.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef HAVE_LZMA
#include <lzma.h>
#endif

#include "base/util.h"
#include "symbol/helper_crc.h"

enum {
	SECTIONS_MAX = 1 << 16,
	SYMBOLS_MAX = 1 << 22,
	UNPACKED_MAX = 16 << 20, /* symbols compressed into the file are about 100 kB */
	PACKED_MAX = 4 << 20,
	NAMES_SIZE_MAX = 192 << 20,
};

/* --- segments --------------------------------------------------------------------------------- */

static bool
elf_read_segments(struct elf_file *f, Elf *elf)
{
	size_t n;

	if (elf_getphdrnum(elf, &n) < 0)
		return false;
	for (size_t i = 0; i < n && i < SECTIONS_MAX; i++) {
		GElf_Phdr p;

		if (!gelf_getphdr(elf, (int)i, &p))
			return false;
		if (p.p_type != PT_LOAD || !p.p_memsz)
			continue;
		if (f->segments_n == ELF_SEGMENTS_MAX || p.p_filesz > p.p_memsz ||
		    p.p_vaddr + p.p_memsz < p.p_vaddr || p.p_offset + p.p_filesz < p.p_offset)
			return false;
		f->segments[f->segments_n++] =
		    (struct elf_segment){p.p_offset, p.p_vaddr, p.p_filesz, p.p_memsz, p.p_flags};
	}
	return f->segments_n > 0;
}

/* --- symbols ---------------------------------------------------------------------------------- */

/* Mapping symbols, by which the assembler marks code and data. */
static bool
elf_is_mark(const struct elf_file *f, const GElf_Sym *s, const char *name)
{
	return name[0] == '$' && GELF_ST_TYPE(s->st_info) == STT_NOTYPE &&
	       (f->machine == EM_ARM || f->machine == EM_AARCH64 || f->machine == EM_RISCV);
}

/*
 * Of several names at one address, prefer the exported one and the one without leading underscores;
 * but for the vdso keep the prefix, which distinguishes it from the C library.
 */
static uint8_t
elf_rank_of(const GElf_Sym *s, const char *name)
{
	size_t underscores = strncmp(name, "__vdso_", 7) ? strspn(name, "_") : 0;
	bool local = GELF_ST_BIND(s->st_info) == STB_LOCAL;
	bool weak = GELF_ST_BIND(s->st_info) == STB_WEAK;

	return (uint8_t)(local << 4 | (underscores < 7 ? underscores : 7) << 1 | weak);
}

static void
elf_add(struct elf_symbols *list, struct elf_symbol s)
{
	list->v = vec_room(list->v, list->n, &list->cap, sizeof(*list->v));
	list->v[list->n++] = s;
}

/*
 * Adds a symbol with an address of its own, nothing absolute or undefined. One without a size is a
 * label: in code it extends to the next symbol, elsewhere over one byte.
 */
static void
elf_add_symbol(struct elf_file *f, const GElf_Sym *s, const GElf_Shdr *in, const char *name,
               bool old)
{
	unsigned type = GELF_ST_TYPE(s->st_info);
	uint64_t value = s->st_value, end = in->sh_addr + in->sh_size;
	bool code = in->sh_flags & SHF_EXECINSTR;

	if (type == STT_TLS && name[0])
		elf_add(&f->threads, (struct elf_symbol){.name = name});
	if ((type != STT_NOTYPE && type != STT_OBJECT && type != STT_FUNC &&
	     type != STT_GNU_IFUNC) ||
	    !(in->sh_flags & SHF_ALLOC) || in->sh_flags & SHF_TLS || !name[0] ||
	    elf_is_mark(f, s, name))
		return;
	if (f->machine == EM_ARM && type == STT_FUNC)
		value &= ~UINT64_C(1); /* the Thumb bit */
	if (value < in->sh_addr || value > end)
		return;
	if (value == end) /* _end: a name to look for, of nothing */
		;
	else if (s->st_size)
		end = value + u64_min(s->st_size, end - value);
	else if (!code)
		end = value + 1;
	elf_add(s->st_size && value < end ? &f->sized : &f->labels,
	        (struct elf_symbol){.value = value, .end = end, .name = name,
	                            .rank = elf_rank_of(s, name), .old = old,
	                            .local = GELF_ST_BIND(s->st_info) == STB_LOCAL});
}

/* A file as it is read: open, or in memory. */
struct elf_input {
	Elf *elf;
	int fd; /* -1: in memory */
	const char *image;
	size_t size;
	bool packed; /* from .gnu_debugdata */
	bool debug;  /* the debug file of another */
};

static bool
elf_copy(const struct elf_input *in, uint64_t offset, char *to, size_t n)
{
	if (in->fd < 0) {
		if (offset > in->size || n > in->size - offset)
			return false;
		memcpy(to, in->image + offset, n);
		return true;
	}
	for (size_t done = 0; done < n;) {
		ssize_t got = pread(in->fd, to + done, n - done, (off_t)(offset + done));

		if (got <= 0)
			return false;
		done += (size_t)got;
	}
	return true;
}

/* A NUL-terminated copy of a string table, which outlives the file. libelf would make another. */
static const char *
elf_keep_names(struct elf_file *f, const struct elf_input *in, size_t section, size_t *size)
{
	Elf_Scn *scn = elf_getscn(in->elf, section);
	GElf_Shdr head;
	char *copy;

	if (!scn || !gelf_getshdr(scn, &head) || head.sh_type != SHT_STRTAB || !head.sh_size ||
	    head.sh_size > NAMES_SIZE_MAX || head.sh_flags & SHF_COMPRESSED ||
	    f->names_n == ARRAY_LEN(f->names))
		return NULL;
	copy = mem_alloc(head.sh_size + 1);
	if (!elf_copy(in, head.sh_offset, copy, head.sh_size)) {
		free(copy);
		return NULL;
	}
	*size = f->names_size[f->names_n] = head.sh_size;
	return f->names[f->names_n++] = copy;
}

/* The versions of the table's symbols, or NULL. */
static Elf_Data *
elf_versions_of(Elf *elf, Elf_Scn *table)
{
	Elf_Scn *scn = NULL;
	size_t n = 0;
	GElf_Shdr head;

	while ((scn = elf_nextscn(elf, scn)) && n++ < SECTIONS_MAX)
		if (gelf_getshdr(scn, &head) && head.sh_type == SHT_GNU_versym &&
		    head.sh_link == elf_ndxscn(table))
			return elf_getdata(scn, NULL);
	return NULL;
}

/* name@VERSION, unlike name@@VERSION, is not what a program is linked with today. */
static bool
elf_is_old(Elf_Data *versions, size_t i, const char *name)
{
	enum { HIDDEN = 1 << 15 };
	const char *version = strchr(name, '@');
	GElf_Versym v;

	return version ? version[1] != '@'
	               : versions && gelf_getversym(versions, (int)i, &v) && v & HIDDEN;
}

static void
elf_read_table(struct elf_file *f, const struct elf_input *file, Elf_Scn *scn,
               const GElf_Shdr *table)
{
	Elf *elf = file->elf;
	Elf_Data *data =
	    table->sh_size / sizeof(Elf32_Sym) < SYMBOLS_MAX ? elf_getdata(scn, NULL) : NULL;
	size_t size = gelf_fsize(elf, ELF_T_SYM, 1, EV_CURRENT), n, room = 0;
	Elf_Data *versions = elf_versions_of(elf, scn);
	const char *names =
	    data && data->d_buf ? elf_keep_names(f, file, table->sh_link, &room) : NULL;

	if (!names || !size)
		return;
	f->all |= table->sh_type == SHT_SYMTAB && !file->packed;
	f->packed |= file->packed;
	f->exported |= table->sh_type == SHT_DYNSYM;
	n = u64_min(data->d_size / size, SYMBOLS_MAX);
	for (size_t i = 1; i < n; i++) {
		Elf_Scn *in;
		GElf_Shdr head;
		GElf_Sym s;

		if (!gelf_getsym(data, (int)i, &s) || s.st_name >= room ||
		    s.st_shndx == SHN_UNDEF || s.st_shndx >= SHN_LORESERVE)
			continue;
		in = elf_getscn(elf, s.st_shndx);
		if (in && gelf_getshdr(in, &head))
			elf_add_symbol(f, &s, &head, names + s.st_name,
			               elf_is_old(versions, i, names + s.st_name));
	}
}

/* --- symbols packed into the file (.gnu_debugdata) -------------------------------------------- */

static void elf_read_symbols(struct elf_file *f, const struct elf_input *in);

#ifdef HAVE_LZMA

/* Decompresses with a bound: a small file can claim any size. */
static void
elf_read_packed(struct elf_file *f, Elf_Scn *scn)
{
	Elf_Data *data = elf_rawdata(scn, NULL);
	uint64_t memory = UNPACKED_MAX * 4;
	size_t in = 0, out = 0;
	struct elf_input file = {.fd = -1, .packed = true};
	char *text;

	if (!data || !data->d_buf || data->d_size > PACKED_MAX)
		return;
	text = mem_alloc(UNPACKED_MAX);
	if (lzma_stream_buffer_decode(&memory, 0, NULL, data->d_buf, &in, data->d_size,
	                              (uint8_t *)text, &out, UNPACKED_MAX) == LZMA_OK) {
		file.elf = elf_memory(text, out);
		file.image = text;
		file.size = out;
		if (file.elf && elf_kind(file.elf) == ELF_K_ELF)
			elf_read_symbols(f, &file);
		elf_end(file.elf);
	}
	free(text);
}

#else

static void
elf_read_packed(struct elf_file *f, Elf_Scn *scn)
{
	(void)f, (void)scn;
}

#endif

static bool
elf_is_section(Elf *elf, const GElf_Shdr *head, const char *wanted)
{
	const char *name;
	size_t names;

	if (elf_getshdrstrndx(elf, &names) < 0)
		return false;
	name = elf_strptr(elf, names, head->sh_name);
	return name && !strcmp(name, wanted);
}

/* --- its debug file --------------------------------------------------------------------------- */

static void
elf_read_note(struct elf_debug *d, Elf_Scn *scn)
{
	Elf_Data *data = elf_getdata(scn, NULL);
	size_t at = 0, name, desc;
	GElf_Nhdr note;

	while (data && (at = gelf_getnote(data, at, &note, &name, &desc)))
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
		    !memcmp((char *)data->d_buf + name, "GNU", sizeof("GNU")) &&
		    note.n_descsz > 1 && note.n_descsz <= sizeof(d->id)) {
			memcpy(d->id, (char *)data->d_buf + desc, note.n_descsz);
			d->id_n = note.n_descsz;
			return;
		}
}

/* The file's name, padded to a multiple of four bytes, and its checksum. */
static void
elf_read_link(struct elf_debug *d, Elf *elf, Elf_Scn *scn)
{
	Elf_Data *data = elf_rawdata(scn, NULL);
	GElf_Ehdr head;
	const uint8_t *sum;
	size_t n;

	if (!data || !data->d_buf || !gelf_getehdr(elf, &head))
		return;
	n = strnlen(data->d_buf, data->d_size);
	if (n >= sizeof(d->link) || data->d_size < (n + 4) / 4 * 4 + sizeof(d->crc))
		return;
	memcpy(d->link, data->d_buf, n + 1);
	sum = (uint8_t *)data->d_buf + (n + 4) / 4 * 4;
	for (int i = 0; i < 4; i++)
		d->crc |= (uint32_t)sum[i]
		          << 8 * (head.e_ident[EI_DATA] == ELFDATA2MSB ? 3 - i : i);
}

static void
elf_read_debug(struct elf_debug *d, Elf *elf, Elf_Scn *scn, const GElf_Shdr *head)
{
	if (head->sh_type == SHT_NOTE && !d->id_n)
		elf_read_note(d, scn);
	else if (head->sh_type == SHT_PROGBITS && !d->link[0] &&
	         elf_is_section(elf, head, ".gnu_debuglink"))
		elf_read_link(d, elf, scn);
}

/*
 * Reads all symbol tables; duplicates do no harm. Compressed data is not searched for more of it.
 */
static void
elf_read_symbols(struct elf_file *f, const struct elf_input *in)
{
	Elf_Scn *scn = NULL;
	size_t n = 0;
	GElf_Shdr head;

	while ((scn = elf_nextscn(in->elf, scn)) && n++ < SECTIONS_MAX) {
		if (!gelf_getshdr(scn, &head))
			continue;
		if (head.sh_type == SHT_SYMTAB || (head.sh_type == SHT_DYNSYM && !in->packed))
			elf_read_table(f, in, scn, &head);
		else if (!in->packed && head.sh_type == SHT_PROGBITS &&
		         elf_is_section(in->elf, &head, ".gnu_debugdata"))
			elf_read_packed(f, scn);
		if (!in->packed && !in->debug)
			elf_read_debug(&f->debug, in->elf, scn, &head);
	}
}

/* --- in order --------------------------------------------------------------------------------- */

static int
elf_by_value(const void *a, const void *b)
{
	const struct elf_symbol *x = a, *y = b;
	size_t n, m;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	n = strlen(x->name);
	m = strlen(y->name);
	return n != m ? (n < m ? -1 : 1) : strcmp(x->name, y->name);
}

static void
elf_sort(struct elf_symbols *list)
{
	uint64_t reach = 0;

	vec_sort(list->v, list->n, sizeof(*list->v), elf_by_value);
	for (size_t i = 0; i < list->n; i++)
		list->v[i].reach = reach = u64_max(reach, list->v[i].end);
}

static size_t
elf_above(const struct elf_symbols *list, uint64_t addr)
{
	return vec_above(list->v, list->n, sizeof(*list->v), offsetof(struct elf_symbol, value),
	                 addr);
}

/* The best-ranked of the innermost symbols that contain addr. */
static const struct elf_symbol *
elf_find(const struct elf_symbols *list, uint64_t addr)
{
	const struct elf_symbol *found = NULL;

	for (size_t i = elf_above(list, addr); i-- > 0 && list->v[i].reach > addr;) {
		const struct elf_symbol *s = &list->v[i];

		if (found && s->value != found->value)
			break;
		if (s->end > addr)
			found = s;
	}
	return found;
}

/*
 * A label inside a sized symbol is a name to look for, but names no address; other labels extend to
 * the next symbol.
 */
static void
elf_cut_labels(struct elf_file *f)
{
	struct elf_symbols *l = &f->labels;
	size_t n = l->n;

	for (size_t i = 0; i < n; i++) {
		size_t s = elf_above(&f->sized, l->v[i].value), k = i + 1;

		if (elf_find(&f->sized, l->v[i].value)) {
			l->v[i].end = l->v[i].value;
			continue;
		}
		while (k < n && l->v[k].value == l->v[i].value)
			k++;
		if (k < n)
			l->v[i].end = u64_min(l->v[i].end, l->v[k].value);
		if (s < f->sized.n)
			l->v[i].end = u64_min(l->v[i].end, f->sized.v[s].value);
	}
	elf_sort(l);
}

void
elf_file_order(struct elf_file *f)
{
	elf_sort(&f->sized);
	elf_sort(&f->labels);
	elf_cut_labels(f);
}

bool
elf_file_read(struct elf_file *f, int fd, char *image, size_t size)
{
	struct elf_input in = {.fd = image ? -1 : fd, .image = image, .size = size};
	GElf_Ehdr head;
	bool ok;

	*f = (struct elf_file){0};
	elf_version(EV_CURRENT);
	in.elf = image ? elf_memory(image, size) : elf_begin(fd, ELF_C_READ, NULL);
	ok = in.elf && elf_kind(in.elf) == ELF_K_ELF && gelf_getehdr(in.elf, &head) &&
	     (head.e_type == ET_DYN || head.e_type == ET_EXEC) && elf_read_segments(f, in.elf);
	if (ok) {
		f->fixed = head.e_type == ET_EXEC;
		f->machine = head.e_machine;
		elf_read_symbols(f, &in);
		elf_file_order(f);
	}
	elf_end(in.elf);
	return ok;
}

static bool
elf_has_id(Elf *elf, const struct elf_debug *want)
{
	struct elf_debug d = {.id_n = 0};
	Elf_Scn *scn = NULL;
	size_t n = 0;
	GElf_Shdr head;

	while ((scn = elf_nextscn(elf, scn)) && n++ < SECTIONS_MAX && !d.id_n)
		if (gelf_getshdr(scn, &head) && head.sh_type == SHT_NOTE)
			elf_read_note(&d, scn);
	return want->id_n && d.id_n == want->id_n && !memcmp(d.id, want->id, d.id_n);
}

bool
elf_file_has_debug(const struct elf_file *f)
{
	return f->debug.id_n || f->debug.link[0];
}

bool
elf_file_is_debug(const struct elf_file *f, int fd)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	bool ok = elf && elf_kind(elf) == ELF_K_ELF;
	uint32_t crc;

	if (ok && f->debug.id_n)
		ok = elf_has_id(elf, &f->debug);
	else if (ok)
		ok = f->debug.link[0] && crc_of_file(fd, &crc) && crc == f->debug.crc;
	elf_end(elf);
	return ok;
}

bool
elf_file_add(struct elf_file *f, int fd)
{
	struct elf_input in = {.fd = fd, .debug = true, .elf = elf_begin(fd, ELF_C_READ, NULL)};
	bool ok = in.elf && elf_kind(in.elf) == ELF_K_ELF;

	if (ok) {
		elf_read_symbols(f, &in);
		elf_file_order(f);
		free(f->heads); /* the index by name is of the symbols before */
		free(f->next);
		f->heads = f->next = NULL;
	}
	elf_end(in.elf);
	return ok;
}

size_t
elf_file_size(const struct elf_file *f)
{
	size_t n = (f->sized.cap + f->labels.cap + f->threads.cap) * sizeof(struct elf_symbol);

	for (size_t i = 0; i < f->names_n; i++)
		n += f->names_size[i];
	return n + (f->heads_n + f->sized.n + f->labels.n) * sizeof(*f->heads);
}

void
elf_file_free(struct elf_file *f)
{
	for (size_t i = 0; i < f->names_n; i++)
		free(f->names[i]);
	free(f->sized.v);
	free(f->labels.v);
	free(f->threads.v);
	free(f->heads);
	free(f->next);
	*f = (struct elf_file){0};
}

const struct elf_symbol *
elf_symbol_at(const struct elf_file *f, uint64_t addr)
{
	const struct elf_symbol *s = elf_find(&f->sized, addr);

	return s ? s : elf_find(&f->labels, addr);
}

#endif
