/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process whose mmap_lock is held by a writer that never lets go. `stuck FOLDER [PAGES [MIB]]` makes as many
 * regions of a page each, touches so much memory, and mounts a file system of its own there, whose one file is
 * answered by a child; says "ready PID" of the process; a line on standard input has the lock taken ("held", once
 * it is), the next one lets it go ("free"), and so on.
 *
 * The child never answers a read of the file, and so its page stays locked. To map the file, opened once
 * more and then without the cache, the kernel drops its pages first, and waits for that one with the
 * mmap_lock held for writing. This is what a network file system that hangs does to a process.
 */
#include "live.h"

#include <fcntl.h>
#include <linux/fuse.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NODE = 2, SIZE = 8192 };

static char path[4096];

static volatile struct {
	uint64_t unique; /* 0: none has come yet */
	uint32_t size;
} *unanswered; /* the read; shared with the child */

/* --- the file system, in the child ------------------------------------------------------------ */

static void
reply(int dev, uint64_t unique, int error, const void *data, size_t n)
{
	char buf[sizeof(struct fuse_out_header) + SIZE];
	struct fuse_out_header h = {.len = (uint32_t)(sizeof(h) + n), .error = error, .unique = unique};

	memcpy(buf, &h, sizeof(h));
	if (n)
		memcpy(buf + sizeof(h), data, n);
	if (write(dev, buf, h.len) < 0 && errno != ENOENT)
		cannot("an answer");
}

static struct fuse_attr
attributes(uint64_t node)
{
	return (struct fuse_attr){
	    .ino = node,
	    .size = node == FILE_NODE ? SIZE : 0,
	    .mode = node == FILE_NODE ? S_IFREG | 0644 : S_IFDIR | 0755,
	    .nlink = 1,
	    .blksize = PAGE,
	};
}

static void
answer(int dev, const struct fuse_in_header *in)
{
	static unsigned opened;
	struct fuse_init_out init = {.major = FUSE_KERNEL_VERSION, .minor = 31, .max_write = PAGE};
	struct fuse_attr_out attr = {.attr_valid = 3600, .attr = attributes(in->nodeid)};
	struct fuse_entry_out entry = {
	    .nodeid = FILE_NODE, .entry_valid = 3600, .attr_valid = 3600, .attr = attributes(FILE_NODE)};
	struct fuse_open_out open = {0};

	switch (in->opcode) {
	case FUSE_INIT: reply(dev, in->unique, 0, &init, sizeof(init)); break;
	case FUSE_GETATTR: reply(dev, in->unique, 0, &attr, sizeof(attr)); break;
	case FUSE_LOOKUP: reply(dev, in->unique, 0, &entry, sizeof(entry)); break;
	case FUSE_OPEN: /* the second one, and every second from then on, without the cache */
		open.open_flags = FOPEN_KEEP_CACHE | (opened++ % 2 ? FOPEN_DIRECT_IO : 0);
		reply(dev, in->unique, 0, &open, sizeof(open));
		break;
	case FUSE_READ:
		unanswered->size = ((const struct fuse_read_in *)(in + 1))->size;
		unanswered->unique = in->unique;
		break;
	case FUSE_FORGET:
	case FUSE_BATCH_FORGET:
	case FUSE_INTERRUPT: break;
	case FUSE_RELEASE:
	case FUSE_FLUSH: reply(dev, in->unique, 0, NULL, 0); break;
	default: reply(dev, in->unique, -ENOSYS, NULL, 0); break;
	}
}

/*
 * A byte on `go` has the read answered. Whoever waits for a process that cannot be let go waits for ever, ps as
 * well: with the test's end of standard input the file system is gone, and so is the wait. (PR_SET_PDEATHSIG comes
 * too late: a process that is killed waits for the lock before it ends.)
 */
static _Noreturn void
serve(int dev, int go)
{
	static _Alignas(struct fuse_in_header) char buf[1 << 17];
	static const char zeros[SIZE];
	struct pollfd fds[] = {{dev, POLLIN, 0}, {go, POLLIN, 0}, {0, 0, 0}};

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (poll(fds, 3, -1) > 0 && !(fds[2].revents & POLLHUP)) {
		if (fds[0].revents && read(dev, buf, sizeof(buf)) > 0)
			answer(dev, (const struct fuse_in_header *)(const void *)buf);
		if (fds[1].revents && read(go, buf, 1) == 1) {
			uint64_t unique = unanswered->unique;

			unanswered->unique = 0;
			reply(dev, unique, 0, zeros, unanswered->size);
		}
	}
	_exit(0);
}

/* --- the process ------------------------------------------------------------------------------ */

static void *
read_file(void *arg)
{
	char byte;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	(void)arg;
	if (fd < 0 || read(fd, &byte, 1) < 0)
		cannot("the file");
	close(fd);
	return NULL;
}

static volatile int mapper;

static void *
map_file(void *arg)
{
	void *p;

	mapper = (int)gettid();
	p = mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE, *(int *)arg, 0);

	if (p != MAP_FAILED)
		munmap(p, PAGE);
	return NULL;
}

/* Whether that thread sleeps so that no signal wakes it, as ps has it: D. */
static bool
is_stuck(int thread)
{
	char name[64], text[512] = "";
	const char *close_paren;
	int fd;

	snprintf(name, sizeof(name), "/proc/self/task/%d/stat", thread);
	fd = open(name, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	close_paren = strrchr(text, ')');
	return close_paren && close_paren[1] && close_paren[2] == 'D';
}

static void
say(const char *word)
{
	if (write(1, word, strlen(word)) < 0)
		_exit(1);
}

static void
pause_briefly(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

/* From here to the end nothing may need the lock: no fault of a page, no malloc, no new thread. */
static void
hold(int go)
{
	pthread_t threads[2];
	char word[64];
	int fd;

	mapper = 0;
	pthread_create(&threads[0], NULL, read_file, NULL);
	while (!unanswered->unique)
		pause_briefly();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		cannot(path);
	pthread_create(&threads[1], NULL, map_file, &fd);
	while (!mapper || !is_stuck(mapper))
		pause_briefly();
	say("held\n");
	if (read(0, word, sizeof(word)) <= 0)
		_exit(0);
	if (write(go, "g", 1) != 1)
		_exit(1);
	pthread_join(threads[1], NULL);
	pthread_join(threads[0], NULL);
	close(fd);
	say("free\n");
}

/* Every other page may not be touched, or the kernel would merge them. */
static void
map_many(size_t n)
{
	char *p = mmap(NULL, (n + 1) * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		cannot("regions");
	for (size_t i = 0; i < n; i += 2)
		if (mprotect(p + i * PAGE, PAGE, PROT_NONE))
			cannot("regions");
}

static void
touch(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, size, MADV_NOHUGEPAGE))
		cannot("memory");
	memset(p, 1, size);
}

int
main(int argc, char **argv)
{
	char options[128], word[64];
	int dev = open("/dev/fuse", O_RDWR | O_CLOEXEC), go[2];

	if (argc < 2 || argc > 4) {
		fprintf(stderr, "usage: stuck FOLDER [PAGES [MIB]]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IONBF, 0);
	snprintf(path, sizeof(path), "%s/file", argv[1]);
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", dev, getuid(), getgid());
	if (dev < 0 || mount("stuck", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) || pipe2(go, O_CLOEXEC))
		cannot("a file system of our own (FUSE)");
	unanswered = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fork() == 0)
		serve(dev, go[0]);
	close(dev);
	memset(word, 0, sizeof(word));
	if (argc > 2)
		map_many(strtoul(argv[2], NULL, 10));
	if (argc > 3)
		touch(strtoul(argv[3], NULL, 10) << 20);
	printf("ready %d\n", (int)getpid());
	while (read(0, word, sizeof(word)) > 0)
		hold(go[1]);
	umount2(argv[1], MNT_DETACH);
	return 0;
}
