/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "demo/demo_regions.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "kernel/folio_sizes.h"

/* Missing from older headers. */
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#endif

#define LIFE_LAP 1400 /* steps before the board is reset, about when it would settle */

/* --- pages ------------------------------------------------------------------------------------ */

static uint8_t *
demo_page_at(const struct demo *d, const struct demo_area *a, size_t i)
{
	return a->base + i * d->page;
}

/*
 * Writes page `i`; the text says where and when to anyone who views the bytes. The first byte is
 * written by the function that draws, inlined, for who asks which code writes.
 */
static inline __attribute__((always_inline)) void
demo_draw(const struct demo *d, const struct demo_area *a, size_t i)
{
	char *text = (char *)demo_page_at(d, a, i);

	*(volatile char *)text = a->name[0];
	snprintf(text, 64, "%s: page %zu, written in step %zu\n", a->name, i, d->step);
}

static void
demo_draw_all(struct demo *d, const struct demo_area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		demo_draw(d, a, i);
}

static void
demo_read_page(const struct demo *d, const struct demo_area *a, size_t i)
{
	(void)*(volatile const uint8_t *)demo_page_at(d, a, i);
}

/* Marsaglia's xorshift64: any fixed sequence would do. */
static uint32_t
demo_random_below(struct demo *d, uint32_t n)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return (uint32_t)(d->random >> 32) % n;
}

/* --- life: Conway's, on a torus; a live cell is a page written in this step ------------------- */

static const struct life_pattern {
	size_t row, col;
	const char *rows[4];
} demo_life_start[] = {
    /* within the first 16 rows, which fit the smallest terminal */
    {1, 2, {".#.", "..#", "###"}}, /* glider */
    {1, 12, {".#.", "..#", "###"}},
    {6, 33, {".#.....", "...#...", "##..###"}},    /* acorn */
    {9, 54, {".##", "##.", ".#."}},                /* R-pentomino */
    {13, 4, {"#..#.", "....#", "#...#", ".####"}}, /* lightweight spaceship */
};

static void
demo_life_set_up(struct demo *d)
{
	memset(d->life, 0, sizeof(d->life));
	for (size_t i = 0; i < ARRAY_LEN(demo_life_start); i++) {
		const struct life_pattern *p = &demo_life_start[i];

		for (size_t r = 0; r < ARRAY_LEN(p->rows) && p->rows[r]; r++)
			for (size_t c = 0; p->rows[r][c]; c++)
				if (p->rows[r][c] == '#')
					d->life[p->row + r] |= UINT64_C(1) << (p->col + c);
	}
}

static bool
demo_life_cell(const struct demo *d, size_t row, size_t col)
{
	return d->life[row % DEMO_LIFE_ROWS] >> (col % DEMO_ROW) & 1;
}

static bool
demo_life_next(const struct demo *d, size_t row, size_t col)
{
	unsigned n = 0;

	/*
	 * from one row and column before the cell; on the torus, minus one is plus size minus one
	 */
	for (size_t r = row + DEMO_LIFE_ROWS - 1; r <= row + DEMO_LIFE_ROWS + 1; r++)
		for (size_t c = col + DEMO_ROW - 1; c <= col + DEMO_ROW + 1; c++)
			n += demo_life_cell(d, r, c);
	/* n includes the cell itself */
	return n == 3 || (n == 4 && demo_life_cell(d, row, col));
}

static void
demo_life_advance(struct demo *d)
{
	uint64_t next[DEMO_LIFE_ROWS] = { 0 };

	for (size_t r = 0; r < DEMO_LIFE_ROWS; r++)
		for (size_t c = 0; c < DEMO_ROW; c++)
			next[r] |= (uint64_t)demo_life_next(d, r, c) << c;
	memcpy(d->life, next, sizeof(next));
}

static void
demo_life_step(struct demo *d, const struct demo_area *a)
{
	if (d->step % LIFE_LAP == 1)
		demo_life_set_up(d);
	else
		demo_life_advance(d);
	for (size_t i = 0; i < a->pages; i++)
		if (demo_life_cell(d, i / DEMO_ROW, i % DEMO_ROW))
			demo_draw(d, a, i);
}

/* --- banner: scrolling text ------------------------------------------------------------------- */

/* Drawn at double width, since a terminal cell is twice as high as wide: 64 columns, cyclic. */
static const char demo_banner_text[][DEMO_ROW / 2 + 1] = {
	"                                ",
	"             #                  ",
	"             #                  ",
	"####  ## #  ###    ###  ####    ",
	"#   # # # #  #    #   # #   #   ",
	"#   # # # #  #  # #   # #   #   ",
	"####  # # #   ##   ###  ####    ",
	"#                       #       ",
	"#                       #       ",
	"                                ",
};

static void
demo_banner_step(struct demo *d, const struct demo_area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		if (demo_banner_text[i / DEMO_ROW][(i + d->step) % DEMO_ROW / 2] == '#')
			demo_draw(d, a, i);
}

/* --- allocator: a front that writes ahead, frees everything, and starts over ------------------ */

static void
demo_allocator_step(struct demo *d, const struct demo_area *a)
{
	if (d->allocated == a->pages) {
		madvise(a->base, a->pages * d->page, MADV_DONTNEED);
		d->allocated = 0;
		return;
	}
	for (size_t n = 0; n < 40 && d->allocated < a->pages; n++)
		demo_draw(d, a, d->allocated++);
}

/* --- zipf: few pages hot, many cold ----------------------------------------------------------- */

static void
demo_zipf_step(struct demo *d, const struct demo_area *a)
{
	uint32_t octaves = (uint32_t)__builtin_ctzl(a->pages);

	for (unsigned n = 0; n < 24; n++) {
		/*
		 * A uniform rank in a uniformly chosen octave has a probability of about 1/rank:
		 * Zipf's law. The odd factor scatters neighbouring ranks over the 2^n pages.
		 */
		uint32_t octave = UINT32_C(1) << demo_random_below(d, octaves);
		size_t rank = octave + demo_random_below(d, octave);

		demo_draw(d, a, rank * 613 % a->pages);
	}
}

/* --- thp: a write to one page marks the whole huge page as written ---------------------------- */

static void
demo_thp_build(struct demo *d, const struct demo_area *a)
{
	madvise(a->base, a->pages * d->page, MADV_HUGEPAGE);
	demo_draw_all(d, a);
}

static void
demo_thp_step(struct demo *d, const struct demo_area *a)
{
	size_t per = DEMO_ALIGNMENT / d->page;

	demo_draw(d, a, (d->step / 4 * per + d->step * 5 % per) % a->pages);
}

/* --- cow: shared with a forked sleeper, the sharing broken page by page ----------------------- */

static _Noreturn void
demo_sharer_main(pid_t parent)
{
	close(DEMO_READY_FD);
	prctl(PR_SET_NAME, "pmtop-demo-cow");
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (getppid() == parent) /* the parent may have died before the prctl */
		pause();
	_exit(0);
}

/* Without a sharer (process limit) the region is plain memory. */
static void
demo_cow_share(struct demo *d)
{
	pid_t self = getpid();

	d->broken = 0;
	d->sharer = fork();
	if (d->sharer == 0)
		demo_sharer_main(self);
}

static void
demo_cow_build(struct demo *d, const struct demo_area *a)
{
	madvise(a->base, a->pages * d->page, MADV_DOFORK);
	demo_draw_all(d, a);
	demo_cow_share(d);
}

static void
demo_cow_step(struct demo *d, const struct demo_area *a)
{
	if (d->broken == a->pages) {
		if (d->sharer > 0) {
			kill(d->sharer, SIGKILL);
			waitpid(d->sharer, NULL, 0);
		}
		demo_cow_share(d);
		return;
	}
	for (unsigned n = 0; n < 4; n++, d->broken++)
		demo_draw(d, a, d->broken * 37 % a->pages);
}

/* --- shm ring --------------------------------------------------------------------------------- */

int
demo_memory_open(const char *name, size_t page, size_t *pages)
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	if (fd >= 0 && ftruncate(fd, (off_t)(*pages * page))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void
demo_ring_step(struct demo *d, const struct demo_area *a)
{
	for (size_t n = 0; n < 16; n++)
		demo_draw(d, a, (d->step * 16 + n) % a->pages);
}

/* --- regions that lie still ------------------------------------------------------------------- */

/* Identical pages, in eight kinds; merged where ksmd runs. */
static void
demo_ksm_build(struct demo *d, const struct demo_area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		memset(demo_page_at(d, a, i), 'a' + (int)(i / DEMO_ROW % 8), d->page);
	madvise(a->base, a->pages * d->page, MADV_MERGEABLE);
}

/* Pages out every other row; without swap the kernel keeps anonymous pages. */
static void
demo_swap_build(struct demo *d, const struct demo_area *a)
{
	demo_draw_all(d, a);
	for (size_t i = DEMO_ROW; i + DEMO_ROW <= a->pages; i += 2 * DEMO_ROW)
		madvise(demo_page_at(d, a, i), DEMO_ROW * d->page, MADV_PAGEOUT);
}

/* A guard page (Linux 6.13; before that an untouched page) after every 7 pages. */
static void
demo_guard_build(struct demo *d, const struct demo_area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		if (i % 8 == 7)
			madvise(demo_page_at(d, a, i), d->page, MADV_GUARD_INSTALL);
		else
			demo_draw(d, a, i);
}

/* An arena as runtimes keep them: all reserved, the start usable, a little of that in use. */
static void
demo_reserve_build(struct demo *d, const struct demo_area *a)
{
	size_t usable = a->pages / 32;

	if (mprotect(a->base, usable * d->page, PROT_READ | PROT_WRITE))
		return;
	for (size_t i = 0; i < usable; i += i < DEMO_ROW ? 1 : 29)
		demo_draw(d, a, i);
}

static void
demo_zero_build(struct demo *d, const struct demo_area *a)
{
	for (size_t i = 0; i < a->pages; i++)
		demo_read_page(d, a, i);
}

static int
demo_program_open(const char *name, size_t page, size_t *pages)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);

	(void)name;
	if (size <= 0) /* touching pages past the end of the file is a SIGBUS */
		return -1;
	*pages = (size_t)u64_min(*pages, ((uint64_t)size + page - 1) / page);
	return fd;
}

/*
 * Half of the file is read, and some of those pages are written, which makes them private copies.
 */
static void
demo_file_build(struct demo *d, const struct demo_area *a)
{
	for (size_t i = 0; i < a->pages / 2; i++)
		if (i % 8 == 5)
			demo_draw(d, a, i);
		else
			demo_read_page(d, a, i);
}

/* --- the table -------------------------------------------------------------------------------- */

const struct demo_region demo_regions[] = {
    {.name = "demo life",
     .pages = DEMO_ROW * DEMO_LIFE_ROWS,
     .drawn = true,
     .pictured = true,
     .build = demo_draw_all,
     .step = demo_life_step},
    {.name = "demo banner",
     .pages = DEMO_ROW * ARRAY_LEN(demo_banner_text),
     .drawn = true,
     .pictured = true,
     .build = demo_draw_all,
     .step = demo_banner_step},
    {.name = "demo allocator",
     .pages = DEMO_ROW * 32,
     .pictured = true,
     .step = demo_allocator_step},
    {.name = "demo zipf",
     .pages = DEMO_ROW * 16,
     .pictured = true,
     .build = demo_draw_all,
     .step = demo_zipf_step},
    {.name = "demo thp",
     .pages = DEMO_ROW * 64,
     .huge = true,
     .build = demo_thp_build,
     .step = demo_thp_step},
    {.name = "demo cow", .pages = DEMO_ROW * 8, .build = demo_cow_build, .step = demo_cow_step},
    {.name = "demo ring",
     .pages = DEMO_ROW * 16,
     .shared = true,
     .open = demo_memory_open,
     .step = demo_ring_step},
    {.name = "demo ksm", .pages = DEMO_ROW * 8, .build = demo_ksm_build},
    {.name = "demo swap", .pages = DEMO_ROW * 16, .build = demo_swap_build},
    {.name = "demo guard", .pages = DEMO_ROW * 4, .build = demo_guard_build},
    {.name = "demo reserve",
     .pages = DEMO_ROW * 1024,
     .reserved = true,
     .build = demo_reserve_build},
    {.name = "demo zero", .pages = DEMO_ROW * 4, .build = demo_zero_build},
    {.name = "demo file",
     .pages = DEMO_ROW * 16,
     .open = demo_program_open,
     .build = demo_file_build},
};

size_t
demo_region_pages(const struct demo_region *r, size_t page)
{
	uint64_t pages = u64_max(r->pages * UINT64_C(4096) / page, 4 * DEMO_ROW);
	uint64_t huge = 2 * folio_huge_pages(page);

	if (r->drawn)
		return r->pages;
	return (size_t)(r->huge && huge <= r->pages ? u64_max(pages, huge) : pages);
}
