/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/events.h"

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

enum {
	ALL_RINGS = 16 << 20, /* bytes of all rings together; the least of one */
	RING_LEAST = 128 << 10,
	/* between looks, if no ring wakes us: a wake costs as much as to read hundreds of faults */
	WAIT_MS = 250,
	SOON_MS = 50,  /* the same while something is about to change */
	LATE_MS = 500, /* how long a thread may take to show up in /proc after it started */
};

/* A ring, and the last sample in it: see events_is_double. */
struct events_ring {
	struct perf_ring ring;
	struct perf_sample last;
};

/* --- reading ---------------------------------------------------------------------------------- */

struct events_reading {
	struct events *e;
	struct events_ring *from;
};

/*
 * A thread that started while events were being opened may have two: one of its own, and one that
 * it inherited. Both report each fault, one right after the other. Since Linux 6.3 the second
 * report has the event and the time of the first.
 */
static bool
events_is_double(const struct perf_sample *s, const struct perf_sample *last)
{
	return s->tid == last->tid && s->addr == last->addr && s->ip == last->ip &&
	       (s->event != last->event || s->time_ns == last->time_ns);
}

static void
events_sample(void *arg, const struct perf_sample *s)
{
	struct events_reading *r = arg;
	struct events *e = r->e;

	e->samples++;
	/* before Linux 5.13 processes that it forks inherit events as well */
	if ((s->pid != e->p->pid && !e->watch.children) || events_is_double(s, &r->from->last))
		return;
	r->from->last = *s;
	e->owner.sample(e->owner.arg, s);
}

/* What was lost is said by the next sample that fits in; some of it is known already. */
static void
events_lost(void *arg, uint64_t n)
{
	struct events *e = ((struct events_reading *)arg)->e;

	e->lost += n;
	e->early -= u64_min(n, e->early);
	e->owner.lost(e->owner.arg, e->lost + e->early);
}

void
events_drain(struct events *e)
{
	pthread_mutex_lock(&e->lock);
	for (size_t i = 0; i < e->rings; i++) {
		struct events_reading r = {e, &e->ring[i]};
		const struct perf_events to = {events_sample, events_lost, &r};

		e->full |= !perf_ring_read(&e->ring[i].ring, &to);
	}
	pthread_mutex_unlock(&e->lock);
}

static bool
events_was_full(struct events *e)
{
	bool full;

	pthread_mutex_lock(&e->lock);
	full = e->full;
	e->full = false;
	pthread_mutex_unlock(&e->lock);
	return full;
}

static uint64_t
events_happened(const struct events *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < e->events; i++)
		n += perf_count(e->event[i]);
	return n;
}

/*
 * A ring reports what it lost with the next sample that fits in; after the last one it never does.
 * But the events count: what they had counted a while ago and is not in the rings by now is lost.
 */
static void
events_account(struct events *e, uint64_t happened)
{
	uint64_t known;

	events_drain(e);
	pthread_mutex_lock(&e->lock);
	known = e->samples + e->lost;
	e->early = happened > known ? happened - known : 0;
	e->owner.lost(e->owner.arg, e->lost + e->early);
	pthread_mutex_unlock(&e->lock);
}

static void
events_look_for_lost(struct events *e)
{
	if (e->happened && !e->partly)
		events_account(e, e->happened);
	e->happened = events_was_full(e) ? events_happened(e) : 0;
}

/* A sample may be on its way into a ring yet. */
static void
events_stop(struct events *e)
{
	enum { TRIES = 10 };
	uint64_t happened;

	for (size_t i = 0; i < e->events; i++)
		perf_stop(e->event[i], true);
	happened = e->partly ? 0 : events_happened(e);
	events_account(e, happened);
	for (int i = 0; i < TRIES && e->early; i++) {
		poll(NULL, 0, 1);
		events_account(e, happened);
	}
}

/* --- opening ---------------------------------------------------------------------------------- */

static int
events_open_one(struct events *e, enum perf_kind kind, pid_t tid, const struct perf_ring *ring)
{
	struct perf_watch w = e->watch;
	int fd;

	w.kind = kind;
	fd = perf_open(&w, tid, ring->cpu);
	if (fd < 0 && (errno == EACCES || errno == EPERM) && w.kernel && !e->events) {
		e->watch.kernel = w.kernel = false;
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
	e->event = vec_room(e->event, e->events, &e->events_cap, sizeof(*e->event));
	e->event[e->events++] = fd;
	return 0;
}

/* Major faults are few, and may go without. false: errno says why not. */
static bool
events_open_thread(struct events *e, pid_t tid)
{
	for (size_t i = 0; i < e->rings; i++)
		if (events_open_one(e, e->watch.kind, tid, &e->ring[i].ring) < 0)
			return false;
	for (size_t i = 0; i < e->rings && e->major; i++)
		events_open_one(e, PERF_FAULTS_MAJOR, tid, &e->ring[i].ring);
	return true;
}

static bool
events_has(const struct events *e, pid_t tid)
{
	for (size_t i = 0; i < e->tids; i++)
		if (e->tid[i] == tid)
			return true;
	return false;
}

/*
 * Whether a thread may have started before its parent was watched: if it started later, it has
 * inherited the events.
 */
static bool
events_is_early(const struct events *e, int task, pid_t tid)
{
	char path[32], text[1024];
	const char *s;
	uint64_t started;

	if (!e->opened_ticks)
		return true;
	snprintf(path, sizeof(path), "%d/stat", (int)tid);
	if (!file_read_small(task, path, text, sizeof(text)) || !(s = strrchr(text, ')')))
		return false;
	for (int field = 2; field < 22 && s; field++) /* the name is the second */
		s = strchr(s + 1, ' ');
	return s && parse_u64(s + 1, 10, &s, &started) && started <= e->opened_ticks;
}

static void
events_take_thread(struct events *e, int task, pid_t tid, int *error)
{
	e->tid = vec_room(e->tid, e->tids, &e->tids_cap, sizeof(*e->tid));
	e->tid[e->tids++] = tid;
	if (!events_is_early(e, task, tid))
		return;
	if (events_open_thread(e, tid)) {
		e->threads++;
	} else if (errno != ESRCH) {
		*error = errno;
		e->unwatched++;
	}
}

/*
 * Opens events on the threads that have none. Returns how many were new; threads of those that were
 * watched already inherit their events, and have two then, which events_is_double knows.
 */
static size_t
events_open_threads_of(struct events *e, int at, const char *path, int *error)
{
	int fd = file_open(at, path, O_RDONLY | O_DIRECTORY);
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	size_t found = 0;

	if (fd >= 0 && !d)
		close(fd);
	while (d) {
		struct dirent *task = readdir(d);
		pid_t tid = task ? (pid_t)atoi(task->d_name) : 0;

		if (!task)
			break;
		if (tid <= 0 || events_has(e, tid))
			continue;
		found++;
		events_take_thread(e, fd, tid, error);
	}
	if (d)
		closedir(d);
	return found;
}

static size_t
events_open_threads(struct events *e, int *error)
{
	return events_open_threads_of(e, e->p->leader, "task", error);
}

static void
events_open_others(struct events *e, const pid_t *pids, size_t n, int *error)
{
	for (size_t i = 0; e->threads && i < n; i++) {
		char path[32];

		snprintf(path, sizeof(path), "%d/task", (int)pids[i]);
		events_open_threads_of(e, e->p->root, path, error);
	}
}

/* All threads have events now; one that starts takes a tick or two until it is listed. */
static void
events_opened(struct events *e)
{
	struct timespec t;
	uint64_t hz = (uint64_t)sysconf(_SC_CLK_TCK);

	clock_gettime(CLOCK_BOOTTIME, &t);
	e->opened_ns = time_ns();
	e->opened_ticks =
	    (uint64_t)t.tv_sec * hz + (uint64_t)t.tv_nsec * hz / TIME_SECOND + 2;
}

static bool
events_may_be_late(const struct events *e)
{
	return time_ns() <= e->opened_ns + LATE_MS * TIME_MS;
}

/*
 * A thread that was being started, when events were opened, has inherited none, and may have been
 * in no list of threads yet.
 */
static void
events_open_late(struct events *e)
{
	size_t threads = e->threads, unwatched = e->unwatched;
	int error;

	if (!events_may_be_late(e))
		return;
	events_open_threads(e, &error);
	if (e->threads != threads || e->unwatched != unwatched)
		e->owner.threads(e->owner.arg);
}

/* A ring for each CPU that is online. */
static int
events_open_rings(struct events *e, size_t most)
{
	int cpus = perf_cpus();
	size_t each = u64_max(RING_LEAST, ALL_RINGS / (size_t)cpus);
	size_t bytes = u64_min(each, most);

	e->ring = mem_alloc((size_t)cpus * sizeof(*e->ring));
	for (int cpu = 0; cpu < cpus; cpu++) {
		if (perf_ring_open(&e->ring[e->rings].ring, cpu, bytes, e->watch.wakeup) == 0)
			e->rings++;
		else if (errno != ENODEV && errno != EINVAL)
			return -1;
	}
	if (!e->rings)
		errno = ENOSYS;
	return e->rings ? 0 : -1;
}

/* Each thread takes two descriptors for each CPU. */
static void
events_raise_limit(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0 && l.rlim_cur < l.rlim_max) {
		l.rlim_cur = l.rlim_max;
		setrlimit(RLIMIT_NOFILE, &l);
	}
}

static int
events_open_all(struct events *e, const pid_t *pids, size_t n, size_t ring_most)
{
	enum { ROUNDS = 16, QUIET = 4, STEP_MS = 2 };
	int error = ESRCH;

	events_raise_limit();
	if (events_open_rings(e, ring_most) < 0)
		return -1;
	/*
	 * Threads that start meanwhile may not have inherited an event, and one that is being
	 * started is not listed yet: the list is read until it has stayed the same for a while.
	 */
	for (int i = 0, quiet = 0; i < ROUNDS && quiet < QUIET; i++) {
		quiet = events_open_threads(e, &error) ? 0 : quiet + 1;
		if (quiet && quiet < QUIET)
			poll(NULL, 0, STEP_MS);
	}
	events_open_others(e, pids, n, &error);
	events_opened(e);
	errno = error;
	return e->threads ? 0 : -1;
}

/* What both sets of events report counts once. */
int
events_reopen(struct events *e, uint64_t period)
{
	struct events was = *e;
	int error = 0;

	e->opened_ticks = 0;
	e->partly |= period > 1;
	e->event = NULL;
	e->events = e->events_cap = e->tids = 0;
	e->watch.period = period;
	e->threads = e->unwatched = 0;
	events_open_threads(e, &error);
	events_opened(e);
	if (!e->threads) {
		free(e->event);
		e->event = was.event;
		e->events = was.events;
		e->events_cap = was.events_cap;
		e->watch.period = was.watch.period;
		e->threads = was.threads;
		e->unwatched = was.unwatched;
		return -1;
	}
	for (size_t i = 0; i < was.events; i++)
		close(was.event[i]);
	free(was.event);
	e->owner.threads(e->owner.arg);
	return 0;
}

void
events_pause(struct events *e, bool on)
{
	for (size_t i = 0; i < e->events; i++)
		perf_stop(e->event[i], on);
	e->partly |= on;
	e->rests = on;
}

/* --- what its owners need --------------------------------------------------------------------- */

/* Threads set their names after they start, so the names of all that fault are read again. */
void
events_read_names(int root, struct causes *c, bool nameless)
{
	size_t n = causes_threads(c);
	char path[64], text[64];

	for (uint32_t i = 0; i < n; i++) {
		struct causes_thread t;

		causes_thread(c, i, &t);
		if (!t.fresh || (nameless && *t.comm))
			continue;
		snprintf(path, sizeof(path), "%d/task/%d/comm", (int)t.pid, (int)t.tid);
		if (!file_read_small(root, path, text, sizeof(text)) &&
		    (errno == ENOENT || errno == ESRCH)) {
			causes_name_thread(c, i, NULL);
			continue;
		}
		text[strcspn(text, "\n")] = '\0';
		causes_name_thread(c, i, text);
	}
}

void
events_name_threads(struct events *e, struct causes *c)
{
	if (time_ns() < e->named_ns + TIME_SECOND / 4)
		return;
	events_read_names(e->p->root, c, false);
	e->named_ns = time_ns();
}

/* The CPU time that the process has used. false: not known. */
bool
events_cpu(const struct proc *p, uint64_t *ns)
{
	char text[1024];
	const char *s;
	uint64_t user, kernel;

	if (!file_read_small(p->leader, "stat", text, sizeof(text)) ||
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

/* --- its thread ------------------------------------------------------------------------------- */

/* Lost samples may be known soon, and a rest is over to the point. */
static int
events_wait_ms(const struct events *e)
{
	return e->happened || e->rests || events_may_be_late(e) ? SOON_MS : WAIT_MS;
}

static void
events_run(void *arg)
{
	struct events *e = arg;
	struct pollfd *fds = mem_alloc(e->rings * sizeof(*fds));

	for (size_t i = 0; i < e->rings; i++)
		fds[i] = (struct pollfd){.fd = e->ring[i].ring.fd, .events = POLLIN};
	while (!worker_stopping(&e->worker)) {
		poll(fds, e->rings, events_wait_ms(e));
		events_drain(e);
		events_look_for_lost(e);
		e->owner.turn(e->owner.arg);
		events_open_late(e);
	}
	free(fds);
}

/* Nothing: whoever closes it waits for its thread. */
static void
events_release(void *arg)
{
	(void)arg;
}

int
events_open(struct events *e, const struct proc *p, const struct perf_watch *watch, bool major,
            const struct events_owner *owner, size_t ring_most)
{
	return events_open_family(e, p, NULL, 0, watch, major, owner, ring_most);
}

int
events_open_family(struct events *e, const struct proc *p, const pid_t *pids, size_t n,
                   const struct perf_watch *watch, bool major, const struct events_owner *owner,
                   size_t ring_most)
{
	int error;

	*e = (struct events){.p = p, .watch = *watch, .major = major, .owner = *owner};
	pthread_mutex_init(&e->lock, NULL);
	if (events_open_all(e, pids, n, ring_most) < 0)
		return -1;
	error = worker_start(&e->worker, &e->lock, events_run, events_release, e);
	e->started = !error;
	errno = error;
	return error ? -1 : 0;
}

void
events_close(struct events *e)
{
	if (e->started)
		worker_stop(&e->worker, WORKER_FOREVER);
	events_stop(e);
	for (size_t i = 0; i < e->events; i++)
		close(e->event[i]);
	for (size_t i = 0; i < e->rings; i++)
		perf_ring_close(&e->ring[i].ring);
	free(e->ring);
	free(e->event);
	free(e->tid);
	pthread_mutex_destroy(&e->lock);
}
