/* SPDX-License-Identifier: Apache-2.0 */
/* kernel: memory of the kernel, by the types of its BTF. */
#include "verifier/internal.h"

#include "case/btf.h"

#include <stdio.h>

enum { CTX_ARGS = 12, NESTED = 32 };

static const char *type_name(const struct venv *env, const struct btf_type *t)
{
	return t && t->name ? btf_str(env->opts.btf, t->name) : "(anon)";
}

static bool is_struct(const struct btf_type *t)
{
	return btf_kind(t) == BTF_STRUCT || btf_kind(t) == BTF_UNION;
}

static bool is_number(const struct btf_type *t)
{
	return (btf_kind(t) == BTF_INT && t->size <= 8) || btf_kind(t) == BTF_ENUM ||
	       btf_kind(t) == BTF_ENUM64;
}

/* The id behind typedefs and qualifiers; tag, if there is one on the way, is its name. */
static uint32_t skip_id(const struct btf *b, uint32_t id, const char **tag)
{
	for (int i = 0; i < NESTED; i++) {
		const struct btf_type *t = btf_type(b, id);

		switch (btf_kind(t)) {
		case BTF_TYPE_TAG:
			*tag = btf_str(b, t->name);
			break;
		case BTF_TYPEDEF: case BTF_VOLATILE: case BTF_CONST: case BTF_RESTRICT:
			break;
		default:
			return id;
		}
		id = t->size;
	}
	return 0;
}

/* ---- names --------------------------------------------------------------- */

uint32_t kernel_struct(const struct venv *env, const char *name)
{
	return btf_find(env->opts.btf, BTF_STRUCT, name);
}

const char *kernel_name(const struct venv *env, uint32_t id)
{
	return type_name(env, btf_type(env->opts.btf, id));
}

/* ---- the arguments of what the program attaches to ----------------------- */

void kernel_target(struct venv *env)
{
	const struct btf *b = env->opts.btf;
	const struct program *p = env->prog;
	const struct btf_type *t;
	enum trace_arg arg;

	if (!b || p->type != PROG_TRACING || !p->target ||
	    (p->attach_type == ATTACH_ITER && !iter_arg(p->target, 0, &arg)))
		return;
	t = btf_type(b, btf_target(b, p->attach_type, p->target));
	t = t ? btf_skip(b, t->size) : NULL;
	if (btf_kind(t) == BTF_PTR)	/* of a tracepoint */
		t = btf_skip(b, t->size);
	env->target = btf_kind(t) == BTF_FUNC_PROTO ? t : NULL;
}

struct param {
	uint32_t name, type;
};

/* The type of the argument at offset at of the context, in *id; *n is its number. */
static bool target_arg(const struct venv *env, int32_t at, uint32_t *n, uint32_t *id)
{
	const struct btf_type *proto = env->target;
	const struct param *p = (const struct param *)(proto + 1);
	uint32_t skip = env->prog->attach_type == ATTACH_RAW_TP, nargs = btf_vlen(proto), size;

	for (uint32_t i = skip; i < nargs; i++)	/* what takes two slots moves the others */
		if (!btf_size(env->opts.btf, p[i].type, &size) || size > 8)
			return false;
	if (nargs < skip)
		return false;
	nargs -= skip;
	*n = (uint32_t)at / 8;
	if (*n < nargs) {
		*id = p[*n + skip].type;
		return true;
	}
	*id = proto->size;
	return *n == nargs && (env->prog->attach_type == ATTACH_FEXIT ||
			       env->prog->attach_type == ATTACH_MODIFY_RETURN);
}

static bool name_ends(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

static enum trace_arg target_pointer(const struct venv *env, uint32_t n)
{
	const struct param *p = (const struct param *)(env->target + 1);
	enum trace_arg arg = TRACE_ARG_TRUSTED;

	if (env->prog->attach_type == ATTACH_ITER)
		iter_arg(env->prog->target, n, &arg);
	else if (env->prog->attach_type == ATTACH_RAW_TP)
		arg = name_ends(btf_str(env->opts.btf, p[n + 1].name), "__nullable") ?
		      TRACE_ARG_TRUSTED_OR_NULL : tracepoint_arg(env->prog->target, n);
	return arg;
}

static enum verr arg_pointer(struct exec *x, uint32_t n, uint32_t type, int value)
{
	bool trusted = x->env->prog->attach_type == ATTACH_RAW_TP ||
		       x->env->prog->attach_type == ATTACH_ITER;
	struct reg_state *r = &x->f->reg[value];

	switch (target_pointer(x->env, n)) {
	case TRACE_ARG_TRUSTED:
		reg_pointer(r, T_BTF_ID, trusted ? TF_TRUSTED : 0);
		break;
	case TRACE_ARG_TRUSTED_OR_NULL:
		reg_pointer(r, T_BTF_ID, TF_TRUSTED | TF_NULL);
		break;
	case TRACE_ARG_PLAIN_OR_NULL:
		reg_pointer(r, T_BTF_ID, TF_NULL);
		break;
	case TRACE_ARG_BUF_OR_NULL:
		reg_pointer(r, T_BUF, TF_NULL);
		break;
	case TRACE_ARG_RDONLY_BUF_OR_NULL:
		reg_pointer(r, T_BUF, TF_NULL | TF_RDONLY);
		break;
	}
	if (r->type == T_BTF_ID)
		r->btf = type;
	if (r->flags & TF_NULL)
		r->id = state_id(x->st);
	return V_OK;
}

enum verr kernel_ctx(struct exec *x, uint32_t ptr, int32_t at, uint32_t size, int value)
{
	const struct btf *b = x->env->opts.btf;
	const struct btf_type *t, *to;
	const char *tag = NULL;
	uint32_t n, id;

	if (at < 0 || at >= 8 * CTX_ARGS || at % 8 || !target_arg(x->env, at, &n, &id))
		return verr_fail(x->out, V_CTX_ACCESS, (int)ptr, at, size);
	t = btf_skip(b, id);
	if (is_number(t) || is_struct(t)) {
		reg_unknown(&x->f->reg[value]);
		return V_OK;
	}
	if (btf_kind(t) != BTF_PTR || size != 8 || x->row->kind == K_LDSX)
		return verr_fail(x->out, V_CTX_ACCESS, (int)ptr, at, size);
	id = skip_id(b, t->size, &tag);
	to = btf_type(b, id);
	if (tag && (!strcmp(tag, "user") || !strcmp(tag, "percpu")))
		return verr_fail(x->out, V_UNSUPPORTED, (int)ptr, "pointers to user and per-cpu memory");
	/* A pointer to nothing, or to numbers, is a number, but for buffers. */
	if (!is_struct(to) && target_pointer(x->env, n) < TRACE_ARG_BUF_OR_NULL) {
		if (id && btf_kind(to) != BTF_INT)
			return verr_fail(x->out, V_CTX_ACCESS, (int)ptr, at, size);
		reg_unknown(&x->f->reg[value]);
		return V_OK;
	}
	x->out->ctx_ptr = true;
	return arg_pointer(x, n, id, value);
}

/* ---- fields -------------------------------------------------------------- */

/* What lies at some offset of a struct. */
struct field {
	enum { FIELD_NUMBER, FIELD_STRUCT, FIELD_OTHER } kind;	/* a number, or a pointer to: */
	uint32_t to;		/* FIELD_STRUCT: the struct's type */
	const char *name;
	uint8_t flags;		/* TF_UNTRUSTED: inside of a union; TF_RCU: tagged so */
	bool away;		/* tagged as a pointer to user or per-cpu memory */
};

static uint32_t member_bit(const struct btf_type *t, const struct btf_member *m)
{
	return t->info >> 31 ? m->offset & 0xffffff : m->offset;
}

static uint32_t member_bits(const struct btf_type *t, const struct btf_member *m)
{
	return t->info >> 31 ? m->offset >> 24 : 0;
}

/* The type of the elements of an array of any dimensions, or the type itself; *n of them. */
static uint32_t element_id(const struct btf *b, uint32_t id, uint64_t *n)
{
	const char *tag;

	*n = 1;
	for (int i = 0; i < NESTED; i++) {
		const struct btf_type *t;

		id = skip_id(b, id, &tag);
		t = btf_type(b, id);
		if (btf_kind(t) != BTF_ARRAY)
			return id;
		*n *= btf_array_of(t)->nelems;
		id = btf_array_of(t)->type;
	}
	return 0;
}

/* An access behind the end is one into a last array without size: the offset in its element. */
static bool flexible(const struct btf *b, const struct btf_type **t, int64_t *off, bool *number)
{
	const struct btf_member *m = btf_members(*t) + btf_vlen(*t) - 1;
	const struct btf_type *array, *elem;

	if (!btf_vlen(*t))
		return false;
	array = btf_skip(b, m->type);
	if (btf_kind(array) != BTF_ARRAY || btf_array_of(array)->nelems ||
	    *off < member_bit(*t, m) / 8)
		return false;
	elem = btf_skip(b, btf_array_of(array)->type);
	*number = btf_kind(elem) == BTF_INT;
	if (*number)
		return true;
	if (!is_struct(elem) || !elem->size)
		return false;
	*off = (*off - member_bit(*t, m) / 8) % elem->size;
	*t = elem;
	return true;
}

static enum verr field_pointer(struct exec *x, const struct btf_type *ptr, struct field *f)
{
	const struct btf *b = x->env->opts.btf;
	const char *tag = NULL;
	uint32_t id = skip_id(b, ptr->size, &tag);

	f->kind = is_struct(btf_type(b, id)) ? FIELD_STRUCT : FIELD_OTHER;
	f->to = id;
	if (tag && !strcmp(tag, "rcu"))
		f->flags |= TF_RCU;
	f->away = tag && (!strcmp(tag, "user") || !strcmp(tag, "percpu"));
	return V_OK;
}

/* One member that the access overlaps; *t and *off go into it if it is a struct. */
static enum verr member_access(struct exec *x, const struct btf_type **t,
			       const struct btf_member *m, int64_t *off, uint32_t size,
			       struct field *f, bool *found)
{
	const struct btf *b = x->env->opts.btf;
	const char *in = type_name(x->env, *t), *name = btf_str(b, m->name);
	const struct btf_type *e;
	int64_t at = member_bit(*t, m) / 8, end;
	uint32_t bytes, each, id;
	uint64_t n;

	if (!btf_size(b, m->type, &bytes))
		return verr_fail(x->out, V_KERNEL_FIELD, -1, in, (int)*off);
	end = at + bytes;
	id = element_id(b, m->type, &n);
	each = n ? (uint32_t)(bytes / n) : 0;
	if (n != 1 && each)
		at += (*off - at) / each * each;
	e = btf_type(b, id);
	if (is_struct(e)) {
		*off -= at;
		*t = e;
		return V_OK;
	}
	*found = true;
	if (btf_kind(e) == BTF_PTR) {
		if (size != 8 || *off != at)
			return verr_fail(x->out, V_KERNEL_POINTER, -1, name, (unsigned)at, in,
					 (unsigned)*off, size);
		f->name = name;
		return field_pointer(x, e, f);
	}
	if (*off + size > end && !(f->flags & TF_UNTRUSTED))
		return verr_fail(x->out, V_KERNEL_MEMBER_END, -1, name, (unsigned)end, in,
				 (unsigned)*off, size);
	f->kind = FIELD_NUMBER;
	return V_OK;
}

/* The member of t that [off, off + size) lies in: NULL if it is a hole, or none. */
static const struct btf_member *member_at(const struct venv *env, const struct btf_type *t,
					  int64_t off, uint32_t size, bool *bitfield)
{
	const struct btf_member *m = btf_members(t);

	for (uint32_t i = 0; i < btf_vlen(t); i++, m++) {
		uint32_t bit = member_bit(t, m), bits = member_bits(t, m), bytes = 0;
		int64_t at = bit / 8;

		if (off + size <= at)
			return NULL;
		if (bits) {
			*bitfield = off <= at && (bit + bits + 7) / 8 <= off + size;
			if (*bitfield)
				return m;
			continue;
		}
		if (off < at)
			return NULL;
		btf_size(env->opts.btf, m->type, &bytes);
		if (off < at + bytes)
			return m;
	}
	return NULL;
}

static enum verr field_at(struct exec *x, uint32_t id, int64_t off, uint32_t size, struct field *f)
{
	const struct btf_type *t = btf_type(x->env->opts.btf, id);
	bool found = false, number = false, bitfield = false;

	*f = (struct field){ .kind = FIELD_NUMBER };
	for (int i = 0; i < NESTED && !found; i++) {
		const struct btf_member *m;

		if (!is_struct(t))
			return verr_fail(x->out, V_KERNEL_FIELD, -1, type_name(x->env, t), (int)off);
		if (btf_kind(t) == BTF_UNION && btf_vlen(t) != 1)
			f->flags |= TF_UNTRUSTED;
		if (off + size > t->size) {
			const char *in = type_name(x->env, t);

			if (!flexible(x->env->opts.btf, &t, &off, &number))
				return verr_fail(x->out, V_KERNEL_BEYOND, -1, in, (unsigned)off, size);
			if (number)
				return V_OK;
			continue;
		}
		m = member_at(x->env, t, off, size, &bitfield);
		if (bitfield)
			return V_OK;
		if (!m)
			return verr_fail(x->out, V_KERNEL_FIELD, -1, type_name(x->env, t), (int)off);
		if (member_access(x, &t, m, &off, size, f, &found))
			return x->out->err;
	}
	return found ? V_OK : verr_fail(x->out, V_KERNEL_FIELD, -1, type_name(x->env, t), (int)off);
}

/* ---- what a pointer from a field may be used for ------------------------- */

/*
 * The kernel says in its own BTF which fields keep the trust of their struct:
 * "struct file__safe_trusted" has f_inode, so a trusted file's inode is trusted.
 */
static bool field_listed(const struct venv *env, uint32_t type, const struct field *f,
			 const char *list)
{
	const struct btf *b = env->opts.btf;
	char name[160];
	const struct btf_type *t;

	snprintf(name, sizeof(name), "%s%s", kernel_name(env, type), list);
	t = btf_type(b, btf_find(b, BTF_STRUCT, name));
	for (uint32_t i = 0; t && i < btf_vlen(t); i++)
		if (!strcmp(btf_str(b, btf_members(t)[i].name), f->name))
			return true;
	return false;
}

static uint8_t field_trust(const struct exec *x, const struct reg_state *r, const struct field *f)
{
	const struct venv *env = x->env;

	if (r->flags & TF_UNTRUSTED)
		return TF_UNTRUSTED;
	if (!(r->flags & (TF_TRUSTED | TF_RCU)))	/* an old rule: it may be followed */
		return f->flags & TF_UNTRUSTED;
	if (field_listed(env, r->btf, f, "__safe_trusted"))
		return f->flags | TF_TRUSTED;
	if (field_listed(env, r->btf, f, "__safe_trusted_or_null"))
		return f->flags | TF_TRUSTED | TF_NULL;
	if (env->sleepable)		/* not within RCU's read side */
		return TF_UNTRUSTED;
	if (field_listed(env, r->btf, f, "__safe_rcu"))
		return f->flags | TF_RCU;
	if (field_listed(env, r->btf, f, "__safe_rcu_or_null"))
		return TF_RCU | TF_NULL;
	if (f->flags & TF_RCU)
		return f->flags | TF_NULL;
	return f->flags & TF_UNTRUSTED;
}

static enum verr access_allowed(struct exec *x, uint32_t ptr, int32_t off, bool write)
{
	const struct reg_state *r = &x->f->reg[ptr];
	const char *name = kernel_name(x->env, r->btf);
	char buf[48];

	if (!x->env->perfmon)
		return verr_fail(x->out, V_KERNEL_PRIV, (int)ptr, name);
	if (!program_is_gpl(x->env->prog))
		return verr_fail(x->out, V_KERNEL_GPL, (int)ptr, name);
	if (r->off + off < 0)
		return verr_fail(x->out, V_KERNEL_NEGATIVE, (int)ptr, ptr, name, r->off + off);
	if (!scalar_is_const(&r->s) || r->s.var.value)
		return verr_fail(x->out, V_KERNEL_VAR, (int)ptr, ptr, name, r->off + off,
				 tnum_text(r->s.var, buf));
	if (write)
		return verr_fail(x->out, V_KERNEL_WRITE, (int)ptr);
	return V_OK;
}

enum verr kernel_access(struct exec *x, uint32_t ptr, int32_t off, uint32_t size, bool write,
			int value)
{
	const struct reg_state *r = &x->f->reg[ptr];
	struct reg_state *to;
	struct field f;
	uint8_t flags;

	if (!x->env->opts.btf || !r->btf)
		return verr_fail(x->out, V_UNSUPPORTED, (int)ptr, "access to kernel memory");
	if (access_allowed(x, ptr, off, write) || field_at(x, r->btf, r->off + off, size, &f))
		return x->out->err;
	if (value < 0)
		return V_OK;
	to = &x->f->reg[value];
	if (f.away)
		return verr_fail(x->out, V_UNSUPPORTED, (int)ptr, "pointers to user and per-cpu memory");
	switch (f.kind) {
	case FIELD_NUMBER:
		reg_unknown(to);
		break;
	case FIELD_OTHER:	/* memory of unknown size, which is read with care */
		reg_pointer(to, T_MEM, TF_RDONLY | TF_UNTRUSTED);
		break;
	case FIELD_STRUCT:
		flags = field_trust(x, r, &f);
		reg_pointer(to, T_BTF_ID, flags);
		to->btf = f.to;
		if (flags & TF_NULL)
			to->id = state_id(x->st);
		break;
	}
	return V_OK;
}

bool kernel_points_to(const struct venv *env, const struct reg_state *r, const char *name)
{
	const struct btf_type *t = btf_type(env->opts.btf, r->btf);
	int64_t off = r->off;
	bool bitfield;

	for (int i = 0; i < NESTED && is_struct(t); i++) {
		const struct btf_member *m;
		uint64_t n;
		uint32_t size, id;

		if (!off && btf_kind(t) == BTF_STRUCT && !strcmp(type_name(env, t), name))
			return true;
		if (off < 0 || off >= t->size)
			return false;
		bitfield = false;
		m = member_at(env, t, off, 1, &bitfield);
		if (!m || bitfield || !btf_size(env->opts.btf, m->type, &size))
			return false;
		id = element_id(env->opts.btf, m->type, &n);
		off -= member_bit(t, m) / 8;
		if (n > 1)
			off %= (int64_t)(size / n);
		t = btf_type(env->opts.btf, id);
	}
	return false;
}
