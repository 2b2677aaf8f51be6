/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer about names: the symbols that begin so. */
#include "query/answer_query.h"

#include <string.h>

#include "base/text.h"
#include "target/symbol.h"

static void
symbols_add(void *arg, const struct vma *v, const struct helper_match *m)
{
	struct answer *a = arg;
	const char *name = m->demangled[0] ? m->demangled : m->name;
	size_t len = strlen(v->name);
	const char *file = path_base(v->name, &len);
	struct buf b = {0};

	answer_cell_hex(a, true, m->addr);
	text_escape(&b, name, strcspn(name, "@"), false);
	answer_cell(a, &b);
	text_escape(&b, file, len, false);
	answer_cell(a, &b);
}

struct answer *
answer_symbols(struct target *t, const struct vma_list *vmas, const struct query *q,
               struct err *err)
{
	static const struct answer_column columns[] = {{"ADDRESS", ANSWER_TEXT},
	                                               {"SYMBOL", ANSWER_TEXT},
	                                               {"FILE", ANSWER_TEXT}};
	struct answer *a;
	struct buf b = {0};
	uint64_t n;

	if (source_is_past(t->source)) {
		err_set(err, ERR_TARGET, "a recording has no symbols but of code that faulted",
		        "ask a running process", "cannot search symbols");
		return NULL;
	}
	a = answer_new();
	answer_table(a, "symbols", columns, ARRAY_LEN(columns));
	a->table.places = true;
	a->table.more = symbol_begun(t, vmas, q->text, symbols_add, a);
	n = a->table.n / ARRAY_LEN(columns) + a->table.more;
	if (!n) {
		answer_unref(a);
		err_set(err, ERR_TARGET,
		        symbol_supported() ? "no file of the process has one"
		                           : "this pmtop was built without elfutils",
		        "a stripped file has only the symbols that others use",
		        "no symbol begins with %.100s", q->text);
		return NULL;
	}
	answer_add_number(a, "found", n);
	buf_fmt(&b, "%llu symbol%s", (unsigned long long)n, plural(n));
	a->line = b.s;
	return a;
}
