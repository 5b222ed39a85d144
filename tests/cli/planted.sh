#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Plants each mistake of tests/planted/bugs.tsv, fuzzes from an empty corpus, and
# expects a finding of the named oracle ("alone": no other oracle may fail on it),
# small after minimising, that the planted binary reproduces and the clean one does
# not.  A silent oracle fails here.
#
# PLANTED=regex takes only the rows whose name matches.
. "$(dirname "$0")/lib.sh"

if sanitized && [ -z "${PLANTED:-}" ]; then
	skip "planted bugs are found" "a sanitizer build is too slow for it; PLANTED=. runs it nevertheless"
	exit 0
fi
B=$(dirname "$P")
export B
tab=$(printf '\t')
one() {
	name=$1 file=$2 oracle=$3 alone=$4 expr=$5
	bin=$tmp/$name
	scripts/plant "$file" "$expr" "$bin" > "$tmp/plant.log" 2>&1 || {
		not_ok "$name is planted" "$(tail -n 5 "$tmp/plant.log")"; return; }
	out=$tmp/$name.out
	start=$(date +%s%N)
	"$bin" fuzz --time "${PLANTED_TIME:-60}" --seed 1 --jobs 2 --out "$out" > "$tmp/fuzz.log" 2>&1
	rc=$?
	ms=$((($(date +%s%N) - start) / 1000000))
	if [ $rc -ne 1 ]; then
		not_ok "$name is found" "exit code $rc" "$(tail -n 4 "$tmp/fuzz.log")"
		return
	fi
	folder=
	for d in "$out"/*/; do
		case $(basename "$d") in "$oracle".*) folder=$d ;; esac
		[ "$oracle" != any ] || folder=$d
	done
	[ -n "$folder" ] || { not_ok "$name is found by $oracle" "$(ls "$out")"; return; }
	fails=$(sed -n '/^oracles/,/^$/p' "$folder/report.txt" | grep -c ' fails ')
	if [ "$alone" = alone ] && [ "$fails" -ne 1 ]; then
		not_ok "$name: $oracle alone finds it" "$(sed -n '/^oracles/,/^$/p' "$folder/report.txt")"
		return
	fi
	slots=$(sed -n 's/.*"slots_minimised": \([0-9]*\).*/\1/p' "$folder/report.json")
	if [ "${slots:-99}" -gt 16 ]; then
		not_ok "$name is minimised" "$slots slots" "$(cat "$folder/case.plx")"
		return
	fi
	"$bin" repro --quiet "$folder" ; rc=$?
	[ $rc -eq 1 ] || { not_ok "$name is reproduced" "exit code $rc"; return; }
	"$P" repro --quiet "$folder" ; rc=$?
	[ $rc -eq 0 ] || { not_ok "$name: the clean binary has no finding on it" "exit code $rc"; return; }
	ok "$name: found by $(basename "$folder" | cut -d. -f1) in $ms ms, $slots slots"
	rm -rf "$out" "$bin" "$bin.d"
}

while IFS=$tab read -r name file oracle alone expr what; do
	case $name in ''|'#'*) continue ;; esac
	printf '%s' "$name" | grep -qE "${PLANTED:-.}" || continue
	one "$name" "$file" "$oracle" "$alone" "$expr"
done < tests/planted/bugs.tsv
exit $status
