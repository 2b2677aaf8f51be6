/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Visits to the other processes, and reading of their page tables. */
#include "share/share_read.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/folio_sizes.h"
#include "target/page_read.h"

enum { SHARE_DOUBTS = 256 }; /* pages whose counts are read at once */

static bool
share_is_empty(const uint64_t *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (words[i])
			return false;
	return true;
}

/*
 * Bit 56 of what one entry maps as a huge page is that of its first page, except in Linux 6.11 to
 * 6.14.
 * Such a page lies in its huge page as its frame does in the huge frame, and its own count decides.
 */
static bool
share_may_be_huge(const struct source *s, uint64_t addr, uint64_t word)
{
	uint64_t pfn = word & PM_PFN_MASK;
	uint64_t differ = pfn ^ addr / s->meta.page_size;

	return word & PM_PRESENT && pfn && !(differ % folio_huge_pages(s->meta.page_size));
}

static void
share_judge(const struct source *s, uint64_t *const *word, size_t n)
{
	uint64_t pfn[SHARE_DOUBTS], count[SHARE_DOUBTS];
	bool ok[SHARE_DOUBTS];

	for (size_t i = 0; i < n; i++)
		pfn[i] = *word[i] & PM_PFN_MASK;
	source_frames(s, FRAME_COUNT, pfn, n, count, ok);
	for (size_t i = 0; i < n; i++)
		if (ok[i])
			*word[i] = count[i] == 1 ? *word[i] | PM_EXCLUSIVE
			                         : *word[i] & ~PM_EXCLUSIVE;
}

/* What one page of the page table maps. */
static void
share_judge_table(const struct source *s, uint64_t addr, uint64_t *words, size_t n)
{
	uint64_t *doubt[SHARE_DOUBTS];
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		if (share_may_be_huge(s, addr + i * s->meta.page_size, words[i]))
			doubt[k++] = &words[i];
		if (k == SHARE_DOUBTS || (k && i + 1 == n)) {
			share_judge(s, doubt, k);
			k = 0;
		}
	}
}

/* Of a huge page all words are like that: the first of them that is read decides. */
static void
share_judge_huge(const struct source *s, uint64_t addr, uint64_t *words, size_t n)
{
	size_t size = s->meta.page_size, per = folio_huge_pages(size);

	for (size_t i = 0, next; i < n; i = next) {
		uint64_t at = addr + i * size;

		next = u64_min(n, i + per - at / size % per);
		if (share_may_be_huge(s, at, words[i]))
			share_judge_table(s, at, words + i, next - i);
	}
}

size_t
share_words(struct source *s, struct other *o, uint64_t addr, uint64_t *words, size_t n)
{
	size_t got = s->ops->others->words(s, o, addr, words, n);

	if (source_has(s, FRAME_COUNT) && !page_counts_average(s))
		share_judge_huge(s, addr, words, got);
	return got;
}

/* Most regions are dense and read as they are; empty ranges are skipped once one is met. */
int
share_read(struct source *s, struct other *o, uint64_t start, uint64_t end, share_words_fn *fn,
           void *arg)
{
	const struct source_others *ops = s->ops->others;
	uint64_t words[SHARE_BATCH], size = s->meta.page_size;
	bool skip = (end - start) / size > SHARE_BATCH;

	for (uint64_t at = start; at < end;) {
		size_t want, got;

		if (skip && (at = ops->next(s, o, at, end)) >= end)
			return 0;
		want = u64_min((end - at) / size, SHARE_BATCH);
		got = share_words(s, o, at, words, want);
		skip = share_is_empty(words, got);
		if (!skip && fn(arg, at, words, got))
			return 1;
		if (got < want)
			return 0;
		if (source_stopped(s))
			return 1;
		at += want * size;
	}
	return 0;
}

/* Address spaces, one thread of each, in the kernel's order. */
struct spaces {
	pid_t *tid; /* 0: the target */
	size_t n, cap;
};

static bool
share_is_comparable(struct source *s, pid_t tid)
{
	return s->ops->others->compare(s, tid, tid) == OTHERS_SAME;
}

static void
share_drop_space(struct spaces *sp, size_t i)
{
	memmove(sp->tid + i, sp->tid + i + 1, (--sp->n - i) * sizeof(*sp->tid));
}

/*
 * Returns its index, or with *found false the index where it belongs. Drops threads that have
 * ended.
 */
static size_t
share_find_space(struct spaces *sp, struct source *s, pid_t tid, bool *found)
{
	size_t lo = 0, hi = sp->n;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		switch (s->ops->others->compare(s, sp->tid[mid], tid)) {
		case OTHERS_SAME: *found = true; return mid;
		case OTHERS_LESS: lo = mid + 1; break;
		case OTHERS_MORE: hi = mid; break;
		case OTHERS_UNKNOWN:
			if (share_is_comparable(s, sp->tid[mid]))
				return lo; /* the new one has ended */
			share_drop_space(sp, mid);
			hi--;
			break;
		}
	}
	return lo;
}

/* false: already there, or the target's own. */
static bool
share_add_space(struct spaces *sp, struct source *s, const struct other *o, struct share_reach *r)
{
	bool found;
	size_t at = share_find_space(sp, s, o->tid, &found);

	if (found) {
		if (!sp->tid[at] && !r->twins++)
			r->twin = o->pid;
		return false;
	}
	sp->tid = vec_room(sp->tid, sp->n, &sp->cap, sizeof(*sp->tid));
	memmove(sp->tid + at + 1, sp->tid + at, (sp->n - at) * sizeof(*sp->tid));
	sp->tid[at] = o->tid;
	sp->n++;
	return true;
}

/* Reports the round that went furthest. */
static void
share_add_reach(struct share_reach *to, const struct share_reach *met)
{
	enum share_method method = to->method;

	if (met->processes + met->refused < to->processes + to->refused)
		return;
	*to = *met;
	to->method = method;
}

/* NULL: not read. *r: -1 with err if that is for want of descriptors: it may share everything. */
static struct other *
share_begin(struct source *s, pid_t pid, struct share_reach *met, int *r, struct err *err)
{
	bool refused;
	struct other *o;

	errno = 0;
	o = s->ops->others->begin(s, pid, &refused);
	met->refused += refused;
	if (!o && !refused && file_is_shortage(errno))
		*r = err_sys(err, NULL, "cannot read process %d", (int)pid);
	return o;
}

int
share_visit(struct target *t, struct share_reach *reach, share_visit_fn *fn, void *arg,
            struct err *err)
{
	struct source *s = t->source;
	struct share_reach met = {0};
	struct spaces sp = {0};
	pid_t *pids;
	size_t n;
	int r = 0;

	if (s->ops->others->list(s, &pids, &n, err) < 0)
		return -1;
	met.unsure = !share_is_comparable(s, 0);
	sp.tid = vec_room(NULL, 0, &sp.cap, sizeof(*sp.tid));
	sp.tid[sp.n++] = 0;
	progress_begin(t->progress, n);
	for (size_t i = 0; i < n && !r; i++) {
		struct other *o = share_begin(s, pids[i], &met, &r, err);

		if (o && (met.unsure || share_add_space(&sp, s, o, &met))) {
			met.processes++;
			r = fn(arg, &o) || source_stopped(s);
		}
		s->ops->others->end(o);
		progress_add(t->progress, 1);
	}
	share_add_reach(reach, &met);
	free(sp.tid);
	free(pids);
	return r;
}
