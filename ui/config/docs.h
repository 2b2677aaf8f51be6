/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DOCS_H
#define PM_DOCS_H

#include "base/err.h"

/* Help, manual and shell completion, generated from the tables and so never out of date. */
void docs_help(void);

/* `what`: a name of docs_table. */
int docs_print(const char *what, struct err *err);

#endif
