/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/file_facts.h"

#include <string.h>

#include "base/util.h"
#include "record/pack.h"
#include "target/cache.h"

void
file_facts_free(struct file_facts *f)
{
	for (size_t i = 0; i < ARRAY_LEN(f->set); i++)
		extents_free(&f->set[i]);
	*f = (struct file_facts){0};
}

bool
file_facts_read(struct target *t, const struct vma *v, struct file_facts *out)
{
	static const struct {
		unsigned asked, is;
	} facts[] = {{CACHE_ASKED, CACHE_RESIDENT},
	             {CACHE_DATA_ASKED, CACHE_DATA},
	             {CACHE_SWAPPED_ASKED, CACHE_SWAPPED}};
	struct cache c;
	unsigned has;

	*out = (struct file_facts){.start = v->start};
	if (!cache_open(&c, t, v, v->start, v->end,
	                FILE_ASK_RESIDENT | FILE_ASK_DATA | FILE_ASK_SWAPPED))
		return false;
	out->known = FILE_ASK_RESIDENT | FILE_ASK_DATA | FILE_ASK_SWAPPED;
	cache_size(&c, &out->size);
	for (uint64_t at = v->start, end; at < v->end; at = end) {
		end = cache_run(&c, at, v->end, &has);
		for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
			if (!(has & facts[i].asked))
				out->known &= ~(1u << i);
			else if (has & facts[i].is)
				extents_add(&out->set[i], at, end, 1);
		}
	}
	cache_close(&c);
	return true;
}

void
file_facts_pack(const struct file_facts *f, size_t page_size, struct buf *out)
{
	struct buf raw = {0};

	pack_number(&raw, f->size);
	pack_number(&raw, f->known);
	for (size_t i = 0; i < ARRAY_LEN(f->set); i++)
		pack_add_runs(&f->set[i], page_size, &raw);
	pack_close(&raw, out);
	buf_free(&raw);
}

bool
file_facts_unpack(const void *data, size_t n, size_t page_size, struct file_facts *out)
{
	struct unpack u;
	bool ok = unpack_open(&u, data, n);

	*out = (struct file_facts){0};
	if (ok) {
		out->size = unpack_number(&u);
		out->known = (unsigned)unpack_number(&u) & 7;
	}
	for (size_t i = 0; ok && i < ARRAY_LEN(out->set); i++)
		ok = unpack_take_runs(&u, page_size, 1, &out->set[i]);
	unpack_free(&u);
	return ok;
}

static void
file_facts_fill_one(const struct extents *e, const struct file_pages *of, size_t page_size,
                    uint64_t *bits)
{
	for (size_t i = extents_first(e, of->start); i < e->n && e->v[i].start < of->end; i++) {
		uint64_t at = u64_max(e->v[i].start, of->start);
		uint64_t end = u64_min(e->v[i].end, of->end);

		for (; at < end; at += page_size) {
			size_t k = (at - of->start) / page_size;

			bits[k / 64] |= UINT64_C(1) << k % 64;
		}
	}
}

void
file_facts_fill(const struct file_facts *f, uint64_t start, uint64_t end, size_t page_size,
                struct file_pages *out)
{
	uint64_t *bits[] = {out->resident, out->data, out->swapped};

	out->start = start;
	out->end = u64_min(end, start + FILE_PAGES * (uint64_t)page_size);
	out->size = f->size;
	out->known = f->known;
	for (size_t i = 0; i < ARRAY_LEN(f->set); i++) {
		memset(bits[i], 0, sizeof(out->resident));
		file_facts_fill_one(&f->set[i], out, page_size, bits[i]);
	}
}
