/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sharers of a range, by process: the sums of what was found. */
#include "share/share.h"

#include <stdlib.h>

#include "base/util.h"
#include "share/share_parts.h"

/* Some 50 MiB: 8 bytes for each, 12 more once they have indexes, and the hits of processes. */
enum { SHARE_MOST = 2 << 20 };

/* --- what is searched for at once ------------------------------------------------------------- */

static void
share_add_key(struct share_work *w, uint64_t page)
{
	frameset_add(&w->set, page >> (64 - SHARE_KEY_BITS));
}

/* Gives each frame its index: by frame numbers, so that lookups are of neighbours. */
static void
share_index(struct share_work *w)
{
	for (size_t i = 0; i < w->pages; i++)
		share_add_key(w, w->page[i]);
	frameset_seal(&w->set);
	w->frame = mem_alloc((w->set.n + 1) * sizeof(*w->frame));
	for (size_t i = 0; i < w->pages; i++) {
		uint64_t key = w->page[i] >> (64 - SHARE_KEY_BITS);
		struct share_frame *f = &w->frame[frameset_index(&w->set, key)];

		f->kind = (uint8_t)(w->page[i] - share_page(key, 0));
		f->others--;
	}
	free(w->page);
	w->page = NULL;
	w->pages = w->pages_cap = 0;
}

/* What is to be found, as far as it is counted. */
static void
share_expect(struct share_work *w)
{
	w->missing = 0;
	w->uncounted = w->open = 0;
	for (size_t i = 0; i < w->set.n; i++) {
		struct share_frame *f = &w->frame[i];

		if (f->kind == SHARE_KINDS)
			continue;
		f->left = f->others;
		w->missing += f->counted ? f->others : 0;
		w->uncounted += !f->counted;
		/* huge pages are in files; forks leave places in swap at the same address */
		w->open += !f->counted && f->kind != SHARE_SWAP && !f->huge;
	}
}

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
	sh->uncounted += !f->counted && f->kind != SHARE_SWAP;
	if (!f->seen) {
		sh->changed++;
		return;
	}
	if (f->found)
		sh->pages[f->kind]++;
	if (f->counted && f->others > 0) {
		sh->mapped += (uint64_t)f->others;
		sh->found += (uint64_t)(f->others - (f->left > 0 ? f->left : 0));
	}
	if (f->kind == SHARE_SWAP)
		sh->freed_swap += !f->found;
	if ((f->kind == SHARE_ANON || f->kind == SHARE_KSM) && f->counted && f->others <= 0)
		sh->freed++;
}

static void
share_sum_part(struct share_work *w)
{
	share_read_left(w, share_see_again);
	for (size_t i = 0; i < w->set.n; i++)
		share_sum_frame(w, &w->frame[i]);
	share_rows_sum(w);
}

static void
share_part_free(struct share_work *w)
{
	share_drop_hits(w);
	frameset_free(&w->set);
	free(w->frame);
	w->frame = NULL;
	free(w->now);
	w->now = NULL;
}

static int
share_try_part(struct share_work *w, struct err *err)
{
	int r = share_gather_part(w);

	if (r)
		return r;
	share_index(w);
	if (w->sh->reach.method == SHARE_BY_FRAME)
		share_look_up(w);
	share_expect(w);
	r = share_search(w, err);
	if (r == 0)
		share_sum_part(w);
	share_part_free(w);
	return r;
}

/* Twice as many parts have the same keys in two. */
static int
share_part(struct share_work *w, size_t part, size_t parts, struct err *err)
{
	int r;

	w->part = part;
	w->parts = parts;
	w->too_many = false;
	r = share_try_part(w, err);
	if (r != SHARE_TOO_MANY)
		return r;
	r = share_part(w, part, 2 * parts, err);
	return r ? r : share_part(w, part + parts, 2 * parts, err);
}

/* --- all -------------------------------------------------------------------------------------- */

static int
share_work(struct share_work *w, struct err *err)
{
	size_t parts;
	int r = share_gather(w);

	parts = w->left_pages > w->most ? w->left_pages / w->most + 1 : 1;
	for (size_t part = 0; !r && part < parts; part++)
		r = share_part(w, part, parts, err);
	if (r == 0)
		share_rows_finish(w->sh);
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
	free(w->hits);
	share_files_free(&w->files);
	free(w->page);
	free(w->left);
	free(w->span);
}

struct share *
share_sum_by(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
             size_t most, struct err *err)
{
	struct share_work w = {.t = t, .vmas = vmas, .start = start, .end = end, .most = most};
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
	w.plain = w.sh->reach.method == SHARE_BY_FRAME && share_has_plain(&w);
	r = share_work(&w, err);
	share_work_free(&w);
	if (r == 0)
		return w.sh;
	if (r > 0)
		err_set(err, ERR_TARGET, "it was cancelled", NULL, "cannot answer");
	share_free(w.sh);
	return NULL;
}

struct share *
share_sum(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
          struct err *err)
{
	return share_sum_by(t, vmas, start, end, SHARE_MOST, err);
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
