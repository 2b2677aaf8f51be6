/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The value of each word and field of filter.def, for a region, or a page as part of it. */
#include "filter/filter_rows.h"

/*
 * The kernel hides the page tables of its own regions ([vvar], [vsyscall]): nothing is counted
 * there.
 */
static enum truth
filter_counted(const struct filter_facts *x, uint64_t pages, uint64_t *n)
{
	*n = pages * x->page_size;
	if (!x->r)
		return TRUTH_UNKNOWN;
	if (x->r->known)
		return TRUTH_YES;
	return x->v->type == VMA_KERNEL && !vma_has_file(x->v) ? TRUTH_NO : TRUTH_UNKNOWN;
}

#define COUNTED(id, member) \
	enum truth value_REGION_##id(const struct filter_facts *x, uint64_t *n) \
	{ \
		return filter_counted(x, x->r ? x->r->member : 0, n); \
	}
COUNTED(RSS, rss)
COUNTED(ANON, anon)
COUNTED(COPIED, copied)
COUNTED(HUGETLB, hugetlb)
#undef COUNTED

enum truth
value_REGION_SWAP(const struct filter_facts *x, uint64_t *n)
{
	enum truth t = filter_counted(x, x->r ? x->r->swap : 0, n);

	return t == TRUTH_YES && x->r->swap_unsure ? TRUTH_UNKNOWN : t;
}

enum truth
value_REGION_THP(const struct filter_facts *x, uint64_t *n)
{
	if (x->huge_known)
		return filter_counted(x, x->r ? x->r->thp : 0, n);
	*n = x->smaps ? x->smaps->thp : 0;
	return x->smaps ? TRUTH_YES : TRUTH_UNKNOWN;
}

enum truth
value_REGION_WRITTEN(const struct filter_facts *x, uint64_t *n)
{
	enum truth t = filter_counted(x, x->r ? x->r->written : 0, n);

	return t == TRUTH_YES && (!x->written_known || x->r->doubt) ? TRUTH_UNKNOWN : t;
}

enum truth
value_REGION_START(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->start;
	return TRUTH_YES;
}

enum truth
value_REGION_END(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->end;
	return TRUTH_YES;
}

enum truth
value_REGION_OFFSET(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->offset;
	return truth(vma_has_file(x->v));
}

enum truth
value_BOTH_SIZE(const struct filter_facts *x, uint64_t *n)
{
	*n = vma_size(x->v);
	return TRUTH_YES;
}

enum truth
value_BOTH_PERM(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->perm;
	return TRUTH_YES;
}

/* compared as text: see filter_compare_name */
enum truth
value_BOTH_NAME(const struct filter_facts *x, uint64_t *n)
{
	(void)x;
	*n = 0;
	return TRUTH_YES;
}

enum truth
value_BOTH_TYPE(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->type;
	return TRUTH_YES;
}

enum truth
value_BOTH_INODE(const struct filter_facts *x, uint64_t *n)
{
	*n = x->v->inode;
	return truth(vma_has_file(x->v));
}

/* Whether the field of the same name is above 0. */
static enum truth
filter_some(enum truth has, uint64_t n)
{
	return has == TRUTH_YES ? truth(n) : has;
}

#define SOME(id, field) \
	enum truth word_REGION_##id(const struct filter_facts *x) \
	{ \
		uint64_t n; \
		enum truth has = value_REGION_##field(x, &n); \
		return filter_some(has, n); \
	}
SOME(PRESENT, RSS)
SOME(SWAPPED, SWAP)
SOME(COPIED, COPIED)
SOME(THP, THP)
SOME(WRITTEN, WRITTEN)
#undef SOME
