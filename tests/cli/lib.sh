# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=sh
# What the shell tests share; sourced.  Each check prints one TAP line.
cd "${PARALLAX_ROOT:?}" || exit 1
P=${PARALLAX:?}
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
status=0

ok() { echo "ok - $1"; }
not_ok() { echo "not ok - $1"; shift; for l in "$@"; do echo "# $l"; done; status=1; }
sanitized() { grep -q -e __asan_init -e __msan_init -e __ubsan_handle "$P"; }
skip() { echo "ok - $1 # SKIP $2"; }

# check NAME EXIT-CODE REGEX COMMAND...: exit code and output (both streams) as expected.
check() {
	name=$1 code=$2 re=$3; shift 3
	"$@" > "$tmp/out" 2>&1
	rc=$?
	if [ "$rc" -ne "$code" ]; then
		not_ok "$name" "exit code $rc, not $code" "$(head -n 5 "$tmp/out")"
	elif [ -n "$re" ] && ! grep -qE -- "$re" "$tmp/out"; then
		not_ok "$name" "no '$re' in:" "$(head -n 5 "$tmp/out")"
	else
		ok "$name"
	fi
}
