/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smaps.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

static bool
starts(const char *line, const char *field, const char **value)
{
	size_t n = strlen(field);

	if (strncmp(line, field, n))
		return false;
	*value = line + n + strspn(line + n, " ");
	return true;
}

static void
parse_field(struct smaps_entry *e, const char *line)
{
	static const struct {
		const char *name;
		size_t at;
	} fields[] = {
	    {"Pss:", offsetof(struct smaps_entry, pss)},
	    {"Referenced:", offsetof(struct smaps_entry, referenced)},
	    {"AnonHugePages:", offsetof(struct smaps_entry, thp)},
	    {"ShmemPmdMapped:", offsetof(struct smaps_entry, thp)},
	    {"FilePmdMapped:", offsetof(struct smaps_entry, thp)},
	};
	const char *value, *end;
	uint64_t kib;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		if (starts(line, fields[i].name, &value) && parse_u64(value, 10, &end, &kib))
			*(uint64_t *)((char *)e + fields[i].at) += kib * 1024;
	if (starts(line, "VmFlags:", &value))
		for (; *value && *value != '\n'; value += strcspn(value, " \n"), value += *value == ' ')
			if (!strncmp(value, "sd", 2) && (value[2] == ' ' || value[2] == '\n' || !value[2]))
				e->newborn = true;
}

void
smaps_parse(struct smaps *s, const char *text)
{
	*s = (struct smaps){0};
	for (const char *line = text; line && *line; line = strchr(line, '\n'), line += line ? 1 : 0) {
		const char *end;
		uint64_t start;

		/* a heading is "START-END ..."; no field begins with hex digits and a dash */
		if (parse_u64(line, 16, &end, &start) && *end == '-') {
			s->v = vec_room(s->v, s->n, &s->cap, sizeof(*s->v));
			s->v[s->n++] = (struct smaps_entry){.start = start};
		} else if (s->n) {
			parse_field(&s->v[s->n - 1], line);
		}
	}
}

int
smaps_read(int fd, struct smaps *s, struct err *err)
{
	struct buf text = {0};

	*s = (struct smaps){0};
	if (fd < 0 || file_read_all(fd, &text) < 0) {
		buf_free(&text);
		return err_sys(err, NULL, "cannot read smaps");
	}
	smaps_parse(s, text.s ? text.s : "");
	buf_free(&text);
	return 0;
}

void
smaps_free(struct smaps *s)
{
	free(s->v);
	*s = (struct smaps){0};
}

const struct smaps_entry *
smaps_find(const struct smaps *s, uint64_t start)
{
	size_t i = vec_above(s->v, s->n, sizeof(*s->v), offsetof(struct smaps_entry, start), start);

	return i > 0 && s->v[i - 1].start == start ? &s->v[i - 1] : NULL;
}
