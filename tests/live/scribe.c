/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * scribe TRACKER FAULTS: is every written page attributed to the code and the thread that wrote it?
 *
 * A child's threads write to pages of one mapping, each to its own, by functions drawn by lot: plain,
 * vector and atomic stores, memcpy(), read(2). Each write goes into a ledger that the child shares with
 * us, with the clears that had ended before it and those that had begun after it. We clear again and
 * again, by pmtop's own code, after short and long intervals, and compare: the writer of a page in an
 * interval must be the first that the ledger has in it. A write that races with a clear may be in the
 * interval that it ends or in the next; everything else must be exact. Some pages are read first by
 * another function, and then written: where pmtop decodes instructions these have a writer, elsewhere
 * candidates. Some we write from outside: no fault; and some of these the child reads before: what only
 * read them is no writer. Until FAULTS pages have been attributed.
 *
 * scribe write: says "ready PID" and where the memory of a child is. For each line read, the child
 * writes 40 pages by stores, 30 by vectors, 20 by atomics, 10 by memcpy() and 5 by read(2); and in a
 * thread "scribe-1" 7 pages by stores, and 3 that it reads first. 4 it reads, and another process writes
 * them. Then it says "ok".
 *
 * Prints a line of numbers; exits with 0 if nothing is wrong, else with 1, or with 2 if it could not be tried.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "symbol/helper.h"
#include "target/code.h"
#include "target/region.h"
#include "target/target.h"

#define PAGE ((int)sysconf(_SC_PAGESIZE))
#define SCALED(pages) ((pages) / (uint32_t)(PAGE / 4096)) /* as much memory, whatever the size of pages */
#define FRESH SCALED(65536)   /* read once, and then written once */
#define FOREIGN SCALED(16384) /* read once, and then written by us */
#define ALL (PAGES + OUTSIDE + IDLE + FRESH + FOREIGN)

enum {
	PAGES = 4096,   /* written again and again */
	OUTSIDE = 16,   /* written by us */
	IDLE = 64,      /* never written */
	THREADS = 3,
	ENTRIES = 4000000,
	EPOCHS = 4000,
};

enum how { STORE, VECTOR, ATOMIC, COPY, READ, HOWS, LOOK = HOWS, UNKNOWN };

struct entry {
	uint32_t page;
	uint16_t after, before; /* clears that had ended before it, and begun after it */
	uint8_t how, thread;
};

struct shared {
	atomic_uint begun, ended; /* clears */
	atomic_uint ready, stop, n, fresh, foreign, written; /* `written`, of those, so far */
	atomic_int tid[THREADS];
	struct entry v[ENTRIES];
};

static struct shared *sh;
static uint8_t *memory; /* PAGES, OUTSIDE, IDLE, FRESH, FOREIGN */

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "scribe: %s: %s\n", what, why);
	exit(2);
}

static uint64_t
next_random(uint64_t *x)
{
	*x ^= *x << 13;
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

/* --- what writes: each in a section of its own, whose addresses the linker tells -------------------- */

typedef uint64_t vector __attribute__((vector_size(16)));

#define WRITES(name) __attribute__((noinline, section("in_" #name))) static void scribe_##name
#define SECTION(name) extern const char __start_in_##name[], __stop_in_##name[]

WRITES(store)(volatile uint8_t *at)
{
	at[64] = 1;
}

WRITES(vector)(volatile uint8_t *at)
{
	*(volatile vector *)(volatile void *)(at + 128) = (vector){1, 2};
}

/* Not in a function of libgcc's, which chooses the instruction that the processor has. */
#ifdef __aarch64__
__attribute__((target("no-outline-atomics")))
#endif
WRITES(atomic)(volatile uint8_t *at)
{
	atomic_fetch_add((volatile _Atomic(uint32_t) *)(volatile void *)(at + 256), 1);
}

WRITES(copy)(volatile uint8_t *at)
{
	static uint8_t from[512];
	size_t n = 300;

	__asm__("" : "+r"(n));
	memcpy((void *)(uintptr_t)(at + 512), from, n);
	__asm__ volatile("" ::: "memory");
}

WRITES(read)(volatile uint8_t *at)
{
	static int zero = -1;

	if (zero < 0)
		zero = open("/dev/zero", O_RDONLY | O_CLOEXEC);
	if (read(zero, (void *)(uintptr_t)(at + 1024), 16) != 16)
		_exit(2);
}

WRITES(look)(volatile uint8_t *at)
{
	(void)at[2048];
}

static void (*const ways[])(volatile uint8_t *) = {
    scribe_store, scribe_vector, scribe_atomic, scribe_copy, scribe_read, scribe_look};

SECTION(store);
SECTION(vector);
SECTION(atomic);
SECTION(look);

/* What an instruction belongs to, worked out without pmtop. */
static enum how
how_of(const struct causes_chain *chain)
{
	const char *ip = (const char *)(uintptr_t)chain->frames[0];
	Dl_info in;

	if (chain->kernel)
		return READ;
#define IN(name, how) \
	if (ip >= __start_in_##name && ip < __stop_in_##name) \
		return how
	IN(store, STORE);
	IN(vector, VECTOR);
	IN(atomic, ATOMIC);
	IN(look, LOOK);
	return dladdr(ip, &in) && in.dli_fname && strstr(in.dli_fname, "libc.so") ? COPY : UNKNOWN;
}

/* --- the child -------------------------------------------------------------------------------------- */

static void
scribe_enter(uint32_t page, enum how how, unsigned thread)
{
	struct entry e = {.page = page, .how = (uint8_t)how, .thread = (uint8_t)thread};
	unsigned i;

	e.after = (uint16_t)atomic_load(&sh->ended);
	ways[how](memory + (size_t)page * PAGE);
	atomic_thread_fence(memory_order_seq_cst);
	e.before = (uint16_t)atomic_load(&sh->begun);
	i = atomic_fetch_add(&sh->n, 1);
	if (i >= ENTRIES)
		_exit(3);
	sh->v[i] = e;
}

static void *
scribe_thread(void *arg)
{
	unsigned thread = (unsigned)(uintptr_t)arg;
	uint64_t random = 88172645463325252 + thread * 977;
	char name[16];

	snprintf(name, sizeof(name), "scribe-%u", thread);
	pthread_setname_np(pthread_self(), name);
	atomic_store(&sh->tid[thread], gettid());
	atomic_fetch_add(&sh->ready, 1);
	while (!atomic_load(&sh->ended))
		sched_yield();
	while (!atomic_load(&sh->stop)) {
		uint64_t r = next_random(&random);
		uint32_t page = (uint32_t)(r >> 33) % (r & 1 ? PAGES : PAGES / 8);
		uint32_t fresh;

		page = page / THREADS * THREADS + thread;
		if (page < PAGES)
			scribe_enter(page, (r >> 20) % HOWS, thread);
		if ((r >> 8) % 64 == 0 && (fresh = atomic_fetch_add(&sh->fresh, 1)) < FRESH) {
			fresh += PAGES + OUTSIDE + IDLE;
			scribe_enter(fresh, LOOK, thread);
			scribe_enter(fresh, (r >> 20) % READ, thread);
		}
		if ((r >> 14) % 64 == 0 && (fresh = atomic_load(&sh->foreign)) < FOREIGN && !thread) {
			scribe_enter(fresh + ALL - FOREIGN, LOOK, thread);
			atomic_store(&sh->foreign, fresh + 1);
		}
		if ((r >> 40) % 16 == 0)
			sched_yield();
	}
	return NULL;
}

static _Noreturn void
scribe_child(pid_t parent)
{
	pthread_t t[THREADS];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, scribe_thread, (void *)i) != 0)
			_exit(2);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	atomic_store(&sh->stop, 2);
	for (;;)
		pause();
}

/* --- the watch -------------------------------------------------------------------------------------- */

/* What pmtop says of a page that was written in an epoch. */
struct claim {
	uint32_t page;
	uint16_t epoch;
	uint8_t n, read;           /* candidates; and code that is none, as it only reads */
	uint8_t how[CAUSES_MOST], thread[CAUSES_MOST];
};

struct watch {
	struct target t;
	struct vma_list vmas;
	const struct vma *v;
	struct codes codes;
	struct err err;
	struct claim *claim;
	size_t claims, claims_cap, pages;
};

static uint8_t
thread_of(struct watch *w, uint32_t number)
{
	struct causes_thread t;

	causes_thread(w->t.causes, number, &t);
	for (uint8_t i = 0; i < THREADS; i++)
		if (atomic_load(&sh->tid[i]) == t.tid)
			return i;
	return THREADS;
}

static void
claim_page(struct watch *w, uint32_t page, uint32_t epoch)
{
	uint64_t at = (uintptr_t)memory + (uint64_t)page * PAGE;
	struct claim c = {.page = page, .epoch = (uint16_t)epoch};
	struct cause v[32];
	size_t n;

	if (!track_was_written(&w->t.track, at, epoch))
		return;
	n = causes_of_page(w->t.causes, at, v, ARRAY_LEN(v));
	for (size_t i = 0; i < n; i++) {
		struct causes_chain chain;

		if (v[i].epoch != epoch || c.n == CAUSES_MOST)
			continue;
		if (code_reads(&w->codes, &w->t, &w->vmas, w->t.causes, v[i].chain)) {
			c.read++;
			continue;
		}
		causes_chain(w->t.causes, v[i].chain, &chain);
		c.how[c.n] = (uint8_t)how_of(&chain);
		c.thread[c.n++] = thread_of(w, v[i].thread);
		free(chain.frames);
	}
	w->claim = vec_room(w->claim, w->claims, &w->claims_cap, sizeof(*w->claim));
	w->claim[w->claims++] = c;
}

/* Asks for every page that may have been touched. */
static void
claim_all(struct watch *w, uint32_t epoch)
{
	uint32_t fresh = (uint32_t)u64_min(atomic_load(&sh->fresh), FRESH);
	uint32_t foreign = atomic_load(&sh->foreign);

	w->t.source->ops->faults->drain(w->t.source);
	for (uint32_t p = 0; p < PAGES + OUTSIDE + IDLE + fresh; p++)
		claim_page(w, p, epoch);
	for (uint32_t p = ALL - FOREIGN; p < ALL - FOREIGN + foreign; p++)
		claim_page(w, p, epoch);
}

static void
measure(struct watch *w)
{
	struct strip_cell strip[LIST_STRIP];
	struct region r;

	if (region_measure(&w->t, w->v, time_ns(), &r, strip, LIST_STRIP, &w->err) != 0)
		die("scan", w->err.what);
}

static void
clear(struct watch *w)
{
	bool first = !w->t.track.clears;

	if (atomic_load(&sh->begun) >= EPOCHS)
		die("epochs", "too many");
	if (!first)
		atomic_fetch_add(&sh->begun, 1);
	if (target_clear(&w->t, &w->vmas, &w->err) < 0)
		die(w->err.what, w->err.why);
	if (first) /* which no write was before */
		atomic_fetch_add(&sh->begun, 1);
	atomic_fetch_add(&sh->ended, 1);
}

static void
write_page(pid_t pid, uint32_t page)
{
	uint8_t one = 1;
	struct iovec from = {&one, 1}, to = {memory + (size_t)page * PAGE, 1};

	if (process_vm_writev(pid, &from, 1, &to, 1, 0) != 1)
		die("process_vm_writev", strerror(errno));
}

/* Those that were read since the last time, too. */
static void
write_from_outside(pid_t pid)
{
	for (uint32_t i = 0; i < OUTSIDE; i++)
		write_page(pid, PAGES + i);
	for (uint32_t n = atomic_load(&sh->foreign); sh->written < n; sh->written++)
		write_page(pid, ALL - FOREIGN + sh->written);
}

static void
interval(struct watch *w, pid_t pid, unsigned ms)
{
	const struct timespec t = {0, ms * 1000000L};
	uint32_t epoch = w->t.track.epoch;

	nanosleep(&t, NULL);
	write_from_outside(pid);
	if (w->t.track.auto_clear) {
		measure(w);
		clear(w);
		claim_all(w, epoch);
		return;
	}
	measure(w);
	claim_all(w, epoch);
	clear(w);
}

static void
watch_open(struct watch *w, pid_t pid, const char *tracker)
{
	struct track *t = &w->t.track;

	if (target_open(&w->t, PROC_ROOT, pid, &w->err) < 0 || target_open_pages(&w->t, &w->err) < 0 ||
	    target_regions(&w->t, &w->vmas, &w->err) < 0)
		die(w->err.what, w->err.why);
	w->v = vma_at(&w->vmas, (uintptr_t)memory);
	t->allow = true;
	if (!tracker_find(tracker, &t->choice))
		die(tracker, "no such tracker");
	target_probe_trackers(&w->t);
	if (t->can != TRACK_YES)
		die(tracker, t->why);
	t->scope = (struct track_range){(uintptr_t)memory,
	                                (uintptr_t)memory + (uint64_t)ALL * PAGE};
	t->auto_clear = !strcmp(tracker, "uffd");
	w->t.budget = 0;
	if (target_watch_faults(&w->t, &w->err) < 0)
		die(w->err.what, w->err.why);
}

/* --- the account ------------------------------------------------------------------------------------ */

struct account {
	unsigned certain, wrong, several, without, unseen, outside, made_up, read_first;
	unsigned one, foreign, readers; /* one fault at all; written by us after a read, which faulted */
};

/* The entries of a page, in their order. */
struct page_entries {
	const struct entry **v;
	size_t n, cap;
};

/*
 * Whether an entry of the page may be the first write, or fault, of the epoch: all that may be in it, up
 * to the first that is in it for certain.
 */
static bool
may_be_first(const struct page_entries *p, const struct claim *c, uint8_t how, uint8_t thread)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct entry *e = p->v[i];

		if (e->after > c->epoch || e->before < c->epoch)
			continue;
		if (e->how == how && e->thread == thread)
			return true;
		if (e->after == c->epoch && e->before == c->epoch && e->how != LOOK)
			break;
	}
	return false;
}

static bool
was_read_first(const struct page_entries *p, uint32_t epoch)
{
	return p->n == 2 && p->v[0]->how == LOOK && p->v[0]->after == epoch && p->v[1]->before == epoch;
}

static void
judge(const struct page_entries *p, const struct claim *c, struct account *a)
{
	bool right = false;

	a->one += c->n + c->read == 1;
	if (c->page >= ALL - FOREIGN) {
		a->foreign++;
		a->readers += c->n + c->read != 0;
		a->made_up += c->n != 0;
		return;
	}
	if (c->page >= PAGES && c->page < PAGES + OUTSIDE) {
		a->outside++;
		a->made_up += c->n != 0;
		return;
	}
	if (!p->n) {
		a->made_up++;
		return;
	}
	for (size_t i = 0; i < c->n; i++)
		right |= c->how[i] != LOOK && may_be_first(p, c, c->how[i], c->thread[i]);
	a->certain += c->n == 1;
	a->wrong += c->n == 1 && !right;
	a->several += c->n > 1;
	a->without += c->n > 1 && !right;
	a->unseen += c->n == 0;
	a->read_first += c->n == 1 && was_read_first(p, c->epoch);
}

static void
balance(const struct watch *w, struct account *a)
{
	struct page_entries *p = mem_alloc(ALL * sizeof(*p));

	for (unsigned i = 0; i < sh->n; i++) {
		struct page_entries *is = &p[sh->v[i].page];

		is->v = vec_room(is->v, is->n, &is->cap, sizeof(*is->v));
		is->v[is->n++] = &sh->v[i];
	}
	for (size_t i = 0; i < w->claims; i++)
		judge(&p[w->claim[i].page], &w->claim[i], a);
	for (size_t i = 0; i < ALL; i++)
		free(p[i].v);
	free(p);
}

/*
 * Nothing is wrong, and everything was there to be tried: code that reads before another writes is
 * known to, or else nothing is claimed.
 */
static bool
is_right(const struct account *a, size_t wanted)
{
	if (a->wrong || a->without || a->unseen || !a->outside || a->certain < wanted / 2)
		return false;
	if (helper_decodes())
		return !a->made_up && a->read_first && a->readers;
	return a->made_up == a->readers && !a->read_first && a->several;
}

/* --- a child that writes when told ------------------------------------------------------------------ */

__attribute__((noinline)) static void
scribe_some(uint32_t first, unsigned pages, enum how how)
{
	for (uint32_t i = 0; i < pages; i++)
		ways[how](memory + (size_t)(first + i) * PAGE);
	__asm__ volatile("");
}

static _Noreturn void *
scribe_clerk(void *arg)
{
	unsigned turn = 0;

	(void)arg;
	pthread_setname_np(pthread_self(), "scribe-1");
	for (;;) {
		while (atomic_load(&sh->ready) == turn)
			sched_yield();
		scribe_some(1000, 7, STORE);
		scribe_some(PAGES + 3 * turn, 3, LOOK);
		scribe_some(PAGES + 3 * turn, 3, STORE);
		atomic_store(&sh->fresh, ++turn);
	}
}

static void
scribe_turn(unsigned turn)
{
	static const unsigned pages[] = {40, 30, 20, 10, 5};

	for (uint32_t how = STORE; how < HOWS; how++)
		scribe_some(100 * how, pages[how], how);
	atomic_store(&sh->ready, turn);
	while (atomic_load(&sh->fresh) < turn)
		sched_yield();
	scribe_some(ALL - 4 * turn, 4, LOOK);
	atomic_store(&sh->foreign, turn);
	while (atomic_load(&sh->written) < turn)
		sched_yield();
	printf("ok\n");
	fflush(stdout);
}

/* The other process. */
static int
scribe_beside(pid_t child)
{
	const struct timespec soon = {0, 1000000};

	while (waitpid(child, NULL, WNOHANG) == 0) {
		for (; sh->written < atomic_load(&sh->foreign); sh->written++)
			for (uint32_t i = 0; i < 4; i++)
				write_page(child, ALL - 4 * (sh->written + 1) + i);
		nanosleep(&soon, NULL);
	}
	return 0;
}

static int
scribe_write(size_t size)
{
	pid_t parent = getpid(), child = fork();
	pthread_t t;
	char line[64];

	if (child > 0)
		return scribe_beside(child);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent || pthread_create(&t, NULL, scribe_clerk, NULL) != 0)
		_exit(2);
	scribe_some(0, PAGES, STORE);
	printf("ready %d %llx %llx\n", (int)getpid(), (unsigned long long)(uintptr_t)memory,
	       (unsigned long long)(uintptr_t)memory + size);
	fflush(stdout);
	for (unsigned turn = 1; fgets(line, sizeof(line), stdin); turn++)
		scribe_turn(turn);
	_exit(0);
}

int
main(int argc, char **argv)
{
	static const unsigned lengths[] = {5, 20, 60, 10, 200};
	size_t size = (size_t)ALL * PAGE;
	struct watch w = {0};
	struct account a = {0};
	struct causes_totals is;
	pid_t self = getpid(), child;
	size_t wanted;

	helper_main(argc, argv);
	if (argc != 3 && !(argc == 2 && !strcmp(argv[1], "write")))
		die("usage", "scribe soft-dirty|uffd FAULTS, or scribe write");
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sh == MAP_FAILED || memory == MAP_FAILED)
		die("mmap", strerror(errno));
	madvise(memory, size, MADV_NOHUGEPAGE);
	if (argc == 2)
		return scribe_write(size);
	wanted = (size_t)atoi(argv[2]);
	alarm(600);
	child = fork();
	if (child == 0)
		scribe_child(self);
	while (atomic_load(&sh->ready) < THREADS)
		sched_yield();
	watch_open(&w, child, argv[1]);
	clear(&w);
	for (unsigned i = 0; w.claims < wanted; i++)
		interval(&w, child, lengths[i % ARRAY_LEN(lengths)]);
	atomic_store(&sh->stop, 1);
	while (atomic_load(&sh->stop) != 2)
		sched_yield();
	balance(&w, &a);
	causes_totals(w.t.causes, &is);
	printf("%s: %u writes, %u clears, %zu written pages: %u with one fault, %u with a writer, %u wrong; "
	       "%u with several candidates, %u without the writer among them; %u unseen; %u of %u from outside "
	       "(%u of them read before), or not written, attributed; %u read first and certain; %llu lost\n",
	       argv[1], sh->n, sh->ended, w.claims, a.one, a.certain, a.wrong, a.several, a.without, a.unseen,
	       a.made_up, a.outside + a.foreign, a.readers, a.read_first, (unsigned long long)is.lost);
	codes_free(&w.codes);
	vma_free(&w.vmas);
	target_close(&w.t);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	free(w.claim);
	return !is_right(&a, wanted);
}
