/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/guess.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/util.h"

/* The edit distance of two words. */
static size_t
guess_distance(const char *a, size_t an, const char *b, size_t bn)
{
	size_t row[64];

	if (an >= ARRAY_LEN(row) || bn >= ARRAY_LEN(row))
		return SIZE_MAX;
	for (size_t j = 0; j <= bn; j++)
		row[j] = j;
	for (size_t i = 1; i <= an; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= bn; j++) {
			size_t up = row[j], best = diagonal + (a[i - 1] != b[j - 1]);

			best = u64_min(best, u64_min(up, row[j - 1]) + 1);
			diagonal = up;
			row[j] = best;
		}
	}
	return row[bn];
}

void
guess_try(struct guess *g, const char *word, size_t n)
{
	size_t len = strlen(g->name), d = n ? guess_distance(g->name, len, word, n) : SIZE_MAX;
	struct buf safe = {0};

	if (d >= g->best || d >= len)
		return;
	g->best = d;
	text_escape(&safe, word, n, false);
	snprintf(g->how, sizeof(g->how), "did you mean %.100s?", safe.s);
	buf_free(&safe);
}
