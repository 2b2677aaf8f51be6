/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs a filter's program on facts. */
#include "filter/filter.h"

#include <string.h>

#include "base/util.h"
#include "filter/filter_facts.h"
#include "kernel/flags.h"
#include "page/lens.h"

#define W(s, i, n, w, e, h)   \
	{.scope = FILTER_##s, \
	 .kind = FILTER_WORD, \
	 .needs = (w),        \
	 .names = (n),        \
	 .example = (e),      \
	 .help = (h)},
#define V(s, i, n, k, w, e, h) \
	{.scope = FILTER_##s,  \
	 .kind = FILTER_##k,   \
	 .needs = (w),         \
	 .names = (n),         \
	 .example = (e),       \
	 .help = (h)},
static const struct filter_row filter_rows[] = {
#include "filter/filter.def"
};
#undef W
#undef V

const struct filter_row *
filter_table(size_t *n)
{
	*n = ARRAY_LEN(filter_rows);
	return filter_rows;
}

static bool
filter_same_text(const char *s, size_t n, const char *text)
{
	return strlen(text) == n && !memcmp(s, text, n);
}

/*
 * Whether `text` is the whole name, with or without "(deleted)", its base name, or the name inside
 * the brackets.
 */
static bool
filter_name_is(const char *name, const char *text)
{
	size_t n = strlen(name);
	const char *base;

	if (filter_same_text(name, n, text))
		return true;
	if (name[0] == '[' && n > 1 && name[n - 1] == ']')
		return filter_same_text(name + 1, n - 2, text);
	base = path_base(name, &n);
	return n && (filter_same_text(base, n, text) ||
	             filter_same_text(name, (size_t)(base - name) + n, text));
}

/* The same for a pattern of * and ?. */
static bool
filter_name_fits(const char *name, const char *pattern)
{
	size_t n = strlen(name), base_n = n;
	const char *base = path_base(name, &base_n);

	if (name[0] == '[' && n > 1 && name[n - 1] == ']' &&
	    glob_fits(name + 1, n - 2, pattern))
		return true;
	return glob_fits(name, n, pattern) ||
	       (base_n && (glob_fits(base, base_n, pattern) ||
	                   glob_fits(name, (size_t)(base - name) + base_n, pattern)));
}

static bool
filter_compare_name(const struct filter *f, const struct filter_op *op, const char *name)
{
	const char *text = f->text + op->n;

	if (op->cmp == FILTER_HAS)
		return strpbrk(text, "*?") ? filter_name_fits(name, text)
		                           : strcasestr(name, text) != NULL;
	return filter_name_is(name, text) == (op->cmp == FILTER_EQ);
}

static bool
filter_compare(const struct filter_op *op, uint64_t v)
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

enum lens
filter_lens_of(unsigned row)
{
	return lens_named(strchr(filter_rows[row].names, '.') + 1);
}

/* A page whose class the lens does not know is in no other class either. */
static enum truth
filter_compare_class(enum lens l, const struct filter_op *op, unsigned v)
{
	if (v != op->n && lens_class(l, v).kind == CLASS_UNKNOWN)
		return TRUTH_UNKNOWN;
	return truth(filter_compare(op, v));
}

static enum truth
filter_eval_field(const struct filter *f, const struct filter_op *op, const struct filter_facts *x)
{
	uint64_t v;
	enum truth has = filter_value_of(op->row, x, &v);

	if (has != TRUTH_YES)
		return has;
	if (filter_rows[op->row].kind == FILTER_NAME)
		return truth(filter_compare_name(f, op, x->v->name));
	if (filter_rows[op->row].kind == FILTER_CLASS)
		return filter_compare_class(filter_lens_of(op->row), op, (unsigned)v);
	return truth(
	    filter_compare(op, filter_rows[op->row].kind == FILTER_PERM ? v & op->mask : v));
}

static enum truth
filter_eval_leaf(const struct filter *f, const struct filter_op *op, const struct filter_facts *x)
{
	switch ((enum filter_code)op->code) {
	case FILTER_OP_WORD:
		return filter_word_of(op->row, x);
	case FILTER_OP_FIELD:
		return filter_eval_field(f, op, x);
	case FILTER_OP_FLAG:
		return filter_flag(x, op->n);
	case FILTER_OP_STATE:
		return filter_state(x, (enum state)op->n);
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
filter_is_leaf(const struct filter_op *op)
{
	return op->code < FILTER_OP_AND;
}

/* --- the run ---------------------------------------------------------------------------------- */

unsigned
filter_needs(const struct filter *f)
{
	return f->needs;
}

/* Whether pages of which everything else is equal may differ in it by their addresses. */
static bool
filter_is_of_place(const struct filter_op *op)
{
	const struct filter_row *r = &filter_rows[op->row];

	return op->code == FILTER_OP_FIELD &&
	       (r->kind == FILTER_ADDRESS ||
	        (r->kind == FILTER_CLASS && (filter_lens_of(op->row) == LENS_GROWTH ||
	                                     filter_lens_of(op->row) == LENS_ACCESSES)));
}

bool
filter_asks_for_place(const struct filter *f)
{
	for (size_t i = 0; i < f->n; i++)
		if (filter_is_of_place(&f->ops[i]))
			return true;
	return false;
}

/*
 * Whether the leaf may differ between the pages of a range whose addresses differ, and that
 * (without x->pg) may differ in anything else.
 */
static bool
filter_varies(const struct filter_op *op, const struct filter_facts *x)
{
	if (op->code == FILTER_OP_FLAG || op->code == FILTER_OP_STATE)
		return !x->pg;
	if (op->code == FILTER_OP_TYPE || filter_rows[op->row].scope == FILTER_BOTH)
		return false;
	return !x->pg || filter_is_of_place(op);
}

/*
 * Each bracket may leave one AND and one OR pending, which bounds the stack. `most`: leaves that
 * vary count as true. That gives an upper bound of the whole, because it is monotone in its leaves.
 */
static enum truth
filter_run(const struct filter *f, const struct filter_facts *x, bool most)
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
			if (most && filter_varies(op, x))
				t = TRUTH_YES;
			else
				t = op->negate ? truth_not(filter_eval_leaf(f, op, x))
				               : filter_eval_leaf(f, op, x);
			break;
		case FILTER_OP_AND:
		case FILTER_OP_OR:
			if (t == (op->code == FILTER_OP_AND ? TRUTH_NO : TRUTH_YES))
				i = op->to;
			else
				stack[depth++] = t;
			break;
		case FILTER_OP_MIN:
			t = truth_and(stack[--depth], t);
			break;
		case FILTER_OP_MAX:
			t = truth_or(stack[--depth], t);
			break;
		}
	}
	return t;
}

enum truth
filter_eval(const struct filter *f, const struct filter_facts *x)
{
	return filter_run(f, x, false);
}

enum truth
filter_most(const struct filter *f, const struct filter_facts *x)
{
	struct filter_facts any = *x;

	any.pg = NULL;
	return filter_run(f, &any, true);
}

bool
filter_of_gaps(const struct filter *f, const struct filter_facts *x)
{
	static const struct page samples[] = {
	    {.known = PAGE_WORD, .state = STATE_NONE},
	    {.known = PAGE_WORD | PAGE_CACHE_ASKED, .state = STATE_NONE},
	    {.known = PAGE_WORD | PAGE_CACHED, .state = STATE_CACHED},
	    {.known = PAGE_WORD | PAGE_SIZE_ASKED | PAGE_CACHE_ASKED | PAGE_PAST_END,
	     .state = STATE_PAST_END},
	    {.known = PAGE_WORD | PAGE_SIZE_ASKED | PAGE_OUT_ASKED | PAGE_OUT,
	     .state = STATE_SWAPPED},
	};
	static const struct page hidden = {.state = STATE_UNREADABLE};
	struct filter_facts gap = *x;

	gap.pg = &hidden; /* a hidden page table reads as empty */
	if (vma_hides_pages(x->v))
		return filter_run(f, &gap, true) != TRUTH_NO;

	for (size_t i = 0; i < ARRAY_LEN(samples); i++) {
		if (samples[i].known & (PAGE_CACHED | PAGE_PAST_END) && !vma_has_file(x->v))
			continue;
		if (samples[i].known & PAGE_OUT && !vma_swaps_unseen(x->v))
			continue;
		/* gaps may have the soft-dirty bit, too */
		for (int dirty = 0; dirty < 2; dirty++) {
			struct page pg = samples[i];

			pg.word = dirty ? PM_SOFT_DIRTY : 0;
			gap.pg = &pg;
			if (filter_run(f, &gap, true) != TRUTH_NO)
				return true;
		}
	}
	return false;
}

enum truth
filter_by_maps(const struct filter *f, const struct vma *v, size_t page_size)
{
	struct filter_facts x = {.v = v, .page_size = page_size};

	return filter_eval(f, &x);
}

/* --- why not ---------------------------------------------------------------------------------- */

static unsigned
filter_why_leaf(const struct filter_op *op, const struct filter_facts *x)
{
	unsigned needs = op->code <= FILTER_OP_FIELD ? filter_rows[op->row].needs : 0;

	if (x->pg && !x->pg->known)
		return FILTER_WHY_UNREADABLE;
	if (needs & FILTER_NEED_WRITTEN)
		return FILTER_WHY_WRITTEN;
	if (needs & FILTER_NEED_BASELINE)
		return FILTER_WHY_BASELINE;
	if (needs & FILTER_NEED_ACCESSES)
		return FILTER_WHY_ACCESSES;
	if (needs & (FILTER_NEED_SCAN | FILTER_NEED_WPALLOWED))
		return FILTER_WHY_SCAN;
	if (x->pg && !(needs & PAGE_NEED_NODE) &&
	    (page_hidden(x->pg) || filter_entry_hidden(x->pg)))
		return FILTER_WHY_HIDDEN;
	return FILTER_WHY_OTHER;
}

unsigned
filter_why(const struct filter *f, const struct filter_facts *x)
{
	unsigned why = 0;

	for (size_t i = 0; i < f->n; i++)
		if (filter_is_leaf(&f->ops[i]) &&
		    filter_eval_leaf(f, &f->ops[i], x) == TRUTH_UNKNOWN)
			why |= filter_why_leaf(&f->ops[i], x);
	return why;
}

void
filter_why_words(unsigned why, const char *written, enum page_lack lack, struct buf *out)
{
	const struct {
		enum filter_why why;
		const char *text;
	} reasons[] = {
	    {FILTER_WHY_HIDDEN, page_hidden_words(lack)},
	    {FILTER_WHY_WRITTEN, written},
	    {FILTER_WHY_SCAN, "shown only by PAGEMAP_SCAN (Linux 6.7)"},
	    {FILTER_WHY_BASELINE, "no baseline (`baseline` at the prompt, or --grow=SECONDS "
	                          "before -e)"},
	    {FILTER_WHY_ACCESSES, "not sampled by DAMON (`sample` at the prompt of the screen)"},
	    {FILTER_WHY_UNREADABLE, "unreadable ([vvar])"},
	    {FILTER_WHY_OTHER, "not read (`pmtop --capabilities` lists what cannot be read)"},
	};
	const char *sep = "";

	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (why & reasons[i].why) {
			buf_fmt(out, "%s%s", sep, reasons[i].text);
			sep = ", or ";
		}
}
