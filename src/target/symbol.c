/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "target/symbol.h"

#include <stdlib.h>
#include <string.h>

#include "target/bytes.h"

bool
symbol_supported(void)
{
#ifdef HAVE_LIBDW
	return true;
#else
	return false;
#endif
}

bool
symbol_demangled(void)
{
#ifdef HAVE_LIBIBERTY
	return true;
#else
	return false;
#endif
}

static bool
symbol_is_file(const struct vma *v)
{
	return vma_has_file(v) && (v->type == VMA_FILE || v->type == VMA_SHM);
}

/*
 * A file loaded as a program has code mapped somewhere. Other files are not read: the start of
 * shared memory may be in swap, and reading would swap it in.
 */
static bool
symbol_has_code(const struct vma_list *vmas, const struct vma *v)
{
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *other = &vmas->v[i];

		if (other->perm & VMA_EXEC && other->inode == v->inode &&
		    other->dev_major == v->dev_major && other->dev_minor == v->dev_minor &&
		    symbol_is_file(other))
			return true;
	}
	return false;
}

static bool
symbol_is_vdso(const struct vma *v)
{
	return v->type == VMA_KERNEL && !strcmp(v->name, "[vdso]");
}

/* Code that is in no file: the program has compiled it itself. */
static bool
symbol_is_jit(const struct vma *v)
{
	return v->perm & VMA_EXEC && v->type != VMA_FILE && v->type != VMA_KERNEL &&
	       v->type != VMA_DEVICE;
}

/* A file's zero-initialized variables are after its last mapping, in regions without a file. */
static const struct vma *
symbol_before_bss(const struct vma_list *vmas, const struct vma *v)
{
	enum { PIECES = 16 }; /* a mapping protected or watched in part is several regions */

	for (unsigned i = 0; i < PIECES && v > vmas->v && v[-1].end == v->start; i++) {
		v--;
		if (symbol_is_file(v))
			return v;
		if (v->inode)
			break;
	}
	return NULL;
}

const struct vma *
symbol_source(const struct vma_list *vmas, uint64_t addr)
{
	const struct vma *v = vma_at(vmas, addr);

	if (!v || !symbol_supported())
		return NULL;
	if (symbol_is_vdso(v))
		return v;
	if (symbol_is_jit(v))
		return v;
	if (!symbol_is_file(v))
		v = v->inode ? NULL : symbol_before_bss(vmas, v);
	return v && symbol_has_code(vmas, v) ? v : NULL;
}

/* The vdso's first page, which identifies the vdso; the caller frees it. NULL: not readable. */
static uint8_t *
symbol_read_vdso(struct target *t, const struct vma *v)
{
	uint8_t *page = mem_alloc(t->page_size);
	struct bytes_page what;
	struct err ignored;

	if (source_readable(t->source, v) &&
	    bytes_pages(t, v, v->start, 1, page, &what, &ignored) == 0 && what.kind == BYTES_READ)
		return page;
	free(page);
	return NULL;
}

static bool
symbol_ask_vdso(struct target *t, const struct vma *v, uint64_t addr, struct helper_symbol *out)
{
	uint8_t *page = symbol_read_vdso(t, v);
	bool ok = page && t->source->ops->symbol(t->source, NULL, v, page, addr, 0, out);

	free(page);
	return ok;
}

static bool
symbol_ask(struct target *t, const struct vma_list *vmas, const struct vma *v, uint64_t addr,
           unsigned needs, struct helper_symbol *out)
{
	struct source *s = t->source;

	if (symbol_is_vdso(v))
		return symbol_ask_vdso(t, v, addr, out);
	/* a program may also be loaded from shared memory */
	return (symbol_is_file(v) && s->ops->symbol(s, vmas, v, NULL, addr, needs, out)) ||
	       (symbol_is_jit(v) && s->ops->symbol(s, NULL, v, NULL, addr, needs, out));
}

static void
symbol_write(const struct helper_symbol *s, struct buf *out)
{
	buf_str(out, s->demangled[0] ? s->demangled : s->name);
	if (s->offset)
		buf_fmt(out, "+%#llx", (unsigned long long)s->offset);
}

bool
symbol_at(struct target *t, const struct vma_list *vmas, uint64_t addr, struct buf *out,
          struct symbol_more *more)
{
	const struct vma *v = symbol_source(vmas, addr);
	struct helper_symbol s;

	if (!v || !symbol_ask(t, vmas, v, addr, more ? SYMBOL_NEEDS_LINE : 0, &s))
		return false;
	symbol_write(&s, out);
	if (s.demangled[0] && more)
		buf_str(&more->mangled, s.name);
	if (s.line && more) {
		buf_str(&more->source, s.source);
		more->line = s.line;
	}
	return true;
}

bool
symbol_code(struct target *t, const struct vma_list *vmas, uint64_t addr, struct buf *out,
            struct helper_inlined *inlined)
{
	const struct vma *v = symbol_source(vmas, addr);
	struct helper_symbol s;

	if (!v || !symbol_ask(t, vmas, v, addr, SYMBOL_NEEDS_INLINED, &s))
		return false;
	symbol_write(&s, out);
	*inlined = s.inlined;
	return true;
}

/* --- instructions ----------------------------------------------------------------------------- */

bool
symbol_decodes(void)
{
	return helper_decodes();
}

/* Whether the page at addr, if it is there, is its file's: a debugger may have written it. */
static bool
symbol_is_as_in_file(struct target *t, uint64_t addr)
{
	uint64_t word;
	struct err ignored;

	return source_words(t->source, addr, &word, 1, &ignored) == 1 &&
	       (word & PM_FILE || !(word & (PM_PRESENT | PM_SWAPPED)));
}

bool
symbol_instruction(struct target *t, const struct vma_list *vmas, uint64_t addr, bool stored,
                   struct helper_instruction *out)
{
	enum { LONGEST = 15 }; /* bytes of an instruction */
	const struct vma *v = vma_at(vmas, addr);

	if (!v || !symbol_decodes() || !t->source->ops->instruction || !symbol_is_file(v) ||
	    !(v->perm & VMA_EXEC))
		return false;
	return symbol_is_as_in_file(t, u64_max(addr - LONGEST, v->start)) &&
	       symbol_is_as_in_file(t, u64_min(addr + LONGEST, v->end) - 1) &&
	       t->source->ops->instruction(t->source, vmas, v, addr, stored, out);
}

/* --- from names to addresses ------------------------------------------------------------------ */

/* The mappings of code whose files have been searched; each instance of a file once. */
struct symbol_searched {
	struct {
		const struct vma *v;
		bool copy; /* of code that is loaded elsewhere, as node has of its own */
	} *of;
	size_t n, cap;
};

static bool
symbol_is_same_file(const struct vma *a, const struct vma *b)
{
	return a->inode == b->inode && a->dev_major == b->dev_major && a->dev_minor == b->dev_minor;
}

static bool
symbol_is_new(struct symbol_searched *s, const struct vma *v)
{
	for (size_t i = 0; i < s->n; i++)
		if (symbol_is_same_file(s->of[i].v, v) &&
		    s->of[i].v->start - s->of[i].v->offset == v->start - v->offset)
			return false;
	s->of = vec_room(s->of, s->n, &s->cap, sizeof(*s->of));
	s->of[s->n].v = v;
	s->of[s->n++].copy = false;
	return true;
}

/* Whether the file of a copy has been searched where it is loaded. */
static bool
symbol_is_loaded(const struct symbol_searched *s, const struct vma *copy)
{
	for (size_t i = 0; i < s->n; i++)
		if (!s->of[i].copy && symbol_is_same_file(s->of[i].v, copy))
			return true;
	return false;
}

static bool
symbol_has_names(const struct vma *v, const char *file)
{
	return (!file || !strcmp(v->name, file)) && v->perm & VMA_EXEC && symbol_is_file(v);
}

static void
symbol_add_place(struct symbol_places *out, const struct vma *code, const struct helper_match *m)
{
	size_t i = out->n;

	for (size_t k = 0; k < out->n; k++)
		if (out->v[k].addr == m->addr)
			return;
	if (out->n == SYMBOL_PLACES) {
		out->more++;
		return;
	}
	for (; i && out->v[i - 1].addr > m->addr; i--)
		out->v[i] = out->v[i - 1];
	out->v[i] = (struct symbol_place){m->addr, code,
	                                  mem_strdup(m->demangled[0] ? m->demangled : m->name),
	                                  symbol_is_jit(code)};
	out->n++;
}

/* A search: its target, its regions, the name, and the matches. */
struct symbol_search {
	struct target *t;
	const struct vma_list *vmas;
	const char *file, *name;
	bool jit;  /* in code that is in no file */
	enum symbol_how how;
	symbol_each_fn *each; /* for SYMBOL_BEGUN */
	void *arg;
	struct helper_matches matches;
	struct symbol_places *out;
};

static bool
symbol_ask_names(struct symbol_search *s, const struct vma *v)
{
	struct source *from = s->t->source;
	uint8_t *page = NULL;
	bool ok;

	if (symbol_is_vdso(v) && !(page = symbol_read_vdso(s->t, v)))
		return false;
	ok = from->ops->find_symbol(from, s->jit ? NULL : s->vmas, v, page, s->name, s->how,
	                            &s->matches);
	free(page);
	return ok;
}

static void
symbol_note_unread(struct symbol_search *s, const struct vma *v)
{
	bool late = s->t->source->ops->late(s->t->source);

	if (!s->out->unread || (late && !s->out->late))
		s->out->unread = v;
	s->out->late |= late;
}

static void
symbol_note_near(const struct helper_matches *m, const struct vma *v, struct symbol_places *out)
{
	if (m->thread_local && !out->thread_local)
		out->thread_local = v;
	if (!m->near[0] || (out->near[0] && m->far >= out->far))
		return;
	memcpy(out->near, m->near, sizeof(out->near));
	out->far = m->far;
}

static void
symbol_take_matches(struct symbol_search *s, const struct vma *v)
{
	const struct helper_matches *m = &s->matches;
	struct symbol_places *out = s->out;

	switch (s->how) {
	case SYMBOL_NEAR:
		symbol_note_near(m, v, out);
		return;
	case SYMBOL_CALLED:
		out->files++;
		if (m->tables != SYMBOLS_ALL && !symbol_is_vdso(v)) {
			out->stripped = out->stripped ? out->stripped : v;
			out->stripped_n++;
		}
		break;
	case SYMBOL_ENDING:
	case SYMBOL_BEGUN:
		break;
	}
	for (uint32_t i = 0; i < m->n; i++)
		if (s->each)
			s->each(s->arg, v, &m->v[i]);
		else
			symbol_add_place(out, v, &m->v[i]);
	out->more += m->more;
}

/* false: v is a copy of what is loaded elsewhere. */
static bool
symbol_find_in(struct symbol_search *s, const struct vma *v)
{
	if (!symbol_ask_names(s, v)) {
		if (!s->jit)
			symbol_note_unread(s, v);
		return true;
	}
	if (s->matches.tables == SYMBOLS_ELSEWHERE)
		return false;
	symbol_take_matches(s, v);
	return true;
}

static void
symbol_find_in_files(struct symbol_search *s)
{
	struct symbol_searched done = {0};

	for (size_t i = 0; i < s->vmas->n && !source_stopped(s->t->source); i++)
		if (symbol_has_names(&s->vmas->v[i], s->file) &&
		    symbol_is_new(&done, &s->vmas->v[i]))
			done.of[done.n - 1].copy = !symbol_find_in(s, &s->vmas->v[i]);
	for (size_t i = 0; i < done.n; i++)
		if (done.of[i].copy && !symbol_is_loaded(&done, done.of[i].v))
			symbol_note_unread(s, done.of[i].v);
	free(done.of);
}

static void
symbol_find_everywhere(struct symbol_search *s)
{
	size_t n = s->vmas->n;

	symbol_find_in_files(s);
	for (size_t i = 0; i < n && !s->file && !s->jit; i++) {
		s->jit = symbol_is_jit(&s->vmas->v[i]);
		if (s->jit)
			symbol_find_in(s, &s->vmas->v[i]);
	}
	s->jit = false;
	/* programs are never linked with the vdso: its time() is not the C library's */
	for (size_t i = 0; i < n && !s->out->n; i++)
		if (symbol_is_vdso(&s->vmas->v[i]) &&
		    (!s->file || !strcmp(s->vmas->v[i].name, s->file)))
			symbol_find_in(s, &s->vmas->v[i]);
}

void
symbol_find(struct target *t, const struct vma_list *vmas, const char *file, const char *name,
            struct symbol_places *out)
{
	struct symbol_search *s = mem_alloc(sizeof(*s));

	*out = (struct symbol_places){0};
	*s = (struct symbol_search){.t = t, .vmas = vmas, .file = file, .name = name, .out = out};
	if (symbol_supported())
		symbol_find_everywhere(s);
	free(s);
}

void
symbol_find_more(struct target *t, const struct vma_list *vmas, const char *file, const char *name,
                 enum symbol_how how, struct symbol_places *out)
{
	struct symbol_search *s = mem_alloc(sizeof(*s));

	*s = (struct symbol_search){
	    .t = t, .vmas = vmas, .file = file, .name = name, .how = how, .out = out};
	if (symbol_supported())
		symbol_find_everywhere(s);
	free(s);
}

size_t
symbol_begun(struct target *t, const struct vma_list *vmas, const char *prefix,
             symbol_each_fn *each, void *arg)
{
	struct symbol_search *s = mem_alloc(sizeof(*s));
	struct symbol_places unused = {0};

	*s = (struct symbol_search){.t = t,
	                            .vmas = vmas,
	                            .name = prefix,
	                            .how = SYMBOL_BEGUN,
	                            .each = each,
	                            .arg = arg,
	                            .out = &unused};
	if (symbol_supported())
		symbol_find_everywhere(s);
	free(s);
	return unused.more;
}

void
symbol_places_free(struct symbol_places *p)
{
	for (size_t i = 0; i < p->n; i++)
		free(p->v[i].name);
	*p = (struct symbol_places){0};
}
