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

struct faults {
	struct events e;
	struct causes *into;
	unsigned budget;         /* percent; 0: no bound */
	/* when the cost was last compared with it */
	uint64_t faults, cpu_ns, looked_ns;
	unsigned over;           /* how often in a row it was above the budget */
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
	                               .threads = f->e.threads,
	                               .unwatched = f->e.unwatched};

	causes_set_watch(f->into, &w);
}

/*
 * Compares what watching has cost since the last look with the time that has passed, or, if several
 * threads ran at once, with their CPU time.
 */
static void
faults_keep_budget(struct faults *f)
{
	enum { TWICE = 2 };
	struct causes_totals is;
	uint64_t now = time_ns(), cpu, used, cost, allowed;

	if (!f->budget || now - f->looked_ns < TIME_SECOND / 4 || !events_cpu(&f->e, &cpu))
		return;
	causes_totals(f->into, &is);
	used = u64_max(cpu - f->cpu_ns, now - f->looked_ns);
	cost = (is.faults + is.lost - f->faults) * CAUSES_COST_NS;
	allowed = used * f->budget / 100;
	f->cpu_ns = cpu;
	f->looked_ns = now;
	f->faults = is.faults + is.lost;
	f->over = cost > allowed ? f->over + 1 : 0;
	if (f->over >= TWICE)
		events_reopen(&f->e, f->e.watch.period * (cost / u64_max(allowed, 1) + 1));
	else if (f->e.watch.period > 1 && cost * 4 < allowed)
		events_reopen(&f->e, f->e.watch.period / 2);
}

static void
faults_turn(void *arg)
{
	struct faults *f = arg;

	events_name_threads(&f->e, f->into);
	faults_keep_budget(f);
}

enum faults_can
faults_probe(const struct proc *p, struct err *err)
{
	struct perf_watch w = {.kind = PERF_FAULTS_MINOR, .kernel = true, .period = 1};
	int fd = perf_open(&w, proc_thread(p), -1);

	if (fd < 0 && (errno == EACCES || errno == EPERM)) {
		w.kernel = false;
		fd = perf_open(&w, proc_thread(p), -1);
	}
	if (fd < 0) {
		events_refuse(faults_what, err);
		return FAULTS_NO;
	}
	close(fd);
	return w.kernel ? FAULTS_ALL : FAULTS_USER;
}

void
faults_drain(struct faults *f)
{
	events_drain(&f->e);
}

static struct faults *
faults_open_all(const struct proc *p, const pid_t *pids, size_t n, bool children,
                struct causes *into, unsigned budget, struct err *err)
{
	struct faults *f = mem_alloc(sizeof(*f));
	const struct perf_watch watch = {.kind = PERF_FAULTS_MINOR,
	                                 .kernel = true,
	                                 .children = children,
	                                 .period = 1,
	                                 .depth = CAUSES_DEPTH};
	const struct events_owner owner = {faults_sample, faults_lost, faults_turn, faults_threads,
	                                   f};

	f->into = causes_ref(into);
	f->budget = budget;
	if (events_open_family(&f->e, p, pids, n, &watch, true, &owner, faults_ring_most) < 0) {
		events_refuse(faults_what, err);
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
                   struct err *err)
{
	return faults_open_all(p, pids, n, true, into, 0, err);
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
