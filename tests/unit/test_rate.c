/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pages a second, against numbers worked out by hand. */
#include "base/rate.h"

#include <string.h>

#include "tap.h"

#define MS UINT64_C(1000000)
#define S (1000 * MS)
#define PAGES(n) ((uint64_t)(n) * RATE_PAGE)

static const uint64_t begin = 5 * S; /* any time but 0 */

static uint64_t
sum(const struct rate *r)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < RATE_SLOTS; i++)
		n += r->rate[i];
	return n;
}

static void
test_now(void)
{
	struct rate r = {0};
	uint64_t n = 77, mean;

	rate_add(&r, begin, 100);
	ok(!rate_now(&r, &n), "what was not begun counts nothing");
	rate_begin(&r, begin);
	rate_add(&r, begin + 10 * MS, 500);
	ok(!rate_now(&r, &n) && n == 77, "the first reading after a clear gives no rate: it is too soon for one");
	ok(!rate_peak(&r, &n, &mean), "nor is it a peak");
	rate_add(&r, begin + 1000 * MS, 100);
	ok(rate_now(&r, &n) && n == PAGES(600), "after a second it is what that second brought");
	rate_add(&r, begin + 1500 * MS, 40);
	ok(rate_now(&r, &n) && n == PAGES(340), "half a second later: those 40, and half of the 600 before");
	rate_add(&r, begin + 1500 * MS, 2);
	ok(rate_now(&r, &n) && n == PAGES(342), "two readings at the same time add up");
	rate_add(&r, begin + 1400 * MS, 1);
	ok(rate_now(&r, &n) && n == PAGES(343) && r.until_ns == begin + 1500 * MS, "a clock that went back loses nothing");
	ok(rate_peak(&r, &n, &mean) && n == PAGES(600) && mean == PAGES(600), "the peak is of whole seconds");
}

static void
test_over(void)
{
	struct rate r = {0};
	uint64_t n;

	rate_begin(&r, begin);
	ok(!rate_over(&r, 10, &n), "nothing was measured");
	rate_add(&r, begin + 1 * S, 600);
	ok(rate_over(&r, 10, &n) && n == PAGES(600), "of more seconds than were measured: of those");
	rate_add(&r, begin + 3 * S, 200);
	ok(rate_over(&r, 2, &n) && n == PAGES(100) && rate_over(&r, 3, &n) && rate_pages(n) == 267, "100 in the last two, 800 in three");
	rate_add(&r, begin + 3500 * MS, 50);
	ok(rate_over(&r, 3, &n) && rate_pages(n) == 183, "half a second later half of the first is left: 550 in three");
	for (unsigned i = 4; i < 200; i++)
		rate_add(&r, begin + i * S, 30);
	ok(rate_over(&r, 1000, &n) && n == PAGES(30), "a minute is all that is kept");
}

static void
test_late(void)
{
	struct rate r;
	uint64_t n, mean;

	rate_begin(&r, begin);
	rate_add(&r, begin + 4500 * MS, 900);
	is_u64(r.rate[0], PAGES(200), "a late reading: its pages are spread, 200 in the first second");
	is_u64(r.rate[3], PAGES(200), "as many in the fourth");
	is_u64(r.rate[4], PAGES(100), "and half as many in half a second");
	ok(rate_now(&r, &n) && n == PAGES(200), "no peak where there was none");
	ok(rate_peak(&r, &n, &mean) && n == PAGES(200) && mean == PAGES(200), "neither in the peak");
	rate_begin(&r, begin);
	rate_add(&r, begin + 3 * S + 1, 10);
	is_u64(sum(&r), PAGES(10), "what does not divide is not lost");
	rate_begin(&r, begin);
	rate_add(&r, begin + 100 * MS, 3);
	rate_add(&r, begin + 200 * S, 19990);
	ok(rate_now(&r, &n) && rate_pages(n) == 100, "after minutes without a reading their mean");
	ok(sum(&r) >= PAGES(5995) && sum(&r) <= PAGES(6005), "of which a minute is kept");
	ok(rate_peak(&r, &n, &mean) && mean >= PAGES(99) && mean <= PAGES(101), "its mean");
}

/* A constant rate, from readings in the middle of seconds. */
static bool
is_steady(uint64_t pages, uint64_t at)
{
	struct rate r;
	uint64_t n;

	rate_begin(&r, begin);
	for (unsigned i = 0; i < 10; i++) {
		rate_add(&r, begin + i * S + at, i ? pages : 0);
		if (i > 1 && (!rate_now(&r, &n) || rate_pages(n) != pages))
			return false;
	}
	return true;
}

static void
test_few(void)
{
	bool one = true, few = true;

	for (uint64_t at = 1; at < 1000; at += 99) {
		one &= is_steady(1, at * MS);
		for (uint64_t pages = 2; pages < 10; pages++)
			few &= is_steady(pages, at * MS);
	}
	ok(one, "one page per second is not reported as two");
	ok(few, "nor a few as one more");
}

static void
test_forgets(void)
{
	struct rate r;
	uint64_t n, mean;

	rate_begin(&r, begin);
	rate_add(&r, begin + 1 * S, 6000);
	for (unsigned i = 2; i <= 60; i++)
		rate_add(&r, begin + i * S, 0);
	ok(rate_peak(&r, &n, &mean) && n == PAGES(6000) && mean == PAGES(100), "a minute: its first second is still in it");
	rate_add(&r, begin + 61 * S, 0);
	ok(rate_peak(&r, &n, &mean) && n == 0 && mean == 0, "a second later it is not");
	rate_begin(&r, begin);
	rate_add(&r, begin + S, UINT64_MAX / 2);
	rate_add(&r, begin + 2 * S, 1);
	ok(rate_peak(&r, &n, &mean) && n == RATE_MOST / RATE_PAGE * RATE_PAGE, "absurdly much is as much as there is room for");
}

static void
test_series(void)
{
	struct rate r;
	uint64_t v[60];
	uint8_t h[12];

	rate_begin(&r, begin);
	rate_series(&r, 12, v);
	ok(v[0] == RATE_UNKNOWN && v[11] == RATE_UNKNOWN, "nothing measured, nothing known");
	for (unsigned i = 1; i <= 12; i++)
		rate_add(&r, begin + i * S, i * 10);
	rate_add(&r, begin + 12 * S + 500 * MS, 7777);
	rate_series(&r, 60, v);
	ok(v[47] == RATE_UNKNOWN && v[48] == PAGES(10) && v[59] == PAGES(120), "a column a second; one that is not over is left out");
	rate_series(&r, 12, v);
	ok(v[8] == RATE_UNKNOWN && v[9] == PAGES(30) && v[10] == PAGES(80), "five seconds a column: the mean of 10 to 50, of 60 to 100");
	is_u64(v[11], PAGES(115), "and of what there is of the last: 110 and 120");
	rate_heights(v, 12, 8, h);
	ok(h[8] == RATE_NO_HEIGHT && h[9] == 2 && h[10] == 5 && h[11] == 8,
	   "as heights: the highest of them alone is as high as there is");
	for (unsigned i = 13; i <= 70; i++)
		rate_add(&r, begin + i * S, 0);
	rate_series(&r, 60, v);
	ok(v[0] == PAGES(110) && v[1] == PAGES(120) && v[2] == PAGES(7777) && v[3] == 0 && v[59] == 0, "after 70 s: seconds 10 to 69");
	rate_series(&r, 12, v);
	rate_heights(v, 12, 8, h);
	ok(h[0] == 8 && h[1] == 0 && h[11] == 0, "nothing has no height");
}

/* Of a recording the rate is that of one interval, however short. */
static void
test_last(void)
{
	struct rate r = {0};
	uint64_t n = 77, peak, mean;

	rate_begin(&r, begin);
	rate_add(&r, begin + 500 * MS, 10);
	rate_set_now(&r, 10, 500 * MS);
	ok(rate_now(&r, &n) && n == PAGES(20), "10 pages in half a second are 20 a second");
	ok(rate_peak(&r, &peak, &mean) && peak == PAGES(20) && mean == PAGES(20), "which is all that is known");
	rate_begin(&r, begin);
	ok(!rate_now(&r, &n), "and is forgotten with the rest");
}

static bool
says(uint64_t rate, const char *words)
{
	char text[8];

	return !strcmp(rate_text(text, rate), words);
}

/* bug: of a recording with a sample each minute rates of less than half a page a second were 0. */
static void
test_slow(void)
{
	struct rate r;
	uint64_t n, peak, mean, v[30];

	rate_begin(&r, begin);
	rate_add(&r, begin + 40 * S, 24);
	rate_add(&r, begin + 80 * S, 6);
	rate_set_now(&r, 6, 40 * S);
	ok(rate_now(&r, &n) && n == RATE_PAGE * 15 / 100 && rate_bytes(n, 4096) == 614, "6 pages in 40 s");
	ok(rate_peak(&r, &peak, &mean) && says(peak, "0.6") && says(mean, "0.3"),
	   "at most 24 in 40 s; of the last minute a third has that");
	rate_series(&r, 30, v);
	ok(says(v[0], "0.6") && says(v[29], "0.15"), "and so has the graph");
	ok(rate_bytes(rate_of(1, 60 * S), 4096) == 68 && rate_of(1, 86400 * S), "a page in a minute, in a day");
	ok(rate_of(UINT64_MAX, 1) == RATE_MOST && rate_of(0, S) == 0, "all that there is, none");
	ok(rate_pages(RATE_PAGE * 3 / 2) == 2 && rate_pages(RATE_PAGE / 3) == 0, "the nearest number of pages");
	ok(says(0, "0") && says(RATE_PAGE / 300, "<0.01") && says(n, "0.15") && says(RATE_PAGE * 3 / 8, "0.38") &&
	       says(PAGES(3), "3") && says(PAGES(19) / 7, "2.7") && says(PAGES(599) / 60, "10") &&
	       says(PAGES(1200), "1200") && says(PAGES(4500000), "4.5M"),
	   "as text: few with their fractions");
}

int
main(void)
{
	tap_start();
	test_now();
	test_over();
	test_late();
	test_few();
	test_forgets();
	test_series();
	test_last();
	test_slow();
	return tap_done();
}
