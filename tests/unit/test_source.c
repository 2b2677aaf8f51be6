/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The seam: a source of made-up data, without a process, a file or a clock of this machine. List,
 * grid, zoom, lens and filter are made of it by the same code as of a live process.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "query/answer_query.h"
#include "query/seek.h"
#include "sample/reader.h"
#include "tap.h"
#include "target/bytes.h"

/*
 * Pages are of 16 KiB here. HEAP: of each four pages the first is in RAM and every other of these
 * written, the second in swap, the rest was never touched. LIB: the first half in RAM, mapped three
 * times; of the other half the page cache has the even pages. STACK: one page, a thread's.
 */
enum { PAGE = 16384, HEAP_PAGES = 1024, LIB_PAGES = 64, HEAP_PFN = 0x1000, LIB_PFN = 0x9000 };
static const uint64_t HEAP = 0x10000000, LIB = UINT64_C(0x7f0000000000), STACK = UINT64_C(0x7ffe00000000);
static const uint64_t NOW = UINT64_C(42000000000);

static const char maps[] = "10000000-11000000 rw-p 00000000 00:00 0 \n"
                           "7f0000000000-7f0000100000 r-xp 00000000 08:01 7 /lib/made-up.so\n"
                           "7ffe00000000-7ffe00004000 rw-p 00000000 00:00 0 \n";

struct made {
	struct source base;
	unsigned bytes_asked;  /* reads of memory */
	bool bytes_of_absent;  /* one was of a page that is not in RAM */
	unsigned counted;      /* stretches whose page table was scanned */
};

static unsigned closed;
static uint64_t later, scan_ns; /* what has passed; what each stretch takes */

static uint64_t
made_word(uint64_t addr)
{
	uint64_t i = (addr - HEAP) / PAGE;

	if (addr >= HEAP && i < HEAP_PAGES)
		return i % 4 == 0   ? PM_PRESENT | PM_EXCLUSIVE | (HEAP_PFN + i) | (i % 8 == 0 ? PM_SOFT_DIRTY : 0)
		       : i % 4 == 1 ? PM_SWAPPED | i << 5
		                    : 0;
	i = (addr - LIB) / PAGE;
	if (addr >= LIB && i < LIB_PAGES / 2)
		return PM_PRESENT | PM_FILE | (LIB_PFN + i);
	return addr == STACK ? PM_PRESENT | PM_EXCLUSIVE | (HEAP_PFN + HEAP_PAGES) : 0;
}

static int
made_open_pages(struct source *s, struct err *err)
{
	(void)err;
	s->meta.open = true;
	return 0;
}

static bool
made_alive(const struct source *s)
{
	(void)s;
	return true;
}

static enum proc_life
made_life(struct source *s)
{
	(void)s;
	return PROC_RUNNING;
}

static uint64_t
made_clock(const struct source *s)
{
	(void)s;
	return NOW + later;
}

static uint64_t
made_spent(const struct source *s)
{
	(void)s;
	return later;
}

static int
made_regions(struct source *s, struct vma_list *out, struct err *err)
{
	size_t odd;

	(void)s, (void)err;
	vma_parse(out, mem_strdup(maps), &odd);
	return 0;
}

static void
made_threads(struct source *s, struct threads *t, bool again)
{
	(void)s, (void)again;
	threads_free(t);
	t->v = vec_room(t->v, 0, &t->cap, sizeof(*t->v));
	t->v[t->n++] = (struct thread){.tid = 7, .sp = STACK + 8, .comm = "worker"};
}

static ssize_t
made_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	(void)s, (void)err;
	for (size_t i = 0; i < n; i++)
		words[i] = made_word(addr + i * PAGE);
	return (ssize_t)n;
}

static uint64_t
made_cats(uint64_t word)
{
	return (word & PM_PRESENT ? PM_CAT_PRESENT : 0) | (word & PM_SWAPPED ? PM_CAT_SWAPPED : 0) |
	       (word & PM_FILE ? PM_CAT_FILE : 0) | (word & PM_SOFT_DIRTY ? PM_CAT_SOFT_DIRTY : 0);
}

static int
made_runs(const struct source *s, uint64_t start, uint64_t end, const struct pm_match *match, uint64_t cats,
          pagemap_run_fn *fn, void *arg, struct err *err)
{
	(void)err;
	((struct made *)(uintptr_t)s)->counted++;
	later += scan_ns;
	for (uint64_t at = start, to; at < end; at = to) {
		uint64_t is = made_cats(made_word(at));

		for (to = at + PAGE; to < end && made_cats(made_word(to)) == is; to += PAGE)
			;
		if ((!match->any || is & match->any) && !(match->all & ~is) && !(is & match->none) && fn(arg, &(struct pm_run){at, to, is & cats}))
			return 1;
	}
	return 0;
}

static void
made_frames(const struct source *s, enum frame_file file, const uint64_t *pfn, size_t n, uint64_t *out, bool *ok)
{
	static const uint64_t anon = KPF_ANON | KPF_UPTODATE | KPF_LRU | KPF_SWAPBACKED;

	(void)s;
	for (size_t i = 0; i < n; i++) {
		bool lib = pfn[i] >= LIB_PFN;

		ok[i] = file != FRAME_CGROUP;
		out[i] = file == FRAME_FLAGS ? (lib ? KPF_UPTODATE | KPF_LRU | KPF_MMAP : anon) : lib ? 3 : 1;
	}
}

static void
made_nodes(const struct source *s, uint64_t addr, int *out, size_t n)
{
	(void)s, (void)addr;
	for (size_t i = 0; i < n; i++)
		out[i] = i % 2 ? 1 : -1;
}

static enum folio_sizes
made_folio_sizes(const struct source *s)
{
	(void)s;
	return FOLIOS_ANY;
}

static bool
made_cgroup(const struct source *s, uint64_t inode, struct buf *out)
{
	(void)s, (void)inode, (void)out;
	return false;
}

static const struct smaps_entry made_lib_smaps = {.start = LIB, .pss = 4711};

static int
made_smaps(const struct source *s, struct progress *p, struct smaps *out, struct err *err)
{
	(void)s, (void)p, (void)err;
	*out = (struct smaps){0};
	smaps_append(out, &made_lib_smaps);
	return 0;
}

static int
made_smaps_one(const struct source *s, struct progress *p, uint64_t start, struct smaps_entry *out,
               struct err *err)
{
	(void)s, (void)p;
	if (start != LIB)
		return err_set(err, ERR_TARGET, "made up", NULL, "cannot read smaps");
	*out = made_lib_smaps;
	return 0;
}

/* Each byte is its page's number. */
static ssize_t
made_bytes(struct source *s, uint64_t addr, void *to, size_t n, int *sys, struct err *err)
{
	struct made *m = (struct made *)s;

	(void)err;
	*sys = 0;
	m->bytes_asked++;
	m->bytes_of_absent |= !(made_word(addr & ~(uint64_t)(PAGE - 1)) & PM_PRESENT);
	memset(to, (int)(addr / PAGE % 256), n);
	return (ssize_t)n;
}

static int
made_fault_in(struct source *s, const struct vma *v, uint64_t addr, struct err *err)
{
	(void)s, (void)v, (void)addr, (void)err;
	return EIO;
}

static bool
made_files(struct source *s, const struct vma *v, uint64_t start, uint64_t end, unsigned needs,
           struct file_pages *out)
{
	(void)s;
	if (v->start != LIB)
		return false;
	memset(out, 0, sizeof(*out));
	out->start = start;
	out->end = u64_min(end, start + (uint64_t)FILE_PAGES * PAGE);
	out->size = LIB_PAGES * PAGE;
	out->known = needs & FILE_ASK_RESIDENT;
	for (uint64_t i = 0; i < (out->end - start) / PAGE; i++)
		if ((start - LIB) / PAGE % 2 == i % 2)
			out->resident[i / 64] |= UINT64_C(1) << i % 64;
	return true;
}

static bool
made_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v, const uint8_t *image, uint64_t addr,
            unsigned needs, struct helper_symbol *out)
{
	(void)needs;
	(void)s, (void)vmas, (void)image;
	*out = (struct helper_symbol){.offset = addr - v->start, .name = "made_up"};
	return true;
}

static int
made_registers(const struct source *s, pid_t tid, struct thread_registers *out, struct err *err)
{
	(void)s, (void)tid, (void)out;
	return err_set(err, ERR_TARGET, NULL, NULL, "no registers");
}

static bool
made_find_symbol(struct source *s, const struct vma_list *vmas, const struct vma *v, const uint8_t *image,
                 const char *name, enum symbol_how how, struct helper_matches *out)
{
	(void)s, (void)vmas, (void)image, (void)how;
	*out = (struct helper_matches){.tables = SYMBOLS_ALL};
	if (!strcmp(name, "made_up"))
		out->v[out->n++] = (struct helper_match){.addr = v->start, .size = 1, .name = "made_up"};
	return true;
}

static bool
made_late(const struct source *s)
{
	(void)s;
	return false;
}

static bool
made_counters(const struct source *s, struct proc_activity *out)
{
	(void)s, (void)out;
	return false;
}

static size_t
made_caps(struct source *s, struct track *t, struct cap *out)
{
	(void)s, (void)t;
	out[0] = (struct cap){.name = "made-up", .gives = "all", .ok = true};
	return 1;
}

/* --- writes of the past: they were recorded, and nothing more can be done about them ----------- */

static void
made_probe(struct source *s, struct track *t)
{
	(void)s;
	t->can = TRACK_NO;
}

static int
made_clear(struct source *s, struct track *t, const struct vma_list *vmas, struct err *err)
{
	(void)s, (void)t, (void)vmas;
	return err_set(err, ERR_TARGET, "it is made up", NULL, "cannot track writes");
}

static void
made_follow(struct source *s, struct track *t, const struct vma_list *vmas)
{
	(void)s, (void)vmas;
	t->clears = 1;
	t->epoch = t->first_epoch = 1;
	t->clear_ns = t->first_ns = NOW - 2000000000;
}

static struct track_verdict
made_judge(struct source *s, struct track *t, const struct track_scan *scan)
{
	(void)s, (void)t, (void)scan;
	return (struct track_verdict){.doubt = DOUBT_NONE, .exact = true};
}

static bool
made_hazard(struct source *s, const struct track *t, const struct vma_list *vmas, struct buf *out)
{
	(void)s, (void)t, (void)vmas, (void)out;
	return false;
}

static bool
made_costs(struct source *s, const struct track *t, struct buf *question, track_cost_fn *fn, void *arg)
{
	(void)s, (void)t, (void)question, (void)fn, (void)arg;
	return false;
}

static int
made_unblock(struct source *s, struct track *t, struct err *err)
{
	return made_clear(s, t, NULL, err);
}

static const struct source_writes made_writes = {
    .probe = made_probe,
    .clear = made_clear,
    .follow = made_follow,
    .judge = made_judge,
    .hazard = made_hazard,
    .costs = made_costs,
    .unblock = made_unblock,
};

static void
made_close(struct source *s)
{
	closed++;
	free(s);
}

static const struct source_ops made_ops = {
    .open_pages = made_open_pages,
    .reopen = made_open_pages,
    .alive = made_alive,
    .life = made_life,
    .clock = made_clock,
    .spent = made_spent,
    .regions = made_regions,
    .threads = made_threads,
    .words = made_words,
    .runs = made_runs,
    .frames = made_frames,
    .nodes = made_nodes,
    .folio_sizes = made_folio_sizes,
    .cgroup = made_cgroup,
    .smaps = made_smaps,
    .smaps_one = made_smaps_one,
    .bytes = made_bytes,
    .fault_in = made_fault_in,
    .files = made_files,
    .symbol = made_symbol,
    .find_symbol = made_find_symbol,
    .registers = made_registers,
    .late = made_late,
    .counters = made_counters,
    .caps = made_caps,
    .writes = &made_writes,
    .close = made_close,
};

static struct source *
made_open(void)
{
	struct made *m = mem_alloc(sizeof(*m));

	m->base = (struct source){
	    .ops = &made_ops,
	    .meta = {.pid = 4711, .comm = "made-up", .end_fd = -1, .page_size = PAGE, .word = 8,
	             .frames = 1u << FRAME_FLAGS | 1u << FRAME_COUNT, .nodes = true,
	             .scan = PM_CAT_PRESENT | PM_CAT_SWAPPED | PM_CAT_FILE | PM_CAT_SOFT_DIRTY}};
	m->base.meta.swaps.n = 1;
	return &m->base;
}

/* --- what is made of it ------------------------------------------------------------------------ */

static void
publish(void *arg, bool complete)
{
	(void)complete;
	++*(unsigned *)arg;
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

static unsigned published;

static bool
scan(struct reader *l)
{
	struct err err = {0};

	published = 0;
	*l = (struct reader){
	    .host = {.publish = publish, .superseded = never, .stopping = never, .arg = &published}};
	reader_open(l, made_open(), TRACK_FOREIGN);
	return ok(reader_begin(l, &err) == 0 && published == 1, "its regions are shown before its pages");
}

static void
test_list(void)
{
	struct reader l;
	const struct regions *rs;

	if (!scan(&l))
		return;
	ok(reader_read_all(&l), "a look at all");
	rs = l.draft.regions;
	ok(rs->vmas.n == 3 && rs->counted && rs->time_ns == NOW, "the regions, as of the source's time");
	is_str(rs->vmas.v[2].name, "[stack:7 worker]", "a stack has its thread's name");
	is_u64(regions_at(rs, 0)->rss, HEAP_PAGES / 4, "pages in RAM");
	is_u64(regions_at(rs, 0)->swap, HEAP_PAGES / 4, "in swap");
	is_u64(regions_at(rs, 0)->anon, HEAP_PAGES / 4, "anonymous");
	ok(regions_at(rs, 0)->doubt == DOUBT_NONE && regions_at(rs, 0)->written == HEAP_PAGES / 8, "written since the clear it tells of");
	is_u64(regions_at(rs, 1)->rss, LIB_PAGES / 2, "of a file");
	is_u64(rs->totals.rss, HEAP_PAGES / 4 + LIB_PAGES / 2 + 1, "and all of them");
	ok(l.draft.has_nodes && !l.draft.frames_hidden && l.draft.page_size == PAGE && l.draft.swap_devices == 1 &&
	       l.draft.pid == 4711 && !strcmp(l.draft.comm, "made-up"),
	   "what holds for all of it");
	l.now.screen.lens = LENS_SHARING;
	ok(reader_read_all(&l) && region_shows(regions_at(l.draft.regions, 0), LENS_SHARING), "the strips through another lens");
	reader_close(&l);
}

/* The window of the heap, at a zoom, through a lens, filtered. */
static const struct window *
read_heap(struct reader *l, unsigned zoom, enum lens lens, const char *filter)
{
	l->now.screen.grid_on = true;
	l->now.screen.grid = (struct grid){.start = HEAP, .end = HEAP + HEAP_PAGES * PAGE, .page_size = PAGE, .row_cells = 16,
	                            .rows = HEAP_PAGES / 16, .zoom = zoom, .top = HEAP};
	l->now.screen.lens = lens;
	snprintf(l->now.screen.filter, sizeof(l->now.screen.filter), "%s", filter);
	return reader_read_all(l) && l->draft.window && l->draft.window->complete ? l->draft.window : NULL;
}

static unsigned
class_named(enum lens l, const char *name)
{
	unsigned c = 0;

	while (c < lens_classes(l) && strcmp(lens_class(l, c).name, name) != 0)
		c++;
	return c;
}

static void
test_grid(void)
{
	struct reader l;
	const struct window *w;
	struct cell c;
	struct page pg;

	if (!scan(&l) || !reader_read_all(&l))
		return;
	w = read_heap(&l, 0, LENS_STATE, "");
	if (ok(w && window_page(w, 4, &pg), "the grid, a page a cell")) {
		ok(window_cell(w, 0).n[STATE_ANON] == 1 && window_cell(w, 1).n[STATE_SWAPPED] == 1 &&
		       window_cell(w, 2).n[STATE_NONE] == 1 && pg.count == 1 && page_pfn(&pg) == HEAP_PFN + 4,
		   "each page is what its word and its frame say");
		ok(window_cell(w, 0).written == 1 && !window_cell(w, 4).written && w->time_ns == NOW, "written or not, and when");
	}
	w = read_heap(&l, 4, LENS_STATE, "");
	c = w ? window_cell(w, HEAP_PAGES / 16 - 1) : (struct cell){0};
	ok(w && !window_page(w, 0, &pg) && c.n[STATE_ANON] == 4 && c.n[STATE_SWAPPED] == 4 && c.n[STATE_NONE] == 8 &&
	       c.written == 2,
	   "the zoom, 16 pages a cell, the last as the first");
	w = read_heap(&l, 4, LENS_SHARING, "");
	c = w ? window_cell(w, 0) : (struct cell){0};
	ok(c.n[class_named(LENS_SHARING, "once")] == 4 && c.n[class_named(LENS_SHARING, "not in RAM")] == 12,
	   "another lens");
	w = read_heap(&l, 4, LENS_NUMA, "");
	c = w ? window_cell(w, 0) : (struct cell){0};
	ok(cell_pages(&c) == 16 && c.n[class_named(LENS_NUMA, "not known")] == 4, "a node that is not known");
	w = read_heap(&l, 4, LENS_STATE, "present & mapcount=1 & written");
	ok(w && w->filtered && window_cell(w, 0).match == 2 && !w->unknown, "the filter");
	reader_close(&l);
}

static void
test_filter(void)
{
	struct reader l;
	struct filter f;
	struct seek_found found;
	struct err err = {0};

	if (!scan(&l) || !reader_read_all(&l))
		return;
	ok(filter_parse("mapcount>2", FILTER_PAGE, PAGE, &f, &err) == 0 &&
	       seek_next(&l.t, &l.draft.regions->vmas, &f, HEAP, false, &found, &err) == 0 && found.any && found.at == LIB,
	   "the next page that passes, in another region");
	ok(filter_parse("cached", FILTER_PAGE, PAGE, &f, &err) == 0 &&
	       seek_next(&l.t, &l.draft.regions->vmas, &f, LIB, false, &found, &err) == 0 && found.any &&
	       found.at == LIB + LIB_PAGES / 2 * PAGE,
	   "what the page cache has, as the source's files say");
	reader_close(&l);
}

/* A filter that maps answers leaves the page tables of the other regions alone. */
static void
test_by_maps(void)
{
	static const struct {
		const char *filter;
		enum truth heap, lib;
	} rows[] = {
	    {"start=10000000", TRUTH_YES, TRUTH_NO},
	    {"name~made-up & rss>0", TRUTH_NO, TRUTH_UNKNOWN},
	    {"type=anon | swapped", TRUTH_YES, TRUTH_UNKNOWN},
	    {"!present", TRUTH_UNKNOWN, TRUTH_UNKNOWN},
	};
	struct reader l;
	struct regions *rs;
	struct vma_list vmas;
	struct filter f;
	struct err err = {0};

	if (!scan(&l))
		return;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ok(filter_parse(rows[i].filter, FILTER_REGION, PAGE, &f, &err) == 0 &&
		       filter_by_maps(&f, &l.draft.regions->vmas.v[0], PAGE) == rows[i].heap &&
		       filter_by_maps(&f, &l.draft.regions->vmas.v[1], PAGE) == rows[i].lib,
		   rows[i].filter);
	target_regions(&l.t, &vmas, &err);
	rs = regions_new(vmas, NOW);
	((struct made *)l.t.source)->counted = 0;
	ok(regions_measure(rs, &l.t, (const bool[]){false, true, false}, &err) == 0 &&
	       ((struct made *)l.t.source)->counted == 1 && regions_at(rs, 1)->known && !regions_at(rs, 0)->known &&
	       rs->totals.rss == LIB_PAGES / 2,
	   "only the chosen region is counted");
	regions_unref(rs);
	reader_close(&l);
}

static void
test_rest(void)
{
	struct reader l;
	const struct vma_list *vmas;
	const struct made *m;
	struct bytes *b;
	struct answer *a;
	struct smaps_reading *s;
	struct err err = {0};
	uint8_t byte;

	if (!scan(&l) || !reader_read_all(&l))
		return;
	vmas = &l.draft.regions->vmas;
	m = (const struct made *)l.t.source;
	b = bytes_read(&l.t, vmas, HEAP + 4 * PAGE, HEAP + 6 * PAGE, NULL, &err);
	ok(b && bytes_at(b, HEAP + 4 * PAGE, &byte) && byte == (HEAP / PAGE + 4) % 256 &&
	       !bytes_at(b, HEAP + 5 * PAGE, &byte) && m->bytes_asked && !m->bytes_of_absent,
	   "contents, of pages in RAM alone");
	bytes_unref(b);
	s = target_smaps(&l.t, &err);
	ok(s && s->smaps.n == 1 && s->time_ns == NOW && smaps_find(&s->smaps, LIB)->pss == 4711, "smaps");
	smaps_reading_unref(s);
	a = answer_query(&l.t, vmas, "7f0000000010", &err);
	ok(a && a->line, "an answer");
	answer_unref(a);
	ok(!answer_query(&l.t, vmas, "clear", &err) && !strcmp(err.why, "it is made up"), "its reason not to");
	reader_close(&l);
}

/* The time in ms since the last reading; then another one. Returns how many stretches it scanned. */
static unsigned
tick(struct reader *l, uint64_t ms)
{
	const struct made *m = (const struct made *)l->t.source;
	unsigned before = m->counted;

	later += ms * 1000000;
	return reader_read_tick(l) ? m->counted - before : 99;
}

/* A scan of all takes a third of a second or so: it is for a hundredth of the time, or a tenth. */
static void
test_budget(void)
{
	enum { SCAN_MS = 100 };
	struct reader l;
	const struct regions *rs;
	unsigned all;

	if (!scan(&l))
		return;
	later = 0;
	scan_ns = SCAN_MS * UINT64_C(1000000);
	reader_read_all(&l);
	all = ((const struct made *)l.t.source)->counted;
	ok(l.draft.counts_every_ns == 10 * all * scan_ns, "counts that are on screen, and how often");
	is_u64(tick(&l, 500), 0, "too soon to count all regions again");
	l.now.screen.rows = (struct screen_rows){1, {HEAP}};
	is_u64(tick(&l, 600), 1, "that on screen is counted");
	rs = l.draft.regions;
	ok(!regions_is_older(rs, regions_at(rs, 0)) && regions_is_older(rs, regions_at(rs, 1)) && rs->all_ns < rs->time_ns, "the others are older, and it is known");
	is_u64(regions_at(rs, 1)->rss, LIB_PAGES / 2, "and are as they were");
	is_u64(tick(&l, 10 * all * SCAN_MS), all, "all, when it is time");
	ok(!regions_is_older(l.draft.regions, regions_at(l.draft.regions, 1)), "and none is older");
	l.t.track.clears = 0;
	is_u64(tick(&l, 30 * all * SCAN_MS), 1, "where no writes are watched that is for later");
	is_u64(tick(&l, 120 * all * SCAN_MS), all, "but not for ever");
	l.t.track.clears = 0; /* the scan has followed the source's */
	is_u64(tick(&l, (100 * all + 10) * SCAN_MS), 1, "what ticks took in between counts, too");
	is_u64(tick(&l, 100 * SCAN_MS), all, "and no more than that");
	later = scan_ns = 0;
	reader_close(&l);
}

int
main(void)
{
	struct rlimit none = {0, 0}, before;

	tap_start();
	getrlimit(RLIMIT_NOFILE, &before);
	none.rlim_max = before.rlim_max;
	ok(setrlimit(RLIMIT_NOFILE, &none) == 0 && !fopen("/proc/self/maps", "r"), "no file can be opened from here on");
	test_list();
	test_grid();
	test_filter();
	test_by_maps();
	test_rest();
	test_budget();
	is_u64(closed, 6, "each source was closed once");
	setrlimit(RLIMIT_NOFILE, &before); /* LeakSanitizer reads /proc at the end */
	return tap_done();
}
