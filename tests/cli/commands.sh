#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every command as a new user would call it: what works, what is refused.
. "$(dirname "$0")/lib.sh"

printf 'r0 = 1\nr0 += 2\nexit\n' > "$tmp/add.s"
printf 'r0 = *(u64 *)(r1 + 0)\nexit\n' > "$tmp/load.s"
printf 'r0 = 1\nr0 +++ 2\n' > "$tmp/bad.s"
printf 'if r0 == 0 goto +7\nexit\n' > "$tmp/uninit.s"

check "no command" 2 'usage: parallax' "$P"
check "unknown command" 2 "no command 'frob'" "$P" frob
check "help" 0 'repro' "$P" help
check "help of a command" 0 'exact or linux' "$P" help verify
check "version" 0 '^parallax [0-9]' "$P" version
check "doctor" 0 'engine interp +on' "$P" doctor
check "doctor --json" 0 '"engine interp": \{"works": true' "$P" doctor --json

check "asm" 0 '' "$P" asm -o "$tmp/add.bin" "$tmp/add.s"
[ "$(wc -c < "$tmp/add.bin")" -eq 24 ] && ok "asm writes raw slots" || not_ok "asm writes raw slots"
check "asm error has file, line, column and a caret" 2 'bad.s:2:' "$P" asm "$tmp/bad.s"
grep -q '\^' "$tmp/out" && ok "asm error has a caret" || not_ok "asm error has a caret" "$(cat "$tmp/out")"
check "disasm" 0 '^r0 \+= 2$' "$P" disasm "$tmp/add.bin"
"$P" disasm "$tmp/add.bin" > "$tmp/again.s"
"$P" asm -o "$tmp/again.bin" "$tmp/again.s"
cmp -s "$tmp/add.bin" "$tmp/again.bin" && ok "asm and disasm are inverse" || not_ok "asm and disasm are inverse"

check "verify accepts" 0 '^accepted$' "$P" verify "$tmp/add.bin"
"$P" asm -o "$tmp/uninit.bin" "$tmp/uninit.s"
check "verify rejects with pc and reason" 1 '^rejected: pc [0-9]+: .' "$P" verify "$tmp/uninit.bin"
check "verify --json" 1 '"accepted": false, "pc": [0-9]+' "$P" verify --json "$tmp/uninit.bin"
check "verify takes only known types" 2 "no program type 'foo'" "$P" verify --type foo "$tmp/add.bin"
check "verify takes only known privileges" 2 "root, cap_bpf or unpriv" "$P" verify --priv foo "$tmp/add.bin"

check "run" 0 '^0x3$' "$P" run "$tmp/add.bin"
check "run on the jit" 0 '^0x3$' "$P" run --engine jit "$tmp/add.bin"
"$P" asm -o "$tmp/load.bin" "$tmp/load.s"
check "run with memory" 0 '^0x8877665544332211$' "$P" run --mem 1122334455667788 "$tmp/load.bin"
check "run with memory on the jit" 0 '^0x8877665544332211$' "$P" run --engine jit --mem '11 22 33 44 55 66 77 88' "$tmp/load.bin"
check "a trap is a sentence with its pc" 1 'insn 0.*access' "$P" run --mem 11 "$tmp/load.bin"
check "a trap on the jit" 1 'insn 0.*access' "$P" run --engine jit --mem 11 "$tmp/load.bin"
check "run --trace" 0 '1: r0 \+= 2 +r0=0x3' "$P" run --trace "$tmp/add.bin"
check "run --verify" 0 '^0x3$' "$P" run --verify "$tmp/add.bin"
check "run --verify refuses" 1 '^rejected: pc' "$P" run --verify "$tmp/uninit.bin"
check "run: bad hex" 2 'not hex' "$P" run --mem xyz "$tmp/add.bin"
check "run: no such engine" 2 "no engine 'foo'" "$P" run --engine foo "$tmp/add.bin"
check "run: no such file" 2 'nowhere' "$P" run "$tmp/nowhere"
printf 'abc' > "$tmp/short.bin"
check "run: malformed raw file" 2 'short.bin' "$P" run --format raw "$tmp/short.bin"
check "run reads standard input" 0 '^0x3$' sh -c "'$P' run - < '$tmp/add.bin'"

check "gen is deterministic" 0 '' sh -c "[ \"\$('$P' gen --seed 7 --count 5 | cksum)\" = \"\$('$P' gen --seed 7 --count 5 | cksum)\" ]"
check "gen prints cases" 0 '^-- asm' "$P" gen --seed 7
check "gen: bad number" 2 'not a number' "$P" gen --seed x
"$P" gen --seed 3 > "$tmp/case.plx"
check "diff of a generated case" 0 'alike' "$P" diff "$tmp/case.plx"
check "repro of a case without finding" 0 'no finding' "$P" repro "$tmp/case.plx"
check "min of a case without finding" 2 'no finding' "$P" min "$tmp/case.plx" -o "$tmp/min.plx"
head -c 100 /dev/urandom > "$tmp/noise"
check "repro takes any bytes" 0 'no finding' "$P" repro "$tmp/noise"

check "fuzz, counted" 0 '"programs": 2000,.*"findings": 0,.*"seed": 5' "$P" fuzz --execs 2000 --seed 5 --jobs 2 --json --out "$tmp/f"
one=$("$P" fuzz --execs 500 --seed 9 --jobs 1 --json --out "$tmp/f" | sed 's/"seconds": [0-9.]*//')
two=$("$P" fuzz --execs 500 --seed 9 --jobs 1 --json --out "$tmp/f" | sed 's/"seconds": [0-9.]*//')
[ -n "$one" ] && [ "$one" = "$two" ] && ok "the same seed gives the same campaign" || not_ok "the same seed gives the same campaign" "$one" "$two"
check "fuzz: bad seconds" 2 'not a number of seconds' "$P" fuzz --time x
"$P" fuzz --time 60 --jobs 2 --out "$tmp/f" > "$tmp/int" 2>&1 & pid=$!
sleep 2; kill -INT $pid; wait $pid
rc=$?
[ $rc -eq 0 ] && grep -q '^programs ' "$tmp/int" && ok "Ctrl-C ends fuzz with the summary" || not_ok "Ctrl-C ends fuzz with the summary" "exit code $rc" "$(tail -n 3 "$tmp/int")"

check "plugin" 0 '^3$' sh -c "od -An -v -tx1 '$tmp/add.bin' | '$P' plugin --engine interp"
check "plugin with memory, jit" 0 '^8877665544332211$' sh -c "od -An -v -tx1 '$tmp/load.bin' | '$P' plugin '11  22  33  44  55  66  77  88  ' --engine jit"
printf '.slot 0x000000000000008d\nexit\n' > "$tmp/callx.s"; "$P" asm -o "$tmp/callx.bin" "$tmp/callx.s"
check "plugin refuses callx" 1 'callx|unknown|not supported' sh -c "od -An -v -tx1 '$tmp/callx.bin' | '$P' plugin --engine interp"
exit $status
