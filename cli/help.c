/* SPDX-License-Identifier: Apache-2.0 */
/* The options of each command, for people. */
#include "cli/cli.h"

#include <string.h>

#define FILE_TEXT \
	"  --format F     raw, hex, text, bin, asm, elf (found out by itself otherwise)\n" \
	"  --type T       program type for formats that do not say: xdp, sched_cls, plain, ...\n"
#define VERIFY_TEXT \
	"  --priv P       root, cap_bpf or unpriv\n" \
	"  --walk W       exact or linux\n"
#define INPUT_TEXT \
	"  --mem HEX      memory of a PLAIN program (r1, its length in r2)\n" \
	"  --ctx HEX      bytes of the context\n" \
	"  --packet HEX   bytes of the packet\n" \
	"  --seed N       of time, random numbers, poison and alignment\n" \
	"  --fuel N       insns that may run\n"
#define TIMEOUT_TEXT "  --timeout S    seconds after which a case hangs (default 30)\n"
#define JSON_TEXT "  --json         one JSON object a line\n"

static const struct {
	const char *command, *text;
} texts[] = {
	{ "asm", "  -o OUT         raw slots go there (default: standard output)\n" },
	{ "disasm", FILE_TEXT },
	{ "verify", FILE_TEXT VERIFY_TEXT
	  "  --log N        0, 1 (the path that failed) or 2 (all paths), as Linux prints them\n"
	  "  --explain      why a program is rejected, with the path and the values that led there\n"
	  "  --against linux  ask the running kernel, too: both logs, the first difference marked\n" JSON_TEXT
	  "One line a program: 'accepted', or 'rejected: pc N: reason'.\n"
	  "Defaults: --type socket_filter for raw files, --priv root, --walk exact.\n" },
	{ "run", FILE_TEXT INPUT_TEXT VERIFY_TEXT
	  "  --engine E     interp (default), jit, linux or linux:cap_bpf\n"
	  "  --trace        print each executed insn and what it wrote\n"
	  "  --verify       run it only if the verifier accepts it, then without checks\n" JSON_TEXT
	  "Without --verify each access is checked.  Default type of raw files: plain.\n" },
	{ "diff", FILE_TEXT INPUT_TEXT VERIFY_TEXT "  --engines A,B  of interp, jit, linux, linux:cap_bpf; default interp,jit\n" JSON_TEXT },
	{ "gen", "  --seed N       the first seed (default 1)\n  --count K      so many cases\n"
	  "  --type T       only this program type\n  --insns N      aim for about so many\n"
	  "  --inputs N     inputs a program\n  --wild         arbitrary insns, for checked mode\n"
	  "  --priv P       what the verifier will be asked\n  --bin          binary cases\n"
	  "  -o DIR         a file each, instead of text on standard output\n" },
	{ "fuzz", "  --time S       seconds (default: until interrupted)\n  --execs N      programs\n"
	  "  --seed N       the campaign: same seed, same cases\n  --jobs N       worker processes\n"
	  "  --corpus DIR   cases to start from\n  --out DIR      findings go there (default findings)\n"
	  "  --engines A,B  of interp, jit, linux, linux:cap_bpf; default interp,jit\n  --keep-going   past the first finding\n"
	  "  --inputs N     inputs a program (default 1)\n  --insns N      aim for about so many\n"
	  "  --type T       only this program type\n  --wild PERCENT share of arbitrary programs (default 2)\n"
	  "  --kernel-log 1/N  with engines in the kernel: compare its log for one program in N (default 16)\n"
	  "                 and for those that show something new\n  --paranoid     each case is on the disk before it runs\n"
	  TIMEOUT_TEXT VERIFY_TEXT JSON_TEXT
	  "Ctrl-C ends it with the summary.  Default: privileges cap_bpf and root in turn, both walks in turn.\n" },
	{ "min", FILE_TEXT VERIFY_TEXT "  -o OUT         text if it ends in .plx, .data or .txt, else binary\n"
	  "  --engines A,B  default interp,jit\n  --budget N     runs at most (default 20000)\n" TIMEOUT_TEXT
	  "A case that kills its process is tried in processes of its own.\n" },
	{ "repro", FILE_TEXT INPUT_TEXT VERIFY_TEXT TIMEOUT_TEXT "  --engines A,B  default interp,jit\n"
	  "  --quiet        only the exit code\n" JSON_TEXT
	  "PATH is a finding's folder, a case in any format, or a crash file of libFuzzer or AFL++.\n"
	  "Exit code 1 if it still differs.\n" },
	{ "convert", FILE_TEXT INPUT_TEXT "  -o OUT         text if it ends in .plx, .data or .txt, else binary; a folder: a\n"
	  "                 text case for each program\n" },
	{ "linux", "  -o DIR         the cases go there (default OUT/last/cases)\n"
	  "OUT is the folder of a campaign with engines in the kernel.  Each worker notes there,\n"
	  "every 256 cases or every second, which case comes next; after a crash of the machine\n"
	  "the culprit is among the cases from there on.  Exit code 1 if there are any.\n" },
	{ "plugin", "  --engine E     interp or jit\n  --program HEX  the program, instead of standard input\n"
	  "The memory is the first argument that is no option; the program comes as hex on standard\n"
	  "input; r0 is printed in hex.\n" },
	{ "doctor", JSON_TEXT },
	{ "help", "" },
	{ "version", "" },
};

const char *help_text(const char *command)
{
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (!strcmp(texts[i].command, command))
			return texts[i].text;
	return "";
}
