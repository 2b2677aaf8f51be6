/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The other processes of a proc root, whether it is the kernel's or a folder. */
#include "target/source_root.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/util.h"

static int
source_others_list(struct source *s, pid_t **pids, size_t *n, struct err *err)
{
	struct source_root *r = source_root_of(s);

	r->tid = proc_thread(&r->proc);
	return others_list(&r->proc, pids, n, err);
}

static struct other *
source_others_begin(struct source *s, pid_t pid, bool *refused)
{
	struct source_root *r = source_root_of(s);
	struct other *o = mem_alloc(sizeof(*o));

	if (other_open(o, &r->proc, pid, &r->pm, refused))
		return o;
	free(o);
	return NULL;
}

static void
source_others_end(struct other *o)
{
	if (o)
		other_close(o);
	free(o);
}

/* With a directory and its page table each; some descriptors are for other uses. */
static size_t
source_others_room(struct source *s)
{
	enum { MOST = 256, OTHER_USES = 256 };
	long files = sysconf(_SC_OPEN_MAX);

	(void)s;
	return files < OTHER_USES ? 0 : u64_min((uint64_t)(files - OTHER_USES) / 2, MOST);
}

static size_t
source_others_words(struct source *s, struct other *o, uint64_t addr, uint64_t *words, size_t n)
{
	struct err ignored;
	ssize_t got;

	if (o)
		return other_words(o, addr, words, n);
	got = pagemap_words(&source_root_of(s)->pm, addr, words, n, &ignored);
	return got > 0 ? (size_t)got : 0;
}

static uint64_t
source_others_next(struct source *s, const struct other *o, uint64_t addr, uint64_t end)
{
	return pagemap_next(o ? &o->pm : &source_root_of(s)->pm, addr, end);
}

static bool
source_others_regions(struct source *s, const struct other *o, struct vma_list *out)
{
	(void)s;
	return other_regions(o, out);
}

static bool
source_others_name(struct source *s, const struct other *o, struct other_name *out)
{
	struct source_root *r = source_root_of(s);

	return o ? other_name(o, out)
	         : proc_name(r->proc.leader, &out->parent, out->comm, sizeof(out->comm));
}

static enum others_order
source_others_compare(struct source *s, pid_t a, pid_t b)
{
	const struct source_root *r = source_root_of(s);

	return others_compare(&r->proc, a ? a : r->tid, b ? b : r->tid);
}

/* A folder says so of the kernel that it shows by an empty file beside kpagecount. */
static enum truth
source_others_says_average(const struct source_root *r)
{
	int fd = proc_root_file(&r->proc, "kpagecount-averages", O_RDONLY);

	if (fd >= 0)
		close(fd);
	return fd >= 0 ? TRUTH_YES : TRUTH_NO;
}

static enum truth
source_others_averages(const struct source *s)
{
	struct source_root *r = source_root_of(s);

	if (!r->averages_tried && s->meta.may_end)
		r->averages = frames_averages(&r->frames);
	else if (!r->averages_tried)
		r->averages = source_others_says_average(r);
	r->averages_tried = true;
	return r->averages;
}

static bool
source_others_most(struct source *s, uint64_t pages, struct mapmax *out)
{
	return mapmax_read(&source_root_of(s)->proc, pages, out);
}

static bool
source_others_merges(struct source *s)
{
	return !s->meta.may_end || others_merge();
}

const struct source_others source_others = {
    .list = source_others_list,
    .begin = source_others_begin,
    .end = source_others_end,
    .room = source_others_room,
    .words = source_others_words,
    .next = source_others_next,
    .regions = source_others_regions,
    .name = source_others_name,
    .compare = source_others_compare,
    .averages = source_others_averages,
    .most = source_others_most,
    .merges = source_others_merges,
};
