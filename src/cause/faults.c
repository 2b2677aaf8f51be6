/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/faults.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"
#include "cause/events.h"

size_t faults_ring_most = 4 << 20;

static const char faults_what[] = "page faults";

/*
 * The budget is a stock of time: watched faults take of it, and it grows as the process runs, up to
 * what a second allows, so that a burst after a clear is watched as a whole. It begins with half of
 * that: nothing is known of the process yet.
 */
struct faults {
	struct events e;
	struct causes *into;
	unsigned budget;         /* percent; 0: no bound */
	bool family;             /* it rests in place of a longer period */
	int64_t left_ns;         /* of the stock */
	uint64_t faults, cpu_ns, looked_ns; /* at the last look */
	uint64_t cost_ns, used_ns; /* of watching, and of the process, since the period began */
	bool rests;
	uint64_t rested_ns;
};

static void
faults_sample(void *arg, const struct perf_sample *s)
{
	const struct faults *f = arg;

	causes_add(f->into, s);
}

static void
faults_lost(void *arg, uint64_t n)
{
	const struct faults *f = arg;

	causes_set_lost(f->into, n);
}

static void
faults_threads(void *arg)
{
	const struct faults *f = arg;
	const struct causes_watch w = {.on = true,
	                               .kernel = f->e.watch.kernel,
	                               .period = f->e.watch.period,
	                               .rests = f->rests,
	                               .rested_ns = f->rested_ns,
	                               .threads = f->e.threads,
	                               .unwatched = f->e.unwatched};

	causes_set_watch(f->into, &w);
}

/* --- the budget ------------------------------------------------------------------------------- */

/* What a second allows. */
static int64_t
faults_stock(const struct faults *f)
{
	return (int64_t)(TIME_SECOND * f->budget / 100);
}

static void
faults_begin(struct faults *f, const struct proc *p)
{
	struct causes_totals is;

	causes_totals(f->into, &is);
	f->faults = is.faults + is.lost;
	f->left_ns = faults_stock(f) / 2;
	f->looked_ns = time_ns();
	events_cpu(p, &f->cpu_ns);
}

/* The time since the last look, or, if several threads ran at once, their CPU time. */
static bool
faults_look(struct faults *f, uint64_t cost, uint64_t now)
{
	uint64_t cpu, used;

	if (!events_cpu(f->e.p, &cpu))
		return false;
	used = u64_max(cpu - u64_min(cpu, f->cpu_ns), now - f->looked_ns);
	f->left_ns += (int64_t)(used * f->budget / 100) - (int64_t)cost;
	if (f->left_ns > faults_stock(f))
		f->left_ns = faults_stock(f);
	f->rested_ns += f->rests ? now - f->looked_ns : 0;
	f->cost_ns += cost;
	f->used_ns += used;
	f->cpu_ns = cpu;
	f->looked_ns = now;
	return true;
}

/*
 * The period at which watching costs half of what is allowed, so that the stock fills up again.
 * Without being watched the process runs faster, and faults more often.
 */
static void
faults_lengthen(struct faults *f, uint64_t age)
{
	uint64_t used = u64_max(u64_max(f->used_ns, TIME_MS), u64_min(age, TIME_SECOND / 4));
	uint64_t alone = used - u64_min(used, f->cost_ns);
	uint64_t more = f->cost_ns * 200 / (u64_max(alone, used / 100) * f->budget) + 1;

	if (more > 1)
		events_reopen(&f->e, f->e.watch.period * more);
	f->cost_ns = f->used_ns = 0;
}

/* A quarter of a second within a quarter of the budget: the period may be shorter again. */
static void
faults_shorten(struct faults *f)
{
	if (f->used_ns < TIME_SECOND / 4)
		return;
	if (f->e.watch.period > 1 && f->cost_ns * 400 < f->used_ns * f->budget)
		events_reopen(&f->e, f->e.watch.period / 2);
	f->cost_ns = f->used_ns = 0;
}

static void
faults_rest(struct faults *f)
{
	bool rests = f->rests ? f->left_ns < faults_stock(f) / 4 : f->left_ns < 0;

	if (rests != f->rests)
		events_pause(&f->e, rests);
	if (!rests && !f->rests)
		return;
	f->rests = rests;
	faults_threads(f);
}

/* Often enough to notice at once what costs too much. */
static void
faults_keep_budget(struct faults *f)
{
	struct causes_totals is;
	uint64_t now = time_ns(), n, cost;

	if (!f->budget)
		return;
	causes_totals(f->into, &is);
	n = is.faults + is.lost;
	cost = (n - u64_min(n, f->faults)) * CAUSES_COST_NS;
	if ((int64_t)cost <= f->left_ns && now - f->looked_ns < TIME_SECOND / 10)
		return;
	if (!faults_look(f, cost, now))
		return;
	f->faults = n;
	if (f->family)
		faults_rest(f);
	else if (f->left_ns < 0)
		faults_lengthen(f, now - f->e.opened_ns);
	else
		faults_shorten(f);
}

static void
faults_turn(void *arg)
{
	struct faults *f = arg;

	events_name_threads(&f->e, f->into);
	faults_keep_budget(f);
}

enum faults_can
faults_probe(const struct proc *p, struct perf_words *err)
{
	struct perf_watch w = {.kind = PERF_FAULTS_MINOR, .kernel = true, .period = 1};
	int fd = perf_open(&w, proc_thread(p), -1);

	if (fd < 0 && (errno == EACCES || errno == EPERM)) {
		w.kernel = false;
		fd = perf_open(&w, proc_thread(p), -1);
	}
	if (fd < 0) {
		*err = perf_bar_find(p);
		return FAULTS_NO;
	}
	close(fd);
	return w.kernel ? FAULTS_ALL : FAULTS_USER;
}

void
faults_drain(struct faults *f)
{
	events_drain(&f->e);
	events_read_names(f->e.p->root, f->into, true);
}

/*
 * Hundreds of faults for each percent of the budget, so that it notices in time when they cost too
 * much: they take a tenth of what a second allows. Without one none of them is urgent.
 */
static uint32_t
faults_wakeup(unsigned budget)
{
	enum { BYTES = 64 << 10 };

	return budget ? budget * BYTES : UINT32_MAX;
}

static struct faults *
faults_open_all(const struct proc *p, const pid_t *pids, size_t n, bool family,
                struct causes *into, unsigned budget, struct err *err)
{
	struct faults *f = mem_alloc(sizeof(*f));
	const struct perf_watch watch = {.kind = PERF_FAULTS_MINOR,
	                                 .kernel = true,
	                                 .children = family,
	                                 .period = 1,
	                                 .depth = CAUSES_DEPTH,
	                                 .wakeup = faults_wakeup(budget)};
	const struct events_owner owner = {faults_sample, faults_lost, faults_turn, faults_threads,
	                                   f};

	f->into = causes_ref(into);
	f->budget = budget;
	f->family = family;
	faults_begin(f, p);
	if (events_open_family(&f->e, p, pids, n, &watch, true, &owner, faults_ring_most) < 0) {
		perf_bar_refuse(p, faults_what, err);
		faults_close(f);
		return NULL;
	}
	faults_threads(f);
	return f;
}

struct faults *
faults_open(const struct proc *p, struct causes *into, unsigned budget, struct err *err)
{
	return faults_open_all(p, NULL, 0, false, into, budget, err);
}

struct faults *
faults_open_family(const struct proc *p, const pid_t *pids, size_t n, struct causes *into,
                   unsigned budget, struct err *err)
{
	return faults_open_all(p, pids, n, true, into, budget, err);
}

void
faults_close(struct faults *f)
{
	if (!f)
		return;
	events_close(&f->e);
	causes_unref(f->into);
	free(f);
}
