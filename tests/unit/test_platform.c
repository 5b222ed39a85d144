/* SPDX-License-Identifier: Apache-2.0 */
/*
 * platform/'s tables by themselves: what their readers rely on, and a few facts
 * by hand.  test_platform_linux.c compares them with the kernel.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "platform/platform.h"

#include <stdio.h>

static void program_types_by_number_and_name(void **state)
{
	(void)state;
	for (uint32_t t = 0; t < PROG_TYPE_N; t++) {
		const struct prog_type_info *i = prog_type_info(t);

		assert_non_null(i);
		assert_int_equal(i->type, t);
		assert_ptr_equal(prog_type_by_name(i->name), i);
		assert_true(prog_type_loads(t, i->attach_type, PRIV_ROOT));
		if (i->off_data >= 0) {
			struct ctx_access acc;
			uint32_t size = i->off_data_end - i->off_data;

			assert_true(
				prog_ctx_access(t, i->attach_type, i->off_data, size, false, &acc));
			assert_int_equal(acc.kind, CTX_PACKET);
			assert_true(prog_ctx_access(t, i->attach_type, i->off_data_end, size, false,
						    &acc));
			assert_int_equal(acc.kind, CTX_PACKET_END);
			assert_false(
				prog_ctx_access(t, i->attach_type, i->off_data, size, true, &acc));
		}
		if (i->off_data_meta >= 0) {
			struct ctx_access acc;

			assert_true(prog_ctx_access(t, 0, i->off_data_meta, 4, false, &acc));
			assert_int_equal(acc.kind, CTX_PACKET_META);
		}
	}
	assert_null(prog_type_info(PROG_TYPE_N));
	assert_null(prog_type_by_name("xdpp"));
	assert_int_equal(prog_type_by_name("cgroup_sysctl")->type, 23);
}

static void contexts_end_with_their_struct(void **state)
{
	struct ctx_access acc;

	(void)state;
	for (uint32_t t = 0; t < PROG_TYPE_N; t++) {
		const struct prog_type_info *i = prog_type_info(t);
		bool wrote = false;

		if (!i->ctx_size)
			continue;
		for (uint32_t size = 1; size <= 8; size *= 2) {
			for (int32_t off = 0; off < (int32_t)i->ctx_size; off++)
				wrote |= prog_ctx_access(t, i->attach_type, off, size, true, &acc);
			for (int32_t off = i->ctx_size; off < (int32_t)i->ctx_size + 16; off++)
				assert_false(
					prog_ctx_access(t, i->attach_type, off, size, false, &acc));
			assert_false(prog_ctx_access(t, i->attach_type, i->ctx_size - size / 2,
						     size, false, &acc) &&
				     size > 1);
		}
		if (i->ctx_readonly)
			assert_false(wrote);
	}
	assert_false(prog_ctx_access(PROG_XDP, 0, 0, 3, false, &acc));
	assert_false(prog_ctx_access(PROG_XDP, 0, 0, 0, false, &acc));
	assert_false(prog_ctx_access(PROG_TYPE_N, 0, 0, 4, false, &acc));
	assert_true(prog_ctx_access(PROG_PLAIN, 0, 3, 8, true, &acc));
	assert_false(prog_ctx_access(PROG_PLAIN, 0, -1, 1, false, &acc));
}

static void helpers_by_number_and_name(void **state)
{
	uint32_t known = 0;

	(void)state;
	for (int32_t id = -1; id < 2 * HELPER_MAX; id++) {
		const struct helper_proto *p = helper_proto(id);
		char name[64];

		if (!p)
			continue;
		known++;
		assert_int_equal(p->id, id);
		assert_ptr_equal(helper_by_name(p->name), p);
		snprintf(name, sizeof(name), "bpf_%s", p->name);
		assert_ptr_equal(helper_by_name(name), p);
		assert_true(p->types != 0);
	}
	assert_int_equal(known, 211);
	assert_null(helper_proto(0));
	assert_null(helper_proto(212));
	assert_null(helper_by_name("bpf_"));
	assert_int_equal(helper_by_name("cgrp_storage_delete")->id, 211);
	assert_int_equal(helper_by_name("bpf_csum_diff")->id, HELPER_csum_diff);
}

/* Whoever walks the arguments relies on these. */
static void prototypes_are_well_formed(void **state)
{
	(void)state;
	for (int32_t id = 1; id < HELPER_MAX; id++) {
		for (uint32_t t = 0; t < PROG_TYPE_N; t++) {
			const struct helper_proto *p = helper_proto_for(id, t);
			uint32_t n = p ? helper_nargs(p) : 0;
			bool map = false;

			for (uint32_t i = 0; i < n; i++) {
				const struct helper_arg *a = &p->arg[i];
				uint8_t next = i + 1 < 5 ? p->arg[i + 1].kind : ARG_NONE;

				if (a->kind == ARG_MEM && !(a->flags & ARGF_FIXED))
					assert_true(next == ARG_SIZE || next == ARG_SIZE_OR_ZERO);
				if (a->kind == ARG_SIZE || a->kind == ARG_SIZE_OR_ZERO)
					assert_true(i > 0 && p->arg[i - 1].kind == ARG_MEM);
				if (a->kind == ARG_MAP_KEY || a->kind == ARG_MAP_VALUE)
					assert_true(map);
				assert_int_equal(a->size != 0, (a->flags & ARGF_FIXED) != 0);
				assert_int_equal(a->btf_name != NULL, a->kind == ARG_BTF_ID);
				map |= a->kind == ARG_MAP;
			}
			for (uint32_t i = n; i < 5 && p; i++)
				assert_int_equal(p->arg[i].kind, ARG_NONE);
			if (p && p->ret_max_arg) {
				assert_true(p->ret_range && p->ret_max_arg <= n);
				assert_int_equal(p->arg[p->ret_max_arg - 1].kind, ARG_SIZE_OR_ZERO);
			}
			if (p)
				assert_int_equal(p->ret_btf != NULL,
						 p->ret == RET_BTF_ID ||
							 p->ret == RET_BTF_ID_OR_NULL ||
							 p->ret == RET_BTF_ID_TRUSTED);
		}
	}
}

static void maps_by_number_and_name(void **state)
{
	(void)state;
	assert_null(map_kind(MAP_UNSPEC));
	assert_null(map_kind(MAP_TYPE_N));
	assert_null(map_kind_by_name("unspec"));
	for (uint32_t m = 1; m < MAP_TYPE_N; m++) {
		assert_int_equal(map_kind(m)->type, m);
		assert_ptr_equal(map_kind_by_name(map_kind(m)->name), map_kind(m));
		assert_int_equal(map_kind(m)->lookup != LOOKUP_NONE,
				 map_helper_ok(m, HELPER_map_lookup_elem));
		assert_int_equal(map_kind(m)->lookup_value, map_kind(m)->lookup == LOOKUP_VALUE);
	}
	assert_true(map_helper_ok(MAP_PROG_ARRAY, HELPER_tail_call));
	assert_false(map_helper_ok(MAP_ARRAY, HELPER_tail_call));
	assert_false(map_helper_ok(MAP_PROG_ARRAY, HELPER_map_lookup_elem));
	assert_false(map_helper_ok(MAP_ARRAY, 0));
	assert_false(map_helper_ok(MAP_UNSPEC, HELPER_map_lookup_elem));
}

static void privileges_by_name(void **state)
{
	enum priv priv;

	(void)state;
	for (uint32_t i = 0; i < PRIV_N; i++) {
		assert_true(priv_parse(priv_name(i), &priv));
		assert_int_equal(priv, i);
	}
	assert_false(priv_parse("admin", &priv));
}

/* From documentation, not from the tables: who sees what without privileges. */
static void privileges_narrow(void **state)
{
	(void)state;
	assert_true(helper_available(helper_proto(1), PROG_SOCKET_FILTER, 0, PRIV_UNPRIV));
	assert_false(helper_available(helper_by_name("trace_printk"), PROG_SOCKET_FILTER, 0,
				      PRIV_CAP_BPF));
	assert_true(
		helper_available(helper_by_name("trace_printk"), PROG_SOCKET_FILTER, 0, PRIV_ROOT));
	assert_false(
		helper_available(helper_by_name("spin_lock"), PROG_CGROUP_SKB, 0, PRIV_UNPRIV));
	assert_true(prog_type_loads(PROG_CGROUP_SKB, 0, PRIV_UNPRIV));
	assert_false(prog_type_loads(PROG_XDP, 0, PRIV_UNPRIV));
	assert_true(prog_type_loads(PROG_XDP, 0, PRIV_CAP_BPF));
	assert_false(prog_type_loads(PROG_KPROBE, 0, PRIV_CAP_BPF));
	for (int32_t id = 1; id < HELPER_MAX; id++) {
		for (uint32_t t = 0; helper_proto(id) && t < PROG_TYPE_N; t++) {
			const struct helper_proto *p = helper_proto_for(id, t);

			if (helper_available(p, t, 0, PRIV_UNPRIV))
				assert_true(helper_available(p, t, 0, PRIV_CAP_BPF));
			if (helper_available(p, t, 0, PRIV_CAP_BPF))
				assert_true(helper_available(p, t, 0, PRIV_ROOT));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(program_types_by_number_and_name),
		cmocka_unit_test(contexts_end_with_their_struct),
		cmocka_unit_test(helpers_by_number_and_name),
		cmocka_unit_test(prototypes_are_well_formed),
		cmocka_unit_test(maps_by_number_and_name),
		cmocka_unit_test(privileges_by_name),
		cmocka_unit_test(privileges_narrow),
	};

	return cmocka_run_group_tests_name("platform", tests, NULL, NULL);
}
