/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model/list_filter.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"

/* The text as a search in names; "" if it cannot be one. */
static void
list_as_name(const char *text, char *out, size_t size)
{
	size_t skip = strspn(text, " \t"), n = strlen(text);
	char quote = strchr(text, '"') ? '\'' : '"';
	char sign[2] = "";

	while (n > skip && strchr(" \t", text[n - 1]))
		n--;
	if (skip + strcspn(text + skip, " \t\"'[") < n)
		sign[0] = quote;
	out[0] = '\0';
	if (strpbrk(text, "=<>~!&|()") || strchr(text, quote) ||
	    n - skip + sizeof("name~\"\"") > size)
		return;
	snprintf(out, size, "name~%s%.*s%s", sign, (int)(n - skip), text + skip, sign);
}

int
list_filter_set(struct list_filter *f, const char *text, size_t page_size, struct err *err)
{
	struct list_filter next = {0};
	struct err ignored;

	if (!text[strspn(text, " \t")]) {
		*f = next;
		return 0;
	}
	if (strlen(text) >= sizeof(next.text))
		return err_set(err, ERR_USAGE, "the filter is too long", "shorten it",
		               "cannot read the filter");
	snprintf(next.text, sizeof(next.text), "%s", text);
	if (filter_parse(next.text, FILTER_REGION, page_size, &next.program, err) < 0) {
		list_as_name(text, next.text, sizeof(next.text));
		if (!next.text[0] ||
		    filter_parse(next.text, FILTER_REGION, page_size, &next.program, &ignored) < 0)
			return -1;
	}
	*f = next;
	return 0;
}

bool *
list_filter_run(const struct list_filter *f, const struct sample *s, size_t *unknown)
{
	bool *in;

	*unknown = 0;
	if (!f->text[0])
		return NULL;
	in = mem_alloc((s->regions->vmas.n + 1) * sizeof(*in));
	for (size_t i = 0; i < s->regions->vmas.n; i++) {
		const struct region *r = regions_at(s->regions, i);
		struct filter_facts x = {
		    .v = &s->regions->vmas.v[i],
		    .r = r,
		    .page_size = s->page_size,
		    .huge_known = s->huge_known,
		    .smaps =
			s->smaps ? smaps_find(&s->smaps->smaps, s->regions->vmas.v[i].start) : NULL,
		    .written_known = s->clears && !r->doubt};
		enum truth t = filter_eval(&f->program, &x);

		in[i] = t == TRUTH_YES;
		*unknown += t == TRUTH_UNKNOWN;
	}
	return in;
}
