/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CARD_H
#define PM_CARD_H

#include "model/ui.h"
#include "page/page.h"
#include "sample/sample.h"
#include "term/keys.h"
#include "term/paint.h"

/* Facts as lines: for the page view, the pane beside the grid, and other views. */
struct card_line {
	enum role role;            /* of `value` */
	char label[24], value[208], note[112];
	uint64_t at;               /* the address that Enter goes to; 0: none */
	bool spare;                /* dropped first if there is no room: see card_squeeze */
};

enum { CARD_LINES = 128, CARD_NARROW = 40 };
enum { CARD_LABEL = 20, CARD_LABEL_NARROW = 15 }; /* columns */

struct card {
	struct card_line line[CARD_LINES];
	int n;
	int width;   /* available columns, set by the caller */
	int rows;    /* available rows, for a page's card */
	bool all;    /* bits that are not set have a line each, even if that is too long */
	bool folded; /* they share a few lines; set by page_card */
	enum ui_once symbol; /* of a page: whether it is still being looked up */
};

/* Too large for a stack; freed by free. */
struct card *card_new(void);

/* The width of the column of labels. */
int card_label_width(const struct card *c);

/* A heading alone, a label with its value. */
void card_head(struct card *c, const char *text);
void card_add(struct card *c, enum role role, const char *label, const char *note, const char *fmt,
              ...) __attribute__((format(printf, 5, 6)));
void card_gap(struct card *c);

/* A value, wrapped in the column of values. */
void card_add_long(struct card *c, enum role role, const char *label, const char *value);

/* Text without a label, wrapped. */
void card_add_text(struct card *c, enum role role, const char *text);

/*
 * The recent epochs (bit n of `recent`: the n-th before the last of `epochs`) as a sparkline of 32
 * / per columns, `per` epochs each: the newest on the right, a dot for none, blank before the
 * first.
 */
void card_epochs(struct buf *out, uint32_t recent, uint32_t epochs, unsigned per);

/* Drops lines until it fits into this many rows: first blank lines, then bits that are not set. */
void card_squeeze(struct card *c, int rows);

/* Handles a key that scrolls the card. true: it was one. */
bool card_act(int *first, int page, enum action a);

/*
 * The common part of views that are a single card. `make` fills a card from a sample, false if that
 * is not possible yet; then the view shows the reason (s->card_err), or what it waits for.
 */
typedef bool card_make_fn(const struct ui *ui, const struct sample *s, struct card *c);
void card_view_draw(card_make_fn *make, const struct ui *ui, const struct sample *s, int top,
                    int bottom, const char *awaited);
void card_view_settle(card_make_fn *make, struct ui *ui, const struct sample *s, int rows);

/* Draws lines from `first` into rows [top, bottom), columns [x, right). */
void card_draw(const struct card *c, int first, int top, int bottom, int x, int right);

#endif
