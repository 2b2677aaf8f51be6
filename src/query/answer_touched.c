/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What it takes to see the working set: the question before a clear of the referenced bits. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "query/answer_query.h"

static const char *const touched_costs[][2] = {
    {"clear", "one walk over its page tables, its memory map locked: page faults and mmap wait"},
    {"reading", "smaps is read again and again: a walk, too, in which mmap waits, but no fault"},
    {"reclaim", "if memory is short before its pages are touched again, some in use may go out"},
    {"others", "pages of files lose their referenced flag for all processes that map them"},
    {"least", "the TLB is not flushed: memory used all the time may show late, or not at all"},
    {"most", "pages of files count if other processes use them; a huge page counts whole"},
    {"kept", "what was written since the clear of the write marks"},
};

static void
touched_ask(struct buf *b, const struct target *t, const char *pause)
{
	buf_str(b, "Clear the referenced bits of ");
	text_escape(b, t->source->meta.comm, strlen(t->source->meta.comm), false);
	buf_fmt(b,
	        " (%d)? The kernel walks its page tables, %s, and cannot map memory for it "
	        "meanwhile. Reclaim goes by the same bits: until its pages are touched again it "
	        "takes them for unused, and those of shared files in other processes, too.",
	        (int)t->source->meta.pid, pause);
}

struct answer *
answer_touched(struct target *t)
{
	uint64_t ns = touched_estimate_ns(t->source);
	struct answer *a = answer_new();
	struct buf question = {0}, line = {0};
	char pause[64] = "how long is not known";

	if (ns)
		snprintf(pause, sizeof(pause), "about %.1f ms", (double)ns / 1e6);
	touched_ask(&question, t, pause);
	a->question = question.s;
	buf_fmt(&line, "what is touched shows by region, after a clear of the referenced bits: %s",
	        pause);
	a->line = line.s;
	for (size_t i = 0; i < ARRAY_LEN(touched_costs); i++)
		answer_add_text(a, touched_costs[i][0], touched_costs[i][1]);
	return a;
}
