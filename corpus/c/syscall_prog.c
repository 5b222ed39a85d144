/* SPDX-License-Identifier: Apache-2.0 */
/* Sums numbers of its context and stores the result there. */
#include "bpf.h"

struct args {
	u64 n, in[6], out;
};

static noinline u64 weigh(u64 x, u32 i)
{
	return x * (2 * i + 1) ^ x >> 7;
}

SEC("syscall")
int syscall_prog(struct args *ctx)
{
	u64 sum = ctx->n;

	sum += weigh(ctx->in[0], 0);
	sum += weigh(ctx->in[1], 1);
	sum ^= weigh(ctx->in[2], 2);
	sum -= weigh(ctx->in[3], 3);
	ctx->out = sum;
	return (int)(sum >> 60);
}

LICENSE("GPL");
