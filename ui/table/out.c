/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/out.h"

#include <endian.h>
#include <errno.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "table/fitted.h"

/*
 * A column, with its last value as it was written: of neighbouring pages most are the same. What
 * comes before its values is a separator, in JSON also its key.
 */
struct out_column {
	struct buf lead, field;
	bool any, outside; /* a value was written: */
	struct value value;
	struct buf text; /* what its s was */
	bool right;
	int width; /* of a streamed table; 0: as wide as it is */
};

enum {
	BULK = 32768, /* bytes that are written at once */
	HEX_ROOM = 24, /* for digits, and what is around them */
};

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
	struct out_column *columns;
	size_t hold; /* bytes to collect before they are written */
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
	if (o->line.len)
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

static void
out_begin_columns(struct out *o)
{
	o->columns = mem_alloc(o->n * sizeof(*o->columns));
	for (size_t i = 0; i < o->n; i++) {
		struct out_column *c = &o->columns[i];

		c->right = out_is_right(o, i);
		c->width = o->titles ? 0 : out_width_of(o, i);
		if (!o->json) {
			buf_str(&c->lead, !i ? "" : o->shape.format == FORMAT_CSV ? "," : " ");
			continue;
		}
		o->cell.len = 0;
		json_title(&o->cell, out_title_of(o, i));
		json_member(&c->lead, o->cell.s, i == 0);
	}
}

struct out *
out_begin(const struct out_shape *shape, const enum column_id *ids, const char *const *titles,
          size_t n)
{
	struct out *o = mem_alloc(sizeof(*o));

	*o = (struct out){.shape = *shape, .ids = ids, .titles = titles, .n = n};
	if (!o->shape.to)
		o->shape.to = stdout;
	o->hold = shape->many && !isatty(fileno(o->shape.to)) ? BULK : 0;
	if (shape->format == FORMAT_JSON)
		out_begin_json(o);
	else if (shape->format == FORMAT_TABLE && shape->whole)
		out_begin_table(o);
	else if (!shape->noheadings)
		out_heading(o);
	out_begin_columns(o);
	return o;
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

/* --- rows that are written as they come ------------------------------------------------------- */

static void
out_json_field(struct buf *to, const struct value *v, const char *text)
{
	if (v->kind == VALUE_UNKNOWN)
		json_no_value(to);
	else if (value_is_bare(v->kind))
		buf_str(to, text);
	else
		json_quote(to, text);
}

/* Without blanks at the end of a line, unless numbers are aligned there. */
static void
out_table_field(struct buf *to, const struct out_column *c, const char *text, size_t len, bool last)
{
	int pad = c->width > (int)len ? c->width - (int)len : 0;

	if (c->right)
		buf_fmt(to, "%*s", pad, "");
	buf_add(to, text, len);
	if (!c->right && !last)
		buf_fmt(to, "%*s", pad, "");
}

/* Any value, as it is written in column i. */
static void
out_format(struct out *o, size_t i, const struct value *v)
{
	struct out_column *c = &o->columns[i];
	bool json = o->json != NULL;

	o->cell.len = c->field.len = 0;
	buf_str(&o->cell, "");
	buf_add(&c->field, c->lead.s, c->lead.len);
	value_text(v, json || o->shape.bytes, !json && o->shape.ascii, &o->cell);
	switch (o->shape.format) {
	case FORMAT_JSON: out_json_field(&c->field, v, o->cell.s); return;
	case FORMAT_CSV: out_csv_field(&c->field, o->cell.s); return;
	case FORMAT_RAW: out_raw_field(&c->field, o->cell.s); return;
	case FORMAT_TABLE:
		out_table_field(&c->field, c, o->cell.s, o->cell.len, i + 1 == o->n);
		return;
	}
}

/* By content: what a text is in may be used again for another one. */
static bool
out_is_kept(const struct out_column *c, const struct value *v)
{
	if (!c->any || c->value.kind != v->kind)
		return false;
	if (v->kind != VALUE_TEXT)
		return c->value.n == v->n && c->value.of == v->of;
	if (c->outside != (v->s != NULL))
		return false;
	return !strcmp(v->s ? v->s : v->t, v->s ? c->text.s : c->value.t);
}

static void
out_keep(struct out_column *c, const struct value *v)
{
	c->any = true;
	c->outside = v->s != NULL;
	c->value = *v;
	c->text.len = 0;
	if (v->s)
		buf_str(&c->text, v->s);
}

/* The eight digits of n, all at once; the first one is the highest byte. */
static uint64_t
out_hex_digits(uint32_t n)
{
	static const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t x = n;

	x = (x | x << 16) & UINT64_C(0x0000ffff0000ffff);
	x = (x | x << 8) & UINT64_C(0x00ff00ff00ff00ff);
	x = (x | x << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f); /* a digit a byte */
	return x + '0' * ones + ((x + 6 * ones) >> 4 & ones) * ('a' - '0' - 10);
}

/*
 * An address or a frame number, hardly ever the same twice: straight into the line, as out_format
 * would write it. Returns the end; there is room for it.
 */
static char *
out_hex(const struct out *o, const struct out_column *c, uint64_t n, char *to)
{
	unsigned len = n ? (67 - (unsigned)__builtin_clzll(n)) / 4 : 1;
	__uint128_t digits = (__uint128_t)out_hex_digits((uint32_t)(n >> 32)) << 64 |
	                     out_hex_digits((uint32_t)n);
	uint64_t part[2];

	digits <<= 8 * (16 - len);
	part[0] = htobe64((uint64_t)(digits >> 64));
	part[1] = htobe64((uint64_t)digits);
	for (size_t i = 0; i < c->lead.len; i++) /* mostly one byte */
		*to++ = c->lead.s[i];
	for (int pad = c->width - (int)len - 2; pad > 0; pad--)
		*to++ = ' ';
	if (o->json)
		*to++ = '"';
	*to++ = '0';
	*to++ = 'x';
	memcpy(to, part, sizeof(part)); /* there is room for all of them */
	to += len;
	if (o->json)
		*to++ = '"';
	return to;
}

static char *
out_column_value(struct out *o, size_t i, const struct value *v)
{
	struct out_column *c = &o->columns[i];
	bool hex = v->kind == VALUE_HEX && c->right;
	size_t room;
	char *to;

	if (!hex && !out_is_kept(c, v)) {
		out_format(o, i, v);
		out_keep(c, v);
	}
	room = hex ? c->lead.len + (size_t)c->width + HEX_ROOM : c->field.len;
	to = buf_room(&o->line, room + 1); /* and for the end of the line */
	return hex ? out_hex(o, c, v->n, to) : mempcpy(to, c->field.s, c->field.len);
}

static void
out_row_line(struct out *o, const struct value *v)
{
	for (size_t i = 0; i < o->n; i++)
		o->line.len = (size_t)(out_column_value(o, i, &v[i]) - o->line.s);
	if (!o->json) {
		o->line.s[o->line.len++] = '\n';
		if (o->line.len > o->hold)
			out_flush_line(o);
		return;
	}
	json_members(o->json, &o->line);
	o->line.len = 0;
	if (o->json->text.len > o->hold)
		json_flush(o->json, o->shape.to);
}

void
out_row(struct out *o, const struct value *v)
{
	if (o->table || o->fitted)
		out_row_table(o, v);
	else
		out_row_line(o, v);
}

static void
out_free(struct out *o)
{
	for (size_t i = 0; i < o->n; i++) {
		buf_free(&o->columns[i].lead);
		buf_free(&o->columns[i].field);
		buf_free(&o->columns[i].text);
	}
	free(o->columns);
	free(o->title);
	free(o->right);
	json_free(&o->own);
	buf_free(&o->line);
	buf_free(&o->cell);
	free(o);
}

int
out_end(struct out *o, struct err *err)
{
	FILE *to = o->shape.to;

	out_flush_line(o);
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
	out_free(o);
	if (fflush(to) != 0 || ferror(to))
		return err_sys(err, NULL,
		               to == stdout ? "cannot write to standard output" : "cannot write");
	return 0;
}
