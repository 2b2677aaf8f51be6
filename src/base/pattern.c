/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pattern.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

struct pattern_reader {
	const char *text, *at;
	struct pattern *out;
	struct err *err;
};

static int
pattern_refuse(struct pattern_reader *r, const char *at, const char *why, const char *how)
{
	err_set(r->err, ERR_USAGE, why, how, "cannot read the search pattern");
	r->err->column = (int)(at - r->text) + 1;
	return -1;
}

static int
pattern_add(struct pattern_reader *r, const char *at, uint8_t byte)
{
	if (r->out->n == PATTERN_MAX)
		return pattern_refuse(r, at, "more than 64 bytes", "search for fewer");
	r->out->byte[r->out->n++] = byte;
	return 0;
}

static uint8_t
pattern_digit(char c)
{
	return (uint8_t)(isdigit((unsigned char)c) ? c - '0'
	                                           : tolower((unsigned char)c) - 'a' + 10);
}

static bool
pattern_is_byte(const char *s)
{
	return isxdigit((unsigned char)s[0]) && isxdigit((unsigned char)s[1]);
}

/* Reads what follows the backslash. */
static int
pattern_read_escape(struct pattern_reader *r)
{
	static const char signs[] = "ntr0\\\"", bytes[] = "\n\t\r\0\\\"";
	const char *at = r->at, *sign = *at ? strchr(signs, *at) : NULL;

	if (sign) {
		r->at++;
		return pattern_add(r, at, (uint8_t)bytes[sign - signs]);
	}
	if (*at != 'x' || !pattern_is_byte(at + 1))
		return pattern_refuse(r, at, "no such escape",
		                      "\\n \\t \\r \\0 \\\\ \\\" or \\x and two digits");
	r->at += 3;
	return pattern_add(r, at, (uint8_t)(pattern_digit(at[1]) << 4 | pattern_digit(at[2])));
}

static int
pattern_read_text(struct pattern_reader *r)
{
	const char *from = r->at++;

	while (*r->at && *r->at != '"') {
		const char *at = r->at++;

		if ((*at == '\\' ? pattern_read_escape(r) : pattern_add(r, at, (uint8_t)*at)) < 0)
			return -1;
	}
	if (!*r->at)
		return pattern_refuse(r, from, "the text is not terminated", "end it with \"");
	r->at++;
	return 0;
}

/* Reads what follows 0x: its digits decide how many bytes it takes. */
static int
pattern_read_number(struct pattern_reader *r, size_t digits)
{
	const char *at = r->at;
	uint8_t big[8] = {0};
	size_t n = (digits + 1) / 2;

	if (digits == 0 || digits > 2 * sizeof(big))
		return pattern_refuse(
		    r, at, digits ? "a number of more than 8 bytes" : "0x without digits",
		    "0x7ffe1234, or bytes: 7f fe");
	for (size_t i = 0; i < digits; i++) {
		size_t from_end = digits - 1 - i;

		big[n - 1 - from_end / 2] |= (uint8_t)(pattern_digit(at[i]) << (from_end % 2 * 4));
	}
	for (size_t i = 0; i < n; i++)
		if (pattern_add(r, at,
		                __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? big[n - 1 - i]
		                                                          : big[i]) < 0)
			return -1;
	r->at += digits;
	return 0;
}

static int
pattern_read_hex(struct pattern_reader *r, size_t digits)
{
	if (digits % 2)
		return pattern_refuse(r, r->at + digits - 1, "a byte has two digits",
		                      "0a for a; 0xabc is a number");
	for (; digits; digits -= 2, r->at += 2)
		if (pattern_add(r, r->at,
		                (uint8_t)(pattern_digit(r->at[0]) << 4 | pattern_digit(r->at[1]))) <
		    0)
			return -1;
	return 0;
}

static int
pattern_read_word(struct pattern_reader *r)
{
	static const char hex[] = "0123456789abcdefABCDEF";
	bool number = r->at[0] == '0' && (r->at[1] == 'x' || r->at[1] == 'X');
	size_t n;

	r->at += number ? 2 : 0;
	n = strspn(r->at, hex);
	if (r->at[n] && !strchr(" \t\"", r->at[n]))
		return pattern_refuse(r, r->at + n, "neither \"text\" nor bytes in hex",
		                      "text in quotes: \"abc\"; bytes: 61 62 63");
	return number ? pattern_read_number(r, n) : pattern_read_hex(r, n);
}

int
pattern_parse(const char *text, struct pattern *out, struct err *err)
{
	struct pattern made = {.n = 0};
	struct pattern_reader r = {.text = text, .at = text, .out = &made, .err = err};

	for (;;) {
		r.at += strspn(r.at, " \t");
		if (!*r.at)
			break;
		if ((*r.at == '"' ? pattern_read_text(&r) : pattern_read_word(&r)) < 0)
			return -1;
	}
	if (!made.n)
		return pattern_refuse(&r, text, "nothing to search for",
		                      "\"text\", or bytes in hex: de ad be ef");
	*out = made;
	return 0;
}
