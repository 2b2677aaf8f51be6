/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/writers_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "target/symbol.h"

const char *
writer_is_words(enum writer_is is)
{
	static const char *const words[] = {
	    [WRITER_ONE] = "wrote",
	    [WRITER_SOME] = "may have written",
	    [WRITER_UNKNOWN] = "faulted",
	};

	return words[is];
}

/* --- what the faults of an interval are ------------------------------------------------------- */

static bool
page_writers_written(const struct target *t, uint64_t addr, const struct cause *first)
{
	return first->written || track_was_written(&t->track, addr, first->epoch);
}

/*
 * What n faults of one interval are. Without the first of them, which may be forgotten, it is not
 * known whether the others are all; and of a sample of the faults they are not.
 */
static enum writer_is
page_writers_judge(const struct target *t, uint64_t addr, const struct cause *v, size_t n)
{
	if (!page_writers_written(t, addr, &v[n - 1]))
		return WRITER_UNKNOWN;
	return n == 1 && v[0].first && !v[0].sampled ? WRITER_ONE : WRITER_SOME;
}

/* --- names ------------------------------------------------------------------------------------ */

struct page_writers_work {
	struct target *t;
	struct codes *codes;
	const struct vma_list *vmas;
};

static void
page_writers_source(const struct page_writers_work *w, uint64_t ip, struct page_writer *out)
{
	struct symbol_more more = {0};
	struct buf name = {0};

	symbol_at(w->t, w->vmas, ip, &name, &more);
	buf_free(&name);
	buf_free(&more.mangled);
	out->source = more.source.s;
	out->line = more.line;
}

static void
page_writers_name(const struct page_writers_work *w, const struct cause *is,
                  struct page_writer *out)
{
	struct causes_chain chain;
	struct causes_thread thread;
	struct buf code = {0};

	causes_thread(w->t->causes, is->thread, &thread);
	out->tid = thread.tid;
	memcpy(out->comm, thread.comm, sizeof(out->comm));
	causes_chain(w->t->causes, is->chain, &chain);
	code_leaf(w->codes, w->t, w->vmas, &chain, true, &code);
	out->code = code.s;
	out->in = mem_strdup(code_at(w->codes, w->t, w->vmas, &chain, 0)->in);
	if (!chain.kernel)
		page_writers_source(w, chain.frames[0], out);
	code_frames(w->codes, w->t, w->vmas, &chain, true, &out->chain);
	free(chain.frames);
}

/* --- all -------------------------------------------------------------------------------------- */

static size_t
page_writers_group(const struct cause *v, size_t n)
{
	size_t i = 1;

	while (i < n && v[i].epoch == v[0].epoch)
		i++;
	return i;
}

void
writers_of_page(struct target *t, struct codes *codes, const struct vma_list *vmas, uint64_t addr,
                struct page_writers *out)
{
	const struct page_writers_work w = {t, codes, vmas};
	struct cause *v = mem_alloc((PAGE_WRITERS_MAX + 1) * sizeof(*v));
	size_t n = causes_of_page(t->causes, addr, v, PAGE_WRITERS_MAX + 1);
	uint32_t now = t->track.epoch;

	*out = (struct page_writers){.more = n > PAGE_WRITERS_MAX};
	causes_totals(t->causes, &out->totals);
	n = u64_min(n, PAGE_WRITERS_MAX);
	out->unseen = (!n || v[0].epoch != now) && track_was_written(&t->track, addr, now);
	out->v = mem_alloc((n + 1) * sizeof(*out->v));
	for (size_t i = 0, group; i < n; i += group) {
		enum writer_is is;

		group = page_writers_group(v + i, n - i);
		is = page_writers_judge(t, addr, v + i, group);
		for (size_t k = i; k < i + group; k++) {
			out->v[k] = (struct page_writer){
			    .is = is, .time_ns = v[k].time_ns, .ago = now - v[k].epoch};
			page_writers_name(&w, &v[k], &out->v[k]);
		}
	}
	out->n = n;
	free(v);
}

bool
writers_last(struct target *t, uint64_t addr, struct cause_by out[CAUSES_MOST], size_t *n,
             bool *all)
{
	struct track_stamp stamp;
	struct causes_totals totals;
	struct cause *v;
	size_t found, i = 0, group;

	*n = 0;
	*all = true;
	if (!track_at(&t->track, addr, &stamp))
		return false;
	v = mem_alloc(PAGE_WRITERS_MAX * sizeof(*v));
	found = causes_of_page(t->causes, addr, v, PAGE_WRITERS_MAX);
	causes_totals(t->causes, &totals);
	while (i < found && v[i].epoch > stamp.epoch)
		i++;
	if (i < found && v[i].epoch == stamp.epoch) {
		group = page_writers_group(v + i, found - i);
		*all = v[i + group - 1].first && group <= CAUSES_MOST && !v[i].sampled;
		for (; *n < u64_min(group, CAUSES_MOST); ++*n)
			out[*n] = (struct cause_by){v[i + *n].chain, v[i + *n].thread};
	}
	free(v);
	return *n || !totals.forgotten_ns;
}

void
page_writers_free(struct page_writers *w)
{
	for (size_t i = 0; i < w->n; i++) {
		free(w->v[i].code);
		free(w->v[i].in);
		free(w->v[i].source);
		code_frames_free(&w->v[i].chain);
	}
	free(w->v);
	*w = (struct page_writers){0};
}

/* --- in one line ------------------------------------------------------------------------------ */

const struct page_writer *
page_writers_best(const struct page_writers *w)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->v[i].is != WRITER_UNKNOWN)
			return &w->v[i];
	return w->n ? &w->v[0] : NULL;
}

/* How many faulted on the page in its interval. */
static size_t
page_writers_with(const struct page_writers *w, const struct page_writer *of)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->v[i].ago == of->ago;
	return n;
}

void
page_writers_line(const struct page_writers *w, uint64_t now_ns, struct buf *out)
{
	const struct page_writer *is = page_writers_best(w);
	uint64_t ns;

	if (w->unseen && (!is || is->is == WRITER_UNKNOWN)) {
		buf_str(out, "written, but no fault was seen");
		return;
	}
	if (!is)
		return;
	switch (is->is) {
	case WRITER_ONE: buf_str(out, "first written by "); break;
	case WRITER_SOME:
		buf_fmt(out, "first written by one of %zu: ", page_writers_with(w, is));
		break;
	case WRITER_UNKNOWN: buf_str(out, "not seen written; faulted in "); break;
	}
	text_escape(out, is->code, strlen(is->code), false);
	buf_fmt(out, " (thread %d%s", (int)is->tid, *is->comm ? " " : "");
	text_escape(out, is->comm, strlen(is->comm), false);
	ns = now_ns > is->time_ns ? now_ns - is->time_ns : 0;
	buf_fmt(out, ") %.1f s ago", (double)ns / 1e9);
}
