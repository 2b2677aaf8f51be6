/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sets of pages against one byte per page; growth and its causes worked out by hand. */
#include <stdlib.h>
#include <string.h>

#include "tap.h"
#include "target/growth.h"

enum { PAGE = 4096, MANY = 1000 };
#define MS UINT64_C(1000000)

/* --- sets of pages ---------------------------------------------------------------------------- */

static unsigned seed = 7;

static unsigned
random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

/* Runs and gaps of random lengths, up to `longest`. */
static void
fill(struct pageset *s, char *is, unsigned longest)
{
	*s = (struct pageset){.page_size = PAGE};
	memset(is, 0, MANY);
	for (unsigned at = random_below(longest); at < MANY;) {
		unsigned to = at + 1 + random_below(longest);

		to = to > MANY ? MANY : to;
		pageset_add(s, (uint64_t)at * PAGE, (uint64_t)to * PAGE);
		memset(is + at, 1, to - at);
		at = to + random_below(longest);
	}
}

static void
test_sets(void)
{
	char a[MANY], b[MANY], c[MANY];
	struct pageset x, y, z;
	unsigned wrong = 0, wrong_counts = 0;

	for (unsigned round = 0; round < 300; round++) {
		unsigned lo = random_below(MANY), hi = lo + random_below(MANY - lo + 1), n = 0, m = 0;

		fill(&x, a, 1 + round % 3 * 100);
		fill(&y, b, 1 + round % 5 * 60);
		fill(&z, c, 2 + round % 7 * 30);
		for (unsigned i = 0; i < MANY; i++)
			wrong += pageset_has(&x, (uint64_t)i * PAGE + 17) != a[i];
		for (unsigned i = lo; i < hi; i++) {
			n += a[i] && !b[i];
			m += a[i] && !b[i] && !c[i];
		}
		wrong_counts += pageset_minus(&x, &y, NULL, (uint64_t)lo * PAGE, (uint64_t)hi * PAGE) != n;
		wrong_counts += pageset_minus(&x, &y, &z, (uint64_t)lo * PAGE, (uint64_t)hi * PAGE) != m;
		pageset_free(&x);
		pageset_free(&y);
		pageset_free(&z);
	}
	is_u64(wrong, 0, "a set has what was added to it");
	is_u64(wrong_counts, 0, "and is compared page by page, from anywhere to anywhere");
}

static void
test_size(void)
{
	struct pageset s = {.page_size = PAGE};

	pageset_add(&s, 0x10000000, UINT64_C(0x1000000000));
	ok(s.n <= 3, "a long run takes a few parts");
	pageset_free(&s);
	for (uint64_t i = 0; i < 6400; i++)
		pageset_add(&s, i * 2 * PAGE, (i * 2 + 1) * PAGE);
	is_u64(s.n, 6400 * 2 / 64, "and scattered pages one part for 64 neighbours");
	is_u64(s.pages, 6400, "their number");
	pageset_free(&s);
}

/* --- growth ----------------------------------------------------------------------------------- */

static struct vma regions[] = {
    {.start = 0x100000, .end = 0x200000, .perm = VMA_READ | VMA_WRITE, .type = VMA_HEAP, .name = "[heap]"},
    {.start = 0x400000, .end = 0x800000, .perm = VMA_READ | VMA_WRITE, .type = VMA_ANON, .name = ""},
    {.start = 0x900000, .end = 0xa00000, .perm = VMA_READ, .type = VMA_FILE, .inode = 1, .name = "/lib"},
};
static const struct vma_list vmas = {.v = regions, .n = 3};

/* A scan that finds these runs, which end with 0. */
static void
scan(struct growth *g, struct causes *c, uint64_t now, const uint64_t *runs)
{
	struct growth_scan *s = growth_begin(g, now);

	for (; s && runs[0]; runs += 2)
		growth_add(s, runs[0], runs[1], runs[0] == 0x400000 && runs[1] == 0x600000);
	growth_end(g, s, &vmas, c);
}

static void
fault(struct causes *c, uint64_t addr, uint64_t ip, pid_t tid, uint64_t ms)
{
	struct perf_sample s = {.addr = addr, .ip = ip, .time_ns = ms * MS, .pid = 5, .tid = tid,
	                        .frames = &ip, .n = 1};

	causes_add(c, &s);
}

/* What was gained by this instruction, or may have been; -1: it is not in the sums. */
static int
gained_by(const struct growth_causes *is, struct causes *c, uint64_t ip)
{
	int n = -1;

	for (size_t i = 0; i < is->n; i++) {
		struct causes_chain chain;

		causes_chain(c, is->v[i].chain, &chain);
		if (chain.frames[0] == ip)
			n = (int)(is->v[i].pages + is->v[i].maybe) + (n < 0 ? 0 : n);
		free(chain.frames);
	}
	return n;
}

static void
test_counts(void)
{
	static const uint64_t first[] = {0x100000, 0x110000, 0x900000, 0x902000, 0};
	static const uint64_t second[] = {0x104000, 0x118000, 0x900000, 0x902000, 0};
	static const uint64_t third[] = {0x108000, 0x11a000, 0x900000, 0x902000, 0};
	static const struct vma_list fewer = {.v = regions + 1, .n = 2};
	struct growth *g = growth_new(PAGE), *copy;
	struct growth_places places;
	struct growth_count n;

	ok(!growth_begin(g, 1), "without a baseline nothing is kept");
	g->due = true;
	scan(g, NULL, 1, first);
	growth_count(g, 0, UINT64_MAX, &n);
	ok(!n.gained && !n.lost, "the baseline has not grown");
	scan(g, NULL, 2, second);
	growth_count(g, 0x100000, 0x200000, &n);
	ok(n.gained == 8 && n.lost == 4 && n.fresh == 8, "pages gained and lost");
	scan(g, NULL, 3, third);
	growth_count(g, 0x100000, 0x200000, &n);
	ok(n.gained == 10 && n.lost == 8 && n.fresh == 2, "and those since the scan before");
	growth_count(g, 0x400000, 0xa00000, &n);
	ok(!n.gained && !n.lost, "of some regions alone");
	ok(growth_is_new(g, 0x110000) && !growth_is_new(g, 0x10f000) && !growth_is_new(g, 0x11a000),
	   "of a single page");
	copy = growth_copy(g);
	growth_free(g);
	growth_places(copy, &fewer, &places);
	ok(places.n == 1 && places.v[0].gone && !strcmp(places.v[0].v->name, "[heap]") && places.v[0].n.lost == 8,
	   "what was lost where nothing is mapped has the old name, and what stayed is left out");
	free(places.v);
	growth_free(copy);
}

static void
test_newest(void)
{
	static const uint64_t first[] = {0x100000, 0x101000, 0};
	static const uint64_t later[] = {0x100000, 0x106000, 0};
	static const uint64_t without[] = {0x100000, 0x102000, 0x103000, 0x106000, 0};
	struct causes *c = causes_new(PAGE, 1 << 20);
	struct growth *g = growth_new(PAGE);
	struct growth_causes is;

	causes_keep_writes(c, false);
	causes_keep_newest(c, true);
	g->due = true;
	scan(g, c, 1000 * MS, first);
	fault(c, 0x100010, 0xa, 1, 1001); /* it was there */
	fault(c, 0x101010, 0xa, 1, 1002);
	fault(c, 0x101020, 0xb, 1, 1003); /* dropped, and touched again */
	fault(c, 0x102000, 0xa, 1, 1004);
	fault(c, 0x102000, 0xc, 1, 1002); /* from the ring of another CPU: it is older */
	fault(c, 0x103000, 0xa, 2, 1005);
	fault(c, 0x107000, 0xd, 2, 1006); /* dropped before the scan */
	scan(g, c, 1100 * MS, later);
	growth_explain(g, c, &vmas, &is);
	ok(gained_by(&is, c, 0xa) == 2 && gained_by(&is, c, 0xb) == 1, "the newest fault of a page counts");
	ok(gained_by(&is, c, 0xc) < 0 && gained_by(&is, c, 0xd) < 0, "and only of pages that are there");
	ok(is.count.gained == 5 && is.one == 3 && is.none == 2, "the rest has no fault that was seen");
	ok(is.n == 3, "a row for each thread");
	free(is.v);
	scan(g, c, 1200 * MS, without);
	scan(g, c, 1300 * MS, later);
	growth_explain(g, c, &vmas, &is);
	ok(gained_by(&is, c, 0xa) == 1 && is.none == 3,
	   "a page that came back without a fault is not explained by an old one");
	ok(is.count.fresh == 1 && is.none_fresh == 1, "it is what came since the scan before");
	free(is.v);
	growth_free(g);
	causes_unref(c);
}

static void
test_around(void)
{
	static const uint64_t first[] = {0x100000, 0x101000, 0};
	static const uint64_t later[] = {0x100000, 0x101000, 0x400000, 0x600000, 0x900000, 0x918000, 0};
	struct causes *c = causes_new(PAGE, 1 << 20);
	struct growth *g = growth_new(PAGE);
	struct growth_causes is;

	causes_keep_newest(c, true);
	g->due = true;
	scan(g, c, 1000 * MS, first);
	fault(c, 0x4abcde, 0xa, 1, 1001);
	fault(c, 0x903000, 0xb, 1, 1002);
	fault(c, 0x910000, 0xb, 1, 1002);
	fault(c, 0x912000, 0xc, 1, 1003);
	scan(g, c, 1100 * MS, later);
	growth_explain(g, c, &vmas, &is);
	is_u64(gained_by(&is, c, 0xa), 512, "one fault brings in a huge page");
	ok(gained_by(&is, c, 0xb) == 16 + 1 && gained_by(&is, c, 0xc) == 1,
	   "and what is around a page of a file, if no other code touched it");
	is_u64(is.none, 8 - 2, "else its neighbours are not explained");
	free(is.v);
	growth_free(g);
	causes_unref(c);
}

/* While writes are tracked, a page faults again when it is written. */
static void
test_armed(void)
{
	static const uint64_t first[] = {0x100000, 0x101000, 0};
	static const uint64_t later[] = {0x100000, 0x104000, 0};
	struct causes *c = causes_new(PAGE, 1 << 20);
	struct growth *g = growth_new(PAGE);
	struct growth_causes is;

	causes_keep_newest(c, true);
	g->due = g->armed = true;
	scan(g, c, 1000 * MS, first);
	fault(c, 0x101000, 0xa, 1, 1001);
	fault(c, 0x102000, 0xa, 1, 1001);
	scan(g, c, 1100 * MS, later);
	fault(c, 0x101000, 0xb, 1, 1101);
	fault(c, 0x103000, 0xb, 1, 1101);
	growth_explain(g, c, &vmas, &is);
	ok(gained_by(&is, c, 0xb) < 0 && is.one == 1 && is.some == 1 && is.none == 1,
	   "while writes are tracked, a later fault does not explain a page that was there");
	free(is.v);
	growth_free(g);
	causes_unref(c);
}

/* What was seen last of a sample need not have been the last. */
static void
test_sampled(void)
{
	static const uint64_t first[] = {0x100000, 0x101000, 0};
	static const uint64_t later[] = {0x100000, 0x103000, 0};
	struct causes *c = causes_new(PAGE, 1 << 20);
	struct growth *g = growth_new(PAGE);
	struct growth_causes is;

	causes_keep_newest(c, true);
	causes_set_watch(c, &(struct causes_watch){.on = true, .period = 3});
	g->due = true;
	scan(g, c, 1000 * MS, first);
	fault(c, 0x101000, 0xa, 1, 1001);
	scan(g, c, 1100 * MS, later);
	growth_explain(g, c, &vmas, &is);
	ok(gained_by(&is, c, 0xa) == 1 && !is.one && is.some == 1 && is.none == 1,
	   "of a sample of the faults, what is known is a candidate");
	free(is.v);
	growth_free(g);
	causes_unref(c);
}

int
main(void)
{
	tap_start();
	test_sets();
	test_size();
	test_counts();
	test_newest();
	test_around();
	test_armed();
	test_sampled();
	return tap_done();
}
