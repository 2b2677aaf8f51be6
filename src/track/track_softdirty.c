/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Soft-dirty: bit 55, cleared by a write to clear_refs
 * (Documentation/admin-guide/mm/soft-dirty.rst). */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "track/tracker_ops.h"

/* --- the probe: what really happens to bit 55 of a page of our own ---------------------------- */

static int
track_softdirty_own_bit(int pagemap, const volatile char *p, size_t page_size)
{
	uint64_t word;
	off_t at = (off_t)((uintptr_t)p / page_size * sizeof(word));

	if (pread(pagemap, &word, sizeof(word), at) != sizeof(word))
		return -1;
	return word & PM_SOFT_DIRTY ? 1 : 0;
}

/* A fresh page, cleared, written again. */
static int
track_softdirty_round_trip(void)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);
	int pagemap = open(PROC_ROOT "/self/pagemap", O_RDONLY | O_CLOEXEC);
	int clear = open(PROC_ROOT "/self/clear_refs", O_WRONLY | O_CLOEXEC);
	volatile char *p = mmap(NULL, 2 * page_size, PROT_READ | PROT_WRITE,
	                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pagemap < 0 || clear < 0 || p == MAP_FAILED)
		return 2;
	p[0] = p[page_size] = 1;
	if (track_softdirty_own_bit(pagemap, p, page_size) != 1)
		return 1;
	if (write(clear, PM_CLEAR_SOFT_DIRTY, 1) != 1 ||
	    track_softdirty_own_bit(pagemap, p, page_size) != 0)
		return 1;
	p[0] = 2;
	return track_softdirty_own_bit(pagemap, p, page_size) == 1 &&
	               track_softdirty_own_bit(pagemap, p + page_size, page_size) == 0
	           ? 0
	           : 1;
}

int
soft_dirty_round_trip(void)
{
	return track_try(track_softdirty_round_trip);
}

bool
soft_dirty_probe(struct track_status *s, const struct proc *p)
{
	int fd = proc_file(p, "clear_refs", O_WRONLY);

	if (fd < 0)
		return track_cannot(s, errno == EACCES ? "no permission to write its clear_refs"
		                                       : "it has no clear_refs to write to",
		                    proc_bar_help(proc_bar_of(p)));
	close(fd);
	if (!p->live)
		return true; /* a folder: the file is there, and stands for a kernel that has it */
	switch (soft_dirty_round_trip()) {
	case 0:
		return true;
	case 1:
		return track_cannot(s,
		                    "this kernel lacks CONFIG_MEM_SOFT_DIRTY: a clear does nothing",
		                    "use one that has it, such as Debian's on x86-64");
	case TRY_NO_CHILD:
		return track_cannot_try(s);
	}
	return track_cannot(s, "soft-dirty could not be tried on an own page", "is /proc mounted?");
}

/* Through a directory that no longer has the memory it succeeds, and does nothing. */
static int
track_softdirty_try_clear(int dir)
{
	int fd = file_open(dir, "clear_refs", O_WRONLY), r = -1, sys;

	if (fd >= 0 && write(fd, PM_CLEAR_SOFT_DIRTY, 1) == 1)
		r = 0;
	sys = errno;
	if (fd >= 0)
		close(fd);
	errno = sys;
	return r;
}

int
soft_dirty_clear(const struct proc *p, struct err *err)
{
	enum { TRIES = 4 }; /* threads that end just then, of a process whose main thread has */
	int r = -1, sys = ESRCH;

	for (int i = 0; i < TRIES; i++) {
		int dir = proc_dir(p);
		bool lives;

		r = dir < 0 ? -1 : track_softdirty_try_clear(dir);
		sys = errno;
		lives = dir >= 0 && (!p->live || proc_has_memory(dir));
		if (dir >= 0)
			close(dir);
		if (lives)
			break;
		r = -1;
		sys = ESRCH;
	}
	errno = sys;
	return r == 0 ? 0
	              : err_sys(err, sys == ESRCH ? NULL : proc_bar_help(proc_bar_of(p)),
	                        "cannot clear the soft-dirty bits of process %d (%s)", (int)p->pid,
	                        p->comm);
}
