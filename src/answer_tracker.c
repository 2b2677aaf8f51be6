/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways to tell writes, each with why not; and what userfaultfd would take. */
#include <string.h>

#include "answer_parts.h"

static void
facts_ways(struct answer *a, const struct track *t)
{
	for (unsigned w = 0; w < TRACK_WAYS; w++) {
		const struct track_status *s = &t->status[w];
		struct buf b = {0};

		if (s->can == TRACK_NO)
			buf_fmt(&b, "no: %s; %s", s->why, s->how);
		else if (s->can == TRACK_ASK)
			buf_str(&b, "if you agree: takes one system call run in the process");
		else
			buf_str(&b, w == t->way ? "yes, used" : "yes");
		answer_add(a, track_way_name((enum track_way)w), &b);
	}
}

static void
facts_cost(struct answer *a, const struct target *t, const struct inject_plan *plan)
{
	struct buf b = {0};
	uint64_t huge = 0;
	char size[8];

	buf_fmt(&b, "%d, %s%s", (int)plan->tid, plan->call[0] ? "in " : "running", plan->call);
	answer_add(a, "thread", &b);
	answer_add_text(a, "stops", "that thread alone, for about 0.1 ms");
	answer_add_text(a, "writes", "the first to each page costs about 1 us more, after each clear");
	if (inject_huge_bytes(&t->proc, &huge) && huge) {
		buf_fmt(&b, "%s are split into pages of 4 KiB as they are written", size_text(size, huge));
		answer_add(a, "huge_pages", &b);
	} else {
		answer_add_text(a, "huge_pages", "none now");
	}
	answer_add_text(a, "afterwards", "as before, but for a few more entries in its map");
	if (plan->suspend_seccomp)
		answer_add_text(a, "seccomp", "its sandbox is suspended for that call");
}

struct answer *
answer_tracker(struct target *t)
{
	struct track *track = &t->track;
	struct answer *a = answer_new();
	struct inject_plan plan;
	struct buf b = {0};
	struct err ignored;

	if (track->can == TRACK_UNKNOWN)
		track_probe(track, &t->proc, &t->pm);
	if (track->can == TRACK_ASK) {
		buf_fmt(&b, "run one system call in process %d (", (int)t->proc.pid);
		text_escape(&b, t->proc.comm, strlen(t->proc.comm), false);
		buf_str(&b, ") to tell its writes?");
	} else {
		buf_fmt(&b, "writes are told by %s", track_way_label(track->way));
		if (track->gen && track->scope.start < track->scope.end)
			buf_fmt(&b, ", of %llx..%llx alone", (unsigned long long)track->scope.start,
			        (unsigned long long)track->scope.end);
	}
	a->line = b.s;
	if (track->status[TRACK_UFFD].can == TRACK_ASK && inject_plan(&t->proc, &plan, &ignored) == 0)
		facts_cost(a, t, &plan);
	facts_ways(a, track);
	return a;
}
