/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/writers.h"

#include <stdlib.h>
#include <string.h>

#include "target/writers_region.h"

static const struct writers_by_words writers_rows[] = {
#define B(id, n, t, h) {.name = n, .title = t, .help = h},
#define R(id, n, t, h) {.name = n, .title = t, .help = h},
#include "target/writers_by.def"
};

const struct writers_by_words *
writers_by_words(enum writers_by by)
{
	return &writers_rows[by];
}

bool
writers_by_find(const char *name, size_t len, enum writers_by *by)
{
	for (size_t i = 0; i < WRITERS_BY_COUNT; i++) {
		if (strlen(writers_rows[i].name) != len ||
		    memcmp(writers_rows[i].name, name, len) != 0)
			continue;
		*by = (enum writers_by)i;
		return true;
	}
	return false;
}

/* --- the words of a row ----------------------------------------------------------------------- */

struct writers_work {
	struct target *t;
	struct causes *causes;
	struct codes *codes;
	const struct vma_list *vmas;
};

typedef void writers_words_fn(const struct writers_work *w, const struct causes_thread *thread,
                              const struct causes_chain *chain, struct writer *out);

static void
writers_words_FUNCTION(const struct writers_work *w, const struct causes_thread *thread,
                       const struct causes_chain *chain, struct writer *out)
{
	struct buf b = {0};

	(void)thread;
	code_leaf(w->codes, w->t, w->vmas, chain, false, &b);
	out->words = b.s;
	out->in = mem_strdup(code_at(w->codes, w->t, w->vmas, chain, 0)->in);
}

/* The name of a thread; or else its number, and why it has no name. */
static void
writers_thread_words(const struct causes_thread *thread, struct buf *out)
{
	if (*thread->comm)
		buf_str(out, thread->comm);
	else if (!thread->tid)
		buf_str(out, "other threads");
	else
		buf_fmt(out, "thread %d%s", (int)thread->tid, thread->ended ? " (ended)" : "");
}

static void
writers_words_THREAD(const struct writers_work *w, const struct causes_thread *thread,
                     const struct causes_chain *chain, struct writer *out)
{
	struct buf b = {0};

	(void)w;
	(void)chain;
	writers_thread_words(thread, &b);
	out->words = b.s;
	out->in = mem_strdup("");
	out->tid = thread->tid;
	out->nameless = !*thread->comm;
}

static void
writers_words_CHAIN(const struct writers_work *w, const struct causes_thread *thread,
                    const struct causes_chain *chain, struct writer *out)
{
	struct buf b = {0};

	code_folded_part(&b, *thread->comm    ? thread->comm
	                      : thread->ended ? "[ended]"
	                                      : "[unnamed]");
	buf_str(&b, ";");
	code_folded(w->codes, w->t, w->vmas, chain, &b);
	out->words = b.s;
	out->in = mem_strdup("");
}

static writers_words_fn *const writers_words[] = {
#define B(id, n, t, h) [WRITERS_BY_##id] = writers_words_##id,
#include "target/writers_by.def"
};

static void
writers_name(const struct writers_work *w, writers_words_fn *words, const struct cause_by *by,
             struct writer *out)
{
	struct causes_chain frames;
	struct causes_thread thread;

	causes_chain(w->causes, by->chain, &frames);
	causes_thread(w->causes, by->thread, &thread);
	*out = (struct writer){.chain = by->chain};
	words(w, &thread, &frames, out);
	free(frames.frames);
}

void
writer_name(struct target *t, struct codes *codes, const struct vma_list *vmas,
            enum writers_by by, uint32_t chain, uint32_t thread, struct writer *out)
{
	/* the same for what wrote and for what brought memory in */
	struct causes *c = t->causes ? t->causes : t->brought;
	const struct writers_work w = {t, c, codes, vmas};

	writers_name(&w, writers_words[by], &(struct cause_by){chain, thread}, out);
}

/* --- rows ------------------------------------------------------------------------------------- */

static int
writer_words_order(const void *pa, const void *pb)
{
	const struct writer *a = pa, *b = pb;
	int order = strcmp(a->words, b->words);

	if (!order)
		order = strcmp(a->in, b->in);
	if (!order && a->instruction && b->instruction)
		order = strcmp(a->instruction, b->instruction);
	return order ? order : (a->tid > b->tid) - (a->tid < b->tid);
}

int
writer_pages_order(const void *pa, const void *pb)
{
	const struct writer *a = pa, *b = pb;

	if (a->pages != b->pages)
		return a->pages < b->pages ? 1 : -1;
	if (a->maybe != b->maybe)
		return a->maybe < b->maybe ? 1 : -1;
	return writer_words_order(pa, pb);
}

void
writer_free(struct writer *w)
{
	free(w->words);
	free(w->in);
	free(w->instruction);
}

size_t
writers_join(struct writer *v, size_t n, size_t *to)
{
	struct writers_part {
		struct writer w;
		size_t from;
	} *part = mem_alloc((n + 1) * sizeof(*part));
	size_t kept = 0;

	for (size_t i = 0; i < n; i++)
		part[i] = (struct writers_part){v[i], i};
	vec_sort(part, n, sizeof(*part), writer_words_order);
	for (size_t i = 0; i < n; i++) {
		struct writer *last = kept ? &v[kept - 1] : NULL, *is = &part[i].w;

		if (!last || writer_words_order(last, is) != 0) {
			v[kept++] = *is;
		} else {
			last->pages += is->pages;
			last->maybe += is->maybe;
			last->fresh += is->fresh;
			writer_free(is);
		}
		if (to)
			to[part[i].from] = kept - 1;
	}
	free(part);
	return kept;
}

/* A candidate, and its row: several may have the same. */
struct writers_one {
	struct cause_by by;
	bool reads; /* only: it is none, and has no row */
	struct writer *row;
};

static int
writers_one_order(const void *pa, const void *pb)
{
	const struct writers_one *a = pa, *b = pb;

	if (a->by.chain != b->by.chain)
		return a->by.chain < b->by.chain ? -1 : 1;
	return (a->by.thread > b->by.thread) - (a->by.thread < b->by.thread);
}

struct writers_all {
	struct writers_one *v;
	size_t n, cap;
};

/* The candidates of all sets, each once. */
static struct writers_all
writers_candidates(const struct cause_sums *sums)
{
	struct writers_all all = {0};
	struct cause_by by[CAUSES_MOST];
	size_t kept = 0;
	bool ignored;

	for (size_t set = 0; set < sums->n; set++) {
		size_t n = cause_sums_set(sums, set, by, &ignored);

		for (size_t i = 0; i < n; i++) {
			all.v = vec_room(all.v, all.n, &all.cap, sizeof(*all.v));
			all.v[all.n++] = (struct writers_one){.by = by[i]};
		}
	}
	vec_sort(all.v, all.n, sizeof(*all.v), writers_one_order);
	for (size_t i = 0; i < all.n; i++)
		if (!kept || writers_one_order(&all.v[kept - 1], &all.v[i]) != 0)
			all.v[kept++] = all.v[i];
	all.n = kept;
	return all;
}

/* Makes the rows of all candidates but those that only read. */
static void
writers_rows_of(const struct writers_work *w, writers_words_fn *words, struct writers_all *all,
                struct writers *out)
{
	size_t *row = mem_alloc((all->n + 1) * sizeof(*row)), n = 0;

	out->v = mem_alloc((all->n + 1) * sizeof(*out->v));
	for (size_t i = 0; i < all->n; i++) {
		struct writers_one *is = &all->v[i];

		is->reads = code_reads(w->codes, w->t, w->vmas, w->causes, is->by.chain);
		if (!is->reads)
			writers_name(w, words, &is->by, &out->v[n++]);
	}
	out->n = writers_join(out->v, n, row);
	n = 0;
	for (size_t i = 0; i < all->n; i++)
		if (!all->v[i].reads)
			all->v[i].row = &out->v[row[n++]];
	free(row);
}

/* The rows of n candidates, each once. Returns how many. */
static size_t
writers_rows_of_set(const struct writers_all *all, const struct cause_by *by, size_t n,
                    struct writer *rows[CAUSES_MOST])
{
	size_t kept = 0;

	for (size_t i = 0, k; i < n; i++) {
		const struct writers_one key = {.by = by[i]}, *is;

		is = bsearch(&key, all->v, all->n, sizeof(*all->v), writers_one_order);
		if (is->reads)
			continue;
		for (k = 0; k < kept && rows[k] != is->row; k++)
			;
		if (k == kept)
			rows[kept++] = is->row;
	}
	return kept;
}

/* A page whose candidates are all in one row was written by that. */
static void
writers_count(const struct writers_all *all, const struct cause_sums *sums, struct writers *out)
{
	struct cause_by by[CAUSES_MOST];
	struct writer *rows[CAUSES_MOST];
	bool all_known;

	for (size_t set = 0; set < sums->n; set++) {
		size_t n = cause_sums_set(sums, set, by, &all_known);
		uint64_t pages = sums->pages[set];

		n = writers_rows_of_set(all, by, n, rows);
		if (n == 1 && all_known) {
			rows[0]->pages += pages;
			out->one += pages;
			continue;
		}
		if (!n) {
			out->reads += all_known ? pages : 0;
			continue;
		}
		for (size_t i = 0; i < n; i++)
			rows[i]->maybe += pages;
		out->some += pages;
	}
}

static void
writers_make_rows(const struct writers_work *w, writers_words_fn *words,
                  const struct cause_sums *sums, struct writers *out)
{
	struct writers_all all = writers_candidates(sums);

	causes_totals(w->causes, &out->totals);
	writers_rows_of(w, words, &all, out);
	writers_count(&all, sums, out);
	free(all.v);
	vec_sort(out->v, out->n, sizeof(*out->v), writer_pages_order);
	out->other = sums->other;
}

void
writers_make(struct target *t, struct codes *codes, const struct vma_list *vmas,
             enum writers_by by, const struct causes_range *of, uint64_t written,
             struct writers *out)
{
	const struct writers_work w = {t, t->causes, codes, vmas};
	enum writers_by named = by == WRITERS_BY_REGION ? WRITERS_BY_FUNCTION : by;
	struct cause_sums sums;

	*out = (struct writers){0};
	/* what a scan has seen written has faulted, but perhaps a moment ago */
	t->source->ops->faults->drain(t->source);
	causes_sum(t->causes, &t->track, of, &sums);
	causes_sampled(t->causes, of->from, of->to, &out->sampled);
	writers_make_rows(&w, writers_words[named], &sums, out);
	out->written = written != UINT64_MAX ? written : writers_written(t, of);
	/* a fault is in at once, its stamp only at the next scan, and gone with its mapping */
	out->written = u64_max(out->written, out->one + out->some + out->reads);
	out->none = out->written - out->one - out->some - out->reads;
	out->beside = u64_min(out->none, sums.beside);
	out->none -= out->beside;
	cause_sums_free(&sums);
	if (by == WRITERS_BY_REGION)
		writers_turn_to_regions(t, codes, vmas, of, out);
}

static void
writers_words_event(const struct writers_work *w, const struct causes_thread *thread,
                    const struct causes_chain *chain, struct writer *out)
{
	struct buf leaf = {0}, instruction = {0};

	writers_words_CHAIN(w, thread, chain, out);
	code_leaf(w->codes, w->t, w->vmas, chain, false, &leaf);
	code_store(w->codes, w->t, w->vmas, chain, &instruction);
	free(out->in);
	out->in = leaf.s;
	out->instruction = instruction.s;
	out->tid = thread->tid;
}

void
writers_of_events(struct target *t, struct causes *c, struct codes *codes,
                  const struct vma_list *vmas, struct writers *out)
{
	const struct writers_work w = {t, c, codes, vmas};
	const struct causes_range all = {.to = UINT32_MAX};
	struct cause_by by[CAUSES_MOST];
	struct cause_sums sums;
	bool ignored;

	*out = (struct writers){0};
	causes_sum(c, NULL, &all, &sums);
	causes_totals(c, &out->totals);
	out->v = mem_alloc((sums.n + 1) * sizeof(*out->v));
	for (; out->n < sums.n; out->n++) {
		cause_sums_set(&sums, out->n, by, &ignored); /* of an event there is one */
		writers_name(&w, writers_words_event, &by[0], &out->v[out->n]);
		out->v[out->n].pages = sums.pages[out->n];
	}
	cause_sums_free(&sums);
	out->n = writers_join(out->v, out->n, NULL);
	vec_sort(out->v, out->n, sizeof(*out->v), writer_pages_order);
}

void
writers_none(uint64_t sampled, struct buf *out)
{
	buf_str(out, sampled ? "not sampled" : "no fault seen");
	if (sampled > 1)
		buf_fmt(out, " (1 of %llu)", (unsigned long long)sampled);
}

void
writers_free(struct writers *w)
{
	for (size_t i = 0; i < w->n; i++)
		writer_free(&w->v[i]);
	free(w->v);
	*w = (struct writers){0};
}
