/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The client: starts a helper, asks with a deadline, and gives it up. */
#include "config.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/util.h"
#include "symbol/helper_known.h"
#include "symbol/helper_late.h"
#include "symbol/helper_parts.h"

extern char **environ;

enum {
	PATIENCE_MS = 2000, /* deadline for one answer, including the start */
	BUSY_MAX = 20,      /* as often it may say that it is still at work, every half second */
	STOP_MS = 100,      /* how often `stop` is asked meanwhile */
	GOODBYE_MS = 50,    /* grace for an idle helper to exit */
	LEFT_MAX = 16, /* killed helpers that do not exit; after that no more are started */
};

struct helper {
	pid_t pid; /* 0: no helper */
	int pidfd, socket;
	bool late_last;
	int bar; /* errno: why none could be started for the last question; 0: one was there */
	bool stopped; /* the last wait, by: */
	bool (*stop)(void *arg);
	void *stop_arg;
	int dir;   /* the target's directory, as given to the helper */
	pid_t tid; /* the thread whose directory that is */
	uint32_t serial;
	pid_t left[LEFT_MAX]; /* killed, and not yet exited */
	size_t left_n;
	struct late late;
	struct known known;
	char checked[HELPER_WANTED]; /* the name for which `known` was last checked, and when: */
	uint64_t checked_ns;
	struct helper_ask ask;
	struct helper_answer answer; /* the last: of it only what was received is touched */
};

bool
helper_decodes(void)
{
#if defined(HAVE_LIBDW) && defined(HAVE_ZYDIS)
	return true;
#else
	return false;
#endif
}

struct helper *
helper_new(bool (*stop)(void *arg), void *arg)
{
	struct helper *h = mem_resize(NULL, sizeof(*h));

	memset(h, 0, offsetof(struct helper, answer));
	h->stop = stop;
	h->stop_arg = arg;
	h->pidfd = h->socket = h->dir = -1;
	return h;
}

/* --- its life --------------------------------------------------------------------------------- */

static void
helper_close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void
helper_reap(struct helper *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->left_n; i++)
		if (waitpid(h->left[i], NULL, WNOHANG) == 0)
			h->left[n++] = h->left[i];
	h->left_n = n;
}

static void
helper_drop(struct helper *h)
{
	if (!h->pid)
		return;
	kill(-h->pid, SIGKILL); /* it leads its session: end all of it */
	helper_close_fd(&h->socket);
	helper_close_fd(&h->pidfd);
	helper_close_fd(&h->dir);
	h->left[h->left_n++] = h->pid;
	h->pid = 0;
	helper_reap(h);
}

void
helper_free(struct helper *h)
{
	struct pollfd ended;

	if (!h)
		return;
	ended = (struct pollfd){.fd = h->pidfd, .events = POLLIN};
	if (h->pid) { /* it is idle, so it exits at once and can be reaped */
		kill(-h->pid, SIGKILL);
		if (h->pidfd >= 0)
			poll(&ended, 1, GOODBYE_MS);
	}
	helper_drop(h);
	late_free(&h->late);
	known_free(&h->known);
	free(h);
}

/*
 * vfork and exec, as in posix_spawn, is safe in a multithreaded process. The helper does the rest
 * to itself (limits, privileges, other descriptors) before it handles any file.
 */
static pid_t
helper_spawn(int socket, int dir)
{
	char name[] = HELPER_NAME, word[] = HELPER_WORD;
	char *argv[] = {name, word, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	pid_t pid;
	int failed;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
	                                    POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, socket, HELPER_SOCKET);
	/* the output of a failed exec must not be taken for an answer */
	posix_spawn_file_actions_adddup2(&files, socket, STDOUT_FILENO);
	posix_spawn_file_actions_adddup2(&files, socket, STDERR_FILENO);
	posix_spawn_file_actions_adddup2(&files, dir, HELPER_DIR);
	failed = posix_spawn(&pid, PROC_ROOT "/self/exe", &files, &attr, argv, environ);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	errno = failed;
	return failed ? -1 : pid;
}

/* Duplicates above the numbers that helper_spawn's dup2 calls overwrite. */
static int
helper_above(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, HELPER_DIR + 1);
}

/* The process and our end of its socket. false: with errno. */
static bool
helper_start_at(struct helper *h, int dir)
{
	int pair[2], theirs, sys;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	theirs = helper_above(pair[1]);
	h->pid = theirs < 0 ? -1 : helper_spawn(theirs, dir);
	sys = errno;
	close(pair[1]);
	helper_close_fd(&theirs);
	if (h->pid < 0) {
		h->pid = 0;
		close(pair[0]);
		errno = sys;
		return false;
	}
	h->socket = pair[0];
	return true;
}

static bool
helper_start(struct helper *h, const struct proc *p)
{
	int shows, dir;

	h->bar = 0;
	helper_reap(h);
	if (!helper_can_start() || h->left_n == LEFT_MAX)
		return false;
	shows = proc_dir(p);
	dir = shows < 0 ? -1 : helper_above(shows);
	if (dir < 0 || !helper_start_at(h, dir))
		h->bar = errno;
	helper_close_fd(&shows);
	if (!h->pid) {
		/* what has ended is not for want of anything */
		h->bar = h->bar == ESRCH ? 0 : h->bar;
		helper_close_fd(&dir);
		return false;
	}
	h->pidfd = (int)syscall(SYS_pidfd_open, h->pid, 0);
	h->dir = dir;
	h->tid = proc_thread(p);
	return true;
}

void
helper_begin(struct helper *h, const struct proc *p)
{
	if (!h->pid)
		helper_start(h, p);
}

/* --- what kept the last question from being answered ------------------------------------------ */

bool
helper_is_late(const struct helper *h)
{
	return h->late_last;
}

int
helper_bar(const struct helper *h, struct err *err)
{
	errno = h->bar;
	if (!h->bar)
		return 0;
	return err_sys(err, err_start_how(h->bar), "no process can be started to read files");
}

/* --- asking ----------------------------------------------------------------------------------- */

static int
helper_ms_until(const struct timespec *t)
{
	struct timespec now;
	int64_t ms;

	clock_gettime(CLOCK_MONOTONIC, &now);
	ms = (int64_t)(t->tv_sec - now.tv_sec) * 1000 + (t->tv_nsec - now.tv_nsec) / 1000000;
	return ms > 0 ? (int)ms : 0;
}

/* false: there is no answer in time, or none is awaited any more. */
static bool
helper_wait(struct helper *h)
{
	struct pollfd in = {.fd = h->socket, .events = POLLIN};
	struct timespec until = time_deadline(time_ns() + PATIENCE_MS * UINT64_C(1000000));
	int n, left;

	do {
		left = helper_ms_until(&until);
		n = poll(&in, 1, left < STOP_MS ? left : STOP_MS);
		h->stopped = n == 0 && h->stop && h->stop(h->stop_arg);
	} while (!h->stopped && (n == 0 ? left > 0 : n < 0 && errno == EINTR));
	return n == 1;
}

static bool
helper_hear(struct helper *h)
{
	ssize_t got;

	if (!helper_wait(h))
		return false;
	got = recv(h->socket, &h->answer, sizeof(h->answer), MSG_DONTWAIT);
	return got >= (ssize_t)offsetof(struct helper_answer, pages) &&
	       got == (ssize_t)helper_answer_size(&h->ask, &h->answer) &&
	       h->answer.serial == h->ask.serial;
}

static bool
helper_hear_all(struct helper *h)
{
	for (int busy = 0; busy <= BUSY_MAX && helper_hear(h); busy++)
		if (h->answer.outcome != HELPER_BUSY)
			return true;
	return false;
}

/* With a descriptor, or -1. false: no answer, for whatever reason. */
static bool
helper_ask_with(struct helper *h, const struct proc *p, int fd)
{
	bool heard;

	h->bar = 0;
	h->late_last = late_refuses(&h->late, &h->ask);
	if (h->late_last)
		return false;
	/* the memory may now be visible in another thread's directory */
	if (h->pid && h->tid != proc_thread(p))
		helper_drop(h);
	if (!h->pid && !helper_start(h, p))
		return false;
	h->ask.serial = ++h->serial;
	h->stopped = false;
	heard = helper_send(h->socket, &h->ask, fd, MSG_DONTWAIT) && helper_hear_all(h);
	if (heard && h->answer.outcome != HELPER_HURT)
		return h->answer.outcome == HELPER_OK;
	h->late_last = !h->stopped;
	if (h->late_last)
		late_add(&h->late, &h->ask);
	helper_drop(h);
	return false;
}

static bool
helper_ask(struct helper *h, const struct proc *p)
{
	return helper_ask_with(h, p, -1);
}

static bool
helper_set_ask(struct helper *h, enum helper_kind kind, const struct vma *v)
{
	struct helper_ask *a = &h->ask;

	*a = (struct helper_ask){.kind = kind, .dev_major = v->dev_major,
	                         .dev_minor = v->dev_minor, .inode = v->inode,
	                         .map = {v->start, v->end, v->offset, v->perm}};
	if (v->name[0] == '/' && strlen(v->name) < sizeof(a->name))
		strcpy(a->name, v->name);
	return vma_has_file(v);
}

bool
helper_pages(struct helper *h, const struct proc *p, const struct vma *v, uint64_t start,
             uint64_t end, unsigned needs, struct file_pages *out)
{
	if (start >= end || !helper_set_ask(h, HELPER_PAGES, v))
		return false;
	h->ask.needs = needs;
	h->ask.start = start;
	h->ask.end = end;
	if (!helper_ask(h, p) || h->answer.pages.start != start || h->answer.pages.end > end ||
	    h->answer.pages.end <= start)
		return false;
	*out = h->answer.pages;
	return true;
}

bool
helper_bytes(struct helper *h, const struct proc *p, const struct vma *v, uint64_t start, size_t n,
             uint8_t *to)
{
	for (size_t at = 0, part; at < n; at += part) {
		part = (size_t)u64_min(n - at, FILE_BYTES);
		if (!helper_set_ask(h, HELPER_BYTES, v))
			return false;
		h->ask.start = start + at;
		h->ask.end = start + at + part;
		if (!helper_ask(h, p))
			return false;
		memcpy(to + at, h->answer.bytes, part);
	}
	return true;
}

/* --- symbols ---------------------------------------------------------------------------------- */

static bool
helper_is_same_file(const struct vma *a, const struct vma *b)
{
	return a->inode == b->inode && a->dev_major == b->dev_major && a->dev_minor == b->dev_minor;
}

/* Adds the file's other mappings, nearest first: the mappings of one instance lie together. */
static void
helper_add_maps(struct helper_ask *a, const struct vma_list *vmas, const struct vma *v)
{
	enum { NEAR = 1024, SIDE = HELPER_MAPS / 2 }; /* regions to search */
	size_t at = (size_t)(v - vmas->v), n = 0;

	for (size_t i = at; i-- > 0 && at - i < NEAR && n < SIDE - 1;)
		if (helper_is_same_file(&vmas->v[i], v))
			a->maps[n++] = (struct helper_map){vmas->v[i].start, vmas->v[i].end,
			                                   vmas->v[i].offset, vmas->v[i].perm};
	for (size_t i = at; i < vmas->n && i - at < NEAR && n < HELPER_MAPS; i++)
		if (helper_is_same_file(&vmas->v[i], v))
			a->maps[n++] = (struct helper_map){vmas->v[i].start, vmas->v[i].end,
			                                   vmas->v[i].offset, vmas->v[i].perm};
	a->maps_n = (uint32_t)n;
}

/* So that its names are where they are expected, whatever the reader has answered. */
static void
helper_check_inlined(struct helper_inlined *in)
{
	const char *at = in->names, *end = in->names + sizeof(in->names);
	uint32_t n = 0;

	in->names[sizeof(in->names) - 1] = '\0';
	for (; n < in->n && n < SYMBOL_INLINED && at < end; n++)
		at += strlen(at) + 1;
	in->n = n;
}

static bool
helper_ask_symbol(struct helper *h, const struct proc *p, uint64_t addr, struct helper_symbol *out)
{
	h->ask.start = addr;
	if (!helper_ask(h, p))
		return false;
	*out = h->answer.symbol;
	out->name[sizeof(out->name) - 1] = '\0';
	out->demangled[sizeof(out->demangled) - 1] = '\0';
	out->source[sizeof(out->source) - 1] = '\0';
	helper_check_inlined(&out->inlined);
	return true;
}

bool
helper_symbol(struct helper *h, const struct proc *p, const struct vma_list *vmas,
              const struct vma *v, uint64_t addr, unsigned needs, struct helper_symbol *out)
{
	if (!helper_set_ask(h, vmas ? HELPER_SYMBOL : HELPER_SYMBOL_JIT, v) && vmas)
		return false;
	if (vmas)
		helper_add_maps(&h->ask, vmas, v);
	h->ask.needs = needs;
	return helper_ask_symbol(h, p, addr, out);
}

bool
helper_symbol_vdso(struct helper *h, const struct proc *p, const struct vma *v, const uint8_t *page,
                   size_t page_size, uint64_t addr, struct helper_symbol *out)
{
	helper_set_ask(h, HELPER_SYMBOL_VDSO, v);
	memcpy(h->ask.image, page, u64_min(page_size, sizeof(h->ask.image)));
	return helper_ask_symbol(h, p, addr, out);
}

bool
helper_instruction(struct helper *h, const struct proc *p, const struct vma_list *vmas,
                   const struct vma *v, uint64_t addr, bool stored, struct helper_instruction *out)
{
	if (!helper_decodes() || !helper_set_ask(h, HELPER_INSTRUCTION, v))
		return false;
	helper_add_maps(&h->ask, vmas, v);
	h->ask.needs = stored;
	h->ask.start = addr;
	if (!helper_ask(h, p))
		return false;
	*out = h->answer.instruction;
	return true;
}

static bool
helper_ask_matches(struct helper *h, const struct proc *p, const char *name, enum symbol_how how,
                   struct helper_matches *out)
{
	size_t n = strlen(name);

	if (!n || n >= sizeof(h->ask.wanted))
		return false;
	memcpy(h->ask.wanted, name, n + 1);
	h->ask.needs = how;
	if (!helper_ask(h, p) || h->answer.matches.n > SYMBOL_MATCHES)
		return false;
	*out = h->answer.matches;
	out->near[sizeof(out->near) - 1] = '\0';
	for (uint32_t i = 0; i < out->n; i++) {
		out->v[i].name[sizeof(out->v[i].name) - 1] = '\0';
		out->v[i].demangled[sizeof(out->v[i].demangled) - 1] = '\0';
	}
	return true;
}

/* --- files that lack a name ------------------------------------------------------------------- */

/* Asks which names the file has, to be asked about others no more. */
static void
helper_learn(struct helper *h, const struct proc *p, const struct vma_list *vmas,
             const struct vma *v, struct known_file *f)
{
	helper_set_ask(h, HELPER_NAMES, v);
	helper_add_maps(&h->ask, vmas, v);
	if (helper_ask(h, p))
		known_take(f, &h->answer.filter);
	else
		f->unknowable = true;
}

/* Whether the files are still those that were learned: one question for all, once for a name. */
static void
helper_check(struct helper *h, const struct proc *p, const char *name)
{
	static const struct vma no_file = {.name = ""};
	enum { SOON_NS = 100000000 };
	uint64_t now = time_ns();
	bool ok = true;

	if (!strcmp(h->checked, name) && now - h->checked_ns < SOON_NS)
		return;
	for (size_t at = 0; at < h->known.n && ok;) {
		size_t from = at;

		helper_set_ask(h, HELPER_CHECK, &no_file);
		h->ask.maps_n = known_maps(&h->known, &at, h->ask.maps, HELPER_MAPS);
		ok = !h->ask.maps_n || helper_ask(h, p);
		known_check(&h->known, from, at, ok ? h->answer.ids : NULL);
	}
	snprintf(h->checked, sizeof(h->checked), "%s", name);
	h->checked_ns = time_ns();
}

/* Whether the file of v has no such name, as was learned when it was asked for the second time. */
static bool
helper_lacks(struct helper *h, const struct proc *p, const struct vma_list *vmas,
             const struct vma *v, const char *name, enum symbol_how how,
             struct helper_matches *out)
{
	struct known_file *f;

	if ((how != SYMBOL_CALLED && how != SYMBOL_ENDING) || strlen(name) >= HELPER_WANTED)
		return false;
	f = known_at(&h->known, v);
	if (!f->asked++ || f->unknowable)
		return false;
	if (!f->bits)
		helper_learn(h, p, vmas, v, f);
	helper_check(h, p, name);
	if (!known_lacks(f, name, how))
		return false;
	out->n = out->more = out->far = 0;
	out->tables = f->tables;
	out->near[0] = '\0';
	out->thread_local = false;
	h->late_last = false;
	return true;
}

bool
helper_find(struct helper *h, const struct proc *p, const struct vma_list *vmas,
            const struct vma *v, const char *name, enum symbol_how how, struct helper_matches *out)
{
	if (vmas && vma_has_file(v) && helper_lacks(h, p, vmas, v, name, how, out))
		return true;
	if (!helper_set_ask(h, vmas ? HELPER_FIND : HELPER_FIND_JIT, v) && vmas)
		return false;
	if (vmas)
		helper_add_maps(&h->ask, vmas, v);
	return helper_ask_matches(h, p, name, how, out);
}

bool
helper_find_vdso(struct helper *h, const struct proc *p, const struct vma *v, const uint8_t *page,
                 size_t page_size, const char *name, enum symbol_how how,
                 struct helper_matches *out)
{
	helper_set_ask(h, HELPER_FIND_VDSO, v);
	memcpy(h->ask.image, page, u64_min(page_size, sizeof(h->ask.image)));
	return helper_ask_matches(h, p, name, how, out);
}

bool
helper_node(struct helper *h, const struct proc *p, const struct vma *v, struct file_node *out)
{
	if (!helper_set_ask(h, HELPER_NODE, v) || !helper_ask(h, p))
		return false;
	*out = h->answer.node;
	return true;
}

/* --- pages ------------------------------------------------------------------------------------ */

int
helper_fault(struct helper *h, const struct proc *p, const struct vma *v, int mem, uint64_t addr)
{
	helper_set_ask(h, HELPER_FAULT, v);
	h->ask.start = addr;
	if (helper_ask_with(h, p, mem))
		return h->answer.sys;
	return h->late_last ? ETIMEDOUT : EAGAIN;
}
