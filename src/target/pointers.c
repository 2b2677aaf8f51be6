/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/pointers.h"

#include <string.h>

#include "target/symbol.h"

enum { SYMBOLS_MAX = 512 };

/* Index of the first symbol that is not below value. */
static size_t
pointers_place(const struct bytes *b, uint64_t value)
{
	return value ? vec_above(b->symbols, b->symbols_n, sizeof(*b->symbols),
	                         offsetof(struct bytes_symbol, value), value - 1)
	             : 0;
}

static const struct bytes_symbol *
pointers_known(const struct bytes *b, uint64_t value)
{
	size_t i = b ? pointers_place(b, value) : 0;

	return b && i < b->symbols_n && b->symbols[i].value == value ? &b->symbols[i] : NULL;
}

const char *
pointers_name(const struct bytes *b, uint64_t value)
{
	const struct bytes_symbol *s = pointers_known(b, value);

	return s && s->name[0] ? s->name : NULL;
}

static void
pointers_add(struct bytes *b, struct bytes_symbol s)
{
	size_t i = pointers_place(b, s.value);

	b->symbols = vec_room(b->symbols, b->symbols_n, &b->symbols_cap, sizeof(*b->symbols));
	memmove(b->symbols + i + 1, b->symbols + i, (b->symbols_n - i) * sizeof(*b->symbols));
	b->symbols[i] = s;
	b->symbols_n++;
}

void
pointers_find(struct bytes *b, struct target *t, const struct vma_list *vmas,
              const struct bytes *before, uint64_t budget_ns)
{
	uint64_t begin = source_now(t->source), word = b->word, value = 0;
	uint64_t at = (b->start + word - 1) & ~(word - 1);

	for (; at + word <= b->end && b->symbols_n < SYMBOLS_MAX; at += word) {
		const struct vma *v = bytes_pointer(b, vmas, at, &value);
		const struct bytes_symbol *known = pointers_known(before, value);
		struct buf name = {0};

		v = v ? symbol_source(vmas, value) : NULL;
		if (!v || pointers_known(b, value))
			continue;
		if (known && (known->inode != v->inode || known->base != v->start - v->offset))
			known = NULL; /* another file is mapped there now */
		if (!known && source_now(t->source) - begin > budget_ns)
			continue;
		if (known)
			buf_str(&name, known->name);
		else
			symbol_at(t, vmas, value, &name, NULL);
		pointers_add(b, (struct bytes_symbol){value, v->inode, v->start - v->offset,
		                                    name.s ? name.s : mem_strdup("")});
	}
}
