/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/list_sort.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"

/* The first eight bytes, in the order of strcmp. */
static uint64_t
sort_prefix(const char *s)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < 8; i++) {
		n = n << 8 | (unsigned char)*s;
		s += *s != '\0';
	}
	return n;
}

/* As a fraction of 2^40: finer than any two shares of a million pages differ. */
static uint64_t
sort_share(const struct value *v)
{
	__uint128_t n = v->of ? ((__uint128_t)v->n << 40) / v->of : 0;

	return n < UINT64_MAX ? (uint64_t)n : UINT64_MAX;
}

struct sort_key
sort_key_of(const struct value *v, uint64_t row, bool down)
{
	struct sort_key k = {.n = v->n, .row = row, .known = v->kind != VALUE_UNKNOWN};
	const char *text = v->s ? v->s : v->t;

	if (v->kind == VALUE_TEXT) {
		k.n = sort_prefix(text);
		k.own = k.n & 0xff && !v->s;
		if (k.n & 0xff) /* no end among the eight */
			k.s = k.own ? mem_strdup(text) : (char *)(uintptr_t)text;
	} else if (v->kind == VALUE_PERCENT) {
		k.n = sort_share(v);
	} else if (v->kind == VALUE_CHANGE) {
		k.n ^= UINT64_C(1) << 63;
	}
	if (!k.known)
		k.n = 0;
	else if (down)
		k.n = ~k.n;
	return k;
}

static int
sort_compare(const struct sort_key *a, const struct sort_key *b, bool down)
{
	int c = 0;

	if (a->known != b->known)
		return a->known ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	if (a->s != b->s && a->s && b->s)
		c = strcmp(a->s, b->s);
	if (c)
		return down ? -c : c;
	return (a->row > b->row) - (a->row < b->row);
}

static int
sort_up(const void *a, const void *b)
{
	return sort_compare(a, b, false);
}

static int
sort_down(const void *a, const void *b)
{
	return sort_compare(a, b, true);
}

/* Many regions that are alike in a column are in order already. */
static bool
sort_is_done(const struct sort_key *keys, size_t n, bool down)
{
	for (size_t i = 1; i < n; i++)
		if (sort_compare(&keys[i - 1], &keys[i], down) > 0)
			return false;
	return true;
}

/* By one byte of their numbers, which leaves those where it is the same as they are. */
static void
sort_by_byte(const struct sort_key *keys, size_t n, unsigned shift, struct sort_key *out)
{
	size_t at[256] = {0}, sum = 0;

	for (size_t i = 0; i < n; i++)
		at[keys[i].n >> shift & 0xff]++;
	for (unsigned b = 0; b < ARRAY_LEN(at); b++) {
		size_t here = at[b];

		at[b] = sum;
		sum += here;
	}
	for (size_t i = 0; i < n; i++)
		out[at[keys[i].n >> shift & 0xff]++] = keys[i];
}

/* Whether their rows ascend, and all are numbers: then those of one number stay as they are. */
static bool
sort_has_bytes(const struct sort_key *keys, size_t n, uint64_t *differ)
{
	bool ok = n > 0 && keys[0].known && !keys[0].s;

	*differ = 0;
	for (size_t i = 1; i < n && ok; i++) {
		ok = keys[i].known && !keys[i].s && keys[i].row > keys[i - 1].row;
		*differ |= keys[i].n ^ keys[0].n;
	}
	return ok;
}

static bool
sort_by_bytes(struct sort_key *keys, size_t n)
{
	enum { FEW = 256 };
	struct sort_key *spare;
	uint64_t differ;

	if (n < FEW || !sort_has_bytes(keys, n, &differ))
		return false;
	spare = mem_alloc(n * sizeof(*spare));
	for (unsigned shift = 0; shift < 64; shift += 8) {
		if (!(differ >> shift & 0xff))
			continue;
		sort_by_byte(keys, n, shift, spare);
		memcpy(keys, spare, n * sizeof(*keys));
	}
	free(spare);
	return true;
}

void
sort_keys(struct sort_key *keys, size_t n, bool down)
{
	if (!sort_is_done(keys, n, down) && !sort_by_bytes(keys, n))
		vec_sort(keys, n, sizeof(*keys), down ? sort_down : sort_up);
	for (size_t i = 0; i < n; i++) {
		if (keys[i].own)
			free(keys[i].s);
		keys[i].s = NULL;
	}
}
