/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One region: what it is, its pages by state, and facts that only smaps has, read on request. */
#include <string.h>

#include "page/explain.h"
#include "term/fit.h"
#include "term/keys.h"
#include "term/paint.h"
#include "views/card.h"
#include "views/breadcrumb.h"
#include "views/scroll.h"
#include "views/view.h"

/* Facts that have lines of their own further down, or are not shown. */
static bool
view_region_is_shown_below(const char *key)
{
	return !strcmp(key, "vmflags") || !strcmp(key, "mapping") || !strcmp(key, "kind") ||
	       !strcmp(key, "type");
}

static bool
view_region_is_bytes(const char *key)
{
	static const char *const keys[] = {"size",       "pss",    "uss",      "shared",
	                                   "referenced", "locked", "ksm_bytes"};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		if (!strcmp(key, keys[i]))
			return true;
	return false;
}

/* A count of pages of a state: the letter, the bytes and the words of the state. */
static bool
view_region_add_state(struct card *c, const struct fact *f, size_t page_size)
{
	unsigned st = 0;
	char label[24], size[8];
	const char *end;
	uint64_t n;

	while (st < STATE_COUNT && strcmp(f->key, state_row((enum state)st)->name))
		st++;
	if (st == STATE_COUNT || !parse_u64(f->value, 10, &end, &n))
		return false;
	snprintf(label, sizeof(label), " %c %s", state_row((enum state)st)->letter, f->key);
	card_add(c, ROLE_TEXT, label, state_row((enum state)st)->words, "%8s %6s ", f->value,
	         size_text(size, n * page_size));
	return true;
}

static void
view_region_add_fact(struct card *c, const struct fact *f, size_t page_size)
{
	uint64_t n;
	const char *end;
	char size[8];

	if (view_region_add_state(c, f, page_size))
		return;
	if (!strcmp(f->key, "pages"))
		card_add(c, ROLE_STRONG, f->key, NULL, "%8s", f->value);
	else if (view_region_is_bytes(f->key) && parse_u64(f->value, 10, &end, &n))
		card_add(c, ROLE_TEXT, f->key, NULL, "%s", size_text(size, n));
	else
		card_add(c, ROLE_TEXT, f->key, f->note, "%s", f->value);
}

static void
view_region_add_flags(struct card *c, const struct smaps_entry *e)
{
	size_t n;
	const struct vmflag *f = smaps_flags(&n);
	struct buf odd = {0};

	card_add(c, ROLE_STRONG, "VmFlags", NULL, "%s", "");
	for (size_t i = 0; i < n; i++) {
		char label[8];

		if (!smaps_has(e, f[i].code))
			continue;
		snprintf(label, sizeof(label), " %s", f[i].code);
		card_add(c, ROLE_ACCENT, label, NULL, "%s", f[i].words);
	}
	smaps_odd_flags(e, &odd);
	if (odd.len)
		card_add(c, ROLE_ACCENT, "", "newer than this pmtop", " %s", odd.s);
	buf_free(&odd);
}

/* The facts that need no count of pages. */
static void
view_region_add_uncounted(struct card *c, const struct ui *ui, const struct sample *s)
{
	const struct region *r = NULL;
	struct buf text = {0};
	char size[8];

	ui_vma(ui, s, &r);
	if (r && r->known)
		card_add(c, ROLE_TEXT, " in RAM", "by the last sample", "%8llu %6s ",
		         (unsigned long long)r->rss, size_text(size, r->rss * s->page_size));
	card_gap(c);
	if (s->card_err.what[0])
		buf_fmt(&text, "%s: %s", s->card_err.what, s->card_err.why);
	else if (s->ended)
		buf_str(&text, "the process ended before its pages were counted");
	else if (ui->card_read == ONCE_CANCELLED)
		buf_fmt(&text, "pages by state and smaps were not read; %s reads them",
		        key_of(ACT_REFRESH, ui_letter(ui)));
	else
		buf_str(&text, "counting its pages by state, then reading smaps");
	card_add_text(c, ROLE_DIM, text.s);
	buf_free(&text);
}

static bool
view_region_make(const struct ui *ui, const struct sample *s, struct card *c)
{
	const struct vma *v = ui_vma(ui, s, NULL);
	const struct answer *a = s->card;
	struct buf name = {0};

	if (!v || !a || s->card_kind != CARD_REGION || a->place != v->start)
		return false;
	c->n = 0;
	c->width = ui->cols - 2;
	fit_name(&name, v);
	card_head(c, name.s);
	buf_free(&name);
	for (size_t i = 0; i < a->n; i++) {
		if (!strcmp(a->f[i].key, "type"))
			card_add(c, ROLE_TEXT, "type", explain_region(v), "%s", a->f[i].value);
		if (!strcmp(a->f[i].key, "pages") || !strcmp(a->f[i].key, "pss"))
			card_gap(c);
		if (!view_region_is_shown_below(a->f[i].key))
			view_region_add_fact(c, &a->f[i], s->page_size);
	}
	if (!s->card_whole)
		view_region_add_uncounted(c, ui, s);
	if (a->has_smaps) {
		card_gap(c);
		view_region_add_flags(c, &a->smaps);
	}
	return true;
}

static void
view_region_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	card_view_draw(view_region_make, ui, s, top, bottom, "reading the region");
}

static void
view_region_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	card_view_settle(view_region_make, ui, s, bottom - top);
}

static void
view_region_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	const struct vma *v = ui_vma(ui, s, NULL);

	if (!v)
		buf_str(out, "this region was unmapped");
	else if (s->card && s->card_kind == CARD_REGION && s->card->place == v->start)
		buf_fmt(out,
		        s->card_whole && !s->timeline ? "%s; a snapshot: %s refreshes it" : "%s",
		        s->card->line, key_of(ACT_REFRESH, ui_letter(ui)));
}

static void
view_region_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	breadcrumb_region(out, ui, s, "");
}

static void
view_region_go_region(struct ui *ui, const struct sample *s, int step)
{
	const struct vma_list *l = &s->regions->vmas;
	size_t i = vma_lower_bound(l, ui->region) + (size_t)step;

	if (i >= l->n)
		return;
	ui_leave(ui);
	ui->region = l->v[i].start;
	scroll_of(ui)->top = 0;
}

static unsigned
view_region_act(struct ui *ui, const struct sample *s, enum action a)
{
	if (card_act(&scroll_of(ui)->top, ui->rows - 4, a) || !s->regions)
		return FX_NONE;
	switch ((int)a) {
	case ACT_NEXT_REGION: view_region_go_region(ui, s, 1); break;
	case ACT_LAST_REGION: view_region_go_region(ui, s, -1); break;
	case ACT_OPEN:
		ui_go(ui, s, ui->region);
		break;
	}
	return FX_NONE;
}

static void
view_region_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	(void)s;
	r->card_on = CARD_REGION;
	r->card = ui->region;
}

const struct view view_region = {
    .size = sizeof(struct scroll_view),
    .enter = scroll_enter,
    .draw = view_region_draw,
    .act = view_region_act,
    .say = view_region_say,
    .breadcrumb = view_region_breadcrumb,
    .settle = view_region_settle,
    .report = report_card,
    .needs = view_region_needs,
};
