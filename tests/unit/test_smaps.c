/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake.h"
#include "kernel/smaps.h"
#include "tap.h"

static const char text[] =
    "55d1c0a00000-55d1c0c00000 rw-p 00000000 00:00 0                          [heap]\n"
    "Size:               2048 kB\n"
    "KernelPageSize:        4 kB\n"
    "MMUPageSize:           4 kB\n"
    "Rss:                1000 kB\n"
    "Pss:                 500 kB\n"
    "Pss_Dirty:           123 kB\n"
    "Shared_Clean:          1 kB\n"
    "Shared_Dirty:          2 kB\n"
    "Private_Clean:         3 kB\n"
    "Private_Dirty:         4 kB\n"
    "Referenced:          996 kB\n"
    "Anonymous:          1000 kB\n"
    "KSM:                   0 kB\n"
    "LazyFree:              0 kB\n"
    "AnonHugePages:      2048 kB\n"
    "ShmemPmdMapped:        0 kB\n"
    "FilePmdMapped:         0 kB\n"
    "Shared_Hugetlb:        0 kB\n"
    "Private_Hugetlb:       0 kB\n"
    "Swap:                  0 kB\n"
    "SwapPss:              77 kB\n"
    "Locked:                0 kB\n"
    "THPeligible:           1\n"
    "VmFlags: rd wr mr mw me ac sd \n"
    "7f1a80900000-7f1a80926000 r-xp 00028000 fe:01 1318 /usr/lib/Pss: 9 kB\n"
    "Pss:                   7 kB\n"
    "Referenced:           68 kB\n"
    "ShmemPmdMapped:     4096 kB\n"
    "VmFlags: rd ex mr mw me \n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]\n"
    "Pss:                   0 kB\n"
    "VmFlags: ex \n";

static void
test_typical(void)
{
	struct smaps s;
	const struct smaps_entry *e;

	smaps_parse(&s, text);
	is_u64(s.n, 3, "three regions");
	e = smaps_find(&s, 0x55d1c0a00000);
	ok(e && e->pss == 500 * 1024 && e->referenced == 996 * 1024 && e->thp == 2048 * 1024 && smaps_newborn(e),
	   "the heap's figures, in bytes");
	e = smaps_find(&s, 0x7f1a80900000);
	ok(e && e->pss == 7 * 1024 && e->referenced == 68 * 1024 && e->thp == 4096 * 1024 && !smaps_newborn(e),
	   "the library's; a field's name in a file's name is none");
	e = smaps_find(&s, 0xffffffffff600000);
	ok(e && e->pss == 0 && !smaps_newborn(e), "vsyscall");
	ok(!smaps_find(&s, 0) && !smaps_find(&s, 0x55d1c0a01000) && !smaps_find(&s, UINT64_MAX),
	   "no region starts there");
	smaps_free(&s);
	ok(!s.v && !s.n, "smaps_free leaves nothing");
}

static void
test_newborn(void)
{
	static const struct {
		const char *flags;
		bool want;
	} rows[] = {
	    {"VmFlags: sd\n", true},
	    {"VmFlags: sd \n", true},
	    {"VmFlags: sd", true},
	    {"VmFlags: sd rd wr\n", true},
	    {"VmFlags: rd sd wr\n", true},
	    {"VmFlags: rd wr sd\n", true},
	    {"VmFlags: rd wr sd", true},
	    {"VmFlags: rd  sd", true},
	    {"VmFlags: \n", false},
	    {"VmFlags:\n", false},
	    {"VmFlags: rd wr\n", false},
	    {"VmFlags: ss dd\n", false},
	    {"VmFlags: ds dc\n", false},
	    {"VmFlags: sdx\n", false},
	    {"VmFlags: xsd\n", false},
	    {"VmFlags: s d\n", false},
	    {"NotVmFlags: sd\n", false},
	    {"VmFlags: rd\nOther: sd\n", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct buf b = {0};
		struct smaps s;
		char name[40];

		snprintf(name, sizeof(name), "%s", rows[i].flags);
		for (char *c = name; *c; c++)
			if (*c == '\n')
				*c = '$';
		buf_fmt(&b, "1000-2000 rw-p 00000000 00:00 0\n%s", rows[i].flags);
		smaps_parse(&s, b.s);
		ok(s.n == 1 && smaps_newborn(&s.v[0]) == rows[i].want, name);
		smaps_free(&s);
		buf_free(&b);
	}
}

/* The kernel orders them by its bits, which are others in each release: its order is kept. */
static void
test_flags(void)
{
	struct buf many = {0}, odd = {0};
	struct smaps s;

	smaps_parse(&s, "1000-2000 rw-p 0 00:00 0\nVmFlags: rd wr  mr ?? sd zz9 hg ac \n");
	is_str(s.v[0].flags, "rd wr mr ?? sd zz9 hg ac",
	       "in the kernel's order, those without a row among them");
	smaps_odd_flags(&s.v[0], &odd);
	is_str(odd.s, "?? zz9", "which are told apart");
	ok(smaps_has(&s.v[0], "ac") && !smaps_has(&s.v[0], "zz") && !smaps_has(&s.v[0], "a"),
	   "codes are found whole");
	smaps_free(&s);
	buf_str(&many, "1000-2000 rw-p 0 00:00 0\nVmFlags:");
	for (unsigned i = 0; i < 100; i++)
		buf_fmt(&many, " %c%c", 'a' + i % 26, 'a' + i / 26);
	smaps_parse(&s, many.s);
	is_u64(strlen(s.v[0].flags), 64 * 3 - 1, "as many as the kernel can have");
	smaps_free(&s);
	buf_free(&many);
	buf_free(&odd);
}

static void
test_odd(void)
{
	static const struct {
		const char *name, *text;
		size_t n;
	} rows[] = {
	    {"empty", "", 0},
	    {"fields before any region", "Pss: 4 kB\nVmFlags: sd\n", 0},
	    {"a heading alone", "1000-2000 rw-p 0 00:00 0", 1},
	    {"blank lines", "\n\n1000-2000 rw-p 0 00:00 0\n\n2000-3000 rw-p 0 00:00 0\n", 2},
	    {"fields that begin with hex digits",
	     "1000-2000 rw-p 0 00:00 0\nAnonHugePages: 4 kB\nFilePmdMapped: 8 kB\nFabc: 1\n", 1},
	    {"a number that is none", "1000-2000 rw-p 0 00:00 0\nPss: x kB\nPss:", 1},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct smaps s;

		smaps_parse(&s, rows[i].text);
		is_u64(s.n, rows[i].n, rows[i].name);
		smaps_free(&s);
	}
}

static bool
stop_later(void *arg)
{
	int *calls = arg;

	return --*calls < 0;
}

/* Who waits for it sees how far it is, and may give up between two reads. */
static void
test_stop(void)
{
	enum { REGIONS = 1000 };
	int fd = fake_file(), calls = 1;
	struct buf b = {0};
	struct progress p = {0};
	struct smaps_host host = {.progress = &p}, stopping = {NULL, stop_later, &calls};
	struct smaps_entry e;
	struct smaps s;
	struct err err;

	for (unsigned i = 1; i <= REGIONS; i++)
		buf_fmt(&b, "%x000-%x000 rw-p 0 00:00 0\nPss: %u kB\n", 2 * i, 2 * i + 1, i);
	ok(write(fd, b.s, b.len) == (ssize_t)b.len && lseek(fd, 0, SEEK_SET) == 0, "regions");
	progress_begin(&p, REGIONS);
	ok(smaps_read(fd, &host, &s, &err) == 0 && s.n == REGIONS && p.done == REGIONS &&
	       s.v[REGIONS - 1].pss == REGIONS * 1024,
	   "each region counts as progress");
	smaps_free(&s);
	lseek(fd, 0, SEEK_SET);
	ok(smaps_read(fd, &stopping, &s, &err) == 1 && !s.n && !s.v, "what is abandoned is not kept");
	calls = 1;
	lseek(fd, 0, SEEK_SET);
	ok(smaps_read_one(fd, &stopping, 2 * REGIONS << 12, &e, &err) == 1, "so is one region");
	lseek(fd, 0, SEEK_SET);
	ok(smaps_read_one(fd, &host, 2 * REGIONS << 12, &e, &err) == 0 && e.pss == REGIONS * 1024,
	   "or found after the others");
	buf_free(&b);
	close(fd);
}

static void
test_read(void)
{
	int fd = fake_file();
	struct smaps s;
	struct err err;

	ok(smaps_read(fd, NULL, &s, &err) == 0 && s.n == 0, "an empty file has no regions");
	smaps_free(&s);
	ok(write(fd, text, sizeof(text) - 1) > 0 && lseek(fd, 0, SEEK_SET) == 0 &&
	       smaps_read(fd, NULL, &s, &err) == 0 && s.n == 3,
	   "smaps_read");
	smaps_free(&s);
	close(fd);
	ok(smaps_read(-1, NULL, &s, &err) == -1 && err.what[0], "a file that is not there is an error");
}

static void
test_shares(void)
{
	static const char more[] =
	    "1000-9000 rw-p 00000000 00:00 0 \n"
	    "Shared_Clean: 1 kB\nShared_Dirty: 2 kB\nPrivate_Clean: 4 kB\nPrivate_Dirty: 8 kB\n"
	    "Pss: 10 kB\nLocked: 3 kB\nLazyFree: 16 kB\nProtectionKey: 5\n"
	    "9000-a000 rw-p 00000000 00:00 0 \n"
	    "Shared_Clean: 1 kB\nPrivate_Dirty: 2 kB\nPss: 1 kB\nLocked: 1 kB\n";
	struct smaps_entry sum = {0};
	struct smaps s;

	smaps_parse(&s, more);
	ok(s.v[0].shared == 3 * 1024 && s.v[0].uss == 12 * 1024 && s.v[0].lazyfree == 16 * 1024 && s.v[0].pkey == 5,
	   "shared, unshared, given up, protection key");
	ok(s.v[0].known & SMAPS_LAZYFREE && s.v[0].known & SMAPS_PKEY && !(s.v[1].known & (SMAPS_LAZYFREE | SMAPS_PKEY)),
	   "an older kernel has fewer fields");
	smaps_add(&sum, &s.v[0], true);
	smaps_add(&sum, &s.v[1], false);
	ok(sum.uss == 14 * 1024 && sum.shared == 4 * 1024 && sum.pss == 11 * 1024 && sum.locked == 4 * 1024,
	   "they add up");
	ok(sum.known == SMAPS_LOCKED, "what is not known of one is not known of both, and no key is everybody's");
	smaps_free(&s);
}

int
main(void)
{
	tap_start();
	test_typical();
	test_newborn();
	test_flags();
	test_odd();
	test_read();
	test_stop();
	test_shares();
	return tap_done();
}
