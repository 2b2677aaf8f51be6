/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that parses files: its restrictions and its loop. */
#include "config.h"

#include "symbol/helper_parts.h"

#ifdef HAVE_LIBDW

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"

#define NOBODY 65534

enum {
	READER_CPU_S = 6, /* per question: the first about a file of a million symbols takes one */
	BUSY_MS = 500,
};

static pid_t reader_pid;

/* --- dropping privileges ---------------------------------------------------------------------- */

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define OUR_ARCH AUDIT_ARCH_PPC64LE
#endif

/*
 * From here on it may only read what it was handed, answer, and allocate memory. Everything else
 * fails with EPERM: it cannot open files, start or signal processes, or make sockets.
 */
static void
helper_allow_little(void)
{
#if defined(OUR_ARCH) && !defined(HELPER_SANITIZED)
	static const uint32_t allowed[] = {
	    SYS_read,       SYS_pread64,    SYS_readv,        SYS_lseek,     SYS_fstat,
	    SYS_newfstatat, SYS_close,      SYS_recvmsg,      SYS_sendto,    SYS_mmap,
	    SYS_munmap,     SYS_mremap,     SYS_mprotect,     SYS_madvise,   SYS_brk,
	    SYS_getrusage,  SYS_prlimit64,  SYS_futex,        SYS_getrandom, SYS_sysinfo,
	    SYS_exit,       SYS_exit_group, SYS_rt_sigreturn,
#ifdef SYS_send /* of PowerPC, where the C library's send() is no sendto() */
	    SYS_send,
#endif
	};
	enum { N = ARRAY_LEN(allowed) };
	struct sock_filter code[N + 6];
	struct sock_fprog program = {.len = N + 6, .filter = code};
	size_t at = 0;

	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                          offsetof(struct seccomp_data, arch));
	code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OUR_ARCH, 1, 0);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
	                                          offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < N; i++)
		code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i],
		                                          (uint8_t)(N - i), 0);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#endif
}

/* Becomes nobody: root without capabilities would still own root's files. */
static void
helper_become_nobody(void)
{
	if (geteuid() == 0) {
		(void)!setgroups(0, NULL);
		(void)!setresgid(NOBODY, NOBODY, NOBODY);
		(void)!setresuid(NOBODY, NOBODY, NOBODY);
	}
	helper_keep_capabilities(0);
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	helper_allow_little();
}

/* --- its loop --------------------------------------------------------------------------------- */

static bool
helper_read_file(const struct helper_ask *ask, int fd, struct helper_answer *a)
{
	if (ask->kind == HELPER_DEBUG)
		return helper_take_debug(fd);
	if (fd < 0 && !helper_is_about_vdso(ask))
		return false;
	if (ask->kind == HELPER_NAMES)
		return helper_list_names(ask, fd, &a->filter);
	if (ask->kind == HELPER_INSTRUCTION)
		return helper_find_instruction(ask, fd, &a->instruction);
	return helper_is_find(ask)
	           ? helper_find_named(ask, fd, &a->matches)
	           : helper_find_symbol(ask, fd, &a->symbol);
}

static _Noreturn void
helper_read_files(int socket)
{
	struct helper_ask *ask = mem_alloc(sizeof(*ask));
	struct helper_answer *a = mem_alloc(sizeof(*a));
	int fd;

	while (helper_receive(socket, ask, &fd)) {
		helper_limit_time(READER_CPU_S);
		a->outcome = helper_read_file(ask, fd, a) ? HELPER_OK : HELPER_NOTHING;
		if (ask->kind != HELPER_DEBUG && helper_wants(&a->wants))
			a->outcome = HELPER_WANTS;
		if (fd >= 0)
			close(fd);
		if (send(socket, a, helper_answer_size(ask, a), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

bool
helper_reader_start(int *socket)
{
	int pair[2];
	pid_t pid;

	*socket = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	pid = fork(); /* safe: this process has no threads */
	if (pid == 0) {
		close(pair[0]);
		close(HELPER_SOCKET);
		close(HELPER_DIR);
		helper_become_nobody();
		helper_read_files(pair[1]);
	}
	close(pair[1]);
	if (pid < 0) {
		close(pair[0]);
		return false;
	}
	*socket = pair[0];
	reader_pid = pid;
	return true;
}

/* --- the helper's side ------------------------------------------------------------------------ */

/* CPU time of the reader: whether it works, or waits for a file that hangs. */
static uint64_t
helper_reader_cpu_ns(void)
{
	struct timespec t = {0};
	clockid_t clock;

	if (clock_getcpuclockid(reader_pid, &clock) != 0 || clock_gettime(clock, &t) < 0)
		return 0;
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* Waits for the reader's answer; as long as it works, tells the client so. */
static bool
helper_reader_hear(int socket, const struct helper_ask *ask, struct helper_answer *a)
{
	struct pollfd in = {.fd = socket, .events = POLLIN};
	uint64_t before = helper_reader_cpu_ns(), now;
	ssize_t got;

	while (poll(&in, 1, BUSY_MS) == 0) {
		now = helper_reader_cpu_ns();
		if (now - before < BUSY_MS * 1000000 / 10)
			continue;
		before = now;
		a->serial = ask->serial;
		a->outcome = HELPER_BUSY;
		send(HELPER_SOCKET, a, offsetof(struct helper_answer, pages),
		     MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	got = recv(socket, a, sizeof(*a), 0);
	return got >= (ssize_t)offsetof(struct helper_answer, pages) &&
	       got == (ssize_t)helper_answer_size(ask, a);
}

static enum helper_outcome
helper_reader_tell(int socket, const struct helper_ask *ask, int fd, struct helper_answer *a)
{
	if (!helper_send(socket, ask, fd, 0) || !helper_reader_hear(socket, ask, a))
		return HELPER_HURT;
	return (enum helper_outcome)a->outcome;
}

/* Offers one file. true: the search is over. */
static bool
helper_offer(int socket, const char *path, struct helper_ask *ask, struct helper_answer *a)
{
	int fd = helper_open_path(path);
	enum helper_outcome got;

	if (fd < 0)
		return false;
	got = helper_reader_tell(socket, ask, fd, a);
	close(fd);
	return got != HELPER_NOTHING;
}

static bool
helper_offer_by_id(int socket, const struct elf_debug *d, struct helper_ask *ask,
                   struct helper_answer *a)
{
	struct buf path = {0};
	bool over;

	if (d->id_n < 2 || d->id_n > ELF_ID_MAX)
		return false;
	buf_fmt(&path, "/usr/lib/debug/.build-id/%02x/", d->id[0]);
	for (uint32_t i = 1; i < d->id_n; i++)
		buf_fmt(&path, "%02x", d->id[i]);
	buf_str(&path, ".debug");
	over = helper_offer(socket, path.s, ask, a);
	buf_free(&path);
	return over;
}

/* Beside the file, in .debug there, or in the same folder below /usr/lib/debug. */
static bool
helper_offer_by_link(int socket, const struct elf_debug *d, struct helper_ask *ask,
                     struct helper_answer *a)
{
	static const char *const places[][2] = {
	    {"", "/"}, {"", "/.debug/"}, {"/usr/lib/debug", "/"}};
	const char *slash = strrchr(ask->name, '/');
	char path[PATH_MAX + sizeof(d->link) + 32];

	if (!slash || !d->link[0] || strchr(d->link, '/'))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		snprintf(path, sizeof(path), "%s%.*s%s%s", places[i][0], (int)(slash - ask->name),
		         ask->name, places[i][1], d->link);
		if (helper_offer(socket, path, ask, a))
			return true;
	}
	return false;
}

/* Gives the reader the debug file, or says that there is none. */
static void
helper_offer_debug(int socket, const struct helper_ask *ask, const struct elf_debug *wants)
{
	struct helper_ask *offer = mem_alloc(sizeof(*offer));
	struct helper_answer *a = mem_alloc(sizeof(*a));
	struct elf_debug d = *wants;

	*offer = *ask;
	offer->kind = HELPER_DEBUG;
	d.link[sizeof(d.link) - 1] = '\0';
	if (!helper_offer_by_id(socket, &d, offer, a) &&
	    !helper_offer_by_link(socket, &d, offer, a))
		helper_reader_tell(socket, offer, -1, a);
	free(offer);
	free(a);
}

enum helper_outcome
helper_reader_ask(int socket, const struct helper_ask *ask, struct helper_answer *answer)
{
	bool vdso = helper_is_about_vdso(ask);
	enum helper_outcome got;
	int fd;

	if (socket < 0)
		return HELPER_NOTHING;
	fd = vdso ? -1 : helper_is_about_jit(ask) ? helper_open_perf_map() : helper_open(ask);
	if (fd < 0 && !vdso)
		return HELPER_NOTHING;
	got = helper_reader_tell(socket, ask, fd, answer);
	/* once for its symbols, once for a line */
	for (int i = 0; i < 2 && got == HELPER_WANTS; i++) {
		helper_offer_debug(socket, ask, &answer->wants);
		got = helper_reader_tell(socket, ask, fd, answer);
	}
	if (got == HELPER_OK && ask->kind == HELPER_NAMES)
		answer->filter.id = helper_id_of(fd);
	if (fd >= 0)
		close(fd);
	return got == HELPER_OK || got == HELPER_HURT ? got : HELPER_NOTHING;
}

#else

bool
helper_reader_start(int *socket)
{
	*socket = -1;
	return false;
}

enum helper_outcome
helper_reader_ask(int socket, const struct helper_ask *ask, struct helper_answer *answer)
{
	(void)socket, (void)ask, (void)answer;
	return HELPER_NOTHING;
}

#endif
