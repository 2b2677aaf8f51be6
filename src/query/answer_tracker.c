/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The trackers, with the reasons why they cannot be used, and the one that needs consent. */
#include <string.h>

#include "base/text.h"
#include "query/answer_query.h"

static void
answer_facts_trackers(struct answer *a, const struct track *t)
{
	for (unsigned w = 0; w < TRACKERS; w++) {
		const struct track_status *s = &t->status[w];
		struct buf b = {0};

		if (s->can == TRACK_NO)
			buf_fmt(&b, "no: %s; %s", s->why, s->how);
		else if (s->can == TRACK_ASK)
			buf_str(&b, "with consent: runs one system call in the process");
		else
			buf_str(&b, w == t->tracker ? "yes, used" : "yes");
		answer_add(a, tracker_words((enum tracker)w)->name, &b);
	}
}

static void
answer_fact_cost(void *a, const char *key, const char *words)
{
	answer_add_text(a, key, words);
}

static void
answer_ask_close(struct buf *b, const struct target *t)
{
	const struct track *track = &t->track;

	buf_fmt(b, "Close descriptor %d of ", track->stray.fd);
	text_escape(b, t->source->meta.comm, strlen(t->source->meta.comm), false);
	buf_fmt(b,
	        " (%d)? It is a userfaultfd that no one has used for %u s: left behind when "
	        "pmtop's helper was killed, or made by the process for later. Closing it pauses "
	        "one thread, " TRACK_STOP_WORDS "; then its writes can be watched.",
	        (int)t->source->meta.pid,
	        (unsigned)((track->stray_seen_ns - track->stray_ns) / 1000000000));
}

struct answer *
answer_tracker(struct target *t)
{
	struct track *track = &t->track;
	struct answer *a = answer_new();
	struct buf b = {0}, question = {0};

	if (track->can == TRACK_UNKNOWN)
		target_probe_trackers(t);
	t->source->ops->writes->costs(t->source, track, &question, answer_fact_cost, a);
	if (track_offers_close(track) || track->can != TRACK_ASK)
		buf_free(&question);
	if (track_offers_close(track))
		answer_ask_close(&question, t);
	a->question = question.s;
	if (track->can == TRACK_NO && source_is_past(t->source))
		buf_fmt(&b, "%s", track->why);
	else
		buf_fmt(&b, "writes %s detected by %s%s",
		        source_is_past(t->source) ? "were" : "are",
		        tracker_words(track->tracker)->label,
		        a->question ? ", with your consent" : "");
	if (track->clears && track->scope.start < track->scope.end)
		buf_fmt(&b, ", only in %llx..%llx", (unsigned long long)track->scope.start,
		        (unsigned long long)track->scope.end);
	a->line = b.s;
	if (!source_is_past(t->source)) /* it cannot be told what could have been used */
		answer_facts_trackers(a, track);
	return a;
}
