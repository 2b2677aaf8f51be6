/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/json.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"

enum { INDENT = 3 };

static void
json_line(struct json *j)
{
	buf_fmt(&j->text, "\n%*s", (int)j->depth * INDENT, "");
}

/* Writes the separator before a value or its key. */
static void
json_part(struct json *j)
{
	struct json_level *in = j->depth ? &j->in[j->depth - 1] : NULL;

	if (j->keyed || !in) {
		j->keyed = false;
		return;
	}
	if (in->any && !(in->lines && in->close == ']'))
		buf_add(&j->text, ", ", in->lines ? 1 : 2);
	if (in->lines)
		json_line(j);
	if (in->any && in->lines && in->close == ']')
		buf_add(&j->text, ",", 1);
	in->any = true;
}

static void
json_open(struct json *j, const char *open, char close, enum json_layout layout)
{
	json_part(j);
	buf_add(&j->text, open, 1);
	j->in[j->depth++] = (struct json_level){.close = close, .lines = layout == JSON_LINES};
}

void
json_object(struct json *j, enum json_layout layout)
{
	json_open(j, "{", '}', layout);
}

void
json_array(struct json *j, enum json_layout layout)
{
	json_open(j, "[", ']', layout);
}

void
json_close(struct json *j)
{
	const struct json_level *in = &j->in[--j->depth];

	if (in->lines)
		json_line(j);
	buf_add(&j->text, &in->close, 1);
	if (!j->depth)
		buf_add(&j->text, "\n", 1);
}

void
json_quote(struct buf *out, const char *s)
{
	buf_add(out, "\"", 1);
	for (size_t left = strlen(s); left;) {
		uint32_t cp = 0;
		size_t n = utf8_next(s, left, &cp);

		if (!n)
			buf_str(out, "\\ufffd");
		else if (cp < 0x20 || cp == 0x7f)
			buf_fmt(out, "\\u%04x", (unsigned)cp);
		else if (cp == '"' || cp == '\\')
			buf_fmt(out, "\\%c", (char)cp);
		else
			buf_add(out, s, n);
		s += n ? n : 1;
		left -= n ? n : 1;
	}
	buf_add(out, "\"", 1);
}

void
json_key(struct json *j, const char *key)
{
	json_part(j);
	json_quote(&j->text, key);
	buf_add(&j->text, ": ", 2);
	j->keyed = true;
}

void
json_member(struct buf *out, const char *key, bool first)
{
	buf_str(out, first ? "{" : ", ");
	json_quote(out, key);
	buf_add(out, ": ", 2);
}

void
json_no_value(struct buf *out)
{
	buf_str(out, "null");
}

void
json_members(struct json *j, const struct buf *members)
{
	json_part(j);
	buf_add(&j->text, members->s, members->len);
	buf_add(&j->text, "}", 1);
}

void
json_digits(struct json *j, const char *number)
{
	json_part(j);
	buf_str(&j->text, number);
}

void
json_null(struct json *j)
{
	json_digits(j, "null");
}

void
json_number(struct json *j, uint64_t n)
{
	json_part(j);
	buf_dec(&j->text, n);
}

void
json_string(struct json *j, const char *s)
{
	json_part(j);
	json_quote(&j->text, s);
}

void
json_title(struct buf *out, const char *title)
{
	if (!strcmp(title, "%"))
		title = "percent";
	for (; *title; title++) {
		char c =
		    *title == '-' || *title == '/' ? '_' : (char)tolower((unsigned char)*title);

		buf_add(out, &c, 1);
	}
}

void
json_flush(struct json *j, FILE *to)
{
	fwrite(j->text.s, 1, j->text.len, to);
	j->text.len = 0;
}

void
json_free(struct json *j)
{
	buf_free(&j->text);
	*j = (struct json){0};
}
