#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify --json --log: the log as data is valid JSON, and says what the text says.
. "$(dirname "$0")/lib.sh"

if ! command -v python3 > /dev/null; then
	skip "the log as data" "no python3"
	exit 0
fi
cat > "$tmp/check.py" <<'E2'
import json, re, sys

text, data, level = open(sys.argv[1]).read(), open(sys.argv[2]).read().strip(), int(sys.argv[3])
seen = {}
while data:
    d, end = json.JSONDecoder().raw_decode(data)
    data = data[end:].lstrip()
    for e in d["log"]:
        seen[e["event"]] = seen.get(e["event"], 0) + 1
        if e["event"] == "insn":
            assert e["state"]["registers"]["r10"]["type"] == "fp", e
            assert e["state"]["frame"] == e["frame"], e
        for r in e.get("touched", {}).get("registers", {}).values():
            if r["type"] == "scalar" and "value" not in r:
                assert r["smin"] <= r["smax"] and r["umin"] <= r["umax"], r
                assert int(r["var_off"]["value"], 16) & int(r["var_off"]["mask"], 16) == 0, r
    if level == 2:
        assert sum(e["event"] in ("insn", "safe") for e in d["log"]) == d["processed"], d["processed"]
    if not d["accepted"] and any(e["event"] == "insn" for e in d["log"]):
        last = [e for e in d["log"] if e["event"] == "insn"][-1]
        assert last["pc"] == d["pc"] or d["error"] in ("INFINITE_LOOP", "TOO_COMPLEX"), d["error"]
        assert d["log"][-1]["event"] == "error" and d["log"][-1]["text"] == d["reason"]
for event, pattern in (("insn", r"(?m)^\d+: \([0-9a-f]{2}\) "), ("safe", r"(?m): safe$"),
                       ("function", r"(?m)^func#"), ("return", r"(?m)^returning from callee:")):
    n = len(re.findall(pattern, text))
    assert seen.get(event, 0) == n, (event, seen.get(event, 0), n)
print(seen.get("insn", 0), "insns")
E2

agree() {	# agree NAME ARGUMENTS...: text and data of the same walk
	name=$1; shift
	for level in 1 2; do
		"$P" verify --log $level "$@" > "$tmp/text" 2>&1
		"$P" verify --json --log $level "$@" > "$tmp/json" 2>&1
		if python3 "$tmp/check.py" "$tmp/text" "$tmp/json" $level > "$tmp/out" 2>&1; then
			ok "log $level as data, $name"
		else
			not_ok "log $level as data, $name" "$(tail -n 3 "$tmp/out")"
		fi
	done
}

for walk in exact linux; do
	for f in tests/explain/short_check.plx tests/explain/off_by_one.plx tests/explain/padding.plx \
		corpus/verify/*.plx; do
		agree "$(basename "$f" .plx), $walk" --walk $walk "$f"
	done
done
cat > "$tmp/calls.plx" <<'E2'
-- type socket_filter
-- asm
r6 = 4
r1 = r6
call local f
if r0 == 2 goto +1
r0 = 1
exit
f:
*(u64 *)(r10 - 8) = r1
r0 = *(u64 *)(r10 - 8)
exit
E2
agree "calls" "$tmp/calls.plx"
check "log as data: a value behind a spill" 0 '"fp-8": \{"bytes": "rrrrrrrr", "spill": \{"type": "scalar"' \
	"$P" verify --json --log 2 "$tmp/calls.plx"
check "log as data: precision is traced back" 1 '"event": "precise", .*"registers": \["r' \
	"$P" verify --json --log 2 --walk linux tests/explain/off_by_one.plx
check "log as data: source lines" 1 '"event": "insn", .*"file": "mistakes.c", "line": [0-9]+, "source"' \
	"$P" verify --json --log 2 tests/explain/off_by_one.plx
exit $status
