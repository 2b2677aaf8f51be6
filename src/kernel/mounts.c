/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/mounts.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"

enum {
	MOST_BYTES = 32 << 20, /* the kernel's own limit is 100000 mounts a namespace */
	MOST_MOUNTS = 200000,
};

#define M(n, k) {(n), MOUNT_##k},
static const struct {
	const char *name;
	enum mount_kind kind;
} mounts_kinds[] = {
#include "kernel/mounts.def"
};
#undef M

static enum mount_kind
mounts_kind_of(const char *type)
{
	size_t n = strcspn(type, ".");

	for (size_t i = 0; i < ARRAY_LEN(mounts_kinds); i++)
		if (strlen(mounts_kinds[i].name) == n && !strncmp(mounts_kinds[i].name, type, n))
			return mounts_kinds[i].kind;
	return MOUNT_DISK;
}

/* The kernel writes blanks, newlines, backslashes and # of a name as \ooo. */
static void
mounts_decode(char *s)
{
	char *out = s;

	while (*s) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*out++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*out++ = *s++;
		}
	}
	*out = '\0';
}

/* The next field of the line, cut off; NULL: there is none. */
static char *
mounts_take_field(char **line)
{
	char *s = *line, *end = strchr(s, ' ');

	if (!*s)
		return NULL;
	*line = end ? end + 1 : s + strlen(s);
	if (end)
		*end = '\0';
	return s;
}

static bool
mounts_parse_device(const char *s, struct mount *m)
{
	uint64_t major, minor;

	if (!parse_u64(s, 10, &s, &major) || *s != ':' || !parse_u64(s + 1, 10, &s, &minor) || *s ||
	    major > UINT32_MAX || minor > UINT32_MAX)
		return false;
	m->dev_major = (uint32_t)major;
	m->dev_minor = (uint32_t)minor;
	return true;
}

/* ID PARENT MAJOR:MINOR ROOT POINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS */
static bool
mounts_parse_line(char *line, struct mount *m)
{
	char *id = mounts_take_field(&line), *parent = mounts_take_field(&line),
	     *device = mounts_take_field(&line);
	char *root = mounts_take_field(&line), *point = mounts_take_field(&line),
	     *options = mounts_take_field(&line);
	char *tag, *type;
	const char *end;

	if (!options || !parent || !root || !parse_u64(id, 10, &end, &m->id) || *end ||
	    !mounts_parse_device(device, m))
		return false;
	do {
		tag = mounts_take_field(&line);
	} while (tag && strcmp(tag, "-"));
	type = tag ? mounts_take_field(&line) : NULL;
	if (!type || !*type)
		return false;
	mounts_decode(point);
	mounts_decode(type);
	m->type = type;
	m->point = point;
	m->kind = (uint8_t)mounts_kind_of(type);
	if (m->kind == MOUNT_MEMORY && !strcmp(point, "/dev"))
		m->kind = MOUNT_NODES; /* a container's */
	return true;
}

static uint64_t
mounts_device_of(const struct mount *m)
{
	return (uint64_t)m->dev_major << 32 | m->dev_minor;
}

static int
mounts_do_by_device(const void *a, const void *b)
{
	const struct mount *x = a, *y = b;

	if (mounts_device_of(x) != mounts_device_of(y))
		return mounts_device_of(x) < mounts_device_of(y) ? -1 : 1;
	return (y->kind == MOUNT_NODES) - (x->kind == MOUNT_NODES);
}

void
mounts_parse(struct mounts *m, char *text)
{
	*m = (struct mounts){.text = text, .known = true};
	for (char *line = text, *next; line && *line; line = next) {
		struct mount one;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		if (m->n == MOST_MOUNTS || !mounts_parse_line(line, &one)) {
			m->known = false;
			continue;
		}
		m->v = vec_room(m->v, m->n, &m->cap, sizeof(*m->v));
		m->v[m->n++] = one;
	}
	vec_sort(m->v, m->n, sizeof(*m->v), mounts_do_by_device);
}

bool
mounts_read(struct mounts *m, int dir)
{
	int fd = file_open(dir, "mountinfo", O_RDONLY);
	bool ok;

	*m = (struct mounts){0};
	if (fd < 0)
		return false;
	ok = mounts_read_file(m, fd);
	close(fd);
	return ok;
}

bool
mounts_read_file(struct mounts *m, int fd)
{
	struct buf text = {0};
	char chunk[8192];
	ssize_t n = -1;

	*m = (struct mounts){0};
	if (lseek(fd, 0, SEEK_SET) < 0)
		return false;
	while (text.len < MOST_BYTES && (n = read(fd, chunk, sizeof(chunk))) > 0)
		buf_add(&text, chunk, (size_t)n);
	if (n < 0 || !text.s) {
		buf_free(&text);
		return false;
	}
	mounts_parse(m, text.s);
	m->known &= n == 0;
	return true;
}

void
mounts_free(struct mounts *m)
{
	free(m->v);
	free(m->text);
	*m = (struct mounts){0};
}

const struct mount *
mounts_by_device(const struct mounts *m, uint32_t major, uint32_t minor)
{
	uint64_t device = (uint64_t)major << 32 | minor;
	size_t lo = 0, hi = m->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (mounts_device_of(&m->v[mid]) < device)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < m->n && mounts_device_of(&m->v[lo]) == device ? &m->v[lo] : NULL;
}

const struct mount *
mounts_by_id(const struct mounts *m, uint64_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->v[i].id == id)
			return &m->v[i];
	return NULL;
}
