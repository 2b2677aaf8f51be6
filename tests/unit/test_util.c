/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/clock.h"
#include "base/file.h"
#include "base/rights.h"
#include "base/text.h"
#include "fake.h"
#include "tap.h"

static void
test_size_text(void)
{
	static const struct {
		uint64_t bytes;
		const char *want;
	} rows[] = {
	    {0, "0"},
	    {1, "<0.1K"},
	    {51, "<0.1K"},
	    {52, "0.1K"},
	    {512, "0.5K"},
	    {1024, "1.0K"},
	    {4096, "4.0K"},
	    {10240, "10.0K"},
	    {102348, "99.9K"},        /* 99.949 K */
	    {102349, "100K"},         /* 99.950 K: four digits would be too wide */
	    {132 * 1024, "132K"},
	    {1023487, "999K"},        /* 999.499 K */
	    {1023488, "1.0M"},        /* 999.5 K */
	    {1024 * 1024 - 1, "1.0M"},
	    {1024 * 1024, "1.0M"},
	    {UINT64_C(2) << 30, "2.0G"},
	    {UINT64_C(128) << 40, "128T"},
	    {UINT64_C(1) << 60, "1.0E"},
	    {UINT64_MAX, "16.0E"},
	};
	char out[8];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_str(size_text(out, rows[i].bytes), rows[i].want, rows[i].want);
}

/* The list gives sizes five columns, whatever they are. */
static void
test_size_width(void)
{
	uint64_t seed = 1;
	size_t widest = 0;
	char out[8];

	for (int i = 0; i < 20000; i++) {
		uint64_t bytes = fake_random(&seed) >> fake_below(&seed, 64);

		widest = u64_max(widest, strlen(size_text(out, bytes)));
	}
	is_u64(widest, 5, "no size is wider than five columns");
}

/* Half of a unit's tenth, as 0.25K, is rounded to the even one. */
static void
test_size_rounds(void)
{
	unsigned wrong = 0;

	for (uint64_t bytes = 52; bytes < 1023488; bytes++) {
		double k = (double)bytes / 1024;
		char out[8], want[16];

		snprintf(want, sizeof(want), k < 99.95 ? "%.1fK" : "%.0fK", k);
		wrong += strcmp(size_text(out, bytes), want) != 0;
		snprintf(want, sizeof(want), k < 99.95 ? "%.1fG" : "%.0fG", k);
		wrong += bytes >= 1024 && strcmp(size_text(out, bytes << 20), want) != 0;
	}
	is_u64(wrong, 0, "sizes are rounded as printf rounds them");
}

static void
test_count_text(void)
{
	static const struct {
		uint64_t n;
		const char *want;
	} rows[] = {{0, "0"}, {7, "7"}, {9999, "9999"}, {10000, "10.0k"}, {12784, "12.8k"}, {99949, "99.9k"}, {99950, "100k"},
	            {999499, "999k"}, {999500, "1.0M"}, {1234567890, "1.2G"}, {UINT64_MAX, "18.4E"}};
	char out[8];

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_str(count_text(out, rows[i].n), rows[i].want, rows[i].want);
}

static void
test_escape(void)
{
	static const struct {
		const char *name, *in;
		size_t n; /* 0: strlen */
		bool ascii;
		const char *want;
	} rows[] = {
	    {"plain text", "lib c.so", 0, false, "lib c.so"},
	    {"newline and tab", "a\nb\tc", 0, false, "a\\012b\\011c"},
	    {"escape", "\033[31m", 0, false, "\\033[31m"},
	    {"delete", "a\177", 0, false, "a\\177"},
	    {"C1 in UTF-8", "\xc2\x85", 0, false, "\\302\\205"},
	    {"the last of C1", "\xc2\x9f", 0, false, "\\302\\237"},
	    {"no-break space stays", "\xc2\xa0", 0, false, "\xc2\xa0"},
	    {"a byte of Latin-1", "\xe9t\xe9", 0, false, "\\351t\\351"},
	    {"0xff", "\xff", 0, false, "\\377"},
	    {"cut short", "\xe2\x82", 0, false, "\\342\\202"},
	    {"cut short by n", "\xe2\x82\xac", 2, false, "\\342\\202"},
	    {"a stray tail", "\x80x", 0, false, "\\200x"},
	    {"overlong in two", "\xc0\xaf", 0, false, "\\300\\257"},
	    {"overlong in three", "\xe0\x80\xaf", 0, false, "\\340\\200\\257"},
	    {"overlong in four", "\xf0\x80\x80\xaf", 0, false, "\\360\\200\\200\\257"},
	    {"a surrogate", "\xed\xa0\x80", 0, false, "\\355\\240\\200"},
	    {"past U+10FFFF", "\xf4\x90\x80\x80", 0, false, "\\364\\220\\200\\200"},
	    {"bad head, good text after", "\xe2(\xc3\xa9", 0, false, "\\342(\xc3\xa9"},
	    {"well-formed", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 0, false,
	     "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
	    {"right-to-left override", "\xe2\x80\xae", 0, false, "\\342\\200\\256"},
	    {"right-to-left mark", "\xe2\x80\x8f", 0, false, "\\342\\200\\217"},
	    {"isolate", "\xe2\x81\xa6", 0, false, "\\342\\201\\246"},
	    {"Arabic letter mark", "\xd8\x9c", 0, false, "\\330\\234"},
	    {"line separator", "\xe2\x80\xa8", 0, false, "\\342\\200\\250"},
	    {"zero width space", "\xe2\x80\x8b", 0, false, "\\342\\200\\213"},
	    {"byte order mark", "\xef\xbb\xbf", 0, false, "\\357\\273\\277"},
	    {"soft hyphen", "\xc2\xad", 0, false, "\\302\\255"},
	    {"Mongolian vowel separator", "\xe1\xa0\x8e", 0, false, "\\341\\240\\216"},
	    {"a tag", "\xf3\xa0\x81\x81", 0, false, "\\363\\240\\201\\201"},
	    {"Hangul filler", "\xe3\x85\xa4", 0, false, "\\343\\205\\244"},
	    {"a noncharacter", "\xef\xbf\xbf", 0, false, "\\357\\277\\277"},
	    {"variation selector", "a\xef\xb8\x8f", 0, false, "a\\357\\270\\217"},
	    {"marks stay on their letters", "e\xcc\x81\xcc\xa3x", 0, false, "e\xcc\x81\xcc\xa3x"},
	    {"a mark on nothing", "\xcc\x81x", 0, false, "\\314\\201x"},
	    {"a mark on an escape", "\n\xcc\x81", 0, false, "\\012\\314\\201"},
	    {"more marks than a cell holds", "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81", 0, false,
	     "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\314\\201"},
	    {"a syllable in parts", "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", 0, false,
	     "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"},
	    {"a vowel of none", "a\xe1\x85\xa1", 0, false, "a\\341\\205\\241"},
	    {"a flag", "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa", 0, false, "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa"},
	    {"a colour of skin", "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", 0, false,
	     "\xf0\x9f\x91\x8d\\360\\237\\217\\275"},
	    {"that alone", "\xf0\x9f\x8f\xbd", 0, false, "\xf0\x9f\x8f\xbd"},
	    {"pictures joined", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb", 0, false,
	     "\xf0\x9f\x91\xa9\\342\\200\\215\xf0\x9f\x92\xbb"},
	    {"private use", "\xee\x82\xb0", 0, false, "\\356\\202\\260"},
	    {"the kernel's escape is text", "a\\012b", 0, false, "a\\012b"},
	    {"a backslash is text", "\\", 0, false, "\\"},
	    {"a zero byte", "a\0b", 3, false, "a\\000b"},
	    {"no more than n", "abc", 2, false, "ab"},
	    {"ascii: accents", "caf\xc3\xa9~", 0, true, "caf\\303\\251~"},
	    {"ascii: control", "\033", 0, true, "\\033"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = {0};

		buf_str(&b, "");
		text_escape(&b, rows[i].in, rows[i].n ? rows[i].n : strlen(rows[i].in), rows[i].ascii);
		is_str(b.s, rows[i].want, rows[i].name);
		buf_free(&b);
	}
}

/* bug: soft hyphens, tags, fillers and the like went to the terminal as they were */
static void
test_unsafe(void)
{
	static const uint32_t unsafe[] = {
	    0,       0x1f,    0x7f,    0x9f,    0xad,     0x34f,    0x600,   0x605,   0x61c,
	    0x6dd,   0x70f,   0x8e2,   0x115f,  0x1160,   0x17b4,   0x180b,  0x180e,  0x180f,
	    0x200b,  0x200d,  0x200f,  0x2028,  0x2029,   0x202a,   0x202e,  0x2060,  0x2064,
	    0x2066,  0x206f,  0x3164,  0xe000,  0xf8ff,   0xfdd0,   0xfdef,  0xfe00,  0xfe0f,
	    0xfeff,  0xffa0,  0xfff0,  0xfff9,  0xfffb,   0xfffe,   0xffff,  0x110bd, 0x13430,
	    0x1bca0, 0x1d173, 0x1d17a, 0x1ffff, 0x8fffe,  0xe0000,  0xe0001, 0xe0020, 0xe007f,
	    0xe0100, 0xe01ef, 0xe0fff, 0xf0000, 0x10fffd, 0x10ffff, 0x378,   0x1fffd,
	};
	static const uint32_t safe[] = {
	    ' ',    'a',     '~',     0xa0,    0xa1,    0xac,    0xae,    0xe9,
	    0x301,  0x606,   0x61b,   0x115e,  0x1161,  0x2010,  0x2026,  0x3000,
	    0x3042, 0x4e2d,  0xac00,  0xd7a3,  0xf900,  0xfdf0,  0xfe10,  0xffa1,
	    0xfffd, 0x10000, 0x1d172, 0x1d17b, 0x1f600, 0x20000,
	};
	bool good = true;

	for (size_t i = 0; i < ARRAY_LEN(unsafe); i++)
		good &= text_is_unsafe(unsafe[i]);
	ok(good, "what is not seen, or reorders, is escaped");
	good = true;
	for (size_t i = 0; i < ARRAY_LEN(safe); i++)
		good &= !text_is_unsafe(safe[i]);
	ok(good, "letters, signs and blanks are not");
}

/* bug: marks, syllables and flags were cut in the middle */
static void
test_cluster(void)
{
	static const struct {
		const char *in, *name;
		size_t want;
	} rows[] = {
	    {"", "nothing", 0},
	    {"ab", "a letter", 1},
	    {"\xff\xcc\x81", "no UTF-8", 1},
	    {"\r\n", "ASCII joins nothing", 1},
	    {"e\xcc\x81\xcc\xa3x", "a letter with marks", 5},
	    {"\xe6\x97\xa5\xe6\x9c\xac", "a wide one", 3},
	    {"\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xabx", "a Korean syllable", 9},
	    {"\xe0\xa4\x95\xe0\xa4\xbf\xe0\xa4\x95", "a Hindi one, whose vowel has columns", 6},
	    {"\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa\xf0\x9f\x87\xab\xf0\x9f\x87\xb7", "a flag of two", 8},
	    {"\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb!", "pictures joined", 11},
	    {"\xe0\xb5\x8e\\342", "before an escape it ends", 3},
	    {"\xe2\x96\x88\xe2\x96\x88", "of blocks, each one", 3},
	    {"\xe2\x96\x88\xcc\x81\xe2\x96\x88", "a block with a mark", 5},
	    {"\xe2\x96\xb6\xef\xb8\x8f", "a sign as a picture", 6},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_u64(utf8_cluster(rows[i].in, strlen(rows[i].in)), rows[i].want, rows[i].name);
	ok(utf8_cluster("e\xcc\x81", 2) == 1 && utf8_cluster("e\xcc\x81", 0) == 0, "no more than n");
	ok(utf8_small('A') == 'a' && utf8_small(0xc9) == 0xe9 && utf8_small('/') == '/', "small letters");
}

static void
test_parse(void)
{
	static const struct {
		const char *in;
		int base;
		bool good;
		uint64_t want;
		size_t used;
	} rows[] = {
	    {"", 10, false, 0, 0},
	    {"x", 10, false, 0, 0},
	    {"-1", 10, false, 0, 0},
	    {" 1", 10, false, 0, 0},
	    {"0", 10, true, 0, 1},
	    {"007", 10, true, 7, 3},
	    {"12ab", 10, true, 12, 2},
	    {"12ab", 16, true, 0x12ab, 4},
	    {"FFff", 16, true, 0xffff, 4},
	    {"g", 16, false, 0, 0},
	    {"0x10", 16, true, 0, 1},
	    {"@", 16, false, 0, 0},
	    {"18446744073709551615", 10, true, UINT64_MAX, 20},
	    {"18446744073709551616", 10, false, 0, 0},
	    {"99999999999999999999", 10, false, 0, 0},
	    {"ffffffffffffffff", 16, true, UINT64_MAX, 16},
	    {"0000ffffffffffffffff", 16, true, UINT64_MAX, 20},
	    {"10000000000000000", 16, false, 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *end = rows[i].in;
		uint64_t v = 0;
		bool good = parse_u64(rows[i].in, rows[i].base, &end, &v);
		char name[64];

		snprintf(name, sizeof(name), "\"%s\" in base %d", rows[i].in, rows[i].base);
		ok(good == rows[i].good &&
		       (!good || (v == rows[i].want && (size_t)(end - rows[i].in) == rows[i].used)),
		   name);
	}
}

static void
test_path_base(void)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
	    {"/usr/lib/libc.so.6", "libc.so.6"},
	    {"/usr/lib/old.so (deleted)", "old.so"},
	    {"/x", "x"},
	    {"/", ""},
	    {"", ""},
	    {"[heap]", "[heap]"},
	    {"[anon: a/b]", "[anon: a/b]"},
	    {"anon_inode:[io_uring]", "anon_inode:[io_uring]"},
	    {" (deleted)", " (deleted)"},
	    {"/memfd:ring (deleted)", "memfd:ring"},
	    {"/a (deleted)/b", "b"},
	    {"/my file", "my file"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t n;
		const char *s = path_base(rows[i].in, &n);
		char got[64];

		snprintf(got, sizeof(got), "%.*s", (int)n, s);
		is_str(got, rows[i].want, rows[i].in[0] ? rows[i].in : "(empty)");
	}
}

static void
test_eighths(void)
{
	static const struct {
		uint64_t part, whole;
		unsigned want;
	} rows[] = {
	    {0, 8, 0},          {0, 0, 0},       {5, 0, 0},    {1, 8, 1},
	    {1, UINT64_MAX, 1}, {1, 9, 1},       {4, 8, 4},    {7999, 8000, 7},
	    {8, 8, 8},          {9, 8, 8},       {512, 512, 8}, {UINT64_MAX, UINT64_MAX, 8},
	    {UINT64_MAX / 2, UINT64_MAX, 3},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char name[64];

		snprintf(name, sizeof(name), "eighths of %" PRIu64 " in %" PRIu64, rows[i].part, rows[i].whole);
		is_u64(eighths(rows[i].part, rows[i].whole), rows[i].want, name);
	}
}

/* Only all shows as all, and only nothing as nothing. */
static void
test_percent(void)
{
	static const struct {
		uint64_t part, whole;
		const char *want;
	} rows[] = {
	    {0, 1000, "0"},
	    {0, 0, "0"},
	    {5, 0, "0"},
	    {1, UINT64_MAX, "<0.1"},
	    {64, 1 << 28, "<0.1"},
	    {1, 1001, "<0.1"},
	    {1, 1000, "0.1"},
	    {97, 10000, "0.9"},
	    {1, 100, "1"},
	    {1, 3, "33"},
	    {2, 3, "67"},
	    {3, 4, "75"},
	    {99, 100, "99"},
	    {991, 1000, "99.1"},
	    {999, 1000, "99.9"},
	    {99999, 100000, "99.9"},
	    {UINT64_MAX - 1, UINT64_MAX, "99.9"},
	    {1000, 1000, "100"},
	    {7, 5, "100"},
	    {UINT64_MAX, UINT64_MAX, "100"},
	};
	char out[8], name[64];
	uint64_t seed = 1;
	bool right = true;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		snprintf(name, sizeof(name), "%" PRIu64 " in %" PRIu64 " is %s %%", rows[i].part,
		         rows[i].whole, rows[i].want);
		is_str(percent_text(out, rows[i].part, rows[i].whole), rows[i].want, name);
	}
	for (int i = 0; i < 20000; i++) {
		uint64_t whole = (fake_random(&seed) >> fake_below(&seed, 64)) | 1,
			 part = fake_below(&seed, whole + 1);
		unsigned n = 2 + (unsigned)fake_below(&seed, 200);
		size_t len = strlen(percent_text(out, part, whole));

		right &= !strcmp(out, "0") == !part && !strcmp(out, "100") == (part == whole) &&
		         len <= 4 && out[0] != '-';
		right &= (steps(part, whole, n) == 0) == !part &&
		         (steps(part, whole, n) == n) == (part == whole);
		right &= !part == !rounded(part, whole);
	}
	ok(right, "percent and steps: nothing and whole only of nothing and whole");
}

static void
test_ago(void)
{
	char out[24];

	is_str(ago_text(out, 1000000000, 1620000000), "0.6 s ago", "less than a second ago");
	is_str(ago_text(out, 0, UINT64_C(12400000000)), "12 s ago", "long ago, to the second");
	is_str(ago_text(out, 2000000000, 1000000000), "0.0 s ago", "the future is now");
}

static void
test_buf(void)
{
	struct buf b = {0};
	char longer[1300];

	for (int i = 0; i < 1000; i++)
		buf_add(&b, "abc", 3);
	ok(b.len == 3000 && strlen(b.s) == 3000 && !strncmp(b.s + 2997, "abc", 3), "buf grows");
	b.len = 0;
	buf_fmt(&b, "%d-%s", 7, "x");
	is_str(b.s, "7-x", "buf_fmt");
	memset(longer, 'y', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	b.len = 0;
	buf_fmt(&b, "%s!", longer);
	ok(b.len == 1300 && b.s[1299] == '!' && !b.s[1300], "buf_fmt longer than its own line");
	b.len = 0;
	buf_fmt(&b, "%.511s", longer);
	is_u64(b.len, 511, "buf_fmt that just fits its line");
	b.len = 0;
	buf_fmt(&b, "%.512s", longer);
	is_u64(b.len, 512, "buf_fmt that just does not");
	buf_free(&b);
	ok(!b.s && !b.len && !b.cap, "buf_free leaves nothing");
	buf_str(&b, "");
	is_str(b.s, "", "nothing added is still text");
	buf_free(&b);
}

static void
test_vec(void)
{
	size_t cap = 0;
	uint32_t *v = NULL;
	bool right = true;

	for (uint32_t i = 0; i < 1000; i++) {
		v = vec_room(v, i, &cap, sizeof(*v));
		right &= cap > i;
		v[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		right &= v[i] == i;
	ok(right, "vec_room makes room and keeps what was there");
	free(v);
}

/* Against a linear search. */
static void
test_above(void)
{
	struct {
		char pad[8];
		uint64_t key;
	} v[40];
	uint64_t seed = 9;
	bool right = true;

	for (int round = 0; round < 500; round++) {
		size_t n = fake_below(&seed, ARRAY_LEN(v) + 1), want = 0;
		uint64_t key = fake_below(&seed, 130);

		for (size_t i = 0; i < n; i++)
			v[i].key = (i ? v[i - 1].key : 0) + fake_below(&seed, 6);
		while (want < n && v[want].key <= key)
			want++;
		right &= vec_above(v, n, sizeof(v[0]), offsetof(__typeof__(v[0]), key), key) == want;
	}
	ok(right, "vec_above finds the first above");
	ok(vec_above(v, 1, sizeof(v[0]), offsetof(__typeof__(v[0]), key), UINT64_MAX) == 1, "nothing is above the largest");
}

static void
test_read_all(void)
{
	int fd = fake_file();
	struct buf b = {0};

	fake_words(fd, 0, 20000, UINT64_C(0x6161616161616161));
	lseek(fd, 0, SEEK_SET);
	ok(file_read_all(fd, &b) == 0 && b.len == 160000 && b.s[159999] == 'a', "file_read_all");
	close(fd);
	b.len = 0;
	ok(file_read_all(fd, &b) == -1, "file_read_all of a closed file fails");
	buf_free(&b);
}

static void
test_clock(void)
{
	int fd = fake_file();
	char path[32];
	uint64_t before = time_ns(), late, at;
	struct timespec until;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ok(pwrite(fd, "12500\n", 6, 0) == 6, "a clock in a file");
	time_from(path);
	is_u64(time_ns(), UINT64_C(12500000000), "the time is what the file says");
	ok(pwrite(fd, "12501\n", 6, 0) == 6, "it goes on");
	is_u64(time_ns(), UINT64_C(12501000000), "and is asked each time");
	until = time_deadline(time_ns() + UINT64_C(3600000000000));
	time_from(NULL);
	late = time_ns() + UINT64_C(3600000000000);
	at = (uint64_t)until.tv_sec * 1000000000 + (uint64_t)until.tv_nsec;
	ok(at <= late && at > late - UINT64_C(60000000000), "a wait of an hour takes one while the clock stands");
	ok(time_ns() >= before && before > 0, "without a file it is the true one");
	close(fd);
}

/* What a file of /proc takes goes by its name, wherever it is in the path. */
static void
test_rights(void)
{
	uint64_t look = rights_of_file("maps");

	ok(look == RIGHTS_LOOK && rights_of_file("7/status") == look && rights_of_file("task") == look,
	   "most files take the rights to look");
	ok(rights_of_file("pagemap") & RIGHT(CAP_SYS_ADMIN) && rights_of_file("7/pagemap") == rights_of_file("pagemap"),
	   "page tables show frames to who opens them with CAP_SYS_ADMIN");
	ok(!(rights_of_file("kpageflags") & ~RIGHT(CAP_DAC_READ_SEARCH)), "files of frames are only read");
	ok(rights_of_file("71/task/72/syscall") & RIGHT(CAP_SYS_PTRACE) && rights_of_file("fdinfo/3") == rights_of_file("fd"),
	   "folders count, and what is below them");
	ok(rights_of_file("meminfo") == look && rights_of_file("memory/mem2") == look &&
	       rights_of_file("mem") != look,
	   "a name is a whole one");
	ok(!rights_are_aside(), "none are set aside unless it is asked for");
}

int
main(void)
{
	tap_start();
	test_rights();
	test_size_text();
	test_size_width();
	test_size_rounds();
	test_count_text();
	test_escape();
	test_unsafe();
	test_cluster();
	test_parse();
	test_path_base();
	test_eighths();
	test_percent();
	test_ago();
	test_buf();
	test_vec();
	test_above();
	test_read_all();
	test_clock();
	return tap_done();
}
