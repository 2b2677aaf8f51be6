/* SPDX-License-Identifier: GPL-3.0-or-later */
/* In the reader: what an instruction does to memory, from the bytes of its file. */
#include "config.h"

#ifdef HAVE_LIBDW

#include "symbol/helper_instruction.h"

#ifdef HAVE_ZYDIS

#include <Zydis/Zydis.h>
#include <elf.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/util.h"

enum {
	LONGEST = ZYDIS_MAX_INSTRUCTION_LENGTH,
	BACK_MAX = 64 << 10, /* before an instruction, to find the one before it */
};

/* --- one instruction -------------------------------------------------------------------------- */

static bool
instruction_decoder(ZydisDecoder *d, uint16_t machine)
{
	if (machine == EM_X86_64)
		return ZYAN_SUCCESS(ZydisDecoderInit(d, ZYDIS_MACHINE_MODE_LONG_64,
		                                     ZYDIS_STACK_WIDTH_64));
	return machine == EM_386 &&
	       ZYAN_SUCCESS(ZydisDecoderInit(d, ZYDIS_MACHINE_MODE_LONG_COMPAT_32,
	                                     ZYDIS_STACK_WIDTH_32));
}

/* Those whose stores are not among their operands; and hints, which may mean more one day. */
static bool
instruction_hides(const ZydisDecodedInstruction *i)
{
	switch ((int)i->meta.category) {
	case ZYDIS_CATEGORY_ENQCMD:
	case ZYDIS_CATEGORY_PADLOCK:
	case ZYDIS_CATEGORY_PREFETCH:
	case ZYDIS_CATEGORY_PREFETCHWT1:
	case ZYDIS_CATEGORY_SGX:
	case ZYDIS_CATEGORY_SYSTEM:
	case ZYDIS_CATEGORY_VTX:
	case ZYDIS_CATEGORY_WIDENOP: return true;
	default: return false;
	}
}

static enum instruction_does
instruction_does(const ZydisDecodedInstruction *i, const ZydisDecodedOperand *operands)
{
	bool reads = false, writes = false;

	for (size_t k = 0; k < i->operand_count; k++) {
		const ZydisDecodedOperand *o = &operands[k];

		if (o->type != ZYDIS_OPERAND_TYPE_MEMORY || o->mem.type == ZYDIS_MEMOP_TYPE_AGEN)
			continue;
		if (o->mem.type == ZYDIS_MEMOP_TYPE_MIB)
			return INSTRUCTION_UNKNOWN;
		reads |= (o->actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
		writes |= (o->actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
	}
	if (writes)
		return INSTRUCTION_WRITES;
	return reads && !instruction_hides(i) ? INSTRUCTION_READS : INSTRUCTION_UNKNOWN;
}

static bool
instruction_branches(const ZydisDecodedInstruction *i)
{
	switch ((int)i->meta.category) {
	case ZYDIS_CATEGORY_CALL:
	case ZYDIS_CATEGORY_COND_BR:
	case ZYDIS_CATEGORY_INTERRUPT:
	case ZYDIS_CATEGORY_RET:
	case ZYDIS_CATEGORY_SYSCALL:
	case ZYDIS_CATEGORY_SYSRET:
	case ZYDIS_CATEGORY_UNCOND_BR: return true;
	default: return false;
	}
}

/* How far it is to where it may branch, from its own address; 0: that is not in its encoding. */
static int64_t
instruction_distance(const ZydisDecodedInstruction *i, const ZydisDecodedOperand *operands)
{
	for (size_t k = 0; k < i->operand_count; k++)
		if (operands[k].type == ZYDIS_OPERAND_TYPE_IMMEDIATE && operands[k].imm.is_relative)
			return operands[k].imm.value.s + i->length;
	return 0;
}

static bool
instruction_decode(const ZydisDecoder *d, const uint8_t *code, size_t n, struct instruction *out)
{
	ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
	ZydisDecodedInstruction i;

	if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(d, code, n, &i, operands)))
		return false;
	*out = (struct instruction){
	    .length = i.length,
	    .does = instruction_does(&i, operands),
	    .branches = instruction_branches(&i),
	    .to = instruction_distance(&i, operands),
	    .repeats = i.attributes & (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE |
	                               ZYDIS_ATTRIB_HAS_REPNE)};
	return true;
}

bool
instruction_read(const uint8_t *code, size_t n, uint16_t machine, struct instruction *out)
{
	ZydisDecoder d;

	return instruction_decoder(&d, machine) && instruction_decode(&d, code, n, out);
}

/* --- those of a file -------------------------------------------------------------------------- */

/* The code of a file in [start, ...), which ends with its segment. */
struct instruction_code {
	ZydisDecoder d;
	uint8_t *bytes;
	uint64_t start;
	size_t n;
};

static const struct elf_segment *
instruction_segment(const struct elf_file *f, uint64_t own)
{
	for (size_t i = 0; i < f->segments_n; i++) {
		const struct elf_segment *s = &f->segments[i];

		if (s->flags & ELF_EXEC && own >= s->vaddr && own - s->vaddr < s->file_size)
			return s;
	}
	return NULL;
}

/* Reads [start, own) and an instruction behind it. */
static bool
instruction_get(const struct elf_file *f, int fd, uint64_t start, uint64_t own,
                struct instruction_code *out)
{
	const struct elf_segment *s = instruction_segment(f, own);
	ssize_t got;

	*out = (struct instruction_code){.start = start};
	if (!s || start < s->vaddr || start > own || own - start > BACK_MAX ||
	    !instruction_decoder(&out->d, f->machine))
		return false;
	out->n = (size_t)u64_min(own - start + LONGEST, s->file_size - (start - s->vaddr));
	out->bytes = mem_alloc(out->n);
	got = pread(fd, out->bytes, out->n, (off_t)(s->offset + (start - s->vaddr)));
	out->n = got > 0 ? (size_t)got : 0;
	return out->n > own - start;
}

static bool
instruction_at(const struct instruction_code *c, uint64_t own, struct instruction *out)
{
	size_t at = (size_t)(own - c->start);

	return at < c->n && instruction_decode(&c->d, c->bytes + at, c->n - at, out);
}

/* A set of bytes of the code, by their distance from its start. */
struct instruction_marks {
	uint64_t bits[BACK_MAX / 64 + 1];
};

static void
instruction_mark(struct instruction_marks *m, uint64_t at)
{
	m->bits[at / 64] |= UINT64_C(1) << at % 64;
}

/*
 * Decodes [start, own), marking where instructions begin and where branches lead to. false: there
 * is none that ends at `own`.
 */
static bool
instruction_sweep(const struct instruction_code *c, uint64_t own, struct instruction *last,
                  struct instruction_marks *begin, struct instruction_marks *target)
{
	uint64_t at = c->start;

	*last = (struct instruction){0};
	while (at < own) {
		uint64_t to;

		if (!instruction_at(c, at, last))
			return false;
		to = at + (uint64_t)last->to;
		instruction_mark(begin, at - c->start);
		if (last->to && to >= c->start && to < own)
			instruction_mark(target, to - c->start);
		at += last->length;
	}
	return at == own && last->length;
}

/*
 * The instruction that ends at `own`, if decoding from the start on leads there. Data among the
 * code would mislead it: it is right if branches lead to where it sees instructions.
 */
static bool
instruction_before(const struct instruction_code *c, uint64_t own, struct instruction *out)
{
	struct instruction_marks *begin = mem_alloc(sizeof(*begin));
	struct instruction_marks *target = mem_alloc(sizeof(*target));
	bool ok = instruction_sweep(c, own, out, begin, target);

	for (size_t i = 0; i < ARRAY_LEN(begin->bits); i++)
		ok &= !(target->bits[i] & ~begin->bits[i]);
	free(begin);
	free(target);
	return ok;
}

static bool
instruction_stores(const struct instruction *i)
{
	return i->does == INSTRUCTION_WRITES && !i->branches;
}

/*
 * At the beginning of a function: its call has stored where to return to, unless the instruction
 * above it, in another function, falls through to here.
 */
static void
instruction_find_call(const struct elf_file *f, int fd, uint64_t own,
                      struct helper_instruction *out)
{
	const struct elf_symbol *above = own ? elf_symbol_at(f, own - 1) : NULL;
	struct instruction_code c = {.bytes = NULL};
	struct instruction before;

	if (!above)
		out->store = STORE_CALL;
	else if (instruction_get(f, fd, above->value, own, &c) &&
	         instruction_before(&c, own, &before) && !instruction_stores(&before))
		out->store = STORE_CALL;
	free(c.bytes);
}

/*
 * What stored is the instruction before, which no jump can have left out: one that stores is
 * followed by the next. Or the one that it stopped at, in the midst of its repetitions.
 */
static void
instruction_find_store(const struct elf_file *f, int fd, uint64_t own,
                       struct helper_instruction *out)
{
	const struct elf_symbol *in = elf_symbol_at(f, own);
	struct instruction_code c = {.bytes = NULL};
	struct instruction before, is;
	bool here, there;

	if (in && in->value == own)
		instruction_find_call(f, fd, own, out);
	if (!in || in->value == own)
		return;
	if (instruction_get(f, fd, in->value, own, &c) && instruction_before(&c, own, &before) &&
	    instruction_at(&c, own, &is)) {
		there = instruction_stores(&before);
		here = is.repeats && instruction_stores(&is);
		out->length = there ? before.length : 0;
		out->store = here && there ? STORE_UNKNOWN
		             : here        ? STORE_REPEATED
		             : there       ? STORE_BEFORE
		                           : STORE_UNKNOWN;
	}
	free(c.bytes);
}

bool
instruction_find(const struct elf_file *f, int fd, uint64_t own, bool stored,
                 struct helper_instruction *out)
{
	struct instruction_code c;
	struct instruction is = {0};
	bool ok = instruction_get(f, fd, own, own, &c) && instruction_at(&c, own, &is);

	free(c.bytes);
	*out = (struct helper_instruction){.does = is.does};
	if (ok && stored)
		instruction_find_store(f, fd, own, out);
	return ok;
}

#else

bool
instruction_read(const uint8_t *code, size_t n, uint16_t machine, struct instruction *out)
{
	(void)code, (void)n, (void)machine, (void)out;
	return false;
}

bool
instruction_find(const struct elf_file *f, int fd, uint64_t own, bool stored,
                 struct helper_instruction *out)
{
	(void)f, (void)fd, (void)own, (void)stored, (void)out;
	return false;
}

#endif
#endif
