/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/pattern.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

struct pattern_reader {
	const char *text, *at;
	unsigned word;
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

/* The number after u8, u16, u32, u64 or ptr, in as many bytes. */
static int
pattern_read_sized(struct pattern_reader *r, unsigned bytes, bool pointer)
{
	const char *at, *end;
	uint64_t v;
	bool hex;

	r->at += strspn(r->at, " \t");
	at = r->at;
	hex = at[0] == '0' && (at[1] == 'x' || at[1] == 'X');
	if (!parse_u64(at + (hex ? 2 : 0), hex || pointer ? 16 : 10, &end, &v) ||
	    (*end && !strchr(" \t\"", *end)))
		return pattern_refuse(
		    r, at, pointer ? "an address is expected" : "a number is expected",
		    pointer ? "such as ptr 7ffe1234" : "such as u32 42 or u32 0x2a");
	if (bytes < 8 && v >> 8 * bytes)
		return pattern_refuse(r, at, "the number is larger than that",
		                      "u64 takes the largest");
	for (unsigned i = 0; i < bytes; i++) {
		unsigned from = __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? i : bytes - 1 - i;

		if (pattern_add(r, at, (uint8_t)(v >> 8 * from)) < 0)
			return -1;
	}
	r->at = end;
	return 0;
}

/* Whether the next word is this one; then reads past it. */
static bool
pattern_eat(struct pattern_reader *r, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(r->at, word, n) != 0 || !strchr(" \t", r->at[n]))
		return false;
	r->at += n;
	return true;
}

static int
pattern_read_item(struct pattern_reader *r)
{
	static const struct {
		const char *word;
		unsigned bytes;
	} sized[] = {{"u8", 1}, {"u16", 2}, {"u32", 4}, {"u64", 8}};

	if (*r->at == '"')
		return pattern_read_text(r);
	for (size_t i = 0; i < ARRAY_LEN(sized); i++)
		if (pattern_eat(r, sized[i].word))
			return pattern_read_sized(r, sized[i].bytes, false);
	return pattern_eat(r, "ptr") ? pattern_read_sized(r, r->word, true) : pattern_read_word(r);
}

int
pattern_parse_part(const char *text, size_t from, unsigned word, struct pattern *out, size_t *end,
                   struct err *err)
{
	struct pattern made = {.n = 0};
	struct pattern_reader r = {
	    .text = text, .at = text + from, .word = word, .out = &made, .err = err};

	for (r.at += strspn(r.at, " \t"); *r.at; r.at += strspn(r.at, " \t")) {
		const char *at = r.at;

		if (pattern_eat(&r, "in")) {
			r.at = at;
			break;
		}
		if (pattern_read_item(&r) < 0)
			return -1;
	}
	if (!made.n)
		return pattern_refuse(&r, text + from, "nothing to search for",
		                      "\"text\", or bytes in hex: de ad be ef");
	*end = (size_t)(r.at - text);
	*out = made;
	return 0;
}

int
pattern_parse(const char *text, unsigned word, struct pattern *out, struct err *err)
{
	size_t end;
	struct pattern made;
	struct pattern_reader r = {.text = text, .err = err};

	if (pattern_parse_part(text, 0, word, &made, &end, err) < 0)
		return -1;
	if (text[end])
		return pattern_refuse(&r, text + end, "neither \"text\" nor bytes in hex",
		                      "text in quotes: \"abc\"; bytes: 61 62 63");
	*out = made;
	return 0;
}
