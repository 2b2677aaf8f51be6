/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The rule for parsers: one that refuses its text leaves its outputs unchanged. Each parser that
 * can refuse is here with texts that it accepts; they are cut short and corrupted in every place.
 */
#include <fcntl.h>
#include <unistd.h>

#include "base/pattern.h"
#include "base/text.h"
#include "config/options.h"
#include "config/settings.h"
#include "fake.h"
#include "filter/filter.h"
#include "kernel/proc.h"
#include "kernel/processes.h"
#include "kernel/smaps.h"
#include "model/here.h"
#include "model/list_columns.h"
#include "model/list_filter.h"
#include "query/query.h"
#include "table/columns.h"
#include "tap.h"
#include "term/mouse.h"
#include "track/inject_parts.h"

enum { TEXTS = 12 };
static const unsigned char MARK = 0xa5;
static struct ui ui;
static struct vma_list vmas;

static const char maps[] =
    "55d1c0a00000-55d1c2a00000 rw-p 00000000 00:00 0 [heap]\n"
    "7f1a10000000-7f1a10001000 r--p 00000000 08:01 30 /opt/one/data.bin\n"
    "7f1a10002000-7f1a10003000 r--p 00000000 08:01 31 /opt/two/data.bin\n"
    "7f1a80926000-7f1a80a00000 r-xp 00026000 fe:01 1318 /usr/lib/libc.so.6\n"
    "7f1a90000000-7f1a90001000 r--p 00000000 08:01 33 /tmp/cafe\n";

/* Where a parser writes: MARK before each call. */
static union {
	unsigned char byte[sizeof(struct options) + 4096];
	struct {
		const char *end;
		uint64_t v;
	} u64;
	struct {
		uint64_t start, end;
		const struct vma *v;
	} place;
	struct {
		enum column_id ids[ROW_MOST];
		size_t n;
	} columns;
	uint32_t cp;
	pid_t pid;
	struct query query;
	struct filter filter;
	struct pattern pattern;
	struct process process;
	struct inject_thread thread;
	struct inject_status status;
	struct inject_fdinfo fdinfo;
	struct inject_stray stray;
	struct smaps_entry smaps;
	struct list_columns list_columns;
	struct list_filter list_filter;
	struct mouse mouse;
	struct here here;
	struct options options;
} out;

static struct err err;

static bool try_u64(const char *s) { return parse_u64(s, 16, &out.u64.end, &out.u64.v); }
static bool try_digits(const char *s) { return parse_digits(s, strlen(s), 16, &out.u64.v); }
static bool try_utf8(const char *s) { return utf8_next(s, strlen(s), &out.cp) > 0; }
static bool try_query(const char *s) { return query_parse(s, 4096, &out.query, &err) == 0; }
static bool
try_page_filter(const char *s)
{
	return filter_parse(s, FILTER_PAGE, 4096, &out.filter, &err) == 0;
}
static bool
try_region_filter(const char *s)
{
	return filter_parse(s, FILTER_REGION, 4096, &out.filter, &err) == 0;
}
static bool
try_list_filter(const char *s)
{
	return list_filter_set(&out.list_filter, s, 4096, &err) == 0;
}
static bool try_pattern(const char *s) { return pattern_parse(s, 8, &out.pattern, &err) == 0; }
static bool try_pid(const char *s) { return proc_parse_pid("/proc", s, &out.pid, &err) == 0; }
static bool try_process(const char *s) { return process_parse(&out.process, s); }
static bool try_stat(const char *s) { return inject_parse_stat(s, &out.thread); }
static bool try_fdinfo(const char *s) { return inject_parse_fdinfo(s, &out.fdinfo); }
static bool try_stray(const char *s) { return inject_stray_of(s, 5, &out.stray); }
static bool try_status(const char *s) { return inject_parse_status(s, &out.status); }
static bool
try_region_columns(const char *s)
{
	return columns_parse(SET_REGION, s, out.columns.ids, &out.columns.n, &err) == 0;
}
static bool
try_page_columns(const char *s)
{
	return columns_parse(SET_PAGE, s, out.columns.ids, &out.columns.n, &err) == 0;
}
static bool
try_list_columns(const char *s)
{
	return list_columns_parse(s, &out.list_columns, &err) == 0;
}
static bool try_mouse(const char *s) { return mouse_parse(s, &out.mouse); }
static bool try_here(const char *s) { return here_read(&ui, s, &out.here, &err) == 0; }

static bool
try_resolve(const char *s)
{
	struct query q;

	return query_parse(s, 4096, &q, &err) == 0 &&
	       query_resolve(&q.from, &vmas, &out.place.start, &out.place.v, &err) == 0;
}

static bool
try_range(const char *s)
{
	struct query q;

	return query_parse(s, 4096, &q, &err) == 0 &&
	       query_range(&q, &vmas, 4096, &out.place.start, &out.place.end, &err) == 0;
}

static bool
try_bytes(const char *s)
{
	struct query q;

	return query_parse(s, 4096, &q, &err) == 0 &&
	       query_bytes(&q, &vmas, &out.place.start, &out.place.end, &err) == 0;
}

/* Of the region at 2000. */
static bool
try_smaps(const char *s)
{
	int fd = memfd_create("smaps", MFD_CLOEXEC);
	bool good = write(fd, s, strlen(s)) == (ssize_t)strlen(s) && lseek(fd, 0, SEEK_SET) == 0 &&
	            smaps_read_one(fd, NULL, 0x2000, &out.smaps, &err) == 0;

	close(fd);
	return good;
}

/* "name value" of an option, of a setting; words of a command line. */
static bool
split(const char *s, char name[64], const char **value)
{
	size_t n = strcspn(s, " ");

	snprintf(name, 64, "%.*s", (int)n, s);
	*value = s[n] ? s + n + 1 : "";
	return n < 64;
}

static bool
try_setting(const char *s)
{
	char name[64];
	const char *value;

	return split(s, name, &value) && setting_take(&out.options, name, value, &err) == 0;
}

static bool
try_options(const char *s)
{
	char *words = mem_strdup(s), *save, *argv[16] = {(char *)"pmtop"};
	int argc = 1;
	bool good;

	for (char *w = strtok_r(words, " ", &save); w && argc < 15; w = strtok_r(NULL, " ", &save))
		argv[argc++] = w;
	good = options_parse(&out.options, argc, argv, &err) == 0;
	free(words);
	return good;
}

static const struct parser {
	const char *name;
	bool (*take)(const char *text);
	bool starts_right; /* it goes on top of what is there */
	const char *texts[TEXTS];
} parsers[] = {
    {"parse_u64", try_u64, false, {"ba", "12345678", "ffffffffffffffff"}},
    {"parse_digits", try_digits, false, {"bad", "12345678", "ffffffffffffffff"}},
    {"utf8_next", try_utf8, false, {"a", "\xc3\xa4", "\xe2\x86\x92", "\xf0\x9f\x98\x80"}},
    {"query_parse",
     try_query,
     false,
     {"bash", "add-on", "7f12a000", "heap+0x10", "heap..+12p", "1000-2000", "pfn:12",
      "migrate 2.5g 300ms", "hex \"my file\"+10", "vma:heap", "[anon: x]..heap+1"}},
    {"query_resolve",
     try_resolve,
     false,
     {"heap+10", "libc+26010", "/opt/one/data.bin", "\"cafe\"+3", "55d1c0a00000"}},
    {"query_range", try_range, false, {"heap..+12p", "heap..heap+4000", "1000-2000", "vma:heap"}},
    {"query_bytes", try_bytes, false, {"hex heap", "hex heap..+4k", "hex 55d1c0a00000"}},
    {"filter_parse of pages",
     try_page_filter,
     false,
     {"anon & !(written | mapcount>1)", "state=anon", "perm~wx & pfn>=0x1000",
      "name=\"my file\" & order=9"}},
    {"filter_parse of regions",
     try_region_filter,
     false,
     {"anon & size>=2m | heap", "perm=rw-p", "rss>18014398509481983k"}},
    {"list_filter_set", try_list_filter, false, {"anon & size>=2m", "libc.so"}},
    {"pattern_parse", try_pattern, false, {"\"text\\n\" de ad", "0x7ffe1234", "\"\\x41\\\"\"", "u32 42 ptr 7ffe"}},
    {"proc_parse_pid", try_pid, false, {"1", "32768"}},
    {"process_parse",
     try_process,
     false,
     {"Name:\tsh\nState:\tS (sleeping)\nUid:\t0\t0\nVmSize:\t4096 kB\n"}},
    {"inject_parse_stat", try_stat, false, {"12 (sh) x) S 1 2 3 4 5 4194304 7"}},
    {"inject_parse_status",
     try_status,
     false,
     {"Name:\tsh\nTracerPid:\t0\nSeccomp:\t2\n"}},
    {"inject_parse_fdinfo",
     try_fdinfo,
     false,
     {"pos:\t0\nflags:\t02004000\nino:\t7\nAPI:\taa:80000600:1ff\n"}},
    {"inject_stray_of", try_stray, false, {"pos:\t0\nflags:\t02004000\nino:\t7\nAPI:\taa:0:1ff\n"}},
    {"smaps_read_one",
     try_smaps,
     false,
     {"1000-2000 r--p 0 0:0 0\nPss: 4 kB\n2000-3000 rw-p 0 0:0 0\nPss: 8 kB\nVmFlags: rd wr\n"}},
    {"columns_parse of regions", try_region_columns, false, {"START,SIZE,RSS", "mapping"}},
    {"columns_parse of pages", try_page_columns, false, {"ADDRESS,STATE,PFN"}},
    {"list_columns_parse", try_list_columns, false, {"address size rss", "RSS,PSS"}},
    {"mouse_parse", try_mouse, false, {"\033[<0;12;3M", "\033[<65;1;1M", "\033[<0;12;3m"}},
    {"here_read", try_here, false, {"heap+10", "'a..'a", "vma:'a", ".+10"}},
    {"setting_take",
     try_setting,
     true,
     {"interval 0.5", "sort -rss", "columns address rss", "letters all", "lens 2", "theme dark",
      "mouse off", "group file", "color 256"}},
    {"options_parse",
     try_options,
     true,
     {"--list -o START 12", "--pages=heap --json 1", "--watch=0.5 --count 3 1",
      "--grid --columns 16 --zoom 4 1", "--size 80x24 --frames 3 1", "-e heap -e stack 1",
      "--interval 0.5 --theme dark --lens state", "--demo --tracker uffd --allow-inject"}},
};

static void
mark(const struct parser *p)
{
	memset(out.byte, MARK, sizeof(out.byte));
	if (p->starts_right)
		options_init(&out.options);
}

/* Whether a refusal left all as it was. */
static bool
keeps(const struct parser *p, const char *text, unsigned *taken, unsigned *refused)
{
	static unsigned char before[sizeof(out.byte)];

	mark(p);
	memcpy(before, out.byte, sizeof(before));
	if (p->take(text)) {
		++*taken;
		return true;
	}
	++*refused;
	if (!memcmp(before, out.byte, sizeof(before)))
		return true;
	printf("# %s wrote, and refused \"%s\"\n", p->name, text);
	return false;
}

/* The text, cut short everywhere, and with one sign more or another one everywhere. */
static bool
spoil(const struct parser *p, const char *text, unsigned *taken, unsigned *refused)
{
	static const char signs[] = "g!0f+.-\"(,= \xc3";
	size_t n = strlen(text);
	char other[512];
	bool good = keeps(p, text, taken, refused);

	for (size_t i = 0; i <= n; i++) {
		snprintf(other, sizeof(other), "%.*s", (int)i, text);
		good &= keeps(p, other, taken, refused);
		for (size_t k = 0; k < sizeof(signs) - 1; k++) {
			snprintf(other, sizeof(other), "%.*s%c%s", (int)i, text, signs[k],
			         text + i);
			good &= keeps(p, other, taken, refused);
			snprintf(other, sizeof(other), "%.*s%c%s", (int)i, text, signs[k],
			         text + i + (i < n));
			good &= keeps(p, other, taken, refused);
		}
	}
	return good;
}

int
main(void)
{
	struct place a = {.at = UINT64_C(0x7f1200001000)};
	size_t odd;

	tap_start();
	vma_parse(&vmas, mem_strdup(maps), &odd);
	jumps_bookmark(&ui.jumps, 'a', &a);
	for (size_t i = 0; i < ARRAY_LEN(parsers); i++) {
		const struct parser *p = &parsers[i];
		unsigned taken = 0, refused = 0;
		bool good = true;
		char name[96];

		for (size_t k = 0; k < TEXTS && p->texts[k]; k++) {
			unsigned before = taken;

			mark(p);
			good &= spoil(p, p->texts[k], &taken, &refused);
			if (taken == before) {
				printf("# takes nothing like \"%s\"\n", p->texts[k]);
				good = false;
			}
		}
		snprintf(name, sizeof(name), "%s: what is refused leaves nothing behind", p->name);
		ok(good && taken && refused, name);
	}
	vma_free(&vmas);
	return tap_done();
}
