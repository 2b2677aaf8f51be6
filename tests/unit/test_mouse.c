/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mouse reports of terminals, and the zones they hit. */
#include "tap.h"
#include "term/mouse.h"
#include "term/zones.h"
#include "views/view.h"

static void
test_reports(void)
{
	static const struct {
		const char *text;
		bool good;
		struct mouse want;
	} rows[] = {
	    {"\033[<0;1;1M", true, {MOUSE_PRESS, 0, 0, false}},
	    {"\033[<0;80;24m", true, {MOUSE_RELEASE, 23, 79, false}},
	    {"\033[<32;300;7M", true, {MOUSE_DRAG, 6, 299, false}},
	    {"\033[<64;2;3M", true, {MOUSE_WHEEL_UP, 2, 1, false}},
	    {"\033[<65;2;3M", true, {MOUSE_WHEEL_DOWN, 2, 1, false}},
	    {"\033[<80;2;3M", true, {MOUSE_WHEEL_UP, 2, 1, true}},
	    {"\033[<81;2;3M", true, {MOUSE_WHEEL_DOWN, 2, 1, true}},
	    {"\033[<16;2;3M", true, {MOUSE_PRESS, 2, 1, true}},
	    {"\033[<1;1;1M", false, {0}},    /* middle */
	    {"\033[<2;1;1M", false, {0}},    /* right */
	    {"\033[<35;1;1M", false, {0}},   /* moved, no button */
	    {"\033[<66;1;1M", false, {0}},   /* wheel to the left */
	    {"\033[<128;1;1M", false, {0}},  /* further buttons */
	    {"\033[<0;0;1M", false, {0}},    /* places count from 1 */
	    {"\033[<0;1;-1M", false, {0}},
	    {"\033[<-1;1;1M", false, {0}},
	    {"\033[<0;1;99999M", false, {0}},
	    {"\033[<0;1;999999M", false, {0}},
	    {"\033[<0;1M", false, {0}},
	    {"\033[<0;1;1", false, {0}},
	    {"\033[<0;1;1X", false, {0}},
	    {"\033[<0;1;1MM", false, {0}},
	    {"\033[<M", false, {0}},
	    {"\033[A", false, {0}},
	    {"", false, {0}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct mouse m = {0};
		bool good = mouse_parse(rows[i].text, &m);

		ok(good == rows[i].good && (!good || (m.kind == rows[i].want.kind && m.y == rows[i].want.y &&
		                                      m.x == rows[i].want.x && m.ctrl == rows[i].want.ctrl)),
		   rows[i].text[0] ? rows[i].text + 1 : "(nothing)");
	}
}

static void
test_zones(void)
{
	const struct zone *z;
	struct touch t;

	zones_begin();
	ok(!zone_at(0, 0), "an empty screen");
	zone_add(&(struct zone){.y = 2, .x = 10, .bottom = 5, .right = 20, .value = 7});
	zone_key(3, 12, 14, ACT_HELP);
	zone_cover(4, 0, 5, 80);
	zone_add(&(struct zone){.y = 0, .x = 0, .bottom = 0, .right = 80});
	z = zone_at(2, 10);
	ok(z && z->value == 7 && zone_at(2, 19) == z, "a rectangle, its corners");
	ok(!zone_at(2, 9) && !zone_at(2, 20) && !zone_at(1, 10) && !zone_at(0, 0) && !zone_at(-1, -1), "and outside");
	ok(zone_at(3, 12)->action == ACT_HELP && zone_at(3, 14) == z, "what was drawn later lies above");
	ok(zone_at(4, 15)->covers, "and what is none covers");
	t = zone_touch(z, 3, 12);
	ok(t.dy == 1 && t.dx == 2 && t.rows == 3 && t.cols == 10 && t.value == 7, "a touch is in the zone's own places");
	t = zone_touch(z, 99, -5);
	ok(t.dy == 2 && t.dx == 0, "from outside the nearest inside");
	for (int i = 0; i < ZONES_MAX + 9; i++)
		zone_key(10, i, i + 1, ACT_HELP);
	ok(zone_at(10, 0) && !zone_at(10, ZONES_MAX), "there is an end to them");
	zones_begin();
	ok(!zone_at(3, 12), "each frame begins anew");
}

int
main(void)
{
	tap_start();
	test_reports();
	test_zones();
	return tap_done();
}
