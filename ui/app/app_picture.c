/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The picture on screen: when it is drawn, and how long it stays. */
#include "app/app_state.h"

#include "base/clock.h"
#include "base/util.h"
#include "model/list.h"
#include "model/list_rows.h"
#include "term/prompt.h"

enum {
	WORK_MS = 200,   /* how often progress is drawn */
	FADE_MS = 500,   /* how often fading colours are redrawn */
	COOL_MS = 31000, /* until they have faded: the last step of enum heat is 30 s */
	STILL_MS = 5000, /* a picture of a newer sample that looks the same is not drawn sooner */
};

/* Whether the header has an age in seconds. */
static bool
picture_has_ages(const struct sample *s)
{
	return s->ended || s->clears || s->recorded.on ||
	       (s->regions && s->regions->totals.grown.known);
}

/* How long rows of the list are still held in their places, in ms; -1: they are not. */
static int
picture_rows_ms(const struct app *a, uint64_t now)
{
	bool live = a->t.s && !a->t.back && !a->t.s->timeline;

	return live && ui_view(&a->ui) == VIEW_REGIONS ? rows_wait_ms(&a->ui, now) : -1;
}

/* How long the screen stays valid if nothing happens, in ms; -1: for ever. */
static int
picture_valid_ms(const struct app *a)
{
	uint64_t now = time_ns(), there = a->t.s ? sample_clock(a->t.s, now) : now;
	bool list = ui_view(&a->ui) == VIEW_REGIONS;
	int changes = list ? list_changes_wait_ms(&a->ui.list->changes, there) : -1;
	int rows = picture_rows_ms(a, now), ms;

	if (term_has_key())
		return 0;
	if (!app_answered(a) || (a->t.sampler && sampler_busy_ns(a->t.sampler)))
		return a->t.unanswered ? WORK_MS : WAITING_MS / 2;
	if (now < a->toast.until)
		return (int)((a->toast.until - now) / TIME_MS) + 1;
	if (changes >= 0 && !a->t.back && !a->o->term.calm)
		return changes < FADE_MS ? changes : FADE_MS;
	if (!a->t.request.interval_ns || a->choose.lister || a->o->term.calm)
		return -1;
	if (a->t.s && a->t.s->regions && a->t.s->regions->totals.written)
		return FADE_MS;
	if (ui_view(&a->ui) == VIEW_HEX && a->t.s && a->t.s->bytes &&
	    a->t.s->bytes->newest_ns + COOL_MS * TIME_MS > there)
		return FADE_MS;
	if (!a->t.s)
		return -1;
	ms = picture_has_ages(a->t.s) || a->t.request.screen.smaps_on ? 1000 : -1;
	return rows >= 0 && (ms < 0 || rows < ms) ? rows : ms;
}

static int
picture_wait_ms(const struct app *a)
{
	int ms = picture_valid_ms(a), play = app_plays(a) ? app_play_wait_ms(a) : -1;

	return play >= 0 && (ms < 0 || ms > play) ? play : ms;
}

/* Whether the grid looks the same with `s`, and so does the page under the cursor on its card. */
bool
app_picture_shows(const struct app *a, const struct sample *s)
{
	const struct sample *was = a->t.s;
	size_t i;

	return was && was->complete && s->complete && !a->t.back && !s->timeline &&
	       s->made_ns - a->picture.made_ns < STILL_MS * TIME_MS &&
	       ui_view(&a->ui) == VIEW_GRID && !screen_reads(&a->t.request.screen) &&
	       was->window && s->window && grid_cell_at(&s->window->grid, a->ui.cursor, &i) &&
	       window_same_page(was->window, s->window, i) && sample_looks_same(s, was);
}

void
app_picture(struct app *a)
{
	app_draw(a);
	a->picture = (struct app_picture){.stands = true, .made_ns = a->t.s ? a->t.s->made_ns : 0};
}

int
app_picture_ms(struct app *a)
{
	struct app_picture *p = &a->picture;
	uint64_t now = time_ns();
	int ms;

	if (!p->until_ns) {
		ms = picture_wait_ms(a);
		p->until_ns = ms < 0 ? UINT64_MAX : now + (uint64_t)ms * TIME_MS;
		return ms;
	}
	if (p->until_ns == UINT64_MAX)
		return -1;
	return p->until_ns > now ? (int)((p->until_ns - now) / TIME_MS) + 1 : 0;
}
