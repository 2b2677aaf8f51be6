/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Resolves names of mappings to addresses, and writes addresses as names that resolve back. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "filter/lex.h"
#include "query/query.h"

/* --- whether a region has a name -------------------------------------------------------------- */

/* The name inside the brackets of [heap], or the base name of a path. */
static const char *
query_short_name(const struct vma *v, size_t *n)
{
	if (v->name[0] == '[') {
		size_t len = strlen(v->name);

		*n = len > 1 && v->name[len - 1] == ']' ? len - 2 : len - 1;
		return v->name + 1;
	}
	return path_base(v->name, n);
}

/* Decodes one \ooo of text_escape; -1: not an escape. */
static int
query_escaped(const char *s)
{
	int byte = 0;

	if (*s != '\\')
		return -1;
	for (int i = 1; i <= 3; i++) {
		if (s[i] < '0' || s[i] > '7')
			return -1;
		byte = byte * 8 + s[i] - '0';
	}
	return byte;
}

/*
 * Whether `name` of length n starts with s, in which bytes may be escaped as displayed; *used: the
 * bytes of name matched.
 */
static bool
query_begins(const char *name, size_t n, const char *s, size_t *used)
{
	size_t i = 0;

	for (; *s; i++) {
		bool same = i < n && *s == name[i];

		if (i == n || (!same && query_escaped(s) != (unsigned char)name[i]))
			return false;
		s += same ? 1 : 4;
	}
	*used = i;
	return true;
}

static bool
query_is_deleted(const char *end)
{
	return !strcmp(end, " (deleted)");
}

static enum query_match
query_match_name(const struct vma *v, const char *name)
{
	size_t n, used, len = strlen(v->name);
	const char *s;

	if (!len)
		return MATCH_NO;
	if (query_begins(v->name, len, name, &used) &&
	    (used == len || query_is_deleted(v->name + used)))
		return used == len ? MATCH_EXACT : MATCH_BASE;
	s = query_short_name(v, &n);
	if (query_begins(s, strlen(s), name, &used) && !s[used])
		return MATCH_BASE;
	if (!query_begins(s, n, name, &used))
		return MATCH_NO;
	if (used == n)
		return MATCH_BASE;
	return s[used] == '.' || s[used] == '-' ? MATCH_STEM : MATCH_PREFIX;
}

enum query_match
query_match(const struct vma_list *vmas, const char *name)
{
	enum query_match best = MATCH_NO;

	for (size_t i = 0; i < vmas->n && best < MATCH_EXACT; i++) {
		enum query_match m = query_match_name(&vmas->v[i], name);

		best = m > best ? m : best;
	}
	return best;
}

bool
query_is_type(const char *name)
{
	for (int type = 0; type < VMA_TYPES; type++)
		if (strcmp(name, vma_type_name((enum vma_type)type)) == 0)
			return true;
	return false;
}

struct guess
query_guess(const char *name, const struct vma_list *vmas, bool verbs)
{
	struct guess g = {.name = name, .best = 4, .how = "`pmtop --list` shows the mappings"};
	size_t forms_n;
	const struct query_form *forms = query_forms(&forms_n);

	if (query_is_type(name))
		return g;
	for (size_t i = 0; i < vmas->n; i++) {
		size_t n;
		const char *s = query_short_name(&vmas->v[i], &n);

		guess_try(&g, s, n);
	}
	for (size_t i = 0; verbs && i < forms_n; i++)
		if (strcmp(forms[i].word, name) != 0 && /* or it was quoted */
		    !strchr(forms[i].word, ':'))        /* "vma:" alone is nothing */
			guess_try(&g, forms[i].word, strlen(forms[i].word));
	return g;
}

static int
query_no_such_name(const struct query_place *at, const struct vma_list *vmas, struct err *err)
{
	struct guess g = query_guess(at->name, vmas, at->alone);

	err_set(err, ERR_USAGE,
	        strspn(at->name, "0123456789abcdefABCDEF") == strlen(at->name)
	            ? "no mapping has that name, and an address has 64 bits"
	            : "the process has no mapping of that name",
	        g.how, "no mapping \"%.80s\"", at->name);
	err->column = at->column;
	return -1;
}

static int
query_ambiguous(const struct query_place *at, const struct vma *a, const struct vma *b,
                struct err *err)
{
	struct buf how = {0};

	buf_str(&how, "give more of the name: ");
	text_escape(&how, a->name, strlen(a->name), false);
	buf_str(&how, " or ");
	text_escape(&how, b->name, strlen(b->name), false);
	err_set(err, ERR_USAGE, "several mappings have that name", how.s, "\"%.80s\" is ambiguous",
	        at->name);
	err->column = at->column;
	buf_free(&how);
	return -1;
}

int
query_find_mapping(const struct query_place *at, const struct vma_list *vmas,
                   const struct vma **out, struct err *err)
{
	const struct vma *found = NULL, *other = NULL;
	enum query_match best = MATCH_NO;

	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *v = &vmas->v[i];
		enum query_match m = query_match_name(v, at->name);

		if (m > best) {
			best = m;
			found = v;
			other = NULL;
		} else if (m && m == best && !other && strcmp(found->name, v->name)) {
			other = v;
		}
	}
	if (!found)
		return query_no_such_name(at, vmas, err);
	if (other)
		return query_ambiguous(at, found, other, err);
	*out = found;
	return 0;
}

/*
 * Rejects text that reads as an address or NAME+OFFSET if its first n characters are also a
 * mapping's full or base name.
 */
static int
query_check_written(const struct query_place *at, size_t n, const struct vma_list *vmas,
                    struct err *err)
{
	char name[sizeof(at->written)], how[256];
	bool is = false;

	snprintf(name, sizeof(name), "%.*s", (int)n, at->written);
	for (size_t i = 0; i < vmas->n && !is; i++)
		is = query_match_name(&vmas->v[i], name) >= MATCH_BASE;
	if (!is)
		return 0;
	snprintf(how, sizeof(how),
	         at->name[0] ? "put the name in quotes: \"%.80s\", or \"%.80s\"+OFFSET"
	                     : "put the name in quotes: \"%.80s\"; an address may begin with 0x",
	         name, at->name);
	err_set(err, ERR_USAGE,
	        at->name[0] ? "it is an offset in a mapping, and the name of a mapping as well"
	                    : "it is an address, and the name of a mapping as well",
	        how, "\"%.80s\" is ambiguous", name);
	err->column = at->column;
	return -1;
}

/* --- mappings of one object ------------------------------------------------------------------- */

/* between segments: the largest page size for which linkers align them */
enum { LOAD_GAP = 2 << 20 };

/* Regions of one name that were mapped together; others may lie between. */
struct load {
	const struct vma *first, *last;
	bool code;
};

static bool
query_has_file(const struct vma *v)
{
	return vma_has_file(v) && v->type != VMA_DEVICE;
}

/*
 * Whether v, of the same name, was mapped together with the region before. File regions were if
 * both have the same distance between address and offset, or if they are segments of a program,
 * which may each be shifted. Regions without a file must be adjacent.
 */
static bool
query_goes_on(const struct load *l, const struct vma *v)
{
	const struct vma *p = l->last;

	if (v->inode != p->inode || v->dev_major != p->dev_major || v->dev_minor != p->dev_minor)
		return false;
	if (!query_has_file(v))
		return v->start == p->end;
	if (v->start - v->offset == p->start - p->offset)
		return true;
	return v->offset >= p->offset && v->start - p->end <= LOAD_GAP &&
	       (l->code || v->perm & VMA_EXEC);
}

/* The next group of that name from region *i on. */
static bool
query_next_load(const struct vma_list *vmas, const char *name, size_t *i, struct load *out)
{
	struct load l = {0};

	for (; *i < vmas->n; ++*i) {
		const struct vma *v = &vmas->v[*i];

		if (strcmp(v->name, name))
			continue;
		if (l.first && !query_goes_on(&l, v))
			break;
		if (!l.first)
			l.first = v;
		l.last = v;
		l.code |= query_has_file(v) && v->perm & VMA_EXEC;
	}
	if (l.first)
		*out = l;
	return l.first != NULL;
}

/* The group in which offsets count: the first with code, else the first. The name exists. */
static struct load
query_main_load(const struct vma_list *vmas, const char *name)
{
	struct load first = {0}, l;
	size_t i = 0;

	while (query_next_load(vmas, name, &i, &l)) {
		if (l.code)
			return l;
		if (!first.first)
			first = l;
	}
	return first;
}

static uint64_t
query_names_base_of(const struct load *l)
{
	const struct vma *v = l->first;

	return query_has_file(v) && v->offset <= v->start ? v->start - v->offset : v->start;
}

static bool
query_holds(const struct load *l, const struct vma *v)
{
	return v >= l->first && v <= l->last && !strcmp(v->name, l->first->name);
}

void
query_mapping_of(const struct vma_list *vmas, const struct vma *v, uint64_t *start, uint64_t *end)
{
	struct load l;
	size_t i = 0;

	*start = v->start;
	*end = v->end;
	while (v->name[0] && query_next_load(vmas, v->name, &i, &l))
		if (query_holds(&l, v)) {
			*start = l.first->start;
			*end = l.last->end;
			return;
		}
}

/* --- to addresses ----------------------------------------------------------------------------- */

int
query_bad_place(const struct query_place *at, const char *why, const char *how, struct err *err)
{
	const char *text = at->shown[0] ? at->shown : at->name;
	char place[20];

	if (at->reg[0])
		snprintf(place, sizeof(place), "$%s", at->reg);
	else
		snprintf(place, sizeof(place), "%llx", (unsigned long long)at->addr);
	return lex_bad(*text ? text : place, at->column, why, how, err);
}

static bool
query_is_called(const struct vma *v, const struct query_place *at)
{
	const char *name = vma_shown_name(v);
	size_t used, n = strlen(name);

	return query_begins(name, n, at->shown, &used) && (at->shown_cut || used == n);
}

/* The first mapping of that part of the file. */
static int
query_resolve_in_file(const struct query_place *at, const struct vma_list *vmas,
                      const struct vma *m, uint64_t *addr, const struct vma **v, struct err *err)
{
	if (!query_has_file(m))
		return query_bad_place(at, "it is no file", "NAME+OFFSET counts in a mapping", err);
	for (size_t i = 0; i < vmas->n; i++) {
		const struct vma *part = &vmas->v[i];

		if (strcmp(part->name, m->name) || at->addr < part->offset ||
		    at->addr - part->offset >= vma_size(part))
			continue;
		*addr = part->start + (at->addr - part->offset);
		*v = part;
		return 0;
	}
	return query_bad_place(at, "that offset of the file is not mapped",
	                       "`pmtop --list` shows what is", err);
}

int
query_resolve(const struct query_place *at, const struct vma_list *vmas, uint64_t *addr,
              const struct vma **v, struct err *err)
{
	const struct vma *m = NULL, *in;
	struct load l = {0};
	uint64_t base = 0;

	if (at->reg[0])
		return query_bad_place(at, "registers are those of a running process", NULL, err);
	if ((at->digits && query_check_written(at, at->digits, vmas, err) < 0) ||
	    ((at->has_offset || at->in_file) && at->written[0] &&
	     query_check_written(at, strlen(at->written), vmas, err) < 0))
		return -1;
	if (at->name[0]) {
		if (query_find_mapping(at, vmas, &m, err) < 0)
			return -1;
		if (at->in_file)
			return query_resolve_in_file(at, vmas, m, addr, v, err);
		l = query_main_load(vmas, m->name);
		base = at->has_offset ? query_names_base_of(&l) : l.first->start;
	}
	if (at->addr > UINT64_MAX - base)
		return query_bad_place(at, "this is past the end of any address space",
		                       "check the offset", err);
	in = vma_at(vmas, base + at->addr);
	if (m && (!in || !query_holds(&l, in)))
		return query_bad_place(at, "that offset of it is not mapped",
		                       "`pmtop --list` shows what is", err);
	if (at->shown[0] && (!in || !query_is_called(in, at)))
		return query_bad_place(at, "the region there has another name",
		                       "give the address alone", err);
	*addr = base + at->addr;
	*v = in;
	return 0;
}

/* --- and back --------------------------------------------------------------------------------- */

static bool
query_reads_as_name(const char *text, const char *name)
{
	struct query q;
	struct err err;

	return text[0] != '\'' && text[0] != '.' && /* the prompt's own syntax */
	       query_parse(text, 4096, &q, &err) == 0 && q.kind == QUERY_ADDR && !q.from.digits &&
	       !strcmp(q.from.name, name);
}

bool
query_name_of(const struct vma *v, char *out, size_t size)
{
	size_t n;
	const char *s = query_short_name(v, &n);
	char name[256];

	if (!n || n >= size || n >= sizeof(name))
		return false;
	snprintf(name, sizeof(name), "%.*s", (int)n, s);
	if (!query_reads_as_name(name, name))
		return false;
	memcpy(out, name, n + 1);
	return true;
}

static bool
query_leads_back(const char *text, const struct vma_list *vmas, uint64_t addr)
{
	struct query q;
	struct err err;
	const struct vma *v;
	uint64_t at;

	return text[0] != '\'' && text[0] != '.' && query_parse(text, 4096, &q, &err) == 0 &&
	       q.kind == QUERY_ADDR && query_resolve(&q.from, vmas, &at, &v, &err) == 0 &&
	       at == addr;
}

/* Whether some mapping's name starts with NAME+, so that NAME+OFFSET could be misread. */
static bool
query_goes_on_with_plus(const struct vma_list *vmas, const char *name)
{
	struct buf text = {0};
	bool any = false;

	buf_fmt(&text, "%s+", name);
	for (size_t i = 0; i < vmas->n && !any; i++) {
		const struct vma *v = &vmas->v[i];
		size_t n, used;
		const char *s = query_short_name(v, &n);

		any = query_begins(s, n, text.s, &used) ||
		      query_begins(v->name, strlen(v->name), text.s, &used);
	}
	buf_free(&text);
	return any;
}

/* Writes the name as displayed, with quotes escaped, because it may be quoted. */
static void
query_add_name(struct buf *out, const char *s, size_t n, bool ascii)
{
	for (size_t part; n; s += part, n -= part) {
		const char *quote = memchr(s, '"', n);

		part = quote ? (size_t)(quote - s) : n;
		text_escape(out, s, part, ascii);
		if (quote) {
			buf_str(out, "\\042");
			part++;
		}
	}
}

/*
 * Tries the short or the full name, quoted or not: true if it resolves to region v with v's offset.
 */
static bool
query_try_name(const struct vma_list *vmas, const struct vma *v, bool brief, bool quoted,
               bool ascii, struct query_base *b)
{
	struct buf name = {0}, text = {0};
	size_t n = strlen(v->name);
	const char *s = brief ? query_short_name(v, &n) : v->name;
	bool good;

	buf_str(&name, quoted ? "\"" : "");
	query_add_name(&name, s, n, ascii);
	buf_str(&name, quoted ? "\"" : "");
	buf_fmt(&text, "%s+%llx", name.s, (unsigned long long)(v->start - b->at));
	good = query_leads_back(text.s, vmas, v->start) &&
	       (quoted || !query_goes_on_with_plus(vmas, name.s));
	buf_free(&text);
	if (good)
		b->name = name;
	else
		buf_free(&name);
	return good;
}

/* In order of readability: brackets are preferred to quotes. */
static bool
query_find_name(const struct vma_list *vmas, const struct vma *v, bool whole, bool ascii,
                struct query_base *b)
{
	return (!whole && (query_try_name(vmas, v, true, false, ascii, b) ||
	                   (v->name[0] == '[' && query_try_name(vmas, v, false, false, ascii, b)) ||
	                   query_try_name(vmas, v, true, true, ascii, b))) ||
	       query_try_name(vmas, v, false, false, ascii, b) ||
	       query_try_name(vmas, v, false, true, ascii, b);
}

/*
 * Whether the name comes from the kernel: a thread stack's name is ours and changes with what is
 * known of the thread.
 */
static bool
query_is_lasting(const char *name)
{
	return name[0] && strncmp(name, "[stack:", 7) && strncmp(name, "[guard:", 7);
}

/* With 0x where few digits could be taken for a name. */
static void
query_add_start(struct buf *out, const struct vma *v)
{
	buf_fmt(out, "%s%llx", v->start < UINT64_C(1) << 28 ? "0x" : "",
	        (unsigned long long)v->start);
}

struct query_base
query_base_of(const struct vma_list *vmas, const struct vma *v, bool whole, bool ascii)
{
	struct query_base b = {.named = true};
	struct load l = {0};

	if (query_is_lasting(v->name))
		l = query_main_load(vmas, v->name);
	if (l.first && query_holds(&l, v)) {
		b.at = query_names_base_of(&l);
		if (query_find_name(vmas, v, whole, ascii, &b))
			return b;
	}
	b.named = false;
	b.at = v->start;
	query_add_start(&b.name, v);
	return b;
}

void
query_start_text(const struct vma *v, uint64_t addr, struct buf *out)
{
	query_add_start(out, v);
	buf_fmt(out, "+%llx", (unsigned long long)(addr - v->start));
}

bool
query_place_text(const struct vma_list *vmas, const struct vma *v, uint64_t addr, bool whole,
                 bool ascii, struct buf *out)
{
	struct query_base b = query_base_of(vmas, v, whole, ascii);

	buf_fmt(out, "%s+%llx", b.name.s, (unsigned long long)(addr - b.at));
	buf_free(&b.name);
	return b.named;
}
