/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A recording of this very program, made hostile: by SQL, which is the text that is fuzzed; by damage
 * to the file; and by damage to what is packed in it, which is packed again. Whatever it says, it is
 * read to its end, or refused in a sentence.
 */
#include <sqlite3.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "fuzz.h"
#include "record/pack.h"
#include "record/recorder.h"
#include "record/source_recording.h"
#include "target/bytes.h"
#include "target/region.h"
#include "target/walk.h"

/* OWN_PAGES: so many that sets of them are packed; OWN_BYTES: pages whose contents are recorded */
enum { SAMPLES = 6, OWN_PAGES = 512, OWN_BYTES = 8, READ_TICKS = 4, READ_REGIONS = 40 };

/* path: what is read; image: the recording as it was made */
static struct {
	char path[64];
	struct buf image;
	uint64_t own;          /* the address of the pages */
	size_t samples, bytes; /* that were read last: samples; pages whose contents were */
} file;

/* --- a recording ------------------------------------------------------------------------------ */

static int
record_one(struct recorder *r, struct moments *from, char *own, uint64_t *seed, struct err *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	struct regions *rs;
	struct moment m;
	int got;

	for (unsigned k = 0; k < OWN_PAGES / 4; k++)
		own[fake_below(seed, OWN_PAGES) * page] = (char)k;
	for (unsigned k = 0; k < OWN_PAGES / 8; k++)
		madvise(own + fake_below(seed, OWN_PAGES) * page, page, MADV_DONTNEED);
	moments_listen(from, &m);
	got = moments_scan(from, false, &rs, err);
	moments_unlisten(from);
	m.regions = rs;
	if (got == 0)
		moments_finish(from, UINT64_MAX, true, &m);
	m.written_known = true;
	for (uint64_t at = 0; at < OWN_PAGES; at += 1 + fake_below(seed, 6))
		extents_add(&m.written, (uintptr_t)own + at * page, (uintptr_t)own + (at + 1) * page, 1);
	if (got == 0)
		got = recorder_add(r, &m, err);
	moment_free(&m);
	return got;
}

static int
record_all(struct err *err)
{
	size_t size = OWN_PAGES * (size_t)sysconf(_SC_PAGESIZE);
	char *own = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct recorder_options to = {.path = file.path, .how = SCHEMA_NEW};
	struct recorder *r = recorder_open(&to, err);
	struct session *is;
	struct moments from;
	struct target t;
	uint64_t seed = 5;
	int got = r ? target_open(&t, "/proc", getpid(), err) : -1;

	if (got == 0)
		got = target_open_pages(&t, err);
	if (got < 0)
		return -1;
	file.own = (uintptr_t)own;
	madvise(own, size, MADV_NOHUGEPAGE);
	moments_begin(&from, &t);
	from.contents = contents_new(file.own, file.own + OWN_BYTES * t.page_size, t.page_size);
	is = session_new(&t);
	got = recorder_begin(r, is, err);
	session_free(is);
	for (unsigned i = 0; got == 0 && i < SAMPLES; i++)
		got = record_one(r, &from, own, &seed, err);
	moments_free(&from);
	recorder_close(r);
	target_close(&t);
	munmap(own, size);
	return got;
}

static bool
file_put(const char *data, size_t n)
{
	int fd = open(file.path, O_WRONLY | O_TRUNC | O_CREAT | O_CLOEXEC, 0600);
	bool good = fd >= 0 && write(fd, data, n) == (ssize_t)n;

	if (fd >= 0)
		close(fd);
	return good || fuzz_wrong("cannot write %s", file.path);
}

/* --- reading it ------------------------------------------------------------------------------- */

static int
read_pages(void *arg, uint64_t addr, const struct page *pages, size_t n)
{
	uint64_t *left = arg;

	(void)addr, (void)pages;
	*left -= u64_min(*left, n);
	return *left == 0;
}

static bool
read_regions(struct target *t)
{
	static const struct walk_options all = {.needs = PAGE_NEED_FLAGS};
	static const struct walk_fns fns = {.pages = read_pages};
	struct vma_list vmas;
	struct regions *rs;
	struct smaps_reading *smaps;
	struct err err;
	uint64_t left = 1 << 16;

	if (target_regions(t, &vmas, &err) < 0)
		return err.what[0] || fuzz_wrong("no regions, and no word why");
	for (size_t i = 0; i < vmas.n; i++)
		if (vmas.v[i].start >= vmas.v[i].end || (i && vmas.v[i].start < vmas.v[i - 1].end) ||
		    vmas.v[i].type >= VMA_TYPES)
			return fuzz_wrong("region %zu is out of order, or of no type", i);
	rs = regions_new(vmas, source_now(t->source));
	target_follow(t, &rs->vmas);
	regions_measure(rs, t, NULL, &err);
	for (size_t i = 0; i < rs->vmas.n && i < READ_REGIONS && left; i++)
		walk_pages(t, &rs->vmas.v[i], rs->vmas.v[i].start, rs->vmas.v[i].end, &all, &fns, &left, &err);
	smaps = target_smaps(t, &err);
	smaps_reading_unref(smaps);
	regions_unref(rs);
	return true;
}

/* What was in the pages whose contents were recorded, if they are there yet. */
static void
read_contents(struct target *t)
{
	struct bytes_page pages[OWN_BYTES];
	uint8_t *to = malloc(OWN_BYTES * t->page_size);
	struct vma_list vmas;
	const struct vma *v;
	struct err err;

	if (target_regions(t, &vmas, &err) == 0) {
		v = vma_at(&vmas, file.own);
		if (v && v->end - file.own >= OWN_BYTES * t->page_size &&
		    bytes_pages(t, v, file.own, OWN_BYTES, to, pages, &err) == 0)
			for (unsigned i = 0; i < OWN_BYTES; i++)
				file.bytes += pages[i].kind == BYTES_READ;
		vma_free(&vmas);
	}
	free(to);
}

/* What was written in each region by the sample that it is at. */
static bool
read_wrote(struct source *s, size_t ticks)
{
	struct source_wrote *v;
	size_t n = s->ops->time->wrote(s, 0, &v), wrong = 0;

	for (size_t i = 0; i < n; i++)
		wrong += v[i].tick >= ticks;
	free(v);
	return !wrong || fuzz_wrong("what was written is of samples that are not there");
}

/* The beginning, the end and some samples in between. */
static bool
read_all(uint64_t seed)
{
	struct err err = {0};
	struct source *s = source_recording_open(file.path, &err);
	struct timeline *line;
	struct target t = {0};
	bool good = true;

	if (!s)
		return err.what[0] || fuzz_wrong("refused without a word");
	target_take(&t, s);
	file.bytes = 0;
	if (target_open_pages(&t, &err) == 0) {
		line = s->ops->time->line(s);
		for (unsigned i = 0; good && i < READ_TICKS; i++) {
			size_t at = i < 2 ? i * (line->n - 1) : fake_below(&seed, line->n);

			if (s->ops->time->go(s, line->v[at].time_ns, &err) == 0)
				good = read_regions(&t) && read_wrote(s, line->n);
			if (good)
				read_contents(&t);
		}
		file.samples = line->n;
		timeline_unref(line);
	}
	target_close(&t);
	return good;
}

/* --- its beginning --------------------------------------------------------------------------- */

static void
file_remove(void)
{
	unlink(file.path);
}

/* Undamaged it has all its samples: else nothing is tested. */
static int
begin(void)
{
	struct err err;
	char line[768];
	bool good;
	int fd;

	snprintf(file.path, sizeof(file.path), "%s/pmtop-fuzz-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
	fd = mkstemp(file.path);
	if (fd < 0)
		return -1;
	close(fd);
	file_remove();
	atexit(file_remove);
	if (record_all(&err) < 0) {
		printf("# %s\n", err_line(&err, line, sizeof(line)));
		return -1;
	}
	fd = open(file.path, O_RDONLY | O_CLOEXEC);
	good = fd >= 0 && file_read_all(fd, &file.image) == 0 && read_all(0) && file.samples == SAMPLES &&
	       file.bytes > 0;
	if (fd >= 0)
		close(fd);
	return good ? 0 : -1;
}

/* --- SQL -------------------------------------------------------------------------------------- */

/* It may do what it likes to this file, and nothing else. */
static int
sql_allows(void *arg, int action, const char *a, const char *b, const char *c, const char *d)
{
	(void)arg, (void)b, (void)c, (void)d;
	if (action == SQLITE_ATTACH || action == SQLITE_DETACH)
		return SQLITE_DENY;
	if (action == SQLITE_PRAGMA)
		return a && (!strcmp(a, "writable_schema") || !strcmp(a, "user_version")) ? SQLITE_OK : SQLITE_DENY;
	return SQLITE_OK;
}

static int
sql_is_slow(void *arg)
{
	unsigned *steps = arg;

	return ++*steps > 200;
}

static bool
check(const char *text, size_t n)
{
	sqlite3 *db;
	unsigned steps = 0;

	if (!file_put(file.image.s, file.image.len))
		return false;
	if (sqlite3_open(file.path, &db) == SQLITE_OK) {
		sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
		sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
		sqlite3_limit(db, SQLITE_LIMIT_LENGTH, 1 << 20);
		sqlite3_set_authorizer(db, sql_allows, NULL);
		sqlite3_progress_handler(db, 1000, sql_is_slow, &steps);
		sqlite3_exec(db, text, NULL, NULL, NULL);
	}
	sqlite3_close(db);
	return read_all(n);
}

static const char *const lines[] = {
    "UPDATE region SET start = -1;", "UPDATE region SET length = 0;", "UPDATE region SET length = 1 << 62;",
    "UPDATE region SET type = 'x', perm = '', dev = ':';", "UPDATE region SET start = start + 1;",
    "UPDATE region SET first = 9, last = 1;", "UPDATE region SET mapping = x'00ff41';", "DELETE FROM region;",
    "UPDATE usage SET rss = -1, swap = 1 << 60;", "UPDATE usage SET doubt = 99;", "DELETE FROM usage;",
    "UPDATE sample SET time = -time;", "UPDATE sample SET id = -id;", "UPDATE sample SET whole = 0;",
    "UPDATE sample SET whole = 1;", "UPDATE sample SET tracker = 'uffd', clears = -1, epoch = 1 << 40;",
    "UPDATE sample SET session = 7;", "DELETE FROM sample WHERE id > 1;", "DELETE FROM session;",
    "UPDATE session SET page_size = 3;", "UPDATE session SET page_size = 1 << 24;", "UPDATE session SET page_size = 1024;",
    "UPDATE session SET began = 'never', clock = 1 << 62;", "UPDATE session SET name = hex(zeroblob(99999));",
    "UPDATE meta SET value = -1;", "UPDATE meta SET value = x'';", "UPDATE meta SET value = NULL;",
    "UPDATE run SET length = 1 << 62;", "UPDATE run SET start = -start;", "UPDATE run SET length = -length;",
    "UPDATE run SET state = 1 << 40;", "UPDATE run_set SET data = zeroblob(70000);", "UPDATE run_set SET pages = -1, runs = 1 << 60;",
    "UPDATE run_set SET data = NULL;", "UPDATE write_set SET data = (SELECT data FROM block);",
    "UPDATE block SET data = (SELECT data FROM stamp_set);", "UPDATE block SET start = start + 8;",
    "UPDATE look SET time = -1;", "UPDATE look SET time = 1 << 62;", "UPDATE look SET start = start + 8, sample = -sample;",
    "UPDATE block SET data = x'28b52ffd';", "UPDATE stamp_set SET data = (SELECT data FROM run_set WHERE data NOT NULL);",
    "UPDATE content SET data = x'28b52ffd';", "UPDATE content SET address = address + 1, sample = -sample;",
    "UPDATE content SET data = (SELECT data FROM block);", "UPDATE content SET data = NULL;",
    "UPDATE write_set SET pages = 1, runs = 1 << 40;", "DELETE FROM write_set WHERE data NOT NULL;",
    "UPDATE wrote SET pages = -1, region = 1 - region;", "UPDATE wrote SET pages = 1 << 62, sample = 3 * sample;",
    "INSERT INTO run SELECT sample, start, length, 3 FROM write;",
    "UPDATE smaps SET known = -1, flags = hex(zeroblob(999));", "UPDATE thread SET tid = -1, sp = -1;",
    ("INSERT INTO sample SELECT id + 100, session, time, cost, whole, regions, rss, swap, written, tracker, clears, epoch,"
     " cleared, first_epoch, first, smaps FROM sample;"),
    "UPDATE sample SET smaps = -1;", "UPDATE sample SET smaps = time + id * 1000000000 WHERE id % 2;",
    "CREATE TRIGGER bad AFTER UPDATE ON sample BEGIN DELETE FROM session; END;",
    "DROP TABLE region; CREATE VIEW region AS SELECT * FROM usage;",
    "DROP TABLE sample; CREATE TABLE sample(id, session, time AS (abs(-9223372036854775808)), rss, swap, written, whole);",
    "ALTER TABLE session RENAME TO old; CREATE VIEW session AS SELECT * FROM old;",
    "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'INTEGER', 'BLOB');",
    "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET rootpage = 2;",
    "PRAGMA writable_schema = 1; DELETE FROM sqlite_schema WHERE name = 'run';", "PRAGMA user_version = 99;",
};

/* --- damage ----------------------------------------------------------------------------------- */

/* To bytes of the file, behind what says that it is a recording; or it is cut off. */
static bool
damage_file(uint64_t *seed)
{
	static const unsigned char odd[] = {0, 1, 0x7f, 0x80, 0xff};
	struct buf copy = {0};
	bool good;

	buf_add(&copy, file.image.s, file.image.len);
	for (uint64_t n = 1u << fake_below(seed, 8); n; n--) {
		size_t at = 100 + fake_below(seed, copy.len - 100);

		copy.s[at] = (char)(fake_below(seed, 2) ? odd[fake_below(seed, sizeof(odd))] : fake_below(seed, 256));
	}
	if (!fake_below(seed, 8))
		copy.len = fake_below(seed, copy.len);
	good = file_put(copy.s, copy.len) && read_all(*seed);
	buf_free(&copy);
	return good;
}

/* A blob, unpacked, with numbers changed, and packed again. */
static void
damage_blob(sqlite3_context *c, int n, sqlite3_value **v)
{
	uint64_t *seed = sqlite3_user_data(c);
	struct buf raw = {0}, out = {0};
	struct unpack u;

	(void)n;
	if (fake_below(seed, 2) && unpack_open(&u, sqlite3_value_blob(v[0]), (size_t)sqlite3_value_bytes(v[0]))) {
		fuzz_mutate(&raw, (char *)u.raw, u.n, seed);
		pack_close(&raw, &out);
		sqlite3_result_blob(c, out.s, (int)out.len, SQLITE_TRANSIENT);
		unpack_free(&u);
	} else {
		sqlite3_result_value(c, v[0]);
	}
	buf_free(&raw);
	buf_free(&out);
}

static bool
damage_packed(uint64_t *seed)
{
	static const char *const tables[] = {"block", "run_set", "write_set", "stamp_set", "cache", "content"};
	sqlite3 *db;
	char sql[80];

	if (!file_put(file.image.s, file.image.len))
		return false;
	snprintf(sql, sizeof(sql), "UPDATE %s SET data = damage(data) WHERE data NOT NULL",
	         tables[fake_below(seed, ARRAY_LEN(tables))]);
	if (sqlite3_open(file.path, &db) == SQLITE_OK) {
		sqlite3_exec(db, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
		sqlite3_create_function(db, "damage", 1, SQLITE_UTF8, seed, damage_blob, NULL, NULL);
		sqlite3_exec(db, sql, NULL, NULL, NULL);
	}
	sqlite3_close(db);
	return read_all(*seed);
}

static bool
play(uint64_t *seed)
{
	switch (fake_below(seed, 3)) {
	case 0: return damage_file(seed);
	case 1: return damage_packed(seed);
	default: return fuzz_lines(lines, ARRAY_LEN(lines), 5, check, seed);
	}
}

FUZZ_MAIN(begin, "hostile recordings", "recording", play, check);
