/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A part is a word of 64 pages, at a multiple of 64, with a bit for each; or a run of such words
 * with all their bits set.
 */
#include "page/pageset.h"

#include <stdlib.h>

#include "base/util.h"

enum { WORD = 64 };
#define ALL UINT64_MAX

struct pageset_part {
	uint64_t at : 63, is_run : 1; /* its first word, counted from address 0 */
	uint64_t what;                /* the bits of the word; of a run, how many words it has */
};

void
pageset_free(struct pageset *s)
{
	free(s->v);
	*s = (struct pageset){.page_size = s->page_size};
}

void
pageset_copy(struct pageset *s, const struct pageset *from)
{
	pageset_free(s);
	*s = *from;
	s->v = mem_copy(from->v, from->n * sizeof(*from->v));
	s->cap = from->n;
}

/* The first word after the part. */
static uint64_t
pageset_end(const struct pageset_part *p)
{
	return p->at + (p->is_run ? p->what : 1);
}

static void
pageset_append(struct pageset *s, uint64_t at, bool is_run, uint64_t what)
{
	struct pageset_part *last = s->n ? &s->v[s->n - 1] : NULL;

	if (is_run && last && last->is_run && pageset_end(last) == at) {
		last->what += what;
		return;
	}
	s->v = vec_room(s->v, s->n, &s->cap, sizeof(*s->v));
	s->v[s->n++] = (struct pageset_part){.at = at, .is_run = is_run, .what = what};
}

/* Some pages of one word. */
static void
pageset_add_bits(struct pageset *s, uint64_t at, uint64_t bits)
{
	struct pageset_part *last = s->n ? &s->v[s->n - 1] : NULL;

	if (!last || last->is_run || last->at != at) {
		pageset_append(s, at, false, bits);
		return;
	}
	last->what |= bits;
	if (last->what != ALL)
		return;
	s->n--;
	pageset_append(s, at, true, 1);
}

/* The bits of the pages of a word from its page `from` to before `to`. */
static uint64_t
pageset_mask(unsigned from, unsigned to)
{
	return ALL << from & ALL >> (WORD - to);
}

void
pageset_add(struct pageset *s, uint64_t start, uint64_t end)
{
	uint64_t from = start / s->page_size, to = end / s->page_size;

	s->pages += to - from;
	while (from < to) {
		uint64_t word = from / WORD, whole = (to - from) / WORD, rest = to - word * WORD;

		if (from % WORD == 0 && whole) {
			pageset_append(s, word, true, whole);
			from += whole * WORD;
			continue;
		}
		pageset_add_bits(s, word, pageset_mask(from % WORD, (unsigned)u64_min(rest, WORD)));
		from = (word + 1) * WORD;
	}
}

/* --- looking ---------------------------------------------------------------------------------- */

/* The first part that ends above a word. */
static size_t
pageset_find(const struct pageset *s, uint64_t word)
{
	size_t lo = 0, hi = s->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (pageset_end(&s->v[mid]) > word)
			hi = mid;
		else
			lo = mid + 1;
	}
	return lo;
}

bool
pageset_has(const struct pageset *s, uint64_t addr)
{
	uint64_t page = addr / s->page_size;
	size_t i = s->n ? pageset_find(s, page / WORD) : 0;

	if (i == s->n || s->v[i].at > page / WORD)
		return false;
	return s->v[i].is_run || s->v[i].what >> page % WORD & 1;
}

/* A set while its words are read in ascending order. */
struct pageset_at {
	const struct pageset *s;
	size_t i;
};

static struct pageset_at
pageset_begin(const struct pageset *s, uint64_t word)
{
	return (struct pageset_at){s, s ? pageset_find(s, word) : 0};
}

/* The bits of a word, which those before *end have as well. */
static uint64_t
pageset_bits(struct pageset_at *a, uint64_t word, uint64_t *end)
{
	const struct pageset *s = a->s;

	while (s && a->i < s->n && pageset_end(&s->v[a->i]) <= word)
		a->i++;
	if (!s || a->i == s->n)
		return 0;
	if (s->v[a->i].at > word) {
		*end = u64_min(*end, s->v[a->i].at);
		return 0;
	}
	*end = u64_min(*end, pageset_end(&s->v[a->i]));
	return s->v[a->i].is_run ? ALL : s->v[a->i].what;
}

size_t
pageset_runs(const struct pageset *s, uint64_t *at, uint64_t end, struct pm_run *out, size_t max)
{
	uint64_t page = *at / s->page_size, to = end / s->page_size;
	struct pageset_at a = pageset_begin(s, page / WORD);
	size_t n = 0;

	while (page < to && a.i < s->n) {
		uint64_t stop = UINT64_MAX, bits = pageset_bits(&a, page / WORD, &stop), next;

		stop = u64_min(stop, UINT64_MAX / WORD) * WORD;
		if (bits == 0 || bits == ALL) {
			next = stop;
		} else {
			uint64_t rest = bits >> page % WORD;

			rest = rest & 1 ? ~rest : rest;
			next = page + (rest ? (uint64_t)__builtin_ctzll(rest) : WORD);
			next = u64_min(next, (page / WORD + 1) * WORD);
		}
		next = u64_min(next, to);
		if (bits >> page % WORD & 1) {
			if (n && out[n - 1].end == page * s->page_size)
				out[n - 1].end = next * s->page_size;
			else if (n == max)
				break;
			else
				out[n++] = (struct pm_run){page * s->page_size,
				                           next * s->page_size, 0};
		}
		page = next;
	}
	*at = page < to && a.i < s->n ? page * s->page_size : end;
	return n;
}

uint64_t
pageset_minus(const struct pageset *in, const struct pageset *out, const struct pageset *more,
              uint64_t start, uint64_t end)
{
	uint64_t from = start / in->page_size, to = end / in->page_size, n = 0;
	struct pageset_at a = pageset_begin(in, from / WORD), b = pageset_begin(out, from / WORD),
	                  c = pageset_begin(more, from / WORD);

	while (from < to && a.i < in->n) {
		uint64_t word = from / WORD, next = word + 1, last = to / WORD;
		uint64_t stop = from % WORD || last <= word ? next : last, bits;

		bits = pageset_bits(&a, word, &stop);
		bits &= ~pageset_bits(&b, word, &stop) & ~pageset_bits(&c, word, &stop);
		if (stop == next)
			bits &= pageset_mask(from % WORD,
			                     (unsigned)u64_min(to - word * WORD, WORD));
		n += (uint64_t)__builtin_popcountll(bits) * (stop - word);
		from = stop * WORD;
	}
	return n;
}
