#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Campaigns when things go wrong: workers that die, hang or are killed, signals,
# findings that cannot be written.  The mistakes are planted in binaries of their own.
. "$(dirname "$0")/lib.sh"

B=$(dirname "$P")
export B
plant() {	# plant NAME FILE EXPRESSION
	scripts/plant "$2" "$3" "$tmp/$1" > "$tmp/plant.log" 2>&1 && return
	not_ok "$1 is planted" "$(tail -n 5 "$tmp/plant.log")"
	exit 1
}
# A worker ends in abort() when it compiles an xchg; the pipeline loops for ever on one;
# the generator dies on case 100; a wrong sum.
plant dies jit/jit.c 's/^	jit_fault_init();/&	for (uint32_t i = 0; i < u->prog->len; i++) if (u->prog->insn[i].code == 0xdb \&\& u->prog->insn[i].imm == 0xe1) abort();/'
plant hangs jit/jit.c 's/^	jit_fault_init();/&	for (uint32_t i = 0; i < u->prog->len; i++) while (u->prog->insn[i].code == 0xdb \&\& u->prog->insn[i].imm == 0xe1) ;/'
plant gendies fuzz/campaign.c 's/^	rng_seed(&r, mix64(o->seed).*/	if (i == 100) abort();	&/'
plant wrong vm/interp_loop.inc 's/#define IMM ((uint64_t)(int64_t)ip->imm)/#define IMM ((uint64_t)(uint32_t)ip->imm)/'

# ---- workers that die

check "a worker that dies is a finding" 1 'worker died on case [0-9]+: .*/crash-' \
	"$tmp/dies" fuzz --execs 5000 --seed 1 --jobs 1 --out "$tmp/d"
one=$(echo "$tmp"/d/crash-*)
if [ -s "$one/case.bin" ] && grep -q '^finding    crash/worker/signal-6' "$one/report.txt" && [ ! -e "$one/flaky" ]; then
	ok "its case is kept"
else
	not_ok "its case is kept" "$(ls -R "$tmp/d")"
fi
cmd=$(sed -n 's/^reproduce  parallax //p' "$one/report.txt")
# shellcheck disable=SC2086
check "the command in the report reproduces it" 1 '^finding    crash/repro/signal-6' "$tmp/dies" $cmd
check "repro --json of a crash is JSON" 1 '^\{"differs": true, "signature": "crash/repro/signal-6"' "$tmp/dies" repro --json "$one"
check "repro --quiet of a crash is quiet" 1 '' "$tmp/dies" repro --quiet "$one"
[ ! -s "$tmp/out" ] || not_ok "repro --quiet of a crash is quiet" "$(cat "$tmp/out")"
check "the clean binary has no crash on it" 0 'no finding' "$P" repro "$one"
check "min shrinks a crash" 0 '^crash: signal 6' "$tmp/dies" min "$one/case.bin" -o "$tmp/small.plx"
check "the shrunk crash is a crash" 1 'signal-6' "$tmp/dies" repro "$tmp/small.plx"
slots=$("$P" disasm "$tmp/small.plx" | grep -vc '^#')
[ "$slots" -le 4 ] && ok "and small" || not_ok "and small" "$slots slots"
check "--keep-going goes on past crashes" 1 '"findings": ([2-9]|1[0-9]),' \
	"$tmp/dies" fuzz --execs 400 --seed 1 --jobs 2 --keep-going --json --out "$tmp/dk"

check "the death of the generator is a finding, too" 1 'worker died on case 100: ' \
	"$tmp/gendies" fuzz --execs 300 --jobs 2 --seed 1 --out "$tmp/g"
check "its report says how to see it again" 0 'fuzz .*--seed 1 --jobs 1 --execs 101' cat "$tmp"/g/crash-*/report.txt

# ---- workers that hang

check "a worker that hangs is a finding" 1 'worker hung on case [0-9]+' \
	"$tmp/hangs" fuzz --execs 5000 --seed 1 --jobs 1 --timeout 1 --out "$tmp/h"
check "a hang is reported as one" 1 'crash/repro/hang' "$tmp/hangs" repro --timeout 1 "$tmp"/h/crash-*

# ---- where findings go

: > "$tmp/file"
check "--out below a file" 3 'cannot be (made|written)' "$P" fuzz --execs 10 --out "$tmp/file/x"
check "--out that is a file" 3 'cannot be (made|written)' "$P" fuzz --execs 10 --out "$tmp/file"
check "--out in folders to be made" 1 'they lie in' "$tmp/wrong" fuzz --execs 20000 --seed 1 --jobs 2 --out "$tmp/a/b/c"
set -- "$tmp"/a/b/c/*/case.bin
[ -s "$1" ] && ok "a finding lies there" || not_ok "a finding lies there" "$(ls -R "$tmp/a")"
check "a bucket that stood already still counts" 1 '"findings": 1, "buckets": 1,' sh -c '"$0" fuzz --execs 20000 --seed 1 --jobs 1 --out "$1" > /dev/null; exec "$0" fuzz --execs 20000 --seed 1 --jobs 1 --json --out "$1"' "$tmp/wrong" "$tmp/again"
said=$(trap '' XFSZ; ulimit -f 0; "$tmp/wrong" fuzz --execs 20000 --seed 1 --jobs 1 --out "$tmp/full" 2>&1; echo "exit code $?")
case $said in
*"is not stored: cannot write"*"exit code 3") ok "no space: the reason and exit code 3" ;;
*) not_ok "no space: the reason and exit code 3" "$said" ;;
esac
[ ! -e "$tmp/full" ] && ok "nothing half written is left" || not_ok "nothing half written is left" "$(ls -AR "$tmp/full")"

# ---- privileges

both() { "$1" fuzz --execs 2000 --seed 3 --json --out "$tmp/p" "$2" "$3" | sed 's/"seconds".*//'; }
check "privileges take turns" 0 '"privileges": \{"unpriv": 0, "cap_bpf": (9[0-9][0-9]|10[0-9][0-9]), "root": (9[0-9][0-9]|10[0-9][0-9])\}' both "$P" --jobs 1
if [ "$(both "$P" --jobs 1)" = "$(both "$P" --jobs 2)" ]; then
	ok "whatever the number of jobs"
else
	not_ok "whatever the number of jobs" "$(both "$P" --jobs 1; both "$P" --jobs 2)"
fi
check "unless one is asked for" 0 '"cap_bpf": 2000, "root": 0' both "$P" --priv cap_bpf
roots=0
for seed in 1 2 3 4 5 6; do
	"$tmp/wrong" fuzz --execs 3000 --seed $seed --jobs 1 --out "$tmp/r$seed" > /dev/null
	for f in "$tmp/r$seed"/*/; do
		grep -q '^reproduce .* --priv root ' "$f/report.txt" && roots=$((roots + 1))
		"$tmp/wrong" repro --quiet "$f" || continue
		not_ok "repro takes the privilege from the report" "$f: not reproduced"
	done
done
[ $roots -gt 0 ] && ok "findings record the privilege" || not_ok "findings record the privilege" "none of root's"

# ---- signals

command -v pgrep > /dev/null || { skip "signals to campaigns" "pgrep is not installed"; exit $status; }
workers() {	# workers PID N: waits until there are so many
	for _ in $(seq 200); do
		[ "$(pgrep -P "$1" | wc -l)" -ge "$2" ] && return
		sleep 0.1
	done
}
gone() {	# gone PATTERN: waits until no process has it in its command
	for _ in $(seq 100); do
		[ -z "$(pgrep -f "$1")" ] && return
		sleep 0.1
	done
	return 1
}
"$P" fuzz --time 60 --jobs 2 --out "$tmp/k" --keep-going > "$tmp/log" 2>&1 & pid=$!
workers $pid 2; victim=$(pgrep -P $pid | head -n 1); sleep 0.5; kill -KILL "$victim"
for _ in $(seq 200); do [ -e "$(echo "$tmp"/k/crash-*)/flaky" ] && break; sleep 0.1; done
workers $pid 2; again=$(pgrep -P $pid | wc -l); kill -TERM $pid; wait $pid; rc=$?
if [ $rc -eq 1 ] && [ "$again" -eq 2 ] && [ -e "$(echo "$tmp"/k/crash-*)/flaky" ] && grep -q '^findings  *1 in 1 bucket, 1 of them not seen again' "$tmp/log"; then
	ok "a worker that was killed: kept as flaky, and the campaign goes on"
else
	not_ok "a worker that was killed: kept as flaky, and the campaign goes on" "exit code $rc, $again workers" "$(tail -n 3 "$tmp/log")" "$(ls -R "$tmp/k")"
fi

gone "$tmp/hangs" && ok "no hanging process is left" || not_ok "no hanging process is left"
ends() {	# ends NAME SIGNAL...: each sent to the whole group, as a terminal does
	name=$1; shift
	setsid sh -c 'exec "$0" fuzz --time 60 --jobs 2 --out "$1"' "$P" "$tmp/s" > "$tmp/log" 2>&1 & pid=$!
	workers $pid 2
	for s; do kill "-$s" "-$pid"; done
	wait $pid; rc=$?
	if [ $rc -eq 0 ] && grep -q '^findings  *0 in 0' "$tmp/log" && gone "$tmp/s" && [ ! -e "$tmp/s" ]; then
		ok "$name"
	else
		not_ok "$name" "exit code $rc" "$(tail -n 3 "$tmp/log")"
	fi
}
ends "SIGINT to all processes ends with the summary" INT
ends "SIGTERM to all processes ends with the summary" TERM
ends "SIGINT twice does, too" INT INT
"$P" fuzz --time 60 --jobs 2 --out "$tmp/orphans" > /dev/null 2>&1 & pid=$!
workers $pid 2; kill -KILL $pid; wait $pid 2> /dev/null
gone "$tmp/orphans" && ok "workers end with their parent" || not_ok "workers end with their parent" "$(pgrep -af "$tmp/orphans")"
exit $status
