/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/probe.h"

const struct cap *
probe_all(struct target *t, size_t *n)
{
	if (!t->caps) {
		t->caps = mem_alloc(CAPS_MAX * sizeof(*t->caps));
		t->caps_n = t->source->ops->caps(t->source, &t->track, t->caps);
	}
	*n = t->caps_n;
	return t->caps;
}
