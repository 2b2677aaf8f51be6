/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The processes that were found: a row each, the frames that each has, and their sums. */
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "share/share_parts.h"

/* Later rounds continue the rows of the first. */
size_t
share_row(struct share_work *w, struct other *o)
{
	struct share *sh = w->sh;
	struct other_name name = {.comm = ""};
	size_t i = 0;

	while (i < sh->n && sh->v[i].pid != o->pid)
		i++;
	if (i < sh->n)
		return i;
	w->t->source->ops->others->name(w->t->source, o, &name);
	w->hits = vec_room(w->hits, sh->n, &w->hits_cap, sizeof(*w->hits));
	w->hits[sh->n] = (struct share_hits){0};
	sh->v = vec_room(sh->v, sh->n, &sh->cap, sizeof(*sh->v));
	sh->v[sh->n] = (struct share_peer){.pid = o->pid, .parent = name.parent};
	memcpy(sh->v[sh->n].comm, name.comm, sizeof(name.comm));
	return sh->n++;
}

void
share_add_hit(struct share_work *w, size_t row, size_t at, uint64_t bits, uint64_t both)
{
	struct share_hits *hits = &w->hits[row];
	struct share_hit *last = hits->n ? &hits->v[hits->n - 1] : NULL;

	if (last && last->at + last->n == at && last->bits == bits && last->both == both) {
		last->n++;
		return;
	}
	hits->v = vec_room(hits->v, hits->n, &hits->cap, sizeof(*hits->v));
	hits->v[hits->n++] =
	    (struct share_hit){.at = (uint32_t)at, .n = 1, .bits = bits, .both = both};
	w->hits_n++;
}

void
share_drop_hits(struct share_work *w)
{
	for (size_t i = 0; i < w->sh->n && w->hits; i++) {
		free(w->hits[i].v);
		w->hits[i] = (struct share_hits){0};
	}
	w->hits_n = 0;
}

/* Each frame once, even if both rounds found it: `now` has those that were counted. */
static void
share_sum_hit(struct share_work *w, struct share_peer *p, const struct share_hit *hit, size_t at)
{
	for (uint64_t bits = hit->bits & ~w->now[at]; bits; bits &= bits - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(bits);
		const struct share_frame *f = &w->frame[at * 64 + bit];

		p->pages[f->kind] += f->seen;
		p->both += f->seen && hit->both >> bit & 1;
	}
	w->now[at] |= hit->bits;
}

static void
share_sum_row(struct share_work *w, struct share_peer *p, const struct share_hits *hits)
{
	for (size_t i = 0; i < hits->n; i++)
		for (size_t k = 0; k < hits->v[i].n; k++)
			share_sum_hit(w, p, &hits->v[i], hits->v[i].at + k);
	for (size_t i = 0; i < hits->n; i++)
		memset(&w->now[hits->v[i].at], 0, hits->v[i].n * sizeof(*w->now));
}

void
share_rows_sum(struct share_work *w)
{
	for (size_t i = 0; i < w->sh->n; i++)
		share_sum_row(w, &w->sh->v[i], &w->hits[i]);
	share_drop_hits(w);
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

void
share_rows_finish(struct share *sh)
{
	size_t n = 0;

	for (size_t i = 0; i < sh->n; i++)
		if (share_peer_pages(&sh->v[i]))
			sh->v[n++] = sh->v[i];
	sh->n = n;
	vec_sort(sh->v, n, sizeof(*sh->v), share_by_pages);
}
