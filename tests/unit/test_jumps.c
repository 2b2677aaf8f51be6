/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jump list and the bookmarks. */
#include <string.h>

#include "model/jumps.h"
#include "tap.h"

static struct jumps j;

static void
push(uint64_t at, bool followed)
{
	struct place p = {.at = at, .followed = followed};

	jumps_push(&j, &p);
}

static uint64_t
pop(void)
{
	struct place p;

	return jumps_pop(&j, &p) ? p.at : UINT64_MAX;
}

static void
test_order(void)
{
	struct place p = {.at = 3, .depth = 1};

	memset(&j, 0, sizeof(j));
	is_u64(pop(), UINT64_MAX, "nothing to come back from");
	push(1, false);
	push(2, false);
	push(2, false);
	push(3, false);
	jumps_push(&j, &p); /* the same address in another view */
	is_u64(pop(), 3, "the newest comes first");
	is_u64(pop(), 3, "another view is another place");
	is_u64(pop(), 2, "a place is kept");
	is_u64(pop(), 1, "once");
	is_u64(pop(), UINT64_MAX, "and that was all");
}

static void
test_full(void)
{
	bool right = true;

	memset(&j, 0, sizeof(j));
	for (uint64_t i = 0; i < JUMPS_MAX + 10; i++)
		push(i, true);
	is_u64((uint64_t)j.n, JUMPS_MAX, "the list has an end");
	is_u64((uint64_t)jumps_followed(&j), JUMPS_MAX, "all of it were followed");
	for (uint64_t i = JUMPS_MAX + 10; i-- > 10;)
		right &= pop() == i;
	ok(right && !j.n, "full, it forgot the oldest");
}

static void
test_followed(void)
{
	memset(&j, 0, sizeof(j));
	push(1, true);
	push(2, false);
	jumps_rebase(&j);
	is_u64((uint64_t)jumps_followed(&j), 0, "what was followed before the view was opened is not counted");
	push(2, true);
	is_u64((uint64_t)jumps_followed(&j), 1, "the place it was opened at may be left by a pointer");
	push(3, false);
	push(3, true);
	is_u64((uint64_t)jumps_followed(&j), 2, "a place left twice counts if one of them was a pointer");
	pop();
	pop();
	is_u64((uint64_t)jumps_followed(&j), 0, "back again");
	pop();
	pop();
	push(9, true);
	is_u64((uint64_t)jumps_followed(&j), 1, "further back than the view was opened: it counts anew");
	for (uint64_t i = 100; i < 100 + JUMPS_MAX; i++)
		push(i, i == 100);
	is_u64((uint64_t)jumps_followed(&j), 1, "and what the full list forgot does not count");
}

static void
test_marks(void)
{
	struct place p = {.at = 77}, other = {.at = 78};

	memset(&j, 0, sizeof(j));
	ok(!jumps_bookmarked(&j, 'a') && !jumps_bookmarked(&j, 'z'), "no mark is set");
	jumps_bookmark(&j, 'a', &p);
	jumps_bookmark(&j, 'z', &p);
	jumps_bookmark(&j, 'z', &other);
	jumps_bookmark(&j, 'A', &p);
	jumps_bookmark(&j, '{', &p);
	ok(jumps_bookmarked(&j, 'a') && jumps_bookmarked(&j, 'a')->at == 77, "a mark holds");
	ok(jumps_bookmarked(&j, 'z') && jumps_bookmarked(&j, 'z')->at == 78, "set again, it holds the new place");
	ok(!jumps_bookmarked(&j, 'b') && !jumps_bookmarked(&j, 'A') && !jumps_bookmarked(&j, '{') && !jumps_bookmarked(&j, '`'),
	   "nothing else is set");
}

int
main(void)
{
	tap_start();
	test_order();
	test_full();
	test_followed();
	test_marks();
	return tap_done();
}
