/* SPDX-License-Identifier: Apache-2.0 */
/* Traces: arrays that grow, up to a bound; what lies past it is not recorded. */
#include "vm/vm.h"

#include <stdlib.h>
#include <string.h>

enum { WRITES_MAX = 4 * TRACE_MAX_STEPS, BYTES_MAX = 16 << 20 };

static void *grow(void *p, uint32_t *cap, uint32_t need, uint32_t min, size_t size)
{
	uint32_t n = *cap ? *cap : min;

	if (need <= *cap)
		return p;
	while (n < need)
		n *= 2;
	p = realloc(p, n * size);
	if (!p)
		die("trace: out of memory (%u elements)", n);
	*cap = n;
	return p;
}

void trace_reset(struct trace *t)
{
	t->nstep = t->nwrite = t->nbytes = 0;
	t->overflow = false;
}

void trace_step(struct trace *t, struct pc pc, uint8_t frame, const uint64_t reg[REGS])
{
	struct trace_step *s;

	if (t->overflow || t->nstep == TRACE_MAX_STEPS) {
		t->overflow = true;
		return;
	}
	t->step = grow(t->step, &t->cap, t->nstep + 1, 256, sizeof(*t->step));
	s = &t->step[t->nstep++];
	s->insn = pc.insn;
	s->prog = pc.prog;
	s->frame = frame;
	s->nwrite = 0;
	s->write = t->nwrite;
	memcpy(s->reg, reg, sizeof(s->reg));
}

void trace_write(struct trace *t, uint64_t addr, uint32_t len)
{
	struct trace_step *s;
	struct trace_write *w;

	if (t->overflow || !t->nstep || !len)
		return;
	s = &t->step[t->nstep - 1];
	if (s->nwrite == UINT8_MAX || t->nwrite == WRITES_MAX || len > BYTES_MAX - t->nbytes) {
		t->overflow = true;
		return;
	}
	t->write = grow(t->write, &t->wcap, t->nwrite + 1, 64, sizeof(*t->write));
	t->bytes = grow(t->bytes, &t->bcap, t->nbytes + len, 1024, 1);
	w = &t->write[t->nwrite++];
	w->addr = addr;
	w->len = len;
	w->data = t->nbytes;
	memcpy(t->bytes + t->nbytes, (const void *)(uintptr_t)addr, len);
	t->nbytes += len;
	s->nwrite++;
}

void trace_free(struct trace *t)
{
	free(t->step);
	free(t->write);
	free(t->bytes);
	memset(t, 0, sizeof(*t));
}
