/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A finding on disk: one folder per bucket, made atomically, so that several
 * jobs may find the same thing at once.
 */
#include "fuzz/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

void finding_match(struct signature_match *m, struct pipeline *p, const struct finding *f)
{
	m->p = p;
	m->accepted = pipeline_trial(p)->accepted;
	snprintf(m->signature, sizeof(m->signature), "%s", f->signature);
}

bool finding_same(void *match, const struct testcase *tc)
{
	struct signature_match *m = match;
	struct finding f;

	return run_one(m->p, tc, &f) && !strcmp(f.signature, m->signature) &&
	       pipeline_trial(m->p)->accepted == m->accepted;
}

void finding_bucket(const struct finding *f, char *buf, size_t size)
{
	snprintf(buf, size, "%s", f->signature);
	for (; *buf; buf++)
		if (*buf == '/')
			*buf = '.';
}

void finding_options(const struct pipe_opts *o, char *buf, size_t size)
{
	size_t n = 0;

	buf[0] = 0;
	for (uint32_t i = 0; i < o->nengine && n < size; i++)
		n += (size_t)snprintf(buf + n, size - n, "%s%s", i ? "," : " --engines ", o->engine[i]->name);
	if (n < size && o->priv != PRIV_CAP_BPF)
		n += (size_t)snprintf(buf + n, size - n, " --priv %s", priv_name(o->priv));
	if (n < size && !o->alternate)
		snprintf(buf + n, size - n, " --walk %s", o->walk == WALK_LINUX ? "linux" : "exact");
}

/* ---- the report ------------------------------------------------------------- */

static void report_outcomes(FILE *out, const struct trial *t)
{
	fprintf(out, "%-10s", "");
	for (uint32_t e = 0; e < t->nengine; e++)
		fprintf(out, "  %-18s", t->engine[e]->name);
	fprintf(out, "\n%-10s", "end");
	for (uint32_t e = 0; e < t->nengine; e++)
		fprintf(out, "  %-18s", out_name(t->out[e].kind));
	fprintf(out, "\n");
	for (uint32_t e = 0; e < t->nengine; e++)
		if (t->out[e].kind == OUT_TRAP || t->out[e].kind == OUT_FUEL)
			fprintf(out, "%-10s  %s: at program %u, insn %u: %s\n", "", t->engine[e]->name,
				t->out[e].pc.prog, t->out[e].pc.insn,
				t->out[e].kind == OUT_TRAP ? trap_name(t->out[e].trap) : "fuel ended");
	for (uint32_t r = 0; r < REGS; r++) {
		bool same = true;

		for (uint32_t e = 1; e < t->nengine; e++)
			same &= t->out[e].reg[r] == t->out[0].reg[r] ||
				!(t->out[e].reg_valid & t->out[0].reg_valid & 1u << r);
		fprintf(out, "r%-9u", r);
		for (uint32_t e = 0; e < t->nengine; e++)
			if (t->out[e].reg_valid & 1u << r)
				fprintf(out, "  0x%016" PRIx64, t->out[e].reg[r]);
			else
				fprintf(out, "  %-18s", "-");
		fprintf(out, "%s\n", same ? "" : "  <-- differ");
	}
	for (uint32_t d = 0; d < REGION_N; d++) {
		bool same = true;

		for (uint32_t e = 1; e < t->nengine; e++)
			same &= t->out[e].digest[d] == t->out[0].digest[d] ||
				!(t->out[e].digest_valid & t->out[0].digest_valid & 1u << d);
		fprintf(out, "%-10s", region_name(d));
		for (uint32_t e = 0; e < t->nengine; e++) {
			if (t->out[e].digest_valid >> d & 1)
				fprintf(out, "  %016" PRIx64 "  ", t->out[e].digest[d]);
			else
				fprintf(out, "  %-18s", "-");
		}
		fprintf(out, "%s\n", same ? "" : "  <-- differ");
	}
}

static void report_programs(FILE *out, const struct unit *u, const struct finding *f)
{
	char text[160];

	for (uint32_t i = 0; i < u->nprog; i++) {
		const struct program *p = &u->prog[i];
		const struct prog_type_info *ti = prog_type_info(p->type);
		uint32_t n;

		fprintf(out, "\nprogram %u (%s), %u slots\n", i, ti ? ti->name : "?", p->len);
		for (uint32_t pc = 0; pc < p->len; pc += n) {
			bool here = f && f->pc.prog == i && f->pc.insn == pc;

			n = insn_print(text, sizeof(text), &p->insn[pc], p->len - pc);
			fprintf(out, "%s%5u: %s%s%s\n", here ? "-->" : "   ", pc, text,
				here ? "        <-- " : "", here ? f->place : "");
		}
	}
}

static void report_verdicts(FILE *out, const struct trial *t)
{
	for (uint32_t i = 0; i < t->tc->unit.nprog; i++) {
		const struct verdict *v = &t->verdict[i];

		if (v->accepted)
			fprintf(out, "verifier   program %u accepted, %" PRIu64 " insns processed\n", i,
				v->processed);
		else
			fprintf(out, "verifier   program %u rejected: pc %u: %s\n", i, v->pc, v->msg);
	}
}

static void report_opinions(FILE *out, struct pipeline *p)
{
	static const char *const names[] = { "holds", "fails", "no opinion" };
	enum ruling ruling[ORACLE_N];
	struct finding other[ORACLE_N];

	pipeline_opinions(p, ruling, other);
	fprintf(out, "\noracles\n");
	for (uint32_t i = 0; i < ORACLE_N; i++)
		fprintf(out, "  %-12s %-10s  %s%s%s\n", oracles[i].name, names[ruling[i]],
			oracles[i].claim, ruling[i] == FAILS ? ": " : "",
			ruling[i] == FAILS ? other[i].what : "");
}

void finding_report(FILE *out, struct pipeline *p, const struct testcase *tc,
		    const struct finding *f)
{
	const struct trial *t = pipeline_trial(p);
	struct utsname un;

	if (f) {
		fprintf(out, "finding    %s\n", f->signature);
		fprintf(out, "oracle     %s\n", f->oracle);
		if (f->pc.insn != UINT32_MAX)
			fprintf(out, "first at   program %u, insn %u (%s), %s\n", f->pc.prog, f->pc.insn,
				f->kind, f->place);
		fprintf(out, "what       %s\n", f->what);
		fprintf(out, "input      %u of %u\n", f->input_index + 1, tc->ninput);
	} else {
		fprintf(out, "no finding\n");
	}
	report_opinions(out, p);	/* runs the case again: the outcomes below are of that run */
	fprintf(out, "\n");
	report_verdicts(out, t);
	fprintf(out, "\n");
	report_outcomes(out, t);
	report_programs(out, &tc->unit, f);
	uname(&un);
	fprintf(out, "\nparallax %s, %s %s, built by %s\n", parallax_version, un.sysname, un.release,
		__VERSION__);
}

static void report_json(FILE *out, const struct finding *f, const struct testcase *tc,
			const struct testcase *min, const struct trial *t)
{
	struct json j = { .f = out };

	json_begin(&j, NULL, '{');
	json_str(&j, "signature", f->signature);
	json_str(&j, "oracle", f->oracle);
	json_begin(&j, "engines", '[');
	for (int i = 0; i < 2; i++)
		json_str(&j, NULL, f->engines[i]);
	json_end(&j, ']');
	json_str(&j, "kind", f->kind);
	json_str(&j, "place", f->place);
	json_str(&j, "what", f->what);
	json_u64(&j, "input", f->input_index);
	json_u64(&j, "program", f->pc.prog);
	json_i64(&j, "insn", f->pc.insn == UINT32_MAX ? -1 : (int64_t)f->pc.insn);
	json_u64(&j, "slots", tc->unit.prog[0].len);
	json_u64(&j, "slots_minimised", min ? min->unit.prog[0].len : tc->unit.prog[0].len);
	json_begin(&j, "outcomes", '[');
	for (uint32_t e = 0; e < t->nengine; e++) {
		json_begin(&j, NULL, '{');
		json_str(&j, "engine", t->engine[e]->name);
		json_str(&j, "end", out_name(t->out[e].kind));
		json_begin(&j, "reg", '[');
		for (uint32_t r = 0; r < REGS; r++)
			json_hex(&j, NULL, t->out[e].reg[r]);
		json_end(&j, ']');
		json_end(&j, '}');
	}
	json_end(&j, ']');
	json_str(&j, "version", parallax_version);
	json_end(&j, '}');
	putc('\n', out);
}

/* ---- the folder --------------------------------------------------------------- */

bool file_close(FILE *f)
{
	bool ok = !ferror(f);

	return fclose(f) == 0 && ok;
}

static bool write_file(const char *dir, const char *name, const void *data, size_t n)
{
	char path[4200];
	FILE *f;
	bool ok;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f)
		return false;
	ok = fwrite(data, 1, n, f) == n;
	return file_close(f) && ok;
}

static bool write_cases(const char *dir, const struct testcase *tc, const struct testcase *small,
			struct arena *a)
{
	size_t n;
	const uint8_t *bin = case_to_bin(tc, a, &n);
	const char *text;

	if (!write_file(dir, "original.bin", bin, n))
		return false;
	bin = case_to_bin(small, a, &n);
	text = case_to_text(small, a);
	return write_file(dir, "case.bin", bin, n) && write_file(dir, "case.plx", text, strlen(text));
}

static bool write_reports(const char *dir, struct pipeline *p, const struct testcase *tc,
			  const struct testcase *min, const struct finding *f, const char *final)
{
	const struct testcase *small = min ? min : tc;
	struct finding now = *f, again;
	char path[4200], options[256];
	FILE *out;

	if (run_one(p, small, &again))
		now = again;		/* of the minimised case: its pc, its values */
	snprintf(path, sizeof(path), "%s/report.txt", dir);
	out = fopen(path, "w");
	if (!out)
		return false;
	finding_report(out, p, small, &now);
	finding_options(pipeline_opts(p), options, sizeof(options));
	fprintf(out, "\nreproduce  parallax repro%s %s\n", options, final);
	if (!file_close(out))
		return false;
	snprintf(path, sizeof(path), "%s/report.json", dir);
	out = fopen(path, "w");
	if (!out)
		return false;
	report_json(out, &now, tc, min, pipeline_trial(p));
	return file_close(out);
}

static void folder_remove(const char *dir)
{
	static const char *const names[] = {
		"original.bin", "case.bin", "case.plx", "report.txt", "report.json",
	};
	char path[4200];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		unlink(path);
	}
	rmdir(dir);
}

int finding_save(const char *dir, struct pipeline *p, const struct testcase *tc,
		 const struct testcase *min, const struct finding *f, char *path, size_t size)
{
	struct arena a = { 0 };
	char bucket[200], temp[4096], final[4096];
	int error;
	bool ok;

	finding_bucket(f, bucket, sizeof(bucket));
	mkdir(dir, 0777);
	snprintf(final, sizeof(final), "%.3800s/%s", dir, bucket);
	snprintf(path, size, "%s", final);
	if (access(final, F_OK) == 0)
		return 0;
	snprintf(temp, sizeof(temp), "%.3800s/.%s.%d", dir, bucket, (int)getpid());
	if (mkdir(temp, 0777)) {
		snprintf(path, size, "cannot make %s: %s", temp, strerror(errno));
		return -1;
	}
	ok = write_cases(temp, tc, min ? min : tc, &a) && write_reports(temp, p, tc, min, f, final);
	error = errno;
	arena_free(&a);
	if (ok && rename(temp, final) == 0)
		return 1;
	if (ok && access(final, F_OK) == 0) {	/* somebody else was first */
		folder_remove(temp);
		return 0;
	}
	snprintf(path, size, "cannot write into %s: %s", dir, strerror(ok ? errno : error));
	folder_remove(temp);
	return -1;
}
