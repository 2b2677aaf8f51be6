/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/arena.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* HEAP_MAX_SIZE, to which heaps are aligned: twice the greatest mmap_threshold. */
static const uint64_t ARENA_SIZE = UINT64_C(64) << 20, ARENA_SIZE_32 = UINT64_C(1) << 20;

static uint64_t
arena_size(const struct vma_list *list)
{
	return vma_pointer_size(list) == 4 ? ARENA_SIZE_32 : ARENA_SIZE;
}

static bool
arena_is_named(const struct vma *v)
{
	return !strcmp(v->name, "[anon: glibc: malloc arena]") ||
	       !strcmp(v->name, "[anon:glibc: malloc arena]");
}

static bool
arena_is_writable(const struct vma *v)
{
	return v->type == VMA_ANON && v->perm & VMA_WRITE && !(v->perm & VMA_SHARED) &&
	       (!v->name[0] || arena_is_named(v));
}

static bool
arena_is_reserved(const struct vma *v)
{
	return !v->name[0] && v->type == VMA_RESERVE;
}

/* What [lo, hi), which can be written, and a reservation of `rest` bytes behind it look like. */
static enum arena_by
arena_judge(uint64_t lo, uint64_t hi, uint64_t rest, uint64_t size)
{
	if (lo % size)
		return ARENA_BY_NOTHING;
	if (hi % size)
		return rest == size - hi % size ? ARENA_BY_SHAPE : ARENA_BY_NOTHING;
	return hi - lo == size ? ARENA_BY_SIZE : ARENA_BY_NOTHING;
}

static uint64_t
arena_rest(const struct vma_list *l, size_t i)
{
	const struct vma *rest = &l->v[i + 1];

	return i + 1 < l->n && rest->start == l->v[i].end && arena_is_reserved(rest)
	           ? vma_size(rest)
	           : 0;
}

/* --- all of them ------------------------------------------------------------------------------ */

static void
arena_add(struct arena_slots *out, const struct arena_slot *s)
{
	out->more |= out->n == ARENA_SLOTS_MAX;
	if (out->more)
		return;
	out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
	out->v[out->n++] = *s;
}

/* Those in a run of neighbours that can be written, regions [i, end). */
static void
arena_add_run(const struct vma_list *l, size_t i, size_t end, bool any, struct arena_slots *out)
{
	uint64_t size = arena_size(l), lo = l->v[i].start, hi = l->v[end - 1].end;
	enum arena_by by = arena_judge(lo, hi, arena_rest(l, end - 1), size);
	uint64_t at = (lo + size - 1) / size * size;

	if (by == ARENA_BY_NOTHING && !any)
		at = arena_is_named(&l->v[i]) ? at : hi;
	for (; at >= lo && at < hi && !out->more; at += size) {
		struct arena_slot s = {at, u64_min(hi, at + size), at + size, by};

		while (l->v[i].end <= at)
			i++;
		if (l->v[i].start == at && arena_is_named(&l->v[i]))
			s.by = ARENA_BY_NAME;
		if (s.end > at && (any || s.by != ARENA_BY_NOTHING))
			arena_add(out, &s);
	}
}

void
arena_find(const struct vma_list *list, bool any, struct arena_slots *out)
{
	*out = (struct arena_slots){0};
	for (size_t i = 0, end; i < list->n; i = end) {
		end = i + 1;
		if (!arena_is_writable(&list->v[i]))
			continue;
		while (end < list->n && list->v[end].start == list->v[end - 1].end &&
		       arena_is_writable(&list->v[end]))
			end++;
		arena_add_run(list, i, end, any, out);
	}
}

void
arena_free(struct arena_slots *s)
{
	free(s->v);
	*s = (struct arena_slots){0};
}

/* --- one region ------------------------------------------------------------------------------- */

static bool
arena_begins(const struct vma_list *l, size_t i, uint64_t size)
{
	const struct vma *v = &l->v[i];

	return arena_is_writable(v) &&
	       (arena_is_named(v) || arena_judge(v->start, v->end, arena_rest(l, i), size));
}

static bool
arena_goes_on(const struct vma_list *l, size_t i)
{
	const struct vma *v = &l->v[i];

	return i && arena_is_writable(v) && v->start == v[-1].end && arena_is_named(v - 1);
}

enum arena_part
arena_part(const struct vma_list *list, size_t i, size_t *heaps)
{
	const struct vma *v = &list->v[i];
	uint64_t size = arena_size(list);

	if (arena_begins(list, i, size)) {
		*heaps = (size_t)((vma_size(v) + size - 1) / size);
		return ARENA_USED;
	}
	*heaps = 0;
	if (arena_goes_on(list, i))
		return ARENA_MORE;
	return i && arena_is_reserved(v) && v->start == v[-1].end &&
	               v->start % size && vma_size(v) == size - v->start % size &&
	               (arena_begins(list, i - 1, size) || arena_goes_on(list, i - 1))
	           ? ARENA_REST
	           : ARENA_NONE;
}
