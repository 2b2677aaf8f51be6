/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FIT_H
#define PM_FIT_H

#include <stddef.h>

#include "base/util.h"
#include "kernel/vma.h"
#include "term/paint.h"

/*
 * Fitting text into screen columns: measuring and cutting. Text is UTF-8; a grapheme cluster, or an
 * escape \ooo of text_escape, is never split.
 */

/* Appends a mapping's name for the screen, escaped; vma_shown_name if it has none. */
void fit_name(struct buf *out, const struct vma *v);

/* The columns that the first n bytes take; the bytes that fit into `columns`. */
size_t fit_width(const char *s, size_t n);
size_t fit_fit(const char *s, size_t columns);

/* The bytes to skip at the beginning of the first n, so that the rest takes at most `columns`. */
size_t fit_skip(const char *s, size_t n, size_t columns);

/*
 * The bytes that go on one line: whole words, or part of a word that is too long; all of them if
 * nothing fits.
 */
size_t fit_line(const char *text, size_t width);

/*
 * Text in at most `width` columns. If too long it is cut at its end and marked; a path is cut in
 * the middle, so that at least the beginning of the file's name remains.
 */
void fit_cut(struct buf *out, const char *text, size_t width);

/* The same, but always cut at the end. */
void fit_cut_end(struct buf *out, const char *text, size_t width);

/* Draws text cut that way; NULL draws nothing. Returns the column after it. */
int fit_draw_cut(int y, int x, int right, enum role role, const char *text);

/* Draws text from column 1 in as many rows as it needs, above `bottom`; returns the next row. */
int fit_draw_lines(int y, int bottom, int right, enum role role, const char *text);

/*
 * The place addr in region v, in the form that the prompt accepts, never cut: by full or short
 * name, depending on `width`. If no name resolves back to it, START+OFFSET with as much of the name
 * before it as fits.
 */
void fit_place_text(struct buf *out, const struct vma_list *vmas, const struct vma *v,
                    uint64_t addr, size_t width);

/* A mapping's name in at most `width` columns, cut as by fit_cut. */
void fit_name_cut(struct buf *out, const struct vma *v, size_t width);

#endif
