/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cause/cause_sums.h"

#include <stdlib.h>

#include "base/util.h"

void
cause_sums_init(struct cause_sums *s)
{
	*s = (struct cause_sums){0};
	chains_init(&s->sets, (size_t)1 << 20);
}

void
cause_sums_free(struct cause_sums *s)
{
	chains_free(&s->sets);
	free(s->pages);
	*s = (struct cause_sums){0};
}

/* The set without its threads, which come and go without end; of each place one is left. */
static size_t
cause_sums_fold(const uint64_t *set, size_t n, uint64_t out[CAUSES_MOST])
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		out[k] = set[i] | CAUSES_NO_THREAD;
		k += !k || out[k] != out[k - 1];
	}
	return k;
}

void
cause_sums_add(struct cause_sums *s, const uint64_t *set, size_t n, bool more, uint64_t pages)
{
	uint64_t folded[CAUSES_MOST];
	uint32_t number;

	if (chains_full(&s->sets) && !chains_has(&s->sets, set, n, 0, more)) {
		n = cause_sums_fold(set, n, folded);
		set = folded;
	}
	number = chains_number(&s->sets, set, n, 0, more);
	if (number == s->n) {
		s->pages = vec_room(s->pages, s->n, &s->cap, sizeof(*s->pages));
		s->pages[s->n++] = 0;
	}
	s->pages[number] += pages;
}

void
cause_sums_join(struct cause_sums *s, const struct cause_sums *from)
{
	for (uint32_t i = 0; i < from->n; i++) {
		struct chain set = chains_at(&from->sets, i);

		cause_sums_add(s, set.frames, set.n, set.cut, from->pages[i]);
	}
}

size_t
cause_sums_set(const struct cause_sums *s, size_t set, struct cause_by out[CAUSES_MOST], bool *all)
{
	struct chain is = chains_at(&s->sets, (uint32_t)set);

	for (size_t i = 0; i < is.n; i++)
		out[i] = (struct cause_by){(uint32_t)(is.frames[i] >> 32),
		                           (uint32_t)is.frames[i]};
	*all = !is.cut;
	return is.n;
}
