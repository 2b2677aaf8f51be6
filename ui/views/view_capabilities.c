/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What this kernel and these privileges allow: the rows of --capabilities. */
#include <string.h>

#include "term/keys.h"
#include "term/paint.h"
#include "views/card.h"
#include "views/scroll.h"
#include "views/view.h"

static bool
view_capabilities_make(const struct ui *ui, const struct sample *s, struct card *c)
{
	const struct answer *a = s->card;

	if (!a || s->card_kind != CARD_CAPABILITIES)
		return false;
	c->n = 0;
	c->width = ui->cols - 2;
	for (size_t i = 0; i < a->n; i++) {
		bool ok = !strncmp(a->f[i].value, "yes", 3);

		card_add_long(c, ok ? ROLE_ACCENT : ROLE_HOT, a->f[i].key, a->f[i].value);
		if (a->f[i].note)
			card_add_long(c, ROLE_TEXT, " ", a->f[i].note);
	}
	return true;
}

static void
view_capabilities_draw(const struct ui *ui, const struct sample *s, int top, int bottom)
{
	card_view_draw(view_capabilities_make, ui, s, top, bottom,
	               ui->card_read == ONCE_CANCELLED ? "cancelled before all was tried"
	                                               : "trying what works");
}

static void
view_capabilities_settle(struct ui *ui, const struct sample *s, int top, int bottom)
{
	card_view_settle(view_capabilities_make, ui, s, bottom - top);
}

static void
view_capabilities_say(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)ui;
	if (s->card && s->card_kind == CARD_CAPABILITIES)
		buf_str(out, s->card->line);
}

static void
view_capabilities_breadcrumb(const struct ui *ui, const struct sample *s, struct buf *out)
{
	(void)ui;
	(void)s;
	buf_str(out, "what works here");
}

static unsigned
view_capabilities_act(struct ui *ui, const struct sample *s, enum action a)
{
	(void)s;
	card_act(&scroll_of(ui)->top, ui->rows - 4, a);
	return FX_NONE;
}

static void
view_capabilities_needs(const struct ui *ui, const struct sample *s, struct screen_request *r)
{
	(void)ui;
	(void)s;
	r->card_on = CARD_CAPABILITIES;
}

const struct view view_capabilities = {
    .size = sizeof(struct scroll_view),
    .enter = scroll_enter,
    .draw = view_capabilities_draw,
    .act = view_capabilities_act,
    .say = view_capabilities_say,
    .breadcrumb = view_capabilities_breadcrumb,
    .settle = view_capabilities_settle,
    .report = report_card,
    .needs = view_capabilities_needs,
};
