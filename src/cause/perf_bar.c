/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/perf_bar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"
#include "base/util.h"
#include "kernel/proc_bar.h"
#include "kernel/tiers.h"

/*
 * Up to here the processes of one's own are allowed. Debian begins with 3, at which its kernels
 * ask for CAP_SYS_ADMIN; those of others, which know no level above 2, for CAP_PERFMON.
 */
enum { OWN = 2 };

#define ADD(capability)                                                                            \
	"this root lacks " capability ": add it to the container, or run pmtop outside of it"
static const struct perf_words perf_bar_module = {
    "a security module forbids it", "see its log: ausearch -m avc, or journalctl -k"};

/* --- words ------------------------------------------------------------------------------------ */

/* The kernel itself never answers EPERM, and ENOSYS only if it is built without events. */
static bool
perf_bar_is_filter(const struct perf_bar *b)
{
	return b->filtered && (b->error == EPERM || (b->error == ENOSYS && b->paranoid >= 0));
}

static struct perf_words
perf_bar_words_paranoid(const struct perf_bar *b)
{
	const char *why = b->paranoid == OWN + 1
	                      ? "kernel.perf_event_paranoid is 3, and pmtop lacks CAP_SYS_ADMIN"
	                      : "kernel.perf_event_paranoid is above 2, and pmtop lacks "
	                        "CAP_SYS_ADMIN";

	if (b->inside)
		return (struct perf_words){
		    why, "root of a user namespace is not enough: run as root outside of it; or "
		         "there: sysctl kernel.perf_event_paranoid=1"};
	if (b->root)
		return (struct perf_words){why, ADD("CAP_SYS_ADMIN")};
	return (struct perf_words){why, "run as root or with CAP_SYS_ADMIN; for your own "
	                                "processes: sysctl kernel.perf_event_paranoid=1"};
}

static struct perf_words
perf_bar_words_access(const struct perf_bar *b)
{
	struct perf_words w = {"the process is not yours to watch",
	                       "run as root or with CAP_PERFMON"};

	if (!b->inside && (b->admin || (b->capable && b->paranoid <= OWN)))
		return perf_bar_module;
	if (b->paranoid < 0 || b->paranoid > OWN)
		return perf_bar_words_paranoid(b);
	if (b->inside)
		w.how = "run pmtop as root outside of this user namespace";
	else if (b->root)
		w.how = ADD("CAP_PERFMON");
	else if (b->target)
		w.how = b->target;
	return w;
}

struct perf_words
perf_bar_words(const struct perf_bar *b)
{
	if (perf_bar_is_filter(b))
		return (struct perf_words){
		    "a seccomp filter, as containers have, forbids perf_event_open",
		    "allow it in the container's seccomp profile, or run pmtop outside of it"};
	switch (b->error) {
	case ENOSYS:
	case ENOENT: return (struct perf_words){"this kernel has no performance events", NULL};
	case EPERM: return perf_bar_module;
	case ENOBUFS:
		return (struct perf_words){"kernel.perf_event_mlock_kb is used up",
		                           "end other tools that watch events, or run as root"};
	case EACCES: return perf_bar_words_access(b);
	default: return (struct perf_words){NULL, NULL};
	}
}

/* --- facts ------------------------------------------------------------------------------------ */

static uint64_t
perf_bar_number(const char *text, const char *name)
{
	const char *at = strstr(text, name), *end;
	uint64_t n = 0;

	if (!at)
		return 0;
	at += strlen(name);
	at += strspn(at, " \t");
	return parse_u64(at, 10, &end, &n) ? n : 0;
}

static void
perf_bar_look(struct perf_bar *b, const struct proc *p)
{
	char text[4096];

	b->paranoid = -1;
	if (file_read_small(AT_FDCWD, "/proc/sys/kernel/perf_event_paranoid", text, sizeof(text)))
		b->paranoid = atoi(text) < 0 ? 0 : atoi(text);
	b->root = geteuid() == 0;
	b->inside = tiers_are_inner();
	if (p && proc_bar_of(p) != PROC_BAR_OTHER)
		b->target = proc_bar_help(proc_bar_of(p));
	b->admin = rights_have(CAP_SYS_ADMIN);
	b->capable = b->admin || rights_have(CAP_PERFMON);
	if (file_read_small(AT_FDCWD, "/proc/self/status", text, sizeof(text)))
		b->filtered = perf_bar_number(text, "\nSeccomp:");
}

struct perf_words
perf_bar_find(const struct proc *p)
{
	struct perf_bar b = {.error = errno};
	struct perf_words w;

	perf_bar_look(&b, p);
	w = perf_bar_words(&b);
	if (!w.why)
		w = (struct perf_words){strerrordesc_np(b.error), err_help(b.error, NULL)};
	errno = b.error;
	return w;
}

int
perf_bar_refuse(const struct proc *p, const char *what, struct err *err)
{
	int error = errno;
	struct perf_words w = perf_bar_find(p);

	if (error == EMFILE || error == ENFILE)
		return err_sys(err, NULL, "cannot watch %s", what);
	return err_set(err, ERR_TARGET, w.why, w.how, "cannot watch %s", what);
}
