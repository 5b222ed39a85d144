/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The running kernel as an engine: programs are loaded and run by
 * BPF_PROG_TEST_RUN, and never attached.
 *
 * Each program goes through the verifier twice.  The first time it is what the
 * case says, and it ends there: this is the kernel's verdict.  The second time it
 * writes its registers to a map before it exits; that is the program that runs.
 * Afterwards packet, context and maps are put into guest memory, so that digests
 * are computed by the code that computes everybody's.
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
	enum reason no;			/* it does not run, because of */
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
 * Accesses to __sk_buff that are not what they would be in plain memory.
 *
 * Writes of queue_mapping, tc_index and tc_classid are cut to 16 bits or mean
 * something, and a test run does not show the result.  The socket of a test run
 * is there; the one that our engines show is NULL.
 *
 * Loads of a part: where the kernel keeps a field in fewer bytes than __sk_buff
 * has for it, a load that is not narrower than what it keeps yields the whole
 * field, at whatever offset.  So *(u8 *)(skb + 7), the highest byte of pkt_type,
 * is 3 when pkt_type is 3.
 */
static enum reason odd_skb_access(const struct insn *in, uint8_t id)
{
	/* pkt_type, protocol, gso_segs, gso_size; others are 0 in a test run. */
	static const struct {
		uint8_t off, kept;	/* kept: bytes, of 4 */
	} small[] = { { 4, 1 }, { 16, 2 }, { 164, 2 }, { 176, 2 } };
	uint8_t kind = insn_row(id)->kind, size = insn_row(id)->width / 8;
	int16_t off = in->off;

	if (kind == K_ST || kind == K_STX)
		return off == 12 || off == 44 || off == 72 ? REASON_NARROWED : REASON_NONE;
	if (off == 168)
		return REASON_SOCKET;
	for (uint32_t i = 0; i < sizeof(small) / sizeof(small[0]); i++)
		if (off / 4 * 4 == small[i].off && off % 4 && size >= small[i].kept)
			return REASON_PART;
	return REASON_NONE;
}

static enum reason odd_access(const struct program *p, const uint8_t *ctx)
{
	enum reason no = REASON_NONE;

	if (!linux_is_skb(p->type) || !ctx)
		return no;
	for (uint32_t pc = 0; pc < p->len && !no; pc++)
		if (ctx[pc])
			no = odd_skb_access(&p->insn[pc], p->id[pc]);
	return no;
}

/* Values that are others each time: addresses, results of helpers; and what leaves traces. */
static enum reason impure_insn(const struct program *p)
{
	for (uint32_t pc = 0; pc < p->len; pc++) {
		if (p->id[pc] == I_LD_CODE_ADDR)
			return REASON_CODE_ADDR;
		if (p->id[pc] != I_CALL_HELPER)
			continue;
		switch (p->insn[pc].imm) {
		case HELPER_ktime_get_ns:
			return REASON_TIME;
		case HELPER_get_prandom_u32:
			return REASON_RANDOM;
		case HELPER_get_smp_processor_id:
			return REASON_CPU;
		case HELPER_trace_printk:
			return REASON_PRINTK;
		default:
			break;
		}
	}
	return REASON_NONE;
}

/* Why the values of a unit that is accepted cannot be compared. */
static enum reason incomparable(const struct unit *u, const struct load_opts *o)
{
	for (uint32_t i = 0; i < u->nprog; i++) {
		const struct program *p = &u->prog[i];
		enum reason no;

		if (!p->id)
			return REASON_MALFORMED;
		no = impure_insn(p);
		if (no)
			return no;
		no = odd_access(p, o->ctx ? o->ctx[i] : NULL);
		if (no)
			return no;
	}
	return REASON_NONE;
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
	uint32_t pc = linux_log_reason(err, linux_log_text(log), why, sizeof(why));

	if (err == LINUX_NO_MEMORY || err == LINUX_AGAIN) {
		refuse(out, OUT_BROKEN, i, linux_strerror(err));
		return;
	}
	/* Before any verifier: the type, or the machine's policy. */
	if (!why[0] && (err == LINUX_DENIED || err == LINUX_UNSUPPORTED)) {
		outcome_unsupported(out, err == LINUX_DENIED ? REASON_POLICY : REASON_TYPE);
		return;
	}
	refuse(out, OUT_REJECT, i, why[0] ? why : linux_strerror(err));
	out->verdict = RULED_REJECT;
	if (pc != UINT32_MAX)
		out->pc.insn = pc >= l->head ? pc - l->head : 0;
}

static void with_priv(enum priv priv)
{
	if (!linux_priv_set(priv))
		die("linux: the capabilities cannot be changed");
}

/*
 * Does the verifier accept program i?  It is asked for its statistics and given no
 * room for them: a program that passes fails with a full log before it becomes
 * native code, and leaves nothing that has to be freed behind a grace period.
 * What a log begins with when a program is refused is something else.  False: it is
 * refused, or this kernel (before 6.4) does not answer like that.
 */
static bool passes(struct loaded *l, uint32_t i, struct linux_log *log)
{
	static const char first[] = "verification time";
	struct linux_unit_opts o = {
		.log_level = LINUX_LOG_STATS | LINUX_LOG_FIXED, .log_max = sizeof(first) + 1,
	};

	return linux_unit_load(&l->lu, i, &o, log) == LINUX_LOG_FULL &&
	       !strncmp(linux_log_text(log), first, sizeof(first) - 1);
}

/* The verdict on the programs of the case, as they are.  False with *reject. */
static bool judge(struct loaded *l, struct outcome *reject)
{
	struct linux_unit_opts o = { .explain = true, .log_max = 1 << 20 };
	struct linux_log log = { 0 };
	enum linux_err err = LINUX_OK;

	for (uint32_t i = 0; i < l->real.nprog && !err; i++) {
		if (passes(l, i, &log))
			continue;
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
 * Loads the programs so that they show registers.  One that is refused like that
 * (the kernel may know less of a register than our verifier does) runs as it is.
 * False with *reject: it passed the verifier, and is not loaded all the same.
 */
static bool load_showing(struct loaded *l, struct outcome *reject)
{
	struct program *prog = arena_dup(&l->arena, l->real.prog, l->real.nprog * sizeof(*prog));
	struct unit shown = l->real;

	shown.prog = prog;
	l->shown = true;
	l->exits.n = 0;
	for (uint32_t i = 0; i < l->real.nprog; i++) {
		const uint32_t *stack = l->opts.stack ? &l->opts.stack[i] : NULL;
		struct linux_unit_opts o = { .explain = true, .log_max = 1 << 20 };
		struct linux_log log = { 0 };
		enum linux_err err;
		bool ok;

		l->lu.unit = &shown;
		ok = linux_exit_show(&l->real.prog[i], exit_masks(l, i), stack, l->unit->nmap,
				     &l->arena, &prog[i], &l->exits) &&
		     linux_unit_load(&l->lu, i, NULL, NULL) == LINUX_OK;
		l->lu.unit = &l->real;
		l->shown &= ok;
		if (ok || l->lu.prog_fd[i] >= 0)
			continue;
		err = linux_unit_load(&l->lu, i, &o, &log);
		if (err)
			refused(l, i, err, &log, reject);
		linux_log_free(&log);
		if (err)
			return false;
	}
	return true;
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
		outcome_unsupported(reject, REASON_INPUT);
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
	if (l->priv != PRIV_ROOT)
		with_priv(l->priv);
	ok = judge(l, reject) && (l->no || load_showing(l, reject));
	if (l->priv != PRIV_ROOT)
		with_priv(PRIV_ROOT);
	l->lu.unit = l->unit;
	l->lu.map_fd[l->unit->nmap] = l->lu.map_fd[l->unit->nmap + 1] = -1;
	l->ready = ok;
	return ok;
}

/* Does it run, and can what it does be compared? */
static enum reason decide(const struct unit *u, const struct load_opts *o)
{
	struct outcome ours = { 0 };

	if (o->verdict_only)
		return REASON_NOT_ACCEPTED;
	return vm_unit_check(u, &ours) ? incomparable(u, o) : REASON_NOT_RUN;
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
	if (!caps()) {
		outcome_unsupported(reject, REASON_POLICY);
		return NULL;
	}
	if (!u->nprog || u->nmap + 2 > MAX_MAPS) {
		outcome_unsupported(reject, REASON_MAPS);
		return NULL;
	}
	l = loaded_new(u, o, priv);
	if (linux_unit_open(&l->lu, u, NULL) != LINUX_OK) {
		outcome_unsupported(reject, REASON_MAPS);
		snprintf(reject->why, sizeof(reject->why), "%.95s", l->lu.why);
		unload(l);
		return NULL;
	}
	l->no = decide(u, o);
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

static void failed(struct outcome *out, enum linux_err err, enum reason reason)
{
	if (err == LINUX_NO_MEMORY || err == LINUX_BAD_FD || err == LINUX_AGAIN)
		out->kind = OUT_BROKEN;
	else
		outcome_unsupported(out, reason);
	snprintf(out->why, sizeof(out->why), "%s: %s", reason_text[reason], linux_strerror(err));
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
		failed(out, err, REASON_CONTENTS);
		return;
	}
	linux_page_get()->shared->exit = 0;
	err = execute(l, g, &run);
	if (err) {
		failed(out, err, REASON_TEST_RUN);
		return;
	}
	err = maps_back(l, g);
	if (!err)
		err = plain_memory(l, g, true);
	if (err) {
		failed(out, err, REASON_CONTENTS);
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
	if (l->no) {
		outcome_unsupported(out, l->no);
		return;
	}
	out->kind = guest_reset(g, l->unit, in, out->why);
	if (out->kind == OUT_RETURN)
		run_loaded(l, g, in, out);
}

const struct engine engine_linux = {
	.name = "linux", .priv = PRIV_ROOT, .caps = caps, .load = load_root, .run = run, .unload = unload,
	.represent = linux_represent,
};

const struct engine engine_linux_cap_bpf = {
	.name = "linux:cap_bpf", .priv = PRIV_CAP_BPF, .caps = caps, .load = load_cap_bpf, .run = run, .unload = unload,
	.represent = linux_represent,
};
