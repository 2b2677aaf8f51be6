/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be told of the pages on screen without the kernel's help: how they differ from the look
 * before. Of each page a signature is kept; two that are known and differ are a change.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/util.h"
#include "track/tracker_ops.h"

struct seen {
	uint64_t start;  /* address of the first */
	uint64_t *v;     /* a signature a page; 0: not known */
	size_t n, page_size;
};

/* Moves what is known to a window that begins at `start`. */
static void
seen_move(struct seen *s, uint64_t start, size_t n, size_t page_size)
{
	uint64_t *v = mem_alloc(n * sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		uint64_t at = start + i * page_size;

		if (at >= s->start && (at - s->start) / page_size < s->n)
			v[i] = s->v[(at - s->start) / page_size];
	}
	free(s->v);
	*s = (struct seen){start, v, n, page_size};
}

struct seen_changes {
	struct pm_run *v;
	size_t n, cap;
};

static void
seen_change(struct seen_changes *c, uint64_t start, uint64_t end)
{
	if (c->n && c->v[c->n - 1].end == start) {
		c->v[c->n - 1].end = end;
		return;
	}
	c->v = vec_room(c->v, c->n, &c->cap, sizeof(*c->v));
	c->v[c->n++] = (struct pm_run){start, end, 0};
}

void
seen_take(struct track *t, const struct vma *v, uint64_t start, size_t page_size,
          const uint64_t *is, size_t n, uint64_t now)
{
	struct seen_changes c = {0};
	struct seen *seen;

	if (!t->seen)
		t->seen = mem_alloc(sizeof(*t->seen));
	seen = t->seen;
	seen_move(seen, start, n, page_size);
	for (size_t i = 0; i < n; i++) {
		uint64_t was = seen->v[i], at = start + i * page_size;

		if (was && is[i] && is[i] != SEEN_AS_BEFORE && was != is[i])
			seen_change(&c, at, at + page_size);
		if (is[i] != SEEN_AS_BEFORE)
			seen->v[i] = is[i];
	}
	t->era++;
	t->began[(t->era + 1) % TRACK_ERAS] =
	    now; /* what the next look finds came after this one */
	track_add(t, v->start, c.v, c.n, now);
	free(c.v);
}

bool
seen_has(const struct seen *s, uint64_t addr)
{
	return s && s->n && addr >= s->start && (addr - s->start) / s->page_size < s->n &&
	       s->v[(addr - s->start) / s->page_size];
}

void
seen_forget(struct seen *s)
{
	if (s)
		s->n = 0;
}

void
seen_free(struct seen *s)
{
	if (s)
		free(s->v);
	free(s);
}

bool
seen_probe(struct track_status *s, const struct proc *p)
{
	int fd = p->live ? proc_file(p, "mem", O_RDONLY) : -1;

	if (!p->live)
		return track_cannot(s, "a folder does not change", "look at a running process");
	if (fd < 0)
		return track_cannot(s, "its memory may not be read", proc_memory_how(p));
	close(fd);
	return true;
}
