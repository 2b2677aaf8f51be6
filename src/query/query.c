/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/query.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"

#define Q(id, w, f, e, r, a, h) F(id, w, f, e, h)
#define F(id, w, f, e, h) {.word = (w), .form = (f), .example = (e), .help = (h)},
static const struct query_form query_rows[] = {
#include "query/query.def"
};

const struct query_form *
query_forms(size_t *n)
{
	*n = ARRAY_LEN(query_rows);
	return query_rows;
}

static int
query_bad(struct err *err, int column, const char *why, const char *how, const char *text)
{
	char place[224];

	snprintf(place, sizeof(place), "%s (column %d)", why, column);
	err_set(err, ERR_USAGE, place, how, "cannot read \"%.80s\"", text);
	err->column = column;
	return -1;
}

/* The text and the parse position. */
struct query_reader {
	const char *text, *at;
	size_t page_size;
};

static int
query_column(const struct query_reader *r)
{
	return (int)(r->at - r->text) + 1;
}

static void
query_skip_blanks(struct query_reader *r)
{
	while (*r->at == ' ' || *r->at == '\t')
		r->at++;
}

static bool
query_eat(struct query_reader *r, const char *word)
{
	size_t n = strlen(word);

	if (strncasecmp(r->at, word, n))
		return false;
	r->at += n;
	return true;
}

/* Whether a `+` begins an offset; not if it continues like a name, as in libstdc++.so.6. */
static bool
query_is_offset(const char *s)
{
	return s[0] == '+' && (isalnum((unsigned char)s[1]) || !s[1] || s[1] == ' ');
}

/* The length of a plain token, which ends at a blank, an offset or `..`. */
static size_t
query_token_length(const char *s)
{
	size_t n = 0;

	while (s[n] && s[n] != ' ' && s[n] != '\t' && !query_is_offset(s + n) &&
	       !(s[n] == '.' && s[n + 1] == '.'))
		n++;
	return n;
}

static bool
query_has_0x(const char *s, size_t n)
{
	return n > 2 && s[0] == '0' && (s[1] | 32) == 'x';
}

static bool
query_parse_hex(const char *s, size_t n, uint64_t *out)
{
	size_t skip = query_has_0x(s, n) ? 2 : 0;

	return parse_digits(s + skip, n - skip, 16, out);
}

/* Fewer digits than maps writes: it may be a name instead. */
static bool
query_may_be_name(const char *s, size_t n)
{
	return !query_has_0x(s, n) && n < 8;
}

static int
query_read_hex(struct query_reader *r, const char *what, uint64_t *out, struct err *err)
{
	size_t n = query_token_length(r->at);

	if (!query_parse_hex(r->at, n, out)) {
		char why[96];

		snprintf(why, sizeof(why), n ? "\"%.*s\" is not %s" : "%.*s%s is expected here",
		         n > 24 ? 24 : (int)n, r->at, what);
		return query_bad(err, query_column(r), why,
		                 "write it in hex, such as 7f12a000 or 0x1000", r->text);
	}
	r->at += n;
	return 0;
}

/* A quoted or bracketed name may contain anything; otherwise it is a plain token. */
static int
query_read_name(struct query_reader *r, struct query_place *p, struct err *err)
{
	char close = *r->at == '"' ? '"' : *r->at == '[' ? ']' : '\0';
	const char *s = r->at + (close == '"');
	size_t n;

	if (close) {
		const char *end = strchr(r->at + 1, close);

		if (!end)
			return query_bad(err, query_column(r),
			                 close == ']' ? "missing ]" : "missing \"",
			                 "close it", r->text);
		n = (size_t)(end - s) + (close == ']');
		r->at = end + 1;
	} else {
		n = query_token_length(s);
		r->at += n;
	}
	if (!n)
		return query_bad(err, p->column, "this name is empty",
		                 "write a mapping's name between the quotes", r->text);
	if (n >= sizeof(p->name))
		return query_bad(err, p->column, "the name is too long", "use its address",
		                 r->text);
	snprintf(p->name, sizeof(p->name), "%.*s", (int)n, s);
	return 0;
}

/* An address of n characters. */
static int
query_read_address(struct query_reader *r, size_t n, struct query_place *p, struct err *err)
{
	if (!query_parse_hex(r->at, n, &p->addr))
		return query_bad(err, query_column(r), "this is larger than 64 bits",
		                 "check the address", r->text);
	p->digits = query_may_be_name(r->at, n) ? n : 0;
	r->at += n;
	return 0;
}

/* The value of the unit at the end of the token, in bytes; 0: it has none. */
static uint64_t
query_unit_of(const struct query_reader *r, size_t n)
{
	switch (n ? tolower((unsigned char)r->at[n - 1]) : '\0') {
	case 'k': return UINT64_C(1) << 10;
	case 'm': return UINT64_C(1) << 20;
	case 'g': return UINT64_C(1) << 30;
	case 't': return UINT64_C(1) << 40;
	case 'p': return r->page_size;
	default: return 0;
	}
}

/* Bytes: hex (0x4000), or decimal with a unit (16k 2m 1g 1t, 12p for pages). */
static int
query_read_bytes(struct query_reader *r, const char *what, uint64_t *out, struct err *err)
{
	size_t n = query_token_length(r->at);
	uint64_t unit = query_unit_of(r, n), v;
	const char *end;

	if (!unit || !parse_u64(r->at, 10, &end, &v) || end != r->at + n - 1 ||
	    v > UINT64_MAX / unit)
		return query_read_hex(r, what, out, err);
	*out = v * unit;
	r->at += n;
	return 0;
}

static int
query_read_offset(struct query_reader *r, struct query_place *p, struct err *err)
{
	uint64_t off;

	r->at++;
	p->has_offset = true;
	if (query_read_bytes(r, "an offset", &off, err) < 0)
		return -1;
	if (p->addr + off < off)
		return query_bad(err, p->column, "this is past the end of any address space",
		                 "check the offset", r->text);
	p->addr += off;
	return 0;
}

/* Keeps the text if it may also be a mapping's name: query_resolve checks that. */
static void
query_keep_written(struct query_place *p, const char *from, size_t n)
{
	if ((p->digits || p->has_offset) && *from != '"' && *from != '[' && n < sizeof(p->written))
		memcpy(p->written, from, n);
}

/*
 * NAME START+OFFSET, as answers write a place that no name resolves to. It must be the rest of the
 * text, since such a name may contain anything. If the part before START ends in `..`, it is the
 * start of a range instead.
 */
static bool
query_read_shown(struct query_reader *r, struct query_place *out)
{
	struct query_place p = {.column = query_column(r)};
	struct query_reader last = *r;
	const char *end = r->at + strlen(r->at), *start;
	struct err err;
	size_t n, len;

	while (end > r->at && end[-1] == ' ')
		end--;
	for (start = end; start > r->at && start[-1] != ' '; start--)
		;
	for (len = (size_t)(start - r->at); len && r->at[len - 1] == ' '; len--)
		;
	if (!len || len >= sizeof(p.shown) || (len > 1 && !memcmp(r->at + len - 2, "..", 2)))
		return false;
	last.at = start;
	n = query_token_length(start);
	if (query_may_be_name(start, n) || query_read_address(&last, n, &p, &err) < 0 ||
	    *last.at != '+' || query_read_offset(&last, &p, &err) < 0 || last.at != end)
		return false;
	memcpy(p.shown, r->at, len);
	*out = p;
	r->at = end;
	return true;
}

static int
query_read_place(struct query_reader *r, struct query_place *out, struct err *err)
{
	struct query_place p = {.column = query_column(r)};
	const char *from = r->at;
	size_t n = query_token_length(from), skip = query_has_0x(from, n) ? 2 : 0;
	bool digits = strspn(from + skip, "0123456789abcdefABCDEF") >= n - skip &&
	              n - skip <= (skip ? n : 16);

	if (query_read_shown(r, out))
		return 0;
	if (n == 0)
		return query_bad(err, query_column(r),
		                 "an address or a mapping's name is expected here",
		                 "such as 7f12a000, heap+0x10 or libc.so.6+0x1234", r->text);
	if ((digits ? query_read_address(r, n, &p, err) : query_read_name(r, &p, err)) < 0 ||
	    (*r->at == '+' && query_read_offset(r, &p, err) < 0))
		return -1;
	query_keep_written(&p, from, (size_t)(r->at - from));
	*out = p;
	return 0;
}

static int
query_read_length(struct query_reader *r, struct query *q, struct err *err)
{
	int col = query_column(r);

	if (query_read_bytes(r, "a length", &q->to.addr, err) < 0)
		return -1;
	q->to_is_length = true;
	return q->to.addr
	           ? 0
	           : query_bad(err, col, "the range is empty", "give a length above 0", r->text);
}

static int
query_read_frame(struct query_reader *r, struct query *q, struct err *err)
{
	return query_read_hex(r, "a page frame number", &q->pfn, err);
}

static int
query_read_physical(struct query_reader *r, struct query *q, struct err *err)
{
	uint64_t v;

	if (query_read_hex(r, "a physical address", &v, err) < 0)
		return -1;
	q->pfn = v / r->page_size;
	q->in_frame = v % r->page_size;
	return 0;
}

/* START-END, as in maps, is a range too. */
static bool
query_read_dash(struct query_reader *r, struct query *q)
{
	size_t n = query_token_length(r->at), dash = strcspn(r->at, "-");
	uint64_t from, to;

	if (dash >= n || !query_parse_hex(r->at, dash, &from) ||
	    !query_parse_hex(r->at + dash + 1, n - dash - 1, &to))
		return false;
	q->is_range = true;
	q->from = (struct query_place){.addr = from, .column = query_column(r)};
	q->to = (struct query_place){.addr = to, .column = query_column(r) + (int)dash + 1};
	if (query_may_be_name(r->at, dash) && query_may_be_name(r->at + dash + 1, n - dash - 1)) {
		q->from.digits = n;
		query_keep_written(&q->from, r->at, n);
	}
	r->at += n;
	return true;
}

/* PLACE, START..END or START..+LENGTH */
static int
query_read_stretch(struct query_reader *r, struct query *q, struct err *err)
{
	if (query_read_dash(r, q))
		return 0;
	if (query_read_place(r, &q->from, err) < 0)
		return -1;
	query_skip_blanks(r);
	q->is_range = query_eat(r, "..");
	if (!q->is_range)
		return 0;
	query_skip_blanks(r);
	if (query_eat(r, "+"))
		return query_read_length(r, q, err);
	return query_read_place(r, &q->to, err);
}

/* A decimal fraction with a unit: "2.5g" is 2.5 times the `by` of "g". */
struct unit {
	const char *name;
	uint64_t by;
};

static bool
query_read_measure(struct query_reader *r, const struct unit *units, uint64_t *out)
{
	size_t n = query_token_length(r->at), digits = strspn(r->at, "0123456789"), i = digits;
	uint64_t whole, rest = 0, scale = 1;
	const char *end;

	if (!digits || !parse_u64(r->at, 10, &end, &whole))
		return false;
	if (i < n && r->at[i] == '.')
		for (i++; i < n && isdigit((unsigned char)r->at[i]) && scale < 1000000; i++) {
			rest = rest * 10 + (uint64_t)(r->at[i] - '0');
			scale *= 10;
		}
	while (units->name &&
	       (strlen(units->name) != n - i || strncasecmp(r->at + i, units->name, n - i)))
		units++;
	if (!units->name || whole > UINT64_MAX / units->by / 2)
		return false;
	*out = whole * units->by + rest * units->by / scale;
	r->at += n;
	return true;
}

/* BITS [DOWNTIME]: decimal units, as links are sold. */
static int
query_read_migrate(struct query_reader *r, struct query *q, struct err *err)
{
	static const struct unit bits[] = {{"", 1}, {"k", 1000}, {"m", 1000000}, {"g", 1000000000},
	                                   {"t", UINT64_C(1000000000000)}, {NULL, 0}};
	static const struct unit times[] = {{"ms", 1000000}, {"s", 1000000000}, {NULL, 0}};
	int col = query_column(r);

	q->link.downtime_ns = MIGRATE_DOWNTIME_MS * times[0].by;
	if (!query_read_measure(r, bits, &q->link.bits) || !q->link.bits)
		return query_bad(err, col, "the link's bits a second are expected here",
		                 "such as migrate 10g, migrate 2.5g or migrate 100m", r->text);
	query_skip_blanks(r);
	if (*r->at && !query_read_measure(r, times, &q->link.downtime_ns))
		return query_bad(err, query_column(r), "this is not a downtime",
		                 "such as 300ms or 1.5s", r->text);
	return 0;
}

static int
query_read_from(struct query_reader *r, struct query *q, struct err *err)
{
	return query_read_place(r, &q->from, err);
}

static int
query_read_where(struct query_reader *r, struct query *q, struct err *err)
{
	if (query_read_stretch(r, q, err) < 0)
		return -1;
	q->kind = q->is_range ? QUERY_RANGE : QUERY_ADDR;
	return 0;
}

static int
query_read_nothing(struct query_reader *r, struct query *q, struct err *err)
{
	(void)r;
	(void)q;
	(void)err;
	return 0;
}

/* Skips the word at the start of a query and the blanks after it; false: it is another word. */
static bool
query_eat_word(struct query_reader *r, const char *word)
{
	size_t n = strlen(word);

	if (word[n - 1] == ':')
		return query_eat(r, word);
	if (query_token_length(r->at) != n || !query_eat(r, word))
		return false;
	query_skip_blanks(r);
	return true;
}

static int
query_read_query(struct query_reader *r, struct query *q, struct err *err)
{
	static const struct {
		enum query_kind kind;
		const char *word;
		int (*read)(struct query_reader *, struct query *, struct err *);
	} rows[] = {
#define Q(id, word, f, e, reads, a, h) {QUERY_##id, word, reads},
#include "query/query.def"
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].word[0] && query_eat_word(r, rows[i].word)) {
			q->kind = rows[i].kind;
			return rows[i].read(r, q, err);
		}
	return query_read_where(r, q, err);
}

int
query_parse(const char *text, size_t page_size, struct query *q, struct err *err)
{
	struct query_reader r = {.text = text, .at = text, .page_size = page_size};
	struct query made = {.kind = QUERY_ADDR};

	query_skip_blanks(&r);
	if (query_read_query(&r, &made, err) < 0)
		return -1;
	query_skip_blanks(&r);
	if (*r.at)
		return query_bad(err, query_column(&r), "nothing more is expected here",
		                 "quote names with blanks: \"my file\"+0x10", r.text);
	*q = made;
	return 0;
}
