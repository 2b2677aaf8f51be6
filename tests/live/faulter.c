/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * faulter MODE: are all page faults of a process seen, once each, or counted as lost? A child faults, and
 * we watch it by pmtop's own code.
 *
 *   lost     with a ring of one page: what the kernel counts for the child = faults seen + lost
 *   churn    200 threads start a second, while the watch is opened and closed: every page that one of them
 *            touched while it was open has one fault, of that thread; no fault counts twice
 *   threads  of 500 threads, then of as many as descriptors allow: the others are counted
 *   death    the child is killed meanwhile
 *
 * Prints a line of numbers; exits with 0 if all is right, else with 1, or with 2 if it could not be tried.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "cause/faults.h"

#define PAGE ((int)sysconf(_SC_PAGESIZE))
enum { TOUCHES = 8, THREADS_MOST = 16384, ROUNDS = 10, MANY = 500 };

struct shared {
	atomic_uint round;    /* which watch is open; 0: none */
	atomic_uint touching; /* threads that have read it, and not touched their page yet */
	atomic_uint started, go, done, stop;
	struct {
		atomic_int tid;
		atomic_uint round[TOUCHES]; /* the watch that was open before that page was touched */
	} thread[THREADS_MOST];
};

static struct shared *sh;
static char *memory;

static _Noreturn void
die(const char *what, const char *why)
{
	fprintf(stderr, "faulter: %s: %s\n", what, why);
	exit(2);
}

static void
wait_for(atomic_uint *value, unsigned least)
{
	while (atomic_load(value) < least)
		sched_yield();
}

static void
pause_ms(unsigned ms)
{
	const struct timespec t = {0, ms * 1000000L};

	nanosleep(&t, NULL);
}

/* --- the child -------------------------------------------------------------------------------- */

static void
child_lost(void)
{
	enum { PAGES = 1000, TIMES = 60 };

	for (unsigned i = 0; i < TIMES; i++) {
		for (unsigned k = 0; k < PAGES; k++)
			((volatile char *)memory)[k * PAGE] = 1;
		madvise(memory, PAGES * PAGE, MADV_DONTNEED);
	}
}

static void *
child_thread(void *arg)
{
	size_t i = (size_t)arg;

	atomic_store(&sh->thread[i].tid, gettid());
	for (size_t k = 0; k < TOUCHES; k++) {
		atomic_fetch_add(&sh->touching, 1);
		atomic_store(&sh->thread[i].round[k], atomic_load(&sh->round));
		((volatile char *)memory)[(i * TOUCHES + k) * PAGE] = 1;
		atomic_fetch_sub(&sh->touching, 1);
		if (k == TOUCHES / 2)
			pause_ms(3);
	}
	return NULL;
}

static void
child_churn(void)
{
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
	for (size_t i = 0; i < THREADS_MOST && !atomic_load(&sh->stop); i++) {
		if (pthread_create(&t, &a, child_thread, (void *)i) != 0)
			_exit(2);
		atomic_fetch_add(&sh->started, 1);
		pause_ms(4);
	}
}

static _Noreturn void *
child_waiting(void *arg)
{
	size_t i = (size_t)arg;

	atomic_store(&sh->thread[i].tid, gettid());
	atomic_fetch_add(&sh->started, 1);
	while (!atomic_load(&sh->go))
		pause_ms(50);
	for (size_t k = 0; k < TOUCHES; k++)
		((volatile char *)memory)[(i * TOUCHES + k) * PAGE] = 1;
	atomic_fetch_add(&sh->done, 1);
	for (;;)
		pause();
}

static void
child_threads(void)
{
	pthread_attr_t a;
	pthread_t t;

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 256 << 10);
	for (size_t i = 0; i < MANY; i++) {
		errno = pthread_create(&t, &a, child_waiting, (void *)i);
		if (errno)
			die("pthread_create", strerror(errno));
	}
	wait_for(&sh->done, MANY);
}

static pid_t
child_start(void (*run)(void))
{
	pid_t parent = getpid(), pid;

	memset(sh, 0, sizeof(*sh));
	pid = fork();
	if (pid < 0)
		die("fork", strerror(errno));
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(2);
	if (run == child_lost) {
		wait_for(&sh->go, 0); /* it faults on what it needs for waiting: before it is watched */
		sched_yield();
		atomic_store(&sh->started, 1);
		wait_for(&sh->go, 1);
	}
	run();
	atomic_store(&sh->stop, 2);
	for (;;)
		pause();
}

/* --- the watch -------------------------------------------------------------------------------- */

struct watch {
	struct proc p;
	struct causes *c;
	struct faults *f;
	uint64_t open_ns;
};

static void
watch_open(struct watch *w, pid_t pid)
{
	struct err err;
	uint64_t begin;

	if (proc_open(&w->p, PROC_ROOT, pid, &err) < 0)
		die(err.what, err.why);
	w->c = causes_new(PAGE, 64 << 20);
	begin = time_ns();
	w->f = faults_open(&w->p, w->c, 0, &err);
	if (!w->f)
		die(err.what, err.why);
	w->open_ns = time_ns() - begin;
}

static struct causes_totals
watch_close(struct watch *w)
{
	struct causes_totals is;

	faults_close(w->f);
	causes_totals(w->c, &is);
	proc_close(&w->p);
	return is;
}

/* Page faults of the process so far, by the kernel; of its threads that have ended, too. */
static uint64_t
kernel_count(struct watch *w)
{
	struct proc_activity a;

	if (!proc_activity_read(&w->p, &a))
		die("stat", "not readable");
	return a.minflt + a.majflt;
}

static void
child_end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Returns whether all are seen or lost, and some seen. */
static bool
lose(uint64_t *lost)
{
	struct watch w;
	struct causes_totals is;
	pid_t pid = child_start(child_lost);
	uint64_t before, after;

	wait_for(&sh->started, 1);
	watch_open(&w, pid);
	before = kernel_count(&w);
	atomic_store(&sh->go, 1);
	wait_for(&sh->stop, 2);
	after = kernel_count(&w);
	is = watch_close(&w);
	printf("lost: %llu faults, %llu seen, %llu lost, %lld neither\n",
	       (unsigned long long)(after - before), (unsigned long long)is.faults,
	       (unsigned long long)is.lost, (long long)(after - before - is.faults - is.lost));
	causes_unref(w.c);
	child_end(pid);
	*lost = is.lost;
	return is.faults && is.faults + is.lost == after - before;
}

/* Whoever reads fast enough loses none: then it is tried again. */
static int
test_lost(void)
{
	uint64_t lost = 0;

	faults_ring_most = PAGE;
	for (int tries = 0; tries < 20 && !lost; tries++)
		if (!lose(&lost))
			return 1;
	return !lost;
}

struct account {
	unsigned pages, missed, foreign, twice, lost;
};

static void
churn_account(struct watch *w, unsigned round, struct account *a)
{
	for (size_t i = 0; i < atomic_load(&sh->started); i++)
		for (size_t k = 0; k < TOUCHES; k++) {
			uint64_t at = (uintptr_t)memory + (i * TOUCHES + k) * PAGE;
			struct causes_thread t;
			struct cause v[2];
			size_t n;

			if (atomic_load(&sh->thread[i].round[k]) != round)
				continue;
			n = causes_of_page(w->c, at, v, 2);
			a->pages++;
			a->missed += n == 0;
			a->twice += n > 1;
			if (!n)
				continue;
			causes_thread(w->c, v[0].thread, &t);
			a->foreign += t.tid != atomic_load(&sh->thread[i].tid);
		}
}

static int
test_churn(void)
{
	struct account a = {0};
	struct causes_totals is;
	pid_t pid = child_start(child_churn);
	unsigned more = 0;
	struct watch w;

	for (unsigned round = 1; round <= ROUNDS; round++) {
		uint64_t before, after;

		wait_for(&sh->started, atomic_load(&sh->started) + 10);
		if (proc_open(&w.p, PROC_ROOT, pid, &(struct err){0}) < 0)
			die("child", "not there");
		before = kernel_count(&w);
		proc_close(&w.p);
		watch_open(&w, pid);
		atomic_store(&sh->round, round);
		wait_for(&sh->started, atomic_load(&sh->started) + 30);
		atomic_store(&sh->round, 0);
		while (atomic_load(&sh->touching))
			sched_yield();
		faults_drain(w.f);
		churn_account(&w, round, &a);
		is = watch_close(&w);
		if (proc_open(&w.p, PROC_ROOT, pid, &(struct err){0}) < 0)
			die("child", "not there");
		after = kernel_count(&w);
		proc_close(&w.p);
		more += is.faults > after - before;
		a.lost += (unsigned)is.lost;
		causes_unref(w.c);
	}
	atomic_store(&sh->stop, 1);
	printf("churn: %u threads, %u pages, %u missed, %u of another thread, %u twice, %u lost, "
	       "%u sums too large\n",
	       atomic_load(&sh->started), a.pages, a.missed, a.foreign, a.twice, a.lost, more);
	child_end(pid);
	return a.missed || a.foreign || a.twice || a.lost || more || !a.pages;
}

static unsigned
threads_missed(struct watch *w)
{
	unsigned missed = 0;

	for (size_t i = 0; i < MANY * TOUCHES; i++) {
		struct cause v[1];

		missed += causes_of_page(w->c, (uintptr_t)memory + i * PAGE, v, 1) == 0;
	}
	return missed;
}

/* least, most: threads that are to be watched */
static int
threads_once(unsigned least, unsigned most)
{
	struct watch w;
	struct causes_totals is;
	pid_t pid = child_start(child_threads);
	unsigned missed, late;

	wait_for(&sh->started, MANY);
	watch_open(&w, pid);
	atomic_store(&sh->go, 1);
	wait_for(&sh->done, MANY);
	faults_drain(w.f);
	missed = threads_missed(&w);
	is = watch_close(&w);
	late = (unsigned)(is.watch.unwatched * TOUCHES);
	printf("threads: %zu watched, %zu not, opened in %llu us, %u of %u pages missed\n", is.watch.threads,
	       is.watch.unwatched, (unsigned long long)w.open_ns / 1000, missed, MANY * TOUCHES);
	causes_unref(w.c);
	child_end(pid);
	return is.watch.threads + is.watch.unwatched != MANY + 1 || missed > late ||
	       is.watch.threads < least || is.watch.threads > most;
}

static int
test_threads(void)
{
	struct rlimit l = {600, 600};
	int wrong = threads_once(MANY + 1, MANY + 1);

	if (setrlimit(RLIMIT_NOFILE, &l) < 0)
		die("setrlimit", strerror(errno));
	return wrong | threads_once(1, MANY);
}

static int
test_death(void)
{
	struct watch w;
	pid_t pid = child_start(child_lost);
	struct causes_totals is;

	watch_open(&w, pid);
	atomic_store(&sh->go, 1);
	do {
		faults_drain(w.f);
		causes_totals(w.c, &is);
	} while (is.faults < 1000);
	child_end(pid);
	faults_drain(w.f);
	is = watch_close(&w);
	printf("death: %llu faults\n", (unsigned long long)is.faults);
	causes_unref(w.c);
	return is.faults < 1000;
}

int
main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*run)(void);
	} modes[] = {{"lost", test_lost},
	             {"churn", test_churn},
	             {"threads", test_threads},
	             {"death", test_death}};

	alarm(300);
	sh = mmap(NULL, sizeof(*sh), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	memory = mmap(NULL, (size_t)THREADS_MOST * TOUCHES * PAGE, PROT_READ | PROT_WRITE,
	              MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (sh == MAP_FAILED || memory == MAP_FAILED)
		die("mmap", strerror(errno));
	madvise(memory, (size_t)THREADS_MOST * TOUCHES * PAGE, MADV_NOHUGEPAGE);
	for (size_t i = 0; argc == 2 && i < ARRAY_LEN(modes); i++)
		if (!strcmp(argv[1], modes[i].name))
			return modes[i].run();
	die("usage", "faulter lost|churn|threads|death");
}
