/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Writes from stamps: rates, curves, the hottest pages; against numbers worked out by hand. */
#include "fake.h"
#include "tap.h"
#include "target/writes.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)

static const uint64_t mark = 1000 * S;
static const struct track_range everywhere;

/* The address of a page of region r; regions lie 1000 pages apart. */
static uint64_t
at(unsigned r, uint64_t page)
{
	return ((uint64_t)(r + 1) * 1000 + page) * FAKE_PAGE;
}

static struct track_stamp
stamp(unsigned r, uint64_t from, uint64_t to, uint64_t when)
{
	return (struct track_stamp){.start = at(r, from), .end = at(r, to), .time_ns = when, .epoch = 1, .count = 1, .recent = 1};
}

static int
by_epoch(const void *pa, const void *pb)
{
	const struct track_stamp *a = pa, *b = pb;

	return (a->epoch > b->epoch) - (a->epoch < b->epoch);
}

static struct stamps
stamps_of(const struct track_stamp *v, size_t n)
{
	struct track_stamp *ordered = mem_copy(v, n * sizeof(*v));
	struct stamps s = {0};

	vec_sort(ordered, n, sizeof(*ordered), by_epoch);
	for (size_t i = 0; i < n; i++)
		stamps_put(&s, &ordered[i]);
	free(ordered);
	return s;
}

/* Three regions: anonymous, a file shared, a file private. */
static struct regions *
make_regions(uint64_t now)
{
	struct vma_list l = {0};
	struct regions *rs;
	size_t odd;

	vma_parse(&l, mem_strdup("003e8000-003f2000 rw-p 00000000 00:00 0 \n"
	                         "007d0000-007da000 rw-s 00000000 08:01 7 /data/shared\n"
	                         "00bb8000-00bc2000 rw-p 00000000 08:01 8 /data/private\n"), &odd);
	rs = regions_new(l, now);
	rs->counted = true;
	for (size_t i = 0; i < l.n; i++)
		regions_edit(rs, i)->known = true;
	return rs;
}

static void
test_from_mark(void)
{
	struct track_stamp v[] = {stamp(0, 0, 4, mark + 1 * S), stamp(0, 4, 7, mark + 3 * S), stamp(0, 7, 9, mark + 4 * S),
	                          stamp(1, 0, 5, mark + 2 * S), stamp(2, 2, 3, mark + 2 * S)};
	struct track t = {.clears = 1, .epoch = 1, .first_ns = mark, .clear_ns = mark, .stamps = stamps_of(v, ARRAY_LEN(v))};
	struct regions *rs = make_regions(mark + 10 * S);
	struct writes_log log = {0};
	struct writes w;
	struct curve c;

	ok(writes_curve(&t, &rs->vmas, FAKE_PAGE, mark + 10 * S, &c), "since the mark");
	ok(c.n == 4 && c.p[0].ns == 1 * S && c.p[0].pages == 4, "4 pages by the look at 1 s");
	ok(c.p[1].ns == 2 * S && c.p[1].pages == 5, "a private copy of a file's page by 2 s; what is shared with a file is not sent");
	ok(c.p[2].ns == 4 * S && c.p[2].pages == 10, "looks that are close together are one point, the later");
	ok(c.p[3].ns == 10 * S && c.p[3].pages == 10, "and nothing new since");
	writes_record(&log, &t, rs, FAKE_PAGE);
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(w.cleared && !w.auto_clear && w.measured_ns == 10 * S, "measured for 10 s");
	ok(w.unique[0] == 4 && w.unique[1] == 15, "of unique pages all count");
	is_u64(w.unique[2], RATE_UNKNOWN, "what a minute brings is not known after 10 s");
	t.clears = 0;
	ok(!writes_curve(&t, &rs->vmas, FAKE_PAGE, mark + 10 * S, &c) && c.n == 0, "without a mark there is no curve");
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(!w.cleared && w.hot_n == 0, "nor anything else");
	writes_log_free(&log);
	regions_unref(rs);
	stamps_free(&t.stamps);
}

/* In an auto-clear: what counts is in which epoch. */
static void
test_until_now(void)
{
	const uint64_t now = mark + 20 * S;
	struct track_stamp v[] = {{at(0, 0), at(0, 2), now - 600 * MS, 20, 9, 1}, {at(0, 2), at(0, 5), now - 1500 * MS, 19, 3, 1},
	                          {at(0, 5), at(0, 6), now - 8 * S, 12, 1, 1},    {at(2, 0), at(2, 9), now - 19 * S, 1, 1, 1}};
	struct track t = {.clears = 20, .epoch = 20, .auto_clear = true, .first_ns = mark, .stamps = stamps_of(v, ARRAY_LEN(v))};
	struct regions *rs = make_regions(now);
	struct writes_log log = {0};
	struct writes w;
	struct curve c;

	for (uint32_t e = 1; e <= 20; e++) /* one clear per second, the first at `mark` */
		t.began[e % TRACK_EPOCHS] = mark + (e - 1) * S;
	writes_curve(&t, &rs->vmas, FAKE_PAGE, now, &c);
	ok(c.n > 5 && c.p[0].ns == 1 * S && c.p[0].pages == 2, "2 pages since the clear a second ago, whenever they were seen first");
	ok(c.p[1].ns == 2 * S && c.p[1].pages == 5, "5 in two epochs");
	ok(c.p[c.n - 1].ns == 20 * S && c.p[c.n - 1].pages == 15, "15 in all");
	ok(curve_at(&c, 6e9) == 5 && curve_at(&c, 9e9) <= 6 && curve_at(&c, 10e9) == 6, "6 in ten seconds, no sooner");
	writes_record(&log, &t, rs, FAKE_PAGE);
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(w.auto_clear && w.unique[0] == 2 && w.unique[1] == 6, "unique pages within the last second, and within ten");
	t.auto_clear = false;
	t.by_scans = true;
	writes_curve(&t, &rs->vmas, FAKE_PAGE, now, &c);
	ok(c.p[0].ns == 1 * S && c.p[0].pages == 2, "of a tracker that is local the looks are what counts");
	t.auto_clear = true;
	t.first_ns = now - 500 * S;
	for (uint32_t e = 1; e <= 20; e++)
		t.began[e % TRACK_EPOCHS] = now - (20 - e) * 25 * S - 5 * S;
	writes_curve(&t, &rs->vmas, FAKE_PAGE, now, &c);
	ok(c.p[c.n - 1].pages == 5 && c.p[c.n - 1].ns == 55 * S, "what is older than a minute is not in it");
	t.epoch = t.clears = TRACK_EPOCHS + 500;
	writes_curve(&t, &rs->vmas, FAKE_PAGE, now, &c);
	ok(!c.n || !c.p[c.n - 1].pages, "nor is what is too many epochs old");
	stamps_free(&t.stamps);
	writes_log_free(&log);
	regions_unref(rs);
}

static void
test_lacks(void)
{
	struct curve c = {0};

	ok(writes_lacks(&c, false, false) && strstr(writes_lacks(&c, false, false), "press c, or use --watch"), "no mark: how to get one");
	ok(writes_lacks(&c, true, false) != NULL, "no look yet");
	curve_add(&c, 300 * MS, 5);
	ok(writes_lacks(&c, true, false) != NULL, "too short");
	curve_add(&c, 2 * S, 7);
	ok(!writes_lacks(&c, true, false), "two looks over 2 s do");
	c.n = 0;
	curve_add(&c, 2 * S, 7);
	ok(writes_lacks(&c, true, false) != NULL, "one does not");
	c.p[0].pages = 0;
	ok(!writes_lacks(&c, true, false), "unless nothing written");
	ok(writes_lacks(&c, true, true) != NULL, "what is written beside the part that is watched is not known");
}

static void
test_least_auto_clear(void)
{
	is_u64(writes_least_auto_clear(0, 0, 5), 0, "what costs nothing is done as often as one likes");
	is_u64(writes_least_auto_clear(3 * MS, 2000, 5), 100 * MS, "3 ms and 2000 faults of a microsecond: 5 of 100 ms");
	is_u64(writes_least_auto_clear(3 * MS, 2000, 0), 0, "without a budget it may cost anything");
}

static void
test_part(void)
{
	struct track t = {.tracker = TRACKER_UFFD};

	ok(!writes_of_part(&t), "userfaultfd watches the whole process");
	t.scope = (struct track_range){0x1000, 0x2000};
	ok(writes_of_part(&t), "or the scope alone");
	t.tracker = TRACKER_SOFT_DIRTY;
	ok(!writes_of_part(&t), "soft-dirty has none");
	t.tracker = TRACKER_HASH;
	ok(writes_of_part(&t), "contents are those of a screen");
}

static void
test_hot(void)
{
	struct track_stamp v[] = {
	    {at(0, 0), at(0, 2), mark, 50, 20, 0xff}, {at(0, 2), at(0, 3), mark, 50, 20, 0xff},
	    {at(0, 4), at(0, 5), mark, 50, 30, 0xff}, {at(0, 5), at(0, 6), mark, 10, 50, 0xffffffff},
	    {at(2, 0), at(2, 1), mark, 48, 9, 0x3fff},
	};
	struct track t = {.clears = 50, .epoch = 50, .first_epoch = 1, .auto_clear = true, .first_ns = mark, .stamps = stamps_of(v, ARRAY_LEN(v))};
	struct regions *rs = make_regions(mark + 20 * S);
	struct writes_log log = {0};
	struct track_stamp many[40];
	struct writes w;

	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(w.hot_n == 4 && w.hot[0].start == at(2, 0), "written most often of late comes first");
	is_u64(w.hot[0].recent, 0x3fff << 2, "its epochs counted from now");
	ok(w.hot[1].start == at(0, 4) && w.hot[2].start == at(0, 0), "then more often in all");
	ok(w.hot[2].end == at(0, 3), "equal neighbours are one");
	ok(w.hot[3].count == 50 && w.hot[3].recent == 0, "what was hot 40 epochs ago is last");
	is_u64(w.epochs, 50, "out of so many");
	writes_make(&log, &t, rs, FAKE_PAGE, (struct track_range){at(0, 1), at(0, 5)}, &w);
	ok(w.hot_n == 2 && w.hot[1].start == at(0, 1) && w.hot[1].end == at(0, 3), "of a range");
	for (unsigned i = 0; i < ARRAY_LEN(many); i++)
		many[i] = (struct track_stamp){at(0, 2 * i), at(0, 2 * i + 1), mark, 50, i + 1, 1};
	stamps_free(&t.stamps);
	t.stamps = stamps_of(many, ARRAY_LEN(many));
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(w.hot_n == WRITES_HOT && w.hot[0].count == 40 && w.hot[15].count == 25, "the hottest of many");
	stamps_free(&t.stamps);
	regions_unref(rs);
}

/* A scan: the number of pages of region i newly stamped since the clear. */
static struct regions *
scan(struct writes_log *log, struct track *t, uint64_t when, const uint64_t fresh[3])
{
	struct regions *rs = make_regions(when);

	t->fresh = 0;
	for (unsigned i = 0; i < 3; i++) {
		regions_edit(rs, i)->fresh = fresh[i];
		t->fresh += fresh[i] * FAKE_PAGE;
	}
	writes_record(log, t, rs, FAKE_PAGE);
	return rs;
}

static void
test_scans(void)
{
	struct writes_log log = {0};
	struct track t = {.clears = 0};
	struct regions *rs;
	uint64_t n;

	rs = scan(&log, &t, mark - 5 * S, (uint64_t[]){0, 0, 0});
	ok(!regions_at(rs, 0)->rated, "before the mark no rate is known");
	regions_unref(rs);
	t = (struct track){.clears = 1, .epoch = 1, .first_ns = mark};
	rs = scan(&log, &t, mark + 5 * MS, (uint64_t[]){500, 0, 0});
	ok(!regions_at(rs, 0)->rated && !rate_now(&log.rate, &n), "the first look after it makes no peak of 100 000 a second");
	regions_unref(rs);
	rs = scan(&log, &t, mark + 1 * S, (uint64_t[]){600, 0, 0});
	ok(regions_at(rs, 0)->rate == 600 * RATE_PAGE && regions_at(rs, 1)->rate == 0, "after a second: 600, and none");
	regions_unref(rs);
	rs = scan(&log, &t, mark + 3 * S, (uint64_t[]){800, 40, 0});
	ok(regions_at(rs, 0)->rate == 100 * RATE_PAGE && regions_at(rs, 1)->rate == 20 * RATE_PAGE && regions_at(rs, 2)->rate == 0, "each region its own");
	ok(rate_now(&log.rate, &n) && n == 120 * RATE_PAGE, "and all of them together");
	regions_unref(rs);
	rs = make_regions(mark + 4 * S);
	regions_edit(rs, 1)->doubt = DOUBT_NEW;
	regions_edit(rs, 2)->known = false;
	regions_edit(rs, 0)->fresh = 800;
	writes_record(&log, &t, rs, FAKE_PAGE);
	ok(!regions_at(rs, 1)->rated && !regions_at(rs, 2)->rated, "of what is new since the mark, or not shown, none");
	ok(regions_at(rs, 2)->rates[0] == RATE_NO_HEIGHT && regions_at(rs, 0)->rates[11] > 0, "nor a picture");
	regions_unref(rs);
	t.first_ns = mark + 4500 * MS;
	rs = scan(&log, &t, mark + 5 * S, (uint64_t[]){7, 0, 0});
	ok(!regions_at(rs, 0)->rated, "a new mark: measured anew");
	regions_unref(rs);
	rs = scan(&log, &t, mark + 5500 * MS, (uint64_t[]){9, 0, 0});
	is_u64(regions_at(rs, 0)->rate, 9 * RATE_PAGE, "and what was before it is not in it");
	regions_unref(rs);
	writes_log_free(&log);
}

static void
test_mean(void)
{
	struct track t = {.clears = 1, .epoch = 1, .first_ns = mark};
	struct regions *rs = make_regions(mark + 4 * S);

	regions_edit(rs, 0)->written = 10;
	regions_edit(rs, 1)->written = 10;
	regions_edit(rs, 1)->doubt = DOUBT_REMAPPED;
	writes_mean(&t, rs);
	ok(regions_at(rs, 0)->rate == 10 * RATE_PAGE / 4 && !regions_at(rs, 1)->rated && regions_at(rs, 2)->rate == 0, "10 pages in 4 s; not known; none");
	regions_unref(rs);
}

static void
test_cost(void)
{
	struct track t = {.clears = 0, .cost_ns = 3 * MS};
	struct regions *rs = make_regions(mark);
	struct writes_log log = {0};
	struct writes w;

	writes_faults(&log, mark, 1000, false);
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(!w.cost.faults_known && !w.cost.before_known && w.cost.clear_ns == 3 * MS, "one count is no rate");
	writes_faults(&log, mark + 2 * S, 1200, false);
	writes_faults(&log, mark + 3 * S, 1900, true);
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(w.cost.faults_known && w.cost.faults == 700 && w.cost.before_known && w.cost.faults_before == 100,
	   "700 faults a second, 100 before the mark");
	writes_faults(&log, mark + 4 * S, 10, true);
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(!w.cost.faults_known && !w.cost.before_known, "another program was executed: it counts anew");
	regions_unref(rs);
}

/* Clears 3 s apart, the faults all in the first second after each: an instant is no cost. */
static void
test_cost_of_bursts(void)
{
	struct track t = {.clears = 3, .epoch = 3, .auto_clear = true, .first_ns = mark};
	struct regions *rs = make_regions(mark + 13 * S);
	struct writes_log log = {0};
	uint64_t faults = 0;
	struct writes w;

	t.began[2] = mark + 9 * S;
	t.began[3] = mark + 12 * S;
	writes_faults(&log, mark, faults, false);
	for (unsigned s = 1; s <= 13; s++)
		writes_faults(&log, mark + s * S, faults += s % 3 == 1 ? 9000 : 0, true);
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(w.cost.faults_known && w.cost.faults == 3000, "9000 faults each 3 seconds are 3000 a second, also just after a clear");
	t.first_ns = mark + 12 * S;
	writes_make(&log, &t, rs, FAKE_PAGE, everywhere, &w);
	ok(w.cost.faults == 9000, "what was before the mark is no part of it");
	regions_unref(rs);
}

static void
test_to_send(void)
{
	uint64_t n[STATE_COUNT] = {0};

	n[STATE_ANON] = 10;
	n[STATE_THP_HEAD] = 512;
	n[STATE_SHMEM] = 20;
	n[STATE_COPIED] = 3;
	n[STATE_SWAPPED] = 2;
	is_u64(writes_to_send(n), 547, "memory, in RAM and in swap");
	n[STATE_FILE] = n[STATE_CACHED] = n[STATE_NONE] = n[STATE_ZERO] = n[STATE_GUARD] = 1000;
	is_u64(writes_to_send(n), 547, "not what is in a file, and not what is nothing");
}

static void
test_unknown(void)
{
	static const struct {
		struct unknown u;
		const char *want, *brief;
	} rows[] = {
	    {{0}, "", ""},
	    {{.pages = 5120, .regions = 4, .fresh = {5120, 4}},
	     "+20.0M in 4 new regions",
	     "+20.0M in 4 new"},
	    {{.pages = 5120, .regions = 1, .fresh = {5120, 1}},
	     "+20.0M in 1 new region",
	     "+20.0M in 1 new"},
	    {{.pages = 12, .regions = 4, .fresh = {5, 1}, .readonly = {3, 2}},
	     "+20.0K in 1 new region, +12.0K in 2 read-only regions, +16.0K in 1 region",
	     "+20.0K in 1 new, +12.0K in 2 read-only, +16.0K in 1 region"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int brief = 0; brief < 2; brief++) {
			struct buf b = {0};

			writes_unknown(&b, &rows[i].u, FAKE_PAGE, brief);
			is_str(b.s ? b.s : "", brief ? rows[i].brief : rows[i].want,
			       "what a sum leaves out");
			buf_free(&b);
		}
}

int
main(void)
{
	tap_start();
	test_from_mark();
	test_until_now();
	test_lacks();
	test_least_auto_clear();
	test_part();
	test_hot();
	test_scans();
	test_mean();
	test_cost();
	test_cost_of_bursts();
	test_to_send();
	test_unknown();
	return tap_done();
}
