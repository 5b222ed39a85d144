/* SPDX-License-Identifier: Apache-2.0 */
/*
 * linux_feature: what a log of the kernel's verifier shows of its inner life, as
 * numbers.  The kernel gives no coverage; these stand in for it in libFuzzer's
 * extra counters and AFL++'s map.
 *
 * One feature for each of
 * - an insn's opcode with the shapes of the registers and slots that it changed: which
 *   bounds are printed, each number by its class (0, 1, below 256, a power of
 *   two, negative, ...), ids, distances, precise marks; which register it is does
 *   not matter, nor the insn's index;
 * - a register's shape in the state with which a pushed branch is taken up;
 * - an event: a path that is covered (on arrival, or as soon as it is taken up),
 *   a loop entered, left or gone round (SCC), a branch followed on
 *   speculation, a call or return, how many lines a mark of precision was traced
 *   back (by powers of two);
 * - a sentence that is none of these (errors), with N for its numbers;
 * - a statistic by powers of two: insns processed, states per insn, in total, at once,
 *   bytes of stack.
 *
 * Pure: the same log gives the same features in the same order.  Takes any bytes.
 */
#ifndef FUZZ_LINUX_FEATURE_H
#define FUZZ_LINUX_FEATURE_H

#include <stddef.h>
#include <stdint.h>

enum linux_feature_kind {
	LF_INSN, LF_BRANCH, LF_EVENT, LF_PRECISE, LF_ERROR, LF_STAT, LF_KINDS,
};
/* hash: 32 well-mixed bits, the kind among them. */
typedef void (*linux_feature_fn)(void *arg, enum linux_feature_kind kind, uint32_t hash);

/* Calls fn for every feature of a log of level 2 (or 1, or 4), repeats included. */
void linux_log_features(const char *log, size_t len, linux_feature_fn fn, void *arg);
/*
 * The same as counters: adds one to map[hash % size] for each, up to 255.  Returns
 * how many counters were zero before.
 */
uint32_t linux_log_map(const char *log, size_t len, uint8_t *map, size_t size);

#endif
