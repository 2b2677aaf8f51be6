/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Registers and system calls of x86-64, in programs of 64 and 32 bits. */
#include "track/inject_machine.h"

#if defined(__x86_64__)

#include <stddef.h>
#include <sys/ptrace.h>

const bool machine_rewinds = false;

/* Not PTRACE_GETREGSET: of a 32-bit program that has other registers. */
bool
machine_get(pid_t tid, struct machine_regs *r)
{
	return ptrace(PTRACE_GETREGS, tid, 0, &r->user) == 0;
}

bool
machine_set(pid_t tid, const struct machine_regs *r)
{
	return ptrace(PTRACE_SETREGS, tid, 0, &r->user) == 0;
}

void
machine_get_vectors(pid_t tid, struct machine_vectors *v)
{
	(void)tid;
	v->n = 0;
}

bool
machine_set_vectors(pid_t tid, const struct machine_vectors *v)
{
	(void)tid;
	return !v->n;
}

bool
machine_drop_call(pid_t tid)
{
	return ptrace(PTRACE_POKEUSER, tid, offsetof(struct user, regs.orig_rax), -1) == 0;
}

/* The kernel's user code segments; Xen sets two more bits. */
bool
machine_abi(const struct machine_regs *r, enum inject_abi *abi)
{
	uint64_t cs = r->user.cs & 0x1fff;

	*abi = cs == 0x23 ? INJECT_I386 : INJECT_X86_64;
	return cs == 0x23 || cs == 0x33;
}

uint64_t
machine_ip(const struct machine_regs *r)
{
	return r->user.rip;
}

void
machine_jump(struct machine_regs *r, uint64_t ip)
{
	r->user.rip = ip;
}

long
machine_call_nr(const struct machine_regs *r)
{
	return (int)r->user.orig_rax;
}

int64_t
machine_result(const struct machine_regs *r, enum inject_abi abi)
{
	return abi == INJECT_I386 ? (int32_t)r->user.rax : (int64_t)r->user.rax;
}

void
machine_set_arg(struct machine_regs *r, enum inject_abi abi, uint64_t arg)
{
	if (abi == INJECT_I386)
		r->user.rbx = arg;
	else
		r->user.rdi = arg;
}

void
machine_call(struct machine_regs *r, enum inject_abi abi, uint64_t insn, long nr, uint64_t arg)
{
	r->user.rip = insn;
	r->user.rax = (uint64_t)nr;
	r->user.orig_rax = UINT64_MAX; /* not in a call, so that nothing is restarted */
	machine_set_arg(r, abi, arg);
}

void
machine_reissue(struct machine_regs *r, uint64_t insn)
{
	r->user.rip = insn;
	r->user.rax = r->user.orig_rax;
	r->user.orig_rax = UINT64_MAX;
}

#endif
