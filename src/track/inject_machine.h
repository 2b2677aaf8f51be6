/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_INJECT_MACHINE_H
#define PM_INJECT_MACHINE_H

#include "track/inject_parts.h"

/*
 * What of an injection depends on the processor: its registers, and how a system call is made with
 * them. One file a machine, inject_x86_64.c and inject_arm64.c, and each is empty elsewhere. Only
 * the helper uses it (inject_ptrace.c).
 */
#if defined(__x86_64__) || defined(__aarch64__)
#define INJECT_MACHINE

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/user.h>

/*
 * What the kernel does to a call that a stop interrupts, and that it will restart. x86: the result
 * stays in the registers, and the kernel acts on it when the thread goes on. arm64: the thread is
 * put back to the call's instruction before the tracer sees it (arch/arm64/kernel/signal.c), and
 * whether it will go on by restart_syscall(2) is not to be seen.
 */
extern const bool machine_rewinds;

/* The general registers of a stopped thread. */
struct machine_regs {
	struct user_regs_struct user;
};

/* Its vector registers, if a system call does not keep them: SVE's and SME's of arm64. */
#if defined(__aarch64__)
enum { MACHINE_VECTORS = 9216 }; /* 34 registers of at most 256 bytes, and more */
#else
enum { MACHINE_VECTORS = 0 };
#endif
struct machine_vectors {
	size_t n; /* bytes; 0: none such in use */
	unsigned set;
	_Alignas(16) unsigned char bytes[MACHINE_VECTORS];
};

/* false with errno: ptrace refused. */
bool machine_get(pid_t tid, struct machine_regs *r);
bool machine_set(pid_t tid, const struct machine_regs *r);
void machine_get_vectors(pid_t tid, struct machine_vectors *v);
bool machine_set_vectors(pid_t tid, const struct machine_vectors *v);

/* Makes a thread that is stopped at the entry of a call leave it without doing it. As above. */
bool machine_drop_call(pid_t tid);

/* Which code it runs; false: none of ours. */
bool machine_abi(const struct machine_regs *r, enum inject_abi *abi);

uint64_t machine_ip(const struct machine_regs *r);
void machine_jump(struct machine_regs *r, uint64_t ip);

/* The call that the stop interrupted, or if that is not known the last one; negative: none. */
long machine_call_nr(const struct machine_regs *r);

/* What the last call returned. */
int64_t machine_result(const struct machine_regs *r, enum inject_abi abi);

/* Makes the call `nr` with one argument, by the instruction at insn. */
void machine_call(struct machine_regs *r, enum inject_abi abi, uint64_t insn, long nr,
                  uint64_t arg);

/* Makes the interrupted call once more, by its instruction at insn. */
void machine_reissue(struct machine_regs *r, uint64_t insn);

/* The first argument of a call. On arm64 its result replaces that. */
void machine_set_arg(struct machine_regs *r, enum inject_abi abi, uint64_t arg);

#endif
#endif
