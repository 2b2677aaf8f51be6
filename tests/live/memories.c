/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory of every kind, under names that say little or are wrong. `memories FOLDER` mounts below FOLDER
 * in a mount namespace of its own, says "NAME ADDRESS" (hexadecimal) for each mapping that this
 * kernel and these privileges allow, then "ready PID", and stays until its standard input ends.
 */
#include "live.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/if_packet.h>
#include <linux/io_uring.h>
#include <linux/perf_event.h>
#include <net/ethernet.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define SIZE (8 * PAGE)
#define WRITTEN (4 * PAGE)
enum { HUGE = 2 << 20 };

static char folder[256];

static const char *
path_of(const char *name)
{
	static char path[600];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	return path;
}

/* --- saying ----------------------------------------------------------------------------------- */

static void
print_address(const char *name, const void *at)
{
	if (at && at != MAP_FAILED)
		printf("%s %lx\n", name, (unsigned long)at);
}

/*
 * Maps fd, writes the first bytes of it, and says so. Takes fd over. Huge pages are reserved, or
 * there are none.
 */
static void
map(const char *name, int fd, size_t size, int flags, size_t written)
{
	char *p = fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, flags, fd, 0);

	for (size_t i = 0; p != MAP_FAILED && i < written; i += PAGE)
		p[i] = 1;
	print_address(name, p);
	if (fd >= 0)
		close(fd);
}

/* --- files ------------------------------------------------------------------------------------ */

static int
file(const char *path, size_t size)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0 && ftruncate(fd, (off_t)size) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static int
sized(int fd, size_t size)
{
	return fd >= 0 && ftruncate(fd, (off_t)size) < 0 ? -1 : fd;
}

static bool
mounted(const char *name, const char *type, const char *options)
{
	return mkdir(path_of(name), 0755) == 0 &&
	       mount("none", path_of(name), type, 0, options) == 0;
}

static void
map_mounted(void)
{
	if (mounted("tmpfs", "tmpfs", "")) {
		map("tmpfs", file(path_of("tmpfs/segment"), SIZE), SIZE, MAP_SHARED, WRITTEN);
		map("tmpfs-private", file(path_of("tmpfs/segment"), SIZE), SIZE, MAP_PRIVATE, PAGE);
		if (mknod(path_of("tmpfs/nothing"), S_IFCHR | 0600, makedev(1, 5)) == 0)
			map("zero-elsewhere", open(path_of("tmpfs/nothing"), O_RDWR), SIZE,
			    MAP_PRIVATE, WRITTEN);
	}
	if (mounted("ramfs", "ramfs", ""))
		map("ramfs", file(path_of("ramfs/segment"), SIZE), SIZE, MAP_SHARED, WRITTEN);
	if (mounted("huge", "hugetlbfs", "pagesize=2M"))
		map("hugetlbfs", file(path_of("huge/rtemap_0"), HUGE), HUGE, MAP_SHARED, PAGE);
}

/* Mounts that are taken away while a file of theirs is mapped: no list of mounts has them. */
static void
map_unmounted(void)
{
	if (mounted("gone", "tmpfs", "")) {
		map("tmpfs-gone", file(path_of("gone/segment"), SIZE), SIZE, MAP_SHARED, WRITTEN);
		umount2(path_of("gone"), MNT_DETACH);
	}
	if (mounted("gone-huge", "hugetlbfs", "pagesize=2M")) {
		map("hugetlbfs-gone", file(path_of("gone-huge/segment"), HUGE), HUGE, MAP_SHARED,
		    PAGE);
		umount2(path_of("gone-huge"), MNT_DETACH);
	}
}

/* Plain files on a disk whose names are those of other memory. */
static void
map_liars(void)
{
	static const struct {
		const char *name, *path;
	} liars[] = {
	    {"liar-heap", "[heap]"},
	    {"liar-deleted", "x (deleted)"},
	    {"liar-memfd", "memfd:x"},
	    {"liar-sysv", "SYSV00000000"},
	    {"liar-anon-hugepage", "anon_hugepage"},
	    {"liar-zero", "zero (deleted)"},
	};

	for (size_t i = 0; i < sizeof(liars) / sizeof(liars[0]); i++)
		map(liars[i].name, file(path_of(liars[i].path), SIZE), SIZE, MAP_SHARED, WRITTEN);
}

static void
map_devices(void)
{
	if (mknod(path_of("nothing"), S_IFCHR | 0600, makedev(1, 5)) == 0)
		map("zero-on-disk", open(path_of("nothing"), O_RDWR), SIZE, MAP_PRIVATE, WRITTEN);
	map("zero-private", open("/dev/zero", O_RDWR), SIZE, MAP_PRIVATE, WRITTEN);
	map("zero-shared", open("/dev/zero", O_RDWR), SIZE, MAP_SHARED, WRITTEN);
	map("in-dev", file("/dev/pmtop-live-ordinary", SIZE), SIZE, MAP_SHARED, WRITTEN);
	unlink("/dev/pmtop-live-ordinary");
}

/* --- what has no file ------------------------------------------------------------------------- */

static void
map_nameless(void)
{
	int id = shmget(IPC_PRIVATE, SIZE, 0600);
	char *p = id < 0 ? NULL : shmat(id, NULL, 0);

	if (id >= 0)
		shmctl(id, IPC_RMID, NULL);
	if (p && p != (void *)-1) {
		p[0] = 1;
		print_address("sysv", p);
	}
	map("memfd", sized(memfd_create("x", 0), SIZE), SIZE, MAP_SHARED, WRITTEN);
	map("memfd-huge", sized(memfd_create("x", MFD_HUGETLB), HUGE), HUGE, MAP_SHARED, PAGE);
#ifdef SYS_memfd_secret
	map("secret", sized((int)syscall(SYS_memfd_secret, 0), SIZE), SIZE, MAP_SHARED, WRITTEN);
#endif
}

static void
map_rings(void)
{
	struct tpacket_req req = {
	    .tp_block_size = 4 * PAGE, .tp_block_nr = 4, .tp_frame_size = 2048, .tp_frame_nr = 32};
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr),
	                               .config = PERF_COUNT_SW_DUMMY, .exclude_kernel = 1};
	struct io_uring_params params = {0};
	aio_context_t aio = 0;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd >= 0 && setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &req, sizeof(req)) == 0)
		map("packet", fd, 16 * PAGE, MAP_SHARED, 0);
	fd = (int)syscall(SYS_io_uring_setup, 8, &params);
	if (fd >= 0) {
		print_address("io-uring", mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
		                      fd, IORING_OFF_SQ_RING));
		print_address("io-uring-cq", mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		                         MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_CQ_RING));
		print_address("io-uring-sqes", mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
		                           MAP_SHARED | MAP_POPULATE, fd, IORING_OFF_SQES));
	}
	if (syscall(SYS_io_setup, 8, &aio) == 0) {
		(void)*(volatile char *)aio;
		print_address("aio", (void *)aio);
	}
	map("perf", (int)syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0), 9 * PAGE, MAP_SHARED,
	    0);
}

int
main(int argc, char **argv)
{
	char text[16];

	if (argc < 2 || strlen(argv[1]) >= sizeof(folder))
		return 2;
	strcpy(folder, argv[1]);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		cannot("a mount namespace");
	map_mounted();
	map_unmounted();
	map_liars();
	map_devices();
	map_nameless();
	map_rings();
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	while (read(0, text, sizeof(text)) > 0)
		;
	return 0;
}
