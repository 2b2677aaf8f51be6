/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Compares a hash of the contents of the pages on screen: a change was a write; writes of equal
 * contents are not seen.
 */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel/flags.h"
#include "kernel/proc_bar.h"
#include "track/tracker_ops.h"

static bool
hash_probe(struct track_status *s, struct track *t, const struct proc *p, const struct pagemap *pm)
{
	int fd = p->live ? proc_file(p, "mem", O_RDONLY) : -1;

	(void)t, (void)pm;
	if (!p->live)
		return track_cannot(s, "a directory does not change", "choose a running process");
	if (fd < 0)
		return track_cannot(s, "its memory cannot be read", proc_memory_how(p));
	close(fd);
	return true;
}

/*
 * NULL: a page of zeros. Four lanes, so that the multiplications overlap: memory bandwidth is the
 * limit.
 */
static uint64_t
hash_page(const uint8_t *page, size_t size)
{
	uint64_t lane[4] = {1, 2, 3, 4}, word = 0;

	for (size_t i = 0; i < size; i += sizeof(lane))
		for (unsigned k = 0; k < 4; k++) {
			if (page)
				memcpy(&word, page + i + k * sizeof(word), sizeof(word));
			lane[k] = (lane[k] ^ word) * UINT64_C(0x9e3779b97f4a7c15);
			lane[k] ^= lane[k] >> 29;
		}
	return seen_mix(lane[0] ^ seen_mix(lane[1] ^ seen_mix(lane[2] ^ seen_mix(lane[3])))) | 1;
}

/* An untouched page of private memory reads as zeros. */
static bool
hash_is_zeros(const struct vma *v, uint64_t word)
{
	return !word && !vma_has_file(v) && v->type != VMA_SHM;
}

/* Pages not in RAM are not read and keep their signature: nobody can write to them there. */
static void
hash_sign(const struct track_pages *pages, uint64_t *out)
{
	uint64_t zeros = 0;

	for (size_t i = 0; i < pages->words_n; i++) {
		if (pages->words[i] & PM_PRESENT) {
			const uint8_t *page = pages->contents(pages->arg, i);

			out[i] = page ? hash_page(page, pages->page_size) : 0;
		} else if (hash_is_zeros(pages->vma, pages->words[i])) {
			zeros = zeros ? zeros : hash_page(NULL, pages->page_size);
			out[i] = zeros;
		} else {
			out[i] = SEEN_AS_BEFORE;
		}
	}
}

const struct tracker_ops hash_ops = {
    .words =
	{
	    .name = "hash",
	    .label = "contents",
	    .help = "content changes of the pages on screen that are in RAM; misses writes of "
		    "the same bytes",
	    .verb = "changed",
	    .cleared = "cleared",
	    .compares = "the contents of the pages",
	    .unknown = "not known",
	    .why_unknown = "not covered by soft-dirty",
	},
    .caps = TRACKER_LOCAL | TRACKER_CHANGES,
    .probe = hash_probe,
    .clear = seen_clear,
    .doubt = seen_doubt,
    .reaches = seen_reaches,
    .copy = seen_copy,
    .sign = hash_sign,
    .release = seen_release,
};
