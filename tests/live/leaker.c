/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Loses 1 MB a second in one thread, while two others take and give back 50 MB a second:
 *
 *   leaker [SECONDS]
 *
 * open_session() keeps what it allocates, in blocks of 8 pages, because malloc() itself touches one of each;
 * parse_request() allocates blocks of many sizes, fills them and frees them; fill_cache() fills a buffer and
 * drops it with madvise(). It says "ready" once all have run for a while.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum {
	TICKS = 100,                /* of churn, a second */
	LOST = 1 << 20,             /* bytes a second */
	CHURN = 25 << 20,           /* bytes a second, by each of the two */
	SESSION = 8,                /* pages of a block that is lost */
	BLOCKS = 64,
};

struct session {
	struct session *next;
	unsigned char data[];
};

static struct session *sessions;
static size_t session_bytes;
static unsigned char *cache;
static unsigned seed = 1;

static unsigned
random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

/* Stores in the caller's own instructions, not in those of the C library. */
#define FILL(p, n)                                       \
	for (volatile unsigned char *q_ = (p); q_ < (p) + (n); q_ += 64) \
		*q_ = 1

__attribute__((noinline)) static void
open_session(void)
{
	struct session *s = malloc(sizeof(*s) + session_bytes);

	FILL(s->data, session_bytes);
	s->next = sessions;
	sessions = s;
}

__attribute__((noinline)) static void
parse_request(void)
{
	unsigned char *block[BLOCKS] = {0};

	for (size_t done = 0; done < CHURN / TICKS;) {
		size_t n = 1000 + random_below(60000), i = random_below(BLOCKS);

		free(block[i]);
		block[i] = malloc(n);
		FILL(block[i], n);
		done += n;
	}
	for (size_t i = 0; i < BLOCKS; i++)
		free(block[i]);
}

__attribute__((noinline)) static void
fill_cache(void)
{
	FILL(cache, CHURN / TICKS);
	madvise(cache, CHURN / TICKS, MADV_DONTNEED);
}

/* Calls a function that many times a second. */
static void
keep_calling(void (*call)(void), long times)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	for (;;) {
		call();
		at.tv_nsec += 1000000000 / times;
		if (at.tv_nsec >= 1000000000) {
			at.tv_nsec -= 1000000000;
			at.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
	}
}

static void *
sessions_run(void *arg)
{
	pthread_setname_np(pthread_self(), "sessions");
	keep_calling(open_session, LOST / (long)session_bytes);
	return arg;
}

static void *
parser_run(void *arg)
{
	pthread_setname_np(pthread_self(), "parser");
	keep_calling(parse_request, TICKS);
	return arg;
}

static void *
cache_run(void *arg)
{
	pthread_setname_np(pthread_self(), "cache");
	keep_calling(fill_cache, TICKS);
	return arg;
}

int
main(int argc, char **argv)
{
	static void *(*const runs[])(void *) = {sessions_run, parser_run, cache_run};
	pthread_t thread;

	session_bytes = SESSION * (size_t)sysconf(_SC_PAGESIZE);
	cache = mmap(NULL, CHURN, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (cache == MAP_FAILED)
		return 1;
	for (size_t i = 0; i < sizeof(runs) / sizeof(*runs); i++)
		if (pthread_create(&thread, NULL, runs[i], NULL))
			return 1;
	sleep(1);
	puts("ready");
	fflush(stdout);
	sleep(argc > 1 ? (unsigned)atoi(argv[1]) : 600);
	return 0;
}
