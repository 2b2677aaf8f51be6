/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer about one page: its state, its frame, and when it was written. */
#include "query/answer_page.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "page/explain.h"
#include "page/state.h"
#include "query/answer_query.h"
#include "target/symbol.h"
#include "target/writers_page.h"
#include "target/walk.h"

const char *
page_hidden_why(const struct page *pg, bool flags_readable, enum page_lack lack)
{
	if (!(pg->known & PAGE_WORD) || !(pg->word & PM_PRESENT))
		return NULL;
	if (page_hidden(pg))
		return page_hidden_words(lack);
	if (pg->known & PAGE_RACED)
		return "it changed while being read; try again";
	if (!flags_readable)
		return lack ? page_hidden_words(lack) : "hidden (/proc/kpageflags is for root)";
	if (pg->known & PAGE_FLAGS)
		return NULL;
	return lack ? page_hidden_words(lack) : "no page frame record (device memory)";
}

void
page_sentence(struct buf *out, const struct page *pg, const char *verb, unsigned clears,
              uint64_t written_ns, uint64_t now)
{
	enum state s = (enum state)pg->state;
	char ago[24];

	buf_str(out, state_row(s)->words);
	if (page_pfn(pg))
		buf_fmt(out, ", in RAM pfn %llx", (unsigned long long)page_pfn(pg));
	else if (page_hidden(pg) && s != STATE_HIDDEN)
		buf_str(out, ", in RAM (frame not known)");
	if (s == STATE_SWAPPED && pg->word & PM_PFN_MASK)
		buf_fmt(out, ", device %u offset %#llx", PM_SWAP_TYPE(pg->word),
		        (unsigned long long)PM_SWAP_OFFSET(pg->word));
	if (pg->word & PM_UFFD_WP && pg->word & PM_PRESENT)
		buf_str(out, ", watched by userfaultfd");
	if (pg->known & PAGE_FOLIO && pg->order)
		buf_fmt(out, ", folio of %u pages", 1u << pg->order);
	if (pg->known & PAGE_COUNT && pg->count == 1)
		buf_str(out, ", mapped once");
	else if (pg->known & PAGE_COUNT && pg->count)
		buf_fmt(out, ", mapped %llu times", (unsigned long long)pg->count);
	if (pg->known & PAGE_AVERAGED)
		buf_str(out, " (its folio, on average)");
	if (written_ns)
		buf_fmt(out, ", %sseen %s %s", clears > 1 ? "" : "first ", verb,
		        ago_text(ago, written_ns, now));
}

static void
page_facts_region(struct answer *a, const struct vma *v, uint64_t addr)
{
	struct buf b = {0};
	char perm[5];

	vma_perm_text(v, perm);
	buf_fmt(&b, "%llx-%llx %s", (unsigned long long)v->start, (unsigned long long)v->end, perm);
	answer_add(a, "region", &b);
	answer_add_name(a, "mapping", vma_shown_name(v));
	answer_add_text(a, "type", vma_type_name((enum vma_type)v->type));
	answer_add_text(a, "kind", explain_region(v));
	answer_add_hex(a, "region_offset", addr - v->start);
	if (vma_has_file(v))
		answer_add_hex(a, "file_offset", addr - v->start + v->offset);
}

static void
page_facts_swap(struct answer *a, const struct page *pg, const struct source *s)
{
	const struct swaps *swaps = &s->meta.swaps;
	unsigned type = PM_SWAP_TYPE(pg->word);

	if (pg->word & PM_PRESENT || !(pg->word & PM_SWAPPED))
		return;
	if (!(pg->word & PM_PFN_MASK)) {
		const char *why = page_hidden_words(source_lack(s));

		answer_add_unknown(a, "swap_type", why);
		answer_add_unknown(a, "swap_offset", why);
		return;
	}
	answer_add_number(a, "swap_type", type)->note =
	    pg->state == STATE_SWAPPED ? NULL : "(not a swap device: a special entry)";
	if (type < swaps->n)
		answer_add_name(a, "swap_device", swaps->name[type]);
	answer_add_hex(a, "swap_offset", PM_SWAP_OFFSET(pg->word));
}

static void
page_facts_kpf(struct answer *a, const struct page *pg)
{
	struct buf b = {0};

	answer_add_hex(a, "kpf", pg->kpf);
	page_types_letters(&b, page_types_plain(pg->kpf));
	answer_add(a, "flags", &b);
	page_types_letters(&b, page_types_raw(pg->kpf, pg->word));
	answer_add(a, "flags_raw", &b);
	kpf_names(&b, pg->kpf, ",");
	answer_add(a, "flag_names", &b);
}

static void
page_facts_cgroup(struct answer *a, const struct source *s, uint64_t inode)
{
	struct buf b = {0};

	if (!inode)
		answer_add_text(a, "memcg", "none");
	else if (s->ops->cgroup(s, inode, &b))
		answer_add_name(a, "memcg", b.s);
	else
		answer_add_number(a, "memcg_inode", inode);
	buf_free(&b);
}

/* The bitmap is up to date, which the flag in kpageflags need not be. */
static void
page_facts_idle(struct answer *a, const struct source *s, uint64_t pfn)
{
	bool idle;

	if (s->ops->idle && pfn && s->ops->idle(s, pfn, &idle))
		answer_add_number(a, "idle", idle)->note =
		    idle ? "marked idle, and not used since"
		         : "used since it was marked idle, if it was";
}

void
answer_add_frame(struct answer *a, const struct page *pg, const struct target *t, uint64_t in_page)
{
	const char *why = page_hidden_why(pg, source_has(t->source, FRAME_FLAGS),
	                                  source_lack(t->source));
	uint64_t pfn = page_pfn(pg);

	if (!(pg->known & PAGE_WORD) || !(pg->word & PM_PRESENT))
		return;
	if (pfn) {
		answer_add_hex(a, "pfn", pfn);
		answer_add_hex(a, "physical", pfn * t->page_size + in_page);
	} else {
		answer_add_unknown(a, "pfn", why);
		answer_add_unknown(a, "physical", why);
	}
	if (pg->known & PAGE_COUNT)
		answer_add_number(a, "mapcount", pg->count);
	else
		answer_add_unknown(a, "mapcount",
		                   why ? why : "hidden (/proc/kpagecount is for root)");
	if (pg->known & PAGE_AVERAGED)
		answer_add_text(a, "mapcount_of", "its folio: an average");
	if (pg->known & PAGE_FLAGS)
		page_facts_kpf(a, pg);
	else
		answer_add_unknown(a, "flags", why);
	if (pg->known & PAGE_CGROUP)
		page_facts_cgroup(a, t->source, pg->cgroup);
	page_facts_idle(a, t->source, pfn);
}

/*
 * Counts the pages of the folio that this process maps, each at the address where it must be if the
 * folio is mapped as a whole.
 */
static void
page_count_folio(struct folio_here *f, const struct target *t, const struct vma *v, uint64_t addr,
                 const struct page *pg)
{
	uint64_t words[512], size = t->page_size, n = UINT64_C(1) << pg->order,
			     share[FOLIO_BAR] = {0};
	struct err ignored;

	f->order = pg->order;
	f->head = pg->folio;
	f->index = page_pfn(pg) - pg->folio;
	for (uint64_t i = 0; i < n; i += ARRAY_LEN(words)) {
		uint64_t many = u64_min(n - i, ARRAY_LEN(words)), at = addr + (i - f->index) * size;

		if (source_words(t->source, at, words, many, &ignored) != (ssize_t)many)
			continue;
		for (uint64_t k = 0; k < many; k++) {
			uint64_t here = at + k * size;

			if (here < v->start || here >= v->end || !(words[k] & PM_PRESENT) ||
			    (words[k] & PM_PFN_MASK) != f->head + i + k)
				continue;
			f->mapped++;
			share[(i + k) * FOLIO_BAR / n]++;
		}
	}
	for (unsigned i = 0; i < FOLIO_BAR; i++)
		f->bar[i] =
		    (uint8_t)(n < FOLIO_BAR ? (share[i * n / FOLIO_BAR * FOLIO_BAR / n] ? 8 : 0)
		                            : eighths(share[i], n / FOLIO_BAR));
}

static void
page_facts_folio(struct answer *a, const struct target *t, const struct vma *v, uint64_t addr,
                 const struct page *pg)
{
	if (!(pg->known & PAGE_FOLIO))
		return;
	answer_add_number(a, "folio_order", pg->order);
	if (!pg->order)
		return;
	page_count_folio(&a->folio, t, v, addr, pg);
	answer_add_hex(a, "folio_head", a->folio.head);
	answer_add_number(a, "folio_index", a->folio.index);
	answer_add_number(a, "folio_pages", UINT64_C(1) << pg->order);
	answer_add_number(a, "folio_mapped", a->folio.mapped);
}

static void
page_facts_word(struct answer *a, const struct page *pg)
{
	struct buf b = {0};

	buf_fmt(&b, "0x%016llx", (unsigned long long)pg->word);
	answer_add(a, "pagemap", &b);
	if (!(pg->word & ~PM_PFN_MASK))
		return;
	flag_names(&b, FLAG_PM, pg->word & ~PM_PFN_MASK, ",");
	answer_add(a, "pagemap_bits", &b);
}

/* The last 32 epochs, oldest first, one digit each. */
static void
page_facts_recent(struct answer *a, const struct track_past *p)
{
	struct buf b = {0};

	for (uint32_t i = p->epochs < 32 ? p->epochs : 32; i-- > 0;)
		buf_str(&b, p->recent >> i & 1 ? "1" : "0");
	answer_add(a, "written_recent", &b);
}

static void
page_facts_past(struct answer *a, const struct track_past *p)
{
	const char *why = track_past_why(p);

	if (p->epochs)
		answer_add_number(a, "epochs", p->epochs);
	else
		answer_add_unknown(a, "epochs", why);
	if (why && !p->written) {
		answer_add_unknown(a, "written_in", why);
		answer_add_unknown(a, "written_recent", why);
		return;
	}
	answer_add_number(a, "written_in", p->written)->note = why;
	page_facts_recent(a, p);
}

struct answer *
answer_symbol(struct target *t, const struct vma_list *vmas, uint64_t addr)
{
	struct answer *a = answer_new();
	struct symbol_more more = {0};
	struct buf b = {0};
	struct err bar;

	a->place = addr;
	if (symbol_at(t, vmas, addr, &b, &more))
		answer_add_name(a, "symbol", b.s);
	else if (symbol_source(vmas, addr) && t->source->ops->late(t->source))
		answer_add_unknown(a, "symbol", "reading its file takes too long");
	else if (symbol_source(vmas, addr) && source_is_barred(t->source, &bar))
		answer_add_unknown(a, "symbol", "no process can be started to read its file");
	if (more.mangled.s)
		answer_add_name(a, "mangled", more.mangled.s); /* the name that other tools know */
	if (more.line) {
		answer_add_name(a, "source_file", more.source.s);
		answer_add_number(a, "source_line", more.line);
	}
	buf_free(&b);
	buf_free(&more.mangled);
	buf_free(&more.source);
	return a;
}

struct answer *
answer_symbol_and_writers(struct target *t, struct codes *codes, const struct vma_list *vmas,
                          uint64_t addr)
{
	struct answer *a = answer_symbol(t, vmas, addr);

	if (!t->causes)
		return a;
	a->writers = mem_alloc(sizeof(*a->writers));
	writers_of_page(t, codes, vmas, addr, a->writers);
	return a;
}

static void
page_facts_symbol(struct answer *a, const struct answer *symbol)
{
	for (size_t i = 0; symbol && i < symbol->n; i++) {
		const struct fact *f = &symbol->f[i];
		struct fact *added = answer_add_text(a, f->key, f->value);

		added->note = f->note;
		added->number = f->number;
	}
}

/* The region on one side of an address that is in none, and how far away it is. */
static void
page_facts_neighbour(struct answer *a, const char *key, const struct vma *v, uint64_t distance)
{
	struct buf b = {0};
	char size[8];

	buf_fmt(&b, "%llx-%llx ", (unsigned long long)v->start, (unsigned long long)v->end);
	text_escape(&b, vma_shown_name(v), strlen(vma_shown_name(v)), false);
	buf_fmt(&b, ", %s away", size_text(size, distance));
	answer_add(a, key, &b);
}

/*
 * Addresses that no process can have: with 48 or 57 bits, the highest bit fills those above. top:
 * where the process's regions end.
 */
static const char *
page_outside(uint64_t addr, uint64_t top)
{
#if defined(__x86_64__)
	enum { BITS = 57 };
	uint64_t above = addr >> (BITS - 1);

	if (above && above != UINT64_MAX >> (BITS - 1))
		return ": not a canonical address, which no process can have";
	if (above)
		return ": an address of the kernel";
	/* with 5-level page tables a process may ask for more: this one has not */
	if (addr >> 47 && top <= UINT64_C(1) << 47)
		return ": above the 128 TiB of a process (64 PiB with 5-level page tables)";
#endif
	(void)addr;
	(void)top;
	return NULL;
}

/* Of the kernel's half, as [vsyscall] is: no neighbour of a process's memory. */
static bool
page_is_far(const struct vma *v)
{
	return v->start >> 63;
}

static uint64_t
page_top(const struct vma_list *vmas)
{
	size_t n = vmas->n;

	while (n && page_is_far(&vmas->v[n - 1]))
		n--;
	return n ? vmas->v[n - 1].end : 0;
}

static struct answer *
answer_gap(const struct vma_list *vmas, uint64_t addr)
{
	struct answer *a = answer_new();
	size_t next = vma_lower_bound(vmas, addr);
	const struct vma *below = next ? &vmas->v[next - 1] : NULL;
	const struct vma *above = next < vmas->n ? &vmas->v[next] : NULL;
	const char *outside = page_outside(addr, page_top(vmas));
	struct buf b = {0};
	char size[8];

	if (above && page_is_far(above))
		above = NULL;

	answer_add_hex(a, "address", addr);
	answer_add_text(a, "region", "")->note = "none: nothing is mapped here";
	if (below && !outside)
		page_facts_neighbour(a, "below", below, addr - below->end);
	if (above && !outside)
		page_facts_neighbour(a, "above", above, above->start - addr);
	buf_fmt(&b, "0x%llx is not mapped", (unsigned long long)addr);
	if (outside)
		buf_str(&b, outside);
	else if (below && above)
		buf_fmt(&b, ": in the gap of %s between %llx and %llx",
		        size_text(size, above->start - below->end), (unsigned long long)below->end,
		        (unsigned long long)above->start);
	else
		buf_str(&b, below ? ": above every region" : ": below every region");
	a->line = b.s;
	return a;
}

/*
 * In a recording: when its frame was looked up, if that was seconds before the sample; and when it
 * was the same after that.
 */
static void
page_fact_looked(struct answer *a, struct source *s, uint64_t addr)
{
	const struct source_time *time = s->ops->time;
	uint64_t again = 0;
	uint64_t at = time && a->page.word & PM_PRESENT ? time->looked(s, addr, &again) : 0;
	struct timeline *line;
	char text[TIMELINE_TEXT], now[TIMELINE_TEXT];

	if (!at || at >= source_now(s))
		return;
	line = time->line(s);
	if (strcmp(timeline_clock(line, at, text), timeline_clock(line, source_now(s), now)) != 0) {
		answer_add_text(a, "frame_as_of", text);
		if (again)
			answer_add_text(a, "frame_same_at", timeline_clock(line, again, now));
	}
	timeline_unref(line);
}

struct answer *
answer_page_with(struct target *t, const struct vma_list *vmas, uint64_t addr,
                 struct answer *symbol, struct err *err)
{
	const struct vma *v = vma_at(vmas, addr);
	uint64_t base = addr & ~(uint64_t)(t->page_size - 1);
	uint64_t written = track_time(&t->track, base);
	struct page pg;
	struct answer *a;
	struct buf b = {0};

	if (!v)
		return answer_gap(vmas, addr);
	if (walk_page(t, v, base, PAGE_NEED_ALL, &pg, err) < 0)
		return NULL;
	a = answer_new();
	a->has_place = a->has_page = true;
	a->place = addr;
	a->page = pg;
	a->written_ns = written;
	a->looked_up = answer_ref(symbol);
	a->past = track_past(&t->track, v->start, base);
	answer_add_hex(a, "address", addr);
	page_facts_region(a, v, addr);
	page_facts_symbol(a, symbol);
	answer_add_text(a, "state", state_row((enum state)pg.state)->name);
	if (pg.known & PAGE_WORD)
		page_facts_word(a, &pg);
	if (pg.known & PAGE_WORD && t->track.clears)
		page_facts_past(a, &a->past);
	page_facts_swap(a, &pg, t->source);
	answer_add_frame(a, &pg, t, addr - base);
	page_fact_looked(a, t->source, base);
	page_facts_folio(a, t, v, base, &pg);
	if (pg.known & PAGE_NODE)
		answer_add_number(a, "node", (uint64_t)pg.node);
	answer_place(&b, vmas, v, addr);
	buf_str(&b, ": ");
	page_sentence(&b, &pg, tracker_words(t->track.tracker)->verb, t->track.clears, written,
	              source_now(t->source));
	a->line = b.s;
	return a;
}

struct answer *
answer_page(struct target *t, const struct vma_list *vmas, uint64_t addr, struct err *err)
{
	struct answer *symbol = answer_symbol(t, vmas, addr);
	struct answer *a = answer_page_with(t, vmas, addr, symbol, err);

	answer_unref(symbol);
	return a;
}
