/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who writes, ranked: rates, places, pages of one writer; worked out by hand. */
#include <stdlib.h>
#include <string.h>

#include "base/rate.h"
#include "fake.h"
#include "target/attribution.h"
#include "tap.h"

#define MS UINT64_C(1000000)
enum { LOW = 0x10000000, HIGH = 0x20000000, PAGES = 64 };

/* Functions without symbols: their names are their addresses. */
enum { PUT = 0x401000, GET = 0x402000 };

static struct vma regions_of[] = {
    {.start = LOW, .end = LOW + PAGES * FAKE_PAGE, .name = "low"},
    {.start = HIGH, .end = HIGH + PAGES * FAKE_PAGE, .name = "high"},
};

static void
fault(struct target *t, uint64_t addr, uint64_t ip, pid_t tid, uint64_t ms)
{
	const uint64_t frames[] = {ip, 0x500000};
	const struct perf_sample s = {.ip = ip,
	                              .addr = addr,
	                              .time_ns = ms * MS,
	                              .pid = 1,
	                              .tid = tid,
	                              .frames = frames,
	                              .n = 2};

	causes_add(t->causes, &s);
}

static void
written(struct target *t, uint64_t addr, uint64_t pages)
{
	const struct pm_run run = {addr, addr + pages * FAKE_PAGE, 0};

	track_add(&t->track, 0, &run, 1, 1);
}

/*
 * Since the clear at 1 s: PUT wrote 8 low pages in thread 7 at 9 s and 2 high ones in thread 8 at
 * 2 s; GET one low page; one high page has both as candidates, another no fault; a page that PUT
 * faulted on was not written.
 */
static void
write_some(struct target *t)
{
	t->track.clears = 1;
	t->track.epoch = t->track.first_epoch = 1;
	t->track.first_ns = t->track.clear_ns = 1000 * MS;
	causes_after_clear(t->causes, &t->track, 1000 * MS);
	for (uint64_t i = 0; i < 2; i++)
		fault(t, HIGH + i * FAKE_PAGE, PUT, 8, 2000);
	for (uint64_t i = 0; i < 8; i++)
		fault(t, LOW + i * FAKE_PAGE + 16, PUT, 7, 9000);
	fault(t, LOW + 32 * FAKE_PAGE, GET, 7, 9500);
	fault(t, HIGH + 2 * FAKE_PAGE, GET, 7, 9500);
	fault(t, HIGH + 2 * FAKE_PAGE, PUT, 7, 9600);
	fault(t, HIGH + 40 * FAKE_PAGE, PUT, 7, 9700);
	written(t, LOW, 8);
	written(t, HIGH, 2);
	written(t, LOW + 32 * FAKE_PAGE, 1);
	written(t, HIGH + 2 * FAKE_PAGE, 2);
}

static struct attribution *
make(struct target *t, struct codes *codes, struct attribution_of of)
{
	struct regions_block b = {.refs = 1, .r = {{.known = true}, {.known = true}}}, *blocks = &b;
	const struct regions rs = {.vmas = {.v = regions_of, .n = 2}, .blocks = &blocks, .time_ns = 10000 * MS};

	return attribution_make(t, codes, &rs, &of);
}

static void
test_functions(struct target *t, struct codes *codes)
{
	struct attribution *a = make(t, codes, (struct attribution_of){WRITERS_BY_FUNCTION, false, 0, 0, 0});
	const struct attribution_row *put = &a->v[0], *get = &a->v[1], *none = &a->v[2];

	ok(a->n == 3 && a->written == 13 && a->one == 11 && a->some == 1 && a->none == 1,
	   "pages with one writer, with candidates, and without a fault");
	ok(!strcmp(put->w.words, "0x401000") && put->w.pages == 10 && put->w.maybe == 1,
	   "the pages of a function, and those of which it is a candidate");
	ok(get->w.pages == 1 && get->w.maybe == 1, "of the other one as well");
	ok(none->none && none->w.pages == 1 && none->rate == RATE_UNKNOWN && !none->at,
	   "what has no fault is a row, but no writer: it comes last");
	/* 8 pages in the last 5 s; the two at 2 s are too long ago, and candidates do not count */
	ok(put->rate == RATE_PAGE * 8 / 5 && put->lately == 8, "a rate of the last 5 s");
	ok(put->at == LOW, "its first page in the region with most of its pages");
	ok(attribution_leader(a, LOW) == put && attribution_leader(a, HIGH) == put &&
	       !attribution_leader(a, 0x1000),
	   "the function that wrote most of a region");
	ok(attribution_find(a, put->key) == put && put->key != get->key && !attribution_find(a, 3),
	   "a row by its key");
	attribution_unref(a);
}

static void
test_others(struct target *t, struct codes *codes)
{
	struct attribution *a = make(t, codes, (struct attribution_of){WRITERS_BY_THREAD, false, 0, 0, 0});

	/* both candidates of one page are the same thread: it wrote */
	ok(a->n == 3 && a->v[0].w.tid == 7 && a->v[0].w.pages == 10 && a->v[0].w.maybe == 0,
	   "by thread: candidates in the same thread are no question");
	ok(a->v[1].w.tid == 8 && a->v[1].at == HIGH && !attribution_leader(a, LOW),
	   "no function is known by thread");
	attribution_unref(a);
	a = make(t, codes, (struct attribution_of){WRITERS_BY_CHAIN, false, 0, 0, 0});
	ok(a->n == 3 && a->v[0].chain.n == 2 && !strcmp(a->v[0].chain.v[0], "0x401000"),
	   "by chain: the instruction first");
	attribution_unref(a);
	a = make(t, codes, (struct attribution_of){ATTRIBUTION_BY_REGION, false, 0, 0, 0});
	ok(a->n == 3 && !strcmp(a->v[0].w.words, "low") && a->v[0].w.pages == 9 &&
	       !strcmp(a->v[0].w.in, "0x401000"),
	   "by region: its pages, and the function that wrote most of them");
	ok(a->v[1].w.pages == 2 && a->v[1].w.maybe == 1 && a->v[1].at == HIGH && a->v[2].none,
	   "a page with several candidates counts once");
	attribution_unref(a);
}

static void
test_lit(struct target *t, struct codes *codes)
{
	struct attribution *a = make(t, codes, (struct attribution_of){WRITERS_BY_FUNCTION, false, 0, 0, 0});
	uint64_t put = a->v[0].key;

	attribution_unref(a);
	a = make(t, codes,
	         (struct attribution_of){WRITERS_BY_FUNCTION, false, put, HIGH, HIGH + PAGES * FAKE_PAGE});
	ok(a->lit_n == 3 && a->lit[0] == HIGH && a->lit[2] == HIGH + 2 * FAKE_PAGE,
	   "the pages of a writer in a region, those of which it is a candidate as well");
	ok(attribution_is_lit(a, HIGH, HIGH + FAKE_PAGE) &&
	       attribution_is_lit(a, HIGH, HIGH + PAGES * FAKE_PAGE) &&
	       !attribution_is_lit(a, HIGH + 3 * FAKE_PAGE, HIGH + PAGES * FAKE_PAGE) &&
	       !attribution_is_lit(a, LOW, LOW + FAKE_PAGE),
	   "whether a cell has one of them");
	attribution_unref(a);
}

static void
test_sampled(struct target *t, struct codes *codes)
{
	struct attribution *a;

	causes_set_watch(t->causes, &(struct causes_watch){.on = true, .period = 16});
	a = make(t, codes, (struct attribution_of){WRITERS_BY_FUNCTION, false, 0, 0, 0});
	ok(!a->v[0].w.pages && a->v[0].w.maybe == 11 && a->v[0].rate == RATE_UNKNOWN,
	   "of a sample neither the pages nor the rate are known");
	ok(attribution_leader(a, LOW) == &a->v[0], "but what wrote most of a region");
	attribution_unref(a);
	a = make(t, codes, (struct attribution_of){ATTRIBUTION_BY_REGION, false, 0, 0, 0});
	ok(!a->v[0].w.pages && a->v[0].w.maybe == 9, "by region as well");
	attribution_unref(a);
	causes_set_watch(t->causes, &(struct causes_watch){.on = true, .period = 1});
}

/* Its stamps are gone with the mapping: what wrote there is not more than what was written. */
static void
test_unmapped(struct target *t, struct codes *codes)
{
	struct attribution *a;

	causes_before_clear(t->causes, &t->track);
	track_drop(&t->track, HIGH, HIGH + PAGES * FAKE_PAGE);
	a = make(t, codes, (struct attribution_of){WRITERS_BY_FUNCTION, false, 0, 0, 0});
	ok(a->one == 11 && a->some == 1 && a->written == 12, "writers of what was unmapped");
	attribution_unref(a);
}

int
main(void)
{
	struct codes codes = {0};
	struct target t;

	fake_target(&t);
	t.causes = causes_new(FAKE_PAGE, 1 << 20);
	write_some(&t);
	test_functions(&t, &codes);
	test_others(&t, &codes);
	test_lit(&t, &codes);
	test_unmapped(&t, &codes);
	test_sampled(&t, &codes);
	codes_free(&codes);
	target_close(&t);
	return tap_done();
}
