/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lenses: their classes, and what each says of known pages. */
#include "fake.h"
#include "page/lens.h"
#include "sample/window.h"
#include "tap.h"

#define W(x) UINT64_C(0x##x)

static void
test_rows(void)
{
	for (unsigned l = 0; l < LENS_COUNT; l++) {
		bool good = lens_classes((enum lens)l) > 1 && lens_classes((enum lens)l) <= CLASS_MAX;
		char name[64];

		for (unsigned a = 0; a < lens_classes((enum lens)l); a++) {
			struct class_row x = lens_class((enum lens)l, a);

			good &= x.letter > ' ' && x.name && x.name[0];
			for (unsigned b = 0; b < a; b++)
				good &= lens_class((enum lens)l, b).letter != x.letter;
		}
		snprintf(name, sizeof(name), "lens %s: every class has a letter of its own and a name",
		         lens_row((enum lens)l)->name);
		ok(good, name);
		ok(lens_row((enum lens)l)->digit == "1234567890A"[l] && lens_row((enum lens)l)->question[0],
		   "its digit is its place, and it asks something");
		ok(lens_named(lens_row((enum lens)l)->name) == (enum lens)l, "it is found by its name");
	}
	ok(lens_named("9") == LENS_PHYSICAL && lens_named("numa") == LENS_NUMA && lens_named("x") == LENS_COUNT,
	   "by its digit, in any case, and not by another word");
}

static char
letter(enum lens l, const struct page *pg)
{
	struct lens_pass look = {.lens = l};

	return lens_class(l, lens_page(&look, 0x1000, pg, 4096)).letter;
}

static void
test_pages(void)
{
	static const struct {
		const char *name;
		struct page pg;
		const char *letters; /* of lenses 2 to A, without a baseline, and without samples */
	} rows[] = {
	    {"not read", {0}, "??????????"},
	    {"nothing there", {.known = PAGE_WORD, .state = STATE_NONE}, ".........."},
	    {"fresh anonymous page",
	     {.word = W(810000000043ee27), .kpf = W(400005808), .count = 1, .folio = W(43ee27), .node = 1,
	      .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO | PAGE_NODE, .state = STATE_ANON},
	     "oa1o01r|??"},
	    {"zero page",
	     {.word = W(8000000000003b34), .kpf = W(101000000), .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT,
	      .state = STATE_ZERO},
	     "o00o??r|.?"},
	    {"file page, 20 times, active and referenced",
	     {.word = W(a00000000043ee27), .kpf = W(40000086c), .count = 20, .order = 4, .folio = W(43ee20), .node = 9,
	      .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO | PAGE_NODE, .state = STATE_FILE},
	     "of+A4+r|??"},
	    {"KSM, many, inactive",
	     {.word = W(800000000047196a), .kpf = W(20583c) & ~W(4), .count = 64, .order = 0, .folio = W(47196a),
	      .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO, .state = STATE_KSM},
	     "ok*r0?r|??"},
	    {"in the swap cache, unevictable, a huge page's",
	     {.word = W(810000000043ee27), .kpf = W(2400047828), .count = 1, .order = 9, .folio = W(43ee00),
	      .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO, .state = STATE_THP_TAIL},
	     "oa1u9?c|??"},
	    {"hidden, exclusive", {.word = W(8100000000000000), .known = PAGE_WORD, .state = STATE_ANON}, "oa1???r???"},
	    {"hidden, file, shared", {.word = W(a000000000000000), .known = PAGE_WORD, .state = STATE_FILE}, "ofc???r???"},
	    {"hidden", {.word = W(8000000000000000), .known = PAGE_WORD, .state = STATE_HIDDEN}, "o?????r???"},
	    {"in swap device 1", {.word = W(4000000000000021), .known = PAGE_WORD, .state = STATE_SWAPPED}, "ss....1.?."},
	    {"in swap device 7", {.word = W(4000000000000027), .known = PAGE_WORD, .state = STATE_SWAPPED}, "ss....+.?."},
	    {"in swap, where is hidden", {.word = W(4000000000000000), .known = PAGE_WORD, .state = STATE_SWAPPED},
	     "ss....s.?."},
	    {"a guard page", {.word = W(440000000000009f), .known = PAGE_WORD, .state = STATE_GUARD}, "......x..."},
	    {"hugetlb",
	     {.word = W(810000000043ee01), .kpf = W(400031808), .count = 1, .order = 9, .folio = W(43ee00),
	      .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO, .state = STATE_HUGETLB},
	     "oH1oH?r|??"},
	    {"broken",
	     {.word = W(810000000043ee27), .kpf = W(400085828), .count = 1,
	      .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT, .state = STATE_HWPOISON},
	     "o!1r??r|??"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char got[LENS_COUNT] = "";

		for (unsigned l = LENS_WRITES; l < LENS_COUNT; l++)
			got[l - 1] = letter((enum lens)l, &rows[i].pg);
		is_str(got, rows[i].letters, rows[i].name);
	}
}

/* Two runs of frames, with a hole in the addresses: the colour flips where either breaks. */
static void
test_physical(void)
{
	static const struct {
		uint64_t addr, pfn;
		char letter;
	} rows[] = {{0x1000, 7, '|'}, {0x2000, 8, ')'}, {0x3000, 9, ')'}, {0x4000, 20, '|'}, {0x5000, 21, '>'},
	            {0x7000, 22, '|'}, {0x8000, 23, ')'}, {0x9000, 0, '.'}, {0xa000, 24, '|'}};
	struct lens_pass look = {.lens = LENS_PHYSICAL};
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct page pg = {.word = rows[i].pfn | (rows[i].pfn ? PM_PRESENT : 0), .known = PAGE_WORD};

		good &= lens_class(LENS_PHYSICAL, lens_page(&look, rows[i].addr, &pg, 4096)).letter == rows[i].letter;
	}
	ok(good, "runs of frames: begun, gone on, broken by either side");
}

/* A page whose writes are not known is never called not written. */
static void
test_unsure(void)
{
	struct lens_pass look = {.lens = LENS_WRITES, .unsure = true};
	struct page there = {.word = PM_PRESENT | 7, .known = PAGE_WORD}, gone = {.known = PAGE_WORD, .state = STATE_NONE};

	ok(lens_class(LENS_WRITES, lens_page(&look, 0, &there, 4096)).letter == '?' &&
	   lens_class(LENS_WRITES, lens_page(&look, 0, &gone, 4096)).letter == '.', "a page in RAM may have been; none was not");
	look.unsure = false;
	ok(lens_class(LENS_WRITES, lens_page(&look, 0, &there, 4096)).letter == 'o', "where it is known, it is said");
}

/* By the share of DAMON's looks, to the edges of its regions; what is not in RAM is not accessed. */
static void
test_accesses(void)
{
	struct damon_region seen[] = {{0x1000, 0x3000, 20, 0}, {0x3000, 0x4000, 16, 0}, {0x4000, 0x5000, 15, 0},
	                              {0x5000, 0x6000, 8, 0},  {0x6000, 0x7000, 7, 0},  {0x7000, 0x8000, 4, 0},
	                              {0x8000, 0x9000, 3, 0},  {0x9000, 0xa000, 1, 0},  {0xa000, 0xb000, 0, 0},
	                              {0xc000, 0xd000, 21, 0}};
	const struct damon_regions is = {.v = seen, .n = ARRAY_LEN(seen), .samples = 20};
	struct lens_pass look = {.lens = LENS_ACCESSES, .accesses = &is};
	struct page there = {.word = PM_PRESENT | 7, .known = PAGE_WORD}, gone = {.known = PAGE_WORD, .state = STATE_NONE};
	struct page unread = {0};
	char got[16] = "";

	for (unsigned i = 0; i < 13; i++)
		got[i] = lens_class(LENS_ACCESSES, lens_page(&look, i * 0x1000, &there, 4096)).letter;
	is_str(got, "?555432211o?5", "each page has the class of its region; where nothing was sampled it is not known");
	ok(lens_class(LENS_ACCESSES, lens_page(&look, 0x1000, &there, 4096)).letter == '5', "also backwards");
	ok(lens_class(LENS_ACCESSES, lens_page(&look, 0x1000, &gone, 4096)).letter == '.' &&
	   lens_class(LENS_ACCESSES, lens_page(&look, 0x1000, &unread, 4096)).letter == '?', "not in RAM, and not read");
}

/* What is there, and was there at the baseline or not; the pages of gaps, too. */
static void
test_growth(void)
{
	static const struct {
		const char *name;
		struct page pg;
		char was, was_not;
	} rows[] = {
	    {"in RAM", {.word = PM_PRESENT, .known = PAGE_WORD, .state = STATE_HIDDEN}, 'o', '+'},
	    {"in swap", {.word = PM_SWAPPED, .known = PAGE_WORD, .state = STATE_SWAPPED}, 'o', '+'},
	    {"not there", {.known = PAGE_WORD, .state = STATE_NONE}, '-', '.'},
	    {"the zero page, which is no memory", {.word = PM_PRESENT, .known = PAGE_WORD, .state = STATE_ZERO}, '-', '.'},
	    {"a guard page", {.word = PM_SWAPPED, .known = PAGE_WORD, .state = STATE_GUARD}, '-', '.'},
	    {"shared memory in swap, without an entry", {.known = PAGE_WORD, .state = STATE_SWAPPED}, '-', '.'},
	    {"not read", {0}, '?', '?'},
	};
	struct pageset was = {.page_size = 4096}, none = {.page_size = 4096};
	struct lens_pass look = {.lens = LENS_GROWTH};
	uint64_t n[CLASS_MAX] = {0};

	pageset_add(&was, 0x1000, 0x4000);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char got[3] = "", want[3] = {rows[i].was, rows[i].was_not};

		for (int k = 0; k < 2; k++) {
			look.base = k ? &none : &was;
			got[k] = lens_class(LENS_GROWTH, lens_page(&look, 0x1000, &rows[i].pg, 4096)).letter;
		}
		is_str(got, want, rows[i].name);
	}
	look.base = &was;
	lens_count_gap(&look, 0x3000, 0x10000, STATE_NONE, 4096, n);
	lens_count_gap(&look, 0x1000, 0x2000, STATE_UNREADABLE, 4096, n);
	for (unsigned c = 0; c < lens_classes(LENS_GROWTH); c++) {
		char letter = lens_class(LENS_GROWTH, c).letter;

		is_u64(n[c], letter == '-' ? 1 : letter == '.' ? 12 : letter == '?' ? 1 : 0, lens_class(LENS_GROWTH, c).name);
	}
	pageset_free(&was);
}

/* Through every lens and at every zoom each page is counted once. */
static void
test_sums(void)
{
	enum { PAGES = 700 };
	struct target t;
	struct vma v = {.start = 0x10000000, .end = 0x10000000 + PAGES * FAKE_PAGE, .perm = VMA_READ | VMA_WRITE, .name = ""};

	fake_target(&t);
	for (unsigned i = 0; i < PAGES; i += 3)
		fake_word(fake_root(&t)->pm.fd, 0x10000 + i, i % 2 ? PM_PRESENT | PM_EXCLUSIVE | (100 + i) : PM_SWAPPED | 0x20);
	fake_end(fake_root(&t)->pm.fd, v.end);
	for (unsigned l = 0; l < LENS_COUNT; l++)
		for (unsigned zoom = 0; zoom < 8; zoom += 3) {
			struct grid g = {.start = v.start, .end = v.end, .page_size = FAKE_PAGE, .row_cells = 64, .rows = 20,
			                 .zoom = zoom, .top = v.start};
			struct err err = {0};
			struct window *w;
			uint64_t sum = 0;
			char name[64];

			g.top &= ~(grid_row_bytes(&g) - 1);
			w = window_read(&t, &v, &g, (enum lens)l, &err);
			for (size_t i = 0; w && i < (size_t)g.rows * g.row_cells; i++) {
				struct cell c = window_cell(w, i);

				sum += cell_pages(&c);
			}
			snprintf(name, sizeof(name), "lens %s, zoom %u: every page once", lens_row((enum lens)l)->name, zoom);
			is_u64(sum, PAGES, name);
			window_unref(w);
		}
	fake_close(&t);
}

int
main(void)
{
	tap_start();
	test_rows();
	test_pages();
	test_physical();
	test_unsure();
	test_accesses();
	test_growth();
	test_sums();
	return tap_done();
}
