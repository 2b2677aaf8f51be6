/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The bytes of pages in RAM, and of no others; rows of them, and which rows are on screen. */
#include <errno.h>
#include <fcntl.h>

#include "fake.h"
#include "page/state.h"
#include "query/seek.h"
#include "tap.h"
#include "target/bytes.h"
#include "views/hex.h"

#define HERE    UINT64_C(0x8100000000000000) /* present, exclusive */
#define SWAPPED UINT64_C(0x4000000000000020)
#define GUARD   UINT64_C(0x440000000000009f)

/* Pages 16..23 anonymous, 24..25 another region right behind it, 32 a device's, 48 a file's. */
static const char maps[] =
    "10000-18000 rw-p 00000000 00:00 0 [heap]\n"
    "18000-1a000 rw-p 00000000 00:00 0 [anon: next]\n"
    "20000-21000 rw-s 00000000 00:06 3 /dev/dri/card0\n"
    "30000-32000 r--p 00001000 08:01 4 /usr/lib/libx.so\n"
    "40000-41000 r--p 00000000 00:00 0 [vvar]\n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n";

static struct vma_list vmas;

static void
put(int fd, uint64_t at, const void *what, size_t n)
{
	if (pwrite(fd, what, n, (off_t)at) != (ssize_t)n) {
		printf("Bail out! cannot write to a file in memory\n");
		exit(99);
	}
}

/* Its memory ends with what was put last, as a fixture's does. */
static void
make_target(struct target *t)
{
	static const uint64_t words[] = {HERE, HERE, 0, SWAPPED, GUARD, HERE, 0, HERE, HERE, 0};

	fake_target(t);
	fake_root(t)->pm.plain = true;
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		fake_word(fake_root(t)->pm.fd, 0x10 + i, words[i]);
	fake_word(fake_root(t)->pm.fd, 0x20, HERE);
	fake_word(fake_root(t)->pm.fd, 0x30, HERE | UINT64_C(1) << 61);
	fake_word(fake_root(t)->pm.fd, 0x40, HERE);
	fake_end(fake_root(t)->pm.fd, 0x50000);
	fake_root(t)->mem = fake_file();
	put(fake_root(t)->mem, 0x10000, "first page", 10);
	put(fake_root(t)->mem, 0x10ff8, "last\0\0\0\xff", 8);
	put(fake_root(t)->mem, 0x11000, "second page", 11);
	put(fake_root(t)->mem, 0x13000, "what no read may see", 20);
	put(fake_root(t)->mem, 0x17ff0, "\x08\x00\x03\x00\x00\x00\x00\x00\x00\x00\x09\x00\x00\x00\x00\x00", 16);
	put(fake_root(t)->mem, 0x18000, "next", 4);
}

static void
test_class(void)
{
	ok(byte_class(0) == BYTE_ZERO && byte_class(0xff) == BYTE_FF, "00 and ff");
	ok(byte_class(' ') == BYTE_TEXT && byte_class('~') == BYTE_TEXT && byte_class('A') == BYTE_TEXT, "text");
	ok(byte_class(0x1f) == BYTE_REST && byte_class(0x7f) == BYTE_REST && byte_class('\n') == BYTE_REST &&
	       byte_class(0x80) == BYTE_REST && byte_class(1) == BYTE_REST && byte_class(0xfe) == BYTE_REST,
	   "the rest: nothing that a terminal would obey is text");
}

/* Only what the page table calls present is read, whatever its state is called. */
static void
test_kind(void)
{
	struct vma v = {.type = VMA_ANON, .name = ""};
	struct page pg = {.known = PAGE_WORD};

	for (unsigned s = 0; s < STATE_COUNT; s++) {
		pg.state = (uint8_t)s;
		pg.word = 0;
		ok(bytes_kind_of(&v, &pg) != BYTES_READ, state_row((enum state)s)->name);
		pg.word = PM_SWAPPED;
		ok(bytes_kind_of(&v, &pg) != BYTES_READ, "nor when it is called swapped");
	}
	pg.word = PM_PRESENT;
	pg.state = STATE_ANON;
	ok(bytes_kind_of(&v, &pg) == BYTES_READ, "in RAM");
	pg.state = STATE_HWPOISON;
	ok(bytes_kind_of(&v, &pg) == BYTES_NEVER, "broken memory is left alone");
	pg.state = STATE_DEVICE;
	ok(bytes_kind_of(&v, &pg) == BYTES_NEVER, "so are frames without a record");
	v = (struct vma){.type = VMA_KERNEL, .name = "[vdso]"};
	ok(bytes_kind_of(&v, &pg) == BYTES_READ, "but for the vdso");
	v = (struct vma){.type = VMA_DEVICE, .name = "/dev/dri/card0"};
	pg.state = STATE_FILE;
	ok(bytes_kind_of(&v, &pg) == BYTES_NEVER, "a device's memory never");
	v = (struct vma){.type = VMA_ANON, .name = ""};
	pg = (struct page){.word = PM_PRESENT, .state = STATE_ANON};
	ok(bytes_kind_of(&v, &pg) == BYTES_ABSENT, "a word that is not known is not present");
}

static bool
kinds_are(const struct bytes *b, const char *want)
{
	static const char letters[] = {[BYTES_READ] = 'r', [BYTES_ABSENT] = 'a', [BYTES_NEVER] = 'n',
	                               [BYTES_UNMAPPED] = 'u', [BYTES_FAILED] = 'f'};
	char got[32] = "";

	for (size_t i = 0; b && i < b->pages_n && i < sizeof(got) - 1; i++)
		got[i] = letters[b->pages[i].kind];
	if (strcmp(got, want))
		printf("# %s, want %s\n", got, want);
	return !strcmp(got, want);
}

static struct bytes *
must_read(struct target *t, uint64_t start, uint64_t end, const struct bytes *before)
{
	struct err err = {0};
	struct bytes *b = bytes_read(t, &vmas, start, end, before, &err);

	if (!b) {
		printf("Bail out! %s: %s\n", err.what, err.why);
		exit(99);
	}
	return b;
}

static void
test_read(void)
{
	struct target t;
	struct bytes *b;
	uint8_t byte;
	bool secret = false;

	make_target(&t);
	b = must_read(&t, 0xf000, 0x1b000, NULL);
	ok(kinds_are(b, "urraanrarrau"), "each page as its entry says, through two regions and the gaps around");
	ok(bytes_at(b, 0x10000, &byte) && byte == 'f' && bytes_at(b, 0x18003, &byte) && byte == 't',
	   "the bytes are there");
	ok(!bytes_at(b, 0xffff, &byte) && !bytes_at(b, 0x12000, &byte) && !bytes_at(b, 0x13000, &byte) &&
	       !bytes_at(b, 0x1b000, &byte) && !bytes_at(b, 0xefff, &byte),
	   "what was not read is not known");
	for (uint64_t i = 0; i < b->end - b->start; i++)
		secret |= b->data[i] == 'w';
	ok(!secret, "nothing of a page that is not present was read");
	bytes_unref(b);
	b = must_read(&t, 0x10ffc, 0x11002, NULL);
	ok(b->pages_n == 2 && bytes_at(b, 0x10fff, &byte) && byte == 0xff && bytes_at(b, 0x11001, &byte) &&
	       byte == 'e' && !bytes_at(b, 0x11002, &byte),
	   "across a border, to the byte");
	bytes_unref(b);
	b = must_read(&t, 0x20000, 0x20010, NULL);
	ok(kinds_are(b, "n"), "a device's page is present, and is not read");
	bytes_unref(b);
	b = must_read(&t, 0x40000, 0x40010, NULL);
	ok(kinds_are(b, "n"), "nor is [vvar]");
	bytes_unref(b);
	b = must_read(&t, 0x10000, 0x10000, NULL);
	ok(b->pages_n == 0 && !bytes_page(b, 0x10000), "nothing of nothing");
	bytes_unref(b);
	b = must_read(&t, UINT64_MAX - 99, UINT64_MAX, NULL);
	ok(b->pages_n == 1 && kinds_are(b, "u"), "at the end of all addresses");
	bytes_unref(b);
	b = must_read(&t, 0x10000, 0x10000000, NULL);
	is_u64(b->end, 0x10000 + BYTES_MAX, "no more than there is room for");
	bytes_unref(b);
	fake_close(&t);
}

static void
test_changes(void)
{
	struct target t;
	struct bytes *a, *b, *c;

	make_target(&t);
	a = must_read(&t, 0x10000, 0x12000, NULL);
	put(fake_root(&t)->mem, 0x10006, "P", 1);
	fake_word(fake_root(&t)->pm.fd, 0x12, HERE);
	b = must_read(&t, 0x10000, 0x13000, a);
	ok(bytes_changed(b, 0x10006) && !bytes_changed(b, 0x10005) && !bytes_changed(b, 0x10007) &&
	       b->newest_ns == bytes_changed(b, 0x10006),
	   "the byte that is another one");
	ok(!bytes_changed(b, 0x12000), "a page that has come into RAM has not changed");
	ok(!a->newest_ns && !bytes_changed(a, 0x10006), "a first look has nothing to compare with");
	c = must_read(&t, 0x10004, 0x10010, b);
	ok(bytes_changed(c, 0x10006) == bytes_changed(b, 0x10006), "a byte that stays keeps its time");
	bytes_unref(a);
	bytes_unref(b);
	bytes_unref(c);
	fake_close(&t);
}

static void
test_fault(void)
{
	struct target t;
	struct err err = {0};

	make_target(&t);
	ok(bytes_fault(&t, &vmas, 0x10123, &err) == 1, "a page in RAM needs none");
	ok(bytes_fault(&t, &vmas, 0x12345, &err) == 0 && bytes_fault(&t, &vmas, 0x13000, &err) == 0,
	   "a page that is not there, or in swap");
	ok(bytes_fault(&t, &vmas, 0x14000, &err) == -1 && strstr(err.why, "guard") && err.what[0],
	   "a guard page has nothing to bring in");
	ok(bytes_fault(&t, &vmas, 0x20000, &err) == -1 && bytes_fault(&t, &vmas, 0x40000, &err) == -1 &&
	       bytes_fault(&t, &vmas, 0x50000, &err) == -1 && strstr(err.why, "not mapped"),
	   "nor a device's, nor the kernel's, nor a gap");
	fake_close(&t);
}

static void
test_no_right(void)
{
	struct target t;
	struct err err = {0};
	struct bytes *b;

	make_target(&t);
	close(fake_root(&t)->mem);
	fake_root(&t)->mem = -1;
	fake_root(&t)->proc.leader =
	    open("/proc/self/fdinfo", O_RDONLY | O_DIRECTORY | O_CLOEXEC); /* has no "mem" */
	b = must_read(&t, 0x12000, 0x13000, NULL);
	ok(kinds_are(b, "a") && fake_root(&t)->mem == -1, "where nothing is to be read, nothing is opened");
	bytes_unref(b);
	ok(!bytes_read(&t, &vmas, 0x10000, 0x10010, NULL, &err) && err.status == ERR_TARGET && err.sys == ENOENT,
	   "memory that cannot be opened is an error");
	fake_close(&t);
}

static void
test_pointers(void)
{
	struct target t;
	struct bytes *b;
	uint64_t value;
	const struct vma *v;

	make_target(&t);
	b = must_read(&t, 0x17f00, 0x19004, NULL);
	v = bytes_pointer(b, &vmas, 0x17ff0, &value);
	ok(v && v->start == 0x30000 && value == 0x30008, "a word that points into a region");
	ok(!bytes_pointer(b, &vmas, 0x17ff8, &value) && value == 0x90000, "a word that points nowhere");
	ok(!bytes_word(b, 0x18ffc, &value) && !bytes_word(b, 0x18ffd, &value) && !bytes_word(b, 0x19000, &value),
	   "a word that was not read as a whole is none");
	ok(bytes_word(b, 0x17ffc, &value) && value >> 32 == 0x7478656e, "a word across a border");
	ok(!bytes_word(b, UINT64_MAX - 3, &value) && !bytes_word(NULL, 0, &value), "nor where nothing is");
	bytes_unref(b);
	vmas.n--; /* nothing above 4 GiB any more: a 32-bit process */
	t.source->meta.word = vma_pointer_size(&vmas);
	b = must_read(&t, 0x17f00, 0x19004, NULL);
	v = bytes_pointer(b, &vmas, 0x17ff0, &value);
	ok(v && value == 0x30008 && !bytes_pointer(b, &vmas, 0x17ff4, &value) && value == 0,
	   "a pointer of four bytes");
	v = bytes_pointer(b, &vmas, 0x17ff8, &value);
	ok(!v && value == 0x90000 && bytes_word(b, 0x18ffc, &value) &&
	       !bytes_word(b, 0x19001, &value),
	   "as far as four bytes were read");
	bytes_unref(b);
	vmas.n++;
	fake_close(&t);
}

static void
test_why(void)
{
	static const struct {
		struct bytes_page p;
		const char *want;
	} rows[] = {
	    {{.kind = BYTES_READ, .state = STATE_ANON}, ""},
	    {{.kind = BYTES_ABSENT, .state = STATE_NONE}, "not in RAM"},
	    {{.kind = BYTES_ABSENT, .state = STATE_NONE, .file = true}, "not mapped here yet"},
	    {{.kind = BYTES_ABSENT, .state = STATE_SWAPPED}, "swapped out"},
	    {{.kind = BYTES_NEVER, .state = STATE_GUARD}, "guard page: cannot be read"},
	    {{.kind = BYTES_NEVER, .state = STATE_UNREADABLE}, "the kernel lets no one read it"},
	    {{.kind = BYTES_UNMAPPED, .state = STATE_NONE}, "not mapped"},
	    {{.kind = BYTES_FAILED, .sys = EIO}, "the kernel did not read it: Input/output error"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = {0};

		bytes_why(&rows[i].p, &b);
		is_str(b.s ? b.s : "", rows[i].want, rows[i].want[0] ? rows[i].want : "no reason is needed");
		buf_free(&b);
	}
}

static void
test_row(void)
{
	struct target t;
	struct buf row = {0};
	struct bytes *b;

	make_target(&t);
	b = must_read(&t, 0x10000, 0x11005, NULL);
	hex_row(&row, b, 0x10000);
	is_str(row.s, "000000010000  66 69 72 73 74 20 70 61  67 65 00 00 00 00 00 00 first page......", "a row");
	is_u64(row.len, HEX_WIDTH - 1, "without the first blank it takes 79 columns");
	buf_free(&row);
	hex_row(&row, b, 0x10ff0);
	is_str(row.s, "000000010ff0  00 00 00 00 00 00 00 00  6c 61 73 74 00 00 00 ff ........last....",
	       "the last of a page");
	buf_free(&row);
	hex_row(&row, b, 0x11000);
	is_str(row.s, "000000011000  73 65 63 6f 6e                                   secon           ",
	       "what lies outside is blank");
	buf_free(&row);
	bytes_unref(b);
	b = must_read(&t, 0x11ff8, 0x14010, NULL);
	hex_dump(&row, b);
	is_str(row.s,
	       "  000000011ff0                           00 00 00 00 00 00 00 00         "
	       "........\n"
	       "  000000012000..000000013000  not in RAM (not read: the process would fault "
	       "it in)\n"
	       "  000000013000..000000014000  swapped out (not read: the process would fault "
	       "it in)\n"
	       "  000000014000..000000014010  guard page: cannot be read\n",
	       "a dump names what is not there");
	buf_free(&row);
	bytes_unref(b);
	fake_close(&t);
	ok(hex_x(HEX_DIGITS, 0) == 15 && hex_x(HEX_DIGITS, 7) == 36 && hex_x(HEX_DIGITS, 8) == 40 &&
	       hex_x(HEX_DIGITS, 15) == 61 && hex_text_x(HEX_DIGITS, 0) == 64 &&
	       hex_text_x(HEX_DIGITS, 15) == HEX_WIDTH - 1,
	   "the columns of the screen");
	ok(hex_digits(0x7ffffffff000) == 12 && hex_digits(UINT64_C(0xffffffffff601000)) == 16,
	   "addresses of the last page are wider");
}

/* 20 rows of a region of 0x10000..0x12000, and of smaller ones. */
static void
test_show(void)
{
	static const struct {
		uint64_t top, at, start, end, want;
		const char *name;
	} rows[] = {
	    {0x10000, 0x10000, 0x10000, 0x12000, 0x10000, "at the beginning"},
	    {0x10000, 0x1013f, 0x10000, 0x12000, 0x10000, "the last byte on screen"},
	    {0x10000, 0x10140, 0x10000, 0x12000, 0x10010, "one more: a row down"},
	    {0x10100, 0x100ff, 0x10000, 0x12000, 0x100f0, "a row up"},
	    {0x10000, 0x11fff, 0x10000, 0x12000, 0x11ec0, "the end is at the bottom"},
	    {0x11ec0, 0x10000, 0x10000, 0x12000, 0x10000, "and back"},
	    {0, 0x11000, 0x10000, 0x12000, 0x10fa0, "from afar: a third down"},
	    {UINT64_MAX, 0x11000, 0x10000, 0x12000, 0x10fa0, "from above as well"},
	    {0x99999, 0x10005, 0x10000, 0x12000, 0x10000, "never above the region"},
	    {0x10000, 0x100ff, 0x10000, 0x10100, 0x10000, "a region smaller than the screen"},
	    {0, UINT64_C(0xffffffffff600fff), UINT64_C(0xffffffffff600000), UINT64_C(0xffffffffff601000),
	     UINT64_C(0xffffffffff600ec0), "the last page there is"},
	    {0, 0, 0, 0x1000, 0, "the first page there is"},
	    {0, 0xfff, 0, 0x1000, 0xec0, "and its end"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		is_u64(hex_show(rows[i].top, rows[i].at, rows[i].start, rows[i].end, 20), rows[i].want,
		       rows[i].name);
}

static bool
found(struct target *t, const char *what, uint64_t from, bool back, uint64_t want, bool wrapped)
{
	struct seek_found f;
	struct pattern p;
	struct err err;

	return pattern_parse(what, 8, &p, &err) == 0 && seek_bytes(t, &vmas, &p, from, back, &f, &err) == 0 && f.any &&
	       f.at == want && f.wrapped == wrapped;
}

static bool
stop_now(void *arg)
{
	(void)arg;
	return true;
}

static void
test_seek(void)
{
	struct seek_found f;
	struct pattern p;
	struct target t;
	struct err err;

	make_target(&t);
	ok(found(&t, "\"page\"", 0x10000, false, 0x10006, false), "bytes are found forwards");
	ok(found(&t, "\"page\"", 0x10006, false, 0x11007, false), "and the next of them");
	ok(found(&t, "\"page\"", 0x11007, false, 0x10006, true), "and the first again");
	ok(found(&t, "\"page\"", 0x11007, true, 0x10006, false), "backwards");
	ok(found(&t, "\"page\"", 0x10006, true, 0x11007, true), "backwards and round");
	ok(found(&t, "\"first\"", 0x10000, false, 0x10000, true), "the place one is at comes last");
	ok(found(&t, "ff \"second\"", 0x10000, false, 0x10fff, false), "across the border of two pages");
	ok(found(&t, "ff \"second\"", 0x12000, true, 0x10fff, false), "backwards across it");
	ok(found(&t, "\"\\x09\"", 0x10000, false, 0x17ffa, false), "in the last page");
	ok(pattern_parse("\"no read\"", 8, &p, &err) == 0 && seek_bytes(&t, &vmas, &p, 0x10000, false, &f, &err) == 0 &&
	   !f.any, "not in a page that is not in RAM");
	is_u64(f.skipped, 4, "which are counted, each once");
	ok(seek_bytes(&t, &vmas, &p, 0x13800, true, &f, &err) == 0 && !f.any, "from within one");
	is_u64(f.skipped, 4, "and each once there");
	ok(pattern_parse("00 \"next\"", 8, &p, &err) == 0 && seek_bytes(&t, &vmas, &p, 0x17000, false, &f, &err) == 0 &&
	   !f.any, "not across the border of the region");
	ok(seek_bytes(&t, &vmas, &p, 0x50000, false, &f, &err) < 0 && err.what[0], "nor where nothing is mapped");
	t.source->stop = stop_now;
	pattern_parse("\"page\"", 8, &p, &err);
	ok(seek_bytes(&t, &vmas, &p, 0x10000, false, &f, &err) == 1 && !f.any, "a search that is stopped says so");
	fake_close(&t);
}

int
main(void)
{
	size_t odd;

	tap_start();
	vma_parse(&vmas, mem_strdup(maps), &odd);
	test_class();
	test_kind();
	test_read();
	test_changes();
	test_fault();
	test_no_right();
	test_pointers();
	test_seek();
	test_why();
	test_row();
	test_show();
	vma_free(&vmas);
	return tap_done();
}
