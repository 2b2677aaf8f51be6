/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/text.h"

#include <utf8proc.h>

size_t
utf8_next(const char *s, size_t n, uint32_t *cp)
{
	utf8proc_int32_t c;
	utf8proc_ssize_t len;

	if (n && (unsigned char)*s < 0x80) {
		*cp = (unsigned char)*s;
		return 1;
	}
	len = utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)n, &c);
	if (len <= 0)
		return 0;
	*cp = (uint32_t)c;
	return (size_t)len;
}

/* Arrows, lines and blocks, of which our own text has many: none of them joins another. */
static bool
text_is_sign(uint32_t cp)
{
	return cp >= 0x2190 && cp < 0x2600;
}

/* Whether there is a cluster boundary between the two; `state` covers all text before. */
static bool
text_parts(uint32_t before, uint32_t cp, int32_t *state)
{
	if (text_is_sign(before) && text_is_sign(cp))
		return true;
	return utf8proc_grapheme_break_stateful((utf8proc_int32_t)before, (utf8proc_int32_t)cp,
	                                        state);
}

size_t
utf8_cluster(const char *s, size_t n)
{
	uint32_t before = 0, cp;
	size_t len = n ? utf8_next(s, n, &before) : 0;
	int32_t state = 0;

	if (!len)
		return n ? 1 : 0;
	while (len < n && (unsigned char)s[len] >= 0x80) {
		size_t more = utf8_next(s + len, n - len, &cp);

		if (!more || text_parts(before, cp, &state))
			break;
		len += more;
		before = cp;
	}
	return len;
}

uint32_t
utf8_small(uint32_t cp)
{
	return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
}

/*
 * By Unicode category, so that no two names look the same and no character moves its neighbours:
 * controls, formats (soft hyphen, directions, joiners, tags), line and paragraph separators;
 * characters drawn as nothing (fillers, variation selectors); private use, whose look and width
 * depend on the font; noncharacters and unassigned code points. Spaces are visible, and many
 * scripts need combining marks: both stay.
 */
bool
text_is_unsafe(uint32_t cp)
{
	const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)cp);

	return p->category == UTF8PROC_CATEGORY_CC || p->category == UTF8PROC_CATEGORY_CF ||
	       p->category == UTF8PROC_CATEGORY_CN || p->category == UTF8PROC_CATEGORY_CO ||
	       p->category == UTF8PROC_CATEGORY_CS || p->category == UTF8PROC_CATEGORY_ZL ||
	       p->category == UTF8PROC_CATEGORY_ZP || p->ignorable;
}

/*
 * Drawn on the character before it: combining marks, and the vowels and finals of Korean syllables.
 */
static bool
text_leans(uint32_t cp)
{
	const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)cp);

	return p->category == UTF8PROC_CATEGORY_MN || p->category == UTF8PROC_CATEGORY_ME ||
	       p->boundclass == UTF8PROC_BOUNDCLASS_V || p->boundclass == UTF8PROC_BOUNDCLASS_T;
}

static bool
text_is_skin(uint32_t cp)
{
	const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)cp);

	return p->category == UTF8PROC_CATEGORY_SK && p->boundclass == UTF8PROC_BOUNDCLASS_EXTEND;
}

/* The last character written unescaped, and the marks on it. */
struct text_before {
	uint32_t cp;
	int32_t state;
	unsigned marks;
	bool any;
};

/* Whether all terminals draw it in the same cells; if so, it becomes the last character written. */
static bool
text_takes(struct text_before *b, uint32_t cp)
{
	bool apart = !b->any || text_parts(b->cp, cp, &b->state), leans = text_leans(cp);

	if (leans ? apart || b->marks == TEXT_MARKS : !apart && text_is_skin(cp))
		return false;
	if (apart)
		b->state = 0;
	b->marks = leans ? b->marks + 1 : 0;
	b->cp = cp;
	b->any = true;
	return true;
}

/* The bytes of plain ASCII that it begins with: these need no escape, whatever is before them. */
static size_t
text_plain(const char *s, size_t n)
{
	size_t i = 0;

	while (i < n && s[i] >= ' ' && s[i] < 0x7f)
		i++;
	return i;
}

void
text_escape(struct buf *b, const char *s, size_t n, bool ascii)
{
	const unsigned char *u = (const unsigned char *)s;
	struct text_before before = {0};

	for (size_t i = 0; i < n;) {
		uint32_t cp = 0;
		size_t len = text_plain(s + i, n - i);

		if (len) {
			buf_add(b, s + i, len);
			i += len;
			before = (struct text_before){.cp = u[i - 1], .any = true};
			continue;
		}
		len = utf8_next(s + i, n - i, &cp);
		if (len && !text_is_unsafe(cp) && (!ascii || cp < 0x7f) &&
		    text_takes(&before, cp)) {
			buf_add(b, s + i, len);
			i += len;
			continue;
		}
		for (size_t k = 0; k < (len ? len : 1); k++)
			buf_fmt(b, "\\%03o", u[i + k]);
		i += len ? len : 1;
		before.any = false;
	}
}
