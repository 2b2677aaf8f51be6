/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HEX_H
#define PM_HEX_H

#include "target/bytes.h"

/*
 * Rows of sixteen bytes. With addresses of twelve digits they take exactly 80 columns:
 *
 *   1   blank
 *   12  address
 *   2   blanks
 *   49  sixteen bytes with a blank after each, and one more after the eighth
 *   16  the same as text
 */
enum { HEX_WIDTH = 80, HEX_DIGITS = 12 };

/* Digits of addresses up to end: HEX_DIGITS, or 16, which shifts all columns to the right. */
int hex_digits(uint64_t end);

/* The column of byte i, 0..15: its first digit; its character. */
int hex_x(int digits, unsigned i);
int hex_text_x(int digits, unsigned i);

/*
 * The address of the first row so that the row of `at` is among the `rows` shown, [start, end)
 * fills the screen if it can, and `top` moves as little as possible. A distant place goes a third
 * of the way down the screen.
 */
uint64_t hex_show(uint64_t top, uint64_t at, uint64_t start, uint64_t end, unsigned rows);

/* The row at `row` as text; bytes outside b are blank. The bytes of a row lie in one page. */
void hex_row(struct buf *out, const struct bytes *b, uint64_t row);

/*
 * The rows of b: bytes as hex_row writes them, and one line for each stretch of pages without any,
 * with the reason. Every line begins with two blanks and ends with a newline.
 */
void hex_dump(struct buf *out, const struct bytes *b);

/* The end of the run of pages of the same kind as the one at addr. */
uint64_t hex_stretch(const struct bytes *b, uint64_t addr);

#endif
