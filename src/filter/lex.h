/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_LEX_H
#define PM_LEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Reads typed text from left to right: words, signs, numbers. Filters and questions share it, so
 * both are written the same way. Pure.
 */
struct lex {
	const char *text, *at; /* the whole text; the position in it */
	size_t page_size;      /* the unit "p" */
};

/* A part of the text. */
struct lex_word {
	const char *s;
	size_t n;
};

/* --- errors ----------------------------------------------------------------------------------- */

/* The column of `at`, from 1. */
int lex_column(const struct lex *l, const char *at);

/* "cannot read TEXT: WHY; HOW", with the column. Both return -1. */
int lex_bad(const char *text, int column, const char *why, const char *how, struct err *err);
int lex_fail(const struct lex *l, const char *at, const char *why, const char *how,
             struct err *err);

/* --- words and signs -------------------------------------------------------------------------- */

void lex_skip_blanks(struct lex *l);

/* Whether the n bytes at s are one of `names`, separated by blanks; ignores case. */
bool lex_is_one_of(const char *names, const char *s, size_t n);

/* The length of the word at s: a letter, then letters, digits and _ - . : 0: there is none. */
size_t lex_word_length(const char *s);

/*
 * Skip what is expected; false: it is not there. A word must match as a whole, other text only at
 * its start.
 */
bool lex_eat_word(struct lex *l, const char *names);
bool lex_eat_text(struct lex *l, const char *text);
bool lex_eat_sign(struct lex *l, char sign);

/* Reads up to `close` and skips it; *w is what is between. l->at is at the opening character. */
bool lex_eat_enclosed(struct lex *l, char close, struct lex_word *w);

/* --- numbers: all of s, n bytes long. false: it is none, or too large ---------------------------
 */

bool lex_has_0x(const char *s, size_t n);
bool lex_hex(const char *s, size_t n, uint64_t *out); /* with or without 0x */

/* Bytes: 4096, 0x1000, 4k 2m 1g 1t, 12p (pages). */
bool lex_bytes(const char *s, size_t n, size_t page_size, uint64_t *out);

/* The factor of lex_bytes if the last character is a unit; else 0. */
uint64_t lex_unit(const char *s, size_t n, size_t page_size);

/* A decimal fraction with a unit: "2.5g" is 2.5 times `by` of "g". A NULL name ends the units. */
struct lex_unit {
	const char *name;
	uint64_t by;
};
bool lex_measure(const char *s, size_t n, const struct lex_unit *units, uint64_t *out);

#endif
