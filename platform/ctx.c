/* SPDX-License-Identifier: Apache-2.0 */
/* What a program may read and write of its context. */
#include "platform/platform.h"

struct field {
	uint16_t off, size;
	uint8_t kind;
	bool write, narrow;
};
static const struct field skb[] = {
	{ 0, 4, CTX_SCALAR, 0, 1 }, { 4, 4, CTX_SCALAR, 0, 1 }, { 8, 4, CTX_SCALAR, 1, 1 },
	{ 12, 4, CTX_SCALAR, 1, 1 }, { 16, 4, CTX_SCALAR, 0, 1 }, { 20, 4, CTX_SCALAR, 0, 1 },
	{ 24, 4, CTX_SCALAR, 0, 1 }, { 28, 4, CTX_SCALAR, 0, 1 }, { 32, 4, CTX_SCALAR, 1, 1 },
	{ 36, 4, CTX_SCALAR, 0, 1 }, { 40, 4, CTX_SCALAR, 0, 1 }, { 44, 4, CTX_SCALAR, 1, 1 },
	{ 48, 20, CTX_SCALAR, 1, 1 }, { 68, 4, CTX_SCALAR, 0, 1 }, { 72, 4, CTX_SCALAR, 1, 1 },
	{ 76, 4, CTX_PACKET, 0, 0 }, { 80, 4, CTX_PACKET_END, 0, 0 }, { 84, 4, CTX_SCALAR, 0, 1 },
	{ 140, 4, CTX_PACKET_META, 0, 0 }, { 152, 8, CTX_SCALAR, 1, 0 },
	{ 160, 4, CTX_SCALAR, 0, 1 }, { 164, 4, CTX_SCALAR, 0, 1 }, { 176, 4, CTX_SCALAR, 0, 1 },
};
static const struct field xdp[] = {
	{ 0, 4, CTX_PACKET, 0, 0 }, { 4, 4, CTX_PACKET_END, 0, 0 }, { 8, 4, CTX_PACKET_META, 0, 0 },
	{ 12, 4, CTX_SCALAR, 0, 0 }, { 16, 4, CTX_SCALAR, 0, 0 }, { 20, 4, CTX_SCALAR, 0, 0 },
};

static bool field_access(const struct field *f, uint32_t n, int32_t off, uint32_t size, bool write,
			 struct ctx_access *acc)
{
	for (; n--; f++) {
		if (off < f->off || off + (int32_t)size > f->off + f->size)
			continue;
		if (write ? !f->write || (size < 4 && f->size != 20)
			  : !f->narrow && size != f->size)
			return false;
		acc->kind = f->kind;
		acc->field_size = f->size == 20 ? size : f->size;
		acc->ptr = f->kind != CTX_SCALAR;
		return true;
	}
	return false;
}

bool prog_ctx_access(uint32_t type, uint32_t attach, int32_t off, uint32_t size, bool write,
		     struct ctx_access *acc)
{
	(void)attach;
	*acc = (struct ctx_access){ .kind = CTX_SCALAR, .field_size = size };
	if (off < 0 || !size || size > 8 || (size & (size - 1)))
		return false;
	if (type == PROG_PLAIN)
		return off + size <= 0xffff;
	if (off % size)
		return false;
	switch (type) {
	case PROG_SYSCALL:
		return off + size <= 0xffff;
	case PROG_RAW_TRACEPOINT: case PROG_RAW_TRACEPOINT_WRITABLE:
		return !write && off < 96;
	case PROG_XDP:
		return field_access(xdp, sizeof(xdp) / sizeof(*xdp), off, size, write, acc);
	case PROG_SOCKET_FILTER:
		if (off == 72 || off == 76 || off == 80 || off >= 140 || (write && (off < 48 || off > 67)))
			return false;
		/* fallthrough */
	case PROG_SCHED_CLS: case PROG_SCHED_ACT:
		return field_access(skb, sizeof(skb) / sizeof(*skb), off, size, write, acc);
	default:
		return false;
	}
}
