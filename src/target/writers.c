/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/writers.h"

#include <stdlib.h>
#include <string.h>

static const struct writers_by_words writers_rows[] = {
#define B(id, n, t, h) {.name = n, .title = t, .help = h},
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
	struct codes *codes;
	const struct vma_list *vmas;
};

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

static void
writers_words_THREAD(const struct writers_work *w, const struct causes_thread *thread,
                     const struct causes_chain *chain, struct writer *out)
{
	(void)w;
	(void)chain;
	out->words = mem_strdup(thread->comm);
	out->in = mem_strdup("");
	out->tid = thread->tid;
}

static void
writers_words_CHAIN(const struct writers_work *w, const struct causes_thread *thread,
                    const struct causes_chain *chain, struct writer *out)
{
	struct buf b = {0};

	code_folded_part(&b, *thread->comm ? thread->comm : "[unnamed]");
	buf_str(&b, ";");
	code_folded(w->codes, w->t, w->vmas, chain, &b);
	out->words = b.s;
	out->in = mem_strdup("");
}

void
writer_name(struct target *t, struct codes *codes, const struct vma_list *vmas,
            enum writers_by by, uint32_t chain, uint32_t thread, struct writer *out)
{
#define B(id, n, t, h) [WRITERS_BY_##id] = writers_words_##id,
	static void (*const words[])(const struct writers_work *, const struct causes_thread *,
	                             const struct causes_chain *, struct writer *) = {
#include "target/writers_by.def"
	};
	const struct writers_work w = {t, codes, vmas};
	struct causes_chain frames;
	struct causes_thread by_thread;

	causes_chain(t->causes, chain, &frames);
	causes_thread(t->causes, thread, &by_thread);
	*out = (struct writer){.chain = chain};
	words[by](&w, &by_thread, &frames, out);
	free(frames.frames);
}

/* --- rows ------------------------------------------------------------------------------------- */

static int
writers_by_words_order(const void *pa, const void *pb)
{
	const struct writer *a = pa, *b = pb;
	int order = strcmp(a->words, b->words);

	if (!order)
		order = strcmp(a->in, b->in);
	return order ? order : (a->tid > b->tid) - (a->tid < b->tid);
}

static int
writers_by_pages(const void *pa, const void *pb)
{
	const struct writer *a = pa, *b = pb;

	if (a->pages != b->pages)
		return a->pages < b->pages ? 1 : -1;
	if (a->maybe != b->maybe)
		return a->maybe < b->maybe ? 1 : -1;
	return writers_by_words_order(pa, pb);
}

void
writer_free(struct writer *w)
{
	free(w->words);
	free(w->in);
}

/* Joins rows with the same words. */
static void
writers_join(struct writers *w)
{
	size_t n = 0;

	if (w->n)
		qsort(w->v, w->n, sizeof(*w->v), writers_by_words_order);
	for (size_t i = 0; i < w->n; i++) {
		struct writer *last = n ? &w->v[n - 1] : NULL;

		if (!last || writers_by_words_order(last, &w->v[i]) != 0) {
			w->v[n++] = w->v[i];
			continue;
		}
		last->pages += w->v[i].pages;
		last->maybe += w->v[i].maybe;
		writer_free(&w->v[i]);
	}
	w->n = n;
	if (n)
		qsort(w->v, n, sizeof(*w->v), writers_by_pages);
}

/* Pages of [start, end), each counted in every epoch in which it was written. */
static uint64_t
writers_written_ever(const struct track *t, uint64_t start, uint64_t end, size_t page_size)
{
	uint64_t sum = 0;

	for (size_t i = track_first(t, start); i < t->n && t->v[i].start < end; i++) {
		const struct track_stamp *s = &t->v[i];

		sum += (u64_min(s->end, end) - u64_max(s->start, start)) / page_size * s->count;
	}
	return sum;
}

/* The same in the epochs of the range, as far as stamps remember. */
static uint64_t
writers_written(const struct track *t, const struct causes_range *of, size_t page_size)
{
	uint64_t end = of->end ? of->end : UINT64_MAX, sum = 0;

	if (of->from <= t->first_epoch && of->to >= t->epoch)
		return writers_written_ever(t, of->start, end, page_size);
	for (uint32_t e = of->from; e <= of->to && e - of->from < 32; e++)
		sum += track_bytes_in(t, of->start, end, e) / page_size;
	return sum;
}

void
writers_make(struct target *t, struct codes *codes, const struct vma_list *vmas,
             enum writers_by by, const struct causes_range *of, uint64_t written,
             struct writers *out)
{
	struct cause_sums sums;

	*out = (struct writers){0};
	causes_sum(t->causes, &t->track, of, &sums);
	causes_totals(t->causes, &out->totals);
	out->v = mem_alloc((sums.n + 1) * sizeof(*out->v));
	for (; out->n < sums.n; out->n++) {
		const struct cause_sum *s = &sums.v[out->n];
		struct writer *w = &out->v[out->n];

		writer_name(t, codes, vmas, by, s->chain, s->thread, w);
		w->pages = s->pages;
		w->maybe = s->maybe;
	}
	writers_join(out);
	out->one = sums.one;
	out->some = sums.some;
	out->other = sums.other;
	out->written =
	    written != UINT64_MAX ? written : writers_written(&t->track, of, t->page_size);
	/* a fault is in at once, its stamp only at the next scan */
	out->none = out->written - u64_min(out->written, sums.one + sums.some);
	free(sums.v);
}

const char *
writers_none(const struct writers *w)
{
	return w->totals.watch.period > 1 ? "not sampled" : "no fault seen";
}

void
writers_free(struct writers *w)
{
	for (size_t i = 0; i < w->n; i++)
		writer_free(&w->v[i]);
	free(w->v);
	*w = (struct writers){0};
}
