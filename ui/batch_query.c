/* SPDX-License-Identifier: GPL-3.0-or-later */
/* -e: what the prompt would answer. */
#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "batch_state.h"
#include "util.h"

static void
print_answer(const struct answer *a, bool ascii, bool last)
{
	struct buf b = {0};

	text_escape(&b, a->line, strlen(a->line), ascii);
	for (size_t i = 0; i < a->n; i++) {
		const struct fact *f = &a->f[i];

		buf_fmt(&b, "\n  %-14s ", f->key);
		text_escape(&b, f->value, strlen(f->value), ascii);
		if (f->note)
			buf_fmt(&b, "%s%s", !f->value[0] ? "" : f->note[0] == '(' ? " " : "; ", f->note);
	}
	printf("%s\n%s", b.s, last ? "" : "\n");
	buf_free(&b);
}

static void
print_answer_json(const char *question, const struct answer *a, bool first)
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
	printf("%s}", b.s);
	buf_free(&b);
}

static struct answer *
answer_one(struct batch *b, const char *text, struct err *err)
{
	struct query q;

	if (b->o->read_only && query_parse(text, b->t.pm.page_size, &q, err) == 0 && q.kind == QUERY_CLEAR) {
		err_set(err, ERR_USAGE, "--read-only refuses what changes the target", "leave one out",
		        "cannot clear");
		return NULL;
	}
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
		a[i] = answer_one(b, b->o->queries[i], err);
		failed = !a[i];
	}
	if (json && !failed)
		printf("{\n   \"answers\": [");
	for (size_t i = 0; i < n; i++) {
		if (json && !failed)
			print_answer_json(b->o->queries[i], a[i], i == 0);
		else if (!failed)
			print_answer(a[i], b->o->ascii, i + 1 == n);
		answer_unref(a[i]);
	}
	if (json && !failed)
		printf("\n   ]\n}\n");
	return failed ? -1 : 0;
}

