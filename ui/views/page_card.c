/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/page_card.h"

#include <stdio.h>
#include <string.h>
#include <wchar.h>

#include "base/text.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "page/explain.h"
#include "page/state.h"
#include "query/answer_page.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"

static void
card_add_where(struct card *c, const struct vma_list *vmas, const struct vma *v, uint64_t addr)
{
	struct buf place = {0};
	char perm[5], size[8];
	int label = card_label_width(c);

	vma_perm_text(v, perm);
	fit_place_text(&place, vmas, v, addr, c->width > label ? (size_t)(c->width - label) : 0);
	card_add(c, ROLE_TEXT, "where", NULL, "%s", place.s);
	if (vma_has_file(v))
		card_add(c, ROLE_TEXT, "file offset", NULL, "%llx",
		         (unsigned long long)(addr - v->start + v->offset));
	card_add(c, ROLE_TEXT, "region", perm, "%llx+%s", (unsigned long long)v->start,
	         size_text(size, vma_size(v)));
	if (c->width > CARD_NARROW ||
	    strlen(explain_region(v)) + CARD_LABEL_NARROW <= (size_t)c->width) {
		card_add(c, ROLE_DIM, "kind", NULL, "%s", explain_region(v));
		c->line[c->n - 1].spare = true;
	}
	buf_free(&place);
}

/*
 * One bit: yes or no, and what that means here, or else what the kernel documents. If there is
 * little room, only bits that are set have words.
 */
static void
card_add_bit(struct card *c, const struct flag *f, bool set, const char *here)
{
	char label[32], meant[112] = "";

	if (f->source == FLAG_PM)
		snprintf(label, sizeof(label), " %u %.10s", f->bit, f->name);
	else
		snprintf(label, sizeof(label), " %2u %c %s", f->bit, f->letter, f->name);
	if (here || set)
		snprintf(meant, sizeof(meant), "%s", here ? here : f->words);
	else if (c->width > CARD_NARROW)
		snprintf(meant, sizeof(meant), "(%s)", f->words);
	card_add(c, set ? ROLE_ACCENT : ROLE_DIM, label, meant, "%-3s", set ? "yes" : "no");
	c->line[c->n - 1].spare = !set;
}

static bool
card_is_set(const struct flag *f, const struct page *pg)
{
	return (f->source == FLAG_PM ? pg->word : pg->kpf) >> f->bit & 1;
}

/*
 * Bits that say something about this page come first: those set, and those whose absence means
 * something.
 */
static bool
card_is_notable(const struct flag *f, const struct page *pg, const struct vma *v)
{
	return card_is_set(f, pg) || explain_bit(f, pg, v);
}

static void
card_add_notable(struct card *c, enum flag_source source, const struct page *pg,
                 const struct vma *v)
{
	size_t n;
	const struct flag *f = flag_table(&n);

	for (int set = 1; set >= 0; set--)
		for (size_t i = 0; i < n; i++)
			if (f[i].source == source && card_is_set(&f[i], pg) == set &&
			    card_is_notable(&f[i], pg, v))
				card_add_bit(c, &f[i], set, explain_bit(&f[i], pg, v));
}

/* The next bit from i on that is not notable. The narrow pane skips those that are always 0. */
static size_t
card_next_silent(const struct card *c, size_t i, const struct page *pg, const struct vma *v)
{
	size_t n;
	const struct flag *f = flag_table(&n);
	bool narrow = c->width <= CARD_NARROW;

	for (; i < n; i++)
		if ((f[i].source == FLAG_PM ||
		     (f[i].source == FLAG_KPF && pg->known & PAGE_FLAGS && !narrow)) &&
		    !card_is_notable(&f[i], pg, v) &&
		    !(narrow && !strncmp(f[i].name, "bit", 3)))
			break;
	return i;
}

/* The bits that are not notable: a line each, or their names alone. */
static void
card_add_silent(struct card *c, const struct page *pg, const struct vma *v)
{
	struct buf names = {0};
	size_t n, count = 0;
	const struct flag *f = flag_table(&n);

	for (size_t i = 0; (i = card_next_silent(c, i, pg, v)) < n; i++, count++)
		buf_fmt(&names, "%s%s", count ? " " : "", f[i].name);
	c->folded = count && c->width > CARD_NARROW && !c->all && c->n + 1 + (int)count > c->rows;
	if (count)
		card_gap(c);
	if (c->folded)
		card_add_long(c, ROLE_DIM, "not set", names.s);
	for (size_t i = 0; !c->folded && (i = card_next_silent(c, i, pg, v)) < n; i++)
		card_add_bit(c, &f[i], false, NULL);
	buf_free(&names);
}

static void
card_add_bits(struct card *c, const struct page *pg, const struct vma *v)
{
	uint64_t w = pg->word;

	card_add(c, ROLE_STRONG, "page table", NULL, "%04llx %04llx %04llx %04llx",
	         (unsigned long long)(w >> 48), (unsigned long long)(w >> 32 & 0xffff),
	         (unsigned long long)(w >> 16 & 0xffff), (unsigned long long)(w & 0xffff));
	card_add_notable(c, FLAG_PM, pg, v);
}

/* Why frames may not be known. */
static enum page_lack
card_lack(const struct sample *s)
{
	return !s->timeline       ? PAGE_LACK_RIGHT
	       : s->frames_hidden ? PAGE_LACK_RECORDED
	                          : PAGE_LACK_LOOK;
}

static void
card_add_swap(struct card *c, const struct sample *s, const struct page *pg)
{
	if (pg->word & PM_PRESENT || !(pg->word & PM_SWAPPED))
		return;
	card_gap(c);
	if (!(pg->word & PM_PFN_MASK)) {
		card_add(c, ROLE_TEXT, "swap", page_hidden_words(card_lack(s)), "%s", "");
		return;
	}
	card_add(c, ROLE_TEXT, "swap type",
	         pg->state == STATE_SWAPPED ? "" : "no swap device: a special entry", "%u",
	         PM_SWAP_TYPE(pg->word));
	card_add(c, ROLE_TEXT, "swap offset", NULL, "%#llx",
	         (unsigned long long)PM_SWAP_OFFSET(pg->word));
}

static void
card_add_unknown_flags(struct card *c, uint64_t kpf)
{
	size_t n;
	const struct flag *f = flag_table(&n);

	for (size_t i = 0; i < n; i++)
		if (f[i].source == FLAG_KPF)
			kpf &= ~(UINT64_C(1) << f[i].bit);
	for (unsigned bit = 0; bit < 64; bit++)
		if (kpf >> bit & 1)
			card_add(c, ROLE_ACCENT, "", "newer than this pmtop", " %u   bit%u", bit,
			         bit);
}

/* The string of page-types -r, and each bit in words; in the narrow pane only the names. */
static void
card_add_flags(struct card *c, const struct page *pg, const struct vma *v)
{
	struct buf text = {0};

	page_types_letters(&text, page_types_raw(pg->kpf, pg->word));
	for (size_t at = 0, width = (size_t)(c->width > 1 ? c->width : 1);
	     at < text.len && (!at || text.s[at + strspn(text.s + at, "_")]); at += width)
		card_add(c, ROLE_TEXT, "", NULL, "%.*s", (int)width, text.s + at);
	text.len = 0;
	if (c->width <= CARD_NARROW) {
		kpf_names(&text, pg->kpf, " ");
		card_add_text(c, ROLE_DIM, text.s);
	} else {
		card_add_notable(c, FLAG_KPF, pg, v);
		card_add_unknown_flags(c, pg->kpf);
	}
	buf_free(&text);
}

/* The folio as a bar: how much of it is mapped here, around this page. */
static void
card_add_folio(struct card *c, const struct page *pg, const struct folio_here *f, size_t page_size)
{
	char bar[FOLIO_BAR * 4 + 1] = "", size[8];
	size_t at = 0;

	if (!(pg->known & PAGE_FOLIO))
		return;
	if (!pg->order) {
		card_add(c, ROLE_TEXT, "folio", "this page alone", "order 0");
		return;
	}
	card_add(c, ROLE_TEXT, "folio", NULL,
	         c->width > CARD_NARROW ? "order %u: %u pages, %s; this is number %llu"
	                                : "order %u, %u x %s, no %llu",
	         pg->order, 1u << pg->order,
	         size_text(size, (uint64_t)page_size << (c->width > CARD_NARROW ? pg->order : 0)),
	         (unsigned long long)(page_pfn(pg) - pg->folio));
	if (!f || !f->order)
		return;
	for (unsigned i = 0; i < FOLIO_BAR; i++)
		at += (size_t)snprintf(bar + at, sizeof(bar) - at, "%lc",
		                       (wint_t)(f->bar[i]      ? paint_eighth(f->bar[i])
		                                : paint_utf8() ? L'·'
		                                               : L'.'));
	card_add(c, ROLE_ACCENT, " mapped here", NULL, "%s%s%llu/%u",
	         c->width > CARD_NARROW ? bar : "", c->width > CARD_NARROW ? " " : "",
	         (unsigned long long)f->mapped, 1u << f->order);
	if (c->width <= CARD_NARROW) {
		card_add(c, ROLE_ACCENT, "", NULL, "%s", bar);
		return;
	}
	card_add(c, ROLE_TEXT, " from", f->index ? "its first page" : "its first page: this one",
	         "pfn 0x%llx", (unsigned long long)f->head);
}

static void
card_add_node(struct card *c, const struct page *pg)
{
	if (pg->known & PAGE_NODE)
		card_add(c, ROLE_TEXT, "NUMA node", NULL, "%d", pg->node);
}

/* The frame of a recording may be older than the rest. */
static void
card_add_pfn(struct card *c, uint64_t pfn, const struct answer *more)
{
	char note[80] = "";
	int n = 0;

	for (size_t i = 0; more && i < more->n; i++)
		if (!strcmp(more->f[i].key, "frame_as_of"))
			n = snprintf(note, sizeof(note), "frame as of %.30s", more->f[i].value);
		else if (!strcmp(more->f[i].key, "frame_same_at"))
			snprintf(note + n, sizeof(note) - (size_t)n, ", the same at %.20s",
			         more->f[i].value);
	card_add(c, ROLE_TEXT, "frame", note[0] ? note : NULL, "pfn 0x%llx",
	         (unsigned long long)pfn);
}

static void
card_add_frame(struct card *c, const struct sample *s, const struct page *pg, const struct vma *v,
               const struct answer *more)
{
	const struct folio_here *folio = more ? &more->folio : NULL;
	const char *why = page_hidden_why(pg, !s->frames_hidden, card_lack(s));
	uint64_t pfn = page_pfn(pg);

	if (!(pg->word & PM_PRESENT))
		return;
	card_gap(c);
	if (!pfn) {
		static const char *const hidden[] = {"frame", "physical", "mapped",
		                                     "flags", "folio",    "memcg"};

		for (size_t i = 0; i < ARRAY_LEN(hidden); i++)
			card_add(c, ROLE_TEXT, hidden[i], why, "%s", "");
		return;
	}
	card_add_pfn(c, pfn, more);
	card_add(c, ROLE_TEXT, "physical", NULL, "0x%llx",
	         (unsigned long long)(pfn * s->page_size));
	if (pg->known & PAGE_COUNT)
		card_add(c, ROLE_TEXT, "mapped",
		         pg->known & PAGE_AVERAGED ? "times, folio average"
		         : pg->count == 1          ? "time, by anyone"
		                                   : "times, by anyone",
		         "%llu",
		         (unsigned long long)pg->count);
	else
		card_add(c, ROLE_TEXT, "mapped",
		         why ? why : "hidden (/proc/kpagecount is for root)", "%s", "");
	if (c->width > CARD_NARROW) {
		card_add_node(c, pg);
		card_add_folio(c, pg, folio, s->page_size);
	}
	if (!(pg->known & PAGE_FLAGS)) {
		card_add(c, ROLE_TEXT, "flags", why, "%s", "");
		return;
	}
	card_gap(c);
	card_add(c, ROLE_STRONG, "flags", NULL, "0x%llx", (unsigned long long)pg->kpf);
	card_add_flags(c, pg, v);
}

/* What its own command looks up. */
static void
card_add_awaited(struct card *c)
{
	if (c->symbol == ONCE_LATE)
		card_add(c, ROLE_DIM, "symbol", "being looked up", "%s", "");
	else if (c->symbol == ONCE_CANCELLED)
		card_add(c, ROLE_DIM, "symbol", "not looked up", "%s", "");
}

/* Facts of the answer that are not in the page itself. */
static void
card_add_more(struct card *c, const struct answer *more)
{
	static const char *const wanted[] = {"symbol", "mangled", "source_file",
	                                     "source_line", "memcg", "memcg_inode",
	                                     "swap_device"};

	card_add_awaited(c);
	for (size_t i = 0; more && i < more->n; i++)
		for (size_t k = 0; k < ARRAY_LEN(wanted); k++)
			if (!strcmp(more->f[i].key, wanted[k]))
				card_add(c, ROLE_TEXT, wanted[k], more->f[i].note, "%s",
				         more->f[i].value);
}

/* How many epochs share a column so that all that are kept fit; 0: they do not fit. */
static unsigned
card_epochs_per(uint32_t epochs, int room)
{
	uint64_t kept = u64_min(epochs, 32);

	for (unsigned per = 1; per <= 8; per *= 2)
		if ((int)((kept + per - 1) / per) <= room)
			return per;
	return 0;
}

static void
card_add_known(struct card *c, const struct sample *s, const char *label,
               const struct track_past *p)
{
	bool wide = c->width > CARD_NARROW,
	     again = s->auto_clear_ns || tracker_caps(s->tracker) & TRACKER_LOCAL;
	const char *note = track_past_why(p);
	char times[32], hint[48] = "";
	struct buf spark = {0};
	unsigned per;

	snprintf(times, sizeof(times), "%u of %u", p->written, p->epochs);
	per = card_epochs_per(p->epochs,
	                      wide ? 32 : c->width - CARD_LABEL_NARROW - (int)strlen(times) - 1);
	if (per)
		card_epochs(&spark, p->recent, p->epochs, per);
	if (p->epochs > 32)
		snprintf(hint, sizeof(hint), "the last 32");
	else if (!again && p->epochs == 1 && !s->timeline)
		snprintf(hint, sizeof(hint), "press %s: counts how often",
		         key_of(ACT_AUTO_CLEAR, 'P'));
	card_add(c, p->written ? ROLE_HOT : ROLE_TEXT, label,
	         !wide  ? NULL
	         : note ? note
	                : hint,
	         "%s%s%s", times, per ? " " : "", per ? spark.s + strspn(spark.s, " ") : "");
	buf_free(&spark);
}

/* The number of epochs in which it was written, and which; not known differs from none. */
static void
card_add_epochs(struct card *c, const struct sample *s, const struct answer *more)
{
	const char *label = tracker_caps(s->tracker) & TRACKER_LOCAL ? "samples" : "epochs";
	const char *why;

	if (!s->clears)
		return;
	why = more ? track_past_why(&more->past) : NULL;
	if (!more)
		card_add(c, ROLE_TEXT, label, NULL, "%s",
		         ""); /* keeps the row of the answer that is still to come */
	else if (!why || more->past.written)
		card_add_known(c, s, label, &more->past);
	else if (c->width > CARD_NARROW)
		card_add(c, ROLE_TEXT, label, why, "%s", "");
	else
		card_add(c, ROLE_DIM, label, NULL, "not known");
}

/* --- who wrote it ----------------------------------------------------------------------------- */

/* The first of a call chain, one below the other; the last line counts the others. */
static void
card_add_chain(struct card *c, const struct page_writer *w, size_t most)
{
	/* the function has been named, but not what is inlined in it */
	size_t first = w->chain.inlined ? 0 : 1;
	const char *label = first ? " called by" : " call chain";

	for (size_t i = first; i < w->chain.n && i < first + most; i++) {
		struct buf text = {0};

		if (i == first + most - 1 && w->chain.n - i > 1)
			buf_fmt(&text, "... and %zu more", w->chain.n - i);
		else
			text_escape(&text, w->chain.v[i], strlen(w->chain.v[i]), !paint_utf8());
		card_add(c, ROLE_DIM, i == first ? label : " ", NULL, "%s", text.s);
		c->line[c->n - 1].spare = i > first;
		buf_free(&text);
	}
}

/* One that wrote, or may have, in an interval before; or another candidate. */
static void
card_add_writer(struct card *c, const struct page_writer *w, const char *label, uint64_t now)
{
	struct buf text = {0};
	char note[48], ago[24];

	text_escape(&text, w->code, strlen(w->code), !paint_utf8());
	if (c->width > CARD_NARROW)
		snprintf(note, sizeof(note), "thread %d, %s", (int)w->tid,
		         ago_text(ago, w->time_ns, now));
	else
		snprintf(note, sizeof(note), "%s", ago_text(ago, w->time_ns, now));
	card_add(c, w->is == WRITER_ONE ? ROLE_TEXT : ROLE_DIM, label, note, "%s", text.s);
	c->line[c->n - 1].spare = true;
	buf_free(&text);
}

/* Those beside `best`: other candidates of its interval, then the intervals before. */
static void
card_add_other_writers(struct card *c, const struct page_writers *w, const struct page_writer *best,
                       size_t most, uint64_t now)
{
	bool or = false, before = false;

	for (size_t i = 0; i < w->n && most; i++) {
		const struct page_writer *one = &w->v[i];
		bool same = one->ago == best->ago;

		if (one == best || !writer_is_write(one->is))
			continue;
		card_add_writer(c, one,
		                same     ? (or ? " " : " or by")
		                : before ? " "
		                         : " before",
		                now);
		or |= same;
		before |= !same;
		most--;
	}
}

static void
card_add_writers(struct card *c, const struct page_writers *w, uint64_t now)
{
	const struct page_writer *best = page_writers_best(w);
	bool narrow = c->width <= CARD_NARROW;
	struct buf line = {0};

	page_writers_line(w, now, &line);
	if (!line.len)
		return;
	card_add_text(c, best && writer_is_write(best->is) ? ROLE_HOT : ROLE_DIM, line.s);
	buf_free(&line);
	if (!best || !writer_is_write(best->is))
		return;
	card_add_chain(c, best, narrow ? 3 : 8);
	card_add_other_writers(c, w, best, narrow ? 2 : 6, now);
}

/* Which code wrote the page; or why that is not known. */
static void
card_add_who(struct card *c, const struct sample *s, bool written, uint64_t now,
             const struct answer *more)
{
	struct buf text = {0};

	if (!s->clears)
		return;
	buf_str(&text, "not watched: ");
	if (sample_is_attributed(s, &text) && more && more->looked_up &&
	    more->looked_up->writers)
		card_add_writers(c, more->looked_up->writers, now);
	else if (written && text.len > sizeof("not watched: ") - 1 &&
	         (!s->unattributed || c->width > CARD_NARROW))
		card_add_text(c, ROLE_DIM, text.s);
	buf_free(&text);
}

void
page_card(struct card *c, const struct sample *s, const struct vma *v, uint64_t addr,
          const struct page *pg, uint64_t written_ns, uint64_t now, const struct answer *more)
{
	static const struct vma_list nothing;
	enum state st = (enum state)pg->state;
	char head[48], size[8], ago[24];

	c->n = 0;
	c->folded = false;
	snprintf(head, sizeof(head), "Page %012llx", (unsigned long long)addr);
	card_head(c, head);
	card_add_text(c, ROLE_TEXT, state_row(st)->words);
	card_add_text(c, ROLE_DIM, state_row(st)->help);
	if (written_ns && now >= written_ns)
		card_add(c, ROLE_HOT, "", NULL, "%s seen %s %s",
		         more && more->past.written > 1 ? "last" : "first",
		         tracker_words(s->tracker)->verb, ago_text(ago, written_ns, now));
	card_add_who(c, s, written_ns > 0, now, more);
	if (written_ns && pg->cats & PM_CAT_HUGE && tracker_caps(s->tracker) & TRACKER_HUGE)
		card_add(c, ROLE_HOT, "", NULL, "tracked per %s: one bit for all",
		         size_text(size, s->page_size << folio_huge_order(s->page_size)));
	if (pg->known & PAGE_WORD)
		card_add_epochs(c, s, more);
	card_gap(c);
	card_add_where(c, s->regions ? &s->regions->vmas : &nothing, v, addr);
	if (c->width > CARD_NARROW)
		card_add_more(c, more);
	if (!(pg->known & PAGE_WORD))
		return;
	card_gap(c);
	card_add_bits(c, pg, v);
	card_add_swap(c, s, pg);
	card_add_frame(c, s, pg, v, more);
	card_add_silent(c, pg, v);
	if (c->width <= CARD_NARROW && more) {
		card_gap(c);
		card_add_node(c, &more->page);
		card_add_folio(c, &more->page, &more->folio, s->page_size);
		card_add_more(c, more);
	}
}
