/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A process for pmtop to name addresses of, and what may stand in its way:
 *
 *	mapper maps         says "NAME ADDRESS" for places of its own, then "ready PID"
 *	mapper hang DIR     the same from a file on a FUSE file system of its own, mounted on DIR
 *	                    where nobody else sees it; after SIGUSR1 its server answers nothing more
 *	mapper watch PATH   says how often PATH was opened, once its standard input has ended
 *
 * The first two end with their standard input.
 */
#include "live.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <linux/fuse.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

static _Noreturn void
die(const char *what)
{
	fprintf(stderr, "mapper: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* --- maps ------------------------------------------------------------------------------------- */

enum { EMPTY_SIZE = 1 << 16 };

int landmark(int n);
int landmark_cxx(int n) __asm__("_ZN8landmark4callERKSsi");
int landmark_rust(int n) __asm__("_RNvNtCs1234_8landmark4call4rust");
int landmark_rust_old(int n) __asm__("_ZN8landmark4call17h0123456789abcdefE");
int landmark_data[64] = {1};
int landmark_bss[1 << 20];
static __thread int landmark_thread = 1;
static volatile sig_atomic_t hanging;

int
landmark(int n)
{
	return n + landmark_data[n & 63] + landmark_thread;
}

int
landmark_cxx(int n)
{
	return landmark(n) + 1;
}

int
landmark_rust(int n)
{
	return landmark(n) + 2;
}

int
landmark_rust_old(int n)
{
	return landmark(n) + 3;
}

static void
say(const char *name, const void *at)
{
	printf("%s %#lx\n", name, (unsigned long)at);
}

/* What ld.so calls the program's bias, from the program headers. */
static uintptr_t
bias_of(const ElfW(Phdr) *headers)
{
	return (uintptr_t)headers - headers[0].p_vaddr; /* the first is PT_PHDR */
}

static const ElfW(Phdr) *
text_of(const ElfW(Phdr) *headers, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (headers[i].p_type == PT_LOAD && headers[i].p_flags & PF_X)
			return &headers[i];
	die("a program without text");
}

/* Copies of the program's file, none of which is the program: names in them would be wrong. */
static void
map_copies(const ElfW(Phdr) *headers, size_t n)
{
	const ElfW(Phdr) *text = text_of(headers, n);
	size_t page = (size_t)sysconf(_SC_PAGESIZE), from = text->p_offset & ~(page - 1);
	uintptr_t bias = bias_of(headers);
	size_t in_text =
	    (uintptr_t)landmark - bias - text->p_vaddr + text->p_offset; /* offset in the file */
	int fd = open("/proc/self/exe", O_RDONLY);
	struct stat st;
	char *whole, *code, *part, *head;

	if (fd < 0 || fstat(fd, &st) < 0)
		die("/proc/self/exe");
	/* below the program, where mmap goes by itself and a file's lowest mapping then is */
	head = mmap((char *)bias - 64 * page, page, PROT_READ, MAP_PRIVATE, fd, 0);
	whole = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	code = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	part =
	    mmap(NULL, text->p_filesz + page, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, (off_t)from);
	if (head == MAP_FAILED || whole == MAP_FAILED || code == MAP_FAILED || part == MAP_FAILED)
		die("mmap");
	say("none_head", head + sizeof(ElfW(Ehdr)));
	say("none_whole", whole + in_text);
	say("none_shared", code + in_text);
	say("none_part", part + (in_text - from));
	close(fd);
}

/* By the table up to the strings, which follow it in every vdso. */
static void
say_vdso(void)
{
	const char *base = (const char *)getauxval(AT_SYSINFO_EHDR), *names = NULL; // NOLINT
	const ElfW(Phdr) *h =
	    base ? (const void *)(base + ((const ElfW(Ehdr) *)base)->e_phoff) : NULL;
	const ElfW(Sym) *s = NULL;

	for (unsigned i = 0; base && i < ((const ElfW(Ehdr) *)base)->e_phnum; i++)
		for (const ElfW(Dyn) *d = (const void *)(base + h[i].p_offset);
		     h[i].p_type == PT_DYNAMIC && d->d_tag; d++) {
			if (d->d_tag == DT_SYMTAB)
				s = (const void *)(base + d->d_un.d_ptr);
			else if (d->d_tag == DT_STRTAB)
				names = base + d->d_un.d_ptr;
		}
	for (; s && (const char *)(s + 1) <= names; s++)
		if (strstr(names + s->st_name, "vdso_clock_gettime") ||
		    strstr(names + s->st_name, "kernel_clock_gettime"))
			say(names + s->st_name, base + s->st_value);
}

static void
wait_for_end(void)
{
	char byte;

	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
}

/* Of a file that nobody has read: the page cache has none of it. */
static void
map_unread(const char *dir)
{
	char path[4096];
	void *at;
	int fd;

	snprintf(path, sizeof(path), "%s/e", dir);
	fd = open(path, O_RDONLY);
	at = fd < 0 ? MAP_FAILED : mmap(NULL, EMPTY_SIZE, PROT_READ, MAP_PRIVATE, fd, 0);
	if (at == MAP_FAILED)
		die(path);
	say("none_unread", at);
	close(fd);
}

static int
maps(const char *dir)
{
	const ElfW(Phdr) *headers = (const void *)getauxval(AT_PHDR); // NOLINT

	landmark_bss[1 << 19] = landmark(1);
	say("landmark", (void *)(uintptr_t)landmark);
	say("mangled__ZN8landmark4callERKSsi", (void *)(uintptr_t)landmark_cxx);
	say("mangled__RNvNtCs1234_8landmark4call4rust", (void *)(uintptr_t)landmark_rust);
	say("mangled__ZN8landmark4call17h0123456789abcdefE", (void *)(uintptr_t)landmark_rust_old);
	say("landmark_data+0x40", &landmark_data[16]);
	say("landmark_bss+0x200000", &landmark_bss[1 << 19]);
	say("landmark_bss+0x3ffffc", &landmark_bss[(1 << 20) - 1]);
	say("none_thread", &landmark_thread);
	say_vdso();
	if (headers)
		map_copies(headers, getauxval(AT_PHNUM));
	if (dir)
		map_unread(dir);
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	wait_for_end();
	return 0;
}

/* --- a file system that hangs ----------------------------------------------------------------- */

static void
hang(int sig)
{
	(void)sig;
	hanging = 1;
}

struct request {
	struct fuse_in_header head;
	char rest[1 << 17];
};

struct reply {
	struct fuse_out_header head;
	char rest[1 << 17];
};

static struct fuse_attr
attr_of(uint64_t node, int file)
{
	struct stat st;

	if (node == 1)
		return (struct fuse_attr){
		    .ino = 1, .mode = S_IFDIR | 0755, .nlink = 2, .blksize = 4096};
	if (node == 3)
		return (struct fuse_attr){.ino = 3,
		                          .size = EMPTY_SIZE,
		                          .mode = S_IFREG | 0644,
		                          .nlink = 1,
		                          .blksize = 4096};
	if (fstat(file, &st) < 0)
		die("fstat");
	return (struct fuse_attr){.ino = 2,
	                          .size = (uint64_t)st.st_size,
	                          .mode = S_IFREG | 0755,
	                          .nlink = 1,
	                          .blksize = 4096};
}

/*
 * Two files: "f", the program, and "e", empty pages. Returns the length without the head, or
 * -errno.
 */
static int
answer(const struct request *r, char *out, int file)
{
	uint64_t node;
	ssize_t n;

	switch (r->head.opcode) {
	case FUSE_INIT:
		*(struct fuse_init_out *)out = (struct fuse_init_out){
		    .major = 7, .minor = 31, .max_readahead = 1 << 16, .max_write = 1 << 16};
		return sizeof(struct fuse_init_out);
	case FUSE_LOOKUP:
		node = !strcmp(r->rest, "f") ? 2 : 3;
		if (strcmp(r->rest, node == 2 ? "f" : "e") != 0)
			return -ENOENT;
		*(struct fuse_entry_out *)out =
		    (struct fuse_entry_out){.nodeid = node, .attr = attr_of(node, file)};
		return sizeof(struct fuse_entry_out);
	case FUSE_GETATTR:
		*(struct fuse_attr_out *)out =
		    (struct fuse_attr_out){.attr = attr_of(r->head.nodeid, file)};
		return sizeof(struct fuse_attr_out);
	case FUSE_OPEN:
	case FUSE_OPENDIR:
		*(struct fuse_open_out *)out = (struct fuse_open_out){0};
		return sizeof(struct fuse_open_out);
	case FUSE_READ:
		n = pread(file, out, ((const struct fuse_read_in *)r->rest)->size,
		          (off_t)((const struct fuse_read_in *)r->rest)->offset);
		return n < 0 ? -errno : (int)n;
	case FUSE_FLUSH:
	case FUSE_RELEASE:
	case FUSE_ACCESS:
		return 0;
	default:
		return -ENOSYS;
	}
}

static void
serve(int fuse, int file)
{
	static struct request r;
	static struct reply a;

	for (;;) {
		ssize_t n = read(fuse, &r, sizeof(r));
		int size;

		if (n < 0 && errno != EINTR && errno != EAGAIN && errno != ENOENT)
			return;
		if (n < (ssize_t)sizeof(r.head) || hanging || r.head.opcode == FUSE_FORGET ||
		    r.head.opcode == FUSE_BATCH_FORGET)
			continue;
		memset(a.rest, 0, 256);
		size = answer(&r, a.rest, file);
		a.head = (struct fuse_out_header){
		    .unique = r.head.unique,
		    .error = size < 0 ? size : 0,
		    .len = (uint32_t)(sizeof(a.head) + (size > 0 ? (size_t)size : 0))};
		if (write(fuse, &a, a.head.len) < 0 && errno != ENOENT && errno != EINTR)
			die("write to /dev/fuse");
	}
}

static int
serve_and_run(const char *dir)
{
	int fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC),
	    file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	char options[96], path[4096];
	pid_t server = getpid();

	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other",
	         fuse);
	if (fuse < 0 || file < 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("hang", dir, "fuse.hang", MS_NODEV, options) < 0)
		cannot("mount a FUSE file system");
	sigaction(SIGUSR1, &(struct sigaction){.sa_handler = hang}, NULL);
	snprintf(path, sizeof(path), "%s/f", dir);
	if (fork() == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == server)
			execl(path, "mapper", "maps", dir, (char *)NULL);
		_exit(1);
	}
	serve(fuse, file);
	return 0;
}

/* --- who opens -------------------------------------------------------------------------------- */

static int
watch(const char *path)
{
	char events[4096];
	unsigned opened = 0;
	int fd = inotify_init1(IN_NONBLOCK);
	ssize_t n;

	if (fd < 0 || inotify_add_watch(fd, path, IN_OPEN) < 0)
		die(path);
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	wait_for_end();
	while ((n = read(fd, events, sizeof(events))) > 0)
		/* of a file, without names */
		opened += (unsigned)(n / (ssize_t)sizeof(struct inotify_event));
	printf("opened %u\n", opened);
	return 0;
}

int
main(int argc, char **argv)
{
	if ((argc == 2 || argc == 3) && !strcmp(argv[1], "maps"))
		return maps(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "hang"))
		return serve_and_run(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "watch"))
		return watch(argv[2]);
	fprintf(stderr, "usage: mapper maps [DIR] | hang DIR | watch PATH\n");
	return 2;
}
