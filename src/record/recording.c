/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/util.h"
#include "record/frame_looks.h"
#include "record/pack.h"
#include "record/recall.h"
#include "record/schema.h"
#include "record/sets.h"

/* What is to be added to times of a session, to have all on one clock: ns since 1970. */
#define RECORDING_ON_CLOCK                                         \
	"CAST(strftime('%s', n.began) AS INTEGER) * 1000000000 + " \
	"CAST(substr(strftime('%f', n.began), 4) AS INTEGER) * 1000000 - n.clock"

#define RECORDING_STATEMENTS                                                                       \
	X(SAMPLES, "SELECT id, session, time, rss, swap, written, whole, epoch, cleared FROM "     \
	           "sample ORDER BY id")                                                           \
	X(CLOCK, "SELECT " RECORDING_ON_CLOCK " FROM session n WHERE n.id = ?")                    \
	X(TRACK,                                                                                   \
	  "SELECT tracker, clears, epoch, cleared, first_epoch, first FROM sample WHERE id = "     \
	  "?")                                                                                     \
	X(STAMPS, "SELECT data FROM stamp_set WHERE sample = ?")                                   \
	X(DOUBTS, "SELECT r.start, u.doubt FROM region r JOIN usage u ON u.region = r.id AND "     \
	          "u.sample = (SELECT max(sample) FROM usage WHERE region = r.id AND sample <= "   \
	          "?1) WHERE r.first <= ?1 AND (r.last IS NULL OR r.last >= ?1) ORDER BY "         \
	          "r.start < 0, r.start")                                                          \
	X(SESSION,                                                                                 \
	  "SELECT n.pid, n.name, n.page_size, " RECORDING_ON_CLOCK " FROM session n WHERE "        \
	  "n.id = ?")                                                                              \
	X(SAID, "SELECT sample, text FROM message ORDER BY sample, id")                            \
	X(CAPS, "SELECT name, gives, ok, detail, how FROM capability WHERE session = ? ORDER BY "  \
	        "rowid")                                                                           \
	X(CONTENT, "SELECT data FROM content WHERE address = ?1 AND sample <= ?2 AND sample >= "   \
	           "?3 ORDER BY sample DESC LIMIT 1")                                              \
	X(FILE, "SELECT c.data FROM region r JOIN cache c ON c.region = r.id AND c.sample <= "     \
	        "?1 WHERE r.start = ?2 AND r.first <= ?1 AND (r.last IS NULL OR r.last >= ?1) "    \
	        "ORDER BY c.sample DESC LIMIT 1")                                                  \
	X(CONTENTS, "SELECT 1 FROM content WHERE sample >= ? LIMIT 1")                             \
	X(META, "SELECT value FROM meta WHERE session = ? AND key = ?")                            \
	X(REGIONS, "SELECT start, length, perm, offset, dev, inode, type, behind, mapping FROM "   \
	           "region WHERE first <= ?1 AND (last IS NULL OR last >= ?1)")                    \
	X(REACH, "SELECT max(start + length) FROM region WHERE start >= ? AND start < ?")          \
	X(THREADS, "SELECT tid, sp, name FROM thread WHERE sample = (SELECT max(sample) FROM "     \
	           "thread WHERE sample <= ?1) ORDER BY tid")                                      \
	X(BLOCK, "SELECT sample, time, data FROM block WHERE start = ? AND sample <= ? ORDER BY "  \
	         "sample DESC LIMIT 1")                                                            \
	X(SMAPS, "SELECT r.start, s.pss, s.uss, s.shared, s.referenced, s.locked, s.thp, s.ksm, "  \
	         "s.lazyfree, s.swap, s.pkey, s.eligible, s.known, s.flags FROM region r JOIN "    \
	         "smaps s ON s.region = r.id AND s.sample = (SELECT max(sample) FROM smaps WHERE " \
	         "region = r.id AND sample <= ?1) WHERE r.first <= ?1 AND (r.last IS NULL OR "     \
	         "r.last >= ?1) ORDER BY r.start < 0, r.start")

enum recording_statement {
#define X(id, sql) RECORDING_##id,
	RECORDING_STATEMENTS
#undef X
	RECORDING_COUNT
};

static const char *const recording_sql[] = {
#define X(id, sql) sql,
    RECORDING_STATEMENTS
#undef X
};

/* Blocks that were asked for, of the sample it is at. NULL in v: there is none. */
struct recording_blocks {
	struct recording_held {
		uint64_t start;
		struct block *block;
		unsigned round; /* in which it was last asked for */
	} * v;                  /* ascending */
	size_t n, cap, loaded;  /* loaded in this round: */
	unsigned round;
};

/* After so many, of some 25 KB each, those are forgotten that nobody has asked for in this round.
 */
enum { RECORDING_ROUND = 2048 };

/* Why it is not known what was written, by the start of the region. */
struct recording_doubts {
	struct recording_doubted {
		uint64_t start;
		uint8_t doubt;
	} * v; /* ascending */
	size_t n, cap;
	bool read;
};

struct recording_sample {
	int64_t id, session;
	uint32_t epoch;
	uint64_t began_ns; /* the epoch */
	bool whole;
	struct timeline_tick tick;
};

struct recording {
	char *path;
	sqlite3 *db;
	sqlite3_stmt *s[RECORDING_COUNT];
	struct sets *sets;
	struct recall *recall;
	struct recording_sample *samples;
	size_t samples_n, samples_cap, at;
	bool there; /* what follows is of that sample */
	int64_t session;
	pid_t pid;
	char name[64];
	size_t page_size;
	uint64_t clock_ns; /* RECORDING_ON_CLOCK of the session */
	struct extents pages;
	struct recording_writes writes;
	struct stamps stamps; /* when pages were written; empty: writes were not tracked; of: */
	size_t stamped;       /* 1 + a sample; 0: of none yet */
	struct recording_doubts doubts;
	struct recording_blocks blocks;
	struct frame_looks frames; /* of the blocks */
};

/* --- statements ----------------------------------------------------------------------------- */

static int
recording_fail(struct recording *r, struct err *err)
{
	return schema_err(r->db, err, "read", r->path);
}

static int
recording_damaged(const struct recording *r, struct err *err)
{
	return err_set(err, ERR_TARGET, "what it holds does not fit together",
	               "sqlite3's .recover may save what is left", "cannot read %.160s", r->path);
}

static uint64_t
recording_column(struct recording *r, enum recording_statement which, int i)
{
	return (uint64_t)sqlite3_column_int64(r->s[which], i);
}

static const char *
recording_column_text(struct recording *r, enum recording_statement which, int i)
{
	const char *text = (const char *)sqlite3_column_text(r->s[which], i);

	return text ? text : "";
}

/* 1: there is a row; 0: there are no more; -1 with err. */
static int
recording_step(struct recording *r, enum recording_statement which, struct err *err)
{
	int got = sqlite3_step(r->s[which]);

	if (got == SQLITE_ROW)
		return 1;
	if (got != SQLITE_DONE)
		recording_fail(r, err);
	sqlite3_reset(r->s[which]);
	return got == SQLITE_DONE ? 0 : -1;
}

static void
recording_ask(struct recording *r, enum recording_statement which, int64_t first)
{
	sqlite3_reset(r->s[which]);
	sqlite3_bind_int64(r->s[which], 1, first);
}

/* --- what is asked for again ---------------------------------------------------------------- */

/* Forgets the blocks of earlier rounds; `all`: every one. */
static void
recording_forget(struct recording *r, bool all)
{
	struct recording_blocks *k = &r->blocks;
	size_t n = 0;

	frame_looks_free(&r->frames);
	for (size_t i = 0; i < k->n; i++) {
		struct recording_held *h = &k->v[i];

		if (!all && h->round == k->round) {
			if (h->block)
				frame_looks_add(&r->frames, h->block);
			k->v[n++] = *h;
		} else if (h->block) {
			block_free(h->block);
			free(h->block);
		}
	}
	k->n = n;
	k->loaded = 0;
	k->round++;
}

bool
recording_frame(const struct recording *r, uint64_t pfn, enum frame_file file, uint64_t *out)
{
	return frame_looks_find(&r->frames, pfn, file, out);
}

/* NULL: there is none, or it is damaged, which is the same: its frames are not known. */
static struct block *
recording_load_block(struct recording *r, uint64_t start)
{
	sqlite3_stmt *s = r->s[RECORDING_BLOCK];
	struct block *b = NULL;
	struct err ignored;

	recording_ask(r, RECORDING_BLOCK, (int64_t)start);
	sqlite3_bind_int64(s, 2, r->samples[r->at].id);
	if (recording_step(r, RECORDING_BLOCK, &ignored) > 0) {
		b = mem_alloc(sizeof(*b));
		block_begin(b, start, r->page_size);
		b->time_ns = recording_column(r, RECORDING_BLOCK, 1) + r->clock_ns;
		if (!block_unpack(b, sqlite3_column_blob(s, 2),
		                  (size_t)sqlite3_column_bytes(s, 2))) {
			block_free(b);
			free(b);
			b = NULL;
		}
	}
	sqlite3_reset(s);
	return b;
}

const struct block *
recording_block(struct recording *r, uint64_t addr)
{
	uint64_t start = addr - addr % (BLOCK_PAGES * r->page_size);
	struct recording_blocks *k = &r->blocks;
	size_t i =
	    vec_above(k->v, k->n, sizeof(*k->v), offsetof(struct recording_held, start), start);

	if (i && k->v[i - 1].start == start) {
		k->v[i - 1].round = k->round;
		return k->v[i - 1].block;
	}
	if (k->loaded++ == RECORDING_ROUND) {
		recording_forget(r, false);
		return recording_block(r, addr);
	}
	k->v = vec_room(k->v, k->n, &k->cap, sizeof(*k->v));
	memmove(k->v + i + 1, k->v + i, (k->n++ - i) * sizeof(*k->v));
	k->v[i] = (struct recording_held){start, recording_load_block(r, start), k->round};
	if (k->v[i].block)
		frame_looks_add(&r->frames, k->v[i].block);
	return k->v[i].block;
}

/* --- writes --------------------------------------------------------------------------------- */

static int
recording_read_track(struct recording *r, size_t i, struct recording_writes *w, struct err *err)
{
	enum recording_statement of = RECORDING_TRACK;
	int got;

	recording_ask(r, of, r->samples[i].id);
	got = recording_step(r, of, err);
	if (got <= 0)
		return got < 0 ? -1 : recording_damaged(r, err);
	*w = (struct recording_writes){.clears = (unsigned)recording_column(r, of, 1),
	                               .epoch = (uint32_t)recording_column(r, of, 2),
	                               .clear_ns = recording_column(r, of, 3) + r->clock_ns,
	                               .first_epoch = (uint32_t)recording_column(r, of, 4),
	                               .first_ns = recording_column(r, of, 5) + r->clock_ns};
	w->on = w->clears && tracker_find(recording_column_text(r, of, 0), &w->tracker) &&
	        w->tracker < TRACKERS && w->first_epoch <= w->epoch;
	sqlite3_reset(r->s[of]);
	return 0;
}

static int
recording_add_writes(struct recording *r, size_t i, const struct recording_writes *w,
                     struct stamps *stamps, struct err *err)
{
	struct extents written = {0};
	struct pm_run *runs;
	int got = sets_read_written(r->sets, r->samples[i].id, &written, err);

	if (got == 0 && written.n) {
		runs = mem_alloc(written.n * sizeof(*runs));
		for (size_t k = 0; k < written.n; k++)
			runs[k] = (struct pm_run){written.v[k].start, written.v[k].end, 0};
		stamps_update(stamps, runs[0].start, runs[written.n - 1].end, runs, written.n, true,
		              w->epoch, r->samples[i].tick.time_ns);
		free(runs);
	}
	extents_free(&written);
	return got;
}

/* Of a whole sample: all stamps; of others: what was written since the one before. */
static int
recording_go_writes(struct recording *r, size_t i, struct stamps *stamps,
                    struct recording_writes *w, struct err *err)
{
	sqlite3_stmt *s = r->s[RECORDING_STAMPS];
	struct recording_writes before = *w;
	bool ok = true;
	int got;

	if (recording_read_track(r, i, w, err) < 0)
		return -1;
	/* time and epochs go on, or there are none to go on from */
	if (!w->on || (before.on && (w->epoch < before.epoch || w->tracker != before.tracker)))
		stamps_clear(stamps);
	if (!w->on || !r->samples[i].whole)
		return w->on ? recording_add_writes(r, i, w, stamps, err) : 0;
	stamps_clear(stamps);
	recording_ask(r, RECORDING_STAMPS, r->samples[i].id);
	got = recording_step(r, RECORDING_STAMPS, err);
	if (got > 0)
		ok = unpack_stamps(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
		                   r->clock_ns, stamps);
	sqlite3_reset(s);
	return got < 0 ? -1 : ok ? 0 : recording_damaged(r, err);
}

/* --- who wrote ------------------------------------------------------------------------------ */

/* Page by page so many are read, at most, and of so many samples. */
enum { RECORDING_FAULTS = 1 << 18, RECORDING_WINDOW = 600 };

static bool
recording_need_recall(struct recording *r, struct err *err)
{
	return recall_session(r->recall, r->session, r->page_size, err) == 0;
}

bool
recording_code(struct recording *r, uint64_t addr, bool returns, struct source_code *out)
{
	struct err ignored;

	return recording_need_recall(r, &ignored) && recall_code(r->recall, addr, returns, out);
}

bool
recording_has_faults(struct recording *r)
{
	struct causes_watch w;
	uint64_t lost;

	return recall_watch(r->recall, r->samples[r->at].id, &w, &lost);
}

/* The first sample of the epochs that are known; and that from which on it goes page by page. */
static void
recording_find_window(struct recording *r, uint32_t first_epoch, size_t *first, size_t *window)
{
	uint64_t pages = 0;
	size_t i = r->at;

	while (i > 0 && r->samples[i - 1].session == r->session &&
	       r->samples[i - 1].epoch >= first_epoch)
		i--;
	*first = i;
	for (i = r->at + 1; i > *first; i--) {
		pages += recall_count(r->recall, r->samples[i - 1].id);
		if ((pages > RECORDING_FAULTS && i <= r->at) || r->at + 1 - i > RECORDING_WINDOW)
			break;
	}
	*window = i;
}

/* The first sample does not say what was written since another: its stamps say it, of its epoch. */
static void
recording_recall_first(struct recording *r, const struct recording_sample *s, struct causes *into)
{
	sqlite3_stmt *of = r->s[RECORDING_STAMPS];
	struct stamps stamps = {0};
	struct track_stamp is;
	struct stamps_at at;
	struct err ignored;

	recording_ask(r, RECORDING_STAMPS, s->id);
	if (recording_step(r, RECORDING_STAMPS, &ignored) > 0)
		unpack_stamps(sqlite3_column_blob(of, 0), (size_t)sqlite3_column_bytes(of, 0), 0,
		              &stamps);
	sqlite3_reset(of);
	at = stamps_begin(&stamps, 0, UINT64_MAX);
	while (stamps_next(&at, &is))
		if (is.epoch == s->epoch)
			causes_recall_written(into, &(struct pm_run){is.start, is.end, 0}, 1);
	stamps_free(&stamps);
}

static void
recording_recall_one(struct recording *r, size_t i, struct causes *into)
{
	const struct recording_sample *s = &r->samples[i];
	struct extents written = {0};
	struct causes_watch w;
	struct err ignored;
	uint64_t lost;

	recall_watch(r->recall, s->id, &w, &lost);
	causes_recall_epoch(into, s->epoch);
	causes_set_watch(into, &w);
	causes_set_lost(into, lost);
	if (sets_read_written(r->sets, s->id, &written, &ignored) == 0)
		recall_faults(r->recall, s->id, s->tick.time_ns, &written, into);
	if (!s->tick.written_known && s->whole)
		recording_recall_first(r, s, into);
	extents_free(&written);
}

bool
recording_recall_next(struct recording *r, const struct track *t, struct causes *into)
{
	const struct recording_sample *s = &r->samples[r->at];
	struct causes_totals is;

	causes_totals(into, &is);
	if (!r->at || s[-1].session != s->session || s->epoch < s[-1].epoch ||
	    is.since_ns != t->first_ns)
		return false;
	recording_recall_one(r, r->at, into);
	return true;
}

bool
recording_recall(struct recording *r, const struct track *t, struct causes *into, struct err *why)
{
	size_t first, window;

	if (!recording_has_faults(r)) {
		err_set(why, ERR_TARGET, "page faults were not recorded",
		        "record with --tracker auto, where page faults may be watched",
		        "cannot tell which code wrote");
		return false;
	}
	if (!recording_need_recall(r, why))
		return false;
	recording_find_window(r, t->first_epoch, &first, &window);
	causes_recall(into, t, window > first ? r->samples[window].tick.time_ns : 0);
	recall_past(r->recall, r->samples[first].id, r->samples[window].id, into);
	for (size_t i = window; i <= r->at; i++)
		recording_recall_one(r, i, into);
	return true;
}

/* --- files ---------------------------------------------------------------------------------- */

bool
recording_file(struct recording *r, uint64_t region, struct file_facts *out)
{
	sqlite3_stmt *s = r->s[RECORDING_FILE];
	struct err ignored;
	bool is;

	*out = (struct file_facts){0};
	recording_ask(r, RECORDING_FILE, r->samples[r->at].id);
	sqlite3_bind_int64(s, 2, (int64_t)region);
	is = recording_step(r, RECORDING_FILE, &ignored) > 0 &&
	     file_facts_unpack(sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0),
	                       r->page_size, out);
	sqlite3_reset(s);
	return is;
}

/* --- contents ------------------------------------------------------------------------------- */

static int64_t
recording_first_of_session(const struct recording *r)
{
	size_t i = r->at;

	while (i > 0 && r->samples[i - 1].session == r->session)
		i--;
	return r->samples[i].id;
}

uint8_t *
recording_bytes(struct recording *r, uint64_t addr, bool *any)
{
	sqlite3_stmt *s = r->s[RECORDING_CONTENT];
	int64_t first = recording_first_of_session(r);
	uint8_t *data = NULL;
	struct unpack u = {0};
	struct err ignored;

	recording_ask(r, RECORDING_CONTENTS, first);
	*any = recording_step(r, RECORDING_CONTENTS, &ignored) > 0;
	sqlite3_reset(r->s[RECORDING_CONTENTS]);
	recording_ask(r, RECORDING_CONTENT, (int64_t)addr);
	sqlite3_bind_int64(s, 2, r->samples[r->at].id);
	sqlite3_bind_int64(s, 3, first);
	if (*any && recording_step(r, RECORDING_CONTENT, &ignored) > 0 &&
	    unpack_open(&u, sqlite3_column_blob(s, 0), (size_t)sqlite3_column_bytes(s, 0)) &&
	    u.n == r->page_size)
		data = mem_copy(u.raw, u.n);
	unpack_free(&u);
	sqlite3_reset(s);
	return data;
}

/* --- doubts --------------------------------------------------------------------------------- */

/* All at once: a question for each of many regions takes long. */
static void
recording_read_doubts(struct recording *r)
{
	struct recording_doubts *d = &r->doubts;
	struct err ignored;

	d->n = 0;
	d->read = true;
	recording_ask(r, RECORDING_DOUBTS, r->samples[r->at].id);
	while (recording_step(r, RECORDING_DOUBTS, &ignored) > 0) {
		uint64_t is = recording_column(r, RECORDING_DOUBTS, 1);

		d->v = vec_room(d->v, d->n, &d->cap, sizeof(*d->v));
		d->v[d->n++] = (struct recording_doubted){
		    .start = recording_column(r, RECORDING_DOUBTS, 0),
		    .doubt = (uint8_t)u64_min(is, DOUBT_HUGETLB)};
	}
}

enum track_doubt
recording_doubt(struct recording *r, uint64_t region)
{
	const struct recording_doubts *d = &r->doubts;
	size_t i;

	if (!d->read)
		recording_read_doubts(r);
	i = vec_above(d->v, d->n, sizeof(*d->v), offsetof(struct recording_doubted, start), region);
	return i && d->v[i - 1].start == region ? (enum track_doubt)d->v[i - 1].doubt : DOUBT_NEW;
}

void
recording_epochs(const struct recording *r, uint64_t *began, size_t n)
{
	uint32_t now = r->samples[r->at].epoch;

	for (size_t i = r->at + 1; i > 0 && r->samples[i - 1].session == r->session; i--) {
		const struct recording_sample *s = &r->samples[i - 1];

		if (s->epoch > now || now - s->epoch >= n)
			return;
		began[s->epoch % n] = s->began_ns;
	}
}

const struct recording_writes *
recording_writes(const struct recording *r)
{
	return &r->writes;
}

/* --- going there ---------------------------------------------------------------------------- */

/* The pages of the sample, after those of the one before it. */
static int
recording_go_pages(struct recording *r, struct extents *pages, size_t i, struct err *err)
{
	struct extents change = {0};
	int got = sets_read_pages(r->sets, r->samples[i].id, &change, err);

	if (got == 0 && r->samples[i].whole)
		extents_free(pages);
	if (got == 0)
		extents_apply(pages, &change);
	extents_free(&change);
	return got;
}

static int
recording_read_session(struct recording *r, int64_t session, struct err *err)
{
	int got;

	if (r->session == session)
		return 0;
	recording_ask(r, RECORDING_SESSION, session);
	got = recording_step(r, RECORDING_SESSION, err);
	if (got == 0)
		return recording_damaged(r, err);
	if (got < 0)
		return -1;
	r->session = session;
	r->pid = (pid_t)recording_column(r, RECORDING_SESSION, 0);
	snprintf(r->name, sizeof(r->name), "%s", recording_column_text(r, RECORDING_SESSION, 1));
	r->page_size = (size_t)recording_column(r, RECORDING_SESSION, 2);
	r->clock_ns = recording_column(r, RECORDING_SESSION, 3);
	sqlite3_reset(r->s[RECORDING_SESSION]);
	sets_set_page_size(r->sets, r->page_size);
	if (r->page_size < 1024 || r->page_size > 1 << 24 || r->page_size & (r->page_size - 1))
		return recording_damaged(r, err);
	return 0;
}

/*
 * The first sample that has to be read to know sample i, if sample `has` of its session is known;
 * SIZE_MAX: none is.
 */
static size_t
recording_begin_at(const struct recording *r, size_t i, size_t has)
{
	size_t from = i;

	while (from > 0 && !r->samples[from].whole && from != has + 1)
		from--;
	return from;
}

int
recording_seek(struct recording *r, size_t i, struct err *err)
{
	bool same = r->samples[i].session == r->session && r->there;
	struct recording_writes writes;
	struct extents pages = {0};
	size_t from = recording_begin_at(r, i, same && i > r->at ? r->at : SIZE_MAX);

	if (same && i == r->at)
		return 0;
	if (recording_read_session(r, r->samples[i].session, err) < 0)
		return -1;
	if (same && from == r->at + 1 && !r->samples[from].whole) {
		pages = r->pages;
		r->pages = (struct extents){0};
	}
	r->there = false;
	for (; from <= i; from++)
		if (recording_go_pages(r, &pages, from, err) < 0)
			break;
	if (from <= i || recording_read_track(r, i, &writes, err) < 0) {
		extents_free(&pages);
		return -1;
	}
	recording_forget(r, true);
	extents_free(&r->pages);
	r->pages = pages;
	r->writes = writes;
	r->doubts.read = false;
	r->at = i;
	r->there = true;
	return 0;
}

/* Only once they are asked for: it takes longer than all the rest. */
const struct stamps *
recording_stamps(struct recording *r)
{
	struct recording_writes w = {0};
	struct err ignored;
	size_t has = r->stamped - 1, from;

	if (r->stamped == r->at + 1)
		return &r->stamps;
	if (!r->stamped || has > r->at || r->samples[has].session != r->session)
		has = SIZE_MAX;
	from = recording_begin_at(r, r->at, has);
	if (from != has + 1)
		stamps_clear(&r->stamps);
	else if (from && recording_read_track(r, has, &w, &ignored) < 0)
		w.on = false;
	r->stamped = r->at + 1;
	for (; from <= r->at; from++)
		if (recording_go_writes(r, from, &r->stamps, &w, &ignored) < 0)
			break;
	if (from == r->at + 1)
		return &r->stamps;
	stamps_clear(&r->stamps);
	r->writes.on = false; /* what is damaged is not known */
	return &r->stamps;
}

int
recording_walk(struct recording *r, size_t from, size_t to, recording_fn *fn, void *arg,
               struct err *err)
{
	struct extents pages = {0}, written = {0};
	struct err ignored;
	size_t i = from;
	int got = 0;

	while (i > 0 && !r->samples[i].whole)
		i--;
	for (; got == 0 && i <= to; i++) {
		got = recording_read_session(r, r->samples[i].session, err);
		if (got == 0)
			got = recording_go_pages(r, &pages, i, err);
		if (got == 0 && i >= from)
			got = sets_read_written(r->sets, r->samples[i].id, &written, err);
		if (got == 0 && i >= from)
			got = fn(arg, i, &pages, &written);
		extents_free(&written);
	}
	extents_free(&pages);
	recording_read_session(r, r->samples[r->at].session, &ignored);
	return got;
}

const struct extents *
recording_pages(const struct recording *r)
{
	return &r->pages;
}

/* --- opening -------------------------------------------------------------------------------- */

/* Whether the last sample is later than the one before: no clock runs backwards. */
static bool
recording_is_later(const struct recording *r)
{
	const struct recording_sample *last = &r->samples[r->samples_n - 1];

	return last->tick.time_ns > last[-1].tick.time_ns;
}

/* What is to be added to the times of a session. A damaged one has times that are refused. */
static uint64_t
recording_clock(struct recording *r, int64_t session)
{
	struct err ignored;
	uint64_t clock = 0;

	recording_ask(r, RECORDING_CLOCK, session);
	if (recording_step(r, RECORDING_CLOCK, &ignored) > 0)
		clock = recording_column(r, RECORDING_CLOCK, 0);
	sqlite3_reset(r->s[RECORDING_CLOCK]);
	return clock;
}

static int
recording_read_samples(struct recording *r, struct err *err)
{
	sqlite3_stmt *s = r->s[RECORDING_SAMPLES];
	int64_t session = -1;
	uint64_t clock = 0;
	int got;

	while ((got = recording_step(r, RECORDING_SAMPLES, err)) > 0) {
		r->samples =
		    vec_room(r->samples, r->samples_n, &r->samples_cap, sizeof(*r->samples));
		if (sqlite3_column_int64(s, 1) != session) {
			session = sqlite3_column_int64(s, 1);
			clock = recording_clock(r, session);
		}
		r->samples[r->samples_n++] = (struct recording_sample){
		    .id = sqlite3_column_int64(s, 0),
		    .session = sqlite3_column_int64(s, 1),
		    .whole = sqlite3_column_int(s, 6),
		    .epoch = (uint32_t)recording_column(r, RECORDING_SAMPLES, 7),
		    .began_ns = recording_column(r, RECORDING_SAMPLES, 8) + clock,
		    .tick = {.time_ns = recording_column(r, RECORDING_SAMPLES, 2) + clock,
		             .rss = recording_column(r, RECORDING_SAMPLES, 3),
		             .swap = recording_column(r, RECORDING_SAMPLES, 4),
		             .written = recording_column(r, RECORDING_SAMPLES, 5),
		             .written_known = sqlite3_column_type(s, 5) != SQLITE_NULL}};
		if (r->samples_n > 1 && !recording_is_later(r))
			return recording_damaged(r, err);
	}
	if (got == 0 && !r->samples_n)
		return err_set(err, ERR_TARGET, "it has no sample", "record for longer",
		               "nothing to show from %.160s", r->path);
	return got;
}

static int
recording_begin(struct recording *r, struct err *err)
{
	if (schema_open(r->path, &r->db, err) < 0)
		return -1;
	for (int i = 0; i < RECORDING_COUNT; i++)
		if (sqlite3_prepare_v3(r->db, recording_sql[i], -1, SQLITE_PREPARE_PERSISTENT,
		                       &r->s[i], NULL) != SQLITE_OK)
			return recording_fail(r, err);
	r->sets = sets_open(r->db, r->path, err);
	r->recall = recall_open(r->db, r->path, err);
	if (!r->sets || !r->recall || recording_read_samples(r, err) < 0)
		return -1;
	return recording_seek(r, r->samples_n - 1, err);
}

struct recording *
recording_open(const char *path, struct err *err)
{
	struct recording *r = mem_alloc(sizeof(*r));

	r->path = mem_strdup(path);
	r->session = -1;
	if (recording_begin(r, err) == 0)
		return r;
	recording_close(r);
	return NULL;
}

void
recording_close(struct recording *r)
{
	recording_forget(r, true);
	free(r->blocks.v);
	for (int i = 0; i < RECORDING_COUNT; i++)
		sqlite3_finalize(r->s[i]);
	sets_close(r->sets);
	recall_close(r->recall);
	sqlite3_close(r->db);
	extents_free(&r->pages);
	stamps_free(&r->stamps);
	free(r->doubts.v);
	free(r->samples);
	free(r->path);
	free(r);
}

/* When the first sample was taken, in seconds of the local day. */
static double
recording_time_of_day(const struct recording *r)
{
	uint64_t at = r->samples[0].tick.time_ns;
	time_t whole = (time_t)(at / 1000000000);
	struct tm tm = {0};

	localtime_r(&whole, &tm);
	return tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec + (double)(at % 1000000000) / 1e9;
}

/* The sample with that number; samples_n: it is not there. */
static size_t
recording_find(const struct recording *r, int64_t id)
{
	size_t lo = 0, hi = r->samples_n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (r->samples[mid].id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->samples_n && r->samples[lo].id == id ? lo : r->samples_n;
}

static void
recording_add_messages(struct recording *r, struct timeline *t)
{
	enum { MOST = 10000 };
	struct err ignored;
	size_t cap = 0;

	while (t->said_n < MOST && recording_step(r, RECORDING_SAID, &ignored) > 0) {
		size_t i =
		    recording_find(r, sqlite3_column_int64(r->s[RECORDING_SAID], 0));

		if (i == r->samples_n)
			continue;
		t->said = vec_room(t->said, t->said_n, &cap, sizeof(*t->said));
		t->said[t->said_n++] = (struct timeline_said){
		    i, mem_strdup(recording_column_text(r, RECORDING_SAID, 1))};
	}
	sqlite3_reset(r->s[RECORDING_SAID]);
}

struct timeline *
recording_timeline(struct recording *r)
{
	struct timeline *t = mem_alloc(sizeof(*t) + r->samples_n * sizeof(*t->v));

	t->refs = 1;
	t->n = r->samples_n;
	t->day_s = recording_time_of_day(r);
	for (size_t i = 0; i < t->n; i++)
		t->v[i] = r->samples[i].tick;
	recording_add_messages(r, t);
	return t;
}

size_t
recording_at(const struct recording *r)
{
	return r->at;
}

pid_t
recording_pid(const struct recording *r)
{
	return r->pid;
}

const char *
recording_name(const struct recording *r)
{
	return r->name;
}

size_t
recording_page_size(const struct recording *r)
{
	return r->page_size;
}

void
recording_caps(struct recording *r, recording_cap_fn *fn, void *arg)
{
	enum recording_statement of = RECORDING_CAPS;
	struct err ignored;

	recording_ask(r, of, r->session);
	while (recording_step(r, of, &ignored) > 0) {
		char *name = mem_strdup(recording_column_text(r, of, 0));
		char *gives = mem_strdup(recording_column_text(r, of, 1));
		char *detail = mem_strdup(recording_column_text(r, of, 3));

		fn(arg, name, gives, recording_column(r, of, 2), detail,
		   recording_column_text(r, of, 4));
		free(name);
		free(gives);
		free(detail);
	}
}

/* true: there is a row, to be reset. */
static bool
recording_ask_meta(struct recording *r, const char *key)
{
	struct err ignored;

	recording_ask(r, RECORDING_META, r->session);
	sqlite3_bind_text(r->s[RECORDING_META], 2, key, -1, SQLITE_TRANSIENT);
	return recording_step(r, RECORDING_META, &ignored) > 0;
}

uint64_t
recording_number(struct recording *r, const char *key)
{
	uint64_t v = recording_ask_meta(r, key) ? recording_column(r, RECORDING_META, 0) : 0;

	sqlite3_reset(r->s[RECORDING_META]);
	return v;
}

char *
recording_text(struct recording *r, const char *key)
{
	char *text = recording_ask_meta(r, key)
	                 ? mem_strdup(recording_column_text(r, RECORDING_META, 0))
	                 : NULL;

	sqlite3_reset(r->s[RECORDING_META]);
	return text;
}

uint64_t
recording_reach(struct recording *r, uint64_t start, uint64_t end)
{
	uint64_t reach = 0;
	struct err ignored;

	recording_ask(r, RECORDING_REACH, (int64_t)start);
	sqlite3_bind_int64(r->s[RECORDING_REACH], 2, (int64_t)end);
	if (recording_step(r, RECORDING_REACH, &ignored) > 0)
		reach = recording_column(r, RECORDING_REACH, 0);
	sqlite3_reset(r->s[RECORDING_REACH]);
	return reach;
}

/* --- regions -------------------------------------------------------------------------------- */

static uint8_t
recording_type(const char *name)
{
	for (unsigned i = 0; i < VMA_TYPES; i++)
		if (!strcmp(name, vma_type_name(i)))
			return (uint8_t)i;
	return VMA_ANON;
}

static uint8_t
recording_perm(const char *text)
{
	return (uint8_t)((strchr(text, 'r') ? VMA_READ : 0) | (strchr(text, 'w') ? VMA_WRITE : 0) |
	                 (strchr(text, 'x') ? VMA_EXEC : 0) | (strchr(text, 's') ? VMA_SHARED : 0));
}

/* `name` is an offset in the names until all are there. false: it cannot be. */
static bool
recording_row(struct recording *r, struct vma *v, struct buf *names)
{
	enum recording_statement of = RECORDING_REGIONS;
	uint64_t length = recording_column(r, of, 1);
	const char *mapping = recording_column_text(r, of, 8);
	unsigned major = 0, minor = 0;

	*v = (struct vma){.start = recording_column(r, of, 0),
	                  .perm = recording_perm(recording_column_text(r, of, 2)),
	                  .offset = recording_column(r, of, 3),
	                  .inode = recording_column(r, of, 5),
	                  .type = recording_type(recording_column_text(r, of, 6)),
	                  .behind = (uint8_t)u64_min(recording_column(r, of, 7), VMA_BEHIND_SECRET),
	                  .name = (const char *)(uintptr_t)names->len};
	if (sscanf(recording_column_text(r, of, 4), "%u:%u", &major, &minor) == 2) {
		v->dev_major = major;
		v->dev_minor = minor;
	}
	buf_add(names, mapping, strlen(mapping) + 1);
	return v->start % r->page_size == 0 && length && length % r->page_size == 0 &&
	       !__builtin_add_overflow(v->start, length, &v->end);
}

static int
recording_by_address(const void *pa, const void *pb)
{
	const struct vma *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

/* Whether they are a list of regions; each gets its name. */
static bool
recording_finish(struct vma_list *out)
{
	vec_sort(out->v, out->n, sizeof(*out->v), recording_by_address);
	for (size_t i = 0; i < out->n; i++) {
		out->v[i].name = out->names + (uintptr_t)out->v[i].name;
		if (i && out->v[i].start < out->v[i - 1].end)
			return false;
	}
	return true;
}

int
recording_regions(struct recording *r, struct vma_list *out, struct err *err)
{
	struct buf names = {0};
	bool ok = true;
	int got;

	*out = (struct vma_list){0};
	recording_ask(r, RECORDING_REGIONS, r->samples[r->at].id);
	while ((got = recording_step(r, RECORDING_REGIONS, err)) > 0) {
		out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
		ok = recording_row(r, &out->v[out->n++], &names) && ok;
	}
	out->names = names.s;
	if (got == 0 && recording_finish(out) && ok)
		return 0;
	vma_free(out);
	return got < 0 ? -1 : recording_damaged(r, err);
}

void
recording_threads(struct recording *r, struct threads *out)
{
	struct err ignored;

	out->n = 0;
	recording_ask(r, RECORDING_THREADS, r->samples[r->at].id);
	while (recording_step(r, RECORDING_THREADS, &ignored) > 0) {
		struct thread *t;

		out->v = vec_room(out->v, out->n, &out->cap, sizeof(*out->v));
		t = &out->v[out->n++];
		*t = (struct thread){.tid = (pid_t)recording_column(r, RECORDING_THREADS, 0),
		                     .sp = recording_column(r, RECORDING_THREADS, 1)};
		snprintf(t->comm, sizeof(t->comm), "%s",
		         recording_column_text(r, RECORDING_THREADS, 2));
	}
}

bool
recording_smaps(struct recording *r, struct smaps *out)
{
	enum recording_statement of = RECORDING_SMAPS;
	struct err ignored;

	*out = (struct smaps){0};
	recording_ask(r, of, r->samples[r->at].id);
	while (recording_step(r, of, &ignored) > 0) {
		struct smaps_entry e = {.start = recording_column(r, of, 0),
		                        .pss = recording_column(r, of, 1),
		                        .uss = recording_column(r, of, 2),
		                        .shared = recording_column(r, of, 3),
		                        .referenced = recording_column(r, of, 4),
		                        .locked = recording_column(r, of, 5),
		                        .thp = recording_column(r, of, 6),
		                        .ksm = recording_column(r, of, 7),
		                        .lazyfree = recording_column(r, of, 8),
		                        .swap = recording_column(r, of, 9),
		                        .pkey = recording_column(r, of, 10),
		                        .thp_eligible = recording_column(r, of, 11) != 0,
		                        .known = recording_column(r, of, 12)};

		snprintf(e.flags, sizeof(e.flags), "%s", recording_column_text(r, of, 13));
		smaps_append(out, &e);
	}
	return out->n > 0;
}
