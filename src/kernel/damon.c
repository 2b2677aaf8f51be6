/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/damon.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/proc.h"

/*
 * The kernel's own defaults: it looks every 5 ms, and reports after 20 looks. What is mapped it
 * finds out every second, not every minute.
 */
enum { SAMPLE_US = 5000, AGGREGATION_US = 100000, UPDATE_US = 1000000 };
enum { REGIONS_LEAST = 100, REGIONS_MOST = 1000 };
enum { BUSY_TRIES = 100, BUSY_MS = 20 }; /* two seconds */
enum { AWAY_TRIES = 20 };
enum { SET_UP_MOST = 5 }; /* seconds */

struct damon {
	int admin; /* the folder; holds the lock that keeps other pmtops away */
	int hold;  /* the guard acts once nobody holds the other end */
	pid_t guard;
	bool ours; /* the monitor; false: a recorded one */
};

#define CONTEXT "0/contexts/0"
#define INTERVALS CONTEXT "/monitoring_attrs/intervals"
#define SCHEME CONTEXT "/schemes/0"
#define REGIONS SCHEME "/tried_regions"

/*
 * What shows that a monitor is a pmtop's: its scheme takes regions of up to "pmtop" (in ASCII) and
 * 24 bits for the PID, more bytes than any address space has.
 */
#define MARK_FILE SCHEME "/access_pattern/sz/max"
#define MARK (UINT64_C(0x706d746f70) << 24)
#define MARK_PID UINT64_C(0xffffff)

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

static bool
damon_put_once(int dir, const char *name, const char *text)
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

/*
 * Also in the guard: only calls that are safe after a fork. While DAMON's thread works, the kernel
 * answers EBUSY: that passes. So it does if another's is there: that stays.
 */
static bool
damon_put(int dir, const char *name, const char *text)
{
	bool done;

	for (int tries = 0; !(done = damon_put_once(dir, name, text)) && errno == EBUSY &&
	                    tries < BUSY_TRIES; tries++)
		poll(NULL, 0, BUSY_MS);
	return done;
}

/* --- whose it is ------------------------------------------------------------------------------ */

/* Whether it says so: at times it says nothing (EBUSY). */
static bool
damon_says(int admin, const char *what)
{
	char state[8];

	return damon_get(admin, "0/state", state, sizeof(state)) && !strcmp(state, what);
}

/* Also in the guard. */
static bool
damon_is_marked(int admin)
{
	uint64_t mark;

	return damon_get_number(admin, MARK_FILE, &mark) && (mark & ~MARK_PID) == MARK;
}

/* Nobody has set it up yet, or not beyond the place where the mark is. */
static bool
damon_is_bare(int admin)
{
	uint64_t n;

	return damon_says(admin, "off") &&
	       (!damon_get_number(admin, CONTEXT "/targets/nr_targets", &n) || !n);
}

/* What somebody else has put in the place of ours stays. */
static void
damon_take_away(int admin)
{
	for (int i = 0; i < AWAY_TRIES && (damon_is_marked(admin) || damon_is_bare(admin)); i++) {
		damon_put(admin, "0/state", "off");
		damon_put(admin, "nr_kdamonds", "0");
	}
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

/* Finds a monitor there: -1 with err, unless a pmtop was killed that had it. */
static int
damon_judge(int dir, struct err *err)
{
	if (!damon_is_marked(dir))
		return err_set(err, ERR_TARGET, "DAMON is in use, and pmtop leaves it alone",
		               "try again once it has ended; what nobody uses any more ends with "
		               "0 in /sys/kernel/mm/damon/admin/kdamonds/nr_kdamonds",
		               "%s", damon_cannot);
	if (flock(dir, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, ERR_TARGET, "another pmtop does so",
		               "try again once it has ended", "%s", damon_cannot);
	flock(dir, LOCK_UN);
	return 0;
}

/* Opens its folder, and finds it free, or left (*left), and fit for address spaces. -1 with err. */
static int
damon_open(const char *admin, bool *left, struct err *err)
{
	int dir = open(admin, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint64_t n;

	*left = false;
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
		if (damon_judge(dir, err) < 0) {
			close(dir);
			return -1;
		}
		*left = true;
	}
	if (dir >= 0 && faccessat(dir, "nr_kdamonds", W_OK, AT_EACCESS) == 0)
		return dir;
	err_sys(err, "run pmtop as root", "%s", damon_cannot);
	if (dir >= 0)
		close(dir);
	return -1;
}

int
damon_probe(const char *admin, bool *left, struct err *err)
{
	int dir = damon_open(admin, left, err);

	if (dir < 0)
		return -1;
	close(dir);
	return 0;
}

/* --- the guard -------------------------------------------------------------------------------- */

/* Asked once a second: whether the target has ended. Until it is set up, a monitor is off, too. */
static bool
damon_has_ended(int admin, bool *was_on, int *off)
{
	*was_on |= damon_says(admin, "on");
	*off = damon_says(admin, "off") ? *off + 1 : 0;
	return *off >= (*was_on ? 1 : SET_UP_MOST);
}

/* In the guard: waits until pmtop closes its end of the pipe, or is gone, or the target is. */
static void
damon_guard(int admin, int pipe_end, pid_t parent)
{
	struct pollfd closed = {.fd = pipe_end, .events = POLLIN};
	sigset_t all;
	bool was_on = false;
	int off = 0;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	while (poll(&closed, 1, 1000) <= 0 && getppid() == parent &&
	       !damon_has_ended(admin, &was_on, &off))
		;
	damon_take_away(admin);
	_exit(0);
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
		file_keep_only(d->admin, ends[0]);
		damon_guard(d->admin, ends[0], parent);
	}
	close(ends[0]);
	d->hold = ends[1];
	if (d->guard > 0)
		return 0;
	close(d->hold);
	return err_sys(err, err_start_how(errno), "%s", damon_cannot);
}

/* --- one monitor of ours ---------------------------------------------------------------------- */

/* The mark comes before all that makes it more than bare. */
static bool
damon_set_up(struct damon *d, pid_t pid)
{
	char target[16], number[16], least[16], most[16], sample[16], aggregation[16], update[16],
	    mark[24];
	const struct {
		const char *name, *text;
	} steps[] = {
	    {"0/contexts/nr_contexts", "1"},
	    {CONTEXT "/schemes/nr_schemes", "1"},
	    {MARK_FILE, mark},
	    {CONTEXT "/operations", "vaddr"},
	    {INTERVALS "/sample_us", sample},
	    {INTERVALS "/aggr_us", aggregation},
	    {INTERVALS "/update_us", update},
	    {CONTEXT "/monitoring_attrs/nr_regions/max", most},
	    {CONTEXT "/monitoring_attrs/nr_regions/min", least},
	    {CONTEXT "/targets/nr_targets", "1"},
	    {CONTEXT "/targets/0/pid_target", target},
	    {SCHEME "/action", "stat"},
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
	snprintf(update, sizeof(update), "%d", UPDATE_US);
	snprintf(mark, sizeof(mark), "%" PRIu64, MARK | ((uint64_t)getpid() & MARK_PID));
	for (size_t i = 0; i < ARRAY_LEN(steps); i++)
		if (!damon_put(d->admin, steps[i].name, steps[i].text))
			return false;
	return true;
}

/* Its folder, locked and free: what a killed pmtop had there is taken away. -1 with err. */
static int
damon_take(const char *admin, struct err *err)
{
	bool left;
	int dir = damon_open(admin, &left, err);

	if (dir >= 0 && flock(dir, LOCK_EX | LOCK_NB) < 0) {
		err_set(err, ERR_TARGET, "another pmtop does so", "try again once it has ended",
		        "%s", damon_cannot);
		close(dir);
		return -1;
	}
	if (dir >= 0 && left)
		damon_take_away(dir);
	return dir;
}

struct damon *
damon_begin(const char *admin, pid_t pid, struct err *err)
{
	struct damon *d = mem_alloc(sizeof(*d));

	d->admin = damon_take(admin, err);
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

struct damon *
damon_recorded(int dir)
{
	struct damon *d = mem_alloc(sizeof(*d));

	d->admin = dir;
	return d;
}

static void
damon_end_guard(struct damon *d)
{
	int status = 0;

	close(d->hold);
	while (waitpid(d->guard, &status, 0) < 0 && errno == EINTR)
		;
	if (d->ours && !WIFEXITED(status)) /* somebody killed it */
		damon_take_away(d->admin);
}

void
damon_end(struct damon *d)
{
	if (!d)
		return;
	if (d->guard > 0)
		damon_end_guard(d);
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

/* false: it is being replaced, or is none. */
static bool
damon_read_region(int dir, const char *name, uint64_t aggregation_us, struct damon_regions *out)
{
	static const char *const fields[] = {"start", "end", "nr_accesses", "age"};
	uint64_t v[ARRAY_LEN(fields)];
	char path[300];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		snprintf(path, sizeof(path), "%s/%s", name, fields[i]);
		if (!damon_get_number(dir, path, &v[i]))
			return false;
	}
	if (v[0] >= v[1])
		return false;
	out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
	out->v[out->n++] = (struct damon_region){.start = v[0],
	                                         .end = v[1],
	                                         .accesses = (unsigned)v[2],
	                                         .age_ns = v[3] * aggregation_us * 1000};
	return true;
}

static int
damon_order(const void *pa, const void *pb)
{
	const struct damon_region *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

/* How often it looks. false: it is gone. */
static bool
damon_read_pace(int admin, uint64_t *aggregation_us, struct damon_regions *out)
{
	uint64_t sample_us;

	if (!damon_get_number(admin, INTERVALS "/sample_us", &sample_us) || !sample_us ||
	    !damon_get_number(admin, INTERVALS "/aggr_us", aggregation_us))
		return false;
	out->samples = (unsigned)(*aggregation_us / sample_us);
	out->sample_ns = sample_us * 1000;
	return out->samples > 0;
}

/* Appends the regions that the kernel shows now. -1 with err: DAMON has ended. */
static int
damon_read_shown(struct damon *d, struct damon_regions *out, struct err *err)
{
	uint64_t aggregation_us;
	DIR *dir;
	int fd;

	if ((d->ours && !damon_put(d->admin, "0/state", "update_schemes_tried_regions")) ||
	    !damon_read_pace(d->admin, &aggregation_us, out))
		return err_set(err, ERR_TARGET, "DAMON has ended", NULL, "%s", damon_cannot);
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
			damon_read_region(fd, e->d_name, aggregation_us, out);
	closedir(dir);
	return 0;
}

/*
 * The kernel waits for DAMON for two aggregations at most (0.2 s), and then shows nothing: on a
 * busy machine that is no fact about the target.
 */
int
damon_read(struct damon *d, struct damon_regions *out, struct err *err)
{
	int tries = d->ours ? 10 : 1;

	*out = (struct damon_regions){0};
	while (!out->n && tries--)
		if (damon_read_shown(d, out, err) < 0)
			return -1;
	if (d->ours && !out->n)
		return err_set(err, ERR_TARGET, "DAMON showed nothing yet: the machine is busy",
		               "sample for longer", "%s", damon_cannot);
	vec_sort(out->v, out->n, sizeof(*out->v), damon_order);
	return 0;
}

size_t
damon_after(const struct damon_regions *r, uint64_t addr)
{
	return vec_above(r->v, r->n, sizeof(*r->v), offsetof(struct damon_region, end), addr);
}

const struct damon_region *
damon_find(const struct damon_regions *r, uint64_t addr)
{
	size_t i = damon_after(r, addr);

	return i < r->n && r->v[i].start <= addr ? &r->v[i] : NULL;
}
