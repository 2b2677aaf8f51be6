/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "base/util.h"

#include <ctype.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static void (*util_oom_hook)(void) = abort;

void
mem_on_oom(void (*hook)(void))
{
	util_oom_hook = hook;
}

void *
mem_alloc(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		util_oom_hook();
	return p;
}

void *
mem_resize(void *p, size_t size)
{
	p = realloc(p, size ? size : 1);
	if (!p)
		util_oom_hook();
	return p;
}

void *
mem_copy(const void *p, size_t size)
{
	return size ? memcpy(mem_resize(NULL, size), p, size) : NULL;
}

char *
mem_strdup(const char *s)
{
	size_t n = strlen(s) + 1;

	return memcpy(mem_alloc(n), s, n);
}

void *
vec_room(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap ? *cap * 2 : 16;
	return mem_resize(p, *cap * size);
}

void
vec_sort(void *v, size_t n, size_t size, int (*order)(const void *, const void *))
{
	if (n > 1)
		qsort(v, n, size, order);
}

size_t
vec_above(const void *v, size_t n, size_t size, size_t field, uint64_t key)
{
	size_t lo = 0, hi = n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		uint64_t at;

		memcpy(&at, (const char *)v + mid * size + field, sizeof(at));
		if (at <= key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

void
buf_widen(struct buf *b, size_t n)
{
	b->cap = (b->len + n + 1) * 2;
	b->s = mem_resize(b->s, b->cap);
}

void
buf_grew(struct buf *b, size_t n)
{
	b->len += n;
	b->s[b->len] = '\0';
}

void
buf_add(struct buf *b, const char *s, size_t n)
{
	char *to = buf_room(b, n);

	if (n) /* of nothing there may be no address */
		memcpy(to, s, n);
	buf_grew(b, n);
}

void
buf_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

static void
util_buf_digits(struct buf *b, uint64_t v, unsigned base)
{
	char digits[24], *s = digits + sizeof(digits);

	do
		*--s = "0123456789abcdef"[v % base];
	while (v /= base);
	buf_add(b, s, (size_t)(digits + sizeof(digits) - s));
}

void
buf_hex(struct buf *b, uint64_t v)
{
	util_buf_digits(b, v, 16);
}

void
buf_dec(struct buf *b, uint64_t v)
{
	util_buf_digits(b, v, 10);
}

void
buf_vfmt(struct buf *b, const char *fmt, va_list ap)
{
	char line[512], *big;
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(line, sizeof(line), fmt, ap);
	if (n >= 0 && (size_t)n < sizeof(line)) {
		buf_add(b, line, (size_t)n);
	} else if (n >= 0) {
		big = mem_alloc((size_t)n + 1);
		vsnprintf(big, (size_t)n + 1, fmt, again);
		buf_add(b, big, (size_t)n);
		free(big);
	}
	va_end(again);
}

void
buf_fmt(struct buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	buf_vfmt(b, fmt, ap);
	va_end(ap);
}

void
buf_free(struct buf *b)
{
	free(b->s);
	*b = (struct buf){0};
}

/* As printf's %.1f%c, or %.0f%c from 99.95 on, for v below 1000: a fifth of its time. */
static void
util_scaled(char out[8], double v, char unit)
{
	bool tenths = v < 99.95;
	unsigned n = (unsigned)lrint(tenths ? v * 10 : v), whole = tenths ? n / 10 : n;

	if (whole >= 100)
		*out++ = (char)('0' + whole / 100);
	if (whole >= 10)
		*out++ = (char)('0' + whole / 10 % 10);
	*out++ = (char)('0' + whole % 10);
	if (tenths) {
		*out++ = '.';
		*out++ = (char)('0' + n % 10);
	}
	*out++ = unit;
	*out = '\0';
}

const char *
size_text(char out[8], uint64_t bytes)
{
	static const char unit[] = "KMGTPE";
	double v = (double)bytes / 1024;
	size_t u = 0;

	if (bytes == 0)
		return strcpy(out, "0");
	if (v < 0.05)
		return strcpy(out, "<0.1K");
	while (v >= 999.5 && u + 1 < sizeof(unit) - 1) {
		v /= 1024;
		u++;
	}
	util_scaled(out, v, unit[u]);
	return out;
}

const char *
count_text(char out[8], uint64_t n)
{
	static const char unit[] = "kMGTPE";
	double v = (double)n / 1000;
	size_t u = 0;

	if (n < 10000) {
		snprintf(out, 8, "%u", (unsigned)n);
		return out;
	}
	while (v >= 999.5 && u + 1 < sizeof(unit) - 1) {
		v /= 1000;
		u++;
	}
	snprintf(out, 8, v < 99.95 ? "%.1f%c" : "%.0f%c", v, unit[u]);
	return out;
}

unsigned
steps(uint64_t part, uint64_t whole, unsigned n)
{
	if (!part || !whole)
		return 0;
	if (part >= whole)
		return n;
	return (unsigned)u64_max(1, (uint64_t)((__uint128_t)part * n / whole));
}

unsigned
eighths(uint64_t part, uint64_t whole)
{
	return steps(part, whole, 8);
}

double
percent(uint64_t part, uint64_t whole)
{
	return !whole ? 0 : part >= whole ? 100 : 100 * ((double)part / (double)whole);
}

const char *
percent_text(char out[8], uint64_t part, uint64_t whole)
{
	unsigned tenths = steps(part, whole, 1000);
	bool near_end = (tenths && tenths < 10) || (tenths > 990 && tenths < 1000);

	if ((__uint128_t)part * 1000 < whole && part)
		return strcpy(out, "<0.1");
	snprintf(out, 8, "%.*f", near_end, tenths / 10.0);
	return out;
}

const char *
ago_text(char out[24], uint64_t then_ns, uint64_t now_ns)
{
	uint64_t ns = now_ns > then_ns ? now_ns - then_ns : 0;

	snprintf(out, 24, "%.*f s ago", ns < UINT64_C(10000000000), (double)ns / 1e9);
	return out;
}

uint64_t
rounded(uint64_t part, uint64_t whole)
{
	return part ? u64_max(1, part / whole + (part % whole >= (whole + 1) / 2)) : 0;
}

bool
parse_u64(const char *s, int base, const char **end, uint64_t *out)
{
	uint64_t v = 0;
	const char *p = s;

	for (;; p++) {
		int d = *p >= '0' && *p <= '9' ? *p - '0'
		        : base == 16 && (*p | 32) >= 'a' && (*p | 32) <= 'f' ? (*p | 32) - 'a' + 10
		                                                             : -1;
		if (d < 0)
			break;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)d, &v))
			return false;
	}
	if (p == s)
		return false;
	*end = p;
	*out = v;
	return true;
}

bool
parse_digits(const char *s, size_t n, int base, uint64_t *out)
{
	char digits[32];
	const char *end;
	uint64_t v;

	if (n == 0 || n >= sizeof(digits))
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	if (!parse_u64(digits, base, &end, &v) || end != digits + n)
		return false;
	*out = v;
	return true;
}

const char *
path_base(const char *path, size_t *len)
{
	static const char gone[] = " (deleted)";
	const size_t gone_len = sizeof(gone) - 1;
	size_t n = strlen(path);
	const char *base = path;

	if (n > gone_len && !strcmp(path + n - gone_len, gone))
		n -= gone_len;
	if (path[0] == '/')
		for (size_t i = 0; i < n; i++)
			if (path[i] == '/')
				base = path + i + 1;
	*len = n - (size_t)(base - path);
	return base;
}

bool
glob_fits(const char *s, size_t n, const char *pattern)
{
	const char *end = s + n, *star = NULL, *from = s;

	/* on a mismatch only the last * can take more: what came before it has its place already */
	while (s < end) {
		if (*pattern == '*') {
			star = pattern++;
			from = s;
		} else if (*pattern && (*pattern == '?' || tolower((unsigned char)*pattern) ==
		                                               tolower((unsigned char)*s))) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++from;
		} else {
			return false;
		}
	}
	return pattern[strspn(pattern, "*")] == '\0';
}
