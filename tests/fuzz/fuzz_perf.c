/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Records of a ring, wherever they wrap around: those that the kernel would write come back one by one,
 * with their facts; changed at random, none is read beyond its end.
 */
#include "fuzz.h"

#include "cause/perf.h"

enum { SIZE = 8192, RECORDS = 64, FRAMES = 70 };

struct record {
	uint64_t ip, addr, event, frame, lost;
	size_t n, kernel;
};

struct play {
	uint8_t ring[SIZE];
	uint64_t tail, head;
	struct record v[RECORDS];
	size_t n, next; /* records written; read */
	bool damaged, wrong;
};

/* --- what the kernel writes ------------------------------------------------------------------- */

static void
play_word(struct play *p, uint64_t word)
{
	for (size_t i = 0; i < sizeof(word); i++)
		p->ring[p->head++ % SIZE] = (uint8_t)(word >> 8 * i);
}

static void
play_header(struct play *p, uint32_t type, size_t words)
{
	play_word(p, (uint64_t)(8 + words * 8) << 48 | type);
}

static void
play_sample(struct play *p, uint64_t *seed)
{
	struct record *r = &p->v[p->n++];
	size_t user = fake_below(seed, FRAMES - 4);

	*r = (struct record){.ip = fake_below(seed, 1 << 20), .addr = fake_below(seed, 1 << 20) + 1,
	                     .event = fake_below(seed, 9), .kernel = fake_below(seed, 3)};
	r->n = user + r->kernel;
	play_header(p, 9, 5 + 1 + 2 + r->n);
	play_word(p, r->ip);
	play_word(p, (uint64_t)7 << 32 | 5);
	play_word(p, p->n);
	play_word(p, r->addr);
	play_word(p, r->event);
	play_word(p, 2 + r->n);
	play_word(p, (uint64_t)-128);
	for (size_t i = 0; i < r->kernel; i++)
		play_word(p, UINT64_C(0xffffffff81000000) + i);
	play_word(p, (uint64_t)-512);
	for (size_t i = 0; i < user; i++)
		play_word(p, r->frame = 0x400000 + fake_below(seed, 1 << 20));
}

static void
play_lost(struct play *p, uint64_t *seed)
{
	struct record *r = &p->v[p->n++];

	*r = (struct record){.lost = 1 + fake_below(seed, 1000)};
	play_header(p, 2, 2);
	play_word(p, 1);
	play_word(p, r->lost);
}

static void
play_other(struct play *p, uint64_t *seed)
{
	size_t words = fake_below(seed, 8);

	play_header(p, 3 + (uint32_t)fake_below(seed, 5), words);
	for (size_t i = 0; i < words; i++)
		play_word(p, *seed);
}

/* --- what is read ----------------------------------------------------------------------------- */

static void
play_took_sample(void *arg, const struct perf_sample *s)
{
	struct play *p = arg;
	const struct record *r = &p->v[p->next++ % RECORDS];
	uint64_t sum = 0;

	for (size_t i = 0; i < s->n; i++) /* for a sanitizer to see */
		sum += s->frames[i];
	p->wrong |= s->kernel > s->n || (sum == 1 && s->n > 1);
	if (p->damaged)
		return;
	p->wrong |= r->lost || s->ip != r->ip || s->addr != r->addr || s->event != r->event ||
	            s->pid != 5 || s->tid != 7 || s->n != r->n || s->kernel != r->kernel ||
	            (r->frame && s->frames[s->n - 1] != r->frame);
}

static void
play_took_lost(void *arg, uint64_t n)
{
	struct play *p = arg;
	const struct record *r = &p->v[p->next++ % RECORDS];

	p->wrong |= !p->damaged && n != r->lost;
}

static bool
round_of_records(uint64_t *seed)
{
	static struct play p;
	const struct perf_events to = {play_took_sample, play_took_lost, &p};
	uint64_t end;

	memset(&p, 0, sizeof(p));
	p.tail = p.head = fake_below(seed, 4 * SIZE) * 8;
	while (p.n < RECORDS && p.head - p.tail < SIZE - (FRAMES + 9) * 8)
		switch (fake_below(seed, 8)) {
		case 0: play_lost(&p, seed); break;
		case 1: play_other(&p, seed); break;
		default: play_sample(&p, seed);
		}
	p.damaged = fake_below(seed, 2);
	for (uint64_t n = p.damaged ? 1 + fake_below(seed, 20) : 0; n; n--)
		p.ring[fake_below(seed, SIZE)] = (uint8_t)fake_below(seed, 256);
	end = perf_parse(p.ring, SIZE, p.tail, p.head, &to);
	if (end != p.head)
		return fuzz_wrong("%llu bytes were left", (unsigned long long)(p.head - end));
	if (p.wrong)
		return fuzz_wrong("a record came back as another");
	if (!p.damaged && p.next != p.n)
		return fuzz_wrong("%zu records of %zu came back", p.next, p.n);
	return true;
}

int
main(int argc, char **argv)
{
	return fuzz_run(argc, argv, "records of a ring", round_of_records);
}
