/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sharers of a range, by process. Gathers the frames of the range that others may map (not
 * those with bit 56), and searches for them in the page tables of all processes: first where they
 * are likely, then everywhere, as long as the kernel's counts are not explained. The frames that a
 * process shares are a bit each, so that frames that changed by the end can be left out.
 */
#include "share/share.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "share/frameset.h"
#include "share/share_read.h"

/* A frame (or place in swap, or page of a file) of the range. */
struct share_frame {
	uint64_t key;
	uint32_t count; /* mappings by the kernel's count; 0: not known */
	uint32_t own;   /* times found in the target */
	uint32_t found; /* in other processes */
	uint32_t here;  /* in the visited process */
	uint8_t kind;   /* SHARE_KINDS: it is not shared memory */
	bool huge;
	bool seen;      /* still in the target at the end */
};

/* A page of the range, before it has an index. */
struct share_page {
	uint64_t key;
	uint8_t kind;
};

/* Where such pages are, with gaps that cost less to read than to skip. */
struct share_run {
	uint64_t start, end;
	const struct vma *v;
};
enum { SHARE_GAP = 32 }; /* pages */

/* The frames of 64 that a process has; `both`: those that only it and the target have. */
struct share_hit {
	size_t at; /* the index of the first, divided by 64 */
	uint64_t bits, both;
};
struct share_hits {
	struct share_hit *v;
	size_t n, cap;
};

struct share_work {
	struct target *t;
	const struct vma_list *vmas;
	uint64_t start, end;
	struct share *sh;
	struct share_files files;

	struct share_page *page; /* gathered; freed once they have indexes */
	size_t pages, pages_cap;
	struct share_run *run;   /* ascending */
	size_t runs, runs_cap;
	const struct vma *v;     /* the region that is read */
	size_t file;             /* its file, for SHARE_BY_FILE */

	struct frameset set;
	struct share_frame *frame;
	struct share_hits *hits; /* beside sh->v */
	size_t hits_cap;
	int64_t missing;         /* mappings not found in any process */
	size_t uncounted;        /* frames without a count, or places in swap; of these, ... */
	size_t open;             /* ... those that may be anywhere */
	bool huge;               /* bit 56 is not trusted: huge pages are among them */
	bool rest;               /* reads the rest, too, where nothing is likely */
	uint64_t *now;           /* a bit for each frame that the visited process has */
	bool any;                /* one is set */
};

static const uint64_t BIT = 1;
enum { SHARE_LOOKUP = 512 }; /* frames looked up at once */

static bool
share_is_present(uint64_t word)
{
	return word & PM_PRESENT;
}

/* --- the frames of the range ------------------------------------------------------------------ */

static uint64_t
share_key_at(const struct share_work *w, uint64_t addr, uint64_t word)
{
	if (w->sh->reach.method == SHARE_BY_FRAME)
		return share_key(word);
	return share_file_key(w->file, w->v, addr, word, w->t->page_size);
}

/*
 * By the word and the region alone; flags decide the rest (share_take_flags). SHARE_KINDS: memory
 * that nobody shares.
 */
static enum share_kind
share_kind_of(uint64_t word, const struct vma *v)
{
	if (!share_is_present(word))
		return SHARE_SWAP;
	if (v->type == VMA_SHM || v->type == VMA_HUGETLB)
		return word & PM_FILE || v->type == VMA_HUGETLB ? SHARE_SHM : SHARE_ANON;
	if (v->type == VMA_KERNEL)
		return SHARE_KINDS;
	return word & PM_FILE ? SHARE_FILE : SHARE_ANON;
}

static void
share_add_to_runs(struct share_work *w, uint64_t addr)
{
	struct share_run *last = w->runs ? &w->run[w->runs - 1] : NULL;
	uint64_t size = w->t->page_size;

	if (last && last->v == w->v && addr - last->end <= SHARE_GAP * size) {
		last->end = addr + size;
		return;
	}
	w->run = vec_room(w->run, w->runs, &w->runs_cap, sizeof(*w->run));
	w->run[w->runs++] = (struct share_run){addr, addr + size, w->v};
}

static void
share_gather(struct share_work *w, uint64_t addr, uint64_t word)
{
	uint64_t key = share_key_at(w, addr, word);
	enum share_kind kind = share_kind_of(word, w->v);

	if (kind == SHARE_KINDS)
		return;
	if (key == SHARE_NO_KEY) {
		w->sh->hidden++;
		return;
	}
	share_add_to_runs(w, addr);
	w->huge |= w->v->type == VMA_HUGETLB;
	w->page = vec_room(w->page, w->pages, &w->pages_cap, sizeof(*w->page));
	w->page[w->pages++] = (struct share_page){.key = key, .kind = (uint8_t)kind};
}

/* What nobody else has is freed with the range, if it is anonymous. Huge pages go to their pool. */
static void
share_add_own(struct share_work *w, uint64_t word)
{
	if (!(word & PM_FILE) && w->v->type != VMA_HUGETLB && w->v->type != VMA_DEVICE &&
	    w->v->type != VMA_KERNEL)
		w->sh->freed++;
}

static bool
share_may_be_shared(const struct share_work *w, uint64_t word)
{
	if (!share_is_present(word))
		return share_key(word) != SHARE_NO_KEY;
	return !(word & PM_EXCLUSIVE) || w->v->type == VMA_HUGETLB;
}

static int
share_gather_words(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;

	for (size_t i = 0; i < n; i++)
		if (share_may_be_shared(w, words[i]))
			share_gather(w, addr + i * w->t->page_size, words[i]);
		else if (share_is_present(words[i]))
			share_add_own(w, words[i]);
	return 0;
}

/* Calls fn for the range in the target, region by region. */
static int
share_read_range(struct share_work *w, share_words_fn *fn)
{
	const struct vma_list *l = w->vmas;

	for (size_t i = vma_lower_bound(l, w->start); i < l->n && l->v[i].start < w->end; i++) {
		w->v = &l->v[i];
		w->file = share_file_of(&w->files, w->v);
		if (share_read(w->t->source, NULL, u64_max(w->v->start, w->start),
		               u64_min(w->v->end, w->end), fn, w))
			return 1;
	}
	return 0;
}

/* Gives each frame its index: by frame numbers, so that lookups are of neighbours. */
static void
share_index(struct share_work *w)
{
	for (size_t i = 0; i < w->pages; i++)
		frameset_add(&w->set, w->page[i].key);
	frameset_seal(&w->set);
	w->frame = mem_alloc((w->set.n + 1) * sizeof(*w->frame));
	for (size_t i = 0; i < w->pages; i++) {
		struct share_frame *f = &w->frame[frameset_index(&w->set, w->page[i].key)];

		f->key = w->page[i].key;
		f->kind = w->page[i].kind;
		f->own++;
	}
	free(w->page);
	w->page = NULL;
}

/* What the word could not tell of a frame in RAM. */
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
		f->count = 0;
}

static void
share_look_up_some(struct share_work *w, struct share_frame *f, size_t n)
{
	uint64_t pfn[SHARE_LOOKUP] = {0}, words[SHARE_LOOKUP];
	struct source *s = w->t->source;
	bool ok[SHARE_LOOKUP];

	for (size_t i = 0; i < n; i++)
		pfn[i] = f[i].key;
	source_frames(s, FRAME_COUNT, pfn, n, words, ok);
	for (size_t i = 0; i < n; i++)
		f[i].count = ok[i] ? (uint32_t)u64_min(words[i], UINT32_MAX) : 0;
	if (!source_has(s, FRAME_FLAGS))
		return;
	source_frames(s, FRAME_FLAGS, pfn, n, words, ok);
	for (size_t i = 0; i < n; i++)
		share_take_flags(w, &f[i], words[i], ok[i]);
}

/* Flags and map counts. The range is read again at the end: see share_finish. */
static void
share_look_up(struct share_work *w)
{
	for (size_t i = 0, n; i < w->set.n; i += n) {
		for (n = 0; i + n < w->set.n && n < SHARE_LOOKUP; n++)
			if (w->frame[i + n].kind == SHARE_SWAP)
				break;
		if (n)
			share_look_up_some(w, &w->frame[i], n);
		else
			n = 1;
	}
}

/* What is to be found, as far as it is counted. */
static void
share_expect(struct share_work *w)
{
	for (size_t i = 0; i < w->set.n; i++) {
		const struct share_frame *f = &w->frame[i];

		if (f->kind == SHARE_KINDS)
			continue;
		w->missing += f->count ? (int64_t)f->count - f->own : 0;
		w->uncounted += !f->count;
		w->sh->uncounted += !f->count && f->kind != SHARE_SWAP;
		/* huge pages are in files; forks leave places in swap at the same address */
		w->open += !f->count && f->kind != SHARE_SWAP && !f->huge;
	}
}

/* --- the others ------------------------------------------------------------------------------- */

static size_t
share_now_size(const struct share_work *w)
{
	return w->set.n / 64 + 1;
}

static int
share_match(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;
	uint64_t skip = w->huge ? 0 : PM_EXCLUSIVE;
	size_t size = w->t->page_size;

	for (size_t i = 0; i < n; i++) {
		struct share_frame *f;
		uint64_t key;
		size_t at;

		if (!words[i] || words[i] & skip)
			continue;
		key = share_key_at(w, addr + i * size, words[i]);
		at = key == SHARE_NO_KEY ? FRAMESET_NONE : frameset_index(&w->set, key);
		if (at == FRAMESET_NONE)
			continue;
		f = &w->frame[at];
		if (f->kind == SHARE_KINDS)
			continue;
		f->here++;
		w->missing -= f->count ? 1 : 0;
		w->now[at / 64] |= BIT << at % 64;
		w->any = true;
	}
	return 0;
}

/* Whether pages of the range are likely there: of the same file, or at the same address. */
static bool
share_is_likely(const struct share_work *w, const struct vma *v)
{
	size_t i;

	if (vma_has_file(v))
		return share_files_have(&w->files, v);
	i = vma_lower_bound(w->vmas, u64_max(v->start, w->start));
	return v->start < w->end && v->end > w->start && i < w->vmas->n &&
	       w->vmas->v[i].start < u64_min(v->end, w->end);
}

static void
share_read_regions(struct share_work *w, struct other *o, const struct vma_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		uint64_t start = l->v[i].start, end = l->v[i].end;

		if (share_is_likely(w, &l->v[i]) == w->rest)
			continue;
		w->v = &l->v[i];
		w->file = share_file_of(&w->files, w->v);
		if (!o && start < w->end && end > w->start) { /* the range itself was read */
			share_read(w->t->source, o, start, u64_max(start, w->start),
			           share_match, w);
			start = u64_min(end, w->end);
		}
		if (start < end && share_read(w->t->source, o, start, end, share_match, w))
			return;
	}
}

/* Adds the frames of *hit that were found in the target, or in the process that was visited. */
static void
share_add_up_hit(struct share_work *w, struct share_hit *hit, bool own)
{
	for (uint64_t bits = hit->bits; bits; bits &= bits - 1) {
		unsigned bit = (unsigned)__builtin_ctzll(bits);
		struct share_frame *f = &w->frame[hit->at * 64 + bit];

		if (own)
			f->own += f->here;
		else
			f->found += f->here;
		if (!own && f->kind == SHARE_ANON && f->count == f->own + f->here)
			hit->both |= BIT << bit;
		f->here = 0;
	}
}

/* Ends a visit: what was found moves to `hits`; NULL: it was in the target. */
static void
share_add_up(struct share_work *w, struct share_hits *hits)
{
	for (size_t at = 0; w->any && at < share_now_size(w); at++) {
		struct share_hit hit = {.at = at, .bits = w->now[at]};

		if (!hit.bits)
			continue;
		share_add_up_hit(w, &hit, !hits);
		w->now[at] = 0;
		if (!hits)
			continue;
		hits->v = vec_room(hits->v, hits->n, &hits->cap, sizeof(*hits->v));
		hits->v[hits->n++] = hit;
	}
	w->any = false;
}

/* The row of that process; the second round continues the rows of the first. */
static struct share_hits *
share_row(struct share_work *w, struct other *o)
{
	struct share *sh = w->sh;
	struct other_name name = {.comm = ""};
	size_t i = 0;

	while (i < sh->n && sh->v[i].pid != o->pid)
		i++;
	if (i < sh->n)
		return &w->hits[i];
	w->t->source->ops->others->name(w->t->source, o, &name);
	w->hits = vec_room(w->hits, sh->n, &w->hits_cap, sizeof(*w->hits));
	w->hits[sh->n] = (struct share_hits){0};
	sh->v = vec_room(sh->v, sh->n, &sh->cap, sizeof(*sh->v));
	sh->v[sh->n] = (struct share_peer){.pid = o->pid, .parent = name.parent};
	memcpy(sh->v[sh->n].comm, name.comm, sizeof(name.comm));
	return &w->hits[sh->n++];
}

/* Whether all mappings were found; pages that the kernel does not count may have more. */
static bool
share_is_complete(const struct share_work *w)
{
	return w->missing <= 0 && !w->uncounted;
}

static int
share_visit_other(void *arg, struct other *o)
{
	struct share_work *w = arg;
	struct vma_list l;

	if (!w->t->source->ops->others->regions(w->t->source, o, &l))
		return 0;
	share_read_regions(w, o, &l);
	vma_free(&l);
	if (w->any)
		share_add_up(w, share_row(w, o));
	return share_is_complete(w);
}

static int
share_round(struct share_work *w, bool rest, struct err *err)
{
	w->rest = rest;
	share_read_regions(w, NULL, w->vmas);
	share_add_up(w, NULL);
	return share_is_complete(w) ? 1
	                            : share_visit(w->t, &w->sh->reach, share_visit_other, w, err);
}

/* --- the result ------------------------------------------------------------------------------- */

static int
share_see_again(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct share_work *w = arg;

	for (size_t i = 0; i < n; i++) {
		uint64_t key = share_key_at(w, addr + i * w->t->page_size, words[i]);
		size_t at = key == SHARE_NO_KEY ? FRAMESET_NONE : frameset_index(&w->set, key);

		if (at != FRAMESET_NONE)
			w->frame[at].seen = true;
	}
	return 0;
}

static void
share_sum_frame(struct share_work *w, const struct share_frame *f)
{
	struct share *sh = w->sh;

	if (f->kind == SHARE_KINDS)
		return;
	if (!f->seen) {
		sh->changed++;
		return;
	}
	if (f->found)
		sh->pages[f->kind]++;
	if (f->count > f->own) {
		sh->mapped += f->count - f->own;
		sh->found += u64_min(f->found, f->count - f->own);
	}
	if (f->kind == SHARE_SWAP)
		sh->freed_swap += !f->found;
	if ((f->kind == SHARE_ANON || f->kind == SHARE_KSM) && f->count && f->count <= f->own)
		sh->freed++;
}

/* The sums of a process: each frame once, even if both rounds found it. */
static void
share_sum_peer(struct share_work *w, struct share_peer *p, const struct share_hits *hits)
{
	for (size_t i = 0; i < hits->n; i++) {
		const struct share_hit *hit = &hits->v[i];

		for (uint64_t bits = hit->bits & ~w->now[hit->at]; bits; bits &= bits - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(bits);
			const struct share_frame *f = &w->frame[hit->at * 64 + bit];

			p->pages[f->kind] += f->seen;
			p->both += f->seen && hit->both >> bit & 1;
		}
		w->now[hit->at] |= hit->bits;
	}
	for (size_t i = 0; i < hits->n; i++)
		w->now[hits->v[i].at] = 0;
}

static uint64_t
share_peer_pages(const struct share_peer *p)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < SHARE_KINDS; k++)
		n += p->pages[k];
	return n;
}

static int
share_by_pages(const void *a, const void *b)
{
	const struct share_peer *x = a, *y = b;
	uint64_t m = share_peer_pages(x), n = share_peer_pages(y);

	if (m != n)
		return m > n ? -1 : 1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

static void
share_read_runs(struct share_work *w)
{
	for (size_t i = 0; i < w->runs; i++) {
		w->v = w->run[i].v;
		w->file = share_file_of(&w->files, w->v);
		share_read(w->t->source, NULL, w->run[i].start, w->run[i].end, share_see_again, w);
	}
}

static void
share_finish(struct share_work *w)
{
	struct share *sh = w->sh;
	size_t n = 0;

	share_read_runs(w);
	for (size_t i = 0; i < w->set.n; i++)
		share_sum_frame(w, &w->frame[i]);
	for (size_t i = 0; i < sh->n; i++) {
		share_sum_peer(w, &sh->v[i], &w->hits[i]);
		free(w->hits[i].v);
		w->hits[i].v = NULL;
		if (share_peer_pages(&sh->v[i]))
			sh->v[n++] = sh->v[i];
	}
	sh->n = n;
	if (n)
		qsort(sh->v, n, sizeof(*sh->v), share_by_pages);
}

/* --- all -------------------------------------------------------------------------------------- */

static int
share_work(struct share_work *w, struct err *err)
{
	bool by_frame = w->sh->reach.method == SHARE_BY_FRAME;
	int r;

	if (share_read_range(w, share_gather_words))
		return 1;
	share_index(w);
	if (by_frame)
		share_look_up(w);
	share_expect(w);
	w->now = mem_alloc(share_now_size(w) * sizeof(*w->now));
	if (!w->set.n)
		return 0;
	r = share_round(w, false, err);
	if (r == 0 && by_frame && (w->missing > 0 || w->open))
		r = share_round(w, true, err);
	if (source_stopped(w->t->source))
		return 1;
	if (r >= 0)
		share_finish(w);
	return r < 0 ? -1 : 0;
}

static int
share_note_frame(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	(void)addr;
	for (size_t i = 0; i < n; i++)
		if (share_is_present(words[i])) {
			*(bool *)arg = words[i] & PM_PFN_MASK;
			return 1;
		}
	return 0;
}

/* Decided by its first page in RAM. */
static bool
share_shows_frames(const struct share_work *w)
{
	bool shown = true;

	for (size_t i = 0; i < w->vmas->n; i++)
		if (share_read(w->t->source, NULL, w->vmas->v[i].start, w->vmas->v[i].end,
		               share_note_frame, &shown))
			break;
	return shown;
}

static void
share_work_free(struct share_work *w)
{
	for (size_t i = 0; i < w->sh->n && w->hits; i++)
		free(w->hits[i].v);
	free(w->hits);
	share_files_free(&w->files);
	frameset_free(&w->set);
	free(w->page);
	free(w->run);
	free(w->frame);
	free(w->now);
}

struct share *
share_sum(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
          struct err *err)
{
	struct share_work w = {.t = t, .vmas = vmas, .start = start, .end = end};
	struct other_name name;
	int r;

	w.sh = mem_alloc(sizeof(*w.sh));
	w.sh->page_size = t->page_size;
	w.sh->whole = !start && end == UINT64_MAX;
	w.sh->pid = t->source->meta.pid;
	if (t->source->ops->others->name(t->source, NULL, &name))
		w.sh->parent = name.parent;
	w.sh->reach.method = share_shows_frames(&w) ? SHARE_BY_FRAME : SHARE_BY_FILE;
	share_files_of(&w.files, vmas, start, end);
	r = share_work(&w, err);
	share_work_free(&w);
	if (r == 0)
		return w.sh;
	if (r > 0)
		err_set(err, ERR_TARGET, "it was cancelled", NULL, "cannot answer");
	share_free(w.sh);
	return NULL;
}

const char *
share_relation(const struct share *sh, const struct share_peer *p)
{
	return p->pid == sh->parent      ? "parent"
	       : p->parent == sh->pid    ? "child"
	       : p->parent == sh->parent ? "sibling"
	                                 : "";
}

void
share_free(struct share *sh)
{
	if (sh)
		free(sh->v);
	free(sh);
}
