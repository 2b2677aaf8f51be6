/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/shared.h"

#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/util.h"

struct shared {
	int refs;
	alignas(max_align_t) unsigned char v[];
};

static struct shared *
shared_of(void *p)
{
	return (struct shared *)(void *)((unsigned char *)p - offsetof(struct shared, v));
}

void *
shared_alloc(size_t size)
{
	struct shared *s = mem_alloc(sizeof(*s) + size);

	s->refs = 1;
	return s->v;
}

void
shared_drop(void *p)
{
	if (p && refs_drop(&shared_of(p)->refs))
		free(shared_of(p));
}

void *
shared_copy(const void *p, size_t size)
{
	return p ? memcpy(shared_alloc(size), p, size) : NULL;
}

void *
shared_merge(void *mine, void *other, size_t size)
{
	if (!mine || !other || mine == other || memcmp(mine, other, size) != 0)
		return mine;
	shared_drop(mine);
	refs_take(&shared_of(other)->refs);
	return other;
}
