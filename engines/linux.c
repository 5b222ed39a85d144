/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running kernel as an engine: programs are loaded and run by
 * BPF_PROG_TEST_RUN, and never attached.
 *
 * Each program is loaded twice.  The first time it is what the case says: this
 * is the kernel's verdict.  The second time it writes its registers to a map
 * before it exits; that is the program that runs.  Afterwards packet, context and
 * maps are put into guest memory, so that digests are computed by the code that
 * computes everybody's.
 *
 * linux has all capabilities that this process has; linux:cap_bpf gives up
 * CAP_PERFMON and CAP_SYS_ADMIN while it loads: another verifier (no leaks, no
 * uninitialised stack), and native code with Spectre masks.
 */
#include "engines/linux_engine.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct loaded {
	struct arena arena;
	enum priv priv;
	const struct unit *unit;	/* the case's */
	struct unit real;		/* as Linux gets it: two more maps, PLAIN programs wrapped */
	struct linux_unit lu;		/* of real; its programs are those that run */
	struct linux_exits exits;
	struct load_opts opts;
	bool ready;			/* programs are loaded */
	bool shown;			/* all of them show their registers */
	int mem_fd;			/* PLAIN: the map behind r1, or -1 */
	uint32_t plain_size, head;	/* PLAIN: of that map; slots in front of the program */
	uint8_t no;			/* enum out: it does not run, because of */
	char why[96];
};

static struct loaded *spare;		/* memory of the last one */

/* ---- available? ----------------------------------------------------------------------- */

static uint32_t caps(void)
{
	static int known;		/* 1 yes, -1 no */
	char why[96];

	if (!known)
		known = linux_available(why) ? 1 : -1;
	return known < 0 ? 0 : CAP_R0 | CAP_REGS | CAP_CTX | CAP_PACKET | CAP_MAPS | CAP_VERDICT;
}

/* ---- what cannot be compared ------------------------------------------------------------- */

/*
 * Fields that Linux narrows or interprets when they are written (queue_mapping,
 * tc_index, tc_classid), and does not show after a run.
 */
static bool hidden_field(int16_t off)
{
	return off == 12 || off == 44 || off == 72;
}

static bool hidden_store(const struct program *p)
{
	if (p->type != PROG_SCHED_CLS && p->type != PROG_SCHED_ACT)
		return false;
	for (uint32_t pc = 0; pc < p->len; pc++) {
		uint8_t kind = insn_row(p->id[pc])->kind;

		if ((kind == K_ST || kind == K_STX) && insn_row(p->id[pc])->width == 32 &&
		    p->insn[pc].dst != REG_FP && hidden_field(p->insn[pc].off))
			return true;
	}
	return false;
}

/* The socket of a test run is there; the one that our engines show is NULL. */
static bool loads_socket(const struct program *p, const uint8_t *ctx_ptr)
{
	if (!linux_is_skb(p->type))
		return false;
	for (uint32_t pc = 0; pc < p->len; pc++) {
		uint8_t kind = insn_row(p->id[pc])->kind;

		if (kind == K_LDX && insn_row(p->id[pc])->width == 64 && p->insn[pc].off == 168 &&
		    p->insn[pc].src != REG_FP && (!ctx_ptr || ctx_ptr[pc]))
			return true;
	}
	return false;
}

/* Values that are others each time: addresses, results of helpers; and what leaves traces. */
static const char *impure_insn(const struct program *p)
{
	for (uint32_t pc = 0; pc < p->len; pc++) {
		if (p->id[pc] == I_LD_CODE_ADDR)
			return "an address of code is loaded";
		if (p->id[pc] != I_CALL_HELPER)
			continue;
		switch (p->insn[pc].imm) {
		case HELPER_ktime_get_ns:
			return "a helper tells the time";
		case HELPER_get_prandom_u32:
			return "a helper makes random numbers";
		case HELPER_get_smp_processor_id:
			return "a helper tells the cpu";
		case HELPER_trace_printk:
			return "a helper writes to the trace";
		default:
			break;
		}
	}
	return NULL;
}

/* Why the values of a unit that is accepted cannot be compared; NULL: they can. */
static const char *incomparable(const struct unit *u, const struct load_opts *o)
{
	for (uint32_t i = 0; i < u->nprog; i++) {
		const struct program *p = &u->prog[i];
		const char *no;

		if (!p->id)
			return "not well-formed";
		no = impure_insn(p);
		if (no)
			return no;
		if (loads_socket(p, o->ctx_ptr ? o->ctx_ptr[i] : NULL))
			return "a socket is loaded from the context";
		if (hidden_store(p))
			return "a field of the context is written that Linux narrows";
	}
	return NULL;
}

/* ---- loading ------------------------------------------------------------------------------- */

static void refuse(struct outcome *out, enum out kind, uint32_t prog, const char *why)
{
	out->kind = kind;
	out->pc.prog = (uint16_t)prog;
	snprintf(out->why, sizeof(out->why), "%.95s", why);
}

/* What it means when a program is not loaded. */
static void refused(const struct loaded *l, uint32_t i, enum linux_err err,
		    const struct linux_log *log, struct outcome *out)
{
	char why[200];
	uint32_t pc = linux_log_reason(linux_log_text(log), why, sizeof(why));

	if (err == LINUX_NO_MEMORY || err == LINUX_AGAIN || err == LINUX_BAD_FD) {
		refuse(out, OUT_BROKEN, i, linux_strerror(err));
		return;
	}
	/* Before any verifier: the type, or the machine's policy. */
	if (!why[0] && (err == LINUX_DENIED || err == LINUX_UNSUPPORTED)) {
		refuse(out, OUT_UNSUPPORTED, i, err == LINUX_DENIED ?
		       "Linux: this process may not load such programs" :
		       "Linux: no such programs here");
		return;
	}
	refuse(out, OUT_REJECT, i, why[0] ? why : err == LINUX_FULL ? "BPF program is too large" :
	       linux_strerror(err));
	out->verdict = RULED_REJECT;
	if (pc != UINT32_MAX)
		out->pc.insn = pc >= l->head ? pc - l->head : 0;
}

static void with_priv(enum priv priv)
{
	if (!linux_priv_set(priv))
		die("linux: the capabilities cannot be changed");
}

/* The programs of the case, as they are.  False with *reject. */
static bool load_plainly(struct loaded *l, struct outcome *reject)
{
	struct linux_unit_opts o = { .explain = true, .log_max = 1 << 20 };
	struct linux_log log = { 0 };
	enum linux_err err = LINUX_OK;

	for (uint32_t i = 0; i < l->real.nprog && !err; i++) {
		err = linux_unit_load(&l->lu, i, &o, &log);
		if (err)
			refused(l, i, err, &log, reject);
	}
	linux_log_free(&log);
	return !err;
}

/* What may be read at each exit of a program, at the places where its insns now stand. */
static const uint16_t *exit_masks(struct loaded *l, uint32_t i)
{
	const uint16_t *const *regs = l->opts.exit_regs;
	uint16_t *m;

	if (!regs || !l->head)
		return regs ? regs[i] : NULL;
	m = arena_alloc(&l->arena, l->real.prog[i].len * sizeof(*m));
	memcpy(m + l->head, regs[i], l->unit->prog[i].len * sizeof(*m));
	return m;
}

/*
 * Loads the programs again, so that they show registers.  One that is refused
 * like that (the kernel may know less of a register than our verifier does) runs
 * as it is.
 */
static void load_showing(struct loaded *l)
{
	struct program *prog = arena_dup(&l->arena, l->real.prog, l->real.nprog * sizeof(*prog));
	struct unit shown = l->real;

	shown.prog = prog;
	l->shown = true;
	l->exits.n = 0;
	for (uint32_t i = 0; i < l->real.nprog; i++) {
		const uint32_t *stack = l->opts.stack ? &l->opts.stack[i] : NULL;
		bool ok;

		l->lu.unit = &shown;
		ok = linux_exit_show(&l->real.prog[i], exit_masks(l, i), stack, l->unit->nmap,
				     &l->arena, &prog[i], &l->exits) &&
		     linux_unit_load(&l->lu, i, NULL, NULL) == LINUX_OK;
		l->lu.unit = &l->real;
		l->shown &= ok;
		if (!ok && l->lu.prog_fd[i] < 0 &&
		    linux_unit_load(&l->lu, i, NULL, NULL) != LINUX_OK)
			die("linux: a program that was loaded is not loaded again");
	}
}

/* PLAIN programs become XDP programs that find size bytes behind r1. */
static bool wrap(struct loaded *l, uint32_t size, struct outcome *reject)
{
	struct program *prog = arena_alloc(&l->arena, l->unit->nprog * sizeof(*prog));
	struct linux_map_opts o = {
		.type = MAP_ARRAY, .key_size = 4, .value_size = size, .max_entries = 1,
		.name = "memory",
	};
	enum linux_err err = LINUX_OK;

	l->plain_size = size;
	if (l->mem_fd >= 0)
		close(l->mem_fd);
	l->mem_fd = -1;
	if (size)
		err = linux_map_create(&o, &l->mem_fd);
	if (err) {
		refuse(reject, OUT_UNSUPPORTED, 0, "Linux: no memory of that size for r1");
		return false;
	}
	for (uint32_t i = 0; i < l->unit->nprog; i++)
		linux_plain_wrap(&l->unit->prog[i], l->unit->nmap + 1, size, &l->arena, &prog[i],
				 &l->head);
	l->real.prog = prog;
	return true;
}

/* All that is left to do once the size of a PLAIN program's memory is known. */
static bool load_programs(struct loaded *l, uint32_t size, struct outcome *reject)
{
	const struct linux_page *page = linux_page_get();
	bool ok;

	l->ready = false;
	if (!page) {
		refuse(reject, OUT_BROKEN, 0, "linux: no page to share with programs");
		return false;
	}
	if (l->unit->prog[0].type == PROG_PLAIN && !wrap(l, size, reject))
		return false;
	/* Two more maps, by number only: they exist already. */
	l->lu.unit = &l->real;
	l->lu.map_fd[l->unit->nmap] = page->fd;
	l->lu.map_fd[l->unit->nmap + 1] = l->mem_fd;
	with_priv(l->priv);
	ok = load_plainly(l, reject);
	if (ok && !l->no)
		load_showing(l);
	with_priv(PRIV_ROOT);
	l->lu.unit = l->unit;
	l->lu.map_fd[l->unit->nmap] = l->lu.map_fd[l->unit->nmap + 1] = -1;
	l->ready = ok;
	return ok;
}

static void stop(struct loaded *l, enum out kind, const char *why)
{
	l->no = kind;
	snprintf(l->why, sizeof(l->why), "%s", why);
}

/* Does it run, and can what it does be compared? */
static void decide(struct loaded *l)
{
	struct outcome ours = { 0 };
	const char *no;

	if (l->opts.verdict_only) {
		stop(l, OUT_UNSUPPORTED, "only the verdict was asked for");
	} else if (!vm_unit_check(l->unit, &ours)) {
		stop(l, OUT_UNSUPPORTED, ours.why);
	} else {
		no = incomparable(l->unit, &l->opts);
		if (no)
			stop(l, OUT_UNSUPPORTED, no);
	}
}

static struct loaded *loaded_new(const struct unit *u, const struct load_opts *o, enum priv priv)
{
	struct loaded *l = spare;
	struct arena arena = { 0 };
	struct linux_exits exits = { 0 };

	spare = NULL;
	if (l) {
		arena = l->arena;
		exits = l->exits;
	} else {
		l = malloc(sizeof(*l));
		if (!l)
			die("linux: out of memory");
	}
	arena_reset(&arena);
	*l = (struct loaded){
		.arena = arena, .exits = exits, .priv = priv, .unit = u, .real = *u, .opts = *o,
		.mem_fd = -1,
	};
	l->real.nmap += 2;
	return l;
}

static void unload(void *loaded)
{
	struct loaded *l = loaded;

	l->lu.unit = l->unit;
	linux_unit_close(&l->lu);
	if (l->mem_fd >= 0)
		close(l->mem_fd);
	if (!spare) {
		spare = l;
		return;
	}
	arena_free(&l->arena);
	free(l->exits.reg);
	free(l);
}

static void *load(const struct unit *u, const struct load_opts *o, enum priv priv,
		  struct outcome *reject)
{
	struct loaded *l;
	bool ok = true;

	memset(reject, 0, sizeof(*reject));
	if (!u->nprog || u->nmap + 2 > MAX_MAPS) {
		refuse(reject, OUT_UNSUPPORTED, 0, "Linux: too many maps");
		return NULL;
	}
	l = loaded_new(u, o, priv);
	if (linux_unit_open(&l->lu, u, NULL) != LINUX_OK) {
		refuse(reject, OUT_UNSUPPORTED, 0, l->lu.why);
		unload(l);
		return NULL;
	}
	decide(l);
	if (u->prog[0].type != PROG_PLAIN || o->hint)
		ok = load_programs(l, o->hint ? o->hint->nctx : 0, reject);
	if (ok)
		return l;
	unload(l);
	return NULL;
}

static void *load_root(const struct engine *e, const struct unit *u, const struct load_opts *o,
		       struct outcome *reject)
{
	(void)e;
	return load(u, o, PRIV_ROOT, reject);
}

static void *load_cap_bpf(const struct engine *e, const struct unit *u, const struct load_opts *o,
			  struct outcome *reject)
{
	(void)e;
	return load(u, o, PRIV_CAP_BPF, reject);
}

/* ---- one run ----------------------------------------------------------------------------- */

static uint8_t *host(const struct region *r)
{
	return (uint8_t *)(uintptr_t)r->base;
}

/* Packet and context stand in guest memory: they go in from there, and come back there. */
static enum linux_err execute(const struct loaded *l, struct guest *g, struct linux_run *run)
{
	static uint8_t in[4096], out[4096];
	const struct region *pkt = &g->layout.rgn[GUEST_PACKET], *ctx = &g->layout.rgn[GUEST_CTX];
	uint32_t type = l->unit->prog[0].type, head = linux_packet_head(type);
	const struct prog_type_info *info = prog_type_info(type);
	uint8_t skb[192], skb_out[192];
	enum linux_err err;

	if (type == PROG_PLAIN) {
		memset(in, 0, 14);
		run->data_in = in;
		run->data_size_in = 14;
	} else if (info->ctx_any) {
		run->ctx_in = host(ctx);
		run->ctx_size_in = (uint32_t)ctx->len;
	} else {
		if (head + pkt->len > sizeof(in))
			return LINUX_FULL;
		memset(in, 0, head);
		if (pkt->len)
			memcpy(in + head, host(pkt), pkt->len);
		run->data_in = in;
		run->data_out = out;
		run->data_size_in = run->data_size_out = head + (uint32_t)pkt->len;
	}
	if (linux_is_skb(type)) {
		linux_skb_fill(host(ctx), skb);
		run->ctx_in = skb;
		run->ctx_out = skb_out;
		run->ctx_size_in = run->ctx_size_out = sizeof(skb);
	}
	err = linux_prog_test_run(l->lu.prog_fd[0], run);
	if (err || info->ctx_any)
		return err;
	if (run->data_size_out != run->data_size_in)
		return LINUX_OTHER;
	if (pkt->len)
		memcpy(host(pkt), out + head, pkt->len);
	if (linux_is_skb(type))
		linux_skb_result(skb_out, host(ctx));
	return LINUX_OK;
}

static enum linux_err array_back(const struct loaded *l, struct guest *g, uint32_t map, uint8_t *value)
{
	const struct map_def *d = &l->unit->map[map];

	for (uint32_t i = 0; i < d->max_entries; i++) {
		enum linux_err err = linux_map_lookup(l->lu.map_fd[map], &i, value);

		if (err)
			return err;
		memcpy((void *)(uintptr_t)map_lookup(g, map, &i), value, d->value_size);
	}
	return LINUX_OK;
}

static enum linux_err hash_back(const struct loaded *l, struct guest *g, uint32_t map, uint8_t *kv)
{
	const struct map_def *d = &l->unit->map[map];
	uint8_t *value = kv + d->key_size;
	enum linux_err err;
	bool first = true;

	while (!map_next_key(g, map, NULL, kv))
		map_delete(g, map, kv);
	while (!(err = linux_map_next_key(l->lu.map_fd[map], first ? NULL : kv, kv))) {
		first = false;
		err = linux_map_lookup(l->lu.map_fd[map], kv, value);
		if (err)
			return err;
		if (map_update(g, map, kv, value, 0))
			return LINUX_OTHER;
	}
	return err == LINUX_NOT_FOUND ? LINUX_OK : err;
}

/* Contents of maps into guest memory; programs cannot change the others. */
static enum linux_err maps_back(struct loaded *l, struct guest *g)
{
	enum linux_err err = LINUX_OK;

	for (uint32_t i = 0; i < l->unit->nmap && !err; i++) {
		const struct map_def *d = &l->unit->map[i];
		uint8_t *kv = arena_raw(&l->arena, (size_t)d->key_size + d->value_size + 16);

		if (d->frozen || d->flags & MAPF_RDONLY_PROG)
			continue;
		if (d->type == MAP_ARRAY)
			err = array_back(l, g, i, kv);
		else if (d->type == MAP_HASH)
			err = hash_back(l, g, i, kv);
	}
	return err;
}

static enum linux_err plain_memory(const struct loaded *l, struct guest *g, bool back)
{
	const struct region *r = &g->layout.rgn[GUEST_CTX];
	uint32_t zero = 0;

	if (l->mem_fd < 0)
		return LINUX_OK;
	return back ? linux_map_lookup(l->mem_fd, &zero, host(r)) :
		      linux_map_update(l->mem_fd, &zero, host(r), LINUX_UPDATE_ANY);
}

/*
 * Registers.  Without a mark of an exit that shows them the program ended
 * inside of a packet load: r0 is 0 then.
 */
static void show_registers(const struct loaded *l, uint32_t retval, struct outcome *out)
{
	const struct linux_page *page = linux_page_get();
	uint64_t at = page->shared->exit;

	out->reg[0] = retval;
	out->reg_valid = 1;
	if (!l->shown) {
		out->reg_half = 1;
	} else if (at && at <= l->exits.n) {
		out->reg_valid = l->exits.reg[at - 1];
		memcpy(out->reg, page->shared->reg, sizeof(out->reg));
		if ((uint32_t)out->reg[0] != retval)
			out->reg_valid &= ~1u;
	}
}

static void failed(struct outcome *out, enum linux_err err, const char *what)
{
	bool broken = err == LINUX_NO_MEMORY || err == LINUX_BAD_FD || err == LINUX_AGAIN;

	out->kind = broken ? OUT_BROKEN : OUT_UNSUPPORTED;
	snprintf(out->why, sizeof(out->why), "Linux: %s: %s", what, linux_strerror(err));
}

static void run_loaded(struct loaded *l, struct guest *g, const struct input *in,
		       struct outcome *out)
{
	struct linux_run run = { 0 };
	enum linux_err err = LINUX_OK;

	if (l->unit->nmap)
		err = linux_unit_refill(&l->lu, in);
	if (!err)
		err = linux_unit_wire(&l->lu, in);
	if (!err)
		err = plain_memory(l, g, false);
	if (err) {
		failed(out, err, "contents of maps");
		return;
	}
	linux_page_get()->shared->exit = 0;
	err = execute(l, g, &run);
	if (err) {
		failed(out, err, "test run");
		return;
	}
	err = maps_back(l, g);
	if (!err)
		err = plain_memory(l, g, true);
	if (err) {
		failed(out, err, "contents of maps afterwards");
		return;
	}
	guest_digest(g, out);
	out->digest_valid = 1u << REGION_CTX | 1u << REGION_PACKET | 1u << REGION_MAPS;
	show_registers(l, run.retval, out);
}

static void run(void *loaded, struct guest *g, const struct input *in, struct outcome *out)
{
	struct loaded *l = loaded;
	bool plain = l->unit->prog[0].type == PROG_PLAIN;

	memset(out, 0, sizeof(*out));
	if (plain && (!l->ready || l->plain_size != in->nctx) && !load_programs(l, in->nctx, out))
		return;
	out->verdict = RULED_ACCEPT;
	out->kind = l->no;
	if (l->no) {
		snprintf(out->why, sizeof(out->why), "%s", l->why);
		return;
	}
	out->kind = guest_reset(g, l->unit, in, out->why);
	if (out->kind == OUT_RETURN)
		run_loaded(l, g, in, out);
}

const struct engine engine_linux = {
	.name = "linux", .caps = caps, .load = load_root, .run = run, .unload = unload,
	.represent = linux_represent,
};

const struct engine engine_linux_cap_bpf = {
	.name = "linux:cap_bpf", .caps = caps, .load = load_cap_bpf, .run = run, .unload = unload,
	.represent = linux_represent,
};
