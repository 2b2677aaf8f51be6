/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_PARTS_H
#define PM_HELPER_PARTS_H

/* What the two sides of the helper have in common, and the parts of its inside. */
#include <limits.h>

#include "helper.h"

/* Where the helper finds what it was given. */
enum { HELPER_SOCKET = 0, HELPER_DIR = 3 };

#define HELPER_NAME "pmtop-helper"
#define HELPER_WORD "--helper" /* only with a socket of ours as standard input */

/* A mapping: what maps says of it. */
struct helper_map {
	uint64_t start, end, offset;
	uint32_t perm; /* enum vma_perm */
};

enum helper_kind { HELPER_PAGES };

struct helper_ask {
	uint32_t serial;
	uint32_t kind; /* enum helper_kind */
	uint32_t want;
	uint32_t dev_major, dev_minor;
	uint64_t inode;
	uint64_t start, end;
	struct helper_map map;
	char name[PATH_MAX]; /* as maps has it */
};

struct helper_answer {
	uint32_t serial;
	uint32_t ok;
	union {
		struct file_pages pages;
	};
};

/* Whether this program calls helper_main: another one would do who knows what when it is executed again. */
bool helper_can_start(void);

/* The file behind the mapping, open for reading; -1: it cannot be had, or is another one. */
int helper_open(const struct helper_ask *ask);

bool helper_file_pages(const struct helper_ask *ask, struct file_pages *out);

#endif
