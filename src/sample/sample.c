/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sample/sample.h"

#include <stdlib.h>

void
sample_free(struct sample *s)
{
	if (!s)
		return;
	regions_unref(s->regions);
	window_unref(s->window);
	answer_unref(s->card);
	bytes_unref(s->bytes);
	smaps_look_unref(s->smaps);
	free(s);
}
