/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/bytes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/refs.h"
#include "kernel/flags.h"
#include "kernel/smaps.h"
#include "page/state.h"
#include "target/walk.h"

/* --- one page --------------------------------------------------------------------------------- */

enum bytes_kind
bytes_kind_of(const struct vma *v, const struct page *pg)
{
	bool present = pg->known & PAGE_WORD && pg->word & PM_PRESENT;

	if (vma_hides_pages(v) || v->behind == VMA_BEHIND_SECRET)
		return BYTES_NEVER;
	switch ((enum state)pg->state) {
	case STATE_UNREADABLE:
	case STATE_HWPOISON:
	case STATE_GUARD:
	case STATE_PAST_END:
	case STATE_POISONED:
	case STATE_SPECIAL:
	case STATE_COUNT:
		return BYTES_NEVER;
	case STATE_DEVICE: /* [vdso] is the kernel's, and memory like any other */
		return present && v->type == VMA_KERNEL ? BYTES_READ : BYTES_NEVER;
	case STATE_UFFD:
	case STATE_MIGRATING:
	case STATE_SWAPPED:
	case STATE_CACHED:
	case STATE_NONE:
	case STATE_ZERO:
	case STATE_HUGETLB:
	case STATE_KSM:
	case STATE_LAZYFREE:
	case STATE_THP_HEAD:
	case STATE_THP_TAIL:
	case STATE_MTHP:
	case STATE_COPIED:
	case STATE_SHARED:
	case STATE_SWAPCACHE:
	case STATE_FILE_DIRTY:
	case STATE_MLOCKED:
	case STATE_ANON:
	case STATE_SHMEM:
	case STATE_FILE:
	case STATE_HIDDEN:
		break;
	}
	return present ? BYTES_READ
	               : BYTES_ABSENT; /* the word decides, whatever the name of the state */
}

/* Whether the page of v (NULL: of none) at base may be read, by the page table now. */
static int
bytes_check_page(struct target *t, const struct vma *v, uint64_t base, struct bytes_page *out,
                   struct err *err)
{
	struct page pg = {.state = STATE_UNREADABLE};

	*out = (struct bytes_page){.kind = BYTES_UNMAPPED, .state = STATE_NONE};
	if (!v)
		return 0;
	if (source_readable(t->source, v) &&
	    walk_page(t, v, base, PAGE_NEED_FLAGS | PAGE_NEED_CACHE, &pg, err) < 0)
		return -1;
	out->kind = (uint8_t)bytes_kind_of(v, &pg);
	out->state = v->type == VMA_DEVICE                    ? STATE_DEVICE
	             : v->behind == VMA_BEHIND_SECRET ? STATE_UNREADABLE
	                                              : pg.state;
	out->file = vma_has_file(v) || v->type == VMA_SHM;
	return 0;
}

/* Reads within one page. -1: memory cannot be read at all. */
static int
bytes_read_page(struct target *t, uint64_t at, uint8_t *to, size_t n, struct bytes_page *page,
                struct err *err)
{
	int sys;
	ssize_t got = t->source->ops->bytes(t->source, at, to, n, &sys, err);

	if (got < 0)
		return -1;
	if ((size_t)got == n)
		return 0;
	page->kind = BYTES_FAILED;
	page->sys = sys;
	memset(to, 0, n);
	return 0;
}

/* Reads a run of pages that may be read in one call. */
static int
bytes_read_run(struct target *t, uint64_t at, uint8_t *to, size_t n, struct bytes_page *pages,
               struct err *err)
{
	size_t size = t->page_size;
	int sys;
	ssize_t got = t->source->ops->bytes(t->source, at, to, n * size, &sys, err);

	if (got < 0)
		return -1;
	for (size_t i = (size_t)got / size; i < n; i++)
		if (bytes_read_page(t, at + i * size, to + i * size, size, &pages[i], err) < 0)
			return -1;
	return 0;
}

int
bytes_pages(struct target *t, const struct vma *v, uint64_t start, size_t n, uint8_t *to,
            struct bytes_page *out, struct err *err)
{
	struct page pages[BYTES_PAGES];
	size_t size = t->page_size, from = 0;

	if (walk_some(t, v, start, PAGE_NEED_FLAGS | PAGE_NEED_CACHE, pages, n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++)
		out[i] = (struct bytes_page){.kind = (uint8_t)bytes_kind_of(v, &pages[i]),
		                             .state = pages[i].state};
	for (size_t i = 0; i <= n; i++) {
		if (i < n && out[i].kind == BYTES_READ)
			continue;
		if (i > from && bytes_read_run(t, start + from * size, to + from * size, i - from,
		                               out + from, err) < 0)
			return -1;
		from = i + 1;
	}
	return 0;
}

/* --- a range ---------------------------------------------------------------------------------- */

static struct bytes *
bytes_new(uint64_t start, uint64_t end, size_t page_size, unsigned word)
{
	struct bytes *b = mem_alloc(sizeof(*b));

	b->refs = 1;
	b->page_size = page_size;
	b->word = word;
	b->start = start;
	b->end = start + u64_min(end - start, BYTES_MAX);
	b->pages_n = b->end > start ? (b->end - 1) / page_size - start / page_size + 1 : 0;
	b->pages = mem_alloc((b->pages_n + 1) * sizeof(*b->pages));
	b->data = mem_alloc(b->end - start + 1);
	b->changed_ns = mem_alloc((b->end - start + 1) * sizeof(*b->changed_ns));
	return b;
}

struct bytes *
bytes_ref(struct bytes *b)
{
	if (b)
		refs_take(&b->refs);
	return b;
}

void
bytes_unref(struct bytes *b)
{
	if (!b || !refs_drop(&b->refs))
		return;
	for (size_t i = 0; i < b->symbols_n; i++)
		free(b->symbols[i].name);
	free(b->symbols);
	free(b->changed_ns);
	free(b->pages);
	free(b->data);
	free(b);
}

size_t
bytes_size(const struct bytes *b)
{
	enum { SYMBOL = 64 }; /* with its name */

	return sizeof(*b) + (b->end - b->start) * (1 + sizeof(*b->changed_ns)) +
	       b->pages_n * sizeof(*b->pages) + b->symbols_n * SYMBOL;
}

/* Compares bytes that were read both times; unchanged ones keep the time of their last change. */
static void
bytes_mark_changes(struct bytes *b, const struct bytes *before, uint64_t now)
{
	uint64_t lo = u64_max(b->start, before->start), hi = u64_min(b->end, before->end);
	uint8_t is, was;

	for (uint64_t at = lo; at < hi; at++) {
		if (!bytes_at(b, at, &is) || !bytes_at(before, at, &was))
			continue;
		b->changed_ns[at - b->start] = is != was ? now : bytes_changed(before, at);
		b->newest_ns = u64_max(b->newest_ns, b->changed_ns[at - b->start]);
	}
}

struct bytes *
bytes_read(struct target *t, const struct vma_list *vmas, uint64_t start, uint64_t end,
           const struct bytes *before, struct err *err)
{
	struct bytes *b = bytes_new(start, end, t->page_size, t->source->meta.word);
	uint64_t at = start;

	b->past = source_is_past(t->source);
	for (size_t i = 0; i < b->pages_n; i++) {
		uint64_t base = at & ~(uint64_t)(b->page_size - 1);
		size_t n = u64_min(b->end - at, b->page_size - (at - base));

		/* read each page right after its entry, with nothing in between */
		if (bytes_check_page(t, vma_at(vmas, base), base, &b->pages[i], err) < 0 ||
		    (b->pages[i].kind == BYTES_READ &&
		     bytes_read_page(t, at, b->data + (at - start), n, &b->pages[i], err) < 0)) {
			bytes_unref(b);
			return NULL;
		}
		at += n;
	}
	if (before)
		bytes_mark_changes(b, before, source_now(t->source));
	return b;
}

/* Memory of a device under any name: only VmFlags are certain, and reading them is slow. */
static bool
bytes_is_device(const struct target *t, const struct vma *v)
{
	const struct source *s = t->source;
	struct smaps_entry e;
	struct err ignored;

	return s->ops->smaps_one(s, NULL, v->start, &e, &ignored) == 0 &&
	       (smaps_has(&e, "pf") || smaps_has(&e, "io"));
}

int
bytes_fault(struct target *t, const struct vma_list *vmas, uint64_t addr, struct err *err)
{
	uint64_t base = addr & ~(uint64_t)(t->page_size - 1);
	struct bytes_page page;
	struct buf why = {0};

	if (bytes_check_page(t, vma_at(vmas, base), base, &page, err) < 0)
		return -1;
	if (page.kind == BYTES_READ)
		return 1;
	if (page.kind == BYTES_ABSENT && bytes_is_device(t, vma_at(vmas, base)))
		page = (struct bytes_page){.kind = BYTES_NEVER, .state = STATE_DEVICE};
	if (page.kind == BYTES_ABSENT && source_stopped(t->source))
		return err_set(err, ERR_TARGET, "it was cancelled", NULL, "cannot read page %llx",
		               (unsigned long long)base); /* so it may be of a device */
	if (page.kind == BYTES_ABSENT) {
		page.sys = t->source->ops->fault_in(t->source, vma_at(vmas, base), base, err);
		if (page.sys <= 0)
			return page.sys;
		page.kind = BYTES_FAILED;
	}
	bytes_why(&page, &why);
	err_set(err, ERR_TARGET, why.s, NULL, "cannot read page %llx", (unsigned long long)base);
	buf_free(&why);
	return -1;
}

/* --- asking ----------------------------------------------------------------------------------- */

const struct bytes_page *
bytes_page(const struct bytes *b, uint64_t addr)
{
	if (!b || addr < b->start || addr >= b->end)
		return NULL;
	return &b->pages[addr / b->page_size - b->start / b->page_size];
}

void
bytes_why(const struct bytes_page *p, struct buf *out)
{
	switch ((enum bytes_kind)p->kind) {
	case BYTES_READ:
		return;
	case BYTES_UNMAPPED:
		buf_str(out, "not mapped");
		return;
	case BYTES_FAILED:
		if (p->sys == ETIMEDOUT)
			buf_str(out, "it did not arrive in time: its file server or fault "
			             "handler does not answer");
		else if (p->sys == ENODATA)
			buf_str(out, "not recorded");
		else if (p->sys == EAGAIN)
			buf_str(out, "pmtop's helper, which would wait for it, cannot be started");
		else
			buf_fmt(out, "the kernel did not read it: %s",
			        p->sys ? strerror(p->sys) : "it is gone");
		return;
	case BYTES_ABSENT:
		if (p->state == STATE_NONE || p->state == STATE_CACHED)
			buf_str(out, p->file ? "not mapped here yet" : "not in RAM");
		else
			buf_str(out, state_row((enum state)p->state)->words);
		return;
	case BYTES_NEVER:
		if (p->state == STATE_UNREADABLE)
			buf_str(out, "the kernel lets no one read it");
		else if (p->state == STATE_DEVICE)
			buf_str(out, "device memory: reading it may affect the device");
		else
			buf_fmt(out, "%s: cannot be read", state_row((enum state)p->state)->words);
		return;
	}
}

bool
bytes_at(const struct bytes *b, uint64_t addr, uint8_t *out)
{
	const struct bytes_page *p = bytes_page(b, addr);

	if (!p || p->kind != BYTES_READ)
		return false;
	*out = b->data[addr - b->start];
	return true;
}

bool
bytes_word(const struct bytes *b, uint64_t addr, uint64_t *out)
{
	uint8_t byte;
	uint32_t half;

	if (!b || addr > UINT64_MAX - b->word)
		return false;
	for (unsigned i = 0; i < b->word; i++)
		if (!bytes_at(b, addr + i, &byte))
			return false;
	memcpy(&half, b->data + (addr - b->start), sizeof(half));
	*out = half;
	if (b->word == sizeof(*out))
		memcpy(out, b->data + (addr - b->start), sizeof(*out));
	return true;
}

const struct vma *
bytes_pointer(const struct bytes *b, const struct vma_list *vmas, uint64_t addr, uint64_t *value)
{
	return bytes_word(b, addr, value) ? vma_at(vmas, *value) : NULL;
}

uint64_t
bytes_changed(const struct bytes *b, uint64_t addr)
{
	return b && addr >= b->start && addr < b->end ? b->changed_ns[addr - b->start] : 0;
}

enum byte_class
byte_class(uint8_t byte)
{
	if (byte == 0)
		return BYTE_ZERO;
	if (byte == 0xff)
		return BYTE_FF;
	return byte >= ' ' && byte <= '~' ? BYTE_TEXT : BYTE_REST;
}
