/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Records of a ring, the faults of pages, and what stamps say of them: worked out by hand. */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include "cause/causes.h"
#include "cause/perf.h"
#include "cause/perf_bar.h"
#include "fake.h"
#include "kernel/kallsyms.h"
#include "tap.h"

enum { PAGE = 4096 };
#define MS UINT64_C(1000000)

/* --- records ---------------------------------------------------------------------------------- */

struct got {
	size_t n;
	uint64_t lost, ip, addr, event, frame;
	pid_t tid;
	size_t frames, kernel;
};

static void
take(void *arg, const struct perf_sample *s)
{
	struct got *g = arg;

	g->n++;
	g->ip = s->ip;
	g->addr = s->addr;
	g->event = s->event;
	g->tid = s->tid;
	g->frames = s->n;
	g->kernel = s->kernel;
	g->frame = s->n ? s->frames[s->n - 1] : 0;
}

static void
lose(void *arg, uint64_t n)
{
	((struct got *)arg)->lost += n;
}

/* A sample of five frames, as the kernel writes it: two of them say whose the others are. */
static const uint64_t sample[] = {
    (uint64_t)(8 + 11 * 8) << 48 | 9,
    0xffffffff81000010, (uint64_t)43 << 32 | 42, 1000, 0x7000, 99,
    5, (uint64_t)-128, 0xffffffff81000010, (uint64_t)-512, 0x401000, 0x402000,
};
static const uint64_t lost[] = {(uint64_t)24 << 48 | 2, 1, 17};

static void
test_records(void)
{
	static const uint64_t record = (uint64_t)2056 << 48 | 9;
	uint8_t ring[256], long_ring[4096] = {0};
	struct got g = {0};
	const struct perf_events to = {take, lose, &g};
	uint64_t at = 256 - 40; /* it wraps around */

	for (size_t i = 0; i < sizeof(sample); i++)
		ring[(at + i) % sizeof(ring)] = ((const uint8_t *)sample)[i];
	ok(perf_parse(ring, sizeof(ring), at, at + sizeof(sample), &to) == at + sizeof(sample),
	   "a record that wraps around is read whole");
	ok(g.n == 1 && g.ip == 0xffffffff81000010 && g.addr == 0x7000 && g.tid == 43 && g.event == 99,
	   "its facts");
	ok(g.frames == 3 && g.kernel == 1 && g.frame == 0x402000, "its frames, without whose they are");
	memcpy(ring, lost, sizeof(lost));
	ok(perf_parse(ring, sizeof(ring), 0, sizeof(lost), &to) == sizeof(lost) && g.lost == 17,
	   "what was lost");
	g = (struct got){0};
	memcpy(long_ring, &record, sizeof(record));
	memcpy(ring, sample, sizeof(sample));
	ring[6] = 4;
	ok(perf_parse(ring, sizeof(ring), 0, sizeof(sample), &to) == sizeof(sample) && !g.n,
	   "a record smaller than its header ends it");
	ok(perf_parse(long_ring, sizeof(long_ring), 0, sizeof(long_ring), &to) == sizeof(long_ring) && !g.n,
	   "one longer than any of ours, too");
	memcpy(ring, sample, sizeof(sample));
	ring[48] = 200;
	ok(perf_parse(ring, sizeof(ring), 0, sizeof(sample), &to) == sizeof(sample) && !g.n,
	   "nor is a call chain longer than its record believed");
}

/* --- causes ----------------------------------------------------------------------------------- */

static void
fault(struct causes *c, uint64_t page, uint64_t ip, pid_t tid, uint64_t ms)
{
	const uint64_t frames[] = {ip, 0x500000};
	const struct perf_sample s = {.ip = ip,
	                              .addr = page * PAGE + 8,
	                              .time_ns = ms * MS,
	                              .pid = 1,
	                              .tid = tid,
	                              .frames = frames,
	                              .n = 2};

	causes_add(c, &s);
}

static void
stamp_at(struct track *t, uint64_t page, uint64_t pages, uint64_t ms)
{
	const struct pm_run run = {page * PAGE, (page + pages) * PAGE, 0};

	track_add(t, 0, &run, 1, ms * MS);
}

static void
stamp(struct track *t, uint64_t page, uint64_t pages)
{
	stamp_at(t, page, pages, 1);
}

static uint64_t
chain_ip(struct causes *c, uint32_t number)
{
	struct causes_chain chain;
	uint64_t ip;

	causes_chain(c, number, &chain);
	ip = chain.frames[0];
	free(chain.frames);
	return ip;
}

/* Pages with one candidate, or several; of an instruction, or of all (0). */
static uint64_t
pages_of(struct causes *c, const struct cause_sums *s, uint64_t ip, bool maybe)
{
	struct cause_by by[CAUSES_MOST];
	uint64_t n = 0;
	bool no_more;

	for (size_t set = 0; set < s->n; set++) {
		size_t members = cause_sums_set(s, set, by, &no_more);
		bool is = !ip;

		for (size_t i = 0; i < members; i++)
			is |= chain_ip(c, by[i].chain) == ip;
		if (is && maybe == (members > 1 || !no_more))
			n += s->pages[set];
	}
	return n;
}

static const struct causes_range all = {.from = 0, .to = UINT32_MAX};

/* Two epochs of an auto-clear; the clear between them takes from 100 to 110 ms. */
static void
test_epochs(void)
{
	struct causes *c = causes_new(PAGE, 1 << 20);
	struct track t = {.auto_clear = true, .clears = 1, .epoch = 0, .first_ns = 1};
	struct cause v[8];
	struct cause_sums s;

	fault(c, 1, 0xa0, 7, 10);
	fault(c, 1, 0xa0, 7, 20);
	fault(c, 2, 0xa0, 7, 20);
	fault(c, 2, 0xb0, 7, 30);
	fault(c, 3, 0xb0, 8, 40);
	stamp(&t, 1, 2);
	stamp(&t, 9, 1);
	causes_sum(c, &t, &all, &s);
	ok(pages_of(c, &s, 0, false) == 1 && pages_of(c, &s, 0, true) == 1 && s.other == 1,
	   "one writer, two candidates, and a page only read");
	ok(pages_of(c, &s, 0xa0, false) == 1 && pages_of(c, &s, 0xa0, true) == 1 &&
	       pages_of(c, &s, 0xb0, false) == 0 && pages_of(c, &s, 0xb0, true) == 1,
	   "and of which code");
	cause_sums_free(&s);

	causes_before_clear(c, &t);
	fault(c, 4, 0xc0, 7, 104); /* written, before it was protected again or after */
	fault(c, 1, 0xc0, 7, 105); /* known to be written before: again, after that */
	fault(c, 5, 0xc0, 7, 106); /* not in the old epoch */
	fault(c, 3, 0xc0, 7, 107); /* was read in the old epoch, and written since the scan */
	stamp_at(&t, 3, 2, 108);
	t.epoch = 1;
	t.clear_ns = 110 * MS;
	causes_after_clear(c, &t, 100 * MS);
	stamp(&t, 1, 1);
	stamp(&t, 5, 1);
	fault(c, 1, 0xc0, 7, 120); /* bug: its time was that of the one while the clear ran */
	fault(c, 1, 0xc0, 7, 130);
	causes_sum(c, &t, &(struct causes_range){.to = 0}, &s);
	ok(pages_of(c, &s, 0, false) == 2 && pages_of(c, &s, 0xc0, false) == 1,
	   "a fault during the clear that explains the old epoch belongs to it");
	ok(pages_of(c, &s, 0, true) == 2 && pages_of(c, &s, 0xc0, true) == 1,
	   "and is a candidate if the page was read before");
	cause_sums_free(&s);
	causes_sum(c, &t, &(struct causes_range){.from = 1, .to = 1}, &s);
	ok(pages_of(c, &s, 0, false) == 2 && !pages_of(c, &s, 0, true) &&
	       pages_of(c, &s, 0xc0, false) == 2 && s.other == 2,
	   "the others to the new one");
	cause_sums_free(&s);
	ok(causes_of_page(c, 1 * PAGE, v, 8) == 2 && v[0].epoch == 1 && v[0].time_ns == 120 * MS && v[1].epoch == 0 &&
	       v[1].written && v[1].time_ns == 10 * MS && v[1].addr == 1 * PAGE + 8,
	   "the faults of a page, newest first, each at its first time");
	track_free(&t);
	causes_unref(c);
}

/* A huge page that is written reads as written everywhere; so may one of which all pages are. */
/* Epoch 0 is watched as a whole, 1 and 2 are not, 3 is again. */
static void
test_sampled(void)
{
	const struct causes_watch whole = {.on = true, .period = 1}, some = {.on = true, .period = 16};
	struct causes *c = causes_new(PAGE, 1 << 20);
	struct track t = {.auto_clear = true, .clears = 1, .epoch = 0, .first_ns = 1};
	struct cause_sums s;
	uint64_t period;

	causes_set_watch(c, &whole);
	for (t.epoch = 0; t.epoch < 4; t.epoch++) {
		if (t.epoch)
			causes_before_clear(c, &t), causes_after_clear(c, &t, t.epoch * 1000 * MS);
		if (t.epoch == 1)
			causes_set_watch(c, &some);
		if (t.epoch == 2)
			causes_set_watch(c, &whole);
		fault(c, 1 + t.epoch, 0x401000, 7, t.epoch * 1000 + 10);
	}
	causes_sum(c, NULL, &all, &s);
	ok(pages_of(c, &s, 0, false) == 2 && pages_of(c, &s, 0, true) == 2,
	   "of the pages of two epochs there may be other writers");
	ok(!causes_sampled(c, 0, 0, NULL) && !causes_sampled(c, 3, 3, NULL) &&
	       causes_sampled(c, 0, 3, &period) && period == 16,
	   "which those are");
	cause_sums_free(&s);
	causes_unref(c);
}

static void
test_huge(void)
{
	enum { IN_HUGE = 512 };
	struct causes *c = causes_new(PAGE, 1 << 20);
	struct track t = {.tracker = TRACKER_SOFT_DIRTY, .clears = 1};
	struct cause_sums s;

	fault(c, IN_HUGE + 7, 0xa0, 7, 10);
	fault(c, IN_HUGE + 9, 0xb0, 7, 20);
	fault(c, 3 * IN_HUGE + 1, 0xa0, 7, 30);
	stamp(&t, IN_HUGE, IN_HUGE);
	stamp(&t, 3 * IN_HUGE, IN_HUGE - 1);
	causes_sum(c, &t, &all, &s);
	ok(pages_of(c, &s, 0, false) == 3 && s.beside == IN_HUGE - 2,
	   "the rest of a huge page that was all written is beside its faults");
	cause_sums_free(&s);
	t.tracker = TRACKER_UFFD;
	causes_sum(c, &t, &all, &s);
	ok(!s.beside, "unless every page is written for itself");
	cause_sums_free(&s);
	track_free(&t);
	causes_unref(c);
}

/* The log keeps what fits; the sums keep all that was written. */
static void
test_bound(void)
{
	enum { PAGES = 50000 };
	struct causes *c = causes_new(PAGE, 1 << 20);
	struct track t = {.auto_clear = true, .clears = 1, .epoch = 0, .first_ns = 1};
	struct causes_totals is;
	struct cause_sums s;
	struct cause v[4];

	for (uint64_t e = 0; e < 10; e++) {
		for (uint64_t i = 0; i < PAGES / 10; i++)
			fault(c, i, 0xa0 + 16 * (i & 1), 7, 10 + e);
		stamp(&t, 0, PAGES / 10);
		causes_before_clear(c, &t);
		t.epoch++;
		causes_after_clear(c, &t, (11 + e) * MS);
	}
	causes_totals(c, &is);
	causes_sum(c, &t, &all, &s);
	ok(is.forgotten_ns && is.faults == PAGES, "the oldest faults are forgotten");
	ok(pages_of(c, &s, 0, false) == PAGES && pages_of(c, &s, 0xa0, false) == PAGES / 2,
	   "but not what they wrote");
	ok(causes_of_page(c, 17 * PAGE, v, 4) >= 1 && v[0].epoch == 9, "the newest fault of a page is kept");
	cause_sums_free(&s);
	causes_forget(c);
	causes_sum(c, &t, &all, &s);
	ok(!s.n && causes_of_page(c, 17 * PAGE, v, 4) == 0, "an exec forgets everything");
	track_free(&t);
	causes_unref(c);
}

/* What the allocator has given out; 0: it does not say. */
static size_t
allocated(void)
{
#ifdef __GLIBC__
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
#else
	return 0;
#endif
}

/*
 * Pages and epochs without end, by 60,000 threads at a thousand places, never the same two together:
 * what is kept grows to its bounds, and no further.
 */
static void
test_memory(void)
{
	enum { FAULTS = 600000, PART = FAULTS / 3, BYTES = 1 << 20, MOST = 40 << 20 };
	size_t begin = allocated(), then = 0, now;
	struct causes *c = causes_new(PAGE, BYTES);
	struct track t = {.auto_clear = true, .clears = 1, .epoch = 0, .first_ns = 1};

	for (uint64_t i = 0; i < FAULTS; i++) {
		fault(c, i, 0x1000 + 16 * (i % 1009), (pid_t)(1 + i % 60000), 10 + i / 1000);
		if (i % 500 == 499) {
			stamp(&t, i - 499, 500);
			causes_before_clear(c, &t);
			track_free(&t);
			t = (struct track){.auto_clear = true, .clears = 1, .epoch = t.epoch + 1, .first_ns = 1};
			causes_after_clear(c, &t, (11 + i / 1000) * MS);
		}
		if (i == PART)
			then = allocated();
	}
	now = allocated();
	ok(now <= begin + MOST, "threads and pages without end take a bounded amount of memory");
	if (!ok(now <= then + (1 << 16), "which they have reached after a third of them"))
		printf("# %zu, %zu, %zu\n", begin, then, now);
	track_free(&t);
	causes_unref(c);
}

/* Who writes all faults down takes them at each clear: then only those that are not taken yet stay. */
static void
test_no_past(void)
{
	enum { EPOCHS = 100, PAGES = 3000, BYTES = 64 << 20, SMALL = 1 << 20 };
	struct causes *c = causes_new(PAGE, BYTES);
	struct track t = {.auto_clear = true, .clears = 1, .epoch = 0, .first_ns = 1};
	size_t begin = allocated(), wrong = 0;
	static struct cause v[2 * PAGES];
	uint64_t from = 0, missed;

	causes_keep_past(c, false);
	for (uint64_t e = 0; e < EPOCHS; e++) {
		uint64_t ms = 10 * (e + 1);

		for (uint64_t i = 0; i < PAGES; i++)
			fault(c, i * 7919 % 100003, 0xa0, 7, ms);
		/* with the one that came last time when all others were taken */
		wrong += causes_since(c, &from, v, 2 * PAGES, &missed) != PAGES + (e > 0) || missed;
		for (uint64_t i = 0; i < PAGES; i++)
			fault(c, i * 7919 % 100003, 0xa0, 7, ms + 1); /* known in this epoch */
		fault(c, 200000 + e, 0xb0, 7, ms + 2);
		causes_before_clear(c, &t);
		t.epoch++;
		causes_after_clear(c, &t, (ms + 3) * MS);
		wrong += causes_of_page(c, (200000 + e) * PAGE, v, 2) != 1 || v[0].epoch != e;
		wrong += causes_of_page(c, 7919 * PAGE, v, 2) != 0;
	}
	ok(!wrong, "without a past every fault is given once, and then forgotten");
	if (allocated())
		ok(allocated() < begin + SMALL, "which takes the memory of an epoch");
	track_free(&t);
	causes_unref(c);
}

/* --- against a list of all faults ------------------------------------------------------------- */

enum { MODEL_PAGES = 3000, MODEL_FAULTS = 60000 };

struct model_fault {
	uint32_t page, epoch, code, thread;
	bool first; /* of its page in its epoch */
};

struct model {
	struct model_fault v[MODEL_FAULTS];
	size_t n, oldest, max;
	bool stamped[MODEL_PAGES]; /* in this epoch */
	uint64_t written;          /* pages, in all epochs */
};

/* How many faults a store of that size keeps. */
static size_t
model_bound(size_t bytes)
{
	struct causes *c = causes_new(PAGE, bytes);
	struct cause v[1];
	size_t n = 0;

	do
		fault(c, n, 0xa0, 1, 10);
	while (causes_of_page(c, 0, v, 1) && ++n < MODEL_FAULTS);
	causes_unref(c);
	return n;
}

static void
model_add(struct model *m, const struct model_fault *f)
{
	bool first = true;

	for (size_t i = m->n; i > m->oldest && m->v[i - 1].epoch == f->epoch; i--) {
		const struct model_fault *is = &m->v[i - 1];

		if (is->page != f->page)
			continue;
		first = false;
		if (is->code == f->code && is->thread == f->thread)
			return;
	}
	m->v[m->n] = *f;
	m->v[m->n++].first = first;
	m->oldest += m->n - m->oldest > m->max;
}

static void
model_clear(struct model *m)
{
	uint32_t epoch = m->n ? m->v[m->n - 1].epoch : 0;

	for (size_t i = m->n; i > m->oldest && m->v[i - 1].epoch == epoch; i--)
		m->written += m->v[i - 1].first && m->stamped[m->v[i - 1].page];
	memset(m->stamped, 0, sizeof(m->stamped));
}

/* Whether the faults of a page are those of the list, newest first. */
static bool
model_agrees(const struct model *m, struct causes *c, uint32_t page)
{
	struct cause v[64];
	struct causes_thread thread;
	size_t n = causes_of_page(c, (uint64_t)page * PAGE, v, 64), k = 0;

	for (size_t i = m->n; i > m->oldest && k < 64; i--) {
		const struct model_fault *f = &m->v[i - 1];

		if (f->page != page)
			continue;
		if (k == n)
			return false;
		causes_thread(c, v[k].thread, &thread);
		if (v[k].epoch != f->epoch || chain_ip(c, v[k].chain) != 0xa0 + f->code ||
		    thread.tid != (pid_t)f->thread)
			return false;
		k++;
	}
	return k == n;
}

/* Random faults and clears, many times what is kept; the seed is fixed. */
static void
test_model(void)
{
	enum { BYTES = 128 << 10 };
	static struct model m;
	struct causes *c = causes_new(PAGE, BYTES);
	struct track t = {.auto_clear = true, .clears = 1, .epoch = 0, .first_ns = 1};
	struct cause_sums s;
	uint64_t seed = 12345, sum = 0;
	size_t wrong = 0;

	m.max = model_bound(BYTES);
	ok(m.max > 1000 && m.max < MODEL_FAULTS / 10, "the bound is much smaller than the test");
	for (unsigned i = 0; i < MODEL_FAULTS; i++) {
		uint32_t hot = (uint32_t)fake_below(&seed, 4) ? 200 : MODEL_PAGES;
		const struct model_fault f = {.page = (uint32_t)fake_below(&seed, hot),
		                              .epoch = t.epoch,
		                              .code = (uint32_t)fake_below(&seed, 2),
		                              .thread = 1 + (uint32_t)fake_below(&seed, 3)};

		fault(c, f.page, 0xa0 + f.code, (pid_t)f.thread, 10 + i);
		model_add(&m, &f);
		if (fake_below(&seed, 3)) {
			stamp(&t, f.page, 1);
			m.stamped[f.page] = true;
		}
		if (!fake_below(&seed, 500)) {
			model_clear(&m);
			causes_before_clear(c, &t);
			t.epoch++;
			causes_after_clear(c, &t, (11 + i) * MS);
		}
		wrong += !model_agrees(&m, c, (uint32_t)fake_below(&seed, hot));
	}
	for (uint32_t p = 0; p < MODEL_PAGES; p++)
		wrong += !model_agrees(&m, c, p);
	ok(!wrong, "every page has the faults that a list of all of them has");
	causes_before_clear(c, &t);
	model_clear(&m);
	t.epoch++;
	causes_after_clear(c, &t, (uint64_t)(11 + MODEL_FAULTS) * MS);
	causes_sum(c, &t, &all, &s);
	for (size_t i = 0; i < s.n; i++)
		sum += s.pages[i];
	ok(sum == m.written && sum > 1000, "and the sums have all that was written");
	cause_sums_free(&s);
	track_free(&t);
	causes_unref(c);
}

static void
test_chains(void)
{
	struct chains c;
	const uint64_t a[] = {1, 2, 3}, b[] = {1, 2};
	uint32_t first;

	chains_init(&c, 5 * sizeof(*a));
	first = chains_number(&c, a, 3, 0, false);
	ok(chains_number(&c, a, 3, 0, false) == first, "a chain is kept once");
	ok(chains_number(&c, b, 2, 0, false) != first && c.n == 2, "another is another");
	for (uint64_t i = 0; i < 3000; i++) {
		const uint64_t more[] = {i + 10, 9, 9, 9};

		chains_number(&c, more, 4, 0, false);
	}
	ok(chains_at(&c, first).n == 3 && chains_at(&c, c.n - 1).n == 1 && chains_at(&c, c.n - 1).cut,
	   "beyond the bound only the instruction is kept, and that says so");
	chains_free(&c);
}

static void
test_kallsyms(void)
{
	struct kallsyms k = {.read = true};

	kallsyms_take(&k, "ffffffff81000000 T _stext\n");
	kallsyms_take(&k, "ffffffff81000100 t read_zero\t[mod]\n");
	kallsyms_take(&k, "ffffffff81000200 D data\n");
	kallsyms_take(&k, "0000000000000000 T hidden\n");
	kallsyms_take(&k, "nonsense\n");
	ok(k.n == 2 && !strcmp(kallsyms_at(&k, 0xffffffff81000210), "read_zero"), "functions by address");
	ok(!kallsyms_at(&k, 0x1000), "below the first: not known");
	ok(!strcmp(kallsyms_call("__x64_sys_read"), "read") && !kallsyms_call("vfs_read"), "system calls");
	ok(!strcmp(kallsyms_call("__do_sys_io_uring_enter"), "io_uring_enter"), "... whose entry is no frame");
	kallsyms_free(&k);
}

/* Whether the reason and the remedy have these words; NULL: there is none. */
static bool
said(struct perf_bar b, const char *why, const char *how)
{
	struct perf_words w = perf_bar_words(&b);

	return !w.why == !why && (!why || strstr(w.why, why)) && !w.how == !how &&
	       (!how || strstr(w.how, how));
}

static void
test_bars(void)
{
	ok(said((struct perf_bar){EPERM, .paranoid = 2, .filtered = true, .root = true}, "seccomp", "profile") &&
	       said((struct perf_bar){ENOSYS, .paranoid = 2, .filtered = true}, "seccomp", "profile"),
	   "a seccomp filter, whichever errno it answers with");
	ok(said((struct perf_bar){ENOSYS, .paranoid = -1, .filtered = true}, "this kernel has no", NULL),
	   "a kernel without events");
	ok(said((struct perf_bar){EPERM, .paranoid = 2}, "security module", "log") &&
	       said((struct perf_bar){EACCES, .paranoid = 2, .capable = true}, "security module", "log") &&
	       said((struct perf_bar){EACCES, .paranoid = 3, .capable = true, .admin = true}, "security module", "log"),
	   "a security module, which stops even root");
	ok(said((struct perf_bar){EACCES, .paranoid = 3, .capable = true}, "is 3, and pmtop lacks CAP_SYS_ADMIN",
	        "CAP_SYS_ADMIN"),
	   "bug: CAP_PERFMON is not enough for Debian's default, and a security module was blamed");
	ok(said((struct perf_bar){EACCES, .paranoid = 3}, "perf_event_paranoid is 3", "run as root"),
	   "Debian's default, for a user");
	ok(said((struct perf_bar){EACCES, .paranoid = 3, .root = true}, "is 3", "add it to the container"),
	   "... for a root without the capability");
	ok(said((struct perf_bar){EACCES, .paranoid = 3, .root = true, .capable = true, .inside = true}, "is 3",
	        "outside of it"),
	   "... for root of a user namespace, which has it there only");
	ok(said((struct perf_bar){EACCES, .paranoid = 2, .target = "it is not dumpable"}, "not yours", "not dumpable") &&
	       said((struct perf_bar){EACCES, .paranoid = 2, .root = true}, "not yours", "add it") &&
	       said((struct perf_bar){EACCES, .paranoid = 2, .capable = true, .inside = true}, "not yours",
	            "outside of this user namespace"),
	   "another process: as a user, and as either root");
	ok(said((struct perf_bar){ENOBUFS, .paranoid = 2}, "mlock_kb", "root") &&
	       said((struct perf_bar){EMFILE, .paranoid = 2}, NULL, NULL),
	   "what has nothing to do with rights");
}

int
main(void)
{
	test_bars();
	test_records();
	test_chains();
	test_epochs();
	test_sampled();
	test_huge();
	test_bound();
	test_memory();
	test_no_past();
	test_model();
	test_kallsyms();
	return tap_done();
}
