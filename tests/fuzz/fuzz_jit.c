/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lists of code that a program compiled itself, as any program may write them. */
#include "config.h"

#include "fuzz.h"

#ifdef HAVE_LIBDW

#include "symbol/helper_jit.h"
#include "symbol/helper_names.h"

static const char *const lines[] = {
    "7f1a00000000 40 LInterpreter\n",
    "7f1a00000020 40 int Foo::bar(long, char)\n",
    "0x7f1a00001000 0x100 LazyCompile:*f /srv/app.js:1:20\n",
    "7f1a00001000 80 _ZN3one5plainEi\n",
    "0 ffffffffffffffff all of it\n",
    "ffffffffffffffff 1 the last\n",
    "fffffffffffffff0 20 too far\n",
    "10 0 empty\n",
    "10 8 \n",
    "10  8 two blanks\n",
    "7f1a00000000 40\n",
    "\n",
    "nonsense\n",
    "123456789abcdef01 1 too long\n",
    "7f1a00002000 20 unfinished",
};

static int
make_file(uint64_t *seed, size_t *size)
{
	struct buf text = {0}, made = {0};
	int fd = fake_file();

	for (uint64_t n = fake_below(seed, 40); n; n--)
		buf_str(&text, lines[fake_below(seed, ARRAY_LEN(lines))]);
	buf_str(&text, "");
	fuzz_mutate(&made, text.s, text.len, seed);
	*size = made.len;
	if (pwrite(fd, made.s, made.len, 0) != (ssize_t)made.len)
		*size = 0;
	/* it may have become shorter or longer since it was measured */
	*size += fake_below(seed, 4) ? 0 : fake_below(seed, 20);
	buf_free(&text);
	buf_free(&made);
	return fd;
}

/* The slow way: names are in the order of the file, so the newest is the last. */
static const struct elf_symbol *
newest(const struct elf_file *f, uint64_t at)
{
	const struct elf_symbol *found = NULL;

	for (size_t i = 0; i < f->sized.n; i++) {
		const struct elf_symbol *s = &f->sized.v[i];

		if (s->value <= at && at < s->end && (!found || s->name > found->name))
			found = s;
	}
	return found;
}

static bool
check(struct elf_file *f, uint64_t *seed)
{
	struct names n;

	for (size_t i = 0; i < f->sized.n; i++) {
		const struct elf_symbol *s = &f->sized.v[i];

		if (s->end <= s->value || !s->name[0] || s->name < f->names[0] ||
		    s->name + strlen(s->name) > f->names[0] + f->names_size[0])
			return fuzz_wrong("symbol %zu", i);
		names_find(f, s->name, &n);
		if (!n.n)
			return fuzz_wrong("%s is not found by its name", s->name);
		jit_ending(f, s->name, &n);
		if (n.n > NAMES_MAX)
			return fuzz_wrong("%s: more than fit", s->name);
	}
	for (int i = 0; i < 50; i++) {
		uint64_t at = f->sized.n ? f->sized.v[fake_below(seed, f->sized.n)].value + fake_below(seed, 70)
		                         : fake_random(seed);

		if (jit_symbol_at(f, at) != newest(f, at))
			return fuzz_wrong("not the newest at %" PRIx64, at);
	}
	return true;
}

static bool
play(uint64_t *seed)
{
	struct elf_file f;
	size_t size;
	int fd = make_file(seed, &size);
	bool ok = !jit_read(&f, fd, size) || check(&f, seed);

	elf_file_free(&f);
	close(fd);
	return ok;
}

int
main(int argc, char **argv)
{
	return fuzz_run(argc, argv, "perf maps, damaged", play);
}

#else

int
main(void)
{
	printf("1..0 # SKIP built without elfutils\n");
	return 0;
}

#endif
