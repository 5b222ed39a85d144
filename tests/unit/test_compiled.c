/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compiled C: every plain program of corpus/c is built for BPF by each clang
 * that is installed, at several levels and CPU versions, and by cc for this
 * machine.  Result and memory have to agree on every engine that runs what no
 * verifier has seen.  PARALLAX_LONG=1 tries the whole matrix.
 */
#include <dirent.h>
#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "engines/engines.h"
#include "tests/unit/rig.h"

enum { MAX_FILES = 256, MAX_CLANGS = 4, MEM_MAX = 256 };

typedef uint64_t (*entry_fn)(void *mem, uint64_t len);

static char dir[64], root[512];
static const char *clang[MAX_CLANGS];
static uint32_t nclang, inputs = 6;
static bool full, have_cc;
static struct guest *guest;
static uint64_t nruns;

/* What the kernel's verifier does not take, by its sentence. */
static struct {
	char why[96];
	uint32_t n;
} refused[64];
static uint32_t kernel_ran, kernel_refused;

static void count_refusal(const char *why)
{
	char s[96];
	uint32_t i = 0, n = 0;

	for (; *why && n + 1 < sizeof(s); why++)	/* numbers differ from program to program */
		if (*why < '0' || *why > '9')
			s[n++] = *why;
	s[n] = 0;
	while (i < 63 && refused[i].n && strcmp(refused[i].why, s))
		i++;
	strcpy(refused[i].why, s);
	refused[i].n++;
	kernel_refused++;
}

/* ---- one object ------------------------------------------------------------------ */

static uint8_t *read_object(const char *path, size_t *n)
{
	struct file_err err;
	uint8_t *p = file_read(path, n, &err);

	if (!p)
		fail_msg("%s: %s", path, err.msg);
	return p;
}

/* Random bytes, sometimes text or mostly zeros. */
static void fill(struct rng *r, uint8_t *mem, uint32_t n)
{
	uint64_t kind = rng_below(r, 4);

	for (uint32_t i = 0; i < n; i++) {
		uint64_t v = rng_next(r);

		if (kind == 0)
			mem[i] = (uint8_t)(' ' + v % 95);
		else if (kind == 1)
			mem[i] = v >> 8 & 7 ? 0 : (uint8_t)v;
		else
			mem[i] = (uint8_t)v;
	}
}

/* False if the engine has a verifier that refuses the program. */
static bool compare(const struct engine *e, void *loaded, entry_fn native, const char *what,
		    struct rng *r)
{
	uint8_t mem[MEM_MAX], copy[MEM_MAX];
	struct input in = { .ctx = copy, .fuel = 1 << 24, .seed = rng_next(r) };
	const struct region *rgn;
	struct outcome out = { 0 };
	const void *after;
	uint64_t want;

	in.nctx = 32 + (uint32_t)rng_below(r, MEM_MAX - 31);
	fill(r, mem, in.nctx);
	memcpy(copy, mem, in.nctx);
	want = native(mem, in.nctx);
	e->run(loaded, guest, &in, &out);
	if (out.verdict == RULED_REJECT) {
		count_refusal(out.why);
		return false;
	}
	if (out.kind != OUT_RETURN)
		fail_msg("%s on %s: %s %s at %u %s", what, e->name, out_name(out.kind),
			 out.trap ? trap_name(out.trap) : "", out.pc.insn, out.why);
	if (out.reg[0] != want)
		fail_msg("%s on %s: r0 is 0x%llx, not 0x%llx", what, e->name,
			 (unsigned long long)out.reg[0], (unsigned long long)want);
	rgn = &guest->layout.rgn[GUEST_CTX];
	assert_int_equal(rgn->len, in.nctx);
	after = guest_at(guest, rgn->base, in.nctx, RGN_READ);
	assert_non_null(after);
	if (memcmp(after, mem, in.nctx))
		fail_msg("%s on %s: memory differs", what, e->name);
	nruns++;
	return true;
}

/* kernel: the kernel runs it, too, if its verifier lets it. */
static void run_object(const char *path, entry_fn native, const char *what, uint64_t seed,
		       bool kernel)
{
	const struct file_opts o = { .type = PROG_PLAIN };
	const struct load_opts lo = { .mode = MODE_CHECKED };
	struct arena a = { 0 };
	struct testcase *tc;
	struct file_err err;
	uint8_t *bytes;
	size_t n;

	bytes = read_object(path, &n);
	if (file_parse(bytes, n, &o, &a, &tc, &err) != 1)
		fail_msg("%s: %s", what, err.msg);
	free(bytes);
	assert_string_equal(tc->unit.prog[0].name, "entry");
	if (!tc->unit.prog[0].id)
		fail_msg("%s: %s", what, tc->unit.prog[0].check.msg);
	for (uint32_t i = 0; engine_at(i); i++) {
		const struct engine *e = engine_at(i);
		struct outcome why = { 0 };
		bool asks = e->caps() & CAP_VERDICT, ok = true;
		struct rng r;
		void *loaded;

		if (!(e->caps() & CAP_CHECKED) && !(asks && kernel && e->priv == PRIV_ROOT))
			continue;
		loaded = e->load(e, &tc->unit, &lo, &why);
		if (!loaded)
			fail_msg("%s on %s: %s %s", what, e->name, out_name(why.kind), why.why);
		rng_seed(&r, seed);
		for (uint32_t k = 0; k < inputs && ok; k++)
			ok = compare(e, loaded, native, what, &r);
		kernel_ran += asks && ok;
		e->unload(loaded);
	}
	arena_free(&a);
}

/* ---- one C file ---------------------------------------------------------------------- */

static void build_and_run(const char *name, entry_fn native, uint32_t cc, uint32_t level,
			  uint32_t cpu)
{
	char path[160], what[160];

	snprintf(path, sizeof(path), "%s/%s.o", dir, name);
	snprintf(what, sizeof(what), "%s %s -O%u v%u", name, clang[cc], level, cpu);
	if (!command("%s -target bpf -O%u -mcpu=v%u -DBPF_CPU=%u -fno-builtin -fwrapv %s "
		     "-c %s/corpus/c/%s.c -o %s 2>%s/log", clang[cc], level, cpu, cpu,
		     (level + cpu) & 1 ? "-g" : "", root, name, path, dir))
		fail_msg("%s does not compile", what);
	run_object(path, native, what, digest(what, strlen(what), 0), full || (level == 2 && !cc));
}

static void compiled_agrees_with_native(void **state)
{
	const char *name = *state;
	char path[160];
	entry_fn native;
	void *so;

	if (!nclang || !have_cc)
		skip();
	snprintf(path, sizeof(path), "%s/%s.so", dir, name);
	if (!command("cc -O2 -fwrapv -fno-strict-aliasing -shared -fPIC %s/corpus/c/%s.c -o %s",
		     root, name, path))
		fail_msg("%s does not compile for this machine", name);
	so = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(so);
	*(void **)&native = dlsym(so, "entry");
	assert_non_null(native);
	for (uint32_t cc = 0; cc < nclang; cc++) {
		/* clang 14 does not know v4 */
		uint32_t most = strcmp(clang[cc], "clang-14") ? 4 : 3;

		for (uint32_t level = 0; level <= 2; level++) {
			uint64_t pick = digest(name, strlen(name), level) % most + 1;

			for (uint32_t cpu = 1; cpu <= most; cpu++)
				if (full || cpu == pick)
					build_and_run(name, native, cc, level, cpu);
		}
	}
	dlclose(so);
}

/* ---- all -------------------------------------------------------------------------------- */

static int setup(void **state)
{
	(void)state;
	return guest_set_up(&guest);
}

static int teardown(void **state)
{
	(void)state;
	guest_free(guest);
	command("rm -rf %s", dir);
	return nclang && have_cc && !nruns ? -1 : 0;
}

/* A file with entry() is a plain program; those for Linux include bpf.h. */
static bool is_plain(const char *file)
{
	char path[1024], line[256];
	bool plain = false;
	FILE *f;

	snprintf(path, sizeof(path), "%s/corpus/c/%s", root, file);
	f = fopen(path, "r");
	while (f && fgets(line, sizeof(line), f))
		plain |= !strcmp(line, "#include \"plain.h\"\n");
	if (f)
		fclose(f);
	return plain;
}

static int by_name(const void *a, const void *b)
{
	const struct CMUnitTest *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static size_t find_files(struct CMUnitTest *tests)
{
	struct dirent *d;
	char path[600];
	size_t n = 0;
	DIR *list;

	snprintf(path, sizeof(path), "%s/corpus/c", root);
	list = opendir(path);
	while (list && (d = readdir(list)) && n < MAX_FILES) {
		size_t len = strlen(d->d_name);
		char *name;

		if (len < 3 || strcmp(d->d_name + len - 2, ".c") || !is_plain(d->d_name))
			continue;
		name = strndup(d->d_name, len - 2);
		tests[n++] = (struct CMUnitTest){ name, compiled_agrees_with_native, NULL, NULL,
						  name };
	}
	if (list)
		closedir(list);
	qsort(tests, n, sizeof(*tests), by_name);
	return n;
}

int main(void)
{
	static const char *const known[MAX_CLANGS] = {
		"clang-14", "clang-19", "clang-16", "clang",
	};
	static struct CMUnitTest tests[MAX_FILES];
	const char *more = getenv("PARALLAX_LONG"), *where = getenv("PARALLAX_ROOT");
	size_t n;
	int rc;

	full = more && *more == '1';
	if (full)
		inputs = 40;
	snprintf(root, sizeof(root), "%s", where ? where : ".");
	strcpy(dir, "/tmp/parallax-compiled-XXXXXX");
	if (!mkdtemp(dir))
		return 1;
	/* the last ones only if the first are not there */
	for (uint32_t i = 0; i < MAX_CLANGS && (i < 2 || !nclang); i++)
		if (command("echo 'int x;' | %s -target bpf -x c -c - -o %s/x.o 2>/dev/null",
			    known[i], dir))
			clang[nclang++] = known[i];
	have_cc = command("cc --version >/dev/null 2>&1");
	n = find_files(tests);
	if (!n) {
		print_error("no programs in %s/corpus/c\n", root);
		return 1;
	}
	rc = _cmocka_run_group_tests("compiled", tests, n, setup, teardown);
	print_message("# %llu runs\n", (unsigned long long)nruns);
	if (kernel_ran + kernel_refused)
		print_message("# the kernel runs %u of %u objects, and refuses:\n", kernel_ran,
			      kernel_ran + kernel_refused);
	for (uint32_t i = 0; i < 64 && refused[i].n; i++)
		print_message("#   %u: %s\n", refused[i].n, refused[i].why);
	for (size_t i = 0; i < n; i++)
		free((char *)tests[i].name);
	return rc;
}
