/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "base/file.h"
#include "fake.h"
#include "kernel/kabi.h"
#include "page/folio.h"
#include "tap.h"
#include "target/region.h"
#include "track/tracker_uffd.h"

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
		is_u64(heat_of_age(rows[i].age), rows[i].want, name);
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
	struct track t = {.clears = 1};
	const struct pm_run first[] = {{addr(2), addr(4), 0}, {addr(6), addr(7), 0}};
	const struct pm_run second[] = {{addr(1), addr(8), 0}};
	const struct pm_run third[] = {{addr(3), addr(5), 0}};

	track_update(&t, addr(0), addr(0), addr(10), first, 2, 100);
	ok(track_time(&t, addr(2)) == 100 && track_time(&t, addr(3) + 4095) == 100 &&
	       !track_time(&t, addr(4)) && track_time(&t, addr(6)) == 100,
	   "new pages get the time");
	track_update(&t, addr(0), addr(0), addr(10), second, 1, 200);
	ok(track_time(&t, addr(1)) == 200 && track_time(&t, addr(2)) == 100 &&
	       track_time(&t, addr(4)) == 200 && track_time(&t, addr(6)) == 100 &&
	       track_time(&t, addr(7)) == 200,
	   "pages seen before keep theirs");
	track_update(&t, addr(2), addr(2), addr(6), third, 1, 300);
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
	track_forget(&t);
	ok(!t.stamps.n && !t.clears && !track_time(&t, addr(3)), "track_forget");
	track_free(&t);
}

/* The stamp of a page; its count is 0 if it has none. */
static struct track_stamp
at(const struct track *t, uint64_t page)
{
	struct track_stamp s;

	return track_at(t, addr(page), &s) ? s : (struct track_stamp){0};
}

/* --- what is noted ------------------------------------------------------------------------------ */

enum { NOTED = 2000 }; /* pages */

static bool
is_as(const struct track *a, const struct track *b, uint64_t *seed, uint64_t now)
{
	uint64_t from = fake_below(seed, NOTED), to = from + 1 + fake_below(seed, NOTED - from);
	uint64_t page = addr(from), since = now - fake_below(seed, now < 10 ? now : 10);
	uint32_t epoch = a->epoch - (uint32_t)fake_below(seed, a->epoch < 40 ? a->epoch : 40);
	struct extents x = {0}, y = {0};
	struct track_stamp s, t;
	bool same = true, has;

	switch (fake_below(seed, 8)) {
	case 0:
		has = track_at(a, page, &s);
		same = has == track_at(b, page, &t) &&
		       (!has || (s.time_ns == t.time_ns && s.epoch == t.epoch && s.count == t.count && s.recent == t.recent));
		break;
	case 1:
		same = track_bytes(a, page, addr(to)) == track_bytes(b, page, addr(to));
		break;
	case 2:
		same = track_bytes_in(a, page, addr(to), epoch) == track_bytes_in(b, page, addr(to), epoch);
		break;
	case 3:
		same = track_newest(a, page, addr(to)) == track_newest(b, page, addr(to));
		break;
	case 4:
		same = track_most(a, page, addr(to)) == track_most(b, page, addr(to));
		break;
	case 5:
		track_since(a, since, &x);
		track_since(b, since, &y);
		same = x.n == y.n;
		for (size_t i = 0; same && i < x.n; i++)
			same = x.v[i].start == y.v[i].start && x.v[i].end == y.v[i].end;
		break;
	case 6:
		same = track_was_written(a, page, epoch) == track_was_written(b, page, epoch);
		break;
	default:
		same = track_time(a, page) == track_time(b, page) && track_has_stamps(a) == track_has_stamps(b);
		break;
	}
	extents_free(&x);
	extents_free(&y);
	return same && a->fresh == b->fresh;
}

static size_t
some_runs(struct pm_run *runs, uint64_t *seed)
{
	uint64_t run = 1 + fake_below(seed, 3) * fake_below(seed, 300), gap = 1 + fake_below(seed, 50);
	size_t n = 0;

	for (uint64_t p = fake_below(seed, NOTED), end; p < NOTED; p = end + 1 + fake_below(seed, gap)) {
		end = p + 1 + fake_below(seed, run);
		runs[n++] = (struct pm_run){addr(p), addr(end < NOTED ? end : NOTED), 0};
	}
	return n;
}

/* Clears that report in batches, and what else there is: `noted` is asked seldom, the other always stamps. */
static void
test_noted(void)
{
	static struct pm_run runs[NOTED];
	struct track noted = {.clears = 1, .auto_clear = true, .epoch = 1, .first_epoch = 1}, plain = noted, copy;
	uint64_t seed = 5;
	size_t most = 0;
	bool same = true;

	for (uint64_t now = 1; now < 3000 && same; now++) {
		size_t n = some_runs(runs, &seed), half = n ? fake_below(&seed, n) : 0;
		uint64_t from = addr(fake_below(&seed, NOTED)), to = from + fake_below(&seed, 300) * FAKE_PAGE;

		track_harvest(&noted, addr(0), runs, half, now);
		track_harvest(&noted, addr(0), runs + half, n - half, now);
		track_add(&plain, addr(0), runs, n, now);
		most = noted.notes.n > most ? noted.notes.n : most;
		if (fake_below(&seed, 10) == 0) {
			track_drop(&noted, from, to);
			track_drop(&plain, from, to);
		}
		if (fake_below(&seed, 5) == 0) {
			track_update(&noted, addr(0), from, to, runs, 0, now);
			track_update(&plain, addr(0), from, to, runs, 0, now);
		}
		if (fake_below(&seed, 2))
			same = is_as(&noted, &plain, &seed, now);
		noted.epoch = plain.epoch += 1 + (fake_below(&seed, 100) == 0 ? 35 : 0);
		if (fake_below(&seed, 20) == 0) {
			now++;
			track_add(&noted, addr(0), runs, half, now);
			track_add(&plain, addr(0), runs, half, now);
		}
		if (fake_below(&seed, 50) == 0) {
			track_copy(&copy, &noted);
			same = same && is_as(&copy, &plain, &seed, now) && !copy.notes.n;
			track_free(&copy);
		}
	}
	ok(same, "what is noted is known as if it were stamped");
	is_u64(most, NOTES_MOST, "there were as many notes as there can be");
	track_forget(&noted);
	ok(!track_has_stamps(&noted), "they are forgotten, too");
	track_free(&noted);
	track_free(&plain);
}

/* --- a process made of files ------------------------------------------------------------------ */

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
	                     .leader = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
	return f->p.leader >= 0;
}

static void
folder_close(struct folder *f)
{
	unlinkat(f->p.leader, "clear_refs", 0);
	close(f->p.leader);
	rmdir(f->path);
}

static bool
folder_put(const struct folder *f)
{
	int fd = openat(f->p.leader, "clear_refs", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	return fd >= 0 && close(fd) == 0;
}

static bool
folder_holds(const struct folder *f, const char *want)
{
	char text[16] = "";
	int fd = openat(f->p.leader, "clear_refs", O_RDONLY | O_CLOEXEC);
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
	ok(track_clear(&t, &f.p, &pm, &l, &err) == -1 && err.status == ERR_TARGET && err.why[0] && t.clears == 0,
	   "so a clear is refused");
	ok(!track_knew(&t, addr(0), addr(10)), "and no mark is made");
	memset(&t, 0, sizeof(t));
	ok(folder_put(&f), "clear_refs");
	track_probe(&t, &f.p, &pm);
	ok(t.can == TRACK_YES && folder_holds(&f, ""), "with clear_refs it can; asking clears nothing");
	ok(track_clear(&t, &f.p, &pm, &l, &err) == 0 && t.clears == 1 && t.clear_ns && folder_holds(&f, "4"),
	   "a clear writes 4, and nothing else");
	ok(track_knew(&t, addr(0), addr(10)) && track_knew(&t, addr(20), addr(30)) &&
	       !track_knew(&t, addr(0), addr(11)) && !track_knew(&t, addr(1), addr(10)) &&
	       !track_knew(&t, addr(12), addr(13)) && !track_knew(&t, addr(40), addr(50)),
	   "the regions at the mark are known");
	track_update(&t, addr(0), addr(0), addr(10), &run, 1, 5);
	ok(track_clear(&t, &f.p, &pm, &l, &err) == 0 && t.clears == 2 && !track_time(&t, addr(1)),
	   "a second clear forgets what was written");
	track_forget(&t);
	ok(t.clears == 0 && t.can == TRACK_YES && !track_knew(&t, addr(0), addr(10)), "exec: all but `can` is gone");
	track_free(&t);
	folder_close(&f);
}

/* What one of its members says the others must bear out. */
static void
tracker_is_whole(enum tracker tracker, const struct tracker_ops *o)
{
	const struct tracker_words *w = &o->words;
	bool local = o->caps & TRACKER_LOCAL;
	unsigned found;

	ok(tracker_words(tracker) == w && tracker_caps(tracker) == o->caps && tracker_find(w->name, &found) && found == tracker,
	   w->name);
	ok(w->label && w->help && w->verb && w->cleared && w->unknown && w->why_unknown, "its words");
	ok(o->probe && o->clear && o->doubt, "what each can be asked");
	ok(!o->written == !o->cats && !(o->everywhere & ~o->cats), "marks, and what reads them");
	ok(local == !o->cats && local == (o->sign && o->reaches) && local == (w->compares != NULL), "or pages, and their signatures");
	ok(!o->costs == !w->costs && !o->costs == !w->consent && (!o->costs || w->price), "what needs consent states its costs");
}

static void
test_trackers(void)
{
	unsigned found;

#define T(id, ops) tracker_is_whole(TRACKER_##id, &(ops));
#include "track/trackers.def"
#undef T
	ok(tracker_find("auto", &found) && found == TRACKER_AUTO && !tracker_find("way", &found), "names that are none");
	ok(tracker_caps(tracker_lasting()) & TRACKER_LASTING && tracker_caps(tracker_reading()) & TRACKER_CHANGES,
	   "one outlives pmtop, and one only reads");
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
	t.track.clears = 1;
	fake_words(fake_root(&t)->pm.fd, near / FAKE_PAGE, 2, written & ~PM_SOFT_DIRTY);
	fake_word(fake_root(&t)->pm.fd, near / FAKE_PAGE, written);
	fake_word(fake_root(&t)->pm.fd, far / FAKE_PAGE, written);
	fake_end(fake_root(&t)->pm.fd, v.end);
	ok(region_measure(&t, &v, 100, &r, strip, LIST_STRIP, &err) == 0 && r.written == 2 &&
	       track_time(&t.track, far) == 100,
	   "a whole walk stamps what is written");
	t.source->stop = stop_at_once;
	ok(region_measure(&t, &v, 200, &r, strip, LIST_STRIP, &err) == 1, "a walk that is stopped says so");
	is_u64(track_time(&t.track, far), 100, "bug: a walk that is given up forgets no write");
	t.source->stop = NULL;
	ok(region_measure(&t, &v, 300, &r, strip, LIST_STRIP, &err) == 0 &&
	       track_time(&t.track, near) == 100 && track_time(&t.track, far) == 100,
	   "bug: and nothing old seems freshly written afterwards");
	fake_close(&t);
}

/* Epochs: a page keeps its time within one, is stamped again in the next, and fades in between. */
static void
test_auto_clear(void)
{
	const struct pm_run both[] = {{addr(2), addr(4), 0}, {addr(6), addr(7), 0}};
	const struct pm_run one = {addr(3), addr(5), 0};
	struct track t = {.clears = 1, .epoch = 1, .auto_clear = true};
	struct track_stamp cool, warm;

	track_update(&t, addr(0), addr(0), addr(10), both, 2, 1000 * MS);
	track_update(&t, addr(0), addr(0), addr(10), both, 2, 2000 * MS);
	ok(track_time(&t, addr(2)) == 1000 * MS && at(&t, 2).count == 1,
	   "within an epoch a page keeps its time");
	t.epoch = 2;
	track_update(&t, addr(0), addr(0), addr(10), &one, 1, 3000 * MS);
	ok(track_time(&t, addr(2)) == 1000 * MS && at(&t, 2).count == 1,
	   "what was not written again cools");
	ok(track_time(&t, addr(3)) == 3000 * MS && at(&t, 3).count == 2, "what was is fresh, and counted");
	ok(track_time(&t, addr(4)) == 3000 * MS && at(&t, 4).count == 1, "as is what is new");
	ok(track_time(&t, addr(6)) == 1000 * MS && !at(&t, 5).count, "and nothing else");
	ok(at(&t, 3).recent == 3 && at(&t, 4).recent == 1 && at(&t, 2).recent == 1,
	   "in which of the last epochs");
	is_u64(track_bytes_in(&t, addr(0), addr(10), 1), 3 * FAKE_PAGE, "written in the first");
	is_u64(track_bytes_in(&t, addr(0), addr(10), 2), 2 * FAKE_PAGE, "written in the second");
	is_u64(track_bytes_in(&t, addr(4), addr(10), 2), FAKE_PAGE, "in a part of the range");
	is_u64(track_bytes_in(&t, addr(0), addr(10), 3), 0, "in one that has not been yet");
	is_u64(track_tally(&t, addr(0)), 5 * FAKE_PAGE, "a page is fresh once an epoch");
	is_u64(t.fresh, 5 * FAKE_PAGE, "over all regions");
	track_update(&t, addr(0), addr(0), addr(10), NULL, 0, 32000 * MS);
	ok(at(&t, 2).count && track_newest_heat(&t, addr(2), addr(3), 32000 * MS) == HEAT_NONE &&
	       track_newest_heat(&t, addr(3), addr(4), 32000 * MS) == HEAT_30S,
	   "after half a minute it glows no more, and is remembered");
	cool = at(&t, 2);
	warm = at(&t, 3);
	ok(!track_is_warm(&t, &cool, 32000 * MS) && track_is_warm(&t, &warm, 32000 * MS),
	   "warm or not");
	t.auto_clear = false;
	track_update(&t, addr(0), addr(0), addr(10), both, 2, 40000 * MS);
	t.epoch = 4;
	track_update(&t, addr(0), addr(0), addr(10), &one, 1, 41000 * MS);
	ok(!at(&t, 2).count && track_time(&t, addr(3)) == 41000 * MS, "without an auto-clear nothing old stays");
	track_free(&t);
}

/* A scan leaves to a clear only what that clear is certain to report. */
static void
test_reports(void)
{
	struct track_range cleared = {addr(0), addr(10)}, part = {addr(4), addr(5)};
	struct track t = {.tracker = TRACKER_UFFD, .clears = 1, .auto_clear = true, .cleared = {&cleared, 1, 1}};
	struct track_ranges *const some[] = {&t.newer, &t.blank, &t.unsure};

	ok(track_reports(&t, addr(0), addr(10)), "what was armed is reported by the next clear");
	ok(!track_reports(&t, addr(0), addr(11)), "not what has grown");
	for (size_t i = 0; i < ARRAY_LEN(some); i++) {
		*some[i] = (struct track_ranges){&part, 1, 1};
		ok(!track_reports(&t, addr(0), addr(10)) && track_reports(&t, addr(0), addr(4)),
		   "nor what is newer, began without pages, or was armed later");
		*some[i] = (struct track_ranges){0};
	}
	t.auto_clear = false;
	ok(!track_reports(&t, addr(0), addr(10)), "nor what a clear would forget");
}

/* A region of many runs is reported in parts. */
static void
test_tally(void)
{
	const struct pm_run first = {addr(2), addr(4), 0}, second = {addr(6), addr(7), 0};
	struct track t = {.clears = 1, .epoch = 1};

	track_update(&t, addr(0), addr(0), addr(5), &first, 1, 100);
	track_update(&t, addr(0), addr(5), addr(10), &second, 1, 100);
	is_u64(track_tally(&t, addr(0)), 3 * FAKE_PAGE, "bug: the rate of a region was that of its first 256 runs");
	is_u64(t.tally_n, 1, "and what it was made of grew without end");
	track_free(&t);
}

/* What is reported about one page: in how many epochs it was written, and in which. */
static void
test_past(void)
{
	const struct pm_run run = {addr(2), addr(4), 0};
	struct track t = {.clears = 0};
	struct track_past p = track_past(&t, addr(0), addr(2));

	ok(p.epochs == 0 && track_past_why(&p), "no mark: nothing is known");
	t = (struct track){.clears = 5, .epoch = 5, .first_epoch = 5, .auto_clear = true, .clear_ns = 100};
	p = track_past(&t, addr(0), addr(2));
	ok(p.epochs == 0 && strstr(track_past_why(&p), "no sample"), "nor before the first scan");
	t.scanned_ns = 110;
	track_set_doubt(&t, addr(0), DOUBT_NONE, 0);
	track_update(&t, addr(0), addr(0), addr(10), &run, 1, 110);
	p = track_past(&t, addr(0), addr(2));
	ok(p.epochs == 1 && p.written == 1 && p.recent == 1 && !track_past_why(&p), "written in the first");
	p = track_past(&t, addr(0), addr(5));
	ok(p.epochs == 1 && p.written == 0 && p.recent == 0 && !track_past_why(&p), "its neighbour was not, and that is known");
	t.epoch = t.clears = 6;
	t.clear_ns = 200;
	p = track_past(&t, addr(0), addr(2));
	ok(p.epochs == 1 && p.recent == 1, "a clear begins an epoch that does not count before its first scan");
	track_update(&t, addr(0), addr(0), addr(10), &run, 1, 210); /* a window, ahead of the rest */
	p = track_past(&t, addr(0), addr(2));
	ok(p.epochs == 2 && p.written == 2 && p.recent == 3, "but for a page that was seen in it");
	p = track_past(&t, addr(0), addr(5));
	ok(p.epochs == 1 && p.written == 0, "and not for others");
	t.epoch = t.clears = 9;
	t.clear_ns = 500;
	t.scanned_ns = 510;
	p = track_past(&t, addr(0), addr(2));
	ok(p.epochs == 5 && p.written == 2 && p.recent == 3 << 3, "three more without a write");
	is_u64(track_epochs(&t), 5, "the number of epochs");
	t.epoch = t.clears = 60;
	p = track_past(&t, addr(0), addr(2));
	ok(p.epochs == 56 && p.written == 2 && p.recent == 0, "which ones is kept of the last 32");
	track_free(&t);
}

/* Not known is reported as such; writes that were seen are reported in any case. */
static void
test_past_doubt(void)
{
	const struct pm_run run = {addr(2), addr(3), 0};
	struct track t = {.clears = 1, .epoch = 1, .first_epoch = 1};
	struct vma v = {.start = addr(0), .end = addr(10), .name = ""};
	struct vma_list l = {.v = &v, .n = 1};
	struct track_past p = track_past(&t, addr(0), addr(2));

	ok(p.doubt == DOUBT_NEW, "a region that was never scanned");
	track_set_doubt(&t, addr(0), DOUBT_NONE, 0);
	track_set_doubt(&t, addr(20), DOUBT_HUGETLB, 0);
	track_update(&t, addr(0), addr(0), addr(10), &run, 1, 10);
	track_set_doubt(&t, addr(0), DOUBT_REMAPPED, 0);
	p = track_past(&t, addr(0), addr(2));
	ok(p.doubt == DOUBT_REMAPPED && p.written == 1, "remapped: what was seen before stays");
	p = track_past(&t, addr(0), addr(5));
	ok(p.doubt == DOUBT_REMAPPED && p.written == 0 && track_past_why(&p), "of the others it is not known");
	ok(track_past(&t, addr(20), addr(21)).doubt == DOUBT_HUGETLB, "each region its own");
	track_set_doubt(&t, addr(0), DOUBT_NONE, 0);
	t.scope = (struct track_range){addr(0), addr(5)};
	ok(track_past(&t, addr(0), addr(4)).doubt == DOUBT_NONE && track_past(&t, addr(0), addr(5)).doubt == DOUBT_OUTSIDE,
	   "a part is watched");
	track_follow(&t, NULL, &(struct pagemap){.fd = -1, .page_size = FAKE_PAGE}, &l);
	ok(track_past(&t, addr(0), addr(4)).doubt == DOUBT_NONE && t.scanned_n == 1, "what is no longer mapped is forgotten");
	t.tracker = TRACKER_HASH;
	ok(track_past(&t, addr(0), addr(4)).doubt == DOUBT_OUTSIDE, "contents reveal nothing about pages that were not on screen");
	track_free(&t);
}

/* --- what is not known ------------------------------------------------------------------------ */

enum { REGION = 8 }; /* pages */

/* A target of two regions of REGION pages, every page in RAM; their words are the caller's to set. */
struct pair {
	struct target t;
	struct vma v[2];
	struct vma_list l;
};

static void
pair_open(struct pair *p)
{
	fake_target(&p->t);
	for (unsigned i = 0; i < 2; i++)
		p->v[i] = (struct vma){.start = addr(100 * i), .end = addr(100 * i + REGION), .perm = VMA_READ | VMA_WRITE,
		                       .type = VMA_ANON, .name = ""};
	p->l = (struct vma_list){.v = p->v, .n = 2};
	p->t.track.clears = p->t.track.epoch = 1;
	for (unsigned i = 0; i < 2; i++)
		ranges_add(&p->t.track.cleared, p->v[i].start, p->v[i].end);
}

/* Pages [from, to) of region i get `word`. */
static void
pair_put(struct pair *p, unsigned i, unsigned from, unsigned to, uint64_t word)
{
	fake_words(fake_root(&p->t)->pm.fd, (p->v[i].start / FAKE_PAGE) + from, to - from, word);
}

static struct region
pair_scan(struct pair *p, unsigned i, uint64_t now)
{
	struct strip_cell strip[LIST_STRIP];
	struct region r = {0};
	struct err err;

	ok(region_measure(&p->t, &p->v[i], now, &r, strip, LIST_STRIP, &err) == 0, "a scan of a region");
	return r;
}

static const uint64_t CLEAN = PM_PRESENT | PM_EXCLUSIVE | 0x1234, DIRTY = PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY | 0x1234;

static void
test_doubt(void)
{
	struct pair p;
	struct region r;

	pair_open(&p);
	pair_put(&p, 0, 0, REGION, CLEAN);
	pair_put(&p, 1, 0, REGION, DIRTY);
	pair_put(&p, 0, 2, 3, DIRTY);
	r = pair_scan(&p, 0, 100);
	ok(r.doubt == DOUBT_NONE && r.written == 1 && r.never == REGION - 1, "one page written of a region that was there");
	p.t.track.cleared.n = 1; /* the second is newer */
	r = pair_scan(&p, 1, 100);
	ok(r.doubt == DOUBT_NEW && r.written == 0, "all dirty, and not there at the clear: not known");
	pair_put(&p, 1, 0, 2, CLEAN);
	r = pair_scan(&p, 1, 100);
	ok(r.doubt == DOUBT_NEW && r.written == 0, "moved there, which sets all bits, and pages read since: not known");
	p.v[1].type = VMA_HUGETLB;
	r = pair_scan(&p, 1, 100);
	ok(r.doubt == DOUBT_HUGETLB && r.written == 0, "hugetlb is not trackable");
	pair_put(&p, 0, 0, REGION - 1, DIRTY);
	pair_put(&p, 0, REGION - 1, REGION, PM_SOFT_DIRTY); /* no page, and yet dirty: the mapping is */
	r = pair_scan(&p, 0, 200);
	ok(r.doubt == DOUBT_REMAPPED && r.written == 1 && track_time(&p.t.track, p.v[0].start + 2 * FAKE_PAGE) == 100,
	   "merged with a new mapping: what was known of its pages stays, the rest is not known");
	fake_close(&p.t);
}

/* mremap() to where something else was at the clear: by then a scan has seen that it is gone. */
static void
test_moved(void)
{
	struct pair p;
	struct region r;

	pair_open(&p);
	for (unsigned i = 0; i < 2; i++) {
		pair_put(&p, i, 0, 2, DIRTY);
		pair_put(&p, i, 2, REGION, CLEAN);
	}
	p.l.n = 1;
	p.v[0].end -= 4 * FAKE_PAGE;
	track_follow(&p.t.track, &fake_root(&p.t)->proc, &fake_root(&p.t)->pm, &p.l);
	p.l.n = 2;
	p.v[0].end += 4 * FAKE_PAGE;
	track_follow(&p.t.track, &fake_root(&p.t)->proc, &fake_root(&p.t)->pm, &p.l);
	r = pair_scan(&p, 1, 100);
	ok(r.doubt == DOUBT_NEW && r.written == 0, "moved to where another mapping was: not known");
	r = pair_scan(&p, 0, 100);
	ok(r.doubt == DOUBT_NONE && r.written == 2, "one that has shrunk and grown is known");
	fake_close(&p.t);
}

static void
test_others(void)
{
	struct pair p;

	pair_open(&p);
	for (unsigned i = 0; i < 2; i++) {
		pair_put(&p, i, 0, REGION, CLEAN);
		pair_put(&p, i, 1, 3, DIRTY);
	}
	pair_scan(&p, 0, 100);
	pair_scan(&p, 1, 100);
	pair_put(&p, 0, 0, REGION, CLEAN); /* as if it had been dropped and read again */
	track_follow(&p.t.track, &fake_root(&p.t)->proc, &fake_root(&p.t)->pm, &p.l);
	pair_scan(&p, 0, 200);
	pair_scan(&p, 1, 200);
	track_settle(&p.t.track);
	ok(!p.t.track.others && !track_time(&p.t.track, p.v[0].start + FAKE_PAGE) &&
	       track_time(&p.t.track, p.v[1].start + FAKE_PAGE) == 100,
	   "one region that is clean again was not cleared by somebody");
	pair_put(&p, 1, 0, REGION, CLEAN);
	track_follow(&p.t.track, &fake_root(&p.t)->proc, &fake_root(&p.t)->pm, &p.l);
	pair_scan(&p, 0, 300);
	pair_scan(&p, 1, 300);
	track_settle(&p.t.track);
	ok(p.t.track.others && track_time(&p.t.track, p.v[1].start + FAKE_PAGE) == 100,
	   "all at once are: somebody else cleared, and what was seen stays");
	fake_close(&p.t);
}

/* --- what has come since ---------------------------------------------------------------------- */

/* Pages [from, to) of region i get frames of their own from `pfn` on, all with these flags. */
static void
pair_frames(struct pair *p, unsigned i, unsigned from, unsigned to, uint64_t pfn, uint64_t kpf)
{
	for (unsigned k = from; k < to; k++, pfn++) {
		fake_word(fake_root(&p->t)->pm.fd, p->v[i].start / FAKE_PAGE + k,
		          PM_PRESENT | PM_EXCLUSIVE | PM_SOFT_DIRTY | pfn);
		fake_word(fake_root(&p->t)->frames.flags, pfn, kpf);
	}
}

/* Scans the first n regions. */
static void
pair_follow(struct pair *p, size_t n)
{
	p->l.n = n;
	track_follow(&p->t.track, &fake_root(&p->t)->proc, &fake_root(&p->t)->pm, &p->l);
}

static void
came_open(struct pair *p)
{
	pair_open(p);
	fake_frames(&p->t, FRAME_FLAGS);
	p->t.track.cleared.n = 1;
	pair_put(p, 0, 0, REGION, CLEAN);
	pair_put(p, 1, 0, REGION, 0);
	fake_end(fake_root(&p->t)->pm.fd, p->v[1].end);
	pair_follow(p, 1);
	pair_scan(p, 0, 50);
}

static void
test_came(void)
{
	const uint64_t anon = KPF_ANON | KPF_SWAPBACKED;
	struct pair p;
	struct region r;

	came_open(&p);
	pair_frames(&p, 1, 0, 3, 0x2000, anon);
	pair_frames(&p, 1, 5, 6, 0x100, KPF_ZERO_PAGE);
	pair_follow(&p, 2);
	r = pair_scan(&p, 1, 100);
	ok(r.doubt == DOUBT_NONE && r.written == 3 && !r.unknown &&
	       track_time(&p.t.track, p.v[1].start) == 100 &&
	       !track_time(&p.t.track, p.v[1].start + 5 * FAKE_PAGE),
	   "of memory that has come what is there was written, and the zero page was not");
	pair_frames(&p, 1, 3, 4, 0x2010, anon);
	r = pair_scan(&p, 1, 200);
	ok(r.written == 4 && track_time(&p.t.track, p.v[1].start) == 100 &&
	       track_time(&p.t.track, p.v[1].start + 3 * FAKE_PAGE) == 200,
	   "and what comes to be there later, later");
	pair_frames(&p, 1, 6, 8, 0x3000, anon | KPF_COMPOUND_HEAD);
	r = pair_scan(&p, 1, 300);
	ok(r.doubt == DOUBT_NEW && r.written == 4 && r.unknown == 2,
	   "but of a large folio it is not known which pages");
	fake_close(&p.t);
}

/* Memory that disappears in the same scan may have been moved. */
static void
test_came_and_went(void)
{
	static const struct {
		uint64_t was, is;
		enum track_doubt want;
		const char *name;
	} rows[] = {
	    {0x1234, 0x1234, DOUBT_NEW, "in the frames of what has gone: it may have been moved"},
	    {0x1234, 0x2000, DOUBT_NONE, "in other frames: it has not"},
	    {0, 0x2000, DOUBT_NEW, "in frames that are not known: it may have been"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct pair p;
		struct region r;

		came_open(&p);
		pair_put(&p, 0, 0, REGION, (CLEAN & ~PM_PFN_MASK) | rows[i].was);
		moved_free(p.t.track.moved); /* as if it was noted long ago */
		p.t.track.moved = NULL;
		pair_follow(&p, 1);
		pair_frames(&p, 1, 0, 1, rows[i].is, KPF_ANON);
		p.v[0] = p.v[1];
		pair_follow(&p, 1);
		r = pair_scan(&p, 0, 100);
		is_u64(r.doubt, rows[i].want, rows[i].name);
		fake_close(&p.t);
	}
}

static void
test_readonly(void)
{
	struct pair p;
	struct region r;

	pair_open(&p);
	p.t.track.tracker = TRACKER_UFFD;
	p.v[0].inode = 7;
	p.v[0].type = VMA_FILE;
	p.v[0].perm = VMA_READ;
	pair_put(&p, 0, 0, REGION, PM_PRESENT | PM_FILE | 0x1234);
	r = pair_scan(&p, 0, 100);
	ok(r.doubt == DOUBT_READONLY && !r.unknown,
	   "nobody watches it; but what is the file's nobody has written");
	pair_put(&p, 0, 2, 3, CLEAN);
	r = pair_scan(&p, 0, 200);
	ok(r.doubt == DOUBT_READONLY && r.unknown == 1, "a copy may have been written since");
	fake_close(&p.t);
}

static void
put_setting(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) < 0)
		printf("Bail out! cannot write %s\n", name);
}

static void
test_folio_sizes(void)
{
	char path[] = "/tmp/pmtop-folios-XXXXXX";
	int dir = mkdtemp(path) ? open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	mkdirat(dir, "hugepages-64kB", 0700);
	mkdirat(dir, "hugepages-2048kB", 0700);
	put_setting(dir, "enabled", "always madvise [never]\n");
	put_setting(dir, "hugepages-64kB/enabled", "always inherit madvise [never]\n");
	put_setting(dir, "hugepages-2048kB/enabled", "always [inherit] madvise never\n");
	is_u64(folio_sizes(path, FAKE_PAGE), FOLIOS_SMALL, "no large folios");
	put_setting(dir, "enabled", "always [madvise] never\n");
	is_u64(folio_sizes(path, FAKE_PAGE), FOLIOS_HUGE, "huge pages, and nothing between");
	put_setting(dir, "hugepages-64kB/enabled", "always [inherit] madvise never\n");
	is_u64(folio_sizes(path, FAKE_PAGE), FOLIOS_ANY, "64 kB as well");
	unlinkat(dir, "enabled", 0);
	unlinkat(dir, "hugepages-64kB/enabled", 0);
	unlinkat(dir, "hugepages-2048kB/enabled", 0);
	unlinkat(dir, "hugepages-64kB", AT_REMOVEDIR);
	unlinkat(dir, "hugepages-2048kB", AT_REMOVEDIR);
	close(dir);
	rmdir(path);
	is_u64(folio_sizes(path, FAKE_PAGE), FOLIOS_ANY, "no settings: not known");
}

static void
test_gone(void)
{
	struct track t = {.clears = 1, .epoch = 1};
	struct vma v[] = {{.start = addr(2), .end = addr(4), .name = ""}, {.start = addr(8), .end = addr(9), .name = ""}};
	struct vma_list l = {.v = v, .n = 2};
	const struct pm_run run = {addr(0), addr(10), 0};

	track_update(&t, addr(0), addr(0), addr(10), &run, 1, 100);
	track_follow(&t, NULL, &(struct pagemap){.fd = -1, .page_size = FAKE_PAGE}, &l);
	ok(!track_time(&t, addr(1)) && track_time(&t, addr(2)) && track_time(&t, addr(3)) && !track_time(&t, addr(4)) &&
	       !track_time(&t, addr(7)) && track_time(&t, addr(8)) && !track_time(&t, addr(9)),
	   "what is no longer mapped is forgotten");
	track_free(&t);
}

/* Runs to register lie between regions that never change, whatever is in them. */
static void
test_plan(void)
{
	static const struct vma regions[] = {
	    {.start = 0x1000, .end = 0x2000, .perm = VMA_READ, .type = VMA_FILE, .inode = 7, .name = "/bin/x"},
	    {.start = 0x2000, .end = 0x3000, .perm = VMA_READ | VMA_WRITE, .type = VMA_FILE, .inode = 7, .name = "/bin/x"},
	    {.start = 0x8000, .end = 0x9000, .perm = VMA_READ | VMA_WRITE, .type = VMA_HEAP, .name = "[heap]"},
	    {.start = 0x10000, .end = 0x11000, .perm = VMA_READ, .type = VMA_FILE, .inode = 8, .name = "/lib/y"},
	    {.start = 0x11000, .end = 0x12000, .perm = VMA_READ | VMA_WRITE, .type = VMA_ANON, .name = ""},
	    {.start = 0x13000, .end = 0x14000, .perm = VMA_READ | VMA_WRITE, .type = VMA_ANON, .name = "barred"},
	    {.start = 0x15000, .end = 0x16000, .perm = VMA_READ | VMA_WRITE, .type = VMA_ANON, .name = ""},
	    {.start = 0x20000, .end = 0x21000, .perm = VMA_READ, .type = VMA_KERNEL, .name = "[vvar]"},
	};
	struct vma_list l = {.v = (struct vma *)(uintptr_t)regions, .n = ARRAY_LEN(regions)};
	static const struct track_range want[] = {{0x2000, 0x10000}, {0x11000, 0x13000}, {0x14000, 0x20000}};
	struct track_ranges barred = {0}, out = {0};

	ranges_add(&barred, 0x13000, 0x14000);
	uffd_plan(&l, &(struct track){0}, &barred, &out);
	ok(out.n == ARRAY_LEN(want) && !memcmp(out.v, want, sizeof(want)), "runs between what never changes, gaps and all");
	ok(ranges_cover(&out, 0x3000, 0x9000) && !ranges_cover(&out, 0x3000, 0x10001) && !ranges_cover(&out, 0x13000, 0x13001),
	   "what they cover");
	free(barred.v);
	free(out.v);
}

/* --- userfaultfd, on memory of our own -------------------------------------------------------- */

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
	struct vma_list l = {0};
	struct region r;
	struct regions *rs;
	struct err err;
	uint64_t before;
	size_t at;
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
	t.track.tracker = TRACKER_UFFD;
	before = page_tables();
	ok(track_clear(&t.track, &fake_root(&t)->proc, &fake_root(&t)->pm, &l, &err) == 0 && t.track.clears == 1, "armed");
	ok(page_tables() <= before + 256, "64 GiB of nothing got no page tables for it");
#define LOOK(now) region_measure(&t, vma_at(&l, (uintptr_t)p), now, &r, strip, LIST_STRIP, &err)
	ok(LOOK(100) == 0 && r.written == 0 && !r.doubt && stamped(&t.track, (uintptr_t)p, WATCHED, none),
	   "nothing written, nothing reported");
	p[3 * FAKE_PAGE] = p[5 * FAKE_PAGE] = p[7 * FAKE_PAGE] = 2;
	(void)p[50 * FAKE_PAGE]; /* read only: the zero page */
	ok(LOOK(200) == 0 && r.written == 3 && stamped(&t.track, (uintptr_t)p, WATCHED, first),
	   "pages 3, 5 and 7 written: exactly those");
	p[40 * FAKE_PAGE] = 2; /* a page that was not there */
	ok(LOOK(300) == 0 && r.written == 4 && stamped(&t.track, (uintptr_t)p, WATCHED, more) &&
	       track_time(&t.track, (uintptr_t)p + 3 * FAKE_PAGE) == 200 &&
	       track_time(&t.track, (uintptr_t)p + 40 * FAKE_PAGE) == 300,
	   "one more, and the others keep their time");
	ok(track_clear(&t.track, &fake_root(&t)->proc, &fake_root(&t)->pm, &l, &err) == 0 && LOOK(400) == 0 && r.written == 0,
	   "armed again: nothing is left");
	p[63 * FAKE_PAGE] = 3;
	ok(LOOK(500) == 0 && stamped(&t.track, (uintptr_t)p, WATCHED, last), "and a new mapping is reported");
	t.track.auto_clear = t.clear_follows = t.writes_only = true;
	rs = regions_new(l, 550);
	at = vma_lower_bound(&l, (uintptr_t)p);
	p[9 * FAKE_PAGE] = 4;
	ok(regions_measure(rs, &t, NULL, &err) == 0 && !regions_at(rs, at)->known &&
	       stamped(&t.track, (uintptr_t)p, WATCHED, last) &&
	       track_doubt(&t.track, (uintptr_t)p) == DOUBT_NONE,
	   "a scan before a clear that reports all asks nothing");
	before = t.track.epoch;
	ok(track_clear(&t.track, &fake_root(&t)->proc, &fake_root(&t)->pm, &l, &err) == 0 &&
	       track_bytes_in(&t.track, (uintptr_t)p, (uintptr_t)p + WATCHED * FAKE_PAGE, (uint32_t)before) ==
		   2 * FAKE_PAGE &&
	       track_was_written(&t.track, (uintptr_t)p + 9 * FAKE_PAGE, (uint32_t)before),
	   "and the clear tells both pages of the epoch that it ends");
	t.track.auto_clear = t.clear_follows = t.writes_only = false;
	close(fd);
	ok(LOOK(600) == 0 && r.doubt == DOUBT_UNWATCHED && r.written == 2, "nobody watches any more: not known; what was stays");
	regions_unref(rs);
	target_close(&t);
	munmap((void *)p, size);
}

static int
blocks_alarm(void)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	return sigismember(&now, SIGALRM);
}

/* Threads of ours block all signals: the one that ends a child that hangs must reach it. */
static void
test_try(void)
{
	sigset_t all, before;

	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	is_u64((uint64_t)track_try(blocks_alarm), 0, "the child of a thread that blocks signals can be ended");
	sigprocmask(SIG_SETMASK, &before, NULL);
}

int
main(void)
{
	tap_start();
	test_try();
	test_heat();
	test_update();
	test_noted();
	test_trackers();
	test_probe();
	test_given_up();
	test_auto_clear();
	test_reports();
	test_tally();
	test_past();
	test_past_doubt();
	test_doubt();
	test_moved();
	test_others();
	test_gone();
	test_came();
	test_came_and_went();
	test_readonly();
	test_folio_sizes();
	test_plan();
	test_uffd();
	return tap_done();
}
