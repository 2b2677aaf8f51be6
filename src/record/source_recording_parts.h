/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_SOURCE_RECORDING_PARTS_H
#define PM_SOURCE_RECORDING_PARTS_H

#include "record/recording.h"

/* What the files of source_recording share. */
struct source_recording_caps;

struct source_recording {
	struct source base;
	struct recording *r;
	struct vma_list vmas; /* at its sample */
	struct timeline *line;
	size_t followed; /* 1 + the sample whose stamps the track has; that of the faults: */
	size_t recalled;
	uint64_t scan;   /* what PAGEMAP_SCAN knew (PM_CAT_*) */
	struct causes *into; /* who gets the page faults; NULL: nobody */
	struct source_recording_caps *caps; /* as they were asked for last */
};

static inline struct source_recording *
source_recording_of(const struct source *s)
{
	return (struct source_recording *)(uintptr_t)s; /* base is its first member */
}

static inline int
source_recording_refuse(struct err *err, const char *what)
{
	return err_set(err, ERR_TARGET, "this is a recording", "ask a running process", "cannot %s",
	               what);
}

/* source_recording_pages.c: ops of the source. */
ssize_t source_recording_words(const struct source *s, uint64_t addr, uint64_t *words, size_t n,
                               struct err *err);
int source_recording_runs(const struct source *s, uint64_t start, uint64_t end,
                          const struct pm_match *match, uint64_t cats, pagemap_run_fn *fn,
                          void *arg, struct err *err);
void source_recording_frames(const struct source *s, enum frame_file file, const uint64_t *pfn,
                             size_t n, uint64_t *out, bool *ok);
void source_recording_nodes(const struct source *s, uint64_t addr, int *out, size_t n);

/* source_recording_writes.c, source_recording_others.c */
extern const struct source_writes source_recording_writes;
extern const struct source_faults source_recording_faults;
extern const struct source_others source_recording_others;
void source_recording_unwatch(struct source *s);

/* source_recording_time.c: reads what the session says, again after each way to another sample. */
extern const struct source_time source_recording_time;
void source_recording_read_meta(struct source_recording *k);
size_t source_recording_caps(struct source *s, struct track *t, struct cap *out);
void source_recording_free_caps(struct source_recording_caps *c);

#endif
