/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_GROUND_H
#define PM_GROUND_H

#include <stdbool.h>

/*
 * Is the terminal's background dark or light? It is asked for its colour (OSC 11) and, behind that,
 * for what it is (DA1): every terminal answers the second, so that it is known when the first will
 * stay without an answer. Answers come down the line that keys come down; what belongs to none is
 * given back as the keys it is. An answer about the colour may come at any time: what stands
 * between us and the terminal (a multiplexer) answers the second question itself, and passes the
 * first on. No curses.
 */
enum ground { GROUND_UNKNOWN, GROUND_DARK, GROUND_LIGHT };

enum { GROUND_HELD = 64, GROUND_TYPED = 256 };

struct ground_ask {
	enum ground ground;       /* what was answered */
	bool asked; /* answers may come among the keys: ground_feed has to see all of them */
	bool waiting;             /* the answer to the second question is still to come */
	int held[GROUND_HELD];    /* what may be the beginning of one */
	int held_n;
	int typed[GROUND_TYPED];  /* keys, in their order: taken by ground_key */
	int typed_n;
};

/*
 * Asks at `out`, and reads `in`, which neither echoes nor waits for lines, until all is answered or
 * `ms` have passed.
 */
void ground_ask(struct ground_ask *q, int in, int out, int ms);

/* The next byte or key that was read from the terminal. */
void ground_feed(struct ground_ask *q, int key);

/* An answer about the colour has begun: what follows it is worth waiting for. */
bool ground_in_answer(const struct ground_ask *q);

/*
 * What is held is no answer: it is given back as typed, for when nothing follows a lone Esc. Of an
 * answer that broke off nothing is: its letters would be taken for keys.
 */
void ground_release(struct ground_ask *q);

/* The next key that was typed, -1: none. */
int ground_key(struct ground_ask *q);

/* The answer to OSC 11 without its frame, such as "rgb:ffff/ffff/ffff". */
enum ground ground_of_color(const char *text);

/* $COLORFGBG, such as "15;0": colours of the text and of the background; NULL is unknown. */
enum ground ground_of_colorfgbg(const char *text);

#endif
