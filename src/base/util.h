/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_UTIL_H
#define PM_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>


#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

static inline uint64_t
u64_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t
u64_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/*
 * Memory. These never return NULL: out of memory they call the one hook, which restores the
 * terminal and ends the program. The hook and the clock of clock.h are the only state of this
 * library outside structs.
 */
void mem_on_oom(void (*hook)(void));
void *mem_alloc(size_t size); /* zeroed */
void *mem_resize(void *p, size_t size);
char *mem_strdup(const char *s);
void *mem_copy(const void *p, size_t size); /* NULL: of nothing */

/* Makes room for one more `size`-byte element: returns the array and updates *cap. */
void *vec_room(void *p, size_t n, size_t *cap, size_t size);

/* As qsort(3); of none, v may be NULL. */
void vec_sort(void *v, size_t n, size_t size, int (*order)(const void *, const void *));

/*
 * Binary search in n structs of `size` bytes, ascending by the uint64_t at offset `field`: the
 * index of the first whose field is above key, or n.
 */
size_t vec_above(const void *v, size_t n, size_t size, size_t field, uint64_t key);

/* A growing string; .s is NUL-terminated once anything was added. Free with buf_free. */
struct buf {
	char *s;
	size_t len, cap;
};
void buf_add(struct buf *b, const char *s, size_t n);
void buf_widen(struct buf *b, size_t n); /* for n more bytes */
/* Where n more bytes fit, to be written there; buf_grew takes in those that were. */
static inline char *
buf_room(struct buf *b, size_t n)
{
	if (b->len + n + 1 > b->cap)
		buf_widen(b, n);
	return b->s + b->len;
}
void buf_grew(struct buf *b, size_t n);
void buf_str(struct buf *b, const char *s);
/* digits without a prefix; these two are fast, for millions of rows */
void buf_hex(struct buf *b, uint64_t v);
void buf_dec(struct buf *b, uint64_t v);
void buf_fmt(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_vfmt(struct buf *b, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void buf_free(struct buf *b);

/* A path without its directories and without the kernel's " (deleted)"; points into `path`, *len
 * long. */
const char *path_base(const char *path, size_t *len);

/*
 * Whether the n bytes at s fit a pattern in which * stands for any text and ? for one byte; ignores
 * case (ASCII). Takes n times the pattern's length at most.
 */
bool glob_fits(const char *s, size_t n, const char *pattern);

/* Bytes for people: "0", "<0.1K", "4.0K", "132K", "2.0G"; at most 5 characters. Returns out. */
const char *size_text(char out[8], uint64_t bytes);

/* The plural "s" for n things: 1 region, 2 regions. */
static inline const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* A count for people: "0", "9999", "12.8k", "1.2M"; at most 5 characters. Returns out. */
const char *count_text(char out[8], uint64_t n);

/*
 * `part` as a share of `whole`, rounded so that only nothing shows as nothing and only all shows as
 * all: in steps 0..n (n at least 2), in eighths, in percent: "0", "<0.1", "0.4", "76", "99.9",
 * "100", at most 4 characters.
 */
unsigned steps(uint64_t part, uint64_t whole, unsigned n);
unsigned eighths(uint64_t part, uint64_t whole);
double percent(uint64_t part, uint64_t whole);
const char *percent_text(char out[8], uint64_t part, uint64_t whole);

/* How long it is from then to now: "0.4 s ago", from 10 s on "12 s ago". */
const char *ago_text(char out[24], uint64_t then_ns, uint64_t now_ns);

/* part / whole, rounded so that only 0 gives 0. whole must not be 0. */
uint64_t rounded(uint64_t part, uint64_t whole);

/*
 * Parses digits of `base` (10 or 16) from s; *end is the first character not used. false: no digit,
 * or an overflow; as with all parsers here, the outputs are then unchanged.
 */
bool parse_u64(const char *s, int base, const char **end, uint64_t *out);

/* Parses exactly the n bytes at s, all of which must be such digits. */
bool parse_digits(const char *s, size_t n, int base, uint64_t *out);

#endif
