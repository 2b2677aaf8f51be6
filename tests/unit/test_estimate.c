/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cells estimated from a few of their pages, and what a window shows before it is counted. */
#include "fake.h"
#include "page/pick.h"
#include "sample/estimate.h"
#include "sample/window.h"
#include "tap.h"

enum { K4 = FAKE_PAGE, PAGES = 1 << 15 };
static const uint64_t START = 0x7f0000201000;

/* --- picks ------------------------------------------------------------------------------------ */

static void
test_shares(void)
{
	bool right = true;

	for (unsigned slots = 1; slots <= PICK_MAX; slots++)
		for (uint64_t seen = 0; seen < 3000; seen += seen < 40 ? 1 : 97) {
			struct pick p = {.seen = seen};
			uint64_t sum = 0;

			for (unsigned i = 0; i < slots; i++) {
				uint64_t share = pick_share(&p, i, slots);

				sum += share;
				right &= share >= seen / slots && share <= seen / slots + 1;
			}
			right &= sum == seen;
		}
	ok(right, "equal shares, together all pages");
	right = pick_share(&(struct pick){.seen = UINT64_MAX}, 7, 8) == UINT64_C(1) << 61;
	ok(right, "of any number");
}

/* Two runs of 300 and 100 pages, in many cells. */
static void
test_picks(void)
{
	unsigned in_first = 0, in_half = 0, n = 0;
	bool inside = true, same = true;

	for (uint64_t cell = 0; cell < 1000; cell++) {
		uint64_t lo = START + cell * 1000 * K4;
		struct pick p = {0}, again = {0};

		for (int twice = 0; twice < 2; twice++) {
			pick_add(twice ? &again : &p, 4, lo, 300, K4, false);
			pick_add(twice ? &again : &p, 4, lo + 500 * K4, 100, K4, true);
		}
		for (unsigned i = 0; i < 4; i++) {
			uint64_t at = p.slot[i].at, k = (at - lo) / K4;

			inside &= at % K4 == START % K4 && (k < 300 || (k >= 500 && k < 600));
			inside &= p.slot[i].huge == (k >= 500);
			same &= again.slot[i].at == at;
			in_first += k < 300;
			in_half += k < 150;
			n++;
		}
	}
	ok(inside, "picks are pages of the runs");
	ok(same, "the same again");
	ok(in_first > n * 72 / 100 && in_first < n * 78 / 100, "three in four of the longer run");
	ok(in_half > n * 34 / 100 && in_half < n * 41 / 100, "and evenly in it");
}

/* --- windows ---------------------------------------------------------------------------------- */

struct subject {
	struct target t;
	struct vma v;
	unsigned shown, wrong, sampled; /* windows, cells */
	const struct window *exact;
};

/* Every second page: present, and of every eighth the state is another one. */
static void
subject_open(struct subject *s, uint64_t nth)
{
	*s = (struct subject){0};
	fake_target(&s->t);
	s->v = (struct vma){.start = START, .end = START + PAGES * K4, .perm = VMA_READ | VMA_WRITE,
	                    .type = VMA_ANON, .name = ""};
	fake_end(fake_root(&s->t)->pm.fd, s->v.end);
	for (uint64_t i = 0; i < PAGES; i += nth)
		fake_word(fake_root(&s->t)->pm.fd, START / K4 + i,
		          i % 16 ? PM_PRESENT | PM_EXCLUSIVE | (1000 + i) : PM_SWAPPED | 32);
}

static enum window_next
show_always(void *arg, const struct window *w)
{
	(void)arg, (void)w;
	return WINDOW_SHOW;
}

/* Cells that are counted are right; of the others only the classes may be wrong. */
static void
compare(void *arg, struct window *part)
{
	struct subject *s = arg;

	s->shown++;
	for (size_t i = 0; i < (size_t)part->grid.rows * part->grid.row_cells; i++) {
		const struct cell of[] = {window_cell(part, i), window_cell(s->exact, i)}, *a = of, *b = of + 1;

		if (window_is_sampled(part, i)) {
			s->sampled++;
			s->wrong += cell_pages(a) != cell_pages(b) || a->n[STATE_NONE] != b->n[STATE_NONE];
			for (unsigned c = 0; c < STATE_COUNT; c++)
				s->wrong += a->n[c] && !b->n[c];
		} else if (window_has_estimates(part)) {
			s->wrong += memcmp(a->n, b->n, sizeof(a->n)) != 0;
		}
	}
	window_unref(part);
}

static void
test_unfinished(void)
{
	for (unsigned zoom = 1; zoom < 9; zoom += 3) {
		struct window_of of = {.grid = {.start = START, .end = START + PAGES * K4, .page_size = K4,
		                                .row_cells = 64, .rows = 40, .zoom = zoom,
		                                .top = START & ~(uint64_t)0xffffff}};
		struct window_host host = {show_always, compare, NULL};
		struct subject s;
		struct err err = {0};
		struct window *exact, *w;

		subject_open(&s, 2);
		grid_show(&of.grid, START + 77 * K4);
		exact = window_fill(&s.t, &s.v, &of, NULL, &err);
		s.exact = exact;
		host.arg = &s;
		w = window_fill(&s.t, &s.v, &of, &host, &err);
		ok(w && exact && w->complete && !window_has_estimates(w) &&
		       mosaic_same(&w->cells, &exact->cells),
		   "in the end all is counted");
		ok(s.shown > 1 && s.sampled > 100, "before that there are estimates");
		is_u64(s.wrong, 0, "with the right number of pages, in RAM or not");
		window_unref(w);
		window_unref(exact);
		fake_close(&s.t);
	}
}

static void
note_first(void *arg, struct window *part)
{
	struct window **first = arg;

	if (*first)
		window_unref(part);
	else
		*first = part;
}

/* The first picture of it through a lens. */
static struct window *
first_picture(struct subject *s, enum lens lens, const struct filter *filter)
{
	struct window_of of = {.grid = {.start = START, .end = START + PAGES * K4, .page_size = K4,
	                                .row_cells = 64, .rows = 20, .zoom = 6},
	                       .lens = lens, .filter = filter};
	struct window *first = NULL;
	const struct window_host host = {show_always, note_first, &first};
	struct err err = {0};

	grid_show(&of.grid, START);
	window_unref(window_fill(&s->t, &s->v, &of, &host, &err));
	return first;
}

static uint64_t
pages_of(const struct window *w, enum lens l, char letter)
{
	uint64_t n = 0;

	for (size_t i = 0; i < (size_t)w->grid.rows * w->grid.row_cells; i++)
		for (unsigned c = 0; c < lens_classes(l); c++)
			n += lens_class(l, c).letter == letter ? window_cell(w, i).n[c] : 0;
	return n;
}

/* Frames that follow each other are one run, although only single pages are read. */
static void
test_neighbours(void)
{
	struct subject s;
	struct window *w;

	subject_open(&s, 1);
	w = first_picture(&s, LENS_PHYSICAL, NULL);
	ok(w && window_has_estimates(w), "estimated");
	ok(w && pages_of(w, LENS_PHYSICAL, '|') < PAGES / 8, "few runs begin");
	ok(w && pages_of(w, LENS_PHYSICAL, '>') + pages_of(w, LENS_PHYSICAL, ')') > PAGES / 2,
	   "most pages continue one");
	window_unref(w);
	fake_close(&s.t);
}

static void
test_matches(void)
{
	struct subject s;
	struct filter f;
	struct err err = {0};
	struct window *w;
	struct cell sum = {0};

	subject_open(&s, 2);
	ok(filter_parse("swapped", FILTER_PAGE, K4, &f, &err) == 0, "a filter");
	w = first_picture(&s, LENS_STATE, &f);
	if (w)
		mosaic_sum(&w->cells, &sum);
	ok(w && sum.match == pages_of(w, LENS_STATE, 's'), "what matches is estimated from the same pages");
	ok(sum.match > PAGES / 2 / 8 * 3 / 4 && sum.match < PAGES / 2 / 8 * 5 / 4, "and about right");
	window_unref(w);
	fake_close(&s.t);
}

/* A strip that nothing can have changed is not counted again. */
static void
test_strip(void)
{
	struct window_of of = {.grid = {.start = START, .end = START + PAGES * K4, .page_size = K4,
	                                .row_cells = 64, .rows = 20, .zoom = 6}};
	struct subject s;
	struct err err = {0};
	struct window *old, *kept, *new;

	subject_open(&s, 2);
	grid_show(&of.grid, START);
	old = window_read(&s.t, &s.v, &of.grid, LENS_STATE, &err);
	fake_words(fake_root(&s.t)->pm.fd, START / K4, PAGES, 0);
	of.before = old;
	new = window_fill(&s.t, &s.v, &of, NULL, &err);
	ok(old && new && old->map[0].height && !new->map[0].height, "counted again");
	of.quiet = true;
	kept = window_fill(&s.t, &s.v, &of, NULL, &err);
	ok(kept && kept->mapped_ns == old->mapped_ns &&
	       !memcmp(kept->map, old->map, sizeof(old->map)),
	   "kept, with the time of its count");
	is_u64(kept ? window_cell(kept, 0).n[STATE_ANON] : 1, 0, "the cells are never kept");
	window_unref(kept);
	window_unref(new);
	window_unref(old);
	fake_close(&s.t);
}

/* Strips: as full as they are, of classes that are there; markers are no pages of it. */
static void
test_strips(void)
{
	struct subject s;
	struct strip_cell exact[LIST_STRIP], strip[LIST_STRIP];
	struct err err = {0};
	unsigned heights = 0, classes = 0;

	subject_open(&s, 2);
	for (uint64_t i = 1; i < PAGES / 2; i += 2)
		fake_word(fake_root(&s.t)->pm.fd, START / K4 + i, PM_SWAPPED | PM_MARKER_GUARD << 5 | 31);
	ok(region_fill_strip(&s.t, &s.v, LENS_SHARING, exact, LIST_STRIP, &err) == 0 &&
	       estimate_strip(&s.t, &s.v, LENS_SHARING, strip, LIST_STRIP, &err) == 0,
	   "a strip, counted and estimated");
	for (unsigned i = LIST_STRIP / 2; i < LIST_STRIP; i++) {
		heights += strip[i].height != exact[i].height;
		classes += strip[i].cls != exact[i].cls;
	}
	is_u64(heights, 0, "as high");
	is_u64(classes, 0, "of the same class");
	ok(exact[0].height <= 4 && strip[0].height >= 1 && strip[0].height <= 6,
	   "entries that only mark do not count as pages");
	fake_close(&s.t);
}

int
main(void)
{
	tap_start();
	test_shares();
	test_picks();
	test_unfinished();
	test_neighbours();
	test_matches();
	test_strip();
	test_strips();
	return tap_done();
}
