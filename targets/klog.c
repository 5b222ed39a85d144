/* SPDX-License-Identifier: Apache-2.0 */
/*
 * klog: any bytes as a log of the kernel's verifier.  Its features, its tree, every
 * state of every segment; and one run, followed through it: whatever it says, it is
 * read to its end, and twice the same comes of it.
 */
#include "fuzz/internal.h"
#include "fuzz/linux_ask.h"
#include "fuzz/linux_feature.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Branches, a loop, a call, spills, a fork ("from 3 to 3"), a packet.  corpus/klog has logs of it. */
static const char text[] =
	"-- type xdp\n-- asm\n"
	"r2 = *(u32 *)(r1 + 4)\nr6 = *(u32 *)(r1 + 0)\nr7 = r6\nr7 += 14\nif r7 > r2 goto out\n"
	"r8 = *(u8 *)(r6 + 3)\n*(u64 *)(r10 - 8) = r8\nr9 = r8\nw8 s>>= 31\nr8 &= 77\n"
	"if r9 & 1 goto odd\nr9 += 1\nodd:\nr1 = r10\nr1 += -8\ncall twice\nr6 = 0\n"
	"loop:\nr6 += 1\nif r6 < 3 goto loop\nr0 = *(u64 *)(r10 - 8)\nr0 += r9\nr0 &= 255\n"
	"if r0 == 0 goto out\nexit\nout:\nr0 = 1\nexit\n"
	"twice:\nr3 = *(u64 *)(r1 + 0)\nr3 += r3\n*(u64 *)(r1 + 0) = r3\nr0 = r3\nexit\n"
	"-- packet\n00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f\n";

/* The case, its run, and what logs of it are about: made once. */
struct stage {
	struct testcase tc;
	struct layout layout;
	struct linux_world world;
	struct program prog;
	struct linux_route route;
};

static struct stage *stage_make(void)
{
	static struct stage s;
	static struct arena a;
	struct pipeline *p = target_pipeline();
	struct outcome out;
	struct file_err err;
	struct finding f;

	if (!case_from_text(text, strlen(text), PROG_PLAIN, &a, &s.tc, &err))
		die("klog: the case: %s", err.msg);
	if (run_one(p, &s.tc, &f) || !pipeline_trial(p)->accepted ||
	    !trial_rerun(p, pipeline_trial(p), 0, 0, &s.tc.input[0], &out) || !out.trace)
		die("klog: the case does not run");
	s.layout = *pipeline_trial(p)->layout;
	linux_world_init(&s.world, &s.tc.unit, &s.layout, trace_copy(&a, out.trace));
	if (!linux_ask_about(LINUX_WHOLE, &s.world, &a, &s.prog, &s.route))
		die("klog: the case has no route");
	return &s;
}

static void add(void *arg, enum linux_feature_kind kind, uint32_t hash)
{
	*(uint64_t *)arg += (uint64_t)kind << 32 | hash;
}

static void read_all(const char *log, const struct stage *s, struct arena *a)
{
	struct klog *k = arena_raw(a, sizeof(*k));
	struct klog_tree t;
	uint32_t visits = 0;

	if (!klog_tree(log, s->route.insn, s->route.len, a, &t))
		return;
	for (uint32_t i = 0; i < t.nseg; i++) {
		TARGET_ASSERT(t.seg[i].first == visits, "klog/segments-leave-gaps");
		visits += t.seg[i].n;
		if (!klog_open(k, &t, i))
			continue;
		while (klog_next(k) == KLOG_INSN)
			TARGET_ASSERT(k->insn <= INT32_MAX && k->st.cur <= k->st.top, "klog/frame-above-top");
	}
	TARGET_ASSERT(visits == t.nvisit, "klog/visits-outside-of-segments");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct stage *s;
	struct linux_checked c[2];
	struct arena *a = target_arena();
	struct linux_world *w = arena_raw(a, sizeof(*w));
	char *log = arena_raw(a, size + 1);
	uint64_t sum[2] = { 0, 0 };
	bool held[2];

	if (!s)
		s = stage_make();
	memcpy(log, data, size);
	log[size] = 0;
	for (uint32_t i = 0; i < 2; i++) {
		*w = s->world;
		linux_log_features(log, size, add, &sum[i]);
		held[i] = linux_check_run(w, &s->route, log, a, &c[i]);
	}
	TARGET_ASSERT(sum[0] == sum[1] && held[0] == held[1] && c[0].steps == c[1].steps,
		      "klog/not-deterministic");
	read_all(log, s, a);
	return 0;
}
