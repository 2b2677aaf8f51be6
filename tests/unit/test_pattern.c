/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Search patterns: what typed text becomes, what is refused, and at which column. */
#include "base/pattern.h"
#include "tap.h"

static void
is_bytes(const char *text, const char *want, size_t n)
{
	struct pattern p;
	struct err err = {0};

	if (!ok(pattern_parse(text, &p, &err) == 0 && p.n == n && !memcmp(p.byte, want, n), text))
		printf("# %zu bytes, %s\n", p.n, err.why);
}

static void
is_refused(const char *text, int column, const char *why)
{
	struct pattern p;
	struct err err = {0};

	if (!ok(pattern_parse(text, &p, &err) < 0 && err.column == column && strstr(err.why, why), text))
		printf("# column %d, %s\n", err.column, err.why);
}

int
main(void)
{
	tap_start();
	is_bytes("\"abc\"", "abc", 3);
	is_bytes(" \"a b\"  ", "a b", 3);
	is_bytes("\"\\n\\t\\r\\0\\\\\\\"\\xfF\"", "\n\t\r\0\\\"\xff", 7);
	is_bytes("de ad be ef", "\xde\xad\xbe\xef", 4);
	is_bytes("DEADbeef", "\xde\xad\xbe\xef", 4);
	is_bytes("0x7f5500126034", "\x34\x60\x12\x00\x55\x7f", 6);
	is_bytes("0xabc", "\xbc\x0a", 2);
	is_bytes("0XFF00", "\x00\xff", 2);
	is_bytes("0xde 0xad", "\xde\xad", 2);
	is_bytes("\"abc\"00 \"d\"", "abc\0d", 5);
	is_bytes("00\"a\"", "\0a", 2);
	is_bytes("\"0123456789012345678901234567890123456789012345678901234567890123\"",
	         "0123456789012345678901234567890123456789012345678901234567890123", 64);
	is_refused("\"01234567890123456789012345678901234567890123456789012345678901234\"", 66, "64 bytes");
	is_refused("", 1, "nothing");
	is_refused("\"\"", 1, "nothing");
	is_refused("00 \"abc", 4, "not terminated");
	is_refused("\"a\\q\"", 4, "escape");
	is_refused("\"a\\x4\"", 4, "escape");
	is_refused("\"a\\", 4, "escape");
	is_refused("de a be", 4, "two digits");
	is_refused("de xy", 4, "neither");
	is_refused("first", 2, "neither");
	is_refused("0x", 3, "without digits");
	is_refused("0x11223344556677889", 3, "8 bytes");
	return tap_done();
}
