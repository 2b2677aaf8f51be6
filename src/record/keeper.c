/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/keeper.h"

#include <stdlib.h>

#include "base/util.h"

/* An interval may be filled by reading frames up to this part of it; the first sample reads all. */
enum { KEEPER_SHARE = 100 };

struct keeper {
	struct recorder *to;
	struct moments from;
	struct moment now;
	const char *note; /* of the next sample; NULL: none */
};

struct keeper *
keeper_start(const struct recorder_options *o, struct target *t, struct err *err)
{
	struct keeper *k = mem_alloc(sizeof(*k));

	moments_begin(&k->from, t);
	k->to = recorder_open(o, err);
	if (k->to && recorder_begin(k->to, t, err) == 0)
		return k;
	keeper_stop(k);
	return NULL;
}

void
keeper_stop(struct keeper *k)
{
	if (!k)
		return;
	moments_unlisten(&k->from);
	moment_free(&k->now);
	moments_free(&k->from);
	recorder_close(k->to);
	free(k);
}

void
keeper_begin(struct keeper *k)
{
	moment_free(&k->now);
	moments_listen(&k->from, &k->now);
}

int
keeper_end(struct keeper *k, struct regions *rs, uint64_t interval_ns, struct err *err)
{
	uint64_t budget = k->from.count ? interval_ns / KEEPER_SHARE : UINT64_MAX;
	int r;

	moments_unlisten(&k->from);
	if (!rs)
		return 0;
	k->now.regions = regions_ref(rs);
	moments_finish(&k->from, budget, k->from.count == 0, &k->now);
	r = recorder_add(k->to, &k->now, k->note, err);
	k->note = NULL;
	moment_free(&k->now);
	return r;
}

int
keeper_exec(struct keeper *k, struct err *err)
{
	struct target *t = k->from.t;

	moments_free(&k->from);
	moments_begin(&k->from, t);
	k->note = "it executed a new program";
	return recorder_begin(k->to, t, err);
}

uint64_t
keeper_bytes(const struct keeper *k)
{
	return recorder_bytes(k->to);
}
