/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter/filter_scan.h"

#include "kernel/kabi.h"

/* The rows of filter.def by name. */
#define W(s, i, n, w, e, h) SCAN_##s##_##i,
#define V(s, i, n, k, w, e, h) SCAN_##s##_##i##_VALUE,
enum scan_row {
#include "filter/filter.def"
	SCAN_ROWS
};
#undef W
#undef V

/*
 * A category that a page has if the word is true of it; `exact`: and only then. scan:file is not
 * among them: see filter_narrow.
 */
static const struct scan_leaf {
	uint64_t cat;
	bool exact;
} scan_leaves[SCAN_ROWS] = {
    [SCAN_PAGE_PRESENT] = {PM_CAT_PRESENT, true},
    [SCAN_PAGE_SCAN_PRESENT] = {PM_CAT_PRESENT, true},
    [SCAN_PAGE_SCAN_SWAPPED] = {PM_CAT_SWAPPED, true},
    [SCAN_PAGE_SCAN_PFNZERO] = {PM_CAT_PFNZERO, true},
    [SCAN_PAGE_SCAN_HUGE] = {PM_CAT_HUGE, true},
    [SCAN_PAGE_SCAN_GUARD] = {PM_CAT_GUARD, true},
    [SCAN_PAGE_SCAN_ACCESSED] = {PM_CAT_ACCESSED, true},
    [SCAN_PAGE_SCAN_SOFT_DIRTY] = {PM_CAT_SOFT_DIRTY, true},
    [SCAN_PAGE_SCAN_WRITTEN] = {PM_CAT_WRITTEN, true},
    [SCAN_PAGE_SWAPPED] = {PM_CAT_SWAPPED, false},
    [SCAN_PAGE_GUARD] = {PM_CAT_SWAPPED, false},
    [SCAN_PAGE_SWAP_TYPE_VALUE] = {PM_CAT_SWAPPED, false},
    [SCAN_PAGE_SWAP_OFFSET_VALUE] = {PM_CAT_SWAPPED, false},
};

static struct scan_leaf
scan_leaf_of(const struct filter_op *op, uint64_t scan)
{
	struct scan_leaf none = {0};

	if (op->code != FILTER_OP_WORD && op->code != FILTER_OP_FIELD)
		return none;
	return scan_leaves[op->row].cat & scan ? scan_leaves[op->row] : none;
}

/* What holds of a page unless the filter is false for it. */
struct scan_bound {
	uint64_t all, none;
};

static struct scan_bound
scan_bound_of(const struct filter_op *op, uint64_t scan)
{
	struct scan_leaf l = scan_leaf_of(op, scan);

	if (!op->negate)
		return (struct scan_bound){.all = l.cat};
	return (struct scan_bound){.none = l.exact ? l.cat : 0};
}

/* The stack is bounded as in filter_run. */
static struct scan_bound
scan_bound(const struct filter *f, uint64_t scan)
{
	struct scan_bound stack[2 * FILTER_DEPTH + 2], b = {0}, *left;
	size_t depth = 0;

	for (size_t i = 0; i < f->n; i++)
		switch ((enum filter_code)f->ops[i].code) {
		case FILTER_OP_WORD:
		case FILTER_OP_FIELD:
		case FILTER_OP_FLAG:
		case FILTER_OP_STATE:
		case FILTER_OP_TYPE:
			b = scan_bound_of(&f->ops[i], scan);
			break;
		case FILTER_OP_AND:
		case FILTER_OP_OR:
			stack[depth++] = b;
			break;
		case FILTER_OP_MIN:
			left = &stack[--depth];
			b = (struct scan_bound){left->all | b.all, left->none | b.none};
			break;
		case FILTER_OP_MAX:
			left = &stack[--depth];
			b = (struct scan_bound){left->all & b.all, left->none & b.none};
			break;
		}
	return b;
}

void
filter_narrow(const struct filter *f, uint64_t scan, struct pm_match *match)
{
	/* without PAGEMAP_SCAN a word shows these two; a guard shows only in the page's state */
	struct scan_bound b = scan_bound(f, scan ? scan : PM_CAT_PRESENT | PM_CAT_SWAPPED);

	match->all |= b.all;
	match->none |= b.none;
}

uint64_t
filter_cats(const struct filter *f, uint64_t scan)
{
	uint64_t cats = 0;

	for (size_t i = 0; i < f->n; i++) {
		struct scan_leaf l = scan_leaf_of(&f->ops[i], scan);

		cats |= l.exact ? l.cat : 0;
	}
	return cats;
}

static bool
scan_decides(const struct filter_op *op, uint64_t scan)
{
	size_t n;
	const struct filter_row *rows = filter_table(&n);

	if (op->code == FILTER_OP_TYPE || op->code >= FILTER_OP_AND)
		return true;
	if (op->code != FILTER_OP_WORD && op->code != FILTER_OP_FIELD)
		return false;
	return rows[op->row].scope == FILTER_BOTH || op->row == SCAN_PAGE_SCAN_WPALLOWED ||
	       scan_leaf_of(op, scan).exact;
}

bool
filter_is_of_runs(const struct filter *f, uint64_t scan)
{
	for (size_t i = 0; i < f->n; i++)
		if (!scan_decides(&f->ops[i], scan))
			return false;
	return scan != 0;
}
