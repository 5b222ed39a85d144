/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/bench.h"

#include <string.h>
#include <time.h>

enum { MAX_ROWS = 200 };
static struct bench_row rows[MAX_ROWS];
static uint32_t nrows;
static const char *json_path;

uint64_t bench_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

void bench_open(const char *json)
{
	json_path = json;
	setvbuf(stdout, NULL, _IOLBF, 0);
}

void bench_section(const char *title)
{
	printf("\n%s\n", title);
}

void bench_row(const char *name, double value, const char *unit, double goal, bool more)
{
	bool met = more ? value >= goal : value <= goal;

	printf("  %-44s %12.3f %-12s", name, value, unit);
	if (goal > 0)
		printf(" goal %s %.4g%s", more ? ">=" : "<=", goal, met ? "" : "  MISSED");
	printf("\n");
	if (nrows == MAX_ROWS)
		return;
	snprintf(rows[nrows].name, sizeof(rows[nrows].name), "%s", name);
	rows[nrows].value = value;
	rows[nrows].unit = unit;
	rows[nrows].goal = goal;
	rows[nrows++].more = more;
}

void bench_close(void)
{
	struct json j = { 0 };

	if (!json_path)
		return;
	j.f = fopen(json_path, "w");
	if (!j.f)
		die("%s cannot be written", json_path);
	json_begin(&j, NULL, '[');
	for (uint32_t i = 0; i < nrows; i++) {
		json_begin(&j, NULL, '{');
		json_str(&j, "name", rows[i].name);
		json_f64(&j, "value", rows[i].value);
		json_str(&j, "unit", rows[i].unit);
		if (rows[i].goal > 0) {
			json_f64(&j, "goal", rows[i].goal);
			json_bool(&j, "more_is_better", rows[i].more);
		}
		json_end(&j, '}');
	}
	json_end(&j, ']');
	putc('\n', j.f);
	fclose(j.f);
}
