/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FIT_H
#define PM_FIT_H

#include <stddef.h>

#include "base/util.h"
#include "kernel/vma.h"
#include "term/paint.h"

/*
 * Text in so many columns of the screen: how much of it fits, and where it is cut. It is UTF-8;
 * what a reader takes for one character (a grapheme cluster, an escape \ooo of text_escape) is
 * never cut in half.
 */

/* A mapping's name for the screen: escaped, vma_shown_name for none. */
void fit_name(struct buf *out, const struct vma *v);

/* Columns that the first n bytes of UTF-8 text take, and bytes of it that fit into so many columns.
 */
size_t fit_width(const char *s, size_t n);
size_t fit_fit(const char *s, size_t columns);

/* Bytes to leave out at the beginning of the first n, so that what is left takes at most so many
 * columns. */
size_t fit_skip(const char *s, size_t n, size_t columns);

/* Bytes of a text that go on a line: as many words as fit, a part of one that is too long; all if
 * there is no room. */
size_t fit_line(const char *text, size_t width);

/*
 * Text in at most `width` columns: what is too long ends in a sign that it is; a path has it in its
 * middle, so that the file's name survives, or at least the name's beginning.
 */
void fit_cut(struct buf *out, const char *text, size_t width);

/* The same, always cut at its end. */
void fit_cut_end(struct buf *out, const char *text, size_t width);

/* Draws text so; NULL is none. Returns the column behind it. */
int fit_draw_cut(int y, int x, int right, enum role role, const char *text);

/* From column 1 in as many rows as it needs, above bottom; returns the row behind them. */
int fit_draw_lines(int y, int bottom, int right, enum role role, const char *text);

/*
 * The place addr in region v, as the prompt takes it back: never cut. Whole or short by the room of
 * `width` columns; where no name leads back, as much of the name as there is room for stands before
 * START+OFFSET.
 */
void fit_place_text(struct buf *out, const struct vma_list *vmas, const struct vma *v,
                    uint64_t addr, size_t width);

/* A mapping's name in at most `width` columns, cut as fit_cut does. */
void fit_name_cut(struct buf *out, const struct vma *v, size_t width);

#endif
