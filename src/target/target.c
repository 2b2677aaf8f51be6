/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"

static int
target_open_maps(struct target *t, struct err *err)
{
	char how[192];

	t->maps = proc_file(&t->proc, "maps", O_RDONLY);
	if (t->maps >= 0)
		return 0;
	proc_refused_how(proc_bar_of(&t->proc), t->proc.uid, how, sizeof(how));
	return err_sys(err, errno == EACCES || errno == EPERM ? how : NULL,
	               "cannot look into process %d (%s)", (int)t->proc.pid, t->proc.comm);
}

/* What was found out of the address space, beyond the page tables. */
static void
target_forget_more(struct target *t)
{
	threads_free(&t->threads);
	kinds_forget(&t->kinds);
	free(t->caps);
	t->caps = NULL;
}

int
target_open(struct target *t, const char *root, pid_t pid, struct err *err)
{
	*t = (struct target){
	    .maps = -1, .mem = -1, .pm.fd = -1, .frames = {.flags = -1, .count = -1, .cgroup = -1}};
	if (proc_open(&t->proc, root, pid, err) < 0 || target_open_maps(t, err) < 0)
		return -1;
	frames_open(&t->frames, &t->proc);
	swaps_read(&t->swaps, &t->proc);
	if (t->proc.live)
		kinds_learn(&t->kinds);
	t->pm.page_size = (size_t)sysconf(_SC_PAGESIZE);
	return 0;
}

int
target_open_pages(struct target *t, struct err *err)
{
	return pagemap_open(&t->pm, &t->proc, err);
}

/* It is asked for again when it is needed: the right to read it may have gone with an exec. */
static void
target_close_memory(struct target *t)
{
	if (t->mem >= 0)
		close(t->mem);
	t->mem = -1;
}

int
target_reopen(struct target *t, struct err *err)
{
	if (t->maps >= 0)
		close(t->maps);
	t->maps = -1;
	target_close_memory(t);
	pagemap_close(&t->pm);
	track_forget(&t->track);
	target_forget_more(t);
	return target_open_maps(t, err) < 0 ? -1 : target_open_pages(t, err);
}

void
target_close(struct target *t)
{
	track_free(&t->track);
	frames_close(&t->frames);
	swaps_free(&t->swaps);
	target_forget_more(t);
	helper_free(t->helper);
	t->helper = NULL;
	pagemap_close(&t->pm);
	target_close_memory(t);
	if (t->maps >= 0)
		close(t->maps);
	t->maps = -1;
	proc_close(&t->proc);
}

bool
target_is_alive(const struct target *t)
{
	uint64_t word;
	ssize_t n;

	if (t->pm.plain)
		return true;
	do
		n = pread(t->pm.fd, &word, sizeof(word), 0);
	while (n < 0 && errno == EINTR);
	return n == sizeof(word);
}

/*
 * maps is silent, or fails, when its thread has ended, and with the address space. The memory that
 * page tables are read from is held by their descriptor, so that tells which. 1: it is gone.
 */
static int
target_read_maps(struct target *t, struct vma_list *out, struct err *err)
{
	enum { TRIES = 8 }; /* threads that end one after another */

	for (int i = 0;; i++) {
		int r = vma_read(t->maps, out, err);

		if (r == 0 && out->n)
			return 0;
		if (t->pm.fd >= 0 && !target_is_alive(t))
			return 1;
		if (proc_check(&t->proc) != PROC_RUNNING)
			return r == 0 ? 1 : r;
		if (i == TRIES || (r < 0 && err->sys != ESRCH))
			return r;
		close(t->maps);
		if (target_open_maps(t, err) < 0)
			return -1;
	}
}

int
target_regions(struct target *t, struct vma_list *out, struct err *err)
{
	int r;

	*out = (struct vma_list){0};
	r = target_read_maps(t, out, err);
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (!t->helper)
		t->helper = helper_new();
	if (t->proc.live) /* a device may come, and the first page be put there, at any time */
		swaps_read(&t->swaps, &t->proc);
	kinds_judge(&t->kinds, t->helper, &t->proc, t->maps, out);
	threads_read(&t->threads, &t->proc, out->n != t->regions);
	threads_label(&t->threads, out);
	t->regions = out->n;
	return 0;
}
