/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ways to tell writes, each with why not; and what userfaultfd would take. */
#include <string.h>

#include "base/text.h"
#include "query/answer_query.h"

static void
answer_facts_ways(struct answer *a, const struct track *t)
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
answer_facts_cost(struct answer *a, const struct inject_plan *plan, bool huge_known, uint64_t huge)
{
	struct buf b = {0};
	struct track_cost c;
	char size[8];

	buf_fmt(&b, "%d, %s%s", (int)plan->tid, plan->call[0] ? "in " : "running", plan->call);
	answer_add(a, "thread", &b);
	for (size_t i = 0; track_cost(i, &c); i++) {
		bool is_huge = !strcmp(c.key, "huge_pages");

		if (is_huge && huge_known)
			buf_fmt(&b, "%s now; they ", huge ? size_text(size, huge) : "none");
		buf_str(&b, c.words);
		answer_add(a, c.key, &b);
	}
	if (plan->suspend_seccomp)
		answer_add_text(a, "seccomp", "its sandbox is suspended for that call");
}

/* The question, with what it costs, in two sentences. */
static void
answer_ask(struct buf *b, const struct target *t, uint64_t huge)
{
	char size[8];

	buf_str(b, "Watch what ");
	text_escape(b, t->proc.comm, strlen(t->proc.comm), false);
	buf_fmt(b,
	        " (%d) writes? One of its threads is stopped for " TRACK_STOP_WORDS
	        ", to make one system call. While it is watched, " TRACK_WRITE_WORDS,
	        (int)t->proc.pid);
	if (huge)
		buf_fmt(b, ", and %s of huge pages are split as they are written",
		        size_text(size, huge));
	buf_str(b, ".");
}

static void
answer_ask_close(struct buf *b, const struct target *t)
{
	const struct track *track = &t->track;

	buf_fmt(b, "Close descriptor %d of ", track->stray.fd);
	text_escape(b, t->proc.comm, strlen(t->proc.comm), false);
	buf_fmt(b,
	        " (%d)? It is a userfaultfd that nobody has used for %u s: left behind when "
	        "pmtop's helper was killed, or made by the process for later. To close it one of "
	        "its threads is stopped for " TRACK_STOP_WORDS "; then its writes can be watched.",
	        (int)t->proc.pid,
	        (unsigned)((track->stray_seen_ns - track->stray_ns) / 1000000000));
}

struct answer *
answer_tracker(struct target *t)
{
	struct track *track = &t->track;
	struct answer *a = answer_new();
	struct inject_plan plan;
	struct buf b = {0};
	struct err ignored;
	uint64_t huge = 0;
	bool asks, huge_known;

	if (track->can == TRACK_UNKNOWN)
		track_probe(track, &t->proc, &t->pm);
	asks = track->status[TRACK_UFFD].can == TRACK_ASK;
	huge_known = asks && inject_huge_bytes(&t->proc, &huge);
	if (track_offers_close(track)) {
		answer_ask_close(&b, t);
	} else if (track->can == TRACK_ASK) {
		answer_ask(&b, t, huge);
	} else {
		buf_fmt(&b, "writes are told by %s", track_way_label(track->way));
		if (track->gen && track->scope.start < track->scope.end)
			buf_fmt(&b, ", of %llx..%llx alone", (unsigned long long)track->scope.start,
			        (unsigned long long)track->scope.end);
	}
	a->line = b.s;
	if (asks && inject_plan(&t->proc, &plan, &ignored) == 0)
		answer_facts_cost(a, &plan, huge_known, huge);
	answer_facts_ways(a, track);
	return a;
}
