/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/out.h"

#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table/fitted.h"

struct out {
	struct out_shape shape;
	const enum column_id *ids;
	const char *const *titles;
	size_t n;
	/* a whole table: on a terminal, of whose width columns may fall short, or elsewhere */
	struct libscols_table *table;
	struct fitted *fitted;
	const char **title; /* of `fitted` */
	bool *right;
	struct buf line, cell;
	struct json own, *json; /* its own document or the caller's; NULL: not JSON */
};

static const char *
out_title_of(const struct out *o, size_t i)
{
	return o->titles ? o->titles[i] : column_row(o->ids[i])->title;
}

static bool
out_is_right(const struct out *o, size_t i)
{
	if (o->titles)
		return o->shape.align && o->shape.align[i] == 'R';
	return value_is_number(column_row(o->ids[i])->type);
}

static void
out_csv_field(struct buf *out, const char *s)
{
	if (!strpbrk(s, ",\"\r\n")) {
		buf_str(out, s);
		return;
	}
	buf_str(out, "\"");
	for (; *s; s++)
		buf_fmt(out, *s == '"' ? "\"\"" : "%c", *s);
	buf_str(out, "\"");
}

/* Blanks inside a value are written as \x20, because blanks separate the values. */
static void
out_raw_field(struct buf *out, const char *s)
{
	for (size_t n; *s; s += n) {
		n = strcspn(s, " ");
		buf_add(out, s, n);
		if (s[n] == ' ') {
			buf_str(out, "\\x20");
			n++;
		}
	}
}

static void
out_flush_line(struct out *o)
{
	fwrite(o->line.s, 1, o->line.len, o->shape.to);
	o->line.len = 0;
}

static void
out_begin_fitted(struct out *o)
{
	o->title = mem_alloc(o->n * sizeof(*o->title));
	o->right = mem_alloc(o->n * sizeof(*o->right));
	for (size_t i = 0; i < o->n; i++) {
		o->title[i] = out_title_of(o, i);
		o->right[i] = out_is_right(o, i);
	}
	o->fitted = fitted_begin(o->title, o->right, o->n);
}

static void
out_begin_table(struct out *o)
{
	if (!isatty(STDOUT_FILENO)) {
		out_begin_fitted(o);
		return;
	}
	o->table = scols_new_table();
	if (!o->table) {
		errno = ENOMEM;
		return;
	}
	scols_table_set_stream(o->table, o->shape.to);
	scols_table_enable_noheadings(o->table, o->shape.noheadings);
	scols_table_enable_nowrap(o->table, 1);
	for (size_t i = 0; i < o->n; i++)
		scols_table_new_column(o->table, out_title_of(o, i), 0,
		                       out_is_right(o, i) ? SCOLS_FL_RIGHT : 0);
}

/* For a streamed table, whose widths are fixed in advance. */
static int
out_width_of(const struct out *o, size_t i)
{
	const struct column *c = column_row(o->ids[i]);
	int title = (int)strlen(c->title);

	return o->shape.format != FORMAT_TABLE ? 0 : c->width > title ? c->width : title;
}

static void
out_heading(struct out *o)
{
	for (size_t i = 0; i < o->n; i++) {
		const char *sep = i == 0 ? "" : o->shape.format == FORMAT_CSV ? "," : " ";
		int width = o->titles ? 0 : out_width_of(o, i);

		buf_fmt(&o->line, out_is_right(o, i) ? "%s%*s" : "%s%-*s", sep,
		        i + 1 == o->n && !out_is_right(o, i) ? 0 : width, out_title_of(o, i));
	}
	buf_str(&o->line, "\n");
	out_flush_line(o);
}

static void
out_begin_json(struct out *o)
{
	o->json = o->shape.json;
	if (!o->json) {
		o->json = &o->own;
		json_object(o->json, JSON_LINES);
	}
	json_key(o->json, o->shape.name);
	json_array(o->json, JSON_LINES);
	json_flush(o->json, o->shape.to);
}

struct out *
out_begin(const struct out_shape *shape, const enum column_id *ids, const char *const *titles,
          size_t n)
{
	struct out *o = mem_alloc(sizeof(*o));

	*o = (struct out){.shape = *shape, .ids = ids, .titles = titles, .n = n};
	if (!o->shape.to)
		o->shape.to = stdout;
	if (shape->format == FORMAT_JSON)
		out_begin_json(o);
	else if (shape->format == FORMAT_TABLE && shape->whole)
		out_begin_table(o);
	else if (!shape->noheadings)
		out_heading(o);
	return o;
}

static void
out_json_value(struct out *o, const struct value *v)
{
	o->cell.len = 0;
	buf_str(&o->cell, "");
	value_text(v, true, false, &o->cell);
	if (v->kind == VALUE_UNKNOWN)
		json_null(o->json);
	else if (value_is_bare(v->kind))
		json_digits(o->json, o->cell.s);
	else
		json_string(o->json, o->cell.s);
}

static void
out_row_json(struct out *o, const struct value *v)
{
	json_object(o->json, JSON_INLINE);
	for (size_t i = 0; i < o->n; i++) {
		o->cell.len = 0;
		json_title(&o->cell, out_title_of(o, i));
		json_key(o->json, o->cell.s);
		out_json_value(o, &v[i]);
	}
	json_close(o->json);
	json_flush(o->json, o->shape.to);
}

static void
out_row_table(struct out *o, const struct value *v)
{
	struct libscols_line *line = o->table ? scols_table_new_line(o->table, NULL) : NULL;

	for (size_t i = 0; i < o->n; i++) {
		o->cell.len = 0;
		buf_str(&o->cell, "");
		value_text(&v[i], o->shape.bytes, o->shape.ascii, &o->cell);
		if (o->fitted)
			fitted_cell(o->fitted, o->cell.s);
		else if (line)
			scols_line_set_data(line, i, o->cell.s);
	}
}

static void
out_row_text(struct out *o, const struct value *v)
{
	bool csv = o->shape.format == FORMAT_CSV, table = o->shape.format == FORMAT_TABLE;

	for (size_t i = 0; i < o->n; i++) {
		int pad = 0;

		o->cell.len = 0;
		buf_str(&o->cell, "");
		value_text(&v[i], o->shape.bytes, o->shape.ascii, &o->cell);
		if (i)
			buf_str(&o->line, csv ? "," : " ");
		if (table)
			pad = out_width_of(o, i) - (int)o->cell.len;
		if (csv)
			out_csv_field(&o->line, o->cell.s);
		else if (!table)
			out_raw_field(&o->line, o->cell.s);
		else if (pad > 0 && out_is_right(o, i))
			buf_fmt(&o->line, "%*s%s", pad, "", o->cell.s);
		else if (pad > 0 && i + 1 < o->n)
			buf_fmt(&o->line, "%s%*s", o->cell.s, pad, "");
		else
			buf_add(&o->line, o->cell.s, o->cell.len);
	}
	buf_str(&o->line, "\n");
	out_flush_line(o);
}

void
out_row(struct out *o, const struct value *v)
{
	if (o->json)
		out_row_json(o, v);
	else if (o->table || o->fitted)
		out_row_table(o, v);
	else
		out_row_text(o, v);
}

int
out_end(struct out *o, struct err *err)
{
	FILE *to = o->shape.to;

	if (o->fitted) {
		fitted_end(o->fitted, o->shape.noheadings, to);
	} else if (o->table) {
		scols_print_table(o->table);
		scols_unref_table(o->table);
	} else if (o->json) {
		json_close(o->json);
		if (o->json == &o->own)
			json_close(o->json);
		json_flush(o->json, to);
	}
	json_free(&o->own);
	free(o->title);
	free(o->right);
	buf_free(&o->line);
	buf_free(&o->cell);
	free(o);
	if (fflush(to) != 0 || ferror(to))
		return err_sys(err, NULL,
		               to == stdout ? "cannot write to standard output" : "cannot write");
	return 0;
}
