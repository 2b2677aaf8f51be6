/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/processes.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/rights.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "kernel/pagemap.h"
#include "kernel/proc.h"
#include "kernel/proc_bar.h"
#include "kernel/silent.h"

enum {
	MAPS_NS =
	    20000000, /* of each pass go to counting regions, which costs the processes' locks */
	TRIES = 64,   /* regions of a process in a directory whose first page is read */
};

/* --- one process ------------------------------------------------------------------------------ */

/* The text after "\nNAME:" and its blanks; NULL: there is no such line. */
static const char *
processes_status_line(const char *status, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = status; s; s = strchr(s, '\n')) {
		s += *s == '\n';
		if (!strncmp(s, name, n) && s[n] == ':')
			return s + n + 1 + strspn(s + n + 1, " \t");
	}
	return NULL;
}

static uint64_t
processes_status_kib(const char *status, const char *name)
{
	const char *s = processes_status_line(status, name), *end;
	uint64_t kib;

	return s && parse_u64(s, 10, &end, &kib) && kib < UINT64_MAX >> 10 ? kib << 10
	                                                                   : PROCESS_UNKNOWN;
}

static uint64_t
processes_status_number(const char *status, const char *name)
{
	const char *s = processes_status_line(status, name), *end;
	uint64_t n;

	return s && parse_u64(s, 10, &end, &n) ? n : 0;
}

static bool
processes_has_ended(const char *status)
{
	const char *state = processes_status_line(status, "State");

	return state && (*state == 'Z' || *state == 'X');
}

bool
process_leaderless(const char *status)
{
	return processes_has_ended(status) && processes_status_number(status, "Threads") > 1;
}

static void
processes_parse_comm(struct process *p, const char *status)
{
	const char *name = processes_status_line(status, "Name");

	snprintf(p->comm, sizeof(p->comm), "%.*s", name ? (int)strcspn(name, "\n") : 0,
	         name ? name : "");
}

bool
process_parse(struct process *p, const char *status)
{
	if (processes_has_ended(status) ||
	    processes_status_kib(status, "VmSize") == PROCESS_UNKNOWN)
		return false;
	p->uid = (unsigned)processes_status_number(status, "Uid");
	snprintf(p->user, sizeof(p->user), "%u", p->uid);
	processes_parse_comm(p, status);
	p->virt = processes_status_kib(status, "VmSize");
	p->rss = processes_status_kib(status, "VmRSS");
	p->swap = processes_status_kib(status, "VmSwap");
	p->maps = PROCESS_UNKNOWN;
	p->leaderless = false;
	return true;
}

char *
process_command(const char *cmdline, size_t n, const char *comm)
{
	struct buf b = {0};

	while (n && (cmdline[n - 1] == '\0' || cmdline[n - 1] == ' '))
		n--;
	if (!n) {
		buf_fmt(&b, "[%s]", comm);
		return b.s;
	}
	buf_add(&b, cmdline, n);
	for (size_t i = 0; i < n; i++)
		if (!b.s[i])
			b.s[i] = ' ';
	return b.s;
}

const char *
access_name(enum access a)
{
	static const char *const names[ACCESS_COUNT] = {"", "full", "no PFN", "maps", "denied"};

	return names[a];
}

const char *
access_help(enum access a)
{
	static const char *const words[ACCESS_COUNT] = {
	    "", "page frames are visible, and with them flags and map counts",
	    "states only; frames are hidden: run pmtop as root (CAP_SYS_ADMIN)",
	    "regions, but no page tables", "nothing is visible",
	};

	return words[a];
}

void
process_say(const struct process *p, struct buf *out)
{
	uint64_t needed = p->access == ACCESS_MAPS ? RIGHTS_TABLES : RIGHTS_LOOK;
	char how[192];

	if (p->access == ACCESS_UNKNOWN)
		return;
	buf_fmt(out, "%s: %s", access_name(p->access), access_help(p->access));
	if (p->refused)
		buf_fmt(out, ": %s", strerror(p->refused));
	if (p->refused == EACCES || p->refused == EPERM)
		buf_fmt(out, "; %s", proc_refused_how(p->bar, p->uid, needed, how, sizeof(how)));
}

/* --- lists ------------------------------------------------------------------------------------ */

static int
processes_by_pid(const void *a, const void *b)
{
	const struct process *p = a, *q = b;

	return (p->pid > q->pid) - (p->pid < q->pid);
}

const struct process *
processes_find(const struct processes *list, pid_t pid)
{
	struct process key = {.pid = pid};

	return list->n ? bsearch(&key, list->v, list->n, sizeof(key), processes_by_pid) : NULL;
}

struct processes *
processes_copy(const struct processes *list)
{
	struct processes *copy = mem_alloc(sizeof(*copy));

	*copy = *list;
	copy->cap = list->n;
	copy->v = mem_alloc(list->n * sizeof(*copy->v));
	for (size_t i = 0; i < list->n; i++) {
		copy->v[i] = list->v[i];
		copy->v[i].command = mem_strdup(list->v[i].command);
	}
	return copy;
}

void
processes_free(struct processes *list)
{
	if (!list)
		return;
	for (size_t i = 0; i < list->n; i++)
		free(list->v[i].command);
	free(list->v);
	free(list);
}

/* --- reading ---------------------------------------------------------------------------------- */

/* kpageflags must open as well: frame numbers are useless without it. */
static bool
processes_frames_are_visible(const struct processes_root *r)
{
	int fd = file_open(r->dir, "kpageflags", O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd >= 0 && (!r->live || pagemap_shows_frames((size_t)sysconf(_SC_PAGESIZE)));
}

int
processes_open(struct processes_root *r, const char *root, struct err *err)
{
	char self[16] = "";
	uint64_t pid;
	const char *end;

	*r = (struct processes_root){0};
	r->dir = proc_open_root(root, &r->live, err);
	if (r->dir < 0)
		return -1;
	r->frames = processes_frames_are_visible(r);
	/* our PID may be another in that mount */
	if (r->live && readlinkat(r->dir, "self", self, sizeof(self) - 1) > 0 &&
	    parse_u64(self, 10, &end, &pid))
		r->self = (pid_t)pid;
	return 0;
}

void
processes_close(struct processes_root *r)
{
	if (r->dir >= 0)
		close(r->dir);
	free(r->users);
	*r = (struct processes_root){.dir = -1};
}

/* At most size - 1 bytes, NUL-terminated; their number, 0 if it cannot be read. */
static size_t
processes_read_file(int dir, const char *name, char *out, size_t size)
{
	int fd = file_open(dir, name, O_RDONLY);
	ssize_t n = fd < 0 ? 0 : read(fd, out, size - 1);

	if (fd >= 0)
		close(fd);
	out[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* The directory that shows its memory, or -1. */
static int
processes_open_dir(const struct processes_root *r, pid_t pid, bool leaderless)
{
	char name[16];
	pid_t tid;
	int dir, thread;

	snprintf(name, sizeof(name), "%d", (int)pid);
	dir = file_open(r->dir, name, O_PATH | O_DIRECTORY);
	if (dir < 0 || !leaderless)
		return dir;
	thread = proc_living_thread(dir, &tid);
	close(dir);
	return thread;
}

static bool
processes_read_status(const struct processes_root *r, struct process *p)
{
	char name[32], text[8192];
	struct process leader;
	int dir;
	bool ok;

	snprintf(name, sizeof(name), "%d/status", (int)p->pid);
	if (!processes_read_file(r->dir, name, text, sizeof(text)))
		return false;
	if (process_parse(p, text))
		return true;
	if (!process_leaderless(text))
		return false;
	/* the name of the process, the sizes from the thread */
	processes_parse_comm(&leader, text);
	dir = processes_open_dir(r, p->pid, true);
	ok = dir >= 0 && processes_read_file(dir, "status", text, sizeof(text)) &&
	     process_parse(p, text);
	if (dir >= 0)
		close(dir);
	if (ok) {
		memcpy(p->comm, leader.comm, sizeof(p->comm));
		p->leaderless = true;
	}
	return ok;
}

/* NULL: not read yet. */
static const char *
processes_known_user(const struct processes_root *r, unsigned uid)
{
	for (size_t i = 0; i < r->users_n; i++)
		if (r->users[i].uid == uid)
			return r->users[i].name;
	return NULL;
}

static const char *
processes_user_name(struct processes_root *r, unsigned uid)
{
	const char *known = processes_known_user(r, uid);
	struct passwd pw, *found = NULL;
	char text[4096];
	struct user *u;

	if (known)
		return known;
	r->users = vec_room(r->users, r->users_n, &r->users_cap, sizeof(*r->users));
	u = &r->users[r->users_n++];
	u->uid = uid;
	if (getpwuid_r(uid, &pw, text, sizeof(text), &found) == 0 && found)
		snprintf(u->name, sizeof(u->name), "%s", pw.pw_name);
	else
		snprintf(u->name, sizeof(u->name), "%u", uid);
	return u->name;
}

/* Copies what only the second pass reads from the last list; a reused PID has another name. */
static void
processes_lend(const struct processes_root *r, struct process *p, const struct processes *old)
{
	const struct process *o = old ? processes_find(old, p->pid) : NULL;
	const char *user = processes_known_user(r, p->uid);

	if (user)
		snprintf(p->user, sizeof(p->user), "%s", user);
	if (!o || o->uid != p->uid || strcmp(o->comm, p->comm)) {
		p->command = process_command("", 0, p->comm);
		return;
	}
	p->command = mem_strdup(o->command);
	p->maps = o->maps;
	p->access = o->access;
	p->refused = o->refused;
	p->bar = o->bar;
}

struct processes *
processes_list(struct processes_root *r, const struct processes *old, bool (*stop)(void *arg),
               void *arg)
{
	struct processes *list = mem_alloc(sizeof(*list));
	int fd = openat(r->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *e;

	list->live = r->live;
	list->frames = r->frames;
	while (d && !stop(arg) && (e = file_next(d))) {
		struct process p = {0};
		const char *end;
		uint64_t pid;

		if (!parse_u64(e->d_name, 10, &end, &pid) || *end || pid > INT32_MAX ||
		    (pid_t)pid == r->self)
			continue;
		p.pid = (pid_t)pid;
		if (!processes_read_status(r, &p))
			continue;
		processes_lend(r, &p, old);
		list->v = vec_room(list->v, list->n, &list->cap, sizeof(*list->v));
		list->v[list->n++] = p;
	}
	if (d)
		closedir(d);
	vec_sort(list->v, list->n, sizeof(*list->v), processes_by_pid);
	return list;
}

/* In a directory each process may differ: its first page in RAM decides. */
static bool
processes_folder_shows_frames(int maps, int pagemap)
{
	struct buf text = {0};
	uint64_t start, word = 0, page = (uint64_t)sysconf(_SC_PAGESIZE);
	const char *end, *s;
	unsigned tries = 0;

	file_read_all(maps, &text);
	for (s = text.s; s && tries < TRIES && !(word & PM_PRESENT); s = strchr(s, '\n'), tries++) {
		s += *s == '\n';
		if (!parse_u64(s, 16, &end, &start) ||
		    pread(pagemap, &word, sizeof(word), (off_t)(start / page * sizeof(word))) !=
		        sizeof(word))
			word = 0;
	}
	buf_free(&text);
	return word & PM_PRESENT && word & PM_PFN_MASK;
}

/* A shortage of descriptors leaves `access` unchanged. errno is that of maps. */
static void
processes_try_access(const struct processes_root *r, struct process *p, int dir, int maps)
{
	int pagemap = maps < 0 ? -1 : file_open(dir, "pagemap", O_RDONLY), sys = errno;

	if (pagemap < 0 && file_is_shortage(sys))
		return;
	p->refused = pagemap < 0 ? sys : 0;
	if (pagemap < 0) {
		p->bar = proc_bar(dir);
		p->access = maps < 0 ? ACCESS_DENIED : ACCESS_MAPS;
		return;
	}
	p->access = r->frames && (r->live || processes_folder_shows_frames(maps, pagemap))
	                ? ACCESS_FULL
	                : ACCESS_NO_PFN;
	close(pagemap);
}

static uint64_t
processes_count_lines(int fd)
{
	char chunk[8192]; /* the kernel gives at most a page at each read */
	uint64_t lines = 0;
	ssize_t n;

	if (!file_fits(fd) || lseek(fd, 0, SEEK_SET) != 0)
		return PROCESS_UNKNOWN;
	while ((n = read(fd, chunk, sizeof(chunk))) > 0)
		for (const char *s = chunk; (s = memchr(s, '\n', (size_t)(chunk + n - s))); s++)
			lines++;
	return n < 0 || !lines ? PROCESS_UNKNOWN : lines;
}

/* Opening one of its files failed: whether because it ended after its directory was opened. */
static bool
processes_has_gone(const struct processes_root *r, int dir, int sys)
{
	if (sys == ENOENT && r->live)
		return faccessat(dir, "maps", F_OK, 0) < 0 && errno == ENOENT;
	return sys == ESRCH;
}

/* false: it has gone. */
static bool
processes_fill_one(struct processes_root *r, struct process *p, bool count)
{
	char text[4096];
	int dir = processes_open_dir(r, p->pid, p->leaderless), maps;
	bool gone;
	size_t n;

	if (dir < 0)
		return file_is_shortage(errno);
	n = processes_read_file(dir, "cmdline", text, sizeof(text));
	free(p->command);
	p->command = process_command(text, n, p->comm);
	snprintf(p->user, sizeof(p->user), "%s", processes_user_name(r, p->uid));
	maps = file_open(dir, "maps", O_RDONLY);
	processes_try_access(r, p, dir, maps);
	if (maps < 0)
		p->maps = PROCESS_UNKNOWN;
	else if (count)
		p->maps = processes_count_lines(maps);
	if (maps >= 0)
		close(maps);
	gone = processes_has_gone(r, dir, p->refused);
	close(dir);
	return !gone;
}

/* What takes a lock of theirs is not read of those that do not let go of it. */
static void
processes_find_silent(const struct processes_root *r, const struct processes *list)
{
	pid_t *pids = mem_alloc(list->n * sizeof(*pids));

	for (size_t i = 0; i < list->n; i++)
		pids[i] = list->v[i].pid;
	silent_find(r->dir, pids, list->n);
	free(pids);
}

static void
processes_drop_gone(struct processes *list)
{
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if (list->v[i].pid)
			list->v[n++] = list->v[i];
		else
			free(list->v[i].command);
	list->n = n;
}

void
processes_fill(struct processes_root *r, struct processes *list, bool (*stop)(void *arg), void *arg)
{
	uint64_t counting = 0;
	size_t first = 0;

	processes_find_silent(r, list);
	while (first < list->n && list->v[first].pid < r->maps_next)
		first++;
	for (size_t i = 0; i < list->n && !stop(arg); i++) {
		struct process *p = &list->v[(first + i) % list->n];
		uint64_t begin = time_ns();
		bool count = counting < MAPS_NS;

		if (silent_is(p->pid))
			continue;
		if (count)
			r->maps_next = p->pid + 1;
		if (!processes_fill_one(r, p, count))
			p->pid = 0;
		counting += count ? time_ns() - begin : 0;
	}
	processes_drop_gone(list);
}
