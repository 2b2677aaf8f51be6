/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "filter/lex.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/util.h"

/* --- errors ----------------------------------------------------------------------------------- */

int
lex_column(const struct lex *l, const char *at)
{
	return (int)(at - l->text) + 1;
}

int
lex_bad(const char *text, int column, const char *why, const char *how, struct err *err)
{
	err_set(err, ERR_USAGE, why, how, "cannot read \"%.80s\"", text);
	err->column = column;
	return -1;
}

int
lex_fail(const struct lex *l, const char *at, const char *why, const char *how, struct err *err)
{
	return lex_bad(l->text, lex_column(l, at), why, how, err);
}

/* --- words and signs -------------------------------------------------------------------------- */

void
lex_skip_blanks(struct lex *l)
{
	while (*l->at == ' ' || *l->at == '\t')
		l->at++;
}

bool
lex_is_one_of(const char *names, const char *s, size_t n)
{
	for (const char *at = names; *at;) {
		size_t len = strcspn(at, " ");

		if (len == n && !strncasecmp(at, s, n))
			return true;
		at += len + (at[len] == ' ');
	}
	return false;
}

size_t
lex_word_length(const char *s)
{
	size_t n = 0;

	if (!isalpha((unsigned char)s[0]))
		return 0;
	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_-.:", s[n])))
		n++;
	return n;
}

bool
lex_eat_word(struct lex *l, const char *names)
{
	size_t n = lex_word_length(l->at);

	if (!n || !lex_is_one_of(names, l->at, n))
		return false;
	l->at += n;
	return true;
}

bool
lex_eat_text(struct lex *l, const char *text)
{
	size_t n = strlen(text);

	if (strncasecmp(l->at, text, n))
		return false;
	l->at += n;
	return true;
}

bool
lex_eat_sign(struct lex *l, char sign)
{
	if (*l->at != sign)
		return false;
	l->at++;
	return true;
}

bool
lex_eat_enclosed(struct lex *l, char close, struct lex_word *w)
{
	const char *s = l->at + 1, *end = strchr(s, close);

	if (!end)
		return false;
	*w = (struct lex_word){.s = s, .n = (size_t)(end - s)};
	l->at = end + 1;
	return true;
}

/* --- numbers ---------------------------------------------------------------------------------- */

bool
lex_has_0x(const char *s, size_t n)
{
	return n > 2 && s[0] == '0' && (s[1] | 32) == 'x';
}

bool
lex_hex(const char *s, size_t n, uint64_t *out)
{
	size_t skip = lex_has_0x(s, n) ? 2 : 0;

	return parse_digits(s + skip, n - skip, 16, out);
}

uint64_t
lex_unit(const char *s, size_t n, size_t page_size)
{
	switch (n ? tolower((unsigned char)s[n - 1]) : '\0') {
	case 'k': return UINT64_C(1) << 10;
	case 'm': return UINT64_C(1) << 20;
	case 'g': return UINT64_C(1) << 30;
	case 't': return UINT64_C(1) << 40;
	case 'p': return page_size;
	default: return 0;
	}
}

bool
lex_bytes(const char *s, size_t n, size_t page_size, uint64_t *out)
{
	uint64_t unit = lex_unit(s, n, page_size), by = unit ? unit : 1, v;

	if (lex_has_0x(s, n))
		return lex_hex(s, n, out);
	if (!parse_digits(s, n - (unit != 0), 10, &v) || v > UINT64_MAX / by)
		return false;
	*out = v * by;
	return true;
}

bool
lex_measure(const char *s, size_t n, const struct lex_unit *units, uint64_t *out)
{
	uint64_t whole, part = 0, scale = 1;
	size_t i = 0;

	while (i < n && isdigit((unsigned char)s[i]))
		i++;
	if (!parse_digits(s, i, 10, &whole))
		return false;
	if (i < n && s[i] == '.')
		for (i++; i < n && isdigit((unsigned char)s[i]) && scale < 1000000; i++) {
			part = part * 10 + (uint64_t)(s[i] - '0');
			scale *= 10;
		}
	while (units->name &&
	       (strlen(units->name) != n - i || strncasecmp(s + i, units->name, n - i)))
		units++;
	if (!units->name || whole > UINT64_MAX / units->by / 2)
		return false;
	*out = whole * units->by + part * units->by / scale;
	return true;
}
