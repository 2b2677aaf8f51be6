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
#include "track/notes.h"
#include "track/ranges.h"
#include "track/stamps.h"

/*
 * What was written since the clear, as reported by one of the trackers (trackers.def): soft-dirty
 * (Documentation/admin-guide/mm/soft-dirty.rst), userfaultfd's asynchronous write protection
 * (Documentation/admin-guide/mm/pagemap.rst), or changes of the contents or the page table entries
 * of the visible pages. Tracking starts with a clear that somebody asked for; from then on pmtop
 * only reads.
 *
 * A mapping made (or merged) after the clear may read as written everywhere, even where it has no
 * page: what was written in such a region is not known, and what was known of its pages before
 * stays. After mremap() all pages of the moved mapping read as written; only its new address
 * reveals that.
 */
#define T(id, ops) TRACKER_##id,
enum tracker {
#include "track/trackers.def"
	TRACKERS
};
#undef T
enum { TRACKER_AUTO = TRACKERS }; /* the first that works */

enum tracker_can {
	TRACKER_LOSSLESS = 1, /* a clear reports, in the same step, what was written until then */
	TRACKER_RANGES = 2,   /* can watch parts of the target */
	TRACKER_LOCAL = 4,    /* covers only the pages on screen, as they are scanned */
	TRACKER_CHANGES = 8,  /* detects changes, not writes, and only reads the target */
	TRACKER_HUGE = 16,    /* a huge page counts as written as a whole */
	TRACKER_LASTING = 32, /* its marks exist before pmtop starts and outlive it */
};
unsigned tracker_caps(enum tracker tracker);

/* One cost to a watched process. */
struct track_cost {
	const char *key, *words;
};

/* A tracker's words. */
struct tracker_words {
	const char *name;     /* "soft-dirty", as --tracker has it */
	const char *label;    /* for messages and the header */
	const char *help;     /* what it detects and costs, for the help and the manual */
	const char *gives;    /* what it is for, in --capabilities; NULL: not listed there */
	const char *verb;     /* what a stamp says about a page: "written", or "changed" */
	const char *cleared;  /* what a clear did: "cleared", or "armed" */
	const char *compares; /* what is compared after a clear; NULL: nothing */
	const char *price;    /* the cost of a write after a clear; NULL: one fault per page */
	const char *unknown;  /* for pages whose writes it does not see: "not watched" */
	const char *consent; /* what it does in the target first, with consent; NULL: nothing */
	const char *why_unknown;        /* why it is not known whether a page was written */
	const struct track_cost *costs; /* all its costs, terminated by a NULL key; NULL: none */
};
const struct tracker_words *tracker_words(enum tracker tracker);

bool tracker_find(const char *name, unsigned *tracker); /* also "auto" */

/* The first tracker whose marks outlive pmtop; the first that only reads. */
enum tracker tracker_lasting(void);
enum tracker tracker_reading(void);

/* Whether this kernel marks writes without a process being watched. Tested on a page of our own. */
bool track_kernel_marks(void);

/* The cost of the stop and of the writes, short enough for a question. */
#define TRACK_STOP_WORDS "typically 0.1-2 ms"
#define TRACK_WRITE_WORDS "the first write to each page after a clear takes about 1 us longer"

/* The owner of the process decides what may be done in it without asking. */
enum track_owner {
	TRACK_FOREIGN,
	TRACK_LAUNCHED, /* pmtop started it: a call may be injected */
	TRACK_DEMO,     /* it registers itself with userfaultfd for us */
};

enum track_can {
	TRACK_UNKNOWN, /* not probed yet */
	TRACK_NO,      /* `why` holds the reason */
	TRACK_ASK,     /* needs a call injected into the target: only with consent (allow) */
	TRACK_YES,
};

struct track_status {
	enum track_can can;
	const char *proof; /* how it was shown to work, for --capabilities */
	char why[160], how[160];
};

/* Why it is not known what was written in a region. */
enum track_doubt {
	DOUBT_NONE,
	DOUBT_NEW,       /* mapped since the clear */
	DOUBT_REMAPPED,  /* merged with a new mapping: its old pages read as written, too */
	DOUBT_UNWATCHED, /* not registered: mapped since, or it cannot be registered */
	/* not registered: it was read-only to the process, but others may write to it */
	DOUBT_READONLY,
	DOUBT_OUTSIDE, /* not in the scope */
	DOUBT_HUGETLB, /* soft-dirty of hugetlb pages is never set again */
};
const char *track_doubt_words(enum track_doubt d); /* "" for none */

/* What the last scan found in the region that starts at `start`. */
struct track_region {
	uint64_t start;
	enum track_doubt doubt;
	uint64_t rest; /* pages not known to be written since the clear */
};

/*
 * The writes to one page. Epochs count from the first with stamps (a clear outside auto-clear
 * restarts the count), as far as they were scanned.
 */
struct track_past {
	uint32_t epochs;  /* 0: no scan since the clear */
	uint32_t written; /* epochs in which it was written */
	uint32_t recent;  /* bit n: written in the n-th epoch before the last */
	/* if not DOUBT_NONE, only the writes that were seen are known */
	enum track_doubt doubt;
};

/* Pages newly stamped since the clear, by the start of their region. */
struct track_tally {
	uint64_t start, bytes;
};

/*
 * Pages of which it is not known whether they were written; reported with every sum of written
 * pages.
 */
struct unknown {
	uint64_t pages;
	size_t regions; /* regions that contain such pages */
	struct {
		uint64_t pages;
		size_t regions;
	} fresh, readonly; /* pages mapped since the clear; read-only pages */
};

enum { TRACK_EPOCHS = 256 };

struct track {
	unsigned choice;       /* enum tracker, or TRACKER_AUTO */
	enum track_owner owner;
	bool allow; /* a call may be injected into a foreign target */
	/* the watched range, for trackers with TRACKER_RANGES; empty: everything */
	struct track_range scope;

	enum tracker tracker; /* the tracker in use, if `can` permits */
	struct track_status status[TRACKERS];
	/* its status; why/how: why it cannot be used, or why no better one is */
	enum track_can can;
	char why[160], how[160];

	bool auto_clear; /* clears repeat: earlier writes fade, and are counted */
	/* clears by us; 0: the marks are older than pmtop, so "written" means nothing yet */
	unsigned clears;
	bool by_scans;        /* the tracker is local: epochs count scans, not clears */
	uint32_t epoch;       /* the current epoch, counted in clears or in such scans */
	uint32_t first_epoch; /* the first epoch with stamps */
	/* start times of the last epochs, by epoch % TRACK_EPOCHS: a ring */
	uint64_t began[TRACK_EPOCHS];
	uint64_t clear_ns;   /* end of the last clear */
	uint64_t first_ns;   /* end of the first clear of this auto-clear, or of this clear */
	uint64_t scanned_ns; /* start of the last scan of all regions */
	uint64_t cost_ns;    /* duration of the last clear, which held the target's mmap_lock */
	/* bytes newly stamped since first_ns: its growth is the write rate */
	uint64_t fresh;
	/* `fresh` when the last clear began; everything since has cost one fault per page */
	uint64_t fresh_before;
	struct track_tally *tally; /* `fresh` by region, ascending */
	size_t tally_n, tally_cap;
	struct track_region *scanned; /* the regions scanned, ascending */
	size_t scanned_n, scanned_cap;
	struct unknown unknown; /* of all regions, at the last scan */
	bool others;            /* somebody else has cleared since our clear: earlier stamps stay */
	uint64_t kept;          /* bytes of this epoch that the current scan saw written again */
	/* regions in which it no longer saw the writes of this epoch: see track_settle */
	struct track_ranges lost;
	struct stamps stamps; /* without what is noted: only track.c and tracker.c ask them */
	struct notes notes;
	struct track_ranges maps, memory; /* mappings at the last scan; of those, private memory */
	struct track_ranges newer;         /* mapped since the clear; and of that ... */
	/* ... the parts that began without pages: every page there was written */
	struct track_ranges blank;
	struct moved *moved; /* frames noted, to detect moved pages; NULL: none */
	/* what remains of the regions at the clear; for userfaultfd: what is watched */
	struct track_ranges cleared;
	struct track_ranges unsure; /* watched since a moment after the clear; not known before */

	void *own;                   /* the tracker's private state; NULL: none */
	struct inject_cost injected; /* the cost of obtaining the userfaultfd */
	/* a userfaultfd that blocks ours, perhaps a leftover, as of the last probe; ... */
	struct inject_stray stray;
	uint64_t stray_ns, stray_seen_ns; /* ... the first and the last probe that saw it */
};

/*
 * Probes all trackers, some on pages of our own in a forked child. Fills status, tracker, can, why
 * and how.
 */
void track_probe(struct track *t, const struct proc *p, const struct pagemap *pm);

/* Switches to another tracker, which drops all stamps. */
void track_choose(struct track *t, unsigned choice);

/* Whether the next clear adds to the stamps: else it begins with none. */
bool track_adds(const struct track *t);

/*
 * Whether the next clear reports all that was written in [start, end): a scan that it follows at
 * once need not ask.
 */
bool track_reports(const struct track *t, uint64_t start, uint64_t end);

/* Why it is not known whether a page was written. */
const char *tracker_why_unknown(const struct track *t);

/* Clears the target's write marks and starts an epoch. -1: it failed, nothing changed. */
int track_clear(struct track *t, const struct proc *p, const struct pagemap *pm,
                const struct vma_list *vmas, struct err *err);

/*
 * Call before each scan. Starts to watch what was mapped since the clear, if the tracker can, and
 * forgets what is no longer mapped. If the target starts to use userfaultfd itself, the watch and
 * its stamps are dropped, and `why` says so. Returns no error: what cannot be watched is reported
 * as not known.
 */
void track_follow(struct track *t, const struct proc *p, const struct pagemap *pm,
                  const struct vma_list *vmas);

/*
 * Call before a clear on request: what blocked a tracker that needs consent, such as another
 * tracer, may be gone. If one was blocked, the next probe tries all of them again.
 */
void track_reconsider(struct track *t);

/* Why consent is needed: the reason why the tracker that needs none cannot be used. */
const char *track_why_ask(const struct track *t);

/* The question for the user and the costs of the tracker that needs consent; false: none does. */
typedef void track_cost_fn(void *arg, const char *key, const char *words);
bool track_costs(const struct track *t, const struct proc *p, struct buf *question,
                 track_cost_fn *fn, void *arg);

/* Whether it holds on to the target, so that releasing it takes a moment. */
bool track_holds(const struct track *t);

/* Whether a clear would harm somebody in the target, as far as that can be known: *out says how. */
bool track_hazard(const struct track *t, const struct proc *p, const struct vma_list *vmas,
                  struct buf *out);

/*
 * Whether the best tracker is blocked only by a userfaultfd that two probes, a minute apart, found
 * unused. A killed helper may have left it behind; the user may have it closed (track_unblock).
 */
bool track_offers_close(const struct track *t);

/* Removes from the target what blocks the best tracker: t->stray. Only with the user's consent. */
int track_unblock(struct track *t, const struct proc *p, struct err *err);

/* Call after a scan of all regions: determines whether somebody else has cleared. */
void track_settle(struct track *t);

/*
 * The categories (PM_CAT_*) to request in a scan, 0 if the tracker has no marks in the page table;
 * of those, the ones that a mapping newer than the clear has everywhere; whether the categories of
 * a run mean that it was written.
 */
uint64_t track_cats(const struct track *t);
uint64_t track_cats_everywhere(const struct track *t);
bool track_is_written(const struct track *t, uint64_t cats);

/* What a scan found in a region ... */
struct track_scan {
	const struct vma *vma;
	bool in_scope;    /* part of it is in scope */
	uint64_t written; /* bytes of pages whose categories mean written */
	uint64_t lost;    /* bytes stamped in this epoch that no longer read as written */
	uint64_t rss;     /* in pages */
	bool there;       /* it has pages, in RAM or not */
	bool clean;       /* some page is not marked written */
	bool everywhere;  /* even address ranges without pages have the categories */
	bool watched;     /* part of it is registered with a userfaultfd */
};

/* ... and the tracker's verdict. */
struct track_verdict {
	enum track_doubt doubt; /* why it is not known what was written */
	bool exact; /* since it was armed, exactly the pages reported as written were written */
	/* mapped after the first clear: clean pages may have been written before it was armed */
	bool late;
	/* pages that no longer read as written may have been cleared by somebody else */
	bool cleared;
	bool part; /* only some of its pages are scanned */
};
struct track_verdict track_judge(struct track *t, const struct proc *p,
                                 const struct track_scan *scan);

/* n pages of a region as they are now, to compare with the previous scan. */
struct track_pages {
	const struct vma *vma;
	size_t page_size, n;
	uint64_t addr;
	const uint64_t *words; /* page table entries ... */
	size_t words_n;        /* ... of the first words_n pages; the rest are not known */
	/* the contents of page i, which must be present; NULL: not permitted */
	const uint8_t *(*contents)(void *arg, size_t i);
	void *arg;
};

/* Computes their signatures: see track_compare. */
void track_sign(const struct track *t, const struct track_pages *pages, uint64_t *out);

/*
 * Compares the signatures of n pages of region v from `start` on with those of the previous scan,
 * and stamps the pages that differ.
 */
void track_compare(struct track *t, const struct vma *v, uint64_t start, size_t page_size,
                   const uint64_t *is, size_t n, uint64_t now);

void track_free(struct track *t);

/*
 * Copies what `of` knows about writes, for a reader in another thread. The copy has no hold on the
 * target: only functions that take a const track, and track_free, may be called with it.
 */
void track_copy(struct track *to, const struct track *of);

/* The same, of the page at addr alone, without the regions. */
void track_copy_page(struct track *to, const struct track *of, uint64_t addr);

/* The address space is gone (exec), and the clear with it: forgets everything but the status. */
void track_forget(struct track *t);

/*
 * Reports a scan of [start, end), of the region that starts at `region`: the n runs (ascending) of
 * written pages. Pages already stamped in this epoch keep their time, others get `now`. Stamps of
 * pages not written are dropped, except in auto-clear.
 */
void track_update(struct track *t, uint64_t region, uint64_t start, uint64_t end,
                  const struct pm_run *runs, size_t n, uint64_t now);

/* Stamps the runs, in the region at `start`, as written or changed now; all else stays. */
void track_add(struct track *t, uint64_t start, const struct pm_run *runs, size_t n, uint64_t now);

/*
 * The same of what a clear reports. All of it comes before anything else of this epoch, and with
 * the same time.
 */
void track_harvest(struct track *t, uint64_t start, const struct pm_run *runs, size_t n,
                  uint64_t now);

/* Drops the stamps of [start, end): another mapping has taken its place. */
void track_drop(struct track *t, uint64_t start, uint64_t end);

/* Bytes newly stamped since first_ns in the region at `start`. */
uint64_t track_tally(const struct track *t, uint64_t start);

/* The stamp of the page at addr; false: it was not seen written. Its time, else 0. */
bool track_at(const struct track *t, uint64_t addr, struct track_stamp *out);
uint64_t track_time(const struct track *t, uint64_t addr);

/* Whether any page has one. */
bool track_has_stamps(const struct track *t);

/* Adds the pages that were stamped after a time, with state 1, to `out`, which is empty. */
void track_since(const struct track *t, uint64_t time_ns, struct extents *out);

/* Replaces what `to` holds by the stamps of [start, end). */
void track_copy_stamps(struct stamps *to, const struct track *of, uint64_t start, uint64_t end);

/* Whether the page at addr was seen written in that epoch, as far back as stamps remember. */
bool track_was_written(const struct track *t, uint64_t addr, uint32_t epoch);

/* Epochs scanned since the first with stamps. */
uint32_t track_epochs(const struct track *t);

/* Bit n: the stamp was set in the n-th epoch before the last one scanned. */
uint32_t track_recent(const struct track *t, const struct track_stamp *s);

/*
 * Whether a write to the page at addr would have been seen, by scope and (for local trackers) by
 * what was on screen.
 */
bool track_reaches(const struct track *t, uint64_t addr);

/* What is known about writes to the page at addr, in the region that starts at `region`. */
struct track_past track_past(const struct track *t, uint64_t region, uint64_t addr);

/*
 * Why that is not known, in words; NULL: it is known. Writes that were seen are known in any case.
 */
const char *track_past_why(const struct track_past *p);

/*
 * The doubt about the region that starts there, from its last scan; DOUBT_NEW if it was not
 * scanned.
 */
enum track_doubt track_doubt(const struct track *t, uint64_t region);

/*
 * Records, after the scan of a region, why its writes are not known, and how many of its pages are
 * not known to be written.
 */
void track_set_doubt(struct track *t, uint64_t region, enum track_doubt d, uint64_t rest);

/*
 * Pages of the region that starts there not known to be written since the clear; UINT64_MAX: not
 * scanned.
 */
uint64_t track_rest(const struct track *t, uint64_t region);

/* The stamps of [start, end): see stamps_next. */
struct stamps_at track_stamps(const struct track *t, uint64_t start, uint64_t end);

/* Clips [start, end) to the scope; false: nothing is left. */
bool track_in_scope(const struct track *t, uint64_t *start, uint64_t *end);

/* Bytes of [start, end) that were seen written. */
uint64_t track_bytes(const struct track *t, uint64_t start, uint64_t end);

/* The same, written in `epoch` (one of the last 32). */
uint64_t track_bytes_in(const struct track *t, uint64_t start, uint64_t end, uint32_t epoch);

/* Whether a stamp still shows: in auto-clear, writes fade. */
bool track_is_warm(const struct track *t, const struct track_stamp *s, uint64_t now);

/* The newest stamp time in [start, end), 0 if none; and as a heat step. */
uint64_t track_newest(const struct track *t, uint64_t start, uint64_t end);
enum heat track_newest_heat(const struct track *t, uint64_t start, uint64_t end, uint64_t now);

/* The largest number of epochs in which any page of [start, end) was seen written. */
uint32_t track_most(const struct track *t, uint64_t start, uint64_t end);

#endif
