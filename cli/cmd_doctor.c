/* SPDX-License-Identifier: Apache-2.0 */
/* Says what works here, what does not, and what to do about it. */
#include "cli/cli.h"
#include "engines/linux_sys.h"

#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

struct doctor {
	struct json j;
	bool json;
	int ret;
};

static void say(struct doctor *d, const char *what, bool ok, const char *why)
{
	if (d->json) {
		json_begin(&d->j, what, '{');
		json_bool(&d->j, "works", ok);
		json_str(&d->j, "why", why);
		json_end(&d->j, '}');
	} else {
		printf("%-22s %-3s  %s\n", what, ok ? "on" : "off", why);
	}
}

/* Of the tests; the command itself needs libc alone. */
static void libraries(struct doctor *d)
{
#ifdef HAVE_ZYDIS
	say(d, "Zydis", true, "the tests decode the code that the JIT emits");
#else
	say(d, "Zydis", false, "built without: tests do not decode emitted code (libzydis-dev, make clean)");
#endif
#ifdef HAVE_LIBBPF
	say(d, "libbpf", true, "the tests compare our loading of objects with it");
#else
	say(d, "libbpf", false, "built without: tests do not compare objects with it (libbpf-dev, make clean)");
#endif
}

static void engines(struct doctor *d)
{
	const struct engine *e;
	char what[40];

	for (uint32_t i = 0; (e = engine_at(i)); i++) {
		bool works = e->caps() != 0, kernel = !strncmp(e->name, "linux", 5);
		char why[96] = "not on this machine";

		if (works)
			snprintf(why, sizeof(why), "%s", kernel ? "the running kernel loads programs" : "");
		else if (kernel)
			linux_available(why);
		snprintf(what, sizeof(what), "engine %s", e->name);
		say(d, what, works, why);
	}
}

static void tool(struct doctor *d, const char *name, const char *use)
{
	const char *path = getenv("PATH");
	char file[4200];

	while (path && *path) {
		size_t n = strcspn(path, ":");

		snprintf(file, sizeof(file), "%.*s/%s", (int)n, path, name);
		if (access(file, X_OK) == 0) {
			say(d, name, true, use);
			return;
		}
		path += n + (path[n] == ':');
	}
	say(d, name, false, use);
}

int cmd_doctor(int argc, char **argv)
{
	static const struct option options[] = { CLI_JSON, CLI_END };
	struct doctor d = { .j = { .f = stdout } };
	struct cli_opts o;
	struct utsname un;
	char why[96] = "";
	struct guest *g;
	int c, ret;

	cli_opts_init(&o, 0, PRIV_ROOT, NULL);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		if ((ret = cli_option(&o, "doctor", c)))
			return ret;
	d.json = o.json;
	if (d.json)
		json_begin(&d.j, NULL, '{');
	uname(&un);
	say(&d, "parallax", true, parallax_version);
	say(&d, "kernel", true, un.release);
	g = guest_new(why);
	say(&d, "guest memory", g, g ? "the fixed range can be mapped" : why);
	guest_free(g);
	engines(&d);
	libraries(&d);
	tool(&d, "clang-19", "builds the libFuzzer targets and BPF objects");
	tool(&d, "llvm-mc-19", "checks encodings in the tests");
	tool(&d, "afl-clang-fast", "builds the AFL++ targets");
	if (d.json) {
		json_end(&d.j, '}');
		putchar('\n');
	}
	return g ? EXIT_FINE : EXIT_ENVIRONMENT;
}
