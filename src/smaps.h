/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SMAPS_H
#define PM_SMAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/*
 * What only /proc/PID/smaps can tell (Documentation/filesystems/proc.rst 1.1). It makes the kernel
 * walk every page table under the target's lock, so it is read when it is asked for, never to
 * refresh a screen.
 */
struct smaps_entry {
	uint64_t start;
	uint64_t pss, referenced, thp; /* bytes */
	bool newborn;                  /* VmFlags sd: every page reads as soft-dirty */
};

struct smaps {
	struct smaps_entry *v; /* ascending */
	size_t n, cap;
};

/* Parse text (pure). */
void smaps_parse(struct smaps *s, const char *text);
int smaps_read(int fd, struct smaps *s, struct err *err);
void smaps_free(struct smaps *s);

/* The entry of the region that starts at `start`, NULL if there is none. */
const struct smaps_entry *smaps_find(const struct smaps *s, uint64_t start);

#endif
