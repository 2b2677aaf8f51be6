/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Help for the view below it: its keys by group, then the legend, both from the tables. */
#include <string.h>

#include "here.h"
#include "paint.h"
#include "query.h"
#include "state.h"
#include "util.h"
#include "view.h"

struct help_line {
	enum role left_role;
	char left[40];
	char glyph; /* a state's letter in its colours, 0 none */
	enum role glyph_role;
	const char *right;
};

enum { HELP_LINES = 160 };

struct help {
	struct help_line line[HELP_LINES];
	int n;
};

static struct help_line *
next_line(struct help *h)
{
	struct help_line *l = &h->line[h->n < HELP_LINES - 1 ? h->n++ : HELP_LINES - 1];

	memset(l, 0, sizeof(*l));
	return l;
}

static void
add(struct help *h, enum role role, const char *left, const char *right)
{
	struct help_line *l = next_line(h);

	l->left_role = role;
	snprintf(l->left, sizeof(l->left), "%s", left);
	l->right = right;
}

static void
add_keys(struct help *h, char view)
{
	size_t n;
	const struct key_row *k = key_table(&n);

	for (enum key_group g = GROUP_MOVE; g < GROUP_COUNT; g++) {
		bool headed = false;

		for (size_t i = 0; i < n; i++) {
			if (k[i].group != g || !key_row_in(&k[i], view))
				continue;
			if (!headed)
				add(h, ROLE_ACCENT, key_group_name(g), "");
			headed = true;
			add(h, ROLE_STRONG, k[i].keys, k[i].words);
		}
		if (headed)
			add(h, ROLE_TEXT, "", "");
	}
}

static void
add_class(struct help *h, enum lens lens, unsigned c, const char *left, const char *right)
{
	struct help_line *l = next_line(h);

	l->left_role = ROLE_STRONG;
	snprintf(l->left, sizeof(l->left), "  %s", left);
	l->glyph = lens_class(lens, c).letter;
	l->glyph_role = paint_class_role(lens, c);
	l->right = right;
}

/* The classes of the lens that is in use; of states with their help. */
static void
add_legend(struct help *h, enum lens lens)
{
	char head[32];

	snprintf(head, sizeof(head), "Pages: %s", lens_row(lens)->name);
	add(h, ROLE_ACCENT, head, "");
	for (unsigned c = 0; c < lens_classes(lens); c++)
		if (lens == LENS_STATE)
			add_class(h, lens, c, state_row((enum state)c)->name, state_row((enum state)c)->help);
		else
			add_class(h, lens, c, "", lens_class(lens, c).name);
	add(h, ROLE_TEXT, "", "");
}

static void
add_bytes(struct help *h)
{
	add(h, ROLE_ACCENT, "Bytes", "");
	add(h, ROLE_BYTE_ZERO, "00", "zero");
	add(h, ROLE_BYTE_TEXT, "41", "text");
	add(h, ROLE_BYTE_FF, "ff", "all bits set");
	add(h, ROLE_BYTE_REST, "1b", "anything else");
	add(h, ROLE_HEAT_NOW, "2a", "seen to change: the brighter, the more recently");
	add(h, ROLE_NONE, "..", "not read: a page that is not in RAM, or that no read may touch");
	add(h, ROLE_TEXT, "", "");
}

static void
add_lenses(struct help *h)
{
	add(h, ROLE_ACCENT, "Lenses", "");
	for (unsigned l = 0; l < LENS_COUNT; l++) {
		const struct lens_row *row = lens_row((enum lens)l);
		char left[40];

		snprintf(left, sizeof(left), "%c %s", row->digit, row->name);
		add(h, ROLE_STRONG, left, row->question);
	}
	add(h, ROLE_TEXT, "", "");
}

static void
add_questions(struct help *h)
{
	size_t n;
	const struct query_form *q = query_forms(&n);
	const struct here_form *here;

	add(h, ROLE_ACCENT, "Questions", "");
	for (size_t i = 0; i < n; i++)
		add(h, ROLE_STRONG, q[i].form, q[i].help);
	here = here_forms(&n);
	for (size_t i = 0; i < n; i++)
		add(h, ROLE_STRONG, here[i].form, here[i].help);
	add(h, ROLE_TEXT, "", "");
}

static void
add_soft_dirty(struct help *h)
{
	static const char *const lines[] = {
	    "c tells the kernel to forget what was written: it marks every page",
	    "clean and write-protected. The next write to a page takes one short",
	    "fault, and the page shows in a warm colour: the brighter, the more",
	    "recent. It costs the target that fault a page, once, and a stop of",
	    "some milliseconds for the clear. Needs a kernel with soft-dirty.",
	};

	add(h, ROLE_ACCENT, "Soft-dirty", "");
	for (size_t i = 0; i < ARRAY_LEN(lines); i++)
		add(h, ROLE_TEXT, "", lines[i]);
}

/* What the picker says of each process. */
static void
add_access(struct help *h)
{
	add(h, ROLE_ACCENT, "Access", "");
	for (unsigned a = ACCESS_FULL; a < ACCESS_COUNT; a++)
		add(h, ROLE_STRONG, access_name((enum access)a), access_help((enum access)a));
}

static void
make(struct help *h, const struct ui *ui)
{
	enum view_id below = ui->depth ? ui->stack[ui->depth - 1] : VIEW_REGIONS;

	h->n = 0;
	add_keys(h, view_of(below)->letter);
	if (below == VIEW_PICKER) {
		add_access(h);
		return;
	}
	if (below == VIEW_HEX)
		add_bytes(h);
	add_legend(h, ui->lens);
	add_lenses(h);
	add_questions(h);
	add_soft_dirty(h);
}

static void
draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct help h;

	(void)s;
	make(&h, ui);
	for (int i = ui->help_top, y = top; i < h.n && y < bottom; i++, y++) {
		const struct help_line *l = &h.line[i];

		paint_text(y, l->right && l->right[0] ? 3 : 1, 24, l->left_role, "%s", l->left);
		if (l->glyph)
			paint_glyph(y, 3, l->glyph_role, (wchar_t)l->glyph);
		paint_text(y, l->left[0] ? 24 : 3, ui->cols, ROLE_TEXT, "%s", l->right ? l->right : "");
	}
}

static void
settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	struct help h;

	(void)s;
	make(&h, ui);
	if (ui->help_top > h.n - (bottom - top))
		ui->help_top = h.n - (bottom - top);
	if (ui->help_top < 0)
		ui->help_top = 0;
}

static void
say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)ui;
	(void)s;
	buf_fmt(out, "Up and Down move, %s or Esc closes; `man pmtop` has it all", key_of(ACT_CLOSE, 'H'));
}

static void
crumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)s;
	buf_fmt(out, "help > %s", view_of(ui->depth ? ui->stack[ui->depth - 1] : VIEW_REGIONS)->name);
}

static unsigned
act(struct ui *ui, const struct sample *s, enum action a)
{
	int page = ui->rows - 3;

	(void)s;
	switch ((int)a) {
	case ACT_UP: ui->help_top--; break;
	case ACT_DOWN: ui->help_top++; break;
	case ACT_PAGE_UP: ui->help_top -= page; break;
	case ACT_PAGE_DOWN: ui->help_top += page; break;
	case ACT_FIRST: ui->help_top = 0; break;
	case ACT_LAST: ui->help_top = HELP_LINES; break;
	}
	return FX_NONE;
}

const struct view view_help = {
    .name = "help", .letter = 'H', .draw = draw, .act = act, .say = say, .crumb = crumb,
    .settle = settle,
};
