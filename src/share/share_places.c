/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The sharers of one page, cheapest first: pages shared by fork are at the same address in all
 * relatives, those of files at the same offset of the same file; only if mappings are still
 * missing, all page tables are read.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "share/share_read.h"
#include "target/walk.h"

struct places_hunt {
	struct target *t;
	const struct vma_list *vmas; /* the target's */
	struct share_places *p;
	const struct vma *v;         /* the target's region */
	struct share_files file;     /* of that region alone */
	uint64_t key;
	bool by_maps;                /* reads at the same offset of its file */
	bool all;                    /* reads everything, not only where it is likely */
	/* the visited process; NULL: the target. Its regions are read when needed */
	struct other *o;
	struct vma_list others_vmas;
	bool has_vmas;
};

static bool
share_has_place(const struct share_places *p, pid_t pid, uint64_t addr)
{
	for (size_t i = 0; i < p->n; i++)
		if (p->v[i].pid == pid && p->v[i].addr == addr)
			return true;
	return false;
}

/* Whether the kernel's count is explained. */
static bool
share_places_complete(const struct places_hunt *h)
{
	return h->p->count && h->p->n >= h->p->count;
}

static const struct vma_list *
share_regions(struct places_hunt *h)
{
	if (!h->o)
		return h->vmas;
	if (!h->has_vmas)
		h->t->source->ops->others->regions(h->t->source, h->o, &h->others_vmas);
	h->has_vmas = true;
	return &h->others_vmas;
}

static void
share_add_place(struct places_hunt *h, uint64_t addr)
{
	struct share_places *p = h->p;
	pid_t pid = h->o ? h->o->pid : h->t->source->meta.pid;
	const struct vma *v = vma_at(share_regions(h), addr);
	struct share_place *at;
	struct other_name name = {.comm = ""};

	if (share_has_place(p, pid, addr))
		return;
	h->t->source->ops->others->name(h->t->source, h->o, &name);
	p->v = vec_room(p->v, p->n, &p->cap, sizeof(*p->v));
	at = &p->v[p->n++];
	*at = (struct share_place){.pid = pid, .addr = addr, .has_vma = v};
	memcpy(at->comm, name.comm, sizeof(at->comm));
	if (v)
		at->v = *v;
	at->v.name = mem_strdup(v ? v->name : "");
}

/* Whether the word of a page in region v shows the page in question. */
static bool
share_is_it(const struct places_hunt *h, const struct vma *v, uint64_t addr, uint64_t word)
{
	if (h->p->reach.method == SHARE_BY_FRAME)
		return share_key(word) == h->key;
	return v && share_file_key(share_file_of(&h->file, v), v, addr, word, h->t->page_size) ==
	                h->key;
}

static void
share_try(struct places_hunt *h, const struct vma *v, uint64_t addr)
{
	struct source *s = h->t->source;
	uint64_t word;

	if (s->ops->others->words(s, h->o, addr, &word, 1) == 1 && share_is_it(h, v, addr, word))
		share_add_place(h, addr);
}

/* The address where v maps the same page of the same file, if it does. */
static void
share_try_file(struct places_hunt *h, const struct vma *v)
{
	uint64_t at = h->v->offset + (h->p->addr - h->v->start);

	if (share_files_have(&h->file, v) && at >= v->offset && at - v->offset < vma_size(v))
		share_try(h, v, v->start + (at - v->offset));
}

static int
share_match_words(void *arg, uint64_t addr, const uint64_t *words, size_t n)
{
	struct places_hunt *h = arg;

	for (size_t i = 0; i < n; i++)
		if (share_key(words[i]) == h->key)
			share_add_place(h, addr + i * h->t->page_size);
	return share_places_complete(h);
}

/* The rest of an address space: anonymous pages are only in private memory. */
static int
share_read_all(struct places_hunt *h)
{
	const struct vma_list *l = share_regions(h);
	bool anon = !(h->p->page.word & PM_FILE);

	for (size_t i = 0; i < l->n; i++)
		if (!(anon && l->v[i].perm & VMA_SHARED) &&
		    share_read(h->t->source, h->o, l->v[i].start, l->v[i].end, share_match_words,
		               h))
			return 1;
	return 0;
}

static int
share_look_in(struct places_hunt *h)
{
	int r = 0;

	if (h->all) {
		r = share_read_all(h);
	} else if (h->by_maps) {
		const struct vma_list *l = share_regions(h);

		for (size_t i = 0; i < l->n && !share_places_complete(h); i++)
			share_try_file(h, &l->v[i]);
	} else if (h->o) {
		share_try(h, NULL, h->p->addr);
	}
	return r || share_places_complete(h);
}

static int
share_visit_one(void *arg, struct other **o)
{
	struct places_hunt *h = arg;
	int r;

	h->o = *o;
	r = share_look_in(h);
	vma_free(&h->others_vmas);
	h->others_vmas = (struct vma_list){0};
	h->has_vmas = false;
	h->o = NULL;
	return r;
}

/* One round of the search, in all processes. 1: complete; -1 with err. */
static int
share_pass(struct places_hunt *h, struct err *err)
{
	if (share_look_in(h))
		return 1;
	return share_visit(h->t, &h->p->reach, share_visit_one, h, err);
}

/* Huge pages are in files, and processes may share their page tables: one mapping is counted. */
static bool
share_is_huge(const struct places_hunt *h)
{
	return h->v->type == VMA_HUGETLB || h->p->page.kind == KIND_HUGETLB;
}

/* Whether nobody else can have it. Bit 56 of a huge page may be that of its first page. */
static bool
share_is_exclusive(const struct places_hunt *h)
{
	const struct page *pg = &h->p->page;

	return pg->word & PM_EXCLUSIVE && !share_is_huge(h) &&
	       !(pg->known & PAGE_COUNT && pg->count > 1);
}

static int
share_hunt(struct places_hunt *h, struct err *err)
{
	const struct page *pg = &h->p->page;
	bool frame = h->p->reach.method == SHARE_BY_FRAME, file = h->file.n && pg->word & PM_FILE;
	int r = 0;

	h->by_maps = file;
	if (frame && share_look_in(h))
		return 0;
	h->by_maps = false;
	if (frame)
		r = share_pass(h, err);
	h->by_maps = file;
	if (!r && file)
		r = share_pass(h, err);
	/* huge pages are in files; a place in swap has no count that says whether any is missing */
	if (!r && pg->word & PM_PRESENT && frame && !share_is_huge(h)) {
		h->all = true;
		r = share_pass(h, err);
	}
	return r < 0 ? -1 : 0;
}

static int
share_by_place(const void *a, const void *b)
{
	const struct share_place *x = a, *y = b;

	if (x->pid != y->pid)
		return x->pid < y->pid ? -1 : 1;
	return (x->addr > y->addr) - (x->addr < y->addr);
}

/* Decides how to search, and determines how often it is mapped. */
static int
share_places_begin(struct places_hunt *h, struct err *err)
{
	struct share_places *p = h->p;
	struct source *s = h->t->source;
	const struct page *pg = &p->page;

	h->key = share_key(pg->word);
	if (h->key == SHARE_NO_KEY) {
		p->reach.method = SHARE_BY_FILE;
		h->key = share_file_key(share_file_of(&h->file, h->v), h->v, p->addr, pg->word,
		                        h->t->page_size);
	}
	if (!(pg->word & (PM_PRESENT | PM_SWAPPED)))
		return err_set(err, ERR_TARGET, "it is neither in RAM nor in swap", NULL,
		               "nobody shares page %llx", (unsigned long long)p->addr);
	if (h->key == SHARE_NO_KEY && !(pg->word & PM_EXCLUSIVE))
		return err_set(err, ERR_TARGET, "its frame is hidden",
		               "run pmtop as root (CAP_SYS_ADMIN)",
		               "cannot find who shares page %llx", (unsigned long long)p->addr);
	p->averaged = pg->known & PAGE_COUNT && pg->known & PAGE_FLAGS &&
	              page_flags(pg) & (KPF_COMPOUND_HEAD | KPF_COMPOUND_TAIL) &&
	              !share_is_huge(h) && !share_is_exclusive(h) &&
	              s->ops->others->averages(s) != TRUTH_NO;
	if (share_is_exclusive(h))
		p->count = 1;
	else if (pg->known & PAGE_COUNT && !p->averaged && !share_is_huge(h))
		p->count = pg->count;
	p->count_after = p->count;
	return 0;
}

static uint64_t
share_count_now(const struct places_hunt *h)
{
	uint64_t pfn = page_pfn(&h->p->page), count;
	bool ok;

	if (!h->p->count || !pfn)
		return h->p->count;
	source_frames(h->t->source, FRAME_COUNT, &pfn, 1, &count, &ok);
	return ok ? count : h->p->count;
}

/* The page must still be the one that was searched for. */
static int
share_places_verify(struct places_hunt *h, struct err *err)
{
	struct source *s = h->t->source;
	uint64_t word = 0;

	if (source_stopped(s))
		return err_set(err, ERR_TARGET, "it was cancelled", NULL, "cannot answer");
	h->p->count_after = share_count_now(h);
	s->ops->others->words(s, NULL, h->p->addr, &word, 1);
	if (share_is_it(h, h->v, h->p->addr, word))
		return 0;
	return err_set(err, ERR_TARGET, "it changed meanwhile", "ask again",
	               "cannot find who shares page %llx", (unsigned long long)h->p->addr);
}

static int
share_places_find(struct places_hunt *h, struct err *err)
{
	struct share_places *p = h->p;

	if (share_places_begin(h, err) < 0)
		return -1;
	share_add_place(h, p->addr);
	if (share_is_exclusive(h) || p->page.kind == KIND_ZERO)
		return 0;
	if (share_hunt(h, err) < 0 || share_places_verify(h, err) < 0)
		return -1;
	vec_sort(p->v + 1, p->n - 1, sizeof(*p->v), share_by_place);
	return 0;
}

struct share_places *
share_places(struct target *t, const struct vma_list *vmas, uint64_t addr, struct err *err)
{
	struct places_hunt h = {.t = t, .vmas = vmas};
	const struct vma *v = vma_at(vmas, addr);
	unsigned needs = PAGE_NEED_FLAGS | PAGE_NEED_COUNT;
	int r;

	if (!v) {
		err_set(err, ERR_TARGET, "nothing is mapped there", "`pmtop --list` shows what is",
		        "nobody shares %llx", (unsigned long long)addr);
		return NULL;
	}
	h.v = v;
	h.p = mem_alloc(sizeof(*h.p));
	h.p->addr = addr & ~(uint64_t)(t->page_size - 1);
	share_files_of(&h.file, vmas, v->start, v->end);
	r = walk_page(t, v, h.p->addr, needs, &h.p->page, err);
	if (r == 0)
		r = share_places_find(&h, err);
	share_files_free(&h.file);
	if (r == 0)
		return h.p;
	share_places_free(h.p);
	return NULL;
}

void
share_places_free(struct share_places *p)
{
	for (size_t i = 0; p && i < p->n; i++)
		free((char *)(uintptr_t)p->v[i].v.name);
	if (p)
		free(p->v);
	free(p);
}
