/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/by.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

enum { HOLD_S = 5 }; /* rows stay for so long after a key */

const struct attribution *
by_reading(const struct ui *ui, const struct sample *s)
{
	const struct attribution *a = s->attribution;

	return a && a->of.by == by_of(ui)->by && a->of.grown == by_is_grown(ui, s) ? a : NULL;
}

bool
by_is_grown(const struct ui *ui, const struct sample *s)
{
	switch (by_of(ui)->what) {
	case BY_WRITTEN: return false;
	case BY_GROWN: return true;
	case BY_ANY: break;
	}
	return s && s->regions && s->regions->totals.grown.known && !s->clears;
}

void
by_free(void *own)
{
	struct by_view *v = own;

	free(v->order);
}

static void
by_anew(struct ui *ui)
{
	by_of(ui)->order_ns = 0;
}

/* --- the order -------------------------------------------------------------------------------- */

bool
by_sorts_down(const struct by_view *v)
{
	return (v->sort < BY_WRITER) != v->invert;
}

static int
by_order(const struct by_view *v, const struct attribution_row *a, const struct attribution_row *b)
{
	switch (v->sort) {
	case BY_RATE: /* not known: the least */
		return (a->rate + 1 > b->rate + 1) - (a->rate + 1 < b->rate + 1);
	case BY_PAGES: return (a->w.pages > b->w.pages) - (a->w.pages < b->w.pages);
	case BY_MAYBE: return (a->w.maybe > b->w.maybe) - (a->w.maybe < b->w.maybe);
	case BY_WRITER: return strcmp(a->w.words, b->w.words);
	case BY_IN:
		return a->w.tid != b->w.tid ? (a->w.tid > b->w.tid) - (a->w.tid < b->w.tid)
		                            : strcmp(a->w.in, b->w.in);
	case BY_COLUMNS: break;
	}
	return 0;
}

/* The reading's own order decides the rest; what is not a writer comes last. */
static int
by_compare(const void *pa, const void *pb, void *arg)
{
	const struct attribution_row *a = *(const struct attribution_row *const *)pa,
				     *b = *(const struct attribution_row *const *)pb;
	const struct by_view *v = arg;
	int order = by_order(v, a, b);

	if (a->none != b->none)
		return a->none ? 1 : -1;
	if (order)
		return by_sorts_down(v) ? -order : order;
	return (a > b) - (a < b);
}

static bool
by_shows(const struct by_view *v, const struct attribution_row *r)
{
	return !v->of || r->leaf == v->of;
}

static void
by_sort_rows(struct by_view *v, const struct attribution *a)
{
	const struct attribution_row **row = mem_alloc((a->n + 1) * sizeof(*row));
	size_t n = 0;

	for (size_t i = 0; i < a->n; i++)
		if (by_shows(v, &a->v[i]))
			row[n++] = &a->v[i];
	if (n)
		qsort_r(row, n, sizeof(*row), by_compare, v);
	v->n = 0;
	for (size_t i = 0; i < n; i++) {
		v->order = vec_room(v->order, v->n, &v->cap, sizeof(*v->order));
		v->order[v->n++] = row[i]->key;
	}
	free(row);
}

/* The rows that are still there, where they were, and new ones behind them. */
static void
by_keep_rows(struct by_view *v, const struct attribution *a)
{
	size_t n = 0, old;

	for (size_t i = 0; i < v->n; i++)
		if (attribution_find(a, v->order[i]))
			v->order[n++] = v->order[i];
	old = v->n = n;
	for (size_t i = 0; i < a->n; i++) {
		size_t k = 0;

		while (k < old && v->order[k] != a->v[i].key)
			k++;
		if (k < old || !by_shows(v, &a->v[i]))
			continue;
		v->order = vec_room(v->order, v->n, &v->cap, sizeof(*v->order));
		v->order[v->n++] = a->v[i].key;
	}
}

void
by_settle(struct ui *ui, const struct sample *s)
{
	struct by_view *v = by_of(ui);
	const struct attribution *a = by_reading(ui, s);
	bool hold;

	if (!a || (v->order_ns == a->time_ns && attribution_same(&v->order_by, &a->of)))
		return;
	hold = v->order_ns && attribution_same(&v->order_by, &a->of) && v->n < 512 &&
	       ui->now - u64_min(ui->now, ui->touched_ns) < HOLD_S * TIME_SECOND;
	if (hold)
		by_keep_rows(v, a);
	else
		by_sort_rows(v, a);
	v->order_ns = a->time_ns;
	v->order_by = a->of;
	by_move_to(ui, (long)by_position(ui));
}

/* --- the cursor ------------------------------------------------------------------------------- */

size_t
by_position(const struct ui *ui)
{
	const struct by_view *v = by_of(ui);

	for (size_t i = 0; i < v->n; i++)
		if (v->order[i] == v->key)
			return i;
	return 0;
}

void
by_move_to(struct ui *ui, long at)
{
	struct by_view *v = by_of(ui);

	if (!v->n)
		return;
	if (at < 0)
		at = 0;
	if ((size_t)at >= v->n)
		at = (long)v->n - 1;
	v->key = v->order[at];
}

/* --- what is shown ---------------------------------------------------------------------------- */

void
by_sort(struct ui *ui, enum by_column column)
{
	struct by_view *v = by_of(ui);

	v->invert = v->sort == column && !v->invert;
	v->sort = column;
	by_anew(ui);
}

static void
by_show(struct ui *ui, unsigned by, uint64_t of, const char *words)
{
	struct by_view *v = by_of(ui);

	v->by = by;
	v->of = of;
	snprintf(v->of_words, sizeof(v->of_words), "%s", words);
	v->n = v->top = v->left = 0;
	v->found_n = 0;
	by_anew(ui);
}

void
by_choose(struct ui *ui, bool grown)
{
	by_of(ui)->what = grown ? BY_GROWN : BY_WRITTEN;
	by_show(ui, by_of(ui)->by, 0, "");
}

const char *
by_name(unsigned by)
{
	return by == ATTRIBUTION_BY_REGION ? "region" : writers_by_words((enum writers_by)by)->name;
}

void
by_rank(struct ui *ui, unsigned by)
{
	by_show(ui, by, 0, "");
}

void
by_turn(struct ui *ui)
{
	by_rank(ui, (by_of(ui)->by + 1) % (ATTRIBUTION_BY_REGION + 1));
}

void
by_chains_of(struct ui *ui, const struct attribution_row *function)
{
	if (function)
		by_show(ui, WRITERS_BY_CHAIN, function->key, function->w.words);
	else
		by_show(ui, WRITERS_BY_FUNCTION, 0, "");
}

/* --- finding ---------------------------------------------------------------------------------- */

static bool
by_has(const struct attribution *a, uint64_t key, const char *what)
{
	const struct attribution_row *r = attribution_find(a, key);

	return r && (strcasestr(r->w.words, what) || strcasestr(r->w.in, what));
}

/* The first from the cursor on (skip: after it), wrapping around. */
static bool
by_find_from(struct ui *ui, const struct sample *s, bool skip, bool back)
{
	struct by_view *v = by_of(ui);
	const struct attribution *a = by_reading(ui, s);
	size_t step = back && v->n ? v->n - 1 : 1, at;

	v->found = v->found_n = 0;
	if (!a || !v->n)
		return false;
	at = (by_position(ui) + skip * step) % v->n;
	for (size_t i = 0; i < v->n; i++)
		v->found_n += by_has(a, v->order[i], v->find);
	for (size_t i = 0; v->found_n && i < v->n && !by_has(a, v->order[at], v->find); i++)
		at = (at + step) % v->n;
	for (size_t i = 0; v->found_n && i <= at; i++)
		v->found += by_has(a, v->order[i], v->find);
	if (v->found_n)
		v->key = v->order[at];
	return v->found_n > 0;
}

bool
by_find(struct ui *ui, const struct sample *s, int step)
{
	return !by_of(ui)->find[0] || by_find_from(ui, s, true, step < 0);
}

void
by_find_begin(struct ui *ui)
{
	struct by_view *v = by_of(ui);

	v->typing_from = v->key;
	v->found_n = 0;
}

void
by_find_typed(struct ui *ui, const struct sample *s, const char *text)
{
	struct by_view *v = by_of(ui);

	v->key = v->typing_from;
	v->found_n = 0;
	snprintf(v->find, sizeof(v->find), "%.127s", text);
	if (text[0])
		by_find_from(ui, s, false, false);
}

void
by_find_cancel(struct ui *ui)
{
	by_of(ui)->key = by_of(ui)->typing_from;
}
