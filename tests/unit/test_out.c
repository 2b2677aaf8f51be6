/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows that are written as they come: what is kept of the last row must not show in the next. */
#include <stdio.h>
#include <stdlib.h>

#include "kernel/flags.h"
#include "table/out.h"
#include "tap.h"

static const enum column_id ids[] = {COL_PAGE_ADDRESS, COL_PAGE_STATE, COL_PAGE_MAPCOUNT, COL_PAGE_FLAGS,
                                     COL_PAGE_MAPPING};

enum { COLUMNS = sizeof(ids) / sizeof(*ids) };

struct row {
	uint64_t address;
	const char *state;
	int count; /* -1: not known */
	uint64_t flags;
	const char *mapping;
};

/* What the rows look like; the caller frees it. */
static char *
written(enum format format, bool many, const struct row *rows, size_t n)
{
	char *text = NULL, name[64]; /* the same memory for every name */
	size_t size;
	FILE *to = open_memstream(&text, &size);
	struct out_shape shape = {.format = format, .noheadings = true, .many = many, .name = "pages", .to = to};
	struct out *o = out_begin(&shape, ids, NULL, COLUMNS);
	struct err err;

	for (size_t i = 0; i < n; i++) {
		struct value v[COLUMNS] = {
		    {.kind = VALUE_HEX, .n = rows[i].address},
		    {.kind = VALUE_TEXT},
		    {.kind = rows[i].count < 0 ? VALUE_UNKNOWN : VALUE_NUMBER, .n = (uint64_t)rows[i].count},
		    {.kind = VALUE_FLAGS, .n = rows[i].flags},
		    {.kind = VALUE_TEXT, .s = name},
		};

		snprintf(v[1].t, sizeof(v[1].t), "%s", rows[i].state);
		snprintf(name, sizeof(name), "%s", rows[i].mapping);
		out_row(o, v);
	}
	if (out_end(o, &err) < 0)
		printf("Bail out! %s\n", err.what);
	fclose(to);
	return text;
}

static void
is_written(enum format format, const struct row *rows, size_t n, const char *want, const char *name)
{
	char *once = written(format, false, rows, n), *blocks = written(format, true, rows, n);

	is_str(once, want, name);
	is_str(blocks, want, "and in blocks");
	free(once);
	free(blocks);
}

#define NO_FLAGS "___________________________________________"

static void
test_formats(void)
{
	static const struct row rows[] = {
	    {0, "none", -1, 0, ""},
	    {0xf, "anon", 1, 0, "a b"},
	    {UINT64_C(0x100000000), "anon", 1, 0, "a b"},
	    {UINT64_MAX, "anon", 12, 0, "a,\"b\n"},
	    {0x1000, "file", -1, 0, "a b"},
	};
	struct row letters[5];

	is_written(FORMAT_RAW, rows, 5,
	           "0x0 none  " NO_FLAGS " \n"
	           "0xf anon 1 " NO_FLAGS " a\\x20b\n"
	           "0x100000000 anon 1 " NO_FLAGS " a\\x20b\n"
	           "0xffffffffffffffff anon 12 " NO_FLAGS " a,\"b\\012\n"
	           "0x1000 file  " NO_FLAGS " a\\x20b\n",
	           "raw");
	is_written(FORMAT_CSV, rows, 5,
	           "0x0,none,," NO_FLAGS ",\n"
	           "0xf,anon,1," NO_FLAGS ",a b\n"
	           "0x100000000,anon,1," NO_FLAGS ",a b\n"
	           "0xffffffffffffffff,anon,12," NO_FLAGS ",\"a,\"\"b\\012\"\n"
	           "0x1000,file,," NO_FLAGS ",a b\n",
	           "CSV");
	is_written(FORMAT_TABLE, rows, 5,
	           "           0x0 none                 " NO_FLAGS " \n"
	           "           0xf anon               1 " NO_FLAGS " a b\n"
	           "   0x100000000 anon               1 " NO_FLAGS " a b\n"
	           "0xffffffffffffffff anon              12 " NO_FLAGS " a,\"b\\012\n"
	           "        0x1000 file                 " NO_FLAGS " a b\n",
	           "table");
	memcpy(letters, rows, sizeof(letters));
	letters[1].flags = KPF_LRU;
	is_written(FORMAT_JSON, letters, 2,
	           "{\n   \"pages\": [\n"
	           "      {\"address\": \"0x0\", \"state\": \"none\", \"mapcount\": null, \"flags\": \"" NO_FLAGS
	           "\", \"mapping\": \"\"}\n"
	           "      ,{\"address\": \"0xf\", \"state\": \"anon\", \"mapcount\": 1, \"flags\": "
	           "\"_____l_____________________________________\", \"mapping\": \"a b\"}\n"
	           "   ]\n}\n",
	           "JSON");
}

/* Digits of every length, beside printf's. */
static void
test_digits(void)
{
	bool right = true;

	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t n = UINT64_C(0xfedcba9876543210) >> bit;
		struct row row = {n, "s", 0, 0, "m"};
		char want[128], *got = written(FORMAT_RAW, false, &row, 1);

		snprintf(want, sizeof(want), "%#jx s 0 " NO_FLAGS " m\n", (uintmax_t)n);
		right &= !n || !strcmp(got, want);
		free(got);
	}
	ok(right, "addresses of every length");
}

int
main(void)
{
	tap_start();
	test_formats();
	test_digits();
	return tap_done();
}
