/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/list_columns.h"

#include <ctype.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/guess.h"

enum { STRIP = 12, STRIP_NARROW = 8, STRIP_WIDE_FROM = 110, NAME_MIN = 12, NAME_MORE = 17 };
enum { SHED_NARROW = 5, SHED_STRIP = 7, SHED_LAST = 11 }; /* the strip: narrowed, then dropped */

static const struct column *
list_column(enum column_id id)
{
	return column_row(id);
}

/* Columns without a place come last. */
static int
list_by_place(const void *pa, const void *pb)
{
	const struct column *a = *(const struct column *const *)pa,
			    *b = *(const struct column *const *)pb;
	int x = a->place ? a->place : INT_MAX, y = b->place ? b->place : INT_MAX;

	return x != y ? (x > y) - (x < y) : (a->id > b->id) - (a->id < b->id);
}

const struct column *
list_column_row(size_t i)
{
	static const struct column *rows[LIST_COLUMNS];

	if (!rows[0]) {
		for (unsigned id = 0; id < LIST_COLUMNS; id++)
			rows[id] = list_column(id);
		vec_sort(rows, LIST_COLUMNS, sizeof(*rows), list_by_place);
	}
	return rows[i];
}

const char *
list_column_title(const struct column *c)
{
	return c->heading ? c->heading : c->title;
}

bool
list_column_down(const struct column *c)
{
	return value_is_bare(c->type) && !c->up;
}

uint64_t
list_column_bit(enum column_id id)
{
	_Static_assert(LIST_COLUMNS <= 64, "a bit each");
	return UINT64_C(1) << id;
}

bool
list_column_needs_smaps(enum column_id id, const struct sample *s)
{
	unsigned needs = list_column(id)->needs;
	bool huge = s && s->regions && s->regions->counted && !s->huge_known;

	if (needs & NEED_TOUCHED) /* nothing before the clear matters */
		return s && s->touched.clears;
	return needs & (NEED_SMAPS | NEED_KSM) || (huge && needs & NEED_HUGE);
}

/* --- the choice ------------------------------------------------------------------------------- */

static size_t
list_place_of(const struct list_columns *c, enum column_id id)
{
	size_t i = 0;

	while (i < c->n && c->id[i] != id)
		i++;
	return i;
}

void
list_columns_spell(struct list_columns *c)
{
	if (c->n)
		return;
	for (size_t i = 0; i < LIST_COLUMNS; i++) {
		const struct column *col = list_column_row(i);

		if (col->place && col->place < LIST_MORE)
			c->id[c->n++] = (uint8_t)col->id;
	}
}

bool
list_columns_has(const struct list_columns *c, enum column_id id)
{
	struct list_columns all = *c;

	list_columns_spell(&all);
	return list_place_of(&all, id) < all.n;
}

/* MAPPING takes the rest of the line: nothing can follow it. */
static void
list_put_last(struct list_columns *c)
{
	size_t i = list_place_of(c, COL_REGION_MAPPING);

	if (i == c->n)
		return;
	memmove(c->id + i, c->id + i + 1, c->n - i - 1);
	c->id[c->n - 1] = COL_REGION_MAPPING;
}

static void
list_add(struct list_columns *c, enum column_id id)
{
	c->id[c->n++] = (uint8_t)id;
	c->named |= list_column_bit(id);
	list_put_last(c);
}

bool
list_columns_toggle(struct list_columns *c, enum column_id id)
{
	size_t i;

	list_columns_spell(c);
	i = list_place_of(c, id);
	if (i == c->n) {
		list_add(c, id);
		return true;
	}
	if (c->n == 1)
		return false;
	memmove(c->id + i, c->id + i + 1, --c->n - i);
	return true;
}

bool
list_columns_move(struct list_columns *c, enum column_id id, int step)
{
	size_t i, to;

	list_columns_spell(c);
	i = list_place_of(c, id);
	to = i + (size_t)step;
	if (i == c->n || to >= c->n || id == COL_REGION_MAPPING || c->id[to] == COL_REGION_MAPPING)
		return false;
	c->id[i] = c->id[to];
	c->id[to] = (uint8_t)id;
	return true;
}

enum column_id
list_columns_next(const struct list_columns *c, enum column_id id, int step)
{
	struct list_columns all = *c;
	size_t i;

	list_columns_spell(&all);
	i = list_place_of(&all, id);
	if (i == all.n && step > 0)
		i = all.n - 1;
	for (size_t k = 0; k < all.n; k++) {
		i = (i + all.n + (size_t)step) % all.n;
		if (list_column(all.id[i])->letter)
			return all.id[i];
	}
	return id;
}

static const struct column *
list_named(const char *name, size_t len)
{
	enum column_id id = column_named(SET_REGION, name, len);

	if (id != COL_COUNT)
		return list_column(id);
	for (size_t i = 0; i < LIST_COLUMNS; i++) {
		const char *title = list_column_title(list_column_row(i));

		if (!strncasecmp(title, name, len) && !title[len])
			return list_column_row(i);
	}
	return NULL;
}

static int
list_no_such(const char *name, size_t len, struct err *err)
{
	struct buf how = {0};
	char upper[16];
	struct guess near = {.name = upper, .best = 3};

	snprintf(upper, sizeof(upper), "%.*s", (int)len, name);
	for (char *s = upper; *s; s++)
		*s = (char)toupper((unsigned char)*s);
	for (size_t i = 0; i < LIST_COLUMNS; i++) {
		const char *title = list_column_title(list_column_row(i));

		guess_try(&near, title, strlen(title));
	}
	buf_str(&how, "choose from");
	for (size_t i = 0; i < LIST_COLUMNS; i++)
		buf_fmt(&how, "%s%s", i ? "," : " ", list_column_title(list_column_row(i)));
	err_set(err, ERR_USAGE, "the list has no such column",
	        near.how[0] ? near.how : how.s, "no column \"%.*s\"",
	        len > 40 ? 40 : (int)len, name);
	buf_free(&how);
	return -1;
}

static int
list_take(struct list_columns *c, const char *name, size_t len, struct err *err)
{
	const struct column *col = list_named(name, len);

	if (!col)
		return list_no_such(name, len, err);
	if (list_place_of(c, col->id) < c->n)
		return err_set(err, ERR_USAGE, "it is already in the list", "name each column once",
		               "%s twice", list_column_title(col));
	list_add(c, col->id);
	return 0;
}

int
list_columns_parse(const char *text, struct list_columns *out, struct err *err)
{
	static const char between[] = ", \t";
	struct list_columns c = {0};

	for (const char *s = text + strspn(text, between); *s;) {
		size_t len = strcspn(s, between);

		if (list_take(&c, s, len, err) < 0) {
			err->column = (int)(s - text) + 1;
			return -1;
		}
		s += len;
		s += strspn(s, between);
	}
	*out = c;
	return 0;
}

/* --- on the screen ---------------------------------------------------------------------------- */

static void
list_drop(struct list_layout *l, size_t i)
{
	memmove(&l->at[i], &l->at[i + 1], (--l->n - i) * sizeof(l->at[0]));
}

/* The width of all of them, with enough of the name to recognise it. */
static int
list_width_of(const struct list_layout *l)
{
	int w = 1; /* the cursor's mark */

	for (size_t i = 0; i < l->n; i++)
		w += l->at[i].column->id == COL_REGION_MAPPING ? NAME_MIN : l->at[i].width + 1;
	return w;
}

static void
list_narrow_strip(struct list_layout *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].column->id == COL_LIST_PAGES)
			l->at[i].width = STRIP_NARROW;
}

static void
list_shed_usual(struct list_layout *l, int cols)
{
	for (int step = 1;
	     step <= SHED_LAST && list_width_of(l) + (step == 1 ? NAME_MORE : 0) > cols; step++) {
		if (step == SHED_NARROW)
			list_narrow_strip(l);
		for (size_t i = 0; i < l->n;)
			if (l->at[i].column->shed == step ||
			    (step == SHED_STRIP && l->at[i].column->id == COL_LIST_PAGES))
				list_drop(l, i);
			else
				i++;
	}
}

static void
list_shed_chosen(struct list_layout *l, int cols)
{
	for (size_t i = 0; i < l->n && list_width_of(l) > cols; i++)
		if (l->at[i].column->id == COL_LIST_MINUTE && l->n > 2)
			list_drop(l, i);
	if (list_width_of(l) > cols)
		list_narrow_strip(l);
	while (list_width_of(l) > cols) {
		bool named = l->at[l->n - 1].column->id == COL_REGION_MAPPING;

		if (l->n < 2u + named)
			return;
		list_drop(l, l->n - 1 - named);
	}
}

static void
list_drop_empty(struct list_layout *l, uint64_t empty)
{
	for (size_t i = 0; i < l->n;)
		if (empty & list_column_bit(l->at[i].column->id) && l->n > 1)
			list_drop(l, i);
		else
			i++;
}

uint64_t
list_columns_needing(unsigned needs)
{
	uint64_t bits = 0;

	for (unsigned id = 0; id < LIST_COLUMNS; id++)
		if (list_column(id)->needs & needs)
			bits |= list_column_bit(id);
	return bits;
}

static int
list_width(const struct list_columns *c, const struct column *col, int cols)
{
	if (col->id == COL_LIST_PAGES && cols >= STRIP_WIDE_FROM)
		return LIST_STRIP;
	if (c->far && (col->id == COL_REGION_START || col->id == COL_REGION_END))
		return FAR_DIGITS;
	return col->width;
}

/* The first one and MAPPING stay. */
static void
list_skip(struct list_layout *l, size_t skip)
{
	bool named = l->n && l->at[l->n - 1].column->id == COL_REGION_MAPPING;

	for (; skip && l->n > 1u + named; skip--)
		list_drop(l, 1);
}

struct list_layout
list_columns_layout(const struct list_columns *c, int cols, uint64_t empty)
{
	struct list_columns all = *c;
	struct list_layout l = {0};
	int x = 1;

	list_columns_spell(&all);
	for (size_t i = 0; i < all.n; i++) {
		const struct column *col = list_column(all.id[i]);
		l.at[l.n++] =
		    (struct list_place){.column = col, .width = list_width(c, col, cols)};
	}
	if (c->skip) {
		list_drop_empty(&l, empty & ~c->named);
		list_skip(&l, c->skip);
	}
	if (c->n) {
		list_drop_empty(&l, empty & ~c->named);
		list_shed_chosen(&l, cols);
	} else {
		const unsigned passing = NEED_BASELINE | NEED_TOUCHED | NEED_ACCESSES | NEED_DIFF;
		bool diff = !(empty & list_column_bit(COL_LIST_BECAME));

		list_drop_empty(&l, diff ? empty : empty & list_columns_needing(passing));
		list_shed_usual(&l, cols);
		list_drop_empty(&l, empty);
	}
	for (size_t i = 0; i < l.n; i++) {
		l.at[i].x = x;
		if (l.at[i].column->id == COL_REGION_MAPPING)
			l.at[i].width = cols > x ? cols - x : 0;
		x += l.at[i].width + 1;
	}
	return l;
}

const struct list_place *
list_layout_of(const struct list_layout *l, enum column_id id)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i].column->id == id)
			return &l->at[i];
	return NULL;
}
