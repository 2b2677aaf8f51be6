/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/comparison.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* --- snapshots -------------------------------------------------------------------------------- */

static struct snapshot **
comparison_find(struct comparison *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->n; i++)
		if (!strncmp(snapshot_name(c->v[i]), name, len) && !snapshot_name(c->v[i])[len])
			return &c->v[i];
	return NULL;
}

/* What the others leave of the memory for all. */
static size_t
comparison_room(const struct comparison *c, struct snapshot *const *but)
{
	size_t room = COMPARISON_ROOM;

	for (size_t i = 0; i < c->n; i++)
		if (&c->v[i] != but)
			room -= u64_min(room, snapshot_bytes(c->v[i]));
	return room;
}

int
comparison_snap(struct comparison *c, struct target *t, const char *name, char *said, size_t size,
                struct err *err)
{
	struct snapshot **old = comparison_find(c, name, strlen(name)), *s;
	const char *how = old ? " replaced" : "";
	char pages[8];

	if (!old && c->n == ARRAY_LEN(c->v))
		return err_set(err, ERR_USAGE, "no more can be kept",
		               "give one of their names again", "cannot keep snapshot %.40s", name);
	s = snapshot_take(t, name, comparison_room(c, old), err);
	if (!s)
		return -1;
	if (old)
		snapshot_unref(*old);
	else
		old = &c->v[c->n++];
	*old = s;
	snprintf(said, size, "snapshot %.60s%s: %s in RAM and swap; `diff %.60s` compares", name,
	         how, size_text(pages, snapshot_pages(s) * t->page_size), name);
	return 0;
}

/* --- what is compared ------------------------------------------------------------------------- */

void
comparison_end(struct comparison *c)
{
	c->baseline = 0;
	c->words[0] = '\0';
	snapshot_unref(c->was);
	c->was = NULL;
	difference_unref(c->two);
	c->two = NULL;
	side_free(&c->then);
	if (c->past.source)
		target_close(&c->past);
	c->past = (struct target){0};
}

void
comparison_drop(struct comparison *c)
{
	comparison_end(c);
	while (c->n)
		snapshot_unref(c->v[--c->n]);
}

/* The snapshot that is named at *names, which moves on to the next. NULL with err. */
static struct snapshot *
comparison_take(struct comparison *c, const char **names, struct err *err)
{
	size_t len = strcspn(*names, " ");
	struct snapshot **s = comparison_find(c, *names, len);

	if (!s) {
		err_set(err, ERR_USAGE, "there is no snapshot of that name",
		        "`snap NAME` takes one", "cannot compare with %.*s",
		        (int)u64_min(len, 40), *names);
		return NULL;
	}
	*names += len;
	*names += strspn(*names, " ");
	return *s;
}

/* From now on the target's growth is since that moment. */
static void
comparison_grow(struct target *t, const struct side *was, struct lens_keeper *kept)
{
	target_grow_from(t, baseline_of(was));
	growth_keep(t->growth, kept);
}

static void
comparison_of_two(struct comparison *c, struct target *t, struct snapshot *is)
{
	const struct side *from = snapshot_side(c->was), *to = snapshot_side(is);

	c->two = difference_new(from, to, true, true);
	comparison_grow(t, from, &c->two->keeper);
	growth_fix(t->growth, baseline_of(to));
	snprintf(c->words, sizeof(c->words), "from %.40s to %.40s", snapshot_name(c->was),
	         snapshot_name(is));
}

int
comparison_begin(struct comparison *c, struct target *t, const char *names, unsigned baseline,
                 struct err *err)
{
	struct snapshot *was = comparison_take(c, &names, err), *is = NULL;

	if (!was || (*names && !(is = comparison_take(c, &names, err))))
		return -1;
	comparison_end(c);
	c->was = snapshot_ref(was);
	c->baseline = baseline;
	if (is) {
		comparison_of_two(c, t, is);
		return 0;
	}
	comparison_grow(t, snapshot_side(was), snapshot_keeper(was));
	snprintf(c->words, sizeof(c->words), "since %.40s", snapshot_name(was));
	return 0;
}

int
comparison_begin_at(struct comparison *c, struct target *t, struct source *past, uint64_t time_ns,
                    const char *when, unsigned baseline, struct err *err)
{
	comparison_end(c);
	target_take(&c->past, past);
	if (past->ops->time->go(past, time_ns, err) < 0 || target_open_pages(&c->past, err) < 0 ||
	    side_take(&c->then, &c->past, err) < 0) {
		comparison_end(c);
		target_stop_growing(t);
		return -1;
	}
	c->baseline = baseline;
	comparison_grow(t, &c->then, NULL);
	snprintf(c->when, sizeof(c->when), "%.40s", when);
	snprintf(c->words, sizeof(c->words), "compared with %s", c->when);
	return 0;
}

/* --- scans ------------------------------------------------------------------------------------ */

void
comparison_listen(struct comparison *c, struct target *t, struct regions *rs)
{
	c->listens = c->baseline && !c->two;
	if (c->listens)
		side_listen(&c->scan, &c->now, t, rs);
}

/* A recording may have several processes. */
static bool
comparison_is_same(const struct comparison *c, const struct target *t)
{
	return c->was || c->past.source->meta.pid == t->source->meta.pid;
}

struct difference *
comparison_unlisten(struct comparison *c, struct target *t, bool whole)
{
	const struct side *was = c->was ? snapshot_side(c->was) : &c->then;
	struct difference *d = NULL;

	if (!c->listens)
		return difference_ref(c->two);
	c->listens = false;
	side_unlisten(&c->scan, whole);
	if (whole)
		d = difference_new(was, &c->now, comparison_is_same(c, t), !c->was);
	if (d && !c->was) { /* what is shown of a recording stays as it is */
		growth_keep(t->growth, &d->keeper);
		snprintf(c->words, sizeof(c->words), "%s %s",
		         was->time_ns > c->now.time_ns ? "compared with" : "since", c->when);
	}
	side_free(&c->now);
	return d;
}
