/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "query/answer.h"

#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "base/text.h"
#include "query/query.h"
#include "target/writers_page.h"

struct answer *
answer_new(void)
{
	struct answer *a = mem_alloc(sizeof(*a));

	a->refs = 1;
	return a;
}

struct answer *
answer_ref(struct answer *a)
{
	if (a)
		refs_take(&a->refs);
	return a;
}

void
answer_unref(struct answer *a)
{
	if (!a || !refs_drop(&a->refs))
		return;
	for (size_t i = 0; i < a->n; i++) {
		free(a->f[i].value);
		free(a->f[i].own);
	}
	for (size_t i = 0; i < a->table.n; i++)
		free(a->table.cell[i]);
	free(a->table.cell);
	bytes_unref(a->bytes);
	share_free(a->share);
	if (a->writers)
		page_writers_free(a->writers);
	free(a->writers);
	answer_unref(a->looked_up);
	free(a->f);
	free(a->line);
	free(a->question);
	free(a->filter);
	free(a);
}

static bool
answer_same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool
answer_same_fact(const struct fact *a, const struct fact *b)
{
	return a->key == b->key && a->number == b->number && answer_same_text(a->value, b->value) &&
	       answer_same_text(a->note, b->note);
}

bool
answer_same_page(const struct answer *a, const struct answer *b)
{
	if (!a->has_page || !b->has_page || a->place != b->place || a->n != b->n ||
	    a->written_ns != b->written_ns || a->looked_up != b->looked_up || a->writers ||
	    b->writers || !answer_same_text(a->line, b->line) ||
	    memcmp(&a->page, &b->page, sizeof(a->page)) != 0 ||
	    memcmp(&a->past, &b->past, sizeof(a->past)) != 0 ||
	    memcmp(&a->folio, &b->folio, sizeof(a->folio)) != 0)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (!answer_same_fact(&a->f[i], &b->f[i]))
			return false;
	return true;
}

/* --- putting facts together ------------------------------------------------------------------- */

struct fact *
answer_add(struct answer *a, const char *key, struct buf *value)
{
	a->f = vec_room(a->f, a->n, &a->cap, sizeof(*a->f));
	a->f[a->n] = (struct fact){.key = key, .value = value->s ? value->s : mem_strdup("")};
	*value = (struct buf){0};
	return &a->f[a->n++];
}

struct fact *
answer_add_hex(struct answer *a, const char *key, uint64_t v)
{
	struct buf b = {0};

	buf_fmt(&b, "%#llx", (unsigned long long)v);
	return answer_add(a, key, &b);
}

struct fact *
answer_add_number(struct answer *a, const char *key, uint64_t v)
{
	struct buf b = {0};
	struct fact *f;

	buf_fmt(&b, "%llu", (unsigned long long)v);
	f = answer_add(a, key, &b);
	f->number = true;
	return f;
}

struct fact *
answer_add_text(struct answer *a, const char *key, const char *text)
{
	struct buf b = {0};

	buf_str(&b, text);
	return answer_add(a, key, &b);
}

void
answer_add_unknown(struct answer *a, const char *key, const char *why)
{
	answer_add_text(a, key, "")->note = why;
}

void
answer_add_name(struct answer *a, const char *key, const char *name)
{
	struct buf b = {0};

	text_escape(&b, name, strlen(name), false);
	answer_add(a, key, &b);
}

void
answer_table(struct answer *a, const char *key, const struct answer_column *c, size_t n)
{
	a->table.key = key;
	a->table.column = c;
	a->table.columns = n;
}

void
answer_cell(struct answer *a, struct buf *value)
{
	struct answer_table *t = &a->table;

	t->cell = vec_room(t->cell, t->n, &t->cap, sizeof(*t->cell));
	t->cell[t->n++] = value->s ? value->s : mem_strdup("");
	*value = (struct buf){0};
}

void
answer_cell_number(struct answer *a, uint64_t v)
{
	struct buf b = {0};

	buf_dec(&b, v);
	answer_cell(a, &b);
}

void
answer_cell_text(struct answer *a, const char *text)
{
	struct buf b = {0};

	buf_str(&b, text);
	answer_cell(a, &b);
}

void
answer_cell_hex(struct answer *a, bool known, uint64_t v)
{
	struct buf b = {0};

	if (known)
		buf_fmt(&b, "0x%llx", (unsigned long long)v);
	answer_cell(a, &b);
}

/* --- one page --------------------------------------------------------------------------------- */

void
answer_place(struct buf *out, const struct vma_list *vmas, const struct vma *v, uint64_t addr)
{
	const char *name = vma_shown_name(v);
	struct buf place = {0};

	buf_fmt(out, "%llx ", (unsigned long long)addr);
	if (!query_place_text(vmas, v, addr, true, false, &place)) {
		text_escape(out, name, strlen(name), false);
		buf_str(out, " ");
	}
	buf_str(out, place.s);
	buf_free(&place);
}
