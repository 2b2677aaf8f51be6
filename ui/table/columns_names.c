/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Columns by their names. */
#include <string.h>
#include <strings.h>

#include "table/columns.h"

/* Runs have columns of their own, and those of pages that neighbours may have in common. */
static bool
columns_has(enum column_set set, const struct column *c)
{
	return c->set == set ||
	       (set == SET_RUN && c->set == SET_PAGE && c->runs != RUNS_NEVER);
}

static bool
columns_is_usual(enum column_set set, const struct column *c)
{
	return c->set == set ? c->usual : c->runs == RUNS_USUAL;
}

void
columns_all(enum column_set set, bool usual, enum column_id ids[ROW_MOST], size_t *n)
{
	*n = 0;
	for (unsigned i = 0; i < COL_COUNT; i++) {
		const struct column *c = column_row((enum column_id)i);

		if (columns_has(set, c) && (!usual || columns_is_usual(set, c)))
			ids[(*n)++] = c->id;
	}
}

static bool
columns_is_name(const char *of, const char *name, size_t len)
{
	return of && strlen(of) == len && !strncasecmp(of, name, len);
}

enum column_id
column_named(enum column_set set, const char *name, size_t len)
{
	for (unsigned i = 0; i < COL_COUNT; i++) {
		const struct column *c = column_row((enum column_id)i);

		if (columns_has(set, c) && (columns_is_name(c->title, name, len) ||
		                            columns_is_name(c->once, name, len)))
			return c->id;
	}
	return COL_COUNT;
}

static int
columns_no_such_column(enum column_set set, const char *name, size_t len, struct err *err)
{
	struct buf how = {0};
	const char *sep = " ";

	buf_str(&how, "choose from");
	for (unsigned i = 0; i < COL_COUNT; i++) {
		const struct column *c = column_row((enum column_id)i);

		if (columns_has(set, c)) {
			buf_fmt(&how, "%s%s", sep, c->title);
			sep = ",";
		}
	}
	err_set(err, ERR_USAGE,
	        !len                ? "a column's name is missing"
	        : set == SET_REGION ? "regions have no such column"
	        : set == SET_PAGE  ? "pages have no such column"
	        : set == SET_RUN   ? "runs of pages have no such column"
	        : set == SET_WATCH ? "--watch has no such column"
	        : set == SET_CAUSE ? "--watch --by has no such column"
	        : set == SET_GROWTH ? "--grow has no such column"
	        : set == SET_BROUGHT ? "--grow --by has no such column"
	        : set == SET_TOUCHED ? "--touched has no such column"
	        : set == SET_DIFF ? "--diff has no such column"
	        : set == SET_DIFFER ? "--diff --pages has no such column"
	        : set == SET_HEAT ? "--heat has no such column"
	                           : "--who has no such column",
	        how.s, len ? "no column \"%.*s\"" : "cannot read the columns%.*s",
	        len > 40 ? 40 : (int)len, name);
	buf_free(&how);
	return -1;
}

int
columns_parse(enum column_set set, const char *list, enum column_id ids[ROW_MOST], size_t *n,
              struct err *err)
{
	enum column_id got[ROW_MOST];
	size_t got_n = 0;

	for (const char *s = list;; s++) {
		size_t len = strcspn(s, ",");
		enum column_id id = column_named(set, s, len);

		if (id == COL_COUNT)
			return columns_no_such_column(set, s, len, err);
		if (got_n == ROW_MOST)
			return err_set(err, ERR_USAGE, "there are fewer than that",
			               "name each column once", "too many columns");
		got[got_n++] = id;
		s += len;
		if (!*s)
			break;
	}
	memcpy(ids, got, got_n * sizeof(*ids));
	*n = got_n;
	return 0;
}
