/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/swap.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"
#include "kernel/flags.h"

void
swaps_free(struct swaps *s)
{
	for (unsigned i = 0; i < s->n; i++)
		free(s->name[i]);
	*s = (struct swaps){0};
}

/* NAME TYPE SIZE USED PRIORITY; blanks of a name are escaped. */
static bool
swaps_is_used(const char *line)
{
	enum { USED = 3 };
	uint64_t n;
	const char *end;

	for (unsigned i = 0; i < USED; i++) {
		line += strcspn(line, " \t\n");
		line += strspn(line, " \t");
	}
	return parse_u64(line, 10, &end, &n) && n > 0;
}

/* A heading, then one line per device that begins with its name. */
static void
swaps_parse(struct swaps *s, const char *text)
{
	const char *line = strchr(text, '\n');

	*s = (struct swaps){0};
	for (; line && line[1] && s->n < PM_SWAP_TYPES; line = strchr(line + 1, '\n')) {
		size_t n = strcspn(line + 1, " \t\n");

		s->name[s->n] = memcpy(mem_alloc(n + 1), line + 1, n);
		s->in_use |= swaps_is_used(line + 1);
		s->n++;
	}
}

void
swaps_read(struct swaps *s, const struct proc *p, bool unread)
{
	struct buf text = {0};
	int fd = proc_root_file(p, "swaps", O_RDONLY);
	bool read = fd >= 0 && file_read_all(fd, &text) == 0;

	s->error = read || errno == ENOENT ? 0 : errno;
	if (!s->error)
		swaps_free(s);
	if (read && text.s)
		swaps_parse(s, text.s);
	else if (!s->n)
		s->in_use = unread;
	if (fd >= 0)
		close(fd);
	buf_free(&text);
}

bool
swap_holds(unsigned devices, uint64_t word)
{
	unsigned type = PM_SWAP_TYPE(word);

	if (word & (PM_PRESENT | PM_GUARD) || !(word & PM_SWAPPED) || !devices)
		return false;
	return type < PM_SWAP_TYPES_SURE || type < devices;
}
