/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/list_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

static const uint64_t SHOWN_NS = UINT64_C(3000000000);

/* Of the same file, or both of none. Names do not count: stacks get theirs later. */
static bool
list_same_thing(const struct vma *a, const struct vma *b)
{
	return a->inode == b->inode && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && !((a->perm ^ b->perm) & VMA_SHARED);
}

/* Whether l has any part of v. v ascends from call to call, and so does *from. */
static bool
list_has_some(const struct vma_list *l, size_t *from, const struct vma *v)
{
	while (*from < l->n && l->v[*from].end <= v->start)
		++*from;
	for (size_t i = *from; i < l->n && l->v[i].start < v->end; i++)
		if (list_same_thing(&l->v[i], v))
			return true;
	return false;
}

static void
list_add_born(struct list_changes *m, uint64_t start, uint64_t ns)
{
	m->born = vec_room(m->born, m->born_n, &m->born_cap, sizeof(*m->born));
	m->born[m->born_n++] = (struct list_born){start, ns};
}

static void
list_add_gone(struct list_changes *m, struct regions *in, size_t at, uint64_t ns)
{
	m->gone = vec_room(m->gone, m->gone_n, &m->gone_cap, sizeof(*m->gone));
	m->gone[m->gone_n++] = (struct list_gone){
	    .start = in->vmas.v[at].start, .ns = ns, .in = regions_ref(in), .at = at};
}

static void
list_compare(struct list_changes *m, struct regions *now, uint64_t ns)
{
	const struct vma_list *was = &m->seen->vmas, *is = &now->vmas;
	size_t from = 0;

	for (size_t i = 0; i < is->n; i++)
		if (!list_has_some(was, &from, &is->v[i]))
			list_add_born(m, is->v[i].start, ns);
	from = 0;
	for (size_t i = 0; i < was->n; i++)
		if (!list_has_some(is, &from, &was->v[i]))
			list_add_gone(m, m->seen, i, ns);
}

/* Drops the changes before `since`, which come first. */
static bool
list_forget(struct list_changes *m, uint64_t since)
{
	size_t born = 0, gone = 0;

	while (born < m->born_n && m->born[born].ns < since)
		born++;
	while (gone < m->gone_n && m->gone[gone].ns < since)
		regions_unref(m->gone[gone++].in);
	if (born)
		memmove(m->born, m->born + born, (m->born_n -= born) * sizeof(*m->born));
	if (gone)
		memmove(m->gone, m->gone + gone, (m->gone_n -= gone) * sizeof(*m->gone));
	return gone > 0;
}

/* Those that are gone since the other moment. */
static void
list_take_difference(struct list_changes *m, struct difference *d)
{
	difference_unref(m->diff);
	m->diff = difference_ref(d);
	free(m->stay);
	m->stay = mem_alloc(((d ? d->n : 0) + 1) * sizeof(*m->stay));
	m->stay_n = 0;
	for (size_t i = 0, at; d && i < d->n; i++)
		if (difference_gone(d, i, &at))
			m->stay[m->stay_n++] = (struct list_gone){.start = d->was->vmas.v[at].start,
			                                          .in = d->was,
			                                          .at = at,
			                                          .of = &d->v[i]};
}

bool
list_changes_update(struct list_changes *m, const struct sample *s, uint64_t now)
{
	bool again = !m->seen || m->execs != s->execs || s->regions->time_ns < m->seen->time_ns;
	bool changed = list_forget(m, again ? UINT64_MAX : now - u64_min(now, SHOWN_NS));
	size_t n = m->born_n + m->gone_n;

	if (m->diff != s->diff) {
		list_take_difference(m, s->diff);
		changed = true;
	}
	if (m->seen == s->regions)
		return changed;
	if (!again && m->seen->list != s->regions->list)
		list_compare(m, s->regions, now);
	regions_unref(m->seen);
	m->seen = regions_ref(s->regions);
	m->execs = s->execs;
	return changed || m->born_n + m->gone_n > n;
}

void
list_changes_free(struct list_changes *m)
{
	list_forget(m, UINT64_MAX);
	regions_unref(m->seen);
	difference_unref(m->diff);
	free(m->stay);
	free(m->born);
	free(m->gone);
	*m = (struct list_changes){0};
}

/* The newest at start of n born or gone ones of `size` bytes; NULL: there is none. */
static const void *
list_newest(const void *v, size_t n, size_t size, uint64_t start)
{
	while (n) {
		const struct list_born *is = (const void *)((const char *)v + (n - 1) * size);
		size_t from = is->ns ? vec_above(v, n, size, offsetof(struct list_born, ns),
		                                 is->ns - 1)
		                     : 0;
		const char *scan = (const char *)v + from * size;
		size_t above = vec_above(scan, n - from, size, offsetof(struct list_born, start),
		                         start);

		is = (const void *)(scan + (above - (above > 0)) * size);
		if (above && is->start == start)
			return is;
		n = from;
	}
	return NULL;
}

bool
list_changes_born(const struct list_changes *m, uint64_t start)
{
	return list_newest(m->born, m->born_n, sizeof(*m->born), start) != NULL;
}

static const struct list_gone *
list_stays(const struct list_changes *m, uint64_t start)
{
	return list_newest(m->stay, m->stay_n, sizeof(*m->stay), start);
}

size_t
list_changes_count(const struct list_changes *m)
{
	return m->stay_n + m->gone_n;
}

const struct list_gone *
list_changes_at(const struct list_changes *m, size_t i)
{
	const struct list_gone *g = i < m->stay_n ? &m->stay[i] : &m->gone[i - m->stay_n];

	return g->of || !list_stays(m, g->start) ? g : NULL;
}

const struct list_gone *
list_changes_gone(const struct list_changes *m, uint64_t start)
{
	const struct list_gone *stays = list_stays(m, start);

	return stays ? stays : list_newest(m->gone, m->gone_n, sizeof(*m->gone), start);
}

int
list_changes_wait_ms(const struct list_changes *m, uint64_t now)
{
	uint64_t first = UINT64_MAX;

	if (m->born_n)
		first = m->born[0].ns;
	if (m->gone_n)
		first = u64_min(first, m->gone[0].ns);
	if (first == UINT64_MAX)
		return -1;
	first += SHOWN_NS;
	return first > now ? (int)((first - now) / 1000000) + 1 : 0;
}
