/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers and system calls of arm64, in programs of 64 bits. */
#include "track/inject_machine.h"

#if defined(__aarch64__)

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

/* Missing from older C library headers (linux/elf.h, asm/ptrace.h). */
#define SET_SYSTEM_CALL 0x404 /* NT_ARM_SYSTEM_CALL */
#define SET_SVE         0x405
#define SET_STREAMING   0x40b /* NT_ARM_SSVE, Linux 5.19 */
#define VECTORS_IN_USE  1     /* SVE_PT_REGS_SVE */
#define PSTATE_32_BIT   0x10
#define PSTATE_BRANCH   0xc00 /* BTYPE: a branch that only some instructions may end */
#define REG_CALL        8     /* the register that has a call's number */

const bool machine_rewinds = true;

struct vectors_head { /* struct user_sve_header */
	uint32_t size, max_size;
	uint16_t vl, max_vl, flags, reserved;
};

static bool
arm64_get(pid_t tid, unsigned set, void *to, size_t *n)
{
	struct iovec io = {to, *n};

	if (ptrace(PTRACE_GETREGSET, tid, (uintptr_t)set, &io) < 0)
		return false;
	*n = io.iov_len;
	return true;
}

static bool
arm64_set(pid_t tid, unsigned set, const void *from, size_t n)
{
	struct iovec io = {(void *)(uintptr_t)from, n};

	return ptrace(PTRACE_SETREGSET, tid, (uintptr_t)set, &io) == 0;
}

/*
 * The vector registers, if more of them is in use than a system call keeps. Streaming ones first:
 * while they are in use, the others are not.
 */
void
machine_get_vectors(pid_t tid, struct machine_vectors *v)
{
	static const unsigned sets[] = {SET_STREAMING, SET_SVE};

	v->n = 0;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets) && !v->n; i++) {
		struct vectors_head head;
		size_t n = sizeof(v->bytes);

		if (!arm64_get(tid, sets[i], v->bytes, &n) || n < sizeof(head))
			continue;
		memcpy(&head, v->bytes, sizeof(head));
		if (!(head.flags & VECTORS_IN_USE) || head.size > n)
			continue;
		v->n = head.size;
		v->set = sets[i];
	}
}

bool
machine_set_vectors(pid_t tid, const struct machine_vectors *v)
{
	return !v->n || arm64_set(tid, v->set, v->bytes, v->n);
}

bool
machine_get(pid_t tid, struct machine_regs *r)
{
	size_t n = sizeof(r->user);

	return arm64_get(tid, NT_PRSTATUS, &r->user, &n);
}

bool
machine_set(pid_t tid, const struct machine_regs *r)
{
	return arm64_set(tid, NT_PRSTATUS, &r->user, sizeof(r->user));
}

bool
machine_drop_call(pid_t tid)
{
	static const int none = -1;

	return arm64_set(tid, SET_SYSTEM_CALL, &none, sizeof(none));
}

bool
machine_abi(const struct machine_regs *r, enum inject_abi *abi)
{
	*abi = INJECT_ARM64;
	return !(r->user.pstate & PSTATE_32_BIT);
}

uint64_t
machine_ip(const struct machine_regs *r)
{
	return r->user.pc;
}

void
machine_jump(struct machine_regs *r, uint64_t ip)
{
	r->user.pc = ip;
}

long
machine_call_nr(const struct machine_regs *r)
{
	return (int)r->user.regs[REG_CALL];
}

int64_t
machine_result(const struct machine_regs *r, enum inject_abi abi)
{
	(void)abi;
	return (int64_t)r->user.regs[0];
}

void
machine_set_arg(struct machine_regs *r, enum inject_abi abi, uint64_t arg)
{
	(void)abi;
	r->user.regs[0] = arg;
}

void
machine_call(struct machine_regs *r, enum inject_abi abi, uint64_t insn, long nr, uint64_t arg)
{
	r->user.pc = insn;
	r->user.pstate &= ~(uint64_t)PSTATE_BRANCH;
	r->user.regs[REG_CALL] = (uint64_t)nr;
	machine_set_arg(r, abi, arg);
}

/* The registers are as they were at its beginning. */
void
machine_reissue(struct machine_regs *r, uint64_t insn)
{
	r->user.pc = insn;
}

#endif
