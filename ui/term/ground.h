/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_GROUND_H
#define PM_GROUND_H

#include <stdbool.h>

/*
 * Whether the terminal's background is dark or light. It is asked for its colour (OSC 11) and then
 * for its attributes (DA1). Every terminal replies to the second, so that reply shows that the
 * first one will not come. Replies arrive mixed with keys; bytes that belong to no reply are
 * returned as keys. A colour reply may come at any time: a multiplexer answers the second question
 * itself and passes the first one on. Independent of curses.
 */
enum ground { GROUND_UNKNOWN, GROUND_DARK, GROUND_LIGHT };

enum { GROUND_HELD = 64, GROUND_TYPED = 256 };

struct ground_ask {
	enum ground ground; /* the result */
	bool asked;         /* replies may arrive among the keys: pass all of them to ground_feed */
	bool waiting;       /* the DA1 reply is pending */
	int held[GROUND_HELD]; /* bytes that may begin a reply */
	int held_n;
	int typed[GROUND_TYPED]; /* keys, in order: taken by ground_key */
	int typed_n;
};

/*
 * Sends the questions to `out` and reads `in`, which must neither echo nor buffer lines, until both
 * are answered or `ms` have passed.
 */
void ground_ask(struct ground_ask *q, int in, int out, int ms);

/* Processes the next byte or key read from the terminal. */
void ground_feed(struct ground_ask *q, int key);

/* Whether a colour reply has begun, so that its rest is worth waiting for. */
bool ground_in_answer(const struct ground_ask *q);

/*
 * Call when nothing follows, as after a lone Esc: returns the held bytes as typed keys. Bytes of an
 * incomplete reply are dropped, because they would be taken for keys.
 */
void ground_release(struct ground_ask *q);

/* The next typed key, or -1. */
int ground_key(struct ground_ask *q);

/* Parses the colour in an OSC 11 reply, such as "rgb:ffff/ffff/ffff". */
enum ground ground_of_color(const char *text);

/* Parses $COLORFGBG, such as "15;0": text and background colour. NULL gives unknown. */
enum ground ground_of_colorfgbg(const char *text);

#endif
