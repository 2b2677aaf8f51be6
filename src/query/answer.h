/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_H
#define PM_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"
#include "kernel/smaps.h"
#include "kernel/vma.h"
#include "page/page.h"
#include "share/share.h"
#include "target/bytes.h"
#include "target/target.h"
#include "target/writers_page.h"

/*
 * The answer to a query, as facts: the same for the prompt, the page view and -e. A fact that is
 * not known has an empty value and a note with the reason.
 */
struct fact {
	const char *key; /* JSON key and label; static */
	char *value;     /* owned; "": not known */
	const char *note; /* shown after the value or instead of it; static, or `own`; NULL: none */
	char *own;        /* owned */
	bool number;     /* value is a JSON number */
};

/* A page's folio, and how much of it the page's region maps around that page. */
enum { FOLIO_BAR = 32 };
struct folio_here {
	unsigned order;
	uint64_t head, index;   /* its first frame; the page's index in it */
	uint64_t mapped;        /* pages of it mapped contiguously around this one */
	uint8_t bar[FOLIO_BAR]; /* the same in equal shares, in eighths */
};

/*
 * The rows of an answer that has many. Cells are text: decimal digits in NUMBER and SIZE (bytes),
 * as timeline_exact has it in TIME, "" if not known.
 */
struct answer_column {
	const char *title; /* static; in lower case its JSON key */
	enum { ANSWER_TEXT, ANSWER_NUMBER, ANSWER_SIZE, ANSWER_TIME } kind;
};
struct answer_table {
	const char *key;                    /* JSON key of the rows; static */
	const struct answer_column *column; /* static */
	size_t columns;
	char **cell; /* row by row; owned */
	size_t n, cap;
	uint64_t more; /* rows that were left out */
	bool places;   /* the first column has addresses in this process, which can be jumped to */
	bool times;    /* it has times of a recording, which can be gone to; the last two columns */
	               /* have the id of that sample, and for how many it holds */
	bool dated;    /* a person is shown the date of a TIME, too */
};

struct answer {
	int refs;
	struct fact *f;
	size_t n, cap;
	struct answer_table table; /* key NULL: none */
	char *line;     /* the answer as one sentence; owned */
	char *question; /* what a person must consent to before a clear, or NULL; owned */
	bool has_place; /* `place` can be jumped to */
	uint64_t place;
	char *filter;    /* the filter of pages that it is about, or NULL; owned */
	bool has_page;   /* the answer is about one page: */
	struct page page;
	uint64_t written_ns;    /* when it was first seen written; 0: never */
	struct track_past past; /* its epochs, if there was a clear */
	struct folio_here folio; /* order 0: not part of a larger folio */
	bool has_smaps;  /* the answer is about a region: */
	struct smaps_entry smaps;
	struct bytes *bytes; /* the contents read, for a QUERY_BYTES; else NULL */
	struct page_writers *writers; /* which code wrote the page, if that is watched; owned */
	uint64_t writers_ns;          /* as of this scan */
	struct answer *looked_up; /* what takes time: answer_symbol_and_writers; a reference */
	bool stands; /* also if the process has ended meanwhile: it is about what was until then */
	struct share *share; /* with whom a range is shared, for a QUERY_WHO; else NULL */
};

struct answer *answer_ref(struct answer *a);
void answer_unref(struct answer *a);

/* Whether both are about a page, and say the same. */
bool answer_same_page(const struct answer *a, const struct answer *b);

/* --- putting one together --------------------------------------------------------------------- */

struct answer *answer_new(void);

/* These append a fact; keys are static. `value` is moved from and left empty. */
struct fact *answer_add(struct answer *a, const char *key, struct buf *value);
struct fact *answer_add_hex(struct answer *a, const char *key, uint64_t v);
struct fact *answer_add_number(struct answer *a, const char *key, uint64_t v);
struct fact *answer_add_text(struct answer *a, const char *key, const char *text);

/* Begins the table; then come its cells, row by row. `value` is moved from and left empty. */
void answer_table(struct answer *a, const char *key, const struct answer_column *c, size_t n);
void answer_cell(struct answer *a, struct buf *value);
void answer_cell_number(struct answer *a, uint64_t v);
void answer_cell_text(struct answer *a, const char *text);
void answer_cell_hex(struct answer *a, bool known, uint64_t v); /* empty unless known */

/* "7f1a80926010 libc.so.6+26010": an address and its place in region v. */
void answer_place(struct buf *out, const struct vma_list *vmas, const struct vma *v, uint64_t addr);

void answer_add_name(struct answer *a, const char *key,
                     const char *name); /* from outside: escaped */
void answer_add_unknown(struct answer *a, const char *key, const char *why);

#endif
