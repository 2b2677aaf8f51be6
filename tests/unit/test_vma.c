/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <ctype.h>
#include <stdlib.h>

#include "fake.h"
#include "kernel/vma.h"
#include "tap.h"

static size_t
parse(struct vma_list *l, const char *text)
{
	size_t odd;

	vma_parse(l, mem_strdup(text), &odd);
	return odd;
}

static void
test_lines(void)
{
	static const struct {
		const char *line;
		uint64_t start, end, offset, inode;
		uint32_t major, minor;
		const char *perm, *name;
		enum vma_type type;
	} rows[] = {
	    {"55d1c0a00000-55d1c2a00000 rw-p 00000000 00:00 0                          [heap]",
	     0x55d1c0a00000, 0x55d1c2a00000, 0, 0, 0, 0, "rw-p", "[heap]", VMA_HEAP},
	    {"7f1a80900000-7f1a80926000 r-xp 00028000 fe:01 1318 /usr/lib/libc.so.6", 0x7f1a80900000,
	     0x7f1a80926000, 0x28000, 1318, 0xfe, 1, "r-xp", "/usr/lib/libc.so.6", VMA_FILE},
	    {"1000-2000 ---p 00000000 00:00 0 ", 0x1000, 0x2000, 0, 0, 0, 0, "---p", "", VMA_RESERVE},
	    {"1000-2000 ---p 00000000 08:01 7 /lib/x", 0x1000, 0x2000, 0, 7, 8, 1, "---p", "/lib/x",
	     VMA_FILE},
	    {"1000-2000 rwxp 00000000 00:00 0", 0x1000, 0x2000, 0, 0, 0, 0, "rwxp", "", VMA_ANON},
	    {"1000-2000 rw-p 00000000 00:00 0 [anon: Java heap]", 0x1000, 0x2000, 0, 0, 0, 0, "rw-p",
	     "[anon: Java heap]", VMA_ANON},
	    {"1000-2000 rw-s 00000000 00:01 9 [anon_shmem:ring]", 0x1000, 0x2000, 0, 9, 0, 1, "rw-s",
	     "[anon_shmem:ring]", VMA_SHM},
	    {"1000-2000 r--p 00000000 08:01 3 /tmp/my  file with blanks ", 0x1000, 0x2000, 0, 3, 8, 1,
	     "r--p", "/tmp/my  file with blanks ", VMA_FILE},
	    {"1000-2000 r--p 00000000 08:01 3 /tmp/two\\012lines", 0x1000, 0x2000, 0, 3, 8, 1, "r--p",
	     "/tmp/two\\012lines", VMA_FILE},
	    {"1000-2000 r--p 00000000 08:01 3 /tmp/back\\slash", 0x1000, 0x2000, 0, 3, 8, 1, "r--p",
	     "/tmp/back\\slash", VMA_FILE},
	    {"1000-2000 r--p 00000000 08:01 3 /tmp/gone (deleted)", 0x1000, 0x2000, 0, 3, 8, 1, "r--p",
	     "/tmp/gone (deleted)", VMA_FILE},
	    {"1000-2000 r--p 00000000 103:fabcd 3 /nvme", 0x1000, 0x2000, 0, 3, 0x103, 0xfabcd, "r--p",
	     "/nvme", VMA_FILE},
	    {"1000-2000 r--p ffffffff000 08:01 18446744073709551615 /x", 0x1000, 0x2000, 0xffffffff000,
	     UINT64_MAX, 8, 1, "r--p", "/x", VMA_FILE},
	    {"7FABCDEF0000-7fabcdef1000 r--p 0000ABCD000 fff:fffff 3 /x", 0x7fabcdef0000,
	     0x7fabcdef1000, 0xabcd000, 3, 0xfff, 0xfffff, "r--p", "/x", VMA_FILE},
	    {"0000000000001000-0000000000002000 r--p 00000000 00:00 0", 0x1000, 0x2000, 0, 0, 0, 0,
	     "r--p", "", VMA_ANON},
	    {"ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]", 0xffffffffff600000,
	     0xffffffffff601000, 0, 0, 0, 0, "--xp", "[vsyscall]", VMA_KERNEL},
	    {"1000-2000 r--p 00000000 00:00 0 [vvar]", 0x1000, 0x2000, 0, 0, 0, 0, "r--p", "[vvar]",
	     VMA_KERNEL},
	    {"1000-2000 r--p 00000000 00:00 0 [vvar_vclock]", 0x1000, 0x2000, 0, 0, 0, 0, "r--p",
	     "[vvar_vclock]", VMA_KERNEL},
	    {"1000-2000 r-xp 00000000 00:00 0 [vdso]", 0x1000, 0x2000, 0, 0, 0, 0, "r-xp", "[vdso]",
	     VMA_KERNEL},
	    {"1000-2000 --xp 00000000 00:00 0 [uprobes]", 0x1000, 0x2000, 0, 0, 0, 0, "--xp", "[uprobes]",
	     VMA_KERNEL},
	    {"1000-2000 rw-p 00000000 00:00 0 [stack]", 0x1000, 0x2000, 0, 0, 0, 0, "rw-p", "[stack]",
	     VMA_STACK},
	    {"1000-2000 rw-p 00000000 00:00 0 [stack:12]", 0x1000, 0x2000, 0, 0, 0, 0, "rw-p",
	     "[stack:12]", VMA_STACK},
	    {"1000-2000 rw-s 00000000 00:01 5 /memfd:x (deleted)", 0x1000, 0x2000, 0, 5, 0, 1, "rw-s",
	     "/memfd:x (deleted)", VMA_SHM},
	    {"1000-2000 rw-s 00000000 00:01 5 /dev/zero (deleted)", 0x1000, 0x2000, 0, 5, 0, 1, "rw-s",
	     "/dev/zero (deleted)", VMA_SHM},
	    {"1000-2000 rw-s 00000000 00:01 5 /SYSV00000000 (deleted)", 0x1000, 0x2000, 0, 5, 0, 1, "rw-s",
	     "/SYSV00000000 (deleted)", VMA_SHM},
	    {"1000-2000 rw-s 00000000 00:19 5 /dev/shm/ring0", 0x1000, 0x2000, 0, 5, 0, 0x19, "rw-s",
	     "/dev/shm/ring0", VMA_SHM},
	    {"1000-2000 rw-p 00000000 00:0f 5 /anon_hugepage (deleted)", 0x1000, 0x2000, 0, 5, 0, 15,
	     "rw-p", "/anon_hugepage (deleted)", VMA_HUGETLB},
	    {"1000-2000 rw-s 00000000 00:0f 5 /dev/hugepages/h", 0x1000, 0x2000, 0, 5, 0, 15, "rw-s",
	     "/dev/hugepages/h", VMA_HUGETLB},
	    {"1000-2000 rw-s 00000000 00:05 5 /dev/dri/card0", 0x1000, 0x2000, 0, 5, 0, 5, "rw-s",
	     "/dev/dri/card0", VMA_DEVICE},
	    {"1000-2000 rw-s 00000000 00:0c 5 anon_inode:[io_uring]", 0x1000, 0x2000, 0, 5, 0, 12, "rw-s",
	     "anon_inode:[io_uring]", VMA_KERNEL},
	    {"1000-2000 rw-s 00000000 00:13 5 /[aio] (deleted)", 0x1000, 0x2000, 0, 5, 0, 0x13, "rw-s",
	     "/[aio] (deleted)", VMA_KERNEL},
	    {"1000-2000 rw-p 00000000 08:01 3 /home/me/[heap]", 0x1000, 0x2000, 0, 3, 8, 1, "rw-p",
	     "/home/me/[heap]", VMA_FILE},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vma_list l;
		size_t odd = parse(&l, rows[i].line);
		const struct vma *v = l.v;
		char perm[5] = "";

		if (v)
			vma_perm_text(v, perm);
		ok(odd == 0 && l.n == 1 && v->start == rows[i].start && v->end == rows[i].end &&
		       v->offset == rows[i].offset && v->inode == rows[i].inode &&
		       v->dev_major == rows[i].major && v->dev_minor == rows[i].minor &&
		       !strcmp(perm, rows[i].perm) && !strcmp(v->name, rows[i].name) &&
		       v->type == rows[i].type,
		   rows[i].line);
		vma_free(&l);
	}
}

/* Each byte in each place of a number: a digit, or the line is skipped. */
static void
test_digits(void)
{
	enum { PLACES = 9 };
	bool as_libc = true;

	for (unsigned c = 1; c < 256; c++)
		for (size_t i = 0; i < PLACES; i++) {
			char line[] = "123456789000-fffffffff000 rw-p 00000000 00:00 0";
			struct vma_list l;

			line[i] = (char)c;
			if (c == '-' || c == '\n')
				continue;
			parse(&l, line);
			as_libc = as_libc && l.n == (isxdigit((int)c) != 0) &&
			          (!l.n || l.v->start == strtoull(line, NULL, 16));
			vma_free(&l);
		}
	ok(as_libc, "each byte in each place of a number is what the C library takes it for");
}

static void
test_garbage(void)
{
	static const char *const rows[] = {
	    "hello",
	    "\n",
	    "1000 rw-p 00000000 00:00 0",
	    "1000-2000",
	    "1000-2000 rw-p",
	    "1000-2000 rw-p 00000000 00:00",
	    "1000-2000 rw-p 00000000 00:00 ",
	    "1000-2000 rw-p 00000000 0000 0",
	    "1000-2000 rw-q 00000000 00:00 0",
	    "1000-2000 wr-p 00000000 00:00 0",
	    "1000-2000 rw-pp 00000000 00:00 0",
	    "1000-2000 rw- 00000000 00:00 0",
	    "1000-1000 rw-p 00000000 00:00 0",
	    "2000-1000 rw-p 00000000 00:00 0",
	    "10000000000000000-10000000000001000 rw-p 00000000 00:00 0",
	    "1000-2000 rw-p 00000000 00:00 18446744073709551616",
	    "1000-2000 rw-p 00000000 00:00 12x",
	    "1000-2000 rw-p 00000000 1000:00 3",
	    "1000-2000 rw-p 00000000 00:100000 3",
	    "00000000000001000-00000000000002000 rw-p 00000000 00:00 0",
	    " 1000-2000 rw-p 00000000 00:00 0",
	    "Size: 4 kB",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct vma_list l;
		size_t odd = parse(&l, rows[i]);

		ok(odd == 1 && l.n == 0, rows[i][0] == '\n' ? "an empty line is odd" : rows[i]);
		vma_free(&l);
	}
}

static void
test_order(void)
{
	struct vma_list l;
	size_t odd;

	odd = parse(&l, "1000-3000 rw-p 0 00:00 0\n"
	                "2000-4000 rw-p 0 00:00 0\n"  /* overlaps */
	                "1000-3000 rw-p 0 00:00 0\n"  /* again */
	                "0-1000 rw-p 0 00:00 0\n"     /* backwards */
	                "3000-5000 rw-p 0 00:00 0\n"  /* touches: fine */
	                "4fff-6000 rw-p 0 00:00 0\n"  /* by one byte */
	                "7000-8000 rw-p 0 00:00 0");
	is_u64(odd, 4, "lines that overlap or go backwards are counted");
	ok(l.n == 3 && l.v[0].end == 0x3000 && l.v[1].start == 0x3000 && l.v[2].start == 0x7000,
	   "and left out");
	vma_free(&l);

	is_u64(parse(&l, ""), 0, "empty text has no odd line");
	ok(l.n == 0 && !vma_at(&l, 0) && vma_lower_bound(&l, 0) == 0, "and no region");
	vma_free(&l);
	ok(!l.v && !l.names && !l.n, "vma_free leaves nothing");

	odd = parse(&l, "1000-2000 rw-p 0 00:00 0 a\njunk\n2000-3000 rw-p 0 00:00 0 b\n");
	ok(odd == 1 && l.n == 2 && !strcmp(l.v[0].name, "a") && !strcmp(l.v[1].name, "b"),
	   "garbage between lines harms neither");
	vma_free(&l);
}

static void
test_long_name(void)
{
	static char line[5000];
	struct vma_list l;
	size_t n = (size_t)snprintf(line, sizeof(line), "1000-2000 r--p 00000000 08:01 3 /");

	memset(line + n, 'n', 4095);
	line[n + 4095] = '\0';
	parse(&l, line);
	ok(l.n == 1 && strlen(l.v[0].name) == 4096, "a name of 4096 characters");
	vma_free(&l);
}

/* More regions than any first guess of room. */
static void
test_many(void)
{
	struct buf text = {0};
	struct vma_list l;
	bool right = true;
	size_t odd;

	for (unsigned i = 1; i <= 3000; i++)
		buf_fmt(&text, "%x000-%x000 rw-p 00000000 00:00 0 n%u\n", 2 * i, 2 * i + 1, i);
	vma_parse(&l, text.s, &odd);
	for (unsigned i = 1; i <= 3000 && l.n == 3000; i++) {
		const struct vma *v = vma_at(&l, (uint64_t)i * 0x2000 + 0xfff);

		right &= v == &l.v[i - 1] && (unsigned)atoi(v->name + 1) == i &&
		         !vma_at(&l, (uint64_t)i * 0x2000 + 0x1000);
	}
	ok(l.n == 3000 && odd == 0 && right, "3000 regions, each found again");
	vma_free(&l);
}

static void
test_lookup(void)
{
	static const struct {
		uint64_t addr;
		int at; /* index, -1 none */
		size_t bound;
	} rows[] = {
	    {0, -1, 0},          {0xfff, -1, 0},  {0x1000, 0, 0},  {0x1fff, 0, 0},
	    {0x2000, 1, 1},      {0x2fff, 1, 1},  {0x3000, -1, 2}, {0x7fff, -1, 2},
	    {0x8000, 2, 2},      {0x9000, -1, 3}, {UINT64_MAX, -1, 4},
	    {0xffffffffff600fff, 3, 3},           {0xffffffffff601000, -1, 4},
	};
	struct vma_list l;

	parse(&l, "1000-2000 rw-p 0 00:00 0\n2000-3000 r--p 0 00:00 0\n8000-9000 rw-p 0 00:00 0\n"
	          "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct vma *v = vma_at(&l, rows[i].addr);
		char name[40];

		snprintf(name, sizeof(name), "looking up %#" PRIx64, rows[i].addr);
		ok((v ? (int)(v - l.v) : -1) == rows[i].at &&
		       vma_lower_bound(&l, rows[i].addr) == rows[i].bound,
		   name);
	}
	vma_free(&l);
}

static void
test_read(void)
{
	static const char text[] = "1000-2000 rw-p 00000000 00:00 0 [heap]\n";
	int fd = fake_file();
	struct vma_list l;
	struct err err;

	ok(vma_read(fd, &l, &err) == 0 && l.n == 0, "an empty maps file: no regions, no error");
	vma_free(&l);
	ok(write(fd, text, sizeof(text) - 1) > 0 && vma_read(fd, &l, &err) == 0 && l.n == 1 &&
	       l.v[0].type == VMA_HEAP,
	   "vma_read reads from the start, wherever the file was");
	vma_free(&l);
	close(fd);
	ok(vma_read(fd, &l, &err) == -1 && l.n == 0 && err.what[0], "a file that cannot be read");
}

static void
test_type_names(void)
{
	bool good = true;

	for (unsigned a = 0; a < VMA_TYPES; a++) {
		const char *name = vma_type_name((enum vma_type)a);

		good &= name && strlen(name) > 0 && strlen(name) <= 7;
		for (unsigned b = 0; good && b < a; b++)
			good &= strcmp(name, vma_type_name((enum vma_type)b)) != 0;
	}
	ok(good, "each type has a name of its own that fits its column");
}

int
main(void)
{
	tap_start();
	test_lines();
	test_digits();
	test_garbage();
	test_order();
	test_long_name();
	test_many();
	test_lookup();
	test_read();
	test_type_names();
	return tap_done();
}
