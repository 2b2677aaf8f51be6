/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_PARTS_H
#define PM_ANSWER_PARTS_H

/* How the files of the answers put one together. */
#include "answer.h"

struct answer *answer_new(void);

/* Each appends a fact; keys are static. `value` is taken over and emptied. */
struct fact *answer_add(struct answer *a, const char *key, struct buf *value);
struct fact *answer_add_hex(struct answer *a, const char *key, uint64_t v);
struct fact *answer_add_number(struct answer *a, const char *key, uint64_t v);
struct fact *answer_add_text(struct answer *a, const char *key, const char *text);

/* "7f1a80926010 libc.so.6+26010": an address, and where in region v that is. */
void answer_place(struct buf *out, const struct vma_list *vmas, const struct vma *v, uint64_t addr);

void answer_add_name(struct answer *a, const char *key, const char *name); /* from outside: escaped */
void answer_add_unknown(struct answer *a, const char *key, const char *why);

#endif
