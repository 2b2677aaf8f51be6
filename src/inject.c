/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What would be done, and every reason not to. */
#include "inject.h"

#if defined(__x86_64__)

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "inject_parts.h"
#include "util.h"
#include "vma.h"

#define CAP_BIT_SYS_ADMIN 21 /* linux/capability.h */

/* All refusals begin alike. */
static int
refuse(const struct proc *p, struct err *err, const char *why, const char *how)
{
	return err_set(err, ERR_TARGET, why, how, "cannot take a userfaultfd from process %d (%s)",
	               (int)p->pid, p->comm);
}

/* --- refusals --------------------------------------------------------------------------------------- */

/* Another proc mount, or one of another PID namespace, names processes by numbers that are not ours. */
static int
refuse_elsewhere(const struct proc *p, struct err *err)
{
	char self[16] = "";

	if (p->ours && readlinkat(p->root, "self", self, sizeof(self) - 1) > 0 &&
	    strtol(self, NULL, 10) == getpid())
		return 0;
	return refuse(p, err, "the proc root is not that of the processes around pmtop",
	              "leave out --proc-root, and run pmtop in the process's PID namespace");
}

static int
refuse_traced(const struct proc *p, long tracer, struct err *err)
{
	char why[160], comm[64] = "", path[32];

	snprintf(path, sizeof(path), "%ld/comm", tracer);
	if (file_read_small(p->root, path, comm, sizeof(comm)))
		comm[strcspn(comm, "\n")] = '\0';
	snprintf(why, sizeof(why), "it is already traced by process %ld%s%s%s", tracer, comm[0] ? " (" : "",
	         comm, comm[0] ? ")" : "");
	return refuse(p, err, why, "a process has one tracer at a time: end that one first");
}

static int
refuse_rights(const struct proc *p, struct err *err)
{
	char text[16], why[160], how[160];
	const char *end;
	uint64_t scope = 0;

	proc_refused_how(p->uid, how, sizeof(how));
	if (file_read_small(p->root, "sys/kernel/yama/ptrace_scope", text, sizeof(text)) &&
	    parse_u64(text, 10, &end, &scope) && scope > 0) {
		snprintf(why, sizeof(why), "tracing it is not allowed: kernel.yama.ptrace_scope is %u%s",
		         (unsigned)scope, scope == 1 ? ", which allows a process its children" : "");
		if (scope < 3)
			snprintf(how, sizeof(how), "run pmtop as root, or set kernel.yama.ptrace_scope to 0");
		else
			snprintf(how, sizeof(how), "that stays so until the next boot");
		return refuse(p, err, why, how);
	}
	if (geteuid() != 0 && geteuid() == p->uid)
		return refuse(p, err, "tracing it is not allowed: it hides its memory, or changed its user",
		              "run pmtop as root");
	return refuse(p, err, "tracing it is not allowed: that needs root or the same user", how);
}

/* A process whose page faults it handles itself would find its regions taken by ours. */
static int
refuse_userfaultfd(const struct proc *p, struct err *err)
{
	int fds = proc_file(p, "fd", O_RDONLY | O_DIRECTORY);
	DIR *d = fds < 0 ? NULL : fdopendir(fds);
	struct dirent *e;
	char link[64], why[192];
	int r = 0;

	if (!d) {
		if (fds >= 0)
			close(fds);
		return refuse_rights(p, err);
	}
	while (r == 0 && (e = readdir(d))) {
		ssize_t n = readlinkat(fds, e->d_name, link, sizeof(link) - 1);

		link[n > 0 ? n : 0] = '\0';
		if (strcmp(link, "anon_inode:[userfaultfd]"))
			continue;
		snprintf(why, sizeof(why), "it uses userfaultfd itself (descriptor %.16s)", e->d_name);
		r = refuse(p, err, why, "its watch and ours would collide: track it in another way");
	}
	closedir(d);
	return r;
}

/*
 * The threads of a frozen cgroup (version 2) do stop, and do not run before it is thawed: they would
 * be left with our registers. The mount is where it mostly is; elsewhere nothing is known.
 */
static int
refuse_frozen(const struct proc *p, struct err *err)
{
	char text[4096], path[4200], events[256];
	const char *at = file_read_small(p->dir, "cgroup", text, sizeof(text)) ? text : "";

	while (at && strncmp(at, "0::/", 4))
		at = (at = strchr(at, '\n')) ? at + 1 : NULL;
	if (!at)
		return 0;
	snprintf(path, sizeof(path), "/sys/fs/cgroup%.*s/cgroup.events", (int)strcspn(at + 3, "\n"), at + 3);
	if (!file_read_small(AT_FDCWD, path, events, sizeof(events)) || !strstr(events, "frozen 1"))
		return 0;
	return refuse(p, err, "its cgroup is frozen, so none of its threads runs", "thaw it first");
}

/* --- what a system call is made with ------------------------------------------------------------------ */

struct text {
	bool compat;
	uint64_t insn; /* 0: none found; a thread that sleeps in a call brings its own */
};

/* The first instruction in [start, end), 0 if none; -1: nothing can be read, errno. */
static int
search(const struct proc *p, const struct vma *v, bool compat, uint64_t *insn)
{
	static const size_t CHUNK = 65536;
	unsigned char *code = mem_alloc(CHUNK);
	int r = -1;

	for (uint64_t at = v->start; at + 2 <= v->end && !*insn; at += CHUNK - 1) {
		struct iovec to = {code, (size_t)u64_min(CHUNK, v->end - at)};
		struct iovec from = {(void *)(uintptr_t)at, to.iov_len};
		ssize_t n = process_vm_readv(p->tid, &to, 1, &from, 1, 0);
		long found;

		if (n <= 0)
			break;
		r = 0;
		found = inject_find_insn(compat, code, (size_t)n);
		if (found >= 0)
			*insn = at + (uint64_t)found;
	}
	free(code);
	return r;
}

static bool
is_vdso(const struct vma *v)
{
	return !strcmp(v->name, "[vdso]");
}

/* Where maps tells of a 32-bit process, nothing but [vsyscall] lies above 4 GiB. */
static bool
is_compat(const struct vma_list *vmas)
{
	for (size_t i = 0; i < vmas->n; i++)
		if (vmas->v[i].end > UINT64_C(1) << 32 && strcmp(vmas->v[i].name, "[vsyscall]"))
			return false;
	return true;
}

/* In [vdso], which is always in memory; without it in whatever may be executed. */
static int
find_text(const struct proc *p, struct text *text, struct err *err)
{
	int maps = proc_file(p, "maps", O_RDONLY), r = 0;
	struct vma_list vmas = {0};

	*text = (struct text){0};
	if (maps < 0)
		return refuse_rights(p, err);
	if (vma_read(maps, &vmas, err) < 0 || !vmas.n)
		r = refuse(p, err, "it has ended", "choose a running process");
	close(maps);
	text->compat = r == 0 && is_compat(&vmas);
	for (int vdso = 1; r == 0 && vdso >= 0 && !text->insn; vdso--)
		for (size_t i = 0; i < vmas.n && r == 0 && !text->insn; i++) {
			const struct vma *v = &vmas.v[i];

			if (is_vdso(v) != vdso || !(v->perm & VMA_EXEC) || !(v->perm & VMA_READ))
				continue;
			if (search(p, v, text->compat, &text->insn) < 0 && errno == EPERM)
				r = refuse_rights(p, err);
		}
	vma_free(&vmas);
	return r;
}

/* --- its threads ---------------------------------------------------------------------------------------- */

static bool
thread_read(int task, pid_t tid, struct inject_thread *t)
{
	char path[32], text[1024];

	*t = (struct inject_thread){.tid = tid, .nr = -1};
	snprintf(path, sizeof(path), "%d/stat", (int)tid);
	if (!file_read_small(task, path, text, sizeof(text)) || !inject_parse_stat(text, t))
		return false;
	snprintf(path, sizeof(path), "%d/syscall", (int)tid);
	if (file_read_small(task, path, text, sizeof(text)))
		t->nr = inject_parse_syscall(text);
	return true;
}

/* Fills `best`; *seen counts the threads that are there at all. Stops when the best cannot be bettered. */
static unsigned
choose(const struct proc *p, bool compat, struct inject_thread best[INJECT_TRIES], unsigned *seen)
{
	int task = openat(p->leader, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = task < 0 ? NULL : fdopendir(task);
	struct dirent *e;
	unsigned n = 0;

	*seen = 0;
	if (!d && task >= 0)
		close(task);
	while (d && (e = readdir(d))) {
		struct inject_thread t;
		const char *end;
		uint64_t tid;

		if (!parse_u64(e->d_name, 10, &end, &tid) || *end || !thread_read(task, (pid_t)tid, &t))
			continue;
		*seen += !strchr("ZXx", t.state);
		n = inject_keep_best(compat, best, n, &t);
		if (n == INJECT_TRIES && inject_rank(compat, &best[n - 1]) == 0)
			break;
	}
	if (d)
		closedir(d);
	return n;
}

static bool
status_read(const struct proc *p, pid_t tid, struct inject_status *s)
{
	char path[32], text[8192];

	snprintf(path, sizeof(path), "task/%d/status", (int)tid);
	return file_read_small(p->leader, path, text, sizeof(text)) && inject_parse_status(text, s);
}

/* The kernel asks who suspends seccomp for CAP_SYS_ADMIN, and to be free of seccomp. */
static bool
may_suspend(const struct proc *p)
{
	char text[8192];
	struct inject_status s;

	return file_read_small(p->root, "self/status", text, sizeof(text)) &&
	       inject_parse_status(text, &s) && !s.seccomp && s.cap_eff >> CAP_BIT_SYS_ADMIN & 1;
}

static int
refuse_threads(const struct proc *p, unsigned seen, bool sandboxed, long tracer, struct err *err)
{
	if (tracer > 0)
		return refuse_traced(p, tracer, err);
	if (sandboxed)
		return refuse(p, err, "it is sandboxed by seccomp, which may forbid the call or kill it for it: "
		                      "suspending that needs CAP_SYS_ADMIN",
		              "run pmtop as root, outside of containers");
	if (seen)
		return refuse(p, err, "only threads that the kernel made for it (io_uring) are left, which run no "
		                      "program", "choose a process that runs");
	return refuse(p, err, "it has ended", "choose a running process");
}

static int
plan_threads(const struct proc *p, struct inject_plan *plan, struct err *err)
{
	struct inject_thread best[INJECT_TRIES];
	bool sandboxed = false;
	long tracer = 0;
	unsigned seen, n = choose(p, plan->compat, best, &seen);

	for (unsigned i = 0; i < n; i++) {
		struct inject_status s;

		if (!status_read(p, best[i].tid, &s))
			continue;
		if (s.tracer > 0) {
			tracer = s.tracer;
			continue;
		}
		if (s.seccomp && !may_suspend(p)) {
			sandboxed = true;
			continue;
		}
		if (!plan->tids_n) {
			plan->tid = best[i].tid;
			plan->state = best[i].state;
			plan->suspend_seccomp = s.seccomp;
			inject_call_name(plan->compat, best[i].nr, plan->call, sizeof(plan->call));
		}
		plan->tids[plan->tids_n++] = best[i].tid;
	}
	return plan->tids_n ? 0 : refuse_threads(p, seen, sandboxed, tracer, err);
}

static int
plan_all(const struct proc *p, struct inject_plan *plan, struct text *text, struct err *err)
{
	long tracer;

	*plan = (struct inject_plan){0};
	if (p->pid == getpid())
		return refuse(p, err, "it is pmtop itself", "choose another process");
	if (refuse_elsewhere(p, err) < 0)
		return -1;
	tracer = proc_tracer(p);
	if (tracer > 0)
		return refuse_traced(p, tracer, err);
	if (find_text(p, text, err) < 0 || refuse_userfaultfd(p, err) < 0 || refuse_frozen(p, err) < 0)
		return -1;
	plan->compat = text->compat;
	return plan_threads(p, plan, err);
}

int
inject_plan(const struct proc *p, struct inject_plan *plan, struct err *err)
{
	struct text text;

	return plan_all(p, plan, &text, err);
}

#else

static int
refuse_machine(const struct proc *p, struct err *err)
{
	return err_set(err, ERR_TARGET, "a system call is run in another process on x86-64 only",
	               "track its writes in another way", "cannot take a userfaultfd from process %d (%s)",
	               (int)p->pid, p->comm);
}

int
inject_plan(const struct proc *p, struct inject_plan *plan, struct err *err)
{
	*plan = (struct inject_plan){0};
	return refuse_machine(p, err);
}

#endif
