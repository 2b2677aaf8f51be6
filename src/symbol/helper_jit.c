/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#ifdef HAVE_LIBDW

#include "symbol/helper_jit.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"

enum { SYMBOLS_MAX = 1 << 20 };

/* Reads a number and the blank behind it. */
static bool
jit_number(char **at, uint64_t *out)
{
	const char *end, *s = *at + (!strncmp(*at, "0x", 2) ? 2 : 0);

	if (!parse_u64(s, 16, &end, out) || *end != ' ')
		return false;
	*at = (char *)(uintptr_t)end + 1;
	return true;
}

static void
jit_read_line(struct elf_file *f, char *line)
{
	struct elf_symbols *l = &f->sized;
	uint64_t start, size;

	if (l->n == SYMBOLS_MAX || !jit_number(&line, &start) || !jit_number(&line, &size) ||
	    !*line || !size || size > UINT64_MAX - start)
		return;
	l->v = vec_room(l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[l->n++] =
	    (struct elf_symbol){.value = start, .end = start + size, .name = line};
}

bool
jit_read(struct elf_file *f, int fd, size_t size)
{
	char *text = mem_alloc(size + 1), *line, *next;
	size_t n = 0;
	ssize_t got;

	*f = (struct elf_file){.all = true};
	while (n < size && (got = pread(fd, text + n, size - n, (off_t)n)) > 0)
		n += (size_t)got;
	f->names[0] = text;
	f->names_size[0] = n;
	f->names_n = 1;
	/* a line that is being written has no end yet */
	for (line = text; (next = memchr(line, '\n', n - (size_t)(line - text))); line = next + 1) {
		*next = '\0';
		jit_read_line(f, line);
	}
	elf_file_order(f);
	return f->sized.n > 0;
}

const struct elf_symbol *
jit_symbol_at(const struct elf_file *f, uint64_t addr)
{
	const struct elf_symbols *l = &f->sized;
	const struct elf_symbol *found = NULL;
	size_t i = vec_above(l->v, l->n, sizeof(*l->v), offsetof(struct elf_symbol, value), addr);

	/* names are in the order of the file */
	for (; i-- > 0 && l->v[i].reach > addr;)
		if (l->v[i].end > addr && (!found || l->v[i].name > found->name))
			found = &l->v[i];
	return found;
}

/* Before the parameters, and after the type that is returned; else up to the file's name. */
static bool
jit_ends_as(const char *name, const char *wanted)
{
	const char *paren = strchr(name, '(');
	size_t n = paren ? (size_t)(paren - name) : strcspn(name, " "), len = strlen(wanted);
	const char *type = paren ? memrchr(name, ' ', n) : NULL;
	size_t from = type ? (size_t)(type + 1 - name) : 0;

	if (!len || n - from < len || memcmp(name + n - len, wanted, len) != 0)
		return false;
	n -= len;
	return n == from || !(isalnum((unsigned char)name[n - 1]) || strchr("_$", name[n - 1]));
}

void
jit_ending(const struct elf_file *f, const char *wanted, struct names *out)
{
	*out = (struct names){0};
	for (size_t i = 0; i < f->sized.n; i++)
		if (jit_symbol_at(f, f->sized.v[i].value) != &f->sized.v[i] ||
		    !jit_ends_as(f->sized.v[i].name, wanted))
			continue;
		else if (out->n < NAMES_MAX)
			out->v[out->n++] = &f->sized.v[i];
		else
			out->more++;
}

#endif
