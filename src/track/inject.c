/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The plan of an injection, and every reason against it. */
#include "track/inject.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"
#include "base/util.h"
#include "track/inject_machine.h"

/* --- a userfaultfd of its own ----------------------------------------------------------------- */

static bool
inject_is_stray(const struct proc *p, int fd, struct inject_stray *s)
{
	char path[32], text[512];

	snprintf(path, sizeof(path), "fdinfo/%d", fd);
	return proc_text(p, path, text, sizeof(text)) && inject_stray_of(text, fd, s);
}

/*
 * Returns the number of its userfaultfd, preferring one that is in use; if none is, *stray
 * describes the unused one. As inject_in_use.
 */
static int
inject_find_userfaultfd(const struct proc *p, struct inject_stray *stray)
{
	int fds = proc_file(p, "fd", O_RDONLY | O_DIRECTORY), found = -1;
	DIR *d = fds < 0 ? NULL : fdopendir(fds);
	struct dirent *e;
	char link[64];

	*stray = (struct inject_stray){0};
	if (!d) {
		if (fds >= 0)
			close(fds);
		return -2;
	}
	while ((found < 0 || stray->ino) && (e = readdir(d))) {
		file_link(fds, e->d_name, link, sizeof(link));
		if (strcmp(link, "anon_inode:[userfaultfd]") != 0)
			continue;
		found = atoi(e->d_name);
		if (!inject_is_stray(p, found, stray))
			stray->ino = 0;
	}
	closedir(d);
	return found;
}

int
inject_in_use(const struct proc *p)
{
	struct inject_stray ignored;

	return inject_find_userfaultfd(p, &ignored);
}

#if defined(INJECT_MACHINE)

#include <errno.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "kernel/kabi.h"
#include "kernel/proc_bar.h"
#include "kernel/tiers.h"
#include "kernel/vma.h"


int
inject_refuse(const struct proc *p, struct err *err, const char *why, const char *how)
{
	return err_set(err, ERR_TARGET, why, how, "cannot take a userfaultfd from process %d (%s)",
	               (int)p->pid, p->comm);
}

int
inject_refuse_other(const struct proc *p, struct err *err)
{
	return inject_refuse(p, err,
	                     "the process has meanwhile used it, or closed it itself",
	                     "check it again");
}

/* --- refusals --------------------------------------------------------------------------------- */

/*
 * Tests on a userfaultfd of our own that the kernel has the features we need. If we may not create
 * one, the target still may.
 */
static int
inject_refuse_kernel(const struct proc *p, struct err *err)
{
	struct pm_uffdio_api api = {
	    .api = PM_UFFD_API, .features = PM_UFFD_FEATURE_WP_EMPTY | PM_UFFD_FEATURE_WP_ASYNC};
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | PM_UFFD_USER_MODE), r = 0;

	if (fd < 0 && errno == ENOSYS)
		return inject_refuse(p, err, "this kernel has no userfaultfd",
		                     "use one built with CONFIG_USERFAULTFD");
	if (fd < 0)
		return 0;
	if (ioctl(fd, PM_IOC_UFFD_API, &api) < 0)
		r = inject_refuse(p, err,
		                  "this kernel's userfaultfd cannot protect pages without stopping "
		                  "the writer (Linux 6.7)",
		                  "use a newer kernel or another tracker");
	close(fd);
	return r;
}

/* Another proc mount, or one of another PID namespace, numbers processes differently. */
static int
inject_refuse_elsewhere(const struct proc *p, struct err *err)
{
	char self[16] = "";

	if (p->ours && readlinkat(p->root, "self", self, sizeof(self) - 1) > 0 &&
	    strtol(self, NULL, 10) == getpid())
		return 0;
	return inject_refuse(p, err, "the proc root is not that of pmtop's own processes",
	                     "leave out --proc-root, and run pmtop in the process's PID namespace");
}

int
inject_refuse_traced(const struct proc *p, long tracer, struct err *err)
{
	char why[160], comm[64] = "", path[32];

	snprintf(path, sizeof(path), "%ld/comm", tracer);
	if (file_read_small(p->root, path, comm, sizeof(comm)))
		comm[strcspn(comm, "\n")] = '\0';
	snprintf(why, sizeof(why), "it is already traced by process %ld%s%s%s", tracer,
	         comm[0] ? " (" : "", comm, comm[0] ? ")" : "");
	return inject_refuse(p, err, why, "a process has one tracer at a time: end that one first");
}

unsigned
inject_yama(const struct proc *p)
{
	char text[16];
	const char *end;
	uint64_t scope = 0;

	return file_read_small(p->root, "sys/kernel/yama/ptrace_scope", text, sizeof(text)) &&
	               parse_u64(text, 10, &end, &scope)
	           ? (unsigned)scope
	           : 0;
}

static int
inject_refuse_yama(const struct proc *p, unsigned scope, struct err *err)
{
	const char *lack = tiers_lack(RIGHTS_TRACE);
	char why[160];

	snprintf(why, sizeof(why), "tracing it is not allowed: kernel.yama.ptrace_scope is %u%s",
	         scope, scope == 1 ? ", which allows tracing only children" : "");
	return inject_refuse(p, err, why,
	                     scope >= 3 ? "it cannot change until the next boot"
	                     : lack
	                         ? lack
	                         : "run pmtop as root, or set kernel.yama.ptrace_scope to 0");
}

int
inject_refuse_rights(const struct proc *p, struct err *err)
{
	enum proc_bar bar;
	char how[192];
	unsigned scope;

	if (errno == EMFILE || errno == ENFILE)
		return inject_refuse(p, err, "pmtop is out of file descriptors",
		                     err_help(errno, NULL));
	if (errno == ESRCH || errno == ENOENT)
		return inject_refuse_gone(p, err);
	scope = inject_yama(p);
	if (scope)
		return inject_refuse_yama(p, scope, err);
	bar = proc_bar_of(p);
	return inject_refuse(p, err,
	                     bar == PROC_BAR_USER && !tiers_lack(RIGHTS_TRACE)
	                         ? "tracing it is not allowed: that needs root or the same user"
	                         : "tracing it is not allowed",
	                     proc_refused_how(bar, p->uid, RIGHTS_TRACE, how, sizeof(how)));
}

int
inject_refuse_gone(const struct proc *p, struct err *err)
{
	struct proc now = *p;

	if (proc_check(&now) == PROC_ENDED)
		return inject_refuse(p, err, "it has ended", "choose a running process");
	return inject_refuse(p, err, "its threads end before they can be stopped",
	                     "try again, or use another tracker");
}

/* If the process handles its own page faults, our registration would make its own fail. */
static int
inject_refuse_userfaultfd(const struct proc *p, struct inject_stray *stray, struct err *err)
{
	int fd = inject_find_userfaultfd(p, stray);
	char why[160];

	if (fd == -2)
		return inject_refuse_rights(p, err);
	if (fd < 0)
		return 0;
	if (stray->ino) {
		snprintf(why, sizeof(why),
		         "its descriptor %d is a userfaultfd that no one has used yet: its own, "
		         "or left behind when pmtop's helper was killed", fd);
		return inject_refuse(p, err, why,
		                     "if it stays unused for a minute, c on the screen offers to "
		                     "close it; or use another tracker");
	}
	snprintf(why, sizeof(why), "it uses userfaultfd itself (descriptor %d)", fd);
	return inject_refuse(p, err, why,
	                     "two watches would collide: use another tracker");
}

/*
 * Whether the descriptor to close is still the same. The helper checks again when it can no longer
 * change.
 */
static int
inject_do_refuse_other(const struct proc *p, const struct inject_stray *closes, struct err *err)
{
	struct inject_stray now;

	return inject_is_stray(p, closes->fd, &now) && inject_same_stray(&now, closes)
	           ? 0
	           : inject_refuse_other(p, err);
}

/*
 * Threads of a frozen cgroup (version 2) can be stopped, but do not run until it is thawed: they
 * would be left with our registers. Tries the usual mount points; elsewhere nothing is known.
 */
static int
inject_refuse_frozen(const struct proc *p, struct err *err)
{
	static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	char text[4096], path[4200], events[256];
	const char *at = proc_text(p, "cgroup", text, sizeof(text)) ? text : "";

	while (at && strncmp(at, "0::/", 4))
		at = (at = strchr(at, '\n')) ? at + 1 : NULL;
	for (size_t i = 0; at && i < ARRAY_LEN(mounts); i++) {
		snprintf(path, sizeof(path), "%s%.*s/cgroup.events", mounts[i],
		         (int)strcspn(at + 3, "\n"), at + 3);
		if (file_read_small(AT_FDCWD, path, events, sizeof(events)) &&
		    strstr(events, "frozen 1"))
			return inject_refuse(p, err,
			                     "its cgroup is frozen, so none of its threads runs",
			                     "thaw it first");
	}
	return 0;
}

/* --- a system call instruction ---------------------------------------------------------------- */

/*
 * The first instruction in [start, end), 0 if none. By its file `mem`, as a wait for the mmap_lock
 * of process_vm_readv ends by nothing, not even by the end of pmtop.
 */
static uint64_t
inject_search(int mem, const struct vma *v, bool compat)
{
	static const size_t CHUNK = 65536;
	enum inject_abi abi = inject_abi_here(compat);
	size_t size = inject_insn_size(abi);
	unsigned char *code = mem_alloc(CHUNK);
	uint64_t insn = 0;

	for (uint64_t at = v->start; at + size <= v->end && !insn; at += CHUNK - INJECT_INSN_MAX) {
		ssize_t n = pread(mem, code, (size_t)u64_min(CHUNK, v->end - at), (off_t)at);
		long found;

		if (n <= 0)
			break;
		found = inject_find_insn(abi, code, (size_t)n);
		if (found >= 0)
			insn = at + (uint64_t)found;
	}
	free(code);
	return insn;
}

static bool
inject_is_vdso(const struct vma *v)
{
	return !strcmp(v->name, "[vdso]");
}

/*
 * Searches [vdso], which is always in memory, then anything executable. 0: none found, but a thread
 * that sleeps in a call brings its own.
 */
static uint64_t
inject_search_all(int mem, const struct vma_list *vmas, bool compat)
{
	uint64_t insn = 0;

	for (int vdso = 1; vdso >= 0 && !insn; vdso--)
		for (size_t i = 0; i < vmas->n && !insn; i++) {
			const struct vma *v = &vmas->v[i];

			if (inject_is_vdso(v) == vdso && v->perm & VMA_EXEC && v->perm & VMA_READ)
				insn = inject_search(mem, v, compat);
		}
	return insn;
}

/*
 * Opening its memory takes the right to trace it. NULL: nothing is searched, as to read would fault
 * pages in.
 */
static int
inject_find_text(const struct proc *p, bool *compat, uint64_t *insn, struct err *err)
{
	int maps = proc_file(p, "maps", O_RDONLY), mem, r = 0;
	struct vma_list vmas = {0};

	if (maps < 0)
		return inject_refuse_rights(p, err);
	if (vma_read(maps, &vmas, err) < 0 || !vmas.n)
		r = inject_refuse_gone(p, err);
	close(maps);
	*compat = r == 0 && vma_pointer_size(&vmas) == 4;
	mem = r == 0 ? proc_file(p, "mem", O_RDONLY) : -1;
	if (r == 0 && mem < 0)
		r = inject_refuse_rights(p, err);
	if (r == 0 && insn)
		*insn = inject_search_all(mem, &vmas, *compat);
	if (mem >= 0)
		close(mem);
	vma_free(&vmas);
	return r;
}

/* Programs of 32 bits on arm64 have registers and calls of their own. */
static int
inject_refuse_compat(const struct proc *p, bool compat, struct err *err)
{
	if (!compat || inject_abi_here(compat) == INJECT_I386)
		return 0;
	return inject_refuse(p, err, "it is a 32-bit program of ARM", "use another tracker");
}

/* --- its threads ------------------------------------------------------------------------------ */

static bool
inject_thread_read(int task, pid_t tid, struct inject_thread *t)
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

/* Fills `best`; *seen counts the threads that exist. Stops early if the best cannot be improved. */
static unsigned
inject_choose(const struct proc *p, enum inject_abi abi, struct inject_thread best[INJECT_TRIES],
              unsigned *seen)
{
	int task = file_open(p->leader, "task", O_RDONLY | O_DIRECTORY);
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

		if (!parse_u64(e->d_name, 10, &end, &tid) || *end ||
		    !inject_thread_read(task, (pid_t)tid, &t))
			continue;
		*seen += !strchr("ZXx", t.state);
		n = inject_keep_best(abi, best, n, &t);
		if (n == INJECT_TRIES && inject_rank(abi, &best[n - 1]) == 0)
			break;
	}
	if (d)
		closedir(d);
	return n;
}

static bool
inject_status_read(const struct proc *p, pid_t tid, struct inject_status *s)
{
	char path[32], text[8192];

	snprintf(path, sizeof(path), "task/%d/status", (int)tid);
	return file_read_small(p->leader, path, text, sizeof(text)) && inject_parse_status(text, s);
}

/* PTRACE_O_SUSPEND_SECCOMP requires CAP_SYS_ADMIN and that we are not under seccomp ourselves. */
static bool
inject_may_suspend(const struct proc *p)
{
	char text[8192];
	struct inject_status s;

	return file_read_small(p->root, "self/status", text, sizeof(text)) &&
	       inject_parse_status(text, &s) && !s.seccomp && rights_have(CAP_SYS_ADMIN);
}

static int
inject_refuse_threads(const struct proc *p, unsigned seen, bool sandboxed, long tracer,
                      struct err *err)
{
	if (tracer > 0)
		return inject_refuse_traced(p, tracer, err);
	if (sandboxed)
		return inject_refuse(
		    p, err,
		    "it is sandboxed by seccomp, which may forbid the call or kill "
		    "it: suspending seccomp needs CAP_SYS_ADMIN",
		    "run pmtop as root, outside any container");
	if (seen)
		return inject_refuse(
		    p, err,
		    "only kernel-made threads (io_uring) are left, "
		    "which run no program",
		    "choose a running process");
	if (errno == EMFILE || errno == ENFILE)
		return inject_refuse_rights(p, err);
	return inject_refuse_gone(p, err);
}

/* Takes the best of those threads that may be used; reports what blocks the others. */
static void
inject_take_best(const struct proc *p, const struct inject_thread *best, unsigned n,
                 struct inject_plan *plan, long *tracer, bool *sandboxed)
{
	for (unsigned i = 0; i < n; i++) {
		struct inject_status s;

		if (!inject_status_read(p, best[i].tid, &s))
			continue;
		if (s.tracer > 0) {
			*tracer = s.tracer;
			continue;
		}
		if (s.seccomp && !inject_may_suspend(p)) {
			*sandboxed = true;
			continue;
		}
		if (!plan->tids_n) {
			plan->tid = best[i].tid;
			plan->state = best[i].state;
			inject_call_name(inject_abi_here(plan->compat), best[i].nr, plan->call,
			                 sizeof(plan->call));
		}
		plan->suspend_seccomp |= s.seccomp != 0;
		plan->tids[plan->tids_n++] = best[i].tid;
	}
}

static int
inject_plan_threads(const struct proc *p, struct inject_plan *plan, struct err *err)
{
	enum { TRIES = 8 }; /* threads may end and others start during the scan */
	struct inject_thread best[INJECT_TRIES];
	bool sandboxed = false;
	long tracer = 0;
	unsigned seen = 0, n;

	for (int i = 0; i < TRIES && !plan->tids_n && !sandboxed && !tracer; i++) {
		n = inject_choose(p, inject_abi_here(plan->compat), best, &seen);
		inject_take_best(p, best, n, plan, &tracer, &sandboxed);
	}
	return plan->tids_n ? 0 : inject_refuse_threads(p, seen, sandboxed, tracer, err);
}

int
inject_plan_text(const struct proc *p, const struct inject_stray *closes, struct inject_plan *plan,
                 uint64_t *insn, struct err *err)
{
	long tracer;

	*plan = (struct inject_plan){0};
	if (p->pid == getpid())
		return inject_refuse(p, err, "it is pmtop itself", "choose another process");
	if (inject_refuse_elsewhere(p, err) < 0 || inject_refuse_kernel(p, err) < 0)
		return -1;
	tracer = proc_tracer(p);
	if (tracer > 0)
		return inject_refuse_traced(p, tracer, err);
	if (inject_find_text(p, &plan->compat, insn, err) < 0 ||
	    inject_refuse_compat(p, plan->compat, err) < 0 ||
	    (closes ? inject_do_refuse_other(p, closes, err)
	            : inject_refuse_userfaultfd(p, &plan->stray, err)) < 0 ||
	    inject_refuse_frozen(p, err) < 0)
		return -1;
	return inject_plan_threads(p, plan, err);
}

int
inject_plan(const struct proc *p, struct inject_plan *plan, struct err *err)
{
	return inject_plan_text(p, NULL, plan, NULL, err);
}

#else

int
inject_plan(const struct proc *p, struct inject_plan *plan, struct err *err)
{
	*plan = (struct inject_plan){0};
	return err_set(err, ERR_TARGET, "running a system call in another process needs "
	               "x86-64 or arm64",
	               "use another tracker",
	               "cannot take a userfaultfd from process %d (%s)", (int)p->pid, p->comm);
}

#endif

bool
inject_huge_bytes(const struct proc *p, uint64_t *bytes)
{
	char text[4096];
	const char *at, *end;

	if (!proc_text(p, "smaps_rollup", text, sizeof(text)))
		return false;
	at = strstr(text, "\nAnonHugePages:");
	at = at ? strpbrk(at, "0123456789") : NULL;
	if (!at || !parse_u64(at, 10, &end, bytes))
		return false;
	*bytes *= 1024;
	return true;
}
