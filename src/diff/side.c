/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/kabi.h"

/* --- its pages ------------------------------------------------------------------------------ */

/* In swap, or a marker: only its word says which. */
static void
side_add_absent(struct side_scan *k, const struct pm_run *run)
{
	size_t page_size = k->to->page_size;
	uint64_t words[512];
	struct err ignored;

	for (uint64_t at = run->start; at < run->end;) {
		size_t most = u64_min((run->end - at) / page_size, ARRAY_LEN(words));
		ssize_t n = source_words(k->t->source, at, words, most, &ignored);

		if (n <= 0)
			return;
		for (ssize_t i = 0; i < n; i++, at += page_size) {
			struct page pg = {.word = words[i], .known = PAGE_WORD};
			unsigned swaps = swaps_types(&k->t->source->meta.swaps);
			enum state s = state_of_page(&pg, k->v, swaps);

			if (s != STATE_NONE)
				extents_add(&k->to->states, at, at + page_size, 1u + s);
		}
	}
}

/* The runs of a scan of all regions come in ascending order. */
static int
side_add_run(void *arg, const struct pm_run *run)
{
	struct side_scan *k = arg;
	const struct vma_list *vmas = &k->to->regions->vmas;

	if (!k->v || run->start >= k->v->end)
		k->v = vma_at(vmas, run->start);
	if (k->v && run->cats & PM_CAT_PRESENT)
		extents_add(&k->to->states, run->start, run->end,
		            1u + state_of_cats(run->cats, k->v));
	else if (k->v)
		side_add_absent(k, run);
	return k->then ? k->then(k->then_arg, run) : 0;
}

/* --- taking it ------------------------------------------------------------------------------ */

void
side_listen(struct side_scan *k, struct side *to, struct target *t, struct regions *rs)
{
	const struct source_meta *m = &t->source->meta;

	*to = (struct side){.page_size = t->page_size,
	                    .t = t,
	                    .regions = regions_ref(rs),
	                    .time_ns = rs->time_ns,
	                    .huge = m->scan & PM_CAT_HUGE,
	                    .zero = m->scan & PM_CAT_PFNZERO || m->zero_pfn};
	snprintf(to->boot, sizeof(to->boot), "%s", m->boot);
	*k = (struct side_scan){.to = to, .t = t, .then = t->each_run, .then_arg = t->each_run_arg};
	t->each_run = side_add_run;
	t->each_run_arg = k;
}

void
side_unlisten(struct side_scan *k, bool whole)
{
	k->t->each_run = k->then;
	k->t->each_run_arg = k->then_arg;
	k->to->tracked = whole && k->t->track.clears;
	k->to->track = k->to->tracked ? &k->t->track : NULL;
}

int
side_take(struct side *s, struct target *t, struct err *err)
{
	struct side_scan k;
	struct vma_list vmas;
	struct regions *rs;
	int r;

	*s = (struct side){0};
	if (target_regions(t, &vmas, err) < 0)
		return -1;
	if (!vmas.n)
		return target_no_memory(t, err);
	rs = regions_new(vmas, source_now(t->source));
	target_follow(t, &rs->vmas);
	side_listen(&k, s, t, rs);
	r = regions_measure(rs, t, NULL, err);
	side_unlisten(&k, r == 0);
	regions_unref(rs);
	return r ? -1 : 0;
}

/* --- keeping it ----------------------------------------------------------------------------- */

static void
side_keep_run(struct side *s, const struct extent *run, uint32_t *to)
{
	uint64_t words[PAGE_BATCH];
	size_t n;

	for (uint64_t at = run->start; at < run->end; at += n * s->page_size, to += n) {
		n = (size_t)u64_min((run->end - at) / s->page_size, PAGE_BATCH);
		side_words(s, at, words, n);
		for (size_t i = 0; i < n; i++) {
			uint64_t place = words[i] & PM_PFN_MASK;

			to[i] = place <= UINT32_MAX ? (uint32_t)place : 0;
		}
	}
}

size_t
side_keep(struct side *s, size_t room)
{
	size_t used = s->states.n * (sizeof(*s->states.v) + sizeof(*s->places));
	bool known = !s->t->source->ops->time;

	s->places = mem_alloc((s->states.n + 1) * sizeof(*s->places));
	for (size_t i = 0; known && i < s->states.n; i++) {
		const struct extent *run = &s->states.v[i];
		size_t size = (run->end - run->start) / s->page_size * sizeof(*s->places->v);

		if (used + size > room)
			break;
		used += size;
		s->places[i].v = mem_alloc(size);
		side_keep_run(s, run, s->places[i].v);
	}
	s->track = NULL;
	s->t = NULL;
	return used;
}

/* The words as far as they were kept. */
static void
side_kept_words(const struct side *s, uint64_t addr, uint64_t *words, size_t n)
{
	size_t i = side_find(s, addr);

	memset(words, 0, n * sizeof(*words));
	for (size_t k = 0; k < n; k++, addr += s->page_size) {
		const struct extent *run;
		bool swapped;

		while (i < s->states.n && s->states.v[i].end <= addr)
			i++;
		run = i < s->states.n && s->states.v[i].start <= addr ? &s->states.v[i] : NULL;
		if (!run || !s->places[i].v)
			continue;
		swapped = run->state == 1u + STATE_SWAPPED;
		words[k] = s->places[i].v[(addr - run->start) / s->page_size] |
		           (swapped ? PM_SWAPPED : PM_PRESENT);
	}
}

void
side_free(struct side *s)
{
	regions_unref(s->regions);
	for (size_t i = 0; s->places && i < s->states.n; i++)
		free(s->places[i].v);
	free(s->places);
	extents_free(&s->states);
	*s = (struct side){0};
}

/* --- reading it ----------------------------------------------------------------------------- */

size_t
side_find(const struct side *s, uint64_t addr)
{
	return extents_first(&s->states, addr);
}

uint64_t
side_stretch(const struct side *s, size_t *i, uint64_t addr, uint64_t end, enum state *state)
{
	const struct extents *e = &s->states;

	while (*i < e->n && e->v[*i].end <= addr)
		++*i;
	*state = STATE_NONE;
	if (*i == e->n || e->v[*i].start >= end)
		return end;
	if (e->v[*i].start > addr)
		return e->v[*i].start;
	*state = (enum state)(e->v[*i].state - 1);
	return u64_min(e->v[*i].end, end);
}

void
side_words(const struct side *s, uint64_t addr, uint64_t *words, size_t n)
{
	struct err ignored;
	ssize_t got;

	if (!s->t) {
		side_kept_words(s, addr, words, n);
		return;
	}
	got = source_words(s->t->source, addr, words, n, &ignored);
	for (size_t i = got < 0 ? 0 : (size_t)got; i < n; i++)
		words[i] = 0;
}

uint64_t
side_words_time(const struct side *s, uint64_t addr)
{
	struct source *from = s->t ? s->t->source : NULL;
	uint64_t at, again;

	if (!from || !from->ops->time)
		return s->time_ns;
	at = from->ops->time->looked(from, addr, &again);
	return again ? u64_max(at, s->time_ns) : at;
}

/* --- its contents --------------------------------------------------------------------------- */

uint64_t
side_contents(const struct side *s, uint64_t addr)
{
	struct source *from = s->t ? s->t->source : NULL;

	return from && from->ops->time ? from->ops->time->contents(from, addr) : UINT64_MAX;
}

static bool
side_bytes(const struct side *s, uint64_t addr, uint8_t *to)
{
	return s->t->source->ops->time->content(s->t->source, addr, to);
}

enum truth
side_bytes_differ(const struct side *was, uint64_t at, const struct side *is, uint64_t now)
{
	enum truth differ = TRUTH_UNKNOWN;
	uint8_t *a, *b;

	if (side_contents(was, at) != at || side_contents(is, now) != now)
		return TRUTH_UNKNOWN;
	a = mem_alloc(was->page_size);
	b = mem_alloc(is->page_size);
	if (side_bytes(was, at, a) && side_bytes(is, now, b))
		differ = memcmp(a, b, is->page_size) != 0 ? TRUTH_YES : TRUTH_NO;
	free(a);
	free(b);
	return differ;
}
