/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * ledger TRACKER MEMORY WRITES: is every write reported, and nothing else?
 *
 * A child writes to pages of one mapping as fast as it can, and records each write in a ledger that it
 * shares with us; meanwhile we detect writes by TRACKER (soft-dirty, uffd, hash), scan after scan, with
 * pmtop's own code. The two count each other's steps: a write records how many scans had ended before it
 * and how many had begun after it. One of the scans after the first number must report it, at the latest
 * the one after the second; and what a scan reports must have been written in between. So a write that
 * races with a scan may be in it or in the next; everything else must be exact.
 *
 *   lossless   uffd: each scan re-arms what it reports. soft-dirty: one clear, then only scans, so that the
 *              first write of each page counts; in rounds, between which the writer rests.
 *              hash: pages that differ from the previous scan
 *   sampled    soft-dirty cleared after each scan: losses are printed, but are no failure
 *
 * Prints a line of numbers; exits with 0 if nothing was lost and nothing reported wrongly, else with 1, or
 * with 2 if it could not be tried.
 */
#include "live.h"

#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "target/region.h"
#include "target/sign.h"
#include "target/target.h"

enum {
	PAGES = 4096,       /* the most */
	PAGES_READ = 1024,  /* by contents: each scan reads all of them, so two huge pages are enough */
	ROUND = 5000,       /* writes */
	LEAST_SCANS = 200,  /* the writer waits for them, so that there is something to race with */
	MOST_SCANS = 100000,
};

struct entry {
	uint32_t round, page, after, before; /* written after so many scans had ended, before more than so many had begun */
};

struct shared {
	atomic_uint begun, ended; /* scans */
	atomic_uint n, done;      /* entries; the writer has ended */
	atomic_uint ready, go;    /* the writer is there; the clear is done */
	atomic_uint rests, round; /* the writer waits for the next round */
	uintptr_t base;
	struct entry v[];
};

static struct shared *sh;
static size_t page_size;
static unsigned writes;
static uint32_t pages = PAGES;
static uint32_t huge; /* pages of a huge page, which soft-dirty reports as one */
static bool coarse; /* a huge page is reported as one */
static bool by_rounds; /* the first write of each page counts, in each round */

static void
die(const char *what, const char *why)
{
	fprintf(stderr, "ledger: %s: %s\n", what, why);
	exit(2);
}

/* --- the writer ------------------------------------------------------------------------------- */

static uint64_t
next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static void
write_page(volatile uint64_t *base, uint32_t page, uint64_t value)
{
	struct entry *e = &sh->v[sh->n];

	e->page = page;
	e->round = atomic_load(&sh->round);
	e->after = atomic_load(&sh->ended);
	base[page * page_size / sizeof(*base)] = value;
	atomic_thread_fence(memory_order_seq_cst);
	e->before = atomic_load(&sh->begun);
	atomic_fetch_add(&sh->n, 1);
}

static _Noreturn void
writer(char *memory, pid_t parent)
{
	unsigned step = writes / LEAST_SCANS + 1, scans;
	uint64_t random = 88172645463325252;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	for (unsigned i = 0; i < pages; i++) /* a fork does not copy the page tables of shared memory */
		(void)((volatile char *)memory)[i * page_size];
	atomic_fetch_add(&sh->ready, 1);
	while (!atomic_load(&sh->go))
		sched_yield();
	for (unsigned i = 0; i < writes; i++) {
		/* half of the writes go to an eighth of the pages; one page in sixteen is never written */
		uint64_t r = next_random(&random);
		uint32_t page = (uint32_t)(r >> 33) % (r & 1 ? pages : pages / 8);

		write_page((volatile uint64_t *)(void *)memory, page - (page % 16 == 15), i + 2);
		if (by_rounds && i % ROUND == ROUND - 1) {
			atomic_store(&sh->rests, 1);
			while (atomic_load(&sh->rests))
				sched_yield();
		}
		if (i % step)
			continue;
		scans = atomic_load(&sh->begun);
		while (atomic_load(&sh->begun) == scans)
			sched_yield();
	}
	atomic_store(&sh->done, 1);
	for (;;)
		pause();
}

static char *
make_memory(const char *kind)
{
	size_t size = pages * page_size, align = huge * page_size;
	bool shared = !strcmp(kind, "shm");
	char *p = mmap(NULL, size + align, PROT_READ | PROT_WRITE, (shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		die("mmap", strerror(errno));
	p = (char *)(((uintptr_t)p + align - 1) & ~(align - 1));
	if (!strcmp(kind, "thp"))
		madvise(p, size, MADV_HUGEPAGE);
	else
		madvise(p, size, MADV_NOHUGEPAGE);
	for (unsigned i = 0; i < pages; i++) /* the same on all: what is written differs */
		p[i * page_size] = 1;
	return p;
}

/* --- the scans -------------------------------------------------------------------------------- */

static uint8_t *reported; /* [scan][page / 8] */

static bool
is_reported(unsigned scan, uint32_t page)
{
	return reported[(size_t)scan * (PAGES / 8) + page / 8] >> (page % 8) & 1;
}

static void
report(unsigned scan, uint64_t start, uint64_t end)
{
	for (uint64_t at = u64_max(start, sh->base); at < end && at < sh->base + pages * page_size; at += page_size) {
		uint32_t page = (uint32_t)((at - sh->base) / page_size);

		reported[(size_t)scan * (PAGES / 8) + page / 8] |= (uint8_t)(1 << page % 8);
	}
}

struct watch {
	struct target t;
	struct vma_list vmas;
	const struct vma *v;
	struct err err;
	bool sampled;
	unsigned scans;
};

/* Scans the region: the track learns what was written. */
static void
measure(struct watch *w, uint64_t now)
{
	struct strip_cell strip[LIST_STRIP];
	struct region r;

	if (region_measure(&w->t, w->v, now, &r, strip, LIST_STRIP, &w->err) != 0)
		die("scan", w->err.what);
	if (w->t.track.tracker != TRACKER_HASH && r.doubt)
		die("scan", track_doubt_words((enum track_doubt)r.doubt));
}

static void
clear(struct watch *w)
{
	if (target_clear(&w->t, &w->vmas, &w->err) < 0)
		die(w->err.what, w->err.why);
}

/* Copies what this scan reported, in `epoch` or at `now`, to its row. */
static void
collect(const struct watch *w, uint32_t epoch, uint64_t now)
{
	const struct track *t = &w->t.track;

	struct stamps_at stamps = track_stamps(t, 0, UINT64_MAX);
	struct track_stamp s;

	while (stamps_next(&stamps, &s))
		if (t->tracker == TRACKER_SOFT_DIRTY ? s.time_ns == now : s.epoch == epoch)
			report(w->scans, s.start, s.end);
}

/* One scan, numbered from 1. */
static void
scan(struct watch *w)
{
	struct track *t = &w->t.track;
	uint64_t now = time_ns();
	uint32_t epoch = t->epoch;

	if (++w->scans >= MOST_SCANS)
		die("scans", "too many");
	atomic_fetch_add(&sh->begun, 1);
	if (t->tracker == TRACKER_UFFD) {
		clear(w); /* reports what it re-arms */
	} else if (t->tracker == TRACKER_HASH) {
		sign_pages(&w->t, w->v, w->v->start, w->v->end, now);
		epoch = t->epoch;
	} else {
		measure(w, now);
	}
	collect(w, epoch, now);
	if (w->sampled)
		clear(w);
	atomic_fetch_add(&sh->ended, 1);
}

static void
next_round(struct watch *w)
{
	scan(w);
	clear(w);
	atomic_fetch_add(&sh->round, 1);
	atomic_store(&sh->rests, 0);
}

static void
watch_open(struct watch *w, pid_t pid, const char *tracker)
{
	struct track *t = &w->t.track;

	if (target_open(&w->t, PROC_ROOT, pid, &w->err) < 0 || target_open_pages(&w->t, &w->err) < 0 ||
	    target_regions(&w->t, &w->vmas, &w->err) < 0)
		die(w->err.what, w->err.why);
	w->v = vma_at(&w->vmas, sh->base);
	t->allow = true;
	if (!tracker_find(tracker, &t->choice))
		die(tracker, "no such tracker");
	target_probe_trackers(&w->t);
	if (t->can != TRACK_YES)
		die(tracker, t->why);
	t->scope = (struct track_range){sh->base, sh->base + pages * page_size};
	t->auto_clear = t->tracker == TRACKER_UFFD;
	clear(w);
	if (t->tracker == TRACKER_HASH)
		sign_pages(&w->t, w->v, w->v->start, w->v->end, time_ns());
}

/* --- the account ------------------------------------------------------------------------------ */

struct account {
	unsigned lost, extra, reported, once; /* page writes; pages reported; writes that counted */
};

/* The pages that each scan may report. */
static uint8_t *
may_be_reported(unsigned scans)
{
	uint8_t *may = mem_alloc((size_t)(scans + 2) * (PAGES / 8));

	for (unsigned i = 0; i < sh->n; i++) {
		const struct entry *e = &sh->v[i];
		uint32_t first = coarse ? e->page / huge * huge : e->page, last = coarse ? first + huge - 1 : e->page;

		for (unsigned k = e->after + 1; k <= e->before + 1 && k <= scans; k++)
			for (uint32_t p = first; p <= last; p++)
				may[(size_t)k * (PAGES / 8) + p / 8] |= (uint8_t)(1 << p % 8);
	}
	return may;
}

static void
balance(const struct watch *w, struct account *a)
{
	uint8_t *may = may_be_reported(w->scans);
	uint32_t seen[PAGES] = {0}; /* 1 + the round */

	for (unsigned i = 0; i < sh->n; i++) {
		const struct entry *e = &sh->v[i];
		uint32_t unit = coarse ? e->page / huge * huge : e->page;
		bool found = false;

		if (by_rounds && seen[unit] == e->round + 1)
			continue;
		seen[unit] = e->round + 1;
		a->once++;
		for (unsigned k = e->after + 1; k <= e->before + 1 && k <= w->scans; k++)
			found |= is_reported(k, e->page);
		a->lost += !found;
	}
	for (unsigned k = 1; k <= w->scans; k++)
		for (uint32_t p = 0; p < pages; p++)
			if (is_reported(k, p)) {
				a->reported++;
				a->extra += !(may[(size_t)k * (PAGES / 8) + p / 8] >> (p % 8) & 1);
			}
	free(may);
}

int
main(int argc, char **argv)
{
	struct watch w = {.sampled = argc > 4 && !strcmp(argv[4], "sampled")};
	struct account a = {0};
	pid_t self = getpid(), child;
	char *memory;

	if (argc < 4)
		die("usage", "ledger soft-dirty|uffd|hash anon|thp|shm WRITES [sampled]");
	by_rounds = !strcmp(argv[1], "soft-dirty") && !w.sampled;
	if (!strcmp(argv[1], "hash"))
		pages = PAGES_READ;
	page_size = (size_t)sysconf(_SC_PAGESIZE);
	huge = (uint32_t)huge_pages();
	writes = (unsigned)atoi(argv[3]);
	reported = mem_alloc((size_t)MOST_SCANS * (PAGES / 8));
	sh = mmap(NULL, sizeof(*sh) + writes * sizeof(struct entry), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		die("mmap", strerror(errno));
	memory = make_memory(argv[2]);
	sh->base = (uintptr_t)memory;
	child = fork();
	if (child == 0)
		writer(memory, self);
	while (!atomic_load(&sh->ready))
		sched_yield();
	munmap(memory, pages * page_size); /* ours would keep the child's pages shared */
	watch_open(&w, child, argv[1]);
	coarse = w.t.track.tracker == TRACKER_SOFT_DIRTY && !strcmp(argv[2], "thp");
	atomic_store(&sh->go, 1);
	while (!atomic_load(&sh->done)) {
		scan(&w);
		if (atomic_load(&sh->rests))
			next_round(&w);
	}
	scan(&w);
	balance(&w, &a);
	printf("%s %s: %u writes, %u scans, %u pages reported, %u lost of %u, %u extra\n", argv[1], argv[2], sh->n,
	       w.scans, a.reported, a.lost, a.once, a.extra);
	vma_free(&w.vmas);
	target_close(&w.t);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	free(reported);
	return a.extra || (a.lost && !w.sampled);
}
