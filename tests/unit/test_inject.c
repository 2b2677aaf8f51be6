/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <errno.h>
#include <signal.h>

#include "base/util.h"
#include "tap.h"
#include "track/inject_parts.h"

enum { RESTARTSYS = 512, RESTARTNOHAND = 514, RESTART_BLOCK = 516 }; /* the kernel's, never seen outside */

static void
test_stat(void)
{
	struct inject_thread t = {.flags = 1};

	ok(inject_parse_stat("7 (sh) S 1 7 7 0 -1 4194304 1 2 3", &t) && t.state == 'S' && t.flags == 4194304,
	   "state and flags of stat");
	ok(inject_parse_stat("7 (a) R (b) ) T 1 7 7 0 -1 16400 1", &t) && t.state == 'T' && t.flags == 16400,
	   "a name with parentheses in it");
	ok(!inject_parse_stat("", &t) && !inject_parse_stat("7 (sh", &t) && !inject_parse_stat("7 (sh)", &t) &&
	       !inject_parse_stat("7 (sh) ", &t) && !inject_parse_stat("7 (sh) S 1 7 7 0", &t),
	   "what is cut off is none");
}

static void
test_status(void)
{
	static const char full[] = "Name:\tx\nUmask:\t0022\nTracerPid:\t42\n"
	                           "NoNewPrivs:\t0\nSeccomp:\t2\nSeccomp_filters:\t1\n";
	struct inject_status s;

	ok(inject_parse_status(full, &s) && s.tracer == 42 && s.seccomp == 2,
	   "tracer and seccomp of status");
	ok(inject_parse_status("Name:\tSeccomp:\nTracerPid:\t0\n", &s) && !s.tracer &&
	       !s.seccomp,
	   "a kernel without seccomp, a name that pretends");
	ok(!inject_parse_status("Name:\tx\n", &s), "no status");
}

static void
test_fdinfo(void)
{
#define FDINFO(flags, features)                                                    \
	"pos:\t0\nflags:\t" flags                                                  \
	"\nmnt_id:\t17\nino:\t6244593\npending:\t0\ntotal:\t0\nAPI:\taa:" features \
	":80000000000001ff\n"
	struct inject_fdinfo f;
	struct inject_stray s, other;

	ok(inject_parse_fdinfo(FDINFO("02004000", "80000600"), &f) && f.ino == 6244593 &&
	       f.features == 0x80000600 && f.flags == 02004000,
	   "what fdinfo says of a userfaultfd");
	ok(!inject_parse_fdinfo(
	       "pos:\t0\nflags:\t02004000\nmnt_id:\t17\nino:\t5\neventfd-count: 0\n", &f),
	   "of another file it says nothing of the kind");
	ok(inject_stray_of(FDINFO("02004000", "0"), 5, &s) && s.fd == 5 && s.ino == 6244593,
	   "one that nobody has used");
	ok(inject_stray_of(FDINFO("02004002", "0"), 5, &other) && !inject_same_stray(&s, &other),
	   "opened in another way");
	ok(!inject_stray_of(FDINFO("02004000", "80000000"), 5, &s),
	   "greeted without any feature it is in use");
	ok(!inject_stray_of(FDINFO("04000", "0"), 5, &s), "ours do not outlive an exec");
	ok(!inject_stray_of(FDINFO("02000000", "0"), 5, &s), "nor do they wait");
}

static void
test_syscall(void)
{
	char name[32];

	ok(inject_parse_syscall("202 0x7f00 0x80 0x0 0x0 0x0 0x0 0x7ffe 0x7f01\n") == 202, "a system call");
	ok(inject_parse_syscall("0 0x0 0x0\n") == 0, "number 0 is one");
	ok(inject_parse_syscall("running\n") == -1 && inject_parse_syscall("-1 0x7ffe 0x7f01\n") == -1 &&
	       inject_parse_syscall("") == -1 && inject_parse_syscall("5") == -1,
	   "running, in none, nothing");
	is_str(inject_call_name(INJECT_X86_64, 202, name, sizeof(name)), "futex", "202");
	is_str(inject_call_name(INJECT_I386, 240, name, sizeof(name)), "futex", "240 in 32 bits");
	is_str(inject_call_name(INJECT_I386, 202, name, sizeof(name)), "call 202", "202 in 32 bits is another one");
	is_str(inject_call_name(INJECT_X86_64, 999, name, sizeof(name)), "call 999", "a number without a name");
	is_str(inject_call_name(INJECT_ARM64, 98, name, sizeof(name)), "futex", "98 on arm64");
	is_str(inject_call_name(INJECT_ARM64, 202, name, sizeof(name)), "accept", "202 on arm64");
	is_str(inject_call_name(INJECT_X86_64, -1, name, sizeof(name)), "", "none");
}

static void
test_look(void)
{
	struct inject_look look = {.nr = 7};
	struct inject_status s;

	ok(inject_parse_look("22 0x5 0xffff1 0x1 0xffffffffffffffff 0x0 0x8 0xfffe0 0xaaaa8\n", &look) &&
	       look.nr == 22 && look.arg == 5 && look.pc == 0xaaaa8,
	   "a call, its first argument, and where it is");
	ok(!inject_parse_look("running\n", &look) && !inject_parse_look("-1 0x7ffe 0x7f01\n", &look) &&
	       !inject_parse_look("22 0x5 0x1\n", &look) && !inject_parse_look("22 5 1 1 1 1 1 1 1\n", &look) &&
	       look.nr == 22,
	   "no call, or not all of it");
	ok(inject_parse_status("Name:\tx\nTracerPid:\t0\nCapEff:\t0\nvoluntary_ctxt_switches:\t42\n"
	                       "nonvoluntary_ctxt_switches:\t7\n", &s) && s.switches == 42,
	   "how often it slept");
}

static struct inject_thread
thread(pid_t tid, char state, long nr)
{
	return (struct inject_thread){.tid = tid, .state = state, .nr = nr};
}

static void
test_choice(void)
{
	static const struct {
		char state;
		unsigned flags;
		long nr;
		int rank;
		const char *name;
	} rows[] = {
	    {'S', 0, 202, 0, "in futex"},
	    {'S', 0, 0, 0, "in read"},
	    {'T', 0, 35, 0, "stopped, in nanosleep"},
	    {'R', 0, -1, 1, "running"},
	    {'S', 0, 999, 1, "in an unknown call"},
	    {'S', 0, 232, 2, "in epoll_wait"},
	    {'D', 0, 58, 3, "waiting for a child of vfork"},
	    {'Z', 0, -1, -1, "ended"},
	    {'X', 0, -1, -1, "dead"},
	    {'t', 0, 0, -1, "held by a tracer"},
	    {'S', INJECT_PF_IO_WORKER, -1, -1, "io_uring's"},
	    {'R', INJECT_PF_USER_WORKER, -1, -1, "vhost's"},
	};
	struct inject_thread best[INJECT_TRIES];
	unsigned n = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct inject_thread t = thread(1, rows[i].state, rows[i].nr);

		t.flags = rows[i].flags;
		ok(inject_rank(INJECT_X86_64, &t) == rows[i].rank, rows[i].name);
	}
	for (pid_t tid = 1; tid <= 9; tid++) {
		/* by turns: uninterruptible, epoll_wait, futex */
		struct inject_thread t = tid % 3 == 0   ? thread(tid, 'S', 202)
		                         : tid % 3 == 1 ? thread(tid, 'D', -1)
		                                        : thread(tid, 'S', 232);

		n = inject_keep_best(INJECT_X86_64, best, n, &t);
	}
	ok(n == INJECT_TRIES && best[0].tid == 3 && best[1].tid == 6 && best[2].tid == 9 && best[3].tid == 2,
	   "the best come first, equals in their order");
	n = inject_keep_best(INJECT_X86_64, best, 2, &(struct inject_thread){.tid = 10, .state = 'Z', .nr = -1});
	ok(n == 2 && best[1].tid == 6, "who cannot is not among them");
}

static void
test_reissue(void)
{
	ok(inject_reissue(INJECT_X86_64, 232, -EINTR, false), "epoll_wait that a stop has ended");
	ok(!inject_reissue(INJECT_X86_64, 232, -EINTR, true), "that SIGSTOP has ended");
	ok(!inject_reissue(INJECT_X86_64, 232, 1, false) && !inject_reissue(INJECT_X86_64, 232, -EBADF, false), "that has answered");
	ok(inject_reissue(INJECT_I386, 256, (int64_t)(uint32_t)-EINTR, false), "the same in 32 bits, where -4 is 4294967292");
	ok(!inject_reissue(INJECT_I386, 232, -EINTR, false), "232 in 32 bits is another call");
	ok(inject_reissue(INJECT_X86_64, 0, -EINTR, false) && inject_reissue(INJECT_X86_64, 45, -EINTR, false),
	   "read and recv with a timeout");
	ok(!inject_reissue(INJECT_X86_64, 35, -EINTR, false) && !inject_reissue(INJECT_X86_64, 999, -EINTR, false),
	   "calls whose EINTR is none of ours");
	ok(inject_reissue(INJECT_X86_64, 130, -RESTARTNOHAND, false) && inject_reissue(INJECT_X86_64, 271, -RESTARTNOHAND, true),
	   "calls with a mask of their own");
	ok(!inject_reissue(INJECT_X86_64, 0, -RESTARTSYS, false) && !inject_reissue(INJECT_X86_64, 35, -RESTART_BLOCK, false),
	   "what the kernel restarts");
}

static void
test_insn(void)
{
	static const unsigned char code[] = {0x90, 0xcd, 0x80, 0x0f, 0x05, 0x0f};
	static const unsigned char arm[] = {0, 1, 0, 0, 0xd4, 0, 0, 0, 1, 0, 0, 0xd4};

	ok(inject_find_insn(INJECT_X86_64, code, sizeof(code)) == 3, "syscall");
	ok(inject_find_insn(INJECT_I386, code, sizeof(code)) == 1, "int 0x80");
	ok(inject_find_insn(INJECT_X86_64, code, 4) == -1 && inject_find_insn(INJECT_X86_64, code + 5, 1) == -1, "half of one");
	ok(inject_find_insn(INJECT_ARM64, arm, sizeof(arm)) == 8, "svc #0, where instructions begin");
	ok(inject_find_insn(INJECT_ARM64, arm, 11) == -1 && inject_find_insn(INJECT_ARM64, arm, 8) == -1,
	   "not in between, nor a part of it");
}

static bool
blocks(uint64_t mask, int sig)
{
	return mask >> (sig - 1) & 1;
}

static void
test_mask(void)
{
	uint64_t mask = inject_mask(0);

	ok(blocks(mask, SIGTERM) && blocks(mask, SIGCHLD) && blocks(mask, SIGRTMAX), "others are kept out");
	ok(!blocks(mask, SIGSEGV) && !blocks(mask, SIGSYS) && !blocks(mask, SIGTRAP), "faults are not");
	ok(blocks(inject_mask(UINT64_C(1) << (SIGSEGV - 1)), SIGSEGV), "unless they were");
	ok(inject_in_sequence(10, 10, 5) && inject_in_sequence(14, 10, 5), "inside a sequence");
	ok(!inject_in_sequence(9, 10, 5) && !inject_in_sequence(15, 10, 5), "before it, and after it");
}

int
main(void)
{
	tap_start();
	test_stat();
	test_status();
	test_fdinfo();
	test_syscall();
	test_look();
	test_choice();
	test_reissue();
	test_insn();
	test_mask();
	return tap_done();
}
