/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diff/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/kabi.h"

static const struct {
	const char *name, *help;
} compare_kinds[] = {
#define P(id, name, help) [PAGE_DIFF_##id] = {name, help},
#include "diff/diff.def"
#undef P
};

const char *
page_diff_name(enum page_diff kind)
{
	return compare_kinds[kind].name;
}

const char *
page_diff_help(enum page_diff kind)
{
	return compare_kinds[kind].help;
}

const char *
page_diff_state(enum state s)
{
	return s == STATE_THP_HEAD ? "huge" : state_row(s)->name;
}

bool
page_diff_is_there(enum state s)
{
	switch (s) {
	case STATE_NONE:
	case STATE_CACHED:
	case STATE_PAST_END:
	case STATE_ZERO:
	case STATE_GUARD:
	case STATE_UFFD:
	case STATE_POISONED:
	case STATE_UNREADABLE: return false;
	case STATE_HWPOISON:
	case STATE_MIGRATING:
	case STATE_SPECIAL:
	case STATE_SWAPPED:
	case STATE_HUGETLB:
	case STATE_KSM:
	case STATE_LAZYFREE:
	case STATE_THP_HEAD:
	case STATE_THP_TAIL:
	case STATE_MTHP:
	case STATE_COPIED:
	case STATE_SHARED:
	case STATE_SWAPCACHE:
	case STATE_FILE_DIRTY:
	case STATE_MLOCKED:
	case STATE_ANON:
	case STATE_SHMEM:
	case STATE_FILE:
	case STATE_DEVICE:
	case STATE_HIDDEN:
	case STATE_COUNT: break;
	}
	return true;
}

struct compare
compare_begin(const struct side *was, const struct side *is, bool same)
{
	bool frames = !strcmp(was->boot, is->boot) && (same || was->boot[0]);

	return (struct compare){
	    .was = was,
	    .is = is,
	    .same = same,
	    .frames = frames,
	    .contents = side_contents(is, 0),
	    .recorded = side_contents(was, 0) != UINT64_MAX && side_contents(is, 0) != UINT64_MAX};
}

/* --- states --------------------------------------------------------------------------------- */

/* States that only one of the moments distinguishes count as equal. uffd markers may be ours. */
static enum state
compare_state(const struct compare *c, enum state s)
{
	if (s == STATE_THP_HEAD && !(c->was->huge && c->is->huge))
		return STATE_ANON;
	return s == STATE_UFFD ? STATE_NONE : s;
}

static bool
compare_is_entry(enum state s)
{
	return s == STATE_SPECIAL || s == STATE_MIGRATING;
}

/* As far as states decide; PAGE_DIFF_SAME: they are the same. */
static enum page_diff
compare_states(const struct compare *c, enum state was, enum state is)
{
	bool before = page_diff_is_there(was), after = page_diff_is_there(is);

	if (before && after && (compare_is_entry(was) || compare_is_entry(is)))
		return PAGE_DIFF_UNKNOWN;
	/* the zero page looks like a page where its frame is hidden */
	if ((was == STATE_ZERO && after && !c->is->zero) ||
	    (is == STATE_ZERO && before && !c->was->zero))
		return PAGE_DIFF_UNKNOWN;
	if (before != after)
		return before ? PAGE_DIFF_LOST : PAGE_DIFF_GAINED;
	return was == is ? PAGE_DIFF_SAME : PAGE_DIFF_CHANGED;
}

/* --- frames --------------------------------------------------------------------------------- */

/* A run that grows while pages differ in the same way. */
struct compare_pass {
	struct compare *c;
	const struct span *s;
	compare_fn *fn;
	void *arg;
	struct page_run run; /* size 0: none yet */
	uint64_t was[PAGE_BATCH], is[PAGE_BATCH]; /* words */
};

static int
compare_flush(struct compare_pass *p)
{
	int r = p->run.size ? p->fn(p->arg, &p->run) : 0;

	p->run.size = 0;
	return r;
}

static int
compare_put(struct compare_pass *p, uint64_t at, uint64_t size, enum page_diff kind, enum state was,
            enum state is)
{
	struct page_run *run = &p->run;

	if (run->size && run->is + run->size == p->s->is + at && run->kind == kind &&
	    run->was_state == was && run->is_state == is) {
		run->size += size;
		return 0;
	}
	if (compare_flush(p))
		return 1;
	*run = (struct page_run){p->s->was + at, p->s->is + at, size, kind, was, is};
	return 0;
}

/* --- contents ------------------------------------------------------------------------------- */

/* The next page of `is` from addr on whose contents are known. */
static uint64_t
compare_contents(struct compare *c, uint64_t addr)
{
	if (addr < c->bare || addr > c->contents) {
		c->bare = addr;
		c->contents = side_contents(c->is, addr);
	}
	return c->contents;
}

/* Pages of one state, by their frames and, where these were recorded, their contents. */
static int
compare_put_alike(struct compare_pass *p, uint64_t at, uint64_t size, enum page_diff kind,
                  enum state state)
{
	uint64_t end = at + size, page_size = p->c->is->page_size;

	while (p->c->recorded && at < end) {
		uint64_t next = compare_contents(p->c, p->s->is + at) - p->s->is;

		if (next >= end)
			break;
		if (next > at && compare_put(p, at, next - at, kind, state, state))
			return 1;
		at = next + page_size;
		if (compare_put(p, next, page_size,
		                side_bytes_differ(p->c->was, p->s->was + next, p->c->is,
		                                  p->s->is + next) == TRUTH_YES
		                    ? PAGE_DIFF_REWRITTEN
		                    : kind,
		                state, state))
			return 1;
	}
	return at < end ? compare_put(p, at, end - at, kind, state, state) : 0;
}

/* --- frames of both ------------------------------------------------------------------------- */

/*
 * Whether what is known of the frames at both moments is of both: a recording looks frames up now
 * and then, and what it saw once says nothing of what changed.
 */
static bool
compare_is_fresh(struct compare *c, uint64_t was, uint64_t is)
{
	uint64_t then = side_words_time(c->was, was), now = side_words_time(c->is, is);

	if (!c->frames || !then || !now || (then == now && c->was->time_ns != c->is->time_ns))
		return false;
	if (then < c->was->time_ns)
		c->older_ns = u64_max(c->older_ns, c->was->time_ns - then);
	return true;
}

/* Two pages of one state, in RAM or in swap. */
static enum page_diff
compare_words(uint64_t was, uint64_t is)
{
	static const uint64_t place = PM_PFN_MASK; /* of swap: device and slot */
	static const uint64_t kind = PM_PRESENT | PM_SWAPPED;

	if (!(was & place) || !(is & place) || (was ^ is) & kind)
		return PAGE_DIFF_UNKNOWN;
	return (was ^ is) & place ? PAGE_DIFF_MOVED : PAGE_DIFF_SAME;
}

enum page_diff
compare_page(const struct compare *c, uint64_t addr, enum state is, uint64_t word)
{
	size_t i = side_find(c->was, addr);
	enum state was;
	enum page_diff kind;
	uint64_t before;

	side_stretch(c->was, &i, addr, addr + 1, &was);
	kind = compare_states(c, compare_state(c, was), compare_state(c, is));
	if (kind != PAGE_DIFF_SAME || !c->frames)
		return kind == PAGE_DIFF_SAME ? PAGE_DIFF_UNKNOWN : kind;
	side_words(c->was, addr, &before, 1);
	return compare_words(before, word);
}

/* Up to the end of the blocks in which recordings keep words, at either moment. */
static size_t
compare_window(const struct compare_pass *p, uint64_t at, uint64_t end)
{
	uint64_t page_size = p->c->is->page_size, block = PAGE_BATCH * page_size;
	uint64_t was = p->s->was + at, is = p->s->is + at;

	end = u64_min(end, at + block - was % block);
	end = u64_min(end, at + block - is % block);
	return (size_t)((end - at) / page_size);
}

/* Pages of one state at both moments. */
static int
compare_frames(struct compare_pass *p, uint64_t at, uint64_t end, enum state state)
{
	uint64_t page_size = p->c->is->page_size;
	size_t n;

	for (; at < end; at += n * page_size) {
		uint64_t was = p->s->was + at, is = p->s->is + at;

		n = compare_window(p, at, end);
		if (!compare_is_fresh(p->c, was, is)) {
			if (compare_put_alike(p, at, n * page_size, PAGE_DIFF_UNKNOWN, state))
				return 1;
			continue;
		}
		side_words(p->c->was, was, p->was, n);
		side_words(p->c->is, is, p->is, n);
		for (size_t i = 0; i < n; i++)
			if (compare_put_alike(p, at + i * page_size, page_size,
			                      compare_words(p->was[i], p->is[i]), state))
				return 1;
	}
	return 0;
}

/* --- spans ---------------------------------------------------------------------------------- */

static int
compare_stretch(struct compare_pass *p, uint64_t at, uint64_t end, enum state was, enum state is)
{
	enum page_diff kind;

	was = compare_state(p->c, was);
	is = compare_state(p->c, is);
	kind = compare_states(p->c, was, is);
	if (was == STATE_NONE && is == STATE_NONE)
		return 0;
	if (kind == PAGE_DIFF_CHANGED && !(p->s->was_in && p->s->is_in))
		return 0; /* a marker, or the zero page, went or came with its region */
	if (kind == PAGE_DIFF_SAME && page_diff_is_there(is))
		return compare_frames(p, at, end, is);
	return compare_put(p, at, end - at, kind, was, is);
}

static int
compare_all(struct compare_pass *p)
{
	const struct span *s = p->s;
	size_t i = side_find(p->c->was, s->was), j = side_find(p->c->is, s->is);
	uint64_t at = 0;

	while (at < s->size) {
		uint64_t to = s->size, end;
		enum state was = STATE_NONE, is = STATE_NONE;

		if (s->was_in)
			to = side_stretch(p->c->was, &i, s->was + at, s->was + to, &was) - s->was;
		end = to;
		if (s->is_in)
			end = side_stretch(p->c->is, &j, s->is + at, s->is + to, &is) - s->is;
		if (compare_stretch(p, at, end, was, is))
			return 1;
		at = end;
	}
	return compare_flush(p);
}

int
compare_span(struct compare *c, const struct span *s, compare_fn *fn, void *arg)
{
	struct compare_pass *p = mem_alloc(sizeof(*p));
	int r;

	*p = (struct compare_pass){.c = c, .s = s, .fn = fn, .arg = arg};
	r = compare_all(p);
	free(p);
	return r;
}

/* --- moved ---------------------------------------------------------------------------------- */

struct compare_move {
	const struct compare *c;
	unsigned pieces; /* of frames that do not follow one another */
	bool no;
};

static int
compare_move_run(void *arg, const struct page_run *run)
{
	struct compare_move *m = arg;
	uint64_t page_size = m->c->is->page_size, word = 0, next = 0;

	if (run->kind == PAGE_DIFF_SAME && page_diff_is_there(run->is_state))
		for (uint64_t at = 0; at < run->size && m->pieces < UINT16_MAX; at += page_size) {
			side_words(m->c->is, run->is + at, &word, 1);
			m->pieces += (word & PM_PFN_MASK) != next;
			next = (word & PM_PFN_MASK) + 1;
		}
	m->no = run->kind == PAGE_DIFF_MOVED || run->kind == PAGE_DIFF_CHANGED;
	return m->no;
}

bool
compare_moved(struct compare *c, const struct span *s)
{
	enum { PIECES = 4 };
	struct compare_move m = {.c = c};

	compare_span(c, s, compare_move_run, &m);
	return !m.no && m.pieces >= PIECES;
}
