/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Symbols and registers in a query. */
#include "query/settle.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "target/symbol.h"

/* --- the text of a symbol --------------------------------------------------------------------- */

/* Whether the place is a short address that may also be a name: add, face+10. */
static bool
settle_is_wordlike(const struct query_place *p)
{
	return p->digits && p->written[0] && isalpha((unsigned char)p->written[0]);
}

static bool
settle_place_is_due(const struct query_place *p, const struct vma_list *vmas)
{
	if (!p->column)
		return false;
	return p->reg[0] || (p->name[0] ? !p->in_file && query_match(vmas, p->name) < MATCH_BASE
	                                : settle_is_wordlike(p));
}

bool
settle_is_due(const struct query *q, const struct vma_list *vmas)
{
	return settle_place_is_due(&q->from, vmas) ||
	       (!q->to_is_length && settle_place_is_due(&q->to, vmas));
}

/* --- errors ----------------------------------------------------------------------------------- */

static int
settle_error(const struct query_place *p, const char *name, enum err_status status, const char *why,
             const char *how, struct err *err)
{
	struct buf safe = {0};

	text_escape(&safe, name, strlen(name), false);
	err_set(err, status, why, how, "\"%.80s\"%s", safe.s,
	        status == ERR_USAGE ? " is ambiguous" : "");
	err->column = p->column;
	buf_free(&safe);
	return -1;
}

/*
 * "libc.so.6!malloc 7f1a80924234", as many as there is room for; quoted, if it must be. Compiled at
 * run time: the name alone.
 */
static int
settle_ambiguous(const struct query_place *p, const char *name, const struct symbol_places *at,
                 struct err *err)
{
	struct buf how = {0};
	bool files = false;
	char why[160];
	size_t n, shown = 0;

	for (size_t i = 0; i < at->n; i++)
		files |= !at->v[i].jit;
	buf_fmt(&how, "give the address%s: ", files ? ", or FILE!SYMBOL" : "");
	for (; shown < at->n; shown++) {
		const char *file = path_base(vma_shown_name(at->v[shown].code), &n);
		bool jit = at->v[shown].jit, blank = strchr(at->v[shown].name, ' ');
		struct buf one = {0};

		blank |= !jit && memchr(file, ' ', n);
		buf_str(&one, blank ? "\"" : "");
		text_escape(&one, file, jit ? 0 : n, false);
		buf_str(&one, jit ? "" : "!");
		text_escape(&one, at->v[shown].name, strlen(at->v[shown].name), false);
		buf_fmt(&one, "%s %llx", blank ? "\"" : "",
		        (unsigned long long)at->v[shown].addr);
		if (shown && how.len + one.len + 24 > sizeof(err->how)) {
			buf_free(&one);
			break;
		}
		buf_fmt(&how, "%s%s", shown ? ", " : "", one.s);
		buf_free(&one);
	}
	if (at->n + at->more > shown)
		buf_fmt(&how, " and %zu more", at->n + at->more - shown);
	snprintf(why, sizeof(why), "%zu symbols have that name", at->n + at->more);
	settle_error(p, name, ERR_USAGE, why, how.s, err);
	buf_free(&how);
	return -1;
}

static int
settle_two_meanings(const struct query_place *p, const char *digits, const struct symbol_place *s,
                    struct err *err)
{
	char why[160], how[160];

	snprintf(why, sizeof(why), "it is an address, and the symbol at %llx as well",
	         (unsigned long long)s->addr);
	snprintf(how, sizeof(how), "the address: 0x%s; the symbol: \"%s\"", digits, digits);
	return settle_error(p, digits, ERR_USAGE, why, how, err);
}

/* --- one place -------------------------------------------------------------------------------- */

/* FILE!SYMBOL: the file's full name, and the symbol; without a file, NULL. */
static int
settle_file(const struct query_place *p, const struct vma_list *vmas, const char **file,
            const char **symbol, struct err *err)
{
	const char *sign = strchr(p->name, '!');
	struct query_place at = {.column = p->column};
	const struct vma *v;

	*file = NULL;
	*symbol = p->name;
	if (!sign || !sign[1])
		return 0;
	*symbol = sign + 1;
	if (sign == p->name)
		return 0;
	memcpy(at.name, p->name, (size_t)(sign - p->name));
	if (query_find_mapping(&at, vmas, &v, err) < 0)
		return -1;
	*file = v->name;
	return 0;
}

static int
settle_digits(struct target *t, const struct vma_list *vmas, const struct query_place *p,
              struct err *err)
{
	char name[16];
	struct symbol_places at;
	int got = 0;

	snprintf(name, sizeof(name), "%.*s", (int)p->digits, p->written);
	symbol_find(t, vmas, NULL, name, &at);
	if (at.n)
		got = settle_two_meanings(p, name, &at.v[0], err);
	symbol_places_free(&at);
	return got;
}

/* Why the files do not show it: they are not readable, or stripped. false: they do. */
static bool
settle_blame(struct buf *why, const struct symbol_places *at, const char **how)
{
	const struct vma *v = at->unread ? at->unread : at->stripped;
	struct buf name = {0};
	const char *base;
	size_t n;

	if (!v)
		return false;
	base = path_base(v->name, &n);
	text_escape(&name, base, u64_min(n, 64), false);
	if (at->late)
		buf_fmt(why, "reading %s takes too long", name.s);
	else if (at->unread)
		buf_fmt(why, "%s cannot be read", name.s);
	else if (at->files == 1)
		buf_fmt(why, "%s is stripped of all symbols but those for other files", name.s);
	else
		buf_fmt(why, "no symbol of %zu files has that name, but %zu %s stripped (%s%s)",
		        at->files, at->stripped_n, at->stripped_n == 1 ? "is" : "are", name.s,
		        at->stripped_n > 1 ? ", ..." : "");
	*how = at->late     ? "ask again later"
	       : at->unread ? "run pmtop as root"
	                    : "install the debug symbols of its file";
	buf_free(&name);
	return true;
}

/* The nearest name of a symbol, a mapping or, where one may be, a verb; "" if none is near. */
static void
settle_guess(const struct query_place *p, const char *symbol, const struct vma_list *vmas,
             bool in_file, const struct symbol_places *at, char out[128])
{
	size_t near = 2 + u64_min(strlen(symbol) / 4, 2);
	struct guess g = in_file ? (struct guess){.best = near}
	                         : query_guess(symbol, vmas, p->alone);
	bool type = !in_file && query_is_type(symbol);
	struct buf safe = {0};

	out[0] = '\0';
	if (g.best < near || type)
		memcpy(out, g.how, sizeof(g.how));
	if (!at->near[0] || type || (out[0] && at->far >= g.best))
		return;
	text_escape(&safe, at->near, strlen(at->near), false);
	snprintf(out, 128, "did you mean %.100s?", safe.s);
	buf_free(&safe);
}

/* Neither a symbol nor a mapping. It is certainly wrong only if all symbols are known. */
static int
settle_not_found(const struct query_place *p, const struct vma_list *vmas, const char *file,
                 const char *symbol, const struct symbol_places *at, struct err *err)
{
	const char *how = "FILE!SYMBOL searches one file";
	struct buf why = {0}, safe = {0};
	bool blamed = settle_blame(&why, at, &how);
	char guess[128];

	if (!blamed)
		buf_fmt(&why, "no mapping and no symbol of %zu file%s has that name", at->files,
		        plural(at->files));
	settle_guess(p, symbol, vmas, file, at, guess);
	text_escape(&safe, symbol, strlen(symbol), false);
	err_set(err, blamed && (file || at->late) ? ERR_TARGET : ERR_USAGE, why.s,
	        guess[0] ? guess : how, "no symbol \"%.80s\"", safe.s);
	err->column = p->column;
	buf_free(&why);
	buf_free(&safe);
	return -1;
}

static int
settle_not_recorded(const struct query_place *p, const struct vma_list *vmas, const char *symbol,
                    const struct symbol_places *at, struct err *err)
{
	struct buf safe = {0};
	char guess[128];

	settle_guess(p, symbol, vmas, false, at, guess);
	text_escape(&safe, symbol, strlen(symbol), false);
	err_set(err, ERR_USAGE, "no mapping has that name, and a recording has no symbols",
	        guess[0] ? guess : "ask a running process", "cannot find \"%.80s\"", safe.s);
	err->column = p->column;
	buf_free(&safe);
	return -1;
}

/* A variable of which each thread has its own. */
static int
settle_thread_local(const struct query_place *p, const char *symbol, const struct vma *file,
                    struct err *err)
{
	struct buf why = {0}, safe = {0};
	const char *base;
	size_t n;

	base = path_base(file->name, &n);
	buf_str(&why, "it is a thread-local variable of ");
	text_escape(&why, base, u64_min(n, 64), false);
	buf_str(&why, ": each thread has its own");
	text_escape(&safe, symbol, strlen(symbol), false);
	err_set(err, ERR_USAGE, why.s, "a debugger can find it in one thread: print &NAME",
	        "no single address of \"%.80s\"", safe.s);
	err->column = p->column;
	buf_free(&why);
	buf_free(&safe);
	return -1;
}

/* A number that is too long for an address: query_resolve says so. */
static bool
settle_is_number(const char *name)
{
	return strspn(name, "0123456789abcdefABCDEF") == strlen(name);
}

/* Places of the screen: 'a and . (a cursor). */
static bool
settle_is_on_screen(const char *name)
{
	return !strcmp(name, ".") || (name[0] == '\'' && strlen(name) <= 2);
}

static int
settle_on_screen(const struct query_place *p, struct err *err)
{
	err_set(err, ERR_USAGE,
	        p->name[0] == '.' ? "the cursor is only on the screen"
	                          : "bookmarks are only on the screen",
	        "give an address; or type this alone at the prompt (key :)", "no place \"%.40s\"",
	        p->name);
	err->column = p->column;
	return -1;
}

/* No file could be read: which names there are is not known. */
static int
settle_barred(const char *symbol, const struct err *bar, struct err *err)
{
	struct buf why = {0}, safe = {0};

	text_escape(&safe, symbol, strlen(symbol), false);
	buf_fmt(&why, "%s: %s", bar->what, bar->why);
	err_set(err, ERR_TARGET, why.s, bar->how, "cannot look for symbol \"%.80s\"", safe.s);
	buf_free(&why);
	buf_free(&safe);
	return -1;
}

static int
settle_name(struct target *t, const struct vma_list *vmas, struct query_place *p, struct err *err)
{
	const char *file, *symbol;
	struct symbol_places at;
	struct err bar;
	bool unknown;
	int got = 0;

	if (settle_is_on_screen(p->name))
		return settle_on_screen(p, err);
	if (settle_file(p, vmas, &file, &symbol, err) < 0)
		return -1;
	symbol_find(t, vmas, file, symbol, &at);
	unknown = query_match(vmas, p->name) == MATCH_NO && !settle_is_number(p->name);
	if (!at.n && unknown)
		symbol_find_more(t, vmas, file, symbol, SYMBOL_ENDING, &at);
	if (at.n + at.more > 1)
		got = settle_ambiguous(p, symbol, &at, err);
	else if (at.n && p->addr > UINT64_MAX - at.v[0].addr)
		got = query_bad_place(p, "this is past the end of any address space",
		                      "check the offset", err);
	else if (at.n)
		*p = (struct query_place){.addr = at.v[0].addr + p->addr, .column = p->column};
	else if (source_is_past(t->source) && unknown)
		got = settle_not_recorded(p, vmas, symbol, &at, err);
	else if (at.unread && unknown && source_is_barred(t->source, &bar))
		got = settle_barred(symbol, &bar, err);
	else if ((at.files || file) && unknown) {
		symbol_find_more(t, vmas, file, symbol, SYMBOL_NEAR, &at);
		got = at.thread_local ? settle_thread_local(p, symbol, at.thread_local, err)
		                      : settle_not_found(p, vmas, file, symbol, &at, err);
	}
	symbol_places_free(&at);
	return got;
}

static int
settle_register(struct target *t, struct query_place *p, struct err *err)
{
	struct thread_registers r;
	pid_t tid = p->tid ? p->tid : t->source->meta.pid;
	uint64_t at;

	if (t->source->ops->registers(t->source, tid, &r, err) < 0) {
		err->column = p->column;
		return -1;
	}
	at = p->reg[0] == 's' ? r.sp : r.pc;
	if (p->addr > UINT64_MAX - at)
		return query_bad_place(p, "this is past the end of any address space",
		                       "check the offset", err);
	*p = (struct query_place){.addr = at + p->addr, .column = p->column};
	return 0;
}

static int
settle_place(struct target *t, const struct vma_list *vmas, struct query_place *p, struct err *err)
{
	if (!settle_place_is_due(p, vmas))
		return 0;
	if (p->reg[0])
		return settle_register(t, p, err);
	return p->name[0] ? settle_name(t, vmas, p, err) : settle_digits(t, vmas, p, err);
}

int
settle_query(struct target *t, const struct vma_list *vmas, struct query *q, struct err *err)
{
	if ((q->pointer.column && settle_place(t, vmas, &q->pointer, err) < 0) ||
	    settle_place(t, vmas, &q->from, err) < 0)
		return -1;
	return q->to_is_length ? 0 : settle_place(t, vmas, &q->to, err);
}
