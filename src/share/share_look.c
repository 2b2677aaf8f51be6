/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How often the kernel counts that frames are mapped, and what its flags say of them. */
#include "base/util.h"
#include "share/share_parts.h"

/* Without averaged counts, merged pages and drivers, no flag of an anonymous page matters. */
bool
share_has_plain(const struct share_work *w)
{
	struct source *s = w->t->source;

	return s->meta.zero_pfn && !s->ops->others->merges(s) &&
	       s->ops->others->averages(s) == TRUTH_NO;
}

/* What kpageflags adds to the page table's word about a frame in RAM. */
static void
share_take_flags(struct share_work *w, struct share_frame *f, uint64_t kpf, bool known)
{
	bool compound = kpf & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL);

	/* the zero page, the kernel's own, a device's memory, a driver's, which has no contents */
	if (!known || kpf & (KPF_ZERO_PAGE | KPF_RESERVED) ||
	    (f->kind == SHARE_FILE && !compound && !(kpf & KPF_UPTODATE)))
		f->kind = SHARE_KINDS;
	else if (kpf & KPF_KSM && f->kind == SHARE_ANON && !w->t->source->meta.ksm_lies)
		f->kind = SHARE_KSM;
	f->huge = kpf & KPF_HUGE;
	w->huge |= f->huge;
	if (f->huge ||
	    (compound && w->t->source->ops->others->averages(w->t->source) != TRUTH_NO))
		f->counted = false;
}

/*
 * Whether the word has said it all. Only pages that are mapped as anonymous memory have a count but
 * no bit 61, the zero page and a device's memory aside.
 */
static bool
share_is_plain(const struct share_work *w, const struct share_frame *f, uint64_t pfn)
{
	return w->plain && !w->device && f->kind == SHARE_ANON && f->counted &&
	       pfn != w->t->source->meta.zero_pfn;
}

void
share_look_up_some(struct share_work *w, const uint64_t *pfn, struct share_frame *const *f,
                   size_t n)
{
	uint64_t some[SHARE_LOOK], words[SHARE_LOOK];
	struct source *s = w->t->source;
	bool ok[SHARE_LOOK];
	uint16_t at[SHARE_LOOK];
	size_t left = 0;

	source_frames(s, FRAME_COUNT, pfn, n, words, ok);
	for (size_t i = 0; i < n; i++) {
		f[i]->counted = ok[i] && words[i];
		f[i]->others += ok[i] ? (int32_t)u64_min(words[i], INT32_MAX) : 0;
	}
	if (!source_has(s, FRAME_FLAGS))
		return;
	for (size_t i = 0; i < n; i++) {
		if (share_is_plain(w, f[i], pfn[i]))
			continue;
		some[left] = pfn[i];
		at[left++] = (uint16_t)i;
	}
	source_frames(s, FRAME_FLAGS, some, left, words, ok);
	for (size_t i = 0; i < left; i++)
		share_take_flags(w, f[at[i]], words[i], ok[i]);
}

struct share_look {
	struct share_work *w;
	uint64_t pfn[SHARE_LOOK];
	struct share_frame *f[SHARE_LOOK];
	size_t n;
};

static void
share_look_flush(struct share_look *k)
{
	share_look_up_some(k->w, k->pfn, k->f, k->n);
	k->n = 0;
}

static void
share_look_add(void *arg, uint64_t key, size_t index)
{
	struct share_look *k = arg;
	struct share_frame *f = &k->w->frame[index];

	if (f->kind == SHARE_SWAP)
		return;
	k->pfn[k->n] = key;
	k->f[k->n++] = f;
	if (k->n == SHARE_LOOK)
		share_look_flush(k);
}

/* In the order of frames, so that lookups are of neighbours. */
void
share_look_up(struct share_work *w)
{
	struct share_look k = {.w = w};

	frameset_each(&w->set, share_look_add, &k);
	share_look_flush(&k);
}
