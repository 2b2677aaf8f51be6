/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What glibc's malloc says of its heaps, and what only seems to be said. */
#include "fake.h"
#include "tap.h"
#include "ptmalloc_image.h"

static struct image image;
static struct ptmalloc_heap heaps[IMAGE_HEAPS];
static const uint64_t brk_at = IMAGE + 4 * IMAGE_SLOT, data_at = IMAGE + 5 * IMAGE_SLOT;

static struct ptmalloc_memory
memory(void)
{
	return (struct ptmalloc_memory){image_word, image_again, &image, image.word, IMAGE_PAGE};
}

/* A letter a heap: h, ? or -. */
static const char *
judged(void)
{
	static char text[IMAGE_HEAPS + 1];
	struct ptmalloc_memory m = memory();

	image_heaps(heaps);
	ptmalloc_heaps(&m, heaps, IMAGE_HEAPS);
	for (unsigned i = 0; i < IMAGE_HEAPS; i++)
		text[i] = "?-h"[heaps[i].is];
	return text;
}

struct chunks {
	unsigned n;
	uint64_t bytes, pages;
	struct ptmalloc_memory m;
};

static void
note(void *arg, uint64_t start, uint64_t end)
{
	struct chunks *c = arg;
	struct ptmalloc_pages p = ptmalloc_pages_of(&c->m, start, end);

	c->n++;
	c->bytes += end - start;
	c->pages += (p.end - p.start) / IMAGE_PAGE;
}

/* Free chunks of a heap (IMAGE_HEAPS: of the main arena): "1 of 20480, 4 pages". */
static const char *
free_in(unsigned i)
{
	static char text[64];
	struct chunks c = {.m = memory()};
	struct ptmalloc_main is;
	bool good = i == IMAGE_HEAPS
	                ? ptmalloc_main(&c.m, data_at, data_at + IMAGE_SLOT, brk_at, brk_at + IMAGE_SLOT, &is) &&
	                      ptmalloc_chunks_main(&c.m, brk_at, is.top, note, &c)
	                : ptmalloc_chunks(&c.m, &heaps[i], note, &c);

	snprintf(text, sizeof(text), good ? "%u of %" PRIu64 ", %" PRIu64 " pages" : "not known", c.n, c.bytes, c.pages);
	return text;
}

static void
test_versions(void)
{
	static const struct {
		unsigned word, fields;
		const char *what;
	} rows[] = {
	    {8, 12, "glibc 2.27 and later"},       {8, 11, "before 2.27"},
	    {8, 1, "without fast bins"},           {4, 14, "32 bits"},
	    {4, 13, "32 bits, before 2.27"},       {4, 2, "32 bits, without fast bins"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ptmalloc_memory m;
		struct ptmalloc_main is;

		image_make(&image, rows[i].word, rows[i].fields);
		m = memory();
		printf("# %s\n", rows[i].what);
		is_str(judged(), "hhh-", "heaps are known, and what is none");
		ok(heaps[0].top && heaps[0].state != heaps[1].state, "an arena of one heap has its top there");
		ok(heaps[1].top && !heaps[2].top && heaps[1].state == heaps[2].state,
		   "one of two in the newer");
		for (unsigned k = 0; k < 3; k++)
			is_str(free_in(k), "1 of 20480, 4 pages", "the free chunk is found");
		is_str(free_in(IMAGE_HEAPS), "1 of 20480, 4 pages", "and that of the main arena");
		ok(ptmalloc_main(&m, data_at, data_at + IMAGE_SLOT, brk_at, brk_at + IMAGE_SLOT, &is) &&
		       is.top_end == brk_at + IMAGE_SLOT && is.at == data_at + 0x1230 + rows[i].fields * rows[i].word,
		   "its top ends where its heap does");
	}
}

/* Writes a word, and says how the heaps are judged now. */
static const char *
lie(uint64_t at, uint64_t value)
{
	image_make(&image, 8, 12);
	image_put(&image, at, value);
	return judged();
}

static void
test_lies(void)
{
	enum { ONE = 0, NEWER = IMAGE_SLOT, FIRST = 2 * IMAGE_SLOT, TOP = 48 + 96 };
	uint64_t first = IMAGE + FIRST;

	is_str(lie(ONE, IMAGE + NEWER + 48), "-hh-", "an arena of another heap, without a heap before");
	is_str(lie(ONE, 7), "-hh-", "an odd address of an arena");
	is_str(lie(ONE + 16, 0), "-hh-", "no size");
	is_str(lie(ONE + 16, 0xc008), "-hh-", "a size that is not of pages");
	is_str(lie(ONE + 16, 0x11000), "-hh-", "more than there can be");
	is_str(lie(ONE + 24, UINT64_MAX - 4095), "-hh-", "a limit beyond the heap");
	is_str(lie(ONE + TOP, IMAGE + 0x8001), "-hh-", "a top that is no chunk");
	is_str(lie(ONE + TOP, first + 0x2000), "-hh-", "a top in the heap of another arena");
	is_str(lie(ONE + TOP, 0), "-hh-", "no top");
	is_str(lie(FIRST + TOP, IMAGE + NEWER), "h---", "bug: a top that was the heap's own first bytes");
	is_str(lie(ONE + TOP + 16 + 500, 1), "-hh-", "a bin that leads nowhere");
	is_str(lie(NEWER + 8, IMAGE + NEWER), "h---", "a heap before which it is itself");
	is_str(lie(FIRST + 8, IMAGE + NEWER), "h---", "a ring of heaps");
	is_str(lie(NEWER + 8, IMAGE), "h---", "a heap before of another arena");
	is_str(lie(NEWER + 8, UINT64_MAX & ~UINT64_C(0xffff)), "h---", "one outside");
	is_str(lie(FIRST, UINT64_MAX), "h---", "a first heap without an arena");
	image_make(&image, 8, 12);
	image.absent[0] = true;
	is_str(judged(), "?hh-", "what is not in RAM is not known");
}

static const char *
walk_lie(uint64_t at, uint64_t value)
{
	image_make(&image, 8, 12);
	judged();
	image_put(&image, at, value);
	return free_in(1);
}

static void
test_chunks(void)
{
	enum { AT = IMAGE_SLOT + 48, FREE = AT + 0x1000, NEXT = FREE + 0x5000 };

	is_str(walk_lie(AT, 1), "1 of 20480, 4 pages", "what is before the first chunk does not matter");
	is_str(walk_lie(AT + 8, 1), "not known", "no size");
	is_str(walk_lie(FREE + 8, 1), "not known", "no size in between");
	is_str(walk_lie(FREE + 8, 0x5011), "not known", "a size to nowhere");
	is_str(walk_lie(FREE + 8, UINT64_MAX), "not known", "one around all memory");
	is_str(walk_lie(FREE + 8, 0x5003), "not known", "a chunk that mmap made");
	is_str(walk_lie(NEXT, 0x4ff0), "not known", "another size behind it");
	is_str(walk_lie(NEXT + 8, 0x7f0), "not known", "one that does not meet the top");
	is_str(walk_lie(NEXT + 8, 0x801), "0 of 0, 0 pages", "a chunk in use");
	image_make(&image, 8, 12);
	judged();
	image.absent[(IMAGE_SLOT + 0x6000) / IMAGE_PAGE] = true;
	is_str(free_in(1), "not known", "a header that is not in RAM");
}

static void
test_pages(void)
{
	struct ptmalloc_memory m = memory(), large = m;
	struct ptmalloc_pages p = ptmalloc_pages_of(&m, 0xfd0, 0x3000);

	large.page_size = 65536;
	ok(p.start == 0x1000 && p.end == 0x3000, "a free chunk keeps its header and its lists");
	p = ptmalloc_pages_of(&m, 0xfd8, 0x2ff0);
	ok(p.start == p.end, "less than a page is none");
	p = ptmalloc_pages_of(&large, 0x10010, 0x40010);
	ok(p.start == 0x20000 && p.end == 0x40000, "pages of 64 KiB");
	p = ptmalloc_pages_of_top(&m, 0xfe0, 0x3000);
	ok(p.start == 0x2000 && p.end == 0x3000, "the top keeps its least size, and a byte");
	p = ptmalloc_pages_of_top(&m, 0x2ff0, 0x3000);
	ok(p.start == p.end, "one that is as small has none");
}

int
main(void)
{
	tap_start();
	test_versions();
	test_lies();
	test_chunks();
	test_pages();
	return tap_done();
}
