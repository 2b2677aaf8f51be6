/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which unfinished scans are shown. */
#include "fake.h"
#include "sample/reader.h"
#include "tap.h"

enum { PAGES = 64 };
static const uint64_t START = 0x10000000;

struct subject {
	struct reader l;
	struct vma v;
	struct vma_list vmas;
	unsigned partial; /* unfinished windows that were shown */
};

static void
publish(void *arg, bool complete)
{
	struct subject *s = arg;

	s->partial += !complete && s->l.draft.window && !s->l.draft.window->complete;
}

/* As if each step took long: every one is worth showing. */
static bool
superseded(void *arg)
{
	struct subject *s = arg;

	s->l.last_partial = 0;
	return false;
}

static void
subject_open(struct subject *s)
{
	*s = (struct subject){.l.host = {.publish = publish, .superseded = superseded, .arg = s},
	                      .v = {.start = START, .end = START + PAGES * FAKE_PAGE, .type = VMA_ANON, .name = ""}};
	fake_target(&s->l.t);
	fake_end(fake_root(&s->l.t)->pm.fd, s->v.end);
	fake_words(fake_root(&s->l.t)->pm.fd, START / FAKE_PAGE, PAGES, PM_PRESENT);
	s->vmas = (struct vma_list){.v = &s->v, .n = 1};
	s->l.now.screen.grid = (struct grid){.start = s->v.start, .end = s->v.end, .page_size = FAKE_PAGE, .row_cells = 8,
	                              .rows = 8, .top = START};
}

/* Scans the grid; returns how many unfinished windows were shown. */
static unsigned
read_again(struct subject *s)
{
	s->partial = 0;
	ok(reader_read_grid(&s->l, &s->vmas) && s->l.draft.window->complete, "the look is finished");
	return s->partial;
}

static void
test_partial_windows(void)
{
	struct subject s;

	subject_open(&s);
	ok(read_again(&s) > 0, "nothing was seen of it yet: it is shown while it is read");
	is_u64(read_again(&s), 0, "bug: what is whole on screen does not go blank while it is read again");
	s.l.now.screen.lens = LENS_WRITES;
	ok(read_again(&s) > 0, "through another lens it is something else");
	s.l.now.screen.grid.zoom = 1;
	ok(read_again(&s) > 0, "so it is at another zoom");
	snprintf(s.l.now.screen.filter, sizeof(s.l.now.screen.filter), "anon");
	ok(read_again(&s) > 0, "and through a filter");
	is_u64(read_again(&s), 0, "the same again");
	window_unref(s.l.draft.window);
	fake_close(&s.l.t);
}

int
main(void)
{
	tap_start();
	test_partial_windows();
	return tap_done();
}
