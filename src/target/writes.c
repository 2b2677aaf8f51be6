/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/writes.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"


const unsigned writes_window_s[WRITES_WINDOWS] = {1, 10, 60};

/* --- the curve -------------------------------------------------------------------------------- */

/* Times since the clear fall into classes, each 1.4 times the one before, with one point each. */
static const uint64_t writes_class_ms[] = {45,    64,    90,    128,   180,   256,  362,  512,
                                           724,   1024,  1448,  2048,  2896,  4096, 5793, 8192,
                                           11585, 16384, 23170, 32768, 46341, 65536};
enum { CLASSES = ARRAY_LEN(writes_class_ms) + 1 }; /* the last: all older times */

struct ages {
	uint64_t pages[CLASSES], oldest[CLASSES];
};

static void
writes_ages_add(struct ages *a, uint64_t age, uint64_t pages)
{
	unsigned k = 0;

	while (k < ARRAY_LEN(writes_class_ms) && age > writes_class_ms[k] * TIME_MS)
		k++;
	a->oldest[k] = u64_max(a->oldest[k], age);
	a->pages[k] += pages;
}

/* Writes to a shared mapping go to its file and are not sent. */
static bool
writes_is_sent(const struct vma *v)
{
	return v->type != VMA_DEVICE && v->type != VMA_KERNEL &&
	       !(v->type == VMA_FILE && v->perm & VMA_SHARED);
}

uint64_t
writes_to_send(const uint64_t by_state[STATE_COUNT])
{
	static const bool left[STATE_COUNT] = {
	    [STATE_UNREADABLE] = true, [STATE_GUARD] = true,  [STATE_PAST_END] = true,
	    [STATE_POISONED] = true,   [STATE_UFFD] = true,   [STATE_CACHED] = true,
	    [STATE_NONE] = true,       [STATE_ZERO] = true,   [STATE_FILE] = true,
	    [STATE_FILE_DIRTY] = true, [STATE_DEVICE] = true,
	};
	uint64_t sum = 0;

	for (unsigned s = 0; s < STATE_COUNT; s++)
		sum += left[s] ? 0 : by_state[s];
	return sum;
}

/*
 * From the clear on: pages written within t are those first seen written by then. Each point is at
 * the time of a scan, the only time for which the number is exact.
 */
static void
writes_curve_from_clear(const struct ages *a, uint64_t measured, struct curve *out)
{
	uint64_t sum = 0;

	for (unsigned k = 0; k < CLASSES; k++) {
		if (!a->pages[k])
			continue;
		sum += a->pages[k];
		if (a->oldest[k] < measured)
			curve_add(out, a->oldest[k], sum);
	}
	curve_add(out, measured, sum);
}

/* Whether pages count in each epoch or scan; else once since the clear. */
static bool
writes_counts_again(const struct track *t)
{
	return t->auto_clear || t->by_scans;
}

static uint64_t
writes_measured(const struct track *t, uint64_t now)
{
	uint64_t ns = now > t->first_ns ? now - t->first_ns : 0;

	return writes_counts_again(t)
	           ? u64_min(ns, writes_class_ms[ARRAY_LEN(writes_class_ms) - 1] * TIME_MS)
	           : ns;
}

/*
 * Back from now: the pages written since a clear are those stamped in later epochs. Points are at
 * clears only, because the time of the last write within an epoch is not known.
 */
static void
writes_curve_until_now(const struct track *t, const uint64_t pages[TRACK_EPOCHS], uint64_t now,
                       struct curve *out)
{
	uint64_t sum = 0, most = writes_measured(t, now), last = 0, age = 0;

	for (uint32_t g = 0; g < TRACK_EPOCHS && g < t->epoch; g++) {
		uint64_t began = t->began[(t->epoch - g) % TRACK_EPOCHS],
			 ns = now > began ? now - began : 0;

		if (began < t->first_ns || ns > most)
			break;
		sum += pages[g];
		age = ns;
		if (ns < last + last / 4)
			continue;
		curve_add(out, ns, sum);
		last = ns;
	}
	if (age > last)
		curve_add(out, age, sum);
}

/* The part of a stamp in regions that are sent, from region *k on. */
static uint64_t
writes_bytes_sent(const struct track_stamp *s, const struct vma_list *vmas, size_t *k)
{
	uint64_t sum = 0;

	while (*k < vmas->n && vmas->v[*k].end <= s->start)
		++*k;
	for (size_t i = *k; i < vmas->n && vmas->v[i].start < s->end; i++)
		if (writes_is_sent(&vmas->v[i]))
			sum +=
			    u64_min(s->end, vmas->v[i].end) - u64_max(s->start, vmas->v[i].start);
	return sum;
}

/* `sent`: only pages in those of these regions that are sent; NULL: all pages. */
static void
writes_make_curve(const struct track *t, const struct vma_list *sent, size_t page_size,
                  uint64_t now, struct curve *out)
{
	uint64_t by_epoch[TRACK_EPOCHS] = {0};
	struct ages ages = {0};
	bool again = writes_counts_again(t);
	struct stamps_at stamps = track_stamps(t, 0, UINT64_MAX);
	struct track_stamp s;
	size_t k = 0;

	*out = (struct curve){0};
	while (stamps_next(&stamps, &s)) {
		uint64_t bytes = sent ? writes_bytes_sent(&s, sent, &k) : s.end - s.start;

		if (!again)
			writes_ages_add(&ages, s.time_ns - u64_min(s.time_ns, t->first_ns),
			                bytes / page_size);
		else if (t->epoch - s.epoch < TRACK_EPOCHS)
			by_epoch[t->epoch - s.epoch] += bytes / page_size;
	}
	if (again)
		writes_curve_until_now(t, by_epoch, now, out);
	else
		writes_curve_from_clear(&ages, writes_measured(t, now), out);
}

bool
writes_curve(const struct track *t, const struct vma_list *vmas, size_t page_size, uint64_t now,
             struct curve *out)
{
	*out = (struct curve){0};
	if (t->clears)
		writes_make_curve(t, vmas, page_size, now, out);
	return t->clears > 0;
}

uint64_t
writes_paid_ns(uint64_t clear_ns, uint64_t pages)
{
	enum { FAULT_NS = 1000 };

	return clear_ns + pages * FAULT_NS;
}

uint64_t
writes_least_auto_clear(uint64_t clear_ns, uint64_t pages, unsigned budget)
{
	return budget ? writes_paid_ns(clear_ns, pages) * 100 / budget : 0;
}

static void
writes_add_part(struct buf *out, uint64_t bytes, size_t regions, const char *kind, bool brief)
{
	char size[8];

	if (!bytes)
		return;
	buf_fmt(out, "%s+%s in %zu", out->len ? ", " : "", size_text(size, bytes), regions);
	if (*kind)
		buf_fmt(out, " %s", kind);
	if (!*kind || !brief)
		buf_fmt(out, " region%s", plural(regions));
}

void
writes_unknown(struct buf *out, const struct unknown *u, size_t page_size, bool brief)
{
	writes_add_part(out, u->fresh.pages * page_size, u->fresh.regions, "new", brief);
	writes_add_part(out, u->readonly.pages * page_size, u->readonly.regions, "read-only",
	                brief);
	writes_add_part(out, (u->pages - u->fresh.pages - u->readonly.pages) * page_size,
	                u->regions - u->fresh.regions - u->readonly.regions, "", brief);
}

bool
writes_of_part(const struct track *t)
{
	unsigned caps = tracker_caps(t->tracker);

	return caps & TRACKER_LOCAL || (caps & TRACKER_RANGES && t->scope.start < t->scope.end);
}

const char *
writes_lacks(const struct curve *c, bool cleared, bool part)
{
	if (!cleared)
		return "no writes measured yet: press c, or use --watch";
	if (part)
		return "only part of the process is watched";
	if (!c->n || c->p[c->n - 1].ns < TIME_SECOND)
		return "measured for less than a second";
	if (c->n < 2 && c->p[0].pages)
		return "a single sample gives no curve: sample more often";
	return NULL;
}

/* --- the hottest pages ------------------------------------------------------------------------ */

static bool
writes_is_hotter(const struct hot *a, const struct hot *b)
{
	int ra = __builtin_popcount(a->recent), rb = __builtin_popcount(b->recent);

	if (ra != rb)
		return ra > rb;
	return a->count > b->count; /* equal counts stay in order of address */
}

static void
writes_hot_add(struct writes *w, const struct hot *h)
{
	unsigned i = w->hot_n;

	if (h->start == h->end || (i == WRITES_HOT && !writes_is_hotter(h, &w->hot[i - 1])))
		return;
	if (i == WRITES_HOT)
		i--;
	else
		w->hot_n++;
	for (; i > 0 && writes_is_hotter(h, &w->hot[i - 1]); i--)
		w->hot[i] = w->hot[i - 1];
	w->hot[i] = *h;
}

static void
writes_find_hot(const struct track *t, struct track_range range, struct writes *w)
{
	struct hot run = {0};
	struct stamps_at stamps;
	struct track_stamp s;

	if (range.start >= range.end)
		range = (struct track_range){0, UINT64_MAX};
	stamps = track_stamps(t, range.start, range.end);
	while (stamps_next(&stamps, &s)) {
		struct hot h = {s.start, s.end, s.count, track_recent(t, &s)};

		if (run.end == h.start && run.count == h.count && run.recent == h.recent) {
			run.end = h.end;
			continue;
		}
		writes_hot_add(w, &run);
		run = h;
	}
	writes_hot_add(w, &run);
}

/* --- from scan to scan ------------------------------------------------------------------------ */

void
writes_log_free(struct writes_log *log)
{
	free(log->v);
	*log = (struct writes_log){0};
}

static void
writes_begin_again(struct writes_log *log, const struct track *t)
{
	log->first_ns = t->first_ns;
	log->fresh = 0;
	log->scanned_ns = t->first_ns;
	log->n = 0;
	rate_begin(&log->rate, t->first_ns);
}

static void
writes_set_rate(struct region *r, const struct rate *rate)
{
	uint64_t series[REGION_RATES], now;

	r->rated = rate_now(rate, &now);
	r->rate = r->rated ? now : 0;
	rate_series(rate, REGION_RATES, series);
	rate_heights(series, REGION_RATES, 7, r->rates);
}

/* For regions that were not written since the clear. */
static void
writes_set_idle(const struct writes_log *log, uint64_t now, struct region *r)
{
	struct rate still;

	rate_begin(&still, log->first_ns);
	rate_add(&still, now, 0);
	writes_set_rate(r, &still);
}

static void
writes_copy_rate(struct region *r, const struct region *other)
{
	r->rated = other->rated;
	r->rate = other->rate;
	memcpy(r->rates, other->rates, sizeof(r->rates));
}

static void
writes_record_region(struct writes_log *log, const struct writes_region *old, const struct vma *v,
                      struct region *r, uint64_t now, struct writes_log *next)
{
	struct writes_region e = {.start = v->start, .fresh = r->fresh};
	uint64_t before = old && old->fresh <= r->fresh ? old->fresh : 0;

	if (old) {
		e.rate = old->rate;
	} else {
		rate_begin(&e.rate, log->first_ns);
		rate_add(&e.rate, log->scanned_ns, 0);
	}
	rate_add(&e.rate, now, r->fresh - before);
	writes_set_rate(r, &e.rate);
	next->v = vec_room(next->v, next->n, &next->cap, sizeof(*next->v));
	next->v[next->n++] = e;
}

void
writes_record(struct writes_log *log, const struct track *t, struct regions *rs, size_t page_size)
{
	struct writes_log next = {0};
	uint64_t now = rs->time_ns, fresh = t->fresh / page_size;
	struct region still, unknown = {0};
	size_t k = 0;

	if (!t->clears)
		log->first_ns = 0;
	else if (log->first_ns != t->first_ns || fresh < log->fresh)
		writes_begin_again(log, t);
	writes_set_idle(log, now, &still);
	memset(unknown.rates, RATE_NO_HEIGHT, sizeof(unknown.rates));
	for (size_t i = 0; i < rs->vmas.n && t->clears; i++) {
		const struct vma *v = &rs->vmas.v[i];
		struct region *r = regions_edit(rs, i);
		const struct writes_region *old;

		while (k < log->n && log->v[k].start < v->start)
			k++;
		old = k < log->n && log->v[k].start == v->start ? &log->v[k] : NULL;
		if (!r->known || (r->doubt && !r->fresh))
			writes_copy_rate(r, &unknown);
		else if (r->fresh)
			writes_record_region(log, old, v, r, now, &next);
		else
			writes_copy_rate(r, &still);
	}
	if (t->clears)
		rate_add(&log->rate, now, fresh - log->fresh);
	free(log->v);
	log->v = next.v;
	log->n = next.n;
	log->cap = next.cap;
	log->fresh = fresh;
	log->scanned_ns = now;
}

/* The first sample of the session, whose writes are not known, or as far as a rate reaches. */
static size_t
writes_recall_from(const struct timeline *line, size_t at)
{
	uint64_t now = line->v[at].time_ns;
	size_t i = at;

	while (i > 0 && line->v[i].written_known &&
	       now - line->v[i].time_ns < (uint64_t)RATE_SLOTS * TIME_SECOND)
		i--;
	return i;
}

/* The rate at a sample is that of the interval that ends there, in which so much was written. */
static void
writes_set_now(const struct timeline *line, size_t from, size_t at, uint64_t pages,
                     struct rate *out)
{
	uint64_t ns = from < at ? line->v[at].time_ns - line->v[at - 1].time_ns : 0;

	if (ns)
		rate_set_now(out, pages, ns);
}

static void
writes_recall_all(const struct timeline *line, size_t from, size_t at, struct rate *out)
{
	rate_begin(out, line->v[from].time_ns);
	for (size_t i = from + 1; i <= at; i++)
		rate_add(out, line->v[i].time_ns, line->v[i].written);
	writes_set_now(line, from, at, line->v[at].written, out);
}

/* Of a region, the n at v: at all other samples nothing. */
static void
writes_recall_region(const struct timeline *line, size_t from, size_t at,
                     const struct source_wrote *v, size_t n, struct region *r)
{
	struct rate rate;
	size_t k = 0;

	rate_begin(&rate, line->v[from].time_ns);
	for (size_t i = from + 1; i <= at; i++) {
		bool is = k < n && v[k].tick == i;

		rate_add(&rate, line->v[i].time_ns, is ? v[k].pages : 0);
		k += is;
	}
	writes_set_now(line, from, at, n && v[n - 1].tick == at ? v[n - 1].pages : 0, &rate);
	writes_set_rate(r, &rate);
}

static void
writes_recall_regions(struct source *s, const struct timeline *line, size_t from, size_t at,
                      struct regions *rs)
{
	struct source_wrote *wrote;
	size_t n = s->ops->time->wrote(s, from, &wrote), k = 0, end;
	struct region still, unknown = {0};

	writes_recall_region(line, from, at, NULL, 0, &still);
	memset(unknown.rates, RATE_NO_HEIGHT, sizeof(unknown.rates));
	for (size_t i = 0; i < rs->vmas.n; i++) {
		uint64_t start = rs->vmas.v[i].start;
		struct region *r = regions_edit(rs, i);

		while (k < n && wrote[k].start < start)
			k++;
		for (end = k; end < n && wrote[end].start == start;)
			end++;
		if (!r->known || (r->doubt && end == k))
			writes_copy_rate(r, &unknown);
		else if (end == k)
			writes_copy_rate(r, &still);
		else
			writes_recall_region(line, from, at, wrote + k, end - k, r);
		k = end;
	}
	free(wrote);
}

void
writes_recall(struct writes_log *log, const struct track *t, struct source *s,
              const struct timeline *line, struct regions *rs)
{
	size_t at = timeline_find(line, rs->time_ns), from = writes_recall_from(line, at);

	writes_log_free(log);
	*log = (struct writes_log){.first_ns = t->clears ? t->first_ns : 0};
	if (!t->clears)
		return;
	writes_recall_all(line, from, at, &log->rate);
	writes_recall_regions(s, line, from, at, rs);
}

void
writes_mean(const struct track *t, struct regions *rs)
{
	uint64_t ns = writes_measured(t, rs->time_ns);

	for (size_t i = 0; i < rs->vmas.n && t->clears && ns; i++) {
		struct region *r = regions_edit(rs, i);

		r->rated = r->known && !r->doubt;
		if (r->rated)
			r->rate = rate_of(r->written, ns);
	}
}

void
writes_faults(struct writes_log *log, uint64_t now, uint64_t minflt, bool cleared)
{
	uint64_t peak, mean;

	if (!log->faults.from_ns || minflt < log->minflt) {
		rate_begin(&log->faults, now);
		log->before_known = false;
	} else {
		rate_add(&log->faults, now, minflt - log->minflt);
	}
	log->minflt = minflt;
	if (!cleared && rate_peak(&log->faults, &peak, &mean)) {
		log->faults_before = rate_pages(mean);
		log->before_known = true;
	}
}

void
writes_watched(struct writes_log *log, uint64_t now, uint64_t faults)
{
	if (!log->watched.from_ns || faults < log->watched_n)
		rate_begin(&log->watched, now);
	else
		rate_add(&log->watched, now, faults - log->watched_n);
	log->watched_n = faults;
}

/* --- the sum ---------------------------------------------------------------------------------- */

static void
writes_sum_regions(const struct regions *rs, struct writes *out)
{
	out->unknown = rs->totals.unknown;
	out->to_send = writes_to_send(rs->totals.rss_by_state);
	out->written = rs->totals.written;
	out->never = rs->totals.never;
}

static void
writes_find_unique(const struct track *t, size_t page_size, uint64_t now, struct writes *w)
{
	struct curve all;

	writes_make_curve(t, NULL, page_size, now, &all);
	for (unsigned i = 0; i < WRITES_WINDOWS; i++)
		w->unique[i] =
		    !all.n || all.p[all.n - 1].ns < writes_window_s[i] * TIME_SECOND
			? RATE_UNKNOWN
			: (uint64_t)(curve_at(&all, (double)writes_window_s[i] * 1e9) + 0.5);
}

/*
 * In seconds. The cost comes in bursts, one after each clear: averages a few of them, but nothing
 * before the first clear.
 */
static unsigned
writes_cost_window(const struct track *t, uint64_t now)
{
	enum { BURSTS = 4 };
	uint64_t last = t->began[t->epoch % TRACK_EPOCHS],
		 before = t->began[(t->epoch - 1) % TRACK_EPOCHS];
	uint64_t ns = t->auto_clear && t->clears > 1 && last > before ? BURSTS * (last - before)
	                                                              : TIME_SECOND;

	return (unsigned)(u64_min(ns, u64_max(now - u64_min(now, t->first_ns), TIME_SECOND)) /
	                  TIME_SECOND);
}

void
writes_make(const struct writes_log *log, const struct track *t, const struct regions *rs,
            size_t page_size, struct track_range range, struct writes *out)
{
	*out = (struct writes){
	    .cost = {.clear_ns = t->cost_ns, .scan_ns = rs->cost_ns, .regions = rs->vmas.n}};
	out->cost.faults_known =
	    rate_over(&log->faults, writes_cost_window(t, rs->time_ns), &out->cost.faults);
	out->cost.faults = rate_pages(out->cost.faults);
	out->cost.watched_known =
	    rate_over(&log->watched, writes_cost_window(t, rs->time_ns), &out->cost.watched);
	out->cost.watched = rate_pages(out->cost.watched);
	out->cost.before_known = log->before_known;
	out->cost.faults_before = log->faults_before;
	writes_sum_regions(rs, out);
	out->cleared = writes_curve(t, &rs->vmas, page_size, rs->time_ns, &out->curve);
	if (!out->cleared)
		return;
	out->auto_clear = writes_counts_again(t);
	out->part = writes_of_part(t);
	out->measured_ns = writes_measured(t, rs->time_ns);
	out->rate = log->rate;
	out->epochs = track_epochs(t);
	writes_find_unique(t, page_size, rs->time_ns, out);
	writes_find_hot(t, range, out);
}
