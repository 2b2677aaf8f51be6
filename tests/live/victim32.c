/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A 32-bit process that notices what is done to it, like victim.c, and without a C library, since few
 * machines have one of that kind. It reads, sleeps and waits by turns, by `int $0x80` and by the way
 * of the vdso by turns, and says "ready PID", and then "ok" or "wrong".
 */
typedef unsigned long word;

struct pollfd {
	int fd;
	short events, revents;
};

static word vdso_call; /* AT_SYSINFO: __kernel_vsyscall */
static int by_vdso;

static long
call(long nr, long a, long b, long c, long d)
{
	long r;

	if (by_vdso && vdso_call)
		__asm__ volatile("call *%1" : "=a"(r) : "m"(vdso_call), "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
	else
		__asm__ volatile("int $0x80" : "=a"(r) : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(d) : "memory");
	return r;
}

enum { FORK = 2, READ = 3, WRITE = 4, GETPID = 20, PIPE = 42, GETPPID = 64, NANOSLEEP = 162, POLL = 168,
       EXIT = 252, EPOLL_CTL = 255, EPOLL_WAIT = 256, EPOLL_CREATE1 = 329 };

static void
say(const char *text)
{
	long n = 0;

	while (text[n])
		n++;
	call(WRITE, 1, (long)text, n, 0);
}

static void
say_number(long n)
{
	char digits[12], *at = digits + 11;

	*at = '\0';
	do {
		*--at = (char)('0' + n % 10);
	} while ((n /= 10) > 0);
	say(at);
}

/* A byte every few milliseconds, until the word comes. */
static void
feed(int to, long parent)
{
	struct pollfd in = {0, 1, 0};
	long n = 0;

	while (call(GETPPID, 0, 0, 0, 0) == parent) {
		int last = call(POLL, (long)&in, 1, n++ % 4, 0) != 0;

		call(WRITE, to, (long)(last ? "e" : "b"), 1, 0);
		if (last)
			break;
	}
	call(EXIT, 0, 0, 0, 0);
}

static int
live(int from, int ep)
{
	long nap[2] = {0, 1500000}, event[3];
	char byte = 0;

	for (long i = 0; byte != 'e'; i++) {
		by_vdso = i & 1;
		if (i % 6 < 2 && call(NANOSLEEP, (long)nap, 0, 0, 0) != 0)
			return 1;
		if (i % 6 > 3 && call(EPOLL_WAIT, ep, (long)event, 1, -1) != 1)
			return 2;
		if (call(READ, from, (long)&byte, 1, 0) != 1 || (byte != 'b' && byte != 'e'))
			return 3;
	}
	return 0;
}

__attribute__((used)) static void
begin(word *sp)
{
	long event[3] = {1, 0, 0}, me = call(GETPID, 0, 0, 0, 0);
	int ends[2], ep, bad;

	sp += 2 + sp[0]; /* past argv */
	while (*sp++)
		;
	for (; sp[0]; sp += 2)
		if (sp[0] == 32)
			vdso_call = sp[1];
	call(PIPE, (long)ends, 0, 0, 0);
	ep = (int)call(EPOLL_CREATE1, 0, 0, 0, 0);
	call(EPOLL_CTL, ep, 1, ends[0], (long)event);
	if (call(FORK, 0, 0, 0, 0) == 0)
		feed(ends[1], me);
	say("ready ");
	say_number(me);
	say("\n");
	bad = live(ends[0], ep);
	by_vdso = 0;
	if (bad) {
		say("wrong: call ");
		say_number(bad);
		say("\n");
	} else {
		say("ok\n");
	}
	call(EXIT, bad, 0, 0, 0);
}

__asm__(".globl _start\n_start:\n	movl %esp, %eax\n	andl $-16, %esp\n	subl $12, %esp\n"
        "	pushl %eax\n	call begin\n");
