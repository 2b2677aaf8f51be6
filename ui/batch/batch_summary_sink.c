/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One row of a section, in the form that is asked for. */
#include <stdio.h>

#include "base/util.h"
#include "batch/batch_summary_parts.h"

/* Rounded to a tenth, but only 0 shows as 0. */
static struct value
batch_mib(uint64_t n)
{
	struct value v = {.kind = VALUE_TEXT};
	uint64_t tenths = (n * 10 + (1 << 19)) >> 20;

	if (n && !tenths)
		snprintf(v.t, sizeof(v.t), "<0.1");
	else
		snprintf(v.t, sizeof(v.t), "%llu.%llu", (unsigned long long)(tenths / 10),
		         (unsigned long long)(tenths % 10));
	return v;
}

/* Adds the lines after a row's first, which is `line` with the key. */
static void
batch_flat_parts(struct sink *k, const struct value *v, struct value line[FLAT_COLUMNS])
{
	struct buf name = {0};

	line[2] = line[5] = summary_unknown;
	for (size_t i = 0; i < k->section->n; i++) {
		if (k->section->columns[i].use != USE_PART || v[i].kind == VALUE_UNKNOWN)
			continue;
		name.len = 0;
		buf_fmt(&name, "%s-", k->section->name);
		json_title(&name, k->section->columns[i].title);
		line[0] = batch_text(name.s);
		line[3] = batch_number(v[i].n / k->s->page_size);
		line[4] = batch_number(v[i].n);
		out_row(k->out, line);
	}
	buf_free(&name);
}

static void
batch_flat_row(struct sink *k, const struct value *v)
{
	struct value line[FLAT_COLUMNS] = {batch_text(k->section->name)};
	struct buf key = {0};

	for (size_t i = 0; i < k->section->n; i++) {
		enum sum_use use = k->section->columns[i].use;

		if (use == USE_KEY && v[i].kind != VALUE_UNKNOWN) {
			buf_str(&key, key.len ? "-" : "");
			value_text(&v[i], true, k->o->ascii, &key);
			line[1] = batch_text(key.s);
		} else if (use == USE_COUNT) {
			line[2] = v[i];
		} else if (use == USE_PAGES) {
			line[3] = v[i];
		} else if (use == USE_BYTES && v[i].kind != VALUE_UNKNOWN) {
			line[4] = batch_number(v[i].n);
		} else if (use == USE_TEXT) {
			line[5] = v[i]; /* of two texts the last, which is the longer one */
		}
	}
	out_row(k->out, line);
	batch_flat_parts(k, v, line);
	buf_free(&key);
}

void
batch_sink_row(struct sink *k, const struct value *v)
{
	struct value shown[COLUMNS_MAX];

	if (batch_is_flat(k->o)) {
		batch_flat_row(k, v);
		return;
	}
	for (size_t i = 0; i < k->section->n; i++) {
		shown[i] = v[i];
		if (k->o->format == FORMAT_TABLE && !k->o->bytes && v[i].kind == VALUE_SIZE &&
		    k->section->columns[i].use == USE_BYTES)
			shown[i] = batch_mib(v[i].n);
	}
	out_row(k->out, shown);
}

/* For tables with the columns KEY, PAGES, BYTES, WORDS. */
void
batch_pages_row(struct sink *k, const char *key, uint64_t n, const char *words)
{
	batch_sink_row(k, (struct value[]){batch_text(key), batch_number(n), batch_bytes(k, n),
	                                   batch_text(words)});
}
