/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/writes_card.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/clock.h"
#include "base/util.h"
#include "model/list_rows.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"

enum {
	GRAPH_ROWS = 4, GRAPH_ROWS_MOST = 16,
	HOT_KEPT = 3,
	REGIONS_KEPT = 3, REGIONS_MOST = 40,
	ROOMY = 100,         /* columns */
	FAULT_NS = 1000,     /* the approximate cost of a write fault to the target */
	WATCH_NS = 2000,     /* ... of reporting a fault, with a long call chain */
};

bool
writes_counts_changes(const struct sample *s)
{
	return tracker_caps(s->tracker) & TRACKER_CHANGES;
}

static bool
writes_is_narrow(const struct card *c)
{
	return c->width <= CARD_NARROW;
}

/* --- sparklines ------------------------------------------------------------------------------- */

/* Row `row` of a graph of several, the lowest is 0; blank where nothing was measured. */
static void
writes_spark(struct buf *out, const uint8_t *heights, unsigned n, unsigned row)
{
	for (unsigned i = 0; i < n; i++) {
		unsigned h = heights[i] == RATE_NO_HEIGHT || heights[i] <= row * 8
		                 ? 0
		                 : heights[i] - row * 8;
		wchar_t glyph = h ? paint_eighth(h < 8 ? h : 8) : L' ';

		if (!h && !row && heights[i] == 0)
			glyph = paint_utf8() ? L'·' : L'.';
		buf_fmt(out, "%lc", (wint_t)glyph);
	}
}

/* The largest divisor of a minute that fits. */
unsigned
writes_graph_columns(int width)
{
	static const unsigned n[] = {60, 30, 20, 12};

	for (unsigned i = 0; i < ARRAY_LEN(n); i++)
		if ((int)n[i] <= width)
			return n[i];
	return 0;
}

/* A key and what it does, as in the hints. */
static void
writes_add_key(struct card *c, enum action action, const char *words)
{
	card_add(c, ROLE_ACCENT, "", words, "%s", key_of(action, 'W'));
}

static void
writes_add_graph(struct card *c, const struct rate *r, unsigned rows)
{
	unsigned n = writes_graph_columns(c->width);
	uint64_t series[RATE_SECONDS];
	uint8_t heights[RATE_SECONDS];

	if (!n)
		return;
	rate_series(r, n, series);
	rate_heights(series, n, (uint8_t)(rows * 8), heights);
	for (unsigned row = rows; row-- > 0;) {
		struct buf b = {0};

		writes_spark(&b, heights, n, row);
		card_add(c, ROLE_HOT, "", NULL, "%s", b.s);
		buf_free(&b);
	}
}

/* --- its parts -------------------------------------------------------------------------------- */

static void
writes_add_rate(struct card *c, const struct sample *s, unsigned graph)
{
	const struct rate *r = &s->writes.rate;
	uint64_t now, peak, mean;
	char a[8], b[8], d[8];

	writes_add_graph(c, r, graph);
	if (!rate_now(r, &now) || !rate_peak(r, &peak, &mean)) {
		card_add(c, ROLE_DIM, "", NULL, "%s",
		         s->timeline ? "rate not known" : "rate known after 1 s");
		return;
	}
	card_add(c, ROLE_STRONG, "", NULL, "%s/s now  %s peak  %s mean",
	         size_text(a, rate_bytes(now, s->page_size)),
	         size_text(b, rate_bytes(peak, s->page_size)),
	         size_text(d, rate_bytes(mean, s->page_size)));
	if (writes_is_narrow(c))
		card_add(c, ROLE_TEXT, "pages/s", NULL, "%7s", rate_text(a, now));
	else
		snprintf(c->line[c->n - 1].note, sizeof(c->line[0].note),
		         "  %s pages/s now  %s peak", rate_text(a, now), rate_text(b, peak));
}

static void
writes_add_unique(struct card *c, const struct sample *s)
{
	const struct writes *w = &s->writes;
	struct buf all = {0};

	for (unsigned i = 0; i < WRITES_WINDOWS; i++) {
		bool known = w->unique[i] != RATE_UNKNOWN;
		char label[24], size[8];

		size_text(size, known ? w->unique[i] * s->page_size : 0);
		snprintf(label, sizeof(label), w->auto_clear ? "last %u s" : "first %u s",
		         writes_window_s[i]);
		if (writes_is_narrow(c))
			card_add(c, ROLE_TEXT, label, i ? NULL : "unique", "%7s",
			         known ? size : "not yet");
		buf_fmt(&all, "%s%u s: %s", i ? ", " : "", writes_window_s[i],
		        known ? size : "not yet");
	}
	if (!writes_is_narrow(c))
		card_add(c, ROLE_TEXT, w->auto_clear ? "unique pages, last" : "unique pages, first",
		         NULL, "%s", all.s);
	buf_free(&all);
}

/* What the sums leave out. */
static void
writes_add_unknown(struct card *c, const struct sample *s)
{
	const struct unknown *u = &s->writes.unknown;
	struct buf b = {0};

	if (!u->pages)
		return;
	writes_unknown(&b, u, s->page_size, writes_is_narrow(c));
	card_add_long(c, ROLE_HOT, tracker_words(s->tracker)->unknown, b.s);
	buf_free(&b);
}

static void
writes_add_never(struct card *c, const struct sample *s)
{
	const struct writes *w = &s->writes;
	uint64_t rss = s->regions->totals.rss;
	char a[8], share[8];

	if (!rss || tracker_caps(s->tracker) & TRACKER_LOCAL)
		return;
	writes_add_unknown(c, s);
	card_add(c, ROLE_TEXT, "never written", NULL, "%5s  %s %% of RSS",
	         size_text(a, w->never * s->page_size), percent_text(share, w->never, rss));
}

static void
writes_add_hot_line(struct card *c, const struct sample *s, const struct hot *h)
{
	const struct vma *v = vma_at(&s->regions->vmas, h->start);
	bool narrow = writes_is_narrow(c), long_spark = c->width >= 90;
	int room = c->width - (long_spark ? 64 : 48);
	struct buf spark = {0}, name = {0};
	char size[8];

	card_epochs(&spark, h->recent, s->writes.epochs, long_spark ? 1 : 2);
	if (v && room > 3)
		fit_name_cut(&name, v, (size_t)room);
	card_add(c, ROLE_HOT, "", NULL, "%012llx %s %3u/%u", (unsigned long long)h->start, spark.s,
	         h->count, s->writes.epochs);
	c->line[c->n - 1].at = h->start;
	if (!narrow)
		snprintf(c->line[c->n - 1].note, sizeof(c->line[0].note), " %5s %s",
		         size_text(size, h->end - h->start), name.s ? name.s : "");
	buf_free(&spark);
	buf_free(&name);
}

static void
writes_add_hot(struct card *c, const struct ui *ui, const struct sample *s, unsigned most)
{
	const struct writes *w = &s->writes;

	if (s->timeline && !w->auto_clear)
		return;
	card_gap(c);
	card_head(c, ui_view(ui) == VIEW_GRID ? "Hottest here" : "Hottest pages");
	if (!w->auto_clear) {
		writes_add_key(c, ACT_AUTO_CLEAR, "counts how often");
		return;
	}
	for (unsigned i = 0; i < w->hot_n && i < most; i++)
		writes_add_hot_line(c, s, &w->hot[i]);
	if (!w->hot_n)
		card_add(c, ROLE_DIM, "", NULL, "nothing written");
}

/* --- regions ---------------------------------------------------------------------------------- */

/*
 * The sort key of a region: its rate if pages count repeatedly, else pages written so far; before
 * the first clear, the RSS of writable regions. 0: not listed.
 */
static uint64_t
writes_order_of(const struct sample *s, const struct vma *v, const struct region *r)
{
	if (!s->writes.cleared)
		return r->known && v->perm & VMA_WRITE ? r->rss : 0;
	if (!r->known || !r->written)
		return 0;
	if (!s->writes.auto_clear)
		return r->written;
	return r->rated ? r->rate + 1 : 1;
}

struct written_regions {
	size_t at[REGIONS_MOST];
	uint64_t pages[REGIONS_MOST];
	size_t n, all;
};

/* Goes through all of them: once for a card, however often that is laid out. */
static void
writes_find_regions(const struct sample *s, struct written_regions *out)
{
	out->n = out->all = 0;
	for (size_t i = 0; i < s->regions->vmas.n; i++) {
		const struct region *r = regions_at(s->regions, i);
		uint64_t pages = writes_order_of(s, &s->regions->vmas.v[i], r);
		size_t k;

		if (!pages)
			continue;
		out->all++;
		for (k = out->n; k > 0 && out->pages[k - 1] < pages; k--)
			if (k < REGIONS_MOST) {
				out->pages[k] = out->pages[k - 1];
				out->at[k] = out->at[k - 1];
			}
		if (k >= REGIONS_MOST)
			continue;
		out->pages[k] = pages;
		out->at[k] = i;
		out->n += out->n < REGIONS_MOST;
	}
}

static void
writes_add_value(struct buf *out, enum column_id id, const struct region_row *row, int width)
{
	struct value v = region_value(id, row);
	struct buf text = {0};

	buf_str(&text, "");
	value_text(&v, false, !paint_utf8(), &text);
	buf_fmt(out, "%*s%s", width > (int)text.len ? width - (int)text.len : 0, "", text.s);
	buf_free(&text);
}

/* The region's rate now and over the last minute. */
static void
writes_add_region_rate(struct buf *out, const struct region_row *row, bool spark)
{
	bool known = row->r->rated && !row->r->doubt;

	writes_add_value(out, COL_REGION_RATE, row, 7);
	buf_str(out, known ? "/s" : "  ");
	if (spark)
		buf_str(out, " ");
	if (spark && known)
		writes_spark(out, row->r->rates, REGION_RATES, 0);
	else if (spark)
		buf_fmt(out, "%*s", REGION_RATES, "");
}

/* "ADDRESS, written of size", its rate; before the first clear, how much of it is in RAM. */
static void
writes_add_region_line(struct card *c, const struct sample *s, size_t i)
{
	enum { NAME_LEAST = 12, WIDE = 12 + 7 + 4 + 5 + 9 + 1 + REGION_RATES + 2 + NAME_LEAST };
	struct region_row row = rows_facts(s, i);
	bool cleared = s->writes.cleared;
	struct buf text = {0}, name = {0};
	int room;

	buf_fmt(&text, "%012llx ", (unsigned long long)row.v->start);
	writes_add_value(&text, cleared ? COL_REGION_WRITTEN : COL_REGION_RSS, &row, 6);
	buf_str(&text, " of ");
	writes_add_value(&text, COL_REGION_SIZE, &row, 5);
	if (cleared)
		writes_add_region_rate(&text, &row, c->width >= WIDE);
	card_add(c, cleared ? ROLE_HOT : ROLE_TEXT, "", NULL, "%s", text.s);
	c->line[c->n - 1].at = row.v->start | 1;
	room = c->width - (int)fit_width(text.s, text.len) - 1;
	if (room > 3)
		fit_name_cut(&name, row.v, (size_t)room);
	snprintf(c->line[c->n - 1].note, sizeof(c->line[0].note), "%s", name.s ? name.s : "");
	buf_free(&text);
	buf_free(&name);
}

static void
writes_add_regions(struct card *c, const struct sample *s, const struct written_regions *w,
                   size_t most)
{
	bool cleared = s->writes.cleared;
	size_t n = u64_min(most, w->n);

	card_gap(c);
	card_head(c, !cleared               ? "Writable regions, by RSS"
	             : s->writes.auto_clear ? "Regions by write rate"
	                                    : "Regions by pages written");
	if (!cleared && !s->timeline)
		writes_add_key(c, ACT_CLEAR, "shows which are written, and how fast");
	for (size_t i = 0; i < n; i++)
		writes_add_region_line(c, s, w->at[i]);
	if (!n && cleared)
		card_add(c, ROLE_DIM, "", NULL, "nothing written");
	else if (n < w->all)
		card_add(c, ROLE_DIM, "", NULL, "and %zu more", w->all - n);
}

/* --- what follows from it --------------------------------------------------------------------- */

static void
writes_add_link(struct card *c, const struct sample *s, uint64_t bits)
{
	const struct migrate_link link = {bits, MIGRATE_DOWNTIME_MS * UINT64_C(1000000)};
	struct buf name = {0}, text = {0};
	struct migrate m;

	migrate_bits(&name, bits);
	migrate_estimate(&s->writes.curve, s->writes.to_send, s->writes.unknown.pages, s->page_size,
	                 &link, &m);
	if (!writes_is_narrow(c)) {
		if (m.converges)
			m.unknown = 0; /* the heading says it */
		migrate_sentence(&text, &m, &link);
		card_add_long(c, m.converges ? ROLE_TEXT : ROLE_HOT, name.s,
		              strchr(text.s, ':') + 2);
	} else if (m.unsure) {
		card_add(c, ROLE_HOT, name.s, NULL, "may not converge");
	} else if (m.converges && !m.rounds) {
		buf_str(&text, "no round, down ");
		migrate_time(&text, m.downtime_ns);
		card_add(c, ROLE_TEXT, name.s, NULL, "%s", text.s);
	} else if (m.converges) {
		buf_fmt(&text, "%u round%s, down ", m.rounds, plural(m.rounds));
		migrate_time(&text, m.downtime_ns);
		card_add(c, ROLE_TEXT, name.s, NULL, "%s", text.s);
	} else {
		card_add(c, ROLE_HOT, name.s, NULL, "does not converge");
	}
	buf_free(&name);
	buf_free(&text);
}

static void
writes_add_migration(struct card *c, const struct sample *s)
{
	const struct writes *w = &s->writes;
	const char *lacks = writes_lacks(&w->curve, w->cleared, w->part);
	struct buf head = {0};
	char size[8];

	if (!w->cleared && s->timeline)
		lacks = "writes were not recorded";
	if (writes_counts_changes(s))
		return; /* nothing is known of pages that are not on screen */
	card_gap(c);
	buf_fmt(&head, "Live migration of %s", size_text(size, w->to_send * s->page_size));
	if (!lacks && w->unknown.pages && !writes_is_narrow(c))
		buf_fmt(&head, ", %s %s counted as written",
		        size_text(size, w->unknown.pages * s->page_size),
		        tracker_words(s->tracker)->unknown);
	card_head(c, head.s);
	buf_free(&head);
	if (lacks) {
		card_add_text(c, ROLE_DIM, lacks);
		return;
	}
	writes_add_link(c, s, UINT64_C(10000000000));
	writes_add_link(c, s, UINT64_C(1000000000));
}

/* The cost to the target per second of watching who writes. */
static uint64_t
writes_watch_ns(const struct sample *s)
{
	const struct writes_cost *k = &s->writes.cost;

	return s->causes.watch.on && k->watched_known ? k->watched * WATCH_NS : 0;
}

/* The cost to the target per second: the clears, and a fault for each first write. */
static uint64_t
writes_cost_ns(const struct sample *s)
{
	const struct writes_cost *k = &s->writes.cost;
	uint64_t more =
	    k->before_known && k->faults > k->faults_before ? k->faults - k->faults_before : 0;
	double clears = s->auto_clear_ns ? (double)k->clear_ns / (double)s->auto_clear_ns : 0;

	return more * FAULT_NS + writes_watch_ns(s) + (uint64_t)(clears * TIME_SECOND);
}

static void
writes_add_faults(struct card *c, const struct sample *s)
{
	const struct writes_cost *k = &s->writes.cost;
	struct buf b = {0};
	char n[8];

	if (!k->faults_known)
		return;
	buf_fmt(&b, writes_is_narrow(c) ? "%s/s" : "%s/s in the process", count_text(n, k->faults));
	if (s->clears && k->before_known)
		buf_fmt(&b, writes_is_narrow(c) ? ", was %s/s" : ", %s/s before the clear",
		        count_text(n, k->faults_before));
	card_add(c, ROLE_TEXT, "faults", NULL, "%s", b.s);
	if (s->clears && k->before_known)
		card_add(c, ROLE_TEXT, "in all",
		         writes_is_narrow(c)    ? NULL
		         : s->causes.watch.on ? "(clears, and 1 to 2 us per fault)"
		                              : "(clears, and 1 us per fault)",
		         "about %s %% of its time",
		         percent_text(n, writes_cost_ns(s), TIME_SECOND));
	buf_free(&b);
}

/* The watch of who writes: its faults, what they cost at most, and what was lost; or why not. */
static void
writes_add_watch(struct card *c, const struct sample *s)
{
	const struct writes_cost *k = &s->writes.cost;
	bool narrow = writes_is_narrow(c);
	struct buf why = {0};
	char n[8], share[8];

	if (!s->clears || s->unattributed)
		return;
	if (!sample_is_attributed(s, &why))
		card_add_long(c, ROLE_DIM, "who wrote", why.s);
	else if (k->watched_known)
		card_add(c, ROLE_TEXT, "who wrote", narrow ? NULL : "(up to 2 us each)",
		         narrow ? "%s/s watched, %s %%" : "%s faults/s watched, %s %% of its time",
		         count_text(n, k->watched),
		         percent_text(share, writes_watch_ns(s), TIME_SECOND));
	if (s->causes.lost)
		card_add(c, ROLE_HOT, "", narrow ? NULL : ": their writers are not known",
		         "%s fault%s lost", count_text(n, s->causes.lost),
		         plural(s->causes.lost));
	buf_free(&why);
}

static void
writes_add_cost(struct card *c, const struct sample *s)
{
	const struct writes_cost *k = &s->writes.cost;
	struct buf every = {0};

	card_gap(c);
	card_head(c, "Cost of sampling");
	if (s->auto_clear_ns)
		buf_fmt(&every, ", every %.3g s", (double)s->auto_clear_ns / 1e9);
	if (s->clears)
		card_add(c, ROLE_TEXT, "clear",
		         writes_is_narrow(c) ? NULL : "(mappings locked for that time)",
		         "%.1f ms%s", (double)k->clear_ns / 1e6, every.s ? every.s : "");
	card_add(c, ROLE_TEXT, "sample", NULL, "%.1f ms, %llu region%s", (double)k->scan_ns / 1e6,
	         (unsigned long long)k->regions, plural(k->regions));
	writes_add_watch(c, s);
	writes_add_faults(c, s);
	buf_free(&every);
}

/* What the numbers count. */
static void
writes_add_heading(struct card *c, const struct sample *s)
{
	const struct writes *w = &s->writes;
	unsigned caps = tracker_caps(s->tracker);

	if (!w->cleared && s->timeline) {
		card_head(c, "Writes");
		card_add(c, ROLE_DIM, "", NULL, "%s",
		         writes_is_narrow(c) ? "not recorded"
		                             : "not recorded; record with --tracker auto");
		return;
	}
	if (!w->cleared) {
		card_head(c, "Writes");
		writes_add_key(c, ACT_CLEAR,
		               writes_is_narrow(c)
		                   ? "measures"
		                   : "measures: counts each page once, at its first write");
		writes_add_key(c, ACT_AUTO_CLEAR,
		               writes_is_narrow(c) ? "counts"
		                                   : "counts: clears repeatedly, and counts each "
		                                     "page after each clear");
		return;
	}
	if (w->auto_clear)
		card_head(c, writes_counts_changes(s) ? "Changes, last 60 s" : "Writes, last 60 s");
	else
		card_head(c, writes_counts_changes(s) ? "Pages that changed first"
		                                     : "First writes, last 60 s");
	if (caps & TRACKER_LOCAL)
		card_add(c, ROLE_DIM, "", NULL, "only pages on screen");
	else if (!w->auto_clear)
		card_add(c, ROLE_DIM, "", NULL, "each page once since the clear");
	else if (!(caps & TRACKER_LOSSLESS))
		card_add(c, ROLE_DIM, "", NULL, "sampled: misses writes between sample and clear");
}

/* The sizes of the variable parts: rows of the graph, hot pages, regions; and all of these. */
struct lengths {
	unsigned graph, hot, regions;
	struct written_regions found;
};

static bool
writes_has_regions(const struct card *c, const struct ui *ui, enum writes_part part)
{
	return part != WRITES_SUMS && !writes_is_narrow(c) && ui_view(ui) == VIEW_WRITES;
}

static void
writes_card_make(struct card *c, const struct ui *ui, const struct sample *s, enum writes_part part,
                 const struct lengths *l)
{
	c->n = 0;
	if (part != WRITES_PLACES)
		writes_add_heading(c, s);
	if (part != WRITES_PLACES && s->writes.cleared) {
		writes_add_rate(c, s, l->graph);
		card_gap(c);
		writes_add_unique(c, s);
		writes_add_never(c, s);
	}
	if (part != WRITES_SUMS && (!writes_is_narrow(c) || s->writes.cleared))
		writes_add_hot(c, ui, s, l->hot);
	if (l->regions && writes_has_regions(c, ui, part))
		writes_add_regions(c, s, &l->found, l->regions);
	if (part != WRITES_PLACES) {
		writes_add_migration(c, s);
		if (!s->timeline) /* what it cost to record is not known */
			writes_add_cost(c, s);
	}
	if (part == WRITES_PLACES && c->n) /* the gap belongs to a heading that is not there */
		memmove(&c->line[0], &c->line[1], (size_t)--c->n * sizeof(c->line[0]));
}

/* Rows to spare go to hot pages, then to regions; beside them, to the graph. */
void
writes_card(struct card *c, const struct ui *ui, const struct sample *s, enum writes_part part,
            int rows)
{
	struct lengths l = {.graph = GRAPH_ROWS, .hot = HOT_KEPT, .regions = REGIONS_KEPT};
	int left;

	c->n = 0;
	if (!s->regions)
		return;
	if (writes_has_regions(c, ui, part))
		writes_find_regions(s, &l.found);
	writes_card_make(c, ui, s, part, &l);
	card_squeeze(c, rows);
	if (c->n > rows && part == WRITES_ALL)
		l.regions = 0; /* the list shows them already */
	writes_card_make(c, ui, s, part, &l);
	card_squeeze(c, rows);
	if (c->n > rows)
		l.graph = (unsigned)(c->n - rows < GRAPH_ROWS ? GRAPH_ROWS - (c->n - rows) : 1);
	writes_card_make(c, ui, s, part, &l);
	left = rows - c->n;
	if (left > 0 && part == WRITES_SUMS)
		l.graph = (unsigned)u64_min(GRAPH_ROWS + (uint64_t)left, GRAPH_ROWS_MOST);
	if (left > 0)
		l.hot = HOT_KEPT + (unsigned)left;
	writes_card_make(c, ui, s, part, &l);
	left = rows - c->n;
	if (left > 0 && l.regions)
		l.regions = REGIONS_KEPT + (unsigned)left;
	writes_card_make(c, ui, s, part, &l);
	card_squeeze(c, rows);
}
