/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loading of ELF objects that clang writes on the spot.  What libbpf makes of
 * the same object is the judge of linking, relocation and section names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef HAVE_LIBBPF
#include <bpf/libbpf.h>
#endif

#include "case/internal.h"
#include "engines/engines.h"
#include "tests/unit/rig.h"

enum { MAX_CLANGS = 2, OBJECT_MAX = 1 << 20 };

static const char *const known[MAX_CLANGS] = { "clang-14", "clang-19" };
static const char *clang[MAX_CLANGS];
static uint32_t nclang;
static char dir[64], root[512];

static uint32_t scaled(uint32_t n)
{
	const char *more = getenv("PARALLAX_LONG");

	return more && *more == '1' ? 30 * n : n;
}

/* ---- objects ------------------------------------------------------------------- */

struct object {
	uint8_t *bytes;
	size_t n;
};

static struct object read_object(void)
{
	struct object o;
	struct file_err err;
	char path[128];

	snprintf(path, sizeof(path), "%s/x.o", dir);
	o.bytes = file_read(path, &o.n, &err);
	if (!o.bytes)
		fail_msg("%s: %s", path, err.msg);
	return o;
}

/* corpus/c/name.c */
static struct object compile(const char *cc, const char *name, const char *flags)
{
	if (!command("%s -target bpf -g -mcpu=v3 %s -Wno-unused -c %s/corpus/c/%s.c -o %s/x.o "
		     "2>%s/log", cc, flags, root, name, dir, dir))
		fail_msg("%s does not compile with %s", name, cc);
	return read_object();
}

/* Text of C (or of assembler, with "-x assembler" among the flags). */
static struct object compile_text(const char *cc, const char *text, const char *flags)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/x.c", dir);
	f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	if (!command("%s -target bpf -O2 -I%s/corpus/c %s -c %s -o %s/x.o 2>%s/log", cc, root,
		     flags, path, dir, dir))
		fail_msg("does not compile with %s: %s", cc, text);
	return read_object();
}

static long parse(const struct object *o, const char *program, struct arena *a,
		  struct testcase **tc, struct file_err *err)
{
	const struct file_opts opts = { .program = program };

	return file_parse(o->bytes, o->n, &opts, a, tc, err);
}

/* The only case of an object, or the one of this program. */
static struct testcase *load_one(struct object o, const char *program, struct arena *a)
{
	struct testcase *tc;
	struct file_err err;
	long n = parse(&o, program, a, &tc, &err);

	free(o.bytes);
	if (n != 1)
		fail_msg("%ld: %s", n, n < 0 ? err.msg : "programs");
	if (!tc->unit.prog[0].id)
		fail_msg("%s", tc->unit.prog[0].check.msg);
	return tc;
}

static const struct map_def *map_named(const struct testcase *tc, const char *name)
{
	for (uint32_t i = 0; i < tc->unit.nmap; i++)
		if (!strcmp(tc->unit.map[i].name, name))
			return &tc->unit.map[i];
	fail_msg("no map %s", name);
	return NULL;
}

static void need_clang(void)
{
	if (!nclang)
		skip();
}

/* ---- what objects hold --------------------------------------------------------------- */

static void maps_and_data_are_found(void **state)
{
	struct arena a = { 0 };
	(void)state;

	need_clang();
	for (uint32_t i = 0; i < nclang; i++) {
		struct testcase *tc = load_one(compile(clang[i], "xdp_count", "-O2"), NULL, &a);
		const struct map_def *m;

		assert_int_equal(tc->unit.prog[0].type, PROG_XDP);
		assert_string_equal(tc->unit.prog[0].name, "xdp_count");
		assert_string_equal(tc->unit.prog[0].license, "GPL");
		assert_int_equal(tc->unit.nmap, 4);
		m = map_named(tc, "by_protocol");
		assert_int_equal(m->type, MAP_ARRAY);
		assert_int_equal(m->key_size, 4);
		assert_int_equal(m->value_size, 16);
		assert_int_equal(m->max_entries, 256);
		m = map_named(tc, "by_source");
		assert_int_equal(m->type, MAP_HASH);
		assert_int_equal(m->max_entries, 64);
		m = map_named(tc, ".rodata");
		assert_true(m->frozen && m->flags == MAPF_RDONLY_PROG && m->ninit == 8);
		assert_memory_equal(m->init, "\3\0\0\0\0\0\0\0", 8);
		m = map_named(tc, ".bss");
		assert_true(!m->frozen && !m->flags && !m->ninit && m->value_size == 8);
		assert_true(tc->unit.prog[0].nline > 10);
		assert_non_null(strstr(tc->unit.prog[0].line[0].file, "xdp_count.c"));
		arena_reset(&a);
	}
	arena_free(&a);
}

static const struct program *prog_named(const struct testcase *tc, const char *name)
{
	for (uint32_t i = 0; i < tc->unit.nprog; i++)
		if (!strcmp(tc->unit.prog[i].name, name))
			return &tc->unit.prog[i];
	fail_msg("no program %s", name);
	return NULL;
}

static void tail_call_targets_come_along(void **state)
{
	struct arena a = { 0 };
	(void)state;

	need_clang();
	for (uint32_t i = 0; i < nclang; i++) {
		struct testcase *tc = load_one(compile(clang[i], "tail_calls", "-O2"), "dispatch",
					       &a);
		static const struct {
			uint32_t key;
			const char *name;
		} want[] = { { 0, "parse_ip" }, { 1, "parse_other" }, { 3, "again" } };
		const uint8_t *r = tc->input->maps;

		assert_int_equal(tc->unit.nprog, 4);
		assert_string_equal(tc->unit.prog[0].name, "dispatch");
		assert_int_equal(tc->input->nmaps, 3 * 9);
		for (uint32_t k = 0; k < 3; k++, r += 9) {
			uint32_t v[2];

			memcpy(v, r + 1, 8);
			assert_ptr_equal(&tc->unit.map[r[0]], map_named(tc, "next"));
			assert_int_equal(v[0], want[k].key);
			assert_ptr_equal(&tc->unit.prog[v[1]], prog_named(tc, want[k].name));
		}
		arena_reset(&a);
	}
	arena_free(&a);
}

static void subprograms_are_linked_and_named(void **state)
{
	struct arena a = { 0 };
	(void)state;

	need_clang();
	for (uint32_t i = 0; i < nclang; i++) {
		struct object o = compile(clang[i], "bpf_globals", "-O1");
		struct testcase *tc;
		const struct program *p;
		struct file_err err;

		assert_int_equal(parse(&o, NULL, &a, &tc, &err), 2);
		assert_int_equal(parse(&o, "cgroup_skb/egress", &a, &tc, &err), 1);
		assert_string_equal(tc->unit.prog[0].name, "bpf_globals_egress");
		assert_int_equal(tc->unit.prog[0].attach_type, 1);
		assert_int_equal(parse(&o, "nosuch", &a, &tc, &err), -1);
		assert_non_null(strstr(err.msg, "no program 'nosuch'"));
		tc = load_one(o, "bpf_globals", &a);
		p = &tc->unit.prog[0];
		assert_int_equal(p->type, PROG_SCHED_CLS);
		assert_string_equal(p->license, "Dual BSD/GPL");
		assert_int_equal(p->nsub, 3);
		assert_string_equal(p->sub[0].name, "bpf_globals");
		assert_string_equal(p->sub[1].name, "digest");
		assert_string_equal(p->sub[2].name, "mix");
		assert_true(!p->sub[0].global && !p->sub[1].global && p->sub[2].global);
		assert_memory_equal(map_named(tc, ".data")->init, "\x01\x23\x45\x67", 4);
		assert_memory_equal(map_named(tc, ".rodata")->init, "\4\0\0\0\x78\xa4\x6a\xd7", 8);
		arena_reset(&a);
	}
	arena_free(&a);
}

static void maps_of_maps_have_a_template(void **state)
{
	struct arena a = { 0 };
	(void)state;

	need_clang();
	for (uint32_t i = 0; i < nclang; i++) {
		struct testcase *tc = load_one(compile(clang[i], "map_in_map", "-O2"), NULL, &a);
		const struct map_def *m = map_named(tc, "by_class"), *inner;
		uint32_t v[2];

		assert_int_equal(m->type, MAP_ARRAY_OF_MAPS);
		assert_int_equal(m->value_size, 4);
		assert_in_range(m->inner, 0, tc->unit.nmap - 1);
		inner = &tc->unit.map[m->inner];
		assert_int_equal(inner->type, MAP_ARRAY);
		assert_int_equal(inner->max_entries, 4);
		assert_int_equal(tc->input->nmaps, 18);
		memcpy(v, tc->input->maps + 10, 8);
		assert_int_equal(v[0], 1);
		assert_ptr_equal(&tc->unit.map[v[1]], map_named(tc, "fast"));
		arena_reset(&a);
	}
	arena_free(&a);
}

static void maps_of_the_old_kind_are_read(void **state)
{
	static const char text[] =
		"#include \"bpf.h\"\n"
		"struct def { u32 type, key, value, entries, flags; };\n"
		"struct def one SEC(\"maps\") = { 2, 4, 8, 16 };\n"
		"struct def two SEC(\"maps\") = { 1, 2, 4, 8, 1 };\n"
		"SEC(\"socket\") int f(void *c) { u32 k = 0; u16 j = 1;\n"
		"  return map_lookup_elem(&one, &k) != map_lookup_elem(&two, &j); }\n";
	struct arena a = { 0 };
	struct testcase *tc;
	(void)state;

	need_clang();
	tc = load_one(compile_text(clang[0], text, ""), NULL, &a);
	assert_int_equal(tc->unit.nmap, 2);
	assert_int_equal(map_named(tc, "one")->max_entries, 16);
	assert_int_equal(map_named(tc, "two")->key_size, 2);
	assert_int_equal(map_named(tc, "two")->flags, 1);
	assert_string_equal(tc->unit.prog[0].license, "GPL");
	arena_free(&a);
}

static void spin_locks_and_callbacks_are_found(void **state)
{
	static const char text[] =
		"#include \"bpf.h\"\n"
		"struct bpf_spin_lock { u32 v; };\n"
		"struct value { u64 n; struct bpf_spin_lock lock; u32 x; };\n"
		"struct { __uint(type, 2); __uint(max_entries, 1); __type(key, u32);\n"
		"  __type(value, struct value); } m SEC(\".maps\");\n"
		"static long (*each)(void *, void *, void *, u64) = (void *)164;\n"
		"static long body(void *map, u32 *k, struct value *v, void *ctx) { return v->n; }\n"
		"SEC(\"tc\") int f(struct sk_buff *s) { return each(&m, body, s, 0); }\n";
	struct arena a = { 0 };
	struct testcase *tc;
	const struct program *p;
	bool found = false;
	(void)state;

	need_clang();
	tc = load_one(compile_text(clang[0], text, "-g"), NULL, &a);
	assert_true(tc->unit.map[0].has_spin_lock);
	assert_int_equal(tc->unit.map[0].spin_lock_off, 8);
	p = &tc->unit.prog[0];
	assert_int_equal(p->nsub, 2);
	assert_string_equal(p->sub[1].name, "body");
	for (uint32_t pc = 0; pc < p->len; pc++)
		found |= p->id[pc] == I_LD_CODE_ADDR &&
			 insn_target(p->insn, p->id[pc], pc) == p->sub[1].start;
	assert_true(found);
	arena_free(&a);
}

/* Hand-written: no BTF, no types or sizes of symbols, a call within a section. */
static void assembled_objects_are_read(void **state)
{
	static const char text[] =
		".section xdp, \"ax\", @progbits\n"
		"call 1f\nexit\n1: r0 = 2\nexit\n"
		".section .text.f, \"ax\", @progbits\n"
		".global f\n.type f, @function\nf: r0 = 1\nexit\n"
		".type g, @function\ng: r0 = 2\nexit\n"
		".section tc, \"ax\", @progbits\n"
		".global main\n.type main, @function\nmain: call g\nexit\n";
	struct arena a = { 0 };
	struct testcase *tc;
	const struct program *p;
	(void)state;

	need_clang();
	tc = load_one(compile_text(clang[nclang - 1], text, "-x assembler"), "xdp", &a);
	p = &tc->unit.prog[0];
	assert_string_equal(p->name, "xdp");
	assert_int_equal(p->len, 4);
	assert_int_equal(p->nsub, 2);
	tc = load_one(compile_text(clang[nclang - 1], text, "-x assembler"), "main", &a);
	p = &tc->unit.prog[0];
	assert_int_equal(p->len, 4);
	assert_string_equal(p->sub[1].name, "g");
	assert_false(p->sub[1].global);
	assert_int_equal(p->insn[2].imm, 2);
	arena_free(&a);
}

static void objects_of_text_only_are_plain(void **state)
{
	struct arena a = { 0 };
	struct testcase *tc;
	struct object o;
	struct file_err err;
	(void)state;

	need_clang();
	tc = load_one(compile_text(clang[0], "int f(int x) { return x; } int main(void) "
				   "{ return 4; }", ""), NULL, &a);
	assert_string_equal(tc->unit.prog[0].name, "main");
	assert_int_equal(tc->unit.prog[0].type, PROG_PLAIN);
	o = compile_text(clang[0], "int f(int x) { return x; } int g(void) { return 4; }", "");
	assert_int_equal(parse(&o, NULL, &a, &tc, &err), 2);
	free(o.bytes);
	arena_free(&a);
}

static void core_relocations_leave_a_note(void **state)
{
	static const char text[] =
		"#include \"bpf.h\"\n"
		"struct task { int pad, pid; } __attribute__((preserve_access_index));\n"
		"SEC(\"kprobe/x\") int f(struct task *t) { return t->pid; }\n";
	struct arena a = { 0 };
	struct testcase *tc;
	(void)state;

	need_clang();
	tc = load_one(compile_text(clang[0], text, "-g"), NULL, &a);
	assert_non_null(tc->note);
	assert_non_null(strstr(tc->note, "1 CO-RE"));
	assert_int_equal(tc->unit.prog[0].type, PROG_KPROBE);
	tc = load_one(compile(clang[0], "xdp_count", "-O2"), NULL, &a);
	assert_null(tc->note);
	arena_free(&a);
}

/* ---- what is refused ---------------------------------------------------------------------- */

static const struct {
	const char *text, *flags, *msg;
} refused[] = {
	{ "int f(void) { return 0; }", "-target bpfeb", "big-endian" },
	{ "int f(void) { return 0; }", "-target x86_64-linux-gnu", "for machine 62" },
	{ "int x;", "", "no program" },
	{ "__attribute__((section(\"nosuch\"))) int f(void) { return 0; }", "",
	  "'nosuch' names no known type" },
	{ "extern int kfunc(int); int entry(int x) { return kfunc(x); }", "", "'kfunc'" },
	{ "extern int CONFIG_HZ __attribute__((section(\".kconfig\")));\n"
	  "int entry(void) { return CONFIG_HZ; }", "-g", "'CONFIG_HZ'" },
	{ "#include \"bpf.h\"\nstruct { __uint(type, 2); } m SEC(\".maps\");\n"
	  "SEC(\"xdp\") int f(void *c) { return map_lookup_elem(&m, c) != 0; }", "",
	  "compile with -g" },
	{ "#include \"bpf.h\"\nstruct { __uint(max_entries, 2); } m SEC(\".maps\");\n"
	  "SEC(\"xdp\") int f(void *c) { return map_lookup_elem(&m, c) != 0; }", "-g",
	  "map 'm' has no type" },
	{ "#include \"bpf.h\"\nstruct { __uint(type, 99); } m SEC(\".maps\");\n"
	  "SEC(\"xdp\") int f(void *c) { return map_lookup_elem(&m, c) != 0; }", "-g",
	  "unknown type 99" },
	{ "#include \"bpf.h\"\nstruct { __uint(type, 2); __uint(bogus, 1); } m SEC(\".maps\");\n"
	  "SEC(\"xdp\") int f(void *c) { return map_lookup_elem(&m, c) != 0; }", "-g",
	  "unknown attribute 'bogus'" },
	{ "#include \"bpf.h\"\nstruct { u32 type, k; } m SEC(\"maps\") = { 2, 4 };\n"
	  "SEC(\"xdp\") int f(void *c) { return map_lookup_elem(&m, c) != 0; }", "",
	  "cut short" },
	{ "#include \"bpf.h\"\nstruct { u32 v[7]; } m SEC(\"maps\") = { { 2, 4, 4, 1, 0, 7 } };\n"
	  "SEC(\"xdp\") int f(void *c) { return map_lookup_elem(&m, c) != 0; }", "",
	  "not known" },
	{ "#include \"bpf.h\"\nu32 big[1 << 20];\n"
	  "SEC(\"xdp\") int f(u32 *c) { return big[*c & 7]; }", "", ".bss has" },
	{ "char l[] __attribute__((section(\"license\"))) = { 'G' }; int entry(void) { return 0; }",
	  "", "license is no string" },
};

static void unsupported_objects_are_refused(void **state)
{
	struct arena a = { 0 };
	(void)state;

	need_clang();
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		struct object o = compile_text(clang[0], refused[i].text, refused[i].flags);
		struct testcase *tc;
		struct file_err err;

		if (parse(&o, NULL, &a, &tc, &err) != -1)
			fail_msg("accepted: %s", refused[i].text);
		if (!strstr(err.msg, refused[i].msg))
			fail_msg("\"%s\" for: %s", err.msg, refused[i].text);
		free(o.bytes);
		arena_reset(&a);
	}
	arena_free(&a);
}

static void cut_objects_are_refused(void **state)
{
	struct object o;
	struct arena a = { 0 };
	struct testcase *tc;
	struct file_err err;
	(void)state;

	need_clang();
	o = compile(clang[0], "tail_calls", "-O2");
	for (size_t n = 4; n < o.n; n += 1 + n / 16) {
		uint8_t *copy = memcpy(malloc(n), o.bytes, n);
		const struct object cut = { copy, n };

		assert_int_equal(parse(&cut, NULL, &a, &tc, &err), -1);
		assert_true(err.msg[0]);
		free(copy);
		arena_reset(&a);
	}
	free(o.bytes);
	arena_free(&a);
}

/* Any change of a byte or word yields an error or a well-formed case. */
static void damaged_objects_never_crash(void **state)
{
	static const char *const names[] = {
		"tail_calls", "bpf_globals", "map_in_map", "xdp_count",
	};
	struct arena a = { 0 };
	uint32_t accepted = 0;
	struct rng r;
	(void)state;

	need_clang();
	rng_seed(&r, 9);
	for (uint32_t i = 0; i < 4; i++) {
		struct object o = compile(clang[i % nclang], names[i], "-O1");

		for (uint32_t k = 0; k < scaled(1500); k++) {
			uint8_t *copy = memcpy(malloc(o.n), o.bytes, o.n);
			const struct object bad = { copy, o.n };
			struct testcase *tc;
			struct file_err err;
			long n;

			for (uint64_t m = 1 + rng_below(&r, 4); m; m--) {
				size_t at = rng_below(&r, o.n - 8);
				uint64_t v = rng_below(&r, 3) ? rng_next(&r) >> rng_below(&r, 64)
							      : -rng_below(&r, 9);

				/* tables of sections and symbols stand at the end */
				if (rng_below(&r, 2))
					at = o.n - 8 - rng_below(&r, o.n < 4000 ? o.n - 8 : 4000);
				memcpy(copy + at, &v, (size_t)1 << rng_below(&r, 4));
			}
			n = parse(&bad, NULL, &a, &tc, &err);
			for (long c = 0; c < n; c++)
				assert_true(case_check(&tc[c], &err));
			accepted += n > 0;
			assert_true(n != 0 && (n > 0 || err.msg[0]));
			free(copy);
			arena_reset(&a);
		}
		free(o.bytes);
	}
	assert_true(accepted > 100);
	arena_free(&a);
}

/* ---- files of cases, and runs ---------------------------------------------------------------- */

static const char *const programs[] = {
	"xdp_count", "xdp_rewrite", "tc_rewrite", "socket_filter", "tail_calls", "bpf_globals",
	"syscall_prog", "map_in_map",
};

static void loaded_cases_round_trip(void **state)
{
	struct arena a = { 0 };
	(void)state;

	need_clang();
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		struct object o = compile(clang[i % nclang], programs[i], i & 1 ? "-O2" : "-O1");
		struct testcase *tc, back;
		struct file_err err;
		long n = parse(&o, NULL, &a, &tc, &err);

		assert_true(n > 0);
		for (long k = 0; k < n; k++) {
			char *text = case_to_text(&tc[k], &a);
			size_t len, again;
			uint8_t *bin = case_to_bin(&tc[k], &a, &len);

			if (!case_from_text(text, strlen(text), PROG_PLAIN, &a, &back, &err))
				fail_msg("%u: %s", err.line, err.msg);
			assert_memory_equal(case_to_bin(&back, &a, &again), bin, len);
			assert_int_equal(len, again);
			assert_non_null(strstr(text, "-- asm"));
			assert_null(strstr(text, "-- raw"));
		}
		free(o.bytes);
		arena_reset(&a);
	}
	arena_free(&a);
}

/* UDP from 10.0.0.1, the rest zero. */
static const uint8_t udp[64] = {
	[12] = 0x08, [14] = 0x45, [17] = 50, [22] = 64, [23] = 17, [26] = 10, [29] = 1,
};

static void run_object(const char *name, const char *program, struct outcome *out,
		       struct guest *g, struct arena *a)
{
	struct testcase *tc = load_one(compile(clang[0], name, "-O2"), program, a);
	const struct load_opts lo = { .mode = MODE_CHECKED };
	const struct engine *e = engine_at(0);
	void *loaded = e->load(e, &tc->unit, &lo, out);

	assert_non_null(loaded);
	tc->input->packet = udp;
	tc->input->npacket = sizeof(udp);
	e->run(loaded, g, tc->input, out);
	if (out->kind != OUT_RETURN)
		fail_msg("%s: %s %s", name, out_name(out->kind), out->why);
	/* the outcome lives on; the guest keeps its memory until the next run */
	e->unload(loaded);
}

static void loaded_programs_run(void **state)
{
	struct arena a = { 0 };
	struct outcome out = { 0 };
	char why[96];
	struct guest *g;
	uint64_t *value;
	uint32_t key = 17;
	(void)state;

	need_clang();
	g = guest_new(why);
	if (!g)
		fail_msg("%s", why);
	run_object("xdp_count", NULL, &out, g, &a);
	assert_int_equal(out.reg[0], 2);	/* XDP_PASS */
	value = guest_at(g, map_lookup(g, 0, &key), 16, RGN_READ);
	assert_non_null(value);
	assert_int_equal(value[0], 1);
	assert_int_equal(value[1], 64);
	run_object("tail_calls", "dispatch", &out, g, &a);
	assert_int_equal(out.reg[0], 2);	/* parse_ip passes it */
	key = 0;
	value = guest_at(g, map_lookup(g, 1, &key), 8, RGN_READ);
	assert_non_null(value);
	assert_int_equal(value[0], 2);
	run_object("xdp_rewrite", NULL, &out, g, &a);
	assert_int_equal(out.reg[0], 3);	/* XDP_TX */
	guest_free(g);
	arena_free(&a);
}

/* ---- libbpf ------------------------------------------------------------------------ */

#ifdef HAVE_LIBBPF

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level, (void)fmt, (void)ap;
	return 0;
}

/* Our number of a map by its descriptor's place in libbpf's object. */
static const struct map_def *map_of_fd(struct bpf_object *bo, const struct testcase *tc, int fd)
{
	struct bpf_map *m;

	bpf_object__for_each_map(m, bo) {
		const char *name = bpf_map__name(m), *dot = strchr(name, '.');

		/* "obj.rodata" there, ".rodata" here */
		if (bpf_map__fd(m) == fd)
			return map_named(tc, dot ? dot : name);
	}
	return NULL;
}

static void same_insns(struct bpf_object *bo, struct bpf_program *bp, const struct testcase *tc)
{
	const struct program *p = &tc->unit.prog[0];
	const struct bpf_insn *want = bpf_program__insns(bp);

	assert_int_equal(bpf_program__insn_cnt(bp), p->len);
	assert_int_equal(bpf_program__type(bp), p->type);
	for (uint32_t pc = 0; pc < p->len; pc++) {
		struct insn in;

		memcpy(&in, &want[pc], sizeof(in));
		if (p->id[pc] == I_LD_MAP_FD || p->id[pc] == I_LD_MAP_FD_VALUE) {
			const struct map_def *m = map_of_fd(bo, tc, in.imm);

			assert_ptr_equal(m, &tc->unit.map[p->insn[pc].imm]);
			in.imm = p->insn[pc].imm;
		}
		if (memcmp(&in, &p->insn[pc], sizeof(in)))
			fail_msg("%s differs at insn %u", p->name, pc);
	}
}

static void libbpf_links_the_same(void **state)
{
	struct arena a = { 0 };
	uint32_t compared = 0;
	(void)state;

	need_clang();
	need_bpf();
	libbpf_set_print(quiet);
	for (size_t i = 0; i < 2 * sizeof(programs) / sizeof(programs[0]); i++) {
		struct object o = compile(clang[i / 2 % nclang], programs[i / 2],
					  i & 1 ? "-O1" : "-O2");
		struct bpf_object *bo = bpf_object__open_mem(o.bytes, o.n, NULL);
		struct bpf_program *bp;
		struct testcase *tc;
		struct file_err err;
		long n = parse(&o, NULL, &a, &tc, &err);

		assert_true(n > 0);
		if (bo && bpf_object__load(bo) == 0) {
			bpf_object__for_each_program(bp, bo) {
				long k = 0;

				while (k < n && strcmp(tc[k].unit.prog[0].name,
						       bpf_program__name(bp)))
					k++;
				assert_in_range(k, 0, n - 1);
				same_insns(bo, bp, &tc[k]);
				compared++;
			}
		}
		bpf_object__close(bo);
		free(o.bytes);
		arena_reset(&a);
	}
	arena_free(&a);
	if (!compared)
		skip();
}

static void libbpf_knows_the_same_sections(void **state)
{
	static const char *const names[] = {
#define SECTION(name, type, attach, flags) name, name "/target",
#include "case/sections.def"
	};
	uint32_t agreed = 0;
	(void)state;

	libbpf_set_print(quiet);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		enum bpf_attach_type attach;
		enum bpf_prog_type type;
		struct file_err err;
		struct testcase *tc;
		struct arena a = { 0 };
		struct object o;
		char text[256];

		/* names of our own, and newer ones, mean nothing to it */
		if (libbpf_prog_type_by_name(names[i], &type, &attach))
			continue;
		if (!nclang || (i % 5 && scaled(1) == 1))
			continue;
		snprintf(text, sizeof(text), "__attribute__((section(\"%s\"))) int f(void) "
			 "{ return 0; }", names[i]);
		o = compile_text(clang[0], text, "");
		if (parse(&o, NULL, &a, &tc, &err) != 1)
			fail_msg("%s: %s", names[i], err.msg);
		if (tc->unit.prog[0].type != (uint16_t)type)
			fail_msg("%s is of type %u, not %d", names[i], tc->unit.prog[0].type, type);
		/* XDP's 37 is what Linux assumes without; struct_ops get a member's number later */
		if (tc->unit.prog[0].attach_type != (uint16_t)attach && attach != 37 &&
		    type != (int)PROG_STRUCT_OPS)
			fail_msg("%s attaches to %u, not %d", names[i],
				 tc->unit.prog[0].attach_type, attach);
		agreed++;
		free(o.bytes);
		arena_free(&a);
	}
	if (nclang)
		assert_true(agreed > 10);
}

#else

static void libbpf_links_the_same(void **state)
{
	(void)state;
	skip();
}

static void libbpf_knows_the_same_sections(void **state)
{
	(void)state;
	skip();
}

#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(maps_and_data_are_found),
		cmocka_unit_test(tail_call_targets_come_along),
		cmocka_unit_test(subprograms_are_linked_and_named),
		cmocka_unit_test(maps_of_maps_have_a_template),
		cmocka_unit_test(maps_of_the_old_kind_are_read),
		cmocka_unit_test(spin_locks_and_callbacks_are_found),
		cmocka_unit_test(assembled_objects_are_read),
		cmocka_unit_test(objects_of_text_only_are_plain),
		cmocka_unit_test(core_relocations_leave_a_note),
		cmocka_unit_test(unsupported_objects_are_refused),
		cmocka_unit_test(cut_objects_are_refused),
		cmocka_unit_test(damaged_objects_never_crash),
		cmocka_unit_test(loaded_cases_round_trip),
		cmocka_unit_test(loaded_programs_run),
		cmocka_unit_test(libbpf_links_the_same),
		cmocka_unit_test(libbpf_knows_the_same_sections),
	};
	const char *where = getenv("PARALLAX_ROOT");
	int rc;

	snprintf(root, sizeof(root), "%s", where ? where : ".");
	strcpy(dir, "/tmp/parallax-elf-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	for (uint32_t i = 0; i < MAX_CLANGS; i++)
		if (command("echo 'int x;' | %s -target bpf -x c -c - -o %s/x.o 2>/dev/null",
			    known[i], dir))
			clang[nclang++] = known[i];
	rc = cmocka_run_group_tests_name("elf", tests, NULL, NULL);
	command("rm -rf %s", dir);
	return rc;
}
