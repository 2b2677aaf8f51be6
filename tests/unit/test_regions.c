/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Many regions: neighbours that are counted by one scan, lists and counts that are kept while they
 * stay, and how often a long list of a quiet target is read. Pages are made up by their address.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "sample/reader.h"
#include "tap.h"
#include "target/region.h"

enum { PAGE = 4096, LONG = 3000 };

static struct {
	struct buf maps;
	uint64_t now, cost; /* what reading the regions takes of a processor, ... */
	uint64_t wait, spent; /* ... and how long it waits for a lock; taken so far */
	unsigned reads, scans, lists;
	struct proc_activity activity;
	unsigned salt; /* other pages */
	uint64_t changed; /* the region there is not as it was */
} made;

static const struct vma *
made_vma(uint64_t addr)
{
	static struct vma_list list;
	static unsigned of;
	size_t odd;

	if (of != made.lists) {
		vma_free(&list);
		vma_parse(&list, mem_strdup(made.maps.s), &odd);
		of = made.lists;
	}
	return vma_at(&list, addr);
}

/* Runs of a few pages: present, in a file's region of the file, in swap, zero, or none. */
static uint64_t
made_cats(uint64_t addr)
{
	uint64_t i = addr / PAGE / 3, h = (i + made.salt) * UINT64_C(0x9e3779b97f4a7c15) >> 60;
	const struct vma *v = made_vma(addr);

	if (!v || h >= 10)
		return 0;
	return h < 5   ? PM_CAT_PRESENT
	       : h < 7 ? PM_CAT_PRESENT | (v->inode ? PM_CAT_FILE : 0)
	       : h < 8 ? PM_CAT_PRESENT | PM_CAT_PFNZERO
	               : PM_CAT_SWAPPED;
}

static ssize_t
made_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n, struct err *err)
{
	(void)s, (void)err;
	for (size_t i = 0; i < n; i++) {
		uint64_t cats = made_cats(addr + i * PAGE);

		words[i] = (cats & PM_CAT_PRESENT ? PM_PRESENT : 0) | (cats & PM_CAT_SWAPPED ? PM_SWAPPED : 0) |
		           (cats & PM_CAT_FILE ? PM_FILE : 0);
	}
	return (ssize_t)n;
}

/* As the kernel: nothing of what is not mapped, and runs across borders of regions. */
static int
made_runs(const struct source *s, uint64_t start, uint64_t end, const struct pm_match *match, uint64_t cats,
          pagemap_run_fn *fn, void *arg, struct err *err)
{
	(void)s, (void)err;
	made.scans++;
	for (uint64_t at = start, to; at < end; at = to) {
		uint64_t is = made_cats(at) & (cats | match->any);

		for (to = at + PAGE; to < end && (made_cats(to) & (cats | match->any)) == is; to += PAGE)
			;
		if (is & match->any && fn(arg, &(struct pm_run){at, to, is & cats}))
			return 1;
	}
	return 0;
}

static int
made_regions(struct source *s, struct vma_list *out, struct err *err)
{
	size_t odd;

	(void)s, (void)err;
	made.reads++;
	made.now += made.wait + made.cost;
	made.spent += made.cost;
	vma_parse(out, mem_strdup(made.maps.s), &odd);
	return 0;
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
	return made.now;
}

static uint64_t
made_spent(const struct source *s)
{
	(void)s;
	return made.spent;
}

static void
made_threads(struct source *s, struct threads *t, bool again)
{
	(void)s, (void)t, (void)again;
}

static bool
made_counters(const struct source *s, struct proc_activity *out)
{
	(void)s;
	*out = made.activity;
	return true;
}

static bool
made_stays(const struct source *s, const struct vma *v)
{
	(void)s;
	return !made.changed || !(v->start <= made.changed && made.changed < v->end);
}

static void
made_follow(struct source *s, struct track *t, const struct vma_list *vmas)
{
	(void)s, (void)t, (void)vmas;
}

static void
made_close(struct source *s)
{
	free(s);
}

static const struct source_writes made_writes = {.follow = made_follow};
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
    .counters = made_counters,
    .stays = made_stays,
    .writes = &made_writes,
    .close = made_close,
};

static struct source *
made_open(void)
{
	struct source *s = mem_alloc(sizeof(*s));

	*s = (struct source){.ops = &made_ops,
	                     .meta = {.pid = 1, .end_fd = -1, .page_size = PAGE, .word = 8,
	                              .scan = PM_CAT_PRESENT | PM_CAT_SWAPPED | PM_CAT_FILE | PM_CAT_PFNZERO |
	                                      PM_CAT_HUGE | PM_CAT_GUARD}};
	return s;
}

/* n regions of these sizes in pages, one after the other, with gaps here and there. */
static void
make_maps(unsigned n, const unsigned *pages, size_t sizes)
{
	uint64_t at = 0x10000000;

	buf_free(&made.maps);
	buf_str(&made.maps, "");
	made.lists++;
	for (unsigned i = 0; i < n; i++) {
		uint64_t size = (uint64_t)pages[i % sizes] * PAGE;

		at += i % 11 == 7 ? 5 * PAGE : i % 501 == 500 ? 5000 * PAGE : 0;
		buf_fmt(&made.maps, "%llx-%llx r%c-p 00000000 %s\n", (unsigned long long)at,
		        (unsigned long long)(at + size), i % 2 ? 'w' : '-',
		        i % 5 ? "00:00 0 " : "08:01 7 /lib/x.so");
		at += size;
	}
}

/* --- counted together ------------------------------------------------------------------------- */

static int
pass_run(void *arg, const struct pm_run *run)
{
	(void)arg, (void)run;
	return 0;
}

/* One by one; and run by run, as where somebody hears of each. */
static bool
each_as_alone(const struct regions *rs, struct target *t, pagemap_run_fn *each_run)
{
	t->each_run = each_run;
	for (size_t i = 0; i < rs->vmas.n; i++) {
		struct strip_cell strip[LIST_STRIP];
		struct region r;
		struct err err;

		region_measure(t, &rs->vmas.v[i], rs->time_ns, &r, strip, LIST_STRIP, &err);
		memcpy(r.strip, strip, sizeof(strip));
		r.shows = r.known ? LENS_STATE + 1 : 0;
		if (memcmp(&r, regions_at(rs, i), sizeof(r)) != 0) {
			printf("# region %zu: rss %ju, alone %ju\n", i, (uintmax_t)regions_at(rs, i)->rss, (uintmax_t)r.rss);
			return false;
		}
	}
	return true;
}

static void
test_together(void)
{
	static const unsigned tiny[] = {1, 1, 3, 1, 16}, mixed[] = {1, 300, 7, 512, 513, 1, 20};
	static const struct {
		const unsigned *pages;
		size_t sizes;
		unsigned most;
		const char *name;
	} rows[] = {
	    {tiny, ARRAY_LEN(tiny), 20, "tiny regions, each as if alone"},
	    {mixed, ARRAY_LEN(mixed), 1000, "tiny, small and large ones"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct target t;
		struct vma_list vmas;
		struct regions *rs;
		struct err err = {0};

		make_maps(1000, rows[i].pages, rows[i].sizes);
		target_take(&t, made_open());
		made_regions(t.source, &vmas, &err);
		rs = regions_new(vmas, made.now);
		made.scans = 0;
		ok(regions_measure(rs, &t, NULL, &err) == 0 && rs->counted, "counted");
		ok(made.scans < rows[i].most, "by fewer scans than regions");
		ok(rs->totals.rss > 100 && each_as_alone(rs, &t, NULL), rows[i].name);
		ok(each_as_alone(rs, &t, pass_run), "and each run by itself");
		regions_unref(rs);
		target_close(&t);
	}
}

/* --- read and kept ---------------------------------------------------------------------------- */

static void
publish(void *arg, bool complete)
{
	(void)arg, (void)complete;
}

static bool
never(void *arg)
{
	(void)arg;
	return false;
}

static void
begin(struct reader *l, unsigned n, uint64_t cost)
{
	static const unsigned one[] = {1};
	struct err err = {0};

	make_maps(n, one, 1);
	made.now = 100 * TIME_SECOND;
	made.cost = cost;
	made.reads = 0;
	*l = (struct reader){.host = {.publish = publish, .superseded = never, .stopping = never}};
	reader_open(l, made_open(), TRACK_FOREIGN);
	ok(reader_begin(l, &err) == 0 && reader_read_all(l) && l->draft.regions->counted, "the first scan");
}

static void
test_first(void)
{
	struct reader l;

	begin(&l, LONG, 20 * TIME_MS);
	is_u64(made.reads, 1, "the list of the first picture serves the first scan");
	reader_close(&l);
	begin(&l, LONG, 20 * TIME_MS);
	made.now += TIME_SECOND;
	reader_read_all(&l);
	is_u64(made.reads, 2, "but no later one");
	reader_close(&l);
}

/* Of a large list, a sample that counted one region anew takes little more memory. */
static void
test_blocks(void)
{
	enum { MANY = 3 * REGIONS_BLOCK - 1, ONE = REGIONS_BLOCK + 5 };
	struct vma_list vmas = {.v = mem_alloc(MANY * sizeof(*vmas.v)), .n = MANY, .cap = MANY};
	struct regions *old, *is;

	for (size_t i = 0; i < MANY; i++)
		vmas.v[i] = (struct vma){.start = i << 20, .end = (i << 20) + 4096, .name = ""};
	old = regions_new(vmas, 1);
	is_u64(regions_at(old, ONE)->rss, 0, "of regions that are not counted nothing is known");
	for (size_t i = 0; i < MANY; i++)
		regions_edit(old, i)->rss = i;
	old->counted = true;
	is = regions_again(old, 2);
	regions_carry_over(is, old);
	regions_edit(is, ONE)->rss = 1000;
	ok(regions_at(old, ONE)->rss == ONE && regions_at(is, ONE)->rss == 1000, "a change of one is not one of the other");
	ok(is->blocks[0] == old->blocks[0] && is->blocks[1] != old->blocks[1] && is->blocks[2] == old->blocks[2],
	   "and takes the place of its neighbours, no more");
	ok(regions_bytes(is, old) < 2 * sizeof(struct regions_block) && regions_bytes(is, NULL) > 3 * sizeof(struct regions_block),
	   "so is the memory that is counted");
	regions_edit(is, ONE)->rss = ONE;
	regions_keep(is, old);
	ok(is->blocks[1] == old->blocks[1], "what is as it was again is shared again");
	regions_unref(old);
	is_u64(regions_at(is, MANY - 1)->rss, MANY - 1, "and outlives the older one");
	regions_unref(is);
}

static void
test_kept(void)
{
	struct reader l;
	struct regions *old;

	begin(&l, LONG, 0);
	old = regions_ref(l.draft.regions);
	made.now += TIME_SECOND;
	reader_read_all(&l);
	ok(l.draft.regions != old && l.draft.regions->list == old->list, "a list that stays is kept once");
	ok(l.draft.regions->blocks[0] == old->blocks[0], "so are counts");
	ok(l.draft.regions->time_ns > old->time_ns, "but the time is that of the scan");
	made.salt = 1;
	made.now += TIME_SECOND;
	reader_read_all(&l);
	ok(l.draft.regions->list == old->list && l.draft.regions->blocks[0] != old->blocks[0], "not counts that differ");
	ok(l.draft.regions->totals.types[VMA_ANON].size == old->totals.types[VMA_ANON].size,
	   "the sums by type are there as well");
	made.maps.s[0] = '2';
	made.now += TIME_SECOND;
	reader_read_all(&l);
	ok(l.draft.regions->list != old->list, "nor a list that differs");
	made.salt = 0;
	regions_unref(old);
	reader_close(&l);
}

static void
test_quiet(void)
{
	struct reader l;

	begin(&l, LONG, 20 * TIME_MS);
	is_u64(l.draft.regions_every_ns, 4 * TIME_SECOND, "a long list is read for a two-hundredth of the time");
	made.now += TIME_SECOND;
	strchr(made.maps.s, 'r')[2] = 'x';
	ok(reader_read_lightly(&l) && made.reads == 1, "and not before that, if nothing faults");
	made.now += 3 * TIME_SECOND;
	ok(!reader_read_lightly(&l) && made.reads == 2, "then a change is seen");
	reader_close(&l);

	begin(&l, 100, 20 * TIME_MS);
	is_u64(l.draft.regions_every_ns, 0, "a short one however long it takes");
	strchr(made.maps.s, 'r')[2] = 'x';
	ok(reader_read_lightly(&l), "is not read again at once");
	made.now += TIME_SECOND / 2;
	ok(!reader_read_lightly(&l), "but twice a second");
	reader_close(&l);
}

/* From five seconds after a count of all regions to the next one, a quiet target was read at each tick. */
static void
test_quiet_until_counted(void)
{
	struct reader l;

	begin(&l, LONG, 80 * TIME_MS);
	made.now += 6 * TIME_SECOND;
	ok(reader_is_quiet(&l), "a quiet target is not read before its regions are to be counted again");
	made.now += 3 * TIME_SECOND;
	ok(!reader_is_quiet(&l), "but then");
	reader_read_tick(&l);
	is_u64(l.sweeps, 2, "as all are counted");
	reader_close(&l);
}

/* A process that held its lock for a minute was counted again fifty minutes later. */
static void
test_waits(void)
{
	struct reader l;

	made.wait = 60 * TIME_SECOND;
	begin(&l, LONG, 0);
	made.wait = 0;
	is_u64(l.draft.regions_every_ns, 0, "a wait for the kernel is not what a list costs");
	made.now += TIME_SECOND;
	reader_read_tick(&l);
	is_u64(l.sweeps, 2, "nor what a count of all regions costs");
	reader_close(&l);
}

/* A row on screen that changes: a long list is read sooner, but for a twentieth of the time at most. */
static void
test_rows(void)
{
	struct reader l;

	begin(&l, LONG, 20 * TIME_MS);
	l.now.screen.rows = (struct screen_rows){.n = 1, .at = {l.draft.regions->vmas.v[7].start}};
	made.now += TIME_SECOND;
	ok(reader_read_lightly(&l) && made.reads == 1, "rows on screen that stay: no list");
	made.changed = l.draft.regions->vmas.v[8].start;
	ok(reader_read_lightly(&l) && made.reads == 1, "nor because of a row that is not on screen");
	made.changed = l.now.screen.rows.at[0];
	reader_read_lightly(&l);
	is_u64(made.reads, 2, "one that changes: the list");
	made.now += 300 * TIME_MS;
	reader_read_lightly(&l);
	is_u64(made.reads, 2, "not again at once");
	made.now += 100 * TIME_MS;
	reader_read_lightly(&l);
	is_u64(made.reads, 3, "but soon");
	made.changed = 0;
	reader_close(&l);
}

/* What mprotect changes in a target that does not fault. */
static void
test_counters(void)
{
	struct reader l;

	begin(&l, LONG, 0);
	ok(reader_is_quiet(&l), "quiet while the counters stand still");
	made.activity.data = 1;
	ok(!reader_is_quiet(&l), "more private memory is writable: not quiet");
	reader_close(&l);
}

int
main(void)
{
	tap_start();
	test_together();
	test_first();
	test_blocks();
	test_kept();
	test_quiet();
	test_quiet_until_counted();
	test_waits();
	test_rows();
	test_counters();
	buf_free(&made.maps);
	return tap_done();
}
