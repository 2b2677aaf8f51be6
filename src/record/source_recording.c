/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recording: everything is as it was at one sample, and nothing can be done about it. What was
 * not recorded is not known.
 */
#include "record/source_recording.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/kabi.h"
#include "page/state.h"
#include "record/recording.h"
#include "record/schema.h"

struct source_recording {
	struct source base;
	struct recording *r;
	struct vma_list vmas; /* at its sample */
	struct timeline *line;
	size_t followed; /* 1 + the sample whose stamps the track has; that of the faults: */
	size_t recalled;
	struct causes *into; /* who gets the page faults; NULL: nobody */
	struct source_recording_caps *caps; /* as they were asked for last */
};

static struct source_recording *
source_recording_of(const struct source *s)
{
	return (struct source_recording *)(uintptr_t)s; /* base is its first member */
}

static int
source_recording_refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_TARGET, "it is a recording", "ask a running process", "cannot %s",
	               what);
}

/* --- its life ------------------------------------------------------------------------------- */

static int
source_recording_open_pages(struct source *s, struct err *err)
{
	(void)err;
	s->meta.open = true;
	return 0;
}

static bool
source_recording_alive(const struct source *s)
{
	(void)s;
	return true;
}

static enum proc_life
source_recording_life(struct source *s)
{
	(void)s;
	return PROC_RUNNING;
}

static uint64_t
source_recording_clock(const struct source *s)
{
	const struct source_recording *k = source_recording_of(s);

	return k->line->v[recording_at(k->r)].time_ns;
}

/* --- the address space ---------------------------------------------------------------------- */

static int
source_recording_regions(struct source *s, struct vma_list *out, struct err *err)
{
	struct source_recording *k = source_recording_of(s);

	vma_free(&k->vmas);
	if (recording_regions(k->r, &k->vmas, err) < 0 || recording_regions(k->r, out, err) < 0)
		return -1;
	return 0;
}

static void
source_recording_threads(struct source *s, struct threads *t, bool again)
{
	(void)again;
	recording_threads(source_recording_of(s)->r, t);
}

static int
source_recording_registers(const struct source *s, pid_t tid, struct thread_registers *out,
                           struct err *err)
{
	(void)s, (void)tid, (void)out;
	return source_recording_refuse(err, "read registers");
}

/* --- pages ---------------------------------------------------------------------------------- */

/*
 * The categories of a run in region v, with what the scan of a live process is not asked for: its
 * pages are a file's, unless they may be private copies; without write protection by userfaultfd
 * they read as written.
 */
static uint64_t
source_recording_cats(const struct source *s, const struct vma *v, uint32_t state)
{
	bool of_file = v && (vma_has_file(v) || v->type == VMA_KERNEL) && !state_copies(v);
	bool file = of_file && state & PM_CAT_PRESENT;

	return state | (file ? PM_CAT_FILE : 0) | (s->meta.scan & PM_CAT_WRITTEN);
}

/* What the page table says, without frames. */
static uint64_t
source_recording_bare(uint64_t cats)
{
	return (cats & PM_CAT_PRESENT ? PM_PRESENT : 0) | (cats & PM_CAT_SWAPPED ? PM_SWAPPED : 0) |
	       (cats & PM_CAT_FILE ? PM_FILE : 0) | (cats & PM_CAT_GUARD ? PM_GUARD : 0);
}

/* The word of a block, if it is of the same page as far as can be seen. */
static uint64_t
source_recording_word(const struct block *b, size_t i, uint64_t cats)
{
	static const uint64_t same = PM_PRESENT | PM_SWAPPED;
	uint64_t bare = source_recording_bare(cats), is = b ? b->words[i] : 0;

	return (is & same) == (bare & same) ? is : bare;
}

/* The pages of one run, as far as they are asked for. */
static void
source_recording_words_of(struct source_recording *k, const struct extent *run, uint64_t addr,
                          uint64_t *words, size_t n)
{
	size_t page_size = k->base.meta.page_size;
	uint64_t from = u64_max(addr, run->start), to = u64_min(run->end, addr + n * page_size);
	const struct vma *v = vma_at(&k->vmas, from);

	for (uint64_t at = from; at < to; at += page_size) {
		const struct block *b = recording_block(k->r, at);

		if (v && at >= v->end)
			v = vma_at(&k->vmas, at);
		words[(at - addr) / page_size] =
		    source_recording_word(b, (size_t)(at / page_size % BLOCK_PAGES),
		                          source_recording_cats(&k->base, v, run->state));
	}
}

static ssize_t
source_recording_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n,
                       struct err *err)
{
	struct source_recording *k = source_recording_of(s);
	const struct extents *e = recording_pages(k->r);
	uint64_t end = addr + n * s->meta.page_size;

	(void)err;
	if (addr >> 63) /* no address of a process: the page table does not reach it */
		return 0;
	memset(words, 0, n * sizeof(*words));
	for (size_t i = extents_first(e, addr); i < e->n && e->v[i].start < end; i++)
		source_recording_words_of(k, &e->v[i], addr, words, n);
	return (ssize_t)n;
}

static bool
source_recording_fits(const struct pm_match *m, uint64_t cats)
{
	return (!m->any || cats & m->any) && !(m->all & ~cats) && !(cats & m->none);
}

/* Joins runs that are alike in the categories that are asked for. */
struct source_recording_join {
	struct pm_run run;
	pagemap_run_fn *fn;
	void *arg;
};

static int
source_recording_pass(struct source_recording_join *j, const struct pm_run *next)
{
	int r = 0;

	if (next && j->run.end == next->start && j->run.cats == next->cats) {
		j->run.end = next->end;
		return 0;
	}
	if (j->run.end)
		r = j->fn(j->arg, &j->run);
	j->run = next ? *next : (struct pm_run){0};
	return r;
}

static int
source_recording_piece(struct source_recording_join *j, const struct pm_match *match, uint64_t ask,
                       uint64_t start, uint64_t end, uint64_t cats)
{
	if (start >= end || !source_recording_fits(match, cats))
		return 0;
	return source_recording_pass(j, &(struct pm_run){start, end, cats & ask});
}

/* A run of one region, with what the tracker says: its pages with a stamp of this epoch are marked.
 */
static int
source_recording_marked(struct source_recording *k, struct source_recording_join *j,
                        const struct pm_match *match, uint64_t ask, uint64_t start, uint64_t end,
                        uint64_t cats)
{
	static const uint64_t marks = PM_CAT_SOFT_DIRTY | PM_CAT_WRITTEN | PM_CAT_WPALLOWED;
	const struct recording_writes *w = recording_writes(k->r);
	uint64_t mark = w->on ? track_cats(&(struct track){.tracker = w->tracker}) : 0;
	struct stamps_at at = stamps_begin(recording_stamps(k->r), start, end);
	struct track_stamp s;

	if (!((ask | match->any | match->all | match->none) & marks) || !mark)
		return source_recording_piece(j, match, ask, start, end, cats);
	while (stamps_next(&at, &s)) {
		if (s.epoch != w->epoch)
			continue;
		if (source_recording_piece(j, match, ask, start, s.start, cats & ~mark) ||
		    source_recording_piece(j, match, ask, s.start, s.end, cats | mark))
			return 1;
		start = s.end;
	}
	return source_recording_piece(j, match, ask, start, end, cats & ~mark);
}

/* The gap before a run is one of pages without a category. */
static int
source_recording_runs(const struct source *s, uint64_t start, uint64_t end,
                      const struct pm_match *match, uint64_t cats, pagemap_run_fn *fn, void *arg,
                      struct err *err)
{
	struct source_recording *k = source_recording_of(s);
	const struct extents *e = recording_pages(k->r);
	struct source_recording_join j = {.fn = fn, .arg = arg};
	uint64_t at = start;

	(void)err;
	for (size_t i = extents_first(e, start); at < end; i++) {
		uint64_t from = i < e->n ? u64_min(e->v[i].start, end) : end;
		uint64_t to = i < e->n ? u64_min(e->v[i].end, end) : end;

		if (source_recording_piece(&j, match, cats, at, from, 0))
			return 1;
		for (at = u64_max(at, from); at < to;) {
			const struct vma *v = vma_at(&k->vmas, at);
			uint64_t till = v ? u64_min(v->end, to) : to;

			if (source_recording_marked(k, &j, match, cats, at, till,
			                            source_recording_cats(s, v, e->v[i].state)))
				return 1;
			at = till;
		}
		if (source_stopped(s))
			return 1;
	}
	return source_recording_pass(&j, NULL);
}

static void
source_recording_frames(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n,
                        uint64_t *out, bool *ok)
{
	const struct recording *r = source_recording_of(s)->r;

	for (size_t i = 0; i < n; i++) {
		out[i] = 0;
		ok[i] = recording_frame(r, pfn[i], file, &out[i]);
	}
}

static bool
source_recording_broken(const struct source *s)
{
	return recording_number(source_recording_of(s)->r, "broken");
}

static void
source_recording_nodes(const struct source *s, uint64_t addr, int *out, size_t n)
{
	struct recording *r = source_recording_of(s)->r;
	size_t page_size = s->meta.page_size;

	for (size_t i = 0; i < n; i++, addr += page_size) {
		const struct block *b = recording_block(r, addr);

		out[i] = b ? b->nodes[addr / page_size % BLOCK_PAGES] : -1;
	}
}

static enum folio_sizes
source_recording_folio_sizes(const struct source *s)
{
	uint64_t is = recording_number(source_recording_of(s)->r, "folio_sizes");

	return is == FOLIOS_SMALL || is == FOLIOS_HUGE ? (enum folio_sizes)is : FOLIOS_ANY;
}

static bool
source_recording_cgroup(const struct source *s, uint64_t inode, struct buf *out)
{
	char key[40], *path;

	snprintf(key, sizeof(key), "cgroup %ju", (uintmax_t)inode);
	path = recording_text(source_recording_of(s)->r, key);
	if (path)
		buf_str(out, path);
	free(path);
	return path != NULL;
}

/* --- what takes more ------------------------------------------------------------------------ */

static int
source_recording_smaps(const struct source *s, struct progress *p, struct smaps *out,
                       struct err *err)
{
	(void)p;
	if (recording_smaps(source_recording_of(s)->r, out))
		return 0;
	return err_set(err, ERR_TARGET, "it was not recorded by then", NULL, "cannot read smaps");
}

static int
source_recording_smaps_one(const struct source *s, struct progress *p, uint64_t start,
                           struct smaps_entry *out, struct err *err)
{
	const struct smaps_entry *e;
	struct smaps all;
	int r = source_recording_smaps(s, p, &all, err);

	if (r)
		return r;
	e = smaps_find(&all, start);
	if (e)
		*out = *e;
	else
		r = err_set(err, ERR_TARGET, "it was not recorded by then", NULL,
		            "cannot read smaps of this region");
	smaps_free(&all);
	return r;
}

/* Up to the first page that was not recorded. */
static ssize_t
source_recording_bytes(struct source *s, uint64_t addr, void *to, size_t n, int *sys,
                       struct err *err)
{
	size_t size = s->meta.page_size, done = 0;
	bool any = true;

	*sys = ENODATA;
	while (done < n) {
		uint64_t at = addr + done, page = at - at % size;
		size_t part = u64_min(n - done, page + size - at);
		uint8_t *data = recording_bytes(source_recording_of(s)->r, page, &any);

		if (!data)
			break;
		memcpy((uint8_t *)to + done, data + (at - page), part);
		free(data);
		done += part;
	}
	if (any)
		return (ssize_t)done;
	return err_set(err, ERR_TARGET, "contents of memory were not recorded",
	               "ask a running process, or record with --with-bytes RANGE",
	               "cannot read memory");
}

static int
source_recording_fault_in(struct source *s, const struct vma *v, uint64_t addr, struct err *err)
{
	(void)s, (void)v, (void)addr;
	return source_recording_refuse(err, "read the page in");
}

static int
source_recording_unreference(struct source *s, struct err *err)
{
	(void)s;
	return source_recording_refuse(err, "clear referenced bits");
}

static bool
source_recording_file_bytes(struct source *s, const struct vma *v, uint64_t start, size_t n,
                            uint8_t *to)
{
	(void)s, (void)v, (void)start, (void)n, (void)to;
	return false;
}

/* As of the last whole sample. */
static bool
source_recording_files(struct source *s, const struct vma *v, uint64_t start, uint64_t end,
                       unsigned needs, struct file_pages *out)
{
	struct file_facts f;
	bool is = recording_file(source_recording_of(s)->r, v->start, &f);

	if (is) {
		file_facts_fill(&f, start, end, s->meta.page_size, out);
		out->known &= needs;
	}
	file_facts_free(&f);
	return is;
}

/* Only instructions that faulted have one. */
static bool
source_recording_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                        const uint8_t *image, uint64_t addr, unsigned needs,
                        struct helper_symbol *out)
{
	struct source_code is;
	const char *colon;
	uint64_t line;

	(void)vmas, (void)v, (void)image, (void)needs;
	if (!recording_code(source_recording_of(s)->r, addr, false, &is) || !is.known)
		return false;
	*out = (struct helper_symbol){.offset = is.offset};
	snprintf(out->name, sizeof(out->name), "%s", is.name);
	colon = is.source ? strrchr(is.source, ':') : NULL;
	if (colon && parse_u64(colon + 1, 10, &colon, &line) && line <= UINT32_MAX) {
		out->line = (uint32_t)line;
		snprintf(out->source, sizeof(out->source), "%.*s",
		         (int)(strrchr(is.source, ':') - is.source), is.source);
	}
	return true;
}

static bool
source_recording_code(struct source *s, uint64_t addr, bool returns, struct source_code *out)
{
	return recording_code(source_recording_of(s)->r, addr, returns, out);
}

static bool
source_recording_find_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v,
                             const uint8_t *image, const char *name, enum symbol_how how,
                             struct helper_matches *out)
{
	(void)s, (void)vmas, (void)v, (void)image, (void)name, (void)how, (void)out;
	return false;
}

static bool
source_recording_late(const struct source *s)
{
	(void)s;
	return false;
}

static bool
source_recording_counters(const struct source *s, struct proc_activity *out)
{
	(void)s, (void)out;
	return false;
}

/* What is filled in, and its texts, which last until they are asked for again. */
struct source_recording_caps {
	struct cap *out;
	size_t n;
	char *texts[2 * CAPS_MAX];
};

static void
source_recording_free_caps(struct source_recording_caps *c)
{
	for (size_t i = 0; c && i < 2 * CAPS_MAX; i++)
		free(c->texts[i]);
	free(c);
}

static void
source_recording_add_cap(void *arg, const char *name, const char *gives, bool ok,
                         const char *detail, const char *how)
{
	struct source_recording_caps *c = arg;
	struct cap *to = &c->out[c->n];

	if (c->n == CAPS_MAX)
		return;
	c->texts[2 * c->n] = mem_strdup(name);
	c->texts[2 * c->n + 1] = mem_strdup(gives);
	*to = (struct cap){.name = c->texts[2 * c->n], .gives = c->texts[2 * c->n + 1], .ok = ok};
	snprintf(to->detail, sizeof(to->detail), "%s", detail);
	snprintf(to->how, sizeof(to->how), "%s", how);
	c->n++;
}

/* First what is in every recording, then what could be known when it was made. */
static size_t
source_recording_caps(struct source *s, struct track *t, struct cap *out)
{
	struct source_recording *k = source_recording_of(s);

	(void)t;
	source_recording_free_caps(k->caps);
	k->caps = mem_alloc(sizeof(*k->caps));
	k->caps->out = out;
	source_recording_add_cap(k->caps, "recording", "regions, pages and frames, as they were",
	                         true, "what follows was so when it was made; memory and files "
	                               "are not in it", "");
	recording_caps(k->r, source_recording_add_cap, k->caps);
	return k->caps->n;
}

/* --- writes, others, faults: of the past ---------------------------------------------------- */

static void
source_recording_probe(struct source *s, struct track *t)
{
	const struct recording_writes *w = recording_writes(source_recording_of(s)->r);

	t->can = w->on ? TRACK_YES : TRACK_NO;
	t->tracker = w->on ? (enum tracker)w->tracker : tracker_lasting();
	snprintf(t->why, sizeof(t->why), "%s", w->on ? "" : "writes were not recorded");
	snprintf(t->how, sizeof(t->how), "%s", w->on ? "" : "record with --tracker auto");
}

static int
source_recording_clear(struct source *s, struct track *t, const struct vma_list *vmas,
                       struct err *err)
{
	(void)s, (void)t, (void)vmas;
	return source_recording_refuse(err, "clear the write marks");
}

/* The page faults by then. */
static void
source_recording_recall(struct source_recording *k, const struct track *t)
{
	struct causes_watch none = {0};
	size_t now = recording_at(k->r) + 1;
	bool next = k->recalled && k->recalled + 1 == now;

	if (!k->into || k->recalled == now)
		return;
	k->recalled = now;
	if (next && t->clears && recording_recall_next(k->r, t, k->into))
		return;
	if (!t->clears)
		err_set(&none.why, ERR_TARGET, "writes were not recorded by then",
		        "record with --tracker auto", "cannot tell which code wrote");
	else if (recording_recall(k->r, t, k->into, &none.why))
		return;
	causes_forget(k->into);
	causes_set_watch(k->into, &none);
}

static void
source_recording_follow_track(struct source *s, struct track *t, const struct vma_list *vmas)
{
	struct source_recording *k = source_recording_of(s);
	const struct recording_writes *w = recording_writes(k->r);

	(void)vmas;
	if (k->followed == recording_at(k->r) + 1)
		return;
	k->followed = recording_at(k->r) + 1;
	recording_stamps(k->r); /* before it is asked whether they are known */
	source_recording_probe(s, t);
	t->clears = w->on ? w->clears : 0;
	if (!w->on)
		return;
	t->auto_clear = w->clears > 1;
	t->epoch = w->epoch;
	t->first_epoch = w->first_epoch;
	t->clear_ns = w->clear_ns;
	t->first_ns = w->first_ns;
	recording_epochs(k->r, t->began, TRACK_EPOCHS);
	stamps_copy(&t->stamps, recording_stamps(k->r), 0, UINT64_MAX);
}

static void
source_recording_follow(struct source *s, struct track *t, const struct vma_list *vmas)
{
	source_recording_follow_track(s, t, vmas);
	source_recording_recall(source_recording_of(s), t);
}

static struct track_verdict
source_recording_judge(struct source *s, struct track *t, const struct track_scan *scan)
{
	enum track_doubt d = recording_doubt(source_recording_of(s)->r, scan->vma->start);

	(void)t;
	return (struct track_verdict){.doubt = d, .exact = d == DOUBT_NONE};
}

static bool
source_recording_hazard(struct source *s, const struct track *t, const struct vma_list *vmas,
                        struct buf *out)
{
	(void)s, (void)t, (void)vmas, (void)out;
	return false;
}

static bool
source_recording_costs(struct source *s, const struct track *t, struct buf *question,
                       track_cost_fn *fn, void *arg)
{
	(void)s, (void)t, (void)question, (void)fn, (void)arg;
	return false;
}

static int
source_recording_unblock(struct source *s, struct track *t, struct err *err)
{
	(void)s, (void)t;
	return source_recording_refuse(err, "change the process");
}

static int
source_recording_list(struct source *s, pid_t **pids, size_t *n, struct err *err)
{
	(void)s;
	*pids = NULL;
	*n = 0;
	return source_recording_refuse(err, "look at other processes");
}

static struct other *
source_recording_begin(struct source *s, pid_t pid, bool *refused)
{
	(void)s, (void)pid;
	*refused = false;
	return NULL;
}

static void
source_recording_end(struct other *o)
{
	(void)o;
}

static size_t
source_recording_room(struct source *s)
{
	(void)s;
	return 0;
}

static size_t
source_recording_others_words(struct source *s, struct other *o, uint64_t addr, uint64_t *words,
                              size_t n)
{
	struct err ignored;

	return o ? 0 : (size_t)source_recording_words(s, addr, words, n, &ignored);
}

static uint64_t
source_recording_next(struct source *s, const struct other *o, uint64_t addr, uint64_t end)
{
	const struct extents *e = recording_pages(source_recording_of(s)->r);
	size_t i = extents_first(e, addr);

	return o || i == e->n ? end : u64_min(end, u64_max(addr, e->v[i].start));
}

static bool
source_recording_others_regions(struct source *s, const struct other *o, struct vma_list *out)
{
	(void)s, (void)o, (void)out;
	return false;
}

static bool
source_recording_name(struct source *s, const struct other *o, struct other_name *out)
{
	(void)s, (void)o, (void)out;
	return false;
}

static enum others_order
source_recording_compare(struct source *s, pid_t a, pid_t b)
{
	(void)s, (void)a, (void)b;
	return OTHERS_UNKNOWN;
}

static enum truth
source_recording_averages(struct source *s)
{
	(void)s;
	return TRUTH_UNKNOWN;
}

static bool
source_recording_most(struct source *s, uint64_t pages, struct mapmax *out)
{
	(void)s, (void)pages, (void)out;
	return false;
}

static bool
source_recording_merges(struct source *s)
{
	(void)s;
	return true;
}

/* Nothing can be watched: what was is put into `into` by `follow`. */
static int
source_recording_watch(struct source *s, struct causes *into, unsigned budget, struct err *err)
{
	struct source_recording *k = source_recording_of(s);

	(void)budget;
	if (!s->meta.faults)
		return err_set(err, ERR_TARGET, "page faults were not recorded",
		               "record with --tracker auto, where page faults may be watched",
		               "cannot tell which code wrote");
	causes_unref(k->into);
	k->into = causes_ref(into);
	k->recalled = 0;
	return 0;
}

static void
source_recording_unwatch(struct source *s)
{
	struct source_recording *k = source_recording_of(s);

	causes_unref(k->into);
	k->into = NULL;
}

static int
source_recording_family(struct source *s, const pid_t *pids, size_t n, struct causes *into,
                        unsigned budget, struct err *err)
{
	(void)s, (void)pids, (void)n, (void)into, (void)budget;
	return source_recording_refuse(err, "watch page faults");
}

static void
source_recording_nothing(struct source *s)
{
	(void)s;
}

static struct stores *
source_recording_stores(struct source *s, uint64_t addr, unsigned bytes, unsigned budget,
                        struct causes *into, struct err *err)
{
	(void)s, (void)addr, (void)bytes, (void)budget, (void)into;
	source_recording_refuse(err, "watch stores");
	return NULL;
}

static void
source_recording_stores_read(struct stores *s, struct stores_times *out)
{
	(void)s, (void)out;
}

static void
source_recording_stores_end(struct stores *s)
{
	(void)s;
}

static void
source_recording_wait(struct source *s, uint64_t ns)
{
	(void)s, (void)ns;
}

static const char *
source_recording_kernel(struct source *s, uint64_t addr)
{
	(void)s, (void)addr;
	return NULL;
}

static const struct source_writes source_recording_writes = {
    .probe = source_recording_probe,
    .clear = source_recording_clear,
    .follow = source_recording_follow,
    .judge = source_recording_judge,
    .hazard = source_recording_hazard,
    .costs = source_recording_costs,
    .unblock = source_recording_unblock,
};

static const struct source_others source_recording_others = {
    .list = source_recording_list,
    .begin = source_recording_begin,
    .end = source_recording_end,
    .room = source_recording_room,
    .words = source_recording_others_words,
    .next = source_recording_next,
    .regions = source_recording_others_regions,
    .name = source_recording_name,
    .compare = source_recording_compare,
    .averages = source_recording_averages,
    .most = source_recording_most,
    .merges = source_recording_merges,
};

/* Which process it is of, and which boot: a recording may go on in another session. */
static void
source_recording_read_process(struct source_recording *k)
{
	struct source_meta *m = &k->base.meta;
	char *boot = recording_text(k->r, "boot");

	m->pid = recording_pid(k->r);
	snprintf(m->comm, sizeof(m->comm), "%s", recording_name(k->r));
	snprintf(m->boot, sizeof(m->boot), "%s", boot ? boot : "");
	free(boot);
}

static int
source_recording_go(struct source *s, uint64_t time_ns, struct err *err)
{
	struct source_recording *k = source_recording_of(s);

	k->followed = 0;
	if (recording_seek(k->r, timeline_find(k->line, time_ns), err) < 0)
		return -1;
	s->meta.faults = recording_has_faults(k->r);
	source_recording_read_process(k);
	return 0;
}

static struct timeline *
source_recording_line(struct source *s)
{
	return timeline_ref(source_recording_of(s)->line);
}

/* A walk through its samples. */
struct source_recording_walk {
	struct source *s;
	source_moment_fn *fn;
	void *arg;
};

static int
source_recording_moment(void *arg, size_t i, const struct extents *pages,
                        const struct extents *written)
{
	struct source_recording_walk *w = arg;
	const struct timeline_tick *k = &source_recording_of(w->s)->line->v[i];

	return source_stopped(w->s)
	           ? 1
	           : w->fn(w->arg, &(struct source_moment){k->time_ns, pages, written,
	                                                   k->written_known});
}

static int
source_recording_walk(struct source *s, size_t from, size_t to, source_moment_fn *fn, void *arg,
                      struct err *err)
{
	struct source_recording_walk w = {s, fn, arg};

	return recording_walk(source_recording_of(s)->r, from, to, source_recording_moment, &w,
	                      err);
}

static uint64_t
source_recording_reach(struct source *s, uint64_t start, uint64_t end)
{
	return recording_reach(source_recording_of(s)->r, start, end);
}

static uint64_t
source_recording_looked(struct source *s, uint64_t addr)
{
	const struct block *b = recording_block(source_recording_of(s)->r, addr);

	return b ? b->time_ns : 0;
}

static const struct source_time source_recording_time = {
    .go = source_recording_go,
    .line = source_recording_line,
    .walk = source_recording_walk,
    .reach = source_recording_reach,
    .looked = source_recording_looked,
};

static const struct source_faults source_recording_faults = {
    .watch = source_recording_watch,
    .family = source_recording_family,
    .drain = source_recording_nothing,
    .unwatch = source_recording_unwatch,
    .stores = source_recording_stores,
    .stores_read = source_recording_stores_read,
    .stores_end = source_recording_stores_end,
    .wait = source_recording_wait,
    .kernel = source_recording_kernel,
};

/* --- opening and closing -------------------------------------------------------------------- */

static void
source_recording_close(struct source *s)
{
	struct source_recording *k = source_recording_of(s);

	source_recording_unwatch(s);
	source_recording_free_caps(k->caps);
	vma_free(&k->vmas);
	swaps_free(&s->meta.swaps);
	timeline_unref(k->line);
	recording_close(k->r);
	free(k);
}

static int
source_recording_reopen(struct source *s, struct err *err)
{
	return source_recording_open_pages(s, err);
}

static const struct source_ops source_recording_ops = {
    .open_pages = source_recording_open_pages,
    .reopen = source_recording_reopen,
    .alive = source_recording_alive,
    .life = source_recording_life,
    .clock = source_recording_clock,
    .regions = source_recording_regions,
    .threads = source_recording_threads,
    .registers = source_recording_registers,
    .words = source_recording_words,
    .runs = source_recording_runs,
    .frames = source_recording_frames,
    .broken = source_recording_broken,
    .nodes = source_recording_nodes,
    .folio_sizes = source_recording_folio_sizes,
    .cgroup = source_recording_cgroup,
    .smaps = source_recording_smaps,
    .smaps_one = source_recording_smaps_one,
    .unreference = source_recording_unreference,
    .bytes = source_recording_bytes,
    .fault_in = source_recording_fault_in,
    .files = source_recording_files,
    .file_bytes = source_recording_file_bytes,
    .symbol = source_recording_symbol,
    .find_symbol = source_recording_find_symbol,
    .code = source_recording_code,
    .late = source_recording_late,
    .counters = source_recording_counters,
    .caps = source_recording_caps,
    .writes = &source_recording_writes,
    .others = &source_recording_others,
    .faults = &source_recording_faults,
    .time = &source_recording_time,
    .close = source_recording_close,
};

/* What the session says of itself. */
static void
source_recording_read_meta(struct source_recording *k)
{
	static const uint64_t kept = PM_CAT_WRITTEN | PM_CAT_FILE | PM_CAT_PRESENT |
	                             PM_CAT_SWAPPED | PM_CAT_PFNZERO | PM_CAT_HUGE | PM_CAT_GUARD;
	struct source_meta *m = &k->base.meta;
	uint64_t swaps = recording_number(k->r, "swaps");

	*m = (struct source_meta){.end_fd = -1,
	                          .page_size = recording_page_size(k->r),
	                          .word = recording_number(k->r, "word") == 4 ? 4 : 8,
	                          .frames = (unsigned)recording_number(k->r, "frames"),
	                          .ksm_lies = recording_number(k->r, "ksm_lies"),
	                          .exclusive_each = recording_number(k->r, "exclusive_each"),
	                          .nodes = recording_number(k->r, "nodes"),
	                          .zero_pfn = recording_number(k->r, "zero_pfn"),
	                          .scan = recording_number(k->r, "scan") & kept,
	                          .faults = recording_has_faults(k->r)};
	source_recording_read_process(k);
	m->swaps.in_use = recording_number(k->r, "swaps_in_use");
	for (; m->swaps.n < swaps && m->swaps.n < PM_SWAP_TYPES; m->swaps.n++) {
		char key[32];

		snprintf(key, sizeof(key), "swap %u", m->swaps.n);
		m->swaps.name[m->swaps.n] = recording_text(k->r, key);
		if (!m->swaps.name[m->swaps.n])
			m->swaps.name[m->swaps.n] = mem_strdup("");
	}
}

struct source *
source_recording_open(const char *path, struct err *err)
{
	struct recording *r = recording_open(path, err);
	struct source_recording *k;

	if (!r)
		return NULL;
	k = mem_alloc(sizeof(*k));
	k->r = r;
	k->line = recording_timeline(r);
	k->base.ops = &source_recording_ops;
	source_recording_read_meta(k);
	return &k->base;
}

bool
source_recording_is(const char *path)
{
	return schema_is_recording(path);
}

bool
source_recording_means(const char *name)
{
	return strchr(name, '/') || schema_is_recording(name);
}
