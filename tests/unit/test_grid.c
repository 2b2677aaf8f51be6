/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The geometry of the grid, and the cells: whatever the zoom, every page is counted once. */
#include "fake.h"
#include "kernel/kabi.h"
#include "page/grid.h"
#include "sample/window.h"
#include "tap.h"

#define K4 UINT64_C(4096)

static const struct place {
	const char *name;
	uint64_t start, end;
} places[] = {
    {"one page", 0x1000, 0x2000},
    {"the first page", 0, 0x1000},
    {"a heap", 0x55d1c0a03000, 0x55d1c2a07000},
    {"one huge page, aligned", 0x7f0000200000, 0x7f0000400000},
    {"over a high border", 0x3fffffff0000, 0x400000010000},
    {"128 TiB", 0, UINT64_C(1) << 47},
    {"almost 128 TiB", 0x1000, (UINT64_C(1) << 47) - 0x1000},
    {"16 TiB, crooked", 0x123456789000, 0x223456799000},
    {"vsyscall", 0xffffffffff600000, 0xffffffffff601000},
    {"up to the last page but one", 0xfffffffffff00000, 0xfffffffffffff000},
};

static uint64_t
first_row(const struct grid *g)
{
	return g->start & ~(grid_row_bytes(g) - 1);
}

/* The screen that begins with row `row` of the region. */
static void
show_row(struct grid *g, uint64_t row)
{
	g->top = first_row(g) + row * grid_row_bytes(g);
}

/* One screen: the cells cover what is visible, in order, once; address and cell are inverse. */
static bool
is_screen_right(const struct grid *g, uint64_t *covered)
{
	uint64_t from, to, at;

	grid_visible(g, &from, &to);
	at = from;
	for (size_t i = 0; i < (size_t)g->rows * g->row_cells; i++) {
		uint64_t lo, hi;
		size_t a, b;

		if (!grid_cell_range(g, i, &lo, &hi))
			continue;
		if (lo != at || hi <= lo || hi - lo > grid_cell_bytes(g))
			return false;
		if (!grid_cell_at(g, lo, &a) || !grid_cell_at(g, hi - 1, &b) || a != i || b != i)
			return false;
		at = hi;
	}
	*covered += to - from;
	return at == to && to > from;
}

/* All screens of a region if they are few, else the first, the last and some between. */
static bool
is_grid_right(struct grid *g)
{
	uint64_t total = grid_rows_total(g), screens = (total + g->rows - 1) / g->rows, covered = 0;
	uint64_t step = screens > 12 ? screens / 6 : 1, seed = total;

	for (uint64_t s = 0; s < screens; s += step) {
		show_row(g, s * g->rows);
		if (!is_screen_right(g, &covered))
			return false;
		if (step > 1) {
			show_row(g, fake_below(&seed, total));
			if (!is_screen_right(g, &covered))
				return false;
		}
	}
	show_row(g, (screens - 1) * g->rows);
	return step > 1 ? is_screen_right(g, &covered) : covered == g->end - g->start;
}

static void
test_sums(void)
{
	static const unsigned cells[] = {8, 64, 256}, rows[] = {1, 20, 77};
	static const size_t sizes[] = {4096, 16384, 65536};

	for (size_t p = 0; p < ARRAY_LEN(places); p++) {
		struct grid g = {.start = places[p].start, .end = places[p].end};
		bool right = true;

		for (size_t i = 0; i < 27 && right; i++) {
			g.row_cells = cells[i % 3];
			g.rows = rows[i / 3 % 3];
			g.page_size = sizes[i / 9];
			for (g.zoom = 0; g.zoom <= 35 && right; g.zoom++)
				right = (g.start | g.end) % g.page_size || is_grid_right(&g);
		}
		if (!ok(right, places[p].name))
			printf("# cells %u rows %u page %zu zoom %u top %#" PRIx64 "\n", g.row_cells, g.rows,
			       g.page_size, g.zoom - 1, g.top);
	}
}

static void
test_zoom_max(void)
{
	struct grid g = {.start = 0, .end = UINT64_C(1) << 56, .page_size = 4096, .row_cells = 256,
	                 .rows = 77, .zoom = GRID_ZOOM_MAX};
	uint64_t covered = 0;

	ok(is_screen_right(&g, &covered), "57 bits of address space at the largest zoom");
}

/* The row that must come first for `row` to be on screen, if row `first` is first now. */
static uint64_t
least_move(uint64_t first, uint64_t row, uint64_t rows, uint64_t total)
{
	uint64_t last = total > rows ? total - rows : 0; /* no rows stay empty while there are more */

	first = u64_min(first, last);
	if (row < first)
		return row;
	return row >= first + rows ? row - rows + 1 : first;
}

static void
test_show(void)
{
	uint64_t seed = 7;
	bool visible = true, aligned = true, least = true;

	for (int i = 0; i < 20000; i++) {
		const struct place *p = &places[fake_below(&seed, ARRAY_LEN(places))];
		struct grid g = {.start = p->start, .end = p->end, .page_size = 4096,
		                 .row_cells = 8u << fake_below(&seed, 6), .rows = 1 + (unsigned)fake_below(&seed, 80),
		                 .zoom = (unsigned)fake_below(&seed, 30)};
		uint64_t addr = g.start + fake_below(&seed, (g.end - g.start) / K4) * K4, first, row;
		size_t cell;

		first = fake_below(&seed, grid_rows_total(&g));
		row = (addr - first_row(&g)) / grid_row_bytes(&g);
		show_row(&g, first);
		grid_show(&g, addr);
		visible &= grid_cell_at(&g, addr, &cell);
		aligned &= g.top % grid_row_bytes(&g) == 0 && g.top >= first_row(&g);
		least &= (g.top - first_row(&g)) / grid_row_bytes(&g) ==
		         least_move(first, row, g.rows, grid_rows_total(&g));
	}
	ok(visible, "grid_show brings the address on screen");
	ok(aligned, "with rows at multiples of their size");
	ok(least, "moving no more rows than it must, and leaving none empty");
}

static void
test_outside(void)
{
	struct grid g = {.start = 0x10000, .end = 0x20000, .page_size = 4096, .row_cells = 8, .rows = 1,
	                 .top = 0x10000};
	uint64_t lo, hi;
	size_t i;

	ok(!grid_cell_at(&g, 0xffff, &i) && !grid_cell_at(&g, 0x20000, &i), "no cell outside the region");
	ok(!grid_cell_at(&g, 0x18000, &i), "nor below the screen");
	g.top = 0x18000;
	ok(!grid_cell_at(&g, 0x17fff, &i), "nor above it");
	ok(!grid_cell_range(&g, 8, &lo, &hi) && !grid_cell_range(&g, (size_t)-1, &lo, &hi),
	   "a cell past the region's end stands for nothing");
	g.start = 0x12000;
	g.top = 0x10000;
	ok(!grid_cell_range(&g, 0, &lo, &hi) && !grid_cell_range(&g, 1, &lo, &hi) &&
	       grid_cell_range(&g, 2, &lo, &hi) && lo == 0x12000,
	   "nor do the cells before its start");
}

static void
test_fit(void)
{
	static const struct {
		uint64_t start, end;
		unsigned row_cells, rows, want;
	} rows[] = {
	    {0x1000, 0x2000, 64, 20, 0},
	    {0, 64 * 20 * K4, 64, 20, 0},
	    {0, 64 * 20 * K4 + K4, 64, 20, 1},
	    {K4, 64 * 20 * K4 + K4, 64, 20, 1}, /* 20 rows of pages, but on 21 rows */
	    {0, UINT64_C(1) << 47, 64, 16, 25},
	    {0xffffffffff600000, 0xffffffffff601000, 8, 1, 0},
	};
	bool smallest = true;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct grid g = {.start = rows[i].start, .end = rows[i].end, .page_size = 4096,
		                 .row_cells = rows[i].row_cells, .rows = rows[i].rows};

		is_u64(grid_fit(&g), rows[i].want, "fit");
	}
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		for (unsigned n = 1; n < 60; n += 7) {
			struct grid g = {.start = places[i].start, .end = places[i].end, .page_size = 4096,
			                 .row_cells = 64, .rows = n};

			g.zoom = grid_fit(&g);
			smallest &= grid_rows_total(&g) <= n || g.zoom == GRID_ZOOM_MAX;
			if (!g.zoom--)
				continue;
			smallest &= grid_rows_total(&g) > n;
		}
	ok(smallest, "fit is the smallest zoom that fits");
}

static void
test_row_cells(void)
{
	static const struct {
		unsigned columns, gutter, want;
	} rows[] = {
	    {1, 13, 8},   {20, 13, 8},   {80, 13, 64},   {76, 13, 32},   {77, 13, 64},   {120, 13, 64},
	    {141, 13, 128}, {300, 13, 256}, {65535, 13, 256}, {0, 0, 8}, {13, 13, 8},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[40];

		snprintf(name, sizeof(name), "cells a row in %u columns", rows[i].columns);
		is_u64(grid_row_cells(rows[i].columns, rows[i].gutter), rows[i].want, name);
	}
}

static void
test_same(void)
{
	struct grid a = {.start = 1, .end = 2, .page_size = 3, .row_cells = 4, .zoom = 5, .rows = 6, .top = 7};
	struct grid b = a;

	ok(grid_same(&a, &b), "the same grid");
	b.top++;
	ok(!grid_same(&a, &b), "another top");
	b = a;
	b.zoom++;
	ok(!grid_same(&a, &b), "another zoom");
}

/* --- what a cell is called -------------------------------------------------------------------- */

/* Half of a cell names it, unless that half is empty; else its tenths in RAM; an alarm always. */
static void
test_cell_letters(void)
{
	static const struct {
		uint64_t anon, file, swapped, none, poison;
		char letter;
	} rows[] = {
	    {.letter = ' '},
	    {.anon = 8, .letter = 'a'},
	    {.none = 8, .letter = '.'},
	    {.anon = 4, .none = 4, .letter = 'a'},
	    {.anon = 3, .none = 5, .letter = '3'},
	    {.anon = 4, .swapped = 4, .letter = 's'}, /* a tie: the one with priority */
	    {.anon = 5, .file = 3, .letter = 'a'},
	    {.anon = 3, .file = 3, .swapped = 3, .letter = '6'},
	    {.anon = 4, .file = 3, .none = 3, .letter = '7'},
	    {.anon = 1, .file = 1, .swapped = 9, .none = 9, .letter = '1'},
	    {.swapped = 4, .none = 5, .letter = 's'},
	    {.anon = 1000, .poison = 1, .letter = '!'},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cell c = {0};
		char name[32];

		c.n[STATE_ANON] = rows[i].anon;
		c.n[STATE_FILE] = rows[i].file;
		c.n[STATE_SWAPPED] = rows[i].swapped;
		c.n[STATE_NONE] = rows[i].none;
		c.n[STATE_HWPOISON] = rows[i].poison;
		snprintf(name, sizeof(name), "cell letter %zu is '%c'", i, rows[i].letter);
		ok(cell_letter(&c, LENS_STATE) == rows[i].letter, name);
	}
	{ /* three thirds, all in RAM: nine tenths is the most a digit says */
		struct cell c = {0};

		c.n[STATE_ANON] = c.n[STATE_FILE] = c.n[STATE_SHMEM] = 5;
		ok(cell_letter(&c, LENS_STATE) == '9', "bug: a cell that is all in RAM is not called 0 tenths");
	}
}

/* Every second page of a region was touched, and it looked as if none were. */
static void
test_sparse_letters(void)
{
	struct cell c = {0};

	c.n[STATE_NONE] = c.n[STATE_ANON] = 64;
	ok(cell_letter(&c, LENS_STATE) == 'a', "bug: a cell half of which is in RAM is not called empty");
	c.n[STATE_ANON] = 1;
	ok(cell_letter(&c, LENS_STATE) == '1', "bug: one page among many empty ones shows");
	c.n[STATE_CACHED] = 100;
	ok(cell_letter(&c, LENS_STATE) == '1', "bug: one page among many in the page cache shows");
	c.n[STATE_ANON] = 0;
	ok(cell_letter(&c, LENS_STATE) == ':', "nothing but empty places: the commonest of them");
	c.n[STATE_SWAPPED] = 1;
	ok(cell_letter(&c, LENS_STATE) == 's', "bug: one swapped page among many empty ones shows");
	c.n[STATE_SWAPPED] = 60;
	c.n[STATE_ANON] = 1;
	ok(cell_letter(&c, LENS_STATE) == '1', "bug: less than a tenth in RAM is not the letter of the zero page");
	for (enum lens l = LENS_STATE; l < LENS_COUNT; l++) {
		unsigned there = 0;
		char name[96];

		c = (struct cell){0};
		for (unsigned k = 0; k < lens_classes(l); k++)
			if (lens_class(l, k).letter == '.')
				c.n[k] = 63;
			else
				there = k;
		c.n[there] = 1;
		snprintf(name, sizeof(name), "bug: one page among many empty ones shows through lens %s", lens_row(l)->name);
		ok(cell_letter(&c, l) != '.', name);
	}
	c = (struct cell){.n = {[1] = 1, [4] = 500}};
	ok(cell_letter(&c, LENS_GROWTH) == '+' && cell_letter(&c, LENS_LRU) != lens_class(LENS_LRU, 1).letter,
	   "one page gained among many that were there before shows; of the other lenses most of the pages do");
}

static void
test_cell_names(void)
{
	static const struct {
		const char *name;
		struct {
			enum state s;
			uint64_t n;
		} in[3];
		unsigned first, second, alarm;
	} rows[] = {
	    {"nothing", {{STATE_NONE, 0}}, CLASS_MAX, CLASS_MAX, CLASS_MAX},
	    {"one state", {{STATE_ANON, 4}}, STATE_ANON, CLASS_MAX, CLASS_MAX},
	    {"the commoner comes first", {{STATE_NONE, 1}, {STATE_ANON, 3}}, STATE_ANON, STATE_NONE,
	     CLASS_MAX},
	    {"three", {{STATE_SWAPPED, 5}, {STATE_NONE, 1}, {STATE_FILE, 3}}, STATE_SWAPPED, STATE_FILE,
	     CLASS_MAX},
	    {"three, rising", {{STATE_SWAPPED, 1}, {STATE_NONE, 2}, {STATE_FILE, 3}}, STATE_FILE,
	     STATE_NONE, CLASS_MAX},
	    {"a tie goes to priority", {{STATE_SWAPPED, 2}, {STATE_ANON, 2}}, STATE_SWAPPED, STATE_ANON,
	     CLASS_MAX},
	    {"a tie for the second", {{STATE_SWAPPED, 2}, {STATE_ANON, 9}, {STATE_FILE, 2}}, STATE_ANON,
	     STATE_SWAPPED, CLASS_MAX},
	    {"broken memory shows", {{STATE_HWPOISON, 1}, {STATE_ANON, 511}}, STATE_ANON, STATE_HWPOISON,
	     STATE_HWPOISON},
	    {"unreadable shows", {{STATE_UNREADABLE, 1}, {STATE_NONE, 511}}, STATE_NONE, STATE_UNREADABLE,
	     STATE_UNREADABLE},
	    {"broken before unreadable", {{STATE_UNREADABLE, 9}, {STATE_HWPOISON, 1}}, STATE_UNREADABLE,
	     STATE_HWPOISON, STATE_HWPOISON},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct cell c = {0};
		unsigned second;
		uint64_t sum = 0;

		for (size_t k = 0; k < 3; k++)
			if (rows[i].in[k].n) {
				c.n[rows[i].in[k].s] = rows[i].in[k].n;
				sum += rows[i].in[k].n;
			}
		ok(cell_first(&c, &second) == rows[i].first && second == rows[i].second &&
		       cell_alarm(&c, LENS_STATE) == rows[i].alarm && cell_pages(&c) == sum,
		   rows[i].name);
	}
}

/* --- windows: the cells filled ---------------------------------------------------------------- */

struct subject {
	struct target t;
	struct vma v;
	uint64_t n[STATE_COUNT], written; /* what is true */
};

/* Every `nth` page touched; some of them swapped, guards, written since. 0: every page, all alike. */
static void
subject_open(struct subject *s, uint64_t start, uint64_t pages, uint64_t nth)
{
	fake_target(&s->t);
	s->v = (struct vma){.start = start, .end = start + pages * K4, .perm = VMA_READ | VMA_WRITE,
	                    .type = VMA_ANON, .name = ""};
	memset(s->n, 0, sizeof(s->n));
	s->n[STATE_NONE] = pages;
	s->written = 0;
	s->t.track.clears = 1;
	fake_end(fake_root(&s->t)->pm.fd, s->v.end);
	for (uint64_t i = 0, k = 0; i < pages; i += nth ? nth : 1, k++) {
		static const struct {
			uint64_t word;
			enum state state;
		} kinds[] = {
		    {UINT64_C(0x8100000000000000), STATE_ANON},   {UINT64_C(0x8180000000000000), STATE_ANON},
		    {UINT64_C(0x4000000000000020), STATE_SWAPPED}, {UINT64_C(0x8000000000000000), STATE_HIDDEN},
		    {UINT64_C(0x440000000000009f), STATE_GUARD},  {UINT64_C(0x8180000000000000), STATE_ANON},
		    {UINT64_C(0x420000000000003f), STATE_UFFD},
		};
		size_t kind = nth ? k % ARRAY_LEN(kinds) : 0;

		fake_word(fake_root(&s->t)->pm.fd, start / K4 + i, kinds[kind].word);
		s->n[kinds[kind].state]++;
		s->n[STATE_NONE]--;
		s->written += kinds[kind].word & PM_SOFT_DIRTY ? 1 : 0;
	}
}

/* Adds up all screens at one zoom. */
static bool
is_counted(struct subject *s, struct grid *g)
{
	uint64_t n[STATE_COUNT] = {0}, written = 0, screens = (grid_rows_total(g) + g->rows - 1) / g->rows;
	bool right = true;

	for (uint64_t k = 0; k < screens && right; k++) {
		struct err err = {0};
		struct window *w;
		uint64_t lo, hi;

		show_row(g, k * g->rows);
		w = window_read(&s->t, &s->v, g, LENS_STATE, &err);
		if (!w)
			return false;
		for (size_t i = 0; i < (size_t)g->rows * g->row_cells; i++) {
			bool inside = grid_cell_range(g, i, &lo, &hi);
			struct cell c = window_cell(w, i);

			right &= cell_pages(&c) == (inside ? (hi - lo) / K4 : 0);
			written += c.written;
			for (unsigned st = 0; st < STATE_COUNT; st++)
				n[st] += c.n[st];
		}
		right &= w->complete && !w->gone && (w->pages.n > 0) == (g->zoom == 0);
		window_unref(w);
	}
	return right && !memcmp(n, s->n, sizeof(n)) && written == s->written;
}

static void
test_windows(void)
{
	static const struct {
		const char *name;
		uint64_t start, pages, nth;
		unsigned rows, least, most; /* zooms */
	} rows[] = {
	    {"every second page", 0x55d1c0a03000, 1500, 2, 7, 0, 12},
	    {"every 512th page", 0x7f0000200000, 65536, 512, 40, 0, 17},
	    {"every page", 0x7f0000201000, 600, 1, 20, 0, 8},
	    {"one long run", 0x7f0000201000, 5000, 0, 77, 0, 8},
	    {"one page of many", 0x7f0000201000, 3000, 5000, 20, 0, 8},
	    {"every 97th of 16 GiB, zoomed", 0x100000000000, 1 << 18, 97, 40, 9, 11},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct subject s;
		struct grid g = {.start = rows[i].start, .end = rows[i].start + rows[i].pages * K4,
		                 .page_size = 4096, .row_cells = 64, .rows = rows[i].rows,
		                 .zoom = rows[i].least};
		bool right = true;

		subject_open(&s, rows[i].start, rows[i].pages, rows[i].nth);
		for (; right && g.zoom <= rows[i].most; g.zoom++)
			right = is_counted(&s, &g);
		if (!ok(right, rows[i].name))
			printf("# at zoom %u\n", g.zoom - 1);
		fake_close(&s.t);
	}
}

static void
test_frames_in_window(void)
{
	struct subject s;
	struct grid g = {.start = 0x10000, .end = 0x20000, .page_size = 4096, .row_cells = 8, .rows = 4,
	                 .top = 0x10000};
	struct err err = {0};
	struct window *w, *copy;
	struct page pg;

	subject_open(&s, g.start, 16, 100);
	fake_frames(&s.t, FRAME_FLAGS);
	fake_frames(&s.t, FRAME_COUNT);
	fake_word(fake_root(&s.t)->pm.fd, 0x11, PM_PRESENT | 5);
	fake_word(fake_root(&s.t)->frames.flags, 5, KPF_ANON | KPF_KSM);
	fake_word(fake_root(&s.t)->frames.count, 5, 64);
	w = window_read(&s.t, &s.v, &g, LENS_STATE, &err);
	ok(w && window_cell(w, 1).n[STATE_KSM] == 1 && window_page(w, 1, &pg) && pg.count == 64 &&
	       window_page(w, 2, &pg) && pg.known == PAGE_WORD,
	   "a page a cell carries the page's facts");
	copy = w ? window_copy(w) : NULL;
	window_unref(w);
	ok(copy && window_cell(copy, 1).n[STATE_KSM] == 1 && window_page(copy, 1, &pg) && pg.count == 64,
	   "a copy stands alone");
	window_unref(copy);
	fake_close(&s.t);
}

/* A flag that no cell shows is of the page's own card alone; what the cell shows is of the picture. */
static void
test_looks(void)
{
	struct subject s;
	struct grid g = {.start = 0x10000, .end = 0x10000 + 16 * K4, .page_size = 4096, .row_cells = 4,
	                 .rows = 4, .top = 0x10000};
	struct err err = {0};
	struct window *w, *idle, *single;

	subject_open(&s, g.start, 16, 100);
	fake_frames(&s.t, FRAME_FLAGS);
	fake_word(fake_root(&s.t)->pm.fd, 0x11, PM_PRESENT | 5);
	fake_word(fake_root(&s.t)->frames.flags, 5, KPF_ANON | KPF_KSM);
	w = window_read(&s.t, &s.v, &g, LENS_STATE, &err);
	fake_word(fake_root(&s.t)->frames.flags, 5, KPF_ANON | KPF_KSM | KPF_IDLE);
	idle = window_read(&s.t, &s.v, &g, LENS_STATE, &err);
	ok(w && idle && window_looks_same(idle, w) && !window_is_same(idle, w), "an idle frame looks the same");
	ok(w && idle && !window_same_page(idle, w, 1) && window_same_page(idle, w, 2), "and that page differs");
	fake_word(fake_root(&s.t)->frames.flags, 5, KPF_ANON);
	single = window_read(&s.t, &s.v, &g, LENS_STATE, &err);
	ok(w && single && !window_looks_same(single, w), "one that is no longer merged looks otherwise");
	window_unref(w);
	window_unref(idle);
	window_unref(single);
	fake_close(&s.t);
}

/* Whatever is put, in any order and more than once, is what is got. */
static void
test_mosaic(void)
{
	enum { CELLS = 50, PUTS = 2000 };
	static struct cell want[CELLS];
	struct mosaic m, copy;
	struct cell sum = {0};
	uint64_t random = 1;
	bool right = true;

	mosaic_begin(&m, CELLS);
	for (int k = 0; k < PUTS; k++) {
		struct cell *c = &want[(random >> 8) % CELLS];

		*c = (struct cell){.match = random >> 50, .written = random >> 60, .newest_ns = random,
		                   .times = (uint32_t)(random >> 40)};
		for (uint64_t classes = random >> 20 & random >> 33; classes & 0xffffffff; classes &= classes - 1)
			c->n[__builtin_ctzll(classes)] = (random >> __builtin_ctzll(classes)) + 1;
		mosaic_put(&m, (size_t)(c - want), c);
		random = random * 6364136223846793005u + 1442695040888963407u;
	}
	mosaic_copy(&copy, &m);
	ok(mosaic_same(&copy, &m), "a copy is the same");
	for (size_t i = 0; i < CELLS; i++) {
		struct cell c;

		mosaic_get(&copy, i, &c);
		right &= !memcmp(c.n, want[i].n, sizeof(c.n)) && c.match == want[i].match && c.written == want[i].written &&
		         c.newest_ns == want[i].newest_ns && c.times == want[i].times;
		for (unsigned k = 0; k < CLASS_MAX; k++)
			sum.n[k] -= c.n[k];
		sum.match -= c.match;
	}
	ok(right, "a mosaic has the cells that were put in it");
	mosaic_sum(&m, &sum);
	for (unsigned k = 0; k < CLASS_MAX; k++)
		right &= !sum.n[k];
	right &= !sum.match;
	ok(right, "their sum is that of the cells");
	want[7].n[mosaic_first(&m, 7)]++;
	mosaic_put(&copy, 7, &want[7]);
	ok(!mosaic_same(&copy, &m), "a page more is a difference");
	mosaic_share(&copy, &m);
	ok(copy.has == m.has && mosaic_bytes(&copy, NULL) - mosaic_bytes(&copy, &m) == CELLS * sizeof(*m.has),
	   "which classes cells have, if that is alike, is kept once");
	mosaic_free(&m);
	mosaic_get(&copy, 7, &sum);
	ok(!memcmp(sum.n, want[7].n, sizeof(sum.n)), "until the last of them is freed");
	mosaic_free(&copy);
}

/* A page in RAM, whose facts are those of few others, or of many. */
static struct page
random_page(uint64_t random)
{
	struct page pg = {.word = random % 3 ? PM_PRESENT | random >> 40 : PM_SWAPPED | random >> 30,
	                  .kpf = 1 << (random >> 13) % 20, .count = (random >> 21) % (random % 5 ? 3 : 1000),
	                  .known = PAGE_WORD | PAGE_FLAGS | PAGE_COUNT | PAGE_FOLIO,
	                  .cats = (random >> 33) & 15, .state = (random >> 37) & 7, .node = -(random >> 60 & 1)};

	pg.folio = random >> 50 & 1 ? page_pfn(&pg) : page_pfn(&pg) & ~(uint64_t)15;
	return pg;
}

static bool
is_page(const struct page *a, const struct page *b)
{
	return a->word == b->word && a->kpf == b->kpf && a->count == b->count && a->folio == b->folio &&
	       a->known == b->known && a->cats == b->cats && a->state == b->state && a->node == b->node;
}

static void
test_album(void)
{
	enum { PAGES = 60, PUTS = 2000 };
	static struct page want[PAGES], got;
	struct album a, copy;
	uint64_t random = 1;
	bool right = true;

	album_begin(&a, PAGES);
	album_get(&a, 3, &got);
	is_u64(got.known, 0, "nothing is known of a page that was not put");
	for (int k = 0; k < PUTS; k++) {
		size_t i = (random >> 8) % PAGES;

		want[i] = random_page(random);
		album_put(&a, i, &want[i]);
		random = random * 6364136223846793005u + 1442695040888963407u;
	}
	album_copy(&copy, &a);
	ok(album_same(&copy, &a), "a copy is the same");
	for (size_t i = 0; i < PAGES; i++) {
		album_get(&copy, i, &got);
		right &= is_page(&got, &want[i]);
	}
	ok(right, "an album has the pages that were put in it");
	want[7].count++;
	album_put(&copy, 7, &want[7]);
	ok(!album_same(&copy, &a), "a mapping more is a difference");
	album_share(&copy, &a);
	ok(copy.words == a.words && copy.fact != a.fact &&
	       album_bytes(&copy, NULL) - album_bytes(&copy, &a) == PAGES * sizeof(*a.words),
	   "the words, which two have alike, are kept once");
	album_free(&a);
	album_get(&copy, 7, &got);
	ok(is_page(&got, &want[7]), "until the last of them is freed");
	album_free(&copy);
	album_begin(&a, PAGES);
	for (size_t i = 0; i < PAGES; i++)
		album_put(&a, i, &(struct page){.word = PM_PRESENT | i, .folio = i, .known = PAGE_WORD | PAGE_FOLIO});
	ok(a.used == 2, "facts that are alike are kept once");
	album_free(&a);
}

static enum window_next
give_up(void *arg, const struct window *w)
{
	(void)w;
	return ++*(int *)arg >= 2 ? WINDOW_GIVE_UP : WINDOW_GO_ON;
}

static void
test_window_ends(void)
{
	struct subject s;
	struct grid g = {.start = 0x10000000, .end = 0x10000000 + 4096 * K4, .page_size = 4096,
	                 .row_cells = 64, .rows = 10, .zoom = 3, .top = 0x10000000};
	struct err err = {.status = ERR_USAGE};
	struct window *w;
	int calls = 0;
	const struct window_host host = {.next = give_up, .arg = &calls};

	subject_open(&s, g.start, 4096, 2);
	w = window_read(&s.t, NULL, &g, LENS_STATE, &err);
	ok(w && w->gone && w->complete, "a region that went");
	window_unref(w);
	w = window_fill(&s.t, &s.v, &(struct window_of){.grid = g}, &host, &err);
	ok(!w && calls == 2 && err.status == 0, "progress may give up");
	window_unref(w);
	fake_end(fake_root(&s.t)->pm.fd, 0);
	s.t.track.clears = 0;
	w = window_read(&s.t, &s.v, &g, LENS_STATE, &err);
	ok(w && window_cell(w, 0).n[STATE_UNREADABLE] == 8 && !window_cell(w, 0).n[STATE_NONE],
	   "without a page table: unreadable, not empty");
	window_unref(w);
	close(fake_root(&s.t)->pm.fd);
	w = window_read(&s.t, &s.v, &g, LENS_STATE, &err);
	ok(!w && err.status == ERR_TARGET && err.what[0], "without a file: an error");
	window_unref(w);
	fake_root(&s.t)->pm.fd = -1;
	fake_close(&s.t);
}

int
main(void)
{
	tap_start();
	test_sums();
	test_zoom_max();
	test_show();
	test_outside();
	test_fit();
	test_row_cells();
	test_same();
	test_cell_letters();
	test_sparse_letters();
	test_cell_names();
	test_windows();
	test_frames_in_window();
	test_mosaic();
	test_album();
	test_window_ends();
	test_looks();
	return tap_done();
}
