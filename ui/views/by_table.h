/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_BY_TABLE_H
#define PM_BY_TABLE_H

#include "model/ui.h"

/* The writers as a table: its headings; its rows, and the call chain under the cursor. */
void by_table_headings(const struct ui *ui, int y);
void by_table_rows(const struct ui *ui, const struct sample *s, int y, int bottom);

/* Scrolls the words of all rows by so many cells, not past the end of the widest. */
void by_table_scroll(struct ui *ui, const struct sample *s, int cells);

/* The lines that the call chain under the cursor takes at the bottom; 0: there is none. */
int by_table_chain_rows(const struct ui *ui, const struct sample *s, int room);
void by_table_chain(const struct ui *ui, const struct sample *s, int y, int bottom);

/* "thread 4711 flush", "memtable_insert": a row's words, safe to print. */
void by_table_words(const struct attribution_row *r, unsigned by, struct buf *out);

#endif
