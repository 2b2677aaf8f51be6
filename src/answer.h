/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_H
#define PM_ANSWER_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "page.h"
#include "query.h"
#include "smaps.h"
#include "target.h"
#include "util.h"
#include "vma.h"

/*
 * The answer to a question, as facts: the same for the prompt, the page view and -e. A fact that
 * is not known has an empty value and a note that says why.
 */
struct fact {
	const char *key; /* JSON key and label; static */
	char *value;     /* owned; "" : not known */
	const char *note;/* static words shown after the value, or in its place; NULL none */
	bool number;     /* value is a JSON number */
};

/* The folio a page lies in, and how much of it the page's region maps around that page. */
enum { FOLIO_BAR = 32 };
struct folio_here {
	unsigned order;
	uint64_t head, index;   /* its first frame; the page's place in it */
	uint64_t mapped;        /* pages of it that are mapped at their place around this one */
	uint8_t bar[FOLIO_BAR]; /* the same by equal shares, in eighths */
};

struct answer {
	int refs;
	struct fact *f;
	size_t n, cap;
	char *line;      /* the answer in one sentence; owned */
	bool has_place;  /* there is somewhere to go: place */
	uint64_t place;
	bool has_page;   /* the answer is about one page: */
	struct page page;
	uint64_t written_ns; /* first seen written, 0 never */
	struct track_past past; /* its generations, if there is a mark */
	struct folio_here folio; /* order 0: it has none of its own */
	bool has_smaps;  /* the answer is about a region: */
	struct smaps_entry smaps;
	struct bytes *bytes; /* what was read, if bytes were asked for; NULL otherwise */
};

/* What was read of one page, with the region it lies in (NULL: none). */
struct answer *answer_page(struct target *t, const struct vma_list *vmas, uint64_t addr,
                           struct err *err);
/* Everything about the region that holds addr. Reads smaps up to it: for when somebody asks. */
struct answer *answer_region(struct target *t, const struct vma_list *vmas, uint64_t addr,
                             struct err *err);
/* Those of a QUERY_BYTES that are in RAM. */
struct answer *answer_bytes(struct target *t, const struct vma_list *vmas, const struct query *q,
                            struct err *err);
/* Of a QUERY_MIGRATE, by the writes that the track has seen; without a mark: what there is to send. */
struct answer *answer_migrate(struct target *t, const struct vma_list *vmas, const struct query *q,
                              struct err *err);
struct answer *answer_capabilities(struct target *t);
/* The ways to tell writes, and what the one that must be agreed to would do in this process. */
struct answer *answer_tracker(struct target *t);
struct answer *answer_query(struct target *t, const struct vma_list *vmas, const char *text,
                            struct err *err);
struct answer *answer_ref(struct answer *a);
void answer_unref(struct answer *a);

/* "anonymous memory, in RAM pfn 1a422b, mapped once, written 0.4 s ago" */
void page_sentence(struct buf *out, const struct page *pg, const char *verb, uint64_t written_ns, uint64_t now);

/* Why facts by frame are missing, in words; NULL if they are not. */
const char *page_hidden_why(const struct page *pg, const struct frames *f);

#endif
