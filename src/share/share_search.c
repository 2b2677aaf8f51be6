/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches for frames in the page tables of all processes. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "share/share_parts.h"
#include "share/share_read.h"

static int
share_match(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;
	uint64_t skip = w->huge ? 0 : PM_EXCLUSIVE;
	size_t size = w->t->page_size;

	for (size_t i = 0; i < n; i++) {
		struct share_frame *f;
		uint64_t key;
		size_t at;

		if (!words[i] || words[i] & skip)
			continue;
		key = share_key_at(w, addr + i * size, words[i]);
		at = key == SHARE_NO_KEY ? FRAMESET_NONE : frameset_index(&w->set, key);
		if (at == FRAMESET_NONE)
			continue;
		f = &w->frame[at];
		if (f->kind == SHARE_KINDS)
			continue;
		f->here++;
		w->missing -= f->count ? 1 : 0;
		w->now[at / 64] |= UINT64_C(1) << at % 64;
		w->any = true;
	}
	return 0;
}

/* Whether pages of the range are likely there: of the same file, or at the same address. */
static bool
share_is_likely(const struct share_work *w, const struct vma *v)
{
	size_t i;

	if (vma_has_file(v))
		return share_files_have(&w->files, v);
	i = vma_lower_bound(w->vmas, u64_max(v->start, w->start));
	return v->start < w->end && v->end > w->start && i < w->vmas->n &&
	       w->vmas->v[i].start < u64_min(v->end, w->end);
}

static void
share_read_regions(struct share_work *w, struct other *o, const struct vma_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		uint64_t start = l->v[i].start, end = l->v[i].end;

		if (share_is_likely(w, &l->v[i]) == w->rest ||
		    (w->rest && !w->anon && !vma_has_file(&l->v[i])))
			continue;
		w->v = &l->v[i];
		w->file = share_file_of(&w->files, w->v);
		if (!o && start < w->end && end > w->start) { /* the range itself was read */
			share_read(w->t->source, o, start, u64_max(start, w->start),
			           share_match, w);
			start = u64_min(end, w->end);
		}
		if (start < end && share_read(w->t->source, o, start, end, share_match, w))
			return;
	}
}

/* Adds the frames of *hit that were found in the target, or in the process that was visited. */
static void
share_add_up_hit(struct share_work *w, struct share_hit *hit, bool own)
{
	for (uint64_t bits = hit->bits; bits; bits &= bits - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(bits);
		struct share_frame *f = &w->frame[hit->at * 64 + bit];

		if (own)
			f->own += f->here;
		else
			f->found += f->here;
		if (!own && f->kind == SHARE_ANON && f->count == f->own + f->here)
			hit->both |= UINT64_C(1) << bit;
		f->here = 0;
	}
}

/* Ends a visit: what was found moves to `hits`; NULL: it was in the target. */
static void
share_add_up(struct share_work *w, struct share_hits *hits)
{
	for (size_t at = 0; w->any && at < share_now_size(w); at++) {
		struct share_hit hit = {.at = at, .bits = w->now[at]};

		if (!hit.bits)
			continue;
		share_add_up_hit(w, &hit, !hits);
		w->now[at] = 0;
		if (!hits)
			continue;
		hits->v = vec_room(hits->v, hits->n, &hits->cap, sizeof(*hits->v));
		hits->v[hits->n++] = hit;
	}
	w->any = false;
}

/* The row of that process; the second round continues the rows of the first. */
static struct share_hits *
share_row(struct share_work *w, struct other *o)
{
	struct share *sh = w->sh;
	struct other_name name = {.comm = ""};
	size_t i = 0;

	while (i < sh->n && sh->v[i].pid != o->pid)
		i++;
	if (i < sh->n)
		return &w->hits[i];
	w->t->source->ops->others->name(w->t->source, o, &name);
	w->hits = vec_room(w->hits, sh->n, &w->hits_cap, sizeof(*w->hits));
	w->hits[sh->n] = (struct share_hits){0};
	sh->v = vec_room(sh->v, sh->n, &sh->cap, sizeof(*sh->v));
	sh->v[sh->n] = (struct share_peer){.pid = o->pid, .parent = name.parent};
	memcpy(sh->v[sh->n].comm, name.comm, sizeof(name.comm));
	return &w->hits[sh->n++];
}

/* Whether all mappings were found; pages that the kernel does not count may have more. */
static bool
share_is_complete(const struct share_work *w)
{
	return w->missing <= 0 && !w->uncounted;
}

static int
share_visit_other(void *arg, struct other *o)
{
	struct share_work *w = arg;
	struct vma_list l;

	if (!w->t->source->ops->others->regions(w->t->source, o, &l))
		return 0;
	share_read_regions(w, o, &l);
	vma_free(&l);
	if (w->any)
		share_add_up(w, share_row(w, o));
	return share_is_complete(w);
}

/* Memory without a file can have no other. */
static bool
share_lacks_anon(const struct share_work *w)
{
	for (size_t i = 0; i < w->set.n; i++) {
		const struct share_frame *f = &w->frame[i];

		if ((f->kind == SHARE_ANON || f->kind == SHARE_KSM) &&
		    (!f->count || f->count > f->own + f->found))
			return true;
	}
	return false;
}

static int
share_round(struct share_work *w, bool rest, struct err *err)
{
	w->rest = rest;
	w->anon = share_lacks_anon(w);
	share_read_regions(w, NULL, w->vmas);
	share_add_up(w, NULL);
	return share_is_complete(w) ? 1
	                            : share_visit(w->t, &w->sh->reach, share_visit_other, w, err);
}

int
share_search(struct share_work *w, struct err *err)
{
	bool by_frame = w->sh->reach.method == SHARE_BY_FRAME;
	int r;

	w->now = mem_alloc(share_now_size(w) * sizeof(*w->now));
	if (!w->set.n)
		return 0;
	r = share_round(w, false, err);
	if (r == 0 && by_frame && (w->missing > 0 || w->open))
		r = share_round(w, true, err);
	if (source_stopped(w->t->source))
		return 1;
	return r < 0 ? -1 : 0;
}
