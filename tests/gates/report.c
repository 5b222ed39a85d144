/* SPDX-License-Identifier: Apache-2.0 */
/* report: counts by class, the list of known differences, the summary. */
#include "tests/gates/gate.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const char *const kind_name[KIND_N] = {
	[SET_ASIDE] = "set_aside", [OVER_BUDGET] = "over_budget",
	[WE_REJECT] = "we_reject", [WE_ACCEPT] = "we_accept", [KNOWN_REJECT] = "known_reject",
	[KNOWN_ACCEPT] = "known_accept", [OTHER_REASON] = "other_reason",
};

static const char *const kind_text[KIND_N] = {
	[SET_ASIDE] = "set aside",
	[OVER_BUDGET] = "over budget",
	[WE_REJECT] = "we reject", [WE_ACCEPT] = "we accept only",
	[KNOWN_REJECT] = "we reject (known)", [KNOWN_ACCEPT] = "we accept only (known)",
	[OTHER_REASON] = "other reason",
};

/* ---- counts ------------------------------------------------------------------- */

void class_add(struct counts *c, enum kind kind, const char *name, uint32_t n)
{
	struct class *k;

	for (uint32_t i = 0; i < c->nclass; i++) {
		k = &c->class[i];
		if (k->kind == kind && !strncmp(k->name, name, CLASS_NAME - 1)) {
			k->n += n;
			return;
		}
	}
	if (c->nclass == MAX_CLASSES)
		die("gate: more than %d classes", MAX_CLASSES);
	k = &c->class[c->nclass++];
	k->kind = kind;
	k->n = n;
	snprintf(k->name, sizeof(k->name), "%.*s", CLASS_NAME - 1, name);
}

uint32_t kind_count(const struct counts *c, enum kind kind)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < c->nclass; i++)
		n += c->class[i].kind == kind ? c->class[i].n : 0;
	return n;
}

void counts_merge(struct counts *to, const struct counts *from)
{
	to->insns_ours += from->insns_ours;
	to->insns_kernel += from->insns_kernel;
	to->peak_bytes = from->peak_bytes > to->peak_bytes ? from->peak_bytes : to->peak_bytes;
	to->ns_ours += from->ns_ours;
	to->ns_kernel += from->ns_kernel;
	to->log_ratio += from->log_ratio;
	to->programs += from->programs;
	to->no_maps += from->no_maps;
	to->both_accept += from->both_accept;
	to->both_reject += from->both_reject;
	to->same_reason += from->same_reason;
	to->silent += from->silent;
	to->compared += from->compared;
	to->within += from->within;
	to->timed += from->timed;
	for (uint32_t i = 0; i < MAX_KNOWN; i++) {
		to->known_seen[i] |= from->known_seen[i];
		to->known_used[i] |= from->known_used[i];
	}
	for (uint32_t i = 0; i < from->nclass; i++)
		class_add(to, from->class[i].kind, from->class[i].name, from->class[i].n);
}

/* ---- known differences ---------------------------------------------------------- */

/* The part of line before the next tab, cut off it; NULL at the end. */
static char *field(char **line)
{
	char *p = *line;

	if (!p)
		return NULL;
	*line = strchr(p, '\t');
	if (*line)
		*(*line)++ = 0;
	return p;
}

/* NAME <tab> WHERE <tab> REASON lines; '#' begins a comment. */
void read_known(const char *path)
{
	char line[600];
	FILE *f = fopen(path, "r");

	if (!f)
		die("%s cannot be read", path);
	while (fgets(line, sizeof(line), f)) {
		struct known *k = &gate.known[gate.nknown];
		char *p = line, *name, *where, *reason;

		line[strcspn(line, "\n")] = 0;
		if (line[0] == '#' || !line[0])
			continue;
		name = field(&p);
		where = field(&p);
		reason = field(&p);
		if (!reason || gate.nknown == MAX_KNOWN)
			die("%s: %s", path, reason ? "too many entries" : line);
		snprintf(k->name, sizeof(k->name), "%.119s", name);
		snprintf(k->where, sizeof(k->where), "%.59s", where);
		snprintf(k->reason, sizeof(k->reason), "%.299s", reason);
		gate.nknown++;
	}
	fclose(f);
}

/* WHERE is "*", or a list of privileges and walks; of each sort one must fit, if one is there. */
static bool holds_here(const char *where)
{
	bool priv = false, walk = false, priv_fits = false, walk_fits = false;
	char word[20];
	enum priv p;

	if (!strcmp(where, "*"))
		return true;
	while (*where) {
		size_t n = strcspn(where, ",");

		snprintf(word, sizeof(word), "%.*s", (int)n, where);
		if (priv_parse(word, &p)) {
			priv = true;
			priv_fits |= p == gate.priv;
		} else {
			walk = true;
			walk_fits |= !strcmp(word, gate.walk == WALK_LINUX ? "linux" : "exact");
		}
		where += n + (where[n] == ',');
	}
	return (!priv || priv_fits) && (!walk || walk_fits);
}

const struct known *known_find(struct counts *c, const char *name, bool differs)
{
	for (uint32_t i = 0; i < gate.nknown; i++) {
		if (strcmp(gate.known[i].name, name) || !holds_here(gate.known[i].where))
			continue;
		c->known_seen[i] = true;
		c->known_used[i] |= differs;
		return &gate.known[i];
	}
	return NULL;
}

uint32_t report_stale(const struct counts *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < gate.nknown; i++) {
		if (!c->known_seen[i] || c->known_used[i])
			continue;
		printf("NO LONGER DIFFERS: %s\n", gate.known[i].name);
		n++;
	}
	return n;
}

/* ---- the summary ------------------------------------------------------------------ */

static void kind_text_put(const struct counts *c, enum kind kind)
{
	uint32_t n = kind_count(c, kind);

	if (!n && kind != WE_REJECT && kind != WE_ACCEPT)
		return;
	printf("%-16s %u\n", kind_text[kind], n);
	for (uint32_t i = 0; i < c->nclass; i++)
		if (c->class[i].kind == kind)
			printf("    %6u  %s\n", c->class[i].n, c->class[i].name);
}

static double percent(uint32_t part, uint32_t of)
{
	return of ? 100.0 * part / of : 0;
}

void report_text(const struct counts *c)
{
	uint32_t same = c->both_accept + c->both_reject, spoken = c->both_reject - c->silent;
	uint32_t judged = same + kind_count(c, WE_REJECT) + kind_count(c, WE_ACCEPT) +
			  kind_count(c, KNOWN_REJECT) + kind_count(c, KNOWN_ACCEPT);

	printf("\n%u programs, %s walk, %s%s%s\n", c->programs, gate.walk == WALK_LINUX ? "Linux" : "exact",
	       priv_name(gate.priv), gate.unpriv_recorded ? ", against recorded results" : "",
	       gate.verify_only ? ", verifier only" : "");
	kind_text_put(c, SET_ASIDE);
	if (c->no_maps)
		printf("maps not made    %u\n", c->no_maps);
	kind_text_put(c, OVER_BUDGET);
	printf("judged           %u\n", judged);
	printf("same verdict     %u (%.2f %%): both accept %u, both reject %u\n", same, percent(same, judged),
	       c->both_accept, c->both_reject);
	printf("same reason      %u of %u rejected with a reason (%.1f %%), %u without\n", c->same_reason,
	       spoken, percent(c->same_reason, spoken), c->silent);
	if (gate.verbose)
		kind_text_put(c, OTHER_REASON);
	for (enum kind k = WE_REJECT; k <= KNOWN_ACCEPT; k++)
		kind_text_put(c, k);
	if (c->compared)
		printf("processed insns  ours %" PRIu64 ", kernel %" PRIu64
		       "; at most 1.2 times for %u of %u (%.1f %%)\n",
		       c->insns_ours, c->insns_kernel, c->within, c->compared, percent(c->within, c->compared));
	if (!c->timed)
		return;
	printf("time             ours %.1f ms, the kernel's verifier %.1f ms on %u programs: %.1f times, geometric mean %.1f\n",
	       c->ns_ours / 1e6, c->ns_kernel / 1e6, c->timed, c->ns_kernel / c->ns_ours,
	       exp(c->log_ratio / c->timed));
	printf("most memory      %.1f MB\n", (double)c->peak_bytes / 1e6);
}

static void json_kind(struct json *j, const struct counts *c, enum kind kind)
{
	json_begin(j, kind_name[kind], '{');
	json_u64(j, "n", kind_count(c, kind));
	json_begin(j, "classes", '{');
	for (uint32_t i = 0; i < c->nclass; i++)
		if (c->class[i].kind == kind)
			json_u64(j, c->class[i].name, c->class[i].n);
	json_end(j, '}');
	json_end(j, '}');
}

void report_json(const struct counts *c, const char *path)
{
	struct json j = { .f = fopen(path, "w") };

	if (!j.f)
		die("%s cannot be written", path);
	json_begin(&j, NULL, '{');
	json_str(&j, "walk", gate.walk == WALK_LINUX ? "linux" : "exact");
	json_str(&j, "priv", priv_name(gate.priv));
	json_bool(&j, "recorded", gate.unpriv_recorded);
	json_bool(&j, "verifier_only", gate.verify_only);
	json_u64(&j, "programs", c->programs);
	json_u64(&j, "no_maps", c->no_maps);
	json_u64(&j, "both_accept", c->both_accept);
	json_u64(&j, "both_reject", c->both_reject);
	json_u64(&j, "same_reason", c->same_reason);
	json_u64(&j, "without_reason", c->silent);
	for (enum kind k = 0; k < KIND_N; k++)
		json_kind(&j, c, k);
	json_u64(&j, "insns_ours", c->insns_ours);
	json_u64(&j, "insns_kernel", c->insns_kernel);
	json_u64(&j, "insns_compared", c->compared);
	json_u64(&j, "insns_within", c->within);
	json_f64(&j, "ms_ours", c->ns_ours / 1e6);
	json_f64(&j, "ms_kernel", c->ns_kernel / 1e6);
	json_f64(&j, "geometric_mean", c->timed ? exp(c->log_ratio / c->timed) : 0);
	json_u64(&j, "peak_bytes", c->peak_bytes);
	json_end(&j, '}');
	putc('\n', j.f);
	fclose(j.f);
}
