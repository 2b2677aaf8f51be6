/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_ALBUM_H
#define PM_ALBUM_H

#include "page/page.h"

/*
 * Pages by number, in little memory: each has its word; the other facts, which most share with a
 * page nearby, are kept once. A copy of the struct is not one of the pages: album_copy.
 */
struct album {
	uint64_t *words; /* both may be those of another album, too: see album_share */
	uint32_t *fact;  /* of each page, which of `facts` */
	size_t n;
	struct page *facts; /* without the word; the first is of a page that was never put */
	size_t used, cap;
};

/* n pages of which nothing is known; album_free frees them. */
void album_begin(struct album *a, size_t n);
void album_free(struct album *a);
void album_copy(struct album *a, const struct album *from);

/* All of the page but `like`. */
void album_put(struct album *a, size_t i, const struct page *pg);
void album_get(const struct album *a, size_t i, struct page *out);

bool album_same(const struct album *a, const struct album *b);
/* The same of one page, which both have. */
bool album_same_page(const struct album *a, const struct album *b, size_t i);

/* Keeps what both have alike once. Neither may be changed from then on. */
void album_share(struct album *a, const struct album *from);

/* What it takes that `other` does not share with it; NULL: all. */
size_t album_bytes(const struct album *a, const struct album *other);

#endif
