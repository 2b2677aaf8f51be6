/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of status and cmdline of a process, damaged: what the list of processes makes of it. */
#include "fuzz.h"
#include "kernel/processes.h"

static const char *const lines[] = {
    "Name:\ta (b) c\n", "Umask:\t0022\n", "State:\tS (sleeping)\n", "State:\tZ (zombie)\n", "Tgid:\t4242\n",
    "Uid:\t0\t0\t0\t0\n", "Uid:\t4294967295\t1000\n", "VmSize:\t  123456 kB\n", "VmRSS:\t     1000 kB\n",
    "VmSwap:\t18446744073709551615 kB\n", "Threads:\t1\n", "Threads:\t77\n", "Name:\t\\n\033[31m\n", "\n", "VmSize:\n",
};

static bool
check(const char *text, size_t n)
{
	struct process p = {0};
	bool there = process_parse(&p, text), good;
	char *command;

	if (there && (p.virt == PROCESS_UNKNOWN || p.virt % 1024 || (p.rss != PROCESS_UNKNOWN && p.rss % 1024) ||
	              (p.swap != PROCESS_UNKNOWN && p.swap % 1024)))
		return fuzz_wrong("sizes that are not in KiB");
	if (strchr(p.comm, '\n') || strlen(p.comm) >= sizeof(p.comm) || strlen(p.user) >= sizeof(p.user))
		return fuzz_wrong("a name that is none");
	if (there && process_leaderless(text))
		return fuzz_wrong("with memory, and without a leader");
	command = process_command(text, n, p.comm);
	good = command && strlen(command) <= n + sizeof(p.comm) + 2;
	free(command);
	return good || fuzz_wrong("a command longer than cmdline");
}

static bool
play(uint64_t *seed)
{
	return fuzz_lines(lines, ARRAY_LEN(lines), 15, check, seed);
}

static int
begin(void)
{
	return 0;
}

FUZZ_MAIN(begin, "status and cmdline", "status", play, check);
