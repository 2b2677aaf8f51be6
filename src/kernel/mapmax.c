/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/mapmax.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"

enum { PAGES_MAX = 1 << 18 }; /* looked at in some 15 ms */

/*
 * "START POLICY WORD...": without pages the line ends early, with pages mapped once it has no
 * mapmax. Names of files have no spaces: the kernel escapes them.
 */
static void
mapmax_add(struct mapmax *m, const char *line)
{
	const char *end, *most = strstr(line, " mapmax=");
	struct mapmax_row row = {.most = 1};

	if (!parse_u64(line, 16, &end, &row.start) || *end != ' ')
		return;
	if (most && !parse_u64(most + strlen(" mapmax="), 10, &end, &row.most))
		row.most = 0;
	m->v = vec_room(m->v, m->n, &m->cap, sizeof(*m->v));
	m->v[m->n++] = row;
}

bool
mapmax_read(struct proc *p, uint64_t pages, struct mapmax *out)
{
	struct proc_activity now;
	char *line = NULL;
	size_t size = 0;
	FILE *f;
	int fd;

	*out = (struct mapmax){0};
	if (!proc_activity_read(p, &now) || now.rss > u64_min(pages, PAGES_MAX))
		return false;
	fd = file_open(p->leader, "numa_maps", O_RDONLY);
	f = fd < 0 ? NULL : fdopen(fd, "r");
	if (!f) {
		if (fd >= 0)
			close(fd);
		return false;
	}
	while (getline(&line, &size, f) > 0)
		mapmax_add(out, line);
	free(line);
	fclose(f);
	return out->n;
}

void
mapmax_free(struct mapmax *m)
{
	free(m->v);
	*m = (struct mapmax){0};
}

uint64_t
mapmax_at(const struct mapmax *m, uint64_t addr)
{
	size_t i = vec_above(m->v, m->n, sizeof(*m->v), offsetof(struct mapmax_row, start), addr);

	return i ? m->v[i - 1].most : 0;
}
