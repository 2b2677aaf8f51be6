/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/sign.h"

#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "kernel/flags.h"
#include "target/bytes.h"
#include "track/tracker_ops.h"

enum { SIGN_MAX = 16384 }; /* pages: of larger windows the beginning */

static uint64_t
sign_mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

/* Four sums side by side, so that the multiplications overlap: what it costs is the reading. */
static uint64_t
sign_page(const uint8_t *page, size_t size)
{
	uint64_t lane[4] = {1, 2, 3, 4}, word;

	for (size_t i = 0; i < size; i += sizeof(lane))
		for (unsigned k = 0; k < 4; k++) {
			memcpy(&word, page + i + k * sizeof(word), sizeof(word));
			lane[k] = (lane[k] ^ word) * UINT64_C(0x9e3779b97f4a7c15);
			lane[k] ^= lane[k] >> 29;
		}
	return sign_mix(lane[0] ^ sign_mix(lane[1] ^ sign_mix(lane[2] ^ sign_mix(lane[3])))) | 1;
}

/* What the entry says but for how it was used: there or not, which frame, which place in swap. */
static uint64_t
sign_entry(uint64_t word)
{
	uint64_t fixed = PM_PRESENT | PM_SWAPPED | PM_FILE | PM_PFN_MASK;

	return sign_mix((word & fixed) + 1) | 1;
}

struct signer {
	struct target *t;
	const struct vma *v;
	uint8_t *pages; /* room for BYTES_PAGES */
	uint64_t zeros; /* of a page that is all zeros */
};

/*
 * A page of private memory that was never touched reads as zeros. What is out of RAM is not read:
 * it keeps the signature it had, for nothing is written there.
 */
static uint64_t
sign_absent(const struct signer *s, uint64_t word)
{
	return !word && !vma_has_file(s->v) && s->v->type != VMA_SHM ? s->zeros : SEEN_AS_BEFORE;
}

static void
sign_contents(const struct signer *s, uint64_t addr, const uint64_t *words, size_t n, uint64_t *out)
{
	size_t size = s->t->pm.page_size;
	struct bytes_page how[BYTES_PAGES];
	struct err ignored;
	bool any = false, read;

	for (size_t i = 0; i < n; i++)
		any |= (words[i] & PM_PRESENT) != 0;
	read = any && bytes_pages(s->t, s->v, addr, n, s->pages, how, &ignored) == 0;
	for (size_t i = 0; i < n; i++)
		if (!(words[i] & PM_PRESENT))
			out[i] = sign_absent(s, words[i]);
		else
			out[i] = read && how[i].kind == BYTES_READ
			             ? sign_page(s->pages + i * size, size)
			             : 0;
}

/* Up to BYTES_PAGES pages. */
static void
sign_few(const struct signer *s, uint64_t addr, size_t n, uint64_t *out)
{
	uint64_t words[BYTES_PAGES];
	struct err ignored;
	ssize_t got = pagemap_words(&s->t->pm, addr, words, n, &ignored);

	for (size_t i = got > 0 ? (size_t)got : 0; i < n; i++)
		out[i] = SEEN_AS_BEFORE;
	if (got > 0 && s->t->track.tracker == TRACKER_HASH)
		sign_contents(s, addr, words, (size_t)got, out);
	else
		for (ssize_t i = 0; i < got; i++)
			out[i] = sign_entry(words[i]);
}

void
sign_look(struct target *t, const struct vma *v, uint64_t start, uint64_t end, uint64_t now)
{
	size_t page_size = t->pm.page_size, n = u64_min((end - start) / page_size, SIGN_MAX);
	struct signer s = {.t = t, .v = v};
	uint64_t *is;

	if (!t->track.gen || !(tracker_caps(t->track.tracker) & TRACKER_LOCAL))
		return;
	is = mem_alloc(n * sizeof(*is));
	s.pages = mem_alloc(BYTES_PAGES * page_size);
	s.zeros = sign_page(s.pages, page_size);
	for (size_t i = 0; i < n; i += BYTES_PAGES)
		sign_few(&s, start + i * page_size, u64_min(n - i, BYTES_PAGES), is + i);
	seen_take(&t->track, v, start, page_size, is, n, now);
	free(s.pages);
	free(is);
}
