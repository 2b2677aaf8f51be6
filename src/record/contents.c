/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/contents.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "target/bytes.h"

struct contents {
	uint64_t start, end;
	size_t page_size;
	uint8_t **known; /* by page: as it was told last; NULL: it was not there */
};

void
contents_list_free(struct contents_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i].data);
	free(l->v);
	*l = (struct contents_list){0};
}

struct contents *
contents_new(uint64_t start, uint64_t end, size_t page_size)
{
	struct contents *c = mem_alloc(sizeof(*c));

	c->start = start - start % page_size;
	c->end = end + (page_size - end % page_size) % page_size;
	c->page_size = page_size;
	c->known = mem_alloc(((c->end - c->start) / page_size + 1) * sizeof(*c->known));
	return c;
}

void
contents_free(struct contents *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < (c->end - c->start) / c->page_size; i++)
		free(c->known[i]);
	free(c->known);
	free(c);
}

/* A page, with what is in it; data NULL: nothing. */
static void
contents_give(struct contents *c, uint64_t addr, const uint8_t *data, struct contents_list *out)
{
	uint8_t **was = &c->known[(addr - c->start) / c->page_size];

	if (data ? *was && !memcmp(*was, data, c->page_size) : !*was)
		return;
	free(*was);
	*was = mem_copy(data, data ? c->page_size : 0);
	out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
	out->v[out->n++] =
	    (struct contents_page){addr, mem_copy(data, data ? c->page_size : 0)};
}

/* At most BYTES_PAGES pages of one region. */
static void
contents_take_some(struct contents *c, struct target *t, const struct vma *v, uint64_t at, size_t n,
                   uint8_t *to, struct contents_list *out)
{
	struct bytes_page pages[BYTES_PAGES];
	struct err ignored;
	bool ok = bytes_pages(t, v, at, n, to, pages, &ignored) == 0;

	for (size_t i = 0; i < n; i++)
		contents_give(c, at + i * c->page_size,
		              ok && pages[i].kind == BYTES_READ ? to + i * c->page_size : NULL,
		              out);
}

void
contents_take(struct contents *c, struct target *t, const struct vma_list *vmas,
              struct contents_list *out)
{
	uint8_t *to = mem_alloc(BYTES_PAGES * c->page_size);
	uint64_t at = c->start;

	while (at < c->end) {
		const struct vma *v = vma_at(vmas, at);
		uint64_t end = v ? u64_min(v->end, c->end) : at + c->page_size;
		size_t n = u64_min((end - at) / c->page_size, BYTES_PAGES);

		if (v && source_readable(t->source, v)) {
			contents_take_some(c, t, v, at, n, to, out);
			at += n * c->page_size;
		} else {
			contents_give(c, at, NULL, out);
			at += c->page_size;
		}
	}
	free(to);
}
