/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/faults.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/util.h"
#include "base/worker.h"

size_t faults_ring_most = 4 << 20;

enum {
	ALL_RINGS = 16 << 20, /* bytes of all rings together; the least of one */
	RING_LEAST = 128 << 10,
	WAIT_MS = 50,
	LATE_MS = 500, /* how long a thread may take to show up in /proc after it started */
};

/* A ring, and the last sample in it: see faults_sample. */
struct faults_ring {
	struct perf_ring ring;
	struct perf_sample last;
};

struct faults {
	const struct proc *p;
	struct causes *into;
	struct causes_watch watch;

	pthread_mutex_t lock; /* of the rings, and of what is counted as they are read */
	struct faults_ring *ring;
	size_t rings;
	uint64_t samples, lost; /* read from the rings; that they said were lost */
	uint64_t early;         /* lost, which no ring has said yet, but the events count */
	uint64_t happened;      /* by the events, at the last look; 0: not counted */
	bool full;              /* a ring was full, so that samples may be lost */
	uint64_t named_ns;
	unsigned budget;   /* percent; 0: no bound */
	uint64_t faults, cpu_ns; /* when the cost was last compared with it */
	unsigned over;     /* how often in a row it was above the budget */
	bool sampled;      /* not every fault was watched all the time, so counts say nothing */

	/* all events, and whose */
	int *event;
	size_t events, events_cap;
	pid_t *tid; /* the threads that have events, of their own or inherited */
	size_t tids, tids_cap;
	uint64_t opened_ns, opened_ticks; /* when all had events; ticks: of /proc/PID/stat */

	struct worker worker;
	bool started;
};

/* --- reading ---------------------------------------------------------------------------------- */

struct faults_reading {
	struct faults *f;
	struct faults_ring *from;
};

/*
 * A thread that started while events were being opened may have two: one of its own, and one that
 * it inherited. Both report each fault, one right after the other.
 */
static bool
faults_is_double(const struct perf_sample *s, const struct perf_sample *last)
{
	return s->tid == last->tid && s->addr == last->addr && s->ip == last->ip &&
	       s->event != last->event;
}

static void
faults_sample(void *arg, const struct perf_sample *s)
{
	struct faults_reading *r = arg;
	struct faults *f = r->f;

	f->samples++;
	/* before Linux 5.13 processes that it forks inherit events as well */
	if (s->pid != f->p->pid || faults_is_double(s, &r->from->last))
		return;
	r->from->last = *s;
	causes_add(f->into, s);
}

/* What was lost is said by the next sample that fits in; some of it is known already. */
static void
faults_lost(void *arg, uint64_t n)
{
	struct faults *f = ((struct faults_reading *)arg)->f;

	f->lost += n;
	f->early -= u64_min(n, f->early);
	causes_set_lost(f->into, f->lost + f->early);
}

void
faults_drain(struct faults *f)
{
	pthread_mutex_lock(&f->lock);
	for (size_t i = 0; i < f->rings; i++) {
		struct faults_reading r = {f, &f->ring[i]};
		const struct perf_events to = {faults_sample, faults_lost, &r};

		f->full |= !perf_ring_read(&f->ring[i].ring, &to);
	}
	pthread_mutex_unlock(&f->lock);
}

static bool
faults_was_full(struct faults *f)
{
	bool full;

	pthread_mutex_lock(&f->lock);
	full = f->full;
	f->full = false;
	pthread_mutex_unlock(&f->lock);
	return full;
}

static uint64_t
faults_happened(const struct faults *f)
{
	uint64_t n = 0;

	for (size_t i = 0; i < f->events; i++)
		n += perf_count(f->event[i]);
	return n;
}

/*
 * Samples that are lost at the end, after which none fits in, no ring will ever tell. But the
 * events count. What they had counted a while ago and is not in the rings by now is lost.
 */
static void
faults_account(struct faults *f, uint64_t happened)
{
	uint64_t known;

	faults_drain(f);
	pthread_mutex_lock(&f->lock);
	known = f->samples + f->lost;
	f->early = happened > known ? happened - known : 0;
	causes_set_lost(f->into, f->lost + f->early);
	pthread_mutex_unlock(&f->lock);
}

static void
faults_look_for_lost(struct faults *f)
{
	if (f->happened && !f->sampled)
		faults_account(f, f->happened);
	f->happened = faults_was_full(f) ? faults_happened(f) : 0;
}

/* A sample may be on its way into a ring yet. */
static void
faults_stop(struct faults *f)
{
	enum { TRIES = 10 };
	uint64_t happened;

	for (size_t i = 0; i < f->events; i++)
		perf_stop(f->event[i]);
	happened = f->sampled ? 0 : faults_happened(f);
	faults_account(f, happened);
	for (int i = 0; i < TRIES && f->early; i++) {
		poll(NULL, 0, 1);
		faults_account(f, happened);
	}
}

/* Threads set their names after they start, so the names of all that fault are read again. */
static void
faults_name_threads(struct faults *f)
{
	size_t n = causes_threads(f->into);
	char path[64], text[64];

	if (time_ns() < f->named_ns + TIME_SECOND / 4)
		return;
	for (uint32_t i = 0; i < n; i++) {
		struct causes_thread t;

		causes_thread(f->into, i, &t);
		if (!t.fresh)
			continue;
		snprintf(path, sizeof(path), "%d/task/%d/comm", (int)t.pid, (int)t.tid);
		if (file_read_small(f->p->root, path, text, sizeof(text)))
			text[strcspn(text, "\n")] = '\0';
		else
			text[0] = '\0';
		causes_name_thread(f->into, i, text);
	}
	f->named_ns = time_ns();
}

/* --- the budget ------------------------------------------------------------------------------- */

/* The CPU time that the process has used. false: not known. */
static bool
faults_cpu(const struct faults *f, uint64_t *ns)
{
	char text[1024];
	const char *s;
	uint64_t user, kernel;

	if (!file_read_small(f->p->leader, "stat", text, sizeof(text)) ||
	    !(s = strrchr(text, ')')))
		return false;
	/* fields 14 and 15; the name is the second */
	for (int i = 2; i < 14 && s; i++)
		s = strchr(s + 1, ' ');
	if (!s || !parse_u64(s + 1, 10, &s, &user) || *s != ' ' ||
	    !parse_u64(s + 1, 10, &s, &kernel))
		return false;
	*ns = (user + kernel) * (TIME_SECOND / (uint64_t)sysconf(_SC_CLK_TCK));
	return true;
}

static int faults_reopen(struct faults *f, uint64_t period);

/*
 * Compares what watching has cost since the last look with what the process used, in steps of at
 * least a tenth of a second of its time, because the kernel counts that in ticks.
 */
static void
faults_keep_budget(struct faults *f)
{
	enum { TWICE = 2 };
	struct causes_totals is;
	uint64_t cpu, used, cost, allowed;

	if (!f->budget || !faults_cpu(f, &cpu) || cpu - f->cpu_ns < TIME_SECOND / 10)
		return;
	causes_totals(f->into, &is);
	used = cpu - f->cpu_ns;
	cost = (is.faults + is.lost - f->faults) * CAUSES_COST_NS;
	allowed = used * f->budget / 100;
	f->cpu_ns = cpu;
	f->faults = is.faults + is.lost;
	f->over = cost > allowed ? f->over + 1 : 0;
	if (f->over >= TWICE)
		faults_reopen(f, f->watch.period * (cost / u64_max(allowed, 1) + 1));
	else if (f->watch.period > 1 && cost * 4 < allowed)
		faults_reopen(f, f->watch.period / 2);
}

/* --- opening ---------------------------------------------------------------------------------- */

const char faults_how[] = "run as root or with CAP_PERFMON; for your own processes: "
			  "sysctl kernel.perf_event_paranoid=1";

static int
faults_refuse(struct err *err)
{
	int error = errno;
	char paranoid[16] = "";
	char why[160];
	bool filtered;

	if (error == ENOSYS || error == ENOENT)
		return err_set(err, ERR_TARGET, "this kernel has no performance events", NULL,
		               "cannot watch page faults");
	if (error != EACCES && error != EPERM) {
		errno = error;
		return err_sys(err, NULL, "cannot watch page faults");
	}
	if (file_read_small(AT_FDCWD, "/proc/sys/kernel/perf_event_paranoid", paranoid,
	                    sizeof(paranoid)))
		paranoid[strcspn(paranoid, "\n")] = '\0';
	/* 2 and below allow it for one's own processes; Debian's kernels begin with 3 */
	filtered = *paranoid && atoi(paranoid) <= 2;
	if (filtered)
		snprintf(why, sizeof(why), "%s",
		         "the process is not ours, or a container forbids perf_event_open");
	else
		snprintf(why, sizeof(why), "kernel.perf_event_paranoid is %s",
		         *paranoid ? paranoid : "not readable");
	return err_set(err, ERR_TARGET, why, faults_how, "cannot watch page faults");
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
		faults_refuse(err);
		return FAULTS_NO;
	}
	close(fd);
	return w.kernel ? FAULTS_ALL : FAULTS_USER;
}

static struct perf_watch
faults_watch_of(const struct faults *f, enum perf_kind kind)
{
	return (struct perf_watch){.kind = kind,
	                           .period = f->watch.period,
	                           .kernel = f->watch.kernel,
	                           .depth = CAUSES_DEPTH};
}

/* 0; 1: there is no such CPU; -1 with errno. */
static int
faults_open_event(struct faults *f, enum perf_kind kind, pid_t tid, const struct perf_ring *ring)
{
	struct perf_watch w = faults_watch_of(f, kind);
	int fd = perf_open(&w, tid, ring->cpu);

	if (fd < 0 && (errno == EACCES || errno == EPERM) && f->watch.kernel && !f->events) {
		f->watch.kernel = w.kernel = false;
		fd = perf_open(&w, tid, ring->cpu);
	}
	if (fd < 0)
		return -1;
	if (perf_ring_take(ring, fd) < 0) {
		int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	f->event = vec_room(f->event, f->events, &f->events_cap, sizeof(*f->event));
	f->event[f->events++] = fd;
	return 0;
}

/* Whether its minor faults are watched, the ones that matter. errno says why not. */
static bool
faults_open_thread(struct faults *f, pid_t tid)
{
	for (size_t i = 0; i < f->rings; i++)
		if (faults_open_event(f, PERF_FAULTS_MINOR, tid, &f->ring[i].ring) < 0)
			return false;
	for (size_t i = 0; i < f->rings; i++)
		faults_open_event(f, PERF_FAULTS_MAJOR, tid, &f->ring[i].ring);
	return true;
}

static bool
faults_has(const struct faults *f, pid_t tid)
{
	for (size_t i = 0; i < f->tids; i++)
		if (f->tid[i] == tid)
			return true;
	return false;
}

/*
 * Whether a thread may have started before its parent was watched: if it started later, it has
 * inherited the events.
 */
static bool
faults_is_early(const struct faults *f, int task, pid_t tid)
{
	char path[32], text[1024];
	const char *s;
	uint64_t started;

	if (!f->opened_ticks)
		return true;
	snprintf(path, sizeof(path), "%d/stat", (int)tid);
	if (!file_read_small(task, path, text, sizeof(text)) || !(s = strrchr(text, ')')))
		return false;
	for (int field = 2; field < 22 && s; field++) /* the name is the second */
		s = strchr(s + 1, ' ');
	return s && parse_u64(s + 1, 10, &s, &started) && started <= f->opened_ticks;
}

static void
faults_take_thread(struct faults *f, int task, pid_t tid, int *error)
{
	f->tid = vec_room(f->tid, f->tids, &f->tids_cap, sizeof(*f->tid));
	f->tid[f->tids++] = tid;
	if (!faults_is_early(f, task, tid))
		return;
	if (faults_open_thread(f, tid)) {
		f->watch.threads++;
	} else if (errno != ESRCH) {
		*error = errno;
		f->watch.unwatched++;
	}
}

/*
 * Opens events on the threads that have none. Returns how many were new; threads of those that were
 * watched already inherit their events, and have two then, which faults_is_double knows.
 */
static size_t
faults_open_threads(struct faults *f, int *error)
{
	int fd = file_open(f->p->leader, "task", O_RDONLY | O_DIRECTORY);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	size_t found = 0;

	if (fd >= 0 && !d)
		close(fd);
	while (d) {
		struct dirent *e = readdir(d);
		pid_t tid = e ? (pid_t)atoi(e->d_name) : 0;

		if (!e)
			break;
		if (tid <= 0 || faults_has(f, tid))
			continue;
		found++;
		faults_take_thread(f, fd, tid, error);
	}
	if (d)
		closedir(d);
	return found;
}

/* All threads have events now; one that starts takes a tick or two until it is listed. */
static void
faults_opened(struct faults *f)
{
	struct timespec t;
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	clock_gettime(CLOCK_BOOTTIME, &t);
	f->opened_ns = time_ns();
	f->opened_ticks =
	    (uint64_t)t.tv_sec * hz + (uint64_t)t.tv_nsec * hz / TIME_SECOND + 2;
}

/*
 * A thread that was being started, when events were opened, has inherited none, and may have been
 * in no list of threads yet.
 */
static void
faults_open_late(struct faults *f)
{
	size_t threads = f->watch.threads, unwatched = f->watch.unwatched;
	int error;

	if (time_ns() > f->opened_ns + LATE_MS * TIME_SECOND / 1000)
		return;
	faults_open_threads(f, &error);
	if (f->watch.threads != threads || f->watch.unwatched != unwatched)
		causes_set_watch(f->into, &f->watch);
}

/* A ring for each CPU that is online. */
static int
faults_open_rings(struct faults *f)
{
	int cpus = perf_cpus();
	size_t each = u64_max(RING_LEAST, ALL_RINGS / (size_t)cpus);
	size_t bytes = u64_min(each, faults_ring_most);

	f->ring = mem_alloc((size_t)cpus * sizeof(*f->ring));
	for (int cpu = 0; cpu < cpus; cpu++) {
		if (perf_ring_open(&f->ring[f->rings].ring, cpu, bytes) == 0)
			f->rings++;
		else if (errno != ENODEV && errno != EINVAL)
			return -1;
	}
	if (!f->rings)
		errno = ENOSYS;
	return f->rings ? 0 : -1;
}

/* Each thread takes two descriptors for each CPU. */
static void
faults_raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int
faults_open_events(struct faults *f, struct err *err)
{
	enum { ROUNDS = 8 };
	int error = ESRCH;

	faults_raise_limit();
	if (faults_open_rings(f) < 0)
		return faults_refuse(err);
	/* threads that start meanwhile may not have inherited an event */
	for (int i = 0; i < ROUNDS && faults_open_threads(f, &error); i++)
		;
	faults_opened(f);
	errno = error;
	return f->watch.threads ? 0 : faults_refuse(err);
}

/* Watches each period-th fault from now on. What both sets of events report counts once. */
static int
faults_reopen(struct faults *f, uint64_t period)
{
	int *old = f->event;
	size_t n = f->events;
	struct causes_watch was = f->watch;
	int error = 0;

	f->opened_ticks = 0;
	f->sampled |= period > 1;
	f->event = NULL;
	f->events = f->events_cap = f->tids = 0;
	f->watch.period = period;
	f->watch.threads = f->watch.unwatched = 0;
	faults_open_threads(f, &error);
	if (!f->watch.threads) { /* no descriptors are left, or it is ending */
		free(f->event);
		f->event = old;
		f->events = f->events_cap = n;
		f->watch = was;
		faults_opened(f);
		return -1;
	}
	for (size_t i = 0; i < n; i++)
		close(old[i]);
	free(old);
	faults_opened(f);
	causes_set_watch(f->into, &f->watch);
	return 0;
}

static void
faults_run(void *arg)
{
	struct faults *f = arg;
	struct pollfd *fds = mem_alloc(f->rings * sizeof(*fds));

	for (size_t i = 0; i < f->rings; i++)
		fds[i] = (struct pollfd){.fd = f->ring[i].ring.fd, .events = POLLIN};
	while (!worker_stopping(&f->worker)) {
		poll(fds, f->rings, WAIT_MS);
		faults_drain(f);
		faults_look_for_lost(f);
		faults_name_threads(f);
		faults_keep_budget(f);
		faults_open_late(f);
	}
	free(fds);
}

/* Nothing: whoever closes it waits for its thread. */
static void
faults_release(void *arg)
{
	(void)arg;
}

static int
faults_start(struct faults *f, struct err *err)
{
	int error = worker_start(&f->worker, &f->lock, faults_run, faults_release, f);

	f->started = !error;
	errno = error;
	return error ? err_sys(err, NULL, "cannot watch page faults") : 0;
}

struct faults *
faults_open(const struct proc *p, struct causes *into, unsigned budget, struct err *err)
{
	struct faults *f = mem_alloc(sizeof(*f));

	f->p = p;
	f->into = causes_ref(into);
	f->budget = budget;
	f->watch = (struct causes_watch){.on = true, .kernel = true, .period = 1};
	pthread_mutex_init(&f->lock, NULL);
	if (faults_open_events(f, err) < 0 || faults_start(f, err) < 0) {
		faults_close(f);
		return NULL;
	}
	causes_set_watch(into, &f->watch);
	return f;
}

void
faults_close(struct faults *f)
{
	if (!f)
		return;
	if (f->started)
		worker_stop(&f->worker, WORKER_FOREVER);
	faults_stop(f);
	for (size_t i = 0; i < f->events; i++)
		close(f->event[i]);
	for (size_t i = 0; i < f->rings; i++)
		perf_ring_close(&f->ring[i].ring);
	free(f->ring);
	free(f->event);
	free(f->tid);
	pthread_mutex_destroy(&f->lock);
	causes_unref(f->into);
	free(f);
}
