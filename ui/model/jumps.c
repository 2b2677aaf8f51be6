/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/jumps.h"

#include <string.h>

static bool
jumps_same_place(const struct place *a, const struct place *b)
{
	return a->depth == b->depth && a->view[a->depth] == b->view[b->depth] && a->at == b->at;
}

void
jumps_push(struct jumps *j, const struct place *p)
{
	if (j->n > j->base && jumps_same_place(&j->v[j->n - 1], p)) {
		j->v[j->n - 1].followed |= p->followed;
		return;
	}
	if (j->n == JUMPS_MAX) {
		memmove(j->v, j->v + 1, (size_t)--j->n * sizeof(*j->v));
		j->base -= j->base > 0;
	}
	j->v[j->n++] = *p;
}

bool
jumps_pop(struct jumps *j, struct place *out)
{
	if (!j->n)
		return false;
	*out = j->v[--j->n];
	if (j->base > j->n)
		j->base = j->n;
	return true;
}

void
jumps_rebase(struct jumps *j)
{
	j->base = j->n;
}

int
jumps_followed(const struct jumps *j)
{
	int n = 0;

	for (int i = j->base; i < j->n; i++)
		n += j->v[i].followed;
	return n;
}

void
jumps_bookmark(struct jumps *j, char letter, const struct place *p)
{
	if (letter < 'a' || letter > 'z')
		return;
	j->bookmark[letter - 'a'] = *p;
	j->bookmarked |= 1u << (letter - 'a');
}

const struct place *
jumps_bookmarked(const struct jumps *j, char letter)
{
	return letter >= 'a' && letter <= 'z' && j->bookmarked >> (letter - 'a') & 1
	           ? &j->bookmark[letter - 'a']
	           : NULL;
}
