/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer that says in one line what an address is: its symbol, its mapping, its offset. */
#include "query/answer_query.h"

#include <string.h>

static const char *
whois_value(const struct answer *a, const char *key)
{
	for (size_t i = 0; i < a->n; i++)
		if (!strcmp(a->f[i].key, key) && a->f[i].value[0])
			return a->f[i].value;
	return NULL;
}

static void
whois_line(struct answer *a, const struct vma_list *vmas, const struct vma *v, uint64_t addr)
{
	const char *symbol = whois_value(a, "symbol"), *file = whois_value(a, "source_file");
	struct buf b = {0};
	char perm[5];

	vma_perm_text(v, perm);
	answer_place(&b, vmas, v, addr);
	buf_str(&b, ": ");
	if (symbol)
		buf_fmt(&b, "%s, ", symbol);
	if (file)
		buf_fmt(&b, "%s:%s, ", file, whois_value(a, "source_line"));
	buf_fmt(&b, "%s %s", perm, vma_type_name((enum vma_type)v->type));
	a->line = b.s;
}

struct answer *
answer_whois(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	const struct vma *v;
	struct answer *a;
	uint64_t addr;

	if (query_resolve(&q->from, vmas, &addr, &v, err) < 0)
		return NULL;
	if (!v)
		return answer_page(t, vmas, addr, err); /* what is nearest */
	a = answer_symbol(t, vmas, addr);
	a->has_place = true;
	answer_add_hex(a, "address", addr);
	answer_add_name(a, "mapping", vma_shown_name(v));
	answer_add_hex(a, "region_offset", addr - v->start);
	if (vma_has_file(v))
		answer_add_hex(a, "file_offset", addr - v->start + v->offset);
	whois_line(a, vmas, v, addr);
	return a;
}
