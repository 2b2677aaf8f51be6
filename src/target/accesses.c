/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/accesses.h"

#include <stdlib.h>

#include "base/refs.h"
#include "base/util.h"

int
accesses_probe(struct source *s, bool *left, struct err *err)
{
	*left = false;
	if (!s->ops->sampling)
		return err_set(err, ERR_TARGET, "a recording has no accesses",
		               "look at the process itself", "cannot sample accesses");
	return s->ops->sampling->probe(s, left, err);
}

struct accesses *
accesses_read(struct source *s, struct err *err)
{
	const struct source_sampling *ops = s->ops->sampling;
	struct accesses *a;
	uint64_t begin = source_now(s);
	bool left;

	if (!ops && accesses_probe(s, &left, err) < 0)
		return NULL;
	a = mem_alloc(sizeof(*a));
	a->refs = 1;
	if (ops->begin(s, err) < 0 || ops->read(s, &a->is, err) < 0) {
		accesses_unref(a);
		return NULL;
	}
	a->time_ns = source_now(s);
	a->cost_ns = a->time_ns - begin;
	return a;
}

struct accesses *
accesses_ref(struct accesses *a)
{
	if (a)
		refs_take(&a->refs);
	return a;
}

void
accesses_unref(struct accesses *a)
{
	if (!a || !refs_drop(&a->refs))
		return;
	damon_free(&a->is);
	free(a);
}

bool
accesses_of(const struct accesses *a, uint64_t start, uint64_t end, uint64_t *seen)
{
	bool any = false;

	*seen = 0;
	if (!a)
		return false;
	for (size_t i = damon_after(&a->is, start); i < a->is.n && a->is.v[i].start < end; i++) {
		const struct damon_region *r = &a->is.v[i];

		any = true;
		if (r->accesses)
			*seen += u64_min(end, r->end) - u64_max(start, r->start);
	}
	return any;
}
