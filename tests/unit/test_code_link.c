/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether the caller follows in a call chain: beginnings of functions as compilers write them. */
#include <string.h>

#include "tap.h"
#include "target/code_link.h"

#if defined(__x86_64__)

static const uint8_t plain[] = {0x55, 0x48, 0x89, 0xe5, 0x48, 0x83, 0xec, 0x10};
static const uint8_t pad[] = {0xf3, 0x0f, 0x1e, 0xfa, 0x55, 0x48, 0x89, 0xe5, 0x90};
/* gcc moves an instruction between the two: xor %eax, %eax */
static const uint8_t moved[] = {0x55, 0x31, 0xc0, 0x48, 0x89, 0xe5, 0x90};
static const uint8_t clang32[] = {0x55, 0x89, 0xe5, 0x90};
static const uint8_t msvc[] = {0x55, 0x48, 0x8b, 0xec, 0x90};
static const uint8_t go[] = {0x49, 0x3b, 0x66, 0x10, 0x76, 0x20, 0x55, 0x48, 0x89, 0xe5, 0x90};
static const uint8_t java[] = {0x89, 0x84, 0x24, 0x00, 0xc0, 0xfe, 0xff, 0x55, 0x48, 0x8b, 0xec, 0x90};
/* push %rbp; push %rbx; mov %rdi, %rbx; sub $8, %rsp: the register is only kept */
static const uint8_t kept[] = {0x55, 0x53, 0x48, 0x89, 0xfb, 0x48, 0x83, 0xec, 0x08};
/* push %rbp; push %r12; mov %rsp, %rbp: what is where %rbp points is not the caller's %rbp */
static const uint8_t late[] = {0x55, 0x41, 0x54, 0x48, 0x89, 0xe5, 0x90};
/* test %edi, %edi; je; push %rbp; mov %rsp, %rbp: one way has no frame */
static const uint8_t wrapped[] = {0x85, 0xff, 0x74, 0x10, 0x55, 0x48, 0x89, 0xe5, 0x90};
static const uint8_t none[] = {0x48, 0xc1, 0xe7, 0x0c, 0x80, 0x07, 0x01, 0xc3};

static void
test_frames(void)
{
	ok(code_link_frame(plain, sizeof(plain), 4), "a frame, behind it");
	ok(!code_link_frame(plain, sizeof(plain), 0) && !code_link_frame(plain, sizeof(plain), 1),
	   "before it is set up it is the caller's");
	ok(code_link_frame(pad, sizeof(pad), 8) && !code_link_frame(pad, sizeof(pad), 5),
	   "behind a landing pad");
	ok(code_link_frame(moved, sizeof(moved), 6) && !code_link_frame(moved, sizeof(moved), 3),
	   "with an instruction in between");
	ok(code_link_frame(clang32, sizeof(clang32), 3), "of 32 bits");
	ok(code_link_frame(msvc, sizeof(msvc), 4), "in the other encoding");
	ok(code_link_frame(go, sizeof(go), 10), "of Go, behind its check of the stack");
	ok(code_link_frame(java, sizeof(java), 11), "of Java, behind its own");
	ok(!code_link_frame(kept, sizeof(kept), 9), "a register that is only kept is no frame");
	ok(!code_link_frame(late, sizeof(late), 6), "nor is one that points elsewhere");
	ok(!code_link_frame(wrapped, sizeof(wrapped), 8), "a frame on one way only is not certain");
	ok(!code_link_frame(none, sizeof(none), 4), "none at all");
	ok(!code_link_frame(plain, 3, 4) && !code_link_frame(plain, 0, 4), "code that is not known");
}

static void
test_ends(void)
{
	static const uint8_t pops[] = {0x88, 0x07, 0x5d, 0xc3}, gone[] = {0x88, 0x07, 0xc3, 0x5d};

	ok(!code_link_ends(pops, sizeof(pops)), "the frame is taken down after the store");
	ok(code_link_ends(gone, sizeof(gone)), "a return without that: it was before");
}

static void
test_calls(void)
{
	static const uint8_t call[] = {0xe8, 0xc4, 0xff, 0xff, 0xff};
	static const uint8_t indirect[] = {0x90, 0x90, 0x90, 0xff, 0xd0};

	ok(code_link_call(call, 0x12fc) == 0x12c0, "what a call calls");
	ok(!code_link_call(indirect, 0x12fc), "a call by a pointer does not say");
}

#else

static void
test_frames(void)
{
	ok(!code_link_frame(NULL, 0, 4), "of this machine nothing is known");
}

static void
test_ends(void)
{
	ok(!code_link_ends(NULL, 0), "nor this");
}

static void
test_calls(void)
{
	ok(!code_link_call((const uint8_t[CODE_LINK_CALL]){0}, 0), "nor this");
}

#endif

int
main(void)
{
	test_frames();
	test_ends();
	test_calls();
	ok(code_link_is_entry("start_thread") && code_link_is_entry("runtime.goexit.abi0"),
	   "where threads begin");
	ok(!code_link_is_entry("start") && !code_link_is_entry(""), "and where they do not");
	return tap_done();
}
