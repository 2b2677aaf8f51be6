/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CAUSES_PARTS_H
#define PM_CAUSES_PARTS_H

/* What the files of causes share. All of it with the lock held. */
#include <pthread.h>

#include "cause/causes.h"

/* The flags of an entry: */
enum {
	CAUSES_FIRST = 1,   /* of its group */
	CAUSES_WRITTEN = 2, /* of the first: the page was written in this epoch */
	CAUSES_SEVERAL = 4, /* of the first: there are others */
	CAUSES_MORE = 8,    /* of the first: there were more than are kept */
};

struct causes_entry {
	uint64_t addr : 57, flags : 7;
	uint64_t time_us : 44, thread : 20; /* since base_ns */
	uint32_t chain, epoch;
	uint32_t back; /* distance to the one before it on this page; 0: there is none */
};

enum { CAUSES_SOON = 32 };

/* Epochs in which not every fault was watched: see causes_sampled. */
struct causes_part {
	uint32_t from, to; /* both included */
	uint64_t period;
};
enum { CAUSES_PARTS = 32 };

struct causes {
	int refs;
	pthread_mutex_t lock;
	size_t page_size;
	uint64_t base_ns;
	struct chains chains;
	struct causes_thread *thread;
	size_t threads, threads_cap, last_thread;
	uint32_t *thread_table; /* open addressing: number + 1; 0: free */
	size_t thread_table_size;

	struct causes_entry *v;
	size_t cap, max;
	uint64_t n;       /* entries ever added: the newest is n - 1 */
	uint64_t base;    /* the one at v[0], v[max] and so on */
	uint64_t oldest;  /* the oldest that is kept */
	uint64_t taken;   /* the first that causes_since has not given */
	uint32_t *table;  /* open addressing: where in v, + 1; 0: free */
	size_t table_size, pages;
	struct causes_entry soon[CAUSES_SOON]; /* see causes_expect_entry */
	size_t soon_n;

	uint32_t epoch, first_epoch;
	bool counter;     /* everything is only counted, in past */
	bool after;       /* see causes_new_counter */
	bool no_writes;   /* the log is not kept */
	bool no_past;     /* it is, but not what was taken of epochs that are over */
	bool recalled;    /* what was written has been said of each look: stamps know no better */
	struct newest *newest; /* NULL: not kept */
	bool turning;     /* a clear is under way: which epoch a fault belongs to is not known */
	uint64_t turn;    /* the first entry that was added since it began */
	uint64_t clear_ns; /* when the last clear had ended */
	/* of forgotten entries: those of one epoch, and of all before it */
	struct cause_sums part, past;
	uint32_t part_epoch;
	struct causes_part sampled[CAUSES_PARTS]; /* ascending; beyond that the oldest are joined */
	size_t sampled_n;
	struct causes_totals totals;
};

static inline size_t
causes_index(const struct causes *c, uint64_t number)
{
	return (number - c->base) % c->max;
}

static inline struct causes_entry *
causes_at(const struct causes *c, uint64_t number)
{
	return &c->v[causes_index(c, number)];
}

static inline uint64_t
causes_page(const struct causes *c, uint64_t addr)
{
	return addr / c->page_size;
}

static inline bool
causes_is_written(const struct track *t, uint64_t addr, uint32_t epoch)
{
	return t && track_was_written(t, addr, epoch);
}

/* --- the log ---------------------------------------------------------------------------------- */

/* The newest entry of a page; n: none. */
uint64_t causes_newest(const struct causes *c, uint64_t page);

/* The one before it on its page; n: none, or it is forgotten. */
uint64_t causes_before(const struct causes *c, uint64_t k);

/*
 * The entries of a page in an epoch, newest first; at most CAUSES_MOST. Of a page that is not known
 * there are none.
 */
size_t causes_group(const struct causes *c, uint64_t page, uint32_t epoch,
                    uint64_t out[CAUSES_MOST]);

/* Adds the group of which k is the first. */
void causes_add_group(const struct causes *c, struct cause_sums *s, uint64_t k);

/* A fault; nothing if its group has it already. */
void causes_add_entry(struct causes *c, struct causes_entry e);

/*
 * The same, a little later: looking for a page goes far in memory, and what is needed for some
 * faults is fetched at once. causes_lock adds them all.
 */
void causes_expect_entry(struct causes *c, const struct causes_entry *e);
void causes_add_expected(struct causes *c);

static inline void
causes_lock(struct causes *c)
{
	pthread_mutex_lock(&c->lock);
	causes_add_expected(c);
}

/* Takes out of the log what was added since the clear began; NULL: nothing. */
struct causes_entry *causes_take_back(struct causes *c, size_t *n);

/* Forgets what was taken, whatever it was; the rest goes to the front, so that memory is small. */
void causes_forget_taken(struct causes *c);

/* --- samples ---------------------------------------------------------------------------------- */

/* The first part that overlaps [from, to]; NULL: all faults were watched. */
const struct causes_part *causes_part(const struct causes *c, uint32_t from, uint32_t to);

/* How the watch goes on from now. */
void causes_note_watch(struct causes *c, const struct causes_watch *w);

/* --- call chains ------------------------------------------------------------------------------ */

/* The number of a fault's chain, which is added if it is new. */
uint32_t causes_chain_number(struct causes *c, const struct perf_sample *s);

/* --- threads ---------------------------------------------------------------------------------- */

/* The number of a thread, which is added if it is new. */
uint32_t causes_thread_number(struct causes *c, pid_t pid, pid_t tid);

#endif
