/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sharers of a range, by process: the sums of what was found. */
#include "share/share.h"

#include <stdlib.h>

#include "base/util.h"
#include "share/share_parts.h"
#include "share/share_read.h"

static int
share_see_again(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;

	for (size_t i = 0; i < n; i++) {
		uint64_t key = share_key_at(w, addr + i * w->t->page_size, words[i]);
		size_t at = key == SHARE_NO_KEY ? FRAMESET_NONE : frameset_index(&w->set, key);

		if (at != FRAMESET_NONE)
			w->frame[at].seen = true;
	}
	return 0;
}

static void
share_sum_frame(struct share_work *w, const struct share_frame *f)
{
	struct share *sh = w->sh;

	if (f->kind == SHARE_KINDS)
		return;
	if (!f->seen) {
		sh->changed++;
		return;
	}
	if (f->found)
		sh->pages[f->kind]++;
	if (f->count > f->own) {
		sh->mapped += f->count - f->own;
		sh->found += u64_min(f->found, f->count - f->own);
	}
	if (f->kind == SHARE_SWAP)
		sh->freed_swap += !f->found;
	if ((f->kind == SHARE_ANON || f->kind == SHARE_KSM) && f->count && f->count <= f->own)
		sh->freed++;
}

/* The sums of a process: each frame once, even if both rounds found it. */
static void
share_sum_peer(struct share_work *w, struct share_peer *p, const struct share_hits *hits)
{
	for (size_t i = 0; i < hits->n; i++) {
		const struct share_hit *hit = &hits->v[i];

		for (uint64_t bits = hit->bits & ~w->now[hit->at]; bits; bits &= bits - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(bits);
			const struct share_frame *f = &w->frame[hit->at * 64 + bit];

			p->pages[f->kind] += f->seen;
			p->both += f->seen && hit->both >> bit & 1;
		}
		w->now[hit->at] |= hit->bits;
	}
	for (size_t i = 0; i < hits->n; i++)
		w->now[hits->v[i].at] = 0;
}

static uint64_t
share_peer_pages(const struct share_peer *p)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < SHARE_KINDS; k++)
		n += p->pages[k];
	return n;
}

static int
share_by_pages(const void *a, const void *b)
{
	const struct share_peer *x = a, *y = b;
	uint64_t m = share_peer_pages(x), n = share_peer_pages(y);

	if (m != n)
		return m > n ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static void
share_read_runs(struct share_work *w)
{
	for (size_t i = 0; i < w->runs; i++) {
		w->v = w->run[i].v;
		w->file = share_file_of(&w->files, w->v);
		share_read(w->t->source, NULL, w->run[i].start, w->run[i].end, share_see_again, w);
	}
}

static void
share_finish(struct share_work *w)
{
	struct share *sh = w->sh;
	size_t n = 0;

	share_read_runs(w);
	for (size_t i = 0; i < w->set.n; i++)
		share_sum_frame(w, &w->frame[i]);
	for (size_t i = 0; i < sh->n; i++) {
		share_sum_peer(w, &sh->v[i], &w->hits[i]);
		free(w->hits[i].v);
		w->hits[i].v = NULL;
		if (share_peer_pages(&sh->v[i]))
			sh->v[n++] = sh->v[i];
	}
	sh->n = n;
	if (n)
		qsort(sh->v, n, sizeof(*sh->v), share_by_pages);
}

/* --- all -------------------------------------------------------------------------------------- */

static int
share_work(struct share_work *w, struct err *err)
{
	int r;

	if (share_gather(w))
		return 1;
	r = share_search(w, err);
	if (r == 0)
		share_finish(w);
	return r;
}

static int
share_note_frame(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	(void)addr;
	for (size_t i = 0; i < n; i++)
		if (words[i] & PM_PRESENT) {
			*(bool *)arg = words[i] & PM_PFN_MASK;
			return 1;
		}
	return 0;
}

/* Decided by its first page in RAM. */
static bool
share_shows_frames(const struct share_work *w)
{
	bool shown = true;

	for (size_t i = 0; i < w->vmas->n; i++)
		if (share_read(w->t->source, NULL, w->vmas->v[i].start, w->vmas->v[i].end,
		               share_note_frame, &shown))
			break;
	return shown;
}

static void
share_work_free(struct share_work *w)
{
	for (size_t i = 0; i < w->sh->n && w->hits; i++)
		free(w->hits[i].v);
	free(w->hits);
	share_files_free(&w->files);
	frameset_free(&w->set);
	free(w->page);
	free(w->run);
	free(w->frame);
	free(w->now);
}

struct share *
share_sum(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
          struct err *err)
{
	struct share_work w = {.t = t, .vmas = vmas, .start = start, .end = end};
	struct other_name name;
	int r;

	w.sh = mem_alloc(sizeof(*w.sh));
	w.sh->page_size = t->page_size;
	w.sh->whole = !start && end == UINT64_MAX;
	w.sh->pid = t->source->meta.pid;
	if (t->source->ops->others->name(t->source, NULL, &name))
		w.sh->parent = name.parent;
	w.sh->reach.method = share_shows_frames(&w) ? SHARE_BY_FRAME : SHARE_BY_FILE;
	share_files_of(&w.files, vmas, start, end);
	r = share_work(&w, err);
	share_work_free(&w);
	if (r == 0)
		return w.sh;
	if (r > 0)
		err_set(err, ERR_TARGET, "it was cancelled", NULL, "cannot answer");
	share_free(w.sh);
	return NULL;
}

const char *
share_relation(const struct share *sh, const struct share_peer *p)
{
	return p->pid == sh->parent      ? "parent"
	       : p->parent == sh->pid    ? "child"
	       : p->parent == sh->parent ? "sibling"
	                                 : "";
}

void
share_free(struct share *sh)
{
	if (sh)
		free(sh->v);
	free(sh);
}
