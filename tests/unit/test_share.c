/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * With whom memory is shared, on a made-up set of processes: what each maps is known, so are the
 * kernel's counts, and so must be the answers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "cause/causes.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "share/frameset.h"
#include "share/share.h"
#include "share/unshared.h"
#include "tap.h"
#include "target/symbol.h"

enum { PAGE = 4096, SEGS = 6, PROCS = 9 };

/* Frames by kind; what is in swap has its place instead. */
enum { ANON = 0x10000, FILES = 0x20000, SHM = 0x30000, KSM = 0x40000, HUGE = 0x50000, FOLIO = 0x60000, ZERO = 0x70 };
#define SWAPPED_AT(n) (PM_SWAPPED | (uint64_t)(n) << 5)

/* n pages from addr, with frames (or places in swap) one after the other. */
struct seg {
	uint64_t addr, pfn;
	size_t n;
	bool same; /* all of the one frame */
	bool swap;
};

struct made_process {
	pid_t pid, parent;
	int space; /* which address space it has */
	const char *maps;
	struct seg seg[SEGS];
	bool refused;
};

struct made {
	struct source base;
	const struct made_process *v;
	bool hidden;             /* frames are */
	enum truth averages;
	bool never_merged;       /* KSM has never run */
	size_t flags;            /* looked up */
	uint64_t gone;           /* a frame of the target that is another's after the first visit */
	unsigned visits;
	uint64_t ns;             /* the time */
	unsigned anon_reads;     /* of [heap] in others, more than a page */
	size_t room;             /* how many others may be open */
	uint64_t most;           /* how often a page of the heap is mapped at most; 0: not known */
	uint64_t in_ram;         /* pages that the kernel looks at for that */
	size_t counts;           /* looked up */
	uint64_t skipped;        /* pages that were looked at for the next one that is there */
};

static struct made *
made_of(const struct source *s)
{
	return (struct made *)(uintptr_t)s;
}

/* What a process has at an address, without the bits that depend on others; 0: nothing. */
static uint64_t
made_entry(const struct made_process *p, uint64_t addr)
{
	for (size_t i = 0; i < SEGS; i++) {
		const struct seg *g = &p->seg[i];
		uint64_t k = (addr - g->addr) / PAGE;

		if (addr < g->addr || k >= g->n)
			continue;
		k = g->same ? 0 : k;
		return g->swap ? SWAPPED_AT(g->pfn + k) : PM_PRESENT | (g->pfn + k);
	}
	return 0;
}

/* kpagecount: mappings in all address spaces, each once. */
static uint64_t
made_count(const struct made *m, uint64_t pfn)
{
	uint64_t n = 0;

	for (const struct made_process *p = m->v; p->pid; p++) {
		bool twin = false;

		for (const struct made_process *q = m->v; q < p; q++)
			twin |= q->space == p->space;
		for (size_t i = 0; i < SEGS && !twin; i++)
			n += p->seg[i].swap  ? 0
			     : p->seg[i].same ? (p->seg[i].pfn == pfn ? p->seg[i].n : 0)
			                      : pfn - p->seg[i].pfn < p->seg[i].n;
	}
	return pfn >= HUGE && pfn < HUGE + 0x1000 ? 1 : n; /* a page table of huge pages is shared */
}

static uint64_t
made_word(const struct made *m, const struct made_process *p, uint64_t addr)
{
	uint64_t word = made_entry(p, addr), pfn = word & PM_PFN_MASK;

	if (!(word & PM_PRESENT))
		return m->hidden ? word & ~PM_PFN_MASK : word;
	if (pfn == m->gone && p == m->v && m->visits)
		return PM_PRESENT | (ANON + 0xfff);
	if ((pfn >= FILES && pfn < KSM) || (pfn >= HUGE && pfn < FOLIO))
		word |= PM_FILE;
	if (made_count(m, pfn) == 1)
		word |= PM_EXCLUSIVE;
	return m->hidden ? word & ~PM_PFN_MASK : word;
}

static uint64_t
made_flags(uint64_t pfn)
{
	if (pfn == ZERO)
		return KPF_ZERO_PAGE | KPF_RESERVED;
	if (pfn >= FOLIO)
		return KPF_ANON | KPF_UPTODATE | KPF_SWAPBACKED | KPF_THP |
		       (pfn % 512 ? KPF_COMPOUND_TAIL : KPF_COMPOUND_HEAD);
	if (pfn >= HUGE)
		return KPF_HUGE | (pfn % 512 ? KPF_COMPOUND_TAIL : KPF_COMPOUND_HEAD);
	if (pfn >= KSM)
		return KPF_ANON | KPF_KSM | KPF_UPTODATE | KPF_SWAPBACKED;
	if (pfn >= SHM)
		return KPF_SWAPBACKED | KPF_UPTODATE;
	return pfn >= FILES ? KPF_UPTODATE : KPF_ANON | KPF_UPTODATE | KPF_SWAPBACKED;
}

static ssize_t
made_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	(void)err;
	for (size_t i = 0; i < n; i++)
		words[i] = made_word(made_of(s), made_of(s)->v, addr + i * PAGE);
	return (ssize_t)n;
}

static void
made_frames(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n, uint64_t *out, bool *ok)
{
	for (size_t i = 0; i < n; i++) {
		ok[i] = true;
		((struct made *)(uintptr_t)s)->flags += file == FRAME_FLAGS;
		((struct made *)(uintptr_t)s)->counts += file == FRAME_COUNT;
		out[i] = file == FRAME_FLAGS ? made_flags(pfn[i]) : made_count(made_of(s), pfn[i]);
	}
}

/* --- the others ------------------------------------------------------------------------------- */

static const struct made_process *
made_process(const struct made *m, const struct other *o)
{
	const struct made_process *p = m->v;

	while (o && p->pid != o->pid)
		p++;
	return p;
}

static int
others_made_list(struct source *s, pid_t **pids, size_t *n, struct err *err)
{
	(void)err;
	*pids = mem_alloc(PROCS * sizeof(**pids));
	*n = 0;
	for (const struct made_process *p = made_of(s)->v + 1; p->pid; p++)
		(*pids)[(*n)++] = p->pid;
	return 0;
}

static struct other *
others_made_begin(struct source *s, pid_t pid, bool *refused)
{
	struct other *o = mem_alloc(sizeof(*o));

	*o = (struct other){.pid = pid, .tid = pid};
	*refused = made_process(made_of(s), o)->refused;
	made_of(s)->visits++;
	if (!*refused)
		return o;
	free(o);
	return NULL;
}

static void
others_made_end(struct other *o)
{
	free(o);
}

static size_t
others_made_words(struct source *s, struct other *o, uint64_t addr, uint64_t *words, size_t n)
{
	made_of(s)->anon_reads += o && n > 1 && addr < 0x20000000;
	for (size_t i = 0; i < n; i++)
		words[i] = made_word(made_of(s), made_process(made_of(s), o), addr + i * PAGE);
	return n;
}

static size_t
others_made_room(struct source *s)
{
	return made_of(s)->room;
}

static bool
others_made_most(struct source *s, uint64_t pages, struct mapmax *out)
{
	const struct made *m = made_of(s);

	*out = (struct mapmax){0};
	if (!m->most || pages < m->in_ram)
		return false;
	out->v = mem_alloc(sizeof(*out->v));
	out->v[out->n++] = (struct mapmax_row){.start = 0x10000000, .most = m->most};
	return true;
}

static uint64_t
others_made_next(struct source *s, const struct other *o, uint64_t addr, uint64_t end)
{
	uint64_t from = addr;

	while (addr < end && !made_entry(made_process(made_of(s), o), addr))
		addr += PAGE;
	made_of(s)->skipped += (addr - from) / PAGE;
	return addr;
}

static bool
others_made_regions(struct source *s, const struct other *o, struct vma_list *out)
{
	size_t odd;

	vma_parse(out, mem_strdup(made_process(made_of(s), o)->maps), &odd);
	return true;
}

static bool
others_made_name(struct source *s, const struct other *o, struct other_name *out)
{
	const struct made_process *p = made_process(made_of(s), o);

	out->parent = p->parent;
	snprintf(out->comm, sizeof(out->comm), "p%d", (int)p->pid);
	return true;
}

static enum others_order
others_made_compare(struct source *s, pid_t a, pid_t b)
{
	const struct made_process *p = made_of(s)->v, *q = p;

	while (a && p->pid != a)
		p++;
	while (b && q->pid != b)
		q++;
	return p->space == q->space ? OTHERS_SAME : p->space < q->space ? OTHERS_LESS : OTHERS_MORE;
}

static enum truth
others_made_averages(const struct source *s)
{
	return made_of(s)->averages;
}

static bool
others_made_merges(struct source *s)
{
	return !made_of(s)->never_merged;
}

static const struct source_others made_others = {
    .list = others_made_list, .begin = others_made_begin, .end = others_made_end,
    .room = others_made_room, .most = others_made_most, .words = others_made_words,
    .next = others_made_next, .regions = others_made_regions, .name = others_made_name,
    .compare = others_made_compare, .averages = others_made_averages, .merges = others_made_merges,
};

static uint64_t
made_clock(const struct source *s)
{
	return made_of(s)->ns;
}

static const struct source_ops made_ops = {.clock = made_clock, .words = made_words, .frames = made_frames, .others = &made_others};

/* --- the set ---------------------------------------------------------------------------------- */

#define HEAP "10000000-10100000 rw-p 00000000 00:00 0 [heap]\n"
#define LIB(at) at "000000-" at "100000 r-xp 00000000 08:01 7 /lib/made-up.so\n"

/*
 * The target has 8 anonymous pages that it shares with its child, 4 of its own, 3 pages of one KSM
 * frame, 2 places in swap, the zero page; 8 pages of a library, the first of which is mapped by
 * all; huge pages.
 */
static const struct made_process set[PROCS] = {
    {100, 1, 1, HEAP LIB("20") "30000000-30200000 rw-s 00000000 00:10 9 /dev/hugepages/pool\n",
     {{0x10000000, ANON, 8, false, false}, {0x10010000, ANON + 100, 4, false, false},
      {0x10020000, KSM, 3, true, false}, {0x10030000, 64, 2, false, true}, {0x20000000, FILES, 8, false, false},
      {0x30000000, HUGE, 4, false, false}}, false},
    /* the child: has written 2 of the 8, and one place in swap is its own */
    {101, 100, 2, HEAP LIB("20"),
     {{0x10000000, ANON + 50, 2, false, false}, {0x10002000, ANON + 2, 6, false, false},
      {0x10030000, 64, 1, false, true}, {0x10031000, 900, 1, false, true}, {0x20000000, FILES, 1, false, false}},
     false},
    /* the same address space again, and the target's */
    {102, 100, 2, HEAP LIB("20"),
     {{0x10000000, ANON + 50, 2, false, false}, {0x10002000, ANON + 2, 6, false, false},
      {0x10030000, 64, 1, false, true}, {0x10031000, 900, 1, false, true}, {0x20000000, FILES, 1, false, false}},
     false},
    /* 4 of the 8 at another address, where nothing leads but the frames; one is KSM's */
    {103, 100, 3, "50000000-50100000 rw-p 00000000 00:00 0 \n",
     {{0x50000000, ANON + 4, 4, false, false}, {0x50010000, KSM, 2, true, false}}, false},
    /* the library elsewhere; and the pool of huge pages */
    {104, 1, 4, LIB("70") "71000000-71200000 rw-s 00001000 00:10 9 /dev/hugepages/pool\n",
     {{0x70000000, FILES, 3, false, false}, {0x71000000, HUGE + 1, 2, false, false}}, false},
    /* not for us to look at: the library */
    {105, 1, 5, LIB("80"), {{0x80000000, FILES, 1, false, false}}, true},
    {0},
};

static void
made_open(struct made *m, struct target *t, struct vma_list *vmas, const struct made_process *v)
{
	size_t odd;

	*m = (struct made){.base = {.ops = &made_ops,
	                            .meta = {.pid = v->pid, .page_size = PAGE, .frames = 7,
	                                     .swaps = {.n = 1}, .zero_pfn = ZERO}},
	                   .v = v, .averages = TRUTH_NO, .room = 4};
	target_take(t, &m->base);
	vma_parse(vmas, mem_strdup(v->maps), &odd);
}

static const struct share_peer *
peer(const struct share *sh, pid_t pid)
{
	for (size_t i = 0; i < sh->n; i++)
		if (sh->v[i].pid == pid)
			return &sh->v[i];
	return NULL;
}

/* Pages of a peer: file, shm, anon, ksm, swap, both; 0 if it is none. */
static bool
peer_has(const struct share *sh, pid_t pid, const uint64_t want[6])
{
	const struct share_peer *p = peer(sh, pid);
	bool same = true;

	for (unsigned k = 0; k < SHARE_KINDS; k++)
		same &= (p ? p->pages[k] : 0) == want[k];
	return same && (p ? p->both : 0) == want[5];
}

/* --- tests ------------------------------------------------------------------------------------ */

static void
test_frameset(void)
{
	static const uint64_t keys[] = {0, 1, 63, 64, 4095, 4096, UINT64_C(1) << 40, UINT64_C(1) << 60, 77, 77};
	struct frameset fs = {0};
	bool seen[ARRAY_LEN(keys)] = {false}, once = true;

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		frameset_add(&fs, keys[i]);
	for (uint64_t i = 0; i < 1000; i++)
		frameset_add(&fs, (i + 10) << 20);
	frameset_seal(&fs);
	ok(fs.n == 1009, "each key once");
	for (size_t i = 0; i < 9; i++) {
		size_t at = frameset_index(&fs, keys[i]);

		once &= at < fs.n && (at >= ARRAY_LEN(seen) || !seen[at]);
		if (at < ARRAY_LEN(seen))
			seen[at] = true;
	}
	ok(once, "each has an index of its own");
	ok(frameset_index(&fs, 2) == FRAMESET_NONE && frameset_index(&fs, 4097) == FRAMESET_NONE &&
	       frameset_index(&fs, UINT64_C(1) << 50) == FRAMESET_NONE,
	   "others have none");
	frameset_free(&fs);
	ok(frameset_index(&fs, 1) == FRAMESET_NONE, "nor has any an empty set");
}

static void
test_sum(void)
{
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share *sh;

	made_open(&m, &t, &vmas, set);
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	if (!ok(sh, "a whole process"))
		return;
	ok(peer_has(sh, 101, (uint64_t[]){1, 0, 6, 0, 1, 2}), "the child: 6 of 8, 2 of them no third process's");
	ok(!peer(sh, 102), "the second process of its address space is not counted");
	ok(peer_has(sh, 103, (uint64_t[]){0, 0, 4, 1, 0, 0}), "one with pages at other addresses; a KSM frame once");
	ok(peer_has(sh, 104, (uint64_t[]){3, 2, 0, 0, 0, 0}), "a file elsewhere; huge pages, whose count says nothing");
	ok(!peer(sh, 105) && sh->reach.refused == 1, "one that may not be read");
	ok(sh->pages[SHARE_ANON] == 6 && sh->pages[SHARE_FILE] == 3 && sh->pages[SHARE_KSM] == 1 &&
	       sh->pages[SHARE_SWAP] == 1 && sh->pages[SHARE_SHM] == 2,
	   "what anybody shares");
	/* anon 6 + 4, KSM 2, the library's first page by 3 others, its next two by one */
	ok(sh->mapped == 6 + 4 + 2 + 3 + 2 && sh->found == sh->mapped - 1, "all mappings but the refused one's");
	/* pages 0 and 1, which the child wrote, and the 4 */
	ok(sh->freed == 6 && sh->freed_swap == 1, "what is nobody else's");
	ok(sh->v[0].pid == 101 && peer(sh, 101)->parent == 100 && !strcmp(peer(sh, 101)->comm, "p101") &&
	       !strcmp(share_relation(sh, peer(sh, 101)), "child"),
	   "who they are");
	share_free(sh);

	sh = share_sum(&t, &vmas, 0x10002000, 0x10004000, &err);
	ok(sh && sh->n == 1 && peer_has(sh, 101, (uint64_t[]){0, 0, 2, 0, 0, 2}) && !sh->freed, "two pages");
	share_free(sh);
	m.anon_reads = 0;
	sh = share_sum(&t, &vmas, 0x20000000, 0x20100000, &err);
	ok(sh && sh->found == sh->mapped - 1 && peer_has(sh, 104, (uint64_t[]){3, 0, 0, 0, 0, 0}) && !m.anon_reads,
	   "a mapping of a file is missing: it is in no memory without a file");
	share_free(sh);
	/* what else the target maps of the range's frames explains their counts */
	m.visits = 0;
	sh = share_sum(&t, &vmas, 0x10010000, 0x10014000, &err);
	ok(sh && !sh->n && sh->freed == 4 && !m.visits, "exclusive pages: nobody is asked");
	share_free(sh);
	vma_free(&vmas);
}

static void
test_changed(void)
{
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share *sh;
	struct share_places *p;

	made_open(&m, &t, &vmas, set);
	m.gone = ANON + 3;
	sh = share_sum(&t, &vmas, 0x10000000, 0x10100000, &err);
	ok(sh && sh->changed == 1 && peer_has(sh, 101, (uint64_t[]){0, 0, 5, 0, 1, 1}),
	   "a page that changed before the end is left out");
	share_free(sh);
	m.visits = 0;
	p = share_places(&t, &vmas, 0x10003000, &err);
	ok(!p && strstr(err.why, "changed"), "and is no answer about one page");
	share_places_free(p);
	vma_free(&vmas);
}

static void
test_plain(void)
{
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share *sh;

	made_open(&m, &t, &vmas, set);
	m.room = 0; /* no relative explains any */
	sh = share_sum(&t, &vmas, 0x10000000, 0x10008000, &err);
	ok(sh && m.flags == 6, "KSM may have merged pages: each frame has its flags looked up");
	share_free(sh);
	m.flags = 0;
	m.never_merged = true;
	sh = share_sum(&t, &vmas, 0x10000000, 0x10008000, &err);
	ok(sh && !m.flags && peer_has(sh, 101, (uint64_t[]){0, 0, 6, 0, 0, 2}), "it never did: no anonymous page");
	share_free(sh);
	m.averages = TRUTH_UNKNOWN;
	sh = share_sum(&t, &vmas, 0x10000000, 0x10008000, &err);
	ok(sh && m.flags == 6, "a large folio may be among them, whose count is an average: all again");
	share_free(sh);
	vma_free(&vmas);
}

static void
test_averages(void)
{
	static const struct made_process folio[] = {
	    {100, 1, 1, HEAP, {{0x10000000, FOLIO, 4, false, false}}, false},
	    {101, 1, 2, "50000000-50100000 rw-p 00000000 00:00 0 \n", {{0x50000000, FOLIO + 1, 1, false, false}}, false},
	    {102, 1, 3, HEAP, {{0x10000000, FOLIO, 4, false, false}}, false},
	    {0},
	};
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share *sh;
	struct share_places *p;

	made_open(&m, &t, &vmas, folio);
	m.averages = TRUTH_YES;
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	ok(sh && sh->uncounted == 4 && !sh->mapped && peer_has(sh, 101, (uint64_t[]){0, 0, 1, 0, 0, 0}) &&
	       peer_has(sh, 102, (uint64_t[]){0, 0, 4, 0, 0, 0}),
	   "counts that are averages are not believed, and all page tables are read");
	share_free(sh);
	p = share_places(&t, &vmas, 0x10001000, &err);
	ok(p && p->n == 3 && !p->count && p->averaged, "the same of one page");
	share_places_free(p);
	vma_free(&vmas);
}

static void
test_hidden(void)
{
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share *sh;
	struct share_places *p;

	made_open(&m, &t, &vmas, set);
	m.hidden = true;
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	ok(sh && sh->reach.method == SHARE_BY_FILE && peer_has(sh, 101, (uint64_t[]){1, 0, 0, 0, 0, 0}) &&
	       peer_has(sh, 104, (uint64_t[]){3, 2, 0, 0, 0, 0}),
	   "without frames files are compared by their places");
	ok(sh && sh->hidden == 9 && sh->freed == 6, "what may be shared besides is counted; what is not is known");
	share_free(sh);
	p = share_places(&t, &vmas, 0x20001000, &err);
	ok(p && p->reach.method == SHARE_BY_FILE && p->n == 2 && p->v[1].pid == 104 && p->v[1].addr == 0x70001000,
	   "one page of a file");
	share_places_free(p);
	p = share_places(&t, &vmas, 0x10004000, &err);
	ok(!p && strstr(err.how, "CAP_SYS_ADMIN"), "an anonymous page that is not ours alone: hidden");
	p = share_places(&t, &vmas, 0x10010000, &err);
	ok(p && p->n == 1 && p->count == 1, "one that is: nobody else's");
	share_places_free(p);
	ok(!unshared_find(&t, &vmas, 0, UINT64_MAX, false, &err) && strstr(err.how, "CAP_SYS_ADMIN"), "unshared: hidden");
	vma_free(&vmas);
}

static void
test_places(void)
{
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share_places *p;

	made_open(&m, &t, &vmas, set);
	p = share_places(&t, &vmas, 0x10005123, &err);
	ok(p && p->addr == 0x10005000 && p->n == 3 && p->count == 3 && p->v[1].pid == 101 && p->v[1].addr == 0x10005000 &&
	       p->v[2].pid == 103 && p->v[2].addr == 0x50001000,
	   "a page at the same address in the child, at another elsewhere");
	share_places_free(p);
	m.visits = 0;
	p = share_places(&t, &vmas, 0x10003000, &err);
	ok(p && p->n == 2 && m.visits == 1, "it ends once the count is explained");
	share_places_free(p);
	m.visits = 0;
	p = share_places(&t, &vmas, 0x10010000, &err);
	ok(p && p->n == 1 && !m.visits && p->v[0].has_vma && !strcmp(p->v[0].v.name, "[heap]"), "one that is exclusive");
	share_places_free(p);
	p = share_places(&t, &vmas, 0x20000000, &err);
	ok(p && p->n == 3 && p->count == 4 && p->reach.refused == 1, "3 of 4, one may not be read");
	share_places_free(p);
	p = share_places(&t, &vmas, 0x10020000, &err);
	ok(p && p->n == 5 && p->count == 5, "KSM: three here, two there");
	share_places_free(p);
	p = share_places(&t, &vmas, 0x30001000, &err);
	ok(p && p->n == 2 && !p->count && p->v[1].addr == 0x71000000, "a huge page, by file, whatever its count");
	share_places_free(p);
	p = share_places(&t, &vmas, 0x10030000, &err);
	ok(p && p->n == 2 && !p->count && p->v[1].pid == 101, "a page in swap");
	share_places_free(p);
	ok(!share_places(&t, &vmas, 0x10080000, &err) && err.status == ERR_TARGET, "a page that was never touched");
	ok(!share_places(&t, &vmas, 0x90000000, &err) && strstr(err.why, "nothing is mapped"), "and no region");
	vma_free(&vmas);
}

/* --- relatives, and parts --------------------------------------------------------------------- */

static bool
share_same(const struct share *a, const struct share *b)
{
	bool same = a && b && a->n == b->n && a->mapped == b->mapped && a->found == b->found && a->freed == b->freed &&
	            a->freed_swap == b->freed_swap && a->uncounted == b->uncounted && a->changed == b->changed &&
	            a->kernel == b->kernel && a->hidden == b->hidden && a->reach.refused == b->reach.refused &&
	            !memcmp(a->pages, b->pages, sizeof(a->pages));

	for (size_t i = 0; same && i < a->n; i++)
		same = a->v[i].pid == b->v[i].pid && a->v[i].both == b->v[i].both &&
		       !memcmp(a->v[i].pages, b->v[i].pages, sizeof(a->v[i].pages));
	return same;
}

/* Whether a search without relatives, and in parts of at most `most` pages, has the same answers. */
static bool
share_agrees(struct made *m, struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end, size_t most)
{
	struct err err = {0};
	struct share *a, *b;
	size_t room = m->room;
	bool same;

	a = share_sum(t, vmas, start, end, &err);
	m->room = most % 2 ? 0 : room;
	b = share_sum_by(t, vmas, start, end, most, &err);
	m->room = room;
	same = share_same(a, b);
	share_free(a);
	share_free(b);
	return same;
}

static void
test_parts(void)
{
	static const uint64_t range[][2] = {
	    {0, UINT64_MAX}, {0x10000000, 0x10100000}, {0x10002000, 0x10006000}, {0x20000000, 0x20100000}};
	struct made m;
	struct target t;
	struct vma_list vmas = {0};

	made_open(&m, &t, &vmas, set);
	for (int hidden = 0; hidden < 2; hidden++) {
		bool same = true;

		m.hidden = hidden;
		for (size_t i = 0; i < ARRAY_LEN(range); i++)
			for (size_t most = 1; most < 12; most++)
				same &= share_agrees(&m, &t, &vmas, range[i][0], range[i][1], most);
		ok(same, hidden ? "in parts: the same, by file" : "in parts, with and without relatives: the same");
	}
	vma_free(&vmas);
}

#define BIG "10000000-12000000 rw-p 00000000 00:00 0 [heap]\n"

/* Pages of a parent and two children: 5000 in all, 40 in only one, 8 that one child has moved. */
static const struct made_process family[] = {
    {100, 1, 1, BIG, {{0x10000000, ANON + 1, 5000, false, false}, {0x11800000, ANON + 6001, 40, false, false},
                      {0x11900000, ANON + 7001, 8, false, false}}, false},
    {101, 100, 2, BIG, {{0x10000000, ANON + 1, 5000, false, false}, {0x11800000, ANON + 6001, 40, false, false},
                        {0x11900000, ANON + 7001, 8, false, false}}, false},
    {102, 100, 3, BIG, {{0x10000000, ANON + 1, 5000, false, false}, {0x11a00000, ANON + 7001, 8, false, false}}, false},
    {0},
};

static void
test_family(void)
{
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share *sh;

	made_open(&m, &t, &vmas, family);
	m.never_merged = true;
	m.most = 3;
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	ok(sh && sh->found == sh->mapped && sh->mapped == 2 * 5008 + 40 && sh->pages[SHARE_ANON] == 5048 &&
	       peer_has(sh, 101, (uint64_t[]){0, 0, 5048, 0, 0, 40}) && peer_has(sh, 102, (uint64_t[]){0, 0, 5008, 0, 0, 0}),
	   "a family, and what one of it has moved");
	/* 40 and 8 that not all have at the same address, the 8 again in the search */
	ok(m.counts == 40 + 8 + 8 && !m.flags, "how often pages are mapped at most spares their counts");
	share_free(sh);
	m.counts = 0;
	m.most = 4;
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	ok(sh && m.counts == 5000 + 40 + 8 + 8 && sh->mapped == 2 * 5008 + 40, "not if some are mapped more often");
	share_free(sh);
	m.counts = 0;
	m.most = 3;
	m.in_ram = 1 << 20;
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	ok(sh && m.counts == 5000 + 40 + 8 + 8, "nor if the kernel had to look at many more");
	share_free(sh);
	m.in_ram = 0;
	m.counts = 0;
	m.never_merged = false;
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	ok(sh && m.counts == 5000 + 40 + 8 + 8 && m.flags == m.counts, "nor if pages may be merged");
	share_free(sh);
	ok(share_agrees(&m, &t, &vmas, 0, UINT64_MAX, 1000) && share_agrees(&m, &t, &vmas, 0, UINT64_MAX, 33),
	   "the same in parts");
	m.room = 1;
	ok(share_agrees(&m, &t, &vmas, 0, UINT64_MAX, 1001), "more relatives than can be open: the same");
	vma_free(&vmas);
}

/* A page that one entry may map with its neighbours: the kernel looks at the first of them alone. */
static void
test_congruent(void)
{
	static const struct made_process huge[] = {
	    {100, 1, 1, BIG, {{0x10000000, ANON, 5000, false, false}}, false},
	    {101, 100, 2, BIG, {{0x10000000, ANON, 5000, false, false}}, false},
	    {0},
	};
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share *sh;

	made_open(&m, &t, &vmas, huge);
	m.never_merged = true;
	m.most = 2;
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	ok(sh && m.counts >= 5000 && sh->mapped == 5000, "what may be part of a huge page is counted");
	share_free(sh);
	vma_free(&vmas);
}

/* A merged page at the same address and at another; 128 pages of three, and the next 128 of two. */
static void
test_twice(void)
{
	static const struct made_process twice[] = {
	    {100, 1, 1, BIG, {{0x10000000, KSM, 3, true, false}, {0x10100000, ANON, 256, false, false}}, false},
	    {101, 1, 2, BIG, {{0x10000000, KSM, 1, true, false}, {0x10010000, KSM, 2, true, false},
	                      {0x10100000, ANON, 256, false, false}}, false},
	    {102, 1, 3, BIG, {{0x10100000, ANON, 128, false, false}}, false},
	    {0},
	};
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct share *sh;

	made_open(&m, &t, &vmas, twice);
	m.room = 0;
	sh = share_sum(&t, &vmas, 0x10000000, 0x10001000, &err);
	ok(sh && sh->mapped == 3 && sh->found == 3 && peer_has(sh, 101, (uint64_t[]){0, 0, 0, 1, 0, 0}),
	   "a frame that two rounds found is one; other mappings in the target are not the others'");
	share_free(sh);
	sh = share_sum(&t, &vmas, 0, UINT64_MAX, &err);
	ok(sh && peer_has(sh, 101, (uint64_t[]){0, 0, 256, 1, 0, 128}), "runs of frames of one, and of more processes");
	share_free(sh);
	m.room = 4;
	ok(share_agrees(&m, &t, &vmas, 0, UINT64_MAX, 65), "with relatives the same");
	vma_free(&vmas);
}

static void
test_unshared(void)
{
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct unshared *u;
	struct made_process now[PROCS];

	memcpy(now, set, sizeof(now));
	made_open(&m, &t, &vmas, set);
	u = unshared_find(&t, &vmas, 0, UINT64_MAX, false, &err);
	ok(u && u->relatives == 1 && u->relative[0].pid == 101 && !u->relative[0].parent && u->strangers == 1 &&
	       u->rows == 1 && u->row[0].v->start == 0x10000000,
	   "one child shares, one has become another program");
	/* 6 and a place in swap; 2 written and the other place; what only the target has: 4 and 3 */
	ok(u && u->row[0].n.shared == 7 && u->row[0].n.unshared == 3 && u->row[0].n.ours == 7 &&
	       !u->row[0].n.theirs && u->relative[0].n.shared == 7,
	   "pages that both have, that one wrote, that only one has");
	ok(u && !u->ns && !u->relative[0].compared, "there is no rate when it is first asked");
	unshared_free(u);

	/* two seconds later the child has written three more */
	now[1].seg[0].n = 5;
	now[1].seg[1] = (struct seg){0x10005000, ANON + 5, 3, false, false};
	m.v = now;
	m.ns += 2000000000;
	u = unshared_find(&t, &vmas, 0, UINT64_MAX, false, &err);
	ok(u && u->ns == 2000000000 && u->relative[0].compared && u->relative[0].lost == 3 && u->row[0].compared &&
	       u->row[0].lost == 3,
	   "then: three pages less are shared, in two seconds");
	ok(u && u->relative[0].turned == 3 && !u->writers, "who wrote these three is not known: nobody watched");
	unshared_free(u);
	m.ns++;
	u = unshared_find(&t, &vmas, 0x10000000, 0x10100000, false, &err);
	ok(u && !u->ns && !u->row[0].compared && !u->relative[0].turned, "another range cannot be compared");
	unshared_free(u);
	free(t.unshared);
	vma_free(&vmas);
}

/* bug: after each page of one process what the other has not was gone through once more, to the end of the region */
static void
test_unshared_sparse(void)
{
	static const struct made_process sparse[] = {
	    {100, 1, 1, BIG, {{0x10000000, ANON, 1, false, false}, {0x10800000, ANON + 2, 1, false, false},
	                      {0x11000000, ANON + 4, 1, false, false}, {0x11400000, ANON + 6, 1, false, false}}, false},
	    {101, 100, 2, BIG, {{0x10000000, ANON, 1, false, false}}, false},
	    {0},
	};
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct unshared *u;
	uint64_t pages = 0;

	made_open(&m, &t, &vmas, sparse);
	for (size_t i = 0; i < vmas.n; i++)
		pages += vma_size(&vmas.v[i]) / PAGE;
	u = unshared_find(&t, &vmas, 0, UINT64_MAX, false, &err);
	ok(u && u->relatives == 1 && u->row[0].n.shared == 1 && u->row[0].n.ours == 3, "a sparse region");
	ok(u && m.skipped <= 2 * pages, "what is not there is gone through once in each process");
	unshared_free(u);
	free(t.unshared);
	vma_free(&vmas);
}

/* --- who unshared ----------------------------------------------------------------------------- */

/* Instructions of the library: the first only reads. */
enum { READS = 0x20000100, STORES = 0x20000200, STORES_TOO = 0x20000300 };

static void
watched_drain(struct source *s)
{
	(void)s;
}

static bool
watched_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v, const uint8_t *image, uint64_t addr,
               unsigned needs, struct helper_symbol *out)
{
	(void)s, (void)vmas, (void)v, (void)image, (void)addr, (void)needs, (void)out;
	return false;
}

static bool
watched_instruction(struct source *s, const struct vma_list *vmas, const struct vma *v, uint64_t addr, bool stored,
                    struct helper_instruction *out)
{
	(void)s, (void)vmas, (void)v, (void)stored;
	*out = (struct helper_instruction){.does = addr == READS ? INSTRUCTION_READS : INSTRUCTION_WRITES};
	return true;
}

static void
watched_fault(struct target *t, uint64_t addr, uint64_t ip, pid_t pid, uint64_t ns)
{
	struct perf_sample s = {.ip = ip, .addr = addr, .time_ns = ns, .pid = pid, .tid = pid, .frames = &ip, .n = 1};

	causes_add(t->family, &s);
}

static const struct unshared_writer *
unsharer(const struct unshared *u, pid_t pid, bool several, bool reads)
{
	for (size_t i = 0; u && i < u->writers; i++)
		if (u->writer[i].pid == pid && u->writer[i].several == several && u->writer[i].reads == reads)
			return &u->writer[i];
	return NULL;
}

/* Both read before one writes, as after a time in swap. */
static void
test_unsharers(void)
{
	static const struct source_faults faults = {.drain = watched_drain};
	struct source_ops ops = made_ops;
	struct made m;
	struct target t;
	struct vma_list vmas = {0};
	struct err err = {0};
	struct unshared *u;
	struct made_process now[PROCS];
	const struct unshared_writer *is;

	ops.faults = &faults;
	ops.symbol = watched_symbol;
	ops.instruction = watched_instruction;
	memcpy(now, set, sizeof(now));
	made_open(&m, &t, &vmas, set);
	m.base.ops = &ops;
	t.family = causes_new(PAGE, 1 << 20);
	unshared_free(unshared_find(&t, &vmas, 0, UINT64_MAX, true, &err));
	watched_fault(&t, 0x10002000, READS, 100, 1000);
	watched_fault(&t, 0x10002000, STORES, 101, 2000);
	watched_fault(&t, 0x10002000, READS, 101, 2500);
	watched_fault(&t, 0x10003000, READS, 100, 3000);
	watched_fault(&t, 0x10004000, STORES, 100, 4000);
	watched_fault(&t, 0x10004000, STORES_TOO, 100, 5000);
	now[1].seg[0].n = 5;
	now[1].seg[1] = (struct seg){0x10005000, ANON + 5, 3, false, false};
	m.v = now;
	m.ns += 2000000000;
	u = unshared_find(&t, &vmas, 0, UINT64_MAX, true, &err);
	ok(u && u->relative[0].turned == 3 && u->writers == 3, "three pages, three answers");
	is = unsharer(u, 101, false, false);
	ok(is && is->pages == 1 && is->first_ns == 2000, "who read first has not written");
	is = unsharer(u, 0, false, true);
	ok(is && is->pages == 1, "where only reads were seen it is not known who wrote");
	is = unsharer(u, 100, true, false);
	ok(is && is->pages == 1, "two that may have written are candidates");
	unshared_free(u);
	free(t.unshared);
	causes_unref(t.family);
	vma_free(&vmas);
}

int
main(void)
{
	tap_start();
	test_frameset();
	test_sum();
	test_changed();
	test_plain();
	test_averages();
	test_hidden();
	test_places();
	test_parts();
	test_family();
	test_congruent();
	test_twice();
	test_unshared();
	test_unshared_sparse();
	if (symbol_decodes())
		test_unsharers();
	return tap_done();
}
