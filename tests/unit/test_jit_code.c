/* SPDX-License-Identifier: Apache-2.0 */
/*
 * jit: the code as bytes (jumps, sizes, decoding), the arena, faults, and
 * calls.
 */
#include "engines/engines.h"
#include "tests/unit/jit_rig.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#if defined(__has_feature)
#if __has_feature(memory_sanitizer)
#undef HAVE_ZYDIS	/* what it writes would seem uninitialised */
#endif
#endif
#ifdef HAVE_ZYDIS
#include <Zydis/Zydis.h>
#endif

enum { BIG = 120000 };

static struct insn buf[BIG];

/* ---- displacements ------------------------------------------------------------------ */

/* Fills exactly bytes (2 or more): w0 += 1 takes 2 bytes, r0 += 1 takes 3. */
static uint32_t filler(struct insn *in, uint32_t bytes)
{
	uint32_t n = 0;

	if (bytes & 1) {
		in[n++] = insn_alu64_imm(ALU_ADD, 0, 1);
		bytes -= 3;
	}
	for (; bytes; bytes -= 2)
		in[n++] = insn_alu32_imm(ALU_ADD, 0, 1);
	return n;
}

/* The length in bytes of the code of slot pc. */
static uint32_t code_len(const struct rig *r, uint32_t pc)
{
	return jit_offset(r->jit, 0, pc + 1) - jit_offset(r->jit, 0, pc);
}

static void forward_jumps_at_the_limit(void **state)
{
	struct rig *r = *state;

	for (uint32_t bytes = 100; bytes < 160; bytes++) {
		uint32_t n, k = 0;

		buf[k++] = insn_mov64_imm(0, 0);
		n = filler(buf + 2, bytes);
		buf[k++] = insn_ja((int16_t)n);
		k += n;
		buf[k++] = insn_exit();
		rig_load(r, buf, k, 0);
		same(code_len(r, 1), bytes <= 127 ? 2 : 5, "bytes of a jump forward");
		same(run_r0(r, "ja"), 0, "jump over everything");

		buf[1] = insn_jmp_imm(JMP_JEQ, 0, 5, (int16_t)n);
		rig_load(r, buf, k, 0);
		same(code_len(r, 1) - 4, bytes <= 127 ? 2 : 6, "bytes of a conditional jump forward");
		same(run_r0(r, "jeq"), n, "jump not taken");
	}
}

static void backward_jumps_at_the_limit(void **state)
{
	struct rig *r = *state;

	for (uint32_t bytes = 100; bytes < 160; bytes++) {
		uint32_t n, k = 0;

		/* goto check; body: r0 += n; check: if r0 < 2n goto body */
		buf[k++] = insn_mov64_imm(0, 0);
		n = filler(buf + 1, bytes);
		k += n;
		buf[k] = insn_jmp_imm(JMP_JLT, 0, (int32_t)(3 * n), (int16_t)-(n + 1));
		k++;
		buf[k++] = insn_exit();
		rig_load(r, buf, k, 0);
		/* the comparison takes 4 bytes, or 6 with an imm32 */
		same(code_len(r, k - 2) - (3 * n > 127 ? 6 : 4),
		     bytes + (3 * n > 127 ? 6 : 4) + 2 <= 128 ? 2 : 6, "bytes of a jump back");
		same(run_r0(r, "jlt"), 3 * n, "three rounds");
	}
}

/* Each jump only becomes too far when the one at the end of its way has become long. */
static void growth_that_runs_from_jump_to_jump(void **state)
{
	struct rig *r = *state;

	for (uint32_t links = 1; links <= 100; links += links < 10 ? 1 : 30) {
		uint32_t k = 0, n;

		buf[k++] = insn_mov64_imm(0, 0);
		for (uint32_t i = 0; i < links; i++) {
			n = filler(buf + k + 1, 125);
			buf[k] = insn_ja((int16_t)(n + 1));	/* behind the next jump */
			k += n + 1;
		}
		n = filler(buf + k + 1, 128);
		buf[k] = insn_ja((int16_t)n);
		k += n + 1;
		buf[k++] = insn_exit();
		rig_load(r, buf, k, JIT_FUZZ);
		/* jump 0 lands behind jump 1, runs its filler into jump 2, ... */
		n = links % 2 ? links / 2 * 62 + 64 : links / 2 * 62;
		n = 0;
		for (uint32_t i = 1; i < links; i += 2)
			n += filler(buf + BIG / 2, 125);
		if (links % 2)
			n += filler(buf + BIG / 2, 128);
		same(run_r0(r, "chain"), n, "fillers that run");
		rig_load(r, buf, k, 0);
		same(code_len(r, 1), 5, "the first jump is long in the end");
		same(run_r0(r, "chain"), n, "fillers that run");
	}
}

/* Blocks that follow one another in a shuffled order, each near enough for some short jumps. */
static void shuffle(struct rng *rng, uint32_t *order, uint32_t n, uint32_t window)
{
	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	for (uint32_t i = 1; i + 1 < n; i++) {
		uint32_t k = i + (uint32_t)rng_below(rng, window), t;

		if (k >= n)
			k = n - 1;
		t = order[i];
		order[i] = order[k];
		order[k] = t;
	}
}

static void torturous_once(struct rig *r, struct rng *rng, uint32_t blocks, uint32_t window,
			   uint32_t mode)
{
	uint32_t *order = calloc(blocks, sizeof(*order)), *next = calloc(blocks, sizeof(*next));
	uint64_t want = 1;
	uint32_t k = 0;

	shuffle(rng, order, blocks, window);
	for (uint32_t i = 0; i + 1 < blocks; i++)
		next[order[i]] = order[i + 1];
	buf[k++] = insn_mov64_imm(0, 1);
	for (uint32_t i = 0; i < blocks; i++) {
		int32_t to = ((int32_t)next[i] - (int32_t)i) * 3 - 3;

		/* three slots a block; the second jump is never reached */
		buf[k++] = insn_alu64_imm(ALU_MUL, 0, 31);
		if (i == order[blocks - 1]) {
			buf[k++] = insn_alu64_imm(ALU_XOR, 0, (int32_t)i);
			buf[k++] = insn_exit();
			continue;
		}
		buf[k++] = insn_alu64_imm(ALU_ADD, 0, (int32_t)i);
		if (i % 3 == 0)
			buf[k++] = insn_ja32(to);
		else if (i % 3 == 1 && to == (int16_t)to)
			buf[k++] = insn_jmp_reg(JMP_JEQ, 9, 9, (int16_t)to);
		else
			buf[k++] = insn_ja32(to);
	}
	buf[k++] = insn_exit();
	for (uint32_t i = 0; i < blocks; i++)
		want = want * 31 + order[i];
	want -= order[blocks - 1];
	want ^= order[blocks - 1];
	r->in.fuel = 4 * blocks;
	rig_load(r, buf, k, mode);
	same(run_r0(r, "torturous jumps"), want, "the order of blocks");
	free(order);
	free(next);
}

static void torturous_jumps(void **state)
{
	static const uint32_t windows[] = { 2, 4, 8, 16, 30, 64, 1 << 20 };
	struct rig *r = *state;
	struct rng rng;

	rng_seed(&rng, 3);
	for (uint32_t i = 0; i < COUNT(windows); i++) {
		for (uint32_t n = 4; n < 300; n += 7)
			torturous_once(r, &rng, n, windows[i], n & 1 ? JIT_FUZZ : 0);
		torturous_once(r, &rng, 4096, windows[i], 0);
		torturous_once(r, &rng, BIG / 3 - 2, windows[i], JIT_FUZZ);
	}
}

/* ---- decoding ------------------------------------------------------------------------- */

#ifdef HAVE_ZYDIS
static ZydisDecoder decoder;

/* May an instruction of a program write this operand?  Never the context register. */
static bool may_write(const ZydisDecodedInstruction *x, const ZydisDecodedOperand *op)
{
	ZydisRegister reg = ZYDIS_REGISTER_NONE;

	if (op->type == ZYDIS_OPERAND_TYPE_REGISTER)
		reg = ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, op->reg.value);
	if (reg == ZYDIS_REGISTER_R12)
		return false;
	if (reg != ZYDIS_REGISTER_RSP)
		return true;
	switch (x->mnemonic) {
	case ZYDIS_MNEMONIC_PUSH:
	case ZYDIS_MNEMONIC_POP:
	case ZYDIS_MNEMONIC_CALL:
	case ZYDIS_MNEMONIC_RET:
		return true;
	default:
		return false;
	}
}

static bool is_start(const struct rig *r, uint32_t off)
{
	uint32_t lo = 0, hi = r->prog.len;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (jit_offset(r->jit, 0, mid) < off)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < r->prog.len && jit_offset(r->jit, 0, lo) == off;
}

/* Every byte decodes, slots begin where instructions do, jumps go to slots or stubs. */
static void decodes(struct rig *r)
{
	ZydisDecodedInstruction x;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];
	uint32_t len, off = 0, pc = 0;
	const uint8_t *code = jit_code(r->jit, 0, &len);

	while (off < len) {
		while (pc < r->prog.len && jit_offset(r->jit, 0, pc) == off)
			pc++;
		if (pc < r->prog.len && jit_offset(r->jit, 0, pc) < off)
			fail_msg("slot %u does not begin with an instruction", pc);
		if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code + off, len - off, &x, op)))
			fail_msg("byte %u of slot %u does not decode", off, pc ? pc - 1 : 0);
		for (uint32_t i = 0; i < x.operand_count; i++)
			if (op[i].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE && !may_write(&x, &op[i]))
				fail_msg("slot %u writes what is not its own", pc - 1);
		if (x.raw.imm[0].is_relative) {
			int64_t to = (int64_t)off + x.length + x.raw.imm[0].value.s;
			bool near = x.raw.imm[0].size == 8;

			if (to < 0 ? near : to >= len)
				fail_msg("slot %u jumps to %lld", pc - 1, (long long)to);
			/* within one slot, into a thunk, or to another slot */
			if (to >= 0 && x.meta.category != ZYDIS_CATEGORY_CALL &&
			    off < jit_offset(r->jit, 0, r->prog.len) && !is_start(r, (uint32_t)to) &&
			    (to < jit_offset(r->jit, 0, pc - 1) || to > jit_offset(r->jit, 0, pc)))
				fail_msg("slot %u jumps into the middle of another", pc - 1);
		}
		off += x.length;
	}
	same(off, len, "the end of the last instruction");
}

static struct insn random_insn(struct rng *rng, uint8_t id, uint32_t n, uint32_t pc)
{
	static const int32_t imms[] = { 0, 1, -1, 127, 128, 255, 0xffff, 0x12345678 };
	uint32_t k = (uint32_t)rng_next(rng);
	uint8_t dst = (uint8_t)(k % 10), src = (uint8_t)(k / 10 % 11);
	int16_t off = k >> 8 & 1 ? (int16_t)(k >> 12) : (int16_t)((k >> 16 & 63) - 32);
	int32_t imm = imms[k >> 24 & 7];

	switch ((enum insn_kind)insn_row(id)->kind) {
	case K_JMP_K: case K_JMP_X: case K_MAY_GOTO: case K_JA: case K_CALL_LOCAL:
		off = (int16_t)(rng_below(rng, n) - pc - 1);
		imm = off;
		break;
	case K_CALL:
		imm = k & 1 ? HELPER_tail_call : HELPER_ktime_get_ns;
		break;
	case K_ATOMIC_FETCH:
		src = dst;
		break;
	case K_CALLX: case K_CALL_KFUNC: case K_ADDR_CAST: case K_LD_IMM64:
		return insn_mov64_imm(dst, imm);
	default:
		break;
	}
	return insn_make(id, dst, src, off, imm);
}

static void every_byte_decodes(void **state)
{
	struct rig *r = *state;
	struct rng rng;

	rng_seed(&rng, 4);
	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (uint32_t i = 0; i < 600; i++) {
		struct jit_opts o = { .mode = i % 8, .baseline = i & 8 };
		uint32_t n = 200 + (uint32_t)rng_below(&rng, 1000);

		for (uint32_t pc = 0; pc < n; pc++)
			buf[pc] = random_insn(&rng, (uint8_t)((i * 13 + pc) % INSN_N), n, pc);
		insn_lddw(buf + n, 3, 0, rng_next(&rng));
		buf[n + 2] = insn_exit();
		rig_load_opts(r, buf, n + 3, &o);
		decodes(r);
	}
}

static void stubs_decode(void **state)
{
	struct rig *r = *state;
	ZydisDecodedInstruction x;
	ZydisDecodedOperand op[ZYDIS_MAX_OPERAND_COUNT];

	ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
	for (uint32_t i = 0; i < STUB_N; i++) {
		uint32_t off = r->arena->stub[i], end = off + r->arena->stub_len[i];

		assert_int_not_equal(off, 0);
		while (off < end) {
			if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, r->arena->rx + off,
								 end - off, &x, op)))
				fail_msg("stub %u does not decode", i);
			off += x.length;
		}
		same(off, end, "the end of a stub");
	}
}
#else
static void every_byte_decodes(void **state)
{
	(void)state;
	skip();
}

static void stubs_decode(void **state)
{
	(void)state;
	skip();
}
#endif

/* Mixed programs: at most 8 bytes an insn, and 256 for what they share. */
static void trusting_code_is_small(void **state)
{
	struct rig *r = *state;
	uint32_t len, n = 0;

	for (uint32_t i = 0; i < 100; i++) {
		buf[n++] = insn_alu64_reg(ALU_ADD, (uint8_t)(i % 10), (uint8_t)(i % 7));
		buf[n++] = insn_alu64_imm(ALU_XOR, (uint8_t)(i % 9), 0x1234567);
		buf[n++] = insn_stx(SZ_DW, 10, -8, (uint8_t)(i % 10));
		buf[n++] = insn_jmp_imm(JMP_JSLT, (uint8_t)(i % 6), 1000000, 2);
		buf[n++] = insn_ldx(SZ_W, (uint8_t)(i % 8), 10, -8);
		buf[n++] = insn_alu32_imm(ALU_AND, (uint8_t)(i % 4), 0xff);
		buf[n++] = insn_alu64_reg(ALU_LSH, (uint8_t)(i % 5), 9);
		buf[n++] = insn_alu64_imm(ALU_MOD, 3, 77);
		buf[n++] = insn_call(HELPER_get_prandom_u32);
	}
	buf[n++] = insn_exit();
	rig_load(r, buf, n, 0);
	jit_code(r->jit, 0, &len);
	if (len > 8 * n || jit_fixed_bytes(r->jit) > 256)
		fail_msg("%u insns take %u bytes and %u", n, len, jit_fixed_bytes(r->jit));
}

/* ---- the arena --------------------------------------------------------------------------- */

static void no_memory_is_writable_and_executable(void **state)
{
	struct insn in[] = { insn_mov64_imm(0, 7), insn_exit() };
	struct rig *r = *state;
	char line[512];
	uint32_t exec = 0;
	FILE *f;

	rig_load(r, in, 2, 0);
	f = fopen("/proc/self/maps", "r");
	if (!f)
		skip();
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, "parallax-jit"))
			exec += strstr(line, "r-xs") != NULL;
		if (strstr(line, "rwx"))
			fail_msg("%s", line);
	}
	fclose(f);
	assert_int_equal(exec, 1);
	same(run_r0(r, "r-x"), 7, "r0");
}

static struct jit *load_const(struct rig *r, struct unit *u, struct program *p, int32_t value)
{
	struct insn in[] = { insn_mov64_imm(0, value), insn_exit() };
	struct jit_opts o = { .mode = 0 };

	*p = (struct program){ .type = PROG_PLAIN, .len = 2 };
	p->insn = arena_dup(&r->mem, in, sizeof(in));
	program_seal(p, &r->mem);
	*u = (struct unit){ .prog = p, .nprog = 1 };
	return jit_load(r->arena, u, &o, &r->out);
}

static void several_units_at_once(void **state)
{
	enum { N = 64 };
	struct rig *r = *state;
	struct program p[N];
	struct unit u[N];
	struct jit *j[N];
	struct outcome out;
	uint32_t used;

	for (uint32_t round = 0; round < 3; round++) {
		for (uint32_t i = 0; i < N; i++)
			assert_non_null(j[i] = load_const(r, &u[i], &p[i], (int32_t)(i + round)));
		used = r->arena->used;
		for (uint32_t i = 0; i < N; i++) {
			uint32_t k = i * 37 % N;	/* any order */

			jit_run(j[k], r->guest, &r->in, &out);
			same(out.reg[0], k + round, "each runs its own code");
			jit_unload(j[k]);
		}
		assert_int_equal(r->arena->live, 0);
	}
	assert_non_null(j[0] = load_const(r, &u[0], &p[0], 5));
	assert_true(r->arena->used < used);
	/* what stood behind it cannot be run by mistake */
	for (uint32_t i = r->arena->used; i < used; i++)
		same(r->arena->rx[i], 0xcc, "stale code");
	jit_unload(j[0]);
}

static void a_full_arena_is_no_failure_of_the_machine(void **state)
{
	struct insn in[] = { insn_mov64_imm(0, 9), insn_exit() };
	struct jit_opts o = { .mode = JIT_FUZZ };
	struct rig *r = *state;
	char why[96];

	jit_arena_free(r->arena);
	r->arena = jit_arena_new(JIT_ARENA_MIN, why);
	assert_non_null(r->arena);
	for (uint32_t n = 1000; n < 32000; n += 997) {
		for (uint32_t i = 0; i + 1 < n; i++)	/* all jumps become long */
			buf[i] = insn_jmp_imm(JMP_JEQ, 0, 1, (int16_t)(n - i - 2));
		buf[n - 1] = insn_exit();
		rig_seal(r, buf, n);
		r->jit = jit_load(r->arena, &r->unit, &o, &r->out);
		if (n < 2000)
			assert_non_null(r->jit);
		if (n > 6000) {
			assert_null(r->jit);
			assert_int_equal(r->out.kind, OUT_UNSUPPORTED);
		}
	}
	rig_load(r, in, 2, 0);
	same(run_r0(r, "after that"), 9, "r0");
}

static void where_memfds_are_refused(void **state)
{
	struct insn in[] = { insn_mov64_imm(0, 7), insn_call_local(1), insn_exit(),
			     insn_alu64_imm(ALU_MUL, 0, 6), insn_exit() };
	struct rig *r = *state;
	char why[96];

	jit_arena_free(r->arena);
	r->arena = jit_arena_new_mprotect(1 << 20, why);
	assert_non_null(r->arena);
	for (uint32_t i = 0; i < 5; i++) {
		rig_load(r, in, COUNT(in), i & 1 ? JIT_FUZZ : 0);
		same(run_r0(r, "mprotect"), 42, "r0");
	}
}

static void children_do_not_inherit_code(void **state)
{
	struct insn in[] = { insn_mov64_imm(0, 7), insn_exit() };
	struct rig *r = *state;
	int status;
	pid_t pid;

	rig_load(r, in, 2, 0);
	pid = fork();
	if (pid == 0) {
		unsigned char vec;

		_exit(mincore(r->arena->rw, 4096, &vec) == 0 ||
		      mincore((void *)(uintptr_t)r->arena->rx, 4096, &vec) == 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	same(run_r0(r, "parent"), 7, "r0");
}

static uint64_t engine_r0(struct rig *r, const struct engine *e)
{
	struct load_opts o = { .mode = MODE_FUZZ };
	void *loaded = e->load(e, &r->unit, &o, &r->out);

	if (!loaded)
		return 0;
	e->run(loaded, r->guest, &r->in, &r->out);
	e->unload(loaded);
	return r->out.kind == OUT_RETURN ? r->out.reg[0] : 0;
}

static void the_engine_gives_each_process_its_own_arena(void **state)
{
	struct insn in[] = { insn_mov64_imm(0, 7), insn_exit() };
	const struct engine *e = engine_by_name("jit");
	struct rig *r = *state;
	int status;
	pid_t pid;

	assert_non_null(e);
	assert_true(e->caps() & CAP_REGS);
	rig_seal(r, in, 2);
	same(engine_r0(r, e), 7, "r0 in the parent");
	pid = fork();
	if (pid == 0)
		_exit(engine_r0(r, e) == 7 && engine_r0(r, e) == 7 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	same(engine_r0(r, e), 7, "r0 in the parent, again");
}

/* ---- faults --------------------------------------------------------------------------------- */

static void faults_in_trusting_code(void **state)
{
	static const uint64_t bad[] = {
		0, 8, 0x548000000000, 0x7fffffffffff, 0x800000000000, 0xfedcba9876543210, ~0ULL - 7,
	};
	struct rig *r = *state;

	for (uint32_t i = 0; i < COUNT(bad) * 4; i++) {
		struct insn in[] = {
			insn_mov64_imm(0, 1), insn_mov64_imm(0, 2), insn_mov64_imm(0, 3),
			insn_exit(), insn_exit(),
		};

		insn_lddw(in, 3, 0, bad[i / 4]);
		in[2] = i % 4 == 0 ? insn_ldx(SZ_DW, 0, 3, 0) :
			i % 4 == 1 ? insn_stx(SZ_B, 3, 0, 0) :
			i % 4 == 2 ? insn_atomic(SZ_DW, 0x41, 3, 0, 0) :
				     insn_atomic(SZ_W, ATOM_CMPXCHG, 3, 0, 4);
		rig_load(r, in, COUNT(in), i & 1 ? JIT_FUZZ : 0);
		jit_run(r->jit, r->guest, &r->in, &r->out);
		same(r->out.kind, OUT_TRAP, "kind");
		same(r->out.trap, TRAP_FAULT, "trap");
		same(r->out.pc.insn, 2, "pc");
	}
}

/* Through rbp a non-canonical access is a SIGBUS; deep frames must come back, too. */
static void faults_in_deep_frames(void **state)
{
	struct insn in[] = {
		insn_mov64_imm(0, 1), insn_call_local(1), insn_exit(),
		insn_alu64_imm(ALU_ADD, 0, 1), insn_jmp_imm(JMP_JEQ, 0, 8, 2),
		insn_call_local(-3), insn_exit(),
		insn_ldx(SZ_DW, 2, 10, -8), insn_stx(SZ_W, 3, 0, 3), insn_exit(),
	};
	struct rig *r = *state;

	rig_load(r, in, COUNT(in), JIT_FUZZ);
	for (uint32_t i = 0; i < 3; i++) {
		jit_run(r->jit, r->guest, &r->in, &r->out);
		same(r->out.kind, OUT_TRAP, "kind");
		same(r->out.trap, TRAP_FAULT, "trap");
		same(r->out.pc.insn, 8, "pc");
	}
	in[8] = insn_mov64_imm(0, 5);
	rig_load(r, in, COUNT(in), JIT_FUZZ);
	same(run_r0(r, "without the store"), 5, "r0");
}

static void fault_through_the_frame_pointer(void **state)
{
	struct insn in[] = { insn_mov64_imm(0, 1), insn_ldx(SZ_DW, 0, 10, -8), insn_exit() };
	struct rig *r = *state;
	uint64_t reg[REGS];

	rig_load(r, in, COUNT(in), 0);
	rig_fill(reg);
	reg[10] = 0x8123456789abcdef;
	rig_call(r, reg);
	same((uint64_t)((struct jit_ctx *)r->jit)->signal, SIGBUS, "signal");
}

static void dead_insns_trap(void **state)
{
	struct insn in[] = { insn_mov64_imm(0, 1), insn_jmp_imm(JMP_JEQ, 0, 1, 1), insn_exit(),
			     insn_mov64_imm(0, 2), insn_exit() };
	static const uint8_t dead[] = { 0, 0, 0, 1, 1 };
	const uint8_t *const deads[] = { dead };
	struct rig *r = *state;

	for (uint32_t mode = 0; mode < 8; mode++) {
		struct jit_opts o = { .mode = mode, .dead = deads };

		rig_load_opts(r, in, COUNT(in), &o);
		jit_run(r->jit, r->guest, &r->in, &r->out);
		same(r->out.kind, OUT_TRAP, "kind");
		same(r->out.trap, TRAP_DEAD, "trap");
		same(r->out.pc.insn, 3, "pc");
	}
}

static void exit_42(int sig)
{
	(void)sig;
	_exit(42);
}

/* A child whose own fault, outside of any compiled code, must reach whoever was there before. */
static int fault_in_child(struct rig *r, void (*handler)(int))
{
	struct insn in[] = { insn_mov64_imm(0, 7), insn_exit() };
	volatile int *volatile nowhere = (volatile int *)64;	/* NULL is for UBSan */
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		signal(SIGSEGV, handler);
		r->arena = jit_arena_new(1 << 20, r->out.why);
		if (!r->arena)
			_exit(1);
		rig_load(r, in, 2, 0);
		if (run_r0(r, "in a child") != 7)
			_exit(3);
		*nowhere = 1;
		_exit(2);
	}
	if (waitpid(pid, &status, 0) != pid)
		fail_msg("waitpid");
	return status;
}

static void faults_of_others_are_passed_on(void **state)
{
	int status;

	status = fault_in_child(*state, exit_42);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 42);
	status = fault_in_child(*state, SIG_DFL);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void local_calls_keep_what_callees_must_not_change(void **state)
{
	struct insn in[] = {
		insn_mov64_reg(5, 10), insn_call_local(1), insn_exit(),
		insn_alu64_reg(ALU_SUB, 5, 10), insn_mov64_imm(6, 1), insn_mov64_imm(7, 2),
		insn_mov64_imm(8, 3), insn_mov64_imm(9, 4), insn_mov64_imm(0, 77), insn_exit(),
	};
	struct rig *r = *state;
	uint64_t reg[REGS], want[REGS];

	for (uint32_t mode = 0; mode < 8; mode++) {
		rig_load(r, in, COUNT(in), mode);
		rig_fill(reg);
		memcpy(want, reg, sizeof(want));
		want[5] = STACK_SIZE;
		want[0] = 77;
		rig_call(r, reg);
		rig_same(reg, want, "mode %u", mode);
	}
}

static void eight_frames_and_no_more(void **state)
{
	/* r0 = depth; main is the first */
	struct insn in[] = {
		insn_mov64_imm(0, 1), insn_call_local(1), insn_exit(),
		insn_alu64_imm(ALU_ADD, 0, 1), insn_jmp_imm(JMP_JEQ, 0, 8, 1), insn_call_local(-3),
		insn_exit(),
	};
	struct rig *r = *state;

	for (uint32_t mode = 0; mode < 4; mode++) {
		rig_load(r, in, COUNT(in), mode);
		same(run_r0(r, "eight"), 8, "depth");
	}
	in[4].imm = 9;
	for (uint32_t mode = 0; mode < 4; mode++) {
		rig_load(r, in, COUNT(in), mode);
		jit_run(r->jit, r->guest, &r->in, &r->out);
		same(r->out.trap, TRAP_CALL_DEPTH, "trap");
		same(r->out.pc.insn, 5, "pc");
		jit_run(r->jit, r->guest, &r->in, &r->out);	/* the count starts anew */
		same(r->out.trap, TRAP_CALL_DEPTH, "trap");
	}
}

/* Far below r10 lies the frame of a callee, but none is below that of the eighth frame. */
static void checked_frames_end_where_the_stack_ends(void **state)
{
	struct insn in[] = {
		insn_mov64_imm(0, 1), insn_call_local(1), insn_exit(),
		insn_alu64_imm(ALU_ADD, 0, 1), insn_jmp_imm(JMP_JEQ, 0, 8, 1), insn_call_local(-3),
		insn_st(SZ_DW, 10, -520, 0), insn_exit(),
	};
	struct rig *r = *state;

	for (uint32_t mode = 0; mode < 8; mode++) {
		if (!(mode & JIT_CHECKED))
			continue;
		rig_load(r, in, COUNT(in), mode);
		jit_run(r->jit, r->guest, &r->in, &r->out);
		same(r->out.trap, TRAP_ACCESS, "trap");
		same(r->out.pc.insn, 6, "pc");
	}
	in[6].off = -512;
	rig_load(r, in, COUNT(in), JIT_CHECKED);
	same(run_r0(r, "the last bytes"), 8, "r0");
}

static void helpers_lose_r1_to_r5(void **state)
{
	struct insn in[] = { insn_call(HELPER_get_smp_processor_id), insn_exit() };
	struct rig *r = *state;
	uint64_t reg[REGS], want[REGS];

	for (uint32_t mode = 0; mode < 8; mode++) {
		rig_load(r, in, COUNT(in), mode);
		rig_fill(reg);
		memcpy(want, reg, sizeof(want));
		want[0] = r->run.cpu & 7;
		memcpy(want + 1, r->run.poison + 1, 5 * sizeof(want[0]));
		rig_call(r, reg);
		rig_same(reg, want, "mode %u", mode);
	}
}

static void may_goto_ends_a_loop_for_good(void **state)
{
	struct insn in[] = {
		insn_mov64_imm(0, 0), insn_alu64_imm(ALU_ADD, 0, 1), insn_may_goto(1), insn_ja(-3),
		insn_may_goto(1), insn_mov64_imm(0, 0), insn_exit(),
	};
	struct rig *r = *state;

	rig_load(r, in, COUNT(in), 0);
	same(run_r0(r, "may_goto"), 8388608 + 1, "rounds");
}

static void may_goto_starts_anew_in_a_tail_call(void **state)
{
	struct rig *r = *state;
	/* both count until may_goto has had enough */
	struct insn first[] = {
		insn_ja(0), insn_may_goto(1), insn_ja(-2), { .code = 0x18, .dst = 2, .src = 1 }, { 0 },
		insn_mov64_imm(3, 0), insn_call(HELPER_tail_call), insn_mov64_imm(0, 0), insn_exit(),
	};
	struct insn second[] = {
		insn_mov64_imm(0, 0), insn_alu64_imm(ALU_ADD, 0, 1), insn_may_goto(1), insn_ja(-3),
		insn_exit(),
	};
	struct map_def map = { .type = MAP_PROG_ARRAY, .key_size = 4, .value_size = 4,
			       .max_entries = 1, .inner = -1 };
	struct program p[2] = {
		{ .type = PROG_PLAIN, .insn = first, .len = COUNT(first) },
		{ .type = PROG_PLAIN, .insn = second, .len = COUNT(second) },
	};
	uint8_t maps[9] = { 0, 0, 0, 0, 0, 1 };
	struct jit_opts o = { .mode = 0 };

	for (uint32_t i = 0; i < 2; i++)
		program_seal(&p[i], &r->mem);
	r->unit = (struct unit){ .prog = p, .nprog = 2, .map = &map, .nmap = 1 };
	r->in.maps = maps;
	r->in.nmaps = sizeof(maps);
	r->jit = jit_load(r->arena, &r->unit, &o, &r->out);
	assert_non_null(r->jit);
	same(run_r0(r, "may_goto"), 8388608 + 1, "rounds");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RIG_TEST(forward_jumps_at_the_limit),
		RIG_TEST(backward_jumps_at_the_limit),
		RIG_TEST(growth_that_runs_from_jump_to_jump),
		RIG_TEST(torturous_jumps),
		RIG_TEST(every_byte_decodes),
		RIG_TEST(stubs_decode),
		RIG_TEST(trusting_code_is_small),
		RIG_TEST(no_memory_is_writable_and_executable),
		RIG_TEST(several_units_at_once),
		RIG_TEST(a_full_arena_is_no_failure_of_the_machine),
		RIG_TEST(where_memfds_are_refused),
		RIG_TEST(children_do_not_inherit_code),
		RIG_TEST(the_engine_gives_each_process_its_own_arena),
		RIG_TEST(faults_in_trusting_code),
		RIG_TEST(faults_in_deep_frames),
		RIG_TEST(fault_through_the_frame_pointer),
		RIG_TEST(dead_insns_trap),
		RIG_TEST(faults_of_others_are_passed_on),
		RIG_TEST(local_calls_keep_what_callees_must_not_change),
		RIG_TEST(eight_frames_and_no_more),
		RIG_TEST(checked_frames_end_where_the_stack_ends),
		RIG_TEST(helpers_lose_r1_to_r5),
		RIG_TEST(may_goto_ends_a_loop_for_good),
		RIG_TEST(may_goto_starts_anew_in_a_tail_call),
	};

	return cmocka_run_group_tests_name("jit: code", tests, NULL, NULL);
}
