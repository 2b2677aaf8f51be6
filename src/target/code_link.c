/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "target/code_link.h"

#include <string.h>

#include "base/util.h"

#if defined(__x86_64__) || defined(__i386__)

/* What may stand before the frame: a landing pad; checks of the stack, of Go and of Java. */
static size_t
code_link_skip(const uint8_t *v, size_t n)
{
	static const struct {
		uint8_t bytes[8], n, length;
	} before[] = {
	    {{0xf3, 0x0f, 0x1e, 0xfa}, 4, 4},              /* endbr64 */
	    {{0xf3, 0x0f, 0x1e, 0xfb}, 4, 4},              /* endbr32 */
	    {{0x49, 0x3b, 0x66, 0x10, 0x76}, 5, 6},        /* cmp 16(%r14), %rsp; jbe near */
	    {{0x49, 0x3b, 0x66, 0x10, 0x0f, 0x86}, 6, 10}, /* the same, far */
	    {{0x89, 0x84, 0x24}, 3, 7},                    /* mov %eax, -N(%rsp) */
	};

	for (size_t i = 0; i < ARRAY_LEN(before); i++)
		if (n >= before[i].length && !memcmp(v, before[i].bytes, before[i].n))
			return before[i].length;
	return 0;
}

/* The length of mov %rsp, %rbp; 0: it is another instruction. */
static size_t
code_link_move(const uint8_t *v, size_t n)
{
	size_t wide = n && v[0] == 0x48;

	if (n < 2 + wide)
		return 0;
	v += wide;
	return (v[0] == 0x89 && v[1] == 0xe5) || (v[0] == 0x8b && v[1] == 0xec) ? 2 + wide : 0;
}

/*
 * Whether a byte may be, or begin, what must not stand between the push and the move: another push,
 * or a jump. Bytes of operands are mistaken for it, which only means that less is certain.
 */
static bool
code_link_breaks(uint8_t byte)
{
	return (byte >= 0x50 && byte <= 0x5f) || (byte >= 0x70 && byte <= 0x7f) || byte == 0xc3 ||
	       byte == 0xe8 || byte == 0xe9 || byte == 0xeb || byte == 0x0f || byte == 0xff;
}

bool
code_link_frame(const uint8_t *begin, size_t n, uint64_t offset)
{
	static const uint8_t push = 0x55;
	size_t i = code_link_skip(begin, n);

	if (i >= n || begin[i++] != push)
		return false;
	for (; i < n; i++) {
		size_t move = code_link_move(begin + i, n - i);

		if (move)
			return offset >= i + move;
		if (code_link_breaks(begin[i]))
			return false;
	}
	return false;
}

bool
code_link_ends(const uint8_t *rest, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (rest[i] == 0x5d || rest[i] == 0xc9) /* pop %rbp, leave */
			return false;
		if (rest[i] == 0xc3) /* ret */
			return true;
	}
	return false;
}

uint64_t
code_link_call(const uint8_t before[CODE_LINK_CALL], uint64_t after)
{
	static const uint8_t call = 0xe8;
	int32_t distance;

	if (before[0] != call)
		return 0;
	memcpy(&distance, before + 1, sizeof(distance));
	return after + (uint64_t)(int64_t)distance;
}

#else

bool
code_link_frame(const uint8_t *begin, size_t n, uint64_t offset)
{
	(void)begin;
	(void)n;
	(void)offset;
	return false;
}

bool
code_link_ends(const uint8_t *rest, size_t n)
{
	(void)rest;
	(void)n;
	return false;
}

uint64_t
code_link_call(const uint8_t before[CODE_LINK_CALL], uint64_t after)
{
	(void)before;
	(void)after;
	return 0;
}

#endif

bool
code_link_is_entry(const char *function)
{
	static const char *const entries[] = {
	    "main",
	    "_start",
	    "__libc_start_main",
	    "__libc_start_main_impl",
	    "__libc_start_call_main",
	    "start_thread",
	    "clone",
	    "__clone",
	    "clone3",
	    "__clone3",
	    "runtime.goexit",
	    "runtime.goexit.abi0",
	    "runtime.mstart",
	    "runtime.mstart.abi0",
	    "runtime.rt0_go",
	    "runtime.rt0_go.abi0",
	};

	for (size_t i = 0; i < ARRAY_LEN(entries); i++)
		if (!strcmp(function, entries[i]))
			return true;
	return false;
}
