/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/proc.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/proc_stat.h"

#define PF_KTHREAD 0x00200000u /* include/linux/sched.h; in the flags of stat */

enum { THREAD_TRIES = 50 }; /* threads that end one after another while a file is opened by them */

static long
proc_field_of(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

static long
proc_status_field(int dir, const char *name)
{
	char text[8192];

	return file_read_small(dir, "status", text, sizeof(text)) ? proc_field_of(text, name) : -1;
}

bool
proc_has_memory(int dir)
{
	struct proc_stat f;
	char statm[256];

	if (!proc_stat_read(dir, &f))
		return file_is_shortage(errno);
	if (!file_read_small(dir, "statm", statm, sizeof(statm)))
		statm[0] = '\0';
	return proc_stat_has_memory(&f, statm);
}

bool
proc_name(int dir, pid_t *parent, char *comm, size_t size)
{
	struct proc_stat f;

	if (!proc_stat_read(dir, &f))
		return false;
	*parent = (pid_t)f.ppid;
	snprintf(comm, size, "%s", f.comm);
	return true;
}

/* As proc_has_memory, but false with *shortage if a shortage keeps that from being known. */
static bool
proc_shows_memory(int dir, int *shortage)
{
	bool has;

	errno = 0;
	has = proc_has_memory(dir);
	*shortage = file_is_shortage(errno) ? errno : 0;
	return has && !*shortage;
}

/* -1: none; errno: file_is_shortage if not all could be checked. */
static int
proc_find_living(int dir, pid_t *tid)
{
	int task = file_open(dir, "task", O_RDONLY | O_DIRECTORY), found = -1;
	int shortage = task < 0 ? errno : 0;
	DIR *d = task < 0 ? NULL : fdopendir(task);
	struct dirent *e;

	while (d && found < 0 && (e = readdir(d))) {
		if (!isdigit((unsigned char)e->d_name[0]))
			continue;
		found = file_open(task, e->d_name, O_PATH | O_DIRECTORY);
		shortage = found < 0 ? errno : 0;
		if (found >= 0 && proc_shows_memory(found, &shortage)) {
			*tid = (pid_t)strtol(e->d_name, NULL, 10);
		} else if (found >= 0) {
			close(found);
			found = -1;
		}
		if (file_is_shortage(shortage))
			break;
	}
	if (d)
		closedir(d);
	else if (task >= 0)
		close(task);
	errno = shortage;
	return found;
}

int
proc_living_thread(int dir, pid_t *tid)
{
	struct proc_stat f;
	int found = -1;

	/* threads may have started others, and ended, in the meantime */
	for (int tries = 0; found < 0 && tries <= THREAD_TRIES; tries++) {
		found = proc_find_living(dir, tid);
		if (found < 0 &&
		    (file_is_shortage(errno) || !proc_stat_read(dir, &f) || f.threads <= 1))
			break;
	}
	return found;
}

/* What has ended is gone from /proc, too, but its pidfd says so. */
bool
proc_is_hidden(const struct proc *p)
{
	struct pollfd end = {.fd = p->pidfd, .events = POLLIN};
	struct proc_stat f;

	return p->pidfd >= 0 && poll(&end, 1, 0) == 0 && !proc_stat_read(p->leader, &f) &&
	       !file_is_shortage(errno);
}

int
proc_refuse_hidden(pid_t pid, struct err *err)
{
	return err_set(err, ERR_TARGET, "/proc hides other users' processes (hidepid)",
	               "run pmtop as root, or as its owner", "cannot see process %d", (int)pid);
}

static int
proc_refuse_missing(const struct proc *p, pid_t pid, struct err *err)
{
	if (file_is_shortage(errno) || file_is_odd(errno))
		return err_sys(err, NULL, "cannot open process %d", (int)pid);
	if (p->live && kill(pid, 0) < 0 && errno == EPERM)
		return proc_refuse_hidden(pid, err);
	err_set(err, ERR_TARGET, "no such process", "`ps -e` lists the processes",
	        "cannot open process %d", (int)pid);
	err->sys = ESRCH;
	return -1;
}

static int
proc_refuse_zombie(const struct proc *p, unsigned parent, struct err *err)
{
	char why[128];

	snprintf(why, sizeof(why), "it has ended; its parent %u has not reaped it (zombie)",
	         parent);
	err_set(err, ERR_TARGET, why, "choose a running process",
	        "nothing to show for process %d (%s)", (int)p->pid, p->comm);
	err->sys = ESRCH;
	return -1;
}

/* Identifies the target from stat and status; refuses one without memory of its own. */
static int
proc_identify(struct proc *p, struct err *err)
{
	struct proc_stat f;
	long tgid = proc_status_field(p->leader, "\nTgid:");

	errno = 0;
	if (!proc_stat_read(p->leader, &f))
		return proc_refuse_missing(p, p->pid, err);
	memcpy(p->comm, f.comm, sizeof(p->comm));
	p->starttime = f.starttime;
	p->uid = (unsigned)proc_status_field(p->leader, "\nUid:");
	if (tgid > 0 && tgid != p->pid) {
		char how[64];

		snprintf(how, sizeof(how), "use `pmtop %ld`", tgid);
		return err_set(err, ERR_TARGET, "threads share the memory of their process", how,
		               "%d is a thread of process %ld", (int)p->pid, tgid);
	}
	if (f.flags & PF_KTHREAD)
		return err_set(err, ERR_TARGET, "it is a kernel thread and has no pages of its own",
		               "choose a user process", "nothing to show for process %d (%s)",
		               (int)p->pid, p->comm);
	if (f.state == 'Z' || f.state == 'X') {
		pid_t tid;
		int thread = proc_living_thread(p->leader, &tid);

		if (thread < 0 && file_is_shortage(errno))
			return proc_refuse_missing(p, p->pid, err);
		if (thread < 0)
			return proc_refuse_zombie(p, f.ppid, err);
		close(thread);
	}
	return 0;
}

int
proc_open_root(const char *root, bool *live, struct err *err)
{
	int dir = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (dir < 0)
		return err_sys(err, "give a proc file system, or a directory that looks like one",
		               "cannot open the proc root %s", root);
	*live = fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
	if (*live || strcmp(root, PROC_ROOT) != 0)
		return dir;
	close(dir);
	return err_set(err, ERR_TARGET, "no proc file system is mounted there",
	               "mount one: `mount -t proc proc /proc`", "cannot read " PROC_ROOT);
}

int
proc_open(struct proc *p, const char *root, pid_t pid, struct err *err)
{
	char name[16];

	*p = (struct proc){
	    .root = -1, .leader = -1, .pidfd = -1, .stat = -1, .statm = -1, .pid = pid};
	p->root = proc_open_root(root, &p->live, err);
	if (p->root < 0)
		return -1;
	snprintf(name, sizeof(name), "%d", (int)pid);
	p->leader = file_open(p->root, name, O_PATH | O_DIRECTORY);
	if (p->leader < 0)
		return proc_refuse_missing(p, pid, err);
	if (proc_identify(p, err) < 0)
		return -1;
	/* another proc mount may be of another PID namespace, with other PIDs */
	p->ours = p->live && !strcmp(root, PROC_ROOT);
	if (p->ours)
		p->pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	/* the PID is opened twice: it may have been reused in between */
	if (proc_check(p) == PROC_RUNNING)
		return 0;
	errno = ESRCH;
	return proc_refuse_missing(p, pid, err);
}

void
proc_close(struct proc *p)
{
	int *fds[] = {&p->root, &p->leader, &p->pidfd, &p->stat, &p->statm};

	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

/* The directory that shows its memory now: the leader's, or a thread's, which must be closed. */
static int
proc_living_dir(const struct proc *p, pid_t *tid)
{
	int thread = -1;

	*tid = p->pid;
	if (!proc_has_memory(p->leader))
		thread = proc_living_thread(p->leader, tid);
	return thread < 0 ? p->leader : thread;
}

int
proc_dir(const struct proc *p)
{
	pid_t tid;
	int dir = proc_living_dir(p, &tid);

	return dir == p->leader ? fcntl(dir, F_DUPFD_CLOEXEC, 0) : dir;
}

pid_t
proc_thread(const struct proc *p)
{
	pid_t tid;
	int dir = proc_living_dir(p, &tid);

	if (dir != p->leader)
		close(dir);
	return tid;
}

int
proc_file(const struct proc *p, const char *name, int flags)
{
	for (int tries = 0;; tries++) {
		pid_t tid;
		int dir = proc_living_dir(p, &tid), fd = file_open(dir, name, flags), sys = errno;
		bool again = fd < 0 && tries < THREAD_TRIES && !proc_has_memory(dir);

		if (dir != p->leader)
			close(dir);
		errno = sys;
		if (!again) /* else that thread has ended meanwhile */
			return fd;
	}
}

bool
proc_text(const struct proc *p, const char *name, char *out, size_t size)
{
	for (int tries = 0; tries <= THREAD_TRIES; tries++) {
		pid_t tid;
		int dir = proc_living_dir(p, &tid);
		bool ok = file_read_small(dir, name, out, size);
		bool again = !ok && !proc_has_memory(dir);

		if (dir != p->leader)
			close(dir);
		if (!again)
			return ok;
	}
	return false;
}

int
proc_root_file(const struct proc *p, const char *name, int flags)
{
	return file_open(p->root, name, flags);
}

int
proc_own_file(const char *name, int flags)
{
	int self = open(PROC_ROOT "/self", O_PATH | O_DIRECTORY | O_CLOEXEC), fd, sys;

	if (self < 0)
		return -1;
	fd = file_open(self, name, flags);
	sys = errno;
	close(self);
	errno = sys;
	return fd;
}

enum proc_life
proc_check(struct proc *p)
{
	struct proc_stat f;
	pid_t tid;
	int thread;

	if (!proc_stat_read(p->leader, &f))
		return file_is_shortage(errno) || proc_is_hidden(p) ? PROC_RUNNING : PROC_ENDED;
	if (f.starttime != p->starttime)
		return PROC_ENDED;
	memcpy(p->comm, f.comm, sizeof(p->comm)); /* exec gives a new one */
	if (proc_has_memory(p->leader)) /* exec replaces the address space atomically */
		return PROC_RUNNING;
	thread = proc_living_thread(p->leader, &tid);
	if (thread < 0 && file_is_shortage(errno))
		return PROC_RUNNING; /* as far as is known */
	if (thread < 0)
		return f.state == 'Z' || f.state == 'X' ? PROC_ENDED : PROC_ENDING;
	close(thread);
	return PROC_RUNNING;
}

long
proc_tracer(const struct proc *p)
{
	char text[8192];

	return proc_text(p, "status", text, sizeof(text)) ? proc_field_of(text, "\nTracerPid:")
	                                                  : -1;
}

/*
 * A file of the leader, which is kept open: it is read at each tick, and opening it is most of what
 * that takes. In a directory that is only like /proc it may be replaced.
 */
static bool
proc_kept_text(const struct proc *p, int *fd, const char *name, char *out, size_t size)
{
	ssize_t n = -1;

	if (*fd < 0 && p->live)
		*fd = file_open(p->leader, name, O_RDONLY);
	if (*fd >= 0 && p->live)
		n = pread(*fd, out, size - 1, 0);
	if (n <= 0)
		return file_read_small(p->leader, name, out, size);
	out[n] = '\0';
	return true;
}

bool
proc_activity_read(struct proc *p, struct proc_activity *out)
{
	struct proc_stat f;
	char text[2048];
	unsigned long long size, rss, data;

	if (!proc_kept_text(p, &p->stat, "stat", text, sizeof(text)) || !proc_stat_parse(text, &f))
		return false;
	/* mostly the leader has its memory, and what shows that is what is asked for */
	if (!proc_kept_text(p, &p->statm, "statm", text, sizeof(text)) ||
	    !proc_stat_has_memory(&f, text))
		if (!proc_text(p, "statm", text, sizeof(text)))
			return false;
	if (sscanf(text, "%llu %llu %*u %*u %*u %llu", &size, &rss, &data) != 3)
		return false;
	*out = (struct proc_activity){f.minflt, f.majflt, rss, size, data};
	return true;
}

uint64_t
proc_tables(const struct proc *p)
{
	char text[4096];
	bool ok = proc_text(p, "status", text, sizeof(text));
	long kib = ok ? proc_field_of(text, "\nVmPTE:") : -1;

	return kib < 0 ? UINT64_MAX : (uint64_t)kib << 10;
}

void
proc_how_it_ended(pid_t pid, char *out, size_t size)
{
	siginfo_t info = {.si_pid = 0};

	out[0] = '\0';
	if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) < 0 || !info.si_pid)
		return;
	if (info.si_code == CLD_EXITED) {
		snprintf(out, size, " with exit status %d", info.si_status);
		return;
	}
	snprintf(out, size, " by signal %d (%s)", info.si_status, strsignal(info.si_status));
}

/* The greatest number that a process may have: pid_max is one more (proc(5)). */
static uint64_t
proc_pid_most(const char *proc_root)
{
	char text[32];
	uint64_t n;
	const char *end;
	int root = open(proc_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool ok = root >= 0 && file_read_small(root, "sys/kernel/pid_max", text, sizeof(text)) &&
	          parse_u64(text, 10, &end, &n);

	if (root >= 0)
		close(root);
	return ok && n ? n - 1 : 4194303;
}

int
proc_parse_pid(const char *root, const char *text, pid_t *pid, struct err *err)
{
	uint64_t n = 0, most = proc_pid_most(root);
	const char *end = text;
	char why[96];
	bool ok = parse_u64(text, 10, &end, &n);

	if (ok && !*end && n > 0 && n <= most) {
		*pid = (pid_t)n;
		return 0;
	}
	snprintf(why, sizeof(why), "process numbers here go from 1 to %llu",
	         (unsigned long long)most);
	return err_set(err, ERR_USAGE, why, "`ps -e` lists the processes", "%s is not a PID", text);
}
