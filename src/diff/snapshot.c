/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/snapshot.h"

#include <stdlib.h>

#include "base/refs.h"
#include "base/util.h"
#include "kernel/kabi.h"

struct snapshot {
	struct lens_keeper keeper; /* the first member: see snapshot_of */
	int refs;
	char *name;
	struct side side, now; /* now: only which states are known now */
	size_t bytes;
	uint64_t pages;
};

struct snapshot *
snapshot_ref(struct snapshot *s)
{
	refs_take(&s->refs);
	return s;
}

void
snapshot_unref(struct snapshot *s)
{
	if (!s || !refs_drop(&s->refs))
		return;
	side_free(&s->side);
	free(s->name);
	free(s);
}

const char *
snapshot_name(const struct snapshot *s)
{
	return s->name;
}

size_t
snapshot_bytes(const struct snapshot *s)
{
	return s->bytes;
}

uint64_t
snapshot_pages(const struct snapshot *s)
{
	return s->pages;
}

const struct side *
snapshot_side(const struct snapshot *s)
{
	return &s->side;
}

struct lens_keeper *
snapshot_keeper(struct snapshot *s)
{
	return &s->keeper;
}

/* --- what becomes of its pages --------------------------------------------------------------- */

static const struct snapshot *
snapshot_of(const struct lens_keeper *k)
{
	return (const struct snapshot *)(const void *)k;
}

static void
snapshot_take_one(struct lens_keeper *k)
{
	snapshot_ref((struct snapshot *)(void *)k);
}

static void
snapshot_drop_one(struct lens_keeper *k)
{
	snapshot_unref((struct snapshot *)(void *)k);
}

/* What the page table alone says of it: its flags may say more than the snapshot has. */
static enum state
snapshot_state_of(const struct page *pg, const struct vma *v)
{
	static const uint64_t kept = PM_CAT_HUGE | PM_CAT_PFNZERO;
	uint64_t file = pg->word & PM_FILE ? PM_CAT_FILE : 0;

	if (!(pg->word & PM_PRESENT))
		return (enum state)pg->state;
	return state_of_cats(PM_CAT_PRESENT | file | (pg->cats & kept), v);
}

static enum lens_kept
snapshot_judge(const struct lens_keeper *k, const struct vma *v, uint64_t addr,
               const struct page *pg)
{
	const struct snapshot *s = snapshot_of(k);
	struct side now = s->now;
	struct compare c = {.was = &s->side, .is = &now, .same = true, .frames = true};

	now.huge &= pg->cats != 0; /* a page that was read without its run */
	switch (compare_page(&c, addr, snapshot_state_of(pg, v), pg->word)) {
	case PAGE_DIFF_SAME: return LENS_KEPT_SAME;
	case PAGE_DIFF_CHANGED: return LENS_KEPT_CHANGED;
	case PAGE_DIFF_MOVED: return LENS_KEPT_MOVED;
	case PAGE_DIFF_REWRITTEN: return LENS_KEPT_REWRITTEN;
	case PAGE_DIFF_GAINED:
	case PAGE_DIFF_LOST:
	case PAGE_DIFF_UNKNOWN:
	case PAGE_DIFF_KINDS: break;
	}
	return LENS_KEPT_UNKNOWN;
}

/* --- taking it ------------------------------------------------------------------------------ */

/* Its scan is none of those that count growth. */
static int
snapshot_scan(struct snapshot *s, struct target *t, struct err *err)
{
	struct growth *growth = t->growth;
	int r;

	t->growth = NULL;
	r = side_take(&s->side, t, err);
	t->growth = growth;
	return r;
}

struct snapshot *
snapshot_take(struct target *t, const char *name, size_t room, struct err *err)
{
	struct snapshot *s = mem_alloc(sizeof(*s));

	s->refs = 1;
	s->keeper = (struct lens_keeper){
	    .judge = snapshot_judge, .take = snapshot_take_one, .drop = snapshot_drop_one};
	s->name = mem_strdup(name);
	if (snapshot_scan(s, t, err) < 0) {
		snapshot_unref(s);
		return NULL;
	}
	s->now = (struct side){.page_size = s->side.page_size,
	                       .huge = s->side.huge,
	                       .zero = s->side.zero};
	s->bytes = side_keep(&s->side, room);
	s->pages = baseline_pages(&s->side);
	return s;
}
