/* SPDX-License-Identifier: Apache-2.0 */
/* Private to the Linux engine: linux.c, linux_input.c, linux_exit.c. */
#ifndef ENGINES_LINUX_ENGINE_H
#define ENGINES_LINUX_ENGINE_H

#include "engines/engines.h"
#include "engines/linux_sys.h"

/* ---- linux_input.c: what a test run gives to programs, and shows of them --------- */

/*
 * One page that programs of this process write and we read, without system
 * calls.  Forgotten in children.
 */
struct linux_page {
	int fd;			/* of the map behind it */
	uint32_t size;		/* of its only value */
	union {
		struct {
			uint64_t reg[REGS];
			uint64_t exit;	/* 1 + number of the exit that was taken */
		};
		uint8_t probe[256];
	} *shared;
};
enum { LINUX_PAGE_EXIT = 8 * REGS };
/* NULL when the machine refuses it. */
struct linux_page *linux_page_get(void);

/* Bytes of Ethernet header that Linux wants in front of what such programs see. */
uint32_t linux_packet_head(uint32_t type);
/* See struct engine. */
bool linux_represent(const struct unit *u, const struct input *in, struct arena *a,
		     struct input *out, char *why);
/* The fields of __sk_buff that a test run takes, from a context that a program is to see. */
void linux_skb_fill(const uint8_t *ctx, uint8_t skb[192]);
/* The fields that a program may have changed, into the context that it saw. */
void linux_skb_result(const uint8_t *skb, uint8_t *ctx);
static inline bool linux_is_skb(uint32_t type)
{
	return type == PROG_SOCKET_FILTER || type == PROG_SCHED_CLS || type == PROG_SCHED_ACT ||
	       type == PROG_CGROUP_SKB;
}

/* ---- linux_exit.c: programs that show their registers ------------------------------- */

struct linux_exits {
	uint16_t *reg;		/* by number of the exit: registers that it shows */
	uint32_t n, cap;
};
/*
 * A copy of p that writes registers to the page before each exit of main: wide
 * insns with map index page stand for it.  mask, stack: exit_regs and stack of struct
 * load_opts for this program, may be NULL.  The exits are added to x.
 * False: p cannot be changed like that.
 */
bool linux_exit_show(const struct program *p, const uint16_t *mask, const uint32_t *stack,
		     uint32_t page, struct arena *a, struct program *out, struct linux_exits *x);
/*
 * A PLAIN program as an XDP program: r1 = value of map number mem (size bytes;
 * 0: r1 = 0), r2 = size.  *head is the number of slots in front.
 */
void linux_plain_wrap(const struct program *p, uint32_t mem, uint32_t size, struct arena *a,
		      struct program *out, uint32_t *head);

#endif
