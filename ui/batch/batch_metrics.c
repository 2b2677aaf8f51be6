/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --metrics: a process, or all of a name, in a document for Prometheus; once, or each interval. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "batch/batch_state.h"
#include "batch/batch_wait.h"
#include "kernel/proc.h"
#include "kernel/silent.h"
#include "table/metrics.h"

struct metrics_one { /* a process that is open */
	struct batch b;
	pid_t pid;
	bool writes; /* they are tracked; ... */
	bool began;  /* ... since the last document */
	bool seen;   /* in this look */
};

struct metrics {
	const struct options *o;
	pid_t pid; /* 0: all of the name, or a recording */
	void (*report)(const char *text);
	struct buf *note;
	struct metrics_one **v;
	size_t n, cap;
	struct metric_facts *facts; /* of the document that is being made */
	size_t facts_n, facts_cap;
	int signals;
	bool repeat;
	bool complained; /* that a process cannot be read: said once */
};

/* --- one process ------------------------------------------------------------------------------ */

static void
metrics_close(struct metrics_one *m)
{
	vma_free(&m->b.vmas);
	smaps_free(&m->b.smaps);
	target_close(&m->b.t);
	free(m);
}

static int
metrics_track(struct metrics_one *m, struct err *err)
{
	if (batch_prepare(&m->b, err) < 0)
		return -1;
	if (target_clear(&m->b.t, &m->b.vmas, err) < 0) {
		err->sys = target_is_alive(&m->b.t) ? err->sys : ESRCH;
		return -1;
	}
	m->writes = true;
	return 0;
}

static struct metrics_one *
metrics_open(const struct metrics *k, pid_t pid, bool track, struct err *err)
{
	struct metrics_one *m = mem_alloc(sizeof(*m));
	struct target *t = &m->b.t;
	int r = batch_open(t, k->o, pid, err);

	m->pid = pid;
	m->b.o = k->o;
	m->b.note = k->note;
	m->b.report = k->report;
	t->track.owner = k->o->demo      ? TRACK_DEMO
	                 : k->o->command ? TRACK_LAUNCHED
	                                 : TRACK_FOREIGN;
	t->track.choice = k->o->tracker;
	t->track.allow = k->o->allow_inject;
	if (r == 0)
		r = target_open_pages(t, err);
	if (r == 0)
		r = target_regions(t, &m->b.vmas, err);
	if (r == 0 && !m->b.vmas.n)
		r = target_no_memory(t, err);
	if (r == 0 && track && k->o->tracker_given)
		r = metrics_track(m, err);
	if (r == 0)
		return m;
	metrics_close(m);
	return NULL;
}

/* Memory that reads as 0 where pages cannot be read at all ([vsyscall]) is none. */
static void
metrics_count(struct metric_facts *f, const struct vma *v, const struct region *r, uint64_t page)
{
	struct metric_type *t = &f->types[v->type];

	t->regions++;
	t->size += vma_size(v);
	t->ram += (r->rss + r->hugetlb) * page;
	t->swap += r->swap * page;
	t->swap_unsure |= r->swap_unsure;
	f->rss += r->rss * page;
	f->anon += r->anon * page;
	f->huge += r->thp * page;
}

/*
 * What was written since the last clear, by type, and the next clear: with a lossless tracker it
 * also ends this interval.
 */
static int
metrics_count_writes(struct metrics_one *m, const struct regions *rs, struct metric_facts *f,
                     struct err *err)
{
	struct track *t = &m->b.t.track;
	bool lossless = tracker_caps(t->tracker) & TRACKER_LOSSLESS;
	uint64_t begin = t->clear_ns, end = rs->time_ns;
	uint32_t epoch = t->epoch;

	f->clear_seconds = (double)t->cost_ns / TIME_SECOND;
	if (lossless && target_clear(&m->b.t, &rs->vmas, err) < 0)
		return -1;
	end = lossless ? t->clear_ns : end;
	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct vma *v = &rs->vmas.v[i];
		uint64_t bytes = track_bytes_in(t, v->start, v->end, epoch);

		f->types[v->type].written += bytes;
		f->types[v->type].watched |= bytes || regions_at(rs, i)->doubt == DOUBT_NONE;
	}
	f->unknown = rs->totals.unknown.pages * m->b.t.page_size;
	f->seconds = (double)(end - begin) / TIME_SECOND;
	return lossless ? 0 : target_clear(&m->b.t, &rs->vmas, err);
}

static void
metrics_sum_up(struct metric_facts *f)
{
	for (unsigned i = 0; i < VMA_TYPES; i++) {
		f->all.size += f->types[i].size;
		f->all.swap += f->types[i].swap;
		f->all.swap_unsure |= f->types[i].swap_unsure;
		f->all.written += f->types[i].written;
	}
}

/* What a recording has of the interval before its sample: ascending, as the regions are. */
static void
metrics_recall_regions(struct target *t, const struct regions *rs, size_t tick,
                       struct metric_facts *f)
{
	struct source_wrote *wrote;
	size_t n = t->source->ops->time->wrote(t->source, tick - 1, &wrote), k = 0;

	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct vma *v = &rs->vmas.v[i];
		struct metric_type *type = &f->types[v->type];

		type->watched |= regions_at(rs, i)->doubt == DOUBT_NONE;
		for (; k < n && wrote[k].start <= v->start; k++) {
			if (wrote[k].start < v->start || wrote[k].tick != tick)
				continue;
			type->written += wrote[k].pages * t->page_size;
			type->watched = true;
		}
	}
	free(wrote);
}

/* What a recording has of its sample: the rate that its table `written` has, too. */
static void
metrics_recall(struct target *t, const struct regions *rs, struct metric_facts *f)
{
	const struct source_time *time = t->source->ops->time;
	struct timeline *line = time->line(t->source);
	size_t i = timeline_find(line, source_now(t->source));
	const struct timeline_tick *now = &line->v[i];

	f->scan_seconds = (double)now->cost_ns / TIME_SECOND;
	f->clear_seconds = NAN; /* it is not recorded */
	if (i && now->written_known && now[-1].time_ns >= time->began(t->source)) {
		f->seconds = (double)(now->time_ns - now[-1].time_ns) / TIME_SECOND;
		f->unknown = rs->totals.unknown.pages * t->page_size;
		metrics_recall_regions(t, rs, i, f);
	}
	metrics_sum_up(f);
	if (f->seconds > 0) /* more, if a region is gone */
		f->all.written = now->written * t->page_size;
	timeline_unref(line);
}

/* 1: its address space is gone. */
static int
metrics_read(struct metrics_one *m, struct metric_facts *f, struct err *err)
{
	struct target *t = &m->b.t;
	struct regions *rs;
	int r;

	rs = batch_measure(t, &r, err);
	if (!rs)
		return r;
	*f = (struct metric_facts){.pid = t->source->meta.pid,
	                           .readable = true,
	                           .huge_known = t->source->meta.scan & PM_CAT_HUGE,
	                           .scan_seconds = (double)rs->cost_ns / TIME_SECOND};
	snprintf(f->comm, sizeof(f->comm), "%s", t->source->meta.comm);
	for (size_t i = 0; i < rs->vmas.n; i++)
		metrics_count(f, &rs->vmas.v[i], regions_at(rs, i), t->page_size);
	if (m->writes && m->began)
		r = metrics_count_writes(m, rs, f, err);
	m->began = true;
	if (m->b.o->recording)
		metrics_recall(t, rs, f);
	else
		metrics_sum_up(f);
	regions_unref(rs);
	return r < 0 && !target_is_alive(t) ? 1 : r;
}

/* --- all of them ------------------------------------------------------------------------------ */

static struct metric_facts *
metrics_add_facts(struct metrics *k)
{
	k->facts = vec_room(k->facts, k->facts_n, &k->facts_cap, sizeof(*k->facts));
	return &k->facts[k->facts_n++];
}

/* One of several that cannot be read: the others have their metrics. */
static void
metrics_refused(struct metrics *k, pid_t pid, const struct err *err)
{
	struct metric_facts *f = metrics_add_facts(k);
	char line[768];

	*f = (struct metric_facts){.pid = pid};
	snprintf(f->comm, sizeof(f->comm), "%s", k->o->target);
	if (!k->complained)
		k->report(err_line(err, line, sizeof(line)));
	k->complained = true;
}

static struct metrics_one **
metrics_find(struct metrics *k, pid_t pid)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->v[i]->pid == pid)
			return &k->v[i];
	return NULL;
}

/* It executed another program, which is tracked only if it is ours: consent was for the old one. */
static struct metrics_one *
metrics_follow(struct metrics *k, struct metrics_one **at, struct err *err)
{
	bool ours = k->o->demo || k->o->command;
	struct metrics_one *m = metrics_open(k, (*at)->pid, ours, err);

	if (!ours && (*at)->writes)
		k->report("it executed a new program, whose writes are not watched");
	metrics_close(*at);
	*at = m ? m : k->v[--k->n];
	return m;
}

/* NULL: it has ended, or err. */
static struct metrics_one *
metrics_get(struct metrics *k, pid_t pid, bool *ended, struct err *err)
{
	struct metrics_one **found = metrics_find(k, pid), *m;
	struct source *s = found ? (*found)->b.t.source : NULL;

	*ended = false;
	if (found && target_is_alive(&(*found)->b.t))
		return *found;
	*ended = found && s->ops->life(s) != PROC_RUNNING;
	if (*ended)
		return NULL;
	if (found)
		return metrics_follow(k, found, err);
	m = metrics_open(k, pid, true, err);
	if (!m)
		return NULL;
	k->v = vec_room(k->v, k->n, &k->cap, sizeof(*k->v));
	k->v[k->n++] = m;
	return m;
}

/* -1 with err; 1: it has ended. */
static int
metrics_look_at(struct metrics *k, pid_t pid, struct err *err)
{
	struct metrics_one *m;
	struct metric_facts f;
	bool ended;
	int r;

	if (silent_is(pid))
		return err_set(err, ERR_TARGET, "the kernel does not answer", NULL,
		               "cannot read process %d", (int)pid);
	m = metrics_get(k, pid, &ended, err);
	if (!m)
		return ended ? 1 : -1;
	m->seen = true;
	r = metrics_read(m, &f, err);
	if (r == 0)
		*metrics_add_facts(k) = f;
	return r;
}

/* Closes those that are no longer of the name. */
static void
metrics_forget(struct metrics *k)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++) {
		if (k->v[i]->seen)
			k->v[n++] = k->v[i];
		else
			metrics_close(k->v[i]);
	}
	k->n = n;
}

static int
metrics_look_at_all(struct metrics *k, struct err *err)
{
	struct err one;
	pid_t *pids;
	size_t n;
	int root, r = proc_find_all(k->o->proc_root, k->o->target, &pids, &n, err);

	if (r < 0)
		return -1;
	root = file_open(AT_FDCWD, k->o->proc_root, O_RDONLY | O_DIRECTORY);
	if (root >= 0)
		silent_find(root, pids, n);
	for (size_t i = 0; i < n; i++)
		if (metrics_look_at(k, pids[i], &one) < 0)
			metrics_refused(k, pids[i], &one);
	if (root >= 0)
		close(root);
	free(pids);
	return n ? 0 : 1;
}

/* 1: there is nothing left to look at. */
static int
metrics_look(struct metrics *k, struct err *err)
{
	int r;

	k->facts_n = 0;
	for (size_t i = 0; i < k->n; i++)
		k->v[i]->seen = false;
	r = k->pid || k->o->recording ? metrics_look_at(k, k->pid, err)
	                              : metrics_look_at_all(k, err);
	metrics_forget(k);
	return r;
}

/* --- the document ----------------------------------------------------------------------------- */

static int
metrics_replace(const char *path, const struct buf *text, struct err *err)
{
	struct file_new f;
	char real[PATH_MAX];
	bool good;
	int fd;

	file_follow(path, real); /* a link to it stays */
	fd = file_new_begin(&f, real, true);
	/* others read it, unlike other files of ours: that is what it is for */
	good = fd >= 0 && fchmod(fd, 0644) == 0 && file_write_all(fd, text->s, text->len);
	if (fd >= 0 && (close(fd) < 0 || file_new_end(&f, good) < 0))
		good = false;
	return good ? 0 : err_sys(err, NULL, "cannot write %s", path);
}

static int
metrics_put(const struct metrics *k, struct err *err)
{
	struct buf text = {0};
	int r;

	metrics_text(k->facts, k->facts_n, &text);
	if (k->o->metrics)
		r = metrics_replace(k->o->metrics, &text, err);
	else
		r = fwrite(text.s, 1, text.len, stdout) == text.len
		        ? batch_flush(err)
		        : err_sys(err, NULL, "cannot write to standard output");
	buf_free(&text);
	return r;
}

/* false: a signal, or the only process has ended. */
static bool
metrics_wait(const struct metrics *k, uint64_t until)
{
	struct pollfd end = {k->signals, POLLIN, 0};

	if (k->pid && k->n)
		return batch_wait_until(&k->v[0]->b, k->signals, until) ||
		       !target_is_alive(&k->v[0]->b.t);
	for (uint64_t now = time_ns(); now < until; now = time_ns())
		if (poll(&end, 1, (int)((until - now + TIME_MS - 1) / TIME_MS)) > 0)
			return false;
	return true;
}

/* The name has no process. That is an error at the first look; later the document says so. */
static int
metrics_nobody(const struct metrics *k, struct err *err)
{
	pid_t ignored;

	if (k->pid) {
		err_set(err, ERR_TARGET, "it has ended", NULL, "cannot read process %d",
		        (int)k->pid);
		err->sys = ESRCH;
		return -1;
	}
	return proc_find(k->o->proc_root, k->o->target, &ignored, NULL, err);
}

static int
metrics_run(struct metrics *k, struct err *err)
{
	const struct options *o = k->o;
	uint64_t next = time_ns();
	bool on = true;
	int r = metrics_look(k, err); /* opens, and clears */

	if (r > 0)
		return metrics_nobody(k, err);
	for (unsigned i = o->tracker_given ? 0 : 1; r == 0; i++) {
		if (i > 0 || k->repeat)
			r = metrics_put(k, err);
		if (r < 0 || !on || (i > 0 && (!k->repeat || i == o->count)))
			break;
		next = u64_max(next + o->interval_ns, time_ns());
		on = metrics_wait(k, next);
		r = metrics_look(k, err);
		if (r > 0 && !k->pid)
			r = 0; /* others may come */
	}
	if (r > 0) {
		buf_fmt(k->note, "process %d has ended", (int)k->pid);
		r = metrics_put(k, err);
	}
	return r;
}

int
batch_metrics(const struct options *o, pid_t pid, void (*report)(const char *text),
              struct buf *note, struct err *err)
{
	struct metrics k = {.o = o,
	                    .pid = pid,
	                    .report = report,
	                    .note = note,
	                    .repeat = o->metrics && o->repeat && !o->recording};
	int r;

	k.signals = batch_signals_open();
	r = metrics_run(&k, err);
	batch_signals_close(k.signals);
	for (size_t i = 0; i < k.n; i++)
		metrics_close(k.v[i]);
	free(k.v);
	free(k.facts);
	return r;
}
