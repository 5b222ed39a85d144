#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The part of make check-verifier that fits into a test run: the kernel's verifier
# tests as root and with CAP_BPF alone against the running kernel, without privileges
# against recorded results, and a few thousand generated programs.
. "$(dirname "$0")/lib.sh"

B=$(dirname "$P")
gate() {	# gate NAME MINIMUM-PERCENT ARGUMENTS...
	name=$1 least=$2; shift 2
	"$B/gate" --known tests/gates/known.tsv "$@" > "$tmp/gate" 2>&1
	rc=$?
	line=$(grep '^same verdict' "$tmp/gate" | tr -s ' ')
	percent=$(echo "$line" | sed -n 's/.*(\([0-9]*\)\.\([0-9][0-9]\) %.*/\1\2/p')
	if [ $rc -eq 3 ]; then
		skip "$name" "$(head -n 1 "$tmp/gate")"
	elif [ $rc -ne 0 ] || [ -z "$percent" ] || [ "$percent" -lt "$least" ]; then
		not_ok "$name" "exit code $rc, $line" "$(grep -A 3 -m 5 -e 'WE ACCEPT' -e 'NO LONGER' "$tmp/gate")"
	else
		ok "$name: $line"
	fi
}

make -s B="$B" "$B/gate" > "$tmp/make" 2>&1 || { not_ok "the gate builds" "$(tail -n 3 "$tmp/make")"; exit 1; }
gate "generated programs, root" 9900 --verify-only --generate 4000 --priv root
gate "generated programs, root, Linux walk" 9900 --verify-only --generate 4000 --priv root --walk linux --seed 2
gate "generated programs, CAP_BPF" 9900 --verify-only --patience 20 --generate 2000 --priv cap_bpf --seed 3
if [ ! -e /usr/src/linux-source-6.1.tar.xz ]; then
	skip "the kernel's verifier tests" "linux-source-6.1 is not installed"
elif tests/gates/fetch build/gates > "$tmp/fetch" 2>&1; then
	for priv in root cap_bpf; do
		gate "the kernel's verifier tests, exact walk, $priv" 9850 --walk exact --priv $priv \
			build/gates/kernel/*.plx
	done
	gate "the kernel's verifier tests, Linux walk" 9850 --walk linux build/gates/kernel/*.plx
	gate "the kernel's verifier tests, no privileges, as recorded" 9500 --unpriv-recorded \
		build/gates/kernel/*.plx
else
	not_ok "the kernel's verifier tests" "$(tail -n 3 "$tmp/fetch")"
fi
exit $status
