/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pointers to kernel structs: programs against a small kernel of our own, whose
 * BTF is made here, so that offsets and verdicts are the same everywhere.  The
 * gate (tests/gates) asks the running kernel about its own types.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "case/btf.h"
#include "tests/unit/verifier_rig.h"

/* ---- the kernel's types ------------------------------------------------------- */

static uint32_t words[512];
static char strings[1024];
static uint32_t nword, nstring, ntype;

static uint32_t text(const char *s)
{
	uint32_t at = nstring;

	strcpy(strings + nstring, s);
	nstring += (uint32_t)strlen(s) + 1;
	return at;
}

static void word(uint32_t v)
{
	words[nword++] = v;
}

static uint32_t type(enum btf_kind kind, const char *name, uint32_t vlen, uint32_t size)
{
	word(text(name));
	word((uint32_t)kind << 24 | vlen);
	word(size);
	return ++ntype;
}

static void member(const char *name, uint32_t id, uint32_t off)
{
	word(text(name));
	word(id);
	word(8 * off);
}

static uint32_t pointer(uint32_t to)
{
	return type(BTF_PTR, "", 0, to);
}

static uint32_t array(uint32_t of, uint32_t n)
{
	uint32_t id = type(BTF_ARRAY, "", 0, 0);

	word(of);
	word(of);
	word(n);
	return id;
}

/* "btf_trace_NAME", whose arguments after the first are of these types. */
static void tracepoint(const char *name, uint32_t anything, const uint32_t *arg, uint32_t n)
{
	uint32_t proto = type(BTF_FUNC_PROTO, "", n + 1, 0);

	word(0);
	word(anything);
	for (uint32_t i = 0; i < n; i++) {
		word(text(i == 2 ? "p__nullable" : "p"));
		word(arg[i]);
	}
	type(BTF_TYPEDEF, name, 0, pointer(proto));
}

/*
 * struct inode { u64 ino; char name[8]; union { struct file *f; u64 u; }; }
 * struct file { u32 mode; u32 pad; struct inode *f_inode, *other; void *data; struct inode in; }
 */
enum { INODE = 24, FILE_SIZE = 56 };

static void make_types(struct btf *b, struct arena *a)
{
	uint32_t u32_, u64_, chars, anything, file_ptr, inode_ptr, inode, both, ids[6];
	uint32_t head[6] = { 0x1eb9f, 24, 0, 0, 0, 0 };
	struct file_err err;
	uint8_t *raw;

	text("");
	u32_ = type(BTF_INT, "u32", 0, 4), word(32);
	u64_ = type(BTF_INT, "u64", 0, 8), word(64);
	chars = type(BTF_INT, "char", 0, 1), word(8);
	chars = array(chars, 8);
	anything = pointer(0);
	file_ptr = pointer(ntype + 4), inode_ptr = pointer(ntype + 2);
	inode = type(BTF_STRUCT, "inode", 3, INODE);
	both = ntype + 2;
	member("ino", u64_, 0), member("name", chars, 8), member("", both, 16);
	assert_int_equal(file_ptr + 3, type(BTF_STRUCT, "file", 6, FILE_SIZE));
	member("mode", u32_, 0), member("pad", u32_, 4), member("f_inode", inode_ptr, 8);
	member("other", inode_ptr, 16), member("data", anything, 24), member("in", inode, 32);
	assert_int_equal(both, type(BTF_UNION, "", 2, 8));
	member("f", file_ptr, 0), member("u", u64_, 0);
	type(BTF_STRUCT, "file__safe_trusted", 1, 8);
	member("f_inode", inode_ptr, 0);
	ids[0] = file_ptr, ids[1] = u32_, ids[2] = file_ptr, ids[3] = pointer(u64_);
	ids[4] = pointer(anything), ids[5] = inode_ptr;
	tracepoint("btf_trace_opened", anything, ids, 6);

	head[3] = head[4] = 4 * nword;
	head[5] = nstring;
	raw = malloc(sizeof(head) + 4 * nword + nstring);
	memcpy(raw, head, sizeof(head));
	memcpy(raw + sizeof(head), words, 4 * nword);
	memcpy(raw + sizeof(head) + 4 * nword, strings, nstring);
	*b = (struct btf){ 0 };
	assert_true(btf_parse(b, raw, sizeof(head) + 4 * nword + nstring, a, &err));
	b->str = arena_dup(a, b->str, b->nstr);
	free(raw);
}

/* ---- verdicts ------------------------------------------------------------------ */

#define FILE_ARG "r6 = *(u64 *)(r1 +0); "
#define END " r0 = 0; exit"

static const struct {
	const char *name;
	enum verr err;
	const char *text;
} rows[] = {
	{ "a number", V_OK, FILE_ARG "r0 = *(u32 *)(r6 +0);" END },
	{ "half a number", V_OK, FILE_ARG "r0 = *(u16 *)(r6 +2);" END },
	{ "two numbers at once", V_KERNEL_MEMBER_END, FILE_ARG "r0 = *(u64 *)(r6 +0);" END },
	{ "the last byte, part of a pointer", V_KERNEL_POINTER, FILE_ARG "r0 = *(u8 *)(r6 +55);" END },
	{ "beyond the end", V_KERNEL_BEYOND, FILE_ARG "r0 = *(u8 *)(r6 +56);" END },
	{ "before the start", V_KERNEL_NEGATIVE, FILE_ARG "r0 = *(u8 *)(r6 -1);" END },
	{ "by a moved pointer", V_OK, FILE_ARG "r6 += 32; r0 = *(u64 *)(r6 +0);" END },
	{ "by a variable offset", V_KERNEL_VAR,
	  FILE_ARG "r2 = *(u32 *)(r1 +8); r2 &= 4; r6 += r2; r0 = *(u32 *)(r6 +0);" END },
	{ "a pointer's pointer", V_OK, FILE_ARG "r6 = *(u64 *)(r6 +8); r0 = *(u64 *)(r6 +0);" END },
	{ "half a pointer", V_KERNEL_POINTER, FILE_ARG "r0 = *(u32 *)(r6 +8);" END },
	{ "a byte of an array", V_OK, FILE_ARG "r0 = *(u8 *)(r6 +47);" END },
	{ "across an array's end", V_KERNEL_MEMBER_END, FILE_ARG "r0 = *(u64 *)(r6 +44);" END },
	{ "into a union", V_OK, FILE_ARG "r6 = *(u64 *)(r6 +48); r0 = *(u32 *)(r6 +0);" END },
	{ "a write", V_KERNEL_WRITE, FILE_ARG "*(u32 *)(r6 +0) = 1;" END },
	{ "an atomic addition", V_KERNEL_WRITE,
	  FILE_ARG "r2 = 1; lock *(u32 *)(r6 +0) += r2;" END },
	{ "memory of no type is read anywhere", V_OK,
	  FILE_ARG "r6 = *(u64 *)(r6 +24); r6 += 4096; r0 = *(u64 *)(r6 +77);" END },
	{ "and not written", V_WRITE_RDONLY, FILE_ARG "r6 = *(u64 *)(r6 +24); *(u8 *)(r6 +0) = 1;" END },
	{ "a number plus such an address is not known", V_POINTER_UNBOUNDED,
	  FILE_ARG "r7 = *(u64 *)(r6 +24); r9 = 0; r9 += r7; *(u32 *)(r10 -4) = 0; r2 = r10; "
	  "r2 += -4; r1 = map_by_fd(2) ll; call 1; if r0 == 0 goto +2; r0 += r9; "
	  "*(u8 *)(r0 +0) = 1;" END },
	{ "an argument that is a number", V_OK, "r0 = *(u32 *)(r1 +8);" END },
	{ "an argument at an odd place", V_CTX_ACCESS, "r0 = *(u32 *)(r1 +4);" END },
	{ "half of an argument that points", V_CTX_ACCESS, "r0 = *(u32 *)(r1 +0);" END },
	{ "an argument that may be NULL", V_MEM_TYPE,
	  "r6 = *(u64 *)(r1 +16); r0 = *(u32 *)(r6 +0);" END },
	{ "is one after a check", V_OK,
	  "r6 = *(u64 *)(r1 +16); if r6 == 0 goto +1; r0 = *(u32 *)(r6 +0);" END },
	{ "a pointer to a number is a number", V_MEM_TYPE,
	  "r6 = *(u64 *)(r1 +24); r0 = *(u32 *)(r6 +0);" END },
	{ "a pointer to a pointer", V_CTX_ACCESS, "r6 = *(u64 *)(r1 +32);" END },
	{ "more arguments than there are", V_CTX_ACCESS, "r6 = *(u64 *)(r1 +48);" END },
	{ "a write to an argument", V_CTX_ACCESS, "r2 = 1; *(u64 *)(r1 +8) = r2;" END },
	{ "a trusted file's inode is one", V_OK,
	  FILE_ARG "r6 = *(u64 *)(r6 +8); if r6 == 0 goto +1;" END },
};

static enum verr verdict(const struct btf *b, const char *program, const char *target,
			 enum walk walk, const char *license)
{
	struct vopts o = { .priv = PRIV_ROOT, .walk = walk, .btf = b, .record = true };
	struct program *p;
	struct built built;
	struct verdict v;

	rig_build(&built, PROG_TRACING, 0, license, program);
	p = (struct program *)built.unit.prog;
	p->attach_type = ATTACH_RAW_TP;
	p->target = target;
	verify(&built.unit, 0, &o, &built.arena, &v);
	rig_drop(&built);
	return v.err;
}

static void test_rows(void **state)
{
	struct arena a = { 0 };
	struct btf b;
	uint32_t wrong = 0;

	(void)state;
	make_types(&b, &a);
	for (int indexed = 0; indexed < 2; indexed++) {
		for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
			for (int w = 0; w < 2; w++) {
				enum verr e = verdict(&b, rows[i].text, "opened",
						      w ? WALK_LINUX : WALK_EXACT, "GPL");

				if (e == rows[i].err)
					continue;
				print_error("%s: %s, expected %s\n", rows[i].name, verr_name[e],
					    verr_name[rows[i].err]);
				wrong++;
			}
		}
		btf_index(&b, &a);
	}
	assert_int_equal(verdict(&b, FILE_ARG "r0 = *(u32 *)(r6 +0);" END, "opened", WALK_EXACT,
				 "Proprietary"), V_KERNEL_GPL);
	arena_free(&a);
	assert_int_equal(wrong, 0);
}

/* Without the kernel's types, or without such a target, nothing is claimed. */
static void test_unknown(void **state)
{
	struct arena a = { 0 };
	struct btf b;

	(void)state;
	nword = nstring = ntype = 0;
	make_types(&b, &a);
	assert_int_equal(verdict(NULL, FILE_ARG END, "opened", WALK_EXACT, "GPL"), V_UNSUPPORTED);
	assert_int_equal(verdict(&b, FILE_ARG END, "closed", WALK_EXACT, "GPL"), V_UNSUPPORTED);
	assert_int_equal(verdict(&b, FILE_ARG END, NULL, WALK_EXACT, "GPL"), V_UNSUPPORTED);
	arena_free(&a);
}

/* Each iterator and each argument of the tables has the number of Linux. */
static void test_tables(void **state)
{
	enum trace_arg arg;

	(void)state;
	assert_int_equal(tracepoint_arg("sched_switch", 1), TRACE_ARG_TRUSTED);
	assert_int_equal(tracepoint_arg("kfree_skb", 3), TRACE_ARG_TRUSTED_OR_NULL);
	assert_true(iter_arg("task", 0, &arg));
	assert_int_equal(arg, TRACE_ARG_TRUSTED);
	assert_true(iter_arg("task_file", 1, &arg));
	assert_int_equal(arg, TRACE_ARG_PLAIN_OR_NULL);
	assert_true(iter_arg("bpf_map_elem", 2, &arg));
	assert_int_equal(arg, TRACE_ARG_RDONLY_BUF_OR_NULL);
	assert_false(iter_arg("nothing", 0, &arg));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows), cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_tables),
	};

	return cmocka_run_group_tests_name("kernel_types", tests, NULL, NULL);
}
