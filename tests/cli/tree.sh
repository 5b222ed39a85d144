#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# The tree itself: layers, sizes of files, scripts.
. "$(dirname "$0")/lib.sh"

check "layers" 0 '' scripts/layers.sh
big=$(find . -path ./build -prune -o \( -name '*.c' -o -name '*.h' \) -print | xargs wc -l | awk '$2 != "total" && $1 > 1000 { print $2 }')
[ -z "$big" ] && ok "no file is over 1,000 lines" || not_ok "no file is over 1,000 lines" "$big"
for h in */*.h; do
	case $h in build*) continue ;; esac
	echo "#include \"$h\"" | cc -std=gnu17 -I. -Wall -Werror -fsyntax-only -x c - 2> "$tmp/err" &&
		ok "$h compiles alone" || not_ok "$h compiles alone" "$(head -n 3 "$tmp/err")"
done
if command -v shellcheck > /dev/null; then
	check "shellcheck" 0 '' shellcheck -S error -s sh scripts/setup scripts/continuous scripts/minimise scripts/repro scripts/plant scripts/layers.sh tests/run tests/cli/*.sh
	check "shellcheck of what is bash" 0 '' shellcheck -S error scripts/check-ossfuzz .clusterfuzzlite/build.sh
else
	skip "shellcheck" "shellcheck is not installed"
fi
exit $status
