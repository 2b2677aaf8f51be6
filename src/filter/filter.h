/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILTER_H
#define PM_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/truth.h"
#include "kernel/smaps.h"
#include "kernel/vma.h"
#include "page/page.h"
#include "target/region.h"

/*
 * Which rows are shown: the predicates of --filter. Text is parsed once into a small program
 * without pointers, which is then run on facts: no allocation, no system call, no recursion.
 *
 *   P = P & P | P "|" P | !P | (P) | WORD | FIELD op VALUE      op: = != < <= > >= ~
 *
 * What is hidden is not known (truth.h). A field that a page does not have at all (the frame of a
 * page that is not in RAM) compares false, whatever the operator.
 */
enum filter_scope { FILTER_PAGE = 1, FILTER_REGION = 2, FILTER_BOTH = 3 };

/* What a filter needs beyond enum page_need. */
enum filter_need {
	FILTER_NEED_WRITTEN = 1 << 16, /* whether soft-dirty means anything: written_known */
	FILTER_NEED_HUGE = 1 << 17,    /* the size in huge pages: smaps, where huge_known is not */
};

struct filter_facts {
	const struct vma *v;      /* the region, or the one that the page is in */
	size_t page_size;
	bool written_known;       /* soft-dirty works, and the region is no newer than the clear */
	/* that tells which pages are written; NULL: their soft-dirty bits do */
	const struct track *track;
	/* FILTER_PAGE */
	const struct page *pg;
	uint64_t addr;
	/* FILTER_REGION */
	const struct region *r;
	bool huge_known;                 /* r->thp is counted */
	const struct smaps_entry *smaps; /* NULL: not read */
};

enum filter_code {
	FILTER_OP_WORD,
	FILTER_OP_FIELD, /* row: of filter_table */
	FILTER_OP_FLAG,  /* n: a bit of kpageflags, as a mask */
	FILTER_OP_STATE, /* n: enum state */
	FILTER_OP_TYPE,  /* n: enum vma_type */
	FILTER_OP_AND,
	FILTER_OP_OR, /* keep what is known so far, or go to `to` if that decides */
	FILTER_OP_MIN,
	FILTER_OP_MAX, /* join it with what came since */
};
enum filter_cmp {
	FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE, FILTER_HAS
};

struct filter_op {
	uint8_t code; /* enum filter_code */
	uint8_t cmp;  /* enum filter_cmp */
	uint8_t row;
	bool negate;  /* "not" has been driven down to the words: what follows is monotone */
	uint16_t to;
	uint16_t mask; /* of a permission: the bits that matter */
	uint64_t n;   /* number; of a name its place in text */
};

enum { FILTER_OPS = 256, FILTER_DEPTH = 32, FILTER_TEXT = 1024 };

struct filter {
	enum filter_scope scope;
	unsigned needs;
	size_t n, text_n;
	struct filter_op ops[FILTER_OPS];
	char text[FILTER_TEXT]; /* the names, each ended by NUL */
};

/* Errors carry the column. scope is PAGE or REGION. */
int filter_parse(const char *text, enum filter_scope scope, size_t page_size, struct filter *f,
                 struct err *err);

/* enum page_need and enum filter_need: what must have been read for the words to be known. */
unsigned filter_needs(const struct filter *f);

enum truth filter_eval(const struct filter *f, const struct filter_facts *x);

/*
 * The most that f can be of any page of region x->v; x->pg is not looked at. And whether it can be
 * anything but false of pages there that the page table is empty of.
 */
enum truth filter_most(const struct filter *f, const struct filter_facts *x);
bool filter_of_gaps(const struct filter *f, const struct filter_facts *x);

/* Why f is not known of x: a set. */
enum filter_why {
	FILTER_WHY_HIDDEN = 1,  /* frames or places in swap: needs CAP_SYS_ADMIN */
	FILTER_WHY_WRITTEN = 2, /* soft-dirty does not tell */
	FILTER_WHY_OTHER = 4,   /* not readable, or changed while it was read */
};
unsigned filter_why(const struct filter *f, const struct filter_facts *x);

/* The rows of filter.def, in its order. */
enum filter_kind {
	FILTER_WORD,
	FILTER_COUNT,
	FILTER_HEX,
	FILTER_ADDRESS,
	FILTER_BYTES,
	FILTER_STATE,
	FILTER_TYPE,
	FILTER_PERM,
	FILTER_NAME,
};
struct filter_row {
	enum filter_scope scope;
	enum filter_kind kind;
	unsigned needs;
	const char *names, *example, *help; /* names: with blanks between them */
};
const struct filter_row *filter_table(size_t *n);

/*
 * Every word of a scope, one after the other: i from 0; NULL after the last. *n its length. Those
 * of filter.def first, then those of the other tables.
 */
const char *filter_word(enum filter_scope scope, size_t i, size_t *n);

#endif
