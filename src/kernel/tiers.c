/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/tiers.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/rights.h"
#include "base/util.h"

#define T(capability, word, gives) {(capability), #capability, (gives)},
static const struct tier tiers[] = {
#include "kernel/tiers.def"
};
#undef T

#define T(capability, word, gives) word,
static const char *const tiers_words[] = {
#include "kernel/tiers.def"
};
#undef T

const struct tier *
tiers_table(size_t *n)
{
	*n = ARRAY_LEN(tiers);
	return tiers;
}

/* How many of them, from the first on, this process has. */
static size_t
tiers_held(void)
{
	size_t n = 0;

	while (n < ARRAY_LEN(tiers) && rights_have(tiers[n].capability))
		n++;
	return n;
}

const char *
tiers_line(size_t n, char *out, size_t size)
{
	struct buf b = {0};

	buf_str(&b, "sudo setcap ");
	for (size_t i = 0; i < n; i++)
		buf_fmt(&b, "%s%s", i ? "," : "", tiers_words[i]);
	buf_str(&b, "+p $(command -v pmtop)");
	snprintf(out, size, "%s", b.s);
	buf_free(&b);
	return out;
}

const char *
tiers_lack(uint64_t needed)
{
	static _Thread_local char text[192];
	char line[128];

	if (!rights_are_aside())
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(tiers); i++)
		if (needed & RIGHT(tiers[i].capability) && !rights_have(tiers[i].capability)) {
			snprintf(text, sizeof(text), "pmtop lacks %s: %s", tiers[i].name,
			         tiers_line(i + 1, line, sizeof(line)));
			return text;
		}
	return NULL;
}

/* The first user namespace has all users under their own numbers. */
bool
tiers_are_inner(void)
{
	char text[256];
	unsigned long from, to, n;

	if (!file_read_small(AT_FDCWD, "/proc/self/uid_map", text, sizeof(text)))
		return false;
	return sscanf(text, "%lu %lu %lu", &from, &to, &n) != 3 || from || to || n != UINT32_MAX;
}

static void
tiers_say_root(char *what, size_t what_size, char *more, size_t more_size)
{
	const char *lacks = NULL;

	for (size_t i = 0; i < ARRAY_LEN(tiers) && !lacks; i++)
		/* these two are among what root of containers has in other ways */
		if (tiers[i].capability != CAP_PERFMON &&
		    tiers[i].capability != CAP_DAC_READ_SEARCH && !rights_have(tiers[i].capability))
			lacks = tiers[i].name;
	if (tiers_are_inner()) {
		snprintf(what, what_size, "as root of a user namespace: frames are hidden");
		snprintf(more, more_size, "run pmtop as root outside of it");
		return;
	}
	if (!lacks) {
		snprintf(what, what_size, "as root: all of every process");
		return;
	}
	snprintf(what, what_size, "as root without %s", lacks);
	snprintf(more, more_size, "add %s to the container, or run pmtop outside of it", lacks);
}

void
tiers_say(char *what, size_t what_size, char *more, size_t more_size)
{
	size_t n = tiers_held(), most = ARRAY_LEN(tiers);
	char line[128];

	more[0] = '\0';
	if (geteuid() == 0) {
		tiers_say_root(what, what_size, more, more_size);
		return;
	}
	while (most > n && !rights_have(tiers[most - 1].capability))
		most--;
	if (most > n)
		snprintf(what, what_size, "by %s, but without %s", tiers[most - 1].name,
		         tiers[n].name);
	else if (n == 0)
		snprintf(what, what_size, "as an owner: your own processes, with frames hidden");
	else
		snprintf(what, what_size, "by %s: %s of others' processes", tiers[n - 1].name,
		         tiers[n - 1].gives);
	if (n < ARRAY_LEN(tiers))
		snprintf(more, more_size, "for %s of others: %s", tiers[n].gives,
		         tiers_line(n + 1, line, sizeof(line)));
}
