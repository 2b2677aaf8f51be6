/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/copies.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/kabi.h"
#include "target/bytes.h"
#include "target/walk.h"

struct copies {
	struct target *t;
	const struct vma *v;
	copies_fn *fn;
	void *arg;
	uint8_t *memory, *file; /* BYTES_PAGES each */
	struct err *err;
	bool failed;
};

static int
copies_compare(struct copies *c, uint64_t addr, size_t at)
{
	size_t size = c->t->page_size;
	const uint8_t *is = c->memory + at * size, *was = c->file + at * size;
	unsigned differ = 0;

	if (memcmp(is, was, size) == 0)
		return c->fn(c->arg, addr, COPY_SAME, 0);
	for (size_t i = 0; i < size; i++)
		differ += is[i] != was[i];
	return c->fn(c->arg, addr, COPY_CHANGED, differ);
}

/* n neighbours, at most BYTES_PAGES. */
static int
copies_read(struct copies *c, uint64_t addr, size_t n)
{
	struct bytes_page pages[BYTES_PAGES];
	size_t size = c->t->page_size;
	struct source *s = c->t->source;
	int r = 0;

	if (bytes_pages(c->t, c->v, addr, n, c->memory, pages, c->err) < 0) {
		c->failed = true;
		return 1;
	}
	if (!s->ops->file_bytes(s, c->v, addr, n * size, c->file))
		for (size_t i = 0; i < n; i++)
			pages[i].kind = BYTES_NEVER;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = pages[i].kind == BYTES_READ
		        ? copies_compare(c, addr + i * size, i)
		        : c->fn(c->arg, addr + i * size, COPY_UNKNOWN, 0);
	return r;
}

/* Anonymous, in a mapping of a file. */
static bool
copies_is_one(const struct page *pg)
{
	return pg->word & PM_PRESENT && !(pg->word & PM_FILE) && pg->state != STATE_ZERO &&
	       pg->state != STATE_DEVICE;
}

static int
copies_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	struct copies *c = arg;
	size_t size = c->t->page_size;
	int r = 0;

	for (size_t i = 0, k; r == 0 && i < n; i += k) {
		for (k = 0; i + k < n && k < BYTES_PAGES && copies_is_one(&pages[i + k]);)
			k++;
		if (k)
			r = copies_read(c, addr + i * size, k);
		else if (pages[i].state == STATE_SWAPPED)
			r = c->fn(c->arg, addr + i * size, COPY_UNKNOWN, 0);
		k += !k;
	}
	return r;
}

int
copies_walk(struct target *t, const struct vma *v, uint64_t start, uint64_t end, copies_fn *fn,
            void *arg, struct err *err)
{
	static const struct walk_fns fns = {.pages = copies_pages};
	const struct walk_options o = {.needs = PAGE_NEED_FLAGS};
	struct copies c = {.t = t, .v = v, .fn = fn, .arg = arg, .err = err};
	int r;

	if (!vma_has_file(v) || vma_is_anon_huge(v) || v->perm & VMA_SHARED)
		return 0;
	c.memory = mem_alloc(BYTES_PAGES * t->page_size);
	c.file = mem_alloc(BYTES_PAGES * t->page_size);
	r = walk_pages(t, v, start, end, &o, &fns, &c, err);
	free(c.memory);
	free(c.file);
	return c.failed ? -1 : r;
}
