/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/stores.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "cause/events.h"

enum {
	RING = 128 << 10,
	WAKEUP = 32 << 10,     /* a few hundred stores */
	COST_NS = 5000,        /* of a store, if it cannot be measured */
	LEAST_NS = 1000000,    /* what it may cost in any case before it rests */
};

struct stores {
	struct events e;
	struct causes *into;
	unsigned budget;
	uint64_t cost_ns; /* of a store */
	/* guarded by e.lock: */
	uint64_t counted_ns; /* times are counted until then */
	uint64_t begun_ns;   /* since when the cost is summed up: */
	uint64_t hits;
	uint64_t rest_until; /* 0: it is on */
	struct stores_times times;
};

/* --- what it costs ---------------------------------------------------------------------------- */

static volatile uint64_t stores_own;

static int
stores_open_own(void)
{
	const struct perf_watch w = {.kind = PERF_STORES,
	                             .period = 1,
	                             .addr = (uint64_t)(uintptr_t)&stores_own,
	                             .bytes = sizeof(stores_own)};

	return perf_open(&w, 0, -1);
}

/* The time that a watched store takes, measured on a variable of our own. */
static uint64_t
stores_measure(void)
{
	enum { TIMES = 50 };
	int fd = stores_open_own();
	uint64_t begin, took;

	if (fd < 0)
		return COST_NS;
	begin = time_ns();
	for (int i = 0; i < TIMES; i++)
		stores_own++;
	took = time_ns() - begin;
	close(fd);
	return u64_max(took / TIMES, 1);
}

static struct perf_words
stores_find_bar(const struct proc *p)
{
	switch (errno) {
	case ENOSPC:
		return (struct perf_words){"all debug registers of the processor are in use, by "
		                           "pmtop or a debugger", "remove a watchpoint"};
	case EINVAL:
	case EOPNOTSUPP:
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return (struct perf_words){
		    "this machine has no watchpoints, as some virtual machines", NULL};
	default: return perf_bar_find(p);
	}
}

bool
stores_are_before(void)
{
#if defined(__x86_64__) || defined(__i386__)
	return true;
#else
	return false;
#endif
}

bool
stores_see_kernel(void)
{
#if defined(__aarch64__)
	return false;
#else
	return true;
#endif
}

bool
stores_probe(struct perf_words *err)
{
	int fd = stores_open_own();

	if (fd < 0) {
		*err = stores_find_bar(NULL);
		return false;
	}
	close(fd);
	return true;
}

/* --- stores come in --------------------------------------------------------------------------- */

static void
stores_sample(void *arg, const struct perf_sample *s)
{
	struct stores *st = arg;

	st->hits++;
	causes_add(st->into, s);
}

static void
stores_lost(void *arg, uint64_t n)
{
	const struct stores *s = arg;

	causes_set_lost(s->into, n);
}

static void
stores_threads(void *arg)
{
	const struct stores *s = arg;
	const struct causes_watch w = {.on = true,
	                               .kernel = s->e.watch.kernel,
	                               .period = 1,
	                               .threads = s->e.threads,
	                               .unwatched = s->e.unwatched};

	causes_set_watch(s->into, &w);
}

/* Adds the time since it was last switched. With the lock held. */
static void
stores_add_time(struct stores *s, uint64_t now)
{
	if (s->rest_until)
		s->times.rest_ns += now - s->counted_ns;
	else
		s->times.on_ns += now - s->counted_ns;
	s->counted_ns = now;
}

/* Rests as long as it takes for the cost to be within the budget. */
static void
stores_keep_budget(struct stores *s)
{
	uint64_t now = time_ns(), cost, whole;
	bool rests;

	pthread_mutex_lock(&s->e.lock);
	stores_add_time(s, now);
	rests = s->rest_until;
	cost = s->hits * s->cost_ns;
	whole = s->budget ? cost * 100 / s->budget : 0;
	if (rests && now >= s->rest_until) {
		s->rest_until = 0;
		s->begun_ns = now;
		s->hits = 0;
	} else if (!rests && cost > LEAST_NS && whole > now - s->begun_ns) {
		s->rest_until = s->begun_ns + whole;
	} else if (!rests && now - s->begun_ns > TIME_SECOND) {
		s->begun_ns = now; /* a quiet second does not pay for a busy one */
		s->hits = 0;
	}
	pthread_mutex_unlock(&s->e.lock);
	if (rests != !!s->rest_until)
		events_pause(&s->e, !rests);
}

static void
stores_turn(void *arg)
{
	struct stores *s = arg;

	events_name_threads(&s->e, s->into);
	stores_keep_budget(s);
}

/* --- its life --------------------------------------------------------------------------------- */

struct stores *
stores_open(const struct proc *p, uint64_t addr, unsigned bytes, unsigned budget,
            struct causes *into, struct err *err)
{
	struct stores *s = mem_alloc(sizeof(*s));
	const struct perf_watch watch = {.kind = PERF_STORES,
	                                 .kernel = true,
	                                 .period = 1,
	                                 .depth = CAUSES_DEPTH,
	                                 .addr = addr,
	                                 .bytes = bytes,
	                                 .wakeup = WAKEUP};
	const struct events_owner owner = {stores_sample, stores_lost, stores_turn, stores_threads,
	                                   s};

	struct perf_words bar;

	s->into = causes_ref(into);
	s->budget = budget;
	s->cost_ns = stores_measure();
	s->begun_ns = s->counted_ns = time_ns();
	if (events_open(&s->e, p, &watch, false, &owner, RING) < 0) {
		bar = stores_find_bar(p);
		err_set(err, ERR_TARGET, bar.why, bar.how, "cannot watch stores");
		stores_close(s);
		return NULL;
	}
	stores_threads(s);
	return s;
}

void
stores_read(struct stores *s, struct stores_times *out)
{
	events_drain(&s->e);
	events_read_names(s->e.p->root, s->into, true);
	pthread_mutex_lock(&s->e.lock);
	stores_add_time(s, time_ns());
	*out = s->times;
	pthread_mutex_unlock(&s->e.lock);
}

void
stores_close(struct stores *s)
{
	if (!s)
		return;
	events_close(&s->e);
	causes_unref(s->into);
	free(s);
}
