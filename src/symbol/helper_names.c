/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#ifdef HAVE_LIBDW

#include "symbol/helper_names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/guess.h"
#include "base/util.h"
#include "symbol/helper_parts.h"

/* --- by the name in the file ------------------------------------------------------------------ */

static const struct elf_symbol *
names_symbol(const struct elf_file *f, uint32_t i)
{
	return i < f->sized.n ? &f->sized.v[i] : &f->labels.v[i - f->sized.n];
}

/* Chains, so that a name that occurs a million times costs no more than a million names. */
static void
names_build(struct elf_file *f)
{
	size_t n = f->sized.n + f->labels.n;

	for (f->heads_n = 16; f->heads_n < n; f->heads_n *= 2)
		;
	f->heads = mem_alloc(f->heads_n * sizeof(*f->heads)); /* i + 1; 0: the end */
	f->next = mem_alloc((n + 1) * sizeof(*f->next));
	for (uint32_t i = 0; i < n; i++) {
		const char *name = names_symbol(f, i)->name;
		uint32_t *head = &f->heads[helper_hash(name, helper_bare(name)) & (f->heads_n - 1)];

		f->next[i] = *head;
		*head = i + 1;
		f->mangled |= helper_is_mangled(name);
	}
}

bool
names_filter(struct elf_file *f, struct helper_filter *out)
{
	enum { BITS = 8, LEAST = 64 };
	size_t n = f->sized.n + f->labels.n;

	if (!f->heads)
		names_build(f);
	for (out->size = LEAST; out->size < n * BITS / 8; out->size *= 2)
		if (out->size == HELPER_BITS)
			return false;
	memset(out->bits, 0, out->size);
	for (uint32_t i = 0; i < n; i++) {
		const char *name = names_symbol(f, i)->name;
		uint32_t hash = helper_hash(name, helper_bare(name));

		for (unsigned k = 0; k < 2; k++) {
			uint32_t bit = helper_bit(hash, out->size, k);

			out->bits[bit / 8] = (uint8_t)(out->bits[bit / 8] | 1u << bit % 8);
		}
	}
	out->mangled = f->mangled;
	return true;
}

static bool
names_is_called(const char *name, const char *wanted)
{
	size_t n = helper_bare(wanted);

	return helper_bare(name) == n && !memcmp(name, wanted, n) &&
	       (!wanted[n] || !strcmp(name, wanted));
}

/* --- what was found --------------------------------------------------------------------------- */

static void
names_drop(struct names *out, size_t i)
{
	out->v[i] = out->v[--out->n];
}

/* For each address the best name; of several versions the current one. */
static void
names_add(struct names *out, const struct elf_symbol *s)
{
	for (size_t i = 0; i < out->n; i++) {
		if (out->v[i]->value == s->value) {
			if (s->rank < out->v[i]->rank)
				out->v[i] = s;
			return;
		}
		if (s->old && !out->v[i]->old)
			return;
	}
	if (!s->old)
		for (size_t i = out->n; i-- > 0;)
			if (out->v[i]->old)
				names_drop(out, i);
	if (out->n < NAMES_MAX)
		out->v[out->n++] = s;
	else
		out->more++;
}

static void
names_find_plain(const struct elf_file *f, const char *wanted, struct names *out)
{
	uint32_t h = helper_hash(wanted, helper_bare(wanted));

	for (uint32_t i = f->heads[h & (f->heads_n - 1)]; i; i = f->next[i - 1]) {
		const struct elf_symbol *s = names_symbol(f, i - 1);

		if (names_is_called(s->name, wanted))
			names_add(out, s);
	}
}

/* --- demangled -------------------------------------------------------------------------------- */

static bool
names_is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_' || c & 0x80;
}

/* Whether the n bytes of `name` are `wanted` but for blanks that separate no words. */
static bool
names_is_same(const char *name, size_t n, const char *wanted)
{
	size_t i = 0, k = 0;
	char last = ' ';

	for (;; i++, k++) {
		bool blank = false, other = false;

		for (; i < n && name[i] == ' '; i++)
			blank = true;
		for (; wanted[k] == ' '; k++)
			other = true;
		if (i == n || !wanted[k])
			return i == n && !wanted[k];
		if (name[i] != wanted[k] ||
		    (blank != other && names_is_word(last) && names_is_word(name[i])))
			return false;
		last = name[i];
	}
}

/*
 * Where the parameters begin, which only words such as const may follow: f(int)::x is a variable.
 * n: there are none.
 */
static size_t
names_parameters(const char *name, size_t n)
{
	size_t close = n;
	int depth = 0;

	while (close && !strchr(")>:", name[close - 1]))
		close--;
	if (!close || name[close - 1] != ')')
		return n;
	for (size_t i = close; i-- > 0;) {
		depth += name[i] == ')' ? 1 : name[i] == '(' ? -1 : 0;
		if (!depth)
			return i ? i : n;
	}
	return n;
}

/* After the return type of a template instance: `void f<int>` is f<int>. */
static size_t
names_type(const char *name, size_t n)
{
	size_t from = 0;
	int depth = 0;

	for (size_t i = 0; i < n; i++) {
		if (!depth && !strncmp(name + i, "operator", 8))
			break;
		if (strchr("<([{", name[i]))
			depth++;
		else if (strchr(">)]}", name[i]) && depth)
			depth--;
		else if (name[i] == ' ' && !depth)
			from = i + 1;
	}
	return from;
}

/* Rust's <one::Type>::f as one::Type::f, in `plain`. false: it is no such name. */
static bool
names_unwrap(const char *name, size_t n, char plain[SYMBOL_DEMANGLED_MAX])
{
	size_t close = 0;
	int depth = 0;

	if (name[0] != '<' || n >= SYMBOL_DEMANGLED_MAX)
		return false;
	do {
		depth += name[close] == '<' ? 1 : name[close] == '>' ? -1 : 0;
	} while (depth && ++close < n);
	if (close == n)
		return false;
	memcpy(plain, name + 1, close - 1);
	memcpy(plain + close - 1, name + close + 1, n - close - 1);
	plain[n - 2] = '\0';
	return true;
}

static bool
names_is_inherent(const char *name, size_t n, const char *wanted)
{
	char plain[SYMBOL_DEMANGLED_MAX];

	return wanted[0] != '<' && names_unwrap(name, n, plain) &&
	       names_is_same(plain, n - 2, wanted);
}

static bool
names_reads_as(const char *mangled, const char *wanted)
{
	char name[SYMBOL_DEMANGLED_MAX];
	size_t n, end, from;

	if (!helper_demangle(mangled, name, sizeof(name)))
		return false;
	n = helper_bare(name); /* libiberty's text has no @ of its own */
	end = names_parameters(name, n);
	from = names_type(name, end);
	return names_is_inherent(name, n, wanted) || names_is_same(name, n, wanted) ||
	       names_is_same(name, end, wanted) ||
	       names_is_same(name + from, n - from, wanted) ||
	       names_is_same(name + from, end - from, wanted);
}

/* Without the arguments of a template: f<int> is f. n: there are none. */
static size_t
names_template(const char *name, size_t n)
{
	int depth = 0;

	if (!n || name[n - 1] != '>')
		return n;
	for (size_t i = n; i-- > 0;) {
		depth += name[i] == '>' ? 1 : name[i] == '<' ? -1 : 0;
		if (!depth)
			return i && names_is_word(name[i - 1]) ? i : n;
	}
	return n;
}

/* Whether a part that begins after :: reads as `wanted`, up to the end of the n bytes. */
static bool
names_has_part(const char *name, size_t n, const char *wanted)
{
	char plain[SYMBOL_DEMANGLED_MAX];
	int depth = 0;

	if (names_unwrap(name, n, plain)) {
		name = plain;
		n -= 2;
	}

	for (size_t i = 0; i + 2 < n; i++) {
		depth += strchr("<([{", name[i]) ? 1 : strchr(">)]}", name[i]) && depth ? -1 : 0;
		if (!depth && name[i] == ':' && name[i + 1] == ':' &&
		    names_is_same(name + i + 2, n - i - 2, wanted))
			return true;
	}
	return false;
}

/* `vtable for ns::Type` and the like are not called by the name they are for. */
static bool
names_is_for(const char *name, size_t from)
{
	return (from >= 5 && !memcmp(name + from - 5, " for ", 5)) ||
	       (from >= 4 && !memcmp(name + from - 4, " to ", 4));
}

static bool
names_ends_as(const char *mangled, const char *wanted)
{
	char text[SYMBOL_DEMANGLED_MAX];
	size_t n, end, from, bare;
	const char *name;

	if (!helper_demangle(mangled, text, sizeof(text)))
		return false;
	n = helper_bare(text);
	end = names_parameters(text, n);
	from = names_type(text, end);
	if (names_is_for(text, from))
		return false;
	name = text + from;
	bare = names_template(name, end - from);
	return names_has_part(name, n - from, wanted) ||
	       names_has_part(name, end - from, wanted) || names_has_part(name, bare, wanted) ||
	       (bare < end - from && names_is_same(name, bare, wanted));
}

/* Words that mangled names do not spell out. */
static bool
names_is_implied(const char *s, size_t n)
{
	static const char *const words[] = {
	    "operator", "std", "string", "allocator", "basic_string", "istream", "ostream",
	    "iostream", "basic_istream", "basic_ostream", "basic_iostream", "char_traits",
	    "unsigned", "signed", "const", "volatile", "void", "bool", "char", "short", "int",
	    "long", "float", "double", "new", "delete", "anonymous", "namespace", "decltype",
	    "auto", "nullptr_t", "__int128", "__float128", "wchar_t", "char8_t", "char16_t",
	    "char32_t", "vtable", "for", "typeinfo", "name", "thunk", "to", "virtual", "guard",
	    "variable", "construction", "non", "reference", "temporary", "as", "dyn", "impl",
	    "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
	    "i128", "isize", "f32", "f64", "mut", "closure", "shim", "true", "false", "abi",
	    "cxx11", "ul", "lambda", "unnamed", "type", "VTT", "clone", "restrict", "complex",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == n && !memcmp(words[i], s, n))
			return true;
	return false;
}

/*
 * A word of `wanted` that its mangled form contains: the function's own, which is the last outside
 * brackets, for others are those of thousands; or any. n 0: none is sure to be there.
 */
static const char *
names_key(const char *wanted, size_t *n)
{
	const char *best = NULL;
	bool own = false;
	int depth = 0;

	*n = 0;
	for (const char *s = wanted; *s;) {
		size_t len = 0;

		while (names_is_word(s[len]))
			len++;
		if (len && !isdigit((unsigned char)*s) && !names_is_implied(s, len) &&
		    (!depth || (!own && len > *n))) {
			best = s;
			*n = len;
			own |= !depth;
		}
		depth += !len && strchr("<([{", *s) ? 1 : !len && strchr(">)]}", *s) ? -1 : 0;
		s += len ? len : 1;
	}
	return best;
}

/* What is looked for among mangled names. */
struct names_search {
	const struct elf_file *f;
	const char *wanted;
	bool (*fits)(const char *mangled, const char *wanted);
	struct names *out;
};

static void
names_try(const struct names_search *s, const char *name)
{
	if (helper_is_mangled(name) && s->fits(name, s->wanted))
		names_find_plain(s->f, name, s->out);
}

/*
 * The strings of one table that contain the key, with its length before it, or between signs that
 * Rust puts for others. Linkers let a string be the end of a longer one, so
 * every mangled name within is tried.
 */
static void
names_scan(const struct names_search *search, const char *text, size_t size, const char *key,
           size_t n)
{
	const char *at = text, *hit;

	while ((hit = memmem(at, size - (size_t)(at - text), key, n))) {
		const char *begin = hit;

		if (hit == text || !(isdigit((unsigned char)hit[-1]) || strchr("$._", hit[-1]))) {
			at = hit + 1;
			continue;
		}
		while (begin > text && begin[-1])
			begin--;
		for (const char *s = begin; s <= hit; s++)
			names_try(search, s);
		at = hit + strlen(hit);
	}
}

/* Names without a word of their own: operator new(unsigned long) is _Znwm. */
static void
names_scan_short(const struct names_search *search)
{
	enum { SHORT = 48 };
	const struct elf_file *f = search->f;
	size_t n = f->sized.n + f->labels.n;

	for (uint32_t i = 0; i < n; i++) {
		const char *name = names_symbol(f, i)->name;

		if (helper_is_mangled(name) && strlen(name) < SHORT)
			names_try(search, name);
	}
}

static void
names_find_demangled(const struct names_search *s)
{
	const struct elf_file *f = s->f;
	size_t n;
	const char *key = names_key(s->wanted, &n);

	if (!f->mangled || helper_is_mangled(s->wanted))
		return;
	if (!key) {
		names_scan_short(s);
		return;
	}
	for (size_t i = 0; i < f->names_n; i++)
		names_scan(s, f->names[i], f->names_size[i], key, n);
}

void
names_find(struct elf_file *f, const char *wanted, struct names *out)
{
	*out = (struct names){0};
	if (!f->heads)
		names_build(f);
	names_find_plain(f, wanted, out);
	names_find_demangled(&(struct names_search){f, wanted, names_reads_as, out});
}

void
names_ending(struct elf_file *f, const char *wanted, struct names *out)
{
	*out = (struct names){0};
	if (!f->heads)
		names_build(f);
	names_find_demangled(&(struct names_search){f, wanted, names_ends_as, out});
}

bool
names_is_thread_local(const struct elf_file *f, const char *wanted)
{
	for (size_t i = 0; i < f->threads.n; i++) {
		const char *name = f->threads.v[i].name;

		if (names_is_called(name, wanted) ||
		    (helper_is_mangled(name) &&
		     (names_reads_as(name, wanted) || names_ends_as(name, wanted))))
			return true;
	}
	return false;
}

/* --- by their beginning ----------------------------------------------------------------------- */

/* Where the demangled name begins that is asked for; NULL: it does not begin so. */
static bool
names_begins(const char *mangled, const char *prefix)
{
	char name[SYMBOL_DEMANGLED_MAX];

	if (!helper_demangle(mangled, name, sizeof(name)))
		return false;
	return !strncmp(name + names_type(name, names_parameters(name, strlen(name))), prefix,
	                strlen(prefix));
}

void
names_begun(const struct elf_file *f, const char *prefix, struct names *out)
{
	size_t n = f->sized.n + f->labels.n, len = strlen(prefix), key_n;
	const char *key = helper_is_mangled(prefix) ? NULL : names_key(prefix, &key_n);
	char word[SYMBOL_NAME_MAX] = "";

	*out = (struct names){0};
	if (key && key_n > 1 && key_n < sizeof(word))
		memcpy(word, key, key_n);
	for (uint32_t i = 0; i < n; i++) {
		const struct elf_symbol *s = names_symbol(f, i);

		if (!strncmp(s->name, prefix, len) ||
		    (word[0] && helper_is_mangled(s->name) && strstr(s->name, word) &&
		     names_begins(s->name, prefix)))
			names_add(out, s);
	}
}

/* --- nearly ----------------------------------------------------------------------------------- */

uint32_t
names_near(const struct elf_file *f, const char *wanted, char *out, size_t size)
{
	size_t n = f->sized.n + f->labels.n, len = strlen(wanted);
	struct guess g = {.name = wanted, .best = 2 + u64_min(len / 4, 2)};

	out[0] = '\0';
	for (uint32_t i = 0; i < n; i++) {
		const char *name = names_symbol(f, i)->name;
		size_t bare = helper_bare(name), best = g.best;

		if (bare >= size || bare + best <= len || len + best <= bare)
			continue;
		guess_try(&g, name, bare);
		if (g.best < best) {
			memcpy(out, name, bare);
			out[bare] = '\0';
		}
	}
	return (uint32_t)g.best;
}

#endif
