/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ANSWER_DATA_H
#define PM_ANSWER_DATA_H

#include <stdio.h>

#include "base/err.h"
#include "query/answer.h"
#include "table/json.h"

/* An answer as an object, with its question; and its facts, as members of the innermost object. */
void answer_json(struct json *j, const char *question, const struct answer *a);
void answer_json_facts(struct json *j, const struct answer *a);

/* Its table as CSV; without a table its facts, as columns FACT and VALUE. -1: a write failed. */
int answer_csv(const struct answer *a, FILE *to, struct err *err);

#endif
