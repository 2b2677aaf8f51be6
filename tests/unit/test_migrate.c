/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Live migration, against rounds worked out by hand. */
#include <math.h>

#include "tap.h"
#include "target/migrate.h"

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)
#define G UINT64_C(1000000000)

enum { PAGE = 4096 };

static const struct migrate_link fast = {10 * G, 300 * MS}, slow = {1 * G, 300 * MS};

static bool
near(double got, double want)
{
	bool is = fabs(got - want) <= fabs(want) * 1e-3;

	if (!is)
		printf("# got %g, want %g\n", got, want);
	return is;
}

static void
test_curve(void)
{
	struct curve c = {0}, still = {0}, one = {0};

	ok(curve_at(&c, 1e9) == 0, "no curve");
	curve_add(&c, 0, 5);
	is_u64(c.n, 0, "nothing can be written in no time");
	curve_add(&c, 1 * S, 1000);
	curve_add(&c, 4 * S, 2000);
	ok(near(curve_at(&c, 2.5e9), 1500), "between two points: linear");
	ok(near(curve_at(&c, 0.25e9), 500), "before the first: a quarter of the time, half of the pages, as from 4 s to 1 s");
	ok(near(curve_at(&c, 8e9), 2000 + 4 * (2000 - 4000. / 3) / 2), "after the last: as from 2 s to 4 s");
	ok(curve_at(&c, 0) == 0, "at 0 nothing");
	curve_add(&still, 1 * S, 70);
	curve_add(&still, 9 * S, 70);
	ok(near(curve_at(&still, 1e6), 70) && near(curve_at(&still, 1e12), 70), "a small set is written again and again");
	curve_add(&one, 2 * S, 70);
	ok(near(curve_at(&one, 1e9), 35) && near(curve_at(&one, 4e9), 140), "one point is a line");
	for (unsigned i = 0; i < 2 * CURVE_POINTS; i++)
		curve_add(&one, (i + 3) * S, 100 + i);
	ok(one.n == CURVE_POINTS && one.p[one.n - 1].pages == 99 + 2 * CURVE_POINTS, "full, it keeps the last");
}

static void
test_idle(void)
{
	struct curve c = {0};
	struct migrate m;

	curve_add(&c, 10 * S, 0);
	migrate_estimate(&c, 1000000, 0, PAGE, &fast, &m);
	ok(m.converges && m.rounds == 1 && m.downtime_ns == 0 && m.last_bytes == 0 && !m.beyond, "idle: one round");
	is_u64(m.bytes, UINT64_C(4096000000), "everything once");
	ok(near((double)m.ns, 3.2768e9), "4.096 GB at 10 Gb/s: 3.28 s");
	migrate_estimate(&c, 10, 0, PAGE, &fast, &m);
	ok(m.converges && m.rounds == 0 && m.last_bytes == 40960, "so little that it is sent while it stands still");
	migrate_estimate(&c, 0, 0, PAGE, &fast, &m);
	ok(m.converges && m.rounds == 0 && m.bytes == 0, "nothing is sent at once");
}

/* 100 000 pages a second are 3.28 Gb/s: of each round 0.32768 remains at 10 Gb/s. */
static void
test_steady(void)
{
	struct curve c = {0};
	struct migrate m;
	const double third = 1e6 * 0.32768 * 0.32768 * 0.32768;

	curve_add(&c, 5 * S, 500000);
	curve_add(&c, 10 * S, 1000000);
	migrate_estimate(&c, 1000000, 0, PAGE, &fast, &m);
	ok(m.converges && m.rounds == 3 && !m.need_bits, "ever new pages, slower than the link: three rounds");
	ok(near((double)m.last_bytes, third * PAGE), "what is left for the end");
	ok(near((double)m.downtime_ns, third * 3276.8), "115 ms");
	ok(near((double)m.bytes, (1e6 + 327680 + 107374.18 + third) * PAGE), "sent in all");
	ok(near((double)m.ns, (1e6 + 327680 + 107374.18 + third) * 3276.8), "in all this time");
	migrate_estimate(&c, 1000000, 0, PAGE, &slow, &m);
	ok(!m.converges && m.rounds == 1, "faster than the link: never");
	ok(near((double)m.downtime_ns, 32.768e9), "stopping it would take as long as the first round");
	ok(m.need_bits > 3276800000 && m.need_bits < 3600000000, "it takes a link that carries more than is written");
	migrate_estimate(&c, 4000000, 0, PAGE, &fast, &m);
	ok(m.beyond, "13 s for the first round: longer than was measured");
}

/* 25 000 pages at 1 Gb/s take 819 ms, too long to stand still. */
static void
test_not_known(void)
{
	struct curve c = {0};
	struct migrate m;
	struct buf b = {0};

	curve_add(&c, 10 * S, 0);
	migrate_estimate(&c, 1000000, 1000, PAGE, &slow, &m);
	ok(m.converges && !m.unsure && m.last_bytes == 1000 * PAGE && m.unknown == 1000 * PAGE,
	   "so little is not known that it converges all the same: it is counted as written again");
	migrate_estimate(&c, 1000000, 25000, PAGE, &slow, &m);
	ok(m.unsure && m.unknown == 25000 * PAGE, "so much is not known that it may never");
	migrate_sentence(&b, &m, &slow);
	ok(strstr(b.s, "may not converge: writes to 97.7M are not known") &&
	       !strstr(b.s, "converges in"),
	   "which is said");
	buf_free(&b);
}

/* The trap of a constant rate: 20 000 pages, all of them written every second. */
static void
test_small_set(void)
{
	struct curve c = {0};
	struct migrate m;

	curve_add(&c, 1 * S, 20000);
	curve_add(&c, 10 * S, 20000);
	migrate_estimate(&c, 1000000, 0, PAGE, &fast, &m);
	ok(m.converges && m.rounds == 1 && m.last_bytes == 20000 * PAGE, "a set of 80 MB: after one round it is all that is left");
	ok(near((double)m.downtime_ns, 65.536e6), "65.5 ms at 10 Gb/s");
	migrate_estimate(&c, 1000000, 0, PAGE, &slow, &m);
	ok(!m.converges && near((double)m.downtime_ns, 655.36e6), "655 ms at 1 Gb/s, and no round makes it less");
	ok(m.need_bits >= 2184533333 && m.need_bits < 2206378667, "2.18 Gb/s would do, to one part in a hundred");
}

static void
test_never(void)
{
	const struct migrate_link now = {10 * G, 0};
	struct curve c = {0};
	struct migrate m;

	curve_add(&c, 1 * S, 10);
	curve_add(&c, 2 * S, 10);
	migrate_estimate(&c, 1000, 0, PAGE, &now, &m);
	ok(!m.converges && !m.need_bits, "no time to stand still at all: no link is fast enough");
	migrate_estimate(&c, 1000, 0, PAGE, &(struct migrate_link){0, 300 * MS}, &m);
	ok(!m.converges, "a link that carries nothing");
	migrate_estimate(&c, UINT64_C(1) << 45, 0, PAGE, &(struct migrate_link){1, 300 * MS}, &m);
	ok(!m.converges && m.ns == UINT64_MAX, "longer than a number of nanoseconds can be");
}

static void
test_words(void)
{
	static const struct {
		uint64_t ns;
		const char *want;
	} times[] = {{0, "0 ms"}, {5, "< 1 ms"}, {90 * MS, "90 ms"}, {999 * MS, "999 ms"}, {1000 * MS, "1.0 s"},
	             {599 * S, "599.0 s"}, {1200 * S, "20 min"}, {36000 * S, "10 h"}};
	static const struct {
		uint64_t bits;
		const char *want;
	} links[] = {{1, "1 b/s"}, {2500, "2.5 kb/s"}, {100000000, "100 Mb/s"}, {10 * G, "10 Gb/s"}, {4000 * G, "4 Tb/s"}};
	const struct migrate yes = {.converges = true, .rounds = 4, .bytes = UINT64_C(4) << 30, .ns = 3500 * MS,
	                            .downtime_ns = 90 * MS};
	const struct migrate no = {.last_bytes = 80 << 20, .downtime_ns = 655 * MS, .need_bits = 2200000000};
	struct buf b = {0};

	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		b.len = 0;
		migrate_time(&b, times[i].ns);
		is_str(b.s, times[i].want, times[i].want);
	}
	for (size_t i = 0; i < ARRAY_LEN(links); i++) {
		b.len = 0;
		migrate_bits(&b, links[i].bits);
		is_str(b.s, links[i].want, links[i].want);
	}
	b.len = 0;
	migrate_sentence(&b, &yes, &fast);
	is_str(b.s, "10 Gb/s: converges in 4 rounds: 4.0G in 3.5 s, downtime 90 ms", "that it converges");
	b.len = 0;
	migrate_sentence(&b, &no, &slow);
	is_str(b.s, "1 Gb/s: does not converge: while 80.0M is sent, which takes 655 ms, as much "
	            "is written again; needs 2.2 Gb/s",
	       "that it does not, why, and what would help");
	buf_free(&b);
}

int
main(void)
{
	tap_start();
	test_curve();
	test_idle();
	test_steady();
	test_small_set();
	test_not_known();
	test_never();
	test_words();
	return tap_done();
}
