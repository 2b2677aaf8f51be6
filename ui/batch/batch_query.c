/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -e: answers as the prompt does. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "batch/batch_state.h"
#include "query/answer.h"
#include "query/answer_query.h"
#include "views/answer_text.h"
#include "views/hex.h"

static void
batch_add_table(struct buf *b, const struct answer *a, bool ascii)
{
	struct answer_text x;

	answer_text_begin(&x, a, ascii);
	for (size_t i = 0; i < answer_text_lines(&x); i++) {
		buf_str(b, "\n  ");
		answer_text_line(&x, i, b);
	}
}

static void
batch_print_answer(const struct answer *a, bool ascii, bool last)
{
	struct buf b = {0};

	text_escape(&b, a->line, strlen(a->line), ascii);
	if (a->bytes) {
		buf_str(&b, "\n");
		hex_dump(&b, a->bytes);
		b.s[--b.len] = '\0';
	}
	for (size_t i = 0; i < a->n && !a->bytes; i++) {
		const struct fact *f = &a->f[i];

		buf_fmt(&b, "\n  %-14s ", f->key);
		text_escape(&b, f->value, strlen(f->value), ascii);
		if (f->note)
			buf_fmt(&b, "%s%s",
			        !f->value[0]        ? ""
			        : f->note[0] == '(' ? " "
			                            : "; ",
			        f->note);
	}
	batch_add_table(&b, a, ascii);
	printf("%s\n%s", b.s, last ? "" : "\n");
	buf_free(&b);
}

static void
batch_json_hex(struct json *j, const struct bytes *x, uint64_t from, uint64_t to)
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
batch_json_address(struct json *j, const char *key, uint64_t address)
{
	char text[24];

	snprintf(text, sizeof(text), "%#llx", (unsigned long long)address);
	json_key(j, key);
	json_string(j, text);
}

static void
batch_json_piece(struct json *j, const struct bytes *x, uint64_t start, uint64_t end)
{
	const struct bytes_page *p = bytes_page(x, start);
	struct buf why = {0};

	json_object(j, JSON_INLINE);
	batch_json_address(j, "start", start);
	batch_json_address(j, "end", end);
	json_key(j, "bytes");
	if (p->kind == BYTES_READ) {
		batch_json_hex(j, x, start, end);
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
batch_json_bytes(struct json *j, const struct bytes *x)
{
	bool whole = true;

	for (size_t i = 0; i < x->pages_n; i++)
		whole &= x->pages[i].kind == BYTES_READ;
	json_key(j, "bytes");
	if (whole)
		batch_json_hex(j, x, x->start, x->end);
	else
		json_null(j);
	json_key(j, "pieces");
	json_array(j, JSON_INLINE);
	for (uint64_t at = x->start; at < x->end; at = hex_stretch(x, at))
		batch_json_piece(j, x, at, hex_stretch(x, at));
	json_close(j);
}

static void
batch_json_table(struct json *j, const struct answer_table *t)
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
		else if (c->kind == ANSWER_TEXT)
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

static void
batch_json_answer(struct json *j, const char *question, const struct answer *a)
{
	json_object(j, JSON_INLINE);
	json_key(j, "query");
	json_string(j, question);
	batch_json_facts(j, a);
	if (a->bytes)
		batch_json_bytes(j, a->bytes);
	if (a->table.key)
		batch_json_table(j, &a->table);
	json_close(j);
}

static void
batch_print_json_answers(const struct options *o, struct answer *const *a)
{
	struct json j = {0};

	json_object(&j, JSON_LINES);
	json_key(&j, "answers");
	json_array(&j, JSON_LINES);
	for (size_t i = 0; i < o->queries_n; i++)
		batch_json_answer(&j, o->queries[i], a[i]);
	json_close(&j);
	json_close(&j);
	json_flush(&j, stdout);
	json_free(&j);
}

/*
 * Only for trackers whose marks outlive pmtop: a userfaultfd watch ends with it, and contents would
 * never be compared.
 */
static int
batch_check_clear(struct batch *b, struct err *err)
{
	if (b->o->tracker != TRACKER_AUTO && b->o->tracker != tracker_lasting())
		return err_set(err, ERR_USAGE, "only soft-dirty bits outlive pmtop",
		               "--watch watches and reports in one call",
		               "cannot clear by --tracker %s",
		               tracker_words((enum tracker)b->o->tracker)->name);
	if (b->t.track.owner != TRACK_DEMO)
		track_choose(&b->t.track, tracker_lasting());
	return batch_tracker(b, err);
}

static struct answer *
batch_answer_one(struct batch *b, const char *text, struct err *err)
{
	struct query q;

	if (b->o->read_only && query_parse(text, b->t.page_size, &q, err) == 0 &&
	    q.kind == QUERY_CLEAR) {
		err_set(err, ERR_USAGE, options_read_only, "leave one out", "cannot clear");
		return NULL;
	}
	if (query_parse(text, b->t.page_size, &q, err) == 0 && q.kind == QUERY_CLEAR &&
	    batch_check_clear(b, err) < 0)
		return NULL;
	if (answer_needs_writes(text, b->t.page_size))
		batch_know_written(b);
	return answer_query(&b->t, &b->vmas, text, err);
}

/* Computes all answers before printing any, because half a JSON document is useless. */
int
batch_query(struct batch *b, struct err *err)
{
	struct answer *a[QUERIES_MAX] = {NULL};
	bool failed = false;
	size_t n = b->o->queries_n;

	for (size_t i = 0; i < n && !failed; i++) {
		a[i] = batch_answer_one(b, b->o->queries[i], err);
		failed = !a[i];
	}
	failed = failed || batch_check_alive(b, err) < 0;
	if (!failed && b->o->format == FORMAT_JSON)
		batch_print_json_answers(b->o, a);
	for (size_t i = 0; i < n; i++) {
		if (!failed && b->o->format != FORMAT_JSON)
			batch_print_answer(a[i], b->o->ascii, i + 1 == n);
		answer_unref(a[i]);
	}
	return failed ? -1 : 0;
}
