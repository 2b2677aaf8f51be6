/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What pmtop does to take a userfaultfd out of a process, on its own and as often as one likes:
 *
 *	injector [-n TIMES] [-g] [-r START..END] PID
 *	    takes one TIMES times (1) and says "taken TIMES refused N median NS p99 NS max NS threads N".
 *	    The first refusal ends it with status 1 and its line on standard error; with -g it goes on,
 *	    and ends when the process has. -r registers that range (hexadecimal) by each one taken, which
 *	    only one of the process that has the range can.
 *	injector -p PID
 *	    says what would be done: "thread TID STATE call CALL seccomp 0|1 compat 0|1 huge BYTES"
 *	injector -c PID
 *	    finds a userfaultfd that nobody has used, says "found FD", waits for a line, has it
 *	    closed, and says "closed FD"
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/util.h"
#include "kernel/kabi.h"
#include "track/inject.h"

struct args {
	pid_t pid;
	size_t times;
	bool plan, go_on, close;
	uint64_t start, end;
};

struct tally {
	uint64_t *ns; /* of each that was taken */
	size_t taken, cap, refused, threads;
};

static int
complain(const struct err *err)
{
	char line[800];

	fprintf(stderr, "injector: %s\n", err_line(err, line, sizeof(line)));
	return 1;
}

/* Whether it is one for us, and of that process. */
static int
check(int fd, const struct args *a, struct err *err)
{
	struct pm_uffdio_api api = {.api = PM_UFFD_API,
	                            .features = PM_UFFD_FEATURE_WP | PM_UFFD_FEATURE_WP_SHMEM |
	                                        PM_UFFD_FEATURE_WP_EMPTY | PM_UFFD_FEATURE_WP_ASYNC};
	struct pm_uffdio_register range = {
	    .start = a->start, .len = a->end - a->start, .mode = PM_UFFD_MODE_WP};

	if (ioctl(fd, PM_IOC_UFFD_API, &api) < 0)
		return err_sys(err, NULL, "the userfaultfd is not fit for tracking");
	if (a->end && ioctl(fd, PM_IOC_UFFD_REGISTER, &range) < 0)
		return err_sys(err, NULL, "the userfaultfd is not of that process");
	return 0;
}

static int
take(const struct proc *p, const struct args *a, struct tally *t, struct err *err)
{
	struct inject_cost cost;
	int fd, r;

	if (inject_userfaultfd(p, &fd, &cost, err) < 0)
		return -1;
	r = check(fd, a, err);
	close(fd);
	if (r == 0) {
		t->ns = vec_room(t->ns, t->taken, &t->cap, sizeof(*t->ns));
		t->ns[t->taken++] = cost.stopped_ns;
		t->threads += cost.tries;
	}
	return r;
}

static int
ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void
say(const struct tally *t)
{
	unsigned long long median = 0, high = 0, max = 0;

	if (t->taken) {
		qsort(t->ns, t->taken, sizeof(*t->ns), ascending);
		median = t->ns[t->taken / 2];
		high = t->ns[t->taken * 99 / 100];
		max = t->ns[t->taken - 1];
	}
	printf("taken %zu refused %zu median %llu p99 %llu max %llu threads %zu\n", t->taken, t->refused,
	       median, high, max, t->threads);
}

static int
take_all(struct proc *p, const struct args *a)
{
	struct tally t = {0};
	struct err err;
	int r = 0;

	for (size_t i = 0; i < a->times; i++) {
		if (take(p, a, &t, &err) == 0)
			continue;
		t.refused++;
		if (!a->go_on) {
			r = complain(&err);
			break;
		}
		if (proc_check(p) == PROC_ENDED)
			break;
	}
	say(&t);
	free(t.ns);
	return r;
}

static int
print_plan(const struct proc *p)
{
	struct inject_plan plan;
	struct err err;
	uint64_t huge = 0;

	if (inject_plan(p, &plan, &err) < 0)
		return complain(&err);
	inject_huge_bytes(p, &huge);
	printf("thread %d %c call %s seccomp %d compat %d huge %llu\n", (int)plan.tid, plan.state,
	       plan.call[0] ? plan.call : "-", plan.suspend_seccomp, plan.compat, (unsigned long long)huge);
	return 0;
}

static int
close_stray(const struct proc *p)
{
	struct inject_plan plan;
	struct err err;

	if (inject_plan(p, &plan, &err) == 0 || !plan.stray.ino) {
		fprintf(stderr, "injector: there is none\n");
		return 1;
	}
	printf("found %d\n", plan.stray.fd);
	fflush(stdout);
	getchar();
	if (inject_close(p, &plan.stray, &err) < 0)
		return complain(&err);
	printf("closed %d\n", plan.stray.fd);
	return 0;
}

static bool
read_range(const char *text, struct args *a)
{
	const char *at;

	return parse_u64(text, 16, &at, &a->start) && !strncmp(at, "..", 2) &&
	       parse_u64(at + 2, 16, &at, &a->end) && !*at;
}

static bool
read_args(int argc, char **argv, struct args *a)
{
	const char *end;
	uint64_t n;
	int c;

	while ((c = getopt(argc, argv, "n:gr:pc")) >= 0) {
		if (c == 'p')
			a->plan = true;
		else if (c == 'c')
			a->close = true;
		else if (c == 'g')
			a->go_on = true;
		else if (c == 'n' && parse_u64(optarg, 10, &end, &n) && !*end)
			a->times = n;
		else if (c != 'r' || !read_range(optarg, a))
			return false;
	}
	if (optind + 1 != argc || !parse_u64(argv[optind], 10, &end, &n) || *end)
		return false;
	a->pid = (pid_t)n;
	return true;
}

int
main(int argc, char **argv)
{
	struct args a = {.times = 1};
	struct proc p;
	struct err err;
	int r;

	if (!read_args(argc, argv, &a)) {
		fprintf(stderr,
		        "usage: injector [-n TIMES] [-g] [-r START..END] PID | -p PID | -c PID\n");
		return 2;
	}
	if (proc_open(&p, PROC_ROOT, a.pid, &err) < 0)
		r = complain(&err);
	else
		r = a.plan ? print_plan(&p) : a.close ? close_stray(&p) : take_all(&p, &a);
	proc_close(&p);
	return r;
}
