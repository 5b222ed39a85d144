/* SPDX-License-Identifier: Apache-2.0 */
/* Says what works here, what does not, and what to do about it. */
#include "cli/cli.h"

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

static void libraries(struct doctor *d)
{
#ifdef HAVE_LIBELF
	say(d, "libelf", true, "ELF objects can be loaded");
#else
	say(d, "libelf", false, "built without it: no ELF objects (install libelf-dev, then make clean all)");
#endif
#ifdef HAVE_ZYDIS
	say(d, "Zydis", true, "emitted code is decoded in tests");
#else
	say(d, "Zydis", false, "built without it: emitted code is not decoded in tests (libzydis-dev)");
#endif
#ifdef HAVE_LIBBPF
	say(d, "libbpf", true, "its BTF part is used for objects");
#else
	say(d, "libbpf", false, "built without it (libbpf-dev)");
#endif
}

static void engines(struct doctor *d)
{
	const struct engine *e;
	char what[40];

	for (uint32_t i = 0; (e = engine_at(i)); i++) {
		snprintf(what, sizeof(what), "engine %s", e->name);
		say(d, what, e->caps() != 0, e->caps() ? "" : "not on this machine");
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
