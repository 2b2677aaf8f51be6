/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The terminal's replies about its background, and the keys typed among them. */
#include <sys/socket.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "fake.h"
#include "tap.h"
#include "term/ground.h"

#define WHITE "\033]11;rgb:ffff/ffff/ffff\033\\"
#define NIGHT "\033]11;rgb:00/2b/36\a"
#define DA1   "\033[?65;1;9c"

static void
test_colors(void)
{
	static const struct {
		const char *text;
		enum ground want;
	} rows[] = {
	    {"rgb:ffff/ffff/ffff", GROUND_LIGHT}, {"rgb:0000/0000/0000", GROUND_DARK},
	    {"rgb:fd/f6/e3", GROUND_LIGHT},       {"rgb:00/2b/36", GROUND_DARK},
	    {"rgb:f/f/f", GROUND_LIGHT},          {"rgb:fff/fff/000", GROUND_LIGHT},
	    {"rgba:0000/0000/0000/ffff", GROUND_DARK}, {"rgb:0000/0000/ffff", GROUND_DARK},
	    {"rgb:ffff/ffff", GROUND_UNKNOWN},    {"rgb:ffff/ffff/", GROUND_UNKNOWN},
	    {"rgb:fffff/0/0", GROUND_UNKNOWN},    {"#ffffff", GROUND_UNKNOWN},
	    {"rgb:ff/ff/ffx", GROUND_UNKNOWN},    {"", GROUND_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ok(ground_of_color(rows[i].text) == rows[i].want, rows[i].text);
}

static void
test_colorfgbg(void)
{
	static const struct {
		const char *text;
		enum ground want;
	} rows[] = {
	    {"15;0", GROUND_DARK},  {"0;15", GROUND_LIGHT},  {"12;default;0", GROUND_DARK}, {"0;7", GROUND_LIGHT},
	    {"7;8", GROUND_DARK},   {"0;default", GROUND_UNKNOWN}, {"0;", GROUND_UNKNOWN}, {"7", GROUND_UNKNOWN},
	    {"0;16", GROUND_UNKNOWN}, {"0;7x", GROUND_UNKNOWN}, {NULL, GROUND_UNKNOWN},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		ok(ground_of_colorfgbg(rows[i].text) == rows[i].want, rows[i].text ? rows[i].text : "(not set)");
}

/* Which of `input` are keys, and what is known afterwards. */
static void
feed(const char *name, const char *input, const char *keys, enum ground ground, bool waiting)
{
	struct ground_ask q = {.waiting = true};
	char got[256];
	int n = 0, c;

	for (const char *s = input; *s; s++)
		ground_feed(&q, (unsigned char)*s);
	while ((c = ground_key(&q)) >= 0 && n < 255)
		got[n++] = (char)c;
	got[n] = '\0';
	if (!ok(!strcmp(got, keys) && q.ground == ground && q.waiting == waiting, name))
		printf("# %zu keys, ground %u, %s\n", strlen(got), (unsigned)q.ground, q.waiting ? "waiting" : "done");
}

static void
test_feed(void)
{
	feed("the colour and the end", WHITE DA1, "", GROUND_LIGHT, false);
	feed("the other end of a string", NIGHT DA1, "", GROUND_DARK, false);
	feed("no colour", DA1, "", GROUND_UNKNOWN, false);
	feed("the colour alone", WHITE, "", GROUND_LIGHT, true);
	feed("the colour after the end", DA1 "x" WHITE "y", "xy", GROUND_LIGHT, false);
	feed("a second end is none", DA1 DA1, DA1, GROUND_UNKNOWN, false);
	feed("keys before, between and behind", "ab" WHITE "c" NIGHT "d" DA1 "e\033[A", "abcde\033[A", GROUND_DARK, false);
	feed("an arrow is no answer", "\033[A\033OB" DA1, "\033[A\033OB", GROUND_UNKNOWN, false);
	feed("Esc just before", "\033" WHITE "\033" DA1, "\033\033", GROUND_LIGHT, false);
	feed("another string is no answer", "\033]10;rgb:0/0/0\a" DA1, "\033]10;rgb:0/0/0\a", GROUND_UNKNOWN, false);
	feed("another report is no answer", "\033[?1;2$y" DA1, "\033[?1;2$y", GROUND_UNKNOWN, false);
	feed("a colour that is none", "\033]11;blue\a" DA1, "", GROUND_UNKNOWN, false);
	feed("bug: a broken answer is not typed", "\033]11;rgb:ff/\033x" DA1, "x", GROUND_UNKNOWN, false);
	feed("bug: an answer that ends in one byte", "\033]11;rgb:ffff/ffff/ffff\234" DA1 "j", "j", GROUND_LIGHT, false);
	feed("Esc in the middle of what might be one", "\033]1\033x" DA1, "\033]1\033x", GROUND_UNKNOWN, false);
}

/* Nothing may be held back for ever, nothing may run over. */
static void
test_endless(void)
{
	struct ground_ask q = {.waiting = true};
	int keys = 0;

	for (int i = 0; i < 200; i++)
		ground_feed(&q, i < 5 ? "\033]11;"[i] : 'x');
	while (ground_key(&q) >= 0)
		keys++;
	ok(keys >= 200 - GROUND_HELD, "a string without an end comes out again");
	q = (struct ground_ask){.waiting = true};
	for (int i = 0; i < 2 * GROUND_TYPED; i++)
		ground_feed(&q, 'x');
	ok(q.typed_n == GROUND_TYPED, "more keys than there is room for are dropped");
	q = (struct ground_ask){.waiting = true};
	ground_feed(&q, 27);
	ok(ground_key(&q) < 0 && q.held_n == 1, "Esc waits for what may follow");
	ground_release(&q);
	ok(ground_key(&q) == 27 && !q.held_n, "and is a key if nothing does");
	for (const char *s = "\033]11;rgb:ff/"; *s; s++)
		ground_feed(&q, *s);
	ok(ground_in_answer(&q), "an answer has begun");
	ground_release(&q);
	ok(ground_key(&q) < 0 && !q.held_n && !ground_in_answer(&q), "bug: one that breaks off is not typed");
	ground_feed(&q, 0x1234);
	ok(ground_key(&q) == 0x1234, "keys that are no bytes pass");
}

/* Asks a terminal that answers with `answer`, after it has read the question. Returns the milliseconds it took. */
static uint64_t
ask(struct ground_ask *q, const char *answer, int ms)
{
	static const char question[] = "\033]11;?\033\\\033[c";
	int fd[2];
	uint64_t begin = time_ns();
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) < 0 || (child = fork()) < 0)
		return 0;
	if (!child) {
		char got[64];
		ssize_t n;

		close(fd[0]);
		n = read(fd[1], got, sizeof(got));
		if (n == (ssize_t)strlen(question) && !memcmp(got, question, strlen(question)))
			n = write(fd[1], answer, strlen(answer));
		n = read(fd[1], got, sizeof(got)); /* until the question is given up */
		_exit(n != 0);
	}
	close(fd[1]);
	ground_ask(q, fd[0], fd[0], ms);
	close(fd[0]);
	waitpid(child, NULL, 0);
	return (time_ns() - begin) / 1000000;
}

static void
test_ask(void)
{
	struct ground_ask q;

	ok(ask(&q, WHITE DA1, 60000) < 60000 && q.ground == GROUND_LIGHT && !q.waiting, "answered: no more waiting");
	ok(ask(&q, DA1, 60000) < 60000 && q.ground == GROUND_UNKNOWN && !q.waiting, "a terminal that knows no colours");
	ok(ask(&q, "x", 500) >= 500 && q.waiting && ground_key(&q) == 'x', "none answered: the wait has an end, keys are kept");
}

int
main(void)
{
	tap_start();
	test_colors();
	test_colorfgbg();
	test_feed();
	test_endless();
	test_ask();
	return tap_done();
}
