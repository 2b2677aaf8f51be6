/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The scans so far, against one byte per page: memory stays bounded, and nothing that was there is lost. */
#include <stdlib.h>
#include <string.h>

#include "kernel/kabi.h"
#include "target/heatmap.h"
#include "target/past.h"
#include "tap.h"

enum { PAGE = 4096, MANY = 2000, SCANS = 3000 };
static const uint64_t START = 0x10000000;

static unsigned seed = 3;

static unsigned
random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

/* One scan; there[i]: page i is in RAM. */
static void
scan(struct past *p, struct target *t, const bool *there, uint64_t time_ns)
{
	past_listen(p, t);
	for (unsigned i = 0; i < MANY; i++)
		if (there[i])
			t->each_run(t->each_run_arg,
			            &(struct pm_run){START + (uint64_t)i * PAGE,
			                             START + (uint64_t)(i + 1) * PAGE, PM_CAT_PRESENT});
	past_unlisten(p, time_ns, true);
}

static uint64_t
sum_at(const struct heatmap *h, unsigned col)
{
	uint64_t pages = 0;

	for (unsigned r = 0; r < h->rows; r++)
		pages += h->cell[(size_t)r * h->cols + col].rss;
	return pages;
}

/* Fifty times, each with other pages in RAM and others written. */
enum { TIMES = 50 };
static struct extents at_pages[TIMES], at_written[TIMES];
static unsigned walks;

static int
walk_times(void *arg, size_t from, size_t to, source_moment_fn *fn, void *fn_arg, struct err *err)
{
	const uint64_t *time_ns = arg;

	(void)err;
	walks++;
	for (size_t i = from; i <= to; i++)
		if (fn(fn_arg, &(struct source_moment){time_ns[i], &at_pages[i], &at_written[i], i > 0}))
			return 1;
	return 0;
}

static bool
same_map(const struct heatmap *a, const struct heatmap *b)
{
	size_t cells = (size_t)a->rows * a->cols;
	bool same = a->rows == b->rows && a->cols == b->cols && a->most == b->most && a->pages == b->pages;

	for (size_t i = 0; same && i < cells; i++)
		same = a->cell[i].rss == b->cell[i].rss && a->cell[i].written == b->cell[i].written &&
		       a->cell[i].written_known == b->cell[i].written_known;
	for (unsigned c = 0; same && c < a->cols; c++)
		same = a->column[c].rss == b->column[c].rss;
	return same;
}

/* Whether rates of writes are of all times of a column but the first of all, which has none before. */
static bool
rates_are_whole(const struct heatmap *h)
{
	uint64_t pages = 0, times = 0;
	double sum = 0, v;

	for (size_t i = u64_max(h->first, 1); i <= h->last; i++)
		for (size_t k = 0; k < at_written[i].n; k++)
			pages += (at_written[i].v[k].end - at_written[i].v[k].start) / PAGE;
	for (unsigned c = 0; c < h->cols; c++)
		for (unsigned r = 0; r < h->rows; r++) {
			if (!heatmap_value(h, HEATMAP_WRITES, r, c, &v))
				return false;
			sum += v * (double)(h->column[c].time_ns - h->column[c].since_ns) / 1e9;
			times += r == 0 ? h->column[c].time_ns - h->column[c].since_ns : 0;
		}
	return times == (h->last - h->first + (h->first > 0)) * UINT64_C(1000000000) &&
	       sum > (double)pages - 0.01 && sum < (double)pages + 0.01;
}

/* All growth is what there is at the end, less what there was before. */
static bool
growth_is_whole(const struct heatmap *h, size_t since)
{
	double sum = 0, v;

	for (unsigned c = 0; c < h->cols; c++)
		for (unsigned r = 0; r < h->rows; r++) {
			if (!heatmap_value(h, HEATMAP_GROWTH, r, c, &v))
				return false;
			sum += v;
		}
	for (size_t k = 0; k < at_pages[h->last].n; k++)
		sum -= (double)((at_pages[h->last].v[k].end - at_pages[h->last].v[k].start) / PAGE);
	for (size_t k = 0; k < at_pages[since].n; k++)
		sum += (double)((at_pages[since].v[k].end - at_pages[since].v[k].start) / PAGE);
	return sum == 0;
}

/* What did not fit is gone through once more, and says the same. */
static void
test_room(void)
{
	uint64_t time_ns[TIMES];
	struct heatmap_from from = {
	    .time_ns = time_ns, .times = TIMES, .page_size = PAGE, .walk = walk_times, .arg = time_ns};
	struct heatmap_of of = {.last = SIZE_MAX, .rows = 12, .cols = 7};
	struct heatmap *kept, *twice, *part;
	uint64_t pages = 0;
	struct err err;

	for (size_t i = 0; i < TIMES; i++) {
		time_ns[i] = (i + 1) * UINT64_C(1000000000);
		for (unsigned k = 0; k < MANY; k++) {
			uint64_t at = START + (uint64_t)k * PAGE;

			if (random_below(3))
				extents_add(&at_pages[i], at, at + PAGE, PM_CAT_PRESENT);
			if (!random_below(20))
				extents_add(&at_written[i], at, at + PAGE, 1);
		}
	}
	kept = heatmap_make(&from, &of, &err);
	is_u64(walks, 1, "what fits is gone through once");
	from.room = 1000;
	twice = heatmap_make(&from, &of, &err);
	is_u64(walks, 3, "what does not, twice");
	ok(same_map(kept, twice), "and both say the same");
	ok(rates_are_whole(kept) && rates_are_whole(twice), "bug: the rate of the first column was not known");
	ok(growth_is_whole(kept, 0) && growth_is_whole(twice, 0), "bug: nor was its growth");
	for (size_t i = 0; i < at_pages[TIMES - 1].n; i++)
		pages += (at_pages[TIMES - 1].v[i].end - at_pages[TIMES - 1].v[i].start) / PAGE;
	is_u64(kept->column[kept->cols - 1].rss, pages, "a column has what was in RAM at its last time");
	is_u64(sum_at(kept, kept->cols - 1), pages, "and so have its cells");
	of.first = 20;
	part = heatmap_make(&from, &of, &err);
	ok(rates_are_whole(part) && growth_is_whole(part, 19), "of the last times: since the one before them");
	heatmap_unref(part);
	of.lo = START + 100 * PAGE;
	of.hi = START + 110 * PAGE;
	of.last = 29;
	part = heatmap_make(&from, &of, &err);
	from.room = 0;
	heatmap_unref(twice);
	twice = heatmap_make(&from, &of, &err);
	ok(part->rows && same_map(part, twice), "of a part, too");
	heatmap_unref(part);
	heatmap_unref(twice);
	heatmap_unref(kept);
	for (size_t i = 0; i < TIMES; i++) {
		extents_free(&at_pages[i]);
		extents_free(&at_written[i]);
	}
}

/* Times as thinning leaves them, far apart at first and dense at the end: slots are of equal time. */
static void
test_slots(void)
{
	enum { SLOTS = 40 };
	uint64_t time_ns[TIMES], at = 1000000000;
	struct heatmap_from from = {
	    .time_ns = time_ns, .times = TIMES, .page_size = PAGE, .walk = walk_times, .arg = time_ns};
	struct heatmap_of of = {.last = SIZE_MAX, .rows = 4, .cols = SLOTS};
	unsigned wrong = 0, begins = 0, uneven = 0;
	struct heatmap *h;
	struct err err;

	for (size_t i = 0; i < TIMES; i++)
		time_ns[i] = at += i < 8 ? 9000000000 + i * 777777777 : 100000000 + random_below(50000000);
	extents_add(&at_pages[0], START, START + PAGE, PM_CAT_PRESENT);
	for (of.first = 0; of.first < 8; of.first += 4) {
		uint64_t since = of.first ? time_ns[of.first - 1] : time_ns[0];

		at_pages[of.first] = at_pages[0];
		h = heatmap_make(&from, &of, &err);
		wrong += !h || h->slots != SLOTS || h->column[h->cols - 1].slot != SLOTS - 1;
		for (unsigned s = 0; h && s < h->slots; s++) {
			const struct heatmap_column *c = &h->column[heatmap_slot_column(h, s)];
			uint64_t ends = heatmap_slot_time(h, s), n = s + (of.first > 0);
			uint64_t is = since + (uint64_t)((double)(time_ns[TIMES - 1] - since) * (double)n /
			                                 (SLOTS - !of.first));

			uneven += ends + 1000 < is || ends > is + 1000;
			/* what is drawn there is of a time from then on, in the next ones */
			wrong += c->time_ns > ends && c->slot == s && s + 1 < h->slots;
			wrong += c->since_ns > ends;
		}
		for (unsigned c = 0; h && c < h->cols; c++)
			begins += heatmap_slot_column(h, heatmap_column_begins(h, c)) != c ||
			          heatmap_slot_column(h, h->column[c].slot) != c;
		heatmap_unref(h);
		if (of.first)
			at_pages[of.first] = (struct extents){0};
	}
	is_u64(uneven, 0, "bug: columns of heat were samples, not times");
	is_u64(wrong, 0, "each shows the sample that covers it");
	is_u64(begins, 0, "and a column has its slots");
	extents_free(&at_pages[0]);
}

/* The shared zero page is mapped, but is no memory of the process. */
static void
test_zero_page(void)
{
	struct heatmap_of of = {.last = SIZE_MAX, .rows = 4, .cols = 4};
	struct target t = {.page_size = PAGE};
	struct past p = {0}, copy;
	struct heatmap *h;
	struct err err;

	for (uint64_t i = 1; i <= 2; i++) {
		past_listen(&p, &t);
		t.each_run(t.each_run_arg, &(struct pm_run){START, START + 3 * PAGE, PM_CAT_PRESENT});
		t.each_run(t.each_run_arg, &(struct pm_run){START + 3 * PAGE, START + 8 * PAGE,
		                                            PM_CAT_PRESENT | PM_CAT_PFNZERO});
		past_unlisten(&p, i * UINT64_C(1000000000), true);
	}
	past_copy(&copy, &p);
	h = past_heatmap(&copy, PAGE, NULL, NULL, &of, &err);
	ok(h && h->column[h->cols - 1].rss == 3 && sum_at(h, h->cols - 1) == 3,
	   "bug: heat counted the zero page as memory in RAM");
	heatmap_unref(h);
	past_free(&copy);
	past_free(&p);
}

int
main(void)
{
	static bool there[MANY];
	struct heatmap_of of = {.last = SIZE_MAX, .rows = 20, .cols = 40};
	struct target t = {.page_size = PAGE};
	struct past p = {0}, copy;
	struct heatmap *h;
	uint64_t now = 0, first = 0, ever = 0, last = 0;
	static bool was[MANY];
	bool bounded = true;
	struct err err;
	double v;

	h = past_heatmap(&p, PAGE, NULL, NULL, &of, &err);
	ok(!h && err.why[0], "without a scan there is no picture, and it says why");
	for (unsigned s = 0; s < SCANS; s++) {
		for (unsigned k = 0; k < 300; k++)
			there[random_below(MANY)] ^= true;
		scan(&p, &t, there, 1000000000ull * (s + 1));
		bounded &= p.n <= PAST_SCANS && p.bytes <= PAST_BYTES;
		now = 0;
		for (unsigned i = 0; i < MANY; i++) {
			now += there[i];
			was[i] |= there[i];
		}
		first = s ? first : now;
		last = now;
	}
	for (unsigned i = 0; i < MANY; i++)
		ever += was[i];
	ok(bounded, "neither scans nor bytes grow beyond their limits");
	past_copy(&copy, &p);
	h = past_heatmap(&copy, PAGE, NULL, NULL, &of, &err);
	ok(h && h->cols == 40 && h->rows == 20, "as many rows and columns as asked for");
	is_u64(h->pages, ever, "every page that was ever there has its place");
	is_u64(sum_at(h, h->cols - 1), last, "the last column is the last scan");
	ok(h->column[0].since_ns == 0 && h->column[h->cols - 1].time_ns == 1000000000ull * SCANS,
	   "it goes to the last scan");
	ok(!heatmap_value(h, HEATMAP_WRITES, 0, 5, &v), "writes that were not tracked are not known");
	ok(!heatmap_value(h, HEATMAP_GROWTH, 0, 0, &v), "nor is growth where there is nothing before");
	heatmap_unref(h);
	of.last = 0;
	h = past_heatmap(&copy, PAGE, NULL, NULL, &of, &err);
	is_u64(sum_at(h, 0), first, "the first scan stays as it was");
	heatmap_unref(h);
	past_free(&copy);
	past_free(&p);
	test_room();
	test_slots();
	test_zero_page();
	return tap_done();
}
