/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_CARD_H
#define PM_CARD_H

#include "model/ui.h"
#include "page/page.h"
#include "sample/sample.h"
#include "term/keys.h"
#include "term/paint.h"

/* Everything about one page as lines: for the page view, and beside the grid. */
struct card_line {
	enum role role;            /* of `value` */
	char label[24], value[208], note[112];
	uint64_t at;               /* goes there; 0: nowhere */
	bool spare;                /* the first to go where there is no room: see card_squeeze */
};

enum { CARD_LINES = 128, CARD_NARROW = 40 };

struct card {
	struct card_line line[CARD_LINES];
	int n;
	int width;   /* of the room it is made for, set by the caller */
	int rows;    /* of the room, of a page's card */
	bool all;    /* bits that are not set have a line each, even where that is too many */
	bool folded; /* they share a few lines: set by card_make */
};

/* Too large for a stack: on the heap, freed by free. */
struct card *card_new(void);

/*
 * `more`: the sampler's answer about the page (symbol, cgroup, folio), or NULL. In a narrow card
 * that comes last, so that nothing moves when it arrives.
 */
void card_make(struct card *c, const struct sample *s, const struct vma *v, uint64_t addr,
               const struct page *pg, uint64_t written_ns, uint64_t now, const struct answer *more);

/* A heading alone, a label with its value. */
void card_head(struct card *c, const char *text);
void card_add(struct card *c, enum role role, const char *label, const char *note, const char *fmt,
              ...) __attribute__((format(printf, 5, 6)));
void card_gap(struct card *c);

/* A value over as many lines as it needs; all stand where values do. */
void card_add_long(struct card *c, enum role role, const char *label, const char *value);

/* Text without a label over as many lines as it needs: the pane beside the grid is narrow. */
void card_add_text(struct card *c, enum role role, const char *text);

/*
 * Epochs of late, bit n of `recent` the n-th before the last of `epochs`, as a sparkline of 32 /
 * per columns, per of them in each: the newest at the right, nothing is a dot, what was before the
 * first a blank.
 */
void card_epochs(struct buf *out, uint32_t recent, uint32_t epochs, unsigned per);

/* Leaves out, as far as that makes it fit into so many rows: blank lines, then the bits that are
 * not set. */
void card_squeeze(struct card *c, int rows);

/* A key that scrolls a card is dealt with: true. */
bool card_act(int *first, int page, enum action a);

/*
 * What the views that are one card have in common. `make` fills a card from a sample, false if
 * there is none yet; then is drawn why (s->card_err), or what is awaited.
 */
typedef bool card_make_fn(const struct ui *ui, const struct sample *s, struct card *c);
void card_view_draw(card_make_fn *make, const struct ui *ui, const struct sample *s, int top,
                    int bottom, const char *awaited);
void card_view_settle(card_make_fn *make, struct ui *ui, const struct sample *s, int rows);

/* Draws lines from `first` into rows [top, bottom), columns [x, right). */
void card_draw(const struct card *c, int first, int top, int bottom, int x, int right);

#endif
