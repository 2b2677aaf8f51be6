/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/fitted.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>
#include <wctype.h>

#include "base/util.h"

enum { AT_ONCE = 1 << 16 }; /* bytes a write */

struct fitted {
	const char *const *titles;
	const bool *right;
	size_t n, cells;
	size_t *width;    /* of each column */
	struct buf text;  /* all cells, each ended by a NUL */
	struct buf plain; /* one of them, made printable */
	struct buf line;
};

/* --- a cell ----------------------------------------------------------------------------------- */

/* Whether each byte is one printable character of one column; *n: how many. */
static bool
fitted_is_simple(const char *s, size_t *n)
{
	static const bool simple[256] = {[' ' ... '['] = true, [']' ... '~'] = true};
	const char *at = s;

	while (simple[(unsigned char)*at] || (*at == '\\' && at[1] != 'x'))
		at++;
	*n = (size_t)(at - s);
	return !*at;
}

static void
fitted_add_hex(struct buf *out, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_fmt(out, "\\x%02x", (unsigned char)s[i]);
}

/* Appends the character at s; returns its columns, *len its bytes. */
static size_t
fitted_add_char(struct buf *out, const char *s, mbstate_t *state, size_t *len)
{
	size_t before = out->len;
	wchar_t wide;

	*len = 1;
	if (iscntrl((unsigned char)*s) || (*s == '\\' && s[1] == 'x')) {
		fitted_add_hex(out, s, 1);
		return out->len - before;
	}
	*len = mbrtowc(&wide, s, MB_CUR_MAX, state);
	if (*len != (size_t)-1 && *len != (size_t)-2 && iswprint((wint_t)wide)) {
		buf_add(out, s, *len);
		return wcwidth(wide) > 0 ? (size_t)wcwidth(wide) : 0;
	}
	if (*len == (size_t)-1 || *len == (size_t)-2) {
		*len = 1;
		memset(state, 0, sizeof(*state));
		if (isprint((unsigned char)*s)) {
			buf_add(out, s, 1);
			return 1;
		}
	}
	fitted_add_hex(out, s, *len);
	return out->len - before;
}

/* The text as it is written, *bytes long; returns its columns. */
static size_t
fitted_plain(struct fitted *f, const char **text, size_t *bytes)
{
	mbstate_t state = {0};
	size_t width = 0, len;

	if (fitted_is_simple(*text, bytes))
		return *bytes;
	f->plain.len = 0;
	for (const char *s = *text; *s; s += len)
		width += fitted_add_char(&f->plain, s, &state, &len);
	*text = f->plain.s;
	*bytes = width ? f->plain.len : 0; /* what takes no column is not written */
	return width;
}

/* --- the table -------------------------------------------------------------------------------- */

struct fitted *
fitted_begin(const char *const *titles, const bool *right, size_t n)
{
	struct fitted *f = mem_alloc(sizeof(*f));

	*f = (struct fitted){.titles = titles, .right = right, .n = n};
	f->width = mem_alloc(n * sizeof(*f->width));
	for (size_t i = 0; i < n; i++) {
		const char *title = titles[i];
		size_t bytes;

		f->width[i] = u64_max(fitted_plain(f, &title, &bytes), 1);
	}
	return f;
}

void
fitted_cell(struct fitted *f, const char *text)
{
	size_t *width = &f->width[f->cells++ % f->n], bytes, columns;
	const char *plain = text;

	columns = fitted_plain(f, &plain, &bytes);
	*width = u64_max(*width, columns);
	buf_add(&f->text, text, plain == text ? bytes + 1 : strlen(text) + 1);
}

static void
fitted_pad(struct buf *line, size_t n)
{
	memset(buf_room(line, n), ' ', n);
	buf_grew(line, n);
}

static void
fitted_write(struct fitted *f, FILE *to)
{
	fwrite(f->line.s, 1, f->line.len, to);
	f->line.len = 0;
}

/* No blanks follow the last cell. */
static void
fitted_put(struct fitted *f, size_t column, const char *text, FILE *to)
{
	size_t bytes, columns = fitted_plain(f, &text, &bytes),
		      blanks = f->width[column] - columns;
	bool last = column + 1 == f->n;

	if (f->right[column] && !(last && !bytes))
		fitted_pad(&f->line, blanks);
	buf_add(&f->line, text, bytes);
	if (!f->right[column] && !last)
		fitted_pad(&f->line, blanks);
	buf_add(&f->line, last ? "\n" : " ", 1);
	if (last && f->line.len >= AT_ONCE)
		fitted_write(f, to);
}

void
fitted_end(struct fitted *f, bool noheadings, FILE *to)
{
	const char *s = f->text.s;

	for (size_t i = 0; i < f->n && f->cells && !noheadings; i++)
		fitted_put(f, i, f->titles[i], to);
	for (size_t i = 0; i < f->cells; i++, s += strlen(s) + 1)
		fitted_put(f, i % f->n, s, to);
	if (f->line.len)
		fitted_write(f, to);
	buf_free(&f->text);
	buf_free(&f->plain);
	buf_free(&f->line);
	free(f->width);
	free(f);
}
