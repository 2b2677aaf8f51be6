/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "fake.h"
#include "kernel/mounts.h"
#include "kernel/proc.h"
#include "tap.h"

static const char text[] =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "24 27 0:6 / /dev rw,relatime - devtmpfs udev rw,mode=755\n"
    "25 24 0:23 / /dev/shm rw,nosuid,nodev shared:3 master:1 - tmpfs tmpfs rw\n"
    "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw\n"
    "31 27 0:40 / /mnt/huge rw - hugetlbfs none rw,pagesize=2M\n"
    "32 27 0:41 /sub /srv/a\\040b\\134c\\012d rw - btrfs /dev/vdb rw,subvol=/sub\n"
    "33 27 0:41 /other /srv/other rw - btrfs /dev/vdb rw,subvol=/other\n"
    "34 27 0:42 / /home/me/far rw,nosuid - fuse.sshfs me@there:/ rw\n"
    "35 27 0:43 / /n rw - nfs4 server:/x - rw\n"
    "36 27 259:1048575 / /big rw - xfs /dev/nvme0n1p1 rw\n";

static const struct {
	uint32_t major, minor;
	const char *type;
	enum mount_kind kind;
} by_device[] = {
    {0, 21, "proc", MOUNT_DRIVER},       {0, 6, "devtmpfs", MOUNT_NODES},
    {0, 23, "tmpfs", MOUNT_MEMORY},      {254, 0, "ext4", MOUNT_DISK},
    {0, 40, "hugetlbfs", MOUNT_HUGETLB}, {0, 41, "btrfs", MOUNT_DISK},
    {0, 42, "fuse.sshfs", MOUNT_REMOTE}, {0, 43, "nfs4", MOUNT_REMOTE},
    {259, 1048575, "xfs", MOUNT_DISK},
};

static void
test_typical(void)
{
	struct mounts m;

	mounts_parse(&m, mem_strdup(text));
	ok(m.n == 10 && m.known, "ten mounts, understood");
	for (size_t i = 0; i < ARRAY_LEN(by_device); i++) {
		const struct mount *one =
		    mounts_by_device(&m, by_device[i].major, by_device[i].minor);

		ok(one && one->kind == by_device[i].kind, by_device[i].type);
		is_str(one ? one->type : NULL, by_device[i].type, "its type");
	}
	ok(!mounts_by_device(&m, 0, 0) && !mounts_by_device(&m, 254, 1) &&
	       !mounts_by_device(&m, 21, 0),
	   "no mount has these devices");
	ok(mounts_by_id(&m, 32) && !strcmp(mounts_by_id(&m, 32)->point, "/srv/a b\\c\nd"),
	   "the escapes of a mount point are decoded");
	ok(mounts_by_id(&m, 33) && mounts_by_id(&m, 33)->dev_minor == 41 && !mounts_by_id(&m, 1),
	   "by number");
	mounts_free(&m);
	ok(!m.v && !m.n && !m.text && !mounts_by_id(&m, 22), "mounts_free leaves nothing");
}

/* What a name can hold must not become a field, and what is no line must not become a mount. */
static void
test_odd(void)
{
	static const char *const none[] = {
	    "",
	    "\n",
	    "22",
	    "22 27",
	    "22 27 0:21 / /proc rw - ",
	    "22 27 0:21 / /proc rw proc proc rw",
	    "x 27 0:21 / /p rw - proc proc rw",
	    "22 27 0-21 / /p rw - proc proc rw",
	    "22 27 0:21x / /p rw - proc proc rw",
	    "22 27 4294967296:1 / /p rw - proc proc rw",
	    "\n22 - - - - - -",
	};
	struct mounts m;

	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		mounts_parse(&m, mem_strdup(none[i]));
		ok(m.n == 0, "no mount");
		ok(m.known == !none[i][0], "and not whole if there was a line");
		mounts_free(&m);
	}
	mounts_parse(&m, mem_strdup("1 1 8:1 / /a\\040-\\040tmpfs rw - ext4 /dev/x rw\n"
	                            "2 1 8:2 / /\\999 rw - ext4"));
	is_str(mounts_by_device(&m, 8, 1)->type, "ext4", "a name that looks like a type is a name");
	is_str(mounts_by_device(&m, 8, 2)->point, "/\\999", "what is no escape stays");
	ok(m.known, "a line without its last fields still says which file system");
	mounts_free(&m);
}

static void
test_names_alike(void)
{
	struct mounts m;

	mounts_parse(&m, mem_strdup("1 1 0:1 / /a rw - tmpfsx x rw\n"
	                            "2 1 0:2 / /b rw - fuse x rw\n"
	                            "3 1 0:3 / /c rw - tmp x rw\n"
	                            "4 1 0:4 / /d rw - fuseblk x rw\n"));
	ok(mounts_by_device(&m, 0, 1)->kind == MOUNT_DISK &&
	       mounts_by_device(&m, 0, 3)->kind == MOUNT_DISK,
	   "a longer and a shorter name are others");
	ok(mounts_by_device(&m, 0, 2)->kind == MOUNT_REMOTE &&
	       mounts_by_device(&m, 0, 4)->kind == MOUNT_REMOTE,
	   "with and without a server's name");
	mounts_free(&m);
	mounts_parse(&m, mem_strdup("1 1 0:7 / /srv/dev rw - tmpfs t rw\n"
	                            "2 1 0:7 / /dev rw - tmpfs t rw\n"
	                            "3 1 0:7 /shm /dev/shm rw - tmpfs t rw\n"
	                            "4 1 0:8 / /dev/shm rw - tmpfs t rw\n"));
	ok(mounts_by_device(&m, 0, 7)->kind == MOUNT_NODES,
	   "a container's /dev, wherever else it is mounted");
	ok(mounts_by_device(&m, 0, 8)->kind == MOUNT_MEMORY, "and one mounted below it");
	mounts_free(&m);
}

/* Against the kernel: the folder we are in has the device that its mount has. */
static void
test_own(void)
{
	struct mounts m;
	struct proc p;
	struct err err;
	struct stat st;

	if (proc_open(&p, "/proc", getpid(), &err) < 0 || !mounts_read(&m, p.leader)) {
		ok(true, "own mounts # SKIP cannot read them");
		return;
	}
	ok(m.known && m.n > 0, "our own mounts are understood, all of them");
	ok(stat("/proc", &st) == 0 && mounts_by_device(&m, major(st.st_dev), minor(st.st_dev)) &&
	       !strcmp(mounts_by_device(&m, major(st.st_dev), minor(st.st_dev))->type, "proc"),
	   "/proc is a proc");
	mounts_free(&m);
	proc_close(&p);
}

int
main(void)
{
	tap_start();
	test_typical();
	test_odd();
	test_names_alike();
	test_own();
	return tap_done();
}
