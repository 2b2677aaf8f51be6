/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake.h"
#include "query/answer.h"
#include "query/query.h"
#include "tap.h"

static const char maps[] =
    "400000-401000 r--p 00000000 08:01 10 /usr/bin/my file\n"
    "55d1c0a00000-55d1c2a00000 rw-p 00000000 00:00 0 [heap]\n"
    "7f1a00000000-7f1a00010000 rw-p 00000000 00:00 0 [anon: Java heap]\n"
    "7f1a00020000-7f1a00030000 rw-p 00000000 00:00 0 \n"
    "7f1a10000000-7f1a10001000 r--p 00000000 08:01 30 /opt/one/data.bin\n"
    "7f1a10002000-7f1a10003000 r--p 00000000 08:01 31 /opt/two/data.bin\n"
    "7f1a20000000-7f1a20100000 r--p 00000000 08:01 40 /usr/lib/libstdc++.so.6\n"
    "7f1a30000000-7f1a30001000 rw-s 00001000 00:01 50 /memfd:ring (deleted)\n"
    "7f1a40000000-7f1a40001000 r--p 00000000 08:01 60 /usr/lib/libm-2.36.so\n"
    "7f1a50000000-7f1a50001000 rw-p 00000000 00:00 0 [anon: a+b..c]\n"
    "7f1a80926000-7f1a80a00000 r-xp 00026000 fe:01 1318 /usr/lib/libc.so.6\n"
    "7f1a80a00000-7f1a80b00000 rw-p 00100000 fe:01 1318 /usr/lib/libc.so.6\n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n"
    "7ffc00100000-7ffc00102000 r-xp 00000000 00:00 0 [vdso]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";

static struct vma_list vmas;

static void
test_addresses(void)
{
	static const struct {
		const char *text;
		uint64_t addr;
		const char *in; /* the region's name, NULL none */
	} rows[] = {
	    {"7f1a80926234", 0x7f1a80926234, "/usr/lib/libc.so.6"},
	    {"0x7f1a80926234", 0x7f1a80926234, "/usr/lib/libc.so.6"},
	    {"0X7F1A80926234", 0x7f1a80926234, "/usr/lib/libc.so.6"},
	    {"  7f1a80926234  ", 0x7f1a80926234, "/usr/lib/libc.so.6"},
	    {"\t1000\t", 0x1000, NULL},
	    {"0", 0, NULL},
	    {"libc.so.6@26234", 0x7f1a80926234, "/usr/lib/libc.so.6"},
	    {"libc.so.6@0x100010", 0x7f1a80a00010, "/usr/lib/libc.so.6"},
	    {"libc.so.6@1024k", 0x7f1a80a00000, "/usr/lib/libc.so.6"},
	    {"libc.so.6@26234+0x10", 0x7f1a80926244, "/usr/lib/libc.so.6"},
	    {"\"my file\"@10", 0x400010, "/usr/bin/my file"},
	    {"0000000000400000", 0x400000, "/usr/bin/my file"},
	    {"ffffffffffffffff", UINT64_MAX, NULL},
	    {"ffffffffff600000", 0xffffffffff600000, "[vsyscall]"},
	    {"ffffffffff600fff", 0xffffffffff600fff, "[vsyscall]"},
	    {"400000+0x10", 0x400010, "/usr/bin/my file"},
	    {"400000+10", 0x400010, "/usr/bin/my file"},
	    {"heap", 0x55d1c0a00000, "[heap]"},
	    {"heap+0x10", 0x55d1c0a00010, "[heap]"},
	    {"[heap]", 0x55d1c0a00000, "[heap]"},
	    {"[heap]+10", 0x55d1c0a00010, "[heap]"},
	    {"\"heap\"+10", 0x55d1c0a00010, "[heap]"},
	    {"hea", 0x55d1c0a00000, "[heap]"},
	    {"stack+0x100", 0x7ffc00000100, "[stack]"},
	    {"vdso", 0x7ffc00100000, "[vdso]"},
	    {"[vdso]", 0x7ffc00100000, "[vdso]"},
	    {"vsyscall", 0xffffffffff600000, "[vsyscall]"},
	    {"libc.so.6", 0x7f1a80926000, "/usr/lib/libc.so.6"},
	    /* an offset counts from the file's first byte, mapped or not, as a debugger counts */
	    {"libc.so.6+0x26000", 0x7f1a80926000, "/usr/lib/libc.so.6"},
	    {"libc+0x26234", 0x7f1a80926234, "/usr/lib/libc.so.6"},
	    {"libc.so.6+100010", 0x7f1a80a00010, "/usr/lib/libc.so.6"},
	    {"/usr/lib/libc.so.6+26000", 0x7f1a80926000, "/usr/lib/libc.so.6"},
	    {"\"my file\"+10", 0x400010, "/usr/bin/my file"},
	    {"\"/usr/bin/my file\"", 0x400000, "/usr/bin/my file"},
	    {"[anon: Java heap]+0x20", 0x7f1a00000020, "[anon: Java heap]"},
	    {"\"anon: Java heap\"+0x20", 0x7f1a00000020, "[anon: Java heap]"},
	    {"[anon: a+b..c]+1", 0x7f1a50000001, "[anon: a+b..c]"},
	    {"memfd:ring", 0x7f1a30000000, "/memfd:ring (deleted)"},
	    {"memfd:ring+1010", 0x7f1a30000010, "/memfd:ring (deleted)"},
	    {"\"memfd:ring\"+1010", 0x7f1a30000010, "/memfd:ring (deleted)"},
	    {"libm-2.36.so+10", 0x7f1a40000010, "/usr/lib/libm-2.36.so"},
	    {"/opt/one/data.bin", 0x7f1a10000000, "/opt/one/data.bin"},
	    /* a name that pmtop itself completes must be understood */
	    {"libstdc++.so.6", 0x7f1a20000000, "/usr/lib/libstdc++.so.6"},
	    {"libstdc++.so.6+0x1234", 0x7f1a20001234, "/usr/lib/libstdc++.so.6"},
	    {"\"libstdc++.so.6\"+0x1234", 0x7f1a20001234, "/usr/lib/libstdc++.so.6"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err;
		uint64_t addr = 0;
		const struct vma *v = NULL;
		bool right = query_parse(rows[i].text, 4096, &q, &err) == 0 && q.kind == QUERY_ADDR &&
		             query_resolve(&q.from, &vmas, &addr, &v, &err) == 0 && addr == rows[i].addr &&
		             (v ? rows[i].in && !strcmp(v->name, rows[i].in) : !rows[i].in);

		if (!ok(right, rows[i].text))
			printf("# got %#" PRIx64 "\n", addr);
	}
}

static void
test_ranges(void)
{
	static const struct {
		const char *text;
		uint64_t start, end;
	} rows[] = {
	    {"heap", 0x55d1c0a00000, 0x55d1c2a00000},
	    {"[vsyscall]", 0xffffffffff600000, 0xffffffffff601000},
	    {"libc.so.6", 0x7f1a80926000, 0x7f1a80b00000}, /* all its segments */
	    {"vma:libc.so.6", 0x7f1a80926000, 0x7f1a80a00000}, /* the first of its regions */
	    {"heap+0x1010", 0x55d1c0a01000, 0x55d1c0a02000},
	    {"heap+0", 0x55d1c0a00000, 0x55d1c0a01000},
	    {"1234", 0x1000, 0x2000},
	    {"0", 0, 0x1000},
	    {"fffffffffffff123", 0, 0}, /* the last page of all has no end: an error */
	    {"heap..heap+0x4000", 0x55d1c0a00000, 0x55d1c0a04000},
	    {"heap .. heap+0x4000", 0x55d1c0a00000, 0x55d1c0a04000},
	    {"heap .. 0x55d1c0a00000+0x4000", 0x55d1c0a00000, 0x55d1c0a04000},
	    {"heap..stack", 0x55d1c0a00000, 0x7ffc00000000},
	    {"1001..1fff", 0x1000, 0x2000},
	    {"1fff..2001", 0x1000, 0x3000},
	    {"1000..2000", 0x1000, 0x2000},
	    {"1000-2000", 0x1000, 0x2000},
	    {"0x1000-0x2000", 0x1000, 0x2000},
	    {" 55d1c0a00000-55d1c2a00000", 0x55d1c0a00000, 0x55d1c2a00000},
	    {"55d1c0a00000-55d1c2a00000 ", 0x55d1c0a00000, 0x55d1c2a00000},
	    {"ffffffffff600000-ffffffffff601000", 0xffffffffff600000, 0xffffffffff601000},
	    {"heap..+0x4000", 0x55d1c0a00000, 0x55d1c0a04000},
	    {"heap..+4000", 0x55d1c0a00000, 0x55d1c0a04000},
	    {"heap..+16k", 0x55d1c0a00000, 0x55d1c0a04000},
	    {"heap..+16K", 0x55d1c0a00000, 0x55d1c0a04000},
	    {"heap.. +2m", 0x55d1c0a00000, 0x55d1c0c00000},
	    {"heap..+1g", 0x55d1c0a00000, 0x55d200a00000},
	    {"heap..+12p", 0x55d1c0a00000, 0x55d1c0a0c000},
	    {"heap+2p", 0x55d1c0a02000, 0x55d1c0a03000},
	    {"heap+8k..+1p", 0x55d1c0a02000, 0x55d1c0a03000},
	    {"heap..+1", 0x55d1c0a00000, 0x55d1c0a01000},
	    {"heap+0xfff..+2", 0x55d1c0a00000, 0x55d1c0a02000},
	    {"1000..+ffffffffffffffff", 0x1000, 0xfffffffffffff000}, /* to the end of all */
	    {"\"my file\"..+1p", 0x400000, 0x401000},
	    {"[anon: a+b..c]..+1p", 0x7f1a50000000, 0x7f1a50001000},
	    {"1000..+1t", 0x1000, 0x10000001000},
	    {"libc.so.6@26000..+1p", 0x7f1a80926000, 0x7f1a80927000},
	    /* lines of maps, pmap and pmap -x, as they are pasted */
	    {"7f1a80926000-7f1a80a00000 r-xp 00026000 fe:01 1318                       /usr/lib/libc.so.6",
	     0x7f1a80926000, 0x7f1a80a00000},
	    {"7f1a80926000-7f1a80a00000 rw-s 00026000 fe:01 1318 ", 0x7f1a80926000, 0x7f1a80a00000},
	    {"7f1a80926000-7f1a80a00000 libc", 0, 0},
	    {"00007f1a80926000    872K r-x-- libc.so.6", 0x7f1a80926000, 0x7f1a80a00000},
	    {"00007f1a80926000     872     800       0 r-x-- libc.so.6", 0x7f1a80926000, 0x7f1a80a00000},
	    {"00007f1a80926000     872     800       0 rw-s-   [ anon ]", 0x7f1a80926000, 0x7f1a80a00000},
	    {"00007f1a80926000      0K r-x-- libc.so.6", 0, 0},
	    {"00007f1a80926000    872K libc.so.6", 0, 0},
	    {"00007f1a80926000    99999999999999999K r-x-- libc.so.6", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err;
		uint64_t start = 0, end = 0;
		bool got = query_parse(rows[i].text, 4096, &q, &err) == 0 &&
		           query_range(&q, &vmas, 4096, &start, &end, &err) == 0;

		if (!ok(rows[i].end ? got && start == rows[i].start && end == rows[i].end : !got, rows[i].text))
			printf("# got %#" PRIx64 "..%#" PRIx64 "\n", start, end);
	}
}

/* Registers, which take the process, and names of symbols: as they are read. */
static void
test_live_places(void)
{
	struct query q;
	struct err err;

	ok(query_parse("$sp", 4096, &q, &err) == 0 && q.kind == QUERY_ADDR && !strcmp(q.from.reg, "sp") &&
	       !q.from.tid && !q.from.addr,
	   "$sp: of the main thread");
	ok(query_parse("hex $pc@123+8..+10", 4096, &q, &err) == 0 && !strcmp(q.from.reg, "pc") &&
	       q.from.tid == 123 && q.from.addr == 8 && q.to.addr == 16,
	   "$pc of a thread, with an offset");
	ok(query_parse("$rip..$rsp@7", 4096, &q, &err) == 0 && !strcmp(q.from.reg, "pc") &&
	       !strcmp(q.to.reg, "sp") && q.to.tid == 7,
	   "other names of them, in a range");
	ok(query_parse("f(int, char (*)(...))+8..+16", 4096, &q, &err) == 0 &&
	       !strcmp(q.from.name, "f(int, char (*)(...))") && q.from.addr == 8,
	   "parentheses hold a name together");
	ok(query_parse("one::operator+(int)", 4096, &q, &err) == 0 && !strcmp(q.from.name, "one::operator+(int)"),
	   "an operator is no offset");
	ok(query_parse("swap:/dev/a+b+1a2b", 4096, &q, &err) == 0 && q.kind == QUERY_SWAP &&
	       !strcmp(q.device, "/dev/a+b") && q.swap_offset == 0x1a2b,
	   "a swap device, and a page of it");
}

static void
test_frames(void)
{
	static const struct {
		const char *text;
		size_t page_size;
		uint64_t pfn, in;
	} rows[] = {
	    {"pfn:1a422b", 4096, 0x1a422b, 0},
	    {"PFN:0x1A422B", 4096, 0x1a422b, 0},
	    {"phys:1a422b010", 4096, 0x1a422b, 0x10},
	    {"phys:1a422b010", 65536, 0x1a422, 0xb010},
	    {" phys:0x1fff ", 4096, 1, 0xfff},
	    {"pfn:7fffffffffffff", 4096, 0x7fffffffffffff, 0},
	};
	static const char *const none[] = {"pfn:0", "phys:0xfff", "pfn:80000000000000"};
	struct err refused;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err;
		uint64_t a, b;

		ok(query_parse(rows[i].text, rows[i].page_size, &q, &err) == 0 &&
		       q.kind == (strstr(rows[i].text, "phys") ? QUERY_PHYS : QUERY_FRAME) &&
		       q.pfn == rows[i].pfn && q.in_frame == rows[i].in,
		   rows[i].text);
		ok(query_range(&q, &vmas, 4096, &a, &b, &err) == -1 && err.status == ERR_USAGE,
		   "a frame is no range");
	}
	for (size_t i = 0; i < ARRAY_LEN(none); i++) {
		struct query q;

		ok(query_parse(none[i], 4096, &q, &refused) == -1 &&
		       refused.column == (int)strcspn(none[i], ":") + 2,
		   none[i]);
	}
}

static void
test_pages(void)
{
	static const struct {
		const char *text, *pages;
		bool in, range;
		enum query_by by;
	} rows[] = {
	    {"count anon", "anon", false, false, QUERY_BY_NOTHING},
	    {"count anon & !thp by vma", "anon & !thp", false, false, QUERY_BY_VMA},
	    {"count anon by state in heap", "anon", true, false, QUERY_BY_STATE},
	    {"COUNT (anon|file)in heap..+4k by memcg", "(anon|file)", true, true, QUERY_BY_MEMCG},
	    {"count name~by & present by  mapcount ", "name~by & present", false, false, QUERY_BY_MAPCOUNT},
	    {"count name=in in 1000-2000", "name=in", true, true, QUERY_BY_NOTHING},
	    {"find swapped", "swapped", false, false, QUERY_BY_NOTHING},
	    {"find mapcount>1 in libc.so.6+0x1000", "mapcount>1", true, false, QUERY_BY_NOTHING},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err;
		uint64_t a, b;

		ok(query_parse(rows[i].text, 4096, &q, &err) == 0 &&
		       q.kind == (rows[i].text[0] == 'f' ? QUERY_FIND : QUERY_COUNT) &&
		       !strcmp(q.text, rows[i].pages) && q.in == rows[i].in && q.is_range == rows[i].range &&
		       q.by == rows[i].by,
		   rows[i].text);
		ok(query_range(&q, &vmas, 4096, &a, &b, &err) == -1 && err.status == ERR_USAGE,
		   "what counts pages is no range");
	}
}

static void
test_search(void)
{
	struct query q;
	struct err err;

	ok(query_parse("bytes \"a in b\" 00", 4096, &q, &err) == 0 && q.kind == QUERY_SEARCH && !q.in &&
	       !strcmp(q.text, "\"a in b\" 00"), "bytes of the whole process");
	ok(query_parse("find bytes u32 7 in heap", 4096, &q, &err) == 0 && q.kind == QUERY_SEARCH && q.in &&
	       !strcmp(q.text, "u32 7") && !strcmp(q.from.name, "heap"), "find bytes, in a region");
}

static void
test_clear(void)
{
	static const struct {
		const char *text;
		bool clear;
	} rows[] = {
	    {"clear", true}, {"CLEAR", true}, {" clear", true}, {"clear ", true}, {"clearly", false},
	    {"\"clear\"", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err;

		ok((query_parse(rows[i].text, 4096, &q, &err) == 0 && q.kind == QUERY_CLEAR) == rows[i].clear,
		   rows[i].text);
	}
}

static void
test_migrate(void)
{
	static const struct {
		const char *text;
		uint64_t bits, ms;
	} rows[] = {
	    {"migrate 10g", UINT64_C(10000000000), 300}, {"MIGRATE 10G", UINT64_C(10000000000), 300},
	    {"migrate 2.5g 50ms", UINT64_C(2500000000), 50}, {" migrate  100m  1.5s ", 100000000, 1500},
	    {"migrate 64k 0ms", 64000, 0}, {"migrate 1", 1, 300}, {"migrate 1.t", UINT64_C(1000000000000), 300},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err;

		ok(query_parse(rows[i].text, 4096, &q, &err) == 0 && q.kind == QUERY_MIGRATE && q.link.bits == rows[i].bits &&
		       q.link.downtime_ns == rows[i].ms * 1000000,
		   rows[i].text);
	}
}

/* Errors of the text itself: where, and something to go on with. */
static void
test_bad_text(void)
{
	static const struct {
		const char *text;
		int column;
	} rows[] = {
	    {"", 1},
	    {"   ", 4},
	    {"+0x10", 1},
	    {"..", 1},
	    {"heap+", 6},
	    {"heap+zz", 6},
	    {"$rax", 1},
	    {"$", 1},
	    {"$sp@", 5},
	    {"$sp@x", 5},
	    {"$sp@0", 5},
	    {"$sp@99999999999", 5},
	    {"$sp+zz", 5},
	    {"swap:", 6},
	    {"swap:0", 6},
	    {"swap:+1", 6},
	    {"swap:0+zz", 6},
	    {"f(int, char", 8},
	    {"heap+0x", 6},
	    {"heap..", 7},
	    {"heap.. ", 8},
	    {"heap..+", 8},
	    {"heap..+0", 8},
	    {"heap..+0k", 8},
	    {"heap..+k", 8},
	    {"heap..+xk", 8},
	    {"heap..+12q", 8},
	    {"heap..+18014398509481984k", 8},
	    {"heap..+99999999999999999999p", 8},
	    {"heap..heap+zz", 12},
	    {"heap stack", 6},
	    {"heap + 10", 6},
	    {"my file", 4},
	    {"1000 2000", 6},
	    {"1000..2000 3000", 12},
	    {"1000..2000..3000", 11},
	    {"[heap", 1},
	    {"\"heap", 1},
	    {"\"\"", 1},
	    {"pfn:", 5},
	    {"pfn:xyz", 5},
	    {"pfn:10000000000000000", 5},
	    {"phys:", 6},
	    {"pfn:1 2", 7},
	    {"clear 4", 7},
	    {"migrate", 8},
	    {"migrate ", 9},
	    {"migrate fast", 9},
	    {"migrate 0g", 9},
	    {"migrate 10gb/s", 9},
	    {"migrate 99999999999t", 9},
	    {"migrate 10g soon", 13},
	    {"migrate 10g 5", 13},
	    {"migrate 10g 5ms 6", 17},
	    {"count", 6},
	    {"count ", 7},
	    {"count by vma", 7},
	    {"count anno", 7},
	    {"count anon by", 14},
	    {"count anon by vmaa", 15},
	    {"count anon in", 14},
	    {"count anon in heap by", 22},
	    {"count anon by vma by type", 19},
	    {"count anon, file", 11},
	    {"count (anon", 7},
	    {"count anon)", 11},
	    {"find anon by vma", 11},
	    {"find", 5},
	    {"bytes", 6},
	    {"bytes in heap", 7},
	    {"bytes zz", 7},
	    {"bytes 00 in", 12},
	    {"bytes 00 by vma", 11},
	    {"ffffffffffffffff+1", 1},
	    {"1000+fffffffffffff000", 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err = {0};
		bool refused = query_parse(rows[i].text, 4096, &q, &err) == -1;
		char name[64];

		snprintf(name, sizeof(name), "refused: \"%s\"", rows[i].text);
		if (!ok(refused && err.status == ERR_USAGE && err.column == rows[i].column && err.what[0] &&
		            err.why[0] && err.how[0],
		        name))
			printf("# %s, column %d, want %d\n", refused ? "refused" : "taken", err.column, rows[i].column);
	}
}

/* Errors that only the regions show. */
static void
test_bad_names(void)
{
	static const struct {
		const char *text;
		int column;
		const char *how; /* part of it */
	} rows[] = {
	    {"haep", 1, "did you mean heap?"},
	    {"stakc+10", 1, "did you mean stack?"},
	    {"libc.so.7", 1, "did you mean libc.so.6?"},
	    {"1000..stak", 7, "did you mean stack?"},
	    {"qqqqqqqq", 1, "--list"},
	    {"[nosuch]", 1, ""},
	    {"10000000000000000", 1, ""}, /* no address: too big */
	    {"data.bin", 1, "/opt/one/data.bin or /opt/two/data.bin"},
	    {"lib", 1, "/usr/lib/libstdc++.so.6"},
	    {"[]", 1, ""},
	    {"heap@10", 1, "NAME+OFFSET"}, /* no file */
	    {"libc.so.6@ffffffff", 1, "--list"},
	    {"libc.so.6@25000", 1, "--list"},
	    {"libc.so.6@zz", 1, ""}, /* a name */
	    {"libc+0x1234", 1, "--list"}, /* that offset of the file is not mapped */
	    {"heap+ffffffffffffffff", 1, ""}, /* past the end of any address space */
	    {"1000..heap+ffffffffffffffff", 7, ""},
	    {"2000..1000", 7, ""},
	    {"2000-1000", 6, ""},
	    {"  2000-1000", 8, ""},
	    {"1000..1000", 7, ""},
	    {"stack..heap", 8, ""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err = {0};
		uint64_t start, end;
		bool parsed = query_parse(rows[i].text, 4096, &q, &err) == 0;
		bool refused = !parsed || query_range(&q, &vmas, 4096, &start, &end, &err) == -1;
		char name[64];

		snprintf(name, sizeof(name), "refused: \"%s\"", rows[i].text);
		if (!ok(refused && err.status == ERR_USAGE && err.column == rows[i].column &&
		            strstr(err.how, rows[i].how),
		        name))
			printf("# %s, column %d, want %d; how: %s\n", refused ? "refused" : "taken", err.column,
			       rows[i].column, refused ? err.how : "");
	}
}

static void
test_forms(void)
{
	size_t n;
	const struct query_form *f = query_forms(&n);

	for (size_t i = 0; i < n; i++) {
		struct query q;
		struct err err;

		ok(query_parse(f[i].example, 4096, &q, &err) == 0 && f[i].form[0] && f[i].help[0] &&
		       !strncmp(f[i].example, f[i].word, strlen(f[i].word)),
		   f[i].example);
	}
}

/* What the prompt offers for completion, it understands. */
static void
test_names_back(void)
{
	for (size_t i = 0; i < vmas.n; i++) {
		struct query_place at = {.column = 1};
		struct err err;
		uint64_t addr = 0;
		const struct vma *v = NULL;

		if (!query_name_of(&vmas.v[i], at.name, sizeof(at.name))) {
			ok(!vmas.v[i].name[0] || strpbrk(vmas.v[i].name, " +"),
			   "what has no name, or only in quotes, is not offered");
			continue;
		}
		if (strcmp(at.name, "data.bin") && vmas.v[i].start != 0x7f1a80a00000)
			ok(query_resolve(&at, &vmas, &addr, &v, &err) == 0 && v == &vmas.v[i], at.name);
	}
	char tiny[4];
	ok(!query_name_of(&vmas.v[1], tiny, sizeof(tiny)), "a name that does not fit is none");
}

static void
test_long(void)
{
	static char text[6000];
	struct query q;
	struct err err;
	uint64_t start, end;

	for (size_t n = 100; n < sizeof(text); n += 700) {
		memset(text, 'x', n);
		text[n] = '\0';
		ok(query_parse(text, 4096, &q, &err) == -1 ||
		       query_range(&q, &vmas, 4096, &start, &end, &err) == -1,
		   "a long word is no name here");
		memset(text, 'f', n);
		ok(query_parse(text, 4096, &q, &err) == -1 ||
		       query_range(&q, &vmas, 4096, &start, &end, &err) == -1,
		   "nor is a long number an address");
	}
}

static void
test_bytes(void)
{
	static const struct {
		const char *text;
		uint64_t start, end; /* 0, 0: refused */
	} rows[] = {
	    {"hex 55d1c0a00010", 0x55d1c0a00010, 0x55d1c0a00110},
	    {"hex heap", 0x55d1c0a00000, 0x55d1c0a00100},
	    {" HEX  heap+0x10 ", 0x55d1c0a00010, 0x55d1c0a00110},
	    {"hex heap+1fffff8", 0x55d1c29ffff8, 0x55d1c2a00000}, /* no further than the region */
	    {"hex heap+3..heap+5", 0x55d1c0a00003, 0x55d1c0a00005},
	    {"hex heap .. +0x20", 0x55d1c0a00000, 0x55d1c0a00020},
	    {"hex heap..+1p", 0x55d1c0a00000, 0x55d1c0a01000},
	    {"hex 1000-1010", 0x1000, 0x1010},
	    {"hex 10", 0x10, 0x110}, /* nothing is mapped there: that is an answer */
	    {"hex ffffffffffffff80", 0xffffffffffffff80, UINT64_MAX},
	    {"hex ffffffffffffffff", 0, 0},
	    {"hex", 0, 0},
	    {"hex heap..heap", 0, 0},
	    {"hex heap+5..heap+3", 0, 0},
	    {"hex pfn:1", 0, 0},
	    {"hexheap", 0, 0},
	    {"hex heap yes", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err = {0};
		uint64_t start = 0, end = 0;
		int r = query_parse(rows[i].text, 4096, &q, &err);

		if (r == 0)
			r = q.kind == QUERY_BYTES ? query_bytes(&q, &vmas, &start, &end, &err)
			                          : query_resolve(&q.from, &vmas, &start, &(const struct vma *){0}, &err);
		if (rows[i].end)
			ok(r == 0 && start == rows[i].start && end == rows[i].end, rows[i].text);
		else
			ok(r < 0 && err.status == ERR_USAGE && err.why[0], rows[i].text);
	}
}

/* --- names that look like something else ------------------------------------------------------ */

static const char odd_maps[] =
    "400000-401000 r--p 00000000 08:01 9 /opt/400000\n"
    "500000-501000 r--p 00000000 08:01 10 /opt/bash\n"
    "502000-504000 r--p 00000000 08:01 11 /opt/data\n"
    "510000-512000 r--p 00000000 08:01 12 /opt/cafe\n"
    "520000-522000 r--p 00000000 08:01 13 /opt/add-bad\n"
    "530000-532000 r--p 00000000 08:01 14 /opt/a+1\n"
    "540000-542000 r--p 00000000 08:01 15 /opt/a\n"
    "550000-552000 r--p 00000000 08:01 16 /opt/deadbeef\n"
    "560000-562000 r--p 00000000 08:01 17 /opt/my \"big\" file\n"
    "570000-572000 r--p 00000000 08:01 18 /opt/tab\tbell\a\n"
    "580000-582000 r--p 00000000 08:01 19 /opt/[odd]..name\n"
    "590000-592000 r--p 00000000 08:01 20 /opt/pfn:12\n"
    "5a0000-5a2000 r--p 00000000 08:01 21 /opt/hex\n"
    "5b0000-5b2000 r--p 00000000 08:01 22 /one/twice.db\n"
    "5c0000-5c2000 r--p 00000000 08:01 23 /two/twice.db\n"
    "5c4000-5c6000 r--p 00000000 08:01 27 /opt/a..b\n"
    "5d0000-5d2000 r--p 00001000 08:01 24 /opt/gone (deleted)\n"
    "5e0000-5e2000 rw-p 00000000 00:00 0 \n"
    "5f0000-5f1000 rw-p 00000000 00:00 0 [anon:x]\n"
    "5f1000-5f2000 r--p 00000000 00:00 0 [anon:x]\n"
    "5f3000-5f4000 rw-p 00000000 00:00 0 [anon:x]\n"
    "600000-602000 r--p 00000000 08:01 25 /opt/both.bin\n"
    "602000-604000 r--p 00000000 08:01 25 /opt/both.bin\n"
    "610000-620000 r--p 00000000 08:01 26 /lib/libx.so\n" /* read as data, before it is loaded */
    "630000-632000 r--p 00000000 08:01 26 /lib/libx.so\n"
    "632000-636000 r-xp 00002000 08:01 26 /lib/libx.so\n"
    "636000-638000 ---p 00006000 08:01 26 /lib/libx.so\n"
    "639000-63a000 r--p 00007000 08:01 26 /lib/libx.so\n" /* its segment is shifted by two pages */
    "63a000-63b000 rw-p 00008000 08:01 26 /lib/libx.so\n"
    "63b000-63c000 rw-p 00000000 00:00 0 \n"
    "700000-701000 rw-p 00000000 00:00 0 [stack:12 worker]\n"
    "710000-711000 r--p 00000000 08:01 27 /opt/0123456789abcdef0123456789abcdef\n"
    "720000-721000 r--p 00000000 08:01 28 /opt/'a\n"
    "730000-731000 r--p 00000000 08:01 29 /opt/\xc3\xa4rger\xff\n"
    "740000-741000 rw-s 00000000 00:0e 1 anon_inode:[perf_event]\n" /* of one name, but two */
    "750000-751000 rw-s 00000000 00:0e 1 anon_inode:[perf_event]\n"
    "760000-761000 ---p 00000000 00:00 0 \n"
    "770000-771000 r--p 00000000 08:01 30 /opt/is: a .. b+1 \"c\" d\n"
    "780000-781000 r--p 00000000 08:01 30 /opt/is: a .. b+1 \"c\" d\n";

static void
test_hex_names(void)
{
	static const struct {
		const char *text;
		uint64_t addr;   /* 0: refused, */
		const char *how; /* with this in it */
	} rows[] = {
	    {"bash", 0x500000, NULL},
	    {"bash+10", 0x500010, NULL},
	    {"data", 0x502000, NULL},
	    {"data+0x1da", 0x5021da, NULL},
	    {"cafe", 0, "\"cafe\""},
	    {"CAFE", 0xcafe, NULL},
	    {"\"cafe\"", 0x510000, NULL},
	    {"0xcafe", 0xcafe, NULL},
	    {"00cafe", 0xcafe, NULL},
	    {"cafe+10", 0, "0x"},
	    {"caf", 0xcaf, NULL},
	    {"deadbeef", 0xdeadbeef, NULL},
	    {"\"deadbeef\"", 0x550000, NULL},
	    {"a+1", 0, "\"a\""},
	    {"a", 0, "\"a\""},
	    {"\"a\"+1", 0x540001, NULL},
	    {"\"a+1\"", 0x530000, NULL},
	    {"0123456789abcdef0123456789abcdef", 0x710000, NULL},
	    {"0x0123456789abcdef0123456789abcdef", 0, "check"},
	    {"libx.so", 0x630000, NULL},
	    {"libx.so+2010", 0x632010, NULL},
	    {"libx.so+9010", 0x639010, NULL},
	    {"both.bin+2000", 0, "--list"}, /* that would be its second mapping's first byte */
	    {"\"a..b\"+8", 0x5c4008, NULL},
	    {"\"my \\042big\\042 file\"+8", 0x560008, NULL},
	};
	struct vma_list list;
	size_t odd;

	vma_parse(&list, mem_strdup(odd_maps), &odd);
	ok(odd == 0, "the odd names are all regions");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err = {0};
		uint64_t addr = 0;
		const struct vma *v;
		bool got = query_parse(rows[i].text, 4096, &q, &err) == 0 && q.kind == QUERY_ADDR &&
		           query_resolve(&q.from, &list, &addr, &v, &err) == 0;

		if (!ok(rows[i].addr ? got && addr == rows[i].addr
		                     : !got && err.status == ERR_USAGE && err.column == 1 &&
		                           strstr(err.how, rows[i].how),
		        rows[i].text))
			printf("# got %#" PRIx64 ", how: %s\n", addr, err.how);
	}
	static const char *const ranges[] = {"add-bad", "cafe..+1p", "1000..cafe", "vma:cafe",
	                                     "hex a+1", "a..b", "hex a..b"};
	for (size_t i = 0; i < ARRAY_LEN(ranges); i++) {
		struct query q;
		struct err err = {0};
		uint64_t lo, hi;

		ok(query_parse(ranges[i], 4096, &q, &err) == 0 &&
		       (q.kind == QUERY_BYTES ? query_bytes(&q, &list, &lo, &hi, &err)
		                              : query_range(&q, &list, 4096, &lo, &hi, &err)) < 0 &&
		       err.status == ERR_USAGE && strstr(err.what, "ambiguous"), ranges[i]);
	}
	vma_free(&list);
}

/*
 * NAME START+OFFSET, as an answer writes a place that no name resolves to; it needs the right name.
 */
static void
name_leads_back(const struct vma_list *list, const struct vma *v, uint64_t addr)
{
	static const char *const others[] = {"/no such", "[anonymou", "perf"};
	struct buf text = {0}, other = {0};
	struct query q;
	struct err err;
	uint64_t at = 0;
	const struct vma *in;

	answer_place(&text, list, v, addr);
	ok(query_parse(strchr(text.s, ' ') + 1, 4096, &q, &err) == 0 &&
	       query_resolve(&q.from, list, &at, &in, &err) == 0 && at == addr && in == v, text.s);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		buf_fmt(&other, "%s 0x%llx+0", others[i], (unsigned long long)addr);
		ok(query_parse(other.s, 4096, &q, &err) == 0 &&
		       query_resolve(&q.from, list, &at, &in, &err) < 0 &&
		       err.status == ERR_USAGE && strstr(err.what, others[i]), other.s);
		buf_free(&other);
	}
	buf_free(&text);
}

static void
leads_back(const struct vma_list *list, const struct vma *v, uint64_t addr, bool whole, bool ascii)
{
	struct buf text = {0};
	struct query q;
	struct err err;
	uint64_t at = 0;
	const struct vma *in = NULL;
	bool named = query_place_text(list, v, addr, whole, ascii, &text);

	if (!ok(query_parse(text.s, 4096, &q, &err) == 0 && q.kind == QUERY_ADDR &&
	            query_resolve(&q.from, list, &at, &in, &err) == 0 && at == addr && in == v &&
	            named == (q.from.name[0] != 0), text.s))
		printf("# %" PRIx64 " came back as %" PRIx64 "\n", addr, at);
	for (const char *s = text.s; *s; s++)
		if ((unsigned char)*s < ' ' || (ascii && (unsigned char)*s >= 0x7f))
			ok(false, "a name that is not safe to print");
	buf_free(&text);
}

/* Every NAME+OFFSET that is shown for an address resolves back to it. */
static void
test_places_back(void)
{
	struct vma_list list;
	size_t odd;

	vma_parse(&list, mem_strdup(odd_maps), &odd);
	for (size_t i = 0; i < list.n + vmas.n; i++) {
		const struct vma_list *l = i < list.n ? &list : &vmas;
		const struct vma *v = &l->v[i < list.n ? i : i - list.n];
		const uint64_t at[] = {v->start, v->start + 0x10, v->end - 1};

		for (size_t k = 0; k < ARRAY_LEN(at); k++) {
			for (int how = 0; how < 4; how++)
				leads_back(l, v, at[k], how & 1, how & 2);
			name_leads_back(l, v, at[k]);
		}
	}
	static const struct {
		uint64_t addr;
		const char *whole, *brief;
	} rows[] = {
	    {0x500010, "/opt/bash+10", "bash+10"},
	    {0x510000, "/opt/cafe+0", "\"cafe\"+0"},
	    {0x540001, "\"/opt/a\"+1", "\"a\"+1"},
	    {0x5b0000, "/one/twice.db+0", "/one/twice.db+0"},
	    {0x5d0001, "\"/opt/gone (deleted)\"+1001", "gone+1001"},
	    {0x5e0010, "0x5e0000+10", "0x5e0000+10"},
	    {0x5f1004, "[anon:x]+1004", "anon:x+1004"},
	    {0x5f3004, "0x5f3000+4", "0x5f3000+4"},
	    {0x602010, "0x602000+10", "0x602000+10"},
	    {0x610010, "0x610000+10", "0x610000+10"},
	    {0x632010, "/lib/libx.so+2010", "libx.so+2010"},
	    {0x63a010, "/lib/libx.so+a010", "libx.so+a010"},
	    {0x700010, "0x700000+10", "0x700000+10"},
	    {0x720000, "/opt/'a+0", "\"'a\"+0"},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		for (int whole = 0; whole <= 1; whole++) {
			struct buf text = {0};

			query_place_text(&list, vma_at(&list, rows[i].addr), rows[i].addr, whole,
			                 false, &text);
			is_str(text.s, whole ? rows[i].whole : rows[i].brief, "how it is written");
			buf_free(&text);
		}
	vma_free(&list);
}

/* A path has up to 4095 bytes, and a byte takes up to four when it is escaped. */
static void
test_long_names(void)
{
	for (size_t n = 1; n <= 4000; n += n < 300 ? 1 : 37) {
		struct buf line = {0};
		struct vma_list list;
		size_t odd;

		buf_str(&line, "00500000-00501000 r--s 00000000 08:01 7 /");
		for (size_t i = 0; i < n; i++)
			buf_str(&line, i % 3 ? "x" : i % 5 ? "\x7f" : "\\");
		buf_str(&line, "\n");
		vma_parse(&list, line.s, &odd);
		name_leads_back(&list, &list.v[0], 0x500010);
		vma_free(&list);
	}
}

/* libc is libc.so.6, also where libcrypto.so.3 is mapped below it. */
static void
test_stem_before_prefix(void)
{
	static const char stems[] =
	    "500000-501000 r-xp 00000000 08:01 7 /usr/lib/libcrypto.so.3\n"
	    "510000-511000 r-xp 00000000 08:01 8 /usr/lib/libc.so.6\n"
	    "520000-521000 r-xp 00000000 08:01 9 /usr/lib/libcap-ng.so.0\n"
	    "530000-531000 r-xp 00000000 08:01 10 /usr/lib/libcapstone.so.4\n";
	static const struct {
		const char *text;
		uint64_t addr; /* 0: ambiguous */
	} rows[] = {
	    {"libc+0x10", 0x510010}, {"libcap+0x10", 0x520010}, {"libcr+0x10", 0x500010},
	    {"libca+0x10", 0},       {"lib+0x10", 0},
	};
	struct vma_list list;
	size_t odd;

	vma_parse(&list, mem_strdup(stems), &odd);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct query q;
		struct err err = {0};
		uint64_t addr = 0;
		const struct vma *v;
		bool got = query_parse(rows[i].text, 4096, &q, &err) == 0 &&
		           query_resolve(&q.from, &list, &addr, &v, &err) == 0;

		ok(rows[i].addr ? got && addr == rows[i].addr
		                : !got && strstr(err.what, "ambiguous"), rows[i].text);
	}
	vma_free(&list);
}

int
main(void)
{
	size_t odd;

	tap_start();
	vma_parse(&vmas, mem_strdup(maps), &odd);
	test_addresses();
	test_ranges();
	test_live_places();
	test_frames();
	test_bytes();
	test_pages();
	test_search();
	test_clear();
	test_migrate();
	test_bad_text();
	test_bad_names();
	test_forms();
	test_names_back();
	test_long();
	test_hex_names();
	test_places_back();
	test_long_names();
	test_stem_before_prefix();
	vma_free(&vmas);
	return tap_done();
}
