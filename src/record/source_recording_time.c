/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The times of a recording, and what the session of each says of itself. */
#include "record/source_recording_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/kabi.h"

/* --- what a session says -------------------------------------------------------------------- */

/* What is filled in, and its texts, which last until they are asked for again. */
struct source_recording_caps {
	struct cap *out;
	size_t n;
	char *texts[2 * CAPS_MAX];
};

void
source_recording_free_caps(struct source_recording_caps *c)
{
	for (size_t i = 0; c && i < 2 * CAPS_MAX; i++)
		free(c->texts[i]);
	free(c);
}

static void
source_recording_add_cap(void *arg, const char *name, const char *gives, bool ok,
                         const char *detail, const char *how)
{
	struct source_recording_caps *c = arg;
	struct cap *to = &c->out[c->n];

	if (c->n == CAPS_MAX)
		return;
	c->texts[2 * c->n] = mem_strdup(name);
	c->texts[2 * c->n + 1] = mem_strdup(gives);
	*to = (struct cap){.name = c->texts[2 * c->n], .gives = c->texts[2 * c->n + 1], .ok = ok};
	snprintf(to->detail, sizeof(to->detail), "%s", detail);
	snprintf(to->how, sizeof(to->how), "%s", how);
	c->n++;
}

/* First what is in every recording, then what could be known when it was made. */
size_t
source_recording_caps(struct source *s, struct track *t, struct cap *out)
{
	struct source_recording *k = source_recording_of(s);

	(void)t;
	source_recording_free_caps(k->caps);
	k->caps = mem_alloc(sizeof(*k->caps));
	k->caps->out = out;
	source_recording_add_cap(k->caps, "recording", "regions, pages and frames, as they were",
	                         true, "what follows was so when it was made; memory and files "
	                               "are not in it", "");
	recording_caps(k->r, source_recording_add_cap, k->caps);
	return k->caps->n;
}

/* Which process it is of, and which boot: a recording may go on in another session. */
static void
source_recording_read_process(struct source_recording *k)
{
	struct source_meta *m = &k->base.meta;
	char *boot = recording_text(k->r, "boot");

	m->pid = recording_pid(k->r);
	snprintf(m->comm, sizeof(m->comm), "%s", recording_name(k->r));
	snprintf(m->boot, sizeof(m->boot), "%s", boot ? boot : "");
	free(boot);
}

/* A tracker that reports what it clears protects it again. */
static bool
source_recording_protects(const struct source_recording *k)
{
	const struct recording_writes *w = recording_writes(k->r);

	return w->on && tracker_caps(w->tracker) & TRACKER_LOSSLESS;
}

/* A recording may go on in another session, of another process or after a boot. */
void
source_recording_read_meta(struct source_recording *k)
{
	/* whether a page was written its stamps say, and of some nothing does (PM_CAT_UNSURE) */
	static const uint64_t kept = PM_CAT_FILE | PM_CAT_PRESENT |
	                             PM_CAT_SWAPPED | PM_CAT_PFNZERO | PM_CAT_HUGE | PM_CAT_GUARD;
	struct source_meta *m = &k->base.meta;
	uint64_t swaps = recording_number(k->r, "swaps");
	bool open = m->open;

	k->scan = recording_number(k->r, "scan");

	swaps_free(&m->swaps);
	*m = (struct source_meta){.end_fd = -1,
	                          .open = open,
	                          .page_size = recording_page_size(k->r),
	                          .word = recording_number(k->r, "word") == 4 ? 4 : 8,
	                          .frames = (unsigned)recording_number(k->r, "frames"),
	                          .protects = source_recording_protects(k),
	                          .ksm_lies = recording_number(k->r, "ksm_lies"),
	                          .nodes = recording_number(k->r, "nodes"),
	                          .zero_pfn = recording_number(k->r, "zero_pfn"),
	                          .scan = k->scan & kept,
	                          .faults = recording_has_faults(k->r)};
	source_recording_read_process(k);
	m->swaps.in_use = recording_number(k->r, "swaps_in_use");
	for (; m->swaps.n < swaps && m->swaps.n < PM_SWAP_TYPES; m->swaps.n++) {
		char key[32];

		snprintf(key, sizeof(key), "swap %u", m->swaps.n);
		m->swaps.name[m->swaps.n] = recording_text(k->r, key);
		if (!m->swaps.name[m->swaps.n])
			m->swaps.name[m->swaps.n] = mem_strdup("");
	}
}

/* --- times ---------------------------------------------------------------------------------- */

/* Whether its line is another. */
static bool
source_recording_take(struct source_recording *k)
{
	enum recording_growth got = recording_grow(k->r);

	if (got == RECORDING_SAME)
		return false;
	if (got == RECORDING_OTHERS)
		k->followed = k->recalled = 0; /* their numbers are others */
	timeline_unref(k->line);
	k->line = recording_timeline(k->r);
	return true;
}

static void
source_recording_grow(struct source *s)
{
	source_recording_take(source_recording_of(s));
}

static int
source_recording_go(struct source *s, uint64_t time_ns, struct err *err)
{
	struct source_recording *k = source_recording_of(s);

	k->followed = 0;
	source_recording_take(k);
	while (recording_seek(k->r, timeline_find(k->line, time_ns), err) < 0)
		if (!source_recording_take(k)) /* else the sample was dropped just now */
			return -1;
	source_recording_read_meta(k);
	return 0;
}

static uint64_t
source_recording_began(struct source *s)
{
	return recording_began(source_recording_of(s)->r);
}

static struct timeline *
source_recording_line(struct source *s)
{
	return timeline_ref(source_recording_of(s)->line);
}

/* A walk through its samples. */
struct source_recording_walk {
	struct source *s;
	source_moment_fn *fn;
	void *arg;
};

static int
source_recording_moment(void *arg, size_t i, const struct extents *pages,
                        const struct extents *written)
{
	struct source_recording_walk *w = arg;
	const struct timeline_tick *k = &source_recording_of(w->s)->line->v[i];

	return source_stopped(w->s)
	           ? 1
	           : w->fn(w->arg, &(struct source_moment){k->time_ns, pages, written,
	                                                   k->written_known});
}

static int
source_recording_walk(struct source *s, size_t from, size_t to, source_moment_fn *fn, void *arg,
                      struct err *err)
{
	struct source_recording_walk w = {s, fn, arg};

	return recording_walk(source_recording_of(s)->r, from, to, source_recording_moment, &w,
	                      err);
}

static size_t
source_recording_wrote(struct source *s, size_t from, struct source_wrote **out)
{
	return recording_wrote(source_recording_of(s)->r, from, out);
}

static uint64_t
source_recording_written(struct source *s, const struct stamps **by_page)
{
	struct recording *r = source_recording_of(s)->r;

	*by_page = recording_written(r);
	return recording_written_before(r);
}

static uint64_t
source_recording_reach(struct source *s, uint64_t start, uint64_t end)
{
	return recording_reach(source_recording_of(s)->r, start, end);
}

static uint64_t
source_recording_contents(struct source *s, uint64_t addr)
{
	return recording_next_bytes(source_recording_of(s)->r, addr);
}

static bool
source_recording_content(struct source *s, uint64_t addr, uint8_t *to)
{
	bool any;
	uint8_t *data = recording_bytes(source_recording_of(s)->r, addr, &any);

	if (data)
		memcpy(to, data, s->meta.page_size);
	free(data);
	return data;
}

static uint64_t
source_recording_looked(const struct source *s, uint64_t addr, uint64_t *again)
{
	const struct block *b = recording_block(source_recording_of(s)->r, addr);

	*again = b ? b->again_ns : 0;
	return b ? b->time_ns : 0;
}

static uint64_t
source_recording_smaps_time(const struct source *s)
{
	return recording_smaps_time(source_recording_of(s)->r);
}

const struct source_time source_recording_time = {
    .grow = source_recording_grow,
    .go = source_recording_go,
    .began = source_recording_began,
    .line = source_recording_line,
    .walk = source_recording_walk,
    .wrote = source_recording_wrote,
    .written = source_recording_written,
    .reach = source_recording_reach,
    .contents = source_recording_contents,
    .content = source_recording_content,
    .looked = source_recording_looked,
    .smaps = source_recording_smaps_time,
};
