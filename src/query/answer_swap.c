/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The answer about a page of swap: where this process has it. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "kernel/flags.h"
#include "kernel/kabi.h"
#include "query/answer_query.h"
#include "query/hunt.h"

/* By its number, its name, or the end of its path. -1 with err. */
static int
swap_device(const struct swaps *s, const struct query *q, struct err *err)
{
	const char *end;
	char how[160];
	uint64_t number;
	size_t n;

	if (parse_u64(q->device, 10, &end, &number) && !*end && number < s->n)
		return (int)number;
	for (unsigned i = 0; i < s->n; i++)
		if (!strcmp(s->name[i], q->device) ||
		    !strcmp(path_base(s->name[i], &n), q->device))
			return (int)i;
	if (s->n)
		snprintf(how, sizeof(how), "they are 0 to %u; 0 is %.80s", s->n - 1, s->name[0]);
	err_set(err, ERR_USAGE,
	        s->n ? "no swap device has that number or name" : "there is no swap",
	        s->n ? how : NULL, "no swap device %.80s", q->device);
	err->column = q->column + (int)strlen("swap:");
	return -1;
}

struct answer *
answer_swap(struct target *t, const struct vma_list *vmas, const struct query *q, struct err *err)
{
	const struct swaps *s = &t->source->meta.swaps;
	int device = swap_device(s, q, err);
	struct hunt h = {.t = t, .mask = PM_PRESENT | PM_SWAPPED | PM_PFN_MASK,
	                 .cats = PM_CAT_SWAPPED};
	struct buf line = {0};
	struct answer *a;

	if (device < 0)
		return NULL;
	h.want = PM_SWAPPED | PM_SWAP_WORD((unsigned)device, q->swap_offset);
	if (hunt_words(&h, vmas, err) < 0)
		return NULL;
	a = answer_new();
	answer_add_number(a, "swap_type", (uint64_t)device);
	answer_add_name(a, "swap_device", s->name[device]);
	answer_add_hex(a, "swap_offset", q->swap_offset);
	buf_str(&line, "swap ");
	text_escape(&line, s->name[device], strlen(s->name[device]), false);
	buf_fmt(&line, " page %llx", (unsigned long long)q->swap_offset);
	hunt_facts(&h, vmas, 0, a, &line);
	a->line = line.s;
	return a;
}
