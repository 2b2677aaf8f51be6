/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/fit.h"

#include <string.h>

#include "base/text.h"
#include "query/query.h"
#include "term/paint.h"

enum { NAME_ROOM = 4 }; /* least columns for a name; with less it is left out */

void
fit_name(struct buf *out, const struct vma *v)
{
	const char *name = vma_shown_name(v);

	text_escape(out, name, strlen(name), !paint_utf8());
}

/* Whether s is one \ooo escape of text_escape. */
static bool
fit_is_escape(const char *s, size_t n)
{
	enum { LEN = 4 };

	if (n < LEN || s[0] != '\\')
		return false;
	for (int i = 1; i < LEN; i++)
		if (s[i] < '0' || s[i] > '7')
			return false;
	return true;
}

/* The width, as paint_text will draw it. */
static size_t
fit_columns(const char *s, size_t n)
{
	size_t sum = 0;

	for (size_t i = 0, len; i < n; i += len) {
		uint32_t cp;

		len = utf8_next(s + i, n - i, &cp);
		sum += len ? paint_columns(cp) : 1;
		len += !len;
	}
	return sum;
}

/* The next unit that must not be split, a grapheme cluster or an escape: its bytes and columns. */
static size_t
fit_next_char(const char *s, size_t n, size_t *columns)
{
	size_t len;

	if (fit_is_escape(s, n))
		return *columns = 4;
	len = utf8_cluster(s, n);
	*columns = fit_columns(s, len);
	return len;
}

size_t
fit_width(const char *s, size_t n)
{
	size_t sum = 0, columns;

	for (size_t i = 0; i < n; sum += columns)
		i += fit_next_char(s + i, n - i, &columns);
	return sum;
}

size_t
fit_fit(const char *s, size_t columns)
{
	size_t n = strlen(s), i = 0, sum = 0;

	while (i < n) {
		size_t c, len = fit_next_char(s + i, n - i, &c);

		if (sum + c > columns)
			break;
		sum += c;
		i += len;
	}
	return i;
}

size_t
fit_skip(const char *s, size_t n, size_t columns)
{
	size_t left = fit_width(s, n), i = 0, c;

	while (left > columns) {
		i += fit_next_char(s + i, n - i, &c);
		left -= c;
	}
	return i;
}

size_t
fit_line(const char *text, size_t width)
{
	size_t n = fit_fit(text, width), cut = n;

	if (!text[n])
		return n;
	while (cut && text[cut] != ' ')
		cut--;
	return cut ? cut : n ? n : strlen(text);
}

/* Cuts the middle, keeping the last `tail` columns. */
static void
fit_cut_before(struct buf *out, const char *s, size_t width, size_t tail)
{
	buf_add(out, s, fit_fit(s, width - tail - 1));
	buf_str(out, paint_utf8() ? "…" : "~");
	buf_str(out, s + fit_skip(s, strlen(s), tail));
}

/*
 * Keeps the file's name and as much of the path before it as fits; or at least the name's
 * beginning.
 */
static void
fit_cut_path(struct buf *out, const char *s, size_t width)
{
	const char *slash = strrchr(s, '/');
	size_t base = fit_width(slash, strlen(slash));

	if (base + 1 <= width)
		fit_cut_before(out, s, width, base);
	else
		fit_cut_end(out, slash + 1, width);
}

/*
 * Drops "(deleted)" before it cuts the file's name. Names that are not paths keep their beginning.
 */
static void
fit_cut_name(struct buf *out, const char *s, size_t width)
{
	static const char deleted[] = " (deleted)";
	const char *slash = strrchr(s, '/'), *end = strstr(slash ? slash : "", deleted);
	struct buf bare = {0};
	size_t n;

	if (s[0] != '/') {
		fit_cut_end(out, s, width);
		return;
	}
	if (!end || end[strlen(deleted)] || fit_width(slash, strlen(slash)) + 1 <= width) {
		fit_cut_path(out, s, width);
		return;
	}
	buf_add(&bare, s, (size_t)(end - s));
	n = fit_width(bare.s, bare.len);
	if (n < width)
		fit_cut_before(out, bare.s, n + 1, 0);
	else
		fit_cut_path(out, bare.s, width);
	buf_free(&bare);
}

void
fit_cut(struct buf *out, const char *text, size_t width)
{
	size_t n = fit_width(text, strlen(text));

	if (n <= width)
		buf_str(out, text);
	else if (width >= 4)
		fit_cut_name(out, text, width);
	else if (width)
		fit_cut_before(out, text, width, 0);
}

void
fit_cut_end(struct buf *out, const char *text, size_t width)
{
	size_t n = fit_width(text, strlen(text));

	if (n <= width)
		buf_str(out, text);
	else if (width)
		fit_cut_before(out, text, width, 0);
}

int
fit_draw_cut(int y, int x, int right, enum role role, const char *text)
{
	struct buf cut = {0};

	if (text && right > x)
		fit_cut_end(&cut, text, (size_t)(right - x));
	x = paint_text(y, x, right, role, "%s", cut.s ? cut.s : "");
	buf_free(&cut);
	return x;
}

int
fit_draw_lines(int y, int bottom, int right, enum role role, const char *text)
{
	while (*text && y < bottom) {
		size_t n = fit_line(text, (size_t)(right - 1));

		paint_text(y++, 1, right, role, "%.*s", (int)n, text);
		text += n + (text[n] == ' ');
	}
	return y;
}

void
fit_name_cut(struct buf *out, const struct vma *v, size_t width)
{
	struct buf name = {0};

	fit_name(&name, v);
	fit_cut(out, name.s, width);
	buf_free(&name);
}

void
fit_place_text(struct buf *out, const struct vma_list *vmas, const struct vma *v, uint64_t addr,
              size_t width)
{
	struct buf text = {0};
	bool named = query_place_text(vmas, v, addr, true, !paint_utf8(), &text);

	if (named && fit_width(text.s, text.len) > width) {
		buf_free(&text);
		query_place_text(vmas, v, addr, false, !paint_utf8(), &text);
	}
	if (named && fit_width(text.s, text.len) > width) {
		buf_free(&text);
		query_start_text(v, addr, &text);
	}
	if (!named && width > text.len + NAME_ROOM) {
		fit_name_cut(out, v, width - text.len - 1);
		buf_str(out, " ");
	}
	buf_add(out, text.s, text.len);
	buf_free(&text);
}
