/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_FUZZ_H
#define PM_FUZZ_H

/*
 * A fuzzer is a round that is played again and again, each time with the next seed, for as many
 * seconds as it is given: --seconds N (3), --seed N (1). Whatever fails, dies or trips a sanitizer
 * prints its seed and its input; `--seed THAT --seconds 0` plays that one round alone.
 *
 * One whose rounds make a text and check it names that check, too (fuzz_texts): then each file of
 * tests/fuzz/corpus/NAME is checked once, before the rounds; `fuzz_x FILE...` checks those files alone;
 * and FUZZ_LIBFUZZER makes it a fuzzer of libFuzzer, which checks texts of its own. FUZZ_MAIN is the
 * whole program.
 */
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <unistd.h>

#include "../unit/fake.h"
#include "base/clock.h"
#include "base/file.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/common_interface_defs.h>
#endif

enum { FUZZ_ROUND_S = 120 }; /* a round that takes as long hangs */

static struct {
	uint64_t seed;     /* of this round */
	char why[512];     /* what is wrong with it */
	const char *input; /* what it was fed; NULL: the seed says it all */
} fuzz;

/* Returns false, so that `return fuzz_wrong(...)` ends a round. */
__attribute__((format(printf, 1, 2))) static inline bool
fuzz_wrong(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(fuzz.why, sizeof(fuzz.why), fmt, ap);
	va_end(ap);
	return false;
}

static inline void
fuzz_report(void)
{
	printf("# seed %" PRIu64 ": %s\n", fuzz.seed,
	       fuzz.why[0] ? fuzz.why : "it died, or went on for ever");
	if (!fuzz.input)
		return;
	printf("# input: \"");
	for (const unsigned char *c = (const unsigned char *)fuzz.input; *c; c++)
		printf(*c >= 0x20 && *c < 0x7f && *c != '"' && *c != '\\' ? "%c" : "\\%03o", *c);
	printf("\"\n");
}

static inline void
fuzz_died(void)
{
	printf("not ok 1 - the program died\n");
	fuzz_report();
	fflush(stdout);
}

static inline void
fuzz_on_signal(int sig)
{
	signal(sig, SIG_DFL);
	fuzz_died();
	raise(sig);
}

static inline void
fuzz_watch(void)
{
#ifdef __SANITIZE_ADDRESS__
	__sanitizer_set_death_callback(fuzz_died);
#else
	static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT};

	for (size_t i = 0; i < ARRAY_LEN(signals); i++)
		signal(signals[i], fuzz_on_signal);
#endif
	signal(SIGALRM, fuzz_on_signal);
}

/* What is played: `round` gets a seed to draw from; `check`, which may be NULL, a text. */
struct fuzz_program {
	const char *name, *corpus;
	bool (*round)(uint64_t *seed);
	bool (*check)(const char *text, size_t n);
};

/* --- rounds ----------------------------------------------------------------------------------- */

static inline bool
fuzz_rounds(const struct fuzz_program *p, uint64_t first, uint64_t seconds, unsigned number)
{
	uint64_t rounds = 0, start = time_ns();

	do {
		uint64_t seed = fuzz.seed = first + rounds++;

		fuzz.input = NULL;
		alarm(FUZZ_ROUND_S);
		if (!p->round(&seed)) {
			printf("not ok %u - %s\n", number, p->name);
			fuzz_report();
			return false;
		}
	} while (time_ns() - start < seconds * 1000000000u);
	printf("ok %u - %s, %" PRIu64 " rounds\n", number, p->name, rounds);
	return true;
}

/* --- a corpus --------------------------------------------------------------------------------- */

static inline bool
fuzz_file(const struct fuzz_program *p, int dir, const char *name)
{
	struct buf text = {0};
	int fd = file_open(dir, name, O_RDONLY);
	bool good = fd >= 0 && file_read_all(fd, &text) == 0;

	buf_str(&text, "");
	fuzz.input = text.s;
	alarm(FUZZ_ROUND_S);
	good = good ? p->check(text.s, text.len) : fuzz_wrong("cannot be read");
	if (!good)
		printf("# %s:\n", name);
	if (!good)
		fuzz_report();
	if (fd >= 0)
		close(fd);
	buf_free(&text);
	return good;
}

static inline bool
fuzz_corpus(const struct fuzz_program *p)
{
	const char *top = getenv("srcdir");
	struct dirent *e;
	char path[4096];
	unsigned n = 0;
	bool good = true;
	DIR *d;

	snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s", top ? top : ".", p->corpus);
	d = opendir(path);
	while (d && (e = readdir(d)))
		if (e->d_name[0] != '.') {
			good &= fuzz_file(p, dirfd(d), e->d_name);
			n++;
		}
	if (d)
		closedir(d);
	good &= n > 0;
	printf("%s 1 - %s: each of %u inputs\n", good ? "ok" : "not ok", p->name, n);
	return good;
}

/* --- programs --------------------------------------------------------------------------------- */

static inline int
fuzz_play(int argc, char **argv, const struct fuzz_program *p)
{
	uint64_t seconds = 3, first = 1;
	bool good = true;

	fuzz_watch();
	if (p->check && argc > 1 && argv[1][0] != '-') {
		for (int i = 1; i < argc; i++)
			good &= fuzz_file(p, AT_FDCWD, argv[i]);
		return !good;
	}
	for (int i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--seconds"))
			seconds = strtoull(argv[i + 1], NULL, 10);
		else if (!strcmp(argv[i], "--seed"))
			first = strtoull(argv[i + 1], NULL, 10);
	}
	printf("1..%d\n", p->check ? 2 : 1);
	fflush(stdout);
	if (p->check)
		good = fuzz_corpus(p);
	return !(fuzz_rounds(p, first, seconds, p->check ? 2 : 1) && good);
}

static inline int
fuzz_run(int argc, char **argv, const char *name, bool (*round)(uint64_t *seed))
{
	const struct fuzz_program p = {.name = name, .round = round};

	return fuzz_play(argc, argv, &p);
}

/* For rounds that make a text: what is done before all of them, and the program. */
#ifdef FUZZ_LIBFUZZER
#define FUZZ_MAIN(begin, title, folder, round, check) \
	int LLVMFuzzerInitialize(int *argc, char ***argv); \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n); \
	int LLVMFuzzerInitialize(int *argc, char ***argv) \
	{ \
		(void)argc, (void)argv, (void)round; \
		return begin(); \
	} \
	int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n) \
	{ \
		char *text = mem_alloc(n + 1); \
\
		memcpy(text, data, n); \
		fuzz.input = text; \
		if (!check(text, n)) { \
			fuzz_report(); \
			abort(); \
		} \
		free(text); \
		return 0; \
	} \
	struct fuzz_program /* ends the macro where a ; may follow */
#else
#define FUZZ_MAIN(begin, title, folder, round, check) \
	int main(int argc, char **argv) \
	{ \
		const struct fuzz_program p = {title, folder, round, check}; \
\
		return begin() ? 1 : fuzz_play(argc, argv, &p); \
	} \
	struct fuzz_program
#endif

/* Changes a text here and there: bytes, doubled and lost pieces. Appends the result to `out`. */
static inline void
fuzz_mutate(struct buf *out, const char *in, size_t n, uint64_t *seed)
{
	static const char bytes[] = "\n\n -:+.\"[]0189afkmpgxXrwsp\\\033\177\xff\xc3\xa9\t,#(";
	uint64_t changes = fake_below(seed, 8);
	size_t start = out->len;

	buf_str(out, "");
	buf_add(out, in, n);
	for (; changes; changes--) {
		size_t len = out->len - start, at = start + fake_below(seed, len + 1);
		size_t piece = fake_below(seed, 1 + u64_min(40, out->len - at));
		struct buf tail = {0};

		switch (fake_below(seed, 4)) {
		case 0: /* another byte */
			if (at < out->len)
				out->s[at] = bytes[fake_below(seed, sizeof(bytes) - 1)];
			break;
		case 1: /* a lost piece */
			memmove(out->s + at, out->s + at + piece, out->len - at - piece + 1);
			out->len -= piece;
			break;
		case 2: /* a doubled piece */
			buf_add(&tail, out->s + at, out->len - at);
			out->len = at + piece;
			buf_add(out, tail.s, tail.len);
			break;
		case 3: /* a byte more */
			buf_add(&tail, out->s + at, out->len - at);
			out->len = at;
			buf_add(out, &bytes[fake_below(seed, sizeof(bytes) - 1)], 1);
			buf_add(out, tail.s, tail.len);
			break;
		}
		buf_free(&tail);
	}
}

/* Checks up to `most` of these lines, in any order, and damaged. */
static inline bool
fuzz_lines(const char *const *lines, size_t n, uint64_t most, bool (*check)(const char *text, size_t n),
           uint64_t *seed)
{
	struct buf text = {0}, out = {0};
	bool good;

	buf_str(&text, "");
	for (uint64_t left = fake_below(seed, most); left; left--)
		buf_str(&text, lines[fake_below(seed, n)]);
	fuzz_mutate(&out, text.s, text.len, seed);
	buf_free(&text);
	fuzz.input = out.s;
	good = check(out.s, out.len);
	if (good)
		buf_free(&out);
	return good;
}

/* Nothing in it can move a terminal's cursor or stop it. */
static inline bool
fuzz_is_safe(const char *s)
{
	for (; s && *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

#endif
