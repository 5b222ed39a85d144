#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Speaks bpf_conformance's plug-in protocol from the runner's side: memory as hex
# in the first argument (two digits and two blanks a byte), the program on standard
# input, r0 in hex on standard output.  Every vector, on both engines.
. "$(dirname "$0")/lib.sh"

section() { awk -v want="$2" '/--/ { s = $0; sub(/.*-- */, "", s); on = (s == want); next } on { sub(/#.*/, ""); print }' "$1"; }
spaced() { od -An -v -tx1 "$1" | tr -s ' \n' '\n\n' | sed '/^$/d' | sed 's/$/  /' | tr -d '\n'; }

one() {	# one FILE: 0 passed, 1 failed, 2 not for the plug-in
	f=$1
	grep -q -- '-- \(type\|map\|input\|program\|packet\|ctx\|fuel\|seed\|error\)' "$f" && return 2
	want=$(section "$f" result | tr -d ' \t\r' | sed '/^$/d' | tail -n 1)
	[ -n "$want" ] || return 2
	mem=$(section "$f" mem | tr -s ' \t\r\n' '\n\n\n\n' | sed '/^$/d' | sed 's/$/  /' | tr -d '\n')
	raw=$(section "$f" raw | tr -s ' \t\r' '\n\n\n' | sed '/^$/d')
	if [ -n "$raw" ]; then
		printf '%s\n' "$raw" | sed 's/^/.slot /' > "$tmp/p.s"
	else
		section "$f" asm > "$tmp/p.s"
	fi
	"$P" asm -o "$tmp/p.bin" "$tmp/p.s" 2> "$tmp/err" || { echo "# $f: $(head -n 1 "$tmp/err")"; return 1; }
	prog=$(spaced "$tmp/p.bin")
	want=$(printf '%x' "$want" 2>/dev/null || echo "$want")
	for e in interp jit; do
		if [ -n "$mem" ]; then
			got=$(printf '%s\n' "$prog" | "$P" plugin "$mem" --engine $e 2>&1)
		else
			got=$(printf '%s\n' "$prog" | "$P" plugin --engine $e 2>&1)
		fi
		[ "$got" = "$want" ] || { echo "# $f on $e: $got, not $want"; return 1; }
	done
	return 0
}

passed=0 failed=0 other=0
for f in corpus/conformance/*.data; do
	one "$f"
	case $? in
	0) passed=$((passed + 1)) ;;
	1) failed=$((failed + 1)) ;;
	*) other=$((other + 1)) ;;
	esac
done
if [ $failed -eq 0 ] && [ $passed -gt 100 ]; then
	ok "the plug-in passes $passed vectors on both engines ($other are not for it)"
else
	not_ok "the plug-in passes every vector" "$passed passed, $failed failed, $other not for it"
fi
exit $status
