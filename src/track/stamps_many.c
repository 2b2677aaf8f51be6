/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Several scans at once. A leaf is unpacked and packed once for all of them, and the epochs that
 * they make the stamps forget are forgotten there meanwhile.
 */
#include "track/stamps_parts.h"

#include <stdlib.h>
#include <string.h>

struct many {
	struct stamps *s;
	const struct stamps_seen *seen;
	size_t n, at[STAMPS_MANY]; /* the next leaf of each */
	struct stamps_forgets forgets[STAMPS_MANY]; /* before each */
	struct stamps_edit edit[STAMPS_MANY];
	struct stamps_list out;
};

static bool
many_sees(const struct many *m, size_t i, uint64_t leaf)
{
	return m->at[i] < m->seen[i].n && m->seen[i].v[m->at[i]].leaf == leaf;
}

static uint64_t
many_next_leaf(const struct many *m)
{
	uint64_t leaf = UINT64_MAX;

	for (size_t i = 0; i < m->n; i++)
		if (m->at[i] < m->seen[i].n)
			leaf = u64_min(leaf, m->seen[i].v[m->at[i]].leaf);
	return leaf;
}

static void
many_edit(struct many *m, uint64_t leaf, struct stamps_part *is)
{
	struct stamps_leaf l;
	struct stamps_part new;

	stamps_leaf_read(&l, is, leaf);
	for (size_t i = 0; i < m->n; i++) {
		stamps_forget_planes(&l, &m->forgets[i]);
		if (many_sees(m, i, leaf))
			stamps_edit_leaf(&l, m->s, &m->edit[i], leaf,
			                 m->seen[i].v[m->at[i]++].bits);
	}
	new = stamps_leaf_part(&l, leaf, 1, is);
	if (is)
		free(is->planes);
	stamps_append(&m->out, &new);
}

/* A part, and the leaves before the end of it that scans saw. */
static void
many_follow(struct many *m, struct stamps_part *p)
{
	uint64_t leaf = p->page / LEAF, end = (stamps_end(p) + LEAF - 1) / LEAF, next;
	struct stamps_part rest;

	while ((next = many_next_leaf(m)) < leaf)
		many_edit(m, next, NULL);
	if (next == leaf && p->planes) {
		many_edit(m, leaf, p);
		return;
	}
	rest = *p;
	stamps_forget(&rest, m->forgets, m->n);
	for (; (next = many_next_leaf(m)) < end; leaf = next + 1) {
		struct stamps_part one = *p;

		if (leaf < next)
			stamps_append_some(&m->out, &rest, leaf * LEAF, next * LEAF);
		many_edit(m, next, &one);
	}
	if (leaf < end)
		stamps_append_some(&m->out, &rest, leaf * LEAF, end * LEAF);
}

static void
many_begin(struct many *m, struct stamps *s, const struct stamps_seen *seen, size_t n)
{
	size_t leaves = 0;

	*m = (struct many){.s = s, .seen = seen, .n = n};
	for (size_t i = 0; i < n; i++) {
		stamps_step(s, seen[i].epoch, &m->forgets[i]);
		m->edit[i] = (struct stamps_edit){.keep = true, .epoch = s->epoch};
		if (seen[i].n)
			m->edit[i].scan = stamps_scan(s, s->epoch, seen[i].time_ns);
		leaves += seen[i].n;
	}
	m->out.cap = s->n + 2 * leaves; /* a leaf in the middle of a run makes three of it */
	m->out.v = mem_alloc(m->out.cap * sizeof(*m->out.v));
}

static void
many_end(struct many *m)
{
	struct stamps *s = m->s;

	free(s->v);
	s->n = m->out.n;
	s->cap = s->n + s->n / 8;
	s->v = mem_resize(m->out.v, s->cap * sizeof(*s->v));
}

void
stamps_update_many(struct stamps *s, const struct stamps_seen *seen, size_t n)
{
	for (size_t i = 0, some; i < n; i += some) {
		struct many m;
		uint64_t leaf;

		some = u64_min(n - i, STAMPS_MANY);
		if (!stamps_has_room(s, some)) {
			some = 1;
			stamps_reach_epoch(s, seen[i].epoch);
		}
		many_begin(&m, s, &seen[i], some);
		for (size_t k = 0; k < s->n; k++)
			many_follow(&m, &s->v[k]);
		while ((leaf = many_next_leaf(&m)) != UINT64_MAX)
			many_edit(&m, leaf, NULL);
		many_end(&m);
	}
}
