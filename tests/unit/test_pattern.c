/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Search patterns: what typed text becomes, what is refused, and at which column. */
#include "base/pattern.h"
#include "tap.h"

static void
is_bytes(const char *text, const char *want, size_t n)
{
	struct pattern p;
	struct err err = {0};

	if (!ok(pattern_parse(text, 8, &p, &err) == 0 && p.n == n && !memcmp(p.byte, want, n), text))
		printf("# %zu bytes, %s\n", p.n, err.why);
}

static void
is_refused(const char *text, int column, const char *why)
{
	struct pattern p;
	struct err err = {0};

	if (!ok(pattern_parse(text, 8, &p, &err) < 0 && err.column == column && strstr(err.why, why), text))
		printf("# column %d, %s\n", err.column, err.why);
}

static void
is_pointer32(void)
{
	struct pattern p;
	struct err err;

	ok(pattern_parse("ptr 8048000", 4, &p, &err) == 0 && p.n == 4 && !memcmp(p.byte, "\0\x80\x04\x08", 4) &&
	       pattern_parse("ptr 123456789", 4, &p, &err) == -1,
	   "a pointer of 32 bits");
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
	is_bytes("u8 255 u16 1 u32 0x2a", "\xff\x01\0\x2a\0\0\0", 7);
	is_bytes("u64 42 \"a\"", "\x2a\0\0\0\0\0\0\0a", 9);
	is_bytes("ptr 7ffe1234", "\x34\x12\xfe\x7f\0\0\0\0", 8);
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
	is_refused("u8 256", 4, "larger");
	is_refused("u32 ff", 5, "a number");
	is_refused("u64", 4, "a number");
	is_refused("u64 ", 5, "a number");
	is_refused("ptr main", 5, "an address");
	is_refused("u64 99999999999999999999", 5, "a number");
	is_refused("\"a\" in heap", 5, "neither");
	is_pointer32();
	return tap_done();
}
