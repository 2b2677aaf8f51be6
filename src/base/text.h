/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TEXT_H
#define PM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

/*
 * UTF-8 text by the Unicode data of utf8proc, independent of the locale: code points, what a reader
 * sees as one character, and which foreign text is safe on a terminal.
 */

/*
 * Returns the length of the well-formed UTF-8 sequence (RFC 3629) at s, of which n bytes are
 * readable, and stores its code point; 0: not well-formed, *cp is unchanged.
 */
size_t utf8_next(const char *s, size_t n, uint32_t *cp);

/*
 * Returns the bytes of the grapheme cluster at s: a letter with its marks, a syllable, the two
 * halves of a flag. It ends before any ASCII character; an invalid byte is a cluster of its own. 0
 * at the end.
 */
size_t utf8_cluster(const char *s, size_t n);

/* A letter in lower case; anything else unchanged. */
uint32_t utf8_small(uint32_t cp);

/*
 * Escapes text from outside (names of mappings, of processes) so that it is safe on a terminal:
 * \ooo replaces control characters, bytes that are not UTF-8, characters that reorder text, are
 * invisible or look like others, and what terminals draw differently: marks without a base letter,
 * more marks than a cell holds, and skin tones, which some terminals join to the preceding emoji.
 * `ascii` escapes everything above 0x7e too. Appends to `b`.
 */
enum { TEXT_MARKS = 4 }; /* per letter */
bool text_is_unsafe(uint32_t cp);
void text_escape(struct buf *b, const char *s, size_t n, bool ascii);

#endif
