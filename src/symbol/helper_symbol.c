/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the reader: finds the instance of a file that contains an address; its symbol there. */
#include "config.h"

#ifdef HAVE_LIBDW

#include "symbol/helper_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/util.h"
#include "symbol/helper_elf.h"
#include "symbol/helper_instruction.h"
#include "symbol/helper_jit.h"
#include "symbol/helper_lines.h"
#include "symbol/helper_names.h"

/* --- files that were read --------------------------------------------------------------------- */

enum { KEPT = 256, KEPT_SIZE = 160 << 20 /* of all, before another is read */ };

/* Which file it is, and in which state. */
struct identity {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

/* Parsed files, cached by identity, not by address; none is held open. */
struct kept {
	struct identity id;
	uint64_t used; /* last use; 0: free */
	bool ok;
	enum { DEBUG_NOT_SOUGHT, DEBUG_NONE, DEBUG_TAKEN } debug; /* its debug file */
	struct identity debug_id; /* the one taken: whether it is the right one can take long */
	struct elf_file file;
};

/* What was not in the file itself, and may be in its debug file. */
static struct {
	unsigned wanted; /* enum symbol_needs; 0: nothing */
	bool known;
	uint64_t own;
	struct helper_symbol found; /* its source, line and inlined functions */
} helper_more;

/* The file of the last question; NULL: the vdso. */
static struct kept *helper_last;

static bool
helper_identify(int fd, struct identity *out)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return false;
	*out = (struct identity){st.st_dev, st.st_ino, st.st_size, st.st_ctim};
	return true;
}

static bool
helper_is_identical(const struct identity *a, const struct identity *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	       !memcmp(&a->changed, &b->changed, sizeof(a->changed));
}

static struct kept *
helper_find_kept(struct kept *all, const struct identity *id)
{
	for (size_t i = 0; i < KEPT; i++)
		if (all[i].used && helper_is_identical(&all[i].id, id))
			return &all[i];
	return NULL;
}

static struct kept *
helper_oldest(struct kept *all)
{
	struct kept *k = all;

	for (size_t i = 1; i < KEPT; i++)
		if (all[i].used < k->used)
			k = &all[i];
	return k;
}

/* Frees the oldest until there is room for a large file, too. */
static void
helper_make_room(struct kept *all)
{
	size_t size = 0;

	for (size_t i = 0; i < KEPT; i++)
		size += elf_file_size(&all[i].file);
	while (size > KEPT_SIZE) {
		struct kept *k = NULL;

		for (size_t i = 0; i < KEPT; i++)
			if (elf_file_size(&all[i].file) && (!k || all[i].used < k->used))
				k = &all[i];
		size -= elf_file_size(&k->file);
		elf_file_free(&k->file);
		*k = (struct kept){0};
	}
}

static struct elf_file *
helper_file_of(const struct helper_ask *ask, int fd)
{
	static struct kept all[KEPT];
	static uint64_t turn;
	struct identity id;
	struct kept *k;

	if (!helper_identify(fd, &id))
		return NULL;
	k = helper_find_kept(all, &id);
	if (!k) {
		helper_make_room(all);
		k = helper_oldest(all);
		elf_file_free(&k->file);
		*k = (struct kept){.id = id};
		k->ok = helper_is_about_jit(ask) ? jit_read(&k->file, fd, (size_t)id.size)
		                                 : elf_file_read(&k->file, fd, NULL, 0);
	}
	k->used = ++turn;
	helper_last = k;
	return k->ok ? &k->file : NULL;
}

bool
helper_wants(struct elf_debug *out)
{
	const struct kept *k = helper_last;

	if (!k || !k->ok || k->debug == DEBUG_NONE || !elf_file_has_debug(&k->file) ||
	    !(helper_more.wanted || (!k->file.all && k->debug == DEBUG_NOT_SOUGHT)))
		return false;
	*out = k->file.debug;
	return true;
}

static bool
helper_is_debug_of(struct kept *k, int fd)
{
	struct identity id;

	if (!helper_identify(fd, &id))
		return false;
	if (k->debug == DEBUG_TAKEN && helper_is_identical(&id, &k->debug_id))
		return true;
	if (!elf_file_is_debug(&k->file, fd) ||
	    (k->debug != DEBUG_TAKEN && !k->file.all && !elf_file_add(&k->file, fd)))
		return false;
	k->debug = DEBUG_TAKEN;
	k->debug_id = id;
	return true;
}

/* What debug information says of the code at `own`. false: nothing. */
static bool
helper_read_more(int fd, uint64_t own, unsigned needs, struct helper_symbol *out)
{
	bool line = needs & SYMBOL_NEEDS_LINE &&
	            lines_find(fd, own, out->source, sizeof(out->source), &out->line);
	bool inlined = needs & SYMBOL_NEEDS_INLINED && lines_inlined(fd, own, &out->inlined);

	return line || inlined;
}

bool
helper_take_debug(int fd)
{
	struct kept *k = helper_last;

	if (k && fd < 0)
		k->debug = DEBUG_NONE;
	if (!k || fd < 0 || !helper_is_debug_of(k, fd))
		return false;
	helper_more.found = (struct helper_symbol){0};
	if (helper_more.wanted)
		helper_more.known =
		    helper_read_more(fd, helper_more.own, helper_more.wanted, &helper_more.found);
	return true;
}

/* Where the code at the file's address `own` is in the source, and what was inlined there. */
static void
helper_find_more(int fd, uint64_t own, unsigned needs, struct helper_symbol *out)
{
	bool again = helper_more.wanted == needs && helper_more.own == own;

	if (helper_read_more(fd, own, needs, out)) {
		again = true;
	} else if (helper_more.known && again) {
		memcpy(out->source, helper_more.found.source, sizeof(out->source));
		out->line = helper_more.found.line;
		out->inlined = helper_more.found.inlined;
	}
	helper_more.known = false;
	helper_more.wanted = again ? 0 : needs;
	helper_more.own = own;
}

/* A question about no more than the name: what an earlier one wanted is wanted no more. */
static void
helper_want_no_more(void)
{
	helper_more.wanted = 0;
	helper_more.known = false;
}

/* --- instances -------------------------------------------------------------------------------- */

static bool
helper_fits(const struct helper_map *m, const struct elf_segment *s)
{
	return !(m->perm & VMA_SHARED) && (!(s->flags & ELF_EXEC) || m->perm & VMA_EXEC);
}

/*
 * Whether the file is loaded with this bias: each segment must begin at its place. In a copy mapped
 * for reading, whole or in part, the text is at the wrong place or not executable.
 */
static bool
helper_is_loaded(const struct helper_ask *ask, const struct elf_file *f, uint64_t bias,
                 uint64_t page)
{
	for (size_t i = 0; i < f->segments_n; i++) {
		const struct elf_segment *s = &f->segments[i];
		uint64_t offset = s->offset & ~(page - 1);
		uint64_t at = bias + s->vaddr - (s->offset - offset);
		bool found = !s->file_size;

		for (uint32_t k = 0; !found && k < ask->maps_n && k < HELPER_MAPS; k++) {
			const struct helper_map *m = &ask->maps[k];

			found = m->start <= at && at < m->end &&
			        m->offset + (at - m->start) == offset && helper_fits(m, s);
		}
		if (!found)
			return false;
	}
	return true;
}

/* Whether the mapping shows some of the segment's bytes. */
static bool
helper_overlaps(const struct helper_map *m, const struct elf_segment *s)
{
	return s->file_size && s->offset < m->offset + (m->end - m->start) &&
	       s->offset + s->file_size > m->offset;
}

/*
 * The load bias of the instance whose segment s the mapping shows; the lowest mapping of a file
 * would not do, as it need not belong to the loaded instance. false: it does not show s.
 */
static bool
helper_bias(const struct helper_ask *ask, const struct elf_file *f, const struct elf_segment *s,
            uint64_t *out)
{
	const struct helper_map *m = &ask->map;
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t bias = m->start - m->offset + s->offset - s->vaddr;

	if (!helper_overlaps(m, s) || !helper_fits(m, s) || !(m->perm & (VMA_READ | VMA_EXEC)) ||
	    bias % page || (f->fixed && bias) || !helper_is_loaded(ask, f, bias, page))
		return false;
	*out = bias;
	return true;
}

/*
 * Converts the address asked about to an address of the file. Addresses after the mapping belong to
 * the segment's part without file contents.
 */
static bool
helper_own_address(const struct helper_ask *ask, const struct elf_file *f, uint64_t *out)
{
	for (size_t i = 0; i < f->segments_n; i++) {
		const struct elf_segment *s = &f->segments[i];
		bool beyond = ask->start >= ask->map.end; /* .bss, not in the file */
		uint64_t bias, own;

		if (!helper_bias(ask, f, s, &bias))
			continue;
		own = ask->start - bias;
		if (own < s->vaddr || own - s->vaddr >= s->mem_size ||
		    (beyond && (!(s->flags & ELF_WRITE) || own - s->vaddr < s->file_size)))
			continue;
		*out = own;
		return true;
	}
	return false;
}

/* The load bias of the program or library whose code the mapping is. */
static bool
helper_code_bias(const struct helper_ask *ask, const struct elf_file *f, uint64_t *out)
{
	for (size_t i = 0; i < f->segments_n; i++)
		if (f->segments[i].flags & ELF_EXEC && helper_bias(ask, f, &f->segments[i], out))
			return true;
	return false;
}

/* --- the vdso --------------------------------------------------------------------------------- */

/*
 * The kernel has several vdso images, one per calling convention; the target's first page shows
 * which one it has. If it is the same as ours, ours is parsed.
 */
static struct elf_file *
helper_file_of_vdso(const struct helper_ask *ask)
{
	static struct elf_file file;
	static bool known;
	char *own = (char *)(uintptr_t)getauxval(AT_SYSINFO_EHDR), *copy; // NOLINT
	size_t size = ask->map.end - ask->map.start;

	helper_last = NULL;
	if (!own || size > HELPER_IMAGE * 16 || memcmp(own, ask->image, HELPER_IMAGE) != 0)
		return NULL;
	if (!known) {
		copy = mem_alloc(size);
		memcpy(copy, own, size);
		known = elf_file_read(&file, -1, copy, size);
		free(copy);
	}
	return known ? &file : NULL;
}

/* --- the answer ------------------------------------------------------------------------------- */

bool
helper_find_symbol(const struct helper_ask *ask, int fd, struct helper_symbol *out)
{
	const struct elf_file *f = fd < 0 ? helper_file_of_vdso(ask) : helper_file_of(ask, fd);
	const struct elf_symbol *s = NULL;
	uint64_t own = 0;

	if (f && helper_is_about_jit(ask)) {
		own = ask->start;
		s = jit_symbol_at(f, own);
	} else if (f && fd < 0) {
		own = ask->start - ask->map.start + f->segments[0].vaddr;
		s = elf_symbol_at(f, own);
	} else if (f && helper_own_address(ask, f, &own)) {
		s = elf_symbol_at(f, own);
	}
	if (!s || strlen(s->name) >= sizeof(out->name))
		return false;
	memset(out, 0, sizeof(*out));
	if (ask->needs && fd >= 0 && !helper_is_about_jit(ask))
		helper_find_more(fd, own, ask->needs, out);
	else
		helper_want_no_more();
	out->offset = own - s->value;
	strcpy(out->name, s->name);
	helper_demangle(s->name, out->demangled, sizeof(out->demangled));
	return true;
}

bool
helper_find_instruction(const struct helper_ask *ask, int fd, struct helper_instruction *out)
{
	const struct elf_file *f = fd < 0 ? NULL : helper_file_of(ask, fd);
	uint64_t own;

	helper_want_no_more();
	return f && helper_own_address(ask, f, &own) &&
	       instruction_find(f, fd, own, ask->needs, out);
}

static void
helper_add_match(struct helper_matches *out, const struct elf_symbol *s, uint64_t bias)
{
	struct helper_match *m = &out->v[out->n];

	if (out->n == ARRAY_LEN(out->v) || strlen(s->name) >= sizeof(m->name)) {
		out->more++;
		return;
	}
	out->n++;
	m->addr = bias + s->value;
	m->size = s->end - s->value;
	m->local = s->local;
	strcpy(m->name, s->name);
	helper_demangle(s->name, m->demangled, sizeof(m->demangled));
}

static uint32_t
helper_tables(const struct elf_file *f)
{
	return f->all || f->packed ? SYMBOLS_ALL : f->exported ? SYMBOLS_EXPORTED : SYMBOLS_NONE;
}

bool
helper_list_names(const struct helper_ask *ask, int fd, struct helper_filter *out)
{
	struct elf_file *f = fd < 0 ? NULL : helper_file_of(ask, fd);
	uint64_t bias;

	helper_want_no_more();
	if (!f || !helper_code_bias(ask, f, &bias))
		return false;
	out->tables = helper_tables(f);
	return names_filter(f, out);
}

bool
helper_find_named(const struct helper_ask *ask, int fd, struct helper_matches *out)
{
	struct elf_file *f = fd < 0 ? helper_file_of_vdso(ask) : helper_file_of(ask, fd);
	struct names found;
	uint64_t bias = 0;

	helper_want_no_more();
	memset(out, 0, sizeof(*out));
	if (!f || !memchr(ask->wanted, '\0', sizeof(ask->wanted)))
		return false;
	if (fd < 0)
		bias = ask->map.start - f->segments[0].vaddr;
	else if (!helper_is_about_jit(ask) && !helper_code_bias(ask, f, &bias)) {
		out->tables = SYMBOLS_ELSEWHERE;
		return true;
	}
	out->tables = helper_tables(f);
	if (ask->needs == SYMBOL_BEGUN)
		names_begun(f, ask->wanted, &found);
	else if (ask->needs == SYMBOL_ENDING && helper_is_about_jit(ask))
		jit_ending(f, ask->wanted, &found);
	else if (ask->needs == SYMBOL_ENDING)
		names_ending(f, ask->wanted, &found);
	else
		names_find(f, ask->wanted, &found);
	for (size_t i = 0; i < found.n; i++)
		if (!helper_is_about_jit(ask) || jit_symbol_at(f, found.v[i]->value) == found.v[i])
			helper_add_match(out, found.v[i], bias);
	out->more += (uint32_t)found.more;
	if (!found.n && ask->needs == SYMBOL_NEAR) {
		out->far = names_near(f, ask->wanted, out->near, sizeof(out->near));
		out->thread_local = names_is_thread_local(f, ask->wanted);
	}
	return true;
}

#endif
