/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Who wrote, by the sample. */
#include "base/util.h"
#include "record/recording_parts.h"

/* Page by page so many are read, at most, and of so many samples. */
enum { RECORDING_FAULTS = 1 << 18, RECORDING_WINDOW = 600 };

static bool
recording_need_recall(struct recording *r, struct err *err)
{
	return recall_session(r->recall, r->session, r->page_size, err) == 0;
}

bool
recording_code(struct recording *r, uint64_t addr, bool returns, struct source_code *out)
{
	struct err ignored;

	return recording_need_recall(r, &ignored) && recall_code(r->recall, addr, returns, out);
}

bool
recording_has_faults(struct recording *r)
{
	struct causes_watch w;
	uint64_t lost;

	return recall_watch(r->recall, r->samples[r->at].id, &w, &lost);
}

/* The first sample of the epochs that are known; and that from which on it goes page by page. */
static void
recording_find_window(struct recording *r, uint32_t first_epoch, size_t *first, size_t *window)
{
	uint64_t pages = 0;
	size_t i = r->at;

	while (i > 0 && r->samples[i - 1].session == r->session &&
	       r->samples[i - 1].epoch >= first_epoch)
		i--;
	*first = i;
	for (i = r->at + 1; i > *first; i--) {
		pages += recall_count(r->recall, r->samples[i - 1].id);
		if ((pages > RECORDING_FAULTS && i <= r->at) || r->at + 1 - i > RECORDING_WINDOW)
			break;
	}
	*window = i;
}

static void
recording_recall_one(struct recording *r, size_t i, struct causes *into)
{
	const struct recording_sample *s = &r->samples[i];
	struct extents written = {0};
	struct causes_watch w;
	struct err ignored;
	uint64_t lost;

	recall_watch(r->recall, s->id, &w, &lost);
	causes_recall_epoch(into, s->epoch);
	causes_set_watch(into, &w);
	causes_set_lost(into, lost);
	if (sets_read_written(r->sets, s->id, &written, &ignored) == 0)
		recall_faults(r->recall, s->id, s->tick.time_ns, &written, into);
	extents_free(&written);
}

bool
recording_recall_next(struct recording *r, const struct track *t, struct causes *into)
{
	const struct recording_sample *s = &r->samples[r->at];
	struct causes_totals is;

	causes_totals(into, &is);
	if (!r->at || s[-1].session != s->session || s->epoch < s[-1].epoch ||
	    is.since_ns != t->first_ns)
		return false;
	recording_recall_one(r, r->at, into);
	return true;
}

bool
recording_recall(struct recording *r, const struct track *t, struct causes *into, struct err *why)
{
	struct recording_recalled *is = &r->recalled;

	if (!recording_has_faults(r)) {
		err_set(why, ERR_TARGET, "page faults were not recorded",
		        "record with --tracker auto, where page faults may be watched",
		        "cannot tell which code wrote");
		return false;
	}
	if (!recording_need_recall(r, why))
		return false;
	recording_find_window(r, t->first_epoch, &is->first, &is->window);
	is->to = 0;
	causes_recall(into, t, is->window > is->first ? r->samples[is->window].tick.time_ns : 0);
	recall_past(r->recall, r->samples[is->first].id, r->samples[is->window].id, into);
	for (size_t i = is->window; i <= r->at; i++)
		recording_recall_one(r, i, into);
	return true;
}

const struct stamps *
recording_written(struct recording *r)
{
	struct recording_recalled *is = &r->recalled;
	struct err ignored;

	if (!is->to || is->to > r->at + 1) {
		stamps_clear(&is->written);
		is->to = is->window;
	}
	for (; is->to <= r->at; is->to++)
		recording_add_writes(r, is->to,
		                     (uint32_t)u64_max(is->written.epoch, r->samples[is->to].epoch),
		                     &is->written, &ignored);
	return &is->written;
}

uint64_t
recording_written_before(const struct recording *r)
{
	uint64_t sum = 0;

	for (size_t i = r->recalled.first; i < r->recalled.window; i++)
		sum += r->samples[i].tick.written_known ? r->samples[i].tick.written : 0;
	return sum;
}

uint64_t
recording_began(const struct recording *r)
{
	return r->samples[r->first].tick.time_ns;
}

/* Why it is not known. */
static void
recording_lacks_brought(struct recording *r, bool watched, uint64_t since_ns, struct err *why)
{
	bool any = watched && recording_number(r, "baseline");
	bool first = since_ns == recording_began(r);

	err_set(why, ERR_TARGET,
	        !watched ? "page faults were not recorded"
	        : !any   ? "it was not recorded"
	        : first  ? "it was recorded since another moment than the first sample"
	                 : "it was recorded since the first sample only",
	        any && !first ? "set the baseline there" : "record with --grow",
	        "cannot tell which code brought memory in");
}

struct growth_told *
recording_brought(struct recording *r, uint64_t since_ns, struct causes *into)
{
	struct growth_told *told = mem_alloc(sizeof(*told));
	uint64_t baseline = recording_number(r, "baseline");
	bool watched = recall_watch(r->recall, r->samples[r->at].id, &told->watch, &told->lost);
	size_t i = r->at;
	int64_t at;

	if (watched && !told->watch.on)
		return told; /* which says why */
	if (!watched || !recording_need_recall(r, &told->watch.why) || !baseline ||
	    since_ns != recording_began(r) || baseline + r->clock_ns != since_ns) {
		told->watch.on = false;
		recording_lacks_brought(r, watched, since_ns, &told->watch.why);
		return told;
	}
	at = recall_brought(r->recall, recording_first_id(r), r->samples[i].id, into, told);
	while (i > r->first && r->samples[i].id > at)
		i--;
	told->time_ns = at ? r->samples[i].tick.time_ns : 0;
	return told;
}
