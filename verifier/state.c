/* SPDX-License-Identifier: Apache-2.0 */
/*
 * state: registers, stacks and frames, and the memory that they live in.
 *
 * A state owns references to frames, a frame one to an array of slots.  Both
 * are shared until written: copying a state at a branch, or keeping one per
 * insn for the soundness oracle, costs the frame that the next insn changes
 * and no more.  Reference counts are plain: a run has one thread.
 */
#include "verifier/internal.h"

#include <stdio.h>

struct slots {
	uint32_t refs, class;	/* room for class_slots(class) */
	struct slots *next;	/* on the free list */
	struct stack_slot s[];
};
_Static_assert(sizeof(struct reg_state) == 96, "copying registers is what a run costs most");
_Static_assert(sizeof(struct stack_slot) == 104, "a slot is a register and eight byte types");
_Static_assert(sizeof(struct func_state) == 1096 && sizeof(struct vstate) == 128,
	       "documented in verifier.h");

enum { MAX_BTF_NAMES = 64 };
/* Room for 1, 2, 4, 8, 16, 24, ..., 64 slots. */
enum { SLOT_CLASSES = 11 };

static uint32_t class_slots(uint32_t class)
{
	return class < 4 ? 1u << class : 8 * (class - 2);
}

static uint32_t class_for(uint32_t n)
{
	return n > 8 ? 3 + (n - 1) / 8 : n > 4 ? 3 : n > 2 ? 2 : n - (n > 0);
}

union refs {
	struct ref_state ref[MAX_REFS];
	union refs *next;	/* on the free list */
};

struct pool {
	struct arena *arena;
	struct vstate *state;		/* linked through frame[0] */
	struct func_state *frame;	/* linked through slot */
	union refs *refs;
	struct slots *slots[SLOT_CLASSES];
	const char *btf[MAX_BTF_NAMES];	/* names of kernel types */
	uint32_t nbtf;
};

struct pool *pool_new(struct arena *a)
{
	struct pool *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	return p;
}

/* ---- slots --------------------------------------------------------------- */

static struct slots *slots_of(const struct func_state *f)
{
	return (struct slots *)((char *)f->slot - offsetof(struct slots, s));
}

static struct slots *slots_new(struct pool *p, uint32_t class)
{
	struct slots *s = p->slots[class];

	if (s)
		p->slots[class] = s->next;
	else
		s = arena_raw(p->arena, sizeof(*s) + sizeof(s->s[0]) * class_slots(class));
	s->refs = 1;
	s->class = class;
	return s;
}

static void slots_put(struct pool *p, struct func_state *f)
{
	struct slots *s;

	if (!f->slot)
		return;
	s = slots_of(f);
	if (--s->refs)
		return;
	s->next = p->slots[s->class];
	p->slots[s->class] = s;
}

/* An array of its own for f, with room for n slots, all up to n in use. */
static void slots_own(struct pool *p, struct func_state *f, uint32_t n)
{
	struct slots *s;

	if (f->slot && f->cap >= n && slots_of(f)->refs == 1) {
		s = slots_of(f);
	} else {
		s = slots_new(p, class_for(n));
		if (f->slot)
			copy_bytes(s->s, f->slot, f->nslot * sizeof(s->s[0]));
		slots_put(p, f);
		f->slot = s->s;
		f->cap = (uint16_t)class_slots(s->class);
	}
	if (n > f->nslot) {
		memset(s->s + f->nslot, 0, (n - f->nslot) * sizeof(s->s[0]));
		f->nslot = n;
	}
}

struct stack_slot *slot_own(const struct venv *env, struct vstate *s, uint32_t i, uint32_t spi)
{
	struct func_state *f = frame_own(env, s, i);

	assert(spi < MAX_SLOTS);
	slots_own(env->pool, f, spi < f->nslot ? f->nslot : spi + 1);
	return &f->slot[spi];
}

uint32_t slot_spilled(const struct stack_slot *s)
{
	uint32_t n = 0;

	while (n < 8 && s->type[n] == SLOT_SPILL)
		n++;
	return n;
}

/* ---- frames -------------------------------------------------------------- */

static struct func_state *frame_new(struct pool *p)
{
	struct func_state *f = p->frame;

	if (f)
		p->frame = (struct func_state *)f->slot;
	else
		f = arena_raw(p->arena, sizeof(*f));
	return f;
}

static void frame_put(struct pool *p, struct func_state *f)
{
	if (--f->shared)
		return;
	slots_put(p, f);
	f->slot = (struct stack_slot *)p->frame;
	p->frame = f;
}

/* A copy of its own in the place of a frame that is shared. */
struct func_state *frame_split(const struct venv *env, struct vstate *s, uint32_t i)
{
	struct func_state *f = s->frame[i], *n = frame_new(env->pool);

	copy_bytes(n, f, sizeof(*n));
	n->shared = 1;
	if (n->slot)
		slots_of(n)->refs++;
	f->shared--;
	s->frame[i] = n;
	return n;
}

struct func_state *frame_push(const struct venv *env, struct vstate *s, uint32_t subprog,
			      uint32_t callsite)
{
	struct func_state *f = frame_new(env->pool);

	memset(f, 0, sizeof(*f));
	f->shared = 1;
	f->subprog = subprog;
	f->callsite = callsite;
	s->curframe = s->frame[0] ? s->curframe + 1 : 0;
	s->frame[s->curframe] = f;
	reg_pointer(&f->reg[REG_FP], T_STACK, 0);
	f->reg[REG_FP].frame = s->curframe;
	return f;
}

void frame_pop(const struct venv *env, struct vstate *s)
{
	assert(s->curframe);
	frame_put(env->pool, s->frame[s->curframe]);
	s->frame[s->curframe--] = NULL;
}

/* ---- states -------------------------------------------------------------- */

static struct vstate *state_alloc(struct pool *p)
{
	struct vstate *s = p->state;

	if (s)
		p->state = (struct vstate *)s->frame[0];
	else
		s = arena_raw(p->arena, sizeof(*s));
	return s;
}

struct vstate *state_new(const struct venv *env)
{
	struct vstate *s = state_alloc(env->pool);

	memset(s, 0, sizeof(*s));
	return s;
}

static struct ref_state *refs_new(struct pool *p)
{
	union refs *r = p->refs;

	if (r)
		p->refs = r->next;
	else
		r = arena_raw(p->arena, sizeof(*r));
	return r->ref;
}

static void refs_put(struct pool *p, struct ref_state *ref)
{
	union refs *r = (union refs *)ref;

	if (!r)
		return;
	r->next = p->refs;
	p->refs = r;
}

struct vstate *state_copy(const struct venv *env, const struct vstate *s)
{
	struct vstate *n = state_alloc(env->pool);

	*n = *s;
	for (uint32_t i = 0; i <= s->curframe; i++)
		s->frame[i]->shared++;
	n->ref = NULL;
	if (s->nref) {
		n->ref = refs_new(env->pool);
		memcpy(n->ref, s->ref, s->nref * sizeof(*s->ref));
	}
	return n;
}

void state_free(const struct venv *env, struct vstate *s)
{
	for (uint32_t i = 0; i <= s->curframe; i++)
		frame_put(env->pool, s->frame[i]);
	refs_put(env->pool, s->ref);
	s->frame[0] = (struct func_state *)env->pool->state;
	env->pool->state = s;
}

bool state_add_ref(const struct venv *env, struct vstate *s, uint32_t id, enum ref_kind kind)
{
	if (s->nref == MAX_REFS)
		return false;
	if (!s->ref)
		s->ref = refs_new(env->pool);
	s->ref[s->nref++] = (struct ref_state){ .id = id, .insn = s->insn, .kind = kind };
	return true;
}

bool state_drop_ref(struct vstate *s, uint32_t id, enum ref_kind kind)
{
	for (uint32_t i = 0; i < s->nref; i++) {
		if (s->ref[i].id != id || s->ref[i].kind != kind)
			continue;
		/* The order of acquisition is kept: states are compared in it. */
		memmove(s->ref + i, s->ref + i + 1, (s->nref - i - 1) * sizeof(*s->ref));
		s->nref--;
		return true;
	}
	return false;
}

/* ---- all registers ------------------------------------------------------- */

const struct reg_state *reg_iter_next(const struct vstate *s, struct reg_iter *it)
{
	for (; it->frame <= s->curframe; it->frame++, it->i = 0) {
		const struct func_state *f = s->frame[it->frame];

		if (it->i < REGS)
			return &f->reg[it->i++];
		while (it->i < REGS + (uint32_t)f->nslot) {
			const struct stack_slot *slot = &f->slot[it->i++ - REGS];

			if (slot_is_spill(slot))
				return &slot->spill;
		}
	}
	return NULL;
}

struct reg_state *reg_iter_own(const struct venv *env, struct vstate *s, const struct reg_iter *it)
{
	if (it->i <= REGS)
		return &frame_own(env, s, it->frame)->reg[it->i - 1];
	return &slot_own(env, s, it->frame, it->i - 1 - REGS)->spill;
}

uint32_t btf_intern(const struct venv *env, const char *name)
{
	struct pool *p = env->pool;

	if (env->opts.btf)
		return kernel_struct(env, name);
	for (uint32_t i = 0; i < p->nbtf; i++)
		if (!strcmp(p->btf[i], name))
			return i;
	if (p->nbtf == MAX_BTF_NAMES)
		return MAX_BTF_NAMES;
	p->btf[p->nbtf] = name;
	return p->nbtf++;
}

const char *btf_name(const struct venv *env, uint32_t i)
{
	if (env->opts.btf)
		return kernel_name(env, i);
	return i < env->pool->nbtf ? env->pool->btf[i] : "?";
}

/* ---- names --------------------------------------------------------------- */

const char *reg_type_name(const struct reg_state *r, char buf[64])
{
	static const char *const name[T_N] = {
		[T_NOT_INIT] = "?", [T_SCALAR] = "scalar", [T_CTX] = "ctx", [T_STACK] = "fp",
		[T_MAP_PTR] = "map_ptr", [T_MAP_KEY] = "map_key", [T_MAP_VALUE] = "map_value",
		[T_PACKET] = "pkt", [T_PACKET_META] = "pkt_meta", [T_PACKET_END] = "pkt_end",
		[T_MEM] = "mem", [T_BUF] = "buf", [T_FUNC] = "func", [T_SOCKET] = "sock",
		[T_SOCK_COMMON] = "sock_common", [T_TCP_SOCK] = "tcp_sock",
		[T_XDP_SOCK] = "xdp_sock", [T_FLOW_KEYS] = "flow_keys", [T_BTF_ID] = "ptr_",
		[T_TP_BUFFER] = "tp_buffer", [T_ARENA] = "arena", [T_DYNPTR] = "dynptr_ptr",
	};

	snprintf(buf, 64, "%s%s%s%s%s%s%s",
		 r->flags & TF_RDONLY ? "rdonly_" : "", r->flags & TF_RINGBUF ? "ringbuf_" : "",
		 r->flags & TF_UNTRUSTED ? "untrusted_" : "", r->flags & TF_RCU ? "rcu_" : "",
		 r->flags & TF_TRUSTED ? "trusted_" : "", name[r->type],
		 !(r->flags & TF_NULL) ? "" : r->type == T_BTF_ID ? "or_null_" : "_or_null");
	return buf;
}
