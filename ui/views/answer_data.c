/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/answer_data.h"

#include <stdio.h>

#include "base/util.h"
#include "table/out.h"
#include "views/answer_text.h"
#include "views/hex.h"

void
answer_json_facts(struct json *j, const struct answer *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct fact *f = &a->f[i];

		json_key(j, f->key);
		if (!f->value[0])
			json_null(j);
		else if (f->number)
			json_digits(j, f->value);
		else
			json_string(j, f->value);
	}
}

static void
answer_json_hex(struct json *j, const struct bytes *x, uint64_t from, uint64_t to)
{
	struct buf hex = {0};
	uint8_t byte;

	buf_str(&hex, "");
	for (uint64_t at = from; at < to; at++)
		if (bytes_at(x, at, &byte))
			buf_fmt(&hex, "%02x", byte);
	json_string(j, hex.s);
	buf_free(&hex);
}

static void
answer_json_address(struct json *j, const char *key, uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)address);
	json_key(j, key);
	json_string(j, text);
}

static void
answer_json_piece(struct json *j, const struct bytes *x, uint64_t start, uint64_t end)
{
	const struct bytes_page *p = bytes_page(x, start);
	struct buf why = {0};

	json_object(j, JSON_INLINE);
	answer_json_address(j, "start", start);
	answer_json_address(j, "end", end);
	json_key(j, "bytes");
	if (p->kind == BYTES_READ) {
		answer_json_hex(j, x, start, end);
	} else {
		json_null(j);
		bytes_why(p, &why);
	}
	json_key(j, "why");
	if (p->kind == BYTES_READ)
		json_null(j);
	else
		json_string(j, why.s);
	json_close(j);
	buf_free(&why);
}

/*
 * "bytes" has all of them, or null if one is missing; then "pieces" has them page by page, with the
 * reason for each missing one.
 */
static void
answer_json_bytes(struct json *j, const struct bytes *x)
{
	bool whole = true;

	for (size_t i = 0; i < x->pages_n; i++)
		whole &= x->pages[i].kind == BYTES_READ;
	json_key(j, "bytes");
	if (whole)
		answer_json_hex(j, x, x->start, x->end);
	else
		json_null(j);
	json_key(j, "pieces");
	json_array(j, JSON_INLINE);
	for (uint64_t at = x->start; at < x->end; at = hex_stretch(x, at))
		answer_json_piece(j, x, at, hex_stretch(x, at));
	json_close(j);
}

static void
answer_json_table(struct json *j, const struct answer_table *t)
{
	struct buf key = {0};

	json_key(j, t->key);
	json_array(j, JSON_LINES);
	for (size_t i = 0; i < t->n; i++) {
		const struct answer_column *c = &t->column[i % t->columns];

		if (i % t->columns == 0)
			json_object(j, JSON_INLINE);
		key.len = 0;
		json_title(&key, c->title);
		json_key(j, key.s);
		if (!t->cell[i][0])
			json_null(j);
		else if (c->kind == ANSWER_TEXT || c->kind == ANSWER_TIME)
			json_string(j, t->cell[i]);
		else
			json_digits(j, t->cell[i]);
		if ((i + 1) % t->columns == 0)
			json_close(j);
	}
	json_close(j);
	if (t->more) {
		json_key(j, "more");
		json_number(j, t->more);
	}
	buf_free(&key);
}

void
answer_json(struct json *j, const char *question, const struct answer *a)
{
	json_object(j, JSON_INLINE);
	json_key(j, "query");
	json_string(j, question);
	answer_json_facts(j, a);
	if (a->bytes)
		answer_json_bytes(j, a->bytes);
	if (a->table.key)
		answer_json_table(j, &a->table);
	json_close(j);
}

static void
answer_csv_row(struct out *o, char *const *cell, size_t n)
{
	struct value v[ANSWER_COLUMNS];

	for (size_t c = 0; c < n; c++)
		v[c] = cell[c][0] ? (struct value){.kind = VALUE_TEXT, .s = cell[c]}
		                  : (struct value){.kind = VALUE_UNKNOWN};
	out_row(o, v);
}

int
answer_csv(const struct answer *a, FILE *to, struct err *err)
{
	const struct answer_table *t = &a->table;
	struct out_shape shape = {.format = FORMAT_CSV, .bytes = true, .name = "rows", .to = to};
	const char *titles[ANSWER_COLUMNS] = {"FACT", "VALUE"};
	struct out *o;

	for (size_t c = 0; t->key && c < t->columns; c++)
		titles[c] = t->column[c].title;
	o = out_begin(&shape, NULL, titles, t->key ? t->columns : 2);
	for (size_t i = 0; t->key && i < t->n; i += t->columns)
		answer_csv_row(o, t->cell + i, t->columns);
	for (size_t i = 0; !t->key && i < a->n; i++) {
		char key[64], *fact[] = {key, a->f[i].value};

		snprintf(key, sizeof(key), "%s", a->f[i].key);
		answer_csv_row(o, fact, 2);
	}
	return out_end(o, err);
}
