/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer to `arenas`: the heaps of glibc's malloc, and how they are occupied. */
#include "query/answer_query.h"

#include <string.h>

#include "base/text.h"
#include "target/arenas.h"

struct arenas_sum {
	uint64_t size, rss, swap, holes, hole_bytes, tail, free; /* bytes; holes: how many */
	size_t heaps, arenas, unknown, unwalked; /* unwalked: whose free chunks are not known */
};

static uint64_t
arenas_hole_pages(const struct arenas_heap *h)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < ARENAS_HOLES; i++)
		n += h->hole[i];
	return n;
}

static struct arenas_sum
arenas_sum_up(const struct arenas *a, size_t page_size)
{
	struct arenas_sum s = {.heaps = a->n};

	for (size_t i = 0; i < a->n; i++) {
		const struct arenas_heap *h = &a->v[i];

		s.size += h->end - h->start;
		s.rss += h->rss * page_size;
		s.swap += h->swap * page_size;
		s.holes += h->holes;
		s.hole_bytes += arenas_hole_pages(h) * page_size;
		s.tail += h->tail * page_size;
		s.free += h->free * page_size;
		s.arenas += h->is == ARENAS_HEAP && h->top;
		s.unknown += h->is == ARENAS_UNKNOWN;
		s.unwalked += h->is == ARENAS_HEAP && !h->free_known;
	}
	return s;
}

/* --- rows ------------------------------------------------------------------------------------- */

static void
arenas_cell_known(struct answer *a, bool known, uint64_t v)
{
	if (known)
		answer_cell_number(a, v);
	else
		answer_cell_text(a, "");
}

static const char *
arenas_evidence(const struct arenas_heap *h)
{
	static const char *const words[] = {"", "size", "shape", "name"};

	return h->brk ? "brk" : words[h->by];
}

static void
arenas_cell_arena(struct answer *a, const struct arenas_heap *h)
{
	if (h->is == ARENAS_HEAP && h->brk)
		answer_cell_text(a, "main");
	else
		answer_cell_hex(a, h->is == ARENAS_HEAP, h->arena);
}

static void
arenas_add_row(struct answer *a, const struct arenas_heap *h, size_t page_size, bool read)
{
	answer_cell_hex(a, true, h->start);
	if (read)
		arenas_cell_arena(a, h);
	else
		answer_cell_text(a, arenas_evidence(h));
	answer_cell_number(a, h->end - h->start);
	answer_cell_number(a, h->rss * page_size);
	answer_cell_number(a, h->swap * page_size);
	answer_cell_number(a, h->holes);
	for (unsigned i = 0; i < ARENAS_HOLES; i++)
		answer_cell_number(a, h->hole[i] * page_size);
	if (!read)
		return;
	arenas_cell_known(a, h->is == ARENAS_HEAP && h->top, h->tail * page_size);
	arenas_cell_known(a, h->free_known, h->free * page_size);
}

static void
arenas_add_table(struct answer *a, const struct arenas *is, size_t page_size, bool read)
{
#define HOLES \
	{"SIZE", ANSWER_SIZE}, {"RSS", ANSWER_SIZE}, {"SWAP", ANSWER_SIZE}, \
	    {"HOLES", ANSWER_NUMBER}, {"HOLES-64K", ANSWER_SIZE}, {"HOLES-1M", ANSWER_SIZE}, \
	{"HOLES-MORE", ANSWER_SIZE}
	static const struct answer_column seen[] = {
	    {"HEAP", ANSWER_TEXT}, {"EVIDENCE", ANSWER_TEXT}, HOLES};
	static const struct answer_column known[] = {{"HEAP", ANSWER_TEXT},
	                                             {"ARENA", ANSWER_TEXT},
	                                             HOLES,
	                                             {"TAIL", ANSWER_SIZE},
	                                             {"FREE", ANSWER_SIZE}};
#undef HOLES
	enum { ROWS_MAX = 1000 };

	answer_table(a, "rows", read ? known : seen, read ? ARRAY_LEN(known) : ARRAY_LEN(seen));
	for (size_t i = 0; i < is->n && i < ROWS_MAX; i++)
		arenas_add_row(a, &is->v[i], page_size, read);
	a->table.places = true;
	a->table.more = is->n - u64_min(is->n, ROWS_MAX);
	a->has_place = is->n > 0;
	a->place = is->n ? is->v[0].start : 0;
}

/* --- facts ------------------------------------------------------------------------------------ */

static void
arenas_add_libc(struct answer *a, const struct arenas *is)
{
	if (is->libc)
		answer_add_name(a, "glibc", is->libc->name);
	else
		answer_add_unknown(a, "glibc",
		                   "no libc.so.6 is mapped: a static program, or another "
		                   "libc, whose heaps these may be");
}

static void
arenas_add_read(struct answer *a, const struct arenas *is, const struct arenas_sum *s)
{
	if (!s->arenas) {
		answer_add_unknown(a, "tails", "no arena's top was found");
		answer_add_unknown(a, "free", "no chunks were found");
	} else {
		answer_add_number(a, "tails", s->tail)->note =
		    "bytes in RAM above the last chunks; malloc_trim() trims only main's";
		answer_add_number(a, "free", s->free)->note =
		    s->unwalked ? "bytes in RAM in free chunks, of heaps where it is known: "
		                  "malloc_trim(0) trims them"
		                : "bytes in RAM in free chunks, in whole pages: "
		                  "malloc_trim(0) trims them";
	}
	answer_add_number(a, "unknown", s->unknown)->note =
	    "heaps whose arena is not known: not in RAM, or changing, or not glibc's";
	answer_add_number(a, "refuted", is->refuted)->note =
	    "left out: they look like heaps, but their memory says otherwise";
}

static void
arenas_add_huge(struct answer *a, const struct arenas *is)
{
	if (is->hugetlb)
		answer_add_number(a, "hugetlb", is->hugetlb)->note =
		    "bytes of private huge pages, not searched: malloc has its heaps there if the "
		    "tunable glibc.malloc.hugetlb is 2 or a size";
}

static void
arenas_say_heaps(const struct arenas_sum *s, bool read, struct buf *line)
{
	char size[8], rss[8], holes[8], more[8];

	if (!s->heaps) {
		buf_str(line, "no heap of glibc's malloc is there");
		return;
	}
	if (read)
		buf_fmt(line, "%zu arena%s in ", s->arenas, plural(s->arenas));
	buf_fmt(line, "%zu heap%s of malloc%s: %s of %s in RAM; %ju hole%s of %s", s->heaps,
	        plural(s->heaps), read ? "" : ", as far as regions show them",
	        size_text(rss, s->rss), size_text(size, s->size), (uintmax_t)s->holes,
	        plural(s->holes), size_text(holes, s->hole_bytes));
	if (read && s->arenas)
		buf_fmt(line, "; free: %s%s in chunks, %s in tails", s->unwalked ? "at least " : "",
		        size_text(rss, s->free), size_text(more, s->tail));
}

static void
arenas_say(const struct arenas *is, const struct arenas_sum *s, bool read, struct buf *line)
{
	char size[8];

	arenas_say_heaps(s, read, line);
	if (is->hugetlb)
		buf_fmt(line, "; %s of huge pages not searched", size_text(size, is->hugetlb));
}

struct answer *
answer_arenas(struct target *t, const struct vma_list *vmas, const struct query *q,
              struct err *err)
{
	struct arenas is;
	struct arenas_sum s;
	struct answer *a;
	struct buf line = {0};
	int r = q->read ? arenas_read(t, vmas, &is, err) : arenas_find(t, vmas, &is, err);

	if (r != 0) {
		arenas_free(&is);
		return NULL;
	}
	a = answer_new();
	s = arenas_sum_up(&is, t->page_size);
	if (q->read)
		answer_add_number(a, "arenas", s.arenas);
	answer_add_number(a, "heaps", s.heaps)->note =
	    is.more ? "at most: there is memory for more that was not looked at" : NULL;
	answer_add_number(a, "size", s.size)->note = "bytes that can be written";
	answer_add_number(a, "rss", s.rss)->note = "bytes in RAM";
	answer_add_number(a, "swap", s.swap)->note = "bytes in swap";
	answer_add_number(a, "holes", s.holes)->note =
	    "runs of pages between those in RAM or swap: given back, or never used";
	answer_add_number(a, "hole_bytes", s.hole_bytes);
	if (q->read)
		arenas_add_read(a, &is, &s);
	arenas_add_huge(a, &is);
	arenas_add_libc(a, &is);
	arenas_add_table(a, &is, t->page_size, q->read);
	arenas_say(&is, &s, q->read, &line);
	a->line = line.s;
	arenas_free(&is);
	return a;
}
