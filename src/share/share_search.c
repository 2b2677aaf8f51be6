/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Searches for frames in the page tables of all processes. */
#include <stdlib.h>

#include "base/util.h"
#include "share/share_parts.h"

/* In the target it is a mapping that the others need not have. */
static void
share_found(struct share_work *w, size_t at)
{
	struct share_frame *f = &w->frame[at];

	if (f->kind == SHARE_KINDS)
		return;
	f->left--;
	w->missing -= f->counted;
	if (w->own) {
		f->others--;
		return;
	}
	w->now[at / 64] |= UINT64_C(1) << at % 64;
	w->any = true;
}

static int
share_match(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;
	uint64_t skip = w->huge ? 0 : PM_EXCLUSIVE;
	size_t size = w->t->page_size;

	for (size_t i = 0; i < n; i++) {
		uint64_t key;
		size_t at;

		if (!words[i] || words[i] & skip)
			continue;
		key = share_key_at(w, addr + i * size, words[i]);
		at = key == SHARE_NO_KEY ? FRAMESET_NONE : frameset_index(&w->set, key);
		if (at != FRAMESET_NONE)
			share_found(w, at);
	}
	return 0;
}

static void
share_match_in(struct share_work *w, struct other *o, uint64_t start, uint64_t end)
{
	if (start < end && !source_stopped(w->t->source))
		share_read(w->t->source, o, start, end, share_match, w);
}

/* The range itself was read. */
static void
share_match_beside(struct share_work *w, struct other *o, uint64_t start, uint64_t end)
{
	if (o || end <= w->start || start >= w->end) {
		share_match_in(w, o, start, end);
		return;
	}
	share_match_in(w, o, start, w->start);
	share_match_in(w, o, w->end, end);
}

/* Memory without a file is likely the same where it has the same address; the rest is not. */
static void
share_match_anon(struct share_work *w, struct other *o, uint64_t start, uint64_t end)
{
	for (size_t i = share_span_after(w, start); i < w->spans && w->span[i].start < end; i++) {
		uint64_t from = u64_max(w->span[i].start, start), to = u64_min(w->span[i].end, end);

		if (w->rest)
			share_match_beside(w, o, start, from);
		else
			share_match_beside(w, o, from, to);
		start = to;
	}
	if (w->rest)
		share_match_beside(w, o, start, end);
}

static void
share_read_regions(struct share_work *w, struct other *o, const struct vma_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct vma *v = &l->v[i];

		w->v = v;
		w->file = share_file_of(&w->files, v);
		if (!vma_has_file(v)) {
			if (!w->rest || w->anon)
				share_match_anon(w, o, v->start, v->end);
		} else if (share_files_have(&w->files, v) != w->rest) {
			share_match_beside(w, o, v->start, v->end);
		}
	}
}

/* Those of 64 frames that only this process and the target have. */
static uint64_t
share_both(const struct share_work *w, size_t at, uint64_t bits)
{
	uint64_t both = 0;

	for (; bits; bits &= bits - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(bits);
		struct share_frame *f = &w->frame[at * 64 + bit];

		if (f->kind == SHARE_ANON && f->counted && !f->left && !f->found)
			both |= UINT64_C(1) << bit;
		f->found = true;
	}
	return both;
}

/* Ends a visit: what was found moves to the hits of its row. */
static void
share_add_up(struct share_work *w, struct other *o)
{
	size_t row;

	if (!w->any)
		return;
	row = share_row(w, o);
	for (size_t at = 0; at < share_now_size(w); at++)
		if (w->now[at]) {
			share_add_hit(w, row, at, w->now[at], share_both(w, at, w->now[at]));
			w->now[at] = 0;
		}
	w->any = false;
}

/* What processes share in patches may take more memory than the frames. */
static bool
share_has_too_many(const struct share_work *w)
{
	return w->hits_n > w->most / 4 && w->parts < SHARE_PARTS_MAX;
}

/* Whether all mappings were found; pages that the kernel does not count may have more. */
static bool
share_is_complete(const struct share_work *w)
{
	return w->missing <= 0 && !w->uncounted;
}

static int
share_visit_other(void *arg, struct other **o)
{
	struct share_work *w = arg;
	struct vma_list l;

	if (!w->t->source->ops->others->regions(w->t->source, *o, &l))
		return 0;
	share_read_regions(w, *o, &l);
	vma_free(&l);
	share_add_up(w, *o);
	w->too_many = !share_is_complete(w) && share_has_too_many(w);
	return w->too_many || share_is_complete(w);
}

/* Memory without a file can have no other. */
static bool
share_lacks_anon(const struct share_work *w)
{
	for (size_t i = 0; i < w->set.n; i++) {
		const struct share_frame *f = &w->frame[i];

		if ((f->kind == SHARE_ANON || f->kind == SHARE_KSM) &&
		    (!f->counted || share_is_missing(f)))
			return true;
	}
	return false;
}

static int
share_round(struct share_work *w, bool rest, struct err *err)
{
	w->rest = rest;
	w->anon = share_lacks_anon(w);
	w->own = true;
	share_read_regions(w, NULL, w->vmas);
	w->own = false;
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
	if (w->too_many)
		return SHARE_TOO_MANY;
	return r < 0 ? -1 : 0;
}
