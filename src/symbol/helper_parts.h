/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_PARTS_H
#define PM_HELPER_PARTS_H

/* Shared by both sides of the helper, and by the files of its inside. */
#include <limits.h>
#include <string.h>

#include "base/util.h"
#include "symbol/helper.h"
#include "symbol/helper_elf.h"

/* AddressSanitizer reserves terabytes and makes system calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define HELPER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HELPER_SANITIZED 1
#endif
#endif

/* The descriptor numbers at which the helper finds what it was given. */
enum { HELPER_SOCKET = 0, HELPER_DIR = 3 };

#define HELPER_NAME "pmtop-helper"
#define HELPER_WORD "--helper" /* with a socket of ours as standard input */

/* A mapping, from maps. */
struct helper_map {
	uint64_t start, end, offset;
	uint32_t perm; /* enum vma_perm */
};

enum helper_kind {
	HELPER_PAGES,
	HELPER_BYTES, /* of the file of `map`, from `start` to `end` */
	HELPER_NODE,
	HELPER_SYMBOL,      /* at `start`, in the file of `map` */
	HELPER_SYMBOL_VDSO, /* the same in the vdso, whose first page is `image` */
	HELPER_FIND,        /* symbols called `wanted` in the file of `map`, loaded there */
	HELPER_FIND_VDSO,
	HELPER_SYMBOL_JIT, /* the same in /tmp/perf-PID.map */
	HELPER_FIND_JIT,
	HELPER_INSTRUCTION, /* at `start`, in the file of `map` */
	/* to the reader: is this the debug file it wants? Without one: there is none */
	HELPER_DEBUG,
	HELPER_NAMES, /* which names the file of `map` has at most; as for HELPER_FIND */
	HELPER_CHECK, /* the identities of the files that are mapped by `maps` */
	/* reads a byte at `start`; the memory's descriptor comes with the question */
	HELPER_FAULT,
};

/*
 * HELPER_WANTS: the reader would know more with a debug file. HELPER_BUSY: another answer follows,
 * when the work that takes so long is done.
 */
enum helper_outcome { HELPER_NOTHING, HELPER_OK, HELPER_HURT, HELPER_WANTS, HELPER_BUSY };

enum { HELPER_MAPS = 64, HELPER_IMAGE = 4096, HELPER_WANTED = 1024 };

struct helper_ask {
	uint32_t serial;
	uint32_t kind; /* enum helper_kind */
	uint32_t needs; /* enum file_ask, symbol_needs or symbol_how; 1: a store as well */
	uint32_t dev_major, dev_minor;
	uint64_t inode;
	uint64_t start, end;
	struct helper_map map;
	char name[PATH_MAX]; /* as in maps */
	char wanted[HELPER_WANTED];
	uint32_t maps_n;
	union {
		/* nearby mappings of the file, including `map` */
		struct helper_map maps[HELPER_MAPS];
		uint8_t image[HELPER_IMAGE];
	};
};

/*
 * Which file it is, and in which state; 0: not known. Two bits of `bits` are set for each name that
 * it has, so most names that it lacks can be excluded; `size` is a power of two.
 */
enum { HELPER_BITS = 1 << 16 };
struct helper_filter {
	uint64_t id;
	uint32_t tables; /* enum symbol_tables */
	uint32_t mangled; /* some names are: they have others as well */
	uint32_t size;   /* bytes */
	uint8_t bits[HELPER_BITS];
};

struct helper_answer {
	uint32_t serial;
	uint32_t outcome; /* enum helper_outcome */
	union {
		struct file_pages pages;
		uint8_t bytes[FILE_BYTES];
		struct helper_symbol symbol;
		struct helper_matches matches;
		struct helper_instruction instruction;
		struct elf_debug wants;
		struct file_node node;
		struct helper_filter filter;
		uint64_t ids[HELPER_MAPS];
		int sys; /* errno; 0: the byte was read */
	};
};

/* Whether a question is about the vdso, for which no file is opened. */
static inline bool
helper_is_about_vdso(const struct helper_ask *ask)
{
	return ask->kind == HELPER_SYMBOL_VDSO || ask->kind == HELPER_FIND_VDSO;
}

static inline bool
helper_is_about_jit(const struct helper_ask *ask)
{
	return ask->kind == HELPER_SYMBOL_JIT || ask->kind == HELPER_FIND_JIT;
}

static inline bool
helper_is_find(const struct helper_ask *ask)
{
	return ask->kind == HELPER_FIND || ask->kind == HELPER_FIND_VDSO ||
	       ask->kind == HELPER_FIND_JIT;
}

/* How much of an answer is sent: what it has to say. */
static inline size_t
helper_answer_size(const struct helper_ask *ask, const struct helper_answer *a)
{
	size_t head = offsetof(struct helper_answer, pages);

	if (a->outcome == HELPER_WANTS)
		return head + sizeof(a->wants);
	if (a->outcome != HELPER_OK)
		return head;
	if (helper_is_find(ask))
		return head + offsetof(struct helper_matches, v) +
		       u64_min(a->matches.n, SYMBOL_MATCHES) * sizeof(a->matches.v[0]);
	if (ask->kind == HELPER_NAMES)
		return head + offsetof(struct helper_filter, bits) +
		       u64_min(a->filter.size, HELPER_BITS);
	if (ask->kind == HELPER_BYTES)
		return head + (size_t)u64_min(ask->end - ask->start, FILE_BYTES);
	if (ask->kind == HELPER_CHECK)
		return head + sizeof(a->ids);
	if (ask->kind == HELPER_INSTRUCTION)
		return head + sizeof(a->instruction);
	return ask->kind == HELPER_PAGES ? head + sizeof(a->pages) : head + sizeof(a->symbol);
}

/* A name without its version, which is the linker's: its length. */
static inline size_t
helper_bare(const char *name)
{
	return strcspn(name, "@");
}

static inline uint32_t
helper_hash(const char *s, size_t n)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	return h ^ h >> 15;
}

static inline bool
helper_is_mangled(const char *name)
{
	return name[0] == '_' && (name[1] == 'Z' || name[1] == 'R');
}

/* The two bits of a name in a filter. */
static inline uint32_t
helper_bit(uint32_t hash, uint32_t size, unsigned which)
{
	return (which ? hash * 0x9e3779b1u >> 7 : hash) & (size * 8 - 1);
}

/*
 * Whether this program calls helper_main; executing another program again would have unknown
 * effects.
 */
bool helper_can_start(void);

/*
 * Sends or receives a question and its descriptor (-1: none); `flags` as for send(2). false:
 * failed.
 */
bool helper_send(int socket, const struct helper_ask *ask, int fd, int flags);
bool helper_receive(int socket, struct helper_ask *ask, int *fd);

/* Which file is mapped there, and in which state, without opening it; 0: not known. */
uint64_t helper_id(const struct helper_map *map);
uint64_t helper_id_of(int fd);

/* Opens the mapped file for reading; -1: not possible, or it is another file by now. */
int helper_open(const struct helper_ask *ask);

/*
 * Opens /tmp/perf-PID.map in the target's root, with its PID there; -1: there is none, or none that
 * it or root has written.
 */
int helper_open_perf_map(void);

/* Opens a file of the target's root, for its debug information; -1: not a regular file, or none. */
int helper_open_path(const char *path);

/*
 * Stats what is mapped, which need not be a file. false: not possible, or it is something else by
 * now.
 */
bool helper_stat(const struct helper_ask *ask, struct file_node *out);

/* The mounts of the target, valid until the next call; NULL: not known. */
struct mounts;
const struct mounts *helper_mounts(void);

bool helper_file_pages(const struct helper_ask *ask, struct file_pages *out);
bool helper_file_bytes(const struct helper_ask *ask, uint8_t *out);

/* Sets the limit for the next question. */
void helper_limit_time(unsigned cpu_seconds);
void helper_keep_capabilities(uint64_t keep); /* bit N: capability N */

/*
 * The reader: the helper's child, which parses files. It has no privileges at all, not even to open
 * a file: it receives descriptors. It is started once, while the helper may still change to nobody;
 * if it dies, the helper reports what it can and exits, too.
 */
bool helper_reader_start(int *socket);
enum helper_outcome helper_reader_ask(int socket, const struct helper_ask *ask,
                                      struct helper_answer *answer);

/* In the reader. fd: the file; -1: the vdso. */
bool helper_find_symbol(const struct helper_ask *ask, int fd, struct helper_symbol *out);
bool helper_find_named(const struct helper_ask *ask, int fd, struct helper_matches *out);
bool helper_list_names(const struct helper_ask *ask, int fd, struct helper_filter *out);
bool helper_find_instruction(const struct helper_ask *ask, int fd, struct helper_instruction *out);

/*
 * Whether the file of the last question has other symbols in a file of its own, and which. Offers
 * that file, or -1: nothing more is wanted then. false: it is another one.
 */
bool helper_wants(struct elf_debug *out);
bool helper_take_debug(int fd);

/*
 * Demangles a C++ or Rust name, with parameters, into `size` bytes. false: not a mangled name, too
 * long, or not supported by this build; out is "" then. The name comes from the file and the
 * library is old: call it only in the reader.
 */
bool helper_demangle(const char *name, char *out, size_t size);

#endif
