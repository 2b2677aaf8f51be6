/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/sign.h"

#include <stdlib.h>

#include "base/util.h"
#include "target/bytes.h"

enum { SIGN_MAX = 16384 }; /* pages: only the beginning of larger windows */

/* Up to BYTES_PAGES pages; their contents are read on first use. */
struct signer {
	struct target *t;
	const struct vma *v;
	uint64_t addr;
	size_t n;
	uint8_t *pages; /* room for BYTES_PAGES */
	struct bytes_page how[BYTES_PAGES];
	bool asked, read;
};

static const uint8_t *
sign_contents(void *arg, size_t i)
{
	struct signer *s = arg;
	struct err ignored;

	if (!s->asked)
		s->read = bytes_pages(s->t, s->v, s->addr, s->n, s->pages, s->how, &ignored) == 0;
	s->asked = true;
	return s->read && s->how[i].kind == BYTES_READ ? s->pages + i * s->t->page_size : NULL;
}

static void
sign_few(struct signer *s, uint64_t addr, size_t n, uint64_t *out)
{
	uint64_t words[BYTES_PAGES];
	struct err ignored;
	ssize_t got = source_words(s->t->source, addr, words, n, &ignored);

	s->addr = addr;
	s->n = got > 0 ? (size_t)got : 0;
	s->asked = s->read = false;
	track_sign(&s->t->track,
	           &(struct track_pages){.vma = s->v, .page_size = s->t->page_size,
	                                 .addr = addr, .words = words, .words_n = s->n, .n = n,
	                                 .contents = sign_contents, .arg = s},
	           out);
}

void
sign_pages(struct target *t, const struct vma *v, uint64_t start, uint64_t end, uint64_t now)
{
	size_t page_size = t->page_size, n = u64_min((end - start) / page_size, SIGN_MAX);
	struct signer s = {.t = t, .v = v};
	uint64_t *is;

	if (!t->track.clears || !(tracker_caps(t->track.tracker) & TRACKER_LOCAL))
		return;
	is = mem_alloc(n * sizeof(*is));
	s.pages = mem_alloc(BYTES_PAGES * page_size);
	for (size_t i = 0; i < n; i += BYTES_PAGES)
		sign_few(&s, start + i * page_size, u64_min(n - i, BYTES_PAGES), is + i);
	track_compare(&t->track, v, start, page_size, is, n, now);
	free(s.pages);
	free(is);
}
