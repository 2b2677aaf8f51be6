/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A terminal that shows nothing and counts: what a program sends to it, and what that costs.
 *
 *   terminal COLSxROWS COMMAND...
 * runs pmtop in a terminal of that size, and does what lines on standard input say:
 *
 *   key TEXT     sends each character as a key; the next one when the last has been answered and drawn
 *   reset        counts from now on
 *   count        "FRAMES CHANGED CELLS BYTES DRAWING-NS ALL-NS": frames since then, those among them
 *                that changed cells, how many cells, bytes received; CPU time of the first thread,
 *                which draws, and of all threads
 *   raw N TIMES  writes N cells in two looks, spread over the screen, so often: "BYTES NS" of one
 * key, reset: "ok". Frames are counted by the lines of $PMTOP_STATUS_FILE, see HACKING.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"

enum { WAIT_MS = 20000 };

static const char mark[] = "\033]2;counted\a"; /* arrives after all that was sent before it */

struct counts {
	uint64_t frames, changed, cells, bytes, drawing_ns, all_ns;
};

static struct {
	unsigned cols, rows;
	int master, slave;
	int status, written; /* the status file, and what tells that it has grown */
	pid_t pid;
	char path[64], line[512]; /* a line of the status that has not ended yet */
	size_t line_n;
	uint64_t keys;   /* that were taken */
	bool idle;
	size_t mark_n;   /* characters of `mark` seen in a row */
	bool marked;
	struct counts now, from;
} t;

static void
end(void)
{
	if (t.pid > 0)
		kill(t.pid, SIGKILL);
	if (t.path[0])
		unlink(t.path);
}

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "bench/terminal: %s: %s\n", what, errno ? strerror(errno) : "it has ended, or says nothing");
	exit(1);
}

/* --- the terminal ----------------------------------------------------------------------------- */

static void
open_terminal(void)
{
	struct winsize size = {.ws_col = (unsigned short)t.cols, .ws_row = (unsigned short)t.rows};
	const char *name;

	t.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t.master < 0 || grantpt(t.master) || unlockpt(t.master) || !(name = ptsname(t.master)))
		die("a pseudoterminal");
	t.slave = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t.slave < 0 || ioctl(t.slave, TIOCSWINSZ, &size))
		die(name);
}

static void
open_status(void)
{
	snprintf(t.path, sizeof(t.path), "/tmp/bench-terminal-XXXXXX");
	t.status = mkostemp(t.path, O_CLOEXEC);
	t.written = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (t.status < 0 || t.written < 0 || inotify_add_watch(t.written, t.path, IN_MODIFY) < 0)
		die(t.path);
}

static void
start(char **argv)
{
	t.pid = fork();
	if (t.pid < 0)
		die("fork");
	if (t.pid)
		return;
	setsid();
	ioctl(t.slave, TIOCSCTTY, 0);
	for (int fd = 0; fd < 3; fd++)
		dup2(t.slave, fd);
	setenv("PMTOP_STATUS_FILE", t.path, 1);
	setenv("TERM", "xterm-256color", 1);
	setenv("LC_ALL", "C.UTF-8", 1);
	unsetenv("NO_COLOR");
	execvp(argv[0], argv);
	_exit(127);
}

/* --- what comes from it ----------------------------------------------------------------------- */

static uint64_t
field(const char *line, const char *name)
{
	const char *s = strstr(line, name), *stop;
	uint64_t v = 0;

	if (s)
		parse_u64(s + strlen(name), 10, &stop, &v);
	return v;
}

static void
take_line(const char *line)
{
	uint64_t cells = field(line, " cells=");

	t.now.frames++;
	t.now.cells += cells;
	t.now.changed += cells > 0;
	t.keys = field(line, " keys=");
	t.idle = field(line, " idle=") == 1;
}

static void
take_status(void)
{
	char events[4096], *nl;
	ssize_t n;

	while (read(t.written, events, sizeof(events)) > 0)
		;
	while ((n = read(t.status, t.line + t.line_n, sizeof(t.line) - 1 - t.line_n)) > 0) {
		t.line_n += (size_t)n;
		t.line[t.line_n] = '\0';
		while ((nl = strchr(t.line, '\n'))) {
			*nl = '\0';
			take_line(t.line);
			t.line_n -= (size_t)(nl + 1 - t.line);
			memmove(t.line, nl + 1, t.line_n + 1);
		}
	}
}

static void
take_bytes(void)
{
	static char buf[65536];
	ssize_t n = read(t.master, buf, sizeof(buf));

	if (n <= 0)
		die("the terminal");
	t.now.bytes += (uint64_t)n;
	for (ssize_t i = 0; i < n && !t.marked; i++) {
		t.mark_n = buf[i] == mark[t.mark_n] ? t.mark_n + 1 : buf[i] == mark[0];
		t.marked = t.mark_n == sizeof(mark) - 1;
	}
}

static void
take(void)
{
	struct pollfd fds[] = {{t.master, POLLIN, 0}, {t.written, POLLIN, 0}};
	int n = poll(fds, 2, WAIT_MS);

	if (n < 0 && errno == EINTR)
		return;
	errno = n < 0 ? errno : 0;
	if (n <= 0 || waitpid(t.pid, NULL, WNOHANG)) {
		t.pid = n <= 0 ? t.pid : 0;
		die("the program");
	}
	if (fds[0].revents)
		take_bytes();
	if (fds[1].revents)
		take_status();
}

/* All that was sent until now has been read and counted. */
static void
settle(void)
{
	t.marked = false;
	t.mark_n = 0;
	if (write(t.slave, mark, sizeof(mark) - 1) != sizeof(mark) - 1)
		die("the terminal");
	while (!t.marked)
		take();
	t.now.bytes -= sizeof(mark) - 1;
}

/* --- the work --------------------------------------------------------------------------------- */

/* The scheduler's own account: to the nanosecond, of another process's thread as well. */
static uint64_t
thread_ns(const char *tid)
{
	char path[80], text[80];
	const char *stop;
	uint64_t ns = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%s/schedstat", (int)t.pid, tid);
	f = fopen(path, "r");
	if (!f || !fgets(text, sizeof(text), f) || !parse_u64(text, 10, &stop, &ns))
		die(path);
	fclose(f);
	return ns;
}

static void
take_times(void)
{
	clockid_t clock;
	struct timespec all;
	char tid[16];

	snprintf(tid, sizeof(tid), "%d", (int)t.pid);
	t.now.drawing_ns = thread_ns(tid);
	errno = clock_getcpuclockid(t.pid, &clock);
	if (errno || clock_gettime(clock, &all))
		die("the CPU time");
	t.now.all_ns = (uint64_t)all.tv_sec * 1000000000 + (uint64_t)all.tv_nsec;
}

static void
press(const char *text)
{
	for (; *text && *text != '\n'; text++) {
		uint64_t before = t.keys;

		if (write(t.master, text, 1) != 1)
			die("the terminal");
		do
			take();
		while (t.keys == before || !t.idle);
	}
	settle();
	puts("ok");
}

static void
count(void)
{
	const struct counts *a = &t.now, *b = &t.from;

	take_times();
	printf("%ju %ju %ju %ju %ju %ju\n", (uintmax_t)(a->frames - b->frames), (uintmax_t)(a->changed - b->changed),
	       (uintmax_t)(a->cells - b->cells), (uintmax_t)(a->bytes - b->bytes),
	       (uintmax_t)(a->drawing_ns - b->drawing_ns), (uintmax_t)(a->all_ns - b->all_ns));
}

/*
 * The least that shows n cells of two looks, mixed at random: the cursor is moved where a cell does
 * not follow the one before, the colours are told where they are others.
 */
static void
raw_frame(struct buf *out, uint64_t n, uint64_t random)
{
	uint64_t all = (uint64_t)t.cols * t.rows, last = all;
	unsigned look = 2;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t at = i * all / n;
		unsigned mine;

		random ^= random << 13;
		random ^= random >> 7;
		random ^= random << 17;
		mine = random >> 40 & 1;
		if (at != last + 1 || at % t.cols == 0)
			buf_fmt(out, "\033[%u;%uH", (unsigned)(at / t.cols + 1), (unsigned)(at % t.cols + 1));
		if (mine != look)
			buf_str(out, mine ? "\033[38;5;231;48;5;25m" : "\033[38;5;244;48;5;235m");
		buf_str(out, mine ? "a" : " ");
		look = mine;
		last = at;
	}
}

/* In a process of its own, whose CPU time is that of the writing; somebody has to read, too. */
static void
raw_writer(const struct buf *frames, uint64_t times, int tell)
{
	struct timespec ts[2];
	uint64_t ns[2];

	for (int k = 0; k < 2; k++) {
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts[k]);
		ns[k] = (uint64_t)ts[k].tv_sec * 1000000000 + (uint64_t)ts[k].tv_nsec;
		for (uint64_t i = 0; !k && i < times; i++) {
			const struct buf *b = &frames[i & 1];
			ssize_t n;

			for (size_t done = 0; done < b->len; done += (size_t)n)
				if ((n = write(t.slave, b->s + done, b->len - done)) <= 0)
					_exit(1);
		}
	}
	ns[1] -= ns[0];
	_exit(write(tell, &ns[1], sizeof(ns[1])) != sizeof(ns[1]));
}

static void
raw(uint64_t n, uint64_t times)
{
	struct buf frames[2] = {{0}, {0}};
	uint64_t ns = 0;
	int fds[2];
	pid_t pid;

	raw_frame(&frames[0], n, 88172645463325252);
	raw_frame(&frames[1], n, 1442695040888963407);
	if (pipe(fds) || (pid = fork()) < 0)
		die("fork");
	if (!pid) {
		t.pid = 0;
		raw_writer(frames, times, fds[1]);
	}
	close(fds[1]);
	for (struct pollfd p[] = {{t.master, POLLIN, 0}, {fds[0], POLLIN, 0}}; poll(p, 2, WAIT_MS) > 0;) {
		if (p[0].revents)
			take_bytes();
		else if (p[1].revents)
			break;
	}
	if (read(fds[0], &ns, sizeof(ns)) != sizeof(ns))
		die("the raw writer");
	close(fds[0]);
	waitpid(pid, NULL, 0);
	settle();
	printf("%zu %ju\n", (frames[0].len + frames[1].len) / 2, (uintmax_t)(ns / times));
	buf_free(&frames[0]);
	buf_free(&frames[1]);
}

static void
serve(const char *line)
{
	uintmax_t n, times;

	if (!strncmp(line, "key ", 4)) {
		press(line + 4);
	} else if (!strcmp(line, "reset\n")) {
		take_times();
		t.from = t.now;
		puts("ok");
	} else if (!strcmp(line, "count\n")) {
		count();
	} else if (sscanf(line, "raw %ju %ju", &n, &times) == 2 && n && times && n <= (uintmax_t)t.cols * t.rows) {
		raw(n, times);
	} else {
		fprintf(stderr, "bench/terminal: not understood: %s", line);
		exit(2);
	}
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char line[512];

	if (argc < 3 || sscanf(argv[1], "%ux%u", &t.cols, &t.rows) != 2 || !t.cols || !t.rows) {
		fprintf(stderr, "Usage: bench/terminal COLSxROWS COMMAND...\n");
		return 2;
	}
	atexit(end);
	open_terminal();
	open_status();
	start(argv + 2);
	while (!t.idle)
		take();
	unlink(t.path); /* it is open on both sides */
	t.path[0] = '\0';
	settle();
	while (fgets(line, sizeof(line), stdin))
		serve(line);
	return 0;
}
