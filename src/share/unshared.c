/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share/unshared.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "share/share_read.h"
#include "target/code.h"

/* --- what is remembered until the next time --------------------------------------------------- */

/* Pages shared with a relative. */
struct unshared_run {
	pid_t pid;
	uint64_t start, end;
};

struct unshared_was {
	pid_t pid;
	uint64_t start; /* of the region; of the relative as a whole: UINT64_MAX */
	uint64_t shared;
};

struct unshared_past {
	uint64_t ns; /* when */
	uint64_t start, end;
	size_t n, runs;
	struct unshared_run *run;  /* behind `was`, in the same order */
	struct unshared_was was[]; /* by PID, then by address */
};

struct unshared_work {
	struct target *t;
	const struct vma_list *vmas;
	uint64_t start, end;
	struct unshared *u;
	pid_t parent;
	struct other *o;            /* the relative that is compared */
	struct unshared_row *row;   /* the row that is filled */
	bool hidden;                /* a frame was hidden from us */
	uint64_t zero;              /* the frame of the zero page; 0: not known */
	const struct unshared_past *past; /* of the same range; NULL: there is none */
	uint64_t turned;            /* of the relative */
	uint32_t epoch;             /* of t->family: the one before it is since the last time */
	struct codes codes;         /* that has faulted */
};

/* Whether the word is that of an anonymous page, in RAM or in swap. */
static bool
unshared_is_anon(struct unshared_work *w, uint64_t word)
{
	w->hidden |= word & PM_PRESENT && !(word & PM_PFN_MASK);
	return !(word & PM_FILE) && share_key(word) != SHARE_NO_KEY &&
	       (!w->zero || share_key(word) != w->zero);
}

/* Everybody has the zero page: that is not sharing. */
static bool
unshared_is_zero(struct unshared_work *w, uint64_t word)
{
	uint64_t pfn = word & PM_PFN_MASK, kpf;
	bool ok;

	if (!(word & PM_PRESENT))
		return false;
	source_frames(w->t->source, FRAME_FLAGS, &pfn, 1, &kpf, &ok);
	if (!ok || !(kpf & KPF_ZERO_PAGE))
		return false;
	w->zero = pfn;
	return true;
}

/* --- who wrote -------------------------------------------------------------------------------- */

static pid_t
unshared_pid(const struct unshared_work *w, const struct cause *is)
{
	struct causes_thread thread;

	causes_thread(w->t->family, is->thread, &thread);
	return thread.pid;
}

static uint64_t
unshared_ip(const struct unshared_work *w, const struct cause *is)
{
	struct causes_chain chain;
	uint64_t ip;

	causes_chain(w->t->family, is->chain, &chain);
	ip = chain.n ? chain.frames[0] : 0;
	free(chain.frames);
	return ip;
}

static struct unshared_writer *
unshared_writer(struct unshared *u, const struct unshared_writer *is)
{
	for (size_t i = 0; i < u->writers; i++)
		if (u->writer[i].of == is->of && u->writer[i].pid == is->pid &&
		    u->writer[i].several == is->several && u->writer[i].reads == is->reads &&
		    (is->several || is->reads || u->writer[i].chain == is->chain))
			return &u->writer[i];
	u->writer = vec_room(u->writer, u->writers, &u->writers_cap, sizeof(*u->writer));
	u->writer[u->writers] = *is;
	return &u->writer[u->writers++];
}

static void
unshared_add_run(struct unshared_work *w, uint64_t addr)
{
	struct unshared *u = w->u;
	struct unshared_run *last = u->runs ? &u->run[u->runs - 1] : NULL;

	if (last && last->pid == w->o->pid && last->end == addr) {
		last->end += u->page_size;
		return;
	}
	u->run = vec_room(u->run, u->runs, &u->runs_cap, sizeof(*u->run));
	u->run[u->runs++] = (struct unshared_run){w->o->pid, addr, addr + u->page_size};
}

/* Whether it was the last time. */
static bool
unshared_was_shared(const struct unshared_work *w, uint64_t addr)
{
	size_t lo = 0, hi = w->past ? w->past->runs : 0;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct unshared_run *r = &w->past->run[mid];

		if (r->pid != w->o->pid ? r->pid < w->o->pid : r->end <= addr)
			lo = mid + 1;
		else
			hi = mid;
	}
	return w->past && lo < w->past->runs && w->past->run[lo].pid == w->o->pid &&
	       w->past->run[lo].start <= addr;
}

/* Code is where the target has it in a relative, too. */
static bool
unshared_reads(struct unshared_work *w, const struct cause *is)
{
	return code_reads(&w->codes, w->t, w->vmas, w->t->family, is->chain);
}

/*
 * Keeps, newest first, of n faults on a page those of the target and the relative that may have
 * written. Faults while this is asked are of the epoch under way, those of before the last time of
 * none of the two.
 */
static size_t
unshared_stores(struct unshared_work *w, struct cause *v, size_t n, bool *reads)
{
	size_t kept = 0;

	for (size_t i = 0; i < n && w->epoch - v[i].epoch <= 1; i++) {
		pid_t pid = unshared_pid(w, &v[i]);

		if (pid != w->o->pid && pid != w->t->source->meta.pid)
			continue;
		if (unshared_reads(w, &v[i]))
			*reads = true;
		else
			v[kept++] = v[i];
	}
	return kept;
}

/* The last in the list was the first to fault. */
static void
unshared_attribute(struct unshared_work *w, uint64_t addr)
{
	enum { MOST = 16 };
	struct cause v[MOST];
	size_t n = w->t->family ? causes_of_page(w->t->family, addr, v, MOST) : 0;
	struct unshared_writer is = {.of = w->u->relatives}, *row;
	const struct cause *first;

	w->turned++;
	n = unshared_stores(w, v, n, &is.reads);
	if (!n && !is.reads)
		return;
	is.reads = !n;
	if (n) {
		first = &v[n - 1];
		is.pid = unshared_pid(w, first);
		for (size_t i = 0; i < n - 1; i++)
			is.several |= unshared_pid(w, &v[i]) == is.pid &&
			              unshared_ip(w, &v[i]) != unshared_ip(w, first);
		is.several |= w->u->sampled;
		is.chain = first->chain;
		is.first_ns = first->time_ns;
	}
	row = unshared_writer(w->u, &is);
	row->pages++;
	row->first_ns = u64_min(row->first_ns, is.first_ns);
}

/* --- pages ------------------------------------------------------------------------------------ */

static void
unshared_compare(struct unshared_work *w, uint64_t addr, uint64_t ours, uint64_t theirs)
{
	struct unshared_pages *n = &w->row->n;
	bool a = unshared_is_anon(w, ours), b = unshared_is_anon(w, theirs);

	/* a page with bit 56 is nobody else's, and so not the zero page either */
	if (a && !(ours & PM_EXCLUSIVE) && !w->zero && unshared_is_zero(w, ours))
		a = false;
	if (b && !(theirs & PM_EXCLUSIVE) && !w->zero && unshared_is_zero(w, theirs))
		b = false;
	if (a && b && share_key(ours) == share_key(theirs)) {
		n->shared++;
		unshared_add_run(w, addr);
	} else if (a && b) {
		n->unshared++;
		if (unshared_was_shared(w, addr))
			unshared_attribute(w, addr);
	} else if (a) {
		n->ours++;
	} else if (b) {
		n->theirs++;
	}
}

/* The relative's words are read between two readings of the target's. */
static int
unshared_words(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	static const uint64_t entry = PM_PFN_MASK | PM_PRESENT | PM_SWAPPED;
	struct unshared_work *w = arg;
	const struct source_others *ops = w->t->source->ops->others;
	uint64_t *theirs = mem_alloc(2 * n * sizeof(*theirs)), *again = theirs + n;
	size_t got = ops->words(w->t->source, w->o, addr, theirs, n);

	got = u64_min(got, ops->words(w->t->source, NULL, addr, again, got));
	for (size_t i = 0; i < got; i++)
		if ((words[i] ^ again[i]) & entry)
			w->u->changed++;
		else if (words[i] | theirs[i])
			unshared_compare(w, addr + i * w->u->page_size, words[i], theirs[i]);
	free(theirs);
	return got < n;
}

/*
 * Where the target has nothing the relative may have something: there nothing is skipped. Where
 * one of them has its next page is asked once: behind a page of the other there may be terabytes
 * of nothing.
 */
static int
unshared_read(struct unshared_work *w, uint64_t start, uint64_t end)
{
	struct source *s = w->t->source;
	const struct source_others *ops = s->ops->others;
	uint64_t words[SHARE_BATCH], size = s->meta.page_size, ours = 0, theirs = 0;

	for (uint64_t at = start; at < end;) {
		size_t n, got;

		if (ours <= at)
			ours = ops->next(s, NULL, at, end);
		if (theirs <= at)
			theirs = ops->next(s, w->o, at, end);
		at = u64_min(ours, theirs);
		if (at >= end)
			return 0;
		n = u64_min((end - at) / size, SHARE_BATCH);
		got = ops->words(s, NULL, at, words, n);
		if (got < n || unshared_words(w, at, words, n) || source_stopped(s))
			return 1;
		at += n * size;
	}
	return 0;
}

static bool
unshared_any(const struct unshared_pages *n)
{
	return n->shared || n->unshared || n->ours || n->theirs;
}

static void
unshared_region(struct unshared_work *w, const struct vma *v)
{
	struct unshared *u = w->u;
	struct unshared_row row = {.of = u->relatives, .v = v};

	w->row = &row;
	unshared_read(w, u64_max(v->start, w->start), u64_min(v->end, w->end));
	if (!unshared_any(&row.n))
		return;
	u->row = vec_room(u->row, u->rows, &u->rows_cap, sizeof(*u->row));
	u->row[u->rows++] = row;
}

static void
unshared_add(struct unshared_pages *to, const struct unshared_pages *n)
{
	to->shared += n->shared;
	to->unshared += n->unshared;
	to->ours += n->ours;
	to->theirs += n->theirs;
}

/* What shares nothing at all has executed another program since the fork. */
static void
unshared_relative(struct unshared_work *w, const struct other_name *name, bool parent)
{
	struct unshared *u = w->u;
	struct unshared_relative r = {.pid = w->o->pid, .parent = parent};
	size_t first = u->rows, writers = u->writers, runs = u->runs;

	w->turned = 0;
	for (size_t i = vma_lower_bound(w->vmas, w->start);
	     i < w->vmas->n && w->vmas->v[i].start < w->end; i++)
		if (!(w->vmas->v[i].perm & VMA_SHARED))
			unshared_region(w, &w->vmas->v[i]);
	for (size_t i = first; i < u->rows; i++)
		unshared_add(&r.n, &u->row[i].n);
	if (!r.n.shared) {
		u->rows = first;
		u->writers = writers;
		u->runs = runs;
		u->strangers++;
		return;
	}
	r.turned = w->turned;
	memcpy(r.comm, name->comm, sizeof(r.comm));
	u->relative = vec_room(u->relative, u->relatives, &u->relatives_cap, sizeof(*u->relative));
	u->relative[u->relatives++] = r;
}

static int
unshared_visit(void *arg, struct other **at)
{
	struct unshared_work *w = arg;
	struct other *o = *at;
	struct other_name name;
	bool parent = o->pid == w->parent;

	if (!w->t->source->ops->others->name(w->t->source, o, &name) ||
	    (!parent && name.parent != w->t->source->meta.pid))
		return 0;
	w->o = o;
	unshared_relative(w, &name, parent);
	return w->hidden;
}

/* --- what has changed since the last time ----------------------------------------------------- */

static int
unshared_compare_was(const void *a, const void *b)
{
	const struct unshared_was *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->start > y->start) - (x->start < y->start);
}

static bool
unshared_lost(const struct unshared_past *past, pid_t pid, uint64_t start, uint64_t shared,
              uint64_t *lost)
{
	struct unshared_was key = {.pid = pid, .start = start};
	const struct unshared_was *was =
	    bsearch(&key, past->was, past->n, sizeof(key), unshared_compare_was);

	if (was)
		*lost = was->shared > shared ? was->shared - shared : 0;
	return was;
}

static void
unshared_since(struct unshared *u, const struct unshared_past *past, uint64_t now)
{
	u->ns = now - past->ns;
	for (size_t i = 0; i < u->rows; i++) {
		struct unshared_row *row = &u->row[i];

		row->compared = unshared_lost(past, u->relative[row->of].pid, row->v->start,
		                              row->n.shared, &row->lost);
	}
	for (size_t i = 0; i < u->relatives; i++) {
		struct unshared_relative *r = &u->relative[i];

		r->compared = unshared_lost(past, r->pid, UINT64_MAX, r->n.shared, &r->lost);
	}
}

static struct unshared_past *
unshared_remember(const struct unshared_work *w, uint64_t now)
{
	const struct unshared *u = w->u;
	size_t n = u->rows + u->relatives;
	struct unshared_past *p = mem_alloc(sizeof(*p) + n * sizeof(*p->was) +
	                                    u->runs * sizeof(*p->run));

	*p = (struct unshared_past){.ns = now, .start = w->start, .end = w->end};
	p->run = (struct unshared_run *)(void *)(p->was + n);
	p->runs = u->runs;
	if (u->runs)
		memcpy(p->run, u->run, u->runs * sizeof(*p->run));
	for (size_t i = 0, row = 0; i < u->relatives; i++) {
		const struct unshared_relative *r = &u->relative[i];

		for (; row < u->rows && u->row[row].of == i; row++)
			p->was[p->n++] = (struct unshared_was){
			    r->pid, u->row[row].v->start, u->row[row].n.shared};
		p->was[p->n++] = (struct unshared_was){r->pid, UINT64_MAX, r->n.shared};
	}
	return p;
}

static void
unshared_compare_past(struct unshared_work *w)
{
	uint64_t now = source_now(w->t->source);

	if (w->past && w->past->ns < now)
		unshared_since(w->u, w->past, now);
	free(w->t->unshared);
	w->t->unshared = unshared_remember(w, now);
}

/* --- the watch -------------------------------------------------------------------------------- */

static void
unshared_watch(struct target *t, const struct unshared *u)
{
	pid_t *pids;
	struct err ignored; /* t->family says why */

	if (t->family || !u->relatives)
		return;
	pids = mem_alloc(u->relatives * sizeof(*pids));
	for (size_t i = 0; i < u->relatives; i++)
		pids[i] = u->relative[i].pid;
	target_watch_family(t, pids, u->relatives, &ignored);
	free(pids);
}

/* --- all -------------------------------------------------------------------------------------- */

struct unshared *
unshared_find(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
              bool watch, struct err *err)
{
	struct unshared_work w = {.t = t, .vmas = vmas, .start = start, .end = end,
	                          .zero = t->source->meta.zero_pfn};
	struct other_name name = {0};
	int r;

	w.u = mem_alloc(sizeof(*w.u));
	w.u->page_size = t->page_size;
	if (t->unshared && t->unshared->start == start && t->unshared->end == end)
		w.past = t->unshared;
	if (t->family) {
		t->source->ops->faults->drain(t->source);
		w.epoch = causes_turn(t->family);
		w.u->sampled = causes_sampled(t->family, w.epoch - 1, w.epoch, NULL);
	}
	t->source->ops->others->name(t->source, NULL, &name);
	w.parent = name.parent;
	r = share_visit(t, &w.u->reach, unshared_visit, &w, err);
	codes_free(&w.codes);
	if (r >= 0 && w.hidden)
		r = err_set(err, ERR_TARGET, "page frames are hidden",
		            "run pmtop as root (CAP_SYS_ADMIN)",
		            "cannot tell what is still shared");
	else if (r > 0)
		r = err_set(err, ERR_TARGET, "it was cancelled", NULL, "cannot answer");
	if (r == 0) {
		unshared_compare_past(&w);
		if (watch)
			unshared_watch(t, w.u);
		return w.u;
	}
	unshared_free(w.u);
	return NULL;
}

void
unshared_free(struct unshared *u)
{
	if (u) {
		free(u->relative);
		free(u->row);
		free(u->writer);
		free(u->run);
	}
	free(u);
}
