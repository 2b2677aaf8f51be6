/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_QUERY_H
#define PM_ANSWER_QUERY_H

#include "query/answer.h"
#include "query/query.h"

/*
 * The answers, one file each. They return NULL with err if there is no answer. query.def names
 * those that answer a parsed query; the others take a known place.
 */

/* One page and its region (NULL: none). */
struct answer *answer_page(struct target *t, const struct vma_list *vmas, uint64_t addr,
                           struct err *err);
/* The same in two parts: the symbol, which takes time; and the page with it (NULL: without). */
struct answer *answer_symbol(struct target *t, const struct vma_list *vmas, uint64_t addr);
/* The same, and its writers if they are watched. */
struct answer *answer_symbol_and_writers(struct target *t, struct codes *codes,
                                         const struct vma_list *vmas, uint64_t addr);
struct answer *answer_page_with(struct target *t, const struct vma_list *vmas, uint64_t addr,
                                struct answer *symbol, struct err *err);
/*
 * Everything about the region that contains addr. Counts its pages, and reads smaps up to it, so
 * call it only on request.
 */
struct answer *answer_region(struct target *t, const struct vma_list *vmas, uint64_t addr,
                             struct err *err);
/* The facts from maps. */
struct answer *answer_region_maps(struct target *t, const struct vma_list *vmas, uint64_t addr,
                                  struct err *err);
/* The bytes of a QUERY_BYTES that are in RAM. */
struct answer *answer_bytes(struct target *t, const struct vma_list *vmas, const struct query *q,
                            struct err *err);
/* A QUERY_MIGRATE, based on the writes tracked; without a clear only the size to send. */
struct answer *answer_migrate(struct target *t, const struct vma_list *vmas, const struct query *q,
                              struct err *err);
/* A QUERY_WHO: the sharers of a page, or of a range by process. Reads all processes. */
struct answer *answer_who(struct target *t, const struct vma_list *vmas, const struct query *q,
                          struct err *err);
/* A QUERY_UNSHARED: what forks share and no longer do. */
struct answer *answer_unshared(struct target *t, const struct vma_list *vmas,
                               const struct query *q, struct err *err);
/* A QUERY_ARENAS: the heaps of malloc. */
struct answer *answer_arenas(struct target *t, const struct vma_list *vmas, const struct query *q,
                             struct err *err);
/* A QUERY_COPIES: which private copies of file pages differ from the file. */
struct answer *answer_copies(struct target *t, const struct vma_list *vmas, const struct query *q,
                             struct err *err);
/* A QUERY_WRITERS: which code wrote; as far as t->causes, which may be NULL, knows it. */
struct answer *answer_writers(struct target *t, const struct vma_list *vmas,
                              const struct query *q, struct err *err);
/* What was not seen, or not all of it: lost faults, threads and system calls not watched. */
void answer_facts_causes(struct answer *a, const struct causes_totals *is);
/* 0: the target's page faults are watched. -1: why they are not. */
/* A QUERY_WATCHPOINT: sets one, waits and says what stored; or what all have seen; or drops. */
struct answer *answer_watchpoint(struct target *t, const struct vma_list *vmas,
                                 const struct query *q, struct err *err);
int answer_lacks_writers(const struct target *t, struct err *err);
struct answer *answer_capabilities(struct target *t);
/* The trackers, and what the one that needs consent would do in this process. */
struct answer *answer_tracker(struct target *t);

/* What a clear of the referenced bits costs and disturbs: its question is asked before it. */
struct answer *answer_touched(struct target *t);

/* What it takes to sample accesses: its question is asked before. An error: it cannot be. */
struct answer *answer_damon(struct target *t, const struct vma_list *vmas, const struct query *q,
                            struct err *err);

/* Which memory is accessed, by DAMON's samples. */
struct answer *answer_accesses(struct target *t, const struct vma_list *vmas, const struct query *q,
                               struct err *err);
struct answer *answer_range(struct target *t, const struct vma_list *vmas, uint64_t start,
                            uint64_t end, struct err *err);
/* How many pages match a QUERY_COUNT, and by what; where those of a QUERY_FIND are. */
struct answer *answer_count(struct target *t, const struct vma_list *vmas, const struct query *q,
                            struct err *err);
struct answer *answer_find(struct target *t, const struct vma_list *vmas, const struct query *q,
                           struct err *err);
/* The sum of a field of regions, a QUERY_SUM. */
struct answer *answer_sum(struct target *t, const struct vma_list *vmas, const struct query *q,
                          struct err *err);
/* At which times of a recording something holds, a QUERY_WHEN. */
struct answer *answer_when(struct target *t, const struct vma_list *vmas, const struct query *q,
                           struct err *err);
/* What an address is, in one line. */
struct answer *answer_whois(struct target *t, const struct vma_list *vmas, const struct query *q,
                            struct err *err);
/* Where the bytes of a QUERY_SEARCH are. */
struct answer *answer_search(struct target *t, const struct vma_list *vmas, const struct query *q,
                             struct err *err);
struct answer *answer_swap(struct target *t, const struct vma_list *vmas, const struct query *q,
                           struct err *err);
/* A QUERY_GROWTH: what came in and went since the baseline of t->growth. */
struct answer *answer_growth(struct target *t, const struct vma_list *vmas,
                             const struct query *q, struct err *err);
/* The symbols that begin as a QUERY_SYMBOLS says. */
struct answer *answer_symbols(struct target *t, const struct vma_list *vmas, const struct query *q,
                              struct err *err);
struct answer *answer_frame(struct target *t, const struct vma_list *vmas, const struct query *q,
                            struct err *err);

/*
 * Whether a query is about the tracker itself (its status and costs, or a clear). Only the thread
 * that owns t->track may answer it.
 */
bool answer_needs_tracker(const char *text);

/* Whether it asks which code wrote. */
bool answer_needs_writers(const char *text, size_t page_size);

/* Whether it asks which pages were written. */
bool answer_needs_writes(const char *text, size_t page_size);

/* Answers a query as text, as the prompt and -e accept it. */
struct answer *answer_query(struct target *t, const struct vma_list *vmas, const char *text,
                            struct err *err);

#endif
