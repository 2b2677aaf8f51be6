/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/damon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/proc.h"

/* The kernel's own defaults: it looks every 5 ms, and reports after 20 looks. */
enum { SAMPLE_US = 5000, AGGREGATION_US = 100000 };
enum { REGIONS_LEAST = 100, REGIONS_MOST = 1000 };

struct damon {
	int admin; /* the folder; holds the lock that keeps other pmtops away */
	int hold;  /* the guard acts once nobody holds the other end */
	pid_t guard;
	bool ours; /* the monitor */
};

#define SCHEME "0/contexts/0/schemes/0"
#define REGIONS SCHEME "/tried_regions"

/* --- files ------------------------------------------------------------------------------------ */

static bool
damon_get(int dir, const char *name, char *out, size_t size)
{
	int fd = file_open(dir, name, O_RDONLY);
	ssize_t n = fd < 0 ? -1 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	if (n < 0)
		return false;
	out[n] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return true;
}

static bool
damon_get_number(int dir, const char *name, uint64_t *out)
{
	char text[32];
	const char *end;

	return damon_get(dir, name, text, sizeof(text)) && parse_u64(text, 10, &end, out);
}

/* Also in the guard: only calls that are safe after a fork. */
static bool
damon_put(int dir, const char *name, const char *text)
{
	int fd = file_open(dir, name, O_WRONLY), sys;
	ssize_t n;

	if (fd < 0)
		return false;
	do
		n = write(fd, text, strlen(text));
	while (n < 0 && errno == EINTR);
	sys = errno;
	close(fd);
	errno = sys;
	return n == (ssize_t)strlen(text);
}

/* --- whether it may be used ------------------------------------------------------------------- */

static const char damon_cannot[] = "cannot sample accesses",
                  damon_other[] = "use a kernel that has it, such as Debian's 6.12";

/*
 * Whether this kernel's DAMON samples address spaces. Its files say so only within a monitor, which
 * only who has one may look at; the names of its functions do, too.
 */
static bool
damon_has_vaddr(void)
{
	int fd = file_open(AT_FDCWD, PROC_ROOT "/kallsyms", O_RDONLY);
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");
	bool has = !f; /* not known: it is tried */
	char line[512];

	while (f && !has && fgets(line, sizeof(line), f))
		has = strstr(line, " damon_va_") != NULL;
	if (f)
		fclose(f);
	return has;
}

/* Opens its folder, and finds it free, and fit for address spaces. -1 with err. */
static int
damon_open(const char *admin, struct err *err)
{
	int dir = open(admin, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t n;

	if (dir < 0 && errno == ENOENT)
		return err_set(err, ERR_TARGET, "this kernel has no DAMON in sysfs", damon_other,
		               "%s", damon_cannot);
	if (dir >= 0 && !damon_has_vaddr()) {
		close(dir);
		return err_set(err, ERR_TARGET,
		               "this kernel's DAMON does not sample address spaces "
		               "(CONFIG_DAMON_VADDR)",
		               damon_other, "%s", damon_cannot);
	}
	if (dir >= 0 && damon_get_number(dir, "nr_kdamonds", &n) && n) {
		close(dir);
		return err_set(err, ERR_TARGET, "DAMON is in use, and pmtop leaves it alone",
		               "try again once it has ended; what nobody uses any more ends with "
		               "0 in /sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds",
		               "%s", damon_cannot);
	}
	if (dir >= 0 && faccessat(dir, "nr_kdamonds", W_OK, AT_EACCESS) == 0)
		return dir;
	err_sys(err, "run pmtop as root", "%s", damon_cannot);
	if (dir >= 0)
		close(dir);
	return -1;
}

int
damon_probe(const char *admin, struct err *err)
{
	int dir = damon_open(admin, err);

	if (dir < 0)
		return -1;
	close(dir);
	return 0;
}

/* --- the guard -------------------------------------------------------------------------------- */

static void
damon_take_away(int admin)
{
	damon_put(admin, "0/state", "off");
	damon_put(admin, "nr_kdamonds", "0");
}

/* In the guard: waits until pmtop closes its end of the pipe, or is gone. */
static void
damon_guard(int admin, int pipe_end, pid_t parent)
{
	struct pollfd closed = {.fd = pipe_end, .events = POLLIN};
	sigset_t all;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	while (poll(&closed, 1, 1000) <= 0 && getppid() == parent)
		;
	damon_take_away(admin);
	_exit(0);
}

/* Of all descriptors it keeps those two: another one may keep something else from ending. */
static void
damon_keep_only(int a, int b)
{
	unsigned lo = (unsigned)(a < b ? a : b), hi = (unsigned)(a < b ? b : a);

	if (lo > 0)
		syscall(SYS_close_range, 0u, lo - 1, 0u);
	if (hi > lo + 1)
		syscall(SYS_close_range, lo + 1, hi - 1, 0u);
	syscall(SYS_close_range, hi + 1, ~0u, 0u);
}

static int
damon_start_guard(struct damon *d, struct err *err)
{
	int ends[2];
	pid_t parent = getpid();

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(err, NULL, "%s", damon_cannot);
	d->guard = fork();
	if (d->guard == 0) {
		damon_keep_only(d->admin, ends[0]);
		damon_guard(d->admin, ends[0], parent);
	}
	close(ends[0]);
	d->hold = ends[1];
	if (d->guard > 0)
		return 0;
	close(d->hold);
	return err_sys(err, NULL, "%s", damon_cannot);
}

/* --- one monitor of ours ---------------------------------------------------------------------- */

static bool
damon_set_up(struct damon *d, pid_t pid)
{
	char target[16], number[16], least[16], most[16], sample[16], aggregation[16];
	const struct {
		const char *name, *text;
	} steps[] = {
	    {"0/contexts/nr_contexts", "1"},
	    {"0/contexts/0/operations", "vaddr"},
	    {"0/contexts/0/monitoring_attrs/intervals/sample_us", sample},
	    {"0/contexts/0/monitoring_attrs/intervals/aggr_us", aggregation},
	    {"0/contexts/0/monitoring_attrs/nr_regions/max", most},
	    {"0/contexts/0/monitoring_attrs/nr_regions/min", least},
	    {"0/contexts/0/targets/nr_targets", "1"},
	    {"0/contexts/0/targets/0/pid_target", target},
	    {"0/contexts/0/schemes/nr_schemes", "1"},
	    {SCHEME "/action", "stat"},
	    {SCHEME "/access_pattern/sz/max", "18446744073709551615"},
	    {SCHEME "/access_pattern/nr_accesses/max", number},
	    {SCHEME "/access_pattern/age/max", number},
	    {"0/state", "on"},
	};

	snprintf(target, sizeof(target), "%d", (int)pid);
	snprintf(number, sizeof(number), "%u", UINT32_MAX);
	snprintf(least, sizeof(least), "%d", REGIONS_LEAST);
	snprintf(most, sizeof(most), "%d", REGIONS_MOST);
	snprintf(sample, sizeof(sample), "%d", SAMPLE_US);
	snprintf(aggregation, sizeof(aggregation), "%d", AGGREGATION_US);
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (!damon_put(d->admin, steps[i].name, steps[i].text))
			return false;
	return true;
}

struct damon *
damon_begin(const char *admin, pid_t pid, struct err *err)
{
	struct damon *d = mem_alloc(sizeof(*d));

	d->admin = damon_open(admin, err);
	if (d->admin >= 0 && flock(d->admin, LOCK_EX | LOCK_NB) < 0) {
		err_set(err, ERR_TARGET, "another pmtop does so", "try again once it has ended",
		        "%s", damon_cannot);
		close(d->admin);
		d->admin = -1;
	}
	if (d->admin < 0 || damon_start_guard(d, err) < 0) {
		if (d->admin >= 0)
			close(d->admin);
		free(d);
		return NULL;
	}
	if (!damon_put(d->admin, "nr_kdamonds", "1")) { /* somebody else was faster */
		err_sys(err, "try again once DAMON is free", "%s", damon_cannot);
		kill(d->guard, SIGKILL); /* it must not take away what is not ours */
		damon_end(d);
		return NULL;
	}
	d->ours = true;
	if (damon_set_up(d, pid))
		return d;
	err_sys(err, errno == EINVAL ? "it takes CONFIG_DAMON_VADDR" : NULL,
	        "%s: DAMON refuses process %d", damon_cannot, (int)pid);
	damon_end(d);
	return NULL;
}

void
damon_end(struct damon *d)
{
	int status = 0;

	if (!d)
		return;
	close(d->hold);
	while (waitpid(d->guard, &status, 0) < 0 && errno == EINTR)
		;
	if (d->ours && !WIFEXITED(status)) /* somebody killed it */
		damon_take_away(d->admin);
	close(d->admin);
	free(d);
}

/* --- what it has seen ------------------------------------------------------------------------- */

void
damon_free(struct damon_regions *r)
{
	free(r->v);
	*r = (struct damon_regions){0};
}

/* false: it is being replaced. */
static bool
damon_read_region(int dir, const char *name, struct damon_regions *out)
{
	static const char *const fields[] = {"start", "end", "nr_accesses", "age"};
	uint64_t v[ARRAY_LEN(fields)];
	char path[300];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		snprintf(path, sizeof(path), "%s/%s", name, fields[i]);
		if (!damon_get_number(dir, path, &v[i]))
			return false;
	}
	out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
	out->v[out->n++] = (struct damon_region){.start = v[0],
	                                         .end = v[1],
	                                         .accesses = (unsigned)v[2],
	                                         .age_ns = v[3] * AGGREGATION_US * 1000};
	return true;
}

static int
damon_order(const void *pa, const void *pb)
{
	const struct damon_region *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

int
damon_read(struct damon *d, struct damon_regions *out, struct err *err)
{
	DIR *dir;
	int fd;

	*out = (struct damon_regions){.samples = AGGREGATION_US / SAMPLE_US,
	                              .sample_ns = SAMPLE_US * UINT64_C(1000)};
	if (!damon_put(d->admin, "0/state", "update_schemes_tried_regions"))
		return err_sys(err, NULL, "DAMON has ended");
	fd = openat(d->admin, REGIONS, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (!dir) {
		err_sys(err, NULL, "this kernel's DAMON does not show its regions");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	for (struct dirent *e; (e = readdir(dir));)
		if (e->d_name[0] >= '0' && e->d_name[0] <= '9')
			damon_read_region(fd, e->d_name, out);
	closedir(dir);
	vec_sort(out->v, out->n, sizeof(*out->v), damon_order);
	return 0;
}
