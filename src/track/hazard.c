/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "track/hazard.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* The tracer's name ("criu"), or "" if it is not known. */
static void
hazard_comm_of(const struct proc *p, long pid, char *out, size_t size)
{
	struct buf text = {0};
	char name[32];
	int fd;

	snprintf(name, sizeof(name), "%ld/comm", pid);
	fd = proc_root_file(p, name, O_RDONLY);
	out[0] = '\0';
	if (fd < 0)
		return;
	if (file_read_all(fd, &text) == 0)
		snprintf(out, size, "%.*s", (int)strcspn(text.s, "\n"), text.s);
	close(fd);
	buf_free(&text);
}

static bool
hazard_is_collector(const struct vma *v)
{
	const char *slash = strrchr(v->name, '/');

	return v->inode && slash && !strncmp(slash + 1, "libgc.so", 8);
}

bool
hazard_of_clear(const struct proc *p, const struct vma_list *vmas, struct buf *out)
{
	long tracer = proc_tracer(p);
	char comm[64];

	if (tracer > 0) {
		hazard_comm_of(p, tracer, comm, sizeof(comm));
		buf_fmt(out,
		        "process %ld%s%s%s traces it, and may itself use soft-dirty",
		        tracer, comm[0] ? " (" : "", comm, comm[0] ? ")" : "");
		if (!strncmp(comm, "criu", 4))
			buf_str(out, ": its next incremental dump would miss pages");
		return true;
	}
	for (size_t i = 0; i < vmas->n; i++)
		if (hazard_is_collector(&vmas->v[i])) {
			buf_str(out, "it maps libgc, which may find live objects by soft-dirty: a "
			             "clear could make it free them");
			return true;
		}
	return false;
}
