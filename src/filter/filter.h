/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FILTER_H
#define PM_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/truth.h"
#include "filter/lex.h"
#include "kernel/smaps.h"
#include "kernel/vma.h"
#include "page/page.h"
#include "target/region.h"

/*
 * Selects rows: the predicates of --filter. Text is parsed once into a small program without
 * pointers, which then runs on facts: no allocation, no system call, no recursion.
 *
 *   P = P & P | P "|" P | !P | (P) | WORD | FIELD op VALUE     op: = != < <= > >= ~
 *
 * What is hidden is not known (truth.h). A field that does not apply to a page (the frame of a page
 * that is not in RAM) compares false with every operator.
 */
enum filter_scope { FILTER_PAGE = 1, FILTER_REGION = 2, FILTER_BOTH = 3 };

/* What a filter needs read, beyond enum page_need. */
enum filter_need {
	FILTER_NEED_WRITTEN = 1 << 16, /* whether soft-dirty is meaningful: written_known */
	FILTER_NEED_HUGE = 1 << 17,    /* the size in huge pages: from smaps, unless huge_known */
	FILTER_NEED_SCAN = 1 << 18,      /* categories of PAGEMAP_SCAN: pg->cats */
	FILTER_NEED_WPALLOWED = 1 << 19, /* wpallowed of the page's region */
	FILTER_NEED_BASELINE = 1 << 20, /* a baseline of growth */
	FILTER_NEED_ACCESSES = 1 << 21, /* samples of DAMON */
};

struct filter_facts {
	const struct vma *v; /* the region, or the page's region */
	size_t page_size;
	bool written_known; /* soft-dirty works, and the region is not newer than the clear */
	/* reports which pages are written; NULL: their soft-dirty bits do */
	const struct track *track;
	const struct pageset *base; /* what was there at the baseline; NULL: there is none */
	const struct lens_keeper *kept; /* what more is known of it; NULL: nothing */
	const struct damon_regions *accesses; /* what DAMON saw; NULL: nothing was sampled */
	/* for FILTER_PAGE */
	const struct page *pg;
	uint64_t addr;
	/* PM_CAT_* that pg->cats knows of a page in RAM or swap. SOFT_DIRTY: only if asked for */
	uint64_t scan;
	enum truth wpallowed; /* whether userfaultfd may write-protect the region asynchronously */
	uint64_t now;         /* ns, on the clock of the track's stamps */
	/* for FILTER_REGION */
	const struct region *r;          /* NULL: not counted yet */
	bool huge_known;                 /* r->thp is valid */
	const struct smaps_entry *smaps; /* NULL: not read */
};

enum filter_code {
	FILTER_OP_WORD,
	FILTER_OP_FIELD, /* row: index in filter_table */
	FILTER_OP_FLAG,  /* n: a mask of kpageflags */
	FILTER_OP_STATE, /* n: enum state */
	FILTER_OP_TYPE,  /* n: enum vma_type */
	FILTER_OP_AND,
	FILTER_OP_OR, /* keep the result so far, or jump to `to` if it already decides */
	FILTER_OP_MIN,
	FILTER_OP_MAX, /* combine the result with the one before */
};
enum filter_cmp {
	FILTER_EQ, FILTER_NE, FILTER_LT, FILTER_LE, FILTER_GT, FILTER_GE, FILTER_HAS
};

struct filter_op {
	uint8_t code; /* enum filter_code */
	uint8_t cmp;  /* enum filter_cmp */
	uint8_t row;
	bool negate; /* NOT is pushed down to the leaves, so that all above is monotone */
	uint16_t to;
	uint16_t mask; /* for a permission: the bits that matter */
	uint64_t n;    /* the number; for a name its offset in `text` */
};

enum { FILTER_OPS = 256, FILTER_DEPTH = 32, FILTER_TEXT = 1024 };

struct filter {
	enum filter_scope scope;
	unsigned needs;
	size_t n, text_n;
	struct filter_op ops[FILTER_OPS];
	char text[FILTER_TEXT]; /* the names, each NUL-terminated */
};

/* Errors carry the column. scope is PAGE or REGION. */
int filter_parse(const char *text, enum filter_scope scope, size_t page_size, struct filter *f,
                 struct err *err);

/* The only words and fields that may be asked for, and what an error says of any other. */
struct filter_only {
	bool (*has)(const char *s, size_t n);
	const char *why, *how;
};

/*
 * The same for a filter in a question, which starts at l->at. It ends where no operator follows,
 * and l->at is there then. only: or NULL.
 */
int filter_parse_part(struct lex *l, enum filter_scope scope, const struct filter_only *only,
                      struct filter *f, struct err *err);

/*
 * The enum page_need and enum filter_need bits that must have been read for the words to be known.
 */
unsigned filter_needs(const struct filter *f);

/* Whether the pages of a gap may differ in it, by their addresses. */
bool filter_asks_for_place(const struct filter *f);

enum truth filter_eval(const struct filter *f, const struct filter_facts *x);

/* Whether region v passes, from maps alone; TRUTH_UNKNOWN: its counts are needed. */
enum truth filter_by_maps(const struct filter *f, const struct vma *v, size_t page_size);

/*
 * The upper bound of f over all pages of region x->v; ignores x->pg. And whether f can be anything
 * but false for pages of it with an empty page table entry.
 */
enum truth filter_most(const struct filter *f, const struct filter_facts *x);
bool filter_of_gaps(const struct filter *f, const struct filter_facts *x);

/* Why f is not known for x: a set. */
enum filter_why {
	FILTER_WHY_HIDDEN = 1,  /* frames or swap slots: needs CAP_SYS_ADMIN */
	FILTER_WHY_WRITTEN = 2, /* soft-dirty is meaningless there */
	FILTER_WHY_SCAN = 8,    /* only PAGEMAP_SCAN shows it */
	FILTER_WHY_UNREADABLE = 16, /* the kernel shows no page table for its own regions */
	FILTER_WHY_BASELINE = 32, /* there is no baseline of growth */
	FILTER_WHY_ACCESSES = 64, /* DAMON does not sample them */
	FILTER_WHY_OTHER = 4,   /* not readable, or changed during the read */
};
unsigned filter_why(const struct filter *f, const struct filter_facts *x);
/*
 * "hidden (needs CAP_SYS_ADMIN), or ..."; written: why writes are not known; lack: see
 * page_hidden_words. Appends.
 */
void filter_why_words(unsigned why, const char *written, enum page_lack lack,
                      struct buf *out);

/* The rows of filter.def, in its order. */
enum filter_kind {
	FILTER_WORD,
	FILTER_COUNT,
	FILTER_HEX,
	FILTER_ADDRESS,
	FILTER_BYTES,
	FILTER_STATE,
	FILTER_CLASS, /* of the lens that the field is named after */
	FILTER_TIME,
	FILTER_TYPE,
	FILTER_PERM,
	FILTER_NAME,
};
struct filter_row {
	enum filter_scope scope;
	enum filter_kind kind;
	unsigned needs;
	const char *names, *example, *help; /* names: separated by blanks */
};
const struct filter_row *filter_table(size_t *n);

/*
 * Iterates over all words of a scope: i from 0; NULL after the last. *n is the length. Words of
 * filter.def come first, then those of the other tables.
 */
const char *filter_word(enum filter_scope scope, size_t i, size_t *n);

#endif
