/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/moment.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/kabi.h"
#include "page/state.h"

/* Every 60th has all pages, the others only changes: replay reads up to 60 for one. */
enum { MOMENT_WHOLE = 60 };

/* At first there is much to name. */
#define MOMENT_NAMES_NS UINT64_C(300000000)
/* What asking files may take in a whole moment; in the first one there are most. */
#define MOMENT_FILES_NS UINT64_C(200000000)
#define MOMENT_FIRST_FILES_NS UINT64_C(1000000000)

void
moment_free(struct moment *m)
{
	regions_unref(m->regions);
	extents_free(&m->pages);
	extents_free(&m->written);
	smaps_reading_unref(m->smaps);
	for (size_t i = 0; i < m->blocks_n; i++)
		block_free(&m->blocks[i]);
	free(m->blocks);
	for (size_t i = 0; i < m->cgroups_n; i++)
		free(m->cgroups[i].path);
	free(m->cgroups);
	suspects_news_free(&m->causes);
	contents_list_free(&m->contents);
	for (size_t i = 0; i < m->files_n; i++)
		file_facts_free(&m->files[i]);
	free(m->files);
	stamps_free(&m->track.stamps);
	free(m->threads);
	for (size_t i = 0; i < m->said_n; i++)
		free(m->said[i]);
	free(m->said);
	*m = (struct moment){0};
}

void
moment_say(struct moment *m, const char *text)
{
	m->said = vec_room(m->said, m->said_n, &m->said_cap, sizeof(*m->said));
	m->said[m->said_n++] = mem_strdup(text);
}

void
moments_begin(struct moments *k, struct target *t)
{
	*k = (struct moments){.t = t, .suspects = suspects_new()};
}

void
moments_free(struct moments *k)
{
	extents_free(&k->pages);
	free(k->blocks);
	free(k->cgroups);
	suspects_free(k->suspects);
	contents_free(k->contents);
	*k = (struct moments){0};
}

/* --- its pages ------------------------------------------------------------------------------ */

/* Without the marks of writes: the written pages are kept apart. */
static int
moments_add_run(void *arg, const struct pm_run *run)
{
	static const uint64_t keep = PM_CAT_PRESENT | PM_CAT_SWAPPED | PM_CAT_FILE |
	                             PM_CAT_PFNZERO | PM_CAT_HUGE | PM_CAT_GUARD;
	struct moment *m = arg;

	extents_add(&m->pages, run->start, run->end, (uint32_t)(run->cats & keep));
	return 0;
}

static void
moments_add_written(const struct moments *k, struct moment *m)
{
	const struct track *t = &k->t->track;

	if (!t->clears)
		return;
	m->written_known = k->clears > 0;
	track_since(t, k->taken_ns, &m->written);
}

/* --- its frames ----------------------------------------------------------------------------- */

/* Adds the blocks of [start, end) that are not listed; all come in ascending order. */
static void
moments_list_blocks(const struct moments *k, struct moments *to, size_t *from, uint64_t start,
                    uint64_t end)
{
	uint64_t size = BLOCK_PAGES * (uint64_t)k->t->page_size;

	for (uint64_t at = start - start % size; at < end; at += size) {
		struct moments_block is = {.start = at, .changed = k->count};

		if (to->blocks_n && to->blocks[to->blocks_n - 1].start == at)
			continue;
		while (*from < k->blocks_n && k->blocks[*from].start < at)
			++*from;
		if (*from < k->blocks_n && k->blocks[*from].start == at)
			is = k->blocks[*from];
		to->blocks = vec_room(to->blocks, to->blocks_n, &to->blocks_cap, sizeof(is));
		to->blocks[to->blocks_n++] = is;
	}
}

/* The blocks that have pages in RAM or in swap now, and which of them changed. */
static void
moments_find_blocks(struct moments *k, const struct moment *m)
{
	uint64_t size = BLOCK_PAGES * (uint64_t)k->t->page_size;
	struct extents change = {0};
	struct moments to = {0};
	size_t from = 0, b = 0;

	for (size_t i = 0; i < m->pages.n; i++)
		moments_list_blocks(k, &to, &from, m->pages.v[i].start, m->pages.v[i].end);
	free(k->blocks);
	k->blocks = to.blocks;
	k->blocks_n = to.blocks_n;
	k->blocks_cap = to.blocks_cap;
	extents_compare(&k->pages, &m->pages, &change);
	for (size_t i = 0; i < change.n; i++) {
		while (b < k->blocks_n && k->blocks[b].start + size <= change.v[i].start)
			b++;
		for (size_t j = b; j < k->blocks_n && k->blocks[j].start < change.v[i].end; j++)
			k->blocks[j].changed = k->count;
	}
	extents_free(&change);
}

/* The parts of it that regions have. What cannot be read is not known. */
static void
moments_read_block(const struct moments *k, const struct moment *m, struct block *b, uint64_t start)
{
	const struct vma_list *vmas = &m->regions->vmas;
	const struct source *s = k->t->source;
	uint64_t end = start + BLOCK_PAGES * (uint64_t)k->t->page_size;
	struct err ignored;

	block_begin(b, start, k->t->page_size);
	b->time_ns = source_now(s);
	for (size_t i = vma_lower_bound(vmas, start); i < vmas->n && vmas->v[i].start < end; i++)
		block_read(b, s, u64_max(start, vmas->v[i].start), u64_min(end, vmas->v[i].end),
		           &ignored);
	block_end(b);
}

/* They are few: a process is mostly in one. */
static void
moments_add_cgroup(struct moments *k, struct moment *m, uint64_t inode)
{
	const struct source *s = k->t->source;
	struct buf path = {0};

	for (size_t i = 0; i < k->cgroups_n; i++)
		if (k->cgroups[i] == inode)
			return;
	k->cgroups = vec_room(k->cgroups, k->cgroups_n, &k->cgroups_cap, sizeof(inode));
	k->cgroups[k->cgroups_n++] = inode;
	if (!s->ops->cgroup(s, inode, &path))
		return;
	m->cgroups = vec_room(m->cgroups, m->cgroups_n, &m->cgroups_cap, sizeof(*m->cgroups));
	m->cgroups[m->cgroups_n++] = (struct moment_cgroup){inode, path.s};
}

static void
moments_add_cgroups(struct moments *k, struct moment *m, const struct block *b)
{
	uint64_t last = 0;

	for (size_t i = 0; i < b->n; i++)
		if (b->v[i].known & 1u << FRAME_CGROUP && b->v[i].value[FRAME_CGROUP] != last) {
			last = b->v[i].value[FRAME_CGROUP];
			moments_add_cgroup(k, m, last);
		}
}

static void
moments_take_block(struct moments *k, struct moment *m, struct moments_block *b)
{
	m->blocks = vec_room(m->blocks, m->blocks_n, &m->blocks_cap, sizeof(*m->blocks));
	m->blocks[m->blocks_n] = (struct block){0};
	moments_read_block(k, m, &m->blocks[m->blocks_n], b->start);
	moments_add_cgroups(k, m, &m->blocks[m->blocks_n++]);
	b->read = k->count;
}

/*
 * One round through all blocks, from where the last one ended: of those that changed since they
 * were read, or of the others. Returns whether there is time left.
 */
static bool
moments_sweep(struct moments *k, struct moment *m, uint64_t until, bool changed)
{
	for (size_t i = 0; i < k->blocks_n; i++) {
		size_t at = (k->next + i) % k->blocks_n;
		struct moments_block *b = &k->blocks[at];

		if (b->read == k->count || (b->changed > b->read) != changed)
			continue;
		if (source_now(k->t->source) >= until || source_stopped(k->t->source)) {
			k->next = at;
			return false;
		}
		moments_take_block(k, m, b);
	}
	return true;
}

static int
moments_by_start(const void *pa, const void *pb)
{
	const struct block *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

static void
moments_add_blocks(struct moments *k, struct moment *m, uint64_t budget_ns)
{
	uint64_t now = source_now(k->t->source);
	uint64_t until = budget_ns > UINT64_MAX - now ? UINT64_MAX : now + budget_ns;

	moments_find_blocks(k, m);
	if (moments_sweep(k, m, until, true))
		moments_sweep(k, m, until, false);
	vec_sort(m->blocks, m->blocks_n, sizeof(*m->blocks), moments_by_start);
}

/* --- all of it ------------------------------------------------------------------------------ */

void
moments_listen(struct moments *k, struct moment *out)
{
	*out = (struct moment){0};
	k->t->each_run = moments_add_run;
	k->t->each_run_arg = out;
}

void
moments_unlisten(struct moments *k)
{
	k->t->each_run = NULL;
}

static struct moment_track
moments_track(const struct moments *k)
{
	const struct track *t = &k->t->track;

	return (struct moment_track){.clears = t->clears,
	                             .tracker = t->tracker,
	                             .epoch = t->epoch,
	                             .first_epoch = t->first_epoch,
	                             .clear_ns = t->clear_ns,
	                             .first_ns = t->first_ns};
}

/* 0, or as moments_scan: then there are no regions. */
static int
moments_count(struct moments *k, bool clear, struct regions **rs, struct err *err)
{
	struct target *t = k->t;
	struct vma_list vmas;
	int r;

	*rs = NULL;
	if (target_regions(t, &vmas, err) < 0)
		return target_is_alive(t) ? -1 : 1;
	if (!vmas.n)
		return 1;
	*rs = regions_new(vmas, source_now(t->source));
	target_follow(t, &(*rs)->vmas);
	t->clear_follows = clear && t->no_screen;
	r = regions_measure(*rs, t, NULL, err);
	t->clear_follows = false;
	if (r == 0)
		return 0;
	regions_unref(*rs);
	*rs = NULL;
	return r < 0 && !target_is_alive(t) ? 1 : r;
}

int
moments_scan(struct moments *k, bool clear, struct regions **rs, struct err *err)
{
	int r = moments_count(k, clear, rs, err);

	k->before = (struct moment_track){0};
	if (r || !clear || !track_adds(&k->t->track))
		return r;
	k->before = moments_track(k);
	r = target_clear(k->t, &(*rs)->vmas, err);
	return r < 0 && !target_is_alive(k->t) ? 1 : r;
}

static int
moments_by_region(const void *pa, const void *pb)
{
	const struct file_facts *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

/* Of a whole moment, as far as the time allows: the next one goes on there. */
static void
moments_add_files(struct moments *k, struct moment *m)
{
	uint64_t until = source_now(k->t->source) +
	                 (k->count == 1 ? MOMENT_FIRST_FILES_NS : MOMENT_FILES_NS);
	const struct vma_list *vmas = &m->regions->vmas;
	size_t from = vec_above(vmas->v, vmas->n, sizeof(*vmas->v), offsetof(struct vma, end),
	                        k->next_file);

	for (size_t i = 0; m->whole && i < vmas->n; i++) {
		const struct vma *v = &vmas->v[(from + i) % vmas->n];
		struct file_facts f;

		if (!vma_has_file(v))
			continue;
		if (source_now(k->t->source) > until) {
			k->next_file = v->start;
			break;
		}
		if (!file_facts_read(k->t, v, &f))
			continue;
		m->files = vec_room(m->files, m->files_n, &m->files_cap, sizeof(*m->files));
		m->files[m->files_n++] = f;
	}
	vec_sort(m->files, m->files_n, sizeof(*m->files), moments_by_region);
}

static void
moments_add_track(const struct moments *k, struct moment *m)
{
	m->track = k->before.clears ? k->before : moments_track(k);
	if (m->whole && m->track.clears)
		track_copy_stamps(&m->track.stamps, &k->t->track, 0, UINT64_MAX);
}

void
moments_finish(struct moments *k, uint64_t budget_ns, bool smaps, struct moment *m)
{
	static const struct extents none;
	struct err ignored;

	m->whole = k->count++ % MOMENT_WHOLE == 0;
	moments_add_track(k, m);
	m->threads = mem_copy(k->t->threads.v, k->t->threads.n * sizeof(*m->threads));
	m->threads_n = k->t->threads.n;
	moments_add_written(k, m);
	if (smaps)
		m->smaps = target_smaps(k->t, &ignored);
	suspects_take(k->suspects, k->t,
	              &(struct suspects_scan){m->regions, &m->written, m->track.epoch},
	              k->count == 1 ? MOMENT_NAMES_NS : budget_ns, &m->causes);
	moments_add_files(k, m);
	if (k->contents)
		contents_take(k->contents, k->t, &m->regions->vmas, &m->contents);
	moments_add_blocks(k, m, budget_ns);
	k->taken_ns = k->before.clears ? k->t->track.clear_ns : m->regions->time_ns;
	k->clears = k->t->track.clears;
	extents_free(&k->pages);
	extents_compare(&none, &m->pages, &k->pages);
}
