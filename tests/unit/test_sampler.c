/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two threads that read a target, on this very process: what is asked, cancelled and stopped. */
#include <poll.h>
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
	struct request r = {0};
	struct err err;
	struct sampler *s = sampler_start("/proc", getpid(), TRACK_FOREIGN, &err);

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
	static const enum command_kind kinds[] = {COMMAND_ASK, COMMAND_FIND, COMMAND_REFRESH,
	                                          COMMAND_SMAPS};
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

/* The thread is not waited for longer than it takes to see that it is to stop. */
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

int
main(int argc, char **argv)
{
	helper_main(argc, argv);
	tap_start();
	test_answer();
	test_once();
	test_stop();
	test_progress();
	return tap_done();
}
