/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Heaps of malloc by the regions alone. */
#include "fake.h"
#include "kernel/arena.h"
#include "tap.h"

#define BARE(range, perm) range " " perm " 00000000 00:00 0 \n"
#define NAMED(range) range " rw-p 00000000 00:00 0 [anon: glibc: malloc arena]\n"
#define HIGH "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n"
#define LOW "bf800000-bf821000 rw-p 00000000 00:00 0 [stack]\n"

static void
given(struct vma_list *l, const char *maps)
{
	size_t odd;

	vma_parse(l, mem_strdup(maps), &odd);
}

/* A digit for each region: enum arena_part, and how many heaps begin there, unless that is 1. */
static void
test_parts(void)
{
	static const struct {
		const char *maps, *want, *what;
	} rows[] = {
	    {BARE("8000000-8021000", "rw-p") BARE("8021000-c000000", "---p") HIGH, "130", "a heap and what is kept aside for it"},
	    {BARE("8000000-c000000", "rw-p") BARE("c000000-10000000", "---p") HIGH, "100", "one that is full, and a reservation"},
	    {BARE("8000000-c021000", "rw-p") BARE("c021000-10000000", "---p") HIGH, "1x230", "one that is full and the next are one region"},
	    {BARE("8000000-8021000", "rw-p") BARE("8021000-b000000", "---p") HIGH, "000", "one that is too short"},
	    {BARE("8000000-8021000", "rw-p") BARE("8021000-10000000", "---p") HIGH, "000", "one that is too long"},
	    {BARE("8001000-8021000", "rw-p") BARE("8021000-c001000", "---p") HIGH, "000", "one from an odd address on"},
	    {BARE("8000000-8021000", "rw-p") BARE("8022000-c000000", "---p") HIGH, "000", "a hole between"},
	    {BARE("8000000-8021000", "r--p") BARE("8021000-c000000", "---p") HIGH, "000", "nothing that is written"},
	    {BARE("8000000-10000000", "rw-p") HIGH, "00", "a block of twice the size may be anybody's"},
	    {BARE("8021000-c000000", "---p") HIGH, "00", "a rest alone"},
	    {"8000000-c000000 rw-p 00000000 08:01 7 /a\n" HIGH, "00", "a file"},
	    {"8000000-8021000 rw-s 00000000 00:01 7 /dev/zero (deleted)\n" BARE("8021000-c000000", "---p") HIGH, "000", "shared memory"},
	    {NAMED("9000000-9100000") HIGH, "10", "what glibc has named"},
	    {NAMED("8000000-8021000") BARE("8021000-8040000", "rw-p") BARE("8040000-c000000", "---p") HIGH, "1230", "what has a name, has grown, and has a rest"},
	    {BARE("8100000-8121000", "rw-p") BARE("8121000-8200000", "---p") LOW, "130", "a megabyte in a 32-bit process"},
	    {BARE("8100000-8121000", "rw-p") BARE("8121000-8200000", "---p") HIGH, "000", "but not in a 64-bit one"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct vma_list l;
		struct buf got = {0};

		given(&l, rows[i].maps);
		for (size_t k = 0; k < l.n; k++) {
			size_t heaps;

			buf_fmt(&got, "%d", (int)arena_part(&l, k, &heaps));
			if (heaps > 1)
				buf_fmt(&got, "x%zu", heaps);
		}
		is_str(got.s, rows[i].want, rows[i].what);
		buf_free(&got);
		vma_free(&l);
	}
}

static void
test_slots(void)
{
	static const struct {
		const char *maps, *seen, *any, *what;
	} rows[] = {
	    {BARE("8000000-8021000", "rw-p") BARE("8021000-c000000", "---p") HIGH, "8000000-8021000 2\n", "8000000-8021000 2\n", "a heap"},
	    {BARE("8000000-c021000", "rw-p") BARE("c021000-10000000", "---p") HIGH, "8000000-c000000 2\nc000000-c021000 2\n",
	     "8000000-c000000 2\nc000000-c021000 2\n", "two in one region"},
	    {BARE("8000000-c000000", "rw-p") HIGH, "8000000-c000000 1\n", "8000000-c000000 1\n", "one that only has the size"},
	    {BARE("7fff000-10000000", "rw-p") HIGH, "", "8000000-c000000 0\nc000000-10000000 0\n", "places where one may be"},
	    {NAMED("8000000-8021000") BARE("8021000-8040000", "rw-p") BARE("8040000-c000000", "---p") HIGH, "8000000-8040000 3\n",
	     "8000000-8040000 3\n", "one that has a name, and has grown"},
	    {BARE("fffffffffc000000-ffffffffffff0000", "rw-p"), "", "", "none reaches beyond the last address"},
	    {HIGH, "", "", "none in a stack"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		for (int any = 0; any < 2; any++) {
			struct vma_list l;
			struct arena_slots s;
			struct buf got = {0};

			given(&l, rows[i].maps);
			arena_find(&l, any, &s);
			buf_str(&got, "");
			for (size_t k = 0; k < s.n; k++)
				buf_fmt(&got, "%" PRIx64 "-%" PRIx64 " %d\n", s.v[k].start, s.v[k].used,
				        (int)s.v[k].by);
			is_str(got.s, any ? rows[i].any : rows[i].seen, rows[i].what);
			arena_free(&s);
			buf_free(&got);
			vma_free(&l);
		}
}

static void
test_many(void)
{
	struct vma_list l;
	struct arena_slots s;

	given(&l, BARE("10000000000-400000000000", "rw-p") HIGH);
	arena_find(&l, true, &s);
	ok(s.n == ARENA_SLOTS_MAX && s.more, "63 TiB have places for more than are looked at");
	arena_free(&s);
	arena_find(&l, false, &s);
	ok(!s.n && !s.more, "and none that looks like a heap");
	arena_free(&s);
	vma_free(&l);
}

int
main(void)
{
	tap_start();
	test_parts();
	test_slots();
	test_many();
	return tap_done();
}
