/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/frame_looks.h"

#include <stdlib.h>

#include "base/util.h"

/* A table of a power of two, at most half full; a frame's looks are in one row of slots. */
enum { FRAME_LOOKS_CAP = 4096 };

void
frame_looks_free(struct frame_looks *f)
{
	free(f->v);
	*f = (struct frame_looks){0};
}

static size_t
frame_looks_slot(const struct frame_looks *f, uint64_t pfn)
{
	return (size_t)(pfn * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (f->cap - 1);
}

static size_t
frame_looks_next(const struct frame_looks *f, size_t i)
{
	return (i + 1) & (f->cap - 1);
}

/* Of looks that know the same facts only the newest is kept: a frame has few. */
static void
frame_looks_put(struct frame_looks *f, const struct frame_look *look)
{
	size_t i = frame_looks_slot(f, look->frame->pfn);

	for (; f->v[i].frame; i = frame_looks_next(f, i))
		if (f->v[i].frame->pfn == look->frame->pfn &&
		    f->v[i].frame->known == look->frame->known) {
			if (f->v[i].time_ns <= look->time_ns)
				f->v[i] = *look;
			return;
		}
	f->v[i] = *look;
	f->n++;
}

static void
frame_looks_grow(struct frame_looks *f)
{
	struct frame_looks more = {.cap = f->cap ? f->cap * 2 : FRAME_LOOKS_CAP};

	more.v = mem_alloc(more.cap * sizeof(*more.v));
	for (size_t i = 0; i < f->cap; i++)
		if (f->v[i].frame)
			frame_looks_put(&more, &f->v[i]);
	free(f->v);
	*f = more;
}

void
frame_looks_add(struct frame_looks *f, const struct block *b)
{
	for (size_t i = 0; i < b->n; i++) {
		if (2 * (f->n + 1) > f->cap)
			frame_looks_grow(f);
		frame_looks_put(f, &(struct frame_look){&b->v[i], b->time_ns});
	}
}

bool
frame_looks_find(const struct frame_looks *f, uint64_t pfn, enum frame_file file, uint64_t *out)
{
	const struct frame_look *newest = NULL;

	if (!f->cap)
		return false;
	for (size_t i = frame_looks_slot(f, pfn); f->v[i].frame; i = frame_looks_next(f, i)) {
		const struct frame_look *look = &f->v[i];

		if (look->frame->pfn == pfn && look->frame->known & 1u << file &&
		    (!newest || newest->time_ns < look->time_ns))
			newest = look;
	}
	if (newest)
		*out = newest->frame->value[file];
	return newest;
}
