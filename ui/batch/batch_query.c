/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -e: what the prompt would answer. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"
#include "batch/batch_state.h"
#include "query/answer.h"
#include "query/answer_query.h"
#include "views/hex.h"

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
	printf("%s\n%s", b.s, last ? "" : "\n");
	buf_free(&b);
}

static void
batch_json_hex(struct buf *b, const struct bytes *x, uint64_t from, uint64_t to)
{
	uint8_t byte;

	for (uint64_t at = from; at < to; at++)
		if (bytes_at(x, at, &byte))
			buf_fmt(b, "%s%02x", at == from ? "\"" : "", byte);
	buf_str(b, "\"");
}

static void
batch_json_piece(struct buf *b, const struct bytes *x, uint64_t start, uint64_t end)
{
	const struct bytes_page *p = bytes_page(x, start);
	struct buf why = {0};

	buf_fmt(b,
	        "{\"start\": \"%#llx\", \"end\": \"%#llx\", \"bytes\": ", (unsigned long long)start,
	        (unsigned long long)end);
	if (p->kind == BYTES_READ) {
		batch_json_hex(b, x, start, end);
		buf_str(b, ", \"why\": null}");
		return;
	}
	bytes_why(p, &why);
	buf_str(b, "null, \"why\": ");
	out_json_string(b, why.s);
	buf_str(b, "}");
	buf_free(&why);
}

/*
 * "bytes" is all of them, or null if one is missing; "pieces" has the same page by page where they
 * differ, and of what is missing the reason.
 */
static void
batch_json_bytes(struct buf *b, const struct bytes *x)
{
	bool whole = true;

	for (size_t i = 0; i < x->pages_n; i++)
		whole &= x->pages[i].kind == BYTES_READ;
	buf_str(b, ", \"bytes\": ");
	if (whole)
		batch_json_hex(b, x, x->start, x->end);
	else
		buf_str(b, "null");
	buf_str(b, ", \"pieces\": [");
	for (uint64_t at = x->start; at < x->end; at = hex_stretch(x, at)) {
		buf_str(b, at == x->start ? "" : ", ");
		batch_json_piece(b, x, at, hex_stretch(x, at));
	}
	buf_str(b, "]");
}

static void
batch_print_answer_json(const char *question, const struct answer *a, bool first)
{
	struct buf b = {0};

	buf_str(&b, first ? "\n      {\"query\": " : ",\n      {\"query\": ");
	out_json_string(&b, question);
	for (size_t i = 0; i < a->n; i++) {
		const struct fact *f = &a->f[i];

		buf_fmt(&b, ", \"%s\": ", f->key);
		if (!f->value[0])
			buf_str(&b, "null");
		else if (f->number)
			buf_str(&b, f->value);
		else
			out_json_string(&b, f->value);
	}
	if (a->bytes)
		batch_json_bytes(&b, a->bytes);
	printf("%s}", b.s);
	buf_free(&b);
}

/* What must outlive pmtop: a watch by userfaultfd ends with it, and contents are compared by
 * nobody. */
static int
batch_check_clear(struct batch *b, struct err *err)
{
	if (b->o->tracker != TRACK_AUTO && b->o->tracker != TRACK_SOFT_DIRTY)
		return err_set(err, ERR_USAGE, "only soft-dirty bits outlive pmtop",
		               "--watch watches and tells in one call",
		               "cannot clear by --tracker %s",
		               track_way_name((enum track_way)b->o->tracker));
	if (b->t.track.owner != TRACK_DEMO)
		track_choose(&b->t.track, TRACK_SOFT_DIRTY);
	return batch_tracker(b, err);
}

static struct answer *
batch_answer_one(struct batch *b, const char *text, struct err *err)
{
	struct query q;

	if (b->o->read_only && query_parse(text, b->t.pm.page_size, &q, err) == 0 &&
	    q.kind == QUERY_CLEAR) {
		err_set(err, ERR_USAGE, "--read-only refuses what changes the target",
		        "leave one out", "cannot clear");
		return NULL;
	}
	if (query_parse(text, b->t.pm.page_size, &q, err) == 0 && q.kind == QUERY_CLEAR &&
	    batch_check_clear(b, err) < 0)
		return NULL;
	return answer_query(&b->t, &b->vmas, text, err);
}

/* All are answered before any is printed: half a JSON document helps nobody. */
int
batch_query(struct batch *b, struct err *err)
{
	struct answer *a[QUERIES_MAX] = {NULL};
	bool json = b->o->format == FORMAT_JSON, failed = false;
	size_t n = b->o->queries_n;

	for (size_t i = 0; i < n && !failed; i++) {
		a[i] = batch_answer_one(b, b->o->queries[i], err);
		failed = !a[i];
	}
	if (json && !failed)
		printf("{\n   \"answers\": [");
	for (size_t i = 0; i < n; i++) {
		if (json && !failed)
			batch_print_answer_json(b->o->queries[i], a[i], i == 0);
		else if (!failed)
			batch_print_answer(a[i], b->o->ascii, i + 1 == n);
		answer_unref(a[i]);
	}
	if (json && !failed)
		printf("\n   ]\n}\n");
	return failed ? -1 : 0;
}

