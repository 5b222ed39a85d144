/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the gate share: options, counts, the kernel's answers. */
#ifndef TESTS_GATES_GATE_H
#define TESTS_GATES_GATE_H

#include "engines/linux_sys.h"
#include "fuzz/fuzz.h"

enum { MAX_CLASSES = 400, MAX_KNOWN = 400, CLASS_NAME = 120 };

/* What becomes of a program; each kind has classes with a name. */
enum kind {
	SET_ASIDE,	/* needs a feature that is not judged, or was not asked */
	OVER_BUDGET,	/* the exact walk gave up */
	WE_REJECT, WE_ACCEPT, /* and the kernel does not */
	KNOWN_REJECT, KNOWN_ACCEPT, /* the same, listed */
	OTHER_REASON,	/* both refuse */
	KIND_N,
};

struct class {
	uint32_t n;
	uint8_t kind;
	char name[CLASS_NAME];
};

/* Numbers and names only: lives in memory that workers share with their parent. */
struct counts {
	uint64_t insns_ours, insns_kernel, peak_bytes;
	double ns_ours, ns_kernel, log_ratio;
	uint32_t programs, no_maps, both_accept, both_reject, same_reason, silent;
	uint32_t compared, within, timed;
	uint32_t nclass;
	bool done, known_seen[MAX_KNOWN], known_used[MAX_KNOWN];
	struct class class[MAX_CLASSES];
};

struct known {
	char name[CLASS_NAME], where[60], reason[300];
};

struct gate {
	enum walk walk;
	enum priv priv;
	bool verbose, time, unpriv_recorded, verify_only, no_subprogs;
	uint32_t jobs, nknown;
	uint32_t patience;	/* ms for one load, 0: no bound */
	uint64_t generate, first, seed;
	const char *json, *save;
	struct known known[MAX_KNOWN];
};
extern struct gate gate;

/* What stands in the head of a file. */
struct head {
	char name[CLASS_NAME], needs[40];
	char kernel[40];	/* "accept PROCESSED USEC", "reject ...", "denied": asked before */
	char unpriv[40], unpriv_reason[160]; /* recorded by the kernel's authors */
};

/* judge.c */
void judge(struct counts *c, const char *file, const struct head *h, const struct testcase *tc,
	   uint32_t prog);

/* report.c */
void class_add(struct counts *c, enum kind kind, const char *name, uint32_t n);
uint32_t kind_count(const struct counts *c, enum kind kind);
void counts_merge(struct counts *to, const struct counts *from);
void read_known(const char *path);
/* The entry of that name that holds in this run, or NULL; notes that it was met. */
const struct known *known_find(struct counts *c, const char *name, bool differs);
void report_text(const struct counts *c);
void report_json(const struct counts *c, const char *path);
/* Entries that were met, and do not differ any more. */
uint32_t report_stale(const struct counts *c);

#endif
