/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "symbol/helper_late.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/util.h"

enum {
	LATE_FILE = 4,
	LATE_DEVICE = 8,
	LATE_MAX = 256,
};

struct late_file {
	uint64_t inode;
	uint32_t dev_major, dev_minor;
	unsigned times;
};

static bool
late_is_on_its_device(const struct late_file *f, const struct helper_ask *a)
{
	return f->dev_major == a->dev_major && f->dev_minor == a->dev_minor;
}

bool
late_refuses(const struct late *l, const struct helper_ask *a)
{
	unsigned file = 0, device = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct late_file *f = &l->v[i];

		if (!late_is_on_its_device(f, a))
			continue;
		device += f->times;
		if (f->inode == a->inode)
			file = f->times;
	}
	return file >= LATE_FILE || device >= LATE_DEVICE || l->n == LATE_MAX;
}

void
late_add(struct late *l, const struct helper_ask *a)
{
	for (size_t i = 0; i < l->n; i++) {
		struct late_file *f = &l->v[i];

		if (f->inode == a->inode && late_is_on_its_device(f, a)) {
			f->times++;
			return;
		}
	}
	l->v = vec_room(l->v, l->n, &l->cap, sizeof(*l->v));
	l->v[l->n++] = (struct late_file){a->inode, a->dev_major, a->dev_minor, 1};
}

void
late_free(struct late *l)
{
	free(l->v);
	*l = (struct late){0};
}
