/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What DAMON has seen, read from a recorded copy of its folder in sysfs (Linux 6.12). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/damon.h"
#include "tap.h"
#include "target/accesses.h"

static char folder[] = "/tmp/pmtop-damon-XXXXXX";

#define CONTEXT "0/contexts/0"
#define REGIONS CONTEXT "/schemes/0/tried_regions"

/* Below the folder, with the folders that it is in. */
static void
put(const char *name, const char *text)
{
	char path[300];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (char *p = path + strlen(folder) + 1; (p = strchr(p, '/')); *p++ = '/') {
		*p = '\0';
		mkdir(path, 0755);
	}
	f = fopen(path, "w");
	if (!f) {
		printf("Bail out! %s: %s\n", path, strerror(errno));
		exit(99);
	}
	fputs(text, f);
	fclose(f);
}

static void
put_region(const char *n, const char *start, const char *end, const char *accesses, const char *age)
{
	const char *const fields[][2] = {{"start", start}, {"end", end}, {"nr_accesses", accesses}, {"age", age}};
	char name[80], text[40];

	for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
		snprintf(name, sizeof(name), REGIONS "/%s/%s", n, fields[i][0]);
		snprintf(text, sizeof(text), "%s\n", fields[i][1]);
		if (fields[i][1][0])
			put(name, text);
	}
}

static int
look(struct damon_regions *out, struct err *err)
{
	struct damon *d = damon_recorded(open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
	int r = damon_read(d, out, err);

	damon_end(d);
	return r;
}

static void
test_read(void)
{
	struct damon_regions is;
	struct err err;

	ok(look(&is, &err) < 0 && !is.n, "without its files it has ended");
	put(CONTEXT "/monitoring_attrs/intervals/sample_us", "0\n");
	put(CONTEXT "/monitoring_attrs/intervals/aggr_us", "100000\n");
	ok(look(&is, &err) < 0, "it never looks: no rate is made of that");
	put(CONTEXT "/monitoring_attrs/intervals/sample_us", "5000\n");
	put(REGIONS "/total_bytes", "33554432\n");
	put_region("10", "140462610440192", "140462610456576", "20", "31");
	put_region("2", "140462576889856", "140462610440192", "3", "0");
	put_region("11", "140462710000000", "140462710004096", "", "");
	if (!ok(look(&is, &err) == 0, "it is read"))
		return;
	is_u64(is.n, 2, "a region of which a file is missing is left out: it is being replaced");
	is_u64(is.samples, 20, "so many looks");
	is_u64(is.sample_ns, 5000000, "and so far apart");
	ok(is.v[0].start == 140462576889856 && is.v[0].accesses == 3 && is.v[1].accesses == 20 &&
	   is.v[1].age_ns == 3100000000u, "in the order of their addresses, whatever their names");
	ok(!damon_find(&is, 140462576889855) && damon_find(&is, 140462576889856) == &is.v[0] &&
	   damon_find(&is, 140462610440191) == &is.v[0] && damon_find(&is, 140462610440192) == &is.v[1] &&
	   !damon_find(&is, 140462610456576), "an address is in one, or in none");
	damon_free(&is);
}

/* The column: what is in the part of a region. */
static void
test_sums(void)
{
	struct damon_region v[] = {{0x1000, 0x5000, 20, 0}, {0x5000, 0x6000, 0, 0}, {0x8000, 0x9000, 9, 0}};
	struct accesses a = {.refs = 1, .is = {.v = v, .n = ARRAY_LEN(v), .samples = 20}};
	uint64_t seen;

	ok(accesses_of(&a, 0x4000, 0x10000, &seen) && seen == 0x2000,
	   "what was accessed, as far as it is in it");
	ok(accesses_of(&a, 0x5000, 0x6000, &seen) && !seen, "looked at, and never accessed");
	ok(!accesses_of(&a, 0x6000, 0x8000, &seen), "not looked at: not known");
	ok(!accesses_of(NULL, 0x1000, 0x2000, &seen), "nothing was sampled");
}

int
main(void)
{
	char command[sizeof(folder) + 10];

	if (!mkdtemp(folder))
		return 99;
	test_read();
	test_sums();
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	ok(system(command) == 0, "cleared away");
	return tap_done();
}
