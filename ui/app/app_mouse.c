/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The mouse. It does nothing that a key cannot: a click moves the cursor, a double click is Enter,
 * the wheel scrolls, and a zone (zones.h) is a key or has a function of its own.
 */
#include "app/app_state.h"

#include <string.h>

#include "base/clock.h"
#include "base/util.h"
#include "term/keys.h"
#include "term/paint.h"

static const uint64_t DOUBLE_NS = 500000000;
enum { WHEEL_ROWS = 3 };

/* Two clicks on the same cell in quick succession; a third starts again. */
static bool
app_is_double(struct app_mouse *p, const struct mouse *m)
{
	uint64_t now = time_ns();
	bool same = p->y == m->y && p->x == m->x && p->at_ns && now - p->at_ns < DOUBLE_NS;

	p->y = m->y;
	p->x = m->x;
	p->at_ns = same ? 0 : now;
	return same;
}

static struct app_click
app_hit(struct app *a, const struct zone *z, const struct mouse *m, bool drag, bool begins)
{
	struct touch t = zone_touch(z, m->y, m->x);
	struct app_click c = {0};

	t.drag = drag;
	t.begins = begins;
	if (z->hit && (app_shown(a) || ui_is_bare(&a->ui)))
		c.fx = z->hit(&a->ui, app_shown(a), &t);
	return c;
}

static struct app_click
app_press(struct app *a, const struct mouse *m)
{
	struct app_mouse *p = &a->mouse;
	const struct zone *z = zone_at(m->y, m->x);
	bool twice = app_is_double(p, m);
	struct app_click c;

	p->held = z ? *z : (struct zone){0};
	p->moved = false;
	if (!z || (a->t.asking && !z->action))
		return (struct app_click){0};
	c = app_hit(a, z, m, false, false);
	c.action = twice && z->opens ? key_action('\r', app_letter(a)) : z->action;
	c.times = c.action != ACT_NONE;
	return c;
}

/* Terminals that do not report moves at least report where the button was released. */
static struct app_click
app_drag(struct app *a, const struct mouse *m)
{
	struct app_mouse *p = &a->mouse;

	bool begins = !p->moved;

	if (begins && m->y == p->y && m->x == p->x)
		return (struct app_click){0};
	p->moved = true;
	p->at_ns = 0;
	if (!p->hinted) {
		p->hinted = true;
		app_toast(
		    a, ROLE_TEXT,
		    "hold Shift to select text: the mouse is pmtop's (--no-mouse leaves it alone)");
	}
	return app_hit(a, &p->held, m, true, begins);
}

/* With Ctrl it zooms around the pointer. */
static struct app_click
app_turn_wheel(struct app *a, const struct mouse *m)
{
	bool up = m->kind == MOUSE_WHEEL_UP;
	const struct zone *z = zone_at(m->y, m->x);
	struct app_click c = {0};

	if (a->t.panel && !a->t.asking)
		app_panel_scroll(a, up ? ACT_UP : ACT_DOWN);
	if (a->t.panel || a->t.asking)
		return c;
	if (m->ctrl && z && z->opens)
		c = app_hit(a, z, m, false, false);
	if (m->ctrl)
		c.action = up ? ACT_ZOOM_IN : ACT_ZOOM_OUT;
	else
		c.action = up ? ACT_UP : ACT_DOWN;
	c.times = m->ctrl || ui_view(&a->ui) == VIEW_MAP ? 1 : WHEEL_ROWS;
	return c;
}

struct app_click
app_take_mouse(struct app *a)
{
	const struct mouse *m = &a->term.mouse;
	struct app_click none = {0};

	a->ui.touched_ns = time_ns();
	a->t.awaited = ACT_NONE;
	switch (m->kind) {
	case MOUSE_PRESS: return app_press(a, m);
	case MOUSE_DRAG: return app_drag(a, m);
	case MOUSE_RELEASE: return a->mouse.moved ? none : app_drag(a, m);
	case MOUSE_WHEEL_UP:
	case MOUSE_WHEEL_DOWN: return app_turn_wheel(a, m);
	}
	return none;
}
