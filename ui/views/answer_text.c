/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/answer_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "term/fit.h"
#include "views/hex.h"

static size_t
answer_rows(const struct answer_table *t)
{
	return t->columns ? t->n / t->columns : 0;
}

/* "12:30:05.441" of "2026-12-01T12:30:05.441+00:00", with the date if there are several. */
static void
answer_time(const struct answer_table *t, const char *cell, struct buf *out)
{
	const char *clock = strchr(cell, 'T');

	if (t->dated)
		buf_fmt(out, "%.*s ", (int)(clock - cell), cell);
	buf_fmt(out, "%.*s", (int)strcspn(clock + 1, "+-Z"), clock + 1);
}

/* The heading (row 0), or a cell of row 1, 2, ... */
static void
answer_cell_text_of(const struct answer_text *x, size_t row, size_t column, struct buf *out)
{
	const struct answer_column *c = &x->table->column[column];
	const char *cell = row ? x->table->cell[(row - 1) * x->table->columns + column] : c->title;
	char size[8];

	if (row && c->kind == ANSWER_SIZE && cell[0])
		buf_str(out, size_text(size, strtoull(cell, NULL, 10)));
	else if (row && c->kind == ANSWER_TIME && cell[0])
		answer_time(x->table, cell, out);
	else
		text_escape(out, cell, strlen(cell), x->ascii);
}

void
answer_text_begin(struct answer_text *x, const struct answer *a, bool ascii)
{
	struct buf b = {0};

	*x = (struct answer_text){.table = &a->table, .ascii = ascii};
	for (size_t row = 0; a->table.key && row <= answer_rows(x->table); row++)
		for (size_t c = 0; c < x->table->columns; c++) {
			size_t width;

			b.len = 0;
			answer_cell_text_of(x, row, c, &b);
			width = b.len ? fit_width(b.s, b.len) : 0;
			x->width[c] = x->width[c] > width ? x->width[c] : width;
		}
	buf_free(&b);
}

size_t
answer_text_lines(const struct answer_text *x)
{
	size_t rows = answer_rows(x->table), more = x->table->more > 0;

	return x->table->key && rows + more ? 1 + rows + more : 0;
}

void
answer_text_line(const struct answer_text *x, size_t i, struct buf *out)
{
	const struct answer_table *t = x->table;
	struct buf b = {0};

	if (i > answer_rows(t)) {
		buf_fmt(out, "and %llu more", (unsigned long long)t->more);
		return;
	}
	for (size_t c = 0; c < t->columns; c++) {
		bool left = t->column[c].kind == ANSWER_TEXT || t->column[c].kind == ANSWER_TIME;
		bool last = c + 1 == t->columns;
		int room;

		b.len = 0;
		buf_str(&b, "");
		answer_cell_text_of(x, i, c, &b);
		room = (int)(x->width[c] - (b.len ? fit_width(b.s, b.len) : 0));
		buf_fmt(out, "%s%*s%s%*s", c ? " " : "", left ? 0 : room, "", b.s,
		        left && !last ? room : 0, "");
	}
	buf_free(&b);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void
answer_text_fact(const struct fact *f, bool ascii, struct buf *out)
{
	buf_fmt(out, "  %-14s ", f->key);
	text_escape(out, f->value, strlen(f->value), ascii);
	if (f->note)
		buf_fmt(out, "%s%s",
		        !f->value[0]        ? ""
		        : f->note[0] == '(' ? " "
		                            : "; ",
		        f->note);
	buf_str(out, "\n");
}

void
answer_text_all(const struct answer *a, bool ascii, struct buf *out)
{
	struct answer_text x;

	text_escape(out, a->line, strlen(a->line), ascii);
	buf_str(out, "\n");
	if (a->bytes)
		hex_dump(out, a->bytes);
	for (size_t i = 0; i < a->n && !a->bytes; i++)
		answer_text_fact(&a->f[i], ascii, out);
	answer_text_begin(&x, a, ascii);
	for (size_t i = 0; i < answer_text_lines(&x); i++) {
		buf_str(out, "  ");
		answer_text_line(&x, i, out);
		buf_str(out, "\n");
	}
}
