/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "term/ground.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/util.h"

enum { ESC = 27, BEL = 7, ST = 0x9c }; /* ST: the 8-bit form, which some terminals send */
enum fit { FIT_NONE, FIT_MORE, FIT_COLOR, FIT_LAST };

static const char ground_query[] = "\033]11;?\033\\\033[c";
static const char ground_osc[] = "\033]11;"; /* the start of a reply about the colour */

/* --- colours ---------------------------------------------------------------------------------- */

/* Parses one to four hexadecimal digits as a fraction of their maximum. */
static bool
ground_channel(const char **s, double *share)
{
	static const double full[] = {0xf, 0xff, 0xfff, 0xffff};
	size_t n = strspn(*s, "0123456789abcdefABCDEF");

	if (n < 1 || n > 4)
		return false;
	*share = (double)strtoul(*s, NULL, 16) / full[n - 1];
	*s += n;
	return true;
}

enum ground
ground_of_color(const char *text)
{
	const char *s = !strncmp(text, "rgb:", 4)    ? text + 4
	                : !strncmp(text, "rgba:", 5) ? text + 5
	                                             : NULL;
	double r, g, b;

	if (!s || !ground_channel(&s, &r) || *s++ != '/' || !ground_channel(&s, &g) ||
	    *s++ != '/' || !ground_channel(&s, &b) || (*s && *s != '/'))
		return GROUND_UNKNOWN;
	return 0.299 * r + 0.587 * g + 0.114 * b > 0.5 ? GROUND_LIGHT : GROUND_DARK;
}

enum ground
ground_of_colorfgbg(const char *text)
{
	const char *last = text ? strrchr(text, ';') : NULL, *end;
	uint64_t color;

	if (!last || !parse_u64(last + 1, 10, &end, &color) || *end || color > 15)
		return GROUND_UNKNOWN;
	return color == 7 || color > 8 ? GROUND_LIGHT : GROUND_DARK;
}

/* --- parsing replies -------------------------------------------------------------------------- */

static enum fit
ground_fit_color(const int *c, int n)
{
	for (int i = 0; i < n; i++) {
		if (i < (int)sizeof(ground_osc) - 1) {
			if (c[i] != ground_osc[i])
				return FIT_NONE;
		} else if (c[i] == BEL || c[i] == ST || (c[i] == '\\' && c[i - 1] == ESC)) {
			return FIT_COLOR;
		} else if ((c[i] != ESC && (c[i] < ' ' || c[i] > '~')) ||
		           (c[i - 1] == ESC && i >= (int)sizeof(ground_osc))) {
			return FIT_NONE;
		}
	}
	return FIT_MORE;
}

static enum fit
ground_fit_last(const int *c, int n)
{
	for (int i = 0; i < n; i++) {
		if (i < 3) {
			if (c[i] != "\033[?"[i])
				return FIT_NONE;
		} else if (c[i] == 'c') {
			return FIT_LAST;
		} else if (c[i] != ';' && (c[i] < '0' || c[i] > '9')) {
			return FIT_NONE;
		}
	}
	return FIT_MORE;
}

static void
ground_type(struct ground_ask *q, const int *keys, int n)
{
	for (int i = 0; i < n && q->typed_n < GROUND_TYPED; i++)
		q->typed[q->typed_n++] = keys[i];
}

bool
ground_in_answer(const struct ground_ask *q)
{
	return q->held_n >= (int)sizeof(ground_osc) - 1 &&
	       ground_fit_color(q->held, (int)sizeof(ground_osc) - 1) == FIT_MORE;
}

void
ground_release(struct ground_ask *q)
{
	if (!ground_in_answer(q)) /* bytes of an incomplete reply were not typed */
		ground_type(q, q->held, q->held_n);
	q->held_n = 0;
}

static void
ground_take_color(struct ground_ask *q)
{
	char text[GROUND_HELD];
	int n = 0;

	for (int i = (int)sizeof(ground_osc) - 1;
	     i < q->held_n && q->held[i] != BEL && q->held[i] != ST && q->held[i] != ESC; i++)
		text[n++] = (char)q->held[i];
	text[n] = '\0';
	q->ground = ground_of_color(text);
}

void
ground_feed(struct ground_ask *q, int key)
{
	enum fit color, last;

	if (q->held_n == GROUND_HELD)
		ground_release(q);
	q->held[q->held_n++] = key;
	color = ground_fit_color(q->held, q->held_n);
	last = q->waiting ? ground_fit_last(q->held, q->held_n) : FIT_NONE;
	if (color == FIT_MORE || last == FIT_MORE)
		return;
	if (color == FIT_COLOR)
		ground_take_color(q);
	if (last == FIT_LAST)
		q->waiting = false;
	if (color == FIT_COLOR || last == FIT_LAST) {
		q->held_n = 0;
		return;
	}
	/* not a reply, but an Esc may begin the next one */
	q->held_n--;
	ground_release(q);
	if (key == ESC)
		q->held[q->held_n++] = key;
	else
		ground_type(q, &key, 1);
}

int
ground_key(struct ground_ask *q)
{
	int key;

	if (!q->typed_n)
		return -1;
	key = q->typed[0];
	memmove(q->typed, q->typed + 1, (size_t)--q->typed_n * sizeof(*q->typed));
	return key;
}

/* --- asking ----------------------------------------------------------------------------------- */

static void
ground_read_answers(struct ground_ask *q, int in, int ms)
{
	const uint64_t end = time_ns() + (uint64_t)ms * 1000000;

	while (q->waiting) {
		struct pollfd p = {.fd = in, .events = POLLIN};
		uint64_t now = time_ns();
		unsigned char bytes[64];
		ssize_t n;

		if (now >= end || poll(&p, 1, (int)((end - now) / 1000000) + 1) <= 0)
			return;
		n = read(in, bytes, sizeof(bytes));
		if (n <= 0)
			return;
		for (ssize_t i = 0; i < n; i++)
			ground_feed(q, bytes[i]);
	}
}

void
ground_ask(struct ground_ask *q, int in, int out, int ms)
{
	*q = (struct ground_ask){.asked = write(out, ground_query, sizeof(ground_query) - 1) ==
	                                  (ssize_t)sizeof(ground_query) - 1};
	q->waiting = q->asked;
	ground_read_answers(q, in, ms);
}
