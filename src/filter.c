/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What each word and field is, of a page or of a region; and the run of a program made of them. */
#include "filter.h"

#include <string.h>

#include "flags.h"
#include "kabi.h"
#include "state.h"
#include "util.h"

#define W(s, i, n, w, e, h) \
	{.scope = FILTER_##s, .kind = FILTER_WORD, .want = (w), .names = (n), .example = (e), .help = (h)},
#define V(s, i, n, k, w, e, h) \
	{.scope = FILTER_##s, .kind = FILTER_##k, .want = (w), .names = (n), .example = (e), .help = (h)},
static const struct filter_row rows[] = {
#include "filter.def"
};
#undef W
#undef V

const struct filter_row *
filter_table(size_t *n)
{
	*n = ARRAY_LEN(rows);
	return rows;
}

static enum truth
truth(bool b)
{
	return b ? TRUTH_YES : TRUTH_NO;
}

static enum truth
both(enum truth a, enum truth b)
{
	return a < b ? a : b;
}

static enum truth
either(enum truth a, enum truth b)
{
	return a > b ? a : b;
}

static enum truth
contrary(enum truth t)
{
	return (enum truth)(TRUTH_YES - t);
}

/* --- pages ---------------------------------------------------------------------------------------------- */

/* Bits of the page table's word. */
static enum truth
word_has(const struct filter_facts *x, uint64_t mask)
{
	return x->pg->known & PAGE_WORD ? truth(x->pg->word & mask) : TRUTH_UNKNOWN;
}

static bool
in_state(const struct filter_facts *x, enum state s)
{
	return x->pg->state == s;
}

/* Not present, but not empty either: in swap, or special. */
static bool
is_entry(const struct page *pg)
{
	return !(pg->word & PM_PRESENT) && pg->word & PM_SWAPPED;
}

/* An entry whose type and place read as zero, for want of privilege. */
static bool
entry_hidden(const struct page *pg)
{
	return is_entry(pg) && !(pg->word & PM_PFN_MASK) && !(pg->word & PM_GUARD);
}

static enum truth
in_ram(const struct filter_facts *x)
{
	return word_has(x, PM_PRESENT);
}

/*
 * A page that is not in RAM has no flags. One whose frame has no record is of a device, and only
 * the raw flags stay unknown of it.
 */
static enum truth
flag_has(const struct filter_facts *x, uint64_t mask)
{
	enum truth t = in_ram(x);

	if (t == TRUTH_YES)
		t = x->pg->known & PAGE_FLAGS ? truth(x->pg->kpf & mask) : TRUTH_UNKNOWN;
	return t;
}

/*
 * For the kinds of memory: t as long as the flags are not needed or known. Without them the state
 * was made from the page table alone, and what it says for sure holds: `yes` is the state that
 * means yes; "hidden" is anonymous, a zero page or KSM.
 */
static enum truth
kind_is(const struct filter_facts *x, bool by_flags, enum state yes, bool may_hide)
{
	enum truth t = in_ram(x);

	if (t != TRUTH_YES)
		return t;
	if (x->pg->known & PAGE_FLAGS)
		return truth(by_flags);
	if (in_state(x, yes))
		return TRUTH_YES;
	return in_state(x, STATE_HIDDEN) && may_hide ? TRUTH_UNKNOWN : TRUTH_NO;
}

static enum truth word_PAGE_PRESENT(const struct filter_facts *x) { return in_ram(x); }
static enum truth word_PAGE_SOFTDIRTY(const struct filter_facts *x) { return word_has(x, PM_SOFT_DIRTY); }
static enum truth word_PAGE_DIRTY(const struct filter_facts *x) { return flag_has(x, KPF_DIRTY); }
static enum truth word_PAGE_IDLE(const struct filter_facts *x) { return flag_has(x, KPF_IDLE); }

static enum truth
word_PAGE_HIDDEN(const struct filter_facts *x)
{
	return x->pg->known & PAGE_WORD ? truth(page_hidden(x->pg)) : TRUTH_UNKNOWN;
}

static enum truth
word_PAGE_EXCLUSIVE(const struct filter_facts *x)
{
	return both(in_ram(x), word_has(x, PM_EXCLUSIVE));
}

/* Without privilege an entry counts as swapped where there is a swap device: see state.c. */
static enum truth
word_PAGE_SWAPPED(const struct filter_facts *x)
{
	if (!(x->pg->known & PAGE_WORD) || (in_state(x, STATE_SPECIAL) && entry_hidden(x->pg)))
		return TRUTH_UNKNOWN;
	return truth(in_state(x, STATE_SWAPPED));
}

static enum truth
word_PAGE_NONE(const struct filter_facts *x)
{
	return contrary(word_has(x, PM_PRESENT | PM_SWAPPED));
}

static enum truth
word_PAGE_CACHED(const struct filter_facts *x)
{
	enum truth t = word_PAGE_NONE(x);

	if (t != TRUTH_YES || x->pg->known & PAGE_CACHED)
		return t;
	return !x->v->inode || x->pg->known & PAGE_CACHE_ASKED ? TRUTH_NO : TRUTH_UNKNOWN;
}

static enum truth
word_PAGE_NEVER(const struct filter_facts *x)
{
	return both(word_PAGE_NONE(x), contrary(word_PAGE_CACHED(x)));
}

static enum truth
word_PAGE_ANON(const struct filter_facts *x)
{
	if (!(x->pg->known & PAGE_FLAGS) && (in_state(x, STATE_COPIED) || in_state(x, STATE_HUGETLB)))
		return contrary(word_has(x, PM_FILE));
	return kind_is(x, x->pg->kpf & KPF_ANON, STATE_ANON, true);
}

static enum truth
word_PAGE_FILE(const struct filter_facts *x)
{
	const uint64_t other = KPF_ANON | KPF_SWAPBACKED | KPF_HUGE | KPF_RESERVED | KPF_ZERO_PAGE;

	return kind_is(x, x->pg->word & PM_FILE && !(x->pg->kpf & other), STATE_FILE, false);
}

static enum truth
word_PAGE_SHM(const struct filter_facts *x)
{
	const uint64_t other = KPF_ANON | KPF_HUGE | KPF_RESERVED | KPF_ZERO_PAGE;
	uint64_t k = x->pg->kpf;

	return kind_is(x, x->pg->word & PM_FILE && k & KPF_SWAPBACKED && !(k & other), STATE_SHMEM, false);
}

static enum truth
word_PAGE_COPIED(const struct filter_facts *x)
{
	return both(truth(state_copies(x->v)), word_PAGE_ANON(x));
}

static enum truth
word_PAGE_COW(const struct filter_facts *x)
{
	return both(word_PAGE_ANON(x), contrary(word_PAGE_EXCLUSIVE(x)));
}

/* Large folios: of transparent huge pages, or smaller ones; neither hugetlb nor the zero page. */
static enum truth
large_is(const struct filter_facts *x, bool small)
{
	const struct page *pg = x->pg;
	enum truth t = in_ram(x);
	bool compound = pg->kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);
	bool large = pg->kpf & KPF_THP || (compound && pg->kpf & KPF_ANON);

	if (t != TRUTH_YES)
		return t;
	if (pg->known & PAGE_FLAGS) {
		if (!large || pg->kpf & (KPF_HUGE | KPF_ZERO_PAGE))
			return TRUTH_NO;
		if (!(pg->known & PAGE_FOLIO))
			return TRUTH_UNKNOWN;
		return truth(pg->order && small == ((pg->known & PAGE_SMALL) != 0));
	}
	if (in_state(x, STATE_ZERO) || in_state(x, STATE_HUGETLB) || in_state(x, STATE_DEVICE))
		return TRUTH_NO;
	return pg->cats & PM_CAT_HUGE ? truth(!small) : TRUTH_UNKNOWN;
}

static enum truth word_PAGE_THP(const struct filter_facts *x) { return large_is(x, false); }
static enum truth word_PAGE_MTHP(const struct filter_facts *x) { return large_is(x, true); }

static enum truth
word_PAGE_HUGETLB(const struct filter_facts *x)
{
	return kind_is(x, x->pg->kpf & KPF_HUGE, STATE_HUGETLB, false);
}

static enum truth
word_PAGE_ZERO(const struct filter_facts *x)
{
	return kind_is(x, x->pg->kpf & KPF_ZERO_PAGE, STATE_ZERO, true);
}

static enum truth
word_PAGE_DEVICE(const struct filter_facts *x)
{
	enum truth t = in_ram(x);

	return t == TRUTH_YES ? truth(in_state(x, STATE_DEVICE)) : t;
}

/* Where the flag lies (see frame.h) it still tells what is not merged. */
static enum truth
word_PAGE_KSM(const struct filter_facts *x)
{
	enum truth t = in_ram(x);

	if (t != TRUTH_YES)
		return t;
	if (x->pg->known & PAGE_FLAGS && x->pg->kpf & KPF_KSM)
		return x->pg->known & PAGE_NO_KSM ? TRUTH_UNKNOWN : TRUTH_YES;
	if (x->pg->known & PAGE_FLAGS)
		return TRUTH_NO;
	if (x->pg->word & PM_FILE || in_state(x, STATE_ZERO) || in_state(x, STATE_DEVICE))
		return TRUTH_NO;
	return TRUTH_UNKNOWN;
}

static enum truth
word_PAGE_GUARD(const struct filter_facts *x)
{
	if (!(x->pg->known & PAGE_WORD) || (in_state(x, STATE_SPECIAL) && entry_hidden(x->pg)))
		return TRUTH_UNKNOWN;
	return truth(in_state(x, STATE_GUARD));
}

/* A marker where no page is may say so by its type alone. */
static enum truth
word_PAGE_UFFD_WP(const struct filter_facts *x)
{
	enum truth t = either(word_has(x, PM_UFFD_WP), truth(in_state(x, STATE_UFFD)));

	return t == TRUTH_NO && in_state(x, STATE_SPECIAL) && entry_hidden(x->pg) ? TRUTH_UNKNOWN : t;
}

/* Broken memory is soon unmapped; the entry left behind names its frame. */
static enum truth
word_PAGE_HWPOISON(const struct filter_facts *x)
{
	if (!(x->pg->known & PAGE_WORD) || !is_entry(x->pg))
		return flag_has(x, KPF_HWPOISON);
	if (in_state(x, STATE_SPECIAL) && !(x->pg->known & PAGE_ENTRY))
		return TRUTH_UNKNOWN;
	return truth(in_state(x, STATE_HWPOISON));
}

static enum truth
word_PAGE_WRITTEN(const struct filter_facts *x)
{
	return both(word_has(x, PM_PRESENT | PM_SWAPPED),
	            x->track && track_at(x->track, x->addr) ? TRUTH_YES
	            : !x->written_known                     ? TRUTH_UNKNOWN
	            : x->track                              ? TRUTH_NO
	                                                    : word_has(x, PM_SOFT_DIRTY));
}

/*
 * A state's name as a word, where no fact has that name. States made without the frame's flags are
 * what can be said, not what is: another state may hide behind them.
 */
static enum truth
state_is(const struct filter_facts *x, enum state s)
{
	const struct page *pg = x->pg;

	if (in_state(x, s))
		return TRUTH_YES;
	if (s == STATE_UNREADABLE)
		return TRUTH_NO;
	if (!(pg->known & PAGE_WORD))
		return TRUTH_UNKNOWN;
	if (s == STATE_POISONED || s == STATE_MIGRATING || s == STATE_SPECIAL)
		return in_state(x, STATE_SPECIAL) && !(pg->known & PAGE_ENTRY) ? TRUTH_UNKNOWN : TRUTH_NO;
	return pg->word & PM_PRESENT && !(pg->known & (PAGE_FLAGS | PAGE_NO_RECORD)) ? TRUTH_UNKNOWN : TRUTH_NO;
}

/*
 * Fields: TRUTH_YES with *n; TRUTH_UNKNOWN; TRUTH_NO if there is nothing that could have a value.
 */
static enum truth
known_as(const struct filter_facts *x, unsigned known, uint64_t value, uint64_t *n)
{
	enum truth t = in_ram(x);

	*n = value;
	return t == TRUTH_YES && !(x->pg->known & known) ? TRUTH_UNKNOWN : t;
}

static enum truth
value_PAGE_STATE(const struct filter_facts *x, uint64_t *n)
{
	*n = x->pg->state;
	return TRUTH_YES;
}

static enum truth
value_PAGE_MAPCOUNT(const struct filter_facts *x, uint64_t *n)
{
	return known_as(x, PAGE_COUNT, x->pg->count, n);
}

static enum truth
value_PAGE_ORDER(const struct filter_facts *x, uint64_t *n)
{
	return known_as(x, PAGE_FOLIO, x->pg->order, n);
}

static enum truth
value_PAGE_NODE(const struct filter_facts *x, uint64_t *n)
{
	return known_as(x, PAGE_NODE, (uint64_t)x->pg->node, n);
}

static enum truth
value_PAGE_PFN(const struct filter_facts *x, uint64_t *n)
{
	*n = page_pfn(x->pg);
	return page_hidden(x->pg) ? TRUTH_UNKNOWN : in_ram(x);
}

static enum truth
value_PAGE_PHYS(const struct filter_facts *x, uint64_t *n)
{
	enum truth t = value_PAGE_PFN(x, n);

	*n *= x->page_size;
	return t;
}

static enum truth
value_PAGE_ADDR(const struct filter_facts *x, uint64_t *n)
{
	*n = x->addr;
	return TRUTH_YES;
}

static enum truth
value_PAGE_OFFSET(const struct filter_facts *x, uint64_t *n)
{
	*n = x->addr - x->v->start + x->v->offset;
	return truth(x->v->inode);
}

static enum truth
value_of_entry(const struct filter_facts *x, uint64_t value, uint64_t *n)
{
	*n = value;
	if (!(x->pg->known & PAGE_WORD) || entry_hidden(x->pg))
		return TRUTH_UNKNOWN;
	return truth(is_entry(x->pg) && x->pg->word & PM_PFN_MASK);
}

static enum truth
value_PAGE_SWAP_TYPE(const struct filter_facts *x, uint64_t *n)
{
	return value_of_entry(x, PM_SWAP_TYPE(x->pg->word), n);
}

static enum truth
value_PAGE_SWAP_OFFSET(const struct filter_facts *x, uint64_t *n)
{
	return value_of_entry(x, PM_SWAP_OFFSET(x->pg->word), n);
}

/* --- regions -------------------------------------------------------------------------------------------- */

/* The kernel shows no page table of its own regions ([vvar], [vsyscall]): nothing there is counted. */
static enum truth
counted(const struct filter_facts *x, uint64_t pages, uint64_t *n)
{
	*n = pages * x->page_size;
	if (x->r->known)
		return TRUTH_YES;
	return x->v->type == VMA_KERNEL ? TRUTH_NO : TRUTH_UNKNOWN;
}

#define COUNTED(id, member) \
	static enum truth value_REGION_##id(const struct filter_facts *x, uint64_t *n) \
	{ \
		return counted(x, x->r->member, n); \
	}
COUNTED(RSS, rss)
COUNTED(SWAP, swap)
COUNTED(ANON, anon)
COUNTED(COPIED, copied)
COUNTED(HUGETLB, hugetlb)
#undef COUNTED

static enum truth
value_REGION_THP(const struct filter_facts *x, uint64_t *n)
{
	if (x->huge_known)
		return counted(x, x->r->thp, n);
	*n = x->smaps ? x->smaps->thp : 0;
	return x->smaps ? TRUTH_YES : TRUTH_UNKNOWN;
}

static enum truth
value_REGION_WRITTEN(const struct filter_facts *x, uint64_t *n)
{
	enum truth t = counted(x, x->r->written, n);

	return t == TRUTH_YES && (!x->written_known || x->r->doubt) ? TRUTH_UNKNOWN : t;
}

static enum truth
value_REGION_START(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->start;
	return TRUTH_YES;
}

static enum truth
value_REGION_END(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->end;
	return TRUTH_YES;
}

static enum truth
value_REGION_OFFSET(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->offset;
	return truth(x->v->inode);
}

static enum truth
value_BOTH_SIZE(const struct filter_facts *x, uint64_t *n)
{
	*n = vma_size(x->v);
	return TRUTH_YES;
}

static enum truth
value_BOTH_PERM(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->perm;
	return TRUTH_YES;
}

/* Compared as text: see name_is. */
static enum truth
value_BOTH_NAME(const struct filter_facts *x, uint64_t *n)
{
	(void)x;
	*n = 0;
	return TRUTH_YES;
}

static enum truth
value_BOTH_TYPE(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->type;
	return TRUTH_YES;
}

static enum truth
value_BOTH_INODE(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->inode;
	return truth(x->v->inode);
}

/* Some of it: the field of the same name is above 0. */
static enum truth
some(enum truth has, uint64_t n)
{
	return has == TRUTH_YES ? truth(n) : has;
}

#define SOME(id, field) \
	static enum truth word_REGION_##id(const struct filter_facts *x) \
	{ \
		uint64_t n; \
		enum truth has = value_REGION_##field(x, &n); \
		return some(has, n); \
	}
SOME(PRESENT, RSS)
SOME(SWAPPED, SWAP)
SOME(COPIED, COPIED)
SOME(THP, THP)
SOME(WRITTEN, WRITTEN)
#undef SOME

/* --- words and fields by row ----------------------------------------------------------------------------- */

static enum truth
eval_word(unsigned row, const struct filter_facts *x)
{
#define W(s, i, n, w, e, h) word_##s##_##i,
#define V(s, i, n, k, w, e, h) NULL,
	static enum truth (*const get[])(const struct filter_facts *) = {
#include "filter.def"
	};
#undef W
#undef V
	return get[row](x);
}

static enum truth
value_of(unsigned row, const struct filter_facts *x, uint64_t *n)
{
#define W(s, i, n, w, e, h) NULL,
#define V(s, i, n, k, w, e, h) value_##s##_##i,
	static enum truth (*const get[])(const struct filter_facts *, uint64_t *) = {
#include "filter.def"
	};
#undef W
#undef V
	return get[row](x, n);
}

static bool
same_text(const char *s, size_t n, const char *want)
{
	return strlen(want) == n && !memcmp(s, want, n);
}

/* The whole name, with or without "(deleted)", its last part, or what stands in its brackets. */
static bool
name_is(const char *name, const char *want)
{
	size_t n = strlen(name);
	const char *base;

	if (same_text(name, n, want))
		return true;
	if (name[0] == '[' && n > 1 && name[n - 1] == ']')
		return same_text(name + 1, n - 2, want);
	base = path_base(name, &n);
	return n && (same_text(base, n, want) || same_text(name, (size_t)(base - name) + n, want));
}

static bool
compare_name(const struct filter *f, const struct filter_op *op, const char *name)
{
	const char *want = f->text + op->n;

	if (op->cmp == FILTER_HAS)
		return strcasestr(name, want) != NULL;
	return name_is(name, want) == (op->cmp == FILTER_EQ);
}

static bool
compare(const struct filter_op *op, uint64_t v)
{
	switch ((enum filter_cmp)op->cmp) {
	case FILTER_EQ:
	case FILTER_HAS:
		return v == op->n;
	case FILTER_NE:
		return v != op->n;
	case FILTER_LT:
		return v < op->n;
	case FILTER_LE:
		return v <= op->n;
	case FILTER_GT:
		return v > op->n;
	case FILTER_GE:
		return v >= op->n;
	}
	return false;
}

static enum truth
eval_field(const struct filter *f, const struct filter_op *op, const struct filter_facts *x)
{
	uint64_t v;
	enum truth has = value_of(op->row, x, &v);

	if (has != TRUTH_YES)
		return has;
	if (rows[op->row].kind == FILTER_NAME)
		return truth(compare_name(f, op, x->v->name));
	return truth(compare(op, rows[op->row].kind == FILTER_PERM ? v & op->mask : v));
}

static enum truth
eval_leaf(const struct filter *f, const struct filter_op *op, const struct filter_facts *x)
{
	switch ((enum filter_code)op->code) {
	case FILTER_OP_WORD:
		return eval_word(op->row, x);
	case FILTER_OP_FIELD:
		return eval_field(f, op, x);
	case FILTER_OP_FLAG:
		return flag_has(x, op->n);
	case FILTER_OP_STATE:
		return state_is(x, (enum state)op->n);
	case FILTER_OP_TYPE:
		return truth(x->v->type == op->n);
	case FILTER_OP_AND:
	case FILTER_OP_OR:
	case FILTER_OP_MIN:
	case FILTER_OP_MAX:
		break;
	}
	return TRUTH_UNKNOWN;
}

static bool
is_leaf(const struct filter_op *op)
{
	return op->code < FILTER_OP_AND;
}

/* --- the run ------------------------------------------------------------------------------------------- */

unsigned
filter_wants(const struct filter *f)
{
	return f->want;
}

/* A stretch of pages that differ in their addresses, and without x->pg in everything else. */
static bool
varies(const struct filter_op *op, const struct filter_facts *x)
{
#define W(s, i, n, w, e, h) false,
#define V(s, i, n, k, w, e, h) FILTER_##k == FILTER_ADDRESS,
	static const bool by_address[] = {
#include "filter.def"
	};
#undef W
#undef V

	if (op->code == FILTER_OP_FLAG || op->code == FILTER_OP_STATE)
		return !x->pg;
	if (op->code == FILTER_OP_TYPE || rows[op->row].scope == FILTER_BOTH)
		return false;
	return !x->pg || by_address[op->row];
}

/*
 * The stack is as deep as the text is: an AND and an OR may wait in each bracket. `most`: leaves
 * that vary count as true, which bounds the whole from above, because it grows with its leaves.
 */
static enum truth
run(const struct filter *f, const struct filter_facts *x, bool most)
{
	enum truth stack[2 * FILTER_DEPTH + 2], t = TRUTH_YES;
	size_t depth = 0;

	for (size_t i = 0; i < f->n; i++) {
		const struct filter_op *op = &f->ops[i];

		switch ((enum filter_code)op->code) {
		case FILTER_OP_WORD:
		case FILTER_OP_FIELD:
		case FILTER_OP_FLAG:
		case FILTER_OP_STATE:
		case FILTER_OP_TYPE:
			if (most && varies(op, x))
				t = TRUTH_YES;
			else
				t = op->negate ? contrary(eval_leaf(f, op, x)) : eval_leaf(f, op, x);
			break;
		case FILTER_OP_AND:
		case FILTER_OP_OR:
			if (t == (op->code == FILTER_OP_AND ? TRUTH_NO : TRUTH_YES))
				i = op->to;
			else
				stack[depth++] = t;
			break;
		case FILTER_OP_MIN:
			t = both(stack[--depth], t);
			break;
		case FILTER_OP_MAX:
			t = either(stack[--depth], t);
			break;
		}
	}
	return t;
}

enum truth
filter_eval(const struct filter *f, const struct filter_facts *x)
{
	return run(f, x, false);
}

enum truth
filter_most(const struct filter *f, const struct filter_facts *x)
{
	struct filter_facts any = *x;

	any.pg = NULL;
	return run(f, &any, true);
}

bool
filter_of_gaps(const struct filter *f, const struct filter_facts *x)
{
	const struct page samples[] = {
	    {.known = PAGE_WORD, .state = STATE_NONE},
	    {.known = PAGE_WORD, .state = STATE_NONE, .word = PM_SOFT_DIRTY},
	    {.known = PAGE_WORD | PAGE_CACHE_ASKED, .state = STATE_NONE},
	    {.known = PAGE_WORD | PAGE_CACHE_ASKED, .state = STATE_NONE, .word = PM_SOFT_DIRTY},
	    {.known = PAGE_WORD | PAGE_CACHED, .state = STATE_CACHED},
	    {.known = PAGE_WORD | PAGE_CACHED, .state = STATE_CACHED, .word = PM_SOFT_DIRTY},
	};
	struct filter_facts gap = *x;

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		if (samples[i].known & PAGE_CACHED && !x->v->inode)
			continue;
		gap.pg = &samples[i];
		if (run(f, &gap, true) != TRUTH_NO)
			return true;
	}
	return false;
}

/* --- why not ------------------------------------------------------------------------------------------- */

static unsigned
why_leaf(const struct filter_op *op, const struct filter_facts *x)
{
	unsigned want = op->code <= FILTER_OP_FIELD ? rows[op->row].want : 0;

	if (want & FILTER_WANT_WRITTEN)
		return FILTER_WHY_WRITTEN;
	if (x->pg && !(want & PAGE_WANT_NODE) && (page_hidden(x->pg) || entry_hidden(x->pg)))
		return FILTER_WHY_HIDDEN;
	return FILTER_WHY_OTHER;
}

unsigned
filter_why(const struct filter *f, const struct filter_facts *x)
{
	unsigned why = 0;

	for (size_t i = 0; i < f->n; i++)
		if (is_leaf(&f->ops[i]) && eval_leaf(f, &f->ops[i], x) == TRUTH_UNKNOWN)
			why |= why_leaf(&f->ops[i], x);
	return why;
}
