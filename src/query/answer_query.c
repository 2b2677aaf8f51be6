/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/answer_query.h"

#include "filter/filter.h"
#include "query/settle.h"
#include "target/probe.h"

static struct answer *
answer_where(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	uint64_t addr;
	const struct vma *v;

	return query_resolve(&q->from, vmas, &addr, &v, err) < 0 ? NULL
	                                                         : answer_page(t, vmas, addr, err);
}

static struct answer *
answer_range_of(struct target *t, const struct vma_list *vmas, const struct query *q,
                struct err *err)
{
	uint64_t start, end;

	return query_range(q, vmas, t->page_size, &start, &end, err) < 0
	           ? NULL
	           : answer_range(t, vmas, start, end, err);
}

static struct answer *
answer_region_of(struct target *t, const struct vma_list *vmas, const struct query *q,
                 struct err *err)
{
	struct answer *a;
	uint64_t addr;
	const struct vma *v;

	if (query_resolve(&q->from, vmas, &addr, &v, err) < 0)
		return NULL;
	a = answer_region(t, vmas, addr, err);
	if (!a && !v)
		err->column = q->from.column;
	return a;
}

static struct answer *
answer_clear(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	struct answer *a;
	struct buf b = {0};

	(void)q;
	if (target_clear(t, vmas, err) < 0)
		return NULL;
	a = answer_new();
	answer_add_number(a, "epoch", t->track.clears);
	answer_add_number(a, "cost_us", t->track.cost_ns / 1000);
	buf_fmt(&b, "%s cleared in %.1f ms: pages written from now on are marked",
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
	struct fact *f;

	for (size_t i = 0; i < n; i++) {
		buf_fmt(&b, "%s: %s", caps[i].ok ? "yes" : "no", caps[i].detail);
		f = answer_add(a, caps[i].name, &b);
		if (caps[i].how[0])
			f->note = f->own = mem_strdup(caps[i].how);
		there += caps[i].ok;
	}
	buf_fmt(&b, "%zu of %zu sources %s available", there, n, there == 1 ? "is" : "are");
	a->line = b.s;
	return a;
}

static struct answer *
answer_capabilities_of(struct target *t, const struct vma_list *vmas, const struct query *q,
                       struct err *err)
{
	(void)vmas;
	(void)q;
	(void)err;
	return answer_capabilities(t);
}

static struct answer *
answer_tracker_of(struct target *t, const struct vma_list *vmas, const struct query *q,
                  struct err *err)
{
	(void)vmas;
	(void)q;
	(void)err;
	return answer_tracker(t);
}

static struct answer *
answer_touched_of(struct target *t, const struct vma_list *vmas, const struct query *q,
                  struct err *err)
{
	(void)vmas;
	(void)q;
	(void)err;
	return answer_touched(t);
}

static struct answer *
answer_on_screen(struct target *t, const struct vma_list *vmas, const struct query *q,
                 struct err *err)
{
	static const char *const words[] = {
#define Q(id, word, ...) [QUERY_##id] = word,
#include "query/query.def"
	};

	(void)t;
	(void)vmas;
	err_set(err, ERR_USAGE, "it works only on the screen",
	        "type it at the prompt (key :); a name that is also a verb needs quotes",
	        "cannot run \"%s\" here", words[q->kind]);
	return NULL;
}

bool
answer_needs_tracker(const char *text)
{
	enum { PAGE = 4096 }; /* any: the kind does not depend on it */
	struct query q;
	struct err ignored;

	return query_parse(text, PAGE, &q, &ignored) == 0 &&
	       (q.kind == QUERY_TRACKER || q.kind == QUERY_CLEAR);
}

bool
answer_needs_writers(const char *text, size_t page_size)
{
	struct query q;
	struct err ignored;

	return query_parse(text, page_size, &q, &ignored) == 0 &&
	       (q.kind == QUERY_WRITERS || (q.kind == QUERY_COUNT && q.by >= QUERY_BY_FUNCTION));
}

bool
answer_needs_writes(const char *text, size_t page_size)
{
	struct query q;
	struct filter f;
	struct err ignored;

	if (query_parse(text, page_size, &q, &ignored) < 0)
		return false;
	if (q.kind == QUERY_SUM && q.sum == QUERY_SUM_WRITTEN)
		return true;
	return q.text[0] &&
	       filter_parse(q.text, q.kind == QUERY_SUM ? FILTER_REGION : FILTER_PAGE, page_size,
	                    &f, &ignored) == 0 &&
	       filter_needs(&f) & FILTER_NEED_WRITTEN;
}

struct answer *
answer_query(struct target *t, const struct vma_list *vmas, const char *text, struct err *err)
{
	static struct answer *(*const answers[])(struct target *, const struct vma_list *,
	                                         const struct query *, struct err *) = {
#define Q(id, w, f, e, r, answers, c, h) [QUERY_##id] = answers,
#include "query/query.def"
	};
	struct answer *a;
	struct query q;

	if (query_parse(text, t->page_size, &q, err) < 0 || settle_query(t, vmas, &q, err) < 0)
		return NULL;
	a = answers[q.kind](t, vmas, &q, err);
	if (!a && !err->column && err->status == ERR_USAGE)
		err->column = q.column;
	return a;
}
