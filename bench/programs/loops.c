/* SPDX-License-Identifier: Apache-2.0 */
/*
 * loops: nested bounded loops over a map's value: a sort whose rounds are
 * counted, and a matrix product, with indices that the verifier must bound.
 */
#include "corpus/c/bpf.h"

enum { N = 12, M = 8 };

struct table {
	u32 v[N];
	u32 a[M * M], b[M * M], c[M * M];
};

struct {
	__uint(type, MAP_ARRAY);
	__uint(max_entries, 4);
	__type(key, u32);
	__type(value, struct table);
} tables SEC(".maps");

SEC("xdp") int sort(struct xdp_md *ctx)
{
	u32 k = ctx->rx_queue_index & 3;
	struct table *t = map_lookup_elem(&tables, &k);

	if (!t)
		return 1;
	for (u32 i = 0; i < N; i++) {
#pragma clang loop unroll(disable)
		for (u32 j = 0; j + 1 < N; j++) {
			u32 x = t->v[j], y = t->v[j + 1];

			if (x > y) {
				t->v[j] = y;
				t->v[j + 1] = x;
			}
		}
	}
	return 2;
}

SEC("xdp") int product(struct xdp_md *ctx)
{
	u32 k = ctx->rx_queue_index & 3;
	struct table *t = map_lookup_elem(&tables, &k);

	if (!t)
		return 1;
#pragma clang loop unroll(disable)
	for (u32 i = 0; i < M; i++) {
#pragma clang loop unroll(disable)
		for (u32 j = 0; j < M; j++) {
			u32 sum = 0;

#pragma clang loop unroll(disable)
			for (u32 l = 0; l < M; l++)
				sum += t->a[i * M + l] * t->b[l * M + j];
			t->c[i * M + j] = sum;
		}
	}
	return 2;
}

LICENSE("GPL");
