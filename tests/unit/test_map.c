/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The whole address space in cells: what forms a block, how wide, where; and the way back. */
#include "model/map.h"
#include "tap.h"

enum { PAGE = 4096 };

static struct map map;
static struct vma_list list;

static void
given(const char *maps)
{
	size_t odd;

	vma_free(&list);
	vma_parse(&list, mem_strdup(maps), &odd);
	is_u64(odd, 0, "the maps are understood");
	for (size_t i = 0; i + 1 < list.n; i++) /* as thread.h names stacks */
		if (list.v[i].type == VMA_RESERVE && !strncmp(list.v[i + 1].name, "[stack:", 7))
			list.v[i].type = VMA_GUARD;
}

static const char *
label(size_t i)
{
	static struct buf name;

	name.len = 0;
	buf_str(&name, "");
	if (map.item[i].n)
		map_label(&name, &map.item[i], &list);
	else
		buf_str(&name, "-");
	return name.s;
}

/* All items by their labels, gaps as "-". */
static const char *
labels(void)
{
	static struct buf all;

	all.len = 0;
	for (size_t i = 0; i < map.items; i++)
		buf_fmt(&all, "%s%s", i ? "|" : "", label(i));
	return all.s;
}

static void
lay(unsigned cols, unsigned scale, bool linear)
{
	map_take(&map, &list, PAGE);
	map_lay(&map, &list, cols, scale, linear);
}

/* The scale that fits, laid out. */
static unsigned
fit(unsigned cols, size_t rows, bool linear)
{
	bool fits;
	unsigned scale;

	map_take(&map, &list, PAGE);
	scale = map_fit(&map, &list, cols, rows, linear, &fits);
	map_lay(&map, &list, cols, scale, linear);
	ok(fits == (map.rows <= rows), "whether it fits");
	return scale;
}

/* What must hold of every layout: order, no overlap, every piece in its item, no row overrun. */
static bool
is_sound(void)
{
	size_t next = 0, pieces = 0;

	for (size_t i = 0; i < map.items; i++) {
		const struct map_item *it = &map.item[i];
		size_t at = it->at;

		if (it->at < next || !it->cells || it->start >= it->end)
			return false;
		if (it->cells <= map.cols && it->at / map.cols != (it->at + it->cells - 1) / map.cols)
			return false; /* broken, though it fits */
		for (size_t k = it->first; k < it->first + it->n; k++, pieces++) {
			if (map.piece[k].at != at || map_item_of(&map, k) != it)
				return false;
			at += map.piece[k].cells;
		}
		next = it->at + it->cells;
		if (it->n && at != next)
			return false;
	}
	return pieces == list.n && map.pieces == list.n && (!next || (next - 1) / map.cols < map.rows);
}

static const char jvm[] = /* in small: arenas and stacks between a program and its libraries */
    "c0000000-140000000 rw-p 00000000 00:00 0 [anon: Java heap]\n"
    "555500000000-555500001000 r--p 00000000 08:01 5 /usr/bin/java\n"
    "555500001000-555500002000 r-xp 00001000 08:01 5 /usr/bin/java\n"
    "555500002000-555500003000 rw-p 00002000 08:01 5 /usr/bin/java\n"
    "555500003000-555500004000 rw-p 00000000 00:00 0 \n"
    "555500800000-555502800000 rw-p 00000000 00:00 0 [heap]\n"
    "7f0000000000-7f0000021000 rw-p 00000000 00:00 0 \n"
    "7f0000021000-7f0004000000 ---p 00000000 00:00 0 \n"
    "7f0004000000-7f0004021000 rw-p 00000000 00:00 0 \n"
    "7f0004021000-7f0008000000 ---p 00000000 00:00 0 \n"
    "7f0008000000-7f000c000000 rw-p 00000000 00:00 0 \n"
    "7f0010000000-7f0010001000 ---p 00000000 00:00 0 \n"
    "7f0010001000-7f0010801000 rw-p 00000000 00:00 0 [stack:101]\n"
    "7f0010801000-7f0010802000 ---p 00000000 00:00 0 \n"
    "7f0010802000-7f0011002000 rw-p 00000000 00:00 0 [stack:102]\n"
    "7f0020000000-7f0020100000 r--p 00000000 08:01 7 /usr/lib/libc.so.6\n"
    "7f0020100000-7f0020104000 rw-p 00100000 08:01 7 /usr/lib/libc.so.6\n"
    "7f0020104000-7f0020111000 rw-p 00000000 00:00 0 \n"
    "7f0020111000-7f0022111000 rw-p 00000000 00:00 0 \n"
    "7f0022111000-7f0022112000 rw-s 00000000 00:01 9 /memfd:ring (deleted)\n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";

static void
test_blocks(void)
{
	given(jvm);
	lay(120, 3, false);
	ok(is_sound(), "a JVM is laid out");
	is_str(labels(), "-|Java heap|-|java|[heap]|-|3 arenas|2 stacks|libc.so.6|anonymous|ring|-|[stack]|-|[vsyscall]",
	       "files with their zeroes, runs of arenas and of stacks are blocks; gaps stand between");
	is_u64(map.item[3].n, 4, "a program's segments and the zeroes behind them");
	is_u64(map.item[8].n, 3, "a library's as well, but not the memory behind these");
	is_u64(map.item[0].end, 0xc0000000, "the first gap begins at 0");
	lay(120, MAP_SCALES - 1, false);
	ok(is_sound() && map.items > 15, "the widest scale names smaller gaps");
	lay(120, 0, false);
	ok(is_sound() && map.items < 15, "the narrowest only the largest");
}

static void
test_labels(void)
{
	static const struct {
		const char *line, *want;
	} rows[] = {
	    {"1000-2000 r--p 00000000 08:01 5 /a/b/libx.so.1 (deleted)", "libx.so.1"},
	    {"1000-2000 r--p 00000000 08:01 5 /a/b/", "/a/b/"},
	    {"1000-2000 r--p 00000000 08:01 5 / (deleted)", " (deleted)"},
	    {"1000-2000 rw-s 00000000 00:01 5 /memfd:a/b (deleted)", "a/b"},
	    {"1000-2000 rw-p 00000000 00:00 0 [anon: Java heap]", "Java heap"},
	    {"1000-2000 rw-p 00000000 00:00 0 [anon:x]", "x"},
	    {"1000-2000 rw-p 00000000 00:00 0 [anon:]", ""},
	    {"1000-2000 rw-s 00000000 00:01 0 [anon_shmem:ring]", "ring"},
	    {"1000-2000 rw-p 00000000 00:00 0 ", "anonymous"},
	    {"1000-2000 ---p 00000000 00:00 0 ", "reserved"},
	    {"1000-2000 r-xp 00000000 00:00 0 [vdso]", "[vdso]"},
	    {"7f0004000000-7f0008000000 rw-p 00000000 00:00 0 ", "arena"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		given(rows[i].line);
		lay(80, 4, false);
		is_str(label(map.items - 1), rows[i].want, rows[i].line);
	}
	given("1000-2000 ---p 00000000 00:00 0 \n2000-9000 rw-p 00000000 00:00 0 \n");
	lay(80, 4, false);
	is_str(label(0), "anonymous", "what of a reservation is in use gives it its name");
}

static void
test_widths(void)
{
	size_t small, large, widest = 0;

	given("1000-2000 rw-p 00000000 00:00 0 [anon:a]\n"
	      "10000-20000 rw-p 00000000 00:00 0 [anon:b]\n"
	      "40000000-80000000 rw-p 00000000 00:00 0 [anon:c]\n");
	lay(200, 4, false);
	small = map.piece[1].cells;
	large = map.piece[2].cells;
	ok(map.piece[0].cells < small && small < large && large < 8 * small,
	   "the larger, the wider, by the logarithm");
	lay(200, 4, true);
	ok(is_sound() && map.piece[0].cells < map.piece[2].cells, "in true size as well");
	for (unsigned scale = 0; scale < MAP_SCALES; scale++) {
		size_t sum = 0;

		lay(200, scale, false);
		for (size_t i = 0; i < map.pieces; i++)
			sum += map.piece[i].cells;
		ok(is_sound() && sum >= widest, "each scale is as wide as the one before, or wider");
		widest = sum;
	}
	lay(200, MAP_SCALES + 9, false);
	is_u64(map.scale, MAP_SCALES - 1, "there is none beyond the last");
	given("100000-101000 rw-p 00000000 00:00 0 [anon:a]\n"
	      "101000-201000 rw-p 00000000 00:00 0 [anon:b]\n");
	lay(200, 6, true);
	ok(is_sound() && map.piece[1].cells >= 20 * map.piece[0].cells, "neighbours in proportion");
}

static void
test_fit(void)
{
	unsigned few, many;

	given(jvm);
	few = fit(80, 6, false);
	ok(is_sound() && map.rows <= 6 && map.scale == few, "all of it in few rows");
	many = fit(200, 40, false);
	ok(is_sound() && map.rows <= 40 && many > few, "in more room it is wider");
	is_u64(fit(3, 1, false), 0, "what cannot fit is as narrow as can be");
	ok(is_sound() && map.rows > 1, "and goes on below");
	given("");
	fit(80, 6, false);
	ok(is_sound() && !map.items && !map.rows, "nothing is mapped");
}

/* A run of threads on one screen: what the fold is for. */
static void
test_many(void)
{
	struct buf maps = {0};

	for (unsigned i = 0; i < 400; i++) {
		unsigned long long at = 0x7f0000000000ull + i * 0x802000ull;

		buf_fmt(&maps, "%llx-%llx ---p 00000000 00:00 0 \n%llx-%llx rw-p 00000000 00:00 0 [stack:%u]\n", at,
		        at + 0x1000, at + 0x1000, at + 0x801000, 100 + i);
	}
	given(maps.s);
	buf_free(&maps);
	fit(80, 20, false);
	ok(is_sound() && map.rows <= 20, "400 stacks fit 80x24");
	is_str(label(map.items - 1), "400 stacks", "as one block");
	lay(80, 0, true);
	ok(is_sound(), "in true size as well");
}

static void
test_places(void)
{
	bool good = true;

	given(jvm);
	lay(60, 2, false);
	for (size_t i = 0; i < list.n; i++) {
		good &= map_find(&map, list.v[i].start) == i && map_find(&map, list.v[i].end - 1) == i;
		if (map.piece[i].cells)
			good &= map_nearest(&map, map.piece[i].at / 60, (unsigned)(map.piece[i].at % 60)) == i;
	}
	ok(good, "every region is found by its addresses and by its place");
	is_u64(map_find(&map, 0), 0, "before the first one is the first");
	is_u64(map_find(&map, UINT64_MAX), list.n - 1, "behind the last the last");
	is_u64(map_nearest(&map, map.rows + 5, 3), list.n - 1, "below all the last");
}

int
main(void)
{
	tap_start();
	test_blocks();
	test_labels();
	test_widths();
	test_fit();
	test_many();
	test_places();
	vma_free(&list);
	map_free(&map);
	return tap_done();
}
