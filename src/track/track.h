/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TRACK_H
#define PM_TRACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"
#include "kernel/pagemap.h"
#include "kernel/proc.h"
#include "kernel/vma.h"
#include "page/heat.h"
#include "track/inject.h"
#include "track/ranges.h"

/*
 * What was written since the clear, as told by one of the trackers (trackers.def): soft-dirty
 * (Documentation/admin-guide/mm/soft-dirty.rst), userfaultfd's asynchronous write protection
 * (Documentation/admin-guide/mm/pagemap.rst), what the visible pages contain, or what their entries
 * in the page table say. It begins with a clear, when somebody asks for one; from then on pmtop
 * only reads.
 *
 * A mapping made (or merged) after the clear may read as written all over, even where no page is:
 * of such a region it is not known what was written, and what was known of its pages before stays.
 * Of one that mremap() has moved all pages read as written, and nothing else shows it than where it
 * lies.
 */
#define T(id, ops) TRACKER_##id,
enum tracker {
#include "track/trackers.def"
	TRACKERS
};
#undef T
enum { TRACKER_AUTO = TRACKERS }; /* the first that works */

enum tracker_can {
	TRACKER_LOSSLESS = 1, /* a clear tells in the same step what was written until then */
	TRACKER_RANGES = 2,   /* parts of the target can be watched */
	TRACKER_LOCAL = 4,    /* the pages on screen only, as they are looked at */
	TRACKER_CHANGES = 8,  /* tells changes, not writes, and only reads the target */
	TRACKER_HUGE = 16,    /* a huge page is written as a whole: 2 MiB */
	TRACKER_LASTING = 32, /* its marks outlive pmtop, and are there before it */
};
unsigned tracker_caps(enum tracker tracker);

/* One thing that being watched costs a process. */
struct track_cost {
	const char *key, *words;
};

/* How a tracker is spoken of. */
struct tracker_words {
	const char *name;     /* "soft-dirty", as --tracker has it */
	const char *label;    /* for messages and the header */
	const char *help;     /* what it tells and takes, for the help and the manual */
	const char *gives;    /* what it is for, in --capabilities; NULL: it is not told there */
	const char *verb;     /* what a stamp says of a page: "written", or "changed" */
	const char *cleared;  /* what a clear has done: "cleared", or "armed" */
	const char *compares; /* what is compared from a clear on; NULL: nothing */
	const char *price;    /* what a write costs after a clear; NULL: a fault for each page */
	const char *unknown;  /* of pages whose writes are not told: "not watched" */
	const char *untold;   /* why it is not known whether a page was written */
	const struct track_cost *costs; /* in full, ended by a key of NULL; NULL: there are none */
};
const struct tracker_words *tracker_words(enum tracker tracker);
bool tracker_find(const char *name, unsigned *tracker); /* also "auto" */

/* The first whose marks outlive pmtop; the first that only reads. */
enum tracker tracker_lasting(void);
enum tracker tracker_reading(void);

/* Whether this kernel marks what is written, without a process being watched: tried on a page of
 * our own. */
bool track_kernel_marks(void);

/* The stop and the writes, as short as a question has room for. */
#define TRACK_STOP_WORDS "0.1 to 2 ms"
#define TRACK_WRITE_WORDS "the first write to each page after a clear takes about 1 us longer"

/* Whose process it is decides what may be done in it without asking. */
enum track_owner {
	TRACK_FOREIGN,
	TRACK_LAUNCHED, /* we started it: a call may be run in it */
	TRACK_DEMO,     /* it has itself watched, for us */
};

enum track_can {
	TRACK_UNKNOWN, /* not asked yet */
	TRACK_NO,      /* why says why */
	TRACK_ASK,     /* it takes a call run in the target: only if somebody says so (allow) */
	TRACK_YES,
};

struct track_status {
	enum track_can can;
	const char *proof; /* how it was found that it can, for --capabilities */
	char why[160], how[160];
};

struct track_stamp {
	uint64_t start, end; /* bytes: pages first seen written ... */
	uint64_t time_ns;    /* ... at this time (CLOCK_MONOTONIC), in ... */
	uint32_t epoch;        /* ... this epoch, the last in which they were; and in ... */
	uint32_t count;      /* ... so many epochs in all; ... */
	uint32_t recent;     /* ... bit n: in the n-th before it */
};

/* Why it is not known what was written in a region. */
enum track_doubt {
	DOUBT_NONE,
	DOUBT_NEW,       /* mapped since the clear */
	DOUBT_REMAPPED,  /* merged with a new mapping: its old pages read as written too */
	DOUBT_UNWATCHED, /* not registered: mapped since, or it cannot be */
	DOUBT_READONLY,  /* not registered: it was read-only, which others may write all the same */
	DOUBT_OUTSIDE,   /* not in the scope */
	DOUBT_HUGETLB,   /* soft-dirty of hugetlb pages is never set again */
};
const char *track_doubt_words(enum track_doubt d); /* "" for none */

/* What the last look found of the region that starts there. */
struct track_region {
	uint64_t start;
	enum track_doubt doubt;
	uint64_t rest; /* pages of which it is not known that they were written since the clear */
};

/*
 * The writes to one page. Epochs count from the first since which stamps are kept (a clear
 * outside an auto-clear begins anew), as far as they were looked at.
 */
struct track_past {
	uint32_t epochs;          /* 0: no look since the clear */
	uint32_t written;       /* in so many of them it was */
	uint32_t recent;        /* bit n: in the n-th before the last */
	/* not none: what is above is not known, but for what it was seen written */
	enum track_doubt doubt;
};

/* Pages stamped anew since the clear, by the start of the region they lie in. */
struct track_tally {
	uint64_t start, bytes;
};

/* Pages that may have been written, which is not known: part of every sum of what was. */
struct unknown {
	uint64_t pages;
	size_t regions; /* that they lie in; */
	struct {
		uint64_t pages;
		size_t regions;
	} fresh, readonly; /* those that have come since the clear; that are read-only */
};

enum { TRACK_EPOCHS = 256 };

struct track {
	unsigned choice;       /* enum tracker, or TRACKER_AUTO */
	enum track_owner owner;
	bool allow;            /* a call may be run in a target that is not ours */
	/* what is watched, by trackers that can watch parts; empty: everything */
	struct track_range scope;

	enum tracker tracker;  /* that is used, if can says so */
	struct track_status status[TRACKERS];
	enum track_can can; /* of it; why not, and what helps; or why nothing better is used: */
	char why[160], how[160];

	bool
	    auto_clear; /* cleared again and again: what was written before cools, and is counted */
	unsigned clears; /* clears by us; 0: the clear is not ours and written means nothing yet */
	bool by_looks;         /* the tracker is local: stamps count by looks, not by clears */
	uint32_t epoch;          /* what stamps count by: clears, or those looks */
	uint32_t first_epoch;    /* the first of those that stamps are kept of */
	uint64_t
	    began[TRACK_EPOCHS]; /* when the last of them began, by epoch % TRACK_EPOCHS: a ring */
	uint64_t clear_ns;      /* when the last clear ended */
	uint64_t first_ns;     /* when the first of this auto-clear, or this clear, did */
	uint64_t looked_ns;    /* when the last look at all regions began */
	uint64_t cost_ns; /* how long the last took: the target's mappings were locked meanwhile */
	uint64_t fresh;        /* bytes stamped anew since first_ns: its growth is the rate */
	uint64_t fresh_before; /* when the last clear began: what came since had a fault each */
	struct track_tally *tally; /* of it, by region, ascending */
	size_t tally_n, tally_cap;
	struct track_region *looked; /* the regions that were looked at, ascending */
	size_t looked_n, looked_cap;
	struct unknown unknown; /* of all regions, at the last look */
	bool others; /* somebody else has cleared since our clear: what was seen before stays */
	uint64_t kept;         /* bytes of this epoch that this look saw written again */
	/* regions of whose writes it saw none any more: see track_settle */
	struct track_ranges lost;
	/* ascending, disjoint: memory per written page, never per virtual one */
	struct track_stamp *v;
	size_t n, cap;
	struct track_ranges maps, memory; /* mapped at the last look; of that private memory */
	struct track_ranges came;  /* what has come since the clear; and of that ... */
	struct track_ranges blank; /* ... what had no page then: each that is there was written */
	struct moved *moved; /* by which it is told whether pages were moved; NULL */
	/* what is left of the regions at the clear; by userfaultfd: what is watched */
	struct track_ranges cleared;

	void *own; /* what its tracker keeps beyond this; NULL: nothing */
	struct inject_cost injected; /* what it took to get it */
	struct inject_stray stray; /* in its way, perhaps nobody's: as of the last probe; ... */
	uint64_t stray_ns, stray_seen_ns; /* ... the first look that saw it so, and the last */
};

/* Fills status, tracker, can, why and how. Tries the kernel's on pages of our own, in a forked
 * child. */
void track_probe(struct track *t, const struct proc *p, const struct pagemap *pm);

/* Goes over to another tracker; marks end. */
void track_choose(struct track *t, unsigned choice);

/* Clears the target's write marks and starts an epoch. -1: it would not, nothing changed. */
int track_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
                const struct vma_list *vmas, struct err *err);

/*
 * Before a look: what has been mapped since the clear is watched from now on, where the tracker
 * can, and what is no longer mapped is forgotten. A watch is given up, with the clear, where the
 * target comes to use userfaultfd itself: why says so. No error: what cannot be watched is told as
 * not known.
 */
void track_follow(struct track *t, const struct proc *p, const struct pagemap *pm,
                  const struct vma_list *vmas);

/*
 * A person clears now: what stood in the way of a tracker that takes consent, such as another
 * tracer, may be gone. If there was something, all are tried anew at the next probe.
 */
void track_reconsider(struct track *t);

/* Why consent is asked for: what keeps the tracker that needs none from being used. */
const char *track_why_ask(const struct track *t);

/* The question to a person and the costs, of the tracker that takes consent; false: none does. */
typedef void track_cost_fn(void *arg, const char *key, const char *words);
bool track_costs(const struct track *t, const struct proc *p, struct buf *question,
                 track_cost_fn *fn, void *arg);

/* Whether it holds on to the target by now, which takes a moment to let go of. */
bool track_holds(const struct track *t);

/* Who in the target would be harmed by a clear, of those that can be known: *out says how. */
bool track_hazard(const struct track *t, const struct proc *p, const struct vma_list *vmas,
                  struct buf *out);

/*
 * Whether all that keeps the best tracker from being used is a userfaultfd that two probes, a
 * minute apart, found unused. It may have been left behind by a helper that was killed: a person
 * may have it closed (inject_close).
 */
bool track_offers_close(const struct track *t);

/* After a look at all regions: whether somebody else has cleared. */
void track_settle(struct track *t);

/*
 * The categories (PM_CAT_*) to ask for, 0 if its marks are in no page table; those that a mapping
 * newer than the clear has all over; and whether those of a run say that it is written.
 */
uint64_t track_cats(const struct track *t);
uint64_t track_cats_everywhere(const struct track *t);
bool track_is_written(const struct track *t, uint64_t cats);

/* What a look found of a region ... */
struct track_look {
	const struct vma *vma;
	bool in_scope;    /* some of it is */
	uint64_t written; /* bytes of pages whose categories say that they are */
	uint64_t lost;    /* of those seen written in this epoch that are not any more */
	uint64_t rss;     /* pages */
	bool there;       /* it has pages, in RAM or not */
	bool clean;       /* a page was seen that is not written */
	bool everywhere;  /* the categories are where no page is */
	bool watched;     /* some of it is registered with a userfaultfd */
};

/* ... and what the tracker makes of it. */
struct track_verdict {
	enum track_doubt doubt; /* why it is not known what was written */
	bool exact;   /* what is told as written was, and what not was not, since it was armed */
	bool late;    /* it came after the first clear: what is clean may have been written then */
	bool cleared; /* what is not written any more may have been cleared by somebody else */
	bool part;    /* only some of its pages are looked at */
};
struct track_verdict track_judge(struct track *t, const struct proc *p,
                                 const struct track_look *l);

/* n pages of a region as they are now, to be compared with the look before. */
struct track_pages {
	const struct vma *vma;
	size_t page_size, n;
	uint64_t addr;
	const uint64_t *words; /* the entries in the page table ... */
	size_t words_n;        /* ... of so many of them; of the rest nothing is known */
	/* what the i-th contains, which must be present; NULL: it may not be read */
	const uint8_t *(*contents)(void *arg, size_t i);
	void *arg;
};

/* Their signatures: see track_compare. */
void track_sign(const struct track *t, const struct track_pages *pages, uint64_t *out);

/*
 * Stamps what differs, by signatures of n pages of region v from `start` on, from those of the look
 * before.
 */
void track_compare(struct track *t, const struct vma *v, uint64_t start, size_t page_size,
                   const uint64_t *is, size_t n, uint64_t now);

void track_free(struct track *t);

/* What was cleared is gone with the address space (exec): forget everything but the status. */
void track_forget(struct track *t);

/*
 * Tell what a look at [start, end) found: the n runs (ascending) whose pages are written. Pages
 * seen before in this epoch keep their time, others get `now`. What is not written is dropped,
 * but in an auto-clear.
 */
void track_update(struct track *t, uint64_t start, uint64_t end, const struct pm_run *runs,
                  size_t n, uint64_t now);

/* The runs, of the region at `start`, are written, or have changed, now; everything else stays as
 * it is. */
void track_add(struct track *t, uint64_t start, const struct pm_run *runs, size_t n, uint64_t now);

/* Forgets what was seen written in [start, end): another mapping has come to lie there. */
void track_drop(struct track *t, uint64_t start, uint64_t end);

/* Bytes stamped anew since first_ns in the region that starts there. */
uint64_t track_tally(const struct track *t, uint64_t start);

/* The stamp of the page at addr, NULL if it was not seen written; its time, 0 likewise. */
const struct track_stamp *track_at(const struct track *t, uint64_t addr);
uint64_t track_time(const struct track *t, uint64_t addr);

/* So many epochs have been looked at since the first that stamps are kept of. */
uint32_t track_epochs(const struct track *t);

/* Of a stamp, bit n: in the n-th epoch before the last of those. */
uint32_t track_recent(const struct track *t, const struct track_stamp *s);

/* Whether a write to the page at addr would have been seen, as far as scope and screen reach. */
bool track_reaches(const struct track *t, uint64_t addr);

/* What is known of the page at addr, in the region that starts at `region`. */
struct track_past track_past(const struct track *t, uint64_t region, uint64_t addr);

/* Why that is not known, in words; NULL: it is. What was seen written is known all the same. */
const char *track_past_why(const struct track_past *p);

/* Of the region that starts there, as of the last look at it: DOUBT_NEW if there was none. */
enum track_doubt track_doubt(const struct track *t, uint64_t region);

/*
 * After a look at a region: whether it is known what was written in it, and of how many pages it is
 * not.
 */
void track_tell(struct track *t, uint64_t region, enum track_doubt d, uint64_t rest);

/*
 * Of the region that starts there, pages not known to be written since the clear; UINT64_MAX:
 * nobody has looked.
 */
uint64_t track_rest(const struct track *t, uint64_t region);

/* Index in v of the first stamp that ends after addr. */
size_t track_first(const struct track *t, uint64_t addr);

/* What of [start, end) is in the scope; false: nothing. */
bool track_in_scope(const struct track *t, uint64_t *start, uint64_t *end);

/* Bytes of [start, end) that were seen written. */
uint64_t track_bytes(const struct track *t, uint64_t start, uint64_t end);

/* The same, of those written in epoch `epoch` (one of the last 32). */
uint64_t track_bytes_in(const struct track *t, uint64_t start, uint64_t end, uint32_t epoch);

/* Whether a stamp still shows: in an auto-clear what was written cools. */
bool track_is_warm(const struct track *t, const struct track_stamp *s, uint64_t now);

/* The newest stamp in [start, end), 0 if none; and as a step of heat. */
uint64_t track_newest(const struct track *t, uint64_t start, uint64_t end);
enum heat track_newest_heat(const struct track *t, uint64_t start, uint64_t end, uint64_t now);

/* The most epochs in which a page of [start, end) was seen written. */
uint32_t track_most(const struct track *t, uint64_t start, uint64_t end);

#endif
