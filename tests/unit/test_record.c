/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Recordings: changes against one byte per page, and what goes into a blob comes out of it. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/kabi.h"
#include "kernel/flags.h"
#include "record/block.h"
#include "record/candidates.h"
#include "record/causes_rows.h"
#include "record/frame_looks.h"
#include "record/keeper.h"
#include "page/extents.h"
#include "record/pack.h"
#include "record/recorder.h"
#include "record/recording.h"
#include "record/source_recording.h"
#include "record/thin.h"
#include "tap.h"

enum { PAGE = 4096, MANY = 600 };

static unsigned seed = 11;

static unsigned
random_below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

/* --- moments and changes ------------------------------------------------------------------------ */

/* Pages in up to 3 states, in runs of up to `longest`. */
static void
fill(struct extents *e, uint8_t *is, unsigned longest)
{
	memset(is, 0, MANY);
	for (unsigned at = 0; at < MANY;) {
		unsigned to = at + 1 + random_below(longest), state = random_below(4);

		to = to > MANY ? MANY : to;
		memset(is + at, (int)state, to - at);
		if (state)
			extents_add(e, (uint64_t)at * PAGE, (uint64_t)to * PAGE, state);
		at = to;
	}
}

static unsigned
state_at(const struct extents *e, unsigned page)
{
	uint64_t addr = (uint64_t)page * PAGE;
	size_t i = extents_first(e, addr);

	return i < e->n && e->v[i].start <= addr ? e->v[i].state : 0;
}

static bool
is_proper(const struct extents *e)
{
	for (size_t i = 0; i < e->n; i++)
		if (e->v[i].start >= e->v[i].end ||
		    (i && (e->v[i].start < e->v[i - 1].end ||
		           (e->v[i].start == e->v[i - 1].end && e->v[i].state == e->v[i - 1].state))))
			return false;
	return true;
}

static bool
is_of(const struct extents *e, const uint8_t *is)
{
	for (unsigned i = 0; i < MANY; i++)
		if (state_at(e, i) != is[i])
			return false;
	return is_proper(e);
}

static void
test_changes(void)
{
	uint8_t a[MANY], b[MANY], c[MANY];
	unsigned wrong = 0, improper = 0, more = 0;

	for (unsigned round = 0; round < 300; round++) {
		struct extents x = {0}, y = {0}, z = {0}, first = {0}, second = {0};
		unsigned changed = 0, pages = 0;

		fill(&x, a, 1 + round % 40);
		fill(&y, b, 1 + round % 7);
		fill(&z, c, 2 + round % 90);
		extents_compare(&x, &y, &first);
		extents_compare(&y, &z, &second);
		improper += !is_proper(&first) || !is_proper(&second);
		for (unsigned i = 0; i < MANY; i++)
			changed += a[i] != b[i];
		for (size_t i = 0; i < first.n; i++)
			pages += (unsigned)((first.v[i].end - first.v[i].start) / PAGE);
		more += pages != changed;
		extents_unite(&first, &second);
		wrong += !is_of(&x, a);
		extents_apply(&x, &first);
		wrong += !is_of(&x, c);
		extents_apply(&y, &second);
		wrong += !is_of(&y, c);
		extents_free(&x);
		extents_free(&y);
		extents_free(&z);
		extents_free(&first);
		extents_free(&second);
	}
	is_u64(wrong, 0, "a change makes of a moment the later one, alone and united with the next");
	is_u64(improper, 0, "changes are ascending runs that differ from their neighbours");
	is_u64(more, 0, "and have no page that did not change");
}

/* --- blobs -------------------------------------------------------------------------------------- */

/* The pages of three sets of candidates. */
static void
fill_candidates(struct candidates *c, uint8_t is[3][MANY])
{
	uint8_t taken[MANY] = {0};

	for (unsigned who = 0; who < 3; who++) {
		struct extents *e = candidates_at(c, 7 * who + 1);

		for (unsigned i = 0; i < MANY; i++) {
			is[who][i] = !taken[i] && !random_below(4);
			taken[i] |= is[who][i];
			if (is[who][i])
				extents_add(e, (uint64_t)i * PAGE, (uint64_t)(i + 1) * PAGE, 1);
		}
	}
}

/* By whom the page is; 0: nobody; UINT64_MAX: several sets have it. */
static uint64_t
who_of(const struct candidates *c, unsigned page)
{
	uint64_t who = 0;

	for (size_t i = 0; i < c->n; i++)
		if (state_at(&c->v[i].pages, page))
			who = who ? UINT64_MAX : c->v[i].who;
	return who;
}

static uint64_t
who_was(uint8_t is[3][MANY], unsigned page)
{
	for (unsigned who = 0; who < 3; who++)
		if (is[who][page])
			return 7 * who + 1;
	return 0;
}

static int
who_both(void *arg, uint64_t a, uint64_t b, uint64_t *both, struct err *err)
{
	(void)arg, (void)err;
	*both = 100 * a + b;
	return 0;
}

static void
test_candidates(void)
{
	uint8_t a[3][MANY], b[3][MANY], wrote[MANY], then[MANY];
	unsigned wrong = 0, apart = 0, miscounted = 0;

	for (unsigned round = 0; round < 200; round++) {
		struct candidates x = {0}, y = {0}, back = {0};
		struct extents written = {0}, later = {0}, both = {0};
		struct candidates_unite how = {&written, &later, &both, who_both, NULL};
		struct buf blob = {0};
		struct err err;

		fill_candidates(&x, a);
		fill_candidates(&y, b);
		fill(&written, wrote, 1 + round % 30);
		fill(&later, then, 1 + round % 20);
		for (size_t i = 0; i < written.n; i++)
			written.v[i].state = 1;
		for (size_t i = 0; i < later.n; i++)
			later.v[i].state = 1;
		extents_unite(&both, &written);
		extents_unite(&both, &later);
		candidates_pack(&x, &written, PAGE, &blob);
		wrong += !candidates_unpack(blob.s, blob.len, &written, PAGE, &back);
		for (unsigned who = 0; who < 3; who++) {
			unsigned n = 0;

			for (unsigned i = 0; i < MANY; i++)
				n += a[who][i] && wrote[i];
			miscounted += candidates_written(&x.v[who], &written) != (uint64_t)n * PAGE;
		}
		for (unsigned i = 0; i < MANY; i++)
			wrong += who_of(&back, i) != who_was(a, i);
		wrong += candidates_unite(&back, &y, &how, &err) != 0;
		for (unsigned i = 0; i < MANY; i++) {
			bool any = wrote[i] || then[i];
			uint64_t first = !any || wrote[i] ? who_was(a, i) : 0;
			uint64_t second = !any || then[i] ? who_was(b, i) : 0;

			apart += who_of(&back, i) != (!second || first == second ? first
			                              : first ? 100 * first + second
			                                      : second);
		}
		buf_free(&blob);
		extents_free(&written);
		extents_free(&later);
		extents_free(&both);
		candidates_free(&x);
		candidates_free(&y);
		candidates_free(&back);
	}
	is_u64(wrong, 0, "candidates come out of a blob");
	is_u64(miscounted, 0, "with the pages that they wrote");
	is_u64(apart, 0, "united with later ones a page is in one set, of those that wrote it");
}

static void
test_numbers(void)
{
	static const uint64_t v[] = {0, 1, 127, 128, 300, UINT32_MAX, UINT64_MAX, 5, UINT64_MAX - 1, 0};
	struct buf raw = {0}, out = {0};
	struct unpack u;
	uint64_t before = 0;
	unsigned wrong = 0;

	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		pack_number(&raw, v[i]);
		pack_step(&raw, v[i], before);
		before = v[i];
	}
	pack_close(&raw, &out);
	ok(unpack_open(&u, out.s, out.len), "what was packed can be unpacked");
	before = 0;
	for (size_t i = 0; i < ARRAY_LEN(v); i++) {
		wrong += unpack_number(&u) != v[i];
		before = unpack_step(&u, before);
		wrong += before != v[i];
	}
	is_u64(wrong, 0, "numbers and steps come out as they went in");
	ok(!u.bad && unpack_number(&u) == 0 && u.bad, "behind the last one there is none");
	unpack_free(&u);
	ok(!unpack_open(&u, "not packed", 10), "other data is refused");
	unpack_free(&u);
	ok(!unpack_open(&u, out.s, out.len / 2), "so is half of it");
	unpack_free(&u);
	buf_free(&raw);
	buf_free(&out);
}

static bool
are_same(const struct extents *a, const struct extents *b)
{
	for (size_t i = 0; a->n == b->n && i < a->n; i++)
		if (a->v[i].start != b->v[i].start || a->v[i].end != b->v[i].end || a->v[i].state != b->v[i].state)
			return false;
	return a->n == b->n;
}

static void
test_runs(void)
{
	unsigned wrong = 0;
	struct extents end = {0}, got = {0};
	struct buf out = {0};

	for (unsigned round = 0; round < 100; round++) {
		struct extents set = {0}, is = {0};
		struct buf packed = {0};

		for (uint64_t at = 0; at < MANY; at += 1 + random_below(1 + round))
			extents_add(&set, at * 3 * PAGE, (at * 3 + 1 + random_below(3)) * PAGE, 7);
		pack_runs(&set, PAGE, &packed);
		wrong += !unpack_runs(packed.s, packed.len, PAGE, 7, &is) || !are_same(&is, &set);
		for (size_t cut = 0; cut < packed.len; cut += 7) {
			struct extents none = {0};

			unpack_runs(packed.s, cut, PAGE, 7, &none);
			extents_free(&none);
		}
		extents_free(&set);
		extents_free(&is);
		buf_free(&packed);
	}
	is_u64(wrong, 0, "runs come out as they went in");
	extents_add(&end, UINT64_MAX - 2 * PAGE + 1, UINT64_MAX - PAGE + 1, 1);
	pack_runs(&end, PAGE, &out);
	ok(unpack_runs(out.s, out.len, PAGE, 1, &got) && got.v[0].end == UINT64_MAX - PAGE + 1,
	   "up to the last page but one");
	extents_free(&got);
	ok(!unpack_runs(out.s, out.len, 1 << 24, 1, &got), "runs that would wrap around are refused");
	extents_free(&got);
	extents_free(&end);
	buf_free(&out);
}

static void
test_block(void)
{
	struct block *b = calloc(2, sizeof(*b)), *is = b + 1;
	struct buf out = {0};
	unsigned wrong = 0;
	uint64_t hash;

	block_begin(b, 0x7f0000123000, PAGE);
	is_u64(b->start, 0x7f0000000000, "a block lies at a multiple of its size");
	for (unsigned i = 0; i < BLOCK_PAGES; i += 1 + i % 3) {
		uint64_t pfn = 0x1000 + random_below(1 << 20);

		b->words[i] = i % 5 ? PM_PRESENT | pfn : PM_SWAPPED | (uint64_t)i << 5 | 3;
		b->nodes[i] = (int16_t)(i % 4 - 1);
		if (i % 5) {
			b->v = vec_room(b->v, b->n, &b->cap, sizeof(*b->v));
			b->v[b->n++] = (struct block_frame){pfn, {random_below(99), UINT64_MAX, i}, 5};
			b->v = vec_room(b->v, b->n, &b->cap, sizeof(*b->v));
			b->v[b->n++] = (struct block_frame){pfn, {0, i, 0}, 2};
		}
	}
	block_end(b);
	for (size_t i = 0; i < b->n; i++)
		wrong += b->v[i].known != 7 || (i && b->v[i].pfn <= b->v[i - 1].pfn);
	is_u64(wrong, 0, "what is known of a frame is together");
	hash = block_hash(b);
	b->v[5].value[FRAME_FLAGS] ^= KPF_IDLE;
	is_u64(block_hash(b), hash, "bug: a quiet process was written again and again: a block "
	       "whose pages became idle is the same");
	b->v[5].value[FRAME_FLAGS] ^= KPF_IDLE | KPF_DIRTY;
	ok(block_hash(b) != hash, "one whose pages became dirty is another");
	b->v[5].value[FRAME_FLAGS] ^= KPF_DIRTY;
	b->nodes[7]++;
	ok(block_hash(b) != hash, "so is one that moved to another node");
	b->nodes[7]--;
	block_pack(b, &out);
	block_begin(is, 0x7f0000123000, PAGE);
	ok(block_unpack(is, out.s, out.len), "a block can be unpacked");
	for (size_t i = 0; is->n == b->n && i < b->n; i++)
		wrong += is->v[i].pfn != b->v[i].pfn || is->v[i].known != b->v[i].known ||
		         memcmp(is->v[i].value, b->v[i].value, sizeof(b->v[i].value)) != 0;
	ok(!memcmp(is->words, b->words, sizeof(b->words)) &&
	       !memcmp(is->nodes, b->nodes, sizeof(b->nodes)) && is->n == b->n && !wrong,
	   "and is the same");
	for (size_t cut = 0; cut < out.len; cut += 3)
		wrong += block_unpack(is, out.s, cut);
	is_u64(wrong, 0, "a part of it is none");
	block_free(b);
	block_free(is);
	free(b);
	buf_free(&out);
}

/* A frame beside a mapped one: only its flags are read there, and later. */
static void
test_frame_looks(void)
{
	enum { MAPPED = 0x4200, SHARED = 0x10 };
	struct block *b = calloc(2, sizeof(*b)), *beside = b + 1;
	struct frame_looks f = {0};
	uint64_t flags = 0, group = 0;
	unsigned wrong = 0;

	ok(!frame_looks_find(&f, MAPPED, FRAME_FLAGS, &flags), "none is known of no block");
	for (uint64_t pfn = SHARED; pfn < 9000; pfn += 7) {
		b->v = vec_room(b->v, b->n, &b->cap, sizeof(*b->v));
		b->v[b->n++] = (struct block_frame){pfn, {pfn, 1, 77}, 7};
	}
	b->v = vec_room(b->v, b->n, &b->cap, sizeof(*b->v));
	b->v[b->n++] = (struct block_frame){MAPPED, {4, 1, 77}, 7};
	beside->v = vec_room(beside->v, 0, &beside->cap, sizeof(*beside->v));
	beside->v[beside->n++] = (struct block_frame){MAPPED, {5}, 1};
	b->time_ns = 1;
	beside->time_ns = 2;
	for (unsigned again = 0; again < 2; again++) { /* in either order */
		frame_looks_add(&f, again ? beside : b);
		frame_looks_add(&f, again ? b : beside);
		ok(frame_looks_find(&f, MAPPED, FRAME_FLAGS, &flags) && flags == 5 &&
		       frame_looks_find(&f, MAPPED, FRAME_CGROUP, &group) && group == 77,
		   "bug: a look at a frame's flags hid what was known of it");
		for (uint64_t pfn = SHARED; pfn < 9000; pfn += 7)
			wrong += !frame_looks_find(&f, pfn, FRAME_FLAGS, &flags) || flags != pfn;
		is_u64(wrong, 0, "each frame is found");
		ok(!frame_looks_find(&f, SHARED + 1, FRAME_FLAGS, &flags), "and no other");
		frame_looks_free(&f);
	}
	block_free(b);
	block_free(beside);
	free(b);
}

/* --- a recording of this very process, thinned ------------------------------------------------- */

enum { SAMPLES = 90, OWN_PAGES = 64 };

/* What each sample had, by its number. */
static struct extents pages_of[SAMPLES + 1], written_of[SAMPLES + 1];

static void
copy(struct extents *to, const struct extents *from)
{
	for (size_t i = 0; i < from->n; i++)
		extents_add(to, from->v[i].start, from->v[i].end, from->v[i].state);
}

/* Each page that was written had one of two writers; and some that were not were read. */
static void
tell_writers(struct moment *m, unsigned i, const char *own)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	m->track = (struct moment_track){.clears = i, .tracker = TRACKER_UFFD, .epoch = i, .first_epoch = 1,
	                                 .clear_ns = m->regions->time_ns, .first_ns = 1};
	m->causes.watched = m->causes.totals.watch.on = m->causes.totals.watch.kernel = true;
	m->causes.totals.watch.period = 1;
	for (unsigned who = 0; i == 1 && who < 2; who++) {
		m->causes.who = vec_room(m->causes.who, m->causes.who_n, &m->causes.who_cap, sizeof(*m->causes.who));
		m->causes.who[m->causes.who_n++] = (struct suspects_who){.number = who, .by = {{who, 0}}, .n = 1};
	}
	for (uint64_t k = 0; k < OWN_PAGES; k++) {
		uint64_t at = (uintptr_t)own + k * page;
		size_t first = extents_first(&m->written, at);
		bool wrote = first < m->written.n && m->written.v[first].start <= at;

		if (wrote || !random_below(9))
			extents_add(candidates_at(&m->causes.pages, random_below(2)), at, at + page, 1);
	}
	/* of the first one only the stamps say what was written: before it */
	for (size_t k = 0; i == 1 && k < m->written.n; k++)
		stamps_update(&m->track.stamps, m->written.v[k].start, m->written.v[k].end,
		              &(struct pm_run){m->written.v[k].start, m->written.v[k].end, 0}, 1, true, i, 1);
	if (i == 1)
		extents_free(&m->written);
	m->written_known = i > 1;
}

/* Pages come and go; and some are said to be written. */
static int
record_one(struct recorder *r, struct moments *from, unsigned i, char *own, struct err *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct regions *rs;
	struct moment m;
	int got;

	for (unsigned k = 0; k < 5; k++) {
		char *at = own + random_below(OWN_PAGES) * page;

		if (random_below(2))
			*at = 1;
		else
			madvise(at, page, MADV_DONTNEED);
	}
	moments_listen(from, &m);
	got = moments_scan(from, false, &rs, err);
	moments_unlisten(from);
	m.regions = rs;
	if (got == 0)
		moments_finish(from, 0, i % 3 == 1, &m);
	for (uint64_t at = 0; got == 0 && at < OWN_PAGES; at += 1 + random_below(40))
		extents_add(&m.written, (uintptr_t)own + at * page, (uintptr_t)own + (at + 1) * page, 1);
	if (got == 0)
		tell_writers(&m, i, own);
	copy(&pages_of[i], &m.pages);
	copy(&written_of[i], &m.written);
	if (got == 0)
		got = recorder_add(r, &m, err);
	moment_free(&m);
	return got;
}

static int
record_all(const char *path, enum schema_how how, unsigned samples, struct err *err)
{
	size_t size = OWN_PAGES * (size_t)sysconf(_SC_PAGESIZE);
	char *own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct recorder *r = recorder_open(&(struct recorder_options){.path = path, .how = how}, err);
	struct target t;
	struct session *is;
	struct moments from;
	int got = r ? target_open(&t, "/proc", getpid(), err) : -1;

	if (got == 0)
		got = target_open_pages(&t, err);
	if (got < 0)
		return -1;
	madvise(own, size, MADV_NOHUGEPAGE);
	moments_begin(&from, &t);
	is = session_new(&t);
	got = recorder_begin(r, is, err);
	session_free(is);
	for (unsigned i = 1; got == 0 && i <= samples; i++)
		got = record_one(r, &from, i, own, err);
	moments_free(&from);
	recorder_close(r);
	target_close(&t);
	munmap(own, size);
	return got;
}

/* A file that is not there yet. */
static void
name_file(char *path)
{
	int fd = mkstemp(path);

	close(fd);
	unlink(path);
}

static void
drop_file(const char *path)
{
	char journal[64];

	snprintf(journal, sizeof(journal), "%s-journal", path);
	unlink(journal);
	unlink(path);
	for (unsigned i = 0; i <= SAMPLES; i++) {
		extents_free(&pages_of[i]);
		extents_free(&written_of[i]);
	}
}

static bool
thin_some(const char *path, unsigned n)
{
	sqlite3 *db;
	struct err err;
	struct sets *sets;
	struct causes_rows *causes;
	unsigned done = 0;

	if (schema_write(path, path, &db, &err) < 0)
		return false;
	sets = sets_open(db, path, "read", &err);
	causes = causes_rows_open(db, path, &err);
	while (done < n && thin_one(db, sets, causes, path, &err) == 0)
		done++;
	causes_rows_close(causes);
	sets_close(sets);
	sqlite3_close(db);
	return done == n;
}

/* Whether a sample has its pages, and was written what was since the one before it that is left. */
static bool
is_as_it_was(struct recording *r, struct sets *sets, size_t i, unsigned id, unsigned before)
{
	struct extents written = {0}, is = {0};
	struct err err;
	bool ok = recording_seek(r, i, &err) == 0 && are_same(recording_pages(r), &pages_of[id]);

	for (unsigned k = before + 1; k <= id; k++)
		extents_unite(&written, &written_of[k]);
	ok = ok && sets_read_written(sets, (int64_t)id, &is, &err) == 0 && are_same(&is, &written);
	extents_free(&written);
	extents_free(&is);
	return ok;
}

/* All samples that are left, by their numbers; in both directions. */
static unsigned
count_wrong(const char *path, size_t left)
{
	struct err err;
	struct recording *r = recording_open(path, &err);
	unsigned id[SAMPLES + 1] = {0}, n = 0, wrong = 0;
	sqlite3_stmt *s = NULL;
	struct sets *sets;
	sqlite3 *db;

	if (!r || schema_open(path, &db, &err) < 0)
		return 1;
	sets = sets_open(db, path, "read", &err);
	sets_set_page_size(sets, recording_page_size(r));
	sqlite3_prepare_v2(db, "SELECT id FROM sample ORDER BY id", -1, &s, NULL);
	while (n < SAMPLES && sqlite3_step(s) == SQLITE_ROW)
		id[++n] = (unsigned)sqlite3_column_int(s, 0);
	sqlite3_finalize(s);
	for (unsigned i = 1; i <= n; i++)
		wrong += !is_as_it_was(r, sets, i - 1, id[i], id[i - 1]);
	for (unsigned i = n; i > 0; i -= i < 3 ? i : 3)
		wrong += !is_as_it_was(r, sets, i - 1, id[i], id[i - 1]);
	sets_close(sets);
	sqlite3_close(db);
	recording_close(r);
	return wrong + (n != left);
}

/* What SQL counts; UINT64_MAX: it failed. */
static uint64_t
count_sql(const char *path, const char *sql)
{
	sqlite3_stmt *s = NULL;
	uint64_t n = UINT64_MAX;
	sqlite3 *db;
	struct err err;

	if (schema_open(path, &db, &err) < 0)
		return n;
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW)
		n = (uint64_t)sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	sqlite3_close(db);
	return n;
}

static bool
change_sql(const char *path, const char *sql)
{
	struct err err;
	sqlite3 *db;
	bool ok;

	if (schema_write(path, path, &db, &err) < 0)
		return false;
	ok = sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
	sqlite3_close(db);
	return ok;
}

/* A region that was there for some samples and changed in its last; and what is said of regions after their end. */
static const char short_lived[] =
    "INSERT INTO region SELECT max(id) + 1, 5, 20, 4096, 4096, perm, 0, dev, 0, type, 0, '' FROM region;"
    " INSERT INTO usage SELECT max(id), 5, 1, 0, 1, 0, 0 FROM region;"
    " INSERT INTO usage SELECT max(id), 20, 2, 0, 2, 0, 0 FROM region";
static const char too_late[] =
    "SELECT (SELECT count(*) FROM usage u JOIN region r ON r.id = u.region WHERE u.sample > r.last) +"
    " (SELECT count(*) FROM smaps u JOIN region r ON r.id = u.region WHERE u.sample > r.last)";

/* Samples whose regions have not, together, the pages that were written. */
static const char other_sums[] =
    "SELECT count(*) FROM sample s WHERE ifnull(s.written, 0) != (SELECT ifnull(sum(w.pages), 0) FROM"
    " wrote w JOIN region r ON r.id = w.region WHERE w.sample = s.id AND r.first <= s.id AND (r.last"
    " IS NULL OR r.last >= s.id))";
/* Of smaps as it is in a sample: without the time at which it was read; times; and of these, how many lie before it. */
static const char smaps_undated[] =
    "SELECT count(*) FROM smaps m JOIN sample s ON s.id = m.sample WHERE s.smaps IS NULL";
static const char smaps_dated[] = "SELECT count(smaps) FROM sample";
static const char smaps_before[] = "SELECT count(*) FROM sample WHERE smaps < time";

/* Samples in which more or fewer pages have candidates than were written. */
static const char other_faults[] =
    "SELECT count(*) FROM sample s WHERE ifnull(s.written, 0) != (SELECT ifnull(sum(pages), 0) FROM"
    " fault WHERE sample = s.id)";
static const char all_written[] = "SELECT sum(written) FROM sample";

/* Pages written by the last sample, each once in every interval; and those of which it is known by whom. */
static void
count_replayed(const char *path, uint64_t *written, uint64_t *by)
{
	struct err err;
	struct source *s = source_recording_open(path, &err);
	struct causes *into = causes_new((size_t)sysconf(_SC_PAGESIZE), (size_t)1 << 24);
	const struct stamps *by_page;
	struct stamps_at at;
	struct track_stamp is;
	struct cause_sums sums;
	struct track t = {0};

	*by = *written = 0;
	if (!s || s->ops->faults->watch(s, into, 0, &err) < 0)
		return;
	s->ops->writes->follow(s, &t, NULL);
	*written = s->ops->time->written(s, &by_page);
	for (at = stamps_begin(by_page, 0, UINT64_MAX); stamps_next(&at, &is);)
		*written += (is.end - is.start) / (uint64_t)sysconf(_SC_PAGESIZE) * is.count;
	causes_sum(into, &t, &(struct causes_range){.from = t.first_epoch, .to = t.epoch}, &sums);
	for (size_t i = 0; i < sums.n; i++)
		*by += sums.pages[i];
	cause_sums_free(&sums);
	stamps_free(&t.stamps);
	s->ops->close(s);
	causes_unref(into);
}

/* As replay and SQL count it. */
static void
test_writers(const char *path)
{
	uint64_t written, by;

	count_replayed(path, &written, &by);
	ok(written > 0, "pages were written");
	is_u64(written, count_sql(path, all_written), "each counts once in every interval");
	is_u64(by, written, "and has a writer");
	is_u64(count_sql(path, other_faults), 0, "by each sample, too");
}

static void
test_thinning(void)
{
	char path[] = "/tmp/test_record-XXXXXX";
	struct err err = {0};

	name_file(path);
	if (!ok(record_all(path, SCHEMA_NEW, SAMPLES, &err) == 0, "this process is recorded"))
		printf("# %s: %s\n", err.what, err.why);
	is_u64(count_wrong(path, SAMPLES), 0, "each sample has the pages that were there");
	is_u64(count_sql(path, other_sums), 0, "what was written is in its regions");
	is_u64(count_sql(path, smaps_dated), SAMPLES / 3, "every third has smaps");
	is_u64(count_sql(path, smaps_undated) + count_sql(path, smaps_before), 0, "of its own time");
	test_writers(path);
	ok(change_sql(path, short_lived), "a region has ended");
	ok(thin_some(path, 30), "30 samples are dropped");
	is_u64(count_sql(path, too_late), 0, "bug: a region had pages after its end, if it had changed just before");
	puts("# bug: of thinned samples it was said that pages were written without a fault");
	test_writers(path);
	is_u64(count_wrong(path, SAMPLES - 30), 0, "the others have their pages, and no write is lost");
	is_u64(count_sql(path, other_sums), 0, "in no region, either, and none is counted twice");
	is_u64(count_sql(path, smaps_undated), 0, "what smaps was in one that was dropped keeps its time");
	ok(count_sql(path, smaps_before) > 0, "which is before that of the sample that has it now");
	thin_some(path, SAMPLES);
	is_u64(count_sql(path, too_late), 0, "up to the last");
	ok(count_wrong(path, 2) == 0 || count_wrong(path, 3) == 0, "in the end the first and the last are left");
	drop_file(path);
}

/* --- what files say ---------------------------------------------------------------------------- */

/* Every question takes 50 ms. */
static uint64_t slow_now;

static uint64_t
slow_clock(const struct source *s)
{
	(void)s;
	return slow_now += 50000000;
}

static bool
slow_files(struct source *s, const struct vma *v, uint64_t start, uint64_t end, unsigned needs, struct file_pages *out)
{
	(void)s, (void)v, (void)needs;
	*out = (struct file_pages){.start = start, .end = end};
	return true;
}

/* The next moment has all pages; returns how many files were asked that were not before, 0: out of order. */
static size_t
count_new_files(struct moments *from, struct extents *asked)
{
	struct regions *rs = NULL;
	struct extents now = {0};
	size_t before = asked->n;
	struct moment m;
	struct err err;
	bool order = true;

	from->count = from->count ? 60 : 0;
	moments_listen(from, &m);
	moments_scan(from, false, &rs, &err);
	moments_unlisten(from);
	m.regions = rs;
	moments_finish(from, 0, false, &m);
	for (size_t i = 0; i < m.files_n; i++) {
		order = order && (!i || m.files[i].start > m.files[i - 1].start);
		extents_add(&now, m.files[i].start, m.files[i].start + 1, 1);
	}
	moment_free(&m);
	extents_unite(asked, &now);
	extents_free(&now);
	return order ? asked->n - before : 0;
}

static void
test_files(void)
{
	struct source_ops slow;
	struct extents asked = {0};
	struct vma_list vmas = {0};
	size_t files = 0;
	struct moments from;
	struct target t;
	struct err err;

	if (!ok(target_open(&t, "/proc", getpid(), &err) == 0 && target_open_pages(&t, &err) == 0, "this process"))
		return;
	slow = *t.source->ops;
	slow.clock = slow_clock;
	slow.files = slow_files;
	t.source->ops = &slow;
	moments_begin(&from, &t);
	ok(count_new_files(&from, &asked) > 5, "the first moment asks many files, as far as the time allows");
	from.next_file = 0;
	extents_free(&asked);
	ok(count_new_files(&from, &asked) > 0 && count_new_files(&from, &asked) > 0,
	   "bug: the files that one moment had no time for were never asked");
	while (count_new_files(&from, &asked) > 0)
		;
	target_regions(&t, &vmas, &err);
	for (size_t i = 0; i < vmas.n; i++)
		files += vma_has_file(&vmas.v[i]);
	is_u64(asked.n, files, "each is asked in turn");
	vma_free(&vmas);
	extents_free(&asked);
	moments_free(&from);
	target_close(&t);
}

/* --- frames that are looked up again ------------------------------------------------------------ */

enum { LOOKS = 6, LOOKED = 0x10000000 };

/* In each sample: which frame the block had, as it was read just after; 0: it was not. */
static const uint8_t looks_of[LOOKS] = {1, 1, 0, 1, 2, 2};

/* Frames that no packing makes small. */
static void
fill_look(struct block *b, uint64_t pfn)
{
	for (unsigned i = 0; i < BLOCK_PAGES; i++) {
		pfn = pfn * 6364136223846793005 + 1442695040888963407;
		b->words[i] = PM_PRESENT | pfn >> 36 | 1;
	}
}

static int
record_look(struct recorder *r, struct moments *from, uint64_t pfn, struct err *err)
{
	struct moment m;
	int got;

	moments_listen(from, &m);
	got = moments_scan(from, false, &m.regions, err);
	moments_unlisten(from);
	if (got == 0)
		moments_finish(from, 0, false, &m);
	if (got == 0 && pfn) {
		m.blocks = vec_room(m.blocks, m.blocks_n, &m.blocks_cap, sizeof(*m.blocks));
		m.blocks[m.blocks_n] = (struct block){0};
		block_begin(&m.blocks[m.blocks_n], LOOKED, from->t->page_size);
		m.blocks[m.blocks_n].time_ns = m.regions->time_ns + 1;
		fill_look(&m.blocks[m.blocks_n], pfn);
		m.blocks_n++;
	}
	if (got == 0)
		got = recorder_add(r, &m, err);
	moment_free(&m);
	return got;
}

/* Of samples n; frames: which one the block has at each, or NULL: another in all. *least, of the file. */
static bool
record_looks(const struct recorder_options *o, unsigned n, const uint8_t *frames, uint64_t *least)
{
	struct err err = {0};
	struct recorder *r = recorder_open(o, &err);
	struct target t;
	struct session *is;
	struct moments from;
	pid_t still = fork(); /* this process may map memory meanwhile, with sanitizers it does */
	int got;

	if (!still)
		for (;;)
			pause();
	got = r && still > 0 ? target_open(&t, "/proc", still, &err) : -1;
	if (got < 0 || target_open_pages(&t, &err) < 0)
		return false;
	moments_begin(&from, &t);
	is = session_new(&t);
	got = recorder_begin(r, is, &err);
	session_free(is);
	for (unsigned i = 0; got == 0 && i < n; i++)
		got = record_look(r, &from, frames ? frames[i] : 1 + i, &err);
	*least = recorder_least(r);
	moments_free(&from);
	recorder_close(r);
	target_close(&t);
	kill(still, SIGKILL);
	waitpid(still, NULL, 0);
	return got == 0;
}

/* Samples whose look is not that of `at`, and the later one not that of `again`; by number, 0: none. */
static unsigned
count_other_looks(const char *path, const uint8_t at[LOOKS], const uint8_t again[LOOKS])
{
	struct err err;
	struct source *s = source_recording_open(path, &err);
	struct timeline *line = s ? s->ops->time->line(s) : NULL;
	unsigned wrong = !s;

	for (size_t i = 0; s && i < line->n && i < LOOKS; i++) {
		uint64_t later, first;

		s->ops->time->go(s, line->v[i].time_ns, &err);
		first = s->ops->time->looked(s, LOOKED, &later);
		if (first != line->v[at[i] - 1].time_ns + 1 ||
		    later != (again[i] ? line->v[again[i] - 1].time_ns + 1 : 0)) {
			printf("# sample %zu\n", i + 1);
			wrong++;
		}
	}
	if (s) {
		timeline_unref(line);
		s->ops->close(s);
	}
	return wrong;
}

static void
test_looks(void)
{
	static const char looks[] = "SELECT count(*) FROM look", rows[] = "SELECT count(*) FROM block";
	static const char lost[] = "SELECT count(*) FROM look l LEFT JOIN block b USING (start, sample) WHERE"
	                           " b.start IS NULL OR l.time <= b.time";
	char path[] = "/tmp/test_record-XXXXXX";
	struct recorder_options o = {.path = path, .how = SCHEMA_NEW};
	uint64_t least;

	puts("# bug: of frames that were looked up again and were the same nothing was kept");
	name_file(path);
	if (!ok(record_looks(&o, LOOKS, looks_of, &least), "frames are looked up again and again"))
		return;
	is_u64(count_sql(path, rows), 2, "what is the same is kept once");
	is_u64(count_sql(path, looks), 2, "and when it was the same last");
	is_u64(count_other_looks(path, (const uint8_t[]){1, 1, 1, 4, 5, 6}, (const uint8_t[]){4, 4, 4, 0, 6, 0}), 0,
	       "each sample knows of the looks before and after it");
	o.how = SCHEMA_APPEND;
	ok(record_looks(&o, LOOKS, looks_of, &least), "another session");
	is_u64(count_sql(path, rows) + count_sql(path, looks), 8, "knows nothing of the first one");
	thin_some(path, 3);
	is_u64(count_sql(path, lost), 0, "thinning leaves no look to another block");
	thin_some(path, SAMPLES);
	is_u64(count_sql(path, lost), 0, "up to the end");
	ok(count_sql(path, looks) >= 3, "but keeps them");
	drop_file(path);
}

/* --- how large it may be ------------------------------------------------------------------------ */

static const char used[] = "SELECT (page_count - freelist_count) * page_size FROM pragma_page_count, pragma_freelist_count,"
                           " pragma_page_size";
static const char said_size[] = "SELECT count(*) FROM message WHERE text LIKE '--max-size % is too small for this process: %'";

/* Records n samples, with the same frames or with others in each; *dropped, of them; returns the bytes in use. */
static uint64_t
record_sized(uint64_t max_size, unsigned n, const uint8_t *frames, uint64_t *least, uint64_t *dropped, uint64_t *said)
{
	char path[] = "/tmp/test_record-XXXXXX";
	struct recorder_options o = {.path = path, .how = SCHEMA_NEW, .max_size = max_size};
	uint64_t bytes;

	name_file(path);
	ok(record_looks(&o, n, frames, least), "samples are recorded");
	*dropped = n - count_sql(path, "SELECT count(*) FROM sample");
	*said = count_sql(path, said_size);
	bytes = count_sql(path, used);
	printf("# %ju bytes of %ju at most, %ju of %u samples were dropped\n", (uintmax_t)bytes, (uintmax_t)max_size,
	       (uintmax_t)*dropped, n);
	drop_file(path);
	return bytes;
}

static void
test_size(void)
{
	static const uint8_t same[30] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
	uint64_t least, dropped, said, all = record_sized(0, 2, NULL, &least, &dropped, &said), more, is;

	ok(!least && !dropped && !said, "without a size it may grow");
	more = record_sized(0, 200, NULL, &least, &dropped, &said) - all;
	is = record_sized(all + more / 2, 200, NULL, &least, &dropped, &said);
	ok(is <= all + more / 2 && dropped > 60 && dropped < 140, "older samples are dropped for a size");
	ok(!least && !said, "of which nothing is said");
	is = record_sized(all / 2, 200, NULL, &least, &dropped, &said);
	ok(least > all && is <= least && is < all + all / 2,
	   "bug: for a size that no thinning leads to, nearly all were dropped, and nothing was said");
	ok(dropped < 198 && dropped, "it takes what it must, and samples that have room in that");
	is_u64(said, 1, "and says so, once");
	record_sized(all / 2, ARRAY_LEN(same), same, &least, &dropped, &said);
	ok(!dropped && said == 1, "samples without news need next to nothing, and all stay");
}

/* --- several sessions ------------------------------------------------------------------------- */

static bool
change_file(const char *path, const char *sql)
{
	sqlite3 *db;
	bool good = sqlite3_open(path, &db) == SQLITE_OK &&
	            sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;

	sqlite3_close(db);
	return good;
}

/* The message of tick i; "": it has none. */
static const char *
said_by(const struct timeline *t, size_t i)
{
	for (size_t k = 0; k < t->said_n; k++)
		if (t->said[k].tick == i)
			return t->said[k].text;
	return "";
}

static void
check_set_back(const char *path)
{
	struct err err = {0};
	struct recording *r;
	struct timeline *t;
	unsigned wrong = 0;

	change_file(path, "UPDATE session SET began = '2001-02-03T04:05:06.000Z' WHERE id = 2");
	r = recording_open(path, &err);
	if (!ok(r != NULL, "bug: a recording that went on after the clock was set back was refused"))
		return;
	t = recording_timeline(r);
	for (size_t i = 1; i < t->n; i++)
		wrong += t->v[i].time_ns <= t->v[i - 1].time_ns;
	is_u64(wrong, 0, "its times ascend");
	is_u64(t->v[3].time_ns - t->v[2].time_ns, 1000000000, "what came later begins a second later");
	ok(!strncmp(said_by(t, 3), "the clock had been set back: times from here on are ", 52), "and it says so");
	ok(!said_by(t, 2)[0] && !said_by(t, 4)[0], "once");
	timeline_unref(t);
	recording_close(r);
}

static void
check_other_sessions(const char *path)
{
	struct err err = {0};
	struct recording *r;
	size_t page_size;
	uint64_t addr = 0;

	change_file(path, "DELETE FROM block WHERE sample > 3; UPDATE session SET page_size = 3 WHERE id = 1");
	r = recording_open(path, &err);
	if (!ok(r && recording_at(r) == 5, "two sessions of three samples each"))
		return;
	page_size = recording_page_size(r);
	for (size_t i = 0; i < recording_pages(r)->n; i++)
		addr = recording_pages(r)->v[i].start;
	ok(!recording_block(r, addr), "bug: the frames of another session were taken for those of this one");
	ok(recording_seek(r, 1, &err) < 0, "a session whose pages have no size is refused");
	is_u64(recording_page_size(r), page_size, "bug: after that the others had it");
	ok(recording_seek(r, 4, &err) == 0 && recording_pages(r)->n > 0, "the other samples are still read");
	recording_close(r);
}

static void
test_sessions(void)
{
	char path[] = "/tmp/test_record-XXXXXX";
	struct err err = {0};

	name_file(path);
	ok(record_all(path, SCHEMA_NEW, 3, &err) == 0 && record_all(path, SCHEMA_APPEND, 3, &err) == 0,
	   "this process is recorded twice");
	check_set_back(path);
	check_other_sessions(path);
	drop_file(path);
}

/* --- a disk that does not answer ---------------------------------------------------------------- */

/* Another connection holds the file, as a slow disk would. */
static void
check_slow_disk(const char *path, sqlite3 *db)
{
	struct recorder_options o = {.path = path, .how = SCHEMA_APPEND};
	uint64_t begin = time_ns();
	struct keeper_ends ends;
	struct err err = {0};
	struct target t;
	struct keeper *k;

	if (!ok(target_open(&t, "/proc", getpid(), &err) == 0 && target_open_pages(&t, &err) == 0, "this process"))
		return;
	k = keeper_start(&o, &t, KEEPER_SHORTLY, &err);
	ok(k && time_ns() - begin < 10 * TIME_SECOND, "bug: who began to record waited until the disk answered");
	ok(k && keeper_take(k, TIME_SECOND, false, false, &err) == 0, "a sample is taken meanwhile");
	sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	ok(k && keeper_stop(k, KEEPER_PATIENCE, &ends, &err) == 0 && ends.samples == 1, "once it answers, it is in the file");
	target_close(&t);
}

static void
test_slow_disk(void)
{
	char path[] = "/tmp/test_record-XXXXXX";
	struct err err = {0};
	sqlite3 *db = NULL;

	name_file(path);
	ok(record_all(path, SCHEMA_NEW, 2, &err) == 0 && sqlite3_open(path, &db) == SQLITE_OK &&
	       sqlite3_exec(db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) == SQLITE_OK,
	   "a recording that somebody holds");
	check_slow_disk(path, db);
	sqlite3_close(db);
	drop_file(path);
}

/* --- one that is still being made --------------------------------------------------------------- */

static bool
all_are_readable(struct recording *r, size_t n)
{
	struct timeline *t = recording_timeline(r);
	struct err err;
	bool good = t->n == n;

	for (size_t i = 0; good && i < n; i++)
		good = recording_seek(r, i, &err) == 0 && recording_pages(r)->n > 0;
	timeline_unref(t);
	return good;
}

/* A recorder that is killed in a transaction, of which a part is in the file. */
static bool
kill_recorder(const char *path)
{
	sqlite3 *db;
	pid_t pid = fork();

	if (!pid) {
		sqlite3_open(path, &db);
		sqlite3_exec(db,
		             "PRAGMA cache_size = 2; BEGIN; DELETE FROM block; UPDATE region SET "
		             "mapping = hex(randomblob(9999)); DELETE FROM sample",
		             NULL, NULL, NULL);
		kill(getpid(), SIGKILL);
	}
	return waitpid(pid, NULL, 0) == pid;
}

static void
test_growing(void)
{
	char path[] = "/tmp/test_record-XXXXXX", journal[64];
	struct err err = {0};
	struct recording *r;

	name_file(path);
	snprintf(journal, sizeof(journal), "%s-journal", path);
	ok(record_all(path, SCHEMA_NEW, 70, &err) == 0, "a recording");
	r = recording_open(path, &err);
	if (!ok(r && recording_grow(r) == RECORDING_SAME, "nothing is new in it"))
		return;
	ok(record_all(path, SCHEMA_APPEND, 3, &err) == 0 && recording_grow(r) == RECORDING_LONGER,
	   "it goes on");
	is_u64(recording_at(r), 69, "who reads it stays where it was");
	ok(all_are_readable(r, 73), "and sees all that is in it");
	recording_seek(r, 40, &err);
	ok(thin_some(path, 60) && recording_grow(r) == RECORDING_OTHERS, "samples are dropped");
	ok(recording_at(r) < 13, "another takes the place of the one that was shown");
	ok(all_are_readable(r, 13), "and those that are left are read");
	ok(kill_recorder(path) && access(journal, F_OK) == 0, "a recorder is killed");
	recording_grow(r);
	recording_grow(r);
	ok(all_are_readable(r, 13), "bug: after that nothing could be read by who had it open");
	ok(access(journal, F_OK) < 0, "what it had begun is undone");
	recording_close(r);
	drop_file(path);
}

int
main(void)
{
	tap_start();
	test_changes();
	test_candidates();
	test_numbers();
	test_runs();
	test_block();
	test_frame_looks();
	test_thinning();
	test_files();
	test_looks();
	test_size();
	test_sessions();
	test_growing();
	test_slow_disk();
	return tap_done();
}
