/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_TEXT_H
#define PM_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/util.h"

/*
 * UTF-8 text by the Unicode data of utf8proc, whatever the locale: its characters, what of them a
 * reader takes for one, and what of others' text a terminal can be trusted with.
 */

/*
 * Length of the well-formed UTF-8 sequence at s (n bytes are there) and its code point; 0: none
 * (RFC 3629), *cp stays.
 */
size_t utf8_next(const char *s, size_t n, uint32_t *cp);

/*
 * Bytes of the grapheme cluster at s: a letter with its marks, a syllable, the two halves of a
 * flag. It ends before any ASCII character; a byte that is no UTF-8 is one of its own. 0 at the
 * end.
 */
size_t utf8_cluster(const char *s, size_t n);

/* A letter as its small one, others as they are. */
uint32_t utf8_small(uint32_t cp);

/*
 * Text that came from outside (names of mappings, of processes) made safe for a terminal: \ooo
 * escapes stand for control characters, bytes that are not UTF-8, characters that reorder text,
 * what cannot be seen or told from another, and what terminals do not agree about: marks that stand
 * on no letter, or more of them than a cell holds, and colours of skin, which join the picture
 * before them in some. `ascii` escapes everything above 0x7e too. Appends to `b`.
 */
enum { TEXT_MARKS = 4 }; /* on one letter */
bool text_is_unsafe(uint32_t cp);
void text_escape(struct buf *b, const char *s, size_t n, bool ascii);

#endif
