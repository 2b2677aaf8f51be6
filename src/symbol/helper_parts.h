/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef PM_HELPER_PARTS_H
#define PM_HELPER_PARTS_H

/* What the two sides of the helper have in common, and the parts of its inside. */
#include <limits.h>

#include "symbol/helper.h"

/* AddressSanitizer keeps terabytes aside and makes calls of its own. */
#if defined(__SANITIZE_ADDRESS__)
#define HELPER_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define HELPER_SANITIZED 1
#endif
#endif

/* Where the helper finds what it was given. */
enum { HELPER_SOCKET = 0, HELPER_DIR = 3 };

#define HELPER_NAME "pmtop-helper"
#define HELPER_WORD "--helper" /* only with a socket of ours as standard input */

/* A mapping: what maps says of it. */
struct helper_map {
	uint64_t start, end, offset;
	uint32_t perm; /* enum vma_perm */
};

enum helper_kind {
	HELPER_PAGES,
	HELPER_NODE,
	HELPER_SYMBOL,      /* at `start`, in the file of `map` */
	HELPER_SYMBOL_VDSO, /* the same in the kernel's own, of which `image` is the first page */
	HELPER_FAULT,       /* reads a byte at `start`; the memory comes with the question */
};

enum helper_outcome { HELPER_NOTHING, HELPER_OK, HELPER_HURT };

enum { HELPER_MAPS = 64, HELPER_IMAGE = 4096 };

struct helper_ask {
	uint32_t serial;
	uint32_t kind; /* enum helper_kind */
	uint32_t needs;
	uint32_t dev_major, dev_minor;
	uint64_t inode;
	uint64_t start, end;
	struct helper_map map;
	char name[PATH_MAX]; /* as maps has it */
	uint32_t maps_n;
	union {
		struct helper_map maps[HELPER_MAPS]; /* all of the file that lie near, with `map` */
		uint8_t image[HELPER_IMAGE];
	};
};

struct helper_answer {
	uint32_t serial;
	uint32_t outcome; /* enum helper_outcome */
	union {
		struct file_pages pages;
		struct helper_symbol symbol;
		struct file_node node;
		int sys; /* errno; 0: it could be read */
	};
};

/*
 * Whether this program calls helper_main: another one would do who knows what when it is executed
 * again.
 */
bool helper_can_start(void);

/*
 * A question, and the descriptor that goes with it (-1: none); `flags` as of send(2). false: it did
 * not go, or not come.
 */
bool helper_send(int socket, const struct helper_ask *ask, int fd, int flags);
bool helper_receive(int socket, struct helper_ask *ask, int *fd);

/* The file behind the mapping, open for reading; -1: it cannot be had, or is another one. */
int helper_open(const struct helper_ask *ask);

/* What is behind it, which need not be a file. false: it cannot be looked at, or is another one. */
bool helper_look(const struct helper_ask *ask, struct file_node *out);

bool helper_file_pages(const struct helper_ask *ask, struct file_pages *out);

/* What may not be exceeded from now on; called for each question. */
void helper_limit_time(void);
void helper_keep_capabilities(uint64_t keep); /* bit N: capability N */

/*
 * The reader: the helper's child, which looks into files for it. It has no right at all, not even
 * to open one: it is handed each as a descriptor. Started once, while there is still the right to
 * become nobody; when it dies, the helper has told what it can and ends, too.
 */
bool helper_reader_start(int *socket);
enum helper_outcome helper_reader_ask(int socket, const struct helper_ask *ask,
                                      struct helper_answer *answer);

/* In the reader. fd: of the file, -1 of the kernel's own. */
bool helper_find_symbol(const struct helper_ask *ask, int fd, struct helper_symbol *out);

/*
 * A C++ or Rust name as its programmer wrote it, with parameters, in at most `size` bytes. false:
 * it is none, or longer, or this build cannot tell; out is "" then. The name is the file's, and the
 * library is old: only the reader may call it.
 */
bool helper_demangle(const char *name, char *out, size_t size);

#endif
