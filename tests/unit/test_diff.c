/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two moments compared page by page, against the same by one byte a page; and regions by hand. */
#include <stdlib.h>
#include <string.h>

#include "diff/difference.h"
#include "fake.h"
#include "kernel/kabi.h"
#include "tap.h"

enum { PAGE = FAKE_PAGE, MANY = 3000 };
#define BASE UINT64_C(0x10000000)

/* --- moments ---------------------------------------------------------------------------------- */

struct moment_made {
	struct source source;
	struct target target;
	struct side side;
	unsigned char state[MANY]; /* enum state, from BASE on */
	uint64_t pfn[MANY];        /* 0: hidden */
};

static ssize_t
made_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	const struct moment_made *m = (const void *)s;

	(void)err;
	for (size_t i = 0; i < n; i++) {
		size_t at = (addr - BASE) / PAGE + i;
		enum state is = at < MANY ? m->state[at] : STATE_NONE;

		words[i] = is == STATE_NONE || is == STATE_GUARD ? 0
		           : m->pfn[at] | (is == STATE_SWAPPED ? PM_SWAPPED : PM_PRESENT);
	}
	return (ssize_t)n;
}

static const struct source_ops made_ops = {.words = made_words};

/* With regions as /proc/PID/maps has them. */
static void
made_open(struct moment_made *m, const char *maps)
{
	struct vma_list vmas = {0};
	size_t odd;

	m->source = (struct source){.ops = &made_ops, .meta.page_size = PAGE};
	m->target = (struct target){.source = &m->source, .page_size = PAGE};
	vma_parse(&vmas, mem_strdup(maps), &odd);
	m->side = (struct side){.regions = regions_new(vmas, 1),
	                        .page_size = PAGE,
	                        .time_ns = 1,
	                        .huge = true,
	                        .zero = true,
	                        .boot = "one",
	                        .t = &m->target};
	for (size_t i = 0; i < vmas.n; i++)
		regions_edit(m->side.regions, i)->known = true;
	for (size_t i = 0; i < MANY; i++)
		if (m->state[i] != STATE_NONE && vma_at(&m->side.regions->vmas, BASE + i * PAGE))
			extents_add(&m->side.states, BASE + i * PAGE, BASE + (i + 1) * PAGE,
			            1u + m->state[i]);
}

static void
made_close(struct moment_made *m)
{
	side_free(&m->side);
}

static void
made_clear(struct moment_made *m)
{
	memset(m, 0, sizeof(*m));
	memset(m->state, STATE_NONE, sizeof(m->state));
}

static void
made_fill(struct moment_made *m, unsigned from, unsigned n, enum state s, uint64_t pfn)
{
	for (unsigned i = from; i < from + n; i++, pfn += 3) {
		m->state[i] = (unsigned char)s;
		m->pfn[i] = pfn;
	}
}

static struct moment_made before, after;

/* --- pages against one byte a page ------------------------------------------------------------ */

static uint64_t seed = 5;

static void
random_moment(struct moment_made *m, const struct moment_made *like, unsigned longest)
{
	static const unsigned char states[] = {STATE_NONE, STATE_ANON, STATE_ANON, STATE_ZERO, STATE_SWAPPED,
	                                       STATE_THP_HEAD, STATE_GUARD};

	made_clear(m);
	for (unsigned at = 0; at < MANY;) {
		unsigned n = 1 + (unsigned)fake_below(&seed, longest);
		unsigned char s = states[fake_below(&seed, sizeof(states))];
		bool same = like && fake_below(&seed, 3);

		for (; n && at < MANY; n--, at++) {
			m->state[at] = same ? like->state[at] : s;
			m->pfn[at] = same ? like->pfn[at] : fake_below(&seed, 6);
		}
	}
}

static bool
there(enum state s)
{
	return s == STATE_ANON || s == STATE_SWAPPED || s == STATE_THP_HEAD;
}

/* By the definitions of diff.def; -1: there is nothing to say of it. */
static int
expected(unsigned i, bool frames)
{
	enum state a = before.state[i], b = after.state[i];

	if (there(a) != there(b))
		return there(a) ? PAGE_DIFF_LOST : PAGE_DIFF_GAINED;
	if (a != b)
		return PAGE_DIFF_CHANGED;
	if (!there(a))
		return a == STATE_NONE ? -1 : PAGE_DIFF_SAME;
	if (!frames || !before.pfn[i] || !after.pfn[i])
		return PAGE_DIFF_UNKNOWN;
	return before.pfn[i] == after.pfn[i] ? PAGE_DIFF_SAME : PAGE_DIFF_MOVED;
}

/* Without frames they are of different boots. */
static void
random_moments(unsigned round, bool frames)
{
	static const char maps[] = "10000000-10bb8000 rw-p 00000000 00:00 0\n";

	random_moment(&before, NULL, 1 + round % 7 * 90);
	random_moment(&after, &before, 1 + round % 3 * 40);
	made_open(&before, maps);
	made_open(&after, maps);
	if (!frames)
		strcpy(after.side.boot, "two");
}

static unsigned wrong_runs, told;
static unsigned char got[MANY];

static int
check_run(void *arg, const struct span *s, const struct page_run *run)
{
	bool *frames = arg;

	(void)s;
	for (uint64_t at = 0; at < run->size; at += PAGE) {
		unsigned i = (unsigned)((run->is + at - BASE) / PAGE);

		wrong_runs += expected(i, *frames) != (int)run->kind || got[i]++ || run->was != run->is ||
		              before.state[i] != run->was_state || after.state[i] != run->is_state;
		told++;
	}
	return 0;
}

static void
test_pages(void)
{
	unsigned wrong = 0, rounds = 300;

	wrong_runs = 0;
	for (unsigned round = 0; round < rounds; round++) {
		uint64_t want[PAGE_DIFF_KINDS] = {0};
		bool frames = round % 5;
		struct diff d;
		unsigned differ = 0;

		random_moments(round, frames);
		for (unsigned i = 0; i < MANY; i++) {
			int kind = expected(i, frames);

			if (kind >= 0)
				want[kind]++;
			differ += kind == PAGE_DIFF_GAINED || kind == PAGE_DIFF_LOST ||
			          kind == PAGE_DIFF_CHANGED || kind == PAGE_DIFF_MOVED;
		}
		diff_make(&d, &before.side, &after.side, false);
		wrong += d.n != 1 || memcmp(want, d.v[0].n.pages, sizeof(want)) != 0;
		memset(got, 0, sizeof(got));
		told = 0;
		diff_runs(&d, 0, UINT64_MAX, check_run, &frames);
		wrong_runs += told != differ;
		told = 0;
		memset(got, 0, sizeof(got));
		diff_runs(&d, BASE + 100 * PAGE, BASE + 101 * PAGE, check_run, &frames);
		wrong_runs += told > 1;
		diff_free(&d);
		made_close(&before);
		made_close(&after);
	}
	is_u64(wrong, 0, "pages are counted as one by one");
	is_u64(wrong_runs, 0, "runs that differ are all pages that do, each once");
}

/* What the lens says of a page, by the same definitions. */
static enum lens_kept
expected_class(unsigned i, bool frames)
{
	if (!there(before.state[i]) && !there(after.state[i]))
		return LENS_KEPT_OUT;
	switch (expected(i, frames)) {
	case PAGE_DIFF_SAME: return LENS_KEPT_SAME;
	case PAGE_DIFF_GAINED: return LENS_KEPT_GAINED;
	case PAGE_DIFF_LOST: return LENS_KEPT_LOST;
	case PAGE_DIFF_CHANGED: return LENS_KEPT_CHANGED;
	case PAGE_DIFF_MOVED: return LENS_KEPT_MOVED;
	}
	return LENS_KEPT_UNKNOWN;
}

static void
test_difference(void)
{
	unsigned wrong = 0, miscounted = 0;

	for (unsigned round = 0; round < 100; round++) {
		uint64_t want[LENS_KEPT_KINDS] = {0}, got_n[LENS_KEPT_KINDS] = {0};
		unsigned from = (unsigned)fake_below(&seed, MANY), to = from + (unsigned)fake_below(&seed, MANY - from);
		bool frames = round % 5;
		struct difference *df;

		random_moments(round, frames);
		df = difference_new(&before.side, &after.side, false, true);
		for (unsigned i = 0; i < MANY; i++)
			wrong += df->keeper.judge(&df->keeper, NULL, BASE + i * PAGE, NULL) != expected_class(i, frames);
		for (unsigned i = from; i < to; i++)
			want[expected_class(i, frames)]++;
		df->keeper.count(&df->keeper, BASE + from * PAGE, BASE + to * PAGE, got_n);
		miscounted += memcmp(want, got_n, sizeof(want)) != 0;
		made_close(&before);
		made_close(&after);
		difference_unref(df);
	}
	is_u64(wrong, 0, "the lens says of each page what differs, when the moments are gone");
	is_u64(miscounted, 0, "and of a gap how many");
}

static void
test_difference_regions(void)
{
	struct difference *df;
	size_t at, gone = 0;

	made_clear(&before);
	made_clear(&after);
	made_fill(&before, 0, 64, STATE_ANON, 100);
	made_fill(&after, 0, 64, STATE_ANON, 100);
	made_open(&before, "10000000-10008000 rw-p 00000000 00:00 0\n10010000-10014000 rw-p 00000000 00:00 0\n"
	                   "10020000-10028000 rw-p 00000000 00:00 0\n");
	made_open(&after, "10000000-10008000 rw-p 00000000 00:00 0\n10010000-1001c000 rw-p 00000000 00:00 0\n"
	                  "10020000-10024000 r--s 00000000 08:01 5 /a\n");
	df = difference_new(&before.side, &after.side, false, false);
	made_close(&before);
	made_close(&after);
	ok(difference_of(df, 0x10000000) == &df->same, "what is the same needs no memory");
	is_str(region_diff_name(difference_of(df, 0x10010000)->of.kind), "grown", "what grew is found by its start");
	is_u64(difference_of(df, 0x10010000)->n.pages[PAGE_DIFF_GAINED], 8, "with its pages");
	is_str(region_diff_name(difference_of(df, 0x10020000)->of.kind), "new", "where another file is mapped now, that is new");
	ok(!difference_of(df, 0x10030000), "where nothing was mapped, nothing is found");
	for (size_t i = 0; i < df->n; i++)
		gone += difference_gone(df, i, &at) && df->was->vmas.v[at].start == 0x10020000;
	is_u64(gone, 1, "and what was there is gone");
	is_u64(df->differ, 3, "three differ");
	difference_unref(df);
}

/* --- regions ---------------------------------------------------------------------------------- */

static struct diff d;

static void
compare_maps(const char *was, const char *is)
{
	made_open(&before, was);
	made_open(&after, is);
	diff_make(&d, &before.side, &after.side, true);
}

static void
compare_end(void)
{
	diff_free(&d);
	made_close(&before);
	made_close(&after);
}

/* "grown 10000000 +PAGES +GAINED -LOST =SAME", of each region. */
static const char *
words(void)
{
	static struct buf b;

	b.len = 0;
	buf_str(&b, "");
	for (size_t i = 0; i < d.n; i++)
		buf_fmt(&b, "%s%s %llx %+lld +%llu -%llu =%llu", i ? "; " : "", region_diff_name(d.v[i].of.kind),
		        (unsigned long long)diff_region_vma(&d.v[i])->start,
		        (long long)(d.v[i].of.is_size - d.v[i].of.was_size) / PAGE,
		        (unsigned long long)d.v[i].n.pages[PAGE_DIFF_GAINED],
		        (unsigned long long)d.v[i].n.pages[PAGE_DIFF_LOST],
		        (unsigned long long)d.v[i].n.pages[PAGE_DIFF_SAME]);
	return b.s;
}

static void
test_regions(void)
{
	made_clear(&before);
	made_clear(&after);
	made_fill(&before, 0, 64, STATE_ANON, 100);
	made_fill(&after, 0, 64, STATE_ANON, 100);
	compare_maps("10000000-10008000 rw-p 00000000 00:00 0\n10010000-10020000 rw-p 00000000 00:00 0\n"
	             "10030000-10038000 rw-p 00000000 00:00 0\n",
	             "10000000-1000a000 rw-p 00000000 00:00 0\n10010000-1001c000 rw-p 00000000 00:00 0\n"
	             "10020000-10024000 rw-p 00000000 00:00 0\n");
	is_str(words(), "grown 10000000 +2 +2 -0 =8; shrunk 10010000 -4 +0 -4 =12; new 10020000 +4 +4 -0 =0; "
	                "gone 10030000 -8 +0 -8 =0",
	       "regions come, go, grow and shrink");
	is_u64(d.v[1].n.rss_was - d.v[1].n.rss_is, 4, "what shrank has less in RAM");
	compare_end();

	compare_maps("10000000-10010000 rw-p 00000000 00:00 0\n",
	             "10000000-10004000 rw-p 00000000 00:00 0\n10004000-10008000 r--p 00000000 00:00 0\n"
	             "10008000-10010000 rw-p 00000000 00:00 0\n");
	is_str(words(), "same 10000000 +0 +0 -0 =4; same 10004000 +0 +0 -0 =4; same 10008000 +0 +0 -0 =8",
	       "a region that was split is the same in each part");
	compare_end();

	compare_maps("10000000-10004000 r--p 00000000 08:01 5 /a\n10004000-10008000 r--p 00000000 00:00 0\n",
	             "10000000-10004000 r--p 00000000 08:01 6 /b\n10004000-10008000 r--p 00001000 08:01 6 /b\n");
	is_str(words(), "gone 10000000 -4 +0 -4 =0; new 10000000 +4 +4 -0 =0; gone 10004000 -4 +0 -4 =0; "
	                "new 10004000 +4 +4 -0 =0",
	       "another file at the same address is another region");
	compare_end();
}

static void
test_moved(void)
{
	static const char was[] = "10000000-10010000 rw-p 00000000 00:00 0\n";
	static const char is[] = "10100000-10120000 rw-p 00000000 00:00 0\n";

	made_clear(&before);
	made_clear(&after);
	made_fill(&before, 0, 12, STATE_ANON, 100);
	made_fill(&after, 256, 13, STATE_ANON, 100);
	compare_maps(was, is);
	is_str(words(), "moved 10100000 +16 +1 -0 =12", "what has its frames at another address was moved");
	compare_end();
	after.pfn[256 + 5]++;
	compare_maps(was, is);
	is_str(words(), "gone 10000000 -16 +0 -12 =0; new 10100000 +32 +13 -0 =0",
	       "with one page in another frame it is not certain");
	compare_end();
	made_clear(&after);
	made_fill(&after, 256, 2, STATE_ANON, 100);
	compare_maps(was, is);
	is_str(words(), "gone 10000000 -16 +0 -12 =0; new 10100000 +32 +2 -0 =0",
	       "two frames may have been freed and used again");
	compare_end();
	compare_maps("10000000-10004000 r--p 00002000 08:01 5 /a\n", "10100000-10104000 r--p 00002000 08:01 5 /a\n");
	is_str(words(), "moved 10100000 +0 +0 -2 =2", "so was the only mapping of a part of a file");
	compare_end();
	compare_maps("10000000-10004000 r--p 00002000 08:01 5 /a\n",
	             "10100000-10104000 r--p 00002000 08:01 5 /a\n10200000-10204000 r--p 00002000 08:01 5 /a\n");
	is_str(words(), "gone 10000000 -4 +0 -4 =0; new 10100000 +4 +2 -0 =0; new 10200000 +4 +0 -0 =0",
	       "but not with two of them");
	compare_end();
}

/* --- not known -------------------------------------------------------------------------------- */

static void
test_unknown(void)
{
	static const char maps[] = "10000000-10010000 rw-p 00000000 00:00 0\n";

	made_clear(&before);
	made_clear(&after);
	made_fill(&before, 0, 4, STATE_THP_HEAD, 100);
	made_fill(&before, 4, 4, STATE_ZERO, 9);
	made_fill(&after, 0, 8, STATE_ANON, 100);
	made_open(&before, maps);
	made_open(&after, maps);
	after.side.huge = after.side.zero = false;
	diff_make(&d, &before.side, &after.side, true);
	is_u64(d.v[0].n.pages[PAGE_DIFF_CHANGED], 0, "huge pages that are not told apart have not changed");
	is_u64(d.v[0].n.pages[PAGE_DIFF_UNKNOWN], 4, "what may be the zero page is not known to be new");
	is_u64(d.v[0].n.pages[PAGE_DIFF_SAME], 4, "same frames are the same");
	compare_end();
}

int
main(void)
{
	tap_start();
	test_pages();
	test_difference();
	test_difference_regions();
	test_regions();
	test_moved();
	test_unknown();
	return tap_done();
}
