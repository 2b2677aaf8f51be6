/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/sample.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

void
sample_free(struct sample *s)
{
	if (!s)
		return;
	timeline_unref(s->timeline);
	regions_unref(s->regions);
	window_unref(s->window);
	answer_unref(s->card);
	bytes_unref(s->bytes);
	smaps_reading_unref(s->smaps);
	attribution_unref(s->attribution);
	heatmap_unref(s->heat);
	accesses_unref(s->accesses);
	difference_unref(s->diff);
	free(s);
}

struct sample *
sample_share(const struct sample *draft)
{
	struct sample *s = mem_copy(draft, sizeof(*s));

	timeline_ref(s->timeline);
	regions_ref(s->regions);
	window_ref(s->window);
	answer_ref(s->card);
	bytes_ref(s->bytes);
	smaps_reading_ref(s->smaps);
	attribution_ref(s->attribution);
	heatmap_ref(s->heat);
	accesses_ref(s->accesses);
	difference_ref(s->diff);
	return s;
}

static bool
sample_same_writes(const struct writes *a, const struct writes *b)
{
	struct writes now = *a;

	now.cost.scan_ns = b->cost.scan_ns;
	return !memcmp(&now, b, sizeof(now));
}

/* What they share is the same; where it is not, or what pads a struct differs, they do. */
bool
sample_same(const struct sample *a, const struct sample *b)
{
	enum {
		FROM = offsetof(struct sample, pid),
		WRITES = offsetof(struct sample, writes),
		ON = WRITES + sizeof(struct writes),
	};
	const char *x = (const char *)a, *y = (const char *)b;

	return a->request_serial == b->request_serial && a->complete == b->complete &&
	       a->whole_serial == b->whole_serial && !memcmp(x + FROM, y + FROM, WRITES - FROM) &&
	       !memcmp(x + ON, y + ON, sizeof(*a) - ON) &&
	       sample_same_writes(&a->writes, &b->writes) && regions_same(a->regions, b->regions);
}

bool
sample_looks_same(const struct sample *a, const struct sample *b)
{
	struct sample *now = mem_copy(a, sizeof(*a));
	bool same;

	now->window = b->window;
	same = sample_same(now, b) && (a->window == b->window || (a->window && b->window &&
	                                  window_looks_same(a->window, b->window)));
	free(now);
	return same;
}

bool
screen_rows_same(const struct screen_rows *a, const struct screen_rows *b)
{
	return a->n == b->n && !memcmp(a->at, b->at, a->n * sizeof(*a->at));
}

bool
screen_reads(const struct screen_request *s)
{
	return s->smaps_on || s->accesses_on || s->by_on || s->heat_on ||
	       s->range_lo != s->range_hi;
}

bool
screen_same(const struct screen_request *a, const struct screen_request *b)
{
	if (a->lens != b->lens || a->smaps_on != b->smaps_on ||
	    a->touched_on != b->touched_on || a->accesses_on != b->accesses_on ||
	    a->grid_on != b->grid_on ||
	    a->by_on != b->by_on || !attribution_same(&a->by, &b->by) ||
	    a->heat_on != b->heat_on || !heatmap_same(&a->heat, &b->heat) ||
	    a->card_on != b->card_on || a->card != b->card || a->range_lo != b->range_lo ||
	    a->range_hi != b->range_hi || strcmp(a->filter, b->filter) != 0 ||
	    !screen_rows_same(&a->rows, &b->rows))
		return false;
	return a->hex_on == b->hex_on && a->hex_at == b->hex_at && a->hex_rows == b->hex_rows &&
	       (!a->grid_on || grid_same(&a->grid, &b->grid));
}

bool
sample_is_attributed(const struct sample *s, struct buf *why)
{
	const struct err *e = &s->causes.watch.why;

	if (!s->clears)
		buf_str(why, "no clear yet");
	else if (s->unattributed)
		buf_str(why, s->unattributed);
	else if (!s->causes.watch.on)
		buf_fmt(why, "%s%s%s", e->why[0] ? e->why : e->what, e->how[0] ? "; " : "", e->how);
	else
		return true;
	return false;
}

uint64_t
sample_clock(const struct sample *s, uint64_t ours)
{
	return s->time_ns + (ours - s->made_ns);
}
