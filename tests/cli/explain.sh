#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# verify --explain on programs with common mistakes.  The cases of tests/explain
# were made from mistakes.c there (clang-19 -g -O2 -mcpu=v3, parallax convert);
# NAME.txt is what is said of NAME.plx.  UPDATE=1 writes these anew.
. "$(dirname "$0")/lib.sh"

for plx in tests/explain/*.plx; do
	name=$(basename "$plx" .plx)
	"$P" verify --explain --priv cap_bpf "$plx" > "$tmp/out" 2>&1
	rc=$?
	[ -n "${UPDATE:-}" ] && cp "$tmp/out" "tests/explain/$name.txt"
	if [ $rc -ne 1 ]; then
		not_ok "explain $name" "exit code $rc"
	elif diff "tests/explain/$name.txt" "$tmp/out" > "$tmp/diff"; then
		ok "explain $name"
	else
		not_ok "explain $name" "$(cat "$tmp/diff")"
	fi
	check "explain $name, Linux's walk" 1 '^how to fix it:' \
		"$P" verify --explain --priv cap_bpf --walk linux "$plx"
	check "explain $name, JSON" 1 '"explain": \{"headline": ".+"hint": ".+"steps": \[' \
		"$P" verify --explain --json --priv cap_bpf "$plx"
done

check "explain: accepted" 0 'bytes of stack' "$P" verify --explain corpus/verify/xdp_count.plx
sed 's/count = map_lookup/\x1b[2Jmap_lookup/' tests/explain/null_check.plx > "$tmp/esc.plx"
"$P" verify --explain "$tmp/esc.plx" > "$tmp/out" 2>&1
if grep -q "$(printf '\033')" "$tmp/out"; then
	not_ok "explain: sources reach the terminal cleaned"
else
	ok "explain: sources reach the terminal cleaned"
fi
exit $status
