/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FAKE_H
#define PM_FAKE_H

/*
 * Targets made of files without a name: a sparse file is a pagemap whose words are wherever the
 * test put them. And numbers that look random but are the same on every run.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "kernel/flags.h"
#include "target/source_root.h"
#include "target/target.h"

enum { FAKE_PAGE = 4096 };

static inline int
fake_file(void)
{
	int fd = memfd_create("fake", MFD_CLOEXEC);

	if (fd < 0) {
		printf("Bail out! memfd_create failed\n");
		exit(99);
	}
	return fd;
}

static inline void
fake_word(int fd, uint64_t index, uint64_t word)
{
	if (pwrite(fd, &word, sizeof(word), (off_t)(index * sizeof(word))) != sizeof(word)) {
		printf("Bail out! cannot write to a file in memory\n");
		exit(99);
	}
}

static inline void
fake_words(int fd, uint64_t index, size_t n, uint64_t word)
{
	for (size_t i = 0; i < n; i++)
		fake_word(fd, index + i, word);
}

/* As long as the region [.., end) needs it: past the end of the file there is no page table. */
static inline void
fake_end(int fd, uint64_t end)
{
	if (ftruncate(fd, (off_t)(end / FAKE_PAGE * sizeof(uint64_t))) < 0) {
		printf("Bail out! cannot stretch a file in memory\n");
		exit(99);
	}
}

/* The files that a fake target is made of. */
static inline struct source_root *
fake_root(const struct target *t)
{
	return source_root_of(t->source);
}

/* A target that is nothing but a pagemap; frames are not readable unless the test opens them. */
static inline void
fake_target(struct target *t)
{
	struct source_root *r = mem_alloc(sizeof(*r));

	source_root_init(r, &source_dir_ops, FAKE_PAGE);
	r->pm.fd = fake_file();
	r->base.meta.open = true;
	r->base.meta.swaps = (struct swaps){.n = 1, .name = {mem_strdup("/swapfile")}};
	target_take(t, &r->base);
}

/* The words of its frames, in an empty file. */
static inline int
fake_frames(const struct target *t, enum frame_file file)
{
	struct source_root *r = fake_root(t);
	int *fd = file == FRAME_FLAGS ? &r->frames.flags : file == FRAME_COUNT ? &r->frames.count : &r->frames.cgroup;

	*fd = fake_file();
	r->base.meta.frames = frames_files(&r->frames);
	return *fd;
}

static inline void
fake_close(struct target *t)
{
	target_close(t);
}

/* splitmix64 */
static inline uint64_t
fake_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* While there are any, fake_below takes its choices from these bytes. */
static struct {
	const unsigned char *s;
	size_t n;
} fake_choices;

/* 0 .. n-1 */
static inline uint64_t
fake_below(uint64_t *state, uint64_t n)
{
	uint64_t v = 0;

	if (!fake_choices.n)
		return n ? fake_random(state) % n : 0;
	for (uint64_t most = 1; most < n && fake_choices.n && most <= UINT64_MAX >> 8; most <<= 8) {
		v = v << 8 | *fake_choices.s++;
		fake_choices.n--;
	}
	return n ? v % n : 0;
}

#endif
