/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Three arenas of glibc's malloc with known holes, free chunks and tails:
 *
 *   main     blocks of 64 KiB, every other one freed; 1 MiB above them, written and freed
 *   few      the same in a thread
 *   large    in another thread, blocks of 1 MiB of which only the beginning is written: two heaps
 *
 * It says "NAME ADDRESS" of a block of each, "ready", and then does what it is told, with "ok":
 *
 *   trim     malloc_trim(0)
 *   drop     lowers M_TRIM_THRESHOLD, and has `few` free a block, which gives back its tail
 *   info     malloc_info(): how many arenas there are
 *   churn    the threads allocate and free on and on
 */
#include "live.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { BLOCK = 64 << 10, BLOCKS = 16, LARGE = 1 << 20, LARGES = 80, TAIL = 1 << 20 };

enum turn { WAITS, FILLS, FREES, CHURNS };

struct part {
	const char *name;
	void (*fill)(struct part *p);
	_Atomic int turn; /* enum turn: what it does; back to WAITS when it is done */
	void *block;      /* one of its arena */
	void *kept[LARGES + 1];
};

/* A block that is written and freed; the compiler would leave out both. */
static void
use_and_free(size_t size, bool write)
{
	void *volatile block = malloc(size);

	if (write)
		explicit_bzero(block, size);
	free(block);
}

static void
fill_blocks(struct part *p)
{
	for (int i = 0; i < BLOCKS; i++) {
		p->kept[i] = malloc(BLOCK);
		memset(p->kept[i], 1, BLOCK);
	}
	use_and_free(TAIL, true);
	for (int i = 0; i < BLOCKS; i += 2)
		free(p->kept[i]);
	p->block = p->kept[1];
}

static void
fill_large(struct part *p)
{
	for (int i = 0; i < LARGES; i++)
		memset(p->kept[i] = malloc(LARGE), 1, (size_t)sysconf(_SC_PAGESIZE));
	p->block = p->kept[0];
}

static void
churn(void)
{
	void *kept[64] = {NULL};
	unsigned seed = 1;

	for (;;) {
		unsigned i = (seed = seed * 1103515245 + 12345) >> 16 & 63;

		free(kept[i]);
		kept[i] = malloc(seed >> 8 & 0x3fff);
		memset(kept[i], 1, seed >> 8 & 0x3fff);
	}
}

static void *
part_run(void *arg)
{
	struct part *p = arg;

	for (;; usleep(1000))
		switch ((enum turn)atomic_load(&p->turn)) {
		case WAITS:
			break;
		case FILLS:
			p->fill(p);
			atomic_store(&p->turn, WAITS);
			break;
		case FREES:
			use_and_free(2 * BLOCK, false);
			atomic_store(&p->turn, WAITS);
			break;
		case CHURNS:
			atomic_store(&p->turn, WAITS);
			churn();
		}
	return NULL;
}

static void
part_do(struct part *p, enum turn turn)
{
	atomic_store(&p->turn, (int)turn);
	while (atomic_load(&p->turn) != WAITS)
		usleep(1000);
}

int
main(void)
{
	static struct part parts[] = {{.name = "few", .fill = fill_blocks},
	                              {.name = "large", .fill = fill_large}};
	static struct part here = {.name = "main"};
	static char out[4096];
	char line[64];
	pthread_t thread;

	setvbuf(stdout, out, _IOLBF, sizeof(out));
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* or khugepaged fills the holes */
	mallopt(M_MMAP_THRESHOLD, 32 << 20);
	mallopt(M_TRIM_THRESHOLD, 1 << 30);
	mallopt(M_TOP_PAD, 0);
	fill_blocks(&here);
	printf("%s %p\n", here.name, here.block);
	for (unsigned i = 0; i < 2; i++) {
		if (pthread_create(&thread, NULL, part_run, &parts[i]))
			cannot("thread");
		part_do(&parts[i], FILLS);
		printf("%s %p\n", parts[i].name, parts[i].block);
	}
	puts("ready");
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "trim\n")) {
			malloc_trim(0);
		} else if (!strcmp(line, "drop\n")) {
			mallopt(M_TRIM_THRESHOLD, 0);
			part_do(&parts[0], FREES);
		} else if (!strcmp(line, "info\n")) {
			malloc_info(0, stdout);
		} else if (!strcmp(line, "churn\n")) {
			part_do(&parts[0], CHURNS);
			part_do(&parts[1], CHURNS);
		}
		puts("ok");
	}
	return 0;
}
