/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/pairing.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static const struct {
	const char *name, *help;
} pairing_kinds[] = {
#define R(id, name, help) [REGION_DIFF_##id] = {name, help},
#include "diff/diff.def"
#undef R
};

const char *
region_diff_name(enum region_diff kind)
{
	return pairing_kinds[kind].name;
}

const char *
region_diff_help(enum region_diff kind)
{
	return pairing_kinds[kind].help;
}

void
pairing_free(struct pairing *p)
{
	free(p->v);
	free(p->spans);
	*p = (struct pairing){0};
}

/* --- stretches ------------------------------------------------------------------------------ */

enum { PAIRING_NONE = -1 };

struct pairing_making {
	struct pairing *p;
	struct compare *c;
	const struct vma_list *was, *is;
	size_t *row; /* of each region of `was`; SIZE_MAX: none yet */
	uint64_t *most; /* of each region of `is`: bytes that it shares with its `was` */
};

static bool
pairing_is_of_file(const struct vma *v)
{
	return vma_has_file(v) && v->inode;
}

/* Whether two regions that overlap are the same memory there, as far as is known. */
static bool
pairing_is_same(const struct vma *a, const struct vma *b)
{
	if (pairing_is_of_file(a) != pairing_is_of_file(b))
		return false;
	if (!pairing_is_of_file(a))
		return (a->perm & VMA_SHARED) == (b->perm & VMA_SHARED);
	return a->inode == b->inode && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && a->offset - a->start == b->offset - b->start;
}

static void
pairing_add_span(struct pairing *p, const struct span *s)
{
	p->spans = vec_room(p->spans, p->spans_n, &p->spans_cap, sizeof(*p->spans));
	p->spans[p->spans_n++] = *s;
}

/* [at, end) is in region i of `was` and j of `is`; PAIRING_NONE: in none. */
static void
pairing_add_stretch(struct pairing_making *m, uint64_t at, uint64_t end, ssize_t i, ssize_t j)
{
	const struct vma *a = i < 0 ? NULL : &m->was->v[i], *b = j < 0 ? NULL : &m->is->v[j];

	if (a && b && !pairing_is_same(a, b)) {
		pairing_add_stretch(m, at, end, i, PAIRING_NONE);
		pairing_add_stretch(m, at, end, PAIRING_NONE, j);
		return;
	}
	if (a && b && m->row[i] == SIZE_MAX)
		m->row[i] = (size_t)j;
	if (a && b && end - at > m->most[j]) {
		m->most[j] = end - at;
		m->p->v[j].was = a;
	}
	/* until all rows are known, that of what was there alone is its region */
	pairing_add_span(m->p, &(struct span){at, at, end - at, a, b, b ? (size_t)j : (size_t)i});
}

static void
pairing_add_stretches(struct pairing_making *m)
{
	const struct vma_list *x = m->was, *y = m->is;
	size_t i = 0, j = 0;
	uint64_t at = 0;

	while (i < x->n || j < y->n) {
		uint64_t xs = i < x->n ? x->v[i].start : UINT64_MAX;
		uint64_t ys = j < y->n ? y->v[j].start : UINT64_MAX;
		bool in_x, in_y;
		uint64_t end;

		at = u64_max(at, u64_min(xs, ys));
		in_x = xs <= at;
		in_y = ys <= at;
		end = u64_min(in_x ? x->v[i].end : xs, in_y ? y->v[j].end : ys);
		pairing_add_stretch(m, at, end, in_x ? (ssize_t)i : PAIRING_NONE,
		                    in_y ? (ssize_t)j : PAIRING_NONE);
		at = end;
		i += in_x && x->v[i].end <= at;
		j += in_y && y->v[j].end <= at;
	}
}

/* --- rows ----------------------------------------------------------------------------------- */

static size_t
pairing_add_row(struct pairing *p, const struct paired *one)
{
	p->v = vec_room(p->v, p->n, &p->cap, sizeof(*p->v));
	p->v[p->n] = *one;
	return p->n++;
}

/* What was there alone belongs to what is left of its region, or is a row of its own. */
static void
pairing_find_rows(struct pairing_making *m)
{
	for (size_t k = 0; k < m->p->spans_n; k++) {
		struct span *s = &m->p->spans[k];

		if (s->is_in)
			continue;
		if (m->row[s->row] == SIZE_MAX)
			m->row[s->row] = pairing_add_row(m->p, &(struct paired){.was = s->was_in});
		s->row = m->row[s->row];
	}
}

static void
pairing_judge(struct pairing *p)
{
	for (size_t k = 0; k < p->spans_n; k++) {
		const struct span *s = &p->spans[k];

		p->v[s->row].was_size += s->was_in ? s->size : 0;
		p->v[s->row].is_size += s->is_in ? s->size : 0;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct paired *x = &p->v[i];

		if (!x->was || !x->is)
			x->kind = x->is ? REGION_DIFF_COME : REGION_DIFF_GONE;
		else if (x->was_size != x->is_size && x->kind != REGION_DIFF_MOVED)
			x->kind = x->was_size < x->is_size ? REGION_DIFF_GROWN : REGION_DIFF_SHRUNK;
	}
}

/* --- moved ---------------------------------------------------------------------------------- */

static bool
pairing_is_same_file(const struct vma *a, const struct vma *b)
{
	return pairing_is_of_file(a) && pairing_is_of_file(b) && a->inode == b->inode &&
	       a->dev_major == b->dev_major && a->dev_minor == b->dev_minor &&
	       a->offset == b->offset && a->perm == b->perm && vma_size(a) == vma_size(b);
}

/* The only one of the regions that is this stretch of this file. */
static bool
pairing_is_only(const struct vma_list *list, const struct vma *v)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		n += pairing_is_same_file(&list->v[i], v);
	return n == 1;
}

static bool
pairing_was_moved(struct pairing_making *m, const struct vma *was, const struct vma *is)
{
	struct span s = {was->start, is->start, u64_min(vma_size(was), vma_size(is)), was, is, 0};

	if (pairing_is_of_file(was) || pairing_is_of_file(is))
		return pairing_is_same_file(was, is) && pairing_is_only(m->was, was) &&
		       pairing_is_only(m->is, is);
	return was->type == is->type && compare_moved(m->c, &s);
}

/* Row g, which is gone, is row k: their stretches become one, with what is left of either. */
static void
pairing_join(struct pairing *p, size_t g, size_t k)
{
	struct paired *gone = &p->v[g], *is = &p->v[k];
	struct span *both = NULL, rest;
	size_t n = 0;

	for (size_t i = 0; i < p->spans_n; i++) {
		if (p->spans[i].row == g)
			continue;
		p->spans[n] = p->spans[i];
		if (p->spans[n].row == k)
			both = &p->spans[n];
		n++;
	}
	p->spans_n = n;
	is->was = gone->was;
	is->kind = REGION_DIFF_MOVED;
	*both = (struct span){is->was->start, is->is->start,
	                      u64_min(vma_size(is->was), vma_size(is->is)), is->was, is->is, k};
	if (vma_size(is->is) > both->size)
		rest = (struct span){.size = vma_size(is->is) - both->size, .is_in = is->is};
	else
		rest = (struct span){.size = vma_size(is->was) - both->size, .was_in = is->was};
	rest.was = both->was + both->size;
	rest.is = both->is + both->size;
	rest.row = k;
	if (rest.size)
		pairing_add_span(p, &rest);
	*gone = (struct paired){0};
}

/* Whether all of it is in one stretch, which no other row has a part of. */
static bool
pairing_is_whole(const struct pairing *p, size_t row)
{
	size_t n = 0;

	for (size_t i = 0; i < p->spans_n; i++)
		n += p->spans[i].row == row;
	return n == 1;
}

static void
pairing_find_moved(struct pairing_making *m, size_t g, size_t *tries)
{
	struct pairing *p = m->p;

	for (size_t k = 0; k < m->is->n && *tries; k++) {
		if (p->v[k].was)
			continue;
		--*tries;
		if (pairing_was_moved(m, p->v[g].was, p->v[k].is) && pairing_is_whole(p, g) &&
		    pairing_is_whole(p, k)) {
			pairing_join(p, g, k);
			return;
		}
	}
}

/* Of those that are gone, which are somewhere else. */
static void
pairing_add_moved(struct pairing_making *m)
{
	struct pairing *p = m->p;
	size_t tries = 1 << 14, n = m->is->n;
	size_t *at = mem_alloc((p->n + 1) * sizeof(*at));

	for (size_t g = n; g < p->n; g++)
		pairing_find_moved(m, g, &tries);
	for (size_t g = m->is->n; g < p->n; g++)
		if (p->v[g].was) {
			at[g] = n;
			p->v[n++] = p->v[g];
		}
	for (size_t i = 0; i < p->spans_n; i++)
		if (p->spans[i].row >= m->is->n)
			p->spans[i].row = at[p->spans[i].row];
	p->n = n;
	free(at);
}

/* --- all of it ------------------------------------------------------------------------------ */

static uint64_t
pairing_where(const struct span *s)
{
	return s->is_in ? s->is : s->was;
}

static int
pairing_by_address(const void *pa, const void *pb)
{
	const struct span *a = pa, *b = pb;
	uint64_t x = pairing_where(a), y = pairing_where(b);

	return x != y ? (x > y) - (x < y) : (a->is_in != NULL) - (b->is_in != NULL);
}

void
pairing_make(struct pairing *p, struct compare *c)
{
	struct pairing_making m = {
	    .p = p, .c = c, .was = &c->was->regions->vmas, .is = &c->is->regions->vmas};

	*p = (struct pairing){0};
	m.row = mem_alloc((m.was->n + 1) * sizeof(*m.row));
	m.most = mem_alloc((m.is->n + 1) * sizeof(*m.most));
	memset(m.row, 0xff, m.was->n * sizeof(*m.row));
	for (size_t j = 0; j < m.is->n; j++)
		pairing_add_row(p, &(struct paired){.is = &m.is->v[j]});
	pairing_add_stretches(&m);
	pairing_find_rows(&m);
	pairing_add_moved(&m);
	pairing_judge(p);
	vec_sort(p->spans, p->spans_n, sizeof(*p->spans), pairing_by_address);
	free(m.row);
	free(m.most);
}
