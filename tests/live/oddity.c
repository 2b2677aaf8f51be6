/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Processes that are hard to inject into, or not to be. `oddity MODE` says "ready PID" once it is what
 * its mode says, stays so until its standard input says anything or ends, and then says "ok", or
 * "wrong: what". "cannot: what": this kernel has no such process.
 */
#include "live.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/auxv.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* By calls that even the strictest sandbox allows. */
static void
say(const char *text)
{
	size_t n = strlen(text);

	while (n > 0) {
		ssize_t done = write(1, text, n);

		if (done < 0)
			return;
		text += done;
		n -= (size_t)done;
	}
}

static void
ready(void)
{
	char text[32];

	snprintf(text, sizeof(text), "ready %d\n", (int)getpid());
	say(text);
}

/* Blocks until it gets a line; one call, which nothing may interrupt. */
static void
wait_for_word(void)
{
	char text[16];

	say(read(0, text, sizeof(text)) < 0 ? "wrong: read failed\n" : "ok\n");
}

/* --- who refuses ------------------------------------------------------------------------------ */

static void
be_plain(void)
{
	ready();
	wait_for_word();
}

static void
be_hidden(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	be_plain();
}

static void
be_traced(void)
{
	pid_t me = getpid(), tracer;
	int go[2];
	char byte;

	if (pipe(go) < 0)
		cannot("a pipe");
	tracer = fork();
	if (tracer == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		prctl(PR_SET_NAME, "the-tracer");
		byte = ptrace(PTRACE_SEIZE, me, 0, 0) == 0 ? 'y' : 'n';
		if (write(go[1], &byte, 1) == 1)
			for (;;)
				pause();
		_exit(1);
	}
	if (read(go[0], &byte, 1) != 1 || byte != 'y')
		cannot("a tracer");
	be_plain();
}

static void
be_watching(void)
{
	if (syscall(SYS_userfaultfd, O_CLOEXEC | 1) < 0)
		cannot("userfaultfd");
	be_plain();
}

static void
be_full(void)
{
	struct rlimit few = {16, 16};
	int n = 0;

	setrlimit(RLIMIT_NOFILE, &few);
	while (dup(0) >= 0)
		n++;
	be_plain();
}

/* --- sandboxes -------------------------------------------------------------------------------- */

static void
be_filtered(uint32_t verdict)
{
	struct sock_filter code[] = {
	    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	    BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_userfaultfd, 0, 1),
	    BPF_STMT(BPF_RET | BPF_K, verdict),
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(*code), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		cannot("seccomp");
	be_plain();
}

static void
be_errno(void)
{
	be_filtered(SECCOMP_RET_ERRNO | EPERM);
}

static void
be_trap(void)
{
	be_filtered(SECCOMP_RET_TRAP);
}

static void
be_kill(void)
{
	be_filtered(SECCOMP_RET_KILL_PROCESS);
}

static void
be_strict(void)
{
	ready();
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) < 0)
		say("cannot: seccomp\n");
	wait_for_word();
	syscall(SYS_exit, 0); /* exit_group is forbidden */
}

/* --- running on, until a partner has heard the word ------------------------------------------- */

static _Atomic int *told;

static void
partner(void)
{
	pid_t me = getpid();

	told = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fork() == 0) {
		struct pollfd in = {.fd = 0, .events = POLLIN};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == me && poll(&in, 1, 1000) == 0)
			;
		atomic_store(told, 1);
		_exit(0);
	}
}

static volatile char selector;
static volatile int intercepted;

static void
handle_sys(int n)
{
	(void)n;
	selector = 0;
	intercepted = 1;
}

/* It answers its system calls itself, and makes none. */
static void
be_dispatched(void)
{
	partner();
	signal(SIGSYS, handle_sys);
	if (prctl(59 /* PR_SET_SYSCALL_USER_DISPATCH */, 1, 0, 0, &selector) < 0)
		cannot("PR_SET_SYSCALL_USER_DISPATCH");
	ready();
	selector = 1;
	while (!atomic_load(told) && !intercepted)
		;
	selector = 0;
	say(intercepted ? "wrong: a system call came back as SIGSYS\n" : "ok\n");
}

/*
 * Nearly always inside a restartable sequence: it reads the processor's number at the beginning and at
 * the end, which must be the same, since whoever is stopped or moved in between begins anew.
 */
#if defined(__x86_64__)
extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned __rseq_size __attribute__((weak));

struct section {
	uint32_t version, flags;
	uint64_t start, length, abort;
} __attribute__((aligned(32)));

static bool
run_sequence(struct section *section, uint64_t *area)
{
	uint32_t first, last;

	__asm__ volatile("	leaq 1f(%%rip), %%rax\n"
	                 "	movq %%rax, 8(%[section])\n"
	                 "	leaq 2f(%%rip), %%rcx\n"
	                 "	subq %%rax, %%rcx\n"
	                 "	movq %%rcx, 16(%[section])\n"
	                 "	leaq 4f(%%rip), %%rax\n"
	                 "	movq %%rax, 24(%[section])\n"
	                 "	jmp 3f\n"
	                 "	.byte 0x0f, 0xb9, 0x3d\n" /* what the C library signs an abort with */
	                 "	.long 0x53053053\n"
	                 "4:\n"
	                 "3:	movq %[section], 8(%[area])\n"
	                 "1:	rdtscp\n"
	                 "	movl %%ecx, %%esi\n"
	                 "	movl $20000, %%edi\n"
	                 "5:	decl %%edi\n"
	                 "	jnz 5b\n"
	                 "	rdtscp\n"
	                 "2:	movq $0, 8(%[area])\n"
	                 : "=S"(first), "=c"(last)
	                 : [section] "r"(section), [area] "r"(area)
	                 : "rax", "rdx", "rdi", "memory", "cc");
	return first == last;
}

static void
be_in_sequence(void)
{
	static struct section section;
	uint64_t *area;
	bool same = true;

	if (!&__rseq_size || !__rseq_size) {
		errno = ENOSYS;
		cannot("a restartable sequence of this C library");
	}
	area = (uint64_t *)((char *)__builtin_thread_pointer() + __rseq_offset);
	partner();
	ready();
	while (!atomic_load(told) && same)
		same = run_sequence(&section, area);
	say(same ? "ok\n" : "wrong: a restartable sequence went on where another one ran\n");
}
#else
static void
be_in_sequence(void)
{
	errno = ENOSYS;
	cannot("a restartable sequence");
}
#endif

/* --- registers, of arm64 ---------------------------------------------------------------------- */

#if defined(__aarch64__)
/* A call with all registers from `in` (x0 to x28), which go to `out` as they come back. */
void call_with(const uint64_t in[29], uint64_t out[29]);
__asm__(".text\n.globl call_with\ncall_with:\n"
        "	stp x29, x30, [sp, #-96]!\n"
        "	stp x19, x20, [sp, #16]\n"
        "	stp x21, x22, [sp, #32]\n"
        "	stp x23, x24, [sp, #48]\n"
        "	stp x25, x26, [sp, #64]\n"
        "	stp x27, x28, [sp, #80]\n"
        "	mov x29, x1\n"
        "	.irp n, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "
        "25, 26, 27, 28\n"
        "	ldr x\\n, [x0, #8 * \\n]\n"
        "	.endr\n"
        "	ldr x0, [x0]\n"
        "	svc #0\n"
        "	.irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, "
        "25, 26, 27, 28\n"
        "	str x\\n, [x29, #8 * \\n]\n"
        "	.endr\n"
        "	ldp x19, x20, [sp, #16]\n"
        "	ldp x21, x22, [sp, #32]\n"
        "	ldp x23, x24, [sp, #48]\n"
        "	ldp x25, x26, [sp, #64]\n"
        "	ldp x27, x28, [sp, #80]\n"
        "	ldp x29, x30, [sp], #96\n"
        "	ret\n");

/* Sleeps in calls that the kernel restarts in three ways, and looks at all registers after each. */
static void
be_with_registers(void)
{
	struct timespec t;
	struct epoll_event e;
	int ep = epoll_create1(EPOLL_CLOEXEC), wrong = -1;
	int64_t got = 0;

	partner();
	ready();
	for (unsigned round = 0; !atomic_load(told) && wrong < 0; round++) {
		uint64_t in[29], out[29];
		const uint64_t calls[3][7] = {
		    {101, (uintptr_t)&t, 0},                         /* nanosleep: restart_syscall */
		    {73, 0, 0, (uintptr_t)&t, 0, 8},                 /* ppoll: once more */
		    {22, (uint64_t)ep, (uintptr_t)&e, 1, 2, 0, 8},   /* epoll_pwait: EINTR */
		};

		t = (struct timespec){0, 2000000};
		for (unsigned i = 0; i < 29; i++)
			in[i] = UINT64_C(0x0123456789abcdef) * (i + 1) + round;
		memcpy(in, calls[round % 3] + 1, 6 * sizeof(*in));
		in[8] = calls[round % 3][0];
		call_with(in, out);
		got = (int64_t)out[0];
		for (int i = 0; i < 29; i++)
			if (i == 0 ? got != 0 : out[i] != in[i] && !(i == 8 && out[i] == 128))
				wrong = i;
	}
	if (wrong < 0) {
		say("ok\n");
		return;
	}
	printf("wrong: register %d is another; the call returned %lld\n", wrong, (long long)got);
}

/* Computes with the vector registers, of which a system call keeps the low parts alone. */
static void
be_with_vectors(void)
{
	static unsigned char z[256], p[32];
	bool same = true;
	uint64_t n = 0;

	if (!(getauxval(AT_HWCAP) & 1 << 22 /* HWCAP_SVE */)) {
		errno = ENOSYS;
		cannot("vector registers (SVE)");
	}
	partner();
	ready();
	while (!atomic_load(told) && same) {
		__asm__ volatile("	.arch_extension sve\n"
		                 "	ptrue p1.b\n"
		                 "	mov z8.b, #90\n"
		                 "	mov w9, #20000\n"
		                 "1:	subs w9, w9, #1\n"
		                 "	b.ne 1b\n"
		                 "	str z8, [%1]\n"
		                 "	str p1, [%2]\n"
		                 "	rdvl %0, #1\n"
		                 : "=&r"(n)
		                 : "r"(z), "r"(p)
		                 : "x9", "v8", "memory", "cc");
		for (uint64_t i = 0; i < n; i++)
			same &= z[i] == 90 && p[i / 8] == 0xff;
	}
	printf(same ? "ok\n" : "wrong: vector registers of %d bytes are others\n", (int)n);
}
#else
static void
be_with_registers(void)
{
	errno = ENOSYS;
	cannot("registers of arm64");
}

static void
be_with_vectors(void)
{
	be_with_registers();
}
#endif

/* --- odd threads ------------------------------------------------------------------------------ */

/* The parent cannot be stopped while its child by vfork has its memory. */
static void
be_vforked(void)
{
	char text[16];
	pid_t child;

	ready();
	child = vfork();
	if (child == 0)
		_exit(read(0, text, sizeof(text)) < 0);
	say(child > 0 && waitpid(child, NULL, 0) == child ? "ok\n" : "wrong: vfork\n");
}

static void *
lead(void *arg)
{
	char path[64], text[256] = "";
	int fd;

	(void)arg;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getpid());
	do {
		fd = open(path, O_RDONLY);
		if (read(fd, text, sizeof(text) - 1) < 0)
			cannot(path);
		close(fd);
	} while (!strstr(text, ") Z"));
	ready();
	wait_for_word();
	_exit(0);
}

static void
be_leaderless(void)
{
	pthread_t t;

	pthread_create(&t, NULL, lead, NULL);
	pthread_exit(NULL);
}

/* io_uring's own thread stands beside it. */
static void
be_with_worker(void)
{
	struct io_uring_params p = {.flags = IORING_SETUP_SQPOLL, .sq_thread_idle = 60000};

	if (syscall(425 /* io_uring_setup */, 4, &p) < 0)
		cannot("io_uring");
	be_plain();
}

/* --- soon another, or gone -------------------------------------------------------------------- */

static void
be_mortal(void)
{
	struct timespec t = {0, 1000000L + (long)(time(NULL) ^ getpid() * 7919L) % 40 * 1000000};

	ready();
	nanosleep(&t, NULL);
	_exit(7);
}

static int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

/* Executes itself again and again; what it had open the first time goes along, and nothing else. */
static void
be_reborn(void)
{
	const char *had = getenv("ODDITY_HAD");
	struct pollfd in = {.fd = 0, .events = POLLIN};
	struct timespec t = {0, getpid() % 7 * 100000};
	char text[16];

	if (!had) {
		snprintf(text, sizeof(text), "%d", count_fds());
		setenv("ODDITY_HAD", text, 1);
		ready();
	} else if (count_fds() != atoi(had)) {
		say("wrong: another program's descriptors\n");
		return;
	}
	if (ppoll(&in, 1, &t, NULL) > 0) {
		say("ok\n");
		return;
	}
	execl("/proc/self/exe", "oddity", "reborn", NULL);
	say("wrong: exec\n");
}

/* Timeouts that start anew when interrupted: they may end late, and never early. */
static void
be_patient(void)
{
	struct epoll_event e = {.events = EPOLLIN};
	int ep = epoll_create1(EPOLL_CLOEXEC), r = 0;

	if (epoll_ctl(ep, EPOLL_CTL_ADD, 0, &e) < 0)
		cannot("epoll of standard input");
	ready();
	for (int64_t start = now_ns(); r == 0; start = now_ns()) {
		r = epoll_wait(ep, &e, 1, 200);
		if (r == 0 && now_ns() - start < 199000000)
			r = -1;
	}
	say(r < 0 ? "wrong: epoll_wait failed, or ended early\n" : "ok\n");
}

static const struct mode {
	const char *name;
	void (*be)(void);
} modes[] = {
    {"plain", be_plain},         {"hidden", be_hidden},       {"traced", be_traced},
    {"watching", be_watching},   {"full", be_full},           {"errno", be_errno},
    {"trap", be_trap},           {"kill", be_kill},           {"strict", be_strict},
    {"dispatched", be_dispatched}, {"sequence", be_in_sequence}, {"vforked", be_vforked},
    {"leaderless", be_leaderless}, {"worker", be_with_worker}, {"mortal", be_mortal},
    {"reborn", be_reborn},       {"patient", be_patient},     {"registers", be_with_registers},
    {"vectors", be_with_vectors},
};

int
main(int argc, char **argv)
{
	setvbuf(stdout, NULL, _IOLBF, 0);
	for (size_t i = 0; argc == 2 && i < sizeof(modes) / sizeof(*modes); i++)
		if (!strcmp(argv[1], modes[i].name)) {
			modes[i].be();
			return 0;
		}
	fprintf(stderr, "usage: oddity MODE\n");
	return 2;
}
