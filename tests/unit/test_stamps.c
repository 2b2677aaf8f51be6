/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stamps against an array with one entry per page, and what they take. */
#include "fake.h"
#include "tap.h"
#include "track/stamps.h"

#include <malloc.h>

enum { PAGES = 3000, FIRST = 700 }; /* from the middle of a leaf on */

struct model {
	uint64_t time[PAGES];
	uint32_t epoch[PAGES], count[PAGES], recent[PAGES];
};

static uint64_t
addr(uint64_t page)
{
	return (FIRST + page) * FAKE_PAGE;
}

/* What is kept of the epochs that are remembered. */
static uint32_t
recent_of(const struct model *m, uint64_t p, uint32_t epoch)
{
	uint32_t back = epoch - m->epoch[p];

	return back < 32 ? m->recent[p] & UINT32_MAX >> back : 0;
}

static bool
is_same(const struct stamps *s, const struct model *m, uint32_t epoch)
{
	struct stamps_at at = stamps_begin(s, 0, UINT64_MAX);
	struct track_stamp got;
	uint64_t p = 0;

	while (stamps_next(&at, &got)) {
		for (; p < PAGES && !m->count[p]; p++)
			;
		if (got.start != addr(p) || got.end <= got.start || got.end > addr(PAGES))
			return false;
		for (; addr(p) < got.end; p++)
			if (got.time_ns != m->time[p] || got.epoch != m->epoch[p] || got.count != m->count[p] ||
			    got.recent != recent_of(m, p, epoch))
				return false;
	}
	for (; p < PAGES; p++)
		if (m->count[p])
			return false;
	return true;
}

/* The stamps of a random range, which may begin and end within pages that are alike. */
static bool
part_is_same(const struct stamps *s, const struct model *m, uint64_t *seed)
{
	uint64_t from = fake_below(seed, PAGES), to = from + fake_below(seed, PAGES - from + 1), p = from;
	struct stamps_at at = stamps_begin(s, addr(from), addr(to));
	struct track_stamp got;

	while (stamps_next(&at, &got)) {
		for (; p < to && !m->count[p]; p++)
			;
		if (got.start != addr(p) || got.end <= got.start || got.end > addr(to))
			return false;
		for (; addr(p) < got.end; p++)
			if (got.time_ns != m->time[p])
				return false;
	}
	for (; p < to; p++)
		if (m->count[p])
			return false;
	return true;
}

/* Sums of a random range. */
static bool
sums_are_same(const struct stamps *s, const struct model *m, uint32_t epoch, uint64_t *seed)
{
	uint64_t from = fake_below(seed, PAGES), to = from + fake_below(seed, PAGES - from + 1);
	uint32_t back = (uint32_t)fake_below(seed, 40), most = 0;
	uint64_t n = 0, in = 0, newest = 0;

	for (uint64_t p = from; p < to; p++) {
		uint32_t since = m->epoch[p] - (epoch - back);

		if (!m->count[p])
			continue;
		n++;
		in += back < 32 && back <= epoch && since < 32 && m->recent[p] >> since & 1;
		newest = m->time[p] > newest ? m->time[p] : newest;
		most = m->count[p] > most ? m->count[p] : most;
	}
	return stamps_bytes(s, addr(from), addr(to)) == n * FAKE_PAGE &&
	       stamps_bytes_in(s, addr(from), addr(to), epoch - back) == in * FAKE_PAGE &&
	       stamps_newest(s, addr(from), addr(to)) == newest && stamps_most(s, addr(from), addr(to)) == most;
}

/* What was stamped after a random time. */
static bool
since_is_same(const struct stamps *s, const struct model *m, uint64_t now, uint64_t *seed)
{
	uint64_t after = now - fake_below(seed, now < 60 ? now : 60);
	struct extents got = {0};
	size_t i = 0;
	bool same = true;

	stamps_since(s, after, &got);
	for (uint64_t p = 0; same && p < PAGES; p++) {
		while (i < got.n && got.v[i].end <= addr(p))
			i++;
		same = (i < got.n && got.v[i].start <= addr(p)) == (m->count[p] && m->time[p] > after);
	}
	same = same && (!got.n || (got.v[0].start >= addr(0) && got.v[got.n - 1].end <= addr(PAGES)));
	extents_free(&got);
	return same;
}

static uint64_t
model_write(struct model *m, uint64_t p, uint32_t epoch, uint64_t now)
{
	uint32_t steps = epoch - m->epoch[p];

	if (m->count[p] && !steps)
		return 0;
	m->recent[p] = (m->count[p] && steps < 32 ? m->recent[p] << steps : 0) | 1;
	m->epoch[p] = epoch;
	m->time[p] = now;
	m->count[p]++;
	return FAKE_PAGE;
}

static bool
scan(struct stamps *s, struct model *m, uint64_t *seed, uint32_t epoch, uint64_t now)
{
	static struct pm_run runs[PAGES];
	uint64_t from = fake_below(seed, PAGES), to = from + 1 + fake_below(seed, PAGES - from), fresh = 0;
	uint64_t run = 1 + fake_below(seed, 4) * fake_below(seed, 400), often = 1 + fake_below(seed, 20);
	bool keep = fake_below(seed, 4);
	size_t n = 0;

	for (uint64_t p = from; p < to;) {
		uint64_t end = p + 1 + fake_below(seed, run);

		end = end < to ? end : to;
		if (fake_below(seed, 21) >= often) {
			for (; p < end; p++)
				m->count[p] = keep ? m->count[p] : 0;
			continue;
		}
		runs[n++] = (struct pm_run){addr(p), addr(end), 0}; /* sometimes runs touch */
		for (; p < end; p++)
			fresh += model_write(m, p, epoch, now);
	}
	return stamps_update(s, addr(from), addr(to), runs, n, keep, epoch, now) == fresh;
}

static void
forget(struct stamps *s, struct model *m, uint64_t *seed)
{
	uint64_t from = fake_below(seed, PAGES), to = from + fake_below(seed, PAGES - from + 1);

	stamps_drop(s, addr(from), addr(to));
	for (uint64_t p = from; p < to; p++)
		m->count[p] = 0;
}

static void
test_random(void)
{
	static struct model m;
	struct stamps s = {0}, copy = {0};
	uint64_t seed = 3;
	uint32_t epoch = 0;
	bool fresh = true, same = true, sums = true, parts = true, since = true;

	for (uint64_t now = 1; now < 4000 && fresh && same && sums; now++) {
		epoch += (uint32_t)(fake_below(&seed, 3) == 0 ? fake_below(&seed, 200) == 0 ? 50 : 1 : 0);
		fresh = scan(&s, &m, &seed, epoch, now);
		if (fake_below(&seed, 50) == 0)
			forget(&s, &m, &seed);
		if (s.epoch != epoch)
			continue; /* it has not been told of it */
		same = is_same(&s, &m, epoch);
		parts = parts && part_is_same(&s, &m, &seed);
		sums = sums_are_same(&s, &m, epoch, &seed);
		since = since && since_is_same(&s, &m, now, &seed);
		if (fake_below(&seed, 100) == 0) {
			stamps_copy(&copy, &s, 0, UINT64_MAX);
			same = same && is_same(&copy, &m, epoch);
		}
	}
	ok(fresh, "4000 random scans: as many pages are new as in an array");
	ok(same, "and each has its time, epoch and count, and the epochs that are remembered");
	ok(sums, "and sums of ranges");
	ok(since, "and what was stamped since a time");
	ok(parts, "bug: the stamps of a range that ended within pages that are alike had no end");
	stamps_copy(&copy, &s, addr(10), addr(20));
	is_u64(stamps_bytes(&copy, 0, UINT64_MAX), stamps_bytes(&s, addr(10), addr(20)), "a copy of a part");
	stamps_free(&copy);
	stamps_free(&s);
}

/* --- several scans at once ---------------------------------------------------------------------- */

/* A scan of an epoch of its own, as runs and, ascending by leaf, as bits; and in an array. */
struct seen {
	struct stamps_pages v[PAGES / 512 + 2];
	struct pm_run runs[PAGES];
	size_t leaves, n;
};

static void
see(struct seen *is, struct model *m, uint64_t *seed, uint32_t epoch, uint64_t now)
{
	uint64_t often = 1 + fake_below(seed, 20), run = 1 + fake_below(seed, 4) * fake_below(seed, 400);
	uint64_t from = fake_below(seed, PAGES);

	is->leaves = is->n = 0;
	for (uint64_t p = from, end; p < PAGES; p = end) {
		end = p + 1 + fake_below(seed, run);
		end = end < PAGES ? end : PAGES;
		if (fake_below(seed, 21) >= often)
			continue;
		is->runs[is->n++] = (struct pm_run){addr(p), addr(end), 0};
		for (uint64_t k = p; k < end; k++) {
			uint64_t leaf = addr(k) / FAKE_PAGE / 512, bit = addr(k) / FAKE_PAGE % 512;

			if (!is->leaves || is->v[is->leaves - 1].leaf != leaf)
				is->v[is->leaves++] = (struct stamps_pages){.leaf = leaf};
			is->v[is->leaves - 1].bits[bit / 64] |= UINT64_C(1) << bit % 64;
			model_write(m, k, epoch, now);
		}
	}
}

static void
test_many(void)
{
	enum { MOST = STAMPS_MANY + 3 };
	static struct seen seen[MOST];
	static struct model m;
	struct stamps_seen all[MOST];
	struct stamps s = {0};
	uint64_t seed = 9, now = 1;
	uint32_t epoch = 0;
	bool same = true, last = true;

	for (int turn = 0; turn < 400 && same; turn++) {
		size_t n = 1 + fake_below(&seed, MOST);

		for (size_t i = 0; i < n; i++) {
			epoch += fake_below(&seed, 60) == 0 ? 40 : 1 + (uint32_t)fake_below(&seed, 2);
			see(&seen[i], &m, &seed, epoch, ++now);
			all[i] = (struct stamps_seen){seen[i].v, seen[i].leaves, epoch, now};
		}
		stamps_update_many(&s, all, n);
		same = is_same(&s, &m, epoch) && sums_are_same(&s, &m, epoch, &seed) &&
		       since_is_same(&s, &m, now, &seed);
		last = last && stamps_last(&s) <= now;
		if (fake_below(&seed, 8) == 0)
			forget(&s, &m, &seed);
		if (fake_below(&seed, 4) == 0)
			scan(&s, &m, &seed, epoch, ++now);
	}
	ok(same, "several scans at once are as one after the other");
	ok(last, "none is later than the last");
	stamps_free(&s);
}

static void
test_far(void)
{
	struct stamps s = {0};
	const uint64_t tib = UINT64_C(1) << 40;
	const struct pm_run all = {0, tib, 0}, one = {tib / 2, tib / 2 + FAKE_PAGE, 0};

	is_u64(stamps_update(&s, 0, tib, &all, 1, true, 1, 5), tib, "a TiB at once");
	is_u64(s.n, 1, "is one part");
	is_u64(stamps_update(&s, 0, tib, &one, 1, true, 2, 6), FAKE_PAGE, "a page of it again");
	is_u64(s.n, 3, "is three");
	is_u64(stamps_bytes_in(&s, 0, tib, 1), tib, "and all were written before");
	stamps_drop(&s, FAKE_PAGE, tib);
	is_u64(stamps_bytes(&s, 0, UINT64_MAX), FAKE_PAGE, "all but one are dropped");
	stamps_free(&s);
}

/* What a damaged recording may say: there is an answer, and it is in order again. */
static void
test_back(void)
{
	struct track_stamp put = {0, FAKE_PAGE, 70, 40, 3, 1}, got;
	const struct pm_run run = {FAKE_PAGE, 2 * FAKE_PAGE, 0};
	struct stamps_at at;
	struct stamps s = {0};

	stamps_put(&s, &put);
	put = (struct track_stamp){2 * FAKE_PAGE, 3 * FAKE_PAGE, 80, 2, 1, 1};
	stamps_put(&s, &put);
	stamps_update(&s, FAKE_PAGE, 2 * FAKE_PAGE, &run, 1, true, 1, 90);
	at = stamps_begin(&s, 0, UINT64_MAX);
	for (uint64_t p = 0; p < 3; p++)
		ok(stamps_next(&at, &got) && got.start == p * FAKE_PAGE && got.epoch == 40, "an epoch that is less than the last is the last");
	is_u64(stamps_newest(&s, 0, UINT64_MAX), 90, "the newest is the last");
	stamps_free(&s);
}

/* --- memory ----------------------------------------------------------------------------------- */

enum { MANY = 1 << 18 }; /* 1 GiB */

static size_t
in_use(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Pages with this distance, of which in each of `epochs` epochs one in `share` is written. */
static double
bytes_per_page(uint64_t every, uint64_t share, uint32_t epochs)
{
	size_t before = in_use(), n;
	struct pm_run *runs = mem_alloc((MANY + 1) * sizeof(*runs));
	struct stamps s = {0};
	uint64_t seed = 7, pages;
	double bytes;

	for (uint32_t e = 1; e <= epochs; e++) {
		n = 0;
		for (uint64_t p = 0; p < MANY; p += every)
			if (share == 1 || fake_below(&seed, share) == 0)
				runs[n++] = (struct pm_run){p * FAKE_PAGE, (p + 1) * FAKE_PAGE, 0};
		stamps_update(&s, 0, (uint64_t)MANY * FAKE_PAGE, runs, n, true, e, e * 1000000);
	}
	free(runs);
	pages = stamps_bytes(&s, 0, UINT64_MAX) / FAKE_PAGE;
	bytes = (double)(in_use() - before);
	stamps_free(&s);
	printf("# every %d, one in %d, %u epochs: %.2f bytes a page\n", (int)every, (int)share, epochs, bytes / (double)pages);
	return bytes / (double)pages;
}

static void
test_memory(void)
{
	size_t before = in_use();
	void *probe = mem_alloc(1 << 20);
	bool counts = in_use() - before >= 1 << 20;

	free(probe);
	if (!counts)
		return; /* another allocator */
	ok(bytes_per_page(1, 1, 40) < 0.01, "what is dense takes nothing");
	ok(bytes_per_page(2, 1, 40) < 1, "every other page");
	ok(bytes_per_page(8, 1, 40) < 4, "every eighth");
	ok(bytes_per_page(1, 10, 10) < 2.5, "at random, in a few epochs");
	ok(bytes_per_page(1, 3, 20) < 3.6, "a third at random in each of 20: little more than a bit for each");
	ok(bytes_per_page(8, 3, 20) < 6.5, "nor do pages between them that were never written take any");
	ok(bytes_per_page(1, 10, 300) < 5.7, "in many: a bit for each of 32, and how many more and when");
}

int
main(void)
{
	tap_start();
	test_random();
	test_many();
	test_far();
	test_back();
	test_memory();
	return tap_done();
}
