#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of make check-verifier that fits into a test run: the kernel's verifier
# tests on both walks, and a few thousand generated programs, as root and with
# CAP_BPF alone, against the running kernel.
. "$(dirname "$0")/lib.sh"

B=$(dirname "$P")
strict=1
gate() {	# gate NAME MINIMUM-PERCENT ARGUMENTS...
	name=$1 least=$2; shift 2
	"$B/gate" --known tests/gates/known.tsv "$@" > "$tmp/gate" 2>&1
	rc=$?
	line=$(grep '^same verdict' "$tmp/gate" | tr -s ' ')
	percent=$(echo "$line" | sed -n 's/.*(\([0-9]*\)\.\([0-9][0-9]\) %.*/\1\2/p')
	if [ $rc -eq 3 ]; then
		skip "$name" "$(head -n 1 "$tmp/gate")"
	elif { [ $rc -ne 0 ] && [ -n "$strict" ]; } || [ -z "$percent" ] || [ "$percent" -lt "$least" ]; then
		not_ok "$name" "exit code $rc, $line" "$(grep -A 3 -m 5 'WE ACCEPT' "$tmp/gate")"
	else
		ok "$name: $line"
	fi
}

make -s B="$B" "$B/gate" > "$tmp/make" 2>&1 || { not_ok "the gate builds" "$(tail -n 3 "$tmp/make")"; exit 1; }
gate "generated programs, root" 9900 --generate 4000 --priv root
gate "generated programs, root, Linux walk" 9900 --generate 4000 --priv root --walk linux --seed 2
# Here Linux walks speculative paths, too, which we leave out: only the share counts.
strict=
gate "generated programs, CAP_BPF" 9900 --generate 2000 --priv cap_bpf --seed 3
strict=1
if [ ! -e /usr/src/linux-source-6.1.tar.xz ]; then
	skip "the kernel's verifier tests" "linux-source-6.1 is not installed"
elif tests/gates/fetch build/gates > "$tmp/fetch" 2>&1; then
	gate "the kernel's verifier tests, exact walk" 9850 --walk exact build/gates/kernel/*.plx
	gate "the kernel's verifier tests, Linux walk" 9850 --walk linux build/gates/kernel/*.plx
else
	not_ok "the kernel's verifier tests" "$(tail -n 3 "$tmp/fetch")"
fi
exit $status
