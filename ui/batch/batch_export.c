/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * --export: a recording as a trace of Perfetto. It is read twice: first for the regions that had
 * most memory at any time, which get a track each.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rate.h"
#include "batch/batch_state.h"
#include "table/perfetto.h"
#include "target/region.h"

/* REGIONS: that have a track; MAPPINGS: so many samples apart all regions are written */
enum { EXPORT_REGIONS = 20, EXPORT_MAPPINGS = 60, EXPORT_FULL = 1 << 16 };

struct export_track {
	uint64_t counter, last; /* its value */
	bool any;               /* it has one */
};

/* A region by its start and name: it may grow, and another may take its place. */
struct export_region {
	uint64_t start, most; /* most: bytes in RAM at a time */
	char *name;
	struct export_track track;
};

struct export {
	struct batch *b;
	struct timeline *line;
	struct perfetto p;
	struct export_region *regions; /* by start; from the second reading on, with a track */
	size_t regions_n, regions_cap;
	uint64_t process;
	pid_t pid; /* of it; 0: there is none yet */
	struct export_track rss, swap, written, types[VMA_TYPES];
	struct export_track unknown; /* where `written` is not known; its last: it is not now */
	uint64_t type_group;
};

/* --- samples ---------------------------------------------------------------------------------- */

/*
 * All regions of the i-th sample, without what was written: that is in the timeline. 1: who records
 * it has dropped that sample meanwhile.
 */
static int
export_go(struct export *k, size_t i, struct regions **out, struct err *err)
{
	struct target *t = &k->b->t;
	struct vma_list vmas;
	struct regions *rs;

	if (t->source->ops->time->go(t->source, k->line->v[i].time_ns, err) < 0)
		return -1;
	if (source_now(t->source) != k->line->v[i].time_ns)
		return 1;
	if (t->source->ops->regions(t->source, &vmas, err) < 0)
		return -1;
	rs = regions_new(vmas, source_now(t->source));
	if (regions_measure(rs, t, NULL, err) == 0) {
		*out = rs;
		return 0;
	}
	regions_unref(rs);
	return -1;
}

/* The region of that start and name; where it belongs, if it is not there. */
static struct export_region *
export_find(struct export *k, const struct vma *v, size_t *at)
{
	const char *name = vma_shown_name(v);
	size_t end = vec_above(k->regions, k->regions_n, sizeof(*k->regions),
	                       offsetof(struct export_region, start), v->start);

	*at = end;
	for (size_t i = end; i > 0 && k->regions[i - 1].start == v->start; i--)
		if (!strcmp(k->regions[i - 1].name, name))
			return &k->regions[i - 1];
	return NULL;
}

/* In RAM, of a region. */
static uint64_t
export_pages(const struct regions *rs, size_t i)
{
	return regions_at(rs, i)->rss + regions_at(rs, i)->hugetlb;
}

static void
export_note(struct export *k, const struct vma *v, uint64_t bytes)
{
	size_t at;
	struct export_region *r = export_find(k, v, &at);

	if (!r) {
		k->regions =
		    vec_room(k->regions, k->regions_n, &k->regions_cap, sizeof(*k->regions));
		r = &k->regions[at];
		memmove(r + 1, r, (k->regions_n++ - at) * sizeof(*r));
		*r = (struct export_region){.start = v->start,
		                            .name = mem_strdup(vma_shown_name(v))};
	}
	r->most = u64_max(r->most, bytes);
}

static int
export_by_most(const void *pa, const void *pb)
{
	const struct export_region *a = pa, *b = pb;

	if (a->most != b->most)
		return a->most < b->most ? 1 : -1;
	return (a->start > b->start) - (a->start < b->start);
}

static int
export_by_start(const void *pa, const void *pb)
{
	const struct export_region *a = pa, *b = pb;

	return (a->start > b->start) - (a->start < b->start);
}

/* The first reading. */
static int
export_choose(struct export *k, struct err *err)
{
	uint64_t page = k->b->t.page_size;

	for (size_t i = 0; i < k->line->n; i++) {
		struct regions *rs;
		int got = export_go(k, i, &rs, err);

		if (got < 0)
			return -1;
		if (got > 0)
			continue;
		for (size_t r = 0; r < rs->vmas.n; r++)
			if (export_pages(rs, r))
				export_note(k, &rs->vmas.v[r], export_pages(rs, r) * page);
		regions_unref(rs);
	}
	if (!k->regions_n)
		return 0;
	vec_sort(k->regions, k->regions_n, sizeof(*k->regions), export_by_most);
	while (k->regions_n > EXPORT_REGIONS)
		free(k->regions[--k->regions_n].name);
	vec_sort(k->regions, k->regions_n, sizeof(*k->regions), export_by_start);
	return 0;
}

/* --- tracks ----------------------------------------------------------------------------------- */

/* Only what changes is written: a counter keeps its value. */
static void
export_put(struct export *k, struct export_track *t, uint64_t time_ns, uint64_t value)
{
	if (t->any && t->last == value)
		return;
	perfetto_value(&k->p, t->counter, time_ns, value);
	t->last = value;
	t->any = true;
}

static struct export_track
export_counter(struct export *k, uint64_t parent, const char *name)
{
	return (struct export_track){
	    .counter = perfetto_counter(&k->p, parent, name)};
}

/* A counter has no gaps: a track beside it has a stretch where its value is not known. */
static void
export_put_known(struct export *k, uint64_t time_ns, bool known)
{
	if (k->unknown.last == !known)
		return;
	perfetto_stretch(&k->p, k->unknown.counter, time_ns, known ? NULL : "not known");
	k->unknown.last = !known;
}

/* Another process follows: this one has no memory any more, as far as the recording knows. */
static void
export_end_process(struct export *k, uint64_t time_ns)
{
	struct export_track *all[] = {&k->rss, &k->swap, &k->written};

	for (size_t i = 0; i < ARRAY_LEN(all); i++)
		if (all[i]->any)
			export_put(k, all[i], time_ns, 0);
	for (size_t i = 0; i < VMA_TYPES; i++)
		if (k->types[i].any)
			export_put(k, &k->types[i], time_ns, 0);
	for (size_t i = 0; i < k->regions_n; i++)
		if (k->regions[i].track.any)
			export_put(k, &k->regions[i].track, time_ns, 0);
	if (k->unknown.last)
		export_put_known(k, time_ns, true);
}

/* The tracks of the process whose samples follow. */
static void
export_process(struct export *k, uint64_t time_ns)
{
	const struct source_meta *m = &k->b->t.source->meta;
	uint64_t group;

	if (k->pid && k->pid == m->pid)
		return;
	export_end_process(k, time_ns);
	k->pid = m->pid;
	k->process = perfetto_process(&k->p, m->pid, m->comm);
	k->rss = export_counter(k, k->process, "in RAM");
	k->swap = export_counter(k, k->process, "in swap, by the page tables");
	k->written = export_counter(k, k->process, "written per second");
	k->unknown = (struct export_track){
	    .counter = perfetto_group(&k->p, k->process, "written per second: not known")};
	k->type_group = perfetto_group(&k->p, k->process, "in RAM, by type of region");
	memset(k->types, 0, sizeof(k->types));
	group = perfetto_group(&k->p, k->process, "in RAM, the largest regions");
	for (size_t i = 0; i < k->regions_n; i++) {
		char name[256];

		snprintf(name, sizeof(name), "%jx %.200s", (uintmax_t)k->regions[i].start,
		         k->regions[i].name);
		k->regions[i].track = export_counter(k, group, name);
	}
}

static void
export_put_types(struct export *k, const struct regions *rs, uint64_t time_ns)
{
	uint64_t bytes[VMA_TYPES] = {0};

	for (size_t i = 0; i < rs->vmas.n; i++)
		bytes[rs->vmas.v[i].type] += export_pages(rs, i) * k->b->t.page_size;
	for (unsigned i = 0; i < VMA_TYPES; i++) {
		if (!k->types[i].counter && !bytes[i])
			continue;
		if (!k->types[i].counter)
			k->types[i] =
			    export_counter(k, k->type_group, vma_type_name((enum vma_type)i));
		export_put(k, &k->types[i], time_ns, bytes[i]);
	}
}

/* Those that are not mapped have no memory. */
static void
export_put_regions(struct export *k, const struct regions *rs, uint64_t time_ns)
{
	uint64_t bytes[EXPORT_REGIONS] = {0};
	size_t at;

	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct export_region *r = export_find(k, &rs->vmas.v[i], &at);

		if (r)
			bytes[r - k->regions] = export_pages(rs, i) * k->b->t.page_size;
	}
	for (size_t i = 0; i < k->regions_n; i++)
		export_put(k, &k->regions[i].track, time_ns, bytes[i]);
}

/* --- all of it -------------------------------------------------------------------------------- */

static void
export_put_mappings(struct export *k, const struct regions *rs, uint64_t time_ns)
{
	struct perfetto_mapping *v = mem_alloc(rs->vmas.n * sizeof(*v));
	uint64_t page = k->b->t.page_size;

	for (size_t i = 0; i < rs->vmas.n; i++) {
		const struct region *r = regions_at(rs, i);

		v[i] = (struct perfetto_mapping){vma_shown_name(&rs->vmas.v[i]),
		                                 vma_size(&rs->vmas.v[i]), r->rss * page,
		                                 r->anon * page, r->swap * page};
	}
	perfetto_mappings(&k->p, time_ns, k->pid, v, rs->vmas.n, !rs->totals.swap_unsure);
	free(v);
}

/* What the timeline has of it. */
static void
export_put_tick(struct export *k, size_t i)
{
	const struct timeline_tick *t = &k->line->v[i];
	uint64_t page = k->b->t.page_size, ns = i ? t->time_ns - t[-1].time_ns : 0;

	export_put(k, &k->rss, t->time_ns, t->rss * page);
	export_put(k, &k->swap, t->time_ns, t->swap * page);
	export_put_known(k, t->time_ns, t->written_known && ns);
	if (t->written_known && ns)
		export_put(k, &k->written, t->time_ns,
		           rate_bytes(rate_of(t->written, ns), page));
}

static int
export_flush(struct export *k, size_t least, struct err *err)
{
	bool ok = k->p.out.len < least ||
	          fwrite(k->p.out.s, 1, k->p.out.len, stdout) == k->p.out.len;

	if (k->p.out.len >= least)
		k->p.out.len = 0;
	return ok ? 0 : err_sys(err, NULL, "cannot write to standard output");
}

static int
export_all(struct export *k, struct err *err)
{
	perfetto_begin(&k->p, k->line->v[0].time_ns);
	for (size_t i = 0; i < k->line->n; i++) {
		uint64_t time_ns = k->line->v[i].time_ns;
		struct regions *rs;
		int got = export_go(k, i, &rs, err);

		if (got < 0)
			return -1;
		if (got > 0)
			continue;
		export_process(k, time_ns);
		export_put_tick(k, i);
		export_put_types(k, rs, time_ns);
		export_put_regions(k, rs, time_ns);
		if (i % EXPORT_MAPPINGS == 0 || i + 1 == k->line->n)
			export_put_mappings(k, rs, time_ns);
		regions_unref(rs);
		if (export_flush(k, EXPORT_FULL, err) < 0)
			return -1;
	}
	return export_flush(k, 1, err);
}

int
batch_export(struct batch *b, struct err *err)
{
	struct export k = {.b = b};
	int r;

	if (!b->o->recording)
		return err_set(err, ERR_USAGE, "it is not a recording",
		               "record it first: --record FILE", "--export of a process");
	k.line = b->t.source->ops->time->line(b->t.source);
	b->t.track.clears = 0; /* writes are in the timeline */
	r = export_choose(&k, err);
	if (r == 0)
		r = export_all(&k, err);
	for (size_t i = 0; i < k.regions_n; i++)
		free(k.regions[i].name);
	free(k.regions);
	timeline_unref(k.line);
	perfetto_free(&k.p);
	return r;
}
