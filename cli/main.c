/* SPDX-License-Identifier: Apache-2.0 */
/* The parallax command: finds the subcommand and calls it. */
#include "cli/cli.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *args, *what;
} commands[] = {
#define COMMAND(name, function, args, what) { name, function, args, what },
#include "cli/commands.def"
};
enum { NCOMMANDS = sizeof(commands) / sizeof(commands[0]) };

static const struct command *command_by_name(const char *name)
{
	for (size_t i = 0; i < NCOMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return &commands[i];
	return NULL;
}

static void print_help(FILE *f)
{
	fprintf(f, "usage: parallax COMMAND ...\n\n");
	for (size_t i = 0; i < NCOMMANDS; i++)
		fprintf(f, "  %-8s %s\n", commands[i].name, commands[i].what);
	fprintf(f, "\nFiles may be raw slots, hex, text cases, binary cases, assembly, or ELF objects; '-' is\n"
		   "standard input, --format forces one of raw, hex, text, bin, asm, elf.\n"
		   "'parallax help COMMAND' shows a command's options.\n"
		   "Exit codes: 0 fine, 1 finding or rejection, 2 usage or malformed input, 3 environment.\n");
}

int cli_usage(const char *command, const char *fmt, ...)
{
	const struct command *c = command_by_name(command);
	va_list ap;

	fprintf(stderr, "parallax %s: ", command);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\nusage: parallax %s %s\n", command, c ? c->args : "");
	return EXIT_USAGE;
}

int cmd_help(int argc, char **argv)
{
	const struct command *c = argc > 1 ? command_by_name(argv[1]) : NULL;

	if (argc > 1 && !c)
		return cli_usage("help", "there is no command '%s'", argv[1]);
	if (!c) {
		print_help(stdout);
		return EXIT_FINE;
	}
	printf("parallax %s %s\n%s\n\n%s", c->name, c->args, c->what, help_text(c->name));
	return EXIT_FINE;
}

int cmd_version(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	printf("parallax %s\n", parallax_version);
	return EXIT_FINE;
}

int cli_finish(int ret)
{
	bool lost = ferror(stdout);

	errno = 0;
	if (fflush(stdout) == 0 && !lost)
		return ret;
	fprintf(stderr, "parallax: standard output: %s\n", strerror(errno ? errno : EIO));
	return EXIT_ENVIRONMENT;
}

int main(int argc, char **argv)
{
	const struct command *c;

	if (argc < 2) {
		print_help(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		print_help(stdout);
		return cli_finish(EXIT_FINE);
	}
	if (!strcmp(argv[1], "--version"))
		return cli_finish(cmd_version(argc, argv));
	c = command_by_name(argv[1]);
	if (!c) {
		fprintf(stderr, "parallax: there is no command '%s'; see parallax help\n", argv[1]);
		return EXIT_USAGE;
	}
	if (argc > 2 && (!strcmp(argv[2], "--help") || !strcmp(argv[2], "-h"))) {
		char *args[] = { argv[0], argv[1] };

		return cli_finish(cmd_help(2, args));
	}
	return cli_finish(c->run(argc - 1, argv + 1));
}
