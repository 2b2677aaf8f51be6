/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/proc_bar.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"
#include "kernel/tiers.h"

/* Reads up to n numbers after "\nNAME:"; returns how many there are. */
static unsigned
proc_status_numbers(const char *status, const char *name, int base, unsigned long long *out,
                    unsigned n)
{
	const char *at = strstr(status, name);
	unsigned i = 0;

	for (at = at ? at + strlen(name) : NULL; at && i < n; i++) {
		char *end;
		unsigned long long v = strtoull(at, &end, base);

		if (end == at)
			break;
		out[i] = v;
		at = end;
	}
	return i;
}

static bool
proc_is_all(const unsigned long long *ids, unsigned n, unsigned id)
{
	while (n && ids[n - 1] == id)
		n--;
	return n == 0;
}

/* What the kernel compares (ptrace_may_access), as far as it may be seen. */
static enum proc_bar
proc_find_bar(int dir)
{
	/* what users of other namespaces look like; in the first one, this is a user */
	enum { IDS = 3, NOBODY = 65534 };
	char text[4096], own[4096];
	unsigned long long uid[IDS] = {0}, gid[IDS] = {0}, caps = 0, own_caps = 0;
	struct statfs fs;
	struct stat st;

	if (geteuid() == 0)
		return PROC_BAR_ROOT;
	if (fstatfs(dir, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC ||
	    !file_read_small(dir, "status", text, sizeof(text)) ||
	    proc_status_numbers(text, "\nUid:", 10, uid, IDS) != IDS ||
	    proc_status_numbers(text, "\nGid:", 10, gid, IDS) != IDS)
		return PROC_BAR_USER;
	if (uid[0] == NOBODY && geteuid() != NOBODY && tiers_are_inner())
		return PROC_BAR_NAMESPACE;
	/* files of processes that are not dumpable belong to root */
	if (fstatat(dir, "status", &st, 0) == 0 && st.st_uid != uid[1])
		return PROC_BAR_DUMP;
	if (uid[0] != geteuid())
		return PROC_BAR_USER;
	if (!proc_is_all(uid, IDS, geteuid()) || !proc_is_all(gid, IDS, getegid()))
		return PROC_BAR_SETID;
	if (proc_status_numbers(text, "\nCapPrm:", 16, &caps, 1) &&
	    file_read_small(AT_FDCWD, "/proc/self/status", own, sizeof(own)) &&
	    proc_status_numbers(own, "\nCapPrm:", 16, &own_caps, 1) && caps & ~own_caps)
		return PROC_BAR_CAPS;
	return PROC_BAR_OTHER;
}

enum proc_bar
proc_bar(int dir)
{
	int sys = errno;
	enum proc_bar b = proc_find_bar(dir);

	errno = sys;
	return b;
}

enum proc_bar
proc_bar_of(const struct proc *p)
{
	int sys = errno, dir = proc_dir(p);
	enum proc_bar b = proc_find_bar(dir);

	if (sys == ESRCH && dir >= 0 && !proc_has_memory(dir))
		b = PROC_BAR_ENDED;
	if (dir >= 0)
		close(dir);
	errno = sys;
	return b;
}

const char *
proc_bar_help(enum proc_bar b)
{
	static const char *const words[] = {
	    [PROC_BAR_OTHER] = "a security module, or its user namespace, forbids it: "
	                       "run pmtop as root",
	    [PROC_BAR_ROOT] = "root here lacks CAP_SYS_PTRACE or a capability that the target has, "
	                      "or a security module forbids it",
	    [PROC_BAR_USER] = "run pmtop as root, or as the user it belongs to",
	    [PROC_BAR_SETID] = "it runs as another user or group than yours (setuid, setgid): "
	                       "run pmtop as root",
	    [PROC_BAR_DUMP] = "it is not dumpable (it requested that, changed its user, or its "
	                      "program has capabilities or is not readable): run pmtop as root",
	    [PROC_BAR_CAPS] = "it has capabilities that you lack: run pmtop as root",
	    [PROC_BAR_ENDED] = "it has ended: choose a running process",
	    [PROC_BAR_NAMESPACE] = "its user is not in this user namespace: "
	                           "run pmtop as root outside of it",
	};

	return words[b];
}

const char *
proc_bar_how(enum proc_bar b, uint64_t needed)
{
	const char *lack =
	    b == PROC_BAR_NAMESPACE || b == PROC_BAR_ENDED ? NULL : tiers_lack(needed);

	return lack ? lack : proc_bar_help(b);
}

const char *
proc_refused_how(enum proc_bar b, unsigned uid, uint64_t needed, char *out, size_t size)
{
	const char *how = proc_bar_how(b, needed);

	if (b != PROC_BAR_USER || how != proc_bar_help(b))
		snprintf(out, size, "%s", how);
	else if (!uid)
		snprintf(out, size, "it belongs to root: run pmtop as root");
	else
		snprintf(out, size, "it belongs to user %u: run pmtop as root, or as that user",
		         uid);
	return out;
}

const char *
proc_memory_how(const struct proc *p)
{
	static const char *const scopes[] = {
	    NULL, "kernel.yama.ptrace_scope is 1: only a parent may attach; run pmtop as root",
	    "kernel.yama.ptrace_scope is 2: only CAP_SYS_PTRACE may attach; run pmtop as root",
	    "kernel.yama.ptrace_scope is 3: no one may attach until the next boot",
	};
	enum proc_bar b = proc_bar_of(p);
	const char *how = proc_bar_how(b, RIGHTS_TRACE);
	int sys = errno;
	char scope[8] = "";

	if (b == PROC_BAR_OTHER || b == PROC_BAR_ROOT)
		file_read_small(p->root, "sys/kernel/yama/ptrace_scope", scope, sizeof(scope));
	errno = sys;
	if (scope[0] == '3' || (how == proc_bar_help(b) && scope[0] >= '1' && scope[0] <= '2'))
		return scopes[scope[0] - '0'];
	return how;
}
