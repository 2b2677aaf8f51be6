/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Any bytes typed at the prompt, opened, cancelled, refused and entered in any order: readline must
 * neither die nor lose its memory, and the cursor stays in the line.
 */
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "fuzz.h"
#include "term/prompt.h"

static const char *const typed[] = {
    "\x1b[A", "\x1b[B", "\x1b[C", "\x1b[D", "\x1bOA", "\x1bOB", "\x1b[H", "\x1b[F", "\x1b[3~", "\x1b[5~",
    "\r", "\t", "\x01", "\x05", "\x0b", "\x15", "\x17", "\x19", "\x14", "\x10", "\x0e", "\x12", "\x18", "\x0f",
    "\x1f", "\x7f", "\x08", "\x04", "\x1b" "b", "\x1b" "f", "\x1b" "d", "\x1b\x7f", "\x1b.", "\x1b*", "\x1b#",
    "\x1b<", "\x1b?", "\x16", "heap", "stack+10", "..", "pfn:1a", "l", "clear", " ", "\xc3\xa9", "\xe6\x97\xa5",
    "\xff", "\xc3",
};

static const struct prompt_word *
word(void *arg, size_t at, size_t i)
{
	static const struct prompt_word words[] = {{"heap", "a region"}, {"help", ""}, {"stack", ""},
	                                           {"libc.so.6", "file"}, {"pfn:", ""}, {"clear", ""}};

	(void)arg;
	(void)at;
	return i < ARRAY_LEN(words) ? &words[i] : NULL;
}

static bool
feed(const char *s)
{
	for (; *s && prompt_is_open(); s++) {
		if (prompt_feed((unsigned char)*s) == PROMPT_DONE)
			prompt_remember(prompt_line());
		if (prompt_is_open() && prompt_point() > strlen(prompt_line()))
			return fuzz_wrong("the cursor is at %zu of \"%s\"", prompt_point(), prompt_line());
	}
	return true;
}

static bool
play(uint64_t *seed)
{
	for (int i = 0; i < 200; i++) {
		uint64_t r = fake_random(seed);

		if (!prompt_is_open() && r % 8 == 0)
			prompt_open(PROMPT_ASK, word, NULL);
		else if (!prompt_is_open())
			prompt_reopen(prompt_line(), (int)(r % 12));
		else if (r % 31 == 0)
			prompt_close();
		else if (!feed(typed[r % ARRAY_LEN(typed)]))
			return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	setlocale(LC_ALL, "");
	unsetenv("HOME");
	unsetenv("XDG_STATE_HOME");
	prompt_setup();
	prompt_open(PROMPT_ASK, word, NULL);
	return fuzz_run(argc, argv, "the prompt", play);
}
