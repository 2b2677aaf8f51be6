/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/answer_query.h"

#include "target/probe.h"

static struct answer *
answer_clear(struct target *t, const struct vma_list *vmas, struct err *err)
{
	struct answer *a;
	struct buf b = {0};

	if (track_clear(&t->track, &t->proc, &t->pm, vmas, err) < 0)
		return NULL;
	a = answer_new();
	answer_add_number(a, "generation", t->track.gen);
	answer_add_number(a, "cost_us", t->track.cost_ns / 1000);
	buf_fmt(&b, "%s cleared in %.1f ms: pages written from now on show",
	        tracker_words(t->track.tracker)->name, (double)t->track.cost_ns / 1e6);
	a->line = b.s;
	return a;
}

struct answer *
answer_capabilities(struct target *t)
{
	struct answer *a = answer_new();
	size_t n, there = 0;
	const struct cap *caps = probe_all(t, &n);
	struct buf b = {0};

	for (size_t i = 0; i < n; i++) {
		buf_fmt(&b, "%s: %s", caps[i].ok ? "yes" : "no", caps[i].detail);
		answer_add(a, caps[i].name, &b)->note = caps[i].how;
		there += caps[i].ok;
	}
	buf_fmt(&b, "%zu of %zu sources %s there", there, n, there == 1 ? "is" : "are");
	a->line = b.s;
	return a;
}

struct answer *
answer_query(struct target *t, const struct vma_list *vmas, const char *text, struct err *err)
{
	struct query q;
	uint64_t start, end;
	const struct vma *v;

	if (query_parse(text, t->pm.page_size, &q, err) < 0)
		return NULL;
	switch (q.kind) {
	case QUERY_ADDR:
		if (query_resolve(&q.from, vmas, &start, &v, err) < 0)
			return NULL;
		return answer_page(t, vmas, start, err);
	case QUERY_RANGE:
		if (query_range(&q, vmas, t->pm.page_size, &start, &end, err) < 0)
			return NULL;
		return answer_range(t, vmas, start, end, err);
	case QUERY_FRAME:
		return answer_frame(t, vmas, &q, err);
	case QUERY_REGION:
		if (query_resolve(&q.from, vmas, &start, &v, err) < 0)
			return NULL;
		return answer_region(t, vmas, start, err);
	case QUERY_BYTES:
		return answer_bytes(t, vmas, &q, err);
	case QUERY_CAPABILITIES:
		return answer_capabilities(t);
	case QUERY_TRACKER:
		return answer_tracker(t);
	case QUERY_CLEAR:
		return answer_clear(t, vmas, err);
	case QUERY_MIGRATE:
		return answer_migrate(t, vmas, &q, err);
	}
	return NULL;
}
