/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The jump list and the bookmarks: keys of two letters, and the status line between them. */
#include "app/app_state.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "query/query.h"
#include "term/keys.h"
#include "term/paint.h"

/* An address as NAME+OFFSET ("heap+1000"), or bare if no name leads there. */
static void
app_add_address(const struct app *a, struct buf *out, uint64_t addr)
{
	const struct sample *s = app_shown(a);
	const struct vma *v = s && s->regions ? vma_at(&s->regions->vmas, addr) : NULL;

	struct buf place = {0};

	if (v && query_place_text(&s->regions->vmas, v, addr, false, !paint_utf8(), &place))
		buf_str(out, place.s);
	else
		buf_fmt(out, "%llx%s", (unsigned long long)addr, v ? "" : " (unmapped)");
	buf_free(&place);
}

void
app_say_awaited(const struct app *a, struct buf *out)
{
	const struct jumps *j = &a->ui.jumps;

	if (a->t.awaited == ACT_WRITE) {
		buf_str(out, "the file exists: y replaces, any other key keeps ");
		text_escape(out, a->report, strlen(a->report), !paint_utf8());
		return;
	}
	if (a->t.awaited == ACT_BOOKMARK)
		buf_str(out, "set a bookmark: a letter, a to z");
	else
		buf_fmt(out,
		        j->n || j->bookmarked ? "go to:"
		                          : "no bookmarks yet: %s and a letter sets one",
		        key_of(ACT_BOOKMARK, 'G'));
	for (char c = 'a'; c <= 'z'; c++) {
		const struct place *p = jumps_bookmarked(j, c);

		if (!p)
			continue;
		buf_fmt(out, "  %c ", c);
		app_add_address(a, out, p->at);
	}
	if (a->t.awaited == ACT_BOOKMARK_GO && j->n) {
		buf_str(out, "  ' ");
		app_add_address(a, out, j->v[j->n - 1].at);
	}
}

static void
app_go_refuse(struct app *a)
{
	app_toast(a, ROLE_HOT, "nothing is mapped there any more");
}

static bool
app_goes(struct app *a, uint64_t addr)
{
	const struct sample *s = app_shown(a);

	if (ui_view(&a->ui) != VIEW_HEX || !s->regions || !vma_at(&s->regions->vmas, addr))
		return ui_go(&a->ui, s, addr);
	ui_hex_jump(&a->ui, addr);
	return true;
}

void
app_go(struct app *a, uint64_t addr)
{
	const struct sample *s = app_shown(a);

	a->t.goes_after = 0;
	if (app_goes(a, addr))
		return;
	if (s->ended || s->timeline || a->t.back) {
		app_go_refuse(a);
		return;
	}
	app_command(a, &(struct command){.kind = COMMAND_REFRESH});
	a->t.goes_after = a->t.newest[COMMAND_REFRESH];
	a->t.goes_to = addr;
}

void
app_go_on(struct app *a, uint64_t refresh)
{
	if (!a->t.goes_after || refresh < a->t.goes_after) /* a later one may have replaced it */
		return;
	a->t.goes_after = 0;
	if (!app_goes(a, a->t.goes_to))
		app_go_refuse(a);
}

void
app_set_bookmark(struct app *a, char letter)
{
	struct place p = ui_place(&a->ui);
	struct buf text = {0};

	jumps_bookmark(&a->ui.jumps, letter, &p);
	buf_fmt(&text, "bookmark %c is ", letter);
	app_add_address(a, &text, p.at);
	buf_fmt(&text, ": %s%c returns here", key_of(ACT_BOOKMARK_GO, 'G'), letter);
	app_toast(a, ROLE_TEXT, text.s);
	buf_free(&text);
}

/* Goes back to the views of the bookmark, but an open hex view stays. */
static void
app_go_to_bookmark(struct app *a, const struct place *p)
{
	const struct sample *s = app_shown(a);
	struct ui *ui = &a->ui;

	if (!s->regions || !vma_at(&s->regions->vmas, p->at)) {
		app_toast(a, ROLE_HOT, "nothing is mapped there any more");
	} else if (ui_view(ui) == VIEW_HEX && p->view[p->depth] != VIEW_HEX) {
		ui_leave(ui);
		ui->byte = p->at;
	} else {
		ui_leave(ui);
		ui_take_place(ui, s, p);
		if (ui_view(ui) == VIEW_HEX)
			jumps_rebase(&ui->jumps);
	}
}

/* '' swaps the current place with the one before the last jump. */
static void
app_trade_places(struct app *a)
{
	struct place here = ui_place(&a->ui);

	if (ui_return(&a->ui, app_shown(a)))
		jumps_push(&a->ui.jumps, &here);
	else
		app_toast(a, ROLE_TEXT, "no jumps yet");
}

void
app_take_letter(struct app *a, int key)
{
	int action = a->t.awaited;
	const struct place *p = key < 128 ? jumps_bookmarked(&a->ui.jumps, (char)key) : NULL;
	char text[64];

	a->t.awaited = ACT_NONE;
	if (action == ACT_WRITE) {
		app_report_replace(a, key == 'y');
		return;
	}
	if (key == 27 || !app_shown(a))
		return;
	if (action == ACT_BOOKMARK && key >= 'a' && key <= 'z') {
		app_set_bookmark(a, (char)key);
	} else if (action == ACT_BOOKMARK_GO && key == '\'') {
		app_trade_places(a);
	} else if (action == ACT_BOOKMARK_GO && p) {
		app_go_to_bookmark(a, p);
	} else if (key >= 'a' && key <= 'z') {
		snprintf(text, sizeof(text), "no bookmark %c: %s%c sets it", key,
		         key_of(ACT_BOOKMARK, 'G'), key);
		app_toast(a, ROLE_HOT, text);
	} else {
		app_toast(a, ROLE_HOT, "bookmarks are letters, a to z");
	}
}

void
app_jump_back(struct app *a)
{
	bool any = a->ui.jumps.n > 0;

	if (app_shown(a) && !ui_return(&a->ui, app_shown(a)))
		app_toast(a, ROLE_TEXT, any ? "the places before are no longer mapped"
		                            : "no jump to return from");
}
