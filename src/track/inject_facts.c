/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is known about a thread, and what follows from it. Pure. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "track/inject_parts.h"

/* --- the calls in which threads sleep --------------------------------------------------------- */

enum call_kind {
	PLAIN, /* nothing is known about it */
	/* a stop goes unnoticed: the kernel restarts it, and a timeout keeps its deadline */
	RESTART,
	/*
	 * every stop ends it with EINTR (signal(7)) before it did anything; reissued, it sleeps on
	 */
	AGAIN,
	EITHER /* mostly RESTART; AGAIN on sockets with a timeout and on FUSE */
};

/* Kernel-internal result of a call that is restarted unless a handler runs. */
enum { ERESTARTNOHAND = 514 };

static const struct inject_call {
	const char *name;
	short nr[INJECT_ABIS]; /* as enum inject_abi; -1: none */
	char kind;
} inject_calls[] = {
    {"accept", {43, -1, 202}, EITHER},
    {"accept4", {288, 364, 242}, EITHER},
    {"clock_nanosleep", {230, 267, 115}, RESTART},
    {"clock_nanosleep", {-1, 407, -1}, RESTART},
    {"clone", {56, 120, 220}, PLAIN},
    {"clone3", {435, 435, 435}, PLAIN},
    {"connect", {42, 362, 203}, PLAIN},
    {"epoll_pwait", {281, 319, 22}, AGAIN},
    {"epoll_pwait2", {441, 441, 441}, AGAIN},
    {"epoll_wait", {232, 256, -1}, AGAIN},
    {"fcntl", {72, 55, 25}, RESTART},
    {"fcntl", {-1, 221, -1}, RESTART},
    {"flock", {73, 143, 32}, RESTART},
    {"fsync", {74, 118, 82}, PLAIN},
    {"futex", {202, 240, 98}, RESTART},
    {"futex", {-1, 422, -1}, RESTART},
    {"futex_waitv", {449, 449, 449}, RESTART},
    {"io_getevents", {208, 247, 4}, AGAIN},
    {"io_uring_enter", {426, 426, 426}, AGAIN},
    {"ioctl", {16, 54, 29}, PLAIN},
    {"ipc", {-1, 117, -1}, AGAIN},
    {"msgrcv", {70, 401, 188}, RESTART},
    {"nanosleep", {35, 162, 101}, RESTART},
    {"open", {2, 5, -1}, RESTART},
    {"openat", {257, 295, 56}, RESTART},
    {"pause", {34, 29, -1}, RESTART},
    {"poll", {7, 168, -1}, RESTART},
    {"ppoll", {271, 309, 73}, RESTART},
    {"ppoll", {-1, 414, -1}, RESTART},
    {"pselect6", {270, 308, 72}, RESTART},
    {"pselect6", {-1, 413, -1}, RESTART},
    {"read", {0, 3, 63}, EITHER},
    {"readv", {19, 145, 65}, EITHER},
    {"recvfrom", {45, 371, 207}, EITHER},
    {"recvmmsg", {299, 337, 243}, EITHER},
    {"recvmmsg", {-1, 417, -1}, EITHER},
    {"recvmsg", {47, 372, 212}, EITHER},
    {"restart_syscall", {219, 0, 128}, RESTART},
    {"rt_sigsuspend", {130, 179, 133}, RESTART},
    {"rt_sigtimedwait", {128, 177, 137}, AGAIN},
    {"rt_sigtimedwait", {-1, 421, -1}, AGAIN},
    {"select", {23, 142, -1}, RESTART},
    {"semop", {65, -1, 193}, AGAIN},
    {"semtimedop", {220, 420, 192}, AGAIN},
    {"sendmsg", {46, 370, 211}, EITHER},
    {"sendto", {44, 369, 206}, EITHER},
    {"socketcall", {-1, 102, -1}, PLAIN},
    {"vfork", {58, 190, -1}, PLAIN},
    {"wait4", {61, 114, 260}, RESTART},
    {"waitid", {247, 284, 95}, RESTART},
    {"waitpid", {-1, 7, -1}, RESTART},
    {"write", {1, 4, 64}, EITHER},
    {"writev", {20, 146, 66}, EITHER},
};

static const struct inject_call *
inject_call_find(enum inject_abi abi, long nr)
{
	for (size_t i = 0; nr >= 0 && i < ARRAY_LEN(inject_calls); i++)
		if (inject_calls[i].nr[abi] == nr)
			return &inject_calls[i];
	return NULL;
}

const char *
inject_call_name(enum inject_abi abi, long nr, char *out, size_t size)
{
	const struct inject_call *c = inject_call_find(abi, nr);

	if (c)
		snprintf(out, size, "%s", c->name);
	else if (nr >= 0)
		snprintf(out, size, "call %ld", nr);
	else
		out[0] = '\0';
	return out;
}

/* --- parsing ---------------------------------------------------------------------------------- */

static const char *
inject_skip_blanks(const char *s)
{
	while (*s == ' ' || *s == '\t')
		s++;
	return s;
}

/* Parses a number after optional blanks; 0 if there is none. */
static uint64_t
inject_number(const char *s, int base)
{
	const char *end;
	uint64_t v;

	return parse_u64(inject_skip_blanks(s), base, &end, &v) ? v : 0;
}

bool
inject_parse_stat(const char *text, struct inject_thread *t)
{
	const char *at = strrchr(text, ')'); /* comm may contain anything */
	char state;

	if (!at || at[1] != ' ' || !at[2])
		return false;
	state = at[2];
	at += 2;
	for (int field = 3; field < 9; field++) {
		at = strchr(at, ' ');
		if (!at)
			return false;
		at++;
	}
	t->state = state;
	t->flags = (unsigned)inject_number(at, 10);
	return true;
}

/*
 * Returns what follows "
 * NAME:", or NULL.
 */
static const char *
inject_field(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? at + strlen(name) : NULL;
}

bool
inject_parse_status(const char *text, struct inject_status *s)
{
	const char *tracer = inject_field(text, "\nTracerPid:"),
		   *seccomp = inject_field(text, "\nSeccomp:");
	const char *switches = inject_field(text, "\nvoluntary_ctxt_switches:");

	if (!tracer)
		return false;
	*s = (struct inject_status){.tracer = (long)inject_number(tracer, 10),
	                            .seccomp = seccomp ? (unsigned)inject_number(seccomp, 10) : 0,
	                            .switches = switches ? inject_number(switches, 10) : 0};
	return true;
}

bool
inject_parse_fdinfo(const char *text, struct inject_fdinfo *f)
{
	const char *flags = inject_field(text, "\nflags:"), *ino = inject_field(text, "\nino:");
	const char *api = inject_field(text, "\nAPI:");
	const char *end;
	struct inject_fdinfo got;
	uint64_t how;

	api = api ? strchr(api, ':') : NULL;
	if (!flags || !ino || !api || !parse_u64(api + 1, 16, &end, &got.features) || *end != ':' ||
	    !parse_u64(inject_skip_blanks(ino), 10, &end, &got.ino) ||
	    !parse_u64(inject_skip_blanks(flags), 8, &end, &how))
		return false;
	got.flags = (unsigned)how;
	*f = got;
	return true;
}

bool
inject_stray_of(const char *fdinfo, int fd, struct inject_stray *s)
{
	struct inject_fdinfo f;

	if (!inject_parse_fdinfo(fdinfo, &f) || f.features || !(f.flags & O_CLOEXEC) ||
	    !(f.flags & O_NONBLOCK))
		return false;
	*s = (struct inject_stray){f.ino, fd, f.flags};
	return true;
}

long
inject_parse_syscall(const char *text)
{
	const char *end;
	uint64_t nr;

	return parse_u64(text, 10, &end, &nr) && *end == ' ' && nr < 0x10000 ? (long)nr : -1;
}

bool
inject_parse_look(const char *text, struct inject_look *l)
{
	struct inject_look got = {.nr = inject_parse_syscall(text)};
	const char *at = text;

	if (got.nr < 0)
		return false;
	/* NR ARG0 ... ARG5 SP PC */
	for (int field = 0; field < 8; field++) {
		const char *end;
		uint64_t v;

		at = strchr(at, ' ');
		if (!at || strncmp(at, " 0x", 3) != 0 || !parse_u64(at + 3, 16, &end, &v))
			return false;
		at = end;
		if (field == 0)
			got.arg = v;
		got.pc = v;
	}
	*l = got;
	return true;
}

/* --- decisions -------------------------------------------------------------------------------- */

int
inject_rank(enum inject_abi abi, const struct inject_thread *t)
{
	const struct inject_call *c = inject_call_find(abi, t->nr);

	if (strchr("ZXxtI", t->state) || t->flags & (INJECT_PF_IO_WORKER | INJECT_PF_USER_WORKER))
		return -1;
	if (t->state == 'D')
		return 3;
	if (!c || c->kind == PLAIN)
		return 1;
	return c->kind == AGAIN ? 2 : 0;
}

unsigned
inject_keep_best(enum inject_abi abi, struct inject_thread best[INJECT_TRIES], unsigned n,
                 const struct inject_thread *t)
{
	int rank = inject_rank(abi, t);
	unsigned at = n;

	if (rank < 0)
		return n;
	while (at > 0 && inject_rank(abi, &best[at - 1]) > rank)
		at--;
	if (at == INJECT_TRIES)
		return n;
	if (n < INJECT_TRIES)
		n++;
	memmove(&best[at + 1], &best[at], (n - at - 1) * sizeof(*best));
	best[at] = *t;
	return n;
}

bool
inject_reissue(enum inject_abi abi, long nr, int64_t result, bool by_signal)
{
	const struct inject_call *c = inject_call_find(abi, nr);

	if (abi == INJECT_I386)
		result = (int32_t)result;
	if (result == -ERESTARTNOHAND)
		return true;
	return result == -EINTR && !by_signal && c && (c->kind == AGAIN || c->kind == EITHER);
}

/* The instruction that makes a system call. Those of arm64 are 4 bytes at multiples of 4. */
static const struct inject_insn {
	unsigned char bytes[4], size, align;
} inject_insns[INJECT_ABIS] = {
    [INJECT_X86_64] = {{0x0f, 0x05}, 2, 1},            /* syscall */
    [INJECT_I386] = {{0xcd, 0x80}, 2, 1},              /* int $0x80 */
    [INJECT_ARM64] = {{0x01, 0x00, 0x00, 0xd4}, 4, 4}, /* svc #0 */
};

size_t
inject_insn_size(enum inject_abi abi)
{
	return inject_insns[abi].size;
}

long
inject_find_insn(enum inject_abi abi, const unsigned char *code, size_t n)
{
	const struct inject_insn *insn = &inject_insns[abi];

	for (size_t from = 0; from < n;) {
		const unsigned char *at = memmem(code + from, n - from, insn->bytes, insn->size);

		if (!at)
			return -1;
		if ((at - code) % insn->align == 0)
			return at - code;
		from = (size_t)(at - code) + 1;
	}
	return -1;
}

uint64_t
inject_mask(uint64_t mask)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
	uint64_t all = ~UINT64_C(0);

	/*
	 * the kernel kills a process that blocks a signal of its own fault, and drops its handler
	 */
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		all &= ~(UINT64_C(1) << (faults[i] - 1));
	return all | mask;
}
