#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every command with inputs that are missing, malformed, huge, binary, folders,
# unreadable; outputs that cannot be written; JSON that a parser reads.
. "$(dirname "$0")/lib.sh"

printf 'r0 = 1\nr0 += 2\nexit\n' > "$tmp/good.s"
: > "$tmp/empty"
mkdir "$tmp/folder"
yes "$(printf '\377\001\002\003\004\005\006')" | head -c 24000 > "$tmp/noise"
printf '\177ELF and nothing else' > "$tmp/bad.o"
printf 'PLX1 and nothing else' > "$tmp/bad.bin"
printf -- '-- asm\nr0 = 1\nfrobnicate\n' > "$tmp/bad.plx"
printf -- '-- asm\nr0 = 1\nexit\n-- input 7 x\n' > "$tmp/section.plx"
printf 'b7 00 00 0' > "$tmp/bad.hex"
printf 'r0 = \033[31m\n' > "$tmp/escape.s"
yes 'r0 += 1' | head -n 1100000 > "$tmp/long.s"
truncate -s 80M "$tmp/huge"
ln -s loop "$tmp/loop"

# ---- every command that reads a file

for c in asm disasm verify run diff convert min repro; do
	check "$c: no file" 2 "^parallax $c: .* please" "$P" $c
	check "$c: a file that is missing" 2 'nowhere: error: No such file' "$P" $c "$tmp/nowhere"
	check "$c: a file that is a loop" 2 'loop: error: Too many levels' "$P" $c "$tmp/loop"
	check "$c: a file of 80 MiB" 2 'huge: error: larger than 64 MiB' "$P" $c "$tmp/huge"
	check "$c: unknown option" 2 "unrecognized option|invalid option" "$P" $c --frobnicate "$tmp/good.s"
	[ $c = repro ] || check "$c: a folder" 2 'folder: error: Is a directory' "$P" $c "$tmp/folder"
done
check "repro: a folder without a case" 2 'folder/case.bin: error: No such file' "$P" repro "$tmp/folder"
for c in disasm verify run diff convert; do
	check "$c: an empty file" 2 'empty: error: no instructions' "$P" $c "$tmp/empty"
	check "$c: a broken object" 2 'bad.o: error: .' "$P" $c "$tmp/bad.o"
	check "$c: a broken binary case" 2 'bad.bin: error: byte 4: version' "$P" $c "$tmp/bad.bin"
	check "$c: a broken text case, with line and column" 2 'bad.plx:3:1: error: unknown instruction' "$P" $c "$tmp/bad.plx"
	check "$c: a broken section, with line and column" 2 'section.plx:4:[0-9]+: error: ' "$P" $c "$tmp/section.plx"
	check "$c: half a byte of hex, with line and column" 2 'bad.hex:1:10: error: half a byte' "$P" $c --format hex "$tmp/bad.hex"
	check "$c: more than a million insns" 2 'long.s:1000001:1: error: more than 1000000' "$P" $c "$tmp/long.s"
	check "$c: unknown format" 2 "no format 'foo'" "$P" $c --format foo "$tmp/good.s"
	check "$c: the wrong format" 2 'good.s: error: ' "$P" $c --format elf "$tmp/good.s"
done
check "asm: noise" 2 'noise:1:1: error' "$P" asm "$tmp/noise"
check "disasm: noise is raw slots" 0 '^\.slot' "$P" disasm "$tmp/noise"
check "verify: noise is rejected" 1 '^rejected: pc [0-9]+: ' "$P" verify "$tmp/noise"
check "repro: what is no case says why" 0 'bad.plx:3:1: error' "$P" repro "$tmp/bad.plx"
check "asm: escape sequences stay in the file" 2 'escape.s:1:6: error' "$P" asm "$tmp/escape.s"
grep -q "$(printf '\033')" "$tmp/out" && not_ok "no escape sequence reaches the terminal" || ok "no escape sequence reaches the terminal"
if [ "$(id -u)" != 0 ]; then
	printf 'exit\n' > "$tmp/secret.s"; chmod 0 "$tmp/secret.s"
	check "a file without permission" 2 'secret.s: error: Permission denied' "$P" run "$tmp/secret.s"
elif command -v setpriv > /dev/null; then
	printf 'exit\n' > "$tmp/secret.s"; chmod 600 "$tmp/secret.s"; chmod 755 "$tmp"; cp "$P" "$tmp/parallax"
	check "a file without permission" 2 'secret.s: error: Permission denied' \
		setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/parallax" run "$tmp/secret.s"
	check "a folder without permission" 3 'cannot be (made|written): Permission denied' \
		setpriv --reuid=65534 --regid=65534 --clear-groups "$tmp/parallax" fuzz --execs 10 --out "$tmp/x"
else
	skip "a file without permission" "root reads every file, and setpriv is not installed"
fi

# ---- options

for o in "--seed -1" "--seed 1x" "--fuel ''" "--fuel 18446744073709551616" "--fuel ' -1'"; do
	eval "check \"run $o\" 2 'not a number' \"\$P\" run $o \"\$tmp/good.s\""
done
for o in "--jobs 0" "--jobs 65" "--inputs 0" "--insns 5000" "--wild 101" "--timeout 0"; do
	eval "check \"fuzz $o\" 2 'out of range|from 1 to' \"\$P\" fuzz $o --execs 1"
done
for o in "--time -1" "--time nan" "--time ''"; do
	eval "check \"fuzz $o\" 2 'not a number of seconds' \"\$P\" fuzz $o"
done
check "gen --insns beyond 32 bits" 2 'out of range' "$P" gen --insns 4294967297
check "fuzz: a corpus that is missing" 3 'corpus .*nowhere cannot be read: No such file' "$P" fuzz --execs 1 --corpus "$tmp/nowhere"
cp "$tmp/bad.plx" "$tmp/good.s" "$tmp/folder/"
check "fuzz: what does not parse is named and left out" 0 'bad.plx:3:1: error' "$P" fuzz --execs 50 --seed 1 --jobs 3 --corpus "$tmp/folder" --out "$tmp/f"
check "fuzz: as many programs as asked for, on three workers" 0 '"programs": 1001,' "$P" fuzz --execs 1001 --seed 4 --jobs 3 --json --out "$tmp/f"
check "fuzz --type" 0 'exact walk' "$P" fuzz --execs 50 --type xdp --jobs 1 --out "$tmp/f"
check "fuzz on one engine" 0 '"comparisons": 0,' "$P" fuzz --execs 50 --engines interp --jobs 1 --json --out "$tmp/f"

# ---- standard input, standard output, files

for c in disasm verify run diff convert repro; do
	check "$c reads standard input" 0 '' sh -c "'$P' $c - < '$tmp/good.s'"
done
for c in asm disasm verify run diff convert repro; do
	check "$c: output that is lost is a failure" 3 'No space left' sh -c "'$P' $c '$tmp/good.s' > /dev/full"
done
for c in gen version help doctor; do
	check "$c: output that is lost is a failure" 3 'No space left' sh -c "'$P' $c > /dev/full"
done
for c in asm convert; do
	check "$c: -o in a folder that is missing" 3 'No such file' "$P" $c -o "$tmp/no/where" "$tmp/good.s"
done
check "asm: -o names a folder" 3 'Is a directory' "$P" asm -o "$tmp/folder" "$tmp/good.s"
check "gen: -o names a file" 3 'Not a directory|cannot' "$P" gen -o "$tmp/good.s"
check "gen -o writes a file for each" 0 '' "$P" gen --seed 1 --count 3 -o "$tmp/gen"
[ "$(find "$tmp/gen" -name '*.plx' | wc -l)" -eq 3 ] && ok "three of them" || not_ok "three of them" "$(ls "$tmp/gen")"
"$P" gen --seed 11 --count 200 > "$tmp/one"; "$P" gen --seed 11 --count 200 > "$tmp/two"
cmp -s "$tmp/one" "$tmp/two" && ok "the same seed gives the same bytes" || not_ok "the same seed gives the same bytes"
"$P" gen --seed 2 > "$tmp/case.plx"; "$P" convert -o "$tmp/case.bin" "$tmp/case.plx"; "$P" convert -o "$tmp/back.plx" "$tmp/case.bin"
cmp -s "$tmp/case.plx" "$tmp/back.plx" && ok "text, binary, text: the same" || not_ok "text, binary, text: the same"
for v in NO_COLOR=1 NO_COLOR= CLICOLOR_FORCE=1; do
	env $v "$P" fuzz --execs 20 --jobs 1 --out "$tmp/f" > "$tmp/out" 2>&1
	grep -q "$(printf '\033')" "$tmp/out" && not_ok "no colours with $v" || ok "no colours with $v"
done

# ---- names from object files

if command -v clang-19 > /dev/null; then
	printf '__attribute__((section("xdp"))) int evil_1234(void *c) { return 1; }\n__attribute__((section("xdp"))) int good_1234(void *c) { return 2; }\n' > "$tmp/two.c"
	clang-19 -target bpf -O2 -c "$tmp/two.c" -o "$tmp/two.o"
	LC_ALL=C sed "s|evil_1234|../e$(printf '\033')[1m_|" "$tmp/two.o" > "$tmp/evil.o"
	check "disasm: a name is no escape sequence" 0 'program \.\./e\?\[1m_' "$P" disasm "$tmp/evil.o"
	check "verify: a name is no escape sequence" 0 '^\.\./e\?\[1m_: accepted' "$P" verify "$tmp/evil.o"
	check "run: two programs, none named" 2 'name one of' "$P" run "$tmp/two.o"
	check "run: one is named" 0 '^0x2$' "$P" run "$tmp/two.o" good_1234
	check "run: one that is not there is named" 2 'foo' "$P" run "$tmp/two.o" foo
	mkdir "$tmp/deep" "$tmp/deep/er"
	check "convert: a name is no path" 0 '' "$P" convert -o "$tmp/deep/er" "$tmp/evil.o"
	[ "$(find "$tmp/deep/er" -type f | wc -l)" -eq 2 ] && [ "$(find "$tmp/deep" -type f | wc -l)" -eq 2 ] && ok "all is written into the folder" || not_ok "all is written into the folder" "$(find "$tmp/deep")"
else
	skip "names from object files" "clang-19 is not installed"
fi

# ---- JSON

if command -v python3 > /dev/null; then
	json() {	# json NAME COMMAND...: each line is an object
		name=$1; shift
		"$@" 2> /dev/null > "$tmp/json"
		[ -s "$tmp/json" ] && python3 -c 'import json, sys
for l in sys.stdin: assert isinstance(json.loads(l), dict)' < "$tmp/json" 2> "$tmp/err" && ok "$name" || not_ok "$name" "$(head -n 3 "$tmp/json")" "$(tail -n 1 "$tmp/err")"
	}
	printf 'r0 = *(u8 *)(r1 + 0)\nexit\n' > "$tmp/trap.s"
	printf 'l:\ngoto l\n' > "$tmp/loop.s"
	json "doctor --json" "$P" doctor --json
	json "verify --json, accepted" "$P" verify --json "$tmp/good.s"
	json "verify --json, rejected" "$P" verify --json "$tmp/trap.s"
	json "run --json" "$P" run --json "$tmp/good.s"
	json "run --json, a trap" "$P" run --json "$tmp/trap.s"
	json "run --json, fuel" "$P" run --json "$tmp/loop.s"
	json "run --json, rejected" "$P" run --json "$tmp/noise"
	json "diff --json" "$P" diff --json "$tmp/good.s" "$tmp/noise" "$tmp/case.plx"
	json "repro --json" "$P" repro --json "$tmp/case.plx"
	json "repro --json of what is no case" "$P" repro --json "$tmp/bad.plx"
	json "fuzz --json" "$P" fuzz --json --execs 100 --jobs 2 --out "$tmp/f"
	[ ! -e "$tmp/evil.o" ] || json "verify --json of hostile names" "$P" verify --json "$tmp/evil.o"
	[ ! -e "$tmp/evil.o" ] || json "diff --json of hostile names" "$P" diff --json "$tmp/evil.o"
else
	skip "JSON is read by a parser" "python3 is not installed"
fi
exit $status
