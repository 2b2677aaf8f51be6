/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_DURATION_H
#define PM_DURATION_H

#include <stdbool.h>
#include <stdint.h>

/* "1500ms", "90", "90s", "10m", "2h" or "1d", in nanoseconds. false: it is none, or of decades. */
bool duration_parse(const char *text, uint64_t *ns);

#endif
