/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it takes to see accesses by address: the question before DAMON begins to sample. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "query/answer_query.h"

static const char *const damon_costs[][2] = {
    {"thread", "kdamond, of the kernel: every 5 ms it looks at a page in each of up to 1000 parts"},
    {"bits", "each look clears the accessed bit of that page, and marks its frame idle"},
    {"reclaim", "goes by the same bits; the frame keeps a note for it, which not all of it heeds"},
    {"others", "smaps heeds that note, clear_refs clears it; page_idle has frames that it marked"},
    {"samples", "estimated: DAMON groups memory that is used alike, so a page may differ"},
    {"least", "the TLB is not flushed: memory used all the time may show late, or not at all"},
    {"one", "there is one DAMON: while it samples for pmtop, nobody else can use it"},
};

static void
damon_ask(struct buf *b, const struct target *t)
{
	buf_str(b, "Let DAMON sample the accesses of ");
	text_escape(b, t->source->meta.comm, strlen(t->source->meta.comm), false);
	buf_fmt(b,
	        " (%d)? A thread of the kernel then looks at its page tables every 5 ms, until the "
	        "same key, or the end of pmtop, ends it. It clears accessed bits, by which reclaim "
	        "goes, too; while it looks, for microseconds, the process cannot map memory.",
	        (int)t->source->meta.pid);
}

struct answer *
answer_damon(struct target *t, const struct vma_list *vmas, const struct query *q,
             struct err *err)
{
	struct answer *a;
	struct buf question = {0};
	bool left;

	(void)vmas;
	(void)q;
	if (accesses_probe(t->source, &left, err) < 0)
		return NULL;
	a = answer_new();
	damon_ask(&question, t);
	a->question = question.s;
	a->line = mem_strdup("DAMON can sample which memory is accessed, by address");
	for (size_t i = 0; i < ARRAY_LEN(damon_costs); i++)
		answer_add_text(a, damon_costs[i][0], damon_costs[i][1]);
	if (left)
		answer_add_text(a, "left", "a killed pmtop has left DAMON at work: it ends first");
	return a;
}
