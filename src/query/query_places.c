/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Places as they are written: addresses, names with an offset, registers, ranges, pasted lines. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "query/query_parts.h"

/* Whether a `+` begins an offset; not if it continues like a name, as in libstdc++.so.6. */
static bool
query_is_offset(const char *s)
{
	return s[0] == '+' && (isalnum((unsigned char)s[1]) || !s[1] || s[1] == ' ');
}

static bool
query_ends_token(const char *s)
{
	return !*s || *s == ' ' || *s == '\t' || query_is_offset(s) || (s[0] == '.' && s[1] == '.');
}

size_t
query_token_length(const char *s)
{
	size_t n = 0, plain = 0;
	int depth = 0;

	while (!query_ends_token(s + plain))
		plain++;
	if (!memchr(s, '(', plain))
		return plain;
	for (; s[n] && (depth || !query_ends_token(s + n)); n++)
		depth += s[n] == '(' ? 1 : s[n] == ')' && depth ? -1 : 0;
	return depth ? plain : n;
}

/* Fewer digits than maps writes: it may be a name instead. */
static bool
query_may_be_name(const char *s, size_t n)
{
	return !lex_has_0x(s, n) && n < 8;
}

int
query_read_hex(struct lex *r, const char *what, uint64_t *out, struct err *err)
{
	size_t n = query_token_length(r->at);

	if (!lex_hex(r->at, n, out)) {
		char why[96];

		snprintf(why, sizeof(why), n ? "\"%.*s\" is not %s" : "%.*sexpected %s here",
		         n > 24 ? 24 : (int)n, r->at, what);
		return lex_fail(r, r->at, why, "write it in hex, such as 7f12a000 or 0x1000", err);
	}
	r->at += n;
	return 0;
}

/* A quoted or bracketed name may contain anything; otherwise it is a plain token. */
static int
query_read_name(struct lex *r, struct query_place *p, struct err *err)
{
	char close = *r->at == '"' ? '"' : *r->at == '[' ? ']' : '\0';
	const char *s = r->at + (close == '"');
	size_t n;

	if (close) {
		struct lex_word w;

		if (!lex_eat_enclosed(r, close, &w))
			return lex_fail(r, r->at, close == ']' ? "missing ]" : "missing \"",
			                "add it", err);
		n = w.n + (close == ']' ? 2 : 0);
	} else {
		n = query_token_length(s);
		r->at += n;
	}
	if (!n)
		return lex_bad(r->text, p->column, "this name is empty",
		               "write a mapping's name between the quotes", err);
	if (n >= sizeof(p->name))
		return lex_bad(r->text, p->column, "the name is too long", "use its address", err);
	snprintf(p->name, sizeof(p->name), "%.*s", (int)n, s);
	return 0;
}

/* An address of n characters. */
static int
query_read_address(struct lex *r, size_t n, struct query_place *p, struct err *err)
{
	if (!lex_hex(r->at, n, &p->addr))
		return lex_fail(r, r->at, "this is larger than 64 bits", "check the address", err);
	p->digits = query_may_be_name(r->at, n) ? n : 0;
	r->at += n;
	return 0;
}

/* Bytes: hex (0x4000), or decimal with a unit (16k 2m 1g 1t, 12p for pages). */
static bool
query_parse_bytes(const char *s, size_t n, size_t page_size, uint64_t *out)
{
	return (lex_unit(s, n, page_size) && lex_bytes(s, n, page_size, out)) || lex_hex(s, n, out);
}

static int
query_read_bytes(struct lex *r, const char *what, uint64_t *out, struct err *err)
{
	size_t n = query_token_length(r->at);

	if (!query_parse_bytes(r->at, n, r->page_size, out))
		return query_read_hex(r, what, out, err);
	r->at += n;
	return 0;
}

/* FILE@OFFSET: the end of a plain name, or behind a quoted one. Else it is part of the name. */
static void
query_read_in_file(struct lex *r, struct query_place *p)
{
	char *sign = *r->at == '@' ? NULL : strrchr(p->name, '@');
	const char *s = sign ? sign + 1 : r->at + 1;
	size_t n = sign ? strlen(s) : query_token_length(r->at);

	if (!sign && (*r->at != '@' || !n--))
		return;
	if (sign == p->name || !query_parse_bytes(s, n, r->page_size, &p->addr))
		return;
	p->in_file = true;
	if (sign)
		*sign = '\0';
	else
		r->at = s + n;
}

static int
query_read_offset(struct lex *r, struct query_place *p, struct err *err)
{
	uint64_t off;

	r->at++;
	p->has_offset = true;
	if (query_read_bytes(r, "an offset", &off, err) < 0)
		return -1;
	if (p->addr + off < off)
		return lex_bad(r->text, p->column, "this is past the end of any address space",
		               "check the offset", err);
	p->addr += off;
	return 0;
}

/* Keeps the text if it may also be a mapping's name: query_resolve checks that. */
static void
query_keep_written(struct query_place *p, const char *from, size_t n)
{
	if ((p->digits || p->has_offset || p->in_file) && *from != '"' && *from != '[' &&
	    n < sizeof(p->written))
		memcpy(p->written, from, n);
}

/* Any length: of a path that is too long its beginning is kept, which ends in no half escape. */
static void
query_keep_shown(struct query_place *p, const char *name, size_t n)
{
	const size_t most = sizeof(p->shown) - 1, escape = strlen("\\012");
	const char *half;

	p->shown_cut = n > most;
	n = n > most ? most : n;
	half = p->shown_cut ? memchr(name + n - escape, '\\', escape) : NULL;
	memcpy(p->shown, name, half ? (size_t)(half - name) : n);
}

/*
 * NAME START+OFFSET, as answers write a place that no name resolves to. It must be the rest of the
 * text, since such a name may contain anything. If the part before START ends in `..`, it is the
 * start of a range instead.
 */
static bool
query_read_shown(struct lex *r, struct query_place *out)
{
	struct query_place p = {.column = lex_column(r, r->at)};
	struct lex last = *r;
	const char *end = r->at + strlen(r->at), *start;
	struct err err;
	size_t n, len;

	while (end > r->at && end[-1] == ' ')
		end--;
	for (start = end; start > r->at && start[-1] != ' '; start--)
		;
	for (len = (size_t)(start - r->at); len && r->at[len - 1] == ' '; len--)
		;
	if (!len || (len > 1 && !memcmp(r->at + len - 2, "..", 2)))
		return false;
	last.at = start;
	n = query_token_length(start);
	if (query_may_be_name(start, n) || query_read_address(&last, n, &p, &err) < 0 ||
	    *last.at != '+' || query_read_offset(&last, &p, &err) < 0 || last.at != end)
		return false;
	query_keep_shown(&p, r->at, len);
	*out = p;
	r->at = end;
	return true;
}

/* The registers that are seen without stopping the thread; NULL: it is none of them. */
static const char *
query_register(const char *s, size_t n)
{
	return lex_is_one_of("sp rsp esp", s, n)   ? "sp"
	       : lex_is_one_of("pc rip eip", s, n) ? "pc"
	                                           : NULL;
}

/* $sp, $pc, with @TID and +OFFSET */
static int
query_read_register(struct lex *r, struct query_place *out, struct err *err)
{
	struct query_place p = {.column = lex_column(r, r->at)};
	const char *s = r->at + 1, *name;
	size_t n = 0;
	uint64_t tid;

	while (isalnum((unsigned char)s[n]))
		n++;
	name = query_register(s, n);
	if (!name)
		return lex_fail(r, r->at, "only $sp and $pc are seen without stopping a thread",
		                "quote a name that begins with $", err);
	strcpy(p.reg, name);
	r->at = s + n;
	if (*r->at == '@') {
		if (!parse_u64(r->at + 1, 10, &s, &tid) || tid < 1 || tid > INT32_MAX)
			return lex_fail(r, r->at + 1, "a thread's ID is expected here",
			                "such as $sp@1234", err);
		p.tid = (pid_t)tid;
		r->at = s;
	}
	if (*r->at == '+' && query_read_offset(r, &p, err) < 0)
		return -1;
	*out = p;
	return 0;
}

/* pfn:N, phys:N, swap:N: questions of their own. phys::f is a symbol. */
static bool
query_is_outside(const char *s)
{
	size_t n = strcspn(s, ":");

	return s[n] == ':' && s[n + 1] != ':' && lex_is_one_of("pfn phys swap", s, n);
}

static int
query_refuse_outside(struct lex *r, struct err *err)
{
	size_t n = query_token_length(r->at);
	char how[96];

	if (r->at[n] == '+')
		n += 1 + query_token_length(r->at + n + 1);
	snprintf(how, sizeof(how), "ask `%.*s` alone: it says where in this process that is",
	         n > 40 ? 40 : (int)n, r->at);
	return lex_fail(r, r->at, "this is a page of RAM or swap, not a place in the process", how,
	                err);
}

int
query_read_place(struct lex *r, struct query_place *out, struct err *err)
{
	struct query_place p = {.column = lex_column(r, r->at)};
	const char *from = r->at;
	size_t n = query_token_length(from), skip = lex_has_0x(from, n) ? 2 : 0;
	bool digits = strspn(from + skip, "0123456789abcdefABCDEF") >= n - skip &&
	              n - skip <= (skip ? n : 16);

	if (query_read_shown(r, out))
		return 0;
	if (*from == '$')
		return query_read_register(r, out, err);
	if (query_is_outside(from))
		return query_refuse_outside(r, err);
	if (n == 0)
		return lex_fail(r, r->at, "expected an address or a name here",
		                "examples: 7f12a000, heap+0x10, libc.so.6+0x1234, main", err);
	if ((digits ? query_read_address(r, n, &p, err) : query_read_name(r, &p, err)) < 0)
		return -1;
	if (!digits)
		query_read_in_file(r, &p);
	if (*r->at == '+' && query_read_offset(r, &p, err) < 0)
		return -1;
	query_keep_written(&p, from, (size_t)(r->at - from));
	*out = p;
	return 0;
}

static int
query_read_length(struct lex *r, struct query *q, struct err *err)
{
	int col = lex_column(r, r->at);

	if (query_read_bytes(r, "a length", &q->to.addr, err) < 0)
		return -1;
	q->to_is_length = true;
	q->to.column = col;
	return q->to.addr
	           ? 0
	           : lex_bad(r->text, col, "the range is empty", "give a length above 0", err);
}

static size_t
query_blanks(const char *s)
{
	return strspn(s, " \t");
}

/* Permissions as maps or pmap write them: the characters of `form`, or a dash, each. */
static bool
query_is_perm(const char *s, const char *form)
{
	size_t n = strlen(form), i = 0;

	while (i < n && (s[i] == form[i] || s[i] == '-' || (i == 3 && s[i] == 's')))
		i++;
	return i == n && (!s[n] || s[n] == ' ' || s[n] == '\t');
}

/* The rest of a line of maps or smaps, behind START-END. */
static void
query_skip_maps(struct lex *r)
{
	size_t n = query_blanks(r->at);

	if (n && query_is_perm(r->at + n, "rwxp"))
		r->at += strlen(r->at);
}

/* A line of pmap or pmap -x: START, its size in KiB, with -x two more numbers, permissions. */
static bool
query_read_pmap(struct lex *r, struct query *q)
{
	size_t n = strspn(r->at, "0123456789abcdef"), column = (size_t)lex_column(r, r->at);
	uint64_t start, kib, ignored;
	const char *s = r->at + n;

	if (n < 8 || !lex_hex(r->at, n, &start) || !query_blanks(s) ||
	    !parse_u64(s + query_blanks(s), 10, &s, &kib) || kib > UINT64_MAX >> 10)
		return false;
	s += *s == 'K';
	for (int i = 0; i < 2 && parse_u64(s + query_blanks(s), 10, &s, &ignored); i++)
		;
	s += query_blanks(s);
	if (!kib || !query_is_perm(s, "rwxsR"))
		return false;
	q->is_range = q->to_is_length = true;
	q->from = (struct query_place){.addr = start, .column = (int)column};
	q->to = (struct query_place){.addr = kib << 10, .column = (int)column};
	r->at = s + strlen(s);
	return true;
}

/* START-END, as in maps, is a range too. */
static bool
query_read_dash(struct lex *r, struct query *q)
{
	size_t n = query_token_length(r->at), dash = strcspn(r->at, "-");
	uint64_t from, to;

	if (dash >= n || !lex_hex(r->at, dash, &from) ||
	    !lex_hex(r->at + dash + 1, n - dash - 1, &to))
		return false;
	q->is_range = true;
	q->from = (struct query_place){.addr = from, .column = lex_column(r, r->at)};
	q->to = (struct query_place){.addr = to, .column = lex_column(r, r->at) + (int)dash + 1};
	if (query_may_be_name(r->at, dash) && query_may_be_name(r->at + dash + 1, n - dash - 1)) {
		q->from.digits = n;
		query_keep_written(&q->from, r->at, n);
	}
	r->at += n;
	query_skip_maps(r);
	return true;
}

/* vma:PLACE. vma::f is a symbol. */
static bool
query_read_one_region(struct lex *r)
{
	return strncmp(r->at, "vma::", 5) != 0 && lex_eat_text(r, "vma:");
}

/* PLACE, vma:PLACE, START..END or START..+LENGTH */
int
query_read_stretch(struct lex *r, struct query *q, struct err *err)
{
	const char *from = r->at;

	if (query_read_dash(r, q) || query_read_pmap(r, q))
		return 0;
	q->one_region = query_read_one_region(r);
	if (query_read_place(r, &q->from, err) < 0)
		return -1;
	if (q->one_region)
		return 0;
	lex_skip_blanks(r);
	q->is_range = lex_eat_text(r, "..");
	if (!q->is_range)
		return 0;
	lex_skip_blanks(r);
	if (lex_eat_text(r, "+"))
		return query_read_length(r, q, err);
	if (query_read_place(r, &q->to, err) < 0)
		return -1;
	if (q->from.digits && q->to.digits && (size_t)(r->at - from) < sizeof(q->pair))
		memcpy(q->pair, from, (size_t)(r->at - from));
	return 0;
}
