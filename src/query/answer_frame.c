/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer about a frame: its facts, and where this process maps it. */
#include "query/answer_page.h"

#include <string.h>

#include "base/text.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "query/answer_query.h"
#include "target/walk.h"

enum { PLACES_SHOWN = 8 };

struct frame_hunt {
	struct target *t;
	uint64_t pfn, places[PLACES_SHOWN];
	size_t n;
	bool hidden; /* some pages in RAM have frames that are hidden from us */
	uint64_t passed; /* up to there progress is counted */
};

static void
answer_hunt_pass(struct frame_hunt *h, uint64_t at)
{
	progress_add(h->t->progress, at - h->passed);
	h->passed = at;
}

static int
answer_hunt_run(void *arg, const struct pm_run *run)
{
	struct frame_hunt *h = arg;
	uint64_t words[PAGE_BATCH];
	size_t size = h->t->page_size;
	struct err ignored;

	for (uint64_t at = run->start; at < run->end; at += PAGE_BATCH * size) {
		ssize_t n = source_words(h->t->source, at, words,
		                          u64_min((run->end - at) / size, PAGE_BATCH), &ignored);

		answer_hunt_pass(h, at);
		if (source_stopped(h->t->source))
			return 1;
		for (ssize_t i = 0; i < n; i++) {
			if (!(words[i] & PM_PRESENT))
				continue;
			h->hidden |= !(words[i] & PM_PFN_MASK);
			if ((words[i] & PM_PFN_MASK) != h->pfn)
				continue;
			if (h->n < PLACES_SHOWN)
				h->places[h->n] = at + (uint64_t)i * size;
			h->n++;
		}
	}
	return 0;
}

static void
answer_facts_places(struct answer *a, const struct frame_hunt *h, const struct vma_list *vmas,
                    uint64_t in_frame, struct buf *line)
{
	struct buf b = {0};

	for (size_t i = 0; i < u64_min(h->n, PLACES_SHOWN); i++) {
		const struct vma *v = vma_at(vmas, h->places[i]);

		buf_fmt(&b, "%s%llx ", i ? ", " : "",
		        (unsigned long long)(h->places[i] + in_frame));
		if (v)
			text_escape(&b, vma_shown_name(v), strlen(vma_shown_name(v)), false);
	}
	if (h->n > PLACES_SHOWN)
		buf_fmt(&b, ", and %zu more", h->n - PLACES_SHOWN);
	if (!h->n && h->hidden) {
		answer_add_unknown(a, "mapped_at", ANSWER_NO_ADMIN);
		return;
	}
	if (!h->n) {
		answer_add_unknown(a, "mapped_at", "not mapped by this process");
		buf_str(line, ", not mapped by this process");
		return;
	}
	buf_fmt(line, ", here at %s", b.s);
	answer_add(a, "mapped_at", &b);
	a->has_place = true;
	a->place = h->places[0] + in_frame;
}

struct answer *
answer_frame(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	struct page pg = {.word = PM_PRESENT | q->pfn, .known = PAGE_WORD};
	struct frame_hunt h = {.t = t, .pfn = q->pfn};
	struct answer *a;
	struct buf line = {0};
	bool ok;

	if (q->pfn > PM_PFN_MASK || q->pfn == 0) {
		err_set(err, ERR_USAGE, "frame numbers start at 1 and have 55 bits", NULL,
		        "no such frame: %#llx", (unsigned long long)q->pfn);
		return NULL;
	}
	source_frames(t->source, FRAME_FLAGS, &q->pfn, 1, &pg.kpf, &ok);
	pg.known |= ok ? PAGE_FLAGS : 0;
	source_frames(t->source, FRAME_COUNT, &q->pfn, 1, &pg.count, &ok);
	pg.known |= ok ? PAGE_COUNT : 0;
	source_frames(t->source, FRAME_CGROUP, &q->pfn, 1, &pg.cgroup, &ok);
	pg.known |= ok ? PAGE_CGROUP : 0;
	progress_begin(t->progress, vma_mapped(vmas, 0, UINT64_MAX));
	for (size_t i = 0; i < vmas->n; i++) {
		h.passed = vmas->v[i].start;
		if (source_runs(t->source, vmas->v[i].start, vmas->v[i].end, PM_CAT_PRESENT,
		                PM_CAT_PRESENT, answer_hunt_run, &h, err) != 0)
			return NULL;
		answer_hunt_pass(&h, vmas->v[i].end);
	}
	a = answer_new();
	answer_add_frame(a, &pg, t, q->in_frame);
	buf_fmt(&line, "frame %llx", (unsigned long long)q->pfn);
	if (pg.known & PAGE_FLAGS) {
		buf_str(&line, " ");
		kpf_names(&line, pg.kpf, ",");
	}
	answer_facts_places(a, &h, vmas, q->in_frame, &line);
	a->line = line.s;
	return a;
}
