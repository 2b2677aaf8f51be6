/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The helper itself: its limits, its privileges, its loop. */
#include "symbol/helper_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/rights.h"
#include "base/util.h"

#ifndef CAP_CHECKPOINT_RESTORE /* Linux 5.9 */
#define CAP_CHECKPOINT_RESTORE 40
#endif

enum {
	MEMORY_MAX = 512 << 20,
	FILES_MAX = 64,
	CPU_S = 2, /* per question */
};

static bool helper_may_start;

bool
helper_can_start(void)
{
	return helper_may_start;
}

/* of address space: files of any sensible size can be mapped */
#define HELPER_SPACE ((rlim_t)8 << 30)

/* --- dropping privileges ---------------------------------------------------------------------- */

static void
helper_limit(int what, rlim_t most)
{
	struct rlimit l;

	if (getrlimit((__rlimit_resource_t)what, &l) < 0)
		return;
	l.rlim_cur = l.rlim_max = most < l.rlim_max ? most : l.rlim_max;
	setrlimit((__rlimit_resource_t)what, &l);
}

/* Closes what pmtop's parent left open, such as a pipe whose end somebody waits for. */
static void
helper_close_others(int from)
{
#ifdef SYS_close_range
	if (syscall(SYS_close_range, from, ~0U, 0) == 0)
		return;
#endif
	for (int fd = from, end = (int)sysconf(_SC_OPEN_MAX); fd < end; fd++)
		close(fd);
}

/*
 * Of root's, keeps the capabilities to inspect processes and read files of others, to follow
 * map_files, and to get true answers from mincore, which requires owning the file or write
 * permission. Anybody else's it drops: those of pmtop's file are not for files of the target.
 */
static void
helper_drop_privileges(void)
{
	/* kernels without it require SYS_ADMIN */
	bool restore = prctl(PR_CAPBSET_READ, CAP_CHECKPOINT_RESTORE, 0, 0, 0) >= 0;

	uint64_t roots = RIGHT(CAP_SYS_PTRACE) | RIGHT(CAP_DAC_READ_SEARCH) | RIGHT(CAP_FOWNER) |
	                 RIGHT(restore ? CAP_CHECKPOINT_RESTORE : CAP_SYS_ADMIN);

	helper_keep_capabilities(geteuid() == 0 ? roots : 0);
}

static void
helper_confine(void)
{
	/* for a busy helper; an idle one sees the socket close */
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	prctl(PR_SET_NAME, HELPER_NAME, 0, 0, 0);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	helper_close_others(HELPER_DIR + 1);
	open("/dev/null", O_RDWR | O_CLOEXEC);
	open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)!chdir("/"); /* pin no directory */
	helper_limit(RLIMIT_CORE, 0);
	helper_limit(RLIMIT_FSIZE, 0);
	helper_limit(RLIMIT_NOFILE, FILES_MAX);
#ifndef HELPER_SANITIZED
	helper_limit(RLIMIT_AS, HELPER_SPACE);
	helper_limit(RLIMIT_DATA, MEMORY_MAX);
#endif
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* --- the loop --------------------------------------------------------------------------------- */

static int
helper_read_byte(int mem, uint64_t at)
{
	char byte;
	ssize_t got = pread(mem, &byte, 1, (off_t)at);

	return got == 1 ? 0 : got < 0 ? errno : EFAULT;
}

/* `fd`: the descriptor that came with the question, or -1. */
static enum helper_outcome
helper_answer(const struct helper_ask *ask, int fd, int reader, struct helper_answer *a)
{
	switch ((enum helper_kind)ask->kind) {
	case HELPER_PAGES:
		return helper_file_pages(ask, &a->pages) ? HELPER_OK : HELPER_NOTHING;
	case HELPER_BYTES:
		return helper_file_bytes(ask, a->bytes) ? HELPER_OK : HELPER_NOTHING;
	case HELPER_NODE:
		return helper_stat(ask, &a->node) ? HELPER_OK : HELPER_NOTHING;
	case HELPER_SYMBOL:
	case HELPER_SYMBOL_VDSO:
	case HELPER_FIND:
	case HELPER_FIND_VDSO:
	case HELPER_SYMBOL_JIT:
	case HELPER_FIND_JIT:
	case HELPER_INSTRUCTION:
	case HELPER_NAMES:
	case HELPER_DEBUG:
		return helper_reader_ask(reader, ask, a);
	case HELPER_CHECK:
		for (size_t i = 0; i < HELPER_MAPS; i++)
			a->ids[i] = i < ask->maps_n ? helper_id(&ask->maps[i]) : 0;
		return HELPER_OK;
	case HELPER_FAULT:
		a->sys = helper_read_byte(fd, ask->start);
		return HELPER_OK;
	}
	return HELPER_NOTHING;
}

static _Noreturn void
helper_serve(int reader)
{
	struct helper_ask *ask = mem_alloc(sizeof(*ask));
	struct helper_answer *a = mem_alloc(sizeof(*a));
	int fd;

	while (helper_receive(HELPER_SOCKET, ask, &fd)) {
		helper_limit_time(CPU_S);
		a->outcome = helper_answer(ask, fd, reader, a);
		if (fd >= 0)
			close(fd);
		a->serial = ask->serial;
		if (send(HELPER_SOCKET, a, helper_answer_size(ask, a), MSG_NOSIGNAL) < 0 ||
		    a->outcome == HELPER_HURT)
			break;
	}
	_exit(0);
}

static void
helper_end_without_memory(void)
{
	_exit(1); /* the exit itself is the answer to the client */
}

void
helper_main(int argc, char **argv)
{
	int type = 0, reader = -1;
	socklen_t size = sizeof(type);

	helper_may_start = true;
	if (argc != 2 || strcmp(argv[0], HELPER_NAME) != 0 || strcmp(argv[1], HELPER_WORD) != 0)
		return;
	if (getsockopt(HELPER_SOCKET, SOL_SOCKET, SO_TYPE, &type, &size) < 0 ||
	    type != SOCK_SEQPACKET)
		return;
	mem_on_oom(helper_end_without_memory);
	helper_confine();
	helper_reader_start(&reader);
	helper_drop_privileges();
	helper_serve(reader);
}
