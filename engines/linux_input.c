/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inputs as a test run gives them to programs.
 *
 * A packet has a least and a greatest length; of a context only a few fields
 * can be chosen, and the kernel computes the rest.  What it makes of them is not
 * guessed but asked: a program that copies every readable field to a map runs on
 * the same packet and the same chosen fields.
 */
#include "engines/linux_engine.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	ETH = 14,
	PACKET_MIN = 14, PACKET_MAX = 3500,	/* of data_in; one page less head and tail room */
	ARGS = 96,				/* raw tracepoints: 12 arguments */
	CTX_MAX = 65528,
	SKB = 192,
};

/* ---- the page that programs write --------------------------------------------------- */

static struct linux_page page = { .fd = -1 };
static int probe_fd[PROG_TYPE_N];	/* descriptor + 1; 0: not loaded yet */
static bool watching;

/* The mapping is shared with the parent: a child needs its own. */
static void page_forget(void)
{
	if (page.shared)
		munmap(page.shared, page.size);
	if (page.fd >= 0)
		close(page.fd);
	page = (struct linux_page){ .fd = -1 };
	for (uint32_t i = 0; i < PROG_TYPE_N; i++) {
		if (probe_fd[i] > 0)
			close(probe_fd[i] - 1);
		probe_fd[i] = 0;
	}
}

struct linux_page *linux_page_get(void)
{
	struct linux_map_opts o = {
		.type = MAP_ARRAY, .key_size = 4, .value_size = 256, .max_entries = 1,
		.flags = MAPF_MMAPABLE, .name = "page",
	};
	void *p;

	if (page.shared)
		return &page;
	if (!watching)
		watching = pthread_atfork(NULL, NULL, page_forget) == 0;
	if (!watching || linux_map_create(&o, &page.fd) != LINUX_OK)
		return NULL;
	p = mmap(NULL, o.value_size, PROT_READ | PROT_WRITE, MAP_SHARED, page.fd, 0);
	if (p == MAP_FAILED) {
		close(page.fd);
		page.fd = -1;
		return NULL;
	}
	page.shared = p;
	page.size = o.value_size;
	return &page;
}

/* ---- fields of __sk_buff ---------------------------------------------------------------- */

/* What ctx_in may hold: mark, priority, cb, tstamp, gso_segs, gso_size. */
static const struct {
	uint8_t off, size;
	bool half;		/* 16 bits are kept */
	bool written;		/* programs can change it */
} settable[] = {
	{ 8, 4, false, true }, { 32, 4, false, true }, { 48, 20, false, true },
	{ 152, 8, false, true }, { 164, 4, true, false }, { 176, 4, true, false },
};
enum { NSETTABLE = sizeof(settable) / sizeof(settable[0]) };

void linux_skb_fill(const uint8_t *ctx, uint8_t skb[192])
{
	memset(skb, 0, SKB);
	for (uint32_t i = 0; i < NSETTABLE; i++)
		memcpy(skb + settable[i].off, ctx + settable[i].off,
		       settable[i].half ? 2 : settable[i].size);
}

void linux_skb_result(const uint8_t *skb, uint8_t *ctx)
{
	for (uint32_t i = 0; i < NSETTABLE; i++)
		if (settable[i].written)
			memcpy(ctx + settable[i].off, skb + settable[i].off, settable[i].size);
}

uint32_t linux_packet_head(uint32_t type)
{
	return type == PROG_SOCKET_FILTER || type == PROG_CGROUP_SKB ? ETH : 0;
}

/* ---- what the kernel shows ---------------------------------------------------------------- */

/* Copies every scalar field of the context to the page, at its own offset. */
static uint32_t probe_program(uint32_t type, struct insn *in, uint32_t fd)
{
	const struct prog_type_info *info = prog_type_info(type);
	static const uint8_t code[] = { [1] = SZ_B, [2] = SZ_H, [4] = SZ_W, [8] = SZ_DW };
	uint32_t n = 0;

	insn_lddw(in, 7, 2, fd);
	n = 2;
	for (uint32_t off = 0; off < info->ctx_size;) {
		uint32_t size = off % 8 ? 4 : 8;
		struct ctx_access acc;

		/* The widest access to a single field. */
		while (size && (!prog_ctx_access(type, info->attach_type, (int32_t)off, size, false,
						 &acc) || acc.kind != CTX_SCALAR))
			size /= 2;
		if (!size) {
			off++;
			continue;
		}
		in[n++] = insn_ldx(code[size], 0, 1, (int16_t)off);
		in[n++] = insn_stx(code[size], 7, (int16_t)off, 0);
		off += size;
	}
	in[n++] = insn_mov64_imm(0, 0);
	in[n++] = insn_exit();
	return n;
}

static int probe_load(uint32_t type)
{
	struct insn in[2 * SKB + 4];
	struct linux_prog_opts o = {
		.insn = in, .type = type, .attach_type = prog_type_info(type)->attach_type,
		.name = "probe",
	};
	const struct linux_page *p = linux_page_get();
	int fd;

	if (!p)
		return -1;
	if (!probe_fd[type]) {
		o.len = probe_program(type, in, (uint32_t)p->fd);
		probe_fd[type] = linux_prog_load(&o, NULL, &fd) == LINUX_OK ? fd + 1 : -1;
	}
	return probe_fd[type] < 0 ? -1 : probe_fd[type] - 1;
}

/* Fills ctx (zeroed) with what a program of this type sees on this packet. */
static bool probe(uint32_t type, const struct input *in, uint8_t *ctx, char *why)
{
	uint32_t head = linux_packet_head(type), size = prog_type_info(type)->ctx_size;
	uint8_t data[PACKET_MAX] = { 0 }, skb[SKB];
	struct linux_run run = { .data_in = data, .data_size_in = head + in->npacket };
	int fd = probe_load(type);
	enum linux_err err;

	if (fd < 0) {
		snprintf(why, 96, "the context's fields cannot be asked for");
		return false;
	}
	if (in->npacket)
		memcpy(data + head, in->packet, in->npacket);
	if (linux_is_skb(type)) {
		uint8_t full[SKB] = { 0 };

		if (in->nctx)
			memcpy(full, in->ctx, in->nctx < SKB ? in->nctx : SKB);
		linux_skb_fill(full, skb);
		run.ctx_in = skb;
		run.ctx_size_in = SKB;
	}
	memset(page.shared->probe, 0, sizeof(page.shared->probe));
	err = linux_prog_test_run(fd, &run);
	if (err) {
		snprintf(why, 96, "a test run on such an input: %s", linux_strerror(err));
		return false;
	}
	memcpy(ctx, page.shared->probe, size);
	return true;
}

/* ---- inputs --------------------------------------------------------------------------------- */

static void fit_packet(uint32_t type, struct arena *a, struct input *in)
{
	uint32_t head = linux_packet_head(type), min = head ? 1 : PACKET_MIN;
	uint32_t n = in->npacket;
	uint8_t *p;

	n = n < min ? min : n > PACKET_MAX - head ? PACKET_MAX - head : n;
	if (n == in->npacket)
		return;
	p = arena_alloc(a, n);
	if (in->npacket)
		memcpy(p, in->packet, in->npacket < n ? in->npacket : n);
	in->packet = p;
	in->npacket = n;
}

bool linux_represent(const struct unit *u, const struct input *in, struct arena *a,
		     struct input *out, char *why)
{
	const struct prog_type_info *info = prog_type_info(u->prog[0].type);
	uint8_t *ctx;

	*out = *in;
	why[0] = 0;
	if (!info || !info->runs) {
		snprintf(why, 96, "%s programs are not run", info ? info->name : "such");
		return false;
	}
	if (info->type == PROG_RAW_TRACEPOINT && in->nctx > ARGS)
		out->nctx = ARGS;
	if (info->type == PROG_SYSCALL && in->nctx > CTX_MAX)
		out->nctx = CTX_MAX;
	if (!info->has_packet)
		return true;
	fit_packet(info->type, a, out);
	ctx = arena_alloc(a, info->ctx_size);
	if (!probe(info->type, out, ctx, why))
		return false;
	out->ctx = ctx;
	out->nctx = info->ctx_size;
	return true;
}
