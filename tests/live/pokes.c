/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Stores to a variable by x86 instructions of all kinds, each at a label of its own: NAME_at in the function
 * NAME. Says "ready ADDRESS"; for each line "go" each stores 10 times, and it says "done".
 */
#include <stdint.h>
#include <stdio.h>

#if defined(__x86_64__)

extern volatile uint64_t pokes_word[];
volatile uint64_t pokes_memory[256] __attribute__((aligned(64)));

#define FUNCTION(name, ...) \
	void name(void); \
	__asm__(".text\n.globl " #name "\n.type " #name ", @function\n" #name ":\n" __VA_ARGS__ \
	        ".size " #name ", .-" #name "\n")

#define STORE "movq $1, pokes_word(%rip)\n"

__asm__(".globl pokes_word\n.set pokes_word, pokes_memory + 1024\n");

FUNCTION(plain, "nop\nplain_at: " STORE "nop\nret\n");
FUNCTION(last, "nop\nlast_at: " STORE "ret\n");
FUNCTION(leaves, "xor %eax, %eax\nje 1f\nnop\n1: leaves_at: " STORE "jmp 2f\nnop\n2: ret\n");
/* what stops there has come from elsewhere than from above */
FUNCTION(target, "jmp 1f\n2: ret\n1: target_at: " STORE "jmp 2b\n");
/* decoded from the start of the function, the data swallows the store */
FUNCTION(after_data, "jmp 1f\n.byte 0x0f\n1: " STORE "after_data_stop: ret\n");
FUNCTION(repeats, "lea pokes_word - 64(%rip), %rdi\nmov $40, %ecx\nxor %eax, %eax\nrepeats_at: rep stosq\nret\n");
FUNCTION(once, "lea pokes_word(%rip), %rdi\nmov $1, %ecx\nxor %eax, %eax\nonce_at: rep stosq\nret\n");
FUNCTION(moves, "lea pokes_word - 64(%rip), %rdi\nlea pokes_word + 256(%rip), %rsi\nmov $160, %ecx\n"
                "moves_at: rep movsb\nret\n");
FUNCTION(exchange, "mov $1, %eax\nexchange_at: xchg %rax, pokes_word(%rip)\nret\n");
FUNCTION(locked, "mov $1, %eax\nlocked_at: lock xadd %rax, pokes_word(%rip)\nret\n");
FUNCTION(vector, "xorps %xmm0, %xmm0\nvector_at: movups %xmm0, pokes_word(%rip)\nret\n");
FUNCTION(pushes, "mov %rsp, %rax\nlea pokes_word + 8(%rip), %rsp\npushes_at: push $1\nmov %rax, %rsp\nret\n");
FUNCTION(called, "ret\n");
FUNCTION(calls, "mov %rsp, %rax\nlea pokes_word + 8(%rip), %rsp\ncall called\nmov %rax, %rsp\nret\n");

int
main(void)
{
	static void (*const all[])(void) = {plain,  last,     leaves, target, after_data, repeats, once,
	                                    moves,  exchange, locked, vector, pushes,     calls};
	char line[16];

	printf("ready %lx\n", (unsigned long)(uintptr_t)pokes_word);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		for (size_t i = 0; i < 10 * sizeof(all) / sizeof(*all); i++)
			all[i / 10]();
		printf("done\n");
		fflush(stdout);
	}
	return 0;
}

#else

int
main(void)
{
	return 0;
}

#endif
