/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_RECORDING_PARTS_H
#define PM_RECORDING_PARTS_H

#include "record/frame_looks.h"
#include "record/recall.h"
#include "record/recording.h"
#include "record/sets.h"
#include "record/statements.h"

/* What the files of a recording share. */

/* What is to be added to times of a session, to have all on one clock: ns since 1970. */
#define RECORDING_ON_CLOCK                                         \
	"CAST(strftime('%s', n.began) AS INTEGER) * 1000000000 + " \
	"CAST(substr(strftime('%f', n.began), 4) AS INTEGER) * 1000000 - n.clock"

#define RECORDING_STATEMENTS                                                                       \
	X(SAMPLES, "SELECT id, session, time, rss, swap, written, whole, epoch, cleared, smaps, "  \
	           "cost FROM sample WHERE id > ? ORDER BY id")                                    \
	X(HOW_MANY, "SELECT count(*) FROM sample WHERE id <= ?")                                   \
	X(WHOLE, "SELECT whole FROM sample WHERE id = ?")                                          \
	X(CHANGES, "PRAGMA data_version")                                                          \
	X(HOLD, "BEGIN")                                                                           \
	X(LET_GO, "COMMIT")                                                                        \
	X(CLOCK, "SELECT " RECORDING_ON_CLOCK " FROM session n WHERE n.id = ?")                    \
	X(TRACK,                                                                                   \
	  "SELECT tracker, clears, epoch, cleared, first_epoch, first FROM sample WHERE id = "     \
	  "?")                                                                                     \
	X(STAMPS, "SELECT data FROM stamp_set WHERE sample = ?")                                   \
	X(DOUBTS, "SELECT r.start, u.doubt FROM region r JOIN usage u ON u.region = r.id AND "     \
	          "u.sample = (SELECT max(sample) FROM usage WHERE region = r.id AND sample <= "   \
	          "?1) WHERE r.first <= ?1 AND (r.last IS NULL OR r.last >= ?1) ORDER BY "         \
	          "r.start < 0, r.start")                                                          \
	X(WROTE, "SELECT r.start, w.sample, sum(w.pages) FROM wrote w JOIN region r ON r.id = "    \
	         "w.region WHERE w.sample > ? AND w.sample <= ? GROUP BY r.start, w.sample ORDER " \
	         "BY r.start < 0, r.start, w.sample")                                              \
	X(SESSION, "SELECT pid, name, page_size FROM session WHERE id = ?")                        \
	X(SAID, "SELECT sample, text FROM message ORDER BY sample, id")                            \
	X(CAPS, "SELECT name, gives, ok, detail, how FROM capability WHERE session = ? ORDER BY "  \
	        "rowid")                                                                           \
	X(CONTENT, "SELECT data FROM content WHERE address = ?1 AND sample <= ?2 AND sample >= "   \
	           "?3 ORDER BY sample DESC LIMIT 1")                                              \
	X(FILE, "SELECT c.data FROM region r JOIN cache c ON c.region = r.id AND c.sample <= "     \
	        "?1 WHERE r.start = ?2 AND r.first <= ?1 AND (r.last IS NULL OR r.last >= ?1) "    \
	        "ORDER BY c.sample DESC LIMIT 1")                                                  \
	X(CONTENTS, "SELECT 1 FROM content WHERE sample >= ? LIMIT 1")                             \
	X(NEXT_CONTENT, "SELECT min(address) FROM content WHERE address >= ?")                     \
	X(META, "SELECT value FROM meta WHERE session = ? AND key = ?")                            \
	X(REGIONS, "SELECT start, length, perm, offset, dev, inode, type, behind, mapping FROM "   \
	           "region WHERE first <= ?1 AND (last IS NULL OR last >= ?1)")                    \
	X(REACH, "SELECT max(start + length) FROM region WHERE start >= ? AND start < ?")          \
	X(THREADS, "SELECT tid, sp, name FROM thread WHERE sample = (SELECT max(sample) FROM "     \
	           "thread WHERE sample <= ?1) ORDER BY tid")                                      \
	X(BLOCK, "SELECT b.sample, b.time, b.data, l.time, (SELECT n.time FROM sample m JOIN "     \
	         "sample n ON n.session = m.session AND n.id > m.id WHERE m.id = ?2 ORDER BY "     \
	         "n.id LIMIT 1) FROM block b LEFT JOIN look l ON l.start = b.start AND l.sample "  \
	         "= b.sample WHERE b.start = ?1 AND b.sample <= ?2 AND b.sample >= ?3 ORDER BY "   \
	         "b.sample DESC LIMIT 1")                                                          \
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
	uint64_t clock_ns; /* to be added to the times of the session */
	uint32_t epoch;
	uint64_t began_ns; /* the epoch */
	bool whole;
	uint64_t smaps_ns; /* when smaps was read; 0: it was not */
	struct timeline_tick tick;
};

struct recording {
	char *path;
	sqlite3 *db;
	struct statements s;
	struct sets *sets;
	struct recall *recall;
	int fd;          /* the file, to see whether somebody records to it: */
	bool grows, replaced; /* and whether another file has its name now */
	int64_t version; /* of the database, when it was read last; -1: it is read again */
	struct recording_sample *samples;
	size_t samples_n, samples_cap, at;
	bool there; /* what follows is of that sample */
	int64_t session;
	size_t first; /* sample of the session */
	pid_t pid;
	char name[64];
	size_t page_size;
	uint64_t clock_ns; /* of the session, likewise */
	struct extents pages;
	struct recording_writes writes;
	struct stamps stamps; /* when pages were written; empty: writes were not tracked; of: */
	size_t stamped;       /* 1 + a sample; 0: of none yet */
	struct recording_recalled {
		size_t first, window;  /* who wrote is known since; page by page since */
		struct stamps written; /* in each sample since then, up to: */
		size_t to;             /* 1 + a sample; 0: of none yet */
	} recalled;
	struct recording_doubts doubts;
	struct recording_blocks blocks;
	struct frame_looks frames; /* of the blocks */
};

/* Reads the samples after those that are known; -1 with err. */
int recording_read_samples(struct recording *r, struct err *err);

/*
 * The first sample that has to be read to know sample i, if sample `has` of its session is known;
 * SIZE_MAX: none is.
 */
size_t recording_begin_at(const struct recording *r, size_t i, size_t has);

/* The sample with that number; samples_n: it is not there. */
size_t recording_find(const struct recording *r, int64_t id);

/* The number of the session's first sample. */
int64_t recording_first_id(const struct recording *r);

/* Goes to the session of sample i. -1 with err: it stays at its own. */
int recording_read_session(struct recording *r, size_t i, struct err *err);

/* The track of writes at sample i. -1 with err. */
int recording_read_track(struct recording *r, size_t i, struct recording_writes *w,
                         struct err *err);

/* Stamps what was written in sample i. -1 with err. */
int recording_add_writes(struct recording *r, size_t i, uint32_t epoch, struct stamps *stamps,
                         struct err *err);

/* Forgets the blocks of earlier rounds; `all`: every one. */
void recording_forget(struct recording *r, bool all);

#endif
