/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer about one region: from maps, by counting, and what only smaps has. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "page/explain.h"
#include "page/state.h"
#include "query/answer_query.h"
#include "target/walk.h"

static void
answer_facts_maps(struct answer *a, const struct vma *v)
{
	struct buf b = {0};
	char perm[5];

	vma_perm_text(v, perm);
	answer_add_hex(a, "start", v->start);
	answer_add_hex(a, "end", v->end);
	answer_add_number(a, "size", vma_size(v));
	answer_add_name(a, "mapping", vma_shown_name(v));
	answer_add_text(a, "type", vma_type_name((enum vma_type)v->type));
	answer_add_text(a, "kind", explain_region(v));
	buf_fmt(&b, "%s: ", perm);
	explain_perm(v, &b);
	answer_add(a, "perm", &b);
	if (!vma_has_file(v))
		return;
	answer_add_hex(a, "offset", v->offset);
	buf_fmt(&b, "%02x:%02x", v->dev_major, v->dev_minor);
	answer_add(a, "dev", &b);
	answer_add_number(a, "inode", v->inode);
}

/* Pages by state, keyed by the states' names. */
static int
answer_facts_states(struct answer *a, struct target *t, const struct vma *v, struct err *err)
{
	static const struct walk_options o = {.needs = PAGE_NEED_FLAGS | PAGE_NEED_CACHE};
	uint64_t by_state[STATE_COUNT] = {0};

	progress_begin(t->progress, vma_size(v));
	if (walk_count(t, v, v->start, v->end, &o, by_state, err) != 0)
		return -1;
	for (unsigned s = 0; s < STATE_COUNT; s++)
		if (by_state[s])
			answer_add_number(a, state_row((enum state)s)->name, by_state[s]);
	return 0;
}

static void
answer_add_if(struct answer *a, const struct smaps_entry *e, unsigned field, const char *key,
              uint64_t value)
{
	if (e->known & field)
		answer_add_number(a, key, value);
	else
		answer_add_unknown(a, key, "not in this kernel's smaps");
}

/* Not said where there are none: neither the machine nor the process need have them. */
static void
answer_fact_pkey(struct answer *a, const struct smaps_entry *e)
{
	if (e->known & SMAPS_PKEY)
		answer_add_number(a, "pkey", e->pkey)->note =
		    e->pkey ? "a protection key: each thread may deny itself access or writes by "
		              "it"
		            : "the default protection key";
}

static void
answer_facts_lasting(struct answer *a, const struct smaps_entry *e)
{
	answer_add_if(a, e, SMAPS_THP_ELIGIBLE, "thp_eligible", e->thp_eligible);
	answer_fact_pkey(a, e);
	answer_add_name(a, "vmflags", e->flags);
}

/* In a recording: when smaps was read, if that was before the sample; else 0. */
static uint64_t
answer_smaps_before(const struct source *s)
{
	uint64_t at = source_is_past(s) ? s->ops->time->smaps(s) : 0;

	return at < source_now(s) ? at : 0;
}

/* What its pages make of it is not known of another time. */
static void
answer_facts_before(struct answer *a, struct source *s, uint64_t at)
{
	static const char *const keys[] = {"pss", "uss", "shared", "referenced", "locked",
	                                   "ksm_bytes"};
	struct timeline *line = s->ops->time->line(s);
	char text[TIMELINE_TEXT];

	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		answer_add_unknown(a, keys[i], "smaps was not read for this sample");
	answer_add_text(a, "smaps_as_of", timeline_clock(line, at, text))->note =
	    "what follows is of then";
	timeline_unref(line);
	answer_facts_lasting(a, &a->smaps);
}

/* The kernel walks the regions before it, too. */
static void
answer_facts_smaps(struct answer *a, const struct target *t, const struct vma_list *vmas,
                   const struct vma *v)
{
	struct source *s = t->source;
	struct smaps_entry *e = &a->smaps;
	uint64_t before = answer_smaps_before(s);
	struct err why;

	progress_begin(t->progress, (uint64_t)(v - vmas->v) + 1);
	a->has_smaps = s->ops->smaps_one(s, t->progress, v->start, e, &why) == 0;
	if (!a->has_smaps) {
		answer_add_unknown(a, "pss",
		                   source_is_past(s) ? "smaps was not read while it was mapped"
		                                     : "smaps cannot be read");
		return;
	}
	if (before) {
		answer_facts_before(a, s, before);
		return;
	}
	answer_add_number(a, "pss", e->pss)->note =
	    s->ops->others->averages(s) == TRUTH_YES
	        ? "an estimate, as uss and shared: this kernel counts mappings by folio"
	        : NULL;
	answer_add_number(a, "uss", e->uss);
	answer_add_number(a, "shared", e->shared);
	answer_add_number(a, "referenced", e->referenced);
	answer_add_if(a, e, SMAPS_LOCKED, "locked", e->locked);
	answer_add_if(a, e, SMAPS_KSM, "ksm_bytes", e->ksm);
	answer_facts_lasting(a, e);
}

struct answer *
answer_region_maps(struct target *t, const struct vma_list *vmas, uint64_t addr, struct err *err)
{
	const struct vma *v = vma_at(vmas, addr);
	struct answer *a;
	struct buf b = {0};
	char size[8];

	if (!v) {
		err_set(err, ERR_TARGET, "nothing is mapped there", "`pmtop --list` shows what is",
		        "no region at %#llx", (unsigned long long)addr);
		return NULL;
	}
	a = answer_new();
	a->has_place = true;
	a->place = v->start;
	answer_facts_maps(a, v);
	answer_add_number(a, "pages", vma_size(v) / t->page_size);
	buf_fmt(&b, "%llx ", (unsigned long long)v->start);
	text_escape(&b, vma_shown_name(v), strlen(vma_shown_name(v)), false);
	buf_fmt(&b, " %s: %s", size_text(size, vma_size(v)), explain_region(v));
	a->line = b.s;
	return a;
}

struct answer *
answer_region(struct target *t, const struct vma_list *vmas, uint64_t addr, struct err *err)
{
	const struct vma *v = vma_at(vmas, addr);
	struct answer *a = answer_region_maps(t, vmas, addr, err);

	if (a && answer_facts_states(a, t, v, err) == 0) {
		answer_facts_smaps(a, t, vmas, v);
		return a;
	}
	answer_unref(a);
	return NULL;
}
