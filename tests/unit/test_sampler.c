/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two threads that read a target, on this very process: what is asked, cancelled and stopped. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/progress.h"
#include "query/answer_query.h"
#include "sample/sampler.h"
#include "symbol/helper.h"
#include "tap.h"

enum { ROUNDS = 60, PATIENCE_MS = 60000 };

static struct sampler *
start(void)
{
	struct sampler_target self = {.root = "/proc", .pid = getpid()};
	struct request r = {0};
	struct err err;
	struct sampler *s = sampler_start(&self, &err);

	if (s)
		sampler_request(s, &r);
	return s;
}

/* Waits for something new; false: nothing comes. */
static bool
take(struct sampler *s, struct results *out)
{
	struct pollfd p = {.fd = sampler_fd(s), .events = POLLIN};

	if (poll(&p, 1, PATIENCE_MS) <= 0)
		return false;
	sample_free(sampler_take(s, out));
	return true;
}

static uint64_t
command(struct sampler *s, enum command_kind kind, const char *text)
{
	struct command c = {.kind = kind};

	snprintf(c.text, sizeof(c.text), "%s", text);
	return sampler_command(s, &c);
}

/* Every command is answered once, and as cancelled if and only if sampler_cancel said so. */
static void
test_once(void)
{
	static const enum command_kind kinds[] = {COMMAND_ASK,  COMMAND_FIND, COMMAND_REFRESH,
	                                          COMMAND_SMAPS, COMMAND_CARD, COMMAND_SUM};
	struct sampler *s = start();
	struct results rs = {0};
	unsigned answers[ROUNDS + 1] = {0};
	bool cancelled[ROUNDS + 1] = {0}, right = true, done = true;

	for (unsigned i = 0; i < ROUNDS; i++) {
		enum command_kind kind = kinds[i % ARRAY_LEN(kinds)];
		uint64_t serial =
		    command(s, kind, kind == COMMAND_FIND ? "mapcount>1000000" : "0..+1t");

		if (i % 3 == 0)
			cancelled[serial] = sampler_cancel(s, serial);
		if (i % 7 == 0)
			take(s, &rs);
	}
	while (done && rs.n < ROUNDS)
		done = take(s, &rs);
	ok(done && rs.n == ROUNDS, "all commands are answered");
	for (size_t i = 0; i < rs.n; i++) {
		uint64_t serial = rs.v[i].command.serial;

		answers[serial <= ROUNDS ? serial : 0]++;
		right &= (rs.v[i].end == RESULT_CANCELLED) == cancelled[serial % (ROUNDS + 1)];
	}
	for (unsigned i = 1; i <= ROUNDS; i++)
		right &= answers[i] == 1;
	ok(right && !answers[0], "each once, and as cancelled if it was cancelled");
	results_free(&rs);
	sampler_stop(s);
}

static void
test_answer(void)
{
	struct sampler *s = start();
	struct results rs = {0};
	struct sampler_work work;
	char text[64];
	uint64_t serial;

	snprintf(text, sizeof(text), "%lx", (unsigned long)(uintptr_t)&rs);
	serial = command(s, COMMAND_ASK, text);
	while (!rs.n && take(s, &rs))
		;
	ok(rs.n == 1 && rs.v[0].command.serial == serial && rs.v[0].end == RESULT_DONE &&
	       rs.v[0].answer && rs.v[0].answer->line[0],
	   "a question is answered");
	ok(!sampler_cancel(s, serial), "what is answered cannot be cancelled");
	ok(!sampler_work(s, &work), "and is no longer on its way");
	results_free(&rs);
	sampler_stop(s);
}

/* The one result of a command, with the sample that came with it; NULL: none came. */
static struct sample *
take_result(struct sampler *s, struct results *rs)
{
	struct pollfd p = {.fd = sampler_fd(s), .events = POLLIN};
	struct sample *got = NULL;

	while (!rs->n && poll(&p, 1, PATIENCE_MS) > 0) {
		sample_free(got);
		got = sampler_take(s, rs);
	}
	return got;
}

static void
test_not_opened(void)
{
	struct sampler_target nothing = {.root = "/proc/self/nowhere", .pid = getpid()};
	struct err err;
	struct sampler *s = sampler_start(&nothing, &err);
	struct results rs = {0};
	uint64_t serial = command(s, COMMAND_ASK, "0..+4k");

	sample_free(take_result(s, &rs));
	ok(rs.n == 1 && rs.v[0].command.serial == serial && rs.v[0].err.what[0],
	   "where there is no target, a command is answered with an error");
	results_free(&rs);
	serial = command(s, COMMAND_REFRESH, "");
	sample_free(take_result(s, &rs));
	ok(rs.n == 1 && rs.v[0].command.serial == serial && rs.v[0].err.what[0],
	   "and one that comes later, too");
	results_free(&rs);
	sampler_stop(s);
}

static uint64_t
room(size_t size)
{
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	madvise(at, size, MADV_NOHUGEPAGE);
	return (uintptr_t)at;
}

static void
test_fault_is_shown(void)
{
	enum { MUCH = 128 << 20 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t at = room(64 * page), much = room(MUCH);
	struct sampler *s;
	struct results rs = {0};
	struct sample *got;
	struct request r = {.screen = {.hex_on = true, .hex_at = at, .hex_rows = 4}};

	memset((void *)(uintptr_t)much, 1, MUCH); /* so that a scan takes longer than our check */
	s = start();
	r.screen.grid_on = true;
	r.screen.grid = (struct grid){.start = at, .end = at + 64 * page, .page_size = page,
	                              .rows = 1, .row_cells = 64};
	sampler_request(s, &r);
	sampler_command(s, &(struct command){.kind = COMMAND_FAULT, .at = at});
	got = take_result(s, &rs);
	ok(rs.n == 1 && !rs.v[0].err.what[0] && !rs.v[0].idle, "an absent page is read in");
	ok(got && got->bytes && got->bytes->pages_n && got->bytes->pages[0].kind == BYTES_READ,
	   "the sample that comes with the result shows it");
	sample_free(got);
	results_free(&rs);
	sampler_stop(s);
	munmap((void *)(uintptr_t)at, 64 * page);
	munmap((void *)(uintptr_t)much, MUCH);
}

/* The slow part of a card comes with the sample that has it, and only if it is still on screen. */
static void
test_card(void)
{
	size_t size = 64 << 20;
	uint64_t at = room(size);
	struct sampler *s = start();
	struct results rs = {0};
	struct sample *got;
	struct request r = {.screen = {.card_on = CARD_REGION, .card = at}};
	struct command c = {.kind = COMMAND_CARD, .card = CARD_REGION, .at = at};

	sampler_request(s, &r);
	sampler_command(s, &c);
	got = take_result(s, &rs);
	ok(rs.n == 1 && !rs.v[0].err.what[0] && got && got->card && got->card_whole &&
	       got->card_kind == CARD_REGION && got->card->place == at,
	   "the card of a region is counted by a command");
	sample_free(got);
	results_free(&rs);
	c.at = (uintptr_t)room;
	sampler_command(s, &c);
	got = take_result(s, &rs);
	ok(rs.n == 1 && got && got->card && got->card->place == at,
	   "one that is no longer on screen is not shown");
	sample_free(got);
	results_free(&rs);
	r.screen.card_on = CARD_CAPABILITIES;
	r.screen.card = 0;
	sampler_request(s, &r);
	sampler_command(s, &(struct command){.kind = COMMAND_CARD, .card = CARD_CAPABILITIES});
	got = take_result(s, &rs);
	ok(rs.n == 1 && got && got->card && got->card_whole && got->card_kind == CARD_CAPABILITIES,
	   "so are the capabilities tried");
	sample_free(got);
	results_free(&rs);
	sampler_stop(s);
	munmap((void *)(uintptr_t)at, size);
}

/* bug: an answer that came before the scan for its request was dropped with the card before it */
static void
test_card_at_once(void)
{
	enum { TIMES = 100 };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint64_t at = room(page);
	struct sampler *s = start();
	unsigned whole = 0;

	for (unsigned i = 0; i < TIMES; i++) {
		struct screen_request r = {.card_on = i % 2 ? CARD_REGION : CARD_CAPABILITIES,
		                           .card = i % 2 ? at : 0};
		struct command c = {.kind = COMMAND_CARD, .card = r.card_on, .at = r.card};
		struct request request = {.screen = r};
		struct results rs = {0};
		struct sample *got;

		sampler_request(s, &request);
		sampler_command(s, &c);
		got = take_result(s, &rs);
		whole += got && got->card && got->card_whole && got->card_kind == r.card_on;
		sample_free(got);
		results_free(&rs);
	}
	is_u64(whole, TIMES, "a card that is asked for comes, each time");
	sampler_stop(s);
	munmap((void *)(uintptr_t)at, page);
}

static void
test_sum(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = 1024 * page;
	uint64_t at = room(size);
	struct sampler *s = start();
	struct results rs = {0};
	struct sample *got;

	memset((void *)(uintptr_t)at, 1, 3 * page);
	sampler_command(s, &(struct command){.kind = COMMAND_SUM, .at = at, .end = at + size});
	got = take_result(s, &rs);
	ok(rs.n == 1 && got && got->range.lo == at && got->range.hi == at + size &&
	       cell_pages(&got->range.cell) == 1024 && !got->range_err.what[0],
	   "the pages of a range are counted by a command");
	sample_free(got);
	results_free(&rs);
	sampler_command(s, &(struct command){.kind = COMMAND_SUM, .at = 4096, .end = 8192});
	got = take_result(s, &rs);
	ok(rs.n == 1 && rs.v[0].err.what[0] && got && got->range.lo == 4096 &&
	       got->range_err.what[0],
	   "one that is no region has an error in its place");
	sample_free(got);
	results_free(&rs);
	sampler_stop(s);
	munmap((void *)(uintptr_t)at, size);
}

/* Stopping waits only until the thread sees that it must stop. */
static void
test_stop(void)
{
	for (unsigned i = 0; i < 10; i++) {
		struct sampler *s = start();

		command(s, COMMAND_ASK, "0..+64t");
		if (i % 2) {
			struct results rs = {0};

			take(s, &rs);
			results_free(&rs);
		}
		sampler_stop(s);
	}
	ok(true, "stopped while it answers");
}

static bool
stop_at_half(void *arg)
{
	return progress_part(arg) >= 0.5;
}

static void
test_progress(void)
{
	enum { SIZE = 64 << 20 };
	struct progress p = {0};
	struct target t;
	struct vma_list vmas;
	struct answer *a;
	struct err err = {0};
	char *room = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t at = (uintptr_t)room;

	memset(room, 1, SIZE);
	ok(progress_part(&p) < 0, "of what has not begun nothing is known");
	if (target_open(&t, "/proc", getpid(), &err) < 0 || target_open_pages(&t, &err) < 0 ||
	    target_regions(&t, &vmas, &err) < 0) {
		ok(false, "the process can be read");
		return;
	}
	t.progress = &p;
	a = answer_range(&t, &vmas, at, at + SIZE, &err);
	ok(a && progress_part(&p) == 1, "what is answered is done");
	answer_unref(a);
	t.source->stop = stop_at_half;
	t.source->stop_arg = &p;
	a = answer_range(&t, &vmas, at, at + SIZE, &err);
	ok(!a && progress_part(&p) >= 0.5 && progress_part(&p) < 1,
	   "what is given up has no answer, and is not done");
	vma_free(&vmas);
	target_close(&t);
	munmap(room, SIZE);
}

/* The newest child of this thread: where mappings are in file systems of their own, the target has a helper, too. */
static pid_t
child(void)
{
	FILE *f = fopen("/proc/thread-self/children", "re");
	int pid = 0;

	while (f && fscanf(f, "%d", &pid) == 1)
		;
	if (f)
		fclose(f);
	return pid;
}

static bool
stop_at_once(void *arg)
{
	++*(int *)arg;
	return true;
}

/* A helper that does not answer is waited for only while its answer is needed. */
static void
test_helper_is_left(void)
{
	int calls = 0;
	struct helper *h = helper_new(stop_at_once, &calls);
	static struct file_pages pages;
	struct vma_list vmas = {0};
	const struct vma *v;
	struct target t;
	struct proc p;
	struct err err;
	pid_t pid;

	if (target_open(&t, "/proc", getpid(), &err) < 0 || target_regions(&t, &vmas, &err) < 0 ||
	    proc_open(&p, "/proc", getpid(), &err) < 0) {
		ok(false, "the process can be opened");
		return;
	}
	v = vma_at(&vmas, (uintptr_t)test_helper_is_left);
	ok(v && helper_pages(h, &p, v, v->start, v->end, FILE_ASK_RESIDENT, &pages) && !calls,
	   "the helper answers");
	pid = child();
	if (pid > 0 && kill(pid, SIGSTOP) == 0)
		ok(!helper_pages(h, &p, v, v->start, v->end, FILE_ASK_RESIDENT, &pages) &&
		       calls == 1 && !helper_is_late(h),
		   "one that does not is left, and its file is not blamed");
	else
		ok(true, "# skip the kernel does not list children");
	ok(helper_pages(h, &p, v, v->start, v->end, FILE_ASK_RESIDENT, &pages),
	   "another is asked next time");
	helper_free(h);
	proc_close(&p);
	vma_free(&vmas);
	target_close(&t);
}

/* Under valgrind /proc/self/exe is valgrind, which executes itself instead of us. */
static bool
has_helper(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return !preloaded || !strstr(preloaded, "vgpreload");
}

int
main(int argc, char **argv)
{
	helper_main(argc, argv);
	tap_start();
	if (has_helper())
		test_helper_is_left();
	else
		ok(true, "a helper that does not answer # SKIP valgrind executes itself instead of us");
	test_answer();
	test_once();
	test_not_opened();
	if (has_helper())
		test_fault_is_shown();
	else
		ok(true, "a page that is read in # SKIP valgrind executes itself instead of us");
	test_card();
	test_card_at_once();
	test_sum();
	test_stop();
	test_progress();
	return tap_done();
}
