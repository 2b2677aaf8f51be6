/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The process that parses files: its restrictions and its loop. */
#include "config.h"

#include "symbol/helper_parts.h"

#ifdef HAVE_LIBDW

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/util.h"

#define NOBODY 65534

/* --- dropping privileges ---------------------------------------------------------------------- */

#if defined(__x86_64__)
#define OUR_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OUR_ARCH AUDIT_ARCH_AARCH64
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
	if (fd < 0 && !helper_is_about_vdso(ask))
		return false;
	return ask->kind == HELPER_FIND || ask->kind == HELPER_FIND_VDSO
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
		helper_limit_time();
		a->outcome = helper_read_file(ask, fd, a) ? HELPER_OK : HELPER_NOTHING;
		if (fd >= 0)
			close(fd);
		if (send(socket, a, sizeof(*a), MSG_NOSIGNAL) != (ssize_t)sizeof(*a))
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
	return true;
}

/* --- the helper's side ------------------------------------------------------------------------ */

enum helper_outcome
helper_reader_ask(int socket, const struct helper_ask *ask, struct helper_answer *answer)
{
	bool heard, vdso = helper_is_about_vdso(ask);
	int fd = socket >= 0 && !vdso ? helper_open(ask) : -1;

	if (socket < 0 || (fd < 0 && !vdso))
		return HELPER_NOTHING;
	heard = helper_send(socket, ask, fd, 0);
	if (fd >= 0)
		close(fd);
	if (!heard || recv(socket, answer, sizeof(*answer), 0) != (ssize_t)sizeof(*answer))
		return HELPER_HURT;
	return answer->outcome == HELPER_OK ? HELPER_OK : HELPER_NOTHING;
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
