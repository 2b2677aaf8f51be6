/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The one JSON writer: its layouts, and strings of others. */
#include "table/json.h"
#include "tap.h"

static void
test_layout(void)
{
	struct json j = {0};

	json_object(&j, JSON_LINES);
	json_key(&j, "rows");
	json_array(&j, JSON_LINES);
	for (uint64_t i = 0; i < 2; i++) {
		json_object(&j, JSON_INLINE);
		json_key(&j, "n");
		json_number(&j, i);
		json_key(&j, "list");
		json_array(&j, JSON_INLINE);
		json_null(&j);
		json_digits(&j, "1.5");
		json_close(&j);
		json_close(&j);
	}
	json_close(&j);
	json_key(&j, "none");
	json_array(&j, JSON_LINES);
	json_close(&j);
	json_key(&j, "sum");
	json_object(&j, JSON_INLINE);
	json_close(&j);
	json_close(&j);
	is_str(j.text.s,
	       "{\n   \"rows\": [\n      {\"n\": 0, \"list\": [null, 1.5]}\n      ,{\"n\": 1, \"list\": [null, 1.5]}\n"
	       "   ],\n   \"none\": [\n   ],\n   \"sum\": {}\n}\n",
	       "rows, members and what is side by side");
	ok(j.depth == 0, "all is closed");
	json_free(&j);
}

static void
test_strings(void)
{
	static const struct {
		const char *in, *want;
	} rows[] = {
	    {"", "\"\""},
	    {"plain", "\"plain\""},
	    {"a \"quote\" and a \\", "\"a \\\"quote\\\" and a \\\\\""},
	    {"\n\t\x1b\x7f", "\"\\u000a\\u0009\\u001b\\u007f\""},
	    {"caf\xc3\xa9 \xf0\x9f\x98\x80", "\"caf\xc3\xa9 \xf0\x9f\x98\x80\""},
	    {"\xff\xc3", "\"\\ufffd\\ufffd\""},
	    {"\xed\xa0\x80", "\"\\ufffd\\ufffd\\ufffd\""},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct json j = {0};

		json_array(&j, JSON_INLINE);
		json_string(&j, rows[i].in);
		ok(j.text.len > 1 && !strcmp(j.text.s + 1, rows[i].want), rows[i].want);
		json_free(&j);
	}
}

static void
test_titles(void)
{
	struct buf b = {0};

	json_title(&b, "WR/S");
	json_title(&b, " ");
	json_title(&b, "THP-TOTAL");
	json_title(&b, " ");
	json_title(&b, "%");
	is_str(b.s, "wr_s thp_total percent", "titles as keys");
	buf_free(&b);
}

int
main(void)
{
	tap_start();
	test_layout();
	test_strings();
	test_titles();
	return tap_done();
}
