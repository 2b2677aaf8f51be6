/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SPARK_H
#define PM_SPARK_H

#include <stdint.h>

/* What something was over time, a glyph each, scaled to its peak; a dot where it was nothing. */
void spark_draw(const uint64_t *v, unsigned n, int y, int x);

#endif
