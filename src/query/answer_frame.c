/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer about a frame: its facts, and where this process maps it. */
#include "query/answer_page.h"

#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "query/answer_query.h"
#include "query/hunt.h"
#include "target/page_read.h"

struct answer *
answer_frame(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	struct page pg = {.word = PM_PRESENT | q->pfn, .known = PAGE_WORD};
	struct hunt h = {.t = t, .mask = PM_PRESENT | PM_PFN_MASK, .want = PM_PRESENT | q->pfn,
	                 .cats = PM_CAT_PRESENT};
	struct answer *a;
	struct buf line = {0};
	bool ok;

	/* first the page tables: a recording knows the frames of what was read of it */
	if (hunt_words(&h, vmas, err) < 0)
		return NULL;
	source_frames(t->source, FRAME_FLAGS, &q->pfn, 1, &pg.kpf, &ok);
	pg.known |= ok ? PAGE_FLAGS : 0;
	source_frames(t->source, FRAME_COUNT, &q->pfn, 1, &pg.count, &ok);
	pg.known |= ok ? PAGE_COUNT : 0;
	page_note_average(t->source, &pg);
	source_frames(t->source, FRAME_CGROUP, &q->pfn, 1, &pg.cgroup, &ok);
	pg.known |= ok ? PAGE_CGROUP : 0;
	a = answer_new();
	answer_add_frame(a, &pg, t, q->in_frame);
	buf_fmt(&line, "frame %llx", (unsigned long long)q->pfn);
	if (pg.known & PAGE_FLAGS && pg.kpf) {
		buf_str(&line, " ");
		kpf_names(&line, pg.kpf, ",");
	}
	hunt_facts(&h, vmas, q->in_frame, a, &line);
	a->line = line.s;
	return a;
}
