/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "views/spark.h"

#include "base/util.h"
#include "term/paint.h"

void
spark_draw(const uint64_t *v, unsigned n, int y, int x)
{
	uint64_t most = 0;

	for (unsigned i = 0; i < n; i++)
		most = u64_max(most, v[i]);
	for (unsigned i = 0; i < n; i++)
		paint_glyph(y, x + (int)i, v[i] ? ROLE_ACCENT : ROLE_DIM,
		            v[i] ? paint_eighth(eighths(v[i], most))
		                 : (paint_utf8() ? L'·' : '.'));
}
