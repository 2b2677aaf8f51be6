/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Questions nobody would ask: refused with a place and a reason, or answered consistently. */
#include "fuzz.h"
#include "query/query.h"

static const char maps[] =
    "1000-2000 r--p 00000000 08:01 10 /usr/bin/my file\n"
    "55d1c0a00000-55d1c2a00000 rw-p 00000000 00:00 0 [heap]\n"
    "7f1a00000000-7f1a00010000 rw-p 00000000 00:00 0 [anon: Java heap]\n"
    "7f1a00020000-7f1a00030000 rw-p 00000000 00:00 0 \n"
    "7f1a10000000-7f1a10001000 r--p 00000000 08:01 30 /opt/one/data.bin\n"
    "7f1a10002000-7f1a10003000 r--p 00000000 08:01 31 /opt/two/data.bin\n"
    "7f1a20000000-7f1a20100000 r--p 00000000 08:01 40 /usr/lib/libstdc++.so.6\n"
    "7f1a80926000-7f1a80a00000 r-xp 00026000 fe:01 1318 /usr/lib/libc.so.6\n"
    "7ffc00000000-7ffc00021000 rw-p 00000000 00:00 0 [stack]\n"
    "ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0 [vsyscall]\n";

static const char *const words[] = {
    "heap", "[heap]", "libc.so.6", "libc", "data.bin", "\"my file\"", "[anon: Java heap]", "stack",
    "vsyscall", "7f1a80926234", "0x1000", "ffffffffff600000", "ffffffffffffffff", "0", "+", "..",
    "..+", "+0x10", "+ffffffffffffff00", "-", " ", "16k", "12p", "2m", "1g", "pfn:", "phys:", "clear",
    "1a422b", "\"", "[", "]", "fffffffffffff000", "hex", "hex ", "hex heap", "7f1a00000000-7f1a00010000", "\t", "x", "libstdc++",
};

static struct vma_list vmas;

static void
make_text(struct buf *out, uint64_t *seed)
{
	struct buf text = {0};

	buf_str(&text, "");
	for (uint64_t n = fake_below(seed, 6); n; n--)
		buf_str(&text, words[fake_below(seed, ARRAY_LEN(words))]);
	fuzz_mutate(out, text.s, text.len, seed);
	if (!fake_below(seed, 200)) /* longer than any line */
		for (int i = 0; i < 900; i++)
			buf_str(out, words[fake_below(seed, ARRAY_LEN(words))]);
	buf_free(&text);
}

static bool
check_refusal(const struct err *e, const char *text, const char *who)
{
	if (e->status != ERR_USAGE || !e->what[0] || !e->why[0])
		return fuzz_wrong("%s refused without a reason", who);
	if (e->column < 0 || (size_t)e->column > strlen(text) + 1)
		return fuzz_wrong("%s points at column %d", who, e->column);
	return true;
}

static bool
check_place(const struct query_place *p, const char *text)
{
	struct err err = {0};
	uint64_t addr;
	const struct vma *v;

	if (p->column < 1 || (size_t)p->column > strlen(text) + 1)
		return fuzz_wrong("a place stands at column %d", p->column);
	if (query_resolve(p, &vmas, &addr, &v, &err) < 0)
		return check_refusal(&err, text, "query_resolve");
	if (v != vma_at(&vmas, addr))
		return fuzz_wrong("the region of %" PRIx64 " is another", addr);
	if (!p->name[0] && addr != p->addr)
		return fuzz_wrong("%" PRIx64 " became %" PRIx64, p->addr, addr);
	if (p->name[0] && addr < p->addr)
		return fuzz_wrong("the offset %" PRIx64 " went round to %" PRIx64, p->addr, addr);
	return true;
}

static bool
check_range(const struct query *q, const char *text)
{
	struct err err = {0};
	uint64_t start = 0, end = 0;

	if (query_range(q, &vmas, 4096, &start, &end, &err) < 0)
		return check_refusal(&err, text, "query_range");
	if (start >= end || start % 4096 || end % 4096)
		return fuzz_wrong("the range is %" PRIx64 "..%" PRIx64, start, end);
	return true;
}

static bool
check_bytes(const struct query *q, const char *text)
{
	struct err err = {0};
	uint64_t start = 0, end = 0;

	if (query_bytes(q, &vmas, &start, &end, &err) < 0)
		return check_refusal(&err, text, "query_bytes");
	if (start >= end || (!q->is_range && end - start > QUERY_BYTES_ALONE))
		return fuzz_wrong("the bytes are %" PRIx64 "..%" PRIx64, start, end);
	return true;
}

static bool
check(const char *text, size_t n)
{
	struct query q, again;
	struct err err = {0};

	(void)n;
	if (query_parse(text, 4096, &q, &err) < 0)
		return check_refusal(&err, text, "query_parse");
	if (query_parse(text, 4096, &again, &err) < 0 || again.kind != q.kind || again.pfn != q.pfn ||
	    again.from.addr != q.from.addr || again.to.addr != q.to.addr)
		return fuzz_wrong("the second time it means something else");
	if (q.is_range && q.to_is_length && !q.to.addr)
		return fuzz_wrong("a range's length");
	if ((q.from.column && !check_place(&q.from, text)) ||
	    (q.is_range && !q.to_is_length && !check_place(&q.to, text)))
		return false;
	if (q.kind == QUERY_BYTES)
		return check_bytes(&q, text);
	if (q.kind == QUERY_FRAME || q.kind == QUERY_PHYS)
		return q.in_frame < 4096 || fuzz_wrong("an offset of %" PRIx64 " in a frame", q.in_frame);
	if (q.kind == QUERY_MIGRATE)
		return q.link.bits || fuzz_wrong("a link that carries nothing");
	return !q.from.column || check_range(&q, text);
}

static bool
play(uint64_t *seed)
{
	struct buf text = {0};
	bool good;

	make_text(&text, seed);
	fuzz.input = text.s;
	good = check(text.s, text.len);
	if (good)
		buf_free(&text);
	return good;
}

static int
begin(void)
{
	size_t odd;

	vma_parse(&vmas, mem_strdup(maps), &odd);
	return 0;
}

FUZZ_MAIN(begin, "questions", "query", play, check);
