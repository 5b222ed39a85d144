/* SPDX-License-Identifier: Apache-2.0 */
/* bench [--json FILE] [engines|compile|trial|verifier|linux|linux-log]...: the table of speeds. */
#include "bench/bench.h"

#include <string.h>

static const struct {
	const char *name;
	void (*run)(void);
} sections[] = {
	{ "engines", bench_engines },
	{ "compile", bench_compile },
	{ "trial", bench_trial },
	{ "verifier", bench_verifier },
	{ "linux", bench_linux },
	{ "linux-log", bench_linux_log },
};

int main(int argc, char **argv)
{
	const char *json = NULL;
	bool some = false;

	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--json") && i + 1 < argc)
			json = argv[++i];
		else
			some = true;
	}
	bench_open(json);
	for (size_t s = 0; s < sizeof(sections) / sizeof(sections[0]); s++) {
		bool wanted = !some;

		for (int i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], sections[s].name);
		if (wanted)
			sections[s].run();
	}
	bench_close();
	return 0;
}
