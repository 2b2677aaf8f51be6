/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol/helper_known.h"

#include <stdlib.h>

enum { FILES_MAX = 512 };

static void
known_forget(struct known_file *f)
{
	free(f->bits);
	f->bits = NULL;
	f->same = false;
}

void
known_free(struct known *k)
{
	for (size_t i = 0; i < k->n; i++)
		known_forget(&k->v[i]);
	free(k->v);
	*k = (struct known){0};
}

static bool
known_is(const struct known_file *f, const struct vma *v)
{
	return f->map.start == v->start && f->map.end == v->end && f->map.offset == v->offset &&
	       f->inode == v->inode && f->dev_major == v->dev_major &&
	       f->dev_minor == v->dev_minor;
}

struct known_file *
known_at(struct known *k, const struct vma *v)
{
	for (size_t i = 0; i < k->n; i++)
		if (known_is(&k->v[i], v))
			return &k->v[i];
	if (k->n == FILES_MAX)
		known_free(k);
	k->v = vec_room(k->v, k->n, &k->cap, sizeof(*k->v));
	k->v[k->n] = (struct known_file){.map = {v->start, v->end, v->offset, v->perm},
	                                 .inode = v->inode, .dev_major = v->dev_major,
	                                 .dev_minor = v->dev_minor};
	return &k->v[k->n++];
}

void
known_take(struct known_file *f, const struct helper_filter *filter)
{
	uint32_t size = filter->size;

	known_forget(f);
	f->unknowable = !filter->id || !size || size > HELPER_BITS || size & (size - 1);
	if (f->unknowable)
		return;
	f->id = filter->id;
	f->tables = filter->tables;
	f->mangled = filter->mangled;
	f->size = size;
	f->bits = mem_copy(filter->bits, size);
	f->same = true;
}

uint32_t
known_maps(const struct known *k, size_t *at, struct helper_map *out, uint32_t max)
{
	uint32_t n = 0;

	for (; *at < k->n && n < max; ++*at)
		if (k->v[*at].bits)
			out[n++] = k->v[*at].map;
	return n;
}

void
known_check(struct known *k, size_t from, size_t to, const uint64_t *ids)
{
	size_t n = 0;

	for (size_t i = from; i < to; i++) {
		struct known_file *f = &k->v[i];
		uint64_t id;

		if (!f->bits)
			continue;
		id = ids ? ids[n++] : 0;
		f->unknowable = !id;
		f->same = id == f->id;
		if (!f->same)
			known_forget(f);
	}
}

bool
known_lacks(const struct known_file *f, const char *name, enum symbol_how how)
{
	uint32_t hash;

	if (!f->bits || !f->same || (f->mangled && !helper_is_mangled(name)))
		return false;
	if (how == SYMBOL_ENDING)
		return !f->mangled;
	hash = helper_hash(name, helper_bare(name));
	for (unsigned k = 0; k < 2; k++) {
		uint32_t bit = helper_bit(hash, f->size, k);

		if (!(f->bits[bit / 8] >> bit % 8 & 1))
			return true;
	}
	return false;
}
