/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/vma.h"

#include <endian.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/util.h"


enum { SMALLEST_PAGE = 4096 }; /* on any machine: a region must be a multiple of it */

/* Most names differ in the first letter: faster than a call. */
static bool
vma_starts(const char *s, const char *prefix)
{
	while (*prefix)
		if (*s++ != *prefix++)
			return false;
	return true;
}

/*
 * Regions that the kernel makes. A file's name begins with /, so it cannot look like these, except
 * for aio.
 */
static const struct {
	const char *prefix, *words;
} vma_kernels[] = {
    {"[vvar", "kernel data for system calls without a kernel entry (clock)"},
    {"[vdso", "kernel code for system calls without a kernel entry (clock)"},
    {"[vsyscall", "old kernel entry points, above all processes"},
    {"[uprobes", "kernel copies of probed instructions (uprobes)"},
    {"anon_inode:[io_uring]", "rings of io_uring: requests to the kernel, and its replies"},
    {"/[aio] (deleted)", "ring of asynchronous I/O (io_setup): completed requests"},
    {"anon_inode:[perf_event]", "ring of perf: events recorded by the kernel"},
    {"anon_inode:bpf", "memory of a BPF program, shared with the kernel"},
    {"anon_inode:kvm", "KVM: state of a virtual machine, shared with the kernel"},
    {"socket:", "ring of a socket: packets, shared with the kernel"},
};

const char *
vma_kernel_words(const struct vma *v)
{
	for (size_t i = 0; i < ARRAY_LEN(vma_kernels); i++)
		if (vma_starts(v->name, vma_kernels[i].prefix))
			return vma_kernels[i].words;
	return NULL;
}

static bool
vma_is_shm_name(const char *name)
{
	return vma_starts(name, "/memfd:") || vma_starts(name, "/dev/shm/") ||
	       vma_starts(name, "/SYSV") || vma_starts(name, "/dev/zero (deleted)") ||
	       vma_starts(name, "/secretmem");
}

/* By name alone, for devices that are not known. */
static enum vma_type
vma_type_of(const struct vma *v)
{
	const char *n = v->name;

	if (!n[0] && !v->inode) /* most of a long list */
		return v->perm & (VMA_READ | VMA_WRITE | VMA_EXEC) ? VMA_ANON : VMA_RESERVE;
	if (!strcmp(n, "[heap]"))
		return VMA_HEAP;
	if (vma_starts(n, "[stack"))
		return VMA_STACK;
	if (vma_kernel_words(v))
		return VMA_KERNEL;
	if (vma_starts(n, "/anon_hugepage") || vma_starts(n, "/dev/hugepages/"))
		return VMA_HUGETLB;
	if (vma_is_shm_name(n) || vma_starts(n, "[anon_shmem:"))
		return VMA_SHM;
	if ((vma_starts(n, "/dev/") && (v->perm & VMA_SHARED || strcmp(n, "/dev/zero"))) ||
	    vma_starts(n, "/sys/devices/") || vma_starts(n, "anon_inode:"))
		return VMA_DEVICE;
	if (n[0] == '/' ? strcmp(n, "/dev/zero") != 0 : v->inode != 0)
		return VMA_FILE;
	return v->perm & (VMA_READ | VMA_WRITE | VMA_EXEC) ? VMA_ANON : VMA_RESERVE;
}

bool
vma_has_file(const struct vma *v)
{
	switch ((enum vma_type)v->type) {
	case VMA_ANON:
	case VMA_HEAP:
	case VMA_STACK:
	case VMA_RESERVE:
	case VMA_GUARD: return false;
	case VMA_FILE:
	case VMA_SHM:
	case VMA_HUGETLB:
	case VMA_KERNEL:
	case VMA_DEVICE:
	case VMA_TYPES: break;
	}
	return v->inode || v->dev_major || v->dev_minor || v->name[0] == '/';
}

bool
vma_swaps_unseen(const struct vma *v)
{
	return v->type == VMA_SHM && v->behind != VMA_BEHIND_RAMFS &&
	       v->behind != VMA_BEHIND_SECRET;
}

bool
vma_is_anon_huge(const struct vma *v)
{
	return v->type == VMA_HUGETLB && vma_starts(v->name, "/anon_hugepage");
}

bool
vma_is_file(const struct vma *v)
{
	return vma_has_file(v) && (v->type == VMA_FILE || v->behind == VMA_BEHIND_TMPFS ||
	                           v->behind == VMA_BEHIND_RAMFS);
}

/* One more than the digit; 0: it is none. */
static const uint8_t vma_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Eight digits at once, of those that the kernel writes: 0 to 9 and a to f. */
static inline bool
vma_eight_hex(const char *s, uint64_t *out)
{
	static const uint64_t each = UINT64_C(0x0101010101010101); /* a number for each digit */
	uint64_t x, letters, v;

	memcpy(&x, s, sizeof(x));
	letters = x >> 6 & each;
	v = (x & 0xf * each) + 9 * letters;
	/* each is what it was taken for; and 10 and more in letters alone, and less than 16 */
	if (x != v + '0' * each + ('a' - 10 - '0') * letters ||
	    (((v + 6 * each) ^ letters << 4) | v) & 0x10 * each)
		return false;
	v = be64toh(v);
	v = (v | v >> 4) & UINT64_C(0x00ff00ff00ff00ff);
	v = (v | v >> 8) & UINT64_C(0x0000ffff0000ffff);
	*out = (v | v >> 16) & UINT32_MAX;
	return true;
}

/*
 * Half of a list's text are such numbers: several times as fast as parse_u64. The line goes on to
 * `end` at least.
 */
static inline bool
vma_take_hex(const char **s, const char *end, char stop, uint64_t *out)
{
	enum { DIGITS_MOST = 16, EIGHT = 8 };
	const char *p = *s;
	uint64_t v = 0;
	unsigned d;

	if (end - p >= EIGHT && vma_eight_hex(p, &v))
		p += EIGHT;
	for (; (d = vma_digits[(unsigned char)*p]); p++)
		v = v << 4 | (d - 1);
	if (p == *s || p - *s > DIGITS_MOST || *p != stop)
		return false;
	*s = p + 1;
	*out = v;
	return true;
}

static bool
vma_take_perm(const char **s, uint8_t *perm)
{
	static const char set[] = "rwxs";
	unsigned bits = 0;

	for (int i = 0; i < 4; i++) {
		char c = (*s)[i];

		if (c == set[i])
			bits |= 1u << i;
		else if (c != (i == 3 ? 'p' : '-'))
			return false;
	}
	if ((*s)[4] != ' ')
		return false;
	*s += 5;
	*perm = (uint8_t)bits;
	return true;
}

/* OFFSET MAJ:MIN INODE; mostly of no file. */
static bool
vma_take_file(const char **s, const char *end, struct vma *v)
{
	static const char none[] = "00000000 00:00 0 ";
	enum { NONE = sizeof(none) - 1 };
	uint64_t major, minor;

	if (end - *s >= NONE && !memcmp(*s, none, NONE)) {
		*s += NONE - 1;
		return true;
	}
	if (!vma_take_hex(s, end, ' ', &v->offset) || !vma_take_hex(s, end, ':', &major) ||
	    !vma_take_hex(s, end, ' ', &minor) || !parse_u64(*s, 10, s, &v->inode))
		return false;
	v->dev_major = (unsigned)major;
	v->dev_minor = (unsigned)minor;
	return v->dev_major == major && v->dev_minor == minor;
}

/*
 * START-END PERM FILE [blanks NAME]; the name is the rest of the line, blanks and all. The line
 * goes on to `end` at least.
 */
static bool
vma_parse_line(const char *s, const char *end, struct vma *v)
{
	*v = (struct vma){0};
	if (!vma_take_hex(&s, end, '-', &v->start) || !vma_take_hex(&s, end, ' ', &v->end) ||
	    !vma_take_perm(&s, &v->perm) || !vma_take_file(&s, end, v) || (*s && *s != ' ') ||
	    v->start >= v->end || (v->start | v->end) % SMALLEST_PAGE)
		return false;
	while (*s == ' ')
		s++;
	v->name = s;
	v->type = (uint8_t)vma_type_of(v);
	return true;
}

/* A list as it grows, line by line. */
struct vma_making {
	struct vma_list *list;
	struct buf names; /* each once in a row; at first the empty one */
	size_t last;      /* where the last one is */
	size_t odd;
};

/* Where in `names` this one is: neighbours often are of the same file, or have none. */
static size_t
vma_keep_name(struct vma_making *m, const char *name)
{
	if (!m->names.len)
		buf_add(&m->names, "", 1);
	if (!*name)
		return 0;
	if (m->last && !strcmp(m->names.s + m->last, name))
		return m->last;
	m->last = m->names.len;
	buf_add(&m->names, name, strlen(name) + 1);
	return m->last;
}

static void
vma_add_line(struct vma_making *m, const char *line, const char *end)
{
	struct vma_list *list = m->list;
	uint64_t last = list->n ? list->v[list->n - 1].end : 0;
	struct vma *v;

	list->v = vec_room(list->v, list->n, &list->cap, sizeof(*list->v));
	v = &list->v[list->n];
	if (!vma_parse_line(line, end, v) || v->start < last) {
		m->odd++;
		return;
	}
	/* the names may still move */
	v->name = (const char *)(uintptr_t)vma_keep_name(m, v->name);
	list->n++;
}

/* Adds the lines of a text, in which each newline becomes a NUL. */
static void
vma_add_lines(struct vma_making *m, char *text)
{
	for (char *line = text, *end; line && *line; line = end) {
		end = strchrnul(line, '\n');
		if (*end)
			*end++ = '\0';
		vma_add_line(m, line, end - 1);
	}
}

static void
vma_made(struct vma_making *m)
{
	m->list->names = m->names.s;
	for (size_t i = 0; i < m->list->n; i++)
		m->list->v[i].name = m->names.s + (uintptr_t)m->list->v[i].name;
}

void
vma_parse(struct vma_list *list, char *text, size_t *odd)
{
	struct vma_making m = {.list = list};

	*list = (struct vma_list){0};
	vma_add_lines(&m, text);
	vma_made(&m);
	*odd = m.odd;
	free(text);
}

/* Adds the whole lines of what was read, and keeps the rest. */
static void
vma_take_lines(struct vma_making *m, struct buf *text)
{
	char *end = memrchr(text->s, '\n', text->len);
	size_t rest;

	if (!end)
		return;
	*end = '\0';
	vma_add_lines(m, text->s);
	rest = text->len - (size_t)(end + 1 - text->s);
	memmove(text->s, end + 1, rest);
	text->len = 0;
	buf_grew(text, rest);
}

/* In pieces that stay in the cache, and memory for no more than the list. */
static int
vma_read_lines(struct vma_making *m, int fd)
{
	enum { PIECE = 1 << 16 };
	struct buf text = {0};
	size_t all = 0;
	int n;

	while ((n = file_read_some(fd, &text, &all)) > 0)
		if (text.len >= PIECE)
			vma_take_lines(m, &text);
	if (n == 0 && text.len)
		vma_add_lines(m, text.s);
	buf_free(&text);
	return n;
}

int
vma_read(int fd, struct vma_list *list, struct err *err)
{
	struct vma_making m = {.list = list};
	int r;

	*list = (struct vma_list){0};
	r = lseek(fd, 0, SEEK_SET) < 0 ? -1 : vma_read_lines(&m, fd);
	if (r < 0)
		err_sys(err, NULL, "cannot read the list of regions (maps)");
	vma_made(&m);
	if (r < 0 || !list->n)
		vma_free(list);
	return r;
}

bool
vma_hides_pages(const struct vma *v)
{
	return vma_starts(v->name, "[vvar") || v->type == VMA_DEVICE ||
	       (v->type == VMA_KERNEL && vma_starts(v->name, "anon_inode:"));
}

bool
vma_goes_on(const struct vma *a, const struct vma *b)
{
	return a->end == b->start && a->perm == b->perm && a->type == b->type &&
	       a->inode == b->inode && a->dev_major == b->dev_major &&
	       a->dev_minor == b->dev_minor && !strcmp(a->name, b->name) &&
	       (!a->inode || a->offset + (a->end - a->start) == b->offset);
}

void
vma_free(struct vma_list *list)
{
	for (size_t i = 0; i < list->given_n; i++)
		free(list->given[i]);
	free(list->given);
	free(list->v);
	free(list->names);
	*list = (struct vma_list){0};
}

void
vma_rename(struct vma_list *list, size_t i, char *name)
{
	list->given = vec_room(list->given, list->given_n, &list->given_cap, sizeof(*list->given));
	list->given[list->given_n++] = name;
	list->v[i].name = name;
}

size_t
vma_lower_bound(const struct vma_list *list, uint64_t addr)
{
	return vec_above(list->v, list->n, sizeof(*list->v), offsetof(struct vma, end), addr);
}

uint64_t
vma_mapped(const struct vma_list *list, uint64_t start, uint64_t end)
{
	uint64_t sum = 0;

	for (size_t i = vma_lower_bound(list, start); i < list->n && list->v[i].start < end; i++)
		sum += u64_min(end, list->v[i].end) - u64_max(start, list->v[i].start);
	return sum;
}

const struct vma *
vma_at(const struct vma_list *list, uint64_t addr)
{
	size_t i = vma_lower_bound(list, addr);

	return i < list->n && list->v[i].start <= addr ? &list->v[i] : NULL;
}

unsigned
vma_pointer_size(const struct vma_list *list)
{
	size_t n = list->n;

	while (n && vma_starts(list->v[n - 1].name, "[vsyscall"))
		n--;
	return n && list->v[n - 1].end <= UINT64_C(1) << 32 ? 4 : 8;
}

const char *
vma_shown_name(const struct vma *v)
{
	if (v->name[0])
		return v->name;
	return v->type == VMA_RESERVE ? "[reserved]" : "[anonymous]";
}

void
vma_perm_text(const struct vma *v, char out[5])
{
	static const char set[] = "rwx";

	for (int i = 0; i < 3; i++)
		out[i] = v->perm >> i & 1 ? set[i] : '-';
	out[3] = v->perm & VMA_SHARED ? 's' : 'p';
	out[4] = '\0';
}

const char *
vma_type_name(enum vma_type type)
{
	static const char *const names[VMA_TYPES] = {
	    [VMA_ANON] = "anon",       [VMA_HEAP] = "heap",       [VMA_STACK] = "stack",
	    [VMA_FILE] = "file",       [VMA_SHM] = "shm",         [VMA_HUGETLB] = "hugetlb",
	    [VMA_RESERVE] = "reserve", [VMA_GUARD] = "guard",     [VMA_KERNEL] = "kernel",
	    [VMA_DEVICE] = "device",
	};

	return names[type];
}

const char *
vma_type_help(enum vma_type type)
{
	static const char *const words[VMA_TYPES] = {
	    [VMA_ANON] = "private memory of no file",
	    [VMA_HEAP] = "the heap that brk grows",
	    [VMA_STACK] = "the stack of a thread",
	    [VMA_FILE] = "a file, mapped private or shared",
	    [VMA_SHM] = "shared memory, in no file on a disk: tmpfs, memfd, System V",
	    [VMA_HUGETLB] = "pages of the hugetlb pool",
	    [VMA_RESERVE] = "address space reserved without access",
	    [VMA_GUARD] = "no access, below the stack of a thread",
	    [VMA_KERNEL] = "the kernel's own: vdso, vvar, rings of io_uring, perf and sockets",
	    [VMA_DEVICE] = "memory of a device",
	};

	return words[type];
}
