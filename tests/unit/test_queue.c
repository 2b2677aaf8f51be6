/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Commands: each is answered exactly once, whatever happens to it. */
#include <string.h>

#include "sample/queue.h"
#include "tap.h"

static struct command
command(enum command_kind kind, const char *text)
{
	struct command c = {.kind = kind};

	strcpy(c.text, text);
	return c;
}

static uint64_t
add(struct queue *q, enum command_kind kind, const char *text, struct results *out)
{
	struct command c = command(kind, text);

	return queue_add(q, &c, out);
}

static bool
ended(const struct results *rs, size_t i, uint64_t serial, enum result_end end)
{
	return i < rs->n && rs->v[i].command.serial == serial && rs->v[i].end == end;
}

static void
test_order(void)
{
	struct queue q = {0};
	struct results out = {0};
	uint64_t ask = add(&q, COMMAND_ASK, "heap", &out);
	uint64_t find = add(&q, COMMAND_FIND, "thp", &out);
	struct command c;

	ok(ask > 0 && find > ask && q.n == 2 && !out.n, "commands wait, each with a serial");
	c = queue_take(&q, 0);
	ok(c.serial == ask && !strcmp(c.text, "heap") && q.n == 1, "in the order they came");
	c = queue_take(&q, 0);
	ok(c.serial == find && !q.n && !out.n, "who takes one answers it");
	queue_free(&q);
}

static void
test_replaced(void)
{
	struct queue q = {0};
	struct results out = {0};
	uint64_t first = add(&q, COMMAND_ASK, "heap", &out);
	uint64_t clear = add(&q, COMMAND_CLEAR, "", &out);
	uint64_t second = add(&q, COMMAND_ASK, "stack", &out);

	ok(out.n == 1 && ended(&out, 0, first, RESULT_REPLACED), "a newer question replaces the older");
	ok(q.n == 2 && q.v[0].serial == clear && q.v[1].serial == second,
	   "others keep their place");
	add(&q, COMMAND_FAULT, "", &out);
	add(&q, COMMAND_FAULT, "", &out);
	ok(q.n == 4 && out.n == 1, "each page that is to be read in is read");
	results_free(&out);
	queue_free(&q);
}

/* What is on screen is one card and one range: the newest. */
static void
test_of_the_screen(void)
{
	struct queue q = {0};
	struct results out = {0};
	struct command card = {.kind = COMMAND_CARD, .card = CARD_REGION, .at = 0x1000},
	               sum = {.kind = COMMAND_SUM, .at = 0x1000, .end = 0x3000}, other = card;
	uint64_t first = queue_add(&q, &card, &out);

	queue_add(&q, &sum, &out);
	ok(q.n == 2 && !out.n, "a card and a range are counted apart");
	ok(command_same(&card, &q.v[0]), "the same again, whatever its serial");
	other.at = 0x2000;
	ok(!command_same(&card, &other), "another region is another card");
	other = card;
	other.card = CARD_PAGE;
	ok(!command_same(&card, &other) && !command_same(&card, &sum), "so is a page");
	queue_add(&q, &other, &out);
	ok(q.n == 2 && out.n == 1 && ended(&out, 0, first, RESULT_REPLACED),
	   "the newer card replaces the older");
	other = sum;
	other.end = 0x4000;
	ok(!command_same(&sum, &other), "a longer range is another one");
	other = sum;
	other.lens = LENS_WRITES;
	ok(!command_same(&sum, &other), "so is one that is seen by another lens");
	results_free(&out);
	queue_free(&q);
}

static void
test_dropped(void)
{
	struct queue q = {0};
	struct results out = {0};
	uint64_t ask = add(&q, COMMAND_ASK, "heap", &out);

	ok(queue_drop(&q, ask, RESULT_CANCELLED, &out) && !q.n && out.n == 1 &&
	       ended(&out, 0, ask, RESULT_CANCELLED),
	   "what is cancelled before it begins has its result");
	ok(!queue_drop(&q, ask, RESULT_CANCELLED, &out) && out.n == 1, "and no second one");
	results_free(&out);
	queue_free(&q);
}

static void
test_moved(void)
{
	struct queue q = {0}, todo = {0};
	struct results out = {0}, there = {0};
	struct result r = {.command.serial = 7, .answer = answer_new()};
	struct command c;

	add(&q, COMMAND_REFRESH, "", &out);
	c = queue_take(&q, 0);
	queue_put(&todo, &c);
	ok(!q.n && todo.n == 1 && todo.v[0].serial == q.serial, "what is taken keeps its serial");
	ok(add(&q, COMMAND_REFRESH, "", &out) == 2, "and the queue goes on counting");
	results_add(&out, &r);
	results_move(&there, &out);
	ok(!out.n && there.n == 1 && there.v[0].answer == r.answer, "results move as they are");
	results_free(&out);
	results_free(&there);
	queue_free(&q);
	queue_free(&todo);
}

int
main(void)
{
	tap_start();
	test_order();
	test_replaced();
	test_of_the_screen();
	test_dropped();
	test_moved();
	return tap_done();
}
