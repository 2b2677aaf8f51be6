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
	    [WRITER_READ] = "read",
	    [WRITER_UNKNOWN] = "faulted",
	};

	return words[is];
}

bool
writer_is_write(enum writer_is is)
{
	return is == WRITER_ONE || is == WRITER_SOME;
}

/* --- what the faults of an interval are ------------------------------------------------------- */

static bool
page_writers_written(const struct target *t, uint64_t addr, const struct cause *first)
{
	return first->written || track_was_written(&t->track, addr, first->epoch);
}

/*
 * What those of n faults of one interval are that may have written. Without the first of them,
 * which may be forgotten, it is not known whether the others are all; and of a sample of the faults
 * they are not.
 */
static enum writer_is
page_writers_judge(const struct target *t, uint64_t addr, const struct cause *v, size_t n,
                   size_t stores)
{
	const struct cause *first = &v[n - 1];

	if (!page_writers_written(t, addr, first))
		return WRITER_UNKNOWN;
	return stores == 1 && first->first && !first->sampled ? WRITER_ONE : WRITER_SOME;
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

/* The n faults of an interval. Returns whether code faulted that may have written. */
static bool
page_writers_add(const struct page_writers_work *w, uint64_t addr, const struct cause *v, size_t n,
                 struct page_writers *out)
{
	uint32_t now = w->t->track.epoch;
	struct page_writer *to = &out->v[out->n];
	size_t stores = 0;
	enum writer_is is;

	for (size_t i = 0; i < n; i++) {
		to[i] = (struct page_writer){.time_ns = v[i].time_ns, .ago = now - v[i].epoch};
		if (code_reads(w->codes, w->t, w->vmas, w->t->causes, v[i].chain))
			to[i].is = WRITER_READ;
		else
			stores++;
		page_writers_name(w, &v[i], &to[i]);
	}
	is = page_writers_judge(w->t, addr, v, n, stores);
	for (size_t i = 0; i < n; i++)
		if (to[i].is != WRITER_READ)
			to[i].is = is;
	out->n += n;
	return stores;
}

void
writers_of_page(struct target *t, struct codes *codes, const struct vma_list *vmas, uint64_t addr,
                struct page_writers *out)
{
	const struct page_writers_work w = {t, codes, vmas};
	struct cause *v = mem_alloc((PAGE_WRITERS_MAX + 1) * sizeof(*v));
	size_t n = causes_of_page(t->causes, addr, v, PAGE_WRITERS_MAX + 1), group;
	struct track_stamp stamp;
	bool seen = false, stores;

	*out = (struct page_writers){.more = n > PAGE_WRITERS_MAX};
	causes_totals(t->causes, &out->totals);
	n = u64_min(n, PAGE_WRITERS_MAX);
	out->v = mem_alloc((n + 1) * sizeof(*out->v));
	for (size_t i = 0; i < n; i += group) {
		group = page_writers_group(v + i, n - i);
		stores = page_writers_add(&w, addr, v + i, group, out);
		seen |= stores && v[i].epoch == t->track.epoch;
	}
	out->unseen = !seen && track_was_written(&t->track, addr, t->track.epoch);
	out->forgotten = out->unseen && track_at(&t->track, addr, &stamp) &&
	                 stamp.time_ns <= out->totals.forgotten_ns;
	free(v);
}

/* Leaves out code that only reads. */
static void
writers_take_last(struct target *t, struct codes *codes, const struct vma_list *vmas,
                  const struct cause *v, size_t n, struct writers_last *out)
{
	for (size_t i = 0; i < n; i++)
		if (!code_reads(codes, t, vmas, t->causes, v[i].chain))
			out->by[out->n++] = (struct cause_by){v[i].chain, v[i].thread};
	out->reads = !out->n && out->all;
}

bool
writers_last(struct target *t, struct codes *codes, const struct vma_list *vmas, uint64_t addr,
             struct writers_last *out)
{
	struct track_stamp stamp;
	struct causes_totals totals;
	struct cause *v;
	size_t found, i = 0, group;

	*out = (struct writers_last){.all = true};
	if (!track_at(&t->track, addr, &stamp))
		return false;
	v = mem_alloc(PAGE_WRITERS_MAX * sizeof(*v));
	found = causes_of_page(t->causes, addr, v, PAGE_WRITERS_MAX);
	causes_totals(t->causes, &totals);
	while (i < found && v[i].epoch > stamp.epoch)
		i++;
	group = i < found && v[i].epoch == stamp.epoch ? page_writers_group(v + i, found - i) : 0;
	if (group) {
		out->all = v[i + group - 1].first && group <= CAUSES_MOST && !v[i].sampled;
		writers_take_last(t, codes, vmas, v + i, u64_min(group, CAUSES_MOST), out);
	}
	free(v);
	return group || !totals.forgotten_ns;
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
		if (writer_is_write(w->v[i].is))
			return &w->v[i];
	return w->n ? &w->v[0] : NULL;
}

/* How many may have written the page in its interval. */
static size_t
page_writers_with(const struct page_writers *w, const struct page_writer *of)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += w->v[i].ago == of->ago && w->v[i].is != WRITER_READ;
	return n;
}

/* "memtable_insert+0x4c (thread 4711 flush) 1.2 s ago" */
static void
page_writers_one(const struct page_writer *is, uint64_t now_ns, struct buf *out)
{
	char ago[24];

	text_escape(out, is->code, strlen(is->code), false);
	buf_fmt(out, " (thread %d%s", (int)is->tid, *is->comm ? " " : "");
	text_escape(out, is->comm, strlen(is->comm), false);
	buf_fmt(out, ") %s", ago_text(ago, is->time_ns, now_ns));
}

/* Written in the interval under way, but not by what faulted in it. */
static void
page_writers_unseen(const struct page_writers *w, uint64_t now_ns, struct buf *out)
{
	bool read = w->n && !w->v[0].ago;

	if (!read && w->forgotten)
		buf_str(out, "written; of faults that long ago only the sums are known");
	else
		buf_str(out, read ? "written, but only reads were seen: read by "
		                  : "written, but no fault was seen");
	if (read)
		page_writers_one(&w->v[0], now_ns, out);
}

void
page_writers_line(const struct page_writers *w, uint64_t now_ns, struct buf *out)
{
	const struct page_writer *is = page_writers_best(w);

	if (w->unseen && (!is || !writer_is_write(is->is))) {
		page_writers_unseen(w, now_ns, out);
		return;
	}
	if (!is)
		return;
	switch (is->is) {
	case WRITER_ONE: buf_str(out, "first written by "); break;
	case WRITER_SOME:
		buf_fmt(out, "first written by one of %zu: ", page_writers_with(w, is));
		break;
	case WRITER_READ: buf_str(out, "read by "); break;
	case WRITER_UNKNOWN: buf_str(out, "not seen written; faulted in "); break;
	}
	page_writers_one(is, now_ns, out);
}
