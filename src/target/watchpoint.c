/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/watchpoint.h"

#include "base/util.h"

static struct watchpoint *
watchpoint_find(struct watchpoints *all, uint64_t addr, unsigned bytes)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->v[i].addr == addr && all->v[i].bytes == bytes)
			return &all->v[i];
	return NULL;
}

struct watchpoint *
watchpoint_set(struct watchpoints *all, struct source *s, uint64_t addr, unsigned bytes,
               unsigned budget, struct err *err)
{
	struct watchpoint new = {.addr = addr, .bytes = bytes};
	struct watchpoint *old = watchpoint_find(all, addr, bytes);

	if (old)
		return old;
	if (all->n == STORES_MAX) {
		err_set(err, ERR_TARGET, "four are set, as many as a processor has",
		        "remove one: watchpoint off ADDRESS", "cannot set another watchpoint");
		return NULL;
	}
	new.causes = causes_new_counter(stores_are_before());
	new.stores = s->ops->faults->stores(s, addr, bytes, budget, new.causes, err);
	if (!new.stores) {
		causes_unref(new.causes);
		return NULL;
	}
	all->v[all->n] = new;
	return &all->v[all->n++];
}

void
watchpoint_read(struct watchpoint *w, struct source *s)
{
	s->ops->faults->stores_read(w->stores, &w->times);
}

size_t
watchpoints_drop(struct watchpoints *all, struct source *s, uint64_t addr)
{
	size_t kept = 0, dropped = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct watchpoint *w = &all->v[i];

		if (addr != UINT64_MAX && w->addr != addr) {
			all->v[kept++] = *w;
			continue;
		}
		s->ops->faults->stores_end(w->stores);
		causes_unref(w->causes);
		dropped++;
	}
	all->n = kept;
	return dropped;
}
