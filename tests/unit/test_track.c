/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "fake.h"
#include "kabi.h"
#include "region.h"
#include "tap.h"
#include "track.h"

#define MS UINT64_C(1000000)

static void
test_heat(void)
{
	static const struct {
		uint64_t age;
		enum heat want;
	} rows[] = {
	    {0, HEAT_NOW},           {500 * MS, HEAT_NOW},   {500 * MS + 1, HEAT_2S}, {2000 * MS, HEAT_2S},
	    {2000 * MS + 1, HEAT_5S}, {5000 * MS, HEAT_5S},  {5000 * MS + 1, HEAT_12S},
	    {12000 * MS, HEAT_12S},  {12000 * MS + 1, HEAT_30S}, {UINT64_MAX, HEAT_30S},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[48];

		snprintf(name, sizeof(name), "heat after %" PRIu64 " ns", rows[i].age);
		is_u64(track_heat(rows[i].age), rows[i].want, name);
	}
}

static uint64_t
addr(uint64_t page)
{
	return (page + 1000) * FAKE_PAGE;
}

static void
test_update(void)
{
	struct track t = {.gen = 1};
	const struct pm_run first[] = {{addr(2), addr(4), 0}, {addr(6), addr(7), 0}};
	const struct pm_run second[] = {{addr(1), addr(8), 0}};
	const struct pm_run third[] = {{addr(3), addr(5), 0}};

	track_update(&t, addr(0), addr(10), first, 2, 100);
	ok(track_time(&t, addr(2)) == 100 && track_time(&t, addr(3) + 4095) == 100 &&
	       !track_time(&t, addr(4)) && track_time(&t, addr(6)) == 100 && t.n == 2,
	   "new pages get the time");
	track_update(&t, addr(0), addr(10), second, 1, 200);
	ok(track_time(&t, addr(1)) == 200 && track_time(&t, addr(2)) == 100 &&
	       track_time(&t, addr(4)) == 200 && track_time(&t, addr(6)) == 100 &&
	       track_time(&t, addr(7)) == 200 && t.n == 5,
	   "pages seen before keep theirs");
	track_update(&t, addr(2), addr(6), third, 1, 300);
	ok(track_time(&t, addr(1)) == 200 && !track_time(&t, addr(2)) && track_time(&t, addr(3)) == 100 &&
	       track_time(&t, addr(4)) == 200 && !track_time(&t, addr(5)) && track_time(&t, addr(6)) == 100,
	   "pages no longer written are dropped, in the range and nowhere else");
	is_u64(track_newest(&t, addr(0), addr(10)), 200, "the newest of all");
	is_u64(track_newest(&t, addr(3), addr(4)), 100, "the newest of one");
	is_u64(track_newest(&t, addr(2), addr(3)), 0, "nothing written there");
	is_u64(track_newest(&t, addr(20), addr(30)), 0, "nor there");
	is_u64(track_newest_heat(&t, addr(0), addr(10), 200 + 600 * MS), HEAT_2S, "as heat");
	is_u64(track_newest_heat(&t, addr(0), addr(10), 50), HEAT_NOW, "a clock that is behind is now");
	is_u64(track_newest_heat(&t, addr(20), addr(30), 200), HEAT_NONE, "nothing is no heat");
	is_u64(track_first(&t, addr(9)), t.n, "track_first past the last");
	is_u64(track_first(&t, 0), 0, "track_first before the first");
	track_forget(&t);
	ok(!t.n && !t.gen && !track_time(&t, addr(3)), "track_forget");
	track_free(&t);
}

/* Against an array with a number a page, through many random looks at parts of it. */
enum { PAGES = 300 };

static bool
is_same(const struct track *t, const uint64_t naive[PAGES])
{
	for (uint64_t p = 0; p < PAGES; p++)
		if (track_time(t, addr(p)) != naive[p])
			return false;
	for (size_t i = 0; i < t->n; i++)
		if (t->v[i].start >= t->v[i].end || (i && t->v[i].start < t->v[i - 1].end))
			return false;
	return !track_time(t, addr(PAGES)) && !track_time(t, addr(0) - 1);
}

/* The fewest stamps that say the same. */
static size_t
fewest(const uint64_t naive[PAGES])
{
	size_t n = 0;

	for (size_t p = 0; p < PAGES; p++)
		n += naive[p] && (!p || naive[p] != naive[p - 1]);
	return n;
}

static void
look(struct track *t, uint64_t naive[PAGES], uint64_t *seed, uint64_t now)
{
	struct pm_run runs[PAGES];
	uint64_t from = fake_below(seed, PAGES), to = from + 1 + fake_below(seed, PAGES - from);
	uint64_t density = 1 + fake_below(seed, 20);
	size_t n = 0;

	for (uint64_t p = from; p < to; p++) {
		if (fake_below(seed, 21) >= density) {
			naive[p] = 0;
			continue;
		}
		naive[p] = naive[p] ? naive[p] : now;
		if (n && runs[n - 1].end == addr(p) && fake_below(seed, 4))
			runs[n - 1].end = addr(p + 1);
		else /* sometimes runs touch: the kernel splits them as well */
			runs[n++] = (struct pm_run){addr(p), addr(p + 1), 0};
	}
	track_update(t, addr(from), addr(to), runs, n, now);
}

static void
test_random(void)
{
	struct track t = {.gen = 1};
	uint64_t naive[PAGES] = {0}, seed = 3;
	bool same = true, small = true;

	for (uint64_t now = 1; now < 2000 && same; now++) {
		look(&t, naive, &seed, now);
		same = is_same(&t, naive);
		small &= t.n <= 2 * fewest(naive) + 2;
	}
	ok(same, "2000 random looks: each page has the time it was first seen written");
	ok(small, "in few stamps");
	track_free(&t);
}

/* --- a process made of files --------------------------------------------------------------------------- */

struct folder {
	char path[64];
	struct proc p;
};

static bool
folder_open(struct folder *f)
{
	const char *tmp = getenv("TMPDIR");

	snprintf(f->path, sizeof(f->path), "%.40s/pmtop-track-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(f->path))
		return false;
	f->p = (struct proc){.root = -1, .pidfd = -1, .pid = 1, .comm = "x",
	                     .dir = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	return f->p.dir >= 0;
}

static void
folder_close(struct folder *f)
{
	unlinkat(f->p.dir, "clear_refs", 0);
	close(f->p.dir);
	rmdir(f->path);
}

static bool
folder_put(const struct folder *f)
{
	int fd = openat(f->p.dir, "clear_refs", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd >= 0 && close(fd) == 0;
}

static bool
folder_holds(const struct folder *f, const char *want)
{
	char text[16] = "";
	int fd = openat(f->p.dir, "clear_refs", O_RDONLY | O_CLOEXEC);
	bool same = fd >= 0 && read(fd, text, sizeof(text) - 1) >= 0 && !strcmp(text, want);

	if (fd >= 0)
		close(fd);
	return same;
}

static void
test_probe(void)
{
	struct folder f;
	struct track t = {0};
	struct vma v[] = {{.start = addr(0), .end = addr(10), .name = ""},
	                  {.start = addr(20), .end = addr(30), .name = ""}};
	struct vma_list l = {.v = v, .n = 2};
	const struct pm_run run = {addr(1), addr(2), 0};
	const struct pagemap pm = {.fd = -1};
	struct err err = {0};

	if (!ok(folder_open(&f), "a folder for a process"))
		return;
	track_probe(&t, &f.p, &pm);
	ok(t.can == TRACK_NO && t.why[0] && t.how[0], "no clear_refs: it cannot, and says why");
	ok(track_clear(&t, &f.p, &pm, &l, &err) == -1 && err.status == ERR_TARGET && err.why[0] && t.gen == 0,
	   "so a clear is refused");
	ok(!track_knew(&t, addr(0), addr(10)), "and no mark is made");
	memset(&t, 0, sizeof(t));
	ok(folder_put(&f), "clear_refs");
	track_probe(&t, &f.p, &pm);
	ok(t.can == TRACK_YES && folder_holds(&f, ""), "with clear_refs it can; asking clears nothing");
	ok(track_clear(&t, &f.p, &pm, &l, &err) == 0 && t.gen == 1 && t.mark_ns && folder_holds(&f, "4"),
	   "a clear writes 4, and nothing else");
	ok(track_knew(&t, addr(0), addr(10)) && track_knew(&t, addr(20), addr(30)) &&
	       !track_knew(&t, addr(0), addr(11)) && !track_knew(&t, addr(1), addr(10)) &&
	       !track_knew(&t, addr(12), addr(13)) && !track_knew(&t, addr(40), addr(50)),
	   "the regions at the mark are known");
	track_update(&t, addr(0), addr(10), &run, 1, 5);
	ok(track_clear(&t, &f.p, &pm, &l, &err) == 0 && t.gen == 2 && !track_time(&t, addr(1)),
	   "a second clear forgets what was written");
	track_forget(&t);
	ok(t.gen == 0 && t.can == TRACK_YES && !track_knew(&t, addr(0), addr(10)), "exec: all but `can` is gone");
	track_free(&t);
	folder_close(&f);
}

static bool
stop_at_once(void *arg)
{
	(void)arg;
	return true;
}

/* The second of two written pages lies in a window that the walk no longer comes to. */
static void
test_given_up(void)
{
	const uint64_t written = PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY | 0x1234;
	struct vma v = {.start = 0x10000000, .end = 0x10000000 + UINT64_C(20000) * FAKE_PAGE,
	                .perm = VMA_READ | VMA_WRITE, .type = VMA_ANON, .name = ""};
	uint64_t near = v.start, far = v.start + UINT64_C(15000) * FAKE_PAGE;
	struct strip_cell strip[LIST_STRIP];
	struct region r;
	struct target t;
	struct err err;

	fake_target(&t);
	t.track.gen = 1;
	fake_words(t.pm.fd, near / FAKE_PAGE, 2, written & ~PM_SOFT_DIRTY);
	fake_word(t.pm.fd, near / FAKE_PAGE, written);
	fake_word(t.pm.fd, far / FAKE_PAGE, written);
	fake_end(t.pm.fd, v.end);
	ok(region_measure(&t, &v, 100, &r, strip, LIST_STRIP, &err) == 0 && r.written == 2 &&
	       track_time(&t.track, far) == 100,
	   "a whole walk tells the track what is written");
	t.pm.stop = stop_at_once;
	ok(region_measure(&t, &v, 200, &r, strip, LIST_STRIP, &err) == 1, "a walk that is stopped says so");
	is_u64(track_time(&t.track, far), 100, "bug: a walk that is given up forgets no write");
	t.pm.stop = NULL;
	ok(region_measure(&t, &v, 300, &r, strip, LIST_STRIP, &err) == 0 &&
	       track_time(&t.track, near) == 100 && track_time(&t.track, far) == 100,
	   "bug: and nothing old looks freshly written afterwards");
	fake_close(&t);
}

/* Generations: a page keeps its time within one, is told anew in the next, and cools in between. */
static void
test_pulse(void)
{
	const struct pm_run both[] = {{addr(2), addr(4), 0}, {addr(6), addr(7), 0}};
	const struct pm_run one = {addr(3), addr(5), 0};
	struct track t = {.gen = 1, .era = 1, .pulse = true};

	track_update(&t, addr(0), addr(10), both, 2, 1000 * MS);
	track_update(&t, addr(0), addr(10), both, 2, 2000 * MS);
	ok(track_time(&t, addr(2)) == 1000 * MS && track_at(&t, addr(2))->count == 1 && t.n == 2,
	   "within a generation a page keeps its time");
	t.era = 2;
	track_update(&t, addr(0), addr(10), &one, 1, 3000 * MS);
	ok(track_time(&t, addr(2)) == 1000 * MS && track_at(&t, addr(2))->count == 1,
	   "what was not written again cools");
	ok(track_time(&t, addr(3)) == 3000 * MS && track_at(&t, addr(3))->count == 2, "what was is fresh, and counted");
	ok(track_time(&t, addr(4)) == 3000 * MS && track_at(&t, addr(4))->count == 1, "as is what is new");
	ok(track_time(&t, addr(6)) == 1000 * MS && !track_at(&t, addr(5)), "and nothing else");
	ok(track_at(&t, addr(3))->recent == 3 && track_at(&t, addr(4))->recent == 1 && track_at(&t, addr(2))->recent == 1,
	   "in which of the last generations");
	is_u64(track_bytes_in(&t, addr(0), addr(10), 1), 3 * FAKE_PAGE, "written in the first");
	is_u64(track_bytes_in(&t, addr(0), addr(10), 2), 2 * FAKE_PAGE, "written in the second");
	is_u64(track_bytes_in(&t, addr(4), addr(10), 2), FAKE_PAGE, "in a part of the range");
	is_u64(track_bytes_in(&t, addr(0), addr(10), 3), 0, "in one that has not been yet");
	is_u64(track_tally(&t, addr(0)), 5 * FAKE_PAGE, "a page is fresh once a generation");
	is_u64(t.fresh, 5 * FAKE_PAGE, "over all regions");
	track_update(&t, addr(0), addr(10), NULL, 0, 32000 * MS);
	ok(track_at(&t, addr(2)) && track_newest_heat(&t, addr(2), addr(3), 32000 * MS) == HEAT_NONE &&
	       track_newest_heat(&t, addr(3), addr(4), 32000 * MS) == HEAT_30S,
	   "after half a minute it glows no more, and is remembered");
	ok(!track_is_warm(&t, track_at(&t, addr(2)), 32000 * MS) && track_is_warm(&t, track_at(&t, addr(3)), 32000 * MS),
	   "warm or not");
	t.pulse = false;
	track_update(&t, addr(0), addr(10), both, 2, 40000 * MS);
	t.era = 4;
	track_update(&t, addr(0), addr(10), &one, 1, 41000 * MS);
	ok(!track_at(&t, addr(2)) && track_time(&t, addr(3)) == 41000 * MS, "without a pulse nothing old stays");
	track_free(&t);
}

/* --- userfaultfd, on memory of our own ----------------------------------------------------------------- */

/* A descriptor that watches [p, p + size); -1: this kernel has no asynchronous write protection. */
static int
watch(void *p, size_t size)
{
	struct pm_uffdio_api api = {.api = PM_UFFD_API,
	                            .features = PM_UFFD_FEATURE_WP | PM_UFFD_FEATURE_WP_EMPTY |
	                                        PM_UFFD_FEATURE_WP_ASYNC};
	struct pm_uffdio_register area = {.start = (uintptr_t)p, .len = size, .mode = PM_UFFD_MODE_WP};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | PM_UFFD_USER_MODE);

	if (fd >= 0 && (ioctl(fd, PM_IOC_UFFD_API, &api) < 0 || ioctl(fd, PM_IOC_UFFD_REGISTER, &area) < 0)) {
		close(fd);
		fd = -1;
	}
	return fd;
}

/* kB of page tables of ours. */
static uint64_t
page_tables(void)
{
	struct buf text = {0};
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	uint64_t kib = 0;
	const char *end, *at = fd >= 0 && file_read_all(fd, &text) == 0 ? strstr(text.s, "VmPTE:") : NULL;

	if (at)
		parse_u64(at + 6 + strspn(at + 6, " \t"), 10, &end, &kib);
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return kib;
}

/* Whether exactly the pages of `want`, ascending, ended by -1, are stamped. */
static bool
stamped(const struct track *t, uint64_t base, int pages, const int *want)
{
	for (int i = 0; i < pages; i++) {
		bool is = track_time(t, base + (uint64_t)i * FAKE_PAGE) != 0;

		if (is != (*want == i))
			return false;
		want += *want == i;
	}
	return true;
}

static void
test_uffd(void)
{
	enum { WATCHED = 64 };
	static const int first[] = {3, 5, 7, -1}, more[] = {3, 5, 7, 40, -1}, none[] = {-1}, last[] = {63, -1};
	const uint64_t size = UINT64_C(64) << 30;
	volatile char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct strip_cell strip[LIST_STRIP];
	struct target t;
	struct vma_list l;
	struct region r;
	struct err err;
	uint64_t before;
	int fd;

	madvise((void *)p, size, MADV_NOHUGEPAGE);
	fd = p == MAP_FAILED ? -1 : watch((void *)p, size);
	if (fd < 0 || sysconf(_SC_PAGESIZE) != FAKE_PAGE) {
		ok(true, "userfaultfd # SKIP no asynchronous write protection here (Linux 6.7)");
		return;
	}
	for (int i = 0; i < WATCHED / 2; i++)
		p[i * FAKE_PAGE] = 1;
	ok(target_open(&t, PROC_ROOT, getpid(), &err) == 0 && target_open_pages(&t, &err) == 0 &&
	       target_regions(&t, &l, &err) == 0, "a target of our own");
	t.track.owner = TRACK_DEMO; /* it is watched already */
	t.track.can = TRACK_YES;
	t.track.way = TRACK_UFFD;
	before = page_tables();
	ok(track_clear(&t.track, &t.proc, &t.pm, &l, &err) == 0 && t.track.gen == 1, "armed");
	ok(page_tables() <= before + 256, "64 GiB of nothing got no page tables for it");
#define LOOK(now) region_measure(&t, vma_at(&l, (uintptr_t)p), now, &r, strip, LIST_STRIP, &err)
	ok(LOOK(100) == 0 && r.written == 0 && !r.doubt && stamped(&t.track, (uintptr_t)p, WATCHED, none),
	   "nothing written, nothing told");
	p[3 * FAKE_PAGE] = p[5 * FAKE_PAGE] = p[7 * FAKE_PAGE] = 2;
	(void)p[50 * FAKE_PAGE]; /* read only: the zero page */
	ok(LOOK(200) == 0 && r.written == 3 && stamped(&t.track, (uintptr_t)p, WATCHED, first),
	   "pages 3, 5 and 7 written: exactly those");
	p[40 * FAKE_PAGE] = 2; /* a page that was not there */
	ok(LOOK(300) == 0 && r.written == 4 && stamped(&t.track, (uintptr_t)p, WATCHED, more) &&
	       track_time(&t.track, (uintptr_t)p + 3 * FAKE_PAGE) == 200 &&
	       track_time(&t.track, (uintptr_t)p + 40 * FAKE_PAGE) == 300,
	   "one more, and the others keep their time");
	ok(track_clear(&t.track, &t.proc, &t.pm, &l, &err) == 0 && LOOK(400) == 0 && r.written == 0,
	   "armed again: nothing is left");
	p[63 * FAKE_PAGE] = 3;
	ok(LOOK(500) == 0 && stamped(&t.track, (uintptr_t)p, WATCHED, last), "and what comes is told");
	close(fd);
	ok(LOOK(600) == 0 && r.doubt == DOUBT_UNWATCHED && r.written == 1, "nobody watches any more: not known; what was stays");
	vma_free(&l);
	target_close(&t);
	munmap((void *)p, size);
}

int
main(void)
{
	tap_start();
	test_heat();
	test_update();
	test_random();
	test_probe();
	test_given_up();
	test_pulse();
	test_uffd();
	return tap_done();
}
