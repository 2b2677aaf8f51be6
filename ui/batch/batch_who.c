/* SPDX-License-Identifier: GPL-3.0-or-later */
/* --who: who shares memory, one row per process. */
#include "base/util.h"
#include "batch/batch_state.h"
#include "query/answer_who.h"
#include "views/answer_data.h"

static int
batch_who_rows(const struct share *sh, const struct out_shape *shape, const enum column_id *ids,
               size_t n, struct err *err)
{
	struct out *out = out_begin(shape, ids, NULL, n);

	for (size_t i = 0; i < sh->n; i++) {
		struct share_row row = {.p = &sh->v[i], .of = sh};
		struct value v[ROW_MOST];

		for (size_t c = 0; c < n; c++)
			v[c] = share_value(ids[c], &row);
		out_row(out, v);
	}
	return out_end(out, err);
}

/* One JSON object: the sums and the rows. */
static int
batch_who_json(const struct answer *a, struct out_shape *shape, const enum column_id *ids, size_t n,
               struct err *err)
{
	struct json j = {0};
	int r;

	json_object(&j, JSON_LINES);
	answer_json_facts(&j, a);
	shape->json = &j;
	r = batch_who_rows(a->share, shape, ids, n, err);
	json_close(&j);
	json_flush(&j, stdout);
	json_free(&j);
	return r;
}

/* What the rows do not show, above all that some are missing. */
static bool
batch_who_lacks(const struct share *sh)
{
	return sh->found < sh->mapped || sh->hidden || (sh->uncounted && sh->reach.refused);
}

int
batch_who(struct batch *b, struct err *err)
{
	struct out_shape shape = batch_shape(b->o, "processes", true);
	enum column_id ids[ROW_MOST];
	uint64_t start, end;
	struct answer *a;
	size_t n;
	int r;

	if (batch_columns(b->o, SET_SHARE, ids, &n, err) < 0 ||
	    batch_range(b, b->o->range, &start, &end, err) < 0)
		return -1;
	a = answer_share(&b->t, &b->vmas, start, end, err);
	r = a ? batch_check_alive(b, err) : -1;
	if (r == 0)
		r = b->o->format == FORMAT_JSON ? batch_who_json(a, &shape, ids, n, err)
		                                : batch_who_rows(a->share, &shape, ids, n, err);
	if (r == 0 && batch_who_lacks(a->share))
		buf_str(b->note, a->line);
	answer_unref(a);
	return r;
}
