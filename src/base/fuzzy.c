/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/fuzzy.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { TYPED_MAX = 64, TEXT_MAX = 1024 };

/* Bonuses: the character follows the previous match directly, or begins something. */
enum { NEXT = 200, PART = 180, WORD = 160, CAPITAL = 140, DOT = 120 };

/* Penalties for each character skipped: between two matches, or at either end. */
enum { INNER = -2, OUTER = -1 };

/* The typed text in lower case. */
struct fuzzy_typed {
	uint32_t small[TYPED_MAX];
	size_t n;
};

struct fuzzy_letters {
	uint32_t cp[TEXT_MAX], small[TEXT_MAX];
	uint16_t at[TEXT_MAX]; /* its byte offset */
	size_t n;
};

/*
 * Decodes the next character and its lower case; an invalid byte matches only itself. Returns its
 * length in bytes.
 */
static size_t
fuzzy_next(const char *s, size_t left, uint32_t *cp, uint32_t *small)
{
	size_t n = utf8_next(s, left, cp);

	if (n) {
		*small = utf8_small(*cp);
		return n;
	}
	*cp = *small = 0x110000 + (unsigned char)*s;
	return 1;
}

static void
fuzzy_read_typed(struct fuzzy_typed *t, const char *s)
{
	t->n = 0;
	for (size_t left = strlen(s), n; left && t->n < TYPED_MAX; s += n, left -= n) {
		uint32_t cp;

		n = fuzzy_next(s, left, &cp, &t->small[t->n++]);
	}
}

static void
fuzzy_read_text(struct fuzzy_letters *l, const char *s)
{
	size_t size = strlen(s);

	l->n = 0;
	for (size_t i = 0; i < size && l->n < TEXT_MAX; l->n++) {
		l->at[l->n] = (uint16_t)i;
		i += fuzzy_next(s + i, size - i, &l->cp[l->n], &l->small[l->n]);
	}
}

static bool
fuzzy_is_met(const struct fuzzy_typed *t, const char *s)
{
	size_t k = 0;

	for (size_t left = strlen(s), n; left && k < t->n; s += n, left -= n) {
		uint32_t cp, small;

		n = fuzzy_next(s, left, &cp, &small);
		k += small == t->small[k];
	}
	return k == t->n;
}

static int
fuzzy_worth(const struct fuzzy_letters *l, size_t i)
{
	uint32_t before = i ? l->cp[i - 1] : '/';

	if (before == '/')
		return PART;
	if (before == ' ' || before == '-' || before == '_' || before == ':' || before == '=')
		return WORD;
	if (before == '.')
		return DOT;
	return l->cp[i] != l->small[i] && before == l->small[i - 1] ? CAPITAL : 0;
}

/*
 * One row per typed character, one cell per character of the text: the best score when the two
 * match here, and when they match here or earlier.
 */
struct fuzzy_cell {
	int here, best;
};

static void
fuzzy_fill_row(struct fuzzy_cell *row, const struct fuzzy_cell *above,
               const struct fuzzy_letters *text, uint32_t small, bool last)
{
	int best = FUZZY_NONE;

	for (size_t i = 0; i < text->n; i++) {
		int here = FUZZY_NONE;

		if (text->small[i] == small && !above)
			here = (int)i * OUTER + fuzzy_worth(text, i);
		else if (text->small[i] == small && i && above[i - 1].best > FUZZY_NONE / 2) {
			int apart = above[i - 1].best + fuzzy_worth(text, i);
			int next = above[i - 1].here + NEXT;

			here = next > apart ? next : apart;
		}
		best += last ? OUTER : INNER;
		best = here > best ? here : best;
		row[i] = (struct fuzzy_cell){here, best};
	}
}

/* Walks back from the end and marks the characters that made the best score. */
static void
fuzzy_find_hits(const struct fuzzy_cell *cells, size_t rows, const struct fuzzy_letters *text,
                bool *hit)
{
	bool next = false; /* the character before the last hit must be a hit, too */

	for (size_t r = rows, i = text->n; r-- > 0;) {
		const struct fuzzy_cell *row = cells + r * text->n;

		do
			i--;
		while (!next && i && row[i].here != row[i].best);
		hit[text->at[i]] = true;
		next = r && i && row[i].here == (row - text->n)[i - 1].here + NEXT;
	}
}

static int
fuzzy_solve(const struct fuzzy_typed *t, const char *s, bool *hit)
{
	struct fuzzy_cell *cells;
	struct fuzzy_letters text;
	int score;

	fuzzy_read_text(&text, s);
	cells = mem_alloc(t->n * text.n * sizeof(*cells));
	for (size_t r = 0; r < t->n; r++)
		fuzzy_fill_row(cells + r * text.n, r ? cells + (r - 1) * text.n : NULL, &text,
		               t->small[r], r + 1 == t->n);
	score = cells[t->n * text.n - 1].best;
	if (score < FUZZY_NONE / 2)
		score = FUZZY_NONE + 1; /* it matches only beyond the scored part */
	else if (hit)
		fuzzy_find_hits(cells, t->n, &text, hit);
	free(cells);
	return t->n == text.n ? FUZZY_EXACT : score;
}

int
fuzzy_score(const char *typed, const char *text, bool *hit)
{
	struct fuzzy_typed t;

	if (hit)
		memset(hit, 0, strlen(text) * sizeof(*hit));
	fuzzy_read_typed(&t, typed);
	if (!fuzzy_is_met(&t, text))
		return FUZZY_NONE;
	return t.n ? fuzzy_solve(&t, text, hit) : 0;
}
