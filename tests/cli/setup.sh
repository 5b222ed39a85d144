#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# scripts/setup without rights: the list and exit code 3, nothing else.
. "$(dirname "$0")/lib.sh"

mkdir "$tmp/bin"
for t in sh sed sort tr test command mktemp printf cat id grep; do
	p=$(command -v $t) && [ -x "$p" ] && ln -s "$p" "$tmp/bin/$t"
done
check "what is missing is listed" 3 'missing packages:.*build-essential.*libxxhash-dev' \
	env PATH="$tmp/bin" PARALLAX_NO_INSTALL=1 scripts/setup fuzz
check "the command to install it is named" 3 'apt-get install' \
	env PATH="$tmp/bin" PARALLAX_NO_INSTALL=1 scripts/setup test
check "nothing is said when all is there" 0 '' env PARALLAX_NO_INSTALL=1 scripts/setup fuzz
exit $status
