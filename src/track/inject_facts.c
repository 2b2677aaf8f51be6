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
	short nr, nr32; /* x86-64, i386; -1: none */
	char kind;
} inject_calls[] = {
    {"accept", 43, -1, EITHER},
    {"accept4", 288, 364, EITHER},
    {"clock_nanosleep", 230, 267, RESTART},
    {"clock_nanosleep", -1, 407, RESTART},
    {"clone", 56, 120, PLAIN},
    {"clone3", 435, 435, PLAIN},
    {"connect", 42, 362, PLAIN},
    {"epoll_pwait", 281, 319, AGAIN},
    {"epoll_pwait2", 441, 441, AGAIN},
    {"epoll_wait", 232, 256, AGAIN},
    {"fcntl", 72, 55, RESTART},
    {"fcntl", -1, 221, RESTART},
    {"flock", 73, 143, RESTART},
    {"fsync", 74, 118, PLAIN},
    {"futex", 202, 240, RESTART},
    {"futex", -1, 422, RESTART},
    {"futex_waitv", 449, 449, RESTART},
    {"io_getevents", 208, 247, AGAIN},
    {"io_uring_enter", 426, 426, AGAIN},
    {"ioctl", 16, 54, PLAIN},
    {"ipc", -1, 117, AGAIN},
    {"msgrcv", 70, 401, RESTART},
    {"nanosleep", 35, 162, RESTART},
    {"open", 2, 5, RESTART},
    {"openat", 257, 295, RESTART},
    {"pause", 34, 29, RESTART},
    {"poll", 7, 168, RESTART},
    {"ppoll", 271, 309, RESTART},
    {"ppoll", -1, 414, RESTART},
    {"pselect6", 270, 308, RESTART},
    {"pselect6", -1, 413, RESTART},
    {"read", 0, 3, EITHER},
    {"readv", 19, 145, EITHER},
    {"recvfrom", 45, 371, EITHER},
    {"recvmmsg", 299, 337, EITHER},
    {"recvmmsg", -1, 417, EITHER},
    {"recvmsg", 47, 372, EITHER},
    {"restart_syscall", 219, 0, RESTART},
    {"rt_sigsuspend", 130, 179, RESTART},
    {"rt_sigtimedwait", 128, 177, AGAIN},
    {"rt_sigtimedwait", -1, 421, AGAIN},
    {"select", 23, 142, RESTART},
    {"semop", 65, -1, AGAIN},
    {"semtimedop", 220, 420, AGAIN},
    {"sendmsg", 46, 370, EITHER},
    {"sendto", 44, 369, EITHER},
    {"socketcall", -1, 102, PLAIN},
    {"vfork", 58, 190, PLAIN},
    {"wait4", 61, 114, RESTART},
    {"waitid", 247, 284, RESTART},
    {"waitpid", -1, 7, RESTART},
    {"write", 1, 4, EITHER},
    {"writev", 20, 146, EITHER},
};

static const struct inject_call *
inject_call_find(bool compat, long nr)
{
	for (size_t i = 0; nr >= 0 && i < ARRAY_LEN(inject_calls); i++)
		if ((compat ? inject_calls[i].nr32 : inject_calls[i].nr) == nr)
			return &inject_calls[i];
	return NULL;
}

const char *
inject_call_name(bool compat, long nr, char *out, size_t size)
{
	const struct inject_call *c = inject_call_find(compat, nr);

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

	if (!tracer)
		return false;
	*s = (struct inject_status){.tracer = (long)inject_number(tracer, 10),
	                            .seccomp = seccomp ? (unsigned)inject_number(seccomp, 10) : 0};
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

/* --- decisions -------------------------------------------------------------------------------- */

int
inject_rank(bool compat, const struct inject_thread *t)
{
	const struct inject_call *c = inject_call_find(compat, t->nr);

	if (strchr("ZXxtI", t->state) || t->flags & (INJECT_PF_IO_WORKER | INJECT_PF_USER_WORKER))
		return -1;
	if (t->state == 'D')
		return 3;
	if (!c || c->kind == PLAIN)
		return 1;
	return c->kind == AGAIN ? 2 : 0;
}

unsigned
inject_keep_best(bool compat, struct inject_thread best[INJECT_TRIES], unsigned n,
                 const struct inject_thread *t)
{
	int rank = inject_rank(compat, t);
	unsigned at = n;

	if (rank < 0)
		return n;
	while (at > 0 && inject_rank(compat, &best[at - 1]) > rank)
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
inject_reissue(bool compat, long nr, int64_t result, bool by_signal)
{
	const struct inject_call *c = inject_call_find(compat, nr);

	if (compat)
		result = (int32_t)result;
	if (result == -ERESTARTNOHAND)
		return true;
	return result == -EINTR && !by_signal && c && (c->kind == AGAIN || c->kind == EITHER);
}

long
inject_find_insn(bool compat, const unsigned char *code, size_t n)
{
	static const unsigned char int80[2] = {0xcd, 0x80}, syscall64[2] = {0x0f, 0x05};
	const unsigned char *at = memmem(code, n, compat ? int80 : syscall64, 2);

	return at ? (long)(at - code) : -1;
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
