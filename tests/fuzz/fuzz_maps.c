/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text of maps and smaps, damaged: what is understood of it must still be sound. */
#include "base/text.h"
#include "fuzz.h"
#include "kernel/smaps.h"
#include "query/query.h"

static const char *const lines[] = {
    "400000-401000 r--p 00000000 08:01 10 /usr/bin/my file\n",
    "55d1c0a00000-55d1c2a00000 rw-p 00000000 00:00 0                          [heap]\n",
    "7f1a00000000-7f1a00010000 rw-p 00000000 00:00 0 [anon: Java heap]\n",
    "7f1a00020000-7f1a00030000 ---p 00000000 00:00 0 \n",
    "7f1a10000000-7f1a10001000 r--p 00000000 103:abcdef 30 /opt/two\\012lines (deleted)\n",
    "7f1a80926000-7f1a80a00000 r-xp 00026000 fe:01 1318 /usr/lib/libc.so.6\n",
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n",
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n",
    "Rss:                1000 kB\n",
    "Pss:                 500 kB\n",
    "Referenced:          996 kB\n",
    "AnonHugePages:      2048 kB\n",
    "VmFlags: rd wr mr mw me ac sd \n",
    "VmFlags: rd ex sd\n",
    "\n",
    "18446744073709551616-ffffffffffffffffffffff rwxs 0 0:0 0 x\n",
};

static void
make_text(struct buf *out, uint64_t *seed)
{
	struct buf text = {0};

	for (uint64_t n = fake_below(seed, 30); n; n--)
		buf_str(&text, lines[fake_below(seed, ARRAY_LEN(lines))]);
	buf_str(&text, "");
	fuzz_mutate(out, text.s, text.len, seed);
	buf_free(&text);
}

static bool
check_name(const struct vma *v)
{
	struct buf safe = {0};
	bool good;
	char name[64];

	if (!strstr(fuzz.input, v->name)) /* a sanitizer sees what lies outside */
		return fuzz_wrong("the name of %" PRIx64 " is not in the text", v->start);
	buf_str(&safe, "");
	text_escape(&safe, v->name, strlen(v->name), true);
	good = fuzz_is_safe(safe.s);
	for (const char *c = safe.s; *c; c++)
		good &= (unsigned char)*c < 0x7f;
	buf_free(&safe);
	if (!good)
		return fuzz_wrong("the name of %" PRIx64 " was not made safe", v->start);
	if (query_name_of(v, name, sizeof(name)) && (!name[0] || strlen(name) >= sizeof(name)))
		return fuzz_wrong("the short name of %" PRIx64, v->start);
	return true;
}

static bool
check_maps(const struct vma_list *l, size_t odd, uint64_t *seed)
{
	size_t text_lines = 0;

	for (size_t i = 0; i < l->n; i++) {
		const struct vma *v = &l->v[i];
		char perm[5];

		if (v->start >= v->end || (i && v->start < l->v[i - 1].end))
			return fuzz_wrong("region %zu is out of order", i);
		if (v->type >= VMA_TYPES || !check_name(v))
			return false;
		if (vma_at(l, v->start) != v || vma_at(l, v->end - 1) != v || vma_lower_bound(l, v->start) != i)
			return fuzz_wrong("region %zu is not found again", i);
		vma_perm_text(v, perm);
		if (strlen(perm) != 4)
			return fuzz_wrong("the permissions of region %zu", i);
	}
	for (int i = 0; i < 20; i++) {
		uint64_t addr = fake_random(seed) >> fake_below(seed, 64);
		size_t at = vma_lower_bound(l, addr);

		if ((at < l->n && l->v[at].end <= addr) || (at && l->v[at - 1].end > addr))
			return fuzz_wrong("vma_lower_bound of %" PRIx64, addr);
	}
	for (const char *c = fuzz.input; *c; c++)
		text_lines += *c == '\n' || !c[1];
	if (l->n + odd != text_lines)
		return fuzz_wrong("%zu regions and %zu odd lines of %zu lines", l->n, odd, text_lines);
	return true;
}

static bool
check_smaps(const char *text)
{
	struct smaps s;
	bool good = true;

	smaps_parse(&s, text);
	for (size_t i = 0; i < s.n; i++)
		good &= s.v[i].pss % 1024 == 0 && s.v[i].referenced % 1024 == 0 && s.v[i].thp % 1024 == 0;
	smaps_find(&s, 0x400000);
	smaps_find(&s, UINT64_MAX);
	smaps_free(&s);
	return good || fuzz_wrong("smaps: not in whole KiB");
}

static bool
check_text(const char *text, size_t n)
{
	uint64_t seed = n;
	struct vma_list l;
	size_t odd;
	bool good;

	vma_parse(&l, mem_strdup(text), &odd);
	good = check_maps(&l, odd, &seed) && check_smaps(text);
	vma_free(&l);
	return good;
}

static bool
play(uint64_t *seed)
{
	struct buf text = {0};
	bool good;

	make_text(&text, seed);
	fuzz.input = text.s;
	good = check_text(text.s, text.len);
	if (good)
		buf_free(&text);
	return good;
}

static int
begin(void)
{
	return 0;
}

FUZZ_MAIN(begin, "maps and smaps", "maps", play, check_text);
