/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/summary.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "target/walk.h"

enum {
	PSS_SHIFT = 12, /* as in the kernel's smaps: fractions of a byte */
};

static const struct summary_share_row summary_share_rows[SHARE_COUNT] = {
    [SHARE_0] = {0, "0", "the zero page, or one that the kernel does not count"},
    [SHARE_1] = {1, "1", "mapped once"},
    [SHARE_2] = {2, "2-3", "mapped two or three times, by anyone"},
    [SHARE_4] = {4, "4-15", "mapped 4 to 15 times, by anyone"},
    [SHARE_16] = {16, "16-63", "mapped 16 to 63 times, by anyone"},
    [SHARE_64] = {64, "64+", "mapped 64 times or more, by anyone"},
    [SHARE_EXCLUSIVE] = {0, "exclusive", "count hidden; mapped once per the page table (bit 56)"},
    [SHARE_REST] = {0, "shared", "count hidden; bit 56 is clear: shared, or the zero page"},
    [SHARE_NO_COUNT] = {0, "device", "device memory: it has no count"},
};

const struct summary_share_row *
summary_share_row(enum summary_share s)
{
	return &summary_share_rows[s];
}

const char *
summary_kind_name(enum page_kind k)
{
	static const char *const names[KIND_COUNT] = {
	    [KIND_ANON] = "anon",       [KIND_FILE] = "file", [KIND_SHMEM] = "shmem",
	    [KIND_HUGETLB] = "hugetlb", [KIND_ZERO] = "zero", [KIND_KERNEL] = "kernel",
	};

	return names[k];
}

void
summary_init(struct summary *s, size_t page_size, bool pmd_known)
{
	*s = (struct summary){.page_size = page_size, .pmd_known = pmd_known};
}

void
summary_free(struct summary *s)
{
	free(s->flags);
	pfnset_free(&s->heads);
	s->flags = NULL;
	s->flags_n = s->flags_cap = 0;
}

/* --- flags ------------------------------------------------------------------------------------ */

static struct summary_flags *
summary_flags_insert(struct summary *s, size_t at, uint64_t kpf)
{
	s->flags = vec_room(s->flags, s->flags_n, &s->flags_cap, sizeof(*s->flags));
	memmove(s->flags + at + 1, s->flags + at, (s->flags_n - at) * sizeof(*s->flags));
	s->flags[at] = (struct summary_flags){.kpf = kpf};
	s->flags_n++;
	return &s->flags[at];
}

/* Neighbours are mostly alike, so the last combination is tried first. */
static void
summary_add_flags(struct summary *s, const struct page *pg, uint64_t n)
{
	size_t at;

	if (!(pg->known & PAGE_FLAGS)) {
		s->flags_unknown += n;
		return;
	}
	if (s->flags_last < s->flags_n && s->flags[s->flags_last].kpf == pg->kpf) {
		s->flags[s->flags_last].pages += n;
		return;
	}
	at = vec_above(s->flags, s->flags_n, sizeof(*s->flags), offsetof(struct summary_flags, kpf),
	               pg->kpf);
	if (at > 0 && s->flags[at - 1].kpf == pg->kpf)
		at--;
	else
		summary_flags_insert(s, at, pg->kpf);
	s->flags[at].pages += n;
	s->flags_last = at;
}

/* --- sharing ---------------------------------------------------------------------------------- */

static enum summary_share
summary_share_of_count(uint64_t count)
{
	enum summary_share s = SHARE_64;

	while (count < summary_share_rows[s].from)
		s--;
	return s;
}

static enum summary_share
summary_share_of(const struct page *pg)
{
	if (pg->known & PAGE_COUNT)
		return summary_share_of_count(pg->count);
	if (pg->known & PAGE_NO_RECORD)
		return SHARE_NO_COUNT;
	return pg->word & PM_EXCLUSIVE ? SHARE_EXCLUSIVE : SHARE_REST;
}

static void
summary_add_share(struct summary *s, const struct page *pg, uint64_t n)
{
	enum summary_share share = summary_share_of(pg);
	uint64_t size = (uint64_t)s->page_size << PSS_SHIFT;

	s->by_share[share] += n;
	if (pg->known & PAGE_AVERAGED)
		s->averaged[share] += n;
	if (pg->state == STATE_HUGETLB || pg->state == STATE_ZERO)
		return;
	if (share == SHARE_1 || share == SHARE_EXCLUSIVE)
		s->pss += n * size;
	else if (share == SHARE_REST)
		s->pss_unknown += n;
	else if (share != SHARE_0 && share != SHARE_NO_COUNT)
		s->pss += n * (size / pg->count);
}

uint64_t
summary_averaged(const struct summary *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < SHARE_COUNT; i++)
		n += s->averaged[i];
	return n;
}

bool
summary_pss(const struct summary *s, uint64_t *bytes)
{
	*bytes = s->pss >> PSS_SHIFT;
	return !s->pss_unknown;
}

/* --- folios ----------------------------------------------------------------------------------- */

static enum summary_fit
summary_fit_of(const struct summary_run *run, uint64_t pages, size_t page_size)
{
	uint64_t whole = UINT64_C(1) << run->order;

	if (run->pmd)
		return FIT_PMD;
	if (run->pfn != run->folio || pages != whole)
		return FIT_PARTIAL;
	return run->start % (whole * page_size) ? FIT_UNALIGNED : FIT_ALIGNED;
}

static void
summary_end_run(struct summary *s)
{
	struct summary_run *run = &s->run;
	struct summary_folios *f = &s->folios[run->kind][run->order];
	uint64_t pages = run->next_pfn - run->pfn;

	if (!run->next_pfn)
		return;
	f->met += pfnset_add(&s->heads, run->folio);
	f->pages[summary_fit_of(run, pages, s->page_size)] += pages;
	run->next_pfn = 0;
}

static void
summary_begin_run(struct summary *s, const struct vma *v, uint64_t addr, const struct page *pg,
                  bool pmd)
{
	summary_end_run(s);
	s->run = (struct summary_run){.start = addr,
	                              .pfn = page_pfn(pg),
	                              .folio = pg->folio,
	                              .order = pg->order,
	                              .kind = (uint8_t)page_kind(pg, v),
	                              .pmd = pmd};
}

/* n pages, alike but for their frames, which follow each other if they are of a large folio. */
static void
summary_add_folio(struct summary *s, const struct vma *v, uint64_t addr, const struct page *pg,
                  uint64_t n)
{
	struct summary_run *run = &s->run;
	uint64_t pfn = page_pfn(pg);
	bool pmd = s->pmd_known && pg->cats & PM_CAT_HUGE;

	if (!(pg->known & PAGE_FOLIO) || pg->order >= SUMMARY_ORDERS) {
		s->folios_unknown += n;
		return;
	}
	if (addr != run->next || pfn != run->next_pfn || pg->folio != run->folio ||
	    pg->order != run->order || pmd != run->pmd)
		summary_begin_run(s, v, addr, pg, pmd);
	run->next = addr + n * s->page_size;
	run->next_pfn = pfn + n;
}

void
summary_end(struct summary *s)
{
	summary_end_run(s);
}

/* --- pages ------------------------------------------------------------------------------------ */

static void
summary_add_state(struct summary *s, struct summary_type *type, enum state st, uint64_t n)
{
	s->pages += n;
	s->by_state[st] += n;
	type->pages += n;
	type->swap += st == STATE_SWAPPED ? n : 0;
	type->unreadable += st == STATE_UNREADABLE ? n : 0;
}

static void
summary_add_present(struct summary *s, struct summary_type *type, const struct page *pg, uint64_t n)
{
	s->present += n;
	s->hidden += page_hidden(pg) ? n : 0;
	type->hugetlb += pg->state == STATE_HUGETLB ? n : 0;
	type->rss += pg->state != STATE_HUGETLB && pg->state != STATE_ZERO ? n : 0;
	summary_add_flags(s, pg, n);
	summary_add_share(s, pg, n);
}

static void
summary_region(struct summary *s, const struct vma *v)
{
	summary_end_run(s);
	s->regions++;
	s->by_type[v->type].regions++;
}

/* Each is whole. What is mapped once is met once; only the others need to be looked for. */
static void
summary_add_singles(struct summary *s, const struct vma *v, const struct page *pages, size_t n)
{
	struct summary_folios *f = &s->folios[page_kind(&pages[0], v)][0];

	summary_end_run(s);
	f->pages[FIT_ALIGNED] += n;
	if (pages[0].word & PM_EXCLUSIVE)
		f->met += n;
	for (size_t i = 0; i < n && !(pages[0].word & PM_EXCLUSIVE); i++)
		f->met += pfnset_add(&s->heads, pages[i].folio);
}

void
summary_pages(struct summary *s, const struct vma *v, uint64_t addr, const struct page *pages,
              size_t n)
{
	struct summary_type *type = &s->by_type[v->type];

	for (size_t i = 0, k; i < n; i += k) {
		const struct page *pg = &pages[i];
		uint64_t at = addr + i * s->page_size;

		for (k = 1; i + k < n && pages[i + k].like;)
			k++;
		summary_add_state(s, type, (enum state)pg->state, k);
		if (!(pg->known & PAGE_WORD) || !(pg->word & PM_PRESENT))
			continue;
		summary_add_present(s, type, pg, k);
		if (pg->known & PAGE_FOLIO && !pg->order && !(pg->cats & PM_CAT_HUGE))
			summary_add_singles(s, v, pg, k);
		else
			for (size_t j = 0; j < k; j++)
				summary_add_folio(s, v, at + j * s->page_size, &pg[j], 1);
	}
}

static void
summary_gap(struct summary *s, const struct vma *v, uint64_t start, uint64_t end,
            const struct page *each)
{
	struct summary_type *type = &s->by_type[v->type];

	summary_add_state(s, type, (enum state)each->state, (end - start) / s->page_size);
	type->swap_unknown |= page_may_be_out(each, v);
}

const char *
summary_hidden_why(const struct summary *s)
{
	if (!s->present)
		return NULL;
	if (s->hidden == s->present)
		return page_hidden_words(s->lack);
	if (s->no_flags && s->lack)
		return page_hidden_words(s->lack);
	return s->no_flags ? "hidden (/proc/kpageflags is for root)" : NULL;
}

/* --- the walk --------------------------------------------------------------------------------- */

struct adding {
	struct summary *s;
	const struct vma *v;
};

static int
summary_add_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	const struct adding *a = arg;

	summary_pages(a->s, a->v, addr, pages, n);
	return 0;
}

static int
summary_add_alike(void *arg, uint64_t addr, const struct page *first, const uint64_t *words,
                  size_t n)
{
	const struct adding *a = arg;
	struct summary_type *type = &a->s->by_type[a->v->type];

	(void)addr, (void)words;
	summary_add_state(a->s, type, (enum state)first->state, n);
	summary_add_present(a->s, type, first, n);
	summary_add_singles(a->s, a->v, first, n);
	return 0;
}

static void
summary_add_part(const struct adding *a, uint64_t addr, const struct page *each, uint64_t n)
{
	struct summary_type *type = &a->s->by_type[a->v->type];

	summary_add_state(a->s, type, (enum state)each->state, n);
	summary_add_present(a->s, type, each, n);
	summary_add_folio(a->s, a->v, addr, each, n);
}

static int
summary_add_huge(void *arg, uint64_t addr, const struct page *head, const struct page *tail)
{
	const struct adding *a = arg;

	summary_add_part(a, addr, head, 1);
	summary_add_part(a, addr + a->s->page_size, tail, (UINT64_C(1) << head->order) - 1);
	return 0;
}

static int
summary_add_gap(void *arg, uint64_t start, uint64_t end, const struct page *each)
{
	const struct adding *a = arg;

	summary_gap(a->s, a->v, start, end, each);
	return 0;
}

int
summary_add(struct summary *s, struct target *t, const struct vma *v, uint64_t start, uint64_t end,
            struct err *err)
{
	static const struct walk_fns fns = {.pages = summary_add_pages, .huge = summary_add_huge,
	                                    .alike = summary_add_alike, .gap = summary_add_gap};
	static const struct walk_options o = {
	    .needs = PAGE_NEED_FLAGS | PAGE_NEED_COUNT | PAGE_NEED_FOLIO | PAGE_NEED_CACHE,
	};
	struct adding a = {s, v};

	s->no_flags = !source_has(t->source, FRAME_FLAGS);
	s->lack = source_lack(t->source);
	summary_region(s, v);
	return walk_pages(t, v, start, end, &o, &fns, &a, err);
}
