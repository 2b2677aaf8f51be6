/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The last minute of samples: what is kept, what is dropped. */
#include "fake.h"
#include "model/history.h"
#include "tap.h"

static struct sample *
make(uint64_t serial, uint64_t seconds, unsigned rows)
{
	struct sample *s = mem_alloc(sizeof(*s));

	s->serial = serial;
	s->time_ns = seconds * UINT64_C(1000000000);
	if (rows) {
		struct grid g = {.start = 0x1000, .end = 0x2000, .page_size = 4096, .row_cells = 256, .rows = rows};
		struct err err;
		struct target t;

		fake_target(&t);
		s->window = window_read(&t, NULL, &g, LENS_STATE, &err);
		fake_close(&t);
	}
	return s;
}

static void
test_order(void)
{
	struct history h = {0};

	ok(!history_at(&h, 0) && !history_at(&h, 1), "nothing was seen yet");
	for (uint64_t i = 1; i <= 5; i++)
		history_push(&h, make(i, i, 0), 0);
	ok(history_at(&h, 1)->serial == 5 && history_at(&h, 2)->serial == 4 && history_at(&h, 5)->serial == 1,
	   "steps back from the newest");
	ok(history_at(&h, 99)->serial == 1, "further back there is only the oldest");
	history_free(&h);
	ok(!h.n && !h.bytes, "freed");
}

static void
test_bounds(void)
{
	struct history h = {0};

	for (uint64_t i = 0; i < 200; i++)
		history_push(&h, make(i, i, 0), 0);
	is_u64(h.n, 61, "a minute, a sample a second");
	is_u64(history_at(&h, 99)->serial, 139, "the oldest is a minute old");
	history_push(&h, make(1000, 100000, 0), 0);
	is_u64(h.n, 1, "after a long pause only what is new");
	for (uint64_t i = 0; i < 60; i++)
		history_push(&h, make(i, 100001 + i / 10, 300), 0);
	ok(h.n > 1 && h.n < 60 && h.bytes <= 64 << 20, "large pictures: bounded by their bytes");
	history_push(&h, make(1, 100007, 19999), 0);
	is_u64(h.n, 1, "one that is larger than the bound stands alone");
	history_free(&h);
}

/* bug: only regions, pages and bytes counted: smaps and the past of 65,000 regions, read again and again, took hundreds of MiB */
static void
test_bounds_of_what_is_read(void)
{
	enum { REGIONS = 65000, COLS = 8 };
	struct history h = {0};
	struct smaps_reading *smaps;
	struct heatmap *heat;

	for (uint64_t i = 0; i < 40; i++) {
		struct sample *s = make(i, i, 0);

		s->smaps = mem_alloc(sizeof(*s->smaps));
		s->smaps->refs = 1;
		for (uint64_t k = 0; k < REGIONS; k++)
			smaps_append(&s->smaps->smaps, &(struct smaps_entry){.start = k});
		history_push(&h, s, 0);
	}
	ok(h.n > 1 && h.n * REGIONS * sizeof(struct smaps_entry) <= 64 << 20, "smaps of many regions is bounded");
	smaps = smaps_reading_ref(history_at(&h, 1)->smaps);
	for (uint64_t i = 40; i < 80; i++) {
		struct sample *s = make(i, i, 0);

		s->smaps = smaps_reading_ref(smaps);
		history_push(&h, s, 0);
	}
	ok(h.n >= 41, "one reading that samples share counts once");
	smaps_reading_unref(smaps);
	for (uint64_t i = 80; i < 120; i++) {
		struct sample *s = make(i, i, 0);

		s->heat = heat = mem_alloc(sizeof(*heat));
		heat->refs = 1;
		heat->rows = REGIONS;
		heat->cols = COLS;
		heat->row = mem_alloc(REGIONS * sizeof(*heat->row));
		heat->cell = mem_alloc(REGIONS * COLS * sizeof(*heat->cell));
		history_push(&h, s, 0);
	}
	ok(h.n > 1 && h.n * REGIONS * COLS * sizeof(*heat->cell) <= 64 << 20, "so is their past");
	history_free(&h);
	ok(!h.n && !h.bytes, "freed");
}

static void
test_looked_at(void)
{
	struct history h = {0};
	size_t back;

	for (uint64_t i = 0; i < 3; i++)
		history_push(&h, make(i, i, 0), 0);
	back = history_push(&h, make(3, 3, 0), 2);
	is_u64(history_at(&h, back)->serial, 1, "the sample that is looked at is one step further back");
	for (uint64_t i = 4; i < 200; i++)
		back = history_push(&h, make(i, i, 0), back);
	is_u64(history_at(&h, back)->serial, 1, "however old it gets, it stays");
	is_u64(h.n, 62, "the others are those of a minute");
	is_u64(history_at(&h, back - 1)->serial, 139, "the next one is the oldest of these");
	for (uint64_t i = 200; i < 300; i++)
		back = history_push(&h, make(i, 200 + i / 100, 300), back);
	ok(history_at(&h, back)->serial == 1 && h.bytes <= 64 << 20, "so it is where bytes bound the others");
	history_push(&h, make(300, 210, 0), 0);
	ok(history_at(&h, h.n)->serial != 1, "afterwards it goes");
	history_free(&h);
	ok(!h.bytes, "all are counted");
}

static void
test_stops(void)
{
	const uint64_t s = UINT64_C(1000000000);
	struct history h = {0};

	for (uint64_t i = 1; i <= 3; i++)
		history_push(&h, make(i, i, 0), 0);
	history_push(&h, make(4, 30, 0), 0);
	is_u64(history_stop_after(&h, 3 * s), 0, "a pause between two looks is no stop");
	history_stopped(&h, 3 * s + 5, 29 * s + 5);
	is_u64(history_stop_after(&h, 3 * s), 26 * s, "a stop, and its length, after the sample before it");
	ok(!history_stop_after(&h, 2 * s) && !history_stop_after(&h, 30 * s), "and after no other");
	history_stopped(&h, 31 * s, 32 * s);
	is_u64(history_stop_after(&h, 30 * s), s, "after the newest nothing was seen yet");
	for (int i = 0; i < HISTORY_STOPS; i++)
		history_stopped(&h, 33 * s, 34 * s);
	ok(!history_stop_after(&h, 3 * s), "of many only the newest are kept");
	history_free(&h);
}

int
main(void)
{
	tap_start();
	test_order();
	test_bounds();
	test_bounds_of_what_is_read();
	test_looked_at();
	test_stops();
	return tap_done();
}
