/* SPDX-License-Identifier: Apache-2.0 */
/* What every well-formed case obeys, whatever file it came from. */
#include "case/case.h"

#include <string.h>

#include "case/internal.h"

bool map_holds_progs(const struct map_def *m)
{
	return m->type == MAP_PROG_ARRAY;
}

bool map_holds_maps(const struct map_def *m)
{
	return m->type == MAP_ARRAY_OF_MAPS || m->type == MAP_HASH_OF_MAPS;
}

uint32_t map_record(const struct unit *u, const uint8_t *p, size_t left, const char **why)
{
	const struct map_def *m;
	uint64_t size;
	uint32_t index;

	*why = NULL;
	if (!left || p[0] >= u->nmap) {
		*why = "names no map";
		return 0;
	}
	m = &u->map[p[0]];
	size = 1 + (uint64_t)m->key_size + m->value_size;
	if (size > left) {
		*why = "is cut short";
		return 0;
	}
	if (!map_holds_progs(m) && !map_holds_maps(m))
		return (uint32_t)size;
	if (m->value_size != 4) {
		*why = "has a value that is no index";
		return 0;
	}
	memcpy(&index, p + 1 + m->key_size, 4);
	if (index >= (map_holds_progs(m) ? u->nprog : u->nmap)) {
		*why = "has an index out of range";
		return 0;
	}
	return (uint32_t)size;
}

bool program_info_ok(const struct program *p)
{
	for (uint32_t i = 0; i < p->nfunc; i++)
		if (p->func[i].insn_off >= p->len ||
		    (i && p->func[i].insn_off <= p->func[i - 1].insn_off))
			return false;
	for (uint32_t i = 0; i < p->nline; i++)
		if (p->line[i].insn_off >= p->len ||
		    (i && p->line[i].insn_off <= p->line[i - 1].insn_off))
			return false;
	return true;
}

static bool check_map(const struct unit *u, uint32_t i, struct file_err *err)
{
	const struct map_def *m = &u->map[i];

	if (!map_kind(m->type))
		return err_at(err, 0, "map %u: unknown type %u", i, m->type);
	if (m->key_size > LIMIT_VALUE || m->value_size > LIMIT_VALUE)
		return err_at(err, 0, "map %u: key or value of more than %u bytes", i, LIMIT_VALUE);
	if (m->ninit && m->ninit != m->value_size)
		return err_at(err, 0, "map %u: initial value of %u bytes, but values have %u", i,
			      m->ninit, m->value_size);
	if (m->inner < -1 || m->inner >= (int64_t)u->nmap)
		return err_at(err, 0, "map %u: inner map %d does not exist", i, m->inner);
	if (m->has_spin_lock && (uint64_t)m->spin_lock_off + 4 > m->value_size)
		return err_at(err, 0, "map %u: spin lock lies outside the value", i);
	if (!m->has_spin_lock && m->spin_lock_off)
		return err_at(err, 0, "map %u: offset of a spin lock, but no spin lock", i);
	return true;
}

static bool check_input(const struct unit *u, const struct input *in, uint32_t i,
			struct file_err *err)
{
	const char *why;
	uint32_t size;

	if (in->nctx > LIMIT_BYTES || in->npacket > LIMIT_BYTES || in->nmaps > LIMIT_BYTES)
		return err_at(err, 0, "input %u: more than %u bytes", i, LIMIT_BYTES);
	for (uint32_t at = 0; at < in->nmaps; at += size) {
		size = map_record(u, in->maps + at, in->nmaps - at, &why);
		if (!size)
			return err_at(err, 0, "input %u: map content at byte %u %s", i, at, why);
	}
	return true;
}

bool case_check(const struct testcase *tc, struct file_err *err)
{
	const struct unit *u = &tc->unit;

	if (!u->nprog || u->nprog > MAX_PROGS)
		return err_at(err, 0, "%u programs, from 1 to %d are possible", u->nprog,
			      MAX_PROGS);
	if (u->nmap > MAX_MAPS)
		return err_at(err, 0, "%u maps, at most %d are possible", u->nmap, MAX_MAPS);
	if (!tc->ninput || tc->ninput > MAX_INPUTS)
		return err_at(err, 0, "%u inputs, from 1 to %d are possible", tc->ninput,
			      MAX_INPUTS);
	for (uint32_t i = 0; i < u->nprog; i++) {
		if (!prog_type_info(u->prog[i].type))
			return err_at(err, 0, "program %u: unknown type %u", i, u->prog[i].type);
		if (u->prog[i].len > MAX_INSNS)
			return err_at(err, 0, "program %u: %u insns, at most %d are possible", i,
				      u->prog[i].len, MAX_INSNS);
		if (!program_info_ok(&u->prog[i]))
			return err_at(err, 0, "program %u: function or line records out of order",
				      i);
	}
	for (uint32_t i = 0; i < u->nmap; i++)
		if (!check_map(u, i, err))
			return false;
	for (uint32_t i = 0; i < tc->ninput; i++)
		if (!check_input(u, &tc->input[i], i, err))
			return false;
	return true;
}

bool case_seal(struct testcase *tc, struct arena *a, struct file_err *err)
{
	struct program *prog = (struct program *)tc->unit.prog;

	for (uint32_t i = 0; i < tc->unit.nprog; i++) {
		uint32_t given = prog[i].nsub, kept = 0;

		program_seal(&prog[i], a);
		for (uint32_t k = 0; k < prog[i].nsub; k++)
			kept += prog[i].sub[k].global || prog[i].sub[k].name;
		if (kept != given)
			return err_at(err, 0, "program %u: no subprogram starts where one is named",
				      i);
	}
	return true;
}
