/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tables of random cells, held against libsmartcols, whose layout terminals get. */
#include "table/fitted.h"

#include <libsmartcols.h>
#include <locale.h>
#include <stdlib.h>

#include "base/util.h"
#include "tap.h"

enum { COLUMNS = 5, ROWS = 5, PIECES = 6, TABLES = 3000 };

struct table {
	size_t n, rows;
	bool right[COLUMNS], noheadings;
	const char *titles[COLUMNS];
	char title[COLUMNS][64], cell[COLUMNS * ROWS][64];
};

static uint64_t state = 88172645463325252;

static size_t
below(size_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (size_t)(state % n);
}

/* Letters, and what is not one byte in one column: wide, without width, invalid, control. */
static void
make_cell(char out[64])
{
	static const char *const piece[] = {
	    "a",    "Z",    " ",    "\\",       "x",        "\\x",    "\t",       "\033",
	    "\u00e9", "\u6f22", "\u0301", "\xff", "\xc3", "\u200b", "\U0001F600", "0",
	    "\u0378", "\x7f", "\u00ad", "\xe6\xbc", "[]",
	};
	size_t kinds = below(3) ? 3 : ARRAY_LEN(piece);

	*out = '\0';
	for (size_t n = below(4) ? below(PIECES) : 0; n; n--)
		strcat(out, piece[below(kinds)]);
}

static void
make_table(struct table *t)
{
	*t = (struct table){.n = 1 + below(COLUMNS), .rows = below(ROWS + 1), .noheadings = below(2)};
	for (size_t i = 0; i < t->n; i++) {
		t->right[i] = below(2);
		t->titles[i] = t->title[i];
		while (!t->title[i][0])
			make_cell(t->title[i]);
	}
	for (size_t i = 0; i < t->n * t->rows; i++)
		make_cell(t->cell[i]);
}

static char *
by_fitted(const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	struct fitted *f = fitted_begin(t->titles, t->right, t->n);

	for (size_t i = 0; i < t->n * t->rows; i++)
		fitted_cell(f, t->cell[i]);
	fitted_end(f, t->noheadings, to);
	fclose(to);
	return text;
}

static char *
by_smartcols(const struct table *t)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);
	struct libscols_table *tb = scols_new_table();

	scols_table_set_stream(tb, to);
	scols_table_enable_noheadings(tb, t->noheadings);
	scols_table_enable_nowrap(tb, 1);
	scols_table_set_termforce(tb, SCOLS_TERMFORCE_NEVER);
	for (size_t i = 0; i < t->n; i++)
		scols_table_new_column(tb, t->titles[i], 0, t->right[i] ? SCOLS_FL_RIGHT : 0);
	for (size_t r = 0; r < t->rows; r++) {
		struct libscols_line *line = scols_table_new_line(tb, NULL);

		for (size_t i = 0; i < t->n; i++)
			scols_line_set_data(line, i, t->cell[r * t->n + i]);
	}
	scols_print_table(tb);
	scols_unref_table(tb);
	fclose(to);
	return text;
}

/* libsmartcols 2.41 no longer makes room for titles that it does not show; fitted still does. */
static bool
hidden_titles_count(void)
{
	struct table t = {.n = 2, .rows = 1, .noheadings = true, .titles = {"title", "x"},
	                  .cell = {"a", "b"}};
	char *theirs = by_smartcols(&t);
	bool yes = !strcmp(theirs, "a     b\n");

	if (!yes)
		is_str(theirs, "a b\n", "titles count, or they do not");
	free(theirs);
	return yes;
}

static void
test_random(const char *name)
{
	bool always = hidden_titles_count();
	unsigned differ = 0;

	for (unsigned i = 0; i < TABLES; i++) {
		struct table t;
		char *ours, *theirs;

		make_table(&t);
		if (t.noheadings && !always)
			continue;
		ours = by_fitted(&t);
		theirs = by_smartcols(&t);
		if (strcmp(ours, theirs) != 0 && !differ++)
			printf("# ours:\n# %s\n# theirs:\n# %s\n", ours, theirs);
		free(ours);
		free(theirs);
	}
	is_u64(differ, 0, name);
}

int
main(void)
{
	tap_start();
	setlocale(LC_ALL, "C");
	test_random("byte for byte as libsmartcols, by bytes");
	if (setlocale(LC_ALL, "C.UTF-8"))
		test_random("and by characters");
	return tap_done();
}
