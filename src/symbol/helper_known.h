/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_KNOWN_H
#define PM_HELPER_KNOWN_H

#include "symbol/helper_parts.h"

/*
 * What the client knows of the names in files, so that it need not ask each of them about each
 * name: a filter, as long as the file is the same and was not changed.
 */
struct known_file {
	struct helper_map map;
	uint64_t inode;
	uint32_t dev_major, dev_minor;
	unsigned asked;  /* how often, for any name */
	bool unknowable; /* it has too many names, or cannot be checked */
	bool same;       /* since it was learned, when it was last checked */
	/* of the filter; bits is NULL until it is learned */
	uint64_t id;
	uint32_t tables, size;
	bool mangled;
	uint8_t *bits;
};
struct known {
	struct known_file *v;
	size_t n, cap;
};

/* The file of v, a mapping; a new one has been asked about nothing. Valid until the next call. */
struct known_file *known_at(struct known *k, const struct vma *v);
void known_free(struct known *k);

void known_take(struct known_file *f, const struct helper_filter *filter);

/*
 * The mappings of learned files from *at on, at most `max`; *at moves on. known_check takes their
 * identities, in the same order; NULL: not known.
 */
uint32_t known_maps(const struct known *k, size_t *at, struct helper_map *out, uint32_t max);
void known_check(struct known *k, size_t from, size_t to, const uint64_t *ids);

/* Whether it is sure that the file has no such name. */
bool known_lacks(const struct known_file *f, const char *name, enum symbol_how how);

#endif
