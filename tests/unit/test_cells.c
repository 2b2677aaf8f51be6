/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Huge pages among the cells: drawn as one thing, and tracked as a whole by soft-dirty. */
#include <string.h>

#include "kernel/kabi.h"
#include "tap.h"
#include "views/cells.h"

static void
test_change(void)
{
	ok(!cells_change(LENS_STATE, STATE_THP_HEAD, STATE_THP_TAIL), "the rest of a huge page is no change");
	ok(!cells_change(LENS_STATE, STATE_THP_TAIL, STATE_THP_TAIL), "nor the same again");
	ok(cells_change(LENS_STATE, STATE_THP_TAIL, STATE_THP_HEAD), "the next huge page is one");
	ok(cells_change(LENS_STATE, STATE_ANON, STATE_THP_TAIL), "so is half of one after something else");
	ok(cells_change(LENS_STATE, CLASS_MAX, STATE_ANON), "and the first of all");
	ok(cells_change(LENS_LRU, STATE_THP_HEAD, STATE_THP_TAIL), "classes of other lenses are others");
}

static void
test_whole(void)
{
	struct page huge = {.cats = PM_CAT_PRESENT | PM_CAT_HUGE}, small = {.cats = PM_CAT_PRESENT};
	struct sample s = {.tracker = TRACKER_SOFT_DIRTY};

	ok(cells_tracked_whole(&s, &huge), "one bit of soft-dirty for a huge page");
	ok(!cells_tracked_whole(&s, &small) && !cells_tracked_whole(&s, NULL), "of small ones each has its own");
	s.tracker = TRACKER_UFFD;
	ok(!cells_tracked_whole(&s, &huge), "userfaultfd tells pages");
}

/* One in eight of each row, not below each other; the same wherever the screen begins. */
static void
test_bricks(void)
{
	struct grid g = {.start = 0x200000, .end = 0x400000, .page_size = 4096, .row_cells = 64, .rows = 4, .top = 0x200000};
	size_t n = 0, beside = 0;

	for (size_t i = 0; i < 4 * 64; i++) {
		n += cells_brick(&g, i);
		beside += cells_brick(&g, i) && i >= 64 && cells_brick(&g, i - 64);
	}
	is_u64(n, 4 * 8, "a brick in eight cells");
	is_u64(beside, 0, "none right below another");
	g.top += 0x40000;
	ok(!cells_brick(&g, 0) && cells_brick(&g, 4), "a row further down they are those of that row");
}

static void
test_counts(void)
{
	struct cell c = {.n = {[STATE_ANON] = 2, [STATE_NONE] = 9, [STATE_ZERO] = 2}};
	struct buf out = {0};

	cells_counts(&c, LENS_STATE, &out);
	is_str(out.s, "9 none, 2 zero, 2 anon", "the commonest first");
	buf_free(&out);
}

int
main(void)
{
	tap_start();
	test_change();
	test_whole();
	test_bricks();
	test_counts();
	return tap_done();
}
