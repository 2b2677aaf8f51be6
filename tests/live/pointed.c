/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stores to a variable from known code. Says "ready ADDRESS"; for each line "go" the main thread
 * stores 1000 times in bump(), a thread called "resetter" 500 times in reset() and 100 times by
 * read(2); then it says "done". A line "on" makes bump() store for ever.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static volatile unsigned long counter __attribute__((aligned(64)));
static int ask[2], answer[2];

__attribute__((noinline)) static void
bump(void)
{
	counter++;
}

__attribute__((noinline)) static void
reset(void)
{
	counter = 0;
}

static void *
resetter(void *arg)
{
	int zero = open("/dev/zero", O_RDONLY);
	char byte;

	(void)arg;
	pthread_setname_np(pthread_self(), "resetter");
	if (zero < 0 || write(answer[1], "", 1) != 1)
		return NULL;
	while (read(ask[0], &byte, 1) == 1) {
		for (int i = 0; i < 500; i++)
			reset();
		for (int i = 0; i < 100; i++)
			if (read(zero, (void *)(unsigned long *)&counter, 1) != 1)
				return NULL;
		if (write(answer[1], "", 1) != 1)
			return NULL;
	}
	return NULL;
}

int
main(void)
{
	char line[64], byte;
	pthread_t thread;

	if (pipe(ask) < 0 || pipe(answer) < 0 || pthread_create(&thread, NULL, resetter, NULL) ||
	    read(answer[0], &byte, 1) != 1)
		return 1;
	printf("ready %lx\n", (unsigned long)&counter);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		for (int i = 0; i < 1000 || !strcmp(line, "on\n"); i++)
			bump();
		if (write(ask[1], "", 1) != 1 || read(answer[0], &byte, 1) != 1)
			return 1;
		puts("done");
		fflush(stdout);
	}
	return 0;
}
