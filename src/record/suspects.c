/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "record/suspects.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "target/symbol.h"

enum {
	SUSPECTS_BITS = 11, SUSPECTS_DIGIT = 1 << SUSPECTS_BITS,
	SUSPECTS_SHARE = 400, /* of the time, one part in so many is for counting growth */
};

struct suspects_fault {
	uint64_t page, by;
	bool more;
};

struct suspects_faults {
	struct suspects_fault *v;
	size_t n, cap;
};

struct suspects {
	struct causes *of;  /* where the numbers of chains and threads are from; */
	uint64_t from;      /* the faults that were taken; those left for the next time: */
	struct suspects_faults later;
	/* numbers of earlier ones, which began again: added to those of `of` */
	uint64_t chain_base, task_base;
	struct chains who; /* the sets: chain << 32 | task, each with its base */
	size_t who_told;
	struct codes names;
	struct suspects_place {
		const struct code *code;
	} * places; /* the code that was told, by number */
	size_t places_n, places_cap;
	uint32_t *table; /* places: number + 1 by address; 0: free */
	size_t table_size;
	/* by chain of `of`: whether it was asked for; those without names, in order */
	uint8_t *asked;
	size_t asked_n;
	uint32_t *due;
	size_t due_n, due_cap;
	char (*comm)[16]; /* by thread of `of`, as it was told */
	size_t comm_n;
	uint64_t grown_ns, grown_cost_ns; /* when growth was counted last, and how long it took */
	struct suspects_brought *brought; /* then */
	size_t brought_n;
};

struct suspects *
suspects_new(void)
{
	struct suspects *s = mem_alloc(sizeof(*s));

	chains_init(&s->who, (size_t)16 << 20);
	return s;
}

void
suspects_free(struct suspects *s)
{
	if (!s)
		return;
	causes_unref(s->of);
	free(s->later.v);
	chains_free(&s->who);
	codes_free(&s->names);
	free(s->places);
	free(s->table);
	free(s->asked);
	free(s->due);
	free(s->comm);
	free(s->brought);
	free(s);
}

void
suspects_news_free(struct suspects_news *n)
{
	candidates_free(&n->pages);
	for (size_t i = 0; i < n->codes_n; i++) {
		free(n->codes[i].name);
		free(n->codes[i].file);
		free(n->codes[i].source);
		free(n->codes[i].inlined);
	}
	for (size_t i = 0; i < n->chains_n; i++) {
		free(n->chains[i].codes);
		free(n->chains[i].function);
		free(n->chains[i].file);
	}
	free(n->codes);
	free(n->chains);
	free(n->who);
	free(n->tasks);
	free(n->brought);
	*n = (struct suspects_news){0};
}

/* The watch may have ended, and another begun: its numbers go on from those. */
static void
suspects_follow(struct suspects *s, struct causes *c)
{
	if (s->of == c)
		return;
	if (s->of) {
		s->chain_base += s->asked_n;
		s->task_base += causes_threads(s->of);
	}
	causes_unref(s->of);
	s->of = causes_ref(c);
	s->from = 0;
	s->asked_n = s->due_n = s->comm_n = 0;
}

/* --- pages ---------------------------------------------------------------------------------- */

static void
suspects_ask_chain(struct suspects *s, uint32_t chain)
{
	if (chain >= s->asked_n) {
		size_t n = chain + 1 > 2 * s->asked_n ? chain + 1 : 2 * s->asked_n;

		s->asked = mem_resize(s->asked, n);
		memset(s->asked + s->asked_n, 0, n - s->asked_n);
		s->asked_n = n;
	}
	if (s->asked[chain])
		return;
	s->asked[chain] = true;
	s->due = vec_room(s->due, s->due_n, &s->due_cap, sizeof(*s->due));
	s->due[s->due_n++] = chain;
}

static void
suspects_push(struct suspects_faults *to, const struct suspects_fault *f)
{
	to->v = vec_room(to->v, to->n, &to->cap, sizeof(*to->v));
	to->v[to->n++] = *f;
}

static bool
suspects_is_in(const struct extents *e, uint64_t addr)
{
	size_t i = extents_first(e, addr);

	return i < e->n && e->v[i].start <= addr;
}

/* Whether a fault is for the next time. Epochs are of who writes, not of who brings memory in. */
static bool
suspects_is_later(const struct target *t, const struct cause *is, const struct suspects_scan *scan,
                  uint64_t page)
{
	return (t->causes && is->epoch > scan->epoch) ||
	       (is->time_ns > scan->regions->time_ns && !suspects_is_in(scan->written, page));
}

static void
suspects_add_fault(struct suspects *s, const struct target *t, const struct cause *is,
                   const struct suspects_scan *scan, struct suspects_faults *out)
{
	const struct suspects_fault f = {.page = is->addr - is->addr % t->page_size,
	                                 .by = (is->chain + s->chain_base) << 32 |
	                                       (is->thread + s->task_base),
	                                 .more = is->more || is->sampled};

	suspects_ask_chain(s, is->chain);
	suspects_push(suspects_is_later(t, is, scan, f.page) ? &s->later : out, &f);
}

/* At first only those of the epoch under way: a sample has one. */
static void
suspects_gather(struct suspects *s, const struct target *t, const struct suspects_scan *scan,
                struct suspects_faults *out)
{
	enum { MOST = 4096 };
	struct cause *v = mem_alloc(MOST * sizeof(*v));
	bool first = s->from == 0;
	uint64_t missed;
	size_t n;

	*out = s->later;
	s->later = (struct suspects_faults){0};
	while ((n = causes_since(s->of, &s->from, v, MOST, &missed)) > 0)
		for (size_t i = 0; i < n; i++)
			if (!first || v[i].epoch >= scan->epoch)
				suspects_add_fault(s, t, &v[i], scan, out);
	free(v);
}

static int
suspects_by_number(const void *pa, const void *pb)
{
	const struct suspects_fault *a = pa, *b = pb;

	return (a->by > b->by) - (a->by < b->by);
}

/* By some bits of the page, from `shift` on; those that are alike stay in order. */
static void
suspects_sort_digit(const struct suspects_faults *f, unsigned shift, struct suspects_fault *to)
{
	uint32_t at[SUSPECTS_DIGIT] = {0}, next = 0;

	for (size_t i = 0; i < f->n; i++)
		at[f->v[i].page >> shift & (SUSPECTS_DIGIT - 1)]++;
	for (size_t i = 0; i < SUSPECTS_DIGIT; i++) {
		uint32_t n = at[i];

		at[i] = next;
		next += n;
	}
	for (size_t i = 0; i < f->n; i++)
		to[at[f->v[i].page >> shift & (SUSPECTS_DIGIT - 1)]++] = f->v[i];
}

/* By page, digit by digit: there may be as many as were written, at each moment. */
static void
suspects_sort(struct suspects_faults *f)
{
	struct suspects_fault *to = mem_alloc(f->n * sizeof(*to)), *was;
	uint64_t differ = 0;

	for (size_t i = 1; i < f->n; i++)
		differ |= f->v[i].page ^ f->v[0].page;
	for (unsigned shift = 0; shift < 64 && differ >> shift; shift += SUSPECTS_BITS) {
		if (!(differ >> shift & (SUSPECTS_DIGIT - 1)))
			continue;
		suspects_sort_digit(f, shift, to);
		was = f->v;
		f->v = to;
		to = was;
	}
	f->cap = f->n;
	free(to);
}

/* The number of the candidates of the n faults of a page. */
static uint64_t
suspects_who(struct suspects *s, const struct suspects_fault *v, size_t n)
{
	uint64_t set[CAUSES_MOST];
	size_t kept = 0;
	bool more = false;

	for (size_t i = 0; i < n; i++) {
		more |= v[i].more;
		if (kept && set[kept - 1] == v[i].by)
			continue;
		if (kept < CAUSES_MOST)
			set[kept++] = v[i].by;
		else
			more = true;
	}
	return chains_number(&s->who, set, kept, 0, more);
}

/*
 * Takes the place of the faults: one for each page, with its candidates. Most pages have one, and
 * the same as the page before.
 */
static void
suspects_find_who(struct suspects *s, struct suspects_faults *f)
{
	struct suspects_fault last = {0};
	size_t kept = 0, n;
	uint64_t who = 0;

	suspects_sort(f);
	for (size_t i = 0; i < f->n; i += n) {
		struct suspects_fault is = f->v[i];

		for (n = 1; i + n < f->n && f->v[i + n].page == is.page; n++)
			;
		if (n > 1)
			vec_sort(&f->v[i], n, sizeof(*f->v), suspects_by_number);
		if (n > 1 || !kept || is.by != last.by || is.more != last.more)
			who = suspects_who(s, &f->v[i], n);
		last = n > 1 ? (struct suspects_fault){.by = UINT64_MAX} : is;
		f->v[kept++] = (struct suspects_fault){.page = is.page, .by = who};
	}
	f->n = kept;
}

static void
suspects_add_who(struct suspects *s, struct suspects_news *out)
{
	for (; s->who_told < s->who.n; s->who_told++) {
		struct chain set = chains_at(&s->who, (uint32_t)s->who_told);
		struct suspects_who *w;

		out->who = vec_room(out->who, out->who_n, &out->who_cap, sizeof(*out->who));
		w = &out->who[out->who_n++];
		*w = (struct suspects_who){
		    .number = s->who_told, .n = u64_min(set.n, CAUSES_MOST), .more = set.cut};
		for (size_t i = 0; i < w->n; i++)
			w->by[i] = (struct suspects_by){set.frames[i] >> 32,
			                                (uint32_t)set.frames[i]};
	}
}

static void
suspects_add_pages(struct suspects *s, const struct target *t, const struct suspects_scan *scan,
                   struct suspects_news *out)
{
	struct suspects_faults f;
	struct extents *to = NULL;

	suspects_gather(s, t, scan, &f);
	suspects_find_who(s, &f);
	for (size_t i = 0; i < f.n; i++) {
		if (!i || f.v[i].by != f.v[i - 1].by)
			to = candidates_at(&out->pages, f.v[i].by);
		extents_add(to, f.v[i].page, f.v[i].page + t->page_size, 1);
	}
	free(f.v);
	suspects_add_who(s, out);
}

static void
suspects_add_tasks(struct suspects *s, struct suspects_news *out)
{
	size_t n = causes_threads(s->of), had = s->comm_n;

	if (n > had) {
		s->comm = mem_resize(s->comm, n * sizeof(*s->comm));
		memset(s->comm + had, 0, (n - had) * sizeof(*s->comm));
		s->comm_n = n;
	}
	for (size_t i = 0; i < n; i++) {
		struct causes_thread is;

		causes_thread(s->of, (uint32_t)i, &is);
		if (i < had && !memcmp(s->comm[i], is.comm, sizeof(is.comm)))
			continue;
		memcpy(s->comm[i], is.comm, sizeof(is.comm));
		out->tasks =
		    vec_room(out->tasks, out->tasks_n, &out->tasks_cap, sizeof(*out->tasks));
		out->tasks[out->tasks_n] = (struct suspects_task){
		    .number = s->task_base + i, .pid = is.pid, .tid = is.tid};
		memcpy(out->tasks[out->tasks_n++].comm, is.comm, sizeof(is.comm));
	}
}

/* --- names ---------------------------------------------------------------------------------- */

static size_t
suspects_slot(const struct suspects *s, const struct code *c)
{
	size_t mask = s->table_size - 1;
	size_t i = ((uintptr_t)c * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (s->table[i] && s->places[s->table[i] - 1].code != c)
		i = (i + 1) & mask;
	return i;
}

static void
suspects_grow_places(struct suspects *s)
{
	enum { LEAST = 1024 };

	if (s->places_n * 2 < s->table_size)
		return;
	free(s->table);
	s->table_size = s->table_size ? s->table_size * 2 : LEAST;
	s->table = mem_alloc(s->table_size * sizeof(*s->table));
	for (size_t i = 0; i < s->places_n; i++)
		s->table[suspects_slot(s, s->places[i].code)] = (uint32_t)i + 1;
}

static char *
suspects_inlined(const struct code *c)
{
	struct buf b = {0};

	for (size_t i = 0; i < c->inlined_n; i++) {
		buf_str(&b, i ? "\n" : "");
		buf_str(&b, c->inlined[i]);
	}
	return b.s;
}

/* Where in the source an instruction is; NULL: not known. */
static char *
suspects_source(struct target *t, const struct vma_list *vmas, const struct code *c)
{
	struct symbol_more more = {0};
	struct buf name = {0}, out = {0};

	if (c->kernel || c->returns || !c->known)
		return NULL;
	symbol_at(t, vmas, c->addr, &name, &more);
	if (more.line)
		buf_fmt(&out, "%s:%u", more.source.s, (unsigned)more.line);
	buf_free(&name);
	buf_free(&more.mangled);
	buf_free(&more.source);
	return out.s;
}

static unsigned
suspects_flags(const struct code *c)
{
	return (c->known ? SUSPECTS_KNOWN : 0) | (c->kernel ? SUSPECTS_KERNEL : 0) |
	       (c->runs ? SUSPECTS_RUNS : 0) | (c->framed ? SUSPECTS_FRAMED : 0) |
	       (c->reads ? SUSPECTS_READS : 0);
}

/* The number of a place in the code, which is added if it is new. */
static uint64_t
suspects_code(struct suspects *s, struct target *t, const struct vma_list *vmas,
              const struct code *c, struct suspects_news *out)
{
	size_t i;

	suspects_grow_places(s);
	i = suspects_slot(s, c);
	if (s->table[i])
		return s->table[i] - 1;
	s->places = vec_room(s->places, s->places_n, &s->places_cap, sizeof(*s->places));
	s->places[s->places_n].code = c;
	out->codes = vec_room(out->codes, out->codes_n, &out->codes_cap, sizeof(*out->codes));
	out->codes[out->codes_n++] = (struct suspects_code){
	    .number = s->places_n,
	    .addr = c->addr,
	    .called = c->called,
	    .offset = c->offset,
	    .returns = c->returns,
	    .flags = suspects_flags(c),
	    .name = mem_strdup(c->name),
	    .file = mem_strdup(c->in),
	    .source = suspects_source(t, vmas, c),
	    .inlined = suspects_inlined(c)};
	s->table[i] = (uint32_t)++s->places_n;
	return s->places_n - 1;
}

static void
suspects_name_chain(struct suspects *s, struct target *t, const struct vma_list *vmas,
                    uint32_t number, struct suspects_news *out)
{
	struct causes_chain chain;
	struct suspects_chain *to;
	const struct code *head;
	struct buf function = {0};

	causes_chain(s->of, number, &chain);
	if (!chain.n)
		return;
	out->chains = vec_room(out->chains, out->chains_n, &out->chains_cap, sizeof(*out->chains));
	to = &out->chains[out->chains_n++];
	*to = (struct suspects_chain){.number = s->chain_base + number,
	                              .codes = mem_alloc(chain.n * sizeof(*to->codes)),
	                              .n = chain.n,
	                              .kernel = chain.kernel,
	                              .cut = chain.cut};
	for (size_t i = 0; i < chain.n; i++)
		to->codes[i] =
		    suspects_code(s, t, vmas, code_at(&s->names, t, vmas, &chain, i), out);
	code_leaf(&s->names, t, vmas, &chain, false, &function);
	head = code_at(&s->names, t, vmas, &chain, 0);
	to->start = head->kernel ? 0 : head->addr - head->offset;
	to->function = function.s;
	to->file = mem_strdup(head->in);
	to->reads = code_reads(&s->names, t, vmas, s->of, number);
	free(chain.frames);
}

static void
suspects_add_chains(struct suspects *s, struct target *t, const struct vma_list *vmas,
                    uint64_t budget_ns, struct suspects_news *out)
{
	uint64_t now = source_now(t->source);
	uint64_t until = budget_ns > UINT64_MAX - now ? UINT64_MAX : now + budget_ns;
	size_t n = 0;

	while (n < s->due_n && (n == 0 || source_now(t->source) < until))
		suspects_name_chain(s, t, vmas, s->due[n++], out);
	if (n)
		memmove(s->due, s->due + n, (s->due_n - n) * sizeof(*s->due));
	s->due_n -= n;
}

/* --- growth --------------------------------------------------------------------------------- */

static int
suspects_by_chain(const void *pa, const void *pb)
{
	const struct suspects_brought *a = pa, *b = pb;

	return (a->chain > b->chain) - (a->chain < b->chain);
}

static int
suspects_by_pages(const void *pa, const void *pb)
{
	const struct suspects_brought *a = pa, *b = pb;
	uint64_t x = a->pages + a->maybe, y = b->pages + b->maybe;

	return x != y ? (x < y ? 1 : -1) : suspects_by_chain(pa, pb);
}

/* Of all threads, by chain; those that brought most. */
static void
suspects_join_growth(struct suspects *s, const struct growth_causes *is, struct suspects_news *out)
{
	struct suspects_brought *v = mem_alloc((is->n + 1) * sizeof(*v));
	size_t n = 0;

	for (size_t i = 0; i < is->n; i++)
		v[i] = (struct suspects_brought){is->v[i].chain, is->v[i].pages, is->v[i].maybe};
	vec_sort(v, is->n, sizeof(*v), suspects_by_chain);
	for (size_t i = 0; i < is->n; i++) {
		if (n && v[n - 1].chain == v[i].chain) {
			v[n - 1].pages += v[i].pages;
			v[n - 1].maybe += v[i].maybe;
		} else {
			v[n++] = v[i];
		}
	}
	vec_sort(v, n, sizeof(*v), suspects_by_pages);
	out->brought = v;
	out->brought_n = u64_min(n, SUSPECTS_MOST_BROUGHT);
	for (size_t i = 0; i < out->brought_n; i++) {
		suspects_ask_chain(s, (uint32_t)v[i].chain);
		v[i].chain += s->chain_base;
	}
}

/* Nothing if it is as it was. */
static void
suspects_add_growth(struct suspects *s, struct target *t, const struct vma_list *vmas,
                    struct suspects_news *out)
{
	uint64_t now = source_now(t->source);
	struct growth_causes is;

	if (!growth_known(t->growth) || t->brought != s->of ||
	    now - s->grown_ns < SUSPECTS_SHARE * s->grown_cost_ns)
		return;
	growth_explain(t->growth, t->brought, vmas, &is);
	suspects_join_growth(s, &is, out);
	free(is.v);
	s->grown_ns = now;
	s->grown_cost_ns = source_now(t->source) - now;
	out->baseline_ns = t->growth->base->time_ns;
	out->grown = s->brought_n != out->brought_n ||
	             (out->brought_n && memcmp(s->brought, out->brought,
	                                       out->brought_n * sizeof(*s->brought)) != 0);
	if (!out->grown)
		return;
	free(s->brought);
	s->brought = mem_copy(out->brought, out->brought_n * sizeof(*s->brought));
	s->brought_n = out->brought_n;
}

/* --- all of it ------------------------------------------------------------------------------ */

void
suspects_take(struct suspects *s, struct target *t, const struct suspects_scan *scan,
              uint64_t budget_ns, struct suspects_news *out)
{
	const struct vma_list *vmas = &scan->regions->vmas;
	struct causes *c = t->causes ? t->causes : t->brought;

	if (!c)
		return;
	out->watched = true;
	t->source->ops->faults->drain(t->source);
	suspects_follow(s, c);
	suspects_add_pages(s, t, scan, out);
	suspects_add_growth(s, t, vmas, out);
	suspects_add_chains(s, t, vmas, budget_ns, out);
	suspects_add_tasks(s, out);
	causes_totals(c, &out->totals);
}
