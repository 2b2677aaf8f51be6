/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What instructions of x86 do to memory; and which of them stored before a watchpoint stopped. */
#include "config.h"

#include "tap.h"

#if defined(HAVE_LIBDW) && defined(HAVE_ZYDIS)

#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/util.h"
#include "symbol/helper_instruction.h"

/* --- one instruction -------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum instruction_does does;
	uint8_t code[10];
} instructions[] = {
    {"mov (%rax), %rbx", INSTRUCTION_READS, {0x48, 0x8b, 0x18}},
    {"cmp %rbx, (%rax)", INSTRUCTION_READS, {0x48, 0x39, 0x18}},
    {"movdqu (%rax), %xmm0", INSTRUCTION_READS, {0xf3, 0x0f, 0x6f, 0x00}},
    {"vmaskmovps (%rax), %ymm1, %ymm0", INSTRUCTION_READS, {0xc4, 0xe2, 0x75, 0x2c, 0x00}},
    {"bt %rbx, (%rax)", INSTRUCTION_READS, {0x48, 0x0f, 0xa3, 0x18}},
    {"repe cmpsb", INSTRUCTION_READS, {0xf3, 0xa6}},
    {"lodsb", INSTRUCTION_READS, {0xac}},
    {"xlat", INSTRUCTION_READS, {0xd7}},
    {"ret", INSTRUCTION_READS, {0xc3}},
    {"leave", INSTRUCTION_READS, {0xc9}},
    {"xrstor (%rax)", INSTRUCTION_READS, {0x0f, 0xae, 0x28}},
    {"mov %rbx, (%rax)", INSTRUCTION_WRITES, {0x48, 0x89, 0x18}},
    {"xchg %rbx, (%rax)", INSTRUCTION_WRITES, {0x48, 0x87, 0x18}},
    {"lock cmpxchg %rbx, (%rax)", INSTRUCTION_WRITES, {0xf0, 0x48, 0x0f, 0xb1, 0x18}},
    {"cmpxchg16b (%rax)", INSTRUCTION_WRITES, {0x48, 0x0f, 0xc7, 0x08}},
    {"bts %rbx, (%rax)", INSTRUCTION_WRITES, {0x48, 0x0f, 0xab, 0x18}},
    {"push %rax", INSTRUCTION_WRITES, {0x50}},
    {"push (%rax)", INSTRUCTION_WRITES, {0xff, 0x30}},
    {"pop (%rax)", INSTRUCTION_WRITES, {0x8f, 0x00}},
    {"call", INSTRUCTION_WRITES, {0xe8, 0, 0, 0, 0}},
    {"call (%rax)", INSTRUCTION_WRITES, {0xff, 0x10}},
    {"enter $16, $0", INSTRUCTION_WRITES, {0xc8, 0x10, 0, 0}},
    {"rep movsb", INSTRUCTION_WRITES, {0xf3, 0xa4}},
    {"rep stosq", INSTRUCTION_WRITES, {0xf3, 0x48, 0xab}},
    {"sete (%rax)", INSTRUCTION_WRITES, {0x0f, 0x94, 0x00}},
    {"maskmovdqu %xmm1, %xmm0", INSTRUCTION_WRITES, {0x66, 0x0f, 0xf7, 0xc1}},
    {"vmovdqu %ymm0, (%rax)", INSTRUCTION_WRITES, {0xc5, 0xfe, 0x7f, 0x00}},
    {"vpscatterdd", INSTRUCTION_WRITES, {0x62, 0xf2, 0x7d, 0x49, 0xa0, 0x04, 0x00}},
    {"movdir64b (%rax), %rax", INSTRUCTION_WRITES, {0x66, 0x0f, 0x38, 0xf8, 0x00}},
    {"xsavec (%rax)", INSTRUCTION_WRITES, {0x0f, 0xc7, 0x20}},
    {"fnstenv (%rax)", INSTRUCTION_WRITES, {0xd9, 0x30}},
    {"wrssq", INSTRUCTION_WRITES, {0x48, 0x0f, 0x38, 0xf6, 0x00}},
    {"lea (%rax), %rax", INSTRUCTION_UNKNOWN, {0x48, 0x8d, 0x00}},
    {"add %eax, %eax", INSTRUCTION_UNKNOWN, {0x01, 0xc0}},
    {"syscall", INSTRUCTION_UNKNOWN, {0x0f, 0x05}},
    /* they write what is not among their operands, or may one day */
    {"enqcmd (%rax), %rax", INSTRUCTION_UNKNOWN, {0xf2, 0x0f, 0x38, 0xf8, 0x00}},
    {"clzero", INSTRUCTION_UNKNOWN, {0x0f, 0x01, 0xfc}},
    {"montmul", INSTRUCTION_UNKNOWN, {0xf3, 0x0f, 0xa6, 0xc0}},
    {"bndstx", INSTRUCTION_UNKNOWN, {0x0f, 0x1b, 0x00}},
    {"nopl (%rax)", INSTRUCTION_UNKNOWN, {0x0f, 0x1f, 0x00}},
};

/* Newer than the decoder: it must not take them for others. */
static const uint8_t newer[][6] = {
    {0x0f, 0x38, 0xfc, 0x00},             /* aadd %eax, (%rax) */
    {0xc4, 0xe2, 0x71, 0xe0, 0x00},       /* cmpoxadd */
    {0xd5, 0x18, 0x89, 0x00},             /* mov %r16, (%r16) */
};

static void
test_does(void)
{
	uint8_t code[16] = {0x48, 0x89};
	struct instruction is;

	for (size_t i = 0; i < ARRAY_LEN(instructions); i++) {
		bool known = instruction_read(instructions[i].code, sizeof(instructions[i].code),
		                              EM_X86_64, &is);

		ok(known && is.does == instructions[i].does, instructions[i].name);
	}
	for (size_t i = 0; i < ARRAY_LEN(newer); i++)
		ok(!instruction_read(newer[i], sizeof(newer[i]), EM_X86_64, &is) ||
		       is.does != INSTRUCTION_READS,
		   "an instruction newer than the decoder is not taken for a read");
	ok(!instruction_read(code, 2, EM_X86_64, &is), "an instruction that is cut off");
	code[0] = 0x40; /* inc %eax; with 64 bits a prefix */
	ok(instruction_read(code, 16, EM_386, &is) && is.length == 1, "of 32 bits");
	ok(!instruction_read(code, 16, EM_AARCH64, &is), "of another machine: not known");
}

/* --- what stored ------------------------------------------------------------------------------ */

enum { AT = 0x1000, ROOM = 1 << 17 };

/* A file with code at AT, which ends with its segment; and its symbols, `n` of them. */
static struct elf_file
a_file(const struct elf_symbol *v, size_t n)
{
	struct elf_file f = {.machine = EM_X86_64, .segments_n = 1};

	f.segments[0] = (struct elf_segment){
	    .offset = 64, .vaddr = AT, .file_size = ROOM, .mem_size = ROOM, .flags = ELF_EXEC};
	f.sized.v = mem_copy(v, n * sizeof(*v));
	f.sized.n = f.sized.cap = n;
	elf_file_order(&f);
	return f;
}

static int
a_program(const uint8_t *code, size_t n)
{
	int fd = memfd_create("code", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, 64 + ROOM) < 0 || pwrite(fd, code, n, 64) != (ssize_t)n)
		exit(1);
	return fd;
}

/* What stored before code stopped at AT + `at`; of the functions `first`, and `second` behind it. */
static struct helper_instruction
stored(const uint8_t *code, size_t n, size_t first, size_t second, size_t at)
{
	const struct elf_symbol symbols[] = {
	    {.value = AT, .end = AT + first, .name = "first"},
	    {.value = AT + first, .end = AT + first + second, .name = "second"}};
	struct elf_file f = a_file(symbols, second ? 2 : 1);
	int fd = a_program(code, n);
	struct helper_instruction is = {0};

	instruction_find(&f, fd, AT + at, true, &is);
	elf_file_free(&f);
	close(fd);
	return is;
}

#define STORED(code, first, second, at) stored(code, sizeof(code), first, second, at)
#define IS_BEFORE(is, n) ((is).store == STORE_BEFORE && (is).length == (n))

static void
test_before(void)
{
	/* nop; mov %rbx, (%rax); ret; nop */
	static const uint8_t plain[] = {0x90, 0x48, 0x89, 0x18, 0xc3, 0x90};
	/* jmp over; ret; over: mov %rbx, (%rax); ret */
	static const uint8_t target[] = {0xeb, 0x01, 0xc3, 0x48, 0x89, 0x18, 0xc3};
	/* jmp over; a byte of data; over: mov %rbx, (%rax); ret */
	static const uint8_t data[] = {0xeb, 0x01, 0x0f, 0x48, 0xc7, 0x05, 0, 0, 0, 0, 0, 0, 0, 0, 0xc3};
	/* mov %rbx, (%rax); jmp over; over: ret */
	static const uint8_t jumped[] = {0x48, 0x89, 0x18, 0xeb, 0x00, 0xc3};
	static const uint8_t bad[] = {0x06, 0x48, 0x89, 0x18, 0xc3};
	struct helper_instruction is = STORED(plain, 6, 0, 4);

	ok(IS_BEFORE(is, 3) && is.does == INSTRUCTION_READS, "the store before the ret");
	is = STORED(plain, 6, 0, 5);
	ok(is.store == STORE_UNKNOWN, "no store before: not known");
	is = STORED(plain, 6, 0, 3);
	ok(is.store == STORE_UNKNOWN, "in the midst of an instruction");
	is = STORED(target, 7, 0, 6);
	ok(IS_BEFORE(is, 3), "behind another path's end");
	is = STORED(data, sizeof(data), 0, 14);
	ok(is.store == STORE_UNKNOWN, "behind data, which would mislead");
	is = STORED(jumped, 6, 0, 3);
	ok(IS_BEFORE(is, 3), "before a jump");
	is = STORED(jumped, 6, 0, 5);
	ok(is.store == STORE_UNKNOWN, "the target of a jump has none before it");
	is = STORED(bad, 5, 0, 4);
	ok(is.store == STORE_UNKNOWN, "behind what is no instruction");
}

static void
test_others(void)
{
	/* rep stosq; ret */
	static const uint8_t repeated[] = {0x90, 0xf3, 0x48, 0xab, 0xc3};
	/* mov %rbx, (%rax); rep stosq */
	static const uint8_t either[] = {0x48, 0x89, 0x18, 0xf3, 0x48, 0xab, 0xc3};
	/* ret | ret */
	static const uint8_t called[] = {0x90, 0xc3, 0xc3};
	/* mov %rbx, (%rax) | ret */
	static const uint8_t through[] = {0x48, 0x89, 0x18, 0xc3};
	/* call | ret */
	static const uint8_t never[] = {0xe8, 0, 0, 0, 0, 0xc3};
	struct helper_instruction is = STORED(repeated, 5, 0, 1);

	ok(is.store == STORE_REPEATED, "in the midst of its repetitions");
	is = STORED(repeated, 5, 0, 4);
	ok(IS_BEFORE(is, 3), "behind the last of them");
	is = STORED(either, 7, 0, 3);
	ok(is.store == STORE_UNKNOWN, "the one before or the first repetition: not known");
	is = STORED(called, 2, 1, 2);
	ok(is.store == STORE_CALL, "at the beginning of a function: its call");
	is = STORED(called, 2, 1, 0);
	ok(is.store == STORE_CALL, "with no function above it");
	is = STORED(through, 3, 1, 3);
	ok(is.store == STORE_UNKNOWN, "unless the function above falls through to it");
	is = STORED(never, 5, 1, 5);
	ok(is.store == STORE_CALL, "which one that ends with a call does not");
}

/* A file may claim anything. */
static void
test_bounds(void)
{
	uint8_t *code = mem_alloc(ROOM);
	struct elf_symbol huge = {.value = AT, .end = AT + (UINT64_C(4) << 30), .name = "huge"};
	struct elf_file f = a_file(&huge, 1);
	struct helper_instruction is;
	int fd;

	memset(code, 0x90, ROOM);
	memcpy(code + 65000, "\x48\x89\x18", 3);
	memcpy(code + 70000, "\x48\x89\x18", 3);
	fd = a_program(code, ROOM);
	ok(instruction_find(&f, fd, AT + 65003, true, &is) && IS_BEFORE(is, 3), "64 KiB are decoded");
	ok(instruction_find(&f, fd, AT + 70003, true, &is) && is.store == STORE_UNKNOWN, "and no more");
	ok(!instruction_find(&f, fd, AT + ROOM, true, &is) && !instruction_find(&f, fd, AT - 1, true, &is) &&
	       !instruction_find(&f, fd, UINT64_MAX, true, &is),
	   "nothing outside of the code");
	f.segments[0].flags = ELF_READ;
	ok(!instruction_find(&f, fd, AT, false, &is), "nor in data");
	f.segments[0].flags = ELF_EXEC;
	f.segments[0].file_size = f.segments[0].mem_size = UINT64_C(1) << 62;
	ok(!instruction_find(&f, fd, AT + ROOM + 8, false, &is), "nor behind the end of the file");
	close(fd);
	elf_file_free(&f);
	free(code);
}

int
main(void)
{
	test_does();
	test_before();
	test_others();
	test_bounds();
	return tap_done();
}

#else

int
main(void)
{
	printf("1..0 # SKIP built without Zydis\n");
	return 0;
}

#endif
