/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/code.h"

#include <stdlib.h>
#include <string.h>

#include "kernel/kallsyms.h"
#include "target/bytes.h"
#include "target/code_link.h"
#include "target/symbol.h"

/* --- one address ------------------------------------------------------------------------------ */

/* Splits "name+0x1c"; a name may contain a "+" of its own. */
static void
code_split(struct code *c, char *text)
{
	char *plus = strrchr(text, '+');
	const char *end;
	uint64_t offset;

	if (plus && !strncmp(plus, "+0x", 3) && parse_u64(plus + 3, 16, &end, &offset) && !*end) {
		c->offset = offset;
		*plus = '\0';
	}
	c->name = text;
}

static char *
code_file(const struct vma *v)
{
	struct buf b = {0};
	const char *base;
	size_t len;

	if (v && v->inode) {
		base = path_base(v->name, &len);
		buf_add(&b, base, len);
	} else if (v && v->name[0] == '[') {
		buf_str(&b, v->name);
	}
	return b.s ? b.s : mem_strdup("");
}

static void
code_free_inlined(struct code *c)
{
	for (size_t i = 0; i < c->inlined_n; i++)
		free(c->inlined[i]);
	free(c->inlined);
	c->inlined = NULL;
	c->inlined_n = 0;
}

static void
code_take_inlined(struct code *c, const struct helper_inlined *in)
{
	const char *at = in->names;
	struct buf b = {0};

	if (!in->n)
		return;
	c->inlined = mem_alloc((in->n + 1) * sizeof(*c->inlined));
	for (uint32_t i = 0; i < in->n; i++, b = (struct buf){0}, at += strlen(at) + 1) {
		buf_fmt(&b, "%s (inlined)", *at ? at : "[name not known]");
		c->inlined[c->inlined_n++] = b.s;
	}
	if (in->more) {
		buf_fmt(&b, "[%u more inlined]", (unsigned)in->more);
		c->inlined[c->inlined_n++] = b.s;
	}
}

static void
code_name_user(struct code *c, struct target *t, const struct vma_list *vmas, uint64_t look)
{
	const struct vma *v = vma_at(vmas, look);
	struct buf name = {0};
	struct helper_inlined inlined;

	c->in = code_file(v);
	c->runs = v && v->perm & VMA_EXEC;
	if (symbol_code(t, vmas, look, &name, &inlined)) {
		c->known = true;
		code_take_inlined(c, &inlined);
		code_split(c, name.s);
		c->offset += c->addr - look;
		return;
	}
	if (v && v->inode)
		buf_fmt(&name, "%s@%llx", c->in,
		        (unsigned long long)(c->addr - v->start + v->offset));
	else
		buf_fmt(&name, "%#llx", (unsigned long long)c->addr);
	c->name = name.s;
}

/* Returns how many of the n bytes at addr are in RAM, from the first on. */
static size_t
code_read(struct target *t, const struct vma_list *vmas, uint64_t addr, size_t n, uint8_t *out)
{
	struct err ignored;
	struct bytes *b = bytes_read(t, vmas, addr, addr + n, NULL, &ignored);
	size_t i = 0;

	while (b && i < n && bytes_at(b, addr + i, &out[i]))
		i++;
	bytes_unref(b);
	return i;
}

/* What the code says of its place in a chain. */
static void
code_link(struct code *c, struct target *t, const struct vma_list *vmas)
{
	uint8_t begin[CODE_LINK_BEGIN], rest[CODE_LINK_REST], call[CODE_LINK_CALL];
	size_t n;

	if (c->known) {
		n = code_read(t, vmas, c->addr - c->offset, sizeof(begin), begin);
		c->framed = code_link_frame(begin, n, c->offset);
	}
	if (c->returns) {
		n = code_read(t, vmas, c->addr - sizeof(call), sizeof(call), call);
		c->called = n == sizeof(call) ? code_link_call(call, c->addr) : 0;
	}
	if (c->framed && !c->returns) {
		n = code_read(t, vmas, c->addr, sizeof(rest), rest);
		c->framed = n == sizeof(rest) && !code_link_ends(rest, n);
	}
}

static void
code_name_kernel(struct code *c, struct target *t)
{
	const char *name = t->source->ops->faults->kernel(t->source, c->addr);

	c->kernel = true;
	c->known = name;
	c->in = mem_strdup("[kernel]");
	c->name = mem_strdup(name ? name : "[kernel]");
}

/* What is inlined where the code stopped need not be where it stored. */
static void
code_move_inlined(struct code *c, struct target *t, const struct vma_list *vmas)
{
	struct helper_inlined inlined;
	struct buf name = {0};

	code_free_inlined(c);
	if (c->store == STORE_BEFORE && symbol_code(t, vmas, c->addr, &name, &inlined))
		code_take_inlined(c, &inlined);
	buf_free(&name);
}

/* Stopped behind a store: from there on it is of the instruction that stored. */
static void
code_find_store(struct code *c, struct target *t, const struct vma_list *vmas)
{
	struct helper_instruction is;

	if (symbol_instruction(t, vmas, c->addr, true, &is))
		c->store = is.store;
	if (c->store == STORE_BEFORE && (!c->known || is.length > c->offset))
		c->store = STORE_UNKNOWN;
	if (c->store == STORE_BEFORE) {
		c->addr -= is.length;
		c->offset -= is.length;
	}
	if (c->store != STORE_REPEATED)
		code_move_inlined(c, t, vmas);
}

static void
code_find_does(struct code *c, struct target *t, const struct vma_list *vmas)
{
	struct helper_instruction is;

	c->reads = symbol_instruction(t, vmas, c->addr, false, &is) &&
	           is.does == INSTRUCTION_READS;
}

static void
code_recall_inlined(struct code *c, const char *lines)
{
	size_t cap = 0;

	while (lines && *lines) {
		const char *end = strchrnul(lines, '\n');
		struct buf b = {0};

		buf_add(&b, lines, (size_t)(end - lines));
		c->inlined =
		    vec_room(c->inlined, c->inlined_n, &cap, sizeof(*c->inlined));
		c->inlined[c->inlined_n++] = b.s;
		lines = end + (*end != '\0');
	}
}

/* Of the past: as it was known then. */
static void
code_recall(struct code *c, struct source *s)
{
	struct source_code is = {0};
	struct buf hex = {0};

	if (!s->ops->code(s, c->addr, c->returns, &is)) {
		buf_fmt(&hex, "%#llx", (unsigned long long)c->addr);
		c->name = hex.s;
		c->in = mem_strdup("");
		return;
	}
	c->name = mem_strdup(is.name);
	c->in = mem_strdup(is.file);
	c->offset = is.offset;
	c->called = is.called;
	c->known = is.known;
	c->kernel = is.kernel;
	c->runs = is.runs;
	c->framed = is.framed;
	c->reads = is.reads;
	code_recall_inlined(c, is.inlined);
}

static struct code *
code_new(const struct code_key *key, bool kernel, struct target *t, const struct vma_list *vmas)
{
	struct code *c = mem_alloc(sizeof(*c));

	c->key = *key;
	c->addr = key->addr;
	c->returns = key->what == CODE_RETURNS;
	if (t->source->ops->code) {
		code_recall(c, t->source);
		return c;
	}
	if (kernel)
		code_name_kernel(c, t);
	else
		code_name_user(c, t, vmas, c->addr - c->returns);
	if (c->runs)
		code_link(c, t, vmas);
	if (c->runs && key->what == CODE_HERE)
		code_find_does(c, t, vmas);
	if (c->runs && key->what == CODE_STORED)
		code_find_store(c, t, vmas);
	return c;
}

/* --- the names found -------------------------------------------------------------------------- */

static size_t
code_place(const struct codes *c, const struct code_key *key)
{
	size_t mask = c->size - 1, i = (key->addr * UINT64_C(0x9e3779b97f4a7c15) >> 32) & mask;

	while (c->v[i] && (c->v[i]->key.addr != key->addr || c->v[i]->key.what != key->what))
		i = (i + 1) & mask;
	return i;
}

static void
code_grow(struct codes *c)
{
	enum { LEAST = 256 };
	struct codes old = *c;

	if (c->n * 2 < c->size)
		return;
	c->size = c->size ? c->size * 2 : LEAST;
	c->v = mem_alloc(c->size * sizeof(*c->v));
	for (size_t i = 0; i < old.size; i++)
		if (old.v[i])
			c->v[code_place(c, &old.v[i]->key)] = old.v[i];
	free(old.v);
}

void
codes_free(struct codes *c)
{
	for (size_t i = 0; i < c->size; i++) {
		if (!c->v[i])
			continue;
		free(c->v[i]->name);
		code_free_inlined(c->v[i]);
		free((char *)(uintptr_t)c->v[i]->in);
		free(c->v[i]);
	}
	free(c->v);
	*c = (struct codes){0};
}

const struct code *
code_at(struct codes *c, struct target *t, const struct vma_list *vmas,
        const struct causes_chain *chain, size_t frame)
{
	bool kernel = frame < chain->kernel;
	const struct code_key key = {
	    .addr = chain->frames[frame],
	    .what = frame && frame != chain->kernel ? CODE_RETURNS
	            : chain->after && !kernel       ? CODE_STORED
	                                            : CODE_HERE};
	size_t i;

	code_grow(c);
	i = code_place(c, &key);
	if (c->v[i])
		return c->v[i];
	c->v[i] = code_new(&key, kernel, t, vmas);
	c->n++;
	return c->v[i];
}

/* --- chains ----------------------------------------------------------------------------------- */

/* The system call that the kernel's part of a chain belongs to; NULL: none is known. */
static const char *
code_call(struct codes *c, struct target *t, const struct vma_list *vmas,
          const struct causes_chain *chain)
{
	for (size_t i = 0; i < chain->kernel; i++) {
		const char *call = kallsyms_call(code_at(c, t, vmas, chain, i)->name);

		if (call)
			return call;
	}
	return NULL;
}

/* Not every fault of the kernel is in a system call: it also writes on the way out of one. */
static void
code_leaf_kernel(struct codes *c, struct target *t, const struct vma_list *vmas,
                 const struct causes_chain *chain, struct buf *out)
{
	const char *call = code_call(c, t, vmas, chain);
	const struct code *is = code_at(c, t, vmas, chain, 0);

	if (call)
		buf_fmt(out, "%s (system call)", call);
	else if (is->known)
		buf_fmt(out, "%s (kernel)", is->name);
	else if (chain->n > chain->kernel)
		buf_fmt(out, "the kernel, called from %s",
		        code_at(c, t, vmas, chain, chain->kernel)->name);
	else
		buf_str(out, "the kernel");
}

void
code_leaf(struct codes *c, struct target *t, const struct vma_list *vmas,
          const struct causes_chain *chain, bool offset, struct buf *out)
{
	const struct code *is;

	if (chain->kernel) {
		code_leaf_kernel(c, t, vmas, chain, out);
		return;
	}
	is = code_at(c, t, vmas, chain, 0);
	buf_str(out, is->name);
	if (offset && is->known && is->offset)
		buf_fmt(out, "+%#llx", (unsigned long long)is->offset);
}

bool
code_reads(struct codes *c, struct target *t, const struct vma_list *vmas, struct causes *of,
           uint32_t number)
{
	struct causes_chain chain;
	bool reads;

	causes_chain(of, number, &chain);
	reads = chain.n && !chain.kernel && !chain.after && code_at(c, t, vmas, &chain, 0)->reads;
	free(chain.frames);
	return reads;
}

void
code_store(struct codes *c, struct target *t, const struct vma_list *vmas,
           const struct causes_chain *chain, struct buf *out)
{
	if (chain->after && !chain->kernel)
		switch ((enum instruction_store)code_at(c, t, vmas, chain, 0)->store) {
		case STORE_UNKNOWN: buf_str(out, "before "); break;
		case STORE_CALL: buf_str(out, "call of "); break;
		case STORE_BEFORE:
		case STORE_REPEATED: break;
		}
	code_leaf(c, t, vmas, chain, true, out);
}

static void
code_frames_add(struct code_frames *f, const char *name, uint64_t offset)
{
	struct buf b = {0};

	buf_str(&b, name);
	if (offset)
		buf_fmt(&b, "+%#llx", (unsigned long long)offset);
	f->v = vec_room(f->v, f->n, &f->cap, sizeof(*f->v));
	f->v[f->n++] = b.s;
}

/* Whether frame i was called from the one after it, for certain. */
static bool
code_is_called(const struct code *is, const struct code *next)
{
	return is->framed || (is->known && next->called == is->addr - is->offset);
}

/*
 * Whether a thread begins there: at its outermost frame; or, if that has no symbol, where main has
 * been called.
 */
static bool
code_begins(const struct code *outermost, const struct code *below)
{
	if (outermost->known)
		return code_link_is_entry(outermost->name);
	return below && below->known && !strcmp(below->name, "main");
}

/* Frames before the first return address that is no code: what had no frame used its register. */
static size_t
code_depth(struct codes *c, struct target *t, const struct vma_list *vmas,
           const struct causes_chain *chain)
{
	size_t n = chain->kernel + 1;

	while (n < chain->n && code_at(c, t, vmas, chain, n)->runs)
		n++;
	return u64_min(n, chain->n);
}

void
code_frames(struct codes *c, struct target *t, const struct vma_list *vmas,
            const struct causes_chain *chain, bool offsets, struct code_frames *out)
{
	size_t n = code_depth(c, t, vmas, chain);
	const struct code *is = NULL, *below = NULL;

	*out = (struct code_frames){0};
	for (size_t i = 0; i < n; i++) {
		below = i > chain->kernel ? is : NULL;
		is = code_at(c, t, vmas, chain, i);
		if (below && !code_is_called(below, is))
			code_frames_add(out, "[caller not known]", 0);
		for (size_t k = 0; k < is->inlined_n; k++)
			code_frames_add(out, is->inlined[k], 0);
		out->inlined += i ? 0 : is->inlined_n;
		code_frames_add(out, is->name, offsets && is->known ? is->offset : 0);
	}
	if (chain->cut || n < chain->n || n <= chain->kernel || !code_begins(is, below))
		code_frames_add(out, "[callers not known]", 0);
}

void
code_frames_free(struct code_frames *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i]);
	free(f->v);
	*f = (struct code_frames){0};
}

/* A name may contain what separates the parts of a folded line. */
void
code_folded_part(struct buf *out, const char *name)
{
	for (; *name; name++)
		buf_add(out, *name == ';' || *name == '\n' ? ":" : name, 1);
}

void
code_folded(struct codes *c, struct target *t, const struct vma_list *vmas,
            const struct causes_chain *chain, struct buf *out)
{
	struct code_frames f;

	code_frames(c, t, vmas, chain, false, &f);
	for (size_t i = f.n; i > 0; i--) {
		code_folded_part(out, f.v[i - 1]);
		if (i > 1)
			buf_str(out, ";");
	}
	code_frames_free(&f);
}
