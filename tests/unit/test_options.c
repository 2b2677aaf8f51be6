/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pairs of options: those that an answer would ignore are refused, the others accepted. */
#include <string.h>

#include "base/util.h"
#include "config/options.h"
#include "tap.h"

/* The answers, each by a letter. */
static const struct {
	char letter;
	const char *words;
} answers[] = {
    {'S', ""},
    {'L', "--list"},
    {'P', "--pages"},
    {'U', "--summary"},
    {'W', "--watch"},
    {'Q', "-e heap"},
    {'G', "--grid"},
    {'C', "--capabilities"},
    {'l', "--watch --list"},
    {'p', "--watch --pages"},
    {'q', "--watch -e heap"},
};

static bool
takes(const char *first, const char *second, struct err *err)
{
	char words[160], *save, *argv[16] = {(char *)"pmtop"};
	struct options o;
	int argc = 1;

	snprintf(words, sizeof(words), "%s %s 1", first, second);
	for (char *w = strtok_r(words, " ", &save); w && argc < 15; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	options_init(&o);
	return options_parse(&o, argc, argv, err) == 0;
}

#define ALL "SLPUWQGClpq"

/* Every option that is not an answer, and which answers take it. */
static const struct {
	const char *words, *taken;
} by_option[] = {
    {"-o START", "LPWlpq"},
    {"--output-all", "LPWlpq"},
    {"-n", "LPUWClpq"},
    {"--json", "LPUWQClpq"},
    {"--csv", "LPUWQClpq"},
    {"--raw", "LPUWClpq"},
    {"-b", "LUWlpq"},
    {"--sort RSS", "Ll"},
    {"--count 2", "W"},
    {"--group file", "SLl"},
    {"--filter anon", "LPlp"},
    {"--columns 16", "G"},
    {"--lens state", "SG"},
    {"--zoom 4", "G"},
    {"--interval 2", "S"},
    {"--theme dark", "S"},
    {"--calm", "S"},
    {"--no-mouse", "S"},
    {"--frames 2", "S"},
    {"--frames 2 --size 80x24", "S"},
    {"--tracker uffd", "SWQlpq"},
    {"--allow-inject", "SWQlpq"},
    {"--scope heap", "SWlpq"},
    {"--force", "WQlpq"},
    {"--color always", "S"},
    {"--color never", ALL},
    {"--ascii", ALL},
    {"--read-only", ALL},
    {"--no-config", ALL},
    {"--proc-root /proc", ALL},
};

static void
test_answers(void)
{
	for (size_t i = 0; i < ARRAY_LEN(by_option); i++)
		for (size_t k = 0; k < ARRAY_LEN(answers); k++) {
			struct err err = {.how = "taken"};
			bool want = strchr(by_option[i].taken, answers[k].letter) != NULL;
			bool taken = takes(answers[k].words, by_option[i].words, &err);
			char name[96];

			snprintf(name, sizeof(name), "%s with %s is %s", by_option[i].words,
			         answers[k].words[0] ? answers[k].words : "the screen",
			         want ? "taken" : "refused");
			if (!ok(taken == want &&
			            (taken || (err.status == ERR_USAGE && err.what[0] &&
			                       err.why[0] && err.how[0])),
			        name))
				printf("# %s: %s; %s\n", err.what, err.why, err.how);
			if (taken != takes(by_option[i].words, answers[k].words, &err))
				ok(false, "in whichever order they come");
		}
}

static void
test_others(void)
{
	static const struct {
		const char *words, *why;
	} rows[] = {
	    {"--list --output-all -o START", "exclude each other"},
	    {"--pages -o PFN --output-all", "exclude each other"},
	    {"--size 80x24", "size of its own"},
	    {"--json --csv --list", "exclude"},
	    {"--list --pages", "one kind"},
	    {"--demo", "exclude"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct err err = {.why = "taken"};

		if (!ok(!takes(rows[i].words, "", &err) && err.status == ERR_USAGE &&
		            strstr(err.why, rows[i].why),
		        rows[i].words))
			printf("# %s\n", err.why);
	}
	struct err err;
	ok(takes("--help --lens state", "", &err), "--help answers before anything else is asked");
}

int
main(void)
{
	tap_start();
	test_answers();
	test_others();
	return tap_done();
}
