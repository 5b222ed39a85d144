/* SPDX-License-Identifier: Apache-2.0 */
/*
 * domain_linux against the running kernel, one instruction at a time.
 *
 * Random straight-line programs over unknown scalars (each conditional jump
 * leads to a stub of its own) are loaded at log level 2.  Before each
 * instruction the operands are taken from the kernel's log, ours computes the
 * result, and the state that the kernel prints next is compared field by field.
 * Every step starts from the kernel's state, so a difference counts once.
 *
 * Skips without bpf(), and on kernels other than 6.18.  Knobs: SAMPLES (steps),
 * SEED, EXAMPLES (differences shown per operation).
 */
#define _GNU_SOURCE	/* memmem */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/unit/linux_state.h"
#include "tests/unit/rig.h"
#include "verifier/verifier.h"

enum { STEPS = 24, MAX_LEN = 4 * STEPS + 8, LOG_SIZE = 1 << 18, TYPE_SYSCALL = 31, SLEEPABLE = 16 };

/* ---- random choices -------------------------------------------------------------- */

static uint64_t rng_state;

static uint64_t rnd(void)
{
	uint64_t z = rng_state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint32_t below(uint32_t n)
{
	return (uint32_t)(rnd() % n);
}

/* Numbers near where bounds change their nature. */
static uint64_t rnd_value(void)
{
	static const uint64_t edge[] = {
		0, 1, 2, 7, 8, 15, 16, 63, 255, 4095, 65535, 0x7fffffff, 0x80000000, 0xffffffff,
		0x100000000, 0x7fffffffffffffff, 0x8000000000000000, 0xffffffff80000000,
		0xfffffffffffffff0, 0xffffffff00000000,
	};
	uint64_t v = edge[below(sizeof(edge) / sizeof(edge[0]))];

	switch (below(5)) {
	case 0:
		return v + below(9) - 4;
	case 1:
		return rnd() >> below(64);
	case 2:
		return (uint64_t)((int64_t)rnd() >> below(64));
	case 3:
		return (1ull << below(64)) - below(2);
	default:
		return v;
	}
}

/* ---- programs ---------------------------------------------------------------------- */

struct slot {
	uint8_t id;		/* of the row; INSN_N: not compared */
	uint32_t pc;
	uint32_t stub;		/* conditional jumps: where the taken edge leads */
};
struct prog {
	struct insn in[MAX_LEN];
	uint32_t len;
	struct slot slot[MAX_LEN];	/* by pc; id INSN_N where nothing is compared */
};

static void prog_add(struct prog *p, struct insn in, bool compare)
{
	uint8_t id = insn_decode(&in, 1, NULL);

	p->slot[p->len] = (struct slot){compare ? id : INSN_N, p->len, 0};
	p->in[p->len++] = in;
}

static void prog_reload(struct prog *p, uint8_t reg)
{
	static const uint8_t size[] = {SZ_DW, SZ_DW, SZ_DW, SZ_W, SZ_H, SZ_B};
	uint8_t sz = size[below(6)];

	if (sz != SZ_DW && below(3) == 0)
		prog_add(p, insn_ldsx(sz, reg, 1, (int16_t)(8 * below(4))), true);
	else
		prog_add(p, insn_ldx(sz, reg, 1, (int16_t)(8 * below(4))), true);
}

/* r8 = a constant that no imm can hold. */
static void prog_wide(struct prog *p)
{
	struct insn two[2];

	insn_lddw(two, 8, 0, rnd_value());
	for (int i = 0; i < 2; i++) {
		p->slot[p->len] = (struct slot){INSN_N, p->len, 0};
		p->in[p->len++] = two[i];
	}
}

static uint8_t other(uint8_t reg)
{
	/* 6 <-> 7, the constant, or itself */
	return below(3) ? (uint8_t)(13 - reg) : below(4) ? 8 : reg;
}

static void prog_alu(struct prog *p, uint8_t reg)
{
	static const uint8_t alu[] = {
		ALU_ADD, ALU_SUB, ALU_MUL, ALU_DIV, ALU_OR, ALU_AND, ALU_LSH, ALU_RSH, ALU_MOD,
		ALU_XOR, ALU_ARSH, ALU_ADD, ALU_SUB, ALU_AND, ALU_OR, ALU_RSH, ALU_ARSH, ALU_LSH,
	};
	uint8_t op = alu[below(sizeof(alu))];
	bool shift = op == ALU_LSH || op == ALU_RSH || op == ALU_ARSH, wide = below(2);
	int32_t imm = (int32_t)rnd_value();
	uint8_t src = other(reg);

	if ((op == ALU_DIV || op == ALU_MOD) && below(4))
		op = below(2) ? ALU_MUL : ALU_XOR;
	if (shift)
		imm = (int32_t)(below(4) ? below(wide ? 64 : 32) : below(2) ? 32 * wide :
				wide ? 63 : 31);
	if ((op == ALU_DIV || op == ALU_MOD) && imm == 0)
		imm = 7;
	if (below(2)) {
		struct insn in = wide ? insn_alu64_imm(op, reg, imm) : insn_alu32_imm(op, reg, imm);

		if ((op == ALU_DIV || op == ALU_MOD) && below(2))
			in.off = 1;
		prog_add(p, in, true);
	} else {
		if (shift && below(2)) {
			src = 8;
			prog_add(p, insn_mov64_imm(8, imm), true);
		}
		prog_add(p, wide ? insn_alu64_reg(op, reg, src) : insn_alu32_reg(op, reg, src),
			 true);
	}
}

static void prog_unary(struct prog *p, uint8_t reg)
{
	static const uint8_t bits[] = {16, 32, 64};
	uint8_t b = bits[below(3)];
	struct insn in;

	switch (below(7)) {
	case 0:
		in = insn_neg(below(2) ? 64 : 32, reg);
		break;
	case 1:
		in = insn_le(b, reg);
		break;
	case 2:
		in = insn_be(b, reg);
		break;
	case 3:
		in = insn_bswap(b, reg);
		break;
	case 4:	/* copies share an id with their source: r8 is overwritten at once */
		prog_add(p, below(2) ? insn_mov64_reg(8, reg) : insn_mov32_reg(8, reg), true);
		in = insn_mov64_imm(8, (int32_t)rnd_value());
		break;
	case 5:
		in = insn_movsx(32, below(2) ? 8 : 16, reg, reg);
		break;
	default:
		in = insn_movsx(64, (uint8_t)(8 << below(3)), reg, reg);
		break;
	}
	prog_add(p, in, true);
}

static void prog_branch(struct prog *p, uint8_t reg)
{
	static const uint8_t jmp[] = {
		JMP_JEQ, JMP_JGT, JMP_JGE, JMP_JSET, JMP_JNE, JMP_JSGT,
		JMP_JSGE, JMP_JLT, JMP_JLE, JMP_JSLT, JMP_JSLE,
	};
	uint8_t op = jmp[below(sizeof(jmp))], src = other(reg);
	bool wide = below(2);
	int32_t imm = (int32_t)rnd_value();

	/* the walk goes on where the jump is not taken: better not with a constant */
	if (op == JMP_JNE && below(4))
		op = JMP_JEQ;
	if (below(3))
		prog_add(p, wide ? insn_jmp_imm(op, reg, imm, 0) : insn_jmp32_imm(op, reg, imm, 0),
			 true);
	else
		prog_add(p, wide ? insn_jmp_reg(op, reg, src, 0) : insn_jmp32_reg(op, reg, src, 0),
			 true);
}

static bool is_branch(uint8_t id)
{
	return id < INSN_N && (insn_row(id)->kind == K_JMP_K || insn_row(id)->kind == K_JMP_X);
}

static void prog_random(struct prog *p)
{
	uint32_t body;

	p->len = 0;
	prog_reload(p, 6);
	prog_reload(p, 7);
	prog_wide(p);
	for (int i = 0; i < STEPS; i++) {
		uint8_t reg = (uint8_t)(6 + below(2));

		switch (below(16)) {
		case 0:
			prog_reload(p, reg);
			break;
		case 1:
			prog_wide(p);
			break;
		case 2:
			prog_unary(p, reg);
			break;
		case 3: case 4: case 5: case 6: case 7:
			prog_alu(p, reg);
			break;
		default:
			prog_branch(p, reg);
			break;
		}
	}
	prog_add(p, insn_mov64_imm(0, 0), false);
	prog_add(p, insn_exit(), false);
	body = p->len;
	for (uint32_t i = 0; i < body; i++) {
		if (!is_branch(p->slot[i].id))
			continue;
		p->slot[i].stub = p->len;
		p->in[i].off = (int16_t)(p->len - i - 1);
		prog_add(p, insn_mov64_imm(0, 0), false);
		prog_add(p, insn_exit(), false);
	}
}

/* ---- the kernel ---------------------------------------------------------------------- */

static char log_buf[LOG_SIZE];

static int prog_load(const struct prog *p)
{
	union bpf_attr a;
	int fd;

	memset(&a, 0, sizeof(a));
	memset(log_buf, 0, 64);
	a.prog_type = TYPE_SYSCALL;
	a.insns = (uintptr_t)p->in;
	a.insn_cnt = p->len;
	a.license = (uintptr_t)"GPL";
	a.prog_flags = SLEEPABLE;
	a.log_level = 2;
	a.log_buf = (uintptr_t)log_buf;
	a.log_size = LOG_SIZE;
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &a, sizeof(a));
	return fd < 0 ? -errno : fd;
}

/* ---- comparing -------------------------------------------------------------------------- */

/*
 * What one instruction does.  Jumps: decision as branch(), path 0 is the edge
 * not taken, path 1 the one taken.  Others: decision 1 if a second path starts
 * (path 1) and 0 if not.
 */
struct effect {
	int decision;
	bool has[2][2];		/* path, dst or src */
	struct scalar s[2][2];
};

enum relation { EQUAL, HIDDEN, TIGHTER, LOOSER, INCOMPARABLE, DECISION, RELATIONS };
static const char *const relation_name[RELATIONS] = {
	"equal", "hidden", "tighter", "looser", "incomparable", "decision",
};
static uint64_t count[INSN_N][RELATIONS];
static long examples;

/* Of a register with constant bits the log shows nothing else. */
static struct scalar shown(const struct scalar *s)
{
	return tnum_is_const(s->var) ? scalar_const(s->var.value) : *s;
}

static enum relation relate(const struct effect *ours, const struct effect *kernel)
{
	bool sub = true, sup = true;

	if (ours->decision != kernel->decision)
		return DECISION;
	for (int i = 0; i < 4; i++) {
		struct scalar s;

		if (!ours->has[i / 2][i % 2] || !kernel->has[i / 2][i % 2])
			continue;
		s = shown(&ours->s[i / 2][i % 2]);
		sub &= scalar_subset(&kernel->s[i / 2][i % 2], &s);
		sup &= scalar_subset(&s, &kernel->s[i / 2][i % 2]);
	}
	return sub && sup ? EQUAL : sub ? TIGHTER : sup ? LOOSER : INCOMPARABLE;
}

static void predict(const struct insn_row *row, const struct insn *insn, const struct scalar in[2],
		    struct effect *e)
{
	bool self = row->kind == K_JMP_X && insn->dst == insn->src;

	*e = (struct effect){.has = {{true, row->kind == K_JMP_X}, {true, row->kind == K_JMP_X}}};
	for (int path = 0; path < 2; path++)
		memcpy(e->s[path], in, sizeof(e->s[path]));
	switch (row->kind) {
	case K_LDX:
		e->s[0][0] = scalar_cast(in[0], (uint8_t)(row->width / 8));
		break;
	case K_LDSX:
		e->s[0][0] = domain_linux.alu(row->op, 64, in[0], in[0]);
		break;
	case K_JMP_K: case K_JMP_X:
		e->decision = domain_linux.branch(row->op, row->width, &in[0], &in[1]);
		for (int path = 0; path < 2; path++) {
			e->has[path][1] &= !self;
			if (!domain_linux.refine(row->op, row->width, path, &e->s[path][0],
						 &e->s[path][!self]))
				e->has[path][0] = e->has[path][1] = false;
		}
		break;
	default:
		e->decision = domain_linux.split(row->op, row->width, &e->s[0][0], &in[1],
						 &e->s[1][0]);
		e->s[0][0] = domain_linux.alu(row->op, row->width, e->s[0][0], in[1]);
		break;
	}
}

static void scalar_show(const char *label, const struct scalar *s)
{
	printf("#    %-10s u[%#" PRIx64 ",%#" PRIx64 "] s[%" PRId64 ",%" PRId64 "] u32[%#x,%#x] "
	       "s32[%d,%d] var(%#" PRIx64 ";%#" PRIx64 ")\n",
	       label, s->umin, s->umax, s->smin, s->smax, s->u32min, s->u32max, s->s32min,
	       s->s32max, s->var.value, s->var.mask);
}

static void show_effect(const char *who, const struct effect *e)
{
	static const char *const path[2][2] = {{"dst", "src"}, {"path 2 dst", "path 2 src"}};

	printf("#  %s: %d\n", who, e->decision);
	for (int i = 0; i < 4; i++)
		if (e->has[i / 2][i % 2])
			scalar_show(path[i / 2][i % 2], &e->s[i / 2][i % 2]);
}

/*
 * A constant operand may be the remains of an empty state, the ranges of which
 * Linux forgot; then its ranges hide in the log.  If that explains a
 * difference, it is none.
 */
static void compare(const struct prog *p, uint32_t pc, const struct scalar in[2],
		    const struct effect *kernel)
{
	const struct insn_row *row = insn_row(p->slot[pc].id);
	struct effect ours, other;
	enum relation rel;
	char text[80];

	predict(row, &p->in[pc], in, &ours);
	rel = relate(&ours, kernel);
	for (int hide = 1; rel != EQUAL && hide < 4; hide++) {
		struct scalar alt[2] = {scalar_unknown(), scalar_unknown()};

		for (int i = 0; i < 2; i++) {
			if (hide >> i & 1 && tnum_is_const(in[i].var))
				alt[i].var = in[i].var;
			else
				alt[i] = in[i];
		}
		predict(row, &p->in[pc], alt, &other);
		if (relate(&other, kernel) == EQUAL)
			rel = HIDDEN;
	}
	count[p->slot[pc].id][rel]++;
	if (rel <= HIDDEN || count[p->slot[pc].id][rel] > (uint64_t)examples)
		return;
	insn_print(text, sizeof(text), &p->in[pc], 1);
	printf("# %s %s: %s\n", relation_name[rel], row->name, text);
	scalar_show("dst", &in[0]);
	scalar_show("src", &in[1]);
	show_effect("ours", &ours);
	show_effect("linux", kernel);
}

/* The operands as the kernel has them; false if one is not a known scalar. */
static bool operands(const struct prog *p, uint32_t pc, const struct regs *r, struct scalar in[2])
{
	const struct insn_row *row = insn_row(p->slot[pc].id);
	const struct insn *i = &p->in[pc];

	in[0] = in[1] = scalar_const((uint64_t)(int64_t)i->imm);
	if (row->kind == K_LDX || row->kind == K_LDSX) {
		in[0] = scalar_unknown();
		return true;
	}
	if (row->kind == K_ALU_X || row->kind == K_JMP_X) {
		if (!(r->known & 1u << i->src))
			return false;
		in[1] = r->r[i->src];
	}
	if (row->op == OP_MOV || (row->op >= OP_MOVSX8 && row->op <= OP_MOVSX32))
		return true;
	in[0] = r->r[i->dst];
	return r->known & 1u << i->dst;
}

/* ---- walking the log ---------------------------------------------------------------------- */

struct visit {
	struct regs before, after;
	struct regs other;	/* split: where the second path starts */
	bool seen, forked, split;
	bool cut;		/* pruned right after it: the log does not show its result */
	int next;		/* pc processed after it, -1: none */
};
static struct visit visit[MAX_LEN];

static void effect_path(struct effect *e, int path, const struct insn *i, const struct regs *r)
{
	const uint8_t reg[2] = {i->dst, i->src};

	for (int k = 0; k < 2; k++) {
		e->has[path][k] = reg[k] < 10 && (r->known >> reg[k] & 1);
		if (e->has[path][k])
			e->s[path][k] = r->r[reg[k]];
	}
}

/* Compares and forgets the visits from pc first on, returns how many there were. */
static uint64_t compare_visits(const struct prog *p, uint32_t first)
{
	uint64_t steps = 0;

	for (uint32_t pc = first; pc < p->len; pc++) {
		const struct visit *v = &visit[pc];
		struct effect kernel = {.decision = v->split};
		struct scalar in[2];

		if (!v->seen || p->slot[pc].id == INSN_N || !operands(p, pc, &v->before, in))
			continue;
		if (is_branch(p->slot[pc].id))
			kernel.decision = v->forked ? -1 : v->next == (int)p->slot[pc].stub;
		if (!v->cut && kernel.decision <= 0)
			effect_path(&kernel, 0, &p->in[pc], &v->after);
		if (v->split)
			effect_path(&kernel, 0, &p->in[pc], &v->after);
		if (v->split || v->forked)
			effect_path(&kernel, 1, &p->in[pc],
				    v->split ? &v->other : &visit[p->slot[pc].stub].before);
		compare(p, pc, in, &kernel);
		steps++;
	}
	memset(&visit[first], 0, (p->len - first) * sizeof(visit[0]));
	return steps;
}

/* "17: (b7) ..." gives 17 and the rest; -1 if the line is of another kind. */
static long line_pc(const char *line, const char **rest)
{
	char *end;
	long pc;

	if (!isdigit((unsigned char)*line))
		return -1;
	pc = strtol(line, &end, 10);
	if (end[0] != ':' || end[1] != ' ')
		return -1;
	*rest = end + 2;
	return pc;
}

/*
 * "from A to B: state": the taken edge of jump A, or (A == B) the second path
 * of an operation that the kernel tries with two values.  Paths are explored
 * depth first, so what lies behind A on the first one is complete by then.
 */
static bool walk_from(const struct prog *p, long from, long to, const struct regs *cur,
		      uint64_t *steps)
{
	if (from < 0 || from >= (long)p->len)
		return false;
	if (from == to) {
		struct visit v = visit[from];

		v.split = true;
		v.other = *cur;
		visit[from] = v;
		*steps += compare_visits(p, (uint32_t)from);
		return true;
	}
	visit[from].forked = true;
	visit[to].before = *cur;
	return to == (long)p->slot[from].stub;
}

/* Compares all steps of the log; false if it is not understood. */
static bool walk_log(const struct prog *p, uint64_t *steps)
{
	struct regs cur = {.known = 0};
	long last = -1, from, to, pc;
	char *line = log_buf, *next;

	for (; *line; line = next) {
		const char *rest, *state;
		size_t n = strcspn(line, "\n");

		next = line + n + (line[n] == '\n');
		if (sscanf(line, "from %ld to %ld: ", &from, &to) == 2) {
			last = -1;
			cur.known = 0;
			if (!parse_state(strchr(line, ':'), line + n, &cur) ||
			    !walk_from(p, from, to, &cur, steps))
				return false;
			continue;
		}
		pc = line_pc(line, &rest);
		if (pc < 0 || pc >= (long)p->len)
			continue;
		state = rest;
		if (*rest == '(' || strncmp(rest, "safe", 4) == 0) {
			if (last >= 0) {
				visit[last].next = (int)pc;
				visit[last].cut = *rest != '(';
			}
			last = *rest == '(' ? pc : -1;
		}
		if (*rest == '(') {
			visit[pc].before = cur;
			visit[pc].seen = true;
			visit[pc].next = -1;
			state = memmem(rest, (size_t)(line + n - rest), "; ", 2);
		}
		if (state && !parse_state(state, line + n, &cur))
			return false;
		if (last >= 0)
			visit[last].after = cur;
	}
	*steps += compare_visits(p, 0);
	return true;
}

static void print_counts(uint64_t sum[RELATIONS])
{
	printf("# %-12s", "operation");
	for (int r = 0; r < RELATIONS; r++)
		printf(" %12s", relation_name[r]);
	for (int id = 0; id <= INSN_N; id++) {
		const uint64_t *c = id < INSN_N ? count[id] : sum;
		uint64_t any = 0;

		for (int r = 0; r < RELATIONS; r++) {
			any += c[r];
			if (id < INSN_N)
				sum[r] += c[r];
		}
		if (any)
			printf("\n# %-12s", id < INSN_N ? insn_row((uint8_t)id)->name : "all");
		for (int r = 0; any && r < RELATIONS; r++)
			printf(" %12" PRIu64, c[r]);
	}
	printf("\n");
}

static uint64_t knob(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s ? strtoull(s, NULL, 0) : otherwise;
}

static void test_same_states(void **state)
{
	uint64_t want = knob("SAMPLES", getenv("PARALLAX_LONG") ? 2000000 : 20000), done = 0;
	uint64_t sum[RELATIONS] = {0};
	struct utsname u;
	struct prog p;

	(void)state;
	rng_state = knob("SEED", 1);
	examples = (long)knob("EXAMPLES", 2);
	assert_int_equal(uname(&u), 0);
	if (strncmp(u.release, "6.18", 4) != 0) {
		printf("# the kernel is %s, not 6.18\n", u.release);
		skip();
	}
	need_bpf();
	while (done < want) {
		int fd;

		prog_random(&p);
		fd = prog_load(&p);
		if (fd < 0 || !walk_log(&p, &done)) {
			printf("# load: %d, log:\n%s\n", fd, log_buf);
			fail_msg("program rejected or log not understood");
		}
		close(fd);
	}
	print_counts(sum);
	assert_int_equal(sum[TIGHTER] + sum[LOOSER] + sum[INCOMPARABLE] + sum[DECISION], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_states),
	};

	setvbuf(stdout, NULL, _IOLBF, 0);
	return cmocka_run_group_tests_name("domain_linux", tests, NULL, NULL);
}
