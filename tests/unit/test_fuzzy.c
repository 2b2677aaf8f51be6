/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a few letters match, and which match comes first. */
#include <stdlib.h>

#include "base/fuzzy.h"
#include "base/util.h"
#include "tap.h"

/* The text with the matched characters as [x]. */
static const char *
marked(const char *typed, const char *text)
{
	static char out[256];
	bool hit[64];
	size_t n = 0;

	if (fuzzy_score(typed, text, hit) == FUZZY_NONE)
		return "";
	for (size_t i = 0; text[i]; i++)
		n += (size_t)snprintf(out + n, sizeof(out) - n, hit[i] ? "[%c]" : "%c", text[i]);
	return out;
}

static void
test_met(void)
{
	ok(fuzzy_score("jvm", "java -server -jvm", NULL) != FUZZY_NONE, "in order");
	ok(fuzzy_score("vj", "java", NULL) == FUZZY_NONE, "not in another");
	ok(fuzzy_score("javaa", "java", NULL) == FUZZY_NONE && fuzzy_score("x", "", NULL) == FUZZY_NONE, "not all of them");
	is_u64((uint64_t)fuzzy_score("", "java", NULL), 0, "nothing typed is met by all alike");
	ok(fuzzy_score("JAVA", "java", NULL) == FUZZY_EXACT && fuzzy_score("java", "Java", NULL) == FUZZY_EXACT,
	   "just that, small or capital");
	ok(fuzzy_score("\xc3\x89t\xc3\xa9", "\xc3\xa9t\xc3\xa9", NULL) == FUZZY_EXACT, "of other letters too");
	ok(fuzzy_score("\xa9", "\xc3\xa9", NULL) == FUZZY_NONE, "half a letter is none");
	ok(fuzzy_score("\xff", "a\xff\xfe", NULL) != FUZZY_NONE, "a byte is itself");
}

/* The first of each pair must score higher. */
static void
test_better(void)
{
	static const struct {
		const char *typed, *good, *less, *why;
	} rows[] = {
	    {"abc", "xabcx", "xaxbxcx", "side by side"},
	    {"post", "/usr/bin/postgres", "/usr/bin/compost-x", "the beginning of a part of a path"},
	    {"jar", "x -jar x", "xx ajar x", "of a word"},
	    {"c", "a.cxx", "aacxx", "behind a dot"},
	    {"ord", "theOrders", "theorders", "a capital"},
	    {"pg", "/x/pg", "/x/p/g", "a path's part whole before two of them"},
	    {"ab", "a_xb", "a_xxxb", "less between"},
	    {"java", "java", "java x", "nothing behind"},
	    {"sh", "/bin/sh", "/usr/local/bin/sh", "less before"},
	    {"b", "/bxx", "-bxx", "a part before a word"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ok(fuzzy_score(rows[i].typed, rows[i].good, NULL) > fuzzy_score(rows[i].typed, rows[i].less, NULL),
		   rows[i].why);
	ok(fuzzy_score("ab", "xaxb", NULL) == fuzzy_score("ab", "yayb", NULL), "alike is equal");
}

static void
test_hits(void)
{
	is_str(marked("java", "/var/lib/java"), "/var/lib/[j][a][v][a]", "side by side, though some came before");
	is_str(marked("vlj", "/var/lib/java"), "/[v]ar/[l]ib/[j]ava", "beginnings");
	is_str(marked("ab", "a ab"), "a [a][b]", "the best way, not the first");
	is_str(marked("fb", "fooBarb"), "[f]oo[B]arb", "a capital");
	is_str(marked("x", "abc"), "", "none");
}

static void
test_long(void)
{
	char *text = mem_alloc(4001);
	bool *hit = mem_alloc(4001);
	size_t hits = 0;

	memset(text, 'a', 4000);
	text[3999] = 'z';
	ok(fuzzy_score("z", text, hit) == FUZZY_NONE + 1, "met far behind: last of all");
	for (size_t i = 0; i < 4000; i++)
		hits += hit[i];
	is_u64(hits, 0, "and not marked");
	ok(fuzzy_score("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", text, hit) > 0,
	   "as much typed as is taken");
	free(text);
	free(hit);
}

int
main(void)
{
	tap_start();
	test_met();
	test_better();
	test_hits();
	test_long();
	return tap_done();
}
