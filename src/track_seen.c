/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What can be told of the pages on screen without the kernel's help: how they differ from the look
 * before. Of each page a signature is kept, of its contents (TRACK_HASH) or of its entry in the page
 * table (TRACK_NONE); two that are known and differ are a change.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "flags.h"
#include "kabi.h"
#include "target.h"
#include "track_ways.h"
#include "util.h"

enum { SEEN_MAX = 16384 }; /* pages: of larger windows the beginning */

struct seen {
	uint64_t start;  /* address of the first */
	uint64_t *v;     /* a signature a page; 0: not known */
	size_t n, page_size;
};

/* --- signatures --------------------------------------------------------------------------------------------- */

static uint64_t
mix(uint64_t h)
{
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	h ^= h >> 32;
	h *= UINT64_C(0xd6e8feb86659fd93);
	return h ^ h >> 32;
}

/* Four sums side by side, so that the multiplications overlap: what it costs is the reading. */
static uint64_t
hash_page(const uint8_t *page, size_t size)
{
	uint64_t lane[4] = {1, 2, 3, 4}, word;

	for (size_t i = 0; i < size; i += sizeof(lane))
		for (unsigned k = 0; k < 4; k++) {
			memcpy(&word, page + i + k * sizeof(word), sizeof(word));
			lane[k] = (lane[k] ^ word) * UINT64_C(0x9e3779b97f4a7c15);
			lane[k] ^= lane[k] >> 29;
		}
	return mix(lane[0] ^ mix(lane[1] ^ mix(lane[2] ^ mix(lane[3])))) | 1;
}

/* What the entry says but for how it was used: there or not, which frame, which place in swap. */
static uint64_t
sign_entry(uint64_t word)
{
	uint64_t fixed = PM_PRESENT | PM_SWAPPED | PM_FILE | PM_PFN_MASK;

	return mix((word & fixed) + 1) | 1;
}

struct signer {
	struct target *t;
	const struct vma *v;
	uint8_t *pages; /* room for BYTES_PAGES */
	uint64_t zeros; /* of a page that is all zeros */
};

/*
 * A page of private memory that was never touched reads as zeros. What is out of RAM is not read: it
 * keeps the signature it had, for nothing is written there.
 */
static uint64_t
sign_absent(const struct signer *s, uint64_t word, uint64_t before)
{
	return !word && !vma_has_file(s->v) && s->v->type != VMA_SHM ? s->zeros : before;
}

static void
sign_contents(const struct signer *s, uint64_t addr, const uint64_t *words, size_t n, const uint64_t *before,
              uint64_t *out)
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
			out[i] = sign_absent(s, words[i], before[i]);
		else
			out[i] = read && how[i].kind == BYTES_READ ? hash_page(s->pages + i * size, size) : 0;
}

static void
sign(const struct signer *s, uint64_t addr, const uint64_t *words, size_t n, const uint64_t *before, uint64_t *out)
{
	if (s->t->track.way == TRACK_HASH)
		sign_contents(s, addr, words, n, before, out);
	else
		for (size_t i = 0; i < n; i++)
			out[i] = sign_entry(words[i]);
}

/* --- looking -------------------------------------------------------------------------------------------------- */

/* Moves what is known to a window that begins at `start`. */
static void
move_to(struct seen *s, uint64_t start, size_t n, size_t page_size)
{
	uint64_t *v = mem_alloc(n * sizeof(*v));

	for (size_t i = 0; i < n; i++) {
		uint64_t at = start + i * page_size;

		if (at >= s->start && (at - s->start) / page_size < s->n)
			v[i] = s->v[(at - s->start) / page_size];
	}
	free(s->v);
	*s = (struct seen){start, v, n, page_size};
}

static void
run_add(struct pm_run **runs, size_t *n, size_t *cap, uint64_t start, uint64_t end)
{
	if (*n && (*runs)[*n - 1].end == start) {
		(*runs)[*n - 1].end = end;
		return;
	}
	*runs = vec_room(*runs, *n, cap, sizeof(**runs));
	(*runs)[(*n)++] = (struct pm_run){start, end, 0};
}

struct changes {
	struct pm_run *v;
	size_t n, cap;
};

/* Up to BYTES_PAGES pages from number `first` on. */
static void
look_at(const struct signer *s, struct seen *seen, size_t first, const uint64_t *words, size_t n, struct changes *c)
{
	size_t page_size = s->t->pm.page_size;
	uint64_t addr = seen->start + first * page_size, is[BYTES_PAGES], *was = seen->v + first;

	sign(s, addr, words, n, was, is);
	for (size_t i = 0; i < n; i++) {
		if (was[i] && is[i] && was[i] != is[i])
			run_add(&c->v, &c->n, &c->cap, addr + i * page_size, addr + (i + 1) * page_size);
		was[i] = is[i];
	}
}

static void
look(const struct signer *s, struct seen *seen, uint64_t now)
{
	struct track *track = &s->t->track;
	size_t page_size = s->t->pm.page_size;
	struct changes c = {0};
	uint64_t words[BYTES_PAGES];
	struct err ignored;
	ssize_t n;

	for (size_t done = 0; done < seen->n; done += BYTES_PAGES) {
		n = pagemap_words(&s->t->pm, seen->start + done * page_size, words, u64_min(seen->n - done, BYTES_PAGES),
		                  &ignored);
		if (n > 0)
			look_at(s, seen, done, words, (size_t)n, &c);
	}
	track->era++;
	track->began[(track->era + 1) % TRACK_ERAS] = now; /* what the next look finds came after this one */
	track_add(track, s->v->start, c.v, c.n, now);
	free(c.v);
}

void
seen_look(struct target *t, const struct vma *v, uint64_t start, uint64_t end, uint64_t now)
{
	struct track *track = &t->track;
	size_t page_size = t->pm.page_size, n = u64_min((end - start) / page_size, SEEN_MAX);
	struct signer s = {.t = t, .v = v};

	if (!track->gen || !(track_way_caps(track->way) & TRACK_LOCAL))
		return;
	s.pages = mem_alloc(BYTES_PAGES * page_size);
	s.zeros = hash_page(s.pages, page_size);
	if (!track->seen)
		track->seen = mem_alloc(sizeof(*track->seen));
	move_to(track->seen, start, n, page_size);
	look(&s, track->seen, now);
	free(s.pages);
}

bool
seen_has(const struct seen *s, uint64_t addr)
{
	return s && s->n && addr >= s->start && (addr - s->start) / s->page_size < s->n &&
	       s->v[(addr - s->start) / s->page_size];
}

void
seen_forget(struct seen *s)
{
	if (s)
		s->n = 0;
}

void
seen_free(struct seen *s)
{
	if (s)
		free(s->v);
	free(s);
}

bool
seen_probe(struct track_status *s, const struct proc *p)
{
	int fd = p->live ? proc_file(p, "mem", O_RDONLY) : -1;

	if (!p->live)
		return track_cannot(s, "a folder does not change", "look at a running process");
	if (fd < 0)
		return track_cannot(s, "its memory may not be read", proc_memory_how(p));
	close(fd);
	return true;
}
