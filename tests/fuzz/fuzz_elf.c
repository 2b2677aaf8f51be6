/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * This very program as a file of a target, damaged: names, addresses, lines, inlined functions and
 * instructions of what is read of it.
 */
#include "config.h"

#include "fuzz.h"

#ifdef HAVE_LIBDW

#include <elf.h>
#include <fcntl.h>

#include "symbol/helper_elf.h"
#include "symbol/helper_instruction.h"
#include "symbol/helper_lines.h"
#include "symbol/helper_names.h"

/* Symbols as other compilers make them. */
int plain(int x) __asm__("_ZN3one5plainEi");
int method(int x) __asm__("_ZNK3one5Shape4areaEv");
int instance(int x) __asm__("_ZN3one5twiceIiEET_S1_");
int rust(int x) __asm__("_RNvMNtCs1_1r6shapesNtB2_6Circle4area");
int legacy(int x) __asm__("_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE");
int twin(int x) __asm__("_ZN3two5plainEi");

int plain(int x) { return x + 1; }
int method(int x) { return x + 2; }
int instance(int x) { return x + 3; }
int rust(int x) { return x + 4; }
int legacy(int x) { return x + 5; }
int twin(int x) { return x + 6; }
_Thread_local int each_thread = 1;

static const char *const wanted[] = {
    "main", "plain", "one::plain", "one::plain(int)", "area", "one::twice<int>", "twice", "operator new",
    "r::shapes::Circle::area", "<r::shapes::Circle>::area", "core::fmt::Write::write_fmt", "write_fmt",
    "_ZN3one5plainEi", "each_thread", "fuz", "f", "", "std::", "plain(", "a<b<c", ")(", "mian", "::", "x@V1",
};

/* --- the file --------------------------------------------------------------------------------- */

static struct {
	char *image;
	size_t size;
	/* what is damaged: the headers, and the sections that are read */
	struct {
		size_t at, n;
	} part[128];
	size_t parts;
} file;

static void
add_part(uint64_t at, uint64_t n)
{
	if (n && at < file.size && n <= file.size - at && file.parts < ARRAY_LEN(file.part)) {
		file.part[file.parts].at = at;
		file.part[file.parts++].n = n;
	}
}

static void
read_self(void)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	const Elf64_Ehdr *head;
	const Elf64_Shdr *s;
	size_t room = 64 << 20;
	ssize_t got;

	file.image = mem_alloc(room);
	while (fd >= 0 && (got = read(fd, file.image + file.size, room - file.size)) > 0)
		file.size += (size_t)got;
	close(fd);
	head = (const Elf64_Ehdr *)file.image;
	add_part(0, sizeof(*head));
	add_part(head->e_phoff, (uint64_t)head->e_phnum * head->e_phentsize);
	add_part(head->e_shoff, (uint64_t)head->e_shnum * head->e_shentsize);
	for (unsigned i = 0; i < head->e_shnum; i++) {
		s = (const Elf64_Shdr *)(file.image + head->e_shoff) + i;
		if (s->sh_type != SHT_NOBITS &&
		    (!(s->sh_flags & SHF_ALLOC) || s->sh_type != SHT_PROGBITS || s->sh_flags & SHF_EXECINSTR))
			add_part(s->sh_offset, s->sh_size);
	}
}

/* Changes bytes and numbers of some parts, for the worse. */
static void
damage(char *image, uint64_t *seed)
{
	static const uint64_t numbers[] = {0, 1, 0x7f, 0xff, 0xffff, 0x7fffffff, 0xffffffff, UINT64_MAX,
	                                   UINT64_MAX - 7, UINT64_C(1) << 63, UINT64_C(1) << 32, 0x80808080};

	for (uint64_t n = fake_below(seed, 12); n; n--) {
		size_t p = fake_below(seed, file.parts), size = (size_t)1 << fake_below(seed, 4);
		char *at = image + file.part[p].at + fake_below(seed, file.part[p].n);
		uint64_t number = fake_below(seed, 2) ? numbers[fake_below(seed, ARRAY_LEN(numbers))]
		                                      : fake_random(seed) >> fake_below(seed, 64);
		size_t room = (size_t)(image + file.size - at);

		if (fake_below(seed, 8) == 0) /* a piece from elsewhere */
			memmove(at, file.image + fake_below(seed, file.size - 64), u64_min(room, 64));
		else
			memcpy(at, &number, u64_min(room, size));
	}
}

static int
damaged(uint64_t *seed)
{
	size_t size = fake_below(seed, 16) ? file.size : fake_below(seed, file.size);
	char *image = mem_copy(file.image, file.size);
	int fd = fake_file();

	damage(image, seed);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, image + done, size - done);

		if (n <= 0)
			break;
		done += (size_t)n;
	}
	free(image);
	return fd;
}

/* --- what must be true of it ------------------------------------------------------------------ */

static bool
is_kept(const struct elf_file *f, const char *name)
{
	for (size_t i = 0; i < f->names_n; i++)
		if (name >= f->names[i] && name <= f->names[i] + f->names_size[i])
			return true;
	return false;
}

static bool
check_list(const struct elf_file *f, const struct elf_symbols *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct elf_symbol *s = &l->v[i];

		if (!is_kept(f, s->name))
			return fuzz_wrong("symbol %zu has a name outside of the file", i);
		if (i && l->v[i - 1].value > s->value)
			return fuzz_wrong("symbol %zu is out of order", i);
		if (s->end < s->value)
			return fuzz_wrong("symbol %zu ends before it begins", i);
	}
	return true;
}

static bool
check_addresses(const struct elf_file *f, uint64_t *seed)
{
	for (int i = 0; i < 50; i++) {
		uint64_t at = f->sized.n && fake_below(seed, 4)
		                  ? f->sized.v[fake_below(seed, f->sized.n)].value + fake_below(seed, 40)
		                  : fake_random(seed) >> fake_below(seed, 64);
		const struct elf_symbol *s = elf_symbol_at(f, at);

		if (s && (at < s->value || at >= s->end))
			return fuzz_wrong("%s does not contain %" PRIx64, s->name, at);
	}
	return true;
}

static bool
check_names(struct elf_file *f, uint64_t *seed)
{
	void (*const finds[])(struct elf_file *, const char *, struct names *) = {names_find, names_ending};
	struct names found;
	char near[64];

	for (int i = 0; i < 4; i++) {
		const char *name = wanted[fake_below(seed, ARRAY_LEN(wanted))];

		finds[i & 1](f, name, &found);
		for (size_t k = 0; k < found.n; k++)
			if (!is_kept(f, found.v[k]->name))
				return fuzz_wrong("%s has a name outside of the file", name);
		names_begun(f, name, &found);
		if (found.n > NAMES_MAX)
			return fuzz_wrong("%s: more than fit", name);
		names_near(f, name, near, sizeof(near));
		if (strlen(near) >= sizeof(near))
			return fuzz_wrong("the name near %s does not end", name);
		names_is_thread_local(f, name);
	}
	return true;
}

static bool
check_lines(const struct elf_file *f, int fd, uint64_t *seed)
{
	char source[128];
	uint32_t line;

	for (int i = 0; i < 8; i++) {
		uint64_t at = f->sized.n && fake_below(seed, 4)
		                  ? f->sized.v[fake_below(seed, f->sized.n)].value + fake_below(seed, 20)
		                  : fake_random(seed) >> fake_below(seed, 64);

		if (lines_find(fd, at, source, sizeof(source), &line) &&
		    (!line || strlen(source) >= sizeof(source)))
			return fuzz_wrong("line %" PRIu32 " of %.128s", line, source);
	}
	return true;
}

static bool
check_inlined(const struct elf_file *f, int fd, uint64_t *seed)
{
	struct helper_inlined in;

	for (int i = 0; i < 8; i++) {
		uint64_t at = f->sized.n && fake_below(seed, 4)
		                  ? f->sized.v[fake_below(seed, f->sized.n)].value + fake_below(seed, 200)
		                  : fake_random(seed) >> fake_below(seed, 64);
		const char *end = in.names;

		if (!lines_inlined(fd, at, &in))
			continue;
		for (uint32_t k = 0; k < in.n && end < in.names + sizeof(in.names); k++)
			end += strnlen(end, (size_t)(in.names + sizeof(in.names) - end)) + 1;
		if (in.n > SYMBOL_INLINED || end > in.names + sizeof(in.names))
			return fuzz_wrong("%" PRIu32 " names of inlined functions that do not fit", in.n);
	}
	return true;
}

static bool
check_instructions(const struct elf_file *f, int fd, uint64_t *seed)
{
	struct helper_instruction is;

	for (int i = 0; i < 8; i++) {
		const struct elf_symbol *s = f->sized.n ? &f->sized.v[fake_below(seed, f->sized.n)] : NULL;
		uint64_t at = s && fake_below(seed, 4) ? s->value + fake_below(seed, 4) * fake_below(seed, 40)
		                                       : fake_random(seed) >> fake_below(seed, 64);

		if (!instruction_find(f, fd, at, true, &is))
			continue;
		if (is.does > INSTRUCTION_WRITES || is.store > STORE_CALL || is.length > 15)
			return fuzz_wrong("an instruction at %" PRIx64 " that is none", at);
		if (is.store == STORE_BEFORE && (!is.length || !elf_symbol_at(f, at - is.length)))
			return fuzz_wrong("a store before %" PRIx64 " outside of its function", at);
	}
	return true;
}

static bool
play(uint64_t *seed)
{
	int fd = damaged(seed);
	struct elf_file f;
	bool ok = true;

	if (elf_file_read(&f, fd, NULL, 0)) {
		ok = check_list(&f, &f.sized) && check_list(&f, &f.labels) &&
		     check_addresses(&f, seed) && check_names(&f, seed) && check_lines(&f, fd, seed) &&
		     check_inlined(&f, fd, seed) && check_instructions(&f, fd, seed);
		if (ok && elf_file_is_debug(&f, fd) && elf_file_add(&f, fd))
			ok = check_list(&f, &f.sized) && check_list(&f, &f.labels) &&
			     check_names(&f, seed);
	}
	elf_file_free(&f);
	close(fd);
	return ok;
}

int
main(int argc, char **argv)
{
	if (plain(0) + method(0) + instance(0) + rust(0) + legacy(0) + twin(0) + each_thread == 0)
		return 1;
	read_self();
	return fuzz_run(argc, argv, "names and lines of damaged programs", play);
}

#else

int
main(void)
{
	printf("1..0 # SKIP built without elfutils\n");
	return 0;
}

#endif
