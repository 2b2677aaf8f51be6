/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "batch/batch_runs.h"

#include <stdlib.h>

#include "base/util.h"

static bool
batch_runs_is_own(const struct batch_runs *r, size_t i)
{
	return column_row(r->ids[i])->set == SET_RUN;
}

/* Whether the page continues the open run. */
static bool
batch_runs_continues(const struct batch_runs *r, const struct page_row *page,
                     const struct value *values)
{
	if (r->run.end == r->run.start || r->run.end != page->addr)
		return false;
	for (size_t i = 0; i < r->n; i++)
		if (!batch_runs_is_own(r, i) && !value_same(&r->value[i], &values[i]))
			return false;
	return true;
}

static void
batch_runs_begin(struct batch_runs *r, const struct page_row *page, const struct value *values)
{
	r->run = (struct run_row){page->addr, page->addr, page->page_size};
	for (size_t i = 0; i < r->n; i++) {
		r->value[i] = values[i];
		if (values[i].kind == VALUE_TEXT && values[i].s)
			r->value[i].s = r->text[i] = mem_strdup(values[i].s);
	}
}

void
batch_runs_add(struct batch_runs *r, const struct page_row *page, uint64_t end)
{
	struct value values[ROW_MOST];

	for (size_t i = 0; i < r->n; i++)
		values[i] = batch_runs_is_own(r, i) ? (struct value){.kind = VALUE_UNKNOWN}
		                                    : page_value(r->ids[i], page);
	if (!batch_runs_continues(r, page, values)) {
		batch_runs_end(r);
		batch_runs_begin(r, page, values);
	}
	r->run.end = end;
}

void
batch_runs_end(struct batch_runs *r)
{
	if (r->run.end == r->run.start)
		return;
	for (size_t i = 0; i < r->n; i++)
		if (batch_runs_is_own(r, i))
			r->value[i] = run_value(r->ids[i], &r->run);
	out_row(r->out, r->value);
	for (size_t i = 0; i < r->n; i++) {
		free(r->text[i]);
		r->text[i] = NULL;
	}
	r->run.end = r->run.start;
}
